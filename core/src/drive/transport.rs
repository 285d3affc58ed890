//! How the drive speaks to one relay: a request goes out, an answer's head comes back, and its body
//! is read as it arrives.
//!
//! The core opens no socket itself. A shell gives it something that implements [`Transport`]:
//! `kahriz-http` on a computer or a phone, a simulated link in a test. An implementation decides
//! nothing about the protocol and repeats nothing on its own; whether to try again is the drive's to
//! say, because only the drive knows what the relay already holds.

use std::io::Read;
use thiserror::Error;

/// The header that carries [`HttpRequest::registration`].
pub const REGISTRATION_HEADER: &str = "x-kahriz-registration";

/// One relay, over one connection that is kept open between requests.
pub trait Transport {
    /// Sends one request and waits for the answer's head. Any status is an answer, not an error.
    ///
    /// The answer's body should be read to its end, or the connection can't be used again.
    ///
    /// # Errors
    /// [`TransportError`] says how far it came, as far as can be known.
    fn send(&mut self, request: &HttpRequest<'_>) -> Result<HttpAnswer, TransportError>;
}

/// What a request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads; carries no body.
    Get,
    /// Carries a body.
    Post,
    /// Takes something back; carries no body.
    Delete,
}

/// One request. Its body is always `application/cbor`.
#[derive(Clone, Copy)]
pub struct HttpRequest<'a> {
    /// What it does.
    pub method: Method,
    /// Path and query under the relay's address, as in `/v1/sync`.
    pub path: &'a str,
    /// The token for `Authorization: Bearer`, signed for this very request; empty for one that needs none.
    pub token: &'a str,
    /// The body; empty for none.
    pub body: &'a [u8],
    /// The secret that lets a new workspace register, where the relay asks for one: the header
    /// [`REGISTRATION_HEADER`]. `None` for every other request.
    pub registration: Option<&'a str>,
}

/// The head of an answer, and its body still to be read.
pub struct HttpAnswer {
    /// The HTTP status.
    pub status: u16,
    /// Whether the content type is `application/cbor`. What isn't, a captive portal's page for one,
    /// is no relay's answer, whatever its status.
    pub is_cbor: bool,
    /// The body as it arrives. An answer that ends before its announced end gives an error here,
    /// never a quiet end of file.
    pub body: Box<dyn Read + Send>,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum TransportError {
    /// No connection came about, as far as can be told: wait for a network.
    #[error("the relay can't be reached")]
    Unreachable,
    /// The connection broke or stalled on the way; the relay may have taken some or all of it. Ask
    /// what it holds and go on from there.
    #[error("the connection to the relay was cut")]
    Cut,
    /// Something answers there that is no relay, or not one to be trusted: no wait helps by itself.
    #[error("what answers at the relay's address is not a relay")]
    NotARelay,
}

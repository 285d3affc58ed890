//! The core's way to a relay over HTTP/1.1: one blocking connection, kept open, and nothing said
//! that need not be.
//!
//! [`HttpTransport`] implements [`Transport`] over `ureq`. It sends the four headers that a relay
//! needs and no other (an idle sync is to stay under 700 bytes), follows no redirect, uses no proxy,
//! and repeats nothing on its own: what to do about a cut is the drive's to say. It is a shell: it
//! may wait and look at clocks, and it knows nothing of frames.
//!
//! ```no_run
//! use kahriz_core::drive::transport::{HttpRequest, Method, Transport};
//! use kahriz_http::{HttpOptions, HttpTransport};
//!
//! let mut relay = HttpTransport::new("http://192.0.2.1:8470", &HttpOptions::default())?;
//! let request = HttpRequest {
//!     method: Method::Get,
//!     path: "/v1/roster?after=0",
//!     token: "",
//!     body: &[],
//!     registration: None,
//! };
//! let answer = relay.send(&request)?;
//! assert!(answer.is_cbor);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod failure;
mod patience;
mod tls;

pub use patience::HttpOptions;

use kahriz_core::drive::transport::{
    HttpAnswer, HttpRequest, Method, REGISTRATION_HEADER, Transport, TransportError,
};
use thiserror::Error;
use tls::TlsConnector;
use ureq::http::{Request, Uri, header, request, uri::Scheme};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{Connector, TcpConnector};
use ureq::{Agent, AsSendBody};

const CBOR: &str = "application/cbor";
const BUFFER_BYTES: usize = 32 * 1024;

/// Why a text is not a relay's address.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum AddressError {
    /// Not of the form `http://host:port` or `https://host`, with or without a path.
    #[error("not the address of a relay: expected http:// or https:// and a host")]
    NotAnAddress,
    /// Plain `http` to a relay whose key is known: whoever answers there could not be told from it.
    #[error(
        "this relay is known by its key, and without TLS it can't show it: use its https:// address"
    )]
    Unprotected,
}

/// One relay over HTTP; `https` addresses over TLS.
pub struct HttpTransport {
    agent: Agent,
    base: String,
    options: HttpOptions,
    met_another_key: bool,
}

impl HttpTransport {
    /// A transport to the relay at this address. Nothing is connected yet.
    ///
    /// # Errors
    /// [`AddressError`] if the text is no such address.
    pub fn new(base_url: &str, options: &HttpOptions) -> Result<Self, AddressError> {
        let base = base_url.trim_end_matches('/').to_owned();
        let uri: Uri = base.parse().map_err(|_| AddressError::NotAnAddress)?;
        let known = [Some(&Scheme::HTTP), Some(&Scheme::HTTPS)].contains(&uri.scheme());
        if !known || uri.host().is_none_or(str::is_empty) || uri.query().is_some() {
            return Err(AddressError::NotAnAddress);
        }
        if options.pin.is_some() && uri.scheme() != Some(&Scheme::HTTPS) {
            return Err(AddressError::Unprotected);
        }
        Ok(Self { agent: agent(options), base, options: *options, met_another_key: false })
    }

    /// Whether the last request came to nothing because another key was shown than [`HttpOptions::pin`] says. The
    /// drive hears [`TransportError::NotARelay`]; a person should hear why.
    #[must_use]
    pub fn met_another_key(&self) -> bool {
        self.met_another_key
    }

    fn post(&mut self, head: request::Builder, body: &[u8]) -> Result<HttpAnswer, TransportError> {
        self.run(head.header(header::CONTENT_TYPE, CBOR), body, body.len())
    }

    fn run(
        &mut self,
        head: request::Builder,
        body: impl AsSendBody,
        length: usize,
    ) -> Result<HttpAnswer, TransportError> {
        let request = head.body(body).map_err(|_| TransportError::NotARelay)?;
        let request = self.with_patience(request, length);
        let answered = self.agent.run(request);
        self.met_another_key = answered.as_ref().is_err_and(tls::is_another_key);
        answered.map(answer::read).map_err(|error| failure::name(&error))
    }

    /// Only a long body gets limits of its own.
    fn with_patience<B: AsSendBody>(&self, request: Request<B>, length: usize) -> Request<B> {
        let stall = self.options.stall_for(length);
        if stall == self.options.stall {
            return request;
        }
        self.agent
            .configure_request(request)
            .timeout_per_read(Some(stall))
            .timeout_per_write(Some(stall))
            .build()
    }
}

impl Transport for HttpTransport {
    fn send(&mut self, request: &HttpRequest<'_>) -> Result<HttpAnswer, TransportError> {
        let mut head = Request::builder().uri(format!("{}{}", self.base, request.path));
        if !request.token.is_empty() {
            head = head.header(header::AUTHORIZATION, format!("Bearer {}", request.token));
        }
        if let Some(secret) = request.registration {
            head = head.header(REGISTRATION_HEADER, secret);
        }
        match request.method {
            Method::Get => self.run(head.method("GET"), (), 0),
            Method::Delete => self.run(head.method("DELETE"), (), 0),
            Method::Post => self.post(head.method("POST"), request.body),
        }
    }
}

fn agent(options: &HttpOptions) -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .user_agent("")
        .accept("")
        .accept_encoding("")
        .timeout_resolve(Some(options.connect))
        .timeout_connect(Some(options.connect))
        .timeout_per_read(Some(options.stall))
        .timeout_per_write(Some(options.stall))
        .max_idle_connections(1)
        .max_idle_connections_per_host(1)
        .max_idle_age(options.idle)
        .input_buffer_size(BUFFER_BYTES)
        .output_buffer_size(BUFFER_BYTES)
        .build();
    // No proxy is ever asked, so nothing stands between the socket and TLS.
    let connector = ().chain(TcpConnector::default()).chain(TlsConnector::new(options.pin));
    Agent::with_parts(config, connector, DefaultResolver::default())
}

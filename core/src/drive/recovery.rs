//! The roster over the line for somebody who has nothing but the root key: read, and extended.
//!
//! There is no device yet that could sign the requests, so the root does. A relay knows it from the roster's first
//! entry and lets it do these two things only.

use super::Shell;
use super::exchange::{failure_of, read_all};
use super::roster::{FULL_PAGE_BYTES, ROSTER_PAGE_BYTES_MAX};
use super::transport::{HttpAnswer, HttpRequest, Method, Transport};
use crate::crypto::{SigningSecret, token};
use kahriz_proto::ids::RelayId;
use kahriz_proto::limits::CONTROL_BYTES_MAX;
use kahriz_proto::message::{Refusal, RefusalReason, RosterPage};
use kahriz_proto::session::Failure;

const TOKEN_SECONDS: u64 = 90;
const PATH: &str = "/v1/roster";

/// Reads all entries of the roster, unverified.
///
/// # Errors
/// What the line or the relay says.
pub fn roster_for_root(
    root: &SigningSecret,
    transport: &mut dyn Transport,
    shell: &mut dyn Shell,
) -> Result<Vec<Vec<u8>>, Failure> {
    let mut line = RootLine { root, transport, shell, clock_offset_s: 0 };
    let mut entries: Vec<Vec<u8>> = vec![];
    loop {
        let path = format!("{PATH}?after={}", entries.len());
        let body = read_all(line.request(Method::Get, &path, &[])?, ROSTER_PAGE_BYTES_MAX)?;
        let page: RosterPage = minicbor::decode(&body).map_err(|_| Failure::Nonsense)?;
        entries.extend(page.entries.into_iter().map(Vec::from));
        if body.len() < FULL_PAGE_BYTES {
            return Ok(entries);
        }
    }
}

/// Brings the relay the entries that follow those that it has, and the keys that go with them.
///
/// # Errors
/// What the line or the relay says.
pub fn extend_roster_as_root(
    root: &SigningSecret,
    page: &RosterPage,
    transport: &mut dyn Transport,
    shell: &mut dyn Shell,
) -> Result<(), Failure> {
    let mut line = RootLine { root, transport, shell, clock_offset_s: 0 };
    let body = minicbor::to_vec(page).expect("writing to a vector cannot fail");
    line.request(Method::Post, PATH, &body).map(drop)
}

struct RootLine<'a> {
    root: &'a SigningSecret,
    transport: &'a mut dyn Transport,
    shell: &'a mut dyn Shell,
    clock_offset_s: i64,
}

impl RootLine<'_> {
    /// Sends a request; learns the relay's time from a refusal and tries once more.
    fn request(&mut self, method: Method, path: &str, body: &[u8]) -> Result<HttpAnswer, Failure> {
        match self.request_once(method, path, body) {
            Err(Failure::Refused(RefusalReason::Clock)) => self.request_once(method, path, body),
            answered => answered,
        }
    }

    fn request_once(
        &mut self,
        method: Method,
        path: &str,
        body: &[u8],
    ) -> Result<HttpAnswer, Failure> {
        let here_s = i64::try_from(self.shell.now_ms() / 1_000).unwrap_or(0);
        let now_s = here_s.saturating_add(self.clock_offset_s);
        let expires_at = now_s.max(0).cast_unsigned().saturating_add(TOKEN_SECONDS);
        let audience = RelayId::of_root(&self.root.public());
        let token = token(self.root, audience, expires_at, body, self.shell.rng());
        let request = HttpRequest { method, path, token: &token, body, registration: None };
        let answer = self.transport.send(&request).map_err(failure_of)?;
        if !answer.is_cbor {
            return Err(Failure::NotARelay);
        }
        if answer.status == 200 {
            return Ok(answer);
        }
        let body = read_all(answer, CONTROL_BYTES_MAX)?;
        let refusal: Refusal = minicbor::decode(&body).map_err(|_| Failure::NotARelay)?;
        if refusal.reason == RefusalReason::Clock {
            let relay_s = i64::try_from(refusal.relay_time).unwrap_or(now_s);
            self.clock_offset_s = self.clock_offset_s.saturating_add(relay_s.saturating_sub(now_s));
        }
        Err(Failure::Refused(refusal.reason))
    }
}

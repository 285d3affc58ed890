//! A transport that counts what goes through it: bodies, both ways, without HTTP's own words.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kahriz_core::drive::transport::{HttpAnswer, HttpRequest, Transport, TransportError};
use kahriz_http::HttpTransport;

/// Bytes that went up and down.
#[derive(Clone, Debug, Default)]
pub(super) struct Count {
    up: Arc<AtomicU64>,
    down: Arc<AtomicU64>,
}

impl Count {
    pub(super) fn up(&self) -> u64 {
        self.up.load(Ordering::Relaxed)
    }

    pub(super) fn down(&self) -> u64 {
        self.down.load(Ordering::Relaxed)
    }
}

/// A transport and its count.
pub(super) struct Counted {
    pub(super) line: HttpTransport,
    pub(super) count: Count,
}

impl Transport for Counted {
    fn send(&mut self, request: &HttpRequest<'_>) -> Result<HttpAnswer, TransportError> {
        self.count.up.fetch_add(request.body.len() as u64, Ordering::Relaxed);
        let answer = self.line.send(request)?;
        let body = CountedBody { body: answer.body, down: self.count.down.clone() };
        Ok(HttpAnswer { body: Box::new(body), ..answer })
    }
}

struct CountedBody {
    body: Box<dyn Read + Send>,
    down: Arc<AtomicU64>,
}

impl Read for CountedBody {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.body.read(buffer)?;
        self.down.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

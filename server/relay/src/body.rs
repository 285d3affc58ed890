//! A request's body, read with patience for 2G and none for those who only pretend to send.
//!
//! A body is alive while at least 64 B/s arrive, averaged over a minute; the minute is counted anew
//! while the relay itself is busy.

use crate::config::ServerLimits;
use axum::body::{Body, Bytes};
use http_body_util::BodyExt;
use tokio::time::{Duration, Instant, timeout_at};

/// What came of waiting for the next bytes.
#[derive(Debug)]
pub(crate) enum Arrived {
    /// These.
    Bytes(Bytes),
    /// The body is complete.
    End,
    /// The line was cut.
    Cut,
    /// Too little has come for too long.
    TooSlow,
}

/// Why a body was not read whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// The line was cut, or nearly nothing came.
    Cut,
    /// It is longer than it may be.
    TooLong,
}

pub(crate) struct PatientBody {
    body: Body,
    bytes_min: u64,
    window: Duration,
    window_end: Instant,
    window_bytes: u64,
    bytes_left: usize,
}

impl PatientBody {
    pub(crate) fn new(body: Body, limits: &ServerLimits) -> Self {
        Self {
            body,
            bytes_min: limits.body_bytes_min,
            window: limits.body_window,
            window_end: Instant::now() + limits.body_window,
            window_bytes: 0,
            bytes_left: usize::MAX,
        }
    }

    /// The body of which at most `max` bytes are read; a longer one is cut.
    pub(crate) fn at_most(self, max: usize) -> Self {
        Self { bytes_left: max, ..self }
    }

    /// The next bytes. May be given up while it waits; nothing is lost.
    pub(crate) async fn next(&mut self) -> Arrived {
        loop {
            match timeout_at(self.window_end, self.body.frame()).await {
                Ok(Some(Ok(frame))) => {
                    if let Ok(bytes) = frame.into_data() {
                        self.window_bytes += bytes.len() as u64;
                        let Some(left) = self.bytes_left.checked_sub(bytes.len()) else {
                            return Arrived::Cut;
                        };
                        self.bytes_left = left;
                        return Arrived::Bytes(bytes);
                    }
                }
                Ok(Some(Err(_))) => return Arrived::Cut,
                Ok(None) => return Arrived::End,
                Err(_) if self.window_bytes < self.bytes_min => return Arrived::TooSlow,
                Err(_) => self.be_patient(),
            }
        }
    }

    /// Counts the minute from now.
    pub(crate) fn be_patient(&mut self) {
        self.window_end = Instant::now() + self.window;
        self.window_bytes = 0;
    }

    /// The whole body, if it is at most `max` bytes long.
    pub(crate) async fn whole(&mut self, max: usize) -> Result<Vec<u8>, BodyError> {
        self.whole_after(vec![], max).await
    }

    /// The first bytes of the body: at least so many, or all there are.
    pub(crate) async fn begin(&mut self, least: usize) -> Result<Vec<u8>, BodyError> {
        let mut first = vec![];
        while first.len() < least {
            match self.next().await {
                Arrived::Bytes(bytes) => first.extend_from_slice(&bytes),
                Arrived::End => break,
                Arrived::Cut | Arrived::TooSlow => return Err(BodyError::Cut),
            }
        }
        Ok(first)
    }

    /// The whole body, of which the first bytes were read already.
    pub(crate) async fn whole_after(
        &mut self,
        begun: Vec<u8>,
        max: usize,
    ) -> Result<Vec<u8>, BodyError> {
        let mut all = begun;
        loop {
            match self.next().await {
                Arrived::Bytes(bytes) if all.len() + bytes.len() > max => {
                    return Err(BodyError::TooLong);
                }
                Arrived::Bytes(bytes) => all.extend_from_slice(&bytes),
                Arrived::End => return Ok(all),
                Arrived::Cut | Arrived::TooSlow => return Err(BodyError::Cut),
            }
        }
    }

    /// Reads on and throws away, beside the answer that is already on its way: were the connection
    /// closed on bytes that nobody read, the peer's kernel would throw away the answer.
    pub(crate) fn drain(mut self, max: usize) {
        self.bytes_left = max;
        tokio::spawn(async move { while let Arrived::Bytes(_) = self.next().await {} });
    }
}

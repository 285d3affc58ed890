//! The line between one device and the relay: a [`Transport`] without a socket.
//!
//! It hands each request to the relay's router and does to it what the weather says. It counts what went over it, and
//! can be given the next faults by hand.

use super::relay::{Posted, SimulatedRelay, WireAnswer};
use super::weather::{Fault, Weather};
use kahriz_core::drive::{HttpAnswer, HttpRequest, Transport, TransportError};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use std::collections::VecDeque;
use std::io::{self, Cursor, Read};

/// A device's line.
pub struct SimulatedLine {
    relay: SimulatedRelay,
    rng: ChaCha20Rng,
    /// How bad it is.
    pub weather: Weather,
    /// What happens to the next requests, whatever the weather; `None` lets one pass.
    pub next_faults: VecDeque<Option<Fault>>,
    /// Requests that were sent.
    pub requests: u64,
    /// Bytes of bodies that were sent.
    pub bytes_up: u64,
    /// The bodies that were sent to `/v1/sync`, if they are to be kept.
    pub kept: Option<Vec<Vec<u8>>>,
}

impl SimulatedLine {
    /// A good line to a relay.
    #[must_use]
    pub fn to(relay: &SimulatedRelay, seed: u64) -> Self {
        Self {
            relay: relay.clone(),
            rng: ChaCha20Rng::seed_from_u64(seed),
            weather: Weather::good(),
            next_faults: VecDeque::new(),
            requests: 0,
            bytes_up: 0,
            kept: None,
        }
    }

    /// From now on the line leads to another relay.
    pub fn lead_to(&mut self, relay: &SimulatedRelay) {
        self.relay = relay.clone();
    }

    /// Draws the line's fate anew from this seed.
    pub fn reseed(&mut self, seed: u64) {
        self.rng = ChaCha20Rng::seed_from_u64(seed);
    }

    fn fault(&mut self, bytes: usize) -> Option<Fault> {
        match self.next_faults.pop_front() {
            Some(planned) => planned,
            None => self.weather.draw(&mut self.rng, bytes),
        }
    }
}

impl Transport for SimulatedLine {
    fn send(&mut self, request: &HttpRequest<'_>) -> Result<HttpAnswer, TransportError> {
        self.requests += 1;
        self.bytes_up += request.body.len() as u64;
        if let Some(kept) = self.kept.as_mut().filter(|_| request.path == "/v1/sync") {
            kept.push(request.body.to_vec());
        }
        self.relay.time_passes();
        let posted = Posted::of(request);
        match self.fault(request.body.len()) {
            None => Ok(whole(self.relay.deliver(&posted))),
            Some(Fault::RequestLost) => Err(TransportError::Unreachable),
            Some(Fault::RequestCut(at)) => {
                self.relay.deliver_cut(&posted, at);
                Err(TransportError::Cut)
            }
            Some(Fault::RequestStalls(at)) => {
                self.relay.deliver_stalling(&posted, at);
                Err(TransportError::Cut)
            }
            Some(Fault::AnswerLost) => {
                self.relay.deliver(&posted);
                Err(TransportError::Cut)
            }
            Some(Fault::AnswerCut(part)) => Ok(cut(self.relay.deliver(&posted), part)),
            Some(Fault::Repeated { first_answer }) => {
                let first = self.relay.deliver(&posted);
                let second = self.relay.deliver(&posted);
                Ok(whole(if first_answer { first } else { second }))
            }
            Some(Fault::Late(requests)) => {
                self.relay.deliver_later(posted, requests);
                Err(TransportError::Cut)
            }
            Some(Fault::Portal) => Ok(portal()),
        }
    }
}

fn whole(answer: WireAnswer) -> HttpAnswer {
    let WireAnswer { status, is_cbor, body } = answer;
    HttpAnswer { status, is_cbor, body: Box::new(Cursor::new(body)) }
}

/// The answer up to a part of its bytes, and then a broken line.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
fn cut(answer: WireAnswer, part: f64) -> HttpAnswer {
    let WireAnswer { status, is_cbor, mut body } = answer;
    body.truncate((body.len() as f64 * part) as usize);
    HttpAnswer { status, is_cbor, body: Box::new(Cursor::new(body).chain(Broken)) }
}

/// What a hotel's network says to everything.
#[must_use]
pub fn portal() -> HttpAnswer {
    let page =
        b"<!doctype html><title>Welcome</title><p>Please log in to use this network.".to_vec();
    HttpAnswer { status: 200, is_cbor: false, body: Box::new(Cursor::new(page)) }
}

struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::ConnectionReset.into())
    }
}

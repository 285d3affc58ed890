//! What can happen to one request on its way, drawn from a seed.

use rand::{Rng, RngExt};

/// How bad a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weather {
    /// Of a hundred requests, how many meet with something.
    pub faults_in_hundred: u32,
}

impl Weather {
    /// Everything arrives.
    #[must_use]
    pub const fn good() -> Self {
        Self { faults_in_hundred: 0 }
    }

    /// Every third request meets with something.
    #[must_use]
    pub const fn bad() -> Self {
        Self { faults_in_hundred: 33 }
    }

    /// Two of three requests do.
    #[must_use]
    pub const fn storm() -> Self {
        Self { faults_in_hundred: 66 }
    }

    pub(super) fn draw(self, rng: &mut impl Rng, request_bytes: usize) -> Option<Fault> {
        if rng.random_range(0..100) >= self.faults_in_hundred {
            return None;
        }
        let somewhere = rng.random_range(0..=request_bytes);
        Some(match rng.random_range(0..9) {
            0 => Fault::RequestLost,
            1 => Fault::RequestCut(somewhere),
            2 => Fault::RequestStalls(somewhere),
            3 | 4 => Fault::AnswerLost,
            5 => Fault::AnswerCut(rng.random()),
            6 => Fault::Repeated { first_answer: rng.random() },
            7 => Fault::Late(rng.random_range(1..6)),
            _ => Fault::Portal,
        })
    }
}

/// What happens to one request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// It never arrives.
    RequestLost,
    /// Only so many bytes of its body arrive, and the relay sees the line break.
    RequestCut(usize),
    /// Only so many bytes of its body arrive, and the relay goes on waiting for the rest.
    RequestStalls(usize),
    /// It arrives and is done; nobody hears the answer.
    AnswerLost,
    /// The answer ends after this part of it.
    AnswerCut(f64),
    /// It arrives twice; the device hears one of the answers.
    Repeated {
        /// Whether that is the first one.
        first_answer: bool,
    },
    /// The device gives up; the request arrives after so many others.
    Late(u32),
    /// A captive portal answers in the relay's place.
    Portal,
}

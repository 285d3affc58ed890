//! What goes wrong in a run besides the lines: which faults there are, and which of them a run meets.
//!
//! A fault is added here with its name and its weight, and in `course.rs` with what it does to the world.

use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};
use serde::Serialize;

/// One thing that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// A scope gets a new key, and nobody is revoked.
    EpochRotated,
    /// A phone's officer is dismissed, and the phone goes on until it hears of it.
    PhoneRevoked,
    /// A phone is destroyed with everything on it.
    PhoneDestroyed,
    /// A phone's store is brought back as it was on an earlier day: its database, or every file beside it too.
    PhoneSetBack,
    /// A phone's store is copied, and both are used.
    PhoneCloned,
    /// Headquarters is destroyed, and made anew from the recovery key.
    HeadquartersDestroyed,
    /// The relay is destroyed; an empty one stands in its place.
    RelayDestroyed,
    /// The relay is destroyed, and restored from a backup of an earlier day.
    RelayRestored,
    /// The relay's machine is set back to an earlier day, and does not know it.
    RelaySetBack,
}

/// Every fault, as often as it is to be drawn.
const DRAWN: [Fault; 15] = [
    Fault::EpochRotated,
    Fault::EpochRotated,
    Fault::PhoneRevoked,
    Fault::PhoneRevoked,
    Fault::PhoneDestroyed,
    Fault::PhoneDestroyed,
    Fault::PhoneDestroyed,
    Fault::PhoneSetBack,
    Fault::PhoneSetBack,
    Fault::PhoneCloned,
    Fault::PhoneCloned,
    Fault::HeadquartersDestroyed,
    Fault::RelayDestroyed,
    Fault::RelayRestored,
    Fault::RelaySetBack,
];

/// Faults in one run at most.
const FAULTS_MAX: usize = 3;

impl Fault {
    /// Whether what the relay had acknowledged is gone from it.
    pub(super) fn loses_relay(self) -> bool {
        matches!(self, Self::RelayDestroyed | Self::RelayRestored | Self::RelaySetBack)
    }

    /// Whether a device's disk is gone, or its frames are taken from it no more.
    pub(super) fn loses_device(self) -> bool {
        matches!(
            self,
            Self::PhoneDestroyed
                | Self::PhoneSetBack
                | Self::HeadquartersDestroyed
                | Self::PhoneRevoked
        )
    }

    /// Whether a store is given two lives: what cannot be sent under its number is written anew under another.
    pub(super) fn gives_two_lives(self) -> bool {
        matches!(self, Self::PhoneSetBack | Self::PhoneCloned)
    }
}

/// The faults of one run, in the order in which they come. Headquarters and the relay are never both lost, and
/// headquarters only once: what then comes back is the subject of a drill of its own (`tests/tests/recovery.rs`). Nor does
/// a store get a second life in a run in which the relay forgets: an empty relay cannot tell two lives apart, and takes the
/// first that comes (`core/docs/reliability.md`, limits).
pub(super) fn draw(rng: &mut impl Rng) -> Vec<Fault> {
    let count = rng.random_range(0..=FAULTS_MAX);
    let mut faults: Vec<Fault> = vec![];
    for _ in 0..count {
        let fault = *DRAWN.choose(rng).expect("there are faults");
        let burns = |fault: Fault| fault == Fault::HeadquartersDestroyed;
        let clashes = |other: &Fault| {
            (burns(fault) && (other.loses_relay() || burns(*other)))
                || (fault.loses_relay() && (burns(*other) || other.gives_two_lives()))
                || (fault.gives_two_lives() && other.loses_relay())
        };
        if !faults.iter().any(clashes) {
            faults.push(fault);
        }
    }
    faults
}

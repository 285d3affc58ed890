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
    /// Headquarters is destroyed, and its backup goes on in its place.
    HeadquartersResumed,
    /// Headquarters' store is brought back as it was on an earlier day, and nobody says so.
    HeadquartersSetBack,
    /// Headquarters and the relay are destroyed with the machine that they are on; their backup goes on.
    MachineResumed,
    /// The relay is destroyed; an empty one stands in its place.
    RelayDestroyed,
    /// The relay is destroyed, and restored from a backup of an earlier day.
    RelayRestored,
    /// The relay's machine is set back to an earlier day, and does not know it.
    RelaySetBack,
}

/// Every fault, as often as it is to be drawn.
const DRAWN: [Fault; 18] = [
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
    Fault::HeadquartersResumed,
    Fault::HeadquartersSetBack,
    Fault::MachineResumed,
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
        matches!(self, Self::PhoneDestroyed | Self::PhoneSetBack | Self::PhoneRevoked)
            || self.loses_headquarters()
    }

    /// Whether a store is given two lives: what cannot be sent under its number is written anew under another.
    pub(super) fn gives_two_lives(self) -> bool {
        matches!(
            self,
            Self::PhoneSetBack
                | Self::PhoneCloned
                | Self::HeadquartersResumed
                | Self::HeadquartersSetBack
                | Self::MachineResumed
        )
    }

    /// Whether headquarters is not what it was.
    pub(super) fn loses_headquarters(self) -> bool {
        matches!(
            self,
            Self::HeadquartersDestroyed
                | Self::HeadquartersResumed
                | Self::HeadquartersSetBack
                | Self::MachineResumed
        )
    }

    /// Whether headquarters and the relay are lost at once: what was written since then is on the phones.
    pub(super) fn loses_machine(self) -> bool {
        self == Self::MachineResumed
    }
}

/// The faults of one run, in the order in which they come. What may not meet in one run has a sentence in
/// `core/docs/reliability.md`, limits.
pub(super) fn draw(rng: &mut impl Rng) -> Vec<Fault> {
    let count = rng.random_range(0..=FAULTS_MAX);
    let mut faults: Vec<Fault> = vec![];
    for _ in 0..count {
        let fault = *DRAWN.choose(rng).expect("there are faults");
        if !faults.iter().any(|other| clash(fault, *other) || clash(*other, fault)) {
            faults.push(fault);
        }
    }
    faults
}

/// Headquarters is lost only once, and then no relay but the one that burns with it: what comes back of the rest is the
/// subject of a drill of its own (`tests/tests/recovery.rs`). Nor does a store get a second life in a run in which the
/// relay forgets: an empty relay cannot tell two lives apart, and takes the first that comes. What a machine loses of
/// which the newest backup has nothing is on the phones, if they are there; but keys that it made are not.
fn clash(fault: Fault, other: Fault) -> bool {
    let both = |is: fn(Fault) -> bool| is(fault) && is(other);
    both(Fault::loses_headquarters)
        || (fault.loses_headquarters() && other.loses_relay())
        || (fault.gives_two_lives() && other.loses_relay())
        || (fault.loses_machine()
            && (other.loses_device() || other.gives_two_lives() || other == Fault::EpochRotated))
}

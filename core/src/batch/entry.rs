//! The words of a batch: what an entry is, and how it names what the receiver holds.

use crate::record::ChangeId;
use kahriz_proto::ids::{DeviceId, LogId, RecordId, ScopeId};
use kahriz_proto::message::LogState;
use minicbor::{Decode, Encode};
use thiserror::Error;

/// A record by its creation: the `counter`th (from 1) of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// The log in which it was created.
    pub creator: LogId,
    /// Which of that log's records it is.
    pub counter: u64,
}

impl Reference {
    /// The record's id.
    #[must_use]
    pub fn record(&self) -> RecordId {
        RecordId::of(self.creator, self.counter)
    }
}

/// A change by its place: the `seq`th (from 1) that a log made in a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The log.
    pub log: LogId,
    /// Its number among the log's changes of the record.
    pub seq: u64,
}

/// A change that is held, as far as others must know it to build on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its place.
    pub place: Place,
    /// Its hash.
    pub id: ChangeId,
    /// Its highest operation counter.
    pub max_op: u64,
}

/// What a device tells its scope besides changes.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Announcement {
    /// Who uses the sealing device.
    #[n(0)]
    Profile {
        /// The officer's name.
        #[n(0)]
        officer: String,
        /// What the device is called.
        #[n(1)]
        device: String,
    },
    /// What a scope is called; headquarters says so.
    #[n(1)]
    Scope {
        /// The scope.
        #[n(0)]
        scope: ScopeId,
        /// Its name.
        #[n(1)]
        name: String,
        /// Three or so letters that begin its records' human ids.
        #[n(2)]
        prefix: String,
    },
    /// Headquarters has merged these logs up to these frames; signed, as the frame is.
    #[n(2)]
    Merged {
        /// (log, number of its last merged frame).
        #[n(0)]
        logs: Vec<kahriz_proto::frame::FrameRef>,
        /// Verified backups of headquarters hold these logs up to these very frames. A part and no announcement of its
        /// own: a device that does not know it yet skips it, and could not read the frame otherwise.
        #[n(1)]
        backed_up: Option<Vec<LogState>>,
    },
    /// Who uses a device, told by headquarters for one that has not told yet.
    #[n(3)]
    Person {
        /// The device.
        #[n(0)]
        device: DeviceId,
        /// The officer's name.
        #[n(1)]
        officer: String,
        /// What the device is called.
        #[n(2)]
        phone: String,
    },
}

/// A change that headquarters hands on for a device that cannot: what that device has signed, as it was
/// signed. What is inside is not a batch's to know (`letters`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adopted<'a> {
    /// The device that made the change.
    pub device: DeviceId,
    /// That device's signature.
    pub signature: &'a [u8; 64],
    /// What it has signed, packed.
    pub packed: &'a [u8],
}

/// One entry of a batch, ready to be written.
#[derive(Clone, Debug)]
pub enum Entry<'a> {
    /// A change of a record.
    Change(super::Outbound<'a>),
    /// A change that headquarters hands on for another device.
    Adopted(Adopted<'a>),
    /// Something else that the scope should know.
    Announcement(Announcement),
}

/// Why a batch cannot be written or read.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum BatchError {
    /// The bytes are no batch, or are cut short.
    #[error("the inside of the frame is malformed")]
    Malformed,
    /// Of a format that this code does not know: the sender is newer.
    #[error("the inside of the frame is of unknown format {0}")]
    UnknownFormat(u64),
    /// It announces what this code does not know: the sender is newer.
    #[error("the inside of the frame announces something unknown")]
    UnknownAnnouncement,
    /// Over a limit.
    #[error("the inside of the frame is over a limit")]
    OverLimit,
    /// A change to be written is none.
    #[error("a change to be sealed is not well-formed")]
    NotAChange,
    /// Something that an entry names is not held here.
    #[error("a change builds on one that is not here")]
    Missing,
    /// What was put together is not what was sealed.
    #[error("the changes do not add up to what was sealed")]
    Digest,
}

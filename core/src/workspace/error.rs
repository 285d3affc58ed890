//! What can go wrong at the facade: one enum for each kind of operation, a variant for what the caller
//! can do next.

use crate::forms::FieldError;
use crate::record::RecordError;
use crate::store::{OpenStoreError, is_disk_full};
use kahriz_proto::roster::RosterError;
use thiserror::Error;

/// Why a copy does not write.
pub(crate) const ONLY_A_COPY: &str = "this store was brought back from a backup and is for reading: what it wrote \
would contradict what was written after the backup. If the original is gone for good, this copy can take its place (resume)";

/// Why a workspace cannot be opened, founded or prepared.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The store: not there, there already, locked, of another key, damaged, newer, or the disk.
    #[error(transparent)]
    Store(#[from] OpenStoreError),
    /// There is a store, but nothing was founded or joined in it, or its secrets cannot be read.
    #[error("this store belongs to no workspace yet: join one with an invite, or found one")]
    Nobodys,
    /// What was given to found a workspace does not make one.
    #[error("a workspace needs at least one scope, each with a name")]
    NoScope,
    /// The founding roster was refused: a bug.
    #[error("the founding roster does not verify: {0}")]
    Roster(#[from] RosterError),
    /// The database.
    #[error("the store cannot be read or written")]
    Database(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        let full = is_disk_full(&error);
        if full { OpenStoreError::DiskFull.into() } else { Self::Database(error) }
    }
}

/// Why something cannot be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The stored document of a record is damaged; its changes are at the relay and at other devices.
    #[error("a stored record is damaged and cannot be shown")]
    Damaged,
    /// The engine that merges is a program of its own here, and cannot be started. What was pulled waits.
    #[error("what was received cannot be merged: the program that reads it cannot be started")]
    NoEngine,
    /// The disk is full, and to read means to put down what was received. It is at the relay still.
    #[error("the disk is full: free some space and try again; nothing was lost")]
    DiskFull(#[source] rusqlite::Error),
    /// The database.
    #[error("the store cannot be read")]
    Database(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for ReadError {
    fn from(error: rusqlite::Error) -> Self {
        if is_disk_full(&error) { Self::DiskFull(error) } else { Self::Database(error) }
    }
}

impl From<RecordError> for ReadError {
    fn from(_: RecordError) -> Self {
        Self::Damaged
    }
}

/// Why a draft cannot be begun.
#[derive(Debug, Error)]
pub enum DraftError {
    /// This device is not granted the scope.
    #[error("this device is not granted that area")]
    NotInScope,
    /// There is no such kind.
    #[error(transparent)]
    Kind(#[from] FieldError),
    /// There is no such record here.
    #[error("there is no such record on this device")]
    NoRecord,
    /// The record is of a kind that only a newer version knows.
    #[error("this record is of a kind that this version does not know: update")]
    UnknownKind,
    /// The record cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl From<rusqlite::Error> for DraftError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Read(error.into())
    }
}

/// Why a save did not happen. Nothing of it was written.
#[derive(Debug, Error)]
pub enum SaveError {
    /// Fields are wrong or missing; each is named with what is expected.
    #[error("not saved: {}", listed(.0))]
    Invalid(Vec<FieldError>),
    /// These fields were changed on this same device since the form was opened: look again.
    #[error("not saved: changed on this device since the form was opened: {}", .0.join(", "))]
    Superseded(Vec<String>),
    /// The field is not contested, or there is no such value to keep.
    #[error("there is nothing to decide: the field does not hold that many values")]
    NothingToDecide,
    /// Only a supervisor or headquarters decides.
    #[error("this device may not decide contested values: ask a supervisor or headquarters")]
    NotAllowed,
    /// The record as a whole is larger than one may be.
    #[error("not saved: the record is larger than {} KiB", kahriz_proto::limits::CHANGE_BYTES_MAX / 1024)]
    TooLarge,
    /// There is no such record here.
    #[error("there is no such record on this device")]
    NoRecord,
    /// This device is no longer granted the scope.
    #[error("this device is not granted that area")]
    NotInScope,
    /// The store was brought back from a backup, and is for reading only.
    #[error("not saved: {}", ONLY_A_COPY)]
    Copy,
    /// The disk is full. What was saved before is safe.
    #[error("not saved: the disk is full; free some space and save again")]
    DiskFull,
    /// The record's document is damaged or refuses the change.
    #[error("not saved: {0}")]
    Record(#[from] RecordError),
    /// The database.
    #[error("not saved: the store cannot be written")]
    Database(rusqlite::Error),
}

impl From<rusqlite::Error> for SaveError {
    fn from(error: rusqlite::Error) -> Self {
        if is_disk_full(&error) { Self::DiskFull } else { Self::Database(error) }
    }
}

/// Why headquarters cannot do what was asked.
#[derive(Debug, Error)]
pub enum AdminError {
    /// This device holds no admin key.
    #[error("only a headquarters that the root key has certified can do this")]
    NotAdmin,
    /// The store was brought back from a backup, and is for reading only.
    #[error("{}", ONLY_A_COPY)]
    Copy,
    /// Only a headquarters can become an admin.
    #[error("only a headquarters can be an administrator: admit the device as one first")]
    NotHeadquarters,
    /// The invite is unknown here, was used, or has ended.
    #[error("the invite is unknown, was used before, or has ended: issue another")]
    Invite,
    /// The join is not signed as it must be, or its profile does not open.
    #[error("the join request was altered on the way: ask the officer to try again")]
    Join,
    /// No such scope.
    #[error("there is no such area in this workspace")]
    Scope,
    /// No member has this id, or it was revoked before.
    #[error("there is no such member, or it was revoked before")]
    NoDevice,
    /// A headquarters cannot revoke itself.
    #[error(
        "this device cannot revoke itself: do it from another headquarters, or restore from the recovery key"
    )]
    Itself,
    /// Nothing of that log is quarantined there.
    #[error("nothing of that log is quarantined there")]
    NotQuarantined,
    /// What others have written builds on it: it can only be released, and its values decided.
    #[error(
        "{0} frames of other devices build on this: release it, and decide the values that are wrong"
    )]
    BuiltUpon(u64),
    /// Another headquarters wrote at the same time: see the alarm.
    #[error("another headquarters changed the member list at the same time: see the alarms")]
    RosterSplit,
    /// The roster refused the entry.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// The database.
    #[error("the store cannot be read or written")]
    Database(#[from] rusqlite::Error),
}

fn listed(errors: &[FieldError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

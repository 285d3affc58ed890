//! A record as an Automerge document: flat keys, scalar values, and the changes that made them.
//!
//! This is the only module that calls Automerge. It is pure matter: it edits, applies and reads
//! documents in memory, and knows neither forms nor disk. An edit is made on the version that the
//! officer saw, so that what synced in underneath is a concurrent edit and not something that the
//! save silently reverts.
//!
//! Automerge 0.12 is not safe on hostile bytes, so changes come in only through
//! [`Change::from_chunk`], and applying is guarded against panics.

mod document;
mod history;
mod splice;

pub use document::{Author, Document, Edit, Fields, Write};
pub use history::{Opinion, Past};
pub use splice::{Anatomy, assemble, dissect, values_in};

use automerge::{Change as AutomergeChange, ChangeHash};
use kahriz_proto::ids::LogId;
use std::panic::{AssertUnwindSafe, catch_unwind};
use thiserror::Error;

/// The hash by which Automerge knows a change.
pub type ChangeId = [u8; 32];

/// Why a document cannot be read, edited or extended.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum RecordError {
    /// The bytes are no change of the one kind that is accepted.
    #[error("not an uncompressed change")]
    NotAChange,
    /// The change is not what its log says: another actor, or a number out of order.
    #[error("the change does not fit its log")]
    Misfit,
    /// The document's bytes cannot be read.
    #[error("the stored document is damaged")]
    Damaged,
    /// The changes are well-formed but the engine refuses them.
    #[error("the changes cannot be applied")]
    Refused,
    /// Changes that these build on are not here.
    #[error("the changes build on others that are not here")]
    MissingDeps,
    /// What the officer saw is not in this document.
    #[error("the version that the edit is based on is not in this document")]
    UnknownBase,
}

/// One change of one record, as its exact uncompressed chunk.
#[derive(Clone, Debug)]
pub struct Change(AutomergeChange);

impl Change {
    /// Reads a change from the exact bytes of an uncompressed change chunk. Nothing else is let in: a
    /// compressed chunk of 48 KB was seen to inflate to 50 MB.
    ///
    /// # Errors
    /// [`RecordError::NotAChange`].
    pub fn from_chunk(chunk: Vec<u8>) -> Result<Self, RecordError> {
        let is_plain = dissect(&chunk).is_some();
        let parse = || AutomergeChange::from_bytes(chunk).ok();
        is_plain
            .then(|| catch_unwind(AssertUnwindSafe(parse)).ok().flatten())
            .flatten()
            .map(Self)
            .ok_or(RecordError::NotAChange)
    }

    /// The exact chunk.
    #[must_use]
    pub fn chunk(&self) -> &[u8] {
        self.0.raw_bytes()
    }

    /// The hash by which the change is known.
    #[must_use]
    pub fn id(&self) -> ChangeId {
        self.0.hash().0
    }

    /// The log whose actor made it, if the actor is a log.
    #[must_use]
    pub fn log(&self) -> Option<LogId> {
        LogId::from_slice(self.0.actor_id().to_bytes())
    }

    /// Its number among that actor's changes of this record, from 1.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.0.seq()
    }

    /// The highest operation counter that it takes.
    #[must_use]
    pub fn max_op(&self) -> u64 {
        self.0.max_op()
    }

    /// What it builds on.
    #[must_use]
    pub fn deps(&self) -> Vec<ChangeId> {
        self.0.deps().iter().map(|hash| hash.0).collect()
    }

    /// When its device says it was made, in seconds since 1970.
    #[must_use]
    pub fn claimed_s(&self) -> i64 {
        self.0.timestamp()
    }
}

fn hashes(ids: &[ChangeId]) -> Vec<ChangeHash> {
    ids.iter().map(|id| ChangeHash(*id)).collect()
}

#[cfg(test)]
mod tests;

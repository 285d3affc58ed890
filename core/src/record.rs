//! A record as an Automerge document: flat keys, scalar values, and the changes that made them.
//!
//! This is the only module that calls Automerge. It is pure matter: it edits, applies and reads
//! documents in memory, and knows neither forms nor disk. An edit is made on the version that the
//! officer saw, so that what synced in underneath is a concurrent edit and not something that the
//! save silently reverts.
//!
//! Automerge 0.12 is not safe on hostile bytes. So changes come in only through [`Change::from_chunk`], which reads
//! them without it and bounds what they may ask for; and what others wrote is first given to it through an
//! [`Engine`], which contains what may happen then.

mod admit;
mod change;
mod columns;
mod document;
mod engine;
mod history;
mod rework;
mod splice;

pub use change::Change;
pub use document::{Author, Document, Edit, Fields, Write};
pub use engine::{Engine, EngineError, Grown, InProcess, Trial, answer, question, read_answer};
pub use history::{Opinion, Past};
pub use rework::{Lost, Reworked};
pub use splice::{Anatomy, assemble, dissect, values_in};

use automerge::ChangeHash;
use minicbor::{Decode, Encode};
use thiserror::Error;

/// The hash by which Automerge knows a change.
pub type ChangeId = [u8; 32];

/// Why a document cannot be read, edited or extended.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum RecordError {
    /// The bytes are no change of the one kind that is accepted.
    #[error("not a change as this program writes them")]
    #[n(0)]
    NotAChange,
    /// There is more in it than anybody's change may hold.
    #[error("the change is over a limit")]
    #[n(1)]
    OverLimit,
    /// The document's bytes cannot be read.
    #[error("the stored document is damaged")]
    #[n(2)]
    Damaged,
    /// The changes are well-formed but the engine refuses them.
    #[error("the changes cannot be applied")]
    #[n(3)]
    Refused,
    /// The engine came to grief over them, and was held.
    #[error("the engine panicked over the changes")]
    #[n(6)]
    Panicked,
    /// Changes that these build on are not here.
    #[error("the changes build on others that are not here")]
    #[n(4)]
    MissingDeps,
    /// What the officer saw is not in this document.
    #[error("the version that the edit is based on is not in this document")]
    #[n(5)]
    UnknownBase,
}

fn hashes(ids: &[ChangeId]) -> Vec<ChangeHash> {
    ids.iter().map(|id| ChangeHash(*id)).collect()
}

#[cfg(test)]
mod tests;

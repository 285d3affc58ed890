//! One change, read without the engine.

use super::{Anatomy, ChangeId, RecordError, admit, assemble, dissect};
use kahriz_proto::ids::LogId;

/// One change of one record, as its exact uncompressed chunk, of which everything is known that can be seen from
/// the chunk alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    chunk: Vec<u8>,
    id: ChangeId,
    log: Option<LogId>,
    seq: u64,
    start_op: u64,
    ops: u32,
    deps: Vec<ChangeId>,
    claimed_s: i64,
}

impl Change {
    /// Reads a change from the exact bytes of an uncompressed change chunk. Nothing else is let in (a compressed
    /// chunk of 48 KB was seen to inflate to 50 MB), and of changes only such as this program writes. The engine has
    /// no part in this: what it is given later has passed here.
    ///
    /// # Errors
    /// [`RecordError::NotAChange`], and [`RecordError::OverLimit`] for one that holds too much.
    pub fn from_chunk(chunk: Vec<u8>) -> Result<Self, RecordError> {
        let parts = dissect(&chunk).ok_or(RecordError::NotAChange)?;
        let ops = admit::operations(&parts)?;
        let (_, id) = assemble(&parts);
        let Anatomy { deps, actor, seq, start_op, time, .. } = parts;
        let log = LogId::from_slice(actor);
        Ok(Self { id, log, seq, start_op, ops, deps, claimed_s: time, chunk })
    }

    /// The exact chunk.
    #[must_use]
    pub fn chunk(&self) -> &[u8] {
        &self.chunk
    }

    /// The hash by which the change is known.
    #[must_use]
    pub fn id(&self) -> ChangeId {
        self.id
    }

    /// The log whose actor made it, if the actor is a log.
    #[must_use]
    pub fn log(&self) -> Option<LogId> {
        self.log
    }

    /// Its number among that actor's changes of this record, from 1.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Its first operation's counter.
    #[must_use]
    pub fn start_op(&self) -> u64 {
        self.start_op
    }

    /// The highest operation counter that it takes.
    #[must_use]
    pub fn max_op(&self) -> u64 {
        self.start_op + u64::from(self.ops) - 1
    }

    /// How many operations it holds.
    #[must_use]
    pub fn ops(&self) -> u32 {
        self.ops
    }

    /// What it builds on.
    #[must_use]
    pub fn deps(&self) -> &[ChangeId] {
        &self.deps
    }

    /// When its device says it was made, in seconds since 1970.
    #[must_use]
    pub fn claimed_s(&self) -> i64 {
        self.claimed_s
    }
}

//! What one change, and one log in one record, may ask of the engine.
//!
//! Each log has limits of its own in each record: a shared one could be used up by whoever wants to keep the others
//! from writing.

use super::{MergeError, Touched};
use crate::batch::Known;
use crate::record::Change;
use crate::store::{ParkReason, trials};
use kahriz_proto::limits::{
    HEAVY_CHANGE_BYTES, HEAVY_CHANGE_OPS, LOG_CHANGES_PER_RECORD_MAX,
    LOG_HEAVY_BYTES_PER_RECORD_MAX, LOG_HEAVY_OPS_PER_RECORD_MAX, OP_AHEAD_MAX,
};
use rusqlite::Transaction;

/// Whether a change is the next one of its log, and its numbers follow those of what it builds on.
pub(super) fn fits(
    change: &Change,
    newest: Option<Known>,
    touched: &Touched,
) -> Result<(), ParkReason> {
    let (last_seq, last_op) = newest.map_or((0, 0), |known| (known.place.seq, known.max_op));
    let begins = touched.held.is_empty();
    if change.seq() != last_seq + 1 || change.start_op() <= last_op {
        return Err(ParkReason::Malformed);
    }
    // Only a record's first change builds on nothing.
    if change.deps().is_empty() != begins {
        return Err(ParkReason::Malformed);
    }
    if change.seq() > LOG_CHANGES_PER_RECORD_MAX {
        return Err(ParkReason::OverLimit);
    }
    let highest = touched.highest_op();
    if change.start_op() > highest + 1 + OP_AHEAD_MAX {
        // Somebody may have written that much which has not come here yet.
        return Err(ParkReason::MissingDeps);
    }
    let overlaps =
        |known: &Known| known.max_op >= change.start_op() && change.deps().contains(&known.id);
    if change.start_op() <= highest && touched.held.values().any(overlaps) {
        return Err(ParkReason::Malformed);
    }
    Ok(())
}

/// Adds a log's heavy changes in a record up.
pub(super) fn weigh(
    tx: &Transaction<'_>,
    record: i64,
    log: i64,
    new: &[Change],
) -> Result<(), MergeError> {
    let is_heavy = |change: &&Change| {
        change.ops() >= HEAVY_CHANGE_OPS || change.chunk().len() >= HEAVY_CHANGE_BYTES
    };
    let mut heavy = new.iter().filter(is_heavy).peekable();
    if heavy.peek().is_none() {
        return Ok(());
    }
    let before = trials::weight(tx, record, log)?;
    let (ops, bytes) = heavy.fold(before, |(ops, bytes), change| {
        (ops + u64::from(change.ops()), bytes + change.chunk().len() as u64)
    });
    if ops > LOG_HEAVY_OPS_PER_RECORD_MAX || bytes > LOG_HEAVY_BYTES_PER_RECORD_MAX {
        return Err(ParkReason::OverLimit.into());
    }
    Ok(trials::set_weight(tx, record, log, (ops, bytes))?)
}

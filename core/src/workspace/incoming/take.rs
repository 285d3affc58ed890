//! One frame of the inbox, check by check: each comes before what it protects.

use super::hear;
use super::walk::Taken;
use crate::batch;
use crate::crypto::{self, EpochKey, OpenError};
use crate::merge::{self, MergeError, Merged};
use crate::record::Engine;
use crate::store::inbox::{self, Waiting};
use crate::store::logs::{self, LogRow};
use crate::store::{ParkReason, members, outbox, trials};
use crate::workspace::ReadError;
use crate::workspace::alarms::{AlarmKind, compare_rosters, raise};
use crate::workspace::identity::Identity;
use crate::workspace::rows::RowWriter;
use kahriz_proto::frame::{Frame, Preamble, VerifiedFrame};
use rusqlite::Transaction;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Takes some frames in one commit, each for itself: one that is parked leaves nothing else behind.
pub(super) fn take_all(
    tx: &Transaction<'_>,
    identity: &Identity,
    engine: &dyn Engine,
    frames: Vec<Waiting>,
    taken: &mut Taken,
) -> Result<(), ReadError> {
    for Waiting { row, hash, bytes } in frames {
        tx.execute_batch("SAVEPOINT frame")?;
        // The engine is not safe on hostile bytes: what makes it panic is parked like what it refuses.
        let taking = AssertUnwindSafe(|| take_one(tx, identity, engine, row, bytes));
        let outcome = catch_unwind(taking).unwrap_or(Err(ParkReason::Malformed.into()));
        match outcome.map_err(of_content) {
            Ok(merged) => {
                taken.frames += 1;
                taken.changes += merged.changes;
                taken.records += merged.patches.len() as u64;
            }
            Err(MergeError::Park(reason)) => {
                tx.execute_batch("ROLLBACK TO frame")?;
                inbox::park(tx, row, reason)?;
                if let Some(log) = inbox::log_of(tx, row)?.filter(|_| reason == ParkReason::Forked)
                {
                    raise(tx, AlarmKind::LogForked { log })?;
                }
                taken.parked += 1;
            }
            Err(MergeError::NoEngine) => return Err(ReadError::NoEngine),
            Err(MergeError::Database(error)) => return Err(error.into()),
        }
        trials::end(tx, hash)?;
        tx.execute_batch("RELEASE frame")?;
    }
    Ok(())
}

/// A database error that a frame's content causes is the frame's, and must not stop the others.
pub(in crate::workspace) fn of_content(error: MergeError) -> MergeError {
    match error {
        MergeError::Database(rusqlite::Error::ToSqlConversionFailure(_)) => {
            ParkReason::Malformed.into()
        }
        MergeError::Database(rusqlite::Error::SqliteFailure(failure, _))
            if failure.code == rusqlite::ErrorCode::ConstraintViolation =>
        {
            ParkReason::Malformed.into()
        }
        error @ (MergeError::Database(_) | MergeError::Park(_) | MergeError::NoEngine) => error,
    }
}

/// Checks, opens and merges one frame of the inbox, and takes it out.
fn take_one(
    tx: &Transaction<'_>,
    identity: &Identity,
    engine: &dyn Engine,
    row: i64,
    bytes: Vec<u8>,
) -> Result<Merged, MergeError> {
    let frame = Frame::decode(bytes).map_err(|_| ParkReason::Malformed)?;
    let frame = believed(identity, frame)?;
    let preamble = frame.preamble();
    let log = logs::ensure(tx, preamble.device, preamble.scope, preamble.generation)?;
    if preamble.seq <= log.merged {
        inbox::remove(tx, row)?;
        return Ok(Merged::default());
    }
    if preamble.device == identity.device() && !is_sealed_here(tx, &frame)? {
        // Nobody else writes this log: another copy of this device does.
        return Err(ParkReason::Forked.into());
    }
    in_order(tx, preamble, &log)?;
    compare_rosters(tx, identity, preamble)?;
    let key = members::key(tx, preamble.scope, preamble.epoch)?.ok_or(ParkReason::MissingKey)?;
    let plain = crypto::open(&frame, &EpochKey::from_bytes(&key)).map_err(why_unopened)?;
    let plain = batch::unpack(&plain)?;
    let merged = merge::apply(tx, preamble, &log, &identity.roster, &plain, engine)?;
    logs::advance(tx, log.id, preamble.seq, frame.hash())?;
    inbox::remove(tx, row)?;
    hear(tx, identity, preamble, &merged.announcements)?;
    let mut rows = RowWriter::new(members::scope_names(tx)?);
    merged.patches.iter().try_for_each(|patch| rows.show(tx, patch))?;
    Ok(merged)
}

/// Whether this device has sealed the frame itself, and merges it again because it had let go of what it could read.
fn is_sealed_here(tx: &Transaction<'_>, frame: &VerifiedFrame) -> rusqlite::Result<bool> {
    let preamble = frame.preamble();
    Ok(outbox::hash(tx, preamble.log(), preamble.seq)? == Some(frame.hash()))
}

/// Known device, in scope, not revoked at this number, and its signature.
fn believed(identity: &Identity, frame: Frame) -> Result<VerifiedFrame, ParkReason> {
    let preamble = frame.preamble();
    let member = identity.roster.member(preamble.device).ok_or(ParkReason::UnknownDevice)?;
    if !member.scopes.contains(&preamble.scope) {
        return Err(ParkReason::NotInScope);
    }
    if !member.is_believed(preamble.log(), preamble.seq) {
        return Err(ParkReason::Revoked);
    }
    frame.verify(&member.keys.sign).map_err(|_| ParkReason::Signature)
}

/// The frame before it is merged, and so is everything that it builds on.
fn in_order(tx: &Transaction<'_>, preamble: &Preamble, log: &LogRow) -> Result<(), MergeError> {
    if preamble.seq != log.merged + 1 {
        return Err(ParkReason::MissingPrevious.into());
    }
    if preamble.prev != log.merged_hash {
        return Err(ParkReason::Forked.into());
    }
    for dep in &preamble.deps {
        let merged = logs::get(tx, dep.log)?.map_or(0, |log| log.merged);
        if merged < dep.seq {
            return Err(ParkReason::MissingDeps.into());
        }
    }
    Ok(())
}

fn why_unopened(error: OpenError) -> ParkReason {
    match error {
        // The epoch's key is here and this is not sealed under it.
        OpenError::WrongKey | OpenError::Altered | OpenError::Padding => ParkReason::Malformed,
    }
}

//! One frame of the inbox, check by check: each comes before what it protects.

use super::hear;
use super::walk::Taken;
use crate::batch;
use crate::crypto::{self, EpochKey, OpenError};
use crate::merge::{self, MergeError, Merged};
use crate::record::Engine;
use crate::store::inbox::{self, From, Waiting};
use crate::store::logs::{self, LogRow};
use crate::store::{ParkReason, lives, members, outbox, settings, trials};
use crate::workspace::ReadError;
use crate::workspace::alarms::{AlarmKind, compare_rosters, raise};
use crate::workspace::identity::{FIRST_LIFE, Identity, name};
use crate::workspace::life::{self, OtherLife};
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
    for Waiting { row, hash, bytes, from } in frames {
        tx.execute_batch("SAVEPOINT frame")?;
        // The engine is not safe on hostile bytes: what makes it panic is parked like what it refuses.
        let taking = AssertUnwindSafe(|| take_one(tx, identity, engine, row, bytes, from));
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
                if matches!(reason, ParkReason::Forked | ParkReason::OtherLife) {
                    note_fork(tx, row, reason)?;
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

/// Two frames at one place of a log are for a person to hear of; if the log is this device's own, it begins a new life.
fn note_fork(tx: &Transaction<'_>, row: i64, reason: ParkReason) -> rusqlite::Result<()> {
    if let Some(log) = inbox::log_of(tx, row)? {
        raise(tx, AlarmKind::LogForked { log })?;
    }
    if reason == ParkReason::OtherLife {
        settings::put(tx, name::CONTRADICTED, &[1])?;
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
    from: From,
) -> Result<Merged, MergeError> {
    let frame = Frame::decode(bytes).map_err(|_| ParkReason::Malformed)?;
    let frame = believed(identity, frame)?;
    let preamble = frame.preamble();
    let log = logs::ensure(tx, preamble.device, preamble.scope, preamble.generation)?;
    let kept = outbox::hash(tx, preamble.log(), preamble.seq)?;
    let is_kept = kept == Some(frame.hash());
    if preamble.seq <= log.merged && kept.is_none_or(|_| is_kept) {
        inbox::remove(tx, row)?;
        return Ok(Merged::default());
    }
    // Nobody else writes a log of this device: another life of its store does.
    let of_other_life = preamble.device == identity.device() && !is_kept;
    if of_other_life && life::meet(tx, identity, &log, preamble)? == OtherLife::Contradicts {
        return Err(ParkReason::OtherLife.into());
    }
    let log = match preamble.seq <= log.merged {
        true if of_other_life => life::take_back(tx, &log, preamble.seq)?,
        true => return Err(ParkReason::Forked.into()),
        false => log,
    };
    in_order(tx, preamble, &log)?;
    compare_rosters(tx, identity, preamble)?;
    let key = members::key(tx, preamble.scope, preamble.epoch)?.ok_or(ParkReason::MissingKey)?;
    let plain = crypto::open(&frame, &EpochKey::from_bytes(&key)).map_err(why_unopened)?;
    let plain = batch::unpack(&plain)?;
    tx.execute_batch("SAVEPOINT content")?;
    let apply = || merge::apply(tx, preamble, &log, &identity.roster, &plain, engine);
    let merged = match apply() {
        // This life has written something else at the same place of a record: that moves out of the way.
        Err(MergeError::Park(ParkReason::Forked)) if of_other_life => {
            tx.execute_batch("ROLLBACK TO content")?;
            life::write_anew(tx, identity, &log).map_err(of_document)?;
            apply()?
        }
        applied => applied?,
    };
    tx.execute_batch("RELEASE content")?;
    logs::advance(tx, log.id, preamble.seq, frame.hash())?;
    if of_other_life {
        lives::follow(tx, log.id, preamble.seq, frame.hash())?;
    }
    if preamble.generation > FIRST_LIFE && preamble.seq == 1 {
        raise(tx, AlarmKind::NewLife { log: log.log })?;
    }
    if !is_kept {
        outbox::keep_carried(tx, log.id, &frame, u8::from(from == From::Relay))?;
    }
    inbox::remove(tx, row)?;
    hear(tx, identity, preamble, &merged.announcements)?;
    let mut rows = RowWriter::new(members::scope_names(tx)?);
    merged.patches.iter().try_for_each(|patch| rows.show(tx, patch))?;
    Ok(merged)
}

/// A stored document that cannot be read keeps what is to be merged into it waiting.
fn of_document(error: ReadError) -> MergeError {
    match error {
        ReadError::Database(error) | ReadError::DiskFull(error) => error.into(),
        ReadError::NoEngine => MergeError::NoEngine,
        ReadError::Damaged => ParkReason::Malformed.into(),
    }
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

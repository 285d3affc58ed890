//! UP the river: pulled frames are staged with their cursor in one commit, and opened and merged in
//! another; each check comes before what it protects. A crash in between resumes.

use super::alarms::{AlarmKind, compare_rosters, raise};
use super::identity::Identity;
use super::rows::RowWriter;
use super::{ReadError, Workspace};
use crate::batch::{self, Announcement};
use crate::crypto::{self, EpochKey, OpenError};
use crate::human_id::human_id;
use crate::merge::{self, MergeError, Merged};
use crate::projection;
use crate::store::logs::{self, LogRow};
use crate::store::members::{self, PersonName};
use crate::store::{ParkReason, inbox, outbox};
use kahriz_proto::cursor::Cursor;
use kahriz_proto::frame::{Frame, FrameRef, Preamble, VerifiedFrame};
use kahriz_proto::ids::ScopeId;
use kahriz_proto::item::PageContent;
use kahriz_proto::message::{LogState, RosterPage};
use kahriz_proto::roster::{Role, RosterError};
use kahriz_proto::session::Stage;
use rusqlite::{Connection, Transaction};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Frames that are read from the inbox and merged in one commit: some two thousand new records.
const FRAMES_AT_ONCE: u32 = 16;

/// Logs that one receipt names: some 40 KB of a frame's 256.
const RECEIPTS_AT_ONCE: usize = 2_048;

/// What merging the inbox came to.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Taken {
    /// Frames that were merged.
    pub frames: u64,
    /// Changes that were merged.
    pub changes: u64,
    /// Records whose documents changed, each time that they did.
    pub records: u64,
    /// Frames that were tried and stay in the inbox.
    pub parked: u64,
}

impl Workspace {
    /// Where this device stands in each scope that it is granted.
    pub(crate) fn cursors(&self) -> rusqlite::Result<Vec<Cursor>> {
        let known = self.store.read(inbox::cursors)?;
        let cursor = |scope: ScopeId| {
            let found = known.iter().find(|cursor| cursor.scope == scope);
            found.copied().unwrap_or_else(|| Cursor::start(scope))
        };
        Ok(self.identity().scopes().into_iter().map(cursor).collect())
    }

    /// Commits what an exchange brought: acknowledgements, frames, cursors.
    pub(crate) fn stage(&self, stage: &Stage) -> rusqlite::Result<()> {
        let own: Vec<_> = self.store.read(own_logs(self.device()))?;
        self.store.write(|tx| {
            stage.held.iter().try_for_each(|place| outbox::held(tx, place.log, place.seq))?;
            for (place, verdict) in &stage.refused {
                if !verdict.is_worth_retrying() {
                    outbox::refused(tx, place.log, place.seq, *verdict)?;
                }
            }
            if let Some(states) = &stage.logs {
                for log in &own {
                    let state = states.iter().find(|state| state.log == log.log);
                    let held = state.map_or(0, |state| state.seq);
                    match state {
                        // What stands there under the own name is not what this device wrote.
                        Some(state) if !is_own(tx, log, state)? => {
                            outbox::forked(tx, log.log)?;
                            raise(tx, AlarmKind::LogForked { log: log.log })?;
                        }
                        Some(_) | None => outbox::held_up_to(tx, log.log, held)?,
                    }
                }
            }
            for (_, _, content) in &stage.items {
                if let PageContent::Frame(bytes) = content {
                    // The session has decoded it before, to hash it.
                    if let Ok(frame) = Frame::decode(bytes.clone()) {
                        inbox::stage(tx, &frame)?;
                    }
                }
            }
            let before = inbox::cursors(tx)?;
            for cursor in &stage.cursors {
                let known = before.iter().find(|known| known.scope == cursor.scope);
                if known.is_some_and(|known| went_back(known, cursor)) {
                    raise(tx, AlarmKind::RelayWentBack { scope: cursor.scope })?;
                }
                inbox::set_cursor(tx, cursor)?;
            }
            Ok(())
        })
    }

    /// Takes the roster's next entries, as their exact bytes, and the keys that came beside them.
    ///
    /// # Errors
    /// The first [`RosterError`] that is met; the entries before it are kept.
    pub(crate) fn take_roster(
        &self,
        page: &RosterPage,
    ) -> rusqlite::Result<Result<(), RosterError>> {
        let keys = page.keys.as_deref().unwrap_or_default();
        self.change_roster(|tx, identity| {
            identity.append(tx, page.entries.iter().map(|entry| entry.as_slice()), keys)
        })
    }

    /// Opens and merges what lies in the inbox, again and again while it helps. `progress` is told the
    /// changes that are merged so far.
    ///
    /// # Errors
    /// What the store says; everything merged so far is kept.
    pub fn merge_inbox(&self, progress: &mut dyn FnMut(u64)) -> Result<Taken, ReadError> {
        let identity = self.identity();
        let mut taken = Taken::default();
        loop {
            let before = taken.frames;
            taken.parked = 0;
            self.merge_once(&identity, &mut taken, progress)?;
            if taken.parked == 0 || taken.frames == before {
                return Ok(taken);
            }
        }
    }

    /// One walk through the inbox in the order of arrival.
    fn merge_once(
        &self,
        identity: &Identity,
        taken: &mut Taken,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), ReadError> {
        let mut after = 0;
        loop {
            let frames = self.store.read(|conn| inbox::to_try(conn, after, FRAMES_AT_ONCE))?;
            let Some((last, _)) = frames.last() else { return Ok(()) };
            after = *last;
            let before = taken.clone();
            let merged = self.store.write(|tx| take_all(tx, identity, frames, taken));
            if let Err(error) = merged {
                *taken = before;
                return Err(error.into());
            }
            progress(taken.changes);
        }
    }

    /// Headquarters signs for what it has merged since it last did: one announcement in each scope,
    /// which the next sync carries. Says whether there was anything to sign.
    ///
    /// # Errors
    /// What the store says.
    pub fn acknowledge(&self) -> Result<bool, ReadError> {
        let identity = self.identity();
        let is_headquarters = |role: Option<Role>| role == Some(Role::Headquarters);
        if !is_headquarters(identity.member().map(|member| member.role)) {
            return Ok(false);
        }
        Ok(self.store.write(|tx| {
            let receipts = members::receipts(tx)?;
            // Headquarters does not sign for headquarters: two of them would never come to rest.
            let due: Vec<LogRow> = logs::all(tx)?
                .into_iter()
                .filter(|log| log.merged > receipts.get(&log.log).copied().unwrap_or(0))
                .filter(|log| {
                    let member = identity.roster.member(log.device);
                    !is_headquarters(member.map(|member| member.role))
                })
                .collect();
            let scopes: BTreeSet<ScopeId> = due.iter().map(|log| log.scope).collect();
            for scope in &scopes {
                let in_scope = due.iter().filter(|log| log.scope == *scope);
                let merged: Vec<FrameRef> = in_scope.map(LogRow::last_merged).collect();
                let generation = super::identity::GENERATION;
                let own = logs::ensure(tx, identity.device(), *scope, generation)?;
                for logs in merged.chunks(RECEIPTS_AT_ONCE) {
                    Self::announce(tx, &own, &Announcement::Merged { logs: logs.to_vec() })?;
                }
            }
            due.iter().try_for_each(|log| members::put_receipt(tx, log.log, log.merged))?;
            Ok::<_, rusqlite::Error>(!scopes.is_empty())
        })?)
    }
}

/// Whether a relay that was read up to one place begins again before it: it was restored, or is another.
fn went_back(known: &Cursor, now: &Cursor) -> bool {
    known.position > 0 && (known.incarnation != now.incarnation || now.position < known.position)
}

/// Whether the last frame that the relay holds of an own log is the one that this device sealed.
fn is_own(tx: &Transaction<'_>, log: &LogRow, state: &LogState) -> rusqlite::Result<bool> {
    let hash = outbox::hash(tx, log.log, state.seq)?;
    Ok(hash.is_some_and(|hash| hash.as_bytes()[..8] == state.tag))
}

fn own_logs(
    device: kahriz_proto::ids::DeviceId,
) -> impl FnOnce(&Connection) -> rusqlite::Result<Vec<LogRow>> {
    move |conn| Ok(logs::all(conn)?.into_iter().filter(|log| log.device == device).collect())
}

/// Takes some frames in one commit, each for itself: one that is parked leaves nothing else behind.
fn take_all(
    tx: &Transaction<'_>,
    identity: &Identity,
    frames: Vec<(i64, Vec<u8>)>,
    taken: &mut Taken,
) -> rusqlite::Result<()> {
    for (row, bytes) in frames {
        tx.execute_batch("SAVEPOINT frame")?;
        // The engine is not safe on hostile bytes: what makes it panic is parked like what it refuses.
        let taking = AssertUnwindSafe(|| take_one(tx, identity, row, bytes));
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
            Err(MergeError::Database(error)) => return Err(error),
        }
        tx.execute_batch("RELEASE frame")?;
    }
    Ok(())
}

/// A database error that a frame's content causes is the frame's, and must not stop the others.
pub(super) fn of_content(error: MergeError) -> MergeError {
    match error {
        MergeError::Database(rusqlite::Error::ToSqlConversionFailure(_)) => {
            ParkReason::Malformed.into()
        }
        MergeError::Database(rusqlite::Error::SqliteFailure(failure, _))
            if failure.code == rusqlite::ErrorCode::ConstraintViolation =>
        {
            ParkReason::Malformed.into()
        }
        error @ (MergeError::Database(_) | MergeError::Park(_)) => error,
    }
}

/// Checks, opens and merges one frame of the inbox, and takes it out.
fn take_one(
    tx: &Transaction<'_>,
    identity: &Identity,
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
    let merged = merge::apply(tx, preamble, &log, &identity.roster, &plain)?;
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

/// Takes in what a frame announces, as far as its device may say it.
fn hear(
    tx: &Transaction<'_>,
    identity: &Identity,
    preamble: &Preamble,
    announcements: &[Announcement],
) -> rusqlite::Result<()> {
    let role = identity.roster.member(preamble.device).map(|member| member.role);
    let is_headquarters = role == Some(Role::Headquarters);
    for announcement in announcements {
        match announcement {
            Announcement::Profile { officer, device } => {
                let person = PersonName { officer: officer.clone(), phone: device.clone() };
                members::name_person(tx, preamble.device, &person)?;
            }
            Announcement::Person { device, officer, phone } if is_headquarters => {
                let person = PersonName { officer: officer.clone(), phone: phone.clone() };
                members::name_person(tx, *device, &person)?;
            }
            Announcement::Scope { scope, name, prefix } if is_headquarters => {
                let known = members::scope_names(tx)?.remove(scope);
                members::name_scope(tx, *scope, name, prefix)?;
                if known.is_none_or(|known| known.prefix != *prefix) {
                    projection::rename(tx, *scope, |record| human_id(prefix, record))?;
                }
            }
            Announcement::Merged { logs } if is_headquarters => {
                let countable = logs.iter().filter(|place| i64::try_from(place.seq).is_ok());
                for place in countable {
                    members::put_receipt(tx, place.log, place.seq)?;
                }
            }
            Announcement::Person { .. }
            | Announcement::Scope { .. }
            | Announcement::Merged { .. } => {}
        }
    }
    Ok(())
}

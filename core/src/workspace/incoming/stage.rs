//! What an exchange brought is committed before anyone looks inside: verdicts, frames, and how far the relay was read.
//!
//! Verdicts are the relay's word and nobody's signature: they decide what is offered to it next, and never what is kept.

use super::reread;
use crate::store::inbox::From;
use crate::store::logs::{self, LogRow};
use crate::store::{inbox, outbox, settings};
use crate::workspace::alarms::{AlarmKind, raise};
use crate::workspace::identity::name;
use crate::workspace::{Claimed, Workspace};
use kahriz_proto::cursor::Cursor;
use kahriz_proto::frame::Frame;
use kahriz_proto::ids::{DeviceId, ScopeId};
use kahriz_proto::item::PageContent;
use kahriz_proto::message::{LogState, Verdict};
use kahriz_proto::session::Stage;
use rusqlite::{Connection, Transaction};

impl Workspace {
    /// Commits what an exchange brought: acknowledgements, frames, cursors.
    pub(crate) fn stage(&self, stage: &Stage, now: Claimed) -> rusqlite::Result<()> {
        let own = self.store.read(own_logs(self.device()))?;
        self.store.write(|tx| {
            // First, so that what another relay has refused is open again when this one judges.
            let before = inbox::cursors(tx)?;
            move_cursors(tx, &before, &stage.cursors)?;
            reread::compare(tx, &before, stage)?;
            take_verdicts(tx, stage, now)?;
            take_states(tx, &own, stage.logs.as_deref(), now)?;
            stage.items.iter().try_for_each(|(scope, _, content)| take_content(tx, *scope, content))
        })
    }

    /// Offers again what was refused a day ago or more.
    pub(crate) fn offer_again_daily(&self, now: Claimed) -> rusqlite::Result<()> {
        self.store.write(|tx| outbox::offer_again_daily(tx, now.seconds()))
    }
}

pub(super) fn move_cursors(
    tx: &Transaction<'_>,
    before: &[Cursor],
    cursors: &[Cursor],
) -> rusqlite::Result<()> {
    let known = |scope: ScopeId| before.iter().find(|known| known.scope == scope);
    for cursor in cursors {
        if known(cursor.scope).is_some_and(|known| went_back(known, cursor)) {
            raise(tx, AlarmKind::RelayWentBack { scope: cursor.scope })?;
        }
        inbox::set_cursor(tx, cursor)?;
    }
    let is_another = |cursor: &Cursor| {
        known(cursor.scope).is_some_and(|known| known.incarnation != cursor.incarnation)
    };
    if !cursors.iter().any(is_another) {
        return Ok(());
    }
    // One that was restored may have forgotten who was admitted last. What one relay refuses, another may take.
    settings::put(tx, name::ROSTER_UNSURE, &1_u64.to_be_bytes())?;
    outbox::offer_again(tx)
}

/// Whether a relay that was read up to one place begins again before it: it was restored, or is another.
fn went_back(known: &Cursor, now: &Cursor) -> bool {
    known.position > 0 && (known.incarnation != now.incarnation || now.position < known.position)
}

fn take_verdicts(tx: &Transaction<'_>, stage: &Stage, now: Claimed) -> rusqlite::Result<()> {
    stage.held.iter().try_for_each(|place| outbox::held(tx, place.log, place.seq))?;
    let mut set_aside = stage.refused.iter().filter(|(_, verdict)| !verdict.is_worth_retrying());
    set_aside.try_for_each(|(place, verdict)| {
        if *verdict == Verdict::Fork {
            // Another life of this store has written there, or of the device that it was carried for.
            settings::put(tx, name::REPAIR, &[1])?;
        }
        outbox::refused(tx, place.log, place.seq, *verdict, now.seconds())
    })
}

/// Takes in what the relay says that it holds of the own logs; one that it does not name it does not hold at all.
fn take_states(
    tx: &Transaction<'_>,
    own: &[LogRow],
    states: Option<&[LogState]>,
    now: Claimed,
) -> rusqlite::Result<()> {
    let Some(states) = states else { return Ok(()) };
    for log in own {
        match states.iter().find(|state| state.log == log.log) {
            // What stands there under the own name is not what this device wrote.
            Some(state) if !is_own(tx, log, state)? => {
                outbox::forked(tx, log.log, now.seconds())?;
                settings::put(tx, name::REPAIR, &[1])?;
                raise(tx, AlarmKind::LogForked { log: log.log })?;
            }
            Some(state) => outbox::held_up_to(tx, log.id, state.seq)?,
            None => outbox::held_up_to(tx, log.id, 0)?,
        }
    }
    Ok(())
}

/// Whether the last frame that somebody says to hold of an own log is the one that this device sealed.
pub(in crate::workspace) fn is_own(
    tx: &Transaction<'_>,
    log: &LogRow,
    state: &LogState,
) -> rusqlite::Result<bool> {
    let hash = outbox::hash(tx, log.log, state.seq)?;
    Ok(hash.is_some_and(|hash| hash.as_bytes()[..8] == state.tag))
}

fn take_content(
    tx: &Transaction<'_>,
    scope: ScopeId,
    content: &PageContent,
) -> rusqlite::Result<()> {
    reread::note(tx, scope, content)?;
    match content {
        // The session has decoded it before, to hash it.
        PageContent::Frame(bytes) => match Frame::decode(bytes.clone()) {
            Ok(frame) => stage_frame(tx, &frame, From::Relay).map(drop),
            Err(_) => Ok(()),
        },
        PageContent::Own(_) => Ok(()),
    }
}

/// Stages a frame, unless it is in the documents: much comes again when a scope is read again. Says whether it is new.
pub(super) fn stage_frame(
    tx: &Transaction<'_>,
    frame: &Frame,
    from: From,
) -> rusqlite::Result<bool> {
    let (log, seq) = (frame.preamble().log(), frame.preamble().seq);
    let is_merged = logs::get(tx, log)?.is_some_and(|log| seq <= log.merged);
    let is_another = outbox::hash(tx, log, seq)?.is_some_and(|kept| kept != frame.hash());
    if is_merged && !is_another {
        return Ok(false);
    }
    let is_new = !inbox::has(tx, frame)?;
    inbox::stage(tx, frame, from)?;
    Ok(is_new)
}

fn own_logs(device: DeviceId) -> impl FnOnce(&Connection) -> rusqlite::Result<Vec<LogRow>> {
    move |conn| Ok(logs::all(conn)?.into_iter().filter(|log| log.device == device).collect())
}

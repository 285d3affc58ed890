//! What this device holds of each log, held against what another replica holds.
//!
//! Whatever has happened to either side (a relay that was restored or is empty, a store that was brought back, a bundle
//! that nobody has seen), the two compare the last frame of each log and each gets what it lacks.

use super::stage::{move_cursors, stage_frame};
use crate::store::inbox::{self, From};
use crate::store::logs::{self, LogRow};
use crate::store::{outbox, rereads, settings};
use crate::workspace::Workspace;
use crate::workspace::alarms::{AlarmKind, raise};
use crate::workspace::identity::{Identity, name};
use kahriz_proto::cursor::Cursor;
use kahriz_proto::frame::{Frame, FrameRef};
use kahriz_proto::ids::{FrameHash, LogId, ScopeId};
use kahriz_proto::message::LogState;
use kahriz_proto::repair::Difference;
use rusqlite::{Connection, Transaction};

impl Workspace {
    /// The last frame of each log of a scope up to which all are here, merged or waiting; in the order of the logs.
    pub(crate) fn heads(&self, scope: ScopeId) -> rusqlite::Result<Vec<LogState>> {
        self.store.read(|conn| heads(conn, scope))
    }

    /// Takes in what a relay holds otherwise: what it lacks is pushed again, what is lacking here is returned.
    pub(crate) fn settle_differences(
        &self,
        scope: ScopeId,
        differences: &[Difference],
    ) -> rusqlite::Result<Vec<FrameRef>> {
        let identity = self.identity();
        self.store.write(|tx| {
            // Of a log of which both hold the same, the relay holds what this device thought that it might not.
            for log in logs::all(tx)?.iter().filter(|log| log.scope == scope) {
                if differences.iter().all(|difference| difference.log != log.log) {
                    outbox::held_up_to(tx, log.id, log.merged)?;
                }
            }
            let mut wants = vec![];
            for difference in differences {
                let log = logs::get(tx, difference.log)?;
                wants.extend(settle(tx, &identity, log.as_ref(), difference)?);
            }
            Ok(wants)
        })
    }

    /// Commits frames that did not come by a cursor; says how many of them are new here.
    pub(crate) fn stage_frames(&self, frames: &[Frame], from: From) -> rusqlite::Result<u64> {
        self.store.write(|tx| {
            let mut staged = 0;
            for frame in frames {
                rereads::has_come(tx, frame.preamble().scope, frame.hash())?;
                staged += u64::from(stage_frame(tx, frame, from)?);
            }
            Ok(staged)
        })
    }

    /// Whether all that was wanted of these logs is here now.
    pub(crate) fn reaches(
        &self,
        scope: ScopeId,
        wanted: &[LogId],
        differences: &[Difference],
    ) -> rusqlite::Result<bool> {
        let heads = self.heads(scope)?;
        let theirs = differences.iter().filter(|difference| wanted.contains(&difference.log));
        let mut theirs = theirs.filter_map(|difference| difference.theirs);
        let here = |log| heads.iter().find(|head| head.log == log).map_or(0, |head| head.seq);
        Ok(theirs.all(|theirs| here(theirs.log) >= theirs.seq))
    }

    /// Whether a frame of this device's own does not follow what is here: another life forked off before it.
    pub(crate) fn forked_before(&self, frame: &Frame) -> rusqlite::Result<bool> {
        let preamble = frame.preamble();
        if preamble.device != self.device() || preamble.seq <= 1 {
            return Ok(false);
        }
        let before =
            self.store.read(|conn| outbox::hash(conn, preamble.log(), preamble.seq - 1))?;
        Ok(before.is_some_and(|hash| hash != preamble.prev))
    }

    /// A scope was compared with a relay, and everything up to there is here.
    pub(crate) fn settle_cursor(&self, end: &Cursor) -> rusqlite::Result<()> {
        self.store.write(|tx| {
            let before = inbox::cursors(tx)?;
            move_cursors(tx, &before, std::slice::from_ref(end))
        })
    }

    /// Whether this device has to compare what it holds with the relay.
    pub(crate) fn is_repair_due(&self) -> rusqlite::Result<bool> {
        self.has_setting(name::REPAIR)
    }

    /// Compares what is here with what the relay holds at the next sync, log by log, whatever the cursors say: for a
    /// person who has reason to doubt.
    ///
    /// # Errors
    /// What the store says.
    pub fn ask_for_repair(&self) -> rusqlite::Result<()> {
        self.store.write(|tx| settings::put(tx, name::REPAIR, &[1]))
    }

    /// A cursor means nothing at the relay any more: it was restored, set back or replaced, and may have forgotten who was
    /// admitted last and which keys there are. What it refused before it may take now.
    pub(crate) fn relay_has_moved(&self) -> rusqlite::Result<()> {
        self.store.write(|tx| {
            settings::put(tx, name::REPAIR, &[1])?;
            settings::put(tx, name::ROSTER_UNSURE, &1_u64.to_be_bytes())?;
            outbox::offer_again(tx)
        })
    }

    pub(crate) fn repair_is_done(&self) -> rusqlite::Result<()> {
        self.store.write(|tx| settings::remove(tx, name::REPAIR))
    }

    /// Of the logs of which another device lacks frames: from where on, as far as they are kept here.
    pub(crate) fn lacking_there(differences: &[Difference]) -> Vec<FrameRef> {
        let behind = differences.iter().filter_map(|difference| {
            let own = difference.own?;
            let seq = difference.theirs.map_or(0, |theirs| theirs.seq);
            (seq < own.seq).then_some(FrameRef { log: difference.log, seq })
        });
        behind.collect()
    }

    /// Of the logs of which frames are lacking here: from where on.
    pub(crate) fn lacking_here(differences: &[Difference]) -> Vec<FrameRef> {
        let ahead = differences.iter().filter_map(|difference| {
            let theirs = difference.theirs?;
            let seq = difference.own.map_or(0, |own| own.seq);
            (seq < theirs.seq).then_some(FrameRef { log: difference.log, seq })
        });
        ahead.collect()
    }

    /// The frames after these places that are kept here, each after what it builds on: about `bytes` of them, after a row
    /// of the store.
    pub(crate) fn kept_after(
        &self,
        places: &[FrameRef],
        after: i64,
        bytes: usize,
    ) -> rusqlite::Result<Vec<outbox::Kept>> {
        self.store.read(|conn| outbox::kept_after(conn, places, after, bytes))
    }
}

fn heads(conn: &Connection, scope: ScopeId) -> rusqlite::Result<Vec<LogState>> {
    let mut heads = vec![];
    for log in logs::all(conn)?.into_iter().filter(|log| log.scope == scope) {
        heads.push(further(conn, log.log, log.merged, log.merged_hash)?);
    }
    for log in inbox::unmet(conn, scope)? {
        heads.push(further(conn, log, 0, FrameHash::NONE)?);
    }
    heads.retain(|head| head.seq > 0);
    heads.sort_by_key(|head| head.log);
    Ok(heads)
}

/// How far a log reaches with what waits in the inbox. Where two frames stand at one place it ends, and before one that
/// follows on another than is here: or the branch that it is of would never be asked for.
fn further(
    conn: &Connection,
    log: LogId,
    mut seq: u64,
    mut hash: FrameHash,
) -> rusqlite::Result<LogState> {
    let waiting = inbox::waiting_after(conn, log, seq)?;
    for frame in &waiting {
        let preamble = frame.preamble();
        let at_its_place = waiting.iter().filter(|other| other.preamble().seq == preamble.seq);
        if preamble.seq != seq + 1 || preamble.prev != hash || at_its_place.count() > 1 {
            break;
        }
        (seq, hash) = (preamble.seq, frame.hash());
    }
    Ok(LogState { log, seq, tag: tag(hash.as_bytes()) })
}

fn tag(hash: &[u8; 32]) -> [u8; 8] {
    let mut tag = [0; 8];
    tag.copy_from_slice(&hash[..8]);
    tag
}

/// What one log comes to: what the relay holds of it and what is wanted.
fn settle(
    tx: &Transaction<'_>,
    identity: &Identity,
    log: Option<&LogRow>,
    difference: &Difference,
) -> rusqlite::Result<Option<FrameRef>> {
    let here = difference.own.map_or(0, |own| own.seq);
    let want = |seq| Ok(Some(FrameRef { log: difference.log, seq }));
    let Some(theirs) = difference.theirs else {
        if let Some(log) = log {
            outbox::held_up_to(tx, log.id, 0)?;
        }
        return Ok(None);
    };
    if theirs.seq > here {
        if let Some(log) = log {
            outbox::held_up_to(tx, log.id, log.merged)?;
        }
        return want(here);
    }
    if is_same(tx, difference.log, theirs)? {
        if let Some(log) = log {
            outbox::held_up_to(tx, log.id, theirs.seq)?;
        }
        return Ok(None);
    }
    raise(tx, AlarmKind::LogForked { log: difference.log })?;
    // Of the own log everything, to see where it forked; of another's there is nothing to be done here.
    let is_own = log.is_some_and(|log| log.device == identity.device());
    if is_own { want(0) } else { Ok(None) }
}

/// Whether what the relay holds last of a log stands here at that place too. What is not kept cannot tell.
fn is_same(conn: &Connection, log: LogId, theirs: LogState) -> rusqlite::Result<bool> {
    let merged = logs::get(conn, log)?.filter(|log| log.merged == theirs.seq);
    let kept = match merged {
        Some(log) => Some(log.merged_hash),
        None => outbox::hash(conn, log, theirs.seq)?,
    };
    Ok(kept.is_none_or(|kept| tag(kept.as_bytes()) == theirs.tag))
}

//! Backed up: the last step of an edit's way, and the only one after which its phone lets go of the frame.
//!
//! Headquarters signs what a verified backup of it holds, as it signs what it has merged; the relay's word is not enough
//! for erasing what may be the only copy. It names the frames by their hashes, so that what stands at the same place
//! of a copied phone's log is never taken for what this phone wrote.

use super::identity::Identity;
use super::incoming::{RECEIPTS_AT_ONCE, is_own};
use super::{BackedUp, ReadError, Workspace};
use crate::batch::Announcement;
use crate::store::{documents, logs, members, outbox};
use kahriz_proto::ids::{DeviceId, ScopeId};
use kahriz_proto::message::LogState;
use kahriz_proto::roster::Role;
use rusqlite::{Connection, Transaction};
use std::collections::BTreeSet;

/// How far a copy of a store holds a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reached {
    scope: ScopeId,
    /// Its last frame.
    last: LogState,
    /// The last of its frames that holds a change.
    last_changed: u64,
}

/// How far a store holds each log that it has met.
pub(super) fn reached(conn: &Connection) -> rusqlite::Result<Vec<Reached>> {
    let changed = documents::last_frames(conn)?;
    let reached = |log: logs::LogRow| Reached {
        scope: log.scope,
        last_changed: changed.get(&log.id).copied().unwrap_or(0),
        last: log.merged_state(),
    };
    Ok(logs::all(conn)?.into_iter().filter(|log| log.merged > 0).map(reached).collect())
}

impl Workspace {
    /// Headquarters signs for what a backup was found to hold, once the backup stands: one announcement in each scope in
    /// which something has moved since the last one, which the next sync carries. Says whether there was anything to sign.
    ///
    /// # Errors
    /// What the store says.
    pub fn sign_for_backup(&self, copied: &BackedUp) -> Result<bool, ReadError> {
        let identity = self.identity();
        if !is_headquarters(&identity)
            || copied.device != identity.device()
            || identity.copied.is_some()
        {
            return Ok(false);
        }
        Ok(self.store.write(|tx| {
            let receipts = members::receipts(tx)?;
            let known = |log: &Reached| receipts.get(&log.last.log).map_or(0, |it| it.backed_up);
            let moved = copied.reached.iter().filter(|log| log.last.seq > known(log));
            let moved: Vec<&Reached> = moved.collect();
            // What only announces comes along with the next change: else one backup's announcement would call for the
            // next one's, for ever.
            let due = moved.iter().filter(|log| log.last_changed > known(log));
            let scopes: BTreeSet<ScopeId> = due.map(|log| log.scope).collect();
            for scope in &scopes {
                let in_scope = moved.iter().filter(|log| log.scope == *scope);
                let held: Vec<LogState> = in_scope.map(|log| log.last).collect();
                let own = identity.own_log(tx, *scope)?;
                for held in held.chunks(RECEIPTS_AT_ONCE) {
                    let backed_up = Some(held.to_vec());
                    Self::announce(tx, &own, &Announcement::Merged { logs: vec![], backed_up })?;
                }
                held.iter().try_for_each(|log| members::put_backed_up(tx, log.log, log.seq))?;
            }
            Ok::<_, rusqlite::Error>(!scopes.is_empty())
        })?)
    }

    /// After a sync that came to its end: of what the relay has, headquarters has merged and a backup holds, a device
    /// that is no headquarters keeps the proof and not the bytes; and of what others have sealed, once headquarters has
    /// merged it, or, if headquarters has sealed it itself, once a backup holds it.
    pub(crate) fn let_go_of_frames(&self) -> rusqlite::Result<()> {
        let identity = self.identity();
        if is_headquarters(&identity) {
            return Ok(());
        }
        let members = identity.roster.members();
        let headquarters = members.filter(|(_, member)| member.role == Role::Headquarters);
        let headquarters: Vec<DeviceId> = headquarters.map(|(device, _)| device).collect();
        self.store.write(|tx| outbox::let_go(tx, &headquarters))
    }
}

/// Takes in what headquarters says that a backup holds.
pub(super) fn hear(
    tx: &Transaction<'_>,
    identity: &Identity,
    held: &LogState,
) -> rusqlite::Result<()> {
    if i64::try_from(held.seq).is_err() {
        return Ok(());
    }
    let own = logs::get(tx, held.log)?.filter(|log| log.device == identity.device());
    match own {
        // Another copy of this device has written what is held there.
        Some(own) if !is_own(tx, &own, held)? => Ok(()),
        Some(_) | None => members::put_backed_up(tx, held.log, held.seq),
    }
}

fn is_headquarters(identity: &Identity) -> bool {
    identity.member().is_some_and(|member| member.role == Role::Headquarters)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::crypto::chance::SeededChance;
    use crate::store::outbox::Level;
    use crate::workspace::tests::founded;
    use kahriz_proto::session::Stage;

    /// A store with one sealed frame that the relay holds; the frame's place and hash.
    fn with_a_frame(scratch: &crate::store::scratch::Scratch) -> (Workspace, LogState) {
        let workspace = founded(scratch);
        workspace.seal(&mut SeededChance::new(3), &mut |_| {}).unwrap();
        let held = workspace.frames_to_push(1).unwrap().iter().map(|frame| frame.place).collect();
        workspace
            .stage(&Stage { held, ..Stage::default() }, crate::workspace::Claimed::default())
            .unwrap();
        let log = workspace.store.read(logs::all).unwrap().remove(0);
        (workspace, log.merged_state())
    }

    fn hears(workspace: &Workspace, held: LogState) -> Option<Level> {
        let identity = workspace.identity();
        workspace
            .store
            .write(|tx| {
                hear(tx, &identity, &held)?;
                outbox::level(tx, held.log, 1)
            })
            .unwrap()
    }

    #[test]
    fn a_backup_of_what_another_copy_of_this_phone_wrote_is_no_backup_of_its_own_work() {
        let scratch = crate::store::scratch::Scratch::new();
        let (workspace, sealed) = with_a_frame(&scratch);
        let mut another = sealed;
        another.tag[0] ^= 1;
        assert_eq!(hears(&workspace, another), Some(Level::AtRelay));
        // Nor is one that reaches further than what was sealed here.
        assert_eq!(hears(&workspace, LogState { seq: 2, ..sealed }), Some(Level::AtRelay));
        assert_eq!(hears(&workspace, sealed), Some(Level::BackedUp));
    }

    #[test]
    fn a_frame_that_is_let_go_leaves_its_proof_and_is_never_offered_again() {
        let scratch = crate::store::scratch::Scratch::new();
        let (workspace, sealed) = with_a_frame(&scratch);
        let kept = |tx: &Transaction<'_>| outbox::kept(tx).map(|frames| frames.len());
        let let_go = |tx: &Transaction<'_>| {
            outbox::let_go(tx, &[])?;
            kept(tx)
        };
        hears(&workspace, sealed);
        assert_eq!(workspace.store.write(let_go).unwrap(), 1, "nobody says that it is merged");
        let merged = |tx: &Transaction<'_>| members::put_receipt(tx, sealed.log, sealed.seq);
        workspace.store.write(merged).unwrap();
        assert_eq!(workspace.store.write(let_go).unwrap(), 0);
        let row = |sql: &str| -> (u8, u64) {
            let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
            workspace.store.read(|conn| conn.query_row(sql, [], read)).unwrap()
        };
        assert_eq!(row("SELECT state, length(bytes) FROM frames"), (3, 0));
        // Whatever a relay says that it holds, refuses or has lost, or however it has been replaced.
        let relay_says = |tx: &Transaction<'_>| {
            outbox::held(tx, sealed.log, 1)?;
            outbox::refused(tx, sealed.log, 1, kahriz_proto::message::Verdict::Fork, 1)?;
            outbox::forked(tx, sealed.log, 1)?;
            outbox::held_up_to(tx, 1, 0)?;
            outbox::offer_again(tx)?;
            outbox::offer_again_daily(tx, i64::MAX)?;
            Ok::<_, rusqlite::Error>((outbox::bytes_to_push(tx)?, outbox::any_unsynced(tx)?))
        };
        assert_eq!(workspace.store.write(relay_says).unwrap(), (0, false));
        assert_eq!(row("SELECT state, length(bytes) FROM frames"), (3, 0));
        assert_eq!(workspace.frames_to_push(1).unwrap(), []);
        assert_eq!(workspace.status().unwrap().frames_backed_up, 1);
        let proof = |conn: &Connection| outbox::hash(conn, sealed.log, sealed.seq);
        assert!(workspace.store.read(proof).unwrap().is_some());
    }
}

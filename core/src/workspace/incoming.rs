//! UP the river: pulled frames are staged with their cursor in one commit, and opened and merged in
//! another; each check comes before what it protects. A crash in between resumes.

mod heads;
mod reread;
mod stage;
mod take;
mod walk;

pub(super) use stage::is_own;
pub(super) use take::of_content;
pub use walk::Taken;
pub(super) use walk::look_back;

use super::identity::Identity;
use super::{ReadError, Workspace, backed_up};
use crate::batch::Announcement;
use crate::human_id::human_id;
use crate::projection;
use crate::store::inbox;
use crate::store::logs::{self, LogRow};
use crate::store::members::{self, PersonName};
use kahriz_proto::cursor::Cursor;
use kahriz_proto::frame::{FrameRef, Preamble};
use kahriz_proto::ids::ScopeId;
use kahriz_proto::message::RosterPage;
use kahriz_proto::roster::{Role, RosterError};
use rusqlite::Transaction;
use std::collections::BTreeSet;

/// Logs that one receipt names: some 40 KB of a frame's 256.
pub(super) const RECEIPTS_AT_ONCE: usize = 2_048;

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
                .filter(|log| {
                    log.merged > receipts.get(&log.log).copied().unwrap_or_default().merged
                })
                .filter(|log| {
                    let member = identity.roster.member(log.device);
                    !is_headquarters(member.map(|member| member.role))
                })
                .collect();
            let scopes: BTreeSet<ScopeId> = due.iter().map(|log| log.scope).collect();
            for scope in &scopes {
                let in_scope = due.iter().filter(|log| log.scope == *scope);
                let merged: Vec<FrameRef> = in_scope.map(LogRow::last_merged).collect();
                let own = identity.own_log(tx, *scope)?;
                for logs in merged.chunks(RECEIPTS_AT_ONCE) {
                    Self::announce(
                        tx,
                        &own,
                        &Announcement::Merged { logs: logs.to_vec(), backed_up: None },
                    )?;
                }
            }
            due.iter().try_for_each(|log| members::put_receipt(tx, log.log, log.merged))?;
            Ok::<_, rusqlite::Error>(!scopes.is_empty())
        })?)
    }
}

/// Takes in what a frame announces, as far as its device may say it.
pub(super) fn hear(
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
            Announcement::Merged { logs, backed_up } if is_headquarters => {
                let countable = logs.iter().filter(|place| i64::try_from(place.seq).is_ok());
                for place in countable {
                    members::put_receipt(tx, place.log, place.seq)?;
                }
                for held in backed_up.iter().flatten() {
                    backed_up::hear(tx, identity, held)?;
                }
            }
            Announcement::Person { .. }
            | Announcement::Scope { .. }
            | Announcement::Merged { .. } => {}
        }
    }
    Ok(())
}

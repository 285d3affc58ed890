//! A copy of this device's store, for the day that the disk is lost, and what such a copy may do.
//!
//! A copy says of itself that it is one, in the same file and from before it has its name. A device that simply went on
//! from it would give numbers out twice, in its logs and in the roster, and look like a cloned phone. So a copy shows,
//! searches and exports what it holds, and neither writes nor syncs, until a person says that the original is gone: then
//! it resumes, in a new life ([`Workspace::resume`]).

use super::backed_up::{Reached, reached};
use super::identity::{Identity, name};
use super::{Claimed, Workspace};
use crate::store::{OpenStoreError, Store, StoreKey, settings};
use kahriz_proto::ids::{DeviceId, WorkspaceId};
use rusqlite::Connection;
use std::path::Path;
use thiserror::Error;

/// Why there is no copy, or one that cannot be relied upon.
#[derive(Debug, Error)]
pub enum BackupError {
    /// The copy, or its key.
    #[error(transparent)]
    Store(#[from] OpenStoreError),
    /// The copy reads, but nobody's identity is in it.
    #[error("the copy belongs to no workspace")]
    Nobodys,
}

/// What a copy was found to hold, when all of it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackedUp {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The device whose store it is a copy of.
    pub device: DeviceId,
    /// When it was taken.
    pub taken: Claimed,
    /// Its records.
    pub records: u64,
    /// The logs that it has met, and the frames of them that are in its documents.
    pub logs: u64,
    /// See `logs`.
    pub frames: u64,
    /// How far it holds each of them.
    pub(super) reached: Vec<Reached>,
}

impl Workspace {
    /// Copies the store into a folder, under its own key, while it is used, and reads the copy to its last page.
    /// `progress` is told how much is copied, and of how much.
    ///
    /// # Errors
    /// [`BackupError`]: then what is in the folder is no backup.
    pub fn back_up(
        &self,
        folder: &Path,
        taken: Claimed,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<BackedUp, BackupError> {
        let mark = |copy: &Connection| settings::put(copy, name::COPIED, &taken.ms.to_be_bytes());
        self.store.copy_to(folder, mark, progress)?;
        self.store.look_into_copy(folder, read_back)?.ok_or(BackupError::Nobodys)
    }

    /// Reads the copy in a folder to its last page, without touching it.
    ///
    /// # Errors
    /// [`BackupError`]
    pub fn look_into(folder: &Path, key: &StoreKey) -> Result<BackedUp, BackupError> {
        Store::look_into(folder, key, read_back)?.ok_or(BackupError::Nobodys)
    }

    /// When this store was copied, if it is a copy. It neither writes nor syncs then.
    #[must_use]
    pub fn copied(&self) -> Option<Claimed> {
        self.identity().copied
    }
}

/// Everything that a device is must be in it, and the roster must replay.
fn read_back(copy: &Connection) -> rusqlite::Result<Option<BackedUp>> {
    let Some(identity) = Identity::load(copy)? else { return Ok(None) };
    let Some(taken) = identity.copied else { return Ok(None) };
    let count = |sql: &str| copy.query_row(sql, [], |row| row.get(0));
    Ok(Some(BackedUp {
        workspace: identity.roster.workspace(),
        device: identity.device(),
        taken,
        records: count("SELECT count(*) FROM records")?,
        logs: count("SELECT count(*) FROM logs")?,
        frames: count("SELECT coalesce(sum(merged), 0) FROM logs")?,
        reached: reached(copy)?,
    }))
}

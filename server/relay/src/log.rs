//! The log: what a relay keeps, and the one trait through which it is kept.
//!
//! For each workspace its roster's entries and, for each scope, frames in the order of their
//! positions; besides, the joins and the letters that wait and the evidence of forks. Everything is keyed by
//! workspace and scope, because one relay serves several organisations. Calls block; the relay makes
//! them off its async threads. A backend only finds facts and writes rows: what becomes of a frame is
//! decided by one pure function for all of them (`judge`), and one suite tests them all
//! (`kahriz_relay::testing::conformance`, feature `testing`).

mod judge;
mod memory;
mod sqlite;

pub use memory::MemoryLog;
pub use sqlite::DATABASE;
pub(crate) use sqlite::copy;
pub use sqlite::{Contents, NotSound, OpenError, Reached, SqliteLog};

use crate::config::RelayConfig;
use kahriz_proto::cursor::{Position, Rolling};
use kahriz_proto::frame::{FrameRef, VerifiedFrame};
use kahriz_proto::ids::{DeviceId, FrameHash, Incarnation, LogId, ScopeId, WorkspaceId};
use kahriz_proto::letter::LetterPage;
use kahriz_proto::message::{KeyWrap, LogState, RosterPage, Verdict};
use std::sync::Arc;
use thiserror::Error;

/// A relay's storage. What a method has returned `Ok` for survives a crash.
pub trait Log: Send + Sync + 'static {
    /// Drawn when the store was created.
    fn incarnation(&self) -> Incarnation;

    /// The workspaces that are kept here.
    ///
    /// # Errors
    /// [`LogError`], as for every method here.
    fn workspaces(&self) -> Result<Vec<WorkspaceId>, LogError>;

    /// A workspace's roster entries after the `after`th, as their exact bytes: up to `bytes_max` of
    /// them, but at least one if there is one. Empty for a workspace that isn't kept.
    ///
    /// # Errors
    /// [`LogError`]
    fn roster(
        &self,
        workspace: WorkspaceId,
        after: u64,
        bytes_max: usize,
    ) -> Result<Vec<Vec<u8>>, LogError>;

    /// Appends entries to a workspace's roster if it has exactly `after` of them, and says whether it
    /// had; the keys that come with them are kept in the same transaction, under the number of the last
    /// entry. A workspace that isn't kept has 0 and is created.
    ///
    /// # Errors
    /// [`LogError`]
    fn extend_roster(
        &self,
        workspace: WorkspaceId,
        after: u64,
        extension: &Extension,
    ) -> Result<bool, LogError>;

    /// The wrapped keys of a device that came with entries after the `after`th and not after the
    /// `until`th, oldest first.
    ///
    /// # Errors
    /// [`LogError`]
    fn keys(
        &self,
        workspace: WorkspaceId,
        device: DeviceId,
        after: u64,
        until: u64,
    ) -> Result<Vec<KeyWrap>, LogError>;

    /// Takes in frames, in order, all in one transaction. One outcome for each.
    ///
    /// # Errors
    /// [`LogError`]: then none was taken in.
    fn append(&self, arrivals: &[Arrival], room: &Room) -> Result<Vec<Outcome>, LogError>;

    /// The last position of a scope, 0 if it has no frame.
    ///
    /// # Errors
    /// [`LogError`]
    fn position(&self, workspace: WorkspaceId, scope: ScopeId) -> Result<Position, LogError>;

    /// The rolling hash at a position of a scope, if there is such a position. 0 always is.
    ///
    /// # Errors
    /// [`LogError`]
    fn rolling(
        &self,
        workspace: WorkspaceId,
        scope: ScopeId,
        position: Position,
    ) -> Result<Option<Rolling>, LogError>;

    /// What stands at the `count` positions after `after`, without the frames' bytes.
    ///
    /// # Errors
    /// [`LogError`]
    fn listing(
        &self,
        workspace: WorkspaceId,
        scope: ScopeId,
        after: Position,
        count: usize,
    ) -> Result<Vec<Listed>, LogError>;

    /// Where the frames of one of a scope's logs stand that have a higher number than this one: the first `count` of
    /// them, in order. Within a log the positions grow with the numbers.
    ///
    /// # Errors
    /// [`LogError`]
    fn listing_of_log(
        &self,
        workspace: WorkspaceId,
        scope: ScopeId,
        after: FrameRef,
        count: usize,
    ) -> Result<Vec<InLog>, LogError>;

    /// The exact bytes of the frame at a position.
    ///
    /// # Errors
    /// [`LogError`]
    fn frame(
        &self,
        workspace: WorkspaceId,
        scope: ScopeId,
        position: Position,
    ) -> Result<Option<Vec<u8>>, LogError>;

    /// How far each log of a device is held, in the order of their ids.
    ///
    /// # Errors
    /// [`LogError`]
    fn log_states(
        &self,
        workspace: WorkspaceId,
        device: DeviceId,
    ) -> Result<Vec<LogState>, LogError>;

    /// How far each log of a scope is held, in the order of their ids.
    ///
    /// # Errors
    /// [`LogError`]
    fn heads(&self, workspace: WorkspaceId, scope: ScopeId) -> Result<Vec<LogState>, LogError>;

    /// Keeps a join that waits; the same invite and device again replaces what was kept. Says whether
    /// there was room.
    ///
    /// # Errors
    /// [`LogError`]
    fn keep_join(&self, workspace: WorkspaceId, join: WaitingJoin) -> Result<bool, LogError>;

    /// The joins that wait, oldest first.
    ///
    /// # Errors
    /// [`LogError`]
    fn joins(&self, workspace: WorkspaceId) -> Result<Vec<WaitingJoin>, LogError>;

    /// Drops the joins of these devices.
    ///
    /// # Errors
    /// [`LogError`]
    fn drop_joins(&self, workspace: WorkspaceId, devices: &[DeviceId]) -> Result<(), LogError>;

    /// Keeps a letter for headquarters, unless its device has left the same one already.
    ///
    /// # Errors
    /// [`LogError`]
    fn keep_letter(
        &self,
        workspace: WorkspaceId,
        letter: &Letter,
        room: &Room,
    ) -> Result<LetterOutcome, LogError>;

    /// The letters that wait with a number above `after`, oldest first: up to `bytes_max` of them, but at
    /// least one if there is one.
    ///
    /// # Errors
    /// [`LogError`]
    fn letters(
        &self,
        workspace: WorkspaceId,
        after: u64,
        bytes_max: usize,
    ) -> Result<LetterPage, LogError>;

    /// Drops the letters up to a number. Their numbers are not given out again.
    ///
    /// # Errors
    /// [`LogError`]
    fn drop_letters(&self, workspace: WorkspaceId, up_to: u64) -> Result<(), LogError>;

    /// Frames that contradict one which stands in their log: proof of a copied phone.
    ///
    /// # Errors
    /// [`LogError`]
    fn forks(&self, workspace: WorkspaceId) -> Result<Vec<Fork>, LogError>;

    /// Bytes that are free where the log is kept, if that is known.
    fn free_bytes(&self) -> Option<u64>;
}

/// What a roster is extended by: entries, and the wrapped keys that came with them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extension {
    /// The entries, as their exact bytes.
    pub entries: Vec<Vec<u8>>,
    /// Epoch keys, each for one device.
    pub keys: Vec<KeyWrap>,
}

impl From<Vec<Vec<u8>>> for Extension {
    fn from(entries: Vec<Vec<u8>>) -> Self {
        Self { entries, keys: vec![] }
    }
}

impl From<RosterPage> for Extension {
    fn from(page: RosterPage) -> Self {
        let entries = page.entries.into_iter().map(Vec::from).collect();
        Self { entries, keys: page.keys.unwrap_or_default() }
    }
}

/// A frame that has passed the door, on its way to disk.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The workspace that its device is a member of.
    pub workspace: WorkspaceId,
    /// The frame.
    pub frame: VerifiedFrame,
}

/// What may still be taken in.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// Bytes of frames that one device may have stored.
    pub device_bytes_max: u64,
    /// Bytes of frames that one workspace may have stored.
    pub workspace_bytes_max: u64,
    /// The disk is nearly full: nothing new may be stored.
    pub disk_full: bool,
    /// A frame may come although frames before it are not here.
    pub with_holes: bool,
}

impl Room {
    /// Room without limits.
    pub const ENDLESS: Self = Self {
        device_bytes_max: u64::MAX,
        workspace_bytes_max: u64::MAX,
        disk_full: false,
        with_holes: false,
    };

    /// The room that an operator gives, on the disk as it is now. Blocks.
    pub(crate) fn now(config: &RelayConfig, log: &dyn Log) -> Self {
        Self {
            device_bytes_max: config.device_bytes_max,
            workspace_bytes_max: config.workspace_bytes_max,
            disk_full: log.free_bytes().is_some_and(|free| free < config.free_bytes_min),
            with_holes: config.with_holes,
        }
    }
}

/// What became of one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Stored at this position of its scope.
    Stored(Position),
    /// Was there already.
    Duplicate,
    /// The frames before it are not here.
    Gap,
    /// Another frame stands at its place, or before it; this one is kept as evidence.
    Fork,
    /// The device or the workspace is over its quota.
    OverQuota,
    /// The disk is nearly full.
    DiskFull,
}

impl Outcome {
    /// The outcome as the device is told it.
    #[must_use]
    pub fn verdict(self) -> Verdict {
        match self {
            Self::Stored(_) => Verdict::Stored,
            Self::Duplicate => Verdict::Duplicate,
            Self::Gap => Verdict::Gap,
            Self::Fork => Verdict::Fork,
            Self::OverQuota => Verdict::OverQuota,
            Self::DiskFull => Verdict::DiskFull,
        }
    }
}

/// What stands at a position, without the frame's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The position.
    pub position: Position,
    /// The device that sealed the frame.
    pub device: DeviceId,
    /// The frame's hash.
    pub hash: FrameHash,
    /// The length of the frame in bytes.
    pub len: usize,
}

/// Where a frame of one log stands in its scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InLog {
    /// Its number in the log.
    pub seq: u64,
    /// Its position in the scope.
    pub position: Position,
    /// Its length in bytes.
    pub len: usize,
}

/// A join that waits for headquarters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingJoin {
    /// The invite that it came with.
    pub invite: DeviceId,
    /// The device that asks.
    pub device: DeviceId,
    /// The encoded join.
    pub bytes: Vec<u8>,
}

/// A letter that waits for headquarters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The device that wrote it.
    pub device: DeviceId,
    /// The hash by which it is known.
    pub hash: [u8; 32],
    /// The encoded deposit.
    pub bytes: Vec<u8>,
}

/// What became of a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetterOutcome {
    /// It is kept.
    Kept,
    /// It was kept already.
    Duplicate,
    /// Too much waits of its device already, or the workspace is over its quota.
    OverQuota,
    /// The disk is nearly full.
    DiskFull,
}

/// A frame that contradicts the one that stands at its place (or before it).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fork {
    /// The log that was forked.
    pub log: LogId,
    /// The frame's number in it.
    pub seq: u64,
    /// The frame's exact bytes: its device's signature is the proof.
    pub bytes: Vec<u8>,
}

/// Why storage did not do what it was asked. Nothing was changed.
#[derive(Clone, Debug, Error)]
pub enum LogError {
    /// The disk is full.
    #[error("the disk is full")]
    Full,
    /// The workspace is not kept here.
    #[error("the workspace is not kept here")]
    NoWorkspace,
    /// The storage failed.
    #[error("the storage failed")]
    Failed(#[source] Arc<dyn std::error::Error + Send + Sync>),
}

#[cfg(all(test, feature = "testing"))]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{MemoryLog, SqliteLog};
    use crate::testing::conformance;

    #[test]
    fn the_log_in_memory_keeps_what_it_promises() {
        conformance::run(|| MemoryLog::create().unwrap());
    }

    #[test]
    fn the_log_on_sqlite_keeps_what_it_promises() {
        let dir = tempfile::tempdir().unwrap();
        let mut count = 0;
        conformance::run(|| {
            count += 1;
            SqliteLog::open(&dir.path().join(count.to_string())).unwrap()
        });
    }
}

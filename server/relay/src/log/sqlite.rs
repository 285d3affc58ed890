//! The log on SQLite: one file, one writer, readers beside it.
//!
//! WAL with `synchronous=FULL`: what was committed survives a power cut, and a page is read while the
//! next group is written. The folder is locked for as long as the log is open, so that two relays
//! never give out the same positions. Only this module and its children speak SQL.

mod append;
pub(crate) mod copy;
mod letters;
mod open;
mod read;

pub use copy::{Contents, NotSound, Reached};
pub use open::{DATABASE, OpenError};

use super::{
    Arrival, Extension, Fork, InLog, Letter, LetterOutcome, Listed, Log, LogError, Outcome, Room,
    WaitingJoin,
};
use crate::config::{JOINS_MAX, JOINS_PER_INVITE_MAX};
use crate::held::Held;
use kahriz_proto::cursor::{Position, Rolling};
use kahriz_proto::frame::FrameRef;
use kahriz_proto::ids::{DeviceId, Incarnation, ScopeId, WorkspaceId};
use kahriz_proto::letter::LetterPage;
use kahriz_proto::message::{KeyWrap, LogState};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Readers that are kept open for the next question.
const READERS_KEPT: usize = 4;

/// See the module.
pub struct SqliteLog {
    dir: PathBuf,
    incarnation: Incarnation,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
    _lock: Held,
}

impl SqliteLog {
    /// Opens the log in a folder, which is created if it isn't there.
    ///
    /// # Errors
    /// [`OpenError`] says what an operator can do about it.
    pub fn open(dir: &Path) -> Result<Self, OpenError> {
        let lock = open::lock(dir)?;
        let opened = Self::open_locked(dir);
        let (writer, incarnation) = opened.map_err(|error| open::explained(dir, error))?;
        Ok(Self {
            dir: dir.to_owned(),
            incarnation,
            writer: Mutex::new(writer),
            readers: Mutex::default(),
            _lock: lock,
        })
    }

    fn open_locked(dir: &Path) -> Result<(Connection, Incarnation), OpenError> {
        let mut writer = open::connect(dir)?;
        open::make_durable(&writer, dir)?;
        open::migrate(&mut writer)?;
        open::look_over(&writer, dir)?;
        let incarnation = open::incarnation(&mut writer)?;
        Ok((writer, incarnation))
    }

    /// One atomic change, on disk when this returns.
    fn write<T>(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, LogError>,
    ) -> Result<T, LogError> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let tx = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let result = change(&tx)?;
        tx.commit()?;
        Ok(result)
    }

    /// One question, on a reader of its own.
    fn read<T>(&self, ask: impl FnOnce(&Connection) -> Result<T, LogError>) -> Result<T, LogError> {
        let kept = self.readers().pop();
        let reader = match kept {
            Some(reader) => reader,
            None => open::connect(&self.dir)?,
        };
        let result = ask(&reader);
        let mut readers = self.readers();
        if readers.len() < READERS_KEPT {
            readers.push(reader);
        }
        result
    }

    fn readers(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log for SqliteLog {
    fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    fn workspaces(&self) -> Result<Vec<WorkspaceId>, LogError> {
        self.read(read::workspaces)
    }

    fn roster(
        &self,
        workspace: WorkspaceId,
        after: u64,
        bytes_max: usize,
    ) -> Result<Vec<Vec<u8>>, LogError> {
        self.read(|db| read::roster(db, workspace, after, bytes_max))
    }

    fn extend_roster(
        &self,
        workspace: WorkspaceId,
        after: u64,
        extension: &Extension,
    ) -> Result<bool, LogError> {
        self.write(|tx| append::extend_roster(tx, workspace, after, extension))
    }

    fn keys(
        &self,
        workspace: WorkspaceId,
        device: DeviceId,
        after: u64,
        until: u64,
    ) -> Result<Vec<KeyWrap>, LogError> {
        self.read(|db| read::keys(db, workspace, device, after, until))
    }

    fn append(&self, arrivals: &[Arrival], room: &Room) -> Result<Vec<Outcome>, LogError> {
        self.write(|tx| arrivals.iter().map(|arrival| append::append(tx, arrival, room)).collect())
    }

    fn position(&self, workspace: WorkspaceId, scope: ScopeId) -> Result<Position, LogError> {
        self.read(|db| read::position(db, workspace, scope))
    }

    fn rolling(
        &self,
        workspace: WorkspaceId,
        scope: ScopeId,
        position: Position,
    ) -> Result<Option<Rolling>, LogError> {
        if position == 0 {
            return Ok(Some(Rolling::default()));
        }
        self.read(|db| read::rolling(db, workspace, scope, position))
    }

    fn listing(
        &self,
        workspace: WorkspaceId,
        scope: ScopeId,
        after: Position,
        count: usize,
    ) -> Result<Vec<Listed>, LogError> {
        self.read(|db| read::listing(db, workspace, scope, after, count))
    }

    fn listing_of_log(
        &self,
        workspace: WorkspaceId,
        scope: ScopeId,
        after: FrameRef,
        count: usize,
    ) -> Result<Vec<InLog>, LogError> {
        self.read(|db| read::listing_of_log(db, workspace, scope, after, count))
    }

    fn frame(
        &self,
        workspace: WorkspaceId,
        scope: ScopeId,
        position: Position,
    ) -> Result<Option<Vec<u8>>, LogError> {
        self.read(|db| read::frame(db, workspace, scope, position))
    }

    fn log_states(
        &self,
        workspace: WorkspaceId,
        device: DeviceId,
    ) -> Result<Vec<LogState>, LogError> {
        self.read(|db| read::log_states(db, workspace, device))
    }

    fn heads(&self, workspace: WorkspaceId, scope: ScopeId) -> Result<Vec<LogState>, LogError> {
        self.read(|db| read::heads(db, workspace, scope))
    }

    fn keep_join(&self, workspace: WorkspaceId, join: WaitingJoin) -> Result<bool, LogError> {
        self.write(|tx| {
            let number = append::workspace_number(tx, workspace)?;
            let (all, of_invite, same): (usize, usize, usize) = tx.query_row(
                "SELECT count(*), count(*) FILTER (WHERE invite = ?2),
                        count(*) FILTER (WHERE invite = ?2 AND device = ?3)
                   FROM waiting_join WHERE workspace = ?1",
                params![number, join.invite.as_bytes(), join.device.as_bytes()],
                |row| {
                    let count = |at| row.get::<_, i64>(at).map(|n| usize::try_from(n).unwrap_or(0));
                    Ok((count(0)?, count(1)?, count(2)?))
                },
            )?;
            let fits = same > 0 || (all < JOINS_MAX && of_invite < JOINS_PER_INVITE_MAX);
            if fits {
                tx.execute(
                    "INSERT INTO waiting_join (workspace, invite, device, bytes)
                     VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (workspace, invite, device) DO UPDATE SET bytes = ?4",
                    params![number, join.invite.as_bytes(), join.device.as_bytes(), join.bytes],
                )?;
            }
            Ok(fits)
        })
    }

    fn joins(&self, workspace: WorkspaceId) -> Result<Vec<WaitingJoin>, LogError> {
        self.read(|db| read::joins(db, workspace))
    }

    fn drop_joins(&self, workspace: WorkspaceId, devices: &[DeviceId]) -> Result<(), LogError> {
        self.write(|tx| {
            let number = append::workspace_number(tx, workspace)?;
            for device in devices {
                tx.execute(
                    "DELETE FROM waiting_join WHERE workspace = ?1 AND device = ?2",
                    params![number, device.as_bytes()],
                )?;
            }
            Ok(())
        })
    }

    fn keep_letter(
        &self,
        workspace: WorkspaceId,
        letter: &Letter,
        room: &Room,
    ) -> Result<LetterOutcome, LogError> {
        self.write(|tx| letters::keep(tx, workspace, letter, room))
    }

    fn letters(
        &self,
        workspace: WorkspaceId,
        after: u64,
        bytes_max: usize,
    ) -> Result<LetterPage, LogError> {
        self.read(|db| letters::page(db, workspace, after, bytes_max))
    }

    fn drop_letters(&self, workspace: WorkspaceId, up_to: u64) -> Result<(), LogError> {
        self.write(|tx| letters::drop_up_to(tx, workspace, up_to))
    }

    fn forks(&self, workspace: WorkspaceId) -> Result<Vec<Fork>, LogError> {
        self.read(|db| read::forks(db, workspace))
    }

    fn free_bytes(&self) -> Option<u64> {
        let disk = rustix::fs::statvfs(&self.dir).ok()?;
        Some(disk.f_bavail.saturating_mul(disk.f_frsize))
    }
}

impl From<rusqlite::Error> for LogError {
    fn from(error: rusqlite::Error) -> Self {
        if open::is_full(&error) {
            return Self::Full;
        }
        Self::Failed(Arc::new(error))
    }
}

/// A number as SQLite keeps it. What does not fit names no row.
fn sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// An optional single row.
fn one<T>(
    db: &Connection,
    query: &str,
    params: impl rusqlite::Params,
    row: impl FnOnce(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>, LogError> {
    Ok(db.prepare_cached(query)?.query_row(params, row).optional()?)
}

/// Fixed-length bytes of a column.
fn bytes_of<const N: usize>(row: &rusqlite::Row<'_>, at: usize) -> rusqlite::Result<[u8; N]> {
    row.get::<_, [u8; N]>(at)
}

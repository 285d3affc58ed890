//! Opening: the folder's lock, the connection's settings, the migrations, the incarnation.

use crate::held::Held;
use crate::log::LogError;
use crate::log::memory::draw_incarnation;
use kahriz_proto::ids::Incarnation;
use rusqlite::ffi::SQLITE_IOERR_SHMSIZE;
use rusqlite::{Connection, ErrorCode, OptionalExtension, TransactionBehavior, params};
use std::fs::TryLockError;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;
use thiserror::Error;

/// The migrations, in order. Added to, never edited: each store has run a prefix of them.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_log.sql"),
    include_str!("migrations/0002_letters.sql"),
    include_str!("migrations/0003_log_scope.sql"),
    include_str!("migrations/0004_keys.sql"),
    include_str!("migrations/0005_log_of_scope.sql"),
];

/// The store's file in its folder.
pub const DATABASE: &str = "relay.sqlite";

/// How long one process waits for another that has the database for itself.
const BUSY_WAIT: Duration = Duration::from_secs(10);

/// Why a store cannot be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The folder or a file in it cannot be written.
    #[error("the store {path} cannot be written: {source}")]
    NotWritable {
        /// What cannot be written.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is no room on its disk. Make some, and start again.
    #[error("the disk is full: there is no room for the store {0}")]
    Full(PathBuf),
    /// Another process has it open.
    #[error("the store {0} is open in another process")]
    InUse(PathBuf),
    /// A newer relay has written it.
    #[error("the store is of version {0}, written by a newer relay than this one")]
    Newer(i64),
    /// The file is no store, or damaged. It was left as it is: it may be the only copy.
    #[error("the file {0} is damaged, or no store of a relay; it was left as it is")]
    Damaged(PathBuf),
    /// The storage failed.
    #[error("the store cannot be opened: {0}")]
    Failed(#[from] rusqlite::Error),
    /// The storage failed.
    #[error(transparent)]
    Log(#[from] LogError),
}

impl From<OpenError> for LogError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Failed(error) => error.into(),
            OpenError::Log(error) => error,
            OpenError::Full(_) => Self::Full,
            other @ (OpenError::NotWritable { .. }
            | OpenError::InUse(_)
            | OpenError::Newer(_)
            | OpenError::Damaged(_)) => Self::Failed(std::sync::Arc::new(other)),
        }
    }
}

/// Creates the folder if need be, and locks it for as long as the lock is held.
pub(super) fn lock(dir: &Path) -> Result<Held, OpenError> {
    std::fs::create_dir_all(dir).map_err(|source| not_writable(dir, source))?;
    let path = dir.join("relay.lock");
    Held::take(&path).map_err(|error| match error {
        TryLockError::WouldBlock => OpenError::InUse(dir.to_owned()),
        TryLockError::Error(source) => not_writable(&path, source),
    })
}

fn not_writable(path: &Path, source: std::io::Error) -> OpenError {
    let path = path.to_owned();
    if matches!(source.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) {
        OpenError::Full(path)
    } else {
        OpenError::NotWritable { path, source }
    }
}

/// What an operator is to do about a database that does not open. SQLite says of a file that it cannot make only that
/// it cannot, so the disk is asked whether it takes one.
pub(super) fn explained(dir: &Path, error: OpenError) -> OpenError {
    let OpenError::Failed(source) = &error else { return error };
    if let Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) = source.sqlite_error_code() {
        return OpenError::Damaged(dir.join(DATABASE));
    }
    let has_room = match source.sqlite_error_code() {
        Some(ErrorCode::CannotOpen | ErrorCode::SystemIoFailure) => takes_a_page(dir),
        _ => !is_full(source),
    };
    if has_room { error } else { OpenError::Full(dir.to_owned()) }
}

fn takes_a_page(dir: &Path) -> bool {
    let path = dir.join("relay.room");
    let written = std::fs::write(&path, [0; 4_096]);
    _ = std::fs::remove_file(path);
    !written.is_err_and(|error| error.kind() == ErrorKind::StorageFull)
}

/// Whether a statement failed because there is no room left. Nothing of its transaction was kept.
pub(super) fn is_full(error: &rusqlite::Error) -> bool {
    // The index of the write-ahead log cannot grow: SQLite's documents name a full volume as the cause.
    error.sqlite_error_code() == Some(ErrorCode::DiskFull)
        || error.sqlite_error().is_some_and(|error| error.extended_code == SQLITE_IOERR_SHMSIZE)
}

/// What a log holds goes into the database, and the names of both onto the disk, before anybody is told of it.
///
/// There is a log only if the last process died. If a sync of it had failed before, the log that can be read is perhaps
/// in the system's memory alone, and no later sync says so: what comes after it would be lost with it.
pub(super) fn make_durable(db: &Connection, dir: &Path) -> Result<(), OpenError> {
    // Whoever copies the store meanwhile is not waited for: the next start does it.
    db.busy_timeout(Duration::ZERO)?;
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    db.busy_timeout(BUSY_WAIT)?;
    // SQLite syncs the folder too when it has made a log, and does not look whether that succeeded.
    sync_folder(dir).map_err(|source| not_writable(dir, source))
}

#[cfg(unix)]
fn sync_folder(dir: &Path) -> std::io::Result<()> {
    std::fs::File::open(dir)?.sync_all()
}

/// Windows keeps the names of a folder in its own journal and cannot sync one.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> std::io::Result<()> {
    Ok(())
}

pub(super) fn connect(dir: &Path) -> Result<Connection, OpenError> {
    let db = Connection::open(dir.join(DATABASE))?;
    db.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA fullfsync = ON;
         PRAGMA foreign_keys = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA mmap_size = 0;
         PRAGMA cache_size = -1024;
         PRAGMA journal_size_limit = 67108864;",
    )?;
    db.busy_timeout(BUSY_WAIT)?;
    db.set_prepared_statement_cache_capacity(32);
    Ok(db)
}

pub(super) fn migrate(db: &mut Connection) -> Result<(), OpenError> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let done = usize::try_from(version).map_err(|_| OpenError::Newer(version))?;
    let missing = MIGRATIONS.get(done..).ok_or(OpenError::Newer(version))?;
    missing.iter().try_for_each(|migration| tx.execute_batch(migration))?;
    tx.pragma_update(None, "user_version", MIGRATIONS.len())?;
    Ok(tx.commit()?)
}

/// Each scope and each log ends in the frame that it says it ends in: a look at one row each, by which most damage to
/// the counters is noticed before a phone is told that something is here which is not.
pub(super) fn look_over(db: &Connection, dir: &Path) -> Result<(), OpenError> {
    let query = "SELECT EXISTS (
            SELECT 1 FROM scope
              LEFT JOIN frame ON frame.scope = scope.number AND frame.position = scope.position
             WHERE scope.position > 0 AND frame.rolling IS NOT scope.rolling
        ) OR EXISTS (
            SELECT 1 FROM scope JOIN frame ON frame.scope = scope.number
                                          AND frame.position > scope.position
        ) OR EXISTS (
            SELECT 1 FROM log LEFT JOIN frame ON frame.log = log.number AND frame.seq = log.seq
             WHERE frame.hash IS NOT log.hash
        )";
    let is_amiss: bool = db.query_row(query, [], |row| row.get(0))?;
    if is_amiss { Err(OpenError::Damaged(dir.join(DATABASE))) } else { Ok(()) }
}

/// The store's incarnation, drawn the first time.
pub(super) fn incarnation(db: &mut Connection) -> Result<Incarnation, OpenError> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let query = "SELECT value FROM store WHERE name = 'incarnation'";
    let kept: Option<[u8; 8]> = tx.query_row(query, [], |row| row.get(0)).optional()?;
    let incarnation = match kept {
        Some(bytes) => Incarnation::from_bytes(bytes),
        None => draw_incarnation()?,
    };
    if kept.is_none() {
        let insert = "INSERT INTO store (name, value) VALUES ('incarnation', ?1)";
        tx.execute(insert, params![incarnation.as_bytes()])?;
    }
    tx.commit()?;
    Ok(incarnation)
}

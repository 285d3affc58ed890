//! Opening: the folder's lock, the connection's settings, the migrations, the incarnation.

use crate::held::Held;
use crate::log::LogError;
use crate::log::memory::draw_incarnation;
use kahriz_proto::ids::Incarnation;
use rusqlite::{Connection, ErrorCode, OptionalExtension, TransactionBehavior, params};
use std::fs::TryLockError;
use std::path::{Path, PathBuf};
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
            other @ (OpenError::NotWritable { .. }
            | OpenError::InUse(_)
            | OpenError::Newer(_)
            | OpenError::Damaged(_)) => Self::Failed(std::sync::Arc::new(other)),
        }
    }
}

/// Creates the folder if need be, and locks it for as long as the lock is held.
pub(super) fn lock(dir: &Path) -> Result<Held, OpenError> {
    let not_writable = |path: &Path| {
        let path = path.to_owned();
        move |source| OpenError::NotWritable { path, source }
    };
    std::fs::create_dir_all(dir).map_err(not_writable(dir))?;
    let path = dir.join("relay.lock");
    Held::take(&path).map_err(|error| match error {
        TryLockError::WouldBlock => OpenError::InUse(dir.to_owned()),
        TryLockError::Error(source) => OpenError::NotWritable { path, source },
    })
}

pub(super) fn connect(dir: &Path) -> Result<Connection, OpenError> {
    let path = dir.join(DATABASE);
    let damaged = |error: rusqlite::Error| match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            OpenError::Damaged(path.clone())
        }
        _ => OpenError::Failed(error),
    };
    let db = Connection::open(&path)?;
    db.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA fullfsync = ON;
         PRAGMA foreign_keys = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA mmap_size = 0;
         PRAGMA cache_size = -1024;
         PRAGMA journal_size_limit = 67108864;
         PRAGMA busy_timeout = 10000;",
    )
    .map_err(damaged)?;
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

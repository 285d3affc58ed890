//! Why a store does not open, told apart by what the caller can do next.

use std::io;
use std::path::PathBuf;

use rusqlite::{ErrorCode, ffi};

use crate::store::migrate::MigrateError;

/// Why a store could not be opened or created.
#[derive(Debug, thiserror::Error)]
pub enum OpenStoreError {
    /// There is no store in the folder. Create one.
    #[error("there is no store in this folder")]
    NotFound,
    /// There is a store in the folder already. Open it.
    #[error("there is a store in this folder already")]
    AlreadyExists,
    /// Another process, or another part of this one, has the store open. Close that one.
    #[error("the store is open already")]
    AlreadyOpen,
    /// The store was made with another key. Ask for the right PIN; nothing was changed.
    #[error("this is not the key of the store")]
    WrongKey,
    /// The key is right but the file cannot be read. It was moved aside for a later rescue, with its log; a new store
    /// can be created in its place.
    #[error("the store is damaged; its file was moved aside and kept")]
    Damaged {
        /// Where the damaged database is now.
        moved_to: PathBuf,
    },
    /// A newer version of the program made the store. Update the program.
    #[error("the store has version {found}, this program knows versions up to {known}")]
    Newer {
        /// The version of the store.
        found: u32,
        /// The newest version this program knows.
        known: u32,
    },
    /// There is no room left. Free some and try again; nothing was lost.
    #[error("the disk is full")]
    DiskFull,
    /// The system does not let the files be used.
    #[error("the files of the store cannot be used")]
    Io(#[source] io::Error),
    /// The database failed in a way that says nothing about the file.
    #[error("the database failed")]
    Database(#[source] rusqlite::Error),
}

impl From<io::Error> for OpenStoreError {
    fn from(error: io::Error) -> Self {
        let is_full =
            matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
        if is_full { Self::DiskFull } else { Self::Io(error) }
    }
}

impl From<rusqlite::Error> for OpenStoreError {
    fn from(error: rusqlite::Error) -> Self {
        if is_disk_full(&error) { Self::DiskFull } else { Self::Database(error) }
    }
}

impl From<MigrateError> for OpenStoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Newer { found, known } => Self::Newer { found, known },
            MigrateError::Database(error) => error.into(),
        }
    }
}

/// Whether a statement failed because there is no room left on the disk. Nothing of its transaction was kept.
#[must_use]
pub fn is_disk_full(error: &rusqlite::Error) -> bool {
    // The index of the write-ahead log cannot grow: SQLite's documents name a full volume as the cause.
    let is_full = |failure: &ffi::Error| {
        failure.code == ErrorCode::DiskFull || failure.extended_code == ffi::SQLITE_IOERR_SHMSIZE
    };
    error.sqlite_error().is_some_and(is_full)
}

/// Whether a statement failed because the file does not hold what was written to it (or the key is another).
#[must_use]
pub fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

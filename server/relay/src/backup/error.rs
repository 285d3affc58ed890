//! Why there is no backup, or no store made of one.

use crate::log::{LogError, NotSound, OpenError};
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// Why a backup was not made. The older ones are untouched.
#[derive(Debug, Error)]
pub enum BackupError {
    /// There is no store to back up.
    #[error("there is no store of a relay in {0}")]
    NoStore(PathBuf),
    /// A backup of that name is there.
    #[error("{0} is there already, and nothing in it was touched: try again in a second")]
    Exists(PathBuf),
    /// Another backup is being written into the folder.
    #[error("another backup is being written into {0}: try again when it is done")]
    Busy(PathBuf),
    /// The store could not be copied: is the disk full?
    #[error("the store could not be copied: {0}")]
    Copy(#[source] rusqlite::Error),
    /// What was copied does not read back, so the store itself may be damaged. Keep the older backups.
    #[error("the copy was thrown away, because {0}; look after the store itself")]
    NotSound(#[source] NotSound),
    /// A file or folder.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Why no store was made of a backup. Nothing new is there, and the backup is untouched.
#[derive(Debug, Error)]
pub enum RestoreError {
    /// There is no manifest: this is no backup, or one that was not finished.
    #[error("{0} is no whole backup: it has no manifest")]
    NotWhole(PathBuf),
    /// A file is not what it was when the backup was verified.
    #[error("{0} is not what was backed up: use another backup")]
    Altered(PathBuf),
    /// Made by a newer program.
    #[error("the backup is of format {0}, made by a newer program than this one: update")]
    Newer(u32),
    /// There is no relay's store in it.
    #[error("{0} holds no store of a relay")]
    NoRelay(PathBuf),
    /// It is of the other kind.
    #[error("{0} is no backup of headquarters; `kahriz-relay restore` takes it")]
    NotHeadquarters(PathBuf),
    /// Something is in the folder.
    #[error("{0} is there already, and nothing in it was touched: choose another folder")]
    Exists(PathBuf),
    /// Its store does not read.
    #[error("the backup is not sound, because {0}: use another")]
    NotSound(#[source] NotSound),
    /// Its store does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Its store cannot be written.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A file or folder.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

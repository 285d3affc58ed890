//! Opening and creating the store, and the two ways into it: [`Store::write`] and [`Store::read`].
//!
//! A store is one folder with one encrypted database, one open [`Store`] at a time. Opening tells a wrong key, a
//! damaged file, a newer version and a full disk apart, because the officer does something different about each. A
//! damaged file is moved aside, never deleted: it may be the only copy. One connection writes, another reads a
//! consistent picture beside it, so a list stays quick while a sync commits.

mod connect;
mod copy;
mod error;
mod files;
mod key;
mod mark;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, Transaction, TransactionBehavior};

pub use error::{OpenStoreError, is_damage, is_disk_full};
pub use key::StoreKey;
pub(crate) use mark::Mark;

use super::migrate;
use connect::Use;
use files::{Files, Lock};

/// An open store. It is closed by dropping it.
pub struct Store {
    // In the order in which they are to be dropped: the writer, closing last, folds the log into the database, and
    // only then may another process have the folder.
    reader: Mutex<Connection>,
    writer: Mutex<Connection>,
    /// For copies of the store, which are made beside those two.
    files: Files,
    /// On the heap, so that moving the store copies none of it.
    key: Box<StoreKey>,
    _lock: Lock,
}

impl Store {
    /// Makes a new, empty store in a folder, and the folder if it is not there.
    ///
    /// # Errors
    /// [`OpenStoreError::AlreadyExists`] if there is a store; it is not touched.
    pub fn create(folder: &Path, key: &StoreKey) -> Result<Self, OpenStoreError> {
        let files = Files::of(folder);
        files.make_folder()?;
        let lock = files.lock()?;
        if files.has_database()? {
            return Err(OpenStoreError::AlreadyExists);
        }
        // A log without its database must not be taken for the log of the new one.
        files.move_aside()?;
        files.write_check(key)?;
        // The schema is built under another name: a database under the right name is always a finished one.
        let unfinished = files.clear_unfinished()?;
        connect::build(&unfinished, key)?;
        files.finish()?;
        Self::connect(files, key, lock)
    }

    /// Opens the store in a folder.
    ///
    /// # Errors
    /// Every variant of [`OpenStoreError`] but `AlreadyExists`. After [`OpenStoreError::Damaged`] the folder holds no
    /// store any more, and the next opening says `NotFound`.
    pub fn open(folder: &Path, key: &StoreKey) -> Result<Self, OpenStoreError> {
        let files = Files::of(folder);
        if !files.has_database()? {
            return Err(OpenStoreError::NotFound);
        }
        let lock = files.lock()?;
        Self::connect(files, key, lock)
    }

    /// Whether there is a store in a folder, whatever its key.
    #[must_use]
    pub fn is_in(folder: &Path) -> bool {
        Files::of(folder).has_database().unwrap_or(false)
    }

    /// Whether another process, or another part of this one, has the store in a folder open now.
    #[must_use]
    pub fn is_in_use(folder: &Path) -> bool {
        let files = Files::of(folder);
        Self::is_in(folder) && matches!(files.lock(), Err(OpenStoreError::AlreadyOpen))
    }

    fn connect(files: Files, key: &StoreKey, lock: Lock) -> Result<Self, OpenStoreError> {
        let known_key = files.check_matches(key)?;
        match connect_both(&files, key) {
            Ok((writer, reader)) => {
                if !known_key {
                    files.write_check(key)?;
                }
                let (reader, writer) = (Mutex::new(reader), Mutex::new(writer));
                Ok(Self { reader, writer, files, key: Box::new(key.clone()), _lock: lock })
            }
            // Only the key that the store was made with can say that the file is at fault.
            Err(OpenStoreError::Database(error)) if is_damage(&error) && known_key => {
                let moved_to = files.move_aside()?.unwrap_or_default();
                Err(OpenStoreError::Damaged { moved_to })
            }
            Err(OpenStoreError::Database(error)) if is_damage(&error) => {
                Err(OpenStoreError::WrongKey)
            }
            Err(error) => Err(files.explained(error)),
        }
    }

    /// Runs `work` in a transaction that holds the only right to write, and commits what it did; takes all of it back
    /// if it fails. Waits for another writer to finish. Do not call it from inside itself.
    ///
    /// # Errors
    /// What `work` returned, or what SQLite said; see [`is_disk_full`].
    pub fn write<T, E>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T, E>) -> Result<T, E>
    where
        E: From<rusqlite::Error>,
    {
        let mut writer = unpoisoned(&self.writer);
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let outcome = work(&transaction)?;
        transaction.commit()?;
        Ok(outcome)
    }

    /// Folds the log into the database, so that what was erased is in neither.
    ///
    /// # Errors
    /// What SQLite said; then the log stays as it is.
    pub fn tidy(&self) -> rusqlite::Result<()> {
        let writer = unpoisoned(&self.writer);
        writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
    }

    /// Runs `work` on one consistent picture of the last committed state; it cannot write. Do not call it from inside
    /// itself.
    ///
    /// # Errors
    /// What `work` returned, or what SQLite said.
    pub fn read<T, E>(&self, work: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E>
    where
        E: From<rusqlite::Error>,
    {
        let mut reader = unpoisoned(&self.reader);
        let picture = reader.transaction_with_behavior(TransactionBehavior::Deferred)?;
        let outcome = work(&picture)?;
        picture.finish()?;
        Ok(outcome)
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

/// The connection, also after a panic in somebody's work: its transaction was taken back while unwinding.
fn unpoisoned(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

fn connect_both(files: &Files, key: &StoreKey) -> Result<(Connection, Connection), OpenStoreError> {
    let mut writer = connect::connect(&files.database(), key, Use::Write)?;
    connect::look_over(&writer)?;
    make_durable(&writer, files)?;
    migrate::run(&mut writer)?;
    connect::trust(&writer)?;
    let reader = connect::connect(&files.database(), key, Use::Read)?;
    connect::look_over(&reader)?;
    connect::trust(&reader)?;
    Ok((writer, reader))
}

/// What a log holds goes into the database, and the names of both onto the disk, before anybody is told of it.
///
/// There is a log only if the last process died. If a sync of it had failed before, the log that can be read is perhaps
/// in the system's memory alone, and no later sync says so: what comes after it would be lost with it.
fn make_durable(writer: &Connection, files: &Files) -> Result<(), OpenStoreError> {
    writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    // SQLite syncs the folder too when it has made a log, and does not look whether that succeeded.
    Ok(files.sync_folder()?)
}

#[cfg(test)]
mod tests;

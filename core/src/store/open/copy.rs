//! Copying an open store under its own key, and reading a copy to its last page.
//!
//! The copy is SQLite's online backup within one read transaction of a connection of its own: one consistent picture,
//! and neither writing nor reading waits for it. It is locked with the same key as the store.

use std::path::Path;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ffi};

use super::connect::{self, Use};
use super::files::Files;
use super::{OpenStoreError, Store, StoreKey};

/// Pages between two reports of progress: some 4 MiB.
const PAGES_AT_ONCE: i32 = 1_024;

impl Store {
    /// Copies the store into a folder that holds none; `finish` may write in the copy before it is closed. `progress`
    /// is told pages, and of how many.
    ///
    /// # Errors
    /// [`OpenStoreError::AlreadyExists`], or what SQLite or the disk said.
    pub fn copy_to(
        &self,
        folder: &Path,
        finish: impl FnOnce(&Connection) -> rusqlite::Result<()>,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(), OpenStoreError> {
        let files = Files::of(folder);
        if files.has_database()? {
            return Err(OpenStoreError::AlreadyExists);
        }
        let store = connect::connect(&self.files.database(), &self.key, Use::Read)?;
        connect::trust(&store)?;
        let mut copy = connect::blank(&files.database(), &self.key)?;
        copy_all(&store, &mut copy, progress)?;
        // One file that can be read where nothing can be written.
        copy.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
        finish(&copy)?;
        copy.close().map_err(|(_, error)| error)?;
        files.write_check(&self.key)?;
        Ok(())
    }

    /// Reads all of a copy that [`Self::copy_to`] made in a folder, and then asks it something.
    ///
    /// # Errors
    /// As for [`look_into`](Self::look_into).
    pub fn look_into_copy<T>(
        &self,
        folder: &Path,
        ask: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, OpenStoreError> {
        Self::look_into(folder, &self.key, ask)
    }

    /// Reads all of the closed store in a folder, without touching it: every page is what was encrypted with the key,
    /// and SQLite finds the whole sound. Then asks it something.
    ///
    /// # Errors
    /// [`OpenStoreError::NotFound`], [`OpenStoreError::WrongKey`], and [`OpenStoreError::Database`] if
    /// [`is_damage`](super::is_damage) or SQLite failed otherwise.
    pub fn look_into<T>(
        folder: &Path,
        key: &StoreKey,
        ask: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, OpenStoreError> {
        let files = Files::of(folder);
        if !files.has_database()? {
            return Err(OpenStoreError::NotFound);
        }
        if !files.check_matches(key)? {
            return Err(OpenStoreError::WrongKey);
        }
        let copy = connect::look(&files.database(), key)?;
        // Prints a row for each page that was altered, and nothing for a sound file.
        let is_altered = copy.prepare("PRAGMA cipher_integrity_check")?.exists([])?;
        let found: String = copy.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if is_altered || found != "ok" {
            let corrupt = ffi::Error::new(ffi::SQLITE_CORRUPT);
            return Err(rusqlite::Error::SqliteFailure(corrupt, None).into());
        }
        Ok(ask(&copy)?)
    }
}

fn copy_all(
    store: &Connection,
    copy: &mut Connection,
    progress: &mut dyn FnMut(u64, u64),
) -> rusqlite::Result<()> {
    let picture = store.unchecked_transaction()?;
    // From the first question on the picture stands still, however long the copy takes.
    picture.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    let backup = Backup::new(&picture, copy)?;
    loop {
        let step = backup.step(PAGES_AT_ONCE)?;
        let at = backup.progress();
        let pages = |count: i32| u64::try_from(count).unwrap_or(0);
        progress(pages(at.pagecount - at.remaining), pages(at.pagecount));
        // In the log's mode nobody keeps a reader out, and the copy is nobody else's.
        if step == StepResult::Done {
            return Ok(());
        }
    }
}

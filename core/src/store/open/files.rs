//! The files of a store in its folder: their names, the lock, the check of the key, and moving a damaged one aside.
//!
//! `kahriz.db` (with SQLite's `-wal` and `-shm`) is the store, `kahriz.check` recognises its key, `kahriz.lock` is
//! held while it is open. Nothing here deletes a file that ever held a record.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use super::{OpenStoreError, StoreKey};

const DATABASE: &str = "kahriz.db";
const UNFINISHED: &str = "kahriz.db.new";
const CHECK: &str = "kahriz.check";
const LOCK: &str = "kahriz.lock";
/// Written and removed again, to see whether the disk is full.
const ROOM: &str = "kahriz.room";
/// What SQLite keeps beside a database, by what it adds to the name.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// The folder of a store.
pub(super) struct Files {
    folder: PathBuf,
}

/// The right to have the store open; given back when dropped, or by the system when the process dies.
pub(super) struct Lock {
    file: File,
}

impl Drop for Lock {
    /// To close the file is not enough: a process that another thread is just starting has it open too, until that
    /// process becomes another program.
    fn drop(&mut self) {
        _ = self.file.unlock();
    }
}

impl Files {
    pub(super) fn of(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    pub(super) fn database(&self) -> PathBuf {
        self.folder.join(DATABASE)
    }

    pub(super) fn make_folder(&self) -> io::Result<()> {
        fs::create_dir_all(&self.folder)
    }

    /// A file of another name in the store's folder.
    pub(super) fn beside(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(super) fn has_database(&self) -> io::Result<bool> {
        self.database().try_exists()
    }

    pub(super) fn lock(&self) -> Result<Lock, OpenStoreError> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.folder.join(LOCK))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { file }),
            Err(TryLockError::WouldBlock) => Err(OpenStoreError::AlreadyOpen),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// Whether this key is the one that the store was made with, as far as the check file knows.
    pub(super) fn check_matches(&self, key: &StoreKey) -> io::Result<bool> {
        match fs::read(self.folder.join(CHECK)) {
            Ok(check) => Ok(check == key.check()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Writes the check file, durably, in one step: a crash leaves the old one or the new one.
    pub(super) fn write_check(&self, key: &StoreKey) -> io::Result<()> {
        let written = self.folder.join(format!("{CHECK}.new"));
        let mut file = File::create(&written)?;
        file.write_all(&key.check())?;
        file.sync_all()?;
        fs::rename(&written, self.folder.join(CHECK))?;
        self.sync_folder()
    }

    /// The path to build a new database at. What an interrupted creation left there is an empty schema.
    pub(super) fn clear_unfinished(&self) -> io::Result<PathBuf> {
        let unfinished = self.folder.join(UNFINISHED);
        for path in with_beside(&unfinished) {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        Ok(unfinished)
    }

    /// Gives a built database its name.
    pub(super) fn finish(&self) -> io::Result<()> {
        fs::rename(self.folder.join(UNFINISHED), self.database())?;
        self.sync_folder()
    }

    /// Moves the database, and what SQLite keeps beside it, to the first free name `kahriz.db.damaged-N`, with the
    /// same endings, so that it can be opened there. `None` if there was nothing to move.
    pub(super) fn move_aside(&self) -> io::Result<Option<PathBuf>> {
        let mut present = Vec::new();
        for (path, beside) in with_beside(&self.database()).into_iter().zip(endings()) {
            if path.try_exists()? {
                present.push((path, beside));
            }
        }
        if present.is_empty() {
            return Ok(None);
        }
        let target = self.free_name(&present)?;
        // The database last: until it is gone the store still counts as being here, and this is tried again.
        for (path, beside) in present.into_iter().rev() {
            fs::rename(path, with_ending(&target, beside))?;
        }
        self.sync_folder()?;
        Ok(Some(target))
    }

    /// The first name with no database yet and room for what is to be moved; so what was moved before a crash and
    /// what is moved after it meet under one name.
    fn free_name(&self, present: &[(PathBuf, &str)]) -> io::Result<PathBuf> {
        let mut number = 1_u64;
        loop {
            let name = self.folder.join(format!("{DATABASE}.damaged-{number}"));
            let mut taken = name.try_exists()?;
            for (_, ending) in present {
                taken |= with_ending(&name, ending).try_exists()?;
            }
            if !taken {
                return Ok(name);
            }
            number += 1;
        }
    }

    /// What an officer is to do about a database that does not open. SQLite says of a file that it cannot make only that
    /// it cannot, so the disk is asked whether it takes one.
    pub(super) fn explained(&self, error: OpenStoreError) -> OpenStoreError {
        let OpenStoreError::Database(source) = &error else { return error };
        let is_vague = matches!(
            source.sqlite_error_code(),
            Some(ErrorCode::CannotOpen | ErrorCode::SystemIoFailure)
        );
        match self.take_a_page() {
            Err(source) if is_vague => source.into(),
            Ok(()) | Err(_) => error,
        }
    }

    fn take_a_page(&self) -> io::Result<()> {
        let path = self.folder.join(ROOM);
        let written = fs::write(&path, [0; 4_096]);
        _ = fs::remove_file(path);
        written
    }

    /// A new name in a folder is durable when the folder is.
    #[cfg(unix)]
    pub(super) fn sync_folder(&self) -> io::Result<()> {
        File::open(&self.folder)?.sync_all()
    }

    /// Windows keeps the names of a folder in its own journal and cannot sync one.
    #[cfg(not(unix))]
    pub(super) fn sync_folder(&self) -> io::Result<()> {
        Ok(())
    }
}

/// The database itself first.
fn endings() -> impl Iterator<Item = &'static str> {
    std::iter::once("").chain(BESIDE)
}

fn with_beside(database: &Path) -> Vec<PathBuf> {
    endings().map(|ending| with_ending(database, ending)).collect()
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

//! The folders: one that is being written, one that has its name, one that becomes a store, and those that go.

use super::manifest::{self, FORMAT, Manifest, Of, Taken};
use super::{BackupError, RestoreError};
use crate::held::Held;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// What the name of an unfinished folder ends in.
const UNFINISHED: &str = ".part";
/// Held while a backup is written, so that whatever is unfinished beside it was left by a process that died.
const LOCK: &str = ".kahriz-backup.lock";

/// A backup that is being written. Dropped before its end it leaves nothing.
pub struct Begun {
    out: PathBuf,
    name: String,
    of: Of,
    taken_ms: i64,
    folder: Unfinished,
    _lock: Held,
}

/// A backup that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Where it is.
    pub folder: PathBuf,
    /// What it holds.
    pub manifest: Manifest,
    /// Older backups of the same store that were removed for it.
    pub removed: Vec<PathBuf>,
}

impl Begun {
    /// Begins a backup in a folder, which is made if it isn't there.
    ///
    /// # Errors
    /// [`BackupError::Busy`], [`BackupError::Exists`], or that the folder cannot be written.
    pub fn new(out: &Path, of: Of, now_ms: i64) -> Result<Self, BackupError> {
        fs::create_dir_all(out).map_err(failed(out))?;
        let lock = lock(out)?;
        clear_unfinished(out).map_err(failed(out))?;
        let name = format!("{}{}", of.prefix(), written(now_ms));
        let path = out.join(&name);
        if path.symlink_metadata().is_ok() {
            return Err(BackupError::Exists(path));
        }
        let folder = Unfinished::make(with_ending(&path)).map_err(failed(&path))?;
        Ok(Self { out: out.to_owned(), name, of, taken_ms: now_ms, folder, _lock: lock })
    }

    /// Where its files go.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder.0
    }

    /// Copies a file into it, if there is one, for its owner's eyes only.
    ///
    /// # Errors
    /// [`BackupError::File`]
    pub fn add(&self, file: &Path) -> Result<(), BackupError> {
        let name = file.file_name().unwrap_or_default();
        match copy_private(file, &self.folder.0.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            copied => copied.map_err(failed(file)),
        }
    }

    /// Writes the manifest over what was verified, reads everything back, gives the folder its name, and then removes
    /// the oldest backups of the same store that are too many.
    ///
    /// # Errors
    /// [`BackupError`]; nothing was removed then, unless removing failed.
    pub fn finish(mut self, taken: Taken, keep: Option<u32>) -> Result<Made, BackupError> {
        let folder = &self.folder.0;
        let manifest = self.manifest(taken).map_err(failed(folder))?;
        write_synced(&folder.join(manifest::FILE), &manifest.to_bytes()).map_err(failed(folder))?;
        sync_folder(folder).map_err(failed(folder))?;
        manifest::whole(folder).map_err(|error| {
            failed(folder)(io::Error::other(format!("it does not read back: {error}")))
        })?;
        let path = self.out.join(&self.name);
        // An empty folder of that name would be replaced; the lock keeps others of this program away.
        if path.symlink_metadata().is_ok() {
            return Err(BackupError::Exists(path));
        }
        self.folder.rename(&path).map_err(failed(&path))?;
        sync_folder(&self.out).map_err(failed(&self.out))?;
        let removed = thin_out(&self.out, &manifest, keep).map_err(failed(&self.out))?;
        Ok(Made { folder: path, manifest, removed })
    }

    /// What is in the folder now. Each file is on the disk when its hash is taken.
    fn manifest(&self, taken: Taken) -> io::Result<Manifest> {
        let mut files = vec![];
        for entry in fs::read_dir(&self.folder.0)? {
            let path = entry?.path();
            File::open(&path)?.sync_all()?;
            files.push(manifest::part_of(&path)?);
        }
        files.sort_by(|one, other| one.name.cmp(&other.name));
        let program = env!("CARGO_PKG_VERSION").to_owned();
        let (of, taken_ms) = (self.of, self.taken_ms);
        Ok(Manifest { format: FORMAT, program, of, taken_ms, taken, files })
    }
}

/// A store that is being made of a backup. Dropped before its end it leaves nothing.
pub struct Restoring {
    backup: PathBuf,
    store: PathBuf,
    manifest: Manifest,
    folder: Unfinished,
}

impl Restoring {
    /// Reads all of a backup, and begins a folder.
    ///
    /// # Errors
    /// [`RestoreError`]
    pub fn begin(backup: &Path, store: &Path) -> Result<Self, RestoreError> {
        let there = |source| RestoreError::File { path: store.to_owned(), source };
        if !is_free(store).map_err(there)? {
            return Err(RestoreError::Exists(store.to_owned()));
        }
        let manifest = manifest::whole(backup)?;
        if let Some(parent) = store.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            fs::create_dir_all(parent).map_err(there)?;
        }
        let unfinished = with_ending(&std::path::absolute(store).map_err(there)?);
        let folder = match Unfinished::make(unfinished.clone()) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(RestoreError::Exists(unfinished));
            }
            made => made.map_err(there)?,
        };
        Ok(Self { backup: backup.to_owned(), store: store.to_owned(), manifest, folder })
    }

    /// What the backup says of itself.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Where the store is being made.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder.0
    }

    /// Copies a file of the backup to a place in the new folder, and makes sure that the copy is what was backed up.
    ///
    /// # Errors
    /// [`RestoreError::Altered`], [`RestoreError::File`].
    pub fn bring(&self, name: &str, to: &str) -> Result<(), RestoreError> {
        let to = self.folder.0.join(to);
        let failed = |source| RestoreError::File { path: to.clone(), source };
        let part = self.manifest.files.iter().find(|part| part.name == name);
        let part = part.ok_or_else(|| RestoreError::Altered(self.backup.join(name)))?;
        if let Some(parent) = to.parent() {
            make_private(parent).map_err(failed)?;
        }
        copy_private(&self.backup.join(name), &to).map_err(failed)?;
        manifest::check(part, &to)
    }

    /// Gives the folder its name.
    ///
    /// # Errors
    /// [`RestoreError::File`]
    pub fn finish(mut self) -> Result<Manifest, RestoreError> {
        let failed = |source| RestoreError::File { path: self.store.clone(), source };
        sync_folder(&self.folder.0).map_err(failed)?;
        self.folder.rename(&self.store).map_err(failed)?;
        sync_folder(folder_of(&self.store)).map_err(failed)?;
        Ok(self.manifest)
    }
}

/// The folder that a path is in.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// A folder under a name that says so. It goes when dropped, unless it was renamed.
struct Unfinished(PathBuf);

impl Unfinished {
    fn make(path: PathBuf) -> io::Result<Self> {
        new_private(&path)?;
        Ok(Self(path))
    }

    fn rename(&mut self, to: &Path) -> io::Result<()> {
        fs::rename(&self.0, to)?;
        // Nothing is left to remove.
        self.0 = PathBuf::new();
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.0.as_os_str().is_empty() {
            _ = fs::remove_dir_all(&self.0);
        }
    }
}

/// When the newest backup of a store was taken, of those in a folder; nothing if there is none.
#[must_use]
pub fn newest(out: &Path, of: Of, store: &str) -> Option<i64> {
    same_store(out, of, store).ok()?.last().map(|(taken_ms, _)| *taken_ms)
}

/// The backups of a store, the oldest first. What does not say of itself that it is one is left alone.
fn same_store(out: &Path, of: Of, store: &str) -> io::Result<Vec<(i64, PathBuf)>> {
    let mut same = vec![];
    for entry in fs::read_dir(out)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !name.starts_with(of.prefix()) || name.ends_with(UNFINISHED) {
            continue;
        }
        let is_same = |manifest: &Manifest| manifest.of == of && manifest.taken.store == store;
        if let Some(manifest) = manifest::read(&path).ok().filter(is_same) {
            same.push((manifest.taken_ms, path));
        }
    }
    same.sort();
    Ok(same)
}

/// Removes the oldest backups of a store, as many as there are over `keep`; the one that was just made stays, also
/// if the clock was set back meanwhile.
fn thin_out(out: &Path, made: &Manifest, keep: Option<u32>) -> io::Result<Vec<PathBuf>> {
    let Some(keep) = keep else { return Ok(vec![]) };
    let same = same_store(out, made.of, &made.taken.store)?;
    let too_many = same.len().saturating_sub(keep.max(1) as usize);
    let old = same.into_iter().filter(|(taken_ms, _)| *taken_ms != made.taken_ms).take(too_many);
    old.map(|(_, path)| remove(&path).map(|()| path)).collect()
}

/// Takes a backup its name first: a half-removed one is none.
fn remove(path: &Path) -> io::Result<()> {
    let unfinished = with_ending(path);
    fs::rename(path, &unfinished)?;
    fs::remove_dir_all(unfinished)
}

/// What processes that died have left, while the lock is held.
fn clear_unfinished(out: &Path) -> io::Result<()> {
    for entry in fs::read_dir(out)? {
        let path = entry?.path();
        let is_left = |name: &std::ffi::OsStr| {
            let name = name.to_string_lossy();
            let ours = [Of::Relay, Of::Headquarters].map(Of::prefix);
            ours.iter().any(|prefix| name.starts_with(prefix)) && name.ends_with(UNFINISHED)
        };
        if path.file_name().is_some_and(is_left) {
            fs::remove_dir_all(path)?;
        }
    }
    Ok(())
}

fn lock(out: &Path) -> Result<Held, BackupError> {
    let path = out.join(LOCK);
    Held::take(&path).map_err(|error| match error {
        TryLockError::WouldBlock => BackupError::Busy(out.to_owned()),
        TryLockError::Error(source) => BackupError::File { path, source },
    })
}

/// `2026-11-23T17-28-46Z`: sorts as time does, and is a file's name everywhere.
fn written(ms: i64) -> String {
    let text = rusqlite::Connection::open_in_memory().and_then(|db| {
        let query = "SELECT strftime('%Y-%m-%dT%H-%M-%SZ', ?1, 'unixepoch')";
        db.query_row(query, [ms.div_euclid(1_000)], |row| row.get(0))
    });
    // Beyond the year 9999 SQLite has no calendar.
    text.unwrap_or_else(|_| ms.to_string())
}

/// Not there, or an empty folder.
fn is_free(path: &Path) -> io::Result<bool> {
    match fs::read_dir(path) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(false),
        Err(error) => Err(error),
    }
}

fn with_ending(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(UNFINISHED);
    name.into()
}

fn failed(path: &Path) -> impl Fn(io::Error) -> BackupError {
    let path = path.to_owned();
    move |source| BackupError::File { path: path.clone(), source }
}

/// A folder for its owner only.
fn new_private(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn make_private(path: &Path) -> io::Result<()> {
    if path.is_dir() { Ok(()) } else { new_private(path) }
}

/// A synced copy under a new name, for its owner only.
fn copy_private(from: &Path, to: &Path) -> io::Result<()> {
    let mut from = File::open(from)?;
    let mut file = private_file(to)?;
    io::copy(&mut from, &mut file)?;
    file.sync_all()
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = private_file(path)?;
    io::Write::write_all(&mut file, bytes)?;
    file.sync_all()
}

fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A new name in a folder is durable when the folder is.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Windows keeps the names of a folder in its own journal and cannot sync one.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

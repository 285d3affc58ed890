//! A place for secrets on a computer: files that only their owner may read.
//!
//! It guards little: whoever has the files has the secrets. Without a PIN, whoever has both the folder of a store and
//! these files can read every record; with one, they can try PINs as fast as their machines allow, uncounted. So the
//! folder belongs on an encrypted disk, or the files on a stick, and a computer deserves a passphrase, not six digits.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;
use zeroize::Zeroizing;

use super::files::{overwrite, sync_folder};
use super::secure_store::{SecureStore, SecureStoreError};
use super::{SECRET_BYTES, SECRET_NAMES};

/// What the file is called in the store's folder.
pub const KEY_FILE: &str = "kahriz.key";
/// Its successor, after the secret was changed.
const NEXT: &str = ".next";

/// Secrets in files: the first in the file that is named, the other beside it.
pub struct FileStore {
    path: PathBuf,
}

/// Why a secret's file cannot be used.
#[derive(Debug, Error)]
pub enum FileStoreError {
    /// The file holds something else.
    #[error("{0} is not a key: it must hold exactly 32 bytes")]
    NotAKey(PathBuf),
    /// The file can be read by others.
    #[error(
        "{0} can be read by other users of this computer: chmod 600 it, and think about who has read it"
    )]
    TooOpen(PathBuf),
    /// The system does not let it be used.
    #[error("the key at {0} cannot be used: {1}")]
    Io(PathBuf, #[source] io::Error),
}

impl FileStore {
    /// Secrets in this file, and in one beside it whose name ends in `.next`.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// The file of a secret.
    #[must_use]
    pub fn file_of(&self, name: &str) -> PathBuf {
        let mut path = OsString::from(&self.path);
        if name != SECRET_NAMES[0] {
            path.push(NEXT);
        }
        path.into()
    }
}

impl SecureStore for FileStore {
    fn load(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, SecureStoreError> {
        let path = self.file_of(name);
        let failed = |error| FileStoreError::Io(path.clone(), error);
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file.map_err(failed).map_err(boxed)?,
        };
        if is_open_to_others(&file).map_err(failed).map_err(boxed)? {
            return Err(boxed(FileStoreError::TooOpen(path)));
        }
        // One byte more than a secret, so that a longer file is noticed.
        let mut secret = Zeroizing::new(vec![0; SECRET_BYTES + 1]);
        let count = read_up_to(file, &mut secret).map_err(failed).map_err(boxed)?;
        secret.truncate(count);
        if count != SECRET_BYTES {
            return Err(boxed(FileStoreError::NotAKey(path)));
        }
        Ok(Some(secret))
    }

    fn store(&self, name: &str, secret: &[u8]) -> Result<(), SecureStoreError> {
        let path = self.file_of(name);
        write_private(&path, secret).map_err(|error| boxed(FileStoreError::Io(path, error)))
    }

    fn erase(&self, name: &str) -> Result<(), SecureStoreError> {
        let path = self.file_of(name);
        let erased = match overwrite(&path).and_then(|()| fs::remove_file(&path)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            erased => erased.and_then(|()| sync_folder(folder_of(&path))),
        };
        erased.map_err(|error| boxed(FileStoreError::Io(path, error)))
    }
}

fn boxed(error: FileStoreError) -> SecureStoreError {
    SecureStoreError::Failed(Box::new(error))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes beside it and renames: a crash leaves the older secret or the new one.
fn write_private(path: &Path, secret: &[u8]) -> io::Result<()> {
    let folder = folder_of(path);
    fs::create_dir_all(folder)?;
    let mut unfinished = OsString::from(path);
    unfinished.push(".new");
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&unfinished)?;
    file.write_all(secret)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    sync_folder(folder)
}

fn read_up_to(mut file: File, bytes: &mut [u8]) -> io::Result<usize> {
    let mut count = 0;
    while count < bytes.len() {
        match file.read(&mut bytes[count..])? {
            0 => break,
            read => count += read,
        }
    }
    Ok(count)
}

#[cfg(unix)]
fn is_open_to_others(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(file.metadata()?.permissions().mode() & 0o077 != 0)
}

/// Elsewhere access lists say who may read, and the user's own folder is private by default.
#[cfg(not(unix))]
fn is_open_to_others(_file: &File) -> io::Result<bool> {
    Ok(false)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::store::scratch::Scratch;

    fn refusal(store: &FileStore) -> FileStoreError {
        match store.load(SECRET_NAMES[0]) {
            Err(SecureStoreError::Failed(error)) => *error.downcast().unwrap(),
            Err(SecureStoreError::DeviceLocked) | Ok(_) => panic!("it was not refused"),
        }
    }

    #[test]
    fn a_secret_is_kept_replaced_and_erased() {
        let scratch = Scratch::new();
        let store = FileStore::at(&scratch.path().join(KEY_FILE));
        for name in SECRET_NAMES {
            assert!(store.load(name).unwrap().is_none());
            store.store(name, &[1; SECRET_BYTES]).unwrap();
            store.store(name, &[2; SECRET_BYTES]).unwrap();
            assert_eq!(store.load(name).unwrap().unwrap()[..], [2; SECRET_BYTES]);
        }
        store.erase(SECRET_NAMES[0]).unwrap();
        store.erase(SECRET_NAMES[0]).unwrap();
        assert!(store.load(SECRET_NAMES[0]).unwrap().is_none());
        assert!(store.load(SECRET_NAMES[1]).unwrap().is_some());
    }

    #[test]
    fn a_file_that_is_shorter_or_longer_is_no_key() {
        let scratch = Scratch::new();
        for length in [0, 31, 33, 4096] {
            let path = scratch.path().join(length.to_string());
            write_private(&path, &vec![7; length]).unwrap();
            assert!(matches!(refusal(&FileStore::at(&path)), FileStoreError::NotAKey(_)));
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let scratch = Scratch::new();
        let path = scratch.path().join(KEY_FILE);
        write_private(&path, &[7; SECRET_BYTES]).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(refusal(&FileStore::at(&path)), FileStoreError::TooOpen(_)));
    }
}

//! The store's key on a computer: a file of 32 random bytes that only its owner may read.
//!
//! A phone keeps this key in hardware behind a PIN; a computer has neither everywhere, so it stands in a file, in the
//! store's folder unless `--key-file` names another place. Whoever has both the store and the key has everything:
//! the folder belongs on an encrypted disk, or the key on a stick. The key never appears in arguments, environment
//! or messages.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use kahriz_core::store::StoreKey;
use zeroize::Zeroizing;

/// What the file is called in the store's folder.
pub(crate) const KEY_FILE: &str = "kahriz.key";
const KEY_BYTES: usize = 32;

/// Said when a key is made.
pub(crate) const WARNING: &str = "Whoever has both this key file and the store can read every record. \
Keep the folder on an encrypted disk, or the key apart from it (--key-file), and copy the two never together.";

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    /// There is no such file.
    #[error(
        "there is no key at {0}: name its place with --key-file, or bring it back from where it is kept"
    )]
    NotFound(PathBuf),
    /// There is one already, and it may be the only key to something.
    #[error(
        "there is a key at {0} already, and it is not replaced: it may be the only one of another store"
    )]
    AlreadyExists(PathBuf),
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

/// Where a store's key is.
pub(crate) fn place(store: &Path, key_file: Option<&Path>) -> PathBuf {
    key_file.map_or_else(|| store.join(KEY_FILE), Path::to_owned)
}

/// Reads a key.
pub(crate) fn read(path: &Path) -> Result<StoreKey, KeyError> {
    let failed = |error: io::Error| match error.kind() == io::ErrorKind::NotFound {
        true => KeyError::NotFound(path.to_owned()),
        false => KeyError::Io(path.to_owned(), error),
    };
    let file = File::open(path).map_err(failed)?;
    if is_open_to_others(&file).map_err(failed)? {
        return Err(KeyError::TooOpen(path.to_owned()));
    }
    // One byte more than a key, so that a longer file is noticed.
    let mut bytes = Zeroizing::new([0; KEY_BYTES + 1]);
    let count = read_up_to(file, bytes.as_mut_slice()).map_err(failed)?;
    let key = bytes.get(..KEY_BYTES).and_then(|key| <[u8; KEY_BYTES]>::try_from(key).ok());
    key.filter(|_| count == KEY_BYTES)
        .map(StoreKey::from_bytes)
        .ok_or_else(|| KeyError::NotAKey(path.to_owned()))
}

/// Makes a new key and keeps it durably before anything is locked with it.
pub(crate) fn create(path: &Path) -> Result<StoreKey, KeyError> {
    let failed = |error: io::Error| match error.kind() == io::ErrorKind::AlreadyExists {
        true => KeyError::AlreadyExists(path.to_owned()),
        false => KeyError::Io(path.to_owned(), error),
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut bytes = Zeroizing::new([0; KEY_BYTES]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|error| failed(io::Error::other(error)))?;
    let mut file = private_file(path).map_err(failed)?;
    file.write_all(bytes.as_slice()).and_then(|()| file.sync_all()).map_err(failed)?;
    Ok(StoreKey::from_bytes(*bytes))
}

/// A new file that only its owner may read.
pub(crate) fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
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

    #[test]
    fn a_key_is_made_once_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = place(folder.path(), None);
        assert!(matches!(read(&path), Err(KeyError::NotFound(_))));
        create(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap().len(), KEY_BYTES);
        read(&path).unwrap();
        assert!(matches!(create(&path), Err(KeyError::AlreadyExists(_))));
    }

    #[test]
    fn a_file_that_is_shorter_or_longer_is_no_key() {
        let folder = tempfile::tempdir().unwrap();
        for length in [0, 31, 33, 4096] {
            let path = folder.path().join(length.to_string());
            private_file(&path).unwrap().write_all(&vec![7; length]).unwrap();
            assert!(matches!(read(&path), Err(KeyError::NotAKey(_))), "{length}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = place(folder.path(), None);
        create(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(read(&path), Err(KeyError::TooOpen(_))));
    }
}

//! How stores open on a computer: a secret in a file that only its owner may read, and a PIN if one was set.
//!
//! A phone keeps the secret in hardware; a computer has none everywhere, so it stands in a file, in the store's folder
//! unless `--key-file` names another place. Whoever has both the store and the file has everything that no PIN locks:
//! the folder belongs on an encrypted disk, or the file on a stick. A PIN is typed without being shown, or read from a
//! file or descriptor (`--pin-file /dev/fd/3`). Neither ever appears in arguments, environment or messages.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use kahriz_core::store::StoreKey;
use kahriz_core::vault::{
    Cost, CreateVaultError, FileStore, KEY_FILE, Pin, SECRET_NAMES, UnlockError, Vault, VaultState,
    WeakPin,
};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::{say, shell};

/// Said when a key is made.
const WARNING: &str = "Whoever has both this key file and the store can read every record. \
Keep the folder on an encrypted disk, or the key apart from it (--key-file), and copy the two never together. \
A passphrase helps: kahriz device --store FOLDER pin set.";

/// What opens stores on this command line.
#[derive(Clone, Copy, Default)]
pub(crate) struct Keys<'a> {
    /// Where the secret is, if not in the store's folder.
    pub(crate) key_file: Option<&'a Path>,
    /// Where the PIN is read from, if not from the terminal.
    pub(crate) pin_file: Option<&'a Path>,
}

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
    /// Nobody can be asked for a PIN.
    #[error("this store has a PIN: type it at a terminal, or name a file with --pin-file")]
    NobodyToAsk(#[source] io::Error),
    /// The file with a PIN cannot be read.
    #[error("the PIN cannot be read from {0}: {1}")]
    PinFile(PathBuf, #[source] io::Error),
    /// The same PIN was to be typed twice.
    #[error("the two were not the same; nothing was changed")]
    TypedOtherwise,
    /// The PIN is one that everybody tries.
    #[error(transparent)]
    Weak(#[from] WeakPin),
    /// No vault was made.
    #[error(transparent)]
    Create(CreateVaultError),
    /// The vault does not open.
    #[error(transparent)]
    Unlock(#[from] UnlockError),
}

impl Keys<'_> {
    /// The vault of a store.
    pub(crate) fn vault(&self, folder: &Path) -> Vault {
        Vault::new(folder, FileStore::at(&self.place(folder)))
    }

    /// Where the secret of a store is when it is new.
    pub(crate) fn place(&self, folder: &Path) -> PathBuf {
        self.key_file.map_or_else(|| folder.join(KEY_FILE), Path::to_owned)
    }

    /// Whether there is a secret for a store already.
    pub(crate) fn has_secret(&self, folder: &Path) -> bool {
        let files = FileStore::at(&self.place(folder));
        SECRET_NAMES.iter().any(|name| files.file_of(name).exists())
    }

    /// Tells who makes a store where its secret is, and what that means.
    pub(crate) fn say_where(&self, folder: &Path) {
        say::aside(&format!("The store's key is {}. {WARNING}", self.place(folder).display()));
    }

    /// Makes a new vault, durably, before anything is locked with its key.
    pub(crate) fn create(&self, folder: &Path) -> Result<StoreKey, KeyError> {
        let made = self.vault(folder).create(None, Cost::USUAL, &mut shell::system_rng());
        made.map_err(|error| match error {
            CreateVaultError::AlreadyExists => KeyError::AlreadyExists(self.place(folder)),
            error @ (CreateVaultError::NoMemory(_)
            | CreateVaultError::SecureStore(_)
            | CreateVaultError::Io(_)) => KeyError::Create(error),
        })
    }

    /// Opens the vault of a store, with its PIN if it has one.
    pub(crate) fn unlock(&self, folder: &Path) -> Result<StoreKey, KeyError> {
        let pin = self.present_pin(folder)?;
        let pin = pin.as_ref().map(|pin| pin.as_str());
        self.vault(folder).unlock(pin, shell::now_ms().max(0).cast_unsigned()).map_err(|error| {
            match matches!(error, UnlockError::NoSecret) {
                true => KeyError::NotFound(self.place(folder)),
                false => KeyError::Unlock(error),
            }
        })
    }

    /// The PIN that opens a store today, as the person types it; nothing if it has none.
    pub(crate) fn present_pin(&self, folder: &Path) -> Result<Option<Zeroizing<String>>, KeyError> {
        let has_pin = self.has_pin(folder)?;
        has_pin.then(|| typed("PIN: ", self.pin_file)).transpose()
    }

    /// Whether a store takes a PIN that may be tried now.
    pub(crate) fn has_pin(&self, folder: &Path) -> Result<bool, KeyError> {
        let state = self.vault(folder).state(shell::now_ms().max(0).cast_unsigned())?;
        Ok(matches!(state, VaultState::Pin { wait_ms: 0, .. }))
    }
}

/// A PIN that the person chooses: typed twice, or read from a file.
pub(crate) fn new_pin(file: Option<&Path>) -> Result<Pin, KeyError> {
    let pin = typed("New PIN: ", file)?;
    if file.is_none() && typed("Once more: ", None)? != pin {
        return Err(KeyError::TypedOtherwise);
    }
    Ok(Pin::new(&pin)?)
}

/// What is typed and not shown, or the first line of a file.
fn typed(question: &str, file: Option<&Path>) -> Result<Zeroizing<String>, KeyError> {
    let Some(file) = file else {
        return rpassword::prompt_password(question)
            .map(Zeroizing::new)
            .map_err(KeyError::NobodyToAsk);
    };
    let text = fs::read_to_string(file).map(Zeroizing::new);
    let text = text.map_err(|error| KeyError::PinFile(file.to_owned(), error))?;
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
}

/// A new file that only its owner may read: what is in it may put people in danger, or open records.
pub(crate) fn new_file(path: &Path) -> Result<File, Failure> {
    private_file(path).map_err(|source| match source.kind() == io::ErrorKind::AlreadyExists {
        true => Failure::Exists(path.to_owned()),
        false => Failure::File { path: path.to_owned(), source },
    })
}

/// The same, for who has other words for what goes wrong.
pub(crate) fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        let keys = Keys::default();
        keys.create(&store).unwrap();
        assert_eq!(fs::read(store.join(KEY_FILE)).unwrap().len(), 32);
        keys.unlock(&store).unwrap();
        assert!(matches!(keys.create(&store), Err(KeyError::AlreadyExists(_))));
    }

    #[test]
    fn a_key_that_is_kept_elsewhere_is_missed_where_it_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let (store, stick) = (folder.path().join("store"), folder.path().join("stick"));
        let keys = Keys { key_file: Some(&stick), pin_file: None };
        keys.create(&store).unwrap();
        keys.unlock(&store).unwrap();
        assert!(matches!(Keys::default().unlock(&store), Err(KeyError::NotFound(_))));
    }

    #[test]
    fn a_pin_is_the_first_line_of_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pin");
        fs::write(&file, "çay içək sonra\r\nnot this\n").unwrap();
        assert_eq!(*typed("", Some(&file)).unwrap(), "çay içək sonra");
        fs::write(&file, "123456").unwrap();
        assert!(matches!(new_pin(Some(&file)), Err(KeyError::Weak(_))));
    }
}

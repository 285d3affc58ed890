//! The wipe: first the secret, then the locked key, then the files, in the order in which they matter.
//!
//! Once the 32 bytes in the secure store are gone nothing in the folder can be read, by anybody, whatever becomes of
//! the rest; removing files only tidies up. A note is made first, so that a wipe that was interrupted is brought to its
//! end at the next opening. Sealed letters stay unless the person says otherwise: headquarters alone can open them, and
//! they may be the only copy of a day's work.

use std::fs;
use std::io;

use super::files::{Wiping, ignore_missing, sync_folder};
use super::{SECRET_NAMES, UnlockError, Vault, WipeError};

/// The folder, in the store's, of what is sealed to headquarters and not yet delivered.
pub const LETTERS_FOLDER: &str = "letters";

/// What a wipe leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wipe {
    /// Whether sealed letters stay, to be delivered later.
    pub keep_letters: bool,
}

impl Vault {
    /// Destroys the key of the store for good, and removes the store. Close it first: what has it open keeps what it
    /// holds in memory. May be repeated; it is no error if there is nothing.
    ///
    /// # Errors
    /// [`WipeError`] says whether the key is gone. What is left is tried again here or at the next opening.
    pub fn wipe(&self, wipe: Wipe) -> Result<(), WipeError> {
        if !self.files.folder.try_exists().map_err(WipeError::NotBegun)? {
            return self.erase_secrets();
        }
        let _lock = self.files.lock().map_err(WipeError::NotBegun)?;
        self.wipe_now(wipe)
    }

    /// The same for who holds the lock already.
    pub(super) fn wipe_now(&self, wipe: Wipe) -> Result<(), WipeError> {
        // On a full disk there is no note. That must not keep the key alive.
        let noted = self.files.begin_wiping(Wiping { keep_letters: wipe.keep_letters });
        let erased = self.erase_secrets();
        let destroyed = self.files.destroy();
        erased?;
        let removed = self.remove_files(wipe);
        destroyed.and(removed).map_err(WipeError::Files)?;
        noted.and(self.files.end_wiping()).map_err(WipeError::Files)
    }

    /// Whether a wipe was under way; it has been brought to its end, or as far as it goes.
    pub(super) fn finish_wiping(&self) -> Result<bool, UnlockError> {
        let Some(wiping) = self.files.wiping()? else { return Ok(false) };
        match self.wipe_now(Wipe { keep_letters: wiping.keep_letters }) {
            Ok(()) | Err(WipeError::Files(_) | WipeError::NotBegun(_)) => Ok(true),
            Err(WipeError::Secret(error)) => Err(error.into()),
        }
    }

    fn erase_secrets(&self) -> Result<(), WipeError> {
        let [first, next] = SECRET_NAMES.map(|name| self.secrets.erase(name));
        first.and(next).map_err(WipeError::Secret)
    }

    fn remove_files(&self, wipe: Wipe) -> io::Result<()> {
        let mut outcome = Ok(());
        for path in self.files.of_the_store()? {
            outcome = outcome.and(ignore_missing(fs::remove_file(path)));
        }
        if !wipe.keep_letters {
            outcome = outcome.and(ignore_missing(fs::remove_dir_all(self.letters())));
        }
        outcome.and(sync_folder(self.folder()))
    }
}

//! A lock file that one process holds at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

/// The lock; given back when dropped, or by the system when the process dies.
#[derive(Debug)]
pub(crate) struct Held(File);

impl Held {
    /// Takes the lock of a file, which is made if it isn't there.
    ///
    /// # Errors
    /// [`TryLockError::WouldBlock`] if somebody has it, also somebody in this process.
    pub(crate) fn take(path: &Path) -> Result<Self, TryLockError> {
        let mut options = OpenOptions::new();
        let file = options.create(true).truncate(false).write(true).open(path);
        let file = file.map_err(TryLockError::Error)?;
        file.try_lock()?;
        Ok(Self(file))
    }
}

impl Drop for Held {
    /// To close the file is not enough: a process that another thread is just starting has it open too, until that
    /// process becomes another program.
    fn drop(&mut self) {
        _ = self.0.unlock();
    }
}

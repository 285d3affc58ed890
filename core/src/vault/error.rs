//! What can go wrong with a vault: one enum for each operation, a variant for what the caller can do next.

use std::io;

use thiserror::Error;

use super::SecureStoreError;
use crate::crypto::pin::NoMemory;

/// Why a vault does not open.
#[derive(Debug, Error)]
pub enum UnlockError {
    /// There is no workspace in this folder. So it is also after a wipe that somebody was made to cause: nobody who
    /// looks on can tell.
    #[error("there is no workspace on this device")]
    NoWorkspace,
    /// It takes a PIN. Ask for it.
    #[error("a PIN is needed")]
    PinNeeded {
        /// Tries before the device is wiped.
        tries_left: u32,
    },
    /// Not this PIN. Say how many tries are left, and when the next may be made.
    #[error("this is not the PIN; {}", what_is_left(*.tries_left, *.wait_ms))]
    WrongPin {
        /// Tries before the device is wiped.
        tries_left: u32,
        /// How long to wait before the next one, in ms.
        wait_ms: u64,
    },
    /// Too early after wrong tries. This one was neither made nor counted.
    #[error("too many wrong tries; {}", what_is_left(*.tries_left, *.wait_ms))]
    Wait {
        /// Tries before the device is wiped.
        tries_left: u32,
        /// How long to wait, in ms.
        wait_ms: u64,
    },
    /// The last try was wrong, and everything on this device was erased.
    #[error(
        "that was the last of {max} wrong tries: the records on this device are erased",
        max = super::TRIES_MAX
    )]
    Wiped,
    /// The secure store holds no secret for this vault: the hardware forgot it (a factory reset, a restored backup),
    /// or on a computer its file is elsewhere. Without it nothing opens.
    #[error("the secret of this store is missing")]
    NoSecret,
    /// The secure store holds the secret of another vault. Bring back its own; nothing was counted.
    #[error("this is the secret of another store")]
    OtherSecret,
    /// The vault's file is damaged. The store can't be opened; what was synced comes back by joining again.
    #[error("the file that locks this store is damaged")]
    Damaged,
    /// Too little memory to check a PIN. Nothing was counted; close something and try again.
    #[error(transparent)]
    NoMemory(#[from] NoMemory),
    /// The secure store cannot be used now. Nothing was counted.
    #[error(transparent)]
    SecureStore(#[from] SecureStoreError),
    /// The vault's files cannot be read or written: without a counted try there is none.
    #[error("the files of this store cannot be used: {0}")]
    Io(#[from] io::Error),
}

/// Why a vault cannot be made.
#[derive(Debug, Error)]
pub enum CreateVaultError {
    /// There is a store in the folder, or a secret that may be the only one of another store. Nothing was changed.
    #[error("there is a store or a key in this place already; it was not touched")]
    AlreadyExists,
    /// Too little memory to stretch a PIN.
    #[error(transparent)]
    NoMemory(#[from] NoMemory),
    /// The secure store cannot be used now.
    #[error(transparent)]
    SecureStore(#[from] SecureStoreError),
    /// The vault's files cannot be written.
    #[error("the files of this store cannot be used: {0}")]
    Io(#[from] io::Error),
}

/// Why a PIN or a secret was not changed. What opened before still does.
#[derive(Debug, Error)]
pub enum ChangeError {
    /// The present PIN did not open: as when unlocking, tries are counted.
    #[error(transparent)]
    Unlock(#[from] UnlockError),
    /// A PIN that destroys makes sense only beside one that opens.
    #[error("set a PIN first")]
    NoPin,
    /// Both PINs would be the same.
    #[error("the PIN that opens and the PIN that erases must differ")]
    SamePin,
}

impl From<NoMemory> for ChangeError {
    fn from(error: NoMemory) -> Self {
        Self::Unlock(error.into())
    }
}

impl From<SecureStoreError> for ChangeError {
    fn from(error: SecureStoreError) -> Self {
        Self::Unlock(error.into())
    }
}

impl From<io::Error> for ChangeError {
    fn from(error: io::Error) -> Self {
        Self::Unlock(error.into())
    }
}

/// Why a wipe did not come to its end. The key is gone unless it says otherwise, and the next opening goes on.
#[derive(Debug, Error)]
pub enum WipeError {
    /// The wipe could not even be begun.
    #[error("nothing was erased: {0}")]
    NotBegun(#[source] io::Error),
    /// The secret may still be there; everything else of the key is gone. Try again.
    #[error("the device's secret could not be erased: {0}")]
    Secret(#[source] SecureStoreError),
    /// The key is gone, and nothing can be read any more; some files are still there.
    #[error("the key is erased, but not every file could be removed: {0}")]
    Files(#[source] io::Error),
}

fn what_is_left(tries_left: u32, wait_ms: u64) -> String {
    let tries = match tries_left {
        1 => "1 try is left, and if it is wrong too, the records on this device are erased"
            .to_owned(),
        left => format!("{left} tries are left"),
    };
    match wait_ms.div_ceil(1_000) {
        0 => tries,
        seconds if seconds < 120 => format!("{tries}; wait {seconds} s before the next"),
        seconds => format!("{tries}; wait {} minutes before the next", seconds.div_ceil(60)),
    }
}

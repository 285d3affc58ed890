//! The lock on a device's store: a secret that the hardware guards, a PIN that a person remembers, and the wipe.
//!
//! The database's key is random and stands in a small file, locked with a key that follows from both: a secret in the
//! app's [`SecureStore`] and, if one is set, the PIN. So a PIN is changed in an instant and by one rename, and all that
//! there is to read is destroyed by destroying 32 bytes. Wrong PINs are counted on the disk before they are tried, and
//! after ten of them the device is wiped; a second PIN, for someone who is made to open the phone, wipes at once.
//! What is open is held by a [`Session`], which locks by itself. Nothing here asks a person or reads a clock.
//!
//! ```
//! # use kahriz_core::vault::{Cost, FileStore, Pin, Vault};
//! # use rand_core::CryptoRng;
//! # fn example(folder: &std::path::Path, rng: &mut dyn CryptoRng) -> Result<(), Box<dyn std::error::Error>> {
//! let vault = Vault::new(folder, FileStore::at(&folder.join("kahriz.key")));
//! let pin = Pin::new("204816")?;
//! vault.create(Some(&pin), Cost::for_memory(200 << 20), rng)?;
//! let now_ms = 1_800_000_000_000;
//! let key = vault.unlock(Some("204816"), now_ms)?;
//! # drop(key); Ok(()) }
//! ```

mod change;
mod error;
mod file_store;
mod files;
mod pin;
mod secure_store;
mod session;
mod tries;
mod unlock;
mod wipe;

use std::path::{Path, PathBuf};

use rand_core::CryptoRng;
use zeroize::Zeroizing;

pub use crate::crypto::pin::{Cost, NoMemory};
pub use error::{ChangeError, CreateVaultError, UnlockError, WipeError};
pub use file_store::{FileStore, FileStoreError, KEY_FILE};
pub use files::VAULT as VAULT_FILE;
pub use pin::{PIN_BYTES_MAX, PIN_LENGTH_MIN, Pin, WeakPin};
pub use secure_store::{SecureStore, SecureStoreError};
pub use session::{LockPolicy, Locked, Session};
pub use tries::TRIES_MAX;
pub use wipe::{LETTERS_FOLDER, Wipe};

use crate::crypto::pin::{CHECK_BYTES, LockKeys, SALT_BYTES, secret_check, stretch};
use crate::store::{Store, StoreKey};
use files::{Files, Found, Kept, KeptPin};

/// Bytes of the secret that the secure store guards.
pub const SECRET_BYTES: usize = 32;
/// The names of the secret: it has the one, and after it was changed the other.
pub const SECRET_NAMES: [&str; 2] = ["store-key", "store-key-next"];

/// The lock on the store in one folder.
pub struct Vault {
    files: Files,
    secrets: Box<dyn SecureStore>,
}

/// What it takes to open a vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VaultState {
    /// There is no workspace in this folder.
    Empty,
    /// It opens without a PIN.
    NoPin,
    /// It takes a PIN.
    Pin {
        /// Tries before the device is wiped.
        tries_left: u32,
        /// How long to wait before the next, in ms.
        wait_ms: u64,
    },
}

impl Vault {
    /// The vault of the store in a folder, whether it is there yet or not.
    pub fn new(folder: &Path, secrets: impl SecureStore + 'static) -> Self {
        Self { files: Files::of(folder), secrets: Box::new(secrets) }
    }

    /// What it takes to open it. A wipe that was interrupted is brought to its end first.
    ///
    /// # Errors
    /// [`UnlockError`], of its variants those about files and the secure store.
    pub fn state(&self, now_ms: u64) -> Result<VaultState, UnlockError> {
        if !self.files.is_here()? {
            return Ok(if Store::is_in(self.folder()) {
                VaultState::NoPin
            } else {
                VaultState::Empty
            });
        }
        let _lock = self.files.lock()?;
        if self.finish_wiping()? {
            return Ok(VaultState::Empty);
        }
        match self.files.read()? {
            Found::Nothing => Ok(VaultState::Empty),
            Found::Damaged => Err(UnlockError::Damaged),
            Found::Vault(kept) => Ok(kept.pin.map_or(VaultState::NoPin, |pin| VaultState::Pin {
                tries_left: pin.tries.left(),
                wait_ms: pin.tries.wait_ms(now_ms),
            })),
        }
    }

    /// Makes the vault of a store that is to be made with the key that this returns.
    ///
    /// # Errors
    /// [`CreateVaultError`]. `AlreadyExists` also after a creation that was interrupted before there was a store:
    /// whoever knows that there is none wipes, and begins again.
    pub fn create(
        &self,
        pin: Option<&Pin>,
        cost: Cost,
        rng: &mut dyn CryptoRng,
    ) -> Result<StoreKey, CreateVaultError> {
        std::fs::create_dir_all(self.folder())?;
        let _lock = self.files.lock()?;
        let has_vault = !matches!(self.files.read()?, Found::Nothing);
        if has_vault || Store::is_in(self.folder()) || self.has_secret()? {
            return Err(CreateVaultError::AlreadyExists);
        }
        let (secret, key) = (draw(rng), draw(rng));
        let kept = locked_anew(0, &secret, &key, pin.map(|pin| (pin, cost)), rng)?;
        self.secrets.store(SECRET_NAMES[0], secret.as_slice())?;
        self.files.write(&kept)?;
        Ok(StoreKey::from_bytes(*key))
    }

    /// The store's folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.files.folder
    }

    /// Where the folder of sealed letters is.
    #[must_use]
    pub fn letters(&self) -> PathBuf {
        self.folder().join(LETTERS_FOLDER)
    }

    fn has_secret(&self) -> Result<bool, SecureStoreError> {
        Ok(self.secrets.load(SECRET_NAMES[0])?.is_some()
            || self.secrets.load(SECRET_NAMES[1])?.is_some())
    }
}

/// Locks a key for the first time, or with a PIN for the first time.
fn locked_anew(
    secret_name: u32,
    secret: &[u8; SECRET_BYTES],
    key: &[u8; 32],
    pin: Option<(&Pin, Cost)>,
    rng: &mut dyn CryptoRng,
) -> Result<Kept, NoMemory> {
    let salt: [u8; SALT_BYTES] = random(rng);
    let stretched = pin.map(|(pin, cost)| stretch(pin.as_str(), &salt, cost)).transpose()?;
    let keys = LockKeys::derive(secret, stretched.as_ref());
    let kept_pin = pin.map(|(_, cost)| KeptPin::new(salt, cost, keys.opens(), random(rng)));
    Ok(Kept {
        secret_name,
        secret_check: secret_check(secret),
        locked_key: keys.lock(key, rng),
        pin: kept_pin,
    })
}

fn draw(rng: &mut dyn CryptoRng) -> Zeroizing<[u8; 32]> {
    let mut bytes = Zeroizing::new([0; 32]);
    rng.fill_bytes(bytes.as_mut_slice());
    bytes
}

fn random(rng: &mut dyn CryptoRng) -> [u8; CHECK_BYTES] {
    let mut bytes = [0; CHECK_BYTES];
    rng.fill_bytes(&mut bytes);
    bytes
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault")
    }
}

#[cfg(test)]
mod tests;

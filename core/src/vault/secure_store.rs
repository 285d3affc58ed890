//! Where a device guards a few small secrets: what the app supplies.

use thiserror::Error;
use zeroize::Zeroizing;

/// A place for small named secrets that never leave this device: Android's Keystore, iOS's Keychain, and on computers
/// [`super::FileStore`], which guards less. The app implements it, one for each store.
///
/// Calls may take as long as the hardware does, and come from the thread that asked to unlock.
pub trait SecureStore: Send + Sync {
    /// The secret of this name; `None` if there is none.
    ///
    /// # Errors
    /// [`SecureStoreError`]; it says nothing about whether there is one.
    fn load(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, SecureStoreError>;

    /// Keeps a secret, in place of an older one of this name. Durable when it returns.
    ///
    /// # Errors
    /// [`SecureStoreError`]; the older one is still there.
    fn store(&self, name: &str, secret: &[u8]) -> Result<(), SecureStoreError>;

    /// Destroys the secret of this name for good, if there is one.
    ///
    /// # Errors
    /// [`SecureStoreError`]; it may still be there.
    fn erase(&self, name: &str) -> Result<(), SecureStoreError>;
}

/// Why a place for secrets could not be used.
#[derive(Debug, Error)]
pub enum SecureStoreError {
    /// The device itself is locked, or wants its owner's finger first. Try again after that.
    #[error("the device has to be unlocked first")]
    DeviceLocked,
    /// It failed in a way of its own.
    #[error(transparent)]
    Failed(#[from] Box<dyn std::error::Error + Send + Sync>),
}

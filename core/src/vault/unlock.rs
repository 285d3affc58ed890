//! One try to open a vault, in the only order that gives none away.

use zeroize::Zeroizing;

use super::files::{Found, Kept, KeptPin};
use super::{SECRET_BYTES, SECRET_NAMES, UnlockError, Vault, Wipe};
use crate::crypto::pin::{LockKeys, PinMeaning, Stretched, secret_check, stretch};
use crate::store::{Store, StoreKey};

/// An open vault: all that is needed to lock it differently.
pub(super) struct Entered {
    /// Nothing, if the store is from before there were vaults: then the secret is the key.
    pub(super) kept: Option<Box<Kept>>,
    pub(super) secret: Zeroizing<[u8; SECRET_BYTES]>,
    pub(super) key: Zeroizing<[u8; 32]>,
    pub(super) stretched: Option<Stretched>,
}

impl Vault {
    /// Gives out the store's key. `pin` is what the person typed, if there is a PIN; `now_ms` is in ms since 1970 and
    /// best read from a clock that the person cannot set.
    ///
    /// # Errors
    /// [`UnlockError`] says what to show and whether another try is left.
    pub fn unlock(&self, pin: Option<&str>, now_ms: u64) -> Result<StoreKey, UnlockError> {
        if !self.files.is_here()? {
            return Ok(StoreKey::from_bytes(*self.enter_bare()?.key));
        }
        let _lock = self.files.lock()?;
        Ok(StoreKey::from_bytes(*self.enter(pin, now_ms)?.key))
    }

    /// The same for who holds the lock already.
    pub(super) fn enter(&self, pin: Option<&str>, now_ms: u64) -> Result<Entered, UnlockError> {
        if self.finish_wiping()? {
            return Err(UnlockError::NoWorkspace);
        }
        let mut kept = match self.files.read()? {
            Found::Nothing => return self.enter_bare(),
            Found::Damaged => return Err(UnlockError::Damaged),
            Found::Vault(kept) => kept,
        };
        let secret = self.secret(kept.secret_name)?.ok_or(UnlockError::NoSecret)?;
        if secret_check(&secret) != kept.secret_check {
            return Err(UnlockError::OtherSecret);
        }
        let stretched = match kept.pin.clone() {
            None => None,
            Some(known) => Some(self.try_pin(&mut kept, known, &secret, pin, now_ms)?),
        };
        let key = LockKeys::derive(&secret, stretched.as_ref()).unlock(&kept.locked_key);
        let key = key.ok_or(UnlockError::Damaged)?;
        // A change of the secret that was interrupted after it had come true leaves the older one behind. It can't be
        // used for anything any more, or is the key itself; that it is still there is no reason not to open.
        drop(self.secrets.erase(name_of(kept.secret_name ^ 1)));
        Ok(Entered { kept: Some(kept), secret, key, stretched })
    }

    /// A store from before there were vaults.
    fn enter_bare(&self) -> Result<Entered, UnlockError> {
        let secret = self.secret(0)?.ok_or_else(|| match Store::is_in(self.folder()) {
            true => UnlockError::NoSecret,
            false => UnlockError::NoWorkspace,
        })?;
        Ok(Entered { kept: None, key: secret.clone(), secret, stretched: None })
    }

    fn secret(&self, name: u32) -> Result<Option<Zeroizing<[u8; SECRET_BYTES]>>, UnlockError> {
        let Some(bytes) = self.secrets.load(name_of(name))? else { return Ok(None) };
        let mut secret = Zeroizing::new([0; SECRET_BYTES]);
        if bytes.len() != SECRET_BYTES {
            return Err(UnlockError::OtherSecret);
        }
        secret.copy_from_slice(&bytes);
        Ok(Some(secret))
    }

    /// Counts a try, on the disk, and then makes it.
    fn try_pin(
        &self,
        kept: &mut Kept,
        known: KeptPin,
        secret: &[u8; SECRET_BYTES],
        typed: Option<&str>,
        now_ms: u64,
    ) -> Result<Stretched, UnlockError> {
        let cost = known.cost().ok_or(UnlockError::Damaged)?;
        let before = known.tries;
        if before.left() == 0 {
            // The last one was counted, and the process ended before it said how it went.
            return Err(self.wiped_by_failures());
        }
        let wait_ms = before.wait_ms(now_ms);
        if wait_ms > 0 {
            self.keep_tries(kept, before.seen_at(now_ms), before)?;
            return Err(UnlockError::Wait { tries_left: before.left(), wait_ms });
        }
        let typed = typed.ok_or(UnlockError::PinNeeded { tries_left: before.left() })?;
        let counted = before.and_one(now_ms);
        self.keep_tries(kept, counted, before)?;
        let stretched = match stretch(typed, &known.salt, cost) {
            Ok(stretched) => stretched,
            Err(no_memory) => {
                self.keep_tries(kept, before, counted)?;
                return Err(no_memory.into());
            }
        };
        match LockKeys::derive(secret, Some(&stretched)).meaning(&known.opens, &known.destroys) {
            PinMeaning::Opens => {
                // If the disk does not take it, the next right PIN will set the count back.
                drop(self.keep_tries(kept, Default::default(), counted));
                Ok(stretched)
            }
            PinMeaning::Destroys => {
                drop(self.wipe_now(Wipe { keep_letters: true }));
                Err(UnlockError::NoWorkspace)
            }
            PinMeaning::Wrong if counted.left() == 0 => Err(self.wiped_by_failures()),
            PinMeaning::Wrong => Err(UnlockError::WrongPin {
                tries_left: counted.left(),
                wait_ms: counted.wait_ms(now_ms),
            }),
        }
    }

    fn keep_tries(
        &self,
        kept: &mut Kept,
        tries: super::tries::Tries,
        before: super::tries::Tries,
    ) -> Result<(), UnlockError> {
        let Some(pin) = kept.pin.as_mut().filter(|_| tries != before) else { return Ok(()) };
        pin.tries = tries;
        Ok(self.files.write(kept)?)
    }

    /// What could not be removed now is removed at the next opening; the person is told the same.
    fn wiped_by_failures(&self) -> UnlockError {
        drop(self.wipe_now(Wipe { keep_letters: true }));
        UnlockError::Wiped
    }
}

/// The name of the secret that a vault's file speaks of.
pub(super) fn name_of(secret_name: u32) -> &'static str {
    SECRET_NAMES[usize::from(secret_name % 2 == 1)]
}

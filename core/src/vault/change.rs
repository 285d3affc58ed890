//! Locking an open vault differently: another PIN, none, one that erases, another secret.
//!
//! The database and its key stay as they are; only how the key is locked changes, by one rename. Whatever interrupts
//! it, either the older way opens or the newer.

use rand_core::CryptoRng;

use super::unlock::{Entered, name_of};
use super::{ChangeError, Cost, Pin, SECRET_NAMES, Vault, draw, locked_anew, random};
use crate::crypto::pin::{LockKeys, stretch};

impl Vault {
    /// Sets, changes or (with `None`) removes the PIN. `present` is the one that opens today. With the PIN, the one
    /// that erases goes too. `cost` counts when a PIN is set where there was none.
    ///
    /// # Errors
    /// [`ChangeError`]; a wrong `present` counts as a try.
    pub fn set_pin(
        &self,
        present: Option<&str>,
        pin: Option<&Pin>,
        cost: Cost,
        now_ms: u64,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), ChangeError> {
        let _lock = self.files.lock()?;
        let entered = self.enter(present, now_ms)?;
        match (&entered.kept, pin) {
            (None, _) => self.lock_bare(&entered, pin.map(|pin| (pin, cost)), rng),
            (Some(kept), Some(pin)) if kept.pin.is_some() => self.replace_pin(entered, pin, rng),
            (Some(kept), _) => {
                let pin = pin.map(|pin| (pin, cost));
                let kept = locked_anew(kept.secret_name, &entered.secret, &entered.key, pin, rng)?;
                Ok(self.files.write(&kept)?)
            }
        }
    }

    /// Sets or removes the PIN that opens nothing and erases everything but the sealed letters. Afterwards the device
    /// looks as if it had never been used.
    ///
    /// # Errors
    /// [`ChangeError`]; a wrong `present` counts as a try.
    pub fn set_erasing_pin(
        &self,
        present: &str,
        erasing: Option<&Pin>,
        now_ms: u64,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), ChangeError> {
        let _lock = self.files.lock()?;
        let entered = self.enter(Some(present), now_ms)?;
        let mut kept = entered.kept.ok_or(ChangeError::NoPin)?;
        let known = kept.pin.as_mut().ok_or(ChangeError::NoPin)?;
        let cost = known.cost().ok_or(ChangeError::NoPin)?;
        known.destroys = match erasing {
            None => random(rng),
            Some(erasing) => {
                let stretched = stretch(erasing.as_str(), &known.salt, cost)?;
                let keys = LockKeys::derive(&entered.secret, Some(&stretched));
                if keys.opens() == known.opens {
                    return Err(ChangeError::SamePin);
                }
                keys.destroys()
            }
        };
        Ok(self.files.write(&kept)?)
    }

    /// Puts a new secret into the secure store and destroys the older one. A PIN that erases has to be set again: what
    /// recognised it needed the older secret.
    ///
    /// # Errors
    /// [`ChangeError`]; a wrong `present` counts as a try.
    pub fn renew_secret(
        &self,
        present: Option<&str>,
        now_ms: u64,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), ChangeError> {
        let _lock = self.files.lock()?;
        let entered = self.enter(present, now_ms)?;
        let Some(mut kept) = entered.kept else { return self.lock_bare(&entered, None, rng) };
        let secret = draw(rng);
        let keys = LockKeys::derive(&secret, entered.stretched.as_ref());
        let older = kept.secret_name;
        kept.secret_name = older ^ 1;
        kept.secret_check = crate::crypto::pin::secret_check(&secret);
        kept.locked_key = keys.lock(&entered.key, rng);
        if let Some(pin) = kept.pin.as_mut() {
            pin.opens = keys.opens();
            pin.destroys = random(rng);
        }
        self.secrets.store(name_of(kept.secret_name), secret.as_slice())?;
        self.files.write(&kept)?;
        Ok(self.secrets.erase(name_of(older))?)
    }

    /// Salt and cost stay, so that the PIN that erases is still recognised.
    fn replace_pin(
        &self,
        entered: Entered,
        pin: &Pin,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), ChangeError> {
        let mut kept = entered.kept.ok_or(ChangeError::NoPin)?;
        let known = kept.pin.as_mut().ok_or(ChangeError::NoPin)?;
        let cost = known.cost().ok_or(ChangeError::NoPin)?;
        let stretched = stretch(pin.as_str(), &known.salt, cost)?;
        let keys = LockKeys::derive(&entered.secret, Some(&stretched));
        if keys.destroys() == known.destroys {
            return Err(ChangeError::SamePin);
        }
        known.opens = keys.opens();
        kept.locked_key = keys.lock(&entered.key, rng);
        Ok(self.files.write(&kept)?)
    }

    /// A store from before there were vaults gets one. Its secret was the key itself; it is replaced by another.
    fn lock_bare(
        &self,
        entered: &Entered,
        pin: Option<(&Pin, Cost)>,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), ChangeError> {
        let secret = draw(rng);
        let kept = locked_anew(1, &secret, &entered.key, pin, rng)?;
        self.secrets.store(SECRET_NAMES[1], secret.as_slice())?;
        self.files.write(&kept)?;
        Ok(self.secrets.erase(SECRET_NAMES[0])?)
    }
}

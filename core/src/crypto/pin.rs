//! The key that locks a store's key: from a secret that the hardware guards and, if there is one, a PIN.
//!
//! A PIN is short, so it is stretched with Argon2id; the hardware's secret is not short, so a PIN can only be tried
//! where that secret is. Two PINs may be known, one that opens and one that destroys. Both are told from a wrong one by
//! one stretching and two comparisons that always happen, so that the time taken doesn't say which it was. Nothing
//! here counts tries or knows of files.

use super::{domain, labelled};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use chacha20poly1305::{AeadInOut, KeyInit, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use rand_core::CryptoRng;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// Bytes of the salt that a PIN is stretched with.
pub const SALT_BYTES: usize = 16;
/// Bytes of what recognises a secret or a PIN.
pub const CHECK_BYTES: usize = 16;
/// Bytes of a locked key: a nonce, the key, the cipher's tag.
pub const LOCKED_KEY_BYTES: usize = NONCE_BYTES + 48;
const NONCE_BYTES: usize = 24;

/// What one try of a PIN costs whoever tries, as Argon2id counts it, in one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    memory_kib: u32,
    passes: u32,
}

impl Cost {
    /// 64 MiB, three passes: 0.1 to 0.4 s on a phone.
    pub const USUAL: Self = Self { memory_kib: 64 * 1024, passes: 3 };
    /// 19 MiB, two passes: the least that OWASP's password storage sheet accepts. Nothing below it is used.
    pub const LEAST: Self = Self { memory_kib: 19 * 1024, passes: 2 };
    /// The most that a file may ask for: one that was tampered with must not exhaust the phone.
    const MOST: Self = Self { memory_kib: 512 * 1024, passes: 32 };

    /// A cost within the limits; `None` outside them.
    #[must_use]
    pub fn new(memory_kib: u32, passes: u32) -> Option<Self> {
        let is_allowed = (Self::LEAST.memory_kib..=Self::MOST.memory_kib).contains(&memory_kib)
            && (Self::LEAST.passes..=Self::MOST.passes).contains(&passes);
        is_allowed.then_some(Self { memory_kib, passes })
    }

    /// The usual cost, or on a device with little memory free a quarter of that, with more passes, so that a try
    /// takes as long.
    #[must_use]
    pub fn for_memory(free_bytes: u64) -> Self {
        let quarter_kib = u32::try_from(free_bytes / 4 / 1024).unwrap_or(u32::MAX);
        let memory_kib = quarter_kib.clamp(Self::LEAST.memory_kib, Self::USUAL.memory_kib);
        let work = Self::USUAL.memory_kib * Self::USUAL.passes;
        Self { memory_kib, passes: work.div_ceil(memory_kib) }
    }

    /// KiB of memory.
    #[must_use]
    pub fn memory_kib(self) -> u32 {
        self.memory_kib
    }

    /// Passes over it.
    #[must_use]
    pub fn passes(self) -> u32 {
        self.passes
    }
}

/// There is not enough memory for a PIN to be tried now. Close something else and try again.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("there is not enough free memory to check a PIN")]
pub struct NoMemory;

/// A PIN, stretched.
pub struct Stretched(Zeroizing<[u8; 32]>);

/// Stretches a PIN. How it was typed (composed or not, full width or not) makes no difference.
///
/// # Errors
/// [`NoMemory`]; nothing was tried.
pub fn stretch(pin: &str, salt: &[u8; SALT_BYTES], cost: Cost) -> Result<Stretched, NoMemory> {
    let mut typed = Zeroizing::new(String::with_capacity(4 * pin.len() + 64));
    typed.extend(pin.nfkc());
    let params = Params::new(cost.memory_kib, cost.passes, 1, Some(32))
        .expect("the cost is within Argon2's limits");
    let mut blocks = Zeroizing::new(Vec::new());
    blocks.try_reserve_exact(params.block_count()).map_err(|_| NoMemory)?;
    blocks.resize(params.block_count(), Block::new());
    let mut stretched = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(
            typed.as_bytes(),
            salt,
            stretched.as_mut_slice(),
            blocks.as_mut_slice(),
        )
        .expect("salt, output and memory have the lengths that were asked for");
    Ok(Stretched(stretched))
}

/// What one secret, with or without a PIN, locks and recognises.
pub struct LockKeys {
    key: Zeroizing<[u8; 32]>,
    opens: [u8; CHECK_BYTES],
    destroys: [u8; CHECK_BYTES],
}

/// What a PIN turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinMeaning {
    /// It opens.
    Opens,
    /// It destroys.
    Destroys,
    /// It is neither.
    Wrong,
}

impl LockKeys {
    /// The keys of a secret and a stretched PIN; of the secret alone if there is no PIN.
    #[must_use]
    pub fn derive(secret: &[u8; 32], pin: Option<&Stretched>) -> Self {
        let mut material = Zeroizing::new([0; 64]);
        material[..32].copy_from_slice(secret);
        if let Some(Stretched(pin)) = pin {
            material[32..].copy_from_slice(pin.as_slice());
        }
        let material = if pin.is_some() { &material[..] } else { &material[..32] };
        let source = Hkdf::<Sha256>::new(None, material);
        let mut keys = Self { key: Zeroizing::default(), opens: [0; 16], destroys: [0; 16] };
        let outputs: [(&str, &mut [u8]); 3] = [
            (domain::STORE_LOCK, keys.key.as_mut_slice()),
            (domain::PIN_OPENS, &mut keys.opens),
            (domain::PIN_DESTROYS, &mut keys.destroys),
        ];
        for (domain, output) in outputs {
            source.expand(&labelled(domain, &[]), output).expect("HKDF gives 32 bytes and more");
        }
        keys
    }

    /// What recognises this PIN as the one that opens.
    #[must_use]
    pub fn opens(&self) -> [u8; CHECK_BYTES] {
        self.opens
    }

    /// What recognises this PIN as the one that destroys.
    #[must_use]
    pub fn destroys(&self) -> [u8; CHECK_BYTES] {
        self.destroys
    }

    /// Which of the two known PINs this one is. Both are compared, whole, whatever comes out.
    #[must_use]
    pub fn meaning(&self, opens: &[u8; CHECK_BYTES], destroys: &[u8; CHECK_BYTES]) -> PinMeaning {
        let does_open = self.opens.ct_eq(opens);
        let does_destroy = self.destroys.ct_eq(destroys);
        match (bool::from(does_open), bool::from(does_destroy)) {
            (_, true) => PinMeaning::Destroys,
            (true, false) => PinMeaning::Opens,
            (false, false) => PinMeaning::Wrong,
        }
    }

    /// Locks a store's key.
    #[must_use]
    pub fn lock(&self, key: &[u8; 32], rng: &mut dyn CryptoRng) -> [u8; LOCKED_KEY_BYTES] {
        let mut nonce = [0; NONCE_BYTES];
        rng.fill_bytes(&mut nonce);
        let mut text = Zeroizing::new(Vec::with_capacity(48));
        text.extend_from_slice(key);
        self.cipher()
            .encrypt_in_place(&nonce.into(), &labelled(domain::STORE_LOCK, &[]), &mut *text)
            .expect("a key is far shorter than the cipher's limit");
        let mut locked = [0; LOCKED_KEY_BYTES];
        locked[..NONCE_BYTES].copy_from_slice(&nonce);
        locked[NONCE_BYTES..].copy_from_slice(&text);
        locked
    }

    /// Unlocks a store's key; `None` if it was locked with others or altered.
    #[must_use]
    pub fn unlock(&self, locked: &[u8; LOCKED_KEY_BYTES]) -> Option<Zeroizing<[u8; 32]>> {
        let (nonce, text) = locked.split_first_chunk::<NONCE_BYTES>()?;
        let mut text = Zeroizing::new(text.to_vec());
        let aad = labelled(domain::STORE_LOCK, &[]);
        self.cipher().decrypt_in_place(&XNonce::from(*nonce), &aad, &mut *text).ok()?;
        let mut key = Zeroizing::new([0; 32]);
        (text.len() == key.len()).then(|| key.copy_from_slice(&text))?;
        Some(key)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.key).into())
    }
}

/// What recognises a secret, so that another one's failure is not taken for a wrong PIN.
#[must_use]
pub fn secret_check(secret: &[u8; 32]) -> [u8; CHECK_BYTES] {
    let mut check = [0; CHECK_BYTES];
    Hkdf::<Sha256>::new(None, secret)
        .expand(&labelled(domain::SECRET_CHECK, &[]), &mut check)
        .expect("HKDF gives 32 bytes and more");
    check
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::crypto::chance::SeededChance;

    const SALT: [u8; SALT_BYTES] = [3; SALT_BYTES];

    fn keys(secret: u8, pin: &str) -> LockKeys {
        let stretched = stretch(pin, &SALT, Cost::LEAST).unwrap();
        LockKeys::derive(&[secret; 32], Some(&stretched))
    }

    #[test]
    fn only_the_same_secret_and_the_same_pin_unlock() {
        let locked = keys(1, "204816").lock(&[9; 32], &mut SeededChance::new(1));
        assert_eq!(*keys(1, "204816").unlock(&locked).unwrap(), [9; 32]);
        assert!(keys(1, "204817").unlock(&locked).is_none());
        assert!(keys(2, "204816").unlock(&locked).is_none());
        assert!(LockKeys::derive(&[1; 32], None).unlock(&locked).is_none());
        let mut altered = locked;
        altered[40] ^= 1;
        assert!(keys(1, "204816").unlock(&altered).is_none());
    }

    #[test]
    fn a_pin_opens_or_destroys_or_is_wrong() {
        let (opens, destroys) = (keys(1, "204816"), keys(1, "777123"));
        let meaning = |pin| keys(1, pin).meaning(&opens.opens(), &destroys.destroys());
        assert_eq!(meaning("204816"), PinMeaning::Opens);
        assert_eq!(meaning("777123"), PinMeaning::Destroys);
        assert_eq!(meaning("000001"), PinMeaning::Wrong);
    }

    #[test]
    fn a_passphrase_is_the_same_on_every_keyboard() {
        let key = |pin: &str| *stretch(pin, &SALT, Cost::LEAST).unwrap().0;
        assert_eq!(key("Şuşa qış"), key("S\u{327}us\u{327}a qıs\u{327}"));
        assert_eq!(key("204816"), key("２０４８１６"));
        assert_ne!(key("Şuşa qış"), key("Susa qis"));
    }

    #[test]
    fn a_try_costs_as_much_with_little_memory_and_never_less_than_the_floor() {
        assert_eq!(Cost::for_memory(4 << 30), Cost::USUAL);
        assert_eq!(Cost::for_memory(0), Cost { memory_kib: 19 * 1024, passes: 11 });
        assert_eq!(Cost::for_memory(128 << 20), Cost { memory_kib: 32 * 1024, passes: 6 });
        assert_eq!(Cost::new(19 * 1024, 1), None);
        assert_eq!(Cost::new(19 * 1024 - 1, 3), None);
        assert_eq!(Cost::new(64 * 1024 * 1024, 3), None);
        assert_eq!(Cost::new(64 * 1024, 3), Some(Cost::USUAL));
    }
}

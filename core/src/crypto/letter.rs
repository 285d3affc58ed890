//! The key of one letter, and the chance that it is drawn from.
//!
//! A letter is sealed while there is no network and no time to ask for anything, under one random key that
//! is wrapped to each who may open it. An entry's nonce is derived from its content: a store that was
//! copied, and so draws the same key twice, still never seals two different things under one nonce. What
//! is drawn comes from a seed that the store keeps and that moves on with each use, so that nobody who
//! takes the store later can draw the keys of letters that were written before.

use super::{domain, labelled};
use chacha20poly1305::{AeadInOut, KeyInit, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use rand_chacha::ChaCha20Rng;
use rand_core::{CryptoRng, SeedableRng};
use sha2::Sha256;
use zeroize::Zeroizing;

const NONCE_BYTES: usize = 24;
/// What the cipher adds to an entry: nonce and tag.
pub const ENTRY_OVERHEAD: usize = NONCE_BYTES + 16;
/// Bytes by which a store recognises, in a letter that it cannot open, what it wrote there, and that it is whole.
pub const MARK_BYTES: usize = 16;
/// Bytes of a mark that say which change it is; the others say that the entry is whole.
const NAME_BYTES: usize = 8;

/// The key of one letter.
#[derive(Clone)]
pub struct LetterKey(Zeroizing<[u8; 32]>);

impl LetterKey {
    /// A new key.
    #[must_use]
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rng.fill_bytes(bytes.as_mut_slice());
        Self(bytes)
    }

    /// The key of exactly these bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    /// The bytes, to be wrapped or kept in the encrypted store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Seals an entry at its place in the letter: a nonce that follows from key and content, and the text.
    #[must_use]
    pub fn seal(&self, place: &[u8], plain: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE_BYTES];
        let nonce_key = derived(self.0.as_slice(), domain::LETTER_NONCE);
        Hkdf::<Sha256>::new(Some(nonce_key.as_slice()), plain)
            .expand(place, &mut nonce)
            .expect("HKDF gives 24 bytes and more");
        let mut sealed = Vec::with_capacity(plain.len() + ENTRY_OVERHEAD);
        sealed.extend_from_slice(plain);
        self.cipher()
            .encrypt_in_place(&nonce.into(), &labelled(domain::LETTER_AAD, &[place]), &mut sealed)
            .expect("an entry is far shorter than the cipher's limit");
        sealed.splice(0..0, nonce);
        sealed
    }

    /// Opens an entry that was sealed at this place; `None` if it was not, or was altered.
    #[must_use]
    pub fn open(&self, place: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let mut text = text.to_vec();
        self.cipher()
            .decrypt_in_place(
                &XNonce::from(*nonce),
                &labelled(domain::LETTER_AAD, &[place]),
                &mut text,
            )
            .ok()?;
        Some(text)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        let key = derived(self.0.as_slice(), domain::LETTER_CIPHER);
        XChaCha20Poly1305::new((&*key).into())
    }
}

/// A seed that moves on: gives what to keep instead of it, and chance for one use.
#[must_use]
pub fn move_on(seed: &[u8; 32]) -> (Zeroizing<[u8; 32]>, ChaCha20Rng) {
    let stream = derived(seed, domain::CHANCE_STREAM);
    (derived(seed, domain::CHANCE_NEXT), ChaCha20Rng::from_seed(*stream))
}

/// The first seed of a store that was made before there were letters: from the device's own secrets.
#[must_use]
pub fn first_seed(secrets: &super::DeviceSecrets) -> Zeroizing<[u8; 32]> {
    derived(&*secrets.to_bytes(), domain::CHANCE_FIRST)
}

/// The key of a store's marks.
#[derive(Clone)]
pub struct MarkKey(Zeroizing<[u8; 32]>);

/// What a mark says of a change, if it is right.
pub type MarkName = [u8; NAME_BYTES];

impl MarkKey {
    /// The key of exactly these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// By which name a change is marked. It says nothing to who does not hold this key.
    #[must_use]
    pub fn name(&self, change: &[u8; 32]) -> MarkName {
        self.keyed(domain::LETTER_MARK, change)
    }

    /// The mark of a change's sealed entry.
    #[must_use]
    pub fn mark(&self, change: &[u8; 32], sealed: &[u8]) -> [u8; MARK_BYTES] {
        let mut mark = [0; MARK_BYTES];
        mark[..NAME_BYTES].copy_from_slice(&self.name(change));
        mark[NAME_BYTES..].copy_from_slice(&self.keyed(domain::LETTER_CHECK, sealed));
        mark
    }

    /// The name in a mark, if the entry behind it is as it was written.
    #[must_use]
    pub fn read(&self, mark: &[u8], sealed: &[u8]) -> Option<MarkName> {
        let (name, check) = mark.split_first_chunk::<NAME_BYTES>()?;
        (check == self.keyed(domain::LETTER_CHECK, sealed)).then_some(*name)
    }

    fn keyed(&self, domain: &str, of: &[u8]) -> [u8; NAME_BYTES] {
        let mut out = [0; NAME_BYTES];
        Hkdf::<Sha256>::new(Some(self.0.as_slice()), of)
            .expand(&labelled(domain, &[]), &mut out)
            .expect("HKDF gives 8 bytes and more");
        out
    }
}

fn derived(from: &[u8], domain: &str) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, from)
        .expand(&labelled(domain, &[]), key.as_mut_slice())
        .expect("HKDF gives 32 bytes and more");
    key
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::crypto::chance::SeededChance;

    #[test]
    fn an_entry_opens_at_its_place_under_its_key_and_nowhere_else() {
        let key = LetterKey::generate(&mut SeededChance::new(1));
        let sealed = key.seal(b"first", b"what was saved");
        assert_eq!(key.open(b"first", &sealed).unwrap(), b"what was saved");
        assert_eq!(key.open(b"second", &sealed), None);
        assert_eq!(LetterKey::generate(&mut SeededChance::new(2)).open(b"first", &sealed), None);
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert_eq!(key.open(b"first", &altered), None, "byte {at}");
        }
    }

    #[test]
    fn two_copies_of_a_store_never_use_one_nonce_for_two_things() {
        let key = LetterKey::generate(&mut SeededChance::new(1));
        let (one, other) =
            (key.seal(b"first", b"by one copy"), key.seal(b"first", b"by the other"));
        assert_ne!(one[..NONCE_BYTES], other[..NONCE_BYTES]);
        assert_ne!(one[..NONCE_BYTES], key.seal(b"second", b"by one copy")[..NONCE_BYTES]);
    }

    #[test]
    fn a_mark_names_its_change_only_while_its_entry_is_whole() {
        let (key, other) = (MarkKey::from_bytes([1; 32]), MarkKey::from_bytes([2; 32]));
        let mark = key.mark(&[3; 32], b"sealed");
        assert_eq!(key.read(&mark, b"sealed"), Some(key.name(&[3; 32])));
        assert_eq!(key.read(&mark, b"torn"), None);
        assert_eq!(other.read(&mark, b"sealed"), None);
        assert_ne!(key.name(&[3; 32]), other.name(&[3; 32]));
    }

    #[test]
    fn a_seed_that_has_moved_on_does_not_give_what_it_gave_before() {
        let (next, mut chance) = move_on(&[7; 32]);
        let (again, mut same) = move_on(&[7; 32]);
        let (after, mut later) = move_on(&next);
        let draw = |chance: &mut ChaCha20Rng| LetterKey::generate(chance).as_bytes().to_owned();
        assert_eq!((&next, draw(&mut chance)), (&again, draw(&mut same)));
        assert_ne!(*next, *after);
        assert_ne!(draw(&mut chance), draw(&mut later));
    }
}

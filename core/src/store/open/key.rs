//! The key of the store, and how a store recognises it.

use kahriz_proto::hash::hash_short;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Names the one purpose of the check value, so that it says nothing about the key as used by the cipher.
const CHECK_DOMAIN: &str = "kahriz/v1/store-check";

/// The 256-bit key that the database is encrypted with. It is wiped from memory when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct StoreKey([u8; 32]);

impl StoreKey {
    /// The key with these bytes. They must come from a random source or a key derivation: the cipher stretches
    /// nothing.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A one-way value by which a store tells this key from others.
    pub(super) fn check(&self) -> [u8; 16] {
        hash_short(CHECK_DOMAIN, &[&self.0])
    }

    /// The statement that unlocks a connection. SQLCipher takes a key of this form as it is.
    pub(super) fn pragma(&self) -> Zeroizing<String> {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        // Reserved in full: growing would leave copies of the key behind.
        let mut sql = Zeroizing::new(String::with_capacity(96));
        sql.push_str("PRAGMA key = \"x'");
        for byte in &self.0 {
            sql.push(char::from(DIGITS[usize::from(byte >> 4)]));
            sql.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        sql.push_str("'\";");
        sql
    }
}

impl std::fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoreKey(..)")
    }
}

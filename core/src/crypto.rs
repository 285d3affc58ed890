//! Suite 1: every secret of a device and everything that is done with one.
//!
//! Signing, sealing frames, wrapping keys and signing tokens stand behind this one small module, so
//! that nothing above it names an algorithm. It is pure: no clock, no file, no entropy of its own
//! (randomness comes in as `rng`). There is no negotiation; another choice of algorithms would be
//! another suite. What a frame looks like from outside is `kahriz_proto`'s to say.
//!
//! | purpose | what |
//! |---|---|
//! | signatures | Ed25519 (RFC 8032), verified strictly |
//! | key wrap | HPKE base mode (RFC 9180), X-Wing, HKDF-SHA256, ChaCha20-Poly1305 |
//! | letters | XChaCha20-Poly1305 under one key per letter, wrapped as above, nonces from the content |
//! | frames | XChaCha20-Poly1305 under a key of its own per frame, with a key commitment |
//! | tokens | JWS compact form, `EdDSA` |
//! | recovery | Shamir's scheme in GF(256), some shares of several |
//! | a store's key | XChaCha20-Poly1305 under HKDF of the hardware's secret and Argon2id of the PIN |

pub mod keys;
pub mod letter;
pub mod pin;
pub mod seal;
pub mod shares;
pub mod token;
pub mod wrap;

pub use keys::{DeviceSecrets, EpochKey, SigningSecret, WrapSecret};
pub use letter::{LetterKey, MarkKey};
pub use seal::{OpenError, SealError, open, seal};
pub use shares::{CombineError, NotAShare, Quorum, RecoveryKeys, Share};
pub use token::token;
pub use wrap::{
    UnwrapError, WrapContext, WrapError, open_previous, open_sealed, seal_previous, seal_to,
    unwrap_key, wrap_key,
};

/// The ASCII strings that begin each input of this suite's key derivations and ciphers.
pub mod domain {
    /// Derives the key of one frame.
    pub const FRAME_KEY: &str = "kahriz/v1/frame-key";
    /// Derives the nonce of one frame.
    pub const FRAME_NONCE: &str = "kahriz/v1/frame-nonce";
    /// Derives what a frame says about the key that opens it.
    pub const FRAME_COMMITMENT: &str = "kahriz/v1/frame-commitment";
    /// What is authenticated beside a frame's body.
    pub const FRAME_AAD: &str = "kahriz/v1/frame-aad";
    /// An epoch key, wrapped to a device or to recovery.
    pub const EPOCH_WRAP: &str = "kahriz/v1/epoch-wrap";
    /// Derives the key under which the epoch key before is sealed.
    pub const PREVIOUS_KEY: &str = "kahriz/v1/previous-key";
    /// What is authenticated beside the sealed epoch key before.
    pub const PREVIOUS_AAD: &str = "kahriz/v1/previous-aad";
    /// What the roster says about an epoch's key.
    pub const EPOCH_COMMITMENT: &str = "kahriz/v1/epoch-commitment";
    /// Who asks to join, sealed to headquarters.
    pub const JOIN_PROFILE: &str = "kahriz/v1/join-profile";
    /// The key of a letter, wrapped to headquarters or to recovery.
    pub const LETTER_KEY: &str = "kahriz/v1/letter-key";
    /// Derives the cipher's key of a letter.
    pub const LETTER_CIPHER: &str = "kahriz/v1/letter-cipher";
    /// Derives the key from which a letter's nonces are derived.
    pub const LETTER_NONCE: &str = "kahriz/v1/letter-nonce";
    /// What is authenticated beside a letter's entry.
    pub const LETTER_AAD: &str = "kahriz/v1/letter-aad";
    /// Derives the mark by which a store knows its own entry again.
    pub const LETTER_MARK: &str = "kahriz/v1/letter-mark";
    /// Derives the mark by which a store knows its own entry to be whole.
    pub const LETTER_CHECK: &str = "kahriz/v1/letter-check";
    /// What a device signs of one saved change.
    pub const STATEMENT: &str = "kahriz/v1/statement";
    /// Derives the first seed of a store that has none.
    pub const CHANCE_FIRST: &str = "kahriz/v1/chance-first";
    /// Derives the seed that is kept instead of one that was used.
    pub const CHANCE_NEXT: &str = "kahriz/v1/chance-next";
    /// Derives the chance that a seed gives.
    pub const CHANCE_STREAM: &str = "kahriz/v1/chance-stream";
    /// What people and scopes are called, sealed to recovery beside a roster.
    pub const ROSTER_NAMES: &str = "kahriz/v1/roster-names";
    /// Derives the key that a store's key is locked with, and is authenticated beside it.
    pub const STORE_LOCK: &str = "kahriz/v1/store-lock";
    /// Derives what recognises the PIN that opens.
    pub const PIN_OPENS: &str = "kahriz/v1/pin-opens";
    /// Derives what recognises the PIN that destroys.
    pub const PIN_DESTROYS: &str = "kahriz/v1/pin-destroys";
    /// Derives what recognises the hardware's secret.
    pub const SECRET_CHECK: &str = "kahriz/v1/secret-check";
}

/// The domain string, a zero byte and the parts, one after another. At most one part may be of
/// variable length, the last.
fn labelled(domain: &str, parts: &[&[u8]]) -> Vec<u8> {
    [&[domain.as_bytes(), &[0]], parts].concat().concat()
}

#[cfg(test)]
pub(crate) mod chance;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;

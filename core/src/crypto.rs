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
//! | frames | XChaCha20-Poly1305 under a key of its own per frame, with a key commitment |
//! | tokens | JWS compact form, `EdDSA` |
//! | a store's key | XChaCha20-Poly1305 under HKDF of the hardware's secret and Argon2id of the PIN |

pub mod keys;
pub mod pin;
pub mod seal;
pub mod token;
pub mod wrap;

pub use keys::{DeviceSecrets, EpochKey, SigningSecret, WrapSecret};
pub use seal::{OpenError, SealError, open, seal};
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
    /// Who asks to join, sealed to headquarters.
    pub const JOIN_PROFILE: &str = "kahriz/v1/join-profile";
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

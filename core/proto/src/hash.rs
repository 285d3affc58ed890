//! Hashing with a name in front.
//!
//! Every hash and every signed message in Kahriz begins with its own ASCII domain string and a zero
//! byte, so that bytes made for one purpose can never be taken for another.

use sha2::{Digest, Sha256};

/// The domain strings of protocol version 1, one for each purpose.
pub mod domain {
    /// The id of a workspace, from its root public key.
    pub const WORKSPACE: &str = "kahriz/v1/workspace";
    /// The id of a device (or of an invite), from its signing public key.
    pub const DEVICE: &str = "kahriz/v1/device";
    /// The audience of the tokens that the root signs, from its public key.
    pub const ROOT_AUDIENCE: &str = "kahriz/v1/root-audience";
    /// The id of a log, from device, scope and generation.
    pub const LOG: &str = "kahriz/v1/log";
    /// The id of a record, from its creator's log and a counter.
    pub const RECORD: &str = "kahriz/v1/record";
    /// What a frame's key is bound to: its preamble.
    pub const FRAME_CONTEXT: &str = "kahriz/v1/frame-context";
    /// The hash by which a frame is known and chained.
    pub const FRAME: &str = "kahriz/v1/frame";
    /// The hash of a frame's sealed body.
    pub const FRAME_BODY: &str = "kahriz/v1/frame-body";
    /// The message that a frame's signature covers.
    pub const FRAME_SIGNATURE: &str = "kahriz/v1/frame-signature";
    /// The rolling hash of a cursor.
    pub const CURSOR: &str = "kahriz/v1/cursor";
    /// The hash by which a roster entry is known and chained.
    pub const ROSTER: &str = "kahriz/v1/roster";
    /// The message that a roster entry's signature covers.
    pub const ROSTER_SIGNATURE: &str = "kahriz/v1/roster-signature";
    /// The message that both signatures of a join cover.
    pub const JOIN: &str = "kahriz/v1/join";
    /// The message with which a device certifies the key that deposits its letters.
    pub const DEPOSIT_KEY: &str = "kahriz/v1/deposit-key";
    /// The message that a deposit's signature covers.
    pub const DEPOSIT: &str = "kahriz/v1/deposit";
    /// The short tag of a partly transferred frame.
    pub const PARTIAL: &str = "kahriz/v1/partial";
    /// The checksum of a bundle's record.
    pub const BUNDLE: &str = "kahriz/v1/bundle";
    /// The digest of the heads of a range of logs.
    pub const REPAIR: &str = "kahriz/v1/repair";
}

/// SHA-256 over the domain string, a zero byte and the parts, one after another.
///
/// The parts are not length-prefixed: give at most one part of variable length, as the last one.
#[must_use]
pub fn hash(domain: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut state = Sha256::new();
    state.update(domain.as_bytes());
    state.update([0]);
    for part in parts {
        state.update(part);
    }
    state.finalize().into()
}

/// The first `N` bytes of [`hash`], `N` at most 32.
#[must_use]
pub fn hash_short<const N: usize>(domain: &str, parts: &[&[u8]]) -> [u8; N] {
    let full = hash(domain, parts);
    let mut short = [0; N];
    short.copy_from_slice(&full[..N]);
    short
}

/// The bytes that are signed for `domain`: the domain string, a zero byte, and the message.
#[must_use]
pub fn signed_bytes(domain: &str, message: &[u8]) -> Vec<u8> {
    [domain.as_bytes(), &[0], message].concat()
}

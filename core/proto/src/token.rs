//! The names that a device's token uses.
//!
//! Each request carries one JWT (RFC 7519) that the device signs itself with Ed25519 (`EdDSA`,
//! RFC 8037); no log-in comes before it and nothing is stored that could be stolen. The names are
//! short on purpose: the whole token is about 300 bytes of an idle sync's 700.

/// The only algorithm that is ever accepted.
pub const ALGORITHM: &str = "EdDSA";

/// Bytes of the SHA-256 of a request's control part that the claim `sha` carries.
pub const CONTROL_HASH_BYTES: usize = 16;

/// Bytes of the random `jti`.
pub const TOKEN_ID_BYTES: usize = 8;

/// The SHA-256 of a request's control part (empty for requests without one), shortened to what the
/// claim `sha` carries (as base64url without padding, like every binary claim here).
#[must_use]
pub fn control_hash(control: &[u8]) -> [u8; CONTROL_HASH_BYTES] {
    crate::hash::hash_short("kahriz/v1/control", &[control])
}

//! Made-up organisations, and the suite that every storage backend must pass.
//!
//! For tests only (feature `testing`): the keys follow from small numbers.

mod author;
pub mod conformance;

pub use author::{Chain, Device, Organisation, token_for};

use crate::auth::Unverified;
use kahriz_proto::ids::{RelayId, SigningPublic};

/// Whether a relay would believe a token that says `key` signed it, at a time in seconds since 1970. For whoever
/// feeds it with texts that nobody signed.
#[must_use]
pub fn believes(token: &str, key: &SigningPublic, relay: RelayId, now: u64) -> bool {
    Unverified::read(token).is_ok_and(|token| token.verify(key, relay, now).is_ok())
}

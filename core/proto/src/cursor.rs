//! A cursor: how far one device has read one scope's log at one relay.
//!
//! It is (incarnation, position, rolling hash at that position). The hash lets both sides notice that
//! a relay was restored, replaced or forked, at no cost in the common case: the relay compares sixteen
//! bytes, and only on a mismatch does the reading start again.

use crate::hash::{domain, hash_short};
use crate::ids::{FrameHash, Incarnation, ScopeId};
use minicbor::{Decode, Encode};

/// A position in one scope's log at a relay: 0 is before the first frame, and each accepted frame
/// takes the next one.
pub type Position = u64;

/// The rolling hash over the frames of a scope up to a position, shortened to 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(transparent)]
pub struct Rolling(#[cbor(with = "minicbor::bytes")] pub [u8; 16]);

impl Rolling {
    /// The rolling hash after one more frame.
    #[must_use]
    pub fn then(self, frame: &FrameHash) -> Self {
        Self(hash_short(domain::CURSOR, &[&self.0, frame.as_bytes()]))
    }
}

/// How far a device has read one scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Cursor {
    /// The scope that was read.
    #[n(0)]
    pub scope: ScopeId,
    /// The relay store that the position belongs to.
    #[n(1)]
    pub incarnation: Incarnation,
    /// The last position that was staged on disk.
    #[n(2)]
    pub position: Position,
    /// The rolling hash at that position.
    #[n(3)]
    pub rolling: Rolling,
}

impl Cursor {
    /// The cursor of a device that has read nothing of a scope yet.
    #[must_use]
    pub fn start(scope: ScopeId) -> Self {
        Self::start_in(scope, Incarnation::from_bytes([0; 8]))
    }

    /// The cursor before the first frame of a given relay store.
    #[must_use]
    pub fn start_in(scope: ScopeId, incarnation: Incarnation) -> Self {
        Self { scope, incarnation, position: 0, rolling: Rolling::default() }
    }

    /// The cursor after reading the frame that stands at the next position.
    #[must_use]
    pub fn then(self, frame: &FrameHash) -> Self {
        Self { position: self.position + 1, rolling: self.rolling.then(frame), ..self }
    }
}

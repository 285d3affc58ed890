//! The frame: a batch of changes of one scope, sealed and signed by one device.
//!
//! This module knows the envelope by the byte and can check who sealed it; it cannot open the body.
//! Bytes become a [`Frame`] only through [`Frame::decode`], and a [`VerifiedFrame`] only through
//! [`Frame::verify`]; the type says how far the checking has gone. The exact bytes that were sent are
//! kept, and it is those that are hashed, signed, stored and carried on.
//!
//! ```text
//! frame    = [ header: bstr, signature: bstr(64), body: bstr ]
//! header   = [ preamble: bstr, body length: uint, body hash: bstr(32) ]
//! preamble = [ version, scope, device, generation, seq, prev, epoch, [roster seq, roster tag], [[log, seq]*] ]
//! ```

mod codec;
mod error;

pub use error::{FrameError, VerifyError};

use crate::hash::{domain, hash, signed_bytes};
use crate::ids::{DeviceId, FrameHash, LogId, ScopeId, SigningPublic};
use ed25519_dalek::{Signature, VerifyingKey};
use minicbor::{Decode, Encode};

/// The version of the frame format that this code writes and reads.
pub const FRAME_VERSION: u8 = 1;

/// A place in somebody's log: that log's `seq`th frame, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(array)]
pub struct FrameRef {
    /// The log.
    #[n(0)]
    pub log: LogId,
    /// The frame's number in the log, from 1.
    #[n(1)]
    pub seq: u64,
}

/// Up to where its sealer had seen the roster: the last entry's number and the head of its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct RosterMark {
    /// The number of the last roster entry, from 1.
    #[n(0)]
    pub seq: u64,
    /// The first eight bytes of that entry's hash.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub tag: [u8; 8],
}

/// The part of a frame's header that is fixed before its body is sealed; the body's key is bound to it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Preamble {
    /// [`FRAME_VERSION`].
    #[n(0)]
    pub version: u8,
    /// The scope that every record in the frame belongs to.
    #[n(1)]
    pub scope: ScopeId,
    /// The device that sealed it.
    #[n(2)]
    pub device: DeviceId,
    /// The generation of the device's store, from 1.
    #[n(3)]
    pub generation: u32,
    /// The frame's number in its log, from 1.
    #[n(4)]
    pub seq: u64,
    /// The frame before it in the log, [`FrameHash::NONE`] for the first.
    #[n(5)]
    pub prev: FrameHash,
    /// The key epoch of the scope, from 1.
    #[n(6)]
    pub epoch: u32,
    /// Up to where the device had seen the roster.
    #[n(7)]
    pub roster: RosterMark,
    /// What of other logs the changes build on. The body names these logs by their place in this list.
    #[n(8)]
    pub deps: Vec<FrameRef>,
}

impl Preamble {
    /// The log that the frame stands in.
    #[must_use]
    pub fn log(&self) -> LogId {
        LogId::of(self.device, self.scope, self.generation)
    }

    /// The frame's own place.
    #[must_use]
    pub fn place(&self) -> FrameRef {
        FrameRef { log: self.log(), seq: self.seq }
    }
}

/// What the body's key is bound to, from the exact bytes of a preamble.
#[must_use]
pub fn context_of(preamble: &[u8]) -> [u8; 32] {
    hash(domain::FRAME_CONTEXT, &[preamble])
}

/// A frame as received: well-formed, its body hash right; not yet known who made it.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    bytes: Vec<u8>,
    preamble: Preamble,
    preamble_at: (usize, usize),
    body_at: (usize, usize),
    hash: FrameHash,
    signature: [u8; 64],
}

impl Frame {
    /// Assembles a frame around a sealed body. `sign` is given the bytes to sign with the device's key.
    ///
    /// # Errors
    /// [`FrameError`] if the result would be over a limit.
    pub fn assemble(
        preamble: &[u8],
        body: &[u8],
        sign: impl FnOnce(&[u8]) -> [u8; 64],
    ) -> Result<Self, FrameError> {
        let header = codec::encode_header(preamble, body);
        let hash = hash_of_header(&header);
        let signature = sign(&signed_bytes(domain::FRAME_SIGNATURE, hash.as_bytes()));
        Self::decode(codec::encode_frame(&header, &signature, body))
    }

    /// Reads a frame from the bytes of exactly one.
    ///
    /// # Errors
    /// [`FrameError`] says what is wrong with them: too long, cut short, not in the one encoding that
    /// is accepted, or of a body that does not match the header.
    pub fn decode(bytes: Vec<u8>) -> Result<Self, FrameError> {
        codec::decode_frame(bytes)
    }

    /// Checks that `key` is the sealing device's and that it signed this frame (`verify_strict`).
    ///
    /// # Errors
    /// [`VerifyError`] if the key is another device's, or the signature is not right.
    pub fn verify(self, key: &SigningPublic) -> Result<VerifiedFrame, VerifyError> {
        if DeviceId::of(key) != self.preamble.device {
            return Err(VerifyError::OtherDevice);
        }
        let message = signed_bytes(domain::FRAME_SIGNATURE, self.hash.as_bytes());
        verify_signature(key, &message, &self.signature)
            .then_some(VerifiedFrame(self))
            .ok_or(VerifyError::Signature)
    }

    /// The exact bytes of the frame.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The exact bytes of the frame, given up by it.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The frame's place, scope, epoch and what it builds on.
    #[must_use]
    pub fn preamble(&self) -> &Preamble {
        &self.preamble
    }

    /// What the body's key is bound to.
    #[must_use]
    pub fn context(&self) -> [u8; 32] {
        context_of(&self.bytes[self.preamble_at.0..self.preamble_at.1])
    }

    /// The sealed body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.bytes[self.body_at.0..self.body_at.1]
    }

    /// The hash by which the frame is known and chained.
    #[must_use]
    pub fn hash(&self) -> FrameHash {
        self.hash
    }
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let place = self.preamble.place();
        write!(f, "Frame({} #{}, {} bytes)", place.log, place.seq, self.bytes.len())
    }
}

/// A frame whose signature is right for the device that it names. Whether that device is a member is
/// the roster's to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedFrame(Frame);

impl std::ops::Deref for VerifiedFrame {
    type Target = Frame;

    fn deref(&self) -> &Frame {
        &self.0
    }
}

impl VerifiedFrame {
    /// The frame, as it was received.
    #[must_use]
    pub fn into_frame(self) -> Frame {
        self.0
    }
}

/// Whether `signature` over `message` is right for `key` under the strict rules (no small-order keys,
/// no malleable signatures).
#[must_use]
pub fn verify_signature(key: &SigningPublic, message: &[u8], signature: &[u8; 64]) -> bool {
    VerifyingKey::from_bytes(key.as_bytes())
        .is_ok_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
}

fn hash_of_header(header: &[u8]) -> FrameHash {
    FrameHash::from_bytes(hash(domain::FRAME, &[header]))
}

#[cfg(test)]
mod tests;

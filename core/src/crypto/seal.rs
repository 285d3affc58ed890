//! Sealing a frame's body and opening it again.
//!
//! It takes what was encoded and compressed above it and gives a whole signed [`Frame`]; on the way
//! back it opens only a [`VerifiedFrame`]. Each frame has a key and a nonce of its own, derived from
//! the epoch's key, a random salt and the frame's preamble, so a body can neither be moved under
//! another preamble nor share a key with another frame. A commitment to that key is compared in
//! constant time before the cipher is tried: a body can't be made that opens under two keys.
//!
//! ```text
//! body = salt (16) | commitment (32) | ciphertext and tag of: plain | 0x80 | zeros to a multiple of 32
//! ```

use super::keys::{DeviceSecrets, EpochKey};
use super::{domain, labelled};
use chacha20poly1305::{AeadInOut, KeyInit, XChaCha20Poly1305};
use hkdf::Hkdf;
use kahriz_proto::frame::{Frame, FrameError, Preamble, VerifiedFrame, context_of};
use rand_core::CryptoRng;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use thiserror::Error;
use zeroize::Zeroizing;

/// Bytes of the random salt. It must only keep apart two sealings of one preamble (a crash between
/// sealing and committing), since everything else that tells frames apart is in the preamble; 16
/// bytes make it safe even if preambles repeated.
const SALT_BYTES: usize = 16;
const COMMITMENT_BYTES: usize = 32;
const TAG_BYTES: usize = 16;

/// The padded plain text is a multiple of this, so that a size says little about an edit.
pub const PAD_BYTES: usize = 32;

/// What a body is longer than the padded plain text.
pub const BODY_OVERHEAD_BYTES: usize = SALT_BYTES + COMMITMENT_BYTES + TAG_BYTES;

/// Why a frame can't be sealed.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SealError {
    /// The preamble names another device than the one that seals: a mistake of the caller.
    #[error("the preamble names another device")]
    OtherDevice,
    /// The frame would break a limit: put less into it.
    #[error("the sealed frame would not be acceptable")]
    Frame(#[from] FrameError),
}

/// Why a frame's body can't be opened.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum OpenError {
    /// Sealed under another key: look for the right epoch's, or the body is not for this scope.
    #[error("the frame is sealed under another key")]
    WrongKey,
    /// The key is right and the body is not: altered, or cut. It will never open.
    #[error("the frame's body was altered")]
    Altered,
    /// It opens, but is not padded as its sealer must: a faulty or hostile sealer.
    #[error("the frame's body is not padded correctly")]
    Padding,
}

impl OpenError {
    /// Whether no other key can help.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::WrongKey => false,
            Self::Altered | Self::Padding => true,
        }
    }
}

/// Seals `plain` under the epoch's key and signs the frame.
///
/// # Errors
/// [`SealError`] if the preamble is another device's or the frame would be over a limit.
pub fn seal(
    preamble: &Preamble,
    plain: &[u8],
    key: &EpochKey,
    secrets: &DeviceSecrets,
    rng: &mut dyn CryptoRng,
) -> Result<Frame, SealError> {
    if preamble.device != secrets.device() {
        return Err(SealError::OtherDevice);
    }
    let preamble = minicbor::to_vec(preamble).expect("writing to a vector cannot fail");
    let body = seal_body(&context_of(&preamble), plain, key, rng);
    Ok(Frame::assemble(&preamble, &body, |message| secrets.sign(message))?)
}

/// Opens a frame's body.
///
/// # Errors
/// [`OpenError`] says whether another key could help.
pub fn open(frame: &VerifiedFrame, key: &EpochKey) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    open_body(&frame.context(), frame.body(), key)
}

fn seal_body(context: &[u8; 32], plain: &[u8], key: &EpochKey, rng: &mut dyn CryptoRng) -> Vec<u8> {
    let mut salt = [0; SALT_BYTES];
    rng.fill_bytes(&mut salt);
    let keys = FrameKeys::derive(key, &salt, context);
    let mut text = pad(plain);
    keys.cipher()
        .encrypt_in_place(&keys.nonce.into(), &labelled(domain::FRAME_AAD, &[context]), &mut *text)
        .expect("a frame is far shorter than the cipher's limit");
    [&salt[..], &keys.commitment, &text].concat()
}

fn open_body(
    context: &[u8; 32],
    body: &[u8],
    key: &EpochKey,
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let (salt, rest) = body.split_first_chunk::<SALT_BYTES>().ok_or(OpenError::Altered)?;
    let (commitment, sealed) =
        rest.split_first_chunk::<COMMITMENT_BYTES>().ok_or(OpenError::Altered)?;
    let keys = FrameKeys::derive(key, salt, context);
    if !bool::from(keys.commitment.ct_eq(commitment)) {
        return Err(OpenError::WrongKey);
    }
    let mut text = Zeroizing::new(sealed.to_vec());
    keys.cipher()
        .decrypt_in_place(&keys.nonce.into(), &labelled(domain::FRAME_AAD, &[context]), &mut *text)
        .map_err(|_| OpenError::Altered)?;
    let length = unpadded_length(&text).ok_or(OpenError::Padding)?;
    text.truncate(length);
    Ok(text)
}

struct FrameKeys {
    key: Zeroizing<[u8; 32]>,
    nonce: [u8; 24],
    commitment: [u8; COMMITMENT_BYTES],
}

impl FrameKeys {
    fn derive(key: &EpochKey, salt: &[u8; SALT_BYTES], context: &[u8; 32]) -> Self {
        let source = Hkdf::<Sha256>::new(Some(salt), key.as_bytes());
        let mut keys = Self { key: Zeroizing::default(), nonce: [0; 24], commitment: [0; 32] };
        let outputs: [(&str, &mut [u8]); 3] = [
            (domain::FRAME_KEY, keys.key.as_mut_slice()),
            (domain::FRAME_NONCE, &mut keys.nonce),
            (domain::FRAME_COMMITMENT, &mut keys.commitment),
        ];
        for (domain, output) in outputs {
            source
                .expand(&labelled(domain, &[context]), output)
                .expect("HKDF gives 32 bytes and more");
        }
        keys
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.key).into())
    }
}

/// ISO/IEC 7816-4: a byte 0x80, then zeros. Room for the tag is kept, so that the plain text is not
/// left behind in memory by a vector that had to grow.
fn pad(plain: &[u8]) -> Zeroizing<Vec<u8>> {
    let length = (plain.len() + 1).next_multiple_of(PAD_BYTES);
    let mut text = Zeroizing::new(Vec::with_capacity(length + TAG_BYTES));
    text.extend_from_slice(plain);
    text.push(0x80);
    text.resize(length, 0);
    text
}

fn unpadded_length(text: &[u8]) -> Option<usize> {
    let end = text.iter().rposition(|byte| *byte != 0)?;
    let shortest = text.len().is_multiple_of(PAD_BYTES) && text.len() - end <= PAD_BYTES;
    (shortest && text[end] == 0x80).then_some(end)
}

#[cfg(test)]
mod tests;

//! Handing a key to somebody: wrapping it to a public key, or sealing it under the next key.
//!
//! Wraps stand in the roster, which every member and the relay can read, and records stay dangerous
//! for decades; so the wrap is a hybrid (X25519 and ML-KEM-768) that a later quantum computer
//! doesn't open. A wrap is bound to its workspace, scope and epoch, and HPKE binds it to its
//! recipient. Nothing here decides who is given a key: the roster does.

use super::keys::{EpochKey, WrapSecret};
use super::{domain, labelled};
use chacha20poly1305::{AeadInOut, KeyInit, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::{Kem, XWing};
use hpke::{Deserializable, OpModeR, OpModeS, Serializable};
use kahriz_proto::ids::{ScopeId, WorkspaceId};
use kahriz_proto::roster::SealedKey;
use rand_core::CryptoRng;
use sha2::Sha256;
use thiserror::Error;
use zeroize::Zeroizing;

/// Bytes of X-Wing's encapsulated key, which begins everything that is wrapped.
const ENCAPSULATED_BYTES: usize = 1_120;
const NONCE_BYTES: usize = 24;
/// A key and the cipher's tag.
const SEALED_KEY_BYTES: usize = 48;

/// Which key is meant: a wrap made for one doesn't open as another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrapContext {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The scope.
    pub scope: ScopeId,
    /// The number of the key's epoch, from 1. Where a key is sealed under the next one, the next one's.
    pub epoch: u32,
}

/// Why something can't be wrapped.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum WrapError {
    /// The recipient's public key is none.
    #[error("the recipient's key is not an X-Wing public key")]
    BadKey,
}

/// Why something wrapped can't be opened.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum UnwrapError {
    /// Not the form of something wrapped: cut short, or something else.
    #[error("not a wrapped key, or cut short")]
    Malformed,
    /// Meant for another recipient, another place, or altered on the way.
    #[error("wrapped for another recipient or purpose, or altered")]
    NotForThis,
}

/// Wraps an epoch's key to a recipient's X-Wing public key: HPKE's encapsulated key, then the
/// ciphertext; 1,168 bytes.
///
/// # Errors
/// [`WrapError::BadKey`] if `to` is no X-Wing public key.
pub fn wrap_key(
    key: &EpochKey,
    to: &[u8],
    context: WrapContext,
    rng: &mut dyn CryptoRng,
) -> Result<Vec<u8>, WrapError> {
    seal_hpke(to, &context.labelled(domain::EPOCH_WRAP), key.as_bytes(), rng)
}

/// Opens an epoch's key that was wrapped to this secret's public half.
///
/// # Errors
/// [`UnwrapError`] if it wasn't, or was for another workspace, scope or epoch.
pub fn unwrap_key(
    sealed: &[u8],
    secret: &WrapSecret,
    context: WrapContext,
) -> Result<EpochKey, UnwrapError> {
    let plain = open_hpke(sealed, secret, &context.labelled(domain::EPOCH_WRAP))?;
    let bytes = Zeroizing::new(plain.as_slice().try_into().map_err(|_| UnwrapError::Malformed)?);
    Ok(EpochKey::from_bytes(&bytes))
}

/// Seals anything to an X-Wing public key, for one purpose named by a domain string.
///
/// # Errors
/// [`WrapError::BadKey`] if `to` is no X-Wing public key.
pub fn seal_to(
    to: &[u8],
    domain: &str,
    plain: &[u8],
    rng: &mut dyn CryptoRng,
) -> Result<Vec<u8>, WrapError> {
    seal_hpke(to, &labelled(domain, &[]), plain, rng)
}

/// Opens what [`seal_to`] sealed to this secret's public half, for the same purpose.
///
/// # Errors
/// [`UnwrapError`] if it was sealed for somebody or something else.
pub fn open_sealed(
    sealed: &[u8],
    secret: &WrapSecret,
    domain: &str,
) -> Result<Zeroizing<Vec<u8>>, UnwrapError> {
    open_hpke(sealed, secret, &labelled(domain, &[]))
}

/// Seals the key of the epoch before under the new epoch's key, so that who is given the newest key
/// can read all that came before. `context.epoch` is the new one's number.
#[must_use]
pub fn seal_previous(
    old: &EpochKey,
    new: &EpochKey,
    context: WrapContext,
    rng: &mut dyn CryptoRng,
) -> SealedKey {
    let mut nonce = [0; NONCE_BYTES];
    rng.fill_bytes(&mut nonce);
    // With room for the tag from the start: a vector that grew would leave the key behind in memory.
    let mut sealed = Vec::with_capacity(SEALED_KEY_BYTES);
    sealed.extend_from_slice(old.as_bytes());
    previous_cipher(new, context)
        .encrypt_in_place(&nonce.into(), &context.labelled(domain::PREVIOUS_AAD), &mut sealed)
        .expect("a key is far shorter than the cipher's limit");
    SealedKey([&nonce[..], &sealed].concat())
}

/// Opens the key of the epoch before with the new epoch's key. `context.epoch` is the new one's number.
///
/// # Errors
/// [`UnwrapError`] if it was sealed under another key or for another place.
pub fn open_previous(
    sealed: &SealedKey,
    new: &EpochKey,
    context: WrapContext,
) -> Result<EpochKey, UnwrapError> {
    let (nonce, text) =
        sealed.0.split_first_chunk::<NONCE_BYTES>().ok_or(UnwrapError::Malformed)?;
    let mut text = Zeroizing::new(text.to_vec());
    previous_cipher(new, context)
        .decrypt_in_place(
            &XNonce::from(*nonce),
            &context.labelled(domain::PREVIOUS_AAD),
            &mut *text,
        )
        .map_err(|_| UnwrapError::NotForThis)?;
    let bytes = Zeroizing::new(text.as_slice().try_into().map_err(|_| UnwrapError::Malformed)?);
    Ok(EpochKey::from_bytes(&bytes))
}

impl WrapContext {
    fn labelled(&self, domain: &str) -> Vec<u8> {
        let epoch = self.epoch.to_be_bytes();
        labelled(domain, &[self.workspace.as_bytes(), self.scope.as_bytes(), &epoch])
    }
}

fn previous_cipher(new: &EpochKey, context: WrapContext) -> XChaCha20Poly1305 {
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, new.as_bytes())
        .expand(&context.labelled(domain::PREVIOUS_KEY), key.as_mut_slice())
        .expect("HKDF gives 32 bytes and more");
    XChaCha20Poly1305::new((&*key).into())
}

fn seal_hpke(
    to: &[u8],
    info: &[u8],
    plain: &[u8],
    mut rng: &mut dyn CryptoRng,
) -> Result<Vec<u8>, WrapError> {
    let to = <XWing as Kem>::PublicKey::from_bytes(to).map_err(|_| WrapError::BadKey)?;
    let (encapsulated, text) =
        hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, XWing>(
            &OpModeS::Base,
            &to,
            info,
            plain,
            &[],
            &mut rng,
        )
        .map_err(|_| WrapError::BadKey)?;
    Ok([&encapsulated.to_bytes()[..], &text].concat())
}

fn open_hpke(
    sealed: &[u8],
    secret: &WrapSecret,
    info: &[u8],
) -> Result<Zeroizing<Vec<u8>>, UnwrapError> {
    let (encapsulated, text) =
        sealed.split_at_checked(ENCAPSULATED_BYTES).ok_or(UnwrapError::Malformed)?;
    let encapsulated = <XWing as Kem>::EncappedKey::from_bytes(encapsulated)
        .map_err(|_| UnwrapError::Malformed)?;
    hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, XWing>(
        &OpModeR::Base,
        &secret.private(),
        &encapsulated,
        info,
        text,
        &[],
    )
    .map(Zeroizing::new)
    .map_err(|_| UnwrapError::NotForThis)
}

#[cfg(test)]
mod tests;

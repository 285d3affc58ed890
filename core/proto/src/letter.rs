//! Letters: what a device has saved, sealed to headquarters alone, and the deposit that carries one.
//!
//! A phone that is locked, revoked, expired or wiped can no longer read or seal frames, and may not even hold its
//! own keys. So that its unsynced work still arrives, every save is also written into a letter, and a letter can be
//! deposited with a key that opens nothing: the device has certified it beforehand, and all that it can do is to
//! hand in letters. Who finds the phone can hand in rubbish, within a quota; what a letter says is signed inside by
//! the device itself. A deposit is no member's request and carries no token: it proves itself.

use crate::frame::verify_signature;
use crate::hash::{domain, hash, signed_bytes};
use crate::ids::{DeviceId, SigningPublic, WorkspaceId};
use minicbor::{Decode, Encode};

/// One letter on its way to headquarters.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Deposit {
    /// The workspace.
    #[n(0)]
    pub workspace: WorkspaceId,
    /// The device that wrote the letter; it may be revoked.
    #[n(1)]
    pub device: DeviceId,
    /// The key that deposits.
    #[n(2)]
    pub key: SigningPublic,
    /// The device's signature over [`Deposit::certificate_message`].
    #[cbor(n(3), with = "minicbor::bytes")]
    pub certificate: [u8; 64],
    /// The letter, sealed.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub letter: Vec<u8>,
    /// The depositing key's signature over [`Deposit::message`].
    #[cbor(n(5), with = "minicbor::bytes")]
    pub signature: [u8; 64],
}

impl Deposit {
    /// What a device signs to let a key deposit its letters.
    #[must_use]
    pub fn certificate_message(workspace: WorkspaceId, key: &SigningPublic) -> Vec<u8> {
        signed_bytes(domain::DEPOSIT_KEY, &[workspace.as_bytes(), &key.as_bytes()[..]].concat())
    }

    /// What the depositing key signs.
    #[must_use]
    pub fn message(workspace: WorkspaceId, device: DeviceId, letter: &[u8]) -> Vec<u8> {
        let letter = hash(domain::DEPOSIT, &[letter]);
        let parts: [&[u8]; 3] = [workspace.as_bytes(), device.as_bytes(), &letter];
        signed_bytes(domain::DEPOSIT, &parts.concat())
    }

    /// Whether both signatures are right, given the device's key from the roster.
    #[must_use]
    pub fn is_signed(&self, device_key: &SigningPublic) -> bool {
        let certificate = Self::certificate_message(self.workspace, &self.key);
        let message = Self::message(self.workspace, self.device, &self.letter);
        DeviceId::of(device_key) == self.device
            && verify_signature(device_key, &certificate, &self.certificate)
            && verify_signature(&self.key, &message, &self.signature)
    }
}

/// The answer to `GET /v1/letters?after=N`, for headquarters: what was deposited, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct LetterPage {
    /// The letters.
    #[n(0)]
    pub letters: Vec<KeptLetter>,
    /// There are more after the last one.
    #[n(1)]
    pub more: Option<bool>,
}

/// A deposit as a relay keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct KeptLetter {
    /// Its number at this relay, growing.
    #[n(0)]
    pub number: u64,
    /// Encoded [`Deposit`].
    #[cbor(n(1), with = "minicbor::bytes")]
    pub deposit: Vec<u8>,
}

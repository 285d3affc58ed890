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
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Decoder, Encode};

/// Bytes of an encoded [`Deposit`] before its letter: what [`DepositHead::read`] needs.
pub const DEPOSIT_HEAD_BYTES: usize = 139;

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

    /// The hash by which a letter is known, so that one that comes twice is kept once.
    #[must_use]
    pub fn letter_hash(&self) -> [u8; 32] {
        hash(domain::DEPOSIT, &[&self.letter])
    }
}

/// What stands in a deposit before its letter: enough to know whether the rest is worth waiting for. A deposit
/// carries no token, so without this anybody could make a relay hold letters that never come to their end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DepositHead {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The device that wrote the letter.
    pub device: DeviceId,
    key: SigningPublic,
    certificate: [u8; 64],
}

impl DepositHead {
    /// Reads the head from a deposit's first [`DEPOSIT_HEAD_BYTES`]; `None` if they are no deposit's.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut decoder = Decoder::new(bytes);
        (decoder.map().ok()?? == 6).then_some(())?;
        Some(Self {
            workspace: field(&mut decoder, 0)?,
            device: field(&mut decoder, 1)?,
            key: field(&mut decoder, 2)?,
            certificate: field::<ByteArray<64>>(&mut decoder, 3)?.into(),
        })
    }

    /// Whether the device has let the key deposit, given the device's key from the roster.
    #[must_use]
    pub fn is_certified(&self, device_key: &SigningPublic) -> bool {
        let certificate = Deposit::certificate_message(self.workspace, &self.key);
        DeviceId::of(device_key) == self.device
            && verify_signature(device_key, &certificate, &self.certificate)
    }
}

/// The next field of a map, if it is the one that is expected.
fn field<'b, T: Decode<'b, ()>>(decoder: &mut Decoder<'b>, key: u8) -> Option<T> {
    (decoder.u8().ok()? == key).then_some(())?;
    decoder.decode().ok()
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use ed25519_dalek::{Signer, SigningKey};

    fn key(seed: u8) -> (SigningKey, SigningPublic) {
        let key = SigningKey::from_bytes(&[seed; 32]);
        let public = SigningPublic::from_bytes(key.verifying_key().to_bytes());
        (key, public)
    }

    fn deposit(letter: &[u8]) -> (Deposit, SigningPublic) {
        let ((device, device_public), (depositor, public)) = (key(1), key(2));
        let workspace = WorkspaceId::from_bytes([7; 16]);
        let id = DeviceId::of(&device_public);
        let certificate = device.sign(&Deposit::certificate_message(workspace, &public));
        let signature = depositor.sign(&Deposit::message(workspace, id, letter));
        let deposit = Deposit {
            workspace,
            device: id,
            key: public,
            certificate: certificate.to_bytes(),
            letter: letter.to_vec(),
            signature: signature.to_bytes(),
        };
        (deposit, device_public)
    }

    #[test]
    fn a_deposit_proves_itself_and_only_for_its_own_letter_device_and_workspace() {
        let (good, device) = deposit(b"sealed");
        assert!(good.is_signed(&device));
        let altered = [
            Deposit { letter: b"other".to_vec(), ..good.clone() },
            Deposit { workspace: WorkspaceId::from_bytes([8; 16]), ..good.clone() },
            Deposit { device: DeviceId::from_bytes([9; 16]), ..good.clone() },
            Deposit { key: key(3).1, ..good.clone() },
        ];
        assert!(altered.iter().all(|deposit| !deposit.is_signed(&device)));
        assert!(!good.is_signed(&key(3).1), "another device's key");
    }

    #[test]
    fn a_deposits_first_bytes_tell_whether_its_letter_is_worth_waiting_for() {
        let (deposit, device) = deposit(&[5; 1_000]);
        let bytes = minicbor::to_vec(&deposit).unwrap();
        let head = DepositHead::read(&bytes[..DEPOSIT_HEAD_BYTES]).unwrap();
        assert_eq!((head.workspace, head.device), (deposit.workspace, deposit.device));
        assert!(head.is_certified(&device));
        assert!(!head.is_certified(&key(3).1));
        assert_eq!(DepositHead::read(&bytes[..DEPOSIT_HEAD_BYTES - 1]), None);
        let mut altered = bytes[..DEPOSIT_HEAD_BYTES].to_vec();
        *altered.last_mut().unwrap() ^= 1;
        assert!(!DepositHead::read(&altered).unwrap().is_certified(&device));
        assert_eq!(DepositHead::read(&[0xff; DEPOSIT_HEAD_BYTES]), None);
    }
}

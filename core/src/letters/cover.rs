//! What a device keeps around each of its letters, in the clear: where to deliver it, and the key that may.
//!
//! The cover stays on the device. With it a phone whose store was wiped still delivers: it names the relay
//! and its pin, and holds the seed of a key that the device has certified to deposit its letters. That key
//! opens nothing and signs nothing else.
//!
//! ```text
//! file = "kahriz letter 1\n" | length of cover (4 bytes, big-endian) | cover | letter | zeros
//! ```

use super::letter::{Letter, LetterError};
use crate::crypto::{DeviceSecrets, SigningSecret};
use kahriz_proto::ids::{DeviceId, WorkspaceId};
use kahriz_proto::letter::Deposit;
use minicbor::{Decode, Encode};

const MAGIC: &[u8; 16] = b"kahriz letter 1\n";
/// An address, a pin and two keys; more is no cover.
const COVER_BYTES_MAX: usize = 8 * 1024;

/// The cover of a letter.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Cover {
    /// The workspace.
    #[n(0)]
    pub workspace: WorkspaceId,
    /// The device that writes the letter.
    #[n(1)]
    pub device: DeviceId,
    /// The address of the relay.
    #[n(2)]
    pub relay_url: String,
    /// The pin of the relay's key, if it has one.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub pin: Option<[u8; 32]>,
    /// The seed of the key that deposits.
    #[cbor(n(4), with = "minicbor::bytes")]
    seed: [u8; 32],
    /// The device's signature that lets that key deposit.
    #[cbor(n(5), with = "minicbor::bytes")]
    certificate: [u8; 64],
}

impl Cover {
    /// A cover for the letters of a device, deposited with the key of this seed.
    #[must_use]
    pub fn of(
        workspace: WorkspaceId,
        relay_url: String,
        pin: Option<[u8; 32]>,
        seed: [u8; 32],
        secrets: &DeviceSecrets,
    ) -> Self {
        let key = SigningSecret::from_seed(&seed).public();
        let certificate = secrets.sign(&Deposit::certificate_message(workspace, &key));
        Self { workspace, device: secrets.device(), relay_url, pin, seed, certificate }
    }

    /// What begins the file, before the letter.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let cover = minicbor::to_vec(self).expect("writing to a vector cannot fail");
        let len = u32::try_from(cover.len()).expect("a cover is far shorter");
        [&MAGIC[..], &len.to_be_bytes(), &cover].concat()
    }

    /// Reads a file: its cover, and the letter's bytes without what was only reserved. Not one byte of the
    /// letter itself is looked into.
    ///
    /// # Errors
    /// [`LetterError`] if it is no such file.
    pub fn read(file: &[u8]) -> Result<(Self, &[u8]), LetterError> {
        let rest = file.strip_prefix(MAGIC).ok_or(LetterError::Malformed)?;
        let (len, rest) = rest.split_first_chunk::<4>().ok_or(LetterError::Malformed)?;
        let len = u32::from_be_bytes(*len) as usize;
        let parts = rest.split_at_checked(len).filter(|_| len <= COVER_BYTES_MAX);
        let (cover, letter) = parts.ok_or(LetterError::Malformed)?;
        let cover = minicbor::decode(cover).map_err(|_| LetterError::Malformed)?;
        let len = Letter::read(letter)?.len;
        Ok((cover, &letter[..len]))
    }

    /// The letter as it is deposited.
    #[must_use]
    pub fn deposit(&self, letter: &[u8]) -> Deposit {
        let key = SigningSecret::from_seed(&self.seed);
        let message = Deposit::message(self.workspace, self.device, letter);
        Deposit {
            workspace: self.workspace,
            device: self.device,
            key: key.public(),
            certificate: self.certificate,
            letter: letter.to_vec(),
            signature: key.sign(&message),
        }
    }
}

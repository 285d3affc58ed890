//! The invite that a newcomer is given, and the request with which its device answers.
//!
//! The invite carries no data key and no role: it says where the relay is, whose workspace this is,
//! and a secret that signs exactly one join. What the newcomer calls itself travels sealed to
//! headquarters; the relay sees two keys and two signatures.

use crate::hash::{domain, signed_bytes};
use crate::ids::{DeviceId, RelayId, SigningPublic, WorkspaceId};
use crate::roster::DeviceKeys;
use minicbor::{Decode, Encode};

/// What a QR code or a line of text hands to a newcomer. Its secret must be treated as one.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Invite {
    /// The workspace, which is the hash of its root key: the roster is verified back to it.
    #[n(0)]
    pub workspace: WorkspaceId,
    /// The relay's address, as in `http://192.0.2.1:8470`.
    #[n(1)]
    pub relay_url: String,
    /// The audience of tokens at that relay.
    #[n(2)]
    pub relay: RelayId,
    /// The seed of the Ed25519 key that signs the join.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub secret: [u8; 32],
    /// When it ends, in seconds since 1970.
    #[n(4)]
    pub expires_at: u64,
    /// SHA-256 of the public key (`SubjectPublicKeyInfo`, DER) in the relay's certificate: the only one that the
    /// device will speak to. None where the certificate is checked as the web does it, or there is no TLS.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub pin: Option<[u8; 32]>,
}

/// A newcomer's request to be made a member.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Join {
    /// The public half of the invite's key.
    #[n(0)]
    pub invite: SigningPublic,
    /// The new device's keys.
    #[n(1)]
    pub keys: DeviceKeys,
    /// Who is asking, sealed to headquarters' key.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub sealed_profile: Vec<u8>,
    /// The invite's signature over [`Join::message`].
    #[cbor(n(3), with = "minicbor::bytes")]
    pub invite_signature: [u8; 64],
    /// The device's signature over [`Join::message`].
    #[cbor(n(4), with = "minicbor::bytes")]
    pub device_signature: [u8; 64],
}

impl Join {
    /// What both signatures cover.
    #[must_use]
    pub fn message(invite: &SigningPublic, keys: &DeviceKeys, sealed_profile: &[u8]) -> Vec<u8> {
        let parts: [&[u8]; 4] =
            [invite.as_bytes(), keys.sign.as_bytes(), &keys.wrap, sealed_profile];
        let lengths = [keys.wrap.len() as u64, sealed_profile.len() as u64];
        let lengths = lengths.map(u64::to_be_bytes).concat();
        signed_bytes(domain::JOIN, &[&lengths[..], &parts.concat()].concat())
    }

    /// Whether both signatures are right.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        let message = Self::message(&self.invite, &self.keys, &self.sealed_profile);
        crate::frame::verify_signature(&self.invite, &message, &self.invite_signature)
            && crate::frame::verify_signature(&self.keys.sign, &message, &self.device_signature)
    }

    /// The invite's id.
    #[must_use]
    pub fn invite_id(&self) -> DeviceId {
        DeviceId::of(&self.invite)
    }
}

/// The joins that wait at a relay for headquarters, as their exact bytes.
#[derive(Clone, Debug, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct JoinPage {
    /// Encoded [`Join`]s.
    #[n(0)]
    pub joins: Vec<minicbor::bytes::ByteVec>,
}

//! One entry of the roster, by the byte.

use crate::frame::{FrameRef, verify_signature};
use crate::hash::{domain, hash, signed_bytes};
use crate::ids::{DeviceId, RelayId, ScopeId, SigningPublic};
use minicbor::{Decode, Encode};

/// What a member may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Role {
    /// Reads and writes the scopes that it is granted.
    #[n(0)]
    Officer,
    /// Also decides contested values.
    #[n(1)]
    Supervisor,
    /// Holds every scope that it is granted for good, and signs for what it has merged.
    #[n(2)]
    Headquarters,
}

/// The public keys of a device.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct DeviceKeys {
    /// Signs frames and tokens (Ed25519).
    #[n(0)]
    pub sign: SigningPublic,
    /// What keys are wrapped to (HPKE, X-Wing: 1,216 bytes).
    #[cbor(n(1), with = "minicbor::bytes")]
    pub wrap: Vec<u8>,
}

/// An epoch key wrapped to one recipient.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Wrap {
    /// The device that can open it; `None` is the recovery key.
    #[n(0)]
    pub recipient: Option<DeviceId>,
    /// HPKE's encapsulated key followed by the ciphertext.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub sealed: Vec<u8>,
}

/// An epoch key sealed under the epoch key that came after it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct SealedKey(#[cbor(with = "minicbor::bytes")] pub Vec<u8>);

/// What headquarters has laid down for every device, in its newest form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Policy {
    /// Days after its last contact until a device lets go of what it can read; 0 for never.
    #[n(0)]
    pub lease_days: u16,
    /// Whoever has a valid invite is admitted without a person comparing codes.
    #[n(1)]
    pub admits_all: bool,
}

impl Default for Policy {
    /// 45 days, and a person compares codes.
    fn default() -> Self {
        Self { lease_days: 45, admits_all: false }
    }
}

/// What an entry changes.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Action {
    /// The first entry, signed by the root: its key, who may hear tokens, the recovery key.
    #[n(0)]
    Founded {
        /// The root public key.
        #[n(0)]
        root: SigningPublic,
        /// The audience of tokens.
        #[n(1)]
        relay: RelayId,
        /// What epoch keys are wrapped to besides devices (HPKE, X-Wing).
        #[cbor(n(2), with = "minicbor::bytes")]
        recovery: Vec<u8>,
    },
    /// An admin's signing key is certified; signed by the root.
    #[n(1)]
    AdminAdded {
        /// The admin's key.
        #[n(0)]
        admin: SigningPublic,
    },
    /// An admin's signing key is withdrawn; signed by the root.
    #[n(2)]
    AdminRemoved {
        /// The admin's key.
        #[n(0)]
        admin: SigningPublic,
    },
    /// A scope is created.
    #[n(3)]
    ScopeCreated {
        /// Its id.
        #[n(0)]
        scope: ScopeId,
    },
    /// An invite is issued; only its public half stands here.
    #[n(4)]
    Invited {
        /// The key that will sign the join.
        #[n(0)]
        invite: SigningPublic,
        /// When it ends, in seconds since 1970.
        #[n(1)]
        expires_at: u64,
    },
    /// A device becomes a member.
    #[n(5)]
    DeviceAdded {
        /// Its keys.
        #[n(0)]
        keys: DeviceKeys,
        /// What it may do.
        #[n(1)]
        role: Role,
        /// The scopes that it is granted.
        #[n(2)]
        scopes: Vec<ScopeId>,
        /// The invite that it came with; none for the founding headquarters.
        #[n(3)]
        invite: Option<DeviceId>,
    },
    /// A device is no longer a member.
    #[n(6)]
    DeviceRevoked {
        /// The device.
        #[n(0)]
        device: DeviceId,
        /// Its logs' last frames that are still believed.
        #[n(1)]
        last_good: Vec<FrameRef>,
    },
    /// A scope's next key epoch begins.
    #[n(7)]
    EpochStarted {
        /// The scope.
        #[n(0)]
        scope: ScopeId,
        /// Its number: one more than the last, from 1.
        #[n(1)]
        epoch: u32,
        /// The new key, once for each live headquarters of the scope and once for recovery. Everybody else's
        /// travels beside the roster ([`crate::message::KeyWrap`]), so that nobody carries two thousand.
        #[n(2)]
        wraps: Vec<Wrap>,
        /// The key of the epoch before, sealed under the new one.
        #[n(3)]
        previous: Option<SealedKey>,
        /// A hash of the new key: what comes beside the roster is that key, or is not taken.
        #[cbor(n(4), with = "minicbor::bytes")]
        commitment: Option<[u8; 32]>,
    },
    /// The current epoch's key, for a device that was added after the epoch had begun. No longer written: such keys
    /// travel beside the roster.
    #[n(8)]
    KeyGranted {
        /// The scope.
        #[n(0)]
        scope: ScopeId,
        /// The epoch whose key is wrapped.
        #[n(1)]
        epoch: u32,
        /// The key for that device.
        #[n(2)]
        wrap: Wrap,
    },
    /// What holds for every device from now on.
    #[n(9)]
    PolicySet {
        /// All of it.
        #[n(0)]
        policy: Policy,
    },
    /// Headquarters is alive and has seen this much: whoever has less, or another roster, is being lied to.
    #[n(10)]
    Heartbeat {
        /// The last frame that headquarters holds of each log that moved since the heartbeat before.
        #[n(0)]
        seen: Vec<FrameRef>,
    },
    /// A person has looked at what a revoked device wrote after its last good frame, and believes more of it.
    #[n(11)]
    Released {
        /// The device.
        #[n(0)]
        device: DeviceId,
        /// The last frames that are believed from now on; none is earlier than before.
        #[n(1)]
        last_good: Vec<FrameRef>,
    },
}

/// The signed part of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EntryBody {
    /// Its number, from 1.
    #[n(0)]
    pub seq: u64,
    /// The hash of the entry before; zeros for the first.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub prev: [u8; 32],
    /// When its writer says it was written, in seconds since 1970.
    #[n(2)]
    pub claimed_at: u64,
    /// The root's or admin's key that signs it.
    #[n(3)]
    pub signer: SigningPublic,
    /// What it changes.
    #[n(4)]
    pub action: Action,
}

/// An entry of the roster: its body, as the exact bytes that were signed, and the signature.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Entry {
    /// Encoded [`EntryBody`].
    #[cbor(n(0), with = "minicbor::bytes")]
    body: Vec<u8>,
    #[cbor(n(1), with = "minicbor::bytes")]
    signature: [u8; 64],
}

impl Entry {
    /// Signs an entry. `sign` is given the bytes to sign with the key that `body` names as signer.
    #[must_use]
    pub fn sign(body: &EntryBody, sign: impl FnOnce(&[u8]) -> [u8; 64]) -> Self {
        let body = minicbor::to_vec(body).expect("writing to a vector cannot fail");
        let signature = sign(&signed_bytes(domain::ROSTER_SIGNATURE, &body));
        Self { body, signature }
    }

    /// Reads an entry; `None` if the bytes are not exactly one.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let entry: Self = minicbor::decode(bytes).ok()?;
        (entry.to_bytes() == bytes).then_some(entry)
    }

    /// The entry's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        minicbor::to_vec(self).expect("writing to a vector cannot fail")
    }

    /// The hash by which the entry is known and chained.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        hash(domain::ROSTER, &[&self.body])
    }

    /// The body, if it is well-formed and signed by the key that it names. Whether that key may sign
    /// is for [`super::Roster::append`] to say.
    #[must_use]
    pub fn verified_body(&self) -> Option<EntryBody> {
        let body: EntryBody = minicbor::decode(&self.body).ok()?;
        let again = minicbor::to_vec(&body).expect("writing to a vector cannot fail");
        let message = signed_bytes(domain::ROSTER_SIGNATURE, &self.body);
        (again == self.body && verify_signature(&body.signer, &message, &self.signature))
            .then_some(body)
    }
}

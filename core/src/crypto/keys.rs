//! The secrets: what each is, how it is made and kept.
//!
//! Every secret is wiped when it is dropped, has no `Debug`, and leaves this module as bytes only for the encrypted
//! store, a printed recovery sheet or an invite. Those that live as long as a workspace is open stand on the heap, so
//! that moving it copies none. A device has two: one that signs, one that keys are wrapped to. The root, each admin
//! and each invite have one that signs; recovery has one that keys are wrapped to.

use ed25519_dalek::{Signer, SigningKey};
use hpke::kem::{Kem, XWing};
use hpke::{Deserializable, Serializable};
use kahriz_proto::ids::{DeviceId, SigningPublic};
use kahriz_proto::roster::DeviceKeys;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// An Ed25519 signing key: a device's, the root's, an admin's or an invite's.
#[derive(Clone)]
pub struct SigningSecret(Box<SigningKey>);

impl SigningSecret {
    /// A new key.
    #[must_use]
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        Self::from_seed(&draw(rng))
    }

    /// The key of this seed (RFC 8032's private key).
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(Box::new(SigningKey::from_bytes(seed)))
    }

    /// The seed, to be kept where secrets are kept.
    #[must_use]
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> SigningPublic {
        SigningPublic::from_bytes(self.0.verifying_key().to_bytes())
    }

    /// The id under which the key is known: a device's or an invite's.
    #[must_use]
    pub fn id(&self) -> DeviceId {
        DeviceId::of(&self.public())
    }

    /// Signs bytes that already begin with their domain string
    /// ([`kahriz_proto::hash::signed_bytes`]).
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

/// An X-Wing private key, which keys are wrapped to: a device's, or recovery's.
///
/// It is 32 bytes, from which both halves of the hybrid and the public key (1,216 bytes) follow, so
/// that recovery's fits on paper.
#[derive(Clone)]
pub struct WrapSecret(Box<Zeroizing<[u8; 32]>>);

impl WrapSecret {
    /// A new key.
    #[must_use]
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        Self(Box::new(draw(rng)))
    }

    /// The key of this seed.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(Box::new(Zeroizing::new(*seed)))
    }

    /// The seed, to be kept where secrets are kept.
    #[must_use]
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::clone(&self.0)
    }

    /// The public half, as the roster holds it.
    #[must_use]
    pub fn public(&self) -> Vec<u8> {
        XWing::sk_to_pk(&self.private()).to_bytes().to_vec()
    }

    pub(super) fn private(&self) -> <XWing as Kem>::PrivateKey {
        <XWing as Kem>::PrivateKey::from_bytes(self.0.as_slice())
            .expect("an X-Wing private key is any 32 bytes")
    }
}

/// The two secrets that make a device.
#[derive(Clone)]
pub struct DeviceSecrets {
    /// Signs frames, tokens and the join.
    pub signing: SigningSecret,
    /// Opens the epoch keys that are wrapped to this device.
    pub wrap: WrapSecret,
}

impl DeviceSecrets {
    /// How many bytes [`DeviceSecrets::to_bytes`] gives.
    pub const LEN: usize = 64;

    /// A new device.
    #[must_use]
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        Self { signing: SigningSecret::generate(rng), wrap: WrapSecret::generate(rng) }
    }

    /// Both seeds, for the encrypted store.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; Self::LEN]> {
        let mut bytes = Zeroizing::new([0; Self::LEN]);
        bytes[..32].copy_from_slice(self.signing.seed().as_slice());
        bytes[32..].copy_from_slice(self.wrap.0.as_slice());
        bytes
    }

    /// The device whose seeds these are, if there are exactly two.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (signing, wrap) = bytes.split_first_chunk::<32>()?;
        let signing = SigningSecret::from_seed(signing);
        Some(Self { signing, wrap: WrapSecret::from_seed(wrap.try_into().ok()?) })
    }

    /// The public keys, as the roster holds them.
    #[must_use]
    pub fn public(&self) -> DeviceKeys {
        DeviceKeys { sign: self.signing.public(), wrap: self.wrap.public() }
    }

    /// The device's id.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.signing.id()
    }

    /// Signs with the device's key; see [`SigningSecret::sign`].
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.signing.sign(message)
    }
}

/// The key of one scope in one epoch, from which each frame's own key is derived.
#[derive(Clone)]
pub struct EpochKey(Zeroizing<[u8; 32]>);

impl EpochKey {
    /// A new key.
    #[must_use]
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        Self(draw(rng))
    }

    /// The key of exactly these bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(Zeroizing::new(*bytes))
    }

    /// The bytes, for the encrypted store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// What the roster says about the key, so that nobody can pass off another.
    #[must_use]
    pub fn commitment(&self) -> [u8; 32] {
        kahriz_proto::hash::hash(super::domain::EPOCH_COMMITMENT, &[self.0.as_slice()])
    }
}

fn draw(rng: &mut dyn CryptoRng) -> Zeroizing<[u8; 32]> {
    let mut bytes = Zeroizing::new([0; 32]);
    rng.fill_bytes(bytes.as_mut_slice());
    bytes
}

//! HPKE and X-Wing: RFC 9180's vectors for the base mode, the draft's vectors of X-Wing, and the vector of
//! exactly our suite, X-Wing with HKDF-SHA256 and ChaCha20-Poly1305.
//!
//! Sending is tried too: what a sender draws is given to it by a [`Script`], and what it sends must be the
//! vector's, through [`seal_to`] as through the library.

use super::{bytes, hex, tried};
use crate::crypto::keys::WrapSecret;
use crate::crypto::{open_sealed, seal_to};
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::{Kem, X25519HkdfSha256, XWing};
use hpke::{Deserializable, OpModeR, OpModeS, Serializable, setup_receiver, setup_sender_with_rng};
use rand_core::{Infallible, TryCryptoRng, TryRng};
use serde::Deserialize;

#[derive(Deserialize)]
struct HpkeVector {
    info: String,
    #[serde(rename = "ikmE")]
    drawn_by_sender: String,
    #[serde(rename = "ikmR")]
    drawn_by_recipient: String,
    #[serde(rename = "skR")]
    secret: String,
    #[serde(rename = "pkR")]
    public: String,
    enc: String,
    shared_secret: String,
    encryptions: Vec<Encryption>,
    exports: Vec<Export>,
}

#[derive(Deserialize)]
struct Encryption {
    seq: u64,
    aad: String,
    pt: String,
    ct: String,
}

#[derive(Deserialize)]
struct Export {
    context: String,
    value: String,
}

#[derive(Deserialize)]
struct XWingVector {
    seed: String,
    eseed: String,
    ss: String,
    pk: String,
    ct: String,
}

/// Chance that was written down beforehand.
struct Script(Vec<u8>);

impl TryRng for Script {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("keys are drawn as bytes")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("keys are drawn as bytes")
    }

    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), Infallible> {
        let rest = self.0.split_off(into.len());
        into.copy_from_slice(&self.0);
        self.0 = rest;
        Ok(())
    }
}

impl TryCryptoRng for Script {}

#[test]
fn hpke_speaks_as_rfc_9180_has_it() {
    let vector = serde_json::from_str(include_str!("hpke-rfc9180-a2.json")).unwrap();
    tried("RFC 9180's A.2, base mode", speaks_as::<X25519HkdfSha256>(&vector), 14);
}

#[test]
fn hpke_with_x_wing_speaks_as_its_draft_has_it() {
    let vector: HpkeVector = serde_json::from_str(include_str!("hpke-x-wing.json")).unwrap();
    tried("HPKE with X-Wing, HKDF-SHA256, ChaCha20-Poly1305", speaks_as::<XWing>(&vector), 20);
    let secret = WrapSecret::from_seed(&bytes(&vector.secret));
    assert_eq!(secret.public(), hex(&vector.public));
    let mut script = Script(hex(&vector.drawn_by_sender));
    let sealed = seal_to(&secret.public(), "purpose", b"text", &mut script).unwrap();
    assert!(sealed.starts_with(&hex(&vector.enc)), "our own sealing draws as the draft's");
    assert_eq!(open_sealed(&sealed, &secret, "purpose").unwrap().as_slice(), b"text");
}

/// Key pair, shared secret, and each text and exported value, from both ends.
fn speaks_as<K: Kem>(vector: &HpkeVector) -> usize {
    let (secret, public) = K::derive_keypair(&hex(&vector.drawn_by_recipient));
    assert_eq!(public.to_bytes()[..], hex(&vector.public));
    // X25519's unused bits are written as zeros, so it is what the keys do that is compared.
    let published = K::PrivateKey::from_bytes(&hex(&vector.secret)).unwrap();
    assert_eq!(K::sk_to_pk(&published).to_bytes(), public.to_bytes());
    let enc = K::EncappedKey::from_bytes(&hex(&vector.enc)).unwrap();
    for secret in [&secret, &published] {
        let shared = K::decap(secret, None, &enc).unwrap();
        assert_eq!(shared.0[..], hex(&vector.shared_secret));
    }
    let sent = sends_as::<K>(vector, &public);
    opens_as::<K>(vector, &published, &enc, &sent);
    5 + vector.encryptions.len() + vector.exports.len()
}

/// Everything from number 0 to the last that is published; those that are published must be the same.
fn sends_as<K: Kem>(vector: &HpkeVector, public: &K::PublicKey) -> Vec<Vec<u8>> {
    let mut script = Script(hex(&vector.drawn_by_sender));
    let (mode, info) = (OpModeS::Base, hex(&vector.info));
    let sender =
        setup_sender_with_rng::<ChaCha20Poly1305, HkdfSha256, K>(&mode, public, &info, &mut script);
    let (enc, mut context) = sender.unwrap();
    assert_eq!(enc.to_bytes()[..], hex(&vector.enc));
    let last = vector.encryptions.iter().map(|published| published.seq).max().unwrap();
    let mut sent = vec![];
    for seq in 0..=last {
        sent.push(context.seal(&hex(&vector.encryptions[0].pt), &count(seq)).unwrap());
    }
    for published in &vector.encryptions {
        assert_eq!(count(published.seq), hex(&published.aad));
        let seq = usize::try_from(published.seq).unwrap();
        assert_eq!(sent[seq], hex(&published.ct), "number {seq}");
    }
    sent
}

/// What was altered is refused, and moves nothing.
fn opens_as<K: Kem>(
    vector: &HpkeVector,
    secret: &K::PrivateKey,
    enc: &K::EncappedKey,
    sent: &[Vec<u8>],
) {
    let (mode, info) = (OpModeR::Base, hex(&vector.info));
    let context = setup_receiver::<ChaCha20Poly1305, HkdfSha256, K>(&mode, secret, enc, &info);
    let mut context = context.unwrap();
    for (seq, text) in (0..).zip(sent) {
        let mut altered = text.clone();
        altered[0] ^= 1;
        assert!(context.open(&altered, &count(seq)).is_err());
        assert_eq!(context.open(text, &count(seq)).unwrap(), hex(&vector.encryptions[0].pt));
    }
    for export in &vector.exports {
        let mut value = [0; 32];
        context.export(&hex(&export.context), &mut value).unwrap();
        assert_eq!(value[..], hex(&export.value));
    }
}

/// What the vectors authenticate beside a text.
fn count(seq: u64) -> Vec<u8> {
    format!("Count-{seq}").into_bytes()
}

#[test]
fn x_wing_agrees_as_its_draft_has_it() {
    let vectors: Vec<XWingVector> = serde_json::from_str(include_str!("x-wing.json")).unwrap();
    for vector in &vectors {
        let secret = WrapSecret::from_seed(&bytes(&vector.seed));
        assert_eq!(secret.public(), hex(&vector.pk));
        let sealed = <XWing as Kem>::EncappedKey::from_bytes(&hex(&vector.ct)).unwrap();
        let shared = XWing::decap(&secret.private(), None, &sealed).unwrap();
        assert_eq!(shared.0[..], hex(&vector.ss));
        let public = <XWing as Kem>::PublicKey::from_bytes(&hex(&vector.pk)).unwrap();
        let mut script = Script(hex(&vector.eseed));
        let (shared, sent) = XWing::encap_with_rng(&public, None, &mut script).unwrap();
        assert_eq!(
            (&shared.0[..], &sent.to_bytes()[..]),
            (&hex(&vector.ss)[..], &hex(&vector.ct)[..])
        );
    }
    tried("X-Wing's draft", vectors.len(), 3);
}

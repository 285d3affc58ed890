//! Which tokens pass, as a table. Each line is one way in that somebody has tried somewhere.
#![allow(clippy::unwrap_used)]

mod table;

use super::*;
use crate::testing::{Device, Organisation, token_for};
use kahriz_proto::hash::hash_short;

const NOW: u64 = 1_800_000_000;

fn relay() -> RelayId {
    RelayId::from_bytes([1; 8])
}

fn device() -> Device {
    Organisation::found(1).headquarters()
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What the relay makes of a token.
fn check(token: &str) -> Result<Token, TokenError> {
    Unverified::read(token)?.verify(&device().public(), relay(), NOW)
}

fn header() -> String {
    format!(r#"{{"alg":"EdDSA","kid":"{}"}}"#, text(device().id.as_bytes()))
}

fn claims() -> String {
    let (sha, aud) = (text(&control_hash(b"")), text(relay().as_bytes()));
    format!(r#"{{"aud":"{aud}","exp":{},"jti":"{}","sha":"{sha}"}}"#, NOW + 60, text(&[1; 8]))
}

/// A token with these parts, rightly signed.
fn signed(header: &str, claims: &str) -> String {
    let message = format!("{}.{}", text(header.as_bytes()), text(claims.as_bytes()));
    let signature = text(&device().sign(message.as_bytes()));
    format!("{message}.{signature}")
}

#[test]
fn a_devices_own_token_passes() {
    let token = check(&token_for(&device(), relay(), b"control", NOW + 120)).unwrap();
    assert_eq!(token.signer, device().id);
    assert!(token.covers(b"control"));
    assert!(!token.covers(b"another control part"));
    assert!(check(&signed(&header(), &claims())).is_ok());
    let typed = header().replace("{\"alg", "{\"typ\":\"JWT\",\"alg");
    assert!(check(&signed(&typed, &claims())).is_ok());
}

#[test]
fn a_token_is_of_its_two_minutes_only() {
    let at = |expires_at| check(&token_for(&device(), relay(), b"", expires_at)).err();
    let table = [
        (0, Some(TokenError::Clock)),
        (NOW - 1, Some(TokenError::Clock)),
        (NOW, Some(TokenError::Clock)),
        (NOW + 1, None),
        (NOW + 120, None),
        (NOW + 150, None),
        (NOW + 151, Some(TokenError::Clock)),
        (u64::MAX, Some(TokenError::Clock)),
    ];
    for (expires_at, expected) in table {
        assert_eq!(at(expires_at), expected, "ending at {expires_at}");
    }
}

#[test]
fn no_header_but_the_protocols_is_read() {
    let kid = text(device().id.as_bytes());
    let jwk = text(device().public().as_bytes());
    let table = [
        format!(r#"{{"alg":"none","kid":"{kid}"}}"#),
        format!(r#"{{"alg":"None","kid":"{kid}"}}"#),
        format!(r#"{{"alg":"HS256","kid":"{kid}"}}"#),
        format!(r#"{{"alg":"RS256","kid":"{kid}"}}"#),
        format!(r#"{{"alg":"ES256","kid":"{kid}"}}"#),
        format!(r#"{{"alg":"eddsa","kid":"{kid}"}}"#),
        format!(r#"{{"alg":"EdDSA","kid":"{kid}","crit":["exp"]}}"#),
        format!(r#"{{"alg":"EdDSA","kid":"{kid}","b64":false}}"#),
        format!(
            r#"{{"alg":"EdDSA","kid":"{kid}","jwk":{{"kty":"OKP","crv":"Ed25519","x":"{jwk}"}}}}"#
        ),
        format!(r#"{{"alg":"EdDSA","alg":"none","kid":"{kid}"}}"#),
        format!(r#"{{"alg":"EdDSA","kid":"{kid}","typ":"JWE"}}"#),
        r#"{"alg":"EdDSA"}"#.to_owned(),
        r#"{"alg":"EdDSA","kid":"AAAA"}"#.to_owned(),
        r#"{"alg":"EdDSA","kid":7}"#.to_owned(),
        "[]".to_owned(),
        String::new(),
    ];
    for header in table {
        assert_eq!(check(&signed(&header, &claims())), Err(TokenError::Malformed), "{header}");
    }
}

#[test]
fn the_public_key_is_no_shared_secret() {
    use jsonwebtoken::{EncodingKey, Header, encode};
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some(text(device().id.as_bytes()));
    let claims: serde_json::Value = serde_json::from_str(&claims()).unwrap();
    let secret = EncodingKey::from_secret(device().public().as_bytes());
    let token = encode(&header, &claims, &secret).unwrap();
    assert_eq!(check(&token), Err(TokenError::Malformed));
}

#[test]
fn no_claims_but_the_protocols_are_read() {
    let good = claims();
    let table = [
        good.replace(&format!("\"exp\":{}", NOW + 60), "\"exp\":\"1800000060\""),
        good.replace(&format!("\"exp\":{}", NOW + 60), "\"exp\":1800000060.5"),
        good.replace(&format!("\"exp\":{}", NOW + 60), "\"exp\":-1"),
        good.replace(&format!("\"exp\":{},", NOW + 60), ""),
        good.replace("\"jti\"", "\"jtj\""),
        good.replace("\"sha\"", "\"nbf\""),
        good.replace(&text(&[1; 8]), &text(&[1; 9])),
        good.replace(&text(relay().as_bytes()), "*"),
        good.replace("{\"aud\":\"", "{\"aud\":[\"").replacen("\",\"exp", "\"],\"exp", 1),
        good.replace("{\"aud", "{\"exp\":1,\"aud"),
        good.replace("{\"aud", "{\"admin\":true,\"aud"),
    ];
    for claims in table {
        assert_ne!(claims, good);
        assert_eq!(check(&signed(&header(), &claims)), Err(TokenError::Malformed), "{claims}");
    }
}

#[test]
fn a_foreign_signature_audience_or_device_does_not_pass() {
    let good = signed(&header(), &claims());
    let (message, signature) = good.rsplit_once('.').unwrap();
    let stranger = Organisation::found(2).headquarters();
    // An HMAC with the public key as its secret, put where the signature belongs.
    let mac: [u8; 32] = hash_short("hmac", &[device().public().as_bytes(), message.as_bytes()]);
    let elsewhere = claims().replace(&text(relay().as_bytes()), &text(&[2; 8]));
    let table = [
        format!("{message}.{}", text(&stranger.sign(message.as_bytes()))),
        format!("{message}.{}", text(&mac)),
        format!("{message}.{}", text(&[0; 64])),
        format!("{message}."),
        token_for(&stranger, relay(), b"", NOW + 60),
        signed(&header(), &elsewhere),
        {
            let later = claims().replace(&format!("{}", NOW + 60), &format!("{}", NOW + 61));
            format!("{}.{}.{signature}", text(header().as_bytes()), text(later.as_bytes()))
        },
    ];
    for token in table {
        assert_eq!(check(&token), Err(TokenError::Signature), "{token}");
    }
}

#[test]
fn what_is_no_token_at_all_is_refused_too() {
    let good = signed(&header(), &claims());
    let table = [
        String::new(),
        "..".to_owned(),
        good.replace('.', ""),
        format!("{good}.{good}"),
        format!("{good}="),
        format!(" {good}"),
        "a".repeat(100_000),
    ];
    for token in table {
        assert!(check(&token).is_err(), "{token}");
    }
}

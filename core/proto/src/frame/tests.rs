//! The frame's envelope, seen from outside: what goes in comes out, and nothing altered passes.
#![allow(clippy::unwrap_used)]

use super::*;
use ed25519_dalek::{Signer, SigningKey};

fn key() -> SigningKey {
    SigningKey::from_bytes(&[3; 32])
}

fn public() -> SigningPublic {
    SigningPublic::from_bytes(key().verifying_key().to_bytes())
}

fn preamble() -> Preamble {
    Preamble {
        version: FRAME_VERSION,
        scope: ScopeId::from_bytes([9; 8]),
        device: DeviceId::of(&public()),
        generation: 1,
        seq: 1_000,
        prev: FrameHash::from_bytes([8; 32]),
        epoch: 3,
        roster: RosterMark { seq: 100, tag: [5; 8] },
        deps: vec![],
    }
}

fn frame(body: &[u8]) -> Frame {
    let preamble = minicbor::to_vec(preamble()).unwrap();
    Frame::assemble(&preamble, body, |message| key().sign(message).to_bytes()).unwrap()
}

#[test]
fn a_frame_reads_back_and_is_its_devices() {
    let frame = frame(b"sealed");
    let again = Frame::decode(frame.bytes().to_vec()).unwrap();
    assert_eq!(again, frame);
    assert_eq!(again.body(), b"sealed");
    assert_eq!(again.preamble(), &preamble());
    assert!(again.verify(&public()).is_ok());
}

#[test]
fn the_envelope_costs_at_most_192_bytes_so_that_64_are_left_for_the_seal() {
    let sealed = frame(&[0; 16_000]);
    assert!(sealed.bytes().len() - 16_000 <= 214, "{}", sealed.bytes().len() - 16_000);
}

#[test]
fn no_altered_byte_and_no_cut_frame_passes_for_the_original() {
    let original = frame(b"sealed");
    for at in 0..original.bytes().len() {
        let mut bytes = original.bytes().to_vec();
        bytes[at] ^= 1;
        let passes = Frame::decode(bytes).is_ok_and(|frame| frame.verify(&public()).is_ok());
        assert!(!passes, "byte {at} was altered");
        assert!(Frame::decode(original.bytes()[..at].to_vec()).is_err(), "cut at {at}");
    }
}

#[test]
fn a_frame_with_a_byte_to_spare_is_refused() {
    let mut bytes = frame(b"sealed").into_bytes();
    bytes.push(0);
    assert_eq!(Frame::decode(bytes), Err(FrameError::NotCanonical));
}

#[test]
fn a_frame_of_a_newer_version_is_refused_by_name() {
    let newer = Preamble { version: 2, ..preamble() };
    let bytes = minicbor::to_vec(newer).unwrap();
    let made = Frame::assemble(&bytes, b"x", |m| key().sign(m).to_bytes());
    assert_eq!(made, Err(FrameError::UnknownVersion(2)));
}

#[test]
fn a_strangers_key_is_not_the_devices() {
    let stranger = SigningKey::from_bytes(&[4; 32]).verifying_key().to_bytes();
    let result = frame(b"x").verify(&SigningPublic::from_bytes(stranger));
    assert_eq!(result, Err(VerifyError::OtherDevice));
}

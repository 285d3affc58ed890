//! A frame goes out sealed and comes back whole, or not at all.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::crypto::chance::SeededChance;
use crate::crypto::vectors::hex;
use kahriz_proto::frame::{FRAME_VERSION, RosterMark};
use kahriz_proto::ids::{FrameHash, ScopeId};
use kahriz_proto::limits::FRAME_BYTES_MAX;
use proptest::prelude::*;

#[test]
fn what_was_sealed_opens_again_whatever_its_length() {
    let (secrets, key, mut chance) = world(1);
    for length in [0, 1, 31, 32, 33, 63, 64, 1_000] {
        let plain = vec![0x80; length];
        let frame = seal(&preamble(&secrets), &plain, &key, &secrets, &mut chance).unwrap();
        assert_eq!(*open(&verified(&frame, &secrets), &key).unwrap(), plain);
        let padded = (length + 1).next_multiple_of(PAD_BYTES);
        assert_eq!(frame.body().len(), padded + BODY_OVERHEAD_BYTES);
    }
}

#[test]
fn a_frame_costs_at_most_256_bytes_besides_its_padded_text() {
    let (secrets, key, mut chance) = world(1);
    let plain = vec![7; 16 * 1024 - 1];
    let frame = seal(&preamble(&secrets), &plain, &key, &secrets, &mut chance).unwrap();
    let overhead = frame.bytes().len() - 16 * 1024;
    assert!(overhead <= 256, "{overhead} bytes");
}

#[test]
fn nobody_without_the_scopes_key_reads_a_frame() {
    let (secrets, key, mut chance) = world(1);
    let frame = seal(&preamble(&secrets), b"edit", &key, &secrets, &mut chance).unwrap();
    let other = EpochKey::generate(&mut chance);
    let failure = open(&verified(&frame, &secrets), &other).unwrap_err();
    assert_eq!(failure, OpenError::WrongKey);
    assert!(!failure.is_permanent());
}

#[test]
fn the_same_edit_sealed_twice_looks_different() {
    let (_, key, mut chance) = world(1);
    let mut body = || seal_body(&[2; 32], b"edit", &key, &mut chance);
    let (one, other) = (body(), body());
    assert!(one.chunks(16).zip(other.chunks(16)).all(|(one, other)| one != other));
}

#[test]
fn a_device_cannot_seal_in_anothers_name() {
    let (secrets, key, mut chance) = world(1);
    let other = DeviceSecrets::generate(&mut chance);
    let refused = seal(&preamble(&other), b"edit", &key, &secrets, &mut chance);
    assert_eq!(refused.err(), Some(SealError::OtherDevice));
}

#[test]
fn a_frame_over_the_limit_is_not_sealed() {
    let (secrets, key, mut chance) = world(1);
    let plain = vec![0; FRAME_BYTES_MAX];
    let refused = seal(&preamble(&secrets), &plain, &key, &secrets, &mut chance);
    assert!(matches!(refused.err(), Some(SealError::Frame(FrameError::TooLong(_)))));
}

#[test]
fn a_cut_body_does_not_open() {
    let (_, key, mut chance) = world(1);
    let body = seal_body(&[2; 32], b"edit", &key, &mut chance);
    for length in 0..body.len() {
        assert!(open_body(&[2; 32], &body[..length], &key).is_err(), "{length} bytes");
    }
}

#[test]
fn only_the_shortest_padding_is_accepted() {
    let longer = [&pad(b"edit")[..], &[0; PAD_BYTES]].concat();
    for text in [longer, vec![0; PAD_BYTES], vec![], vec![0x80], vec![0x81; PAD_BYTES]] {
        assert_eq!(unpadded_length(&text), None);
    }
    assert_eq!(unpadded_length(&pad(b"edit")), Some(4));
}

#[test]
fn a_faulty_sealers_padding_is_told_apart_from_an_altered_body() {
    let (_, key, mut chance) = world(1);
    let mut salt = [0; SALT_BYTES];
    chance.fill_bytes(&mut salt);
    let keys = FrameKeys::derive(&key, &salt, &[2; 32]);
    let mut text = vec![0; PAD_BYTES];
    let aad = labelled(domain::FRAME_AAD, &[&[2; 32]]);
    keys.cipher().encrypt_in_place(&keys.nonce.into(), &aad, &mut text).unwrap();
    let body = [&salt[..], &keys.commitment, &text].concat();
    assert_eq!(open_body(&[2; 32], &body, &key).unwrap_err(), OpenError::Padding);
}

/// Computed with another implementation of HMAC, from the definition alone.
#[test]
fn a_frames_keys_are_derived_as_the_format_says() {
    let salt = std::array::from_fn(|at| u8::try_from(at).unwrap());
    let keys = FrameKeys::derive(&EpochKey::from_bytes(&[1; 32]), &salt, &[2; 32]);
    let key = "818bf123427ed832bdfac14f7217ca914b94f9b9d5488cbecc49e794b2a06ac6";
    let nonce = "1ba6d7ec901458f6981926a953ee709ea051e149a4402ff7";
    let commitment = "7070574fb48e46a7344dff90f4424ad81a13c698f869c8b835a7c44d755014dc";
    assert_eq!(keys.key[..], hex(key));
    assert_eq!(keys.nonce[..], hex(nonce));
    assert_eq!(keys.commitment[..], hex(commitment));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_altered_byte_of_a_body_goes_unnoticed(
        plain in proptest::collection::vec(any::<u8>(), 0..200),
        at in any::<prop::sample::Index>(),
        flip in 1..=u8::MAX,
        seed in any::<u64>(),
    ) {
        let (_, key, mut chance) = world(seed);
        let mut body = seal_body(&[2; 32], &plain, &key, &mut chance);
        prop_assert_eq!(&*open_body(&[2; 32], &body, &key).unwrap(), &plain);
        let at = at.index(body.len());
        body[at] ^= flip;
        let expected = if at < SALT_BYTES + COMMITMENT_BYTES {
            OpenError::WrongKey
        } else {
            OpenError::Altered
        };
        prop_assert_eq!(open_body(&[2; 32], &body, &key).unwrap_err(), expected);
    }

    #[test]
    fn a_body_does_not_open_under_an_altered_preamble(
        at in any::<prop::sample::Index>(),
        flip in 1..=u8::MAX,
    ) {
        let (secrets, key, mut chance) = world(1);
        let mut bytes = minicbor::to_vec(preamble(&secrets)).unwrap();
        let body = seal_body(&context_of(&bytes), b"edit", &key, &mut chance);
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        let refused = open_body(&context_of(&bytes), &body, &key).unwrap_err();
        prop_assert_eq!(refused, OpenError::WrongKey);
    }
}

fn world(seed: u64) -> (DeviceSecrets, EpochKey, SeededChance) {
    let mut chance = SeededChance::new(seed);
    let secrets = DeviceSecrets::generate(&mut chance);
    (secrets, EpochKey::generate(&mut chance), chance)
}

fn preamble(secrets: &DeviceSecrets) -> Preamble {
    Preamble {
        version: FRAME_VERSION,
        scope: ScopeId::from_bytes([9; 8]),
        device: secrets.device(),
        generation: 1,
        seq: 1_000,
        prev: FrameHash::from_bytes([8; 32]),
        epoch: 3,
        roster: RosterMark { seq: 100, tag: [5; 8] },
        deps: vec![],
    }
}

/// The frame after a journey: read from its bytes, its signature checked.
fn verified(frame: &Frame, secrets: &DeviceSecrets) -> VerifiedFrame {
    let arrived = Frame::decode(frame.bytes().to_vec()).unwrap();
    arrived.verify(&secrets.signing.public()).unwrap()
}

//! Keys: made, kept and read back, and what a lost one means.
#![allow(clippy::unwrap_used)]

use super::chance::SeededChance;
use super::*;
use kahriz_proto::frame::verify_signature;
use kahriz_proto::hash::signed_bytes;
use kahriz_proto::ids::DeviceId;

#[test]
fn a_device_is_the_same_after_its_store_is_read_again() {
    let device = DeviceSecrets::generate(&mut SeededChance::new(1));
    let again = DeviceSecrets::from_bytes(device.to_bytes().as_slice()).unwrap();
    assert_eq!(again.public(), device.public());
    assert_eq!(again.device(), DeviceId::of(&device.public().sign));
    assert_eq!(again.sign(b"x"), device.sign(b"x"));
    assert_eq!(device.public().wrap.len(), 1_216);
}

#[test]
fn bytes_of_the_wrong_length_are_no_device() {
    assert!(DeviceSecrets::from_bytes(&[0; 63]).is_none());
    assert!(DeviceSecrets::from_bytes(&[0; 65]).is_none());
    assert!(DeviceSecrets::from_bytes(&[]).is_none());
}

#[test]
fn two_devices_share_no_secret_and_one_devices_secrets_differ() {
    let mut chance = SeededChance::new(1);
    let (one, other) = (DeviceSecrets::generate(&mut chance), DeviceSecrets::generate(&mut chance));
    assert_ne!(one.signing.seed(), other.signing.seed());
    assert_ne!(one.wrap.seed(), other.wrap.seed());
    assert_ne!(one.signing.seed(), one.wrap.seed());
    let (one, other) = (EpochKey::generate(&mut chance), EpochKey::generate(&mut chance));
    assert_ne!(one.as_bytes(), other.as_bytes());
}

#[test]
fn recovery_on_paper_gives_back_the_key_that_the_roster_names() {
    let recovery = WrapSecret::generate(&mut SeededChance::new(1));
    let paper = *recovery.seed();
    assert_eq!(WrapSecret::from_seed(&paper).public(), recovery.public());
}

#[test]
fn a_signature_made_for_one_purpose_is_none_for_another() {
    let root = SigningSecret::generate(&mut SeededChance::new(1));
    let signature = root.sign(&signed_bytes("kahriz/v1/roster-signature", b"entry"));
    let is_right =
        |domain| verify_signature(&root.public(), &signed_bytes(domain, b"entry"), &signature);
    assert!(is_right("kahriz/v1/roster-signature"));
    assert!(!is_right("kahriz/v1/frame-signature"));
}

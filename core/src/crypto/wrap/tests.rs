//! A key reaches whom it is wrapped to and nobody else.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::crypto::chance::SeededChance;

#[test]
fn a_wrapped_key_reaches_its_device() {
    let (device, key, mut chance) = world();
    let sealed = wrap_key(&key, &device.public(), context(), &mut chance).unwrap();
    assert_eq!(sealed.len(), 1_168);
    let opened = unwrap_key(&sealed, &device, context()).unwrap();
    assert_eq!(opened.as_bytes(), key.as_bytes());
}

#[test]
fn a_wrapped_key_does_not_open_for_another_device() {
    let (device, key, mut chance) = world();
    let other = WrapSecret::generate(&mut chance);
    let sealed = wrap_key(&key, &device.public(), context(), &mut chance).unwrap();
    let refused = unwrap_key(&sealed, &other, context()).err();
    assert_eq!(refused, Some(UnwrapError::NotForThis));
}

#[test]
fn a_key_wrapped_for_one_place_is_not_taken_for_anothers() {
    let (device, key, mut chance) = world();
    let sealed = wrap_key(&key, &device.public(), context(), &mut chance).unwrap();
    for other in other_contexts() {
        assert_eq!(unwrap_key(&sealed, &device, other).err(), Some(UnwrapError::NotForThis));
    }
}

#[test]
fn no_altered_byte_of_a_wrap_goes_unnoticed() {
    let (device, key, mut chance) = world();
    let sealed = wrap_key(&key, &device.public(), context(), &mut chance).unwrap();
    for at in (0..sealed.len()).step_by(13).chain(ENCAPSULATED_BYTES..sealed.len()) {
        let mut altered = sealed.clone();
        altered[at] ^= 0x10;
        assert!(unwrap_key(&altered, &device, context()).is_err(), "byte {at}");
    }
}

#[test]
fn a_cut_wrap_is_refused() {
    let (device, key, mut chance) = world();
    let sealed = wrap_key(&key, &device.public(), context(), &mut chance).unwrap();
    for length in [0, 1, ENCAPSULATED_BYTES - 1, ENCAPSULATED_BYTES, sealed.len() - 1] {
        assert!(unwrap_key(&sealed[..length], &device, context()).is_err(), "{length} bytes");
    }
}

#[test]
fn what_is_no_public_key_is_refused_before_anything_is_sealed() {
    let (device, key, mut chance) = world();
    let mut bad = device.public();
    bad[..3].fill(0xff);
    for to in [&[][..], &[0; 1_215], &bad] {
        let refused = wrap_key(&key, to, context(), &mut chance).err();
        assert_eq!(refused, Some(WrapError::BadKey));
    }
}

#[test]
fn the_newest_key_opens_the_one_before() {
    let (_, old, mut chance) = world();
    let new = EpochKey::generate(&mut chance);
    let sealed = seal_previous(&old, &new, context(), &mut chance);
    assert_eq!(open_previous(&sealed, &new, context()).unwrap().as_bytes(), old.as_bytes());
    assert_eq!(open_previous(&sealed, &old, context()).err(), Some(UnwrapError::NotForThis));
    for other in other_contexts() {
        assert_eq!(open_previous(&sealed, &new, other).err(), Some(UnwrapError::NotForThis));
    }
}

#[test]
fn no_altered_byte_of_the_key_before_goes_unnoticed() {
    let (_, old, mut chance) = world();
    let new = EpochKey::generate(&mut chance);
    let sealed = seal_previous(&old, &new, context(), &mut chance).0;
    for at in 0..sealed.len() {
        let mut altered = sealed.clone();
        altered[at] ^= 1;
        assert!(open_previous(&SealedKey(altered), &new, context()).is_err(), "byte {at}");
        assert!(open_previous(&SealedKey(sealed[..at].to_vec()), &new, context()).is_err());
    }
}

#[test]
fn a_newcomers_name_is_read_at_headquarters_and_for_that_purpose_only() {
    let (headquarters, _, mut chance) = world();
    let profile = "Leyla Məmmədova, field phone 7".as_bytes();
    let to = headquarters.public();
    let sealed = seal_to(&to, domain::JOIN_PROFILE, profile, &mut chance).unwrap();
    assert!(!sealed.windows(5).any(|bytes| bytes == b"Leyla"));
    let opened = open_sealed(&sealed, &headquarters, domain::JOIN_PROFILE).unwrap();
    assert_eq!(*opened, profile);
    let refused = open_sealed(&sealed, &headquarters, domain::EPOCH_WRAP).err();
    assert_eq!(refused, Some(UnwrapError::NotForThis));
}

fn world() -> (WrapSecret, EpochKey, SeededChance) {
    let mut chance = SeededChance::new(5);
    (WrapSecret::generate(&mut chance), EpochKey::generate(&mut chance), chance)
}

fn context() -> WrapContext {
    WrapContext {
        workspace: WorkspaceId::from_bytes([1; 16]),
        scope: ScopeId::from_bytes([2; 8]),
        epoch: 3,
    }
}

fn other_contexts() -> [WrapContext; 3] {
    [
        WrapContext { workspace: WorkspaceId::from_bytes([9; 16]), ..context() },
        WrapContext { scope: ScopeId::from_bytes([9; 8]), ..context() },
        WrapContext { epoch: 4, ..context() },
    ]
}

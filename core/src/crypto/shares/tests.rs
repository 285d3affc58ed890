//! Shares: any that suffice restore, fewer tell nothing, and what is wrong is noticed and said.
#![allow(clippy::unwrap_used)]

use super::super::chance::SeededChance;
use super::*;
use proptest::prelude::*;

fn keys(seed: u64) -> RecoveryKeys {
    let mut chance = SeededChance::new(seed);
    RecoveryKeys {
        root: SigningSecret::generate(&mut chance),
        recovery: WrapSecret::generate(&mut chance),
    }
}

fn quorum(needed: u8, of: u8) -> Quorum {
    Quorum::new(needed, of).unwrap()
}

fn pick(shares: &[Share], numbers: &[usize]) -> Vec<Share> {
    numbers.iter().map(|number| shares[number - 1].clone()).collect()
}

fn refused(shares: &[Share]) -> CombineError {
    combine(shares).err().unwrap()
}

#[test]
fn the_field_is_that_of_fips_197_and_shares_lie_on_the_line() {
    // FIPS 197, 4.2: {57} times {83} is {c1}. So on the line 42 + 57 x stand 15, ec, bb and, at 83, 83.
    let points = [[1, 0x15], [2, 0xec], [3, 0xbb], [0x83, 0x42 ^ 0xc1]];
    for (one, other) in [(0, 1), (0, 2), (1, 2), (0, 3), (3, 2)] {
        let two = [points[one].to_vec(), points[other].to_vec()];
        assert_eq!(Gf256::combine_bytes(two).unwrap(), [0x42]);
    }
    assert_ne!(Gf256::combine_bytes([vec![1, 0x15], vec![2, 0xed]]).unwrap(), [0x42]);
}

#[test]
fn any_two_of_three_restore_both_keys() {
    let keys = keys(1);
    let shares = split(&keys, quorum(2, 3), &mut SeededChance::new(2));
    for numbers in [[1, 2], [1, 3], [2, 3], [3, 1]] {
        let restored = combine(&pick(&shares, &numbers)).unwrap();
        assert_eq!(restored.to_bytes().as_slice(), keys.to_bytes().as_slice(), "{numbers:?}");
        assert_eq!(restored.workspace(), keys.workspace());
    }
    assert!(combine(&shares).is_ok(), "all of them do as well");
}

#[test]
fn fewer_than_needed_restore_nothing_and_say_how_many_are_missing() {
    let shares = split(&keys(1), quorum(3, 5), &mut SeededChance::new(2));
    assert_eq!(refused(&[]), CombineError::TooFew { more: 2 });
    assert_eq!(refused(&pick(&shares, &[4])), CombineError::TooFew { more: 2 });
    assert_eq!(refused(&pick(&shares, &[4, 1])), CombineError::TooFew { more: 1 });
    assert!(combine(&pick(&shares, &[4, 1, 5])).is_ok());
}

#[test]
fn shares_that_do_not_belong_together_are_told_apart() {
    let mut chance = SeededChance::new(3);
    let (ours, theirs) = (keys(1), keys(2));
    let first = split(&ours, quorum(2, 3), &mut chance);
    let again = split(&ours, quorum(2, 3), &mut chance);
    let foreign = split(&theirs, quorum(2, 3), &mut chance);
    let with = |other: &Share| refused(&[first[0].clone(), other.clone()]);
    assert_eq!(with(&first[0]), CombineError::Twice(1));
    assert!(matches!(with(&again[1]), CombineError::AnotherSplitting { .. }));
    assert!(matches!(with(&foreign[1]), CombineError::AnotherWorkspace { .. }));
    // What is said names both, as the sheets do.
    let said = with(&again[1]).to_string();
    assert!(said.contains(&first[0].belonging().to_string()), "{said}");
    assert!(said.contains(&again[1].belonging().to_string()), "{said}");
}

#[test]
fn a_share_that_was_made_up_with_a_right_checksum_is_noticed() {
    let mut shares = split(&keys(1), quorum(2, 3), &mut SeededChance::new(2));
    shares[1].part[7] ^= 1;
    let written = shares[1].to_bytes();
    assert!(Share::from_bytes(&written).is_ok(), "its own checksum is right");
    assert_eq!(refused(&shares[..2]), CombineError::Altered);
}

#[test]
fn every_altered_bit_of_a_share_is_noticed() {
    let share = &split(&keys(1), quorum(2, 3), &mut SeededChance::new(2))[2];
    let bytes = share.to_bytes();
    let again = Share::from_bytes(&bytes).unwrap();
    assert_eq!((again.number(), again.quorum()), (3, quorum(2, 3)));
    assert_eq!(again.belonging(), share.belonging());
    for bit in 0..SHARE_BYTES * 8 {
        let mut altered = bytes.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(Share::from_bytes(&altered).err(), Some(NotAShare::Checksum), "{bit}");
    }
}

#[test]
fn a_share_with_senseless_numbers_or_of_a_newer_program_is_refused() {
    let share = &split(&keys(1), quorum(2, 3), &mut SeededChance::new(2))[0];
    let with = |place: usize, byte: u8| {
        let mut bytes = share.to_bytes();
        bytes[place] = byte;
        let right = checksum(&bytes);
        bytes[CHECKSUM_AT..].copy_from_slice(&right);
        Share::from_bytes(&bytes).err()
    };
    assert_eq!(with(0, 2), Some(NotAShare::Newer));
    for (place, byte) in [(1, 0), (1, 4), (2, 0x13), (2, 0x33), (2, 0x43)] {
        assert_eq!(with(place, byte), Some(NotAShare::Malformed), "{place} {byte:02x}");
    }
}

#[test]
fn a_quorum_that_trusts_one_or_forgives_none_is_refused() {
    for (needed, of) in [(0, 3), (1, 3), (3, 3), (2, 2), (4, 3), (2, 16)] {
        assert!(Quorum::new(needed, of).is_none(), "{needed} of {of}");
    }
}

/// One share of a fixed secret, drawn again and again, is any byte equally often: also the secret's own, which a
/// scheme that never draws a zero coefficient would leave out.
#[test]
fn one_share_alone_is_noise() {
    const SPLITTINGS: u32 = 2_048;
    let keys = keys(1);
    let secret = keys.to_bytes();
    let mut chance = SeededChance::new(9);
    let (mut counts, mut same) = ([0_u32; 256], 0_u32);
    for _ in 0..SPLITTINGS {
        let shares = split(&keys, quorum(2, 3), &mut chance);
        for (byte, of_secret) in shares[1].part.iter().zip(secret.iter()) {
            counts[usize::from(*byte)] += 1;
            same += u32::from(byte == of_secret);
        }
    }
    let expected = f64::from(SPLITTINGS * 64) / 256.0;
    let chi: f64 = counts.iter().map(|seen| (f64::from(*seen) - expected).powi(2) / expected).sum();
    // 255 degrees of freedom: six deviations above the mean would be one run in a thousand million.
    assert!(chi < 255.0 + 6.0 * (2.0_f64 * 255.0).sqrt(), "{chi}");
    assert!((f64::from(same) - expected).abs() < 6.0 * expected.sqrt(), "{same}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_that_suffice_restore_and_any_fewer_do_not(
        seed: u64,
        (needed, of) in (2_u8..=6).prop_flat_map(|needed| (Just(needed), needed + 1..=9)),
        order: u64,
    ) {
        let keys = keys(seed);
        let mut shares = split(&keys, quorum(needed, of), &mut SeededChance::new(seed ^ 1));
        // Some order of them, drawn.
        shares.sort_by_key(|share| order.rotate_left(u32::from(share.number) * 7) ^ u64::from(share.number));
        let read = |share: &Share| Share::from_bytes(&share.to_bytes()).unwrap();
        let shares: Vec<Share> = shares.iter().map(read).collect();
        let enough = usize::from(needed);
        let restored = combine(&shares[..enough]).unwrap();
        prop_assert!(restored.to_bytes() == keys.to_bytes());
        prop_assert_eq!(refused(&shares[..enough - 1]), CombineError::TooFew { more: 1 });
    }

    /// With one share fewer every secret is still possible: some last share would give it.
    #[test]
    fn what_is_missing_could_still_be_anything(seed: u64, wanted: u8) {
        let shares = split(&keys(seed), quorum(2, 3), &mut SeededChance::new(seed ^ 1));
        let held = shares[0].part[0];
        let would_give = (0..=255_u8).filter(|other| {
            Gf256::combine_bytes([vec![1, held], vec![2, *other]]).unwrap() == [wanted]
        });
        prop_assert_eq!(would_give.count(), 1);
    }
}

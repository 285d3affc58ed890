//! Shares on paper: what a hand copies comes back, and a slip is found.
#![allow(clippy::unwrap_used)]

use super::*;
use kahriz_core::crypto::shares::{Quorum, RecoveryKeys, split};
use kahriz_core::crypto::{SigningSecret, WrapSecret};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha20Rng;

fn share(seed: u64) -> Share {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let keys = RecoveryKeys {
        root: SigningSecret::generate(&mut rng),
        recovery: WrapSecret::generate(&mut rng),
    };
    split(&keys, Quorum::new(2, 3).unwrap(), &mut rng).remove(1)
}

fn same(read: &Share, share: &Share) -> bool {
    read.to_bytes() == share.to_bytes()
}

#[test]
fn a_share_comes_back_from_its_words_its_letters_and_its_qr_code() {
    for seed in 0..50 {
        let share = share(seed);
        let words = words(&share);
        assert_eq!(words.len(), WORDS);
        let groups = letters(&share);
        assert_eq!((groups.len(), groups[0].len()), (25, 5));
        let numbered: Vec<String> = words
            .iter()
            .enumerate()
            .map(|(place, word)| format!("{:2}. {}", place + 1, word.to_uppercase()))
            .collect();
        let short: Vec<String> = words.iter().map(|word| word.chars().take(4).collect()).collect();
        for typed in [
            words.join(" "),
            numbered.join("\n"),
            short.join(", "),
            groups.join(" "),
            groups.concat().to_lowercase(),
            groups.join("-").replace('0', "o").replace('1', "l"),
            qr_text(&share).to_string(),
            qr_text(&share).to_lowercase(),
        ] {
            assert!(same(&read(&typed).unwrap(), &share), "{seed}");
            assert!(is_enough(&typed), "{seed}");
        }
    }
}

#[test]
fn one_wrong_word_is_named_by_its_place() {
    let share = share(1);
    let list = bip39::Language::English.word_list();
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    for place in [0, 1, 17, 40, 55, 56] {
        let mut wrong = words(&share);
        wrong[place] = loop {
            let other = list[rng.random_range(0..2_048)];
            if other != wrong[place] {
                break other;
            }
        };
        let said = read(&wrong.join(" ")).err().unwrap();
        // The last word has three bits more than the share; one that sets them is noticed as well.
        assert_eq!(said, NotWritten::WrongWord(Slip::At(place + 1)));
        assert!(said.to_string().contains(&format!("word {}", place + 1)), "{said}");
    }
}

#[test]
fn two_words_that_changed_places_are_named_and_two_wrong_ones_are_noticed() {
    let share = share(2);
    let mut swapped = words(&share);
    swapped.swap(11, 12);
    assert_eq!(read(&swapped.join(" ")).err(), Some(NotWritten::WrongWord(Slip::Swapped(12, 13))));
    let mut wrong = words(&share);
    (wrong[3], wrong[9]) = ("zebra", "zebra");
    assert_eq!(read(&wrong.join(" ")).err(), Some(NotWritten::WrongWord(Slip::Unknown)));
}

#[test]
fn a_wrong_letter_is_named_by_its_place() {
    let mut groups = letters(&share(3));
    let wrong = if groups[4].starts_with('7') { "8" } else { "7" };
    groups[4].replace_range(0..1, wrong);
    assert_eq!(read(&groups.join(" ")).err(), Some(NotWritten::WrongLetter(Slip::At(21))));
}

#[test]
fn what_is_cut_short_or_no_word_is_said() {
    let words = words(&share(4));
    assert_eq!(read(&words[..56].join(" ")).err(), Some(NotWritten::Words(56)));
    assert_eq!(read("").err(), Some(NotWritten::Words(0)));
    assert!(!is_enough(&words[..56].join(" ")));
    let mut unknown = words.clone();
    unknown[29] = "kahriz";
    assert_eq!(read(&unknown.join(" ")).err(), Some(NotWritten::UnknownWord(30)));
    assert!(matches!(read("KAHRIZ:SHARE:0123").err(), Some(NotWritten::Letters(4))));
}

#[test]
fn four_letters_of_the_list_are_never_two_words() {
    let list = bip39::Language::English.word_list();
    let head = |word: &str| word.chars().take(4).collect::<String>();
    let heads: std::collections::BTreeSet<String> = list.iter().map(|word| head(word)).collect();
    assert_eq!(heads.len(), 2_048);
}

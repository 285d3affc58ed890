#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

#[test]
fn aliyev_is_found_in_whatever_letters_it_was_written() {
    every_spelling_finds_every_other(&[
        "aliyev",
        "Алиев",
        "ELIYEV",
        "Əliyev",
        "əliyev",
        "ƏLİYEV",
        "Алієв",
        "Әлијев",
        "Alijev",
        "E\u{306}liyev",
        "عليیف",
        "علييف",
    ]);
}

#[test]
fn the_names_of_the_region_meet_across_their_scripts() {
    every_spelling_finds_every_other(
        &["Məmmədov", "Мамедов", "Mammadov", "Mamedov", "Məммədov", "محمدوف"][..5],
    );
    every_spelling_finds_every_other(&[
        "Həsənov",
        "Гасанов",
        "Hasanov",
        "Hasanow",
        "Хасанов",
        "حسنوف",
    ]);
    every_spelling_finds_every_other(&["Hüseyn", "Гусейн", "Huseyn", "Hüseyin", "حسین"]);
    every_spelling_finds_every_other(&[
        "Cəfərov",
        "Джафаров",
        "Jafarov",
        "Cafarov",
        "Djafarov",
        "Ҹәфәров",
        "جعفروف",
    ]);
    every_spelling_finds_every_other(&["Qarabağ", "Карабах", "Karabakh", "Garabagh"]);
    every_spelling_finds_every_other(&["Qasımov", "Гасымов", "Касимов", "Kasimov", "قاسموف"]);
    every_spelling_finds_every_other(&["Çingiz", "Чингиз", "Chingiz", "چنگیز"]);
    every_spelling_finds_every_other(&["Şuşa", "Шуша", "Shusha", "Susa"]);
    every_spelling_finds_every_other(&["Xocalı", "Ходжалы", "Khojaly", "Xocali"]);
    every_spelling_finds_every_other(&["Məryəm", "Марьям", "Maryam", "مريم"]);
    every_spelling_finds_every_other(&["Zülfiyyə", "Зульфия", "Zulfiyya", "Zulfiya"]);
    every_spelling_finds_every_other(&["Yelena", "Елена", "Elena", "Єлена"]);
    every_spelling_finds_every_other(&["Юрій", "Юрий", "Yuriy", "Yuri"]);
    every_spelling_finds_every_other(&["Abdullah", "Абдулла", "Абдуллах", "Abdulla"]);
    every_spelling_finds_every_other(&["Muhammad", "محمد"]);
    every_spelling_finds_every_other(&["Fatima", "Фатима", "Fatimah", "فاطمة", "فاطمه"]);
}

#[test]
fn dotted_and_dotless_i_find_each_other() {
    every_spelling_finds_every_other(&["Işıq", "işiq", "IŞIQ", "İŞİQ", "ışıq"]);
    assert_eq!(exact("IİıiI\u{307}"), "iiiii");
}

#[test]
fn a_beginning_of_a_name_is_enough() {
    assert!(finds("ali", "Əliyev Elçin"));
    assert!(finds("Али", "Əliyev"));
    assert!(finds("əliy elç", "Elçin Əliyev"));
    assert!(!finds("əliy elç", "Elçin Vəliyev"));
    assert!(!finds("iyev", "Əliyev"));
}

#[test]
fn different_names_stay_apart() {
    for (query, name) in [
        ("Aliyev", "Valiyev"),
        ("Leyla", "Aytən"),
        ("Rəşad", "Fərhad"),
        ("Murad", "Samir"),
        ("Ağdam", "Füzuli"),
        ("Иванов", "Петров"),
        ("محمد", "علي"),
        ("Oktay", "Kitay"),
        ("Lalə", "Лиля"),
        ("Nermin", "Namazov"),
    ] {
        assert!(!finds(query, name), "{query} should not find {name}");
    }
}

#[test]
fn two_latin_names_never_meet_by_their_consonants_alone() {
    assert!(!finds("Mirovan", "Marifin"));
    assert!(!finds("Salim", "Sulema"));
    assert!(finds("Salim", "سليم"));
    assert!(finds("سليم", "Salim"));
    assert!(!finds("Samil", "سليم"));
}

#[test]
fn arabic_script_is_read_in_all_its_forms() {
    assert_eq!(exact("عَلِيّ"), exact("علي"), "with and without vowel marks");
    assert_eq!(exact("عـــلي"), exact("علي"), "stretched");
    assert_eq!(exact("ﻋﻠﻲ"), exact("علي"), "presentation forms");
    assert!(finds("Ali", "علي"));
    assert!(finds("علي", "Əli"));
}

#[test]
fn an_apostrophe_does_not_part_a_word_and_a_hyphen_does() {
    assert_eq!(exact("Дем'янів Дем’янів"), exact("Демянів Демянів"));
    assert_eq!(exact("Abdul-Rahman/Ağdam,Şuşa—x"), "abdul rahman agdam susa x");
    assert_eq!(exact("l'Hôpital Ağa\u{200c}oğlu"), "lhopital agaoglu");
}

#[test]
fn numbers_are_found_as_they_are_and_not_by_their_sound() {
    assert_eq!(tokens("AGD-7K2M"), ["agd", "akd", "0kd", "7k2m"]);
    assert!(finds("050", "tel ٠٥٠ ١٢٣"));
    assert!(!finds("7k2m", "7g2m"));
}

#[test]
fn other_scripts_are_kept_and_other_marks_are_stripped() {
    assert_eq!(exact("Ångström Çelik Ñandú ﬁn"), "angstrom celik nandu fin");
    assert_eq!(exact("თბილისი 東京 ΑΘΉΝΑ"), "თბილისი 東京 αθηνα");
    assert!(finds("თბილ", "თბილისი"));
}

#[test]
fn a_word_of_a_megabyte_is_cut_short() {
    assert!(tokens(&"ə".repeat(500_000)).iter().all(|token| token.len() <= 2 * WORD_LETTERS));
}

#[test]
fn composed_and_decomposed_letters_are_the_same() {
    for (composed, loose) in [
        ("Gülşən", "Gu\u{308}ls\u{327}ən"),
        ("Йод їжак", "И\u{306}од і\u{308}жак"),
        ("Élodie", "E\u{301}lodie"),
    ] {
        assert_eq!(super::loose(composed), super::loose(loose), "{composed}");
        assert!(finds(composed, loose) && finds(loose, composed));
    }
}

fn finds(query: &str, text: &str) -> bool {
    let tokens = tokens(text);
    query_tokens(query).iter().all(|word| word.matches(tokens.iter().map(String::as_str)))
}

fn every_spelling_finds_every_other(spellings: &[&str]) {
    for query in spellings {
        for name in spellings {
            assert!(
                finds(query, name),
                "{query} should find {name}: {:?} in {:?}",
                query_tokens(query),
                tokens(name)
            );
        }
    }
}

proptest! {
    #[test]
    fn every_text_finds_itself(text in "[a-zəğışçöüА-яіїєґҹһҝا-ي0-9 .'-]{0,30}|\\PC{0,20}") {
        prop_assert!(finds(&text, &text));
    }

    #[test]
    fn keys_have_nothing_but_letters_and_digits(text in "\\PC{0,20}") {
        for token in tokens(&text) {
            prop_assert!(!token.is_empty() && token.chars().all(char::is_alphanumeric), "{:?}", token);
        }
    }

    #[test]
    fn a_word_is_found_by_every_beginning_of_it(word in "[a-zəğışçöü]{1,12}", cut in 1_usize..12) {
        let beginning: String = word.chars().take(cut).collect();
        prop_assert!(finds(&beginning, &word));
    }
}

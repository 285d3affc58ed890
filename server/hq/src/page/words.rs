//! The interface's own words in six languages. Kinds, fields and codes are not here: the declarations name them.

mod table;

use kahriz_core::forms::Lang;

pub(crate) use table::Words;

/// The words of one language.
pub(crate) fn words(lang: Lang) -> &'static Words {
    match lang {
        Lang::En => &table::EN,
        Lang::Az => &table::AZ,
        Lang::Ru => &table::RU,
        Lang::Fr => &table::FR,
        Lang::Ar => &table::AR,
        Lang::Uk => &table::UK,
    }
}

/// A number with its thousands set apart by a narrow space, from five digits on, as ISO 80000-1 has it.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    if digits.len() < 5 {
        return digits;
    }
    let head = digits.len() % 3;
    let (first, rest) = digits.split_at(head);
    let groups = rest.as_bytes().chunks(3).map(|group| String::from_utf8_lossy(group).into_owned());
    let parts: Vec<String> = Some(first.to_owned())
        .filter(|first| !first.is_empty())
        .into_iter()
        .chain(groups)
        .collect();
    parts.join("\u{202f}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_number_is_read_in_groups_of_three() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(9_999), "9999");
        assert_eq!(grouped(12_345), "12\u{202f}345");
        assert_eq!(grouped(123_456), "123\u{202f}456");
        assert_eq!(grouped(1_234_567), "1\u{202f}234\u{202f}567");
    }

    #[test]
    fn every_word_is_there_in_every_language() {
        for lang in Lang::ALL {
            assert!(words(lang).all().iter().all(|word| !word.trim().is_empty()), "{}", lang.tag());
        }
    }
}

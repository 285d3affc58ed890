//! The interface's own words in six languages. Kinds, fields and codes are not here: the declarations name them.

/// Makes a type of words and its six languages. A line is one word; one that lacks a language does not compile.
macro_rules! table {
    ($name:ident; $($word:ident: $en:literal, $az:literal, $ru:literal, $fr:literal, $ar:literal, $uk:literal;)+) => {
        /// The words of one language.
        pub(crate) struct $name {
            $(pub(crate) $word: &'static str,)+
        }

        impl $name {
            /// All of them.
            #[cfg(test)]
            pub(crate) fn all(&self) -> Vec<&'static str> {
                vec![$(self.$word),+]
            }

            /// Those of a language.
            pub(crate) fn of(lang: kahriz_core::forms::Lang) -> &'static Self {
                use kahriz_core::forms::Lang;
                match lang {
                    Lang::En => &EN,
                    Lang::Az => &AZ,
                    Lang::Ru => &RU,
                    Lang::Fr => &FR,
                    Lang::Ar => &AR,
                    Lang::Uk => &UK,
                }
            }
        }

        static EN: $name = $name { $($word: $en,)+ };
        static AZ: $name = $name { $($word: $az,)+ };
        static RU: $name = $name { $($word: $ru,)+ };
        static FR: $name = $name { $($word: $fr,)+ };
        static AR: $name = $name { $($word: $ar,)+ };
        static UK: $name = $name { $($word: $uk,)+ };
    };
}

mod table;
mod trust;

use kahriz_core::forms::Lang;

pub(crate) use table::Words;
pub(crate) use trust::TrustWords;

/// The words of one language.
pub(crate) fn words(lang: Lang) -> &'static Words {
    Words::of(lang)
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
            let all = [words(lang).all(), TrustWords::of(lang).all()].concat();
            assert!(all.iter().all(|word| !word.trim().is_empty()), "{}", lang.tag());
        }
    }
}

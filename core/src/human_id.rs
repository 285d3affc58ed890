//! The name of a record that people say on the phone and write on paper: `AGD-7K2M-9XQ4-C`.
//!
//! It can be made without a network: the site's prefix, 40 bits of the record's id in Crockford's base 32 (no I, L, O
//! or U), and a check digit over all of it. It is a way to find a record, never its identity: among 100,000 records
//! two share their 40 bits with a chance of one in 200, so a search by it may find more than one.
//!
//! The check digit is the sum of all symbols as elements of the field of 32, each weighted by another power of a
//! generator. So it differs whenever one symbol is wrong or two have changed places, wherever they stand.
//!
//! ```
//! use kahriz_core::human_id::{HumanId, human_id};
//! use kahriz_proto::ids::RecordId;
//!
//! let record = RecordId::from_bytes([0x3a; 16]);
//! let written = human_id("AGD", record);
//! assert_eq!(written, "AGD-78X3-MEHT-E");
//! assert_eq!(HumanId::parse("agd 78x3 meht e")?.number, HumanId::of("AGD", record).number);
//! assert!(HumanId::parse("AGD-78X3-METH-E").is_err());
//! # Ok::<(), kahriz_core::human_id::NotAHumanId>(())
//! ```

use kahriz_proto::ids::RecordId;

/// Crockford's symbols in the order of their values.
const SYMBOLS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Symbols of the number, and with the check digit.
const NUMBER_SYMBOLS: usize = 8;
/// Weights repeat after 31 symbols; a prefix this long leaves them all different.
const PREFIX_MAX: usize = 16;

/// The name of a record as people write it, taken apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HumanId {
    /// The site's prefix as compared: letters that look alike are one letter here.
    pub prefix: String,
    /// The 40 bits of the record's id.
    pub number: u64,
}

/// Why a text is not the name of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAHumanId {
    /// It has too few or too many symbols, or others than letters and digits.
    #[error("expected a record's number, as in AGD-7K2M-9XQ4-C")]
    Shape,
    /// A symbol is wrong, or two have changed places. Read it again.
    #[error("the check digit does not fit: a symbol is wrong or two are swapped")]
    Mistyped,
}

/// The name of a record, with the prefix of the site it was made at (ASCII letters and digits; others are left out).
#[must_use]
pub fn human_id(prefix: &str, record: RecordId) -> String {
    let HumanId { prefix: compared, number } = HumanId::of(prefix, record);
    let digits = digits_of(number);
    let text: String = digits.iter().map(|digit| symbol(*digit)).collect();
    let check = symbol(check_digit(&values_of(&compared), &digits));
    let (first, second) = text.split_at(NUMBER_SYMBOLS / 2);
    format!("{}-{first}-{second}-{check}", clean_prefix(prefix))
}

impl HumanId {
    /// The parts of a record's name.
    #[must_use]
    pub fn of(prefix: &str, record: RecordId) -> Self {
        let [a, b, c, d, e, ..] = *record.as_bytes();
        let number = u64::from_be_bytes([0, 0, 0, a, b, c, d, e]);
        let prefix = clean_prefix(prefix).chars().filter_map(value).map(symbol).collect();
        Self { prefix, number }
    }

    /// The first and the last id that a record of this number can have.
    #[must_use]
    pub fn records(&self) -> (RecordId, RecordId) {
        let [_, _, _, first @ ..] = self.number.to_be_bytes();
        let filled = |rest| {
            RecordId::from_bytes(std::array::from_fn(|index| {
                first.get(index).copied().unwrap_or(rest)
            }))
        };
        (filled(0), filled(u8::MAX))
    }

    /// Reads what a person typed: in any case, with or without hyphens and spaces, O for 0 and I or L for 1.
    ///
    /// # Errors
    /// [`NotAHumanId`], by what the person can do about it.
    pub fn parse(typed: &str) -> Result<Self, NotAHumanId> {
        let is_gap = |letter: &char| {
            letter.is_whitespace() || matches!(letter, '-' | '_' | '\u{2010}'..='\u{2015}')
        };
        let values: Option<Vec<u8>> =
            typed.chars().filter(|letter| !is_gap(letter)).map(value).collect();
        let values = values.ok_or(NotAHumanId::Shape)?;
        let (check, rest) = values.split_last().ok_or(NotAHumanId::Shape)?;
        let prefix_len = rest.len().checked_sub(NUMBER_SYMBOLS).ok_or(NotAHumanId::Shape)?;
        if prefix_len > PREFIX_MAX {
            return Err(NotAHumanId::Shape);
        }
        let (prefix, digits) = rest.split_at(prefix_len);
        if check_digit(prefix, digits) != *check {
            return Err(NotAHumanId::Mistyped);
        }
        let number = digits.iter().fold(0, |number, digit| number << 5 | u64::from(*digit));
        Ok(Self { prefix: prefix.iter().map(|value| symbol(*value)).collect(), number })
    }

    /// Reads a name only if it is written out, with its hyphens: a long word is not taken for one.
    #[must_use]
    pub fn parse_written(typed: &str) -> Option<Self> {
        let typed = typed.trim();
        let parts: Vec<usize> = typed.split('-').map(|part| part.chars().count()).collect();
        matches!(parts[..], [prefix, 4, 4, 1] if prefix > 0)
            .then(|| Self::parse(typed).ok())
            .flatten()
    }
}

fn clean_prefix(prefix: &str) -> String {
    let kept = prefix.chars().filter(char::is_ascii_alphanumeric).take(PREFIX_MAX);
    kept.map(|letter| letter.to_ascii_uppercase()).collect()
}

/// The value of a letter or digit. U, which is no symbol but may stand in a prefix, counts as the V that it looks like.
fn value(letter: char) -> Option<u8> {
    let meant = match letter.to_ascii_uppercase() {
        'O' => b'0',
        'I' | 'L' => b'1',
        'U' => b'V',
        other => u8::try_from(other).ok()?,
    };
    SYMBOLS.iter().position(|symbol| *symbol == meant).map(|position| position as u8)
}

fn values_of(text: &str) -> Vec<u8> {
    text.chars().filter_map(value).collect()
}

fn symbol(value: u8) -> char {
    char::from(SYMBOLS[usize::from(value & 31)])
}

fn digits_of(number: u64) -> [u8; NUMBER_SYMBOLS] {
    std::array::from_fn(|index| (number >> (5 * (NUMBER_SYMBOLS - 1 - index)) & 31) as u8)
}

/// Horner's scheme from the left: the last symbol weighs the generator, the one before its square, and so on.
fn check_digit(prefix: &[u8], digits: &[u8]) -> u8 {
    prefix.iter().chain(digits).fold(0, |sum, value| times_generator(sum ^ value))
}

/// Times x in the field of 32, modulo x^5 + x^2 + 1; x generates all 31 elements but zero.
fn times_generator(element: u8) -> u8 {
    let doubled = element << 1;
    if doubled & 0b10_0000 == 0 { doubled } else { doubled ^ 0b10_0101 }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn record(seed: u8) -> RecordId {
        RecordId::from_bytes(std::array::from_fn(|index| {
            seed.wrapping_mul(37).wrapping_add((index as u8).wrapping_mul(91))
        }))
    }

    #[test]
    fn a_name_can_be_read_back_however_it_is_typed() {
        for seed in 0..=255 {
            let written = human_id("Loq-1", record(seed));
            let meant = HumanId::of("LOQ1", record(seed));
            let sloppy =
                written.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
            for typed in
                [written.clone(), written.replace('-', ""), sloppy, format!("  {written}\n")]
            {
                assert_eq!(HumanId::parse(&typed).unwrap(), meant);
            }
        }
    }

    #[test]
    fn one_wrong_symbol_is_always_noticed() {
        let written = human_id("AGD", record(3));
        for (at, right) in written.char_indices().filter(|(_, letter)| *letter != '-') {
            for wrong in
                SYMBOLS.iter().map(|symbol| char::from(*symbol)).filter(|wrong| *wrong != right)
            {
                let mut typed = written.clone();
                typed.replace_range(at..=at, &wrong.to_string());
                assert_eq!(HumanId::parse(&typed), Err(NotAHumanId::Mistyped), "{typed}");
            }
        }
    }

    #[test]
    fn two_swapped_symbols_are_always_noticed() {
        for seed in 0..=255 {
            let written: Vec<char> =
                human_id("AGD", record(seed)).replace('-', "").chars().collect();
            for (one, other) in
                (0..written.len()).flat_map(|one| (0..one).map(move |other| (one, other)))
            {
                let mut typed = written.clone();
                typed.swap(one, other);
                let typed: String = typed.into_iter().collect();
                assert_eq!(
                    HumanId::parse(&typed).is_err(),
                    written[one] != written[other],
                    "{typed}"
                );
            }
        }
    }

    #[test]
    fn a_number_leads_back_to_its_record_and_to_few_others() {
        for seed in 0..=255 {
            let (first, last) = HumanId::of("AGD", record(seed)).records();
            assert!((first..=last).contains(&record(seed)));
            assert!(!(first..=last).contains(&record(seed.wrapping_add(1))));
        }
    }

    #[test]
    fn a_name_is_not_something_else() {
        for typed in [
            "",
            "-",
            "AGD",
            "7K2M-9XQ4",
            "Əliyev",
            "ABCDEFGHJKMNPQRSTVWXYZ0123456789",
            "AGD-7K2M-9X?4-C",
        ] {
            assert_eq!(HumanId::parse(typed), Err(NotAHumanId::Shape), "{typed}");
        }
    }

    #[test]
    fn a_long_word_in_the_search_box_is_not_taken_for_a_name() {
        let written = human_id("AGD", record(9));
        assert_eq!(HumanId::parse_written(&written), Some(HumanId::of("AGD", record(9))));
        assert_eq!(HumanId::parse_written(&written.replace('-', "")), None);
    }

    #[test]
    fn a_name_stays_what_it_was_on_paper() {
        assert_eq!(human_id("AGD", record(0)), human_id("a.g.d", record(0)));
        assert_eq!(human_id("", record(1)).chars().filter(|letter| *letter == '-').count(), 3);
    }
}

//! A share as people write it: 57 words, groups of letters, or the text of a QR code.
//!
//! The words are those of BIP-39's English list, of which the first four letters are enough; nothing else of BIP-39
//! is used, and a share is no wallet's phrase. The letters are Crockford's base 32, as keepsakes are written. All
//! three are the same 78 bytes, and their checksum not only notices a slip of the pen: by trying every other word in
//! every place it mostly finds out which one is wrong.

use kahriz_core::crypto::shares::{NotAShare, SHARE_BYTES, Share};
use zeroize::Zeroizing;

/// Words of a share.
pub const WORDS: usize = 57;
/// Base 32 symbols of a share, and how many stand together.
const LETTERS: usize = 125;
const GROUP: usize = 5;
const WORD_BITS: usize = 11;
const LETTER_BITS: usize = 5;
/// What begins the QR code's text.
const QR_PREFIX: &str = "KAHRIZ:SHARE:";
const SYMBOLS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Where a slip of the pen most likely is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slip {
    /// This one is wrong, counted from 1.
    At(usize),
    /// These two stand in each other's place.
    Swapped(usize, usize),
    /// More than one is wrong.
    Unknown,
}

/// Why what was typed is no share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotWritten {
    /// Neither words nor letters in the right number.
    #[error("a share has {WORDS} words; these are {0}")]
    Words(usize),
    /// A word that is not in the list.
    #[error("word {0} is not one of those that a share is written with: look at it again")]
    UnknownWord(usize),
    /// Too few or too many letters, or a sign that is not used.
    #[error("a share has {LETTERS} letters and digits in groups of five; these are {0}, or others")]
    Letters(usize),
    /// The checksum of the words.
    #[error("{}", slip("word", .0))]
    WrongWord(Slip),
    /// The checksum of the letters.
    #[error("{}", slip("letter", .0))]
    WrongLetter(Slip),
    /// They add up to something else.
    #[error(transparent)]
    Share(NotAShare),
}

fn slip(what: &str, slip: &Slip) -> String {
    match slip {
        Slip::At(place) => format!("{what} {place} is wrong: compare it with the sheet"),
        Slip::Swapped(one, other) => format!("{what}s {one} and {other} have changed places"),
        Slip::Unknown => format!("one of these {what}s is wrong, or several are"),
    }
}

/// The share's words, in order.
#[must_use]
pub fn words(share: &Share) -> Vec<&'static str> {
    let list = bip39::Language::English.word_list();
    pack(&share.to_bytes(), WORD_BITS, WORDS)
        .iter()
        .map(|value| list[usize::from(*value)])
        .collect()
}

/// The share as letters and digits in groups of five.
#[must_use]
pub fn letters(share: &Share) -> Vec<String> {
    let symbols = symbols(share);
    let chars: Vec<char> = symbols.chars().collect();
    chars.chunks(GROUP).map(|group| group.iter().collect()).collect()
}

/// What the share's QR code says.
#[must_use]
pub fn qr_text(share: &Share) -> Zeroizing<String> {
    Zeroizing::new(format!("{QR_PREFIX}{}", *symbols(share)))
}

/// The share in a text: its words, its letters, or what its QR code says. Numbers before words, line ends and
/// capitals don't matter, and of each word four letters are enough.
///
/// # Errors
/// [`NotWritten`].
pub fn read(typed: &str) -> Result<Share, NotWritten> {
    let typed = typed.trim();
    let head = typed.get(..QR_PREFIX.len()).unwrap_or_default();
    if head.eq_ignore_ascii_case(QR_PREFIX) {
        return read_letters(&typed[QR_PREFIX.len()..]);
    }
    let tokens = || typed.split(|sign: char| !sign.is_alphanumeric()).filter(|one| !one.is_empty());
    let are_words = tokens().filter(|one| one.chars().all(char::is_alphabetic)).count();
    // Of the groups of letters one in six has no digit by chance; of the words all, but each may have its number.
    if are_words * 2 >= tokens().count() {
        read_words(tokens().filter(|one| !one.chars().all(|sign| sign.is_ascii_digit())))
    } else {
        read_letters(typed)
    }
}

/// Whether enough was typed for a whole share, right or wrong.
#[must_use]
pub fn is_enough(typed: &str) -> bool {
    let words = typed.split(|sign: char| !sign.is_alphabetic()).filter(|one| one.len() >= 3);
    words.count() >= WORDS
        || typed.chars().filter(|sign| sign.is_alphanumeric()).count() >= 400
        || matches!(read(typed), Ok(_) | Err(NotWritten::WrongLetter(_)))
}

fn read_words<'t>(typed: impl Iterator<Item = &'t str>) -> Result<Share, NotWritten> {
    let typed: Vec<&str> = typed.collect();
    if typed.len() != WORDS {
        return Err(NotWritten::Words(typed.len()));
    }
    let mut values = Zeroizing::new(vec![]);
    for (place, word) in typed.iter().enumerate() {
        values.push(value_of_word(word).ok_or(NotWritten::UnknownWord(place + 1))?);
    }
    share_of(&values, WORD_BITS).map_err(|error| match error {
        NotAShare::Checksum => NotWritten::WrongWord(find_slip(&values, WORD_BITS)),
        other @ (NotAShare::Malformed | NotAShare::Newer) => NotWritten::Share(other),
    })
}

fn read_letters(typed: &str) -> Result<Share, NotWritten> {
    let signs: Vec<char> = typed.chars().filter(|sign| sign.is_alphanumeric()).collect();
    let values: Option<Vec<u16>> = signs.iter().map(|sign| value_of_letter(*sign)).collect();
    let values = values.filter(|values| values.len() == LETTERS);
    let values = Zeroizing::new(values.ok_or(NotWritten::Letters(signs.len()))?);
    share_of(&values, LETTER_BITS).map_err(|error| match error {
        NotAShare::Checksum => NotWritten::WrongLetter(find_slip(&values, LETTER_BITS)),
        other @ (NotAShare::Malformed | NotAShare::Newer) => NotWritten::Share(other),
    })
}

/// Tries every other value in every place, and every two in each other's. What fits the checksum of 48 bits is by
/// all odds what stood on the sheet.
fn find_slip(values: &[u16], bits: usize) -> Slip {
    let mut tried = Zeroizing::new(values.to_vec());
    for place in 0..tried.len() {
        for other in 0..1_u16 << bits {
            tried[place] = other;
            if share_of(&tried, bits).is_ok() {
                return Slip::At(place + 1);
            }
        }
        tried[place] = values[place];
    }
    for one in 0..tried.len() {
        for other in one + 1..tried.len() {
            tried.swap(one, other);
            if share_of(&tried, bits).is_ok() {
                return Slip::Swapped(one + 1, other + 1);
            }
            tried.swap(one, other);
        }
    }
    Slip::Unknown
}

fn share_of(values: &[u16], bits: usize) -> Result<Share, NotAShare> {
    Share::from_bytes(&*unpack(values, bits).ok_or(NotAShare::Checksum)?)
}

fn symbols(share: &Share) -> Zeroizing<String> {
    let values = pack(&share.to_bytes(), LETTER_BITS, LETTERS);
    Zeroizing::new(values.iter().map(|value| char::from(SYMBOLS[usize::from(*value)])).collect())
}

/// The word, or the one that begins with these four letters.
fn value_of_word(typed: &str) -> Option<u16> {
    let typed = typed.to_lowercase();
    let list = bip39::Language::English.word_list();
    let fits =
        |word: &&str| **word == typed || typed.len() == 4 && word.starts_with(typed.as_str());
    let exact = list.iter().position(|word| *word == typed);
    exact.or_else(|| list.iter().position(fits)).and_then(|place| u16::try_from(place).ok())
}

fn value_of_letter(typed: char) -> Option<u16> {
    let symbol = match typed.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let place = SYMBOLS.iter().position(|known| char::from(*known) == symbol)?;
    u16::try_from(place).ok()
}

/// The bytes as numbers of so many bits; beyond the bytes the bits are zero.
fn pack(bytes: &[u8; SHARE_BYTES], bits: usize, count: usize) -> Zeroizing<Vec<u16>> {
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
    let number =
        |place| (0..bits).fold(0, |number, at| number << 1 | u16::from(bit(place * bits + at)));
    Zeroizing::new((0..count).map(number).collect())
}

/// The bytes that were packed so; `None` if a bit beyond them is set.
fn unpack(values: &[u16], bits: usize) -> Option<Zeroizing<[u8; SHARE_BYTES]>> {
    let mut bytes = Zeroizing::new([0; SHARE_BYTES]);
    for (place, value) in values.iter().enumerate() {
        for at in (0..bits).filter(|at| value >> (bits - 1 - at) & 1 == 1) {
            let at = place * bits + at;
            *bytes.get_mut(at / 8)? |= 0x80 >> (at % 8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests;

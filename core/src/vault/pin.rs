//! A PIN that somebody chooses, and which ones are refused.
//!
//! Ten wrong tries erase a device, so a PIN need not withstand more than ten guesses of somebody who knows what
//! people choose. What is refused here are those that everybody tries first.

use thiserror::Error;
use zeroize::Zeroizing;

/// The shortest PIN or passphrase.
pub const PIN_LENGTH_MIN: usize = 6;
/// The longest, in bytes: what a person would type, and no more than is stretched in passing.
pub const PIN_BYTES_MAX: usize = 1_024;

/// Passphrases that are tried first. What they are compared with is in lower case.
const WELL_KNOWN: [&str; 12] = [
    "password",
    "passwort",
    "qwerty",
    "qwertz",
    "йцукен",
    "пароль",
    "azerbaijan",
    "azerbaycan",
    "kahriz",
    "letmein",
    "iloveyou",
    "welcome",
];

/// A PIN or passphrase that may be set. It is wiped from memory when dropped.
pub struct Pin(Zeroizing<String>);

/// Why a PIN is not taken.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum WeakPin {
    /// Too short.
    #[error("a PIN has at least {PIN_LENGTH_MIN} digits; a passphrase, as many letters")]
    TooShort,
    /// Too long to be typed.
    #[error("a passphrase has at most {PIN_BYTES_MAX} bytes")]
    TooLong,
    /// One character, again and again.
    #[error("all the same: it would be tried first. Mix digits")]
    AllTheSame,
    /// Counting up or down.
    #[error("digits or letters in order (123456, 654321, 112233) are tried first. Mix them")]
    InOrder,
    /// A short piece, repeated.
    #[error("a repeated piece (121212, 123123) is tried first. Mix digits")]
    Repeated,
    /// Everybody's passphrase.
    #[error("this word is tried first. Take several words that have nothing to do with each other")]
    WellKnown,
}

impl Pin {
    /// Takes a PIN, if it is not one that everybody tries first.
    ///
    /// # Errors
    /// [`WeakPin`] says what to choose instead.
    pub fn new(typed: &str) -> Result<Self, WeakPin> {
        if typed.len() > PIN_BYTES_MAX {
            return Err(WeakPin::TooLong);
        }
        let mut letters = Zeroizing::new(Vec::with_capacity(typed.len()));
        letters.extend(typed.chars().map(u32::from));
        if letters.len() < PIN_LENGTH_MIN {
            return Err(WeakPin::TooShort);
        }
        if steps(&letters).all(|step| step == 0) {
            return Err(WeakPin::AllTheSame);
        }
        if is_in_order(&letters) {
            return Err(WeakPin::InOrder);
        }
        if (2..=letters.len() / 2).any(|period| repeats(&letters, period)) {
            return Err(WeakPin::Repeated);
        }
        let lower = Zeroizing::new(typed.to_lowercase());
        if WELL_KNOWN.iter().any(|known| lower.trim_end_matches(is_digit) == *known) {
            return Err(WeakPin::WellKnown);
        }
        Ok(Self(Zeroizing::new(typed.to_owned())))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_digit(letter: char) -> bool {
    letter.is_ascii_digit()
}

/// From each character to the next.
fn steps(letters: &[u32]) -> impl Iterator<Item = i64> + '_ {
    letters.windows(2).map(|pair| i64::from(pair[1]) - i64::from(pair[0]))
}

/// 123456, 890123, 654321, abcdef, and each of them with its digits doubled.
fn is_in_order(letters: &[u32]) -> bool {
    let mut once = Zeroizing::new(letters.to_vec());
    once.dedup();
    let is_doubled = once.len() * 2 == letters.len();
    let counted = if is_doubled { &once[..] } else { letters };
    [1, -1].into_iter().any(|way| {
        // From 9 on to 0 and back.
        steps(counted).all(|step| step == way || step == -9 * way)
    })
}

fn repeats(letters: &[u32], period: usize) -> bool {
    letters.len().is_multiple_of(period) && letters[period..] == letters[..letters.len() - period]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_everybody_tries_first_is_refused() {
        use WeakPin::{AllTheSame, InOrder, Repeated, TooLong, TooShort, WellKnown};
        let refused = [
            ("", TooShort),
            ("20481", TooShort),
            ("000000", AllTheSame),
            ("8888888", AllTheSame),
            ("123456", InOrder),
            ("567890", InOrder),
            ("654321", InOrder),
            ("321098", InOrder),
            ("112233", InOrder),
            ("332211", InOrder),
            ("abcdef", InOrder),
            ("121212", Repeated),
            ("123123", Repeated),
            ("20482048", Repeated),
            ("Password1", WellKnown),
            ("qwerty", WellKnown),
        ];
        for (typed, why) in refused {
            assert_eq!(Pin::new(typed).err(), Some(why), "{typed}");
        }
        assert_eq!(Pin::new(&"x1".repeat(600)).err(), Some(TooLong));
    }

    #[test]
    fn other_pins_and_passphrases_are_taken() {
        for typed in ["204816", "135790", "112358", "çay içək sonra", "пять лун", "124578"]
        {
            assert!(Pin::new(typed).is_ok(), "{typed}");
        }
    }
}

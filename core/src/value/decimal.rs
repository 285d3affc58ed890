//! Exact decimal numbers, kept as their canonical text so that no rounding ever happens on the way through a device.

use std::cmp::Ordering;
use std::fmt;

/// The most digits of a decimal that carry information, and the most on either side of the point.
const MAX_DIGITS: usize = 18;

/// A decimal number in canonical text: no exponent, no `+`, no leading zeros, no trailing zeros after the point.
///
/// Equal numbers are equal texts. Ordering is by number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Decimal(String);

/// Why a text is not a decimal number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecimalProblem {
    /// There is something other than a sign, digits and one point.
    #[error("a number is digits with at most one point, as in 12, 3.4 or -0.25")]
    NotANumber,
    /// A comma could be a decimal comma or a separator of thousands.
    #[error("write the number with a point and without separators, as in 3.4 or 1000")]
    Comma,
    /// There are more digits than can be kept exactly.
    #[error("a number has at most 18 digits")]
    TooManyDigits,
}

impl Decimal {
    /// Reads a number as a person writes it (`3.40`, `+12`, `-.5`) into its canonical form.
    pub fn parse(text: &str) -> Result<Self, DecimalProblem> {
        let (negative, rest) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            Some(_) | None => (false, text),
        };
        if rest.contains(',') {
            return Err(DecimalProblem::Comma);
        }
        let (whole, fraction) = rest.split_once('.').unwrap_or((rest, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction)
        {
            return Err(DecimalProblem::NotANumber);
        }
        let whole = whole.trim_start_matches('0');
        let fraction = fraction.trim_end_matches('0');
        let significant = if whole.is_empty() {
            fraction.trim_start_matches('0').len()
        } else {
            whole.len() + fraction.len()
        };
        if significant > MAX_DIGITS || fraction.len() > MAX_DIGITS {
            return Err(DecimalProblem::TooManyDigits);
        }
        Ok(Self::compose(negative, whole, fraction))
    }

    /// The number of a floating-point value, in the shortest decimal text that means it.
    pub fn from_f64(number: f64) -> Result<Self, DecimalProblem> {
        if !number.is_finite() {
            return Err(DecimalProblem::NotANumber);
        }
        Self::parse(&number.to_string())
    }

    /// Reads a stored number, which must already be canonical.
    pub fn from_canonical(text: &str) -> Option<Self> {
        Self::parse(text).ok().filter(|number| number.0 == text)
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The nearest floating-point number, for drawing and for spreadsheets.
    pub fn to_f64(&self) -> f64 {
        self.0.parse().unwrap_or(0.0)
    }

    fn compose(negative: bool, whole: &str, fraction: &str) -> Self {
        if whole.is_empty() && fraction.is_empty() {
            return Self("0".to_owned());
        }
        let mut text = String::with_capacity(whole.len() + fraction.len() + 3);
        if negative {
            text.push('-');
        }
        text.push_str(if whole.is_empty() { "0" } else { whole });
        if !fraction.is_empty() {
            text.push('.');
            text.push_str(fraction);
        }
        Self(text)
    }

    /// The number in units of 10^-18: at most 36 digits, which an `i128` holds.
    fn scaled(&self) -> i128 {
        let (negative, digits) = match self.0.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, self.0.as_str()),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let zeros = std::iter::repeat_n(b'0', MAX_DIGITS - fraction.len());
        let number = whole
            .bytes()
            .chain(fraction.bytes())
            .chain(zeros)
            .fold(0_i128, |sum, digit| sum * 10 + i128::from(digit - b'0'));
        if negative { -number } else { number }
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        self.scaled().cmp(&other.scaled())
    }
}

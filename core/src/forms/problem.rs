//! What is wrong with something a person entered, said so that they can put it right.
//!
//! A problem says what was expected and never repeats what was entered: problems are logged, shown on shared screens
//! and sent in bug reports, and the content of a record belongs in none of these.

use std::fmt;

use crate::value::{DateProblem, Decimal, DecimalProblem, PlaceProblem};

/// One field that cannot be saved as entered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct FieldError {
    /// The key of the field, or the name that was used for one.
    pub field: String,
    /// What is wrong with it.
    pub problem: Problem,
}

impl FieldError {
    pub(crate) fn new(field: &str, problem: Problem) -> Self {
        // An unknown name comes from outside; a bounded, printable part of it is enough to find it again.
        let field = field.chars().filter(|letter| !letter.is_control()).take(120).collect();
        Self { field, problem }
    }
}

/// Why a value cannot stand in its field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// There is no such kind of record.
    #[error("there is no such kind of record{}; the kinds are {}", DidYouMean(.nearest), Listed(.known))]
    UnknownKind {
        /// The kind with the most similar name.
        nearest: Option<String>,
        /// All kinds.
        known: Vec<String>,
    },
    /// The kind has no such field.
    #[error("there is no such field{}", DidYouMean(.nearest))]
    UnknownField {
        /// The field with the most similar name.
        nearest: Option<String>,
    },
    /// A value of another type was given.
    #[error("expected {expected}")]
    WrongType {
        /// What this type of field takes.
        expected: &'static str,
    },
    /// Not a date or moment.
    #[error(transparent)]
    Date(#[from] DateProblem),
    /// Not a decimal number.
    #[error(transparent)]
    Number(#[from] DecimalProblem),
    /// Not a place or an area.
    #[error(transparent)]
    Place(#[from] PlaceProblem),
    /// The date is after today.
    #[error("the date is in the future")]
    AfterToday,
    /// The value must not be before or below that of another field.
    #[error("must not be before or below the value of {other}")]
    Before {
        /// The other field's key.
        other: String,
    },
    /// The text is longer than the field takes.
    #[error("the text is too long: at most {max} characters")]
    TooLong {
        /// The most characters the field takes.
        max: usize,
    },
    /// The text has characters that cannot be shown.
    #[error("the text contains control characters; only line breaks and tabs are allowed")]
    ControlCharacter,
    /// The code is not in the list.
    #[error("not one of the codes of this field{}; the codes are {}", DidYouMean(.nearest), Listed(.known))]
    UnknownCode {
        /// The code with the most similar name.
        nearest: Option<String>,
        /// All codes of the list.
        known: Vec<String>,
    },
    /// An own code for an open list is not usable as one.
    #[error("a code is at most {max} characters on one line")]
    BadCode {
        /// The most characters of a code.
        max: usize,
    },
    /// The number is too small.
    #[error("must be at least {min}")]
    TooSmall {
        /// The smallest number allowed.
        min: Decimal,
    },
    /// The number is too large.
    #[error("must be at most {max}")]
    TooLarge {
        /// The largest number allowed.
        max: Decimal,
    },
    /// There are more items than the group takes.
    #[error("too many items: at most {max}")]
    TooManyItems {
        /// The most items the group takes.
        max: usize,
    },
    /// A required field is empty.
    #[error("is required")]
    Required,
    /// The field is filled although another field says that it has no meaning here.
    #[error("does not apply, because of the value of {because}; clear one of the two")]
    NotRelevant {
        /// The field that decides.
        because: String,
    },
    /// Not a country code.
    #[error("expected the two letters of a country (ISO 3166-1), as in AZ or UA")]
    NotACountry,
    /// Not a phone number.
    #[error("expected a phone number: 3 to 20 digits, with + and separators if you like")]
    NotAPhone,
    /// Not the name of an attachment.
    #[error("expected the name of an attachment")]
    NotAnAttachment,
}

impl Problem {
    /// A stable name for each problem, by which a shell finds its own translation.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownKind { .. } => "unknown_kind",
            Self::UnknownField { .. } => "unknown_field",
            Self::WrongType { .. } => "wrong_type",
            Self::Date(_) => "not_a_date",
            Self::Number(_) => "not_a_number",
            Self::Place(_) => "not_a_place",
            Self::AfterToday => "after_today",
            Self::Before { .. } => "before",
            Self::TooLong { .. } => "too_long",
            Self::ControlCharacter => "control_character",
            Self::UnknownCode { .. } => "unknown_code",
            Self::BadCode { .. } => "bad_code",
            Self::TooSmall { .. } => "too_small",
            Self::TooLarge { .. } => "too_large",
            Self::TooManyItems { .. } => "too_many_items",
            Self::Required => "required",
            Self::NotRelevant { .. } => "not_relevant",
            Self::NotACountry => "not_a_country",
            Self::NotAPhone => "not_a_phone",
            Self::NotAnAttachment => "not_an_attachment",
        }
    }
}

struct DidYouMean<'a>(&'a Option<String>);

impl fmt::Display for DidYouMean<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |name| write!(out, " (did you mean {name}?)"))
    }
}

struct Listed<'a>(&'a [String]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0.join(", "))
    }
}

/// The name most like the one that was typed, if one is like it at all: at most a third of its letters differ.
pub(crate) fn nearest<'a>(typed: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    let typed: Vec<char> = typed.chars().take(64).flat_map(char::to_lowercase).collect();
    let limit = (typed.len() / 3).max(1);
    names
        .map(|name| (edit_distance(&typed, name), name))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, name)| name.to_owned())
}

/// Levenshtein's distance, one row at a time.
fn edit_distance(typed: &[char], name: &str) -> usize {
    let mut row: Vec<usize> = (0..=typed.len()).collect();
    for (line, letter) in name.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for column in 0..typed.len() {
            let replaced = diagonal + usize::from(typed[column] != letter);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[typed.len()]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_keyboard_finds_the_name_that_was_meant() {
        let names = ["full_name", "family_name", "sex"];
        assert_eq!(nearest("ful_name", names.into_iter()).as_deref(), Some("full_name"));
        assert_eq!(nearest("FULL_NAME", names.into_iter()).as_deref(), Some("full_name"));
        assert_eq!(nearest("sax", names.into_iter()).as_deref(), Some("sex"));
        assert_eq!(nearest("elephant", names.into_iter()), None);
        assert_eq!(nearest("", names.into_iter()), None);
    }

    #[test]
    fn a_problem_says_what_is_expected() {
        let problem = Problem::UnknownCode {
            nearest: Some("male".into()),
            known: vec!["female".into(), "male".into()],
        };
        let error = FieldError::new("sex", problem);
        let said = "sex: not one of the codes of this field (did you mean male?); the codes are female, male";
        assert_eq!(error.to_string(), said);
    }

    #[test]
    fn a_name_made_of_content_is_cut_short() {
        assert_eq!(FieldError::new(&"x\n".repeat(1_000), Problem::Required).field.len(), 120);
    }
}

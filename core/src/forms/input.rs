//! From what a person typed or a program sent to a [`Value`] that its field accepts.
//!
//! Three ways in, one gate: JSON, text as on a command line, and values that a typed caller made, all end in
//! [`Field::accept`], which normalises and checks against the declaration. An empty text means "clear the field".
//! Nothing is guessed where a wrong guess could hurt: a decimal comma, two bare numbers in JSON that could be
//! longitude first, and a code that is nearly one of the list are refused, with what was expected.

mod places;

use std::collections::BTreeSet;

use serde_json::Value as Json;
use unicode_normalization::{UnicodeNormalization, is_nfc};

use super::countries::is_country;
use super::kind::{Field, Pattern};
use super::problem::{Problem, nearest};
use crate::value::{DateTime, Decimal, FieldType, PartialDate, Value};
use places::{point_typed, ring_of, vertex_of};

/// The most characters of a code that an officer adds to an open list; it becomes a part of a key.
const CODE_LENGTH: usize = 100;
/// The most characters of an attachment's name.
const ATTACHMENT_LENGTH: usize = 200;
/// The most codes in one set.
const SET_SIZE: usize = 500;

const TRUE_WORDS: [&str; 11] =
    ["true", "yes", "y", "1", "bəli", "hə", "да", "так", "oui", "نعم", "on"];
const FALSE_WORDS: [&str; 11] =
    ["false", "no", "n", "0", "xeyr", "yox", "нет", "ні", "non", "لا", "off"];

impl Field {
    /// Reads JSON: text, numbers and booleans as themselves; choices as an array of codes; a point as
    /// `{"lat", "lon", "accuracy_m"}` or a GeoJSON Point; a shape as an array of `{"lat", "lon"}` or a GeoJSON Polygon.
    /// Any of them may also be a string, as it would be typed. `None` clears the field.
    pub fn parse_json(&self, json: &Json) -> Result<Option<Value>, Problem> {
        let value = match json {
            Json::Null => return Ok(None),
            Json::String(text) => return self.parse_text(text),
            Json::Bool(flag) if self.field_type == FieldType::Boolean => Value::Boolean(*flag),
            Json::Number(number) => self.number_of(number)?,
            Json::Array(items) if self.field_type == FieldType::Choices => {
                Value::Choices(self.codes_of(items)?)
            }
            Json::Array(items) if self.field_type == FieldType::Shape => {
                Value::Shape(ring_of(items, |item| {
                    item.as_object()
                        .and_then(|object| vertex_of(object).transpose())
                        .unwrap_or_else(|| Err(self.wrong_type()))
                })?)
            }
            Json::Object(object) if self.field_type == FieldType::Point => {
                Value::Point(self.point_of(object)?)
            }
            Json::Object(object) if self.field_type == FieldType::Shape => {
                Value::Shape(self.polygon_of(object)?)
            }
            Json::Bool(_) | Json::Array(_) | Json::Object(_) => return Err(self.wrong_type()),
        };
        self.accept(value)
    }

    /// Reads text as typed: `1991-02`, `40.22,46.65` or `40.22,46.65,5`, `yes`, `road; water`. `None` clears the field.
    pub fn parse_text(&self, text: &str) -> Result<Option<Value>, Problem> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Ok(None);
        }
        let value = match self.field_type {
            FieldType::Text | FieldType::Narrative => Value::Text(text.to_owned()),
            FieldType::Attachment => Value::Attachment(trimmed.to_owned()),
            FieldType::Choice => Value::Choice(trimmed.to_owned()),
            FieldType::Choices => Value::Choices(split_codes(trimmed)),
            FieldType::Integer => {
                Value::Integer(western_digits(trimmed).parse().map_err(|_| self.wrong_type())?)
            }
            FieldType::Decimal => Value::Decimal(Decimal::parse(&western_digits(trimmed))?),
            FieldType::Boolean => {
                Value::Boolean(flag_of(trimmed).ok_or_else(|| self.wrong_type())?)
            }
            FieldType::Date => Value::Date(PartialDate::parse(&western_digits(trimmed))?),
            FieldType::DateTime => Value::DateTime(DateTime::parse(trimmed)?),
            FieldType::Point => Value::Point(
                point_typed(&western_digits(trimmed)).ok_or_else(|| self.wrong_type())??,
            ),
            FieldType::Shape => Value::Shape(self.shape_typed(&western_digits(trimmed))?),
        };
        self.accept(value)
    }

    /// Checks a value against the declaration and puts text into its normal form (NFC, `\n` for line ends, no space
    /// around short texts). `None` when nothing is left of it: the field is cleared.
    pub fn accept(&self, value: Value) -> Result<Option<Value>, Problem> {
        let accepted = match (self.field_type, value) {
            (FieldType::Text | FieldType::Narrative, Value::Text(text)) => {
                let text = self.accept_text(&text)?;
                return Ok((!text.is_empty()).then_some(Value::Text(text)));
            }
            (FieldType::Choice, Value::Choice(code)) if code.trim().is_empty() => return Ok(None),
            (FieldType::Choice, Value::Choice(code)) => Value::Choice(self.accept_code(&code)?),
            (FieldType::Choices, Value::Choices(codes)) if codes.len() > SET_SIZE => {
                return Err(Problem::TooManyItems { max: SET_SIZE });
            }
            (FieldType::Choices, Value::Choices(codes)) => Value::Choices(
                codes.iter().map(|code| self.accept_code(code)).collect::<Result<_, _>>()?,
            ),
            (FieldType::Integer, Value::Integer(number)) => {
                self.check_whole(number)?;
                Value::Integer(number)
            }
            (FieldType::Decimal, Value::Decimal(number)) => {
                self.check_range(&number)?;
                Value::Decimal(number)
            }
            (FieldType::Attachment, Value::Attachment(name)) if !is_attachment_name(&name) => {
                return Err(Problem::NotAnAttachment);
            }
            (FieldType::Boolean, value @ Value::Boolean(_))
            | (FieldType::Date, value @ Value::Date(_))
            | (FieldType::DateTime, value @ Value::DateTime(_))
            | (FieldType::Point, value @ Value::Point(_))
            | (FieldType::Shape, value @ Value::Shape(_))
            | (FieldType::Attachment, value @ Value::Attachment(_)) => value,
            (_, _) => return Err(self.wrong_type()),
        };
        Ok(Some(accepted))
    }

    /// A code as it is stored: one of the list, or for an open list any short text on one line.
    pub(crate) fn accept_code(&self, code: &str) -> Result<String, Problem> {
        let typed = code.trim();
        if let Some(list) = &self.codes {
            let plain: String = typed.chars().take(CODE_LENGTH).map(plain_code_letter).collect();
            if let Some(known) = list.get(typed).or_else(|| list.get(&plain)) {
                return Ok(known.code.clone());
            }
            if !self.open {
                let known = list.names().map(str::to_owned).collect();
                return Err(Problem::UnknownCode { nearest: nearest(typed, list.names()), known });
            }
        }
        let tidy: String = typed.chars().take(CODE_LENGTH + 1).nfc().collect();
        let fits = !tidy.is_empty()
            && tidy.chars().count() <= CODE_LENGTH
            && !tidy.chars().any(char::is_control);
        if fits { Ok(tidy) } else { Err(Problem::BadCode { max: CODE_LENGTH }) }
    }

    pub(crate) fn wrong_type(&self) -> Problem {
        let expected = match self.field_type {
            FieldType::Text | FieldType::Narrative => "text",
            FieldType::Integer => "a whole number, as in 12",
            FieldType::Decimal => "a number, as in 3.4",
            FieldType::Boolean => "yes or no",
            FieldType::Date => "a date: 1991, 1991-02 or 1991-02-28",
            FieldType::DateTime => "a date with time and offset: 2024-05-01T14:30:00+04:00",
            FieldType::Choice => "one code",
            FieldType::Choices => "a list of codes, as in road;water",
            FieldType::Point => {
                "latitude, longitude and optionally the accuracy in metres: 40.22,46.65,5, or {\"lat\", \"lon\", \"accuracy_m\"}"
            }
            FieldType::Shape => {
                "the corners of an area: 40.1,46.1; 40.1,46.2; 40.2,46.2, or a list of {\"lat\", \"lon\"}, or a GeoJSON Polygon of one ring"
            }
            FieldType::Attachment => "the name of an attachment",
        };
        Problem::WrongType { expected }
    }

    fn accept_text(&self, text: &str) -> Result<String, Problem> {
        let too_long = Problem::TooLong { max: self.max_length };
        // A character has at most 4 bytes, and composing can only shorten by a small factor: what is far too long is
        // refused before any work is done on it.
        if text.len() > self.max_length.saturating_mul(12) {
            return Err(too_long);
        }
        let text = if text.contains('\r') {
            text.replace("\r\n", "\n").replace('\r', "\n")
        } else {
            text.to_owned()
        };
        let text = if is_nfc(&text) { text } else { text.nfc().collect() };
        let text = match self.field_type == FieldType::Narrative && !text.trim().is_empty() {
            true => text,
            false => text.trim().to_owned(),
        };
        if text.chars().any(|letter| letter.is_control() && letter != '\n' && letter != '\t') {
            return Err(Problem::ControlCharacter);
        }
        if text.chars().count() > self.max_length {
            return Err(too_long);
        }
        match self.pattern {
            Some(Pattern::IsoCountry) if !text.is_empty() => {
                let code = text.to_ascii_uppercase();
                if is_country(&code) { Ok(code) } else { Err(Problem::NotACountry) }
            }
            Some(Pattern::Phone) if !text.is_empty() && !is_phone(&text) => Err(Problem::NotAPhone),
            Some(Pattern::IsoCountry | Pattern::Phone) | None => Ok(text),
        }
    }

    fn check_whole(&self, number: i64) -> Result<(), Problem> {
        match Decimal::parse(&number.to_string()) {
            Ok(number) => self.check_range(&number),
            // A number of 19 digits is past every limit that can be declared.
            Err(_) => match (&self.min, &self.max) {
                (Some(min), _) if number < 0 => Err(Problem::TooSmall { min: min.clone() }),
                (_, Some(max)) if number > 0 => Err(Problem::TooLarge { max: max.clone() }),
                (_, _) => Ok(()),
            },
        }
    }

    fn check_range(&self, number: &Decimal) -> Result<(), Problem> {
        if let Some(min) = self.min.as_ref().filter(|min| number < *min) {
            return Err(Problem::TooSmall { min: min.clone() });
        }
        if let Some(max) = self.max.as_ref().filter(|max| number > *max) {
            return Err(Problem::TooLarge { max: max.clone() });
        }
        Ok(())
    }

    fn number_of(&self, number: &serde_json::Number) -> Result<Value, Problem> {
        let whole = number.as_i64();
        match self.field_type {
            FieldType::Integer => {
                let real = number
                    .as_f64()
                    .filter(|real| real.fract() == 0.0 && real.abs() < 9e15)
                    .map(|real| real as i64);
                whole.or(real).map(Value::Integer).ok_or_else(|| self.wrong_type())
            }
            FieldType::Decimal => {
                let read = match number.as_f64() {
                    Some(real) if whole.is_none() && !number.is_u64() => Decimal::from_f64(real),
                    Some(_) | None => Decimal::parse(&number.to_string()),
                };
                read.map(Value::Decimal).map_err(Problem::from)
            }
            FieldType::Date if whole.is_some() => {
                Ok(Value::Date(PartialDate::parse(&number.to_string())?))
            }
            FieldType::Text
            | FieldType::Narrative
            | FieldType::Boolean
            | FieldType::Date
            | FieldType::DateTime
            | FieldType::Choice
            | FieldType::Choices
            | FieldType::Point
            | FieldType::Shape
            | FieldType::Attachment => Err(self.wrong_type()),
        }
    }

    fn codes_of(&self, items: &[Json]) -> Result<BTreeSet<String>, Problem> {
        if items.len() > SET_SIZE {
            return Err(Problem::TooManyItems { max: SET_SIZE });
        }
        items
            .iter()
            .map(|item| item.as_str().map(str::to_owned).ok_or_else(|| self.wrong_type()))
            .collect()
    }
}

fn split_codes(text: &str) -> BTreeSet<String> {
    let separator = if text.contains(';') { ';' } else { ',' };
    text.split(separator)
        .map(str::trim)
        .filter(|code| !code.is_empty())
        .map(str::to_owned)
        .collect()
}

pub(crate) fn flag_of(text: &str) -> Option<bool> {
    let word = text.chars().take(8).collect::<String>().to_lowercase();
    if TRUE_WORDS.contains(&word.as_str()) {
        return Some(true);
    }
    FALSE_WORDS.contains(&word.as_str()).then_some(false)
}

/// Arabic-Indic and Persian digits as the digits that numbers are stored in.
fn western_digits(text: &str) -> String {
    let western = |letter: char| match letter {
        '\u{660}'..='\u{669}' => char::from(b'0' + (letter as u32 - 0x660) as u8),
        '\u{6f0}'..='\u{6f9}' => char::from(b'0' + (letter as u32 - 0x6f0) as u8),
        '\u{2212}' => '-',
        other => other,
    };
    text.chars().map(western).collect()
}

/// `Being cleared` and `being-cleared` are ways to type the code `being_cleared`.
fn plain_code_letter(letter: char) -> char {
    if letter == ' ' || letter == '-' { '_' } else { letter.to_ascii_lowercase() }
}

fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(|letter| letter.is_numeric()).count();
    (3..=20).contains(&digits)
        && text.chars().count() <= 40
        && text.chars().all(|letter| letter.is_numeric() || "+-() ./#*,x".contains(letter))
}

fn is_attachment_name(name: &str) -> bool {
    (1..=ATTACHMENT_LENGTH).contains(&name.chars().count())
        && !name.starts_with('.')
        && !name.chars().any(|letter| letter.is_control() || letter == '/' || letter == '\\')
}

//! What a field can hold: the [`Scalar`] that stands in a document, and the [`Value`] that a person means by it.
//!
//! Encoding is exact in both directions: a value becomes one scalar and only one, so that equal values are equal
//! bytes and never look like a conflict. Decoding takes bytes that another device wrote, refuses what is not
//! canonical, and never panics. Nothing here knows a form, a document or a clock: the forms say which type a field
//! has and what may stand in it, and the record layer writes the scalars.

mod calendar;
mod decimal;
mod place;

use std::collections::BTreeSet;

use serde::Deserialize;

pub use calendar::{DateProblem, DateTime, PartialDate};
pub use decimal::{Decimal, DecimalProblem};
pub(crate) use place::{GRID_UNITS, GridPlace, grid_place};
pub use place::{MAX_VERTICES, PlaceProblem, Point, Shape, Vertex};

/// One stored value of a document. Everything in a record is one of these.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, minicbor::Encode, minicbor::Decode)]
pub enum Scalar {
    /// A field that someone cleared.
    #[n(0)]
    Null,
    /// A boolean field, or one code of a choices field (in or taken out).
    #[n(1)]
    Bool(#[n(0)] bool),
    /// An integer field.
    #[n(2)]
    Int(#[n(0)] i64),
    /// Text, codes, dates, times, decimals and names of attachments.
    #[n(3)]
    Str(#[n(0)] String),
    /// Points and shapes in their binary form.
    #[n(4)]
    Bytes(#[cbor(n(0), with = "minicbor::bytes")] Vec<u8>),
}

impl Scalar {
    /// Whether nothing stands here: cleared, or text without a character.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Str(text) => text.is_empty(),
            Self::Bool(_) | Self::Int(_) | Self::Bytes(_) => false,
        }
    }

    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(flag) = self { Some(*flag) } else { None }
    }

    /// The integer, if it is one.
    pub fn as_int(&self) -> Option<i64> {
        if let Self::Int(number) = self { Some(*number) } else { None }
    }

    /// The text, if it is text.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::Str(text) = self { Some(text) } else { None }
    }

    /// The bytes, if they are bytes.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }
}

impl From<bool> for Scalar {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<i64> for Scalar {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<&str> for Scalar {
    fn from(text: &str) -> Self {
        Self::Str(text.to_owned())
    }
}

impl From<String> for Scalar {
    fn from(text: String) -> Self {
        Self::Str(text)
    }
}

impl From<Vec<u8>> for Scalar {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

/// The type of a field, as its declaration names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldType {
    /// A short text.
    Text,
    /// A long text, in which the edits of two people merge.
    Narrative,
    /// A whole number.
    Integer,
    /// An exact decimal number.
    Decimal,
    /// Yes or no.
    Boolean,
    /// A day, a month or a year.
    Date,
    /// A moment with its offset from UTC.
    DateTime,
    /// One code of a list.
    Choice,
    /// A set of codes of a list.
    Choices,
    /// A place on the ground.
    Point,
    /// An area on the ground.
    Shape,
    /// The opaque name of a file that travels beside the record.
    Attachment,
}

/// A value as a person means it, checked for its type but not yet against a field's declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text or a narrative.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// An exact decimal number.
    Decimal(Decimal),
    /// Yes or no.
    Boolean(bool),
    /// A day, a month or a year.
    Date(PartialDate),
    /// A moment.
    DateTime(DateTime),
    /// One code.
    Choice(String),
    /// The whole set of chosen codes.
    Choices(BTreeSet<String>),
    /// A place.
    Point(Point),
    /// An area.
    Shape(Shape),
    /// The name of an attachment.
    Attachment(String),
}

/// A stored scalar that is not a value of the field's type: another program wrote it, or a newer form changed the type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stored value is not readable as this field's type")]
pub struct Unreadable;

impl Value {
    /// The one scalar of this value; `None` for choices, which are one key for each code.
    pub fn to_scalar(&self) -> Option<Scalar> {
        Some(match self {
            Self::Text(text) | Self::Choice(text) | Self::Attachment(text) => {
                Scalar::Str(text.clone())
            }
            Self::Integer(number) => Scalar::Int(*number),
            Self::Decimal(number) => Scalar::Str(number.as_str().to_owned()),
            Self::Boolean(flag) => Scalar::Bool(*flag),
            Self::Date(date) => Scalar::Str(date.to_string()),
            Self::DateTime(moment) => Scalar::Str(moment.as_str().to_owned()),
            Self::Point(point) => Scalar::Bytes(point.encode()),
            Self::Shape(shape) => Scalar::Bytes(shape.encode()),
            Self::Choices(_) => return None,
        })
    }

    /// Reads a stored scalar as a value of the given type. `Ok(None)` when the field was cleared.
    ///
    /// One code of a choices field is stored as a boolean and read by the forms; the type `Choices` is therefore
    /// always unreadable here.
    pub fn from_scalar(as_type: FieldType, scalar: &Scalar) -> Result<Option<Self>, Unreadable> {
        match scalar {
            Scalar::Null => Ok(None),
            Scalar::Str(text) => Self::from_text(as_type, text).map(Some),
            Scalar::Bytes(bytes) => Self::from_bytes(as_type, bytes).map(Some),
            Scalar::Int(number) if as_type == FieldType::Integer => {
                Ok(Some(Self::Integer(*number)))
            }
            Scalar::Bool(flag) if as_type == FieldType::Boolean => Ok(Some(Self::Boolean(*flag))),
            Scalar::Int(_) | Scalar::Bool(_) => Err(Unreadable),
        }
    }

    fn from_text(as_type: FieldType, text: &str) -> Result<Self, Unreadable> {
        match as_type {
            FieldType::Text | FieldType::Narrative => Ok(Self::Text(text.to_owned())),
            FieldType::Choice => Ok(Self::Choice(text.to_owned())),
            FieldType::Attachment => Ok(Self::Attachment(text.to_owned())),
            FieldType::Decimal => {
                Decimal::from_canonical(text).map(Self::Decimal).ok_or(Unreadable)
            }
            FieldType::Date => PartialDate::parse(text).map(Self::Date).map_err(|_| Unreadable),
            FieldType::DateTime => {
                DateTime::parse(text).map(Self::DateTime).map_err(|_| Unreadable)
            }
            FieldType::Integer
            | FieldType::Boolean
            | FieldType::Choices
            | FieldType::Point
            | FieldType::Shape => Err(Unreadable),
        }
    }

    fn from_bytes(as_type: FieldType, bytes: &[u8]) -> Result<Self, Unreadable> {
        match as_type {
            FieldType::Point => Point::decode(bytes).map(Self::Point).ok_or(Unreadable),
            FieldType::Shape => Shape::decode(bytes).map(Self::Shape).ok_or(Unreadable),
            FieldType::Text
            | FieldType::Narrative
            | FieldType::Integer
            | FieldType::Decimal
            | FieldType::Boolean
            | FieldType::Date
            | FieldType::DateTime
            | FieldType::Choice
            | FieldType::Choices
            | FieldType::Attachment => Err(Unreadable),
        }
    }
}

#[cfg(test)]
mod tests;

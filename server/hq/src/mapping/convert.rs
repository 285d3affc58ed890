//! One value of a line to one value of a field, and back.
//!
//! Reading is strict about JSON's types and leaves the rest to the field: what it accepts is taken, and whether that
//! was exactly what the line said is found out afterwards, by writing it back.

use kahriz_core::forms::Field;
use kahriz_core::value::{FieldType, Point, Scalar, Shape, Value, Vertex};
use serde_json::{Number, Value as Json, json};

use super::entry::Table;

/// A value of the source that no field takes as it stands. Its keys go to `rest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotExact;

/// A scalar of the line as the field's value.
pub(super) fn value(field: &Field, table: &Table, json: &Json) -> Result<Value, NotExact> {
    let read = match (field.field_type, json) {
        (FieldType::Choice, Json::String(word)) => field.parse_text(table.code(word)),
        (FieldType::Text | FieldType::Narrative | FieldType::Attachment, Json::String(word)) => {
            field.parse_text(table.code(word))
        }
        (FieldType::Date | FieldType::DateTime, Json::String(text)) => field.parse_text(text),
        (FieldType::Integer | FieldType::Decimal, Json::Number(_))
        | (FieldType::Boolean, Json::Bool(_)) => field.parse_json(json),
        (_, _) => return Err(NotExact),
    };
    read.ok().flatten().ok_or(NotExact)
}

/// What [`value`] read, as the line said it. `None` for what JSON can't say exactly.
pub(super) fn unvalue(field: &Field, table: &Table, scalar: &Scalar) -> Option<Json> {
    match (field.field_type, scalar) {
        (_, Scalar::Null) => None,
        (FieldType::Decimal, scalar) => Some(field.to_json(scalar)).filter(Json::is_number),
        (_, Scalar::Bool(flag)) => Some(json!(flag)),
        (_, Scalar::Int(number)) => Some(json!(number)),
        (_, Scalar::Str(text)) => Some(json!(table.word(text))),
        (_, Scalar::Bytes(_)) => None,
    }
}

/// A year as a date that is only a year.
pub(super) fn year(field: &Field, json: &Json) -> Result<Value, NotExact> {
    let year = json.as_i64().filter(|year| (1000..=9999).contains(year)).ok_or(NotExact)?;
    field.parse_text(&year.to_string()).ok().flatten().ok_or(NotExact)
}

/// The year of a date.
pub(super) fn unyear(scalar: &Scalar) -> Option<Json> {
    scalar.as_str()?.get(..4)?.parse::<i64>().ok().map(Json::from)
}

/// Latitude, longitude and perhaps an accuracy.
pub(super) fn point(numbers: &[Option<&Json>]) -> Result<Value, NotExact> {
    let number = |place: usize| numbers.get(place).copied().flatten().map(real).transpose();
    let (Some(lat), Some(lon)) = (number(0)?, number(1)?) else { return Err(NotExact) };
    Point::from_degrees(lat, lon, number(2)?).map(Value::Point).map_err(|_| NotExact)
}

/// The numbers of a point, as many as are known.
pub(super) fn unpoint(scalar: &Scalar) -> Option<Vec<Json>> {
    let point = Point::decode(scalar.as_bytes()?)?;
    let accuracy = point.accuracy_m().map(|metres| json!(metres));
    Some([json!(point.lat()), json!(point.lon())].into_iter().chain(accuracy).collect())
}

/// A list of pairs, as it was drawn.
pub(super) fn shape(json: &Json) -> Result<Value, NotExact> {
    let corner = |corner: &Json| match corner.as_array().map(Vec::as_slice) {
        Some([lat, lon]) => Vertex::from_degrees(real(lat)?, real(lon)?).map_err(|_| NotExact),
        _ => Err(NotExact),
    };
    let ring = json.as_array().ok_or(NotExact)?.iter().map(corner).collect::<Result<_, _>>()?;
    Shape::as_drawn(ring).map(Value::Shape).map_err(|_| NotExact)
}

/// The pairs of a shape.
pub(super) fn unshape(scalar: &Scalar) -> Option<Json> {
    let shape = Shape::decode(scalar.as_bytes()?)?;
    Some(shape.ring().iter().map(|corner| json!([corner.lat(), corner.lon()])).collect())
}

/// A list of words as a set of codes.
pub(super) fn set(field: &Field, table: &Table, json: &Json) -> Result<Value, NotExact> {
    let code = |word: &Json| word.as_str().map(|word| table.code(word).to_owned()).ok_or(NotExact);
    let codes = json.as_array().ok_or(NotExact)?.iter().map(code).collect::<Result<_, _>>()?;
    field.accept(Value::Choices(codes)).ok().flatten().ok_or(NotExact)
}

fn real(json: &Json) -> Result<f64, NotExact> {
    json.as_number().and_then(Number::as_f64).ok_or(NotExact)
}

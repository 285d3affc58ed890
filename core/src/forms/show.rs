//! What screens and exports show of stored values: labels instead of codes, words instead of booleans.
//!
//! Dates stay in the ISO form, which nobody in six languages reads wrongly. A stored value that does not read as its
//! field's type is said to be unreadable rather than left out, because something does stand there.

use serde_json::{Value as Json, json};

use super::kind::{Field, Kind};
use super::labels::Lang;
use crate::value::{Decimal, FieldType, Point, Scalar, Shape, Value};

impl Kind {
    /// What people call a key: `Relatives 1 – Name`, `Needs – Road`. A key of a newer form is its own label.
    pub fn label(&self, key: &str, lang: Lang) -> String {
        let Some(found) = self.resolve(key) else { return key.to_owned() };
        let mut parts = Vec::new();
        if let (Some(group), Some(item)) = (found.group, found.item) {
            let number = item
                .parse::<u32>()
                .map_or_else(|_| item.to_owned(), |place| (place + 1).to_string());
            parts.push(format!("{} {number}", group.labels.get(lang)));
        }
        parts.push(found.field.label(lang).to_owned());
        parts.extend(found.code.map(|code| found.field.code_label(code, lang).to_owned()));
        parts.join(" – ")
    }

    /// A stored value for a screen. One code of a choices field is yes or no; a cleared value is empty.
    pub fn display(&self, key: &str, scalar: &Scalar, lang: Lang) -> String {
        match self.resolve(key) {
            Some(found) if found.code.is_some() => display_plain(scalar, lang),
            Some(found) => found.field.display(scalar, lang),
            None => display_plain(scalar, lang),
        }
    }

    /// A stored value for a program. Points and shapes are as [`Field::parse_json`] takes them; a decimal is a number
    /// if a double says it exactly and a string otherwise; what does not read is null.
    pub fn to_json(&self, key: &str, scalar: &Scalar) -> Json {
        match self.resolve(key) {
            Some(found) if found.code.is_some() => json_plain(scalar),
            Some(found) => found.field.to_json(scalar),
            None => json_plain(scalar),
        }
    }
}

impl Field {
    /// A stored value of this field for a screen.
    pub fn display(&self, scalar: &Scalar, lang: Lang) -> String {
        match Value::from_scalar(self.field_type, scalar) {
            Ok(None) => String::new(),
            Ok(Some(value)) => self.display_value(&value, lang),
            Err(_) => words(lang).unreadable.to_owned(),
        }
    }

    /// A value for a screen.
    pub fn display_value(&self, value: &Value, lang: Lang) -> String {
        match value {
            Value::Text(text) | Value::Attachment(text) => text.clone(),
            Value::Integer(number) => number.to_string(),
            Value::Decimal(number) => number.to_string(),
            Value::Boolean(flag) => yes_or_no(*flag, lang).to_owned(),
            Value::Date(date) => date.to_string(),
            Value::DateTime(moment) => moment.to_string(),
            Value::Choice(code) => self.code_label(code, lang).to_owned(),
            Value::Choices(codes) => {
                let labels: Vec<&str> =
                    codes.iter().map(|code| self.code_label(code, lang)).collect();
                labels.join(if lang.is_right_to_left() { "، " } else { ", " })
            }
            Value::Point(point) => display_point(point),
            Value::Shape(shape) => format!("{} ({})", words(lang).area, shape.ring().len()),
        }
    }

    /// A stored value of this field for a program.
    pub fn to_json(&self, scalar: &Scalar) -> Json {
        match Value::from_scalar(self.field_type, scalar) {
            Ok(None) | Err(_) => Json::Null,
            Ok(Some(value)) => value_to_json(&value),
        }
    }
}

fn value_to_json(value: &Value) -> Json {
    match value {
        Value::Text(text) | Value::Choice(text) | Value::Attachment(text) => json!(text),
        Value::Integer(number) => json!(number),
        Value::Decimal(number) => json_decimal(number),
        Value::Boolean(flag) => json!(flag),
        Value::Date(date) => json!(date.to_string()),
        Value::DateTime(moment) => json!(moment.as_str()),
        Value::Choices(codes) => json!(codes),
        Value::Point(point) => json_point(point),
        Value::Shape(shape) => json_shape(shape),
    }
}

fn json_decimal(number: &Decimal) -> Json {
    if let Ok(whole) = number.as_str().parse::<i64>() {
        return json!(whole);
    }
    let double = number.to_f64();
    let is_exact = Decimal::from_f64(double).is_ok_and(|again| again == *number);
    if is_exact { json!(double) } else { json!(number.as_str()) }
}

fn json_point(point: &Point) -> Json {
    match point.accuracy_m() {
        Some(metres) => json!({ "lat": point.lat(), "lon": point.lon(), "accuracy_m": metres }),
        None => json!({ "lat": point.lat(), "lon": point.lon() }),
    }
}

fn json_shape(shape: &Shape) -> Json {
    shape.ring().iter().map(|corner| json!({ "lat": corner.lat(), "lon": corner.lon() })).collect()
}

fn display_point(point: &Point) -> String {
    let place = format!("{:.5}, {:.5}", point.lat(), point.lon());
    point.accuracy_m().map_or_else(|| place.clone(), |metres| format!("{place} (±{metres} m)"))
}

/// A value of an unknown field, or of one code.
fn display_plain(scalar: &Scalar, lang: Lang) -> String {
    match scalar {
        Scalar::Null => String::new(),
        Scalar::Bool(flag) => yes_or_no(*flag, lang).to_owned(),
        Scalar::Int(number) => number.to_string(),
        Scalar::Str(text) => text.clone(),
        Scalar::Bytes(bytes) => Point::decode(bytes)
            .map_or_else(|| words(lang).unreadable.to_owned(), |point| display_point(&point)),
    }
}

fn json_plain(scalar: &Scalar) -> Json {
    match scalar {
        Scalar::Null => Json::Null,
        Scalar::Bool(flag) => json!(flag),
        Scalar::Int(number) => json!(number),
        Scalar::Str(text) => json!(text),
        Scalar::Bytes(bytes) => read_place(bytes).unwrap_or(Json::Null),
    }
}

fn read_place(bytes: &[u8]) -> Option<Json> {
    let shape =
        || Value::from_scalar(FieldType::Shape, &Scalar::Bytes(bytes.to_vec())).ok().flatten();
    Point::decode(bytes)
        .map(|point| json_point(&point))
        .or_else(|| shape().map(|shape| value_to_json(&shape)))
}

struct Words {
    yes: &'static str,
    no: &'static str,
    area: &'static str,
    unreadable: &'static str,
}

fn yes_or_no(flag: bool, lang: Lang) -> &'static str {
    if flag { words(lang).yes } else { words(lang).no }
}

fn words(lang: Lang) -> Words {
    match lang {
        Lang::En => Words { yes: "yes", no: "no", area: "area", unreadable: "(unreadable)" },
        Lang::Az => Words { yes: "bəli", no: "xeyr", area: "sahə", unreadable: "(oxunmur)" },
        Lang::Ru => Words {
            yes: "да", no: "нет", area: "участок", unreadable: "(не читается)"
        },
        Lang::Fr => Words { yes: "oui", no: "non", area: "zone", unreadable: "(illisible)" },
        Lang::Ar => Words {
            yes: "نعم", no: "لا", area: "منطقة", unreadable: "(غير مقروء)"
        },
        Lang::Uk => Words {
            yes: "так", no: "ні", area: "ділянка", unreadable: "(не читається)"
        },
    }
}

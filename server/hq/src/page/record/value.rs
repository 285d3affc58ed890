//! A stored value as it stands on a page: text with its links.

use kahriz_core::forms::{Field, Kind, Lang};
use kahriz_core::value::{FieldType, Point, Scalar};

use crate::page::address::Address;
use crate::page::map::Bounds;

/// How wide the map is that a place links to, in metres.
const NEIGHBOURHOOD_METRES: f64 = 4_000.0;

/// A value on a page.
#[derive(Clone)]
pub(crate) struct Shown {
    /// How it is set: `text`, `long`, `code`, `number`, `tags`.
    pub(crate) style: &'static str,
    /// Nothing, for a field that was cleared.
    pub(crate) parts: Vec<Part>,
    /// Whether several values stand and none may be shown.
    pub(crate) withheld: bool,
}

/// One piece of a value.
#[derive(Clone)]
pub(crate) struct Part {
    pub(crate) text: String,
    pub(crate) address: Option<Address>,
    pub(crate) is_contested: bool,
}

impl Shown {
    /// Nothing stands.
    pub(crate) fn nothing() -> Self {
        Self { style: "text", parts: Vec::new(), withheld: false }
    }

    /// Several stand, and none may be shown.
    pub(crate) fn withheld() -> Self {
        Self { withheld: true, ..Self::nothing() }
    }

    /// Codes of a set, each with whether people disagree about it.
    pub(crate) fn tags(tags: impl Iterator<Item = (String, bool)>) -> Self {
        let parts =
            tags.map(|(text, is_contested)| Part { text, address: None, is_contested }).collect();
        Self { style: "tags", parts, withheld: false }
    }
}

/// One value of one key.
pub(crate) fn single(kind: &Kind, key: &str, scalar: &Scalar, lang: Lang) -> Shown {
    if *scalar == Scalar::Null {
        return Shown::nothing();
    }
    let found = kind.resolve(key);
    let field = found.filter(|found| found.code.is_none()).map(|found| found.field);
    let text = kind.display(key, scalar, lang);
    let address = field.and_then(|field| link(field, scalar));
    let style = field.map_or("code", |field| style(field.field_type));
    Shown { style, parts: vec![Part { text, address, is_contested: false }], withheld: false }
}

fn style(field_type: FieldType) -> &'static str {
    match field_type {
        FieldType::Narrative => "long",
        FieldType::Integer
        | FieldType::Decimal
        | FieldType::Date
        | FieldType::DateTime
        | FieldType::Point => "number",
        FieldType::Attachment => "code",
        FieldType::Text
        | FieldType::Boolean
        | FieldType::Choice
        | FieldType::Choices
        | FieldType::Shape => "text",
    }
}

/// Where a value leads: a place to the map, the id of another record to it.
fn link(field: &Field, scalar: &Scalar) -> Option<Address> {
    match (&field.link, scalar) {
        (Some(_), Scalar::Str(id)) => Some(Address::record(id)),
        (None, Scalar::Bytes(bytes)) if field.field_type == FieldType::Point => {
            let point = Point::decode(bytes)?;
            let around = Bounds::around([(point.lat(), point.lon())])?.roomy(NEIGHBOURHOOD_METRES);
            Some(Address::new("/map").with("bbox", around))
        }
        (_, _) => None,
    }
}

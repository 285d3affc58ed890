//! A line becomes the values of a record.
//!
//! Entries that read the same top-level key stand or fall together. Each such part converts only if writing it back
//! gives the very keys and values it was read from; otherwise its keys go to `rest` untouched.

use std::collections::{BTreeMap, BTreeSet};

use kahriz_core::value::Value;
use serde_json::{Map, Value as Json};

use super::compare::same_object;
use super::convert::{self, NotExact};
use super::entry::{Entry, Path, Row, Target, Want};
use super::{Flat, KindMap, export};

/// What a line became.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The kind of record.
    pub kind: String,
    /// The fields and their values, for a new draft. They are of the fields' types and within their limits.
    pub entries: Vec<(String, Value)>,
    /// Whether the record, exported again, is the line that it came from.
    pub exact: bool,
}

/// Why a line is no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineProblem {
    /// Valid JSON, but not an object.
    #[error("not a JSON object")]
    NotAnObject,
    /// The key that says the kind is missing or no text.
    #[error("does not say its kind")]
    NoKind,
    /// The mapping has no such kind.
    #[error("of a kind that the mapping does not know")]
    UnknownKind,
}

/// Values by field, as they are filled.
pub(super) type Values = BTreeMap<String, Value>;

pub(super) fn import(kind: &KindMap, kind_key: &str, line: &Map<String, Json>) -> Values {
    let mut values = Values::new();
    let mut rest = Map::new();
    for part in parts(&kind.entries) {
        match import_part(&part, line) {
            Ok(filled) => values.extend(filled),
            Err(NotExact) => keep(&mut rest, line, part.tops.iter().copied()),
        }
    }
    join(&kind.entries, &mut values);
    for entry in &kind.entries {
        if let Entry::Folded { from, of, letters, to } = entry
            && let Some(json) = from.first().and_then(|top| line.get(top))
        {
            match folded(json, &export::fold(&flat(&values), of, letters), to) {
                Ok(filled) => values.extend(filled.map(|value| (to.key.clone(), value))),
                Err(NotExact) => keep(&mut rest, line, entry.tops()),
            }
        }
    }
    let known: BTreeSet<&str> =
        kind.entries.iter().flat_map(Entry::tops).chain([kind_key]).collect();
    keep(&mut rest, line, line.keys().map(String::as_str).filter(|key| !known.contains(key)));
    if !rest.is_empty() {
        values.insert(kind.rest.key.clone(), Value::Text(rest_text(rest, &kind.rest)));
    }
    values
}

/// The text of an object that the field keeps to the letter. A field composes letters that came decomposed, which
/// would change a text that is kept word for word; escaped, they are out of its reach.
fn rest_text(rest: Map<String, Json>, to: &Target) -> String {
    let text = Json::Object(rest).to_string();
    if to.field.parse_text(&text).ok().flatten() == Some(Value::Text(text.clone())) {
        return text;
    }
    let mut escaped = String::with_capacity(text.len() * 2);
    for letter in text.chars() {
        match letter.is_ascii() && !letter.is_ascii_control() {
            true => escaped.push(letter),
            false => letter
                .encode_utf16(&mut [0; 2])
                .iter()
                .for_each(|unit| escaped.push_str(&format!("\\u{unit:04x}"))),
        }
    }
    escaped
}

/// The scalars of values, as they will stand in the record.
pub(super) fn flat(values: &Values) -> Flat {
    let mut flat = Flat::new();
    for (key, value) in values {
        if let Value::Choices(codes) = value {
            flat.extend(codes.iter().map(|code| (format!("{key}.{code}"), true.into())));
        }
        flat.extend(value.to_scalar().map(|scalar| (key.clone(), scalar)));
    }
    flat
}

/// Entries that stand or fall together, and the top-level keys that they read.
struct Part<'m> {
    tops: BTreeSet<&'m str>,
    entries: Vec<&'m Entry>,
}

fn parts(entries: &[Entry]) -> Vec<Part<'_>> {
    let mut parts: Vec<Part<'_>> = Vec::new();
    for entry in
        entries.iter().filter(|entry| !matches!(entry, Entry::Join { .. } | Entry::Folded { .. }))
    {
        let mut part = Part { tops: entry.tops().collect(), entries: vec![entry] };
        let (same, others) =
            parts.into_iter().partition(|other| !other.tops.is_disjoint(&part.tops));
        parts = others;
        for other in same as Vec<Part<'_>> {
            part.tops.extend(other.tops);
            part.entries.splice(0..0, other.entries);
        }
        parts.push(part);
    }
    parts
}

fn import_part(part: &Part<'_>, line: &Map<String, Json>) -> Result<Values, NotExact> {
    let mut values = Values::new();
    for entry in &part.entries {
        import_entry(entry, line, "", &mut values)?;
    }
    let mut back = Map::new();
    let record = flat(&values);
    for entry in &part.entries {
        export::export_entry(entry, &record, "", &mut back);
    }
    let given: Map<String, Json> = pick(line, part.tops.iter().copied()).collect();
    // A group or set that the line doesn't mention is written as []; that says nothing else.
    back.retain(|key, value| given.contains_key(key) || *value != Json::Array(Vec::new()));
    let sets = part.entries.iter().filter(|entry| matches!(entry, Entry::Set { .. }));
    let set_keys: Vec<&str> = sets.flat_map(|entry| entry.tops()).collect();
    if same_object(&given, &back, &set_keys) { Ok(values) } else { Err(NotExact) }
}

/// Fills the fields of one entry; `prefix` is that of the item whose entry it is.
fn import_entry(
    entry: &Entry,
    line: &Map<String, Json>,
    prefix: &str,
    values: &mut Values,
) -> Result<(), NotExact> {
    let mut fill = |to: &Target, value: Value| {
        values.insert(format!("{prefix}{}", to.key), value);
    };
    let found: Vec<Option<&Json>> = entry.froms().iter().map(|path| at(line, path)).collect();
    let Some(first) = found.iter().copied().flatten().next() else { return Ok(()) };
    match entry {
        Entry::Value { to, table, .. } => fill(to, convert::value(to.field, table, first)?),
        Entry::Year { to, .. } => fill(to, convert::year(to.field, first)?),
        Entry::Split { at, to, .. } => {
            let (one, other) =
                first.as_str().and_then(|text| text.split_once(*at)).ok_or(NotExact)?;
            for (to, part) in to.iter().zip([one, other]) {
                fill(to, convert::value(to.field, &Default::default(), &Json::from(part))?);
            }
        }
        Entry::Point { to, .. } => fill(to, convert::point(&found)?),
        Entry::Shape { to, .. } => fill(to, convert::shape(first)?),
        Entry::Set { to, table, .. } => fill(to, convert::set(to.field, table, first)?),
        Entry::Rows { rows, .. } => fill_row(row_of(rows, first)?, prefix, values),
        Entry::Items { group, entries, .. } => {
            for (place, item) in first.as_array().ok_or(NotExact)?.iter().enumerate() {
                import_item(entries, item, &format!("{group}.{place}."), values)?;
            }
        }
        Entry::Join { .. } | Entry::Folded { .. } => {}
    }
    Ok(())
}

fn import_item(
    entries: &[Entry],
    item: &Json,
    prefix: &str,
    values: &mut Values,
) -> Result<(), NotExact> {
    let item = item.as_object().ok_or(NotExact)?;
    let before = values.len();
    for entry in entries {
        import_entry(entry, item, prefix, values)?;
    }
    // An item without a field can't be told from none.
    if values.len() == before { Err(NotExact) } else { Ok(()) }
}

fn row_of<'m>(rows: &'m [Row], value: &Json) -> Result<&'m Row, NotExact> {
    rows.iter().find(|row| super::compare::same(&row.value, value)).ok_or(NotExact)
}

fn fill_row(row: &Row, prefix: &str, values: &mut Values) {
    for (to, want) in &row.fields {
        let value = match want {
            Want::Codes(codes) => Some(Value::Choices(codes.clone())),
            Want::One(scalar) => Value::from_scalar(to.field.field_type, scalar).ok().flatten(),
        };
        values.extend(value.map(|value| (format!("{prefix}{}", to.key), value)));
    }
}

/// Fills the fields that only join others. One that is too long for its field stays empty: nothing is lost by it.
fn join(entries: &[Entry], values: &mut Values) {
    for entry in entries {
        if let Entry::Join { of, to } = entry {
            let joined = export::joined(&flat(values), of);
            let value = to.field.parse_text(&joined).ok().flatten();
            values.extend(value.map(|value| (to.key.clone(), value)));
        }
    }
}

/// What to keep of a text that can usually be derived: nothing, or the text.
fn folded(json: &Json, derived: &str, to: &Target) -> Result<Option<Value>, NotExact> {
    let text = json.as_str().ok_or(NotExact)?;
    if text == derived && !text.is_empty() {
        return Ok(None);
    }
    let value = to.field.parse_text(text).ok().flatten().ok_or(NotExact)?;
    if value == Value::Text(text.to_owned()) { Ok(Some(value)) } else { Err(NotExact) }
}

/// What stands at a path; `None` where it leads nowhere.
fn at<'j>(line: &'j Map<String, Json>, path: &Path) -> Option<&'j Json> {
    let (first, more) = path.split_first()?;
    more.iter().try_fold(line.get(first)?, |json, key| json.as_object()?.get(key))
}

fn keep<'k>(
    rest: &mut Map<String, Json>,
    line: &Map<String, Json>,
    keys: impl Iterator<Item = &'k str>,
) {
    rest.extend(pick(line, keys));
}

fn pick<'k>(
    line: &Map<String, Json>,
    keys: impl Iterator<Item = &'k str>,
) -> impl Iterator<Item = (String, Json)> {
    keys.filter_map(|key| line.get(key).map(|json| (key.to_owned(), json.clone())))
}

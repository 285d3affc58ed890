//! A record becomes a line again.

use std::collections::{BTreeMap, BTreeSet};

use kahriz_core::forms::{chosen, group_items};
use kahriz_core::value::Scalar;
use serde_json::{Map, Value as Json};

use super::convert;
use super::entry::{Entry, Path, Row, Table, Target, Want};
use super::{Flat, KindMap};

/// What a record became.
#[derive(Clone, Debug)]
pub struct Exported {
    /// The line.
    pub line: Map<String, Json>,
    /// How many values the line could not express and does not have.
    pub left_out: usize,
}

pub(super) fn export(kind: &KindMap, kind_key: &str, record: &Flat) -> Exported {
    let rest = text_at(record, &kind.rest.key).and_then(|text| serde_json::from_str(text).ok());
    let rest = if let Some(Json::Object(rest)) = rest { rest } else { Map::new() };
    // What is only derived gives way to what the line really said.
    let is_said = |entry: &&Entry| {
        !matches!(entry, Entry::Folded { .. }) || !entry.tops().any(|top| rest.contains_key(top))
    };
    let mut line = Map::from_iter([(kind_key.to_owned(), Json::from(kind.source.as_str()))]);
    let left_out = kind
        .entries
        .iter()
        .filter(is_said)
        .map(|entry| export_entry(entry, record, "", &mut line))
        .sum();
    for (key, value) in rest {
        if line.get(&key).is_none_or(|written| *written == Json::Array(Vec::new())) {
            line.insert(key, value);
        }
    }
    Exported { line, left_out }
}

/// Writes the keys of one entry and tells how many values it had to leave out.
pub(super) fn export_entry(
    entry: &Entry,
    record: &Flat,
    prefix: &str,
    line: &mut Map<String, Json>,
) -> usize {
    let standing = |to: &Target| {
        record.get(&format!("{prefix}{}", to.key)).filter(|scalar| !scalar.is_empty())
    };
    let (path, written, left_out) = match entry {
        Entry::Value { from, to, table } => {
            let scalar = standing(to);
            let json = scalar.and_then(|scalar| convert::unvalue(to.field, table, scalar));
            let lost = scalar.is_some() && json.is_none();
            (from, json, usize::from(lost))
        }
        Entry::Year { from, to } => (from, standing(to).and_then(convert::unyear), 0),
        Entry::Split { from, at, to } => (from, unsplit(*at, to.each_ref().map(standing)), 0),
        Entry::Point { from, to } => {
            let numbers = standing(to).and_then(convert::unpoint).unwrap_or_default();
            from.iter().zip(numbers).for_each(|(path, number)| put(line, path, number));
            return 0;
        }
        Entry::Shape { from, to } => (from, standing(to).and_then(convert::unshape), 0),
        Entry::Set { from, to, table } => (from, Some(unset(to, table, record)), 0),
        Entry::Rows { from, rows } => {
            let value =
                rows.iter().find(|row| matches(row, record, prefix)).map(|row| row.value.clone());
            let filled = rows
                .iter()
                .flat_map(|row| &row.fields)
                .any(|(to, want)| stands(to, want, record, prefix));
            (from, value.clone(), usize::from(filled && value.is_none()))
        }
        Entry::Items { from, group, entries } => {
            let (items, left_out) = unitems(group, entries, record);
            (from, Some(items), left_out)
        }
        Entry::Folded { from, of, letters, to } => {
            let text = text_at(record, &to.key).map(str::to_owned);
            let text =
                text.or_else(|| Some(fold(record, of, letters)).filter(|text| !text.is_empty()));
            (from, text.map(Json::from), 0)
        }
        Entry::Join { .. } => return 0,
    };
    if let Some(json) = written {
        put(line, path, json);
    }
    left_out
}

/// The texts of several fields with one space between; those that are empty are passed over.
pub(super) fn joined(record: &Flat, of: &[Target]) -> String {
    of.iter().filter_map(|target| text_at(record, &target.key)).collect::<Vec<_>>().join(" ")
}

/// The same with letters replaced.
pub(super) fn fold(record: &Flat, of: &[Target], letters: &BTreeMap<char, String>) -> String {
    let mut folded = String::new();
    for letter in joined(record, of).chars() {
        match letters.get(&letter) {
            Some(other) => folded.push_str(other),
            None => folded.push(letter),
        }
    }
    folded
}

/// Whether every field of a row is in the record what the row says.
pub(super) fn matches(row: &Row, record: &Flat, prefix: &str) -> bool {
    row.fields.iter().all(|(to, want)| {
        let key = format!("{prefix}{}", to.key);
        match want {
            Want::One(scalar) => record.get(&key) == Some(scalar),
            Want::Codes(codes) => {
                chosen(&key, record) == codes.iter().map(String::as_str).collect::<BTreeSet<_>>()
            }
        }
    })
}

fn stands(to: &Target, want: &Want, record: &Flat, prefix: &str) -> bool {
    let key = format!("{prefix}{}", to.key);
    match want {
        Want::One(_) => record.get(&key).is_some_and(|scalar| !scalar.is_empty()),
        Want::Codes(_) => !chosen(&key, record).is_empty(),
    }
}

fn unsplit(at: char, parts: [Option<&Scalar>; 2]) -> Option<Json> {
    let one = parts[0]?.as_str()?;
    Some(Json::from(match parts[1].and_then(Scalar::as_str) {
        Some(other) => format!("{one}{at}{other}"),
        None => one.to_owned(),
    }))
}

/// The codes that are in: those of the list in its order, then the others by their bytes.
fn unset(to: &Target, table: &Table, record: &Flat) -> Json {
    let mut codes = chosen(&to.key, record);
    let known = to.field.codes.iter().flat_map(|list| list.names());
    let listed: Vec<&str> = known.filter(|code| codes.remove(code)).collect();
    listed.into_iter().chain(codes).map(|code| Json::from(table.word(code))).collect()
}

fn unitems(group: &str, entries: &[Entry], record: &Flat) -> (Json, usize) {
    let standing =
        record.iter().filter(|(_, scalar)| **scalar != Scalar::Null).map(|(key, _)| key.as_str());
    let mut left_out = 0;
    let mut items = Vec::new();
    for item in group_items(group, standing) {
        let mut object = Map::new();
        let prefix = format!("{group}.{item}.");
        left_out += entries
            .iter()
            .map(|entry| export_entry(entry, record, &prefix, &mut object))
            .sum::<usize>();
        items.push(Json::Object(object));
    }
    (Json::Array(items), left_out)
}

fn text_at<'r>(record: &'r Flat, key: &str) -> Option<&'r str> {
    record.get(key).and_then(Scalar::as_str).filter(|text| !text.is_empty())
}

/// Writes at a path, with the objects on the way.
fn put(line: &mut Map<String, Json>, path: &Path, json: Json) {
    let Some((last, way)) = path.split_last() else { return };
    let mut inner = line;
    for key in way {
        let next = inner.entry(key).or_insert_with(|| Json::Object(Map::new()));
        let Json::Object(object) = next else { return };
        inner = object;
    }
    inner.insert(last.clone(), json);
}

//! Reads a mapping's declaration: TOML to entries in which every name is resolved.
//!
//! Whether the entries then agree with each other is [`super::check`]'s question.

use std::collections::{BTreeMap, BTreeSet};

use kahriz_core::forms::{Forms, Group, Kind};
use kahriz_core::value::{FieldType, Scalar};
use serde::Deserialize;
use serde_json::Value as Json;

use super::check::{self, Fault};
use super::entry::{Entry, Path, Row, Table, Target, Want};
use super::{KindMap, Mapping};

/// Why a mapping can't be used.
#[derive(Clone, Debug, thiserror::Error)]
pub enum MappingError {
    /// The text is not TOML of this form.
    #[error("the mapping does not read: {0}")]
    Form(#[from] toml::de::Error),
    /// Something in it does not fit the forms, or itself.
    #[error("the mapping does not fit: {place}: {fault}")]
    Fit {
        /// Which kind and key, table or row set.
        place: String,
        /// What is wrong there.
        fault: Fault,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMapping {
    name: String,
    kind_key: String,
    rest: String,
    kind: Vec<RawKind>,
    #[serde(default)]
    table: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    rows: BTreeMap<String, Vec<RawRow>>,
    #[serde(default)]
    letters: BTreeMap<String, BTreeMap<char, String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawKind {
    source: String,
    target: String,
    entries: Vec<RawEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    #[serde(default)]
    from: Names,
    #[serde(default)]
    to: Names,
    #[serde(default, rename = "as")]
    does: Does,
    table: Option<String>,
    rows: Option<String>,
    at: Option<char>,
    #[serde(default)]
    of: Vec<String>,
    letters: Option<String>,
    #[serde(default)]
    entries: Vec<RawEntry>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Does {
    #[default]
    Value,
    Year,
    Split,
    Point,
    Shape,
    Set,
    Rows,
    Items,
    Join,
    Folded,
}

/// One name or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Names {
    One(String),
    Many(Vec<String>),
}

impl Default for Names {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl Names {
    fn all(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Many(names) => names,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRow {
    value: Json,
    fields: BTreeMap<String, Json>,
}

pub(super) fn parse(text: &str, forms: &'static Forms) -> Result<Mapping, MappingError> {
    let raw: RawMapping = toml::from_str(text)?;
    let tables = raw.table.iter().map(|(name, words)| {
        let table = table_of(words).map_err(|fault| misfit(&format!("table {name}"), fault))?;
        Ok((name.as_str(), table))
    });
    let tables = tables.collect::<Result<BTreeMap<_, _>, MappingError>>()?;
    let mut kinds = Vec::new();
    for raw_kind in &raw.kind {
        let place = |key: &str| format!("{} {key}", raw_kind.source);
        let target = forms
            .kind(&raw_kind.target)
            .ok_or_else(|| misfit(&place("target"), Fault::UnknownKind))?;
        let reader = Reader { raw: &raw, tables: &tables, kind: target, group: None };
        let rest = reader
            .target(&raw.rest, &[FieldType::Narrative])
            .map_err(|fault| misfit(&place("rest"), fault))?;
        let entries = reader
            .entries(&raw_kind.entries)
            .map_err(|(key, fault)| misfit(&place(&key), fault))?;
        let kind = KindMap { source: raw_kind.source.clone(), target, rest, entries };
        check::check(&kind, &raw.kind_key).map_err(|(key, fault)| misfit(&place(&key), fault))?;
        kinds.push(kind);
    }
    Ok(Mapping { name: raw.name.clone(), kind_key: raw.kind_key.clone(), kinds })
}

fn misfit(place: &str, fault: Fault) -> MappingError {
    MappingError::Fit { place: place.to_owned(), fault }
}

fn table_of(words: &BTreeMap<String, String>) -> Result<Table, Fault> {
    let back: BTreeMap<String, String> =
        words.iter().map(|(word, code)| (code.clone(), word.clone())).collect();
    if back.len() != words.len() {
        return Err(Fault::OneCodeForTwoWords);
    }
    Ok(Table { codes: words.clone(), words: back })
}

/// Reads the entries of a kind, or of a group's items.
#[derive(Clone, Copy)]
struct Reader<'r> {
    raw: &'r RawMapping,
    tables: &'r BTreeMap<&'r str, Table>,
    kind: &'static Kind,
    group: Option<&'static Group>,
}

const TEXTS: [FieldType; 6] = [
    FieldType::Text,
    FieldType::Narrative,
    FieldType::Date,
    FieldType::DateTime,
    FieldType::Attachment,
    FieldType::Choice,
];
const SCALARS: [FieldType; 9] = [
    FieldType::Text,
    FieldType::Narrative,
    FieldType::Date,
    FieldType::DateTime,
    FieldType::Attachment,
    FieldType::Choice,
    FieldType::Integer,
    FieldType::Decimal,
    FieldType::Boolean,
];

impl Reader<'_> {
    fn entries(&self, raw: &[RawEntry]) -> Result<Vec<Entry>, (String, Fault)> {
        let named = |entry: &RawEntry| {
            entry.from.all().first().or(entry.to.all().first()).cloned().unwrap_or_default()
        };
        raw.iter().map(|entry| self.entry(entry).map_err(|fault| (named(entry), fault))).collect()
    }

    fn entry(&self, raw: &RawEntry) -> Result<Entry, Fault> {
        let to = |types: &[FieldType]| self.target(only(raw.to.all())?, types);
        let from = || only(raw.from.all()).map(path);
        let in_item = self.group.is_some();
        match raw.does {
            Does::Point | Does::Shape | Does::Set | Does::Items | Does::Join | Does::Folded
                if in_item =>
            {
                Err(Fault::NotInAnItem)
            }
            Does::Value => {
                Ok(Entry::Value { from: from()?, to: to(&SCALARS)?, table: self.table(raw)? })
            }
            Does::Year => Ok(Entry::Year { from: from()?, to: to(&[FieldType::Date])? }),
            Does::Split => {
                let [one, other] = raw.to.all() else { return Err(Fault::HowMany) };
                let to = [self.target(one, &TEXTS)?, self.target(other, &TEXTS)?];
                Ok(Entry::Split { from: from()?, at: raw.at.ok_or(Fault::HowMany)?, to })
            }
            Does::Point if !matches!(raw.from.all().len(), 2 | 3) => Err(Fault::HowMany),
            Does::Point => {
                let from = raw.from.all().iter().map(String::as_str).map(path).collect();
                Ok(Entry::Point { from, to: to(&[FieldType::Point])? })
            }
            Does::Shape => Ok(Entry::Shape { from: from()?, to: to(&[FieldType::Shape])? }),
            Does::Set => Ok(Entry::Set {
                from: from()?,
                to: to(&[FieldType::Choices])?,
                table: self.table(raw)?,
            }),
            Does::Rows => Ok(Entry::Rows { from: from()?, rows: self.rows(raw)? }),
            Does::Items => {
                let group = self.kind.group(only(raw.to.all())?).ok_or(Fault::UnknownGroup)?;
                let inner = Self { group: Some(group), ..*self };
                let entries = inner.entries(&raw.entries).map_err(|(_, fault)| fault)?;
                Ok(Entry::Items { from: from()?, group: group.name.clone(), entries })
            }
            Does::Join => Ok(Entry::Join { of: self.of(raw)?, to: to(&[FieldType::Text])? }),
            Does::Folded => {
                let name = raw.letters.as_ref().ok_or(Fault::UnknownLetters)?;
                let letters = self.raw.letters.get(name).ok_or(Fault::UnknownLetters)?.clone();
                Ok(Entry::Folded {
                    from: from()?,
                    of: self.of(raw)?,
                    letters,
                    to: to(&[FieldType::Text])?,
                })
            }
        }
    }

    fn target(&self, key: &str, types: &[FieldType]) -> Result<Target, Fault> {
        let field = match self.group {
            Some(group) => group.field(key),
            None => {
                self.kind.resolve(key).filter(|found| found.code.is_none()).map(|found| found.field)
            }
        };
        let field = field.ok_or(Fault::UnknownField)?;
        if !types.contains(&field.field_type) {
            return Err(Fault::WrongType);
        }
        Ok(Target { key: key.to_owned(), field })
    }

    fn of(&self, raw: &RawEntry) -> Result<Vec<Target>, Fault> {
        raw.of.iter().map(|key| self.target(key, &TEXTS)).collect()
    }

    fn table(&self, raw: &RawEntry) -> Result<Table, Fault> {
        let Some(name) = &raw.table else { return Ok(Table::default()) };
        self.tables.get(name.as_str()).cloned().ok_or(Fault::UnknownTable)
    }

    fn rows(&self, raw: &RawEntry) -> Result<Vec<Row>, Fault> {
        let rows =
            raw.rows.as_ref().and_then(|name| self.raw.rows.get(name)).ok_or(Fault::UnknownRows)?;
        rows.iter()
            .map(|row| {
                let fields = row
                    .fields
                    .iter()
                    .map(|(key, json)| self.want(key, json))
                    .collect::<Result<_, _>>()?;
                Ok(Row { value: row.value.clone(), fields })
            })
            .collect()
    }

    fn want(&self, key: &str, json: &Json) -> Result<(Target, Want), Fault> {
        if let Json::Array(items) = json {
            let target = self.target(key, &[FieldType::Choices])?;
            let code =
                |item: &Json| item.as_str().filter(|code| knows(&target, code)).map(str::to_owned);
            let codes = items
                .iter()
                .map(code)
                .collect::<Option<BTreeSet<_>>>()
                .ok_or(Fault::NotInCodeList)?;
            return Ok((target, Want::Codes(codes)));
        }
        let target = self.target(key, &SCALARS)?;
        let scalar = match (target.field.field_type, json) {
            (FieldType::Choice, Json::String(code)) if !knows(&target, code) => {
                return Err(Fault::NotInCodeList);
            }
            (FieldType::Choice, Json::String(code)) => Scalar::Str(code.clone()),
            (_, json) => {
                let value = target.field.parse_json(json).ok().flatten().ok_or(Fault::WrongType)?;
                value.to_scalar().ok_or(Fault::WrongType)?
            }
        };
        Ok((target, Want::One(scalar)))
    }
}

fn knows(target: &Target, code: &str) -> bool {
    target.field.codes.as_ref().is_some_and(|list| list.get(code).is_some())
}

fn only(names: &[String]) -> Result<&str, Fault> {
    match names {
        [name] => Ok(name),
        _ => Err(Fault::HowMany),
    }
}

fn path(from: &str) -> Path {
    from.split('.').map(str::to_owned).collect()
}

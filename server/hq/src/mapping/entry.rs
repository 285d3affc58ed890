//! The entries of a mapping after it was read: every name resolved to the field it means.

use std::collections::{BTreeMap, BTreeSet};

use kahriz_core::forms::Field;
use kahriz_core::value::Scalar;
use serde_json::Value as Json;

/// The keys that lead to a value in a line: one, or one for each object on the way.
pub(super) type Path = Vec<String>;

/// A field of a record. In a list of items the key is that inside the item.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) key: String,
    pub(super) field: &'static Field,
}

/// Words of the source and our codes for them, both ways.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    pub(super) codes: BTreeMap<String, String>,
    pub(super) words: BTreeMap<String, String>,
}

impl Table {
    /// Our code for a word of the source. Words that are their own code need no line.
    pub(super) fn code<'a>(&'a self, word: &'a str) -> &'a str {
        self.codes.get(word).map_or(word, String::as_str)
    }

    /// The source's word for a code.
    pub(super) fn word<'a>(&'a self, code: &'a str) -> &'a str {
        self.words.get(code).map_or(code, String::as_str)
    }
}

/// One value of the source and what several fields must be to mean it.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) value: Json,
    pub(super) fields: Vec<(Target, Want)>,
}

/// What must stand in one field of a row.
#[derive(Clone, Debug)]
pub(super) enum Want {
    /// Exactly this.
    One(Scalar),
    /// Exactly this set of codes.
    Codes(BTreeSet<String>),
}

/// One entry; the manual at the top of `records-1000.toml` says what each does.
#[derive(Clone, Debug)]
pub(super) enum Entry {
    Value { from: Path, to: Target, table: Table },
    Year { from: Path, to: Target },
    Split { from: Path, at: char, to: [Target; 2] },
    Point { from: Vec<Path>, to: Target },
    Shape { from: Path, to: Target },
    Set { from: Path, to: Target, table: Table },
    Rows { from: Path, rows: Vec<Row> },
    Items { from: Path, group: String, entries: Vec<Entry> },
    Join { of: Vec<Target>, to: Target },
    Folded { from: Path, of: Vec<Target>, letters: BTreeMap<char, String>, to: Target },
}

impl Entry {
    /// The paths it reads.
    pub(super) fn froms(&self) -> &[Path] {
        match self {
            Self::Point { from, .. } => from,
            Self::Join { .. } => &[],
            Self::Value { from, .. }
            | Self::Year { from, .. }
            | Self::Split { from, .. }
            | Self::Shape { from, .. }
            | Self::Set { from, .. }
            | Self::Rows { from, .. }
            | Self::Items { from, .. }
            | Self::Folded { from, .. } => std::slice::from_ref(from),
        }
    }

    /// The top-level keys it reads.
    pub(super) fn tops(&self) -> impl Iterator<Item = &str> {
        self.froms().iter().filter_map(|path| path.first()).map(String::as_str)
    }

    /// The keys it fills; for a list of items the group.
    pub(super) fn fills(&self) -> BTreeSet<&str> {
        match self {
            Self::Value { to, .. }
            | Self::Year { to, .. }
            | Self::Point { to, .. }
            | Self::Shape { to, .. }
            | Self::Set { to, .. }
            | Self::Join { to, .. }
            | Self::Folded { to, .. } => BTreeSet::from([to.key.as_str()]),
            Self::Split { to, .. } => to.iter().map(|target| target.key.as_str()).collect(),
            Self::Items { group, .. } => BTreeSet::from([group.as_str()]),
            Self::Rows { rows, .. } => rows
                .iter()
                .flat_map(|row| &row.fields)
                .map(|(target, _)| target.key.as_str())
                .collect(),
        }
    }
}

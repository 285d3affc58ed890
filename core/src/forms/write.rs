//! From values to the keys and scalars that a save hands to the record layer.
//!
//! This is the gate: a value passes its field's declaration here, whoever made it, and nothing below checks again.
//! A choices field is one key for each code, so writing one needs to know which codes stand, and writes only what
//! changes; two people who add different codes then both count.

use std::collections::{BTreeMap, BTreeSet};

use super::kind::{Field, FieldRef, Kind};
use super::problem::{FieldError, Problem, nearest};
use crate::value::{FieldType, Scalar, Value};

/// Checked writes of one save, in the order of the declaration. Only [`Kind::prepare`] makes one with anything in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Writes {
    entries: Vec<(String, Scalar)>,
}

impl Writes {
    /// The keys and what to write at each.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Scalar)> {
        self.entries.iter().map(|(key, scalar)| (key.as_str(), scalar))
    }

    /// How many keys are written.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is written.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The keys and scalars themselves.
    pub fn into_entries(self) -> Vec<(String, Scalar)> {
        self.entries
    }
}

impl Kind {
    /// Checks many entries (`None` clears a field) against what stands now and puts what they write in order. The last
    /// of two entries for one key counts. Every field that is wrong is reported, not only the first.
    pub fn prepare(
        &self,
        entries: impl IntoIterator<Item = (String, Option<Value>)>,
        current: &BTreeMap<String, Scalar>,
    ) -> Result<Writes, Vec<FieldError>> {
        let mut written = BTreeMap::new();
        let mut errors = Vec::new();
        for (key, value) in entries {
            match self.writes(&key, value, current) {
                Ok(pairs) => written.extend(pairs),
                Err(error) => errors.push(error),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let mut entries: Vec<_> = written.into_iter().collect();
        entries.sort_by(|(one, _), (other, _)| self.rank(one).cmp(&self.rank(other)));
        Ok(Writes { entries })
    }

    /// What one field's new value (`None` clears it) writes: one key, or for choices one for each code that goes in or
    /// out. One code may also be written alone, as a boolean at its own key.
    pub fn writes(
        &self,
        key: &str,
        value: Option<Value>,
        current: &BTreeMap<String, Scalar>,
    ) -> Result<Vec<(String, Scalar)>, FieldError> {
        let found = self.find(key)?;
        let pairs = match found.code {
            Some(code) => found.field.write_code(key, code, value.as_ref(), current),
            None if found.field.field_type == FieldType::Choices => {
                found.field.write_set(key, value, current)
            }
            None => found.field.write_one(key, value, current),
        };
        pairs.map_err(|problem| FieldError::new(&found.field_key(), problem))
    }

    /// The writes that clear every field of one item of a group, which then is gone. Fields of a newer form are
    /// cleared too: the person means the whole item.
    pub fn clear_item(
        &self,
        group: &str,
        item: &str,
        current: &BTreeMap<String, Scalar>,
    ) -> Writes {
        let prefix = format!("{group}.{item}.");
        let cleared = |key: &String| match self.resolve(key).and_then(|found| found.code) {
            Some(_) => Scalar::Bool(false),
            None => Scalar::Null,
        };
        let entries = under(&prefix, current).map(|(key, _)| (key.clone(), cleared(key))).collect();
        Writes { entries }
    }

    /// A key that a person or program gave, with a suggestion when there is no such field.
    pub fn find<'kind, 'key>(
        &'kind self,
        key: &'key str,
    ) -> Result<FieldRef<'kind, 'key>, FieldError> {
        self.resolve(key).ok_or_else(|| {
            let in_groups = self.groups.iter().flat_map(|group| {
                std::iter::once(group.name.clone()).chain(
                    group.fields.iter().map(|field| format!("{}.0.{}", group.name, field.name)),
                )
            });
            let names: Vec<String> =
                self.fields.iter().map(|field| field.name.clone()).chain(in_groups).collect();
            FieldError::new(
                key,
                Problem::UnknownField { nearest: nearest(key, names.iter().map(String::as_str)) },
            )
        })
    }
}

/// The codes of a choices field that stand in a record; `key` is that of the field, without a code.
pub fn chosen<'s>(key: &str, current: &'s BTreeMap<String, Scalar>) -> BTreeSet<&'s str> {
    let prefix = format!("{key}.");
    let skip = prefix.len();
    under(&prefix, current)
        .filter(|(_, value)| **value == Scalar::Bool(true))
        .map(|(key, _)| &key[skip..])
        .collect()
}

fn under<'s>(
    prefix: &str,
    current: &'s BTreeMap<String, Scalar>,
) -> impl Iterator<Item = (&'s String, &'s Scalar)> {
    let from = (std::ops::Bound::Included(prefix), std::ops::Bound::Unbounded);
    current.range::<str, _>(from).take_while(move |(key, _)| key.starts_with(prefix))
}

type Pairs = Result<Vec<(String, Scalar)>, Problem>;

impl Field {
    fn write_one(
        &self,
        key: &str,
        value: Option<Value>,
        current: &BTreeMap<String, Scalar>,
    ) -> Pairs {
        // A code of a newer form that already stands may be said again by an app that does not know it.
        let stands =
            |value: &Value| value.to_scalar().filter(|scalar| current.get(key) == Some(scalar));
        if let Some(scalar) =
            value.as_ref().filter(|value| matches!(value, Value::Choice(_))).and_then(stands)
        {
            return Ok(vec![(key.to_owned(), scalar)]);
        }
        let accepted = value.map(|value| self.accept(value)).transpose()?.flatten();
        let scalar = accepted.and_then(|value| value.to_scalar()).unwrap_or(Scalar::Null);
        Ok(vec![(key.to_owned(), scalar)])
    }

    fn write_set(
        &self,
        key: &str,
        value: Option<Value>,
        current: &BTreeMap<String, Scalar>,
    ) -> Pairs {
        let standing = chosen(key, current);
        let wanted = match value {
            None => BTreeSet::new(),
            Some(Value::Choices(codes)) => codes,
            Some(_) => return Err(self.wrong_type()),
        };
        let (kept, added): (BTreeSet<String>, BTreeSet<String>) =
            wanted.into_iter().partition(|code| standing.contains(code.as_str()));
        let added = match self.accept(Value::Choices(added))? {
            Some(Value::Choices(codes)) => codes,
            Some(_) | None => BTreeSet::new(),
        };
        let taken_out =
            standing.iter().filter(|code| !kept.contains(**code) && !added.contains(**code));
        let pair = |code: &str, is_in: bool| (format!("{key}.{code}"), Scalar::Bool(is_in));
        let goes_in = added.iter().filter(|code| !standing.contains(code.as_str()));
        Ok(goes_in
            .map(|code| pair(code, true))
            .chain(taken_out.map(|code| pair(code, false)))
            .collect())
    }

    fn write_code(
        &self,
        key: &str,
        code: &str,
        value: Option<&Value>,
        current: &BTreeMap<String, Scalar>,
    ) -> Pairs {
        let is_in = match value {
            None => false,
            Some(Value::Boolean(is_in)) => *is_in,
            Some(_) => {
                return Err(Problem::WrongType { expected: "true or false for one code of a set" });
            }
        };
        if is_in && !current.contains_key(key) {
            let tidy = self.accept_code(code)?;
            let key = key
                .strip_suffix(code)
                .map_or_else(|| key.to_owned(), |field| format!("{field}{tidy}"));
            return Ok(vec![(key, Scalar::Bool(true))]);
        }
        Ok(vec![(key.to_owned(), Scalar::Bool(is_in))])
    }
}

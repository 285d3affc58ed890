//! Reads a whole record from JSON into entries for [`Kind::prepare`](super::Kind::prepare).
//!
//! Keys may be flat as in a document (`last_seen.place`, `relatives.0.name`, `needs.road`), or nested: an object for
//! what stands before the dots, an array of objects for a group. Every field that does not read is reported. This is
//! a way in for new records and whole forms; which of the entries change anything is the record layer's question.

use serde_json::{Map, Value as Json};

use super::kind::{FieldRef, Group, Kind};
use super::problem::{FieldError, Problem};
use crate::value::{FieldType, Value};

/// Nesting that the longest key could need; deeper input is not a record.
const DEPTH: usize = 8;

/// One entry: a key and its new value, or `None` to clear it.
pub type Entry = (String, Option<Value>);

impl Kind {
    /// Reads a JSON object. The items of an array get the numbers of their places as ids.
    pub fn read_json(&self, input: &Map<String, Json>) -> Result<Vec<Entry>, Vec<FieldError>> {
        let mut reader = Reader { kind: self, entries: Vec::new(), errors: Vec::new() };
        reader.read_object("", input, DEPTH);
        if reader.errors.is_empty() { Ok(reader.entries) } else { Err(reader.errors) }
    }

    /// Reads one entry as typed on a command line: a key and a text.
    pub fn read_text(&self, key: &str, text: &str) -> Result<Entry, FieldError> {
        let found = self.find(key)?;
        let value = match found.code {
            Some(_) => found.field.parse_flag(&Json::String(text.to_owned())),
            None => found.field.parse_text(text),
        };
        value
            .map(|value| (key.to_owned(), value))
            .map_err(|problem| FieldError::new(&found.field_key(), problem))
    }
}

struct Reader<'r> {
    kind: &'r Kind,
    entries: Vec<Entry>,
    errors: Vec<FieldError>,
}

impl Reader<'_> {
    fn read_object(&mut self, prefix: &str, object: &Map<String, Json>, depth: usize) {
        for (name, json) in object {
            let key = format!("{prefix}{name}");
            if let Some(found) = self.kind.resolve(&key) {
                self.read_field(&key, found, json);
            } else if let (Some(group), Json::Array(items)) = (self.kind.group(&key), json) {
                self.read_items(group, items, depth);
            } else if let (Json::Object(inner), true) = (json, depth > 0 && self.is_part(&key)) {
                self.read_object(&format!("{key}."), inner, depth - 1);
            } else {
                self.errors.extend(self.kind.find(&key).err());
            }
        }
    }

    fn read_field(&mut self, key: &str, found: FieldRef<'_, '_>, json: &Json) {
        let read = match (found.code, json) {
            (Some(_), _) => found.field.parse_flag(json),
            (None, Json::Object(codes)) if found.field.field_type == FieldType::Choices => {
                return self.read_object(&format!("{key}."), codes, 0);
            }
            (None, _) => found.field.parse_json(json),
        };
        match read {
            Ok(value) => self.entries.push((key.to_owned(), value)),
            Err(problem) => self.errors.push(FieldError::new(&found.field_key(), problem)),
        }
    }

    fn read_items(&mut self, group: &Group, items: &[Json], depth: usize) {
        if items.len() > group.max_items {
            self.errors
                .push(FieldError::new(&group.name, Problem::TooManyItems { max: group.max_items }));
            return;
        }
        for (place, item) in items.iter().enumerate() {
            match item.as_object() {
                Some(fields) if depth > 0 => {
                    self.read_object(&format!("{}.{place}.", group.name), fields, depth - 1)
                }
                Some(_) | None => {
                    let problem = Problem::WrongType {
                        expected: "a list of items, each an object of fields",
                    };
                    self.errors.push(FieldError::new(&group.name, problem));
                }
            }
        }
    }

    /// Whether keys of fields or groups go on from here: `last_seen`, `relatives`, `relatives.0`.
    fn is_part(&self, key: &str) -> bool {
        let goes_on = |name: &str| name.strip_prefix(key).is_some_and(|rest| rest.starts_with('.'));
        let in_group = |group: &Group| {
            key == group.name
                || key.strip_prefix(group.name.as_str()).is_some_and(|rest| rest.starts_with('.'))
        };
        self.kind.fields.iter().any(|field| goes_on(&field.name))
            || self.kind.groups.iter().any(in_group)
    }
}

impl super::Field {
    /// Reads whether one code of a set is in.
    fn parse_flag(&self, json: &Json) -> Result<Option<Value>, Problem> {
        let flag = match json {
            Json::Null => Some(false),
            Json::Bool(flag) => Some(*flag),
            Json::String(text) => super::input::flag_of(text.trim()),
            Json::Number(_) | Json::Array(_) | Json::Object(_) => None,
        };
        let expected = "yes or no for one code of a set";
        flag.map(|flag| Some(Value::Boolean(flag))).ok_or(Problem::WrongType { expected })
    }
}

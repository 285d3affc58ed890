//! A draft: what an officer is changing, on the version that they saw.

use crate::forms::{FieldError, Group, Kind, Problem};
use crate::record::{ChangeId, Fields};
use crate::value::{FieldType, Scalar, Value};
use kahriz_proto::hash::hash_short;
use kahriz_proto::ids::{LogId, RecordId, ScopeId};
use std::collections::BTreeMap;

/// A record being filled in or edited. It holds no lock and may stay open for as long as the form does.
#[derive(Clone, Debug)]
pub struct Draft {
    pub(super) kind: &'static Kind,
    pub(super) scope: ScopeId,
    pub(super) record: Option<RecordId>,
    pub(super) base: Vec<ChangeId>,
    /// What stood when the draft was begun, as shown.
    pub(super) seen: BTreeMap<String, Scalar>,
    pub(super) entries: Vec<(String, Option<Value>)>,
    pub(super) incomplete: bool,
    /// Begins the ids of items added to a record that exists.
    item_tag: String,
    items_added: u32,
}

impl Draft {
    pub(super) fn create(kind: &'static Kind, scope: ScopeId) -> Self {
        Self {
            kind,
            scope,
            record: None,
            base: vec![],
            seen: BTreeMap::new(),
            entries: vec![],
            incomplete: false,
            item_tag: String::new(),
            items_added: 0,
        }
    }

    /// A draft of a record that exists. `log`, `changes` (that it has made in the record) and `begun` (drafts
    /// since the workspace was opened) make the ids of new items unlike any other device's or draft's.
    pub(super) fn of(
        kind: &'static Kind,
        scope: ScopeId,
        record: RecordId,
        base: Vec<ChangeId>,
        fields: &Fields,
        log: LogId,
        (changes, begun): (u64, u64),
    ) -> Self {
        let seen = fields
            .iter()
            .filter_map(|(key, values)| values.first().map(|value| (key.clone(), value.clone())));
        let item_tag = item_tag(log, changes, begun);
        let seen = seen.collect();
        Self { record: Some(record), base, seen, item_tag, ..Self::create(kind, scope) }
    }

    /// The kind of the record.
    #[must_use]
    pub fn kind(&self) -> &'static Kind {
        self.kind
    }

    /// The record that is edited; `None` for a new one.
    #[must_use]
    pub fn record(&self) -> Option<RecordId> {
        self.record
    }

    /// What the officer sees: what stood when the draft was begun, with the draft's own entries.
    #[must_use]
    pub fn current(&self) -> BTreeMap<String, Scalar> {
        let mut current = self.seen.clone();
        if let Ok(writes) = self.kind.prepare(self.entries.clone(), &self.seen) {
            current.extend(writes.into_entries());
        }
        current
    }

    /// Sets a field: `full_name`, `relatives.0.name`, `needs`.
    ///
    /// # Errors
    /// [`FieldError`] if there is no such field, or the value cannot stand in it.
    pub fn set(&mut self, field: &str, value: Value) -> Result<(), FieldError> {
        self.enter(field, Some(value))
    }

    /// Sets a field from JSON; `null` clears it.
    ///
    /// # Errors
    /// [`FieldError`] as for [`Draft::set`].
    pub fn set_json(&mut self, field: &str, json: &serde_json::Value) -> Result<(), FieldError> {
        let found = self.kind.find(field)?;
        let problem = |problem| FieldError { field: found.field_key(), problem };
        let value = match (found.code, json) {
            (Some(_), serde_json::Value::Bool(flag)) => Some(Value::Boolean(*flag)),
            (_, json) => found.field.parse_json(json).map_err(problem)?,
        };
        self.enter(field, value)
    }

    /// Sets a field from what a person typed; nothing typed clears it.
    ///
    /// # Errors
    /// [`FieldError`] as for [`Draft::set`].
    pub fn set_text(&mut self, field: &str, typed: &str) -> Result<(), FieldError> {
        let (key, value) = self.kind.read_text(field, typed)?;
        self.enter(&key, value)
    }

    /// Clears a field.
    ///
    /// # Errors
    /// [`FieldError`] if there is no such field.
    pub fn clear(&mut self, field: &str) -> Result<(), FieldError> {
        self.enter(field, None)
    }

    /// Adds an item to a repeat group and says the beginning of its keys: append `.name` and set.
    ///
    /// # Errors
    /// [`FieldError`] if there is no such group, or it is full.
    pub fn add_item(&mut self, group: &str) -> Result<String, FieldError> {
        let declared = self.group(group)?;
        let items = self.items(group);
        if items.len() >= declared.max_items {
            let problem = Problem::TooManyItems { max: declared.max_items };
            return Err(FieldError { field: group.to_owned(), problem });
        }
        let id = if self.record.is_none() {
            let used = items.iter().filter_map(|item| item.parse::<u32>().ok());
            used.max().map_or(0, |last| last + 1).max(self.items_added).to_string()
        } else {
            format!("{}-{}", self.item_tag, self.items_added)
        };
        self.items_added += 1;
        Ok(format!("{group}.{id}"))
    }

    /// Removes an item: all its fields are cleared. If somebody edits it at the same time, it stays, contested.
    ///
    /// # Errors
    /// [`FieldError`] if the group does not exist.
    pub fn remove_item(&mut self, item: &str) -> Result<(), FieldError> {
        let (group, id) = item.rsplit_once('.').unwrap_or((item, ""));
        self.group(group)?;
        let cleared = self.kind.clear_item(group, id, &self.current());
        for (key, value) in cleared.into_entries() {
            let value =
                if value == Scalar::Bool(false) { Some(Value::Boolean(false)) } else { None };
            self.entries.push((key, value));
        }
        Ok(())
    }

    /// Lets required fields be missing: imports and first notes. The record is counted as incomplete.
    pub fn allow_incomplete(&mut self) {
        self.incomplete = true;
    }

    fn group(&self, name: &str) -> Result<&'static Group, FieldError> {
        let unknown = || {
            let nearest = self.kind.find(&format!("{name}.0")).err().map(|error| error.problem);
            let problem = nearest.unwrap_or(Problem::UnknownField { nearest: None });
            FieldError { field: name.to_owned(), problem }
        };
        self.kind.group(name).ok_or_else(unknown)
    }

    fn items(&self, group: &str) -> Vec<String> {
        let current = self.current();
        let entered = self.entries.iter().map(|(key, _)| key.as_str());
        let keys = current.keys().map(String::as_str).chain(entered);
        crate::forms::group_items(group, keys).into_iter().map(str::to_owned).collect()
    }

    fn enter(&mut self, field: &str, value: Option<Value>) -> Result<(), FieldError> {
        let found = self.kind.find(field)?;
        // A crossing ring is refused from a person and kept from an import, which must lose nothing.
        if let Some(Value::Shape(shape)) = &value
            && !self.incomplete
            && shape.crosses_itself()
        {
            let problem = Problem::Place(crate::value::PlaceProblem::CrossesItself);
            return Err(FieldError { field: found.field_key(), problem });
        }
        let is_set = found.field.field_type == FieldType::Choices && found.code.is_none();
        let current = if is_set { self.current() } else { self.seen.clone() };
        self.kind.writes(field, value.clone(), &current)?;
        self.entries.push((field.to_owned(), value));
        Ok(())
    }
}

/// Eight base-32 letters that no other device's log, and no other edit of this one, will come to in the
/// same record but by a chance of one in 2^40.
fn item_tag(log: LogId, changes: u64, begun: u64) -> String {
    const SYMBOLS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let parts: [&[u8]; 3] = [log.as_bytes(), &changes.to_be_bytes(), &begun.to_be_bytes()];
    let hash: [u8; 8] = hash_short("kahriz/v1/item", &parts);
    // The first symbol is a letter, so that the id is never a plain number.
    let symbols = hash.iter().enumerate().map(|(at, byte)| match at {
        0 => SYMBOLS[10 + usize::from(byte % 22)],
        _ => SYMBOLS[usize::from(byte % 32)],
    });
    symbols.map(char::from).collect()
}

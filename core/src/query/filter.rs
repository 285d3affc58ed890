//! The part of a question that the index `rows_listed` answers alone, as SQL with bound parameters.

use rusqlite::types::Value;

use super::{Query, Sort};
use crate::forms::Forms;
use crate::human_id::HumanId;

/// Conditions on columns of `rows` and the values bound in them, in order.
pub(super) struct Filter {
    /// Whether the conditions name the ids themselves.
    by_id: bool,
    conditions: Vec<String>,
    pub(super) values: Vec<Value>,
}

impl Filter {
    pub(super) fn of(query: &Query) -> Self {
        let mut filter = Self { by_id: false, conditions: Vec::new(), values: Vec::new() };
        if !query.deleted {
            filter.conditions.push("deleted = 0".to_owned());
        }
        filter.flag("contested > 0", query.contested);
        filter.flag("incomplete", query.incomplete);
        filter.any_of("kind", &query.kinds, |name| kind_code(name).into());
        filter.any_of("scope", &query.scopes, |scope| Value::Blob(scope.as_bytes().to_vec()));
        filter.any_of("state", &query.states, |state| state.clone().into());
        filter.any_of("status", &query.statuses, |status| status.clone().into());
        filter.with("area = ?", query.area.as_ref(), 1);
        // A year contains its months and days, so both sides are compared as far as both are known.
        filter.with("date >= substr(?, 1, length(date))", query.from.as_ref(), 1);
        filter.with("substr(date, 1, length(?)) <= ?", query.to.as_ref(), 2);
        filter
    }

    /// Only the records that a human id can mean.
    pub(super) fn named(&mut self, id: &HumanId) {
        self.by_id = true;
        self.conditions
            .push("id IN (SELECT id FROM records WHERE record BETWEEN ? AND ?)".to_owned());
        let (first, last) = id.records();
        self.values.extend([first, last].map(|record| Value::Blob(record.as_bytes().to_vec())));
    }

    /// Only these rows.
    pub(super) fn among(&mut self, ids: impl Iterator<Item = i64>) {
        self.by_id = true;
        self.conditions.push("id IN (SELECT value FROM json_each(?))".to_owned());
        let ids: Vec<String> = ids.map(|id| id.to_string()).collect();
        self.values.push(Value::Text(format!("[{}]", ids.join(","))));
    }

    /// The table and all conditions, to stand after `FROM`. SQLite would rather walk over the index than look up a
    /// few ids, because it does not know that they are few.
    pub(super) fn sql(&self) -> String {
        let table = if self.by_id { "rows NOT INDEXED" } else { "rows" };
        let conditions = self.conditions.join(" AND ");
        format!("{table} WHERE {}", if conditions.is_empty() { "1" } else { &conditions })
    }

    /// Whether everything that is not deleted is asked for.
    fn is_plain(&self) -> bool {
        self.conditions == ["deleted = 0"]
    }

    /// The order of a list, to stand after `ORDER BY`. Everything by time or title has an index of its own. What is
    /// filtered has not: there a walk over `rows_listed` and a sort beat looking up each row to see if it passes, so
    /// the plus hides the order from the other indexes.
    pub(super) fn order(&self, sort: Sort) -> &'static str {
        match (sort, self.is_plain()) {
            (Sort::ContestedFirst | Sort::Nearest, _) => "contested DESC, changed DESC, id DESC",
            (Sort::Newest, true) => "changed DESC, id DESC",
            (Sort::Newest, false) => "+changed DESC, id DESC",
            (Sort::Title, true) => "title_key IS NULL, title_key, id DESC",
            (Sort::Title, false) => "+title_key IS NULL, +title_key, id DESC",
        }
    }

    fn flag(&mut self, condition: &str, wanted: Option<bool>) {
        match wanted {
            None => {}
            Some(true) => self.conditions.push(format!("({condition})")),
            Some(false) => self.conditions.push(format!("NOT ({condition})")),
        }
    }

    fn any_of<T>(&mut self, column: &str, wanted: &[T], value: impl Fn(&T) -> Value) {
        if !wanted.is_empty() {
            let marks = vec!["?"; wanted.len()].join(", ");
            self.conditions.push(format!("{column} IN ({marks})"));
            self.values.extend(wanted.iter().map(value));
        }
    }

    fn with(&mut self, condition: &str, wanted: Option<&String>, times: usize) {
        if let Some(text) = wanted {
            self.conditions.push(condition.to_owned());
            self.values.extend(std::iter::repeat_n(Value::Text(text.clone()), times));
        }
    }
}

/// No kind has the number -1, so that an unknown name matches nothing.
fn kind_code(name: &str) -> i64 {
    Forms::builtin().kind(name).map_or(-1, |kind| i64::from(kind.code))
}

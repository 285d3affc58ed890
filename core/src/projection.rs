//! From a record's standing values to the row that lists, maps and searches show.
//!
//! [`project`] is pure: it asks the kind's declaration which field plays which role, and that field's policy what may
//! be shown while two values stand. [`apply`] writes the outcome into the tables of `core/sql/0001_rows.sql`, inside
//! the transaction of whoever changed the document. Rows are a function of documents and nothing else: clearing all
//! of them and projecting again gives the same rows.

mod apply;
mod places;
mod roles;

use std::collections::{BTreeMap, BTreeSet};

use crate::fold;
use crate::forms::{Kind, Policy, policy};
use crate::record::Fields;
use crate::value::{PartialDate, Scalar};

pub use apply::{RowMeta, apply, clear, remove, rename};
pub use places::{Geometry, Places};
use roles::{is_true, standing, words_of};

/// The two fields of every record that this program acts upon, as `core/kinds/common.toml` declares them.
pub const STATE: &str = "state";
/// See [`STATE`].
pub const DELETED: &str = "deleted";

/// The most characters of a title or a place that a list shows.
const LINE_CHARS: usize = 200;
/// The most characters that titles are sorted by.
const SORT_CHARS: usize = 32;
/// The characters of a whole date; what follows in a moment is its time.
const DATE_CHARS: usize = 10;

/// What a row says of a record's content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowContent {
    /// The name in lists; empty if the record has none yet.
    pub title: String,
    /// The folded beginning of the title, for sorting.
    pub title_key: Option<String>,
    /// The status that may be shown as fact.
    pub status: Option<String>,
    /// Whether people disagree about the status.
    pub status_contested: bool,
    /// Whether they disagree so that none may be shown.
    pub status_withheld: bool,
    /// The state of the record itself; the first of its list until somebody sets one.
    pub state: String,
    /// The district code.
    pub area: Option<String>,
    /// The place in words.
    pub place: Option<String>,
    /// The date the record is about: a year, a month or a day.
    pub date: Option<String>,
    /// Where it is.
    pub places: Places,
    /// How many fields wait for a person's decision.
    pub contested: u32,
    /// Whether a required field is empty.
    pub incomplete: bool,
    /// Whether everybody agrees that it is deleted.
    pub deleted: bool,
    /// The folded words it is found by.
    pub words: BTreeSet<String>,
}

/// The row of a record of this kind.
#[must_use]
pub fn project(kind: &Kind, fields: &Fields) -> RowContent {
    let roles = &kind.roles;
    let line = |role: &Option<String>| {
        role.as_deref().and_then(|name| standing(kind, fields, name)?.text())
    };
    let title = title(kind, fields);
    let status = roles.status.as_deref().and_then(|name| standing(kind, fields, name));
    RowContent {
        title_key: sort_key(&title),
        status: status.and_then(|status| status.text()).map(str::to_owned),
        status_contested: status.is_some_and(|status| status.is_contested()),
        status_withheld: status.is_some_and(|status| status.is_withheld()),
        state: state(kind, fields),
        area: line(&roles.area).map(str::to_owned),
        place: line(&roles.place).map(cut_line),
        date: line(&roles.date).and_then(day),
        places: Places::of(kind, fields),
        contested: contested(kind, fields),
        incomplete: is_incomplete(kind, fields),
        deleted: is_deleted(fields),
        words: words(kind, fields),
        title,
    }
}

/// Whether a person has to decide while these values stand. What a set's members or a harmless field do about two
/// values is settled by their policy alone.
#[must_use]
pub fn needs_decision(policy: &Policy, values: &[Scalar]) -> bool {
    match policy {
        Policy::Both | Policy::Cautious(_) | Policy::Withhold => policy::is_contested(values),
        Policy::Union | Policy::LatestClaimed => false,
    }
}

fn title(kind: &Kind, fields: &Fields) -> String {
    let parts = kind.roles.title.iter().filter_map(|name| standing(kind, fields, name)?.text());
    cut_line(&parts.collect::<Vec<_>>().join(" "))
}

fn state(kind: &Kind, fields: &Fields) -> String {
    let shown = standing(kind, fields, STATE).and_then(|state| state.text());
    let first = || kind.field(STATE)?.codes.as_ref()?.names().next();
    shown.or_else(first).unwrap_or_default().to_owned()
}

/// A record is out of sight only if nobody says that it is not: hiding is the dangerous mistake.
fn is_deleted(fields: &Fields) -> bool {
    fields.get(DELETED).is_some_and(|values| !values.is_empty() && values.iter().all(is_true))
}

/// Each field counts once, however many of its codes are contested; a key of a newer form counts as a field.
fn contested(kind: &Kind, fields: &Fields) -> u32 {
    let mut waiting = BTreeSet::new();
    for (key, values) in fields.iter().filter(|(_, values)| values.len() > 1) {
        let found = kind.resolve(key);
        if needs_decision(found.map_or(&Policy::Both, |found| &found.field.policy), values) {
            waiting.insert(found.map_or_else(|| key.clone(), |found| found.field_key()));
        }
    }
    waiting.len() as u32
}

fn is_incomplete(kind: &Kind, fields: &Fields) -> bool {
    let winners: BTreeMap<String, Scalar> = fields
        .iter()
        .filter_map(|(key, values)| Some((key.clone(), values.first()?.clone())))
        .collect();
    kind.lacks_required(&winners)
}

/// Both values of a contested field are found.
fn words(kind: &Kind, fields: &Fields) -> BTreeSet<String> {
    let texts = kind.roles.search.iter().flat_map(|role| words_of(kind, fields, role));
    texts.flat_map(fold::tokens).collect()
}

fn sort_key(title: &str) -> Option<String> {
    let key: String = fold::exact(title).chars().take(SORT_CHARS).collect();
    Some(key).filter(|key| !key.is_empty())
}

fn cut_line(text: &str) -> String {
    match text.char_indices().nth(LINE_CHARS) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// The day of a date or of a moment, where it was; nothing if it cannot be read.
fn day(text: &str) -> Option<String> {
    let date = text.get(..DATE_CHARS).unwrap_or(text);
    PartialDate::parse(date).ok().map(|date| date.to_string())
}

#[cfg(test)]
mod tests;

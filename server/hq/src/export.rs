//! Records for other programs: what may leave, and in which form.
//!
//! What consent withholds is withheld here, before any format sees it: a record whose consent was withdrawn doesn't
//! leave at all, a field that the person withholds is empty. Protected fields leave only when asked for. A contested
//! field holds what may be shown as fact, and says that it is contested. The formats below only write.

pub(crate) mod csv;
pub(crate) mod geojson;

use std::collections::{BTreeMap, BTreeSet};

use kahriz_core::forms::{Field, Kind, Sensitivity};
use kahriz_core::value::Scalar;
use kahriz_core::workspace::RecordView;

/// The field of every record that says when consent was withdrawn.
const WITHDRAWN: &str = "consent.withdrawn_at";
/// The group of every record in which a person withholds fields, and the part of an item that names one.
const WITHHELD: &str = "withheld";
const WITHHELD_WHAT: &str = "what";

/// What an export came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Records written.
    pub(crate) records: u64,
    /// Of these, records with a contested field among those written.
    pub(crate) contested: u64,
    /// Records left out because consent was withdrawn.
    pub(crate) withdrawn: u64,
    /// Fields left empty because consent withholds them.
    pub(crate) withheld: u64,
    /// Records left out because the format has no place for them.
    pub(crate) placeless: u64,
}

/// A record as far as it may leave.
pub(crate) struct Leaving<'v> {
    pub(crate) view: &'v RecordView,
    /// What may be shown as fact, by key.
    pub(crate) shown: BTreeMap<String, Scalar>,
    /// Contested keys among those that may leave.
    pub(crate) contested: BTreeSet<&'v str>,
}

/// Whether a field may leave at all.
pub(crate) fn may_leave(field: &Field, with_protected: bool) -> bool {
    with_protected || field.sensitivity != Sensitivity::Protected
}

/// What of a record may leave; `None` if its consent was withdrawn. It counts either in the tally.
pub(crate) fn leaving<'v>(
    view: &'v RecordView,
    with_protected: bool,
    tally: &mut Tally,
) -> Option<Leaving<'v>> {
    // If only one of two standing values says so, it was said.
    let is_withdrawn = |key: &str| {
        let standing = view.fields.get(key);
        standing
            .is_some_and(|standing| standing.values.iter().any(|opinion| !opinion.value.is_empty()))
    };
    if is_withdrawn(WITHDRAWN) {
        tally.withdrawn += 1;
        return None;
    }
    let withheld = withheld_names(view);
    let may = |key: &str| {
        let Some(found) = view.kind.resolve(key) else { return false };
        may_leave(found.field, with_protected) && !is_withheld(view.kind, key, &withheld)
    };
    let mut shown = view.shown();
    let before = shown.len();
    shown.retain(|key, _| !is_withheld(view.kind, key, &withheld));
    tally.withheld += (before - shown.len()) as u64;
    shown.retain(|key, _| may(key));
    let contested: BTreeSet<&str> = view.contested().filter(|key| may(key)).collect();
    tally.records += 1;
    tally.contested += u64::from(!contested.is_empty());
    Some(Leaving { view, shown, contested })
}

/// The names under which the person withholds fields, as they were written: a field's name, a group's, a section's,
/// or what one of them is called in any language.
fn withheld_names(view: &RecordView) -> BTreeSet<String> {
    let is_name = |key: &str| {
        let found = view.kind.resolve(key);
        found.is_some_and(|found| {
            found.group.is_some_and(|group| group.name == WITHHELD)
                && found.field.name == WITHHELD_WHAT
        })
    };
    let opinions = view
        .fields
        .iter()
        .filter(|(key, _)| is_name(key))
        .flat_map(|(_, standing)| &standing.values);
    opinions
        .filter_map(|opinion| opinion.value.as_str())
        .map(|name| name.trim().to_lowercase())
        .collect()
}

fn is_withheld(kind: &Kind, key: &str, names: &BTreeSet<String>) -> bool {
    let Some(found) = kind.resolve(key).filter(|_| !names.is_empty()) else { return false };
    let section =
        found.group.map_or(found.field.section.as_deref(), |group| Some(group.section.as_str()));
    let in_group = found.group.map(|group| format!("{}.{}", group.name, found.field.name));
    let labels = kahriz_core::forms::Lang::ALL.iter().flat_map(|lang| {
        let group = found.group.map(|group| group.labels.get(*lang));
        [Some(found.field.label(*lang)), group].into_iter().flatten()
    });
    let plain =
        [Some(found.field.name.as_str()), found.group.map(|group| group.name.as_str()), section];
    plain
        .into_iter()
        .flatten()
        .chain(in_group.as_deref())
        .chain(labels)
        .any(|name| names.contains(&name.to_lowercase()))
}

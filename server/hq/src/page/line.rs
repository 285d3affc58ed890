//! One record as a line of a list: the row of the store in the words of its kind.

use std::collections::BTreeMap;

use kahriz_core::forms::{Forms, Lang};
use kahriz_core::query::Row;
use kahriz_core::workspace::Workspace;
use kahriz_proto::ids::DeviceId;

use super::address::Address;
use super::frame::When;
use super::meaning::{self, Tone};

/// A line of a list.
pub(crate) struct Line {
    pub(crate) address: Address,
    pub(crate) human_id: String,
    pub(crate) kind: String,
    pub(crate) kind_class: &'static str,
    /// May be empty.
    pub(crate) title: String,
    pub(crate) status: Status,
    pub(crate) area: String,
    pub(crate) place: String,
    pub(crate) date: String,
    pub(crate) contested: u32,
    pub(crate) incomplete: bool,
    pub(crate) deleted: bool,
    pub(crate) changed: When,
    pub(crate) changed_by: String,
}

/// A status as it may be shown: a withheld one has no label, whoever asks.
pub(crate) struct Status {
    pub(crate) label: Option<String>,
    pub(crate) tone: &'static str,
    pub(crate) withheld: bool,
    pub(crate) contested: bool,
}

/// Who is behind each device.
pub(crate) struct People(BTreeMap<DeviceId, String>);

impl People {
    pub(crate) fn of(workspace: &Workspace) -> Self {
        let people = workspace.people().into_iter();
        Self(
            people
                .map(|person| (person.device, named(&person.officer, &person.phone, person.device)))
                .collect(),
        )
    }

    /// The officer's name; until it is known, the device's.
    pub(crate) fn name(&self, device: DeviceId) -> String {
        self.0.get(&device).cloned().unwrap_or_else(|| named("", "", device))
    }
}

/// What to call whoever wrote something: the officer, else the phone, else the beginning of the device's id.
pub(crate) fn named(officer: &str, phone: &str, device: DeviceId) -> String {
    let known = [officer, phone].into_iter().find(|name| !name.is_empty());
    known.map_or_else(|| device.to_string()[..8].to_owned(), str::to_owned)
}

impl Line {
    pub(crate) fn of(row: Row, people: &People, lang: Lang) -> Self {
        let status = Status::of(&row, lang);
        Self {
            address: Address::record(&row.record.to_uuid()),
            human_id: row.human_id,
            kind: meaning::kind_label(&row.kind, lang),
            kind_class: meaning::kind_class(&row.kind),
            title: row.title,
            status,
            area: row.area.map(|area| meaning::area_label(&area, lang)).unwrap_or_default(),
            place: row.place.unwrap_or_default(),
            date: row.date.unwrap_or_default(),
            contested: row.contested,
            incomplete: row.incomplete,
            deleted: row.deleted,
            changed: When::at(row.changed_ms),
            changed_by: people.name(row.changed_by),
        }
    }
}

impl Status {
    pub(crate) fn of(row: &Row, lang: Lang) -> Self {
        let shown = row.status.as_deref().filter(|_| !row.status_withheld);
        let kind = Forms::builtin().kind(&row.kind);
        let label = |code: &str| {
            kind.map_or_else(|| code.to_owned(), |kind| meaning::status_label(kind, code, lang))
        };
        let tone = shown.zip(kind).map_or(Tone::Plain, |(code, kind)| meaning::tone(kind, code));
        Self {
            label: shown.map(label),
            tone: tone.class(),
            withheld: row.status_withheld,
            contested: row.status_contested,
        }
    }
}

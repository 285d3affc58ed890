//! What one device shows, all of it, as text: every record with every standing value and every value that it ever had.

use kahriz_core::query::Query;
use kahriz_core::value::Scalar;
use kahriz_core::workspace::{RecordView, Touch, Workspace};
use kahriz_proto::ids::{RecordId, ScopeId};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Records that are read at most; a run makes a few dozen.
const RECORDS_MAX: u32 = 10_000;

/// All that one device shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Export {
    records: BTreeMap<RecordId, (ScopeId, String)>,
    /// Every value that a field of a record ever had: record, field, value.
    pub written: BTreeSet<(RecordId, String, String)>,
}

impl Export {
    /// What a device shows.
    ///
    /// # Panics
    /// If a record that is there cannot be read.
    #[must_use]
    pub fn of(workspace: &Workspace) -> Self {
        let query = Query { deleted: true, limit: RECORDS_MAX, ..Query::default() };
        let mut export = Self::default();
        for row in workspace.list(&query).expect("the list can be read").rows {
            let view = workspace.record(row.record).expect("a record can be read");
            let view = view.expect("a record that is listed is there");
            let told = export.tell(workspace, &view);
            export.records.insert(view.id, (view.scope, told));
        }
        export
    }

    fn tell(&mut self, workspace: &Workspace, view: &RecordView) -> String {
        let mut text = format!("{} {} {}\n", view.human_id, view.kind.name, view.deleted);
        for (field, standing) in &view.fields {
            let contested = if standing.contested { "contested" } else { "agreed" };
            writeln!(text, "{field} {contested} {:?}", standing.shown).expect("it is a text");
            for opinion in &standing.values {
                writeln!(text, "  stands {}", told(&opinion.value, &opinion.by))
                    .expect("it is a text");
            }
            let mut past = workspace.history(view.id, field).expect("a history can be read");
            // Edits that did not know of each other are listed as they came to each device.
            past.sort_by_cached_key(|entry| (entry.by.claimed, told(&entry.value, &entry.by)));
            for entry in past {
                writeln!(text, "  was {}", told(&entry.value, &entry.by)).expect("it is a text");
                self.written.insert((view.id, field.clone(), said(&entry.value)));
            }
        }
        text
    }

    /// Whether a save is in it, standing or as what was replaced later.
    #[must_use]
    pub fn holds(&self, record: RecordId, field: &str, value: &str) -> bool {
        self.written.contains(&(record, field.to_owned(), value.to_owned()))
    }

    /// Whether a save is in it, in whatever record.
    #[must_use]
    pub fn holds_anywhere(&self, field: &str, value: &str) -> bool {
        self.written.iter().any(|(_, of, written)| of == field && written == value)
    }

    /// The first record of some scopes that another export tells otherwise, as both tell it.
    #[must_use]
    pub fn differs_from(&self, other: &Self, scopes: &[ScopeId]) -> Option<String> {
        let (mine, theirs) = (self.within(scopes), other.within(scopes));
        let differs = |record: &&RecordId| mine.get(record) != theirs.get(record);
        let record = mine.keys().chain(theirs.keys()).find(differs)?;
        let text = |by: &BTreeMap<RecordId, &str>| {
            by.get(record).map_or("(not there)", |text| text.trim_end()).to_owned()
        };
        Some(format!("a record is here\n{}\nand at headquarters\n{}", text(&mine), text(&theirs)))
    }

    /// The part of it that is of some scopes.
    fn within(&self, scopes: &[ScopeId]) -> BTreeMap<RecordId, &str> {
        let inside = self.records.iter().filter(|(_, (scope, _))| scopes.contains(scope));
        inside.map(|(record, (_, text))| (*record, text.as_str())).collect()
    }
}

fn told(value: &Scalar, by: &Touch) -> String {
    format!("{} {} {}", said(value), by.device, by.claimed.ms)
}

fn said(value: &Scalar) -> String {
    match value {
        Scalar::Str(text) => text.clone(),
        Scalar::Null | Scalar::Bool(_) | Scalar::Int(_) | Scalar::Bytes(_) => format!("{value:?}"),
    }
}

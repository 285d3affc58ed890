//! What a screen asks for, and the rows, counts and distances that answer it.
//!
//! Everything is answered from the tables of `core/sql/0001_rows.sql`; no document is opened. A question is a value,
//! [`Query`], so that a dashboard's filter, a map and an export ask in one way. Whatever a person typed reaches SQLite
//! as a bound parameter or as a folded word, never as SQL.
//!
//! ```no_run
//! use kahriz_core::query::{Near, Query, Sort, list};
//!
//! # fn show(connection: &rusqlite::Connection) -> rusqlite::Result<()> {
//! let hazards = Query {
//!     kinds: vec!["landmine_incident".to_owned()],
//!     statuses: vec!["active".to_owned()],
//!     near: Some(Near { lat: 39.99, lon: 46.93, metres: 500.0 }),
//!     sort: Sort::Nearest,
//!     ..Query::default()
//! };
//! for row in list(connection, &hazards)?.rows {
//!     let metres = row.metres.unwrap_or_default();
//!     assert!(metres <= 500.0);
//! }
//! # Ok(())
//! # }
//! ```

mod candidates;
mod counts;
mod filter;
mod find;
mod near;
mod page;
mod row;

use std::collections::BTreeMap;

use kahriz_proto::ids::{DeviceId, RecordId, ScopeId};

pub use counts::counts;
pub use find::find;
pub use page::list;

/// A question. The default asks for everything that is not deleted, what needs a decision first. Empty lists and
/// `None` do not narrow the answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// Words, all of which a record must mention; the beginning of each is enough. Or a written-out human id.
    pub text: Option<String>,
    /// Names of kinds.
    pub kinds: Vec<String>,
    /// Scopes.
    pub scopes: Vec<ScopeId>,
    /// States of the record itself.
    pub states: Vec<String>,
    /// Statuses as shown: one that is withheld matches none of them.
    pub statuses: Vec<String>,
    /// A district code.
    pub area: Option<String>,
    /// The first year, month or day. A record's date counts if some day of it may be meant.
    pub from: Option<String>,
    /// The last year, month or day.
    pub to: Option<String>,
    /// Within a distance.
    pub near: Option<Near>,
    /// Only those that wait for a decision, or only those that do not.
    pub contested: Option<bool>,
    /// Only those that lack a required field, or only those that do not.
    pub incomplete: Option<bool>,
    /// Deleted records too.
    pub deleted: bool,
    /// Whether rows bring their area's border.
    pub shapes: bool,
    /// The order.
    pub sort: Sort,
    /// How many rows to pass over.
    pub offset: u64,
    /// How many rows to give at most.
    pub limit: u32,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            text: None,
            kinds: Vec::new(),
            scopes: Vec::new(),
            states: Vec::new(),
            statuses: Vec::new(),
            area: None,
            from: None,
            to: None,
            near: None,
            contested: None,
            incomplete: None,
            deleted: false,
            shapes: false,
            sort: Sort::ContestedFirst,
            offset: 0,
            limit: 50,
        }
    }
}

/// A circle on the ground.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Near {
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
    /// How far away a record may be, in metres: its nearest place, or the border of its area. Inside an area is 0 m.
    pub metres: f64,
}

/// The order of a list. Rows that are equal in it come in the order in which this device met them, newest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// The most contested first, then the last changed.
    #[default]
    ContestedFirst,
    /// The last changed first, by the claims of the devices' clocks.
    Newest,
    /// By title, folded as for search; records without one last.
    Title,
    /// The nearest first. Without [`Query::near`] as [`Sort::ContestedFirst`].
    Nearest,
}

/// A part of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The rows, in order.
    pub rows: Vec<Row>,
    /// How many rows the whole answer has.
    pub total: u64,
    /// How many were passed over.
    pub offset: u64,
}

/// One record in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The record.
    pub record: RecordId,
    /// Its name for people.
    pub human_id: String,
    /// The name of its kind.
    pub kind: String,
    /// The scope it lives in.
    pub scope: ScopeId,
    /// What names it in lists; may be empty.
    pub title: String,
    /// The status that may be shown as fact.
    pub status: Option<String>,
    /// Whether people disagree about the status.
    pub status_contested: bool,
    /// Whether they disagree so that none may be shown.
    pub status_withheld: bool,
    /// The state of the record itself.
    pub state: String,
    /// The district code.
    pub area: Option<String>,
    /// The place in words.
    pub place: Option<String>,
    /// A year, a month or a day.
    pub date: Option<String>,
    /// Degrees north and east of the mark on a map; the middle of the area if no point is shown.
    pub point: Option<(f64, f64)>,
    /// The other positions that stand while the point is contested: to be drawn too. Only with [`Query::shapes`].
    pub other_points: Vec<(f64, f64)>,
    /// The corners of the area that is shown, degrees north and east. Only with [`Query::shapes`].
    pub shape: Option<Vec<(f64, f64)>>,
    /// How many fields wait for a decision.
    pub contested: u32,
    /// Whether a required field is empty.
    pub incomplete: bool,
    /// Whether it is deleted.
    pub deleted: bool,
    /// When it was last changed, as the device claimed; milliseconds since 1970.
    pub changed_ms: i64,
    /// Who changed it last.
    pub changed_by: DeviceId,
    /// How far away it is, in metres; only with [`Query::near`].
    pub metres: Option<f64>,
}

/// How many records there are of each sort, among those that a query asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All.
    pub total: u64,
    /// Those that wait for a decision.
    pub contested: u64,
    /// Those that lack a required field.
    pub incomplete: u64,
    /// By the name of the kind.
    pub by_kind: BTreeMap<String, u64>,
    /// By district code, for those that have one.
    pub by_area: BTreeMap<String, u64>,
    /// By the state of the record itself.
    pub by_state: BTreeMap<String, u64>,
    /// By kind and status as shown, for those that show one.
    pub by_status: BTreeMap<(String, String), u64>,
}

#[cfg(test)]
mod tests;

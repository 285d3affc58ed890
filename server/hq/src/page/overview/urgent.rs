//! Which contradictions are the most dangerous: the ones that a person may act on before anybody decides.

use std::cmp::Reverse;

use kahriz_core::forms::Forms;
use kahriz_core::query::{Query, Row};
use kahriz_core::workspace::Workspace;

use crate::page::answer::{Problem, unreadable};
use crate::page::meaning::{self, Tone};

/// How many are shown, and among how many they are looked for.
const SHOWN: usize = 8;
const LOOKED_AT: u32 = 200;

/// First where teams contradict each other about a danger, the worst first; then where no status can be shown at all;
/// then where the status is not contested but the most else is.
pub(crate) fn most_dangerous(workspace: &Workspace) -> Result<Vec<Row>, Problem> {
    let query = Query { contested: Some(true), limit: LOOKED_AT, ..Query::default() };
    let mut rows = workspace.list(&query).map_err(unreadable)?.rows;
    rows.sort_by_key(|row| (rank(row), Reverse(row.contested), Reverse(row.changed_ms)));
    rows.truncate(SHOWN);
    Ok(rows)
}

fn rank(row: &Row) -> (u8, Tone) {
    let kind = Forms::builtin().kind(&row.kind);
    let tone = kind
        .zip(row.status.as_deref())
        .map_or(Tone::Plain, |(kind, status)| meaning::tone(kind, status));
    let warns = kind.is_some_and(meaning::warns);
    match (row.status_contested, row.status_withheld) {
        (true, false) if warns => (0, tone),
        (true, true) => (1, tone),
        (true, false) => (2, tone),
        (false, _) => (3, tone),
    }
}

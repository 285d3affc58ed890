//! `list`, `search` and `near`: rows.

use kahriz_core::query::{Query, Row, Sort};
use serde_json::{Value as Json, json};

use super::{Desk, find, scopes};
use crate::cli::List;
use crate::failure::Failure;
use crate::say::printable;

/// How many rows a search shows at most.
const FOUND_MAX: u32 = 100;

pub(super) fn list(desk: &mut Desk<'_>, order: &List) -> Result<(), Failure> {
    let query = find::query(desk.workspace, &order.filters)?;
    show(desk, &Query { limit: order.limit, offset: order.offset, ..query })
}

pub(super) fn search(desk: &mut Desk<'_>, words: &str) -> Result<(), Failure> {
    show(desk, &Query { text: Some(words.to_owned()), limit: FOUND_MAX, ..Query::default() })
}

pub(super) fn near(desk: &mut Desk<'_>, place: &str, metres: f64) -> Result<(), Failure> {
    let near = Some(find::near(place, metres)?);
    show(desk, &Query { near, sort: Sort::Nearest, limit: FOUND_MAX, ..Query::default() })
}

fn show(desk: &mut Desk<'_>, query: &Query) -> Result<(), Failure> {
    let page = desk.workspace.list(query)?;
    let areas = desk.workspace.scopes();
    if desk.as_json {
        let rows: Vec<Json> = page
            .rows
            .iter()
            .map(|row| row_json(row, &scopes::name_of(&areas, row.scope)))
            .collect();
        return desk.say_json(&json!({ "total": page.total, "offset": page.offset, "rows": rows }));
    }
    for row in &page.rows {
        desk.say(&row_line(row))?;
    }
    let shown = page.rows.len() as u64;
    match page.total {
        0 => desk.say("no records"),
        total if shown < total => desk.say(&format!("{shown} of {total} records")),
        1 => desk.say("1 record"),
        total => desk.say(&format!("{total} records")),
    }
}

fn row_line(row: &Row) -> String {
    let status = match (row.status_withheld, &row.status) {
        (true, _) => "contested".to_owned(),
        (false, Some(status)) => status.clone(),
        (false, None) => "-".to_owned(),
    };
    let mut line = format!(
        "{:<17} {:<17} {:<16} {}",
        row.human_id,
        row.kind,
        printable(&status),
        printable(&row.title)
    );
    for part in [&row.place, &row.date].into_iter().flatten() {
        line.push_str(" · ");
        line.push_str(&printable(part));
    }
    if let Some(metres) = row.metres {
        line.push_str(&format!(" · {metres:.0} m"));
    }
    if row.contested > 0 {
        line.push_str(&format!(" · {} contested", row.contested));
    }
    if row.incomplete {
        line.push_str(" · incomplete");
    }
    line
}

fn row_json(row: &Row, scope: &str) -> Json {
    json!({
        "id": row.record.to_uuid(),
        "human_id": row.human_id,
        "kind": row.kind,
        "scope": scope,
        "title": row.title,
        "status": row.status,
        "status_contested": row.status_contested,
        "status_withheld": row.status_withheld,
        "state": row.state,
        "area": row.area,
        "place": row.place,
        "date": row.date,
        "point": row.point.map(|(lat, lon)| json!({ "lat": lat, "lon": lon })),
        "contested": row.contested,
        "incomplete": row.incomplete,
        "changed_ms": row.changed_ms,
        "metres": row.metres,
    })
}

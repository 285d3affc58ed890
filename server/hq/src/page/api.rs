//! The same answers for a program: the rows of a list and its counts, as JSON.
//!
//! A program does not read notices, so a filter that is not understood is refused here rather than left out: an
//! answer to another question would be taken for the one that was asked. What is withheld on the page is null here.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kahriz_core::query::{Counts, Row};
use kahriz_core::workspace::{Scope, Workspace};
use serde_json::{Value as Json, json};

use super::PageState;
use super::answer::{Problem, ask, json, unreadable};
use super::filter::{Asked, Doubt, Known};
use super::line::People;
use super::moment;
use super::visit::Visit;

/// An answer, or the filters that were not understood.
type Answer = Result<Json, Vec<Doubt>>;

/// `GET /api/records`
pub(crate) async fn records(State(state): State<PageState>, visit: Visit) -> Response {
    respond(&state, visit, |workspace, known, asked| {
        let page = workspace.list(&asked.query).map_err(unreadable)?;
        let people = People::of(workspace);
        let rows: Vec<Json> = page.rows.iter().map(|row| record(row, &known.scopes, &people)).collect();
        Ok(json!({ "total": page.total, "offset": page.offset, "limit": asked.query.limit, "records": rows }))
    })
    .await
}

/// `GET /api/counts`
pub(crate) async fn counts(State(state): State<PageState>, visit: Visit) -> Response {
    respond(&state, visit, |workspace, _, asked| {
        workspace.counts(&asked.query).map(|counts| count(&counts)).map_err(unreadable)
    })
    .await
}

async fn respond<F>(state: &PageState, visit: Visit, make: F) -> Response
where
    F: FnOnce(&Workspace, &Known, &Asked) -> Result<Json, Problem> + Send + 'static,
{
    let answer = ask(state, move |workspace| {
        let known = Known::of(workspace)?;
        let asked = Asked::read(&visit.pairs, &known);
        if asked.doubts.is_empty() {
            make(workspace, &known, &asked).map(Ok)
        } else {
            Ok(Err(asked.doubts))
        }
    });
    let answer: Result<Answer, Problem> = answer.await;
    match answer {
        Ok(Ok(value)) => json(StatusCode::OK, &value),
        Ok(Err(doubts)) => {
            let refused = |doubt: &Doubt| json!({ "filter": doubt.filter, "value": doubt.value });
            let refused: Vec<Json> = doubts.iter().map(refused).collect();
            json(StatusCode::BAD_REQUEST, &json!({ "error": "not understood", "filters": refused }))
        }
        Err(problem) => {
            json(StatusCode::SERVICE_UNAVAILABLE, &json!({ "error": problem.to_string() }))
        }
    }
}

fn record(row: &Row, scopes: &[Scope], people: &People) -> Json {
    let scope = scopes.iter().find(|scope| scope.id == row.scope).map(|scope| scope.name.as_str());
    let status = row.status.as_deref().filter(|_| !row.status_withheld);
    json!({
        "id": row.record.to_uuid(),
        "human_id": row.human_id,
        "kind": row.kind,
        "scope": scope,
        "title": row.title,
        "status": status,
        "status_contested": row.status_contested,
        "status_withheld": row.status_withheld,
        "state": row.state,
        "area": row.area,
        "place": row.place,
        "date": row.date,
        "point": row.point.map(|(lat, lon)| json!({ "lat": lat, "lon": lon })),
        "contested": row.contested,
        "incomplete": row.incomplete,
        "deleted": row.deleted,
        "changed_claimed": moment::machine(row.changed_ms),
        "changed_by": people.name(row.changed_by),
        "metres": row.metres,
    })
}

fn count(counts: &Counts) -> Json {
    let by_status: Vec<Json> = counts
        .by_status
        .iter()
        .map(|((kind, status), count)| json!({ "kind": kind, "status": status, "count": count }))
        .collect();
    json!({
        "total": counts.total,
        "contested": counts.contested,
        "incomplete": counts.incomplete,
        "by_kind": counts.by_kind,
        "by_area": counts.by_area,
        "by_state": counts.by_state,
        "by_status": by_status,
    })
}

//! Everything that was ever written at one key of a record, and by whom: the account behind a contested value.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use kahriz_core::forms::Lang;
use kahriz_core::workspace::Workspace;

use super::PageState;
use super::address::Address;
use super::answer::{self, Problem, ask, unreadable};
use super::frame::{Frame, Place};
use super::record::value::{Shown, single};
use super::record::{Writer, find};
use super::visit::Visit;

#[derive(Template)]
#[template(path = "history.html")]
struct HistoryPage {
    frame: Frame,
    view: View,
}

struct View {
    human_id: String,
    record: Address,
    key: String,
    label: String,
    entries: Vec<Entry>,
}

struct Entry {
    value: Shown,
    by: Writer,
    reason: Option<String>,
    stands: bool,
}

/// `GET /records/{id}/history/{key}`
pub(crate) async fn page(
    State(state): State<PageState>,
    visit: Visit,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Response {
    let lang = visit.lang;
    let made = match path {
        Ok(Path((id, key))) => ask(&state, move |workspace| view(workspace, &id, &key, lang)).await,
        Err(_) => Err(Problem::NoPage),
    };
    let made =
        made.map(|view| HistoryPage { frame: Frame::new(&state, &visit, Place::Records), view });
    answer::page(&state, &visit, made)
}

fn view(workspace: &Workspace, id: &str, key: &str, lang: Lang) -> Result<View, Problem> {
    let record = find(workspace, id)?;
    let kind = record.kind;
    let entries = workspace.history(record.id, key).map_err(unreadable)?;
    if entries.is_empty() {
        return Err(Problem::NoField);
    }
    let entry = |entry: kahriz_core::workspace::HistoryEntry| Entry {
        value: single(kind, key, &entry.value, lang),
        by: Writer::of(&entry.by),
        reason: entry.reason,
        stands: entry.standing,
    };
    Ok(View {
        record: Address::record(&record.id.to_uuid()),
        human_id: record.human_id,
        key: key.to_owned(),
        label: kind.label(key, lang),
        entries: entries.into_iter().map(entry).collect(),
    })
}

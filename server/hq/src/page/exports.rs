//! Exporting from the page, and the account of everything that was exported.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use kahriz_core::forms::{Forms, Lang};

use super::PageState;
use super::answer::{self, Problem, ask, at_desk, unreadable};
use super::frame::{Frame, Place, When};
use super::meaning;
use super::visit::Visit;
use super::words::{Words, grouped, words};
use crate::accounts::Role;
use crate::cli::{ExportOrder, Filters, Format, Order};
use crate::export_log::{self, Export, Who};
use crate::operate;

/// The newest that are shown; `kahriz exports` shows all.
const SHOWN_MAX: usize = 200;

#[derive(Template)]
#[template(path = "exports.html")]
struct ExportsPage {
    frame: Frame,
    kinds: Vec<(String, String)>,
    areas: Vec<String>,
    exports: Vec<Line>,
    /// The entry that does not follow from the one before.
    broken_at: Option<u64>,
    last: Option<(u64, String)>,
}

struct Line {
    number: u64,
    at: When,
    who: String,
    place: &'static str,
    format: String,
    filters: String,
    with_protected: bool,
    /// Records that left; none if it did not go to its end.
    records: Option<String>,
    found: String,
}

/// `GET /exports`
pub(crate) async fn page(State(state): State<PageState>, visit: Visit) -> Response {
    let made = made(&state, &visit).await;
    answer::page(&state, &visit, made)
}

async fn made(state: &PageState, visit: &Visit) -> Result<ExportsPage, Problem> {
    visit.needs(Role::Operator)?;
    let words = words(visit.lang);
    let read = |workspace: &kahriz_core::workspace::Workspace| {
        let areas: Vec<String> = workspace.scopes().into_iter().map(|scope| scope.name).collect();
        Ok((areas, export_log::read(workspace).map_err(unreadable)?))
    };
    let (areas, account) = ask(state, read).await?;
    Ok(ExportsPage {
        frame: Frame::new(state, visit, Place::Exports),
        kinds: kinds(visit.lang),
        areas,
        exports: account
            .exports
            .into_iter()
            .rev()
            .take(SHOWN_MAX)
            .map(|one| line(one, words))
            .collect(),
        broken_at: account.broken_at,
        last: account.last,
    })
}

/// `POST /exports`: one table or one map, to be kept by the browser.
pub(crate) async fn export(State(state): State<PageState>, visit: Visit) -> Response {
    match exported(&state, &visit).await {
        Ok((order, bytes)) => download(&order, bytes),
        Err(problem) => answer::sorry(&state, &visit, &problem),
    }
}

async fn exported(state: &PageState, visit: &Visit) -> Result<(ExportOrder, Vec<u8>), Problem> {
    let who = visit.needs(Role::Operator)?.clone();
    let typed = &visit.typed;
    let given =
        |name: &str| Some(typed.get(name).trim().to_owned()).filter(|value| !value.is_empty());
    let format = if typed.get("format") == "geojson" { Format::Geojson } else { Format::Csv };
    let filters = Filters {
        kinds: given("kind").into_iter().collect(),
        scopes: given("scope").into_iter().collect(),
        from: given("from"),
        to: given("to"),
        ..Filters::default()
    };
    let with_protected = typed.get("protected") == "yes";
    let order = ExportOrder { format, out: None, with_protected, filters };
    let carried = Order::Export(order.clone());
    let ((), bytes) = at_desk(state, &who, move |desk| operate::carry_out(&carried, desk)).await?;
    Ok((order, bytes))
}

fn download(order: &ExportOrder, bytes: Vec<u8>) -> Response {
    let kind = order.filters.kinds.first().map_or("records", String::as_str);
    let (content_type, ending) = match order.format {
        Format::Csv => ("text/csv; charset=utf-8", "csv"),
        Format::Geojson => ("application/geo+json", "geojson"),
    };
    let disposition = format!("attachment; filename=\"{kind}.{ending}\"");
    let disposition =
        HeaderValue::from_str(&disposition).unwrap_or(HeaderValue::from_static("attachment"));
    let content_type = HeaderValue::from_static(content_type);
    ([(CONTENT_TYPE, content_type), (CONTENT_DISPOSITION, disposition)], bytes).into_response()
}

fn line(export: Export, words: &Words) -> Line {
    let (who, place) = match export.who {
        Who::Account(name) => (name, words.on_page),
        Who::SystemUser(name) => (name, words.at_command_line),
    };
    let filters = export.filters.iter().map(|(name, value)| format!("{name}={value}"));
    Line {
        number: export.number,
        at: When::at(export.at_ms),
        who,
        place,
        format: export.format,
        filters: filters.collect::<Vec<_>>().join(" "),
        with_protected: export.with_protected,
        records: export.records.map(grouped),
        found: grouped(export.found),
    }
}

fn kinds(lang: Lang) -> Vec<(String, String)> {
    let kinds = Forms::builtin().kinds().iter();
    kinds.map(|kind| (kind.name.clone(), meaning::kind_label(&kind.name, lang))).collect()
}

//! One record as its declaration orders it, with everything that people disagree about laid open.
//!
//! What stands as fact and what does not is decided by the facade; this page only says it. Where a value is contested
//! all of its versions are shown with who wrote each, and which of them the list shows and why.

mod contest;
mod locator;
mod section;
pub(crate) mod value;

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use kahriz_core::forms::{Lang, Shown as Standing};
use kahriz_core::workspace::{Delivery, RecordView, Touch, Workspace};

use super::PageState;
use super::answer::{self, Problem, ask, unreadable};
use super::frame::{Frame, Place, When};
use super::line::{Status, named};
use super::map::Sheet;
use super::meaning;
use super::visit::Visit;
use super::words::words;
use section::{Part, Section};

#[derive(Template)]
#[template(path = "record.html")]
struct RecordPage {
    frame: Frame,
    view: View,
}

struct View {
    human_id: String,
    uuid: String,
    kind: &'static str,
    kind_class: &'static str,
    title: String,
    status: Option<Status>,
    area: String,
    scope: String,
    deleted: bool,
    delivery: &'static str,
    is_delivered: bool,
    created: Writer,
    changed: Writer,
    /// Everything that waits for a decision, first.
    contested: Vec<Contested>,
    sections: Vec<Section>,
    /// Sections with nothing in them.
    silent: Vec<&'static str>,
    /// Fields that only a newer form knows.
    newer: Vec<Part>,
    sheet: Option<Sheet>,
}

/// A contested field, for the summary at the top.
struct Contested {
    anchor: String,
    label: String,
}

/// Who wrote something.
pub(crate) struct Writer {
    pub(crate) officer: String,
    pub(crate) phone: String,
    pub(crate) claimed: When,
}

impl Writer {
    pub(crate) fn of(touch: &Touch) -> Self {
        let officer = named(&touch.officer, &touch.phone, touch.device);
        let phone = if officer == touch.phone { String::new() } else { touch.phone.clone() };
        Self { officer, phone, claimed: When::at(touch.claimed.ms) }
    }
}

/// `GET /records/{id}`
pub(crate) async fn page(
    State(state): State<PageState>,
    visit: Visit,
    path: Result<Path<String>, PathRejection>,
) -> Response {
    let lang = visit.lang;
    let made = match path {
        Ok(Path(id)) => {
            ask(&state, move |workspace| view(workspace, &find(workspace, &id)?, lang)).await
        }
        Err(_) => Err(Problem::NoPage),
    };
    let made =
        made.map(|view| RecordPage { frame: Frame::new(&state, &visit, Place::Records), view });
    answer::page(&state, &visit, made)
}

/// The record that a UUID or a human id names.
pub(crate) fn find(workspace: &Workspace, id: &str) -> Result<RecordView, Problem> {
    let none = || Problem::NoRecord { id: id.chars().take(80).collect() };
    let record = workspace.find(id).map_err(unreadable)?.ok_or_else(none)?;
    workspace.record(record).map_err(unreadable)?.ok_or_else(none)
}

fn view(workspace: &Workspace, record: &RecordView, lang: Lang) -> Result<View, Problem> {
    let words = words(lang);
    let kind = record.kind;
    let scope = workspace.scopes().into_iter().find(|scope| scope.id == record.scope);
    let (sections, silent) = section::all(record, words, lang);
    Ok(View {
        human_id: record.human_id.clone(),
        uuid: record.id.to_uuid(),
        kind: kind.labels.get(lang),
        kind_class: meaning::kind_class(&kind.name),
        title: title(record, lang),
        status: status(record, lang),
        area: area(record, lang),
        scope: scope.map(|scope| scope.name).unwrap_or_default(),
        deleted: record.deleted,
        is_delivered: record.delivery != Delivery::OnThisDevice,
        delivery: match record.delivery {
            Delivery::OnThisDevice => words.on_this_machine,
            Delivery::AtRelay | Delivery::AtHeadquarters => words.merged_here,
            Delivery::BackedUp => words.merged_and_backed_up,
        },
        created: Writer::of(&record.created),
        changed: Writer::of(&record.changed),
        contested: record
            .contested()
            .map(|key| Contested {
                anchor: section::anchor(kind, key),
                label: kind.label(key, lang),
            })
            .collect(),
        newer: section::newer(record, lang),
        sections,
        silent,
        sheet: locator::sheet(workspace, record, lang)?,
    })
}

/// The fields that name the record, as far as they may be shown.
fn title(record: &RecordView, lang: Lang) -> String {
    let shown = record.shown();
    let part = |name: &String| shown.get(name).map(|value| record.kind.display(name, value, lang));
    let parts: Vec<String> = record.kind.roles.title.iter().filter_map(part).collect();
    parts.join(" ")
}

fn status(record: &RecordView, lang: Lang) -> Option<Status> {
    let name = record.kind.roles.status.as_deref()?;
    let standing = record.fields.get(name)?;
    let code = standing.shown_value().and_then(|value| value.as_str());
    let tone = code.map_or(meaning::Tone::Plain, |code| meaning::tone(record.kind, code));
    Some(Status {
        label: code.map(|code| meaning::status_label(record.kind, code, lang)),
        tone: tone.class(),
        withheld: standing.shown == Standing::Withheld,
        contested: standing.contested,
    })
}

fn area(record: &RecordView, lang: Lang) -> String {
    let name = record.kind.roles.area.as_deref();
    let standing = name.and_then(|name| record.fields.get(name));
    let code =
        standing.and_then(|standing| standing.shown_value()).and_then(|value| value.as_str());
    code.map(|code| meaning::area_label(code, lang)).unwrap_or_default()
}

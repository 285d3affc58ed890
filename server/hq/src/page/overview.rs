//! The first page: how many records there are and of what, what is most urgent to decide, and whether every phone's
//! work has arrived.

mod bars;
mod missing;
mod urgent;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use kahriz_core::forms::Lang;
use kahriz_core::query::Query;
use kahriz_core::workspace::{DeviceAccount, Workspace};
use kahriz_proto::ids::ScopeId;
use kahriz_proto::roster::Role;

use super::PageState;
use super::address::Address;
use super::alarms;
use super::answer::{self, Problem, ask, unreadable};
use super::frame::{Frame, Place, When};
use super::line::{Line, People, named};
use super::quarantine::why;
use super::visit::Visit;
use super::words::{TrustWords, Words, grouped, words};
use bars::Bars;
pub(super) use missing::Missing;

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    frame: Frame,
    view: View,
}

struct View {
    workspace: String,
    is_empty: bool,
    /// What should be looked into before anything else.
    alarms: Vec<alarms::Line>,
    tiles: Vec<Tile>,
    urgent: Vec<Line>,
    all_contested: Address,
    charts: Vec<Bars>,
    devices: Vec<DeviceLine>,
    parked: Vec<ParkedLine>,
}

/// One number at the top.
struct Tile {
    label: &'static str,
    number: String,
    class: &'static str,
    address: Option<Address>,
}

/// What has come from one device in one scope.
struct DeviceLine {
    officer: String,
    phone: String,
    role: &'static str,
    area: String,
    merged: String,
    backed_up: String,
    waiting: u64,
    parked: u64,
    missing: Option<Missing>,
    is_lacking: bool,
    claimed: Option<When>,
    is_this: bool,
}

/// One frame that could not be merged.
struct ParkedLine {
    area: String,
    log: String,
    seq: u64,
    reason: &'static str,
}

/// `GET /`
pub(crate) async fn page(State(state): State<PageState>, visit: Visit) -> Response {
    let lang = visit.lang;
    let made = ask(&state, move |workspace| view(workspace, lang)).await;
    let made =
        made.map(|view| OverviewPage { frame: Frame::new(&state, &visit, Place::Overview), view });
    answer::page(&state, &visit, made)
}

fn view(workspace: &Workspace, lang: Lang) -> Result<View, Problem> {
    let words = words(lang);
    let counts = workspace.counts(&Query::default()).map_err(unreadable)?;
    let people = People::of(workspace);
    let alarms = alarms::lines(workspace, lang, false)?;
    let urgent = urgent::most_dangerous(workspace)?
        .into_iter()
        .map(|row| Line::of(row, &people, lang))
        .collect();
    Ok(View {
        workspace: workspace.name(),
        is_empty: counts.total == 0,
        tiles: tiles(workspace, words, TrustWords::of(lang), alarms.len() as u64)?,
        alarms,
        urgent,
        all_contested: Address::new("/records").with("contested", 1),
        charts: bars::all(&counts, words, lang),
        devices: devices(workspace, words)?,
        parked: parked(workspace, TrustWords::of(lang))?,
    })
}

fn tiles(
    workspace: &Workspace,
    words: &Words,
    trust: &TrustWords,
    alarms: u64,
) -> Result<Vec<Tile>, Problem> {
    let status = workspace.status().map_err(unreadable)?;
    let tile = |label, number: u64, alarm: &'static str, address: Option<Address>| Tile {
        label,
        class: if number > 0 { alarm } else { "" },
        number: grouped(number),
        address,
    };
    let list = Address::new("/records");
    Ok(vec![
        tile(words.records, status.records, "", Some(list.clone())),
        tile(
            words.contested,
            status.contested,
            "is-contested",
            Some(list.clone().with("contested", 1)),
        ),
        tile(words.incomplete, status.incomplete, "", Some(list.with("incomplete", 1))),
        tile(words.inbox_waiting, status.inbox_waiting, "", None),
        tile(
            words.inbox_parked,
            status.inbox_quarantined + status.changes_stuck,
            "is-alarm",
            Some(Address::new("/quarantine")),
        ),
        tile(words.not_sent, status.unsealed_changes + status.frames_waiting, "", None),
        tile(words.refused, status.frames_refused, "is-alarm", None),
        tile(trust.alarms, alarms, "is-alarm", Some(Address::new("/alarms"))),
    ])
}

fn devices(workspace: &Workspace, words: &Words) -> Result<Vec<DeviceLine>, Problem> {
    let this = workspace.device();
    let line = |account: DeviceAccount| DeviceLine {
        is_this: account.device == this,
        officer: named(&account.officer, "", account.device),
        phone: account.phone.clone(),
        role: match account.role {
            Role::Officer => words.officer,
            Role::Supervisor => words.supervisor,
            Role::Headquarters => words.headquarters,
        },
        area: scope_name(workspace, account.scope),
        merged: grouped(account.frames_merged),
        backed_up: grouped(account.frames_backed_up),
        waiting: account.frames_waiting,
        parked: account.frames_parked + account.frames_beside,
        missing: Missing::of([&account]),
        is_lacking: account.is_lacking(),
        claimed: account.last_claimed.map(|claimed| When::at(claimed.ms)),
    };
    let mut lines: Vec<DeviceLine> =
        workspace.device_account().map_err(unreadable)?.into_iter().map(line).collect();
    // What lacks something comes first.
    lines.sort_by_key(|line| (!line.is_lacking, line.officer.clone(), line.area.clone()));
    Ok(lines)
}

fn parked(workspace: &Workspace, words: &TrustWords) -> Result<Vec<ParkedLine>, Problem> {
    let parked = workspace.parked().map_err(unreadable)?.into_iter();
    Ok(parked
        .take(50)
        .map(|parked| ParkedLine {
            area: scope_name(workspace, parked.scope),
            log: parked.log.to_string()[..8].to_owned(),
            seq: parked.seq,
            reason: why(parked.reason, words),
        })
        .collect())
}

fn scope_name(workspace: &Workspace, id: ScopeId) -> String {
    let scope = workspace.scopes().into_iter().find(|scope| scope.id == id);
    scope.map(|scope| scope.name).filter(|name| !name.is_empty()).unwrap_or_else(|| id.to_string())
}

//! What has arrived and is not merged: frames that wait for something, and frames that wait for a person.
//!
//! A frame is set aside when it cannot be believed: its signature is not right, its device was revoked before it was
//! sealed, it forks its log. It is neither merged nor dropped; here it is said whose it is, and why.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use kahriz_core::workspace::{Parked, Workspace};
use kahriz_proto::ids::{DeviceId, LogId, ScopeId};

use super::PageState;
use super::answer::{self, Problem, ask, unreadable};
use super::frame::{Frame, Place};
use super::line::People;
use super::visit::Visit;
use crate::accounts::Role;

/// Lives of a device's store among which a log is looked for. Each is a restored or copied phone: few have even two.
const GENERATIONS: u32 = 16;

#[derive(Template)]
#[template(path = "quarantine.html")]
struct QuarantinePage {
    frame: Frame,
    /// What needs a person, then what helps itself.
    lists: [List; 2],
    /// Single changes that the engine refused.
    stuck: u64,
}

struct List {
    title: &'static str,
    note: &'static str,
    none: &'static str,
    lines: Vec<Line>,
}

/// The frames of one log that are here for one reason.
struct Line {
    officer: String,
    area: String,
    log: String,
    /// The first and the last of their numbers, and how many there are.
    first: u64,
    last: u64,
    count: u64,
    reason: String,
}

/// `GET /quarantine`
pub(crate) async fn page(State(state): State<PageState>, visit: Visit) -> Response {
    let made = made(&state, &visit).await;
    answer::page(&state, &visit, made)
}

async fn made(state: &PageState, visit: &Visit) -> Result<QuarantinePage, Problem> {
    visit.needs(Role::Viewer)?;
    let (parked, stuck) = ask(state, |workspace| {
        Ok((lines(workspace)?, workspace.status().map_err(unreadable)?.changes_stuck))
    })
    .await?;
    let frame = Frame::new(state, visit, Place::Quarantine);
    let words = frame.words;
    let (held, waiting) = parked;
    let held = List {
        title: words.quarantine_held,
        note: words.quarantine_note,
        none: words.quarantine_none,
        lines: held,
    };
    let waiting = List {
        title: words.quarantine_waiting,
        note: words.quarantine_waiting_note,
        none: words.quarantine_waiting_none,
        lines: waiting,
    };
    Ok(QuarantinePage { frame, lists: [held, waiting], stuck })
}

/// What is set aside, and what waits; each by area, log and reason.
fn lines(workspace: &Workspace) -> Result<(Vec<Line>, Vec<Line>), Problem> {
    let mut grouped: BTreeMap<(ScopeId, LogId, String), Vec<Parked>> = BTreeMap::new();
    for parked in workspace.parked().map_err(unreadable)? {
        let key = (parked.scope, parked.log, parked.reason.to_string());
        grouped.entry(key).or_default().push(parked);
    }
    let (people, owners) = (People::of(workspace), owners(workspace));
    let names: BTreeMap<ScopeId, String> =
        workspace.scopes().into_iter().map(|scope| (scope.id, scope.name)).collect();
    let (mut held, mut waiting) = (Vec::new(), Vec::new());
    for ((scope, log, reason), frames) in grouped {
        let is_held = frames.iter().any(|frame| frame.reason.is_quarantine());
        let log_name = log.to_string()[..8].to_owned();
        let line = Line {
            officer: owners
                .get(&log)
                .map_or_else(|| log_name.clone(), |device| people.name(*device)),
            area: names.get(&scope).cloned().unwrap_or_else(|| scope.to_string()),
            log: log_name,
            first: frames.iter().map(|frame| frame.seq).min().unwrap_or_default(),
            last: frames.iter().map(|frame| frame.seq).max().unwrap_or_default(),
            count: frames.len() as u64,
            reason,
        };
        if is_held { held.push(line) } else { waiting.push(line) }
    }
    Ok((held, waiting))
}

/// Whose each log is: its id is a hash of its device, its scope and a small number.
fn owners(workspace: &Workspace) -> BTreeMap<LogId, DeviceId> {
    let roster = workspace.roster();
    let scopes: Vec<ScopeId> = roster.scopes().collect();
    let mut owners = BTreeMap::new();
    for (device, _) in roster.members() {
        for scope in &scopes {
            for generation in 1..=GENERATIONS {
                owners.insert(LogId::of(device, *scope, generation), device);
            }
        }
    }
    owners
}

//! `sync`: once to the relay and back. While headquarters is served, its own rounds do it and this waits for one.

use std::time::Duration;

use kahriz_core::drive::{self, SyncReport};
use kahriz_core::workspace::{Membership, ReadError};
use kahriz_proto::roster::Role;
use serde_json::json;

use super::{Desk, Serving, collect_letters};
use crate::failure::Failure;

/// A round of headquarters with its own relay takes far less.
const ROUND_LONGEST: Duration = Duration::from_secs(120);

pub(super) fn run(desk: &mut Desk<'_>, relay: Option<&str>) -> Result<(), Failure> {
    if let Some(serving) = desk.serving.clone() {
        return wait_for_round(desk, &serving);
    }
    let mut transport = desk.relay(relay)?;
    let report = drive::sync(desk.workspace, &mut transport, &mut desk.terminal)
        .map_err(|error| Failure::from(error).on_line(&transport))?;
    desk.terminal.done();
    say(desk, &report)?;
    let is_headquarters =
        matches!(desk.workspace.membership(), Membership::Member { role: Role::Headquarters, .. });
    if is_headquarters
        && report.failure.is_none()
        && collect_letters(desk.workspace, &mut transport, &mut desk.terminal)
    {
        drive::sync(desk.workspace, &mut transport, &mut desk.terminal)?;
    }
    report.failure.map_or(Ok(()), |failure| Err(Failure::Line(failure).on_line(&transport)))
}

/// `repair`: what is here and what the relay holds are compared at the next sync, which is now.
pub(super) fn repair(desk: &mut Desk<'_>, relay: Option<&str>) -> Result<(), Failure> {
    desk.workspace.ask_for_repair().map_err(ReadError::from)?;
    if let Some(serving) = desk.serving.clone() {
        return wait_for_repair(desk, &serving);
    }
    let mut transport = desk.relay(relay)?;
    let report = drive::sync(desk.workspace, &mut transport, &mut desk.terminal)
        .map_err(|error| Failure::from(error).on_line(&transport))?;
    desk.terminal.done();
    if let Some(failure) = report.failure {
        return Err(Failure::Line(failure).on_line(&transport));
    }
    say_repair(desk, report.comparisons > 0, report.frames_pulled, report.frames_pushed)
}

fn wait_for_repair(desk: &mut Desk<'_>, serving: &Serving) -> Result<(), Failure> {
    let before = serving.state.borrow().rounds;
    serving.wait_for_rounds(2, ROUND_LONGEST);
    let state = serving.state.borrow().clone();
    match (state.repaired.filter(|repaired| repaired.round > before), state.failure) {
        (Some(repaired), _) => say_repair(desk, true, repaired.pulled, repaired.pushed),
        (None, Some(failure)) => desk.say(&format!("the last round failed: {failure}")),
        (None, None) => say_repair(desk, false, 0, 0),
    }
}

fn say_repair(
    desk: &mut Desk<'_>,
    compared: bool,
    pulled: u64,
    pushed: u64,
) -> Result<(), Failure> {
    if desk.as_json {
        return desk.say_json(&json!({
            "compared": compared, "frames_pulled": pulled, "frames_pushed": pushed,
        }));
    }
    match (compared, pulled, pushed) {
        (false, ..) => desk.say("asked for: it is done at the next round"),
        (true, 0, 0) => desk.say("compared with the relay, log by log: neither lacked anything"),
        (true, ..) => desk.say(&format!(
            "compared with the relay, log by log: {pulled} frames came, {pushed} went"
        )),
    }
}

fn say(desk: &mut Desk<'_>, report: &SyncReport) -> Result<(), Failure> {
    if desk.as_json {
        return desk.say_json(&json!({
            "frames_pushed": report.frames_pushed,
            "changes_sealed": report.changes_sealed,
            "frames_refused": report.frames_refused,
            "frames_pulled": report.frames_pulled,
            "changes_merged": report.changes_merged,
            "records_changed": report.records_changed,
            "frames_parked": report.frames_parked,
            "exchanges": report.exchanges,
            "done": report.failure.is_none(),
        }));
    }
    desk.say(&format!(
        "sent {} frames with {} changes; received {} frames, {} records changed here",
        report.frames_pushed, report.changes_sealed, report.frames_pulled, report.records_changed
    ))?;
    if report.frames_parked > 0 {
        desk.say(&format!(
            "{} frames wait in the inbox for something that is not here yet",
            report.frames_parked
        ))?;
    }
    if report.frames_refused > 0 {
        desk.say(&format!(
            "the relay refused {} frames; they stay on this device",
            report.frames_refused
        ))?;
    }
    Ok(())
}

fn wait_for_round(desk: &mut Desk<'_>, serving: &Serving) -> Result<(), Failure> {
    serving.wait_for_rounds(2, ROUND_LONGEST);
    let state = serving.state.borrow().clone();
    if desk.as_json {
        return desk.say_json(&json!({ "rounds": state.rounds, "done": state.failure.is_none(), "failure": state.failure }));
    }
    match state.failure {
        Some(failure) => desk.say(&format!("the last round failed: {failure}")),
        None => desk.say("headquarters is up to date with its relay"),
    }
}

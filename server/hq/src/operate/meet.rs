//! `meet`: with a colleague's device that serves nearby, both ways.

use kahriz_core::drive::{self, SyncReport};
use serde_json::json;

use super::Desk;
use crate::failure::Failure;
use crate::nearby::{Address, NotMet, look_around};

pub(super) fn run(desk: &mut Desk<'_>, address: Option<&str>) -> Result<(), Failure> {
    let address = match address {
        Some(typed) => typed.parse().map_err(NotMet::from)?,
        None => the_only_one(desk)?,
    };
    let mut transport = address.transport().map_err(NotMet::from)?;
    let met = drive::meet(desk.workspace, &mut transport, &mut desk.terminal);
    desk.terminal.done();
    let report = met.map_err(|error| NotMet::of(error, &transport))?;
    say(desk, &address, &report)
}

/// Of the own organisation's devices on this network.
fn the_only_one(desk: &mut Desk<'_>) -> Result<Address, Failure> {
    let mut found = look_around(&desk.workspace.id()).map_err(NotMet::from)?;
    match (found.len(), found.pop()) {
        (_, None) => Err(NotMet::Nobody.into()),
        (1, Some(only)) => Ok(only),
        (_, Some(last)) => {
            found.push(last);
            let all: Vec<String> = found.iter().map(Address::to_string).collect();
            Err(NotMet::Several(all.join("\n  ")).into())
        }
    }
}

fn say(desk: &mut Desk<'_>, address: &Address, report: &SyncReport) -> Result<(), Failure> {
    if desk.as_json {
        return desk.say_json(&json!({
            "address": address.to_string(),
            "frames_given": report.frames_pushed,
            "frames_not_taken": report.frames_refused,
            "frames_taken": report.frames_pulled,
            "changes_merged": report.changes_merged,
            "records_changed": report.records_changed,
            "frames_parked": report.frames_parked,
        }));
    }
    desk.say(&format!(
        "gave {} frames; took {} frames, {} records changed here",
        report.frames_pushed, report.frames_pulled, report.records_changed
    ))?;
    if report.frames_refused > 0 {
        desk.say(&format!(
            "{} frames were not taken there; they stay here",
            report.frames_refused
        ))?;
    }
    if report.frames_parked > 0 {
        desk.say(&format!(
            "{} frames wait in the inbox for something that is not here yet",
            report.frames_parked
        ))?;
    }
    desk.aside(
        "Nothing of it counts as delivered until one of you has met the relay or headquarters.",
    )
}

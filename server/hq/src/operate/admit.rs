//! `admit`: who asks to join, and letting one in after a person has compared codes.

use kahriz_core::drive;
use kahriz_core::workspace::{Profile, short_code};
use kahriz_proto::ids::ScopeId;
use kahriz_proto::join::Join;
use kahriz_proto::roster::Role;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Desk, publish, scopes};
use crate::cli::AdmitOrder;
use crate::failure::Failure;
use crate::paper;
use crate::say::printable;
use crate::shell;

/// A device that asks to join, as it is shown to the operator.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Joining {
    pub(crate) code: String,
    pub(crate) officer: String,
    pub(crate) device: String,
}

/// Says, one a line or as JSON, who asks to join.
pub(super) fn list(desk: &mut Desk<'_>) -> Result<(), Failure> {
    let joining: Vec<Joining> =
        waiting(desk)?.iter().map(|(join, profile)| joining(join, profile)).collect();
    if desk.as_json {
        return desk.say_json(&joining);
    }
    if joining.is_empty() {
        return desk.say("no device asks to join");
    }
    for Joining { code, officer, device } in joining {
        desk.say(&format!("code {code}  {}  ({})", printable(&officer), printable(&device)))?;
    }
    Ok(())
}

/// Admits the one whose code is given.
pub(super) fn run(desk: &mut Desk<'_>, order: &AdmitOrder) -> Result<(), Failure> {
    let code: String =
        order.code.iter().flat_map(|code| code.chars()).filter(char::is_ascii_digit).collect();
    let granted = granted(desk, &order.scopes)?;
    if let Some(text) = &order.join {
        return run_in_person(desk, order, text, &code, &granted);
    }
    let matching = waiting(desk)?.into_iter().filter(|(join, _)| short_code(join) == code);
    let matching: Vec<(Join, Profile)> = matching.collect();
    // Two with one code is one in a million, or somebody who tries.
    let [(join, _)] = matching.as_slice() else { return Err(Failure::NoSuchJoin(code)) };
    let profile = admit(desk, join, order.role.into(), &granted)?;
    say_admitted(desk, &profile)
}

/// Admits a device whose request was read from its screen. Its code is compared if it was given.
fn run_in_person(
    desk: &mut Desk<'_>,
    order: &AdmitOrder,
    text: &str,
    code: &str,
    granted: &[ScopeId],
) -> Result<(), Failure> {
    let join = paper::read_join(text).ok_or(Failure::NotAJoin)?;
    if !code.is_empty() && short_code(&join) != code {
        return Err(Failure::OtherCode(code.to_owned()));
    }
    let rng = drive::Shell::rng(&mut desk.terminal);
    let role = order.role.into();
    let profile = desk.workspace.admit(&join, role, granted, shell::claimed(), rng)?;
    if let Some(why) = publish(desk)? {
        desk.say(&format!("The relay does not know it yet ({why})."))?;
    }
    say_admitted(desk, &profile)
}

fn say_admitted(desk: &mut Desk<'_>, profile: &Profile) -> Result<(), Failure> {
    if let Some(serving) = &desk.serving {
        serving.bell.ring();
    }
    if desk.as_json {
        return desk.say_json(&json!({ "admitted": profile.officer, "device": profile.device }));
    }
    desk.say(&format!("{} is admitted; the device may sync now", printable(&profile.officer)))
}

/// Makes a device a member and tells the relay.
pub(crate) fn admit(
    desk: &mut Desk<'_>,
    join: &Join,
    role: Role,
    granted: &[ScopeId],
) -> Result<Profile, Failure> {
    let rng = drive::Shell::rng(&mut desk.terminal);
    let profile = desk.workspace.admit(join, role, granted, shell::claimed(), rng)?;
    let mut transport = desk.relay(None)?;
    drive::publish_roster(desk.workspace, &mut transport, &mut desk.terminal)?;
    Ok(profile)
}

/// The joins that wait at the relay and that say who asks. Others are left where they are.
pub(crate) fn waiting(desk: &mut Desk<'_>) -> Result<Vec<(Join, Profile)>, Failure> {
    let mut transport = desk.relay(None)?;
    let joins = drive::waiting_joins(desk.workspace, &mut transport, &mut desk.terminal)?;
    let read = |join: Join| desk.workspace.read_join(&join).ok().map(|profile| (join, profile));
    Ok(joins.into_iter().filter_map(read).collect())
}

pub(crate) fn joining(join: &Join, profile: &Profile) -> Joining {
    Joining {
        code: short_code(join),
        officer: profile.officer.clone(),
        device: profile.device.clone(),
    }
}

fn granted(desk: &Desk<'_>, typed: &[String]) -> Result<Vec<ScopeId>, Failure> {
    if typed.is_empty() {
        return Ok(desk.workspace.scopes().iter().map(|scope| scope.id).collect());
    }
    let mut granted = typed
        .iter()
        .map(|typed| scopes::named(desk.workspace, typed))
        .collect::<Result<Vec<_>, _>>()?;
    granted.sort();
    granted.dedup();
    Ok(granted)
}

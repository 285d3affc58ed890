//! `admit`: who asks to join, and letting one in after a person has compared codes.

use kahriz_core::drive;
use kahriz_core::workspace::{Profile, Workspace, short_code};
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
    /// Why nobody may be let in with this invite.
    pub(crate) doubt: Option<Doubt>,
}

/// An invite is for one device. Who sees it used twice knows that somebody else has had it, and not which of the two
/// is the officer: so neither is admitted, and new invites are handed over in person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Doubt {
    /// Two devices that are no members ask with it.
    #[error(
        "ALARM: two devices ask to join with the same invite, so somebody has copied it. Admit neither; issue a new invite for the officer, and ask how the old one got out"
    )]
    Twice,
    /// A member has joined with it.
    #[error(
        "ALARM: a device asks to join with an invite that was used before, so somebody has copied it. Do not admit it; look at the member who joined with that invite"
    )]
    UsedBefore,
}

/// Says, one a line or as JSON, who asks to join.
pub(super) fn list(desk: &mut Desk<'_>) -> Result<(), Failure> {
    let waiting = waiting(desk)?;
    let joining: Vec<Joining> = waiting
        .iter()
        .map(|(join, profile)| joining(desk.workspace, &waiting, join, profile))
        .collect();
    if desk.as_json {
        return desk.say_json(&joining);
    }
    if joining.is_empty() {
        return desk.say("no device asks to join");
    }
    for Joining { code, officer, device, doubt } in joining {
        desk.say(&format!("code {code}  {}  ({})", printable(&officer), printable(&device)))?;
        if let Some(doubt) = doubt {
            desk.say(&format!("  {doubt}"))?;
        }
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
    let waiting = waiting(desk)?;
    let matching = waiting.iter().filter(|(join, _)| short_code(join) == code);
    let matching: Vec<&(Join, Profile)> = matching.collect();
    // Two with one code is one in a million, or somebody who tries.
    let [(join, profile)] = matching.as_slice() else { return Err(Failure::NoSuchJoin(code)) };
    if let Some(doubt) = joining(desk.workspace, &waiting, join, profile).doubt {
        return Err(Failure::DoubtfulJoin(doubt));
    }
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

/// What is shown of a join among all that wait.
pub(crate) fn joining(
    workspace: &Workspace,
    waiting: &[(Join, Profile)],
    join: &Join,
    profile: &Profile,
) -> Joining {
    Joining {
        code: short_code(join),
        officer: profile.officer.clone(),
        device: profile.device.clone(),
        doubt: doubt(workspace, waiting, join),
    }
}

fn doubt(workspace: &Workspace, waiting: &[(Join, Profile)], join: &Join) -> Option<Doubt> {
    let invite = join.invite_id();
    let is_used =
        workspace.roster().invite(invite).is_some_and(|invited| invited.used_by.is_some());
    let devices = waiting.iter().filter(|(other, _)| other.invite_id() == invite).count();
    match (is_used, devices) {
        (true, _) => Some(Doubt::UsedBefore),
        (false, 2..) => Some(Doubt::Twice),
        (false, _) => None,
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

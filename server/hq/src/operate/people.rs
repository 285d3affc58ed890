//! `people`, `revoke`, `rotate`, `policy`: who belongs to the workspace, and what holds for everybody.

use std::time::Duration;

use kahriz_core::drive;
use kahriz_core::workspace::Person;
use kahriz_proto::ids::DeviceId;
use kahriz_proto::roster::{Policy, Role};
use serde_json::json;

use super::{Desk, publish, scopes};
use crate::cli::{PolicyOrder, Revoke};
use crate::failure::Failure;
use crate::say::printable;
use crate::shell;

/// How long the rounds of a serving headquarters may take before a revocation goes on without them.
const ROUNDS_LONGEST: Duration = Duration::from_secs(20);

/// Letters of a device's id that are enough to name it.
const ID_LETTERS: usize = 8;

/// Says who is or was a member.
pub(super) fn list(desk: &mut Desk<'_>) -> Result<(), Failure> {
    let (people, roster) = (desk.workspace.people(), desk.workspace.roster());
    let areas = desk.workspace.scopes();
    let areas_of = |person: &Person| -> Vec<String> {
        let granted = roster.member(person.device).map(|member| member.scopes.clone());
        granted.into_iter().flatten().map(|scope| scopes::name_of(&areas, scope)).collect()
    };
    if desk.as_json {
        let rows: Vec<_> = people
            .iter()
            .map(|person| {
                json!({
                    "device": person.device.to_string(), "officer": person.officer, "phone": person.phone,
                    "role": role(person.role), "areas": areas_of(person), "revoked": person.revoked,
                })
            })
            .collect();
        return desk.say_json(&rows);
    }
    for person in &people {
        let revoked = if person.revoked { ", REVOKED" } else { "" };
        desk.say(&format!(
            "{}  {} ({}), {} in {}{revoked}",
            &person.device.to_string()[..ID_LETTERS],
            printable(&person.officer),
            printable(&person.phone),
            role(person.role),
            areas_of(person).join(", ")
        ))?;
    }
    Ok(())
}

/// What a revocation came to.
pub(crate) struct TakenOut {
    /// How many areas have a new key.
    pub(crate) areas: usize,
    /// Why the relay does not know of it yet.
    pub(crate) unpublished: Option<String>,
}

/// Takes a device out, at the relay at once.
pub(crate) fn take_out(desk: &mut Desk<'_>, device: DeviceId) -> Result<TakenOut, Failure> {
    // What it has sent until now is its honest work: it is merged first, and stays believed.
    if let Some(serving) = desk.serving.clone() {
        serving.wait_for_rounds(2, ROUNDS_LONGEST);
    }
    let rng = drive::Shell::rng(&mut desk.terminal);
    let revoked = desk.workspace.revoke(device, shell::claimed(), rng)?;
    Ok(TakenOut { areas: revoked.epochs.len(), unpublished: publish(desk)? })
}

/// Takes a member out, and says what came of it.
pub(super) fn revoke(desk: &mut Desk<'_>, order: &Revoke) -> Result<(), Failure> {
    let person = named(desk, &order.who)?;
    let TakenOut { areas, unpublished } = take_out(desk, person.device)?;
    if desk.as_json {
        return desk.say_json(&json!({
            "revoked": person.device.to_string(), "officer": person.officer,
            "new_epochs": areas, "published": unpublished.is_none(),
        }));
    }
    let who = printable(&person.officer);
    desk.say(&format!(
        "{who} ({}) is revoked. {areas} areas have a new key that it is not given; what it had sent until now stays \
         believed, what comes after waits in quarantine.",
        printable(&person.phone),
    ))?;
    match unpublished {
        None => desk.say("The relay refuses it from now on; on its next contact it lets go of what it can read."),
        Some(why) => desk.say(&format!(
            "THE RELAY DOES NOT KNOW IT YET ({why}): it is told at the next sync, so run `kahriz serve` now."
        )),
    }
}

/// Gives an area, or all, a new key.
pub(super) fn rotate(desk: &mut Desk<'_>, typed: Option<&str>) -> Result<(), Failure> {
    let due = match typed {
        Some(typed) => vec![scopes::named(desk.workspace, typed)?],
        None => desk.workspace.scopes().iter().map(|scope| scope.id).collect(),
    };
    let areas = desk.workspace.scopes();
    let mut epochs = vec![];
    for scope in due {
        let rng = drive::Shell::rng(&mut desk.terminal);
        let epoch = desk.workspace.rotate(scope, shell::claimed(), rng)?;
        epochs.push((scopes::name_of(&areas, scope), epoch));
    }
    let published = publish(desk)?;
    if desk.as_json {
        return desk.say_json(&json!({ "epochs": epochs, "published": published.is_none() }));
    }
    for (area, epoch) in epochs {
        desk.say(&format!("{area}: key {epoch} from now on"))?;
    }
    published.map_or(Ok(()), |why| desk.say(&format!("The relay does not know it yet ({why}).")))
}

/// Says what holds for every device, and changes it.
pub(super) fn policy(desk: &mut Desk<'_>, order: &PolicyOrder) -> Result<(), Failure> {
    let before = desk.workspace.policy();
    let policy = Policy {
        lease_days: order.lease_days.unwrap_or(before.lease_days),
        admits_all: order.admit_all.unwrap_or(before.admits_all),
    };
    if policy != before {
        desk.workspace.set_policy(policy, shell::claimed())?;
        publish(desk)?;
    }
    if desk.as_json {
        return desk
            .say_json(&json!({ "lease_days": policy.lease_days, "admit_all": policy.admits_all }));
    }
    desk.say(&match policy.lease_days {
        0 => "lease: none; a device keeps what it can read for as long as it lives".to_owned(),
        days => {
            format!("lease: a device without contact for {days} days lets go of what it can read")
        }
    })?;
    desk.say(if policy.admits_all {
        "admission: WHOEVER HAS A VALID INVITE, without anybody comparing codes"
    } else {
        "admission: a person compares codes"
    })
}

pub(super) fn role(role: Role) -> &'static str {
    match role {
        Role::Officer => "officer",
        Role::Supervisor => "supervisor",
        Role::Headquarters => "headquarters",
    }
}

/// The one member that a person means.
fn named(desk: &Desk<'_>, typed: &str) -> Result<Person, Failure> {
    let wanted = typed.trim().to_lowercase();
    let is_meant = |person: &Person| {
        person.officer.to_lowercase() == wanted
            || (wanted.len() >= 4 && person.device.to_string().starts_with(&wanted))
    };
    let live = desk.workspace.people().into_iter().filter(|person| !person.revoked);
    let mut meant: Vec<Person> = live.filter(is_meant).collect();
    match (meant.pop(), meant.len()) {
        (Some(person), 0) => Ok(person),
        (None, _) => Err(Failure::NoSuchMember(typed.to_owned())),
        (Some(_), more) => Err(Failure::SeveralMembers(typed.to_owned(), more + 1)),
    }
}

//! Every device that is or was a member, and what has come of it.

use std::collections::BTreeMap;

use kahriz_core::workspace::{DeviceAccount, Person, Workspace};
use kahriz_proto::ids::{DeviceId, ScopeId};
use kahriz_proto::roster::Role;

use crate::page::answer::{Problem, unreadable};
use crate::page::frame::When;
use crate::page::line::named;
use crate::page::overview::Missing;
use crate::page::words::{Words, grouped};

/// A device that is or was a member.
pub(super) struct Member {
    pub(super) id: String,
    pub(super) officer: String,
    pub(super) phone: String,
    pub(super) role: &'static str,
    pub(super) areas: String,
    pub(super) merged: String,
    pub(super) waiting: u64,
    pub(super) parked: u64,
    pub(super) missing: Option<Missing>,
    pub(super) claimed: Option<When>,
    pub(super) is_this: bool,
    pub(super) is_revoked: bool,
}

/// All of them: members first, by name, then those who were.
pub(super) fn all(workspace: &Workspace, words: &Words) -> Result<Vec<Member>, Problem> {
    let mut of_device: BTreeMap<DeviceId, Vec<DeviceAccount>> = BTreeMap::new();
    for account in workspace.device_account().map_err(unreadable)? {
        of_device.entry(account.device).or_default().push(account);
    }
    let names: BTreeMap<ScopeId, String> =
        workspace.scopes().into_iter().map(|scope| (scope.id, scope.name)).collect();
    let this = workspace.device();
    let member = |person: Person| {
        let accounts = of_device.get(&person.device).map_or(&[][..], Vec::as_slice);
        let is_this = person.device == this;
        Member { is_this, ..member(&person, accounts, &names, words) }
    };
    let mut members: Vec<Member> = workspace.people().into_iter().map(member).collect();
    members
        .sort_by_key(|member| (member.is_revoked, !member.is_this, member.officer.to_lowercase()));
    Ok(members)
}

fn member(
    person: &Person,
    accounts: &[DeviceAccount],
    names: &BTreeMap<ScopeId, String>,
    words: &Words,
) -> Member {
    let area = |account: &DeviceAccount| {
        let name = names.get(&account.scope).filter(|name| !name.is_empty());
        name.cloned().unwrap_or_else(|| account.scope.to_string())
    };
    let areas: Vec<String> = accounts.iter().map(area).collect();
    let sum = |count: fn(&DeviceAccount) -> u64| accounts.iter().map(count).sum::<u64>();
    Member {
        id: person.device.to_string(),
        officer: named(&person.officer, "", person.device),
        phone: person.phone.clone(),
        role: match person.role {
            Role::Officer => words.officer,
            Role::Supervisor => words.supervisor,
            Role::Headquarters => words.headquarters,
        },
        areas: areas.join(", "),
        merged: grouped(sum(|account| account.frames_merged)),
        waiting: sum(|account| account.frames_waiting),
        parked: sum(|account| account.frames_parked + account.frames_beside),
        missing: Missing::of(accounts),
        claimed: accounts
            .iter()
            .filter_map(|account| account.last_claimed)
            .max()
            .map(|claimed| When::at(claimed.ms)),
        is_this: false,
        is_revoked: person.revoked,
    }
}

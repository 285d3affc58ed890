//! `kahriz recovery restore`: a new headquarters after the old one was lost.
//!
//! Everything is checked before anything is made. What is made is made in steps that are each safe to stop after:
//! the store, the roster at the relay, the records, and the place of the lost device.

use std::fs;
use std::path::Path;

use kahriz_core::crypto::shares::RecoveryKeys;
use kahriz_core::drive::{self, Shell};
use kahriz_core::workspace::{
    Belief, KnownNames, Profile, Restoring, RosterFile, Workspace, headquarters_of, verified_roster,
};
use kahriz_http::{HttpOptions, HttpTransport};
use kahriz_proto::ids::DeviceId;
use kahriz_proto::message::RefusalReason;
use kahriz_proto::roster::Roster;
use kahriz_proto::session::Failure as LineFailure;
use serde_json::json;

use super::{Refusal, ask};
use crate::bell::Bell;
use crate::cli::Restore;
use crate::failure::Failure;
use crate::keyfile::Keys;
use crate::shell::{self, Terminal};
use crate::{dispatch, say};

const USUAL_RELAY: &str = "http://127.0.0.1:8470";

pub(super) fn run(order: &Restore, store_keys: Keys<'_>, as_json: bool) -> Result<(), Failure> {
    let mut terminal = Terminal::new(Bell::default());
    if order.dir.exists() {
        let workspace = begun_before(order, store_keys)?;
        say::aside("Going on with the restore that was begun here.");
        return go_on(order, &workspace, None, &mut terminal, as_json);
    }
    if order.relay.is_none() && order.rosters.is_empty() {
        return Err(Refusal::NoSource.into());
    }
    let keys = ask::keys(&order.source)?;
    let found = Found::look(order, &keys, &mut terminal)?;
    let lost = lost(order, &found.roster)?;
    let workspace = make(order, store_keys, &keys, &found, &lost, &mut terminal)?;
    go_on(order, &workspace, Some(&keys), &mut terminal, as_json)
}

/// A store in which a restore stopped half way.
fn begun_before(order: &Restore, store_keys: Keys<'_>) -> Result<Workspace, Failure> {
    let exists = || Failure::Exists(order.dir.clone());
    let workspace = dispatch::open(&order.dir, store_keys).map_err(|_| exists())?;
    if workspace.to_take_over()?.is_none() { Err(exists()) } else { Ok(workspace) }
}

/// The roster, verified, and what else was found with it.
struct Found {
    roster: Roster,
    entries: Vec<Vec<u8>>,
    names: KnownNames,
    /// Whether the relay has this workspace, so that the lost device's frames can be had from it.
    at_relay: bool,
}

impl Found {
    /// Looks at the relay and in the files, and takes the longest roster that verifies.
    fn look(
        order: &Restore,
        keys: &RecoveryKeys,
        terminal: &mut Terminal,
    ) -> Result<Self, Failure> {
        let mut lists: Vec<(String, Vec<Vec<u8>>)> = vec![];
        let mut names = KnownNames::default();
        for path in &order.rosters {
            let read = |source| Failure::File { path: path.clone(), source };
            let file = RosterFile::decode(&fs::read(path).map_err(read)?)
                .map_err(|source| Refusal::RosterFile { path: path.clone(), source })?;
            names = names.with(file.names(&keys.recovery));
            lists.push((path.display().to_string(), file.entries()));
        }
        let mut at_relay = false;
        if let Some(url) = &order.relay {
            let mut transport = HttpTransport::new(url, &HttpOptions::default())?;
            match drive::roster_for_root(&keys.root, &mut transport, terminal) {
                Ok(entries) => {
                    at_relay = true;
                    lists.push((url.clone(), entries));
                }
                // An empty relay knows nobody yet; the files have to do.
                Err(LineFailure::Refused(RefusalReason::NotMember)) if !lists.is_empty() => {}
                Err(LineFailure::Refused(RefusalReason::NotMember)) => {
                    return Err(Refusal::NotThere.into());
                }
                Err(failure) => return Err(Failure::Line(failure)),
            }
        }
        Self::longest(keys, lists, names, at_relay)
    }

    fn longest(
        keys: &RecoveryKeys,
        lists: Vec<(String, Vec<Vec<u8>>)>,
        names: KnownNames,
        at_relay: bool,
    ) -> Result<Self, Failure> {
        let mut longest: Option<(Roster, Vec<Vec<u8>>)> = None;
        let all: Vec<Vec<Vec<u8>>> = lists.iter().map(|(_, entries)| entries.clone()).collect();
        for (place, entries) in lists {
            let verified = verified_roster(keys, &entries);
            let roster = verified.map_err(|source| Refusal::Roster { place, source })?;
            if longest.as_ref().is_none_or(|(held, _)| roster.seq() > held.seq()) {
                longest = Some((roster, entries));
            }
        }
        let (roster, entries) = longest.ok_or(Refusal::NoSource)?;
        if all.iter().any(|other| !entries.starts_with(other)) {
            say::aside(
                "The member lists contradict each other: two devices have written it at the same time, or somebody \
                 lies. The longest is taken; look at who is a member afterwards.",
            );
        }
        Ok(Self { roster, entries, names, at_relay })
    }
}

/// The headquarters that are gone: those named, or the only one that there was.
fn lost(order: &Restore, roster: &Roster) -> Result<Vec<DeviceId>, Failure> {
    let live = headquarters_of(roster);
    if order.lost.is_empty() {
        let ids = || live.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        return if live.len() < 2 { Ok(live) } else { Err(Refusal::WhichLost(ids()).into()) };
    }
    let device = |typed: &String| {
        let device = DeviceId::from_hex(typed).filter(|device| live.contains(device));
        device.ok_or_else(|| Refusal::NotADevice(typed.clone()).into())
    };
    order.lost.iter().map(device).collect()
}

fn make(
    order: &Restore,
    store_keys: Keys<'_>,
    keys: &RecoveryKeys,
    found: &Found,
    lost: &[DeviceId],
    terminal: &mut Terminal,
) -> Result<Workspace, Failure> {
    let relay_url = order.relay_url.as_ref().or(order.relay.as_ref());
    let operator = Profile { officer: order.operator.clone(), device: "headquarters".to_owned() };
    let belief = match (order.stolen, found.at_relay) {
        (true, _) => Belief::Heartbeats,
        (false, true) => Belief::WhatIsHere,
        (false, false) => Belief::Everything,
    };
    let restoring = Restoring {
        keys,
        roster: &found.entries,
        lost,
        belief,
        names: &found.names,
        workspace_name: &order.name,
        operator: &operator,
        relay_url: relay_url.map_or(USUAL_RELAY, String::as_str),
    };
    let key = store_keys.create(&order.dir)?;
    store_keys.say_where(&order.dir);
    Ok(Workspace::restore(&order.dir, &key, &restoring, shell::claimed(), terminal.rng())?)
}

/// Publishes, pulls, takes over, publishes; without a relay only the third.
fn go_on(
    order: &Restore,
    workspace: &Workspace,
    keys: Option<&RecoveryKeys>,
    terminal: &mut Terminal,
    as_json: bool,
) -> Result<(), Failure> {
    if let Some(url) = &order.relay {
        let mut transport = HttpTransport::new(url, &HttpOptions::default())?;
        introduce(order, workspace, keys, &mut transport, terminal)?;
        // What is pulled before is believed; of a stolen device nothing is that it wrote since.
        if workspace.to_take_over()? == Some(Belief::WhatIsHere) {
            sync(workspace, &mut transport, terminal)?;
        }
        workspace.take_over(shell::claimed(), terminal.rng())?;
        drive::publish_roster(workspace, &mut transport, terminal)?;
        sync(workspace, &mut transport, terminal)?;
    } else {
        workspace.take_over(shell::claimed(), terminal.rng())?;
    }
    terminal.done();
    tell(order, workspace, as_json)
}

/// Makes the relay know the new headquarters: by the root, or, if the relay is new, by registering the workspace.
fn introduce(
    order: &Restore,
    workspace: &Workspace,
    keys: Option<&RecoveryKeys>,
    transport: &mut HttpTransport,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    if keys.is_none() && drive::publish_roster(workspace, transport, terminal).is_ok() {
        return Ok(());
    }
    let typed;
    let keys = match keys {
        Some(keys) => keys,
        None => {
            typed = ask::keys(&order.source)?;
            &typed
        }
    };
    match drive::roster_for_root(&keys.root, transport, terminal) {
        Ok(held) => {
            let newer = workspace.roster_page(held.len() as u64)?;
            drive::extend_roster_as_root(&keys.root, &newer, transport, terminal)
                .map_err(Failure::Line)
        }
        Err(LineFailure::Refused(RefusalReason::NotMember)) => {
            let secret = read_secret(order.registration_file.as_deref())?;
            Ok(drive::publish_workspace(workspace, transport, terminal, &secret)?)
        }
        Err(failure) => Err(Failure::Line(failure)),
    }
}

fn sync(
    workspace: &Workspace,
    transport: &mut HttpTransport,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let report = drive::sync(workspace, transport, terminal)?;
    report.failure.map_or(Ok(()), |failure| Err(Failure::Line(failure)))
}

/// The secret with which a relay lets workspaces register; empty without a file.
pub(crate) fn read_secret(path: Option<&Path>) -> Result<String, Failure> {
    let Some(path) = path else { return Ok(String::new()) };
    let text = fs::read_to_string(path);
    let text = text.map_err(|source| Failure::File { path: path.to_owned(), source })?;
    Ok(text.trim().to_owned())
}

fn tell(order: &Restore, workspace: &Workspace, as_json: bool) -> Result<(), Failure> {
    let status = workspace.status()?;
    let gaps = workspace.device_account()?.into_iter().filter(|one| !one.gaps.is_empty()).count();
    let waiting = status.inbox_waiting + status.inbox_quarantined;
    if as_json {
        say::result(
            &json!({
                "workspace": workspace.id().to_string(),
                "device": workspace.device().to_string(),
                "records": status.records,
                "contested": status.contested,
                "frames_waiting": waiting,
                "logs_with_gaps": gaps,
            })
            .to_string(),
        );
        return Ok(());
    }
    say::result(&format!(
        "Headquarters is restored: {} records, {} of them contested; {waiting} frames wait, {gaps} logs have gaps.",
        status.records, status.contested
    ));
    for person in workspace.people().iter().filter(|person| !person.revoked) {
        let (officer, phone) = (say::printable(&person.officer), say::printable(&person.phone));
        say::result(&format!("member  {officer}  ({phone})  {:?}", person.role));
    }
    say::aside("Look at this list: whoever does not belong there is to be revoked.");
    if order.relay.is_none() {
        say::aside(&format!(
            "Next: kahriz serve {0}. Devices find it at {1}; if that is another address than before, tell each with \
             `kahriz device --store DIR relay URL`. What they hold comes back as they sync.",
            order.dir.display(),
            workspace.relay_url()
        ));
    }
    Ok(())
}

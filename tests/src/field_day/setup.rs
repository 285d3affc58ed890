//! Before the first phase: a workspace is founded, and two devices join it.

use super::Stop;
use super::device::{BenchShell, folder_of, now, store_key, transport};
use kahriz_core::drive::{self, Shell};
use kahriz_core::workspace::{Founding, Membership, Profile, ScopeProfile, Workspace};
use kahriz_proto::roster::Role;
use std::path::Path;

/// How long an invite is good for.
const INVITE_S: u64 = 86_400;
/// The devices that join: folder and officer.
const DEVICES: [(&str, &str); 2] = [("a", "Officer A"), ("b", "Officer B")];

/// Makes the stores of headquarters and of both devices below this folder, and registers them at the relay.
pub(crate) fn run(below: &Path, relay_url: &str) -> Result<(), Stop> {
    let mut shell = BenchShell::new()?;
    let mut relay = transport(relay_url)?;
    let founding = Founding {
        workspace_name: "Field day".into(),
        operator: profile("Headquarters"),
        scopes: vec![ScopeProfile { name: "Everywhere".into(), prefix: "FLD".into() }],
        relay_url: relay_url.to_owned(),
    };
    let folder = folder_of("hq", below);
    let (hq, _keepsakes) = Workspace::found(&folder, &store_key(), &founding, now(), shell.rng())?;
    drive::publish_workspace(&hq, &mut relay, &mut shell, "")?;
    drive::sync(&hq, &mut relay, &mut shell)?;
    let mut devices = vec![];
    for (name, officer) in DEVICES {
        devices.push(join(&hq, below, name, officer, relay_url)?);
    }
    // All of them read who else was let in, and how they are called; then nothing is left to say.
    for _ in 0..2 {
        for workspace in devices.iter().chain([&hq]) {
            drive::sync(workspace, &mut transport(relay_url)?, &mut shell)?;
        }
    }
    Ok(())
}

fn join(
    hq: &Workspace,
    below: &Path,
    name: &str,
    officer: &str,
    relay_url: &str,
) -> Result<Workspace, Stop> {
    let mut shell = BenchShell::new()?;
    let expires_at = shell.now_ms() / 1_000 + INVITE_S;
    let mut from_hq = transport(relay_url)?;
    let invite = hq.invite(expires_at, now(), shell.rng())?;
    drive::publish_roster(hq, &mut from_hq, &mut shell)?;
    let folder = folder_of(name, below);
    let device =
        Workspace::prepare_join(&folder, &store_key(), &invite, &profile(officer), shell.rng())?;
    let mut to_relay = transport(relay_url)?;
    drive::join(&device, &mut to_relay, &mut shell)?;
    let scopes: Vec<_> = hq.scopes().iter().map(|scope| scope.id).collect();
    for waiting in drive::waiting_joins(hq, &mut from_hq, &mut shell)? {
        hq.admit(&waiting, Role::Officer, &scopes, now(), shell.rng())?;
    }
    drive::publish_roster(hq, &mut from_hq, &mut shell)?;
    drive::sync(&device, &mut to_relay, &mut shell)?;
    match device.membership() {
        Membership::Member { .. } => Ok(device),
        Membership::Waiting | Membership::Revoked => Err("a device was not let in".into()),
    }
}

fn profile(officer: &str) -> Profile {
    Profile { officer: officer.to_owned(), device: format!("Phone of {officer}") }
}

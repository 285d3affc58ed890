//! `status`: where everything stands on this device, and at headquarters what arrived from whom.

use kahriz_core::workspace::{DeviceAccount, Gap, Membership, ReadError, Status};
use kahriz_proto::roster::Role;
use serde_json::{Value as Json, json};

use super::{Desk, Joins, scopes};
use crate::backup::BackupState;
use crate::failure::Failure;
use crate::moment;
use crate::say::printable;

/// Gaps of one device that are told by their numbers.
const GAPS_TOLD: usize = 5;

pub(super) fn run(desk: &mut Desk<'_>) -> Result<(), Failure> {
    let status = desk.workspace.status()?;
    let accounts =
        if is_headquarters(desk) { desk.workspace.device_account()? } else { Vec::new() };
    if desk.as_json {
        in_json(desk, &status, &accounts)
    } else {
        in_words(desk, &status, &accounts)
    }
}

fn is_headquarters(desk: &Desk<'_>) -> bool {
    matches!(desk.workspace.membership(), Membership::Member { role: Role::Headquarters, .. })
}

fn in_words(
    desk: &mut Desk<'_>,
    status: &Status,
    accounts: &[DeviceAccount],
) -> Result<(), Failure> {
    let areas = desk.workspace.scopes();
    desk.say(&membership(desk))?;
    if let Some(taken) = desk.workspace.copied() {
        let taken = moment::written(taken.ms);
        desk.say(&format!("brought back from a backup of {taken}: for reading only"))?;
    }
    if let life @ 2.. = desk.workspace.generation() {
        desk.say(&format!("this device was restored or copied: life {life}"))?;
    }
    if desk.workspace.is_undecided().map_err(ReadError::from)? {
        desk.say("what is written here is held back until the relay was met")?;
    }
    let names: Vec<String> = areas.iter().map(|area| scopes::name_of(&areas, area.id)).collect();
    if !names.is_empty() {
        desk.say(&format!("areas: {}", names.join(", ")))?;
    }
    desk.say(&format!(
        "{} records, {} contested, {} incomplete, {:.1} MB",
        status.records,
        status.contested,
        status.incomplete,
        status.store_bytes as f64 / 1e6
    ))?;
    desk.say(&format!(
        "on this device only: {} changes and {} sealed frames; at the relay: {} frames; at headquarters: {}; backed up: {}",
        status.unsealed_changes,
        status.frames_waiting,
        status.frames_at_relay,
        status.frames_at_headquarters,
        status.frames_backed_up
    ))?;
    for (count, what) in [
        (status.frames_refused, "frames that the relay refuses"),
        (status.inbox_waiting, "received frames that wait for something"),
        (status.inbox_quarantined, "received frames in quarantine, for a person to look at"),
        (status.changes_stuck, "changes that could not be merged"),
    ] {
        if count > 0 {
            desk.say(&format!("{count} {what}"))?;
        }
    }
    for parked in desk.workspace.parked()?.iter().take(20) {
        desk.say(&format!(
            "  frame {} of {}: {}",
            parked.seq,
            scopes::name_of(&areas, parked.scope),
            parked.reason
        ))?;
    }
    for account in accounts {
        desk.say(&account_line(account, &scopes::name_of(&areas, account.scope)))?;
    }
    serving(desk)
}

fn membership(desk: &Desk<'_>) -> String {
    let workspace = desk.workspace;
    match workspace.membership() {
        Membership::Waiting => {
            let code = workspace.own_short_code().ok().flatten();
            let code = code
                .unwrap_or_else(|| "none yet: join again when the relay can be reached".to_owned());
            format!("waits to be admitted; its code is {code}")
        }
        Membership::Member { role: Role::Headquarters, .. } => {
            format!(
                "headquarters of \"{}\", workspace {}",
                printable(&workspace.name()),
                workspace.id()
            )
        }
        Membership::Member { role: Role::Supervisor, .. } => "member, supervisor".to_owned(),
        Membership::Member { role: Role::Officer, .. } => "member, officer".to_owned(),
        Membership::Revoked => "revoked by headquarters".to_owned(),
    }
}

fn account_line(account: &DeviceAccount, area: &str) -> String {
    let who = [&account.officer, &account.phone].into_iter().find(|name| !name.is_empty());
    let who = who.map_or_else(|| account.device.to_string(), |name| printable(name));
    let mark = if account.gaps.is_empty() { " " } else { "!" };
    let mut line = format!(
        "{mark} {who} in {area}: {} of {} frames merged, {} backed up",
        account.frames_merged, account.frames_known, account.frames_backed_up
    );
    if account.frames_waiting > 0 {
        line.push_str(&format!(", {} wait", account.frames_waiting));
    }
    if account.frames_parked + account.frames_beside > 0 {
        let parked = account.frames_parked + account.frames_beside;
        line.push_str(&format!(", {parked} in quarantine"));
    }
    if !account.gaps.is_empty() {
        line.push_str(&missing(account));
    }
    if let Some(claimed) = account.last_claimed {
        line.push_str(&format!(", last claims {}", moment::written(claimed.ms)));
    }
    line
}

/// Which frames are missing, and since when as far as the last one before them claims.
fn missing(account: &DeviceAccount) -> String {
    let frames = account.frames_missing();
    let gaps: Vec<String> = account.gaps.iter().take(GAPS_TOLD).map(gap).collect();
    let more = if account.gaps.len() > GAPS_TOLD { " and more" } else { "" };
    format!(", {frames} FRAMES MISSING: {}{more}", gaps.join("; "))
}

fn gap(gap: &Gap) -> String {
    let numbers = match gap.first == gap.last {
        true => gap.first.to_string(),
        false => format!("{} to {}", gap.first, gap.last),
    };
    let after = gap.after.map(|claimed| format!(" after {}", moment::written(claimed.ms)));
    numbers + &after.unwrap_or_default()
}

fn serving(desk: &mut Desk<'_>) -> Result<(), Failure> {
    let Some(serving) = desk.serving.clone() else { return Ok(()) };
    let state = serving.state.borrow().clone();
    let how = match (&state.failure, state.last_ok_ms) {
        (Some(failure), _) => format!("the last round failed: {failure}"),
        (None, Some(ms)) => format!("last synced {}", moment::written(ms)),
        (None, None) => "not synced yet".to_owned(),
    };
    desk.say(&format!("served now, relay at {}; {how}", serving.relay_url))?;
    if let Some(state) = &serving.backups {
        let line = backups_line(&state.borrow().clone());
        desk.say(&line)?;
    }
    if serving.joins == Joins::AdmitAll {
        desk.say(
            "every device with a valid invite is admitted without comparing codes (--auto-admit)",
        )
    } else {
        Ok(())
    }
}

fn backups_line(state: &BackupState) -> String {
    let last = state
        .last_ok_ms
        .map_or("no backup yet".to_owned(), |ms| format!("last backup {}", moment::written(ms)));
    let to = state.to.display();
    match &state.failure {
        Some(failure) => format!("{last}, to {to}; the latest try failed: {failure}"),
        None => format!("{last}, to {to}"),
    }
}

fn in_json(
    desk: &mut Desk<'_>,
    status: &Status,
    accounts: &[DeviceAccount],
) -> Result<(), Failure> {
    let areas = desk.workspace.scopes();
    let membership = match desk.workspace.membership() {
        Membership::Waiting => "waiting",
        Membership::Member { role: Role::Officer, .. } => "officer",
        Membership::Member { role: Role::Supervisor, .. } => "supervisor",
        Membership::Member { role: Role::Headquarters, .. } => "headquarters",
        Membership::Revoked => "revoked",
    };
    let accounts = accounts
        .iter()
        .map(|account| account_json(account, &scopes::name_of(&areas, account.scope)));
    let accounts: Vec<Json> = accounts.collect();
    let scope_names: Vec<String> =
        areas.iter().map(|area| scopes::name_of(&areas, area.id)).collect();
    let serving = desk.serving.as_ref().map(|serving| {
        let state = serving.state.borrow();
        json!({
            "relay": serving.relay_url, "last_ok_ms": state.last_ok_ms, "failure": state.failure,
            "rounds": state.rounds, "auto_admit": serving.joins == Joins::AdmitAll,
            "backups": serving.backups.as_ref().map(|state| {
                let state = state.borrow();
                json!({ "to": state.to, "last_ok_ms": state.last_ok_ms, "failure": state.failure })
            }),
        })
    });
    desk.say_json(&json!({
        "workspace": desk.workspace.id().to_string(),
        "name": desk.workspace.name(),
        "device": desk.workspace.device().to_string(),
        "membership": membership,
        "life": desk.workspace.generation(),
        "held_back": desk.workspace.is_undecided().map_err(ReadError::from)?,
        "copied_ms": desk.workspace.copied().map(|taken| taken.ms),
        "code": desk.workspace.own_short_code()?,
        "scopes": scope_names,
        "records": status.records,
        "contested": status.contested,
        "incomplete": status.incomplete,
        "unsealed_changes": status.unsealed_changes,
        "frames_waiting": status.frames_waiting,
        "frames_at_relay": status.frames_at_relay,
        "frames_at_headquarters": status.frames_at_headquarters,
        "frames_backed_up": status.frames_backed_up,
        "frames_refused": status.frames_refused,
        "inbox_waiting": status.inbox_waiting,
        "inbox_quarantined": status.inbox_quarantined,
        "changes_stuck": status.changes_stuck,
        "store_bytes": status.store_bytes,
        "devices": accounts,
        "serving": serving,
    }))
}

fn account_json(account: &DeviceAccount, scope: &str) -> Json {
    let gaps = account.gaps.iter().map(|gap| {
        let after = gap.after.map(|claimed| claimed.ms);
        json!({ "log": gap.log.to_string(), "first": gap.first, "last": gap.last, "after_claimed_ms": after })
    });
    json!({
        "device": account.device.to_string(),
        "officer": account.officer,
        "phone": account.phone,
        "scope": scope,
        "frames_known": account.frames_known,
        "frames_merged": account.frames_merged,
        "frames_backed_up": account.frames_backed_up,
        "frames_waiting": account.frames_waiting,
        "frames_parked": account.frames_parked,
        "frames_beside": account.frames_beside,
        "frames_missing": account.frames_missing(),
        "gaps": gaps.collect::<Vec<_>>(),
        "last_claimed_ms": account.last_claimed.map(|claimed| claimed.ms),
    })
}

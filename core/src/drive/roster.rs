//! The roster over the line: fetching it, publishing it, asking to join.

use super::exchange::{Line, read_all};
use super::transport::{Method, Transport};
use super::{Shell, SyncError};
use crate::workspace::Workspace;
use kahriz_proto::join::{Join, JoinPage};
use kahriz_proto::limits::TRIES_WITHOUT_PROGRESS_MAX;
use kahriz_proto::message::{RefusalReason, RosterPage};
use kahriz_proto::roster::Entry;
use kahriz_proto::session::Failure;
use minicbor::bytes::ByteVec;

/// A page of roster entries at most: an epoch's wraps for 2,000 devices and room for more.
pub(super) const ROSTER_PAGE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A relay that has more than fits a page sends about this much: ask again.
pub(super) const FULL_PAGE_BYTES: usize = 4 * 1024 * 1024;

/// Fetches and takes the roster's entries that are not here, and the own keys that are not; says the number of the
/// last entry.
pub(super) fn fetch(line: &mut Line<'_>) -> Result<u64, SyncError> {
    loop {
        let after = line.workspace.roster_seq();
        let keys = if line.workspace.lacks_keys()? { "&keys=0" } else { "" };
        let (page, bytes) = page_after(line, &format!("/v1/roster?after={after}{keys}"))?;
        line.workspace.take_roster(&page)??;
        let seq = line.workspace.roster_seq();
        if seq > after {
            line.workspace.set_published_roster(seq);
        }
        if bytes < FULL_PAGE_BYTES {
            return Ok(seq);
        }
    }
}

fn page_after(line: &mut Line<'_>, path: &str) -> Result<(RosterPage, usize), SyncError> {
    let answer = line.request(Method::Get, path, &[], &[], None)?;
    let body = read_all(answer, ROSTER_PAGE_BYTES_MAX)?;
    let page = minicbor::decode(&body).map_err(|_| Failure::Nonsense)?;
    Ok((page, body.len()))
}

/// Posts this device's request to join. The roster is read first, to know whom to seal it to and that
/// it is the workspace of the invite. Posting twice is harmless.
///
/// # Errors
/// [`SyncError::NoInvite`], [`SyncError::Roster`] if the relay's roster is another workspace's, or the line.
pub fn join(
    workspace: &Workspace,
    transport: &mut dyn Transport,
    shell: &mut dyn Shell,
) -> Result<(), SyncError> {
    let mut line = Line::new(workspace, transport, shell);
    fetch(&mut line)?;
    let join = workspace.join_request(line.shell.rng())?.ok_or(SyncError::NoInvite)?;
    let body = minicbor::to_vec(&join).expect("writing to a vector cannot fail");
    // If another device was quicker, headquarters has to hear of both.
    line.request(Method::Post, "/v1/joins", &body, &body, None)?;
    if workspace.invite_is_taken()? { Err(SyncError::InviteTaken) } else { Ok(()) }
}

/// Headquarters registers its workspace at a relay, with the whole roster. `registration` is the
/// relay's secret for that; empty if it takes anyone.
///
/// # Errors
/// [`SyncError::Line`].
pub fn publish_workspace(
    workspace: &Workspace,
    transport: &mut dyn Transport,
    shell: &mut dyn Shell,
    registration: &str,
) -> Result<(), SyncError> {
    let mut line = Line::new(workspace, transport, shell);
    let body = page(workspace, 0)?;
    let registration = Some(registration).filter(|secret| !secret.is_empty());
    let seq = workspace.roster_seq();
    line.request(Method::Post, "/v1/workspaces", &body, &body, registration)?;
    workspace.set_published_roster(seq);
    Ok(())
}

/// Headquarters publishes the roster entries that the relay lacks, from where it last knew it to be. If another
/// headquarters was quicker, its entries come first.
///
/// # Errors
/// [`SyncError::Line`], [`SyncError::RosterSplit`] if a person has to look.
pub fn publish_roster(
    workspace: &Workspace,
    transport: &mut dyn Transport,
    shell: &mut dyn Shell,
) -> Result<(), SyncError> {
    publish(&mut Line::new(workspace, transport, shell))
}

/// As [`publish_roster`], on a line that is open.
pub(super) fn publish(line: &mut Line<'_>) -> Result<(), SyncError> {
    publish_what_is_owed(line)?;
    line.workspace.roster_is_sure();
    Ok(())
}

fn publish_what_is_owed(line: &mut Line<'_>) -> Result<(), SyncError> {
    if line.workspace.owes_roster() && !line.workspace.is_roster_unsure() {
        match publish_after(line, line.workspace.published_roster()) {
            Err(error) if has_moved(&error) => {}
            published => return published,
        }
    }
    // Who writes on while this device gives way is given way to once more, and not for ever.
    for _ in 1..TRIES_WITHOUT_PROGRESS_MAX {
        match agree(line) {
            Err(error) if has_moved(&error) => {}
            agreed => return agreed,
        }
    }
    agree(line)
}

fn has_moved(error: &SyncError) -> bool {
    matches!(error, SyncError::Line(Failure::Refused(RefusalReason::RosterMoved)))
}

/// The relay is another, was restored, or another headquarters was quicker: holds its roster against the own one, entry
/// by entry, takes what is only there and publishes what is only here.
fn agree(line: &mut Line<'_>) -> Result<(), SyncError> {
    let workspace = line.workspace;
    let mut theirs = whole(line)?;
    let own = workspace.roster_entries(0)?;
    let hash = |entry: &[u8]| Entry::decode(entry).map(|entry| entry.hash());
    let same = |(own, theirs): &(&Vec<u8>, &ByteVec)| {
        hash(own).is_some_and(|own| Some(own) == hash(theirs))
    };
    let shared = own.iter().zip(&theirs.entries).take_while(same).count();
    let newer = theirs.entries.split_off(shared);
    if newer.is_empty() {
        return publish_after(line, shared as u64);
    }
    let page = RosterPage { entries: newer, keys: theirs.keys };
    if shared == own.len() {
        workspace.take_roster(&page)??;
        workspace.set_published_roster(workspace.roster_seq());
        return Ok(());
    }
    let now = line.now();
    workspace.give_way(shared as u64, &page, now, line.shell.rng())?;
    publish_after(line, workspace.published_roster())
}

/// Everything that the relay has of the roster, and the own keys.
fn whole(line: &mut Line<'_>) -> Result<RosterPage, SyncError> {
    let mut whole = RosterPage::default();
    loop {
        let (page, bytes) = page_after(line, &format!("/v1/roster?after={}", whole.entries.len()))?;
        whole.entries.extend(page.entries);
        whole.keys.get_or_insert_default().extend(page.keys.unwrap_or_default());
        if bytes < FULL_PAGE_BYTES {
            return Ok(whole);
        }
    }
}

fn publish_after(line: &mut Line<'_>, after: u64) -> Result<(), SyncError> {
    let seq = line.workspace.roster_seq();
    if after < seq {
        let body = page(line.workspace, after)?;
        line.request(Method::Post, "/v1/roster", &body, &body, None)?;
    }
    line.workspace.set_published_roster(seq);
    Ok(())
}

/// Headquarters reads the joins that wait at the relay, and looks for an invite that was used twice. What does not
/// decode is left out.
///
/// # Errors
/// [`SyncError::Line`].
pub fn waiting_joins(
    workspace: &Workspace,
    transport: &mut dyn Transport,
    shell: &mut dyn Shell,
) -> Result<Vec<Join>, SyncError> {
    let mut line = Line::new(workspace, transport, shell);
    let answer = line.request(Method::Get, "/v1/joins", &[], &[], None)?;
    let body = read_all(answer, ROSTER_PAGE_BYTES_MAX)?;
    let page: JoinPage = minicbor::decode(&body).map_err(|_| Failure::Nonsense)?;
    let joins = page.joins.into_iter().filter_map(|bytes| minicbor::decode(&bytes).ok());
    let joins: Vec<Join> = joins.collect();
    workspace.watch_joins(&joins)?;
    Ok(joins)
}

fn page(workspace: &Workspace, after: u64) -> Result<Vec<u8>, SyncError> {
    let page = workspace.roster_page(after)?;
    Ok(minicbor::to_vec(page).expect("writing to a vector cannot fail"))
}

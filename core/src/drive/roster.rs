//! The roster over the line: fetching it, publishing it, asking to join.

use super::exchange::{Line, read_all};
use super::transport::{Method, Transport};
use super::{Shell, SyncError};
use crate::workspace::Workspace;
use kahriz_proto::join::{Join, JoinPage};
use kahriz_proto::message::{RefusalReason, RosterPage};
use kahriz_proto::session::Failure;

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
        if bytes < FULL_PAGE_BYTES {
            return Ok(line.workspace.roster_seq());
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

/// Headquarters publishes the roster entries that the relay lacks, from where it last knew it to be.
///
/// # Errors
/// [`SyncError::Line`].
pub fn publish_roster(
    workspace: &Workspace,
    transport: &mut dyn Transport,
    shell: &mut dyn Shell,
) -> Result<(), SyncError> {
    publish(&mut Line::new(workspace, transport, shell))
}

/// As [`publish_roster`], on a line that is open.
pub(super) fn publish(line: &mut Line<'_>) -> Result<(), SyncError> {
    let here = line.workspace.roster_seq();
    let known = line.workspace.published_roster();
    if known > 0 && known < here {
        match publish_after(line, known) {
            Err(SyncError::Line(Failure::Refused(RefusalReason::RosterMoved))) => {}
            published => return published,
        }
    }
    // The relay is another, or was restored: count what it has.
    let mut there = 0;
    loop {
        let (page, bytes) = page_after(line, &format!("/v1/roster?after={there}"))?;
        there += page.entries.len() as u64;
        if bytes < FULL_PAGE_BYTES {
            break;
        }
    }
    if there < here { publish_after(line, there) } else { Ok(()) }
}

fn publish_after(line: &mut Line<'_>, after: u64) -> Result<(), SyncError> {
    let seq = line.workspace.roster_seq();
    let body = page(line.workspace, after)?;
    line.request(Method::Post, "/v1/roster", &body, &body, None)?;
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

//! Two devices of one workspace that meet, with no relay in reach: each gives the other what it lacks.
//!
//! The one that serves answers as a relay does, from what it carries; the other one speaks. What goes over the line are
//! the same frames, and both compare heads as with a relay that has forgotten everything.

use super::exchange::{Line, read_all, read_control};
use super::repair::{Fetching, compare};
use super::roster::ROSTER_PAGE_BYTES_MAX;
use super::transport::{Method, Transport};
use super::{Phase, Progress, Shell, SyncError, SyncReport};
use crate::store::inbox::From;
use crate::workspace::{Membership, Workspace};
use kahriz_proto::frame::FrameRef;
use kahriz_proto::item::push_item;
use kahriz_proto::limits::PUSH_BYTES_MAX;
use kahriz_proto::message::{RosterPage, SyncAnswer, SyncRequest, Verdict};
use kahriz_proto::session::Failure;

/// Brings this device and one that serves nearby up to the same state. What was taken from there is for the relay to
/// hold still, and is pushed at the next sync.
///
/// # Errors
/// [`SyncError`]; what was exchanged before stays exchanged.
pub fn meet(
    workspace: &Workspace,
    transport: &mut dyn Transport,
    shell: &mut dyn Shell,
) -> Result<SyncReport, SyncError> {
    let mut line = Line::new(workspace, transport, shell);
    if workspace.copied().is_some() {
        return Err(SyncError::Copy);
    }
    let mut report = SyncReport::default();
    take_roster(&mut line)?;
    match workspace.membership() {
        Membership::Waiting => return Err(SyncError::Waiting),
        Membership::Revoked => {
            // An administrator has signed it: what lies here is let go of at once, and not at the next relay.
            workspace.let_go(line.shell.rng())?;
            return Err(SyncError::Revoked);
        }
        Membership::Member { .. } => {}
    }
    loop {
        report.changes_sealed += line.seal()?;
        exchange(&mut line, &mut report)?;
        let taken = workspace.merge_inbox(&mut |_| {})?;
        report.changes_merged += taken.changes;
        report.records_changed += taken.records;
        report.frames_parked = taken.parked;
        // A headquarters signs for what it has merged, and hands that over too.
        if !workspace.acknowledge()? {
            return Ok(report);
        }
    }
}

/// The newer entries of the roster that the other one has read.
fn take_roster(line: &mut Line<'_>) -> Result<(), SyncError> {
    let after = line.workspace.roster_seq();
    let path = format!("/v1/roster?after={after}");
    let answer = line.request(Method::Get, &path, &[], &[], None)?;
    let body = read_all(answer, ROSTER_PAGE_BYTES_MAX)?;
    let page: RosterPage = minicbor::decode(&body).map_err(|_| Failure::Nonsense)?;
    Ok(line.workspace.take_roster(&page)??)
}

fn exchange(line: &mut Line<'_>, report: &mut SyncReport) -> Result<(), SyncError> {
    for scope in line.workspace.cursors()?.into_iter().map(|cursor| cursor.scope) {
        let (_, differences) = compare(line, scope, report)?;
        let wants = Workspace::lacking_here(&differences);
        let mut fetching = Fetching { scope, wants, from: From::Elsewhere, from_beginning: vec![] };
        fetching.fetch(line, report)?;
        hand_over(line, &Workspace::lacking_there(&differences), report)?;
    }
    Ok(())
}

/// Pushes what is kept here of these logs. What was let go of here headquarters has, and nobody else needs to bring it.
fn hand_over(
    line: &mut Line<'_>,
    places: &[FrameRef],
    report: &mut SyncReport,
) -> Result<(), SyncError> {
    let mut after = 0;
    loop {
        let kept = line.workspace.kept_after(places, after, PUSH_BYTES_MAX)?;
        let Some(last) = kept.last() else { return Ok(()) };
        after = last.row;
        let mut items = vec![];
        kept.iter().for_each(|kept| push_item(&mut items, &kept.frame.bytes));
        let (stored, refused) = push(line, &items, kept.len(), report)?;
        report.frames_pushed += stored;
        report.frames_refused += refused;
        let done = report.frames_pushed;
        line.shell.progress(&Progress { phase: Phase::Pushing, done, total: 0 });
    }
}

/// One turn up; says how many were taken and how many were not.
fn push(
    line: &mut Line<'_>,
    items: &[u8],
    count: usize,
    report: &mut SyncReport,
) -> Result<(u64, u64), SyncError> {
    let roster = line.workspace.roster_seq();
    let request = SyncRequest { roster, ..SyncRequest::default() };
    let control = minicbor::to_vec(&request).expect("writing to a vector cannot fail");
    let mut body = vec![];
    push_item(&mut body, &control);
    body.extend_from_slice(items);
    report.exchanges += 1;
    let mut answer = line.request(Method::Post, "/v1/sync", &body, &control, None)?;
    let answer: SyncAnswer = read_control(&mut answer)?;
    let verdicts = answer.verdicts.unwrap_or_else(|| vec![Verdict::Stored; count]);
    let held = verdicts.iter().filter(|verdict| verdict.is_held()).count() as u64;
    Ok((held, verdicts.len() as u64 - held))
}

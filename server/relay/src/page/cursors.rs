//! The page that answers a sync: which cursors still mean something, and what stands after them.

use super::{Page, Planned, Shown, budget};
use crate::log::{Listed, Log, LogError};
use kahriz_proto::cursor::Cursor;
use kahriz_proto::ids::{DeviceId, Incarnation, ScopeId, WorkspaceId};
use kahriz_proto::message::SyncRequest;
use kahriz_proto::roster::Roster;

/// Rows that are listed in one question.
const LISTED_AT_ONCE: usize = 256;

/// One page, and what is to be said about the cursors that it was asked with.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) page: Page,
    pub(crate) restart: Vec<u32>,
    pub(crate) not_granted: Vec<u32>,
    pub(crate) incarnation: Option<Incarnation>,
}

/// Who reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader {
    pub(crate) workspace: WorkspaceId,
    pub(crate) device: DeviceId,
}

/// Plans the page that answers a request. Blocks.
pub(crate) fn plan(
    log: &dyn Log,
    roster: &Roster,
    reader: Reader,
    request: &SyncRequest,
) -> Result<Plan, LogError> {
    let mut plan = Plan::default();
    let mut starts = vec![];
    for (index, cursor) in (0_u32..).zip(&request.cursors) {
        let member = roster.member(reader.device);
        if !member.is_some_and(|member| member.is_live_in(cursor.scope)) {
            plan.not_granted.push(index);
            continue;
        }
        if cursor.incarnation != log.incarnation() {
            plan.incarnation = Some(log.incarnation());
        }
        let known = is_known(log, reader, cursor)?;
        if !known {
            plan.restart.push(index);
        }
        if known || request.compares != Some(true) {
            starts.push((index, cursor.scope, if known { cursor.position } else { 0 }));
        }
    }
    // The item that the caller holds in part comes first.
    if let Some(from) = request.pull_from {
        starts.sort_by_key(|(index, ..)| *index != from.scope);
    }
    for start in starts {
        take_scope(&mut plan.page, log, reader, budget(request.page_bytes), start)?;
    }
    plan.page.resumed = resumed(log, reader, request, &plan)?;
    Ok(plan)
}

/// Whether a cursor means the same here as on the device: one lookup.
fn is_known(log: &dyn Log, reader: Reader, cursor: &Cursor) -> Result<bool, LogError> {
    if cursor.position == 0 {
        return Ok(true);
    }
    if cursor.incarnation != log.incarnation() {
        return Ok(false);
    }
    let rolling = log.rolling(reader.workspace, cursor.scope, cursor.position)?;
    Ok(rolling == Some(cursor.rolling))
}

/// Adds what stands in a scope after a position, as far as the budget goes.
fn take_scope(
    page: &mut Page,
    log: &dyn Log,
    reader: Reader,
    budget: usize,
    (index, scope, mut after): (u32, ScopeId, u64),
) -> Result<(), LogError> {
    while !page.more {
        let listed = log.listing(reader.workspace, scope, after, LISTED_AT_ONCE)?;
        for listed in &listed {
            if !page.take(budget, planned(reader, index, scope, listed)) {
                return Ok(());
            }
            after = listed.position;
        }
        if listed.len() < LISTED_AT_ONCE {
            return Ok(());
        }
    }
    Ok(())
}

fn planned(reader: Reader, index: u32, scope: ScopeId, listed: &Listed) -> Planned {
    let own = listed.device == reader.device;
    let shown = if own { Shown::Own(index, listed.hash) } else { Shown::Item(index) };
    Planned { scope, position: listed.position, len: listed.len, shown }
}

fn resumed(
    log: &dyn Log,
    reader: Reader,
    request: &SyncRequest,
    plan: &Plan,
) -> Result<Option<usize>, LogError> {
    let (Some(from), Some(first)) = (request.pull_from, plan.page.items.front()) else {
        return Ok(None);
    };
    let of_scope = match first.shown {
        Shown::Item(index) | Shown::Own(index, _) => index == from.scope,
        Shown::Frame => false,
    };
    let same = of_scope && first.position == from.position && !plan.restart.contains(&from.scope);
    if !same {
        return Ok(None);
    }
    let mut bytes = vec![];
    first.push(log, reader.workspace, &mut bytes)?;
    let offset = usize::try_from(from.offset).unwrap_or(usize::MAX);
    Ok((offset < bytes.len()).then_some(offset))
}

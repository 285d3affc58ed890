//! What goes down in one exchange: which cursors still mean something, which items fit the budget,
//! and their bytes. Reads the log, decides nothing about HTTP.
//!
//! A page is planned from lengths alone, so that the answer's first bytes can say whether there is
//! more; the items' bytes are then read one by one as the line takes them.

use crate::config::PAGE_ITEMS_MAX;
use crate::log::{Listed, Log, LogError};
use kahriz_proto::cursor::Cursor;
use kahriz_proto::ids::{DeviceId, Incarnation, ScopeId, WorkspaceId};
use kahriz_proto::item::{PageContent, PageItem, push_item};
use kahriz_proto::limits::PAGE_BYTES_MAX;
use kahriz_proto::message::SyncRequest;
use kahriz_proto::roster::Roster;
use std::collections::VecDeque;

/// Rows that are listed in one question.
const LISTED_AT_ONCE: usize = 256;

/// An item around another device's frame is at most this much longer than the frame.
const ITEM_OVERHEAD: usize = 32;

/// An item that stands for a frame of the asking device: a hash and its address.
const OWN_ITEM_BYTES: usize = 56;

/// One item of a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Planned {
    index: u32,
    scope: ScopeId,
    listed: Listed,
    /// Only its hash is told: the reader has sealed it.
    by_hash: bool,
}

/// One page, and what is to be said about the cursors that it was asked with.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) items: VecDeque<Planned>,
    /// Upper bound of the items' bytes.
    pub(crate) bytes: usize,
    pub(crate) more: bool,
    /// Bytes of the first item that the caller holds already.
    pub(crate) resumed: Option<usize>,
    pub(crate) restart: Vec<u32>,
    pub(crate) not_granted: Vec<u32>,
    pub(crate) incarnation: Option<Incarnation>,
    /// What the reader has sealed itself comes as bytes too.
    own_as_bytes: bool,
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
    let mut plan = Plan { own_as_bytes: request.own == Some(true), ..Plan::default() };
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
        starts.push((index, cursor.scope, if known { cursor.position } else { 0 }));
    }
    // The item that the caller holds in part comes first.
    if let Some(from) = request.pull_from {
        starts.sort_by_key(|(index, ..)| *index != from.scope);
    }
    let budget = usize::try_from(request.page_bytes).unwrap_or(usize::MAX).min(PAGE_BYTES_MAX);
    for (index, scope, after) in starts {
        plan.take_scope(log, reader, budget, (index, scope, after))?;
    }
    plan.resumed = resumed(log, reader, request, &plan)?;
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

fn resumed(
    log: &dyn Log,
    reader: Reader,
    request: &SyncRequest,
    plan: &Plan,
) -> Result<Option<usize>, LogError> {
    let (Some(from), Some(first)) = (request.pull_from, plan.items.front()) else {
        return Ok(None);
    };
    let same = first.index == from.scope
        && first.listed.position == from.position
        && !plan.restart.contains(&from.scope);
    if !same {
        return Ok(None);
    }
    let mut bytes = vec![];
    push_bytes(log, reader, first, &mut bytes)?;
    let offset = usize::try_from(from.offset).unwrap_or(usize::MAX);
    Ok((offset < bytes.len()).then_some(offset))
}

impl Plan {
    /// Adds what stands in a scope after a position, as far as the budget goes.
    fn take_scope(
        &mut self,
        log: &dyn Log,
        reader: Reader,
        budget: usize,
        (index, scope, mut after): (u32, ScopeId, u64),
    ) -> Result<(), LogError> {
        let count = if self.more { return Ok(()) } else { LISTED_AT_ONCE };
        loop {
            let listed = log.listing(reader.workspace, scope, after, count)?;
            for listed in &listed {
                let by_hash = listed.device == reader.device && !self.own_as_bytes;
                if !self.take(budget, Planned { index, scope, listed: *listed, by_hash }) {
                    self.more = true;
                    return Ok(());
                }
                after = listed.position;
            }
            if listed.len() < count {
                return Ok(());
            }
        }
    }

    fn take(&mut self, budget: usize, item: Planned) -> bool {
        let bytes = if item.by_hash { OWN_ITEM_BYTES } else { item.listed.len + ITEM_OVERHEAD };
        let fits = if self.items.is_empty() { budget > 0 } else { self.bytes + bytes <= budget };
        if fits && self.items.len() < PAGE_ITEMS_MAX {
            self.bytes += bytes;
            self.items.push_back(item);
            return true;
        }
        false
    }
}

/// Takes items off the plan and appends their bytes, until there are about `bytes` of them. Blocks.
pub(crate) fn read_items(
    log: &dyn Log,
    reader: Reader,
    plan: &mut Plan,
    bytes: usize,
) -> Result<Vec<u8>, LogError> {
    let mut out = vec![];
    while out.len() < bytes {
        let Some(item) = plan.items.pop_front() else { break };
        push_bytes(log, reader, &item, &mut out)?;
        if let Some(held) = plan.resumed.take() {
            out.drain(..held);
        }
    }
    Ok(out)
}

fn push_bytes(
    log: &dyn Log,
    reader: Reader,
    item: &Planned,
    out: &mut Vec<u8>,
) -> Result<(), LogError> {
    let position = item.listed.position;
    let content = if item.by_hash {
        PageContent::Own(item.listed.hash)
    } else {
        let frame = log.frame(reader.workspace, item.scope, position)?;
        let gone = || std::io::Error::other("a frame that was listed is not there");
        PageContent::Frame(frame.ok_or_else(|| LogError::Failed(std::sync::Arc::new(gone())))?)
    };
    let item = PageItem { scope: item.index, position, content };
    push_item(out, &minicbor::to_vec(&item).expect("writing to a vector cannot fail"));
    Ok(())
}

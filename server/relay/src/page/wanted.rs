//! The page that answers a repair: frames of certain logs, merged in the order of their positions.

use super::{Page, Planned, Shown, budget};
use crate::log::{InLog, Log, LogError};
use kahriz_proto::cursor::Position;
use kahriz_proto::frame::FrameRef;
use kahriz_proto::ids::{ScopeId, WorkspaceId};
use kahriz_proto::message::{Partial, partial_tag};
use std::collections::{BTreeMap, VecDeque};

/// Rows of one log that are listed in one question. Few, because a thousand logs may be wanted for one page.
const LISTED_AT_ONCE: usize = 16;

/// A log whose next frame is known.
struct Following {
    /// The last place that was listed.
    last: FrameRef,
    listed: VecDeque<InLog>,
}

/// Plans the page of the frames above these places, own ones like others. What others build on comes first, because
/// it got the lower position. Blocks.
pub(crate) fn wanted(
    log: &dyn Log,
    workspace: WorkspaceId,
    scope: ScopeId,
    wants: &[FrameRef],
    bytes: u32,
) -> Result<Page, LogError> {
    let follow = |after| follow(log, workspace, scope, after);
    let mut page = Page::default();
    // By the position of each log's next frame; no two frames of a scope have the same.
    let mut next: BTreeMap<Position, Following> = BTreeMap::new();
    for want in wants {
        next.extend(follow(*want)?);
    }
    while let Some((position, mut following)) = next.pop_first() {
        let Some(InLog { len, .. }) = following.listed.pop_front() else { continue };
        if !page.take(budget(bytes), Planned { scope, position, len, shown: Shown::Frame }) {
            break;
        }
        next.extend(match following.listed.front() {
            Some(first) => Some((first.position, following)),
            None => follow(following.last)?,
        });
    }
    Ok(page)
}

/// Goes on within the first item, if what the caller holds is its beginning. Blocks.
pub(crate) fn resume(
    log: &dyn Log,
    workspace: WorkspaceId,
    page: &mut Page,
    held: Option<Partial>,
) -> Result<(), LogError> {
    let (Some(held), Some(first)) = (held, page.items.front()) else { return Ok(()) };
    let mut bytes = vec![];
    first.push(log, workspace, &mut bytes)?;
    let len = usize::try_from(held.len).unwrap_or(usize::MAX);
    let begun = bytes.get(..len).filter(|begun| partial_tag(begun) == held.tag);
    page.resumed = begun.filter(|begun| begun.len() < bytes.len()).map(<[u8]>::len);
    Ok(())
}

/// What stands in a log above a place, with the position of the first.
fn follow(
    log: &dyn Log,
    workspace: WorkspaceId,
    scope: ScopeId,
    after: FrameRef,
) -> Result<Option<(Position, Following)>, LogError> {
    let listed = VecDeque::from(log.listing_of_log(workspace, scope, after, LISTED_AT_ONCE)?);
    let ends = listed.front().zip(listed.back()).map(|(first, last)| (first.position, last.seq));
    Ok(ends.map(|(position, seq)| {
        (position, Following { last: FrameRef { log: after.log, seq }, listed })
    }))
}

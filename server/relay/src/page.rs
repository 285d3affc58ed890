//! What goes down in one answer after its control part: which items fit the budget, and their bytes. Reads the log,
//! decides nothing about HTTP.
//!
//! A page is planned from lengths alone, so that the answer's first bytes can say whether there is
//! more; the items' bytes are then read one by one as the line takes them.

mod cursors;
mod wanted;

pub(crate) use cursors::{Plan, Reader, plan};
pub(crate) use wanted::{resume, wanted};

use crate::config::PAGE_ITEMS_MAX;
use crate::log::{Log, LogError};
use kahriz_proto::cursor::Position;
use kahriz_proto::ids::{FrameHash, ScopeId, WorkspaceId};
use kahriz_proto::item::{PageContent, PageItem, push_item};
use kahriz_proto::limits::PAGE_BYTES_MAX;
use std::collections::VecDeque;

/// An item around another device's frame is at most this much longer than the frame.
const ITEM_OVERHEAD: usize = 32;

/// An item that stands for a frame of the asking device: a hash and its address.
const OWN_ITEM_BYTES: usize = 56;

/// What stands before a frame that goes down as it is: its length.
const FRAME_OVERHEAD: usize = 4;

/// One item of a page.
#[derive(Clone, Copy, Debug)]
struct Planned {
    scope: ScopeId,
    position: Position,
    /// The length of the frame that stands there.
    len: usize,
    shown: Shown,
}

/// What is sent of a frame.
#[derive(Clone, Copy, Debug)]
enum Shown {
    /// A page item around it, with the place of its scope in the request.
    Item(u32),
    /// A page item that names only its hash, for the device that has sealed it.
    Own(u32, FrameHash),
    /// Its exact bytes and nothing else.
    Frame,
}

/// Items that were planned and not sent yet.
#[derive(Debug, Default)]
pub(crate) struct Page {
    items: VecDeque<Planned>,
    /// Upper bound of the items' bytes.
    bytes: usize,
    /// There is more than was taken.
    pub(crate) more: bool,
    /// Bytes of the first item that the caller holds already.
    pub(crate) resumed: Option<usize>,
}

/// The bytes of a page that a caller gets who wants so many.
fn budget(wanted: u32) -> usize {
    usize::try_from(wanted).unwrap_or(usize::MAX).min(PAGE_BYTES_MAX)
}

impl Page {
    /// Items that are left.
    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether nothing is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Whether all of it has at most so many bytes.
    pub(crate) fn is_within(&self, bytes: usize) -> bool {
        self.bytes <= bytes
    }

    /// Gives up what is left.
    pub(crate) fn clear(&mut self) {
        self.items.clear();
    }

    /// Takes one more item if the budget allows it. Whatever the budget, if it is one at all, the first item fits.
    fn take(&mut self, budget: usize, item: Planned) -> bool {
        let bytes = item.bytes_max();
        let fits = if self.items.is_empty() { budget > 0 } else { self.bytes + bytes <= budget };
        if fits && self.items.len() < PAGE_ITEMS_MAX {
            self.bytes += bytes;
            self.items.push_back(item);
        } else {
            self.more = true;
        }
        !self.more
    }

    /// Takes items off the page and gives their bytes, until there are about `bytes` of them. Blocks.
    pub(crate) fn read(
        &mut self,
        log: &dyn Log,
        workspace: WorkspaceId,
        bytes: usize,
    ) -> Result<Vec<u8>, LogError> {
        let mut out = vec![];
        while out.len() < bytes {
            let Some(item) = self.items.pop_front() else { break };
            item.push(log, workspace, &mut out)?;
            if let Some(held) = self.resumed.take() {
                out.drain(..held);
            }
        }
        Ok(out)
    }
}

impl Planned {
    fn bytes_max(&self) -> usize {
        match self.shown {
            Shown::Item(_) => self.len + ITEM_OVERHEAD,
            Shown::Own(..) => OWN_ITEM_BYTES,
            Shown::Frame => self.len + FRAME_OVERHEAD,
        }
    }

    fn push(
        &self,
        log: &dyn Log,
        workspace: WorkspaceId,
        out: &mut Vec<u8>,
    ) -> Result<(), LogError> {
        let (scope, content) = match self.shown {
            Shown::Item(scope) => (scope, PageContent::Frame(self.frame(log, workspace)?)),
            Shown::Own(scope, hash) => (scope, PageContent::Own(hash)),
            Shown::Frame => {
                push_item(out, &self.frame(log, workspace)?);
                return Ok(());
            }
        };
        let item = PageItem { scope, position: self.position, content };
        push_item(out, &minicbor::to_vec(&item).expect("writing to a vector cannot fail"));
        Ok(())
    }

    fn frame(&self, log: &dyn Log, workspace: WorkspaceId) -> Result<Vec<u8>, LogError> {
        let gone = || std::io::Error::other("a frame that was listed is not there");
        let frame = log.frame(workspace, self.scope, self.position)?;
        frame.ok_or_else(|| LogError::Failed(std::sync::Arc::new(gone())))
    }
}

//! Writing a bundle, record after record.

use super::{BUNDLE_MAGIC, BUNDLE_VERSION, MARKER, checksum, kind, payload_max};
use crate::ids::WorkspaceId;
use crate::item::push_varint;
use crate::message::RosterPage;
use thiserror::Error;

/// A record would be longer than any reader takes: give the roster in smaller pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("it is too long for one record of a bundle")]
pub struct TooLong;

/// A bundle in the making.
#[derive(Clone, Debug)]
pub struct BundleWriter {
    out: Vec<u8>,
    records: u64,
}

impl BundleWriter {
    /// The beginning of a workspace's bundle.
    #[must_use]
    pub fn new(workspace: WorkspaceId) -> Self {
        let mut this = Self { out: BUNDLE_MAGIC.to_vec(), records: 0 };
        this.push(kind::HEAD, &[&[BUNDLE_VERSION], &workspace.as_bytes()[..]].concat());
        this
    }

    /// Adds entries of the roster, with what keys come beside them.
    ///
    /// # Errors
    /// [`TooLong`] if the page has more than [`crate::limits::BUNDLE_PAGE_BYTES_MAX`]; nothing was added.
    pub fn roster_page(&mut self, page: &RosterPage) -> Result<(), TooLong> {
        let bytes = minicbor::to_vec(page).expect("writing to a vector cannot fail");
        self.add(kind::ROSTER_PAGE, &bytes)
    }

    /// Adds a frame, by its exact bytes.
    ///
    /// # Errors
    /// [`TooLong`] if they are no frame's, being too many; nothing was added.
    pub fn frame(&mut self, bytes: &[u8]) -> Result<(), TooLong> {
        self.add(kind::FRAME, bytes)
    }

    fn add(&mut self, kind: u8, payload: &[u8]) -> Result<(), TooLong> {
        if payload.len() > payload_max(kind) {
            return Err(TooLong);
        }
        self.push(kind, payload);
        self.records += 1;
        Ok(())
    }

    fn push(&mut self, kind: u8, payload: &[u8]) {
        self.out.extend_from_slice(MARKER);
        self.out.push(kind);
        push_varint(&mut self.out, payload.len() as u64);
        self.out.extend_from_slice(payload);
        self.out.extend_from_slice(&checksum(kind, payload));
    }

    /// The bytes that were made since the last time, to be written to the file.
    #[must_use]
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    /// The last bytes: a bundle without its end has been cut.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        let mut records = vec![];
        push_varint(&mut records, self.records);
        self.push(kind::END, &records);
        self.out
    }
}

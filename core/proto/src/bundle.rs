//! A bundle: a file with a workspace's roster and frames, carried by hand to where no network goes.
//!
//! Bytes in, bytes out: [`BundleWriter`] makes them, [`BundleReader`] takes them as they are read. A memory stick loses
//! sectors and a copy is cut short, so each record can be found and known to be whole without the ones before it: what
//! was not touched comes out, whatever has happened to the rest. Nothing is believed because it stands here: entries and
//! frames are signed, and go through the same doors as those from a relay. There is no time in it, nor who has written it.
//!
//! ```text
//! bundle = magic record*
//! record = marker(4) kind(1) varint(length) payload checksum(4)
//! ```
//!
//! ```
//! use kahriz_proto::bundle::{BundleReader, BundleWriter, Piece};
//! use kahriz_proto::ids::WorkspaceId;
//!
//! let workspace = WorkspaceId::from_bytes([1; 16]);
//! let mut writer = BundleWriter::new(workspace);
//! writer.frame(b"a sealed frame").unwrap();
//! let file = writer.finish();
//!
//! let mut reader = BundleReader::default();
//! let mut pieces = vec![];
//! for bytes in file.chunks(7) {
//!     reader.push(bytes);
//!     pieces.extend(&mut reader);
//! }
//! reader.end();
//! pieces.extend(&mut reader);
//! assert_eq!(pieces[1], Piece::Frame(b"a sealed frame".to_vec()));
//! assert!(reader.finish().is_none());
//! ```

mod reader;
mod writer;

pub use reader::{BundleReader, Damage, Piece};
pub use writer::{BundleWriter, TooLong};

use crate::hash::{domain, hash_short};
use crate::limits::{BUNDLE_PAGE_BYTES_MAX, FRAME_BYTES_MAX};

/// The version of the format that this code writes and reads.
pub const BUNDLE_VERSION: u8 = 1;

/// What a bundle begins with, so that people and programs know it.
pub const BUNDLE_MAGIC: &[u8] = b"kahriz bundle\n";

/// What each record begins with. Its first byte is no text in UTF-8 and does not stand in it again, so that no two
/// markers overlap.
const MARKER: &[u8] = b"\xf5khz";

const CHECKSUM_BYTES: usize = 4;

/// The head's payload: version, workspace.
const HEAD_BYTES: usize = 17;

/// What a record is. Others may come; who doesn't know them passes over them.
mod kind {
    pub(super) const HEAD: u8 = 0;
    pub(super) const ROSTER_PAGE: u8 = 1;
    pub(super) const FRAME: u8 = 2;
    pub(super) const END: u8 = 3;
}

/// Bytes that a record of this kind holds at most.
fn payload_max(kind: u8) -> usize {
    match kind {
        kind::HEAD | kind::END => 64,
        kind::FRAME => FRAME_BYTES_MAX,
        _ => BUNDLE_PAGE_BYTES_MAX,
    }
}

fn checksum(kind: u8, payload: &[u8]) -> [u8; CHECKSUM_BYTES] {
    hash_short(domain::BUNDLE, &[&[kind], payload])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

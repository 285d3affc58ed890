//! Reading a bundle as far as it is whole.

use super::{BUNDLE_MAGIC, CHECKSUM_BYTES, HEAD_BYTES, MARKER, checksum, kind, payload_max};
use crate::ids::WorkspaceId;
use crate::item::{push_varint, read_varint};
use crate::limits::BUNDLE_PAGE_BYTES_MAX;
use crate::message::RosterPage;
use std::ops::Range;

/// A record of a bundle. It is as it was written, by whomever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// The bundle begins here.
    Head {
        /// The format's version: [`super::BUNDLE_VERSION`], or this code is too old for the file.
        version: u8,
        /// Whose roster and frames follow.
        workspace: WorkspaceId,
    },
    /// Entries of the roster, and keys beside them.
    RosterPage(RosterPage),
    /// A frame, by its exact bytes.
    Frame(Vec<u8>),
}

/// What a bundle has lost. A copy from elsewhere may still have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Damage {
    /// Bytes that belong to no whole record.
    pub skipped_bytes: u64,
    /// In so many stretches.
    pub stretches: u64,
    /// The bundle's end did not come.
    pub cut: bool,
    /// Pages and frames that did not come, as the end says; 0 if there is none.
    pub missing: u64,
}

impl Damage {
    /// Nothing was lost.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// Takes a bundle's bytes as they are read and gives out what is whole: [`Self::push`], then [`Iterator::next`] until it
/// says `None`, and again. After the last bytes [`Self::end`], `next` once more until `None`, and [`Self::finish`].
/// Holds no more than one record and what was pushed last.
#[derive(Debug, Default)]
pub struct BundleReader {
    buffer: Vec<u8>,
    start: usize,
    /// The place for the magic is behind.
    begun: bool,
    /// No more bytes come.
    ended: bool,
    /// What was looked at last belongs to no record.
    is_skipping: bool,
    /// The end has come, and after it nothing.
    is_complete: bool,
    /// Pages and frames since the last head.
    records: u64,
    damage: Damage,
    /// Bytes that were pushed, and payload bytes that were looked at in vain.
    pushed: u64,
    pub(super) wasted: u64,
}

/// What stands at the beginning of the bytes that are left.
enum Sight {
    /// A whole record, of so many bytes.
    Record { kind: u8, payload: Range<usize>, len: usize },
    /// The magic.
    Magic,
    /// So many bytes that belong to no record.
    Damaged(usize),
    /// A record that failed its checksum, with a payload of so many bytes.
    Failed(usize),
    /// Something that more bytes may complete.
    Short,
}

/// The checksum is right and what it covers isn't: no writer of ours has written it.
struct NotWhatItClaims;

impl BundleReader {
    /// More bytes have been read.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.start);
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
        self.pushed += bytes.len() as u64;
    }

    /// Bytes that were pushed and wait for what follows them.
    #[must_use]
    pub fn held(&self) -> usize {
        self.buffer.len() - self.start
    }

    /// No more bytes will come: what seemed to be the beginning of a long record is looked at again.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// What was lost.
    #[must_use]
    pub fn finish(self) -> Damage {
        Damage { cut: !self.is_complete, ..self.damage }
    }

    /// Looks at what is left.
    fn look(&self) -> Sight {
        let rest = &self.buffer[self.start..];
        if !self.begun && (rest.starts_with(BUNDLE_MAGIC) || BUNDLE_MAGIC.starts_with(rest)) {
            return if rest.len() < BUNDLE_MAGIC.len() { Sight::Short } else { Sight::Magic };
        }
        match marker_in(rest) {
            0 if rest.len() < MARKER.len() => Sight::Short,
            0 => look_at_record(rest),
            at => Sight::Damaged(at),
        }
    }

    fn take(&mut self, len: usize) {
        self.begun = true;
        self.start += len;
        self.is_skipping = false;
    }

    fn skip(&mut self, len: usize) {
        self.begun = true;
        self.start += len;
        self.damage.skipped_bytes += len as u64;
        self.damage.stretches += u64::from(!self.is_skipping);
        self.is_skipping = true;
    }

    /// After a record that failed the next one is looked for within it, because its length may be what was altered.
    /// Somebody may have filled a file with such records on purpose; when it has cost more than accidents do, they
    /// are passed over whole.
    fn skip_failed(&mut self, payload: usize) {
        self.wasted += payload as u64;
        let patience = 4 * self.pushed + 64 * BUNDLE_PAGE_BYTES_MAX as u64;
        self.skip(if self.wasted > patience { payload } else { MARKER.len() });
    }

    /// What a record says, if it is anything for the caller.
    fn read(&mut self, kind: u8, payload: Range<usize>) -> Result<Option<Piece>, NotWhatItClaims> {
        let payload = &self.buffer[self.start + payload.start..self.start + payload.end];
        let piece = match kind {
            kind::HEAD => Some(read_head(payload).ok_or(NotWhatItClaims)?),
            kind::ROSTER_PAGE => {
                Some(Piece::RosterPage(minicbor::decode(payload).map_err(|_| NotWhatItClaims)?))
            }
            kind::FRAME => Some(Piece::Frame(payload.to_vec())),
            kind::END => {
                let (records, _) = read_varint(payload).ok_or(NotWhatItClaims)?;
                self.damage.missing += records.saturating_sub(self.records);
                None
            }
            _later => None,
        };
        let is_head = kind == kind::HEAD;
        self.records = if is_head { 0 } else { self.records + u64::from(piece.is_some()) };
        self.is_complete = kind == kind::END;
        Ok(piece)
    }
}

impl Iterator for BundleReader {
    type Item = Piece;

    /// The next piece that is whole, if it is here. More may come after `None`, when more bytes have.
    fn next(&mut self) -> Option<Piece> {
        while self.held() > 0 {
            match self.look() {
                Sight::Short if !self.ended => return None,
                Sight::Short => self.skip(MARKER.len().min(self.held())),
                Sight::Magic => self.take(BUNDLE_MAGIC.len()),
                Sight::Damaged(len) => self.skip(len),
                Sight::Failed(payload) => self.skip_failed(payload),
                Sight::Record { kind, payload, len } => match self.read(kind, payload) {
                    Ok(None) => self.take(len),
                    Ok(piece) => {
                        self.take(len);
                        return piece;
                    }
                    Err(NotWhatItClaims) => self.skip(MARKER.len()),
                },
            }
        }
        None
    }
}

/// Where the first marker stands, or what may be the beginning of one; the length if there is none.
fn marker_in(bytes: &[u8]) -> usize {
    let begins = |at: &usize| {
        let here = &bytes[*at..bytes.len().min(at + MARKER.len())];
        MARKER.starts_with(here)
    };
    (0..bytes.len()).find(begins).unwrap_or(bytes.len())
}

/// What stands behind a marker.
fn look_at_record(rest: &[u8]) -> Sight {
    let Some((kind, behind)) = rest[MARKER.len()..].split_first() else { return Sight::Short };
    let Some((len, prefix)) = read_varint(behind) else {
        return if behind.len() < 10 { Sight::Short } else { Sight::Damaged(MARKER.len()) };
    };
    let mut shortest = vec![];
    push_varint(&mut shortest, len);
    let allowed = usize::try_from(len).ok().filter(|len| *len <= payload_max(*kind));
    let Some(len) = allowed.filter(|_| shortest.len() == prefix) else {
        return Sight::Damaged(MARKER.len());
    };
    let begin = MARKER.len() + 1 + prefix;
    let payload = begin..begin + len;
    let Some(sum) = rest.get(payload.end..payload.end + CHECKSUM_BYTES) else {
        return Sight::Short;
    };
    if checksum(*kind, &rest[payload.clone()]) != sum {
        return Sight::Failed(len);
    }
    Sight::Record { kind: *kind, len: payload.end + CHECKSUM_BYTES, payload }
}

/// A later version's head may be longer.
fn read_head(payload: &[u8]) -> Option<Piece> {
    let (version, rest) = payload.get(..HEAD_BYTES)?.split_first()?;
    Some(Piece::Head { version: *version, workspace: WorkspaceId::from_slice(rest)? })
}

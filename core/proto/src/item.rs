//! The stream of a sync exchange: length-prefixed items after the control part.
//!
//! Both directions look alike: the control part, then items, each with its length in front as a
//! varint. A reader takes bytes as they arrive and gives out whole items; what is left when the line
//! is cut is kept, and the next exchange continues at that byte.

use crate::cursor::Position;
use crate::frame::Frame;
use crate::ids::FrameHash;
use crate::limits::FRAME_BYTES_MAX;
use minicbor::{Decode, Encode};
use thiserror::Error;

/// One thing that a relay's page brings for a scope.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct PageItem {
    /// The scope, by its place in the request's list of cursors.
    #[n(0)]
    pub scope: u32,
    /// The frame's position in the scope.
    #[n(1)]
    pub position: Position,
    /// The frame itself, or that the asking device wrote it.
    #[n(2)]
    pub content: PageContent,
}

/// What stands at a position.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum PageContent {
    /// Another device's frame, as its exact bytes.
    #[n(0)]
    Frame(#[cbor(n(0), with = "minicbor::bytes")] Vec<u8>),
    /// A frame that the asking device sealed itself, so only its hash.
    #[n(1)]
    Own(#[n(0)] FrameHash),
}

impl PageContent {
    /// The hash of the frame that stands here; `None` if what was sent is no frame.
    #[must_use]
    pub fn hash(&self) -> Option<FrameHash> {
        match self {
            Self::Frame(bytes) => Frame::decode(bytes.clone()).ok().map(|frame| frame.hash()),
            Self::Own(hash) => Some(*hash),
        }
    }
}

/// Longest item: a frame and its few bytes of address.
pub const ITEM_BYTES_MAX: usize = FRAME_BYTES_MAX + 64;

/// Why a stream of items cannot go on.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum StreamError {
    /// An item claims to be longer than any may be: this is no relay of ours.
    #[error("an item of the stream is over the limit")]
    TooLong,
}

/// Appends an item with its length in front.
pub fn push_item(out: &mut Vec<u8>, item: &[u8]) {
    push_varint(out, item.len() as u64);
    out.extend_from_slice(item);
}

/// Appends a number in groups of seven bits, lowest first (LEB128).
pub fn push_varint(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            return out.push(low);
        }
        out.push(low | 0x80);
    }
}

/// Reads what [`push_varint`] wrote: the number and how many bytes it took; `None` if cut short or
/// over 64 bits.
#[must_use]
pub fn read_varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0_u64;
    for (at, byte) in bytes.iter().take(10).enumerate() {
        let part = u64::from(byte & 0x7f);
        let shift = 7 * u32::try_from(at).ok()?;
        if shift == 63 && part > 1 {
            return None;
        }
        value |= part << shift;
        if byte & 0x80 == 0 {
            return Some((value, at + 1));
        }
    }
    None
}

/// Takes a stream's bytes as they arrive and gives out its items.
#[derive(Debug, Default, Clone)]
pub struct ItemReader {
    buffer: Vec<u8>,
    start: usize,
}

impl ItemReader {
    /// A reader that begins in the middle of an item, of which these bytes are already here.
    #[must_use]
    pub fn resumed(partial: Vec<u8>) -> Self {
        Self { buffer: partial, start: 0 }
    }

    /// More bytes have arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole item, if it is here. Call again until it says `None`.
    ///
    /// # Errors
    /// [`StreamError::TooLong`] if what comes cannot be an item of at most `max` bytes.
    pub fn next_item(&mut self, max: usize) -> Result<Option<Vec<u8>>, StreamError> {
        let rest = &self.buffer[self.start..];
        let Some((len, prefix)) = read_varint(rest) else {
            return if rest.len() < 10 { Ok(None) } else { Err(StreamError::TooLong) };
        };
        let len =
            usize::try_from(len).ok().filter(|len| *len <= max).ok_or(StreamError::TooLong)?;
        if rest.len() < prefix + len {
            return Ok(None);
        }
        let item = rest[prefix..prefix + len].to_vec();
        self.start += prefix + len;
        Ok(Some(item))
    }

    /// The bytes of the item that has begun to arrive but is not whole, its length prefix included.
    #[must_use]
    pub fn partial(&self) -> &[u8] {
        &self.buffer[self.start..]
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn items_come_out_whole_however_the_bytes_are_cut() {
        let mut stream = vec![];
        let items: Vec<Vec<u8>> =
            [0_usize, 1, 127, 128, 5_000].iter().map(|n| vec![7; *n]).collect();
        items.iter().for_each(|item| push_item(&mut stream, item));
        for piece in [1, 3, 1_000] {
            let mut reader = ItemReader::default();
            let mut seen = vec![];
            for bytes in stream.chunks(piece) {
                reader.push(bytes);
                while let Some(item) = reader.next_item(ITEM_BYTES_MAX).unwrap() {
                    seen.push(item);
                }
            }
            assert_eq!(seen, items);
            assert!(reader.partial().is_empty());
        }
    }

    #[test]
    fn a_captive_portals_page_is_no_stream() {
        let mut reader = ItemReader::default();
        reader.push(&[0xff; 12]);
        assert_eq!(reader.next_item(ITEM_BYTES_MAX), Err(StreamError::TooLong));
    }

    #[test]
    fn varints_read_back_and_overlong_ones_do_not() {
        for value in [0, 1, 127, 128, 300, u64::MAX] {
            let mut out = vec![];
            push_varint(&mut out, value);
            assert_eq!(read_varint(&out), Some((value, out.len())));
        }
        assert_eq!(read_varint(&[0xff; 10]), None);
        assert_eq!(read_varint(&[0x80]), None);
    }
}

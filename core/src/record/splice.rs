//! The anatomy of an Automerge change chunk: what can be named instead of being sent.
//!
//! A chunk's magic, checksum, length, actor, dependencies' hashes and, mostly, its numbers follow from
//! where it stands. [`dissect`] cuts them out; [`assemble`] puts the exact bytes back together by
//! splicing, never by re-encoding, so that the hash is the same. The layout is that of Automerge's
//! binary format (change chunks), version pinned.

use kahriz_proto::item::{push_varint, read_varint};
use sha2::{Digest, Sha256};
use std::ops::Range;

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const CHANGE: u8 = 1;
/// Columns that a change has at most, of those that are known.
const COLUMNS_USUAL: usize = 16;

/// A change chunk in its parts. `actor` and `others` are the raw actor ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anatomy<'a> {
    /// The hashes of the changes that it builds on, in the chunk's order.
    pub deps: Vec<[u8; 32]>,
    /// Who made it.
    pub actor: &'a [u8],
    /// Its number among the actor's changes, from 1.
    pub seq: u64,
    /// Its first operation's counter.
    pub start_op: u64,
    /// Its claimed time, in seconds since 1970.
    pub time: i64,
    /// What was said beside it.
    pub message: &'a [u8],
    /// The other actors whose operations it names.
    pub others: Vec<&'a [u8]>,
    /// Its operations and whatever follows, as they are.
    pub rest: &'a [u8],
}

/// Cuts a chunk into its parts; `None` if it is not a whole, uncompressed change chunk whose numbers
/// are in their shortest form.
#[must_use]
pub fn dissect(chunk: &[u8]) -> Option<Anatomy<'_>> {
    let header = chunk.get(..9)?;
    if header[..4] != MAGIC || header[8] != CHANGE {
        return None;
    }
    let (len, prefix) = read_varint(&chunk[9..])?;
    let mut at = Reader(chunk.get(9 + prefix..)?);
    if at.0.len() as u64 != len {
        return None;
    }
    let dep_count = at.count(32)?;
    let deps = (0..dep_count).map(|_| at.take(32)?.try_into().ok()).collect::<Option<Vec<_>>>()?;
    let actor = at.prefixed()?;
    let seq = at.number()?;
    let start_op = at.number()?;
    let time = at.signed()?;
    let message = at.prefixed()?;
    let other_count = at.count(1)?;
    let others = (0..other_count).map(|_| at.prefixed()).collect::<Option<Vec<_>>>()?;
    let anatomy = Anatomy { deps, actor, seq, start_op, time, message, others, rest: at.0 };
    (assemble(&anatomy).0 == chunk).then_some(anatomy)
}

/// Puts a chunk together and says its hash.
#[must_use]
pub fn assemble(parts: &Anatomy<'_>) -> (Vec<u8>, [u8; 32]) {
    let mut contents = Vec::with_capacity(parts.rest.len() + parts.deps.len() * 32 + 64);
    push_varint(&mut contents, parts.deps.len() as u64);
    parts.deps.iter().for_each(|dep| contents.extend_from_slice(dep));
    push_prefixed(&mut contents, parts.actor);
    push_varint(&mut contents, parts.seq);
    push_varint(&mut contents, parts.start_op);
    push_signed(&mut contents, parts.time);
    push_prefixed(&mut contents, parts.message);
    push_varint(&mut contents, parts.others.len() as u64);
    parts.others.iter().for_each(|other| push_prefixed(&mut contents, other));
    contents.extend_from_slice(parts.rest);

    let mut hashed = Vec::with_capacity(contents.len() + 11);
    hashed.push(CHANGE);
    push_varint(&mut hashed, contents.len() as u64);
    hashed.extend_from_slice(&contents);
    let hash: [u8; 32] = Sha256::digest(&hashed).into();
    let chunk = [&MAGIC[..], &hash[..4], &hashed].concat();
    (chunk, hash)
}

/// Where in an anatomy's `rest` the written values stand (the value column, specification 0x57), read
/// from the column headers at its head alone, so that it can be said with or without the values in place.
/// `None` if the headers cannot be read.
#[must_use]
pub fn values_in(rest: &[u8]) -> Option<Range<usize>> {
    const VALUES: u64 = 0x57;
    let (columns, end) = columns_in(rest)?;
    let values = columns.into_iter().find(|(specification, _)| *specification == VALUES);
    Some(values.map_or(end..end, |(_, range)| range))
}

/// Columns by their specification, and where each lies.
pub(super) type Columns = Vec<(u64, Range<usize>)>;

/// The columns that the headers at the head of an anatomy's `rest` name, each by its specification with the place
/// that it takes, and where the last one ends. They may end behind the bytes that are there.
pub(super) fn columns_in(rest: &[u8]) -> Option<(Columns, usize)> {
    let mut at = Reader(rest);
    let count = at.count(2)?;
    let mut headers = Vec::with_capacity(count.min(COLUMNS_USUAL));
    for _ in 0..count {
        headers.push((at.number()?, usize::try_from(at.number()?).ok()?));
    }
    let mut end = rest.len() - at.0.len();
    let mut columns = Vec::with_capacity(headers.len());
    for (specification, len) in headers {
        let start = end;
        end = start.checked_add(len)?;
        columns.push((specification, start..end));
    }
    Some((columns, end))
}

fn push_prefixed(out: &mut Vec<u8>, bytes: &[u8]) {
    push_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Signed LEB128.
fn push_signed(out: &mut Vec<u8>, mut value: i64) {
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if (value == 0 && low & 0x40 == 0) || (value == -1 && low & 0x40 != 0) {
            return out.push(low);
        }
        out.push(low | 0x80);
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(head)
    }

    fn number(&mut self) -> Option<u64> {
        let (value, len) = read_varint(self.0)?;
        self.0 = &self.0[len..];
        Some(value)
    }

    /// A count of things of at least `size` bytes each, all of which must fit into what is left.
    fn count(&mut self, size: usize) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count.checked_mul(size)? <= self.0.len()).then_some(count)
    }

    fn prefixed(&mut self) -> Option<&'a [u8]> {
        let len = usize::try_from(self.number()?).ok()?;
        self.take(len)
    }

    fn signed(&mut self) -> Option<i64> {
        read_signed(&mut self.0)
    }
}

/// Reads signed LEB128 from the head of some bytes.
pub(super) fn read_signed(bytes: &mut &[u8]) -> Option<i64> {
    let mut value = 0_i64;
    for (at, byte) in bytes.iter().enumerate().take(10) {
        let shift = 7 * u32::try_from(at).ok()?;
        value |= i64::from(byte & 0x7f).wrapping_shl(shift);
        if byte & 0x80 == 0 {
            if shift < 57 && byte & 0x40 != 0 {
                value |= -1_i64 << (shift + 7);
            }
            *bytes = &bytes[at + 1..];
            return Some(value);
        }
    }
    None
}

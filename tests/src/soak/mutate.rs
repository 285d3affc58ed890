//! What a hostile hand does to bytes: blindly, and with knowledge of their form.

use kahriz_core::record::{Anatomy, assemble, dissect};
use kahriz_proto::item::{push_varint, read_varint};
use rand::{Rng, RngExt};
use sha2::{Digest, Sha256};

/// Numbers that break things.
const EDGES: [u64; 14] = [
    0,
    1,
    2,
    0x3f,
    0x40,
    0x7f,
    0x80,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    u64::MAX,
];

/// How often a run is made far longer than there is reason for. To an engine that reads it unread it mostly means two
/// seconds, and then its death.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inflations {
    /// As often as anything else.
    Many,
    /// Now and then.
    Few,
}

/// One blind edit of some bytes: bits, bytes, pieces, ends, or a number made another.
pub fn blindly(bytes: &mut Vec<u8>, rng: &mut impl Rng) {
    if bytes.is_empty() {
        bytes.push(rng.random());
        return;
    }
    let at = rng.random_range(0..bytes.len());
    match rng.random_range(0..9) {
        0 | 1 => bytes[at] ^= 1 << rng.random_range(0..8),
        2 => bytes[at] = rng.random(),
        3 => bytes.insert(at, rng.random()),
        4 => drop(bytes.remove(at)),
        5 => bytes.truncate(at),
        6 => splice(bytes, rng),
        _ => renumber(bytes, at, rng),
    }
}

/// A piece of the bytes stands elsewhere too, or in another's place.
fn splice(bytes: &mut Vec<u8>, rng: &mut impl Rng) {
    let from = rng.random_range(0..bytes.len());
    let len = rng.random_range(1..=16.min(bytes.len() - from));
    let piece = bytes[from..from + len].to_vec();
    let to = rng.random_range(0..bytes.len());
    let replaced = if rng.random() { len.min(bytes.len() - to) } else { 0 };
    bytes.splice(to..to + replaced, piece);
}

/// The variable-length number that begins here becomes another one.
fn renumber(bytes: &mut Vec<u8>, at: usize, rng: &mut impl Rng) {
    let Some((number, len)) = read_varint(&bytes[at..]) else { return };
    let other = match rng.random_range(0..4) {
        0 => EDGES[rng.random_range(0..EDGES.len())],
        1 => number.wrapping_add(1),
        2 => number.wrapping_sub(1),
        _ => number.wrapping_mul(rng.random_range(2..200)),
    };
    let mut written = vec![];
    push_varint(&mut written, other);
    bytes.splice(at..at + len, written);
}

/// A change chunk made another, its length and checksum put right again so that it comes past them.
#[must_use]
pub fn change(chunk: &[u8], inflations: Inflations, rng: &mut impl Rng) -> Vec<u8> {
    let edits = rng.random_range(1..=3);
    match rng.random_range(0..4) {
        0 => {
            let (_, prefix) = read_varint(&chunk[9..]).expect("it is a chunk");
            let mut contents = chunk[9 + prefix..].to_vec();
            (0..edits).for_each(|_| blindly(&mut contents, rng));
            chunk_of(&contents)
        }
        1 => {
            let mut parts = dissect(chunk).expect("it is a chunk");
            numbers(&mut parts, rng);
            assemble(&parts).0
        }
        _ => {
            let parts = dissect(chunk).expect("it is a chunk");
            let mut columns = Columns::of(parts.rest);
            (0..edits).for_each(|_| columns.mutate(inflations, rng));
            let rest = columns.bytes();
            assemble(&Anatomy { rest: &rest, ..parts }).0
        }
    }
}

fn numbers(parts: &mut Anatomy<'_>, rng: &mut impl Rng) {
    let edge = EDGES[rng.random_range(0..EDGES.len())];
    match rng.random_range(0..6) {
        0 => parts.seq = edge,
        1 => parts.start_op = edge,
        2 => parts.time = edge.cast_signed(),
        3 => parts.deps.push(rng.random()),
        4 => drop(parts.deps.pop()),
        _ => drop(parts.others.pop()),
    }
}

/// The operations of a change, column by column.
struct Columns(Vec<(u64, Vec<u8>)>);

impl Columns {
    fn of(rest: &[u8]) -> Self {
        let mut at = rest;
        let mut number = || {
            let (number, len) = read_varint(at)?;
            at = &at[len..];
            Some(number)
        };
        let count = number().unwrap_or(0);
        let mut headers = vec![];
        for _ in 0..count {
            headers.extend(number().zip(number()));
        }
        let mut columns = vec![];
        for (specification, len) in headers {
            let len = usize::try_from(len).unwrap_or(usize::MAX).min(at.len());
            let (column, left) = at.split_at(len);
            at = left;
            columns.push((specification, column.to_vec()));
        }
        Self(columns)
    }

    fn bytes(&self) -> Vec<u8> {
        let mut out = vec![];
        push_varint(&mut out, self.0.len() as u64);
        for (specification, column) in &self.0 {
            push_varint(&mut out, *specification);
            push_varint(&mut out, column.len() as u64);
        }
        self.0.iter().for_each(|(_, column)| out.extend_from_slice(column));
        out
    }

    fn mutate(&mut self, inflations: Inflations, rng: &mut impl Rng) {
        if self.0.is_empty() {
            return;
        }
        let at = rng.random_range(0..self.0.len());
        match rng.random_range(0..12) {
            // Column swaps: contents, or what they are said to be.
            0 => {
                let other = rng.random_range(0..self.0.len());
                let column = self.0[at].1.clone();
                self.0[at].1 = std::mem::replace(&mut self.0[other].1, column);
            }
            1 => self.0[at].0 ^= 1 << rng.random_range(0..8),
            2 => drop(self.0.remove(at)),
            3 => {
                let twice = self.0[at].clone();
                self.0.insert(at, twice);
            }
            // Inflations: a run of the same value, or of nothing, that is far longer than there is reason for.
            4 | 5 if inflations == Inflations::Many || rng.random_range(0..200) == 0 => {
                self.inflate(at, rng);
            }
            // The same number of rows, other values: what a reader of the form alone cannot see.
            6 | 7 => {
                let column = &mut self.0[at].1;
                if let Some(byte) = column.last_mut() {
                    *byte = byte.wrapping_add(rng.random_range(1..128)) & 0x7f;
                }
            }
            8 | 9 => {
                let column = &mut self.0[at].1;
                if !column.is_empty() {
                    let place = rng.random_range(0..column.len());
                    column[place] = (column[place] & 0x80) | rng.random_range(0..0x80);
                }
            }
            _ => blindly(&mut self.0[at].1, rng),
        }
    }

    /// A run that is far longer than there is reason for, in one column or in all but the values, whose bytes are no
    /// runs.
    fn inflate(&mut self, at: usize, rng: &mut impl Rng) {
        const VALUES: u64 = 0x57;
        let rows = 1_i64 << rng.random_range(1..40);
        let everywhere: bool = rng.random();
        for (place, (specification, column)) in self.0.iter_mut().enumerate() {
            if (everywhere || place == at) && *specification != VALUES {
                let mut run = vec![];
                push_signed(&mut run, rows);
                run.push(rng.random_range(0..4));
                column.splice(0..0, run);
            }
        }
    }
}

fn push_signed(out: &mut Vec<u8>, mut value: i64) {
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 && low & 0x40 == 0 {
            return out.push(low);
        }
        out.push(low | 0x80);
    }
}

/// A change chunk around any contents.
#[must_use]
pub fn chunk_of(contents: &[u8]) -> Vec<u8> {
    let mut hashed = vec![1];
    push_varint(&mut hashed, contents.len() as u64);
    hashed.extend_from_slice(contents);
    let hash = Sha256::digest(&hashed);
    [&[0x85, 0x6f, 0x4a, 0x83], &hash[..4], &hashed].concat()
}

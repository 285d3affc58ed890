//! The columns of a change's operations, each read into rows and never into more of them than were asked for.
//!
//! Automerge stores the operations of a change column by column, run-length encoded, so that four bytes can claim a
//! thousand million rows. Here a column is read against the number of rows that it must have: what claims more or
//! fewer, or has bytes left over, is no column. The layout is that of Automerge's binary format, version pinned.

use super::RecordError;
use kahriz_proto::item::read_varint;

/// The rows of a column of numbers; `None` is null. A column without a byte is null throughout.
pub(super) fn numbers(bytes: &[u8], rows: usize) -> Result<Vec<Option<u64>>, RecordError> {
    runs(bytes, rows, Reader::unsigned)
}

/// The rows of a column of numbers that are stored as differences.
pub(super) fn differences(bytes: &[u8], rows: usize) -> Result<Vec<Option<i64>>, RecordError> {
    let mut rows = runs(bytes, rows, Reader::signed)?;
    let mut sum = 0_i64;
    for row in rows.iter_mut().flatten() {
        sum = sum.checked_add(*row).ok_or(RecordError::NotAChange)?;
        *row = sum;
    }
    Ok(rows)
}

/// The rows of a column of text.
pub(super) fn texts(bytes: &[u8], rows: usize) -> Result<Vec<Option<&str>>, RecordError> {
    runs(bytes, rows, Reader::text)
}

/// The rows of a column of yes and no. A column without a byte is no throughout.
pub(super) fn flags(bytes: &[u8], rows: usize) -> Result<Vec<bool>, RecordError> {
    let mut out = Vec::with_capacity(rows);
    let (mut at, mut flag) = (Reader(bytes), false);
    while !at.0.is_empty() {
        let count = at.count(rows - out.len())?;
        out.resize(out.len() + count, flag);
        flag = !flag;
    }
    whole(out, bytes, rows, false)
}

/// How many rows a column of numbers has, if they are not more than `most`.
pub(super) fn count(bytes: &[u8], most: usize) -> Result<usize, RecordError> {
    let (mut at, mut rows) = (Reader(bytes), 0);
    while !at.0.is_empty() {
        rows += at.run(most - rows, Reader::unsigned, |_, _| {})?;
    }
    Ok(rows)
}

fn runs<'a, T: Copy>(
    bytes: &'a [u8],
    rows: usize,
    read: impl Fn(&mut Reader<'a>) -> Option<T>,
) -> Result<Vec<Option<T>>, RecordError> {
    let mut out = Vec::with_capacity(rows);
    let mut at = Reader(bytes);
    while !at.0.is_empty() {
        let left = rows - out.len();
        at.run(left, &read, |value, times| out.resize(out.len() + times, value))?;
    }
    whole(out, bytes, rows, None)
}

/// All rows are there, or none is and all are `empty`.
fn whole<T: Clone>(
    mut out: Vec<T>,
    bytes: &[u8],
    rows: usize,
    empty: T,
) -> Result<Vec<T>, RecordError> {
    if bytes.is_empty() {
        out.resize(rows, empty);
    }
    (out.len() == rows).then_some(out).ok_or(RecordError::NotAChange)
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// One run of at most `most` rows: a value and how often it stands, or single values one after another.
    fn run<T>(
        &mut self,
        most: usize,
        read: impl Fn(&mut Self) -> Option<T>,
        mut rows: impl FnMut(Option<T>, usize),
    ) -> Result<usize, RecordError> {
        let length = self.signed().ok_or(RecordError::NotAChange)?;
        if length == 0 {
            let count = self.count(most)?;
            if count == 0 {
                return Err(RecordError::NotAChange);
            }
            rows(None, count);
            return Ok(count);
        }
        let count = usize::try_from(length.unsigned_abs()).unwrap_or(usize::MAX);
        if count > most {
            return Err(RecordError::OverLimit);
        }
        let mut value = || read(self).ok_or(RecordError::NotAChange);
        if length > 0 {
            rows(Some(value()?), count);
        } else {
            for _ in 0..count {
                rows(Some(value()?), 1);
            }
        }
        Ok(count)
    }

    fn count(&mut self, most: usize) -> Result<usize, RecordError> {
        let count = self.unsigned().ok_or(RecordError::NotAChange)?;
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        (count <= most).then_some(count).ok_or(RecordError::OverLimit)
    }

    fn unsigned(&mut self) -> Option<u64> {
        let (value, len) = read_varint(self.0)?;
        self.0 = &self.0[len..];
        Some(value)
    }

    fn signed(&mut self) -> Option<i64> {
        super::splice::read_signed(&mut self.0)
    }

    fn text(&mut self) -> Option<&'a str> {
        let len = usize::try_from(self.unsigned()?).ok()?;
        let (head, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        std::str::from_utf8(head).ok()
    }
}

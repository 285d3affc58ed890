//! What a change's operations must be before the engine is given them.
//!
//! Admitted is what this program itself writes and nothing else: values under flat keys, long texts, and their
//! clearing. Maps in maps, lists, counters, marks, columns of other kinds and compressed ones are of nobody's making.
//! All references must point backwards, all counts agree with each other and stay under their limits, so that what
//! the engine will do is bounded before it does anything. What cannot be seen from the change alone, whether that
//! which it refers to exists, is left to the engine.

use super::RecordError::{NotAChange, OverLimit};
use super::columns::{count, differences, flags, numbers, texts};
use super::splice::columns_in;
use super::{Anatomy, RecordError};
use kahriz_proto::limits::{CHANGE_ACTORS_MAX, CHANGE_OPS_MAX, FRAME_DEPS_MAX, OP_COUNTER_MAX};
use std::collections::BTreeMap;
use std::ops::Range;

/// Columns by their specification in Automerge's format: an id and the type of its content.
mod column {
    pub(super) const OBJECT_ACTOR: u64 = 0x01;
    pub(super) const OBJECT_COUNTER: u64 = 0x02;
    pub(super) const KEY_ACTOR: u64 = 0x11;
    pub(super) const KEY_COUNTER: u64 = 0x13;
    pub(super) const KEY_TEXT: u64 = 0x15;
    pub(super) const INSERT: u64 = 0x34;
    pub(super) const ACTION: u64 = 0x42;
    pub(super) const VALUE_META: u64 = 0x56;
    pub(super) const VALUE: u64 = 0x57;
    pub(super) const BEFORE_COUNT: u64 = 0x70;
    pub(super) const BEFORE_ACTOR: u64 = 0x71;
    pub(super) const BEFORE_COUNTER: u64 = 0x73;
    pub(super) const ALL: [u64; 12] = [
        OBJECT_ACTOR,
        OBJECT_COUNTER,
        KEY_ACTOR,
        KEY_COUNTER,
        KEY_TEXT,
        INSERT,
        ACTION,
        VALUE_META,
        VALUE,
        BEFORE_COUNT,
        BEFORE_ACTOR,
        BEFORE_COUNTER,
    ];
}

/// Actions by their number in Automerge's format.
mod action {
    pub(super) const SET: u64 = 1;
    pub(super) const DELETE: u64 = 3;
    pub(super) const MAKE_TEXT: u64 = 4;
}

/// How many operations a change holds, if it is one that may be given to the engine.
pub(super) fn operations(parts: &Anatomy<'_>) -> Result<u32, RecordError> {
    let actors = actors_of(parts)?;
    let columns = Columns::of(parts.rest)?;
    let rows = count(columns.bytes(column::ACTION), CHANGE_OPS_MAX)?;
    let last = parts.start_op.checked_add(rows as u64).ok_or(OverLimit)?;
    if last > OP_COUNTER_MAX {
        return Err(OverLimit);
    }
    if rows == 0 || parts.start_op == 0 || std::str::from_utf8(parts.message).is_err() {
        return Err(NotAChange);
    }
    let at = Operations { columns: &columns, rows, first: parts.start_op, actors: &actors };
    let in_text = at.places()?;
    at.actions(&in_text)?;
    at.values()?;
    at.predecessors()?;
    u32::try_from(rows).map_err(|_| OverLimit)
}

/// Who is named: the author, then the others, each once and in order.
fn actors_of<'a>(parts: &Anatomy<'a>) -> Result<Vec<&'a [u8]>, RecordError> {
    if parts.others.len() > CHANGE_ACTORS_MAX || parts.deps.len() > FRAME_DEPS_MAX {
        return Err(OverLimit);
    }
    let in_order = parts.others.is_sorted_by(|one, next| one < next);
    let is_log = parts.others.iter().all(|other| other.len() == 16 && *other != parts.actor);
    if !in_order || !is_log || !parts.deps.is_sorted_by(|one, next| one < next) {
        return Err(NotAChange);
    }
    Ok(std::iter::once(parts.actor).chain(parts.others.iter().copied()).collect())
}

struct Columns<'a> {
    bytes: &'a [u8],
    found: BTreeMap<u64, Range<usize>>,
}

impl<'a> Columns<'a> {
    /// The columns at the head of a change's rest: known ones in order, and nothing after them.
    fn of(rest: &'a [u8]) -> Result<Self, RecordError> {
        let (columns, end) = columns_in(rest).ok_or(NotAChange)?;
        let in_order = columns.is_sorted_by(|one, next| one.0 < next.0);
        let known = columns.iter().all(|(specification, _)| column::ALL.contains(specification));
        (in_order && known && end == rest.len())
            .then(|| Self { bytes: rest, found: columns.into_iter().collect() })
            .ok_or(NotAChange)
    }

    fn bytes(&self, specification: u64) -> &'a [u8] {
        self.found.get(&specification).map_or(&[], |range| &self.bytes[range.clone()])
    }
}

struct Operations<'a> {
    columns: &'a Columns<'a>,
    rows: usize,
    /// The first operation's counter.
    first: u64,
    actors: &'a [&'a [u8]],
}

impl Operations<'_> {
    /// Where each operation works: a key of the record itself, or a place in one of its texts. Says which.
    fn places(&self) -> Result<Vec<bool>, RecordError> {
        let object_actor = numbers(self.columns.bytes(column::OBJECT_ACTOR), self.rows)?;
        let object_counter = numbers(self.columns.bytes(column::OBJECT_COUNTER), self.rows)?;
        let key_actor = numbers(self.columns.bytes(column::KEY_ACTOR), self.rows)?;
        let key_counter = differences(self.columns.bytes(column::KEY_COUNTER), self.rows)?;
        let key_text = texts(self.columns.bytes(column::KEY_TEXT), self.rows)?;
        let insert = flags(self.columns.bytes(column::INSERT), self.rows)?;
        let mut in_text = Vec::with_capacity(self.rows);
        for row in 0..self.rows {
            let element = (key_actor[row], key_counter[row]);
            let is_text = match (object_actor[row], object_counter[row]) {
                (None, None) => false,
                (Some(actor), Some(counter)) => self.is_earlier(row, actor, counter),
                (None, Some(_)) | (Some(_), None) => return Err(NotAChange),
            };
            let fits = match (is_text, key_text[row], element) {
                (false, Some(_), (None, None)) => object_actor[row].is_none() && !insert[row],
                (true, None, (None, Some(0))) => insert[row],
                (true, None, (Some(actor), Some(counter))) => {
                    u64::try_from(counter).is_ok_and(|counter| self.is_earlier(row, actor, counter))
                }
                _ => false,
            };
            if !fits {
                return Err(NotAChange);
            }
            in_text.push(is_text);
        }
        Ok(in_text)
    }

    /// What each operation does: in a record setting, clearing and beginning texts; in a text the first two.
    fn actions(&self, in_text: &[bool]) -> Result<(), RecordError> {
        let actions = numbers(self.columns.bytes(column::ACTION), self.rows)?;
        let fits = |(does, in_text): (&Option<u64>, &bool)| match does {
            Some(action::SET | action::DELETE) => true,
            Some(action::MAKE_TEXT) => !in_text,
            Some(_) | None => false,
        };
        actions.iter().zip(in_text).all(fits).then_some(()).ok_or(NotAChange)
    }

    /// The values take up their column exactly, each as many bytes as one of its type has.
    fn values(&self) -> Result<(), RecordError> {
        let metas = numbers(self.columns.bytes(column::VALUE_META), self.rows)?;
        let mut rest = self.columns.bytes(column::VALUE);
        for meta in metas {
            let meta = meta.ok_or(NotAChange)?;
            let len = usize::try_from(meta >> 4).map_err(|_| OverLimit)?;
            let (value, left) = rest.split_at_checked(len).ok_or(NotAChange)?;
            rest = left;
            let fits = match meta & 0xf {
                0..=2 => len == 0,
                3 | 4 | 9 => (1..=10).contains(&len),
                5 => len == 8,
                6 => std::str::from_utf8(value).is_ok(),
                7 => true,
                _ => false,
            };
            if !fits {
                return Err(NotAChange);
            }
        }
        rest.is_empty().then_some(()).ok_or(NotAChange)
    }

    /// What each operation replaces: earlier operations, each once and in order.
    fn predecessors(&self) -> Result<(), RecordError> {
        let counts = numbers(self.columns.bytes(column::BEFORE_COUNT), self.rows)?;
        let mut total = 0_usize;
        for count in &counts {
            let count = usize::try_from(count.ok_or(NotAChange)?).map_err(|_| OverLimit)?;
            total = total
                .checked_add(count)
                .filter(|total| *total <= CHANGE_OPS_MAX)
                .ok_or(OverLimit)?;
        }
        let actors = numbers(self.columns.bytes(column::BEFORE_ACTOR), total)?;
        let counters = differences(self.columns.bytes(column::BEFORE_COUNTER), total)?;
        let mut named = actors.into_iter().zip(counters);
        for (row, count) in counts.into_iter().enumerate() {
            let mut last = None;
            for _ in 0..count.unwrap_or(0) {
                let Some((Some(actor), Some(counter))) = named.next() else {
                    return Err(NotAChange);
                };
                let counter = u64::try_from(counter).map_err(|_| NotAChange)?;
                if !self.is_earlier(row, actor, counter) {
                    return Err(NotAChange);
                }
                let named = Some((counter, self.actors[actor as usize]));
                if named <= last {
                    return Err(NotAChange);
                }
                last = named;
            }
        }
        Ok(())
    }

    /// Whether this names an operation that can have been there before the one in this row.
    fn is_earlier(&self, row: usize, actor: u64, counter: u64) -> bool {
        actor < self.actors.len() as u64 && counter > 0 && counter < self.first + row as u64
    }
}

//! Reads a batch: first its entries as they stand, then, one by one, the exact chunks that they mean.

use super::entry::{Adopted, Announcement, BatchError, Known, Place, Reference};
use super::writer::{DIGEST_BYTES, FORMAT, FORMAT_ADOPTED, flag};
use crate::record::{Anatomy, ChangeId, assemble, values_in};
use kahriz_proto::ids::{DeviceId, LogId};
use kahriz_proto::item::read_varint;
use kahriz_proto::limits::{CHANGE_BYTES_MAX, FRAME_DEPS_MAX, FRAME_ENTRIES_MAX};
use sha2::{Digest, Sha256};

/// A batch as it was read: its entries, and the digest that their changes must add up to.
#[derive(Debug)]
pub struct Parsed<'a> {
    /// In the order of the batch.
    pub entries: Vec<ParsedEntry<'a>>,
    digest: [u8; DIGEST_BYTES],
}

/// One entry as it was read.
#[derive(Debug)]
pub enum ParsedEntry<'a> {
    /// A change, not yet put together.
    Change(ParsedChange<'a>),
    /// A change that headquarters hands on for another device, not yet verified.
    Adopted(Adopted<'a>),
    /// Something else.
    Announcement(Announcement),
}

/// A change as it stands in a batch: what is named, and the bytes that cannot be derived.
#[derive(Debug)]
pub struct ParsedChange<'a> {
    /// The record.
    pub record: Reference,
    /// The wire code of the record's kind, if the record is created here.
    pub created_as: Option<u8>,
    own: LogId,
    deps: Deps,
    numbers: Option<(u64, u64)>,
    time: i64,
    message: &'a [u8],
    others: Vec<LogId>,
    rest: &'a [u8],
    values: &'a [u8],
    values_at: usize,
}

#[derive(Debug)]
enum Deps {
    Own,
    Places(Vec<Place>),
}

impl Parsed<'_> {
    /// Whether the hashes of all changes, in the order of the entries, are what was sealed.
    #[must_use]
    pub fn adds_up(&self, ids: &[ChangeId]) -> bool {
        let mut digest = Sha256::new();
        ids.iter().for_each(|id| digest.update(id));
        digest.finalize()[..DIGEST_BYTES] == self.digest
    }
}

impl ParsedChange<'_> {
    /// Puts the exact chunk together. `held` finds a change of this record by its place; `newest` is the
    /// own log's newest in it.
    ///
    /// # Errors
    /// [`BatchError::Missing`] if something that it builds on is not held, [`BatchError::OverLimit`].
    pub fn chunk(
        &self,
        newest: Option<Known>,
        mut held: impl FnMut(Place) -> Option<Known>,
    ) -> Result<Vec<u8>, BatchError> {
        let deps: Vec<Known> = match &self.deps {
            Deps::Own => vec![newest.ok_or(BatchError::Missing)?],
            Deps::Places(places) => {
                let found = places.iter().map(|place| held(*place).ok_or(BatchError::Missing));
                found.collect::<Result<_, _>>()?
            }
        };
        let (seq, start_op) = self.numbers.unwrap_or_else(|| {
            let own = deps.iter().find(|dep| dep.place.log == self.own);
            let start = deps.iter().map(|dep| dep.max_op).max().unwrap_or(0).saturating_add(1);
            (own.map_or(1, |dep| dep.place.seq.saturating_add(1)), start)
        });
        let (head, tail) = self.rest.split_at(self.values_at);
        let (chunk, _) = assemble(&Anatomy {
            deps: deps.iter().map(|dep| dep.id).collect(),
            actor: self.own.as_bytes(),
            seq,
            start_op,
            time: self.time,
            message: self.message,
            others: self.others.iter().map(|log| log.as_bytes().as_slice()).collect(),
            rest: &[head, self.values, tail].concat(),
        });
        (chunk.len() <= CHANGE_BYTES_MAX + 4_096).then_some(chunk).ok_or(BatchError::OverLimit)
    }
}

/// Reads the batch of a frame of log `own`, whose header names the `logs`.
///
/// # Errors
/// [`BatchError`] for bytes that are no batch of a known format.
pub fn parse<'a>(own: LogId, logs: &[LogId], bytes: &'a [u8]) -> Result<Parsed<'a>, BatchError> {
    let mut at = Reader { rest: bytes, values: &[], own, logs, adopts: false };
    at.adopts = match at.number()? {
        FORMAT => false,
        FORMAT_ADOPTED => true,
        format => return Err(BatchError::UnknownFormat(format)),
    };
    let count = at.number()?;
    if count > FRAME_ENTRIES_MAX as u64 {
        return Err(BatchError::OverLimit);
    }
    let values = usize::try_from(at.number()?).map_err(|_| BatchError::Malformed)?;
    let digest = at.take(DIGEST_BYTES)?.try_into().map_err(|_| BatchError::Malformed)?;
    let entries_len = at.rest.len().checked_sub(values).ok_or(BatchError::Malformed)?;
    (at.rest, at.values) = at.rest.split_at(entries_len);
    let mut last = (Reference { creator: own, counter: 0 }, 0);
    let mut entries = vec![];
    for _ in 0..count {
        entries.push(at.entry(&mut last)?);
    }
    (at.rest.is_empty() && at.values.is_empty())
        .then_some(Parsed { entries, digest })
        .ok_or(BatchError::Malformed)
}

fn why_unread(error: minicbor::decode::Error) -> BatchError {
    match error.is_unknown_variant() {
        true => BatchError::UnknownAnnouncement,
        false => BatchError::Malformed,
    }
}

struct Reader<'a, 'l> {
    rest: &'a [u8],
    values: &'a [u8],
    own: LogId,
    logs: &'l [LogId],
    adopts: bool,
}

impl<'a> Reader<'a, '_> {
    fn entry(&mut self, last: &mut (Reference, i64)) -> Result<ParsedEntry<'a>, BatchError> {
        let flags = self.take(1)?[0];
        if self.adopts && flags == flag::ADOPTED {
            return self.adopted().map(ParsedEntry::Adopted);
        }
        if flags & flag::ANNOUNCEMENT != 0 {
            let bytes = self.prefixed()?;
            let announcement = minicbor::decode(bytes).map_err(why_unread)?;
            return Ok(ParsedEntry::Announcement(announcement));
        }
        let is = |bit: u8| flags & bit != 0;
        let record = self.record(last.0, is(flag::SAME_CREATOR), is(flag::NEXT))?;
        let created_as = if is(flag::CREATE) { Some(self.take(1)?[0]) } else { None };
        let deps = if is(flag::CREATE) {
            Deps::Places(vec![])
        } else if is(flag::ON_OWN) {
            Deps::Own
        } else if is(flag::ON_FIRST) {
            Deps::Places(vec![Place { log: record.creator, seq: 1 }])
        } else {
            Deps::Places(self.places()?)
        };
        let numbers = if is(flag::NUMBERS) { Some((self.number()?, self.number()?)) } else { None };
        let time = last.1.wrapping_add(self.signed()?);
        let (message, others) =
            if is(flag::EXTRAS) { (self.prefixed()?, self.others()?) } else { (&[][..], vec![]) };
        let rest = self.prefixed()?;
        let (values_at, values) = self.values_of(rest)?;
        let own = self.own;
        *last = (record, time);
        let change = ParsedChange {
            record,
            created_as,
            own,
            deps,
            numbers,
            time,
            message,
            others,
            rest,
            values,
            values_at,
        };
        Ok(ParsedEntry::Change(change))
    }

    fn adopted(&mut self) -> Result<Adopted<'a>, BatchError> {
        let device = self.take(DeviceId::LEN)?;
        let device = DeviceId::from_slice(device).ok_or(BatchError::Malformed)?;
        let signature = self.take(64)?.try_into().map_err(|_| BatchError::Malformed)?;
        Ok(Adopted { device, signature, packed: self.prefixed()? })
    }

    /// The next values, and where in the rest of a change they belong.
    fn values_of(&mut self, rest: &[u8]) -> Result<(usize, &'a [u8]), BatchError> {
        let Some(range) = values_in(rest) else { return Ok((0, &[])) };
        if range.start > rest.len() {
            return Err(BatchError::Malformed);
        }
        let (values, left) =
            self.values.split_at_checked(range.len()).ok_or(BatchError::Malformed)?;
        self.values = left;
        Ok((range.start, values))
    }

    fn record(&mut self, last: Reference, same: bool, next: bool) -> Result<Reference, BatchError> {
        if next {
            return Ok(Reference { counter: last.counter.wrapping_add(1), ..last });
        }
        if same {
            let counter = last.counter.wrapping_add(self.signed()?.cast_unsigned());
            return Ok(Reference { counter, ..last });
        }
        Ok(Reference { creator: self.log()?, counter: self.number()? })
    }

    fn places(&mut self) -> Result<Vec<Place>, BatchError> {
        let count = self.count()?;
        if count > FRAME_DEPS_MAX {
            return Err(BatchError::OverLimit);
        }
        (0..count).map(|_| Ok(Place { log: self.log()?, seq: self.number()? })).collect()
    }

    fn others(&mut self) -> Result<Vec<LogId>, BatchError> {
        (0..self.count()?).map(|_| self.log()).collect()
    }

    fn log(&mut self) -> Result<LogId, BatchError> {
        let place = usize::try_from(self.number()?).map_err(|_| BatchError::Malformed)?;
        match place.checked_sub(1) {
            None => Ok(self.own),
            Some(other) => self.logs.get(other).copied().ok_or(BatchError::Malformed),
        }
    }

    /// A count of things of at least a byte each, all of which must fit into what is left.
    fn count(&mut self) -> Result<usize, BatchError> {
        let count = usize::try_from(self.number()?).map_err(|_| BatchError::Malformed)?;
        (count <= self.rest.len()).then_some(count).ok_or(BatchError::Malformed)
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], BatchError> {
        let (head, rest) = self.rest.split_at_checked(len).ok_or(BatchError::Malformed)?;
        self.rest = rest;
        Ok(head)
    }

    fn number(&mut self) -> Result<u64, BatchError> {
        let (value, len) = read_varint(self.rest).ok_or(BatchError::Malformed)?;
        self.rest = &self.rest[len..];
        Ok(value)
    }

    fn signed(&mut self) -> Result<i64, BatchError> {
        let value = self.number()?;
        Ok((value >> 1).cast_signed() ^ -((value & 1).cast_signed()))
    }

    fn prefixed(&mut self) -> Result<&'a [u8], BatchError> {
        let len = usize::try_from(self.number()?).map_err(|_| BatchError::Malformed)?;
        self.take(len)
    }
}

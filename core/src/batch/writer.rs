//! Writes a batch: each entry as little as the receiver needs to put the exact bytes together.

use super::entry::{Adopted, BatchError, Entry, Known, Reference};
use crate::record::{ChangeId, dissect, values_in};
use kahriz_proto::ids::LogId;
use kahriz_proto::item::push_varint;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The batch format of frames in which every change is the log's own.
pub(super) const FORMAT: u64 = 1;
/// The same with adopted entries among them. Only frames that hold one are of this format, so that a
/// device that does not know it yet still reads all others.
pub(super) const FORMAT_ADOPTED: u64 = 2;
/// Bytes of the digest over all changes' hashes.
pub(super) const DIGEST_BYTES: usize = 16;

/// The flags of an entry's first byte.
pub(super) mod flag {
    /// Not a change but an announcement.
    pub(crate) const ANNOUNCEMENT: u8 = 0x80;
    /// In format 2: a change that headquarters hands on for another device.
    pub(crate) const ADOPTED: u8 = 0x81;
    /// The record is created here: the next of the frame's own log; its kind follows.
    pub(crate) const CREATE: u8 = 0x01;
    /// The record's creator is the same log as the entry's before.
    pub(crate) const SAME_CREATOR: u8 = 0x02;
    /// The counter is one more than the entry's before.
    pub(crate) const NEXT: u8 = 0x04;
    /// Builds on exactly one change, the own log's newest in this record.
    pub(crate) const ON_OWN: u8 = 0x08;
    /// Builds on exactly one change, the record's first.
    pub(crate) const ON_FIRST: u8 = 0x10;
    /// The number and the first operation are not what follows from what it builds on.
    pub(crate) const NUMBERS: u8 = 0x20;
    /// Names other actors, or says something beside.
    pub(crate) const EXTRAS: u8 = 0x40;
}

/// A change on its way into a batch.
#[derive(Clone, Debug)]
pub struct Outbound<'a> {
    /// The record.
    pub record: Reference,
    /// The wire code of the record's kind.
    pub kind: u8,
    /// The exact chunk.
    pub chunk: &'a [u8],
    /// The changes that it builds on, in any order; more may be given.
    pub known: &'a [Known],
}

/// Writes entries as one batch of the log `own`; `logs` are the other logs in the order in which the
/// frame's header names them.
///
/// # Errors
/// [`BatchError::NotAChange`] for a chunk that is none, [`BatchError::Missing`] if something that it
/// names was not given.
pub fn write(own: LogId, logs: &[LogId], entries: &[Entry<'_>]) -> Result<Vec<u8>, BatchError> {
    let mut writer = Writer::new(own, logs);
    for entry in entries {
        match entry {
            Entry::Change(change) => writer.change(change)?,
            Entry::Adopted(adopted) => writer.adopted(adopted),
            Entry::Announcement(announcement) => {
                writer.out.push(flag::ANNOUNCEMENT);
                let bytes =
                    minicbor::to_vec(announcement).expect("writing to a vector cannot fail");
                writer.prefixed(&bytes);
            }
        }
    }
    let mut out = vec![];
    let adopts = entries.iter().any(|entry| matches!(entry, Entry::Adopted(_)));
    push_varint(&mut out, if adopts { FORMAT_ADOPTED } else { FORMAT });
    push_varint(&mut out, entries.len() as u64);
    push_varint(&mut out, writer.values.len() as u64);
    out.extend_from_slice(&writer.digest.finalize()[..DIGEST_BYTES]);
    out.extend_from_slice(&writer.out);
    out.extend_from_slice(&writer.values);
    Ok(out)
}

struct Writer {
    logs: BTreeMap<LogId, u64>,
    own: LogId,
    last: Reference,
    last_time: i64,
    digest: Sha256,
    out: Vec<u8>,
    /// What was written, of all changes together: text squeezes better beside text than between columns.
    values: Vec<u8>,
}

impl Writer {
    fn new(own: LogId, logs: &[LogId]) -> Self {
        let all = std::iter::once(own).chain(logs.iter().copied());
        Self {
            logs: all.zip(0_u64..).collect(),
            own,
            last: Reference { creator: own, counter: 0 },
            last_time: 0,
            digest: Sha256::new(),
            out: vec![],
            values: vec![],
        }
    }

    fn change(&mut self, change: &Outbound<'_>) -> Result<(), BatchError> {
        let parts = dissect(change.chunk).ok_or(BatchError::NotAChange)?;
        if parts.actor != self.own.as_bytes() {
            return Err(BatchError::NotAChange);
        }
        let deps = resolve(change.known, &parts.deps)?;
        let own_before = deps.iter().find(|dep| dep.place.log == self.own);
        let create = deps.is_empty() && change.record.creator == self.own && parts.seq == 1;
        let on_own = deps.len() == 1 && own_before.is_some();
        let first = super::Place { log: change.record.creator, seq: 1 };
        let on_first = deps.len() == 1 && !on_own && deps[0].place == first;
        let expected_seq = own_before.map_or(1, |dep| dep.place.seq + 1);
        let expected_start = deps.iter().map(|dep| dep.max_op).max().unwrap_or(0) + 1;
        let numbers = parts.seq != expected_seq || parts.start_op != expected_start;
        let extras = !parts.others.is_empty() || !parts.message.is_empty();
        let same_creator = change.record.creator == self.last.creator;
        let next = same_creator && change.record.counter == self.last.counter + 1;

        let flags = [
            (create, flag::CREATE),
            (same_creator, flag::SAME_CREATOR),
            (next, flag::NEXT),
            (on_own, flag::ON_OWN),
            (on_first, flag::ON_FIRST),
            (numbers, flag::NUMBERS),
            (extras, flag::EXTRAS),
        ];
        self.out.push(flags.iter().filter(|(set, _)| *set).map(|(_, bit)| bit).sum());
        self.record(change.record, same_creator, next)?;
        if create {
            self.out.push(change.kind);
        } else if !on_own && !on_first {
            self.places(&deps)?;
        }
        if numbers {
            push_varint(&mut self.out, parts.seq);
            push_varint(&mut self.out, parts.start_op);
        }
        self.signed(parts.time.wrapping_sub(self.last_time));
        if extras {
            self.prefixed(parts.message);
            self.others(&parts.others)?;
        }
        self.rest(parts.rest)?;
        self.last = change.record;
        self.last_time = parts.time;
        self.digest.update(crate::record::assemble(&parts).1);
        Ok(())
    }

    fn adopted(&mut self, adopted: &Adopted<'_>) {
        self.out.push(flag::ADOPTED);
        self.out.extend_from_slice(adopted.device.as_bytes());
        self.out.extend_from_slice(adopted.signature);
        self.prefixed(adopted.packed);
    }

    fn rest(&mut self, rest: &[u8]) -> Result<(), BatchError> {
        let Some(values) = values_in(rest) else {
            self.prefixed(rest);
            return Ok(());
        };
        let (head, tail) = (rest.get(..values.start), rest.get(values.end..));
        let (head, tail) = head.zip(tail).ok_or(BatchError::NotAChange)?;
        self.prefixed(&[head, tail].concat());
        self.values.extend_from_slice(&rest[values]);
        Ok(())
    }

    fn record(&mut self, record: Reference, same: bool, next: bool) -> Result<(), BatchError> {
        if next {
            return Ok(());
        }
        if same {
            self.signed(record.counter.wrapping_sub(self.last.counter).cast_signed());
        } else {
            self.log(record.creator)?;
            push_varint(&mut self.out, record.counter);
        }
        Ok(())
    }

    fn places(&mut self, deps: &[Known]) -> Result<(), BatchError> {
        push_varint(&mut self.out, deps.len() as u64);
        for dep in deps {
            self.log(dep.place.log)?;
            push_varint(&mut self.out, dep.place.seq);
        }
        Ok(())
    }

    fn others(&mut self, others: &[&[u8]]) -> Result<(), BatchError> {
        push_varint(&mut self.out, others.len() as u64);
        others
            .iter()
            .try_for_each(|other| self.log(LogId::from_slice(other).ok_or(BatchError::NotAChange)?))
    }

    fn log(&mut self, log: LogId) -> Result<(), BatchError> {
        let place = self.logs.get(&log).copied().ok_or(BatchError::Missing)?;
        push_varint(&mut self.out, place);
        Ok(())
    }

    fn prefixed(&mut self, bytes: &[u8]) {
        push_varint(&mut self.out, bytes.len() as u64);
        self.out.extend_from_slice(bytes);
    }

    /// Zigzag: small numbers of either sign take a byte.
    fn signed(&mut self, value: i64) {
        push_varint(&mut self.out, ((value << 1) ^ (value >> 63)).cast_unsigned());
    }
}

/// The known changes that these hashes name, in the order of the hashes.
fn resolve(known: &[Known], deps: &[ChangeId]) -> Result<Vec<Known>, BatchError> {
    let find = |id: &ChangeId| known.iter().find(|known| known.id == *id).copied();
    deps.iter().map(|id| find(id).ok_or(BatchError::Missing)).collect()
}

//! DOWN the river, second half: what waits in the outbox is sealed into frames, at sync time, so that an
//! afternoon's work is squeezed together.

use super::identity::Identity;
use super::{Workspace, error::SaveError};
use crate::batch::{self, Adopted, Announcement, Entry, Known, Outbound, Reference};
use crate::crypto::{self, EpochKey, SealError};
use crate::letters::Signed;
use crate::record::dissect;
use crate::store::documents::{self, Held};
use crate::store::logs::{self, LogRow};
use crate::store::outbox::{self, Waiting};
use crate::store::{lives, members};
use kahriz_proto::frame::{FRAME_VERSION, Frame, FrameRef, Preamble};
use kahriz_proto::ids::LogId;
use kahriz_proto::limits::{FRAME_BYTES_AIM, FRAME_ENTRIES_MAX};
use kahriz_proto::session::Outgoing;
use rand_core::CryptoRng;
use rusqlite::Transaction;
use std::collections::{BTreeMap, btree_map};

/// Raw bytes that come to about a frame's aim: new records shrink to a little over a fifth, edits to less.
const RAW_BYTES_AIM: usize = FRAME_BYTES_AIM * 9 / 2;

impl Workspace {
    /// Seals everything that waits in the outbox. `progress` is told the changes that are sealed so far.
    ///
    /// # Errors
    /// [`SaveError::DiskFull`] and what else the store says; frames sealed so far are kept.
    pub(crate) fn seal(
        &self,
        rng: &mut dyn CryptoRng,
        progress: &mut dyn FnMut(u64),
    ) -> Result<u64, SaveError> {
        if self.is_undecided()? {
            return Ok(0);
        }
        let identity = self.identity();
        let mut changes = 0;
        for log in self.store.read(outbox::logs)? {
            while let Some(sealed) = self.store.write(|tx| seal_one(tx, &identity, log, rng))? {
                changes += sealed;
                progress(changes);
            }
        }
        drop(identity);
        if changes > 0 {
            self.keep_mark_soon();
        }
        Ok(changes)
    }

    /// Sealed frames that the relay may not hold, about this many bytes of them.
    pub(crate) fn frames_to_push(&self, bytes: usize) -> rusqlite::Result<Vec<Outgoing>> {
        let frames = self.store.read(|conn| outbox::to_push(conn, bytes))?;
        let outgoing = |frame: outbox::Sealed| Outgoing {
            place: FrameRef { log: frame.log, seq: frame.seq },
            bytes: frame.bytes,
        };
        Ok(frames.into_iter().map(outgoing).collect())
    }

    /// Bytes of sealed frames that the relay may not hold.
    pub(crate) fn bytes_to_push(&self) -> rusqlite::Result<u64> {
        self.store.read(outbox::bytes_to_push)
    }

    /// Queues what a device tells its scope besides changes.
    pub(super) fn announce(
        tx: &Transaction<'_>,
        log: &LogRow,
        announcement: &Announcement,
    ) -> rusqlite::Result<()> {
        let bytes = minicbor::to_vec(announcement).expect("writing to a vector cannot fail");
        outbox::push_announcement(tx, log.id, &bytes)
    }
}

/// Seals the oldest entries of a log into its next frame; says how many changes. `None` if nothing
/// waits, or the scope's key is not here.
fn seal_one(
    tx: &Transaction<'_>,
    identity: &Identity,
    log: i64,
    rng: &mut dyn CryptoRng,
) -> Result<Option<u64>, SaveError> {
    let log = logs::by_id(tx, log)?;
    if log.merged < log.sealed {
        // Let go of what it could read, and not all of its own is back: what is new goes out after that.
        return Ok(None);
    }
    if lives::is_closed(tx, log.id)? {
        // Somebody has built on it before it was known that another life had written this log too.
        return Ok(None);
    }
    if identity.copied.is_some() {
        // The original has sealed what waits here, or will: a second frame of that number would be a fork.
        return Ok(None);
    }
    let epoch = identity.roster.epoch(log.scope);
    let Some(key) = members::key(tx, log.scope, epoch)? else { return Ok(None) };
    let key = EpochKey::from_bytes(&key);
    let mut bytes = RAW_BYTES_AIM;
    loop {
        let waiting = outbox::oldest(tx, log.id, bytes, FRAME_ENTRIES_MAX)?;
        let Some(last) = waiting.last() else { return Ok(None) };
        let contents = Contents::gather(tx, &log, &waiting)?;
        let preamble = contents.preamble(identity, &log, epoch);
        match contents.seal(&preamble, &key, identity, rng) {
            Ok(frame) => {
                keep(tx, &log, &waiting, last.id, &frame)?;
                return Ok(Some(
                    waiting.iter().filter(|waiting| waiting.change.is_some()).count() as u64
                ));
            }
            // What squeezes badly goes into more frames.
            Err(SealFailure::TooLong) if waiting.len() > 1 => bytes /= 2,
            Err(SealFailure::TooLong) => return Err(SaveError::TooLarge),
            Err(SealFailure::NotAChange) => {
                return Err(SaveError::Record(crate::record::RecordError::NotAChange));
            }
        }
    }
}

fn keep(
    tx: &Transaction<'_>,
    log: &LogRow,
    waiting: &[Waiting],
    last: i64,
    frame: &Frame,
) -> rusqlite::Result<()> {
    let seq = frame.preamble().seq;
    let changes = || waiting.iter().filter_map(|waiting| Some((waiting.change?, waiting.adopted)));
    for ((row, change), adopted) in changes() {
        match adopted {
            None => documents::set_frame(tx, row, log.id, change, seq)?,
            Some(of) => documents::set_carrier(tx, row, (of, change), log.id, Some(seq))?,
        }
    }
    let count = changes().count() as u64;
    outbox::keep_frame(tx, log.id, seq, frame.hash(), frame.bytes(), count)?;
    outbox::remove(tx, log.id, last)?;
    logs::seal(tx, log.id, seq, frame.hash())
}

enum SealFailure {
    TooLong,
    NotAChange,
}

/// What goes into one frame, and what of other logs it builds on.
struct Contents<'a> {
    entries: Vec<Gathered<'a>>,
    /// The records that the entries change, by row: read once, however often a form has saved itself.
    records: BTreeMap<i64, Changed>,
    deps: BTreeMap<LogId, u64>,
}

/// A record and all changes that are held of it.
struct Changed {
    record: Reference,
    kind: u8,
    held: Vec<Held>,
    known: Vec<Known>,
}

enum Gathered<'a> {
    Change { row: i64, chunk: &'a [u8] },
    Adopted(Signed),
    Announcement(Announcement),
}

impl<'a> Contents<'a> {
    fn gather(
        tx: &Transaction<'_>,
        log: &LogRow,
        waiting: &'a [Waiting],
    ) -> Result<Self, SaveError> {
        let mut contents =
            Self { entries: vec![], records: BTreeMap::new(), deps: BTreeMap::new() };
        for waiting in waiting {
            match (waiting.change, waiting.adopted) {
                (Some((row, _)), None) => {
                    contents.read(tx, row)?;
                    contents.depend(log.log, row, &waiting.content);
                    contents.entries.push(Gathered::Change { row, chunk: &waiting.content });
                }
                (Some((row, _)), Some(_)) => {
                    contents.read(tx, row)?;
                    contents.adopt(log.log, row, &waiting.content);
                }
                (None, _) => contents
                    .entries
                    .extend(minicbor::decode(&waiting.content).ok().map(Gathered::Announcement)),
            }
        }
        Ok(contents)
    }

    fn read(&mut self, tx: &Transaction<'_>, row: i64) -> Result<(), SaveError> {
        if let btree_map::Entry::Vacant(place) = self.records.entry(row) {
            let record = documents::record_by_row(tx, row)?;
            let held = documents::changes(tx, row)?;
            let known = held.iter().map(|held| held.known).collect();
            let (record, kind) = (record.reference, record.kind);
            place.insert(Changed { record, kind, held, known });
        }
        Ok(())
    }

    /// A change that is handed on builds on others like any.
    fn adopt(&mut self, own: LogId, row: i64, signed: &[u8]) {
        let Ok(signed) = minicbor::decode::<Signed>(signed) else { return };
        if let Some(statement) = signed.statement() {
            self.depend(own, row, &statement.chunk);
            self.entries.push(Gathered::Adopted(signed));
        }
    }

    /// Notes the newest frame of every other log that a change names: what it builds on, whose
    /// operations it touches, and who made the record. What headquarters has handed on is waited for in
    /// headquarters' frame, because the one of its own log may never come; its log is named all the same.
    fn depend(&mut self, own: LogId, row: i64, chunk: &[u8]) {
        let (Some(parts), Some(changed)) = (dissect(chunk), self.records.get(&row)) else { return };
        let named = |held: &&Held| {
            let log = held.known.place.log;
            parts.deps.contains(&held.known.id)
                || parts.others.contains(&log.as_bytes().as_slice())
                || (log == changed.record.creator && held.known.place.seq == 1)
        };
        for held in changed.held.iter().filter(named).filter(|held| held.known.place.log != own) {
            let newest = self.deps.entry(held.known.place.log).or_default();
            *newest = (*newest).max(held.frame.unwrap_or(0));
            let carrier = held.carrier.filter(|at| held.frame.is_none() && at.log != own);
            if let Some(FrameRef { log, seq }) = carrier {
                let newest = self.deps.entry(log).or_default();
                *newest = (*newest).max(seq);
            }
        }
    }

    fn preamble(&self, identity: &Identity, log: &LogRow, epoch: u32) -> Preamble {
        Preamble {
            version: FRAME_VERSION,
            scope: log.scope,
            device: log.device,
            generation: log.generation,
            seq: log.sealed + 1,
            prev: log.sealed_hash,
            epoch,
            roster: identity.roster.mark(),
            deps: self.deps.iter().map(|(log, seq)| FrameRef { log: *log, seq: *seq }).collect(),
        }
    }

    fn seal(
        &self,
        preamble: &Preamble,
        key: &EpochKey,
        identity: &Identity,
        rng: &mut dyn CryptoRng,
    ) -> Result<Frame, SealFailure> {
        let logs: Vec<LogId> = self.deps.keys().copied().collect();
        let entries: Vec<Entry<'_>> =
            self.entries.iter().filter_map(|entry| self.entry(entry)).collect();
        let batch = batch::write(preamble.log(), &logs, &entries);
        let batch = batch.map_err(|_| SealFailure::NotAChange)?;
        let packed = batch::pack(&batch).map_err(|_| SealFailure::TooLong)?;
        match crypto::seal(preamble, &packed, key, &identity.secrets, rng) {
            Ok(frame) => Ok(frame),
            Err(SealError::OtherDevice) => Err(SealFailure::NotAChange),
            Err(SealError::Frame(_)) => Err(SealFailure::TooLong),
        }
    }

    fn entry<'e>(&'e self, gathered: &'e Gathered<'_>) -> Option<Entry<'e>> {
        match gathered {
            Gathered::Change { row, chunk } => self.records.get(row).map(|changed| {
                let Changed { record, kind, known, .. } = changed;
                Entry::Change(Outbound { record: *record, kind: *kind, chunk, known })
            }),
            Gathered::Adopted(signed) => Some(Entry::Adopted(Adopted {
                device: signed.device,
                signature: &signed.signature,
                packed: &signed.packed,
            })),
            Gathered::Announcement(announcement) => Some(Entry::Announcement(announcement.clone())),
        }
    }
}

//! Merging: an opened frame's changes into the documents that they are of.
//!
//! All of it happens in the caller's transaction: the frame is taken whole or parked whole, with one
//! exception. If the engine refuses changes although their frame adds up, those of that one record are kept
//! aside as stuck and the rest goes on: one bad record never blocks the queue. What changed is returned
//! as patches; showing it is projection's business.
//!
//! Before the engine is given anything, `budget` has bounded what it may be asked for; `portion` gives it some
//! records at a time, wherever it runs.

mod budget;
mod portion;

use crate::batch::{
    Announcement, BatchError, Known, Parsed, ParsedChange, ParsedEntry, Place, Reference, parse,
};
use crate::record::{Change, Document, Engine, EngineError, Fields, Opinion, RecordError};
use crate::store::ParkReason;
use crate::store::documents::{self, Kept, RecordRow};
use crate::store::logs::{self, LogRow};
use kahriz_proto::frame::Preamble;
use kahriz_proto::ids::LogId;
use portion::Portion;
use rusqlite::Transaction;
use std::collections::BTreeMap;

/// A kept document is compacted when this many changes stand after one another.
const CHANGES_BEFORE_COMPACTING: u32 = 24;

/// What a frame brought.
#[derive(Debug, Default)]
pub(crate) struct Merged {
    /// Records whose documents changed.
    pub(crate) patches: Vec<Patch>,
    /// What the frame announces.
    pub(crate) announcements: Vec<Announcement>,
    /// Changes that were merged.
    pub(crate) changes: u64,
}

/// A record whose document changed, as it stands now.
#[derive(Debug)]
pub(crate) struct Patch {
    pub(crate) row: RecordRow,
    /// Whether the record is new here.
    pub(crate) fresh: bool,
    pub(crate) fields: Fields,
    /// The record's first change and its newest by claimed time.
    pub(crate) first: Opinion,
    pub(crate) last: Opinion,
}

/// Why a frame is not merged.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MergeError {
    /// It waits, or is quarantined.
    #[error("{0}")]
    Park(ParkReason),
    /// There is nobody to put changes into documents.
    #[error("the engine cannot be started")]
    NoEngine,
    /// The disk, not the frame.
    #[error(transparent)]
    Database(#[from] rusqlite::Error),
}

impl From<ParkReason> for MergeError {
    fn from(reason: ParkReason) -> Self {
        Self::Park(reason)
    }
}

impl From<BatchError> for MergeError {
    fn from(error: BatchError) -> Self {
        Self::Park(match error {
            BatchError::UnknownFormat(_) => ParkReason::Newer,
            BatchError::Missing => ParkReason::MissingDeps,
            BatchError::OverLimit => ParkReason::OverLimit,
            BatchError::Malformed | BatchError::NotAChange | BatchError::Digest => {
                ParkReason::Malformed
            }
        })
    }
}

impl From<RecordError> for MergeError {
    fn from(error: RecordError) -> Self {
        Self::Park(match error {
            RecordError::OverLimit => ParkReason::OverLimit,
            RecordError::NotAChange
            | RecordError::Damaged
            | RecordError::Refused
            | RecordError::Panicked
            | RecordError::MissingDeps
            | RecordError::UnknownBase => ParkReason::Malformed,
        })
    }
}

impl From<EngineError> for MergeError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Died => Self::Park(ParkReason::Poisonous),
            EngineError::Unavailable => Self::NoEngine,
        }
    }
}

/// Merges the opened batch of a frame whose predecessors and dependencies are merged. `own` is the row
/// of the frame's log.
pub(crate) fn apply(
    tx: &Transaction<'_>,
    preamble: &Preamble,
    own: &LogRow,
    batch: &[u8],
    engine: &dyn Engine,
) -> Result<Merged, MergeError> {
    let deps: Vec<LogId> = preamble.deps.iter().map(|dep| dep.log).collect();
    let parsed = parse(own.log, &deps, batch)?;
    let mut frame = Frame { tx, preamble, own, records: BTreeMap::new(), order: vec![] };
    let ids = frame.put_together(&parsed)?;
    if !parsed.adds_up(&ids) {
        return Err(ParkReason::Malformed.into());
    }
    let (patches, changes) = frame.apply(engine)?;
    let announcements = parsed.entries.into_iter().filter_map(|entry| match entry {
        ParsedEntry::Announcement(announcement) => Some(announcement),
        ParsedEntry::Change(_) => None,
    });
    Ok(Merged { patches, announcements: announcements.collect(), changes })
}

/// Extends the kept document of a record by changes that were applied to `document` already.
pub(crate) fn extend(
    tx: &Transaction<'_>,
    row: i64,
    kept: Option<Kept>,
    document: &Document,
    chunks: &[&[u8]],
) -> rusqlite::Result<()> {
    let mut kept = kept.unwrap_or(Kept { changes: 0, bytes: vec![] });
    kept.changes += u32::try_from(chunks.len()).unwrap_or(CHANGES_BEFORE_COMPACTING);
    if kept.changes >= CHANGES_BEFORE_COMPACTING {
        kept = Kept { changes: 0, bytes: document.save() };
    } else {
        chunks.iter().for_each(|chunk| kept.bytes.extend_from_slice(chunk));
    }
    documents::keep(tx, row, &kept)
}

/// The patch of a record whose document stands as given.
pub(crate) fn patch(row: RecordRow, fresh: bool, document: &Document) -> Option<Patch> {
    let (first, last) = document.first_and_last()?;
    Some(Patch { row, fresh, fields: document.fields(), first, last })
}

/// One record that the frame touches.
struct Touched {
    row: Option<RecordRow>,
    kind: Option<u8>,
    held: BTreeMap<Place, Known>,
    new: Vec<(Known, Change)>,
}

impl Touched {
    /// The highest operation counter that is held of the record.
    fn highest_op(&self) -> u64 {
        self.held.values().map(|known| known.max_op).max().unwrap_or(0)
    }
}

struct Frame<'a> {
    tx: &'a Transaction<'a>,
    preamble: &'a Preamble,
    own: &'a LogRow,
    records: BTreeMap<Reference, Touched>,
    order: Vec<Reference>,
}

impl Frame<'_> {
    /// Puts every change of the frame together, in order; says the hashes.
    fn put_together(&mut self, parsed: &Parsed<'_>) -> Result<Vec<[u8; 32]>, MergeError> {
        let mut ids = vec![];
        for entry in &parsed.entries {
            if let ParsedEntry::Change(change) = entry {
                ids.push(self.put_one_together(change)?);
            }
        }
        Ok(ids)
    }

    fn put_one_together(&mut self, parsed: &ParsedChange<'_>) -> Result<[u8; 32], MergeError> {
        let own = self.own.log;
        if !self.records.contains_key(&parsed.record) {
            let touched = self.load(parsed.record)?;
            self.records.insert(parsed.record, touched);
            self.order.push(parsed.record);
        }
        let touched = self.records.get_mut(&parsed.record).expect("it was put there a moment ago");
        if touched.kind.is_none() {
            touched.kind = parsed.created_as;
        }
        let held = |place: Place| touched.held.get(&place).copied();
        let of_own = Place { log: own, seq: 0 }..=Place { log: own, seq: u64::MAX };
        let newest = touched.held.range(of_own).next_back().map(|(_, known)| *known);
        let change = Change::from_chunk(parsed.chunk(newest, held)?)?;
        if change.log() != Some(own) {
            return Err(ParkReason::Malformed.into());
        }
        let place = Place { log: own, seq: change.seq() };
        let known = Known { place, id: change.id(), max_op: change.max_op() };
        match held(place) {
            Some(same) if same.id == known.id => {}
            Some(_) => return Err(ParkReason::Forked.into()),
            None => {
                budget::fits(&change, newest, touched)?;
                touched.held.insert(place, known);
                touched.new.push((known, change));
            }
        }
        Ok(known.id)
    }

    fn load(&self, reference: Reference) -> Result<Touched, MergeError> {
        let row = documents::record(self.tx, reference.record())?;
        if row.is_some_and(|row| row.scope != self.preamble.scope) {
            return Err(ParkReason::Malformed.into());
        }
        let held = match row {
            Some(row) => documents::changes(self.tx, row.id)?,
            None => vec![],
        };
        let held = held.into_iter().map(|held| (held.known.place, held.known)).collect();
        Ok(Touched { row, kind: row.map(|row| row.kind), held, new: vec![] })
    }

    /// Notes the new changes record by record, and puts them into the documents some records at a time.
    fn apply(self, engine: &dyn Engine) -> Result<(Vec<Patch>, u64), MergeError> {
        let Self { tx, preamble, own, mut records, order } = self;
        let (mut patches, mut count) = (vec![], 0);
        let mut portion = Portion::new(tx, own, engine);
        for reference in order {
            let Some(touched) = records.remove(&reference) else { continue };
            if touched.new.is_empty() {
                continue;
            }
            let (row, fresh) = match touched.row {
                Some(row) => (row, false),
                None => (add_record(tx, preamble, own, reference, touched.kind)?, true),
            };
            budget::weigh(tx, row.id, own.id, &touched.new)?;
            for (known, change) in &touched.new {
                documents::add_change(tx, row.id, own.id, known, Some(preamble.seq))?;
                logs::touch(tx, own.id, change.claimed_s())?;
            }
            count += touched.new.len() as u64;
            let changes = touched.new.into_iter().map(|(_, change)| change).collect();
            portion.add(row, fresh, changes)?;
            if portion.is_full() {
                patches.extend(portion.put_in()?);
            }
        }
        patches.extend(portion.put_in()?);
        Ok((patches, count))
    }
}

fn add_record(
    tx: &Transaction<'_>,
    preamble: &Preamble,
    own: &LogRow,
    reference: Reference,
    kind: Option<u8>,
) -> Result<RecordRow, MergeError> {
    // Only its creator's log begins a record.
    let kind = kind.filter(|_| reference.creator == own.log).ok_or(ParkReason::Malformed)?;
    Ok(documents::add_record(tx, reference, own.id, preamble.scope, kind)?)
}

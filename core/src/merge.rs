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

mod adopted;

pub(crate) use adopted::{Found, adopt, find};

use crate::batch::{
    Announcement, BatchError, Known, Parsed, ParsedChange, ParsedEntry, Place, Reference, parse,
};
use crate::record::{Change, Document, Engine, EngineError, Fields, Opinion, RecordError};
use crate::store::ParkReason;
use crate::store::documents::{self, Kept, RecordRow};
use crate::store::logs::{self, LogRow};
use kahriz_proto::frame::Preamble;
use kahriz_proto::ids::{LogId, ScopeId};
use kahriz_proto::roster::Roster;
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
            BatchError::UnknownFormat(_) | BatchError::UnknownAnnouncement => ParkReason::Newer,
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
/// of the frame's log; the roster says whose adopted changes are whose.
pub(crate) fn apply(
    tx: &Transaction<'_>,
    preamble: &Preamble,
    own: &LogRow,
    roster: &Roster,
    batch: &[u8],
    engine: &dyn Engine,
) -> Result<Merged, MergeError> {
    let deps: Vec<LogId> = preamble.deps.iter().map(|dep| dep.log).collect();
    let parsed = parse(own.log, &deps, batch)?;
    let mut frame = Frame::new(tx, own, Some(preamble.seq), roster);
    let ids = frame.put_together(&parsed)?;
    if !parsed.adds_up(&ids) {
        return Err(ParkReason::Malformed.into());
    }
    let (patches, changes) = frame.apply(engine)?;
    let announcements = parsed.entries.into_iter().filter_map(|entry| match entry {
        ParsedEntry::Announcement(announcement) => Some(announcement),
        ParsedEntry::Change(_) | ParsedEntry::Adopted(_) => None,
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
    /// The log that begins the record in this frame, and its kind.
    begun: Option<(i64, u8)>,
    held: BTreeMap<Place, Known>,
    /// The own log's newest change that has come in a frame of that log: what headquarters has handed on
    /// of later ones is not what this frame means by its newest.
    newest: Option<Known>,
    /// Changes of the own log that were handed on before and come in their own frame now.
    arrived: Vec<u64>,
    new: Vec<New>,
}

/// A change that is new here.
struct New {
    known: Known,
    change: Change,
    /// The row of its log.
    log: i64,
    /// Whether another log than its own brings it.
    carried: bool,
}

impl Touched {
    /// The highest operation counter that is held of the record.
    fn highest_op(&self) -> u64 {
        self.held.values().map(|known| known.max_op).max().unwrap_or(0)
    }
}

struct Frame<'a> {
    tx: &'a Transaction<'a>,
    scope: ScopeId,
    /// The frame's log and number; no number yet while headquarters adopts.
    own: &'a LogRow,
    seq: Option<u64>,
    roster: &'a Roster,
    records: BTreeMap<Reference, Touched>,
    order: Vec<Reference>,
}

impl<'a> Frame<'a> {
    fn new(tx: &'a Transaction<'a>, own: &'a LogRow, seq: Option<u64>, roster: &'a Roster) -> Self {
        let (records, order) = (BTreeMap::new(), vec![]);
        Self { tx, scope: own.scope, own, seq, roster, records, order }
    }

    /// Puts every change of the frame together, in order; says the hashes of the log's own.
    fn put_together(&mut self, parsed: &Parsed<'_>) -> Result<Vec<[u8; 32]>, MergeError> {
        let mut ids = vec![];
        for entry in &parsed.entries {
            match entry {
                ParsedEntry::Change(change) => ids.push(self.put_one_together(change)?),
                ParsedEntry::Adopted(adopted) => self.take_adopted(adopted)?,
                ParsedEntry::Announcement(_) => {}
            }
        }
        Ok(ids)
    }

    fn put_one_together(&mut self, parsed: &ParsedChange<'_>) -> Result<[u8; 32], MergeError> {
        let own = self.own;
        let touched = self.touch(parsed.record)?;
        if touched.begun.is_none() && parsed.record.creator == own.log {
            touched.begun = parsed.created_as.map(|kind| (own.id, kind));
        }
        let held = |place: Place| touched.held.get(&place).copied();
        let change = Change::from_chunk(parsed.chunk(touched.newest, held)?)?;
        if change.log() != Some(own.log) {
            return Err(ParkReason::Malformed.into());
        }
        let place = Place { log: own.log, seq: change.seq() };
        let known = Known { place, id: change.id(), max_op: change.max_op() };
        match held(place) {
            Some(same) if same.id == known.id => touched.arrived.push(place.seq),
            Some(_) => return Err(ParkReason::Forked.into()),
            None => {
                budget::fits(&change, touched.newest, touched)?;
                touched.held.insert(place, known);
                touched.new.push(New { known, change, log: own.id, carried: false });
            }
        }
        touched.newest = Some(known);
        Ok(known.id)
    }

    /// The record of a reference, as it stands here and with what this frame has brought so far.
    fn touch(&mut self, reference: Reference) -> Result<&mut Touched, MergeError> {
        if !self.records.contains_key(&reference) {
            let touched = self.load(reference)?;
            self.records.insert(reference, touched);
            self.order.push(reference);
        }
        Ok(self.records.get_mut(&reference).expect("it was put there a moment ago"))
    }

    fn load(&self, reference: Reference) -> Result<Touched, MergeError> {
        let row = documents::record(self.tx, reference.record())?;
        if row.is_some_and(|row| row.scope != self.scope) {
            return Err(ParkReason::Malformed.into());
        }
        let held = match row {
            Some(row) => documents::changes(self.tx, row.id)?,
            None => vec![],
        };
        let framed = held.iter().filter(|held| held.frame.is_some());
        let own = framed.filter(|held| held.known.place.log == self.own.log);
        let newest = own.map(|held| held.known).max_by_key(|known| known.place.seq);
        let held = held.into_iter().map(|held| (held.known.place, held.known)).collect();
        Ok(Touched { row, begun: None, held, newest, arrived: vec![], new: vec![] })
    }

    /// Notes the new changes record by record, and puts them into the documents some records at a time.
    fn apply(self, engine: &dyn Engine) -> Result<(Vec<Patch>, u64), MergeError> {
        let (mut patches, mut count) = (vec![], 0);
        let Self { tx, scope, own, seq, mut records, order, .. } = self;
        let mut portion = Portion::new(tx, engine);
        for reference in order {
            let Some(touched) = records.remove(&reference) else { continue };
            if let (Some(row), Some(frame)) = (touched.row, seq) {
                for change in &touched.arrived {
                    documents::set_frame(tx, row.id, own.id, *change, frame)?;
                }
            }
            if touched.new.is_empty() {
                continue;
            }
            let (row, fresh) = match touched.row {
                Some(row) => (row, false),
                None => {
                    // Only its creator's log begins a record.
                    let (creator, kind) = touched.begun.ok_or(ParkReason::Malformed)?;
                    (documents::add_record(tx, reference, creator, scope, kind)?, true)
                }
            };
            for New { known, change, log, carried } in &touched.new {
                let frame = seq.filter(|_| !carried);
                documents::add_change(tx, row.id, *log, known, frame)?;
                if *carried {
                    documents::set_carrier(tx, row.id, (*log, known.place.seq), own.id, seq)?;
                }
                logs::touch(tx, *log, change.claimed_s())?;
            }
            count += touched.new.len() as u64;
            // What the engine refuses is kept aside under its own log; a log's run grows on the one before it.
            for (number, (log, changes)) in in_runs(touched.new).into_iter().enumerate() {
                budget::weigh(tx, row.id, log, &changes)?;
                if number > 0 {
                    patches.extend(portion.put_in()?);
                }
                let fresh = fresh && (number == 0 || documents::document(tx, row.id)?.is_none());
                portion.add(row, fresh, log, changes)?;
            }
            if portion.is_full() {
                patches.extend(portion.put_in()?);
            }
        }
        patches.extend(portion.put_in()?);
        Ok((patches, count))
    }
}

/// Changes of one log that follow each other, together.
fn in_runs(new: Vec<New>) -> Vec<(i64, Vec<Change>)> {
    let mut runs: Vec<(i64, Vec<Change>)> = vec![];
    for New { change, log, .. } in new {
        match runs.last_mut().filter(|(of, _)| *of == log) {
            Some((_, changes)) => changes.push(change),
            None => runs.push((log, vec![change])),
        }
    }
    runs
}

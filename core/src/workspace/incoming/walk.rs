//! The walks through the inbox: which frames are tried together, and what is written down before they are.
//!
//! The engine is not safe on hostile bytes, and in this process a frame can end it. So what is about to be tried is
//! committed first (the poison ledger); a start that finds something there tries those frames one by one, and puts
//! the one away over which the process dies once more. The others are merged, and nothing ever loops. What was put away
//! has another chance at a later start, ever less often.

use super::take::take_all;
use crate::store::inbox::{self, Waiting};
use crate::store::trials::{self, Suspect};
use crate::store::{ParkReason, Store, settings};
use crate::workspace::identity::Identity;
use crate::workspace::{ReadError, Workspace};
use kahriz_proto::ids::FrameHash;
use rusqlite::Transaction;
use std::collections::BTreeMap;

/// Frames that are read from the inbox and merged in one commit: some two thousand new records.
const FRAMES_AT_ONCE: u32 = 16;

/// The setting that says which version of the program had the store last.
const VERSION: &str = "program version";
/// The setting that counts openings (u64, little endian) while a frame is put away.
const OPENINGS: &str = "openings beside guilty frames";

/// What merging the inbox came to.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Taken {
    /// Frames that were merged.
    pub frames: u64,
    /// Changes that were merged.
    pub changes: u64,
    /// Records whose documents changed, each time that they did.
    pub records: u64,
    /// Frames that were tried and stay in the inbox.
    pub parked: u64,
}

impl Workspace {
    /// Opens and merges what lies in the inbox, again and again while it helps. `progress` is told the
    /// changes that are merged so far.
    ///
    /// # Errors
    /// What the store says; everything merged so far is kept.
    pub fn merge_inbox(&self, progress: &mut dyn FnMut(u64)) -> Result<Taken, ReadError> {
        let mut taken = Taken::default();
        loop {
            let before = taken.frames;
            taken.parked = 0;
            self.merge_once(&self.identity(), &mut taken, progress)?;
            let anew = self.begin_anew_if_contradicted()?;
            if !anew && (taken.parked == 0 || taken.frames == before) {
                self.keep_mark_soon();
                return Ok(taken);
            }
        }
    }

    /// One walk through the inbox in the order of arrival.
    fn merge_once(
        &self,
        identity: &Identity,
        taken: &mut Taken,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), ReadError> {
        let suspects = self.store.read(trials::suspects)?;
        let deaths_max = match self.engine.is_apart() {
            true => trials::DEATHS_APART_MAX,
            false => trials::DEATHS_MAX,
        };
        let mut after = 0;
        loop {
            let frames = self.store.read(|conn| inbox::to_try(conn, after, FRAMES_AT_ONCE))?;
            let together = together(frames, &suspects);
            let Some(last) = together.last() else { return Ok(()) };
            after = last.row;
            match suspects.get(&last.hash) {
                Some(suspect) if suspect.deaths >= deaths_max && !suspect.has_chance => {
                    self.put_away(last, taken)?;
                }
                Some(_) | None => self.try_together(identity, together, taken)?,
            }
            progress(taken.changes);
        }
    }

    /// Tries frames in one commit, after another that names them: if the process dies over them, the next one knows.
    fn try_together(
        &self,
        identity: &Identity,
        frames: Vec<Waiting>,
        taken: &mut Taken,
    ) -> Result<(), ReadError> {
        let hashes: Vec<FrameHash> = frames.iter().map(|frame| frame.hash).collect();
        self.store.write(|tx| hashes.iter().try_for_each(|hash| trials::begin(tx, *hash)))?;
        let before = taken.clone();
        let engine = self.engine.as_ref();
        let merged = self.store.write(|tx| take_all(tx, identity, engine, frames, taken));
        if merged.is_err() {
            *taken = before;
            // On a full disk this may fail too. Then a later death is counted that was none, which a person can undo.
            let broken_off = |tx: &Transaction<'_>| {
                hashes.iter().try_for_each(|hash| trials::break_off(tx, *hash))
            };
            self.store.write(broken_off).unwrap_or_default();
        }
        merged
    }

    /// A frame over which the process has died again and again is not tried any more.
    fn put_away(&self, frame: &Waiting, taken: &mut Taken) -> Result<(), ReadError> {
        taken.parked += 1;
        Ok(self.store.write(|tx| inbox::park(tx, frame.row, ParkReason::Poisonous))?)
    }
}

/// The first of these frames that are tried in one commit: a suspect alone, others up to the next suspect.
fn together(mut frames: Vec<Waiting>, suspects: &BTreeMap<FrameHash, Suspect>) -> Vec<Waiting> {
    let is_suspect = |frame: &Waiting| suspects.contains_key(&frame.hash);
    let until = frames.iter().position(is_suspect).unwrap_or(frames.len());
    frames.truncate(until.max(1));
    frames
}

/// At opening: notes over which frames the process died; and gives those another chance whose turn it is, and those that a
/// former version of the program could not bear.
pub(in crate::workspace) fn look_back(store: &Store) -> rusqlite::Result<()> {
    let version = env!("CARGO_PKG_VERSION").as_bytes();
    store.write(|tx| {
        trials::count_deaths(tx)?;
        if trials::any_guilty(tx)? {
            let had = settings::get(tx, OPENINGS)?;
            let had = had.and_then(|had| had.as_slice().try_into().ok().map(u64::from_le_bytes));
            let opening = had.unwrap_or(0).wrapping_add(1);
            settings::put(tx, OPENINGS, &opening.to_le_bytes())?;
            for hash in trials::give_chances(tx, opening)? {
                inbox::reconsider_frame(tx, hash, ParkReason::Poisonous)?;
            }
        }
        let had = settings::get(tx, VERSION)?;
        if had.is_none_or(|had| had.as_slice() != version) {
            trials::forgive(tx)?;
            inbox::reconsider(tx, ParkReason::Poisonous)?;
            inbox::reconsider(tx, ParkReason::OverLimit)?;
            settings::put(tx, VERSION, version)?;
        }
        Ok(())
    })
}

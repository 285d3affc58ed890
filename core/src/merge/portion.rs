//! Some records of a frame at a time: given to the engine together, so that one in another process is not asked for
//! each of them, and few enough that its answer is never long in coming.

use super::{CHANGES_BEFORE_COMPACTING, MergeError, Patch};
use crate::record::{Change, Engine, Grown, Trial};
use crate::store::documents::{self, Kept, RecordRow};
use kahriz_proto::limits::{ENGINE_BYTES_AT_ONCE, ENGINE_RECORDS_AT_ONCE};
use rusqlite::Transaction;

/// Records whose changes are noted and not yet in their documents.
pub(super) struct Portion<'a> {
    tx: &'a Transaction<'a>,
    engine: &'a dyn Engine,
    records: Vec<Noted>,
    trials: Vec<Trial>,
    bytes: usize,
}

struct Noted {
    row: RecordRow,
    fresh: bool,
    /// The row of the log that the new changes are of.
    log: i64,
    /// How many changes stand after one another in the kept document.
    changes: u32,
}

impl<'a> Portion<'a> {
    pub(super) fn new(tx: &'a Transaction<'a>, engine: &'a dyn Engine) -> Self {
        Self { tx, engine, records: vec![], trials: vec![], bytes: 0 }
    }

    /// Adds a record with its new changes, all of one log.
    pub(super) fn add(
        &mut self,
        row: RecordRow,
        fresh: bool,
        log: i64,
        changes: Vec<Change>,
    ) -> Result<(), MergeError> {
        let kept = if fresh { None } else { documents::document(self.tx, row.id)? };
        let kept = kept.unwrap_or(Kept { changes: 0, bytes: vec![] });
        let new = u32::try_from(changes.len()).unwrap_or(CHANGES_BEFORE_COMPACTING);
        let count = kept.changes.saturating_add(new);
        self.bytes += kept.bytes.len();
        self.bytes += changes.iter().map(|change| change.chunk().len()).sum::<usize>();
        self.records.push(Noted { row, fresh, log, changes: count });
        let compact = count >= CHANGES_BEFORE_COMPACTING;
        self.trials.push(Trial { kept: kept.bytes, changes, compact });
        Ok(())
    }

    pub(super) fn is_full(&self) -> bool {
        self.trials.len() >= ENGINE_RECORDS_AT_ONCE || self.bytes >= ENGINE_BYTES_AT_ONCE
    }

    /// Puts the changes into the documents. Where the engine refuses, the document stays as it was and the changes
    /// are kept as stuck.
    pub(super) fn put_in(&mut self) -> Result<Vec<Patch>, MergeError> {
        let (records, trials) =
            (std::mem::take(&mut self.records), std::mem::take(&mut self.trials));
        self.bytes = 0;
        if trials.is_empty() {
            return Ok(vec![]);
        }
        let answers = self.engine.grow(&trials)?;
        let mut patches = vec![];
        for ((noted, trial), answer) in records.into_iter().zip(trials).zip(answers) {
            match answer {
                Ok(grown) => patches.push(self.keep(noted, trial, grown)?),
                Err(_) => self.keep_stuck(&noted, &trial)?,
            }
        }
        Ok(patches)
    }

    fn keep(&self, noted: Noted, trial: Trial, grown: Grown) -> rusqlite::Result<Patch> {
        let Noted { row, fresh, changes, .. } = noted;
        let Grown { compacted, fields, first, last } = grown;
        let kept = match compacted {
            Some(bytes) => Kept { changes: 0, bytes },
            None => {
                let mut bytes = trial.kept;
                trial.changes.iter().for_each(|change| bytes.extend_from_slice(change.chunk()));
                Kept { changes, bytes }
            }
        };
        documents::keep(self.tx, row.id, &kept)?;
        Ok(Patch { row, fresh, fields, first, last })
    }

    fn keep_stuck(&self, noted: &Noted, trial: &Trial) -> rusqlite::Result<()> {
        trial.changes.iter().try_for_each(|change| {
            documents::keep_stuck(self.tx, noted.row.id, noted.log, change.seq(), change.chunk())
        })
    }
}

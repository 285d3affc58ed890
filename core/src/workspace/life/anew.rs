//! Writing anew what nobody else will ever be able to take in.

use crate::batch::{Known, Place, Reference};
use crate::forms::Kind;
use crate::merge;
use crate::projection;
use crate::record::{Author, Change, ChangeId, Document, Lost, RecordError, Reworked, Write};
use crate::store::documents::{self, Kept, RecordRow};
use crate::store::logs::{self, LogRow};
use crate::store::{lives, members, outbox};
use crate::value::FieldType;
use crate::workspace::ReadError;
use crate::workspace::editing::kind_of;
use crate::workspace::identity::Identity;
use crate::workspace::rows::RowWriter;
use rusqlite::Transaction;
use std::collections::{BTreeMap, BTreeSet};

/// Takes every change of a log that no frame holds out of its document, with what builds on it, and writes the same in
/// the log of this life. A record that began with one begins anew, under another id.
pub(in crate::workspace) fn write_anew(
    tx: &Transaction<'_>,
    identity: &Identity,
    log: &LogRow,
) -> Result<(), ReadError> {
    let mut by_record: BTreeMap<i64, BTreeSet<ChangeId>> = BTreeMap::new();
    for (record, change) in lives::unsealed(tx, log.id)? {
        by_record.entry(record).or_default().insert(change);
    }
    let mut desk = Desk { tx, identity, rows: RowWriter::new(members::scope_names(tx)?) };
    by_record.into_iter().try_for_each(|(record, lost)| desk.one_record(record, &lost))
}

struct Desk<'a> {
    tx: &'a Transaction<'a>,
    identity: &'a Identity,
    rows: RowWriter,
}

impl Desk<'_> {
    fn one_record(&mut self, id: i64, lost: &BTreeSet<ChangeId>) -> Result<(), ReadError> {
        let row = documents::record_by_row(self.tx, id)?;
        let Some(kept) = documents::document(self.tx, id)? else { return Ok(()) };
        let reworked = Document::load(&kept.bytes)?.without(lost)?;
        if !self.all_own(&reworked.lost)? {
            // Somebody has built on it: it has come further than to this device, and stays as it is.
            return Ok(());
        }
        for change in &reworked.lost {
            lives::forget_change(self.tx, id, &change.id)?;
        }
        let own = self.identity.own_log(self.tx, row.scope)?;
        let kind = kind_of(&row);
        if reworked.is_unmade() {
            projection::remove(self.tx, id)?;
            lives::forget_record(self.tx, id)?;
            self.begin_record(&row, kind, &own, &reworked.lost)
        } else {
            let bytes = reworked.document.save();
            documents::keep(self.tx, id, &Kept { changes: 0, bytes })?;
            let Reworked { document, lost } = reworked;
            self.go_on(&row, kind, &own, document, &lost, BTreeMap::new())
        }
    }

    fn all_own(&self, lost: &[Lost]) -> rusqlite::Result<bool> {
        for change in lost {
            let log = logs::get(self.tx, change.log)?;
            if log.is_none_or(|log| log.device != self.identity.device()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn begin_record(
        &mut self,
        old: &RecordRow,
        kind: Option<&Kind>,
        own: &LogRow,
        lost: &[Lost],
    ) -> Result<(), ReadError> {
        let Some((first, rest)) = lost.split_first() else { return Ok(()) };
        let (document, change) = Document::create(&writes(kind, first), &author(own, first))?;
        let counter = logs::next_record(self.tx, own.id)?;
        let reference = Reference { creator: own.log, counter };
        let row = documents::add_record(self.tx, reference, own.id, old.scope, old.kind)?;
        self.keep(&row, own, &document, &change)?;
        let instead = BTreeMap::from([(first.id, vec![change.id()])]);
        self.go_on(&row, kind, own, document, rest, instead)
    }

    fn go_on(
        &mut self,
        row: &RecordRow,
        kind: Option<&Kind>,
        own: &LogRow,
        mut document: Document,
        lost: &[Lost],
        mut instead: BTreeMap<ChangeId, Vec<ChangeId>>,
    ) -> Result<(), ReadError> {
        for one in lost {
            let written =
                document.write_again(one, &instead, &writes(kind, one), &author(own, one));
            let (stands, change) = written?;
            if let Some(change) = change {
                self.keep(row, own, &document, &change)?;
            }
            instead.insert(one.id, stands);
        }
        match merge::patch(*row, false, &document) {
            Some(patch) => Ok(self.rows.show(self.tx, &patch)?),
            None => Err(RecordError::Damaged.into()),
        }
    }

    fn keep(
        &self,
        row: &RecordRow,
        own: &LogRow,
        document: &Document,
        change: &Change,
    ) -> Result<(), ReadError> {
        let place = Place { log: own.log, seq: change.seq() };
        let known = Known { place, id: change.id(), max_op: change.max_op() };
        let kept = documents::document(self.tx, row.id)?;
        documents::add_change(self.tx, row.id, own.id, &known, None)?;
        merge::extend(self.tx, row.id, kept, document, &[change.chunk()])?;
        Ok(outbox::push_change(self.tx, own.id, row.id, change.seq(), change.chunk())?)
    }
}

/// What a change had written, to be written again.
fn writes(kind: Option<&Kind>, lost: &Lost) -> Vec<Write> {
    let mergeable = |key: &str| {
        let found = kind.and_then(|kind| kind.resolve(key));
        found.is_some_and(|found| found.field.field_type == FieldType::Narrative)
    };
    let first = |(key, values): (&String, &Vec<crate::value::Scalar>)| {
        let value = values.first()?.clone();
        Some(Write { mergeable: mergeable(key), key: key.clone(), value })
    };
    lost.writes.iter().filter_map(first).collect()
}

/// The same person at the same time, in another log.
fn author<'a>(own: &LogRow, lost: &'a Lost) -> Author<'a> {
    Author { log: own.log, claimed_s: lost.claimed_s, reason: lost.reason.as_deref() }
}

//! DOWN the river, first half: a draft becomes a change, and document, rows and outbox change in one commit.

use super::draft::Draft;
use super::error::{DraftError, SaveError};
use super::identity::Identity;
use super::lettering::Fresh;
use super::rows::RowWriter;
use super::{Claimed, Workspace};
use crate::batch::{Known, Place, Reference};
use crate::forms::{FieldError, Forms, Kind, Problem};
use crate::human_id::human_id;
use crate::merge::{self, Patch};
use crate::projection::STATE;
use crate::record::{Author, Change, Document, Edit, Write};
use crate::store::documents::{self, Kept, RecordRow};
use crate::store::logs::{self, LogRow};
use crate::store::{members, outbox};
use crate::value::{FieldType, PartialDate, Scalar, Value};
use kahriz_proto::ids::{RecordId, ScopeId};
use kahriz_proto::limits::CHANGE_BYTES_MAX;
use kahriz_proto::roster::Role;
use rusqlite::Transaction;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

/// The field of every record that says with which version of its form it was begun.
const FORM_VERSION: &str = "form_version";
/// The state in which required fields may still be missing.
const STATE_DRAFT: &str = "draft";
/// No phone that runs this has a right clock that says less: 2025-01-01.
const PLAUSIBLE_S: i64 = 1_735_689_600;

/// What a save came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// The record.
    pub record: RecordId,
    /// Its name for people.
    pub human_id: String,
    /// Whether anything was changed; if not, everything stood as wished already.
    pub changed: bool,
}

/// How a contested field is decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Keep the value at this index of the standing ones.
    Keep(usize),
    /// Write another one.
    Write(Scalar),
}

impl Workspace {
    /// A draft of a new record.
    ///
    /// # Errors
    /// [`DraftError`] for an unknown kind, or a scope that this device is not granted.
    pub fn new_record(&self, scope: ScopeId, kind: &str) -> Result<Draft, DraftError> {
        let kind = Forms::builtin().find_kind(kind)?;
        let granted = self.identity().scopes().contains(&scope);
        granted.then(|| Draft::create(kind, scope)).ok_or(DraftError::NotInScope)
    }

    /// A draft of a record that exists, based on what stands now.
    ///
    /// # Errors
    /// [`DraftError`].
    pub fn edit(&self, record: RecordId) -> Result<Draft, DraftError> {
        let identity = self.identity();
        self.store.read(|conn| {
            let row = documents::record(conn, record)?.ok_or(DraftError::NoRecord)?;
            let kind = kind_of(&row).ok_or(DraftError::UnknownKind)?;
            let kept = documents::document(conn, row.id)?.ok_or(DraftError::NoRecord)?;
            let document = Document::load(&kept.bytes).map_err(super::ReadError::from)?;
            let log = identity.log(row.scope);
            let own = documents::changes(conn, row.id)?;
            let own = own.iter().filter(|held| held.known.place.log == log).count() as u64;
            let fields = document.fields();
            let begun = self.drafts_begun.fetch_add(1, Ordering::Relaxed);
            let (base, counts) = (document.heads(), (own, begun));
            Ok(Draft::of(kind, row.scope, record, base, &fields, log, counts))
        })
    }

    /// Saves a draft. When this returns the change is on disk, and it never waits for the network.
    ///
    /// # Errors
    /// [`SaveError`]; nothing was written then.
    pub fn save(&self, draft: &Draft, claimed: Claimed) -> Result<Saved, SaveError> {
        let mut saved = self.save_many(std::slice::from_ref(draft), claimed)?;
        Ok(saved.remove(0))
    }

    /// Saves many drafts in one commit: imports. All of them, or none.
    ///
    /// # Errors
    /// The first [`SaveError`] that is met.
    pub fn save_many(&self, drafts: &[Draft], claimed: Claimed) -> Result<Vec<Saved>, SaveError> {
        let identity = self.identity();
        let (saved, fresh) = self.store.write(|tx| {
            let mut desk = Desk::new(tx, &identity, claimed)?;
            let saved: Result<Vec<Saved>, SaveError> =
                drafts.iter().map(|draft| desk.save(draft)).collect();
            Ok::<_, SaveError>((saved?, desk.fresh))
        })?;
        self.letter(&identity, &fresh);
        Ok(saved)
    }

    /// Decides a contested field by an ordinary change that overwrites all standing values, with a reason.
    ///
    /// # Errors
    /// [`SaveError::NotAllowed`] unless this device's role is supervisor or headquarters,
    /// [`SaveError::NothingToDecide`], and as for [`Workspace::save`].
    pub fn decide(
        &self,
        record: RecordId,
        key: &str,
        choice: &Choice,
        reason: &str,
        claimed: Claimed,
    ) -> Result<(), SaveError> {
        let identity = self.identity();
        let role = identity.member().map(|member| member.role);
        if !matches!(role, Some(Role::Supervisor | Role::Headquarters)) {
            return Err(SaveError::NotAllowed);
        }
        let fresh = self.store.write(|tx| {
            let mut desk = Desk::new(tx, &identity, claimed)?;
            desk.decide(record, key, choice, reason.trim())?;
            Ok::<_, SaveError>(desk.fresh)
        })?;
        self.letter(&identity, &fresh);
        Ok(())
    }
}

/// The desk of one transaction: what each of its saves needs.
struct Desk<'a> {
    tx: &'a Transaction<'a>,
    identity: &'a Identity,
    claimed: Claimed,
    today: Option<PartialDate>,
    logs: BTreeMap<ScopeId, LogRow>,
    rows: RowWriter,
    /// What was changed, for the letters that are written once this is committed.
    fresh: Vec<Fresh>,
}

impl<'a> Desk<'a> {
    fn new(
        tx: &'a Transaction<'a>,
        identity: &'a Identity,
        claimed: Claimed,
    ) -> rusqlite::Result<Self> {
        let rows = RowWriter::new(members::scope_names(tx)?);
        let today = (claimed.seconds() >= PLAUSIBLE_S).then(|| day_of(claimed)).flatten();
        Ok(Self { tx, identity, claimed, today, logs: BTreeMap::new(), rows, fresh: vec![] })
    }

    fn save(&mut self, draft: &Draft) -> Result<Saved, SaveError> {
        let log = self.log(draft.scope)?;
        let writes = self.writes(draft)?;
        let author = Author { log: log.log, claimed_s: self.claimed.seconds(), reason: None };
        match draft.record {
            None => self.create(draft, &log, &writes, &author),
            Some(record) => self.change(record, &draft.base, &log, &writes, &author),
        }
    }

    fn create(
        &mut self,
        draft: &Draft,
        log: &LogRow,
        writes: &[Write],
        author: &Author<'_>,
    ) -> Result<Saved, SaveError> {
        let (document, change) = Document::create(writes, author)?;
        let counter = logs::next_record(self.tx, log.id)?;
        let reference = Reference { creator: log.log, counter };
        let code = u8::try_from(draft.kind.code).unwrap_or(u8::MAX);
        let row = documents::add_record(self.tx, reference, log.id, draft.scope, code)?;
        self.keep(row, None, &document, &change, log, true)
    }

    fn change(
        &mut self,
        record: RecordId,
        base: &[crate::record::ChangeId],
        log: &LogRow,
        writes: &[Write],
        author: &Author<'_>,
    ) -> Result<Saved, SaveError> {
        let row = documents::record(self.tx, record)?.ok_or(SaveError::NoRecord)?;
        let kept = documents::document(self.tx, row.id)?.ok_or(SaveError::NoRecord)?;
        let mut document = Document::load(&kept.bytes)?;
        match document.edit(base, writes, author)? {
            Edit::Changed(change) => self.keep(row, Some(kept), &document, &change, log, false),
            Edit::Nothing => Ok(self.saved(&row, false)),
            Edit::Superseded(keys) => Err(SaveError::Superseded(keys)),
        }
    }

    /// Document, reference, outbox and row: all of what a change means, in this transaction.
    fn keep(
        &mut self,
        row: RecordRow,
        kept: Option<Kept>,
        document: &Document,
        change: &Change,
        log: &LogRow,
        fresh: bool,
    ) -> Result<Saved, SaveError> {
        if change.chunk().len() > CHANGE_BYTES_MAX {
            return Err(SaveError::TooLarge);
        }
        let place = Place { log: log.log, seq: change.seq() };
        let known = Known { place, id: change.id(), max_op: change.max_op() };
        documents::add_change(self.tx, row.id, log.id, &known, None)?;
        merge::extend(self.tx, row.id, kept, document, &[change.chunk()])?;
        outbox::push_change(self.tx, log.id, row.id, change.seq(), change.chunk())?;
        self.fresh.push(Fresh::of(&row, log, change.id(), change.chunk().to_vec()));
        if let Some(patch) = merge::patch(row, fresh, document) {
            self.show(&patch)?;
        }
        Ok(self.saved(&row, true))
    }

    fn show(&mut self, patch: &Patch) -> rusqlite::Result<()> {
        self.rows.show(self.tx, patch)
    }

    fn saved(&self, row: &RecordRow, changed: bool) -> Saved {
        let human_id = human_id(self.rows.prefix(row.scope), row.record);
        Saved { record: row.record, human_id, changed }
    }

    fn decide(
        &mut self,
        record: RecordId,
        key: &str,
        choice: &Choice,
        reason: &str,
    ) -> Result<(), SaveError> {
        let row = documents::record(self.tx, record)?.ok_or(SaveError::NoRecord)?;
        let kept = documents::document(self.tx, row.id)?.ok_or(SaveError::NoRecord)?;
        let document = Document::load(&kept.bytes)?;
        let standing = document.fields().remove(key).unwrap_or_default();
        if standing.len() < 2 {
            return Err(SaveError::NothingToDecide);
        }
        let value = match choice {
            Choice::Keep(index) => {
                standing.get(*index).cloned().ok_or(SaveError::NothingToDecide)?
            }
            Choice::Write(scalar) => checked(&row, key, scalar)?,
        };
        let log = self.log(row.scope)?;
        let claimed_s = self.claimed.seconds();
        let reason = (!reason.is_empty()).then_some(reason);
        let author = Author { log: log.log, claimed_s, reason };
        let write = Write { key: key.to_owned(), value, mergeable: false };
        self.change(record, &document.heads(), &log, &[write], &author).map(drop)
    }

    /// The own log of a scope, if this device is granted it.
    fn log(&mut self, scope: ScopeId) -> Result<LogRow, SaveError> {
        if let Some(log) = self.logs.get(&scope) {
            return Ok(log.clone());
        }
        if self.identity.copied.is_some() {
            return Err(SaveError::Copy);
        }
        if !self.identity.scopes().contains(&scope) {
            return Err(SaveError::NotInScope);
        }
        let log = self.identity.own_log(self.tx, scope)?;
        self.logs.insert(scope, log.clone());
        Ok(log)
    }

    /// The draft's entries, checked one by one and together, as writes.
    fn writes(&self, draft: &Draft) -> Result<Vec<Write>, SaveError> {
        let new = draft.record.is_none();
        let checked = draft.kind.prepare(draft.entries.clone(), &draft.seen);
        let mut entries = checked.map_err(SaveError::Invalid)?.into_entries();
        if new {
            entries.retain(|(_, value)| *value != Scalar::Null);
            entries.push((FORM_VERSION.to_owned(), Scalar::Int(i64::from(draft.kind.version))));
        }
        self.check_whole(draft, &entries)?;
        let size: usize = entries.iter().map(|(key, value)| key.len() + size_of_value(value)).sum();
        if size > CHANGE_BYTES_MAX {
            return Err(SaveError::TooLarge);
        }
        let mergeable = |key: &str| {
            let found = draft.kind.resolve(key);
            found.is_some_and(|found| found.field.field_type == FieldType::Narrative)
        };
        let write =
            |(key, value): (String, Scalar)| Write { mergeable: mergeable(&key), key, value };
        Ok(entries.into_iter().map(write).collect())
    }

    fn check_whole(&self, draft: &Draft, entries: &[(String, Scalar)]) -> Result<(), SaveError> {
        if draft.incomplete {
            return Ok(());
        }
        let mut whole = draft.seen.clone();
        whole.extend(entries.iter().cloned());
        let is_draft = whole.get(STATE).and_then(Scalar::as_str) == Some(STATE_DRAFT);
        let mut errors: Vec<FieldError> = draft.kind.check_complete(&whole, self.today.as_ref());
        if is_draft {
            errors.retain(|error| error.problem != Problem::Required);
        }
        // What merging or an import left contradictory elsewhere must not keep anybody from saving.
        if draft.record.is_some() {
            errors.retain(|error| draft.entries.iter().any(|(key, _)| *key == error.field));
        }
        errors.is_empty().then_some(()).ok_or(SaveError::Invalid(errors))
    }
}

/// The kind of a record, if this version knows it.
pub(super) fn kind_of(row: &RecordRow) -> Option<&'static Kind> {
    Forms::builtin().kind_of_code(u16::from(row.kind))
}

/// A value that a person decided on passes the field's declaration like any other.
fn checked(row: &RecordRow, key: &str, scalar: &Scalar) -> Result<Scalar, SaveError> {
    let kind = kind_of(row).ok_or(SaveError::NoRecord)?;
    let invalid = |error: FieldError| SaveError::Invalid(vec![error]);
    let found = kind.find(key).map_err(invalid)?;
    let value = match found.code {
        Some(_) => scalar.as_bool().map(Value::Boolean),
        None => Value::from_scalar(found.field.field_type, scalar).ok().flatten(),
    };
    let pairs = kind.writes(key, value, &BTreeMap::new()).map_err(invalid)?;
    let same = pairs.into_iter().find(|(written, _)| written == key);
    same.map(|(_, scalar)| scalar).ok_or(SaveError::NothingToDecide)
}

fn size_of_value(value: &Scalar) -> usize {
    match value {
        Scalar::Null | Scalar::Bool(_) => 1,
        Scalar::Int(_) => 8,
        Scalar::Str(text) => text.len(),
        Scalar::Bytes(bytes) => bytes.len(),
    }
}

/// The day that a moment may be, where the officer is.
fn day_of(claimed: Claimed) -> Option<PartialDate> {
    // Half a day ahead: east of Greenwich the day begins earlier.
    PartialDate::of_day_number((claimed.seconds() + 43_200).div_euclid(86_400))
}

//! The document: load, create, edit on a base, apply, read.

use super::{Change, ChangeId, RecordError, hashes};
use crate::value::Scalar;
use automerge::hydrate;
use automerge::transaction::{CommitOptions, Transactable};
use automerge::{
    ActorId, Automerge, ChangeHash, ObjType, PatchLog, ROOT, ReadDoc, ScalarValue, TextEncoding,
    Value,
};
use kahriz_proto::ids::LogId;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A narrative of at least this many characters, in a record's first change, becomes mergeable text.
/// Shorter ones are scalars: text costs a quarter more on the wire, and of two short versions a person
/// can choose.
pub(super) const TEXT_CHARS_MIN: usize = 1_024;

/// All standing values of each key, Automerge's winner first, equal ones only once.
pub type Fields = BTreeMap<String, Vec<Scalar>>;

/// One key and the value that it is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// The flat key.
    pub key: String,
    /// The value.
    pub value: Scalar,
    /// Whether two people's edits of it should merge letter by letter, if it is long.
    pub mergeable: bool,
}

/// Who makes a change, and what is said beside it.
#[derive(Clone, Debug)]
pub struct Author<'a> {
    /// The log, whose id is the Automerge actor.
    pub log: LogId,
    /// When the device says it is, in seconds since 1970.
    pub claimed_s: i64,
    /// Why, if a reason is given: decisions give one.
    pub reason: Option<&'a str>,
}

/// What an edit came to.
#[derive(Debug)]
pub enum Edit {
    /// A change was made.
    Changed(Box<Change>),
    /// Everything stood as wished already.
    Nothing,
    /// This same log has changed these keys since the base, so that writing would revert its own work.
    Superseded(Vec<String>),
}

/// One record's document in memory. It holds some 50 KB; keep few of them.
pub struct Document(pub(super) Automerge);

impl Document {
    /// A document without any change, to apply a record's first changes to.
    #[must_use]
    pub fn empty() -> Self {
        Self(Automerge::new())
    }

    /// Makes a record with its first change. Keys are written in their order as text.
    ///
    /// # Errors
    /// [`RecordError::Refused`] if the engine does not take a value.
    pub fn create(writes: &[Write], author: &Author<'_>) -> Result<(Self, Change), RecordError> {
        let mut doc = Automerge::new().with_actor(actor(author.log));
        let values: Vec<(&str, hydrate::Value)> =
            writes.iter().map(|write| (write.key.as_str(), first_value(write))).collect();
        let root = hydrate::Map::from(collect(values));
        let mut tx = doc.transaction();
        tx.init_root_from_hydrate(&root).map_err(|_| RecordError::Refused)?;
        let (hash, _) = tx.commit_with(options(author));
        let change =
            hash.and_then(|hash| doc.get_change_by_hash(&hash)).ok_or(RecordError::Refused)?;
        Ok((Self(doc), made(&change)?))
    }

    /// Reads a document that [`Document::save`] or a concatenation of chunks made.
    ///
    /// # Errors
    /// [`RecordError::Damaged`] if any part of the bytes cannot be read, [`RecordError::Panicked`] if the engine
    /// panics over them.
    pub fn load(bytes: &[u8]) -> Result<Self, RecordError> {
        catch_unwind(AssertUnwindSafe(|| Automerge::load(bytes)))
            .map_err(|_| RecordError::Panicked)?
            .map(Self)
            .map_err(|_| RecordError::Damaged)
    }

    /// The whole document, compact.
    #[must_use]
    pub fn save(&self) -> Vec<u8> {
        self.0.save()
    }

    /// The newest changes: those that no other builds on, in the order of their hashes.
    #[must_use]
    pub fn heads(&self) -> Vec<ChangeId> {
        let mut heads: Vec<ChangeId> = self.0.get_heads().iter().map(|hash| hash.0).collect();
        heads.sort_unstable();
        heads
    }

    /// A change that is in the document.
    #[must_use]
    pub fn change(&self, id: ChangeId) -> Option<Change> {
        let found = self.0.get_change_by_hash(&ChangeHash(id))?;
        Change::from_chunk(found.raw_bytes().to_vec()).ok()
    }

    /// Writes to the version `base` that the officer saw, together with what this log has written since.
    ///
    /// # Errors
    /// [`RecordError::UnknownBase`] if that version is not in this document, [`RecordError::Refused`]
    /// if the engine does not take a value.
    pub fn edit(
        &mut self,
        base: &[ChangeId],
        writes: &[Write],
        author: &Author<'_>,
    ) -> Result<Edit, RecordError> {
        let base = hashes(base);
        if base.iter().any(|hash| self.0.get_change_meta_by_hash(hash).is_none()) {
            return Err(RecordError::UnknownBase);
        }
        let on = self.with_own(&base, author.log);
        let superseded = self.superseded(&base, &on, writes);
        if !superseded.is_empty() {
            return Ok(Edit::Superseded(superseded));
        }
        self.0.set_actor(actor(author.log));
        let mut tx =
            self.0.transaction_at(PatchLog::inactive(), &on).map_err(|_| RecordError::Refused)?;
        for write in writes {
            write_one(&mut tx, write).map_err(|_| RecordError::Refused)?;
        }
        let (hash, _) = tx.commit_with(options(author));
        let change = hash.and_then(|hash| self.0.get_change_by_hash(&hash));
        change.map_or(Ok(Edit::Nothing), |change| Ok(Edit::Changed(Box::new(made(&change)?))))
    }

    /// Takes in other devices' changes. All of what they build on must be here or among them.
    ///
    /// # Errors
    /// [`RecordError::Refused`] or [`RecordError::MissingDeps`]; the document is then not to be used
    /// any further, load it again.
    pub fn apply(&mut self, changes: Vec<Change>) -> Result<(), RecordError> {
        let parsed =
            changes.iter().map(|change| automerge::Change::from_bytes(change.chunk().to_vec()));
        let apply = || {
            let parsed = parsed.collect::<Result<Vec<_>, _>>().map_err(|_| RecordError::Refused)?;
            self.0.apply_changes(parsed).map_err(|_| RecordError::Refused)
        };
        catch_unwind(AssertUnwindSafe(apply)).map_err(|_| RecordError::Refused)??;
        self.holds(&changes).then_some(()).ok_or(RecordError::MissingDeps)
    }

    /// Whether these changes are part of the document, and are to the engine what they were read as. (It answers Ok
    /// and puts changes aside when dependencies are missing.)
    pub(super) fn holds(&self, changes: &[Change]) -> bool {
        changes.iter().all(|change| {
            let meta = self.0.get_change_meta_by_hash(&ChangeHash(change.id()));
            meta.is_some_and(|meta| meta.seq == change.seq() && meta.max_op == change.max_op())
        })
    }

    /// All standing values of each key.
    #[must_use]
    pub fn fields(&self) -> Fields {
        self.fields_at(None)
    }

    /// All values of each key as they stood at a version.
    #[must_use]
    pub fn fields_as_of(&self, version: &[ChangeId]) -> Fields {
        self.fields_at(Some(&hashes(version)))
    }

    fn fields_at(&self, heads: Option<&[ChangeHash]>) -> Fields {
        let doc = &self.0;
        let range = match heads {
            Some(heads) => doc.map_range_at(ROOT, .., heads),
            None => doc.map_range(ROOT, ..),
        };
        range
            .map(|item| {
                let key = item.key.to_string();
                let values = if item.conflict {
                    self.standing_at(&key, heads)
                } else {
                    let id = item.id();
                    vec![self.scalar(item.value.into_value(), &id, heads)]
                };
                (key, values)
            })
            .collect()
    }

    fn standing_at(&self, key: &str, heads: Option<&[ChangeHash]>) -> Vec<Scalar> {
        let all = match heads {
            Some(heads) => self.0.get_all_at(ROOT, key, heads),
            None => self.0.get_all(ROOT, key),
        };
        let mut seen = BTreeSet::new();
        let all = all.unwrap_or_default();
        let values = all.into_iter().rev().map(|(value, id)| self.scalar(value, &id, heads));
        values.filter(|value| seen.insert(value.clone())).collect()
    }

    pub(super) fn scalar(
        &self,
        value: Value<'_>,
        id: &automerge::ObjId,
        heads: Option<&[ChangeHash]>,
    ) -> Scalar {
        match value {
            Value::Object(ObjType::Text) => {
                let text = match heads {
                    Some(heads) => self.0.text_at(id, heads),
                    None => self.0.text(id),
                };
                text.ok().filter(|text| !text.is_empty()).map_or(Scalar::Null, Scalar::Str)
            }
            Value::Object(_) => Scalar::Null,
            Value::Scalar(scalar) => from_automerge(&scalar),
        }
    }

    /// `base` and this log's own newest change, without what that one builds on.
    fn with_own(&self, base: &[ChangeHash], log: LogId) -> Vec<ChangeHash> {
        let own = actor(log);
        let newest = self.0.get_changes_meta(base).into_iter().filter(|meta| *meta.actor == own);
        let Some(newest) = newest.max_by_key(|meta| meta.seq) else { return base.to_vec() };
        let outside: BTreeSet<ChangeHash> =
            self.0.get_changes_meta(&[newest.hash]).into_iter().map(|meta| meta.hash).collect();
        let kept = base.iter().filter(|hash| outside.contains(hash)).copied();
        std::iter::once(newest.hash).chain(kept).collect()
    }

    /// Keys to be written that stood differently in what the officer saw than after this log's own
    /// later changes.
    fn superseded(&self, base: &[ChangeHash], on: &[ChangeHash], writes: &[Write]) -> Vec<String> {
        if base == on {
            return vec![];
        }
        let stands = |key: &str, at: &[ChangeHash]| self.standing_at(key, Some(at));
        let moved = writes.iter().filter(|write| {
            let now = stands(&write.key, on);
            now != stands(&write.key, base) && now != [write.value.clone()]
        });
        moved.map(|write| write.key.clone()).collect()
    }
}

/// A change that was made here, as others will read it: what they would not admit is not made.
fn made(change: &automerge::Change) -> Result<Change, RecordError> {
    Change::from_chunk(change.raw_bytes().to_vec())
}

fn actor(log: LogId) -> ActorId {
    ActorId::from(log.as_bytes().as_slice())
}

fn options(author: &Author<'_>) -> CommitOptions {
    let options = CommitOptions::default().with_time(author.claimed_s);
    match author.reason {
        Some(reason) => options.with_message(reason),
        None => options,
    }
}

/// The engine wants a hash map here and sorts it itself, so no order is lost or leaked.
#[allow(clippy::disallowed_types)]
fn collect(values: Vec<(&str, hydrate::Value)>) -> std::collections::HashMap<&str, hydrate::Value> {
    values.into_iter().collect()
}

fn first_value(write: &Write) -> hydrate::Value {
    match &write.value {
        Scalar::Str(text) if write.mergeable && text.chars().count() >= TEXT_CHARS_MIN => {
            hydrate::Value::text(TextEncoding::platform_default(), text)
        }
        Scalar::Null | Scalar::Bool(_) | Scalar::Int(_) | Scalar::Str(_) | Scalar::Bytes(_) => {
            hydrate::Value::Scalar(to_automerge(&write.value))
        }
    }
}

fn write_one(
    tx: &mut automerge::transaction::Transaction<'_>,
    write: &Write,
) -> Result<(), automerge::AutomergeError> {
    if let Some((Value::Object(ObjType::Text), id)) = tx.get(ROOT, write.key.as_str())?
        && let Some(text) = match &write.value {
            Scalar::Str(text) => Some(text.as_str()),
            // Cleared letter by letter, so that what somebody else writes meanwhile is not lost with the text.
            Scalar::Null => Some(""),
            Scalar::Bool(_) | Scalar::Int(_) | Scalar::Bytes(_) => None,
        }
    {
        return tx.update_text(&id, text);
    }
    // Writing the winner's value again over a conflict, the engine would keep the winner's own operation and only
    // take the others away: whoever writes at the same time would then overrule this writer unseen.
    if tx.get_all(ROOT, write.key.as_str())?.len() > 1 {
        tx.delete(ROOT, write.key.as_str())?;
    }
    tx.put(ROOT, write.key.as_str(), to_automerge(&write.value))
}

fn to_automerge(value: &Scalar) -> ScalarValue {
    match value {
        Scalar::Null => ScalarValue::Null,
        Scalar::Bool(flag) => ScalarValue::Boolean(*flag),
        Scalar::Int(number) => ScalarValue::Int(*number),
        Scalar::Str(text) => ScalarValue::Str(text.as_str().into()),
        Scalar::Bytes(bytes) => ScalarValue::Bytes(bytes.clone()),
    }
}

/// Types that this code never writes are shown as cleared; they stay in the document untouched.
fn from_automerge(value: &ScalarValue) -> Scalar {
    match value {
        ScalarValue::Boolean(flag) => Scalar::Bool(*flag),
        ScalarValue::Int(number) => Scalar::Int(*number),
        ScalarValue::Uint(number) => i64::try_from(*number).map_or(Scalar::Null, Scalar::Int),
        ScalarValue::Str(text) => Scalar::Str(text.to_string()),
        ScalarValue::Bytes(bytes) => Scalar::Bytes(bytes.clone()),
        ScalarValue::Null
        | ScalarValue::F64(_)
        | ScalarValue::Counter(_)
        | ScalarValue::Timestamp(_)
        | ScalarValue::Unknown { .. } => Scalar::Null,
    }
}

//! The engine as a seam: the one place where Automerge first sees what others wrote.
//!
//! Asked is always the same: here is a record's document as it is kept, and here are changes that came in; what does
//! the document say then, or is it refused? The answer is a value, so that it can be found in this process
//! ([`InProcess`], where a panic is contained) or in another one, which may be killed. Nothing of a store or a key is
//! needed for it.
//!
//! What is kept after a success are the very bytes that were tried, so whoever reads the record later only repeats
//! what went well once.

use super::{Change, Document, Fields, Opinion, RecordError};
use kahriz_proto::limits::ENGINE_MESSAGE_BYTES_MAX;
use minicbor::{Decode, Encode};
use std::panic::{AssertUnwindSafe, catch_unwind};
use thiserror::Error;

/// A question to the engine: one record, and what is to go into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// The document as it is kept; empty if the record is new.
    pub kept: Vec<u8>,
    /// The changes that came in, each after what it builds on.
    pub changes: Vec<Change>,
    /// Whether the document is to be compacted.
    pub compact: bool,
}

/// A document that took its changes in, as it stands now.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Grown {
    /// The whole document, if it was to be compacted and could be; else it is kept as before, with the new chunks
    /// behind it.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub compacted: Option<Vec<u8>>,
    /// All standing values of each key.
    #[n(1)]
    pub fields: Fields,
    /// The first change of the record, by the clocks of their devices.
    #[n(2)]
    pub first: Opinion,
    /// The newest.
    #[n(3)]
    pub last: Opinion,
}

/// Why there is no answer at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EngineError {
    /// Over this question the engine died, or had to be stopped.
    #[error("the engine died over it")]
    Died,
    /// There is no engine to ask. The question is not at fault.
    #[error("the engine cannot be started")]
    Unavailable,
}

/// Who puts changes into documents.
pub trait Engine: Send + Sync {
    /// Answers each trial for itself, in order.
    ///
    /// # Errors
    /// [`EngineError`]; nothing is known of any of the trials then.
    fn grow(&self, trials: &[Trial]) -> Result<Vec<Result<Grown, RecordError>>, EngineError>;

    /// Whether it is another process that dies over hostile bytes, and not this one.
    fn is_apart(&self) -> bool {
        false
    }
}

/// The engine in the same process. A panic is a refusal; what aborts or never ends is not contained.
#[derive(Clone, Copy, Debug, Default)]
pub struct InProcess;

impl Engine for InProcess {
    fn grow(&self, trials: &[Trial]) -> Result<Vec<Result<Grown, RecordError>>, EngineError> {
        Ok(trials.iter().map(Trial::try_out).collect())
    }
}

impl Trial {
    fn try_out(&self) -> Result<Grown, RecordError> {
        let grow = AssertUnwindSafe(|| self.grow());
        catch_unwind(grow).unwrap_or(Err(RecordError::Panicked))
    }

    fn grow(&self) -> Result<Grown, RecordError> {
        let mut bytes = self.kept.clone();
        self.changes.iter().for_each(|change| bytes.extend_from_slice(change.chunk()));
        let document = Document::load(&bytes).map_err(of_loading)?;
        if !document.holds(&self.changes) {
            return Err(RecordError::MissingDeps);
        }
        let (first, last) = document.first_and_last().ok_or(RecordError::Refused)?;
        let fields = document.fields();
        let compacted = self.compact.then(|| compacted(&document, &fields)).flatten();
        Ok(Grown { compacted, fields, first, last })
    }
}

/// What is kept was read before, so it is the changes that are at fault.
fn of_loading(error: RecordError) -> RecordError {
    if error == RecordError::Damaged { RecordError::Refused } else { error }
}

/// The compact document, if it reads back as the same.
fn compacted(document: &Document, fields: &Fields) -> Option<Vec<u8>> {
    let bytes = document.save();
    let back = Document::load(&bytes).ok()?;
    (back.heads() == document.heads() && back.fields() == *fields).then_some(bytes)
}

/// A trial as it is told to another process.
#[derive(Encode, Decode)]
struct ToldTrial<'a> {
    #[cbor(b(0), with = "minicbor::bytes")]
    kept: &'a [u8],
    #[b(1)]
    chunks: Vec<&'a minicbor::bytes::ByteSlice>,
    #[n(2)]
    compact: bool,
}

/// Trials as the bytes of a question to another process.
#[must_use]
pub fn question(trials: &[Trial]) -> Vec<u8> {
    let told: Vec<ToldTrial<'_>> = trials.iter().map(ToldTrial::of).collect();
    minicbor::to_vec(told).expect("writing to a vector cannot fail")
}

/// Answers a question from another process in this one; `None` if it is none.
#[must_use]
pub fn answer(question: &[u8]) -> Option<Vec<u8>> {
    let told: Vec<ToldTrial<'_>> = minicbor::decode(question).ok()?;
    let trials = told.iter().map(ToldTrial::trial).collect::<Result<Vec<Trial>, _>>().ok()?;
    let grown: Vec<Result<Grown, RecordError>> = trials.iter().map(Trial::try_out).collect();
    let bytes = minicbor::to_vec(grown).expect("writing to a vector cannot fail");
    (bytes.len() <= ENGINE_MESSAGE_BYTES_MAX).then_some(bytes)
}

/// Reads the answer to so many trials; `None` if it is none.
#[must_use]
pub fn read_answer(bytes: &[u8], trials: usize) -> Option<Vec<Result<Grown, RecordError>>> {
    let grown: Vec<Result<Grown, RecordError>> = minicbor::decode(bytes).ok()?;
    (grown.len() == trials).then_some(grown)
}

impl<'a> ToldTrial<'a> {
    fn of(trial: &'a Trial) -> Self {
        let chunks = trial.changes.iter().map(|change| change.chunk().into()).collect();
        Self { kept: &trial.kept, chunks, compact: trial.compact }
    }

    fn trial(&self) -> Result<Trial, RecordError> {
        let changes = self.chunks.iter().map(|chunk| Change::from_chunk(chunk.to_vec()));
        let changes = changes.collect::<Result<_, _>>()?;
        Ok(Trial { kept: self.kept.to_vec(), changes, compact: self.compact })
    }
}

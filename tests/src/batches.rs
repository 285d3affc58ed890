//! Records and edits as the batches that a device would seal, without a store and without a relay.
//!
//! The dictionary of the wire format is trained on such batches and judged by them. What a batch looks like is
//! `kahriz_core::batch`'s to say; this only makes documents, edits and decides on them as officers would, and puts
//! the changes together as a sync does.

use kahriz_core::batch::{BatchError, Entry, Known, Outbound, Place, Reference, write};
use kahriz_core::record::{Author, Change, Document, Edit, RecordError, Write};
use kahriz_proto::ids::LogId;
use thiserror::Error;

/// Why batches cannot be made. All of these are mistakes of the program that asks.
#[derive(Debug, Error)]
pub enum MakeError {
    /// A document did not take an edit.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Changes do not make a batch.
    #[error(transparent)]
    Batch(#[from] BatchError),
}

/// A new record: the wire code of its kind and what is written first.
#[derive(Clone, Debug)]
pub struct Fresh {
    /// The kind's code.
    pub kind: u8,
    /// Keys and values, in the order of the declaration.
    pub writes: Vec<Write>,
}

/// One change on its way into a batch, with what it builds on.
#[derive(Clone, Debug)]
pub struct Made {
    record: Reference,
    kind: u8,
    change: Change,
    known: Vec<Known>,
}

/// A record that is being worked on.
pub struct Case {
    record: Reference,
    kind: u8,
    document: Document,
    known: Vec<Known>,
}

impl Made {
    /// How long the change is, as its document keeps it.
    #[must_use]
    pub fn chunk_bytes(&self) -> usize {
        self.change.chunk().len()
    }
}

impl Case {
    /// The wire code of its kind.
    #[must_use]
    pub fn kind(&self) -> u8 {
        self.kind
    }

    /// A record's first change. `counter` says which of its creator's records it is, from 1.
    ///
    /// # Errors
    /// [`MakeError::Record`] if the engine does not take a value.
    pub fn create(
        fresh: &Fresh,
        counter: u64,
        author: &Author<'_>,
    ) -> Result<(Self, Made), MakeError> {
        let (document, change) = Document::create(&fresh.writes, author)?;
        let record = Reference { creator: author.log, counter };
        let mut case = Self { record, kind: fresh.kind, document, known: vec![] };
        let made = case.made(change);
        Ok((case, made))
    }

    /// An edit on what stands now; `None` if it changes nothing.
    ///
    /// # Errors
    /// [`MakeError::Record`] if the engine does not take a value.
    pub fn edit(
        &mut self,
        writes: &[Write],
        author: &Author<'_>,
    ) -> Result<Option<Made>, MakeError> {
        let base = self.document.heads();
        match self.document.edit(&base, writes, author)? {
            Edit::Changed(change) => Ok(Some(self.made(*change))),
            Edit::Nothing | Edit::Superseded(_) => Ok(None),
        }
    }

    /// Two edits that know nothing of each other, by two officers.
    ///
    /// # Errors
    /// [`MakeError::Record`] if the engine does not take a value.
    pub fn edit_apart(
        &mut self,
        one: (&[Write], &Author<'_>),
        other: (&[Write], &Author<'_>),
    ) -> Result<Vec<Made>, MakeError> {
        let base = self.document.heads();
        let mut made = vec![];
        for (writes, author) in [one, other] {
            if let Edit::Changed(change) = self.document.edit(&base, writes, author)? {
                made.push(self.made(*change));
            }
        }
        Ok(made)
    }

    fn made(&mut self, change: Change) -> Made {
        let log = change.log().unwrap_or(self.record.creator);
        let place = Place { log, seq: change.seq() };
        let known = self.known.clone();
        self.known.push(Known { place, id: change.id(), max_op: change.max_op() });
        Made { record: self.record, kind: self.kind, change, known }
    }
}

/// The changes of one log as one batch, not yet squeezed; `others` are the logs that they build on.
///
/// # Errors
/// [`MakeError::Batch`] if a change is another log's or names one that is not among `others`.
pub fn batch(own: LogId, others: &[LogId], made: &[Made]) -> Result<Vec<u8>, MakeError> {
    let outbound = |made: &Made| {
        let chunk = made.change.chunk().to_vec();
        (made.record, made.kind, chunk, made.known.clone())
    };
    let held: Vec<_> = made.iter().map(outbound).collect();
    let entries: Vec<Entry<'_>> = held
        .iter()
        .map(|(record, kind, chunk, known)| {
            Entry::Change(Outbound { record: *record, kind: *kind, chunk, known })
        })
        .collect();
    Ok(write(own, others, &entries)?)
}

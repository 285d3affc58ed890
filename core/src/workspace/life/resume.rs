//! A copy that takes the place of the store that it was copied from, because that one is gone.
//!
//! What the lost store wrote after the copy was taken is at the relay and on other devices, in logs of its own life. So
//! the copy begins a new life like any store that was brought back, meets the relay before it seals a word, and holds its
//! roster against the relay's before it writes there: what the lost one had signed comes first.
//!
//! What waited to be sealed when the copy was taken the lost one has sealed since, at places that this copy does not know.
//! The relay may not know them either, if it was lost too, and then a phone brings them years later. So the old logs are
//! closed, and what waits in them is handed on in the new one, as it stands: whoever gets it both ways has it once.

use super::super::Workspace;
use super::super::identity::{Identity, name};
use super::{begin_anew, own_logs};
use crate::letters::{Signed, Statement};
use crate::store::logs::LogRow;
use crate::store::{OpenStoreError, documents, lives, outbox, settings};
use kahriz_proto::roster::Role;
use rusqlite::Transaction;
use thiserror::Error;

/// Why a copy does not take the place of its original. It stays what it was.
#[derive(Debug, Error)]
pub enum ResumeError {
    /// It is no copy: it writes already.
    #[error("this store is no copy: it writes already")]
    NotACopy,
    /// The store.
    #[error(transparent)]
    Store(#[from] OpenStoreError),
    /// The database.
    #[error("the store cannot be written: {0}")]
    Database(#[from] rusqlite::Error),
}

impl Workspace {
    /// Makes a copy ([`Workspace::copied`]) the device that its original was. Only for when the original is gone for
    /// good: two stores that both write as one device keep both their edits, but look like a cloned device to everybody,
    /// and two headquarters with one administrator's key contradict each other in the roster.
    ///
    /// # Errors
    /// [`ResumeError`]
    pub fn resume(&self) -> Result<(), ResumeError> {
        if self.copied().is_none() {
            return Err(ResumeError::NotACopy);
        }
        let mark = self.store.mark().map_err(OpenStoreError::from)?;
        let known = mark.map_or(0, |mark| mark.generation);
        let mut identity = self.identity_mut();
        // All of it or none: a copy that wrote in its old life would fork it.
        *identity = self.store.write(|tx| {
            let generation = begin_anew(tx, &identity, known)?;
            hand_on(tx, &identity, generation)?;
            settings::put(tx, name::ROSTER_UNSURE, &1_u64.to_be_bytes())?;
            settings::remove(tx, name::COPIED)?;
            Identity::load(tx)?.ok_or(rusqlite::Error::QueryReturnedNoRows)
        })?;
        drop(identity);
        self.keep_mark().map_err(OpenStoreError::from)?;
        self.settle_letters();
        Ok(())
    }
}

/// Closes the logs of the lives before this one. Only headquarters may hand on.
fn hand_on(tx: &Transaction<'_>, identity: &Identity, generation: u32) -> rusqlite::Result<()> {
    if identity.member().is_none_or(|member| member.role != Role::Headquarters) {
        return Ok(());
    }
    let (new, old): (Vec<LogRow>, Vec<LogRow>) =
        own_logs(tx, identity.device())?.into_iter().partition(|log| log.generation == generation);
    for old in old {
        if let Some(new) = new.iter().find(|new| new.scope == old.scope) {
            hand_on_from(tx, identity, &old, new)?;
        }
        lives::close(tx, old.id, old.merged + 1)?;
    }
    Ok(())
}

/// What waits in an old log waits in the new one, signed as what it is: a change of the old one.
fn hand_on_from(
    tx: &Transaction<'_>,
    identity: &Identity,
    old: &LogRow,
    new: &LogRow,
) -> rusqlite::Result<()> {
    for waiting in outbox::oldest(tx, old.id, usize::MAX, usize::MAX)? {
        let Some((record, seq)) = waiting.change else { continue };
        let row = documents::record_by_row(tx, record)?;
        let statement = Statement {
            generation: old.generation,
            creator: row.reference.creator,
            counter: row.reference.counter,
            kind: row.kind,
            chunk: waiting.content,
        };
        let workspace = identity.roster.workspace();
        // One that is too large to be stated was too large to be saved.
        let Some(signed) = Signed::of(&statement, workspace, row.scope, &identity.secrets) else {
            continue;
        };
        let content = minicbor::to_vec(&signed).expect("writing to a vector cannot fail");
        outbox::push_adopted(tx, new.id, record, (old.id, seq), &content)?;
        documents::set_carrier(tx, record, (old.id, seq), new.id, None)?;
        outbox::remove(tx, old.id, waiting.id)?;
    }
    Ok(())
}

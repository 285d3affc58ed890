//! A copy that takes the place of the store that it was copied from, because that one is gone.
//!
//! What the lost store wrote after the copy was taken is at the relay and on other devices, in logs of its own life. So
//! the copy begins a new life like any store that was brought back, meets the relay before it seals a word, and holds its
//! roster against the relay's before it writes there: what the lost one had signed comes first.

use super::super::Workspace;
use super::super::identity::{Identity, name};
use super::begin_anew;
use crate::store::{OpenStoreError, settings};
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
            begin_anew(tx, &identity, known)?;
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

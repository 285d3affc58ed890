//! Taking changes out of a document that nobody else will ever hold, and saying what they wrote.
//!
//! When a device's store was brought back from an older copy, or copied, another life of it has given out the same
//! places in the log. What this life wrote there stands in its documents and can be sent to nobody. It is taken out,
//! together with what builds on it, and made anew as edits of another log.

use super::{Author, Change, ChangeId, Document, Edit, Fields, RecordError, Write};
use automerge::{Automerge, ChangeHash};
use kahriz_proto::ids::LogId;
use std::collections::{BTreeMap, BTreeSet};

/// A document without some changes, and what those wrote.
pub struct Reworked {
    /// The document without them; with no change at all if the record began with one of them.
    pub document: Document,
    /// What was taken out, each after what it builds on.
    pub lost: Vec<Lost>,
}

/// A change that was taken out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// The hash that it had.
    pub id: ChangeId,
    /// The log that it was of.
    pub log: LogId,
    /// What it was built on.
    pub deps: Vec<ChangeId>,
    /// When its device said that was, in seconds since 1970.
    pub claimed_s: i64,
    /// The reason that was given, if one was.
    pub reason: Option<String>,
    /// What it made of each key that it touched.
    pub writes: Fields,
}

impl Document {
    /// Takes changes out, and whatever builds on them.
    ///
    /// # Errors
    /// [`RecordError`] if the engine does not take the rest again.
    pub fn without(&self, lost: &BTreeSet<ChangeId>) -> Result<Reworked, RecordError> {
        let (mut gone, mut taken, mut kept) = (BTreeSet::new(), vec![], vec![]);
        for meta in self.0.get_changes_meta(&[]) {
            let builds = meta.deps.iter().any(|dep| gone.contains(dep));
            if !builds && !lost.contains(&meta.hash.0) {
                kept.extend(self.change(meta.hash.0));
                continue;
            }
            gone.insert(meta.hash);
            let log = LogId::from_slice(meta.actor.to_bytes()).ok_or(RecordError::NotAChange)?;
            taken.push(Lost {
                id: meta.hash.0,
                log,
                deps: meta.deps.iter().map(|dep| dep.0).collect(),
                claimed_s: meta.timestamp,
                reason: meta.message.as_ref().map(ToString::to_string),
                writes: self.writes_of(meta.hash, &meta.deps),
            });
        }
        let mut document = Self::empty();
        document.apply(kept)?;
        Ok(Reworked { document, lost: taken })
    }

    /// The keys that stand otherwise after a change than before it.
    fn writes_of(&self, change: ChangeHash, deps: &[ChangeHash]) -> Fields {
        let before = if deps.is_empty() { Fields::new() } else { self.fields_at_hashes(deps) };
        let after = self.fields_at_hashes(&[change]);
        after.into_iter().filter(|(key, values)| before.get(key) != Some(values)).collect()
    }

    /// Writes something again that was taken out: on what it was built on, as far as that is here, and for the rest on
    /// what stands in its place (`instead`). What this log has meanwhile written of the same keys stays.
    ///
    /// # Errors
    /// [`RecordError`].
    pub fn write_again(
        &mut self,
        lost: &Lost,
        instead: &BTreeMap<ChangeId, Vec<ChangeId>>,
        writes: &[Write],
        author: &Author<'_>,
    ) -> Result<(Vec<ChangeId>, Option<Change>), RecordError> {
        let base: BTreeSet<ChangeId> = lost
            .deps
            .iter()
            .flat_map(|dep| instead.get(dep).cloned().unwrap_or_else(|| vec![*dep]))
            .collect();
        let base: Vec<ChangeId> = base.into_iter().collect();
        let mut writes = writes.to_vec();
        loop {
            match self.edit(&base, &writes, author)? {
                Edit::Changed(change) => return Ok((vec![change.id()], Some(*change))),
                Edit::Nothing => return Ok((base, None)),
                Edit::Superseded(keys) => writes.retain(|write| !keys.contains(&write.key)),
            }
        }
    }

    fn fields_at_hashes(&self, heads: &[ChangeHash]) -> Fields {
        let ids: Vec<ChangeId> = heads.iter().map(|hash| hash.0).collect();
        self.fields_as_of(&ids)
    }
}

impl Reworked {
    /// Whether the record began with one of the changes that were taken out.
    #[must_use]
    pub fn is_unmade(&self) -> bool {
        let document: &Automerge = &self.document.0;
        document.get_changes_meta(&[]).is_empty()
    }
}

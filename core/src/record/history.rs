//! Who wrote what, when, through which log: the opinions that stand, and the past of one key.

use super::{ChangeId, Document};
use crate::value::Scalar;
use automerge::{ChangeHash, ObjId, ROOT, ReadDoc};
use kahriz_proto::ids::LogId;
use minicbor::{Decode, Encode};

/// One standing value of a key and the change that wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Opinion {
    /// The value.
    #[n(0)]
    pub value: Scalar,
    /// The change that wrote it.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub change: ChangeId,
    /// The log that the change is of.
    #[n(2)]
    pub log: LogId,
    /// When its device says that was, in seconds since 1970.
    #[n(3)]
    pub claimed_s: i64,
}

/// One change of the past that touched a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// What the change made of it.
    pub opinion: Opinion,
    /// The reason that was given, if it was a decision.
    pub reason: Option<String>,
    /// Whether the value still stands.
    pub standing: bool,
}

impl Document {
    /// The values that stand for a key, Automerge's winner first, equal values only once.
    #[must_use]
    pub fn opinions(&self, key: &str) -> Vec<Opinion> {
        let all = self.0.get_all(ROOT, key).unwrap_or_default();
        let mut opinions: Vec<Opinion> = vec![];
        for (value, id) in all.into_iter().rev() {
            let value = self.scalar(value, &id, None);
            if opinions.iter().all(|opinion| opinion.value != value) {
                opinions.extend(self.opinion(value, &id));
            }
        }
        opinions
    }

    /// Every change that touched a key, the oldest first.
    #[must_use]
    pub fn past(&self, key: &str) -> Vec<Past> {
        let standing = self.opinions(key);
        let metas = self.0.get_changes_meta(&[]);
        let mut past: Vec<Past> = vec![];
        for meta in metas {
            let at = [meta.hash];
            let all = self.0.get_all_at(ROOT, key, &at).unwrap_or_default();
            let before = self.0.get_all_at(ROOT, key, &meta.deps).unwrap_or_default();
            // A change has touched the key if it left one value there, and not the one that it found.
            let [(value, id)] = all.as_slice() else { continue };
            let value = self.scalar(value.clone(), id, Some(&at));
            let found = before.len() == 1
                && before[0].1 == *id
                && self.scalar(before[0].0.clone(), id, Some(&meta.deps)) == value;
            let Some(log) = LogId::from_slice(meta.actor.to_bytes()) else { continue };
            if found {
                continue;
            }
            let opinion = Opinion { value, change: meta.hash.0, log, claimed_s: meta.timestamp };
            let standing = standing.iter().any(|stands| stands.change == opinion.change);
            let reason = meta.message.as_ref().map(ToString::to_string);
            past.push(Past { opinion, reason, standing });
        }
        past
    }

    /// The first change of the record and the newest, by the clocks of their devices.
    #[must_use]
    pub fn first_and_last(&self) -> Option<(Opinion, Opinion)> {
        let metas = self.0.get_changes_meta(&[]);
        let touch = |meta: &automerge::ChangeMetadata<'_>| {
            Some(Opinion {
                value: Scalar::Null,
                change: meta.hash.0,
                log: LogId::from_slice(meta.actor.to_bytes())?,
                claimed_s: meta.timestamp,
            })
        };
        let first = metas.first().and_then(touch)?;
        let last = metas.iter().max_by_key(|meta| (meta.timestamp, meta.hash)).and_then(touch)?;
        Some((first, last))
    }

    fn opinion(&self, value: Scalar, id: &ObjId) -> Option<Opinion> {
        let hash: ChangeHash = self.0.hash_for_opid(id)?;
        let meta = self.0.get_change_meta_by_hash(&hash)?;
        let log = LogId::from_slice(meta.actor.to_bytes())?;
        Some(Opinion { value, change: hash.0, log, claimed_s: meta.timestamp })
    }
}

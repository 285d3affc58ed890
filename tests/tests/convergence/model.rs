//! The reference: what must stand in a record, from who knew what when. No clock, no store, no engine.
//!
//! An event is one saved change of a record, known by the moment that it claims (the world gives out each once). It
//! overwrites exactly those values that its writer had before them; every value that nobody overwrote stands.

use kahriz_core::value::Scalar;
use kahriz_proto::ids::RecordId;
use std::collections::{BTreeMap, BTreeSet};

/// An event by its claimed second.
pub(crate) type EventId = i64;

/// What is known at some place and moment: events, with everything that they build on.
pub(crate) type Known = BTreeSet<EventId>;

struct Event {
    builds_on: Known,
    writes: BTreeMap<String, Scalar>,
}

/// What a save must come to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// A change.
    Change,
    /// Nothing, as everything stands like that.
    Nothing,
    /// A refusal: the device itself has changed these keys since.
    Superseded(BTreeSet<String>),
}

/// One record.
pub(crate) struct Modelled {
    pub(crate) id: RecordId,
    pub(crate) scope: usize,
    pub(crate) kind: &'static str,
    events: BTreeMap<EventId, Event>,
    newest_of: BTreeMap<usize, EventId>,
}

impl Modelled {
    pub(crate) fn created(
        (id, scope, kind): (RecordId, usize, &'static str),
        by: usize,
        at: EventId,
        writes: BTreeMap<String, Scalar>,
    ) -> Self {
        let event = Event { builds_on: Known::new(), writes };
        Self { id, scope, kind, events: [(at, event)].into(), newest_of: [(by, at)].into() }
    }

    pub(crate) fn everything(&self) -> Known {
        self.events.keys().copied().collect()
    }

    /// The standing writes of a key as far as they are known.
    fn standing(&self, key: &str, known: &Known) -> Vec<(EventId, &Scalar)> {
        let wrote = |id: &EventId| self.events[id].writes.get(key).map(|value| (*id, value));
        let writes: Vec<(EventId, &Scalar)> = known.iter().filter_map(wrote).collect();
        let overwritten = |id: EventId| {
            writes.iter().any(|(later, _)| self.events[later].builds_on.contains(&id))
        };
        writes.iter().filter(|(id, _)| !overwritten(*id)).copied().collect()
    }

    /// The different values that stand in each key that was ever written, as far as is known.
    pub(crate) fn values(&self, known: &Known) -> BTreeMap<String, BTreeSet<Scalar>> {
        let keys: BTreeSet<&String> =
            known.iter().flat_map(|id| self.events[id].writes.keys()).collect();
        let of = |key: &str| {
            self.standing(key, known).into_iter().map(|(_, value)| value.clone()).collect()
        };
        keys.into_iter().map(|key| (key.clone(), of(key))).collect()
    }

    /// Whether nothing is known without what it builds on.
    pub(crate) fn is_closed(&self, known: &Known) -> bool {
        known
            .iter()
            .all(|id| self.events.get(id).is_some_and(|event| event.builds_on.is_subset(known)))
    }

    /// A save by a device of a form that was opened when `seen` was known. Takes it in and says what must come of it.
    pub(crate) fn save(
        &mut self,
        by: usize,
        at: EventId,
        seen: &Known,
        writes: &BTreeMap<String, Scalar>,
    ) -> Expected {
        // A device's own changes follow one another, also where an old form knows nothing of the last one.
        let own = self.newest_of.get(&by).filter(|own| !seen.contains(own));
        let mut on = seen.clone();
        if let Some(own) = own {
            on.insert(*own);
            on.extend(&self.events[own].builds_on);
        }
        let superseded: BTreeSet<String> = writes
            .iter()
            .filter(|(key, value)| {
                let (then, now) = (self.distinct(key, seen), self.distinct(key, &on));
                then != now && now != [(*value).clone()].into()
            })
            .map(|(key, _)| key.clone())
            .collect();
        if !superseded.is_empty() {
            return Expected::Superseded(superseded);
        }
        let says_something = |(key, value): &(&String, &Scalar)| !matches!(self.standing(key, &on)[..], [(_, stands)] if stands == *value);
        let writes: BTreeMap<String, Scalar> = writes
            .iter()
            .filter(says_something)
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        if writes.is_empty() {
            return Expected::Nothing;
        }
        self.events.insert(at, Event { builds_on: on, writes });
        self.newest_of.insert(by, at);
        Expected::Change
    }

    fn distinct(&self, key: &str, known: &Known) -> BTreeSet<Scalar> {
        self.standing(key, known).into_iter().map(|(_, value)| value.clone()).collect()
    }
}

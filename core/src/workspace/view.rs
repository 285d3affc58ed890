//! What a screen shows of one record.

use super::Claimed;
use crate::forms::{Kind, Shown};
use crate::value::Scalar;
use kahriz_proto::ids::{DeviceId, RecordId, ScopeId};
use std::collections::BTreeMap;

/// One record, whole, with everybody's standing values.
#[derive(Clone, Debug)]
pub struct RecordView {
    /// Its id.
    pub id: RecordId,
    /// Its name for people.
    pub human_id: String,
    /// The scope it lives in.
    pub scope: ScopeId,
    /// Its kind.
    pub kind: &'static Kind,
    /// Its first change.
    pub created: Touch,
    /// Its newest change, by the clocks of the devices.
    pub changed: Touch,
    /// Whether everybody who speaks of it says that it is deleted.
    pub deleted: bool,
    /// How far this device's own changes of it have come; at headquarters, everybody's.
    pub delivery: Delivery,
    /// By flat key; only keys that were ever written.
    pub fields: BTreeMap<String, Standing>,
}

impl RecordView {
    /// What may be shown of each key as fact: the shown value, or nothing where it is withheld or cleared.
    #[must_use]
    pub fn shown(&self) -> BTreeMap<String, Scalar> {
        let shown = |standing: &Standing| standing.shown_value().cloned();
        let all =
            self.fields.iter().filter_map(|(key, standing)| Some((key.clone(), shown(standing)?)));
        all.filter(|(_, value)| *value != Scalar::Null).collect()
    }

    /// The keys that wait for a person's decision, in the order of their names.
    pub fn contested(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().filter(|(_, standing)| standing.contested).map(|(key, _)| key.as_str())
    }
}

/// What stands at one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The standing values, all different, Automerge's winner first (under `latest_claimed`: the latest first).
    pub values: Vec<Opinion>,
    /// What the field's policy shows of them.
    pub shown: Shown,
    /// Whether a person has to decide.
    pub contested: bool,
}

impl Standing {
    /// The value that may be shown as fact, if any.
    #[must_use]
    pub fn shown_value(&self) -> Option<&Scalar> {
        match self.shown {
            Shown::Value(index) => self.values.get(index).map(|opinion| &opinion.value),
            // In a set, what anybody put in is in.
            Shown::Union => self
                .values
                .iter()
                .map(|opinion| &opinion.value)
                .find(|value| **value == Scalar::Bool(true))
                .or_else(|| self.values.first().map(|opinion| &opinion.value)),
            Shown::Withheld | Shown::Nothing => None,
        }
    }
}

/// One standing value, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opinion {
    /// The value.
    pub value: Scalar,
    /// Who wrote it.
    pub by: Touch,
}

/// Who did something, with what, and when by that device's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touch {
    /// The device.
    pub device: DeviceId,
    /// The officer who uses it; empty if that is not known here yet.
    pub officer: String,
    /// What the device is called; empty if that is not known here yet.
    pub phone: String,
    /// When, as its clock claims.
    pub claimed: Claimed,
}

/// One change in the past of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// What the change wrote.
    pub value: Scalar,
    /// Whose it is.
    pub by: Touch,
    /// The reason that was given, if it was a decision.
    pub reason: Option<String>,
    /// Whether the value still stands.
    pub standing: bool,
}

/// How far a device's own changes of a record have come. Told truthfully: from the same commits that moved them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Delivery {
    /// Some of them are on this device only.
    OnThisDevice,
    /// All of them are on the relay's disk.
    AtRelay,
    /// Headquarters has signed that it has merged all of them.
    AtHeadquarters,
    /// Headquarters has signed that a verified backup of it holds all of them.
    BackedUp,
}

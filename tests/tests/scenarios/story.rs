//! What every scenario tells with: a mission of three people, and short words for what they do.

use kahriz_core::value::Scalar;
use kahriz_core::workspace::{Draft, Saved};
use kahriz_proto::ids::RecordId;
use kahriz_proto::roster::Role;
use kahriz_tests::world::{Who, World, seed_or};
use std::collections::BTreeSet;

pub(crate) const HQ: Who = Who::HEADQUARTERS;

/// A mission: headquarters, two officers in the first scope, a third in the second.
pub(crate) struct Mission {
    pub(crate) world: World,
    pub(crate) leyla: Who,
    pub(crate) rashad: Who,
    pub(crate) nino: Who,
}

pub(crate) fn mission() -> Mission {
    let mut world = World::new(seed_or(1));
    let leyla = world.admit("Leyla", Role::Officer, &[0]);
    let rashad = world.admit("Rashad", Role::Officer, &[0]);
    let nino = world.admit("Nino", Role::Officer, &[1]);
    world.settle();
    Mission { world, leyla, rashad, nino }
}

impl Mission {
    /// A record of a kind in the first scope, with these fields as typed.
    pub(crate) fn creates(&mut self, who: Who, kind: &str, fields: &[(&str, &str)]) -> RecordId {
        creates(&mut self.world, who, 0, kind, fields)
    }

    /// Changes fields of a record, on what stands at that device now.
    pub(crate) fn changes(&mut self, who: Who, record: RecordId, fields: &[(&str, &str)]) -> Saved {
        changes(&mut self.world, who, record, fields)
    }

    pub(crate) fn opens(&self, who: Who, record: RecordId) -> Draft {
        let mut draft = self.world.at(who).edit(record).unwrap();
        draft.allow_incomplete();
        draft
    }

    pub(crate) fn saves(&mut self, who: Who, draft: &Draft) -> Saved {
        let now = self.world.now();
        self.world.at(who).save(draft, now).unwrap()
    }

    /// The values that stand in a field, as text.
    pub(crate) fn stands(&self, who: Who, record: RecordId, key: &str) -> BTreeSet<String> {
        stands(&self.world, who, record, key)
    }

    /// What is shown as fact.
    pub(crate) fn shown(&self, who: Who, record: RecordId, key: &str) -> Option<String> {
        let view = self.world.at(who).record(record).unwrap().unwrap();
        view.shown().get(key).map(text)
    }

    pub(crate) fn contested(&self, who: Who, record: RecordId) -> Vec<String> {
        let view = self.world.at(who).record(record).unwrap().unwrap();
        view.contested().map(str::to_owned).collect()
    }

    /// A person that everybody of the first scope knows.
    pub(crate) fn known_person(&mut self) -> RecordId {
        let record = self.creates(
            self.leyla,
            "missing_person",
            &[("full_name", "Əliyev Vaqif"), ("case_status", "open")],
        );
        self.world.settle();
        record
    }
}

pub(crate) fn creates(
    world: &mut World,
    who: Who,
    scope: usize,
    kind: &str,
    fields: &[(&str, &str)],
) -> RecordId {
    let scope = world.scope(scope);
    let mut draft = world.at(who).new_record(scope, kind).unwrap();
    draft.allow_incomplete();
    fields.iter().for_each(|(field, typed)| draft.set_text(field, typed).unwrap());
    let now = world.now();
    world.at(who).save(&draft, now).unwrap().record
}

pub(crate) fn changes(
    world: &mut World,
    who: Who,
    record: RecordId,
    fields: &[(&str, &str)],
) -> Saved {
    let mut draft = world.at(who).edit(record).unwrap();
    draft.allow_incomplete();
    fields.iter().for_each(|(field, typed)| draft.set_text(field, typed).unwrap());
    let now = world.now();
    world.at(who).save(&draft, now).unwrap()
}

pub(crate) fn stands(world: &World, who: Who, record: RecordId, key: &str) -> BTreeSet<String> {
    let view = world.at(who).record(record).unwrap().expect("the record is on this device");
    let standing = view.fields.get(key);
    standing.into_iter().flat_map(|standing| &standing.values).map(|one| text(&one.value)).collect()
}

pub(crate) fn text(value: &Scalar) -> String {
    match value {
        Scalar::Null => "(cleared)".to_owned(),
        Scalar::Bool(flag) => flag.to_string(),
        Scalar::Int(number) => number.to_string(),
        Scalar::Str(text) => text.clone(),
        Scalar::Bytes(bytes) => format!("{bytes:02x?}"),
    }
}

pub(crate) fn set(values: &[&str]) -> BTreeSet<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

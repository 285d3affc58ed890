//! The convergence test: random work of three officers and headquarters over a faulty network, in two scopes; then
//! good lines until nothing moves. Whatever the course of events, all devices of a scope must hold the same rows and
//! the same standing values, and they must be those of a small model that knows nothing of logs, frames or engines.
//!
//! `KAHRIZ_SEEDS=10000` sets how many courses are tried (300 without it), `KAHRIZ_SEED=n` shows one again. A world
//! serves a hundred seeds, one after another, with new records for each, so seed n is seen again by going through
//! those before it in its hundred.

#![allow(clippy::unwrap_used)]

mod model;

use kahriz_core::query::{Query, Row};
use kahriz_core::value::Scalar;
use kahriz_core::workspace::{Choice, DeviceAccount, Draft, SaveError};
use kahriz_proto::ids::ScopeId;
use kahriz_proto::roster::Role;
use kahriz_tests::world::{LogKind, Weather, Who, World, asked_number};
use model::{EventId, Expected, Known, Modelled};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha20Rng;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

const SEEDS_USUALLY: u64 = 300;
const SEEDS_A_WORLD: u64 = 100;

/// The scopes of each device: headquarters, then the officers.
const SCOPES_OF: [&[usize]; 4] = [&[0, 1], &[0], &[0, 1], &[0, 1]];

/// A kind, the field that carries the seed's tag, and fields to edit with what may be typed in them.
type Form = (&'static str, &'static str, &'static [(&'static str, &'static [&'static str])]);

const FORMS: [Form; 2] = [
    (
        "missing_person",
        "full_name",
        &[
            ("mother_name", &["Sevda", "Gülnar", "Natavan", ""]),
            ("case_status", &["tracing", "located_alive", "located_deceased"]),
            ("circumstances.detention", &["true", "false"]),
            ("deleted", &["true", "false"]),
        ],
    ),
    (
        "landmine_incident",
        "location.nearest_town",
        &[
            ("imsma_ref", &["A-1", "A-2", "A-3", ""]),
            ("hazard_status", &["active", "marked", "cleared"]),
            ("verification", &["unverified", "confirmed", "discarded"]),
            ("deleted", &["true", "false"]),
        ],
    ),
];

#[test]
fn whatever_happens_all_devices_of_a_scope_end_with_the_same_and_with_what_was_written() {
    let (from, to) = match asked_number("KAHRIZ_SEED") {
        Some(seed) => (seed / SEEDS_A_WORLD * SEEDS_A_WORLD, seed + 1),
        None => (0, asked_number("KAHRIZ_SEEDS").unwrap_or(SEEDS_USUALLY)),
    };
    let mut total = Tally::default();
    let mut seed = from;
    while seed < to {
        let end = (seed / SEEDS_A_WORLD + 1) * SEEDS_A_WORLD;
        let mut world = world_of(seed / SEEDS_A_WORLD);
        for seed in seed..end.min(to) {
            world.seed = seed;
            Course::of(&mut world, seed).run(&mut total);
        }
        the_whole_world_agrees(&mut world);
        seed = end;
    }
    let said = format!("{} seeds: {total:?}", to - from);
    writeln!(std::io::stderr(), "{said}").unwrap();
    // So many seeds that try nothing would prove nothing.
    let enough = to - from < SEEDS_USUALLY || (total.conflicts > 0 && total.decisions > 0);
    assert!(enough, "{said}");
}

/// What was tried, to see that the test tries anything.
#[derive(Debug, Default)]
struct Tally {
    records: u64,
    saves: u64,
    superseded: u64,
    decisions: u64,
    syncs: u64,
    failed_syncs: u64,
    conflicts: u64,
}

fn world_of(number: u64) -> World {
    let log = if number % 10 == 9 { LogKind::Sqlite } else { LogKind::Memory };
    let mut world = World::with_log(1_000_000 + number, log);
    for (officer, scopes) in ["Leyla", "Rashad", "Nino"].iter().zip(&SCOPES_OF[1..]) {
        world.admit(officer, Role::Officer, scopes);
    }
    world.settle();
    world
}

/// One seed's course of events.
struct Course<'w> {
    world: &'w mut World,
    rng: ChaCha20Rng,
    tag: String,
    records: Vec<Modelled>,
    /// Forms that are open: whose, of which record, and what was known when they were opened.
    open: Vec<(usize, usize, Draft, Known)>,
    seed: u64,
}

impl<'w> Course<'w> {
    fn of(world: &'w mut World, seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        for who in world.everybody() {
            let fate = rng.random();
            world.device_mut(who).line.reseed(fate);
        }
        let weather = [Weather::good(), Weather::bad(), Weather::storm()][rng.random_range(0..3)];
        world.weather_everywhere(weather);
        Self { world, rng, tag: format!("seed{seed}x"), records: vec![], open: vec![], seed }
    }

    fn run(mut self, tally: &mut Tally) {
        for _ in 0..self.rng.random_range(1..=2) {
            self.create(tally);
        }
        // Mostly everybody knows the records before the work on them begins.
        if self.rng.random_range(0..4) > 0 {
            for who in (0..2 * SCOPES_OF.len()).map(|turn| Who(turn % SCOPES_OF.len())) {
                self.world.try_sync(who).unwrap();
            }
        }
        for _ in 0..self.rng.random_range(8..20) {
            match self.rng.random_range(0..10) {
                0..=2 => self.sync(tally),
                3..=6 => self.edit(tally),
                7 => self.open_a_form(),
                8 => self.save_an_open_form(tally),
                _ => self.decide(tally),
            }
        }
        self.world.settle();
        self.all_agree(tally);
    }

    fn create(&mut self, tally: &mut Tally) {
        let by = self.rng.random_range(0..SCOPES_OF.len());
        let scope = SCOPES_OF[by][self.rng.random_range(0..SCOPES_OF[by].len())];
        let (kind, tagged, fields) = FORMS[self.rng.random_range(0..FORMS.len())];
        let workspace = self.world.at(Who(by));
        let mut draft = workspace.new_record(self.world.scope(scope), kind).unwrap();
        draft.allow_incomplete();
        draft.set_text(tagged, &self.tag).unwrap();
        let mut writes = self.type_into(&mut draft, fields);
        writes.retain(|_, value| *value != Scalar::Null);
        writes.insert(tagged.to_owned(), Scalar::from(self.tag.as_str()));
        writes.insert("form_version".to_owned(), Scalar::Int(draft.kind().version.into()));
        let now = self.world.now();
        let saved = self.world.at(Who(by)).save(&draft, now).unwrap();
        let at = now.ms / 1_000;
        self.records.push(Modelled::created((saved.record, scope, kind), by, at, writes));
        tally.records += 1;
    }

    /// Fills in one to three fields by chance; says what that writes.
    fn type_into(
        &mut self,
        draft: &mut Draft,
        fields: &[(&str, &[&str])],
    ) -> BTreeMap<String, Scalar> {
        let mut writes = BTreeMap::new();
        for _ in 0..self.rng.random_range(1..=3) {
            let (field, choices) = fields[self.rng.random_range(0..fields.len())];
            let typed = choices[self.rng.random_range(0..choices.len())];
            let scalar = match typed {
                "" => Scalar::Null,
                "true" | "false" => Scalar::Bool(typed == "true"),
                text => Scalar::from(text),
            };
            let json = match &scalar {
                Scalar::Bool(flag) => serde_json::Value::Bool(*flag),
                _ if typed.is_empty() => serde_json::Value::Null,
                Scalar::Null | Scalar::Int(_) | Scalar::Str(_) | Scalar::Bytes(_) => {
                    serde_json::Value::String(typed.to_owned())
                }
            };
            draft.set_json(field, &json).unwrap();
            writes.insert(field.to_owned(), scalar);
        }
        writes
    }

    fn sync(&mut self, tally: &mut Tally) {
        let who = Who(self.rng.random_range(0..SCOPES_OF.len()));
        let report = self.world.try_sync(who).unwrap();
        tally.syncs += 1;
        tally.failed_syncs += u64::from(report.failure.is_some());
    }

    /// A device and a record that it knows.
    fn pick(&mut self) -> Option<(usize, usize)> {
        let by = self.rng.random_range(0..SCOPES_OF.len());
        let index = self.rng.random_range(0..self.records.len());
        let record = &self.records[index];
        let is_there = self.world.at(Who(by)).record(record.id).unwrap().is_some();
        assert!(!is_there || SCOPES_OF[by].contains(&record.scope), "seen outside its scope");
        is_there.then_some((by, index))
    }

    fn edit(&mut self, tally: &mut Tally) {
        let Some((by, index)) = self.pick() else { return };
        let (draft, known) = self.form(by, index);
        self.save(by, index, draft, &known, tally);
    }

    fn open_a_form(&mut self) {
        let Some((by, index)) = self.pick() else { return };
        let (draft, known) = self.form(by, index);
        self.open.push((by, index, draft, known));
    }

    fn save_an_open_form(&mut self, tally: &mut Tally) {
        if self.open.is_empty() {
            return;
        }
        let place = self.rng.random_range(0..self.open.len());
        let (by, index, draft, known) = self.open.remove(place);
        self.save(by, index, draft, &known, tally);
    }

    fn form(&self, by: usize, index: usize) -> (Draft, Known) {
        let mut draft = self.world.at(Who(by)).edit(self.records[index].id).unwrap();
        draft.allow_incomplete();
        (draft, self.known(by, index))
    }

    /// Which events a device has of a record. Asked of the device: what arrives when is the network's doing; what must
    /// follow from it is the model's to say.
    fn known(&self, by: usize, index: usize) -> Known {
        let record = &self.records[index];
        let workspace = self.world.at(Who(by));
        let view = workspace.record(record.id).unwrap().unwrap();
        let mut known = Known::new();
        for key in view.fields.keys() {
            let history = workspace.history(record.id, key).unwrap();
            known.extend(history.iter().map(|entry| entry.by.claimed.ms / 1_000));
        }
        assert!(record.is_closed(&known), "seed {}: an edit without what it builds on", self.seed);
        self.must_stand(by, index, &known);
        known
    }

    fn save(
        &mut self,
        by: usize,
        index: usize,
        mut draft: Draft,
        known: &Known,
        tally: &mut Tally,
    ) {
        let form = FORMS.iter().find(|form| form.0 == self.records[index].kind).unwrap();
        let writes = self.type_into(&mut draft, form.2);
        let now = self.world.now();
        let at: EventId = now.ms / 1_000;
        let outcome = self.world.at(Who(by)).save(&draft, now);
        let expected = self.records[index].save(by, at, known, &writes);
        match (outcome, &expected) {
            (Ok(saved), Expected::Change | Expected::Nothing) => {
                assert_eq!(saved.changed, expected == Expected::Change, "seed {}", self.seed);
                tally.saves += 1;
            }
            (Err(SaveError::Superseded(keys)), Expected::Superseded(expected)) => {
                assert_eq!(
                    keys.into_iter().collect::<BTreeSet<_>>(),
                    *expected,
                    "seed {}",
                    self.seed
                );
                tally.superseded += 1;
            }
            (outcome, expected) => panic!("seed {}: {outcome:?} {expected:?}", self.seed),
        }
    }

    fn decide(&mut self, tally: &mut Tally) {
        self.world.try_sync(Who::HEADQUARTERS).unwrap();
        let index = self.rng.random_range(0..self.records.len());
        let id = self.records[index].id;
        let Some(view) = self.world.at(Who::HEADQUARTERS).record(id).unwrap() else { return };
        let Some(key) = view.contested().next().map(str::to_owned) else { return };
        let known = self.known(0, index);
        let values = &view.fields[&key].values;
        let choice = self.rng.random_range(0..values.len());
        let writes = [(key.clone(), values[choice].value.clone())].into();
        let now = self.world.now();
        let workspace = self.world.at(Who::HEADQUARTERS);
        workspace.decide(id, &key, &Choice::Keep(choice), "by lot", now).unwrap();
        let expected = self.records[index].save(0, now.ms / 1_000, &known, &writes);
        assert_eq!(expected, Expected::Change);
        tally.decisions += 1;
    }

    fn must_stand(&self, by: usize, index: usize, known: &Known) {
        let record = &self.records[index];
        let view = self.world.at(Who(by)).record(record.id).unwrap().unwrap();
        let stands: BTreeMap<String, _> = view
            .fields
            .iter()
            .map(|(key, standing)| {
                (key.clone(), standing.values.iter().map(|one| one.value.clone()).collect())
            })
            .collect();
        assert_eq!(stands, record.values(known), "seed {}, device {by}", self.seed);
    }

    fn all_agree(&self, tally: &mut Tally) {
        for (index, record) in self.records.iter().enumerate() {
            let everything = record.everything();
            let reference = self.world.at(Who::HEADQUARTERS).record(record.id).unwrap().unwrap();
            tally.conflicts += reference.contested().count() as u64;
            for (by, scopes) in SCOPES_OF.iter().enumerate() {
                let view = self.world.at(Who(by)).record(record.id).unwrap();
                assert_eq!(view.is_some(), scopes.contains(&record.scope));
                let Some(view) = view else { continue };
                self.must_stand(by, index, &everything);
                assert_eq!(view.fields, reference.fields, "seed {}, device {by}", self.seed);
                assert_eq!(view.human_id, reference.human_id);
                assert_eq!(view.changed, reference.changed);
            }
        }
        let query =
            Query { text: Some(self.tag.clone()), deleted: true, shapes: true, ..Query::default() };
        let reference = rows(self.world, Who::HEADQUARTERS, &query);
        assert_eq!(reference.len(), self.records.len(), "seed {}", self.seed);
        for (by, scopes) in SCOPES_OF.iter().enumerate().skip(1) {
            let granted =
                |row: &Row| scopes.iter().any(|scope| self.world.scope(*scope) == row.scope);
            let theirs: Vec<Row> = reference.iter().filter(|row| granted(row)).cloned().collect();
            assert_eq!(
                rows(self.world, Who(by), &query),
                theirs,
                "seed {}, device {by}",
                self.seed
            );
        }
    }
}

/// The rows, in the order of the records' ids: lists of equals stand in the order in which a device met them.
fn rows(world: &World, who: Who, query: &Query) -> Vec<Row> {
    let mut rows = world.at(who).list(query).unwrap().rows;
    rows.sort_by_key(|row| row.record);
    rows
}

/// After all seeds of a world: nothing waits, nothing was forked, and rows follow from documents.
fn the_whole_world_agrees(world: &mut World) {
    let everything = Query { deleted: true, shapes: true, limit: 10_000, ..Query::default() };
    for who in world.everybody() {
        let workspace = world.at(who);
        assert_eq!(workspace.parked().unwrap(), []);
        let status = workspace.status().unwrap();
        let left = [status.unsealed_changes, status.frames_waiting, status.frames_refused];
        assert_eq!((left, status.changes_stuck), ([0; 3], 0));
        let before = rows(world, who, &everything);
        assert_eq!(workspace.rebuild().unwrap().damaged, 0);
        assert_eq!(rows(world, who, &everything), before);
    }
    headquarters_knows_of_every_frame_and_misses_none(world);
    let forks = world.relay.log().forks(world.at(Who::HEADQUARTERS).id()).unwrap();
    assert_eq!(forks, []);
}

/// What headquarters knows of each device is what that device has sealed, and all of it is merged.
fn headquarters_knows_of_every_frame_and_misses_none(world: &World) {
    let at_headquarters = world.at(Who::HEADQUARTERS).device_account().unwrap();
    for account in &at_headquarters {
        assert_eq!((account.frames_merged, account.frames_missing()), (account.frames_known, 0));
    }
    for who in world.everybody() {
        let own = |account: &&DeviceAccount| account.device == world.at(who).device();
        let sealed = |accounts: &[DeviceAccount]| -> Vec<(ScopeId, u64)> {
            let own = accounts.iter().filter(own);
            own.map(|account| (account.scope, account.frames_known)).collect()
        };
        let accounts = world.at(who).device_account().unwrap();
        assert!(sealed(&accounts).iter().any(|(_, frames)| *frames > 0));
        assert_eq!(sealed(&at_headquarters), sealed(&accounts));
    }
}

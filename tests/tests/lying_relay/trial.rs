//! One strategy, one mission: people work while the relay lies, and after.

use crate::story::{HQ, Mission, mission};
use crate::strategies::{Scene, Strategy};
use kahriz_core::drive;
use kahriz_proto::ids::{DeviceId, RecordId};
use kahriz_tests::world::{LyingRelay, Who};
use std::collections::BTreeSet;

/// What came of a strategy.
pub(crate) struct Outcome {
    /// What a person at a phone or at headquarters can see while the lie lasts, each once.
    pub(crate) seen: Vec<String>,
    /// When everybody agrees again.
    pub(crate) heals: &'static str,
}

/// What was written, and nothing else may stand anywhere.
const TRUTH: [(&str, &[&str]); 4] = [
    ("full_name", &["Əliyev Vaqif", "Nigar", "Tural"]),
    ("mother_name", &["Gülnar", "Sevda"]),
    ("patronymic", &["Həsən", "Rauf"]),
    ("case_status", &["open"]),
];

const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// Waits after which a person has had enough of one sync.
const PATIENCE: u32 = 12;

pub(crate) fn try_out(strategy: &Strategy) -> Outcome {
    let mut mission = mission();
    let person = mission.known_person();
    let scene = Scene::of(&mut mission);
    let mut trial = Trial::begin(strategy.name, &mut mission, person);
    let seen = trial.lied_to(strategy, &scene);
    if strategy.is_believed {
        trial.keeps_what_is_refused();
    }
    let latest = STEPS.iter().position(|(name, _)| *name == strategy.heals_by).unwrap();
    trial.ends_by(seen, &STEPS[..=latest])
}

/// A mission under way, and what must stay true in it.
pub(crate) struct Trial<'m> {
    pub(crate) mission: &'m mut Mission,
    name: &'static str,
    records: Vec<RecordId>,
    members: BTreeSet<DeviceId>,
}

/// What may have to happen before everybody agrees again.
pub(crate) type Step = fn(&mut Trial<'_>);

/// Sometimes it takes the next save, by which a hole is seen, or a day, or a relay that has nothing to do with the old
/// one; never a person.
pub(crate) const STEPS: [(&str, Step); 4] = [
    ("at once", |_| {}),
    ("with the next save", |trial| trial.saves_again()),
    ("within a day", |trial| trial.a_day_passes()),
    ("at another relay", |trial| trial.mission.world.replace_relay()),
];

impl<'m> Trial<'m> {
    /// Both officers have worked, and nobody has synced yet.
    pub(crate) fn begin(name: &'static str, mission: &'m mut Mission, person: RecordId) -> Self {
        let members = members(mission, HQ);
        let mut records = vec![person];
        records.extend(works(mission, person));
        Self { mission, name, records, members }
    }

    /// The lie has ended: people go on, and everybody must agree, sooner or later.
    pub(crate) fn ends(self, seen: BTreeSet<String>) -> Outcome {
        self.ends_by(seen, &STEPS)
    }

    /// The lie has ended, and everybody agrees again after one of these steps.
    pub(crate) fn ends_by(
        mut self,
        mut seen: BTreeSet<String>,
        steps: &[(&'static str, Step)],
    ) -> Outcome {
        self.believes_only_the_truth();
        let healed = steps.iter().find(|(_, step)| {
            step(&mut self);
            self.mission.world.settle();
            seen.extend(self.parked());
            agree(self.mission, &self.records)
        });
        self.believes_only_the_truth();
        let name = self.name;
        let Some((heals, _)) = healed else {
            panic!("{name}: {}", disagreement(self.mission, &self.records));
        };
        for who in self.everybody() {
            let status = self.mission.world.at(who).status().unwrap();
            let left = (status.unsealed_changes, status.frames_waiting, status.frames_refused);
            assert_eq!(left, (0, 0, 0), "{name}: something has not left a device");
        }
        Outcome { seen: seen.into_iter().collect(), heals }
    }

    /// What a relay has talked a device out of sending is on that device, readable, and counted there; and the same
    /// relay is not asked again at once.
    pub(crate) fn keeps_what_is_refused(&mut self) {
        for who in [self.mission.leyla, self.mission.rashad] {
            let pushed = self.mission.world.sync(who).frames_pushed;
            assert_eq!(pushed, 0, "{}: it is offered again at once", self.name);
        }
        for who in [self.mission.leyla, self.mission.rashad] {
            let workspace = self.mission.world.at(who);
            assert!(workspace.status().unwrap().frames_refused > 0, "{}", self.name);
        }
        let own = |who, record: usize| {
            self.mission.world.at(who).record(self.records[record]).unwrap().is_some()
        };
        assert!(own(self.mission.leyla, 1) && own(self.mission.rashad, 2), "{}", self.name);
    }

    fn parked(&self) -> Vec<String> {
        let parked = self
            .everybody()
            .into_iter()
            .flat_map(|who| self.mission.world.at(who).parked().unwrap());
        parked.map(|parked| format!("a parked frame: {}", parked.reason)).collect()
    }

    fn a_day_passes(&mut self) {
        for who in self.everybody() {
            self.mission.world.device_mut(who).shell.clock.skew_ms += DAY_MS;
        }
    }

    fn saves_again(&mut self) {
        let (leyla, rashad, person) = (self.mission.leyla, self.mission.rashad, self.records[0]);
        self.mission.changes(leyla, person, &[("mother_name", "Sevda")]);
        self.mission.changes(rashad, person, &[("patronymic", "Rauf")]);
    }

    fn everybody(&self) -> [Who; 3] {
        [self.mission.leyla, self.mission.rashad, HQ]
    }

    fn believes_only_the_truth(&self) {
        for who in self.everybody() {
            believes_only_the_truth(self.mission, self.name, who, &self.records, &self.members);
        }
    }

    /// Three rounds over the lines as they are.
    pub(crate) fn everybody_syncs(&mut self) -> BTreeSet<String> {
        let mut seen = BTreeSet::new();
        for who in [self.everybody(); 3].concat() {
            let (workspace, line, shell) = self.mission.world.device_mut(who).parts();
            let report = drive::sync(workspace, line, shell);
            seen.extend(what_is_seen(self.mission, who, report));
        }
        seen
    }

    /// Everybody whom the strategy is meant for syncs through the liar, three times; who is not, honestly.
    pub(crate) fn lied_to(&mut self, strategy: &Strategy, scene: &Scene) -> BTreeSet<String> {
        let mut seen = BTreeSet::new();
        let honest = self.mission.world.relay.clone();
        let meant = |who: &Who| strategy.to.is_none_or(|to| to(scene) == *who);
        let mut liars: Vec<(Who, LyingRelay<'_>)> = vec![];
        for who in self.everybody().into_iter().filter(meant) {
            let (hears, tells) = (strategy.lie)(scene, who);
            liars.push((who, LyingRelay::before(&honest, hears, tells)));
        }
        for who in [self.everybody(); 3].concat() {
            let liar = liars.iter_mut().find(|(lied_to, _)| *lied_to == who);
            let (workspace, line, shell) = self.mission.world.device_mut(who).parts();
            shell.clock.settle();
            shell.patience = Some(PATIENCE);
            let report = match liar {
                Some((_, liar)) => drive::sync(workspace, liar, shell),
                None => drive::sync(workspace, line, shell),
            };
            shell.patience = None;
            seen.extend(what_is_seen(self.mission, who, report));
        }
        for (_, liar) in &liars {
            assert!(liar.requests_left > 0, "{}: a device never stops asking", self.name);
        }
        seen
    }
}

/// Both officers edit what both know, and create something of their own.
fn works(mission: &mut Mission, person: RecordId) -> [RecordId; 2] {
    let (leyla, rashad) = (mission.leyla, mission.rashad);
    mission.changes(leyla, person, &[("mother_name", "Gülnar")]);
    let first = mission.creates(leyla, "missing_person", &[("full_name", "Nigar")]);
    mission.changes(rashad, person, &[("patronymic", "Həsən")]);
    let second = mission.creates(rashad, "missing_person", &[("full_name", "Tural")]);
    [first, second]
}

fn what_is_seen(
    mission: &Mission,
    who: Who,
    report: Result<drive::SyncReport, drive::SyncError>,
) -> Vec<String> {
    let mut seen = vec![];
    match report {
        Ok(report) => {
            seen.extend(report.failure.map(|failure| failure.to_string()));
            if report.frames_refused > 0 {
                seen.push("own frames that the relay refuses are counted".to_owned());
            }
        }
        Err(error) => seen.push(error.to_string()),
    }
    let parked = mission.world.at(who).parked().unwrap();
    seen.extend(parked.iter().map(|parked| format!("a parked frame: {}", parked.reason)));
    seen
}

fn members(mission: &Mission, who: Who) -> BTreeSet<DeviceId> {
    mission.world.at(who).roster().members().map(|(device, _)| device).collect()
}

fn believes_only_the_truth(
    mission: &Mission,
    name: &str,
    who: Who,
    records: &[RecordId],
    members_before: &BTreeSet<DeviceId>,
) {
    let workspace = mission.world.at(who);
    assert!(members(mission, who).is_subset(members_before), "{name}: a member was injected");
    let scope = mission.world.scope(0);
    assert!(workspace.roster().epoch(scope) <= 1, "{name}: an epoch was injected");
    let count = workspace.status().unwrap().records;
    assert!(count <= records.len() as u64, "{name}: a record from nowhere");
    for record in records {
        let Some(view) = workspace.record(*record).unwrap() else { continue };
        // The form's version is written by the form.
        for (key, standing) in view.fields.iter().filter(|(key, _)| *key != "form_version") {
            let allowed = TRUTH.iter().find(|(field, _)| field == key).map(|(_, values)| *values);
            let allowed = allowed.unwrap_or_else(|| panic!("{name}: {key} from nowhere"));
            for one in &standing.values {
                let value = one.value.as_str().unwrap();
                assert!(allowed.contains(&value), "{name}: a value from nowhere in {key}");
            }
        }
    }
}

/// Everybody holds every record with the same values, the last of both officers among them.
fn agree(mission: &Mission, records: &[RecordId]) -> bool {
    let at = |who| picture(mission, who, records);
    let whole = at(HQ);
    let person = &whole[0];
    at(mission.leyla) == whole
        && at(mission.rashad) == whole
        && whole.iter().all(|record| !record.is_empty())
        && ["mother_name", "patronymic"].iter().all(|key| person.iter().any(|it| it.0 == *key))
}

fn disagreement(mission: &Mission, records: &[RecordId]) -> String {
    let at = |who| format!("{:?}\n", picture(mission, who, records));
    let waits = |who| format!("{:?}\n", mission.world.at(who).parked().unwrap());
    [HQ, mission.leyla, mission.rashad].iter().map(|who| at(*who) + &waits(*who)).collect()
}

fn picture(mission: &Mission, who: Who, records: &[RecordId]) -> Vec<BTreeSet<(String, String)>> {
    let of = |record: &RecordId| {
        let view = mission.world.at(who).record(*record).unwrap();
        let fields = view.into_iter().flat_map(|view| view.fields);
        fields
            .flat_map(|(key, standing)| {
                let values = standing.values.into_iter();
                values.map(move |one| (key.clone(), crate::story::text(&one.value)))
            })
            .collect()
    };
    records.iter().map(of).collect()
}

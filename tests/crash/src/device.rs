//! A phone's story, told while its store is watched: it is let in, its officer saves and syncs, others' work is
//! merged, a copy is made, its lease ends and it comes back; and what each disk that is left must show of it.

use crate::op::Recording;
use crate::report::{self, Report};
use crate::tap::{Fault, Watching, watch};
use kahriz_core::drive;
use kahriz_core::store::OpenStoreError;
use kahriz_core::workspace::{BackupError, Claimed, OpenError, StoreKey, Workspace};
use kahriz_proto::ids::RecordId;
use kahriz_proto::roster::Role;
use kahriz_tests::export::Export;
use kahriz_tests::world::{Impatient, LogKind, SimulatedLine, Who, World, clock};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use std::collections::BTreeSet;
use std::path::Path;

const HQ: Who = Who::HEADQUARTERS;
const LEYLA: Who = Who(1);
/// Longer than any lease.
const AWAY_MS: i64 = 60 * 24 * 3_600 * 1_000;

/// What a device shows: record, field, value.
pub type Shown = BTreeSet<(RecordId, String, String)>;

/// How what is shown may move while a step is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// All of it, or nothing.
    Whole,
    /// Little by little.
    Growing,
    /// All that can be read goes at once, and only its sealed frames stay.
    LettingGo,
}

/// One step of the story, as it was when the officer was told that it is done.
#[derive(Clone, Debug)]
struct Step {
    way: Way,
    shown: Shown,
    /// Own sealed frames.
    frames: u64,
}

/// What is told, as it goes on.
struct Telling {
    watching: Watching,
    steps: Vec<Step>,
}

impl Telling {
    /// The officer is told that a step is done; its number.
    fn told(&mut self, world: &World, way: Way) -> usize {
        let workspace = world.at(LEYLA);
        let (shown, frames) = (Export::of(workspace).written, frames_of(workspace));
        self.watching.told(self.steps.len());
        self.steps.push(Step { way, shown, frames });
        self.steps.len() - 1
    }
}

/// The story, recorded.
pub struct Story {
    world: World,
    recording: Recording,
    steps: Vec<Step>,
    key: StoreKey,
    backed_up: usize,
    let_go: usize,
}

impl Story {
    /// Lets it happen.
    ///
    /// # Panics
    /// If something fails that must not, or if the tap missed what was written.
    #[must_use]
    pub fn record(seed: u64) -> Self {
        let mut world = World::with_log(seed, LogKind::Sqlite);
        let home = world.folder().join("phone-1");
        let mut telling = Telling { watching: watch(&home, Fault::None), steps: vec![] };
        let person = begin(&mut world, &mut telling);
        meet_others(&mut world, &mut telling, person);
        let backup = home.join("backup");
        std::fs::create_dir(&backup).expect("the copy's folder can be made");
        let made = world.at(LEYLA).back_up(&backup, Claimed { ms: 1 }, &mut |_, _| {});
        made.expect("a copy can be made");
        let backed_up = telling.told(&world, Way::Whole);
        world.sync(LEYLA);
        telling.told(&world, Way::Growing);
        let_go(&mut world);
        let let_go = telling.told(&world, Way::LettingGo);
        world.sync(LEYLA);
        telling.told(&world, Way::Growing);
        save(&mut world, LEYLA, Some(person), "full_name", "Vaqif oğlu");
        telling.told(&world, Way::Whole);
        world.kill(LEYLA);
        let (recording, steps) = (telling.watching.finish(), telling.steps);
        recording.must_be_whole();
        let key = world.device(LEYLA).key().clone();
        Self { world, recording, steps, key, backed_up, let_go }
    }

    /// The power fails after each call, on so many disks.
    #[must_use]
    pub fn cut_everywhere(&self, seed: u64, disks: u32) -> Report {
        let mut shells = seed;
        report::cut_everywhere(&self.recording, seed, disks, self.world.folder(), |place, told| {
            shells += 1;
            self.judge(place, told, shells)
        })
    }

    fn judge(&self, place: &Path, told: Option<usize>, seed: u64) -> Result<(), String> {
        let workspace = match Workspace::open(place, &self.key) {
            Ok(workspace) => workspace,
            // Who was told nothing has asked to join, or not yet.
            Err(OpenError::Store(OpenStoreError::NotFound) | OpenError::Nobodys)
                if told.is_none() =>
            {
                return Ok(());
            }
            Err(error) => return Err(format!("the store does not open: {error:?}")),
        };
        self.judge_shown(&workspace, told)?;
        if told.is_some_and(|told| told + 1 >= self.let_go && told <= self.let_go) {
            self.judge_return(&workspace, seed)?;
        }
        drop(workspace);
        self.judge_sound(place)?;
        self.judge_backup(&place.join("backup"), told)?;
        goes_on(place, &self.key)
    }

    /// What was told is shown, and of the step under way all or nothing.
    fn judge_shown(&self, workspace: &Workspace, told: Option<usize>) -> Result<(), String> {
        let nothing = Step { way: Way::Whole, shown: Shown::new(), frames: 0 };
        let before = told.map_or(&nothing, |told| &self.steps[told]);
        let after = self.steps.get(told.map_or(0, |told| told + 1)).unwrap_or(before);
        let found = Export::of(workspace).written;
        let is_right = match after.way {
            Way::Whole => found == before.shown || found == after.shown,
            Way::Growing => found.is_superset(&before.shown) && found.is_subset(&after.shown),
            Way::LettingGo => found == before.shown || found.is_empty(),
        };
        let frames = frames_of(workspace);
        let damaged = workspace.rebuild().map_err(|error| error.to_string())?.damaged;
        match (is_right, frames >= before.frames, damaged) {
            (true, true, 0) => Ok(()),
            _ => Err(format!(
                "{found:?} instead of {:?} or {:?}, {frames} frames of {}, {damaged} damaged",
                before.shown, after.shown, before.frames
            )),
        }
    }

    /// What was let go of, or not yet, is all back after the next contact.
    fn judge_return(&self, workspace: &Workspace, seed: u64) -> Result<(), String> {
        let mut line = SimulatedLine::to(&self.world.relay, seed);
        let mut shell = Impatient(ChaCha20Rng::seed_from_u64(seed));
        let synced = drive::sync(workspace, &mut line, &mut shell);
        let found = Export::of(workspace).written;
        let expected = &self.steps[self.let_go - 1].shown;
        if found == *expected { Ok(()) } else { Err(format!("{synced:?} brought {found:?}")) }
    }

    /// Every page is what was written, and SQLite finds the whole sound.
    fn judge_sound(&self, place: &Path) -> Result<(), String> {
        match Workspace::look_into(place, &self.key) {
            // It was read to its last page, and is no copy.
            Err(BackupError::Nobodys) => Ok(()),
            other => Err(format!("the store is not sound: {other:?}")),
        }
    }

    /// A copy of which it was told that it is made is a whole one.
    fn judge_backup(&self, copy: &Path, told: Option<usize>) -> Result<(), String> {
        let is_told = told >= Some(self.backed_up);
        match Workspace::look_into(copy, &self.key) {
            Ok(found) if found.records == 4 => Ok(()),
            Err(_) if !is_told => Ok(()),
            other => Err(format!("the copy is not whole: {other:?}")),
        }
    }
}

/// The officer is let in, saves three times, and syncs.
fn begin(world: &mut World, telling: &mut Telling) -> RecordId {
    world.admit("Leyla", Role::Officer, &[0]);
    telling.told(world, Way::Growing);
    let person = save(world, LEYLA, None, "full_name", "Vaqif");
    telling.told(world, Way::Whole);
    save(world, LEYLA, Some(person), "mother_name", "Sevda");
    telling.told(world, Way::Whole);
    save(world, LEYLA, None, "full_name", "Elnur");
    telling.told(world, Way::Whole);
    world.sync(LEYLA);
    telling.told(world, Way::Growing);
    person
}

/// Others' work arrives; the app is closed and opened again.
fn meet_others(world: &mut World, telling: &mut Telling, person: RecordId) {
    world.sync(HQ);
    save(world, HQ, Some(person), "full_name", "Vaqif Əliyev");
    save(world, HQ, None, "full_name", "Günel");
    save(world, HQ, None, "full_name", "Samir");
    world.sync(HQ);
    world.sync(LEYLA);
    telling.told(world, Way::Growing);
    world.kill(LEYLA);
    world.start(LEYLA);
    save(world, LEYLA, Some(person), "mother_name", "Natavan");
    telling.told(world, Way::Whole);
}

fn save(
    world: &mut World,
    who: Who,
    record: Option<RecordId>,
    field: &str,
    value: &str,
) -> RecordId {
    let scope = world.scope(0);
    let begun = match record {
        Some(record) => world.at(who).edit(record),
        None => world.at(who).new_record(scope, "missing_person"),
    };
    let mut draft = begun.expect("a draft can be begun");
    draft.allow_incomplete();
    draft.set_text(field, value).expect("the field takes any text");
    let now = world.now();
    world.at(who).save(&draft, now).expect("it can be saved").record
}

fn let_go(world: &mut World) {
    let (workspace, _, shell) = world.device_mut(LEYLA).parts();
    let now = Claimed { ms: clock::real_ms().cast_signed() + shell.clock.skew_ms + AWAY_MS };
    let rng = drive::Shell::rng(shell);
    assert!(workspace.keep_lease(now, rng).expect("it can let go"), "the lease has ended");
}

fn frames_of(workspace: &Workspace) -> u64 {
    let status = workspace.status().expect("a status can be read");
    let further = status.frames_at_headquarters + status.frames_backed_up;
    status.frames_waiting + status.frames_at_relay + further
}

/// A store that was cut is worked with, closed and opened like any.
fn goes_on(place: &Path, key: &StoreKey) -> Result<(), String> {
    let workspace = Workspace::open(place, key).map_err(|error| format!("again: {error:?}"))?;
    let before = Export::of(&workspace).written;
    let scope = workspace.scopes().first().map(|scope| scope.id);
    let draft = scope.and_then(|scope| workspace.new_record(scope, "missing_person").ok());
    // Who is not let in yet, or has let go, has no area to write in.
    let Some(mut draft) = draft else { return Ok(()) };
    draft.allow_incomplete();
    draft.set_text("full_name", "After the cut").map_err(|error| error.to_string())?;
    let saved = workspace.save(&draft, Claimed { ms: 2 }).map_err(|error| error.to_string())?;
    drop(workspace);
    let workspace = Workspace::open(place, key).map_err(|error| format!("once more: {error:?}"))?;
    let after = Export::of(&workspace);
    let is_there = after.holds(saved.record, "full_name", "After the cut");
    let rest_is_there = after.written.is_superset(&before);
    if is_there && rest_is_there { Ok(()) } else { Err("a save after the cut is lost".to_owned()) }
}

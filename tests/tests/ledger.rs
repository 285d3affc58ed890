//! A frame that kills the process that reads it: at the next start its neighbours are merged, and at the one after that
//! it is put away, but not for ever: it may have been the wrong one. The deaths here are real ones: this program runs itself again, and what it runs aborts.

#![allow(clippy::unwrap_used)]

use kahriz_core::drive;
use kahriz_core::record::{Engine, EngineError, Grown, InProcess, RecordError, Trial};
use kahriz_core::store::ParkReason;
use kahriz_core::workspace::{Profile, StoreKey, Workspace};
use kahriz_proto::frame::Frame;
use kahriz_proto::ids::{RecordId, ScopeId};
use kahriz_proto::roster::Role;
use kahriz_tests::world::{ForgedRelay, Impatient, SimulatedLine, Who, World, scratch_folder};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

/// Names the folder of the device that the other process is to be.
const DEVICE: &str = "KAHRIZ_LEDGER_DEVICE";
/// What stands in the record whose frame kills.
const POISON: &str = "Poison of Agdam";

#[test]
fn a_frame_that_kills_the_process_is_put_away_at_the_second_death_and_the_rest_is_merged() {
    let mut world = World::new(91);
    let leyla = world.admit("Leyla", Role::Officer, &[0]);
    let gunel = world.admit("Günel", Role::Officer, &[0]);
    world.settle();
    let device = a_device(&mut world);
    let before = creates(&mut world, gunel, "Vaqif");
    let poison = creates(&mut world, leyla, POISON);
    let after = creates(&mut world, gunel, "Elnur");
    let device = device.path();
    keeps_frames(&world, device);

    assert!(!takes(device).success(), "the process dies over three frames");
    let workspace = open(device);
    assert_eq!(workspace.status().unwrap().inbox_quarantined, 0, "nobody is guilty yet");
    drop(workspace);
    // Opening it looked back already; the next start tries each of them alone, and dies over the one.
    assert!(!takes(device).success(), "the process dies over one frame");
    assert!(takes(device).success(), "there is no third death");

    let workspace = open(device);
    assert!(workspace.record(before).unwrap().is_some());
    assert!(workspace.record(after).unwrap().is_some());
    assert!(workspace.record(poison).unwrap().is_none());
    let parked = workspace.parked().unwrap();
    assert_eq!(parked.len(), 1);
    assert_eq!(parked[0].reason, ParkReason::Poisonous);
    assert!(parked[0].reason.to_string().starts_with("quarantined"));
    drop(workspace);

    // Its next chance is at the sixteenth opening from then on; this test's own count too.
    let deaths = (0..20).filter(|_| !takes(device).success()).count();
    assert_eq!(deaths, 1, "it is tried once more");
    // Where nothing dies of it, as if it had been the phone that ended the process, it is merged in the end.
    let merged = (0..64).find(|_| {
        let workspace = open(device);
        workspace.merge_inbox(&mut |_| ()).unwrap();
        workspace.record(poison).unwrap().is_some()
    });
    assert!(merged.is_some(), "it has another chance");
    assert_eq!(open(device).status().unwrap().inbox_quarantined, 0);
}

/// Not a test of its own: what the other process does.
#[test]
fn be_a_device_that_dies_over_poison() {
    let Some(device) = std::env::var_os(DEVICE).map(PathBuf::from) else { return };
    let workspace = open(&device).with_engine(Box::new(Mortal));
    let scope = ScopeId::from_slice(&fs::read(device.join("scope")).unwrap()).unwrap();
    let frames = (0..).map_while(|at| fs::read(device.join(format!("frame-{at}"))).ok()).collect();
    let mut relay = ForgedRelay::serving(scope, frames);
    let seed = u64::from(std::process::id());
    let mut shell = Impatient(ChaCha20Rng::seed_from_u64(seed));
    drive::sync(&workspace, &mut relay, &mut shell).unwrap();
}

/// An engine like the one in the process, but for what it dies of.
struct Mortal;

impl Engine for Mortal {
    fn grow(&self, trials: &[Trial]) -> Result<Vec<Result<Grown, RecordError>>, EngineError> {
        let is_poison = |chunk: &[u8]| chunk.windows(POISON.len()).any(|w| w == POISON.as_bytes());
        if trials.iter().flat_map(|trial| &trial.changes).any(|change| is_poison(change.chunk())) {
            std::process::abort();
        }
        InProcess.grow(trials)
    }
}

/// Another process takes what a relay hands to a device.
fn takes(device: &Path) -> ExitStatus {
    let mut process = Command::new(std::env::current_exe().unwrap());
    process.args(["--exact", "be_a_device_that_dies_over_poison"]).env(DEVICE, device);
    process.output().unwrap().status
}

/// The folder of a device that is a member and has nothing yet. Its key is one that the other process knows.
fn a_device(world: &mut World) -> tempfile::TempDir {
    let folder = scratch_folder();
    let invite = world.invite();
    let mut shell = Impatient(ChaCha20Rng::seed_from_u64(5));
    let profile = Profile { officer: "Rashad".into(), device: "phone".into() };
    let home = folder.path().join("store");
    let workspace =
        Workspace::prepare_join(&home, &key(), &invite, &profile, &mut shell.0).unwrap();
    let mut line = SimulatedLine::to(&world.relay, 3);
    drive::join(&workspace, &mut line, &mut shell).unwrap();
    let join = world.waiting_joins().pop().unwrap();
    world.let_in(&join, Role::Officer, &[0]);
    let report = drive::sync(&workspace, &mut line, &mut shell).unwrap();
    assert_eq!(report.failure, None);
    folder
}

/// Lays the officers' frames, as the relay holds them, beside the device.
fn keeps_frames(world: &World, device: &Path) {
    let scope = world.scope(0);
    fs::write(device.join("scope"), scope.as_bytes()).unwrap();
    let (log, id) = (world.relay.log(), world.at(Who::HEADQUARTERS).id());
    let all = (1..=log.position(id, scope).unwrap())
        .map(|position| log.frame(id, scope, position).unwrap().unwrap());
    let authors = [Who(1), Who(2)].map(|who| world.at(who).device());
    let theirs = all.filter(|bytes| {
        let frame = Frame::decode(bytes.clone()).unwrap();
        authors.contains(&frame.preamble().device)
    });
    for (place, bytes) in theirs.enumerate() {
        fs::write(device.join(format!("frame-{place}")), bytes).unwrap();
    }
}

fn key() -> StoreKey {
    StoreKey::from_bytes([7; 32])
}

fn open(device: &Path) -> Workspace {
    Workspace::open(&device.join("store"), &key()).unwrap()
}

fn creates(world: &mut World, who: Who, name: &str) -> RecordId {
    let mut draft = world.at(who).new_record(world.scope(0), "missing_person").unwrap();
    draft.set_text("full_name", name).unwrap();
    draft.allow_incomplete();
    let now = world.now();
    let saved = world.at(who).save(&draft, now).unwrap();
    world.sync(who);
    saved.record
}

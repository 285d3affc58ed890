//! Lies that are whole histories: a relay that goes back to what it once was, and one that shows two people different
//! ones. The relays are real; the older is a copy of the newer's files, incarnation and all.

use crate::story::{HQ, Mission, mission};
use crate::strategies::{self, Scene};
use crate::trial::{Outcome, Trial};
use kahriz_proto::ids::RecordId;
use kahriz_proto::roster::Role;
use kahriz_tests::world::{LogKind, SimulatedRelay, World, seed_or};
use std::path::Path;

type History = (&'static str, fn() -> Outcome);

pub(crate) const HISTORIES: [History; 4] = [
    ("goes back to an older state", goes_back),
    ("shows two officers two histories", forks),
    ("calls good frames forks, until it is replaced", is_replaced),
    ("says that their writers are no members, until one joins", is_told_of_members),
];

fn goes_back() -> Outcome {
    let (mut mission, person) = mission_on_disk();
    copy_the_relay(&mission.world);
    let mut trial = Trial::begin("goes back to an older state", &mut mission, person);
    trial.mission.world.settle();
    trial.mission.world.replace_relay();
    let seen = trial.everybody_syncs();
    trial.ends(seen)
}

fn forks() -> Outcome {
    let (mut mission, person) = mission_on_disk();
    copy_the_relay(&mission.world);
    let first = mission.world.relay.clone();
    mission.world.replace_relay();
    for who in [HQ, mission.leyla] {
        mission.world.device_mut(who).line.lead_to(&first);
    }
    let mut trial = Trial::begin("shows two officers two histories", &mut mission, person);
    let seen = trial.everybody_syncs();
    everybody_to(trial.mission, &first);
    trial.ends(seen)
}

fn is_replaced() -> Outcome {
    refuses("calls good frames forks", "at another relay", |trial| {
        trial.mission.world.replace_relay();
    })
}

fn is_told_of_members() -> Outcome {
    refuses("says that their writers are no members", "when the roster grows", |trial| {
        trial.mission.world.invite();
    })
}

/// What was refused is offered again at once after that step, and arrives.
fn refuses(name: &'static str, when: &'static str, step: fn(&mut Trial<'_>)) -> Outcome {
    let strategy = strategies::all().into_iter().find(|strategy| strategy.name == name).unwrap();
    let mut mission = mission();
    let person = mission.known_person();
    let scene = Scene::of(&mut mission);
    let mut trial = Trial::begin(name, &mut mission, person);
    let seen = trial.lied_to(&strategy, &scene);
    trial.keeps_what_is_refused();
    trial.ends_by(seen, &[(when, step)])
}

fn everybody_to(mission: &mut Mission, relay: &SimulatedRelay) {
    mission.world.relay = relay.clone();
    for who in mission.world.everybody() {
        mission.world.device_mut(who).line.lead_to(relay);
    }
}

fn mission_on_disk() -> (Mission, RecordId) {
    let mut world = World::with_log(seed_or(1), LogKind::Sqlite);
    let leyla = world.admit("Leyla", Role::Officer, &[0]);
    let rashad = world.admit("Rashad", Role::Officer, &[0]);
    let nino = world.admit("Nino", Role::Officer, &[1]);
    world.settle();
    let mut mission = Mission { world, leyla, rashad, nino };
    let person = mission.known_person();
    (mission, person)
}

/// Puts a copy of the relay's files where the next relay of this world will look for its own.
fn copy_the_relay(world: &World) {
    let (from, to) = (world.folder().join("relay-1"), world.folder().join("relay-2"));
    copy_folder(&from, &to);
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &to);
        } else {
            std::fs::copy(&path, to).unwrap();
        }
    }
}

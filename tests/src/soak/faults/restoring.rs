//! Headquarters is destroyed, and made anew from the recovery key and what the relay holds, as the drill says it.

use crate::world::{Weather, Who, World};
use kahriz_core::crypto::{RecoveryKeys, SigningSecret, WrapSecret};
use kahriz_core::drive;
use kahriz_core::workspace::{
    Belief, KnownNames, Profile, Restoring, StoreKey, Workspace, headquarters_of, verified_roster,
};
use rand::RngExt;

const HQ: Who = Who::HEADQUARTERS;

/// Destroys headquarters and puts a restored one in its place. People do it with a good line.
pub(super) fn burn_and_restore(world: &mut World) -> bool {
    let keys = RecoveryKeys {
        root: SigningSecret::from_seed(&world.keepsakes.root_seed),
        recovery: WrapSecret::from_seed(&world.keepsakes.recovery_seed),
    };
    world.relay.deliver_what_is_late();
    world.destroy(HQ);
    let weather = std::mem::replace(&mut world.device_mut(HQ).line.weather, Weather::good());
    let found = found_at_the_relay(world, &keys);
    restore(world, &keys, &found);
    introduce(world, &keys, found.len());
    world.sync(HQ);
    take_over(world);
    world.sync(HQ);
    world.device_mut(HQ).line.weather = weather;
    true
}

fn found_at_the_relay(world: &mut World, keys: &RecoveryKeys) -> Vec<Vec<u8>> {
    let device = world.device_mut(HQ);
    let found = drive::roster_for_root(&keys.root, &mut device.line, &mut device.shell);
    found.expect("the relay gives the roster to the root")
}

fn restore(world: &mut World, keys: &RecoveryKeys, entries: &[Vec<u8>]) {
    let roster = verified_roster(keys, entries).expect("the roster verifies");
    let lost = headquarters_of(&roster);
    let home = world.folder().join("restored");
    let key = StoreKey::from_bytes(world.rng().random());
    let operator = Profile { officer: "Headquarters".into(), device: "desk".into() };
    let names = KnownNames::default();
    let restoring = Restoring {
        keys,
        roster: entries,
        lost: &lost,
        belief: Belief::WhatIsHere,
        names: &names,
        workspace_name: "Field mission",
        operator: &operator,
        relay_url: "http://relay.test",
    };
    let now = world.now();
    let restored = Workspace::restore(&home, &key, &restoring, now, world.rng());
    let workspace = restored.expect("headquarters can be restored");
    world.replace_headquarters(home, key, workspace);
}

/// The root tells the relay of the new headquarters.
fn introduce(world: &mut World, keys: &RecoveryKeys, held: usize) {
    let newer = world.at(HQ).roster_page(held as u64).expect("the roster can be read");
    let device = world.device_mut(HQ);
    let (line, shell) = (&mut device.line, &mut device.shell);
    drive::extend_roster_as_root(&keys.root, &newer, line, shell).expect("the root may");
}

fn take_over(world: &mut World) {
    let now = world.now();
    let mut rng: rand_chacha::ChaCha20Rng = rand::SeedableRng::seed_from_u64(world.rng().random());
    world.at(HQ).take_over(now, &mut rng).expect("the new headquarters takes over");
    world.publish();
}

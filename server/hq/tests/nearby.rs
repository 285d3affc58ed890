//! Two devices that meet with no relay in reach, by the program: one serves, the other speaks.
#![allow(clippy::unwrap_used)]

mod world;

use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value as Json, json};
use world::{Server, World, kahriz};

fn person(world: &World, device: &str, name: &str) {
    let name = format!("full_name={name}");
    let new = ["new", "missing_person", "--scope", "AGD", "--incomplete", &name];
    world.device(device, &new).done();
}

fn records(world: &World, device: &str) -> Json {
    world.device(device, &["--json", "list"]).json()["total"].clone()
}

/// The rounds of a device that serves take a moment.
#[track_caller]
fn soon_has(world: &World, device: &str, count: u64) {
    for _ in 0..100 {
        if records(world, device) == json!(count) {
            return;
        }
        sleep(Duration::from_millis(100));
    }
    assert_eq!(records(world, device), json!(count), "{device}");
}

fn serves(world: &World, device: &str) -> (Server, String) {
    let (server, said) = world.serve_nearby(device, &["--listen", "127.0.0.1:0"]);
    assert_eq!(said["announced"], json!(false), "nobody else reaches it there");
    (server, said["addresses"][0].as_str().unwrap().to_owned())
}

/// Headquarters and two phones that have met their relay, which is out of reach now.
fn in_the_field() -> World {
    let world = World::founded();
    let server = world.serve(&[]);
    ["gunel", "leyla"].iter().for_each(|name| world.join(name, &[]));
    ["gunel", "leyla"].iter().for_each(|name| _ = world.device(name, &["sync"]).done());
    server.end();
    world
}

#[test]
fn two_phones_give_each_other_what_they_have_and_the_guest_brings_the_hosts_home() {
    let world = in_the_field();
    person(&world, "gunel", "Gunelsperson");
    person(&world, "leyla", "Leylasperson");
    let (host, address) = serves(&world, "gunel");
    let met = world.device("leyla", &["--json", "meet", &address]).json();
    assert_eq!((&met["frames_not_taken"], &met["frames_taken"]), (&json!(0), &json!(1)), "{met}");
    assert_eq!(records(&world, "leyla"), json!(2));
    // The host's store is open: its records are asked of the process that serves, and what is written there is given.
    soon_has(&world, "gunel", 2);
    person(&world, "gunel", "Another");
    for _ in 0..100 {
        world.device("leyla", &["meet", &address]).done();
        if records(&world, "leyla") == json!(3) {
            break;
        }
        sleep(Duration::from_millis(100));
    }
    host.end();

    let server = world.serve(&[]);
    let synced = world.device("leyla", &["--json", "sync"]).json();
    assert_eq!(synced["frames_pushed"], json!(3), "none of it had counted as delivered");
    world.headquarters(&["sync"]).done();
    assert_eq!(records(&world, "hq"), json!(3), "also what the host alone had written");
    server.end();
    // What is served lies beside the store, sealed.
    for file in std::fs::read_dir(world.path("gunel").join("nearby")).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"person"));
    }
}

#[test]
fn phones_that_let_go_of_what_headquarters_has_backed_up_give_what_they_wrote_since() {
    let world = World::founded();
    let server = world.serve(&[]);
    ["gunel", "leyla"].iter().for_each(|name| world.join(name, &[]));
    let both_sync =
        || ["gunel", "leyla"].iter().for_each(|name| _ = world.device(name, &["sync"]).done());
    both_sync();
    ["gunel", "leyla"].iter().for_each(|name| person(&world, name, "Before"));
    both_sync();
    world.headquarters(&["sync"]).done();
    kahriz(&["backup", world.hq(), "--out", world.path("backups").to_str().unwrap()]).done();
    world.headquarters(&["sync"]).done();
    both_sync();
    both_sync();
    server.end();

    ["gunel", "leyla"].iter().for_each(|name| person(&world, name, "Since"));
    let (host, address) = serves(&world, "gunel");
    let met = world.device("leyla", &["--json", "meet", &address]).json();
    assert_eq!((&met["frames_not_taken"], &met["frames_parked"]), (&json!(0), &json!(0)), "{met}");
    assert_eq!(met["records_changed"], json!(1), "{met}");
    soon_has(&world, "gunel", 4);
    host.end();
}

#[test]
fn a_host_that_dies_has_what_its_guest_has_brought_when_it_serves_again() {
    let world = in_the_field();
    person(&world, "leyla", "Vaqif");
    let (host, address) = serves(&world, "gunel");
    world.device("leyla", &["meet", &address]).done();
    person(&world, "gunel", "Nigar");
    host.die();
    let (host, again) = serves(&world, "gunel");
    let key = |address: &str| address.split_once('#').unwrap().1.to_owned();
    assert_eq!(key(&address), key(&again), "its guests know it by the same key");
    // Before any guest has come.
    soon_has(&world, "gunel", 2);
    world.device("leyla", &["meet", &again]).done();
    assert_eq!(records(&world, "leyla"), json!(2));
    host.end();
}

#[test]
fn a_revoked_guest_is_refused_and_lets_go_of_what_it_held() {
    let world = in_the_field();
    person(&world, "leyla", "Vaqif");
    let server = world.serve(&[]);
    kahriz(&["revoke", world.hq(), "leyla", "--yes"]).done();
    world.device("gunel", &["sync"]).done();
    server.end();
    person(&world, "gunel", "Nigar");
    let (host, address) = serves(&world, "gunel");
    world.device("leyla", &["meet", &address]).failed(1, "has revoked this device");
    assert_eq!(records(&world, "leyla"), json!(0));
    sleep(Duration::from_secs(2));
    assert_eq!(records(&world, "gunel"), json!(1), "nothing of hers was taken");
    host.end();
    world
        .device("leyla", &["serve-nearby", "--listen", "127.0.0.1:0"])
        .failed(1, "has revoked this device");
}

#[test]
fn whoever_is_no_member_or_meets_another_key_is_told_why() {
    let world = in_the_field();
    let (host, address) = serves(&world, "gunel");
    let others = in_the_field();
    others.device("gunel", &["meet", &address]).failed(1, "another organisation's");

    let (place, key) = address.split_once('#').unwrap();
    let first = if key.starts_with('A') { "B" } else { "A" };
    let wrong = format!("{place}#{first}{}", &key[1..]);
    world.device("leyla", &["meet", &wrong]).failed(3, "shows another key");
    world.device("leyla", &["meet", place]).failed(2, "HOST:PORT#KEY");
    world.device("gunel", &["meet"]).failed(1, "serves nearby itself");
    let store = world.path("gunel");
    kahriz(&["device", "--store", store.to_str().unwrap(), "deliver"]).failed(4, "open");
    host.end();
    world.device("leyla", &["meet", &address]).failed(3, "nobody serves");
}

#[test]
fn a_device_that_was_not_admitted_yet_serves_nobody() {
    let world = World::founded();
    let server = world.serve(&[]);
    world.ask_to_join("gunel");
    server.end();
    world
        .device("gunel", &["serve-nearby", "--listen", "127.0.0.1:0"])
        .failed(1, "waits to be admitted");
}

//! Bundles by the program: what a person carries from a phone to headquarters and back, what is said of a damaged one,
//! and repair.
#![allow(clippy::unwrap_used)]

mod world;

use serde_json::json;
use world::{World, kahriz};

fn person(world: &World, device: &str, name: &str) {
    let name = format!("full_name={name}");
    let new = ["new", "missing_person", "--scope", "AGD", "--incomplete", &name];
    world.device(device, &new).done();
}

fn file(world: &World, name: &str) -> String {
    world.path(name).to_str().unwrap().to_owned()
}

fn records(world: &World, device: &str) -> serde_json::Value {
    world.device(device, &["--json", "list"]).json()["total"].clone()
}

/// Headquarters and two phones, of which Leyla's is granted one area.
fn mission() -> World {
    let world = World::founded();
    let server = world.serve(&[]);
    world.join("gunel", &[]);
    world.join("leyla", &["--scope", "Füzuli"]);
    ["gunel", "leyla"].iter().for_each(|name| _ = world.device(name, &["sync"]).done());
    server.end();
    world
}

#[test]
fn a_stick_brings_a_phones_records_to_headquarters_and_its_word_back() {
    let world = mission();
    person(&world, "gunel", "Vaqif");
    let (there, back) = (file(&world, "there.kahriz"), file(&world, "back.kahriz"));
    let written = world.device("gunel", &["--json", "export-bundle", "--out", &there]).json();
    assert_eq!((&written["frames"], &written["held_back"]), (&json!(1), &json!(0)));
    world.device("gunel", &["export-bundle", "--out", &there]).failed(1, "is there already");
    world.device("gunel", &["export-bundle", "--out", &there, "--force"]).done();

    // Headquarters serves meanwhile.
    let server = world.serve(&[]);
    let came = kahriz(&["--json", "import-bundle", world.hq(), &there]).json();
    assert_eq!((&came["new"], &came["changes_merged"]), (&json!(1), &json!(1)));
    assert_eq!(kahriz(&["--json", "import-bundle", world.hq(), &there]).json()["new"], json!(0));
    kahriz(&["export-bundle", world.hq(), "--out", &back]).done();
    server.end();
    assert_eq!(records(&world, "hq"), json!(1));

    world.device("gunel", &["import-bundle", &back]).done();
    let id = world.device("gunel", &["--json", "list"]).json()["rows"][0]["id"].clone();
    let shown = world.device("gunel", &["--json", "show", id.as_str().unwrap()]).json();
    assert_eq!(shown["delivery"], json!("at headquarters"));
}

#[test]
fn what_is_wrong_with_a_bundle_is_said_to_whoever_asked_also_while_headquarters_serves() {
    let world = mission();
    person(&world, "gunel", "Vaqif");
    let whole = file(&world, "whole.kahriz");
    world.device("gunel", &["export-bundle", "--out", &whole]).done();
    let not_hers = world.device("leyla", &["import-bundle", &whole]);
    not_hers.done();
    assert!(not_hers.error.contains("take the bundle to headquarters"), "{}", not_hers.error);

    let bytes = std::fs::read(&whole).unwrap();
    let cut = file(&world, "cut.kahriz");
    std::fs::write(&cut, &bytes[..bytes.len() - 40]).unwrap();
    let server = world.serve(&[]);
    let came = kahriz(&["import-bundle", world.hq(), &cut]);
    came.done();
    assert!(came.error.contains("the bundle is cut"), "{}", came.error);
    server.end();

    std::fs::write(&cut, "hello").unwrap();
    kahriz(&["import-bundle", world.hq(), &cut]).failed(1, "this is no bundle");
    kahriz(&["import-bundle", world.hq(), &file(&world, "nowhere")]).failed(1, "nowhere");
    kahriz(&["import-bundle", World::founded().hq(), &whole]).failed(1, "another organisation's");
}

#[test]
fn a_phone_that_doubts_compares_itself_with_the_relay() {
    let world = mission();
    person(&world, "gunel", "Vaqif");
    let server = world.serve(&[]);
    let repaired = world.device("gunel", &["--json", "repair"]).json();
    assert_eq!((&repaired["compared"], &repaired["frames_pushed"]), (&json!(true), &json!(1)));
    world.headquarters(&["sync"]).done();
    world.device("gunel", &["sync"]).done();
    let again = world.device("gunel", &["repair"]);
    assert!(again.done().contains("neither lacked anything"), "{}", again.out);
    let theirs = kahriz(&["--json", "repair", world.hq()]).json();
    assert_eq!(theirs["compared"], json!(true));
    server.end();
    assert_eq!(records(&world, "hq"), json!(1));
}

//! Headquarters' backups, at the command line: while it serves, by the clock, brought back, and what is made of one.
#![allow(clippy::unwrap_used)]

mod world;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value as Json;
use world::{Ended, World, kahriz};

fn text(path: impl AsRef<Path>) -> String {
    path.as_ref().to_str().unwrap().to_owned()
}

fn key_of(world: &World) -> String {
    text(world.path("hq/kahriz.key"))
}

fn back_up(world: &World, out: &str) -> PathBuf {
    let out = text(world.path(out));
    let made = kahriz(&["--json", "backup", world.hq(), "--out", &out]).json();
    made["backup"].as_str().unwrap().into()
}

fn restore(world: &World, backup: &Path, folder: &str) -> Ended {
    let (folder, backup) = (text(world.path(folder)), text(backup));
    kahriz(&["--key-file", &key_of(world), "restore", &backup, "--dir", &folder])
}

fn writes(world: &World, name: &str, person: &str) -> String {
    let field = format!("full_name={person}");
    let new = ["--json", "new", "missing_person", "--scope", "AGD", &field, "--incomplete"];
    world.device(name, &new).json()["human_id"].as_str().unwrap().to_owned()
}

fn records(store: &str, key: &str) -> Json {
    kahriz(&["--json", "--key-file", key, "device", "--store", store, "list", "--limit", "500"])
        .json()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
    names.sort();
    names
}

/// An organisation of which a serving headquarters has heard nine records; its backup.
fn with_work(world: &World) -> PathBuf {
    let server = world.serve(&[]);
    world.join("gunel", &[]);
    world.device("gunel", &["sync"]).done();
    (0..9).for_each(|number| _ = writes(world, "gunel", &format!("Person {number}")));
    world.device("gunel", &["sync"]).done();
    world.headquarters(&["sync"]).done();
    let backup = back_up(world, "out");
    server.end();
    backup
}

#[test]
fn a_phone_is_told_when_its_work_is_in_a_backup_and_headquarters_shows_it_beside_the_device() {
    let world = World::founded();
    let server = world.serve(&[]);
    world.join("gunel", &[]);
    world.device("gunel", &["sync"]).done();
    let id = writes(&world, "gunel", "Vaqif");
    let everybody_syncs = || {
        world.device("gunel", &["sync"]).done();
        world.headquarters(&["sync"]).done();
        world.device("gunel", &["sync"]).done();
    };
    let levels = || {
        let status = world.device("gunel", &["--json", "status"]).json();
        let levels = ["frames_at_relay", "frames_at_headquarters", "frames_backed_up"];
        levels.map(|level| status[level].as_u64().unwrap())
    };
    everybody_syncs();
    assert_eq!(levels(), [0, 1, 0]);
    back_up(&world, "out");
    everybody_syncs();
    assert_eq!(levels(), [0, 0, 1]);
    let shown = world.device("gunel", &["--json", "show", &id]).json();
    assert_eq!(shown["delivery"], "backed up");

    let status = world.headquarters(&["--json", "status"]).json();
    let of_gunel = |device: &&Json| device["officer"] == "gunel" && device["frames_known"] != 0;
    let device = status["devices"].as_array().unwrap().iter().find(of_gunel).unwrap();
    let account = ["frames_known", "frames_merged", "frames_backed_up", "frames_missing"];
    assert_eq!(account.map(|count| device[count].as_u64().unwrap()), [1, 1, 1, 0]);
    assert_eq!(device["gaps"], serde_json::json!([]));
    server.end();
}

#[test]
fn a_serving_headquarters_is_backed_up_whole_and_without_its_key() {
    let world = World::founded();
    let backup = with_work(&world);
    let files =
        ["kahriz.check", "kahriz.db", "kahriz.vault", "manifest.json", "relay.sqlite"].to_vec();
    assert_eq!(names(&backup), files);
    let secret = std::fs::read(key_of(&world)).unwrap();
    for name in names(&backup) {
        let bytes = std::fs::read(backup.join(&name)).unwrap();
        let holds = |sought: &[u8]| bytes.windows(sought.len()).any(|window| window == sought);
        assert!(!holds(&secret) && !holds(b"Person 3") && !holds(b"gunel"), "{name}");
    }
    assert!(!std::fs::read(backup.join("kahriz.db")).unwrap().starts_with(b"SQLite"));

    let before = records(world.hq(), &key_of(&world));
    restore(&world, &backup, "back").done();
    assert_eq!(records(&text(world.path("back")), &key_of(&world)), before);
    restore(&world, &backup, "back").failed(1, "is there already");
    restore(&world, &backup, "hq").failed(1, "is there already");
    assert_eq!(records(world.hq(), &key_of(&world)), before);
}

#[test]
fn what_is_brought_back_reads_and_exports_and_never_forks_its_own_past() {
    let world = World::founded();
    let backup = with_work(&world);
    // Headquarters goes on after the backup: those numbers are given out.
    writes(&world, "hq", "After the backup");
    let server = world.serve(&[]);
    world.headquarters(&["sync"]).done();
    let id = writes(&world, "gunel", "Late");
    world.device("gunel", &["sync"]).done();
    server.end();

    restore(&world, &backup, "back").done();
    let (back, key) = (text(world.path("back")), key_of(&world));
    let at = |arguments: &[&str]| kahriz(&[&["--key-file", &key][..], arguments].concat());
    let copy = "brought back from a backup";
    let device = ["device", "--store", &back];
    let person = ["new", "missing_person", "--scope", "AGD", "full_name=X", "--incomplete"];
    at(&[&device[..], &person].concat()).failed(1, copy);
    at(&[&device[..], &["sync"]].concat()).failed(1, copy);
    at(&["invite", &back]).failed(1, copy);
    at(&["rotate", &back]).failed(1, copy);
    assert!(at(&["status", &back]).done().contains(copy));
    let out = text(world.path("exported"));
    at(&["export", &back, "--format", "csv", "--out", &out]).done();
    // A copy that was not restored but only copied by hand is no other.
    let by_hand = text(world.path("by-hand"));
    std::fs::create_dir(&by_hand).unwrap();
    for name in names(&backup) {
        std::fs::copy(backup.join(&name), Path::new(&by_hand).join(&name)).unwrap();
    }
    at(&[&["device", "--store", &by_hand][..], &person].concat()).failed(1, copy);

    // Its relay is a relay like any, and the phone brings it what it lacks without being asked to.
    let mut world = world;
    world.move_headquarters("back");
    let server = world.serve(&["--key-file", &key]);
    world.device("gunel", &["sync"]).done();
    let told = kahriz(&["--json", "status", world.hq()]).json();
    assert!(told["copied_ms"].as_i64().is_some());
    world.device("gunel", &["show", &id]).done();
    server.end();
    let again = back_up_of_relay(&world);
    assert!(again["frames"].as_u64() > manifest(&backup)["counts"]["frames"].as_u64(), "{again}");
}

#[test]
fn a_headquarters_that_burned_goes_on_from_its_backup_with_the_relay_of_that_day() {
    let mut world = World::founded();
    let backup = with_work(&world);
    // Since then somebody was admitted, and has written.
    let server = world.serve(&[]);
    world.join("leyla", &[]);
    world.device("leyla", &["sync"]).done();
    writes(&world, "leyla", "Late");
    world.device("leyla", &["sync"]).done();
    world.headquarters(&["sync"]).done();
    writes(&world, "hq", "Headquarters' own");
    world.headquarters(&["sync"]).done();
    world.device("gunel", &["sync"]).done();
    server.end();

    let (key, back) = (key_of(&world), text(world.path("back")));
    let at = |arguments: &[&str]| kahriz(&[&["--key-file", &key][..], arguments].concat());
    at(&["resume", world.hq(), "--yes"]).failed(1, "is no copy");
    restore(&world, &backup, "back").done();
    at(&["resume", &back]).failed(2, "the original is gone");
    assert!(at(&["resume", &back, "--yes"]).done().contains("life 2"));
    let told = at(&["status", &back]);
    assert!(told.done().contains("life 2") && told.out.contains("held back"), "{}", told.out);

    // The relay is of that day too: a phone's bundle knows who was admitted since.
    let bundle = text(world.path("of-gunel.kahriz"));
    world.device("gunel", &["export-bundle", "--everything", "--out", &bundle]).done();
    let came = at(&["--json", "import-bundle", &back, &bundle]).json();
    assert!(came["entries"].as_u64() > Some(0), "{came}");
    std::fs::copy(&key, world.path("back/kahriz.key")).unwrap();
    world.move_headquarters("back");
    let server = world.serve(&[]);
    kahriz(&["device", "--store", &back, "sync"]).done();
    world.join("nigar", &[]);
    for name in ["leyla", "gunel", "nigar"] {
        world.device(name, &["sync"]).done();
    }
    kahriz(&["device", "--store", &back, "sync"]).done();
    let status = kahriz(&["--json", "status", world.hq()]).json();
    assert_eq!((&status["held_back"], &status["life"]), (&Json::from(false), &Json::from(2)));
    let everybody = ["gunel", "leyla", "nigar", "back"];
    for name in everybody {
        world.device(name, &["sync"]).done();
        let total =
            world.device(name, &["--json", "list", "--limit", "50"]).json()["total"].clone();
        assert_eq!(total, Json::from(11), "{name}");
    }
    server.end();
}

/// What the relay of the headquarters that was brought back holds now.
fn back_up_of_relay(world: &World) -> Json {
    let out = text(world.path("again"));
    let key = text(world.path("hq/kahriz.key"));
    let made = kahriz(&["--json", "--key-file", &key, "backup", world.hq(), "--out", &out]).json();
    made["manifest"]["counts"].clone()
}

fn manifest(backup: &Path) -> Json {
    let text = std::fs::read_to_string(backup.join("manifest.json")).unwrap();
    serde_json::from_str::<Json>(&text).unwrap()["manifest"].clone()
}

#[test]
fn a_backup_that_is_not_what_it_was_brings_nothing_back() {
    let world = World::founded();
    let backup = back_up(&world, "out");
    for name in names(&backup) {
        let path = backup.join(&name);
        let sound = std::fs::read(&path).unwrap();
        for at in [0, sound.len() / 2, sound.len() - 2] {
            let mut altered = sound.clone();
            altered[at] ^= 1;
            std::fs::write(&path, &altered).unwrap();
            restore(&world, &backup, "back").failed(1, "is not what was backed up");
        }
        std::fs::write(&path, &sound).unwrap();
    }
    std::fs::rename(backup.join("manifest.json"), backup.join("moved")).unwrap();
    restore(&world, &backup, "back").failed(1, "no whole backup");
    std::fs::rename(backup.join("moved"), backup.join("manifest.json")).unwrap();

    let (folder, backup_text) = (text(world.path("back")), text(&backup));
    kahriz(&["restore", &backup_text, "--dir", &folder]).failed(2, "--key-file");
    let other = World::founded();
    kahriz(&["--key-file", &key_of(&other), "restore", &backup_text, "--dir", &folder])
        .failed(4, "key");
    assert!(!world.path("back").exists() && !world.path("back.part").exists());
    restore(&world, &backup, "back").done();
    let file = text(world.path("hq/kahriz.check"));
    kahriz(&["backup", world.hq(), "--out", &file]).failed(4, "kahriz.check");
    kahriz(&["backup", &text(world.path("nowhere")), "--out", &folder]).failed(4, "no store");
}

#[test]
fn a_headquarters_that_serves_backs_itself_up_by_the_clock_and_says_how_it_goes() {
    let world = World::founded();
    let out = world.path("out");
    let server = world.serve(&["--backup-to", &text(&out), "--backup-keep", "2"]);
    let told = || kahriz(&["--json", "status", world.hq()]).json()["serving"]["backups"].clone();
    let mut now = told();
    for _ in 0..100 {
        if now["last_ok_ms"].is_i64() {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
        now = told();
    }
    assert!(now["last_ok_ms"].is_i64() && now["failure"].is_null(), "{now}");
    assert_eq!(names(&out).len(), 1);
    assert!(kahriz(&["status", world.hq()]).done().contains("last backup"));
    server.end();
    // The newest is young: a server that is started again takes none.
    let server = world.serve(&["--backup-to", &text(&out)]);
    assert!(told()["last_ok_ms"].is_i64());
    std::thread::sleep(Duration::from_millis(1_500));
    assert_eq!(names(&out).len(), 1);
    server.end();
    // Where nothing can be written it says so, and serves.
    let file = world.path("a-file");
    std::fs::write(&file, "x").unwrap();
    let server = world.serve(&["--backup-to", &text(&file)]);
    let mut now = told();
    for _ in 0..100 {
        if now["failure"].is_string() {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
        now = told();
    }
    assert!(now["failure"].as_str().unwrap().contains("a-file"), "{now}");
    server.end();
}

//! A store with a PIN, as a person at a terminal meets it: what is asked, what is counted, and what a wipe leaves.
#![allow(clippy::unwrap_used)]

mod world;

use serde_json::json;
use world::{World, kahriz};

/// A file with a PIN, as a person without a terminal gives it.
fn pin(world: &World, name: &str, pin: &str) -> String {
    std::fs::write(world.path(name), pin).unwrap();
    world.path(name).to_str().unwrap().to_owned()
}

#[test]
fn a_store_is_locked_with_a_pin_and_a_second_one_erases_it() {
    let world = World::founded();
    let (first, other) =
        (pin(&world, "pin", "çay içək sonra\n"), pin(&world, "other", "beş yaşıl pişik"));
    let (weak, erasing) = (pin(&world, "weak", "123456"), pin(&world, "erasing", "775511"));
    world.headquarters(&["pin", "set", "--new-pin-file", &weak]).failed(1, "in order");
    world.headquarters(&["pin", "change", "--new-pin-file", &first]).failed(1, "has no PIN");
    world.headquarters(&["pin", "set", "--new-pin-file", &first]).done();
    world.headquarters(&["pin", "set", "--new-pin-file", &other]).failed(1, "has a PIN already");
    world.headquarters(&["status"]).failed(4, "has a PIN");
    world.headquarters(&["status", "--pin-file", &other]).failed(4, "9 tries are left");
    world.headquarters(&["status", "--pin-file", &first]).done();

    // Whoever serves it was asked; the others are not.
    let server = world.serve(&["--pin-file", &first]);
    world.headquarters(&["status"]).done();
    server.end();

    let change = ["pin", "change", "--pin-file", &first, "--new-pin-file", &other];
    world.headquarters(&change).done();
    world.headquarters(&change).failed(4, "9 tries are left");
    let set = ["pin", "erasing", "--pin-file", &other, "--new-pin-file", &erasing];
    world.headquarters(&set).done();
    world.headquarters(&["pin", "erasing", "--pin-file", &other, "--none"]).done();
    world.headquarters(&set).done();
    world.headquarters(&["status", "--pin-file", &other]).done();

    let nowhere = world.device("nowhere", &["status"]).error.replace("nowhere", "hq");
    let erased = world.headquarters(&["status", "--pin-file", &erasing]);
    erased.failed(4, "there is no store");
    assert_eq!(erased.error, nowhere, "whoever watches sees a folder in which nothing ever was");
    assert!(!world.path("hq").join("kahriz.db").exists());
}

#[test]
fn a_wipe_asks_whether_one_is_sure_and_leaves_nothing_to_open() {
    let world = World::founded();
    world.headquarters(&["wipe"]).failed(2, "--yes");
    world.headquarters(&["status"]).done();
    world.headquarters(&["wipe", "--yes"]).done();
    world.headquarters(&["wipe", "--yes"]).done();
    kahriz(&["status", world.hq()]).failed(4, "there is no store");
    world.device("nowhere", &["wipe", "--yes"]).failed(4, "there is no store");
}

/// The rule of the whole place: a lock, a forgotten PIN and a wipe cost nobody the work of a day.
#[test]
fn what_a_locked_and_then_wiped_phone_had_not_sent_still_reaches_headquarters() {
    let world = World::founded();
    let server = world.serve(&["--tls", "self-signed"]);
    world.join("gunel", &[]);
    world.device("gunel", &["sync"]).done();
    let locked = pin(&world, "pin", "çay içək sonra");
    world.device("gunel", &["pin", "set", "--new-pin-file", &locked]).done();
    write_one(&world, &locked, "Vaqif");
    // Nobody knows the PIN any more, and nobody is asked for it.
    let delivered = world.device("gunel", &["--json", "deliver"]).json();
    assert_eq!(delivered, json!({ "delivered": 1, "waiting": 0 }));
    write_one(&world, &locked, "Sevda");
    let wrong = pin(&world, "wrong", "not this one");
    for tries_left in (5..10).rev() {
        let ended = world.device("gunel", &["status", "--pin-file", &wrong]);
        ended.failed(4, &format!("{tries_left} tries are left"));
    }
    // Also the right one has to wait now, and waiting costs no try.
    world.device("gunel", &["status", "--pin-file", &locked]).failed(4, "wait");
    world.device("gunel", &["wipe", "--yes"]).done();
    world.device("gunel", &["status", "--pin-file", &locked]).failed(4, "there is no store");
    let delivered = world.device("gunel", &["--json", "deliver"]).json();
    assert_eq!(delivered, json!({ "delivered": 1, "waiting": 0 }));
    world.headquarters(&["sync"]).done();
    let records = world.headquarters(&["--json", "list"]).json();
    assert_eq!(records["rows"].as_array().map(Vec::len), Some(2), "{records}");
    server.end();
}

fn write_one(world: &World, pin: &str, reporter: &str) {
    let reporter = format!("reporter.name={reporter}");
    let new = [
        "new",
        "landmine_incident",
        "--scope",
        "AGD",
        "--incomplete",
        "--pin-file",
        pin,
        &reporter,
    ];
    world.device("gunel", &new).done();
}

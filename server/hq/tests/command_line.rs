//! The program as a person uses it: founding, serving, joining, writing, syncing, deciding, and what it says when
//! something is wrong.
#![allow(clippy::unwrap_used)]

mod world;

use serde_json::{Value as Json, json};
use world::{Ended, World, kahriz};

#[test]
fn two_officers_write_offline_and_headquarters_decides() {
    let world = World::founded();
    let server = world.serve(&[]);
    for name in ["gunel", "leyla"] {
        world.join(name, &[]);
        world.device(name, &["sync"]).done();
    }
    let made = world.device(
        "gunel",
        &[
            "--json",
            "new",
            "landmine_incident",
            "--scope",
            "AGD",
            "incident_type=hazard_sighting",
            "hazard_status=active",
            "location.point=40.05,46.98,5",
            "consent.basis=consent",
            "reporter.name=Vaqif",
            "devices.+.category=ap_mine",
            "devices.+.model=PMN",
            "devices.+2.category=uxo",
        ],
    );
    let id = made.json()["human_id"].as_str().unwrap().to_owned();
    assert!(id.starts_with("AGD-"));
    let waiting = world.device("gunel", &["--json", "status"]).json();
    assert_eq!(waiting["unsealed_changes"], json!(1));

    world.device("gunel", &["sync"]).done();
    world.device("leyla", &["sync"]).done();
    world.device("gunel", &["edit", &id, "hazard_status=cleared"]).done();
    world.device("leyla", &["edit", &id, "hazard_status=being_cleared", "animals_killed=2"]).done();
    world.device("gunel", &["sync"]).done();
    world.device("leyla", &["sync"]).done();

    // While headquarters serves, its folder still answers: the order is handed over.
    world.headquarters(&["sync"]).done();
    let view = world.headquarters(&["--json", "show", &id]).json();
    let status = &view["fields"]["hazard_status"];
    assert_eq!(status["contested"], json!(true));
    assert_eq!(status["shown"], json!("being_cleared"), "the more dangerous of the two");
    assert_eq!(status["values"].as_array().unwrap().len(), 2);
    assert_eq!(
        view["fields"]["animals_killed"]["shown"],
        json!(2),
        "what only one touched merged quietly"
    );
    assert_eq!(view["fields"]["devices.1.category"]["shown"], json!("uxo"));
    let listed = world.headquarters(&["--json", "list", "--contested"]).json();
    assert_eq!(listed["total"], json!(1));

    let refused = world.device(
        "gunel",
        &["decide", &id, "hazard_status", "--keep", "1", "--reason", "I was there"],
    );
    refused.failed(1, "supervisor or headquarters");
    world
        .headquarters(&[
            "decide",
            &id,
            "hazard_status",
            "--value",
            "marked",
            "--reason",
            "seen again",
        ])
        .done();
    world.headquarters(&["sync"]).done();
    world.device("gunel", &["sync"]).done();
    let view = world.device("gunel", &["--json", "show", &id]).json();
    assert_eq!(view["fields"]["hazard_status"]["shown"], json!("marked"));
    assert_eq!(view["fields"]["hazard_status"]["contested"], json!(false));
    let history =
        world.device("gunel", &["--json", "show", &id, "--history", "hazard_status"]).json();
    assert!(
        history["history"]
            .as_array()
            .unwrap()
            .iter()
            .any(|entry| entry["reason"] == json!("seen again"))
    );

    let found = world.device("leyla", &["--json", "near", "40.05,46.98", "--metres", "500"]).json();
    assert_eq!(found["rows"][0]["human_id"], json!(id));
    assert_eq!(world.device("leyla", &["--json", "search", "vaqif"]).json()["total"], json!(1));
    assert_eq!(world.device("leyla", &["--json", "near", "41.05,46.98"]).json()["total"], json!(0));
    let status = kahriz(&["--json", "status", world.hq()]).json();
    assert_eq!(status["devices"].as_array().unwrap().len(), 6, "three devices in two areas");
    server.end();
    assert_eq!(kahriz(&["--json", "status", world.hq()]).json()["serving"], Json::Null);
}

#[test]
fn a_supervisor_may_decide_and_an_officer_sees_only_the_areas_granted() {
    let world = World::founded();
    let server = world.serve(&[]);
    world.join("chief", &["--role", "supervisor", "--scope", "Füzuli"]);
    world.device("chief", &["sync"]).done();
    let status = world.device("chief", &["--json", "status"]).json();
    assert_eq!(status["membership"], json!("supervisor"));
    assert_eq!(status["scopes"], json!(["Füzuli"]));
    let refused =
        world.device("chief", &["new", "landmine_incident", "--scope", "Ağdam", "--incomplete"]);
    refused.failed(1, "Füzuli");
    world
        .device("chief", &["new", "landmine_incident", "hazard_status=active", "--incomplete"])
        .done();
    server.end();
}

#[test]
fn with_auto_admit_nobody_compares_codes_and_status_says_so() {
    let world = World::founded();
    let server = world.serve(&["--auto-admit"]);
    world.ask_to_join("gunel");
    world.headquarters(&["sync"]).done();
    world.device("gunel", &["sync"]).done();
    let status = kahriz(&["status", world.hq()]);
    assert!(status.done().contains("--auto-admit"));
    server.end();
}

#[test]
fn a_device_that_nobody_admitted_is_told_to_wait() {
    let world = World::founded();
    let server = world.serve(&[]);
    let code = world.ask_to_join("gunel");
    world.device("gunel", &["sync"]).failed(1, "waits to be admitted");
    world
        .device("gunel", &["new", "missing_person", "--incomplete"])
        .failed(1, "no area is granted");
    assert!(world.device("gunel", &["status"]).done().contains(&code));
    let wrong = if code == "000000" { "000001" } else { "000000" };
    kahriz(&["admit", world.hq(), "--code", wrong]).failed(1, "no device that waits");
    let waiting = kahriz(&["--json", "admit", world.hq()]).json();
    assert_eq!(waiting[0]["code"], json!(code));
    server.end();
}

#[test]
fn what_is_wrong_is_said_and_what_to_do_about_it() {
    let world = World::founded();
    let server = world.serve(&[]);
    world.join("gunel", &["--scope", "Ağdam"]);
    world.device("gunel", &["sync"]).done();
    server.end();

    kahriz(&["frobnicate"]).failed(2, "unrecognized");
    kahriz(&["init", world.hq(), "--name", "again", "--scope", "A:AA"])
        .failed(1, "nothing in it was touched");
    kahriz(&["init", world.path("new").to_str().unwrap(), "--name", "x", "--scope", "Ağdam"])
        .failed(2, "Name:PREFIX");
    kahriz(&["status", world.path("nowhere").to_str().unwrap()]).failed(4, "there is no store");
    world.device("gunel", &["sync"]).failed(3, "cannot be reached");
    world.device("gunel", &["new", "misssing_person"]).failed(1, "missing_person");
    world.device("gunel", &["new", "missing_person", "case_status=alive"]).failed(1, "case_status");
    world.device("gunel", &["new", "missing_person", "full_name=Vaqif"]).failed(1, "--incomplete");
    world.device("gunel", &["new", "missing_person", "full_name"]).failed(2, "field=value");
    world.device("gunel", &["show", "AGD-0000-0000-0"]).failed(1, "no such record");
    world
        .device("gunel", &["join", "kahriz:oops", "--officer", "x"])
        .failed(1, "not a whole invite");
    world.device("gunel", &["near", "up,there"]).failed(2, "LATITUDE");

    let key = world.path("gunel").join("kahriz.key");
    let kept = std::fs::read(&key).unwrap();
    std::fs::write(&key, [7; 32]).unwrap();
    world.device("gunel", &["status"]).failed(4, "nothing was changed");
    std::fs::write(&key, [7; 31]).unwrap();
    world.device("gunel", &["status"]).failed(4, "not a key");
    std::fs::write(&key, kept).unwrap();
    world.device("gunel", &["status"]).done();

    let database = world.path("gunel").join("kahriz.db");
    std::fs::write(&database, vec![0x5a; 8192]).unwrap();
    world.device("gunel", &["status"]).failed(4, "damaged");
}

#[test]
fn a_page_that_is_no_relay_is_not_taken_for_one() {
    let world = World::founded();
    let portal = world::captive_portal();
    let server = world.serve(&[]);
    world.join("gunel", &[]);
    world.device("gunel", &["sync"]).done();
    world.device("gunel", &["sync", "--relay", &portal]).failed(3, "log-in page");
    world.device("gunel", &["sync", "--relay", "relay.example"]).failed(2, "http://");
    server.end();
}

#[test]
fn an_import_takes_what_it_can_and_names_the_lines_it_cannot() {
    let world = World::founded();
    let sample = include_str!("../../../tests/data/records-1000.jsonl");
    let mut lines: Vec<Vec<u8>> =
        sample.lines().take(300).map(|line| line.as_bytes().to_vec()).collect();
    lines[16] = lines[16][..40].to_vec();
    lines[99] = b"\xff\xfe".to_vec();
    lines[216] = br#"{"kind":"weather"}"#.to_vec();
    let file = world.path("lines.jsonl");
    std::fs::write(&file, lines.join(&b"\n"[..])).unwrap();
    let import =
        ["--json", "import", file.to_str().unwrap(), "--mapping", "records-1000", "--scope", "FUZ"];

    let Ended { code, out, error } = world.headquarters(&import);
    assert_eq!(code, 1, "{error}");
    let tally: Json = serde_json::from_str(&out).unwrap();
    assert_eq!(
        tally,
        json!({ "lines": 300, "saved": 297, "here_already": 0, "inexact": 0, "failed": 3 })
    );
    for expected in ["line 17: broken JSON at column", "line 100: not UTF-8", "line 217: of a kind"]
    {
        assert!(error.contains(expected), "{error}");
    }
    let again: Json = serde_json::from_str(&world.headquarters(&import).out).unwrap();
    assert_eq!(again["saved"], json!(0));
    assert_eq!(again["here_already"], json!(297));
    world.headquarters(&["import", "no-such-file", "--scope", "FUZ"]).failed(1, "no-such-file");
    world
        .headquarters(&["import", file.to_str().unwrap(), "--mapping", "nope", "--scope", "FUZ"])
        .failed(1, "records-1000");
}

#[test]
fn an_export_withholds_what_consent_withholds_and_says_so() {
    let world = World::founded();
    let person = [
        "full_name==HYPERLINK(1)",
        "case_status=open",
        "last_seen.from=1993",
        "last_seen.place=Mərzili",
        "last_seen.point=39.9,47.0",
        "enquirer.name=Sara",
        "enquirer.contact=+994501234567",
        "consent.basis=consent",
    ];
    let new = |more: &[&str]| {
        let mut order = vec!["--json", "new", "missing_person", "--scope", "AGD"];
        order.extend(person.iter().chain(more));
        world.headquarters(&order).json()["human_id"].as_str().unwrap().to_owned()
    };
    let first = new(&[]);
    let second = new(&["withheld.0.what=last_seen.place", "relatives.0.name=Rəna"]);
    let gone = new(&["consent.withdrawn_at=2025-01-01T10:00:00+04:00"]);

    let out = world.path("tables");
    let said = kahriz(&[
        "export",
        world.hq(),
        "--format",
        "csv",
        "--out",
        out.to_str().unwrap(),
        "--with-protected",
    ]);
    assert!(said.done().starts_with("2 records"), "{}", said.out);
    assert!(said.out.contains("1 left out because consent was withdrawn"));
    let table = std::fs::read_to_string(out.join("missing_person.csv")).unwrap();
    assert!(table.starts_with('\u{feff}'));
    assert!(table.contains("'=HYPERLINK(1)") && table.contains("'+994501234567"));
    assert!(table.contains(&first) && table.contains(&second) && !table.contains(&gone));
    assert_eq!(table.matches("Mərzili").count(), 1, "withheld once");
    let relatives = std::fs::read_to_string(out.join("missing_person.relatives.csv")).unwrap();
    assert_eq!(relatives.lines().count(), 2);
    assert!(relatives.contains("Rəna"));
    kahriz(&["export", world.hq(), "--format", "csv", "--out", out.to_str().unwrap()])
        .failed(1, "already");

    let open = kahriz(&["export", world.hq(), "--format", "csv", "--kind", "missing_person"]);
    assert!(!open.done().contains("HYPERLINK") && open.out.contains(&first));
    kahriz(&["export", world.hq(), "--format", "csv"]).failed(2, "--kind");
    let map = kahriz(&["export", world.hq(), "--format", "geojson", "--with-protected"]).json();
    assert_eq!(map["features"].as_array().unwrap().len(), 2);
    assert_eq!(map["features"][0]["geometry"]["coordinates"], json!([47.0, 39.9]));
}

#[test]
fn the_program_explains_itself() {
    let help = kahriz(&["--help"]);
    assert!(help.done().contains("kahriz demo"));
    assert!(kahriz(&["completions", "bash"]).done().contains("kahriz"));
    for command in ["init", "serve", "invite", "admit", "status", "export", "device", "demo"] {
        kahriz(&[command, "--help"]).done();
    }
}

#[test]
fn a_workspace_can_be_founded_and_its_keys_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (hq, kept) = (path("hq"), path("keys.txt"));
    let said =
        kahriz(&["init", &hq, "--name", "Tracing", "--scope", "Ağdam:AGD", "--keepsakes", &kept]);
    assert!(said.done().contains("Recovery key"));
    assert!(std::fs::read_to_string(&kept).unwrap().contains("Root key"));
    let line = said.out.lines().find(|line| line.trim().len() == 69).unwrap();
    kahriz_hq::letters::read_seed(line).unwrap();
    #[cfg(unix)]
    for file in [kept, format!("{hq}/kahriz.key")] {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    kahriz(&["invite", &hq]).done();
    let status = kahriz(&["--json", "status", &hq]).json();
    assert_eq!(status["membership"], json!("headquarters"));
}

#[test]
fn a_store_is_locked_with_a_pin_and_in_the_end_wiped() {
    let world = World::founded();
    let pins = |name: &str, pin: &str| {
        std::fs::write(world.path(name), pin).unwrap();
        world.path(name).to_str().unwrap().to_owned()
    };
    let (pin, other, weak, erasing) = (
        pins("pin", "çay içək sonra\n"),
        pins("other", "beş yaşıl pişik"),
        pins("weak", "123456"),
        pins("erasing", "775511"),
    );
    world.headquarters(&["pin", "set", "--new-pin-file", &weak]).failed(1, "in order");
    world.headquarters(&["pin", "change", "--new-pin-file", &pin]).failed(1, "has no PIN");
    world.headquarters(&["pin", "set", "--new-pin-file", &pin]).done();
    world.headquarters(&["status"]).failed(4, "has a PIN");
    world.headquarters(&["status", "--pin-file", &other]).failed(4, "9 tries are left");
    world.headquarters(&["status", "--pin-file", &pin]).done();

    // Whoever serves it was asked; the others are not.
    let server = world.serve(&["--pin-file", &pin]);
    world.headquarters(&["status"]).done();
    server.end();

    let change = ["pin", "change", "--pin-file", &pin, "--new-pin-file", &other];
    world.headquarters(&change).done();
    world.headquarters(&change).failed(4, "9 tries are left");
    let set = ["pin", "erasing", "--pin-file", &other, "--new-pin-file", &erasing];
    world.headquarters(&set).done();
    world.headquarters(&["status", "--pin-file", &other]).done();
    world.headquarters(&["wipe"]).failed(2, "--yes");
    let nowhere = world.device("nowhere", &["status"]).error.replace("nowhere", "hq");
    let erased = world.headquarters(&["status", "--pin-file", &erasing]);
    erased.failed(4, "there is no store");
    assert_eq!(erased.error, nowhere);
    assert!(!world.path("hq").join("kahriz.db").exists());
    world.headquarters(&["wipe", "--yes"]).done();

    let other_store = world.path("another");
    let other_store = other_store.to_str().unwrap();
    kahriz(&["init", other_store, "--name", "x", "--scope", "Ağdam:AGD"]).done();
    kahriz(&["device", "--store", other_store, "wipe", "--yes"]).done();
    kahriz(&["status", other_store]).failed(4, "there is no store");
}

//! The day that headquarters burns down, as the people live it: at the command line, with sheets of paper.
#![allow(clippy::unwrap_used)]

mod world;

use std::path::Path;
use std::sync::Arc;

use kahriz_relay::log::SqliteLog;
use kahriz_relay::{Registration, RelayConfig};
use serde_json::{Value as Json, json};
use world::{Ended, World, kahriz, kahriz_typing};

const SECRET: &str = "sixteen letters and more";

/// Founded with two of three shares, and no key shown.
fn founded() -> World {
    World::founded_with(|folder| {
        let sheets = folder.join("sheets").to_str().unwrap().to_owned();
        ["--shares", "2/3", "--sheets", &sheets, "--text"].map(str::to_owned).to_vec()
    })
}

fn text(path: impl AsRef<Path>) -> String {
    path.as_ref().to_str().unwrap().to_owned()
}

fn share(world: &World, number: u8) -> String {
    text(world.path(&format!("sheets/share-{number}-of-3.txt")))
}

/// A relay of its own, until the test ends.
fn serve_relay(folder: &Path) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let folder = folder.to_owned();
    std::thread::spawn(move || {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            listener.set_nonblocking(true).unwrap();
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            let registration = Registration::Secret(SECRET.to_owned());
            let config = RelayConfig { registration, ..RelayConfig::default() };
            let log = Arc::new(SqliteLog::open(&folder).unwrap());
            kahriz_relay::serve(listener, log, config, std::future::pending()).await.unwrap();
        });
    });
    url
}

/// Two officers write, disagree on one record, and headquarters has it all. That record's id.
fn work(world: &World, sync_headquarters: bool) -> String {
    for name in ["gunel", "leyla"] {
        world.join(name, &[]);
        world.device(name, &["sync"]).done();
        for number in 0..8 {
            writes(world, name, &format!("{name} {number}"));
        }
        world.device(name, &["sync"]).done();
    }
    let id = writes(world, "gunel", "Vaqif");
    world.device("gunel", &["sync"]).done();
    world.device("leyla", &["sync"]).done();
    for (name, spelled) in [("gunel", "Vaqif Əliyev"), ("leyla", "Vagif Aliyev")] {
        let field = format!("full_name={spelled}");
        world.device(name, &["edit", &id, &field, "--incomplete"]).done();
        world.device(name, &["sync"]).done();
    }
    if sync_headquarters {
        kahriz(&["device", "--store", world.hq(), "sync"]).done();
    }
    world.device("gunel", &["sync"]).done();
    id
}

fn writes(world: &World, name: &str, person: &str) -> String {
    let field = format!("full_name={person}");
    let made = world.device(
        name,
        &["--json", "new", "missing_person", "--scope", "AGD", &field, "--incomplete"],
    );
    made.json()["human_id"].as_str().unwrap().to_owned()
}

/// What is said of a record and of all of them, the delivery left out, which is each device's own.
fn shown(store: &str, id: &str) -> (Json, Json) {
    let show = kahriz(&["--json", "device", "--store", store, "show", id]).json();
    let list = kahriz(&["--json", "device", "--store", store, "list", "--limit", "500"]).json();
    (show["fields"].clone(), list)
}

fn restore(world: &World, folder: &str, shares: &[String], more: &[&str]) -> Ended {
    let folder = text(world.path(folder));
    let mut all = vec!["--json", "recovery", "restore", &folder, "--name", "Tracing"];
    all.extend(shares.iter().flat_map(|share| ["--share-file", share]));
    all.extend(more);
    kahriz(&all)
}

#[test]
fn headquarters_burns_down_and_two_sheets_bring_it_back_from_the_relay() {
    let mut world = founded();
    let url = serve_relay(&world.path("relay"));
    world.set_relay_url(&url);
    let secret = text(world.path("secret"));
    std::fs::write(&secret, SECRET).unwrap();
    let hq = world.hq().to_owned();
    let register = ["relay", &url, "--register", "--registration-file", &secret];
    kahriz(&[&["device", "--store", &hq][..], &register].concat()).done();
    kahriz(&["device", "--store", &hq, "sync"]).done();
    let id = work(&world, true);
    let before = shown(&hq, &id);
    assert_eq!(before.0["full_name"]["contested"], json!(true));
    std::fs::remove_dir_all(&hq).unwrap();

    one_share_or_a_wrong_one_makes_nothing(&world, &url);
    let [first, third] = [1, 3].map(|number| share(&world, number));
    let restored = restore(&world, "new", &[first, third], &["--relay", &url]).json();
    assert_eq!(restored["records"], json!(17), "{restored}");
    assert_eq!((&restored["contested"], &restored["logs_with_gaps"]), (&json!(1), &json!(0)));
    world.move_headquarters("new");
    assert_eq!(shown(world.hq(), &id), before, "every record, value and author");

    // The officers go on as if nothing had happened, and somebody new is let in.
    let next = writes(&world, "leyla", "After the fire");
    world.device("leyla", &["sync"]).done();
    kahriz(&["device", "--store", world.hq(), "sync"]).done();
    kahriz(&["device", "--store", world.hq(), "show", &next]).done();
    world.join("nino", &[]);
    world.device("nino", &["sync"]).done();
    world.device("nino", &["show", &next]).done();
    // Restoring twice into one folder touches nothing.
    restore(&world, "new", &[share(&world, 1), share(&world, 2)], &["--relay", &url])
        .failed(1, "is there already");
}

fn one_share_or_a_wrong_one_makes_nothing(world: &World, url: &str) {
    let relay = ["--relay", url];
    let refused = |shares: &[String], saying: &str| {
        restore(world, "new", shares, &relay).failed(1, saying);
        assert!(!world.path("new").exists(), "{saying}");
    };
    let (first, second) = (share(world, 1), share(world, 2));
    refused(std::slice::from_ref(&first), "1 more of the shares");
    refused(&[first.clone(), first.clone()], "share 1 again");
    // A slip of the pen.
    let words = std::fs::read_to_string(&second).unwrap();
    let mut words: Vec<&str> = words.split_whitespace().collect();
    words[11] = if words[11] == "zoo" { "zone" } else { "zoo" };
    let wrong = text(world.path("wrong.txt"));
    std::fs::write(&wrong, words.join(" ")).unwrap();
    refused(&[first.clone(), wrong], "word 12 is wrong");
    // Another organisation's sheet, and one that was made another time.
    let other = founded();
    refused(&[first.clone(), share(&other, 2)], "of another workspace");
    refused(&[share(&other, 1), share(&other, 2)], "does not know the workspace");
    let again = text(world.path("again"));
    let keys = text(world.path("keys.txt"));
    let mixed = World::founded_with(|_| vec!["--keepsakes".to_owned(), keys.clone()]);
    for folder in ["one", "two"] {
        let out = format!("{again}-{folder}");
        kahriz(&["recovery", "split", "--keepsakes", &keys, "--out", &out, "--text"]).done();
    }
    let of = |folder: &str, number: u8| format!("{again}-{folder}/share-{number}-of-3.txt");
    refused(&[of("one", 1), of("two", 2)], "another splitting");
    drop(mixed);
}

#[test]
fn headquarters_burns_down_with_its_relay_and_a_phone_and_typed_words_bring_it_back() {
    let mut world = founded();
    let server = world.serve(&[]);
    let id = work(&world, false);
    world.headquarters(&["sync"]).done();
    let before = shown(world.hq(), &id);
    server.end();
    let list = text(world.path("members.kahriz"));
    std::fs::remove_dir_all(world.hq()).unwrap();

    world.device("gunel", &["roster", "--out", &list]).done();
    world.device("gunel", &["roster", "--out", &list]).failed(1, "is there already");
    let folder = text(world.path("new"));
    let typed: String =
        [2, 3].map(|number| std::fs::read_to_string(share(&world, number)).unwrap()).concat();
    let restored = kahriz_typing(
        &["--json", "recovery", "restore", &folder, "--roster", &list, "--name", "Tracing"],
        &typed,
    );
    assert_eq!(restored.json()["records"], json!(0), "they are at the phones");
    world.move_headquarters("new");
    let server = world.serve(&[]);
    let url = world.relay_url();
    for name in ["gunel", "leyla"] {
        world.device(name, &["relay", &url]).done();
        let store = text(world.path(name));
        kahriz(&["device", "--store", &store, "sync"]).done();
    }
    kahriz(&["device", "--store", world.hq(), "sync"]).done();
    assert_eq!(shown(world.hq(), &id), before, "every record, value and author");
    world.join("nino", &[]);
    server.end();
}

#[test]
fn typed_shares_are_asked_for_again_when_they_are_wrong() {
    let world = founded();
    let [first, second] =
        [1, 2].map(|number| std::fs::read_to_string(share(&world, number)).unwrap());
    let wrong = second.replacen(second.split_whitespace().next().unwrap(), "kahriz", 1);
    let typed = format!("{first}{first}{wrong}\n{second}");
    let folder = text(world.path("new"));
    let nobody = "http://127.0.0.1:9";
    let ended = kahriz_typing(&["recovery", "restore", &folder, "--relay", nobody], &typed);
    // The shares were enough; there is no relay there.
    ended.failed(3, "One more share");
    assert!(ended.error.contains("share 1 again") && ended.error.contains("word 1 is not one"));
    assert!(!world.path("new").exists());
    // Nobody types: it says what is missing.
    kahriz_typing(&["recovery", "restore", &folder, "--relay", nobody], &first)
        .failed(1, "1 more of the shares");
}

#[test]
fn sheets_are_private_whole_and_never_overwritten() {
    let world = founded();
    for number in 1..=3 {
        let sheet = world.path(&format!("sheets/share-{number}-of-3.pdf"));
        assert!(std::fs::read(&sheet).unwrap().starts_with(b"%PDF-"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&sheet).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let checked =
            kahriz(&["--json", "recovery", "check", "--share-file", &share(&world, number)]);
        assert_eq!(checked.json()["number"], json!(number));
    }
    let (hq, sheets) = (text(world.path("hq2")), text(world.path("sheets")));
    let again =
        ["init", &hq, "--name", "T", "--scope", "A:AGD", "--shares", "2/3", "--sheets", &sheets];
    kahriz(&again).failed(1, "is there already");
    assert!(!world.path("hq2").exists());
    let bad = ["init", &hq, "--name", "T", "--scope", "A:AGD", "--shares", "3/3", "--sheets", &hq];
    kahriz(&bad).failed(1, "at least 2");
}

#[test]
fn exchanged_keys_are_not_split() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| text(folder.path().join(name));
    let made = kahriz(&["--json", "init", &path("hq"), "--name", "T", "--scope", "A:AGD"]).json();
    let [id, root, recovery] =
        ["workspace", "root_key", "recovery_key"].map(|key| made[key].as_str().unwrap().to_owned());
    let split =
        ["--json", "recovery", "split", "--out", &path("sheets"), "--need", "3", "--of", "5"];
    kahriz_typing(&split, &format!("{id}\n{recovery}\n{root}\n")).failed(1, "exchanged");
    let mut slip = root.clone();
    slip.replace_range(0..1, if root.starts_with('7') { "8" } else { "7" });
    kahriz_typing(&split, &format!("{id}\n{slip}\n{recovery}\n")).failed(1, "mistyped");
    let ended = kahriz_typing(&split, &format!("{}\n{root}\n{recovery}\n", &id[..6]));
    assert_eq!(ended.json()["files"].as_array().unwrap().len(), 5);
}

#[test]
fn a_second_headquarters_is_certified_with_the_root_key() {
    let world = founded();
    let server = world.serve(&[]);
    world.join("second", &["--role", "headquarters"]);
    world.device("second", &["sync"]).done();
    let second = text(world.path("second"));
    let asked = kahriz(&["--json", "admin", "request", &second]).json();
    let [request, code] = ["request", "code"].map(|key| asked[key].as_str().unwrap().to_owned());
    server.end();
    let shares = [share(&world, 1), share(&world, 2)];
    let from = ["--share-file", &shares[0], "--share-file", &shares[1]];
    let add = ["admin", "add", world.hq(), "--request", &request, "--code"];
    kahriz(&[&add[..], &["000000"], &from].concat()).failed(1, "shows the code");
    kahriz(&[&add[..], &[&code], &from].concat()).done();
    let listed = kahriz(&["--json", "admin", "list", world.hq()]).json();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    let server = world.serve(&[]);
    world.device("second", &["sync"]).done();
    server.end();
    let mine = kahriz(&["--json", "admin", "list", &second]).json();
    assert!(mine.as_array().unwrap().contains(&json!({ "code": code, "this_device": true })));
    kahriz(&[&["admin", "remove", world.hq(), &code][..], &from].concat()).done();
    let own = kahriz(&["--json", "admin", "list", world.hq()]).json()[0]["code"].to_string();
    kahriz(&[&["admin", "remove", world.hq(), &own][..], &from].concat()).failed(1, "the only");
}

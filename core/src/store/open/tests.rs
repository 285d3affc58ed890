#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use rusqlite::Connection;

use super::*;
use crate::store::scratch::Scratch;

const KEY: StoreKey = StoreKey::from_bytes([7; 32]);
const OTHER_KEY: StoreKey = StoreKey::from_bytes([8; 32]);

/// A table of the tests' own, so that they say nothing about those of the project.
fn note(store: &Store, text: &str) {
    store
        .write(|tx| {
            tx.execute_batch("CREATE TABLE IF NOT EXISTS notes (text TEXT NOT NULL)")?;
            tx.execute("INSERT INTO notes VALUES (?1)", [text])
        })
        .unwrap();
}

fn notes(store: &Store) -> u32 {
    store
        .read(|connection| connection.query_row("SELECT count(*) FROM notes", [], |row| row.get(0)))
        .unwrap_or(0)
}

fn store_with(folder: &Path, count: usize) {
    let store = Store::create(folder, &KEY).unwrap();
    note(&store, "first");
    let many = |tx: &Transaction<'_>| -> rusqlite::Result<()> {
        let mut insert = tx.prepare("INSERT INTO notes VALUES (?1)")?;
        (1..count).try_for_each(|index| {
            insert.execute([format!("{index} {}", "a note ".repeat(20))]).map(drop)
        })
    };
    store.write(many).unwrap();
}

#[test]
fn what_was_saved_is_there_when_the_store_is_opened_again() {
    let scratch = Scratch::new();
    let folder = scratch.path().join("not").join("there yet");
    store_with(&folder, 3);
    assert_eq!(notes(&Store::open(&folder, &KEY).unwrap()), 3);
}

#[test]
fn nothing_written_can_be_read_in_the_files() {
    let scratch = Scratch::new();
    let store = Store::create(scratch.path(), &KEY).unwrap();
    note(&store, "Xocavənd, by the second bridge");
    for entry in fs::read_dir(scratch.path()).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        for clear in ["second bridge", "notes", "SQLite format"] {
            assert!(!bytes.windows(clear.len()).any(|window| window == clear.as_bytes()));
        }
    }
}

#[test]
fn a_folder_without_a_store_says_so_and_stays_empty() {
    let scratch = Scratch::new();
    assert!(matches!(Store::open(scratch.path(), &KEY), Err(OpenStoreError::NotFound)));
    assert!(matches!(
        Store::open(&scratch.path().join("missing"), &KEY),
        Err(OpenStoreError::NotFound)
    ));
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);
}

#[test]
fn a_second_store_is_not_made_over_the_first() {
    let scratch = Scratch::new();
    store_with(scratch.path(), 2);
    assert!(matches!(
        Store::create(scratch.path(), &OTHER_KEY),
        Err(OpenStoreError::AlreadyExists)
    ));
    assert_eq!(notes(&Store::open(scratch.path(), &KEY).unwrap()), 2);
}

#[test]
fn a_store_is_open_once_at_a_time() {
    let scratch = Scratch::new();
    let store = Store::create(scratch.path(), &KEY).unwrap();
    assert!(matches!(Store::open(scratch.path(), &KEY), Err(OpenStoreError::AlreadyOpen)));
    drop(store);
    Store::open(scratch.path(), &KEY).unwrap();
}

#[test]
fn a_wrong_key_changes_nothing() {
    let scratch = Scratch::new();
    store_with(scratch.path(), 2);
    assert!(matches!(Store::open(scratch.path(), &OTHER_KEY), Err(OpenStoreError::WrongKey)));
    fs::remove_file(scratch.path().join("kahriz.check")).unwrap();
    assert!(matches!(Store::open(scratch.path(), &OTHER_KEY), Err(OpenStoreError::WrongKey)));
    assert_eq!(notes(&Store::open(scratch.path(), &KEY).unwrap()), 2);
}

#[test]
fn a_lost_or_spoilt_check_file_is_made_again_by_the_right_key() {
    let scratch = Scratch::new();
    store_with(scratch.path(), 2);
    let check = scratch.path().join("kahriz.check");
    let before = fs::read(&check).unwrap();
    fs::write(&check, b"spoilt").unwrap();
    Store::open(scratch.path(), &KEY).unwrap();
    assert_eq!(fs::read(&check).unwrap(), before);
}

/// Damages a store as told, and expects it to be moved aside whole.
fn moved_aside(damage: impl FnOnce(&Path)) {
    let scratch = Scratch::new();
    let database = scratch.path().join("kahriz.db");
    store_with(scratch.path(), 2_000);
    damage(&database);
    let damaged = fs::read(&database).unwrap();
    let answer = Store::open(scratch.path(), &KEY);
    let Err(OpenStoreError::Damaged { moved_to }) = answer else { panic!("{answer:?}") };
    assert_eq!(moved_to, scratch.path().join("kahriz.db.damaged-1"));
    assert_eq!(fs::read(&moved_to).unwrap(), damaged);
    assert!(matches!(Store::open(scratch.path(), &KEY), Err(OpenStoreError::NotFound)));
    assert_eq!(notes(&Store::create(scratch.path(), &KEY).unwrap()), 0);
    assert!(moved_to.exists());
}

#[test]
fn a_store_with_a_spoilt_beginning_is_moved_aside_and_kept() {
    moved_aside(|database| {
        let mut bytes = fs::read(database).unwrap();
        bytes[100] ^= 1;
        fs::write(database, bytes).unwrap();
    });
}

#[test]
fn a_store_cut_short_is_moved_aside_and_kept() {
    moved_aside(|database| {
        let bytes = fs::read(database).unwrap();
        fs::write(database, &bytes[..bytes.len() / 2 / 4096 * 4096]).unwrap();
    });
}

#[test]
fn an_emptied_store_is_damaged_and_not_a_new_one() {
    moved_aside(|database| fs::write(database, b"").unwrap());
}

#[test]
fn a_second_damaged_store_does_not_replace_the_first() {
    let scratch = Scratch::new();
    for number in 1..=2 {
        store_with(scratch.path(), 2);
        fs::write(scratch.path().join("kahriz.db"), [number; 8192]).unwrap();
        assert!(matches!(Store::open(scratch.path(), &KEY), Err(OpenStoreError::Damaged { .. })));
    }
    for number in 1..=2 {
        let kept = fs::read(scratch.path().join(format!("kahriz.db.damaged-{number}"))).unwrap();
        assert_eq!(kept, [number; 8192]);
    }
}

#[test]
fn the_log_of_a_lost_database_is_not_played_into_a_new_one() {
    let scratch = Scratch::new();
    let stray = scratch.path().join("kahriz.db-wal");
    fs::write(&stray, b"the log of another database").unwrap();
    Store::create(scratch.path(), &KEY).unwrap();
    assert_eq!(
        fs::read(scratch.path().join("kahriz.db.damaged-1-wal")).unwrap(),
        b"the log of another database"
    );
}

#[test]
fn a_creation_that_was_killed_can_be_repeated() {
    let scratch = Scratch::new();
    fs::write(scratch.path().join("kahriz.db.new"), b"half a schema").unwrap();
    KEY.check();
    assert!(matches!(Store::open(scratch.path(), &KEY), Err(OpenStoreError::NotFound)));
    store_with(scratch.path(), 2);
    assert_eq!(notes(&Store::open(scratch.path(), &KEY).unwrap()), 2);
}

#[test]
fn a_store_of_a_newer_program_is_left_for_it() {
    let scratch = Scratch::new();
    let store = Store::create(scratch.path(), &KEY).unwrap();
    store.write(|tx| tx.pragma_update(None, "user_version", 4_000)).unwrap();
    drop(store);
    let answer = Store::open(scratch.path(), &KEY);
    assert!(matches!(answer, Err(OpenStoreError::Newer { found: 4_000, .. })));
    assert!(scratch.path().join("kahriz.db").exists());
}

#[test]
fn work_that_fails_or_panics_is_taken_back_and_the_store_goes_on() {
    let scratch = Scratch::new();
    let store = Store::create(scratch.path(), &KEY).unwrap();
    note(&store, "kept");
    let failed: rusqlite::Result<()> = store.write(|tx| {
        tx.execute("INSERT INTO notes VALUES ('lost')", [])?;
        Err(rusqlite::Error::InvalidQuery)
    });
    assert!(failed.is_err());
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        store.write(|tx| -> rusqlite::Result<()> {
            tx.execute("INSERT INTO notes VALUES ('lost')", [])?;
            panic!("a bug in somebody's work");
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(notes(&store), 1);
    note(&store, "kept too");
    assert_eq!(notes(&store), 2);
}

#[test]
fn a_list_sees_one_moment_and_does_not_wait_for_a_sync() {
    let scratch = Scratch::new();
    let store = Store::create(scratch.path(), &KEY).unwrap();
    note(&store, "before");
    let count = |connection: &Connection| {
        connection.query_row("SELECT count(*) FROM notes", [], |row| row.get(0))
    };
    let (first, second): (u32, u32) = store
        .read(|connection| {
            let first = count(connection)?;
            note(&store, "meanwhile");
            Ok::<_, rusqlite::Error>((first, count(connection)?))
        })
        .unwrap();
    assert_eq!((first, second), (1, 1));
    assert_eq!(notes(&store), 2);
}

#[test]
fn reading_cannot_write() {
    let scratch = Scratch::new();
    let store = Store::create(scratch.path(), &KEY).unwrap();
    note(&store, "kept");
    let answer = store.read(|connection| connection.execute("DELETE FROM notes", []));
    assert!(answer.is_err());
    assert_eq!(notes(&store), 1);
}

#[test]
fn a_full_disk_is_told_apart_and_nothing_is_half_written() {
    let scratch = Scratch::new();
    let store = Store::create(scratch.path(), &KEY).unwrap();
    note(&store, "kept");
    store
        .write(|tx| {
            let pages: u32 = tx.pragma_query_value(None, "page_count", |row| row.get(0))?;
            tx.execute_batch(&format!("PRAGMA max_page_count = {}", pages + 2))
        })
        .unwrap();
    let answer = store.write(|tx| {
        (0..1_000).try_for_each(|_| {
            tx.execute("INSERT INTO notes VALUES (?1)", ["x".repeat(400)]).map(drop)
        })
    });
    assert!(is_disk_full(&answer.unwrap_err()));
    assert_eq!(notes(&store), 1);
}

#[test]
fn a_page_that_rots_while_the_store_is_open_is_reported_as_damage() {
    let scratch = Scratch::new();
    store_with(scratch.path(), 2_000);
    let database = scratch.path().join("kahriz.db");
    let mut bytes = fs::read(&database).unwrap();
    let at = bytes.len() - 4096 * 3 + 77;
    bytes[at] ^= 1;
    fs::write(&database, bytes).unwrap();
    let store = Store::open(scratch.path(), &KEY).unwrap();
    let answer = store.read(|connection| {
        connection.query_row("SELECT sum(length(text)) FROM notes", [], |row| row.get::<_, i64>(0))
    });
    assert!(is_damage(&answer.unwrap_err()));
}

#[test]
fn a_key_does_not_show_itself() {
    assert_eq!(format!("{KEY:?}"), "StoreKey(..)");
    assert_eq!(KEY.pragma().len(), "PRAGMA key = \"x''\";".len() + 64);
}

//! What is left of a device's records when it is locked, taken, or wiped: nothing that can be read.
//!
//! A real process of its own (this test started anew) unlocks a store, works in it, and locks it; then its whole memory
//! is searched for every secret that there was and every word that was typed. The same search finds them all while they
//! are in use, so it can find. The process has the allocator that the programs have.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod child;
mod memory;
mod recorded;

use child::{Child, Stage, passphrase};
use kahriz_core::vault::{
    Cost, FileStore, KEY_FILE, LETTERS_FOLDER, Pin, UnlockError, Vault, VaultState, Wipe,
};
use kahriz_core::workspace::{Claimed, Founding, Profile, ScopeProfile, Workspace};
use kahriz_tests::world::{clock, scratch_folder};
use memory::Pattern;
use recorded::Recorded;
use std::alloc::System;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::Instant;
use zeroizing_alloc::ZeroAlloc;

#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

#[test]
fn a_locked_process_holds_no_key_no_pin_and_no_word_of_a_record() {
    let folder = scratch_folder();
    let mut drawn = locked_store(folder.path(), Cost::LEAST);
    let (key, device, epoch) = (drawn.database_key(), drawn.device_seed(), drawn.epoch_key());
    let mut child = Child::start("works_in_a_store", folder.path());

    child.reaches(Stage::Unlocked);
    let typed = [Pattern::text("the PIN", &passphrase()), Pattern::bytes("the database key", &key)];
    for pattern in &typed {
        assert!(
            child.holds(std::slice::from_ref(pattern)).len() == 1,
            "{} is not found",
            pattern.name
        );
    }
    child.goes_on();

    child.reaches(Stage::Open);
    let words: Vec<Pattern> =
        child::words().iter().map(|word| Pattern::text("a word of a record", word)).collect();
    assert_eq!(
        child.holds(&words).len(),
        words.len(),
        "a search that finds too little proves nothing"
    );
    let in_use =
        [Pattern::bytes("the device's seed", &device), Pattern::bytes("an epoch's key", &epoch)];
    assert_eq!(child.holds(&in_use).len(), in_use.len());
    child.goes_on();

    child.reaches(Stage::Locked);
    let mut all = words;
    all.extend(child::words().iter().map(|word| Pattern::utf16("a word of a record", word)));
    all.extend(typed);
    all.extend(in_use);
    // Whatever chance had drawn for a key, and some that is none.
    for secret in drawn.take_all() {
        all.push(Pattern::bytes("a drawn secret", &secret));
        all.push(Pattern::hex("a drawn secret", &secret));
    }
    assert!(all.len() > 140, "{}", all.len());
    let left = child.holds(&all);
    assert!(left.is_empty(), "left behind: {left:#?}");
    child.goes_on();
    child.ends_well();
}

#[test]
fn a_process_that_is_killed_in_the_middle_of_a_try_has_spent_it() {
    let folder = scratch_folder();
    // As slow as is allowed, so that there is a middle.
    locked_store(folder.path(), Cost::new(64 * 1024, 32).unwrap());
    let file = folder.path().join("kahriz.vault");
    for left in [9, 8] {
        let before = fs::read(&file).unwrap();
        let mut child = Child::start("tries_a_wrong_pin", folder.path());
        let began = Instant::now();
        while fs::read(&file).unwrap() == before {
            assert!(began.elapsed().as_secs() < 60, "the try is not counted");
            std::thread::yield_now();
        }
        child.dies_in_the_middle();
        let state = vault(folder.path()).state(clock::real_ms()).unwrap();
        assert_eq!(state, VaultState::Pin { tries_left: left, wait_ms: 0 });
    }
}

#[test]
fn after_a_wipe_a_full_copy_of_the_disk_and_the_pin_open_nothing() {
    let folder = scratch_folder();
    let (store, copy) = (folder.path().join("store"), folder.path().join("copy"));
    locked_store(&store, Cost::LEAST);
    fs::create_dir(store.join(LETTERS_FOLDER)).unwrap();
    fs::write(store.join(LETTERS_FOLDER).join("1.letter"), b"sealed to headquarters").unwrap();
    fs::create_dir(&copy).unwrap();
    for file in ["kahriz.db", "kahriz.check", "kahriz.vault"] {
        fs::copy(store.join(file), copy.join(file)).unwrap();
    }
    make_large(&store, 500);
    let began = Instant::now();
    vault(&store).wipe(Wipe { keep_letters: true }).unwrap();
    writeln!(std::io::stderr(), "a store of 500 MB was wiped in {:?}", began.elapsed()).unwrap();

    let now = clock::real_ms();
    let at_the_copy = Vault::new(&copy, FileStore::at(&store.join(KEY_FILE)));
    let error = at_the_copy.unlock(Some(&passphrase()), now).unwrap_err();
    assert!(matches!(error, UnlockError::NoSecret), "{error}");
    let error = vault(&store).unlock(Some(&passphrase()), now).unwrap_err();
    assert!(matches!(error, UnlockError::NoWorkspace), "{error}");
    let left: Vec<_> =
        fs::read_dir(&store).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(
        left.iter().all(|name| name == LETTERS_FOLDER || name == "kahriz.vault.lock"),
        "{left:?}"
    );
    assert!(store.join(LETTERS_FOLDER).join("1.letter").exists());
    // The place can be used again, as on a new phone.
    locked_store(&store, Cost::LEAST);
}

/// Not a test of its own: what the other process does, when this program is started as one.
#[test]
fn works_in_a_store() {
    child::works_in_a_store();
}

/// Not a test of its own either.
#[test]
fn tries_a_wrong_pin() {
    child::tries_a_wrong_pin();
}

fn vault(folder: &Path) -> Vault {
    Vault::new(folder, FileStore::at(&folder.join(KEY_FILE)))
}

/// Headquarters' store behind a passphrase, and everything that chance drew for it.
fn locked_store(folder: &Path, cost: Cost) -> Recorded {
    let mut chance = Recorded::new(11);
    let pin = Pin::new(&passphrase()).unwrap();
    let key = vault(folder).create(Some(&pin), cost, &mut chance).unwrap();
    chance.the_vault_is_made();
    let founding = Founding {
        workspace_name: "Office".into(),
        operator: Profile { officer: "Operator".into(), device: "computer".into() },
        scopes: vec![ScopeProfile { name: "Ağdam".into(), prefix: "AGD".into() }],
        relay_url: "http://127.0.0.1:1".into(),
    };
    Workspace::found(folder, &key, &founding, Claimed::default(), &mut chance).unwrap();
    chance
}

/// As if years of records were in it.
fn make_large(store: &Path, megabytes: usize) {
    let mut file = File::create(store.join("kahriz.db.damaged-1")).unwrap();
    let block = vec![0xa5; 1 << 20];
    for _ in 0..megabytes {
        file.write_all(&block).unwrap();
    }
}

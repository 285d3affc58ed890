//! Stories of a vault: PINs right and wrong, changes and wipes, and what interrupts them.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex};

use super::*;
use crate::crypto::chance::SeededChance;
use crate::store::scratch::Scratch;
use crate::workspace::{Claimed, Founding, Profile, ScopeProfile, Workspace};

const NOON: u64 = 1_800_000_000_000;
const PIN: &str = "204816";
const OTHER: &str = "135790";
const ERASING: &str = "775511";

/// A phone's secure store: secrets in memory, which survive the vault.
#[derive(Clone, Default)]
struct Hardware(Arc<Mutex<BTreeMap<String, Vec<u8>>>>);

impl SecureStore for Hardware {
    fn load(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, SecureStoreError> {
        Ok(self.0.lock().unwrap().get(name).cloned().map(Zeroizing::new))
    }

    fn store(&self, name: &str, secret: &[u8]) -> Result<(), SecureStoreError> {
        self.0.lock().unwrap().insert(name.to_owned(), secret.to_vec());
        Ok(())
    }

    fn erase(&self, name: &str) -> Result<(), SecureStoreError> {
        self.0.lock().unwrap().remove(name);
        Ok(())
    }
}

struct Phone {
    scratch: Scratch,
    hardware: Hardware,
    chance: SeededChance,
}

impl Phone {
    fn new() -> Self {
        Self {
            scratch: Scratch::new(),
            hardware: Hardware::default(),
            chance: SeededChance::new(7),
        }
    }

    /// With a PIN and a workspace.
    fn with_pin() -> Self {
        let mut phone = Self::new();
        let key = phone.create(Some(PIN));
        phone.found(&key);
        phone
    }

    /// The vault as the app has it after it was started again.
    fn vault(&self) -> Vault {
        Vault::new(self.scratch.path(), self.hardware.clone())
    }

    fn create(&mut self, pin: Option<&str>) -> StoreKey {
        let pin = pin.map(|pin| Pin::new(pin).unwrap());
        self.vault().create(pin.as_ref(), Cost::LEAST, &mut self.chance).unwrap()
    }

    fn found(&mut self, key: &StoreKey) {
        let founding = Founding {
            workspace_name: "Office".into(),
            operator: Profile { officer: "Operator".into(), device: "computer".into() },
            scopes: vec![ScopeProfile { name: "Ağdam".into(), prefix: "AGD".into() }],
            relay_url: "http://127.0.0.1:1".into(),
        };
        let folder = self.scratch.path();
        Workspace::found(folder, key, &founding, Claimed::default(), &mut self.chance).unwrap();
    }

    fn unlock(&self, pin: &str, now_ms: u64) -> Result<StoreKey, UnlockError> {
        self.vault().unlock(Some(pin), now_ms)
    }

    fn opens_with(&self, pin: Option<&str>) -> bool {
        let key = self.vault().unlock(pin, NOON);
        key.is_ok_and(|key| Workspace::open(self.scratch.path(), &key).is_ok())
    }

    fn set_pin(&mut self, present: Option<&str>, pin: Option<&str>) -> Result<(), ChangeError> {
        let pin = pin.map(|pin| Pin::new(pin).unwrap());
        let vault = self.vault();
        vault.set_pin(present, pin.as_ref(), Cost::LEAST, NOON, &mut self.chance)
    }

    fn set_erasing(&mut self, present: &str, pin: &str) -> Result<(), ChangeError> {
        let pin = Pin::new(pin).unwrap();
        self.vault().set_erasing_pin(present, Some(&pin), NOON, &mut self.chance)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.scratch.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// As a device that was never used, but for letters and a lock that everybody may hold.
    fn is_wiped(&self) -> bool {
        let is_left = |name: &String| name != "kahriz.vault.lock" && name != LETTERS_FOLDER;
        !self.names().iter().any(is_left) && self.hardware.0.lock().unwrap().is_empty()
    }
}

#[test]
fn the_right_pin_opens_and_a_wrong_one_says_how_many_tries_are_left() {
    let phone = Phone::with_pin();
    assert!(phone.opens_with(Some(PIN)));
    assert!(matches!(
        phone.vault().unlock(None, NOON),
        Err(UnlockError::PinNeeded { tries_left: 10 })
    ));
    for left in [9, 8] {
        let error = phone.unlock(OTHER, NOON).unwrap_err();
        assert!(
            matches!(error, UnlockError::WrongPin { tries_left, wait_ms: 0 } if tries_left == left)
        );
    }
    assert_eq!(
        phone.unlock(OTHER, NOON).unwrap_err().to_string(),
        "this is not the PIN; 7 tries are left"
    );
    assert!(phone.opens_with(Some(PIN)));
    let state = phone.vault().state(NOON).unwrap();
    assert_eq!(state, VaultState::Pin { tries_left: 10, wait_ms: 0 });
}

#[test]
fn a_phone_without_a_pin_opens_with_its_hardware_alone_and_not_on_another() {
    let mut phone = Phone::new();
    assert_eq!(phone.vault().state(NOON).unwrap(), VaultState::Empty);
    assert!(matches!(phone.vault().unlock(None, NOON), Err(UnlockError::NoWorkspace)));
    let key = phone.create(None);
    phone.found(&key);
    assert_eq!(phone.vault().state(NOON).unwrap(), VaultState::NoPin);
    assert!(phone.opens_with(None));
    let elsewhere = Vault::new(phone.scratch.path(), Hardware::default());
    assert!(matches!(elsewhere.unlock(None, NOON), Err(UnlockError::NoSecret)));
    let other = Hardware::default();
    other.store(SECRET_NAMES[0], &[1; SECRET_BYTES]).unwrap();
    let elsewhere = Vault::new(phone.scratch.path(), other);
    assert!(matches!(elsewhere.unlock(None, NOON), Err(UnlockError::OtherSecret)));
}

#[test]
fn what_is_there_already_is_never_locked_anew() {
    let mut phone = Phone::with_pin();
    let again = phone.vault().create(None, Cost::LEAST, &mut phone.chance);
    assert!(matches!(again, Err(CreateVaultError::AlreadyExists)));
    assert!(phone.opens_with(Some(PIN)));
}

#[test]
fn whoever_guesses_waits_longer_and_longer_and_the_tenth_failure_wipes() {
    let phone = Phone::with_pin();
    let mut now = NOON;
    for failure in 1..=9 {
        let error = phone.unlock(OTHER, now).unwrap_err();
        let UnlockError::WrongPin { tries_left, wait_ms } = error else { panic!("{error}") };
        assert_eq!(tries_left, 10 - failure);
        assert_eq!(wait_ms > 0, failure >= 5);
        if wait_ms > 0 {
            // Not even the right one, before the time has come; and it does not count.
            let early = phone.unlock(PIN, now + wait_ms - 1).unwrap_err();
            assert!(matches!(early, UnlockError::Wait { wait_ms: 1, .. }), "{early}");
            let back = phone.unlock(PIN, now - 1).unwrap_err();
            assert!(matches!(back, UnlockError::Wait { wait_ms: w, .. } if w == wait_ms));
        }
        now += wait_ms;
    }
    assert!(matches!(phone.unlock(OTHER, now), Err(UnlockError::Wiped)));
    assert!(phone.is_wiped(), "{:?}", phone.names());
    assert!(matches!(phone.unlock(PIN, now), Err(UnlockError::NoWorkspace)));
}

/// A try is on the disk before it is made: here the process ends in between, which leaves the file as it was counted.
#[test]
fn ending_the_process_in_the_middle_of_a_try_gives_none_away() {
    let phone = Phone::with_pin();
    let vault = phone.vault();
    for left in (0..10).rev() {
        let Found::Vault(mut kept) = vault.files.read().unwrap() else { panic!("no vault") };
        let pin = kept.pin.as_mut().unwrap();
        pin.tries = pin.tries.and_one(NOON - 86_400_000);
        vault.files.write(&kept).unwrap();
        let VaultState::Pin { tries_left, .. } = vault.state(NOON).unwrap() else { panic!() };
        assert_eq!(tries_left, left);
    }
    assert!(matches!(phone.unlock(PIN, NOON), Err(UnlockError::Wiped)));
    assert!(phone.is_wiped());
}

#[test]
fn a_pin_is_set_changed_and_removed_and_the_store_stays() {
    let mut phone = Phone::new();
    let key = phone.create(None);
    phone.found(&key);
    phone.set_pin(None, Some(PIN)).unwrap();
    assert!(phone.opens_with(Some(PIN)) && !phone.opens_with(None));
    phone.set_pin(Some(PIN), Some(OTHER)).unwrap();
    assert!(phone.opens_with(Some(OTHER)) && !phone.opens_with(Some(PIN)));
    let wrong = phone.set_pin(Some(PIN), None).unwrap_err();
    assert!(matches!(wrong, ChangeError::Unlock(UnlockError::WrongPin { tries_left: 8, .. })));
    phone.set_pin(Some(OTHER), None).unwrap();
    assert!(phone.opens_with(None));
}

#[test]
fn the_secret_is_changed_and_the_older_one_is_gone() {
    let mut phone = Phone::with_pin();
    for _ in 0..3 {
        let before = phone.hardware.0.lock().unwrap().clone();
        let vault = phone.vault();
        vault.renew_secret(Some(PIN), NOON, &mut phone.chance).unwrap();
        let after = phone.hardware.0.lock().unwrap().clone();
        assert_eq!((before.len(), after.len()), (1, 1));
        assert_ne!(before.values().next(), after.values().next());
        assert!(phone.opens_with(Some(PIN)) && !phone.opens_with(Some(OTHER)));
    }
}

/// Whatever of a change has come to the disk and the hardware when the process ends, one of the two ways opens.
#[test]
fn a_change_of_the_secret_that_is_interrupted_leaves_one_that_opens() {
    let mut phone = Phone::with_pin();
    let secret_before = phone.hardware.0.lock().unwrap().clone();
    let file = phone.scratch.path().join("kahriz.vault");
    let file_before = fs::read(&file).unwrap();
    phone.vault().renew_secret(Some(PIN), NOON, &mut phone.chance).unwrap();
    let file_after = fs::read(&file).unwrap();
    // Both secrets are there: the file decides, and the one that it doesn't speak of is erased.
    for (content, name) in [(file_after, 1), (file_before, 0)] {
        let secrets_after = phone.hardware.0.lock().unwrap().clone();
        phone.hardware.0.lock().unwrap().extend(secret_before.clone());
        fs::write(&file, content).unwrap();
        assert!(phone.opens_with(Some(PIN)), "{name}");
        let left: Vec<_> = phone.hardware.0.lock().unwrap().keys().cloned().collect();
        assert_eq!(left, [SECRET_NAMES[name]]);
        *phone.hardware.0.lock().unwrap() = secrets_after;
    }
}

#[test]
fn a_store_from_before_there_were_vaults_opens_and_can_be_given_a_pin() {
    let mut phone = Phone::new();
    phone.hardware.store(SECRET_NAMES[0], &[9; SECRET_BYTES]).unwrap();
    phone.found(&StoreKey::from_bytes([9; 32]));
    assert_eq!(phone.vault().state(NOON).unwrap(), VaultState::NoPin);
    assert!(phone.opens_with(None));
    phone.set_pin(None, Some(PIN)).unwrap();
    assert!(phone.opens_with(Some(PIN)) && !phone.opens_with(None));
    let left = phone.hardware.0.lock().unwrap().clone();
    assert!(!left.values().any(|secret| secret == &[9; SECRET_BYTES]), "the key stands alone");
}

#[test]
fn the_erasing_pin_opens_nothing_and_afterwards_the_phone_looks_new() {
    let mut phone = Phone::with_pin();
    let letters = phone.scratch.path().join(LETTERS_FOLDER);
    fs::create_dir(&letters).unwrap();
    fs::write(letters.join("1"), b"sealed").unwrap();
    phone.set_erasing(PIN, ERASING).unwrap();
    assert!(matches!(phone.set_erasing(PIN, PIN), Err(ChangeError::SamePin)));
    assert!(matches!(phone.set_pin(Some(PIN), Some(ERASING)), Err(ChangeError::SamePin)));
    // Another PIN that opens leaves it as it is.
    phone.set_pin(Some(PIN), Some(OTHER)).unwrap();
    assert!(phone.opens_with(Some(OTHER)));
    let error = phone.unlock(ERASING, NOON).unwrap_err();
    let on_a_new_phone = Phone::new().vault().unlock(Some(ERASING), NOON).unwrap_err();
    assert_eq!(error.to_string(), on_a_new_phone.to_string());
    assert!(matches!(error, UnlockError::NoWorkspace));
    assert!(phone.is_wiped(), "{:?}", phone.names());
    assert_eq!(fs::read(letters.join("1")).unwrap(), b"sealed");
    assert_eq!(phone.vault().state(NOON).unwrap(), VaultState::Empty);
}

#[test]
fn nobody_can_tell_from_the_file_whether_there_is_an_erasing_pin() {
    let mut phone = Phone::with_pin();
    let file = phone.scratch.path().join("kahriz.vault");
    let before = fs::read(&file).unwrap();
    phone.set_erasing(PIN, ERASING).unwrap();
    assert_eq!(fs::read(&file).unwrap().len(), before.len());
    phone.vault().set_erasing_pin(PIN, None, NOON, &mut phone.chance).unwrap();
    assert!(matches!(phone.unlock(ERASING, NOON), Err(UnlockError::WrongPin { .. })));
}

#[test]
fn a_wipe_takes_letters_only_if_told_to_and_may_be_repeated() {
    for keep_letters in [true, false] {
        let phone = Phone::with_pin();
        let letters = phone.vault().letters();
        fs::create_dir(&letters).unwrap();
        for _ in 0..2 {
            phone.vault().wipe(Wipe { keep_letters }).unwrap();
            assert!(phone.is_wiped(), "{:?}", phone.names());
            assert_eq!(letters.exists(), keep_letters);
        }
    }
    Vault::new("/nowhere/at/all".as_ref(), Hardware::default())
        .wipe(Wipe { keep_letters: true })
        .unwrap();
}

#[test]
fn a_wipe_that_was_interrupted_is_finished_at_the_next_opening() {
    let phone = Phone::with_pin();
    fs::create_dir(phone.vault().letters()).unwrap();
    // Only the note was made before the process ended.
    phone.vault().files.begin_wiping(files::Wiping { keep_letters: false }).unwrap();
    assert!(matches!(phone.unlock(PIN, NOON), Err(UnlockError::NoWorkspace)));
    assert!(phone.is_wiped() && !phone.vault().letters().exists());
}

#[test]
fn a_damaged_vault_is_not_taken_for_a_wrong_pin() {
    let phone = Phone::with_pin();
    let file = phone.scratch.path().join("kahriz.vault");
    let good = fs::read(&file).unwrap();
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 0x20;
        fs::write(&file, &bytes).unwrap();
        assert!(matches!(phone.unlock(PIN, NOON), Err(UnlockError::Damaged)), "byte {at}");
        fs::write(&file, &good[..at]).unwrap();
        assert!(matches!(phone.unlock(PIN, NOON), Err(UnlockError::Damaged)), "cut at {at}");
    }
    fs::write(&file, &good).unwrap();
    assert!(phone.opens_with(Some(PIN)));
}

#[test]
fn a_session_locks_in_the_background_when_idle_and_when_its_clock_runs_backward() {
    let mut phone = Phone::new();
    let key = phone.create(None);
    phone.found(&key);
    let begin = || {
        let workspace = Workspace::open(phone.scratch.path(), &key).unwrap();
        Session::new(workspace, LockPolicy::default(), 1_000_000)
    };
    let session = begin();
    session.touch(1_200_000);
    assert!(!session.tick(1_499_999));
    assert!(session.with(Workspace::device).is_ok());
    assert!(session.tick(1_500_000), "five idle minutes");
    assert_eq!(session.with(Workspace::device), Err(Locked));
    let session = begin();
    session.background(1_010_000);
    assert!(!session.foreground(1_069_999));
    session.background(1_070_000);
    session.background(1_100_000);
    assert!(session.foreground(1_130_000), "a minute in the background, told late");
    let session = begin();
    assert!(session.tick(999_999));
    // Locked is closed: the store can be opened again while the session is still there.
    let again = begin();
    again.lock();
    again.lock();
    assert!(again.is_locked());
}

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use kahriz_core::workspace::{Claimed, Founding, Profile, ScopeProfile, StoreKey, Workspace};
use rand::SeedableRng;
use rand::rngs::StdRng;
use tempfile::TempDir;

use super::*;

const GOOD: &str = "dörd qara qoyun bir körpü";
const OTHER: &str = "beş ağ at iki dəyirman";
const HOUR_MS: i64 = 3_600_000;
const MINUTE_MS: i64 = 60_000;
const NOW: i64 = 1_780_000_000_000;

fn accounts() -> (TempDir, Accounts) {
    let folder = tempfile::tempdir().unwrap();
    let founding = Founding {
        workspace_name: "Return".to_owned(),
        operator: Profile { officer: "Rauf".to_owned(), device: "desk".to_owned() },
        scopes: vec![ScopeProfile { name: "Ağdam".to_owned(), prefix: "AGD".to_owned() }],
        relay_url: "http://127.0.0.1:1".to_owned(),
    };
    let (key, mut rng) = (StoreKey::from_bytes([7; 32]), StdRng::seed_from_u64(1));
    let at = folder.path().join("hq");
    let founded = Workspace::found(&at, &key, &founding, Claimed { ms: NOW }, &mut rng).unwrap();
    (folder, Accounts::new(Arc::new(founded.0)))
}

fn token(session: &Session) -> String {
    session.renewed.clone().unwrap()
}

#[test]
fn whoever_signs_in_is_recognised_by_what_the_browser_carries() {
    let (_folder, accounts) = accounts();
    accounts.add("Leyla", Role::Operator, GOOD, NOW).unwrap();
    let session = accounts.sign_in(" LEYLA ", GOOD, NOW).unwrap();
    let known = accounts.recognise(&token(&session), NOW + 1_000).unwrap().unwrap();
    assert_eq!((known.name.as_str(), known.role), ("Leyla", Role::Operator));
    assert!(known.made(&session.form_token) && !known.made("") && !known.made(&known.name));
    assert!(known.renewed.is_none(), "not written anew at every request");
    assert!(matches!(accounts.sign_in("Leyla", OTHER, NOW), Err(Refused::Wrong)));
    assert!(matches!(accounts.sign_in("Nobody", GOOD, NOW), Err(Refused::Wrong)));
    assert!(matches!(accounts.add("leyla", Role::Viewer, GOOD, NOW), Err(AccountError::Taken)));
    assert!(matches!(accounts.add("a/b", Role::Viewer, GOOD, NOW), Err(AccountError::Name)));
}

#[test]
fn a_name_that_nobody_has_takes_as_long_as_one_that_somebody_has() {
    let (_folder, accounts) = accounts();
    accounts.add("Leyla", Role::Viewer, GOOD, NOW).unwrap();
    let took = |name: &str| {
        let began = std::time::Instant::now();
        assert!(accounts.sign_in(name, OTHER, NOW).is_err());
        began.elapsed().as_secs_f64()
    };
    took("warm up");
    let (known, unknown) = (took("Leyla"), took("Nobody"));
    // One does the work of Argon2, and without it an answer takes a thousandth of that: half is a wide margin for
    // a busy machine.
    assert!(known > unknown * 0.3 && unknown > known * 0.3, "{known} {unknown}");
}

#[test]
fn a_session_ends_when_it_is_not_used_and_after_a_working_day() {
    let (_folder, accounts) = accounts();
    accounts.add("Leyla", Role::Viewer, GOOD, NOW).unwrap();
    let idle = token(&accounts.sign_in("Leyla", GOOD, NOW).unwrap());
    assert!(accounts.recognise(&idle, NOW + 29 * MINUTE_MS).unwrap().is_some());
    assert!(accounts.recognise(&idle, NOW + 30 * MINUTE_MS).unwrap().is_none());
    let mut busy = idle;
    for minute in (0..).step_by(20) {
        let now = NOW + minute * MINUTE_MS;
        match accounts.recognise(&busy, now).unwrap() {
            Some(session) => busy = session.renewed.unwrap_or(busy),
            None => {
                assert_eq!(now, NOW + 12 * HOUR_MS);
                break;
            }
        }
    }
}

#[test]
fn whoever_signs_out_has_left_also_where_the_token_was_copied() {
    let (_folder, accounts) = accounts();
    accounts.add("Leyla", Role::Viewer, GOOD, NOW).unwrap();
    let first = accounts.sign_in("Leyla", GOOD, NOW).unwrap();
    let second = accounts.sign_in("Leyla", GOOD, NOW).unwrap();
    let later = accounts.recognise(&token(&first), NOW + 5 * MINUTE_MS).unwrap().unwrap();
    accounts.sign_out(&first, NOW + 6 * MINUTE_MS).unwrap();
    for gone in [token(&first), token(&later)] {
        assert!(accounts.recognise(&gone, NOW + 6 * MINUTE_MS).unwrap().is_none());
    }
    assert!(accounts.recognise(&token(&second), NOW + 6 * MINUTE_MS).unwrap().is_some());
}

#[test]
fn another_password_and_the_end_of_an_account_end_all_its_sessions() {
    let (_folder, accounts) = accounts();
    accounts.add("Leyla", Role::Viewer, GOOD, NOW).unwrap();
    let before = token(&accounts.sign_in("Leyla", GOOD, NOW).unwrap());
    assert!(matches!(accounts.change_password("Leyla", OTHER, OTHER, NOW), Err(Refused::Wrong)));
    let after = token(&accounts.change_password("Leyla", GOOD, OTHER, NOW).unwrap());
    assert!(accounts.recognise(&before, NOW).unwrap().is_none());
    assert!(accounts.recognise(&after, NOW).unwrap().is_some());
    accounts.remove("leyla").unwrap();
    assert!(accounts.recognise(&after, NOW).unwrap().is_none());
    accounts.add("Leyla", Role::Administrator, OTHER, NOW).unwrap();
    assert!(accounts.recognise(&after, NOW).unwrap().is_none(), "an account of the same name");
}

#[test]
fn a_token_that_was_made_elsewhere_is_nobodys() {
    let (_folder, accounts) = accounts();
    let (_other_folder, elsewhere) = self::accounts();
    for place in [&accounts, &elsewhere] {
        place.add("Leyla", Role::Administrator, GOOD, NOW).unwrap();
    }
    let ours = token(&accounts.sign_in("Leyla", GOOD, NOW).unwrap());
    let theirs = token(&elsewhere.sign_in("Leyla", GOOD, NOW).unwrap());
    assert!(accounts.recognise(&theirs, NOW).unwrap().is_none());
    let (head, rest) = ours.split_once('.').unwrap();
    let (_, signature) = rest.split_once('.').unwrap();
    // {"alg":"none"}
    let none = format!("eyJhbGciOiJub25lIn0.{}.", rest.split('.').next().unwrap());
    let swapped = format!("{head}.{}.{signature}", theirs.split('.').nth(1).unwrap());
    for forged in
        [none, swapped, String::new(), "a.b.c".to_owned(), ours[..ours.len() - 2].to_owned()]
    {
        assert!(accounts.recognise(&forged, NOW).unwrap().is_none(), "{forged}");
    }
}

#[test]
fn the_first_account_needs_the_secret_that_was_printed_and_only_the_first() {
    let (_folder, accounts) = accounts();
    let secret = accounts.setup_secret().unwrap().unwrap();
    assert!(matches!(accounts.set_up("guess", "Leyla", GOOD, NOW), Err(AccountError::Spent)));
    assert!(matches!(accounts.set_up(&secret, "Leyla", "short", NOW), Err(AccountError::Unfit(_))));
    assert!(accounts.may_set_up(&secret).unwrap(), "a password that does not do spends nothing");
    let session = accounts.set_up(&secret, "Leyla", GOOD, NOW).unwrap();
    assert_eq!(session.role, Role::Administrator);
    assert!(matches!(accounts.set_up(&secret, "Eve", OTHER, NOW), Err(AccountError::Spent)));
    assert!(accounts.setup_secret().unwrap().is_none());
}

#[test]
fn a_setup_link_is_worth_nothing_once_an_account_was_made_another_way() {
    let (_folder, accounts) = accounts();
    let secret = accounts.setup_secret().unwrap().unwrap();
    accounts.add("Leyla", Role::Viewer, GOOD, NOW).unwrap();
    assert!(matches!(accounts.set_up(&secret, "Eve", OTHER, NOW), Err(AccountError::Spent)));
}

#[test]
fn the_demos_door_opens_once() {
    let (_folder, accounts) = accounts();
    accounts.add("demo", Role::Administrator, GOOD, NOW).unwrap();
    let secret = accounts.entry_secret("demo");
    assert_eq!(accounts.enter(&secret, NOW).unwrap().name, "demo");
    assert!(matches!(accounts.enter(&secret, NOW), Err(AccountError::Spent)));
}

#[test]
fn no_password_and_no_hash_can_be_read_in_the_files() {
    let (folder, accounts) = accounts();
    accounts.add("Leyla", Role::Viewer, GOOD, NOW).unwrap();
    drop(accounts);
    for file in std::fs::read_dir(folder.path().join("hq")).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        for secret in ["argon2id", "Leyla", "account/"] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
        }
    }
}

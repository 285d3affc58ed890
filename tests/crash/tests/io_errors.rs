//! The disk says no, at each call in turn, and nothing is acknowledged that is not there.
#![cfg(target_os = "linux")]
#![allow(clippy::print_stderr, reason = "a test that shows its figures")]

use kahriz_crash::trouble::{Report, Trouble, phone, relay};

#[track_caller]
fn holds(what: &str, begun_min: u64, report: &Report) {
    let Report { begun, refused, acknowledged, cuts, broken } = report;
    eprintln!(
        "{what}: begun at {begun} calls, {refused} refusals, {acknowledged} acknowledgements, {cuts} cuts, {} broken",
        broken.len()
    );
    assert!(broken.is_empty(), "{broken:#?}");
    assert!(*begun >= begun_min && *refused > 0, "the trouble was not met");
}

#[test]
fn a_phone_whose_disk_fails_one_sync_acknowledges_nothing_that_is_not_on_it() {
    holds("a phone, one sync fails", 20, &phone::suffer(Trouble::OneSync, 1));
}

#[test]
fn a_phone_whose_disk_fails_every_sync_acknowledges_nothing_any_more() {
    holds("a phone, every sync fails", 20, &phone::suffer(Trouble::EverySync, 1));
}

#[test]
fn a_phone_without_room_says_so_and_goes_on_when_there_is_some() {
    holds("a phone, no room", 50, &phone::suffer(Trouble::NoRoom, 3));
}

#[test]
fn a_phone_whose_disk_is_gone_for_a_while_has_what_it_acknowledged() {
    holds("a phone, the disk is gone", 20, &phone::suffer(Trouble::Gone, 7));
}

#[test]
fn a_relay_whose_disk_fails_one_sync_acknowledges_nothing_that_is_not_on_it() {
    holds("a relay, one sync fails", 20, &relay::suffer(Trouble::OneSync, 1));
}

#[test]
fn a_relay_whose_disk_fails_every_sync_acknowledges_nothing_any_more() {
    holds("a relay, every sync fails", 20, &relay::suffer(Trouble::EverySync, 1));
}

#[test]
fn a_relay_without_room_says_so_and_goes_on_when_there_is_some() {
    holds("a relay, no room", 50, &relay::suffer(Trouble::NoRoom, 2));
}

#[test]
fn a_relay_whose_disk_is_gone_for_a_while_has_what_it_acknowledged() {
    holds("a relay, the disk is gone", 20, &relay::suffer(Trouble::Gone, 7));
}

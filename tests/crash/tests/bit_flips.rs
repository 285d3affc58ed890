//! A disk alters a bit, in each page in turn, and nobody is shown what was not written.
#![cfg(target_os = "linux")]
#![allow(clippy::print_stderr, reason = "a test that shows its figures")]

use kahriz_crash::flips::{Part, Report, phone, relay};

#[track_caller]
fn holds(what: &str, flipped_min: u64, report: &Report) {
    let Report { flipped, unchanged, earlier, said, sealed, broken } = report;
    eprintln!(
        "{what}: {flipped} pages, unchanged {unchanged}, said {said}, an earlier moment {earlier}, \
         shown by a signature alone {sealed}, {} broken",
        broken.len()
    );
    assert!(broken.is_empty(), "{broken:#?}");
    assert!(*flipped >= flipped_min && *said + *earlier > 0, "the flips were not met");
}

#[test]
fn a_phone_shows_nothing_that_was_altered_in_its_file() {
    let report = phone::flip(Part::File, 1);
    holds("a phone's file", 50, &report);
    assert_eq!((report.earlier, report.sealed), (0, 0));
}

#[test]
fn a_phone_shows_nothing_that_was_altered_in_its_log() {
    holds("a phone's log", 50, &phone::flip(Part::Log, 1));
}

#[test]
fn a_relay_serves_no_altered_frame_as_a_good_one() {
    holds("a relay's file", 50, &relay::flip(Part::File, 4));
}

#[test]
fn a_relay_serves_no_altered_frame_of_its_log_as_a_good_one() {
    holds("a relay's log", 50, &relay::flip(Part::Log, 1));
}

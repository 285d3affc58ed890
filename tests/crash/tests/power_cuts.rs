//! The power fails, after each call that a store makes, and what was told before must be there.
#![cfg(target_os = "linux")]
#![allow(clippy::print_stderr, reason = "a test that shows its figures")]

use kahriz_crash::{device, relay};

const SEED: u64 = 20_261_123;

fn say(what: &str, report: &kahriz_crash::report::Report) {
    eprintln!(
        "{what}: {} calls, {} cuts, {} distinct, {} broken, seed {}",
        report.calls,
        report.cuts,
        report.distinct,
        report.broken.len(),
        report.seed
    );
}

#[test]
fn what_an_officer_was_told_is_saved_is_there_whenever_the_power_fails() {
    let story = device::Story::record(SEED);
    let report = story.cut_everywhere(SEED, 1);
    say("a phone's store", &report);
    assert_eq!(report.broken, [""; 0]);
    assert!(report.cuts > 500);
}

#[test]
fn what_a_relay_has_acknowledged_is_there_whenever_the_power_fails() {
    let story = relay::Story::record();
    let report = story.cut_everywhere(SEED, 1);
    say("a relay's store", &report);
    assert_eq!(report.broken, [""; 0]);
    assert!(report.cuts > 300);
}

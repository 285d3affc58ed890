//! The long run against hostile bytes, as long as a check may take. `tests/soak hostile` runs longer ones.

#![allow(clippy::unwrap_used)]

use std::process::Command;

#[test]
fn no_mutated_frame_is_taken_and_no_mutated_change_harms_the_process_that_merges() {
    let mut soak = Command::new(env!("CARGO_BIN_EXE_soak"));
    soak.args(["hostile", "--frames", "5000", "--changes", "40000", "--seed", "7", "--json"]);
    let done = soak.output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{said}\n{}", String::from_utf8_lossy(&done.stderr));
    let report: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(report["frames_at_the_relay"]["tried"], 5_000);
    assert_eq!(report["frames_at_a_device"]["accepted"], 0);
    let changes = |which: &str| report[which]["tried"].as_u64().unwrap();
    assert_eq!(changes("changes") + changes("changes_unread"), 40_000);
    // The mutations come far enough to mean something: some pass the reading, some the engine.
    assert!(report["changes"]["accepted"].as_u64().unwrap() > 0);
    assert!(report["changes_unread"]["refused"].as_object().unwrap().len() > 1);
}

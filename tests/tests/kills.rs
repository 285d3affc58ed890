//! The programs themselves, killed in the middle of what they do, as often as a check may take. `tests/soak kills` kills
//! more often.

#![allow(clippy::unwrap_used)]

use std::process::Command;

#[test]
fn what_the_programs_acknowledged_is_there_whenever_they_are_killed() {
    let mut soak = Command::new(env!("CARGO_BIN_EXE_soak"));
    soak.args(["kills", "--runs", "50", "--seed", "2", "--json"]);
    let done = soak.output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{said}\n{}", String::from_utf8_lossy(&done.stderr));
    let report: serde_json::Value = serde_json::from_str(&said).unwrap();
    for wrong in ["lost", "diverged", "failed"] {
        assert_eq!(report[wrong], 0, "{said}");
    }
    // Most of those who were to be killed were alive, and there was something to lose.
    let killed = report["killed"].as_object().unwrap();
    assert!(killed.values().filter_map(serde_json::Value::as_u64).sum::<u64>() > 25, "{said}");
    assert!(report["told"]["on_device"].as_u64().unwrap() > 50, "{said}");
    assert!(report["told"]["at_relay"].as_u64().unwrap() > 20, "{said}");
}

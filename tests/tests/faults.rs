//! Months of field life with everything that goes wrong in it, as long as a check may take. `tests/soak faults` runs
//! longer ones.

#![allow(clippy::unwrap_used)]

use std::process::Command;

#[test]
fn no_save_that_somebody_was_told_of_is_lost_whatever_goes_wrong() {
    let mut soak = Command::new(env!("CARGO_BIN_EXE_soak"));
    soak.args(["faults", "--runs", "250", "--seed", "1", "--json"]);
    let done = soak.output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{said}\n{}", String::from_utf8_lossy(&done.stderr));
    let report: serde_json::Value = serde_json::from_str(&said).unwrap();
    for wrong in ["lost", "diverged", "failed"] {
        assert_eq!(report[wrong], 0, "{said}");
    }
    // The runs try what they are for: saves at each level, devices that are gone, every fault.
    let told = |level: &str| report["acknowledged"][level].as_u64().unwrap();
    assert!(told("on_device") >= 5_000);
    assert!(told("at_relay_disk_gone") > 60 && told("at_headquarters") > 2_000);
    assert_eq!(report["faults"].as_object().unwrap().len(), 12);
}

//! The demo, run as a person runs it who has just built the program.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value as Json, json};

fn demo(folder: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kahriz"));
    command
        .args(["demo", "--port", "0", "--records", "60", "--dir"])
        .arg(folder)
        .args(more)
        .stdin(Stdio::null());
    command
}

fn status(folder: &Path) -> Json {
    let ended = Command::new(env!("CARGO_BIN_EXE_kahriz"))
        .args(["--json", "status"])
        .arg(folder.join("headquarters"))
        .output()
        .unwrap();
    serde_json::from_slice(&ended.stdout).unwrap()
}

#[test]
fn the_demo_tells_its_story_serves_and_goes_on_the_next_day() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("demo");

    let mut child =
        demo(&folder, &[]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut said = String::new();
    while !said.contains("Headquarters: http://127.0.0.1:") {
        assert_ne!(out.read_line(&mut said).unwrap(), 0, "{said}");
    }
    assert!(
        said.contains(
            "Headquarters has merged 60 records; 6 wait for a decision, 0 lack a required field."
        ),
        "{said}"
    );
    let served = status(&folder);
    assert_eq!(served["records"], json!(60));
    assert!(served["serving"].is_object(), "asked while it serves");
    assert!(
        Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success()
    );
    assert!(child.wait().unwrap().success());
    out.read_to_string(&mut said).unwrap();
    assert!(!folder.join("headquarters").join("kahriz.serving").exists());

    let again = demo(&folder, &["--exit-after-ready"]).output().unwrap();
    assert!(again.status.success());
    assert!(String::from_utf8(again.stdout).unwrap().contains("60 records, 6 of them contested"));
    assert_eq!(status(&folder)["contested"], json!(6));

    let fresh = demo(&folder, &["--exit-after-ready", "--fresh"]).output().unwrap();
    assert!(fresh.status.success());
    let older = parent.path().join("demo.before-1");
    assert_eq!(status(&older)["records"], json!(60), "moved aside, not deleted");
    assert_ne!(status(&older)["workspace"], status(&folder)["workspace"]);
}

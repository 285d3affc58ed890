//! The engine in a process of its own: the same answers as in this one, and a death that harms nobody.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use kahriz_core::record::{
    Author, Change, Document, Engine, EngineError, InProcess, RecordError, Trial, Write,
};
use kahriz_core::value::Scalar;
use kahriz_hq::engine::ChildEngine;
use kahriz_proto::ids::LogId;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_kahriz"))
}

fn change(name: &str) -> Change {
    let author = Author { log: LogId::from_bytes([5; 16]), claimed_s: 7, reason: None };
    let write = Write { key: "full_name".into(), value: Scalar::from(name), mergeable: true };
    Document::create(&[write], &author).unwrap().1
}

fn trial(name: &str) -> Trial {
    Trial { kept: vec![], changes: vec![change(name)], compact: name.len() > 3 }
}

#[test]
fn another_process_answers_as_this_one_does() {
    let engine = ChildEngine::of(program());
    let damaged = Trial { kept: vec![0x85; 40], changes: vec![change("Əli")], compact: false };
    let trials = [trial("Vaqif"), damaged, trial("Eli"), trial(&"long ".repeat(400))];
    let answers = engine.grow(&trials).unwrap();
    assert_eq!(answers, InProcess.grow(&trials).unwrap());
    assert_eq!(answers[1], Err(RecordError::Refused));
    assert!(answers[0].as_ref().unwrap().compacted.is_some());
    assert!(engine.grow(&[]).unwrap().is_empty());
    assert_eq!(engine.toll().starts.load(Ordering::Relaxed), 1);
}

#[test]
fn an_engine_that_was_killed_is_started_again_and_asked_again() {
    let engine = ChildEngine::of(program());
    engine.grow(&[trial("Vaqif")]).unwrap();
    let process = engine.toll().process.load(Ordering::Relaxed);
    let killed = Command::new("kill").args(["-9", &process.to_string()]).status().unwrap();
    assert!(killed.success());
    assert!(engine.grow(&[trial("Vaqif")]).unwrap()[0].is_ok());
    assert_eq!(engine.toll().starts.load(Ordering::Relaxed), 2);
    assert_eq!(engine.toll().deaths.load(Ordering::Relaxed), 1);
}

#[test]
fn an_engine_that_thinks_too_long_is_killed_and_one_that_is_not_there_is_not_the_frames_fault() {
    let folder = tempfile::tempdir().unwrap();
    let endless = folder.path().join("endless");
    std::fs::write(&endless, "#!/bin/sh\nwhile :; do :; done\n").unwrap();
    std::fs::set_permissions(&endless, std::fs::Permissions::from_mode(0o700)).unwrap();
    let engine = ChildEngine::of(endless);
    let begun = Instant::now();
    assert_eq!(engine.grow(&[trial("Vaqif")]), Err(EngineError::Died));
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert_eq!(engine.toll().time_outs.load(Ordering::Relaxed), 2);
    let missing = ChildEngine::of(folder.path().join("nothing"));
    assert_eq!(missing.grow(&[trial("Vaqif")]), Err(EngineError::Unavailable));
}

#[test]
fn the_engine_bounds_itself_before_it_reads() {
    let engine = ChildEngine::of(program());
    engine.grow(&[trial("Vaqif")]).unwrap();
    let process = engine.toll().process.load(Ordering::Relaxed);
    let Ok(limits) = std::fs::read_to_string(format!("/proc/{process}/limits")) else { return };
    let limit = |name: &str| {
        let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
        line[name.len()..].split_whitespace().next().unwrap().parse::<u64>().unwrap()
    };
    assert_eq!(limit("Max core file size"), 0);
    assert_eq!(limit("Max file size"), 0);
    assert!(limit("Max cpu time") <= 5);
    assert!(limit("Max address space") < 2 << 30);
    // What runs the tests may hand on pipes of its own; a file or a socket is nobody's to hand on.
    for open in std::fs::read_dir(format!("/proc/{process}/fd")).unwrap() {
        let open = open.unwrap().path();
        let leads_to = std::fs::read_link(&open).unwrap();
        let is_file = std::fs::metadata(&open).is_ok_and(|of| of.is_file());
        let is_socket = leads_to.to_string_lossy().starts_with("socket:");
        assert!(!is_file && !is_socket, "{}", leads_to.display());
    }
}

//! The fuzzer's corpus, replayed: everything that it once found worth keeping, and a sample of every real encoding,
//! through every reader of foreign bytes (`kahriz_tests::targets`). An input that once broke something lies among
//! them under a name that tells the story.
//!
//! `cargo test --release -p kahriz-tests --test corpus -- --ignored write_seeds` writes the samples anew.
#![allow(clippy::unwrap_used)]

#[path = "corpus/seeds.rs"]
mod seeds;

use kahriz_tests::targets::TARGETS;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// All of it: a corpus is read by people too.
const BYTES_MAX: u64 = 1_000_000;
/// Of each target: one whose folder is empty is not replayed at all.
const INPUTS_MIN: usize = 2;

fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target)
}

fn inputs(target: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder(target)).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

#[test]
fn everything_that_was_once_found_is_read_or_refused() {
    let mut total = 0;
    let mut bytes = 0;
    for target in TARGETS {
        let paths = inputs(target.name);
        assert!(paths.len() >= INPUTS_MIN, "{} has {} inputs", target.name, paths.len());
        for path in &paths {
            let input = fs::read(path).unwrap();
            bytes += input.len() as u64;
            let read = std::panic::catch_unwind(|| (target.read)(&input));
            assert!(read.is_ok(), "{} does not survive {}", target.name, path.display());
        }
        total += paths.len();
    }
    assert!(bytes <= BYTES_MAX, "{bytes} bytes");
    let said = format!("\ncorpus: {total} inputs, {bytes} bytes, {} targets", TARGETS.len());
    writeln!(std::io::stdout(), "{said}").unwrap();
}

#[test]
fn every_folder_of_the_corpus_belongs_to_a_target() {
    for entry in fs::read_dir(folder("")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(kahriz_tests::targets::find(&name).is_some(), "no target is called {name}");
    }
}

/// Written once; the same world writes the same bytes but for what the clock is in.
#[test]
#[ignore = "writes into the corpus"]
fn write_seeds() {
    for (target, name, bytes) in seeds::all() {
        assert!(kahriz_tests::targets::find(target).is_some(), "no target is called {target}");
        fs::create_dir_all(folder(target)).unwrap();
        fs::write(folder(target).join(name), bytes).unwrap();
    }
}

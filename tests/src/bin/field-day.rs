//! Measures a day of field work over a link: what it costs in bytes, turns, time, processor and memory.
//!
//! ```text
//! cargo run --release -p kahriz-tests --bin field-day -- --data tests/data/records-1000.jsonl --n 1000 --link loopback
//! ```
//!
//! Devices and the relay are processes of their own: the program starts itself again with a hidden command.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints figures")]

use clap::Parser;
use kahriz_tests::field_day::{self, Arguments};
use std::alloc::System;
use std::process::ExitCode;
use zeroizing_alloc::ZeroAlloc;

/// As the programs have it: what is measured pays for wiping what it frees.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    match field_day::run(&Arguments::parse(), &mut std::io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("field-day: {problem}");
            ExitCode::FAILURE
        }
    }
}

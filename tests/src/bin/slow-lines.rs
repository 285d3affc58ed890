//! Measures what thousands of slow lines cost a relay, and whether honest devices still get through.
//!
//! ```text
//! cargo run --release -p kahriz-tests --bin slow-lines -- --lines 10000
//! ```
//!
//! The relay is a process of its own (the program starts itself again with a hidden command), with the limits of one
//! that is reached over the internet, but for the number of connections from one address: everything here comes from
//! loopback, which isn't counted. Slow lines say half a head, dribble a body, or say nothing; whenever the relay cuts one
//! another takes its place.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints figures")]

use clap::Parser;
use kahriz_tests::slow_lines::{self, Arguments};
use std::process::ExitCode;

fn main() -> ExitCode {
    match slow_lines::run(&Arguments::parse(), &mut std::io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("slow-lines: {problem}");
            ExitCode::FAILURE
        }
    }
}

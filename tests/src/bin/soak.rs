//! The long runs; see `tests/soak --help`.

#![allow(clippy::print_stdout, reason = "a program that prints figures")]

use clap::{Parser, Subcommand};
use kahriz_tests::soak::{self, Course, Report};
use kahriz_tests::soak::{faults, kills};
use std::process::ExitCode;

/// Long runs, each by one seed.
#[derive(Parser)]
#[command(name = "tests/soak")]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Mutated frames and changes: at the relay's door, at a device's take, at the engine.
    ///
    /// Fails if a mutated frame was taken, if the main process grew by more than 64 MiB, or if one input took longer
    /// than two seconds (and half a second for a busy machine).
    Hostile {
        /// How many mutated frames, each at the relay and at a device.
        #[arg(long, default_value_t = 10_000)]
        frames: u64,
        /// How many mutated changes: read first, as everything is, but for one in 32 that the engine is given unread.
        #[arg(long, default_value_t = 100_000)]
        changes: u64,
        /// The same seed makes the same inputs. Without it, one is drawn and said.
        #[arg(long)]
        seed: Option<u64>,
        /// Print the report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Months of field life with everything that goes wrong in it, one small world after another.
    ///
    /// Fails if a save that somebody was told of is lost, or if what devices show differs in the end.
    Faults {
        /// How many worlds.
        #[arg(long, default_value_t = 1_000)]
        runs: u64,
        /// The seed of the first world; each next one has the next seed. Without it, one is drawn and said.
        #[arg(long)]
        seed: Option<u64>,
        /// Print the report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// The programs themselves, killed at random moments in the middle of what they do.
    ///
    /// Fails if a save that was acknowledged is lost, if devices show different records in the end, or if a command
    /// fails although nobody was killed. The programs are those that stand beside this one.
    Kills {
        /// How many kills; each 25 are one organisation.
        #[arg(long, default_value_t = 1_000)]
        runs: u64,
        /// The seed of the first organisation; each next one has the next seed. Without it, one is drawn and said.
        #[arg(long)]
        seed: Option<u64>,
        /// Print the report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// What an engine in a process of its own costs.
    Price {
        /// How many new records.
        #[arg(long, default_value_t = 10_000)]
        records: u64,
    },
    /// Be the engine of another process.
    #[command(hide = true)]
    Engine,
}

fn main() -> ExitCode {
    let itself = std::env::current_exe().expect("this program has a place");
    let (frames, changes, seed, json) = match Arguments::parse().what {
        What::Engine => return kahriz_hq::engine::answer_all(),
        What::Price { records } => {
            let (here, there) = soak::price::price(records, &itself);
            println!("{records} new records: {here:.2} s in this process, {there:.2} s in another");
            return ExitCode::SUCCESS;
        }
        What::Faults { runs, seed, json } => {
            return live_through(seed.unwrap_or_else(rand::random), runs, json);
        }
        What::Kills { runs, seed, json } => {
            return kill(&itself, seed.unwrap_or_else(|| rand::random::<u32>().into()), runs, json);
        }
        What::Hostile { frames, changes, seed, json } => (frames, changes, seed, json),
    };
    let seed = seed.unwrap_or_else(rand::random);
    if !json {
        println!("seed {seed}");
    }
    let report = soak::run(seed, frames, changes, &itself);
    if json {
        println!("{}", serde_json::to_string_pretty(&report).expect("a report is plain"));
    } else {
        tell(&report);
    }
    if report.broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn tell(report: &Report) {
    tell_course("frames at the relay", &report.frames_at_the_relay);
    tell_course("frames at a device", &report.frames_at_a_device);
    tell_course("changes, read first", &report.changes);
    tell_course("changes, unread", &report.changes_unread);
    let engine = &report.engine;
    println!("engine, read first: {} deaths, {} time-outs", engine.deaths, engine.time_outs);
    println!(
        "engine, unread: {} deaths, {} time-outs",
        engine.deaths_unread, engine.time_outs_unread
    );
    println!("engine: largest growth seen {:.0} MB", engine.growth_mb);
    println!("main process: no death, grew by {:.0} MB", report.growth_mb);
    println!("slowest question {} ms, all {:.0} s", report.slowest_ms, report.seconds);
    report.broken.iter().for_each(|what| println!("BROKEN: {what}"));
}

fn tell_course(what: &str, course: &Course) {
    println!("{what}: {} tried, {} accepted", course.tried, course.accepted);
    course.refused.iter().for_each(|(stage, count)| println!("  {count:>9}  {stage}"));
}

fn live_through(seed: u64, runs: u64, json: bool) -> ExitCode {
    if !json {
        println!("seed {seed}");
    }
    let report = faults::run(seed, runs);
    if json {
        println!("{}", serde_json::to_string_pretty(&report).expect("a report is plain"));
    } else {
        tell_faults(&report);
    }
    if report.broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn kill(itself: &std::path::Path, seed: u64, runs: u64, json: bool) -> ExitCode {
    if !json {
        println!("seed {seed}");
    }
    let programs = match kills::Programs::beside(itself) {
        Ok(programs) => programs,
        Err(missing) => {
            println!("{missing}");
            return ExitCode::FAILURE;
        }
    };
    let report = kills::run(&programs, seed, runs);
    if json {
        println!("{}", serde_json::to_string_pretty(&report).expect("a report is plain"));
    } else {
        tell_kills(&report);
    }
    if report.broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn tell_kills(report: &kills::Report) {
    println!("{} kills; of processes that were alive:", report.runs);
    report.killed.iter().for_each(|(victim, count)| println!("  {count:>9}  {victim:?}"));
    let told = &report.told;
    println!(
        "acknowledged: {} on the device, {} at the relay, {} at headquarters",
        told.on_device, told.at_relay, told.at_headquarters
    );
    println!(
        "lost {}, diverged {}, failed {}, all {:.0} s",
        report.lost, report.diverged, report.failed, report.seconds
    );
    report.broken.iter().for_each(|what| println!("BROKEN: {what}"));
}

fn tell_faults(report: &faults::Report) {
    let told = &report.acknowledged;
    println!(
        "{} runs, {} syncs, {} of them failed",
        report.runs, report.syncs, report.failed_syncs
    );
    println!("on the device: {} saves acknowledged", told.on_device);
    println!("at the relay: {}, of {} the device is gone", told.at_relay, told.at_relay_disk_gone);
    println!(
        "at headquarters: {}, of {} the device is gone",
        told.at_headquarters, told.at_headquarters_disk_gone
    );
    report.faults.iter().for_each(|(fault, count)| println!("  {count:>9}  {fault:?}"));
    println!("runs in which only holders owe: {}", report.holders_only);
    println!(
        "lost {}, diverged {}, failed {}, all {:.0} s",
        report.lost, report.diverged, report.failed, report.seconds
    );
    for (seed, what) in &report.broken {
        println!("BROKEN: {what}");
        println!("  see it again: tests/soak faults --runs 1 --seed {seed}");
    }
}

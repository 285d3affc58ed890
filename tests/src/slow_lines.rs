//! Thousands of slow lines against one relay: what they cost it, and whether an honest device still gets through.

mod dawdle;

use crate::field_day::device::{BenchShell, folder_of, store_key, transport};
use crate::field_day::relay::{self, RelayProcess};
use crate::field_day::{Stop, setup};
use crate::measure::rss_mb_of;
use clap::{Parser, Subcommand};
use dawdle::Crowd;
use kahriz_core::drive;
use kahriz_core::workspace::Workspace;
use serde::Serialize;
use std::io::Write;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Measures what slow lines cost a relay in memory, and an honest device in waiting.
#[derive(Clone, Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    /// How many slow lines are held open.
    #[arg(long, default_value_t = 10_000)]
    pub lines: usize,
    /// How many idle syncs an honest device makes, each on a connection of its own, without the slow lines and with
    /// them.
    #[arg(long, default_value_t = 300)]
    pub syncs: usize,
    /// One JSON object instead of sentences.
    #[arg(long)]
    pub json: bool,
    #[command(subcommand)]
    hidden: Option<Hidden>,
}

#[derive(Clone, Debug, Subcommand)]
enum Hidden {
    /// The relay; says its address in one JSON line and ends when its input ends.
    #[command(name = "__relay", hide = true)]
    Relay { folder: PathBuf },
}

/// What one state of the relay looks like.
#[derive(Debug, Serialize)]
struct Seen {
    slow_lines: usize,
    relay_rss_mb: Option<f64>,
    sync_p50_ms: f64,
    sync_p99_ms: f64,
    syncs_failed: usize,
}

#[derive(Debug, Serialize)]
struct Report {
    without: Seen,
    with: Seen,
    /// How often a slow line was cut by the relay and another took its place.
    lines_cut: usize,
    bytes_per_line: Option<f64>,
}

/// The relay is given this long to put up with a full crowd before anything is measured.
const SETTLE: Duration = Duration::from_secs(5);
/// The crowd has to be there after this long.
const GATHER_LONGEST: Duration = Duration::from_secs(120);

/// Does what the arguments say and writes the figures.
///
/// # Errors
/// [`Stop`] with what went wrong.
pub fn run(arguments: &Arguments, out: &mut dyn Write) -> Result<(), Stop> {
    raise_open_files()?;
    match &arguments.hidden {
        Some(Hidden::Relay { folder }) => relay::run(folder, out),
        None => measure(arguments, out),
    }
}

fn measure(arguments: &Arguments, out: &mut dyn Write) -> Result<(), Stop> {
    let folder = crate::world::scratch_folder();
    let relay = RelayProcess::start(&folder.path().join("relay"))?;
    let url = format!("http://{}", relay.address);
    setup::run(folder.path(), &url)?;
    let device = Workspace::open(&folder_of("a", folder.path()), &store_key())?;
    let without = look(&device, &url, arguments.syncs, relay.pid(), 0)?;
    let crowd = Crowd::gather(relay.address, arguments.lines)?;
    let began = Instant::now();
    while crowd.open() * 100 < arguments.lines * 98 {
        if began.elapsed() > GATHER_LONGEST {
            return Err(format!("only {} slow lines came about", crowd.open()).into());
        }
        sleep(Duration::from_millis(100));
    }
    sleep(SETTLE);
    let with = look(&device, &url, arguments.syncs, relay.pid(), crowd.open())?;
    let report = Report::of(without, with, crowd.cut());
    if arguments.json {
        writeln!(out, "{}", serde_json::to_string(&report)?)?;
    } else {
        report.say(out)?;
    }
    Ok(())
}

/// Syncs again and again with nothing to say, and looks at the relay's memory after that.
fn look(
    device: &Workspace,
    url: &str,
    syncs: usize,
    pid: u32,
    slow_lines: usize,
) -> Result<Seen, Stop> {
    let mut shell = BenchShell::new()?;
    let (mut took_ms, mut syncs_failed) = (vec![], 0);
    for _ in 0..syncs {
        let mut line = transport(url)?;
        let began = Instant::now();
        let report = drive::sync(device, &mut line, &mut shell)?;
        took_ms.push(began.elapsed().as_secs_f64() * 1_000.0);
        syncs_failed += usize::from(report.failure.is_some());
    }
    took_ms.sort_by(f64::total_cmp);
    let at = |percent: usize| took_ms.get(took_ms.len() * percent / 100).copied().unwrap_or(0.0);
    Ok(Seen {
        slow_lines,
        relay_rss_mb: rss_mb_of(pid),
        sync_p50_ms: at(50),
        sync_p99_ms: at(99),
        syncs_failed,
    })
}

impl Report {
    fn of(without: Seen, with: Seen, lines_cut: usize) -> Self {
        #[allow(clippy::cast_precision_loss, reason = "some thousands")]
        let lines = with.slow_lines.max(1) as f64;
        let grown =
            with.relay_rss_mb.zip(without.relay_rss_mb).map(|(after, before)| after - before);
        let bytes_per_line = grown.map(|megabytes| megabytes * 1_048_576.0 / lines);
        Self { without, with, lines_cut, bytes_per_line }
    }

    fn say(&self, out: &mut dyn Write) -> std::io::Result<()> {
        for seen in [&self.without, &self.with] {
            writeln!(
                out,
                "{:>6} slow lines: relay {:.1} MB resident; idle sync p50 {:.1} ms, p99 {:.1} ms, {} failed",
                seen.slow_lines,
                seen.relay_rss_mb.unwrap_or(f64::NAN),
                seen.sync_p50_ms,
                seen.sync_p99_ms,
                seen.syncs_failed
            )?;
        }
        let bytes = self.bytes_per_line.unwrap_or(f64::NAN);
        writeln!(out, "{bytes:.0} bytes a line; {} were cut and replaced", self.lines_cut)
    }
}

/// Each line is an open file on both sides.
fn raise_open_files() -> Result<(), Stop> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit })?)
}

//! Fills one store with many made-up records and asks it what a phone's screen asks.
//!
//! ```text
//! cargo run --release -p kahriz-tests --bin big-store -- --n 100000 --keep /tmp/big
//! ```
//!
//! It fills through the facade, as an import does, and asks in a process of its own, so that the memory of asking is
//! told apart from that of filling. A store that is kept is not filled again.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints figures")]

use clap::{Parser, Subcommand};
use kahriz_core::query::{Near, Query, Sort};
use kahriz_core::workspace::{
    Claimed, Draft, Founding, Profile, ScopeProfile, StoreKey, Workspace,
};
use kahriz_hq::demo::generate::Generator;
use kahriz_tests::measure;
use rand::rngs::SysRng;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use std::alloc::System;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;
use zeroizing_alloc::ZeroAlloc;

/// As the programs have it: what is measured pays for wiping what it frees.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

type Stop = Box<dyn std::error::Error + Send + Sync>;

/// Records that one transaction makes.
const SAVED_AT_ONCE: u64 = 500;
/// Filling says how far it is after so many.
const TOLD_AFTER: u64 = 10_000;
/// When the first record claims to have been made, in ms since 1970; each one after it 10 s later.
const BEGIN_MS: i64 = 1_735_700_000_000;
/// Every answer should be there within this time.
const ANSWER_MS_MAX: f64 = 100.0;
/// No process should need more memory than this.
const MEMORY_MB_MAX: f64 = 64.0;

/// Fills one store with made-up records and measures lists and searches.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    /// How many records.
    #[arg(long, default_value_t = 100_000)]
    n: u64,
    /// The same seed makes the same records.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How often each question is asked; the median counts.
    #[arg(long, default_value_t = 9)]
    times: usize,
    /// Keep the store in this folder, or use the one that is there.
    #[arg(long)]
    keep: Option<PathBuf>,
    #[command(subcommand)]
    hidden: Option<Hidden>,
}

#[derive(Subcommand)]
enum Hidden {
    /// Asks a store that is there.
    #[command(name = "__ask", hide = true)]
    Ask { folder: PathBuf, times: usize },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match &arguments.hidden {
        Some(Hidden::Ask { folder, times }) => ask(folder, *times),
        None => fill_and_ask(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("big-store: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn fill_and_ask(arguments: &Arguments) -> Result<(), Stop> {
    let temporary = tempfile::tempdir()?;
    let folder = arguments.keep.clone().unwrap_or_else(|| temporary.path().join("store"));
    if folder.exists() {
        println!("asking the store that is in {}", folder.display());
    } else {
        fill(&folder, arguments)?;
    }
    let asked = Command::new(std::env::current_exe()?)
        .arg("__ask")
        .arg(&folder)
        .arg(arguments.times.to_string())
        .status()?;
    if asked.success() { Ok(()) } else { Err("asking failed; what it says is above".into()) }
}

fn fill(folder: &Path, arguments: &Arguments) -> Result<(), Stop> {
    let workspace = found(folder)?;
    let scope = workspace.scopes().first().ok_or("no scope")?.id;
    let mut generator = Generator::new(arguments.seed);
    let (start, mut told) = (Instant::now(), Instant::now());
    let mut filled = 0;
    while filled < arguments.n {
        let count = SAVED_AT_ONCE.min(arguments.n - filled);
        let made = generator.by_ref().take(usize::try_from(count)?);
        let draft = |made: kahriz_hq::demo::generate::Made| -> Result<Draft, Stop> {
            let mut draft = workspace.new_record(scope, made.kind)?;
            for (field, value) in &made.fields {
                draft.set_json(field, value)?;
            }
            draft.allow_incomplete();
            Ok(draft)
        };
        let drafts: Vec<Draft> = made.map(draft).collect::<Result<_, _>>()?;
        let ms = BEGIN_MS + i64::try_from(filled)? * 10_000;
        workspace.save_many(&drafts, Claimed { ms })?;
        filled += count;
        if filled % TOLD_AFTER == 0 {
            println!(
                "{filled:>7} records, the last {TOLD_AFTER} in {:.2} s",
                told.elapsed().as_secs_f64()
            );
            told = Instant::now();
        }
    }
    drop(workspace);
    println!(
        "filled in {:.1} s, {} kB on disk, peak {}",
        start.elapsed().as_secs_f64(),
        measure::disk_bytes(folder)? / 1_000,
        memory(),
    );
    Ok(())
}

fn found(folder: &Path) -> Result<Workspace, Stop> {
    let mut rng = ChaCha20Rng::try_from_rng(&mut SysRng)?;
    let founding = Founding {
        workspace_name: "Big store".into(),
        operator: Profile { officer: "Officer".into(), device: "Phone".into() },
        scopes: vec![ScopeProfile { name: "Everywhere".into(), prefix: "BIG".into() }],
        relay_url: "http://192.0.2.1".into(),
    };
    let claimed = Claimed { ms: BEGIN_MS };
    Ok(Workspace::found(folder, &store_key(), &founding, claimed, &mut rng)?.0)
}

fn ask(folder: &Path, times: usize) -> Result<(), Stop> {
    let start = Instant::now();
    let workspace = Workspace::open(folder, &store_key())?;
    println!("opened in {:.1} ms", start.elapsed().as_secs_f64() * 1_000.0);
    for (what, query) in questions() {
        let mut found = 0;
        let ms = timed(times, || {
            found = workspace.list(&query)?.total;
            Ok(())
        })?;
        told(what, ms, found);
    }
    for (what, query) in
        [("counts of everything", Query::default()), ("counts of one area", area())]
    {
        let mut found = 0;
        let ms = timed(times, || {
            found = workspace.counts(&query)?.total;
            Ok(())
        })?;
        told(what, ms, found);
    }
    let first = workspace.list(&Query::default())?.rows.into_iter().next();
    if let Some(row) = first {
        let ms = timed(times, || Ok(workspace.record(row.record).map(drop)?))?;
        told("one record opened", ms, 1);
    }
    println!("peak {}", memory());
    Ok(())
}

fn questions() -> Vec<(&'static str, Query)> {
    let text = |text: &str| Query { text: Some(text.to_owned()), ..Query::default() };
    let near = Some(Near { lat: 39.99, lon: 46.93, metres: 5_000.0 });
    let kinds = vec!["missing_person".to_owned()];
    vec![
        ("first page, contested first", Query::default()),
        ("page 1,000, contested first", Query { offset: 50_000, ..Query::default() }),
        ("first page, newest", Query { sort: Sort::Newest, ..Query::default() }),
        ("first page, by title", Query { sort: Sort::Title, ..Query::default() }),
        ("text: aliyev", text("aliyev")),
        ("text: \u{18f}liyev", text("\u{18f}liyev")),
        ("text: Алиев", text("Алиев")),
        ("text: علييف", text("علييف")),
        ("text: two words", text("aliyev elvin")),
        ("text: one letter", text("a")),
        ("text: no such word", text("zzzzq")),
        ("one area", area()),
        ("one kind in one area", Query { kinds, ..area() }),
        ("within 5 km, nearest first", Query { near, sort: Sort::Nearest, ..Query::default() }),
        ("contested only", Query { contested: Some(true), ..Query::default() }),
        (
            "one year",
            Query { from: Some("1993".into()), to: Some("1993".into()), ..Query::default() },
        ),
    ]
}

fn area() -> Query {
    Query { area: Some("AZ-AGM".into()), ..Query::default() }
}

/// The median in ms.
fn timed(times: usize, mut ask: impl FnMut() -> Result<(), Stop>) -> Result<f64, Stop> {
    let mut taken = vec![];
    for _ in 0..times.max(1) {
        let start = Instant::now();
        ask()?;
        taken.push(start.elapsed().as_secs_f64() * 1_000.0);
    }
    Ok(measure::median(&taken))
}

fn told(what: &str, ms: f64, found: u64) {
    let mark = if ms > ANSWER_MS_MAX { "  MISSED" } else { "" };
    println!("{what:<30} {ms:>8.2} ms  {found:>7} found{mark}");
}

fn memory() -> String {
    let Some(mb) = measure::own_peak_rss_mb() else { return "unknown".into() };
    let mark = if mb > MEMORY_MB_MAX { "  MISSED" } else { "" };
    format!("{mb:.1} MB{mark}")
}

/// The key of a store that holds only what is made up.
fn store_key() -> StoreKey {
    StoreKey::from_bytes([7; 32])
}

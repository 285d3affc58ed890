//! Trains the compression dictionary of the wire format on made-up records, and says what it is worth.
//!
//! ```text
//! cargo run --release -p kahriz-tests --bin train-dictionary -- --out /tmp/dictionary.zstd --file tests/data/records-1000.jsonl
//! cargo run --release -p kahriz-tests --bin train-dictionary -- --weigh core/src/batch/dictionary-1.zstd
//! ```
//!
//! A dictionary is a constant of the format: once a frame was sealed with one it stays for ever, under its number. A
//! better one becomes `core/src/batch/dictionary-2.zstd` with a number of its own in `core/src/batch/dictionary.rs`;
//! the old one remains readable, and what every phone already understands is what new frames are sealed with.

#![allow(clippy::print_stdout, reason = "a program that prints figures")]

use clap::Parser;
use kahriz_core::forms::Forms;
use kahriz_hq::mapping::Mapping;
use kahriz_tests::batches::Fresh;
use kahriz_tests::dictionary::{Mix, imported, samples, train, weigh};
use std::error::Error;
use std::path::{Path, PathBuf};

/// Trains the compression dictionary of the wire format on made-up records.
#[derive(Parser)]
struct Arguments {
    /// Where to write the dictionary. Without it nothing is written.
    #[arg(long)]
    out: Option<PathBuf>,
    /// The same seed makes the same dictionary.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Weigh this dictionary instead of training one.
    #[arg(long, conflicts_with = "out")]
    weigh: Option<PathBuf>,
    /// JSON lines, as the mapping `records-1000` takes them, to weigh too. They are never trained on.
    #[arg(long)]
    file: Option<PathBuf>,
    /// Samples of one new record; the other sorts of samples follow in proportion.
    #[arg(long, default_value_t = Mix::STANDARD.creates)]
    creates: usize,
    /// New records, or edits, in a sample that is a handful of them.
    #[arg(long, default_value_t = Mix::STANDARD.handful)]
    handful: usize,
    /// Of a hundred samples of edits and decisions in the standard mix, how many to keep.
    #[arg(long, default_value_t = 100)]
    edits_percent: usize,
    /// Of ten new records, how many were imported.
    #[arg(long, default_value_t = Mix::STANDARD.imported_of_ten)]
    imported_of_ten: usize,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let dictionary = match &arguments.weigh {
        Some(file) => std::fs::read(file)?,
        None => trained(&arguments)?,
    };
    println!("{} bytes", dictionary.len());
    // Another seed: records that were not trained on.
    let held_out = arguments.seed.wrapping_add(1_000_003);
    println!("made up    {}", weigh(&dictionary, &[], held_out)?);
    println!("  without  {}", weigh(&[], &[], held_out)?);
    if let Some(file) = &arguments.file {
        let fresh = read(file)?;
        println!("the file   {}", weigh(&dictionary, &fresh, held_out)?);
        println!("  without  {}", weigh(&[], &fresh, held_out)?);
    }
    if let Some(out) = &arguments.out {
        std::fs::write(out, &dictionary)?;
    }
    Ok(())
}

fn trained(arguments: &Arguments) -> Result<Vec<u8>, Box<dyn Error>> {
    let standard = Mix::STANDARD;
    let in_proportion = |count: usize| count * arguments.creates / standard.creates;
    let edits = |count: usize| in_proportion(count) * arguments.edits_percent / 100;
    let mix = Mix {
        creates: arguments.creates,
        handfuls: in_proportion(standard.handfuls),
        handful: arguments.handful,
        edits: edits(standard.edits),
        edit_handfuls: edits(standard.edit_handfuls),
        decisions: edits(standard.decisions),
        imported_of_ten: arguments.imported_of_ten,
    };
    let samples = samples(&mix, arguments.seed)?;
    let bytes: usize = samples.iter().map(Vec::len).sum();
    println!("{} samples, {bytes} bytes", samples.len());
    Ok(train(&samples)?)
}

fn read(file: &Path) -> Result<Vec<Fresh>, Box<dyn Error>> {
    let mapping = Mapping::builtin("records-1000", Forms::builtin()).ok_or("no such mapping")??;
    let text = std::fs::read_to_string(file)?;
    let record = |line: &str| -> Result<Fresh, Box<dyn Error>> {
        let line = mapping.import(&serde_json::from_str(line)?)?;
        imported(&line.kind, line.entries).ok_or_else(|| "a line makes no record".into())
    };
    text.lines().map(record).collect()
}

//! The programs themselves, killed at random moments: relay, headquarters, phones, in the middle of a save, a sync, a
//! change of keys, a revocation, the upgrade of an old store.
//!
//! Everything is a process of its own on this machine, and nothing is asked of the product but what its commands say.
//! What they acknowledged stands in a ledger that the product does not know; in the end everybody starts again, syncs,
//! and the ledger must be in what each of them shows, and all of them must show the same.

mod ledger;
mod office;
mod old_store;
mod programs;

pub use programs::Programs;

use ledger::Told;
use office::Office;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha20Rng;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Instant;

/// Kills that one organisation lives through.
const KILLS_PER_OFFICE: u64 = 25;

/// Who is killed, and in the middle of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Victim {
    /// A phone that saves.
    Save,
    /// A phone that syncs.
    Sync,
    /// The relay, with which a phone syncs. Half of the organisations have it in headquarters' process.
    Relay,
    /// Headquarters that syncs.
    Headquarters,
    /// Headquarters that gives an area a new key.
    Rotation,
    /// Headquarters that revokes a lost phone.
    Revocation,
    /// A program that brings the store of an older version up to date.
    Upgrade,
}

/// What many kills came to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// The first seed.
    pub seed: u64,
    /// Kills that were tried.
    pub runs: u64,
    /// Processes that were alive when they were killed, by what they were doing.
    pub killed: BTreeMap<Victim, u64>,
    /// Saves that were acknowledged, by how far.
    pub told: Told,
    /// Acknowledged saves that somebody does not show.
    pub lost: u64,
    /// Organisations whose devices show different things, or whose account of frames does not add up.
    pub diverged: u64,
    /// Commands that failed although nobody was killed.
    pub failed: u64,
    /// How long it took.
    pub seconds: f64,
    /// What was wrong, with the seed of its organisation.
    pub broken: Vec<String>,
}

/// Kills so many times; each 25 kills are one organisation, which follows from a seed of its own.
#[must_use]
pub fn run(programs: &Programs, seed: u64, runs: u64) -> Report {
    let begun = Instant::now();
    let mut report = Report { seed, ..Report::default() };
    while report.runs < runs {
        let office = seed + report.runs / KILLS_PER_OFFICE;
        let kills = KILLS_PER_OFFICE.min(runs - report.runs);
        if let Err(wrong) = live(programs, office, kills, &mut report) {
            report.failed += 1;
            report.broken.push(format!("organisation {office}: {wrong}"));
        }
        report.runs += kills;
    }
    report.seconds = begun.elapsed().as_secs_f64();
    report
}

/// One organisation, from its founding to the last look at everybody.
fn live(programs: &Programs, seed: u64, kills: u64, report: &mut Report) -> Result<(), String> {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let mut office = Office::found(programs, seed)?;
    let revoked_at = rng.random_range(0..kills);
    for kill in 0..kills {
        let victim = match rng.random_range(0..16) {
            _ if kill == revoked_at => Victim::Revocation,
            0..=3 => Victim::Save,
            4..=6 => Victim::Sync,
            7..=10 => Victim::Relay,
            11..=12 => Victim::Headquarters,
            13..=14 => Victim::Rotation,
            _ => Victim::Upgrade,
        };
        let was_alive = if victim == Victim::Upgrade {
            old_store::kill_upgrade(programs, &mut rng)?
        } else {
            office.kill(victim, &mut rng).map_err(|wrong| format!("{victim:?}: {wrong}"))?
        };
        *report.killed.entry(victim).or_default() += u64::from(was_alive);
    }
    let ended = office.settle()?;
    report.told.add(&ended.told);
    report.lost += ended.lost.len() as u64;
    report.diverged += u64::from(!ended.differ.is_empty());
    let wrong = ended.lost.into_iter().chain(ended.differ);
    report.broken.extend(wrong.map(|wrong| format!("organisation {seed}: {wrong}")));
    Ok(())
}

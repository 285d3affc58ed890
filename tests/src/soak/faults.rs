//! The long run of field life: months of a small mission, one seeded world after another, and whatever goes wrong in
//! them.
//!
//! People write, most of all on the same few records; lines fail in every way; phones vanish for weeks and come back,
//! some with a clock that is decades off; the relay is replaced, restored or set back, phones and headquarters are
//! destroyed, members revoked (`fault`). Whatever somebody was told of a save goes into a ledger that no part of the
//! product knows (`ledger`). When the faults have stopped and nothing moves any more, what was told must be true:
//! nothing of the ledger may be lost, and all who are left must show the same, byte for byte.

mod course;
mod fault;
mod ledger;
mod quiet;
mod restoring;

use course::Course;
pub use fault::Fault;
pub use ledger::Acknowledged;

use serde::Serialize;
use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

/// What many runs came to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// The seed of the first run; each next one has the next seed.
    pub seed: u64,
    /// Worlds that were run through.
    pub runs: u64,
    /// What people were told, by how much it was.
    pub acknowledged: Acknowledged,
    /// Saves that were acknowledged and are gone. Must be 0.
    pub lost: u64,
    /// Worlds that ended with replicas that differ. Must be 0.
    pub diverged: u64,
    /// Worlds in which something failed that must not.
    pub failed: u64,
    /// Worlds in which a relay's disk and a device's were both lost, so that only who holds a save owes it.
    pub holders_only: u64,
    /// How often each fault was done.
    pub faults: BTreeMap<Fault, u64>,
    /// Syncs, and those among them that failed.
    pub syncs: u64,
    /// See `syncs`.
    pub failed_syncs: u64,
    /// The seeds of the runs that broke the rule, each with what was wrong.
    pub broken: BTreeMap<u64, String>,
    /// How long it all took.
    pub seconds: f64,
}

/// Goes through so many runs, the first with this seed, on every core: worlds share nothing.
///
/// # Panics
/// If a thread cannot be started.
#[must_use]
pub fn run(seed: u64, runs: u64) -> Report {
    let begun = Instant::now();
    let report = Mutex::new(Report { seed, runs, ..Report::default() });
    let next = AtomicU64::new(0);
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= runs {
                return;
            }
            let seed = seed.wrapping_add(number);
            // One world that fails must not hide how the others end.
            let ended = panic::catch_unwind(AssertUnwindSafe(|| Course::of(seed).run()));
            report.lock().expect("nobody panics with it in hand").note(seed, ended);
        }
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| (0..cores).for_each(|_| drop(scope.spawn(work))));
    let mut report = report.into_inner().expect("nobody panics with it in hand");
    report.seconds = begun.elapsed().as_secs_f64();
    report
}

/// What one run came to.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    acknowledged: Acknowledged,
    lost: Vec<String>,
    differ: Vec<String>,
    holders_only: bool,
    faults: Vec<Fault>,
    syncs: u64,
    failed_syncs: u64,
}

impl Report {
    fn note(&mut self, seed: u64, ended: thread::Result<Ended>) {
        match ended {
            Ok(ended) => self.add(seed, ended),
            Err(panic) => {
                self.failed += 1;
                self.broken.insert(seed, said_by(&panic));
            }
        }
    }

    fn add(&mut self, seed: u64, ended: Ended) {
        self.acknowledged.add(&ended.acknowledged);
        self.lost += ended.lost.len() as u64;
        self.diverged += u64::from(!ended.differ.is_empty());
        self.holders_only += u64::from(ended.holders_only);
        self.syncs += ended.syncs;
        self.failed_syncs += ended.failed_syncs;
        ended.faults.iter().for_each(|fault| *self.faults.entry(*fault).or_default() += 1);
        let wrong: Vec<String> = ended.lost.into_iter().chain(ended.differ).collect();
        if !wrong.is_empty() {
            self.broken.insert(seed, format!("{:?}: {}", ended.faults, wrong.join("; ")));
        }
    }
}

fn said_by(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic").to_owned()
}

//! The long run: hostile bytes by the hundred thousand, against the relay's door, a device's take and the engine.
//!
//! Everything follows from one seed. What is counted is how far each mutated input came; what must hold whatever
//! comes is the `gates`: no mutated frame is taken, the main process lives and does not grow, and nothing keeps it
//! waiting.

pub mod changes;
pub mod faults;
pub mod frames;
pub mod kills;
pub mod mutate;
pub mod price;

use crate::measure;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Instant;

/// Memory that the main process may grow by.
const GROWTH_MB_MAX: f64 = 64.0;
/// The longest that one input may take: what the engine is given, and some for a machine that is busy.
const INPUT_MS_MAX: u64 = kahriz_proto::limits::ENGINE_WAIT_MS_MAX + 500;

/// How many inputs came how far.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Course {
    /// Mutated inputs.
    pub tried: u64,
    /// How many were refused, by where and why.
    pub refused: BTreeMap<String, u64>,
    /// How many were taken.
    pub accepted: u64,
}

impl Course {
    /// One more was refused there.
    pub fn refuse(&mut self, stage: &str) {
        self.refuse_many(stage, 1);
    }

    /// So many more were refused there.
    pub fn refuse_many(&mut self, stage: &str, count: u64) {
        if count > 0 {
            *self.refused.entry(stage.to_owned()).or_default() += count;
        }
    }
}

/// What the whole run came to.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// What the run follows from.
    pub seed: u64,
    /// Mutated frames at the relay's door.
    pub frames_at_the_relay: Course,
    /// Mutated frames at a device.
    pub frames_at_a_device: Course,
    /// Mutated changes on the way of everything that is merged: read first, then given to the engine.
    pub changes: Course,
    /// Mutated changes given to the engine unread, to see what reading them first is worth.
    pub changes_unread: Course,
    /// What the engine's processes came to.
    pub engine: Tolls,
    /// Growth of the main process, in MB.
    pub growth_mb: f64,
    /// The longest that one question to the engine took.
    pub slowest_ms: u64,
    /// How long it all took.
    pub seconds: f64,
    /// Which gates are broken.
    pub broken: Vec<String>,
}

/// What the engine's processes came to, for changes that were read first and for those that were not.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Tolls {
    /// Processes that died over changes that were read first.
    pub deaths: u64,
    /// Processes that thought too long over such.
    pub time_outs: u64,
    /// Processes that died over unread changes.
    pub deaths_unread: u64,
    /// Processes that thought too long over such.
    pub time_outs_unread: u64,
    /// The largest growth of one of these processes, in MB, as far as it was seen alive.
    pub growth_mb: f64,
}

/// Runs it all. `engine` is the program that answers for the engine, when called with the word `engine`.
#[must_use]
pub fn run(seed: u64, frames: u64, changes: u64, engine: &std::path::Path) -> Report {
    let begun = Instant::now();
    let mut at_frames = frames::Soaked::begin(seed);
    let mut at_changes = changes::Soaked::begin(seed, engine);
    let before_mb = measure::own_peak_rss_mb().unwrap_or(0.0);
    at_frames.run(frames);
    at_changes.run(changes);
    let growth_mb = measure::own_peak_rss_mb().unwrap_or(0.0) - before_mb;
    let mut report = Report {
        seed,
        frames_at_the_relay: at_frames.at_the_relay,
        frames_at_a_device: at_frames.at_a_device,
        changes: at_changes.read,
        changes_unread: at_changes.unread,
        engine: at_changes.tolls,
        growth_mb,
        slowest_ms: at_changes.slowest_ms,
        seconds: begun.elapsed().as_secs_f64(),
        broken: vec![],
    };
    report.broken = report.broken_gates();
    report
}

impl Report {
    fn broken_gates(&self) -> Vec<String> {
        let taken = self.frames_at_the_relay.accepted + self.frames_at_a_device.accepted;
        let gates = [
            (taken > 0, format!("{taken} mutated frames were taken")),
            (
                self.growth_mb > GROWTH_MB_MAX,
                format!("the main process grew by {:.0} MB", self.growth_mb),
            ),
            (self.slowest_ms > INPUT_MS_MAX, format!("one question took {} ms", self.slowest_ms)),
        ];
        gates.into_iter().filter(|(broken, _)| *broken).map(|(_, what)| what).collect()
    }
}

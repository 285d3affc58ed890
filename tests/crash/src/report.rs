//! What the cuts of one store came to, and how they are gone through.

use crate::disk::{Disk, Temper, lay_out};
use crate::op::{Laid, Op, Recording};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use serde::Serialize;
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

/// What the cuts came to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// What chance followed from.
    pub seed: u64,
    /// Calls that were recorded and that changed something.
    pub calls: u64,
    /// Moments at which the power failed, times the disks that were tried for each.
    pub cuts: u64,
    /// Disks among them that differ, or that differ in what had been told.
    pub distinct: u64,
    /// What was wrong: the call after which the power failed, the disk's temper, and what the store said.
    pub broken: Vec<String>,
}

impl Report {
    /// Of the same seed, and nothing yet.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }

    /// Adds what other cuts came to.
    pub fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.cuts += other.cuts;
        self.distinct += other.distinct;
        self.broken.extend(other.broken);
    }
}

/// Goes through a recording: after each call that changed something the power fails on so many disks. `judge` is given
/// a folder with what is left, and the last step that was told.
pub fn cut_everywhere(
    recording: &Recording,
    seed: u64,
    disks: u32,
    scratch: &Path,
    mut judge: impl FnMut(&Path, Option<usize>) -> Result<(), String>,
) -> Report {
    let mut report = Report::of(seed);
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let mut disk = Disk::before(recording);
    let (mut told, mut seen) = (None, BTreeSet::new());
    for (number, op) in recording.ops.iter().enumerate() {
        disk.take(op);
        if let Op::Told(step) = op {
            told = Some(*step);
            continue;
        }
        report.calls += 1;
        for _ in 0..disks {
            let temper = Temper::draw(&mut rng);
            let laid = disk.cut(temper, &mut rng);
            report.cuts += 1;
            // The same disk after the same words has been judged.
            if !seen.insert(print_of(&laid, told)) {
                continue;
            }
            report.distinct += 1;
            let place = scratch.join("after-the-cut");
            lay_out(&laid, &recording.root, &place);
            if let Err(wrong) = judge(&place, told) {
                report.broken.push(format!("call {number} {temper:?}, told {told:?}: {wrong}"));
            }
            std::fs::remove_dir_all(&place).expect("the folder can be removed");
        }
    }
    report
}

fn print_of(laid: &Laid, told: Option<usize>) -> u64 {
    let mut print = DefaultHasher::new();
    (&laid.files, &laid.folders, told).hash(&mut print);
    print.finish()
}

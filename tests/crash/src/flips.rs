//! A disk that keeps something else than it was given: one bit is flipped, in each page of a store's file and in each
//! frame of its write-ahead log in turn.
//!
//! Whatever is opened then says what is wrong, or shows what was written. A log is a story that may end anywhere, so
//! there a store may also show an earlier moment, whole: SQLite takes the log to end where a checksum does not fit, as it
//! must after a power cut.

pub mod phone;
pub mod relay;

use crate::op::Laid;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha20Rng;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// SQLite's page, here and in both stores.
const PAGE: usize = 4_096;
/// A log: what stands before all frames, and before each page.
const LOG_HEAD: usize = 32;
const FRAME_HEAD: usize = 24;

/// What is flipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The database.
    File,
    /// Its write-ahead log, as a process leaves it that dies.
    Log,
}

/// What came of one flipped bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Course {
    /// Everything is shown as it was written.
    Unchanged,
    /// An earlier moment is shown, whole.
    Earlier,
    /// It was said that something is wrong.
    Said,
    /// Something altered was given out that cannot be taken for good: a signature or a seal shows it to whoever gets it.
    Sealed,
}

/// What came of all of them.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Bits that were flipped, one a page.
    pub flipped: u64,
    /// After which everything was shown as it was written.
    pub unchanged: u64,
    /// After which an earlier moment was shown.
    pub earlier: u64,
    /// After which it was said that something is wrong.
    pub said: u64,
    /// After which only a signature or a seal showed it.
    pub sealed: u64,
    /// What was wrong.
    pub broken: Vec<String>,
}

/// A store's files, and which of them is flipped.
pub(crate) struct Image {
    pub(crate) laid: Laid,
    pub(crate) root: PathBuf,
    pub(crate) part: Part,
}

impl Image {
    /// Flips one bit in each page, on so many images each, and has each one judged.
    pub(crate) fn flip_everywhere(
        &self,
        rounds: u64,
        scratch: &Path,
        mut judge: impl FnMut(&Path) -> Result<Course, String>,
    ) -> Report {
        let mut report = Report::default();
        for seed in 0..rounds {
            let mut rng = ChaCha20Rng::seed_from_u64(seed);
            let flipped = self.flipped();
            let len = self.laid.files[flipped].1.len();
            for (from, to) in self.part.stretches(len) {
                let bit = rng.random_range(from * 8..to * 8);
                let place = scratch.join("flipped");
                let mut laid = self.laid.clone();
                laid.files[flipped].1[bit / 8] ^= 1 << (bit % 8);
                crate::disk::lay_out(&laid, &self.root, &place);
                report.count(judge(&place), &format!("{:?}, bit {bit}", self.part));
                std::fs::remove_dir_all(&place).expect("the folder can be removed");
            }
        }
        report
    }

    /// The largest file with that ending is the one that was written.
    fn flipped(&self) -> usize {
        let is_it = |path: &Path| {
            let name = path.to_string_lossy();
            match self.part {
                Part::File => name.ends_with(".db") || name.ends_with(".sqlite"),
                Part::Log => name.ends_with("-wal"),
            }
        };
        self.laid.files.iter().position(|(path, _)| is_it(path)).expect("the store has that file")
    }
}

impl Part {
    /// From where to where each page goes, with what stands before it.
    fn stretches(self, len: usize) -> Vec<(usize, usize)> {
        let (head, step) = match self {
            Self::File => (0, PAGE),
            Self::Log => (LOG_HEAD, FRAME_HEAD + PAGE),
        };
        let first = (head > 0).then_some((0, head));
        let pages = (head..len).step_by(step).map(|from| (from, (from + step).min(len)));
        first.into_iter().chain(pages).collect()
    }
}

impl Report {
    fn count(&mut self, course: Result<Course, String>, bit: &str) {
        self.flipped += 1;
        match course {
            Ok(Course::Unchanged) => self.unchanged += 1,
            Ok(Course::Earlier) => self.earlier += 1,
            Ok(Course::Said) => self.said += 1,
            Ok(Course::Sealed) => self.sealed += 1,
            Err(wrong) => self.broken.push(format!("{bit}: {wrong}")),
        }
    }
}

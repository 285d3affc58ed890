//! A disk that says no: a sync that fails, once or from then on, no room, or nothing at all any more.
//!
//! A story is lived through again and again, and each time another call of it fails. Whoever is told of an error tries
//! once more, as people do. What was acknowledged all the same must be there: when the store is closed and opened, and
//! also when the power fails. For a sync that failed is worth nothing, even if the next one succeeds: the system may
//! have forgotten what it could not write, and says so once only.

pub mod phone;
pub mod relay;

use crate::disk::{Disk, Temper, lay_out};
use crate::op::{Op, Recording};
use crate::tap::{Calls, Fault, Watching};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use serde::Serialize;
use std::error::Error;
use std::path::Path;

/// What goes wrong at the k-th call of its sort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// A sync fails, and the next ones don't.
    OneSync,
    /// A sync fails, and so do all after it.
    EverySync,
    /// There is no room, until somebody was told so and made some.
    NoRoom,
    /// Nothing is taken any more.
    Gone,
}

impl Trouble {
    /// As the tap is told it.
    #[must_use]
    pub fn at(self, call: usize) -> Fault {
        match self {
            Self::OneSync => Fault::SyncFails(Calls::only(call)),
            Self::EverySync => Fault::SyncFails(Calls::since(call)),
            Self::NoRoom => Fault::Full(Calls::since(call)),
            Self::Gone => Fault::Gone(Calls::since(call)),
        }
    }

    /// Whether it is over as soon as somebody was told of it.
    fn passes(self) -> bool {
        matches!(self, Self::OneSync | Self::NoRoom)
    }

    /// What is wrong with what a person is told of it.
    fn is_told_badly(self, error: &(dyn Error + 'static)) -> Option<String> {
        let causes = std::iter::successors(Some(error), |error| (*error).source());
        let said: Vec<String> = causes.map(ToString::to_string).collect();
        let says = |words: &str| said.iter().any(|said| said.contains(words));
        let is_right = match self {
            Self::NoRoom => says("the disk is full"),
            Self::OneSync | Self::EverySync => !says("the disk is full"),
            // SQLite takes an index of its log that cannot grow for a full disk.
            Self::Gone => true,
        };
        (!is_right || says("damaged")).then(|| format!("it is said: {}", said.join(": ")))
    }
}

/// What a story came to, over all calls at which the trouble began.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Calls at which it began.
    pub begun: u64,
    /// Times that somebody was told of an error.
    pub refused: u64,
    /// Times that something was acknowledged.
    pub acknowledged: u64,
    /// Moments after the trouble at which the power was cut besides.
    pub cuts: u64,
    /// What was wrong, with the call at which the trouble began.
    pub broken: Vec<String>,
}

/// One story that is lived through while the disk makes trouble.
pub(crate) struct Course {
    pub(crate) watching: Watching,
    pub(crate) trouble: Trouble,
    pub(crate) refused: u64,
    /// How much was recorded when the first error was told, and what had been acknowledged then.
    pub(crate) first_refusal: Option<(usize, usize)>,
    pub(crate) acknowledged: usize,
    pub(crate) wrong: Vec<String>,
}

impl Course {
    pub(crate) fn of(trouble: Trouble, watching: Watching) -> Self {
        let (first_refusal, wrong) = (None, vec![]);
        Self { watching, trouble, refused: 0, first_refusal, acknowledged: 0, wrong }
    }

    /// Something is done, and once more if it fails. When the trouble has passed, that must help, in the same process.
    pub(crate) fn try_twice<T, E: Error + 'static>(
        &mut self,
        mut what: impl FnMut() -> Result<T, E>,
    ) -> Option<T> {
        for attempt in 0..2 {
            match what() {
                Ok(done) => return Some(done),
                Err(error) => self.is_told(&error, attempt),
            }
        }
        None
    }

    fn is_told(&mut self, error: &(dyn Error + 'static), attempt: u32) {
        self.refused += 1;
        let now = (self.watching.recorded(), self.acknowledged);
        self.first_refusal.get_or_insert(now);
        self.wrong.extend(self.trouble.is_told_badly(error));
        if self.trouble == Trouble::NoRoom {
            self.watching.mend();
        }
        if self.watching.struck() == 0 || (attempt > 0 && self.trouble.passes()) {
            self.wrong.push(format!("nothing fails any more, and yet: {error}"));
        }
    }

    /// Somebody is told that something is done.
    pub(crate) fn acknowledges(&mut self) {
        self.watching.told(self.acknowledged);
        self.acknowledged += 1;
    }
}

/// The power fails at each acknowledgement after the first sync that failed. `judge` is given a folder with what is
/// left, and how many acknowledgements there were.
pub(crate) fn cut_after_failed_syncs(
    recording: &Recording,
    scratch: &Path,
    report: &mut Report,
    mut judge: impl FnMut(&Path, usize) -> Result<(), String>,
) {
    let mut disk = Disk::before(recording);
    let mut has_failed = false;
    for op in &recording.ops {
        disk.take(op);
        has_failed |= matches!(op, Op::SyncFailed(_));
        if let (Op::Told(told), true) = (op, has_failed) {
            cut_now(&disk, &recording.root, scratch, report, |place| judge(place, told + 1));
        }
    }
}

/// The process dies when it has told of the first error. The next one reads what the system still has in its memory,
/// although it may never come to the disk: does `go_on` there build on sand? The power fails when it is done.
pub(crate) fn die_at_the_first_refusal(
    recording: &Recording,
    refused_at: usize,
    scratch: &Path,
    report: &mut Report,
    go_on: impl FnOnce(&Path) -> Result<Recording, String>,
    judge: impl FnMut(&Path) -> Result<(), String>,
) -> Result<(), String> {
    let mut disk = Disk::before(recording);
    recording.ops[..refused_at].iter().for_each(|op| disk.take(op));
    let place = scratch.join("after-the-death");
    lay_out(&disk.seen(), &recording.root, &place);
    let next = go_on(&place)?;
    let mut disk = disk.carried_on(&recording.root, &next);
    let done = next.ops.iter().position(|op| matches!(op, Op::Told(_)));
    let done = done.ok_or("nothing could be done after the death")?;
    next.ops[..done].iter().for_each(|op| disk.take(op));
    cut_now(&disk, &next.root, scratch, report, judge);
    std::fs::remove_dir_all(&place).expect("the folder can be removed");
    Ok(())
}

fn cut_now(
    disk: &Disk,
    root: &Path,
    scratch: &Path,
    report: &mut Report,
    mut judge: impl FnMut(&Path) -> Result<(), String>,
) {
    let mut rng = ChaCha20Rng::seed_from_u64(report.cuts);
    for temper in [Temper::Forgetful, Temper::Torn] {
        let place = scratch.join("after-the-cut");
        lay_out(&disk.cut(temper, &mut rng), root, &place);
        report.cuts += 1;
        if let Err(wrong) = judge(&place) {
            report.broken.push(format!("power cut, {temper:?}: {wrong}"));
        }
        std::fs::remove_dir_all(&place).expect("the folder can be removed");
    }
}

//! Mutated changes: on the way of everything that is merged, and given to the engine unread.

use super::mutate::{self, Inflations};
use super::{Course, Tolls};
use crate::measure;
use kahriz_core::record::{
    Author, Change, Document, Edit, Engine, EngineError, Grown, RecordError, Trial, Write,
};
use kahriz_core::value::Scalar;
use kahriz_hq::engine::{ChildEngine, Toll};
use kahriz_proto::ids::LogId;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha20Rng;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Trials in one question to the engine.
const AT_ONCE: u64 = 64;

/// One question in so many is of unread changes. Some of those cost the engine all of its time.
const UNREAD_ONE_IN: u64 = 32;

/// A document and a change that fits it.
struct Sample {
    kept: Vec<u8>,
    chunk: Vec<u8>,
}

/// The soak of changes, as far as it has come.
pub struct Soaked {
    /// Changes that were read before the engine was given them.
    pub read: Course,
    /// Changes that the engine was given unread.
    pub unread: Course,
    /// What the engine's processes came to.
    pub tolls: Tolls,
    /// The longest that one question took.
    pub slowest_ms: u64,
    engine: ChildEngine,
    toll: Arc<Toll>,
    first_mb: f64,
    samples: Vec<Sample>,
    rng: ChaCha20Rng,
}

impl Soaked {
    /// Makes the samples. `engine` is the program that is the engine.
    #[must_use]
    pub fn begin(seed: u64, engine: &Path) -> Self {
        let engine = ChildEngine::of(engine.to_owned());
        let toll = engine.toll();
        let mut soaked = Self {
            read: Course::default(),
            unread: Course::default(),
            tolls: Tolls::default(),
            slowest_ms: 0,
            engine,
            toll,
            first_mb: 0.0,
            samples: samples(),
            rng: ChaCha20Rng::seed_from_u64(seed ^ 0xc4a9),
        };
        soaked.look_at_the_unaltered();
        soaked
    }

    /// What is not mutated must be taken, else nothing here means anything.
    fn look_at_the_unaltered(&mut self) {
        let trial = |sample: &Sample| Trial {
            kept: sample.kept.clone(),
            changes: vec![Change::from_chunk(sample.chunk.clone()).expect("it was made here")],
            compact: false,
        };
        let trials: Vec<Trial> = self.samples.iter().map(trial).collect();
        let answers = self.engine.grow(&trials).expect("the engine runs");
        assert!(answers.iter().all(Result::is_ok), "an unaltered change is taken");
        let process = u32::try_from(self.toll.process.load(Ordering::Relaxed)).unwrap_or(0);
        self.first_mb = measure::peak_rss_mb_of(process).unwrap_or(0.0);
    }

    /// Most of them on the way of everything, some unread.
    pub fn run(&mut self, changes: u64) {
        let mut left = changes;
        while left > 0 {
            let count = left.min(AT_ONCE);
            left -= count;
            let unread = (left / AT_ONCE) % UNREAD_ONE_IN == 1;
            if unread { self.try_unread(count) } else { self.try_read(count) }
        }
    }

    fn try_read(&mut self, count: u64) {
        let mut trials = vec![];
        for _ in 0..count {
            self.read.tried += 1;
            let (sample, chunk) = self.mutated(Inflations::Many);
            match Change::from_chunk(chunk) {
                Ok(change) => trials.push(Trial {
                    kept: self.samples[sample].kept.clone(),
                    changes: vec![change],
                    compact: self.rng.random_range(0..8) == 0,
                }),
                Err(RecordError::OverLimit) => self.read.refuse("over a limit"),
                Err(_) => self.read.refuse("not a change"),
            }
        }
        let before = self.deaths();
        for answer in self.ask(&trials) {
            count_in(&mut self.read, answer);
        }
        let after = self.deaths();
        self.tolls.deaths += after.0 - before.0;
        self.tolls.time_outs += after.1 - before.1;
    }

    /// As a part of what is kept, where nobody reads it before the engine does.
    fn try_unread(&mut self, count: u64) {
        let mut trials = vec![];
        for _ in 0..count {
            self.unread.tried += 1;
            let (sample, chunk) = self.mutated(Inflations::Few);
            let kept = [&self.samples[sample].kept[..], &chunk].concat();
            trials.push(Trial { kept, changes: vec![], compact: self.rng.random_range(0..8) == 0 });
        }
        let before = self.deaths();
        for trial in &trials {
            let answers = self.ask(std::slice::from_ref(trial));
            answers.into_iter().for_each(|answer| count_in(&mut self.unread, answer));
        }
        let after = self.deaths();
        self.tolls.deaths_unread += after.0 - before.0;
        self.tolls.time_outs_unread += after.1 - before.1;
    }

    /// A sample, and its change made another.
    fn mutated(&mut self, inflations: Inflations) -> (usize, Vec<u8>) {
        let sample = self.rng.random_range(0..self.samples.len());
        loop {
            let chunk = mutate::change(&self.samples[sample].chunk, inflations, &mut self.rng);
            if chunk != self.samples[sample].chunk {
                return (sample, chunk);
            }
        }
    }

    fn ask(&mut self, trials: &[Trial]) -> Vec<Result<Grown, Refused>> {
        if trials.is_empty() {
            return vec![];
        }
        let answers = match self.engine.grow(trials) {
            Ok(answers) => answers.into_iter().map(|one| one.map_err(Refused::By)).collect(),
            // One of them killed it. All are asked again, each alone.
            Err(EngineError::Died) if trials.len() > 1 => {
                return trials.chunks(1).flat_map(|one| self.ask(one)).collect();
            }
            Err(EngineError::Died) => vec![Err(Refused::Died)],
            Err(EngineError::Unavailable) => panic!("the engine cannot be started"),
        };
        let process = u32::try_from(self.toll.process.load(Ordering::Relaxed)).unwrap_or(0);
        let grown = measure::peak_rss_mb_of(process).unwrap_or(0.0) - self.first_mb;
        self.tolls.growth_mb = self.tolls.growth_mb.max(grown);
        self.slowest_ms = self.toll.slowest_ms.load(Ordering::Relaxed);
        answers
    }

    fn deaths(&self) -> (u64, u64) {
        let count = |number: &std::sync::atomic::AtomicU64| number.load(Ordering::Relaxed);
        (count(&self.toll.deaths), count(&self.toll.time_outs))
    }
}

#[derive(Clone)]
enum Refused {
    By(RecordError),
    Died,
}

fn count_in(course: &mut Course, answer: Result<Grown, Refused>) {
    match answer {
        Ok(_) => course.accepted += 1,
        Err(Refused::By(RecordError::Panicked)) => course.refuse("panicked, contained"),
        Err(Refused::By(RecordError::MissingDeps)) => course.refuse("builds on what is not there"),
        Err(Refused::By(_)) => course.refuse("refused by the engine"),
        Err(Refused::Died) => course.refuse("killed its process"),
    }
}

/// Documents in all the shapes that this program makes: new, edited, edited by two at once, decided, with a long text.
fn samples() -> Vec<Sample> {
    let (anna, bayram) = (LogId::from_bytes([0xa; 16]), LogId::from_bytes([0xb; 16]));
    let by = |log| Author { log, claimed_s: 1_763_000_000, reason: Some("because") };
    let write = |key: &str, value: Scalar| Write { key: key.into(), value, mergeable: true };
    let long = "It was on a day in autumn. ".repeat(50);
    let first = [
        write("full_name", Scalar::from("Əliyev Vaqif")),
        write("sex", Scalar::from("male")),
        write("minor", Scalar::Bool(false)),
        write("children", Scalar::Int(-3)),
        write("last_seen.point", Scalar::Bytes(vec![1, 2, 3, 4, 5, 6, 7, 8])),
        write("circumstances.narrative", Scalar::from(long.as_str())),
    ];
    let (mut mine, created) = Document::create(&first, &by(anna)).expect("it can be made");
    let mut theirs = Document::empty();
    theirs.apply(vec![created.clone()]).expect("it can be taken");
    let mut samples = vec![Sample { kept: vec![], chunk: created.chunk().to_vec() }];
    let mut kept = created.chunk().to_vec();
    let longer = format!("{long}And then it rained.");
    let edits = [
        (anna, vec![write("full_name", Scalar::from("Əliyev Vaqif oğlu"))]),
        (bayram, vec![write("full_name", Scalar::from("Aliyev")), write("sex", Scalar::Null)]),
        (bayram, vec![write("circumstances.narrative", Scalar::from(longer.as_str()))]),
        (anna, vec![write("circumstances.narrative", Scalar::Null)]),
        (anna, vec![write("full_name", Scalar::from("Vaqif")), write("children", Scalar::Int(9))]),
    ];
    for (round, (log, writes)) in edits.into_iter().enumerate() {
        // The second edit is made without knowing of the first.
        let document = if round == 1 { &mut theirs } else { &mut mine };
        let base = document.heads();
        let edit = document.edit(&base, &writes, &by(log)).expect("it can be edited");
        let Edit::Changed(change) = edit else { panic!("nothing was changed") };
        samples.push(Sample { kept: kept.clone(), chunk: change.chunk().to_vec() });
        kept.extend_from_slice(change.chunk());
        if round == 1 {
            mine.apply(vec![*change]).expect("it can be taken");
        }
    }
    let compact = mine.save();
    let base = mine.heads();
    let edit = mine.edit(&base, &[write("sex", Scalar::from("female"))], &by(bayram));
    let Ok(Edit::Changed(change)) = edit else { panic!("nothing was changed") };
    samples.push(Sample { kept: compact, chunk: change.chunk().to_vec() });
    samples
}

//! A relay's story, told while its store is watched: it is founded, frames come in groups, a phone that was copied
//! contradicts itself, letters and joins wait, it is restarted and backed up; and what each disk that is left must hold.

use crate::op::Recording;
use crate::report::{self, Report};
use crate::tap::{Fault, Watching, watch};
use kahriz_proto::frame::Frame;
use kahriz_proto::ids::DeviceId;
use kahriz_relay::backup::{self, Wish};
use kahriz_relay::log::{
    Arrival, DATABASE, Extension, Letter, Log, LogError, Outcome, Room, SqliteLog, WaitingJoin,
};
use kahriz_relay::testing::Organisation;
use std::path::Path;
use tempfile::TempDir;

/// Scopes of the organisation that are written to.
pub(crate) const SCOPE: u8 = 1;
/// Bytes of a frame's body: a few pages, so that a group is more than one write.
const BODY: usize = 9_000;

/// Everything that a relay holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holds {
    pub(crate) roster: Vec<Vec<u8>>,
    pub(crate) frames: Vec<Vec<u8>>,
    forks: Vec<Vec<u8>>,
    letters: Vec<Vec<u8>>,
    joins: Vec<Vec<u8>>,
}

/// The story, recorded.
pub struct Story {
    recording: Recording,
    steps: Vec<Holds>,
    organisation: Organisation,
    backed_up: usize,
    scratch: TempDir,
}

struct Telling {
    watching: Watching,
    steps: Vec<Holds>,
}

impl Telling {
    fn told(&mut self, log: &SqliteLog, organisation: &Organisation) -> usize {
        let holds = Holds::of(log, organisation).expect("the relay can be read");
        self.watching.told(self.steps.len());
        self.steps.push(holds);
        self.steps.len() - 1
    }
}

impl Story {
    /// Lets it happen.
    ///
    /// # Panics
    /// If something fails that must not, or if the tap missed what was written.
    #[must_use]
    pub fn record() -> Self {
        let scratch = kahriz_tests::world::scratch_folder();
        let home = scratch.path().join("relay");
        let backups = home.join("backups");
        let mut organisation = Organisation::found(1);
        let mut telling = Telling { watching: watch(&home, Fault::None), steps: vec![] };
        let log = SqliteLog::open(&home).expect("a log can be made");
        telling.told(&log, &organisation);
        for step in steps(&mut organisation) {
            step.take(&log, &organisation).expect("it is written");
            telling.told(&log, &organisation);
        }
        drop(log);
        let log = SqliteLog::open(&home).expect("it opens again");
        telling.told(&log, &organisation);
        let wish = Wish { out: &backups, keep: Some(1), with_tls_key: false };
        backup::back_up(&home, &wish, 1_773_302_400_000, &mut |_, _| {}).expect("it is backed up");
        let backed_up = telling.told(&log, &organisation);
        late(&organisation).take(&log, &organisation).expect("it is written");
        telling.told(&log, &organisation);
        drop(log);
        let (recording, steps) = (telling.watching.finish(), telling.steps);
        recording.must_be_whole();
        Self { recording, steps, organisation, backed_up, scratch }
    }

    /// The power fails after each call, on so many disks.
    #[must_use]
    pub fn cut_everywhere(&self, seed: u64, disks: u32) -> Report {
        report::cut_everywhere(&self.recording, seed, disks, self.scratch.path(), |place, told| {
            self.judge(place, told)
        })
    }

    fn judge(&self, place: &Path, told: Option<usize>) -> Result<(), String> {
        let log = SqliteLog::open(place).map_err(|error| format!("it does not open: {error}"))?;
        let found = Holds::of(&log, &self.organisation)?;
        let before = told.map(|told| self.steps[told].clone()).unwrap_or_default();
        let after = self.steps.get(told.map_or(0, |told| told + 1)).unwrap_or(&before);
        // Each step is one transaction: all of it, or nothing.
        if found != before && found != *after {
            return Err(format!("it holds {} instead of {}", found.said(), before.said()));
        }
        drop(log);
        judge_sound(place)?;
        self.judge_backups(&place.join("backups"), told)
    }

    /// What has a backup's name is a whole one, and one that was told of is there.
    fn judge_backups(&self, backups: &Path, told: Option<usize>) -> Result<(), String> {
        let entries = std::fs::read_dir(backups).into_iter().flatten();
        let names = entries.map(|entry| entry.expect("the folder can be read").path());
        let named = |path: &std::path::PathBuf| path.is_dir() && path.extension().is_none();
        let mut whole = 0;
        for folder in names.filter(named) {
            backup::whole(&folder).map_err(|error| format!("a backup is not whole: {error}"))?;
            whole += 1;
        }
        let is_told = told >= Some(self.backed_up);
        if is_told && whole == 0 { Err("the backup is gone".to_owned()) } else { Ok(()) }
    }
}

/// One thing that phones and headquarters bring, one commit each.
pub(crate) enum Step {
    Roster(u64, Extension),
    Frames(Vec<Frame>),
    Letter(Letter),
    DropLetters(u64),
    Join(WaitingJoin),
}

impl Step {
    pub(crate) fn take(&self, log: &SqliteLog, of: &Organisation) -> Result<(), LogError> {
        let id = of.id();
        match self {
            Self::Roster(after, extension) => log.extend_roster(id, *after, extension).map(drop),
            Self::Frames(frames) => append(log, of, frames),
            Self::Letter(letter) => log.keep_letter(id, letter, &Room::ENDLESS).map(drop),
            Self::DropLetters(up_to) => log.drop_letters(id, *up_to),
            Self::Join(join) => log.keep_join(id, join.clone()).map(drop),
        }
    }
}

/// What is brought, in order.
pub(crate) fn steps(of: &mut Organisation) -> Vec<Step> {
    let mut steps = vec![Step::Roster(0, of.entries.clone().into())];
    let held = of.entries.len();
    let officers = [50, 60].map(|number| of.admit_officer(number));
    steps.push(Step::Roster(held as u64, of.entries[held..].to_vec().into()));
    let mut phone = officers[0].chain(of.scope(SCOPE));
    let mut copied = phone.clone();
    for group in 0..4_u8 {
        let frames = (0..3).map(|n| phone.seal(&[group * 3 + n; BODY])).collect();
        steps.push(Step::Frames(frames));
    }
    steps.push(Step::Frames(vec![copied.seal(b"of a copied phone")]));
    for number in 0..3_u8 {
        let (device, hash) = (officers[0].id, [number; 32]);
        let bytes = vec![number; BODY / 3];
        steps.push(Step::Letter(Letter { device, hash, bytes }));
    }
    steps.push(Step::DropLetters(1));
    let (invite, device) = (DeviceId::from_bytes([1; 16]), DeviceId::from_bytes([2; 16]));
    steps.push(Step::Join(WaitingJoin { invite, device, bytes: vec![3; 500] }));
    steps
}

/// A frame of another phone, which comes last.
pub(crate) fn late(of: &Organisation) -> Step {
    Step::Frames(vec![of.device(60).chain(of.scope(SCOPE)).seal(&[7; BODY])])
}

fn append(log: &SqliteLog, of: &Organisation, frames: &[Frame]) -> Result<(), LogError> {
    let arrival = |frame: &Frame| Arrival { workspace: of.id(), frame: of.verified(frame.clone()) };
    let arrivals: Vec<Arrival> = frames.iter().map(arrival).collect();
    let outcomes = log.append(&arrivals, &Room::ENDLESS)?;
    // One that was refused and brought again may have been taken after all.
    let is_kept = |outcome: &Outcome| {
        matches!(outcome, Outcome::Stored(_) | Outcome::Fork | Outcome::Duplicate)
    };
    assert!(outcomes.iter().all(is_kept), "{outcomes:?}");
    Ok(())
}

impl Holds {
    /// What a relay holds of an organisation. Every frame must be the one that its place's hash names.
    ///
    /// # Errors
    /// What could not be read.
    pub fn of(log: &SqliteLog, of: &Organisation) -> Result<Self, String> {
        let (id, scope) = (of.id(), of.scope(SCOPE));
        let said = |error: LogError| error.to_string();
        let mut frames = vec![];
        for listed in log.listing(id, scope, 0, usize::MAX >> 1).map_err(said)? {
            let bytes = log.frame(id, scope, listed.position).map_err(said)?;
            let frame = bytes
                .ok_or("a frame is gone")
                .and_then(|bytes| Frame::decode(bytes).map_err(|_| "a frame is none"))?;
            if frame.hash() != listed.hash {
                return Err("a frame is another".to_owned());
            }
            frames.push(frame.into_bytes());
        }
        let forks = log.forks(id).map_err(said)?.into_iter().map(|fork| fork.bytes).collect();
        let letters = log.letters(id, 0, usize::MAX >> 1).map_err(said)?.letters.into_iter();
        let joins = log.joins(id).map_err(said)?.into_iter().map(|join| join.bytes).collect();
        Ok(Self {
            roster: log.roster(id, 0, usize::MAX >> 1).map_err(said)?,
            frames,
            forks,
            letters: letters.map(|letter| letter.deposit.to_vec()).collect(),
            joins,
        })
    }

    /// Whether everything that was held before is held still, but for letters, which go when they were fetched.
    pub(crate) fn goes_on_from(&self, before: &Self) -> bool {
        self.roster.starts_with(&before.roster)
            && self.frames.starts_with(&before.frames)
            && self.forks.starts_with(&before.forks)
            && before.joins.iter().all(|join| self.joins.contains(join))
            && (self.letters.starts_with(&before.letters)
                || before.letters.ends_with(&self.letters))
    }

    pub(crate) fn said(&self) -> String {
        format!(
            "{} entries, {} frames, {} forks, {} letters, {} joins",
            self.roster.len(),
            self.frames.len(),
            self.forks.len(),
            self.letters.len(),
            self.joins.len()
        )
    }
}

/// A copy of the store reads back from its first page to its last frame.
pub(crate) fn judge_sound(place: &Path) -> Result<(), String> {
    let copies = place.join("copy");
    std::fs::create_dir(&copies).expect("the folder can be made");
    let copied = backup::copy_store(place, &copies, &mut |_, _| {});
    copied.map(drop).map_err(|error| format!("{DATABASE} is not sound: {error}"))
}

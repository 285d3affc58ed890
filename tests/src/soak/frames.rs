//! Mutated frames: at the relay's door, and at a device that a relay without a door hands them to.

use super::{Course, mutate};
use crate::world::{ForgedRelay, Insider, Who, World, scratch_folder};
use kahriz_core::crypto;
use kahriz_core::drive;
use kahriz_core::workspace::Workspace;
use kahriz_proto::frame::{Frame, FrameError};
use kahriz_proto::message::Verdict;
use kahriz_proto::roster::Role;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha20Rng;
use std::collections::BTreeSet;
use std::path::Path;

/// Frames in one request to the relay.
const AT_ONCE: usize = 64;
/// Frames that one copy of the device is given.
const A_DEVICE: usize = 1_024;

/// The soak of frames, as far as it has come.
pub struct Soaked {
    /// Those that were pushed to the relay.
    pub at_the_relay: Course,
    /// Those that a device pulled.
    pub at_a_device: Course,
    world: World,
    /// Whose frames they are, and who is to take them.
    author: Who,
    victim: Who,
    /// Somebody with keys of their own who passes the author's frames on, altered.
    insider: Insider,
    frames: Vec<Vec<u8>>,
    rng: ChaCha20Rng,
    devices: u64,
}

impl Soaked {
    /// A world with an officer whose frames nobody has merged yet.
    ///
    /// # Panics
    /// If the world cannot be made.
    #[must_use]
    pub fn begin(seed: u64) -> Self {
        let mut world = World::new(seed);
        let author = world.admit("Leyla", Role::Officer, &[0]);
        let victim = world.admit("Rashad", Role::Officer, &[0]);
        let insider = Insider::admitted(&mut world, 0);
        world.settle();
        let before = frames_of(&world, author).len();
        for name in ["Vaqif", "Günel", "Elnur"] {
            let scope = world.scope(0);
            let mut draft = world.at(author).new_record(scope, "missing_person").expect("granted");
            draft.set_text("full_name", name).expect("a name");
            draft.allow_incomplete();
            let now = world.now();
            world.at(author).save(&draft, now).expect("it can be saved");
            world.sync(author);
        }
        let frames = frames_of(&world, author).split_off(before);
        world.kill(victim);
        let rng = ChaCha20Rng::seed_from_u64(seed ^ 0xf4a3e);
        let (at_the_relay, at_a_device) = (Course::default(), Course::default());
        let mut soaked = Self {
            at_the_relay,
            at_a_device,
            world,
            author,
            victim,
            insider,
            frames,
            rng,
            devices: 0,
        };
        // What is not mutated must be taken, else nothing here means anything.
        let (left, _) = soaked.pull(soaked.frames.clone());
        assert!(left.is_empty(), "unaltered frames are merged: {left:?}");
        soaked
    }

    /// Each mutated frame at both places.
    pub fn run(&mut self, frames: u64) {
        let mut left = frames;
        while left > 0 {
            let count = left.min(A_DEVICE as u64);
            left -= count;
            let mutated: Vec<Vec<u8>> = (0..count).map(|_| self.mutated()).collect();
            for some in mutated.chunks(AT_ONCE) {
                self.push(some);
            }
            self.take(mutated);
        }
    }

    fn push(&mut self, frames: &[Vec<u8>]) {
        self.at_the_relay.tried += frames.len() as u64;
        let verdicts = self.insider.push(&self.world, frames);
        self.at_the_relay.refuse_many("not looked at", (frames.len() - verdicts.len()) as u64);
        for verdict in verdicts {
            if verdict == Verdict::Stored {
                self.at_the_relay.accepted += 1;
            } else {
                self.at_the_relay.refuse(&format!("{verdict:?}"));
            }
        }
    }

    fn take(&mut self, frames: Vec<Vec<u8>>) {
        self.at_a_device.tried += frames.len() as u64;
        let mut whole = vec![];
        let mut hashes = BTreeSet::new();
        for bytes in frames {
            match Frame::decode(bytes.clone()) {
                Ok(frame) => {
                    hashes.insert(frame.hash());
                    whole.push(bytes);
                }
                Err(error) => self.at_a_device.refuse(stage_of(&error)),
            }
        }
        let count = whole.len();
        let (left, pulled) = self.pull(whole);
        let accepted = hashes.len().saturating_sub(left.len()) as u64;
        self.at_a_device.accepted += accepted;
        left.iter().for_each(|reason| self.at_a_device.refuse(reason));
        let again = (pulled - hashes.len()) as u64;
        self.at_a_device.refuse_many("the same header once more", again);
        self.at_a_device.refuse_many("not pulled", (count - pulled) as u64);
    }

    /// Has a fresh copy of the victim pull frames; says why each is left in its inbox, and how many it pulled.
    fn pull(&mut self, frames: Vec<Vec<u8>>) -> (Vec<String>, usize) {
        self.devices += 1;
        let home = scratch_folder();
        let victim = self.world.device(self.victim);
        copy(victim.home(), home.path());
        let workspace = Workspace::open(home.path(), victim.key()).expect("the copy opens");
        let mut relay = ForgedRelay::serving(self.world.scope(0), frames);
        let (_, _, shell) = self.world.device_mut(self.author).parts();
        let report = drive::sync(&workspace, &mut relay, shell).expect("a device can sync");
        let parked = workspace.parked().expect("the inbox can be read");
        let pulled = usize::try_from(report.frames_pulled).unwrap_or(usize::MAX);
        (parked.into_iter().map(|parked| format!("{:?}", parked.reason)).collect(), pulled)
    }

    /// A frame made another: by its bytes, or by somebody who knows what one looks like.
    fn mutated(&mut self) -> Vec<u8> {
        let original = self.frames[self.rng.random_range(0..self.frames.len())].clone();
        loop {
            let mut bytes = original.clone();
            if self.rng.random_range(0..3) == 0 {
                bytes = self.forged(&original);
            }
            if self.rng.random_range(0..4) > 0 || bytes == original {
                (0..self.rng.random_range(1..=3))
                    .for_each(|_| mutate::blindly(&mut bytes, &mut self.rng));
            }
            if !self.frames.contains(&bytes) {
                return bytes;
            }
        }
    }

    /// The author's header with other numbers, around other content, sealed and signed by the insider.
    fn forged(&mut self, original: &[u8]) -> Vec<u8> {
        let frame = Frame::decode(original.to_vec()).expect("it is a frame");
        let mut preamble = frame.preamble().clone();
        match self.rng.random_range(0..6) {
            0 => preamble.seq = self.rng.random_range(1..5),
            1 => preamble.epoch = self.rng.random_range(1..4),
            2 => preamble.generation = self.rng.random_range(1..4),
            3 => preamble.deps = vec![],
            4 => preamble.prev = kahriz_proto::ids::FrameHash::from_bytes(self.rng.random()),
            _ => {}
        }
        let mut content = frame.body().to_vec();
        mutate::blindly(&mut content, &mut self.rng);
        let Insider { secrets, key, .. } = &self.insider;
        let sealed = crypto::seal(&preamble, &content, key, secrets, &mut self.rng);
        sealed.map_or_else(|_| original.to_vec(), Frame::into_bytes)
    }
}

fn stage_of(error: &FrameError) -> &'static str {
    match error {
        FrameError::TooLong(_) => "too long",
        FrameError::BodyMismatch => "the body is not the one that the header names",
        FrameError::NotCanonical => "another encoding",
        FrameError::UnknownVersion(_) => "another version",
        FrameError::Malformed | FrameError::Deps => "not a frame",
    }
}

/// The frames of a device as the relay holds them.
fn frames_of(world: &World, who: Who) -> Vec<Vec<u8>> {
    let (log, scope) = (world.relay.log(), world.scope(0));
    let workspace = world.at(Who::HEADQUARTERS).id();
    let last = log.position(workspace, scope).expect("the log can be read");
    let all = (1..=last).filter_map(|at| log.frame(workspace, scope, at).expect("it can be read"));
    let device = world.at(who).device();
    let own = |bytes: &Vec<u8>| {
        Frame::decode(bytes.clone()).is_ok_and(|frame| frame.preamble().device == device)
    };
    all.filter(own).collect()
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("the folder can be read") {
        let entry = entry.expect("the folder can be read");
        std::fs::copy(entry.path(), to.join(entry.file_name())).expect("a file can be copied");
    }
}

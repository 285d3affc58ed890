//! The machine itself. Read [`Session::handle`] first: one arm an input, each a sentence.

mod answer;
mod retry;

use super::{Exchange, Failure, Finish, Input, Millis, Outgoing, Output, Stage};
use crate::cursor::Cursor;
use crate::frame::FrameRef;
use crate::item::{ITEM_BYTES_MAX, push_item};
use crate::limits::{
    PAGE_BYTES_FIRST, PAGE_BYTES_MAX, PUSH_BYTES_FIRST, PUSH_BYTES_MAX, TRIES_WITHOUT_PROGRESS_MAX,
};
use crate::message::{Partial, PullFrom, SyncRequest, partial_tag};
use std::collections::VecDeque;

/// Where the session stands between two inputs.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
enum At {
    Sealing,
    Exchanging,
    Closing,
    FetchingRoster,
    Waiting(Millis),
    Over,
}

/// One device's way to being up to date with one relay. See the module for the contract.
#[derive(Debug)]
pub struct Session {
    at: At,
    outputs: VecDeque<Output>,
    /// How far each scope is staged on disk.
    cursors: Vec<Cursor>,
    /// How far each scope will be once the stage under way is on disk.
    ahead: Vec<Cursor>,
    roster: u64,
    roster_at_relay: u64,
    /// It is not known what the relay holds of the own logs: ask before pushing.
    unsure: bool,
    /// What this device has sealed is to come as bytes.
    wants_own: bool,
    relay_partial: Option<Partial>,
    pull_partial: Option<(PullFrom, Vec<u8>)>,
    on_the_way: VecDeque<FrameRef>,
    stage: Stage,
    stage_bytes: usize,
    stages_under_way: u32,
    more: bool,
    /// The last exchange came to its end.
    ended: bool,
    /// The exchange under way only asks what the relay holds.
    asking: bool,
    /// The relay was asked once already why it misses frames that it once held.
    asked_about_gap: bool,
    /// The relay refuses frames: no more are pushed in this session.
    refused: bool,
    push_bytes: usize,
    page_bytes: usize,
    /// Bytes that the page under way may still bring.
    page_left: usize,
    tries: u32,
    held_before: (u64, u32),
    /// Whether the exchange under way has brought or taken anything.
    progressed: bool,
    /// Exchanges in a row after which there was more to do although they had come to nothing.
    in_vain: u32,
    /// Answers that named another store than the one that was being read.
    restarts: u32,
    finish: Finish,
}

impl Session {
    /// A session that begins at these cursors. `unsure` says that frames may have been sent before
    /// whose acknowledgement never arrived.
    #[must_use]
    pub fn new(cursors: Vec<Cursor>, roster: u64, unsure: bool) -> Self {
        Self::with_own(cursors, roster, unsure, false)
    }

    /// The same; `wants_own` says that frames which this device has sealed itself are to come back as bytes.
    #[must_use]
    pub fn with_own(cursors: Vec<Cursor>, roster: u64, unsure: bool, wants_own: bool) -> Self {
        let mut session = Self {
            at: At::Sealing,
            outputs: VecDeque::new(),
            ahead: cursors.clone(),
            cursors,
            roster,
            roster_at_relay: roster,
            unsure,
            wants_own,
            relay_partial: None,
            pull_partial: None,
            on_the_way: VecDeque::new(),
            stage: Stage::default(),
            stage_bytes: 0,
            stages_under_way: 0,
            more: false,
            ended: false,
            asking: false,
            asked_about_gap: false,
            refused: false,
            push_bytes: PUSH_BYTES_FIRST,
            page_bytes: PAGE_BYTES_FIRST,
            page_left: 0,
            tries: 0,
            held_before: (0, 0),
            progressed: false,
            in_vain: 0,
            restarts: 0,
            finish: Finish::default(),
        };
        session.begin_round();
        session
    }

    /// The next thing to do, if there is one now.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to wake the session, if it waits for that.
    #[must_use]
    pub fn next_wake(&self) -> Option<Millis> {
        match self.at {
            At::Waiting(until) => Some(until),
            At::Sealing | At::Exchanging | At::Closing | At::FetchingRoster | At::Over => None,
        }
    }

    /// Whether an exchange is under way. If not, the rest of an answer need not be read.
    #[must_use]
    pub fn is_exchanging(&self) -> bool {
        self.at == At::Exchanging
    }

    /// Takes what the driver has to tell at `now`. `rng` draws a random number for the jitter of waits.
    pub fn handle(&mut self, now: Millis, rng: &mut dyn FnMut() -> u64, input: Input) {
        match input {
            // The exchange was given up: what still arrives of it says nothing any more.
            Input::Answered(_) | Input::Item(..) | Input::Ended if !self.is_exchanging() => {}
            Input::Frames(frames) => self.on_frames(frames),
            Input::Answered(answer) => {
                if !self.on_answer(answer) {
                    self.on_lost(now, rng, Failure::Nonsense, vec![]);
                }
            }
            Input::Item(item, wire_bytes) => {
                if !self.on_item(item, wire_bytes) {
                    self.on_lost(now, rng, Failure::Nonsense, vec![]);
                }
            }
            Input::Ended => self.on_ended(),
            Input::Staged => self.on_staged(),
            Input::RosterRead(seq) => {
                self.roster = seq.max(self.roster);
                // Whatever came of it, the relay is not asked for the same entries twice in a session.
                self.roster_at_relay = self.roster;
                self.begin_round();
            }
            Input::Lost(failure, partial) => self.on_lost(now, rng, failure, partial),
            Input::Woken => {
                if matches!(self.at, At::Waiting(until) if now >= until) {
                    self.begin_round();
                }
            }
        }
    }

    /// Ends the session now, between two exchanges: the person has had enough of waiting.
    pub fn stop(&mut self, failure: Failure) {
        if self.at != At::Over {
            self.finish(Some(failure));
        }
    }

    /// Each round asks for frames first, unless it must first ask what the relay holds.
    fn begin_round(&mut self) {
        if self.unsure {
            self.exchange(vec![]);
        } else {
            self.at = At::Sealing;
            self.outputs.push_back(Output::Seal { bytes: self.push_bytes });
        }
    }

    fn on_frames(&mut self, frames: Vec<Outgoing>) {
        let frames = if self.refused { vec![] } else { frames };
        if frames.is_empty() && !self.more && self.ended {
            return self.finish(None);
        }
        self.exchange(frames);
    }

    fn exchange(&mut self, frames: Vec<Outgoing>) {
        // A relay that promises more for ever would keep a phone busy until its battery is empty.
        if self.in_vain > TRIES_WITHOUT_PROGRESS_MAX {
            return self.finish(Some(Failure::Nonsense));
        }
        self.progressed = false;
        self.on_the_way = frames.iter().map(|frame| frame.place).collect();
        let mut items = vec![];
        frames.iter().for_each(|frame| push_item(&mut items, &frame.bytes));
        let push_offset = self.relay_partial.take().and_then(|partial| {
            let len = partial.len as usize;
            let known = items.get(..len).is_some_and(|begun| partial_tag(begun) == partial.tag);
            known.then_some(partial.len)
        });
        if let Some(offset) = push_offset {
            items.drain(..offset as usize);
        }
        let pull = self.pull_partial.take();
        let request = SyncRequest {
            cursors: self.cursors.clone(),
            roster: self.roster,
            page_bytes: u32::try_from(self.page_bytes).unwrap_or(u32::MAX),
            push_offset,
            pull_from: pull.as_ref().map(|(from, _)| *from),
            ask_logs: self.unsure.then_some(true),
            own: self.wants_own.then_some(true),
        };
        let control = minicbor::to_vec(&request).expect("writing to a vector cannot fail");
        let partial = pull.map(|(_, bytes)| bytes).unwrap_or_default();
        self.at = At::Exchanging;
        // A page may end within an item, never go on for ever.
        self.page_left = self.page_bytes + ITEM_BYTES_MAX;
        self.asking = self.unsure;
        self.ended = false;
        self.more = false;
        self.ahead.clone_from(&self.cursors);
        self.finish.exchanges += 1;
        self.outputs.push_back(Output::Exchange(Exchange { control, items, partial }));
    }

    fn on_ended(&mut self) {
        self.ended = true;
        if !self.asking {
            self.tries = 0;
        }
        // The answer may end before every pushed frame was judged: the rest is sent again.
        if !self.on_the_way.is_empty() {
            self.unsure = true;
            self.more = true;
        }
        let settled = !self.more && !self.asking;
        self.in_vain = if self.progressed || settled { 0 } else { self.in_vain + 1 };
        self.flush();
        self.push_bytes = (self.push_bytes * 2).min(PUSH_BYTES_MAX);
        self.page_bytes = (self.page_bytes * 2).min(PAGE_BYTES_MAX);
        self.at = At::Closing;
        if self.stages_under_way == 0 {
            self.after_exchange();
        }
    }

    fn flush(&mut self) {
        if !self.stage.is_empty() {
            self.stage_bytes = 0;
            self.stages_under_way += 1;
            self.outputs.push_back(Output::Stage(std::mem::take(&mut self.stage)));
        }
    }

    fn on_staged(&mut self) {
        self.stages_under_way = self.stages_under_way.saturating_sub(1);
        if self.stages_under_way == 0 {
            self.cursors.clone_from(&self.ahead);
            if self.at == At::Closing {
                self.after_exchange();
            }
        }
    }

    fn after_exchange(&mut self) {
        if self.roster_at_relay > self.roster {
            self.at = At::FetchingRoster;
            self.outputs.push_back(Output::FetchRoster { after: self.roster });
        } else {
            self.begin_round();
        }
    }

    fn finish(&mut self, failure: Option<Failure>) {
        self.at = At::Over;
        self.finish.failure = failure;
        self.outputs.push_back(Output::Finished(std::mem::take(&mut self.finish)));
    }
}

//! The machine itself. Read [`Session::handle`] first: one arm an input, each a sentence.

use super::{Exchange, Failure, Finish, Input, Millis, Outgoing, Output, Stage};
use crate::cursor::Cursor;
use crate::frame::FrameRef;
use crate::ids::{Incarnation, ScopeId};
use crate::item::{ITEM_BYTES_MAX, PageContent, PageItem, push_item, read_varint};
use crate::limits::{
    PAGE_BYTES_FIRST, PAGE_BYTES_MAX, PUSH_BYTES_FIRST, PUSH_BYTES_MAX, RETRY_DELAY_MS_FIRST,
    RETRY_DELAY_MS_MAX, STAGE_BYTES, TRIES_WITHOUT_PROGRESS_MAX,
};
use crate::message::{Partial, PullFrom, SyncAnswer, SyncRequest, Verdict, partial_tag};
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
        let mut session = Self {
            at: At::Sealing,
            outputs: VecDeque::new(),
            ahead: cursors.clone(),
            cursors,
            roster,
            roster_at_relay: roster,
            unsure,
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

    /// Takes in the control part; false if it contradicts what was asked.
    fn on_answer(&mut self, answer: SyncAnswer) -> bool {
        if !self.take_verdicts(&answer) {
            return false;
        }
        if let Some(logs) = answer.logs {
            let held = logs.iter().fold(0_u64, |sum, state| sum.saturating_add(state.seq));
            let partial = answer.partial.map_or(0, |partial| partial.len);
            if (held, partial) != self.held_before {
                self.held_before = (held, partial);
                self.tries = 0;
                self.progressed = true;
            }
            self.stage.logs = Some(logs);
            self.relay_partial = answer.partial;
            self.unsure = false;
        }
        self.roster_at_relay = answer.roster.unwrap_or(self.roster).max(self.roster);
        self.more = self.unsure || answer.more.unwrap_or(false);
        let restart = answer.restart.unwrap_or_default();
        // A store may be replaced while it is read; one that is another at each turn is none.
        self.restarts += u32::from(!restart.is_empty());
        if self.restarts > TRIES_WITHOUT_PROGRESS_MAX {
            return false;
        }
        restart.iter().all(|index| self.restart(*index, answer.incarnation))
            && self.adopt(answer.incarnation)
    }

    /// One verdict for each frame that arrived whole; none given means that all were stored.
    fn take_verdicts(&mut self, answer: &SyncAnswer) -> bool {
        let count = answer.received.unwrap_or(0) as usize;
        let stored = vec![Verdict::Stored; count];
        let verdicts = answer.verdicts.as_ref().unwrap_or(&stored);
        if count > self.on_the_way.len() || verdicts.len() != count {
            return false;
        }
        for verdict in verdicts {
            let Some(place) = self.on_the_way.pop_front() else { return false };
            if verdict.is_held() {
                self.progressed = true;
                self.finish.pushed += 1;
                self.tries = 0;
                self.stage.held.push(place);
            } else {
                self.finish.refused += 1;
                self.stage.refused.push((place, *verdict));
                self.on_refusal(*verdict);
            }
        }
        true
    }

    /// A gap may mean that the relay has lost what it acknowledged, so it is asked, once. Otherwise what
    /// was refused now would be refused again: the next session tries.
    fn on_refusal(&mut self, verdict: Verdict) {
        if verdict == Verdict::Gap && !self.asked_about_gap {
            self.asked_about_gap = true;
            self.unsure = true;
        } else {
            self.refused = true;
        }
    }

    /// A scope is read again from its beginning, and the relay may lack what it once acknowledged.
    fn restart(&mut self, index: u32, incarnation: Option<Incarnation>) -> bool {
        let Some(cursor) = self.ahead.get_mut(index as usize) else { return false };
        let incarnation = incarnation.unwrap_or(cursor.incarnation);
        let had_read = cursor.position > 0;
        *cursor = Cursor::start_in(cursor.scope, incarnation);
        if had_read {
            self.unsure = true;
            self.more = true;
        }
        self.stage.cursors = self.ahead.clone();
        true
    }

    /// A cursor that has read nothing yet belongs to whatever store it meets first.
    fn adopt(&mut self, incarnation: Option<Incarnation>) -> bool {
        if let Some(incarnation) = incarnation {
            let fresh = self.ahead.iter_mut().filter(|cursor| cursor.position == 0);
            fresh.for_each(|cursor| cursor.incarnation = incarnation);
            self.stage.cursors = self.ahead.clone();
        }
        true
    }

    /// Takes in one item; false if it is not the one that must come next in its scope.
    fn on_item(&mut self, item: PageItem, wire_bytes: usize) -> bool {
        let Some(cursor) = self.ahead.get_mut(item.scope as usize) else { return false };
        let Some(left) = self.page_left.checked_sub(wire_bytes) else { return false };
        self.page_left = left;
        if item.position != cursor.position + 1 {
            return false;
        }
        let Some(hash) = item.content.hash() else { return false };
        *cursor = cursor.then(&hash);
        let scope: ScopeId = cursor.scope;
        if matches!(item.content, PageContent::Frame(_)) {
            self.finish.pulled += 1;
        }
        self.tries = 0;
        self.progressed = true;
        self.stage.items.push((scope, item.position, item.content));
        self.stage.cursors.clone_from(&self.ahead);
        self.stage_bytes += wire_bytes;
        if self.stage_bytes >= STAGE_BYTES {
            self.flush();
        }
        true
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

    fn on_lost(
        &mut self,
        now: Millis,
        rng: &mut dyn FnMut() -> u64,
        failure: Failure,
        partial: Vec<u8>,
    ) {
        if self.at == At::Over {
            return;
        }
        self.flush();
        self.ended = false;
        self.keep_partial(partial);
        if !self.on_the_way.is_empty() {
            self.unsure = true;
        }
        self.push_bytes = PUSH_BYTES_FIRST;
        self.page_bytes = PAGE_BYTES_FIRST;
        self.tries += 1;
        if failure.is_permanent() || self.tries > TRIES_WITHOUT_PROGRESS_MAX {
            return self.finish(Some(failure));
        }
        self.at = At::Waiting(now + self.delay_ms(rng));
    }

    /// What arrived of the item under way is kept, if enough of it did to know which it is.
    fn keep_partial(&mut self, partial: Vec<u8>) {
        let place = place_of_partial(&partial);
        let next = place.and_then(|(scope, position)| {
            let cursor = self.ahead.get(scope as usize)?;
            let offset = u32::try_from(partial.len()).ok()?;
            (position == cursor.position + 1).then_some(PullFrom { scope, position, offset })
        });
        self.pull_partial = next.map(|from| (from, partial));
    }

    /// The first retry after progress is at once; then the wait doubles, with a random half.
    fn delay_ms(&self, rng: &mut dyn FnMut() -> u64) -> Millis {
        let Some(doublings) = self.tries.checked_sub(2) else { return 0 };
        let full = (RETRY_DELAY_MS_FIRST << doublings.min(16)).min(RETRY_DELAY_MS_MAX);
        full / 2 + rng() % (full / 2 + 1)
    }

    fn finish(&mut self, failure: Option<Failure>) {
        self.at = At::Over;
        self.finish.failure = failure;
        self.outputs.push_back(Output::Finished(std::mem::take(&mut self.finish)));
    }
}

/// The scope and position at the head of an item that is not whole.
fn place_of_partial(partial: &[u8]) -> Option<(u32, u64)> {
    let (_, prefix) = read_varint(partial)?;
    let mut d = minicbor::Decoder::new(partial.get(prefix..)?);
    d.array().ok()?;
    Some((d.u32().ok()?, d.u64().ok()?))
}

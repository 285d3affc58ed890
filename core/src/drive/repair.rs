//! Repair: what is here and what another replica holds are compared log by log, and each gets what it lacks.
//!
//! With a relay it runs when a cursor means nothing there any more, when this store has begun a new life, and when a
//! person asks; with another device always, because of that there is no cursor. Nothing is remembered between two tries:
//! what was staged before a cut is part of what is compared at the next one.

use super::exchange::{Control, Line, READ_BYTES, read_control};
use super::transport::{HttpAnswer, Method};
use super::{Phase, SyncError, SyncReport};
use crate::store::inbox::From;
use kahriz_proto::frame::{Frame, FrameRef};
use kahriz_proto::ids::{LogId, ScopeId};
use kahriz_proto::item::{ITEM_BYTES_MAX, ItemReader, push_item};
use kahriz_proto::limits::{
    PAGE_BYTES_MAX, REPAIR_WANTS_MAX, RETRY_DELAY_MS_FIRST, RETRY_DELAY_MS_MAX, STAGE_BYTES,
    TRIES_WITHOUT_PROGRESS_MAX,
};
use kahriz_proto::message::{Partial, RefusalReason, partial_tag};
use kahriz_proto::repair::{Comparison, Difference, RepairAnswer, RepairRequest};
use kahriz_proto::session::Failure;
use std::collections::BTreeMap;
use std::io::Read;

/// What comparing came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compared {
    /// Everything that the relay held of the scopes is here, and what it lacks will be pushed.
    Done,
    /// This relay does not know how, or does not do it right: the scopes are read again from their beginning.
    Unknown,
}

/// Compares every scope with the relay.
pub(super) fn with_relay(
    line: &mut Line<'_>,
    report: &mut SyncReport,
) -> Result<Compared, SyncError> {
    for scope in line.workspace.cursors()?.into_iter().map(|cursor| cursor.scope) {
        let (end, differences) = match compare(line, scope, report) {
            Err(SyncError::Line(failure)) if is_unknown(&failure) => return Ok(Compared::Unknown),
            compared => compared?,
        };
        let wants = line.workspace.settle_differences(scope, &differences)?;
        let mut fetching = Fetching { scope, wants, from: From::Relay, from_beginning: vec![] };
        let wanted: Vec<LogId> = fetching.wants.iter().map(|want| want.log).collect();
        let fetched = match fetching.fetch(line, report) {
            Err(SyncError::Line(Failure::Nonsense)) => false,
            fetched => fetched.map(|()| true)?,
        };
        if !fetched || !line.workspace.reaches(scope, &wanted, &differences)? {
            return Ok(Compared::Unknown);
        }
        line.workspace.settle_cursor(&end)?;
    }
    line.workspace.repair_is_done()?;
    Ok(Compared::Done)
}

fn is_unknown(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::Refused(RefusalReason::NotFound) | Failure::NotARelay | Failure::Nonsense
    )
}

/// Asks until all differences of a scope are known; says the scope's end before the first of them was looked for.
pub(super) fn compare(
    line: &mut Line<'_>,
    scope: ScopeId,
    report: &mut SyncReport,
) -> Result<(kahriz_proto::cursor::Cursor, Vec<Difference>), SyncError> {
    let mut comparison = Comparison::new(line.workspace.heads(scope)?);
    let mut end = None;
    while let Some(question) = comparison.question() {
        let request =
            RepairRequest { scope, ranges: Some(question), wants: None, bytes: 0, held: None };
        let answer = Patience::default().until(line, |line| {
            report.exchanges += 1;
            ask(line, &request)
        })?;
        end.get_or_insert(answer.end);
        let ranges = answer.ranges.unwrap_or_default();
        comparison.hear(ranges).map_err(|_| Failure::Nonsense)?;
    }
    let end = end.filter(|end| end.scope == scope).ok_or(Failure::Nonsense)?;
    Ok((end, comparison.differences()))
}

/// One turn without frames.
fn ask(line: &mut Line<'_>, request: &RepairRequest) -> Result<RepairAnswer, SyncError> {
    let mut answer = post(line, request)?;
    Ok(read_control(&mut answer)?)
}

fn post(line: &mut Line<'_>, request: &RepairRequest) -> Result<HttpAnswer, SyncError> {
    let control = minicbor::to_vec(request).expect("writing to a vector cannot fail");
    let mut body = Vec::with_capacity(control.len() + 4);
    push_item(&mut body, &control);
    Ok(line.request(Method::Post, "/v1/repair", &body, &control, None)?)
}

/// Frames that are wanted by their place, on their way here.
pub(super) struct Fetching {
    pub(super) scope: ScopeId,
    /// Of these logs the frames after these.
    pub(super) wants: Vec<FrameRef>,
    pub(super) from: From,
    /// Own logs of which everything was asked for, because another life forked off before what is here.
    pub(super) from_beginning: Vec<FrameRef>,
}

impl Fetching {
    /// Fetches and stages everything that is wanted. A frame that was cut goes on at its byte.
    pub(super) fn fetch(
        &mut self,
        line: &mut Line<'_>,
        report: &mut SyncReport,
    ) -> Result<(), SyncError> {
        let mut partial = vec![];
        let mut patience = Patience::default();
        while !self.wants.is_empty() {
            report.exchanges += 1;
            let before = report.frames_pulled;
            let held = partial.len();
            let asked = self.wants.len().min(REPAIR_WANTS_MAX);
            match self.turn(line, &mut partial, report) {
                Ok(true) if report.frames_pulled > before => {}
                Ok(true) => return Err(Failure::Nonsense.into()),
                Ok(false) => _ = self.wants.drain(..asked),
                Err(SyncError::Line(failure)) => {
                    if report.frames_pulled > before || partial.len() > held {
                        patience = Patience::default();
                    }
                    patience.wait(line, failure)?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// One turn; says whether there is more.
    fn turn(
        &mut self,
        line: &mut Line<'_>,
        partial: &mut Vec<u8>,
        report: &mut SyncReport,
    ) -> Result<bool, SyncError> {
        let len = u32::try_from(partial.len()).ok().filter(|held| *held > 0);
        let held = len.map(|len| Partial { len, tag: partial_tag(partial) });
        let bytes = u32::try_from(PAGE_BYTES_MAX).unwrap_or(u32::MAX);
        let wants = once_each(&self.wants);
        let request =
            RepairRequest { scope: self.scope, ranges: None, wants: Some(wants), bytes, held };
        let mut answer = post(line, &request)?;
        let (mut head, mut items, mut more) = (Some(vec![]), ItemReader::default(), false);
        let mut batch = Batch::default();
        let mut buffer = vec![0; READ_BYTES];
        let ended = loop {
            let count = match answer.body.read(&mut buffer) {
                Ok(0) => break Ok(()),
                Ok(count) => count,
                Err(_) => break Err(Failure::Cut),
            };
            match head.take() {
                None => items.push(&buffer[..count]),
                Some(mut begun) => {
                    begun.extend_from_slice(&buffer[..count]);
                    match Control::<RepairAnswer>::read(&begun) {
                        Control::More => head = Some(begun),
                        Control::Nonsense => break Err(Failure::Nonsense),
                        Control::Whole(control, rest) => {
                            more = control.more.unwrap_or(false);
                            let goes_on = control.resumed == Some(true);
                            let held = std::mem::take(partial);
                            items = ItemReader::resumed(if goes_on { held } else { vec![] });
                            items.push(rest);
                        }
                    }
                }
            }
            loop {
                match items.next_item(ITEM_BYTES_MAX) {
                    Ok(Some(frame)) => batch.push(frame),
                    Ok(None) => break,
                    Err(_) => return Err(Failure::Nonsense.into()),
                }
            }
            if batch.bytes >= STAGE_BYTES {
                self.stage(line, &mut batch, report)?;
            }
        };
        self.stage(line, &mut batch, report)?;
        let is_whole = head.is_none() && items.partial().is_empty();
        if head.is_none() {
            *partial = items.partial().to_vec();
        }
        ended?;
        if is_whole { Ok(more) } else { Err(Failure::Cut.into()) }
    }

    fn stage(
        &mut self,
        line: &mut Line<'_>,
        batch: &mut Batch,
        report: &mut SyncReport,
    ) -> Result<(), SyncError> {
        let Batch { frames, .. } = std::mem::take(batch);
        report.frames_pulled += frames.len() as u64;
        let decoded = frames.into_iter().filter_map(|bytes| Frame::decode(bytes).ok());
        let frames: Vec<Frame> =
            decoded.filter(|frame| frame.preamble().scope == self.scope).collect();
        frames.iter().try_for_each(|frame| self.note(line, frame))?;
        line.workspace.stage_frames(&frames, self.from)?;
        let done = report.frames_pulled;
        line.shell.progress(&super::Progress { phase: Phase::Pulling, done, total: 0 });
        Ok(())
    }

    /// What has come need not come again.
    fn note(&mut self, line: &Line<'_>, frame: &Frame) -> Result<(), SyncError> {
        let (log, seq) = (frame.preamble().log(), frame.preamble().seq);
        let Some(want) = self.wants.iter_mut().find(|want| want.log == log) else { return Ok(()) };
        want.seq = want.seq.max(seq);
        let is_asked = self.from_beginning.iter().any(|asked| asked.log == log);
        if !is_asked && line.workspace.forked_before(frame)? {
            self.from_beginning.push(FrameRef { log, seq: 0 });
            self.wants.push(FrameRef { log, seq: 0 });
        }
        Ok(())
    }
}

/// As many wants as one request may hold, no log twice.
fn once_each(wants: &[FrameRef]) -> Vec<FrameRef> {
    let first = wants.iter().take(REPAIR_WANTS_MAX);
    let by_log: BTreeMap<LogId, FrameRef> = first.map(|want| (want.log, *want)).collect();
    by_log.into_values().collect()
}

#[derive(Default)]
struct Batch {
    frames: Vec<Vec<u8>>,
    bytes: usize,
}

impl Batch {
    fn push(&mut self, frame: Vec<u8>) {
        self.bytes += frame.len();
        self.frames.push(frame);
    }
}

/// How long a line that fails is tried again: as the session does.
#[derive(Default)]
pub(super) struct Patience {
    tries: u32,
}

impl Patience {
    /// Asks until there is an answer, or no more hope.
    pub(super) fn until<T>(
        &mut self,
        line: &mut Line<'_>,
        mut ask: impl FnMut(&mut Line<'_>) -> Result<T, SyncError>,
    ) -> Result<T, SyncError> {
        loop {
            match ask(line) {
                Err(SyncError::Line(failure)) => self.wait(line, failure)?,
                asked => return asked,
            }
        }
    }

    /// Waits before the next try.
    fn wait(&mut self, line: &mut Line<'_>, failure: Failure) -> Result<(), SyncError> {
        self.tries += 1;
        if is_unknown(&failure) || failure.is_permanent() || self.tries > TRIES_WITHOUT_PROGRESS_MAX
        {
            return Err(failure.into());
        }
        let Some(doublings) = self.tries.checked_sub(2) else { return Ok(()) };
        let delay = (RETRY_DELAY_MS_FIRST << doublings.min(16)).min(RETRY_DELAY_MS_MAX);
        let until = line.shell.now_ms().saturating_add(delay);
        if line.shell.wait_until(until) { Ok(()) } else { Err(Failure::Unreachable.into()) }
    }
}

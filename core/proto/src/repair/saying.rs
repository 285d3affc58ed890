//! A message in the making: range after range, as far as it has room.

use super::span::{Span, count, digest, heads_in};
use super::{Range, Said};
use crate::ids::LogId;
use crate::limits::{REPAIR_HEADS_MAX, REPAIR_LISTED, REPAIR_PARTS, REPAIR_RANGES_MAX};
use crate::message::LogState;

/// What a replica says, from the lowest id upwards.
pub(super) struct Saying<'a> {
    own: &'a [LogState],
    pub(super) ranges: Vec<Range>,
    /// Where the next range begins.
    from: LogId,
    heads_left: usize,
}

impl<'a> Saying<'a> {
    /// Nothing yet, of these heads in the order of their logs.
    pub(super) fn of(own: &'a [LogState]) -> Self {
        Self { own, ranges: vec![], from: Span::ALL.from, heads_left: REPAIR_HEADS_MAX }
    }

    /// Takes a range apart of which the other side has said something else, and says whether there was room for all of
    /// it. It is listed if it is short, or if the other side has so little of it that most would be listed in the end.
    pub(super) fn explain(&mut self, span: Span, theirs: &Said) -> bool {
        let own = heads_in(self.own, span);
        let held_there = match theirs {
            Said::Nothing => count(own),
            Said::Digest { count, .. } => *count,
            Said::Heads(heads) => count(heads),
        };
        if own.len() <= REPAIR_LISTED || held_there < count(own) / 2 {
            self.heads(span)
        } else {
            self.digests(span, REPAIR_PARTS)
        }
    }

    /// Digests of a span in so many parts of about the same number of logs; nothing if there is no room.
    pub(super) fn digests(&mut self, span: Span, parts: usize) -> bool {
        if !self.has_room(parts) {
            return false;
        }
        self.skip_to(span.from);
        let own = heads_in(self.own, span);
        let mut parts = own.chunks(own.len().div_ceil(parts).max(1)).peekable();
        while let Some(part) = parts.next() {
            let next = parts.peek().and_then(|part| part.first());
            self.push(next.map_or(span.until, |head| Some(head.log)), digest(part));
        }
        if own.is_empty() {
            self.push(span.until, digest(own));
        }
        true
    }

    /// The heads of a span, or the first ones if there is no room for all.
    fn heads(&mut self, span: Span) -> bool {
        let own = heads_in(self.own, span);
        let listed = own.len().min(self.heads_left);
        let next = own.get(listed);
        if !self.has_room(1) || (listed == 0 && next.is_some()) {
            return false;
        }
        self.skip_to(span.from);
        self.heads_left -= listed;
        let until = next.map_or(span.until, |head| Some(head.log));
        self.push(until, Said::Heads(own[..listed].to_vec()));
        next.is_none()
    }

    /// One digest of all that was not spoken of for want of room, so that it is asked about again.
    pub(super) fn rest(&mut self) {
        let rest = heads_in(self.own, Span { from: self.from, until: None });
        self.ranges.push(Range { until: None, said: digest(rest) });
    }

    /// Room for so many ranges, one before them of which nothing is said, and [`Self::rest`].
    fn has_room(&self, ranges: usize) -> bool {
        self.ranges.len() + ranges + 2 <= REPAIR_RANGES_MAX
    }

    fn skip_to(&mut self, from: LogId) {
        if self.from < from {
            self.push(Some(from), Said::Nothing);
        }
    }

    fn push(&mut self, until: Option<LogId>, said: Said) {
        self.from = until.unwrap_or(self.from);
        self.ranges.push(Range { until, said });
    }
}

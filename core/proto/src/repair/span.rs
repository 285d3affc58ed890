//! Ranges of log ids, and what can be said of them without knowing who says it.

use super::{Range, Said};
use crate::hash::{domain, hash_short};
use crate::ids::LogId;
use crate::limits::{FRAME_SEQ_MAX, REPAIR_HEADS_MAX, REPAIR_RANGES_MAX};
use crate::message::LogState;

/// The ids from one (inclusive) until another (exclusive), or without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: LogId,
    pub(super) until: Option<LogId>,
}

impl Span {
    pub(super) const ALL: Self = Self { from: LogId::from_bytes([0; 16]), until: None };

    pub(super) fn is_empty(self) -> bool {
        self.until.is_some_and(|until| until <= self.from)
    }

    /// What both have in common, if they do.
    pub(super) fn meet(self, other: Self) -> Option<Self> {
        let until = match (self.until, other.until) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        let both = Self { from: self.from.max(other.from), until };
        (!both.is_empty()).then_some(both)
    }
}

/// The ranges of a message with both their bounds.
pub(super) fn spans(ranges: &[Range]) -> impl Iterator<Item = (Span, &Said)> {
    let lower = ranges.iter().map(|range| range.until.unwrap_or(Span::ALL.from));
    let lower = std::iter::once(Span::ALL.from).chain(lower);
    lower.zip(ranges).map(|(from, range)| (Span { from, until: range.until }, &range.said))
}

/// The heads of the logs in a span, of heads in the order of their logs.
pub(super) fn heads_in(heads: &[LogState], span: Span) -> &[LogState] {
    let before = |bound: LogId| heads.partition_point(|head| head.log < bound);
    let end = span.until.map_or(heads.len(), before);
    heads.get(before(span.from)..end).unwrap_or_default()
}

/// Whether whoever holds these heads has nothing to add to what was said of their range.
pub(super) fn agrees(heads: &[LogState], said: &Said) -> bool {
    match said {
        Said::Nothing => true,
        Said::Digest { .. } => digest(heads) == *said,
        Said::Heads(theirs) => theirs == heads,
    }
}

/// The digest of heads that stand in the order of their logs.
pub(super) fn digest(heads: &[LogState]) -> Said {
    let encoded = heads
        .iter()
        .map(|head| [&head.log.as_bytes()[..], &head.seq.to_be_bytes(), &head.tag].concat());
    let encoded: Vec<u8> = encoded.flatten().collect();
    Said::Digest { count: count(heads), hash: hash_short(domain::REPAIR, &[&encoded]) }
}

/// How many there are, as a message says it.
pub(super) fn count(heads: &[LogState]) -> u32 {
    u32::try_from(heads.len()).unwrap_or(u32::MAX)
}

/// Whether the bounds ascend, each head stands in its range and in order, and there are no more than a message holds.
pub(super) fn are_well_formed(ranges: &[Range]) -> bool {
    let bounded = ranges.iter().rev().skip(1).all(|range| range.until.is_some());
    let heads = ranges.iter().map(|range| match &range.said {
        Said::Heads(heads) => heads.len(),
        Said::Nothing | Said::Digest { .. } => 0,
    });
    let fits = ranges.len() <= REPAIR_RANGES_MAX && heads.sum::<usize>() <= REPAIR_HEADS_MAX;
    fits && bounded && spans(ranges).all(|(span, said)| !span.is_empty() && belong(span, said))
}

fn belong(span: Span, said: &Said) -> bool {
    let Said::Heads(heads) = said else { return true };
    heads.is_sorted_by(|one, next| one.log < next.log)
        && heads_in(heads, span).len() == heads.len()
        && heads.iter().all(|head| (1..=FRAME_SEQ_MAX).contains(&head.seq))
}

//! The asking side: it remembers which ranges are still open, and what it has found.

use super::saying::Saying;
use super::span::{Span, agrees, are_well_formed, heads_in, spans};
use super::{Range, Said};
use crate::ids::LogId;
use crate::limits::{REPAIR_PARTS, REPAIR_QUESTION_PARTS, REPAIR_TURNS_MAX};
use crate::message::LogState;
use std::collections::BTreeMap;
use thiserror::Error;

/// A log of which the two replicas don't hold the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The log.
    pub log: LogId,
    /// How far it is held here.
    pub own: Option<LogState>,
    /// How far it is held there. The same number with another tag is a fork.
    pub theirs: Option<LogState>,
}

/// An answer that doesn't belong to the question, is over a limit, or one of so many that no honest side needs them.
/// What was found before stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("this is not an answer")]
pub struct NotAnAnswer;

/// A comparison under way. [`Self::question`] and [`Self::hear`] take turns until there is no question left.
#[derive(Clone, Debug)]
pub struct Comparison {
    own: Vec<LogState>,
    /// Where the two are not known to agree, in order.
    open: Vec<Span>,
    found: BTreeMap<LogId, Difference>,
    turns: u32,
}

impl Comparison {
    /// A comparison of what is held here, one head for each log.
    #[must_use]
    pub fn new(mut own: Vec<LogState>) -> Self {
        own.sort_by_key(|head| head.log);
        Self { own, open: vec![Span::ALL], found: BTreeMap::new(), turns: 0 }
    }

    /// What to ask next; `None` if all is known.
    #[must_use]
    pub fn question(&self) -> Option<Vec<Range>> {
        if self.open.is_empty() {
            return None;
        }
        let parts = self.parts();
        let mut saying = Saying::of(&self.own);
        // What a question has no room for is asked in the next one.
        let _all = self.open.iter().all(|span| saying.digests(*span, parts));
        Some(saying.ranges)
    }

    /// The first question is whether there is any difference. The others take the open ranges apart: the finer, the
    /// fewer there are.
    fn parts(&self) -> usize {
        if self.turns == 0 {
            return 1;
        }
        (REPAIR_QUESTION_PARTS / self.open.len()).clamp(1, REPAIR_PARTS)
    }

    /// Takes in the answer to [`Self::question`].
    ///
    /// # Errors
    /// [`NotAnAnswer`]: nothing of it was taken in, and there is no use in asking this side again.
    pub fn hear(&mut self, ranges: Vec<Range>) -> Result<(), NotAnAnswer> {
        let question = self.question().ok_or(NotAnAnswer)?;
        if self.turns >= REPAIR_TURNS_MAX || !are_well_formed(&ranges) {
            return Err(NotAnAnswer);
        }
        let asked_until = question.last().and_then(|range| range.until);
        let was_asked = |span: &Span| asked_until.is_none_or(|until| span.from < until);
        let later = self.open.split_off(self.open.partition_point(was_asked));
        let asked = std::mem::take(&mut self.open);
        for (span, said) in spans(&ranges) {
            if !agrees(heads_in(&self.own, span), said) {
                asked
                    .iter()
                    .filter_map(|asked| asked.meet(span))
                    .for_each(|at| self.note(at, said));
            }
        }
        self.open.extend(later);
        self.turns += 1;
        Ok(())
    }

    /// The other side holds something else in this span: what, or it stays open.
    fn note(&mut self, span: Span, said: &Said) {
        let Said::Heads(theirs) = said else { return self.open.push(span) };
        let (own, theirs) = (heads_in(&self.own, span), heads_in(theirs, span));
        let logs = own.iter().chain(theirs).map(|head| head.log);
        let differences = logs.map(|log| Difference {
            log,
            own: head_of(own, log),
            theirs: head_of(theirs, log),
        });
        let differing = differences.filter(|difference| difference.own != difference.theirs);
        self.found.extend(differing.map(|difference| (difference.log, difference)));
    }

    /// What was found, in the order of the logs.
    #[must_use]
    pub fn differences(self) -> Vec<Difference> {
        self.found.into_values().collect()
    }
}

/// The head of a log, among heads in the order of their logs.
fn head_of(heads: &[LogState], log: LogId) -> Option<LogState> {
    heads.binary_search_by_key(&log, |head| head.log).ok().map(|at| heads[at])
}

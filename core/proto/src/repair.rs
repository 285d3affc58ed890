//! Repair: two replicas of one scope find out what the other lacks, whatever has happened to either.
//!
//! A cursor assumes that both sides agree on the past. Repair assumes nothing: the replicas compare their *heads*, the
//! last frame of each log. The ids of all logs stand in one order, and of a range of them a replica says a digest; where
//! digests differ the range is taken apart, until what differs is short enough to be listed. So equal replicas need one
//! small turn, and otherwise the cost grows with the difference, not with the scope. This is range-based set
//! reconciliation (Meyer, arXiv:2212.13567) over logs in place of frames.
//!
//! One side asks and remembers ([`Comparison`]); the other one answers each question from what it holds at that moment
//! ([`answer`]) and remembers nothing. Both are pure. What the answering side holds may grow between two turns; what is
//! found is true of the moment in which it was said.
//!
//! ```
//! use kahriz_proto::ids::LogId;
//! use kahriz_proto::message::LogState;
//! use kahriz_proto::repair::{Comparison, answer};
//!
//! let head = |log, seq| LogState { log: LogId::from_bytes([log; 16]), seq, tag: [0; 8] };
//! let theirs = [head(1, 4), head(2, 7)];
//! let mut comparison = Comparison::new(vec![head(1, 4), head(2, 5)]);
//! while let Some(question) = comparison.question() {
//!     comparison.hear(answer(&theirs, &question).unwrap()).unwrap();
//! }
//! let differences = comparison.differences();
//! assert_eq!((differences.len(), differences[0].theirs), (1, Some(head(2, 7))));
//! ```

mod comparison;
mod saying;
mod span;

pub use comparison::{Comparison, Difference, NotAnAnswer};

use crate::cursor::Cursor;
use crate::frame::FrameRef;
use crate::ids::{LogId, ScopeId};
use crate::message::{LogState, Partial};
use minicbor::{Decode, Encode};
use saying::Saying;
use span::{agrees, are_well_formed, heads_in, spans};
use thiserror::Error;

/// The control part of `POST /v1/repair`; nothing follows it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RepairRequest {
    /// The scope.
    #[n(0)]
    pub scope: ScopeId,
    /// [`Comparison::question`], if something is to be compared.
    #[n(1)]
    pub ranges: Option<Vec<Range>>,
    /// Of these logs the frames above these numbers are wanted, no log twice.
    #[n(2)]
    pub wants: Option<Vec<FrameRef>>,
    /// Bytes of frames that the caller wants at most.
    #[n(3)]
    pub bytes: u32,
    /// The first bytes of the next wanted item are with the caller.
    #[n(4)]
    pub held: Option<Partial>,
}

/// The control part of the answer to `POST /v1/repair`. The frames that were wanted follow it, each as its exact bytes,
/// in the order of their positions.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RepairAnswer {
    /// The scope's end at the relay, read before everything else: whoever has settled all differences that a
    /// comparison has found holds everything up to the `end` of its first answer.
    #[n(0)]
    pub end: Cursor,
    /// [`answer`], if something was asked.
    #[n(1)]
    pub ranges: Option<Vec<Range>>,
    /// More is wanted than came.
    #[n(2)]
    pub more: Option<bool>,
    /// The first item continues where what the caller holds of it ends.
    #[n(3)]
    pub resumed: Option<bool>,
}

/// What is said of the logs in one range of ids. It begins where the one before it ends, the first one at the lowest id;
/// of what comes after the last one nothing is said.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Range {
    /// The first id that is not in the range; without one the range has no end.
    #[n(0)]
    pub until: Option<LogId>,
    /// What is said.
    #[n(1)]
    pub said: Said,
}

/// What one side says of the logs in a range.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Said {
    /// Nothing: it isn't asked about, or both are agreed.
    #[n(0)]
    Nothing,
    /// How many they are, and a hash over all their heads.
    #[n(1)]
    Digest {
        /// How many logs are held.
        #[n(0)]
        count: u32,
        /// 16 bytes of hash over (log, seq, tag) of each, in order.
        #[cbor(n(1), with = "minicbor::bytes")]
        hash: [u8; 16],
    },
    /// The head of each that is held, in the order of their ids.
    #[n(2)]
    Heads(#[n(0)] Vec<LogState>),
}

/// A question that no [`Comparison`] asks: its bounds or its heads are in no order, or it is over a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("this is not a question")]
pub struct NotAQuestion;

/// What a replica with these heads, in the order of their logs, answers to a question. Where both agree nothing is said.
///
/// # Errors
/// [`NotAQuestion`]
pub fn answer(own: &[LogState], question: &[Range]) -> Result<Vec<Range>, NotAQuestion> {
    if !are_well_formed(question) {
        return Err(NotAQuestion);
    }
    let mut saying = Saying::of(own);
    for (span, said) in spans(question) {
        if !agrees(heads_in(own, span), said) && !saying.explain(span, said) {
            saying.rest();
            break;
        }
    }
    Ok(saying.ranges)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

//! The sync session: what a device says next, decided without a clock, a socket or a disk.
//!
//! One session brings one device up to date with one relay: push what waits, pull what is new, as one
//! exchange if the line allows it. It is a pure machine. The driver that stands around it owns the
//! line, the disk and the clock, and keeps to this contract:
//!
//! 1. [`Session::new`], then [`Session::poll`] until it says `None`.
//! 2. Do what each [`Output`] asks, and tell the result by [`Session::handle`]; then poll again.
//! 3. When `poll` says `None` and the last output was not [`Output::Finished`], wait until
//!    [`Session::next_wake`] and give [`Input::Woken`].
//!
//! | output | the driver does | and answers |
//! |---|---|---|
//! | [`Output::Seal`] | collects frames that the relay may not hold | [`Input::Frames`] |
//! | [`Output::Exchange`] | posts it, reads the answer as it comes | [`Input::Answered`], [`Input::Item`]..., then [`Input::Ended`] or [`Input::Lost`] |
//! | [`Output::Stage`] | commits it to disk | [`Input::Staged`] |
//! | [`Output::FetchRoster`] | fetches and checks the newer entries | [`Input::RosterRead`] or [`Input::Lost`] |
//! | [`Output::Finished`] | nothing; the session is over | |
//!
//! Memory moves only after the disk has: a cursor advances when `Staged` says so, and a line that is
//! cut in the middle costs neither what was staged nor the bytes of the item that was on its way.

mod state;

pub use state::Session;

use crate::cursor::{Cursor, Position};
use crate::frame::FrameRef;
use crate::ids::ScopeId;
use crate::item::PageContent;
use crate::message::{LogState, RefusalReason, SyncAnswer, Verdict};
use thiserror::Error;

/// A moment, in milliseconds of whatever clock the driver keeps; only differences count.
pub type Millis = u64;

/// What the driver tells the session.
#[derive(Debug)]
pub enum Input {
    /// The frames that [`Output::Seal`] asked for, those of one log in order; none if nothing waits.
    Frames(Vec<Outgoing>),
    /// The control part of the answer has arrived.
    Answered(SyncAnswer),
    /// The next item of the page has arrived whole, in `wire_bytes` bytes.
    Item(crate::item::PageItem, usize),
    /// The answer is complete.
    Ended,
    /// What [`Output::Stage`] asked for is on disk.
    Staged,
    /// The newer roster was read up to this entry.
    RosterRead(u64),
    /// The exchange failed. The bytes are those of the item that was on its way.
    Lost(Failure, Vec<u8>),
    /// The moment of [`Session::next_wake`] has come.
    Woken,
}

/// What the session asks of the driver.
#[derive(Debug, PartialEq, Eq)]
pub enum Output {
    /// Give sealed frames that the relay is not known to hold, about this many bytes of them.
    Seal {
        /// Bytes of frames, roughly.
        bytes: usize,
    },
    /// Post this.
    Exchange(Exchange),
    /// Commit this in one transaction.
    Stage(Stage),
    /// Fetch the roster's entries after this one.
    FetchRoster {
        /// The number of the last entry that is here.
        after: u64,
    },
    /// The session is over.
    Finished(Finish),
}

/// A sealed frame on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Its place in its log.
    pub place: FrameRef,
    /// Its exact bytes.
    pub bytes: Vec<u8>,
}

/// One exchange: `POST /v1/sync`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The encoded control part; the token's `sha` covers it.
    pub control: Vec<u8>,
    /// The pushed items, as they go on the wire after the control part.
    pub items: Vec<u8>,
    /// The first bytes of an item that arrived before. If the answer says `resumed`, the item reader
    /// begins with them.
    pub partial: Vec<u8>,
}

/// What is to be committed in one transaction.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Stage {
    /// Frames that the relay now holds.
    pub held: Vec<FrameRef>,
    /// Frames that it refused, and why.
    pub refused: Vec<(FrameRef, Verdict)>,
    /// All that the relay holds of the own logs; a log that is not named is not held at all.
    pub logs: Option<Vec<LogState>>,
    /// What was pulled, in the order of the relay.
    pub items: Vec<(ScopeId, Position, PageContent)>,
    /// How far that reaches.
    pub cursors: Vec<Cursor>,
}

impl Stage {
    /// Whether there is nothing to commit.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// How a session ended.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Finish {
    /// Why it gave up, if it did.
    pub failure: Option<Failure>,
    /// Frames that the relay acknowledged in this session.
    pub pushed: u64,
    /// Frames that it refused.
    pub refused: u64,
    /// Other devices' frames that were pulled and staged.
    pub pulled: u64,
    /// Exchanges that were begun.
    pub exchanges: u64,
    /// A cursor means nothing at this relay any more: heads are to be compared before another session.
    pub moved: bool,
}

/// Why an exchange came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Failure {
    /// Nobody answers at the relay's address.
    #[error("the relay cannot be reached")]
    Unreachable,
    /// The line was cut in the middle.
    #[error("the connection was cut")]
    Cut,
    /// Something answers, but it is no relay: a captive portal, a proxy's page.
    #[error("what answers is not a relay (is there a log-in page on this network?)")]
    NotARelay,
    /// The relay refuses the request as a whole.
    #[error("the relay refuses: {0:?}")]
    Refused(RefusalReason),
    /// The relay's answer does not follow the protocol.
    #[error("the relay's answer does not follow the protocol")]
    Nonsense,
}

impl Failure {
    /// Whether trying again later is of no use without a person.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Unreachable | Self::Cut | Self::NotARelay | Self::Nonsense => false,
            Self::Refused(reason) => match reason {
                RefusalReason::Clock
                | RefusalReason::Replayed
                | RefusalReason::Limit
                | RefusalReason::Unavailable
                | RefusalReason::RosterMoved => false,
                RefusalReason::Token
                | RefusalReason::NotMember
                | RefusalReason::Revoked
                | RefusalReason::Role
                | RefusalReason::Malformed
                | RefusalReason::NotFound => true,
            },
        }
    }
}

#[cfg(test)]
mod tests;

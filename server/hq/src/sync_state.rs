//! What the rest of headquarters may know of its own sync: when it last went well, and why the last round
//! did not.
//!
//! The headquarters loop is the only writer and sends a new state after each round; the page and `status`
//! watch. It carries no record content, and the reason is a sentence for a person.

/// The state of headquarters' sync after its latest round.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncState {
    /// When a round last ended well, in ms since 1970 by this machine's clock; `None` before the first.
    pub last_ok_ms: Option<i64>,
    /// Why the latest round failed, as a sentence; `None` if it went well.
    pub failure: Option<String>,
    /// How many rounds there have been, failed ones included. It grows with every round, so that a
    /// watcher can wait for the next.
    pub rounds: u64,
    /// The newest round that compared what is here with the relay, log by log.
    pub repaired: Option<Repaired>,
}

/// What a comparison with the relay came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repaired {
    /// The round that it was done in.
    pub round: u64,
    /// Frames that were received in that round.
    pub pulled: u64,
    /// Frames that the relay took in that round.
    pub pushed: u64,
}

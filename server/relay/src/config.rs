//! What an operator may choose, with the limits of the relay's own side and their reasons.
//!
//! Limits that both sides must agree on are the protocol's (`kahriz_proto::limits`).

use crate::tls::Tls;
use std::time::Duration;

/// Bytes of frames that one commit collects at most: a cut or a crash costs no more than what a bad
/// link sends in half a minute, and one fsync is paid for several frames on a good one.
pub(crate) const GROUP_BYTES: usize = 256 * 1024;

/// A group is committed when nothing more has arrived for this long.
pub(crate) const GROUP_PAUSE: Duration = Duration::from_millis(25);

/// Bytes of one sync request at most: four times what the protocol's session pushes at its best.
pub(crate) const SYNC_BODY_BYTES_MAX: usize = 4 * kahriz_proto::limits::PUSH_BYTES_MAX;

/// Frames in one sync request at most: more of the smallest than a full push holds.
pub(crate) const FRAMES_PUSHED_MAX: usize = 65_536;

/// A page up to this size is collected in memory and sent with its length; a longer one is streamed.
pub(crate) const PAGE_IN_MEMORY_BYTES: usize = 64 * 1024;

/// Items in one page at most, so that planning a page of own frames (a hash each) is bounded too.
pub(crate) const PAGE_ITEMS_MAX: usize = 8_192;

/// A posted roster, all entries of a workspace: fifty epochs of a 300-device scope fit.
pub(crate) const ROSTER_BODY_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Large bodies that are read at one time; the rest wait.
pub(crate) const LARGE_BODIES_MAX: usize = 4;

/// An answer to `GET /v1/roster` ends after this many bytes (at least one entry); the caller asks on.
pub(crate) const ROSTER_PAGE_BYTES: usize = 8 * 1024 * 1024;

/// An answer to `GET /v1/letters` ends after this many bytes (at least one letter); headquarters asks on.
pub(crate) const LETTER_PAGE_BYTES: usize = 4 * 1024 * 1024;

/// Letters that are read at one time, each held in memory; the rest wait. A device has one at most.
pub(crate) const LARGE_LETTERS_MAX: usize = 64;

/// Tokens may end this much later than the protocol allows, for clocks that are a little ahead.
pub(crate) const TOKEN_SKEW_SECONDS: u64 = 30;

/// Tokens that are remembered at most, in all and for one device: a device that works makes a few.
pub(crate) const TOKENS_SEEN_MAX: usize = 200_000;
/// See [`TOKENS_SEEN_MAX`].
pub(crate) const TOKENS_SEEN_PER_DEVICE_MAX: usize = 2_000;

/// Joins that wait in one workspace at most, and that one invite may bring: a second one is an alarm
/// that headquarters must see, a fifth tells nothing new.
pub(crate) const JOINS_MAX: usize = 1_000;
/// See [`JOINS_MAX`].
pub(crate) const JOINS_PER_INVITE_MAX: usize = 4;

/// Logs that one device may open in one scope. A new one begins when a store was restored or copied, so a phone that
/// is restored every week lives more than a year on them; what opens more wants to fill tables.
pub(crate) const LOGS_PER_DEVICE_AND_SCOPE_MAX: u64 = 64;

/// Evidence of forks that is kept for one log: two frames prove it, a thousand prove nothing more.
pub(crate) const FORKS_PER_LOG_MAX: u64 = 16;

/// Frames that arrived in part, of all devices together.
pub(crate) const PARTIAL_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Events that a slow listener may lag behind before it is told all positions anew.
pub(crate) const EVENTS_BEHIND_MAX: usize = 256;

/// A silent event stream says something this often, so that proxies keep it open.
pub(crate) const EVENTS_PING: Duration = Duration::from_secs(55);

/// Who may bring a new workspace to this relay over HTTP.
#[derive(Clone, PartialEq, Eq, Default)]
pub enum Registration {
    /// Nobody: workspaces are registered in-process only.
    #[default]
    Closed,
    /// Who knows this secret.
    Secret(String),
    /// Anybody.
    Open,
}

/// How a relay behaves. The default is fit for an organisation of some thousand devices.
#[derive(Clone)]
pub struct RelayConfig {
    /// Who may bring a new workspace.
    pub registration: Registration,
    /// Bytes of frames that one device may have stored.
    pub device_bytes_max: u64,
    /// Bytes of frames that one workspace may have stored.
    pub workspace_bytes_max: u64,
    /// Below this much free space on the store's disk nothing is taken in; reads go on.
    pub free_bytes_min: u64,
    /// Whether logs may begin anywhere and have holes. Never for the relay that everybody delivers to; but a device
    /// that serves nearby gets from others what they still keep, and of the beginning of a log that is often nothing.
    pub with_holes: bool,
    /// TLS; without it devices speak plain HTTP.
    pub tls: Option<Tls>,
    /// Limits on connections.
    pub limits: ServerLimits,
}

impl Default for RelayConfig {
    fn default() -> Self {
        Self {
            registration: Registration::Closed,
            device_bytes_max: 2 << 30,
            workspace_bytes_max: 64 << 30,
            free_bytes_min: 256 << 20,
            with_holes: false,
            tls: None,
            limits: ServerLimits::default(),
        }
    }
}

/// Limits on connections: against those who open many, and those who say little on one.
#[derive(Clone, Copy, Debug)]
pub struct ServerLimits {
    /// Connections in all; the next one is closed at once.
    pub connections_max: usize,
    /// Connections from one address. Loopback is not counted: a reverse proxy stands there.
    pub connections_per_address_max: usize,
    /// A request's head must be whole this long after its first byte (or the connection's opening).
    pub head_timeout: Duration,
    /// A kept-alive connection may be silent this long between two requests.
    pub idle_timeout: Duration,
    /// A body is alive while at least this many bytes arrive in each [`Self::body_window`]: 64 B/s.
    pub body_bytes_min: u64,
    /// See [`Self::body_bytes_min`].
    pub body_window: Duration,
    /// A peer that takes nothing of an answer for this long is cut. Long, because a kernel's buffer
    /// may take minutes to drain over 2G before it accepts another byte.
    pub write_stall_timeout: Duration,
    /// On shutdown, requests under way may take this long.
    pub grace: Duration,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            connections_max: 20_000,
            connections_per_address_max: 256,
            head_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            body_bytes_min: 64 * 60,
            body_window: Duration::from_secs(60),
            write_stall_timeout: Duration::from_secs(300),
            grace: Duration::from_secs(5),
        }
    }
}

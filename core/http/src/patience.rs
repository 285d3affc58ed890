//! What a transport is told: how long to wait for what, and which key to believe. There is no limit on a whole transfer: an upload of an hour is fine as
//! long as it moves.

use std::time::Duration;

/// How long an [`HttpTransport`](crate::HttpTransport) waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpOptions {
    /// For a name to be resolved, and again for a connection (with TLS) to come about: 20 s.
    pub connect: Duration,
    /// For one more byte to move before the connection counts as cut: 60 s, and more after a long
    /// body; see [`HttpOptions::slowest_bytes_per_s`].
    pub stall: Duration,
    /// The slowest link that must not be mistaken for a dead one: 1,024 bytes a second.
    ///
    /// A body is taken by the operating system, and by every box on the way, long before the relay
    /// has it; nothing is heard from the relay until that queue has drained. So the wait after a
    /// body is longer by what the body would take at this rate.
    pub slowest_bytes_per_s: u32,
    /// For how long a connection that nobody uses is kept: 45 s. Mobile networks forget quiet
    /// connections without telling, and to find that out costs a stall.
    pub idle: Duration,
    /// The only key that is believed of an `https` address: SHA-256 of the public key
    /// (`SubjectPublicKeyInfo`, DER) in the relay's certificate, as an invite carries it. None: the
    /// certificate is checked as the web does it.
    pub pin: Option<[u8; 32]>,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(20),
            stall: Duration::from_secs(60),
            slowest_bytes_per_s: 1_024,
            idle: Duration::from_secs(45),
            pin: None,
        }
    }
}

impl HttpOptions {
    /// How long nothing may be heard around a body of so many bytes.
    pub(crate) fn stall_for(&self, body_bytes: usize) -> Duration {
        let seconds = body_bytes as u64 / u64::from(self.slowest_bytes_per_s.max(1));
        self.stall + Duration::from_secs(seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_body_is_given_the_time_to_leave_the_queue() {
        let options = HttpOptions::default();
        assert_eq!(options.stall_for(700), options.stall);
        assert_eq!(options.stall_for(512 * 1024), options.stall + Duration::from_secs(512));
    }
}

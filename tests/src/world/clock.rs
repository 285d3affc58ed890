//! Time in the world: a calendar for what people write, and the wrong clock of each device.
//!
//! What a record claims comes from the [`Calendar`], the same in every run. Tokens are looked at by the relay, which
//! has the real clock; a [`DeviceClock`] is that one with its own error, and waiting moves it ahead instead of taking
//! time.

use kahriz_core::workspace::Claimed;
use rand::{Rng, RngExt};
use std::time::{SystemTime, UNIX_EPOCH};

/// 12 March 2026, 08:00 UTC: a morning on which work begins.
const FIRST_MORNING_MS: i64 = 1_773_302_400_000;

const YEAR_MS: i64 = 31_557_600_000;

/// Hands out the moments at which people do things, each a second after the last.
#[derive(Debug, Default)]
pub struct Calendar {
    seconds: i64,
}

impl Calendar {
    /// The next moment.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Claimed {
        self.seconds += 1;
        Claimed { ms: FIRST_MORNING_MS + self.seconds * 1_000 }
    }
}

/// A device's clock.
#[derive(Debug)]
pub struct DeviceClock {
    /// How far it is from the relay's.
    pub skew_ms: i64,
    waited_ms: i64,
}

impl DeviceClock {
    /// A clock with this error.
    #[must_use]
    pub fn new(skew_ms: i64) -> Self {
        Self { skew_ms, waited_ms: 0 }
    }

    /// What it shows.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        let real = i64::try_from(real_ms()).unwrap_or(i64::MAX);
        (real + self.skew_ms + self.waited_ms).max(0).cast_unsigned()
    }

    /// The moment has come.
    pub fn wait_until(&mut self, ms: u64) {
        let ahead = ms.saturating_sub(self.now_ms());
        self.waited_ms += i64::try_from(ahead).unwrap_or(0);
    }

    /// What was waited in the last sync has passed for everybody else too.
    pub fn settle(&mut self) {
        self.waited_ms = 0;
    }
}

/// Milliseconds since 1970, by the machine that the test runs on.
#[must_use]
pub fn real_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// How far a phone's clock is off: mostly minutes, now and then decades.
pub fn draw_skew_ms(rng: &mut impl Rng) -> i64 {
    match rng.random_range(0..10) {
        0 => -50 * YEAR_MS,
        1 => 30 * YEAR_MS,
        2 | 3 => rng.random_range(-YEAR_MS..YEAR_MS),
        _ => rng.random_range(-300_000..300_000),
    }
}

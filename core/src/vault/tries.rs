//! How often a PIN may be tried, and how long to wait between tries.
//!
//! A try is counted before it is made, so that ending the process in the middle gives none away; a right PIN sets the
//! count back. The wait is measured on the clock that the app supplies: one that was set back starts it over.

use minicbor::{Decode, Encode};

/// After so many wrong tries in a row the device is wiped.
pub const TRIES_MAX: u32 = 10;
/// How long to wait after the fifth wrong try and each one more, in seconds: together an hour and a half for whoever
/// guesses, half a minute for whoever mistyped.
const WAITS_S: [u64; 5] = [30, 60, 5 * 60, 15 * 60, 60 * 60];
/// The first failure that is followed by a wait.
const WAITS_FROM: u32 = 5;

/// The wrong tries since the last right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Encode, Decode)]
pub(super) struct Tries {
    /// Wrong ones, and any that never came to an end.
    #[n(0)]
    failed: u32,
    /// When the last one was made, in ms since 1970 as the app's clock claims.
    #[n(1)]
    last_at_ms: u64,
}

impl Tries {
    /// How many are left before the device is wiped.
    pub(super) fn left(self) -> u32 {
        TRIES_MAX.saturating_sub(self.failed)
    }

    /// With one more, begun now.
    pub(super) fn and_one(self, now_ms: u64) -> Self {
        Self { failed: self.failed.saturating_add(1), last_at_ms: now_ms }
    }

    /// How long to wait before the next, in ms; 0 if it may be made now.
    pub(super) fn wait_ms(self, now_ms: u64) -> u64 {
        let until = self.last_at_ms.saturating_add(self.whole_wait_ms());
        // Before the last try is not before the wait: somebody set the clock back.
        if now_ms < self.last_at_ms { self.whole_wait_ms() } else { until.saturating_sub(now_ms) }
    }

    /// The same with the wait begun anew, if the clock was set back behind it.
    pub(super) fn seen_at(self, now_ms: u64) -> Self {
        Self { last_at_ms: self.last_at_ms.min(now_ms), ..self }
    }

    fn whole_wait_ms(self) -> u64 {
        let Some(step) = self.failed.checked_sub(WAITS_FROM) else { return 0 };
        let step = usize::try_from(step).unwrap_or(usize::MAX).min(WAITS_S.len() - 1);
        WAITS_S[step] * 1_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: u64 = 1_800_000_000_000;

    fn after(failures: u32) -> Tries {
        (0..failures).fold(Tries::default(), |tries, _| tries.and_one(NOON))
    }

    #[test]
    fn waits_begin_after_the_fifth_failure_and_grow() {
        let waits: Vec<u64> = (0..=10).map(|count| after(count).wait_ms(NOON) / 1_000).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 30, 60, 300, 900, 3_600, 3_600]);
        assert_eq!(after(5).wait_ms(NOON + 29_999), 1);
        assert_eq!(after(5).wait_ms(NOON + 30_000), 0);
        assert_eq!((after(0).left(), after(9).left(), after(12).left()), (10, 1, 0));
    }

    #[test]
    fn a_clock_that_is_set_back_starts_the_wait_over() {
        let tries = after(8);
        assert_eq!(tries.wait_ms(NOON - 86_400_000), 900_000);
        let seen = tries.seen_at(NOON - 86_400_000);
        assert_eq!(seen.wait_ms(NOON - 86_400_000 + 1_000), 899_000);
        assert_eq!(seen.wait_ms(NOON), 0, "a day has passed since, as far as anybody can tell");
        assert_eq!(tries.seen_at(NOON + 5), tries);
    }
}

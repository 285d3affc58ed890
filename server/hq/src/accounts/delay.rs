//! How long whoever guesses has to wait: a little more after each attempt, for each name and for all names together.
//!
//! A name that has no account is counted as one that has. The wait has a limit, because somebody who guesses on
//! purpose must not be able to lock the rightful person out for a day. Counts are in memory: whoever can start the
//! program again has its store anyway.

use std::collections::BTreeMap;

use super::book::key_of;

/// Attempts that a person who mistypes is given before there is any wait, and those of everybody together.
const FREE_FOR_ONE: u32 = 4;
const FREE_FOR_ALL: u32 = 20;
/// The first wait; each further attempt doubles it, up to the longest.
const FIRST_MS: i64 = 1_000;
const LONGEST_FOR_ONE_MS: i64 = 5 * 60_000;
const LONGEST_FOR_ALL_MS: i64 = 15_000;
/// After so long without an attempt all is forgotten.
const FORGOTTEN_MS: i64 = 30 * 60_000;
/// Names that are counted apart; beyond it the count of all together holds.
const NAMES_MAX: usize = 4_096;

/// To be waited before the next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wait {
    pub(crate) seconds: u64,
}

/// Attempts that did not end well, so far.
#[derive(Default)]
pub(super) struct Delays {
    names: BTreeMap<String, Attempts>,
    all: Attempts,
}

#[derive(Clone, Copy, Default)]
struct Attempts {
    count: u32,
    latest_ms: i64,
}

impl Delays {
    /// Counts an attempt, or says how long to wait before one is taken. Attempts that come too early don't count.
    pub(super) fn try_now(&mut self, name: &str, now_ms: i64) -> Result<(), Wait> {
        self.names.retain(|_, attempts| !attempts.is_forgotten(now_ms));
        if self.all.is_forgotten(now_ms) {
            self.all = Attempts::default();
        }
        let name = key_of(name);
        let of_name = self.names.get(&name).copied().unwrap_or_default();
        let waits = [
            of_name.wait_ms(FREE_FOR_ONE, LONGEST_FOR_ONE_MS, now_ms),
            self.all.wait_ms(FREE_FOR_ALL, LONGEST_FOR_ALL_MS, now_ms),
        ];
        let wait_ms = waits.into_iter().max().unwrap_or_default();
        if wait_ms > 0 {
            return Err(Wait { seconds: wait_ms.cast_unsigned().div_ceil(1_000) });
        }
        if self.names.contains_key(&name) || self.names.len() < NAMES_MAX {
            self.names.insert(name, of_name.and_one(now_ms));
        }
        self.all = self.all.and_one(now_ms);
        Ok(())
    }

    /// Forgets a name's attempts: its person has signed in.
    pub(super) fn forget(&mut self, name: &str) {
        self.names.remove(&key_of(name));
        self.all.count = self.all.count.saturating_sub(1);
    }
}

impl Attempts {
    fn and_one(self, now_ms: i64) -> Self {
        Self { count: self.count.saturating_add(1), latest_ms: now_ms }
    }

    /// A clock that was set back must not keep anybody out.
    fn is_forgotten(self, now_ms: i64) -> bool {
        now_ms - self.latest_ms > FORGOTTEN_MS || now_ms < self.latest_ms
    }

    fn wait_ms(self, free: u32, longest_ms: i64, now_ms: i64) -> i64 {
        let Some(beyond) = self.count.checked_sub(free) else { return 0 };
        let pause = FIRST_MS.checked_shl(beyond.min(20)).unwrap_or(longest_ms).min(longest_ms);
        self.latest_ms + pause - now_ms
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Tries until refused; how many were taken.
    fn tries(delays: &mut Delays, name: &str, now_ms: i64) -> u32 {
        (0..1_000).take_while(|_| delays.try_now(name, now_ms).is_ok()).count() as u32
    }

    #[test]
    fn whoever_guesses_waits_longer_each_time() {
        let mut delays = Delays::default();
        assert_eq!(tries(&mut delays, "Leyla", 0), FREE_FOR_ONE);
        assert_eq!(delays.try_now(" LEYLA", 0), Err(Wait { seconds: 1 }), "the same name");
        let mut now = 0;
        for expected in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
            let waited = delays.try_now("Leyla", now).unwrap_err();
            assert_eq!(waited.seconds, expected);
            now += i64::try_from(waited.seconds).unwrap() * 1_000;
            assert!(delays.try_now("Leyla", now - 1).is_err());
            delays.try_now("Leyla", now).unwrap();
        }
        assert!(delays.try_now("Rauf", now).is_ok(), "another person is not kept waiting");
        assert!(delays.try_now("Leyla", now + FORGOTTEN_MS + 1).is_ok());
    }

    #[test]
    fn many_names_are_not_a_way_around() {
        let mut delays = Delays::default();
        let taken = (0..100).filter(|name| delays.try_now(&name.to_string(), 0).is_ok()).count();
        assert_eq!(taken, FREE_FOR_ALL as usize);
        let mut now = 0;
        for name in 100..120 {
            now += LONGEST_FOR_ALL_MS;
            assert!(delays.try_now(&name.to_string(), now).is_ok(), "the wait has its limit");
        }
    }

    #[test]
    fn whoever_signs_in_begins_anew() {
        let mut delays = Delays::default();
        for round in 0..30 {
            for _ in 0..FREE_FOR_ONE {
                delays.try_now("Leyla", round).unwrap();
                delays.forget("leyla");
            }
        }
    }

    #[test]
    fn a_clock_that_was_set_back_keeps_nobody_out() {
        let mut delays = Delays::default();
        tries(&mut delays, "Leyla", 1_000_000_000);
        assert!(delays.try_now("Leyla", 5).is_ok());
    }
}

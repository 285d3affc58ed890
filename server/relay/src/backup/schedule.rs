//! Backups by the clock: when the next one is due.

use std::path::PathBuf;
use std::time::Duration;

/// One that failed is tried again after this, if that is sooner than the next.
const RETRY_AFTER: Duration = Duration::from_secs(15 * 60);

/// When backups are taken, and how many are left.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// The folder that they go to.
    pub to: PathBuf,
    /// How often.
    pub every: Duration,
    /// How many are left there.
    pub keep: u32,
}

impl Schedule {
    /// How long until the next one: none if there is no backup yet, or if the newest claims to be of the future, because
    /// a clock that was set back must not put it off.
    #[must_use]
    pub fn pause(&self, newest_ms: Option<i64>, failed: bool, now_ms: i64) -> Duration {
        if failed {
            return RETRY_AFTER.min(self.every);
        }
        let since = newest_ms.map(|newest| u64::try_from(now_ms.saturating_sub(newest)));
        match since {
            Some(Ok(ms)) => self.every.saturating_sub(Duration::from_millis(ms)),
            Some(Err(_)) | None => Duration::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_backup_is_due_when_the_newest_is_old_enough() {
        let hour = Duration::from_secs(3_600);
        let schedule = Schedule { to: PathBuf::new(), every: 24 * hour, keep: 7 };
        let hours = |count: i64| count * 3_600_000;
        assert_eq!(schedule.pause(None, false, hours(5)), Duration::ZERO);
        assert_eq!(schedule.pause(Some(hours(5)), false, hours(6)), 23 * hour);
        assert_eq!(schedule.pause(Some(hours(5)), false, hours(99)), Duration::ZERO);
        assert_eq!(schedule.pause(Some(hours(5)), false, hours(4)), Duration::ZERO);
        assert_eq!(schedule.pause(Some(hours(5)), true, hours(99)), hour / 4);
    }
}

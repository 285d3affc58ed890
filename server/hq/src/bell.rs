//! A bell: whoever waits can be woken, and told to stop for good.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A bell. Clones are the same bell.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bell {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    is_rung: bool,
    is_stopped: bool,
}

impl Bell {
    /// Wakes whoever waits, or the next who does.
    pub(crate) fn ring(&self) {
        self.state().is_rung = true;
        self.inner.changed.notify_all();
    }

    /// Wakes whoever waits, now and from now on.
    pub(crate) fn stop(&self) {
        self.state().is_stopped = true;
        self.inner.changed.notify_all();
    }

    /// Whether it was told to stop.
    pub(crate) fn is_stopped(&self) -> bool {
        self.state().is_stopped
    }

    /// Waits until somebody rings, but not longer than this; false if told to stop.
    pub(crate) fn wait(&self, longest: Duration) -> bool {
        let until = |state: &mut State| !state.is_rung && !state.is_stopped;
        let waited = self.inner.changed.wait_timeout_while(self.state(), longest, until);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.is_rung = false;
        !state.is_stopped
    }

    /// Waits for so long whether somebody rings or not; false if told to stop.
    pub(crate) fn sleep(&self, time: Duration) -> bool {
        let end = Instant::now() + time;
        let mut state = self.state();
        while !state.is_stopped {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            state = self
                .inner
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        false
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_before_the_wait_is_not_lost() {
        let bell = Bell::default();
        bell.ring();
        let began = Instant::now();
        assert!(bell.wait(Duration::from_secs(60)));
        assert!(began.elapsed() < Duration::from_secs(30));
        assert!(bell.wait(Duration::ZERO), "the ring was used up");
    }

    #[test]
    fn stop_ends_every_wait() {
        let bell = Bell::default();
        let waiting = std::thread::spawn({
            let bell = bell.clone();
            move || bell.sleep(Duration::from_secs(600))
        });
        bell.stop();
        assert_eq!(waiting.join().ok(), Some(false));
        assert!(!bell.wait(Duration::from_secs(600)));
        assert!(bell.is_stopped());
    }
}

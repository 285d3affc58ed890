//! An open workspace that locks itself: when told to, after a while in the background, and when nobody uses it.
//!
//! A shell puts its workspace in here and works on it through [`Session::with`]; it says when the person touches the
//! screen, when the app goes to the background and comes back, and every few seconds what time it is. Locking waits for
//! work that is under way, closes the database, wipes the keys, and overwrites the part of the stack that the work had
//! used. What was freed from the heap in between is overwritten by SQLite itself, and in Rust's part by the program's
//! allocator, if it has chosen one that does.

use std::hint::black_box;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use thiserror::Error;
use zeroize::Zeroize;

use crate::workspace::Workspace;

/// Deep enough for what decodes, deciphers and asks the database; a quarter of the smallest stack of a phone's thread.
const STACK_BYTES: usize = 128 * 1024;

/// When a session locks by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockPolicy {
    /// So long after the app went to the background, in ms.
    pub background_ms: u64,
    /// So long after the person last touched it, in ms.
    pub idle_ms: u64,
}

impl Default for LockPolicy {
    /// A minute in the background, to look something up; five minutes idle, to listen to what somebody tells.
    fn default() -> Self {
        Self { background_ms: 60_000, idle_ms: 5 * 60_000 }
    }
}

/// The session is locked: unlock the vault, and begin another.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("locked")]
pub struct Locked;

/// An open workspace, until it is locked.
pub struct Session {
    workspace: RwLock<Option<Workspace>>,
    policy: LockPolicy,
    watch: Mutex<Watch>,
}

/// Times in ms on a clock that only runs forward while the device sleeps too, from any beginning.
struct Watch {
    seen_ms: u64,
    touched_ms: u64,
    in_background_since_ms: Option<u64>,
}

impl Session {
    /// Begins a session. All times given to it are in ms of one clock that runs forward, also while the device sleeps
    /// (Android's `elapsedRealtime`, iOS's continuous clock).
    #[must_use]
    pub fn new(workspace: Workspace, policy: LockPolicy, now_ms: u64) -> Self {
        let watch = Watch { seen_ms: now_ms, touched_ms: now_ms, in_background_since_ms: None };
        Self { workspace: RwLock::new(Some(workspace)), policy, watch: Mutex::new(watch) }
    }

    /// Works on the workspace. Do not lock from inside.
    ///
    /// # Errors
    /// [`Locked`]; nothing was done.
    pub fn with<T>(&self, work: impl FnOnce(&Workspace) -> T) -> Result<T, Locked> {
        let workspace = self.workspace.read().unwrap_or_else(PoisonError::into_inner);
        workspace.as_ref().map(work).ok_or(Locked)
    }

    /// Whether it is locked.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.with(|_| ()).is_err()
    }

    /// Locks now. Waits for work that is under way; tell a sync to stop first.
    pub fn lock(&self) {
        let open = self.workspace.write().unwrap_or_else(PoisonError::into_inner).take();
        drop(open);
        overwrite_stack();
    }

    /// The person did something.
    pub fn touch(&self, now_ms: u64) {
        if !self.tick(now_ms) {
            self.watch().touched_ms = now_ms;
        }
    }

    /// The app is not in front any more.
    pub fn background(&self, now_ms: u64) {
        if !self.tick(now_ms) {
            self.watch().in_background_since_ms.get_or_insert(now_ms);
        }
    }

    /// The app is in front again. Says whether it is locked: then nothing of before may be shown.
    pub fn foreground(&self, now_ms: u64) -> bool {
        let is_locked = self.tick(now_ms);
        self.watch().in_background_since_ms = None;
        is_locked
    }

    /// Time passes. Locks if it is time, and says whether it is locked.
    pub fn tick(&self, now_ms: u64) -> bool {
        let is_time = self.watch().is_time(self.policy, now_ms);
        if is_time {
            self.lock();
        }
        is_time || self.is_locked()
    }

    fn watch(&self) -> MutexGuard<'_, Watch> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch {
    fn is_time(&mut self, policy: LockPolicy, now_ms: u64) -> bool {
        // A clock that runs backward can't say how long it was.
        let ran_backward = now_ms < self.seen_ms;
        self.seen_ms = now_ms;
        let since = |then: u64| now_ms.saturating_sub(then);
        ran_backward
            || since(self.touched_ms) >= policy.idle_ms
            || self.in_background_since_ms.is_some_and(|then| since(then) >= policy.background_ms)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.lock();
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Session")
    }
}

/// Ciphers and decoders leave copies of what they worked on in the frames of calls that have returned.
#[inline(never)]
fn overwrite_stack() {
    let mut frame = [0_u8; STACK_BYTES];
    frame.zeroize();
    black_box(&frame);
}

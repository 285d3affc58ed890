//! Uploads under way: one a device, and the bytes of a frame that arrived only in part.
//!
//! A phone whose line went dead comes back before the relay has noticed that the old connection is
//! gone. So a device's newer request ends its older upload, which commits what is whole and leaves
//! the bytes of the frame in flight here; the phone is told how many there are and goes on from
//! there. They are kept in memory only, one piece a device and a limit in all: to lose them costs a
//! frame's bytes once more, nothing else.

use kahriz_proto::ids::{DeviceId, WorkspaceId};
use kahriz_proto::message::{Partial, partial_tag};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OwnedMutexGuard, watch};

type Key = (WorkspaceId, DeviceId);

/// All devices' uploads.
pub(crate) struct Uploads {
    bytes_max: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    lanes: HashMap<Key, Arc<Lane>>,
    partials: HashMap<Key, Held>,
    bytes: usize,
    /// Counts what was kept, so that the oldest is known.
    kept: u64,
}

struct Held {
    bytes: Vec<u8>,
    age: u64,
}

struct Lane {
    newest: watch::Sender<u64>,
    turn: Arc<tokio::sync::Mutex<()>>,
}

/// A device's turn to upload. Until it is dropped no other request of the device uploads.
pub(crate) struct Turn {
    uploads: Arc<Uploads>,
    key: Key,
    ticket: u64,
    newest: watch::Receiver<u64>,
    lane: Arc<Lane>,
    _held: OwnedMutexGuard<()>,
}

impl Uploads {
    pub(crate) fn new(bytes_max: usize) -> Arc<Self> {
        Arc::new(Self { bytes_max, state: Mutex::default() })
    }

    /// Waits for the device's turn, after asking its older upload to end.
    pub(crate) async fn enter(self: &Arc<Self>, workspace: WorkspaceId, device: DeviceId) -> Turn {
        let key = (workspace, device);
        let lane = self.state().lanes.entry(key).or_insert_with(|| Arc::new(Lane::new())).clone();
        let mut ticket = 0;
        lane.newest.send_modify(|newest| {
            *newest += 1;
            ticket = *newest;
        });
        let newest = lane.newest.subscribe();
        let held = lane.turn.clone().lock_owned().await;
        Turn { uploads: self.clone(), key, ticket, newest, lane, _held: held }
    }

    /// Shows a device out: its upload under way is asked to end, and what is held of its frame in flight is dropped.
    pub(crate) fn expel(&self, workspace: WorkspaceId, device: DeviceId) {
        let key = (workspace, device);
        let mut state = self.state();
        state.remove(&key);
        if let Some(lane) = state.lanes.get(&key) {
            lane.newest.send_modify(|newest| *newest += 1);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lane {
    fn new() -> Self {
        Self { newest: watch::Sender::new(0), turn: Arc::default() }
    }
}

impl Turn {
    /// Returns when a newer request of the device wants its turn.
    pub(crate) async fn superseded(&mut self) {
        let ticket = self.ticket;
        if self.newest.wait_for(|newest| *newest > ticket).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// What is held of the device's frame in flight.
    pub(crate) fn partial(&self) -> Option<Partial> {
        let state = self.uploads.state();
        let bytes = &state.partials.get(&self.key)?.bytes;
        let len = u32::try_from(bytes.len()).ok()?;
        Some(Partial { len, tag: partial_tag(bytes) })
    }

    /// Takes what is held out of memory; `None` if it isn't exactly `len` bytes long.
    pub(crate) fn take(&self, len: usize) -> Option<Vec<u8>> {
        self.uploads.state().remove(&self.key).filter(|bytes| bytes.len() == len)
    }

    /// A new first frame begins: what was held of another is of no use.
    pub(crate) fn forget(&self) {
        self.uploads.state().remove(&self.key);
    }

    /// Keeps the first bytes of the frame in flight, if there is room; the oldest of others go first.
    pub(crate) fn keep(&self, bytes: &[u8]) {
        let mut state = self.uploads.state();
        state.remove(&self.key);
        if bytes.is_empty() || bytes.len() > self.uploads.bytes_max {
            return;
        }
        while state.bytes + bytes.len() > self.uploads.bytes_max {
            let oldest = state.partials.iter().min_by_key(|(_, held)| held.age);
            let Some(oldest) = oldest.map(|(key, _)| *key) else { break };
            state.remove(&oldest);
        }
        state.kept += 1;
        state.bytes += bytes.len();
        let held = Held { bytes: bytes.to_vec(), age: state.kept };
        state.partials.insert(self.key, held);
    }
}

impl State {
    fn remove(&mut self, key: &Key) -> Option<Vec<u8>> {
        let held = self.partials.remove(key)?;
        self.bytes -= held.bytes.len();
        Some(held.bytes)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = self.uploads.state();
        // The map's and this one: nobody else waits for this lane.
        if Arc::strong_count(&self.lane) == 2 {
            state.lanes.remove(&self.key);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn device(n: u8) -> DeviceId {
        DeviceId::from_bytes([n; 16])
    }

    const WORKSPACE: WorkspaceId = WorkspaceId::from_bytes([1; 16]);

    #[tokio::test]
    async fn what_arrived_in_part_is_given_back_once_and_only_at_its_length() {
        let uploads = Uploads::new(1_000);
        let turn = uploads.enter(WORKSPACE, device(1)).await;
        turn.keep(&[7; 10]);
        assert_eq!(turn.partial().unwrap().len, 10);
        assert_eq!(turn.take(10), Some(vec![7; 10]));
        assert_eq!(turn.take(10), None);
        turn.keep(&[7; 10]);
        assert_eq!(turn.take(9), None);
    }

    #[tokio::test]
    async fn the_oldest_partial_frame_makes_room_for_the_newest() {
        let uploads = Uploads::new(25);
        for n in 1..=3 {
            uploads.enter(WORKSPACE, device(n)).await.keep(&[n; 10]);
        }
        assert_eq!(uploads.enter(WORKSPACE, device(1)).await.partial(), None);
        assert!(uploads.enter(WORKSPACE, device(2)).await.partial().is_some());
        assert!(uploads.enter(WORKSPACE, device(3)).await.partial().is_some());
        assert!(uploads.state().lanes.is_empty());
    }

    #[tokio::test]
    async fn whoever_is_shown_out_ends_its_upload_and_leaves_nothing_behind() {
        let uploads = Uploads::new(100);
        uploads.enter(WORKSPACE, device(1)).await.keep(&[1; 5]);
        uploads.enter(WORKSPACE, device(2)).await.keep(&[2; 5]);
        uploads.expel(WORKSPACE, device(1));
        assert_eq!(uploads.enter(WORKSPACE, device(1)).await.partial(), None);
        assert!(uploads.enter(WORKSPACE, device(2)).await.partial().is_some());
        assert_eq!(uploads.state().bytes, 5);
        let mut under_way = uploads.enter(WORKSPACE, device(1)).await;
        uploads.expel(WORKSPACE, device(1));
        under_way.superseded().await;
    }

    #[tokio::test]
    async fn a_newer_request_ends_the_older_upload_of_the_same_device() {
        let uploads = Uploads::new(100);
        let mut older = uploads.enter(WORKSPACE, device(1)).await;
        let newer = tokio::spawn({
            let uploads = uploads.clone();
            async move { uploads.enter(WORKSPACE, device(1)).await.partial() }
        });
        older.superseded().await;
        older.keep(&[1; 5]);
        drop(older);
        assert_eq!(newer.await.unwrap().unwrap().len, 5);
    }
}

//! The workspaces of this relay as they stand in memory: their rosters, and who listens.
//!
//! A roster is folded from the log's entries when the relay starts, and moves only after the log has:
//! new entries are tried on a copy, committed, and then put in its place.

use crate::log::{Extension, Log, LogError};
use crate::uploads::Uploads;
use kahriz_proto::ids::{DeviceId, RelayId, WorkspaceId};
use kahriz_proto::message::Advanced;
use kahriz_proto::roster::{Action, Entry, Roster, RosterError};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use thiserror::Error;
use tokio::sync::broadcast;

/// What a listener in the relay's own process is told about a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A scope has reached a position.
    Advanced(Advanced),
    /// The roster has reached this entry.
    RosterMoved(u64),
    /// A newcomer asks to be let in.
    JoinWaits,
    /// A letter waits for headquarters.
    LetterWaits,
}

/// Why a roster was not changed.
#[derive(Debug, Error)]
pub enum RosterChangeError {
    /// The entries do not follow the last one, or contradict the roster.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// The first entry founds no workspace.
    #[error("the entries do not begin with the founding of a workspace")]
    NotFounded,
    /// Another workspace has the same audience of tokens.
    #[error("another workspace here uses the same relay id")]
    RelayIdTaken,
    /// The log failed.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// One workspace.
pub(crate) struct Space {
    pub(crate) id: WorkspaceId,
    roster: RwLock<Arc<Roster>>,
    /// Held while the roster is being changed.
    changing: tokio::sync::Mutex<()>,
    events: broadcast::Sender<Event>,
    uploads: Arc<Uploads>,
}

impl Space {
    fn new(roster: Roster, uploads: Arc<Uploads>) -> Self {
        Self {
            uploads,
            id: roster.workspace(),
            roster: RwLock::new(Arc::new(roster)),
            changing: tokio::sync::Mutex::default(),
            events: broadcast::Sender::new(crate::config::EVENTS_BEHIND_MAX),
        }
    }

    /// The roster as it stands now.
    pub(crate) fn roster(&self) -> Arc<Roster> {
        self.roster.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn listen(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Tells those who listen; that nobody does is no error.
    pub(crate) fn tell(&self, event: Event) {
        _ = self.events.send(event);
    }

    /// Takes the roster's next entries: tried, committed, believed.
    pub(crate) async fn extend(
        self: &Arc<Self>,
        log: &Arc<dyn Log>,
        extension: Extension,
    ) -> Result<(), RosterChangeError> {
        let _changing = self.changing.lock().await;
        let (space, log) = (self.clone(), log.clone());
        blocking(move || {
            let before = space.roster();
            let mut roster = Roster::clone(&before);
            extension.entries.iter().try_for_each(|entry| roster.append(entry))?;
            if !log.extend_roster(space.id, before.seq(), &extension)? {
                let expected = before.seq() + 1;
                return Err(RosterError::OutOfOrder { expected }.into());
            }
            let members: Vec<DeviceId> = new_members(&before, &roster);
            let revoked = newly_revoked(&before, &roster);
            let seq = roster.seq();
            *space.roster.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(roster);
            // After the roster is in its place, so that nobody who is shown out is let in again.
            revoked.iter().for_each(|device| space.uploads.expel(space.id, *device));
            space.tell(Event::RosterMoved(seq));
            // The roster stands by now. A join that is left over is only read in vain.
            if let Err(error) = log.drop_joins(space.id, &members) {
                tracing::warn!(%error, "joins of new members could not be dropped");
            }
            Ok(())
        })
        .await
    }
}

fn new_members(before: &Roster, after: &Roster) -> Vec<DeviceId> {
    let ids = after.members().map(|(device, _)| device);
    ids.filter(|device| before.member(*device).is_none()).collect()
}

fn newly_revoked(before: &Roster, after: &Roster) -> Vec<DeviceId> {
    let is_live = |device| before.member(device).is_some_and(|member| member.revoked.is_none());
    let revoked = after.members().filter(|(_, member)| member.revoked.is_some());
    revoked.map(|(device, _)| device).filter(|device| is_live(*device)).collect()
}

/// All workspaces.
pub(crate) struct Workspaces {
    spaces: RwLock<BTreeMap<WorkspaceId, Arc<Space>>>,
    founding: tokio::sync::Mutex<()>,
    uploads: Arc<Uploads>,
}

impl Workspaces {
    /// Reads what the log keeps. Blocks.
    pub(crate) fn load(log: &dyn Log, uploads: Arc<Uploads>) -> Result<Self, RosterChangeError> {
        let mut spaces = BTreeMap::new();
        for workspace in log.workspaces()? {
            let entries = log.roster(workspace, 0, usize::MAX)?;
            let roster = Roster::replay(workspace, entries.iter().map(Vec::as_slice))?;
            spaces.insert(workspace, Arc::new(Space::new(roster, uploads.clone())));
        }
        let founding = tokio::sync::Mutex::default();
        Ok(Self { spaces: RwLock::new(spaces), founding, uploads })
    }

    pub(crate) fn get(&self, workspace: WorkspaceId) -> Option<Arc<Space>> {
        self.read().get(&workspace).cloned()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Space>> {
        self.read().values().cloned().collect()
    }

    /// The workspace whose tokens are meant for this audience; there is at most one.
    pub(crate) fn by_audience(&self, relay: RelayId) -> Option<Arc<Space>> {
        let is_meant = |space: &&Arc<Space>| {
            let roster = space.roster();
            roster.relay() == relay
                || roster.root().is_some_and(|root| RelayId::of_root(&root) == relay)
        };
        self.read().values().find(is_meant).cloned()
    }

    /// Registers a workspace from all entries of its roster, or extends it if it is here already and
    /// the entries begin with those that are held. Saying the same again changes nothing.
    pub(crate) async fn register(
        &self,
        log: &Arc<dyn Log>,
        offered: Roster,
        extension: Extension,
    ) -> Result<WorkspaceId, RosterChangeError> {
        let _founding = self.founding.lock().await;
        let id = offered.workspace();
        if let Some(space) = self.get(id) {
            return self.update(log, &space, &offered, extension).await.map(|()| id);
        }
        if self.by_audience(offered.relay()).is_some() {
            return Err(RosterChangeError::RelayIdTaken);
        }
        let writing = log.clone();
        let kept = blocking(move || writing.extend_roster(id, 0, &extension)).await?;
        if !kept {
            return Err(RosterError::OutOfOrder { expected: 1 }.into());
        }
        let space = Arc::new(Space::new(offered, self.uploads.clone()));
        self.spaces.write().unwrap_or_else(PoisonError::into_inner).insert(id, space);
        Ok(id)
    }

    async fn update(
        &self,
        log: &Arc<dyn Log>,
        space: &Arc<Space>,
        offered: &Roster,
        mut extension: Extension,
    ) -> Result<(), RosterChangeError> {
        let held = space.roster();
        if offered.seq() <= held.seq() {
            // Nothing new, if it is the same past; entries are chained, so its last hash tells.
            let same = offered.seq() == held.seq() && offered.head() == held.head();
            let expected = held.seq() + 1;
            return if same { Ok(()) } else { Err(RosterError::OutOfOrder { expected }.into()) };
        }
        let held = usize::try_from(held.seq()).unwrap_or(usize::MAX);
        extension.entries = extension.entries.split_off(held);
        space.extend(log, extension).await
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<WorkspaceId, Arc<Space>>> {
        self.spaces.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The roster that these entries found, verified back to the root that its workspace is named for.
pub(crate) fn replay_founding(entries: &[Vec<u8>]) -> Result<Roster, RosterChangeError> {
    let first = entries.first().and_then(|bytes| Entry::decode(bytes)?.verified_body());
    let Some(Action::Founded { root, .. }) = first.map(|body| body.action) else {
        return Err(RosterChangeError::NotFounded);
    };
    let workspace = WorkspaceId::of(&root);
    Ok(Roster::replay(workspace, entries.iter().map(Vec::as_slice))?)
}

/// Runs what blocks off the async threads. A panic in it is passed on.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

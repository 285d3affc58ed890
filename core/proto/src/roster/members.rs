//! What the roster's entries add up to: who is a member, with what role, in which scopes.

use super::entry::{Action, DeviceKeys, Entry, EntryBody, Role, SealedKey, Wrap};
use crate::frame::{FrameRef, RosterMark};
use crate::ids::{DeviceId, LogId, RelayId, ScopeId, SigningPublic, WorkspaceId};
use crate::limits::{ROSTER_ENTRY_BYTES_MAX, SCOPES_MAX};
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// A device that is, or was, a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its public keys.
    pub keys: DeviceKeys,
    /// What it may do.
    pub role: Role,
    /// The scopes that it is granted.
    pub scopes: BTreeSet<ScopeId>,
    /// The invite that it came with.
    pub invite: Option<DeviceId>,
    /// If it was revoked: its logs' last frames that are still believed.
    pub revoked: Option<Vec<FrameRef>>,
}

impl Member {
    /// Whether the member may still read and write a scope.
    #[must_use]
    pub fn is_live_in(&self, scope: ScopeId) -> bool {
        self.revoked.is_none() && self.scopes.contains(&scope)
    }

    /// Whether a frame at this place of the member's log is to be believed.
    #[must_use]
    pub fn is_believed(&self, log: LogId, seq: u64) -> bool {
        self.revoked.as_ref().is_none_or(|last_good| {
            last_good.iter().any(|place| place.log == log && seq <= place.seq)
        })
    }
}

/// An invite that was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invited {
    /// The key that signs the join.
    pub key: SigningPublic,
    /// When it ends, in seconds since 1970.
    pub expires_at: u64,
    /// The device that came with it.
    pub used_by: Option<DeviceId>,
}

/// One key epoch of a scope.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct EpochRecord {
    /// The epoch's key, wrapped; later grants included.
    pub wraps: Vec<Wrap>,
    /// The key of the epoch before, sealed under this one.
    pub previous: Option<SealedKey>,
}

/// Why an entry does not extend the roster.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum RosterError {
    /// Not an entry, too long, or not signed by the key that it names.
    #[error("not a signed roster entry")]
    Malformed,
    /// Not the entry after the last one: fetch what is missing, or this is a fork.
    #[error("the roster entry does not follow the last one (number {expected})")]
    OutOfOrder {
        /// The number that would follow.
        expected: u64,
    },
    /// Its signer may not write it.
    #[error("the roster entry is signed by a key that may not write it")]
    NotAllowed,
    /// It contradicts what is there: adds what exists, names what doesn't, or skips an epoch.
    #[error("the roster entry contradicts the roster")]
    Contradiction,
    /// An epoch whose key would be lost with the devices of today: headquarters or recovery is missing.
    #[error("the epoch is not wrapped for headquarters and recovery")]
    EpochNotRecoverable,
}

/// The roster of one workspace, as far as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    workspace: WorkspaceId,
    seq: u64,
    head: [u8; 32],
    root: Option<SigningPublic>,
    relay: RelayId,
    recovery: Vec<u8>,
    admins: BTreeSet<SigningPublic>,
    scopes: BTreeSet<ScopeId>,
    members: BTreeMap<DeviceId, Member>,
    invites: BTreeMap<DeviceId, Invited>,
    epochs: BTreeMap<ScopeId, BTreeMap<u32, EpochRecord>>,
}

impl Roster {
    /// A roster of which nothing was read yet. Only a workspace whose root key hashes to this id will fit.
    #[must_use]
    pub fn empty(workspace: WorkspaceId) -> Self {
        Self {
            workspace,
            seq: 0,
            head: [0; 32],
            root: None,
            relay: RelayId::from_bytes([0; 8]),
            recovery: vec![],
            admins: BTreeSet::new(),
            scopes: BTreeSet::new(),
            members: BTreeMap::new(),
            invites: BTreeMap::new(),
            epochs: BTreeMap::new(),
        }
    }

    /// Reads the entries of a workspace from its first.
    ///
    /// # Errors
    /// The first [`RosterError`] that is met.
    pub fn replay<'a>(
        workspace: WorkspaceId,
        entries: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Self, RosterError> {
        let mut roster = Self::empty(workspace);
        entries.into_iter().try_for_each(|entry| roster.append(entry))?;
        Ok(roster)
    }

    /// Takes the next entry, as its exact bytes. On an error the roster is as it was.
    ///
    /// # Errors
    /// [`RosterError`] says why it does not extend this roster.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), RosterError> {
        if bytes.len() > ROSTER_ENTRY_BYTES_MAX {
            return Err(RosterError::Malformed);
        }
        let entry = Entry::decode(bytes).ok_or(RosterError::Malformed)?;
        let body = entry.verified_body().ok_or(RosterError::Malformed)?;
        if body.seq != self.seq + 1 || body.prev != self.head {
            return Err(RosterError::OutOfOrder { expected: self.seq + 1 });
        }
        self.check_signer(&body)?;
        self.check(&body.action)?;
        self.apply(body.action);
        self.seq = body.seq;
        self.head = entry.hash();
        Ok(())
    }

    /// The workspace.
    #[must_use]
    pub fn workspace(&self) -> WorkspaceId {
        self.workspace
    }

    /// The number of the last entry; 0 before the first.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// The hash of the last entry.
    #[must_use]
    pub fn head(&self) -> [u8; 32] {
        self.head
    }

    /// Up to where this roster was read, as frames carry it.
    #[must_use]
    pub fn mark(&self) -> RosterMark {
        let mut tag = [0; 8];
        tag.copy_from_slice(&self.head[..8]);
        RosterMark { seq: self.seq, tag }
    }

    /// The audience of tokens.
    #[must_use]
    pub fn relay(&self) -> RelayId {
        self.relay
    }

    /// The recovery public key that every epoch is wrapped to.
    #[must_use]
    pub fn recovery(&self) -> &[u8] {
        &self.recovery
    }

    /// The scopes, in the order of their ids.
    pub fn scopes(&self) -> impl Iterator<Item = ScopeId> + '_ {
        self.scopes.iter().copied()
    }

    /// Every device that is or was a member.
    pub fn members(&self) -> impl Iterator<Item = (DeviceId, &Member)> {
        self.members.iter().map(|(id, member)| (*id, member))
    }

    /// A device that is or was a member.
    #[must_use]
    pub fn member(&self, device: DeviceId) -> Option<&Member> {
        self.members.get(&device)
    }

    /// An invite, by the id of its key.
    #[must_use]
    pub fn invite(&self, id: DeviceId) -> Option<&Invited> {
        self.invites.get(&id)
    }

    /// Whether a key may sign entries other than an admin's.
    #[must_use]
    pub fn is_admin(&self, key: &SigningPublic) -> bool {
        self.admins.contains(key)
    }

    /// The key epochs of a scope, by number.
    #[must_use]
    pub fn epochs(&self, scope: ScopeId) -> Option<&BTreeMap<u32, EpochRecord>> {
        self.epochs.get(&scope)
    }

    /// The number of a scope's newest epoch; 0 before the first.
    #[must_use]
    pub fn epoch(&self, scope: ScopeId) -> u32 {
        self.epochs.get(&scope).and_then(|epochs| epochs.keys().next_back().copied()).unwrap_or(0)
    }

    /// The devices that can read a scope today.
    pub fn live_in(&self, scope: ScopeId) -> impl Iterator<Item = (DeviceId, &Member)> {
        self.members().filter(move |(_, member)| member.is_live_in(scope))
    }

    fn check_signer(&self, body: &EntryBody) -> Result<(), RosterError> {
        let allowed = match &body.action {
            Action::Founded { root, .. } => {
                self.root.is_none()
                    && *root == body.signer
                    && WorkspaceId::of(root) == self.workspace
            }
            Action::AdminAdded { .. } | Action::AdminRemoved { .. } => {
                self.root == Some(body.signer)
            }
            Action::ScopeCreated { .. }
            | Action::Invited { .. }
            | Action::DeviceAdded { .. }
            | Action::DeviceRevoked { .. }
            | Action::EpochStarted { .. }
            | Action::KeyGranted { .. } => self.admins.contains(&body.signer),
        };
        allowed.then_some(()).ok_or(RosterError::NotAllowed)
    }

    fn check(&self, action: &Action) -> Result<(), RosterError> {
        let fits = match action {
            Action::Founded { .. } => true,
            Action::AdminAdded { admin } => !self.admins.contains(admin),
            Action::AdminRemoved { admin } => self.admins.contains(admin),
            Action::ScopeCreated { scope } => {
                !self.scopes.contains(scope) && self.scopes.len() < SCOPES_MAX
            }
            Action::Invited { invite, .. } => !self.invites.contains_key(&DeviceId::of(invite)),
            Action::DeviceAdded { keys, scopes, invite, .. } => {
                self.can_add(DeviceId::of(&keys.sign), scopes, *invite)
            }
            Action::DeviceRevoked { device, .. } => {
                self.members.get(device).is_some_and(|member| member.revoked.is_none())
            }
            Action::EpochStarted { scope, epoch, wraps, previous } => {
                self.check_recoverable(*scope, wraps)?;
                self.scopes.contains(scope)
                    && *epoch == self.epoch(*scope) + 1
                    && previous.is_some() == (*epoch > 1)
            }
            Action::KeyGranted { scope, epoch, wrap } => {
                let live = wrap.recipient.and_then(|device| self.members.get(&device));
                *epoch > 0
                    && *epoch == self.epoch(*scope)
                    && live.is_some_and(|member| member.is_live_in(*scope))
            }
        };
        fits.then_some(()).ok_or(RosterError::Contradiction)
    }

    fn can_add(&self, device: DeviceId, scopes: &[ScopeId], invite: Option<DeviceId>) -> bool {
        let fresh = invite.is_none_or(|id| {
            self.invites.get(&id).is_some_and(|invited| invited.used_by.is_none())
        });
        fresh
            && !self.members.contains_key(&device)
            && scopes.iter().all(|scope| self.scopes.contains(scope))
    }

    /// Every headquarters of the scope, and recovery, must be able to read what the epoch will hold.
    fn check_recoverable(&self, scope: ScopeId, wraps: &[Wrap]) -> Result<(), RosterError> {
        let has = |recipient| wraps.iter().any(|wrap| wrap.recipient == recipient);
        let headquarters =
            || self.live_in(scope).filter(|(_, member)| member.role == Role::Headquarters);
        let complete =
            has(None) && headquarters().count() > 0 && headquarters().all(|(id, _)| has(Some(id)));
        complete.then_some(()).ok_or(RosterError::EpochNotRecoverable)
    }

    fn apply(&mut self, action: Action) {
        match action {
            Action::Founded { root, relay, recovery } => {
                self.root = Some(root);
                self.relay = relay;
                self.recovery = recovery;
            }
            Action::AdminAdded { admin } => {
                self.admins.insert(admin);
            }
            Action::AdminRemoved { admin } => {
                self.admins.remove(&admin);
            }
            Action::ScopeCreated { scope } => {
                self.scopes.insert(scope);
            }
            Action::Invited { invite, expires_at } => {
                let invited = Invited { key: invite, expires_at, used_by: None };
                self.invites.insert(DeviceId::of(&invite), invited);
            }
            Action::DeviceAdded { keys, role, scopes, invite } => {
                let device = DeviceId::of(&keys.sign);
                if let Some(invited) = invite.and_then(|id| self.invites.get_mut(&id)) {
                    invited.used_by = Some(device);
                }
                let scopes = scopes.into_iter().collect();
                self.members.insert(device, Member { keys, role, scopes, invite, revoked: None });
            }
            Action::DeviceRevoked { device, last_good } => {
                if let Some(member) = self.members.get_mut(&device) {
                    member.revoked = Some(last_good);
                }
            }
            Action::EpochStarted { scope, epoch, wraps, previous } => {
                let record = EpochRecord { wraps, previous };
                self.epochs.entry(scope).or_default().insert(epoch, record);
            }
            Action::KeyGranted { scope, epoch, wrap } => {
                let epochs = self.epochs.entry(scope).or_default();
                epochs.entry(epoch).or_default().wraps.push(wrap);
            }
        }
    }
}

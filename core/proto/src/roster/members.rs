//! What the roster's entries add up to: who is a member, with what role, in which scopes.

use super::entry::{Action, DeviceKeys, Entry, Policy, Role, SealedKey, Wrap};
use super::rules::RosterError;
use crate::frame::{FrameRef, RosterMark};
use crate::ids::{DeviceId, LogId, RelayId, ScopeId, SigningPublic, WorkspaceId};
use crate::limits::ROSTER_ENTRY_BYTES_MAX;
use std::collections::{BTreeMap, BTreeSet};

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
    /// The number of the entry that revoked it; 0 if none did.
    pub revoked_at: u64,
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
    /// A hash of the epoch's key.
    pub commitment: Option<[u8; 32]>,
}

/// The roster of one workspace, as far as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    pub(super) workspace: WorkspaceId,
    pub(super) seq: u64,
    pub(super) head: [u8; 32],
    pub(super) root: Option<SigningPublic>,
    pub(super) relay: RelayId,
    pub(super) recovery: Vec<u8>,
    pub(super) admins: BTreeSet<SigningPublic>,
    pub(super) scopes: BTreeSet<ScopeId>,
    pub(super) members: BTreeMap<DeviceId, Member>,
    pub(super) invites: BTreeMap<DeviceId, Invited>,
    pub(super) epochs: BTreeMap<ScopeId, BTreeMap<u32, EpochRecord>>,
    pub(super) policy: Policy,
    pub(super) seen: BTreeMap<LogId, u64>,
    pub(super) beat_at: u64,
    pub(super) members_at: u64,
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
            policy: Policy::default(),
            seen: BTreeMap::new(),
            beat_at: 0,
            members_at: 0,
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
        self.apply(body.action, body.claimed_at);
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

    /// The root's key; `None` before the first entry.
    #[must_use]
    pub fn root(&self) -> Option<SigningPublic> {
        self.root
    }

    /// What holds for every device.
    #[must_use]
    pub fn policy(&self) -> Policy {
        self.policy
    }

    /// Up to which frame headquarters has seen each log, by its heartbeats.
    #[must_use]
    pub fn seen(&self) -> &BTreeMap<LogId, u64> {
        &self.seen
    }

    /// When the newest heartbeat says that it was written, in seconds since 1970; 0 before the first.
    #[must_use]
    pub fn beat_at(&self) -> u64 {
        self.beat_at
    }

    /// The number of the newest entry that says who is a member, or what is believed of one.
    #[must_use]
    pub fn members_at(&self) -> u64 {
        self.members_at
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

    /// The keys that may sign entries other than those about admins.
    pub fn admins(&self) -> impl Iterator<Item = SigningPublic> + '_ {
        self.admins.iter().copied()
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

    fn apply(&mut self, action: Action, claimed_at: u64) {
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
                self.members_at = self.seq + 1;
                let device = DeviceId::of(&keys.sign);
                if let Some(invited) = invite.and_then(|id| self.invites.get_mut(&id)) {
                    invited.used_by = Some(device);
                }
                let scopes = scopes.into_iter().collect();
                self.members.insert(
                    device,
                    Member { keys, role, scopes, invite, revoked: None, revoked_at: 0 },
                );
            }
            Action::DeviceRevoked { device, last_good } => {
                self.members_at = self.seq + 1;
                if let Some(member) = self.members.get_mut(&device) {
                    (member.revoked, member.revoked_at) = (Some(last_good), self.members_at);
                }
            }
            Action::EpochStarted { scope, epoch, wraps, previous, commitment } => {
                let record = EpochRecord { wraps, previous, commitment };
                self.epochs.entry(scope).or_default().insert(epoch, record);
            }
            Action::KeyGranted { scope, epoch, wrap } => {
                let epochs = self.epochs.entry(scope).or_default();
                epochs.entry(epoch).or_default().wraps.push(wrap);
            }
            Action::PolicySet { policy } => self.policy = policy,
            Action::Heartbeat { seen } => {
                self.beat_at = claimed_at;
                self.seen.extend(seen.into_iter().map(|place| (place.log, place.seq)));
            }
            Action::Released { device, last_good } => {
                self.members_at = self.seq + 1;
                if let Some(member) = self.members.get_mut(&device) {
                    member.revoked = Some(last_good);
                }
            }
        }
    }
}

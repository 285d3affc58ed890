//! The rules of the roster: who may write which entry, and which entries fit what is there.

use super::entry::{Action, EntryBody, Role, Wrap};
use super::members::Roster;
use crate::frame::FrameRef;
use crate::ids::{DeviceId, ScopeId, WorkspaceId};
use crate::limits::SCOPES_MAX;
use thiserror::Error;

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

impl Roster {
    pub(super) fn check_signer(&self, body: &EntryBody) -> Result<(), RosterError> {
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
            | Action::KeyGranted { .. }
            | Action::PolicySet { .. }
            | Action::Heartbeat { .. }
            | Action::Released { .. } => self.admins.contains(&body.signer),
        };
        allowed.then_some(()).ok_or(RosterError::NotAllowed)
    }

    pub(super) fn check(&self, action: &Action) -> Result<(), RosterError> {
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
            Action::EpochStarted { scope, epoch, wraps, previous, .. } => {
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
            Action::PolicySet { .. } | Action::Heartbeat { .. } => true,
            Action::Released { device, last_good } => self.can_release(*device, last_good),
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

    /// Belief is only ever added: what was good stays good.
    fn can_release(&self, device: DeviceId, last_good: &[FrameRef]) -> bool {
        let before = self.members.get(&device).and_then(|member| member.revoked.as_ref());
        let reaches =
            |old: &FrameRef| last_good.iter().any(|new| new.log == old.log && new.seq >= old.seq);
        before.is_some_and(|before| before.iter().all(reaches))
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
}

//! What headquarters does with the roster once there are members: revoke, rotate, lay down the policy, beat the heart.

use super::epochs::start_epoch;
use super::error::AdminError;
use super::founding::add_entry;
use super::identity::Identity;
use super::{Claimed, Workspace};
use crate::store::logs;
use kahriz_proto::frame::FrameRef;
use kahriz_proto::ids::{DeviceId, ScopeId};
use kahriz_proto::roster::{Action, Policy};
use rand_core::CryptoRng;
use rusqlite::Transaction;

/// A heart beats at most once in this many seconds: a day, less the time that a round may take.
const HEARTBEAT_SECONDS: u64 = 23 * 3_600;

/// Logs that one heartbeat names: some 60 KB of roster a day at most, for a thousand phones that all wrote.
const SEEN_AT_ONCE: usize = 2_048;

/// What a revocation came to.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Revoked {
    /// The scopes that have a new key now, and its epoch.
    pub epochs: Vec<(ScopeId, u32)>,
    /// The last frames of the device that stay believed.
    pub last_good: Vec<FrameRef>,
}

impl Workspace {
    /// Takes a device out of the workspace: what headquarters has merged of it stays believed, each of its scopes
    /// gets a new key that it is not given, and what it writes from now on is quarantined. Publish the roster at
    /// once: the relay refuses the device from then on.
    ///
    /// # Errors
    /// [`AdminError::NoDevice`] if it is no member now, [`AdminError::Itself`] for the device that revokes.
    pub fn revoke(
        &self,
        device: DeviceId,
        claimed: Claimed,
        rng: &mut dyn CryptoRng,
    ) -> Result<Revoked, AdminError> {
        self.change_roster(|tx, identity| {
            let admin = identity.admin_key()?;
            if device == identity.device() {
                return Err(AdminError::Itself);
            }
            let member = identity.roster.member(device);
            let member = member.filter(|member| member.revoked.is_none());
            let scopes = member.ok_or(AdminError::NoDevice)?.scopes.clone();
            let last_good = merged_of(tx, device)?;
            let revoked = Action::DeviceRevoked { device, last_good: last_good.clone() };
            add_entry(tx, identity, &admin, claimed, revoked)??;
            let mut epochs = vec![];
            for scope in scopes {
                let epoch = start_epoch::<AdminError>(tx, identity, &admin, scope, claimed, rng)?;
                epochs.push((scope, epoch));
            }
            Ok(Revoked { epochs, last_good })
        })
    }

    /// Gives a scope a new key, for its live members only; says its epoch.
    ///
    /// # Errors
    /// [`AdminError`].
    pub fn rotate(
        &self,
        scope: ScopeId,
        claimed: Claimed,
        rng: &mut dyn CryptoRng,
    ) -> Result<u32, AdminError> {
        self.change_roster(|tx, identity| {
            let admin = identity.admin_key()?;
            if identity.roster.epoch(scope) == 0 {
                return Err(AdminError::Scope);
            }
            start_epoch(tx, identity, &admin, scope, claimed, rng)
        })
    }

    /// What holds for every device.
    #[must_use]
    pub fn policy(&self) -> Policy {
        self.identity().roster.policy()
    }

    /// Lays down what holds for every device from now on.
    ///
    /// # Errors
    /// [`AdminError`].
    pub fn set_policy(&self, policy: Policy, claimed: Claimed) -> Result<(), AdminError> {
        self.write_entry(claimed, |_, _| Ok(Some(Action::PolicySet { policy }))).map(drop)
    }

    /// Says that headquarters is alive and how far it has seen each log, at most once a day. Says whether it was
    /// time. Whoever has less than it names, or another roster, is being lied to and can tell.
    ///
    /// # Errors
    /// [`AdminError`].
    pub fn heartbeat(&self, claimed: Claimed) -> Result<bool, AdminError> {
        let now = claimed.seconds().max(0).cast_unsigned();
        self.write_entry(claimed, |tx, identity| {
            let beat_at = identity.roster.beat_at();
            // A clock that was set back must not silence the heart.
            if beat_at <= now && now - beat_at < HEARTBEAT_SECONDS {
                return Ok(None);
            }
            let known = identity.roster.seen();
            let moved = |place: &FrameRef| known.get(&place.log).is_none_or(|seq| place.seq > *seq);
            let all = logs::all(tx)?.into_iter().map(|log| log.last_merged());
            let seen = all.filter(|place| place.seq > 0).filter(moved).take(SEEN_AT_ONCE);
            Ok(Some(Action::Heartbeat { seen: seen.collect() }))
        })
    }

    /// Writes the entry that is due, if one is.
    pub(super) fn write_entry(
        &self,
        claimed: Claimed,
        due: impl FnOnce(&Transaction<'_>, &Identity) -> Result<Option<Action>, AdminError>,
    ) -> Result<bool, AdminError> {
        self.change_roster(|tx, identity| {
            let admin = identity.admin_key()?;
            let Some(action) = due(tx, identity)? else { return Ok(false) };
            add_entry(tx, identity, &admin, claimed, action)??;
            Ok(true)
        })
    }
}

/// The last frame of each log of a device that is merged here.
fn merged_of(tx: &Transaction<'_>, device: DeviceId) -> rusqlite::Result<Vec<FrameRef>> {
    let own = logs::all(tx)?.into_iter().filter(|log| log.device == device && log.merged > 0);
    Ok(own.map(|log| log.last_merged()).collect())
}

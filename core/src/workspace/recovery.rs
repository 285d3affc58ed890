//! A new headquarters in the place of one that is gone, from the two keys that were kept off every device.
//!
//! The root key makes the new device's admin, the recovery key opens every epoch's key, and the roster says whose
//! they are: nothing else of the old headquarters is needed. It goes in two steps, each one commit. *Restoring*
//! makes the new device a member and an admin beside the lost one, so that it can pull what the relay holds. *Taking
//! over* then revokes the lost one, believing of it what is known to have come from its days, and begins a new epoch
//! in every scope. A restore that is interrupted between the two goes on where it stopped, without the keys.

mod admins;
mod file;
mod keys;

pub use admins::{AdminRequest, admin_code};
pub use file::{KnownNames, NotARosterFile, RosterFile};

use super::epochs::start_epoch;
use super::error::{AdminError, OpenError, ReadError};
use super::founding::{add_entry, keep_identity};
use super::giving_way::admin_key;
use super::identity::{GENERATION, Identity, name};
use super::{Claimed, Profile, Workspace};
use crate::batch::Announcement;
use crate::crypto::{DeviceSecrets, RecoveryKeys, SigningSecret};
use crate::store::{Store, StoreKey, inbox, logs, members, settings};
use kahriz_proto::frame::FrameRef;
use kahriz_proto::ids::{DeviceId, LogId, ScopeId};
use kahriz_proto::limits::FRAME_SEQ_MAX;
use kahriz_proto::roster::{Action, Role, Roster, RosterError};
use rand_core::CryptoRng;
use rusqlite::Transaction;
use std::collections::BTreeMap;
use std::path::Path;
use thiserror::Error;

/// Generations of a device's logs that are looked for: a store is not given more lives than this.
pub(super) const GENERATIONS_MAX: u32 = 16;

/// What a restored headquarters begins with.
pub struct Restoring<'a> {
    /// Both keys.
    pub keys: &'a RecoveryKeys,
    /// The roster, entry by entry from the first, as any member or the relay holds it.
    pub roster: &'a [Vec<u8>],
    /// The headquarters devices that are gone.
    pub lost: &'a [DeviceId],
    /// What of theirs is still believed, once this device takes over.
    pub belief: Belief,
    /// What is known of names, beside what the frames will tell.
    pub names: &'a KnownNames,
    /// The organisation's name for the workspace.
    pub workspace_name: &'a str,
    /// Who operates the new headquarters.
    pub operator: &'a Profile,
    /// Where devices will find the relay.
    pub relay_url: &'a str,
}

/// Which frames of a lost headquarters are still believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Belief {
    /// Those that are here. For one that is lost, when its relay has given out all that it holds.
    WhatIsHere,
    /// All that it ever wrote. For one that is destroyed, when its frames are still to come from elsewhere.
    Everything,
    /// Those that its last heartbeat vouches for. For one that was stolen; a person looks at the others.
    Heartbeats,
}

/// Why a headquarters cannot be restored. Nothing was made.
#[derive(Debug, Error)]
pub enum RestoreError {
    /// The roster is not this workspace's, or was altered.
    #[error("the member list does not verify back to this root key: {0}")]
    Roster(#[from] RosterError),
    /// There is nothing in it.
    #[error("the member list is empty")]
    NoRoster,
    /// The roster names another recovery key.
    #[error("the recovery key is not the one that the member list names")]
    AnotherRecoveryKey,
    /// That device is not a headquarters of today.
    #[error("{0} is not a headquarters of this workspace, or was revoked already")]
    NotLost(DeviceId),
    /// The store.
    #[error(transparent)]
    Open(#[from] OpenError),
}

impl From<rusqlite::Error> for RestoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Open(error.into())
    }
}

/// The roster in these entries, verified back to the root key.
///
/// # Errors
/// [`RestoreError::Roster`], [`RestoreError::NoRoster`], [`RestoreError::AnotherRecoveryKey`].
pub fn verified_roster(keys: &RecoveryKeys, entries: &[Vec<u8>]) -> Result<Roster, RestoreError> {
    let roster = Roster::replay(keys.workspace(), entries.iter().map(Vec::as_slice))?;
    if roster.seq() == 0 {
        return Err(RestoreError::NoRoster);
    }
    if roster.recovery() != keys.recovery.public() {
        return Err(RestoreError::AnotherRecoveryKey);
    }
    Ok(roster)
}

/// The headquarters devices of today.
#[must_use]
pub fn headquarters_of(roster: &Roster) -> Vec<DeviceId> {
    let live = roster
        .members()
        .filter(|(_, member)| member.role == Role::Headquarters && member.revoked.is_none());
    live.map(|(device, _)| device).collect()
}

impl Workspace {
    /// Makes a new headquarters in a new store: its device and its admin key are in the roster, the lost ones'
    /// admin keys are not any more, and every key that recovery opens is held. Publish the roster, sync, and then
    /// [`Workspace::take_over`].
    ///
    /// # Errors
    /// [`RestoreError`].
    pub fn restore(
        dir: &Path,
        key: &StoreKey,
        restoring: &Restoring<'_>,
        claimed: Claimed,
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, RestoreError> {
        let roster = verified_roster(restoring.keys, restoring.roster)?;
        let live = headquarters_of(&roster);
        if let Some(unknown) = restoring.lost.iter().find(|lost| !live.contains(lost)) {
            return Err(RestoreError::NotLost(*unknown));
        }
        let opened = keys::open_all(&roster, &restoring.keys.recovery);
        let workspace = roster.workspace();
        let mut identity = Identity {
            secrets: DeviceSecrets::generate(rng),
            admin: Some(SigningSecret::generate(rng)),
            roster: Roster::empty(workspace),
            copied: None,
        };
        let store = Store::create(dir, key).map_err(OpenError::from)?;
        store.write(|tx| {
            keep_identity(tx, &identity, workspace, restoring.relay_url, roster.relay())?;
            settings::put(tx, name::WORKSPACE_NAME, restoring.workspace_name.as_bytes())?;
            keep_admin(tx, &identity)?;
            keep_lost(tx, restoring.lost, restoring.belief)?;
            for (scope, epoch, key) in &opened {
                members::put_key(tx, *scope, *epoch, key.as_bytes())?;
            }
            identity.append(tx, restoring.roster.iter().map(Vec::as_slice), &[])??;
            become_headquarters(tx, &mut identity, restoring, claimed)?;
            restoring.names.keep(tx)?;
            let operator = restoring.operator;
            let (officer, phone) = (operator.officer.clone(), operator.device.clone());
            let person = members::PersonName { officer, phone };
            Ok::<_, RestoreError>(members::name_person(tx, identity.device(), &person)?)
        })?;
        Ok(Self::new(dir, store, identity))
    }

    /// What is believed of the lost headquarters whose place this device is still to take; `None` if it did, or
    /// was not restored. Unless that is [`Belief::WhatIsHere`], take over before anything is pulled.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn to_take_over(&self) -> Result<Option<Belief>, ReadError> {
        let (lost, belief) = self.store.read(lost)?;
        Ok((!lost.is_empty()).then_some(belief))
    }

    /// Takes the place of the lost headquarters: they are revoked, a new epoch begins in every scope whose keys
    /// are here, and everybody is told the names. Does nothing if that was done before.
    ///
    /// # Errors
    /// [`AdminError`]; nothing of it was done then.
    pub fn take_over(&self, claimed: Claimed, rng: &mut dyn CryptoRng) -> Result<(), AdminError> {
        self.change_roster(|tx, identity| {
            let (lost, belief) = lost(tx)?;
            if lost.is_empty() {
                return Ok(());
            }
            let admin = admin_key(tx, identity)?;
            for device in &lost {
                let is_live = |member: &kahriz_proto::roster::Member| member.revoked.is_none();
                if identity.roster.member(*device).is_some_and(is_live) {
                    let last_good = believed_of(tx, identity, *device, belief)?;
                    let revoked = Action::DeviceRevoked { device: *device, last_good };
                    add_entry(tx, identity, &admin, claimed, revoked)??;
                }
            }
            for scope in identity.scopes() {
                // Who began an epoch without the newest key would cut the others off from what came before.
                if members::key(tx, scope, identity.roster.epoch(scope))?.is_some() {
                    start_epoch::<AdminError>(tx, identity, &admin, scope, claimed, rng)?;
                }
            }
            introduce(tx, identity)?;
            keep_lost(tx, &[], belief)?;
            Ok::<_, AdminError>(())
        })
    }

    /// Where devices find the relay from now on.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn set_relay(&self, url: &str) -> Result<(), ReadError> {
        Ok(self.store.write(|tx| settings::put(tx, name::RELAY_URL, url.as_bytes()))?)
    }
}

/// The root certifies the new admin, withdraws all others, and the admin makes this device headquarters of every
/// scope.
fn become_headquarters(
    tx: &Transaction<'_>,
    identity: &mut Identity,
    restoring: &Restoring<'_>,
    claimed: Claimed,
) -> Result<(), RestoreError> {
    let root = &restoring.keys.root;
    let admin = identity.admin.clone().ok_or(RosterError::NotAllowed)?;
    let before: Vec<_> = identity.roster.admins().collect();
    add_entry(tx, identity, root, claimed, Action::AdminAdded { admin: admin.public() })??;
    for old in before {
        add_entry(tx, identity, root, claimed, Action::AdminRemoved { admin: old })??;
    }
    let headquarters = Action::DeviceAdded {
        keys: identity.secrets.public(),
        role: Role::Headquarters,
        scopes: identity.roster.scopes().collect(),
        invite: None,
    };
    Ok(add_entry(tx, identity, &admin, claimed, headquarters)??)
}

/// The last frames of a lost device's logs that are still believed.
fn believed_of(
    tx: &Transaction<'_>,
    identity: &Identity,
    device: DeviceId,
    belief: Belief,
) -> rusqlite::Result<Vec<FrameRef>> {
    let scopes = identity.roster.member(device).map(|member| member.scopes.clone());
    let possible = scopes.into_iter().flatten().flat_map(|scope: ScopeId| {
        (1..=GENERATIONS_MAX).map(move |generation| LogId::of(device, scope, generation))
    });
    let known: BTreeMap<LogId, u64> = match belief {
        Belief::Everything => {
            return Ok(possible.map(|log| FrameRef { log, seq: FRAME_SEQ_MAX }).collect());
        }
        Belief::Heartbeats => identity.roster.seen().clone(),
        Belief::WhatIsHere => here(tx)?,
    };
    let place = |log| known.get(&log).map(|seq| FrameRef { log, seq: *seq });
    Ok(possible.filter_map(place).collect())
}

/// The last frame that is here of each log, merged or still in the inbox.
fn here(tx: &Transaction<'_>) -> rusqlite::Result<BTreeMap<LogId, u64>> {
    let mut here = BTreeMap::new();
    let merged = logs::all(tx)?.into_iter().map(|log| (log.log, log.merged));
    let waiting = inbox::parked(tx)?.into_iter().map(|parked| (parked.log, parked.seq));
    for (log, seq) in merged.chain(waiting).filter(|(_, seq)| *seq > 0) {
        let last = here.entry(log).or_insert(seq);
        *last = seq.max(*last);
    }
    Ok(here)
}

/// Tells every scope, under its new key, who is there and what things are called: the frames in which the lost
/// headquarters said so may be lost with it.
fn introduce(tx: &Transaction<'_>, identity: &Identity) -> rusqlite::Result<()> {
    let (scopes, people) = (members::scope_names(tx)?, members::people(tx)?);
    for scope in identity.scopes() {
        let log = logs::ensure(tx, identity.device(), scope, GENERATION)?;
        if let Some(members::ScopeName { name, prefix }) = scopes.get(&scope).cloned() {
            Workspace::announce(tx, &log, &Announcement::Scope { scope, name, prefix })?;
        }
        for (device, person) in &people {
            let member = identity.roster.member(*device);
            if !member.is_some_and(|member| member.scopes.contains(&scope)) {
                continue;
            }
            let (officer, phone) = (person.officer.clone(), person.phone.clone());
            Workspace::announce(
                tx,
                &log,
                &Announcement::Person { device: *device, officer, phone },
            )?;
        }
    }
    Ok(())
}

fn keep_admin(tx: &Transaction<'_>, identity: &Identity) -> rusqlite::Result<()> {
    let Some(admin) = &identity.admin else { return Ok(()) };
    settings::put(tx, name::ADMIN, admin.seed().as_slice())
}

/// Kept until the second step: what is believed, and then the devices.
fn keep_lost(tx: &Transaction<'_>, lost: &[DeviceId], belief: Belief) -> rusqlite::Result<()> {
    let mut bytes = vec![belief as u8];
    bytes.extend(lost.iter().flat_map(|device| *device.as_bytes()));
    settings::put(tx, name::LOST_HEADQUARTERS, &bytes)
}

fn lost(conn: &rusqlite::Connection) -> rusqlite::Result<(Vec<DeviceId>, Belief)> {
    let bytes = settings::get(conn, name::LOST_HEADQUARTERS)?.unwrap_or_default();
    let (belief, devices) = bytes.split_first().unwrap_or((&0, &[]));
    let belief = [Belief::WhatIsHere, Belief::Everything, Belief::Heartbeats]
        .into_iter()
        .find(|known| *known as u8 == *belief)
        .unwrap_or(Belief::Heartbeats);
    let devices = devices.chunks_exact(DeviceId::LEN).filter_map(DeviceId::from_slice);
    Ok((devices.collect(), belief))
}

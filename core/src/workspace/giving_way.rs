//! When two headquarters have written to the roster at the same time.
//!
//! The relay takes the entries that reach it first and refuses the others, so it is the arbiter, and whoever came second
//! gives way. Nobody but the writer has seen an entry that no relay has taken: it is taken back, the other's entries
//! are taken, and the own ones are signed once more after them, with new keys where a key belongs to one. What the other
//! has done as well is left out.
//!
//! That is not safe where somebody may have acted on an own entry because a relay once had it, and not possible for what
//! only the root can sign. Then nothing is touched, an alarm is raised, and this device writes no more to the roster until
//! a person has looked. Who closes the alarm says that the other list holds: then it gives way all the same, and what the
//! root has to sign is left out, to be signed again. Only if frames may have been sealed under the own entries does it
//! stay as it is: nobody could open them any more.

use super::alarms::{AlarmKind, has_looked, is_split, raise};
use super::epochs::{give_key, start_epoch};
use super::error::AdminError;
use super::founding::add_entry;
use super::identity::{Identity, name, setting_id};
use super::{Claimed, Workspace};
use crate::crypto::SigningSecret;
use crate::store::{members, outbox, settings};
use kahriz_proto::frame::{Frame, FrameRef};
use kahriz_proto::ids::DeviceId;
use kahriz_proto::message::RosterPage;
use kahriz_proto::roster::{Action, Entry, Roster};
use rand_core::CryptoRng;
use rusqlite::{Connection, Transaction};

impl Workspace {
    /// Takes the relay's entries after the first `shared`, which both have, in place of the own ones, and writes those
    /// again after them.
    ///
    /// # Errors
    /// [`AdminError::Roster`] if the relay's entries do not verify, [`AdminError::RosterSplit`] if a person has to look;
    /// the own roster is as it was then.
    pub(crate) fn give_way(
        &self,
        shared: u64,
        theirs: &RosterPage,
        claimed: Claimed,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), AdminError> {
        let given =
            self.change_roster(|tx, identity| give_way(tx, identity, shared, theirs, claimed, rng));
        if matches!(given, Err(AdminError::RosterSplit)) {
            self.store.write(|tx| raise(tx, AlarmKind::RosterSplit { entry: shared + 1 }))?;
        }
        given
    }
}

/// The key with which this headquarters signs entries of the roster, if it is to write any.
pub(super) fn admin_key(
    conn: &Connection,
    identity: &Identity,
) -> Result<SigningSecret, AdminError> {
    let admin = identity.admin_key()?;
    if is_split(conn)? { Err(AdminError::RosterSplit) } else { Ok(admin) }
}

fn give_way(
    tx: &Transaction<'_>,
    identity: &mut Identity,
    shared: u64,
    theirs: &RosterPage,
    claimed: Claimed,
    rng: &mut dyn CryptoRng,
) -> Result<(), AdminError> {
    let (before, own) = (members::entries_up_to(tx, shared)?, members::entries(tx, shared)?);
    let before = Roster::replay(identity.roster.workspace(), before.iter().map(Vec::as_slice))?;
    // Before anything is given up for it.
    let entries = || theirs.entries.iter().map(|entry| entry.as_slice());
    let mut after = before.clone();
    entries().try_for_each(|entry| after.append(entry))?;

    let mut own: Vec<Action> = own.iter().filter_map(|entry| action_of(entry)).collect();
    let was_seen = published(tx)? > shared;
    let is_final = sealed_under(tx)? > shared || (was_seen && own.iter().any(begins_epoch));
    let needs_person = was_seen || own.iter().any(only_root_signs);
    if is_final || (needs_person && !has_looked(tx, shared + 1)?) {
        return Err(AdminError::RosterSplit);
    }
    take_back(tx, shared, &own)?;
    identity.roster = before;
    identity.append(tx, entries(), theirs.keys.as_deref().unwrap_or_default())??;
    settings::put(tx, name::PUBLISHED_ROSTER, &identity.roster.seq().to_be_bytes())?;
    own.retain(|action| !only_root_signs(action));
    for action in own {
        write_again(tx, identity, action, claimed, rng).map_err(|error| match error {
            AdminError::Database(error) => AdminError::Database(error),
            AdminError::NotAdmin
            | AdminError::NotHeadquarters
            | AdminError::Invite
            | AdminError::Join
            | AdminError::Scope
            | AdminError::NoDevice
            | AdminError::Itself
            | AdminError::NotQuarantined
            | AdminError::BuiltUpon(_)
            | AdminError::Copy
            | AdminError::RosterSplit
            | AdminError::Roster(_) => AdminError::RosterSplit,
        })?;
    }
    Ok(())
}

fn action_of(entry: &[u8]) -> Option<Action> {
    Some(Entry::decode(entry)?.verified_body()?.action)
}

fn only_root_signs(action: &Action) -> bool {
    matches!(
        action,
        Action::Founded { .. } | Action::AdminAdded { .. } | Action::AdminRemoved { .. }
    )
}

fn begins_epoch(action: &Action) -> bool {
    matches!(action, Action::EpochStarted { .. })
}

/// The last own entry that a relay has ever had.
fn published(conn: &Connection) -> rusqlite::Result<u64> {
    Ok(setting_id(conn, name::PUBLISHED_ROSTER)?.map_or(0, u64::from_be_bytes))
}

/// The last entry that had been read where a frame was sealed here.
fn sealed_under(conn: &Connection) -> rusqlite::Result<u64> {
    let read = |bytes| Frame::decode(bytes).map_or(0, |frame| frame.preamble().roster.seq);
    Ok(outbox::newest(conn)?.into_iter().map(read).max().unwrap_or(0))
}

/// Nothing was sealed under a key that goes here, and nobody was given it.
fn take_back(tx: &Transaction<'_>, shared: u64, own: &[Action]) -> rusqlite::Result<()> {
    for action in own {
        if let Action::EpochStarted { scope, epoch, .. } = action {
            members::take_back_key(tx, *scope, *epoch)?;
        }
    }
    members::take_back_entries(tx, shared)
}

/// Writes an own entry again, if it still says something new.
fn write_again(
    tx: &Transaction<'_>,
    identity: &mut Identity,
    action: Action,
    claimed: Claimed,
    rng: &mut dyn CryptoRng,
) -> Result<(), AdminError> {
    let admin = identity.admin_key()?;
    let roster = &identity.roster;
    match action {
        Action::Invited { invite, .. } if roster.invite(DeviceId::of(&invite)).is_some() => Ok(()),
        Action::DeviceAdded { ref keys, ref scopes, invite, .. } => {
            let (device, scopes) = (DeviceId::of(&keys.sign), scopes.clone());
            if roster.member(device).is_some() {
                return Ok(());
            }
            // Each has let in another phone with one invite.
            if let Some(invite) = invite.filter(|id| is_used(roster, *id)) {
                return Ok(raise(tx, AlarmKind::InviteUsedTwice { invite })?);
            }
            add_entry(tx, identity, &admin, claimed, action)??;
            scopes.into_iter().try_for_each(|scope| give_key(tx, identity, scope, device, rng))
        }
        Action::DeviceRevoked { device, .. }
            if roster.member(device).is_none_or(|member| member.revoked.is_some()) =>
        {
            Ok(())
        }
        Action::EpochStarted { scope, .. } => {
            start_epoch(tx, identity, &admin, scope, claimed, rng).map(drop)
        }
        Action::Released { device, last_good } => {
            let last_good = with_what_is_good(roster, device, last_good);
            Ok(add_entry(tx, identity, &admin, claimed, Action::Released { device, last_good })??)
        }
        // The next one says it, a day after the other's.
        Action::Heartbeat { .. } => Ok(()),
        Action::Invited { .. }
        | Action::DeviceRevoked { .. }
        | Action::ScopeCreated { .. }
        | Action::PolicySet { .. } => Ok(add_entry(tx, identity, &admin, claimed, action)??),
        // No longer written, and left out before.
        Action::KeyGranted { .. }
        | Action::Founded { .. }
        | Action::AdminAdded { .. }
        | Action::AdminRemoved { .. } => Err(AdminError::RosterSplit),
    }
}

fn is_used(roster: &Roster, invite: DeviceId) -> bool {
    roster.invite(invite).is_some_and(|invited| invited.used_by.is_some())
}

/// What both headquarters believe of a revoked device, further of each log.
fn with_what_is_good(roster: &Roster, device: DeviceId, ours: Vec<FrameRef>) -> Vec<FrameRef> {
    let theirs = roster.member(device).and_then(|member| member.revoked.clone());
    let mut all = theirs.unwrap_or_default();
    for place in ours {
        match all.iter_mut().find(|known| known.log == place.log) {
            Some(known) => known.seq = known.seq.max(place.seq),
            None => all.push(place),
        }
    }
    all
}

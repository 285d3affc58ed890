//! Who this device is, and what it has read of the roster: kept in the store, held in memory.

use super::alarms::roster_reaches;
use super::{AdminError, Claimed};
use crate::crypto::{
    DeviceSecrets, EpochKey, SigningSecret, WrapContext, open_previous, unwrap_key,
};
use crate::store::logs::{self, LogRow};
use crate::store::{inbox, members, outbox, settings};
use kahriz_proto::ids::{DeviceId, LogId, ScopeId, WorkspaceId};
use kahriz_proto::message::KeyWrap;
use kahriz_proto::roster::{EpochRecord, Member, Roster, RosterError};
use rusqlite::Connection;
use zeroize::Zeroizing;

/// The names under which the store keeps what a device is.
pub(super) mod name {
    pub(crate) const SECRETS: &str = "device secrets";
    pub(crate) const ADMIN: &str = "admin seed";
    pub(crate) const WORKSPACE: &str = "workspace";
    pub(crate) const WORKSPACE_NAME: &str = "workspace name";
    pub(crate) const RELAY_URL: &str = "relay url";
    pub(crate) const RELAY_PIN: &str = "relay pin";
    pub(crate) const RELAY: &str = "relay audience";
    pub(crate) const INVITE_SEED: &str = "invite seed";
    pub(crate) const JOIN: &str = "join";
    pub(crate) const PUBLISHED_ROSTER: &str = "roster at the relay";
    pub(crate) const ROSTER_UNSURE: &str = "roster to be compared";
    pub(crate) const LOST_HEADQUARTERS: &str = "lost headquarters";
    pub(crate) const CLOCK_OFFSET: &str = "clock offset";
    pub(crate) const LAST_CONTACT: &str = "last contact";
    pub(crate) const CLOCK_SEEN: &str = "clock seen";
    pub(crate) const LETTER_CHANCE: &str = "letter chance";
    pub(crate) const LETTER_MARKS: &str = "letter marks";
    pub(crate) const COPIED: &str = "copied";
    pub(crate) const GENERATION: &str = "generation";
    pub(crate) const MARKED: &str = "life marked";
    pub(crate) const UNDECIDED: &str = "life undecided";
    pub(crate) const CONTRADICTED: &str = "life contradicted";
    pub(crate) const REPAIR: &str = "repair due";
    pub(crate) const DEPOSIT_SEED: &str = "deposit seed";
}

/// The generation of a store that was never rolled back or copied.
pub(super) const FIRST_LIFE: u32 = 1;

/// Lives of a device's store among which its logs are looked for. Each but the first is a restored or copied phone: few
/// have even two.
const LIVES_MAX: u32 = 16;

/// The logs that a device may have written in a scope.
pub fn logs_of(device: DeviceId, scope: ScopeId) -> impl Iterator<Item = LogId> {
    (FIRST_LIFE..=LIVES_MAX).map(move |generation| LogId::of(device, scope, generation))
}

/// A device's secrets and what it has read of the roster.
pub(super) struct Identity {
    pub(super) secrets: DeviceSecrets,
    /// Only on a headquarters; certified by the root, or still to be.
    pub(super) admin: Option<SigningSecret>,
    pub(super) roster: Roster,
    /// Which life of this device's store this is: whatever is written from here on stands in logs of this generation.
    pub(super) generation: u32,
    /// When this store was copied, if it is a backup's: then what it wrote after that stands elsewhere, and a word more
    /// from here would fork its logs and the roster.
    pub(super) copied: Option<Claimed>,
}

impl Identity {
    /// Reads the identity from the store; `None` if the store is nobody's yet or damaged.
    pub(super) fn load(conn: &Connection) -> rusqlite::Result<Option<Self>> {
        let Some(workspace) = setting_id(conn, name::WORKSPACE)? else { return Ok(None) };
        let workspace = WorkspaceId::from_bytes(workspace);
        let secrets = settings::get(conn, name::SECRETS)?;
        let Some(secrets) = secrets.and_then(|bytes| DeviceSecrets::from_bytes(&bytes)) else {
            return Ok(None);
        };
        let copied = setting_id(conn, name::COPIED)?.map(i64::from_be_bytes);
        let copied = copied.map(|ms| Claimed { ms });
        let admin = settings::get(conn, name::ADMIN)?;
        let admin =
            admin.and_then(|seed| Some(Zeroizing::new(<[u8; 32]>::try_from(&seed[..]).ok()?)));
        let admin = admin.map(|seed| SigningSecret::from_seed(&seed));
        let admin = admin.filter(|_| copied.is_none());
        let generation = setting_id(conn, name::GENERATION)?.map_or(FIRST_LIFE, u32::from_be_bytes);
        let entries = members::entries(conn, 0)?;
        let roster = Roster::replay(workspace, entries.iter().map(Vec::as_slice));
        Ok(roster.ok().map(|roster| Self { secrets, admin, roster, generation, copied }))
    }

    pub(super) fn device(&self) -> DeviceId {
        self.secrets.device()
    }

    /// The log in which this device writes what is of a scope.
    pub(super) fn log(&self, scope: ScopeId) -> LogId {
        LogId::of(self.device(), scope, self.generation)
    }

    /// That log, begun if nothing was written in it yet.
    pub(super) fn own_log(&self, conn: &Connection, scope: ScopeId) -> rusqlite::Result<LogRow> {
        logs::ensure(conn, self.device(), scope, self.generation)
    }

    /// The key that signs roster entries here.
    pub(super) fn admin_key(&self) -> Result<SigningSecret, AdminError> {
        let missing = if self.copied.is_some() { AdminError::Copy } else { AdminError::NotAdmin };
        self.admin.clone().ok_or(missing)
    }

    /// This device in the roster, once it is there.
    pub(super) fn member(&self) -> Option<&Member> {
        self.roster.member(self.device())
    }

    /// The scopes that this device may read and write today, in the order of their ids.
    pub(super) fn scopes(&self) -> Vec<ScopeId> {
        let live = |scope: &ScopeId| self.member().is_some_and(|member| member.is_live_in(*scope));
        self.roster.scopes().filter(live).collect()
    }

    /// Takes the roster's next entries, and keeps them and the keys that they bring or that came beside them. Stops
    /// at the first that does not fit; those before it are kept. Only within
    /// [`super::Workspace::change_roster`], which takes the memory back if the disk fails.
    pub(super) fn append<'e>(
        &mut self,
        conn: &Connection,
        entries: impl IntoIterator<Item = &'e [u8]>,
        keys: &[KeyWrap],
    ) -> rusqlite::Result<Result<(), RosterError>> {
        let before = self.roster.seq();
        let mut taken = Ok(());
        for entry in entries {
            taken = self.roster.append(entry);
            if taken.is_err() {
                break;
            }
            members::add_entry(conn, self.roster.seq(), entry)?;
        }
        if self.roster.members_at() > before {
            inbox::members_changed(conn)?;
        }
        if self.roster.seq() > before {
            outbox::offer_again(conn)?;
            roster_reaches(conn, self.roster.seq())?;
        }
        self.keep_keys(conn, keys)?;
        Ok(taken)
    }

    /// Unwraps every epoch key that this device is given and does not hold yet: the newest from its
    /// wrap, each older one from under the one after it.
    fn keep_keys(&self, conn: &Connection, beside: &[KeyWrap]) -> rusqlite::Result<()> {
        for scope in self.scopes() {
            let Some(epochs) = self.roster.epochs(scope) else { continue };
            let mut later: Option<EpochKey> = None;
            for (epoch, record) in epochs.iter().rev() {
                if let Some(held) = members::key(conn, scope, *epoch)? {
                    later = Some(EpochKey::from_bytes(&held));
                    continue;
                }
                let before = later.as_ref().zip(epochs.get(&(epoch + 1)));
                let from_later = before.and_then(|(key, record)| {
                    let context = self.context(scope, epoch + 1);
                    open_previous(record.previous.as_ref()?, key, context).ok()
                });
                let given = || self.unwrap(scope, *epoch, record, beside);
                let key = from_later.or_else(given).filter(|key| is_meant(key, record));
                if let Some(key) = &key {
                    members::put_key(conn, scope, *epoch, key.as_bytes())?;
                }
                later = key;
            }
        }
        Ok(())
    }

    /// The key of an epoch that is wrapped to this device, in the roster or beside it.
    fn unwrap(
        &self,
        scope: ScopeId,
        epoch: u32,
        record: &EpochRecord,
        beside: &[KeyWrap],
    ) -> Option<EpochKey> {
        let device = self.device();
        let within = record.wraps.iter().filter(|wrap| wrap.recipient == Some(device));
        let mine =
            |wrap: &&KeyWrap| wrap.device == device && wrap.scope == scope && wrap.epoch == epoch;
        // What is not signed counts only where something signed says which key it must be.
        let beside = beside.iter().filter(|_| record.commitment.is_some()).filter(mine);
        let sealed = within.map(|wrap| &wrap.sealed).chain(beside.map(|wrap| &wrap.sealed));
        let context = self.context(scope, epoch);
        let mut keys = sealed
            .filter_map(|sealed| unwrap_key(sealed, &self.secrets.wrap, context).ok())
            .filter(|key| is_meant(key, record));
        keys.next()
    }

    fn context(&self, scope: ScopeId, epoch: u32) -> WrapContext {
        WrapContext { workspace: self.roster.workspace(), scope, epoch }
    }

    /// Whether the newest key of a scope that this device is granted is not here.
    pub(super) fn lacks_keys(&self, conn: &Connection) -> rusqlite::Result<bool> {
        for scope in self.scopes() {
            let epoch = self.roster.epoch(scope);
            if epoch > 0 && members::key(conn, scope, epoch)?.is_none() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Whether this is the key that the roster says the epoch has.
fn is_meant(key: &EpochKey, record: &EpochRecord) -> bool {
    record.commitment.is_none_or(|commitment| commitment == key.commitment())
}

/// A setting that holds exactly so many bytes.
pub(super) fn setting_id<const N: usize>(
    conn: &Connection,
    name: &str,
) -> rusqlite::Result<Option<[u8; N]>> {
    Ok(settings::get(conn, name)?.and_then(|bytes| bytes.as_slice().try_into().ok()))
}

/// A setting that is text; empty if it was never set.
pub(super) fn setting_text(conn: &Connection, name: &str) -> rusqlite::Result<String> {
    let bytes = settings::get(conn, name)?.unwrap_or_default();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

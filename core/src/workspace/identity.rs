//! Who this device is, and what it has read of the roster: kept in the store, held in memory.

use crate::crypto::{
    DeviceSecrets, EpochKey, SigningSecret, WrapContext, open_previous, unwrap_key,
};
use crate::store::{members, settings};
use kahriz_proto::ids::{DeviceId, ScopeId, WorkspaceId};
use kahriz_proto::roster::{Member, Roster, RosterError};
use rusqlite::Connection;
use zeroize::Zeroizing;

/// The names under which the store keeps what a device is.
pub(super) mod name {
    pub(crate) const SECRETS: &str = "device secrets";
    pub(crate) const ADMIN: &str = "admin seed";
    pub(crate) const WORKSPACE: &str = "workspace";
    pub(crate) const WORKSPACE_NAME: &str = "workspace name";
    pub(crate) const RELAY_URL: &str = "relay url";
    pub(crate) const RELAY: &str = "relay audience";
    pub(crate) const INVITE_SEED: &str = "invite seed";
    pub(crate) const JOIN: &str = "join";
    pub(crate) const PUBLISHED_ROSTER: &str = "roster at the relay";
    pub(crate) const CLOCK_OFFSET: &str = "clock offset";
}

/// The generation of this store. One that was rolled back or copied forks its log, which is refused and shown; to
/// begin another generation instead is still to come.
pub(super) const GENERATION: u32 = 1;

/// A device's secrets and what it has read of the roster.
pub(super) struct Identity {
    pub(super) secrets: DeviceSecrets,
    /// Only on the device that founded the workspace.
    pub(super) admin: Option<SigningSecret>,
    pub(super) roster: Roster,
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
        let admin = settings::get(conn, name::ADMIN)?;
        let admin =
            admin.and_then(|seed| Some(Zeroizing::new(<[u8; 32]>::try_from(&seed[..]).ok()?)));
        let admin = admin.map(|seed| SigningSecret::from_seed(&seed));
        let entries = members::entries(conn, 0)?;
        let roster = Roster::replay(workspace, entries.iter().map(Vec::as_slice));
        Ok(roster.ok().map(|roster| Self { secrets, admin, roster }))
    }

    pub(super) fn device(&self) -> DeviceId {
        self.secrets.device()
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

    /// Takes the roster's next entries, and keeps them and the keys that they bring. Stops at the first that
    /// does not fit; those before it are kept. Only within [`super::Workspace::change_roster`], which takes the
    /// memory back if the disk fails.
    pub(super) fn append<'e>(
        &mut self,
        conn: &Connection,
        entries: impl IntoIterator<Item = &'e [u8]>,
    ) -> rusqlite::Result<Result<(), RosterError>> {
        let mut taken = Ok(());
        for entry in entries {
            taken = self.roster.append(entry);
            if taken.is_err() {
                break;
            }
            members::add_entry(conn, self.roster.seq(), entry)?;
        }
        self.keep_keys(conn)?;
        Ok(taken)
    }

    /// Unwraps every epoch key that this device is given and does not hold yet: the newest from its
    /// wrap, each older one from under the one after it.
    fn keep_keys(&self, conn: &Connection) -> rusqlite::Result<()> {
        for scope in self.roster.scopes() {
            let Some(epochs) = self.roster.epochs(scope) else { continue };
            let mut later: Option<EpochKey> = None;
            for (epoch, record) in epochs.iter().rev() {
                let context =
                    |epoch| WrapContext { workspace: self.roster.workspace(), scope, epoch };
                if let Some(held) = members::key(conn, scope, *epoch)? {
                    later = Some(EpochKey::from_bytes(&held));
                    continue;
                }
                let from_later = later.as_ref().and_then(|key| {
                    let sealed = epochs.get(&(epoch + 1))?.previous.as_ref()?;
                    open_previous(sealed, key, context(epoch + 1)).ok()
                });
                let own = record.wraps.iter().filter(|wrap| wrap.recipient == Some(self.device()));
                let mut own = own.filter_map(|wrap| {
                    unwrap_key(&wrap.sealed, &self.secrets.wrap, context(*epoch)).ok()
                });
                let key = from_later.or_else(|| own.next());
                if let Some(key) = &key {
                    members::put_key(conn, scope, *epoch, key.as_bytes())?;
                }
                later = key;
            }
        }
        Ok(())
    }
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

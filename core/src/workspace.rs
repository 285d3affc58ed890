//! The facade: everything that an app or a headquarters does with the records of a workspace.
//!
//! A [`Workspace`] is one device's view of one organisation's data: an encrypted store, the device's
//! secrets, and the roster as far as it was read. It owns every transaction and is the only place where
//! the pipelines of the river meet: an edit becomes a change, a change a frame (outgoing), a pulled frame
//! changes again (incoming), and changes rows. It blocks, has no thread, clock or network of its own,
//! and may be shared between threads.
//!
//! ```no_run
//! use kahriz_core::workspace::{Claimed, Workspace};
//! # fn demo(dir: &std::path::Path, key: &kahriz_core::store::StoreKey) -> Result<(), Box<dyn std::error::Error>> {
//! let workspace = Workspace::open(dir, key)?;
//! let area = workspace.scopes()[0].id;
//! let mut draft = workspace.new_record(area, "landmine_incident")?;
//! draft.set_text("hazard_status", "active")?;
//! draft.set_text("location.point", "40.22,46.65,12")?;
//! draft.allow_incomplete();
//! let saved = workspace.save(&draft, Claimed { ms: 1_763_000_000_000 })?;
//! println!("{}", saved.human_id);
//! # Ok(()) }
//! ```

mod account;
mod admin;
mod alarms;
mod backed_up;
mod backup;
mod bundle;
mod draft;
mod editing;
mod epochs;
mod error;
mod founding;
mod giving_way;
mod identity;
mod incoming;
mod lease;
mod lettering;
mod letters;
mod life;
mod notes;
mod outgoing;
mod quarantine;
mod reading;
mod recovery;
mod rows;
mod trust;
mod view;

pub use account::{DeviceAccount, Gap};
pub use admin::short_code;
pub use alarms::{Alarm, AlarmKind};
pub use backup::{BackedUp, BackupError};
pub use bundle::{BundleError, Bundled, Carry, Unbundled};
pub use draft::Draft;
pub use editing::{Choice, Saved};
pub(crate) use error::ONLY_A_COPY;
pub use error::{AdminError, DraftError, OpenError, ReadError, SaveError};
pub use founding::{Founding, Keepsakes};
pub use incoming::Taken;
pub use lease::Lease;
pub use letters::{LetterState, LetterView, LettersError, LettersSettled};
pub use life::ResumeError;
pub use quarantine::{Quarantined, Ruling};
pub use reading::{Parked, Rebuilt, Status};
pub use recovery::{
    AdminRequest, Belief, KnownNames, NotARosterFile, RestoreError, Restoring, RosterFile,
    admin_code, headquarters_of, verified_roster,
};
pub use trust::Revoked;
pub use view::{Delivery, HistoryEntry, Opinion, RecordView, Standing, Touch};

use crate::crypto::{SigningSecret, token};
use crate::record::{Engine, InProcess};
pub use crate::store::StoreKey;
use crate::store::{Store, members, settings};
pub use identity::logs_of;
use identity::{Identity, name, setting_id, setting_text};
use kahriz_proto::ids::{DeviceId, RelayId, ScopeId, WorkspaceId};
use kahriz_proto::roster::{Role, Roster};
use lettering::LetterDesk;
use rand_core::CryptoRng;
use rusqlite::Transaction;
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use zeroize::Zeroizing;

/// What a device's clock claims: milliseconds since 1970. Shown, kept to the second, and never used to
/// decide anything about a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Claimed {
    /// Milliseconds since 1970.
    pub ms: i64,
}

impl Claimed {
    pub(crate) fn of_seconds(seconds: i64) -> Self {
        Self { ms: seconds.saturating_mul(1_000) }
    }

    pub(crate) fn seconds(self) -> i64 {
        self.ms.div_euclid(1_000)
    }
}

/// Who has decided something at headquarters, why and when. Kept with what was decided.
#[derive(Clone, Copy, Debug)]
pub struct Grounds<'a> {
    /// The person, as headquarters' accounts or its system call them.
    pub who: &'a str,
    /// Why.
    pub why: &'a str,
    /// When, as headquarters' clock says.
    pub claimed: Claimed,
}

/// Who uses a device, and what the device is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The officer's name.
    pub officer: String,
    /// What the device is called.
    pub device: String,
}

/// What a scope is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeProfile {
    /// Its name, as people say it.
    pub name: String,
    /// Three or so letters that begin its records' human ids.
    pub prefix: String,
}

/// Whether this device belongs to the workspace, as far as its roster says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Membership {
    /// It has asked to join and is not in the roster yet.
    Waiting,
    /// It is a member.
    Member {
        /// What it may do.
        role: Role,
        /// The scopes that it is granted.
        scopes: Vec<ScopeId>,
    },
    /// It was revoked.
    Revoked,
}

/// A scope that this device is granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Its id.
    pub id: ScopeId,
    /// Its name; empty until headquarters' first frame is read.
    pub name: String,
    /// What its records' human ids begin with.
    pub prefix: String,
    /// Its newest key epoch.
    pub epoch: u32,
}

/// A member of the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The device.
    pub device: DeviceId,
    /// The officer's name; empty until its first frame is read.
    pub officer: String,
    /// What the device is called.
    pub phone: String,
    /// What it may do.
    pub role: Role,
    /// Whether it was revoked.
    pub revoked: bool,
}

/// One device's view of one organisation's data.
pub struct Workspace {
    store: Store,
    identity: RwLock<Identity>,
    /// Who puts what others wrote into documents.
    engine: Box<dyn Engine>,
    /// Drafts of existing records that were begun since opening.
    drafts_begun: AtomicU64,
    /// The letter that is being written. No work within the store's transactions asks for it.
    letters: Mutex<LetterDesk>,
}

impl Workspace {
    fn new(dir: &Path, store: Store, identity: Identity) -> Result<Self, OpenError> {
        let workspace = Self {
            store,
            identity: RwLock::new(identity),
            engine: Box::new(InProcess),
            drafts_begun: AtomicU64::new(0),
            letters: Mutex::new(LetterDesk::of(dir)),
        };
        workspace.recognise()?;
        workspace.settle_letters();
        Ok(workspace)
    }
}

impl Workspace {
    /// Opens the workspace of a device that was founded or has asked to join.
    ///
    /// # Errors
    /// [`OpenError`] says what a person can do about it.
    pub fn open(dir: &Path, key: &StoreKey) -> Result<Self, OpenError> {
        let store = Store::open(dir, key)?;
        let identity = store.read(Identity::load)?.ok_or(OpenError::Nobodys)?;
        incoming::look_back(&store)?;
        Self::new(dir, store, identity)
    }

    /// Merges with another engine than the one in this process, such as one in a process that may be killed.
    #[must_use]
    pub fn with_engine(mut self, engine: Box<dyn Engine>) -> Self {
        self.engine = engine;
        self
    }

    /// The workspace's id.
    #[must_use]
    pub fn id(&self) -> WorkspaceId {
        self.identity().roster.workspace()
    }

    /// This device's id.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.identity().device()
    }

    /// The workspace's name, where it was founded; empty elsewhere.
    #[must_use]
    pub fn name(&self) -> String {
        self.store.read(|conn| setting_text(conn, name::WORKSPACE_NAME)).unwrap_or_default()
    }

    /// The address of the relay.
    #[must_use]
    pub fn relay_url(&self) -> String {
        self.store.read(|conn| setting_text(conn, name::RELAY_URL)).unwrap_or_default()
    }

    /// The only key that the relay may show: SHA-256 of its public key, as the invite said it. None where the
    /// certificate is checked as the web does it, or there is no TLS.
    #[must_use]
    pub fn relay_pin(&self) -> Option<[u8; 32]> {
        self.store.read(|conn| setting_id(conn, name::RELAY_PIN)).ok().flatten()
    }

    /// Keeps what the relay's key is from now on: invites carry it.
    ///
    /// # Errors
    /// [`AdminError::Database`].
    pub fn set_relay_pin(&self, pin: Option<[u8; 32]>) -> Result<(), AdminError> {
        let pin = pin.as_ref().map_or(&[][..], |pin| &pin[..]);
        Ok(self.store.write(|tx| settings::put(tx, name::RELAY_PIN, pin))?)
    }

    /// Whether this device belongs to the workspace.
    #[must_use]
    pub fn membership(&self) -> Membership {
        let identity = self.identity();
        match identity.member() {
            None => Membership::Waiting,
            Some(member) if member.revoked.is_some() => Membership::Revoked,
            Some(member) => Membership::Member { role: member.role, scopes: identity.scopes() },
        }
    }

    /// The scopes that this device is granted, in the order of their ids.
    #[must_use]
    pub fn scopes(&self) -> Vec<Scope> {
        let names = self.store.read(members::scope_names).unwrap_or_default();
        let identity = self.identity();
        let scope = |id: ScopeId| {
            let members::ScopeName { name, prefix } = names.get(&id).cloned().unwrap_or_default();
            Scope { id, name, prefix, epoch: identity.roster.epoch(id) }
        };
        identity.scopes().into_iter().map(scope).collect()
    }

    /// Every member that is or was, in the order of their ids.
    #[must_use]
    pub fn people(&self) -> Vec<Person> {
        let names = self.store.read(members::people).unwrap_or_default();
        let identity = self.identity();
        let person = |(device, member): (DeviceId, &kahriz_proto::roster::Member)| {
            let members::PersonName { officer, phone } =
                names.get(&device).cloned().unwrap_or_default();
            let revoked = member.revoked.is_some();
            Person { device, officer, phone, role: member.role, revoked }
        };
        identity.roster.members().map(person).collect()
    }

    /// The number of the last roster entry that was read.
    #[must_use]
    pub fn roster_seq(&self) -> u64 {
        self.identity().roster.seq()
    }

    /// A copy of the roster as far as it was read.
    #[must_use]
    pub fn roster(&self) -> Roster {
        self.identity().roster.clone()
    }

    /// A token for one request: signed as a member, or with the invite as long as this device is none.
    pub(crate) fn token(&self, expires_at: u64, signed: &[u8], rng: &mut dyn CryptoRng) -> String {
        let identity = self.identity();
        let relay = self.store.read(|conn| setting_id(conn, name::RELAY)).ok().flatten();
        let relay = RelayId::from_bytes(relay.unwrap_or_default());
        let seed = self.store.read(|conn| setting_id::<32>(conn, name::INVITE_SEED)).ok().flatten();
        match seed.map(Zeroizing::new).filter(|_| identity.member().is_none()) {
            Some(seed) => token(&SigningSecret::from_seed(&seed), relay, expires_at, signed, rng),
            None => token(&identity.secrets.signing, relay, expires_at, signed, rng),
        }
    }

    /// What to add to this device's clock to get the relay's, in seconds, as last learned.
    pub(crate) fn clock_offset_s(&self) -> i64 {
        i64::from_be_bytes(self.number(name::CLOCK_OFFSET))
    }

    /// Keeps what was learned of the relay's clock.
    pub(crate) fn set_clock_offset_s(&self, seconds: i64) {
        self.set_number(name::CLOCK_OFFSET, seconds.to_be_bytes());
    }

    /// The number of the last roster entry that headquarters knows the relay to hold.
    pub(crate) fn published_roster(&self) -> u64 {
        u64::from_be_bytes(self.number(name::PUBLISHED_ROSTER))
    }

    /// Keeps up to where the relay holds the roster.
    pub(crate) fn set_published_roster(&self, seq: u64) {
        self.set_number(name::PUBLISHED_ROSTER, seq.to_be_bytes());
    }

    /// Whether entries of the roster wait here that the relay is not known to have. Nothing is sealed until it has them:
    /// what nobody has seen can be taken back.
    pub(crate) fn owes_roster(&self) -> bool {
        let known = self.published_roster();
        known > 0 && known < self.roster_seq()
    }

    /// Whether the relay is another than before, or was restored, so that headquarters has to compare the roster.
    #[must_use]
    pub fn is_roster_unsure(&self) -> bool {
        self.number(name::ROSTER_UNSURE) != [0; 8]
    }

    /// The relay's roster was found to be this one.
    pub(crate) fn roster_is_sure(&self) {
        if self.is_roster_unsure() {
            self.set_number(name::ROSTER_UNSURE, [0; 8]);
        }
    }

    /// A number that only saves a turn: one that was never kept is 0, and is learned again.
    fn number(&self, name: &str) -> [u8; 8] {
        self.store.read(|conn| setting_id(conn, name)).ok().flatten().unwrap_or_default()
    }

    fn set_number(&self, name: &str, bytes: [u8; 8]) {
        self.store.write(|tx| settings::put(tx, name, &bytes)).unwrap_or_default();
    }

    fn identity(&self) -> RwLockReadGuard<'_, Identity> {
        self.identity.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the roster on disk and in memory together: what the disk did not take, the memory forgets.
    fn change_roster<T, E: From<rusqlite::Error>>(
        &self,
        change: impl FnOnce(&Transaction<'_>, &mut Identity) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut identity = self.identity_mut();
        let before = identity.roster.clone();
        let changed = self.store.write(|tx| change(tx, &mut identity));
        if changed.is_err() {
            identity.roster = before;
        }
        changed
    }

    fn identity_mut(&self) -> RwLockWriteGuard<'_, Identity> {
        self.identity.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Workspace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Workspace({})", self.id())
    }
}

#[cfg(test)]
mod tests;

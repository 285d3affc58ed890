//! The seeded world: real devices, the real relay, and a simulated line and clock between them.
//!
//! Every [`Workspace`] is the one that is shipped, with its encrypted store in a folder of its own; the relay is
//! `kahriz_relay` with its log in memory or on SQLite. Only what lies between them is made up: a request goes to the
//! relay's router without a socket and, by draws from a seed, is lost, cut, stalled, repeated or late ([`weather`]);
//! waiting moves a clock instead of taking time, and each device's clock is off by its own error ([`clock`]). One seed
//! is one course of events; a test that fails says which.
//!
//! It is the ground of the scenarios and of the convergence test; it judges nothing itself.

pub mod clock;
pub mod copies;
pub mod device;
pub mod forged;
mod impatient;
pub mod insider;
pub mod line;
pub mod relay;
pub mod weather;

pub use copies::Bring;
pub use device::{Device, Who};
pub use forged::LyingRelay;
pub use impatient::Impatient;
pub use insider::{ForgedRelay, Insider};
pub use line::SimulatedLine;
pub use relay::{LogKind, SimulatedRelay};
pub use weather::Weather;

use clock::Calendar;
use kahriz_core::drive::{self, SyncError, SyncReport};
use kahriz_core::workspace::{
    BackedUp, Claimed, DeviceAccount, Founding, Keepsakes, Profile, Revoked, ScopeProfile,
    StoreKey, Workspace,
};
use kahriz_proto::ids::ScopeId;
use kahriz_proto::join::Invite;
use kahriz_proto::message::RosterPage;
use kahriz_proto::roster::Role;
use kahriz_relay::backup::{self, Wish};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha20Rng;
use std::io::Write;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The scopes of a world: what they are called and what their records' human ids begin with.
pub const SCOPES: [(&str, &str); 2] = [("Ağdam", "AGD"), ("Şuşa", "SUS")];

/// Rounds of syncs after which a world that still moves is a failure.
const ROUNDS_MAX: usize = 20;

/// One organisation with its headquarters, its phones and its relay.
pub struct World {
    /// What everything here follows from.
    pub seed: u64,
    /// The relay.
    pub relay: SimulatedRelay,
    /// What the founding left to be kept safe.
    pub keepsakes: Keepsakes,
    calendar: Calendar,
    rng: ChaCha20Rng,
    devices: Vec<Device>,
    scopes: Vec<ScopeId>,
    folder: TempDir,
}

impl World {
    /// A world with its headquarters and two scopes, on a good line, its relay's log in memory.
    ///
    /// # Panics
    /// Whenever something fails that must not: this is a test's ground.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::with_log(seed, LogKind::Memory)
    }

    /// A world whose relay keeps its log as told.
    ///
    /// # Panics
    /// As [`World::new`].
    #[must_use]
    pub fn with_log(seed: u64, log: LogKind) -> Self {
        let folder = scratch_folder();
        let relay = SimulatedRelay::start(log, &folder.path().join("relay-1"));
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let mut calendar = Calendar::default();
        let founding = Founding {
            workspace_name: "Field mission".into(),
            operator: Profile { officer: "Headquarters".into(), device: "desk".into() },
            scopes: SCOPES
                .iter()
                .map(|(name, prefix)| ScopeProfile {
                    name: (*name).into(),
                    prefix: (*prefix).into(),
                })
                .collect(),
            relay_url: "http://relay.test".into(),
        };
        let home = folder.path().join("headquarters");
        let key = StoreKey::from_bytes(rng.random());
        let founded = Workspace::found(&home, &key, &founding, calendar.next(), &mut rng);
        let (workspace, keepsakes) = founded.expect("a workspace can be founded");
        relay.register(workspace.roster_page(0).expect("the roster can be read"));
        // Not in the order of their ids, but as they were named.
        let named = |name: &str| workspace.scopes().into_iter().find(|scope| scope.name == name);
        let scopes = SCOPES.iter().map(|(name, _)| named(name).expect("it was founded").id);
        let scopes = scopes.collect();
        let line = SimulatedLine::to(&relay, rng.random());
        let headquarters = Device::new("Headquarters", home, key, workspace, line, rng.random(), 0);
        let devices = vec![headquarters];
        let mut world = Self { seed, relay, keepsakes, calendar, rng, devices, scopes, folder };
        world.sync(Who::HEADQUARTERS);
        world
    }

    /// The next moment: a second after the last one that was asked for, the same in every run.
    pub fn now(&mut self) -> Claimed {
        self.calendar.next()
    }

    /// The world's own chance.
    pub fn rng(&mut self) -> &mut ChaCha20Rng {
        &mut self.rng
    }

    /// A scope by its place in [`SCOPES`].
    #[must_use]
    pub fn scope(&self, index: usize) -> ScopeId {
        self.scopes[index]
    }

    /// Every device, headquarters first.
    pub fn everybody(&self) -> impl Iterator<Item = Who> + use<> {
        (0..self.devices.len()).map(Who)
    }

    /// A device.
    #[must_use]
    pub fn device(&self, who: Who) -> &Device {
        &self.devices[who.0]
    }

    /// A device, to be changed.
    pub fn device_mut(&mut self, who: Who) -> &mut Device {
        &mut self.devices[who.0]
    }

    /// A device's workspace.
    ///
    /// # Panics
    /// If the device was killed and not opened again.
    #[must_use]
    pub fn at(&self, who: Who) -> &Workspace {
        self.device(who).workspace()
    }

    /// A folder of the world's own, for what a test puts aside.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Lets an officer's new phone in, over the relay, as people do it: invite, join, short code, admission.
    ///
    /// # Panics
    /// As [`World::new`].
    pub fn admit(&mut self, officer: &str, role: Role, scopes: &[usize]) -> Who {
        let who = self.ask_to_join(officer);
        let joins = self.waiting_joins();
        let join = joins.last().expect("the join has arrived");
        let shown = self.at(who).own_short_code().expect("the store can be read");
        assert_eq!(shown, Some(kahriz_core::workspace::short_code(join)));
        self.let_in(join, role, scopes);
        self.sync(who);
        who
    }

    /// Issues an invite and publishes it.
    ///
    /// # Panics
    /// As [`World::new`].
    pub fn invite(&mut self) -> Invite {
        let now = self.calendar.next();
        // The relay looks at invites by the real time; the calendar of the world is not to be trusted with it.
        let expires_at = clock::real_ms() / 1_000 + 3_600;
        let headquarters = &mut self.devices[0];
        let invite = headquarters.workspace().invite(expires_at, now, &mut self.rng);
        headquarters.publish_roster();
        invite.expect("headquarters may invite")
    }

    /// A phone that has asked to join and waits.
    ///
    /// # Panics
    /// As [`World::new`].
    pub fn ask_to_join(&mut self, officer: &str) -> Who {
        let invite = self.invite();
        self.ask_to_join_with(&invite, officer)
    }

    /// A phone that has asked to join with an invite that somebody gave it.
    ///
    /// # Panics
    /// As [`World::new`].
    pub fn ask_to_join_with(&mut self, invite: &Invite, officer: &str) -> Who {
        let who = self.prepare_with(invite, officer);
        self.post_join(who);
        who
    }

    /// A phone that has an invite and has not asked yet.
    ///
    /// # Panics
    /// As [`World::new`].
    pub fn prepare_with(&mut self, invite: &Invite, officer: &str) -> Who {
        let home = self.folder.path().join(format!("phone-{}", self.devices.len()));
        let key = StoreKey::from_bytes(self.rng.random());
        let profile = Profile { officer: officer.into(), device: "phone".into() };
        let workspace = Workspace::prepare_join(&home, &key, invite, &profile, &mut self.rng);
        let workspace = workspace.expect("a phone can prepare to join");
        let line = SimulatedLine::to(&self.relay, self.rng.random());
        let skew_ms = clock::draw_skew_ms(&mut self.rng);
        let seed = self.rng.random();
        let device = Device::new(officer, home, key, workspace, line, seed, skew_ms);
        self.devices.push(device);
        Who(self.devices.len() - 1)
    }

    /// A phone asks to join, over the relay.
    ///
    /// # Panics
    /// As [`World::new`].
    pub fn post_join(&mut self, who: Who) {
        let (workspace, line, shell) = self.devices[who.0].parts();
        drive::join(workspace, line, shell).expect("a join can be posted");
    }

    /// The joins that wait at the relay.
    ///
    /// # Panics
    /// As [`World::new`].
    pub fn waiting_joins(&mut self) -> Vec<kahriz_proto::join::Join> {
        let (workspace, line, shell) = self.devices[0].parts();
        drive::waiting_joins(workspace, line, shell).expect("headquarters may read joins")
    }

    /// Headquarters makes the device of a join a member and says so.
    ///
    /// # Panics
    /// As [`World::new`].
    pub fn let_in(&mut self, join: &kahriz_proto::join::Join, role: Role, scopes: &[usize]) {
        let scopes: Vec<ScopeId> = scopes.iter().map(|index| self.scopes[*index]).collect();
        let now = Claimed { ms: i64::try_from(clock::real_ms()).unwrap_or(i64::MAX) };
        let admitted = self.devices[0].workspace().admit(join, role, &scopes, now, &mut self.rng);
        admitted.expect("headquarters may admit");
        self.devices[0].publish_roster();
        self.sync(Who::HEADQUARTERS);
    }

    /// Headquarters revokes a device, says so, and seals under the new key from now on.
    ///
    /// # Panics
    /// As [`World::new`].
    pub fn revoke(&mut self, who: Who) -> Revoked {
        let device = self.at(who).device();
        let now = self.calendar.next();
        let revoked = self.devices[0].workspace().revoke(device, now, &mut self.rng);
        self.devices[0].publish_roster();
        revoked.expect("headquarters may revoke")
    }

    /// Headquarters tells the relay what has become of the roster.
    ///
    /// # Panics
    /// As [`World::new`].
    pub fn publish(&mut self) {
        self.devices[0].publish_roster();
    }

    /// Headquarters copies its store, as for a backup, and reads the copy.
    ///
    /// # Panics
    /// As [`World::new`].
    pub fn copy_headquarters(&mut self) -> BackedUp {
        let now = self.calendar.next();
        let folder = tempfile::tempdir_in(self.folder.path()).expect("a folder can be made");
        let copied = self.at(Who::HEADQUARTERS).back_up(folder.path(), now, &mut |_, _| {});
        copied.expect("headquarters can be backed up")
    }

    /// Headquarters is backed up and signs for it; says whether there was anything to sign. The next sync carries it.
    ///
    /// # Panics
    /// As [`World::new`].
    pub fn back_up(&mut self) -> bool {
        let copied = self.copy_headquarters();
        let signed = self.at(Who::HEADQUARTERS).sign_for_backup(&copied);
        signed.expect("the store can be written")
    }

    /// Syncs a device; on a good line it must come to its end.
    ///
    /// # Panics
    /// If it does not.
    pub fn sync(&mut self, who: Who) -> SyncReport {
        let report = self.try_sync(who).expect("this device can sync");
        let good = self.device(who).line.weather == Weather::good();
        assert!(!good || report.failure.is_none(), "on a good line: {:?}", report.failure);
        report
    }

    /// Syncs a device and says what came of it.
    ///
    /// # Errors
    /// What the drive says.
    pub fn try_sync(&mut self, who: Who) -> Result<SyncReport, SyncError> {
        let (workspace, line, shell) = self.devices[who.0].parts();
        shell.clock.settle();
        drive::sync(workspace, line, shell)
    }

    /// Gives every device this weather.
    pub fn weather_everywhere(&mut self, weather: Weather) {
        self.devices.iter_mut().for_each(|device| device.line.weather = weather);
    }

    /// Good lines everywhere; what was late arrives; everybody syncs until nothing moves any more.
    ///
    /// # Panics
    /// If it never comes to rest.
    pub fn settle(&mut self) {
        self.settle_except(&[]);
    }

    /// As [`World::settle`], without those who cannot sync any more.
    ///
    /// # Panics
    /// If it never comes to rest.
    pub fn settle_except(&mut self, absent: &[Who]) {
        self.weather_everywhere(Weather::good());
        self.relay.deliver_what_is_late();
        for _ in 0..ROUNDS_MAX {
            let mut moved = false;
            for who in self.everybody() {
                if self.device(who).is_running() && !absent.contains(&who) {
                    let report = self.sync(who);
                    moved |=
                        report.frames_pushed + report.frames_pulled + report.changes_merged > 0;
                }
            }
            if !moved {
                self.every_account_adds_up();
                return;
            }
        }
        panic!("after {ROUNDS_MAX} rounds the devices still had something to say");
    }

    /// Of every device every known frame is merged, waits, is quarantined or is missing, and none is two of these.
    fn every_account_adds_up(&self) {
        for who in self.everybody().filter(|who| self.device(*who).is_running()) {
            let accounts = self.at(who).device_account().expect("the store can be read");
            assert!(accounts.iter().all(DeviceAccount::adds_up), "{accounts:?}");
        }
    }

    /// The relay is gone and an empty one stands in its place, told of the workspace as of old.
    ///
    /// # Panics
    /// As [`World::new`].
    pub fn replace_relay(&mut self) {
        let roster = self.at(Who::HEADQUARTERS).roster_page(0).expect("it can be read");
        self.replace_relay_with(roster);
    }

    /// The same, and the roster that it is registered with is an older one: it was restored.
    ///
    /// # Panics
    /// As [`World::new`].
    pub fn replace_relay_with(&mut self, roster: RosterPage) {
        self.relay = self.relay.replaced(&self.next_relay_home());
        self.relay.register(roster);
        self.lead_to_the_relay();
    }

    /// A backup of the relay's store, as an operator makes it.
    ///
    /// # Panics
    /// If the relay keeps its log in memory, or as [`World::new`].
    pub fn back_up_relay(&mut self) -> PathBuf {
        let out = self.folder.path().join("backups");
        let wish = Wish { out: &out, keep: None, with_tls_key: false };
        let now = self.calendar.next();
        let made = backup::back_up(&self.relay_home(), &wish, now.ms, &mut |_, _| {});
        made.expect("a relay can be backed up").folder
    }

    /// The relay is gone, and one that was made of a backup stands in its place.
    ///
    /// # Panics
    /// As [`World::new`].
    pub fn restore_relay(&mut self, from: &Path) {
        let home = self.next_relay_home();
        backup::restore(from, &home).expect("a backup can be restored");
        self.relay = self.relay.standing_in(&home);
        self.lead_to_the_relay();
    }

    /// The relay's machine was set back to an older day: the file is that of the backup, and nothing says so.
    ///
    /// # Panics
    /// As [`World::new`].
    pub fn set_relay_back(&mut self, to: &Path) {
        let home = self.next_relay_home();
        std::fs::create_dir(&home).expect("the folder can be made");
        let file = backup::STORE_FILE;
        std::fs::copy(to.join(file), home.join(file)).expect("the file can be copied");
        self.relay = self.relay.standing_in(&home);
        self.lead_to_the_relay();
    }

    fn relay_home(&self) -> PathBuf {
        self.folder.path().join(format!("relay-{}", self.relay.number()))
    }

    fn next_relay_home(&self) -> PathBuf {
        self.folder.path().join(format!("relay-{}", self.relay.number() + 1))
    }

    fn lead_to_the_relay(&mut self) {
        self.devices.iter_mut().for_each(|device| device.line.lead_to(&self.relay));
    }

    /// A way to what a device serves nearby: a relay with nothing in it that knows the workspace.
    ///
    /// # Panics
    /// As [`World::new`].
    pub fn hotspot(&mut self, roster: RosterPage) -> SimulatedLine {
        let home = self.folder.path().join(format!("hotspot-{}", self.devices.len()));
        let served = SimulatedRelay::start(LogKind::Memory, &home);
        served.register(roster);
        SimulatedLine::to(&served, self.rng.random())
    }

    /// A restored headquarters stands where the old one stood.
    pub fn replace_headquarters(&mut self, home: PathBuf, key: StoreKey, workspace: Workspace) {
        self.devices[0].become_another(home, key, workspace);
    }

    /// The device's process dies where it stands.
    pub fn kill(&mut self, who: Who) {
        self.devices[who.0].kill();
    }

    /// The device is gone, with everything on it.
    ///
    /// # Panics
    /// If its folder cannot be removed.
    pub fn destroy(&mut self, who: Who) {
        self.devices[who.0].kill();
        std::fs::remove_dir_all(self.devices[who.0].home()).expect("the folder can be removed");
    }

    /// The device is started again.
    ///
    /// # Panics
    /// If its store cannot be opened.
    pub fn start(&mut self, who: Who) {
        self.devices[who.0].start();
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let seed = self.seed;
            let said = writeln!(
                std::io::stderr(),
                "the world of seed {seed} failed; see it again with KAHRIZ_SEED={seed} and this test's name"
            );
            said.unwrap_or_default();
        }
    }
}

/// A folder that goes away with the world: in memory where the machine has such a place, because every commit of a
/// device waits for its disk.
///
/// # Panics
/// If none can be made.
#[must_use]
pub fn scratch_folder() -> TempDir {
    let in_memory = Path::new("/dev/shm");
    let made = if in_memory.is_dir() { TempDir::new_in(in_memory) } else { TempDir::new() };
    made.or_else(|_| TempDir::new()).expect("a temporary folder can be made")
}

/// The seed that a person wants to see again (`KAHRIZ_SEED`), or the one given.
#[must_use]
pub fn seed_or(usual: u64) -> u64 {
    asked_number("KAHRIZ_SEED").unwrap_or(usual)
}

/// A number from the environment.
///
/// # Panics
/// If it is set and no number.
#[must_use]
pub fn asked_number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.trim().parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")))
}

//! One device of a world: its store's folder and key, its line, its clock and its chance.

use super::clock::DeviceClock;
use super::line::SimulatedLine;
use kahriz_core::drive::{self, Progress, Shell};
use kahriz_core::workspace::{OpenError, StoreKey, Workspace};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use std::path::{Path, PathBuf};

/// A device by its place in the world; headquarters is the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Who(pub usize);

impl Who {
    /// The founding device.
    pub const HEADQUARTERS: Self = Self(0);
}

/// A device.
pub struct Device {
    /// Who uses it.
    pub officer: String,
    /// The way to the relay.
    pub line: SimulatedLine,
    /// Clock and chance.
    pub shell: DeviceShell,
    workspace: Option<Workspace>,
    home: PathBuf,
    key: StoreKey,
}

/// What stands around a device's drive.
pub struct DeviceShell {
    /// Its clock.
    pub clock: DeviceClock,
    rng: ChaCha20Rng,
    /// Waits after which the person has had enough; none if never.
    pub patience: Option<u32>,
}

impl Device {
    pub(super) fn new(
        officer: &str,
        home: PathBuf,
        key: StoreKey,
        workspace: Workspace,
        line: SimulatedLine,
        seed: u64,
        skew_ms: i64,
    ) -> Self {
        let rng = ChaCha20Rng::seed_from_u64(seed);
        let shell = DeviceShell { clock: DeviceClock::new(skew_ms), rng, patience: None };
        Self { officer: officer.to_owned(), line, shell, workspace: Some(workspace), home, key }
    }

    /// Its workspace.
    ///
    /// # Panics
    /// If it was killed.
    #[must_use]
    pub fn workspace(&self) -> &Workspace {
        self.workspace.as_ref().expect("the device is running")
    }

    /// Whether its process lives.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.workspace.is_some()
    }

    /// Where its store is.
    #[must_use]
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// What its store is locked with.
    #[must_use]
    pub fn key(&self) -> &StoreKey {
        &self.key
    }

    /// What a sync needs, each to be borrowed on its own.
    ///
    /// # Panics
    /// If it was killed.
    pub fn parts(&mut self) -> (&Workspace, &mut SimulatedLine, &mut DeviceShell) {
        let workspace = self.workspace.as_ref().expect("the device is running");
        (workspace, &mut self.line, &mut self.shell)
    }

    /// Its process dies.
    pub fn kill(&mut self) {
        self.workspace = None;
    }

    /// It is started again.
    ///
    /// # Panics
    /// If its store cannot be opened.
    pub fn start(&mut self) {
        self.try_start().expect("the store can be opened again");
    }

    /// It is started again, if its store lets itself be opened.
    ///
    /// # Errors
    /// What the store says.
    pub fn try_start(&mut self) -> Result<(), OpenError> {
        self.workspace = Some(Workspace::open(&self.home, &self.key)?);
        Ok(())
    }

    /// Its store lies in another folder from now on.
    ///
    /// # Panics
    /// If it cannot be copied there and opened.
    pub fn move_to(&mut self, home: &Path) {
        self.kill();
        std::fs::create_dir_all(home).expect("the folder can be made");
        for entry in std::fs::read_dir(&self.home).expect("the store's folder can be read") {
            let entry = entry.expect("the store's folder can be read");
            let to = home.join(entry.file_name());
            std::fs::copy(entry.path(), to).expect("the store can be copied");
        }
        self.home = home.to_owned();
        self.start();
    }

    pub(super) fn become_another(&mut self, home: PathBuf, key: StoreKey, workspace: Workspace) {
        (self.home, self.key, self.workspace) = (home, key, Some(workspace));
    }

    pub(super) fn publish_roster(&mut self) {
        let (workspace, line, shell) = self.parts();
        drive::publish_roster(workspace, line, shell).expect("headquarters may publish");
    }
}

impl Shell for DeviceShell {
    fn now_ms(&mut self) -> u64 {
        self.clock.now_ms()
    }

    fn wait_until(&mut self, ms: u64) -> bool {
        if let Some(patience) = &mut self.patience {
            if *patience == 0 {
                return false;
            }
            *patience -= 1;
        }
        self.clock.wait_until(ms);
        true
    }

    fn rng(&mut self) -> &mut dyn rand_core::CryptoRng {
        &mut self.rng
    }

    fn progress(&mut self, _: &Progress) {}
}

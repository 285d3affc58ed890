//! Stores that are copied, and stores of an earlier day that are brought back.

use super::clock;
use super::device::Device;
use super::line::SimulatedLine;
use super::{Who, World};
use kahriz_core::workspace::Workspace;
use rand::RngExt;
use std::path::{Path, PathBuf};

/// What of a store's folder is brought back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bring {
    /// The database alone, as a backup keeps it: what stands beside it is today's.
    Database,
    /// Every file, in the place of today's: as an image of a whole disk would.
    Everything,
}

const DATABASE: &str = "kahriz.db";

impl World {
    /// A copy of a device's store as it is now; the device is started anew.
    ///
    /// # Panics
    /// As [`World::new`].
    pub fn copy_store(&mut self, who: Who) -> PathBuf {
        let number: u32 = self.rng.random();
        let copy = self.folder.path().join(format!("copy-{number}"));
        self.kill(who);
        copy_files(self.device(who).home(), &copy, |_| true);
        self.start(who);
        copy
    }

    /// The store of an earlier day stands in the place of today's.
    ///
    /// # Panics
    /// As [`World::new`].
    pub fn bring_back(&mut self, who: Who, copy: &Path, bring: Bring) {
        self.kill(who);
        let home = self.device(who).home().to_owned();
        for entry in std::fs::read_dir(&home).expect("the store's folder can be read") {
            let path = entry.expect("the store's folder can be read").path();
            if is_of_database(&path) {
                std::fs::remove_file(path).expect("a file of the store can be removed");
            }
        }
        copy_files(copy, &home, |path| bring == Bring::Everything || is_of_database(path));
        self.start(who);
    }

    /// Backs headquarters up, as its program does, and signs for it.
    ///
    /// # Panics
    /// As [`World::new`].
    pub fn back_up_headquarters(&mut self) -> PathBuf {
        let number: u32 = self.rng.random();
        let copy = self.folder.path().join(format!("backup-{number}"));
        std::fs::create_dir_all(&copy).expect("the folder can be made");
        let now = self.now();
        let workspace = self.at(Who::HEADQUARTERS);
        let made = workspace.back_up(&copy, now, &mut |_, _| {});
        let made = made.expect("headquarters can be backed up");
        workspace.sign_for_backup(&made).expect("the store can be written");
        copy
    }

    /// Headquarters has burned, and its backup takes its place.
    ///
    /// # Panics
    /// As [`World::new`].
    pub fn resume_headquarters(&mut self, copy: &Path) {
        let key = self.device(Who::HEADQUARTERS).key().clone();
        self.kill(Who::HEADQUARTERS);
        let workspace = Workspace::open(copy, &key).expect("the backup can be opened");
        workspace.resume().expect("a copy can take the place of its original");
        self.replace_headquarters(copy.to_owned(), key, workspace);
    }

    /// A second device with a copy of this one's store: the two are one to everybody else.
    ///
    /// # Panics
    /// As [`World::new`].
    pub fn clone_device(&mut self, who: Who) -> Who {
        let home = self.copy_store(who);
        let key = self.device(who).key().clone();
        let workspace = Workspace::open(&home, &key).expect("the copy can be opened");
        let line = SimulatedLine::to(&self.relay, self.rng.random());
        let (seed, skew_ms) = (self.rng.random(), clock::draw_skew_ms(&mut self.rng));
        let officer = self.device(who).officer.clone();
        self.devices.push(Device::new(&officer, home, key, workspace, line, seed, skew_ms));
        Who(self.devices.len() - 1)
    }
}

fn is_of_database(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(DATABASE))
}

fn copy_files(from: &Path, to: &Path, wanted: impl Fn(&Path) -> bool) {
    std::fs::create_dir_all(to).expect("the folder can be made");
    for entry in std::fs::read_dir(from).expect("the store's folder can be read") {
        let path = entry.expect("the store's folder can be read").path();
        if path.is_file() && wanted(&path) {
            let name = path.file_name().expect("a file has a name");
            std::fs::copy(&path, to.join(name)).expect("the store can be copied");
        }
    }
}

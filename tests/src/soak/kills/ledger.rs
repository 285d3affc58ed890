//! What the programs acknowledged: a file of lines, each on the disk before anything else happens.

use serde::Serialize;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// How far a save was said to have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Device,
    Relay,
    Headquarters,
}

/// How many saves came how far.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Told {
    /// `new` ended well: they are on the device.
    pub on_device: u64,
    /// The device said after a sync that nothing of it waits any more.
    pub at_relay: u64,
    /// The device said that headquarters has signed for all of it.
    pub at_headquarters: u64,
}

impl Told {
    pub(super) fn add(&mut self, other: &Self) {
        self.on_device += other.on_device;
        self.at_relay += other.at_relay;
        self.at_headquarters += other.at_headquarters;
    }
}

/// The ledger.
pub(super) struct Ledger {
    path: PathBuf,
    file: File,
    /// What each phone was told last of each of its saves.
    under_way: BTreeMap<(usize, String), Level>,
}

impl Ledger {
    pub(super) fn create(path: &Path) -> std::io::Result<Self> {
        let file = OpenOptions::new().create_new(true).append(true).open(path)?;
        Ok(Self { path: path.to_owned(), file, under_way: BTreeMap::new() })
    }

    /// A save has ended well.
    pub(super) fn saved(&mut self, phone: usize, name: &str) -> std::io::Result<()> {
        self.under_way.insert((phone, name.to_owned()), Level::Device);
        self.write(Level::Device, name)
    }

    /// All that a phone has saved has come so far.
    pub(super) fn came(&mut self, phone: usize, level: Level) -> std::io::Result<()> {
        let behind = |(of, told): (&(usize, String), &Level)| {
            (of.0 == phone && *told < level).then(|| of.clone())
        };
        let moved: Vec<(usize, String)> = self.under_way.iter().filter_map(behind).collect();
        for of in moved {
            self.write(level, &of.1)?;
            self.under_way.insert(of, level);
        }
        Ok(())
    }

    fn write(&mut self, level: Level, name: &str) -> std::io::Result<()> {
        writeln!(self.file, "{level:?} {name}")?;
        self.file.sync_data()
    }

    /// Everything that was acknowledged, as the file has it, and how far it came.
    pub(super) fn read(&self) -> std::io::Result<(BTreeMap<String, Level>, Told)> {
        let (mut all, mut told) = (BTreeMap::new(), Told::default());
        for line in std::fs::read_to_string(&self.path)?.lines() {
            let (level, name) = line.split_once(' ').expect("each line is a level and a name");
            let (level, count) = match level {
                "Device" => (Level::Device, &mut told.on_device),
                "Relay" => (Level::Relay, &mut told.at_relay),
                _ => (Level::Headquarters, &mut told.at_headquarters),
            };
            *count += 1;
            all.insert(name.to_owned(), level);
        }
        Ok((all, told))
    }
}

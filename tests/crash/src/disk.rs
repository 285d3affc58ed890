//! What a disk holds, and what it may hold when the power fails.
//!
//! Of a file: what was there at its last sync, and of each write since then either all of it, some of its sectors, or
//! nothing, whatever came before or after it. Of a folder: the names at its last sync, and of what happened to them
//! since then the beginning, because file systems keep a journal of names. A file that was synced in a folder that was
//! not may have no name.

use crate::op::{Laid, Node, Op, Recording};
use rand::{Rng, RngExt};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a disk writes whole or not at all.
const SECTOR: u64 = 512;

/// A disk at one moment.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    nodes: BTreeMap<Node, File>,
    /// The names that are on the disk: files, and folders as `None`.
    names: BTreeMap<PathBuf, Option<Node>>,
    /// What happened to names since their folder was synced.
    unsynced: Vec<Naming>,
}

#[derive(Clone, Debug, Default)]
struct File {
    durable: Vec<u8>,
    unsynced: Vec<Change>,
}

#[derive(Clone, Debug)]
struct Change {
    what: What,
    fate: Fate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// No sync came after it.
    Open,
    /// A sync has failed over it: no later one makes it durable.
    Doomed,
    /// It was synced, over something that is doomed.
    Durable,
}

#[derive(Clone, Debug)]
enum What {
    Write(u64, Arc<[u8]>),
    Resize(u64),
}

#[derive(Clone, Debug)]
enum Naming {
    Add(PathBuf, Option<Node>),
    Rename(PathBuf, PathBuf),
    Remove(PathBuf),
}

/// How the disk was when the power failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Temper {
    /// Nothing but what was synced is there.
    Forgetful,
    /// Everything is there.
    Quick,
    /// Some writes are there, and some are not.
    Disorderly,
    /// Of each write some sectors are there.
    Torn,
}

impl Temper {
    /// One of them.
    pub fn draw(rng: &mut impl Rng) -> Self {
        match rng.random_range(0..8) {
            0 => Self::Forgetful,
            1 => Self::Quick,
            2..=4 => Self::Disorderly,
            _ => Self::Torn,
        }
    }
}

impl Disk {
    /// The disk at the beginning of a recording.
    #[must_use]
    pub fn before(recording: &Recording) -> Self {
        let mut disk = Self::default();
        // The folder's own name is somebody else's to sync.
        disk.names.insert(recording.root.clone(), None);
        for folder in &recording.before.folders {
            disk.names.insert(folder.clone(), None);
        }
        for (node, (path, content)) in (0..).zip(&recording.before.files) {
            disk.names.insert(path.clone(), Some(node));
            disk.nodes.insert(node, File { durable: content.clone(), unsynced: vec![] });
        }
        disk
    }

    /// The same disk, where another recording begins: what the system shows of it was laid out in another folder.
    ///
    /// # Panics
    /// If that recording did not begin with what is seen here.
    #[must_use]
    pub fn carried_on(&self, root: &Path, recording: &Recording) -> Self {
        let mut names = self.names.clone();
        self.unsynced.iter().for_each(|naming| naming.happen(&mut names));
        let mut disk = Self::before(recording);
        for (node, (path, _)) in (0..).zip(&recording.before.files) {
            let rest = path.strip_prefix(&recording.root).expect("it is below its folder");
            let old = names.get(&root.join(rest)).copied().flatten().expect("it was laid out");
            disk.nodes.insert(node, self.nodes[&old].clone());
        }
        disk
    }

    /// One thing more has happened.
    pub fn take(&mut self, op: &Op) {
        match op {
            Op::Create(node, path) => {
                self.nodes.insert(*node, File::default());
                self.unsynced.push(Naming::Add(path.clone(), Some(*node)));
            }
            Op::MakeFolder(path) => self.unsynced.push(Naming::Add(path.clone(), None)),
            Op::Rename(from, to) => self.unsynced.push(Naming::Rename(from.clone(), to.clone())),
            Op::Remove(path) => self.unsynced.push(Naming::Remove(path.clone())),
            Op::Write(node, at, bytes) => self.change(*node, What::Write(*at, bytes.clone())),
            Op::Resize(node, len) => self.change(*node, What::Resize(*len)),
            Op::Sync(node) => self.file(*node).sync(),
            Op::SyncFailed(node) => {
                let open = |change: &&mut Change| change.fate == Fate::Open;
                let unsynced = &mut self.file(*node).unsynced;
                unsynced.iter_mut().filter(open).for_each(|change| change.fate = Fate::Doomed);
            }
            Op::SyncFolder(folder) => self.sync_names(folder),
            Op::Told(_) => {}
        }
    }

    /// What is there if the power fails now.
    #[must_use]
    pub fn cut(&self, temper: Temper, rng: &mut impl Rng) -> Laid {
        let mut names = self.names.clone();
        let kept = match temper {
            Temper::Forgetful => 0,
            Temper::Quick => self.unsynced.len(),
            Temper::Disorderly | Temper::Torn => rng.random_range(0..=self.unsynced.len()),
        };
        self.unsynced[..kept].iter().for_each(|naming| naming.happen(&mut names));
        let mut laid = Laid::default();
        for (path, node) in names {
            match node {
                None => laid.folders.push(path),
                Some(node) => laid.files.push((path, self.nodes[&node].cut(temper, rng))),
            }
        }
        laid
    }

    /// What a program sees now: everything that happened.
    #[must_use]
    pub fn seen(&self) -> Laid {
        self.cut(Temper::Quick, &mut rand::rng())
    }

    fn file(&mut self, node: Node) -> &mut File {
        self.nodes.entry(node).or_default()
    }

    fn change(&mut self, node: Node, what: What) {
        self.file(node).unsynced.push(Change { what, fate: Fate::Open });
    }

    /// Its names, and whatever happened in other folders before it: a journal is written in order.
    fn sync_names(&mut self, folder: &Path) {
        let last = self.unsynced.iter().rposition(|naming| naming.folder() == Some(folder));
        let Some(last) = last else { return };
        for naming in self.unsynced.drain(..=last) {
            naming.happen(&mut self.names);
        }
    }
}

impl File {
    fn sync(&mut self) {
        if self.unsynced.iter().any(|change| change.fate == Fate::Doomed) {
            let open = |change: &&mut Change| change.fate == Fate::Open;
            self.unsynced.iter_mut().filter(open).for_each(|change| change.fate = Fate::Durable);
            return;
        }
        for change in std::mem::take(&mut self.unsynced) {
            change.what.happen(&mut self.durable);
        }
    }

    fn cut(&self, temper: Temper, rng: &mut impl Rng) -> Vec<u8> {
        let mut content = self.durable.clone();
        for Change { what, fate } in &self.unsynced {
            match temper {
                _ if *fate == Fate::Durable => what.happen(&mut content),
                Temper::Forgetful => {}
                Temper::Quick => what.happen(&mut content),
                Temper::Disorderly if rng.random() => what.happen(&mut content),
                Temper::Disorderly => {}
                Temper::Torn => what.happen_in_part(&mut content, rng),
            }
        }
        content
    }
}

impl What {
    fn happen(&self, content: &mut Vec<u8>) {
        match self {
            Self::Write(at, bytes) => put(content, *at, bytes),
            Self::Resize(len) => content.resize(*len as usize, 0),
        }
    }

    fn happen_in_part(&self, content: &mut Vec<u8>, rng: &mut impl Rng) {
        match self {
            Self::Resize(_) if rng.random() => self.happen(content),
            Self::Resize(_) => {}
            Self::Write(at, bytes) => {
                let (mut from, end) = (*at, at + bytes.len() as u64);
                while from < end {
                    let to = ((from / SECTOR + 1) * SECTOR).min(end);
                    if rng.random() {
                        let sector = &bytes[(from - at) as usize..(to - at) as usize];
                        put(content, from, sector);
                    }
                    from = to;
                }
            }
        }
    }
}

fn put(content: &mut Vec<u8>, at: u64, bytes: &[u8]) {
    let at = at as usize;
    if content.len() < at + bytes.len() {
        content.resize(at + bytes.len(), 0);
    }
    content[at..at + bytes.len()].copy_from_slice(bytes);
}

impl Naming {
    fn folder(&self) -> Option<&Path> {
        match self {
            Self::Add(path, _) | Self::Rename(_, path) | Self::Remove(path) => path.parent(),
        }
    }

    fn happen(&self, names: &mut BTreeMap<PathBuf, Option<Node>>) {
        match self {
            Self::Add(path, node) => drop(names.insert(path.clone(), *node)),
            Self::Remove(path) => drop(names.remove(path)),
            Self::Rename(from, to) => {
                let below: Vec<PathBuf> =
                    names.keys().filter(|path| path.starts_with(from)).cloned().collect();
                for path in below {
                    let rest = path.strip_prefix(from).map(Path::to_owned).unwrap_or_default();
                    let node = names.remove(&path).flatten();
                    let renamed =
                        if rest.as_os_str().is_empty() { to.clone() } else { to.join(rest) };
                    names.insert(renamed, node);
                }
            }
        }
    }
}

/// Lays a disk's content out below another folder than the one that was recorded.
///
/// # Panics
/// If it cannot be written.
pub fn lay_out(laid: &Laid, root: &Path, place: &Path) {
    let there = |path: &Path| match path.strip_prefix(root) {
        Ok(rest) if rest.as_os_str().is_empty() => place.to_owned(),
        Ok(rest) => place.join(rest),
        Err(_) => unreachable!("everything is below the folder"),
    };
    for folder in &laid.folders {
        std::fs::create_dir_all(there(folder)).expect("the folder can be made");
    }
    for (path, content) in &laid.files {
        let path = there(path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).expect("the folder can be made");
        }
        std::fs::write(path, content).expect("the file can be written");
    }
}

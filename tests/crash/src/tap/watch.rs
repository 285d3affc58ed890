//! What is watched: one folder at a time, the files below it, and what is to fail.

use super::read_all;
use crate::op::{Node, Op, Recording};
use libc::{EIO, ENOSPC, O_CREAT, O_TRUNC, c_int, c_long};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is made to fail while a folder is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// Calls that change something, whatever they are: nothing is taken, as when a disk is pulled out.
    Gone(Calls),
    /// Syncs, of files and of folders; what one should have made durable may be lost for good.
    SyncFails(Calls),
    /// Calls that want room.
    Full(Calls),
}

/// Which calls of a sort fail: from this one on, counted from 0, so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calls {
    /// The first one.
    pub from: usize,
    /// How many.
    pub count: usize,
}

impl Calls {
    /// This one alone.
    #[must_use]
    pub fn only(from: usize) -> Self {
        Self { from, count: 1 }
    }

    /// This one and all later ones.
    #[must_use]
    pub fn since(from: usize) -> Self {
        Self { from, count: usize::MAX }
    }
}

/// What a program asks of the system.
pub(super) enum Asked<'a> {
    Open { path: &'a Path, flags: c_int },
    Close { fd: c_int },
    Write { fd: c_int, at: &'a dyn Fn() -> u64, bytes: &'a [u8] },
    Resize { fd: c_int, len: u64 },
    Sync { fd: c_int },
    Rename { from: &'a Path, to: &'a Path },
    Remove { path: &'a Path },
    MakeFolder { path: &'a Path },
}

/// An open file or folder below the watched one.
#[derive(Clone)]
enum Opened {
    File(Node),
    Folder(PathBuf),
}

struct Watch {
    root: PathBuf,
    fault: Fault,
    /// Calls so far of the sort that fails.
    calls: usize,
    /// How many have failed.
    struck: usize,
    ops: Vec<Op>,
    names: BTreeMap<PathBuf, Node>,
    opened: BTreeMap<c_int, Opened>,
    nodes: Node,
}

/// Asked before anything else, so that calls of others cost nothing.
static IS_WATCHING: AtomicBool = AtomicBool::new(false);
static WATCH: Mutex<Option<Watch>> = Mutex::new(None);
/// One folder is watched at a time.
static TURN: Mutex<()> = Mutex::new(());

/// A folder is watched until this is finished or dropped.
pub struct Watching {
    before: crate::op::Laid,
    _turn: MutexGuard<'static, ()>,
}

/// Watches everything below a folder, which may be there already. Waits until nobody else watches.
#[must_use]
pub fn watch(root: &Path, fault: Fault) -> Watching {
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let before = read_all(root);
    let names: BTreeMap<PathBuf, Node> =
        (0..).zip(&before.files).map(|(node, (path, _))| (path.clone(), node)).collect();
    let nodes = names.len() as Node;
    let (ops, opened) = (vec![], BTreeMap::new());
    let root = root.to_owned();
    *held() = Some(Watch { root, fault, calls: 0, struck: 0, ops, names, opened, nodes });
    IS_WATCHING.store(true, Ordering::SeqCst);
    Watching { before, _turn: turn }
}

impl Watching {
    /// The person is told that a step is done.
    pub fn told(&self, step: usize) {
        if let Some(watch) = &mut *held() {
            watch.ops.push(Op::Told(step));
        }
    }

    /// How much was recorded so far.
    #[must_use]
    pub fn recorded(&self) -> usize {
        held().as_ref().map_or(0, |watch| watch.ops.len())
    }

    /// Calls that were made to fail so far.
    #[must_use]
    pub fn struck(&self) -> usize {
        held().as_ref().map_or(0, |watch| watch.struck)
    }

    /// From now on nothing fails any more: there is room again, or another cable.
    pub fn mend(&self) {
        if let Some(watch) = &mut *held() {
            watch.fault = Fault::None;
        }
    }

    /// What was recorded.
    ///
    /// # Panics
    /// If nothing was watched.
    #[must_use]
    pub fn finish(mut self) -> Recording {
        IS_WATCHING.store(false, Ordering::SeqCst);
        let watch = held().take().expect("it is watched until it is finished");
        let before = std::mem::take(&mut self.before);
        Recording { root: watch.root, before, ops: watch.ops }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        IS_WATCHING.store(false, Ordering::SeqCst);
        *held() = None;
    }
}

fn held() -> MutexGuard<'static, Option<Watch>> {
    WATCH.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lets a call go to the system and records it, or says with which error it fails.
pub(super) fn pass(asked: &Asked<'_>, call: impl FnOnce() -> c_long) -> Result<c_long, c_int> {
    if !IS_WATCHING.load(Ordering::SeqCst) {
        return Ok(call());
    }
    // Held during the call, so that what is recorded is in the order in which it happened.
    let mut watch = held();
    let Some(watch) = watch.as_mut() else { return Ok(call()) };
    let Some(intended) = watch.intends(asked) else {
        let answer = call();
        watch.follow(asked, answer);
        return Ok(answer);
    };
    if let Some(errno) = watch.fails(&intended) {
        if let Op::Sync(node) = intended {
            watch.ops.push(Op::SyncFailed(node));
        }
        return Err(errno);
    }
    let answer = call();
    if answer >= 0 {
        watch.record(intended, answer);
    }
    watch.follow(asked, answer);
    Ok(answer)
}

impl Watch {
    /// What a call would change below the watched folder, if anything.
    fn intends(&self, asked: &Asked<'_>) -> Option<Op> {
        let inside = |path: &Path| path.starts_with(&self.root);
        match asked {
            Asked::Open { path, flags } if inside(path) => match self.names.get(*path) {
                None if flags & O_CREAT != 0 => Some(Op::Create(self.nodes, (*path).to_owned())),
                Some(node) if flags & O_TRUNC != 0 => Some(Op::Resize(*node, 0)),
                None | Some(_) => None,
            },
            Asked::Write { fd, at, bytes } => {
                let node = self.file(*fd)?;
                Some(Op::Write(node, at(), (*bytes).into()))
            }
            Asked::Resize { fd, len } => Some(Op::Resize(self.file(*fd)?, *len)),
            Asked::Sync { fd } => match self.opened.get(fd)? {
                Opened::File(node) => Some(Op::Sync(*node)),
                Opened::Folder(path) => Some(Op::SyncFolder(path.clone())),
            },
            Asked::Rename { from, to } if inside(to) => {
                Some(Op::Rename((*from).to_owned(), (*to).to_owned()))
            }
            Asked::Remove { path } if inside(path) => Some(Op::Remove((*path).to_owned())),
            // Who asks for a folder that is there is told so, and nothing changes.
            Asked::MakeFolder { path } if inside(path) && !path.exists() => {
                Some(Op::MakeFolder((*path).to_owned()))
            }
            Asked::Open { .. }
            | Asked::Close { .. }
            | Asked::Rename { .. }
            | Asked::Remove { .. }
            | Asked::MakeFolder { .. } => None,
        }
    }

    fn file(&self, fd: c_int) -> Option<Node> {
        match self.opened.get(&fd)? {
            Opened::File(node) => Some(*node),
            Opened::Folder(_) => None,
        }
    }

    fn fails(&mut self, intended: &Op) -> Option<c_int> {
        let (calls, is_one, errno) = match self.fault {
            Fault::None => return None,
            Fault::Gone(calls) => (calls, true, EIO),
            Fault::SyncFails(calls) => (calls, intended.is_sync(), EIO),
            Fault::Full(calls) => (calls, intended.wants_room(), ENOSPC),
        };
        if !is_one {
            return None;
        }
        let number = self.calls;
        self.calls += 1;
        let fails = number >= calls.from && number - calls.from < calls.count;
        self.struck += usize::from(fails);
        fails.then_some(errno)
    }

    /// What the system has done is written down.
    fn record(&mut self, done: Op, answer: c_long) {
        // The system may take less than it was given.
        let done = if let Op::Write(node, at, bytes) = done {
            let taken = usize::try_from(answer).unwrap_or(0);
            Op::Write(node, at, bytes[..taken].into())
        } else {
            done
        };
        match &done {
            Op::Create(node, path) => {
                self.names.insert(path.clone(), *node);
                self.nodes += 1;
            }
            Op::Rename(from, to) => self.rename(from, to),
            Op::Remove(path) => drop(self.names.remove(path)),
            Op::Write(..)
            | Op::Resize(..)
            | Op::Sync(_)
            | Op::SyncFailed(_)
            | Op::SyncFolder(_)
            | Op::MakeFolder(_)
            | Op::Told(_) => {}
        }
        self.ops.push(done);
    }

    /// Also of a folder, with all that is below it.
    fn rename(&mut self, from: &Path, to: &Path) {
        let below: Vec<PathBuf> =
            self.names.keys().filter(|path| path.starts_with(from)).cloned().collect();
        for path in below {
            let rest = path.strip_prefix(from).map(Path::to_owned).unwrap_or_default();
            let renamed = if rest.as_os_str().is_empty() { to.to_owned() } else { to.join(rest) };
            if let Some(node) = self.names.remove(&path) {
                self.names.insert(renamed, node);
            }
        }
    }

    /// Which files are open.
    fn follow(&mut self, asked: &Asked<'_>, answer: c_long) {
        match asked {
            Asked::Open { path, .. } if answer >= 0 && path.starts_with(&self.root) => {
                let opened = self
                    .names
                    .get(*path)
                    .map_or_else(|| Opened::Folder((*path).to_owned()), |node| Opened::File(*node));
                self.opened.insert(answer as c_int, opened);
            }
            Asked::Close { fd } => drop(self.opened.remove(fd)),
            Asked::Open { .. }
            | Asked::Write { .. }
            | Asked::Resize { .. }
            | Asked::Sync { .. }
            | Asked::Rename { .. }
            | Asked::Remove { .. }
            | Asked::MakeFolder { .. } => {}
        }
    }
}

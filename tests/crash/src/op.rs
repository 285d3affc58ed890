//! What a program asks of a file system, as it was recorded.

use crate::disk::Disk;
use crate::tap::read_all;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// A file, whatever it is called now.
pub type Node = u64;

/// One thing that happened below the watched folder.
#[derive(Clone, Debug)]
pub enum Op {
    /// A file was made.
    Create(Node, PathBuf),
    /// Bytes were written to a file.
    Write(Node, u64, Arc<[u8]>),
    /// A file got this length.
    Resize(Node, u64),
    /// A file's content is on the disk when this returns.
    Sync(Node),
    /// A file's content should have been on the disk, and the disk said no.
    SyncFailed(Node),
    /// A folder's names are on the disk when this returns.
    SyncFolder(PathBuf),
    /// A file or a folder got another name.
    Rename(PathBuf, PathBuf),
    /// A name was removed.
    Remove(PathBuf),
    /// A folder was made.
    MakeFolder(PathBuf),
    /// The person was told that this step is done.
    Told(usize),
}

impl Op {
    pub(crate) fn is_sync(&self) -> bool {
        matches!(self, Self::Sync(_) | Self::SyncFolder(_))
    }

    pub(crate) fn wants_room(&self) -> bool {
        match self {
            Self::Resize(_, len) => *len > 0,
            Self::Create(..) | Self::Write(..) | Self::Rename(..) | Self::MakeFolder(_) => true,
            Self::Sync(_)
            | Self::SyncFailed(_)
            | Self::SyncFolder(_)
            | Self::Remove(_)
            | Self::Told(_) => false,
        }
    }
}

/// What is below a folder: files with their content, and folders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Laid {
    /// Files.
    pub files: Vec<(PathBuf, Vec<u8>)>,
    /// Folders.
    pub folders: Vec<PathBuf>,
}

/// Everything that happened below a folder.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The folder.
    pub root: PathBuf,
    /// What was there at the beginning, all of it on the disk.
    pub before: Laid,
    /// What happened, in order. The files that were there at the beginning are nodes in their order, from 0.
    pub ops: Vec<Op>,
}

impl Recording {
    /// What was recorded adds up to what the system shows: the tap has missed nothing.
    ///
    /// # Panics
    /// If it did.
    pub fn must_be_whole(&self) {
        let mut disk = Disk::before(self);
        self.ops.iter().for_each(|op| disk.take(op));
        let (recorded, shown) = (disk.seen(), read_all(&self.root));
        // What is mapped into memory is not seen.
        let files = |laid: Laid| -> BTreeMap<PathBuf, Vec<u8>> {
            let is_mapped = |path: &PathBuf| path.to_string_lossy().ends_with("-shm");
            laid.files.into_iter().filter(|(path, _)| !is_mapped(path)).collect()
        };
        let (recorded, shown) = (files(recorded), files(shown));
        let names = |files: &BTreeMap<PathBuf, Vec<u8>>| -> Vec<(PathBuf, usize)> {
            files.iter().map(|(path, content)| (path.clone(), content.len())).collect()
        };
        assert_eq!(names(&recorded), names(&shown), "the tap has missed something");
        assert!(recorded == shown, "the tap has missed what was written");
    }
}

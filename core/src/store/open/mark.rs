//! The mark: a small file beside the database that says which life of the store this is and how much it has sealed.
//!
//! Whoever brings an older database back, or copies the folder, brings back or copies numbers that were given out since.
//! The mark is what tells: a backup does not hold it, a database of yesterday lags behind it, and a copy of it is another
//! file than the one that it names. What cannot be seen here (a whole disk that was put back) the relay's logs show.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};

use kahriz_proto::hash::hash_short;

use super::Store;

const FILE: &str = "kahriz.mark";
const DOMAIN: &str = "kahriz/store/mark";
/// Generation, frames sealed, the file's own place, a check.
const BYTES: usize = 4 + 8 + 16 + 8;

/// What the mark of a store says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// The life of the store.
    pub(crate) generation: u32,
    /// Frames that were sealed in it.
    pub(crate) sealed: u64,
}

impl Store {
    /// The store's mark; nothing if there is none, or it was made for another file than the one it stands in.
    pub(crate) fn mark(&self) -> io::Result<Option<Mark>> {
        let file = match File::open(self.files.beside(FILE)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        let mut bytes = vec![];
        (&file).take(BYTES as u64 + 1).read_to_end(&mut bytes)?;
        Ok(Mark::read(&bytes, place(&file)?))
    }

    /// Writes the mark in its place, durably.
    pub(crate) fn set_mark(&self, mark: Mark) -> io::Result<()> {
        let path = self.files.beside(FILE);
        let is_new = !path.try_exists()?;
        // Never under another name and renamed: the file is to stay the one that it is.
        let mut file = OpenOptions::new().create(true).truncate(false).write(true).open(&path)?;
        let bytes = mark.bytes(place(&file)?);
        file.write_all(&bytes)?;
        file.set_len(BYTES as u64)?;
        file.sync_all()?;
        if is_new { self.files.sync_folder() } else { Ok(()) }
    }
}

impl Mark {
    fn bytes(self, place: [u8; 16]) -> Vec<u8> {
        let mut bytes = self.generation.to_be_bytes().to_vec();
        bytes.extend(self.sealed.to_be_bytes());
        bytes.extend(place);
        let check: [u8; 8] = hash_short(DOMAIN, &[&bytes]);
        bytes.extend(check);
        bytes
    }

    fn read(bytes: &[u8], place: [u8; 16]) -> Option<Self> {
        let mark = Self {
            generation: u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?),
            sealed: u64::from_be_bytes(bytes.get(4..12)?.try_into().ok()?),
        };
        (mark.bytes(place) == bytes).then_some(mark)
    }
}

/// What no copy of a file has in common with it: its number on its disk, and when it was made.
#[cfg(unix)]
fn place(file: &File) -> io::Result<[u8; 16]> {
    use std::os::unix::fs::MetadataExt;
    let meta = file.metadata()?;
    // Not every file system keeps it.
    let made = meta.created().ok().and_then(|made| made.duration_since(std::time::UNIX_EPOCH).ok());
    let made = made.map_or(0, |made| made.as_secs() ^ (u64::from(made.subsec_nanos()) << 32));
    let mut place = [0; 16];
    place[..8].copy_from_slice(&meta.ino().to_be_bytes());
    place[8..].copy_from_slice(&made.to_be_bytes());
    Ok(place)
}

/// Elsewhere a copied folder is noticed at the relay only.
#[cfg(not(unix))]
fn place(_: &File) -> io::Result<[u8; 16]> {
    Ok([0; 16])
}

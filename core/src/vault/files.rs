//! The vault's files in the store's folder: what is kept, how it gets to the disk, and the right to touch it.
//!
//! `kahriz.vault` is a mark and a version, a CBOR body, and a checksum, so that damage is told from a wrong PIN. It is
//! always replaced whole: written beside, synced, renamed, and the folder synced, so a crash leaves the older one or
//! the newer one. `kahriz.wiping` is there while a wipe is under way. `kahriz.vault.lock` is held during each
//! operation, so that two processes cannot share a try.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use kahriz_proto::hash::hash_short;
use minicbor::{Decode, Encode};

use super::tries::Tries;
use crate::crypto::pin::{CHECK_BYTES, Cost, LOCKED_KEY_BYTES, SALT_BYTES};

/// What the vault is called in the store's folder.
pub const VAULT: &str = "kahriz.vault";
const WIPING: &str = "kahriz.wiping";
const LOCK: &str = "kahriz.vault.lock";
/// Begins the file; the last byte is its version.
const MARK: [u8; 5] = *b"KHZV\x01";
const CHECKSUM_DOMAIN: &str = "kahriz/v1/vault-checksum";
const CHECKSUM_BYTES: usize = 16;

/// What a vault keeps on the disk. Without the secure store's secret it says nothing about PIN or key.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) struct Kept {
    /// Which of the two names the secret has.
    #[n(0)]
    pub(super) secret_name: u32,
    /// Recognises the secret.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub(super) secret_check: [u8; CHECK_BYTES],
    /// The store's key, locked.
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub(super) locked_key: [u8; LOCKED_KEY_BYTES],
    /// If it takes a PIN.
    #[n(3)]
    pub(super) pin: Option<KeptPin>,
}

/// What is kept of PINs.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) struct KeptPin {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub(super) salt: [u8; SALT_BYTES],
    #[n(1)]
    memory_kib: u32,
    #[n(2)]
    passes: u32,
    /// Recognises the PIN that opens.
    #[n(3)]
    #[cbor(with = "minicbor::bytes")]
    pub(super) opens: [u8; CHECK_BYTES],
    /// Recognises the PIN that destroys; random if none was set, so that nobody can tell.
    #[n(4)]
    #[cbor(with = "minicbor::bytes")]
    pub(super) destroys: [u8; CHECK_BYTES],
    #[n(5)]
    pub(super) tries: Tries,
}

impl KeptPin {
    pub(super) fn new(
        salt: [u8; SALT_BYTES],
        cost: Cost,
        opens: [u8; CHECK_BYTES],
        destroys: [u8; CHECK_BYTES],
    ) -> Self {
        let (memory_kib, passes) = (cost.memory_kib(), cost.passes());
        Self { salt, memory_kib, passes, opens, destroys, tries: Tries::default() }
    }

    /// The cost of a try; `None` if the file asks for less than is allowed, or for more.
    pub(super) fn cost(&self) -> Option<Cost> {
        Cost::new(self.memory_kib, self.passes)
    }
}

/// A wipe that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wiping {
    pub(super) keep_letters: bool,
}

/// What the file turned out to be.
pub(super) enum Found {
    Nothing,
    Vault(Box<Kept>),
    /// Not what was written: cut short, altered, or of a newer version.
    Damaged,
}

/// The folder of a store, as far as the vault is concerned.
pub(super) struct Files {
    pub(super) folder: PathBuf,
}

impl Files {
    pub(super) fn of(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Waits for other processes that are at this vault; the right is given back when the file is dropped.
    pub(super) fn lock(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        let file = options.create(true).truncate(false).write(true).open(self.folder.join(LOCK))?;
        file.lock()?;
        Ok(file)
    }

    /// Whether there is anything that the lock is for; it is not to litter other folders.
    pub(super) fn is_here(&self) -> io::Result<bool> {
        Ok(self.folder.join(VAULT).try_exists()? || self.folder.join(WIPING).try_exists()?)
    }

    pub(super) fn read(&self) -> io::Result<Found> {
        let bytes = match fs::read(self.folder.join(VAULT)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
            bytes => bytes?,
        };
        Ok(decode(&bytes).map_or(Found::Damaged, |kept| Found::Vault(Box::new(kept))))
    }

    pub(super) fn write(&self, kept: &Kept) -> io::Result<()> {
        self.replace(VAULT, &encode(kept))
    }

    /// Overwrites what is there before it is given back, as far as the disk does what it is told.
    pub(super) fn destroy(&self) -> io::Result<()> {
        let path = self.folder.join(VAULT);
        ignore_missing(overwrite(&path))?;
        ignore_missing(fs::remove_file(&path))?;
        sync_folder(&self.folder)
    }

    pub(super) fn wiping(&self) -> io::Result<Option<Wiping>> {
        match fs::read(self.folder.join(WIPING)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            // In doubt letters are kept: they can't be read here, and may be the only copy.
            bytes => Ok(Some(Wiping { keep_letters: bytes? != b"letters too" })),
        }
    }

    pub(super) fn begin_wiping(&self, wiping: Wiping) -> io::Result<()> {
        let note: &[u8] = if wiping.keep_letters { b"keep letters" } else { b"letters too" };
        self.replace(WIPING, note)
    }

    pub(super) fn end_wiping(&self) -> io::Result<()> {
        ignore_missing(fs::remove_file(self.folder.join(WIPING)))?;
        sync_folder(&self.folder)
    }

    /// The files of the store and the vault, but for the note that a wipe is under way.
    pub(super) fn of_the_store(&self) -> io::Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let is_ours = name.as_encoded_bytes().starts_with(b"kahriz.") && name != *WIPING;
            if is_ours && entry.file_type()?.is_file() {
                found.push(entry.path());
            }
        }
        Ok(found)
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let written = self.folder.join(format!("{name}.new"));
        let mut file = File::create(&written)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&written, self.folder.join(name))?;
        sync_folder(&self.folder)
    }
}

fn encode(kept: &Kept) -> Vec<u8> {
    let body = minicbor::to_vec(kept).expect("writing to a vector cannot fail");
    let checksum: [u8; CHECKSUM_BYTES] = hash_short(CHECKSUM_DOMAIN, &[&body]);
    [&MARK[..], &body, &checksum].concat()
}

fn decode(bytes: &[u8]) -> Option<Kept> {
    let rest = bytes.strip_prefix(&MARK)?;
    let (body, checksum) = rest.split_last_chunk::<CHECKSUM_BYTES>()?;
    let expected: [u8; CHECKSUM_BYTES] = hash_short(CHECKSUM_DOMAIN, &[body]);
    (expected == *checksum).then(|| minicbor::decode(body).ok())?
}

/// Writes zeros over a small file, in place.
pub(super) fn overwrite(path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(0))?;
    let zeros = vec![0; usize::try_from(length.min(64 * 1024)).unwrap_or_default()];
    file.write_all(&zeros)?;
    file.sync_all()
}

pub(super) fn ignore_missing(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

/// A new name in a folder is durable when the folder is.
#[cfg(unix)]
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Windows keeps the names of a folder in its own journal and cannot sync one.
#[cfg(not(unix))]
pub(super) fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

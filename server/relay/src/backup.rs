//! Backups: dated folders with a copy of the store, verified before they have their name, and a store made of one.
//!
//! A backup is one folder: the files, and a manifest with their lengths and hashes, written last. It is built under a
//! name that ends in `.part` and renamed when all of it was read back, so a folder with a backup's name is a whole
//! one, whatever was killed meanwhile. Headquarters' backups are folders of the same kind, with the relay's store
//! among its files. A store that is made of a backup is a store of its own: it gets another incarnation, by which
//! every device notices that this relay may have forgotten something, and brings it.
//!
//! ```no_run
//! use kahriz_relay::backup::{Wish, back_up, restore};
//! # use std::path::Path;
//! # fn run(now_ms: i64) -> Result<(), Box<dyn std::error::Error>> {
//! let wish = Wish { out: Path::new("/mnt/backups"), keep: Some(7), with_tls_key: false };
//! let made = back_up(Path::new("/var/lib/kahriz-relay"), &wish, now_ms, &mut |_, _| {})?;
//! restore(&made.folder, Path::new("/var/lib/kahriz-relay-new"))?;
//! # Ok(()) }
//! ```

mod error;
mod folder;
mod manifest;
mod schedule;

pub use error::{BackupError, RestoreError};
pub use folder::{Begun, Made, Restoring, newest};
pub use manifest::{FORMAT, Manifest, Of, Part, ScopeReached, Taken, read, whole};
pub use schedule::Schedule;

pub use crate::log::DATABASE as STORE_FILE;
pub use crate::tls::SELF_SIGNED_FILE as TLS_FILE;

use crate::log::{Contents, DATABASE, Reached, SqliteLog, copy};
use crate::tls::SELF_SIGNED_FILE;
use kahriz_proto::ids::Incarnation;
use std::path::Path;

/// Where a backup goes, and what of it.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// The folder that gets the dated one. It is made if it isn't there.
    pub out: &'a Path,
    /// How many backups of this store are left there, the new one among them; the oldest go. None go without it.
    pub keep: Option<u32>,
    /// Whether the key of a certificate of the relay's own making is copied too.
    pub with_tls_key: bool,
}

/// Backs up a relay's store, which may be serving. `progress` is told how much is copied, and of how much.
///
/// # Errors
/// [`BackupError`]; then there is no new backup, and the older ones are untouched.
pub fn back_up(
    store: &Path,
    wish: &Wish<'_>,
    now_ms: i64,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Made, BackupError> {
    if !store.join(DATABASE).is_file() {
        return Err(BackupError::NoStore(store.to_owned()));
    }
    let begun = Begun::new(wish.out, Of::Relay, now_ms)?;
    let contents = copy_store(store, begun.folder(), progress)?;
    if wish.with_tls_key {
        begun.add(&store.join(SELF_SIGNED_FILE))?;
    }
    let taken = Taken {
        store: contents.incarnation.to_string(),
        scopes: contents.scopes.iter().map(ScopeReached::from).collect(),
        counts: [("frames".to_owned(), contents.frames)].into(),
    };
    begun.finish(taken, wish.keep)
}

/// Copies a relay's store into a folder and reads the copy back: the part of a backup that is the relay's.
///
/// # Errors
/// [`BackupError`]
pub fn copy_store(
    store: &Path,
    into: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Contents, BackupError> {
    let to = into.join(DATABASE);
    copy::copy(store, &to, progress).map_err(BackupError::Copy)?;
    copy::read_back(&to).map_err(BackupError::NotSound)
}

/// What a restored relay is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// What the backup said.
    pub manifest: Manifest,
    /// The new store's incarnation.
    pub incarnation: Incarnation,
}

/// Makes a relay's store of a backup, in a folder that isn't there or is empty. A backup of headquarters has one too.
///
/// # Errors
/// [`RestoreError`]; then there is nothing new.
pub fn restore(backup: &Path, store: &Path) -> Result<Restored, RestoreError> {
    let restoring = Restoring::begin(backup, store)?;
    if !restoring.manifest().has(DATABASE) {
        return Err(RestoreError::NoRelay(backup.to_owned()));
    }
    restoring.bring(DATABASE, DATABASE)?;
    if restoring.manifest().has(SELF_SIGNED_FILE) {
        restoring.bring(SELF_SIGNED_FILE, SELF_SIGNED_FILE)?;
    }
    let incarnation = renew_store(restoring.folder(), restoring.manifest())?;
    let manifest = restoring.finish()?;
    Ok(Restored { manifest, incarnation })
}

/// Reads a store that was copied out of a backup, compares it with the manifest, and gives it another incarnation.
///
/// # Errors
/// [`RestoreError`]
pub fn renew_store(folder: &Path, manifest: &Manifest) -> Result<Incarnation, RestoreError> {
    let file = folder.join(DATABASE);
    let contents = copy::read_back(&file).map_err(RestoreError::NotSound)?;
    let reached: Vec<ScopeReached> = contents.scopes.iter().map(ScopeReached::from).collect();
    if reached != manifest.taken.scopes {
        return Err(RestoreError::Altered(file));
    }
    // Opened as a relay does, so that an older store is brought up to date before anybody relies on it.
    drop(SqliteLog::open(folder)?);
    Ok(copy::renew(&file)?)
}

impl From<&Reached> for ScopeReached {
    fn from(reached: &Reached) -> Self {
        let rolling = reached.rolling.iter().map(|byte| format!("{byte:02x}")).collect();
        let (workspace, scope) = (reached.workspace.to_string(), reached.scope.to_string());
        Self { workspace, scope, position: reached.position, rolling }
    }
}

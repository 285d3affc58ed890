//! Headquarters' backups: its store under its own key, its vault, and its relay's store, in one dated folder.
//!
//! The folder is of the relay's kind (`kahriz_relay::backup`). The store is copied before the relay's, so that the
//! relay's copy holds at least what the store's has published. No key is ever copied. What is made of a backup is for
//! reading (`kahriz_core::workspace` says why) until somebody says that the original is gone; its relay is a relay like
//! any.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use kahriz_core::store::OpenStoreError;
use kahriz_core::vault::{UnlockError, VAULT_FILE};
use kahriz_core::workspace::{BackedUp, BackupError, ResumeError, Workspace};
use kahriz_relay::backup::{
    self, Begun, Made, Of, RestoreError, Restoring, STORE_FILE, ScopeReached, TLS_FILE, Taken,
};
use serde_json::json;

use crate::cli::{BackupOrder, RestoreBackup, Resume};
use crate::dispatch::open;
use crate::failure::Failure;
use crate::headquarters::RELAY_FOLDER;
use crate::keyfile::{KeyError, Keys};
use crate::{moment, say, shell};

/// How scheduled backups go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BackupState {
    /// Where they go.
    pub(crate) to: PathBuf,
    /// When the newest one was taken, in ms since 1970 by this machine's clock.
    pub(crate) last_ok_ms: Option<i64>,
    /// Why the latest try failed, as a sentence; `None` if it went well.
    pub(crate) failure: Option<String>,
}

/// Backs up the store in a folder, which is open as `workspace`, and its relay's. What it holds is signed for, and the
/// next sync tells the devices.
pub(crate) fn take(
    workspace: &Workspace,
    folder: &Path,
    order: &BackupOrder,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Made, Failure> {
    let now_ms = shell::now_ms();
    let begun = Begun::new(&order.out, Of::Headquarters, now_ms)?;
    let copied = workspace.back_up(begun.folder(), shell::claimed(), progress)?;
    begun.add(&folder.join(VAULT_FILE))?;
    let (relay, mut counts) = (folder.join(RELAY_FOLDER), counts(&copied));
    let mut scopes = vec![];
    if relay.join(STORE_FILE).is_file() {
        let contents = backup::copy_store(&relay, begun.folder(), progress)?;
        scopes = contents.scopes.iter().map(ScopeReached::from).collect();
        counts.insert("frames".to_owned(), contents.frames);
        if order.with_tls_key {
            begun.add(&relay.join(TLS_FILE))?;
        }
    }
    let taken = Taken { store: copied.device.to_string(), scopes, counts };
    let made = begun.finish(taken, order.keep)?;
    // The backup stands either way, and what is not signed now is signed with the next one.
    if let Err(error) = workspace.sign_for_backup(&copied) {
        tracing::warn!(%error, "a backup was taken, and could not be signed for");
    }
    Ok(made)
}

/// When the newest backup of this store in a folder was taken.
pub(crate) fn newest(workspace: &Workspace, out: &Path) -> Option<i64> {
    backup::newest(out, Of::Headquarters, &workspace.device().to_string())
}

/// Makes a folder of a backup, for reading, and with a relay that serves.
pub(crate) fn restore(order: &RestoreBackup, keys: Keys<'_>, as_json: bool) -> Result<(), Failure> {
    if keys.key_file.is_none() {
        return Err(Failure::KeyApart);
    }
    let restoring = Restoring::begin(&order.backup, &order.dir)?;
    if restoring.manifest().of != Of::Headquarters {
        return Err(RestoreError::NotHeadquarters(order.backup.clone()).into());
    }
    let names = restoring.manifest().files.iter().map(|part| part.name.clone());
    for name in names.collect::<Vec<_>>() {
        restoring.bring(&name, &place(&name))?;
    }
    let copied = look_into(&restoring, keys)?;
    let relay = restoring.folder().join(RELAY_FOLDER);
    if restoring.manifest().has(STORE_FILE) {
        backup::renew_store(&relay, restoring.manifest())?;
    }
    let manifest = restoring.finish()?;
    if as_json {
        let told = json!({ "dir": order.dir, "manifest": manifest, "reads_only": true });
        say::result(&told.to_string());
        return Ok(());
    }
    let (folder, taken) = (order.dir.display(), moment::written(manifest.taken_ms));
    say::result(&format!("{folder}: {} records as of {taken}, for reading", copied.records));
    say::aside(&format!(
        "Its relay can be served (kahriz serve {folder}): the devices bring it what it lacks. If the original is gone for good, kahriz resume {folder} lets it write and sync in its place. If somebody else may have the original, make a new headquarters with the shares instead: kahriz recovery restore NEW --relay URL"
    ));
    Ok(())
}

/// Lets a folder that [`restore`] made go on in the place of the lost original.
pub(crate) fn resume(order: &Resume, keys: Keys<'_>, as_json: bool) -> Result<(), Failure> {
    if !order.yes && !io::stdin().is_terminal() {
        return Err(Failure::OriginalMayLive);
    }
    let workspace = open(&order.dir, keys)?;
    let Some(taken) = workspace.copied() else {
        return Err(ResumeError::NotACopy.into());
    };
    let taken = moment::written(taken.ms);
    if !order.yes {
        let answer = say::ask(&format!(
            "This copy of {taken} takes the lost one's place: make sure that the original is gone. Type yes:"
        ));
        if !answer.eq_ignore_ascii_case("yes") {
            return Err(Failure::OriginalMayLive);
        }
    }
    workspace.resume()?;
    let life = workspace.generation();
    if as_json {
        let told = json!({ "dir": order.dir, "life": life });
        say::result(&told.to_string());
        return Ok(());
    }
    let folder = order.dir.display();
    say::result(&format!("{folder}: goes on from {taken}, in its life {life}"));
    say::aside(&format!(
        "What was signed and written after that comes with the first sync; until then nothing is sealed here. If the relay was lost too, first take in a bundle of a device: kahriz import-bundle {folder} FILE"
    ));
    Ok(())
}

/// Reads the store that was brought, with its key; what it holds must be what the manifest says.
fn look_into(restoring: &Restoring, keys: Keys<'_>) -> Result<BackedUp, Failure> {
    let key = keys.unlock(restoring.folder()).map_err(|error| {
        match matches!(error, KeyError::Unlock(UnlockError::OtherSecret)) {
            true => BackupError::from(OpenStoreError::WrongKey).into(),
            false => Failure::from(error),
        }
    })?;
    let copied = Workspace::look_into(restoring.folder(), &key)?;
    let (taken, expected) = (&restoring.manifest().taken, counts(&copied));
    let same = expected.iter().all(|(what, count)| taken.counts.get(what) == Some(count));
    if !same || taken.store != copied.device.to_string() {
        return Err(RestoreError::Altered(restoring.folder().to_owned()).into());
    }
    Ok(copied)
}

fn counts(copied: &BackedUp) -> BTreeMap<String, u64> {
    let counted = [("records", copied.records), ("logs", copied.logs), ("merged", copied.frames)];
    counted.map(|(what, count)| (what.to_owned(), count)).into()
}

/// Where a file of a backup lives in headquarters' folder.
fn place(name: &str) -> String {
    let of_relay = name == STORE_FILE || name == TLS_FILE;
    if of_relay { format!("{RELAY_FOLDER}/{name}") } else { name.to_owned() }
}

//! `export-bundle` and `import-bundle`: what is carried by hand, out of the store and into it.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::Path;

use kahriz_core::drive::Shell;
use kahriz_core::workspace::{BundleError, Bundled, Carry, Unbundled};
use serde_json::json;
use tempfile::{Builder, NamedTempFile};

use super::Desk;
use crate::cli::BundleOrder;
use crate::failure::Failure;

/// `export-bundle`: under another name until all of it is on the disk, so that nobody carries away a half.
pub(super) fn export(
    desk: &mut Desk<'_>,
    order: &BundleOrder,
    carry: Carry,
) -> Result<(), Failure> {
    let path = &order.out;
    let failed = |source| Failure::File { path: path.clone(), source };
    if !order.force && path.exists() {
        return Err(Failure::Exists(path.clone()));
    }
    let unfinished = beside(path).map_err(failed)?;
    let bar = desk.terminal.bar("writing frames", 0, false);
    let mut out = BufWriter::new(unfinished);
    let Desk { workspace, terminal, .. } = desk;
    let bundled = workspace
        .export_bundle(carry, &mut out, terminal.rng(), &mut |frames| bar.set_position(frames))
        .map_err(|error| about(path, error))?;
    bar.finish_and_clear();
    let unfinished = out.into_inner().map_err(io::IntoInnerError::into_error).map_err(failed)?;
    finish(unfinished, order)?;
    tell_export(desk, path, &bundled)
}

fn beside(path: &Path) -> io::Result<NamedTempFile> {
    Builder::new().prefix(".kahriz-").suffix(".unfinished").tempfile_in(folder_of(path))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// On the disk, then under its name, then the name on the disk.
fn finish(unfinished: NamedTempFile, order: &BundleOrder) -> Result<(), Failure> {
    let failed = |source: io::Error| Failure::File { path: order.out.clone(), source };
    unfinished.as_file().sync_all().map_err(failed)?;
    let named = if order.force {
        unfinished.persist(&order.out)
    } else {
        unfinished.persist_noclobber(&order.out)
    };
    named.map_err(|error| match error.error.kind() == io::ErrorKind::AlreadyExists {
        true => Failure::Exists(order.out.clone()),
        false => failed(error.error),
    })?;
    sync_folder(folder_of(&order.out)).map_err(failed)
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Elsewhere a folder cannot be synced, and need not be.
#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

fn tell_export(desk: &mut Desk<'_>, path: &Path, bundled: &Bundled) -> Result<(), Failure> {
    let Bundled { frames, entries, bytes, held_back } = *bundled;
    if held_back > 0 {
        desk.aside(&format!(
            "{held_back} changes are not in it: this device was restored or copied and has to meet its relay first. \
             They are in its letters (kahriz device deliver)"
        ))?;
    }
    if desk.as_json {
        return desk.say_json(&json!({
            "file": path, "frames": frames, "entries": entries, "bytes": bytes, "held_back": held_back,
        }));
    }
    desk.say(&format!(
        "{}: {frames} frames and {entries} entries of the member list, {:.1} MB. All records in it are sealed.",
        path.display(),
        bytes as f64 / 1e6
    ))
}

/// `import-bundle`: what is whole of it is taken in, and what is not is said.
pub(super) fn import(desk: &mut Desk<'_>, path: &Path) -> Result<(), Failure> {
    let failed = |source| Failure::File { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(failed)?;
    let length = fs::metadata(path).map_err(failed)?.len();
    let bar = desk.terminal.bar("reading", length, true);
    let came = desk
        .workspace
        .import_bundle(&mut file, &mut |bytes| bar.set_position(bytes))
        .map_err(|error| about(path, error))?;
    bar.finish_and_clear();
    // What headquarters signs for goes to its relay at once.
    if let Some(serving) = &desk.serving {
        serving.bell.ring();
    }
    tell_import(desk, &came)
}

fn tell_import(desk: &mut Desk<'_>, came: &Unbundled) -> Result<(), Failure> {
    warnings(came).iter().try_for_each(|warning| desk.aside(warning))?;
    if desk.as_json {
        let damage = &came.damage;
        return desk.say_json(&json!({
            "frames": came.frames, "new": came.new, "entries": came.entries,
            "changes_merged": came.merged, "not_granted": came.not_granted,
            "frames_parked": came.parked, "malformed": came.malformed,
            "damage": {
                "bytes": damage.skipped_bytes, "stretches": damage.stretches,
                "cut": damage.cut, "missing": damage.missing,
            },
        }));
    }
    desk.say(&format!(
        "{} frames, {} of them new here; {} new entries of the member list; {} changes merged",
        came.frames, came.new, came.entries, came.merged
    ))?;
    if came.parked > 0 {
        desk.say(&format!(
            "{} frames wait in the inbox for something that is not here yet",
            came.parked
        ))?;
    }
    Ok(())
}

/// What a person who carries bundles has to know of one that was not taken in whole.
fn warnings(came: &Unbundled) -> Vec<String> {
    let damage = &came.damage;
    let mut said = vec![];
    if came.not_granted > 0 {
        said.push(format!(
            "{} frames are of areas that this device is not granted: take the bundle to headquarters or to a colleague of that area",
            came.not_granted
        ));
    }
    if damage.skipped_bytes > 0 {
        said.push(format!(
            "the bundle is damaged: {} bytes in {} stretches cannot be read",
            damage.skipped_bytes, damage.stretches
        ));
    }
    if came.malformed > 0 {
        said.push(format!("{} frames in the bundle are no frames", came.malformed));
    }
    if damage.cut {
        said.push("the bundle is cut: its end is missing, and nobody can say how much".to_owned());
    }
    if damage.missing > 0 {
        said.push(format!("{} parts of the bundle are missing", damage.missing));
    }
    if !damage.is_none() || came.malformed > 0 {
        said.push(
            "What was whole has been taken in. Have the bundle written once more for the rest"
                .to_owned(),
        );
    }
    said
}

fn about(path: &Path, error: BundleError) -> Failure {
    match error {
        BundleError::Io(source) => Failure::File { path: path.to_owned(), source },
        BundleError::Save(error) => error.into(),
        BundleError::Read(error) => error.into(),
        error @ (BundleError::NotABundle
        | BundleError::OtherWorkspace(_)
        | BundleError::Newer
        | BundleError::Roster(_)
        | BundleError::Copy) => Failure::Bundle { path: path.to_owned(), error },
    }
}

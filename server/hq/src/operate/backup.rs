//! `backup`: a copy of everything into a dated folder, now.

use std::path::Path;

use serde_json::json;

use super::Desk;
use crate::backup;
use crate::cli::BackupOrder;
use crate::failure::Failure;

pub(super) fn run(desk: &mut Desk<'_>, dir: &Path, order: &BackupOrder) -> Result<(), Failure> {
    let bar = desk.terminal.bar("copying", 0, false);
    let made = backup::take(desk.workspace, dir, order, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let made = made?;
    if desk.as_json {
        return desk.say_json(&json!({
            "backup": made.folder,
            "manifest": made.manifest,
            "removed": made.removed,
        }));
    }
    let count = |what: &str| made.manifest.taken.counts.get(what).copied().unwrap_or(0);
    desk.say(&format!(
        "{}: verified, {} records of {} logs; the relay's {} frames",
        made.folder.display(),
        count("records"),
        count("logs"),
        count("frames")
    ))?;
    for removed in &made.removed {
        desk.say(&format!("removed {}", removed.display()))?;
    }
    desk.say("The store's key is not in it: keep it apart.")
}

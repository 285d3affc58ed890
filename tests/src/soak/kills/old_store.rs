//! The frozen store of the first schema, which a program begins to bring up to date and is killed.

use super::programs::{Programs, Running, moment};
use rand::Rng;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// What the frozen store is locked with.
const KEY: [u8; 32] = [6; 32];
/// How long it usually takes to open it.
const USUALLY: Duration = Duration::from_millis(60);

/// Kills it once, and looks whether everything is there; whether it was alive when it was killed.
pub(super) fn kill_upgrade(programs: &Programs, rng: &mut impl Rng) -> Result<bool, String> {
    let folder = crate::world::scratch_folder();
    let store = folder.path().join("store");
    lay(&store).map_err(|error| error.to_string())?;
    let list = || {
        let mut command = Command::new(&programs.kahriz);
        command.args(["--json", "device", "--store"]).arg(&store).arg("list");
        Running::start(&mut command, folder.path())
    };
    let ended = list()?.end_or_kill(moment(USUALLY, rng));
    let found = list()?.end()?.json()?;
    let titles: Vec<&str> = found["rows"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|row| row["title"].as_str())
        .collect();
    if titles.len() != 2 || !titles.contains(&"Əliyev Vaqif") {
        return Err(format!("an old store shows {titles:?}"));
    }
    Ok(ended.code.is_none())
}

fn lay(store: &Path) -> std::io::Result<()> {
    std::fs::create_dir(store)?;
    let frozen = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/store-1");
    for entry in std::fs::read_dir(frozen)? {
        let entry = entry?;
        std::fs::copy(entry.path(), store.join(entry.file_name()))?;
    }
    let key = store.join("kahriz.key");
    std::fs::write(&key, KEY)?;
    keep_private(&key)
}

#[cfg(unix)]
fn keep_private(key: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(key, std::fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn keep_private(_: &Path) -> std::io::Result<()> {
    Ok(())
}

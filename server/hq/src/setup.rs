//! How stores begin: founding a workspace, and a device that asks to join one.

use std::fs;
use std::io::Write;
use std::path::Path;

use kahriz_core::drive::{self, Shell};
use kahriz_core::store::OpenStoreError;
use kahriz_core::workspace::{
    Founding, Keepsakes, Membership, OpenError, Profile, ScopeProfile, StoreKey, Workspace,
};
use kahriz_http::{HttpOptions, HttpTransport};
use serde_json::json;

use crate::bell::Bell;
use crate::cli::{Init, Join};
use crate::failure::Failure;
use crate::keyfile::Keys;
use crate::shell::{self, Terminal};
use crate::{keyfile, letters, say};

/// Founds a workspace in a new folder and says what to keep safe.
pub(crate) fn init(order: &Init, keys: Keys<'_>, as_json: bool) -> Result<(), Failure> {
    let founding = Founding {
        workspace_name: order.name.clone(),
        operator: Profile { officer: order.operator.clone(), device: "headquarters".to_owned() },
        scopes: order.scopes.iter().map(|typed| scope_of(typed)).collect::<Result<_, _>>()?,
        relay_url: order.relay_url.clone(),
    };
    HttpTransport::new(&order.relay_url, &HttpOptions::default())?;
    if order.dir.exists() {
        return Err(Failure::Exists(order.dir.clone()));
    }
    // Before anything is made: a workspace whose keepsakes could not be written would have to be thrown away.
    let keepsakes_file = order.keepsakes.as_deref().map(new_file).transpose()?;
    let key_path = keys.place(&order.dir);
    let key = keys.create(&order.dir)?;
    let (workspace, keepsakes) = found(&order.dir, &key, &founding)?;
    let text = keepsakes_text(&workspace, &keepsakes);
    if let Some((mut file, path)) = keepsakes_file.zip(order.keepsakes.as_ref()) {
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
        written.map_err(|source| Failure::File { path: path.clone(), source })?;
    }
    if as_json {
        let scopes: Vec<String> = founding.scopes.iter().map(|scope| scope.name.clone()).collect();
        say::result(
            &json!({
                "workspace": workspace.id().to_string(),
                "scopes": scopes,
                "key_file": key_path,
                "root_key": *letters::write_seed(&keepsakes.root_seed),
                "recovery_key": *letters::write_seed(&keepsakes.recovery_seed),
            })
            .to_string(),
        );
        return Ok(());
    }
    say::result(&text);
    say::aside(&format!("The store's key is {}. {}", key_path.display(), keyfile::WARNING));
    say::aside(&format!("Next: kahriz serve {}", order.dir.display()));
    Ok(())
}

/// Founds a workspace with a key that is made already.
pub(crate) fn found(
    folder: &Path,
    key: &StoreKey,
    founding: &Founding,
) -> Result<(Workspace, Keepsakes), Failure> {
    let mut terminal = Terminal::quiet(Bell::default());
    let founded = Workspace::found(folder, key, founding, shell::claimed(), terminal.rng());
    founded.map_err(|source| Failure::Open { folder: folder.to_owned(), source })
}

/// Makes a device's store if there is none yet, and asks to join.
pub(crate) fn join(
    folder: &Path,
    keys: Keys<'_>,
    order: &Join,
    as_json: bool,
) -> Result<(), Failure> {
    let text = if order.invite == "-" { say::ask("Invite:") } else { order.invite.clone() };
    let invite = letters::read_invite(&text)?;
    let mut terminal = Terminal::new(Bell::default());
    let key = if keys.has_secret(folder) {
        keys.unlock(folder)?
    } else {
        let key_path = keys.place(folder);
        say::aside(&format!("The store's key is {}. {}", key_path.display(), keyfile::WARNING));
        keys.create(folder)?
    };
    let profile = Profile { officer: order.officer.clone(), device: order.device.clone() };
    let workspace = match Workspace::open(folder, &key) {
        Err(OpenError::Store(OpenStoreError::NotFound)) => {
            Workspace::prepare_join(folder, &key, &invite, &profile, terminal.rng())
        }
        opened => opened,
    };
    let workspace =
        workspace.map_err(|source| Failure::Open { folder: folder.to_owned(), source })?;
    if workspace.membership() == Membership::Waiting {
        let url = order.relay.clone().unwrap_or_else(|| workspace.relay_url());
        let mut transport = HttpTransport::new(&url, &HttpOptions::default())?;
        drive::join(&workspace, &mut transport, &mut terminal)?;
    }
    say_code(&workspace, as_json)
}

fn say_code(workspace: &Workspace, as_json: bool) -> Result<(), Failure> {
    let code = workspace.own_short_code()?;
    let is_waiting = workspace.membership() == Membership::Waiting;
    if as_json {
        say::result(&json!({ "waiting": is_waiting, "code": code }).to_string());
        return Ok(());
    }
    match code.filter(|_| is_waiting) {
        Some(code) => {
            say::result(&format!("Asked to join. Tell headquarters this code: {code}. Then sync."))
        }
        None => say::result("This device is a member already."),
    }
    Ok(())
}

fn new_file(path: &Path) -> Result<fs::File, Failure> {
    keyfile::private_file(path).map_err(|source| {
        match source.kind() == std::io::ErrorKind::AlreadyExists {
            true => Failure::Exists(path.to_owned()),
            false => Failure::File { path: path.to_owned(), source },
        }
    })
}

/// `Ağdam:AGD`
fn scope_of(typed: &str) -> Result<ScopeProfile, Failure> {
    let (name, prefix) = typed.rsplit_once(':').ok_or(Failure::NotAScope)?;
    let (name, prefix) = (name.trim(), prefix.trim().to_ascii_uppercase());
    let is_prefix =
        (2..=8).contains(&prefix.len()) && prefix.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if name.is_empty() || !is_prefix {
        return Err(Failure::NotAScope);
    }
    Ok(ScopeProfile { name: name.to_owned(), prefix })
}

fn keepsakes_text(workspace: &Workspace, keepsakes: &Keepsakes) -> zeroize::Zeroizing<String> {
    let (root, recovery) =
        (letters::write_seed(&keepsakes.root_seed), letters::write_seed(&keepsakes.recovery_seed));
    zeroize::Zeroizing::new(format!(
        "Workspace {}\n\n\
         Write these two keys on paper, each on its own, and lock them away in two places. They are shown once and\n\
         stored nowhere. The last group of each is a checksum.\n\n\
         Root key, which makes administrators:\n  {}\n\n\
         Recovery key, which opens every record if headquarters is lost:\n  {}\n",
        workspace.id(),
        *root,
        *recovery
    ))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_area_has_a_name_and_a_prefix() {
        assert_eq!(
            scope_of("Ağdam:AGD").unwrap(),
            ScopeProfile { name: "Ağdam".to_owned(), prefix: "AGD".to_owned() }
        );
        assert_eq!(scope_of("North: upper:n2").unwrap().name, "North: upper");
        for typed in ["Ağdam", ":AGD", "Ağdam:", "Ağdam:A", "Ağdam:AĞD", "Ağdam:TOOLONGPREFIX"]
        {
            assert!(scope_of(typed).is_err(), "{typed}");
        }
    }
}

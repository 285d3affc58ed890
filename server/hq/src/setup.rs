//! How stores begin: founding a workspace, and a device that asks to join one.

use std::io::Write;
use std::path::{Path, PathBuf};

use kahriz_core::crypto::shares::{Quorum, RecoveryKeys};
use kahriz_core::crypto::{SigningSecret, WrapSecret};
use kahriz_core::drive::{self, Shell};
use kahriz_core::store::OpenStoreError;
use kahriz_core::workspace::{
    Founding, Keepsakes, Membership, OpenError, Profile, ScopeProfile, StoreKey, Workspace,
    short_code,
};
use kahriz_http::{HttpOptions, HttpTransport};
use serde_json::json;

use crate::bell::Bell;
use crate::cli::{Init, Join};
use crate::failure::Failure;
use crate::keyfile::{Keys, new_file};
use crate::recovery::{self, Refusal, Sheets};
use crate::shell::{self, Terminal};
use crate::{engine, operate, paper, say};

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
    let sheets = sheets_of(order)?;
    let keepsakes_file = order.keepsakes.as_deref().map(new_file).transpose()?;
    let key = keys.create(&order.dir)?;
    let (workspace, keepsakes) = found(&order.dir, &key, &founding)?;
    let sheets =
        sheets.map(|sheets| sheets.write(&keys_of(&keepsakes), &order.name)).transpose()?;
    let text = keepsakes_text(&workspace, &keepsakes);
    if let Some((mut file, path)) = keepsakes_file.zip(order.keepsakes.as_ref()) {
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
        written.map_err(|source| Failure::File { path: path.clone(), source })?;
    }
    if as_json {
        let scopes: Vec<String> = founding.scopes.iter().map(|scope| scope.name.clone()).collect();
        let mut told = json!({
            "workspace": workspace.id().to_string(),
            "scopes": scopes,
            "key_file": keys.place(&order.dir),
        });
        match sheets {
            Some(sheets) => told["sheets"] = json!(sheets),
            None => {
                told["root_key"] = json!(*paper::write_seed(&keepsakes.root_seed));
                told["recovery_key"] = json!(*paper::write_seed(&keepsakes.recovery_seed));
            }
        }
        say::result(&told.to_string());
        return Ok(());
    }
    match sheets {
        Some(sheets) => say_sheets(&workspace, &sheets),
        None => say::result(&text),
    }
    keys.say_where(&order.dir);
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
    founded
        .map(|(workspace, keepsakes)| (engine::beside(workspace), keepsakes))
        .map_err(|source| Failure::Open { folder: folder.to_owned(), source })
}

/// Makes a device's store if there is none yet, and asks to join.
pub(crate) fn join(
    folder: &Path,
    keys: Keys<'_>,
    order: &Join,
    as_json: bool,
) -> Result<(), Failure> {
    let text = if order.invite == "-" { say::ask("Invite:") } else { order.invite.clone() };
    let invite = paper::read_invite(&text)?;
    let mut terminal = Terminal::new(Bell::default());
    let key = if keys.has_secret(folder) {
        keys.unlock(folder)?
    } else {
        keys.say_where(folder);
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
    if order.offline {
        return say_join(&workspace, as_json);
    }
    if workspace.membership() == Membership::Waiting {
        let url = order.relay.clone().unwrap_or_else(|| workspace.relay_url());
        let mut transport = HttpTransport::new(&url, &operate::options(&workspace))?;
        drive::join(&workspace, &mut transport, &mut terminal)
            .map_err(|error| Failure::from(error).on_line(&transport))?;
    }
    say_code(&workspace, as_json)
}

/// The way in without a network: headquarters reads the request from this screen.
fn say_join(workspace: &Workspace, as_json: bool) -> Result<(), Failure> {
    let Some(join) = workspace.join_in_person()? else {
        say::result("This device is a member already.");
        return Ok(());
    };
    let (text, code) = (paper::write_join(&join), short_code(&join));
    if as_json {
        say::result(&json!({ "waiting": true, "code": code, "join": text }).to_string());
        return Ok(());
    }
    say::result(&text);
    if let Some(picture) = paper::qr(&text) {
        say::result(&picture);
    }
    say::result(&format!(
        "Show this to headquarters (`kahriz admit --join -`) and compare the code: {code}. The member list comes \
         with the first sync."
    ));
    Ok(())
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

/// Where the keys' shares are to be written, if they are split at once.
fn sheets_of(order: &Init) -> Result<Option<Sheets>, Failure> {
    let Some((typed, folder)) = order.shares.as_deref().zip(order.sheets.as_deref()) else {
        return Ok(None);
    };
    let numbers = typed.split_once('/');
    let numbers = numbers.and_then(|(need, of)| Some((need.parse().ok()?, of.parse().ok()?)));
    let quorum = numbers.and_then(|(need, of)| Quorum::new(need, of));
    Sheets::prepare(folder, quorum.ok_or(Refusal::NotAQuorum)?, order.text).map(Some)
}

fn keys_of(keepsakes: &Keepsakes) -> RecoveryKeys {
    RecoveryKeys {
        root: SigningSecret::from_seed(&keepsakes.root_seed),
        recovery: WrapSecret::from_seed(&keepsakes.recovery_seed),
    }
}

fn say_sheets(workspace: &Workspace, sheets: &[PathBuf]) {
    say::result(&format!("Workspace {}", workspace.id()));
    sheets.iter().for_each(|path| say::result(&path.display().to_string()));
    say::aside(recovery::ADVICE);
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
        (paper::write_seed(&keepsakes.root_seed), paper::write_seed(&keepsakes.recovery_seed));
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

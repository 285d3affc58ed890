//! `kahriz demo`: relay, headquarters and three officers on one machine, with made-up records.
//!
//! It does what an organisation would do in a week, with the same code: founds a workspace, serves it on the loopback
//! address, lets three devices join, has the officers write offline, sync over HTTP, and change the same records
//! offline again. Then it says what became of it and serves headquarters' page. Run again, it goes on from its
//! folder. Nothing is deleted: a demo that is begun anew moves the older one aside.

mod counted;
pub mod generate;
mod officers;
mod story;

use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use kahriz_core::workspace::{Founding, Profile, ScopeProfile};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::accounts::{AccountError, Role, random_text};
use crate::cli::Demo;
use crate::dispatch::{bind, open};
use crate::failure::Failure;
use crate::headquarters::{Headquarters, Plan};
use crate::keyfile::{Keys, new_file};
use crate::operate::Joins;
use crate::{say, setup, shell};
use officers::Officer;

/// The folder of headquarters, of the officers' devices, and what is kept between runs.
const HEADQUARTERS: &str = "headquarters";
const DEVICES: &str = "devices";
const KEPT: &str = "demo.json";
/// Who signs in to the demo's page.
const ACCOUNT: &str = "demo";
/// The page's usual port.
const PAGE_PORT: u16 = 8471;

/// What is kept of a demo that was set up to its end.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// Where its relay was: the devices remember it.
    relay_port: u16,
}

/// Runs the demo.
pub(crate) fn run(order: &Demo, as_json: bool) -> Result<(), Failure> {
    let folder = order.dir.clone().unwrap_or_else(usual_folder);
    let kept = kept(&folder);
    if folder.exists() && (order.fresh || kept.is_none()) {
        let aside = move_aside(&folder)?;
        let why = if order.fresh { "the older demo" } else { "a demo that was not finished" };
        say::aside(&format!("Moved {why} to {}", aside.display()));
    }
    let page = page_listener(order.port)?;
    let headquarters = match kept.filter(|_| !order.fresh) {
        Some(kept) => go_on(&folder, &kept, page, as_json)?,
        None => begin(&folder, order, page, as_json)?,
    };
    let door = open_door(&headquarters)?;
    let page = format!("http://{}/", headquarters.page);
    let entry = format!("{page}enter?secret={}", door.secret);
    if as_json {
        say::result(
            &json!({
                "headquarters": page, "enter": entry, "name": ACCOUNT, "password": door.password,
                "folder": folder,
            })
            .to_string(),
        );
    } else {
        say::result(&format!("Headquarters: {entry}"));
        say::result(&format!(
            "The link opens once. After that sign in as {ACCOUNT} with the password {}",
            door.password
        ));
    }
    if !order.exit_after_ready {
        say::aside("Ctrl-C ends it; run it again to go on, or with --fresh to begin anew.");
        headquarters.wait_for_the_end();
        say::aside("Ending.");
    }
    headquarters.end();
    Ok(())
}

/// How a person gets into the demo's page.
struct Door {
    secret: String,
    password: String,
}

/// Makes the demo's account, or gives it another password, and a link that signs one browser in.
fn open_door(headquarters: &Headquarters) -> Result<Door, Failure> {
    let accounts = &headquarters.accounts;
    let password = random_text::<12>();
    match accounts.add(ACCOUNT, Role::Administrator, &password, shell::now_ms()) {
        Err(AccountError::Taken) => accounts.set_password(ACCOUNT, &password)?,
        made => drop(made?),
    }
    Ok(Door { secret: accounts.entry_secret(ACCOUNT), password })
}

fn begin(
    folder: &Path,
    order: &Demo,
    page: TcpListener,
    as_json: bool,
) -> Result<Headquarters, Failure> {
    say::aside(&format!("Setting up in {}", folder.display()));
    let relay = bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let relay_port = relay.local_addr()?.port();
    let hq_folder = folder.join(HEADQUARTERS);
    let founding = Founding {
        workspace_name: "Demo".to_owned(),
        operator: Profile {
            officer: "Səidə Nəbiyeva".to_owned(),
            device: "headquarters".to_owned(),
        },
        scopes: vec![scope("Ağdam", "AGD"), scope("Füzuli", "FUZ")],
        relay_url: format!("http://{}:{relay_port}", Ipv4Addr::LOCALHOST),
    };
    let key = Keys::default().create(&hq_folder)?;
    let (workspace, _) = setup::found(&hq_folder, &key, &founding)?;
    let headquarters = Headquarters::start(
        &hq_folder,
        workspace,
        Plan { relay, tls: None, page, joins: Joins::Leave, backups: None },
    )?;
    let mut officers = Officer::join_all(&folder.join(DEVICES), &headquarters)?;
    let told = story::tell(&mut officers, &headquarters, order.records)?;
    keep(folder, &Kept { relay_port })?;
    if !as_json {
        told.iter().for_each(|line| say::result(line));
        let store = hq_folder.display();
        say::result(&format!(
            "A person decides: kahriz device --store {store} show ID, then decide ID FIELD --keep N --reason \"...\""
        ));
        say::result(&format!("The officers' devices are in {}", folder.join(DEVICES).display()));
    }
    Ok(headquarters)
}

fn go_on(
    folder: &Path,
    kept: &Kept,
    page: TcpListener,
    as_json: bool,
) -> Result<Headquarters, Failure> {
    let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let relay = TcpListener::bind(at(kept.relay_port)).or_else(|_| bind(at(0)))?;
    let hq_folder = folder.join(HEADQUARTERS);
    let workspace = open(&hq_folder, Keys::default())?;
    let headquarters = Headquarters::start(
        &hq_folder,
        workspace,
        Plan { relay, tls: None, page, joins: Joins::Leave, backups: None },
    )?;
    let status = headquarters.workspace.status()?;
    if !as_json {
        say::result(&format!(
            "Going on in {}: {} records, {} of them contested",
            folder.display(),
            status.records,
            status.contested
        ));
    }
    Ok(headquarters)
}

fn scope(name: &str, prefix: &str) -> ScopeProfile {
    ScopeProfile { name: name.to_owned(), prefix: prefix.to_owned() }
}

/// The page's own port, or if it wasn't asked for and is taken, a free one.
fn page_listener(port: Option<u16>) -> Result<TcpListener, Failure> {
    let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    match port {
        Some(port) => bind(at(port)),
        None => TcpListener::bind(at(PAGE_PORT)).or_else(|_| bind(at(0))),
    }
}

/// The user's data folder, as the XDG base directory specification names it; without one the current folder.
fn usual_folder() -> PathBuf {
    let named =
        |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let data = named("XDG_DATA_HOME")
        .or_else(|| named("HOME").map(|home| home.join(".local").join("share")));
    data.unwrap_or_default().join("kahriz-demo")
}

fn kept(folder: &Path) -> Option<Kept> {
    serde_json::from_slice(&fs::read(folder.join(KEPT)).ok()?).ok()
}

/// Keeps what the next run needs: from now on the demo counts as set up.
fn keep(folder: &Path, kept: &Kept) -> Result<(), Failure> {
    let path = folder.join(KEPT);
    let text = serde_json::to_vec(kept).map_err(std::io::Error::from)?;
    let written = new_file(&path)?.write_all(&text);
    written.map_err(|source| Failure::File { path, source })
}

/// Renames a folder to the first free name beside it.
fn move_aside(folder: &Path) -> Result<PathBuf, Failure> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let mut number = 1_u32;
    let aside = loop {
        let aside = folder.with_file_name(format!("{name}.before-{number}"));
        if !aside.exists() {
            break aside;
        }
        number += 1;
    };
    fs::rename(folder, &aside)
        .map_err(|source| Failure::File { path: folder.to_owned(), source })?;
    Ok(aside)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_older_demo_is_moved_aside_and_never_over_another() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("demo");
        for number in 1..=3 {
            fs::create_dir(&folder).unwrap();
            fs::write(folder.join("what"), number.to_string()).unwrap();
            let aside = move_aside(&folder).unwrap();
            assert!(aside.ends_with(format!("demo.before-{number}")));
        }
        assert_eq!(fs::read(parent.path().join("demo.before-1").join("what")).unwrap(), b"1");
    }

    #[test]
    fn a_demo_counts_as_set_up_only_when_it_was_finished() {
        let folder = tempfile::tempdir().unwrap();
        assert!(kept(folder.path()).is_none());
        fs::write(folder.path().join(KEPT), "{").unwrap();
        assert!(kept(folder.path()).is_none());
        fs::remove_file(folder.path().join(KEPT)).unwrap();
        keep(folder.path(), &Kept { relay_port: 7 }).unwrap();
        assert_eq!(kept(folder.path()).unwrap().relay_port, 7);
    }
}

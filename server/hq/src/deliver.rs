//! `device deliver`: hands in what a device has saved and not synced, whether or not its store can still be opened.

use std::path::Path;

use kahriz_core::drive::{self, WaitingLetter};
use kahriz_core::store::{OpenStoreError, Store};
use kahriz_core::workspace::{OpenError, Workspace};
use kahriz_http::{HttpOptions, HttpTransport};
use serde_json::json;

use crate::bell::Bell;
use crate::dispatch::open;
use crate::failure::Failure;
use crate::keyfile::Keys;
use crate::say;
use crate::shell::Terminal;

pub(crate) fn run(
    store: &Path,
    keys: Keys<'_>,
    relay: Option<&str>,
    as_json: bool,
) -> Result<(), Failure> {
    let workspace = open_if_possible(store, keys)?;
    if let Some(workspace) = &workspace {
        workspace.end_letter();
    }
    let letters = drive::letters_in(store)?;
    let Some(newest) = letters.last() else {
        return tell(as_json, 0, 0, "no letters wait here");
    };
    let url = relay.unwrap_or(&newest.relay_url);
    let options = HttpOptions { pin: newest.pin, ..HttpOptions::default() };
    let mut transport = HttpTransport::new(url, &options)?;
    let mut terminal = Terminal::new(Bell::default());
    let delivered = drive::deliver_letters(store, &mut transport, &mut terminal)?;
    let said = format!("{} letters delivered to {url}", delivered.letters);
    tell(as_json, delivered.letters, delivered.waiting, &said)?;
    let Some(failure) = delivered.failure else { return Ok(()) };
    say::aside("They can also be carried by hand, and taken in with `kahriz letters ... import`:");
    letters.iter().for_each(|WaitingLetter { path, .. }| say::aside(&path.display().to_string()));
    Err(Failure::Line(failure).on_line(&transport))
}

/// While it is open here nobody else writes letters; opening also writes those that a crash has left out. Nobody is
/// asked for a PIN: whoever has forgotten it can deliver too, and a wrong one would count.
fn open_if_possible(store: &Path, keys: Keys<'_>) -> Result<Option<Workspace>, Failure> {
    if Store::is_in_use(store) {
        let source = OpenError::Store(OpenStoreError::AlreadyOpen);
        return Err(Failure::Open { folder: store.to_owned(), source });
    }
    let needs_pin = keys.pin_file.is_none() && keys.has_pin(store).unwrap_or(true);
    Ok(if needs_pin { None } else { open(store, keys).ok() })
}

fn tell(as_json: bool, delivered: u64, waiting: u64, said: &str) -> Result<(), Failure> {
    if as_json {
        let result = json!({ "delivered": delivered, "waiting": waiting });
        say::result(&serde_json::to_string_pretty(&result).map_err(std::io::Error::from)?);
    } else {
        say::result(said);
    }
    Ok(())
}

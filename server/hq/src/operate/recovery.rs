//! What a device can do against the day that headquarters or the relay is gone: keep the roster as a file, and find
//! another relay.

use std::io::Write;
use std::path::Path;

use kahriz_core::drive::{self, Shell};
use kahriz_core::workspace::Membership;
use kahriz_http::{HttpOptions, HttpTransport};
use kahriz_proto::roster::Role;
use serde_json::json;

use super::Desk;
use crate::failure::Failure;
use crate::keyfile::new_file;
use crate::recovery;

/// `roster --out FILE`
pub(super) fn roster(desk: &mut Desk<'_>, out: &Path) -> Result<(), Failure> {
    let bytes = desk.workspace.roster_file(desk.terminal.rng())?;
    let mut file = new_file(out)?;
    file.write_all(&bytes)
        .and_then(|()| file.sync_all())
        .map_err(|source| Failure::File { path: out.to_owned(), source })?;
    let entries = desk.workspace.roster_seq();
    if desk.as_json {
        return desk.say_json(&json!({ "file": out, "entries": entries }));
    }
    desk.say(&format!(
        "{}: the member list with {entries} entries. It holds no key that opens anything; the names in it are sealed.",
        out.display()
    ))
}

/// `relay URL`: from now on; headquarters registers the workspace there if asked to.
pub(super) fn relay(
    desk: &mut Desk<'_>,
    url: &str,
    register: bool,
    secret: Option<&Path>,
) -> Result<(), Failure> {
    let mut transport = HttpTransport::new(url, &HttpOptions::default())?;
    if register {
        let is_headquarters = matches!(
            desk.workspace.membership(),
            Membership::Member { role: Role::Headquarters, .. }
        );
        if !is_headquarters {
            return Err(kahriz_core::workspace::AdminError::NotHeadquarters.into());
        }
        let secret = recovery::read_secret(secret)?;
        drive::publish_workspace(desk.workspace, &mut transport, &mut desk.terminal, &secret)?;
    }
    desk.workspace.set_relay(url)?;
    if desk.as_json {
        return desk.say_json(&json!({ "relay": url, "registered": register }));
    }
    desk.say(&format!("The relay is {url} from now on."))
}

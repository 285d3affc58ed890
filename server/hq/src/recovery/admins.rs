//! `kahriz admin`: who may write the member list.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kahriz_core::drive::{self, Shell};
use kahriz_core::workspace::{AdminRequest, Workspace, admin_code};
use kahriz_http::{HttpOptions, HttpTransport};
use kahriz_proto::ids::SigningPublic;
use serde_json::json;

use super::{Refusal, ask};
use crate::bell::Bell;
use crate::cli::{AdminCommand, KeySource};
use crate::failure::{Failure, about_line};
use crate::keyfile::Keys;
use crate::shell::{self, Terminal};
use crate::{dispatch, say};

const PREFIX: &str = "kahriz-admin:";
/// A request has some 180 letters.
const REQUEST_LENGTH_MAX: usize = 1_024;

pub(super) fn run(command: &AdminCommand, keys: Keys<'_>, as_json: bool) -> Result<(), Failure> {
    let open = |dir: &Path| dispatch::open(dir, keys);
    match command {
        AdminCommand::Request { dir } => request(&open(dir)?, as_json),
        AdminCommand::Add { dir, request, code, source } => add(&open(dir)?, request, code, source),
        AdminCommand::Remove { dir, code, source } => remove(&open(dir)?, code, source),
        AdminCommand::List { dir } => list(&open(dir)?, as_json),
    }
}

fn request(workspace: &Workspace, as_json: bool) -> Result<(), Failure> {
    let mut terminal = Terminal::quiet(Bell::default());
    let request = workspace.admin_request(terminal.rng())?;
    let bytes = minicbor::to_vec(&request).expect("writing to a vector cannot fail");
    let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes));
    if as_json {
        say::result(&json!({ "request": text, "code": request.code() }).to_string());
        return Ok(());
    }
    say::result(&text);
    say::result(&format!("Code: {}", request.code()));
    say::aside(
        "Take the line to whoever has the root key, by any way, and say the code aloud: kahriz admin add",
    );
    Ok(())
}

fn add(workspace: &Workspace, text: &str, code: &str, source: &KeySource) -> Result<(), Failure> {
    let request = read_request(text)?;
    if request.code() != digits(code) {
        return Err(Refusal::AnotherCode { given: code.to_owned(), actual: request.code() }.into());
    }
    workspace.add_admin(&ask::root(source)?, &request, shell::claimed())?;
    say::result(&format!("The administrator with the code {} is certified.", request.code()));
    publish(workspace)
}

fn remove(workspace: &Workspace, code: &str, source: &KeySource) -> Result<(), Failure> {
    let admins: Vec<SigningPublic> = workspace.roster().admins().collect();
    let admin = admins.iter().find(|admin| admin_code(admin) == digits(code));
    let admin = admin.ok_or_else(|| Refusal::NoSuchAdmin(code.to_owned()))?;
    if admins.len() == 1 {
        return Err(Refusal::LastAdmin.into());
    }
    workspace.remove_admin(&ask::root(source)?, *admin, shell::claimed())?;
    say::result(&format!("The administrator with the code {} is withdrawn.", admin_code(admin)));
    publish(workspace)
}

fn list(workspace: &Workspace, as_json: bool) -> Result<(), Failure> {
    let own = workspace.own_admin()?;
    let roster = workspace.roster();
    let admins = roster.admins().map(|admin| (admin_code(&admin), own == Some(admin)));
    if as_json {
        let admins: Vec<_> =
            admins.map(|(code, is_own)| json!({ "code": code, "this_device": is_own })).collect();
        say::result(&json!(admins).to_string());
        return Ok(());
    }
    for (code, is_own) in admins {
        let whose = if is_own { "  (this device)" } else { "" };
        say::result(&format!("administrator {code}{whose}"));
    }
    if own.is_some_and(|own| !roster.is_admin(&own)) {
        say::aside("This device has asked (kahriz admin request) and is not certified.");
    }
    Ok(())
}

/// Tells the relay, or says when that will be done.
fn publish(workspace: &Workspace) -> Result<(), Failure> {
    let mut terminal = Terminal::new(Bell::default());
    let mut transport = HttpTransport::new(&workspace.relay_url(), &HttpOptions::default())?;
    let published = drive::publish_roster(workspace, &mut transport, &mut terminal);
    match published.map_err(Failure::from) {
        Err(Failure::Line(failure)) => {
            say::aside(&format!(
                "The relay does not know it yet ({}): `kahriz serve`, or sync and invite, publishes it.",
                about_line(&failure)
            ));
            Ok(())
        }
        other => other,
    }
}

fn read_request(text: &str) -> Result<AdminRequest, Failure> {
    let encoded = text.trim().strip_prefix(PREFIX);
    let encoded = encoded.filter(|text| text.len() <= REQUEST_LENGTH_MAX);
    let bytes = encoded.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    let request = bytes.and_then(|bytes| minicbor::decode(&bytes).ok());
    Ok(request.ok_or(Refusal::NotARequest)?)
}

fn digits(typed: &str) -> String {
    typed.chars().filter(char::is_ascii_digit).collect()
}

//! `invite`: one newcomer's way in, as text and as a QR code.

use std::io::Write;

use kahriz_core::drive;
use kahriz_proto::join::Invite;
use serde_json::json;

use super::{Desk, publish};
use crate::cli::InviteOrder;
use crate::failure::Failure;
use crate::headquarters::tls;
use crate::keyfile::new_file;
use crate::moment;
use crate::paper;
use crate::shell;

const HOUR_S: u64 = 3_600;

/// For somebody who stands beside the operator.
const IN_PERSON_S: u64 = HOUR_S / 2;

pub(super) fn run(desk: &mut Desk<'_>, order: &InviteOrder) -> Result<(), Failure> {
    let lasts = order.hours.map_or(IN_PERSON_S, |hours| u64::from(hours) * HOUR_S);
    // Before the invite is issued: one that could not be written would still be open.
    let png = order.png.as_deref().map(new_file).transpose()?;
    let (invite, published) = issue(desk, lasts)?;
    let expires_at = invite.expires_at;
    let text = paper::write_invite(&invite);
    if let Some((mut file, path)) = png.zip(order.png.as_ref()) {
        let written = file.write_all(&paper::qr_png(&text).unwrap_or_default());
        written.map_err(|source| Failure::File { path: path.clone(), source })?;
    }
    if desk.as_json {
        return desk.say_json(
            &json!({ "invite": text, "expires_at": expires_at, "published": published.is_none() }),
        );
    }
    desk.say(&text)?;
    if let Some(code) = paper::qr(&text) {
        desk.say(&code)?;
    }
    desk.say(&format!(
        "For one device, until {}. Whoever has it can ask to join, so hand it over in person or by a safe way.",
        moment::written(expires_at.cast_signed().saturating_mul(1_000))
    ))?;
    desk.say(
        "The device shows a code of six digits when it asks; compare it, then `kahriz admit`.",
    )?;
    if invite.pin.is_none() && tls::is_https(&invite.relay_url) {
        desk.say(
            "It carries no key of the relay, so the device will trust the web's certificate authorities. If this \
             headquarters is to serve the relay, run `kahriz serve` and invite again.",
        )?;
    }
    match published {
        None => Ok(()),
        Some(why) => {
            desk.say(&format!("It works once the relay knows of it ({why}): run `kahriz serve`."))
        }
    }
}

/// An invite that ends after so long, and why the relay does not know of it yet, if it cannot be reached now.
pub(crate) fn issue(
    desk: &mut Desk<'_>,
    seconds: u64,
) -> Result<(Invite, Option<String>), Failure> {
    let claimed = shell::claimed();
    let expires_at = (claimed.ms / 1_000).max(0).cast_unsigned() + seconds;
    let invite =
        desk.workspace.invite(expires_at, claimed, drive::Shell::rng(&mut desk.terminal))?;
    Ok((invite, publish(desk)?))
}

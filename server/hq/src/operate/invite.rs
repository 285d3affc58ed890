//! `invite`: one newcomer's way in, as text and as a QR code.

use kahriz_core::drive;
use kahriz_proto::join::Invite;
use serde_json::json;

use super::Desk;
use crate::failure::{Failure, about_line};
use crate::letters;
use crate::moment;
use crate::shell;

const HOUR_S: u64 = 3_600;

pub(super) fn run(desk: &mut Desk<'_>, hours: u32) -> Result<(), Failure> {
    let (invite, published) = issue(desk, u64::from(hours) * HOUR_S)?;
    let expires_at = invite.expires_at;
    let text = letters::write_invite(&invite);
    if desk.as_json {
        return desk.say_json(
            &json!({ "invite": text, "expires_at": expires_at, "published": published.is_none() }),
        );
    }
    desk.say(&text)?;
    if let Some(code) = letters::qr(&text) {
        desk.say(&code)?;
    }
    desk.say(&format!(
        "For one device, until {}. Whoever has it can ask to join, so hand it over in person or by a safe way.",
        moment::written(expires_at.cast_signed().saturating_mul(1_000))
    ))?;
    desk.say(
        "The device shows a code of six digits when it asks; compare it, then `kahriz admit`.",
    )?;
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

/// Publishes the roster; the reason if the relay cannot be reached now.
fn publish(desk: &mut Desk<'_>) -> Result<Option<String>, Failure> {
    let mut transport = desk.relay(None)?;
    match drive::publish_roster(desk.workspace, &mut transport, &mut desk.terminal)
        .map_err(Failure::from)
    {
        Ok(()) => Ok(None),
        Err(Failure::Line(failure)) => Ok(Some(about_line(&failure))),
        Err(other) => Err(other),
    }
}

//! An invite on the screen: a code to be photographed by the officer's phone, a picture of it to be printed, and a line of
//! text.
//!
//! Whoever has it can ask to join, so it is shown once and kept nowhere, and what the phone then asks is still compared
//! by a person.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use qrcode::{Color, QrCode};

use crate::accounts::Role;
use crate::operate::issue_invite;
use crate::page::PageState;
use crate::page::answer::{self, Problem, at_desk};
use crate::page::frame::{Frame, Place, When};
use crate::page::visit::Visit;
use crate::paper;

/// In person, and by a safe way that takes its time. 72 hours is the longest that the design allows.
const MINUTES: [u32; 3] = [30, 24 * 60, 72 * 60];
/// Light modules around a code, as its standard asks.
const QUIET: usize = 4;

#[derive(Template)]
#[template(path = "invite.html")]
struct InvitePage {
    frame: Frame,
    text: String,
    /// The side of the code in modules, with its quiet zone, and its dark modules as a path.
    side: usize,
    path: String,
    /// The same as a PNG, in base64.
    picture: String,
    ends: When,
    /// Why the relay does not know of it yet.
    unpublished: Option<String>,
}

/// `POST /people/invite`
pub(crate) async fn invite(State(state): State<PageState>, visit: Visit) -> Response {
    let made = made(&state, &visit).await;
    answer::page(&state, &visit, made)
}

async fn made(state: &PageState, visit: &Visit) -> Result<InvitePage, Problem> {
    let who = visit.needs(Role::Operator)?.clone();
    let minutes = visit.typed.get("minutes").parse().ok().filter(|asked| MINUTES.contains(asked));
    let seconds = u64::from(minutes.unwrap_or(MINUTES[0])) * 60;
    let ((invite, unpublished), _) =
        at_desk(state, &who, move |desk| issue_invite(desk, seconds)).await?;
    let text = paper::write_invite(&invite);
    let code = QrCode::new(&text).map_err(|_| Problem::Broken)?;
    Ok(InvitePage {
        frame: Frame::new(state, visit, Place::People),
        side: code.width() + 2 * QUIET,
        path: path(&code),
        picture: STANDARD.encode(paper::qr_png(&text).ok_or(Problem::Broken)?),
        ends: When::at(invite.expires_at.cast_signed().saturating_mul(1_000)),
        text,
        unpublished,
    })
}

/// The dark modules, row by row, as the path of an SVG.
fn path(code: &QrCode) -> String {
    let side = code.width();
    let dark = (0..side * side).filter(|at| code[(at % side, at / side)] == Color::Dark);
    dark.map(|at| format!("M{} {}h1v1h-1z", at % side + QUIET, at / side + QUIET)).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_drawing_shows_every_dark_module_of_the_code() {
        let code = QrCode::new("kahriz:an-invite").unwrap();
        let dark = code.to_colors().into_iter().filter(|color| *color == Color::Dark).count();
        assert_eq!(path(&code).matches('M').count(), dark);
    }
}

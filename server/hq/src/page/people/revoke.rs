//! Taking a device out: a page that says who it is and what will happen, and a button that does it.
//!
//! It cannot be undone, so nothing happens before a person has ticked that they know.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use kahriz_core::workspace::Workspace;
use kahriz_proto::ids::DeviceId;

use super::members::{self, Member};
use crate::accounts::Role;
use crate::operate::{TakenOut, take_out};
use crate::page::PageState;
use crate::page::address::Address;
use crate::page::answer::{self, Problem, ask, at_desk};
use crate::page::frame::{Frame, Place};
use crate::page::sign::see;
use crate::page::visit::Visit;
use crate::page::words::{TrustWords, words};

#[derive(Template)]
#[template(path = "revoke.html")]
struct RevokePage {
    frame: Frame,
    member: Member,
    /// Why it cannot be revoked, if it can't.
    cannot: Option<&'static str>,
    alarm: Option<String>,
}

/// What was done a moment ago, for the list.
pub(super) struct Revoked {
    pub(super) officer: String,
    pub(super) phone: String,
    /// The relay does not know of it yet.
    pub(super) is_untold: bool,
}

type Asked = Result<Path<String>, PathRejection>;

/// `GET /people/{device}/revoke`
pub(crate) async fn page(State(state): State<PageState>, visit: Visit, device: Asked) -> Response {
    let made = made(&state, &visit, &device, None).await;
    answer::page(&state, &visit, made)
}

/// `POST /people/{device}/revoke`
pub(crate) async fn revoke(
    State(state): State<PageState>,
    visit: Visit,
    device: Asked,
) -> Response {
    let problem = match revoked(&state, &visit, &device).await {
        Ok(address) => return see(&address.to_string()),
        Err(problem) => problem,
    };
    let Some(alarm) = problem.in_place(visit.lang) else {
        return answer::sorry(&state, &visit, &problem);
    };
    let made = made(&state, &visit, &device, Some(alarm)).await;
    answer::page_of(problem.status(), &state, &visit, made)
}

async fn revoked(state: &PageState, visit: &Visit, device: &Asked) -> Result<Address, Problem> {
    let who = visit.needs(Role::Operator)?.clone();
    let device = named(device)?;
    if visit.typed.get("sure") != "yes" {
        return Err(Problem::Order(TrustWords::of(visit.lang).unsure.to_owned()));
    }
    let (TakenOut { unpublished, .. }, _) =
        at_desk(state, &who, move |desk| take_out(desk, device)).await?;
    let address = Address::new("/people").with("revoked", device);
    Ok(if unpublished.is_some() { address.with("told", "no") } else { address })
}

async fn made(
    state: &PageState,
    visit: &Visit,
    device: &Asked,
    alarm: Option<String>,
) -> Result<RevokePage, Problem> {
    visit.needs(Role::Operator)?;
    let (device, lang) = (named(device)?.to_string(), visit.lang);
    let all = ask(state, move |workspace| members::all(workspace, words(lang))).await?;
    let member = all.into_iter().find(|member| member.id == device).ok_or(Problem::NoPage)?;
    let frame = Frame::new(state, visit, Place::People);
    let cannot = match (member.is_this, member.is_revoked) {
        (true, _) => Some(frame.trust.is_itself),
        (false, true) => Some(frame.trust.is_gone),
        (false, false) => None,
    };
    // What cannot be done at all needs no second reason.
    Ok(RevokePage { alarm: alarm.filter(|_| cannot.is_none()), frame, member, cannot })
}

/// What the address of the list says was done; nothing if that device is no revoked one.
pub(super) fn done(workspace: &Workspace, device: &str, is_untold: bool) -> Option<Revoked> {
    let device = DeviceId::from_hex(device)?;
    let people = workspace.people();
    let person = people.into_iter().find(|person| person.device == device && person.revoked)?;
    Some(Revoked { officer: person.officer, phone: person.phone, is_untold })
}

fn named(device: &Asked) -> Result<DeviceId, Problem> {
    let Path(device) = device.as_ref().map_err(|_| Problem::NoPage)?;
    DeviceId::from_hex(device).ok_or(Problem::NoPage)
}

//! People and their devices: who asks to join, who is a member, handing out invites, and taking devices out.
//!
//! Admitting is the moment at which a stranger's phone is given keys, so the code stands in the middle of the page and
//! the button needs a person's word that the phone shows the same.

mod invite;
mod members;
mod revoke;

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use kahriz_core::forms::Lang;
use kahriz_core::workspace::Workspace;

use super::PageState;
use super::answer::{self, Problem, ask, at_desk};
use super::frame::{Frame, Place};
use super::sign::see;
use super::visit::Visit;
use super::words::{Words, words};
use crate::accounts::Role;
use crate::cli::{AdmitOrder, Order, RoleName};
use crate::failure::Failure;
use crate::operate::{self, Desk, Doubt, Joining, Joins, joining, waiting_joins};

pub(crate) use invite::invite;
use members::Member;
use revoke::Revoked;
pub(crate) use revoke::{page as revoke_page, revoke};

#[derive(Template)]
#[template(path = "people.html")]
struct PeoplePage {
    frame: Frame,
    joins: Vec<Asking>,
    /// Why it cannot be said who asks to join.
    no_joins: Option<String>,
    members: Vec<Member>,
    areas: Vec<(String, String)>,
    /// Whether whoever looks may also act.
    may_act: bool,
    admits_all: bool,
    /// What was done a moment ago.
    done: Option<&'static str>,
    revoked: Option<Revoked>,
}

/// A device that asks to join.
struct Asking {
    code: String,
    officer: String,
    device: String,
    alarm: Option<&'static str>,
}

/// `GET /people`
pub(crate) async fn page(State(state): State<PageState>, visit: Visit) -> Response {
    let made = made(&state, &visit).await;
    answer::page(&state, &visit, made)
}

async fn made(state: &PageState, visit: &Visit) -> Result<PeoplePage, Problem> {
    let (who, lang) = (visit.needs(Role::Viewer)?.clone(), visit.lang);
    let (device, is_untold) = (visit.asked("revoked").to_owned(), visit.asked("told") == "no");
    let (members, areas, revoked) = ask(state, move |workspace| {
        let revoked = revoke::done(workspace, &device, is_untold);
        Ok((members::all(workspace, words(lang))?, areas(workspace), revoked))
    })
    .await?;
    let asking = at_desk(state, &who, move |desk| asking(desk, lang)).await;
    let (joins, no_joins) = match asking {
        Ok((joins, _)) => (joins, None),
        Err(Problem::Order(said)) => (Vec::new(), Some(said)),
        Err(other) => return Err(other),
    };
    Ok(PeoplePage {
        frame: Frame::new(state, visit, Place::People),
        joins,
        no_joins,
        members,
        areas,
        may_act: visit.may(Role::Operator),
        admits_all: state.serving.joins == Joins::AdmitAll,
        revoked,
        done: (visit.asked("done") == "admitted").then_some(words(lang).admitted),
    })
}

/// `POST /people/admit`
pub(crate) async fn admit(State(state): State<PageState>, visit: Visit) -> Response {
    match admitted(&state, &visit).await {
        Ok(()) => see("/people?done=admitted"),
        Err(problem) => answer::sorry(&state, &visit, &problem),
    }
}

async fn admitted(state: &PageState, visit: &Visit) -> Result<(), Problem> {
    let who = visit.needs(Role::Operator)?.clone();
    let words = words(visit.lang);
    let typed = &visit.typed;
    if typed.get("same") != "yes" {
        return Err(Problem::Order(words.compare_first.to_owned()));
    }
    let scopes: Vec<String> = typed.all("scope").map(str::to_owned).collect();
    // Without any the order would mean all of them.
    if scopes.is_empty() {
        return Err(Problem::Order(words.choose_area.to_owned()));
    }
    let role = match typed.get("role") {
        "supervisor" => RoleName::Supervisor,
        _ => RoleName::Officer,
    };
    let order = AdmitOrder { code: Some(typed.get("code").to_owned()), join: None, scopes, role };
    at_desk(state, &who, move |desk| operate::carry_out(&Order::Admit(order), desk)).await?;
    Ok(())
}

fn asking(desk: &mut Desk<'_>, lang: Lang) -> Result<Vec<Asking>, Failure> {
    let waiting = waiting_joins(desk)?;
    let asking = waiting.iter().map(|(join, profile)| {
        let Joining { code, officer, device, doubt } =
            joining(desk.workspace, &waiting, join, profile);
        Asking {
            code: spaced(&code),
            officer,
            device,
            alarm: doubt.map(|doubt| alarm(doubt, words(lang))),
        }
    });
    Ok(asking.collect())
}

fn alarm(doubt: Doubt, words: &Words) -> &'static str {
    match doubt {
        Doubt::Twice => words.alarm_twice,
        Doubt::UsedBefore => words.alarm_used,
    }
}

/// Six digits as a person compares them: 123 456.
fn spaced(code: &str) -> String {
    match code.split_at_checked(3) {
        Some((first, rest)) => format!("{first} {rest}"),
        None => code.to_owned(),
    }
}

/// The areas of this headquarters, by id and name.
fn areas(workspace: &Workspace) -> Vec<(String, String)> {
    let areas = workspace.scopes().into_iter().map(|scope| (scope.id.to_string(), scope.name));
    let by_name: BTreeMap<String, String> = areas.map(|(id, name)| (name, id)).collect();
    by_name.into_iter().map(|(name, id)| (id, name)).collect()
}

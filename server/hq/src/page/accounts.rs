//! Who may use these pages: an administrator's list, and everybody's own password.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use super::PageState;
use super::answer::{self, Problem, about_account, ask, unreadable};
use super::door;
use super::frame::{Frame, Place, When, role_name};
use super::sign::see;
use super::visit::Visit;
use super::words::{Words, words};
use crate::accounts::{Account, AccountError, Accounts, Refused, Role, Session};
use crate::shell;

#[derive(Template)]
#[template(path = "accounts.html")]
struct AccountsPage {
    frame: Frame,
    accounts: Vec<Line>,
    roles: Vec<(&'static str, &'static str, &'static str)>,
    /// What was typed and did not do, and why.
    name: String,
    alarm: Option<String>,
}

struct Line {
    name: String,
    role: &'static str,
    made: When,
    is_own: bool,
}

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage {
    frame: Frame,
    alarm: Option<String>,
}

/// `GET /accounts`
pub(crate) async fn page(State(state): State<PageState>, visit: Visit) -> Response {
    let made = listed(&state, &visit, None).await;
    answer::page(&state, &visit, made)
}

async fn listed(
    state: &PageState,
    visit: &Visit,
    alarm: Option<String>,
) -> Result<AccountsPage, Problem> {
    let own = visit.needs(Role::Administrator)?.name.clone();
    let words = words(visit.lang);
    let accounts = state.accounts.clone();
    let all = ask(state, move |_| accounts.list().map_err(unreadable)).await?;
    let line = |Account { name, role, made_ms, .. }: Account| Line {
        is_own: name == own,
        role: role_name(role, words),
        made: When::at(made_ms),
        name,
    };
    Ok(AccountsPage {
        frame: Frame::new(state, visit, Place::Accounts),
        accounts: all.into_iter().map(line).collect(),
        roles: Role::ALL.map(|role| (role.word(), role_name(role, words), may(role, words))).into(),
        name: visit.typed.get("name").to_owned(),
        alarm,
    })
}

fn may(role: Role, words: &Words) -> &'static str {
    match role {
        Role::Viewer => words.viewer_may,
        Role::Operator => words.operator_may,
        Role::Administrator => words.administrator_may,
    }
}

/// `POST /accounts/add`
pub(crate) async fn add(State(state): State<PageState>, visit: Visit) -> Response {
    let typed = visit.typed.clone();
    changed(&state, &visit, move |accounts| {
        let role = Role::of(typed.get("role")).unwrap_or(Role::Viewer);
        accounts.add(typed.get("name"), role, typed.get("password"), shell::now_ms()).map(drop)
    })
    .await
}

/// `POST /accounts/password`: another person's, who has forgotten it.
pub(crate) async fn set_password(State(state): State<PageState>, visit: Visit) -> Response {
    let typed = visit.typed.clone();
    changed(&state, &visit, move |accounts| {
        accounts.set_password(typed.get("name"), typed.get("password"))
    })
    .await
}

/// `POST /accounts/remove`. Nobody removes themselves: so there is always one administrator left.
pub(crate) async fn remove(State(state): State<PageState>, visit: Visit) -> Response {
    let own = visit.who.as_ref().map(|who| who.name.clone());
    let name = visit.typed.get("name").to_owned();
    changed(&state, &visit, move |accounts| match own == Some(name.clone()) {
        true => Err(AccountError::NoSuch),
        false => accounts.remove(&name),
    })
    .await
}

/// Makes a change of an administrator's, and shows the list after it.
async fn changed<F>(state: &PageState, visit: &Visit, change: F) -> Response
where
    F: FnOnce(&Accounts) -> Result<(), AccountError> + Send + 'static,
{
    if let Err(problem) = visit.needs(Role::Administrator) {
        return answer::sorry(state, visit, &problem);
    }
    let words = words(visit.lang);
    let differ = visit.typed.get("password") != visit.typed.get("password_again");
    let accounts = state.accounts.clone();
    let done = match differ {
        true => Err(words.passwords_differ.to_owned()),
        false => match ask(state, move |_| Ok(change(&accounts))).await {
            Ok(done) => done.map_err(|error| about_account(&error, words)),
            Err(problem) => return answer::sorry(state, visit, &problem),
        },
    };
    let Err(alarm) = done else { return see("/accounts") };
    match listed(state, visit, Some(alarm))
        .await
        .and_then(|page| page.render().map_err(|_| Problem::Broken))
    {
        Ok(html) => (StatusCode::UNPROCESSABLE_ENTITY, Html(html)).into_response(),
        Err(problem) => answer::sorry(state, visit, &problem),
    }
}

/// `GET /password`
pub(crate) async fn own_page(State(state): State<PageState>, visit: Visit) -> Response {
    let frame = Frame::new(&state, &visit, Place::Elsewhere);
    answer::page(&state, &visit, Ok(PasswordPage { frame, alarm: None }))
}

/// `POST /password`
pub(crate) async fn change_own(State(state): State<PageState>, visit: Visit) -> Response {
    let words = words(visit.lang);
    let alarm = match own_changed(&state, &visit, words).await {
        Ok(Ok(session)) => {
            let mut response = see("/");
            door::carry(&state, &mut response, &session);
            return response;
        }
        Ok(Err(alarm)) => Some(alarm),
        Err(problem) => return answer::sorry(&state, &visit, &problem),
    };
    let frame = Frame::new(&state, &visit, Place::Elsewhere);
    match (PasswordPage { frame, alarm }).render() {
        Ok(html) => (StatusCode::UNPROCESSABLE_ENTITY, Html(html)).into_response(),
        Err(_) => answer::sorry(&state, &visit, &Problem::Broken),
    }
}

async fn own_changed(
    state: &PageState,
    visit: &Visit,
    words: &Words,
) -> Result<Result<Session, String>, Problem> {
    let name = visit.needs(Role::Viewer)?.name.clone();
    let typed = visit.typed.clone();
    if typed.get("password") != typed.get("password_again") {
        return Ok(Err(words.passwords_differ.to_owned()));
    }
    let accounts = state.accounts.clone();
    let changed = ask(state, move |_| {
        let (present, password) = (typed.get("present_password"), typed.get("password"));
        Ok(accounts.change_password(&name, present, password, shell::now_ms()))
    });
    Ok(changed.await?.map_err(|refused| match refused {
        Refused::Wrong => words.wrong_password.to_owned(),
        Refused::Wait(wait) => format!("{} {} s.", words.too_many_attempts, wait.seconds),
        Refused::Account(error) => about_account(&error, words),
    }))
}

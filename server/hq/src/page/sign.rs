//! Signing in and out, the first account, and what was typed when a session ran out.

use askama::Template;
use axum::extract::State;
use axum::http::header::{LOCATION, RETRY_AFTER};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};

use super::answer::{self, Problem, ask};
use super::frame::{Frame, Place};
use super::typed::{folded, unfolded};
use super::visit::Visit;
use super::{PageState, door};
use crate::accounts::{AccountError, Refused, Session};
use crate::shell;

pub(crate) const SIGN_IN: &str = "/sign-in";
pub(crate) const SET_UP: &str = "/setup";
pub(crate) const ENTER: &str = "/enter";
/// Longer addresses are not returned to.
const ADDRESS_MAX: usize = 4_096;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    frame: Frame,
    /// The name that was typed.
    name: String,
    /// Where the person was.
    back: String,
    /// What they had typed there, folded; empty if nothing.
    kept: String,
    /// Why it did not work.
    alarm: Option<String>,
}

#[derive(Template)]
#[template(path = "again.html")]
struct AgainPage {
    frame: Frame,
    action: String,
    kept: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "setup.html")]
struct SetUpPage {
    frame: Frame,
    secret: String,
    name: String,
    alarm: Option<String>,
}

/// For the door: the sign-in page at the address that was asked for.
pub(crate) fn ask_who(
    state: &PageState,
    visit: &Visit,
    parts: &Parts,
    is_change: bool,
) -> Response {
    let back = parts.uri.path_and_query().map_or("/", |address| address.as_str());
    let kept = if is_change { folded(&visit.typed.kept()) } else { String::new() };
    let (name, back) = (String::new(), local(back).to_owned());
    sign_in_page(state, visit, StatusCode::UNAUTHORIZED, SignIn { name, back, kept, alarm: None })
}

/// The page with what was typed, to be sent once more by a press of a button.
pub(crate) fn ask_again(
    state: &PageState,
    visit: &Visit,
    action: &str,
    kept: &[(String, String)],
    status: StatusCode,
) -> Response {
    let frame = Frame::new(state, visit, Place::Elsewhere);
    let page = AgainPage { frame, action: action.to_owned(), kept: kept.to_vec() };
    with_status(status, &page)
}

/// `GET /sign-in`
pub(crate) async fn page(State(state): State<PageState>, visit: Visit) -> Response {
    let sign_in = SignIn { back: "/".to_owned(), ..SignIn::default() };
    sign_in_page(&state, &visit, StatusCode::OK, sign_in)
}

/// `POST /sign-in`
pub(crate) async fn sign_in(State(state): State<PageState>, mut visit: Visit) -> Response {
    let typed = visit.typed.clone();
    let (name, password) = (typed.get("name").to_owned(), typed.get("password").to_owned());
    let (back, kept) = (local(typed.get("back")).to_owned(), typed.get("kept").to_owned());
    let (accounts, typed_name) = (state.accounts.clone(), name.clone());
    let tried = ask(&state, move |_| Ok(accounts.sign_in(&typed_name, &password, shell::now_ms())));
    let session = match tried.await {
        Ok(Ok(session)) => session,
        Ok(Err(refused)) => {
            return not_signed_in(
                &state,
                &visit,
                &refused,
                SignIn { name, back, kept, alarm: None },
            );
        }
        Err(problem) => return answer::sorry(&state, &visit, &problem),
    };
    visit.who = Some(session.clone());
    let kept = unfolded(&kept).await;
    let mut response = match kept.is_empty() {
        true => see(&back),
        false => ask_again(&state, &visit, &back, &kept, StatusCode::OK),
    };
    door::carry(&state, &mut response, &session);
    response
}

/// `POST /sign-out`
pub(crate) async fn sign_out(State(state): State<PageState>, visit: Visit) -> Response {
    if let Some(session) = visit.who.clone() {
        let accounts = state.accounts.clone();
        let ended = ask(&state, move |_| {
            accounts.sign_out(&session, shell::now_ms()).map_err(answer::unwritable)
        });
        if let Err(problem) = ended.await {
            return answer::sorry(&state, &visit, &problem);
        }
    }
    let mut response = see("/");
    door::drop_session(&state, &mut response);
    response
}

/// `GET /enter?secret=...`: the link that was printed for whoever started the demo.
pub(crate) async fn enter(State(state): State<PageState>, visit: Visit) -> Response {
    let (accounts, secret) = (state.accounts.clone(), visit.asked("secret").to_owned());
    let entered = ask(&state, move |_| Ok(accounts.enter(&secret, shell::now_ms()))).await;
    match entered {
        Ok(Ok(session)) => {
            let mut response = see("/");
            door::carry(&state, &mut response, &session);
            response
        }
        // It was opened before, perhaps in this very browser.
        Ok(Err(AccountError::Spent | AccountError::NoSuch)) => see("/"),
        Ok(Err(error)) => answer::sorry(&state, &visit, &answer::unwritable(error)),
        Err(problem) => answer::sorry(&state, &visit, &problem),
    }
}

/// `GET /setup?secret=...`
pub(crate) async fn set_up_page(State(state): State<PageState>, visit: Visit) -> Response {
    let secret = visit.asked("secret").to_owned();
    let (accounts, asked) = (state.accounts.clone(), secret.clone());
    let may = ask(&state, move |_| accounts.may_set_up(&asked).map_err(answer::unwritable)).await;
    match may {
        Ok(true) => set_up_form(&state, &visit, StatusCode::OK, secret, String::new(), None),
        Ok(false) => answer::sorry(&state, &visit, &Problem::Spent),
        Err(problem) => answer::sorry(&state, &visit, &problem),
    }
}

/// `POST /setup`
pub(crate) async fn set_up(State(state): State<PageState>, visit: Visit) -> Response {
    let typed = visit.typed.clone();
    let (secret, name) = (typed.get("secret").to_owned(), typed.get("name").to_owned());
    let words = super::words::words(visit.lang);
    if typed.get("password") != typed.get("password_again") {
        let alarm = Some(words.passwords_differ.to_owned());
        return set_up_form(&state, &visit, StatusCode::UNPROCESSABLE_ENTITY, secret, name, alarm);
    }
    let accounts = state.accounts.clone();
    let made = ask(&state, move |_| {
        let (secret, name) = (typed.get("secret"), typed.get("name"));
        Ok(accounts.set_up(secret, name, typed.get("password"), shell::now_ms()))
    });
    match made.await {
        Ok(Ok(session)) => signed_in(&state, &session),
        Ok(Err(AccountError::Spent)) => answer::sorry(&state, &visit, &Problem::Spent),
        Ok(Err(error)) => {
            let alarm = Some(answer::about_account(&error, words));
            set_up_form(&state, &visit, StatusCode::UNPROCESSABLE_ENTITY, secret, name, alarm)
        }
        Err(problem) => answer::sorry(&state, &visit, &problem),
    }
}

fn signed_in(state: &PageState, session: &Session) -> Response {
    let mut response = see("/");
    door::carry(state, &mut response, session);
    response
}

#[derive(Default)]
struct SignIn {
    name: String,
    back: String,
    kept: String,
    alarm: Option<String>,
}

fn sign_in_page(state: &PageState, visit: &Visit, status: StatusCode, sign_in: SignIn) -> Response {
    let SignIn { name, back, kept, alarm } = sign_in;
    let frame = Frame::new(state, visit, Place::Elsewhere);
    with_status(status, &SignInPage { frame, name, back, kept, alarm })
}

fn not_signed_in(state: &PageState, visit: &Visit, refused: &Refused, sign_in: SignIn) -> Response {
    let words = super::words::words(visit.lang);
    let (status, alarm) = match refused {
        Refused::Wrong => (StatusCode::UNAUTHORIZED, words.wrong_password.to_owned()),
        Refused::Wait(wait) => (
            StatusCode::TOO_MANY_REQUESTS,
            format!("{} {} s.", words.too_many_attempts, wait.seconds),
        ),
        Refused::Account(error) => return answer::sorry(state, visit, &answer::unwritable(error)),
    };
    let sign_in = SignIn { alarm: Some(alarm), ..sign_in };
    let mut response = sign_in_page(state, visit, status, sign_in);
    if let Refused::Wait(wait) = refused {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.seconds));
    }
    response
}

fn set_up_form(
    state: &PageState,
    visit: &Visit,
    status: StatusCode,
    secret: String,
    name: String,
    alarm: Option<String>,
) -> Response {
    let frame = Frame::new(state, visit, Place::Elsewhere);
    with_status(status, &SetUpPage { frame, secret, name, alarm })
}

fn with_status<T: Template>(status: StatusCode, page: &T) -> Response {
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Sends the browser on, to be asked for with GET.
pub(crate) fn see(address: &str) -> Response {
    let location = HeaderValue::from_str(address).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response()
}

/// An address on this page, or the first page: nobody is sent elsewhere.
fn local(address: &str) -> &str {
    let is_local = address.starts_with('/')
        && !address.starts_with("//")
        && address.len() <= ADDRESS_MAX
        && !address.contains(|sign: char| sign == '\\' || sign.is_control());
    if is_local { address } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_site_after_signing_in() {
        for own in ["/", "/records?q=%C9%99&lang=az", "/people/ab/revoke"] {
            assert_eq!(local(own), own);
        }
        let long = format!("/{}", "a".repeat(ADDRESS_MAX));
        for elsewhere in [
            "",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "evil",
            "/a\r\nx: y",
            &long,
        ] {
            assert_eq!(local(elsewhere), "/", "{elsewhere}");
        }
    }
}

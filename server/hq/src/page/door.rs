//! The door: who comes in, and whether what they bring was sent by one of our pages.
//!
//! Every request passes here, whatever its address, so no page can forget to ask. What changes something must come
//! from our own origin, from somebody signed in, and with the token of their session. Who is not signed in gets the
//! sign-in page at the address that they asked for; what they had typed is kept and can be sent again.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use serde_json::json;

use super::answer::{self, Problem, ask, unreadable};
use super::typed::{TOKEN, Typed};
use super::visit::Visit;
use super::{PageState, sign};
use crate::accounts::{IDLE_S, Session};
use crate::shell;

/// Where nobody needs to be signed in.
const OPEN: [&str; 3] = [sign::SIGN_IN, sign::SET_UP, sign::ENTER];
const ASSETS: &str = "/assets/";

/// Lets a request in, or answers it here.
pub(crate) async fn door(State(state): State<PageState>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let is_change = !matches!(parts.method, Method::GET | Method::HEAD);
    if is_change && !super::origin::is_own(&parts.headers) {
        return answer::sorry(&state, &Visit::of(&parts), &Problem::Foreign);
    }
    let session = match recognised(&state, &parts.headers).await {
        Ok(session) => session,
        Err(problem) => return answer::sorry(&state, &Visit::of(&parts), &problem),
    };
    if let Some(session) = session.clone() {
        parts.extensions.insert(session);
    }
    let body = match is_change {
        true => match Typed::read(Request::from_parts(parts.clone(), body)).await {
            Ok(typed) => {
                parts.extensions.insert(typed);
                Body::empty()
            }
            Err(_) => return answer::sorry(&state, &Visit::of(&parts), &Problem::NoForm),
        },
        false => body,
    };
    if let Some(response) = turned_away(&state, &parts, is_change) {
        return response;
    }
    let mut response = next.run(Request::from_parts(parts, body)).await;
    // A page that has just signed somebody in, or out, has set a cookie of its own.
    if let Some(session) = session.filter(|_| !carries_session(&state, response.headers())) {
        carry(&state, &mut response, &session);
    }
    response
}

/// The answer to whoever may not come in.
fn turned_away(state: &PageState, parts: &Parts, is_change: bool) -> Option<Response> {
    let path = parts.uri.path();
    if OPEN.contains(&path) || path.starts_with(ASSETS) {
        return None;
    }
    let visit = Visit::of(parts);
    let Some(session) = &visit.who else {
        if path.starts_with("/api/") {
            return Some(answer::json(
                StatusCode::UNAUTHORIZED,
                &json!({ "error": "sign in first" }),
            ));
        }
        return Some(sign::ask_who(state, &visit, parts, is_change));
    };
    // From our own origin, and of another session: one that ran out, or of another tab.
    let is_its_own = !is_change || session.made(visit.typed.get(TOKEN));
    (!is_its_own)
        .then(|| sign::ask_again(state, &visit, path, &visit.typed.kept(), StatusCode::FORBIDDEN))
}

async fn recognised(state: &PageState, headers: &HeaderMap) -> Result<Option<Session>, Problem> {
    let Some(token) = token(state, headers) else { return Ok(None) };
    let accounts = state.accounts.clone();
    ask(state, move |_| accounts.recognise(&token, shell::now_ms()).map_err(unreadable)).await
}

/// What the browser carries.
fn token(state: &PageState, headers: &HeaderMap) -> Option<String> {
    let name = cookie_name(state);
    let lines = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut cookies =
        lines.flat_map(|line| line.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
    cookies.find_map(|(known, token)| (known == name).then(|| token.to_owned()))
}

/// Browsers don't keep cookies of different ports apart, so the name says of which workspace it is: the demo's page
/// and a headquarters on one machine don't sign each other out.
fn cookie_name(state: &PageState) -> String {
    let workspace = state.workspace.id().to_string();
    format!("kahriz-session-{}", workspace.get(..8).unwrap_or(&workspace))
}

/// Gives the browser a session's newest token, if there is one. It forgets it when it would have ended unused.
pub(crate) fn carry(state: &PageState, response: &mut Response, session: &Session) {
    if let Some(token) = &session.renewed {
        set_cookie(state, response, token, IDLE_S);
    }
}

/// Takes it away.
pub(crate) fn drop_session(state: &PageState, response: &mut Response) {
    set_cookie(state, response, "", 0);
}

/// The page is plain HTTP on the loopback address, where a browser takes neither `Secure` nor the prefix `__Host-`.
fn set_cookie(state: &PageState, response: &mut Response, token: &str, seconds: i64) {
    let name = cookie_name(state);
    let cookie = format!("{name}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}

fn carries_session(state: &PageState, headers: &HeaderMap) -> bool {
    let name = cookie_name(state);
    let mut set = headers.get_all(SET_COOKIE).iter();
    set.any(|cookie| cookie.as_bytes().starts_with(name.as_bytes()))
}

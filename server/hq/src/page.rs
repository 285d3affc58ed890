//! Headquarters' page: what a supervisor sees of all records, in a browser on the same machine, and where people are
//! invited, admitted and revoked, and decide what is believed.
//!
//! It stands on the workspace facade; what it changes goes through the same orders as the command line. Every page is
//! whole when it leaves here, without a script, and never makes the browser ask anybody else: a map tile or a font
//! from elsewhere would tell a stranger where the people are. It is served on the loopback address.
//!
//! A request passes the `guard` (is it for this machine) and the `door` (who asks, and did our own page send it),
//! becomes a `visit::Visit` (language, filters, what a form brought), is answered by one module for each page from
//! blocking calls into the workspace, and leaves as HTML or JSON through `answer`.

mod accounts;
mod address;
mod alarms;
mod answer;
mod api;
mod assets;
mod door;
mod exports;
mod filter;
mod frame;
mod guard;
mod history;
mod letters;
mod line;
mod map;
mod meaning;
mod moment;
mod origin;
mod overview;
mod owners;
mod people;
mod quarantine;
mod record;
mod records;
mod sign;
mod typed;
mod visit;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use kahriz_core::workspace::Workspace;

use crate::accounts::Accounts;
use crate::operate::Serving;

/// What every page is made from.
#[derive(Clone)]
pub(crate) struct PageState {
    /// Headquarters' own store.
    pub(crate) workspace: Arc<Workspace>,
    /// The headquarters that serves it.
    pub(crate) serving: Serving,
    /// Who may use the page.
    pub(crate) accounts: Arc<Accounts>,
}

/// The page's routes. Whoever serves them binds a loopback address; a request that was sent to another host name is
/// refused here.
pub(crate) fn router(state: PageState) -> Router {
    Router::new()
        .route("/", get(overview::page))
        .route("/records", get(records::page))
        .route("/records/{id}", get(record::page))
        .route("/records/{id}/history/{key}", get(history::page))
        .route("/map", get(map::page))
        .route("/people", get(people::page))
        .route("/people/invite", post(people::invite))
        .route("/people/admit", post(people::admit))
        .route("/people/{device}/revoke", get(people::revoke_page).post(people::revoke))
        .route("/quarantine", get(quarantine::page).post(quarantine::judge))
        .route("/letters", get(letters::page).post(letters::decide))
        .route("/alarms", get(alarms::page))
        .route("/alarms/close", post(alarms::close))
        .route("/exports", get(exports::page).post(exports::export))
        .route("/accounts", get(accounts::page))
        .route("/accounts/add", post(accounts::add))
        .route("/accounts/password", post(accounts::set_password))
        .route("/accounts/remove", post(accounts::remove))
        .route("/password", get(accounts::own_page).post(accounts::change_own))
        .route("/api/records", get(api::records))
        .route("/api/counts", get(api::counts))
        .route(sign::SIGN_IN, get(sign::page).post(sign::sign_in))
        .route("/sign-out", post(sign::sign_out))
        .route(sign::SET_UP, get(sign::set_up_page).post(sign::set_up))
        .route(sign::ENTER, get(sign::enter))
        .route("/assets/kahriz.css", get(assets::style))
        .route("/assets/kahriz.svg", get(assets::icon))
        .fallback(answer::no_such_page)
        .method_not_allowed_fallback(answer::only_reading)
        .layer(from_fn_with_state(state.clone(), door::door))
        .layer(from_fn(guard::guard))
        .with_state(state)
}

#[cfg(test)]
mod tests;

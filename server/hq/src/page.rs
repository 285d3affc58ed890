//! Headquarters' page: what a supervisor sees of all records, in a browser on the same machine.
//!
//! It stands on the workspace facade and only reads: deciding and admitting are done on the command line. Every page
//! is whole when it leaves here, without a script, and never makes the browser ask anybody else: a map tile or a font
//! from elsewhere would tell a stranger where the people are. It is meant for the loopback address; who may sit at
//! the machine is not its question.
//!
//! A request passes the `guard`, becomes a `visit::Visit` (language and filters), is answered by one module for
//! each page from blocking calls into the workspace, and leaves as HTML or JSON through `answer`.

mod address;
mod answer;
mod api;
mod assets;
mod filter;
mod frame;
mod guard;
mod history;
mod line;
mod map;
mod meaning;
mod moment;
mod overview;
mod record;
mod records;
mod visit;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::get;
use kahriz_core::workspace::Workspace;
use tokio::sync::watch;

use crate::sync_state::SyncState;

/// What every page is made from.
#[derive(Clone)]
pub struct PageState {
    /// Headquarters' own store.
    pub workspace: Arc<Workspace>,
    /// How headquarters' sync with the relay goes.
    pub sync: watch::Receiver<SyncState>,
}

/// The page's routes. Whoever serves them binds a loopback address; a request that was sent to another host name is
/// refused here.
pub fn router(state: PageState) -> Router {
    Router::new()
        .route("/", get(overview::page))
        .route("/records", get(records::page))
        .route("/records/{id}", get(record::page))
        .route("/records/{id}/history/{key}", get(history::page))
        .route("/map", get(map::page))
        .route("/api/records", get(api::records))
        .route("/api/counts", get(api::counts))
        .route("/assets/kahriz.css", get(assets::style))
        .route("/assets/kahriz.svg", get(assets::icon))
        .fallback(answer::no_such_page)
        .method_not_allowed_fallback(answer::only_reading)
        .layer(from_fn(guard::guard))
        .with_state(state)
}

#[cfg(test)]
mod tests;

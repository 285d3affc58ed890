//! `/healthz`, `/readyz` and `/metrics`, for whoever looks after the machine.

use crate::relay::Inner;
use crate::workspaces::blocking;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// The process answers.
pub(super) async fn alive() -> &'static str {
    "alive\n"
}

/// The store answers, its disk has room, and the relay isn't shutting down.
pub(super) async fn ready(State(relay): State<Arc<Inner>>) -> (StatusCode, &'static str) {
    let log = relay.log.clone();
    let (answers, free) = blocking(move || (log.workspaces().is_ok(), log.free_bytes())).await;
    let unavailable = StatusCode::SERVICE_UNAVAILABLE;
    if *relay.stopping.borrow() {
        return (unavailable, "shutting down\n");
    }
    if !answers {
        return (unavailable, "the store does not answer\n");
    }
    if free.is_some_and(|free| free < relay.config.free_bytes_min) {
        return (unavailable, "the disk is nearly full: nothing is taken in\n");
    }
    (StatusCode::OK, "ready\n")
}

pub(super) async fn metrics(State(relay): State<Arc<Inner>>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], relay.metrics.text()).into_response()
}

//! The endpoints, one module each. Bodies are CBOR; refusals are a status and a CBOR `Refusal`.

mod down;
mod events;
mod health;
mod ingest;
mod joins;
mod letters;
mod repair;
mod roster;
mod sync;
mod workspaces;

use crate::auth::{Caller, check_head};
use crate::body::{Arrived, PatientBody};
use crate::log::Extension;
use crate::refuse::{Refused, cbor};
use crate::relay::Inner;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use kahriz_proto::item::ItemReader;
use kahriz_proto::limits::{CONTROL_BYTES_MAX, KEY_WRAP_BYTES_MAX};
use kahriz_proto::message::{KeyWrap, RefusalReason, RosterPage};
use std::sync::Arc;

/// What is read and thrown away at most of a body whose request was refused.
const DRAIN_BYTES_MAX: usize = 8 * 1024 * 1024;

pub(crate) fn router(relay: Arc<Inner>) -> Router {
    Router::new()
        .route("/v1/sync", post(sync::sync))
        .route("/v1/repair", post(repair::repair))
        .route("/v1/events", get(events::events))
        .route("/v1/roster", get(roster::read).post(roster::extend))
        .route("/v1/workspaces", post(workspaces::register))
        .route("/v1/joins", get(joins::read).post(joins::post))
        .route("/v1/letters", get(letters::read).post(letters::deposit).delete(letters::forget))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .fallback(nothing_here)
        .layer(middleware::from_fn_with_state(relay.clone(), observe))
        .with_state(relay)
}

async fn nothing_here() -> Refused {
    RefusalReason::NotFound.into()
}

/// Counts the request, and says at the debug level that it was.
async fn observe(State(relay): State<Arc<Inner>>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let response = next.run(request).await;
    let refused = response.extensions().get::<Refused>().copied();
    relay.metrics.count_request(&path, response.status(), refused);
    tracing::debug!(path, status = response.status().as_u16(), "answered");
    response
}

/// Who makes a request without a body.
fn caller_of_get(relay: &Inner, headers: &HeaderMap) -> Result<Caller, Refused> {
    check_head(relay, headers)?.bind(relay, &[])
}

/// Reads the whole body of a request whose token covers all of it.
async fn caller_and_body(
    relay: &Inner,
    request: Request,
    bytes_max: usize,
) -> Result<(Caller, Vec<u8>), Refused> {
    let (head, body) = request.into_parts();
    let mut body = PatientBody::new(body, &relay.config.limits);
    let unbound = match check_head(relay, &head.headers) {
        Ok(unbound) => unbound,
        Err(refused) => {
            body.drain(DRAIN_BYTES_MAX);
            return Err(refused);
        }
    };
    let bytes = read_whole(relay, &mut body, bytes_max).await?;
    let caller = unbound.bind(relay, &bytes)?;
    Ok((caller, bytes))
}

/// Reads a body; large ones a few at a time, because they are held in memory.
async fn read_whole(
    relay: &Inner,
    body: &mut PatientBody,
    bytes_max: usize,
) -> Result<Vec<u8>, Refused> {
    const LARGE: usize = 64 * 1024;
    let _permit = if bytes_max > LARGE { relay.large_bodies.acquire().await.ok() } else { None };
    Ok(body.whole(bytes_max).await?)
}

/// Reads a body's control part. What has come after it is left in `items`.
async fn read_control(body: &mut PatientBody, items: &mut ItemReader) -> Result<Vec<u8>, Refused> {
    loop {
        let control = items.next_item(CONTROL_BYTES_MAX).map_err(|_| Refused::TOO_LONG)?;
        if let Some(control) = control {
            return Ok(control);
        }
        match body.next().await {
            Arrived::Bytes(bytes) => items.push(&bytes),
            Arrived::End | Arrived::Cut | Arrived::TooSlow => {
                return Err(RefusalReason::Malformed.into());
            }
        }
    }
}

/// The answer to a change that was made: an empty CBOR map.
fn done() -> Response {
    cbor(&kahriz_proto::message::SyncAnswer::default())
}

/// A posted page of roster entries and keys.
fn roster_page(bytes: &[u8]) -> Result<Extension, Refused> {
    let page: RosterPage = minicbor::decode(bytes).map_err(|_| RefusalReason::Malformed)?;
    let extension = Extension::from(page);
    let fits = |key: &KeyWrap| key.sealed.len() <= KEY_WRAP_BYTES_MAX;
    if !extension.keys.iter().all(fits) {
        return Err(RefusalReason::Limit.into());
    }
    Ok(extension)
}

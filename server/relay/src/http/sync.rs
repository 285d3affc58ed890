//! `POST /v1/sync`: one exchange. Frames up as they arrive, then the answer and the page down.

use super::DRAIN_BYTES_MAX;
use super::ingest::{self, Taken};
use crate::auth::{Caller, Unbound, check_head};
use crate::body::{Arrived, PatientBody};
use crate::config::{PAGE_IN_MEMORY_BYTES, SYNC_BODY_BYTES_MAX};
use crate::log::{Log, LogError};
use crate::page::{self, Plan, Reader};
use crate::refuse::{CBOR, Refused};
use crate::relay::Inner;
use crate::workspaces::blocking;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use kahriz_proto::item::{ItemReader, push_item};
use kahriz_proto::limits::{CONTROL_BYTES_MAX, SCOPES_MAX};
use kahriz_proto::message::{RefusalReason, SyncAnswer, SyncRequest, Verdict};
use std::collections::BTreeSet;
use std::sync::Arc;

pub(super) async fn sync(State(relay): State<Arc<Inner>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = PatientBody::new(body, &relay.config.limits).at_most(SYNC_BODY_BYTES_MAX);
    let unbound = match check_head(&relay, &head.headers) {
        Ok(unbound) => unbound,
        Err(refused) => {
            body.drain(DRAIN_BYTES_MAX);
            return refused.into_response();
        }
    };
    // A task of its own, because what has arrived is committed even if the connection is gone.
    let task = tokio::spawn(async move {
        let _under_way = relay.under_way.subscribe();
        exchange(&relay, unbound, body).await
    });
    match task.await {
        Ok(Ok(response)) => response,
        Ok(Err(refused)) => refused.into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn exchange(
    relay: &Arc<Inner>,
    unbound: Unbound,
    mut body: PatientBody,
) -> Result<Response, Refused> {
    let mut items = ItemReader::default();
    let begun = match read_control(&mut body, &mut items).await {
        Ok(control) => begin(relay, unbound, &control),
        Err(refused) => Err(refused),
    };
    let (caller, request) = match begun {
        Ok(begun) => begun,
        Err(refused) => {
            body.drain(DRAIN_BYTES_MAX);
            return Err(refused);
        }
    };
    let taken = ingest::ingest(relay, &caller, &request, body, items).await?;
    answer(relay, &caller, request, taken).await
}

/// Checks what the control part says; the token is spent.
fn begin(
    relay: &Inner,
    unbound: Unbound,
    control: &[u8],
) -> Result<(Caller, SyncRequest), Refused> {
    let caller = unbound.bind(relay, control)?;
    caller.member()?;
    let request: SyncRequest =
        minicbor::decode(control).map_err(|_| Refused::from(RefusalReason::Malformed))?;
    let scopes: BTreeSet<_> = request.cursors.iter().map(|cursor| cursor.scope).collect();
    if scopes.len() != request.cursors.len() || scopes.len() > SCOPES_MAX {
        return Err(RefusalReason::Malformed.into());
    }
    Ok((caller, request))
}

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

async fn answer(
    relay: &Arc<Inner>,
    caller: &Caller,
    request: SyncRequest,
    taken: Taken,
) -> Result<Response, Refused> {
    let roster = caller.member()?;
    let reader = Reader { workspace: caller.space.id, device: caller.id };
    let log = relay.log.clone();
    let roster_seq = roster.seq();
    let (mut answer, plan, page, count) = blocking(move || {
        let mut plan = page::plan(&*log, &roster, reader, &request)?;
        let mut answer = describe(&plan);
        if request.ask_logs == Some(true) {
            answer.logs = Some(log.log_states(reader.workspace, reader.device)?);
        }
        answer.roster = (request.roster != roster_seq).then_some(roster_seq);
        let small = plan.bytes <= PAGE_IN_MEMORY_BYTES;
        let limit = if small { usize::MAX } else { 0 };
        let count = plan.items.len() as u64;
        let page = page::read_items(&*log, reader, &mut plan, limit)?;
        Ok::<_, LogError>((answer, plan, page, count))
    })
    .await?;
    answer.partial = taken.partial;
    answer.received = u32::try_from(taken.verdicts.len()).ok().filter(|count| *count > 0);
    let all_stored = taken.verdicts.iter().all(|verdict| *verdict == Verdict::Stored);
    answer.verdicts = (!all_stored).then_some(taken.verdicts);
    let control = minicbor::to_vec(&answer).expect("writing to a vector cannot fail");
    let mut first = Vec::with_capacity(control.len() + page.len() + 4);
    push_item(&mut first, &control);
    first.extend_from_slice(&page);
    relay.metrics.page_bytes.inc_by(page.len() as u64);
    relay.metrics.page_items.inc_by(count);
    let body = if plan.items.is_empty() {
        Body::from(first)
    } else {
        stream_page(relay.clone(), caller.clone(), plan, first)
    };
    Ok(([(header::CONTENT_TYPE, CBOR)], body).into_response())
}

/// What the plan means for the caller; everything ordinary is left out.
fn describe(plan: &Plan) -> SyncAnswer {
    let some = |places: &Vec<u32>| (!places.is_empty()).then(|| places.clone());
    SyncAnswer {
        restart: some(&plan.restart),
        incarnation: plan.incarnation,
        more: plan.more.then_some(true),
        resumed: plan.resumed.is_some().then_some(true),
        not_granted: some(&plan.not_granted),
        ..SyncAnswer::default()
    }
}

/// The page as the line takes it: some 64 KiB are read when the last ones are gone, if the caller is a member still.
/// What ends early is cut, and the caller hears why when it asks on.
fn stream_page(relay: Arc<Inner>, caller: Caller, plan: Plan, first: Vec<u8>) -> Body {
    let state = (relay, caller, plan, Some(first));
    Body::from_stream(stream::unfold(state, move |(relay, caller, mut plan, first)| async move {
        if let Some(first) = first {
            return Some((Ok(Bytes::from(first)), (relay, caller, plan, None)));
        }
        if plan.items.is_empty() {
            return None;
        }
        if caller.member().is_err() {
            plan.items.clear();
            let revoked = std::io::Error::other("the reader was revoked");
            return Some((Err(revoked), (relay, caller, plan, None)));
        }
        let reader = Reader { workspace: caller.space.id, device: caller.id };
        let log: Arc<dyn Log> = relay.log.clone();
        let (read, plan) = blocking(move || {
            let read = page::read_items(&*log, reader, &mut plan, PAGE_IN_MEMORY_BYTES);
            (read, plan)
        })
        .await;
        let bytes = read.map(Bytes::from).map_err(std::io::Error::other);
        if let Ok(bytes) = &bytes {
            relay.metrics.page_bytes.inc_by(bytes.len() as u64);
        }
        Some((bytes, (relay, caller, plan, None)))
    }))
}

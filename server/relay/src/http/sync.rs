//! `POST /v1/sync`: one exchange. Frames up as they arrive, then the answer and the page down.

use super::ingest::{self, Taken};
use super::{DRAIN_BYTES_MAX, down, read_control};
use crate::auth::{Caller, Unbound, check_head};
use crate::body::PatientBody;
use crate::config::SYNC_BODY_BYTES_MAX;
use crate::log::LogError;
use crate::page::{self, Plan, Reader};
use crate::refuse::Refused;
use crate::relay::Inner;
use crate::workspaces::blocking;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kahriz_proto::item::ItemReader;
use kahriz_proto::limits::SCOPES_MAX;
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
    let (mut answer, page) = blocking(move || {
        let plan = page::plan(&*log, &roster, reader, &request)?;
        let mut answer = describe(&plan);
        if request.ask_logs == Some(true) {
            answer.logs = Some(log.log_states(reader.workspace, reader.device)?);
        }
        answer.roster = (request.roster != roster_seq).then_some(roster_seq);
        Ok::<_, LogError>((answer, plan.page))
    })
    .await?;
    answer.partial = taken.partial;
    answer.received = u32::try_from(taken.verdicts.len()).ok().filter(|count| *count > 0);
    let all_stored = taken.verdicts.iter().all(|verdict| *verdict == Verdict::Stored);
    answer.verdicts = (!all_stored).then_some(taken.verdicts);
    down::answer(relay, caller, &answer, page).await
}

/// What the plan means for the caller; everything ordinary is left out.
fn describe(plan: &Plan) -> SyncAnswer {
    let some = |places: &Vec<u32>| (!places.is_empty()).then(|| places.clone());
    SyncAnswer {
        restart: some(&plan.restart),
        incarnation: plan.incarnation,
        more: plan.page.more.then_some(true),
        resumed: plan.page.resumed.is_some().then_some(true),
        not_granted: some(&plan.not_granted),
        ..SyncAnswer::default()
    }
}

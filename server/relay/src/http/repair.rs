//! `POST /v1/repair`: what the caller lacks and what the relay lacks, found by heads; and the frames that were found.

use super::{DRAIN_BYTES_MAX, down, read_control};
use crate::auth::{Caller, Unbound, check_head};
use crate::body::{Arrived, PatientBody};
use crate::log::{Log, LogError};
use crate::page::{self, Page};
use crate::refuse::Refused;
use crate::relay::Inner;
use crate::workspaces::blocking;
use axum::extract::{Request, State};
use axum::response::Response;
use kahriz_proto::cursor::Cursor;
use kahriz_proto::ids::{ScopeId, WorkspaceId};
use kahriz_proto::item::ItemReader;
use kahriz_proto::limits::{CONTROL_BYTES_MAX, REPAIR_WANTS_MAX};
use kahriz_proto::message::RefusalReason;
use kahriz_proto::repair::{RepairAnswer, RepairRequest, answer};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The control part and the length before it.
const BODY_BYTES_MAX: usize = CONTROL_BYTES_MAX + 10;

pub(super) async fn repair(
    State(relay): State<Arc<Inner>>,
    request: Request,
) -> Result<Response, Refused> {
    let (head, body) = request.into_parts();
    let mut body = PatientBody::new(body, &relay.config.limits).at_most(BODY_BYTES_MAX);
    let read = match check_head(&relay, &head.headers) {
        Ok(unbound) => read_request(&relay, unbound, &mut body).await,
        Err(refused) => Err(refused),
    };
    let (caller, request) = match read {
        Ok(read) => read,
        Err(refused) => {
            body.drain(DRAIN_BYTES_MAX);
            return Err(refused);
        }
    };
    let log = relay.log.clone();
    let workspace = caller.space.id;
    let found = blocking(move || find(&*log, workspace, &request));
    let (answer, page) = found.await?;
    down::answer(&relay, &caller, &answer, page).await
}

async fn read_request(
    relay: &Inner,
    unbound: Unbound,
    body: &mut PatientBody,
) -> Result<(Caller, RepairRequest), Refused> {
    let mut items = ItemReader::default();
    let control = read_control(body, &mut items).await?;
    let caller = unbound.bind(relay, &control)?;
    let request = allowed(&caller, &control)?;
    // Frames are pushed by a sync: they would be lost here.
    if !items.partial().is_empty() || !matches!(body.next().await, Arrived::End) {
        return Err(RefusalReason::Malformed.into());
    }
    Ok((caller, request))
}

/// Only a member hears of a scope, and only one that is granted it.
fn allowed(caller: &Caller, control: &[u8]) -> Result<RepairRequest, Refused> {
    let roster = caller.member()?;
    let request: RepairRequest =
        minicbor::decode(control).map_err(|_| Refused::from(RefusalReason::Malformed))?;
    if !roster.member(caller.id).is_some_and(|member| member.is_live_in(request.scope)) {
        return Err(RefusalReason::Role.into());
    }
    let wants = request.wants.as_deref().unwrap_or_default();
    let logs: BTreeSet<_> = wants.iter().map(|want| want.log).collect();
    if logs.len() != wants.len() || wants.len() > REPAIR_WANTS_MAX {
        return Err(RefusalReason::Malformed.into());
    }
    Ok(request)
}

/// Blocks. The end is read first: what is stored meanwhile may show among the heads, but never an end whose frames don't.
fn find(
    log: &dyn Log,
    workspace: WorkspaceId,
    request: &RepairRequest,
) -> Result<(RepairAnswer, Page), Refused> {
    let end = end(log, workspace, request.scope)?;
    let ranges = request.ranges.as_ref().map(|question| {
        let heads = log.heads(workspace, request.scope)?;
        answer(&heads, question).map_err(|_| Refused::from(RefusalReason::Malformed))
    });
    let wants = request.wants.as_deref().unwrap_or_default();
    let mut page = page::wanted(log, workspace, request.scope, wants, request.bytes)?;
    page::resume(log, workspace, &mut page, request.held)?;
    let more = page.more.then_some(true);
    let resumed = page.resumed.is_some().then_some(true);
    Ok((RepairAnswer { end, ranges: ranges.transpose()?, more, resumed }, page))
}

fn end(log: &dyn Log, workspace: WorkspaceId, scope: ScopeId) -> Result<Cursor, LogError> {
    let position = log.position(workspace, scope)?;
    let rolling = log.rolling(workspace, scope, position)?;
    let gone = || std::io::Error::other("a scope has no frame at its end");
    let rolling = rolling.ok_or_else(|| LogError::Failed(Arc::new(gone())))?;
    Ok(Cursor { scope, incarnation: log.incarnation(), position, rolling })
}

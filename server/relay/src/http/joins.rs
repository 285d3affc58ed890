//! `POST` and `GET /v1/joins`: newcomers ask to be let in, headquarters reads who asks.

use super::{caller_and_body, caller_of_get, done};
use crate::log::WaitingJoin;
use crate::refuse::{Refused, cbor, now_seconds};
use crate::relay::Inner;
use crate::workspaces::{Event, blocking};
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use kahriz_proto::ids::DeviceId;
use kahriz_proto::join::{Join, JoinPage};
use kahriz_proto::limits::JOIN_BYTES_MAX;
use kahriz_proto::message::RefusalReason;
use std::sync::Arc;

/// A newcomer's join. A second device with the same invite is kept too: it is an alarm that only
/// headquarters can judge.
pub(super) async fn post(
    State(relay): State<Arc<Inner>>,
    request: Request,
) -> Result<Response, Refused> {
    let (caller, bytes) = caller_and_body(&relay, request, JOIN_BYTES_MAX).await?;
    let invited = caller.invite()?;
    let join: Join = minicbor::decode(&bytes).map_err(|_| RefusalReason::Malformed)?;
    if join.invite_id() != caller.id || !join.is_signed() {
        return Err(RefusalReason::Malformed.into());
    }
    let device = DeviceId::of(&join.keys.sign);
    if invited.used_by == Some(device) {
        return Ok(done());
    }
    if now_seconds() >= invited.expires_at {
        return Err(RefusalReason::NotMember.into());
    }
    let waiting = WaitingJoin { invite: caller.id, device, bytes };
    let (log, space) = (relay.log.clone(), caller.space.clone());
    let kept = blocking(move || log.keep_join(space.id, waiting)).await?;
    if !kept {
        return Err(RefusalReason::Limit.into());
    }
    caller.space.tell(Event::JoinWaits);
    Ok(done())
}

/// The joins that wait, for headquarters.
pub(super) async fn read(
    State(relay): State<Arc<Inner>>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let caller = caller_of_get(&relay, &headers)?;
    let roster = caller.headquarters()?;
    let (log, workspace) = (relay.log.clone(), caller.space.id);
    let waiting = blocking(move || log.joins(workspace)).await?;
    let strangers = waiting.into_iter().filter(|join| roster.member(join.device).is_none());
    let joins = strangers.map(|join| join.bytes.into()).collect();
    Ok(cbor(&JoinPage { joins }))
}

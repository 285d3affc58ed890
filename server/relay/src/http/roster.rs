//! `GET` and `POST /v1/roster`: who is a member, entry by signed entry.

use super::{caller_and_body, caller_of_get, done, roster_page};
use crate::auth::Caller;
use crate::config::{ROSTER_BODY_BYTES_MAX, ROSTER_PAGE_BYTES};
use crate::log::{Log, LogError};
use crate::refuse::{Refused, cbor, now_seconds};
use crate::relay::Inner;
use crate::workspaces::{RosterChangeError, blocking};
use axum::extract::{Query, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use kahriz_proto::message::{RefusalReason, RosterPage};
use kahriz_proto::roster::RosterError;
use serde::Deserialize;
use std::sync::Arc;

/// What `GET /v1/roster` is asked with.
#[derive(Deserialize)]
pub(super) struct After {
    #[serde(default)]
    after: u64,
}

/// The entries after the Nth; a page of them, so the caller asks again until none come.
pub(super) async fn read(
    State(relay): State<Arc<Inner>>,
    Query(After { after }): Query<After>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let caller = caller_of_get(&relay, &headers)?;
    let log = relay.log.clone();
    let entries = blocking(move || {
        may_read(&*log, &caller)?;
        Ok::<_, Refused>(log.roster(caller.space.id, after, ROSTER_PAGE_BYTES)?)
    });
    let entries = entries.await?.into_iter().map(Into::into).collect();
    Ok(cbor(&RosterPage { entries }))
}

/// Members may, the root, and who holds an invite: until it ends, and after that for as long as its join waits
/// or if it has become a member, so that a slow headquarters locks nobody out.
fn may_read(log: &dyn Log, caller: &Caller) -> Result<(), Refused> {
    if caller.is_root() {
        return Ok(());
    }
    let Ok(invited) = caller.invite() else {
        return caller.member().map(|_| ());
    };
    let roster = caller.space.roster();
    let joined = invited.used_by.and_then(|device| roster.member(device));
    if let Some(member) = joined {
        let revoked = || Refused::from(RefusalReason::Revoked);
        return member.revoked.is_none().then_some(()).ok_or_else(revoked);
    }
    let waits = |log: &dyn Log| -> Result<bool, LogError> {
        Ok(log.joins(caller.space.id)?.iter().any(|join| join.invite == caller.id))
    };
    if now_seconds() < invited.expires_at || waits(log)? {
        return Ok(());
    }
    Err(RefusalReason::NotMember.into())
}

/// Headquarters, or the root where there is none any more, brings the next entries.
pub(super) async fn extend(
    State(relay): State<Arc<Inner>>,
    request: Request,
) -> Result<Response, Refused> {
    let (caller, body) = caller_and_body(&relay, request, ROSTER_BODY_BYTES_MAX).await?;
    if !caller.is_root() {
        caller.headquarters()?;
    }
    let entries = roster_page(&body)?;
    caller.space.extend(&relay.log, entries).await.map_err(refuse)?;
    Ok(done())
}

pub(super) fn refuse(error: RosterChangeError) -> Refused {
    match error {
        RosterChangeError::Log(error) => error.into(),
        RosterChangeError::Roster(RosterError::OutOfOrder { .. })
        | RosterChangeError::RelayIdTaken => RefusalReason::RosterMoved.into(),
        RosterChangeError::NotFounded
        | RosterChangeError::Roster(
            RosterError::Malformed
            | RosterError::NotAllowed
            | RosterError::Contradiction
            | RosterError::EpochNotRecoverable,
        ) => RefusalReason::Malformed.into(),
    }
}

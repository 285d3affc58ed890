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
use kahriz_proto::roster::{Member, RosterError};
use serde::Deserialize;
use std::sync::Arc;

/// What `GET /v1/roster` is asked with.
#[derive(Deserialize)]
pub(super) struct After {
    #[serde(default)]
    after: u64,
    /// Keys are wanted that came after this entry; a device that has let go of its own asks from 0.
    keys: Option<u64>,
}

/// The entries after the Nth, and the caller's own keys that came with them; a page of them, so the caller asks again
/// until none come.
pub(super) async fn read(
    State(relay): State<Arc<Inner>>,
    Query(After { after, keys }): Query<After>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let caller = caller_of_get(&relay, &headers)?;
    let log = relay.log.clone();
    let page = blocking(move || {
        let until = may_read(&*log, &caller)?;
        let workspace = caller.space.id;
        let mut entries = log.roster(workspace, after, ROSTER_PAGE_BYTES)?;
        entries.truncate(usize::try_from(until.saturating_sub(after)).unwrap_or(usize::MAX));
        let last = (after + entries.len() as u64).min(until);
        let reader = caller.reader();
        let keys = log.keys(workspace, reader, keys.unwrap_or(after), last)?;
        let entries = entries.into_iter().map(Into::into).collect();
        Ok::<_, Refused>(RosterPage { entries, keys: Some(keys).filter(|keys| !keys.is_empty()) })
    });
    Ok(cbor(&page.await?))
}

/// Members may, the root, and who holds an invite: until it ends, and after that for as long as its join waits
/// or if it has become a member, so that a slow headquarters locks nobody out. Says up to which entry: who was
/// revoked reads as far as the entry that says so, because a device believes that only when it is signed.
fn may_read(log: &dyn Log, caller: &Caller) -> Result<u64, Refused> {
    let roster = caller.space.roster();
    let until = |member: &Member| match member.revoked {
        Some(_) => member.revoked_at,
        None => roster.seq(),
    };
    let Ok(invited) = caller.invite() else {
        if caller.is_root() {
            return Ok(roster.seq());
        }
        return roster.member(caller.id).map(until).ok_or_else(|| RefusalReason::Role.into());
    };
    let joined = invited.used_by.and_then(|device| roster.member(device));
    if let Some(member) = joined {
        return Ok(until(member));
    }
    let waits = |log: &dyn Log| -> Result<bool, LogError> {
        Ok(log.joins(caller.space.id)?.iter().any(|join| join.invite == caller.id))
    };
    if now_seconds() < invited.expires_at || waits(log)? {
        return Ok(roster.seq());
    }
    Err(RefusalReason::NotMember.into())
}

/// Headquarters brings the next entries, or whoever holds the root key. Each entry carries its own signature.
pub(super) async fn extend(
    State(relay): State<Arc<Inner>>,
    request: Request,
) -> Result<Response, Refused> {
    let (caller, body) = caller_and_body(&relay, request, ROSTER_BODY_BYTES_MAX).await?;
    if !caller.is_root() {
        caller.headquarters()?;
    }
    let extension = roster_page(&body)?;
    caller.space.extend(&relay.log, extension).await.map_err(refuse)?;
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

//! `/v1/letters`: what devices leave for headquarters, sealed to it alone.
//!
//! A deposit carries no token, because the phone that brings it may be locked, revoked or wiped; it proves itself by a
//! key that its device has certified. The certificate stands in its first bytes and is checked before the relay waits
//! for the letter, so that a stranger cannot make it hold letters that never end.

use super::{DRAIN_BYTES_MAX, caller_of_get, done};
use crate::body::PatientBody;
use crate::config::LETTER_PAGE_BYTES;
use crate::log::{Letter, LetterOutcome};
use crate::refuse::{Refused, cbor};
use crate::relay::Inner;
use crate::workspaces::{Event, Space, blocking};
use axum::extract::{Query, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use kahriz_proto::ids::SigningPublic;
use kahriz_proto::letter::{DEPOSIT_HEAD_BYTES, Deposit, DepositHead};
use kahriz_proto::limits::LETTER_BYTES_MAX;
use kahriz_proto::message::RefusalReason;
use serde::Deserialize;
use std::sync::Arc;

/// An encoded deposit at most: its letter and what stands around it.
const DEPOSIT_BYTES_MAX: usize = LETTER_BYTES_MAX + 512;

/// What `GET /v1/letters` is asked with.
#[derive(Deserialize)]
pub(super) struct After {
    #[serde(default)]
    after: u64,
}

/// What `DELETE /v1/letters` is asked with.
#[derive(Deserialize)]
pub(super) struct UpTo {
    up_to: u64,
}

/// Takes a letter from whoever brings it, once.
pub(super) async fn deposit(
    State(relay): State<Arc<Inner>>,
    request: Request,
) -> Result<Response, Refused> {
    let mut body = PatientBody::new(request.into_body(), &relay.config.limits);
    let taken = take(&relay, &mut body).await;
    if taken.is_err() {
        body.drain(DRAIN_BYTES_MAX);
    }
    taken
}

async fn take(relay: &Arc<Inner>, body: &mut PatientBody) -> Result<Response, Refused> {
    let begun = body.begin(DEPOSIT_HEAD_BYTES).await?;
    let (space, head, key) = check_head(relay, &begun)?;
    // One letter of a device at a time: a phone that comes back on another line ends what it left on the old one.
    let mut turn = relay.deposits.enter(space.id, head.device).await;
    let _permit = relay.large_letters.acquire().await.ok();
    let bytes = tokio::select! {
        () = turn.superseded() => return Err(RefusalReason::Malformed.into()),
        bytes = body.whole_after(begun, DEPOSIT_BYTES_MAX) => bytes?,
    };
    let deposit: Deposit = minicbor::decode(&bytes).map_err(|_| RefusalReason::Malformed)?;
    if (deposit.workspace, deposit.device) != (head.workspace, head.device)
        || !deposit.is_signed(&key)
    {
        return Err(RefusalReason::Malformed.into());
    }
    if deposit.letter.len() > LETTER_BYTES_MAX {
        return Err(Refused::TOO_LONG);
    }
    keep(relay, &space, &deposit).await
}

/// Whose letter it will be: any device that is or was a member, if it has certified the key.
fn check_head(
    relay: &Inner,
    begun: &[u8],
) -> Result<(Arc<Space>, DepositHead, SigningPublic), Refused> {
    let head = DepositHead::read(begun).ok_or(RefusalReason::Malformed)?;
    let space = relay.workspaces.get(head.workspace).ok_or(RefusalReason::NotMember)?;
    let member = space.roster().member(head.device).map(|member| member.keys.sign);
    let key = member.ok_or(RefusalReason::NotMember)?;
    if !head.is_certified(&key) {
        return Err(RefusalReason::Malformed.into());
    }
    Ok((space, head, key))
}

async fn keep(relay: &Arc<Inner>, space: &Space, deposit: &Deposit) -> Result<Response, Refused> {
    let letter = Letter {
        device: deposit.device,
        hash: deposit.letter_hash(),
        // Encoded anew, so that nothing is kept but a deposit.
        bytes: minicbor::to_vec(deposit).expect("writing to a vector cannot fail"),
    };
    let (keeping, workspace) = (relay.clone(), space.id);
    let kept = blocking(move || keeping.log.keep_letter(workspace, &letter, &keeping.room()));
    match kept.await? {
        LetterOutcome::Kept => space.tell(Event::LetterWaits),
        LetterOutcome::Duplicate => {}
        LetterOutcome::OverQuota => return Err(RefusalReason::Limit.into()),
        LetterOutcome::DiskFull => return Err(Refused::FULL),
    }
    Ok(done())
}

/// The letters that wait, for headquarters.
pub(super) async fn read(
    State(relay): State<Arc<Inner>>,
    Query(After { after }): Query<After>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let caller = caller_of_get(&relay, &headers)?;
    caller.headquarters()?;
    let (log, workspace) = (relay.log.clone(), caller.space.id);
    let page = blocking(move || log.letters(workspace, after, LETTER_PAGE_BYTES)).await?;
    Ok(cbor(&page))
}

/// Headquarters has them on its own disk.
pub(super) async fn forget(
    State(relay): State<Arc<Inner>>,
    Query(UpTo { up_to }): Query<UpTo>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let caller = caller_of_get(&relay, &headers)?;
    caller.headquarters()?;
    let (log, workspace) = (relay.log.clone(), caller.space.id);
    blocking(move || log.drop_letters(workspace, up_to)).await?;
    Ok(done())
}

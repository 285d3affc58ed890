//! `POST /v1/workspaces`: an organisation brings its roster to a relay for the first time, or again
//! to one that was restored or replaced.

use super::roster::refuse;
use super::{DRAIN_BYTES_MAX, done, read_whole, roster_page};
use crate::auth::{self, bearer};
use crate::body::PatientBody;
use crate::config::{ROSTER_BODY_BYTES_MAX, Registration};
use crate::refuse::{Refused, now_seconds};
use crate::relay::Inner;
use crate::workspaces::{blocking, replay_founding};
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use kahriz_proto::hash::hash;
use kahriz_proto::ids::{DeviceId, SigningPublic};
use kahriz_proto::message::RefusalReason;
use kahriz_proto::roster::{Role, Roster};
use std::sync::Arc;

/// The header that carries the secret of a relay whose registration isn't open.
const SECRET_HEADER: &str = "x-kahriz-registration";

pub(super) async fn register(
    State(relay): State<Arc<Inner>>,
    request: Request,
) -> Result<Response, Refused> {
    let (head, body) = request.into_parts();
    let mut body = PatientBody::new(body, &relay.config.limits);
    if let Err(refused) = check_secret(&relay.config.registration, &head.headers) {
        body.drain(DRAIN_BYTES_MAX);
        return Err(refused);
    }
    let bytes = read_whole(&relay, &mut body, ROSTER_BODY_BYTES_MAX).await?;
    let extension = roster_page(&bytes)?;
    let (offered, extension) =
        blocking(move || (replay_founding(&extension.entries), extension)).await;
    let offered = offered.map_err(refuse)?;
    check_signer(&relay, &head.headers, &offered, &bytes)?;
    relay.workspaces.register(&relay.log, offered, extension).await.map_err(refuse)?;
    Ok(done())
}

fn check_secret(registration: &Registration, headers: &HeaderMap) -> Result<(), Refused> {
    let allowed = match registration {
        Registration::Open => true,
        Registration::Closed => false,
        Registration::Secret(secret) => {
            let given = headers.get(SECRET_HEADER).map_or(&[][..], |value| value.as_bytes());
            // Compared as hashes, so that the time it takes tells nothing about the secret.
            let hashed = |secret: &[u8]| hash("kahriz/v1/registration", &[secret]);
            hashed(given) == hashed(secret.as_bytes())
        }
    };
    allowed.then_some(()).ok_or_else(|| RefusalReason::Role.into())
}

/// The request must be signed by a headquarters of the roster that it brings, or by its root.
fn check_signer(
    relay: &Inner,
    headers: &HeaderMap,
    offered: &Roster,
    body: &[u8],
) -> Result<(), Refused> {
    let unverified = bearer(headers)?;
    let key = founder_key(offered, unverified.signer())?;
    let token = unverified.verify(&key, offered.relay(), now_seconds());
    let token = token.map_err(auth::refuse)?;
    if !token.covers(body) {
        return Err(RefusalReason::Token.into());
    }
    Ok(relay.seen.spend(&token, now_seconds())?)
}

fn founder_key(offered: &Roster, signer: DeviceId) -> Result<SigningPublic, Refused> {
    let Some(member) = offered.member(signer) else {
        return auth::root_key(offered, signer).ok_or_else(|| RefusalReason::NotMember.into());
    };
    if member.revoked.is_some() {
        return Err(RefusalReason::Revoked.into());
    }
    if member.role != Role::Headquarters {
        return Err(RefusalReason::Role.into());
    }
    Ok(member.keys.sign)
}

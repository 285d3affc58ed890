//! Who is asking: one token a request, checked against the roster, with no log-in before it.
//!
//! The head of a request is checked as soon as it is here (signature, audience, time); its body is
//! bound to the token once the part that the token covers has arrived, and only then is the token
//! spent. Whether the signer may do what it asks is the endpoint's to say.

mod seen;
mod token;

pub(crate) use seen::SeenTokens;
pub(crate) use token::{Token, TokenError, Unverified};

use crate::refuse::{Refused, now_seconds};
use crate::relay::Inner;
use crate::workspaces::Space;
use axum::http::{HeaderMap, header};
use kahriz_proto::ids::{DeviceId, RelayId, SigningPublic};
use kahriz_proto::message::RefusalReason;
use kahriz_proto::roster::{Invited, Member, Role, Roster};
use std::sync::Arc;

/// A request whose token is right, but whose body was not compared with it yet.
pub(crate) struct Unbound {
    space: Arc<Space>,
    token: Token,
}

/// Who is asking.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) space: Arc<Space>,
    /// The member's device, the invite, or the workspace's root.
    pub(crate) id: DeviceId,
}

/// Checks the token in a request's head.
pub(crate) fn check_head(relay: &Inner, headers: &HeaderMap) -> Result<Unbound, Refused> {
    let unverified = bearer(headers)?;
    let Some(space) = relay.workspaces.by_audience(unverified.audience()) else {
        return Err(unknown(relay, unverified.signer()));
    };
    let roster = space.roster();
    let Some(key) = key_of(&roster, unverified.signer()) else {
        return Err(unknown(relay, unverified.signer()));
    };
    let audience = audience_of(&roster, unverified.signer());
    let token = unverified.verify(&key, audience, now_seconds()).map_err(refuse)?;
    Ok(Unbound { space, token })
}

/// The token of a request, read but not believed.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<Unverified, Refused> {
    let text = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let text = text.and_then(|value| value.strip_prefix("Bearer "));
    Unverified::read(text.ok_or(RefusalReason::Token)?).map_err(refuse)
}

pub(crate) fn refuse(error: TokenError) -> Refused {
    match error {
        TokenError::Malformed | TokenError::Signature => RefusalReason::Token.into(),
        TokenError::Clock => RefusalReason::Clock.into(),
    }
}

/// A signer that the audience does not know: meant for another workspace here, or a stranger.
fn unknown(relay: &Inner, signer: DeviceId) -> Refused {
    let spaces = relay.workspaces.all();
    let elsewhere = spaces.iter().any(|space| key_of(&space.roster(), signer).is_some());
    if elsewhere { RefusalReason::Token.into() } else { RefusalReason::NotMember.into() }
}

fn key_of(roster: &Roster, signer: DeviceId) -> Option<SigningPublic> {
    let member = roster.member(signer).map(|member| member.keys.sign);
    member
        .or_else(|| roster.invite(signer).map(|invited| invited.key))
        .or_else(|| root_key(roster, signer))
}

/// The root's key, if it is the root that signs.
pub(crate) fn root_key(roster: &Roster, signer: DeviceId) -> Option<SigningPublic> {
    roster.root().filter(|root| DeviceId::of(root) == signer)
}

/// Members and invites have read who the audience is; the root has only itself to know it from.
fn audience_of(roster: &Roster, signer: DeviceId) -> RelayId {
    match root_key(roster, signer) {
        Some(root) => RelayId::of_root(&root),
        None => roster.relay(),
    }
}

impl Unbound {
    /// Compares what the token covers with what has arrived, and spends the token.
    pub(crate) fn bind(self, relay: &Inner, control: &[u8]) -> Result<Caller, Refused> {
        if !self.token.covers(control) {
            return Err(RefusalReason::Token.into());
        }
        relay.seen.spend(&self.token, now_seconds())?;
        Ok(Caller { space: self.space, id: self.token.signer })
    }
}

impl Caller {
    /// The caller as a member who isn't revoked, with the roster as it stands.
    pub(crate) fn member(&self) -> Result<Arc<Roster>, Refused> {
        let roster = self.space.roster();
        check_member(roster.member(self.id))?;
        Ok(roster)
    }

    /// The caller as headquarters.
    pub(crate) fn headquarters(&self) -> Result<Arc<Roster>, Refused> {
        let roster = self.space.roster();
        let member = check_member(roster.member(self.id))?;
        if member.role != Role::Headquarters {
            return Err(RefusalReason::Role.into());
        }
        Ok(roster)
    }

    /// The device that reads: the caller's, or the one that has come with its invite.
    pub(crate) fn reader(&self) -> DeviceId {
        let used_by = self.space.roster().invite(self.id).and_then(|invited| invited.used_by);
        used_by.unwrap_or(self.id)
    }

    /// Whether the caller is the workspace's root: it may read and extend the roster and nothing else, so that a
    /// workspace whose headquarters has burned can be given another.
    pub(crate) fn is_root(&self) -> bool {
        let roster = self.space.roster();
        roster.member(self.id).is_none() && root_key(&roster, self.id).is_some()
    }

    /// The caller as an invite.
    pub(crate) fn invite(&self) -> Result<Invited, Refused> {
        let invited = self.space.roster().invite(self.id).copied();
        invited.ok_or_else(|| RefusalReason::Role.into())
    }
}

fn check_member(member: Option<&Member>) -> Result<&Member, Refused> {
    let member = member.ok_or(RefusalReason::Role)?;
    if member.revoked.is_some() {
        return Err(RefusalReason::Revoked.into());
    }
    Ok(member)
}

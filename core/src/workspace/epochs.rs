//! New key epochs: who is given a scope's next key, and how it reaches them.
//!
//! Headquarters' wraps and recovery's stand in the roster, so that nobody accepts an epoch that they could not read.
//! Everybody else's travels beside the roster, to its own device only: a phone among two thousand downloads one wrap,
//! not two thousand. What comes that way is not signed; it is the key whose hash the roster's entry names, or it is
//! not taken.

use super::Claimed;
use super::founding::add_entry;
use super::identity::Identity;
use crate::crypto::{EpochKey, SigningSecret, WrapContext, seal_previous, wrap_key};
use crate::store::members;
use kahriz_proto::ids::{DeviceId, ScopeId};
use kahriz_proto::message::KeyWrap;
use kahriz_proto::roster::{Action, Role, RosterError, Wrap};
use rand_core::CryptoRng;
use rusqlite::Transaction;

/// Starts a scope's next epoch, whose key nobody but its live members is given; says its number.
pub(super) fn start_epoch<E: From<rusqlite::Error> + From<RosterError>>(
    tx: &Transaction<'_>,
    identity: &mut Identity,
    signer: &SigningSecret,
    scope: ScopeId,
    claimed: Claimed,
    rng: &mut dyn CryptoRng,
) -> Result<u32, E> {
    let before = identity.roster.epoch(scope);
    let context = context(identity, scope, before + 1);
    let key = EpochKey::generate(rng);
    let old = members::key(tx, scope, before)?;
    let previous = old.map(|old| seal_previous(&EpochKey::from_bytes(&old), &key, context, rng));
    let recovery = wrap(&key, identity.roster.recovery(), context, rng)?;
    let mut wraps = vec![Wrap { recipient: None, sealed: recovery }];
    let mut beside = vec![];
    for (device, member) in identity.roster.live_in(scope) {
        let sealed = wrap(&key, &member.keys.wrap, context, rng)?;
        match member.role {
            Role::Headquarters => wraps.push(Wrap { recipient: Some(device), sealed }),
            Role::Officer | Role::Supervisor => {
                beside.push(KeyWrap { scope, epoch: context.epoch, device, sealed });
            }
        }
    }
    let commitment = Some(key.commitment());
    let epoch = context.epoch;
    let started = Action::EpochStarted { scope, epoch, wraps, previous, commitment };
    add_entry(tx, identity, signer, claimed, started)??;
    let at = identity.roster.seq();
    beside.iter().try_for_each(|wrap| members::keep_wrap(tx, at, wrap))?;
    Ok(epoch)
}

/// Gives a device the key of a scope's newest epoch; all older ones follow from it.
pub(super) fn give_key<E: From<rusqlite::Error> + From<RosterError>>(
    tx: &Transaction<'_>,
    identity: &Identity,
    scope: ScopeId,
    device: DeviceId,
    rng: &mut dyn CryptoRng,
) -> Result<(), E> {
    let epoch = identity.roster.epoch(scope);
    let key = members::key(tx, scope, epoch)?.ok_or(RosterError::Contradiction)?;
    let member = identity.roster.member(device).ok_or(RosterError::Contradiction)?;
    let context = context(identity, scope, epoch);
    let sealed = wrap(&EpochKey::from_bytes(&key), &member.keys.wrap, context, rng)?;
    let wrap = KeyWrap { scope, epoch, device, sealed };
    Ok(members::keep_wrap(tx, identity.roster.seq(), &wrap)?)
}

fn context(identity: &Identity, scope: ScopeId, epoch: u32) -> WrapContext {
    WrapContext { workspace: identity.roster.workspace(), scope, epoch }
}

fn wrap(
    key: &EpochKey,
    to: &[u8],
    context: WrapContext,
    rng: &mut dyn CryptoRng,
) -> Result<Vec<u8>, RosterError> {
    wrap_key(key, to, context, rng).map_err(|_| RosterError::Malformed)
}

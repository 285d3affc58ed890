//! The epochs' keys as recovery opens them, and the epoch that a restored headquarters begins.

use super::super::Claimed;
use super::super::error::AdminError;
use super::super::founding::add_entry;
use super::super::identity::Identity;
use crate::crypto::{
    EpochKey, SigningSecret, WrapContext, WrapSecret, open_previous, seal_previous, unwrap_key,
    wrap_key,
};
use crate::store::members;
use kahriz_proto::ids::{DeviceId, ScopeId};
use kahriz_proto::roster::{Action, EpochRecord, Roster, RosterError, Wrap};
use rand_core::CryptoRng;
use rusqlite::Transaction;
use std::collections::BTreeMap;

/// Every epoch's key that the recovery key opens: from its wrap, or from under the key that came after it. An
/// epoch that opens in neither way is left out; its frames wait until a device that holds the key lends it.
pub(super) fn open_all(roster: &Roster, recovery: &WrapSecret) -> Vec<(ScopeId, u32, EpochKey)> {
    let mut opened = vec![];
    for scope in roster.scopes() {
        let Some(epochs) = roster.epochs(scope) else { continue };
        let mut later = None;
        for epoch in epochs.keys().rev() {
            let key = open_one(roster, recovery, epochs, scope, *epoch, later.as_ref());
            opened.extend(key.clone().map(|key| (scope, *epoch, key)));
            later = key;
        }
    }
    opened
}

fn open_one(
    roster: &Roster,
    recovery: &WrapSecret,
    epochs: &BTreeMap<u32, EpochRecord>,
    scope: ScopeId,
    epoch: u32,
    later: Option<&EpochKey>,
) -> Option<EpochKey> {
    let context = |epoch| WrapContext { workspace: roster.workspace(), scope, epoch };
    let from_later = later.and_then(|key| {
        let sealed = epochs.get(&(epoch + 1))?.previous.as_ref()?;
        open_previous(sealed, key, context(epoch + 1)).ok()
    });
    from_later.or_else(|| {
        let wraps = epochs.get(&epoch)?.wraps.iter().filter(|wrap| wrap.recipient.is_none());
        wraps.filter_map(|wrap| unwrap_key(&wrap.sealed, recovery, context(epoch)).ok()).next()
    })
}

/// Begins a scope's next epoch, for everybody who is live in it today and for recovery. A scope whose newest key is
/// not here is left as it is: who began an epoch without it would cut the others off from what came before.
pub(super) fn begin(
    tx: &Transaction<'_>,
    identity: &mut Identity,
    admin: &SigningSecret,
    scope: ScopeId,
    claimed: Claimed,
    rng: &mut dyn CryptoRng,
) -> Result<(), AdminError> {
    let last = identity.roster.epoch(scope);
    let old = members::key(tx, scope, last)?.map(|key| EpochKey::from_bytes(&key));
    if last > 0 && old.is_none() {
        return Ok(());
    }
    let context = WrapContext { workspace: identity.roster.workspace(), scope, epoch: last + 1 };
    let key = EpochKey::generate(rng);
    let wraps = wraps(&identity.roster, &key, context, rng)?;
    let previous = old.map(|old| seal_previous(&old, &key, context, rng));
    let started = Action::EpochStarted { scope, epoch: context.epoch, wraps, previous };
    Ok(add_entry(tx, identity, admin, claimed, started)??)
}

fn wraps(
    roster: &Roster,
    key: &EpochKey,
    context: WrapContext,
    rng: &mut dyn CryptoRng,
) -> Result<Vec<Wrap>, RosterError> {
    let devices =
        roster.live_in(context.scope).map(|(id, member)| (Some(id), &member.keys.wrap[..]));
    let all = devices.chain([(None, roster.recovery())]);
    all.map(|(recipient, to): (Option<DeviceId>, &[u8])| {
        let sealed = wrap_key(key, to, context, rng).map_err(|_| RosterError::Malformed)?;
        Ok(Wrap { recipient, sealed })
    })
    .collect()
}

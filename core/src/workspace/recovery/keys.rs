//! The epochs' keys as recovery opens them.

use crate::crypto::{EpochKey, WrapContext, WrapSecret, open_previous, unwrap_key};
use kahriz_proto::ids::ScopeId;
use kahriz_proto::roster::{EpochRecord, Roster};
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

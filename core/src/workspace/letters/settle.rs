//! What becomes of a letter that is here: adopted if it is a member's or a person said so, closed once all of it is here.

use super::opened::{Opened, is_member};
use super::{LettersError, LettersSettled, state};
use crate::letters::Signed;
use crate::merge::{self, Found};
use crate::record::Engine;
use crate::store::{letters, members};
use crate::workspace::Claimed;
use crate::workspace::identity::Identity;
use crate::workspace::rows::RowWriter;
use kahriz_proto::ids::ScopeId;
use rusqlite::Transaction;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a person is told was the reason when nobody was asked.
const OF_A_MEMBER: &str = "a member's own work";

pub(super) fn settle_one(
    tx: &Transaction<'_>,
    identity: &Identity,
    engine: &dyn Engine,
    id: i64,
    claimed: Claimed,
) -> Result<LettersSettled, LettersError> {
    let mut settled = LettersSettled::default();
    let Some(kept) = letters::get(tx, id)?.filter(|kept| kept.state != state::REJECTED) else {
        return Ok(settled);
    };
    let opened = Opened::of(tx, identity, &kept)?;
    let is_member = is_member(identity, kept.device);
    let is_closed = |opened: &Opened| {
        kept.key.is_some()
            && opened.count(Found::Held) == opened.statements.len()
            && opened.damaged == 0
    };
    if is_closed(&opened) {
        letters::remove(tx, id)?;
        settled.closed = 1;
    } else if kept.key.is_some() && (kept.state == state::ADOPTED || is_member) {
        settled.changes = adopt(tx, identity, engine, &opened)?;
        if kept.state != state::ADOPTED {
            letters::decide(tx, id, state::ADOPTED, "", OF_A_MEMBER, claimed.ms)?;
            settled.adopted = 1;
        }
        if is_closed(&Opened::of(tx, identity, &kept)?) {
            letters::remove(tx, id)?;
            settled.closed = 1;
        }
    } else {
        settled.waiting = 1;
    }
    Ok(settled)
}

/// Takes in what is new of an opened letter, scope by scope, and queues it.
pub(super) fn adopt(
    tx: &Transaction<'_>,
    identity: &Identity,
    engine: &dyn Engine,
    opened: &Opened,
) -> Result<u64, LettersError> {
    if identity.copied.is_some() {
        return Err(LettersError::Copy);
    }
    let mut by_scope: BTreeMap<ScopeId, Vec<Signed>> = BTreeMap::new();
    for (signed, _, found) in &opened.statements {
        // Headquarters can hand on only what is of a scope that it holds itself.
        let may = identity.scopes().contains(&signed.scope);
        if *found == Found::New && may {
            by_scope.entry(signed.scope).or_default().push(signed.clone());
        }
    }
    let mut rows = RowWriter::new(members::scope_names(tx)?);
    let mut changes = 0;
    for (scope, statements) in by_scope {
        let carrier = identity.own_log(tx, scope)?;
        // The engine is not safe on hostile bytes, and whoever held the phone could sign some.
        let adopting = || merge::adopt(tx, &carrier, &identity.roster, &statements, engine);
        let adopted = catch_unwind(AssertUnwindSafe(adopting));
        let (patches, count) = adopted.map_err(|_| LettersError::Misfit)??;
        patches.iter().try_for_each(|patch| rows.show(tx, patch))?;
        changes += count;
    }
    Ok(changes)
}

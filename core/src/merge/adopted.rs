//! Changes that headquarters hands on for a device that cannot: verified against that device's own key, and
//! taken in under its own log.
//!
//! Headquarters may hand on, not make up: what it adopts carries the signature of the device that saved it.
//! The same change may come twice, in its own log's frame and adopted, in either order; the second is
//! nothing new. Two different changes at one place of a log are a copied or a lying device: the one that is
//! held stays, the other is kept aside, and headquarters' frame goes on, or one such device could cut
//! everybody off from headquarters.

use super::{Frame, MergeError, New, Patch};
use crate::batch::{Adopted, Known, Place};
use crate::letters::{Said, Signed};
use crate::record::{ChangeId, Engine};
use crate::store::logs::{self, LogRow};
use crate::store::{ParkReason, documents, outbox};
use kahriz_proto::roster::{Role, Roster};
use rusqlite::{Connection, Transaction};

/// How one adopted change stands to what is held.
enum Taken {
    New,
    Held,
    /// It builds on something that is not here.
    Early,
    /// Another change stands at its place.
    Conflicts,
}

/// Where a statement of a letter stands, before anything is done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// The change is held.
    Held,
    /// It is not held, and its place is free.
    New,
    /// Another change stands at its place, or it is of another scope than its record.
    Conflicts,
}

impl Frame<'_> {
    /// Takes an adopted entry of a frame.
    pub(super) fn take_adopted(&mut self, adopted: &Adopted<'_>) -> Result<(), MergeError> {
        let sender = self.roster.member(self.own.device).map(|member| member.role);
        if sender != Some(Role::Headquarters) {
            return Err(ParkReason::Malformed.into());
        }
        let signed = Signed {
            device: adopted.device,
            scope: self.scope,
            signature: *adopted.signature,
            packed: adopted.packed.to_vec(),
        };
        if self.roster.member(adopted.device).is_none() {
            return Err(ParkReason::UnknownDevice.into());
        }
        let said = verified(self.roster, &signed).ok_or(ParkReason::Malformed)?;
        match self.take_said(&signed, said)? {
            Taken::New | Taken::Held | Taken::Conflicts => Ok(()),
            Taken::Early => Err(ParkReason::MissingDeps.into()),
        }
    }

    fn take_said(&mut self, signed: &Signed, said: Said) -> Result<Taken, MergeError> {
        let log = logs::ensure(self.tx, signed.device, signed.scope, said.generation)?;
        let (tx, begins) = (self.tx, said.begins_record());
        let touched = self.touch(said.reference)?;
        let change = said.change;
        let place = Place { log: log.log, seq: change.seq() };
        let known = Known { place, id: change.id(), max_op: change.max_op() };
        match touched.held.get(&place) {
            Some(same) if same.id == known.id => return Ok(Taken::Held),
            Some(_) => {
                if let Some(row) = touched.row {
                    documents::keep_stuck(tx, row.id, log.id, place.seq, change.chunk())?;
                }
                return Ok(Taken::Conflicts);
            }
            None => {}
        }
        let is_held = |id: &ChangeId| touched.held.values().any(|known| known.id == *id);
        let known_record = touched.row.is_some() || touched.begun.is_some() || begins;
        if !known_record || !change.deps().iter().all(is_held) {
            return Ok(Taken::Early);
        }
        if begins && touched.row.is_none() && touched.begun.is_none() {
            touched.begun = Some((log.id, said.kind));
        }
        touched.held.insert(place, known);
        touched.new.push(New { known, change, log: log.id, carried: true });
        Ok(Taken::New)
    }
}

/// Headquarters takes in what a letter states and queues it in its own log `carrier`, as far as what it
/// builds on is here. All statements are of the carrier's scope.
pub(crate) fn adopt(
    tx: &Transaction<'_>,
    carrier: &LogRow,
    roster: &Roster,
    statements: &[Signed],
    engine: &dyn Engine,
) -> Result<(Vec<Patch>, u64), MergeError> {
    let mut frame = Frame::new(tx, carrier, None, roster);
    let mut waiting: Vec<&Signed> = statements.iter().collect();
    let mut taken = vec![];
    // In whatever order they were written: as long as one fits, the next may fit on it.
    loop {
        let (before, mut early) = (taken.len(), vec![]);
        for signed in waiting {
            let Some(said) = verified(roster, signed) else { continue };
            let (reference, log, seq) = (said.reference, said.log, said.change.seq());
            match frame.take_said(signed, said)? {
                Taken::New => taken.push((reference, log, seq, signed)),
                Taken::Early => early.push(signed),
                Taken::Held | Taken::Conflicts => {}
            }
        }
        if taken.len() == before {
            break;
        }
        waiting = early;
    }
    let (patches, count) = frame.apply(engine)?;
    for (reference, log, seq, signed) in taken {
        let row = documents::record(tx, reference.record())?.ok_or(ParkReason::Malformed)?;
        let log = logs::get(tx, log)?.ok_or(ParkReason::Malformed)?;
        let content = minicbor::to_vec(signed).expect("writing to a vector cannot fail");
        outbox::push_adopted(tx, carrier.id, row.id, (log.id, seq), &content)?;
    }
    Ok((patches, count))
}

/// How a verified statement stands to what is held.
pub(crate) fn find(conn: &Connection, signed: &Signed, said: &Said) -> rusqlite::Result<Found> {
    let Some(row) = documents::record(conn, said.reference.record())? else {
        return Ok(Found::New);
    };
    let place = Place { log: said.log, seq: said.change.seq() };
    let held = documents::changes(conn, row.id)?;
    let held = held.iter().find(|held| held.known.place == place);
    Ok(match held {
        Some(held) if held.known.id == said.change.id() => Found::Held,
        Some(_) => Found::Conflicts,
        None if row.scope == signed.scope => Found::New,
        None => Found::Conflicts,
    })
}

/// What a member says, whether it still is one or not, in a scope that it was granted.
pub(super) fn verified(roster: &Roster, signed: &Signed) -> Option<Said> {
    let member = roster.member(signed.device)?;
    let granted = member.scopes.contains(&signed.scope);
    granted.then(|| signed.verify(roster.workspace(), &member.keys.sign)).flatten()
}

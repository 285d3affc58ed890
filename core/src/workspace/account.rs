//! The account of each device: what of it is merged here, what is here and waits or is quarantined, and what is missing.
//!
//! Missing is what something signed names and what is not here: frames that are here show holes before them, what they
//! build on names other logs, and headquarters' heartbeats and receipts say how far it has seen each. So of each device
//! *merged + waiting + quarantined + missing = known*. What nothing names yet cannot be missed.

use super::identity::{Identity, logs_of};
use super::reading::People;
use super::{Claimed, ReadError, Workspace};
use crate::store::members::{self, Receipt};
use crate::store::{ParkReason, inbox};
use kahriz_proto::frame::{Frame, FrameRef, Preamble};
use kahriz_proto::ids::{DeviceId, LogId, ScopeId};
use kahriz_proto::roster::{Role, Roster};
use rusqlite::Connection;
use std::collections::BTreeMap;

/// What has come of one device in one scope, over all of its logs there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceAccount {
    /// The device.
    pub device: DeviceId,
    /// The officer who uses it.
    pub officer: String,
    /// What the device is called.
    pub phone: String,
    /// What it may do.
    pub role: Role,
    /// The scope.
    pub scope: ScopeId,
    /// Frames that it has sealed, as far as anything signed says.
    pub frames_known: u64,
    /// Frames that are merged here (of the own log: sealed).
    pub frames_merged: u64,
    /// Those of them that a verified backup of headquarters holds, as it has signed.
    pub frames_backed_up: u64,
    /// Frames that are here and wait.
    pub frames_waiting: u64,
    /// Frames that are here and quarantined.
    pub frames_parked: u64,
    /// What is quarantined and no part of the count: its signature is wrong, or another frame stands at its place.
    pub frames_beside: u64,
    /// What is missing, log by log in order.
    pub gaps: Vec<Gap>,
    /// The newest time that its changes claim.
    pub last_claimed: Option<Claimed>,
}

/// Frames of one log that follow each other and are not here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The log.
    pub log: LogId,
    /// The number of the first of them.
    pub first: u64,
    /// Of the last.
    pub last: u64,
    /// What the last frame before them claims, if it can be read.
    pub after: Option<Claimed>,
}

impl Gap {
    /// How many frames it is.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.last.saturating_sub(self.first).saturating_add(1)
    }
}

impl DeviceAccount {
    /// How many frames are missing.
    #[must_use]
    pub fn frames_missing(&self) -> u64 {
        self.gaps.iter().map(Gap::frames).fold(0, u64::saturating_add)
    }

    /// Whether every known frame is accounted for, once.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        let here = self.frames_merged + self.frames_waiting + self.frames_parked;
        here.saturating_add(self.frames_missing()) == self.frames_known
    }

    /// Whether something of it is not where it should be.
    #[must_use]
    pub fn is_lacking(&self) -> bool {
        !self.gaps.is_empty() || self.frames_parked + self.frames_beside > 0
    }
}

impl Workspace {
    /// What has come of each device in each scope, by scope and device.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn device_account(&self) -> Result<Vec<DeviceAccount>, ReadError> {
        let identity = self.identity();
        self.store.read(|conn| {
            let people = People::read(conn)?;
            let book = Book::of(conn, &identity, &people)?;
            let mut accounts = BTreeMap::new();
            for (device, member) in identity.roster.members() {
                for scope in &member.scopes {
                    let account = DeviceAccount::of_nothing(device, member.role, *scope, &people);
                    accounts.insert((*scope, device), account);
                }
            }
            for (log, tally) in book.tallies {
                let Some(member) = identity.roster.member(tally.device) else { continue };
                let account = accounts.entry((tally.scope, tally.device));
                account
                    .or_insert_with(|| {
                        let (device, scope) = (tally.device, tally.scope);
                        DeviceAccount::of_nothing(device, member.role, scope, &people)
                    })
                    .add(log, &tally);
            }
            Ok(accounts.into_values().collect())
        })
    }
}

impl DeviceAccount {
    fn of_nothing(device: DeviceId, role: Role, scope: ScopeId, people: &People) -> Self {
        let person = people.person(device);
        Self {
            device,
            officer: person.officer,
            phone: person.phone,
            role,
            scope,
            frames_known: 0,
            frames_merged: 0,
            frames_backed_up: 0,
            frames_waiting: 0,
            frames_parked: 0,
            frames_beside: 0,
            gaps: vec![],
            last_claimed: None,
        }
    }

    fn add(&mut self, log: LogId, tally: &Tally) {
        let waiting = tally.here.values().filter(|waits| **waits).count() as u64;
        self.frames_known = self.frames_known.saturating_add(tally.known());
        self.frames_merged += tally.merged;
        self.frames_backed_up += tally.backed_up.min(tally.merged);
        self.frames_waiting += waiting;
        self.frames_parked += tally.here.len() as u64 - waiting;
        self.frames_beside += tally.beside;
        self.gaps.extend(tally.holes().into_iter().map(|(first, last)| {
            // Frames that wait are sealed: only the last merged one says when.
            let after = tally.claimed.filter(|_| first == tally.merged + 1);
            Gap { log, first, last, after }
        }));
        self.last_claimed = self.last_claimed.max(tally.claimed);
    }
}

/// One log, as far as it is known.
struct Tally {
    device: DeviceId,
    scope: ScopeId,
    merged: u64,
    claimed: Option<Claimed>,
    backed_up: u64,
    /// The highest number that anything signed names.
    named: u64,
    /// Signed frames after the merged ones, by number: whether it waits, or is quarantined.
    here: BTreeMap<u64, bool>,
    beside: u64,
}

impl Tally {
    fn new(device: DeviceId, scope: ScopeId) -> Self {
        let here = BTreeMap::new();
        Self { device, scope, merged: 0, claimed: None, backed_up: 0, named: 0, here, beside: 0 }
    }

    fn known(&self) -> u64 {
        let last_here = self.here.last_key_value().map_or(0, |(seq, _)| *seq);
        self.named.max(self.merged).max(last_here)
    }

    /// The stretches of numbers between the merged ones and the last known one of which nothing is here.
    fn holes(&self) -> Vec<(u64, u64)> {
        let mut holes = vec![];
        let mut next = self.merged.saturating_add(1);
        for seq in self.here.keys() {
            if *seq > next {
                holes.push((next, seq - 1));
            }
            next = seq.saturating_add(1);
        }
        if self.known() >= next {
            holes.push((next, self.known()));
        }
        holes
    }

    /// Takes in a frame of the inbox; says whether its device has signed it.
    fn take(&mut self, preamble: &Preamble, is_signed: bool, reason: ParkReason) {
        if is_signed && preamble.seq > self.merged {
            *self.here.entry(preamble.seq).or_default() |= !reason.is_quarantine();
        } else if reason.is_quarantine() {
            self.beside += 1;
        }
    }
}

/// All logs that anything here speaks of.
struct Book<'a> {
    roster: &'a Roster,
    tallies: BTreeMap<LogId, Tally>,
    /// Places that something signed names.
    named: Vec<FrameRef>,
}

impl<'a> Book<'a> {
    fn of(conn: &Connection, identity: &'a Identity, people: &People) -> rusqlite::Result<Self> {
        let receipts = members::receipts(conn)?;
        let roster = &identity.roster;
        let mut book = Self { roster, tallies: BTreeMap::new(), named: vec![] };
        for row in people.logs.values() {
            let receipt = receipts.get(&row.log).copied().unwrap_or_default();
            let tally = Tally {
                merged: row.merged,
                claimed: row.claimed_s.map(Claimed::of_seconds),
                backed_up: receipt.backed_up,
                named: row.sealed,
                ..Tally::new(row.device, row.scope)
            };
            book.tallies.insert(row.log, tally);
        }
        inbox::each(conn, |reason, bytes| book.take(reason, bytes))?;
        let signed = receipts.iter().map(|(log, Receipt { merged, backed_up })| FrameRef {
            log: *log,
            seq: *merged.max(backed_up),
        });
        book.named.extend(signed);
        let seen = identity.roster.seen().iter();
        book.named.extend(seen.map(|(log, seq)| FrameRef { log: *log, seq: *seq }));
        book.name_all();
        Ok(book)
    }

    /// Takes in a frame of the inbox, if a member can have sealed it.
    fn take(&mut self, reason: ParkReason, bytes: Vec<u8>) {
        let Ok(frame) = Frame::decode(bytes) else { return };
        let preamble = frame.preamble().clone();
        let Some(member) = self.roster.member(preamble.device) else { return };
        let is_signed = frame.verify(&member.keys.sign).is_ok();
        let tally = self.tallies.entry(preamble.log());
        let tally = tally.or_insert_with(|| Tally::new(preamble.device, preamble.scope));
        tally.take(&preamble, is_signed, reason);
        if is_signed {
            self.named.extend(preamble.deps);
        }
    }

    fn name_all(&mut self) {
        let unmet = |place: &&FrameRef| place.seq > 0 && !self.tallies.contains_key(&place.log);
        // Seldom needed, and costly where there are many devices.
        let owners = match self.named.iter().any(|place| unmet(&place)) {
            true => owners(self.roster),
            false => BTreeMap::new(),
        };
        for FrameRef { log, seq } in self.named.drain(..).filter(|place| place.seq > 0) {
            if let Some((device, scope)) = owners.get(&log) {
                self.tallies.entry(log).or_insert_with(|| Tally::new(*device, *scope));
            }
            if let Some(tally) = self.tallies.get_mut(&log) {
                tally.named = tally.named.max(seq);
            }
        }
    }
}

/// Whose every log would be that a member may have begun.
fn owners(roster: &Roster) -> BTreeMap<LogId, (DeviceId, ScopeId)> {
    let granted = roster
        .members()
        .flat_map(|(device, member)| member.scopes.iter().map(move |scope| (device, *scope)));
    let logs = granted
        .flat_map(|(device, scope)| logs_of(device, scope).map(move |log| (log, (device, scope))));
    logs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(merged: u64, here: &[u64], named: u64) -> Tally {
        let new = Tally::new(DeviceId::from_bytes([1; 16]), ScopeId::from_bytes([2; 8]));
        Tally { merged, named, here: here.iter().map(|seq| (*seq, true)).collect(), ..new }
    }

    fn account(tally: &Tally) -> DeviceAccount {
        let (device, scope) = (tally.device, tally.scope);
        let mut account =
            DeviceAccount::of_nothing(device, Role::Officer, scope, &People::default());
        account.add(LogId::from_bytes([3; 16]), tally);
        account
    }

    #[test]
    fn what_is_missing_is_named_by_its_numbers() {
        assert_eq!(tally(3, &[], 3).holes(), []);
        assert_eq!(tally(3, &[4, 5], 0).holes(), []);
        assert_eq!(tally(3, &[6, 7, 9], 0).holes(), [(4, 5), (8, 8)]);
        assert_eq!(tally(0, &[2], 5).holes(), [(1, 1), (3, 5)]);
        assert_eq!(tally(0, &[], u64::MAX).holes(), [(1, u64::MAX)]);
    }

    #[test]
    fn every_known_frame_is_accounted_for_once_whatever_is_here() {
        for merged in 0..4_u64 {
            for here in 0..64_u64 {
                for named in 0..12 {
                    let seqs: Vec<u64> = (0..6)
                        .filter(|bit| here >> bit & 1 == 1)
                        .map(|bit| merged + 1 + bit)
                        .collect();
                    let account = account(&tally(merged, &seqs, named));
                    assert!(account.adds_up(), "{merged} {seqs:?} {named}: {account:?}");
                }
            }
        }
        assert!(account(&tally(0, &[7], u64::MAX)).adds_up());
    }

    #[test]
    fn only_the_gap_after_the_last_merged_frame_can_say_since_when() {
        let claimed = Some(Claimed { ms: 5_000 });
        let account = account(&Tally { claimed, ..tally(2, &[5], 8) });
        let since: Vec<_> = account.gaps.iter().map(|gap| (gap.first, gap.after)).collect();
        assert_eq!(since, [(3, claimed), (6, None)]);
        assert_eq!(account.frames_missing(), 5);
    }
}

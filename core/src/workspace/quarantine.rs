//! Quarantine: what was received and is not believed, and how a person releases or rejects it. Nothing is ever taken
//! out of it but by merging.

use super::alarms;
use super::error::AdminError;
use super::founding::add_entry;
use super::identity::Identity;
use super::{Claimed, ReadError, Workspace};
use crate::batch::{self, ParsedEntry};
use crate::crypto::{self, EpochKey};
use crate::store::alarms::{RulingRow, rule, rulings};
use crate::store::{ParkReason, inbox, members};
use kahriz_proto::frame::{Frame, FrameRef};
use kahriz_proto::ids::{DeviceId, LogId, RecordId, ScopeId};
use kahriz_proto::roster::Action;
use rusqlite::Connection;

/// Frames of one log that are quarantined for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// The scope.
    pub scope: ScopeId,
    /// The log that they are of.
    pub log: LogId,
    /// The device that sealed them; none if it cannot be known.
    pub device: Option<DeviceId>,
    /// Why they are not believed.
    pub reason: ParkReason,
    /// Their numbers in the log, in order.
    pub seqs: Vec<u64>,
    /// Changes in them, as far as they can be opened here.
    pub changes: u64,
    /// The records that they touch, as far as they can be opened here.
    pub records: Vec<RecordId>,
    /// Frames of other devices that wait for one of these.
    pub built_upon: u64,
}

impl Quarantined {
    /// Whether headquarters can release them: only what is quarantined because its device was revoked.
    #[must_use]
    pub fn can_be_released(&self) -> bool {
        self.reason == ParkReason::Revoked
    }
}

/// What a person has judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// The log.
    pub log: LogId,
    /// Up to this frame, if released; from this one on, if rejected.
    pub seq: u64,
    /// Whether it was released.
    pub released: bool,
    /// Why.
    pub reason: String,
    /// When, as headquarters' clock says.
    pub claimed: Claimed,
}

impl Workspace {
    /// What is quarantined, by log and reason.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn quarantine(&self) -> Result<Vec<Quarantined>, ReadError> {
        let identity = self.identity();
        Ok(self.store.read(|conn| {
            let mut groups: Vec<Quarantined> = vec![];
            for parked in inbox::parked(conn)? {
                if !parked.reason.is_quarantine() || parked.reason == ParkReason::Rejected {
                    continue;
                }
                let same = |group: &&mut Quarantined| {
                    (group.log, group.reason) == (parked.log, parked.reason)
                };
                match groups.iter_mut().find(same) {
                    Some(group) => group.seqs.push(parked.seq),
                    None => groups.push(Quarantined {
                        scope: parked.scope,
                        log: parked.log,
                        device: None,
                        reason: parked.reason,
                        seqs: vec![parked.seq],
                        changes: 0,
                        records: vec![],
                        built_upon: 0,
                    }),
                }
            }
            for group in &mut groups {
                group.seqs.sort_unstable();
                look_into(conn, &identity, group)?;
                group.built_upon = built_upon(conn, group.log, *group.seqs.first().unwrap_or(&0))?;
            }
            Ok::<_, rusqlite::Error>(groups)
        })?)
    }

    /// What persons have judged here, the newest first.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn rulings(&self) -> Result<Vec<Ruling>, ReadError> {
        let ruling = |row: RulingRow| Ruling {
            log: row.log,
            seq: row.seq,
            released: row.released,
            reason: row.reason,
            claimed: Claimed::of_seconds(row.claimed_s),
        };
        Ok(self.store.read(rulings)?.into_iter().map(ruling).collect())
    }

    /// Believes a revoked device's log up to a frame, for everybody: publish the roster. What is here of it is merged
    /// by the next [`Workspace::merge_inbox`].
    ///
    /// # Errors
    /// [`AdminError::NotQuarantined`] if nothing of that log is quarantined for its device's revocation up to there.
    pub fn release(
        &self,
        log: LogId,
        up_to: u64,
        reason: &str,
        claimed: Claimed,
    ) -> Result<(), AdminError> {
        self.change_roster(|tx, identity| {
            let admin = identity.admin_key()?;
            let mut due = frames_of(tx, log, ParkReason::Revoked)?;
            due.extend(frames_of(tx, log, ParkReason::Rejected)?);
            let last =
                due.iter().map(|(_, frame)| frame.preamble().seq).filter(|seq| *seq <= up_to);
            let last = last.max().ok_or(AdminError::NotQuarantined)?;
            let device = due.first().map(|(_, frame)| frame.preamble().device);
            let device = device.ok_or(AdminError::NotQuarantined)?;
            let member = identity.roster.member(device).ok_or(AdminError::NoDevice)?;
            let mut last_good = member.revoked.clone().ok_or(AdminError::NotQuarantined)?;
            last_good.retain(|place| place.log != log);
            last_good.push(FrameRef { log, seq: last });
            add_entry(tx, identity, &admin, claimed, Action::Released { device, last_good })??;
            let released = due.iter().filter(|(_, frame)| frame.preamble().seq <= last);
            released
                .map(|(row, _)| row)
                .try_for_each(|row| inbox::park(tx, *row, ParkReason::New))?;
            Ok(rule(tx, &ruling(log, last, true, reason, claimed))?)
        })
    }

    /// Does not believe what is quarantined of a log from a frame on. It is kept, and no longer asked about.
    ///
    /// # Errors
    /// [`AdminError::BuiltUpon`] if frames of other devices wait for it; [`AdminError::NotQuarantined`].
    pub fn reject(
        &self,
        log: LogId,
        from: u64,
        reason: &str,
        claimed: Claimed,
    ) -> Result<(), AdminError> {
        self.store.write(|tx| {
            let waiting = built_upon(tx, log, from)?;
            if waiting > 0 {
                return Err(AdminError::BuiltUpon(waiting));
            }
            let parked = inbox::rows_of(tx, log, from)?;
            let due = || parked.iter().filter(|(_, reason)| reason.is_quarantine());
            if due().count() == 0 {
                return Err(AdminError::NotQuarantined);
            }
            due().try_for_each(|(row, _)| inbox::park(tx, *row, ParkReason::Rejected))?;
            alarms::settle_fork(tx, log)?;
            Ok(rule(tx, &ruling(log, from, false, reason, claimed))?)
        })
    }
}

fn ruling(log: LogId, seq: u64, released: bool, reason: &str, claimed: Claimed) -> RulingRow {
    RulingRow { log, seq, released, reason: reason.to_owned(), claimed_s: claimed.seconds() }
}

/// Frames of a log that wait for this reason, in order.
fn frames_of(
    conn: &Connection,
    log: LogId,
    reason: ParkReason,
) -> rusqlite::Result<Vec<(i64, Frame)>> {
    let frames = inbox::frames_for(conn, reason)?.into_iter();
    let frames = frames.filter_map(|(row, bytes)| Some((row, Frame::decode(bytes).ok()?)));
    Ok(frames.filter(|(_, frame)| frame.preamble().log() == log).collect())
}

/// How many frames of other devices wait for one of a log's frames from this number on.
fn built_upon(conn: &Connection, log: LogId, from: u64) -> rusqlite::Result<u64> {
    let waiting = inbox::frames_for(conn, ParkReason::MissingDeps)?;
    let builds = |bytes: Vec<u8>| {
        let frame = Frame::decode(bytes).ok()?;
        let deps = &frame.preamble().deps;
        deps.iter().any(|dep| dep.log == log && dep.seq >= from).then_some(())
    };
    Ok(waiting.into_iter().filter_map(|(_, bytes)| builds(bytes)).count() as u64)
}

/// Who sealed the frames of a group, and what they touch as far as they can be opened here.
fn look_into(
    conn: &Connection,
    identity: &Identity,
    group: &mut Quarantined,
) -> rusqlite::Result<()> {
    for (_, frame) in frames_of(conn, group.log, group.reason)? {
        group.device = Some(frame.preamble().device);
        let Some(plain) = opened(conn, identity, frame)? else { continue };
        let logs: Vec<LogId> = plain.1.iter().map(|dep| dep.log).collect();
        let Ok(parsed) = batch::parse(group.log, &logs, &plain.0) else { continue };
        for entry in &parsed.entries {
            if let ParsedEntry::Change(change) = entry {
                group.changes += 1;
                let record = change.record.record();
                if !group.records.contains(&record) {
                    group.records.push(record);
                }
            }
        }
    }
    Ok(())
}

/// A frame's batch and what it builds on, if its device's signature and its epoch's key are right.
fn opened(
    conn: &Connection,
    identity: &Identity,
    frame: Frame,
) -> rusqlite::Result<Option<(Vec<u8>, Vec<FrameRef>)>> {
    let preamble = frame.preamble().clone();
    let Some(member) = identity.roster.member(preamble.device) else { return Ok(None) };
    let Some(key) = members::key(conn, preamble.scope, preamble.epoch)? else { return Ok(None) };
    let Ok(frame) = frame.verify(&member.keys.sign) else { return Ok(None) };
    let plain = crypto::open(&frame, &EpochKey::from_bytes(&key)).ok();
    let batch = plain.and_then(|plain| batch::unpack(&plain).ok());
    Ok(batch.map(|batch| (batch, preamble.deps)))
}

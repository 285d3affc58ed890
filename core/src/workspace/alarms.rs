//! Alarms: what no honest relay, phone or newcomer does, noticed by comparing what was signed with what was given.

use super::identity::{Identity, logs_of};
use super::{Claimed, ReadError, Workspace};
use crate::store::{alarms, inbox, logs, members};
use kahriz_proto::frame::Preamble;
use kahriz_proto::ids::{DeviceId, LogId, ScopeId};
use kahriz_proto::join::Join;
use rusqlite::{Connection, Transaction};
use std::collections::BTreeMap;
use thiserror::Error;

/// What an alarm is about, in words for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AlarmKind {
    /// Two devices have used one invite.
    #[error("an invite was used by a second device: somebody may have photographed it")]
    InviteUsedTwice {
        /// The invite.
        invite: DeviceId,
    },
    /// This device's invite was used by another.
    #[error("another device has used this device's invite: tell headquarters")]
    InviteTaken {
        /// The invite.
        invite: DeviceId,
    },
    /// A frame was sealed under another roster than the one that is known here.
    #[error("a device was shown another member list than this one: the relay may be lying")]
    RosterForked {
        /// The device that was shown it.
        device: DeviceId,
    },
    /// A frame names an entry of the roster that the relay does not give.
    #[error("the relay keeps back entries of the member list")]
    RosterWithheld {
        /// The number of the entry.
        entry: u64,
    },
    /// Headquarters has seen frames that the relay does not give.
    #[error("the relay keeps back {missing} frames of a device, which headquarters has seen")]
    FramesWithheld {
        /// The log that they are of.
        log: LogId,
        /// How many at least.
        missing: u64,
    },
    /// The relay's store is not what was read before: it was restored from an old copy, or is another.
    #[error(
        "the relay has forgotten what it held of an area: it was restored or replaced, and is being refilled"
    )]
    RelayWentBack {
        /// The scope.
        scope: ScopeId,
    },
    /// Two frames stand at one place of a log: the device was copied, or restored from an old copy.
    #[error(
        "a device was copied, or restored from an old copy: two frames stand at one place of its log"
    )]
    LogForked {
        /// The log.
        log: LogId,
    },
    /// A device writes another log than before: its store was restored from an older copy, or copied.
    #[error(
        "a device was restored or copied, and goes on in a log of its own: nothing is lost by that"
    )]
    NewLife {
        /// The new log.
        log: LogId,
    },
    /// The relay says that this device was revoked, and the member list does not.
    #[error("the relay says that this device was revoked, but no administrator has signed that")]
    FalseRevocation,
    /// Another headquarters wrote to the roster at the same time, and this one does not give way by itself.
    #[error(
        "another headquarters changed the member list at the same time, and somebody may rely on what was changed here, or only the root key can sign it: nothing more is changed here. Compare both lists; to close this is to let the other one hold"
    )]
    RosterSplit {
        /// The first entry that is another one there.
        entry: u64,
    },
}

const FRAMES_WITHHELD: u8 = 5;
const ROSTER_SPLIT: u8 = 9;

/// Something that a person must hear of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// By which it is closed.
    pub id: i64,
    /// What it is about.
    pub kind: AlarmKind,
    /// When it was noticed.
    pub raised: Claimed,
    /// Whether a person has seen to it, or it has come right.
    pub closed: bool,
}

impl AlarmKind {
    /// Whether somebody may be at work against the workspace; what is not red is worth knowing.
    #[must_use]
    pub fn is_red(&self) -> bool {
        !matches!(self, Self::RelayWentBack { .. } | Self::NewLife { .. })
    }

    fn parts(self) -> (u8, Vec<u8>, u64) {
        match self {
            Self::InviteUsedTwice { invite } => (1, invite.as_bytes().to_vec(), 0),
            Self::InviteTaken { invite } => (2, invite.as_bytes().to_vec(), 0),
            Self::RosterForked { device } => (3, device.as_bytes().to_vec(), 0),
            Self::RosterWithheld { entry } => (4, vec![], entry),
            Self::FramesWithheld { log, missing } => {
                (FRAMES_WITHHELD, log.as_bytes().to_vec(), missing)
            }
            Self::RelayWentBack { scope } => (6, scope.as_bytes().to_vec(), 0),
            Self::LogForked { log } => (7, log.as_bytes().to_vec(), 0),
            Self::FalseRevocation => (8, vec![], 0),
            Self::RosterSplit { entry } => (ROSTER_SPLIT, vec![], entry),
            Self::NewLife { log } => (10, log.as_bytes().to_vec(), 0),
        }
    }

    fn read(row: &alarms::AlarmRow) -> Option<Self> {
        let device = || Some(DeviceId::from_bytes(row.subject.as_slice().try_into().ok()?));
        let log = || Some(LogId::from_bytes(row.subject.as_slice().try_into().ok()?));
        Some(match row.kind {
            1 => Self::InviteUsedTwice { invite: device()? },
            2 => Self::InviteTaken { invite: device()? },
            3 => Self::RosterForked { device: device()? },
            4 => Self::RosterWithheld { entry: row.number },
            FRAMES_WITHHELD => Self::FramesWithheld { log: log()?, missing: row.number },
            6 => {
                let scope = row.subject.as_slice().try_into().ok()?;
                Self::RelayWentBack { scope: ScopeId::from_bytes(scope) }
            }
            7 => Self::LogForked { log: log()? },
            8 => Self::FalseRevocation,
            ROSTER_SPLIT => Self::RosterSplit { entry: row.number },
            10 => Self::NewLife { log: log()? },
            _ => return None,
        })
    }
}

pub(super) fn raise(conn: &Connection, kind: AlarmKind) -> rusqlite::Result<()> {
    let (kind, subject, number) = kind.parts();
    alarms::raise(conn, kind, &subject, number)
}

fn settle(conn: &Connection, kind: AlarmKind) -> rusqlite::Result<()> {
    let (kind, subject, _) = kind.parts();
    alarms::settle(conn, kind, &subject)
}

impl Workspace {
    /// What a person must hear of, the newest first; those that are closed too.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn alarms(&self) -> Result<Vec<Alarm>, ReadError> {
        let alarm = |row: alarms::AlarmRow| {
            let raised = Claimed::of_seconds(row.raised_s);
            Some(Alarm { id: row.id, kind: AlarmKind::read(&row)?, raised, closed: row.closed })
        };
        Ok(self.store.read(alarms::all)?.into_iter().filter_map(alarm).collect())
    }

    /// A person has seen to an alarm; false if it is not open. It opens again if it goes further.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn close_alarm(&self, id: i64) -> Result<bool, ReadError> {
        Ok(self.store.write(|tx| alarms::close(tx, id))?)
    }

    /// Looks for an invite that was used twice among the joins that wait. Says which invites.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn watch_joins(&self, joins: &[Join]) -> Result<Vec<DeviceId>, ReadError> {
        let mut users: BTreeMap<DeviceId, Vec<DeviceId>> = BTreeMap::new();
        for join in joins.iter().filter(|join| join.is_signed()) {
            let device = DeviceId::of(&join.keys.sign);
            let of_invite = users.entry(join.invite_id()).or_default();
            if !of_invite.contains(&device) {
                of_invite.push(device);
            }
        }
        let roster = self.roster();
        let used = |invite: &DeviceId, device: &DeviceId| {
            let used_by = roster.invite(*invite).and_then(|invited| invited.used_by);
            used_by.is_some_and(|used_by| used_by != *device)
        };
        users.retain(|invite, devices| {
            devices.len() > 1 || devices.iter().any(|device| used(invite, device))
        });
        let twice: Vec<DeviceId> = users.into_keys().collect();
        self.store.write(|tx| {
            twice
                .iter()
                .try_for_each(|invite| raise(tx, AlarmKind::InviteUsedTwice { invite: *invite }))
        })?;
        Ok(twice)
    }

    /// Raises one.
    pub(crate) fn alarm(&self, kind: AlarmKind) -> Result<(), ReadError> {
        Ok(self.store.write(|tx| raise(tx, kind))?)
    }

    /// After a sync that came to its end: what has headquarters seen that is not here? And when was what was
    /// noticed meanwhile?
    pub(crate) fn compare_with_heartbeat(&self, now: Claimed) -> Result<(), ReadError> {
        let identity = self.identity();
        Ok(self.store.write(|tx| {
            let open = alarms::open(tx, FRAMES_WITHHELD)?;
            for scope in identity.scopes() {
                for (device, member) in identity.roster.members() {
                    if !member.scopes.contains(&scope) || device == identity.device() {
                        continue;
                    }
                    for log in logs_of(device, scope) {
                        let missing = missing(tx, &identity, log)?;
                        let alarm = AlarmKind::FramesWithheld { log, missing };
                        if missing > 0 {
                            raise(tx, alarm)?;
                        } else if open.contains(log.as_bytes().as_slice()) {
                            settle(tx, alarm)?;
                        }
                    }
                }
            }
            alarms::date(tx, now.seconds().max(1))
        })?)
    }
}

/// Frames of a log that headquarters has seen and that are not here.
fn missing(tx: &Transaction<'_>, identity: &Identity, log: LogId) -> rusqlite::Result<u64> {
    let Some(seen) = identity.roster.seen().get(&log) else { return Ok(0) };
    let merged = logs::get(tx, log)?.map_or(0, |log| log.merged);
    Ok(seen.saturating_sub(merged.max(inbox::highest(tx, log)?)))
}

/// Compares the roster under which a frame was sealed with the one that is known here. The frame itself is honest:
/// whoever sealed it was shown that roster.
pub(super) fn compare_rosters(
    tx: &Transaction<'_>,
    identity: &Identity,
    preamble: &Preamble,
) -> rusqlite::Result<()> {
    let (mark, own) = (preamble.roster, identity.roster.mark());
    if mark == own || mark.seq == 0 {
        return Ok(());
    }
    if mark.seq > own.seq {
        return raise(tx, AlarmKind::RosterWithheld { entry: mark.seq });
    }
    let hash = members::entry_hash(tx, mark.seq)?;
    if hash.is_some_and(|hash| hash[..8] != mark.tag) {
        raise(tx, AlarmKind::RosterForked { device: preamble.device })?;
    }
    Ok(())
}

/// Whether it stands open that this headquarters could not give way to another.
pub(super) fn is_split(conn: &Connection) -> rusqlite::Result<bool> {
    Ok(!alarms::open(conn, ROSTER_SPLIT)?.is_empty())
}

/// Whether a person has seen to it that the roster is another one from this entry on.
pub(super) fn has_looked(conn: &Connection, entry: u64) -> rusqlite::Result<bool> {
    let split = AlarmKind::RosterSplit { entry };
    Ok(alarms::all(conn)?.iter().any(|row| row.closed && AlarmKind::read(row) == Some(split)))
}

/// A person has judged what a copied device wrote.
pub(super) fn settle_fork(conn: &Connection, log: LogId) -> rusqlite::Result<()> {
    settle(conn, AlarmKind::LogForked { log })
}

/// The roster reaches this far now: what was kept back up to there has come.
pub(super) fn roster_reaches(conn: &Connection, seq: u64) -> rusqlite::Result<()> {
    for row in alarms::all(conn)? {
        if let Some(alarm @ AlarmKind::RosterWithheld { entry }) = AlarmKind::read(&row)
            && entry <= seq
        {
            settle(conn, alarm)?;
        }
    }
    Ok(())
}

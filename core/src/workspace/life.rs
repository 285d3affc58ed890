//! The lives of a device's store.
//!
//! A store that was brought back from an older copy, or copied as a whole, would give out numbers a second time: the
//! places in its logs, and Automerge's in its records. So it begins a new life, a *generation*: whatever is written from
//! here on stands in logs of its own. It is noticed in three ways: the mark beside the store says so at opening; the relay
//! or another device holds frames of an own log that this store has not sealed; or what comes in contradicts them.
//!
//! What this life had written in an old log and nobody has seen is not lost and not in the way:
//!
//! 1. Until the relay has said what it holds of the old logs, nothing is sealed (the life is *undecided*).
//! 2. If it holds nothing else, the old log simply goes on where it was.
//! 3. If it holds frames of another life, they are taken in like anybody's. What they say and this life says too has
//!    arrived with them. The rest is taken out of the documents and written once more, as edits in the new log
//!    ([`anew`]); frames that were sealed at the same places stay as evidence.

mod anew;
mod resume;

pub(super) use anew::write_anew;
pub use resume::ResumeError;

use super::error::OpenError;
use super::identity::{Identity, name};
use super::{ReadError, Workspace};
use crate::store::logs::{self, LogRow};
use crate::store::{Mark, OpenStoreError, ParkReason, inbox, lives, settings};
use kahriz_proto::frame::Preamble;
use kahriz_proto::ids::{DeviceId, FrameHash};
use rusqlite::{Connection, Transaction};

impl Workspace {
    /// At opening: holds the store against the mark beside it.
    pub(super) fn recognise(&self) -> Result<(), OpenError> {
        if self.copied().is_some() {
            return Ok(());
        }
        let mark = self.store.mark().map_err(OpenStoreError::from)?;
        let own = self.counted()?;
        let was_marked = self.has_setting(name::MARKED)?;
        let is_behind = |mark: &Mark| {
            mark.generation > own.generation
                || (mark.generation == own.generation && mark.sealed > own.sealed)
        };
        let was_here = mark.as_ref().map_or(!was_marked, |mark| !is_behind(mark));
        if !was_here {
            self.begin_anew(mark.map_or(0, |mark| mark.generation))?;
        } else if !was_marked {
            self.store.write(|tx| settings::put(tx, name::MARKED, &[1]))?;
        }
        Ok(self.keep_mark().map_err(OpenStoreError::from)?)
    }

    /// Begins a new life: one that neither this store nor the mark (`known`) has seen.
    pub(crate) fn begin_anew(&self, known: u32) -> rusqlite::Result<()> {
        let mut identity = self.identity_mut();
        identity.generation = self.store.write(|tx| begin_anew(tx, &identity, known))?;
        Ok(())
    }

    /// If another life of this store has shown itself, begins a new one; says whether it did.
    pub(crate) fn begin_anew_if_contradicted(&self) -> Result<bool, ReadError> {
        if self.copied().is_some() || !self.has_setting(name::CONTRADICTED)? {
            return Ok(false);
        }
        self.begin_anew(0)?;
        self.keep_mark_soon();
        Ok(true)
    }

    /// Whether it is not known yet what another life of this store has written: nothing is sealed until the relay was met.
    ///
    /// # Errors
    /// What the store says.
    pub fn is_undecided(&self) -> rusqlite::Result<bool> {
        self.has_setting(name::UNDECIDED)
    }

    /// Everything that the relay holds of the own logs is here: what this life alone says of a log that another life has
    /// written too is written anew. Says whether there was anything to decide.
    pub(crate) fn decide_life(&self) -> Result<bool, ReadError> {
        if !self.is_undecided()? {
            return Ok(false);
        }
        let identity = self.identity();
        self.store.write(|tx| {
            for log in own_logs(tx, identity.device())? {
                if log.generation != identity.generation && lives::is_closed(tx, log.id)? {
                    write_anew(tx, &identity, &log)?;
                }
            }
            settings::remove(tx, name::UNDECIDED)?;
            Ok(true)
        })
    }

    /// Whether documents hold what stands in no frame and waits for nothing else but to be written anew: another life's
    /// frames have taken its place in the log.
    pub(super) fn waits_to_be_written_anew(&self) -> rusqlite::Result<bool> {
        if !self.is_undecided()? {
            return Ok(false);
        }
        let device = self.device();
        self.store.read(|conn| {
            for log in own_logs(conn, device)? {
                if !lives::unsealed(conn, log.id)?.is_empty() {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }

    /// Which life of the device's store this is, from 1.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.identity().generation
    }

    /// Writes how far this store has sealed beside it, if that has changed. A mark that cannot be written lags behind,
    /// which is no harm: it only ever tells of a store that lags behind it.
    pub(crate) fn keep_mark_soon(&self) {
        self.keep_mark().unwrap_or_default();
    }

    fn keep_mark(&self) -> std::io::Result<()> {
        let now = self.counted().map_err(std::io::Error::other)?;
        if self.store.mark()? == Some(now) { Ok(()) } else { self.store.set_mark(now) }
    }

    /// What the mark is to say. Nobody may wait for the identity while holding the store.
    fn counted(&self) -> rusqlite::Result<Mark> {
        let (device, generation) = (self.device(), self.generation());
        let own = self.store.read(|conn| own_logs(conn, device))?.into_iter();
        let own = own.filter(|log| log.generation == generation);
        Ok(Mark { generation, sealed: own.map(|log| log.sealed).sum() })
    }

    pub(super) fn has_setting(&self, name: &str) -> rusqlite::Result<bool> {
        Ok(self.store.read(|conn| settings::get(conn, name))?.is_some())
    }
}

/// Begins a life that neither this store nor the mark (`known`) has seen, on the disk; says which.
fn begin_anew(tx: &Transaction<'_>, identity: &Identity, known: u32) -> rusqlite::Result<u32> {
    let device = identity.device();
    let own = own_logs(tx, device)?;
    let used = own.iter().map(|log| log.generation).max().unwrap_or(0);
    let generation = used.max(identity.generation).max(known).saturating_add(1);
    for old in &own {
        let new = logs::ensure(tx, device, old.scope, generation)?;
        lives::move_on(tx, old.id, new.id)?;
        inbox::reconsider_log(tx, old.log, ParkReason::Forked)?;
    }
    settings::put(tx, name::GENERATION, &generation.to_be_bytes())?;
    settings::put(tx, name::UNDECIDED, &[1])?;
    settings::put(tx, name::REPAIR, &[1])?;
    settings::put(tx, name::MARKED, &[1])?;
    settings::remove(tx, name::CONTRADICTED)?;
    Ok(generation)
}

/// What a frame of this device's own is, which this store has not sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OtherLife {
    /// Its log is written by another life alone, or that is known and settled.
    Known,
    /// This life has written in the log too, and has to begin a new one first.
    Contradicts,
}

/// Looks at a frame of this device's own that this store has not sealed, and closes its log if that may be.
pub(super) fn meet(
    tx: &Transaction<'_>,
    identity: &Identity,
    log: &LogRow,
    preamble: &Preamble,
) -> rusqlite::Result<OtherLife> {
    if lives::is_closed(tx, log.id)? {
        return Ok(OtherLife::Known);
    }
    let is_current = log.generation == identity.generation;
    let wrote_here = is_current || log.sealed > 0 || !lives::unsealed(tx, log.id)?.is_empty();
    let undecided = settings::get(tx, name::UNDECIDED)?.is_some();
    if is_current || (wrote_here && !undecided) {
        return Ok(OtherLife::Contradicts);
    }
    lives::close(tx, log.id, preamble.seq)?;
    Ok(OtherLife::Known)
}

/// Another frame stands at a place that this life has sealed too: the own ones from there on are taken back.
pub(super) fn take_back(tx: &Transaction<'_>, log: &LogRow, from: u64) -> rusqlite::Result<LogRow> {
    let before = match from {
        0 | 1 => FrameHash::NONE,
        _ => crate::store::outbox::hash(tx, log.log, from - 1)?.unwrap_or(FrameHash::NONE),
    };
    lives::take_back(tx, log.id, from, before)?;
    // What came before this one and did not follow on the own frames may follow on it.
    inbox::reconsider_log(tx, log.log, ParkReason::Forked)?;
    // What others have built on that life made no sense on this one.
    inbox::reconsider(tx, ParkReason::Malformed)?;
    logs::by_id(tx, log.id)
}

fn own_logs(conn: &Connection, device: DeviceId) -> rusqlite::Result<Vec<LogRow>> {
    Ok(logs::all(conn)?.into_iter().filter(|log| log.device == device).collect())
}

//! What was pulled: frames that are not merged yet, and how far the relay was read.
//!
//! Staging and moving the cursor are one commit; opening and merging is another, so that a crash in
//! between resumes. A frame that cannot be merged stays here with a reason a person can read.

use super::columns::id;
use kahriz_proto::cursor::{Cursor, Rolling};
use kahriz_proto::frame::Frame;
use kahriz_proto::ids::{FrameHash, LogId, ScopeId};
use rusqlite::{Connection, OptionalExtension, Result, params};
use thiserror::Error;

/// Why a pulled frame is not merged yet, or never will be without a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Error)]
pub enum ParkReason {
    /// Not tried yet.
    #[error("not tried yet")]
    New = 0,
    /// Frames before it in its log are not here.
    #[error("waits for the frame before it in the same log")]
    MissingPrevious = 1,
    /// Frames of other logs that it builds on are not here.
    #[error("waits for what it builds on, from another device")]
    MissingDeps = 2,
    /// Its epoch's key is not here.
    #[error("waits for a key that this device has not been given")]
    MissingKey = 3,
    /// Its device is not in the roster, as far as that was read.
    #[error("waits for the roster entry of the device that sealed it")]
    UnknownDevice = 4,
    /// Of a newer version of the program.
    #[error("was made by a newer version: update this device")]
    Newer = 5,
    /// Another life of this device's store has sealed it: this one has to begin a new life first.
    #[error("waits until this device, which was copied or restored, writes a log of its own")]
    OtherLife = 6,
    /// Its device is not granted the scope.
    #[error("quarantined: its device is not granted this scope")]
    NotInScope = 16,
    /// Its device was revoked before.
    #[error("quarantined: its device was revoked before it was sealed")]
    Revoked = 17,
    /// Its signature is not right.
    #[error("quarantined: the signature is not right")]
    Signature = 18,
    /// It does not follow the frame before it.
    #[error("quarantined: it does not follow the frame before it (was the device copied?)")]
    Forked = 19,
    /// It does not open, or does not add up.
    #[error("quarantined: its content was altered or is malformed")]
    Malformed = 20,
    /// A person has looked at it and does not believe it.
    #[error("rejected: a person has looked at it and does not believe it")]
    Rejected = 24,
    /// The program, or the engine apart from it, died over it.
    #[error("quarantined: the program died while reading it")]
    Poisonous = 21,
    /// It asks for more work or memory than anybody's frame may.
    #[error("quarantined: it holds more than a frame may")]
    OverLimit = 22,
}

impl ParkReason {
    /// Whether only a person can help.
    #[must_use]
    pub fn is_quarantine(self) -> bool {
        self >= Self::NotInScope
    }

    fn from_code(code: u8) -> Self {
        let all = [
            Self::New,
            Self::MissingPrevious,
            Self::MissingDeps,
            Self::MissingKey,
            Self::UnknownDevice,
            Self::Newer,
            Self::OtherLife,
            Self::NotInScope,
            Self::Revoked,
            Self::Signature,
            Self::Forked,
            Self::Rejected,
            Self::Poisonous,
            Self::OverLimit,
        ];
        all.into_iter().find(|reason| *reason as u8 == code).unwrap_or(Self::Malformed)
    }
}

/// A frame in the inbox, without its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parked {
    pub(crate) scope: ScopeId,
    pub(crate) log: LogId,
    pub(crate) seq: u64,
    pub(crate) reason: ParkReason,
}

/// Where a frame has come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// From a relay, which has it.
    Relay,
    /// From a file or another device: no relay is known to have it.
    Elsewhere,
}

/// Stages a pulled frame; one that is here already is left alone. A frame is known by what its signature covers, so
/// one that was parked for a wrong signature makes room for the same with another: else who alters a signature on the
/// way would keep the true frame out for good.
pub(crate) fn stage(conn: &Connection, frame: &Frame, from: From) -> Result<()> {
    let preamble = frame.preamble();
    conn.prepare_cached(
        "INSERT INTO inbox (scope, log, seq, hash, bytes, carried) VALUES (?1, ?2, ?3, ?4, ?5, ?7)
         ON CONFLICT (log, seq, hash) DO UPDATE SET
             reason = iif(bytes <> excluded.bytes AND reason = ?6, 0, reason),
             bytes = iif(reason = ?6, excluded.bytes, bytes),
             carried = min(carried, excluded.carried)",
    )?
    .execute(params![
        preamble.scope.as_bytes(),
        preamble.log().as_bytes(),
        preamble.seq,
        frame.hash().as_bytes(),
        frame.bytes(),
        ParkReason::Signature as u8,
        from == From::Elsewhere,
    ])
    .map(drop)
}

/// A frame that is worth trying.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    pub(crate) row: i64,
    pub(crate) hash: FrameHash,
    pub(crate) bytes: Vec<u8>,
    pub(crate) from: From,
}

/// The frames that are worth trying after this row, in the order of arrival.
pub(crate) fn to_try(conn: &Connection, after: i64, limit: u32) -> Result<Vec<Waiting>> {
    let quarantine = ParkReason::NotInScope as u8;
    conn.prepare_cached(
        "SELECT id, hash, bytes, carried FROM inbox WHERE id > ?1 AND reason < ?2 ORDER BY id LIMIT ?3",
    )?
    .query_map(params![after, quarantine, limit], |row| {
        let from = if row.get(3)? { From::Elsewhere } else { From::Relay };
        Ok(Waiting { row: row.get(0)?, hash: id(row, 1)?, bytes: row.get(2)?, from })
    })?
    .collect()
}

/// The log that a frame is of.
pub(crate) fn log_of(conn: &Connection, row: i64) -> Result<Option<LogId>> {
    conn.prepare_cached("SELECT log FROM inbox WHERE id = ?1")?
        .query_row([row], |row| id(row, 0))
        .optional()
}

/// Frames that are parked for this reason are worth trying again.
pub(crate) fn reconsider(conn: &Connection, reason: ParkReason) -> Result<()> {
    conn.prepare_cached("UPDATE inbox SET reason = 0 WHERE reason = ?1")?
        .execute([reason as u8])
        .map(drop)
}

/// A frame that is parked for this reason is worth trying again.
pub(crate) fn reconsider_frame(
    conn: &Connection,
    hash: FrameHash,
    reason: ParkReason,
) -> Result<()> {
    conn.prepare_cached("UPDATE inbox SET reason = 0 WHERE hash = ?1 AND reason = ?2")?
        .execute(params![hash.as_bytes(), reason as u8])
        .map(drop)
}

/// A frame stays, and why.
pub(crate) fn park(conn: &Connection, row: i64, reason: ParkReason) -> Result<()> {
    conn.prepare_cached("UPDATE inbox SET reason = ?2 WHERE id = ?1")?
        .execute(params![row, reason as u8])
        .map(drop)
}

/// The roster says something else of its members: what was quarantined for what it said is tried again.
pub(crate) fn members_changed(conn: &Connection) -> Result<()> {
    conn.prepare_cached("UPDATE inbox SET reason = 0 WHERE reason IN (?1, ?2)")?
        .execute([ParkReason::NotInScope as u8, ParkReason::Revoked as u8])
        .map(drop)
}

/// The bytes of every frame that waits for this reason.
pub(crate) fn frames_for(conn: &Connection, reason: ParkReason) -> Result<Vec<(i64, Vec<u8>)>> {
    conn.prepare_cached("SELECT id, bytes FROM inbox WHERE reason = ?1 ORDER BY log, seq")?
        .query_map([reason as u8], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// The rows of a log's frames from a number on, and why they stay.
pub(crate) fn rows_of(conn: &Connection, log: LogId, from: u64) -> Result<Vec<(i64, ParkReason)>> {
    conn.prepare_cached("SELECT id, reason FROM inbox WHERE log = ?1 AND seq >= ?2 ORDER BY seq")?
        .query_map(params![log.as_bytes(), from], |row| {
            Ok((row.get(0)?, ParkReason::from_code(row.get(1)?)))
        })?
        .collect()
}

/// Whether a frame waits here already.
pub(crate) fn has(conn: &Connection, frame: &Frame) -> Result<bool> {
    let (log, seq) = (frame.preamble().log(), frame.preamble().seq);
    let sql = "SELECT EXISTS (SELECT 1 FROM inbox WHERE log = ?1 AND seq = ?2 AND hash = ?3)";
    conn.prepare_cached(sql)?
        .query_row(params![log.as_bytes(), seq, frame.hash().as_bytes()], |row| row.get(0))
}

/// The logs of a scope of which something waits and nothing is merged.
pub(crate) fn unmet(conn: &Connection, scope: ScopeId) -> Result<Vec<LogId>> {
    conn.prepare_cached(
        "SELECT DISTINCT log FROM inbox WHERE scope = ?1 AND log NOT IN (SELECT log FROM logs)",
    )?
    .query_map([scope.as_bytes()], |row| id(row, 0))?
    .collect()
}

/// A log's frames after one that wait, in order; what cannot be read is left out.
pub(crate) fn waiting_after(conn: &Connection, log: LogId, after: u64) -> Result<Vec<Frame>> {
    conn.prepare_cached("SELECT bytes FROM inbox WHERE log = ?1 AND seq > ?2 ORDER BY seq")?
        .query_map(params![log.as_bytes(), after], |row| Ok(Frame::decode(row.get(0)?).ok()))?
        .filter_map(Result::transpose)
        .collect()
}

/// Frames of a log that are parked for this reason are worth trying again.
pub(crate) fn reconsider_log(conn: &Connection, log: LogId, reason: ParkReason) -> Result<()> {
    conn.prepare_cached("UPDATE inbox SET reason = 0 WHERE log = ?1 AND reason = ?2")?
        .execute(params![log.as_bytes(), reason as u8])
        .map(drop)
}

/// The highest number of a log's frames that are here and not merged.
pub(crate) fn highest(conn: &Connection, log: LogId) -> Result<u64> {
    conn.prepare_cached("SELECT coalesce(max(seq), 0) FROM inbox WHERE log = ?1")?
        .query_row([log.as_bytes()], |row| row.get(0))
}

/// A frame is merged.
pub(crate) fn remove(conn: &Connection, row: i64) -> Result<()> {
    conn.prepare_cached("DELETE FROM inbox WHERE id = ?1")?.execute([row]).map(drop)
}

/// Every frame that is not merged, one after another: why it stays, and its bytes.
pub(crate) fn each(conn: &Connection, mut look: impl FnMut(ParkReason, Vec<u8>)) -> Result<()> {
    let mut statement = conn.prepare_cached("SELECT reason, bytes FROM inbox ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        look(ParkReason::from_code(row.get(0)?), row.get(1)?);
    }
    Ok(())
}

/// Everything that is not merged.
pub(crate) fn parked(conn: &Connection) -> Result<Vec<Parked>> {
    conn.prepare_cached("SELECT scope, log, seq, reason FROM inbox ORDER BY id")?
        .query_map([], |row| {
            let reason = ParkReason::from_code(row.get(3)?);
            Ok(Parked { scope: id(row, 0)?, log: id(row, 1)?, seq: row.get(2)?, reason })
        })?
        .collect()
}

/// How many frames wait, and how many are quarantined and not yet judged.
pub(crate) fn counts(conn: &Connection) -> Result<(u64, u64)> {
    let sql = "SELECT count(*) FILTER (WHERE reason < ?1),
                      count(*) FILTER (WHERE reason >= ?1 AND reason <> ?2) FROM inbox";
    conn.prepare_cached(sql)?
        .query_row([ParkReason::NotInScope as u8, ParkReason::Rejected as u8], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
}

/// How far each scope was read.
pub(crate) fn cursors(conn: &Connection) -> Result<Vec<Cursor>> {
    conn.prepare_cached("SELECT scope, incarnation, position, rolling FROM cursors ORDER BY scope")?
        .query_map([], |row| {
            Ok(Cursor {
                scope: id(row, 0)?,
                incarnation: id(row, 1)?,
                position: row.get(2)?,
                rolling: Rolling(id(row, 3)?),
            })
        })?
        .collect()
}

/// A scope was read up to here.
pub(crate) fn set_cursor(conn: &Connection, cursor: &Cursor) -> Result<()> {
    conn.prepare_cached(
        "INSERT OR REPLACE INTO cursors (scope, incarnation, position, rolling) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![
        cursor.scope.as_bytes(),
        cursor.incarnation.as_bytes(),
        cursor.position,
        cursor.rolling.0
    ])
    .map(drop)
}

//! The poison ledger: which frames are being tried, written down before they are, so that one that kills the process
//! is known at the next start.
//!
//! A frame is named here in a commit of its own before the engine is given its content, and struck out in the commit
//! that merges or parks it. What still stands here when the store is opened was being tried when the process died.
//! Frames are named some at a time, so one death makes several suspects: each of them is then tried alone, and the
//! one whose trial ends in a second death is guilty. It keeps its place here, and has a chance again later.

use super::columns::id;
use kahriz_proto::ids::FrameHash;
use rusqlite::{Connection, Result, params};
use std::collections::BTreeMap;

/// Deaths during its trial after which a frame is guilty.
pub(crate) const DEATHS_MAX: u32 = 2;
/// The same where the engine is a process of its own: then it is that one that dies over a frame, and a death of this
/// one is nearly always somebody's doing. A frame is not put away because a machine was switched off a few times: killed at
/// random some 40 times, headquarters was found five times over the same frame.
pub(crate) const DEATHS_APART_MAX: u32 = 16;
/// A guilty frame has another chance at every 16th opening after two deaths, every 64th after three, and so on: phones end
/// processes for reasons of their own, and the innocent must not wait for a person. One that kills does it ever less often.
const OPENINGS_PER_CHANCE: u64 = 4;
/// After so many deaths the chances become no rarer.
const DEATHS_COUNTED: u32 = 6;

/// A frame in whose trial the process has died.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Suspect {
    /// How often.
    pub(crate) deaths: u32,
    /// Whether it is tried nevertheless, this time.
    pub(crate) has_chance: bool,
}

/// At opening: every trial that was under way has ended in a death. What is no longer in the inbox is no suspect. Chances
/// (written as a number of deaths below zero) last until the next opening.
pub(crate) fn count_deaths(conn: &Connection) -> Result<()> {
    conn.execute("DELETE FROM trials WHERE hash NOT IN (SELECT hash FROM inbox)", [])?;
    conn.execute(
        "UPDATE trials SET deaths = abs(deaths) + under_way, under_way = 0 WHERE under_way OR deaths < 0",
        [],
    )?;
    Ok(())
}

/// Whether frames are guilty: then openings are counted.
pub(crate) fn any_guilty(conn: &Connection) -> Result<bool> {
    conn.query_row("SELECT EXISTS (SELECT 1 FROM trials WHERE deaths >= ?1)", [DEATHS_MAX], |row| {
        row.get(0)
    })
}

/// Gives those whose turn it is at this opening another chance, and says which.
pub(crate) fn give_chances(conn: &Connection, opening: u64) -> Result<Vec<FrameHash>> {
    let is_due =
        |deaths: u32| opening.is_multiple_of(OPENINGS_PER_CHANCE.pow(deaths.min(DEATHS_COUNTED)));
    let due: Vec<FrameHash> = suspects(conn)?
        .into_iter()
        .filter(|(_, suspect)| suspect.deaths >= DEATHS_MAX && is_due(suspect.deaths))
        .map(|(hash, _)| hash)
        .collect();
    for hash in &due {
        conn.prepare_cached("UPDATE trials SET deaths = -deaths WHERE hash = ?1")?
            .execute(params![hash.as_bytes()])?;
    }
    Ok(due)
}

/// Nothing is held against any frame any more.
pub(crate) fn forgive(conn: &Connection) -> Result<()> {
    conn.execute("DELETE FROM trials", []).map(drop)
}

/// Frames in whose trial the process died.
pub(crate) fn suspects(conn: &Connection) -> Result<BTreeMap<FrameHash, Suspect>> {
    conn.prepare_cached("SELECT hash, abs(deaths), deaths < 0 FROM trials WHERE deaths <> 0")?
        .query_map([], |row| {
            Ok((id(row, 0)?, Suspect { deaths: row.get(1)?, has_chance: row.get(2)? }))
        })?
        .collect()
}

/// A frame is about to be tried.
pub(crate) fn begin(conn: &Connection, hash: FrameHash) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO trials (hash) VALUES (?1) ON CONFLICT (hash) DO UPDATE SET under_way = 1",
    )?
    .execute(params![hash.as_bytes()])
    .map(drop)
}

/// A frame was tried, and whatever came of it, the process is alive.
pub(crate) fn end(conn: &Connection, hash: FrameHash) -> Result<()> {
    conn.prepare_cached("DELETE FROM trials WHERE hash = ?1")?
        .execute(params![hash.as_bytes()])
        .map(drop)
}

/// A frame's trial was broken off for a reason that is not the frame's, such as a full disk.
pub(crate) fn break_off(conn: &Connection, hash: FrameHash) -> Result<()> {
    conn.prepare_cached("UPDATE trials SET under_way = 0 WHERE hash = ?1")?
        .execute(params![hash.as_bytes()])
        .map(drop)
}

/// What a log's heavy changes in a record add up to: operations, bytes.
pub(crate) fn weight(conn: &Connection, record: i64, log: i64) -> Result<(u64, u64)> {
    let mut found =
        conn.prepare_cached("SELECT ops, bytes FROM weights WHERE record = ?1 AND log = ?2")?;
    let mut rows = found.query(params![record, log])?;
    rows.next()?.map_or(Ok((0, 0)), |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Keeps what a log's heavy changes in a record add up to.
pub(crate) fn set_weight(
    conn: &Connection,
    record: i64,
    log: i64,
    (ops, bytes): (u64, u64),
) -> Result<()> {
    conn.prepare_cached(
        "INSERT OR REPLACE INTO weights (record, log, ops, bytes) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![record, log, ops, bytes])
    .map(drop)
}

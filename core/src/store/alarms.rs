//! What a person must hear of, and what persons have judged.

use super::columns::id;
use kahriz_proto::ids::LogId;
use rusqlite::{Connection, Result, params};
use std::collections::BTreeSet;

/// Something that a person must hear of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AlarmRow {
    pub(crate) id: i64,
    pub(crate) kind: u8,
    /// An id, by its bytes; which sort follows from the kind.
    pub(crate) subject: Vec<u8>,
    pub(crate) number: u64,
    /// 0 until a sync has come to its end and said the time.
    pub(crate) raised_s: i64,
    pub(crate) closed: bool,
}

/// Raises an alarm. One that stands is raised again only if it goes further now.
pub(crate) fn raise(conn: &Connection, kind: u8, subject: &[u8], number: u64) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO alarms (kind, subject, number, raised_s) VALUES (?1, ?2, ?3, 0)
         ON CONFLICT (kind, subject) DO UPDATE SET number = excluded.number, raised_s = 0, closed = 0
         WHERE excluded.number > number",
    )?
    .execute(params![kind, subject, i64::try_from(number).unwrap_or(i64::MAX)])
    .map(drop)
}

/// What was raised since this was last said was raised now.
pub(crate) fn date(conn: &Connection, now_s: i64) -> Result<()> {
    conn.prepare_cached("UPDATE alarms SET raised_s = ?1 WHERE raised_s = 0")?
        .execute([now_s])
        .map(drop)
}

/// A person has seen to it, or it has come right by itself.
pub(crate) fn close(conn: &Connection, alarm: i64) -> Result<bool> {
    Ok(conn.execute("UPDATE alarms SET closed = 1 WHERE id = ?1 AND closed = 0", [alarm])? > 0)
}

/// What the open alarms of a kind are about.
pub(crate) fn open(conn: &Connection, kind: u8) -> Result<BTreeSet<Vec<u8>>> {
    conn.prepare_cached("SELECT subject FROM alarms WHERE kind = ?1 AND closed = 0")?
        .query_map([kind], |row| row.get(0))?
        .collect()
}

/// It has come right by itself.
pub(crate) fn settle(conn: &Connection, kind: u8, subject: &[u8]) -> Result<()> {
    conn.prepare_cached("UPDATE alarms SET closed = 1 WHERE kind = ?1 AND subject = ?2")?
        .execute(params![kind, subject])
        .map(drop)
}

/// Every alarm, the newest first.
pub(crate) fn all(conn: &Connection) -> Result<Vec<AlarmRow>> {
    conn.prepare_cached(
        "SELECT id, kind, subject, number, raised_s, closed FROM alarms ORDER BY id DESC",
    )?
    .query_map([], |row| {
        Ok(AlarmRow {
            id: row.get(0)?,
            kind: row.get(1)?,
            subject: row.get(2)?,
            number: row.get(3)?,
            raised_s: row.get(4)?,
            closed: row.get(5)?,
        })
    })?
    .collect()
}

/// What a person has judged about a log: from (rejected) or up to (released) a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RulingRow {
    pub(crate) log: LogId,
    pub(crate) seq: u64,
    pub(crate) released: bool,
    pub(crate) who: String,
    pub(crate) reason: String,
    pub(crate) claimed_s: i64,
}

/// Keeps a ruling.
pub(crate) fn rule(conn: &Connection, ruling: &RulingRow) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO rulings (log, seq, released, who, reason, claimed_s) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        ruling.log.as_bytes(),
        ruling.seq,
        ruling.released,
        ruling.who,
        ruling.reason,
        ruling.claimed_s
    ])
    .map(drop)
}

/// Every ruling, the newest first.
pub(crate) fn rulings(conn: &Connection) -> Result<Vec<RulingRow>> {
    conn.prepare_cached(
        "SELECT log, seq, released, who, reason, claimed_s FROM rulings ORDER BY id DESC",
    )?
    .query_map([], |row| {
        Ok(RulingRow {
            log: id(row, 0)?,
            seq: row.get(1)?,
            released: row.get(2)?,
            who: row.get(3)?,
            reason: row.get(4)?,
            claimed_s: row.get(5)?,
        })
    })?
    .collect()
}

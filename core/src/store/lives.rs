//! What another life of this store has written under the same name, and what stands here in its place.

use super::columns::id;
use crate::record::ChangeId;
use kahriz_proto::ids::FrameHash;
use rusqlite::{Connection, Result, params};

/// Another life has written this own log from a frame on: nothing more is sealed in it.
pub(crate) fn close(conn: &Connection, log: i64, from: u64) -> Result<()> {
    conn.prepare_cached(
        "UPDATE logs SET other_life = min(coalesce(other_life, ?2), ?2) WHERE id = ?1",
    )?
    .execute(params![log, from])
    .map(drop)
}

/// Whether another life has written an own log.
pub(crate) fn is_closed(conn: &Connection, log: i64) -> Result<bool> {
    conn.prepare_cached("SELECT other_life IS NOT NULL FROM logs WHERE id = ?1")?
        .query_row([log], |row| row.get(0))
}

/// The own frames from this number on stand at places that another life has taken: they are kept as evidence, their
/// changes are in no frame any more, and the log ends before them.
pub(crate) fn take_back(conn: &Connection, log: i64, from: u64, before: FrameHash) -> Result<()> {
    conn.execute(
        "INSERT OR IGNORE INTO forked (log, seq, hash, bytes)
         SELECT log, seq, hash, bytes FROM frames WHERE log = ?1 AND seq >= ?2",
        params![log, from],
    )?;
    conn.execute("DELETE FROM frames WHERE log = ?1 AND seq >= ?2", params![log, from])?;
    conn.execute(
        "UPDATE changes SET frame = NULL WHERE log = ?1 AND frame >= ?2",
        params![log, from],
    )?;
    conn.execute(
        "UPDATE logs SET merged = ?2 - 1, merged_hash = ?3, sealed = ?2 - 1, sealed_hash = ?3
         WHERE id = ?1",
        params![log, from, before.as_bytes()],
    )
    .map(drop)
}

/// Another life's frame of an own log is merged: the log reaches as far here too.
pub(crate) fn follow(conn: &Connection, log: i64, seq: u64, hash: FrameHash) -> Result<()> {
    conn.prepare_cached("UPDATE logs SET sealed = ?2, sealed_hash = ?3 WHERE id = ?1")?
        .execute(params![log, seq, hash.as_bytes()])?;
    // What it says and this life had saved too waits for no frame any more.
    conn.prepare_cached(
        "DELETE FROM outbox WHERE log = ?1 AND record IS NOT NULL AND adopted IS NULL AND EXISTS
             (SELECT 1 FROM changes c WHERE c.record = outbox.record AND c.log = outbox.log
                  AND c.seq = outbox.seq AND c.frame IS NOT NULL)",
    )?
    .execute([log])
    .map(drop)
}

/// The changes of a log that no frame holds and no other log hands on, by record.
pub(crate) fn unsealed(conn: &Connection, log: i64) -> Result<Vec<(i64, ChangeId)>> {
    conn.prepare_cached(
        "SELECT record, hash FROM changes WHERE log = ?1 AND frame IS NULL AND carrier IS NULL
         ORDER BY record, seq",
    )?
    .query_map([log], |row| Ok((row.get(0)?, id(row, 1)?)))?
    .collect()
}

/// A change is in no document any more; what waited of it to be sealed goes with it. Says whether a frame holds it.
pub(crate) fn forget_change(conn: &Connection, record: i64, change: &ChangeId) -> Result<bool> {
    conn.execute(
        "DELETE FROM outbox WHERE record = ?1 AND adopted IS NULL AND EXISTS
             (SELECT 1 FROM changes c WHERE c.record = ?1 AND c.hash = ?2
                  AND c.log = outbox.log AND c.seq = outbox.seq)",
        params![record, change],
    )?;
    let sql = "DELETE FROM changes WHERE record = ?1 AND hash = ?2 RETURNING frame IS NOT NULL";
    let sealed: Vec<bool> = conn
        .prepare_cached(sql)?
        .query_map(params![record, change], |row| row.get(0))?
        .collect::<Result<_>>()?;
    Ok(sealed.contains(&true))
}

/// A record of which nothing is left.
pub(crate) fn forget_record(conn: &Connection, record: i64) -> Result<()> {
    for table in ["weights", "stuck", "documents"] {
        conn.execute(&format!("DELETE FROM {table} WHERE record = ?1"), [record])?;
    }
    conn.execute("DELETE FROM records WHERE id = ?1", [record]).map(drop)
}

/// What waits in an old log and is no change of this device (announcements, others' statements that are handed on)
/// waits in a new one.
pub(crate) fn move_on(conn: &Connection, from: i64, to: i64) -> Result<()> {
    conn.execute(
        "UPDATE changes SET carrier = ?2 WHERE carrier = ?1 AND carrier_frame IS NULL",
        params![from, to],
    )?;
    conn.execute(
        "UPDATE outbox SET log = ?2 WHERE log = ?1 AND (record IS NULL OR adopted IS NOT NULL)",
        params![from, to],
    )
    .map(drop)
}

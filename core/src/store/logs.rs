//! The logs that were met, and how far each is merged.

use super::columns::id;
use kahriz_proto::ids::{DeviceId, FrameHash, LogId, ScopeId};
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

/// One log, as it stands here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogRow {
    /// Its row.
    pub(crate) id: i64,
    pub(crate) log: LogId,
    pub(crate) device: DeviceId,
    pub(crate) scope: ScopeId,
    pub(crate) generation: u32,
    /// The number of its last frame whose content is in the documents.
    pub(crate) merged: u64,
    /// That frame's hash.
    pub(crate) merged_hash: FrameHash,
    /// Of an own log: the number of the last frame that was ever sealed, whatever is still held of it.
    pub(crate) sealed: u64,
    /// That frame's hash.
    pub(crate) sealed_hash: FrameHash,
    /// Records created in it.
    pub(crate) records: u64,
    /// Its newest claimed time.
    pub(crate) claimed_s: Option<i64>,
}

const COLUMNS: &str = "id, log, device, scope, merged, merged_hash, records, claimed_s, sealed, sealed_hash, generation";

/// The log of a device in a scope and generation, made if it was not met before.
pub(crate) fn ensure(
    conn: &Connection,
    device: DeviceId,
    scope: ScopeId,
    generation: u32,
) -> Result<LogRow> {
    let log = LogId::of(device, scope, generation);
    if let Some(row) = get(conn, log)? {
        return Ok(row);
    }
    conn.prepare_cached(
        "INSERT INTO logs (log, device, scope, generation, merged_hash) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        log.as_bytes(),
        device.as_bytes(),
        scope.as_bytes(),
        generation,
        FrameHash::NONE.as_bytes()
    ])?;
    get(conn, log)?.ok_or(rusqlite::Error::QueryReturnedNoRows)
}

/// A log that was met.
pub(crate) fn get(conn: &Connection, log: LogId) -> Result<Option<LogRow>> {
    conn.prepare_cached(&format!("SELECT {COLUMNS} FROM logs WHERE log = ?1"))?
        .query_row([log.as_bytes()], read)
        .optional()
}

/// The log of a row.
pub(crate) fn by_id(conn: &Connection, row: i64) -> Result<LogRow> {
    conn.prepare_cached(&format!("SELECT {COLUMNS} FROM logs WHERE id = ?1"))?
        .query_row([row], read)
}

/// Every log that was met, in the order of meeting.
pub(crate) fn all(conn: &Connection) -> Result<Vec<LogRow>> {
    conn.prepare_cached(&format!("SELECT {COLUMNS} FROM logs ORDER BY id"))?
        .query_map([], read)?
        .collect()
}

/// The own log's next frame is sealed; what is in it is in the documents already.
pub(crate) fn seal(conn: &Connection, row: i64, seq: u64, hash: FrameHash) -> Result<()> {
    conn.prepare_cached("UPDATE logs SET sealed = ?2, sealed_hash = ?3 WHERE id = ?1")?
        .execute(params![row, seq, hash.as_bytes()])?;
    advance(conn, row, seq, hash)
}

/// Nothing of any log is in the documents any more; other devices' logs were never met. The own ones keep their place,
/// so that no number is given out twice.
pub(crate) fn forget(conn: &Connection, own: DeviceId) -> Result<()> {
    conn.execute(
        "DELETE FROM logs WHERE device <> ?1 AND id NOT IN (SELECT log FROM frames)
             AND id NOT IN (SELECT log FROM forked)",
        params![own.as_bytes()],
    )?;
    conn.execute("UPDATE logs SET merged = 0, merged_hash = ?1", [FrameHash::NONE.as_bytes()])
        .map(drop)
}

/// Whether frames were sealed in a scope of which nothing was read: this device has let go of what it knew, its relay
/// among it.
pub(crate) fn any_in_unread_scope(conn: &Connection) -> Result<bool> {
    conn.query_row(
        "SELECT EXISTS (SELECT 1 FROM logs WHERE sealed > 0 AND scope NOT IN (SELECT scope FROM cursors))",
        [],
        |row| row.get(0),
    )
}

/// Whether every own frame is in the documents. Not on a device that has let go, until all of its own has come back.
pub(crate) fn own_are_merged(conn: &Connection) -> Result<bool> {
    conn.query_row("SELECT NOT EXISTS (SELECT 1 FROM logs WHERE merged < sealed)", [], |row| {
        row.get(0)
    })
}

/// The log's frame is merged.
pub(crate) fn advance(conn: &Connection, row: i64, seq: u64, hash: FrameHash) -> Result<()> {
    conn.prepare_cached("UPDATE logs SET merged = ?2, merged_hash = ?3 WHERE id = ?1")?
        .execute(params![row, seq, hash.as_bytes()])
        .map(drop)
}

/// The log's newest claimed time.
pub(crate) fn touch(conn: &Connection, row: i64, claimed_s: i64) -> Result<()> {
    conn.prepare_cached(
        "UPDATE logs SET claimed_s = max(coalesce(claimed_s, ?2), ?2) WHERE id = ?1",
    )?
    .execute(params![row, claimed_s])
    .map(drop)
}

/// One more record is created in the own log; its counter, from 1.
pub(crate) fn next_record(conn: &Connection, row: i64) -> Result<u64> {
    conn.prepare_cached("UPDATE logs SET records = records + 1 WHERE id = ?1 RETURNING records")?
        .query_row([row], |row| row.get(0))
}

fn read(row: &Row<'_>) -> Result<LogRow> {
    Ok(LogRow {
        id: row.get(0)?,
        log: id(row, 1)?,
        device: id(row, 2)?,
        scope: id(row, 3)?,
        merged: row.get(4)?,
        merged_hash: id(row, 5)?,
        records: row.get(6)?,
        claimed_s: row.get(7)?,
        sealed: row.get(8)?,
        sealed_hash: row
            .get::<_, Option<[u8; 32]>>(9)?
            .map_or(FrameHash::NONE, FrameHash::from_bytes),
        generation: row.get(10)?,
    })
}

impl LogRow {
    /// The place of the last merged frame.
    pub(crate) fn last_merged(&self) -> kahriz_proto::frame::FrameRef {
        kahriz_proto::frame::FrameRef { log: self.log, seq: self.merged }
    }

    /// The place of the last merged frame, and which frame stands there.
    pub(crate) fn merged_state(&self) -> kahriz_proto::message::LogState {
        let mut tag = [0; 8];
        tag.copy_from_slice(&self.merged_hash.as_bytes()[..8]);
        kahriz_proto::message::LogState { log: self.log, seq: self.merged, tag }
    }
}

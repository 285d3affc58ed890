//! Records, their documents, and what the references in frames stand for.

use super::columns::id;
use crate::batch::{Known, Place, Reference};
use kahriz_proto::frame::FrameRef;
use kahriz_proto::ids::{LogId, RecordId, ScopeId};
use rusqlite::{Connection, OptionalExtension, Result, Row, params};
use std::collections::BTreeMap;

/// A record, as it stands here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecordRow {
    /// Its row.
    pub(crate) id: i64,
    pub(crate) record: RecordId,
    pub(crate) scope: ScopeId,
    /// The wire code of its kind.
    pub(crate) kind: u8,
    pub(crate) reference: Reference,
}

/// A document as it is kept: its changes one after another, or compacted with some after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) changes: u32,
    pub(crate) bytes: Vec<u8>,
}

/// A change that is held, and the frame of its log in which it travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) known: Known,
    pub(crate) frame: Option<u64>,
    /// The frame in which headquarters handed it on, if it did and the frame is sealed.
    pub(crate) carrier: Option<FrameRef>,
}

const RECORD: &str = "SELECT r.id, r.record, r.scope, r.kind, l.log, r.counter
    FROM records r JOIN logs l ON l.id = r.creator";

/// A record by its id.
pub(crate) fn record(conn: &Connection, record: RecordId) -> Result<Option<RecordRow>> {
    conn.prepare_cached(&format!("{RECORD} WHERE r.record = ?1"))?
        .query_row([record.as_bytes()], read_record)
        .optional()
}

/// A record by its row.
pub(crate) fn record_by_row(conn: &Connection, row: i64) -> Result<RecordRow> {
    conn.prepare_cached(&format!("{RECORD} WHERE r.id = ?1"))?.query_row([row], read_record)
}

/// The rows of all records after one, at most `limit` of them: to go through all in pieces.
pub(crate) fn rows_after(conn: &Connection, row: i64, limit: u32) -> Result<Vec<i64>> {
    conn.prepare_cached("SELECT id FROM records WHERE id > ?1 ORDER BY id LIMIT ?2")?
        .query_map(params![row, limit], |row| row.get(0))?
        .collect()
}

/// A record that is new here; `creator` is its log's row.
pub(crate) fn add_record(
    conn: &Connection,
    reference: Reference,
    creator: i64,
    scope: ScopeId,
    kind: u8,
) -> Result<RecordRow> {
    let record = reference.record();
    conn.prepare_cached(
        "INSERT INTO records (record, scope, kind, creator, counter) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        record.as_bytes(),
        scope.as_bytes(),
        kind,
        creator,
        reference.counter.cast_signed()
    ])?;
    Ok(RecordRow { id: conn.last_insert_rowid(), record, scope, kind, reference })
}

/// The kept document of a record.
pub(crate) fn document(conn: &Connection, row: i64) -> Result<Option<Kept>> {
    conn.prepare_cached("SELECT changes, bytes FROM documents WHERE record = ?1")?
        .query_row([row], |row| Ok(Kept { changes: row.get(0)?, bytes: row.get(1)? }))
        .optional()
}

/// Keeps the document of a record.
pub(crate) fn keep(conn: &Connection, row: i64, kept: &Kept) -> Result<()> {
    conn.prepare_cached(
        "INSERT OR REPLACE INTO documents (record, changes, bytes) VALUES (?1, ?2, ?3)",
    )?
    .execute(params![row, kept.changes, kept.bytes])
    .map(drop)
}

/// Notes a change that is held; `log` is its log's row.
pub(crate) fn add_change(
    conn: &Connection,
    row: i64,
    log: i64,
    known: &Known,
    frame: Option<u64>,
) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO changes (record, log, seq, hash, max_op, frame) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![row, log, known.place.seq, known.id, known.max_op, frame])
    .map(drop)
}

/// The frame in which an own change travels.
pub(crate) fn set_frame(conn: &Connection, row: i64, log: i64, seq: u64, frame: u64) -> Result<()> {
    conn.prepare_cached(
        "UPDATE changes SET frame = ?4 WHERE record = ?1 AND log = ?2 AND seq = ?3",
    )?
    .execute(params![row, log, seq, frame])
    .map(drop)
}

/// The frame in which headquarters hands on a change for its log; none yet if it is still to be sealed.
/// `carrier` is the row of headquarters' log.
pub(crate) fn set_carrier(
    conn: &Connection,
    row: i64,
    place: (i64, u64),
    carrier: i64,
    frame: Option<u64>,
) -> Result<()> {
    let (log, seq) = place;
    conn.prepare_cached(
        "UPDATE changes SET carrier = ?4, carrier_frame = ?5
         WHERE record = ?1 AND log = ?2 AND seq = ?3",
    )?
    .execute(params![row, log, seq, carrier, frame])
    .map(drop)
}

/// All changes that are held of a record, log by log in order.
pub(crate) fn changes(conn: &Connection, row: i64) -> Result<Vec<Held>> {
    conn.prepare_cached(
        "SELECT l.log, c.seq, c.hash, c.max_op, c.frame, k.log, c.carrier_frame
         FROM changes c JOIN logs l ON l.id = c.log LEFT JOIN logs k ON k.id = c.carrier
         WHERE c.record = ?1 ORDER BY c.log, c.seq",
    )?
    .query_map([row], |row| {
        let log: LogId = id(row, 0)?;
        let place = Place { log, seq: row.get(1)? };
        let known = Known { place, id: id(row, 2)?, max_op: row.get(3)? };
        let carrier = match row.get::<_, Option<u64>>(6)? {
            Some(seq) => Some(FrameRef { log: id(row, 5)?, seq }),
            None => None,
        };
        Ok(Held { known, frame: row.get(4)?, carrier })
    })?
    .collect()
}

/// The last frame of each log, by its row, that holds a change.
pub(crate) fn last_frames(conn: &Connection) -> Result<BTreeMap<i64, u64>> {
    conn.prepare(
        "SELECT log, max(frame) FROM (
             SELECT log, frame FROM changes WHERE frame IS NOT NULL UNION ALL
             SELECT carrier, carrier_frame FROM changes WHERE carrier_frame IS NOT NULL
         ) GROUP BY log",
    )?
    .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
    .collect()
}

/// Keeps a change that the engine refused, so that it is not lost and can be shown.
pub(crate) fn keep_stuck(
    conn: &Connection,
    row: i64,
    log: i64,
    seq: u64,
    chunk: &[u8],
) -> Result<()> {
    conn.prepare_cached(
        "INSERT OR REPLACE INTO stuck (record, log, seq, chunk) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![row, log, seq, chunk])
    .map(drop)
}

/// How many changes the engine refused.
pub(crate) fn stuck(conn: &Connection) -> Result<u64> {
    conn.query_row("SELECT count(*) FROM stuck", [], |row| row.get(0))
}

fn read_record(row: &Row<'_>) -> Result<RecordRow> {
    let counter: i64 = row.get(5)?;
    Ok(RecordRow {
        id: row.get(0)?,
        record: id(row, 1)?,
        scope: id(row, 2)?,
        kind: row.get(3)?,
        reference: Reference { creator: id(row, 4)?, counter: counter.cast_unsigned() },
    })
}

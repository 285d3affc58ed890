//! What was deposited with headquarters, until every change in it is here.

use super::columns::id;
use kahriz_proto::ids::DeviceId;
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

/// A letter, as headquarters keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeptLetter {
    pub(crate) id: i64,
    /// The device that says it has written it.
    pub(crate) device: DeviceId,
    pub(crate) letter: Vec<u8>,
    /// What opens it, if anybody here could.
    pub(crate) key: Option<Vec<u8>>,
    /// 0 waits for a person, 1 adopted, 2 rejected.
    pub(crate) state: u8,
    /// Who has decided, if a person has.
    pub(crate) who: String,
    /// Why.
    pub(crate) reason: String,
}

const COLUMNS: &str = "id, device, letter, key, state, who, reason";

/// Keeps a letter; one that is here already is left as it is. Says whether it is new.
pub(crate) fn keep(
    conn: &Connection,
    hash: &[u8; 32],
    device: DeviceId,
    letter: &[u8],
    key: Option<&[u8; 32]>,
) -> Result<bool> {
    conn.prepare_cached(
        "INSERT INTO letters (hash, device, letter, key) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (hash) DO NOTHING",
    )?
    .execute(params![hash, device.as_bytes(), letter, key])
    .map(|rows| rows > 0)
}

/// Whether a letter is here.
pub(crate) fn is_kept(conn: &Connection, hash: &[u8; 32]) -> Result<bool> {
    conn.prepare_cached("SELECT EXISTS (SELECT 1 FROM letters WHERE hash = ?1)")?
        .query_row([hash], |row| row.get(0))
}

/// Bytes of the letters that a device is said to have written.
pub(crate) fn bytes_of(conn: &Connection, device: DeviceId) -> Result<u64> {
    conn.prepare_cached("SELECT coalesce(sum(length(letter)), 0) FROM letters WHERE device = ?1")?
        .query_row([device.as_bytes()], |row| row.get(0))
}

/// Id, device and state of all letters, in the order of arrival.
pub(crate) fn all(conn: &Connection) -> Result<Vec<(i64, DeviceId, u8)>> {
    conn.prepare_cached("SELECT id, device, state FROM letters ORDER BY id")?
        .query_map([], |row| Ok((row.get(0)?, id(row, 1)?, row.get(2)?)))?
        .collect()
}

/// A letter.
pub(crate) fn get(conn: &Connection, letter: i64) -> Result<Option<KeptLetter>> {
    conn.prepare_cached(&format!("SELECT {COLUMNS} FROM letters WHERE id = ?1"))?
        .query_row([letter], read)
        .optional()
}

/// Keeps what opens a letter.
pub(crate) fn set_key(conn: &Connection, letter: i64, key: &[u8; 32]) -> Result<()> {
    conn.prepare_cached("UPDATE letters SET key = ?2 WHERE id = ?1")?
        .execute(params![letter, key])
        .map(drop)
}

/// A letter is decided on.
pub(crate) fn decide(
    conn: &Connection,
    letter: i64,
    state: u8,
    who: &str,
    reason: &str,
    claimed_ms: i64,
) -> Result<()> {
    conn.prepare_cached(
        "UPDATE letters SET state = ?2, who = ?3, reason = ?4, decided = ?5 WHERE id = ?1",
    )?
    .execute(params![letter, state, who, reason, claimed_ms])
    .map(drop)
}

/// Everything in a letter is here.
pub(crate) fn remove(conn: &Connection, letter: i64) -> Result<()> {
    conn.prepare_cached("DELETE FROM letters WHERE id = ?1")?.execute([letter]).map(drop)
}

fn read(row: &Row<'_>) -> Result<KeptLetter> {
    Ok(KeptLetter {
        id: row.get(0)?,
        device: id(row, 1)?,
        letter: row.get(2)?,
        key: row.get(3)?,
        state: row.get(4)?,
        who: row.get(5)?,
        reason: row.get(6)?,
    })
}

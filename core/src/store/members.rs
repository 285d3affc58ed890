//! Who is who: the roster as it was read, the epochs' keys, and what people and scopes are called.

use super::columns::id;
use kahriz_proto::ids::{DeviceId, LogId, ScopeId};
use kahriz_proto::message::KeyWrap;
use kahriz_proto::roster::Entry;
use rusqlite::{Connection, OptionalExtension, Result, params};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// Keeps the roster's next entry.
pub(crate) fn add_entry(conn: &Connection, seq: u64, entry: &[u8]) -> Result<()> {
    conn.prepare_cached("INSERT INTO roster (seq, entry) VALUES (?1, ?2)")?
        .execute(params![seq, entry])
        .map(drop)
}

/// The roster's entries after a number, in order.
pub(crate) fn entries(conn: &Connection, after: u64) -> Result<Vec<Vec<u8>>> {
    conn.prepare_cached("SELECT entry FROM roster WHERE seq > ?1 ORDER BY seq")?
        .query_map([after], |row| row.get(0))?
        .collect()
}

/// The roster's entries up to a number, in order.
pub(crate) fn entries_up_to(conn: &Connection, last: u64) -> Result<Vec<Vec<u8>>> {
    conn.prepare_cached("SELECT entry FROM roster WHERE seq <= ?1 ORDER BY seq")?
        .query_map([last], |row| row.get(0))?
        .collect()
}

/// Entries after a number that nobody else has seen are taken back, and the keys that go with them.
pub(crate) fn take_back_entries(conn: &Connection, after: u64) -> Result<()> {
    conn.execute("DELETE FROM roster WHERE seq > ?1", [after])?;
    conn.execute("DELETE FROM key_wraps WHERE at > ?1", [after]).map(drop)
}

/// A key under which nothing was sealed is taken back with the entry that began its epoch.
pub(crate) fn take_back_key(conn: &Connection, scope: ScopeId, epoch: u32) -> Result<()> {
    conn.execute(
        "DELETE FROM epochs WHERE scope = ?1 AND epoch = ?2",
        params![scope.as_bytes(), epoch],
    )
    .map(drop)
}

/// Keeps a key that was wrapped for a device, to be published with the roster entry of this number.
pub(crate) fn keep_wrap(conn: &Connection, at: u64, wrap: &KeyWrap) -> Result<()> {
    conn.prepare_cached(
        "INSERT OR REPLACE INTO key_wraps (scope, epoch, device, at, sealed) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        wrap.scope.as_bytes(),
        wrap.epoch,
        wrap.device.as_bytes(),
        at,
        wrap.sealed
    ])
    .map(drop)
}

/// The keys that go with the roster's entries after a number.
pub(crate) fn wraps(conn: &Connection, after: u64) -> Result<Vec<KeyWrap>> {
    conn.prepare_cached(
        "SELECT scope, epoch, device, sealed FROM key_wraps WHERE at > ?1 ORDER BY at, scope, epoch",
    )?
    .query_map([after], |row| {
        let (scope, device) = (id(row, 0)?, id(row, 2)?);
        Ok(KeyWrap { scope, epoch: row.get(1)?, device, sealed: row.get(3)? })
    })?
    .collect()
}

/// The hash of one entry of the roster, by its number.
pub(crate) fn entry_hash(conn: &Connection, seq: u64) -> Result<Option<[u8; 32]>> {
    let Ok(seq) = i64::try_from(seq) else { return Ok(None) };
    let entry: Option<Vec<u8>> = conn
        .prepare_cached("SELECT entry FROM roster WHERE seq = ?1")?
        .query_row([seq], |row| row.get(0))
        .optional()?;
    Ok(entry.and_then(|bytes| Entry::decode(&bytes)).map(|entry| entry.hash()))
}

/// Keeps an epoch's key.
pub(crate) fn put_key(conn: &Connection, scope: ScopeId, epoch: u32, key: &[u8; 32]) -> Result<()> {
    conn.prepare_cached("INSERT OR REPLACE INTO epochs (scope, epoch, key) VALUES (?1, ?2, ?3)")?
        .execute(params![scope.as_bytes(), epoch, key])
        .map(drop)
}

/// An epoch's key.
pub(crate) fn key(
    conn: &Connection,
    scope: ScopeId,
    epoch: u32,
) -> Result<Option<Zeroizing<[u8; 32]>>> {
    conn.prepare_cached("SELECT key FROM epochs WHERE scope = ?1 AND epoch = ?2")?
        .query_row(params![scope.as_bytes(), epoch], |row| id::<[u8; 32]>(row, 0))
        .optional()
        .map(|key| key.map(Zeroizing::new))
}

/// What a scope is called.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct ScopeName {
    pub(crate) name: String,
    pub(crate) prefix: String,
}

/// Names a scope.
pub(crate) fn name_scope(
    conn: &Connection,
    scope: ScopeId,
    name: &str,
    prefix: &str,
) -> Result<()> {
    conn.prepare_cached("INSERT OR REPLACE INTO scopes (scope, name, prefix) VALUES (?1, ?2, ?3)")?
        .execute(params![scope.as_bytes(), name, prefix])
        .map(drop)
}

/// All scopes' names.
pub(crate) fn scope_names(conn: &Connection) -> Result<BTreeMap<ScopeId, ScopeName>> {
    conn.prepare_cached("SELECT scope, name, prefix FROM scopes")?
        .query_map([], |row| {
            Ok((id(row, 0)?, ScopeName { name: row.get(1)?, prefix: row.get(2)? }))
        })?
        .collect()
}

/// What a person and a phone are called.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct PersonName {
    pub(crate) officer: String,
    pub(crate) phone: String,
}

/// Says who uses a device.
pub(crate) fn name_person(conn: &Connection, device: DeviceId, person: &PersonName) -> Result<()> {
    conn.prepare_cached(
        "INSERT OR REPLACE INTO people (device, officer, phone) VALUES (?1, ?2, ?3)",
    )?
    .execute(params![device.as_bytes(), person.officer, person.phone])
    .map(drop)
}

/// Who uses which device.
pub(crate) fn people(conn: &Connection) -> Result<BTreeMap<DeviceId, PersonName>> {
    conn.prepare_cached("SELECT device, officer, phone FROM people")?
        .query_map([], |row| {
            Ok((id(row, 0)?, PersonName { officer: row.get(1)?, phone: row.get(2)? }))
        })?
        .collect()
}

/// What headquarters has signed of a log: the number of the last frame of which it is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Receipt {
    /// It has merged it.
    pub(crate) merged: u64,
    /// A verified backup of it holds it.
    pub(crate) backed_up: u64,
}

/// Headquarters has signed that it merged a log up to a frame; a receipt never goes back.
pub(crate) fn put_receipt(conn: &Connection, log: LogId, merged: u64) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO receipts (log, merged) VALUES (?1, ?2)
         ON CONFLICT (log) DO UPDATE SET merged = max(merged, excluded.merged)",
    )?
    .execute(params![log.as_bytes(), merged])
    .map(drop)
}

/// Headquarters has signed that a backup holds a log up to a frame. What was merged by whom is not said by that.
pub(crate) fn put_backed_up(conn: &Connection, log: LogId, backed_up: u64) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO receipts (log, merged, backed_up) VALUES (?1, 0, ?2)
         ON CONFLICT (log) DO UPDATE SET backed_up = max(backed_up, excluded.backed_up)",
    )?
    .execute(params![log.as_bytes(), backed_up])
    .map(drop)
}

/// What headquarters has signed of each log.
pub(crate) fn receipts(conn: &Connection) -> Result<BTreeMap<LogId, Receipt>> {
    conn.prepare_cached("SELECT log, merged, backed_up FROM receipts")?
        .query_map([], |row| {
            Ok((id(row, 0)?, Receipt { merged: row.get(1)?, backed_up: row.get(2)? }))
        })?
        .collect()
}

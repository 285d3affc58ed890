//! Small named facts about this device: its keys, its workspace, its relay.

use rusqlite::{Connection, OptionalExtension, Result, params};
use zeroize::Zeroizing;

/// The value of a setting. Some are secrets, so all are wiped when dropped.
pub(crate) fn get(conn: &Connection, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>> {
    conn.prepare_cached("SELECT value FROM settings WHERE name = ?1")?
        .query_row([name], |row| row.get(0).map(Zeroizing::new))
        .optional()
}

/// Sets a setting.
pub(crate) fn put(conn: &Connection, name: &str, value: &[u8]) -> Result<()> {
    conn.prepare_cached("INSERT OR REPLACE INTO settings (name, value) VALUES (?1, ?2)")?
        .execute(params![name, value])
        .map(drop)
}

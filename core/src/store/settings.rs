//! Small named facts about this device: its keys, its workspace, its relay.

use rusqlite::{Connection, OptionalExtension, Result, params};

/// The value of a setting.
pub(crate) fn get(conn: &Connection, name: &str) -> Result<Option<Vec<u8>>> {
    conn.prepare_cached("SELECT value FROM settings WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()
}

/// Sets a setting.
pub(crate) fn put(conn: &Connection, name: &str, value: &[u8]) -> Result<()> {
    conn.prepare_cached("INSERT OR REPLACE INTO settings (name, value) VALUES (?1, ?2)")?
        .execute(params![name, value])
        .map(drop)
}

/// Forgets a setting.
pub(crate) fn remove(conn: &Connection, name: &str) -> Result<()> {
    conn.prepare_cached("DELETE FROM settings WHERE name = ?1")?.execute([name]).map(drop)
}

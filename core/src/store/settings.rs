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

/// Adds a setting of a new name; one that is there already is an error and stays.
pub(crate) fn add(conn: &Connection, name: &str, value: &[u8]) -> Result<()> {
    conn.prepare_cached("INSERT INTO settings (name, value) VALUES (?1, ?2)")?
        .execute(params![name, value])
        .map(drop)
}

/// Removes a setting.
pub(crate) fn remove(conn: &Connection, name: &str) -> Result<()> {
    conn.prepare_cached("DELETE FROM settings WHERE name = ?1")?.execute([name]).map(drop)
}

/// The settings whose names begin so, in the order of their names' bytes.
pub(crate) fn beginning(conn: &Connection, beginning: &str) -> Result<Vec<(String, Vec<u8>)>> {
    // Names are UTF-8, in which no byte is larger than the last of U+10FFFF.
    let after = format!("{beginning}\u{10ffff}");
    let sql = "SELECT name, value FROM settings WHERE name >= ?1 AND name < ?2 ORDER BY name";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map([beginning, &after], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

/// Of those, the one with the last name.
pub(crate) fn last_beginning(
    conn: &Connection,
    beginning: &str,
) -> Result<Option<(String, Vec<u8>)>> {
    let after = format!("{beginning}\u{10ffff}");
    let sql = "SELECT name, value FROM settings WHERE name >= ?1 AND name < ?2 ORDER BY name DESC LIMIT 1";
    let mut statement = conn.prepare_cached(sql)?;
    statement.query_row([beginning, &after], |row| Ok((row.get(0)?, row.get(1)?))).optional()
}

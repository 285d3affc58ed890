//! Letting go of everything that can be read, on a device that must not hold it any longer.

use super::logs;
use kahriz_proto::ids::DeviceId;
use rusqlite::{Connection, Result, Transaction};

/// Every table that holds, or leads to, something that can be read; the rows of the projection are its own to clear.
/// The own logs keep their place and their sealed frames, the roster and the device's secrets stay.
pub(crate) fn everything_readable(tx: &Transaction<'_>, own: DeviceId) -> Result<()> {
    tx.execute_batch(
        "DELETE FROM trials; DELETE FROM weights; DELETE FROM stuck; DELETE FROM changes; DELETE FROM outbox; DELETE FROM documents; DELETE FROM records;
         DELETE FROM inbox; DELETE FROM cursors; DELETE FROM rereads; DELETE FROM not_own; DELETE FROM epochs; DELETE FROM people; DELETE FROM scopes;",
    )?;
    logs::forget(tx, own)
}

/// Whether nothing is left to let go of.
pub(crate) fn holds_nothing(conn: &Connection) -> Result<bool> {
    conn.query_row(
        "SELECT NOT EXISTS (SELECT 1 FROM epochs) AND NOT EXISTS (SELECT 1 FROM documents)",
        [],
        |row| row.get(0),
    )
}

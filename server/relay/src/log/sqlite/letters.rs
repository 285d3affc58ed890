//! Letters for headquarters: kept, listed, and dropped once they are on its disk.

use super::append::workspace_number;
use super::{one, sql, unsigned};
use crate::log::judge::{Usage, letter_fits};
use crate::log::{Letter, LetterOutcome, LogError, Room};
use kahriz_proto::ids::{DeviceId, WorkspaceId};
use kahriz_proto::letter::{KeptLetter, LetterPage};
use rusqlite::{Connection, Transaction, params};

pub(super) fn keep(
    tx: &Transaction<'_>,
    workspace: WorkspaceId,
    letter: &Letter,
    room: &Room,
) -> Result<LetterOutcome, LogError> {
    let workspace = workspace_number(tx, workspace)?;
    let query = "SELECT 1 FROM letter WHERE workspace = ?1 AND device = ?2 AND hash = ?3";
    let known = params![workspace, letter.device.as_bytes(), letter.hash];
    if one(tx, query, known, |_| Ok(()))?.is_some() {
        return Ok(LetterOutcome::Duplicate);
    }
    if room.disk_full {
        return Ok(LetterOutcome::DiskFull);
    }
    if !letter_fits(usage(tx, workspace, letter.device)?, letter.bytes.len() as u64, room) {
        return Ok(LetterOutcome::OverQuota);
    }
    insert(tx, workspace, letter)?;
    Ok(LetterOutcome::Kept)
}

fn insert(tx: &Transaction<'_>, workspace: i64, letter: &Letter) -> Result<(), LogError> {
    let len = sql(letter.bytes.len() as u64);
    let number: i64 = tx.query_row(
        "UPDATE workspace SET letters = letters + 1, bytes = bytes + ?2 WHERE number = ?1
         RETURNING letters",
        params![workspace, len],
        |row| row.get(0),
    )?;
    let device = letter.device.as_bytes();
    tx.execute(
        "INSERT INTO letter (workspace, number, device, hash, length, bytes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![workspace, number, device, letter.hash, len, letter.bytes],
    )?;
    tx.execute(
        "INSERT INTO device_usage (workspace, device, bytes, letter_bytes) VALUES (?1, ?2, 0, ?3)
         ON CONFLICT (workspace, device) DO UPDATE SET letter_bytes = letter_bytes + ?3",
        params![workspace, device, len],
    )?;
    Ok(())
}

fn usage(tx: &Transaction<'_>, workspace: i64, device: DeviceId) -> Result<Usage, LogError> {
    let query = "SELECT letter_bytes FROM device_usage WHERE workspace = ?1 AND device = ?2";
    let of_device = one(tx, query, params![workspace, device.as_bytes()], |row| row.get(0))?;
    let query = "SELECT bytes FROM workspace WHERE number = ?1";
    let of_workspace = one(tx, query, [workspace], |row| row.get(0))?;
    Ok(Usage {
        device: unsigned(of_device.unwrap_or(0)),
        workspace: unsigned(of_workspace.unwrap_or(0)),
    })
}

pub(super) fn page(
    db: &Connection,
    workspace: WorkspaceId,
    after: u64,
    bytes_max: usize,
) -> Result<LetterPage, LogError> {
    let mut query = db.prepare_cached(
        "SELECT letter.number, letter.bytes FROM workspace
           JOIN letter ON letter.workspace = workspace.number
          WHERE workspace.workspace = ?1 AND letter.number > ?2 ORDER BY letter.number",
    )?;
    let mut rows = query.query(params![workspace.as_bytes(), sql(after)])?;
    let (mut page, mut bytes) = (LetterPage::default(), 0);
    while let Some(row) = rows.next()? {
        let deposit: Vec<u8> = row.get(1)?;
        bytes += deposit.len();
        if bytes > bytes_max && !page.letters.is_empty() {
            page.more = Some(true);
            break;
        }
        page.letters.push(KeptLetter { number: unsigned(row.get(0)?), deposit });
    }
    Ok(page)
}

/// Drops the letters up to a number, and gives their bytes back to those who left them.
pub(super) fn drop_up_to(
    tx: &Transaction<'_>,
    workspace: WorkspaceId,
    number: u64,
) -> Result<(), LogError> {
    let workspace = workspace_number(tx, workspace)?;
    let dropped = params![workspace, sql(number)];
    tx.execute(
        "UPDATE device_usage SET letter_bytes = letter_bytes - waiting.bytes
           FROM (SELECT device, sum(length) AS bytes FROM letter
                  WHERE workspace = ?1 AND number <= ?2 GROUP BY device) AS waiting
          WHERE device_usage.workspace = ?1 AND device_usage.device = waiting.device",
        dropped,
    )?;
    tx.execute(
        "UPDATE workspace SET bytes = bytes -
                (SELECT coalesce(sum(length), 0) FROM letter WHERE workspace = ?1 AND number <= ?2)
          WHERE number = ?1",
        dropped,
    )?;
    tx.execute("DELETE FROM letter WHERE workspace = ?1 AND number <= ?2", dropped)?;
    Ok(())
}

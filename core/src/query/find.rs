//! A record by what a person calls it.

use kahriz_proto::ids::RecordId;
use rusqlite::Connection;

use super::row::unreadable;
use crate::human_id::HumanId;

/// The records that a human id names: almost always one or none. Two can share the 40 bits that it writes out; then
/// the person has to choose.
///
/// # Errors
/// What SQLite said.
pub fn find(connection: &Connection, id: &HumanId) -> rusqlite::Result<Vec<RecordId>> {
    let (first, last) = id.records();
    let mut statement = connection.prepare_cached(
        "SELECT records.record, rows.human_id FROM records JOIN rows USING (id)
         WHERE records.record BETWEEN ?1 AND ?2 ORDER BY id",
    )?;
    let mut rows = statement.query([first.as_bytes(), last.as_bytes()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        // The prefix tells apart what two sites happened to number alike.
        if HumanId::parse(row.get_ref(1)?.as_str()?).is_ok_and(|other| other == *id) {
            found.push(RecordId::from_slice(row.get_ref(0)?.as_blob()?).ok_or_else(unreadable)?);
        }
    }
    Ok(found)
}

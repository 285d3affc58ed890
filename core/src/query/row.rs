//! A row out of its tables.

use kahriz_proto::ids::{DeviceId, RecordId, ScopeId};
use rusqlite::types::Type;
use rusqlite::{Connection, Error};

use super::Row;
use super::near::{degrees, ring};
use crate::forms::Forms;
use crate::value::Point;

/// One row by its id.
pub(super) fn row_of(connection: &Connection, id: i64) -> rusqlite::Result<Row> {
    let mut statement = connection.prepare_cached(
        "SELECT record, human_id, kind, scope, title, status, status_contested, status_withheld, state, area, place,
                date, lat, lon, contested, incomplete, deleted, changed, changed_by
         FROM rows WHERE id = ?1",
    )?;
    statement.query_row([id], |row| {
        let point: (Option<i32>, Option<i32>) = (row.get(12)?, row.get(13)?);
        Ok(Row {
            record: RecordId::from_slice(row.get_ref(0)?.as_blob()?).ok_or_else(unreadable)?,
            human_id: row.get(1)?,
            kind: kind_name(row.get(2)?),
            scope: ScopeId::from_slice(row.get_ref(3)?.as_blob()?).ok_or_else(unreadable)?,
            title: row.get(4)?,
            status: row.get(5)?,
            status_contested: row.get(6)?,
            status_withheld: row.get(7)?,
            state: row.get(8)?,
            area: row.get(9)?,
            place: row.get(10)?,
            date: row.get(11)?,
            point: point.0.zip(point.1).map(degrees),
            other_points: Vec::new(),
            shape: None,
            contested: row.get(14)?,
            incomplete: row.get(15)?,
            deleted: row.get(16)?,
            changed_ms: row.get(17)?,
            changed_by: DeviceId::from_slice(row.get_ref(18)?.as_blob()?).ok_or_else(unreadable)?,
            metres: None,
        })
    })
}

/// Adds the area of a row, and the positions that stand beside the one that is its mark.
pub(super) fn add_places(connection: &Connection, id: i64, row: &mut Row) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "SELECT is_area, geometry FROM row_shapes WHERE row = ?1 ORDER BY ordinal",
    )?;
    let mut places = statement.query([id])?;
    while let Some(place) = places.next()? {
        let bytes = place.get_ref(1)?.as_blob()?;
        if place.get(0)? {
            let corners = ring(bytes).ok_or_else(unreadable)?;
            row.shape.get_or_insert(corners);
        } else {
            let point = Point::decode(bytes).ok_or_else(unreadable)?;
            let point = (point.lat(), point.lon());
            if row.point != Some(point) {
                row.other_points.push(point);
            }
        }
    }
    Ok(())
}

/// The name of a kind; its number if this program does not know it.
pub(super) fn kind_name(code: u16) -> String {
    Forms::builtin().kind_of_code(code).map_or_else(|| code.to_string(), |kind| kind.name.clone())
}

/// A column does not hold what this program writes there.
pub(super) fn unreadable() -> Error {
    Error::InvalidColumnType(0, "rows".to_owned(), Type::Blob)
}

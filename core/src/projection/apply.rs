//! Rows into their tables, inside the transaction that changes the document.
//!
//! Most edits of a record change none of its words and places, so the row remembers a hash of both, and the search
//! index and the map's are written only when it differs.

use kahriz_proto::hash::hash_short;
use kahriz_proto::ids::{DeviceId, RecordId, ScopeId};
use rusqlite::{OptionalExtension, Transaction, params};

use super::RowContent;
use super::places::{Bounds, Geometry, Places};

/// What a row says of a record besides its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowMeta {
    /// The record.
    pub record: RecordId,
    /// Its name for people.
    pub human_id: String,
    /// The number of its kind.
    pub kind: u16,
    /// The scope it lives in.
    pub scope: ScopeId,
    /// When it was made, as the device claimed; milliseconds since 1970.
    pub created_ms: i64,
    /// When it was last changed, as the device claimed; milliseconds since 1970.
    pub changed_ms: i64,
    /// Who changed it last.
    pub changed_by: DeviceId,
}

/// Writes the row of a record. `fresh` says that the record surely has none yet, and saves looking; `id` is the rowid
/// of the record.
///
/// # Errors
/// What SQLite said; with `fresh` also a constraint, if there was a row after all.
pub fn apply(
    tx: &Transaction<'_>,
    id: i64,
    meta: &RowMeta,
    content: &RowContent,
    fresh: bool,
) -> rusqlite::Result<()> {
    let before = if fresh { None } else { hashes(tx, id)? };
    let hashes = Hashes::of(content);
    write_row(tx, id, meta, content, hashes, before.is_some())?;
    let before = before.unwrap_or_default();
    if before.words != hashes.words {
        drop_words(tx, id, before.words)?;
        write_words(tx, id, content)?;
    }
    if before.places != hashes.places {
        drop_places(tx, id, before.places)?;
        write_places(tx, id, &content.places)?;
    }
    Ok(())
}

/// Takes the row of a record away, if it has one.
///
/// # Errors
/// What SQLite said.
pub fn remove(tx: &Transaction<'_>, id: i64) -> rusqlite::Result<()> {
    let Some(before) = hashes(tx, id)? else { return Ok(()) };
    drop_words(tx, id, before.words)?;
    drop_places(tx, id, before.places)?;
    tx.prepare_cached("DELETE FROM rows WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// Gives the rows of a scope their names for people, when what these begin with becomes known.
///
/// # Errors
/// What SQLite said.
pub fn rename(
    tx: &Transaction<'_>,
    scope: ScopeId,
    name: impl Fn(RecordId) -> String,
) -> rusqlite::Result<()> {
    let rows: Vec<(i64, Vec<u8>)> = tx
        .prepare_cached("SELECT id, record FROM rows WHERE scope = ?1")?
        .query_map([scope.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut update = tx.prepare_cached("UPDATE rows SET human_id = ?2 WHERE id = ?1")?;
    for (id, record) in rows {
        if let Some(record) = RecordId::from_slice(&record) {
            update.execute(params![id, name(record)])?;
        }
    }
    Ok(())
}

/// Takes all rows away, to make them again.
///
/// # Errors
/// What SQLite said.
pub fn clear(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    tx.execute_batch(
        "DELETE FROM rows;
         DELETE FROM row_shapes;
         DELETE FROM row_places;
         INSERT INTO row_words (row_words) VALUES ('delete-all');",
    )
}

/// What the search index and the map's hold of a record; `None` for nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Hashes {
    words: Option<i64>,
    places: Option<i64>,
}

impl Hashes {
    fn of(content: &RowContent) -> Self {
        let words = (!content.words.is_empty()).then(|| short(joined(content).as_bytes()));
        let places =
            content.places.bounds.map(|bounds| short(&place_bytes(bounds, &content.places.all)));
        Self { words, places }
    }
}

fn short(bytes: &[u8]) -> i64 {
    i64::from_be_bytes(hash_short("kahriz/v1/row", &[bytes]))
}

fn joined(content: &RowContent) -> String {
    content.words.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
}

fn place_bytes(bounds: Bounds, all: &[Geometry]) -> Vec<u8> {
    let edges = [bounds.lat_min, bounds.lat_max, bounds.lon_min, bounds.lon_max];
    let mut bytes: Vec<u8> = edges.iter().flat_map(|edge| edge.to_be_bytes()).collect();
    for geometry in all {
        let stored = geometry.encode();
        bytes.push(u8::from(matches!(geometry, Geometry::Area(_))));
        bytes.extend((stored.len() as u32).to_be_bytes());
        bytes.extend(stored);
    }
    bytes
}

fn hashes(tx: &Transaction<'_>, id: i64) -> rusqlite::Result<Option<Hashes>> {
    tx.prepare_cached("SELECT words_hash, places_hash FROM rows WHERE id = ?1")?
        .query_row([id], |row| Ok(Hashes { words: row.get(0)?, places: row.get(1)? }))
        .optional()
}

const COLUMNS: &str = "record, human_id, kind, scope, title, title_key, status, status_contested,
    status_withheld, state, area, place, date, lat, lon, contested, incomplete, deleted, created, changed, changed_by,
    words_hash, places_hash, id";

fn write_row(
    tx: &Transaction<'_>,
    id: i64,
    meta: &RowMeta,
    content: &RowContent,
    hashes: Hashes,
    is_there: bool,
) -> rusqlite::Result<()> {
    let values = "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22,
        ?23, ?24";
    let sql = match is_there {
        true => format!("UPDATE rows SET ({COLUMNS}) = ({values}) WHERE id = ?24"),
        false => format!("INSERT INTO rows ({COLUMNS}) VALUES ({values})"),
    };
    let mark = content.places.mark;
    tx.prepare_cached(&sql)?.execute(params![
        meta.record.as_bytes(),
        meta.human_id,
        meta.kind,
        meta.scope.as_bytes(),
        content.title,
        content.title_key,
        content.status,
        content.status_contested,
        content.status_withheld,
        content.state,
        content.area,
        content.place,
        content.date,
        mark.map(|(lat, _)| lat),
        mark.map(|(_, lon)| lon),
        content.contested,
        content.incomplete,
        content.deleted,
        meta.created_ms,
        meta.changed_ms,
        meta.changed_by.as_bytes(),
        hashes.words,
        hashes.places,
        id,
    ])?;
    Ok(())
}

fn write_words(tx: &Transaction<'_>, id: i64, content: &RowContent) -> rusqlite::Result<()> {
    if content.words.is_empty() {
        return Ok(());
    }
    tx.prepare_cached("INSERT INTO row_words (rowid, words) VALUES (?1, ?2)")?
        .execute(params![id, joined(content)])?;
    Ok(())
}

fn drop_words(tx: &Transaction<'_>, id: i64, before: Option<i64>) -> rusqlite::Result<()> {
    if before.is_some() {
        tx.prepare_cached("DELETE FROM row_words WHERE rowid = ?1")?.execute([id])?;
    }
    Ok(())
}

fn write_places(tx: &Transaction<'_>, id: i64, places: &Places) -> rusqlite::Result<()> {
    let Some(Bounds { lat_min, lat_max, lon_min, lon_max }) = places.bounds else { return Ok(()) };
    tx.prepare_cached("INSERT INTO row_places (id, lat_min, lat_max, lon_min, lon_max) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![id, lat_min, lat_max, lon_min, lon_max])?;
    if places.all.is_empty() {
        return Ok(());
    }
    let mut insert = tx.prepare_cached(
        "INSERT INTO row_shapes (row, ordinal, is_area, geometry) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for (ordinal, geometry) in (0_i64..).zip(&places.all) {
        let is_area = matches!(geometry, Geometry::Area(_));
        insert.execute(params![id, ordinal, is_area, geometry.encode()])?;
    }
    Ok(())
}

fn drop_places(tx: &Transaction<'_>, id: i64, before: Option<i64>) -> rusqlite::Result<()> {
    if before.is_some() {
        tx.prepare_cached("DELETE FROM row_places WHERE id = ?1")?.execute([id])?;
        tx.prepare_cached("DELETE FROM row_shapes WHERE row = ?1")?.execute([id])?;
    }
    Ok(())
}

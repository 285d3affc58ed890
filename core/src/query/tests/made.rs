//! Made-up records, and a store that holds their rows.

use rusqlite::{Transaction, params};

use crate::forms::{Forms, Kind};
use crate::human_id::human_id;
use crate::projection::{RowContent, RowMeta, apply, project};
use crate::query::*;
use crate::record::Fields;
use crate::store::scratch::Scratch;
use crate::store::{Store, StoreKey};
use crate::value::{Point, Scalar, Shape, Vertex};

/// A record as the tests make it up.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) kind: &'static Kind,
    pub(super) scope: u8,
    pub(super) changed_ms: i64,
    pub(super) fields: Fields,
}

impl Made {
    pub(super) fn of(kind: &str) -> Self {
        let kind = Forms::builtin().kind(kind).unwrap();
        Self { kind, scope: 1, changed_ms: 0, fields: Fields::new() }
    }

    pub(super) fn with(
        mut self,
        role: impl Fn(&Kind) -> Option<String>,
        values: &[Scalar],
    ) -> Self {
        if let Some(name) = role(self.kind) {
            self.fields.insert(name, values.to_vec());
        }
        self
    }

    pub(super) fn titled(self, title: &str) -> Self {
        self.with(|kind| kind.roles.title.first().cloned(), &[title.into()])
    }

    pub(super) fn meta(&self, id: i64) -> RowMeta {
        let record = record(id);
        RowMeta {
            record,
            human_id: human_id("AGD", record),
            kind: self.kind.code,
            scope: scope(self.scope),
            created_ms: 0,
            changed_ms: self.changed_ms,
            changed_by: DeviceId::from_bytes([9; 16]),
        }
    }

    pub(super) fn content(&self) -> RowContent {
        project(self.kind, &self.fields)
    }
}

pub(super) fn record(id: i64) -> RecordId {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&(id as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    bytes[8..].copy_from_slice(&id.to_be_bytes());
    RecordId::from_bytes(bytes)
}

pub(super) fn scope(number: u8) -> ScopeId {
    ScopeId::from_bytes([number; 8])
}

pub(super) fn point(lat: f64, lon: f64) -> Scalar {
    Point::from_degrees(lat, lon, None).unwrap().encode().into()
}

pub(super) fn square(lat: f64, lon: f64, side: f64) -> Scalar {
    let corners = [(0.0, 0.0), (0.0, side), (side, side), (side, 0.0)];
    let ring = corners.map(|(north, east)| Vertex::from_degrees(lat + north, lon + east).unwrap());
    Shape::new(ring.to_vec()).unwrap().encode().into()
}

/// A store in a folder of its own.
pub(super) struct World {
    pub(super) store: Store,
    _scratch: Scratch,
}

impl World {
    pub(super) fn new() -> Self {
        let scratch = Scratch::new();
        let store = Store::create(scratch.path(), &StoreKey::from_bytes([1; 32])).unwrap();
        Self { store, _scratch: scratch }
    }

    /// With these records, whose ids count from 1.
    pub(super) fn with(made: &[Made]) -> Self {
        let world = Self::new();
        world.write(|tx| {
            tx.execute(
                "INSERT INTO logs (id, log, device, scope, generation, merged_hash) VALUES (1, x'01', x'02', x'03', 1, x'04')",
                [],
            )?;
            (1..).zip(made).try_for_each(|(id, made)| {
                let meta = made.meta(id);
                let values = params![id, meta.record.as_bytes(), meta.scope.as_bytes(), meta.kind];
                let sql = "INSERT INTO records (id, record, scope, kind, creator, counter) VALUES (?1, ?2, ?3, ?4, 1, ?1)";
                tx.execute(sql, values)?;
                apply(tx, id, &meta, &made.content(), true)
            })
        });
        world
    }

    pub(super) fn write(&self, work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<()>) {
        self.store.write(work).unwrap();
    }

    pub(super) fn list(&self, query: &Query) -> Page {
        self.store.read(|connection| list(connection, query)).unwrap()
    }

    pub(super) fn counts(&self, query: &Query) -> Counts {
        self.store.read(|connection| counts(connection, query)).unwrap()
    }

    /// The ids of all rows that a query asks for, in order.
    pub(super) fn ids(&self, query: &Query) -> Vec<i64> {
        let page = self.list(query);
        assert_eq!(page.total, self.counts(query).total);
        page.rows
            .iter()
            .map(|row| i64::from_be_bytes(row.record.as_bytes()[8..].try_into().unwrap()))
            .collect()
    }

    pub(super) fn found(&self, text: &str) -> Vec<i64> {
        let mut ids = self.ids(&Query { text: Some(text.to_owned()), ..Query::default() });
        ids.sort_unstable();
        ids
    }

    /// Everything the tables hold, for comparing.
    pub(super) fn dump(&self) -> Vec<String> {
        let tables = [
            "SELECT * FROM rows",
            "SELECT * FROM row_places ORDER BY 1",
            "SELECT * FROM row_shapes",
        ];
        self.store
            .read(|connection| {
                let mut lines = Vec::new();
                for sql in tables {
                    let mut statement = connection.prepare(sql)?;
                    let columns = statement.column_count();
                    let mut rows = statement.query([])?;
                    while let Some(row) = rows.next()? {
                        let values: rusqlite::Result<Vec<_>> = (0..columns)
                            .map(|at| row.get::<_, rusqlite::types::Value>(at))
                            .collect();
                        lines.push(format!("{:?}", values?));
                    }
                }
                Ok::<_, rusqlite::Error>(lines)
            })
            .unwrap()
    }
}

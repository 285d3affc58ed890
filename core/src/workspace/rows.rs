//! Patches into rows: the composing of merge and projection.

use super::editing::kind_of;
use crate::human_id::human_id;
use crate::merge::Patch;
use crate::projection::{self, RowMeta};
use crate::store::logs;
use crate::store::members::ScopeName;
use kahriz_proto::ids::{DeviceId, LogId, ScopeId};
use rusqlite::Transaction;
use std::collections::BTreeMap;

/// Writes rows in one transaction, and remembers what each of them asks.
pub(super) struct RowWriter {
    scopes: BTreeMap<ScopeId, ScopeName>,
    devices: BTreeMap<LogId, DeviceId>,
}

impl RowWriter {
    pub(super) fn new(scopes: BTreeMap<ScopeId, ScopeName>) -> Self {
        Self { scopes, devices: BTreeMap::new() }
    }

    /// What the human ids of a scope's records begin with.
    pub(super) fn prefix(&self, scope: ScopeId) -> &str {
        self.scopes.get(&scope).map_or("", |names| names.prefix.as_str())
    }

    /// Projects a patch into its row. A record of a kind that this version does not know has none.
    pub(super) fn show(&mut self, tx: &Transaction<'_>, patch: &Patch) -> rusqlite::Result<()> {
        let Some(kind) = kind_of(&patch.row) else { return Ok(()) };
        let meta = RowMeta {
            record: patch.row.record,
            human_id: human_id(self.prefix(patch.row.scope), patch.row.record),
            kind: kind.code,
            scope: patch.row.scope,
            created_ms: patch.first.claimed_s.saturating_mul(1_000),
            changed_ms: patch.last.claimed_s.saturating_mul(1_000),
            changed_by: self.device(tx, patch.last.log)?,
        };
        let content = projection::project(kind, &patch.fields);
        projection::apply(tx, patch.row.id, &meta, &content, patch.fresh)
    }

    fn device(&mut self, tx: &Transaction<'_>, log: LogId) -> rusqlite::Result<DeviceId> {
        if let Some(device) = self.devices.get(&log) {
            return Ok(*device);
        }
        let unknown = DeviceId::from_bytes([0; 16]);
        let device = logs::get(tx, log)?.map_or(unknown, |row| row.device);
        self.devices.insert(log, device);
        Ok(device)
    }
}

//! Whose a log is, and what to call a person, a device and an area on a page.

use std::collections::BTreeMap;

use kahriz_core::workspace::{Workspace, logs_of};
use kahriz_proto::ids::{DeviceId, LogId, ScopeId};

use super::line::People;

/// Letters of an id that are enough to tell it from others.
const ID_LETTERS: usize = 8;

/// Names for the ids that the trust pages speak of.
pub(crate) struct Owners {
    people: People,
    of_log: BTreeMap<LogId, DeviceId>,
    areas: BTreeMap<ScopeId, String>,
}

impl Owners {
    pub(crate) fn of(workspace: &Workspace) -> Self {
        let areas = workspace.scopes().into_iter().filter(|scope| !scope.name.is_empty());
        Self {
            people: People::of(workspace),
            of_log: logs(workspace),
            areas: areas.map(|scope| (scope.id, scope.name)).collect(),
        }
    }

    /// The officer who uses a device.
    pub(crate) fn officer(&self, device: DeviceId) -> String {
        self.people.name(device)
    }

    /// The officer who wrote a log; the beginning of its id if its device was never a member.
    pub(crate) fn writer(&self, log: LogId) -> String {
        self.device(log).map_or_else(|| short(&log), |device| self.officer(device))
    }

    /// The device that wrote a log.
    pub(crate) fn device(&self, log: LogId) -> Option<DeviceId> {
        self.of_log.get(&log).copied()
    }

    /// What an area is called.
    pub(crate) fn area(&self, scope: ScopeId) -> String {
        self.areas.get(&scope).cloned().unwrap_or_else(|| short(&scope))
    }
}

/// The beginning of an id.
pub(crate) fn short(id: &impl ToString) -> String {
    id.to_string().chars().take(ID_LETTERS).collect()
}

/// A log's id is a hash of its device, its scope and a small number.
fn logs(workspace: &Workspace) -> BTreeMap<LogId, DeviceId> {
    let roster = workspace.roster();
    let scopes: Vec<ScopeId> = roster.scopes().collect();
    let mut logs = BTreeMap::new();
    for (device, _) in roster.members() {
        for scope in &scopes {
            logs.extend(logs_of(device, *scope).map(|log| (log, device)));
        }
    }
    logs
}

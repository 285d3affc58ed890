//! The figures of one phase and of a whole course, as they are printed.

use super::arguments::{LinkName, Phase};
use serde::Serialize;

/// What one phase cost.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Figures {
    pub(super) phase: &'static str,
    pub(super) n: u64,
    pub(super) link: &'static str,
    pub(super) bytes_up: u64,
    pub(super) bytes_down: u64,
    /// Waits for an answer, those for connections included.
    pub(super) turns: u64,
    pub(super) connections: u64,
    pub(super) wall_s: f64,
    /// Of `wall_s`, what the sync took.
    pub(super) sync_s: f64,
    pub(super) client_cpu_s: f64,
    pub(super) server_cpu_s: f64,
    pub(super) peak_rss_mb: f64,
    pub(super) disk_bytes: u64,
    #[serde(flatten)]
    pub(super) derived: Derived,
}

/// What follows from the rest, where it means something.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Derived {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bytes_per_record: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bytes_per_edit: Option<f64>,
    /// Times the bytes of the same phase without cuts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) times_uncut: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fields_kept: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) conflicts_visible: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) syncs: Option<u64>,
}

impl Figures {
    pub(super) fn bytes(&self) -> u64 {
        self.bytes_up + self.bytes_down
    }

    /// Waits for an answer on a connection that stands.
    pub(super) fn answers(&self) -> u64 {
        self.turns - self.connections.min(self.turns)
    }
}

/// A whole day.
pub(super) struct Course {
    pub(super) n: u64,
    pub(super) link: LinkName,
    pub(super) setup: Setup,
    pub(super) phases: Vec<Figures>,
    /// Resident memory of the relay at the end.
    pub(super) relay_rss_mb: f64,
    pub(super) relay_disk_bytes: u64,
}

/// What came before the first phase.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Setup {
    pub(super) wall_s: f64,
    pub(super) bytes_up: u64,
    pub(super) bytes_down: u64,
}

impl Course {
    pub(super) fn phase(&self, phase: Phase) -> Option<&Figures> {
        self.phases.iter().find(|figures| figures.phase == phase.name())
    }

    /// Notes how many times the bytes of another course each phase took.
    pub(super) fn compare(&mut self, plain: &Self) {
        for figures in &mut self.phases {
            let same = plain.phases.iter().find(|other| other.phase == figures.phase);
            figures.derived.times_uncut = same.map(|same| ratio(figures.bytes(), same.bytes()));
        }
    }
}

#[allow(clippy::cast_precision_loss)]
pub(super) fn ratio(of: u64, to: u64) -> f64 {
    of as f64 / to.max(1) as f64
}

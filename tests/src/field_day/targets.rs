//! The figures to reach, and the best of what others need for the same work.
//!
//! Source: the design's table of targets. The others were measured on a machine of two cores with the same file and
//! the same links: automerge-repo, samod 0.16, PouchDB 9, Hocuspocus, TinyBase 10. Seconds compare only within
//! one machine; bytes, turns and counts compare everywhere.

use super::arguments::{LinkName, Phase};
use super::figures::{Course, Figures, ratio};

/// One figure that should be reached.
pub(super) struct Target {
    pub(super) what: &'static str,
    phase: Phase,
    when: When,
    at_most: Option<f64>,
    at_least: Option<f64>,
    of: fn(&Figures) -> f64,
    /// The best of the others, or what there is to say about them.
    pub(super) others: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    /// On loopback, with 1,000 records: the lines of the file as they stand.
    Thousand,
    /// On loopback, from 10,000 records on.
    VeryMany,
    /// On loopback.
    Loopback,
    /// With 100 records over 2G.
    TwoG,
    /// On the link that is cut.
    Cut,
    Always,
}

impl Target {
    const fn at_most(
        what: &'static str,
        phase: Phase,
        when: When,
        limit: f64,
        of: fn(&Figures) -> f64,
        others: &'static str,
    ) -> Self {
        Self { what, phase, when, at_most: Some(limit), at_least: None, of, others }
    }

    const fn at_least(
        what: &'static str,
        phase: Phase,
        limit: f64,
        of: fn(&Figures) -> f64,
        others: &'static str,
    ) -> Self {
        let when = When::Always;
        Self { what, phase, when, at_most: None, at_least: Some(limit), of, others }
    }

    /// What was measured and whether that is good enough; `None` if this course does not speak of it.
    pub(super) fn judge(&self, course: &Course) -> Option<(f64, bool)> {
        let applies = match (self.when, course.link) {
            (When::Always, _) | (When::Cut, LinkName::Cut) => true,
            (When::Thousand, LinkName::Loopback) => course.n == 1_000,
            (When::VeryMany, LinkName::Loopback) => course.n >= 10_000,
            (When::Loopback, link) => link == LinkName::Loopback,
            (When::TwoG, link) => link == LinkName::TwoG && course.n == 100,
            (When::Thousand | When::VeryMany | When::Cut, _) => false,
        };
        let figure = (self.of)(course.phase(self.phase).filter(|_| applies)?);
        let met = self.at_most.is_none_or(|limit| figure <= limit)
            && self.at_least.is_none_or(|limit| figure >= limit);
        Some((figure, met))
    }

    /// The phase that it speaks of.
    pub(super) fn phase_name(&self) -> &'static str {
        self.phase.name()
    }

    /// The limit as it is printed.
    pub(super) fn limit(&self) -> String {
        match (self.at_most, self.at_least) {
            (Some(limit), _) => format!("<= {limit}"),
            (None, Some(limit)) => format!(">= {limit}"),
            (None, None) => String::new(),
        }
    }
}

fn per_record(figures: &Figures) -> f64 {
    ratio(figures.bytes(), figures.n)
}

fn per_edit(figures: &Figures) -> f64 {
    figures.derived.bytes_per_edit.unwrap_or(f64::INFINITY)
}

fn kilobytes(figures: &Figures) -> f64 {
    ratio(figures.bytes(), 1_000)
}

fn answers(figures: &Figures) -> f64 {
    ratio(figures.answers(), 1)
}

fn wall(figures: &Figures) -> f64 {
    figures.wall_s
}

fn server_cpu(figures: &Figures) -> f64 {
    figures.server_cpu_s
}

fn memory(figures: &Figures) -> f64 {
    figures.peak_rss_mb
}

fn times_uncut(figures: &Figures) -> f64 {
    figures.derived.times_uncut.unwrap_or(f64::INFINITY)
}

fn kept(figures: &Figures) -> f64 {
    ratio(figures.derived.fields_kept.unwrap_or(0), 1)
}

fn visible(figures: &Figures) -> f64 {
    ratio(figures.derived.conflicts_visible.unwrap_or(0), 1)
}

/// All of them, in the order of the phases.
pub(super) const TARGETS: [Target; 24] = [
    Target::at_most(
        "bytes per record",
        Phase::P1,
        When::Thousand,
        360.0,
        per_record,
        "PouchDB 1,758",
    ),
    Target::at_most("relay CPU s", Phase::P1, When::VeryMany, 0.3, server_cpu, "PouchDB 2.4"),
    Target::at_most("s over 2G", Phase::P1, When::TwoG, 10.0, wall, "samod 32"),
    Target::at_most("times uncut", Phase::P1, When::Cut, 1.3, times_uncut, "samod 2.7"),
    Target::at_most("peak MB", Phase::P1, When::Always, 64.0, memory, ""),
    Target::at_most("s wall", Phase::P2, When::VeryMany, 6.0, wall, "Hocuspocus 7"),
    Target::at_most("times uncut", Phase::P2, When::Cut, 1.3, times_uncut, "samod 2.7"),
    Target::at_most("peak MB", Phase::P2, When::Always, 64.0, memory, ""),
    Target::at_most("bytes per edit", Phase::P3a, When::Loopback, 18.0, per_edit, "one big doc 57"),
    Target::at_most("s over 2G", Phase::P3a, When::TwoG, 2.2, wall, "one big doc 3.7"),
    Target::at_most("times uncut", Phase::P3a, When::Cut, 1.3, times_uncut, ""),
    Target::at_most("peak MB", Phase::P3a, When::Always, 64.0, memory, ""),
    Target::at_most("kB", Phase::P3b, When::Loopback, 3.0, kilobytes, "one big doc 3.1"),
    Target::at_most("s over 2G", Phase::P3b, When::TwoG, 2.2, wall, "one big doc 2.6"),
    Target::at_most("times uncut", Phase::P3b, When::Cut, 1.3, times_uncut, ""),
    Target::at_most("peak MB", Phase::P3b, When::Always, 64.0, memory, ""),
    Target::at_most("kB", Phase::P4, When::Always, 0.7, kilobytes, "TinyBase 0.6"),
    Target::at_most("turns beside connecting", Phase::P4, When::Always, 1.0, answers, "3 with it"),
    Target::at_most("s over 2G", Phase::P4, When::TwoG, 1.4, wall, "one big doc 2.7"),
    Target::at_most("peak MB", Phase::P4, When::Always, 64.0, memory, ""),
    Target::at_most("times uncut", Phase::P4, When::Cut, 1.3, times_uncut, ""),
    Target::at_least("fields kept of 100", Phase::P5, 100.0, kept, "PouchDB merges none"),
    Target::at_least("conflicts visible of 20", Phase::P5, 20.0, visible, "Yjs, TinyBase 0"),
    Target::at_most("peak MB", Phase::P5, When::Always, 64.0, memory, ""),
];

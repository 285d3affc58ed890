//! Prints figures: a JSON object a phase, or a table and the targets beside what was measured.

use super::Stop;
use super::figures::{Course, Figures, ratio};
use super::targets::TARGETS;
use std::io::Write;

/// One JSON object a line, one line a phase.
pub(super) fn json(course: &Course, out: &mut dyn Write) -> Result<(), Stop> {
    for figures in &course.phases {
        writeln!(out, "{}", serde_json::to_string(figures)?)?;
    }
    Ok(())
}

/// The table and the targets.
pub(super) fn all(course: &Course, out: &mut dyn Write) -> Result<(), Stop> {
    table(course, out)?;
    writeln!(out)?;
    targets(course, out)
}

/// What each phase cost.
pub(super) fn table(course: &Course, out: &mut dyn Write) -> Result<(), Stop> {
    let Course { n, link, setup, .. } = course;
    writeln!(
        out,
        "{n} records, link {}. Before P1: founding and two joins, {} B up, {} B down, {:.1} s.",
        link.name(),
        setup.bytes_up,
        setup.bytes_down,
        setup.wall_s
    )?;
    writeln!(
        out,
        "{:<5} {:>10} {:>10} {:>6} {:>5} {:>8} {:>8} {:>8} {:>8} {:>8} {:>9}  also",
        "",
        "B up",
        "B down",
        "turns",
        "conn",
        "wall s",
        "sync s",
        "dev cpu",
        "rel cpu",
        "peak MB",
        "disk kB"
    )?;
    for figures in &course.phases {
        row(figures, out)?;
    }
    writeln!(
        out,
        "relay: {:.1} MB resident at the end, {:.0} kB on disk",
        course.relay_rss_mb,
        ratio(course.relay_disk_bytes, 1_000)
    )?;
    Ok(())
}

fn row(figures: &Figures, out: &mut dyn Write) -> Result<(), Stop> {
    writeln!(
        out,
        "{:<5} {:>10} {:>10} {:>6} {:>5} {:>8.2} {:>8.2} {:>8.2} {:>8.2} {:>8.1} {:>9.0}  {}",
        figures.phase,
        figures.bytes_up,
        figures.bytes_down,
        figures.turns,
        figures.connections,
        figures.wall_s,
        figures.sync_s,
        figures.client_cpu_s,
        figures.server_cpu_s,
        figures.peak_rss_mb,
        ratio(figures.disk_bytes, 1_000),
        also(figures)
    )?;
    Ok(())
}

fn also(figures: &Figures) -> String {
    let derived = &figures.derived;
    let said = [
        derived.bytes_per_record.map(|bytes| format!("{bytes:.1} B per record")),
        derived.bytes_per_edit.map(|bytes| format!("{bytes:.1} B per edit")),
        derived.times_uncut.map(|times| format!("{times:.2} times uncut")),
        derived.fields_kept.map(|kept| format!("{kept} of 100 fields kept")),
        derived.conflicts_visible.map(|seen| format!("{seen} of 20 conflicts visible")),
        derived.syncs.map(|syncs| format!("{syncs} syncs")),
    ];
    said.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn targets(course: &Course, out: &mut dyn Write) -> Result<(), Stop> {
    writeln!(
        out,
        "{:<5} {:<26} {:>10} {:>10}          best of others",
        "", "target", "measured", "limit"
    )?;
    for target in &TARGETS {
        let Some((figure, met)) = target.judge(course) else { continue };
        let mark = if met { "" } else { "MISSED" };
        let (phase, what, limit) = (target.phase_name(), target.what, target.limit());
        writeln!(
            out,
            "{phase:<5} {what:<26} {figure:>10.2} {limit:>10} {mark:<8} {}",
            target.others
        )?;
    }
    Ok(())
}

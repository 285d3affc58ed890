//! A relay whose disk makes trouble, below the layer that answers phones: what it is brought is committed, or refused.

use super::{Course, Report, Trouble, cut_after_failed_syncs, die_at_the_first_refusal};
use crate::op::Recording;
use crate::relay::{Holds, judge_sound, late, steps};
use crate::tap::{Fault, watch};
use kahriz_relay::log::SqliteLog;
use kahriz_relay::testing::Organisation;
use kahriz_tests::world::scratch_folder;
use std::cell::RefCell;
use std::path::Path;

/// The trouble begins at every `step`-th call of its sort, until it begins too late to be met.
///
/// # Panics
/// If something fails that is not the disk's fault.
#[must_use]
pub fn suffer(trouble: Trouble, step: usize) -> Report {
    let mut report = Report::default();
    for call in (0..).step_by(step) {
        let mut broken = std::mem::take(&mut report.broken);
        let was_met = live(trouble, call, &mut report);
        broken
            .extend(report.broken.drain(..).map(|wrong| format!("{trouble:?} at {call}: {wrong}")));
        report.broken = broken;
        if !was_met {
            break;
        }
        report.begun += 1;
    }
    report
}

fn live(trouble: Trouble, call: usize, report: &mut Report) -> bool {
    let scratch = scratch_folder();
    let home = scratch.path().join("relay");
    let mut of = Organisation::found(1);
    let mut course = Course::of(trouble, watch(&home, trouble.at(call)));
    let told = work(&home, &mut of, &mut course);
    let was_met = course.watching.struck() > 0;
    report.refused += course.refused;
    report.acknowledged += told.len() as u64;
    report.broken.extend(course.wrong);
    let recording = course.watching.finish();
    let judged = judge(&recording, &of, &told, scratch.path(), report);
    report.broken.extend(judged.err());
    if let Some((refused_at, acknowledged)) = course.first_refusal {
        let before = acknowledged.checked_sub(1).and_then(|last| told.get(last));
        let died = dies(&recording, refused_at, before, scratch.path(), report);
        report.broken.extend(died.err());
    }
    was_met
}

/// What is brought, up to what is refused twice; what the relay holds at each acknowledgement.
fn work(home: &Path, of: &mut Organisation, course: &mut Course) -> Vec<Holds> {
    let mut told = vec![];
    let all = steps(of);
    let Some(log) = course.try_twice(|| SqliteLog::open(home)) else { return told };
    for step in &all {
        if course.try_twice(|| step.take(&log, of)).is_none() {
            return told;
        }
        acknowledge(&log, of, course, &mut told);
    }
    drop(log);
    let Some(log) = course.try_twice(|| SqliteLog::open(home)) else { return told };
    let last = late(of);
    if course.try_twice(|| last.take(&log, of)).is_some() {
        acknowledge(&log, of, course, &mut told);
    }
    told
}

fn acknowledge(log: &SqliteLog, of: &Organisation, course: &mut Course, told: &mut Vec<Holds>) {
    match Holds::of(log, of) {
        Ok(holds) => {
            told.push(holds);
            course.acknowledges();
        }
        Err(wrong) => course.wrong.push(format!("it cannot be read: {wrong}")),
    }
}

fn judge(
    recording: &Recording,
    of: &Organisation,
    told: &[Holds],
    scratch: &Path,
    report: &mut Report,
) -> Result<(), String> {
    holds(&recording.root, of, told.last())?;
    judge_sound(&recording.root)?;
    cut_after_failed_syncs(recording, scratch, report, |place, last| {
        holds(place, of, told.get(last - 1))
    });
    Ok(())
}

/// The relay died when the first error was told; started again, it is brought everything once more.
fn dies(
    recording: &Recording,
    refused_at: usize,
    before: Option<&Holds>,
    scratch: &Path,
    report: &mut Report,
) -> Result<(), String> {
    let mut of = Organisation::found(1);
    let all = steps(&mut of);
    let held = RefCell::new(before.cloned());
    let go_on = |place: &Path| {
        let watching = watch(place, Fault::None);
        let log = SqliteLog::open(place).map_err(|error| format!("{error:?}"))?;
        for step in &all {
            step.take(&log, &of).map_err(|error| format!("{error:?}"))?;
        }
        watching.told(0);
        *held.borrow_mut() = Some(Holds::of(&log, &of)?);
        drop(log);
        Ok(watching.finish())
    };
    die_at_the_first_refusal(recording, refused_at, scratch, report, go_on, |place| {
        holds(place, &of, held.borrow().as_ref())
    })
}

/// What was acknowledged last, or that and what was refused after it: the whole of it.
fn holds(place: &Path, of: &Organisation, told: Option<&Holds>) -> Result<(), String> {
    let log = SqliteLog::open(place).map_err(|error| format!("{error:?}"))?;
    let found = Holds::of(&log, of)?;
    match told {
        Some(told) if !found.goes_on_from(told) => {
            Err(format!("it holds {} instead of {}", found.said(), told.said()))
        }
        Some(_) | None => Ok(()),
    }
}

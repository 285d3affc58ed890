//! A relay's store in which a bit is flipped: opened, asked for everything, backed up, brought one frame more.

use super::{Course, Image, Part, Report};
use crate::relay::{Holds, SCOPE, late, steps};
use crate::tap::read_all;
use kahriz_proto::frame::Frame;
use kahriz_proto::roster::Roster;
use kahriz_relay::backup::{self, Wish};
use kahriz_relay::log::{Log, SqliteLog};
use kahriz_relay::testing::Organisation;
use kahriz_tests::world::scratch_folder;
use std::path::Path;

/// Flips one bit a page, so many times.
///
/// # Panics
/// If something panics that reads the store.
#[must_use]
pub fn flip(part: Part, rounds: u64) -> Report {
    let scratch = scratch_folder();
    let home = scratch.path().join("relay");
    let mut of = Organisation::found(1);
    let log = SqliteLog::open(&home).expect("a log can be made");
    let mut moments = vec![Holds::default()];
    for step in steps(&mut of) {
        step.take(&log, &of).expect("it is written");
        moments.push(Holds::of(&log, &of).expect("a sound store can be read"));
    }
    let mut log = Some(log);
    if part == Part::File {
        log = None;
    }
    let mut laid = read_all(&home);
    drop(log);
    laid.files.retain(|(path, _)| !path.to_string_lossy().ends_with("-shm"));
    let image = Image { laid, root: home, part };
    image.flip_everywhere(rounds, scratch.path(), |place| judge(place, &of, part, &moments))
}

fn judge(place: &Path, of: &Organisation, part: Part, moments: &[Holds]) -> Result<Course, String> {
    let Ok(log) = SqliteLog::open(place) else { return Ok(Course::Said) };
    let all = moments.last().expect("there were some");
    let is_sealed = judge_frames(&log, of, all)?;
    let found = Holds::of(&log, of);
    // What a backup takes is whole, or it is refused.
    let wish = Wish { out: &place.join("backups"), keep: None, with_tls_key: false };
    let is_backed_up = backup::back_up(place, &wish, 1, &mut |_, _| {}).is_ok();
    _ = late(of).take(&log, of);
    let Ok(found) = found else { return Ok(Course::Said) };
    let roster = Roster::replay(of.id(), found.roster.iter().map(Vec::as_slice));
    match found {
        _ if roster.is_err() && !found.roster.is_empty() => Ok(Course::Said),
        found if found == *all && is_sealed => Err("that cannot be".to_owned()),
        found if found == *all && is_backed_up => Ok(Course::Unchanged),
        found if found == *all => Ok(Course::Said),
        found if part == Part::Log && moments.contains(&found) => Ok(Course::Earlier),
        // It is noticed with the next backup, of which the operator is told.
        _ if !is_backed_up => Ok(Course::Said),
        // Frames and the roster are what they were: joins, letters and proofs are signed or sealed by who wrote them.
        found if found.frames == all.frames && found.roster == all.roster => Ok(Course::Sealed),
        _ if is_sealed => Ok(Course::Sealed),
        found => Err(format!("it holds {} instead of {}", found.said(), all.said())),
    }
}

/// A frame that is served is the one that was stored; else only its signature may be another, which no device takes.
fn judge_frames(log: &SqliteLog, of: &Organisation, all: &Holds) -> Result<bool, String> {
    let mut is_sealed = false;
    for (position, stored) in (1..).zip(&all.frames) {
        let Ok(Some(served)) = log.frame(of.id(), of.scope(SCOPE), position) else { continue };
        if served == *stored {
            continue;
        }
        let frame = Frame::decode(served).map_err(|_| "it serves what is no frame")?;
        let author = [50, 60].map(|number| of.device(number));
        if author.iter().any(|author| frame.clone().verify(&author.public()).is_ok()) {
            return Err(format!("another frame is served at {position}"));
        }
        is_sealed = true;
    }
    Ok(is_sealed)
}

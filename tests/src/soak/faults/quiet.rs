//! How a world comes to rest: good lines, people at headquarters who look at what waits for them, and days that pass
//! until nobody has anything to say.

use super::course::Course;
use crate::world::{Weather, Who};
use kahriz_core::drive::{self, SyncError};
use kahriz_core::workspace::{Claimed, Grounds, LetterState};

const HQ: Who = Who::HEADQUARTERS;

/// Rounds after which a world that still moves is a failure.
const ROUNDS_MAX: usize = 30;

/// Rounds in which nothing moves before it is believed: what was refused is offered again after a day.
const QUIET_ROUNDS: usize = 2;

/// Good lines, and everybody syncs until nothing moves any more.
///
/// # Panics
/// If it never comes to rest.
pub(super) fn come_to_rest(course: &mut Course) {
    course.world.weather_everywhere(Weather::good());
    course.world.relay.deliver_what_is_late();
    let mut quiet = 0;
    for _ in 0..ROUNDS_MAX {
        course.pass(1);
        let mut moved = false;
        for who in course.everybody() {
            if course.world.device(who).is_running() {
                moved |= course.sync(who);
            }
        }
        moved |= people_decide(course);
        quiet = if moved { 0 } else { quiet + 1 };
        if quiet == QUIET_ROUNDS {
            return;
        }
    }
    panic!("after {ROUNDS_MAX} days the devices still had something to say");
}

/// One sync; whether anything moved. A revoked phone hands its letters in and is then at rest.
pub(super) fn sync(course: &mut Course, who: Who) -> bool {
    course.ended.syncs += 1;
    let is_good = course.world.device(who).line.weather == Weather::good();
    let moved = match course.world.try_sync(who) {
        Ok(report) => {
            course.ended.failed_syncs += u64::from(report.failure.is_some());
            let moved = report.frames_pushed + report.frames_pulled + report.changes_merged;
            moved > 0 || (is_good && report.failure.is_some())
        }
        Err(SyncError::Revoked) => false,
        Err(SyncError::Line(_)) if !is_good => false,
        Err(error) => panic!("{who:?} cannot sync: {error:?}"),
    };
    if who == HQ { moved | collect(course) } else { moved }
}

/// Headquarters fetches the letters that were handed in. On a bad line it does so another time.
fn collect(course: &mut Course) -> bool {
    let (workspace, line, shell) = course.world.device_mut(HQ).parts();
    let is_good = line.weather == Weather::good();
    match drive::collect_letters(workspace, line, shell) {
        Ok(collected) => collected.letters + collected.settled.changes > 0,
        Err(SyncError::Line(_)) if !is_good => false,
        Err(error) => panic!("letters cannot be collected: {error:?}"),
    }
}

/// Whoever looks at what dismissed people wrote believes it.
fn people_decide(course: &mut Course) -> bool {
    let claimed = Claimed { ms: course.world.now().ms };
    let hq = course.world.at(HQ);
    let grounds = Grounds { who: "Səidə", why: "they are known to us", claimed };
    let mut decided = false;
    for letter in hq.letters().expect("letters can be read") {
        if letter.state == LetterState::Waiting {
            hq.adopt(letter.id, &grounds).expect("a letter can be adopted");
            decided = true;
        }
    }
    for group in hq.quarantine().expect("the quarantine can be read") {
        if let Some(up_to) = group.seqs.last().filter(|_| group.can_be_released()) {
            hq.release(group.log, *up_to, &grounds).expect("what is quarantined can be released");
            decided = true;
        }
    }
    decided
}

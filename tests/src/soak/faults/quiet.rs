//! How a world comes to rest: good lines, people at headquarters who look at what waits for them, and days that pass
//! until nobody has anything to say.

use super::course::Course;
use crate::world::{Weather, Who, World};
use kahriz_core::crypto::WrapSecret;
use kahriz_core::drive::{self, SyncError};
use kahriz_core::workspace::{Claimed, Grounds, LetterState, Membership, Quarantined};

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
    for round in 0..ROUNDS_MAX {
        course.pass(1);
        if round == 1 {
            bring_letters(course);
        }
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

/// The letters of a dismissed officer's phone are brought by hand too: the relay or the headquarters that had taken them
/// may be lost. Those for a headquarters that is gone open with the recovery key.
fn bring_letters(course: &mut Course) {
    for who in course.everybody().skip(1) {
        let device = course.world.device(who);
        if !device.is_running() || device.workspace().membership() != Membership::Revoked {
            continue;
        }
        let Ok(files) = std::fs::read_dir(device.home().join("letters")) else { continue };
        for file in files {
            let path = file.expect("the letters can be listed").path();
            let letter = std::fs::read(path).expect("a letter can be read");
            // One that holds nothing, or was closed as known, says so.
            course.world.at(HQ).import_letter(&letter).map(drop).unwrap_or_default();
        }
    }
    let recovery = WrapSecret::from_seed(&course.world.keepsakes.recovery_seed);
    course.world.at(HQ).unlock_letters(&recovery).expect("letters can be opened");
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
    // One at a time: what is quarantined is judged again when the roster has grown, and is not there until then.
    let mut groups = hq.quarantine().expect("the quarantine can be read").into_iter();
    if let Some(group) = groups.find(Quarantined::can_be_released) {
        let up_to = group.seqs.last().copied().unwrap_or(0);
        hq.release(group.log, up_to, &grounds).expect("what is quarantined can be released");
        decided = true;
    }
    decided
}

/// What every device still waits for, and what people were warned of: the beginning of an explanation.
pub(super) fn what_waits(world: &World) -> Vec<String> {
    let running = world.everybody().filter(|who| world.device(*who).is_running());
    let waits = |who: Who| {
        let device = world.at(who);
        let status = device.status().expect("a status can be read");
        let parked = device.parked().expect("what is parked can be read");
        let alarms = device.alarms().expect("alarms can be read");
        let alarms: Vec<_> = alarms.into_iter().map(|alarm| alarm.kind).collect();
        let (id, membership) = (device.device(), device.membership());
        format!("{who:?} is {id}, {membership:?}: {status:?}, {parked:?}, {alarms:?}")
    };
    running.map(waits).collect()
}

//! Phones that were away for longer than their lease: they have let go of what they could read, and come back.

use crate::story::{HQ, mission, set};
use kahriz_core::drive::{self, SyncError};
use kahriz_core::workspace::{Claimed, Grounds};
use kahriz_tests::world::{Who, World, clock};

const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// The phone is opened after so many days without contact.
fn opens_after_days(world: &mut World, who: Who, days: i64) {
    let (workspace, _, shell) = world.device_mut(who).parts();
    let skew_ms = shell.clock.skew_ms;
    let now = clock::real_ms().cast_signed() + skew_ms + days * DAY_MS;
    let rng = drive::Shell::rng(shell);
    assert!(workspace.keep_lease(Claimed { ms: now }, rng).unwrap(), "the lease has ended");
}

/// The phone had erased by which relay it was read, so it did not see that this was another, and believed for ever that
/// its work was there.
#[test]
fn a_phone_whose_lease_ended_brings_its_work_to_a_relay_that_was_replaced_meanwhile() {
    let mut story = mission();
    let leyla = story.leyla;
    story.known_person();
    let person = story.creates(leyla, "missing_person", &[("full_name", "Vaqif")]);
    story.world.sync(leyla);
    // Nobody has read it when the relay's disk burns.
    story.world.replace_relay();
    opens_after_days(&mut story.world, leyla, 60);
    assert!(story.world.at(leyla).record(person).unwrap().is_none());
    story.world.settle();
    for who in [HQ, leyla, story.rashad] {
        assert_eq!(story.stands(who, person, "full_name"), set(&["Vaqif"]));
    }
}

/// With the first save after the lease's end the phone took its letters for delivered, because it no longer knew which
/// changes they held, and removed them.
#[test]
fn what_was_saved_before_the_lease_ended_arrives_by_letter_although_the_phone_was_revoked() {
    let mut story = mission();
    let leyla = story.leyla;
    let before = story.creates(leyla, "missing_person", &[("full_name", "Before")]);
    opens_after_days(&mut story.world, leyla, 60);
    let after = story.creates(leyla, "missing_person", &[("full_name", "After")]);
    story.world.kill(leyla);
    story.world.start(leyla);
    story.world.revoke(leyla);
    assert!(matches!(story.world.try_sync(leyla), Err(SyncError::Revoked)));
    let (hq, line, shell) = story.world.device_mut(HQ).parts();
    drive::collect_letters(hq, line, shell).unwrap();
    let grounds = Grounds { who: "Səidə", why: "Leyla called", claimed: Claimed { ms: 1 } };
    for letter in hq.letters().unwrap() {
        hq.adopt(letter.id, &grounds).unwrap();
    }
    assert_eq!(story.stands(HQ, before, "full_name"), set(&["Before"]));
    assert_eq!(story.stands(HQ, after, "full_name"), set(&["After"]));
}

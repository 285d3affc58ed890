//! The account of each device: what of it is merged, what waits, what is quarantined, and what is missing since when.

use crate::story::{HQ, Mission, mission};
use kahriz_core::drive;
use kahriz_core::workspace::DeviceAccount;
use kahriz_proto::frame::Frame;
use kahriz_tests::world::{ForgedRelay, Who};

fn account(story: &Mission, at: Who, of: Who) -> DeviceAccount {
    let (device, scope) = (story.world.at(of).device(), story.world.scope(0));
    let accounts = story.world.at(at).device_account().unwrap();
    assert!(accounts.iter().all(DeviceAccount::adds_up), "{accounts:?}");
    accounts.into_iter().find(|one| (one.device, one.scope) == (device, scope)).unwrap()
}

/// All frames of the first scope at the relay, in order.
fn frames(story: &Mission) -> Vec<Vec<u8>> {
    let (id, scope) = (story.world.at(HQ).id(), story.world.scope(0));
    let log = story.world.relay.log();
    let all = 1..=log.position(id, scope).unwrap();
    all.map(|position| log.frame(id, scope, position).unwrap().unwrap()).collect()
}

/// A relay that gives everything but these frames of a device.
fn without(story: &Mission, of: Who, seqs: &[u64]) -> ForgedRelay {
    let device = story.world.at(of).device();
    let is_kept_back = |bytes: &Vec<u8>| {
        let frame = Frame::decode(bytes.clone()).unwrap();
        frame.preamble().device == device && seqs.contains(&frame.preamble().seq)
    };
    let mut frames = frames(story);
    frames.retain(|bytes| !is_kept_back(bytes));
    let mut relay = ForgedRelay::serving(story.world.scope(0), frames);
    relay.roster = story.world.at(HQ).roster_page(0).unwrap();
    relay
}

fn pulls_from(story: &mut Mission, who: Who, relay: &mut ForgedRelay) {
    let (workspace, _, shell) = story.world.device_mut(who).parts();
    drive::sync(workspace, relay, shell).unwrap();
}

/// Rashad writes seven times, in a frame each.
fn seven_frames(story: &mut Mission) {
    for name in ["1", "2", "3", "4", "5", "6", "7"] {
        story.creates(story.rashad, "missing_person", &[("full_name", name)]);
        story.world.sync(story.rashad);
    }
}

#[test]
fn frames_that_do_not_come_are_missed_by_their_numbers_and_by_the_date_of_the_one_before() {
    let mut story = mission();
    seven_frames(&mut story);
    let mut relay = without(&story, story.rashad, &[2, 3, 4, 6]);
    pulls_from(&mut story, HQ, &mut relay);
    let seen = account(&story, HQ, story.rashad);
    let counts =
        (seen.frames_known, seen.frames_merged, seen.frames_waiting, seen.frames_missing());
    assert_eq!(counts, (7, 1, 2, 4));
    let gaps: Vec<_> = seen.gaps.iter().map(|gap| (gap.first, gap.last)).collect();
    assert_eq!(gaps, [(2, 4), (6, 6)]);
    assert_eq!(seen.gaps[0].after, seen.last_claimed);
    assert!(seen.gaps[0].after.is_some() && seen.is_lacking());
    // The others lack nothing.
    assert!(!account(&story, HQ, story.leyla).is_lacking());
    story.world.settle();
    let seen = account(&story, HQ, story.rashad);
    assert_eq!((seen.frames_known, seen.frames_merged, seen.frames_missing()), (7, 7, 0));
    assert!(!seen.is_lacking());
}

#[test]
fn what_another_builds_on_is_missed_although_nothing_of_its_writer_is_here() {
    let mut story = mission();
    let person = story.creates(story.rashad, "missing_person", &[("full_name", "Vaqif")]);
    story.world.sync(story.rashad);
    story.world.sync(story.leyla);
    story.changes(story.leyla, person, &[("case_status", "located_alive")]);
    story.world.sync(story.leyla);
    let mut relay = without(&story, story.rashad, &[1]);
    pulls_from(&mut story, HQ, &mut relay);
    let seen = account(&story, HQ, story.rashad);
    assert_eq!((seen.frames_known, seen.frames_merged, seen.frames_missing()), (1, 0, 1));
    let waits = account(&story, HQ, story.leyla);
    assert_eq!((waits.frames_known, waits.frames_waiting, waits.frames_missing()), (1, 1, 0));
}

#[test]
fn what_headquarters_has_seen_is_missed_on_a_phone_to_which_the_relay_gives_less() {
    let mut story = mission();
    seven_frames(&mut story);
    story.world.sync(HQ);
    let now = story.world.now();
    assert!(story.world.at(HQ).heartbeat(now).unwrap());
    story.world.publish();
    let mut relay = without(&story, story.rashad, &[6, 7]);
    let leyla = story.leyla;
    pulls_from(&mut story, leyla, &mut relay);
    let seen = account(&story, leyla, story.rashad);
    assert_eq!((seen.frames_known, seen.frames_merged, seen.frames_missing()), (7, 5, 2));
    assert_eq!((seen.gaps[0].first, seen.gaps[0].last), (6, 7));
}

#[test]
fn a_frame_that_its_device_has_not_signed_is_counted_beside_and_nothing_is_missed_for_it() {
    let mut story = mission();
    seven_frames(&mut story);
    // Somebody puts another's signature under the fifth.
    let mut relay = without(&story, story.rashad, &[4, 6, 7]);
    let fifth = relay.frames.pop().unwrap();
    relay.frames.push(badly_signed(&fifth));
    pulls_from(&mut story, HQ, &mut relay);
    let seen = account(&story, HQ, story.rashad);
    assert_eq!((seen.frames_known, seen.frames_merged, seen.frames_missing()), (3, 3, 0));
    assert_eq!((seen.frames_beside, seen.frames_parked, seen.frames_waiting), (1, 0, 0));
}

/// The frame as it is, but for a bit of its signature, whose 64 bytes stand right before the body.
fn badly_signed(frame: &[u8]) -> Vec<u8> {
    let body = Frame::decode(frame.to_vec()).unwrap().body().len();
    let mut bytes = frame.to_vec();
    bytes[frame.len() - body - 20] ^= 1;
    bytes
}

#[test]
fn what_is_quarantined_of_a_revoked_phone_is_known_and_not_missing() {
    let mut story = mission();
    story.known_person();
    story.creates(story.rashad, "missing_person", &[("full_name", "After")]);
    story.world.sync(story.rashad);
    story.world.revoke(story.rashad);
    story.world.sync(HQ);
    let seen = account(&story, HQ, story.rashad);
    assert_eq!((seen.frames_known, seen.frames_merged, seen.frames_parked), (1, 0, 1));
    assert_eq!(seen.frames_missing(), 0);
}

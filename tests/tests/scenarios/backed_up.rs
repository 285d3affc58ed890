//! The last step of an edit's way: headquarters signs that a backup holds it, and its phone lets go of the frame.

use crate::story::{HQ, Mission, mission, set};
use kahriz_core::drive::Shell;
use kahriz_core::workspace::{Claimed, Delivery};
use kahriz_proto::frame::Frame;
use kahriz_proto::ids::RecordId;
use kahriz_proto::roster::{Policy, Role};
use kahriz_tests::world::Who;

const DAY_MS: i64 = 24 * 3_600 * 1_000;

impl Mission {
    fn delivery(&self, who: Who, record: RecordId) -> Delivery {
        self.world.at(who).record(record).unwrap().unwrap().delivery
    }

    /// How many frames of the first scope a device has given to the relay, of those that are there now.
    fn frames_at_relay(&self, who: Who) -> usize {
        let (id, scope) = (self.world.at(HQ).id(), self.world.scope(0));
        let log = self.world.relay.log();
        let all = 1..=log.position(id, scope).unwrap();
        let frames = all.map(|position| log.frame(id, scope, position).unwrap().unwrap());
        let device = self.world.at(who).device();
        frames.filter(|bytes| is_of(bytes, device)).count()
    }
}

fn is_of(bytes: &[u8], device: kahriz_proto::ids::DeviceId) -> bool {
    Frame::decode(bytes.to_vec()).unwrap().preamble().device == device
}

/// A record of Leyla's that a backup holds, and that she knows of.
fn backed_up_person(story: &mut Mission) -> RecordId {
    let person = story.known_person();
    assert!(story.world.back_up());
    story.world.settle();
    person
}

#[test]
fn an_edit_is_backed_up_when_headquarters_has_signed_that_a_backup_holds_it() {
    let mut story = mission();
    let leyla = story.leyla;
    let person = story.known_person();
    assert_eq!(story.delivery(leyla, person), Delivery::AtHeadquarters);
    assert_eq!(story.delivery(HQ, person), Delivery::AtHeadquarters);
    assert!(story.world.back_up());
    assert_eq!(story.delivery(HQ, person), Delivery::BackedUp);
    assert_eq!(story.delivery(leyla, person), Delivery::AtHeadquarters, "nobody has told her");
    story.world.sync(HQ);
    story.world.sync(leyla);
    assert_eq!(story.delivery(leyla, person), Delivery::BackedUp);
    let status = story.world.at(leyla).status().unwrap();
    let counts = [
        status.frames_waiting,
        status.frames_at_relay,
        status.frames_at_headquarters,
        status.frames_backed_up,
    ];
    assert_eq!(counts, [0, 0, 0, 1]);
    // What she writes then is on her phone only, whatever a backup holds of the record.
    story.changes(leyla, person, &[("full_name", "Vaqif Əliyev")]);
    assert_eq!(story.delivery(leyla, person), Delivery::OnThisDevice);
}

#[test]
fn what_came_after_a_backup_was_begun_is_not_signed_for() {
    let mut story = mission();
    let person = story.known_person();
    let copied = story.world.copy_headquarters();
    let later = story.creates(story.leyla, "missing_person", &[("full_name", "Later")]);
    story.changes(story.leyla, person, &[("case_status", "located_alive")]);
    story.world.settle();
    assert!(story.world.at(HQ).sign_for_backup(&copied).unwrap());
    story.world.settle();
    for record in [person, later] {
        assert_eq!(story.delivery(story.leyla, record), Delivery::AtHeadquarters);
        assert_eq!(story.delivery(HQ, record), Delivery::AtHeadquarters);
    }
    assert_eq!(story.world.at(story.leyla).status().unwrap().frames_backed_up, 1);
}

#[test]
fn a_backup_in_which_nothing_is_new_says_nothing_and_everybody_comes_to_rest() {
    let mut story = mission();
    backed_up_person(&mut story);
    assert!(!story.world.back_up(), "that it has signed is no reason to sign again");
    story.world.settle();
    assert!(!story.world.back_up());
    // What headquarters itself decides is backed up like anybody's.
    let own = story.creates(HQ, "missing_person", &[("full_name", "Of headquarters")]);
    story.world.settle();
    assert_eq!(story.delivery(HQ, own), Delivery::AtRelay);
    assert!(story.world.back_up());
    assert_eq!(story.delivery(HQ, own), Delivery::BackedUp);
}

#[test]
fn a_phone_signs_for_no_backup() {
    let mut story = mission();
    story.known_person();
    let folder = story.world.folder().join("not-headquarters");
    std::fs::create_dir(&folder).unwrap();
    let now = story.world.now();
    let phone = story.world.at(story.rashad);
    let copied = phone.back_up(&folder, now, &mut |_, _| {}).unwrap();
    assert!(!phone.sign_for_backup(&copied).unwrap());
    assert!(!story.world.at(HQ).sign_for_backup(&copied).unwrap(), "nor is it headquarters' copy");
}

/// The phone keeps its later frame, and what it has let go of is headquarters' to bring back.
#[test]
fn what_a_phone_has_let_go_of_it_does_not_bring_to_an_empty_relay_and_what_it_keeps_waits() {
    let mut story = mission();
    let leyla = story.leyla;
    let person = backed_up_person(&mut story);
    assert_eq!(story.frames_at_relay(leyla), 1);
    story.world.replace_relay();
    story.changes(leyla, person, &[("full_name", "Vaqif Əliyev")]);
    story.world.sync(leyla);
    story.world.sync(leyla);
    // Its first frame is let go, so the second has nothing to follow there; it stays, and is told as what it is.
    assert_eq!(story.frames_at_relay(leyla), 0);
    let status = story.world.at(leyla).status().unwrap();
    assert_eq!((status.frames_waiting, status.frames_backed_up), (1, 1));
    assert_eq!((status.frames_refused, status.unsealed_changes), (0, 0));
    assert_eq!(story.delivery(leyla, person), Delivery::OnThisDevice);
    assert_eq!(story.stands(leyla, person, "full_name"), set(&["Vaqif Əliyev"]));
    // Headquarters, which lets go of nothing, brings what it has sealed.
    story.world.sync(HQ);
    assert!(story.frames_at_relay(HQ) > 0);
    assert!(!story.world.at(leyla).owes_letters());
}

#[test]
fn a_phone_keeps_what_a_backup_holds_and_the_relay_has_lost() {
    let mut story = mission();
    let leyla = story.leyla;
    let person = story.known_person();
    assert!(story.world.back_up());
    story.world.sync(HQ);
    // Before she hears of the backup the relay burns; the new one hears her first.
    story.world.replace_relay();
    story.world.sync(leyla);
    assert_eq!(story.frames_at_relay(leyla), 1);
    story.world.settle();
    assert_eq!(story.delivery(leyla, person), Delivery::BackedUp);
    let late = story.world.admit("Gülnar", Role::Officer, &[0]);
    assert_eq!(story.stands(late, person, "full_name"), set(&["Əliyev Vaqif"]));
}

/// It has its own work from nowhere but the relay then, and would never seal again without it.
#[test]
fn a_phone_whose_lease_has_ended_gets_back_the_work_that_it_had_let_go_of() {
    let mut story = mission();
    let leyla = story.leyla;
    let person = backed_up_person(&mut story);
    let policy = Policy { lease_days: 10, admits_all: false };
    let now = story.world.now();
    story.world.at(HQ).set_policy(policy, now).unwrap();
    story.world.publish();
    story.world.settle();
    story.changes(leyla, person, &[("full_name", "Vaqif, seen again")]);
    let (phone, _, shell) = story.world.device_mut(leyla).parts();
    let contact = i64::try_from(shell.now_ms()).unwrap();
    assert!(phone.keep_lease(Claimed { ms: contact + 11 * DAY_MS }, shell.rng()).unwrap());
    assert!(phone.record(person).unwrap().is_none());
    story.world.settle();
    for who in [HQ, leyla, story.rashad] {
        assert_eq!(story.stands(who, person, "full_name"), set(&["Vaqif, seen again"]));
    }
    story.changes(leyla, person, &[("case_status", "located_alive")]);
    story.world.settle();
    assert_eq!(story.stands(HQ, person, "case_status"), set(&["located_alive"]));
    assert_eq!(story.world.at(leyla).parked().unwrap(), []);
}

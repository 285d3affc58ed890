//! How far an edit has come, and what a killed phone, a replaced relay or a rebuilt list make of it.

use crate::story::{HQ, mission, set};
use kahriz_core::query::Query;
use kahriz_core::workspace::Delivery;
use kahriz_tests::world::weather::Fault;

#[test]
fn an_edit_is_on_the_phone_then_at_the_relay_then_at_headquarters() {
    let mut story = mission();
    let leyla = story.leyla;
    let person = story.creates(leyla, "missing_person", &[("full_name", "Vaqif")]);
    let delivery = |story: &crate::story::Mission| {
        story.world.at(leyla).record(person).unwrap().unwrap().delivery
    };
    assert_eq!(delivery(&story), Delivery::OnThisDevice);
    story.world.sync(leyla);
    assert_eq!(delivery(&story), Delivery::AtRelay);
    story.world.sync(HQ);
    assert_eq!(delivery(&story), Delivery::AtRelay);
    story.world.sync(leyla);
    assert_eq!(delivery(&story), Delivery::AtHeadquarters);
    // A further edit is again on the phone only, whatever came before it.
    story.changes(leyla, person, &[("full_name", "Vaqif Əliyev")]);
    assert_eq!(delivery(&story), Delivery::OnThisDevice);
    assert_eq!(story.world.at(leyla).status().unwrap().unsealed_changes, 1);
}

#[test]
fn headquarters_sees_which_phone_has_delivered_what() {
    let mut story = mission();
    let person = story.known_person();
    story.changes(story.rashad, person, &[("full_name", "Vagif")]);
    story.world.settle();
    let accounts = story.world.at(HQ).device_account().unwrap();
    let rashad = story.world.at(story.rashad).device();
    let account = accounts.iter().find(|account| account.device == rashad).unwrap();
    assert_eq!(account.officer, "Rashad");
    assert_eq!(account.frames_merged, 1);
    assert_eq!((account.frames_waiting, account.frames_parked, account.gaps.len()), (0, 0, 0));
    assert!(account.last_claimed.is_some());
}

#[test]
fn being_up_to_date_costs_one_request() {
    let mut story = mission();
    story.known_person();
    let report = story.world.sync(story.rashad);
    assert_eq!(report.exchanges, 1);
    assert_eq!(report.frames_pulled + report.frames_pushed, 0);
}

#[test]
fn rows_made_again_from_the_documents_are_the_same_rows() {
    let mut story = mission();
    let (leyla, rashad) = (story.leyla, story.rashad);
    let person = story.known_person();
    story.creates(
        leyla,
        "landmine_incident",
        &[("hazard_status", "active"), ("location.point", "40,47")],
    );
    story.creates(rashad, "return_household", &[("household_ref", "H-1"), ("needs", "shelter")]);
    story.changes(leyla, person, &[("case_status", "located_alive")]);
    story.changes(rashad, person, &[("case_status", "located_deceased")]);
    story.world.settle();
    let everything = Query { deleted: true, shapes: true, ..Query::default() };
    for who in [HQ, leyla, rashad] {
        let workspace = story.world.at(who);
        let before = (workspace.list(&everything).unwrap(), workspace.counts(&everything).unwrap());
        let rebuilt = workspace.rebuild().unwrap();
        assert_eq!((rebuilt.records, rebuilt.damaged), (3, 0));
        let after = (workspace.list(&everything).unwrap(), workspace.counts(&everything).unwrap());
        assert_eq!(before, after);
    }
}

#[test]
fn a_phone_that_dies_after_saving_has_lost_nothing() {
    let mut story = mission();
    let leyla = story.leyla;
    let person = story.creates(leyla, "missing_person", &[("full_name", "Vaqif")]);
    story.world.kill(leyla);
    story.world.start(leyla);
    assert_eq!(story.stands(leyla, person, "full_name"), set(&["Vaqif"]));
    story.world.settle();
    assert_eq!(story.stands(HQ, person, "full_name"), set(&["Vaqif"]));
}

#[test]
fn a_phone_that_dies_between_taking_frames_in_and_merging_them_goes_on_where_it_was() {
    let mut story = mission();
    let (leyla, rashad) = (story.leyla, story.rashad);
    let first = story.creates(leyla, "missing_person", &[("full_name", "Vaqif")]);
    story.world.sync(leyla);
    story.changes(leyla, first, &[("full_name", "Vaqif Əliyev")]);
    story.world.sync(leyla);
    // The frames are staged; the first merge panics, as a killed process would end there.
    let died = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let (workspace, line, shell) = story.world.device_mut(rashad).parts();
        kahriz_core::drive::sync(workspace, line, &mut DiesWhenMerging(shell))
    }));
    assert!(died.is_err());
    story.world.kill(rashad);
    story.world.start(rashad);
    story.world.sync(rashad);
    assert_eq!(story.stands(rashad, first, "full_name"), set(&["Vaqif Əliyev"]));
    assert_eq!(story.world.at(rashad).parked().unwrap(), []);
}

#[test]
fn what_was_edited_and_sent_but_never_acknowledged_is_not_sent_twice() {
    let mut story = mission();
    let leyla = story.leyla;
    let person = story.creates(leyla, "missing_person", &[("full_name", "Vaqif")]);
    story.world.device_mut(leyla).line.next_faults = [Some(Fault::AnswerLost)].into();
    story.world.device_mut(leyla).line.kept = Some(vec![]);
    let report = story.world.sync(leyla);
    assert_eq!(report.exchanges, 2);
    let sent = story.world.device_mut(leyla).line.kept.take().unwrap();
    assert!(sent[1].len() < 200, "the second request only asks: {} bytes", sent[1].len());
    story.world.settle();
    assert_eq!(story.stands(HQ, person, "full_name"), set(&["Vaqif"]));
    let delivery = story.world.at(leyla).record(person).unwrap().unwrap().delivery;
    assert_eq!(delivery, Delivery::AtHeadquarters);
}

#[test]
fn a_relay_that_was_replaced_by_an_empty_one_is_refilled_by_the_phones() {
    let mut story = mission();
    let (leyla, rashad) = (story.leyla, story.rashad);
    let person = story.known_person();
    story.changes(rashad, person, &[("mother_name", "Gülnar")]);
    story.world.settle();
    story.world.replace_relay();
    // Somebody who has never seen the old relay reads everything from the new one.
    story.changes(leyla, person, &[("full_name", "Vaqif Əliyev")]);
    story.world.settle();
    let late = story.world.admit("Gülnar", kahriz_proto::roster::Role::Officer, &[0]);
    for who in [HQ, leyla, rashad, late] {
        assert_eq!(story.stands(who, person, "full_name"), set(&["Vaqif Əliyev"]));
        assert_eq!(story.stands(who, person, "mother_name"), set(&["Gülnar"]));
        assert_eq!(story.world.at(who).parked().unwrap(), []);
    }
}

/// Headquarters believed its roster published, and sent it again only with the next entry.
#[test]
fn a_relay_that_was_restored_from_before_an_admission_lets_the_phone_in_after_headquarters_has_spoken()
 {
    let mut story = mission();
    story.world.settle();
    let before = story.world.at(HQ).roster_page(0).unwrap();
    let late = story.world.admit("Gülnar", kahriz_proto::roster::Role::Officer, &[0]);
    let person = story.creates(late, "missing_person", &[("full_name", "Vaqif")]);
    story.world.settle();
    story.world.replace_relay_with(before);
    story.changes(late, person, &[("mother_name", "Lalə")]);
    // It sees that this is another relay, and the next time speaks to it of the roster.
    story.world.sync(HQ);
    story.world.sync(HQ);
    story.world.settle();
    assert_eq!(story.stands(HQ, person, "mother_name"), set(&["Lalə"]));
    assert_eq!(story.stands(story.leyla, person, "full_name"), set(&["Vaqif"]));
}

#[test]
fn an_edit_that_the_old_relay_had_acknowledged_is_delivered_again_to_the_new_one() {
    let mut story = mission();
    let leyla = story.leyla;
    let person = story.creates(leyla, "missing_person", &[("full_name", "Vaqif")]);
    story.world.sync(leyla);
    assert_eq!(story.world.at(leyla).status().unwrap().frames_waiting, 0);
    // The relay's disk burns before anybody has read it.
    story.world.replace_relay();
    assert_eq!(story.world.at(leyla).record(person).unwrap().unwrap().delivery, Delivery::AtRelay);
    story.world.sync(leyla);
    story.world.settle();
    assert_eq!(story.stands(HQ, person, "full_name"), set(&["Vaqif"]));
    assert_eq!(story.stands(story.rashad, person, "full_name"), set(&["Vaqif"]));
}

/// Dies when the first frame was merged.
struct DiesWhenMerging<'a>(&'a mut kahriz_tests::world::device::DeviceShell);

impl kahriz_core::drive::Shell for DiesWhenMerging<'_> {
    fn now_ms(&mut self) -> u64 {
        self.0.now_ms()
    }

    fn wait_until(&mut self, ms: u64) -> bool {
        self.0.wait_until(ms)
    }

    fn rng(&mut self) -> &mut dyn rand_core::CryptoRng {
        self.0.rng()
    }

    fn progress(&mut self, progress: &kahriz_core::drive::Progress) {
        assert!(progress.phase != kahriz_core::drive::Phase::Merging, "the battery is empty");
    }
}

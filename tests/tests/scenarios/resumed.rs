//! Headquarters burns, and goes on from its backup: what it had signed and decided since then comes back from the relay
//! and from the phones, and nobody has to join anew.

use crate::story::{HQ, Mission, mission, set, stands};
use kahriz_core::workspace::{Delivery, Membership, ResumeError, SaveError};
use kahriz_proto::ids::RecordId;
use kahriz_proto::roster::Role;
use kahriz_tests::world::Who;

fn person(story: &mut Mission, who: Who, name: &str) -> RecordId {
    story.creates(who, "missing_person", &[("full_name", name)])
}

/// Every standing value of a record, and how far it has come for who wrote it.
fn same_everywhere(story: &Mission, record: RecordId, everybody: &[Who]) {
    let at = |who: Who| story.world.at(who).record(record).unwrap().expect("it is there").fields;
    everybody.iter().for_each(|who| assert_eq!(at(*who), at(HQ)));
}

#[test]
fn a_headquarters_that_burned_goes_on_from_its_backup() {
    let mut story = mission();
    let (leyla, rashad) = (story.leyla, story.rashad);
    let first = person(&mut story, leyla, "Monday");
    story.world.settle();
    let copy = story.world.back_up_headquarters();

    // It works on: decides, admits somebody, signs for what came.
    story.changes(HQ, first, &[("case_status", "open")]);
    let own = person(&mut story, HQ, "headquarters' Tuesday");
    let second = person(&mut story, rashad, "Tuesday");
    let samir = story.world.admit("Samir", Role::Officer, &[0]);
    story.world.settle();
    let of_samir = person(&mut story, samir, "Samir's");
    story.world.settle();
    let roster = story.world.at(HQ).roster_seq();

    story.world.resume_headquarters(&copy);
    let hq = story.world.at(HQ);
    assert_eq!((hq.copied(), hq.generation()), (None, 2));
    assert!(hq.roster_seq() < roster && hq.record(own).unwrap().is_none());
    // Somebody edits there before the first sync.
    story.changes(HQ, first, &[("patronymic", "Ali")]);
    story.world.settle();
    assert_eq!(story.world.at(HQ).roster_seq(), roster, "it wrote nothing over what it had signed");
    for record in [first, own, second, of_samir] {
        same_everywhere(&story, record, &[leyla, rashad, samir]);
    }
    assert_eq!(stands(&story.world, leyla, first, "case_status"), set(&["open"]));
    assert_eq!(stands(&story.world, leyla, first, "patronymic"), set(&["Ali"]));
    let delivery = |who, record| story.world.at(who).record(record).unwrap().unwrap().delivery;
    assert_eq!(delivery(samir, of_samir), Delivery::AtHeadquarters);

    // And it is headquarters: it invites, admits, revokes, and signs for what comes.
    let nigar = story.world.admit("Nigar", Role::Officer, &[0]);
    story.world.settle();
    let new = person(&mut story, nigar, "Nigar's");
    story.world.settle();
    same_everywhere(&story, new, &[leyla, nigar]);
    story.world.revoke(samir);
    story.world.settle_except(&[samir]);
    let people = story.world.at(leyla).people();
    assert_eq!(people.iter().filter(|person| person.revoked).count(), 1);
}

#[test]
fn with_the_relay_of_that_day_phones_bring_back_what_they_had_and_who_was_admitted_since() {
    let mut story = mission();
    let (leyla, rashad) = (story.leyla, story.rashad);
    let first = person(&mut story, leyla, "Monday");
    story.world.settle();
    let copy = story.world.back_up_headquarters();
    let of_that_day = story.world.at(HQ).roster_page(0).unwrap();

    story.changes(HQ, first, &[("case_status", "open")]);
    let samir = story.world.admit("Samir", Role::Officer, &[0]);
    story.world.settle();
    let of_samir = person(&mut story, samir, "Samir's");
    story.world.settle();
    let roster = story.world.at(HQ).roster_seq();

    story.world.resume_headquarters(&copy);
    story.world.replace_relay_with(of_that_day);
    // A phone's bundle knows who was admitted since, before anything is written at headquarters.
    let mut carried = vec![];
    let (workspace, _, shell) = story.world.device_mut(rashad).parts();
    let everything = kahriz_core::workspace::Carry::Everything;
    let rng = kahriz_core::drive::Shell::rng(shell);
    workspace.export_bundle(everything, &mut carried, rng, &mut |_| {}).unwrap();
    let came = story.world.at(HQ).import_bundle(&mut &carried[..], &mut |_| {}).unwrap();
    assert!(came.entries > 0, "{came:?}");
    assert_eq!(story.world.at(HQ).roster_seq(), roster);
    story.world.settle();
    for record in [first, of_samir] {
        same_everywhere(&story, record, &[leyla, rashad, samir]);
    }
    assert_eq!(stands(&story.world, HQ, first, "case_status"), set(&["open"]));
    let nigar = story.world.admit("Nigar", Role::Officer, &[0]);
    story.world.settle();
    assert!(matches!(story.world.at(nigar).membership(), Membership::Member { .. }));
    same_everywhere(&story, first, &[nigar, samir]);
}

#[test]
fn a_copy_writes_nothing_until_somebody_says_that_the_original_is_gone() {
    let mut story = mission();
    let leyla = story.leyla;
    let record = person(&mut story, leyla, "Monday");
    story.world.settle();
    assert!(matches!(story.world.at(HQ).resume(), Err(ResumeError::NotACopy)));
    let copy = story.world.back_up_headquarters();
    let key = story.world.device(HQ).key().clone();
    let opened = kahriz_core::workspace::Workspace::open(&copy, &key).unwrap();
    let now = story.world.now();
    let mut draft = opened.edit(record).unwrap();
    draft.allow_incomplete();
    draft.set_text("patronymic", "Ali").unwrap();
    assert!(matches!(opened.save(&draft, now), Err(SaveError::Copy)));
    opened.resume().unwrap();
    opened.save(&draft, now).unwrap();
    drop(opened);
    // It stays so when it is opened again, and keeps its life.
    let opened = kahriz_core::workspace::Workspace::open(&copy, &key).unwrap();
    assert_eq!((opened.copied(), opened.generation()), (None, 2));
    assert!(matches!(opened.resume(), Err(ResumeError::NotACopy)));
}

//! Phones that were restored or copied, and relays that were: nothing that anybody saved is lost, and nobody has to know
//! how to mend it.

use crate::story::{HQ, Mission, mission, set, stands};
use kahriz_core::query::Query;
use kahriz_core::workspace::{AlarmKind, Delivery};
use kahriz_proto::ids::RecordId;
use kahriz_tests::world::weather::Fault;
use kahriz_tests::world::{Bring, Who};
use std::collections::BTreeSet;

/// The names of all persons on a device; the same name twice is there twice.
fn names(story: &Mission, who: Who) -> Vec<String> {
    let workspace = story.world.at(who);
    let page = workspace.list(&Query { limit: 1_000, ..Query::default() }).unwrap();
    let name = |record: RecordId| stands(&story.world, who, record, "full_name");
    let mut names: Vec<String> = page.rows.iter().flat_map(|row| name(row.record)).collect();
    names.sort();
    names
}

fn person(story: &mut Mission, who: Who, name: &str) -> RecordId {
    story.creates(who, "missing_person", &[("full_name", name)])
}

/// Everybody of the first scope has exactly these persons, and waits for nothing.
fn all_have(story: &Mission, everybody: &[Who], expected: &[&str]) {
    let mut expected: Vec<String> = expected.iter().map(|name| (*name).to_owned()).collect();
    expected.sort();
    for who in everybody {
        assert_eq!(names(story, *who), expected, "at {}", story.world.device(*who).officer);
        let status = story.world.at(*who).status().unwrap();
        let waits = (status.unsealed_changes, status.frames_waiting, status.inbox_waiting);
        assert_eq!((waits, status.inbox_quarantined), ((0, 0, 0), 0));
    }
}

fn fork_alarms(story: &Mission, who: Who) -> usize {
    let alarms = story.world.at(who).alarms().unwrap();
    alarms.iter().filter(|alarm| matches!(alarm.kind, AlarmKind::LogForked { .. })).count()
}

#[test]
fn a_phone_of_yesterday_is_noticed_before_it_says_a_word_and_both_days_are_kept() {
    for bring in [Bring::Database, Bring::Everything] {
        let mut story = mission();
        let (leyla, rashad) = (story.leyla, story.rashad);
        let first = person(&mut story, leyla, "Monday");
        story.world.settle();
        let copy = story.world.copy_store(leyla);
        person(&mut story, leyla, "Tuesday");
        story.changes(leyla, first, &[("case_status", "open")]);
        story.world.settle();
        story.world.bring_back(leyla, &copy, bring);
        // With the file beside it brought back as well only the relay can tell.
        let expected = if bring == Bring::Database { 2 } else { 1 };
        assert_eq!(story.world.at(leyla).generation(), expected);
        assert_eq!(names(&story, leyla), ["Monday"]);
        let third = person(&mut story, leyla, "Wednesday");
        story.changes(leyla, first, &[("full_name", "Monday!"), ("patronymic", "Ali")]);
        assert_eq!(
            story.world.at(leyla).record(third).unwrap().unwrap().delivery,
            Delivery::OnThisDevice
        );
        story.world.settle();
        all_have(&story, &[HQ, leyla, rashad], &["Monday!", "Tuesday", "Wednesday"]);
        assert_eq!(story.world.at(leyla).generation(), 2);
        assert_eq!(stands(&story.world, HQ, first, "patronymic"), set(&["Ali"]));
        assert_eq!(stands(&story.world, HQ, first, "case_status"), set(&["open"]));
    }
}

#[test]
fn what_was_sent_after_the_copy_was_taken_is_not_there_twice() {
    let mut story = mission();
    let (leyla, rashad) = (story.leyla, story.rashad);
    person(&mut story, leyla, "Monday");
    story.world.settle();
    let second = person(&mut story, leyla, "Tuesday");
    story.changes(leyla, second, &[("patronymic", "Ali")]);
    let copy = story.world.copy_store(leyla);
    story.world.settle();
    person(&mut story, leyla, "Wednesday");
    story.world.settle();
    story.world.bring_back(leyla, &copy, Bring::Everything);
    story.changes(leyla, second, &[("patronymic", "Vali")]);
    person(&mut story, leyla, "Thursday");
    story.world.settle();
    all_have(&story, &[HQ, leyla, rashad], &["Monday", "Tuesday", "Wednesday", "Thursday"]);
    assert_eq!(stands(&story.world, rashad, second, "patronymic"), set(&["Vali"]));
}

#[test]
fn a_copied_phone_and_its_original_both_keep_their_edits_and_headquarters_sees_the_fork() {
    let mut story = mission();
    let (leyla, rashad) = (story.leyla, story.rashad);
    let shared = person(&mut story, leyla, "Monday");
    story.world.settle();
    let twin = story.world.clone_device(leyla);
    assert_eq!(story.world.at(leyla).generation(), 1);
    assert_eq!(story.world.at(twin).generation(), 2);
    for round in 0..3 {
        story.changes(leyla, shared, &[("patronymic", &format!("of Leyla {round}"))]);
        story.changes(twin, shared, &[("mother_name", &format!("of the twin {round}"))]);
        person(&mut story, leyla, &format!("Leyla's {round}"));
        person(&mut story, twin, &format!("twin's {round}"));
        if round == 1 {
            story.world.sync(twin);
        }
        story.world.settle();
    }
    let expected =
        ["Monday", "Leyla's 0", "Leyla's 1", "Leyla's 2", "twin's 0", "twin's 1", "twin's 2"];
    all_have(&story, &[HQ, leyla, twin, rashad], &expected);
    assert_eq!(stands(&story.world, HQ, shared, "patronymic"), set(&["of Leyla 2"]));
    assert_eq!(stands(&story.world, HQ, shared, "mother_name"), set(&["of the twin 2"]));
    let lives: BTreeSet<u32> = [leyla, twin].map(|who| story.world.at(who).generation()).into();
    assert_eq!(lives, BTreeSet::from([1, 2]), "the original goes on as it was");
    let alarms = story.world.at(HQ).alarms().unwrap();
    assert!(alarms.iter().any(|alarm| matches!(alarm.kind, AlarmKind::NewLife { .. })));
}

#[test]
fn two_phones_from_one_image_write_the_same_places_and_both_are_kept() {
    let mut story = mission();
    let (leyla, rashad) = (story.leyla, story.rashad);
    let shared = person(&mut story, leyla, "Monday");
    story.world.settle();
    let image = story.world.copy_store(leyla);
    // One life: two more frames. Then the image of the whole disk: the same places once more.
    person(&mut story, leyla, "first life");
    story.changes(leyla, shared, &[("patronymic", "first life")]);
    story.world.sync(leyla);
    person(&mut story, leyla, "first life again");
    story.world.sync(leyla);
    story.world.bring_back(leyla, &image, Bring::Everything);
    let other = person(&mut story, leyla, "second life");
    story.changes(leyla, shared, &[("patronymic", "second life")]);
    story.changes(leyla, other, &[("patronymic", "Ali")]);
    // It seals before it hears of the other: its frames stand at the same places.
    story.world.device_mut(leyla).line.next_faults = [Some(Fault::RequestLost)].into();
    story.world.sync(leyla);
    story.world.settle();
    let expected = ["Monday", "first life", "first life again", "second life"];
    all_have(&story, &[HQ, leyla, rashad], &expected);
    assert_eq!(
        stands(&story.world, HQ, shared, "patronymic"),
        set(&["first life", "second life"]),
        "both wrote it without knowing of each other"
    );
    assert!(fork_alarms(&story, leyla) > 0);
}

#[test]
fn an_empty_relay_is_refilled_also_with_what_a_burned_phone_had_sent() {
    let mut story = mission();
    let (leyla, rashad) = (story.leyla, story.rashad);
    let theirs = person(&mut story, leyla, "Leyla's");
    story.world.sync(leyla);
    story.world.sync(rashad);
    story.changes(rashad, theirs, &[("patronymic", "Ali")]);
    // Headquarters has seen neither when Leyla's phone and the relay burn.
    story.world.kill(leyla);
    story.world.replace_relay();
    story.world.settle();
    all_have(&story, &[HQ, rashad], &["Leyla's"]);
    assert_eq!(stands(&story.world, HQ, theirs, "patronymic"), set(&["Ali"]));
}

#[test]
fn headquarters_refills_an_empty_relay_for_a_phone_that_has_nothing() {
    let mut story = mission();
    let (leyla, rashad, nino) = (story.leyla, story.rashad, story.nino);
    (0..5).for_each(|n| _ = person(&mut story, leyla, &format!("person {n}")));
    story.world.settle();
    [leyla, rashad, nino].into_iter().for_each(|who| story.world.kill(who));
    story.world.replace_relay();
    let newcomer = story.world.admit("Samir", kahriz_proto::roster::Role::Officer, &[0]);
    story.world.sync(HQ);
    story.world.sync(newcomer);
    assert_eq!(names(&story, newcomer).len(), 5);
}

#[test]
fn a_relay_that_was_replaced_by_its_like_costs_a_comparison_and_not_the_whole_scope() {
    let mut story = mission();
    let (leyla, rashad) = (story.leyla, story.rashad);
    (0..20).for_each(|n| _ = person(&mut story, leyla, &format!("person {n}")));
    story.world.settle();
    story.world.replace_relay();
    story.world.sync(HQ);
    let report = story.world.sync(rashad);
    assert_eq!((report.comparisons, report.frames_pulled, report.frames_pushed), (1, 0, 0));
    assert_eq!(report.exchanges, 3, "to learn that it is another, to compare, to go on");
    assert_eq!(story.world.sync(rashad).exchanges, 1);
}

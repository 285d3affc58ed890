//! Bad lines: lost, cut, stalled, repeated and late requests, portals, and clocks that are decades off.

use crate::story::{HQ, mission, set};
use kahriz_core::workspace::Claimed;
use kahriz_proto::session::Failure;
use kahriz_tests::world::Weather;
use kahriz_tests::world::weather::Fault;

#[test]
fn a_phone_whose_clock_is_fifty_years_off_syncs_like_any_other() {
    for years in [-50_i64, -1, 1, 50] {
        let mut story = mission();
        let leyla = story.leyla;
        story.world.device_mut(leyla).shell.clock.skew_ms = years * 31_557_600_000;
        let person = story.creates(leyla, "missing_person", &[("full_name", "Vaqif")]);
        story.world.sync(leyla);
        story.world.settle();
        assert_eq!(story.stands(HQ, person, "full_name"), set(&["Vaqif"]), "{years} years");
        // The next sync needs no second try: the phone has learned the relay's time.
        let before = story.world.device(leyla).line.requests;
        story.world.sync(leyla);
        assert_eq!(story.world.device(leyla).line.requests, before + 1);
    }
}

#[test]
fn a_later_claim_of_a_wrong_clock_does_not_win() {
    let mut story = mission();
    let (leyla, rashad) = (story.leyla, story.rashad);
    let person = story.known_person();
    let mut future = story.opens(leyla, person);
    future.set_text("full_name", "from 2076").unwrap();
    story.world.at(leyla).save(&future, Claimed { ms: 3_345_000_000_000 }).unwrap();
    story.changes(rashad, person, &[("full_name", "from today")]);
    story.world.settle();
    assert_eq!(story.stands(HQ, person, "full_name"), set(&["from 2076", "from today"]));
    // Whoever has seen both and writes has the last word, whatever the clocks say.
    story.changes(rashad, person, &[("full_name", "Vaqif")]);
    story.world.settle();
    assert_eq!(story.stands(leyla, person, "full_name"), set(&["Vaqif"]));
}

#[test]
fn an_upload_that_is_cut_at_any_byte_finishes_without_duplicates() {
    let mut story = mission();
    let leyla = story.leyla;
    let mut at = 0;
    let mut whole = usize::MAX;
    let mut records = 0;
    while at <= whole {
        let person =
            story.creates(leyla, "missing_person", &[("full_name", &format!("Vaqif {at}"))]);
        records += 1;
        let line = &mut story.world.device_mut(leyla).line;
        line.kept = Some(vec![]);
        line.next_faults = [Some(Fault::RequestCut(at))].into();
        story.world.sync(leyla);
        whole = story.world.device_mut(leyla).line.kept.take().unwrap()[0].len();
        story.world.sync(HQ);
        assert_eq!(story.stands(HQ, person, "full_name"), set(&[&format!("Vaqif {at}")]));
        assert_eq!(story.world.at(leyla).status().unwrap().frames_refused, 0, "cut at {at}");
        at += 7;
    }
    assert!(records > 50, "{records} cuts");
    let workspace = story.world.at(HQ);
    assert_eq!(workspace.status().unwrap().records, records);
    let leyla = story.world.at(leyla).device();
    let account = workspace.device_account().unwrap();
    let frames = account.iter().find(|account| account.device == leyla).unwrap().frames_merged;
    // One frame a record: what was cut was not sealed anew.
    assert_eq!(frames, records);
    assert_eq!(story.world.relay.log().forks(workspace.id()).unwrap(), []);
}

#[test]
fn an_upload_that_stalls_at_any_byte_is_taken_over_by_the_next_request() {
    let mut story = mission();
    let leyla = story.leyla;
    for at in (0..600).step_by(31) {
        let name = format!("Vaqif {at}");
        let person = story.creates(leyla, "missing_person", &[("full_name", &name)]);
        story.world.device_mut(leyla).line.next_faults = [Some(Fault::RequestStalls(at))].into();
        story.world.sync(leyla);
        story.world.sync(HQ);
        assert_eq!(story.stands(HQ, person, "full_name"), set(&[&name]), "stalled at {at}");
    }
    assert_eq!(story.world.relay.log().forks(story.world.at(HQ).id()).unwrap(), []);
}

#[test]
fn a_cut_upload_goes_on_at_the_byte_where_it_was_cut() {
    let mut story = mission();
    let leyla = story.leyla;
    // Random letters do not squeeze, so the frame is large.
    let noise: String = (0..3_000_u32)
        .map(|n| char::from_u32(0x4e00 + n.wrapping_mul(2_654_435_761) % 20_000).unwrap())
        .collect();
    story.creates(leyla, "landmine_incident", &[("narrative", &noise)]);
    let line = &mut story.world.device_mut(leyla).line;
    line.kept = Some(vec![]);
    line.next_faults = [Some(Fault::RequestCut(4_000))].into();
    story.world.sync(leyla);
    let sent = story.world.device_mut(leyla).line.kept.take().unwrap();
    assert!(sent[0].len() > 6_000);
    // The second only asks what has arrived; the third sends what has not.
    assert!(sent[1].len() < 200);
    assert!(sent[2].len() < sent[0].len() - 3_500, "{} of {}", sent[2].len(), sent[0].len());
}

#[test]
fn a_download_that_is_cut_at_any_byte_finishes() {
    let mut story = mission();
    let rashad = story.rashad;
    for step in 0..40_u32 {
        let name = format!("Vaqif {step}");
        let person = story.creates(story.leyla, "missing_person", &[("full_name", &name)]);
        story.world.sync(story.leyla);
        let part = f64::from(step) / 40.0;
        story.world.device_mut(rashad).line.next_faults = [Some(Fault::AnswerCut(part))].into();
        story.world.sync(rashad);
        assert_eq!(story.stands(rashad, person, "full_name"), set(&[&name]), "cut at {part}");
    }
    assert_eq!(story.world.at(rashad).parked().unwrap(), []);
}

#[test]
fn a_request_that_arrives_twice_or_late_changes_nothing() {
    let mut story = mission();
    let leyla = story.leyla;
    let repeated =
        [Fault::Repeated { first_answer: true }, Fault::Repeated { first_answer: false }];
    for fault in repeated.into_iter().chain([Fault::Late(1), Fault::Late(3)]) {
        let name = format!("{fault:?}");
        let person = story.creates(leyla, "missing_person", &[("full_name", &name)]);
        story.world.device_mut(leyla).line.next_faults = [Some(fault)].into();
        story.world.sync(leyla);
        story.world.sync(leyla);
        story.world.settle();
        assert_eq!(story.stands(HQ, person, "full_name"), set(&[&name]));
        assert_eq!(story.world.at(leyla).status().unwrap().frames_refused, 0);
    }
    assert_eq!(story.world.at(HQ).status().unwrap().records, 4);
    assert_eq!(story.world.relay.log().forks(story.world.at(HQ).id()).unwrap(), []);
}

#[test]
fn a_captive_portal_is_told_as_no_relay_and_nothing_is_lost() {
    let mut story = mission();
    let leyla = story.leyla;
    let person = story.creates(leyla, "missing_person", &[("full_name", "Vaqif")]);
    story.world.device_mut(leyla).line.next_faults = vec![Some(Fault::Portal); 20].into();
    let report = story.world.try_sync(leyla).unwrap();
    assert_eq!(report.failure, Some(Failure::NotARelay));
    assert!(report.failure.unwrap().to_string().contains("log-in page"));
    story.world.device_mut(leyla).line.next_faults.clear();
    story.world.settle();
    assert_eq!(story.stands(HQ, person, "full_name"), set(&["Vaqif"]));
}

#[test]
fn no_network_at_all_ends_in_a_clear_failure_after_a_few_tries() {
    let mut story = mission();
    let leyla = story.leyla;
    story.creates(leyla, "missing_person", &[("full_name", "Vaqif")]);
    story.world.device_mut(leyla).line.next_faults = vec![Some(Fault::RequestLost); 50].into();
    let report = story.world.try_sync(leyla).unwrap();
    assert_eq!(report.failure, Some(Failure::Unreachable));
    assert!(report.exchanges <= 8, "{} tries", report.exchanges);
    let status = story.world.at(leyla).status().unwrap();
    assert_eq!((status.frames_waiting, status.records), (1, 1));
}

#[test]
fn a_person_who_has_waited_long_enough_can_stop_a_sync() {
    let mut story = mission();
    let leyla = story.leyla;
    story.world.device_mut(leyla).line.next_faults = vec![Some(Fault::RequestLost); 50].into();
    story.world.device_mut(leyla).shell.patience = Some(2);
    let report = story.world.try_sync(leyla).unwrap();
    assert_eq!(report.failure, Some(Failure::Unreachable));
    let tried = 50 - story.world.device(leyla).line.next_faults.len();
    assert_eq!(tried, 3);
}

#[test]
fn a_day_in_a_storm_ends_with_everybody_of_one_mind() {
    let mut story = mission();
    let people = [HQ, story.leyla, story.rashad];
    story.world.weather_everywhere(Weather::storm());
    let mut records = vec![];
    for round in 0..30_usize {
        let who = people[round % people.len()];
        let name = format!("Person {round}");
        records.push(story.creates(who, "missing_person", &[("full_name", &name)]));
        let known: Vec<_> = records
            .iter()
            .filter(|record| story.world.at(who).record(**record).unwrap().is_some())
            .copied()
            .collect();
        story.changes(
            who,
            known[round / 2 % known.len()],
            &[("mother_name", &format!("M {round}"))],
        );
        // Whatever comes of it.
        story.world.try_sync(who).unwrap();
    }
    story.world.settle();
    let everything = kahriz_core::query::Query { limit: 100, ..Default::default() };
    let rows = |who| {
        let mut rows = story.world.at(who).list(&everything).unwrap().rows;
        rows.sort_by_key(|row| row.record);
        rows
    };
    assert_eq!(rows(HQ).len(), 30);
    assert_eq!(rows(HQ), rows(story.leyla));
    assert_eq!(rows(HQ), rows(story.rashad));
    assert_eq!(story.world.relay.log().forks(story.world.at(HQ).id()).unwrap(), []);
}

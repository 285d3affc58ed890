//! Two people and one record: what merges by itself, what waits for a person, and what is shown meanwhile.

use crate::story::{HQ, mission, set};
use kahriz_core::forms::Shown;
use kahriz_core::value::Scalar;
use kahriz_core::workspace::{Choice, SaveError};
use kahriz_proto::roster::Role;

#[test]
fn two_officers_edit_one_record_offline_and_headquarters_sees_both_values() {
    let mut story = mission();
    let person = story.known_person();
    story.changes(story.leyla, person, &[("full_name", "Əliyev Vaqif Səməd oğlu")]);
    story.changes(story.rashad, person, &[("full_name", "Aliyev Vagif")]);
    story.world.settle();
    let both = set(&["Əliyev Vaqif Səməd oğlu", "Aliyev Vagif"]);
    for who in [HQ, story.leyla, story.rashad] {
        assert_eq!(story.stands(who, person, "full_name"), both);
        assert_eq!(story.contested(who, person), ["full_name"]);
    }
    let view = story.world.at(HQ).record(person).unwrap().unwrap();
    let opinions = &view.fields["full_name"].values;
    let by: std::collections::BTreeSet<&str> =
        opinions.iter().map(|opinion| opinion.by.officer.as_str()).collect();
    assert_eq!(by, ["Leyla", "Rashad"].into());
    assert!(opinions.iter().all(|opinion| opinion.by.claimed.ms > 0));
}

#[test]
fn different_fields_of_one_household_merge_without_anyone_noticing() {
    let mut story = mission();
    let (leyla, rashad) = (story.leyla, story.rashad);
    let home = story.creates(leyla, "return_household", &[("household_ref", "H-17")]);
    story.world.settle();
    story.changes(leyla, home, &[("dwelling.rooms", "3")]);
    story.changes(rashad, home, &[("food.meals_per_day", "2")]);
    story.world.settle();
    for who in [HQ, leyla, rashad] {
        assert_eq!(story.contested(who, home), Vec::<String>::new());
        assert_eq!(story.shown(who, home, "dwelling.rooms").as_deref(), Some("3"));
        assert_eq!(story.shown(who, home, "food.meals_per_day").as_deref(), Some("2"));
    }
}

#[test]
fn a_hazard_that_one_team_calls_cleared_stays_active_until_someone_decides() {
    let mut story = mission();
    let (leyla, rashad) = (story.leyla, story.rashad);
    let hazard = story.creates(
        leyla,
        "landmine_incident",
        &[("hazard_status", "marked"), ("location.point", "40.1,46.9,10")],
    );
    story.world.settle();
    story.changes(leyla, hazard, &[("hazard_status", "active")]);
    // The later claim, and it changes nothing.
    story.changes(rashad, hazard, &[("hazard_status", "cleared")]);
    story.world.settle();
    for who in [HQ, leyla, rashad] {
        assert_eq!(story.shown(who, hazard, "hazard_status").as_deref(), Some("active"));
        let rows = story.world.at(who).list(&kahriz_core::query::Query::default()).unwrap().rows;
        assert_eq!(rows[0].status.as_deref(), Some("active"));
        assert!(rows[0].status_contested);
    }
    decides(&mut story.world, HQ, hazard, "hazard_status", "cleared", "certificate seen");
    story.world.settle();
    assert_eq!(story.shown(rashad, hazard, "hazard_status").as_deref(), Some("cleared"));
    assert_eq!(story.contested(rashad, hazard), Vec::<String>::new());
}

#[test]
fn found_alive_against_found_dead_is_withheld() {
    let mut story = mission();
    let (leyla, rashad) = (story.leyla, story.rashad);
    let person = story.known_person();
    story.changes(leyla, person, &[("case_status", "located_alive")]);
    story.changes(rashad, person, &[("case_status", "located_deceased")]);
    story.world.settle();
    for who in [HQ, leyla, rashad] {
        let view = story.world.at(who).record(person).unwrap().unwrap();
        assert_eq!(view.fields["case_status"].shown, Shown::Withheld);
        assert_eq!(story.shown(who, person, "case_status"), None);
        let rows = story.world.at(who).list(&kahriz_core::query::Query::default()).unwrap().rows;
        assert_eq!(rows[0].status, None);
        assert!(rows[0].status_withheld);
    }
}

#[test]
fn two_people_who_write_the_same_do_not_contradict_each_other() {
    let mut story = mission();
    let person = story.known_person();
    story.changes(story.leyla, person, &[("case_status", "tracing")]);
    story.changes(story.rashad, person, &[("case_status", "tracing")]);
    story.world.settle();
    assert_eq!(story.contested(HQ, person), Vec::<String>::new());
    assert_eq!(story.shown(HQ, person, "case_status").as_deref(), Some("tracing"));
}

#[test]
fn two_people_tick_different_boxes_and_both_count() {
    let mut story = mission();
    let (leyla, rashad) = (story.leyla, story.rashad);
    let person = story.known_person();
    story.changes(leyla, person, &[("circumstances", "displacement")]);
    story.changes(rashad, person, &[("circumstances", "detention")]);
    story.world.settle();
    for who in [HQ, leyla, rashad] {
        for code in ["displacement", "detention"] {
            let key = format!("circumstances.{code}");
            assert_eq!(story.shown(who, person, &key).as_deref(), Some("true"));
        }
        assert_eq!(story.contested(who, person), Vec::<String>::new());
    }
}

#[test]
fn a_box_that_one_ticks_again_while_another_unticks_it_stays_ticked() {
    let mut story = mission();
    let (leyla, rashad) = (story.leyla, story.rashad);
    let person = story.known_person();
    story.changes(leyla, person, &[("circumstances", "displacement")]);
    story.world.settle();
    let mut unticks = story.opens(leyla, person);
    unticks.clear("circumstances").unwrap();
    story.saves(leyla, &unticks);
    // Rashad takes it out, thinks again and puts it back.
    let mut out = story.opens(rashad, person);
    out.clear("circumstances").unwrap();
    story.saves(rashad, &out);
    story.changes(rashad, person, &[("circumstances", "displacement")]);
    story.world.settle();
    for who in [HQ, leyla, rashad] {
        let ticked = story.shown(who, person, "circumstances.displacement");
        assert_eq!(ticked.as_deref(), Some("true"));
    }
}

#[test]
fn two_people_add_a_relative_each_and_both_are_there() {
    let mut story = mission();
    let person = story.known_person();
    for (who, name) in [(story.leyla, "Sevda"), (story.rashad, "Tofiq")] {
        let mut draft = story.opens(who, person);
        let item = draft.add_item("relatives").unwrap();
        draft.set_text(&format!("{item}.name"), name).unwrap();
        story.saves(who, &draft);
    }
    story.world.settle();
    for who in [HQ, story.leyla, story.rashad] {
        let view = story.world.at(who).record(person).unwrap().unwrap();
        let names: std::collections::BTreeSet<Scalar> = view
            .shown()
            .into_iter()
            .filter(|(key, _)| key.starts_with("relatives.") && key.ends_with(".name"))
            .map(|(_, value)| value)
            .collect();
        assert_eq!(names, [Scalar::from("Sevda"), Scalar::from("Tofiq")].into());
        assert_eq!(story.contested(who, person), Vec::<String>::new());
    }
}

#[test]
fn one_removes_a_relative_while_another_corrects_the_name_and_it_stays_for_a_decision() {
    let mut story = mission();
    let (leyla, rashad) = (story.leyla, story.rashad);
    let person = story.creates(
        leyla,
        "missing_person",
        &[("full_name", "Vaqif"), ("relatives.0.name", "Sevda"), ("relatives.0.place", "Bərdə")],
    );
    story.world.settle();
    let mut removes = story.opens(leyla, person);
    removes.remove_item("relatives.0").unwrap();
    story.saves(leyla, &removes);
    story.changes(rashad, person, &[("relatives.0.name", "Sevda Əliyeva")]);
    story.world.settle();
    for who in [HQ, leyla, rashad] {
        let stands = story.stands(who, person, "relatives.0.name");
        assert_eq!(stands, set(&["(cleared)", "Sevda Əliyeva"]));
        assert_eq!(story.contested(who, person), ["relatives.0.name"]);
        assert_eq!(story.shown(who, person, "relatives.0.place"), None);
    }
}

#[test]
fn a_record_that_one_deletes_while_another_writes_in_it_is_deleted_with_the_writing_kept() {
    let mut story = mission();
    let (leyla, rashad) = (story.leyla, story.rashad);
    let person = story.known_person();
    story.changes(leyla, person, &[("deleted", "true")]);
    story.changes(rashad, person, &[("mother_name", "Gülnar")]);
    story.world.settle();
    for who in [HQ, leyla, rashad] {
        let view = story.world.at(who).record(person).unwrap().unwrap();
        assert!(view.deleted);
        assert_eq!(story.shown(who, person, "mother_name").as_deref(), Some("Gülnar"));
        let hidden = story.world.at(who).list(&kahriz_core::query::Query::default()).unwrap();
        assert_eq!(hidden.total, 0);
    }
}

#[test]
fn a_record_that_one_deletes_and_another_wants_back_is_not_deleted_until_someone_decides() {
    let mut story = mission();
    let (leyla, rashad) = (story.leyla, story.rashad);
    let person = story.known_person();
    story.changes(leyla, person, &[("deleted", "true")]);
    story.changes(rashad, person, &[("deleted", "true")]);
    story.changes(rashad, person, &[("deleted", "false")]);
    story.world.settle();
    for who in [HQ, leyla, rashad] {
        let view = story.world.at(who).record(person).unwrap().unwrap();
        assert!(!view.deleted);
        assert_eq!(story.contested(who, person), ["deleted"]);
    }
}

#[test]
fn a_decision_reaches_every_phone_with_its_reason_and_ends_the_conflict() {
    let mut story = mission();
    let (leyla, rashad) = (story.leyla, story.rashad);
    let person = story.known_person();
    story.changes(leyla, person, &[("case_status", "located_alive")]);
    story.changes(rashad, person, &[("case_status", "located_deceased")]);
    story.world.settle();
    let now = story.world.now();
    let refused = story.world.at(leyla).decide(person, "case_status", &Choice::Keep(0), "", now);
    assert!(matches!(refused, Err(SaveError::NotAllowed)));
    let reason = "seen at the clinic on Tuesday";
    decides(&mut story.world, HQ, person, "case_status", "located_alive", reason);
    story.world.settle();
    for who in [HQ, leyla, rashad] {
        assert_eq!(story.contested(who, person), Vec::<String>::new());
        assert_eq!(story.shown(who, person, "case_status").as_deref(), Some("located_alive"));
        let history = story.world.at(who).history(person, "case_status").unwrap();
        let last = history.last().unwrap();
        assert_eq!(last.reason.as_deref(), Some(reason));
        assert_eq!(last.by.officer, "Headquarters");
        assert!(last.standing);
        assert_eq!(history.iter().filter(|entry| entry.standing).count(), 1);
        assert_eq!(history.len(), 4);
    }
    let again = story.world.now();
    let nothing = story.world.at(HQ).decide(person, "case_status", &Choice::Keep(0), "", again);
    assert!(matches!(nothing, Err(SaveError::NothingToDecide)));
}

#[test]
fn a_supervisor_in_the_field_may_decide_without_a_network() {
    let mut story = mission();
    let supervisor = story.world.admit("Ramin", Role::Supervisor, &[0]);
    let person = story.known_person();
    story.changes(story.leyla, person, &[("full_name", "Vaqif")]);
    story.changes(story.rashad, person, &[("full_name", "Vagif")]);
    story.world.settle();
    decides(&mut story.world, supervisor, person, "full_name", "Vaqif", "as in the passport");
    story.world.settle();
    assert_eq!(story.shown(story.leyla, person, "full_name").as_deref(), Some("Vaqif"));
    assert_eq!(story.contested(HQ, person), Vec::<String>::new());
}

#[test]
fn a_value_written_while_headquarters_decides_is_not_lost_by_the_decision() {
    let mut story = mission();
    let person = story.known_person();
    story.changes(story.leyla, person, &[("full_name", "Vaqif A.")]);
    story.changes(story.rashad, person, &[("full_name", "Vagif")]);
    story.world.settle();
    decides(&mut story.world, HQ, person, "full_name", "Vagif", "");
    story.changes(story.leyla, person, &[("full_name", "Vaqif Əliyev")]);
    story.world.settle();
    let stands = story.stands(HQ, person, "full_name");
    assert_eq!(stands, set(&["Vagif", "Vaqif Əliyev"]));
    assert_eq!(story.contested(story.rashad, person), ["full_name"]);
}

#[test]
fn what_is_typed_in_a_form_that_was_open_while_a_sync_happened_does_not_revert_what_came_in() {
    let mut story = mission();
    let (leyla, rashad) = (story.leyla, story.rashad);
    let person = story.known_person();
    let mut form = story.opens(leyla, person);
    story.changes(rashad, person, &[("full_name", "Vagif"), ("mother_name", "Gülnar")]);
    story.world.sync(rashad);
    story.world.sync(leyla);
    assert_eq!(story.shown(leyla, person, "full_name").as_deref(), Some("Vagif"));
    form.set_text("full_name", "Vaqif Əliyev").unwrap();
    story.saves(leyla, &form);
    story.world.settle();
    for who in [HQ, leyla, rashad] {
        assert_eq!(story.stands(who, person, "full_name"), set(&["Vagif", "Vaqif Əliyev"]));
        assert_eq!(story.shown(who, person, "mother_name").as_deref(), Some("Gülnar"));
    }
}

#[test]
fn two_forms_of_one_record_on_one_phone_do_not_silently_undo_each_other() {
    let mut story = mission();
    let leyla = story.leyla;
    let person = story.known_person();
    let mut first = story.opens(leyla, person);
    let mut second = story.opens(leyla, person);
    first.set_text("full_name", "Vaqif A.").unwrap();
    story.saves(leyla, &first);
    second.set_text("full_name", "Vaqif B.").unwrap();
    let now = story.world.now();
    let refused = story.world.at(leyla).save(&second, now);
    assert!(matches!(refused, Err(SaveError::Superseded(keys)) if keys == ["full_name"]));
    // Another field of the same stale form is no contradiction.
    let mut third = second.clone();
    third.set_text("full_name", "Vaqif A.").unwrap();
    third.set_text("mother_name", "Gülnar").unwrap();
    story.saves(leyla, &third);
    story.world.settle();
    assert_eq!(story.stands(HQ, person, "full_name"), set(&["Vaqif A."]));
    assert_eq!(story.shown(HQ, person, "mother_name").as_deref(), Some("Gülnar"));
}

#[test]
fn a_long_account_that_two_people_extend_holds_both_additions() {
    let mut story = mission();
    let (leyla, rashad) = (story.leyla, story.rashad);
    let account = "He left the house in the morning. ".repeat(40);
    let hazard = story.creates(leyla, "landmine_incident", &[("narrative", account.trim_end())]);
    story.world.settle();
    let before = format!("As his sister says: {}", account.trim_end());
    let after = format!("{} Nobody saw him since.", account.trim_end());
    story.changes(leyla, hazard, &[("narrative", &before)]);
    story.changes(rashad, hazard, &[("narrative", &after)]);
    story.world.settle();
    for who in [HQ, leyla, rashad] {
        let stands = story.stands(who, hazard, "narrative");
        assert_eq!(stands.len(), 1);
        let text = stands.first().unwrap();
        assert!(text.starts_with("As his sister says:"), "{text}");
        assert!(text.ends_with("Nobody saw him since."), "{text}");
    }
}

#[test]
fn two_measured_places_that_differ_are_both_drawn() {
    let mut story = mission();
    let (leyla, rashad) = (story.leyla, story.rashad);
    let hazard = story.creates(leyla, "landmine_incident", &[("location.point", "40.1,46.9,10")]);
    story.world.settle();
    story.changes(leyla, hazard, &[("location.point", "40.11,46.91,5")]);
    story.changes(rashad, hazard, &[("location.point", "40.12,46.92,5")]);
    story.world.settle();
    let query = kahriz_core::query::Query { shapes: true, ..Default::default() };
    let row = story.world.at(HQ).list(&query).unwrap().rows.remove(0);
    let mut drawn = row.other_points.clone();
    drawn.extend(row.point);
    drawn.sort_by(|one, other| one.partial_cmp(other).unwrap());
    assert_eq!(drawn, [(40.11, 46.91), (40.12, 46.92)]);
}

fn decides(
    world: &mut kahriz_tests::world::World,
    who: kahriz_tests::world::Who,
    record: kahriz_proto::ids::RecordId,
    key: &str,
    value: &str,
    reason: &str,
) {
    let view = world.at(who).record(record).unwrap().unwrap();
    let values = &view.fields[key].values;
    let index = values.iter().position(|opinion| opinion.value == Scalar::from(value)).unwrap();
    let now = world.now();
    world.at(who).decide(record, key, &Choice::Keep(index), reason, now).unwrap();
}

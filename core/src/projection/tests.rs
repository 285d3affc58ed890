#![allow(clippy::unwrap_used)]

use super::*;
use crate::forms::Forms;
use crate::value::grid_place as place;
use crate::value::{Point, Shape, Vertex};

fn kind(name: &str) -> &'static Kind {
    Forms::builtin().kind(name).unwrap()
}

fn hazard() -> &'static Kind {
    kind("landmine_incident")
}

fn person() -> &'static Kind {
    kind("missing_person")
}

fn role(role: &Option<String>) -> String {
    role.clone().unwrap()
}

fn codes(codes: &[&str]) -> Vec<Scalar> {
    codes.iter().map(|code| Scalar::from(*code)).collect()
}

fn one(key: &str, values: Vec<Scalar>) -> Fields {
    Fields::from([(key.to_owned(), values)])
}

fn point(lat: f64, lon: f64) -> Scalar {
    Point::from_degrees(lat, lon, None).unwrap().encode().into()
}

fn area(corners: &[(f64, f64)]) -> Scalar {
    let ring = corners.iter().map(|(lat, lon)| Vertex::from_degrees(*lat, *lon).unwrap()).collect();
    Shape::new(ring).unwrap().encode().into()
}

#[test]
fn every_kind_has_the_fields_that_each_record_has() {
    for kind in Forms::builtin().kinds() {
        assert!(kind.field(STATE).unwrap().codes.is_some());
        assert!(kind.field(DELETED).is_some());
        for name in kind.roles.search.iter().chain(&kind.roles.title) {
            assert!(kind.role_field(name).is_some(), "{name}");
        }
    }
}

#[test]
fn a_hazard_that_one_team_calls_cleared_and_another_active_is_listed_as_active() {
    let status = role(&hazard().roles.status);
    let row = project(hazard(), &one(&status, codes(&["cleared", "active"])));
    assert_eq!(row.status.as_deref(), Some("active"));
    assert!(row.status_contested && !row.status_withheld);
    assert_eq!(row.contested, 1);
}

#[test]
fn found_alive_against_found_dead_lists_no_status() {
    let status = role(&person().roles.status);
    let row = project(person(), &one(&status, codes(&["located_alive", "located_deceased"])));
    assert_eq!(row.status, None);
    assert!(row.status_contested && row.status_withheld);
    let row = project(person(), &one(&status, codes(&["located_alive"])));
    assert_eq!(row.status.as_deref(), Some("located_alive"));
    assert!(!row.status_contested && !row.status_withheld);
}

#[test]
fn a_contested_name_is_found_by_both_spellings_and_shown_by_one() {
    let name = person().roles.title[0].clone();
    let row = project(person(), &one(&name, codes(&["Əli Quliyev", "Vəli Quliyev"])));
    assert_eq!(row.title, "Əli Quliyev");
    assert_eq!(row.title_key.as_deref(), Some(fold::exact("Əli Quliyev").as_str()));
    for word in ["Əli", "Vəli", "quliyev"] {
        assert!(row.words.contains(&fold::exact(word)), "{word}");
    }
}

#[test]
fn a_name_inside_a_group_is_found() {
    let role = person().roles.search.iter().find(|role| person().field(role).is_none()).unwrap();
    let Some((Some(group), field)) = person().role_field(role) else {
        panic!("{role} is in a group")
    };
    for item in ["0", "12", "AB12CD34-1"] {
        let row = project(person(), &one(&group.key(item, &field.name), codes(&["Lalə Tağıyeva"])));
        assert!(row.words.contains(&fold::exact("Lalə")), "{item}");
    }
    let row = project(person(), &one(&group.key("not an item", &field.name), codes(&["Lalə"])));
    assert!(row.words.is_empty());
}

#[test]
fn two_codes_added_to_a_set_by_two_people_are_no_contradiction() {
    let set = hazard().fields.iter().find(|field| field.policy == Policy::Union).unwrap();
    let key = format!("{}.some_code", set.name);
    let row = project(hazard(), &one(&key, vec![true.into(), false.into()]));
    assert_eq!(row.contested, 0);
}

#[test]
fn a_contested_field_of_a_newer_form_waits_for_a_decision_too() {
    let row = project(hazard(), &one("a_field_of_next_year", codes(&["one", "other"])));
    assert_eq!(row.contested, 1);
}

#[test]
fn a_record_is_hidden_only_if_nobody_says_that_it_is_there() {
    let deleted = |values| project(person(), &one(DELETED, values)).deleted;
    assert!(deleted(vec![true.into()]));
    assert!(!deleted(vec![true.into(), false.into()]));
    assert!(!deleted(vec![true.into(), Scalar::Null]));
    assert!(!deleted(vec![false.into()]));
    assert!(!project(person(), &Fields::new()).deleted);
}

#[test]
fn a_new_record_is_a_draft_and_incomplete() {
    let row = project(person(), &Fields::new());
    let first = person().field(STATE).unwrap().codes.as_ref().unwrap().names().next().unwrap();
    assert_eq!(row.state, first);
    assert!(row.incomplete);
    assert_eq!((row.title.as_str(), row.title_key), ("", None));
    assert_eq!(row.places, Places::default());
    assert_eq!(project(person(), &one(STATE, codes(&["approved"]))).state, "approved");
}

#[test]
fn a_date_is_kept_as_far_as_it_is_known() {
    let key = role(&person().roles.date);
    let date = |text: &str| project(person(), &one(&key, codes(&[text]))).date;
    assert_eq!(date("1994").as_deref(), Some("1994"));
    assert_eq!(date("1994-08").as_deref(), Some("1994-08"));
    assert_eq!(date("1994-08-23T20:13:06+04:00").as_deref(), Some("1994-08-23"));
    assert_eq!(date("last summer"), None);
    assert_eq!(date("əvvəlki yay idi, bilmirəm"), None);
}

#[test]
fn two_positions_of_one_hazard_are_both_kept() {
    let key = role(&hazard().roles.point);
    let both = project(hazard(), &one(&key, vec![point(40.1, 46.9), point(40.3, 46.7)])).places;
    assert_eq!(both.mark, Some(place(40.1, 46.9)));
    assert_eq!(both.all.len(), 2);
    let bounds = both.bounds.unwrap();
    assert_eq!((bounds.lat_min, bounds.lat_max), (401_000_000, 403_000_000));
    assert_eq!((bounds.lon_min, bounds.lon_max), (467_000_000, 469_000_000));
    let single = project(hazard(), &one(&key, vec![point(40.1, 46.9)])).places;
    assert!(single.all.is_empty());
    assert_eq!(single.mark, Some(place(40.1, 46.9)));
}

#[test]
fn an_area_without_a_point_is_marked_in_its_middle() {
    let key = role(&hazard().roles.shape);
    let corners = [(40.0, 46.0), (40.0, 46.2), (40.4, 46.2)];
    let places = project(hazard(), &one(&key, vec![area(&corners)])).places;
    assert_eq!(places.mark, Some(place(40.2, 46.1)));
    assert_eq!(places.all.len(), 1);
}

#[test]
fn values_that_this_program_cannot_read_do_not_stop_the_list() {
    for kind in Forms::builtin().kinds() {
        for strange in [
            Scalar::Null,
            Scalar::Int(-1),
            Scalar::Bytes(vec![255; 40]),
            Scalar::Str("\u{0}x".into()),
        ] {
            let fields = kind
                .fields
                .iter()
                .map(|field| (field.name.clone(), vec![strange.clone(), Scalar::Null]))
                .collect();
            let row = project(kind, &fields);
            assert_eq!((row.places, row.date, row.deleted), (Places::default(), None, false));
        }
    }
}

#[test]
fn a_very_long_title_is_cut_and_says_so() {
    let name = person().roles.title[0].clone();
    let row = project(person(), &one(&name, codes(&["ə".repeat(4_000).as_str()])));
    assert_eq!(row.title.chars().count(), LINE_CHARS + 1);
    assert!(row.title.ends_with('…'));
    assert!(row.title_key.unwrap().chars().count() <= SORT_CHARS);
}

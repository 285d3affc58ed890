#![allow(clippy::unwrap_used)]

use super::*;
use kahriz_core::value::Value;
use serde_json::json;

fn mapping() -> Mapping {
    Mapping::builtin("records-1000", Forms::builtin()).unwrap().unwrap()
}

fn missing() -> Json {
    json!({
        "kind": "missing_person", "id": "7", "given_name": "Cavid", "family_name": "Əliyev",
        "name_ascii": "Cavid Eliyev", "sex": "m", "last_seen_district": "Ağdam",
        "last_seen_lat": 40.220894, "last_seen_lon": 46.657445, "marks": "scar left arm",
        "relatives": [{ "name": "Lalə", "relation": "sister" }], "dna_samples": [], "status": "verified",
    })
}

fn survey() -> Json {
    json!({
        "kind": "return_survey", "id": "8", "members": [], "rooms": 3, "school_km": 3.4, "displaced_year": 1994,
        "livestock": { "cattle": 9, "sheep": 45 }, "aid_received": ["cash", "shelter kit"], "needs": ["road", "school"],
        "phone_signal": "4G", "status": "draft",
    })
}

fn with(mut line: Json, key: &str, value: Json) -> Json {
    line[key] = value;
    line
}

/// Imports a line, exports it again, and tells what ended in `rest`.
fn there_and_back(line: &Json) -> Option<Json> {
    let imported = mapping().import(line).unwrap();
    let record = import::flat(&imported.entries.iter().cloned().collect());
    let again = mapping().export(&imported.kind, &record).unwrap();
    assert_eq!(again.left_out, 0);
    assert!(
        compare::same_object(line.as_object().unwrap(), &again.line, &["needs", "aid_received"]),
        "{line}\n{:?}",
        again.line
    );
    assert!(imported.exact);
    record.get("source.rest").map(|rest| serde_json::from_str(rest.as_str().unwrap()).unwrap())
}

fn value_of(line: &Json, key: &str) -> Option<Value> {
    mapping()
        .import(line)
        .unwrap()
        .entries
        .into_iter()
        .find(|(name, _)| name == key)
        .map(|(_, value)| value)
}

#[test]
fn a_line_becomes_a_record_and_the_same_line_again() {
    assert_eq!(there_and_back(&missing()), None);
    assert_eq!(there_and_back(&survey()), None);
    assert_eq!(value_of(&missing(), "full_name"), Some(Value::Text("Cavid Əliyev".to_owned())));
    assert_eq!(
        value_of(&missing(), "last_seen.district"),
        Some(Value::Choice("AZ-AGM".to_owned()))
    );
    assert_eq!(value_of(&missing(), "marks.0.side"), Some(Value::Choice("left".to_owned())));
    assert_eq!(value_of(&missing(), "alternate_names.0.name"), None, "it can be derived");
}

#[test]
fn what_has_no_field_is_kept_word_for_word() {
    let line = with(survey(), "extra", json!({ "a": [1, null] }));
    assert_eq!(there_and_back(&line), Some(json!({ "extra": { "a": [1, null] } })));
}

#[test]
fn what_its_field_would_not_take_exactly_is_kept_word_for_word() {
    for (key, value) in [
        ("rooms", json!(null)),
        ("rooms", json!(2.5)),
        ("rooms", json!("3")),
        ("phone_signal", json!("6G")),
        ("consent", json!("yes")),
        ("needs", json!(null)),
        ("needs", json!(["road", "road"])),
        ("livestock", json!({})),
        ("livestock", json!({ "cattle": 1, "goats": 3 })),
        ("livestock", json!(5)),
        ("dwelling", json!("new_house")),
        ("displaced_year", json!(94)),
        ("notes", json!("decomposed: e\u{301}")),
        ("notes", json!("a line\r\n")),
        ("notes", json!("")),
        ("village", json!(" Soltanlı")),
    ] {
        let rest = there_and_back(&with(survey(), key, value.clone()));
        assert_eq!(rest, Some(json!({ key: value })));
    }
    for (key, value) in [
        ("birth_date", json!("1991-02-31")),
        ("marks", json!("scar chin")),
        ("sex", json!("male")),
        ("relatives", json!([{ "name": "a", "shoe": 3 }])),
        ("relatives", json!([{}])),
        ("name_ascii", json!(5)),
    ] {
        let rest = there_and_back(&with(missing(), key, value.clone()));
        assert_eq!(rest, Some(json!({ key: value })));
    }
}

#[test]
fn a_position_finer_than_a_point_keeps_stays_whole() {
    let rest = there_and_back(&with(missing(), "last_seen_lat", json!(40.12345678)));
    assert_eq!(rest, Some(json!({ "last_seen_lat": 40.12345678, "last_seen_lon": 46.657445 })));
}

#[test]
fn another_spelling_of_the_name_becomes_an_alternate_name() {
    let line = with(missing(), "name_ascii", json!("Javid Aliyev"));
    assert_eq!(there_and_back(&line), None);
    assert_eq!(
        value_of(&line, "alternate_names.0.name"),
        Some(Value::Text("Javid Aliyev".to_owned()))
    );
}

#[test]
fn an_area_that_crosses_itself_is_taken_as_it_was_drawn() {
    let incident = json!({
        "kind": "mine_incident", "casualties": [], "polygon": [[40.0, 46.0], [40.1, 46.1], [40.1, 46.0], [40.0, 46.1]],
        "incident_at": "2025-07-08T00:38:25+04:00", "device_type": "AP blast PMN", "device_confirmed": true,
        "status": "reported", "lat": 40.5, "lon": 46.5, "accuracy_m": 19,
    });
    assert_eq!(there_and_back(&incident), None);
    assert_eq!(
        value_of(&incident, "occurred.date").and_then(|date| date.to_scalar()),
        Some("2025-07-08".into())
    );
    assert_eq!(value_of(&incident, "devices.0.model"), Some(Value::Text("PMN".to_owned())));
    assert_eq!(value_of(&incident, "verification"), Some(Value::Choice("unverified".to_owned())));
}

#[test]
fn a_decision_made_here_reads_in_the_words_of_the_source() {
    let imported = mapping().import(&missing()).unwrap();
    let mut record = import::flat(&imported.entries.into_iter().collect());
    record.insert("case_status".to_owned(), "reunified".into());
    let line = mapping().export("missing_person", &record).unwrap().line;
    assert_eq!(line["status"], json!("closed"));
}

#[test]
fn what_no_row_can_say_is_left_out_and_counted() {
    let record = Flat::from([("devices.0.category".to_owned(), "fuze".into())]);
    let exported = mapping().export("landmine_incident", &record).unwrap();
    assert_eq!(exported.left_out, 1);
    assert_eq!(exported.line.get("device_type"), None);
}

#[test]
fn a_line_that_is_no_record_is_refused() {
    assert_eq!(mapping().import(&json!([1])).unwrap_err(), LineProblem::NotAnObject);
    assert_eq!(mapping().import(&json!({})).unwrap_err(), LineProblem::NoKind);
    assert_eq!(
        mapping().import(&json!({ "kind": "weather" })).unwrap_err(),
        LineProblem::UnknownKind
    );
}

#[test]
fn the_source_id_is_remembered() {
    assert_eq!(mapping().id_field("landmine_incident"), Some("source.id"));
    assert_eq!(mapping().id_field("weather"), None);
}

fn fault(entries: &str, more: &str) -> Fault {
    let text = format!(
        "name = 'x'\nkind_key = 'kind'\nrest = 'source.rest'\n[[kind]]\nsource = 's'\ntarget = 'return_household'\nentries = [{entries}]\n{more}"
    );
    match Mapping::parse(&text, Forms::builtin()).unwrap_err() {
        MappingError::Fit { fault, .. } => fault,
        MappingError::Form(error) => panic!("{error}"),
    }
}

#[test]
fn a_mapping_that_does_not_fit_is_refused_when_it_is_read() {
    assert_eq!(fault("{ from = 'a', to = 'no_such_field' }", ""), Fault::UnknownField);
    assert_eq!(fault("{ from = 'a', as = 'items', to = 'cows' }", ""), Fault::UnknownGroup);
    assert_eq!(fault("{ from = 'a', to = 'narrative', table = 't' }", ""), Fault::UnknownTable);
    assert_eq!(fault("{ from = 'a', as = 'year', to = 'narrative' }", ""), Fault::WrongType);
    assert_eq!(fault("{ from = 'a', to = 'interview.point' }", ""), Fault::WrongType);
    assert_eq!(
        fault("{ from = 'a', to = 'round' }, { from = 'a', to = 'narrative' }", ""),
        Fault::ReadTwice
    );
    assert_eq!(fault("{ from = 'kind', to = 'narrative' }", ""), Fault::ReadTwice);
    assert_eq!(
        fault("{ from = 'a', to = 'round' }, { from = 'b', to = 'round' }", ""),
        Fault::FilledTwice
    );
    assert_eq!(fault("", "[table.t]\na = 'x'\nb = 'x'"), Fault::OneCodeForTwoWords);
    let rows = "[rows]\nr = [{ value = 1, fields = { state = 'draft' } }, { value = 2, fields = { state = 'draft' } }]";
    assert_eq!(fault("{ from = 'a', as = 'rows', rows = 'r' }", rows), Fault::RowOfAnother);
    let rows = "[rows]\nr = [{ value = 1, fields = { state = 'nonsense' } }]";
    assert_eq!(fault("{ from = 'a', as = 'rows', rows = 'r' }", rows), Fault::NotInCodeList);
}

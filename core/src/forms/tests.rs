#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::value::{DateProblem, DecimalProblem, PartialDate, PlaceProblem, Scalar, Value};

mod declarations;
mod sample;

use sample::{codes, field, kind, record};

#[test]
fn a_date_of_31_february_is_refused() {
    assert_eq!(field("born").parse_text("1991-02-31"), Err(Problem::Date(DateProblem::Day)));
    assert_eq!(
        field("born").parse_text("1991-02").unwrap(),
        Some(Value::Date(PartialDate::parse("1991-02").unwrap()))
    );
    assert_eq!(
        field("born").parse_json(&json!(1991)).unwrap(),
        field("born").parse_text("۱۹۹۱").unwrap()
    );
    assert_eq!(field("born").parse_text("1066"), Err(Problem::Date(DateProblem::Year)));
    assert_eq!(
        field("met_at").parse_text("2024-05-01 10:00"),
        Err(Problem::Date(DateProblem::NotAMoment))
    );
}

#[test]
fn a_point_typed_on_a_command_line_is_latitude_longitude_and_accuracy() {
    let read =
        |text| field("spot").parse_text(text).map(|value| value.unwrap().to_scalar().unwrap());
    let point = |lat, lon, accuracy| {
        Scalar::Bytes(crate::value::Point::from_degrees(lat, lon, accuracy).unwrap().encode())
    };
    assert_eq!(read("40.22,46.65"), Ok(point(40.22, 46.65, None)));
    assert_eq!(read(" 40.22, 46.65, 5 "), Ok(point(40.22, 46.65, Some(5.0))));
    assert_eq!(read("-40.22 +46.65"), Ok(point(-40.22, 46.65, None)));
    assert_eq!(read("٤٠.٢٢,٤٦.٦٥"), Ok(point(40.22, 46.65, None)));
    for ambiguous in [
        "40,22 46,65",
        "40,22,46,65",
        "40,22;46,65",
        "40.22",
        "nan,0",
        "1e1,0",
        "40.22N 46.65E",
        ",",
        "1,,2",
    ] {
        assert!(matches!(read(ambiguous), Err(Problem::WrongType { .. })), "{ambiguous}");
    }
    assert_eq!(read("140.22,46.65"), Err(Problem::Place(PlaceProblem::Latitude)));
    assert_eq!(read("46.65,-181"), Err(Problem::Place(PlaceProblem::Longitude)));
}

#[test]
fn a_point_in_json_says_which_number_is_which() {
    let read = |json: Json| field("spot").parse_json(&json);
    let plain = read(json!({ "lat": 40.22, "lon": 46.65, "accuracy_m": 5 })).unwrap();
    assert_eq!(plain, field("spot").parse_text("40.22,46.65,5").unwrap());
    let geojson = read(json!({ "type": "Point", "coordinates": [46.65, 40.22, 300.0] })).unwrap();
    assert_eq!(geojson, field("spot").parse_text("40.22,46.65").unwrap());
    assert!(
        matches!(read(json!([40.22, 46.65])), Err(Problem::WrongType { .. })),
        "two bare numbers could be either way round"
    );
    assert_eq!(
        read(json!({ "lat": "x", "lon": 1 })),
        Err(Problem::Place(PlaceProblem::NotANumber))
    );
    assert!(matches!(read(json!({ "lat": 1 })), Err(Problem::WrongType { .. })));
}

#[test]
fn an_area_reads_from_text_and_from_both_kinds_of_json() {
    let typed = field("field_area").parse_text("40.1,46.1; 40.1,46.2; 40.2,46.2").unwrap();
    let listed = json!([{ "lat": 40.1, "lon": 46.1 }, { "lat": 40.1, "lon": 46.2 }, { "lat": 40.2, "lon": 46.2 }]);
    let geojson = json!({ "type": "Polygon", "coordinates": [[[46.1, 40.1], [46.2, 40.1], [46.2, 40.2], [46.1, 40.1]]] });
    assert!(typed.is_some());
    assert_eq!(field("field_area").parse_json(&listed).unwrap(), typed);
    assert_eq!(field("field_area").parse_json(&geojson).unwrap(), typed);
    let holed = json!({ "type": "Polygon", "coordinates": [[], []] });
    assert!(field("field_area").parse_json(&holed).is_err());
    let bowtie = field("field_area").parse_text("0,0; 1,1; 1,0; 0,1");
    assert_eq!(bowtie, Err(Problem::Place(PlaceProblem::CrossesItself)));
    let endless = Json::Array(vec![json!({ "lat": 0, "lon": 0 }); 10_000]);
    assert_eq!(
        field("field_area").parse_json(&endless),
        Err(Problem::Place(PlaceProblem::TooManyVertices))
    );
}

#[test]
fn yes_is_understood_in_six_languages() {
    for (text, flag) in [
        ("yes", true),
        ("Bəli", true),
        ("ДА", true),
        ("так", true),
        ("oui", true),
        ("نعم", true),
        ("no", false),
        ("لا", false),
        ("0", false),
    ] {
        assert_eq!(field("alone").parse_text(text).unwrap(), Some(Value::Boolean(flag)), "{text}");
    }
    assert!(field("alone").parse_text("perhaps").is_err());
    assert!(field("alone").parse_json(&json!(1)).is_err());
}

#[test]
fn a_decimal_comma_is_asked_about_and_never_guessed() {
    assert_eq!(field("hectares").parse_text("3,4"), Err(Problem::Number(DecimalProblem::Comma)));
    let read =
        |json: Json| field("hectares").parse_json(&json).unwrap().unwrap().to_scalar().unwrap();
    assert_eq!(read(json!(3.40)), Scalar::from("3.4"));
    assert_eq!(read(json!(3)), Scalar::from("3"));
    assert_eq!(read(json!("3.400")), Scalar::from("3.4"));
    assert!(matches!(field("hectares").parse_json(&json!(-0.001)), Err(Problem::TooSmall { .. })));
    assert!(matches!(
        field("hectares").parse_json(&json!(1e30)),
        Err(Problem::Number(DecimalProblem::TooManyDigits))
    ));
}

#[test]
fn a_number_outside_its_range_names_the_limit() {
    let said = |text| field("age_min").parse_text(text).unwrap_err().to_string();
    assert_eq!(said("121"), "must be at most 120");
    assert_eq!(said("-1"), "must be at least 0");
    assert_eq!(said("12.5"), "expected a whole number, as in 12");
    assert_eq!(said("9223372036854775807"), "must be at most 120");
    assert_eq!(said("-9223372036854775808"), "must be at least 0");
    assert_eq!(field("age_min").parse_json(&json!(30.0)).unwrap(), Some(Value::Integer(30)));
    assert!(field("age_min").parse_json(&json!(30.5)).is_err());
}

#[test]
fn an_unknown_code_gets_the_list_and_the_likely_one() {
    let said = field("sex").parse_text("femal").unwrap_err().to_string();
    assert_eq!(
        said,
        "not one of the codes of this field (did you mean female?); the codes are female, male, other"
    );
    assert_eq!(field("sex").parse_text(" Female ").unwrap(), Some(Value::Choice("female".into())));
    assert_eq!(
        field("language").parse_text("Lezgi").unwrap(),
        Some(Value::Choice("Lezgi".into())),
        "an open list"
    );
    assert_eq!(field("language").parse_text("AZ").unwrap(), Some(Value::Choice("az".into())));
    assert!(matches!(field("language").parse_text(&"x".repeat(101)), Err(Problem::BadCode { .. })));
    assert!(matches!(field("language").parse_text("a\nb"), Err(Problem::BadCode { .. })));
}

#[test]
fn ten_megabytes_of_text_are_refused_without_work() {
    let text = "ə".repeat(5_000_000);
    assert_eq!(field("name").parse_text(&text), Err(Problem::TooLong { max: 20 }));
    assert_eq!(field("story").parse_text(&text), Err(Problem::TooLong { max: 65_536 }));
    assert!(field("name").parse_text(&"ə".repeat(20)).is_ok());
    assert_eq!(field("name").parse_text(&"ə".repeat(21)), Err(Problem::TooLong { max: 20 }));
}

#[test]
fn a_name_typed_with_loose_marks_is_stored_in_one_form() {
    let read = |text: &str| field("name").parse_text(text).unwrap();
    assert_eq!(read("Gu\u{308}l"), read("Gül"));
    assert_eq!(read("  Gül \n"), Some(Value::Text("Gül".into())));
    assert_eq!(
        read("İlqar"),
        Some(Value::Text("İlqar".into())),
        "letters keep their case and their dots"
    );
    assert_eq!(read(" \t "), None);
    assert_eq!(
        field("story").parse_text("one\r\ntwo\rthree\t"),
        Ok(Some(Value::Text("one\ntwo\nthree\t".into())))
    );
    for bad in ["a\u{0}b", "a\u{1b}[2Jb", "a\u{85}b"] {
        assert_eq!(field("name").parse_text(bad), Err(Problem::ControlCharacter));
    }
}

#[test]
fn a_country_a_phone_and_an_attachment_follow_their_rules() {
    assert_eq!(field("country").parse_text("az").unwrap(), Some(Value::Text("AZ".into())));
    assert_eq!(field("country").parse_text("Azerbaijan"), Err(Problem::NotACountry));
    assert!(field("phone").parse_text("+994 (50) 123-45-67").is_ok());
    assert_eq!(field("phone").parse_text("ask the neighbour"), Err(Problem::NotAPhone));
    assert!(field("photo").parse_text("k3jf9-2.jpg").is_ok());
    assert_eq!(field("photo").parse_text("../../etc/passwd"), Err(Problem::NotAnAttachment));
}

#[test]
fn a_value_of_another_type_is_refused_even_from_a_typed_caller() {
    assert!(matches!(field("name").accept(Value::Integer(3)), Err(Problem::WrongType { .. })));
    assert!(matches!(
        field("needs").accept(Value::Choice("road".into())),
        Err(Problem::WrongType { .. })
    ));
    assert!(matches!(field("name").parse_json(&json!({"a": 1})), Err(Problem::WrongType { .. })));
}

#[test]
fn keys_of_fields_codes_and_items_are_understood() {
    let plain = kind().resolve("seen.place").unwrap();
    assert_eq!((plain.field.name.as_str(), plain.item, plain.code), ("seen.place", None, None));
    let code = kind().resolve("needs.road").unwrap();
    assert_eq!((code.field.name.as_str(), code.code), ("needs", Some("road")));
    assert_eq!(
        kind().resolve("needs.rope.bridge").unwrap().code,
        Some("rope.bridge"),
        "a code of a newer form"
    );
    let item = kind().resolve("relatives.0.name").unwrap();
    assert_eq!(
        (item.group.unwrap().name.as_str(), item.item, item.field.name.as_str()),
        ("relatives", Some("0"), "name")
    );
    let added = kind().resolve("relatives.k7q2m5xa-12.helps.water").unwrap();
    assert_eq!((added.item, added.code), (Some("k7q2m5xa-12"), Some("water")));
    assert_eq!(added.field_key(), "relatives.k7q2m5xa-12.helps");
    for unknown in [
        "",
        ".",
        "nickname",
        "name.first",
        "relatives",
        "relatives.0",
        "relatives.0.age",
        "relatives.x.name",
        "relatives.00.name",
        "needs.",
        "relatives..name",
    ] {
        assert!(kind().resolve(unknown).is_none(), "{unknown}");
    }
}

#[test]
fn a_mistyped_field_gets_a_suggestion() {
    let error = kind().find("relatives.0.nam").unwrap_err();
    assert_eq!(
        error.to_string(),
        "relatives.0.nam: there is no such field (did you mean relatives.0.name?)"
    );
    let error = sample::forms().find_kind("persn").unwrap_err();
    assert_eq!(
        error.to_string(),
        "kind: there is no such kind of record (did you mean person?); the kinds are person"
    );
}

#[test]
fn a_set_writes_only_the_codes_that_change() {
    let current = record(&[
        ("needs.road", true.into()),
        ("needs.water", true.into()),
        ("needs.school", false.into()),
    ]);
    let writes = kind()
        .writes("needs", Some(Value::Choices(codes(&["water", "school"]))), &current)
        .unwrap();
    let expected = [("needs.school", true), ("needs.road", false)]
        .map(|(key, flag)| (key.to_owned(), Scalar::Bool(flag)));
    assert_eq!(writes, expected);
    let cleared = kind().writes("needs", None, &current).unwrap();
    assert_eq!(cleared.len(), 2);
    assert!(cleared.iter().all(|(_, scalar)| *scalar == Scalar::Bool(false)));
}

#[test]
fn a_code_of_a_newer_form_survives_an_older_app() {
    let current = record(&[("needs.drone", true.into()), ("sex", "unsaid".into())]);
    let kept =
        kind().writes("needs", Some(Value::Choices(codes(&["drone", "road"]))), &current).unwrap();
    assert_eq!(kept, [("needs.road".to_owned(), Scalar::Bool(true))]);
    assert!(kind().writes("sex", Some(Value::Choice("unsaid".into())), &current).is_ok());
    let added = kind().writes("needs", Some(Value::Choices(codes(&["drone"]))), &BTreeMap::new());
    assert_eq!(added.unwrap_err().field, "needs", "but nobody can add it here");
    assert!(kind().writes("needs.drone", Some(Value::Boolean(true)), &BTreeMap::new()).is_err());
    let out = kind().writes("needs.drone", Some(Value::Boolean(false)), &current).unwrap();
    assert_eq!(out, [("needs.drone".to_owned(), Scalar::Bool(false))]);
}

#[test]
fn an_empty_text_clears_its_field() {
    let writes = kind().writes("name", Some(Value::Text("  ".into())), &BTreeMap::new()).unwrap();
    assert_eq!(writes, [("name".to_owned(), Scalar::Null)]);
    assert_eq!(
        kind().writes("sex", None, &BTreeMap::new()).unwrap(),
        [("sex".to_owned(), Scalar::Null)]
    );
}

#[test]
fn a_save_is_written_in_the_order_of_the_form_whatever_order_it_came_in() {
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    let entries = [
        ("relatives.k7q2m5xa-1.name", text("c")),
        ("relatives.10.name", text("b")),
        ("relatives.2.phone", text("12345")),
        ("relatives.2.name", text("a")),
        ("consent", Some(Value::Boolean(true))),
        ("seen.place", text("Ağdam")),
        ("name", text("Leyla")),
    ];
    let writes = kind()
        .prepare(entries.map(|(key, value)| (key.to_owned(), value)), &BTreeMap::new())
        .unwrap();
    let keys: Vec<&str> = writes.iter().map(|(key, _)| key).collect();
    let expected = [
        "name",
        "seen.place",
        "relatives.2.name",
        "relatives.2.phone",
        "relatives.10.name",
        "relatives.k7q2m5xa-1.name",
        "consent",
    ];
    assert_eq!(keys, expected);
}

#[test]
fn every_wrong_field_of_a_save_is_reported() {
    let entries = [
        ("name", Value::Integer(1)),
        ("nobody", Value::Integer(1)),
        ("sex", Value::Choice("x".into())),
    ];
    let errors = kind()
        .prepare(entries.map(|(key, value)| (key.to_owned(), Some(value))), &BTreeMap::new())
        .unwrap_err();
    assert_eq!(
        errors.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(),
        ["name", "nobody", "sex"]
    );
}

#[test]
fn a_whole_record_reads_from_json_flat_or_nested() {
    let nested = json!({
        "name": "Leyla", "seen": { "place": "Ağdam", "from": "2024-01" }, "needs": ["road", "water"],
        "relatives": [{ "name": "Əli", "helps": { "water": true } }, { "name": "Vəli" }],
    });
    let flat = json!({
        "name": "Leyla", "seen.place": "Ağdam", "seen.from": "2024-01", "needs": "water; road",
        "relatives.0.name": "Əli", "relatives.0.helps.water": true, "relatives.1.name": "Vəli",
    });
    let writes = |json: &Json| {
        kind()
            .prepare(kind().read_json(json.as_object().unwrap()).unwrap(), &BTreeMap::new())
            .unwrap()
    };
    assert_eq!(writes(&nested), writes(&flat));
    assert_eq!(writes(&nested).len(), 8);
}

#[test]
fn everything_wrong_in_json_is_reported_at_its_place() {
    let input = json!({
        "nam": "x", "seen": { "plac": "y" }, "sex": "z", "relatives": [1, { "name": 5 }],
        "deep": { "a": { "b": { "c": 1 } } }, "name": { "first": "x" }, "needs": { "drone": true },
    });
    let errors = kind().read_json(input.as_object().unwrap()).unwrap_err();
    let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(
        fields,
        ["nam", "seen.plac", "sex", "relatives", "relatives.1.name", "deep", "name"]
    );
    let crowd = json!({ "relatives": vec![json!({ "name": "x" }); 4] });
    assert_eq!(
        kind().read_json(crowd.as_object().unwrap()).unwrap_err()[0].problem,
        Problem::TooManyItems { max: 3 }
    );
}

#[test]
fn asking_only_for_required_fields_gives_the_same_answer_as_asking_everything() {
    let texts = ["name", "road_name", "relatives.0.name", "relatives.0.phone"];
    for set in 0..64_u32 {
        let mut current = BTreeMap::new();
        for (bit, key) in texts.iter().enumerate() {
            if set & (1 << bit) != 0 {
                current.insert((*key).to_owned(), Scalar::from("x"));
            }
        }
        current.insert("needs.road".to_owned(), Scalar::Bool(set & 16 != 0));
        if set & 32 != 0 {
            current.insert("name".to_owned(), Scalar::Null);
        }
        let all = kind().check_complete(&current, None);
        let lacks = all.iter().any(|error| error.problem == Problem::Required);
        assert_eq!(kind().lacks_required(&current), lacks, "set {set}");
    }
}

#[test]
fn a_record_without_a_required_field_is_not_complete() {
    let missing = |current: &[(&str, Scalar)]| -> Vec<String> {
        kind().check_complete(&record(current), None).iter().map(ToString::to_string).collect()
    };
    assert_eq!(missing(&[]), ["name: is required"]);
    assert_eq!(missing(&[("name", Scalar::Null)]), ["name: is required"]);
    assert!(missing(&[("name", "x".into())]).is_empty());
    let half_a_relative = [("name", "x".into()), ("relatives.0.phone", "123".into())];
    assert_eq!(missing(&half_a_relative), ["relatives.0.name: is required"]);
    let gone = [
        ("name", "x".into()),
        ("relatives.0.phone", Scalar::Null),
        ("relatives.0.helps.water", false.into()),
    ];
    assert!(missing(&gone).is_empty(), "an item whose fields are all cleared is gone");
}

#[test]
fn an_age_is_asked_for_only_without_a_birth_date() {
    let problems = |current: &[(&str, Scalar)]| kind().check_complete(&record(current), None);
    let both = problems(&[("name", "x".into()), ("born", "1991".into()), ("age_min", 30.into())]);
    assert_eq!(
        both,
        [FieldError {
            field: "age_min".into(),
            problem: Problem::NotRelevant { because: "born".into() }
        }]
    );
    let crossed = problems(&[("name", "x".into()), ("age_min", 30.into()), ("age_max", 20.into())]);
    assert_eq!(
        crossed,
        [FieldError {
            field: "age_max".into(),
            problem: Problem::Before { other: "age_min".into() }
        }]
    );
    let needed = problems(&[("name", "x".into()), ("needs.road", true.into())]);
    assert_eq!(needed, [FieldError { field: "road_name".into(), problem: Problem::Required }]);
    assert!(problems(&[("name", "x".into()), ("needs.road", false.into())]).is_empty());
}

#[test]
fn dates_contradict_each_other_only_when_it_is_certain() {
    let problems = |from: &str, to: &str| {
        kind().check_complete(
            &record(&[("name", "x".into()), ("seen.from", from.into()), ("seen.to", to.into())]),
            None,
        )
    };
    assert!(problems("2024-05-03", "2024-05").is_empty());
    assert!(problems("2024-05-03", "2024-05-03").is_empty());
    assert_eq!(
        problems("2024-05-03", "2024-04")[0].problem,
        Problem::Before { other: "seen.from".into() }
    );
    assert!(problems("2024-05-03", "rubbish of a newer form").is_empty());
}

#[test]
fn a_birth_in_the_future_is_a_slip() {
    let today = PartialDate::parse("2024-05-03").unwrap();
    let problems = |born: &str| {
        kind().check_complete(&record(&[("name", "x".into()), ("born", born.into())]), Some(&today))
    };
    assert!(problems("2024").is_empty());
    assert!(problems("2024-05-03").is_empty());
    assert_eq!(problems("2024-05-04")[0].problem, Problem::AfterToday);
}

#[test]
fn too_many_items_that_came_together_in_a_merge_are_noticed() {
    let mut current = record(&[("name", "x".into())]);
    current.extend((0..4).map(|item| (format!("relatives.{item}.name"), Scalar::from("y"))));
    assert_eq!(kind().check_complete(&current, None)[0].problem, Problem::TooManyItems { max: 3 });
}

#[test]
fn items_come_in_the_order_in_which_they_were_made() {
    let keys = [
        "relatives.10.name",
        "relatives.2.name",
        "relatives.zz22zz22-1.name",
        "relatives.2.phone",
        "relatives.aa22zz22-9.x",
        "other.1.name",
        "relatives.bad.name",
    ];
    assert_eq!(group_items("relatives", keys), ["2", "10", "aa22zz22-9", "zz22zz22-1"]);
}

#[test]
fn taking_out_an_item_clears_all_of_it_and_nothing_else() {
    let current = record(&[
        ("relatives.1.name", "a".into()),
        ("relatives.1.newer", "b".into()),
        ("relatives.1.helps.water", true.into()),
        ("relatives.10.name", "c".into()),
    ]);
    let writes = kind().clear_item("relatives", "1", &current);
    let mut after = current.clone();
    after.extend(writes.into_entries());
    assert_eq!(kind().group("relatives").unwrap().items(&after), ["10"]);
    assert_eq!(after["relatives.1.newer"], Scalar::Null);
    assert_eq!(after["relatives.10.name"], Scalar::from("c"));
}

#[test]
fn a_screen_shows_words_and_not_codes() {
    let shown = |key: &str, scalar: Scalar, lang| kind().display(key, &scalar, lang);
    let spot = field("spot").parse_text("40.2209,46.6574,5").unwrap().unwrap().to_scalar().unwrap();
    assert_eq!(shown("spot", spot, Lang::En), "40.22090, 46.65740 (±5 m)");
    assert_eq!(shown("sex", "female".into(), Lang::Ru), "female ru");
    assert_eq!(shown("sex", "newer".into(), Lang::Ru), "newer");
    assert_eq!(shown("alone", true.into(), Lang::Az), "bəli");
    assert_eq!(shown("needs.road", false.into(), Lang::En), "no");
    assert_eq!(shown("born", "1991-02".into(), Lang::Uk), "1991-02");
    assert_eq!(shown("born", Scalar::Null, Lang::Uk), "");
    assert_eq!(shown("born", "soon".into(), Lang::En), "(unreadable)");
    assert_eq!(shown("a.newer.field", 5.into(), Lang::En), "5");
    assert_eq!(
        kind().label("relatives.0.helps.water", Lang::En),
        "relatives en 1 – helps en – water en"
    );
}

#[test]
fn what_is_shown_to_a_program_can_be_read_back() {
    let given = json!({
        "spot": { "lat": 40.2209, "lon": 46.6574, "accuracy_m": 5.0 }, "hectares": 3.25, "born": "1991-02", "alone": true,
        "field_area": [{ "lat": 40.1, "lon": 46.1 }, { "lat": 40.1, "lon": 46.2 }, { "lat": 40.2, "lon": 46.2 }],
        "met_at": "2024-05-01T14:30:00+04:00", "sex": "female", "age_min": 12,
    });
    for (key, json) in given.as_object().unwrap() {
        let written =
            kind().writes(key, field(key).parse_json(json).unwrap(), &BTreeMap::new()).unwrap();
        assert_eq!(kind().to_json(key, &written[0].1), *json, "{key}");
    }
    assert_eq!(
        kind().to_json("hectares", &"0.123456789012345678".into()),
        json!("0.123456789012345678")
    );
    assert_eq!(kind().to_json("spot", &Scalar::Bytes(vec![9, 9])), Json::Null);
}

proptest! {
    /// Whatever is typed into whatever field, the answer is a value that stands and reads back, or a problem that does
    /// not repeat it.
    #[test]
    fn anything_typed_is_stored_readably_or_refused_discreetly(index in 0_usize..20, text in "\\PC{0,30}|[0-9,.; -]{0,20}|[0-9]{4}-[0-9]{2}-[0-9]{2}") {
        let fields = &kind().fields;
        let field = &fields[index % fields.len()];
        match field.parse_text(&text) {
            Ok(Some(Value::Choices(_)) | None) => {}
            Ok(Some(value)) => {
                let scalar = value.to_scalar().unwrap();
                prop_assert_eq!(Value::from_scalar(field.field_type, &scalar), Ok(Some(value.clone())));
                prop_assert_eq!(field.accept(value.clone()), Ok(Some(value)), "accepting twice changes nothing");
                prop_assert!(!field.display(&scalar, Lang::En).is_empty());
            }
            Err(problem) => prop_assert!(text.chars().filter(|letter| letter.is_alphabetic()).count() < 12 || !problem.to_string().contains(text.trim())),
        }
    }

    /// Reading keys that other devices wrote never panics and never takes one for another.
    #[test]
    fn a_resolved_key_leads_back_to_itself(key in "(relatives|needs|name|seen|place|helps|[0-9]|\\.|-|é){0,6}") {
        if let Some(found) = kind().resolve(&key) {
            let back = found.code.map_or_else(|| found.field_key(), |code| format!("{}.{code}", found.field_key()));
            prop_assert_eq!(back, key);
        }
    }
}

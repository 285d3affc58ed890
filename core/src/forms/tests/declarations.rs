//! The declarations that come with the program load, and those that contradict themselves do not.

#![allow(clippy::unwrap_used)]

use super::sample::{CODES, COMMON, PERSON, with_labels};
use crate::forms::{DeclarationError, Fault, FieldType, Forms, Lang, Policy};

#[test]
fn the_builtin_declarations_load() {
    let forms = Forms::parse(
        include_str!("../../../kinds/common.toml"),
        include_str!("../../../kinds/codes.toml"),
        &[
            include_str!("../../../kinds/missing_person.toml"),
            include_str!("../../../kinds/landmine_incident.toml"),
            include_str!("../../../kinds/return_household.toml"),
        ],
    );
    let forms = forms.unwrap();
    let names: Vec<&str> = forms.kinds().iter().map(|kind| kind.name.as_str()).collect();
    assert_eq!(names, ["missing_person", "landmine_incident", "return_household"]);
}

#[test]
fn the_builtin_kinds_keep_their_numbers_and_their_policies() {
    let forms = Forms::builtin();
    for (code, name) in [(1, "missing_person"), (2, "landmine_incident"), (3, "return_household")] {
        assert_eq!(forms.kind_of_code(code).unwrap().name, name);
    }
    assert!(forms.kind_of_code(9).is_none());
    let status = |kind: &str| {
        let kind = forms.kind(kind).unwrap();
        kind.field(kind.roles.status.as_deref().unwrap()).unwrap().policy.clone()
    };
    assert_eq!(status("missing_person"), Policy::Withhold);
    assert!(matches!(status("landmine_incident"), Policy::Cautious(order) if order[0] == "active"));
}

#[test]
fn every_builtin_kind_can_be_listed_searched_and_put_on_a_map() {
    for kind in Forms::builtin().kinds() {
        assert!(!kind.roles.title.is_empty() && !kind.roles.search.is_empty(), "{}", kind.name);
        assert!(
            kind.roles.point.is_some() && kind.roles.area.is_some() && kind.roles.date.is_some(),
            "{}",
            kind.name
        );
        assert!(kind.fields.is_sorted_by_key(|field| {
            kind.sections.iter().position(|section| Some(&section.name) == field.section.as_ref())
        }));
        for section in &kind.sections {
            let (mut fields, mut groups) = kind.in_section(&section.name);
            assert!(
                fields.next().is_some() || groups.next().is_some(),
                "{} has an empty section {}",
                kind.name,
                section.name
            );
        }
        for field in kind.fields.iter().chain(kind.groups.iter().flat_map(|group| &group.fields)) {
            assert!(Lang::ALL.into_iter().all(|lang| !field.label(lang).is_empty()));
            let is_choice = matches!(field.field_type, FieldType::Choice | FieldType::Choices);
            assert!(is_choice || field.codes.is_none());
        }
    }
}

#[test]
fn a_declaration_that_contradicts_itself_does_not_load() {
    let cases = [
        (
            "section = \"who\"\ntype = \"date\"",
            "section = \"nowhere\"\ntype = \"date\"",
            Fault::Section,
        ),
        ("codes = \"sex\"", "codes = \"sexes\"", Fault::Codes),
        (
            "max = 120\nsensitivity = 2\nnot_before",
            "max = -1\nsensitivity = 2\nnot_before",
            Fault::Limit,
        ),
        ("max_length = 20", "min = 3", Fault::Limit),
        ("policy = \"withhold\"", "policy = \"union\"", Fault::Policy),
        ("policy = \"withhold\"", "policy = { cautious = [\"male\", \"unheard\"] }", Fault::Policy),
        ("in = [\"road\"]", "in = [\"rode\"]", Fault::Reference),
        ("field = \"born\", empty", "field = \"borne\", empty", Fault::Reference),
        ("not_before = \"age_min\"", "not_before = \"born\"", Fault::Reference),
        ("title = [\"name\"]", "title = [\"nome\"]", Fault::Role),
        ("point = \"spot\"", "point = \"born\"", Fault::Role),
        ("pattern = \"phone\"", "link = \"animal\"", Fault::Link),
        ("name! hectares", "name! needs.hectares", Fault::Ambiguous),
        ("name! hectares", "name! relatives.hectares", Fault::Ambiguous),
        ("name! hectares", "name! Hectares", Fault::Name),
    ];
    for (from, to, fault) in cases {
        match load_with(from, to) {
            Err(DeclarationError::Faulty { fault: found, .. }) => assert_eq!(found, fault, "{to}"),
            other => panic!("{to}: {other:?}"),
        }
    }
    assert!(matches!(
        load_with("name! hectares", "name! spot"),
        Err(DeclarationError::Twice { .. })
    ));
    assert!(
        matches!(load_with("max_items", "most_items"), Err(DeclarationError::Syntax { .. })),
        "a misspelt key"
    );
    assert!(matches!(
        load_with("sensitivity = 3", "sensitivity = 4"),
        Err(DeclarationError::Syntax { .. })
    ));
    assert!(matches!(load_with("version = 1\n", ""), Err(DeclarationError::Headless)));
}

fn load_with(from: &str, to: &str) -> Result<Forms, DeclarationError> {
    assert!(PERSON.contains(from), "the sample has no {from}");
    let person = PERSON.replacen(from, to, 1);
    Forms::parse(&with_labels(COMMON), &with_labels(CODES), &[&with_labels(&person)])
}

#[test]
fn a_report_of_each_builtin_kind_can_be_written_from_json() {
    let reports = [
        (
            "missing_person",
            serde_json::json!({
                "full_name": "Əliyev Elçin", "last_seen": { "point": "40.22,46.65,5", "from": "1993-07" },
                "relatives": [{ "name": "Əliyeva Leyla" }],
            }),
        ),
        (
            "landmine_incident",
            serde_json::json!({
                "hazard_status": "active", "location.point": { "lat": 39.99, "lon": 46.93 },
                "area.shape": "39.9,46.9; 39.9,46.91; 39.91,46.91",
            }),
        ),
        (
            "return_household",
            serde_json::json!({ "household_ref": "H-1", "members": [{ "name": "Leyla" }] }),
        ),
    ];
    for (name, report) in reports {
        let kind = Forms::builtin().kind(name).unwrap();
        let entries = kind.read_json(report.as_object().unwrap()).unwrap();
        let writes = kind.prepare(entries, &std::collections::BTreeMap::new()).unwrap();
        let record: std::collections::BTreeMap<_, _> = writes.into_entries().into_iter().collect();
        assert!(record.len() >= 2);
        assert!(
            !kind.check_complete(&record, None).is_empty(),
            "{name} has required fields that are missing here"
        );
        assert!(record.iter().all(|(key, value)| !kind.display(key, value, Lang::Ar).is_empty()));
    }
}

#![allow(clippy::unwrap_used)]

use super::*;
use kahriz_core::forms::Forms;
use kahriz_core::value::PartialDate;
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn every_made_up_record_is_complete_and_agrees_with_itself() {
    let today = PartialDate::parse("2025-07-01").unwrap();
    for made in Generator::new(1).take(400) {
        let kind = Forms::builtin().kind(made.kind).unwrap();
        let entries = made.fields.iter().map(|(key, json)| {
            let field = kind.resolve(key).unwrap_or_else(|| panic!("{key}")).field;
            (
                key.clone(),
                field.parse_json(json).unwrap_or_else(|problem| panic!("{key}: {problem}")),
            )
        });
        let writes = kind.prepare(entries, &BTreeMap::new()).unwrap();
        let record = writes.into_entries().into_iter().collect();
        assert_eq!(kind.check_complete(&record, Some(&today)), vec![]);
    }
}

#[test]
fn all_kinds_and_districts_come_up() {
    let made: Vec<Made> = Generator::new(2).take(200).collect();
    assert_eq!(made.iter().map(|made| made.kind).collect::<BTreeSet<_>>().len(), 3);
    let only = Generator::new(2).in_district(District::Fuzuli).take(50);
    for made in only {
        let text =
            serde_json::to_string(&made.fields.iter().map(|(_, json)| json).collect::<Vec<_>>())
                .unwrap();
        assert!(text.contains("AZ-FUZ") && !text.contains("AZ-AGM") && !text.contains("AZ-TAR"));
    }
}

#[test]
fn a_kind_that_nobody_declared_is_not_made_up() {
    assert_eq!(Generator::new(3).of_kind("weather"), None);
    assert_eq!(Generator::new(3).of_kind("landmine_incident").unwrap().kind, "landmine_incident");
}

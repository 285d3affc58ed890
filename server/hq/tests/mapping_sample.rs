//! The thousand made-up records of the sample become records, and the same thousand lines again.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use kahriz_core::forms::Forms;
use kahriz_hq::mapping::Mapping;
use serde_json::Value as Json;

const SAMPLE: &str = include_str!("../../../tests/data/records-1000.jsonl");

#[test]
fn every_line_of_the_sample_becomes_a_record_and_the_same_line_again() {
    let mapping = Mapping::builtin("records-1000", Forms::builtin()).unwrap().unwrap();
    let mut lines = 0;
    for text in SAMPLE.lines() {
        let line: Json = serde_json::from_str(text).unwrap();
        let imported = mapping.import(&line).unwrap();
        assert!(imported.exact, "line {}", lines + 1);
        assert!(
            imported.entries.iter().all(|(key, _)| key != "source.rest"),
            "line {} has a leftover",
            lines + 1
        );

        // Through the gate that every save passes, and back from the scalars that then stand.
        let kind = Forms::builtin().kind(&imported.kind).unwrap();
        let entries = imported.entries.into_iter().map(|(key, value)| (key, Some(value)));
        let record =
            kind.prepare(entries, &BTreeMap::new()).unwrap().into_entries().into_iter().collect();
        let exported = mapping.export(&kind.name, &record).unwrap();
        assert_eq!(exported.left_out, 0);
        assert_same(&line, &Json::Object(exported.line), lines + 1);
        lines += 1;
    }
    assert_eq!(lines, 1000);
}

/// Numbers by value; the order of keys does not matter, that of lists does.
fn assert_same(one: &Json, other: &Json, line: usize) {
    match (one, other) {
        (Json::Object(one), Json::Object(other)) => {
            assert!(
                one.keys().all(|key| other.contains_key(key)) && one.len() == other.len(),
                "keys of line {line}"
            );
            one.iter().for_each(|(key, value)| assert_same(value, &other[key], line));
        }
        (Json::Array(one), Json::Array(other)) => {
            assert_eq!(one.len(), other.len(), "a list of line {line}");
            one.iter().zip(other).for_each(|(one, other)| assert_same(one, other, line));
        }
        (Json::Number(one), Json::Number(other)) => {
            assert_eq!(one.as_f64(), other.as_f64(), "a number of line {line}")
        }
        (one, other) => assert_eq!(one, other, "line {line}"),
    }
}

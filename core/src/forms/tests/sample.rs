//! A small kind with one field of each type and each rule.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use crate::forms::{Field, Forms, Kind};
use crate::value::Scalar;

pub(crate) fn forms() -> &'static Forms {
    static FORMS: OnceLock<Forms> = OnceLock::new();
    FORMS.get_or_init(|| {
        Forms::parse(&with_labels(COMMON), &with_labels(CODES), &[&with_labels(PERSON)]).unwrap()
    })
}

pub(crate) fn kind() -> &'static Kind {
    forms().kind("person").unwrap()
}

pub(crate) fn field(name: &str) -> &'static Field {
    kind().field(name).unwrap()
}

pub(crate) fn codes(codes: &[&str]) -> BTreeSet<String> {
    codes.iter().map(|code| (*code).to_owned()).collect()
}

pub(crate) fn record(entries: &[(&str, Scalar)]) -> BTreeMap<String, Scalar> {
    entries.iter().map(|(key, scalar)| ((*key).to_owned(), scalar.clone())).collect()
}

/// `name!` in a declaration stands for a name, a sensitivity where fields need one, and labels made of the name.
pub(crate) fn with_labels(text: &str) -> String {
    let labelled = |key: &str, name: &str| {
        let labels = ["en", "az", "ru", "fr", "ar", "uk"]
            .map(|lang| format!("{lang} = \"{name} {lang}\""))
            .join(", ");
        format!("{key} = \"{name}\"\nlabels = {{ {labels} }}")
    };
    let line = |line: &str| match line.trim().split_once("! ") {
        Some((key, name)) => labelled(key, name),
        None => line.to_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

pub(crate) const COMMON: &str = r#"
[[section]]
name! end
[[field]]
name! consent
section = "end"
type = "boolean"
sensitivity = 1
"#;

pub(crate) const CODES: &str = r#"
[[list]]
name = "sex"
[[list.code]]
code! female
[[list.code]]
code! male
[[list.code]]
code! other
[[list]]
name = "needs"
[[list.code]]
code! road
[[list.code]]
code! water
[[list.code]]
code! school
[[list]]
name = "language"
[[list.code]]
code! az
"#;

pub(crate) const PERSON: &str = r#"
kind! person
code = 1
version = 1
[roles]
title = ["name"]
status = "sex"
place = "seen.place"
date = "seen.from"
point = "spot"
shape = "field_area"
search = ["name", "relatives.name"]
[[section]]
name! who
[[section]]
name! where
[[field]]
name! seen.place
section = "where"
type = "text"
sensitivity = 2
[[field]]
name! name
section = "who"
type = "text"
required = true
max_length = 20
sensitivity = 3
[[field]]
name! story
section = "who"
type = "narrative"
sensitivity = 3
[[field]]
name! sex
section = "who"
type = "choice"
codes = "sex"
sensitivity = 1
policy = "withhold"
[[field]]
name! language
section = "who"
type = "choice"
codes = "language"
open = true
sensitivity = 1
[[field]]
name! born
section = "who"
type = "date"
sensitivity = 2
not_after_today = true
[[field]]
name! age_min
section = "who"
type = "integer"
min = 0
max = 120
sensitivity = 2
relevant_if = { field = "born", empty = true }
[[field]]
name! age_max
section = "who"
type = "integer"
min = 0
max = 120
sensitivity = 2
not_before = "age_min"
relevant_if = { field = "born", empty = true }
[[field]]
name! alone
section = "who"
type = "boolean"
sensitivity = 1
[[field]]
name! country
section = "who"
type = "text"
pattern = "iso_country"
sensitivity = 1
[[field]]
name! phone
section = "who"
type = "text"
pattern = "phone"
sensitivity = 3
[[field]]
name! photo
section = "who"
type = "attachment"
sensitivity = 3
[[field]]
name! seen.from
section = "where"
type = "date"
sensitivity = 2
[[field]]
name! seen.to
section = "where"
type = "date"
sensitivity = 2
not_before = "seen.from"
[[field]]
name! met_at
section = "where"
type = "datetime"
sensitivity = 2
[[field]]
name! spot
section = "where"
type = "point"
sensitivity = 3
[[field]]
name! field_area
section = "where"
type = "shape"
sensitivity = 3
[[field]]
name! hectares
section = "where"
type = "decimal"
min = 0
max = 1000.5
sensitivity = 1
[[field]]
name! needs
section = "where"
type = "choices"
codes = "needs"
policy = "union"
sensitivity = 1
[[field]]
name! road_name
section = "where"
type = "text"
required = true
relevant_if = { field = "needs", in = ["road"] }
sensitivity = 1
[[group]]
name! relatives
section = "where"
max_items = 3
[[group.field]]
name! name
type = "text"
required = true
sensitivity = 3
[[group.field]]
name! phone
type = "text"
sensitivity = 3
[[group.field]]
name! helps
type = "choices"
codes = "needs"
sensitivity = 1
"#;

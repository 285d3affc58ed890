//! A made-up missing person.

use serde_json::{Value as Json, json};

use super::chance::Chance;
use super::words::{self, About, Village};
use super::{Fields, incident};

pub(super) const KIND: &str = "missing_person";

const STATUSES: [&str; 12] = [
    "open",
    "open",
    "open",
    "open",
    "open",
    "tracing",
    "tracing",
    "tracing",
    "located_alive",
    "located_deceased",
    "reunified",
    "closed",
];
const OCCUPATIONS: [&str; 14] = [
    "müəllim",
    "fəhlə",
    "çoban",
    "sürücü",
    "tələbə",
    "həkim",
    "mexanik",
    "aqronom",
    "satıcı",
    "dülgər",
    "mühasib",
    "əsgər",
    "pensiyaçı",
    "bağban",
];
const RELATIONS: [&str; 8] =
    ["father", "mother", "brother", "sister", "son", "daughter", "cousin", "uncle"];
const CLOTHES: [&str; 8] = [
    "boz gödəkçə, qara şalvar",
    "hərbi gödəkçə",
    "синий свитер, джинсы",
    "qəhvəyi palto, papaq",
    "white shirt, dark trousers",
    "yun jilet, çəkmə",
    "тёмная куртка, резиновые сапоги",
    "çiçəkli don, şal",
];

pub(super) fn make(chance: &mut Chance, village: &Village) -> Vec<(String, Json)> {
    let mut fields = Fields::default();
    let family = words::family(chance);
    let who = words::person_of(chance, family);
    let born = chance.between(1930, 2000);
    fields.set("case_status", *chance.one_of(&STATUSES));
    fields.set("full_name", who.full());
    fields.set("given_names", who.given);
    fields.set("family_name", who.family);
    fields.set("patronymic", words::man_of(chance, family).given);
    fields.maybe("mother_name", chance.perhaps(2, 5, |chance| words::person(chance).full()));
    fields.set("sex", who.sex);
    set_age(&mut fields, chance, born);
    fields.set("birth_place", village.name);
    fields.set("nationality", "AZ");
    fields.set("marital_status", *chance.one_of(&["single", "married", "married", "widowed"]));
    fields.maybe("occupation", chance.perhaps(3, 4, |chance| *chance.one_of(&OCCUPATIONS)));
    set_last_seen(&mut fields, chance, village, born);
    set_looks(&mut fields, chance);
    set_family(&mut fields, chance, family, village);
    fields.set("narrative", words::text(chance, About::Person, village, 6));
    let interviewed = chance.date(2024, 2025);
    fields.set_consent(chance, interviewed);
    fields.0
}

/// Half of all families know the day, some the year only, some just about how old.
fn set_age(fields: &mut Fields, chance: &mut Chance, born: i64) {
    match chance.below(6) {
        0..=2 => fields.set("birth_date", chance.date(born, born)),
        3..=4 => fields.set("birth_date", born.to_string()),
        _ => {
            fields.set("age_min", (1993 - born).max(1));
            fields.set("age_max", (1993 - born).max(1) + 5);
            fields.set("age_as_of", "1993");
        }
    }
}

fn set_last_seen(fields: &mut Fields, chance: &mut Chance, village: &Village, born: i64) {
    let year = chance.between(1991, 1994).max(born + 1).min(2020);
    fields.set("last_seen.from", chance.date(year, year));
    fields.set("last_seen.place", village.name);
    fields.set("last_seen.district", village.district);
    fields.maybe(
        "last_seen.point",
        chance.perhaps(4, 5, |chance| incident::point_near(chance, village, false)),
    );
    fields.set(
        "circumstances",
        json!(chance.some_of(&["armed_clash", "detention", "displacement", "landmine"], 2)),
    );
}

fn set_looks(fields: &mut Fields, chance: &mut Chance) {
    fields.set("physical.height_cm", chance.between(150, 192));
    fields
        .set("physical.build", *chance.one_of(&["slim", "medium", "medium", "heavy", "muscular"]));
    fields.set(
        "physical.hair",
        *chance.one_of(&["black", "dark_brown", "brown", "grey", "bald", "fair"]),
    );
    fields.set("physical.eyes", *chance.one_of(&["brown", "dark_brown", "hazel", "green", "blue"]));
    fields.set("clothing", *chance.one_of(&CLOTHES));
    if chance.often(1, 3) {
        fields.set("marks.0.type", *chance.one_of(&["scar", "tattoo", "birthmark", "burn_scar"]));
        fields.set("marks.0.site", *chance.one_of(&["arm", "hand", "face", "leg", "back"]));
        fields.set("marks.0.side", *chance.one_of(&["left", "right"]));
    }
    if chance.often(1, 5) {
        fields.set("effects.0.kind", *chance.one_of(&["watch", "documents", "bag", "jewellery"]));
        fields.set(
            "effects.0.text",
            *chance.one_of(&["köhnə qol saatı", "старые часы", "a silver ring", "ev sənədləri"]),
        );
    }
}

fn set_family(fields: &mut Fields, chance: &mut Chance, family: &'static str, village: &Village) {
    let count = chance.between(1, 4);
    for place in 0..count {
        let relative = words::person_of(chance, family);
        fields.set(format!("relatives.{place}.name"), relative.full());
        fields.set(format!("relatives.{place}.relation"), *chance.one_of(&RELATIONS));
        if chance.often(2, 3) {
            fields.set(format!("relatives.{place}.phone"), chance.phone());
        }
        fields.set(format!("relatives.{place}.place"), village.name);
    }
    if chance.often(2, 5) {
        fields
            .set("relatives_sampled.0.reference", format!("AZ-DNA-{:06}", chance.below(1_000_000)));
        fields.set("relatives_sampled.0.relation", *chance.one_of(&RELATIONS));
        fields.set("relatives_sampled.0.taken", chance.date(2016, 2024));
        fields.set("dna.available", true);
    }
    fields.set("enquirer.name", words::person_of(chance, family).full());
    fields.set("enquirer.relation", *chance.one_of(&RELATIONS));
    fields.set("enquirer.contact", chance.phone());
    fields.set("enquirer.language", *chance.one_of(&["az", "az", "ru"]));
    fields.set("enquirer.safe_to_contact", chance.often(9, 10));
    fields.set(
        "source.case_ref",
        format!("MP-{}-{:05}", chance.between(2018, 2025), chance.below(100_000)),
    );
}

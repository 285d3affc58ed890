//! A made-up household that has returned, or means to.

use serde_json::{Value as Json, json};

use super::chance::Chance;
use super::words::{self, About, Village};
use super::{Fields, incident};

pub(super) const KIND: &str = "return_household";

pub(super) fn make(chance: &mut Chance, village: &Village) -> Vec<(String, Json)> {
    let mut fields = Fields::default();
    let date = chance.date(2024, 2025);
    fields
        .set("household_ref", format!("H-{}-{:05}", &village.district[3..], chance.below(100_000)));
    fields.set("round", chance.between(1, 6));
    fields.set("interview.date", date.clone());
    fields.set("interview.mode", *chance.one_of(&["in_person", "in_person", "in_person", "phone"]));
    fields.set("interview.district", village.district);
    fields.set("interview.place", village.name);
    fields.set("interview.point", incident::point_near(chance, village, true));
    fields.set("interview.consent", true);
    fields.set("respondent.relation", *chance.one_of(&["head", "wife", "son", "mother"]));
    fields.set("respondent.sex", *chance.one_of(&["female", "male"]));
    fields.set("respondent.age", chance.between(19, 82));
    fields.set("respondent.phone", chance.phone());
    set_journey(&mut fields, chance, village);
    set_members(&mut fields, chance);
    set_home(&mut fields, chance);
    set_living(&mut fields, chance);
    fields.set("narrative", words::text(chance, About::Household, village, 4));
    fields.set_consent(chance, date);
    fields.0
}

fn set_journey(fields: &mut Fields, chance: &mut Chance, village: &Village) {
    fields.set("displacement.place", village.name);
    fields.set("displacement.district", village.district);
    fields.set("displacement.date", chance.between(1992, 1994).to_string());
    fields.set("displacement.times", chance.between(1, 4));
    fields
        .set("return.status", *chance.one_of(&["returnee", "returnee", "returnee", "idp", "host"]));
    fields.set("return.date", chance.date(2021, 2023));
    fields
        .set("return.type", *chance.one_of(&["organised", "organised", "assisted", "spontaneous"]));
    fields.set("return.whole_family", chance.often(2, 3));
    fields.set("intention.plan", *chance.one_of(&["stay", "stay", "stay", "undecided"]));
    fields.set(
        "intention.obstacles",
        json!(chance.some_of(&["mines", "housing", "no_work", "no_services", "money"], 3)),
    );
}

fn set_members(fields: &mut Fields, chance: &mut Chance) {
    let family = words::family(chance);
    for place in 0..chance.between(2, 7) {
        let who = words::person_of(chance, family);
        let relation = if place == 0 {
            "head"
        } else {
            *chance.one_of(&["wife", "son", "daughter", "mother", "grandchild"])
        };
        let born = if place == 0 { chance.between(1945, 1995) } else { chance.between(1940, 2023) };
        fields.set(format!("members.{place}.name"), who.full());
        fields.set(format!("members.{place}.sex"), who.sex);
        fields.set(format!("members.{place}.birth_year"), born);
        fields.set(format!("members.{place}.relation"), relation);
        fields.set(format!("members.{place}.disability"), chance.often(1, 12));
        fields.set(format!("members.{place}.schooling"), born > 2006);
    }
}

fn set_home(fields: &mut Fields, chance: &mut Chance) {
    fields.set(
        "dwelling.type",
        *chance.one_of(&["repaired_house", "new_house", "with_relatives", "container"]),
    );
    fields.set("dwelling.tenure", *chance.one_of(&["owner", "owner", "state", "free"]));
    fields.set("dwelling.damage", *chance.one_of(&["none", "light", "moderate", "severe"]));
    fields.set("dwelling.rooms", chance.between(1, 6));
    fields.set("dwelling.roof_ok", chance.often(2, 3));
    fields.set("dwelling.documents", chance.often(1, 2));
    fields.set("services.water_source", *chance.one_of(&["piped", "well", "spring", "tanker"]));
    fields.set("services.water_minutes", chance.between(0, 12) * 5);
    fields.set("services.electricity", chance.often(9, 10));
    fields.set("services.heating", *chance.one_of(&["wood", "wood", "gas", "electric"]));
    fields.set("services.toilet", *chance.one_of(&["inside", "outside", "shared"]));
    fields.set("services.phone_signal", *chance.one_of(&["none", "2g", "3g", "4g"]));
    fields.set("services.school_km", chance.decimal(0.1, 12.0, 1));
    fields.set("services.clinic_km", chance.decimal(0.5, 40.0, 1));
    fields.set("services.market_km", chance.decimal(0.5, 40.0, 1));
}

fn set_living(fields: &mut Fields, chance: &mut Chance) {
    fields.set("livelihood.income", chance.between(10, 150) * 10);
    fields.set("livelihood.source", *chance.one_of(&["wage", "farm", "pension", "aid"]));
    fields.set("livelihood.land_ha", chance.decimal(0.0, 6.0, 2));
    fields.set("livestock.cattle", chance.between(0, 12));
    fields.set("livestock.sheep", chance.between(0, 60));
    fields.set("livestock.poultry", chance.between(0, 40));
    fields.set("livelihood.debt", chance.often(1, 3));
    let aid = chance.some_of(&["cash", "food", "seeds", "shelter_kit", "hygiene_kit", "tools"], 3);
    fields.set("livelihood.aid_received", json!(aid));
    let needs = chance
        .some_of(&["water", "roof", "road", "doctor", "school", "work", "seeds", "clearance"], 3);
    fields.set("needs", json!(needs));
    fields.set("food.meals_per_day", chance.between(1, 4));
    fields.set("food.score", chance.between(20, 100));
    fields.set("safety.feels_safe", chance.often(3, 4));
    fields.set("safety.mine_risk_seen", chance.often(1, 4));
}

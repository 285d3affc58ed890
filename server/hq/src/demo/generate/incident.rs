//! A made-up hazard or accident.

use std::f64::consts::TAU;

use serde_json::{Value as Json, json};

use super::Fields;
use super::chance::Chance;
use super::words::{self, About, Village};

pub(super) const KIND: &str = "landmine_incident";

const MODELS: [(&str, &str); 10] = [
    ("ap_mine", "PMN"),
    ("ap_mine", "PMN-2"),
    ("ap_mine", "OZM-72"),
    ("ap_mine", "MON-50"),
    ("av_mine", "TM-57"),
    ("av_mine", "TM-62M"),
    ("submunition", "9N210"),
    ("uxo", "122 mm"),
    ("fuze", "MUV-2"),
    ("unknown", ""),
];
const STATUSES: [&str; 10] = [
    "active",
    "active",
    "active",
    "active",
    "active",
    "marked",
    "marked",
    "being_cleared",
    "cleared",
    "cancelled",
];

pub(super) fn make(chance: &mut Chance, village: &Village) -> Vec<(String, Json)> {
    let mut fields = Fields::default();
    let kind = *chance.one_of(&[
        "hazard_sighting",
        "hazard_sighting",
        "device_found",
        "suspected_area",
        "accident",
    ]);
    fields.set("incident_type", kind);
    fields.set("hazard_status", *chance.one_of(&STATUSES));
    fields.set(
        "verification",
        *chance.one_of(&["unverified", "unverified", "surveyed", "confirmed"]),
    );
    let date = chance.date(2021, 2025);
    let time = format!("{:02}:{:02}", chance.between(6, 20), chance.below(60));
    fields.set("reported_at", format!("{date}T{time}:00+04:00"));
    fields.set("occurred.date", date.clone());
    fields.set("occurred.time", time);
    fields.set("imsma_ref", format!("IM-{:06}", chance.below(1_000_000)));
    fields.set("narrative", words::text(chance, About::Incident, village, 5));
    set_location(&mut fields, chance, village);
    set_devices(&mut fields, chance);
    fields.set("marked", *chance.one_of(&["none", "none", "local", "official"]));
    fields.set(
        "land_use",
        *chance.one_of(&["arable", "pasture", "orchard", "road", "housing", "ruins"]),
    );
    fields.set(
        "blocked",
        json!(chance.some_of(&["agriculture", "housing", "water", "road", "school"], 3)),
    );
    fields.maybe("animals_killed", chance.perhaps(1, 3, |chance| chance.between(1, 9)));
    if kind == "accident" {
        set_casualties(&mut fields, chance);
    }
    fields.set("reporter.name", words::person(chance).full());
    fields.set(
        "reporter.role",
        *chance.one_of(&["resident", "resident", "official", "deminer", "police"]),
    );
    fields.set("reporter.contact", chance.phone());
    fields.set_consent(chance, date);
    fields.0
}

/// A place within two kilometres or so of a village.
pub(super) fn point_near(chance: &mut Chance, village: &Village, with_accuracy: bool) -> Json {
    let lat = chance.decimal(village.lat - 0.02, village.lat + 0.02, 6);
    let lon = chance.decimal(village.lon - 0.02, village.lon + 0.02, 6);
    match with_accuracy {
        true => json!({ "lat": lat, "lon": lon, "accuracy_m": chance.between(3, 40) }),
        false => json!({ "lat": lat, "lon": lon }),
    }
}

fn set_location(fields: &mut Fields, chance: &mut Chance, village: &Village) {
    let point = point_near(chance, village, true);
    let centre = (
        point["lat"].as_f64().unwrap_or(village.lat),
        point["lon"].as_f64().unwrap_or(village.lon),
    );
    fields.set("location.point", point);
    fields.set("location.method", *chance.one_of(&["gps", "gps", "gps", "map"]));
    fields.set("location.nearest_town", village.name);
    fields.set("location.direction", *chance.one_of(&["n", "ne", "e", "se", "s", "sw", "w", "nw"]));
    fields.set("location.distance_m", chance.between(2, 40) * 50);
    fields.set("location.district", village.district);
    if chance.often(3, 5) {
        fields.set("area.shape", border(chance, centre));
        fields.set("area.class", *chance.one_of(&["sha", "cha", "indication"]));
        fields.set(
            "area.direct_evidence",
            json!(chance.some_of(&["device_seen", "craters", "minefield_fence"], 2)),
        );
        fields.set(
            "area.indirect_evidence",
            json!(chance.some_of(&["local_report", "unused_land", "combat_area"], 2)),
        );
    }
}

/// A border around a place: corners in the order of their directions, so that it never crosses itself.
fn border(chance: &mut Chance, (lat, lon): (f64, f64)) -> Json {
    let corners = chance.between(5, 11);
    let corner = |place: i64| {
        let angle = TAU * place as f64 / corners as f64;
        let far = chance.decimal(0.0006, 0.0024, 6);
        let round = |degrees: f64| (degrees * 1e6).round() / 1e6;
        json!({ "lat": round(lat + far * angle.sin()), "lon": round(lon + far * 1.3 * angle.cos()) })
    };
    (0..corners).map(corner).collect()
}

fn set_devices(fields: &mut Fields, chance: &mut Chance) {
    for place in 0..chance.between(1, 2) {
        let (category, model) = *chance.one_of(&MODELS);
        fields.set(format!("devices.{place}.category"), category);
        if !model.is_empty() {
            fields.set(format!("devices.{place}.model"), model);
        }
        fields.set(format!("devices.{place}.confirmed"), chance.often(1, 2));
        fields.set(format!("devices.{place}.quantity"), chance.between(1, 6));
        fields.set(
            format!("devices.{place}.condition"),
            *chance.one_of(&["intact", "corroded", "damaged", "unknown"]),
        );
        fields.set(
            format!("devices.{place}.position"),
            *chance.one_of(&["surface", "partly_buried", "buried"]),
        );
    }
}

fn set_casualties(fields: &mut Fields, chance: &mut Chance) {
    for place in 0..chance.between(1, 3) {
        let who = words::person(chance);
        fields.set(format!("casualties.{place}.name"), who.full());
        fields.set(format!("casualties.{place}.sex"), who.sex);
        fields.set(format!("casualties.{place}.age"), chance.between(9, 71));
        fields.set(
            format!("casualties.{place}.harm"),
            *chance.one_of(&["injured", "injured", "killed", "unhurt"]),
        );
        fields.set(
            format!("casualties.{place}.type"),
            *chance.one_of(&["civilian", "civilian", "deminer"]),
        );
        fields.set(
            format!("casualties.{place}.activity"),
            *chance.one_of(&["farming", "herding", "walking", "scrap_collection", "driving"]),
        );
        let injuries =
            chance.some_of(&["blast", "fragments", "burn", "amputation", "hearing_loss"], 2);
        fields.set(format!("casualties.{place}.injuries"), json!(injuries));
        fields.set(format!("casualties.{place}.evacuation_minutes"), chance.between(10, 180));
    }
}

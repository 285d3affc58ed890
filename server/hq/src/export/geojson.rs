//! GeoJSON (RFC 7946): a feature for each place or area of a record, longitude first.
//!
//! A point that people disagree about is drawn as often as it stands, each marked contested; so is an area. Features
//! carry what a map needs to name and colour them, not the whole record.

use std::io::{self, Write};

use kahriz_core::forms::Kind;
use kahriz_core::value::{Point, Scalar, Shape};
use serde_json::{Map, Value as Json, json};

use super::{Leaving, Tally, may_leave};

/// A collection of features, being written.
pub(crate) struct Features<W: Write> {
    place: W,
    count: u64,
}

impl<W: Write> Features<W> {
    /// Begins a collection.
    pub(crate) fn begin(mut place: W) -> io::Result<Self> {
        place.write_all(b"{\"type\":\"FeatureCollection\",\"features\":[")?;
        Ok(Self { place, count: 0 })
    }

    /// Writes a record's features; one without a place is only counted.
    pub(crate) fn write(
        &mut self,
        record: &Leaving<'_>,
        scope: &str,
        with_protected: bool,
        tally: &mut Tally,
    ) -> io::Result<()> {
        let geometries = geometries(record, with_protected);
        if geometries.is_empty() {
            tally.placeless += 1;
        }
        for (field, geometry, is_contested) in geometries {
            let mut properties = properties(record, scope);
            properties.insert("geometry_of".to_owned(), json!(field));
            properties.insert("geometry_contested".to_owned(), json!(is_contested));
            let feature =
                json!({ "type": "Feature", "geometry": geometry, "properties": properties });
            let before: &[u8] = if self.count > 0 { b",\n" } else { b"\n" };
            self.place.write_all(before)?;
            serde_json::to_writer(&mut self.place, &feature)?;
            self.count += 1;
        }
        Ok(())
    }

    /// Ends the collection and tells how many features it has.
    pub(crate) fn finish(mut self) -> io::Result<u64> {
        self.place.write_all(b"\n]}\n")?;
        self.place.flush()?;
        Ok(self.count)
    }
}

/// The field, the geometry and whether it is contested, for each that may leave.
fn geometries(record: &Leaving<'_>, with_protected: bool) -> Vec<(String, Json, bool)> {
    let roles = &record.view.kind.roles;
    let mut found = Vec::new();
    for key in [&roles.point, &roles.shape].into_iter().flatten() {
        let leaves =
            record.view.kind.field(key).is_some_and(|field| may_leave(field, with_protected));
        let Some(standing) =
            record.view.fields.get(key).filter(|_| leaves && is_not_withheld(record, key))
        else {
            continue;
        };
        let geometries = standing.values.iter().filter_map(|opinion| geometry(&opinion.value));
        found.extend(geometries.map(|geometry| (key.clone(), geometry, standing.contested)));
    }
    found
}

/// What consent withholds is neither shown nor contested in what leaves.
fn is_not_withheld(record: &Leaving<'_>, key: &str) -> bool {
    record.shown.contains_key(key) || record.contested.contains(key)
}

fn geometry(scalar: &Scalar) -> Option<Json> {
    let bytes = scalar.as_bytes()?;
    let position = |lat: f64, lon: f64| json!([lon, lat]);
    if let Some(point) = Point::decode(bytes) {
        return Some(json!({ "type": "Point", "coordinates": position(point.lat(), point.lon()) }));
    }
    let shape = Shape::decode(bytes)?;
    let ring: Vec<Json> = shape
        .ring()
        .iter()
        .chain(shape.ring().first())
        .map(|corner| position(corner.lat(), corner.lon()))
        .collect();
    Some(json!({ "type": "Polygon", "coordinates": [ring] }))
}

fn properties(record: &Leaving<'_>, scope: &str) -> Map<String, Json> {
    let kind: &Kind = record.view.kind;
    let roles = &kind.roles;
    let shown = |key: &String| record.shown.get(key).map(|scalar| kind.to_json(key, scalar));
    let title: Vec<&str> =
        roles.title.iter().filter_map(|key| record.shown.get(key)?.as_str()).collect();
    let mut properties = Map::new();
    properties.insert("id".to_owned(), json!(record.view.id.to_uuid()));
    properties.insert("human_id".to_owned(), json!(record.view.human_id));
    properties.insert("kind".to_owned(), json!(kind.name));
    properties.insert("scope".to_owned(), json!(scope));
    if !title.is_empty() {
        properties.insert("title".to_owned(), json!(title.join(" ")));
    }
    for (name, key) in [
        ("status", &roles.status),
        ("area", &roles.area),
        ("place", &roles.place),
        ("date", &roles.date),
    ] {
        properties.extend(key.as_ref().and_then(shown).map(|value| (name.to_owned(), value)));
    }
    properties.insert("contested".to_owned(), json!(record.contested.iter().collect::<Vec<_>>()));
    properties
}

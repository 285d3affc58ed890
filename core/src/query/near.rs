//! Distances on the ground, and the rows within one.
//!
//! The map's index holds boxes in whole units of 10^-7 degrees; a box without extent is the place itself, so most
//! rows need no other table. Distances are along the great circle of a sphere of the Earth's mean radius (IUGG 1980),
//! at most 0.6 % off the ellipsoid.

use rusqlite::Connection;

use super::Near;
use super::row::unreadable;
use crate::value::{GRID_UNITS as UNITS, Point, Shape, grid_place as place};

/// Metres.
const EARTH_RADIUS: f64 = 6_371_008.8;

/// Ids of the rows within a distance, ascending, with the distance in metres.
pub(super) fn within(connection: &Connection, near: Near) -> rusqlite::Result<Vec<(i64, f64)>> {
    let Some([lat_min, lat_max, lon_min, lon_max]) = box_around(near) else {
        return Ok(Vec::new());
    };
    let mut statement = connection.prepare_cached(
        "SELECT id, lat_min, lat_max, lon_min, lon_max FROM row_places
         WHERE lat_max >= ?1 AND lat_min <= ?2 AND lon_max >= ?3 AND lon_min <= ?4",
    )?;
    let mut rows = statement.query([lat_min, lat_max, lon_min, lon_max])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, south, north, west, east): (i64, i32, i32, i32, i32) = row.try_into()?;
        let is_one_place = south == north && west == east;
        let metres = match is_one_place {
            true => Some(distance((near.lat, near.lon), degrees((south, west)))),
            false => nearest_of(connection, id, (near.lat, near.lon))?,
        };
        found.extend(metres.filter(|metres| *metres <= near.metres).map(|metres| (id, metres)));
    }
    found.sort_unstable_by_key(|(id, _)| *id);
    Ok(found)
}

/// The distance to the nearest of a row's places.
fn nearest_of(connection: &Connection, id: i64, from: (f64, f64)) -> rusqlite::Result<Option<f64>> {
    let mut statement = connection.prepare_cached(
        "SELECT is_area, geometry FROM row_shapes WHERE row = ?1 ORDER BY ordinal",
    )?;
    let mut rows = statement.query([id])?;
    let mut nearest: Option<f64> = None;
    while let Some(row) = rows.next()? {
        let bytes = row.get_ref(1)?.as_blob()?;
        let metres = match row.get(0)? {
            true => distance_to_area(from, &ring(bytes).ok_or_else(unreadable)?),
            false => Point::decode(bytes)
                .map(|point| distance(from, (point.lat(), point.lon())))
                .ok_or_else(unreadable)?,
        };
        nearest = Some(nearest.map_or(metres, |nearest| nearest.min(metres)));
    }
    Ok(nearest)
}

/// The corners of a stored area, in degrees.
pub(super) fn ring(bytes: &[u8]) -> Option<Vec<(f64, f64)>> {
    Some(Shape::decode(bytes)?.ring().iter().map(|vertex| (vertex.lat(), vertex.lon())).collect())
}

pub(super) fn degrees((lat, lon): (i32, i32)) -> (f64, f64) {
    (f64::from(lat) / UNITS, f64::from(lon) / UNITS)
}

/// Metres between two places given in degrees north and east (haversine formula).
pub(super) fn distance((lat1, lon1): (f64, f64), (lat2, lon2): (f64, f64)) -> f64 {
    let half = |from: f64, to: f64| ((to - from).to_radians() / 2.0).sin().powi(2);
    let chord =
        half(lat1, lat2) + lat1.to_radians().cos() * lat2.to_radians().cos() * half(lon1, lon2);
    2.0 * EARTH_RADIUS * chord.min(1.0).sqrt().asin()
}

/// Metres to the border of an area; 0 inside it.
///
/// The nearest place of the border is looked for in the plane that touches the Earth at `from`, where distances of
/// the few kilometres that a hazard measures are true to less than a thousandth.
pub(super) fn distance_to_area(from: (f64, f64), ring: &[(f64, f64)]) -> f64 {
    let shrink = from.0.to_radians().cos();
    let plane: Vec<(f64, f64)> =
        ring.iter().map(|(lat, lon)| ((lat - from.0), (lon - from.1) * shrink)).collect();
    let sides = || plane.iter().zip(plane.iter().cycle().skip(1));
    if sides().filter(|(a, b)| is_passed_by_ray(**a, **b)).count() % 2 == 1 {
        return 0.0;
    }
    let nearest = sides()
        .map(|(a, b)| nearest_on_side(*a, *b))
        .min_by(|a, b| a.0.hypot(a.1).total_cmp(&b.0.hypot(b.1)));
    nearest.map_or(f64::INFINITY, |(north, east)| {
        let lon = if shrink > 0.0 { from.1 + east / shrink } else { from.1 };
        distance(from, (from.0 + north, lon))
    })
}

/// Whether the ray from the origin to the east crosses a side.
fn is_passed_by_ray(a: (f64, f64), b: (f64, f64)) -> bool {
    (a.0 > 0.0) != (b.0 > 0.0) && a.1 + (b.1 - a.1) * (-a.0) / (b.0 - a.0) > 0.0
}

/// The place on a side that is nearest to the origin.
fn nearest_on_side(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    let along = (b.0 - a.0, b.1 - a.1);
    let length = along.0 * along.0 + along.1 * along.1;
    let share = if length > 0.0 {
        (-(a.0 * along.0 + a.1 * along.1) / length).clamp(0.0, 1.0)
    } else {
        0.0
    };
    (a.0 + along.0 * share, a.1 + along.1 * share)
}

/// The box that surely holds the circle: south, north, west, east in units of 10^-7 degrees. `None` for a place that
/// is not on the globe or a distance that is no number.
fn box_around(near: Near) -> Option<[i32; 4]> {
    let is_sound = near.lat.abs() <= 90.0 && near.lon.abs() <= 180.0 && near.metres >= 0.0;
    if !is_sound {
        return None;
    }
    // A little more than the circle, for the rounding of both.
    let angle = near.metres / EARTH_RADIUS * 1.000_001 + 1e-9;
    let (south, north) = (near.lat - angle.to_degrees(), near.lat + angle.to_degrees());
    let widest = angle.sin() / near.lat.to_radians().cos();
    let reaches_pole = south <= -90.0 || north >= 90.0;
    let wide = if reaches_pole || widest >= 1.0 { 360.0 } else { widest.asin().to_degrees() };
    let (west, east) = (near.lon - wide, near.lon + wide);
    // A circle over the 180th meridian is looked for in a whole band.
    let (west, east) = if west < -180.0 || east > 180.0 { (-180.0, 180.0) } else { (west, east) };
    let (low, high) = (place(south.max(-90.0), west), place(north.min(90.0), east));
    Some([low.0 - 1, high.0 + 1, low.1 - 1, high.1 + 1])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Ağdam and Şuşa, 40.3 km apart by any map.
    const AGDAM: (f64, f64) = (39.9931, 46.9296);
    const SHUSHA: (f64, f64) = (39.7601, 46.7499);

    #[test]
    fn the_distance_between_two_towns_is_that_of_the_map() {
        let metres = distance(AGDAM, SHUSHA);
        assert!((30_000.0..30_200.0).contains(&metres), "{metres}");
        assert_eq!(distance(AGDAM, AGDAM), 0.0);
        let quarter = distance((0.0, 0.0), (90.0, 0.0));
        assert!((quarter - EARTH_RADIUS * std::f64::consts::FRAC_PI_2).abs() < 1e-3);
        assert!(distance((10.0, 179.999), (10.0, -179.999)) < 250.0);
    }

    #[test]
    fn standing_in_a_minefield_is_no_distance_and_its_border_counts_outside() {
        let field = [(39.99, 46.92), (39.99, 46.94), (40.01, 46.94), (40.01, 46.92)];
        assert_eq!(distance_to_area((40.0, 46.93), &field), 0.0);
        let south = distance_to_area((39.98, 46.93), &field);
        assert!((south - distance((39.98, 46.93), (39.99, 46.93))).abs() < 0.5, "{south}");
        let corner = distance_to_area((40.02, 46.95), &field);
        assert!((corner - distance((40.02, 46.95), (40.01, 46.94))).abs() < 0.5, "{corner}");
    }

    #[test]
    fn a_bay_of_an_area_is_outside_of_it() {
        let horseshoe = [
            (0.0, 0.0),
            (0.0, 0.03),
            (0.03, 0.03),
            (0.03, 0.02),
            (0.01, 0.02),
            (0.01, 0.01),
            (0.03, 0.01),
            (0.03, 0.0),
        ];
        assert!(distance_to_area((0.02, 0.015), &horseshoe) > 500.0);
        assert_eq!(distance_to_area((0.02, 0.005), &horseshoe), 0.0);
    }

    #[test]
    fn the_box_holds_the_circle_at_any_place_on_earth() {
        for lat in [-89.999, -60.0, 0.0, 40.0, 75.5, 90.0] {
            for lon in [-180.0, -179.99, 0.0, 46.9, 180.0] {
                for metres in [0.0, 1.0, 500.0, 20_000.0, 3_000_000.0] {
                    let [south, north, west, east] = box_around(Near { lat, lon, metres }).unwrap();
                    for step in 0..72 {
                        let (edge_lat, edge_lon) =
                            towards((lat, lon), f64::from(step) * 5.0, metres);
                        let (edge_lat, edge_lon) = place(edge_lat, edge_lon);
                        assert!((south..=north).contains(&edge_lat), "{lat} {lon} {metres}");
                        assert!((west..=east).contains(&edge_lon), "{lat} {lon} {metres}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_place_off_the_globe_has_nothing_near_it() {
        let near = Near { lat: 40.0, lon: 46.9, metres: 10.0 };
        for wrong in [
            Near { lat: f64::NAN, ..near },
            Near { lon: 181.0, ..near },
            Near { metres: -1.0, ..near },
        ] {
            assert_eq!(box_around(wrong), None);
        }
    }

    /// The place that lies so many metres away in a direction (degrees from north).
    fn towards((lat, lon): (f64, f64), bearing: f64, metres: f64) -> (f64, f64) {
        let (lat, bearing, angle) = (lat.to_radians(), bearing.to_radians(), metres / EARTH_RADIUS);
        let sine =
            (lat.sin() * angle.cos() + lat.cos() * angle.sin() * bearing.cos()).clamp(-1.0, 1.0);
        let across =
            (bearing.sin() * angle.sin() * lat.cos()).atan2(angle.cos() - lat.sin() * sine);
        let lon = (lon + across.to_degrees() + 540.0).rem_euclid(360.0) - 180.0;
        (sine.asin().to_degrees(), lon)
    }
}

//! Places on the ground: points with their accuracy, and areas.
//!
//! Coordinates are whole numbers of 10^-7 degrees (1.1 cm at most), so that the same place is the same bytes on every
//! device and no test of crossing depends on rounding. The stored form uses the fewest decimals that say the place
//! exactly; a longer form of the same place is refused when read. Areas are plane polygons in latitude and longitude
//! and may not reach over the 180th meridian.

use std::cmp::Ordering;

/// The most decimals of a degree that are kept.
const MAX_DECIMALS: u8 = 7;
/// 10^-7 degrees in one degree.
const UNITS: f64 = 10_000_000.0;
const MAX_LAT: i64 = 900_000_000;
const MAX_LON: i64 = 1_800_000_000;
/// An accuracy of 20,000 km says nothing more: half the circumference of the Earth, in tenths of a metre.
const MAX_ACCURACY: u64 = 200_000_000;
/// The most corners of an area; the test that it does not cross itself compares all pairs of sides.
pub const MAX_VERTICES: usize = 2_000;

/// Why numbers are not a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceProblem {
    /// A coordinate is not a finite number.
    #[error("a coordinate must be a number")]
    NotANumber,
    /// The latitude is off the globe.
    #[error("the latitude must be between -90 and 90 degrees (latitude comes first)")]
    Latitude,
    /// The longitude is off the globe.
    #[error("the longitude must be between -180 and 180 degrees")]
    Longitude,
    /// The accuracy is negative or larger than the Earth.
    #[error("the accuracy must be a number of metres, zero or more")]
    Accuracy,
    /// Fewer than three different corners.
    #[error("an area needs at least 3 different corners")]
    TooFewVertices,
    /// More corners than [`MAX_VERTICES`].
    #[error("an area has at most 2000 corners")]
    TooManyVertices,
    /// Two sides touch or cross, or a side goes back over the one before.
    #[error("the border of the area crosses or touches itself")]
    CrossesItself,
}

/// Units of a degree on the grid in which places are indexed and compared.
pub(crate) const GRID_UNITS: f64 = 10_000_000.0;

/// Latitude and longitude in units of 10^-7 degrees.
pub(crate) type GridPlace = (i32, i32);

/// The place on the grid that is nearest to a position in degrees.
pub(crate) fn grid_place(lat: f64, lon: f64) -> GridPlace {
    ((lat * GRID_UNITS).round() as i32, (lon * GRID_UNITS).round() as i32)
}

/// One corner of an area, in 10^-7 degrees. Always on the globe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Vertex {
    lat_e7: i32,
    lon_e7: i32,
}

impl Vertex {
    /// The corner at the given degrees, rounded to 7 decimals.
    pub fn from_degrees(lat: f64, lon: f64) -> Result<Self, PlaceProblem> {
        if !lat.is_finite() || !lon.is_finite() {
            return Err(PlaceProblem::NotANumber);
        }
        // A float too large for an i64 saturates, and is then off the globe.
        Self::from_units((lat * UNITS).round() as i64, (lon * UNITS).round() as i64)
    }

    fn from_units(lat: i64, lon: i64) -> Result<Self, PlaceProblem> {
        if !(-MAX_LAT..=MAX_LAT).contains(&lat) {
            return Err(PlaceProblem::Latitude);
        }
        if !(-MAX_LON..=MAX_LON).contains(&lon) {
            return Err(PlaceProblem::Longitude);
        }
        Ok(Self { lat_e7: lat as i32, lon_e7: lon as i32 })
    }

    /// Degrees north.
    pub fn lat(&self) -> f64 {
        f64::from(self.lat_e7) / UNITS
    }

    /// Degrees east.
    pub fn lon(&self) -> f64 {
        f64::from(self.lon_e7) / UNITS
    }

    fn scaled(self, decimals: u8) -> (i64, i64) {
        let step = step_of(decimals);
        (i64::from(self.lat_e7) / step, i64::from(self.lon_e7) / step)
    }
}

/// A place with, when known, how far off it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Point {
    place: Vertex,
    accuracy_dm: Option<u32>,
}

impl Point {
    /// The place at the given degrees, rounded to 7 decimals; accuracy in metres, rounded to 10 cm.
    pub fn from_degrees(lat: f64, lon: f64, accuracy_m: Option<f64>) -> Result<Self, PlaceProblem> {
        let place = Vertex::from_degrees(lat, lon)?;
        let accuracy_dm = match accuracy_m {
            None => None,
            Some(metres) if (0.0..=MAX_ACCURACY as f64 / 10.0).contains(&metres) => {
                Some((metres * 10.0).round() as u32)
            }
            Some(_) => return Err(PlaceProblem::Accuracy),
        };
        Ok(Self { place, accuracy_dm })
    }

    /// Degrees north.
    pub fn lat(&self) -> f64 {
        self.place.lat()
    }

    /// Degrees east.
    pub fn lon(&self) -> f64 {
        self.place.lon()
    }

    /// How far off the place may be, in metres.
    pub fn accuracy_m(&self) -> Option<f64> {
        self.accuracy_dm.map(|tenths| f64::from(tenths) / 10.0)
    }

    /// `[decimals][zigzag lat][zigzag lon][accuracy in 10 cm, when known]`, numbers as little-endian base-128 varints.
    pub fn encode(&self) -> Vec<u8> {
        let decimals = fewest_decimals(&[self.place]);
        let (lat, lon) = self.place.scaled(decimals);
        let mut bytes = vec![decimals];
        write_signed(&mut bytes, lat);
        write_signed(&mut bytes, lon);
        if let Some(tenths) = self.accuracy_dm {
            write_varint(&mut bytes, u64::from(tenths));
        }
        bytes
    }

    /// Reads the canonical form; `None` for anything else.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let decimals = read_decimals(&mut rest)?;
        let place = place_at(decimals, read_signed(&mut rest)?, read_signed(&mut rest)?)?;
        let accuracy_dm = match rest.is_empty() {
            true => None,
            false => Some(read_varint(&mut rest).filter(|tenths| *tenths <= MAX_ACCURACY)? as u32),
        };
        let canonical = rest.is_empty() && decimals == fewest_decimals(&[place]);
        canonical.then_some(Self { place, accuracy_dm })
    }
}

/// An area: a ring of at least three corners. It closes itself.
///
/// What a person enters may not cross or touch itself ([`Shape::new`]); what comes from another system may
/// ([`Shape::as_drawn`]), because most borders walked with a receiver do, and an import loses nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shape {
    ring: Vec<Vertex>,
}

impl Shape {
    /// The area inside a ring of corners. A ring that was closed by repeating its first corner is opened, and corners
    /// repeated in place (a receiver that stood still) count once.
    pub fn new(ring: Vec<Vertex>) -> Result<Self, PlaceProblem> {
        let shape = Self::as_drawn(ring)?;
        if shape.crosses_itself() { Err(PlaceProblem::CrossesItself) } else { Ok(shape) }
    }

    /// The same for a ring that is taken as another system drew it: its border may cross itself.
    pub fn as_drawn(mut ring: Vec<Vertex>) -> Result<Self, PlaceProblem> {
        ring.dedup();
        while ring.len() > 1 && ring.first() == ring.last() {
            ring.pop();
        }
        if ring.len() > MAX_VERTICES {
            return Err(PlaceProblem::TooManyVertices);
        }
        if ring.len() < 3 || has_two_places_only(&ring) {
            return Err(PlaceProblem::TooFewVertices);
        }
        Ok(Self { ring })
    }

    /// Whether the border crosses or touches itself, so that what is inside is a matter of opinion.
    pub fn crosses_itself(&self) -> bool {
        crosses_itself(&self.ring)
    }

    /// The corners in order, the first not repeated at the end.
    pub fn ring(&self) -> &[Vertex] {
        &self.ring
    }

    /// `[decimals][count][zigzag lat, lon of the first][zigzag differences to the corner before]`.
    pub fn encode(&self) -> Vec<u8> {
        let decimals = fewest_decimals(&self.ring);
        let mut bytes = vec![decimals];
        write_varint(&mut bytes, self.ring.len() as u64);
        let mut before = (0, 0);
        for vertex in &self.ring {
            let here = vertex.scaled(decimals);
            write_signed(&mut bytes, here.0 - before.0);
            write_signed(&mut bytes, here.1 - before.1);
            before = here;
        }
        bytes
    }

    /// Reads the canonical form of an area, also of one that crosses itself; `None` for anything else.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let decimals = read_decimals(&mut rest)?;
        let count = read_varint(&mut rest).filter(|count| *count <= MAX_VERTICES as u64)? as usize;
        let mut ring = Vec::with_capacity(count);
        let mut here = (0_i64, 0_i64);
        for _ in 0..count {
            here.0 = here.0.checked_add(read_signed(&mut rest)?)?;
            here.1 = here.1.checked_add(read_signed(&mut rest)?)?;
            ring.push(place_at(decimals, here.0, here.1)?);
        }
        let canonical = rest.is_empty() && decimals == fewest_decimals(&ring);
        let shape = canonical.then(|| Self::as_drawn(ring).ok())??;
        (shape.ring.len() == count).then_some(shape)
    }
}

fn has_two_places_only(ring: &[Vertex]) -> bool {
    // Neighbours differ already, so a third place is one that is neither of the first two.
    !ring.iter().any(|vertex| *vertex != ring[0] && *vertex != ring[1])
}

/// Whether any two sides meet elsewhere than at the corner that neighbours share.
fn crosses_itself(ring: &[Vertex]) -> bool {
    let count = ring.len();
    let side = |index: usize| (ring[index], ring[(index + 1) % count]);
    (0..count).any(|first| {
        let (a, b) = side(first);
        let (_, next) = side((first + 1) % count);
        turns_back(a, b, next)
            || (first + 2..count).any(|second| {
                let shares_first_corner = first == 0 && second == count - 1;
                let (c, d) = side(second);
                !shares_first_corner && sides_meet(a, b, c, d)
            })
    })
}

/// Whether the side `b`-`c` runs back over the side `a`-`b`.
fn turns_back(a: Vertex, b: Vertex, c: Vertex) -> bool {
    let along = i128::from(b.lat_e7) - i128::from(a.lat_e7);
    let along_lon = i128::from(b.lon_e7) - i128::from(a.lon_e7);
    let next = i128::from(c.lat_e7) - i128::from(b.lat_e7);
    let next_lon = i128::from(c.lon_e7) - i128::from(b.lon_e7);
    turn(a, b, c) == Ordering::Equal && along * next + along_lon * next_lon < 0
}

fn sides_meet(a: Vertex, b: Vertex, c: Vertex, d: Vertex) -> bool {
    if !boxes_meet(a, b, c, d) {
        return false;
    }
    let (abc, abd) = (turn(a, b, c), turn(a, b, d));
    let (cda, cdb) = (turn(c, d, a), turn(c, d, b));
    // With boxes that meet, sides on one line overlap, and otherwise each side must separate the ends of the other.
    let separates = |one: Ordering, other: Ordering| one != other || one == Ordering::Equal;
    separates(abc, abd) && separates(cda, cdb)
}

fn boxes_meet(a: Vertex, b: Vertex, c: Vertex, d: Vertex) -> bool {
    a.lat_e7.min(b.lat_e7) <= c.lat_e7.max(d.lat_e7)
        && c.lat_e7.min(d.lat_e7) <= a.lat_e7.max(b.lat_e7)
        && a.lon_e7.min(b.lon_e7) <= c.lon_e7.max(d.lon_e7)
        && c.lon_e7.min(d.lon_e7) <= a.lon_e7.max(b.lon_e7)
}

/// On which side of the line `a`-`b` the place `c` lies. Products reach 1.3 * 10^19, past an `i64`.
fn turn(a: Vertex, b: Vertex, c: Vertex) -> Ordering {
    let wide = |vertex: Vertex| (i128::from(vertex.lat_e7), i128::from(vertex.lon_e7));
    let ((a_lat, a_lon), (b_lat, b_lon), (c_lat, c_lon)) = (wide(a), wide(b), wide(c));
    ((b_lat - a_lat) * (c_lon - a_lon)).cmp(&((b_lon - a_lon) * (c_lat - a_lat)))
}

fn step_of(decimals: u8) -> i64 {
    10_i64.pow(u32::from(MAX_DECIMALS.saturating_sub(decimals)))
}

fn fewest_decimals(places: &[Vertex]) -> u8 {
    (0..MAX_DECIMALS)
        .find(|decimals| {
            let step = step_of(*decimals);
            places.iter().all(|place| {
                i64::from(place.lat_e7) % step == 0 && i64::from(place.lon_e7) % step == 0
            })
        })
        .unwrap_or(MAX_DECIMALS)
}

fn place_at(decimals: u8, lat: i64, lon: i64) -> Option<Vertex> {
    let step = step_of(decimals);
    Vertex::from_units(lat.checked_mul(step)?, lon.checked_mul(step)?).ok()
}

fn read_decimals(rest: &mut &[u8]) -> Option<u8> {
    let (decimals, after) = rest.split_first()?;
    *rest = after;
    (*decimals <= MAX_DECIMALS).then_some(*decimals)
}

fn write_varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn write_signed(bytes: &mut Vec<u8>, number: i64) {
    write_varint(bytes, ((number << 1) ^ (number >> 63)) as u64);
}

/// Reads one varint in its shortest form; `None` when it is cut short, too long or padded.
fn read_varint(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        let seven = u64::from(byte & 0x7f);
        if shift == 63 && seven > 1 {
            return None;
        }
        number |= seven << shift;
        if byte & 0x80 == 0 {
            let padded = *byte == 0 && shift > 0;
            return (!padded).then_some(number);
        }
    }
    None
}

fn read_signed(rest: &mut &[u8]) -> Option<i64> {
    let number = read_varint(rest)?;
    Some((number >> 1) as i64 ^ -((number & 1) as i64))
}

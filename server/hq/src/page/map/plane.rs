//! From degrees to a sheet of paper: a local equirectangular projection.
//!
//! Degrees of longitude are shortened by the cosine of the middle latitude, which over one region is off by less than
//! the width of a mark. Pure geometry: it knows no record and no SVG.

use std::fmt::{self, Display};

/// Metres in one degree of latitude, on a sphere of the Earth's mean radius.
pub(crate) const METRES_PER_DEGREE: f64 = 111_195.0;
/// Beyond these latitudes the projection says nothing any more.
const LAT_MAX: f64 = 85.0;
/// The smallest part of the Earth that is drawn, in degrees: some 30 m.
const SPAN_MIN: f64 = 0.0003;

/// A part of the Earth, in degrees. Never empty and never over the 180th meridian.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bounds {
    pub(crate) south: f64,
    pub(crate) west: f64,
    pub(crate) north: f64,
    pub(crate) east: f64,
}

impl Bounds {
    /// The least that holds all of these places (lat, lon); `None` without any.
    pub(crate) fn around(places: impl IntoIterator<Item = (f64, f64)>) -> Option<Self> {
        let mut places = places.into_iter();
        let (lat, lon) = places.next()?;
        let first = Self { south: lat, west: lon, north: lat, east: lon };
        Some(places.fold(first, |so_far, (lat, lon)| Self {
            south: so_far.south.min(lat),
            west: so_far.west.min(lon),
            north: so_far.north.max(lat),
            east: so_far.east.max(lon),
        }))
    }

    /// Reads `west,south,east,north`, the order of GeoJSON.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let numbers: Vec<f64> =
            text.split(',').map(|part| part.trim().parse().ok()).collect::<Option<_>>()?;
        let &[west, south, east, north] = numbers.as_slice() else { return None };
        let is_sound =
            numbers.iter().all(|number| number.is_finite()) && west < east && south < north;
        (is_sound && west >= -180.0 && east <= 180.0 && south >= -90.0 && north <= 90.0)
            .then(|| Self { south, west, north, east }.sound())
    }

    /// The same with room around it, and at least so many metres across.
    pub(crate) fn roomy(self, metres_min: f64) -> Self {
        let (lat, _) = self.middle();
        let high = ((self.north - self.south) * 1.16).max(metres_min / METRES_PER_DEGREE);
        let wide =
            ((self.east - self.west) * 1.16).max(metres_min / METRES_PER_DEGREE / shortening(lat));
        self.resized(high, wide)
    }

    /// The same place seen from further away (above 1) or closer.
    pub(crate) fn zoomed(self, factor: f64) -> Self {
        self.resized((self.north - self.south) * factor, (self.east - self.west) * factor)
    }

    /// The part of the Earth beside it, by shares of its own width and height.
    pub(crate) fn moved(self, north: f64, east: f64) -> Self {
        let (high, wide) = (self.north - self.south, self.east - self.west);
        let (lat, lon) = self.middle();
        let lat = (lat + north * high)
            .clamp(-LAT_MAX + high / 2.0, (LAT_MAX - high / 2.0).max(-LAT_MAX + high / 2.0));
        let lon = (lon + east * wide).clamp(-180.0 + wide / 2.0, 180.0 - wide / 2.0);
        Self {
            south: lat - high / 2.0,
            west: lon - wide / 2.0,
            north: lat + high / 2.0,
            east: lon + wide / 2.0,
        }
        .sound()
    }

    /// Metres from corner to corner.
    pub(crate) fn metres_across(self) -> f64 {
        let (lat, _) = self.middle();
        let wide = (self.east - self.west) * shortening(lat);
        (self.north - self.south).hypot(wide) * METRES_PER_DEGREE
    }

    /// How high it is on the ground for each metre that it is wide.
    pub(crate) fn steepness(self) -> f64 {
        let (lat, _) = self.middle();
        (self.north - self.south) / ((self.east - self.west) * shortening(lat))
    }

    /// Its middle (lat, lon).
    pub(crate) fn middle(self) -> (f64, f64) {
        (f64::midpoint(self.south, self.north), f64::midpoint(self.west, self.east))
    }

    fn resized(self, high: f64, wide: f64) -> Self {
        let (lat, lon) = self.middle();
        let (high, wide) = (high.clamp(SPAN_MIN, 2.0 * LAT_MAX), wide.clamp(SPAN_MIN, 360.0));
        Self {
            south: lat - high / 2.0,
            west: lon - wide / 2.0,
            north: lat + high / 2.0,
            east: lon + wide / 2.0,
        }
        .sound()
    }

    fn sound(self) -> Self {
        let south = self.south.clamp(-LAT_MAX, LAT_MAX - SPAN_MIN);
        let west = self.west.clamp(-180.0, 180.0 - SPAN_MIN);
        let north = self.north.clamp(south + SPAN_MIN, LAT_MAX);
        Self { south, west, north, east: self.east.clamp(west + SPAN_MIN, 180.0) }
    }
}

impl Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.5},{:.5},{:.5},{:.5}", self.west, self.south, self.east, self.north)
    }
}

/// A place on the sheet, in its units from the top left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Spot {
    pub(crate) x: f64,
    pub(crate) y: f64,
}

impl Spot {
    /// How far it is to another.
    pub(crate) fn to(self, other: Self) -> f64 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}

/// A length on the sheet, written with one decimal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Px(pub(crate) f64);

impl Display for Px {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Adding zero turns the negative zero of a rounded number into the usual one.
        write!(f, "{}", (self.0 * 10.0).round() / 10.0 + 0.0)
    }
}

/// The projection of one sheet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plane {
    pub(crate) width: f64,
    pub(crate) height: f64,
    view: Bounds,
    per_degree: f64,
    shortening: f64,
}

impl Plane {
    /// The sheet on which all of `bounds` is as large as it can be; what it shows beyond them is in [`Self::view`].
    pub(crate) fn fit(bounds: Bounds, width: f64, height: f64) -> Self {
        let (lat, lon) = bounds.middle();
        let shortening = shortening(lat);
        let by_height = height / (bounds.north - bounds.south);
        let by_width = width / ((bounds.east - bounds.west) * shortening);
        let per_degree = by_height.min(by_width);
        let (half_high, half_wide) =
            (height / per_degree / 2.0, width / per_degree / shortening / 2.0);
        let view = Bounds {
            south: lat - half_high,
            west: lon - half_wide,
            north: lat + half_high,
            east: lon + half_wide,
        };
        Self { width, height, view, per_degree, shortening }
    }

    /// What the sheet shows.
    pub(crate) fn view(&self) -> Bounds {
        self.view
    }

    /// Where a place is on the sheet; perhaps outside.
    pub(crate) fn spot(&self, lat: f64, lon: f64) -> Spot {
        Spot {
            x: (lon - self.view.west) * self.shortening * self.per_degree,
            y: (self.view.north - lat) * self.per_degree,
        }
    }

    /// Whether a spot is on the sheet, or at most so far from it.
    pub(crate) fn shows(&self, spot: Spot, margin: f64) -> bool {
        (-margin..=self.width + margin).contains(&spot.x)
            && (-margin..=self.height + margin).contains(&spot.y)
    }

    /// Metres on the ground for one unit of the sheet.
    pub(crate) fn metres_per_unit(&self) -> f64 {
        METRES_PER_DEGREE / self.per_degree
    }
}

fn shortening(lat: f64) -> f64 {
    lat.clamp(-LAT_MAX, LAT_MAX).to_radians().cos()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn karabakh() -> Bounds {
        Bounds { south: 39.2, west: 46.5, north: 40.2, east: 47.5 }
    }

    #[test]
    fn the_corners_of_what_is_shown_are_the_corners_of_the_sheet() {
        let plane = Plane::fit(karabakh(), 1000.0, 600.0);
        let view = plane.view();
        let (top_left, bottom_right) =
            (plane.spot(view.north, view.west), plane.spot(view.south, view.east));
        assert!(top_left.to(Spot { x: 0.0, y: 0.0 }) < 1e-6);
        assert!(bottom_right.to(Spot { x: 1000.0, y: 600.0 }) < 1e-6);
    }

    #[test]
    fn all_that_was_asked_for_is_on_the_sheet() {
        for (width, height) in [(1000.0, 600.0), (300.0, 900.0)] {
            let plane = Plane::fit(karabakh(), width, height);
            assert!(
                plane.shows(plane.spot(39.2, 46.5), 1e-6)
                    && plane.shows(plane.spot(40.2, 47.5), 1e-6)
            );
        }
    }

    #[test]
    fn a_kilometre_north_is_as_long_as_a_kilometre_east() {
        let plane = Plane::fit(karabakh(), 1000.0, 600.0);
        let here = plane.spot(39.7, 47.0);
        let north = plane.spot(39.7 + 1.0 / 111.195, 47.0);
        let east = plane.spot(39.7, 47.0 + 1.0 / 111.195 / 39.7_f64.to_radians().cos());
        assert!((here.to(north) - here.to(east)).abs() < 0.01);
        assert!((here.to(north) * plane.metres_per_unit() - 1000.0).abs() < 0.1);
    }

    #[test]
    fn a_half_typed_extent_is_no_extent() {
        for text in [
            "",
            "46",
            "46,39,47",
            "47,39,46,40",
            "a,b,c,d",
            "46,39,47,NaN",
            "46,39,47,91",
            "1,2,3,4,5",
        ] {
            assert_eq!(Bounds::parse(text), None, "{text}");
        }
        let view = karabakh().to_string();
        assert_eq!(Bounds::parse(&view), Some(karabakh()));
    }

    #[test]
    fn going_closer_and_further_for_ever_stays_on_the_globe() {
        let (mut close, mut far) = (karabakh(), karabakh());
        for _ in 0..100 {
            close = close.zoomed(0.5);
            far = far.zoomed(2.0).moved(1.0, 1.0);
        }
        assert!(close.north > close.south && close.east > close.west);
        assert!(
            far.north <= 85.0 && far.east <= 180.0 && far.south < far.north && far.west < far.east
        );
    }

    #[test]
    fn one_single_place_has_room_around_it() {
        let bounds = Bounds::around([(39.99, 46.93)]).unwrap().roomy(2_000.0);
        let plane = Plane::fit(bounds, 400.0, 300.0);
        assert!(plane.metres_per_unit() > 1.0);
        assert_eq!(Bounds::around([]), None);
    }
}

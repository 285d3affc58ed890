//! Where a record is: the point a map shows, every other place that stands, and the box around all of them.
//!
//! Positions that differ are both drawn, and a search near a place finds a record by any of them: which of two teams
//! was right about a hazard is not for a list to decide.

use super::roles::standing;
use crate::forms::Kind;
use crate::record::Fields;
use crate::value::{GridPlace as Place, Point, Scalar, Shape, grid_place as place};

/// A place as it stands in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Geometry {
    /// A position.
    Point(Point),
    /// An area.
    Area(Shape),
}

impl Geometry {
    /// The stored form of a document.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Point(point) => point.encode(),
            Self::Area(shape) => shape.encode(),
        }
    }

    fn bounds(&self) -> Bounds {
        match self {
            Self::Point(point) => Bounds::around([place(point.lat(), point.lon())]),
            Self::Area(shape) => {
                Bounds::around(shape.ring().iter().map(|vertex| place(vertex.lat(), vertex.lon())))
            }
        }
    }
}

/// A box in units of 10^-7 degrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) lat_min: i32,
    pub(crate) lat_max: i32,
    pub(crate) lon_min: i32,
    pub(crate) lon_max: i32,
}

impl Bounds {
    fn around(places: impl IntoIterator<Item = Place>) -> Self {
        let nothing =
            Self { lat_min: i32::MAX, lat_max: i32::MIN, lon_min: i32::MAX, lon_max: i32::MIN };
        places.into_iter().fold(nothing, |bounds, (lat, lon)| {
            bounds.and(Self { lat_min: lat, lat_max: lat, lon_min: lon, lon_max: lon })
        })
    }

    fn and(self, other: Self) -> Self {
        Self {
            lat_min: self.lat_min.min(other.lat_min),
            lat_max: self.lat_max.max(other.lat_max),
            lon_min: self.lon_min.min(other.lon_min),
            lon_max: self.lon_max.max(other.lon_max),
        }
    }

    fn middle(self) -> Place {
        let half = |low: i32, high: i32| ((i64::from(low) + i64::from(high)) / 2) as i32;
        (half(self.lat_min, self.lat_max), half(self.lon_min, self.lon_max))
    }
}

/// All places of a record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// Where a map puts its mark: the point that is shown as fact, or else the middle of the area.
    pub(crate) mark: Option<Place>,
    /// Every standing place, the ones that are shown first. Empty when the mark says it all.
    pub(crate) all: Vec<Geometry>,
    pub(crate) bounds: Option<Bounds>,
}

impl Places {
    pub(super) fn of(kind: &Kind, fields: &Fields) -> Self {
        let points = stand(kind, fields, kind.roles.point.as_deref(), |bytes| {
            Point::decode(bytes).map(Geometry::Point)
        });
        let areas = stand(kind, fields, kind.roles.shape.as_deref(), |bytes| {
            Shape::decode(bytes).map(Geometry::Area)
        });
        let shown = points.shown.as_ref().or(areas.shown.as_ref());
        let mark = shown.map(|geometry| geometry.bounds().middle());
        let all: Vec<Geometry> = points.all.into_iter().chain(areas.all).collect();
        let bounds = all.iter().map(Geometry::bounds).reduce(Bounds::and);
        let is_one_point = points.shown.is_some() && all.len() == 1;
        Self { mark, all: if is_one_point { Vec::new() } else { all }, bounds }
    }
}

#[derive(Default)]
struct Stand {
    shown: Option<Geometry>,
    all: Vec<Geometry>,
}

/// The places of one role. Bytes that are no place belong to a newer form and are passed over.
fn stand(
    kind: &Kind,
    fields: &Fields,
    role: Option<&str>,
    decode: impl Fn(&[u8]) -> Option<Geometry>,
) -> Stand {
    let Some(found) = role.and_then(|name| standing(kind, fields, name)) else {
        return Stand::default();
    };
    let read = |value: &Scalar| value.as_bytes().and_then(&decode);
    let shown = found.value().and_then(read);
    let others = found.values.iter().filter_map(read).filter(|other| Some(other) != shown.as_ref());
    let all = shown.iter().cloned().chain(others).collect();
    Stand { shown, all }
}

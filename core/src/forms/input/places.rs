//! Places in input: which of two numbers is the latitude is said by the form of the input and never guessed.

use serde_json::{Map, Value as Json};

use crate::forms::{Field, Problem};
use crate::value::{MAX_VERTICES, PlaceProblem, Point, Shape, Vertex};

impl Field {
    pub(crate) fn point_of(&self, object: &Map<String, Json>) -> Result<Point, Problem> {
        if let Some(coordinates) = geojson(object, "Point") {
            let vertex = coordinates
                .as_array()
                .and_then(|pair| geojson_position(pair))
                .ok_or_else(|| self.wrong_type())??;
            return Ok(Point::from_degrees(vertex.lat(), vertex.lon(), None)?);
        }
        let vertex = vertex_of(object)?.ok_or_else(|| self.wrong_type())?;
        let accuracy = match object.get("accuracy_m") {
            None | Some(Json::Null) => None,
            Some(number) => Some(number.as_f64().ok_or(Problem::Place(PlaceProblem::Accuracy))?),
        };
        Ok(Point::from_degrees(vertex.lat(), vertex.lon(), accuracy)?)
    }

    pub(crate) fn polygon_of(&self, object: &Map<String, Json>) -> Result<Shape, Problem> {
        let rings =
            geojson(object, "Polygon").and_then(Json::as_array).filter(|rings| rings.len() == 1);
        let ring = rings.and_then(|rings| rings[0].as_array()).ok_or_else(|| self.wrong_type())?;
        ring_of(ring, |item| {
            item.as_array()
                .and_then(|pair| geojson_position(pair))
                .unwrap_or_else(|| Err(self.wrong_type()))
        })
    }

    pub(crate) fn shape_typed(&self, text: &str) -> Result<Shape, Problem> {
        let corners: Vec<&str> =
            text.split([';', '\n']).map(str::trim).filter(|corner| !corner.is_empty()).collect();
        ring_of(&corners, |corner| {
            let point = point_typed(corner).ok_or_else(|| self.wrong_type())??;
            Ok(Vertex::from_degrees(point.lat(), point.lon())?)
        })
    }
}

pub(crate) fn ring_of<T>(
    corners: &[T],
    read: impl Fn(&T) -> Result<Vertex, Problem>,
) -> Result<Shape, Problem> {
    // Twice the limit leaves room for corners repeated in place, which the shape counts once.
    if corners.len() > 2 * MAX_VERTICES {
        return Err(PlaceProblem::TooManyVertices.into());
    }
    let ring: Result<Vec<Vertex>, Problem> = corners.iter().map(read).collect();
    Ok(Shape::new(ring?)?)
}

pub(crate) fn vertex_of(object: &Map<String, Json>) -> Result<Option<Vertex>, Problem> {
    let (Some(lat), Some(lon)) = (object.get("lat"), object.get("lon")) else { return Ok(None) };
    let (Some(lat), Some(lon)) = (lat.as_f64(), lon.as_f64()) else {
        return Err(PlaceProblem::NotANumber.into());
    };
    Ok(Some(Vertex::from_degrees(lat, lon)?))
}

fn geojson<'j>(object: &'j Map<String, Json>, geometry: &str) -> Option<&'j Json> {
    object
        .get("coordinates")
        .filter(|_| object.get("type").and_then(Json::as_str) == Some(geometry))
}

/// A GeoJSON position (RFC 7946): longitude first, an altitude ignored.
fn geojson_position(pair: &[Json]) -> Option<Result<Vertex, Problem>> {
    let (Some(lon), Some(lat)) = (pair.first()?.as_f64(), pair.get(1)?.as_f64()) else {
        return None;
    };
    Some(Vertex::from_degrees(lat, lon).map_err(Problem::from))
}

/// `lat,lon` or `lat,lon,accuracy`, also parted by spaces; `None` when it is not two or three plain numbers. Where
/// there is a comma, commas are what parts the numbers, so that `40,22 46,65` is never read as something else.
pub(crate) fn point_typed(text: &str) -> Option<Result<Point, Problem>> {
    let parts: Vec<&str> = match text.contains(',') {
        true => text.split(',').map(str::trim).collect(),
        false => text.split_whitespace().collect(),
    };
    let plain = |part: &&str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit() || b".+-".contains(&byte))
    };
    if !matches!(parts.len(), 2 | 3) || !parts.iter().all(plain) {
        return None;
    }
    let numbers: Vec<f64> = parts.iter().map(|part| part.parse()).collect::<Result<_, _>>().ok()?;
    Some(
        Point::from_degrees(numbers[0], numbers[1], numbers.get(2).copied()).map_err(Problem::from),
    )
}

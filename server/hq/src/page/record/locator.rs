//! The small map beside a record: its own places, all of them while they are contested, and what lies around.

use kahriz_core::forms::Lang;
use kahriz_core::query::{Near, Query, Sort};
use kahriz_core::value::{Point, Shape};
use kahriz_core::workspace::{RecordView, Standing, Workspace};

use crate::page::address::Address;
use crate::page::answer::{Problem, unreadable};
use crate::page::map::{Bounds, Mark, Patch, Plan, Sheet, marks_of, shade};

const SIZE: (f64, f64) = (440.0, 320.0);
const ROOM_METRES: f64 = 2_400.0;
const NEIGHBOURS_MAX: u32 = 80;

/// The sheet around a record; `None` if it has no place.
pub(crate) fn sheet(
    workspace: &Workspace,
    record: &RecordView,
    lang: Lang,
) -> Result<Option<Sheet>, Problem> {
    let (points, rings) = (points(record), rings(record));
    let corners = rings.iter().flatten().copied();
    let Some(around) = Bounds::around(points.iter().copied().chain(corners)) else {
        return Ok(None);
    };
    let bounds = around.roomy(ROOM_METRES);
    let (mut marks, mut patches) = neighbours(workspace, record, bounds, lang)?;
    let status = record.kind.roles.status.as_ref().and_then(|name| record.fields.get(name));
    let code = status.and_then(Standing::shown_value).and_then(|value| value.as_str());
    let shade = shade(&record.kind.name, code);
    let is_contested = points.len() > 1;
    let own = |(lat, lon): &(f64, f64)| Mark {
        lat: *lat,
        lon: *lon,
        shade,
        is_contested,
        is_here: true,
        title: record.human_id.clone(),
        address: Address::record(&record.id.to_uuid()),
        area: None,
        place: None,
    };
    marks.extend(points.iter().map(own));
    let is_contested = rings.len() > 1;
    patches.extend(rings.into_iter().map(|ring| Patch {
        ring,
        shade,
        is_contested,
        title: record.human_id.clone(),
        address: Address::record(&record.id.to_uuid()),
    }));
    let (map, list) = (Address::new("/map"), Address::new("/records"));
    let (width, height) = SIZE;
    Ok(Some(Sheet::draw(Plan {
        bounds,
        width,
        height,
        marks,
        patches,
        has_areas: false,
        map,
        list,
    })))
}

/// Every position that stands.
fn points(record: &RecordView) -> Vec<(f64, f64)> {
    let standing = record.kind.roles.point.as_ref().and_then(|name| record.fields.get(name));
    let opinions = standing.into_iter().flat_map(|standing| &standing.values);
    let points = opinions.filter_map(|opinion| Point::decode(opinion.value.as_bytes()?));
    points.map(|point| (point.lat(), point.lon())).collect()
}

/// Every border that stands.
fn rings(record: &RecordView) -> Vec<Vec<(f64, f64)>> {
    let standing = record.kind.roles.shape.as_ref().and_then(|name| record.fields.get(name));
    let opinions = standing.into_iter().flat_map(|standing| &standing.values);
    let shapes = opinions.filter_map(|opinion| Shape::decode(opinion.value.as_bytes()?));
    shapes
        .map(|shape| shape.ring().iter().map(|corner| (corner.lat(), corner.lon())).collect())
        .collect()
}

fn neighbours(
    workspace: &Workspace,
    record: &RecordView,
    bounds: Bounds,
    lang: Lang,
) -> Result<(Vec<Mark>, Vec<Patch>), Problem> {
    let (lat, lon) = bounds.middle();
    let near = Near { lat, lon, metres: bounds.metres_across() };
    let query = Query {
        near: Some(near),
        sort: Sort::Nearest,
        shapes: true,
        limit: NEIGHBOURS_MAX,
        ..Query::default()
    };
    let rows = workspace.list(&query).map_err(unreadable)?.rows;
    let (mut marks, mut patches) = (Vec::new(), Vec::new());
    for row in rows.into_iter().filter(|row| row.record != record.id) {
        let (of_row, patch) = marks_of(&row, lang);
        marks.extend(of_row);
        patches.extend(patch);
    }
    Ok((marks, patches))
}

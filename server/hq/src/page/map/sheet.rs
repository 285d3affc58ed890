//! One sheet of the map, ready to be written as SVG: places in degrees become marks, tints, names and lines.
//!
//! It asks nobody for anything: the land is a plain tint, and what is named on it are the areas and places that the
//! records name. Two marks that would cover each other become one that counts them.

use std::collections::BTreeMap;

use super::cluster;
use super::count::{Count, count};
use super::graticule::Graticule;
use super::hull::{hull, without_strays};
use super::label::{self, Name, Wish};
use super::plane::{Bounds, Plane, Px, Spot};
use super::scale::ScaleBar;
use crate::page::address::Address;

/// More marks than this on a sheet, and neighbours are gathered more widely.
const SPARSE: usize = 60;
/// How close marks come before they are one: while a sheet is sparse, and when it is not.
const REACH: (f64, f64) = (13.0, 46.0);
/// A border smaller than this on the sheet is left to its mark.
const PATCH_MIN: f64 = 5.0;
/// The most names of places on one sheet.
const PLACES_MAX: usize = 40;
/// The tints of areas, in turn.
const TINTS: [&str; 4] = ["t1", "t2", "t3", "t4"];

/// A record with a place.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    pub(crate) lat: f64,
    pub(crate) lon: f64,
    /// Which colour: a tone of danger, or a kind. The classes of a sheet sort in the order of its legend.
    pub(crate) shade: Shade,
    pub(crate) is_contested: bool,
    /// Whether the sheet is about this one: it stays alone and lies on top.
    pub(crate) is_here: bool,
    /// What it is, for whoever points at it.
    pub(crate) title: String,
    pub(crate) address: Address,
    pub(crate) area: Option<String>,
    pub(crate) place: Option<String>,
}

/// A record's area on the ground.
#[derive(Clone, Debug)]
pub(crate) struct Patch {
    pub(crate) ring: Vec<(f64, f64)>,
    pub(crate) shade: Shade,
    pub(crate) is_contested: bool,
    pub(crate) title: String,
    pub(crate) address: Address,
}

/// Colour and form of a mark; the order is the one in which marks matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Shade {
    /// Before others in a ring and in the legend.
    pub(crate) rank: u8,
    /// The class in the style sheet.
    pub(crate) class: &'static str,
    pub(crate) form: Form,
}

/// The form of a mark, which tells kinds apart where colours can't.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Form {
    /// Of a kind that warns of a danger.
    Triangle,
    /// Of the others, in turn.
    Circle,
    /// The second.
    House,
    /// The third.
    Diamond,
}

impl Form {
    /// The outline around (0, 0), some 14 units wide.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Triangle => "M0-8 7.6 5.4H-7.6Z",
            Self::Circle => "M-5.8 0a5.8 5.8 0 1 0 11.6 0a5.8 5.8 0 1 0-11.6 0Z",
            Self::House => "M0-7.2 6.6-1.4V5.6H-6.6V-1.4Z",
            Self::Diamond => "M0-7.4 7.4 0 0 7.4-7.4 0Z",
        }
    }
}

/// What goes on a sheet, and how it is to be drawn.
pub(crate) struct Plan {
    pub(crate) bounds: Bounds,
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) marks: Vec<Mark>,
    pub(crate) patches: Vec<Patch>,
    /// Whether the areas of records are tinted and named.
    pub(crate) has_areas: bool,
    /// The page of the map with its filters, which a count leads closer to.
    pub(crate) map: Address,
    /// The list with the same filters, for records that share one place.
    pub(crate) list: Address,
}

/// A drawn sheet.
pub(crate) struct Sheet {
    pub(crate) width: Px,
    pub(crate) height: Px,
    pub(crate) view: Bounds,
    pub(crate) tints: Vec<Tint>,
    pub(crate) graticule: Graticule,
    pub(crate) patches: Vec<DrawnPatch>,
    pub(crate) marks: Vec<DrawnMark>,
    pub(crate) counts: Vec<Count>,
    pub(crate) names: Vec<Name>,
    pub(crate) scale: ScaleBar,
}

/// The extent of one area's records.
pub(crate) struct Tint {
    pub(crate) path: String,
    pub(crate) class: &'static str,
}

/// A border on the sheet.
pub(crate) struct DrawnPatch {
    pub(crate) path: String,
    pub(crate) shade: Shade,
    pub(crate) is_contested: bool,
    pub(crate) title: String,
    pub(crate) address: Address,
}

/// A single mark.
pub(crate) struct DrawnMark {
    pub(crate) x: Px,
    pub(crate) y: Px,
    pub(crate) shade: Shade,
    pub(crate) is_contested: bool,
    pub(crate) is_here: bool,
    pub(crate) title: String,
    pub(crate) address: Address,
}

impl Sheet {
    /// Draws a plan.
    pub(crate) fn draw(plan: Plan) -> Self {
        let plane = Plane::fit(plan.bounds, plan.width, plan.height);
        let spots: Vec<Spot> =
            plan.marks.iter().map(|mark| plane.spot(mark.lat, mark.lon)).collect();
        let (marks, counts) = gather(&plan, &plane, &spots);
        let areas = if plan.has_areas {
            by_name(&plan.marks, &spots, |mark| mark.area.as_ref())
        } else {
            Vec::new()
        };
        let places = by_name(&plan.marks, &spots, |mark| mark.place.as_ref());
        let names = label::place(
            wishes(&areas, &places, &plane),
            taken(&marks, &counts),
            plane.width,
            plane.height,
        );
        Self {
            width: Px(plane.width),
            height: Px(plane.height),
            view: plane.view(),
            tints: areas
                .iter()
                .enumerate()
                .filter_map(|(turn, (_, members))| tint(members, turn))
                .collect(),
            graticule: Graticule::of(&plane),
            patches: plan
                .patches
                .into_iter()
                .filter_map(|patch| draw_patch(patch, &plane))
                .collect(),
            marks,
            counts,
            names,
            scale: ScaleBar::of(&plane),
        }
    }
}

fn gather(plan: &Plan, plane: &Plane, spots: &[Spot]) -> (Vec<DrawnMark>, Vec<Count>) {
    let seen = |index: &usize| plane.shows(spots[*index], 8.0);
    let (here, seen): (Vec<usize>, Vec<usize>) =
        (0..spots.len()).filter(seen).partition(|index| plan.marks[*index].is_here);
    let seen_spots: Vec<Spot> = seen.iter().map(|index| spots[*index]).collect();
    let reach = if seen.len() <= SPARSE { REACH.0 } else { REACH.1 };
    let (mut marks, mut counts) = (Vec::new(), Vec::new());
    for group in cluster::clusters(&seen_spots, reach) {
        let members: Vec<&Mark> = group.iter().map(|place| &plan.marks[seen[*place]]).collect();
        match members.as_slice() {
            [mark] => marks.push(draw_mark(mark, seen_spots[group[0]])),
            _ => counts.push(count(plan, plane, &members, cluster::middle(&group, &seen_spots))),
        }
    }
    // What is drawn last lies on top: the most dangerous.
    marks.sort_by_key(|mark| std::cmp::Reverse((mark.shade, !mark.is_contested)));
    marks.extend(here.into_iter().map(|index| draw_mark(&plan.marks[index], spots[index])));
    counts.sort_by_key(|count| count.number);
    (marks, counts)
}

fn draw_mark(mark: &Mark, spot: Spot) -> DrawnMark {
    DrawnMark {
        x: Px(spot.x),
        y: Px(spot.y),
        shade: mark.shade,
        is_contested: mark.is_contested,
        is_here: mark.is_here,
        title: mark.title.clone(),
        address: mark.address.clone(),
    }
}

fn draw_patch(patch: Patch, plane: &Plane) -> Option<DrawnPatch> {
    let spots: Vec<Spot> = patch.ring.iter().map(|(lat, lon)| plane.spot(*lat, *lon)).collect();
    let around = Bounds::around(spots.iter().map(|spot| (spot.y, spot.x)))?;
    let is_large = (around.east - around.west).max(around.north - around.south) >= PATCH_MIN;
    let is_seen = around.east >= 0.0
        && around.west <= plane.width
        && around.north >= 0.0
        && around.south <= plane.height;
    (is_large && is_seen).then(|| DrawnPatch {
        path: outline(&spots),
        shade: patch.shade,
        is_contested: patch.is_contested,
        title: patch.title,
        address: patch.address,
    })
}

fn outline(spots: &[Spot]) -> String {
    let corners: Vec<String> =
        spots.iter().map(|spot| format!("{} {}", Px(spot.x), Px(spot.y))).collect();
    format!("M{}Z", corners.join("L"))
}

/// The spots of all marks that name something, by that name; the most named first.
fn by_name<'m>(
    marks: &'m [Mark],
    spots: &[Spot],
    name: impl Fn(&'m Mark) -> Option<&'m String>,
) -> Vec<(&'m str, Vec<Spot>)> {
    let mut named: BTreeMap<&str, Vec<Spot>> = BTreeMap::new();
    for (mark, spot) in marks.iter().zip(spots) {
        if let Some(name) = name(mark) {
            named.entry(name).or_default().push(*spot);
        }
    }
    let mut named: Vec<_> = named.into_iter().collect();
    named.sort_by_key(|(_, spots)| std::cmp::Reverse(spots.len()));
    named
}

fn tint(members: &[Spot], turn: usize) -> Option<Tint> {
    let corners = hull(without_strays(members));
    (corners.len() >= 3).then(|| Tint { path: outline(&corners), class: TINTS[turn % TINTS.len()] })
}

/// Where marks are, no name is to lie.
fn taken(marks: &[DrawnMark], counts: &[Count]) -> Vec<label::Frame> {
    let of_mark = |mark: &DrawnMark| label::Frame::around(Spot { x: mark.x.0, y: mark.y.0 }, 7.0);
    let of_count =
        |count: &Count| label::Frame::around(Spot { x: count.x.0, y: count.y.0 }, count.rim.0);
    marks.iter().map(of_mark).chain(counts.iter().map(of_count)).collect()
}

/// Areas first, then the places that most records name.
fn wishes(areas: &[(&str, Vec<Spot>)], places: &[(&str, Vec<Spot>)], plane: &Plane) -> Vec<Wish> {
    let middle = |spots: &[Spot]| cluster::middle(&(0..spots.len()).collect::<Vec<_>>(), spots);
    let wish = |(name, spots): &(&str, Vec<Spot>), size, class| {
        let seen: Vec<Spot> =
            spots.iter().copied().filter(|spot| plane.shows(*spot, 0.0)).collect();
        (!seen.is_empty()).then(|| Wish {
            text: (*name).to_owned(),
            near: middle(&seen),
            or_at: ends(&seen),
            size,
            class,
        })
    };
    let areas = areas.iter().filter_map(|named| wish(named, 19.0, "area"));
    let places = places.iter().filter_map(|named| wish(named, 11.5, "place"));
    areas.chain(places.take(PLACES_MAX)).collect()
}

/// Above and below all of some spots, clear of their marks.
fn ends(spots: &[Spot]) -> Vec<Spot> {
    let Some(around) = Bounds::around(spots.iter().map(|spot| (spot.y, spot.x))) else {
        return Vec::new();
    };
    let x = f64::midpoint(around.west, around.east);
    [around.south - 30.0, around.north + 44.0, around.south - 62.0, around.north + 76.0]
        .map(|y| Spot { x, y })
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(lat: f64, lon: f64, class: &'static str) -> Mark {
        Mark {
            lat,
            lon,
            shade: Shade { rank: u8::from(class != "danger"), class, form: Form::Triangle },
            is_contested: false,
            is_here: false,
            title: "Şelli".to_owned(),
            address: Address::new("/records/1"),
            area: Some("Ağdam".to_owned()),
            place: None,
        }
    }

    fn plan(marks: Vec<Mark>) -> Plan {
        Plan {
            bounds: Bounds { south: 39.5, west: 46.5, north: 40.5, east: 47.5 },
            width: 1000.0,
            height: 640.0,
            marks,
            patches: Vec::new(),
            has_areas: true,
            map: Address::new("/map").with("kind", "landmine_incident"),
            list: Address::new("/records"),
        }
    }

    #[test]
    fn a_count_leads_closer_and_keeps_the_filters() {
        let sheet =
            Sheet::draw(plan(vec![mark(40.0, 47.0, "danger"), mark(40.004, 47.004, "safe")]));
        assert!(sheet.marks.is_empty());
        let address = sheet.counts[0].address.to_string();
        assert!(address.starts_with("/map?kind=landmine_incident&bbox=46.99"), "{address}");
        assert_eq!(
            sheet.counts[0].arcs.iter().map(|arc| arc.class).collect::<Vec<_>>(),
            ["danger", "safe"]
        );
    }

    #[test]
    fn records_at_one_place_lead_to_their_list() {
        let sheet = Sheet::draw(plan(vec![mark(40.0, 47.0, "danger"), mark(40.0, 47.0, "danger")]));
        assert_eq!(sheet.counts[0].address.to_string(), "/records?near=40.00000,47.00000,25");
    }

    #[test]
    fn what_lies_outside_the_sheet_is_not_drawn() {
        let sheet = Sheet::draw(plan(vec![mark(10.0, 10.0, "danger"), mark(40.0, 47.0, "danger")]));
        assert_eq!((sheet.marks.len(), sheet.counts.len()), (1, 0));
    }

    #[test]
    fn every_number_on_the_sheet_is_finite() {
        let sheet = Sheet::draw(plan(
            (0..200).map(|turn| mark(40.0 + f64::from(turn % 7) / 50.0, 47.0, "danger")).collect(),
        ));
        assert!(sheet.counts.iter().all(|count| count.x.0.is_finite() && count.y.0.is_finite()));
        assert!(sheet.tints.is_empty(), "records on one meridian have no extent");
        assert!(sheet.names.iter().any(|name| name.text == "Ağdam"));
    }
}

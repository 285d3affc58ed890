//! Several records in one mark: how many they are, the share of each shade, and the way closer to them.

use std::collections::BTreeMap;

use super::plane::{Bounds, Plane, Px, Spot};
use super::sheet::{Mark, Plan, Shade};
use crate::page::address::Address;

/// A part of the Earth smaller than this is not worth going closer: its records share one place.
const CLOSEST_METRES: f64 = 25.0;

/// Several records in one mark: a ring with the share of each shade, and their number.
pub(crate) struct Count {
    pub(crate) x: Px,
    pub(crate) y: Px,
    pub(crate) radius: Px,
    pub(crate) rim: Px,
    /// How far right and up of the middle its rim is.
    pub(crate) corner: Px,
    pub(crate) number: usize,
    pub(crate) contested: usize,
    pub(crate) arcs: Vec<Arc>,
    pub(crate) address: Address,
}

/// One shade's share of a ring: a path for a part, the whole ring without one.
pub(crate) struct Arc {
    pub(crate) class: &'static str,
    pub(crate) path: Option<String>,
}

/// Draws one mark for all of these.
pub(super) fn count(plan: &Plan, plane: &Plane, members: &[&Mark], at: Spot) -> Count {
    let radius = (9.0 + 2.6 * (members.len() as f64).sqrt()).min(30.0);
    let mut shares: BTreeMap<Shade, usize> = BTreeMap::new();
    for mark in members {
        *shares.entry(mark.shade).or_default() += 1;
    }
    Count {
        x: Px(at.x),
        y: Px(at.y),
        radius: Px(radius),
        rim: Px(radius + 4.5),
        corner: Px((radius + 3.0) * std::f64::consts::FRAC_1_SQRT_2),
        number: members.len(),
        contested: members.iter().filter(|mark| mark.is_contested).count(),
        arcs: ring(&shares, members.len(), radius),
        address: closer(plan, plane, members),
    }
}

/// Closer to what a count stands for; to the list, where going closer would not part it.
fn closer(plan: &Plan, plane: &Plane, members: &[&Mark]) -> Address {
    let around =
        Bounds::around(members.iter().map(|mark| (mark.lat, mark.lon))).unwrap_or(plan.bounds);
    let drawn = Plane::fit(around, 1.0, 1.0);
    let metres = drawn.metres_per_unit();
    if metres < CLOSEST_METRES || metres / plane.metres_per_unit() < 1.0 {
        let (lat, lon) = around.middle();
        return plan
            .list
            .clone()
            .with("near", format!("{lat:.5},{lon:.5},{}", metres.ceil().max(CLOSEST_METRES)));
    }
    plan.map.clone().with("bbox", around.roomy(CLOSEST_METRES * 4.0))
}

/// The ring of a count, from twelve o'clock, the most dangerous first.
fn ring(shares: &BTreeMap<Shade, usize>, total: usize, radius: f64) -> Vec<Arc> {
    if shares.len() == 1 {
        return shares.keys().map(|shade| Arc { class: shade.class, path: None }).collect();
    }
    let at = |share: f64| {
        let angle = (share - 0.25) * std::f64::consts::TAU;
        (Px(radius * angle.cos()), Px(radius * angle.sin()))
    };
    let mut begun = 0.0;
    let arc = |(shade, number): (&Shade, &usize)| {
        let share = *number as f64 / total as f64;
        let ((from_x, from_y), (to_x, to_y)) = (at(begun), at(begun + share));
        let is_large = u8::from(share > 0.5);
        begun += share;
        let radius = Px(radius);
        Arc {
            class: shade.class,
            path: Some(format!(
                "M{from_x} {from_y}A{radius} {radius} 0 {is_large} 1 {to_x} {to_y}"
            )),
        }
    };
    shares.iter().map(arc).collect()
}

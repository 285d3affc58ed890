//! The extent of an area's records, as a tint under them. It is where records are, and no border of anything.

use super::plane::Spot;

/// How much further than half of the spots a spot may be from their middle.
const FAR: f64 = 3.5;

/// The spots without those that lie far from all others: a record under the wrong area would stretch its tint over
/// half the sheet.
pub(crate) fn without_strays(spots: &[Spot]) -> Vec<Spot> {
    let middle = Spot {
        x: median(spots.iter().map(|spot| spot.x)),
        y: median(spots.iter().map(|spot| spot.y)),
    };
    let far = FAR * median(spots.iter().map(|spot| spot.to(middle)));
    spots.iter().copied().filter(|spot| spot.to(middle) <= far).collect()
}

fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}

/// The convex hull, counter-clockwise from the leftmost spot (Andrew's monotone chain); fewer than three corners when
/// the spots lie on one line.
pub(crate) fn hull(mut spots: Vec<Spot>) -> Vec<Spot> {
    spots.sort_by(|one, other| one.x.total_cmp(&other.x).then(one.y.total_cmp(&other.y)));
    spots.dedup();
    if spots.len() < 3 {
        return spots;
    }
    let mut corners = half(spots.iter().copied());
    corners.pop();
    corners.extend(half(spots.iter().rev().copied()));
    corners.pop();
    corners
}

fn half(spots: impl Iterator<Item = Spot>) -> Vec<Spot> {
    let mut corners: Vec<Spot> = Vec::new();
    for spot in spots {
        while let [.., before, last] = corners.as_slice() {
            if turn(*before, *last, spot) > 0.0 {
                break;
            }
            corners.pop();
        }
        corners.push(spot);
    }
    corners
}

/// Positive for a left turn at `at`.
fn turn(from: Spot, at: Spot, to: Spot) -> f64 {
    (at.x - from.x) * (to.y - from.y) - (at.y - from.y) * (to.x - from.x)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(x: f64, y: f64) -> Spot {
        Spot { x, y }
    }

    #[test]
    fn the_tint_goes_around_the_outermost_records() {
        let corners = hull(vec![
            spot(0.0, 0.0),
            spot(4.0, 0.0),
            spot(2.0, 1.0),
            spot(4.0, 4.0),
            spot(0.0, 4.0),
            spot(2.0, 0.0),
        ]);
        assert_eq!(corners, vec![spot(0.0, 0.0), spot(4.0, 0.0), spot(4.0, 4.0), spot(0.0, 4.0)]);
    }

    #[test]
    fn one_record_under_the_wrong_area_does_not_stretch_its_tint() {
        let mut spots: Vec<Spot> =
            (0..20).map(|turn| spot(f64::from(turn % 5), f64::from(turn / 5))).collect();
        spots.push(spot(400.0, 900.0));
        assert_eq!(without_strays(&spots).len(), 20);
    }

    #[test]
    fn records_on_one_line_have_no_inside() {
        assert_eq!(hull(vec![spot(0.0, 0.0), spot(1.0, 1.0), spot(2.0, 2.0)]).len(), 2);
        assert_eq!(hull(vec![spot(1.0, 1.0), spot(1.0, 1.0)]).len(), 1);
        assert!(hull(Vec::new()).is_empty());
    }
}

//! Marks that would cover each other become one, which says how many they are.

use std::collections::BTreeMap;

use super::plane::Spot;

/// Groups of the given spots, by their index: each spot is in exactly one, and no two groups' middles are closer than
/// half the reach unless a third lies between. A grid finds them, so that a hundred thousand cost no more than
/// sorting does.
pub(crate) fn clusters(spots: &[Spot], reach: f64) -> Vec<Vec<usize>> {
    let mut cells: BTreeMap<(i64, i64), Vec<usize>> = BTreeMap::new();
    for (index, spot) in spots.iter().enumerate() {
        cells
            .entry(((spot.x / reach).floor() as i64, (spot.y / reach).floor() as i64))
            .or_default()
            .push(index);
    }
    let mut order: Vec<(i64, i64)> = cells.keys().copied().collect();
    order.sort_by_key(|cell| (std::cmp::Reverse(cells[cell].len()), *cell));
    let mut groups = Vec::new();
    for cell in order {
        let Some(mut group) = cells.remove(&cell) else { continue };
        absorb_neighbours(&mut group, cell, &mut cells, spots, reach);
        group.sort_unstable();
        groups.push(group);
    }
    groups
}

/// Takes in the spots of the eight cells around whose middle is within reach of the group's.
fn absorb_neighbours(
    group: &mut Vec<usize>,
    (column, row): (i64, i64),
    cells: &mut BTreeMap<(i64, i64), Vec<usize>>,
    spots: &[Spot],
    reach: f64,
) {
    let centre = middle(group, spots);
    for neighbour in
        (-1..=1).flat_map(|across| (-1..=1).map(move |down| (column + across, row + down)))
    {
        let is_near =
            cells.get(&neighbour).is_some_and(|members| middle(members, spots).to(centre) < reach);
        if is_near {
            group.extend(cells.remove(&neighbour).unwrap_or_default());
        }
    }
}

/// The middle of some of the spots.
pub(crate) fn middle(members: &[usize], spots: &[Spot]) -> Spot {
    let count = members.len().max(1) as f64;
    let sum = members.iter().fold(Spot::default(), |sum, index| Spot {
        x: sum.x + spots[*index].x,
        y: sum.y + spots[*index].y,
    });
    Spot { x: sum.x / count, y: sum.y / count }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spots() -> Vec<Spot> {
        (0..400)
            .map(|index| Spot { x: f64::from(index * 37 % 211), y: f64::from(index * 53 % 173) })
            .collect()
    }

    #[test]
    fn no_record_is_lost_or_counted_twice() {
        let mut members: Vec<usize> = clusters(&spots(), 30.0).into_iter().flatten().collect();
        members.sort_unstable();
        assert_eq!(members, (0..400).collect::<Vec<_>>());
    }

    #[test]
    fn marks_on_both_sides_of_a_grid_line_are_one() {
        let pair = [Spot { x: 29.0, y: 10.0 }, Spot { x: 31.0, y: 10.0 }];
        assert_eq!(clusters(&pair, 30.0), vec![vec![0, 1]]);
    }

    #[test]
    fn marks_far_apart_stay_alone() {
        let pair = [Spot { x: 0.0, y: 0.0 }, Spot { x: 300.0, y: 0.0 }];
        assert_eq!(clusters(&pair, 30.0).len(), 2);
    }
}

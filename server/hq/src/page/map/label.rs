//! Names on the sheet, where there is room for them: the ones that matter most first, and none over another.

use super::plane::{Px, Spot};

/// A name that would like to be near a spot.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) text: String,
    pub(crate) near: Spot,
    /// Where else it may stand if there is no room near it, in order.
    pub(crate) or_at: Vec<Spot>,
    /// The height of its letters in units of the sheet.
    pub(crate) size: f64,
    /// The class in the style sheet.
    pub(crate) class: &'static str,
}

/// A name in its place; the spot is the middle of its baseline.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) x: Px,
    pub(crate) y: Px,
    pub(crate) class: &'static str,
}

/// A part of the sheet that is taken.
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Frame {
    /// The square around a round mark.
    pub(crate) fn around(spot: Spot, radius: f64) -> Self {
        Self {
            left: spot.x - radius,
            top: spot.y - radius,
            right: spot.x + radius,
            bottom: spot.y + radius,
        }
    }

    fn meets(self, other: Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }
}

/// Places names in the order of the wishes on a sheet of this size, beside what is taken already.
pub(crate) fn place(
    wishes: Vec<Wish>,
    mut taken: Vec<Frame>,
    width: f64,
    height: f64,
) -> Vec<Name> {
    let mut names = Vec::new();
    for wish in wishes {
        let free = candidates(&wish).into_iter().find(|(_, frame)| {
            let is_inside = frame.left > 4.0
                && frame.top > 4.0
                && frame.right < width - 4.0
                && frame.bottom < height - 4.0;
            is_inside && !taken.iter().any(|other| other.meets(*frame))
        });
        let Some((spot, frame)) = free else { continue };
        taken.push(frame);
        names.push(Name { text: wish.text, x: Px(spot.x), y: Px(spot.y), class: wish.class });
    }
    names
}

/// On the spot, then around it, further and further away.
fn candidates(wish: &Wish) -> Vec<(Spot, Frame)> {
    // Letters are some 0.6 of their height wide on average; capitals set apart take more.
    let half = wish.text.chars().count() as f64 * wish.size * 0.33;
    let beside = half + wish.size;
    let shifts = [
        (0.0, 0.35),
        (0.0, 1.6),
        (0.0, -1.1),
        (1.0, 0.35),
        (-1.0, 0.35),
        (0.0, 2.6),
        (0.0, -2.1),
        (0.6, 2.0),
        (-0.6, 2.0),
        (0.0, 3.6),
        (0.0, -3.1),
    ];
    let at = |(across, down): (f64, f64)| {
        let spot = Spot { x: wish.near.x + across * beside, y: wish.near.y + down * wish.size };
        let frame = Frame {
            left: spot.x - half,
            top: spot.y - wish.size,
            right: spot.x + half,
            bottom: spot.y + wish.size * 0.35,
        };
        (spot, frame)
    };
    let or_at = wish
        .or_at
        .iter()
        .map(|spot| ((spot.x - wish.near.x) / beside, (spot.y - wish.near.y) / wish.size));
    shifts.into_iter().chain(or_at).map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(text: &str, x: f64) -> Wish {
        Wish {
            text: text.to_owned(),
            near: Spot { x, y: 100.0 },
            or_at: Vec::new(),
            size: 12.0,
            class: "place",
        }
    }

    #[test]
    fn of_two_names_at_one_place_both_are_read_while_there_is_room() {
        let names = place((0..29).map(|_| wish("Şuşa", 100.0)).collect(), Vec::new(), 200.0, 200.0);
        assert!((2..29).contains(&names.len()));
        for (turn, name) in names.iter().enumerate() {
            let clear = |other: &Name| {
                (name.y.0 - other.y.0).abs() >= 12.0 || (name.x.0 - other.x.0).abs() >= 24.0
            };
            assert!(names[..turn].iter().all(clear));
        }
    }

    #[test]
    fn no_name_lies_on_a_mark() {
        let mark = Frame::around(Spot { x: 100.0, y: 100.0 }, 20.0);
        let names = place(vec![wish("Şuşa", 100.0)], vec![mark], 200.0, 200.0);
        assert!((names[0].y.0 - 100.0).abs() > 20.0 || (names[0].x.0 - 100.0).abs() > 20.0);
    }

    #[test]
    fn no_name_runs_over_the_edge() {
        assert!(place(vec![wish("Ağdam", -60.0)], Vec::new(), 200.0, 200.0).is_empty());
    }
}

//! What frames a sheet: the neatline with its dashes from line to line of the graticule, and where the scale bar and
//! the compass stand.

use super::graticule::GridLine;
use super::plane::Px;
use super::sheet::Sheet;

/// How wide the dashed frame is.
const FRAME: f64 = 7.0;
/// Room for the labels of the graticule, above and to the left, and for the frame's edge on the other sides.
const ROOM: (f64, f64, f64) = (26.0, 22.0, 10.0);

impl Sheet {
    /// The width with frame and labels.
    pub(crate) fn full_width(&self) -> Px {
        Px(self.width.0 + ROOM.0 + ROOM.2)
    }

    /// The height with frame and labels.
    pub(crate) fn full_height(&self) -> Px {
        Px(self.height.0 + ROOM.1 + ROOM.2)
    }

    /// The width with the frame.
    pub(crate) fn outer_width(&self) -> Px {
        Px(self.width.0 + 2.0 * FRAME)
    }

    /// The height with the frame.
    pub(crate) fn outer_height(&self) -> Px {
        Px(self.height.0 + 2.0 * FRAME)
    }

    /// Where the scale bar stands.
    pub(crate) fn scale_top(&self) -> Px {
        Px(self.height.0 - 26.0)
    }

    /// How wide the ground under the scale bar is: the bar and its last label.
    pub(crate) fn scale_width(&self) -> Px {
        Px(self.scale.part.0 * 4.0 + 38.0)
    }

    /// Where the compass stands.
    pub(crate) fn compass_left(&self) -> Px {
        Px(self.width.0 - 26.0)
    }

    /// The dark dashes of the frame: left, top, width, height.
    pub(crate) fn dashes(&self) -> Vec<(Px, Px, Px, Px)> {
        let across = dark(&self.graticule.meridians, self.width.0);
        let down = dark(&self.graticule.parallels, self.height.0);
        let (frame, right, bottom) = (Px(FRAME), self.width, self.height);
        let top_and_bottom = across.into_iter().flat_map(|(from, length)| {
            [(Px(from), Px(-FRAME), Px(length), frame), (Px(from), bottom, Px(length), frame)]
        });
        let left_and_right = down.into_iter().flat_map(|(from, length)| {
            [(Px(-FRAME), Px(from), frame, Px(length)), (right, Px(from), frame, Px(length))]
        });
        top_and_bottom.chain(left_and_right).collect()
    }
}

/// Every second stretch between an edge, the lines and the other edge: where it begins and how long it is.
fn dark(lines: &[GridLine], length: f64) -> Vec<(f64, f64)> {
    let mut stops: Vec<f64> =
        lines.iter().map(|line| line.at.0.clamp(0.0, length)).chain([0.0, length]).collect();
    stops.sort_by(f64::total_cmp);
    stops.windows(2).step_by(2).map(|stretch| (stretch[0], stretch[1] - stretch[0])).collect()
}

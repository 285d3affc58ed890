//! The scale bar: a round length in metres or kilometres, in four parts.

use super::plane::{Plane, Px};

/// The share of the sheet's width that the bar may take.
const SHARE_MAX: f64 = 0.24;

/// A scale bar.
#[derive(Clone, Debug)]
pub(crate) struct ScaleBar {
    /// Where its four parts begin, from its own beginning, each with whether it is a dark one.
    pub(crate) parts: Vec<(Px, bool)>,
    /// How long one part is.
    pub(crate) part: Px,
    /// Labels and where they stand: the beginning, the middle, and the end with the unit.
    pub(crate) labels: Vec<(Px, String)>,
}

impl ScaleBar {
    /// The longest round bar that fits.
    pub(crate) fn of(plane: &Plane) -> Self {
        let metres = round_below(plane.width * SHARE_MAX * plane.metres_per_unit());
        let length = metres / plane.metres_per_unit();
        let part = length / 4.0;
        let (divisor, unit) = if metres >= 1_000.0 { (1_000.0, "km") } else { (1.0, "m") };
        let labels = vec![
            (Px(0.0), "0".to_owned()),
            (Px(length / 2.0), (metres / divisor / 2.0).to_string()),
            (Px(length), format!("{} {unit}", metres / divisor)),
        ];
        let parts = (0..4).map(|count| (Px(part * f64::from(count)), count % 2 == 0)).collect();
        Self { parts, part: Px(part), labels }
    }
}

/// The largest of 1, 2 and 5 times a power of ten that is not above a length.
fn round_below(metres: f64) -> f64 {
    let power = 10_f64.powf(metres.max(1.0).log10().floor());
    let factor = [5.0, 2.0, 1.0].into_iter().find(|factor| factor * power <= metres).unwrap_or(1.0);
    factor * power
}

#[cfg(test)]
mod tests {
    use super::super::plane::Bounds;
    use super::*;

    #[test]
    fn the_bar_is_a_round_length_and_fits_the_sheet() {
        for span in [0.001, 0.03, 0.4, 5.0, 60.0] {
            let bounds =
                Bounds { south: 40.0, west: 46.0, north: 40.0 + span / 2.0, east: 46.0 + span };
            let plane = Plane::fit(bounds, 1000.0, 640.0);
            let bar = ScaleBar::of(&plane);
            assert!((60.0..=240.0).contains(&(bar.part.0 * 4.0)), "{span}");
        }
        assert!((round_below(4_900.0) - 2_000.0).abs() < 1e-6);
        assert!((round_below(1_000.0) - 1_000.0).abs() < 1e-6);
    }
}

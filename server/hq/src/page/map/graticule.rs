//! Meridians and parallels at round numbers, with their labels.

use super::plane::{Plane, Px};

/// Distances between lines that a person reads easily, in seconds of arc.
const STEPS: [i64; 17] =
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 18_000, 36_000, 108_000];
/// How far apart on the sheet two lines should be at least.
const APART_MIN: f64 = 92.0;

/// One meridian or parallel.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct GridLine {
    /// Where it crosses the sheet: x of a meridian, y of a parallel.
    pub(crate) at: Px,
    /// As `39°45′N`.
    pub(crate) label: String,
}

/// The lines of one sheet.
#[derive(Clone, Debug)]
pub(crate) struct Graticule {
    pub(crate) meridians: Vec<GridLine>,
    pub(crate) parallels: Vec<GridLine>,
}

impl Graticule {
    /// The lines that a sheet shows.
    pub(crate) fn of(plane: &Plane) -> Self {
        let view = plane.view();
        let degrees_min = APART_MIN * plane.metres_per_unit() / super::plane::METRES_PER_DEGREE;
        let step = STEPS
            .into_iter()
            .find(|step| *step as f64 / 3_600.0 >= degrees_min)
            .unwrap_or(STEPS[STEPS.len() - 1]);
        let meridian = |seconds: i64| GridLine {
            at: Px(plane.spot(view.south, seconds as f64 / 3_600.0).x),
            label: label(seconds, step, 'E', 'W'),
        };
        let parallel = |seconds: i64| GridLine {
            at: Px(plane.spot(seconds as f64 / 3_600.0, view.west).y),
            label: label(seconds, step, 'N', 'S'),
        };
        Self {
            meridians: between(view.west, view.east, step).map(meridian).collect(),
            parallels: between(view.south, view.north, step).map(parallel).collect(),
        }
    }
}

/// The multiples of a step between two numbers of degrees, in seconds.
fn between(from: f64, to: f64, step: i64) -> impl Iterator<Item = i64> {
    let first = (from * 3_600.0 / step as f64).ceil() as i64;
    let last = (to * 3_600.0 / step as f64).floor() as i64;
    (first..=last).map(move |count| count * step)
}

/// Degrees, with minutes and seconds only if the step between lines has some.
fn label(seconds: i64, step: i64, positive: char, negative: char) -> String {
    let side = match seconds.signum() {
        0 => String::new(),
        1 => positive.to_string(),
        _ => negative.to_string(),
    };
    let (degrees, minutes, rest) =
        (seconds.abs() / 3_600, seconds.abs() / 60 % 60, seconds.abs() % 60);
    match (step % 3_600, step % 60) {
        (0, _) => format!("{degrees}°{side}"),
        (_, 0) => format!("{degrees}°{minutes:02}′{side}"),
        (_, _) => format!("{degrees}°{minutes:02}′{rest:02}″{side}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::plane::Bounds;
    use super::*;

    #[test]
    fn lines_stand_at_round_numbers_and_not_too_close() {
        for span in [0.001, 0.01, 0.1, 1.0, 10.0, 100.0] {
            let bounds = Bounds {
                south: 39.7 - span / 4.0,
                west: 46.9 - span / 2.0,
                north: 39.7 + span / 4.0,
                east: 46.9 + span / 2.0,
            };
            let lines = Graticule::of(&Plane::fit(bounds, 1000.0, 640.0)).meridians;
            assert!((2..=14).contains(&lines.len()), "{span}: {}", lines.len());
            assert!(lines.windows(2).all(|pair| pair[1].at.0 - pair[0].at.0 > 60.0), "{span}");
        }
    }

    #[test]
    fn labels_say_no_more_than_the_step_does() {
        assert_eq!(label(143_100, 900, 'N', 'S'), "39°45′N");
        assert_eq!(label(144_000, 3_600, 'N', 'S'), "40°N");
        assert_eq!(label(-36_005, 5, 'E', 'W'), "10°00′05″W");
        assert_eq!(label(0, 3_600, 'E', 'W'), "0°");
    }
}

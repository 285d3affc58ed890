//! Moments as this page writes them: in UTC, in the ISO order that nobody reads wrongly.
//!
//! Every moment here is what some device's clock claimed. The page says so and never orders or decides by it.

/// `2026-05-03 14:22`, in UTC; nothing for a moment outside the years 0 to 9999.
pub(crate) fn minute(ms: i64) -> String {
    let Some((days, second)) = split(ms) else { return String::new() };
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}", second / 3_600, second % 3_600 / 60)
}

/// The same for a `datetime` attribute: `2026-05-03T14:22:07Z`.
pub(crate) fn machine(ms: i64) -> String {
    let Some((days, second)) = split(ms) else { return String::new() };
    let (year, month, day) = civil(days);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        second / 3_600,
        second % 3_600 / 60,
        second % 60
    )
}

/// Days since 1970 and the second of the day, for the years that four digits can say.
fn split(ms: i64) -> Option<(i64, i64)> {
    const FIRST_DAY: i64 = -719_528;
    const LAST_DAY: i64 = 2_932_896;
    let seconds = ms.div_euclid(1_000);
    let days = seconds.div_euclid(86_400);
    (FIRST_DAY..=LAST_DAY).contains(&days).then_some((days, seconds.rem_euclid(86_400)))
}

/// Year, month and day in the Gregorian calendar, after Howard Hinnant's `civil_from_days`: years start in March, so
/// that the leap day is the last of its year.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_before_and_after_1970_are_read_right() {
        assert_eq!(minute(0), "1970-01-01 00:00");
        assert_eq!(minute(-1), "1969-12-31 23:59");
        assert_eq!(machine(1_709_164_799_000), "2024-02-28T23:59:59Z");
        assert_eq!(minute(1_709_164_800_000), "2024-02-29 00:00");
        assert_eq!(minute(951_782_400_000), "2000-02-29 00:00");
    }

    #[test]
    fn a_clock_that_claims_nonsense_is_not_shown_as_a_date() {
        assert_eq!(minute(i64::MAX), "");
        assert_eq!(machine(i64::MIN), "");
    }
}

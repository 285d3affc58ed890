//! Moments as people read them, in UTC: this program knows no time zones.

const DAY_S: i64 = 86_400;

/// `2025-06-30 14:05 UTC`, from milliseconds since 1970.
pub(crate) fn written(ms: i64) -> String {
    let seconds = ms.div_euclid(1_000);
    let (days, of_day) = (seconds.div_euclid(DAY_S), seconds.rem_euclid(DAY_S));
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02} UTC", of_day / 3_600, of_day % 3_600 / 60)
}

/// Year, month and day of the days since 1970 in the proleptic Gregorian calendar: Howard Hinnant's
/// `civil_from_days`, which counts years from March so that the leap day is the last.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_people_read_them() {
        assert_eq!(written(0), "1970-01-01 00:00 UTC");
        assert_eq!(written(951_782_400_000 + 3_660_000), "2000-02-29 01:01 UTC");
        assert_eq!(written(1_751_292_300_000), "2025-06-30 14:05 UTC");
        assert_eq!(written(-1), "1969-12-31 23:59 UTC");
    }
}

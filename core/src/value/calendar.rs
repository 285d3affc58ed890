//! Days, months and years as people know them, and moments as machines write them.
//!
//! A date may be partial: a year, or a year and a month, and it is never completed by guessing. Comparison is
//! therefore by what is certain: "1991" is neither before nor after "1991-02". Moments keep the exact text they came
//! with, so that the offset in which an officer wrote them is not lost.

use std::fmt;

/// The years a date may have. Older and later ones are slips of the keyboard.
const YEARS: std::ops::RangeInclusive<u16> = 1800..=2200;

/// A year, a year and month, or a full day of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartialDate {
    year: u16,
    month: Option<u8>,
    day: Option<u8>,
}

/// Why a text is not a date or a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DateProblem {
    /// The text is not of the form of a date.
    #[error("write a date as year, year-month or year-month-day: 1991, 1991-02 or 1991-02-28")]
    NotADate,
    /// The year is outside what a record can be about.
    #[error("the year must be between 1800 and 2200")]
    Year,
    /// There is no such month.
    #[error("the month must be between 01 and 12")]
    Month,
    /// The month has no such day, as 31 February.
    #[error("that month has no such day")]
    Day,
    /// The text is not of the form of a moment.
    #[error(
        "write a time as date, time and offset: 2024-05-01T14:30:00+04:00 or 2024-05-01T10:30:00Z"
    )]
    NotAMoment,
}

impl PartialDate {
    /// A date of the given precision. A day needs a month.
    pub fn new(year: u16, month: Option<u8>, day: Option<u8>) -> Result<Self, DateProblem> {
        if !YEARS.contains(&year) {
            return Err(DateProblem::Year);
        }
        let longest = match (month, day) {
            (None, Some(_)) => return Err(DateProblem::NotADate),
            (None, None) => 0,
            (Some(1..=12), _) => days_in(year, month.unwrap_or(1)),
            (Some(_), _) => return Err(DateProblem::Month),
        };
        if day.is_some_and(|day| day == 0 || day > longest) {
            return Err(DateProblem::Day);
        }
        Ok(Self { year, month, day })
    }

    /// Reads `1991`, `1991-02` or `1991-02-28`; nothing else, so that equal dates are equal texts.
    pub fn parse(text: &str) -> Result<Self, DateProblem> {
        let bytes = text.as_bytes();
        let dashes_stand = bytes.get(4).is_none_or(|byte| *byte == b'-')
            && bytes.get(7).is_none_or(|byte| *byte == b'-');
        if !matches!(bytes.len(), 4 | 7 | 10) || !dashes_stand {
            return Err(DateProblem::NotADate);
        }
        let year = digits(bytes, 0, 4).ok_or(DateProblem::NotADate)?;
        let part = |at: usize| match bytes.len() > at {
            true => {
                digits(bytes, at, 2).map(|number| Some(number as u8)).ok_or(DateProblem::NotADate)
            }
            false => Ok(None),
        };
        Self::new(year, part(5)?, part(8)?)
    }

    /// The year.
    pub fn year(&self) -> u16 {
        self.year
    }

    /// The month, 1 to 12, when known.
    pub fn month(&self) -> Option<u8> {
        self.month
    }

    /// The day of the month, when known.
    pub fn day(&self) -> Option<u8> {
        self.day
    }

    /// Whether year, month and day are all known.
    pub fn is_full(&self) -> bool {
        self.day.is_some()
    }

    /// The earliest day this date can mean.
    pub fn first_day(&self) -> Self {
        Self {
            year: self.year,
            month: Some(self.month.unwrap_or(1)),
            day: Some(self.day.unwrap_or(1)),
        }
    }

    /// The latest day this date can mean.
    pub fn last_day(&self) -> Self {
        let month = self.month.unwrap_or(12);
        Self {
            year: self.year,
            month: Some(month),
            day: Some(self.day.unwrap_or(days_in(self.year, month))),
        }
    }

    /// Whether every day this date can mean is after every day the other can mean.
    pub fn is_surely_after(&self, other: &Self) -> bool {
        self.first_day() > other.last_day()
    }

    /// The whole date of a day, by days since 1970-01-01; `None` outside the years that a date may have.
    pub fn of_day_number(days: i64) -> Option<Self> {
        let (year, month, day) = civil_from_days(days);
        let (month, day) = (u8::try_from(month).ok()?, u8::try_from(day).ok()?);
        Self::new(u16::try_from(year).ok()?, Some(month), Some(day)).ok()
    }

    /// Days since 1970-01-01 of the earliest day this date can mean.
    pub fn first_day_number(&self) -> i64 {
        days_from_civil(
            i64::from(self.year),
            i64::from(self.month.unwrap_or(1)),
            i64::from(self.day.unwrap_or(1)),
        )
    }

    /// Days since 1970-01-01 of the latest day this date can mean.
    pub fn last_day_number(&self) -> i64 {
        self.last_day().first_day_number()
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:04}", self.year)?;
        if let Some(month) = self.month {
            write!(out, "-{month:02}")?;
        }
        if let Some(day) = self.day {
            write!(out, "-{day:02}")?;
        }
        Ok(())
    }
}

/// A moment as RFC 3339 writes it, kept exactly as it was given.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DateTime(String);

impl DateTime {
    /// Reads an RFC 3339 text. Its date must be a real day of the years 1800 to 2200; second 60 is allowed.
    pub fn parse(text: &str) -> Result<Self, DateProblem> {
        read_moment(text).map(|_| Self(text.to_owned()))
    }

    /// The text as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The day on the calendar of the place where it was written.
    pub fn local_date(&self) -> Option<PartialDate> {
        self.0.get(..10).and_then(|date| PartialDate::parse(date).ok())
    }

    /// Seconds since 1970-01-01T00:00:00Z, fractions cut off.
    pub fn unix_seconds(&self) -> i64 {
        read_moment(&self.0).unwrap_or(0)
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// RFC 3339, section 5.6: `date "T" hh:mm:ss [.fraction] (Z | ±hh:mm)`. Returns seconds since the epoch.
fn read_moment(text: &str) -> Result<i64, DateProblem> {
    let wrong = DateProblem::NotAMoment;
    let bytes = text.as_bytes();
    let date = text.get(..10).ok_or(wrong).and_then(PartialDate::parse)?;
    let stands =
        |at: usize, allowed: &[u8]| bytes.get(at).is_some_and(|byte| allowed.contains(byte));
    if !stands(10, b"Tt") || !stands(13, b":") || !stands(16, b":") {
        return Err(wrong);
    }
    let within = |at: usize, most: u16| {
        digits(bytes, at, 2).filter(|number| *number <= most).map(i64::from).ok_or(wrong)
    };
    let (hour, minute, second) = (within(11, 23)?, within(14, 59)?, within(17, 60)?);
    let mut at = 19;
    if stands(at, b".") {
        let fraction = bytes[20..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if fraction == 0 || fraction > 9 {
            return Err(wrong);
        }
        at += 1 + fraction;
    }
    let offset_minutes = if stands(at, b"Zz") && bytes.len() == at + 1 {
        0
    } else if stands(at, b"+-") && stands(at + 3, b":") && bytes.len() == at + 6 {
        let minutes = within(at + 1, 23)? * 60 + within(at + 4, 59)?;
        if bytes[at] == b'-' { -minutes } else { minutes }
    } else {
        return Err(wrong);
    };
    Ok(date.first_day_number() * 86_400 + hour * 3_600 + minute * 60 + second - offset_minutes * 60)
}

fn digits(bytes: &[u8], at: usize, count: usize) -> Option<u16> {
    let part = bytes.get(at..at + count)?;
    part.iter()
        .all(u8::is_ascii_digit)
        .then(|| part.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0')))
}

fn days_in(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Year, month and day, after Howard Hinnant's `civil_from_days`: years start in March, so that the leap day is the
/// last of its year. The inverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days.saturating_add(719_468);
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

/// Days since 1970-01-01, after Howard Hinnant's `days_from_civil`.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

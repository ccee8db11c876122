//! Dates as people read them, in UTC.

use std::fmt;

use crate::time::Wall;

const MINUTE_MILLIS: u64 = 60 * 1_000;
const DAY_MINUTES: u64 = 24 * 60;

/// `14:02`; where the day is another than today, `2026-11-21 14:02`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dated {
    pub(super) at: Wall,
    pub(super) now: Wall,
}

impl fmt::Display for Dated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = self.at.millis() / MINUTE_MILLIS;
        let day = minutes / DAY_MINUTES;
        if day != self.now.millis() / MINUTE_MILLIS / DAY_MINUTES {
            let (year, month, day) = civil(day);
            write!(f, "{year:04}-{month:02}-{day:02} ")?;
        }
        let minute = minutes % DAY_MINUTES;
        write!(f, "{:02}:{:02}", minute / 60, minute % 60)
    }
}

/// Year, month and day of the Gregorian calendar, so many days after the beginning of 1970. Years
/// are counted from March on, so that the day of a leap year comes last.
fn civil(days: u64) -> (u64, u64, u64) {
    const DAYS_BEFORE_1970: u64 = 719_468;
    const ERA: u64 = 146_097;
    let days = days.saturating_add(DAYS_BEFORE_1970);
    let (era, day) = (days / ERA, days % ERA);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let from_march = (5 * day + 2) / 153;
    let day_of_month = day - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (era * 400 + year + u64::from(month <= 2), month, day_of_month)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for day in (0..80_000).step_by(13).chain([11_016, 11_017, 47_540, 47_541]) {
            let at = SystemTime::UNIX_EPOCH + Duration::from_secs(day * 86_400);
            let expected = humantime::format_rfc3339_seconds(at).to_string();
            let (year, month, day) = civil(day);
            assert_eq!(format!("{year:04}-{month:02}-{day:02}"), &expected[..10]);
        }
    }

    #[test]
    fn the_day_is_told_where_it_is_another() {
        let at = Wall::from_millis(1_763_820_125_123);
        let day = Duration::from_secs(86_400);
        assert_eq!(Dated { at, now: at }.to_string(), "14:02");
        assert_eq!(Dated { at, now: at + day }.to_string(), "2025-11-22 14:02");
    }
}

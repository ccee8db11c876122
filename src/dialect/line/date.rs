//! Dates as people read them, in UTC.

use std::fmt;

use time::UtcDateTime;

use crate::time::UnixTime;

/// `14:02`; where the day is another than today, `2026-11-21 14:02`.
#[derive(Clone, Copy, Debug)]
pub(in crate::dialect) struct Dated {
    pub(in crate::dialect) at: UnixTime,
    pub(in crate::dialect) now: UnixTime,
}

impl fmt::Display for Dated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = i64::try_from(self.at.millis() / 1_000).unwrap_or(i64::MAX);
        // A year of five digits has no messages.
        let at = UtcDateTime::from_unix_timestamp(seconds).unwrap_or(UtcDateTime::MAX);
        if self.at.day() != self.now.day() {
            write!(f, "{:04}-{:02}-{:02} ", at.year(), u8::from(at.month()), at.day())?;
        }
        write!(f, "{:02}:{:02}", at.hour(), at.minute())
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for minute in (0..115_200_000).step_by(18_713) {
            let since = Duration::from_secs(minute * 60);
            let expected = humantime::format_rfc3339_seconds(SystemTime::UNIX_EPOCH + since);
            let at = UnixTime::from_millis(since.as_millis() as u64);
            let told = Dated { at, now: at + Duration::from_secs(86_400) }.to_string();
            assert_eq!(told, expected.to_string()[..16].replace('T', " "));
        }
        // The server never writes such a date.
        assert!(
            !Dated { at: UnixTime::from_millis(u64::MAX), now: UnixTime::default() }
                .to_string()
                .is_empty()
        );
    }

    #[test]
    fn the_day_is_told_where_it_is_another() {
        let at = UnixTime::from_millis(1_763_820_125_123);
        let day = Duration::from_secs(86_400);
        assert_eq!(Dated { at, now: at }.to_string(), "14:02");
        assert_eq!(Dated { at, now: at + day }.to_string(), "2025-11-22 14:02");
    }
}

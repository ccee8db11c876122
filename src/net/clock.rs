//! The one place that reads clocks.

use std::time::{Instant, SystemTime};

use crate::time::{Time, UnixTime};

/// The time since the server started. Monotonic: a change of the wall clock is not seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    started: Instant,
    /// The time that the clock showed at `started`.
    first: Time,
}

impl Clock {
    /// A clock that shows [`Time::ZERO`].
    pub(super) fn start() -> Self {
        Self::resuming(Time::ZERO)
    }

    /// A clock that shows `first` now.
    #[expect(clippy::disallowed_methods, reason = "this is where time comes from")]
    pub(super) fn resuming(first: Time) -> Self {
        Self { started: Instant::now(), first }
    }

    /// The present.
    pub(super) fn now(self) -> Time {
        self.first + self.started.elapsed()
    }

    /// The calendar time.
    pub(super) fn calendar() -> UnixTime {
        calendar()
    }
}

/// The calendar time. A clock that is set to before 1970 counts as 1970.
#[expect(clippy::disallowed_methods, reason = "this is where dates come from")]
pub fn calendar() -> UnixTime {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    UnixTime::default() + since_1970.unwrap_or_default()
}

//! The one place in `client` that reads a clock.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use time::{OffsetDateTime, UtcOffset};

use crate::time::Time;

/// Tells how long a search has been going on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    started: Instant,
}

impl Clock {
    /// A clock that shows [`Time::ZERO`].
    #[expect(clippy::disallowed_methods, reason = "this is where time comes from")]
    pub(super) fn start() -> Self {
        Self { started: Instant::now() }
    }

    /// Seconds since the beginning of 1970, and by how many people here are ahead of UTC.
    #[expect(clippy::disallowed_methods, reason = "this is where time comes from")]
    pub(super) fn wall(self) -> (u64, i32) {
        let now = SystemTime::now();
        let seconds = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let offset = UtcOffset::local_offset_at(OffsetDateTime::from(now));
        (seconds, offset.map_or(0, UtcOffset::whole_seconds))
    }

    /// The present.
    pub(super) fn now(self) -> Time {
        Time::at(self.started.elapsed())
    }
}

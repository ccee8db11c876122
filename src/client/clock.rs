//! The time of day, for people.

use std::time::{SystemTime, UNIX_EPOCH};

use time::{OffsetDateTime, UtcOffset};

/// Seconds since the beginning of 1970, and by how many people here are ahead of UTC.
#[expect(clippy::disallowed_methods, reason = "this is where time comes from")]
pub(super) fn wall() -> (u64, i32) {
    let now = SystemTime::now();
    let seconds = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let offset = UtcOffset::local_offset_at(OffsetDateTime::from(now));
    (seconds, offset.map_or(0, UtcOffset::whole_seconds))
}

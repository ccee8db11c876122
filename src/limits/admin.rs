//! Bounds of the admin listener, which must not cost the chat anything.

use std::time::Duration;

/// HTTP clients at once; a further one replaces the oldest. They take descriptors from those that
/// [`super::DESCRIPTORS_RESERVED`] keeps back.
pub const ADMIN_CLIENTS_MAX: usize = 16;
/// Connections that the kernel may hold until they are accepted.
pub const ADMIN_BACKLOG: i32 = 64;
/// Clients accepted in one poll; the others are accepted in the next.
pub const ADMIN_ACCEPTS_PER_POLL: usize = 16;
/// Answers written in one poll, at a tenth of a millisecond each, or half of one with 20,000
/// clients.
pub const ADMIN_ANSWERS_PER_POLL: usize = 2;
/// Bytes of the head of a request; browsers send less than 1 KiB.
pub const ADMIN_HEAD_BYTES_MAX: usize = 4 * 1_024;
/// Lines of the head of a request; browsers send 20.
pub const ADMIN_HEADERS_MAX: usize = 64;
/// How long an HTTP client may take to ask, and then to read the answer.
pub const ADMIN_PATIENCE: Duration = Duration::from_secs(5);
/// Bytes read and dropped after the answer, so that closing does not make the system drop the
/// answer: a client that sends more wants no answer.
pub const ADMIN_DROPPED_BYTES_MAX: usize = 64 * 1_024;
/// Pause between two polls, in multiples of the last one: HTTP clients get a twentieth of
/// the server at most …
pub const ADMIN_PAUSE: u32 = 19;
/// … but wait no longer than this, which a health check does not notice.
pub const ADMIN_PAUSE_MAX: Duration = Duration::from_millis(100);
/// Time until accepting is tried again when there was no descriptor for a client.
pub const ADMIN_RETRY: Duration = Duration::from_millis(250);
/// Rooms and slow clients listed by `/status`: as many as a person reads.
pub const ADMIN_LISTED_MAX: usize = 20;
/// How long `mio-chat health` waits for an answer: less than container engines wait for it.
pub const HEALTH_TIMEOUT: Duration = Duration::from_secs(2);
/// Bytes of an answer that `mio-chat health` reads; it is two lines.
pub const HEALTH_BYTES_MAX: u64 = 4 * 1_024;
/// Deliveries recorded with one read of the clock, at 2 to 5 us each: their recorded latency is
/// right to a third of a millisecond.
pub const DELIVERIES_PER_RECORD: u64 = 64;

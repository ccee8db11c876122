//! The one place that reads a clock.

use std::time::Instant;

use crate::time::Time;

/// Tells how long the server has been running. Monotonic: a change of the wall clock is not seen.
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

    /// The present.
    pub(super) fn now(self) -> Time {
        Time::at(self.started.elapsed())
    }
}

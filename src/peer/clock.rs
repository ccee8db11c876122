//! The one place in `peer` that reads a clock.

use std::time::Instant;

use crate::time::Time;

/// The time since a search began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    started: Instant,
}

impl Clock {
    /// A clock that shows [`Time::ZERO`].
    #[expect(clippy::disallowed_methods, reason = "this is where time comes from")]
    pub(crate) fn start() -> Self {
        Self { started: Instant::now() }
    }

    /// The present.
    pub(crate) fn now(self) -> Time {
        Time::at(self.started.elapsed())
    }
}

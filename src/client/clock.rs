//! The one place in `client` that reads a clock.

use std::time::Instant;

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

    /// The present.
    pub(super) fn now(self) -> Time {
        Time::at(self.started.elapsed())
    }
}

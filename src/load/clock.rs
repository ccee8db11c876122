//! The one place in `load` that reads clocks.
//!
//! The monotonic clock of the system is the same in every process, so a moment that one of them
//! writes into a message means the same to another.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::time::Time;

/// The time since a run began.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// Nanoseconds on the system's clock when it began.
    epoch: u64,
}

impl Clock {
    /// A clock that shows [`Time::ZERO`].
    pub(super) fn start() -> Self {
        Self { epoch: nanos(ClockId::Monotonic) }
    }

    /// The clock of a run that another process has begun.
    pub(super) fn since(epoch: u64) -> Self {
        Self { epoch }
    }

    /// The epoch, for another process.
    pub(super) fn epoch(self) -> u64 {
        self.epoch
    }

    /// The present.
    pub(super) fn now(self) -> Time {
        Time::at(Duration::from_nanos(nanos(ClockId::Monotonic).saturating_sub(self.epoch)))
    }

    /// A moment as the system counts it.
    pub(super) fn on_system_clock(self, time: Time) -> Duration {
        Duration::from_nanos(self.epoch) + time.since(Time::ZERO)
    }
}

/// CPU time that this process has used, user and kernel.
pub(super) fn own_cpu() -> Duration {
    Duration::from_nanos(nanos(ClockId::ProcessCPUTime))
}

fn nanos(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let rest = u64::try_from(time.tv_nsec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(rest)
}

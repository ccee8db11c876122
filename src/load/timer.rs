//! Waking up in time: a descriptor that becomes readable at a moment.
//!
//! The timeout of a poll counts whole milliseconds, which is far too coarse for messages that are
//! due every few microseconds. Arming costs a system call, so it is done only for a new moment.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};

use super::clock::Clock;
use crate::time::Time;

/// Wakes a poll up.
#[derive(Debug)]
pub(super) struct Timer {
    fd: OwnedFd,
    clock: Clock,
    armed: Time,
}

impl Timer {
    /// Registers one that is not armed.
    pub(super) fn register(registry: &Registry, token: Token, clock: Clock) -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let fd = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        registry.register(&mut SourceFd(&fd.as_raw_fd()), token, Interest::READABLE)?;
        Ok(Self { fd, clock, armed: Time::NEVER })
    }

    /// Has it go off at a moment, [`Time::NEVER`] included.
    pub(super) fn arm(&mut self, at: Time) -> io::Result<()> {
        if at == self.armed {
            return Ok(());
        }
        let nothing = Timespec { tv_sec: 0, tv_nsec: 0 };
        let it_value = match at {
            Time::NEVER => nothing,
            _ => Timespec::try_from(self.clock.on_system_clock(at)).unwrap_or(nothing),
        };
        let once = Itimerspec { it_interval: nothing, it_value };
        timerfd_settime(&self.fd, TimerfdTimerFlags::ABSTIME, &once)?;
        self.armed = at;
        Ok(())
    }

    /// When it will go off.
    pub(super) fn armed(&self) -> Time {
        self.armed
    }

    /// Notes that it went off: the same moment may be asked for again.
    pub(super) fn went_off(&mut self) {
        self.armed = Time::NEVER;
    }
}

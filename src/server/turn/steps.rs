//! The steps of a turn one by one, for the simulation: it draws budgets, and the moment up to which
//! all was heard, where [`Turn::run`] has its own.

use super::{Driver, Transport, Turn};
use crate::time::Time;

/// The steps of a turn, to be taken in this order.
#[derive(Debug)]
pub struct Steps<'t>(&'t mut Turn);

impl Steps<'_> {
    /// Hears those who are ready. Ends early when so much is queued that it must be written before
    /// more is added.
    pub fn hear(&mut self, now: Time, driver: &mut impl Driver) {
        self.0.hear(now, driver);
    }

    /// Does what was due by then.
    pub fn expire_until(&mut self, until: Time, driver: &mut impl Driver) {
        self.0.expire_until(until, driver);
    }

    /// Begins a flush, or goes on with the one that is under way; writes to so many at most.
    pub fn write(&mut self, now: Time, most: usize, driver: &mut impl Driver) {
        self.0.write(now, most, driver);
    }

    /// Closes those who are gone.
    pub fn reap(&mut self, transport: &mut impl Transport) {
        self.0.reap(transport);
    }
}

impl Turn {
    /// The steps of a turn one by one, for who takes them otherwise than [`Turn::run`] does.
    pub fn steps(&mut self) -> Steps<'_> {
        Steps(self)
    }
}

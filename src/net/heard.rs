//! Up to which moment everybody has been heard.
//!
//! A process may be stopped at any point and for any time (SIGSTOP, a paused container, a
//! debugger). When it goes on, what people sent in time waits in their sockets, and deadlines are
//! long over. So deadlines are judged by the moment at which a poll began, and not before everybody
//! whom that poll or an earlier one has shown ready was read once.
//!
//! Invariant: `until` never moves back.

use crate::time::Time;

/// Progress of hearing those who are ready. The ready list is first in, first out.
#[derive(Debug, Default)]
pub(super) struct Heard {
    until: Time,
    /// When the poll began that has found the last of those who are still to be heard …
    mark: Time,
    /// … and how many of the ready list that are.
    left: usize,
}

impl Heard {
    /// The moment up to which whatever came in was heard.
    pub(super) fn until(&self) -> Time {
        self.until
    }

    /// A poll that began at `began` has found all that was to be found; `ready` clients are on the
    /// ready list now.
    pub(super) fn note_poll(&mut self, began: Time, ready: usize) {
        if self.left == 0 {
            (self.mark, self.left) = (began, ready);
            self.settle();
        }
    }

    /// The first client of the ready list was heard, or has to wait for a reason of its own.
    pub(super) fn note_one(&mut self) {
        self.left = self.left.saturating_sub(1);
        self.settle();
    }

    fn settle(&mut self) {
        if self.left == 0 {
            self.until = self.until.max(self.mark);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(seconds: u64) -> Time {
        Time::at(Duration::from_secs(seconds))
    }

    #[test]
    fn a_poll_that_finds_nobody_tells_at_once() {
        let mut heard = Heard::default();
        heard.note_poll(at(3), 0);
        assert_eq!(heard.until(), at(3));
    }

    #[test]
    fn those_who_are_ready_are_heard_first_and_newcomers_do_not_put_it_off() {
        let mut heard = Heard::default();
        heard.note_poll(at(1), 2);
        heard.note_one();
        assert_eq!(heard.until(), Time::ZERO);
        // Five more became ready meanwhile; they came behind.
        heard.note_poll(at(2), 6);
        heard.note_one();
        assert_eq!(heard.until(), at(1));
        heard.note_poll(at(3), 5);
        assert_eq!(heard.until(), at(1));
        (0..5).for_each(|_| heard.note_one());
        assert_eq!(heard.until(), at(3));
    }
}

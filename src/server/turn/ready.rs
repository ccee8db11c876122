//! Clients to be heard, first in, first out; and up to which moment everybody has been heard.
//!
//! A process may be stopped at any point and for any time (SIGSTOP, a paused container, a
//! debugger). When it goes on, what people sent in time waits in their sockets, and deadlines are
//! long over. So deadlines are judged by the moment at which a poll began, and not before everybody
//! whom that poll or an earlier one has shown ready was read once.
//!
//! Invariant: `until` never moves back.

use std::collections::VecDeque;

use crate::id::ClientId;
use crate::time::Time;

/// Who is to be heard.
#[derive(Debug, Default)]
pub(super) struct Ready {
    clients: VecDeque<ClientId>,
    /// A bit for each slot: whether the client that has it now is on the list. Who had it before
    /// may still be.
    listed: Vec<u64>,
    heard: ReadProgress,
}

impl Ready {
    /// Puts a client that is here at the end of the list, unless it is on it.
    pub(super) fn push(&mut self, id: ClientId) {
        let (word, bit) = place(id);
        if word >= self.listed.len() {
            self.listed.resize(word + 1, 0);
        }
        let listed = &mut self.listed[word];
        if *listed & bit == 0 {
            *listed |= bit;
            self.clients.push_back(id);
        }
    }

    /// Takes the client whose turn it is: one that is here is taken off the list by
    /// [`Ready::take_off`], one that is gone is passed over.
    pub(super) fn next(&mut self) -> Option<ClientId> {
        self.clients.pop_front()
    }

    /// A client is on the list no more, for it is heard or gone.
    pub(super) fn take_off(&mut self, id: ClientId) {
        let (word, bit) = place(id);
        if let Some(listed) = self.listed.get_mut(word) {
            *listed &= !bit;
        }
    }

    /// Whether a client that is here is on the list.
    pub(super) fn is_listed(&self, id: ClientId) -> bool {
        let (word, bit) = place(id);
        self.listed.get(word).is_some_and(|listed| listed & bit != 0)
    }

    /// The client that was taken last was heard, or has to wait for a reason of its own.
    pub(super) fn note_one(&mut self) {
        self.heard.note_one();
    }

    /// A poll that began at `began` has found all that was to be found.
    pub(super) fn note_poll(&mut self, began: Time) {
        self.heard.note_poll(began, self.clients.len());
    }

    /// The moment up to which whatever came in was heard.
    pub(super) fn heard_until(&self) -> Time {
        self.heard.until
    }

    /// How many are to be heard.
    pub(super) fn len(&self) -> usize {
        self.clients.len()
    }

    /// Whether nobody is to be heard.
    pub(super) fn is_empty(&self) -> bool {
        self.clients.is_empty()
    }

    /// Gives back memory that a crowd has needed.
    pub(super) fn trim(&mut self) {
        self.clients.shrink_to_fit();
    }
}

/// The word and the bit of a client's slot.
fn place(id: ClientId) -> (usize, u64) {
    let bits = u64::BITS as usize;
    (id.index() / bits, 1 << (id.index() % bits))
}

/// Progress of hearing those who are ready.
#[derive(Debug, Default)]
struct ReadProgress {
    until: Time,
    /// When the poll began that has found the last of those who are still to be heard …
    mark: Time,
    /// … and how many of the ready list that are.
    left: usize,
}

impl ReadProgress {
    /// A poll that began at `began` has found all that was to be found; `ready` clients are on the
    /// ready list now.
    fn note_poll(&mut self, began: Time, ready: usize) {
        if self.left == 0 {
            (self.mark, self.left) = (began, ready);
            self.settle();
        }
    }

    /// The first client of the ready list was heard, or has to wait for a reason of its own.
    fn note_one(&mut self) {
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
    use std::time::Duration;

    use super::*;
    use crate::id::Registry;

    fn at(seconds: u64) -> Time {
        Time::at(Duration::from_secs(seconds))
    }

    #[test]
    fn a_poll_that_finds_nobody_tells_at_once() {
        let mut heard = ReadProgress::default();
        heard.note_poll(at(3), 0);
        assert_eq!(heard.until, at(3));
    }

    #[test]
    fn those_who_are_ready_are_heard_first_and_newcomers_do_not_put_it_off() {
        let mut heard = ReadProgress::default();
        heard.note_poll(at(1), 2);
        heard.note_one();
        assert_eq!(heard.until, Time::ZERO);
        // Five more became ready meanwhile; they came behind.
        heard.note_poll(at(2), 6);
        heard.note_one();
        assert_eq!(heard.until, at(1));
        heard.note_poll(at(3), 5);
        assert_eq!(heard.until, at(1));
        (0..5).for_each(|_| heard.note_one());
        assert_eq!(heard.until, at(3));
    }
    #[test]
    fn whoever_takes_the_slot_of_somebody_who_has_left_is_listed_of_its_own() {
        let (mut ready, mut ids) = (Ready::default(), Registry::default());
        let (gone, other) = (ids.insert_with(|_| ()), ids.insert_with(|_| ()));
        ready.push(gone);
        ready.push(other);
        ready.push(gone);
        ids.remove(gone);
        ready.take_off(gone);
        let new = ids.insert_with(|_| ());
        assert_eq!(new.index(), gone.index());
        ready.push(new);
        ready.push(new);
        assert_eq!(
            std::array::from_fn(|_| ready.next()),
            [Some(gone), Some(other), Some(new), None]
        );
    }
}

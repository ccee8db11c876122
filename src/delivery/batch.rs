//! Consecutive messages to the subscribers of one room, handed out together.
//!
//! What is said in a room is not pushed to its subscribers one message at a time: the [`Batch`]
//! only grows, and all of it becomes one span per subscriber when the flush begins. A message of a
//! busy room costs one append. A client that subscribes meanwhile, or is told something alone, is
//! an exception: its part begins later than that of the others, for whom the batch goes on.
//!
//! Invariants: what is pending is one stretch of one transcript; a client is an exception of one
//! batch at most, and its outbox knows as which.

use super::transcript::Span;
use crate::id::ClientId;

/// Names one exception of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ExceptionId(u32);

impl ExceptionId {
    /// No exception.
    pub(super) const NONE: Self = Self(u32::MAX);
}

/// Messages that were published and are in nobody's outbox yet.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Clients whose part begins later, and its offset; `None`: a client that has no part any more.
    exceptions: Vec<(ClientId, Option<u64>)>,
    /// Comings and goings, which slow readers are spared.
    pub(super) presence: bool,
    pub(super) pending: Option<Span>,
}

impl Batch {
    /// Whether what was just appended goes on with what is pending.
    pub(super) fn is_continued_by(&self, span: Span, presence: bool) -> bool {
        self.presence == presence
            && self.pending.is_some_and(|pending| {
                pending.transcript == span.transcript && pending.end() == span.start
            })
    }

    /// Begins with the first message.
    pub(super) fn begin(&mut self, span: Span, presence: bool) {
        debug_assert!(self.exceptions.is_empty(), "exceptions of another batch");
        (self.presence, self.pending) = (presence, Some(span));
    }

    /// Adds a message. Returns how many bytes are pending for those who hear all of it.
    pub(super) fn extend(&mut self, span: Span) -> usize {
        self.pending.as_mut().map_or(0, |pending| {
            pending.len += span.len;
            pending.len as usize
        })
    }

    /// The pending span of one subscriber.
    pub(super) fn part(&self, exception: ExceptionId) -> Option<Span> {
        let pending = self.pending?;
        match self.exceptions.get(exception.0 as usize) {
            Some((_, from)) => rest(pending, (*from)?),
            None => Some(pending),
        }
    }

    /// Lets the part of one subscriber begin after all that is pending so far.
    pub(super) fn begin_part_here(&mut self, id: ClientId, exception: &mut ExceptionId) {
        let Some(pending) = self.pending else { return };
        let known = self.exceptions.get_mut(exception.0 as usize);
        if let Some((_, from)) = known {
            *from = Some(pending.end());
        } else {
            *exception = ExceptionId(self.exceptions.len() as u32);
            self.exceptions.push((id, Some(pending.end())));
        }
    }

    /// Forgets a client that unsubscribed.
    pub(super) fn forget(&mut self, exception: &mut ExceptionId) {
        if self.pending.is_none() {
            return;
        }
        if let Some((_, from)) = self.exceptions.get_mut(exception.0 as usize) {
            (*from, *exception) = (None, ExceptionId::NONE);
        }
    }

    /// Ends the batch, and hands its part of it to each exception.
    pub(super) fn finish(&mut self, mut hand: impl FnMut(ClientId, Option<Span>)) {
        let Some(pending) = self.pending.take() else { return };
        for (id, from) in self.exceptions.drain(..) {
            if let Some(from) = from {
                hand(id, rest(pending, from));
            }
        }
    }

    /// Gives back memory that a crowd has needed.
    pub(super) fn trim(&mut self) {
        if self.pending.is_none() {
            self.exceptions = Vec::new();
        }
    }
}

/// A span from this offset on; none if nothing is left.
fn rest(span: Span, from: u64) -> Option<Span> {
    let len = span.end().checked_sub(from).filter(|len| *len > 0)?;
    Some(Span { start: from, len: len as u32, ..span })
}

//! Consecutive messages to one audience, handed out together.
//!
//! What is said in a room is not pushed to its members one message at a time: as long as the same
//! people are spoken to, the [`Run`] only grows, and all of it becomes one span per member when the
//! flush begins. A message of a busy room costs one append. Somebody who comes, goes, or is told
//! something alone is an exception: its part of the run begins or ends elsewhere than that of the
//! others, for whom the run goes on.
//!
//! Invariants: what is pending ends where its transcript ends; a client is an exception at most
//! once, and its outbox knows it.

use super::transcript::{Span, TranscriptId};
use crate::chat::{Audience, RoomId};
use crate::id::ClientId;

/// Part of nobody's who has left.
const NOTHING_MORE: u64 = u64::MAX;

/// What was published and is in nobody's outbox yet.
#[derive(Debug, Default)]
pub(super) struct Run {
    /// Who was there when it began.
    pub(super) audience: Vec<ClientId>,
    /// Those whose part begins later, and at which offset.
    exceptions: Vec<(ClientId, u64)>,
    room: Option<RoomId>,
    /// How many are there now, and the version of that audience.
    listeners: usize,
    version: u64,
    /// Comings and goings, which slow readers are spared.
    pub(super) presence: bool,
    pub(super) pending: Option<Span>,
}

/// What an exception hears of a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub(super) id: ClientId,
    pub(super) span: Option<Span>,
}

/// How the next message goes with a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// It is for the same people.
    Same,
    /// It is for one more, who came last.
    OneMore(ClientId),
    /// It is for all but the one who has just left, whom it is about.
    OneLess,
    /// It is for others, or of another kind.
    Other,
}

impl Run {
    /// How what is appended to `transcript` next for this audience goes with this run.
    pub(super) fn fit(
        &self,
        audience: Audience<'_>,
        transcript: TranscriptId,
        presence: bool,
    ) -> Fit {
        let same_kind = self.pending.is_some_and(|pending| pending.transcript == transcript)
            && self.presence == presence;
        if !same_kind || self.room != Some(audience.room) {
            return Fit::Other;
        }
        // Versions are numbers of changes: the next one is that of the very next change.
        match audience.version.wrapping_sub(self.version) {
            0 => Fit::Same,
            1 if audience.members.len() + 1 == self.listeners => Fit::OneLess,
            1 if audience.members.len() == self.listeners + 1 => {
                audience.members.last().map_or(Fit::Other, |newcomer| Fit::OneMore(*newcomer))
            }
            _ => Fit::Other,
        }
    }

    /// Begins a run with its first message.
    pub(super) fn begin(&mut self, audience: Audience<'_>, span: Span, presence: bool) {
        self.audience.clear();
        self.audience.extend_from_slice(audience.members);
        self.note_audience(audience);
        (self.presence, self.pending) = (presence, Some(span));
    }

    /// Adds a message. Returns how many bytes are pending for those who hear all of it.
    pub(super) fn extend(&mut self, audience: Audience<'_>, span: Span) -> usize {
        self.note_audience(audience);
        self.pending.as_mut().map_or(0, |pending| {
            debug_assert_eq!(pending.end(), span.start, "something came between");
            pending.len += span.len;
            pending.len as usize
        })
    }

    /// What is pending for one of those who hear this run, who is an exception or not.
    pub(super) fn part(&self, id: ClientId, is_exception: bool) -> Option<Span> {
        let pending = self.pending?;
        if is_exception {
            let (_, from) = self.exceptions.iter().rev().find(|(other, _)| *other == id)?;
            return rest(pending, *from);
        }
        Some(pending)
    }

    /// Lets the part of one client, who is an exception already or not, begin after all that is
    /// pending so far.
    pub(super) fn begin_part_here(&mut self, id: ClientId, is_exception: bool) {
        let end = self.pending.map_or(0, |pending| pending.end());
        self.except(id, is_exception, end);
    }

    /// Lets one client, who is an exception already or not, hear nothing more of this run.
    pub(super) fn end_part(&mut self, id: ClientId, is_exception: bool) {
        self.except(id, is_exception, NOTHING_MORE);
    }

    /// Ends the run: all of it, and what of it is for whom of the exceptions.
    pub(super) fn finish(&mut self) -> Option<(Span, Vec<Part>)> {
        let pending = self.pending.take()?;
        let part = |(id, from)| Part { id, span: rest(pending, from) };
        let parts = self.exceptions.drain(..).map(part);
        Some((pending, parts.collect()))
    }

    /// Gives back memory that a crowd has needed.
    pub(super) fn trim(&mut self) {
        if self.pending.is_none() {
            (self.audience, self.exceptions) = (Vec::new(), Vec::new());
        }
    }

    /// A new exception is not looked for: when a crowd leaves at once all of it are exceptions.
    fn except(&mut self, id: ClientId, is_exception: bool, from: u64) {
        if !is_exception {
            return self.exceptions.push((id, from));
        }
        let mut latest_first = self.exceptions.iter_mut().rev();
        if let Some((_, known)) = latest_first.find(|(other, _)| *other == id) {
            *known = from;
        }
    }

    fn note_audience(&mut self, audience: Audience<'_>) {
        self.room = Some(audience.room);
        (self.listeners, self.version) = (audience.members.len(), audience.version);
    }
}

/// A span from this offset on; none if nothing is left.
fn rest(span: Span, from: u64) -> Option<Span> {
    let len = span.end().checked_sub(from).filter(|len| *len > 0)?;
    Some(Span { start: from, len: len as u32, ..span })
}

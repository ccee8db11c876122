//! Consecutive messages to one audience, handed out together.
//!
//! What is said in a room is not pushed to its members one message at a time: as long as the same
//! people are spoken to, the [`Run`] only grows, and all of it becomes one span per member when
//! somebody is told something else, or the flush begins. A message of a busy room costs one append.
//!
//! Invariant: what is pending ends where its transcript ends.

use super::transcript::{Span, TranscriptId};
use crate::chat::Audience;
use crate::id::ClientId;

/// What was published and is in nobody's outbox yet.
#[derive(Debug, Default)]
pub(super) struct Run {
    pub(super) audience: Vec<ClientId>,
    version: u64,
    /// Comings and goings, which slow readers are spared.
    pub(super) presence: bool,
    pub(super) pending: Option<Span>,
}

impl Run {
    /// Whether what is appended to `transcript` next for this audience goes on with this run.
    pub(super) fn goes_on(
        &self,
        audience: Audience<'_>,
        transcript: TranscriptId,
        presence: bool,
    ) -> bool {
        self.pending.is_some_and(|pending| pending.transcript == transcript)
            && self.version == audience.version
            && self.presence == presence
    }

    /// Begins a run with its first message.
    pub(super) fn begin(&mut self, audience: Audience<'_>, span: Span, presence: bool) {
        self.audience.clear();
        self.audience.extend_from_slice(audience.members);
        (self.version, self.presence, self.pending) = (audience.version, presence, Some(span));
    }

    /// Adds a message that was appended for the same audience. Returns how many bytes are pending
    /// for each.
    pub(super) fn extend(&mut self, span: Span) -> usize {
        self.pending.as_mut().map_or(0, |pending| {
            debug_assert_eq!(pending.end(), span.start, "something came between");
            pending.len += span.len;
            pending.len as usize
        })
    }

    /// Gives back memory that a crowd has needed.
    pub(super) fn trim(&mut self) {
        if self.pending.is_none() {
            self.audience = Vec::new();
        }
    }
}

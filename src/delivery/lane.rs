//! What is said to those who read messages in one form.
//!
//! Everybody is in one lane only, so what is pending in one is for nobody in another.
//!
//! Invariant: a transcript that is open is a room's, or that of the news.

use super::run::Run;
use super::transcript::{Span, TranscriptId, Transcripts};
use crate::chat::{Event, RoomId};

/// The transcripts of one form, and what is pending in it.
#[derive(Debug)]
pub(super) struct Lane {
    /// By room: the transcript of what is said there.
    rooms: Vec<TranscriptId>,
    /// The transcript of who comes, goes and is renamed, in all rooms.
    news: TranscriptId,
    pub(super) run: Run,
}

impl Lane {
    /// Without anything said in it.
    pub(super) fn new(transcripts: &mut Transcripts) -> Self {
        Self { rooms: Vec::new(), news: transcripts.open(), run: Run::default() }
    }

    /// What was published and is in nobody's outbox yet.
    pub(super) fn pending(&self) -> Option<Span> {
        self.run.pending
    }

    /// The transcript for an event in a room.
    pub(super) fn transcript_of(
        &mut self,
        room: RoomId,
        event: Event<'_>,
        transcripts: &mut Transcripts,
    ) -> TranscriptId {
        if !matches!(event, Event::Said { .. } | Event::Acted { .. }) {
            return self.news;
        }
        if room.index() >= self.rooms.len() {
            self.rooms.resize(room.index() + 1, TranscriptId::NONE);
        }
        let transcript = &mut self.rooms[room.index()];
        if *transcript == TranscriptId::NONE {
            *transcript = transcripts.open();
        }
        *transcript
    }

    /// Ends the transcript of a room that has closed.
    pub(super) fn close_room(&mut self, room: RoomId, transcripts: &mut Transcripts) {
        if let Some(transcript) = self.rooms.get_mut(room.index()) {
            transcripts.retire(std::mem::replace(transcript, TranscriptId::NONE));
        }
    }

    /// How many transcripts are open.
    pub(super) fn open_transcripts(&self) -> usize {
        1 + self.rooms.iter().filter(|&&transcript| transcript != TranscriptId::NONE).count()
    }
}

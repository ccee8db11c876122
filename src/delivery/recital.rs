//! What was said before, told again.
//!
//! A crowd that comes into one room is read the same history: it is encoded once for as long as
//! nothing was said meanwhile, the day is the same and the bytes are still there.

use super::transcript::{Span, TranscriptId, Transcripts};
use crate::chat::{Event, Form, Replay, RoomId};
use crate::dialect;
use crate::time::Wall;

/// The transcript of what is told again.
#[derive(Debug)]
pub(super) struct Recitals {
    transcript: TranscriptId,
    last: Option<Recital>,
}

/// Messages of a room's history, as they were told.
#[derive(Clone, Copy, Debug)]
struct Recital {
    form: Form,
    room: RoomId,
    /// How many, up to which.
    count: usize,
    number: u64,
    /// Counted from the beginning of 1970: messages of other days are told with theirs.
    day: u64,
    span: Span,
}

const DAY_MILLIS: u64 = 24 * 60 * 60 * 1_000;

impl Recitals {
    /// Nothing was told again yet.
    pub(super) fn new(transcripts: &mut Transcripts) -> Self {
        Self { transcript: transcripts.open(), last: None }
    }

    /// Where all of it is.
    pub(super) fn transcript(&self) -> TranscriptId {
        self.transcript
    }

    /// The bytes of these messages: those that were told last, or new ones.
    pub(super) fn span(
        &mut self,
        (form, room): (Form, RoomId),
        replay: Replay<'_>,
        now: Wall,
        transcripts: &mut Transcripts,
    ) -> Span {
        let (count, number, day) = (replay.len(), replay.last_number(), now.millis() / DAY_MILLIS);
        if let Some(known) = self.last
            && (known.form, known.room) == (form, room)
            && (known.count, known.number, known.day) == (count, number, day)
        {
            return known.span;
        }
        let mut all: Option<Span> = None;
        for message in replay.iter() {
            let event = Event::Remembered { message, now };
            let encode = |out: &mut Vec<u8>| dialect::encode(event, form, out);
            let span = transcripts.append(self.transcript, encode);
            all = Some(all.map_or(span, |all| Span { len: all.len + span.len, ..all }));
        }
        let span = all.unwrap_or(Span { transcript: self.transcript, start: 0, len: 0 });
        self.last = Some(Recital { form, room, count, number, day, span });
        span
    }

    /// Bytes that nobody awaits are dropped now, these maybe among them.
    pub(super) fn forget(&mut self) {
        self.last = None;
    }
}

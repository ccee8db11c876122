//! Replays of history, encoded once for a crowd.
//!
//! A crowd that comes into one room is read the same history: it is encoded once for as long as
//! nothing was said meanwhile, the day is the same and the bytes are still there.

use smol_str::SmolStr;

use super::transcript::{Span, TranscriptId, Transcripts};
use crate::chat::{Recollection, Reply, RoomId};
use crate::dialect::Encoding;

/// The transcript of replays, and the span in it of the last one.
#[derive(Debug)]
pub(super) struct ReplayCache {
    transcript: TranscriptId,
    last: Option<(Replayed, Span)>,
}

/// Messages of a room's history, as they were told.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Replayed {
    encoding: Encoding,
    room: RoomId,
    /// The name that the room had then.
    name: SmolStr,
    /// The number of messages, and the first and the last of them. One in between may have been
    /// taken back since, but then there are fewer.
    count: usize,
    first: u64,
    number: u64,
    /// Counted from the beginning of 1970: messages of other days are told with theirs.
    day: u64,
}

const DAY_MILLIS: u64 = 24 * 60 * 60 * 1_000;

impl ReplayCache {
    /// Without any replay.
    pub(super) fn new(transcripts: &mut Transcripts) -> Self {
        Self { transcript: transcripts.open(), last: None }
    }

    /// The transcript of all replays.
    pub(super) fn transcript(&self) -> TranscriptId {
        self.transcript
    }

    /// The bytes of these messages: those of the last replay, or new ones.
    pub(super) fn span(
        &mut self,
        encoding: Encoding,
        recollection: &Recollection<'_>,
        transcripts: &mut Transcripts,
    ) -> Span {
        let Recollection { room, messages, cursor, now, .. } = *recollection;
        let replayed = Replayed {
            encoding,
            room: room.id,
            name: room.name.as_str().into(),
            count: messages.len(),
            first: messages.first_number(),
            number: messages.last_number(),
            day: now.millis() / DAY_MILLIS,
        };
        if let Some((_, span)) = self.last.as_ref().filter(|(last, _)| *last == replayed) {
            return *span;
        }
        let mut all: Option<Span> = None;
        for message in messages.iter() {
            let reply = Reply::Remembered { room: room.name, message, epoch: cursor.epoch, now };
            let encode = |out: &mut Vec<u8>| encoding.reply(&reply, None, None, out);
            let span = transcripts.append(self.transcript, encode);
            all = Some(all.map_or(span, |all| Span { len: all.len + span.len, ..all }));
        }
        let span = all.unwrap_or(Span { transcript: self.transcript, start: 0, len: 0 });
        self.last = Some((replayed, span));
        span
    }

    /// Bytes that nobody awaits are dropped now, these maybe among them.
    pub(super) fn forget(&mut self) {
        self.last = None;
    }
}

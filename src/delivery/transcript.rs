//! Transcripts: messages to many, kept once.
//!
//! A transcript is an append-only stream of encoded messages, cut into segments. Outboxes refer to
//! stretches of it ([`Span`]) by offsets that never change. Nothing is counted per message: when
//! nobody waits for anything everything is dropped at once, and otherwise a sweep keeps the
//! segments that some span still needs.
//!
//! Invariants:
//! - offsets grow for as long as the transcript lives, and a message lies in one segment;
//! - every byte that some span names is kept;
//! - an id is given to another transcript only after a sweep has found no span on it.

use std::collections::VecDeque;

use slab::Slab;

use crate::limits::{
    MESSAGE_BYTES_MAX, SEGMENT_BYTES, SEGMENT_BYTES_FIRST, SPARE_SEGMENTS_MAX, SWEEP_BYTES_MIN,
};

/// Names one transcript.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct TranscriptId(u32);

impl TranscriptId {
    /// No transcript.
    pub(super) const NONE: Self = Self(u32::MAX);
}

/// Consecutive bytes of one transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) transcript: TranscriptId,
    /// Offset of the first byte.
    pub(super) start: u64,
    /// Bytes.
    pub(super) len: u32,
}

impl Span {
    /// The offset behind its last byte.
    pub(super) fn end(&self) -> u64 {
        self.start + u64::from(self.len)
    }
}

/// Every transcript.
#[derive(Debug)]
pub(super) struct Transcripts {
    transcripts: Slab<Transcript>,
    /// Transcripts that keep something.
    filled: Vec<TranscriptId>,
    /// Emptied buffers for the next segment.
    spares: Vec<Vec<u8>>,
    /// Bytes of all segments.
    retained: usize,
    /// A sweep is due when so many are.
    sweep_at: usize,
}

#[derive(Debug, Default)]
struct Transcript {
    segments: VecDeque<Segment>,
    /// Offset of the next byte.
    end: u64,
    /// Nobody will append; it goes when no span is left.
    retired: bool,
}

#[derive(Debug)]
struct Segment {
    /// Offset of its first byte.
    start: u64,
    bytes: Vec<u8>,
    /// Found on by the sweep that is going on.
    needed: bool,
}

impl Transcript {
    /// Keeps the segments that were found needed. Returns how many bytes that is.
    fn drop_unneeded(&mut self, spares: &mut Vec<Vec<u8>>) -> usize {
        let mut kept = 0;
        self.segments.retain_mut(|segment| {
            let needed = std::mem::take(&mut segment.needed);
            if needed {
                kept += segment.bytes.len();
            } else {
                give_back(spares, std::mem::take(&mut segment.bytes));
            }
            needed
        });
        kept
    }
}

impl Segment {
    /// Whether another message might make it grow beyond its size.
    fn is_full(&self) -> bool {
        self.bytes.len() + MESSAGE_BYTES_MAX > SEGMENT_BYTES
    }

    fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }
}

impl Default for Transcripts {
    fn default() -> Self {
        Self {
            transcripts: Slab::new(),
            filled: Vec::new(),
            spares: Vec::new(),
            retained: 0,
            sweep_at: SWEEP_BYTES_MIN,
        }
    }
}

impl Transcripts {
    /// Begins a new one.
    pub(super) fn open(&mut self) -> TranscriptId {
        TranscriptId(self.transcripts.insert(Transcript::default()) as u32)
    }

    /// Ends one: nothing more will be appended.
    pub(super) fn retire(&mut self, id: TranscriptId) {
        let Some(transcript) = self.transcripts.get_mut(id.0 as usize) else { return };
        transcript.retired = true;
        if transcript.segments.is_empty() {
            self.transcripts.remove(id.0 as usize);
        }
    }

    /// The number of transcripts that are appended to. Panics where a retired one is kept
    /// for nothing.
    pub(super) fn check_open(&self) -> usize {
        let needless =
            |transcript: &Transcript| transcript.retired && transcript.segments.is_empty();
        let all = || self.transcripts.iter().map(|(_, transcript)| transcript);
        assert!(!all().any(needless), "a retired transcript holds nothing and is kept");
        all().filter(|transcript| !transcript.retired).count()
    }

    /// Appends what `encode` writes.
    pub(super) fn append(&mut self, id: TranscriptId, encode: impl FnOnce(&mut Vec<u8>)) -> Span {
        let transcript = &mut self.transcripts[id.0 as usize];
        if transcript.segments.back().is_none_or(Segment::is_full) {
            let bytes = self.spares.pop();
            let bytes = bytes.unwrap_or_else(|| Vec::with_capacity(SEGMENT_BYTES_FIRST));
            if transcript.segments.is_empty() {
                self.filled.push(id);
            }
            let start = transcript.end;
            transcript.segments.push_back(Segment { start, bytes, needed: false });
        }
        let start = transcript.end;
        if let Some(segment) = transcript.segments.back_mut() {
            encode(&mut segment.bytes);
            transcript.end = segment.end();
        }
        let len = transcript.end - start;
        self.retained += len as usize;
        Span { transcript: id, start, len: len as u32 }
    }

    /// The bytes of a span if they lie in the last segment, as nearly all do that are sent at once.
    pub(super) fn recent(&self, span: Span) -> Option<&[u8]> {
        let segment = self.transcripts.get(span.transcript.0 as usize)?.segments.back()?;
        let from = span.start.checked_sub(segment.start)? as usize;
        segment.bytes.get(from..from + span.len as usize)
    }

    /// The bytes of a span, segment by segment.
    pub(super) fn slices(&self, span: Span) -> impl Iterator<Item = &[u8]> {
        let segments = &self.transcripts[span.transcript.0 as usize].segments;
        let found = segments.partition_point(|segment| segment.end() <= span.start);
        segments.range(found..).map_while(move |segment| {
            let from = span.start.saturating_sub(segment.start) as usize;
            let to = span.end().saturating_sub(segment.start).min(segment.bytes.len() as u64);
            (from < to as usize).then(|| &segment.bytes[from..to as usize])
        })
    }

    /// Gives back memory that a crowd has needed.
    pub(super) fn trim(&mut self) {
        self.spares.clear();
        self.filled.shrink_to_fit();
    }

    /// The number of bytes kept.
    pub(super) fn retained(&self) -> usize {
        self.retained
    }

    /// Whether so much is kept that a sweep is worth its while.
    pub(super) fn wants_sweep(&self) -> bool {
        self.retained >= self.sweep_at
    }

    /// Drops everything, for no span is left.
    pub(super) fn clear(&mut self) {
        self.sweep(std::iter::empty());
    }

    /// Drops what none of these spans, which are all there are, needs.
    pub(super) fn sweep(&mut self, spans: impl Iterator<Item = Span>) {
        for span in spans {
            let segments = &mut self.transcripts[span.transcript.0 as usize].segments;
            let found = segments.partition_point(|segment| segment.end() <= span.start);
            for segment in segments.range_mut(found..) {
                if segment.start >= span.end() {
                    break;
                }
                segment.needed = true;
            }
        }
        let mut retained = 0;
        let (transcripts, spares) = (&mut self.transcripts, &mut self.spares);
        self.filled.retain(|id| {
            let transcript = &mut transcripts[id.0 as usize];
            retained += transcript.drop_unneeded(spares);
            let empty = transcript.segments.is_empty();
            if empty && transcript.retired {
                transcripts.remove(id.0 as usize);
            }
            !empty
        });
        self.retained = retained;
        self.sweep_at = (2 * retained).max(SWEEP_BYTES_MIN);
    }
}

/// Keeps an emptied buffer, unless there are enough.
fn give_back(spares: &mut Vec<Vec<u8>>, mut buffer: Vec<u8>) {
    if spares.len() < SPARE_SEGMENTS_MAX {
        buffer.clear();
        spares.push(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(transcripts: &Transcripts, span: Span) -> Vec<u8> {
        transcripts.slices(span).collect::<Vec<_>>().concat()
    }

    #[test]
    fn a_span_may_reach_over_many_segments() {
        let mut transcripts = Transcripts::default();
        let id = transcripts.open();
        let (mut all, mut stream) = (Span { transcript: id, start: 0, len: 0 }, Vec::new());
        for number in 0..10_000_u32 {
            let message = [number as u8; 40];
            let span = transcripts.append(id, |out| out.extend_from_slice(&message));
            assert_eq!(transcripts.slices(span).count(), 1, "a message lies in one segment");
            assert_eq!(transcripts.recent(span), Some(&message[..]));
            all.len += span.len;
            stream.extend_from_slice(&message);
        }
        assert!(transcripts.slices(all).count() > 5);
        assert_eq!(bytes(&transcripts, all), stream);
        for start in [0, 1, SEGMENT_BYTES - 1, SEGMENT_BYTES, SEGMENT_BYTES + 1, 399_999] {
            let len = (400_000 - start).min(100_000) as u32;
            let part = Span { start: start as u64, len, ..all };
            let expected = &stream[start..start + len as usize];
            assert_eq!(bytes(&transcripts, part), expected);
            assert!(transcripts.recent(part).is_none_or(|recent| recent == expected));
        }
    }

    #[test]
    fn a_sweep_keeps_what_is_needed_and_little_more() {
        let mut transcripts = Transcripts::default();
        let id = transcripts.open();
        let message = [b'x'; 1_000];
        let spans: Vec<Span> = (0..1_000)
            .map(|_| transcripts.append(id, |out| out.extend_from_slice(&message)))
            .collect();
        assert_eq!(transcripts.retained(), 1_000_000);
        transcripts.sweep([spans[3], spans[500]].into_iter());
        assert!(transcripts.retained() <= 2 * (SEGMENT_BYTES + message.len()));
        assert_eq!(bytes(&transcripts, spans[3]), message);
        assert_eq!(bytes(&transcripts, spans[500]), message);
        let next = transcripts.append(id, |out| out.extend_from_slice(b"next"));
        assert_eq!((next.start, bytes(&transcripts, next)), (1_000_000, b"next".to_vec()));
    }

    #[test]
    fn a_retired_id_is_reused_only_when_nothing_needs_it() {
        let mut transcripts = Transcripts::default();
        let first = transcripts.open();
        let span = transcripts.append(first, |out| out.extend_from_slice(b"old"));
        transcripts.retire(first);
        assert_ne!(transcripts.open(), first);
        transcripts.sweep([span].into_iter());
        assert_ne!(transcripts.open(), first);
        assert_eq!(bytes(&transcripts, span), b"old");
        transcripts.clear();
        assert_eq!(transcripts.open(), first);
        assert_eq!(transcripts.retained(), 0);
    }
}

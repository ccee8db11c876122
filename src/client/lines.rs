//! Lines of text that arrive, each once and in order, over datagrams that may not.
//!
//! ```text
//!     "mcl1" | kind, 1 byte | number, 4 bytes | next number expected, 4 bytes | text
//! ```
//!
//! Names, pieces of lines and the end are numbered from 0 and sent again until confirmed; `ACK` and
//! `GONE` are not numbered. No socket and no clock: datagrams and the time are handed in.
//!
//! Invariants: at most [`SPEECH_WINDOW`] pieces are under way; a duplicate counts once; an early
//! piece waits, within the window.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::limits::{
    SPEECH_AGAIN_MAX, SPEECH_AGAIN_MIN, SPEECH_BYTES_MAX, SPEECH_LINE_BYTES_MAX, SPEECH_PATIENCE,
    SPEECH_QUEUE_MAX, SPEECH_WINDOW,
};
use crate::time::Time;

const MAGIC: &[u8; 4] = b"mcl1";
const NAME: u8 = 0;
const LINE: u8 = 1;
/// A piece of a line that goes on.
const PIECE: u8 = 2;
/// Nothing more will be said.
const END: u8 = 3;
const ACK: u8 = 4;
const GONE: u8 = 5;

/// A message of the peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PeerMessage {
    /// The name that the peer has chosen.
    Name(Vec<u8>),
    /// One line, without its newline.
    Line(Vec<u8>),
    /// It will say no more.
    End,
    /// It has left.
    Gone,
}

/// Something numbered that is not confirmed.
#[derive(Clone, Debug)]
struct Piece {
    kind: u8,
    number: u32,
    text: Vec<u8>,
    /// When it was last sent, and how often.
    sent: Option<(Time, u32)>,
}

/// One peer's lines, both ways.
#[derive(Clone, Debug)]
pub(super) struct LineChannel {
    rtt: Duration,
    next_number: u32,
    unconfirmed: VecDeque<Piece>,
    /// When something was last confirmed, or there was nothing to confirm.
    progress: Time,
    expected: u32,
    early: BTreeMap<u32, (u8, Vec<u8>)>,
    /// The line that goes on.
    started: Vec<u8>,
    out: VecDeque<Vec<u8>>,
    heard: VecDeque<PeerMessage>,
}

impl LineChannel {
    /// A conversation that begins with the own name.
    pub(super) fn new(now: Time, rtt: Duration, name: &str) -> Self {
        let mut lines = Self {
            rtt,
            next_number: 0,
            unconfirmed: VecDeque::new(),
            progress: now,
            expected: 0,
            early: BTreeMap::new(),
            started: Vec::new(),
            out: VecDeque::new(),
            heard: VecDeque::new(),
        };
        lines.queue(now, NAME, name.as_bytes());
        lines
    }

    /// Says a line.
    pub(super) fn say(&mut self, now: Time, line: &[u8]) {
        let mut rest = line;
        while let Some((piece, more)) = rest.split_at_checked(SPEECH_BYTES_MAX) {
            if more.is_empty() {
                break;
            }
            self.queue(now, PIECE, piece);
            rest = more;
        }
        self.queue(now, LINE, rest);
    }

    /// Says that nothing more will come.
    pub(super) fn end(&mut self, now: Time) {
        self.queue(now, END, &[]);
    }

    /// The datagram that says that we leave.
    pub(super) fn farewell(&self) -> Vec<u8> {
        packet(GONE, 0, self.expected, &[])
    }

    /// Whether more may be said at present.
    pub(super) fn has_room(&self) -> bool {
        self.unconfirmed.len() < SPEECH_QUEUE_MAX
    }

    /// Whether all that was said has arrived.
    pub(super) fn is_delivered(&self) -> bool {
        self.unconfirmed.is_empty()
    }

    /// Whether a line was said that may not have arrived.
    pub(super) fn owes_text(&self) -> bool {
        self.unconfirmed.iter().any(|piece| matches!(piece.kind, LINE | PIECE))
    }

    /// Whether the peer has confirmed nothing for so long that it never will.
    pub(super) fn is_hopeless(&self, now: Time) -> bool {
        !self.is_delivered() && now.since(self.progress) >= SPEECH_PATIENCE
    }

    /// Takes a datagram. `false`: it is none of ours.
    pub(super) fn receive(&mut self, now: Time, datagram: &[u8]) -> bool {
        let Some((kind, number, expected, text)) = parse(datagram) else { return false };
        self.confirm(now, expected);
        match kind {
            GONE => self.heard.push_back(PeerMessage::Gone),
            NAME..=END => {
                let ahead = number.wrapping_sub(self.expected);
                if ahead < SPEECH_WINDOW {
                    self.early.insert(number, (kind, text.to_vec()));
                    self.take_in_order();
                }
                self.out.push_back(packet(ACK, 0, self.expected, &[]));
            }
            _ => {}
        }
        true
    }

    /// Sends new pieces, and those that were not confirmed in time.
    pub(super) fn expire(&mut self, now: Time) {
        let (rtt, expected) = (self.rtt, self.expected);
        for piece in self.unconfirmed.iter_mut().take(SPEECH_WINDOW as usize) {
            let is_due = piece.sent.is_none_or(|(at, times)| now >= at + patience(rtt, times));
            if is_due {
                let times = piece.sent.map_or(0, |(_, times)| times);
                piece.sent = Some((now, times.saturating_add(1)));
                self.out.push_back(packet(piece.kind, piece.number, expected, &piece.text));
            }
        }
    }

    /// When [`Self::expire`] is due.
    pub(super) fn due(&self) -> Time {
        let pieces = self.unconfirmed.iter().take(SPEECH_WINDOW as usize);
        let due = pieces.map(|piece| {
            piece.sent.map_or(Time::ZERO, |(at, times)| at + patience(self.rtt, times))
        });
        due.min().unwrap_or(Time::NEVER)
    }

    /// The next datagram to send.
    pub(super) fn transmit(&mut self) -> Option<Vec<u8>> {
        self.out.pop_front()
    }

    /// The peer's next message.
    pub(super) fn hear(&mut self) -> Option<PeerMessage> {
        self.heard.pop_front()
    }

    fn queue(&mut self, now: Time, kind: u8, text: &[u8]) {
        if self.unconfirmed.is_empty() {
            self.progress = now;
        }
        let number = self.next_number;
        self.next_number = number.wrapping_add(1);
        self.unconfirmed.push_back(Piece { kind, number, text: text.to_vec(), sent: None });
    }

    fn confirm(&mut self, now: Time, expected: u32) {
        let under_way = self.unconfirmed.len().min(SPEECH_WINDOW as usize) as u32;
        let Some(first) = self.unconfirmed.front().map(|piece| piece.number) else { return };
        let confirmed = expected.wrapping_sub(first);
        if confirmed == 0 || confirmed > under_way {
            return;
        }
        for piece in self.unconfirmed.drain(..confirmed as usize) {
            // A confirmation of a piece that was sent twice does not say which of the two arrived.
            if let Some((at, 1)) = piece.sent {
                self.rtt = (self.rtt * 7 + now.since(at)) / 8;
            }
        }
        self.progress = now;
    }

    fn take_in_order(&mut self) {
        while let Some((kind, text)) = self.early.remove(&self.expected) {
            self.expected = self.expected.wrapping_add(1);
            match kind {
                NAME => self.heard.push_back(PeerMessage::Name(text)),
                END => self.heard.push_back(PeerMessage::End),
                _ => {
                    self.started.extend_from_slice(&text);
                    if kind == LINE || self.started.len() >= SPEECH_LINE_BYTES_MAX {
                        self.heard.push_back(PeerMessage::Line(std::mem::take(&mut self.started)));
                    }
                }
            }
        }
    }
}

/// Time after which a piece that was sent so often is sent again.
fn patience(rtt: Duration, times: u32) -> Duration {
    let first = (rtt * 2).clamp(SPEECH_AGAIN_MIN, SPEECH_AGAIN_MAX);
    first.saturating_mul(1 << times.saturating_sub(1).min(5)).min(SPEECH_AGAIN_MAX)
}

fn packet(kind: u8, number: u32, expected: u32, text: &[u8]) -> Vec<u8> {
    [MAGIC, &[kind][..], &number.to_be_bytes(), &expected.to_be_bytes(), text].concat()
}

fn parse(datagram: &[u8]) -> Option<(u8, u32, u32, &[u8])> {
    let (head, text) = datagram.strip_prefix(MAGIC)?.split_first_chunk::<9>()?;
    let [kind, a, b, c, d, e, f, g, h] = *head;
    let (number, expected) = (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]));
    (text.len() <= SPEECH_BYTES_MAX).then_some((kind, number, expected, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// xorshift64*.
    fn random(state: &mut u64) -> u64 {
        *state ^= *state >> 12;
        *state ^= *state << 25;
        *state ^= *state >> 27;
        state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33
    }

    fn line(number: usize) -> Vec<u8> {
        let long =
            if number.is_multiple_of(7) { 3 * SPEECH_BYTES_MAX + number } else { number % 50 };
        format!("{number}:{}", "x".repeat(long)).into_bytes()
    }

    /// Two peers say `count` lines each and end; returns what each has heard.
    fn converse(seed: u64, loss: u64, count: usize) -> [Vec<PeerMessage>; 2] {
        let rtt = Duration::from_millis(60);
        let mut ends = [0, 1].map(|_| LineChannel::new(Time::ZERO, rtt, "somebody"));
        let (mut state, mut heard, mut said) = (seed * 2 + 1, [vec![], vec![]], [0, 0]);
        let mut under_way: BTreeMap<(Time, u64), (usize, Vec<u8>)> = BTreeMap::new();
        for milli in 0..120_000 {
            let now = Time::at(Duration::from_millis(milli));
            while under_way.first_key_value().is_some_and(|((at, _), _)| *at <= now) {
                let (_, (to, bytes)) = under_way.pop_first().unwrap();
                assert!(ends[to].receive(now, &bytes));
            }
            for (at, end) in ends.iter_mut().enumerate() {
                while said[at] <= count && end.has_room() {
                    if said[at] < count {
                        end.say(now, &line(said[at]));
                    } else {
                        end.end(now);
                    }
                    said[at] += 1;
                }
                end.expire(now);
                heard[at].extend(std::iter::from_fn(|| end.hear()));
                while let Some(bytes) = end.transmit() {
                    for _ in 0..1 + u64::from(random(&mut state).is_multiple_of(10)) {
                        let delay = Duration::from_millis(5 + random(&mut state) % 60);
                        let number = random(&mut state);
                        if random(&mut state) % 100 >= loss {
                            under_way.insert((now + delay, number), (1 - at, bytes.clone()));
                        }
                    }
                }
            }
            if ends.iter().all(LineChannel::is_delivered) && said.iter().all(|said| *said > count) {
                return heard;
            }
        }
        panic!("not delivered: seed {seed}, loss {loss}")
    }

    #[test]
    fn everything_arrives_once_and_in_order_whatever_is_lost() {
        for (loss, seeds) in [(0, 5), (10, 30), (30, 30), (60, 5)] {
            for seed in 0..seeds {
                let count = if loss == 60 { 20 } else { 100 };
                for heard in converse(seed, loss, count) {
                    let mut expected = vec![PeerMessage::Name(b"somebody".to_vec())];
                    expected.extend((0..count).map(|number| PeerMessage::Line(line(number))));
                    expected.push(PeerMessage::End);
                    assert_eq!(heard, expected, "seed {seed}, loss {loss}");
                }
            }
        }
    }

    #[test]
    fn strange_bytes_change_nothing() {
        let mut lines = LineChannel::new(Time::ZERO, Duration::ZERO, "");
        for bytes in [&b""[..], b"mcl1", b"mcl2\x01\0\0\0\0\0\0\0\0", &[b'm'; 2_000]] {
            assert!(!lines.receive(Time::ZERO, bytes));
        }
        let far = packet(LINE, 1 << 20, u32::MAX, b"far ahead");
        assert!(
            lines.receive(Time::ZERO, &far) && lines.hear().is_none() && lines.early.is_empty()
        );
        assert!(!lines.is_delivered());
        assert!(lines.is_hopeless(Time::at(SPEECH_PATIENCE)));
    }
}

//! One client's side of the network: what is on its way to the server, and how well it reads.

use std::collections::VecDeque;

use crate::model::Nanos;
use crate::people::Program;
use crate::random::Random;
use crate::secure::Secure;

const MILLISECOND: Nanos = 1_000_000;

/// How somebody reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Habit {
    /// All there is, nearly always.
    Prompt,
    /// Now and then, a little.
    Slow,
    /// Not at all.
    Never,
}

/// What may come out of a read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Input {
    Bytes(Vec<u8>),
    Nothing,
    End,
    Broken,
}

/// One client and its network.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) program: Program,
    pub(crate) nickname: String,
    pub(crate) has_spoken: bool,
    /// Bytes were sent.
    has_begun: bool,
    pub(crate) habit: Habit,
    /// On its way, and when it arrives.
    under_way: VecDeque<(Nanos, Vec<u8>)>,
    /// Arrived and not read.
    arrived: Vec<u8>,
    /// When the end of its stream arrives, and whether it has.
    ends_at: Option<Nanos>,
    ended: bool,
    end_seen: bool,
    pub(crate) broken: bool,
    /// The server was told that it may be read, and has not found it empty since.
    pub(crate) readable: bool,
    /// The last write was cut short.
    was_full: bool,
    /// When the server is told that it takes bytes again.
    pub(crate) writable_at: Option<Nanos>,
    /// Where it comes encrypted.
    pub(crate) secure: Option<Box<Secure>>,
}

impl Wire {
    pub(crate) fn new(program: Program, nickname: String) -> Self {
        Self {
            program,
            nickname,
            has_spoken: false,
            has_begun: false,
            habit: Habit::Prompt,
            under_way: VecDeque::new(),
            arrived: Vec::new(),
            ends_at: None,
            ended: false,
            end_seen: false,
            broken: false,
            readable: false,
            was_full: false,
            writable_at: None,
            secure: None,
        }
    }

    /// Whether it can still send.
    pub(crate) fn is_open(&self) -> bool {
        self.ends_at.is_none() && !self.ended && !self.broken
    }

    /// Says something, encrypted if it comes so.
    pub(crate) fn send(&mut self, now: Nanos, random: &mut Random, bytes: &[u8]) {
        if !self.send_secure(now, bytes) {
            self.send_raw(now, random, bytes);
        }
    }

    /// Sends bytes, cut anywhere, each piece delayed.
    pub(crate) fn send_raw(&mut self, now: Nanos, random: &mut Random, mut bytes: &[u8]) {
        // What a program begins with is no name that a pause could end.
        let is_whole =
            self.program == Program::Irc && !std::mem::replace(&mut self.has_begun, true);
        while !bytes.is_empty() {
            let piece = match random.below(4) {
                _ if is_whole => bytes.len(),
                0 => 1 + random.below(3),
                1 => 1 + random.below(40),
                _ => bytes.len(),
            };
            let (first, rest) = bytes.split_at(piece.min(bytes.len()));
            let delay = match random.below(16) {
                0 => random.below(3_000) as Nanos * MILLISECOND,
                1..=3 => random.below(80) as Nanos * MILLISECOND,
                _ => random.below(500) as Nanos * 1_000,
            };
            let before = self.under_way.back().map_or(now, |(at, _)| *at);
            self.under_way.push_back((before.max(now + delay), first.to_vec()));
            bytes = rest;
        }
    }

    /// Ends its side after all that it has sent.
    pub(crate) fn finish(&mut self, now: Nanos) {
        self.finish_secure(now);
        self.ends_at = Some(self.under_way.back().map_or(now, |(at, _)| *at));
    }

    /// When the next thing happens here.
    pub(crate) fn next_event(&self) -> Option<Nanos> {
        let arrival = self.under_way.front().map(|(at, _)| *at);
        [arrival, self.ends_at, self.writable_at].into_iter().flatten().min()
    }

    /// Lets happen what happens by `now`. Whether the server may read it, and write to it.
    pub(crate) fn advance(&mut self, now: Nanos) -> (bool, bool) {
        let mut readable = false;
        while self.under_way.front().is_some_and(|(at, _)| *at <= now) {
            let (_, bytes) = self.under_way.pop_front().expect("just seen");
            self.arrived.extend(bytes);
            readable = true;
        }
        if self.ends_at.is_some_and(|at| at <= now && self.under_way.is_empty()) {
            self.ends_at = None;
            self.ended = true;
            readable = true;
        }
        self.readable |= readable;
        let writable = self.writable_at.take_if(|at| *at <= now).is_some();
        (readable, writable)
    }

    /// One read of at most so many bytes.
    pub(crate) fn read(&mut self, random: &mut Random, appetite: usize) -> Input {
        if self.arrived.is_empty() {
            self.readable = false;
            if self.broken {
                return if self.end_seen { Input::Nothing } else { self.break_off() };
            }
            let end = self.ended && !std::mem::replace(&mut self.end_seen, true);
            return if end { Input::End } else { Input::Nothing };
        }
        let most = self.arrived.len().min(appetite);
        let count = if random.below(4) == 0 { 1 + random.below(most) } else { most };
        Input::Bytes(self.arrived.drain(..count).collect())
    }

    /// Whether something could be read.
    pub(crate) fn has_input(&self) -> bool {
        !self.arrived.is_empty() || ((self.ended || self.broken) && !self.end_seen)
    }

    fn break_off(&mut self) -> Input {
        self.end_seen = true;
        Input::Broken
    }

    /// How many of so many bytes the socket takes. Less than all: it will say when it takes more.
    pub(crate) fn take(&mut self, now: Nanos, random: &mut Random, offered: usize) -> usize {
        // How much waits for a reader of JSON or IRC is not for the model to know: it reads all.
        if matches!(self.program, Program::Json | Program::Irc) {
            return offered;
        }
        let (taken, pause) = match self.habit {
            // Never twice in a row: who reads promptly is never old.
            Habit::Prompt if self.was_full || random.below(16) > 0 => {
                self.was_full = false;
                return offered;
            }
            Habit::Prompt => (random.below(offered + 1), random.below(1_500)),
            Habit::Slow => (random.below(offered.min(300) + 1), 100 + random.below(2_000)),
            Habit::Never => (0, usize::MAX),
        };
        self.was_full = taken < offered;
        if taken < offered && pause < usize::MAX {
            self.writable_at = Some(now + pause as Nanos * MILLISECOND + 1);
        }
        taken
    }
}

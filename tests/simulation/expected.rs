//! What one client must be sent, line by line, and whether that is what it got.
//!
//! Nearly always there is one answer. A client that does not read may be spared joins and leaves,
//! and several that are cut off in one moment leave in any order; such lines are marked, and what
//! came is followed through all that would have been right.

use std::collections::{BTreeSet, VecDeque};

use std::net::IpAddr;

use mio_chat::limits::PIECE_BYTES;

use crate::{irc_wire, json};

/// What kind of line it is, as far as slow readers go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Must be sent.
    #[default]
    Must,
    /// Somebody came or went; may be left out once the client is `spared`.
    Presence { spared: bool },
    /// How much waited when the client was cut off: some number in this range.
    CutOff { least: usize, most: usize },
}

/// How somebody is told things.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Language {
    #[default]
    Plain,
    /// In objects, or in parts of one.
    Json,
    Irc,
}

/// What digits that the server draws are good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Secret {
    /// The numbers of this server are told from those of others.
    Epoch,
    /// Somebody owns a room: the key of this number.
    Key(u64),
    /// What is shown to readers of IRC of who comes from there.
    Cloak(IpAddr),
}

#[derive(Clone, Debug, Default)]
struct Line {
    text: Vec<u8>,
    kind: Kind,
    /// Lines of one group may come in any order.
    group: Option<u64>,
    /// What its zeros stand for: the digits of a key, or of the epoch.
    secret: Option<Secret>,
    /// The language in which it must come.
    language: Language,
    /// When it was queued.
    since: u64,
    /// Between which flushes.
    flush: u64,
}

/// The lines that one client must be sent and was not sent yet.
#[derive(Debug, Default)]
pub(crate) struct Expected {
    lines: VecDeque<Line>,
    /// How many of the next lines may have come already: more than one answer while it is not known
    /// which lines were left out.
    behind: BTreeSet<usize>,
    /// Received of a line that is not whole.
    partial: Vec<u8>,
    flush: u64,
    /// What is queued now must come in this.
    pub(crate) language: Language,
    /// Secrets that the client was told, and their digits.
    pub(crate) told: Vec<(Secret, String)>,
}

impl Expected {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self { behind: BTreeSet::from([0]), ..Self::default() }
    }

    /// Text that must be sent; it may have several lines, or none that is whole.
    pub(crate) fn push(&mut self, now: u64, text: &[u8]) {
        for piece in text.split_inclusive(|&byte| byte == b'\n') {
            self.push_line(now, piece, Kind::Must, None);
        }
    }

    /// One line that is not simply to be sent.
    pub(crate) fn push_line(&mut self, now: u64, text: &[u8], kind: Kind, group: Option<u64>) {
        match self.lines.back_mut() {
            // The prompt has no line end: what follows goes on with it.
            Some(last) if last.text.last() != Some(&b'\n') => {
                last.text.extend_from_slice(text);
                last.language = self.language;
            }
            _ => {
                let flush = self.flush;
                let (text, secret, language) = (text.to_vec(), None, self.language);
                let line = Line { text, kind, group, secret, language, since: now, flush };
                self.lines.push_back(line);
            }
        }
    }

    /// A line in which zeros stand for digits that the server draws.
    pub(crate) fn push_secret(&mut self, now: u64, text: &[u8], secret: Secret) {
        self.push_line(now, text, Kind::Must, None);
        if let Some(line) = self.lines.back_mut() {
            line.secret = Some(secret);
        }
    }

    /// A flush has begun.
    pub(crate) fn note_flush(&mut self, number: u64) {
        self.flush = number;
    }

    /// The client's socket was found full in this flush: of what was queued since it began joins
    /// and leaves may be left out.
    pub(crate) fn note_full(&mut self, soft: usize) {
        let mut before = self.most() + PIECE_BYTES * self.lines.len();
        for line in self.lines.iter_mut().rev() {
            before = before.saturating_sub(line.text.len() + PIECE_BYTES);
            if line.flush != self.flush {
                break;
            }
            if let Kind::Presence { spared } = &mut line.kind {
                *spared |= before + PIECE_BYTES > soft;
            }
        }
    }

    /// Bytes that may be waiting at most.
    pub(crate) fn most(&self) -> usize {
        let first = self.behind.first().copied().unwrap_or(0);
        let lines: usize = self.lines.iter().skip(first).map(|line| line.text.len()).sum();
        lines.saturating_sub(self.partial.len())
    }

    /// The same if all was left out that may be.
    pub(crate) fn least(&self) -> usize {
        let last = self.behind.last().copied().unwrap_or(0);
        let left = self.lines.iter().skip(last);
        let must = left.filter(|line| !matches!(line.kind, Kind::Presence { spared: true }));
        must.map(|line| line.text.len()).sum::<usize>().saturating_sub(self.partial.len())
    }

    /// What waits at most as the limits count it, where each piece weighs something.
    pub(crate) fn most_weight(&self) -> usize {
        self.most() + PIECE_BYTES * (self.lines.len() + 1)
    }

    /// When the oldest line that may be waiting was queued.
    pub(crate) fn oldest(&self) -> Option<u64> {
        self.lines.get(self.behind.first().copied().unwrap_or(0)).map(|line| line.since)
    }

    /// Drops what waits, but for what is `sealed` and the rest of a line that was begun.
    pub(crate) fn cut(&mut self, sealed: &[u8]) {
        let came = self.partial.clone();
        let mut owed = came.clone();
        if let Err(complaint) = self.receive(sealed) {
            panic!("encrypted {complaint}");
        }
        self.cut_after_begun();
        owed.extend_from_slice(sealed);
        let whole = owed.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        for text in owed[..whole].split_inclusive(|&byte| byte == b'\n').rev() {
            let line = Line { text: text.to_vec(), ..Line::default() };
            self.lines.push_front(line);
        }
        self.partial = came;
    }

    /// The same where nothing is encrypted.
    fn cut_after_begun(&mut self) {
        let mut begun: Vec<Line> = Vec::new();
        if !self.partial.is_empty() {
            for &state in &self.behind {
                begun.extend(self.reachable(state).filter(|line| self.goes_on(line)).cloned());
            }
            begun.dedup_by(|one, other| one.text == other.text);
            if begun.is_empty() {
                panic!("a torn line: {:?}", self.partial.escape_ascii().to_string());
            }
        }
        let certain = begun.len() == 1;
        for line in &mut begun {
            // What has no end yet gets none.
            if line.text.last() != Some(&b'\n') {
                line.text.clone_from(&self.partial);
            }
            line.kind = if certain { Kind::Must } else { Kind::Presence { spared: true } };
        }
        self.lines = begun.into();
        self.behind = BTreeSet::from([0]);
    }

    /// Bytes came. Says what is wrong with them, if anything is.
    pub(crate) fn receive(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.partial.extend_from_slice(bytes);
        while let Some(end) = self.partial.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = self.partial.drain(..=end).collect();
            if self.language == Language::Irc {
                if !irc_wire::is_noise(&line) {
                    self.take_line(&irc_wire::sorted(&line), Language::Irc)?;
                }
                continue;
            }
            match json::as_plain(&line) {
                Some(lines) => {
                    for line in lines.split_inclusive('\n') {
                        self.take_line(line.as_bytes(), Language::Json)?;
                    }
                }
                None => self.take_line(&line, Language::Plain)?,
            }
        }
        let is_json = self.partial.contains(&b'{') && json::may_begin(&self.partial);
        if is_json || self.language == Language::Irc {
            return Ok(());
        }
        let fits = |&state: &usize| self.reachable(state).any(|line| self.goes_on(line));
        if self.partial.is_empty() || self.behind.iter().any(fits) {
            return Ok(());
        }
        Err(self.complaint(&self.partial))
    }

    /// Whether all that had to be sent was received; the prompt alone has no line end.
    pub(crate) fn is_complete(&self) -> bool {
        let done = |&state: &usize| {
            let mut left = self.lines.iter().skip(state);
            let open_line_came =
                left.len() == 1 && self.lines.back().is_some_and(|last| last.text == self.partial);
            open_line_came || (self.partial.is_empty() && left.all(Line::may_be_left_out))
        };
        self.behind.iter().any(done)
    }

    /// What is still to be received, for a failure's message.
    pub(crate) fn rest(&self) -> String {
        let first = self.behind.first().copied().unwrap_or(0);
        let texts = self.lines.iter().skip(first).take(5);
        texts
            .map(|Line { text, kind, .. }| {
                format!("{:?} {kind:?}; ", text.escape_ascii().to_string())
            })
            .collect()
    }

    fn take_line(&mut self, received: &[u8], language: Language) -> Result<(), String> {
        self.reorder(received);
        let mut next = BTreeSet::new();
        for &state in &self.behind {
            for (at, line) in self.lines.iter().enumerate().skip(state) {
                let is_it = line.language == language && line.is(received);
                if let Some(told) = line.told(received).filter(|_| is_it) {
                    next.insert(at + 1);
                    self.told.extend(told);
                }
                if !line.may_be_left_out() {
                    break;
                }
            }
        }
        if next.is_empty() {
            return Err(self.complaint(received));
        }
        let done = next.first().copied().unwrap_or(0);
        self.lines.drain(..done);
        self.behind = next.into_iter().map(|state| state - done).collect();
        Ok(())
    }

    /// Brings this line to the front of the group that is due, if it is in there.
    fn reorder(&mut self, received: &[u8]) {
        let Some(&first) = self.behind.first() else { return };
        let Some(group) = self.lines.get(first).and_then(|line| line.group) else { return };
        let same = |line: &Line| line.group == Some(group) && line.is(received);
        if let Some(at) = (first..self.lines.len()).find(|&at| same(&self.lines[at])) {
            self.lines.swap(first, at);
        }
    }

    /// The lines that may come next after so many.
    fn reachable(&self, state: usize) -> impl Iterator<Item = &Line> {
        let group = self.lines.get(state).and_then(|line| line.group);
        let mut open = true;
        self.lines.iter().skip(state).take_while(move |line| {
            let taken = open || (group.is_some() && line.group == group);
            open = open && line.may_be_left_out();
            taken
        })
    }

    fn goes_on(&self, line: &Line) -> bool {
        match line.kind {
            Kind::CutOff { .. } => {
                let length = self.partial.len().min(CUT_OFF.len());
                self.partial[..length] == CUT_OFF[..length]
            }
            _ => line.begins_with(&self.partial),
        }
    }

    fn complaint(&self, received: &[u8]) -> String {
        let received = received.escape_ascii().to_string();
        format!("was sent {received:?}, and should be sent {}", self.rest())
    }
}

/// How the last line of a slow reader begins.
const CUT_OFF: &[u8] = b"* you were cut off: ";

impl Line {
    fn is(&self, received: &[u8]) -> bool {
        if self.language == Language::Irc {
            return self.told(received).is_some();
        }
        let Kind::CutOff { least, most } = self.kind else {
            return self.text.len() == received.len() && self.begins_with(received);
        };
        let number = received.strip_prefix(CUT_OFF).and_then(|rest| {
            let digits = rest.strip_suffix(b" bytes waited and you did not read them\n")?;
            std::str::from_utf8(digits).ok()?.parse::<usize>().ok()
        });
        number.is_some_and(|number| (least..=most).contains(&number))
    }

    fn begins_with(&self, received: &[u8]) -> bool {
        let fits = |(&text, byte): (&u8, &u8)| match text {
            0 => byte.is_ascii_digit() || (b'a'..=b'f').contains(byte),
            _ => text == *byte,
        };
        received.len() <= self.text.len() && self.text.iter().zip(received).all(fits)
    }

    /// What the server has drawn of a line that is this one.
    fn told(&self, received: &[u8]) -> Option<Vec<(Secret, String)>> {
        match self.language {
            Language::Irc => irc_wire::compare(&self.text, received, self.secret),
            _ => Some(
                self.secret.map(|secret| (secret, self.digits(received))).into_iter().collect(),
            ),
        }
    }

    /// What was received where zeros are.
    fn digits(&self, received: &[u8]) -> String {
        let both = self.text.iter().zip(received).filter(|(text, _)| **text == 0);
        both.map(|(_, byte)| char::from(*byte)).collect()
    }

    fn may_be_left_out(&self) -> bool {
        matches!(self.kind, Kind::Presence { spared: true })
    }
}

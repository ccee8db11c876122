//! One client as the model sees it: what it sent, and when it is due.

use std::net::IpAddr;

use mio_chat::chat::Farewell;
use mio_chat::dialect::Foreign;
use mio_chat::limits;
use mio_chat::server::CloseReason;

use crate::expected::Expected;
use crate::model::{Nanos, nanos};
use crate::rules::{Pace, Rules};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Neither side has said a word.
    Silent,
    /// Its connection is being encrypted.
    Securing,
    Choosing,
    Chatting,
    Closing,
}

/// How it ends its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Unknown,
    Newline,
    Pause,
}

/// The next thing it said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    Line { bytes: Vec<u8>, newline: bool },
    TooLong,
    Skipped,
}

/// Somebody who is connected.
#[derive(Debug)]
pub(crate) struct Client {
    /// `None`: one that everybody may have.
    pub(crate) address: Option<IpAddr>,
    pub(crate) phase: Phase,
    pub(crate) connected: Nanos,
    /// Text that was read and not carried out yet.
    pub(crate) inbox: Vec<u8>,
    /// What is in there is a whole message, though no newline ends it.
    pub(crate) end_here: bool,
    /// In the rest of a line that was too long.
    pub(crate) skipping: bool,
    /// Bytes of a telnet command that are still to come.
    telnet: Telnet,
    started: Option<Nanos>,
    quiet_at: Option<Nanos>,
    pub(crate) ending: Ending,
    /// The server's words are told to it in ASCII.
    pub(crate) ascii: bool,
    /// The first answer of a client that pauses, which it puts before each message.
    prefix: Option<String>,
    pub(crate) prompted: bool,
    /// It speaks IRC.
    pub(crate) irc: bool,
    /// The server leaves it for the next turn, if what it says next is nothing to be counted.
    pub(crate) is_paused_now: bool,
    /// It is given more time before it is prompted, or never is.
    pub(crate) may_be_browser: bool,
    pub(crate) has_agreed: bool,
    /// It has sent a line that is not empty.
    pub(crate) spoken: bool,
    /// Bytes read and lines tried without a nickname.
    pub(crate) bytes: usize,
    pub(crate) tries: usize,
    pub(crate) paid_until: Nanos,
    /// Held by flood control, and told so.
    pub(crate) held: bool,
    /// Its password is being checked.
    pub(crate) awaits_answer: bool,
    pub(crate) told_to_wait: bool,
    /// When its line is heard, after others from the same address.
    pub(crate) turn: Option<Nanos>,
    /// The server goes on with it in the next turn, and has to because lines are left.
    pub(crate) paused: bool,
    pub(crate) must_be_paused: bool,
    pub(crate) ended: bool,
    pub(crate) expected: Expected,
    /// Is encrypted, and waits for its socket so.
    pub(crate) sealed: Vec<u8>,
    /// Its socket takes no more; since when it has taken nothing.
    pub(crate) blocked: bool,
    pub(crate) stuck_since: Option<Nanos>,
    /// Since which turn more may be waiting than is allowed, and since which it surely is.
    pub(crate) overfull: Option<u64>,
    pub(crate) surely_overfull: Option<u64>,
    pub(crate) reason: Option<CloseReason>,
    pub(crate) close_by: Nanos,
    /// Its connection broke while it was closing or before.
    pub(crate) lost: bool,
    /// Nothing can be sent to it any more.
    pub(crate) broken: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Telnet {
    Text,
    Command,
    Option,
}

impl Client {
    pub(crate) fn new(now: Nanos, address: IpAddr) -> Self {
        Self {
            address: Some(address).filter(|address| !address.is_loopback()),
            phase: Phase::Silent,
            connected: now,
            inbox: Vec::new(),
            end_here: false,
            skipping: false,
            telnet: Telnet::Text,
            started: None,
            quiet_at: None,
            ending: Ending::Unknown,
            ascii: false,
            prefix: None,
            prompted: false,
            irc: false,
            is_paused_now: false,
            may_be_browser: false,
            has_agreed: false,
            spoken: false,
            bytes: 0,
            tries: 0,
            paid_until: 0,
            held: false,
            awaits_answer: false,
            told_to_wait: false,
            turn: None,
            paused: false,
            must_be_paused: false,
            ended: false,
            expected: Expected::new(),
            sealed: Vec::new(),
            blocked: false,
            stuck_since: None,
            overfull: None,
            surely_overfull: None,
            reason: None,
            close_by: Nanos::MAX,
            lost: false,
            broken: false,
        }
    }

    /// Whether it is written to in small writes, so that it may be kept waiting at any time.
    pub(crate) fn is_small(&self) -> bool {
        self.ending == Ending::Pause
    }

    /// Nothing reaches it any more, and nothing is owed to it.
    pub(crate) fn break_off(&mut self) {
        (self.broken, self.expected) = (true, Expected::new());
        (self.blocked, self.stuck_since, self.overfull) = (false, None, None);
        self.surely_overfull = None;
        self.lost |= self.phase == Phase::Closing;
    }

    /// It will say no more. What a pause would have ended is a message; a line that was begun by
    /// somebody whose connection broke is none.
    pub(crate) fn end_input(&mut self, is_broken: bool) {
        self.ended = true;
        if self.irc || (is_broken && self.ending != Ending::Pause) {
            let whole = self.inbox.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
            self.inbox.truncate(whole);
        } else {
            self.end_here = true;
        }
    }

    /// Takes telnet commands out of what was read and keeps the rest.
    pub(crate) fn take_in(&mut self, now: Nanos, bytes: &[u8]) {
        if self.phase != Phase::Chatting {
            self.bytes += bytes.len();
        }
        let before = self.inbox.len();
        for &byte in bytes {
            self.telnet = match (self.telnet, byte) {
                (Telnet::Text, 0xff) => Telnet::Command,
                // Nobody here ends a line with CR NUL.
                (Telnet::Text, 0) => Telnet::Text,
                (Telnet::Text, _) => {
                    self.inbox.push(byte);
                    Telnet::Text
                }
                (Telnet::Command, 0xfb..=0xfe) => Telnet::Option,
                (Telnet::Command, 0xf7 | 0xf8) => {
                    self.inbox.push(if byte == 0xf7 { 8 } else { 21 });
                    Telnet::Text
                }
                (Telnet::Command | Telnet::Option, _) => Telnet::Text,
            };
        }
        let text = self.inbox.len() - before;
        if text > 0 {
            let typing = text == 1 && self.inbox.last() != Some(&b'\r');
            let quiet = if typing { limits::TYPIST_QUIET } else { limits::CHUNK_QUIET };
            let says_nothing = "\u{feff}".as_bytes().starts_with(&self.inbox);
            self.started = self.started.or(Some(now).filter(|_| !says_nothing));
            self.quiet_at = Some(now + nanos(quiet)).filter(|_| !says_nothing);
            if self.phase == Phase::Silent && !says_nothing {
                self.phase = Phase::Choosing;
            }
        }
    }

    /// Another language, and what it is answered.
    pub(crate) fn foreign(&self, has_web: bool) -> Option<(CloseReason, &'static str)> {
        if self.spoken {
            return None;
        }
        let text = String::from_utf8_lossy(&self.inbox);
        let first = text.trim_start_matches(['\r', '\n', '\u{feff}']);
        if first.starts_with('\x16') {
            return Some((CloseReason::Foreign(Foreign::Tls), ""));
        }
        let (line, newline) = match first.split_once('\n') {
            Some((line, _)) => (line, true),
            None => (first, false),
        };
        let bare = line.strip_suffix('\r').unwrap_or(line);
        // A pause may end a line within its version.
        let versions = [" HTTP/1.1", " HTTP/1.", " HTTP/1", " HTTP/2.0", " HTTP/2.", " HTTP/2"];
        let relative = if has_web { "RTSP" } else { "HTTP" };
        let has_version = versions.iter().any(|it| bare.ends_with(&it.replace("HTTP", relative)));
        let verb = line.split_once(' ')?.0;
        if (!has_web && ["GET", "POST"].contains(&verb))
            || (has_version && (newline || self.end_here))
        {
            let answer = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n\
                Content-Length: 60\r\nConnection: close\r\n\r\n\
                This port is a plain-line chat: connect with nc or telnet.\r\n";
            return Some((CloseReason::Foreign(Foreign::Http), answer));
        }
        None
    }

    /// Whether the first line is too long for a name and its end, which may show that it is a web
    /// request, has not come.
    pub(crate) fn is_undecided(&self) -> bool {
        let text = String::from_utf8_lossy(&self.inbox);
        let first = text.trim_start_matches(['\r', '\n', '\u{feff}']);
        let whole = first.contains('\n') || self.end_here;
        !self.spoken && !whole && self.inbox.len() >= limits::LINE_BYTES_MAX
    }

    pub(crate) fn may_be_heard(&mut self, now: Nanos, rules: &Rules) -> bool {
        if self.phase == Phase::Closing || self.is_busy() {
            return false;
        }
        self.held = rules.flood.is_some_and(|pace| self.ready_at(pace) > now);
        !self.held
    }

    /// Held, left for the next turn, or not answered yet.
    fn is_busy(&self) -> bool {
        self.held || self.paused || self.awaits_answer
    }

    /// It was answered: the server goes on with it in the next turn.
    pub(crate) fn go_on_after_answer(&mut self) {
        self.paused |= std::mem::take(&mut self.awaits_answer);
    }

    fn ready_at(&self, pace: Pace) -> Nanos {
        self.paid_until.saturating_sub(pace.interval * (pace.burst - 1))
    }

    /// Whether a line is whole, which counts when it is heard.
    pub(crate) fn has_line(&self) -> bool {
        let newline = self.inbox.contains(&b'\n') || self.inbox.len() >= limits::LINE_BYTES_MAX;
        !self.skipping && !self.inbox.is_empty() && (newline || self.end_here)
    }

    pub(crate) fn next_line(&mut self) -> Option<Heard> {
        let end = self.inbox.iter().position(|&byte| byte == b'\n');
        let all = self.inbox.len();
        if self.skipping && all > 0 {
            self.inbox.drain(..end.map_or(all, |end| end + 1));
            self.skipping = end.is_none() && !self.end_here;
            return Some(Heard::Skipped);
        }
        let taken = match end {
            Some(end) => end + 1,
            None if all >= limits::LINE_BYTES_MAX || (self.end_here && all > 0) => all,
            None => {
                self.skipping &= !self.end_here;
                self.end_here = false;
                return None;
            }
        };
        let mut bytes: Vec<u8> = self.inbox.drain(..taken).collect();
        let newline = end.is_some();
        if newline {
            bytes.pop();
        }
        if bytes.len() >= limits::LINE_BYTES_MAX {
            self.skipping = !newline && !self.end_here;
            return Some(Heard::TooLong);
        }
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        Some(Heard::Line { bytes, newline })
    }

    pub(crate) fn note_ending(&mut self, line: &Heard) {
        let before = self.ending;
        match line {
            Heard::Line { newline: true, .. } => self.ending = Ending::Newline,
            Heard::Line { .. } if self.ending == Ending::Unknown && !self.ended => {
                self.ending = Ending::Pause;
            }
            _ => {}
        }
        self.ascii |= before != Ending::Pause;
        self.ascii &= self.ending == Ending::Pause;
        let text = line.text();
        if self.phase != Phase::Chatting {
            self.spoken |= text.as_ref().is_none_or(|text| !text.trim().is_empty());
        }
        if self.ending == Ending::Pause
            && let Some(text) = text
        {
            self.ascii &= text.is_ascii();
            let name = Some(text.trim().to_owned()).filter(|name| !name.is_empty());
            self.prefix = self.prefix.take().or(name);
        }
    }

    /// A line without the nickname that a classroom client puts before it.
    pub(crate) fn own_text(&self, line: &Heard) -> String {
        let text = line.text().unwrap_or_default();
        self.without_prefix(&text).unwrap_or(text)
    }

    /// Whether it says something under a name that was refused, though it could be one.
    pub(crate) fn repeats_refused_name(&self, line: &Heard) -> bool {
        let text = line.text().unwrap_or_default();
        let rest = self.without_prefix(&text);
        let is_name = |prefix: &String| crate::texts::fault(prefix).is_none();
        rest.is_some_and(|rest| !rest.starts_with('/')) && self.prefix.as_ref().is_some_and(is_name)
    }

    fn without_prefix(&self, text: &str) -> Option<String> {
        let (text, prefix) = (text.trim_start(), self.prefix.as_ref()?);
        let same = text.get(..prefix.len())?.eq_ignore_ascii_case(prefix);
        let rest = same.then(|| &text[prefix.len()..])?;
        let rest = rest.trim_start().strip_prefix([':', '>'])?;
        Some(rest.strip_prefix(' ').unwrap_or(rest).to_owned())
    }

    /// After it was heard.
    pub(crate) fn settle(&mut self, now: Nanos, line_ended: bool) {
        if !self.has_begun() {
            (self.started, self.quiet_at, self.end_here) = (None, None, false);
        } else if line_ended {
            self.started = Some(now);
        }
    }

    pub(crate) fn has_begun(&self) -> bool {
        !self.inbox.is_empty() || self.skipping
    }

    pub(crate) fn tell(&mut self, now: Nanos, text: &[u8]) {
        if self.broken {
            return;
        }
        if self.ascii {
            return self.expected.push(now, simplified(text).as_bytes());
        }
        self.expected.push(now, text);
    }

    pub(crate) fn note_weight(&mut self, hard: usize, turn: u64) {
        if (self.blocked || self.is_small()) && self.expected.most_weight() > hard {
            self.overfull.get_or_insert(turn);
            if self.blocked && self.expected.least() > hard {
                self.surely_overfull.get_or_insert(turn);
            }
        }
    }

    pub(crate) fn close(&mut self, now: Nanos, reason: CloseReason) {
        self.phase = Phase::Closing;
        self.reason = Some(reason);
        self.close_by = now + nanos(limits::CLOSE_TIMEOUT);
        self.lost |= reason == CloseReason::Lost;
        self.inbox.clear();
    }

    /// Whether the prompt stands in the middle of a line.
    pub(crate) fn awaits_answer(&self) -> bool {
        self.prompted && self.phase == Phase::Choosing && self.tries == 0
    }

    pub(crate) fn can_be_given_time(&self) -> bool {
        self.phase == Phase::Closing
            && self.reason != Some(CloseReason::Told(Farewell::Shutdown { back_in: 0 }))
    }

    // ---- When it is due ----

    pub(crate) fn due(&self, rules: &Rules) -> Option<Nanos> {
        if self.phase == Phase::Closing {
            return None;
        }
        let held = rules.flood.filter(|_| self.held);
        let ready = held.map(|pace| self.ready_at(pace).max(self.turn.unwrap_or_default()));
        let all = [
            self.secure_due(),
            self.register_due(),
            self.greet_due(),
            self.line_due(),
            self.quiet_due(),
            ready,
        ];
        all.into_iter().flatten().min()
    }

    pub(crate) fn register_due(&self) -> Option<Nanos> {
        let stranger = matches!(self.phase, Phase::Silent | Phase::Choosing);
        (stranger && !self.held).then_some(self.connected + nanos(limits::REGISTER_TIMEOUT))
    }

    pub(crate) fn greet_due(&self) -> Option<Nanos> {
        let (usual, later) = (limits::GREET_AFTER, limits::GREET_BROWSER_AFTER);
        let patience = if self.may_be_browser { later } else { usual };
        let is_due = self.phase == Phase::Silent && !self.has_agreed;
        is_due.then_some(self.connected + nanos(patience))
    }

    pub(crate) fn line_due(&self) -> Option<Nanos> {
        self.started.filter(|_| !self.is_busy()).map(|since| since + nanos(limits::LINE_TIMEOUT))
    }

    pub(crate) fn quiet_due(&self) -> Option<Nanos> {
        let waits = !self.is_busy() && self.ending != Ending::Newline;
        self.quiet_at.filter(|_| waits)
    }

    /// Whether the server should read it.
    pub(crate) fn may_be_read(&self) -> bool {
        let stranger = matches!(self.phase, Phase::Silent | Phase::Choosing);
        let full = stranger && self.bytes >= self.bytes_max();
        self.phase != Phase::Closing && !self.is_busy() && !self.ended && !full
    }
}

impl Heard {
    /// What was typed, if it can be read: without byte order marks, and with what was erased gone.
    pub(crate) fn text(&self) -> Option<String> {
        let Self::Line { bytes, .. } = self else { return None };
        let mut text = String::new();
        for character in std::str::from_utf8(bytes).ok()?.trim_start_matches('\u{feff}').chars() {
            match character {
                '\x08' | '\x7f' => drop(text.pop()),
                '\x15' => text.clear(),
                _ => text.push(character),
            }
        }
        Some(text)
    }
}

/// Lines as those read them who know no more than ASCII: notices in that, and what people say as
/// they said it.
fn simplified(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let lines = text.split_inclusive('\n').map(|line| {
        let is_speech = line.starts_with("* [") || line.contains(" waves");
        let is_notice = line.starts_with("* ") && !is_speech;
        if is_notice {
            line.replace('\u{e9}', "e").replace('\u{1f600}', "?")
        } else {
            line.to_owned()
        }
    });
    lines.collect()
}

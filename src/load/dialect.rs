//! The languages that simulated clients speak: bytes in, bytes out, no sockets.
//!
//! A [`Codec`] is a dialect set up for one run: its room, its nicknames, the length of its texts.
//! It knows how a newcomer greets, when the server has admitted it, and how a message is framed.
//! [`payload`] defines the texts of messages.

use clap::ValueEnum;
use memchr::memmem;
use serde::{Deserialize, Serialize};

use super::admission::AdmissionState;
use super::json;
use super::payload::{self, TEXT_BYTES_MIN};
use crate::limits::{
    LINE_BYTES_MAX, LOAD_ANSWER_BYTES_MAX, LOAD_IRC_TEXT_BYTES_MAX, LOAD_MESSAGE_BYTES_MAX,
    TEXT_BYTES_MAX,
};
use crate::time::Time;

/// Letters of the tag that distinguishes the nicknames of runs: none looks like a digit or like two
/// letters.
const TAG_LETTERS: &[u8; 16] = b"bcdfghjkpqstvwxz";
const TAG_BYTES: usize = 3;
const NUMBER_DIGITS: usize = 6;
/// The frame of plain lines around a text: `bcd000042: ` and the newline.
const LINES_FRAME_BYTES: usize = TAG_BYTES + NUMBER_DIGITS + ": \n".len();
/// The room of plain lines in which every client starts.
const LINES_ROOM: &str = "main";
const OTHER_ROOM: &str = "mio-chat-load";
/// The welcome of plain lines.
const LINES_WELCOME: &[u8] = b"Connected to server!";

/// The capability by which IRC clients hear themselves; others listen in their stead here.
const ECHO: &str = "echo-message";

/// The notice of plain lines to a client whose lines have to wait.
const LINES_TOO_FAST: &[u8] = b"* too fast: ";

/// A language that chat servers speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// mio-chat's plain lines: a nickname, then messages
    Lines,
    /// mio-chat's JSON dialect 1, one object a line
    Json,
    /// The same over WebSocket, one object a frame
    Ws,
    /// No names: everyone hears everything as it was sent
    Raw,
    /// As raw, but the sender does not hear its own messages
    RawOthers,
    /// Redis pub/sub; senders have connections of their own
    Redis,
    /// NATS, one subject
    Nats,
    /// IRC, one channel; clients do not hear themselves
    Irc,
}

impl Dialect {
    /// Its name on the command line and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lines => "lines",
            Self::Json => "json",
            Self::Ws => "ws",
            Self::Raw => "raw",
            Self::RawOthers => "raw-others",
            Self::Redis => "redis",
            Self::Nats => "nats",
            Self::Irc => "irc",
        }
    }

    /// Its name in the handshake of TLS (ALPN), where servers know one.
    pub(super) fn tls_protocol(self) -> Option<&'static str> {
        match self {
            Self::Lines | Self::Json => Some("mio-chat"),
            Self::Ws => Some("http/1.1"),
            Self::Irc => Some("irc"),
            Self::Raw | Self::RawOthers | Self::Redis | Self::Nats => None,
        }
    }

    /// Whether a member hears its own messages.
    pub(super) fn echoes(self) -> bool {
        !matches!(self, Self::RawOthers | Self::Irc)
    }

    /// Whether the server confirms admission.
    pub(super) fn registers(self) -> bool {
        !matches!(self, Self::Raw | Self::RawOthers)
    }

    /// Whether mio-chat alone speaks it.
    fn is_ours(self) -> bool {
        matches!(self, Self::Lines | Self::Json | Self::Ws)
    }

    /// Bytes of text in a message of `size` bytes. Lines and raw messages are exactly as long as
    /// asked for when they are delivered; the others carry the text that lines would.
    fn text_bytes(self, size: usize) -> Result<usize, String> {
        let (frame, most) = match self {
            Self::Raw | Self::RawOthers => (1, LOAD_MESSAGE_BYTES_MAX as usize),
            Self::Lines => (LINES_FRAME_BYTES, LINE_BYTES_MAX - 1),
            Self::Json | Self::Ws => (LINES_FRAME_BYTES, TEXT_BYTES_MAX),
            Self::Redis | Self::Nats => (LINES_FRAME_BYTES, LOAD_MESSAGE_BYTES_MAX as usize),
            Self::Irc => (LINES_FRAME_BYTES, LOAD_IRC_TEXT_BYTES_MAX),
        };
        let text = size.saturating_sub(frame);
        if !(TEXT_BYTES_MIN..=most).contains(&text) {
            let name = self.name();
            let (least, most) = (TEXT_BYTES_MIN + frame, most + frame);
            return Err(format!("--size must be from {least} to {most} bytes in {name}"));
        }
        Ok(text)
    }
}

/// A dialect set up for one run.
#[derive(Clone, Debug)]
pub(super) struct Codec {
    dialect: Dialect,
    room: String,
    tag: String,
    text_bytes: usize,
    /// The frame before and after each sent text.
    before: Vec<u8>,
    after: &'static [u8],
    /// What IRC clients ask for, with spaces between.
    capabilities: String,
}

impl Codec {
    /// `run` distinguishes runs at the same server. The error says why the settings make no sense.
    pub(super) fn new(
        dialect: Dialect,
        room: Option<&str>,
        size: usize,
        run: u32,
    ) -> Result<Self, String> {
        let text_bytes = dialect.text_bytes(size)?;
        let usual = if dialect.is_ours() { LINES_ROOM } else { OTHER_ROOM };
        let mut room = room.unwrap_or(usual).to_owned();
        if room.is_empty() || room.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err("--room must be a name without spaces".to_owned());
        }
        if dialect == Dialect::Irc && !room.starts_with('#') {
            room.insert(0, '#');
        }
        let (begin_object, end_object) = json::around_text(&room);
        let before = match dialect {
            Dialect::Json | Dialect::Ws => begin_object,
            Dialect::Lines | Dialect::Raw | Dialect::RawOthers => String::new(),
            Dialect::Redis => {
                let room_bytes = room.len();
                format!("*3\r\n$7\r\nPUBLISH\r\n${room_bytes}\r\n{room}\r\n${text_bytes}\r\n")
            }
            Dialect::Nats => format!("PUB {room} {text_bytes}\r\n"),
            Dialect::Irc => format!("PRIVMSG {room} :"),
        };
        let after = match dialect {
            Dialect::Lines | Dialect::Raw | Dialect::RawOthers => b"\n".as_slice(),
            Dialect::Json | Dialect::Ws => end_object,
            _ => b"\r\n".as_slice(),
        };
        let before = before.into_bytes();
        let capabilities = String::new();
        Ok(Self { dialect, room, tag: tag(run), text_bytes, before, after, capabilities })
    }

    /// The same whose clients ask for these capabilities of IRC.
    pub(super) fn asking(self, capabilities: &[String]) -> Result<Self, String> {
        if !capabilities.is_empty() && self.dialect != Dialect::Irc {
            return Err(format!("--capabilities are of irc, not of {}", self.dialect.name()));
        }
        let is_name = |name: &String| {
            let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || b"-./".contains(&byte);
            !name.is_empty() && name.bytes().all(is_fine)
        };
        match capabilities.iter().find(|name| !is_name(name)) {
            Some(wrong) => return Err(format!("--capabilities: {wrong:?} is no name of one")),
            None if capabilities.iter().any(|name| name == ECHO) => {
                return Err(format!("--capabilities: with {ECHO} clients would hear themselves"));
            }
            None => {}
        }
        Ok(Self { capabilities: capabilities.join(" "), ..self })
    }

    /// Appends a message as it is sent.
    pub(super) fn say(&self, bytes: &mut Vec<u8>, sender: u32, due: Time) {
        let write = |bytes: &mut Vec<u8>| {
            bytes.extend_from_slice(&self.before);
            payload::write(bytes, self.text_bytes, sender, due);
            bytes.extend_from_slice(self.after);
        };
        match self.dialect {
            Dialect::Ws => json::frame(bytes, write),
            _ => write(bytes),
        }
        if self.dialect == Dialect::Json {
            bytes.push(b'\n');
        }
    }

    /// Whether the server says a line in plain before it is to be secured.
    pub(super) fn greets_in_plain(&self) -> bool {
        self.dialect == Dialect::Nats
    }

    /// A client's first bytes; none where clients do not register.
    pub(super) fn greeting(&self, number: u32) -> Vec<u8> {
        let Self { room, tag, .. } = self;
        let text = match self.dialect {
            Dialect::Lines if room == LINES_ROOM => format!("{tag}{number:06}\n"),
            Dialect::Lines => format!("{tag}{number:06}\n/join {room}\n"),
            Dialect::Json => format!("{}{}\n", json::FORMAT, self.hello(number)),
            Dialect::Ws => json::UPGRADE.to_owned(),
            Dialect::Raw | Dialect::RawOthers => String::new(),
            Dialect::Redis => format!("*2\r\n$9\r\nSUBSCRIBE\r\n${}\r\n{room}\r\n", room.len()),
            Dialect::Nats => format!(
                "CONNECT {{\"verbose\":false,\"pedantic\":false,\"name\":\"{tag}{number:06}\"}}\r\n\
                 SUB {room} 1\r\nPING\r\n"
            ),
            Dialect::Irc => {
                let person =
                    format!("NICK {tag}{number:06}\r\nUSER {tag}{number:06} 0 * :load test\r\n");
                match self.capabilities.as_str() {
                    "" => person,
                    names => format!("CAP LS 302\r\n{person}CAP REQ :{names}\r\nCAP END\r\n"),
                }
            }
        };
        text.into_bytes()
    }

    /// What the newcomer of this number asks for in JSON.
    fn hello(&self, number: u32) -> String {
        json::hello(&format!("{}{number:06}", self.tag), &self.room)
    }

    /// Reads the input in `heard` of the newcomer of this number, removes the part that was
    /// understood, and appends the newcomer's answer to `reply`.
    pub(super) fn hear_answer(
        &self,
        number: u32,
        heard: &mut Vec<u8>,
        reply: &mut Vec<u8>,
    ) -> AdmissionState {
        let welcomed = self.dialect == Dialect::Lines && self.room == LINES_ROOM;
        if welcomed && memmem::find(heard, LINES_WELCOME).is_some() {
            heard.clear();
            return AdmissionState::Admitted;
        }
        if self.dialect == Dialect::Ws {
            return json::hear_frames(heard, reply, &self.hello(number), &self.room);
        }
        let mut used = 0;
        let mut answer = AdmissionState::Waiting;
        while let Some(length) = memchr::memchr(b'\n', &heard[used..]) {
            let line = heard[used..used + length].trim_ascii_end();
            used += length + 1;
            answer = self.hear_line(line, reply);
            if answer != AdmissionState::Waiting {
                break;
            }
        }
        heard.drain(..used);
        if heard.len() > LOAD_ANSWER_BYTES_MAX {
            answer = AdmissionState::Refused("an answer without end".to_owned());
        }
        answer
    }

    fn hear_line(&self, line: &[u8], reply: &mut Vec<u8>) -> AdmissionState {
        let refused = || AdmissionState::Refused(String::from_utf8_lossy(line).into_owned());
        let admitted_if =
            |condition| if condition { AdmissionState::Admitted } else { AdmissionState::Waiting };
        match self.dialect {
            Dialect::Raw | Dialect::RawOthers | Dialect::Ws => AdmissionState::Admitted,
            Dialect::Json => json::hear(line.strip_prefix(b"NICK").unwrap_or(line), &self.room),
            Dialect::Lines => {
                let line = line.strip_prefix(b"NICK").unwrap_or(line);
                match line.strip_prefix(b"* ") {
                    Some(notice) if notice.starts_with(b"you are ") => {
                        let mut words = notice.split(|byte| *byte == b' ');
                        admitted_if(words.any(|word| word == self.room.as_bytes()))
                    }
                    Some(_) => refused(),
                    None => AdmissionState::Waiting,
                }
            }
            Dialect::Redis if line.starts_with(b"-") => refused(),
            Dialect::Redis => admitted_if(line.starts_with(b":")),
            Dialect::Nats if line.starts_with(b"-ERR") => refused(),
            Dialect::Nats => {
                self.answer_ping(line, reply);
                admitted_if(line == b"PONG")
            }
            Dialect::Irc => {
                let line = without_tags(line);
                self.answer_ping(line, reply);
                self.hear_irc(line, reply)
            }
        }
    }

    /// `:server 001 nick :Welcome` lets a client join; `:server 366 nick #room :…` ends the list of
    /// members; `:server CAP * NAK :…` says that there is no such capability.
    fn hear_irc(&self, line: &[u8], reply: &mut Vec<u8>) -> AdmissionState {
        let mut words = line.split(|byte| *byte == b' ');
        let first = words.next().unwrap_or_default();
        let kind = if first.starts_with(b":") { words.next().unwrap_or_default() } else { first };
        match kind {
            b"001" => reply.extend_from_slice(format!("JOIN {}\r\n", self.room).as_bytes()),
            b"366" => return AdmissionState::Admitted,
            b"CAP" if words.any(|word| word == b"NAK") => {
                return AdmissionState::Refused(String::from_utf8_lossy(line).into_owned());
            }
            // No message of the day.
            b"422" => {}
            b"ERROR" => return AdmissionState::Refused(String::from_utf8_lossy(line).into_owned()),
            [b'4', b'0'..=b'9', b'0'..=b'9'] => {
                return AdmissionState::Refused(String::from_utf8_lossy(line).into_owned());
            }
            _ => {}
        }
        AdmissionState::Waiting
    }

    /// Appends the answer if the server asks whether we are there.
    fn answer_ping(&self, line: &[u8], reply: &mut Vec<u8>) {
        let Some(question) = line.strip_prefix(b"PING") else { return };
        reply.extend_from_slice(b"PONG");
        if self.dialect == Dialect::Irc {
            reply.extend_from_slice(question);
        }
        reply.extend_from_slice(b"\r\n");
    }

    /// Appends a member's answer to its input, which may begin and end within a line. `begun` keeps
    /// the beginning of a ping for the next time.
    pub(super) fn hear_member(&self, bytes: &[u8], begun: &mut Vec<u8>, reply: &mut Vec<u8>) {
        if !matches!(self.dialect, Dialect::Nats | Dialect::Irc) {
            return;
        }
        if begun.is_empty() && memmem::find(bytes, b"PING").is_none() {
            let last = memchr::memrchr(b'\n', bytes).map_or(0, |newline| newline + 1);
            let rest = &bytes[last..];
            // A read that begins within a line may look like a question; then it is dropped below.
            if !rest.is_empty() && b"PING".starts_with(rest) {
                begun.extend_from_slice(rest);
            }
            return;
        }
        begun.extend_from_slice(bytes);
        let complete = memchr::memrchr(b'\n', begun).map_or(0, |newline| newline + 1);
        for line in begun[..complete].split(|byte| *byte == b'\n') {
            self.answer_ping(line.trim_ascii_end(), reply);
        }
        begun.drain(..complete);
        if !begun.starts_with(&b"PING"[..begun.len().min(4)]) {
            begun.clear();
        }
    }

    /// Whether the server says that it slows a client down.
    pub(super) fn hears_brakes(&self, bytes: &[u8]) -> bool {
        let notice = match self.dialect {
            Dialect::Lines => LINES_TOO_FAST,
            Dialect::Json | Dialect::Ws => json::TOO_FAST,
            _ => return false,
        };
        memmem::find(bytes, notice).is_some()
    }

    /// Length of every text.
    pub(super) fn text_bytes(&self) -> usize {
        self.text_bytes
    }

    /// Whether the server confirms admission.
    pub(super) fn registers(&self) -> bool {
        self.dialect.registers()
    }

    /// Whether a member hears its own messages.
    pub(super) fn echoes(&self) -> bool {
        self.dialect.echoes()
    }
}

fn tag(run: u32) -> String {
    (0..TAG_BYTES).map(|at| char::from(TAG_LETTERS[(run >> (4 * at) & 15) as usize])).collect()
}

/// A line of IRC behind its tags, which some servers put before whatever they say.
fn without_tags(line: &[u8]) -> &[u8] {
    match memchr::memchr(b' ', line) {
        Some(space) if line.starts_with(b"@") => &line[space + 1..],
        _ => line,
    }
}

#[cfg(test)]
mod tests;

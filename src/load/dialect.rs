//! The languages that simulated clients speak: bytes in, bytes out, no sockets.
//!
//! A [`Codec`] is a dialect set up for one run: its room, its nicknames, the length of its texts.
//! It knows how a newcomer greets, when the server has admitted it, and how a message is framed.
//! [`payload`] defines the texts of messages.

use clap::ValueEnum;
use memchr::memmem;
use serde::{Deserialize, Serialize};

use super::payload::{self, TEXT_BYTES_MIN};
use crate::limits::{
    LINE_BYTES_MAX, LOAD_ANSWER_BYTES_MAX, LOAD_IRC_TEXT_BYTES_MAX, LOAD_MESSAGE_BYTES_MAX,
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

/// The notice of plain lines to a client whose lines have to wait.
const LINES_TOO_FAST: &[u8] = b"* too fast: ";

/// A language that chat servers speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// mio-chat's plain lines: a nickname, then messages
    Lines,
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
            Self::Raw => "raw",
            Self::RawOthers => "raw-others",
            Self::Redis => "redis",
            Self::Nats => "nats",
            Self::Irc => "irc",
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

    /// Bytes of text in a message of `size` bytes. Lines and raw messages are exactly as long as
    /// asked for when they are delivered; the others carry the text that lines would.
    fn text_bytes(self, size: usize) -> Result<usize, String> {
        let (frame, most) = match self {
            Self::Raw | Self::RawOthers => (1, LOAD_MESSAGE_BYTES_MAX as usize),
            Self::Lines => (LINES_FRAME_BYTES, LINE_BYTES_MAX - 1),
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

/// The state of a newcomer's admission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AdmissionState {
    /// The server has not decided.
    Waiting,
    /// It is in the room and will hear messages from now on.
    Admitted,
    /// It will not be; these are the server's words.
    Refused(String),
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
        let usual = if dialect == Dialect::Lines { LINES_ROOM } else { OTHER_ROOM };
        let mut room = room.unwrap_or(usual).to_owned();
        if room.is_empty() || room.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err("--room must be a name without spaces".to_owned());
        }
        if dialect == Dialect::Irc && !room.starts_with('#') {
            room.insert(0, '#');
        }
        let before = match dialect {
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
            _ => b"\r\n".as_slice(),
        };
        Ok(Self { dialect, room, tag: tag(run), text_bytes, before: before.into_bytes(), after })
    }

    /// Appends a message as it is sent.
    pub(super) fn say(&self, bytes: &mut Vec<u8>, sender: u32, due: Time) {
        bytes.extend_from_slice(&self.before);
        payload::write(bytes, self.text_bytes, sender, due);
        bytes.extend_from_slice(self.after);
    }

    /// A client's first bytes; none where clients do not register.
    pub(super) fn greeting(&self, number: u32) -> Vec<u8> {
        let Self { room, tag, .. } = self;
        let text = match self.dialect {
            Dialect::Lines if room == LINES_ROOM => format!("{tag}{number:06}\n"),
            Dialect::Lines => format!("{tag}{number:06}\n/join {room}\n"),
            Dialect::Raw | Dialect::RawOthers => String::new(),
            Dialect::Redis => format!("*2\r\n$9\r\nSUBSCRIBE\r\n${}\r\n{room}\r\n", room.len()),
            Dialect::Nats => format!(
                "CONNECT {{\"verbose\":false,\"pedantic\":false,\"name\":\"{tag}{number:06}\"}}\r\n\
                 SUB {room} 1\r\nPING\r\n"
            ),
            Dialect::Irc => {
                format!("NICK {tag}{number:06}\r\nUSER {tag}{number:06} 0 * :load test\r\n")
            }
        };
        text.into_bytes()
    }

    /// Reads a newcomer's input in `heard`, removes the part that was understood, and appends the
    /// newcomer's answer to `reply`.
    pub(super) fn hear_answer(&self, heard: &mut Vec<u8>, reply: &mut Vec<u8>) -> AdmissionState {
        let welcomed = self.dialect == Dialect::Lines && self.room == LINES_ROOM;
        if welcomed && memmem::find(heard, LINES_WELCOME).is_some() {
            heard.clear();
            return AdmissionState::Admitted;
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
            Dialect::Raw | Dialect::RawOthers => AdmissionState::Admitted,
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
                self.answer_ping(line, reply);
                self.hear_irc(line, reply)
            }
        }
    }

    /// `:server 001 nick :Welcome` lets a client join; `:server 366 nick #room :…` ends the list of
    /// members.
    fn hear_irc(&self, line: &[u8], reply: &mut Vec<u8>) -> AdmissionState {
        let mut words = line.split(|byte| *byte == b' ');
        let first = words.next().unwrap_or_default();
        let kind = if first.starts_with(b":") { words.next().unwrap_or_default() } else { first };
        match kind {
            b"001" => reply.extend_from_slice(format!("JOIN {}\r\n", self.room).as_bytes()),
            b"366" => return AdmissionState::Admitted,
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
        self.dialect == Dialect::Lines && memmem::find(bytes, LINES_TOO_FAST).is_some()
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

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Dialect; 6] = [
        Dialect::Lines,
        Dialect::Raw,
        Dialect::RawOthers,
        Dialect::Redis,
        Dialect::Nats,
        Dialect::Irc,
    ];

    fn codec(dialect: Dialect) -> Codec {
        Codec::new(dialect, None, 64, 0x321).unwrap()
    }

    fn text(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn dialects_go_by_the_same_name_everywhere() {
        for dialect in ALL {
            let name = dialect.name();
            assert_eq!(Dialect::from_str(name, false), Ok(dialect));
            assert_eq!(serde_json::to_value(dialect).unwrap(), name);
        }
        assert_eq!(ALL.map(Dialect::echoes), [true, true, false, true, true, false]);
        assert_eq!(ALL.map(Dialect::registers), [true, false, false, true, true, true]);
    }

    #[test]
    fn newcomers_introduce_themselves() {
        let greeting = |dialect| text(codec(dialect).greeting(42));
        assert_eq!(greeting(Dialect::Lines), "cdf000042\n");
        assert_eq!((greeting(Dialect::Raw), greeting(Dialect::RawOthers)), Default::default());
        assert_eq!(greeting(Dialect::Redis), "*2\r\n$9\r\nSUBSCRIBE\r\n$13\r\nmio-chat-load\r\n");
        assert_eq!(
            greeting(Dialect::Nats),
            "CONNECT {\"verbose\":false,\"pedantic\":false,\"name\":\"cdf000042\"}\r\n\
             SUB mio-chat-load 1\r\nPING\r\n"
        );
        assert_eq!(greeting(Dialect::Irc), "NICK cdf000042\r\nUSER cdf000042 0 * :load test\r\n");
        let games = Codec::new(Dialect::Lines, Some("games"), 64, 0).unwrap();
        assert_eq!(text(games.greeting(1)), "bbb000001\n/join games\n");
    }

    #[test]
    fn messages_are_framed_and_as_long_as_asked_for() {
        let said = |dialect| {
            let mut bytes = Vec::new();
            codec(dialect).say(&mut bytes, 7, Time::ZERO);
            text(bytes)
        };
        let padded = |bytes: usize| format!("00007000000000000{}^", "x".repeat(bytes - 18));
        assert_eq!(said(Dialect::Lines), format!("{}\n", padded(52)));
        assert_eq!("cdf000042: ".len() + said(Dialect::Lines).len(), 64);
        assert_eq!(said(Dialect::Raw), format!("{}\n", padded(63)));
        assert_eq!(said(Dialect::RawOthers), said(Dialect::Raw));
        assert_eq!(
            said(Dialect::Redis),
            format!("*3\r\n$7\r\nPUBLISH\r\n$13\r\nmio-chat-load\r\n$52\r\n{}\r\n", padded(52))
        );
        assert_eq!(said(Dialect::Nats), format!("PUB mio-chat-load 52\r\n{}\r\n", padded(52)));
        assert_eq!(said(Dialect::Irc), format!("PRIVMSG #mio-chat-load :{}\r\n", padded(52)));
    }

    /// Hands an answer over in two pieces, cut at every place; the end must not depend on it.
    fn every_cut(codec: &Codec, answer: &str) -> (AdmissionState, String) {
        let mut ends = (0..=answer.len()).map(|cut| {
            let (mut heard, mut reply) = (Vec::new(), Vec::new());
            let mut end = AdmissionState::Waiting;
            for piece in [&answer[..cut], &answer[cut..]] {
                heard.extend_from_slice(piece.as_bytes());
                if end == AdmissionState::Waiting {
                    end = codec.hear_answer(&mut heard, &mut reply);
                }
            }
            (end, text(reply))
        });
        let first = ends.next().unwrap();
        for end in ends {
            assert_eq!(end, first, "{answer:?}");
        }
        first
    }

    #[test]
    fn the_server_lets_newcomers_in() {
        for (dialect, answer, reply) in [
            (Dialect::Lines, "Connected to server!\n", ""),
            (Dialect::Lines, "NICKConnected to server!\ncdf000042 joined!\n", ""),
            (Dialect::Redis, "*3\r\n$9\r\nsubscribe\r\n$13\r\nmio-chat-load\r\n:1\r\n", ""),
            (Dialect::Nats, "INFO {\"a\":1}\r\nPING\r\nPONG\r\n", "PONG\r\n"),
            (
                Dialect::Irc,
                "PING :x1\r\n:s 001 a :Hi\r\n:s 422 a :no motd\r\n:s 366 a #m :End\r\n",
                "PONG :x1\r\nJOIN #mio-chat-load\r\n",
            ),
        ] {
            let end = every_cut(&codec(dialect), answer);
            assert_eq!(end, (AdmissionState::Admitted, reply.to_owned()), "{dialect:?}");
        }
        let games = Codec::new(Dialect::Lines, Some("games"), 64, 0).unwrap();
        let main = "Connected to server!\na joined!\n* you are alone in main (/help)\n";
        assert_eq!(every_cut(&games, main).0, AdmissionState::Waiting);
        let joined = format!("{main}a joined!\n* you are alone in games (/help, /who)\n");
        assert_eq!(every_cut(&games, &joined).0, AdmissionState::Admitted);
    }

    #[test]
    fn the_server_turns_newcomers_away() {
        for (dialect, answer) in [
            (Dialect::Lines, "* the server is full; try again in a minute\n"),
            (Dialect::Redis, "-ERR max number of clients reached\r\n"),
            (Dialect::Nats, "-ERR 'maximum connections exceeded'\r\n"),
            (Dialect::Irc, ":s 433 * cdf000042 :Nickname is already in use\r\n"),
            (Dialect::Irc, "ERROR :Closing link\r\n"),
        ] {
            let words = answer.trim_end().to_owned();
            assert_eq!(every_cut(&codec(dialect), answer).0, AdmissionState::Refused(words));
        }
    }

    #[test]
    fn a_question_is_answered_wherever_it_is_cut() {
        for (dialect, answer) in [(Dialect::Nats, "PONG\r\n"), (Dialect::Irc, "PONG :abc\r\n")] {
            let codec = codec(dialect);
            let stream = b"MSG a 1\r\nPINGU\r\nx\r\nPI\r\nPING :abc\r\nMSG a 1\r\nP\r\n";
            let stream = stream.strip_suffix(b"").unwrap_or(stream);
            for cut in 0..=stream.len() {
                let (mut begun, mut reply) = (Vec::new(), Vec::new());
                codec.hear_member(&stream[..cut], &mut begun, &mut reply);
                codec.hear_member(&stream[cut..], &mut begun, &mut reply);
                assert!(text(reply).ends_with(answer), "{dialect:?}, cut at {cut}");
                assert!(begun.is_empty());
            }
        }
    }

    #[test]
    fn sizes_that_cannot_be_are_refused() {
        for dialect in ALL {
            assert!(Codec::new(dialect, None, 18, 0).is_err());
            assert!(Codec::new(dialect, None, 20_000, 0).is_err());
            assert!(Codec::new(dialect, Some("a b"), 64, 0).is_err());
        }
    }
}

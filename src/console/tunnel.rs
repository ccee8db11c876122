//! The chat over WebSocket: lines go in and come out, as on a connection of plain lines.
//!
//! What the console sends are lines as people type them, and what it hears are objects of JSON
//! dialect 1, one a line. Here a line becomes a request, a request a frame, and a frame a line.
//!
//! Neither socket nor randomness of its own. Invariant: of one message at most
//! [`HEARD_LINE_BYTES_MAX`] bytes are kept; whoever sends more is no server of ours.

use serde_json::json;

use crate::dialect::http::accept;
use crate::dialect::websocket::frame::{Opcode, mask, read_server_header, write_frame};
use crate::limits::{HEARD_LINE_BYTES_MAX, TUNNEL_HEAD_BYTES_MAX};

/// What ends the head of the server's answer.
const HEAD_END: &[u8] = b"\r\n\r\n";
/// Normal closure (RFC 6455 §7.4.1).
const CLOSE_NORMAL: u16 = 1000;

/// One connection.
#[derive(Debug)]
pub struct Tunnel {
    /// Whom the request names.
    host: String,
    path: String,
    /// Masks and the key are drawn from it.
    random: u64,
    /// What proves that the server has read the key.
    accept: String,
    is_open: bool,
    /// The server has answered that it must be spoken to otherwise.
    is_sent_away: bool,
    /// The server has let us in, so that a line is said and is no nickname.
    is_member: bool,
    unread: Vec<u8>,
    /// What was said in fragments so far.
    message: Vec<u8>,
}

impl Tunnel {
    /// A connection to be made. `random` is known to nobody else.
    pub fn new(host: &str, path: &str, random: u64) -> Self {
        Self {
            host: host.to_owned(),
            path: path.to_owned(),
            random: random | 1,
            accept: String::new(),
            is_open: false,
            is_sent_away: false,
            is_member: false,
            unread: Vec::new(),
            message: Vec::new(),
        }
    }

    /// Begins anew on another connection. Returns what asks for WebSocket.
    pub fn begin(&mut self) -> Vec<u8> {
        (self.is_open, self.is_member) = (false, false);
        self.unread.clear();
        self.message.clear();
        let key: Vec<u8> = (0..4).flat_map(|_| self.draw()).collect();
        let key = data_encoding::BASE64.encode(&key);
        self.accept = accept(&key);
        let (path, host) = (&self.path, &self.host);
        format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\
             Sec-WebSocket-Protocol: mio-chat.1\r\n\r\n"
        )
        .into_bytes()
    }

    /// Whether the server has agreed.
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// Whether the server has said that it is only spoken to otherwise.
    pub fn is_sent_away(&self) -> bool {
        self.is_sent_away
    }

    /// The bytes that say these lines, each of which ends in a newline.
    pub fn say(&mut self, lines: &str) -> Vec<u8> {
        let mut out = Vec::new();
        for line in lines.lines() {
            let request = match line {
                command if command.starts_with('/') => json!({"t": "command", "text": command}),
                text if self.is_member => json!({"t": "say", "text": text}),
                // As in plain lines, it leads to where everybody starts.
                nick => json!({"t": "nick", "nick": nick}),
            };
            self.frame(Opcode::Text, request.to_string().as_bytes(), &mut out);
        }
        out
    }

    /// The bytes that say that nothing more will be said.
    pub fn finish(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        self.frame(Opcode::Close, &CLOSE_NORMAL.to_be_bytes(), &mut out);
        out
    }

    /// Takes what was read, and hands over each object as a line. Returns what is to be answered.
    ///
    /// # Errors
    /// Why this is no WebSocket of ours.
    pub fn hear(&mut self, bytes: &[u8], hear: &mut impl FnMut(&[u8])) -> Result<Vec<u8>, String> {
        self.unread.extend_from_slice(bytes);
        let mut used = if self.is_open { 0 } else { self.take_head()? };
        let mut answers = Vec::new();
        while self.is_open {
            let unread = &self.unread[used..];
            let Some(header) = read_server_header(unread) else { break };
            if header.payload.saturating_add(self.message.len()) > HEARD_LINE_BYTES_MAX {
                return Err("it sends more than a mio-chat server does".to_owned());
            }
            let Some(payload) = unread.get(header.size..header.size + header.payload) else {
                break;
            };
            match header.opcode {
                Opcode::Ping => {
                    let payload = payload.to_vec();
                    self.frame(Opcode::Pong, &payload, &mut answers);
                }
                Opcode::Pong | Opcode::Close => {}
                _ => {
                    self.message.extend_from_slice(payload);
                    if header.is_final {
                        self.is_member |= self.message.starts_with(br#"{"t":"welcome","#);
                        hear(&self.message);
                        self.message.clear();
                    }
                }
            }
            used += header.size + header.payload;
        }
        self.unread.drain(..used);
        Ok(answers)
    }

    /// The length of the head, once it is there. Nothing else of it is needed.
    fn take_head(&mut self) -> Result<usize, String> {
        let Some(end) = memchr::memmem::find(&self.unread, HEAD_END) else {
            let is_head = self.unread.len() <= TUNNEL_HEAD_BYTES_MAX;
            return if is_head { Ok(0) } else { Err("it speaks no WebSocket".to_owned()) };
        };
        let head = String::from_utf8_lossy(&self.unread[..end]);
        let mut lines = head.lines();
        let is_ours = |line: &str| {
            line.split_once(':').is_some_and(|(name, value)| {
                name.eq_ignore_ascii_case("sec-websocket-accept") && value.trim() == self.accept
            })
        };
        let is_encrypted = |line: &str| {
            line.split_once(':').is_some_and(|(name, value)| {
                name.eq_ignore_ascii_case("location") && value.trim().starts_with("https://")
            })
        };
        match lines.next().unwrap_or_default().split_once(' ') {
            Some((_, status)) if status.starts_with("101") => {
                if !lines.any(is_ours) {
                    return Err("it speaks no WebSocket".to_owned());
                }
                self.is_open = true;
            }
            Some((_, status)) if status.starts_with("308") && lines.any(is_encrypted) => {
                self.is_sent_away = true;
                return Err("it takes encrypted connections only: use wss:// (https://)".to_owned());
            }
            Some((_, status)) => {
                return Err(format!(
                    "it speaks no WebSocket there: {}",
                    crate::text::clean(status)
                ));
            }
            None => return Err("it speaks no WebSocket".to_owned()),
        }
        Ok(end + HEAD_END.len())
    }

    /// Appends a whole masked frame.
    fn frame(&mut self, opcode: Opcode, payload: &[u8], out: &mut Vec<u8>) {
        let key = self.draw();
        let start = out.len();
        write_frame(opcode, out, |out| out.extend_from_slice(payload));
        // The mask stands between the header and what it masks.
        let header = out.len() - payload.len();
        out[start + 1] |= 0x80;
        out.splice(header..header, key);
        mask(&mut out[header + key.len()..], key);
    }

    /// Four bytes that nobody guesses (xorshift).
    fn draw(&mut self) -> [u8; 4] {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        ((self.random >> 16) as u32).to_be_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::websocket::message::{Bounds, Incoming, Messages};

    /// What a server reads.
    fn requests(bytes: &[u8]) -> Vec<String> {
        let (mut messages, mut bytes, mut used) = (Messages::default(), bytes.to_vec(), 0);
        let mut seen = Vec::new();
        loop {
            match messages.next(&mut bytes, &mut used, Bounds::JSON).unwrap() {
                Incoming::More => return seen,
                other => seen.push(format!("{other:?}")),
            }
        }
    }

    fn text(payload: &str) -> Vec<u8> {
        let mut out = Vec::new();
        write_frame(Opcode::Text, &mut out, |out| out.extend(payload.bytes()));
        out
    }

    /// The server's answer, which is the same for each tunnel of the same random number.
    fn agreed(tunnel: &Tunnel) -> Vec<u8> {
        let accept = &tunnel.accept;
        format!("HTTP/1.1 101 Yes\r\nA: b\r\nSec-WebSocket-Accept: {accept}\r\n\r\n").into_bytes()
    }

    fn open() -> Tunnel {
        let mut tunnel = Tunnel::new("chat.example", "/ws", 7);
        let request = String::from_utf8(tunnel.begin()).unwrap();
        assert!(request.starts_with("GET /ws HTTP/1.1\r\nHost: chat.example\r\n"), "{request}");
        assert!(request.ends_with("\r\n\r\n"));
        tunnel
    }

    fn heard(tunnel: &mut Tunnel, bytes: &[u8]) -> (Vec<String>, Vec<u8>) {
        let mut lines = Vec::new();
        let mut hear = |line: &[u8]| lines.push(String::from_utf8(line.to_vec()).unwrap());
        let answers = tunnel.hear(bytes, &mut hear).unwrap();
        (lines, answers)
    }

    #[test]
    fn lines_become_requests() {
        let mut tunnel = open();
        let before = requests(&tunnel.say("/format json\nalice\n"));
        assert_eq!(before.len(), 2);
        assert!(before[0].contains(r#""t\":\"command\""#), "{before:?}");
        assert!(before[1].contains(r#"\"nick\":\"alice\""#), "{before:?}");
        let welcome = [agreed(&tunnel), text(r#"{"t":"welcome","v":1}"#)];
        heard(&mut tunnel, &welcome.concat());
        let long = "x".repeat(500);
        let after = requests(&tunnel.say(&format!("say \"it\"\n{long}\n/quit\n")));
        assert_eq!(after.len(), 3);
        assert!(after[0].contains(r#"\"text\":\"say \\\"it\\\"\""#), "{after:?}");
        assert!(after[1].contains(&long) && after[2].contains("/quit"));
        let end = requests(&tunnel.finish());
        assert!(end[0].starts_with("Close("), "{end:?}");
    }

    #[test]
    fn frames_become_lines_wherever_they_are_cut() {
        let mut ping = Vec::new();
        write_frame(Opcode::Ping, &mut ping, |out| out.push(b'?'));
        let (one, two) = (r#"{"t":"pong"}"#, "x".repeat(300));
        let head = agreed(&open());
        let parts = [vec![1, 2, b'a', b'b'], vec![0x80, 1, b'c']].concat();
        let stream = [head, text(one), ping, text(&two), parts].concat();
        for cut in 0..=stream.len() {
            let mut tunnel = open();
            let (mut lines, mut answers) = heard(&mut tunnel, &stream[..cut]);
            let (more, others) = heard(&mut tunnel, &stream[cut..]);
            lines.extend(more);
            answers.extend(others);
            assert_eq!(lines, [one, &two, "abc"], "cut at {cut}");
            assert_eq!(requests(&answers), ["Pong"]);
            assert!(tunnel.is_open() && tunnel.unread.is_empty());
        }
    }

    #[test]
    fn what_is_no_websocket_is_said_why() {
        for (answer, why) in [
            (
                b"HTTP/1.1 308 Permanent Redirect\r\nLocation: https://a/\r\n\r\n".to_vec(),
                "it takes encrypted connections only: use wss://",
            ),
            (b"HTTP/1.1 308 x\r\nLocation: http://a/\r\n\r\n".to_vec(), "it speaks no Web"),
            (b"HTTP/1.1 403 Forbidden\r\n\r\n".to_vec(), "it speaks no WebSocket there: 403 F"),
            (b"NICK\r\n\r\n".to_vec(), "it speaks no WebSocket"),
            (vec![b'x'; TUNNEL_HEAD_BYTES_MAX + 1], "it speaks no WebSocket"),
            (b"HTTP/1.1 101 x\r\nSec-WebSocket-Accept: x\r\n\r\n".to_vec(), "it speaks no Web"),
            ([agreed(&open()), vec![0x81, 127, 0, 0, 0, 0, 1, 0, 0, 0]].concat(), "it sends more"),
        ] {
            let told = open().hear(&answer, &mut |_| {}).unwrap_err();
            assert!(told.starts_with(why), "{told}");
        }
    }
}

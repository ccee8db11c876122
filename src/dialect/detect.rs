//! The first bytes decide which language a client speaks.
//!
//! Only plain lines are spoken so far. Others are recognised to be refused politely, each in its
//! own language, and above all never executed: a web page can make a browser POST chat lines
//! into this port.

use serde::{Deserialize, Serialize};

/// A language that this port does not speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Foreign {
    /// Internet Relay Chat.
    Irc,
    /// HTTP, and WebSocket which begins as HTTP.
    Http,
    /// TLS.
    Tls,
}

/// First byte of a TLS handshake record (RFC 8446 §5.1).
const TLS_HANDSHAKE: u8 = 0x16;
const HTTP_VERBS: [&[u8]; 10] = [
    b"GET", b"POST", b"PUT", b"HEAD", b"DELETE", b"OPTIONS", b"PATCH", b"CONNECT", b"TRACE", b"PRI",
];
const IRC_VERBS: [&[u8]; 4] = [b"CAP", b"PASS", b"NICK", b"USER"];

impl Foreign {
    /// What such a client is answered before it is closed.
    pub fn refusal(self) -> &'static [u8] {
        match self {
            Self::Irc => {
                b"ERROR :No IRC on this port: connect with nc or telnet, type just a nickname\r\n"
            }
            Self::Http => {
                b"HTTP/1.1 400 Bad Request\r\n\
                  Content-Type: text/plain\r\n\
                  Content-Length: 60\r\n\
                  Connection: close\r\n\r\n\
                  This port is a plain-line chat: connect with nc or telnet.\r\n"
            }
            // Whatever is not TLS is taken for noise by a TLS client, so nothing is said.
            Self::Tls => b"",
        }
    }
}

/// The language of a client that speaks no plain lines, as soon as it can be told from its first
/// bytes. Empty lines before them are passed over, as HTTP servers do (RFC 9112 §2.2). `ended` says
/// that no more bytes of the first line will come.
pub fn foreign(start: &[u8], ended: bool) -> Option<Foreign> {
    let blank = start.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let start = &start[blank..];
    if start.first() == Some(&TLS_HANDSHAKE) {
        return Some(Foreign::Tls);
    }
    let end = start.iter().position(|&byte| byte == b'\n');
    let (line, ended) = (&start[..end.unwrap_or(start.len())], ended || end.is_some());
    let space = line.iter().position(|&byte| byte == b' ')?;
    let (verb, rest) = line.split_at(space);
    if HTTP_VERBS.contains(&verb) {
        return Some(Foreign::Http);
    }
    let has_parameter = ended && rest.iter().any(|&byte| byte != b' ');
    let is_irc = IRC_VERBS.iter().any(|irc| irc.eq_ignore_ascii_case(verb));
    (is_irc && has_parameter).then_some(Foreign::Irc)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_is_known_by_its_first_line() {
        for (line, language) in [
            (&b"\x16\x03\x01\x02\x00\x01"[..], Some(Foreign::Tls)),
            (b"GET / HTTP/1.1", Some(Foreign::Http)),
            (b"POST /chat HTTP/1.1", Some(Foreign::Http)),
            (b"PRI * HTTP/2.0", Some(Foreign::Http)),
            (b"CAP LS 302", Some(Foreign::Irc)),
            (b"NICK alice", Some(Foreign::Irc)),
            (b"user a 0 * :a", Some(Foreign::Irc)),
            (b"PASS secret", Some(Foreign::Irc)),
            (b"NICK", None),
            (b"NICK ", None),
            (b"get / HTTP/1.1", None),
            (b"GET", None),
            (b"alice", None),
            (b"alice cooper", None),
            (b"/help me", None),
            (b"\r\n\nGET / HTTP/1.1", Some(Foreign::Http)),
            (b"alice\nGET / HTTP/1.1", None),
            (b"NICK alice\nUSER", Some(Foreign::Irc)),
            (b"", None),
        ] {
            assert_eq!(foreign(line, true), language, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn a_web_request_is_refused_before_its_line_ends() {
        assert_eq!(foreign(b"GET ", false), Some(Foreign::Http));
        assert_eq!(foreign(b"GET", false), None);
        assert_eq!(foreign(b"NICK a", false), None);
        assert_eq!(foreign(b"NICK a\n", false), Some(Foreign::Irc));
        assert_eq!(foreign(b"\r", false), None);
    }

    #[test]
    fn the_http_refusal_is_as_long_as_it_says() {
        let refusal = std::str::from_utf8(Foreign::Http.refusal()).unwrap();
        let (head, body) = refusal.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}", body.len())), "{}", body.len());
    }
}

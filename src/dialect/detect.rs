//! The first bytes decide which language a client speaks.
//!
//! Plain lines, HTTP and IRC are spoken. Others are recognised to be refused politely, each in its
//! own language, and above all never executed: a web page can make a browser POST chat lines into
//! this port.

use memchr::memchr;
use serde::{Deserialize, Serialize};

use super::irc;

/// A language that this port does not speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Foreign {
    /// HTTP where it is not spoken, and languages whose requests look like its own.
    Http,
    /// TLS.
    Tls,
}

/// First byte of a TLS handshake record (RFC 8446 §5.1).
const TLS_HANDSHAKE: u8 = 0x16;
const HTTP_VERBS: [&[u8]; 10] = [
    b"GET", b"POST", b"PUT", b"HEAD", b"DELETE", b"OPTIONS", b"PATCH", b"CONNECT", b"TRACE", b"PRI",
];
/// Requests end their first line in such a name and a version (RFC 9112) …
const HTTP: &[u8] = b"HTTP";
/// … and so do those of others that look like them (RFC 3261, 7826).
const LIKE_HTTP: [&[u8]; 2] = [b"SIP", b"RTSP"];
/// `USER name mode unused :real name` (RFC 2812 §3.1.3).
const USER_PARAMETERS: usize = 4;

impl Foreign {
    /// That of a connection whose encryption has failed.
    pub const BROKEN_TLS: Self = Self::Tls;

    /// Their names in the log and the counters. The first is of a language that is spoken now: its
    /// place is kept for counters that an older server hands over.
    pub const NAMES: [&'static str; 3] = ["irc", "http", "tls"];

    /// The place of this one in [`Foreign::NAMES`].
    pub fn index(self) -> usize {
        match self {
            Self::Http => 1,
            Self::Tls => 2,
        }
    }

    /// What such a client is answered before it is closed.
    pub fn refusal(self) -> &'static [u8] {
        match self {
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

/// What a first line shows of its client's language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Plain lines.
    Plain,
    /// HTTP, and WebSocket which begins as HTTP.
    Http,
    /// Internet Relay Chat.
    Irc,
    /// One that this port does not speak.
    Foreign(Foreign),
    /// More of the line is needed to tell.
    Undecided,
}

/// The language of a client, as soon as it can be told from its first bytes. Empty lines before
/// them are passed over, as HTTP servers do (RFC 9112 §2.2), and so is a byte order mark. `ended`
/// says that no more bytes of the first line will come, `prompted` that the client was asked for a
/// nickname before it spoke.
pub fn language(start: &[u8], ended: bool, prompted: bool) -> Language {
    let start = without_blanks(start);
    if start.first() == Some(&TLS_HANDSHAKE) {
        return Language::Foreign(Foreign::Tls);
    }
    let newline = memchr(b'\n', start);
    let line = &start[..newline.unwrap_or(start.len())];
    let is_whole = ended || newline.is_some();
    let version = if is_whole { protocol(line.trim_ascii_end()) } else { None };
    let is_of = |name: &[u8]| version.is_some_and(|known| known.eq_ignore_ascii_case(name));
    if begins_with_verb(line) || is_of(HTTP) {
        Language::Http
    } else if LIKE_HTTP.iter().any(|name| is_of(name)) {
        Language::Foreign(Foreign::Http)
    } else if newline.is_some() && is_irc(line, prompted) {
        Language::Irc
    } else if is_whole {
        Language::Plain
    } else {
        Language::Undecided
    }
}

/// The bytes without line ends and byte order marks in front.
pub(super) fn without_blanks(mut start: &[u8]) -> &[u8] {
    while let [b'\r' | b'\n', rest @ ..] | [0xEF, 0xBB, 0xBF, rest @ ..] = start {
        start = rest;
    }
    start
}

/// Whether a connection begins as the header of a balancer does (PROXY protocol, versions 1 and 2).
pub(super) fn is_proxy_header(start: &[u8]) -> bool {
    start.starts_with(b"PROXY ") || start.starts_with(b"\r\n\r\n\0\r\nQUIT\n")
}

/// Whether a line begins with a known method, which is enough: a web page can make a browser send
/// any line behind it.
fn begins_with_verb(line: &[u8]) -> bool {
    let method = line.iter().position(|&byte| byte == b' ').map(|space| &line[..space]);
    method.is_some_and(|method| HTTP_VERBS.contains(&method))
}

/// The protocol, if the last word of a line is one and its version. With that a line is a request
/// whatever its method is: a web page can make a browser send any there is.
fn protocol(line: &[u8]) -> Option<&[u8]> {
    let space = line.iter().rposition(|byte| matches!(byte, b' ' | b'\t'))?;
    let word = &line[space + 1..];
    let slash = word.iter().position(|&byte| byte == b'/')?;
    let (protocol, version) = (&word[..slash], &word[slash + 1..]);
    let is_digit_or_dot = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    let is_version =
        version.first().is_some_and(u8::is_ascii_digit) && version.iter().all(is_digit_or_dot);
    is_version.then_some(protocol)
}

/// Whether a line that ended in a newline is how an IRC client begins. Such programs write verbs in
/// capitals and end lines in CR LF. A person who was asked for a nickname may well type `USER 1`
/// and Enter.
fn is_irc(line: &[u8], prompted: bool) -> bool {
    let (line, is_crlf) = match line.strip_suffix(b"\r") {
        Some(line) => (line, true),
        None => (line, false),
    };
    let mut words = line.split(|&byte| byte == b' ').filter(|word| !word.is_empty());
    let verb = words.next();
    let is_complete = match verb {
        Some(b"CAP") => true,
        Some(b"USER") => words.count() >= USER_PARAMETERS,
        _ => false,
    };
    (is_crlf || !prompted || is_complete) && irc::begins_irc(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    const IRC: Language = Language::Irc;
    const HTTP: Language = Language::Http;
    const LIKE_HTTP: Language = Language::Foreign(Foreign::Http);
    const TLS: Language = Language::Foreign(Foreign::Tls);
    const PLAIN: Language = Language::Plain;

    #[test]
    fn each_language_is_known_by_its_first_line() {
        for (line, expected) in [
            (&b"\x16\x03\x01\x02\x00\x01"[..], TLS),
            (b"GET / HTTP/1.1", HTTP),
            (b"POST /chat HTTP/1.1\r\n", HTTP),
            (b"PRI * HTTP/2.0\n", HTTP),
            (b"FOO / HTTP/1.1\r\n", HTTP),
            (b"get / HTTP/1.0\n", HTTP),
            (b"NICK / HTTP/1.1\r\n", HTTP),
            (b"x HTTP/1.1", HTTP),
            (b"CAP LS 302\r\n", IRC),
            (b"NICK alice\n", IRC),
            (b"USER a 0 * :a\n", IRC),
            (b"PASS secret\r\n", IRC),
            (b"user a 0 * :a\r\n", PLAIN),
            (b"Nick Smith\n", PLAIN),
            (b"NICK\n", PLAIN),
            (b"NICK \n", PLAIN),
            (b"NICK alice", PLAIN),
            (b"HTTP/1.1\n", PLAIN),
            (b"x HTTP/3 \r\n", HTTP),
            (b"foo\t/\thttp/1.10\t\n", HTTP),
            (b"REGISTER sip:x SIP/2.0\r\n", LIKE_HTTP),
            (b"DESCRIBE rtsp://x rtsp/2.0\r\n", LIKE_HTTP),
            (b"OPTIONS sip:x SIP/2.0\r\n", HTTP),
            (b"x FOO/1.1\r\n", PLAIN),
            (b"x HTTP/\n", PLAIN),
            (b"x HTTP/1.1x\n", PLAIN),
            (b"xHTTP/1.1\n", PLAIN),
            (b"GET", PLAIN),
            (b"alice", PLAIN),
            (b"alice cooper", PLAIN),
            (b"/help me", PLAIN),
            (b"\r\n\nGET / HTTP/1.1", HTTP),
            (b"\xef\xbb\xbfFOO / HTTP/1.1\n", HTTP),
            (b"\r\n\xef\xbb\xbf\n\x16\x03", TLS),
            (b"alice\nGET / HTTP/1.1", PLAIN),
            (b"NICK alice\nUSER", IRC),
            (b"", PLAIN),
        ] {
            assert_eq!(language(line, true, false), expected, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn an_answer_to_the_prompt_is_a_name_unless_an_irc_client_sent_it() {
        for (line, expected) in [
            (&b"NICK bob\n"[..], PLAIN),
            (b"USER 1\n", PLAIN),
            (b"PASS Go\n", PLAIN),
            (b"NICK bob\r\n", IRC),
            (b"CAP LS 302\n", IRC),
            (b"USER a 0 * :a\n", IRC),
        ] {
            assert_eq!(language(line, false, true), expected, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn a_web_request_is_refused_before_its_line_ends() {
        for (start, expected) in [
            (&b"GET "[..], HTTP),
            (b"GET", Language::Undecided),
            (b"FOO / HTTP/1.1", Language::Undecided),
            (b"NICK a", Language::Undecided),
            (b"NICK a\n", IRC),
            (b"\r", Language::Undecided),
            (b"", Language::Undecided),
        ] {
            assert_eq!(language(start, false, false), expected, "{}", start.escape_ascii());
        }
    }

    #[test]
    fn the_http_refusal_is_as_long_as_it_says() {
        let refusal = std::str::from_utf8(Foreign::Http.refusal()).unwrap();
        let (head, body) = refusal.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}", body.len())), "{}", body.len());
    }
}

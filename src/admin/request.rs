//! An HTTP request: its head, read byte by byte if need be.
//!
//! Strict where strictness costs no honest client anything: GET and HEAD of five pages, HTTP/1.0
//! and 1.1. Bytes after the head are ignored: there is one request per connection.
//!
//! A web page that a person at this machine visits may point its own name here (DNS rebinding). So
//! the two pages that show names of people answer only requests that call this server by an address
//! or `localhost`, or that come encrypted: their browser has seen a certificate for the name.
//!
//! Invariant: a head is parsed once, when it is whole; looking for its end is linear.

use crate::http::{head_length, is_address, split_target};
use crate::limits::{ADMIN_HEAD_BYTES_MAX, ADMIN_HEADERS_MAX};

/// A request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpRequest {
    /// The requested page.
    pub page: Page,
    /// Whether the body is wanted (GET), or only its head (HEAD).
    pub with_body: bool,
}

/// The pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// The live picture, for a person.
    Home,
    /// Whether the loop turns.
    Health,
    /// Whether new clients may be sent here.
    Ready,
    /// All numbers, for Prometheus.
    Metrics,
    /// All numbers and some names, for `Home` and other programs.
    Status,
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpError {
    /// 400: that is no request.
    Malformed,
    /// 404: there is no such page.
    NotFound,
    /// 405: neither GET nor HEAD.
    Method,
    /// 421: called by a name that may be anybody's.
    Misdirected,
    /// 431: more than any browser sends.
    TooLarge,
    /// 505: neither HTTP/1.0 nor 1.1.
    Version,
}

/// A head that is being read.
#[derive(Debug, Default)]
pub struct Head {
    bytes: Vec<u8>,
    /// Where the empty line that ends it is looked for next.
    searched: usize,
}

impl Head {
    /// Takes more bytes, which came encrypted or not. Returns the request, once it is known.
    pub fn push(
        &mut self,
        bytes: &[u8],
        is_encrypted: bool,
    ) -> Option<Result<HttpRequest, HttpError>> {
        self.bytes.extend_from_slice(bytes);
        // A client that begins with TLS or anything else need not wait for its answer.
        let first = self.bytes.iter().find(|byte| !matches!(byte, b'\r' | b'\n'));
        if first.is_some_and(|byte| !byte.is_ascii_alphabetic()) {
            return Some(Err(HttpError::Malformed));
        }
        match head_length(&self.bytes, &mut self.searched) {
            Some(end) if end <= ADMIN_HEAD_BYTES_MAX => {
                Some(parse(&self.bytes[..end], is_encrypted))
            }
            None if self.bytes.len() <= ADMIN_HEAD_BYTES_MAX => None,
            _ => Some(Err(HttpError::TooLarge)),
        }
    }
}

fn parse(head: &[u8], is_encrypted: bool) -> Result<HttpRequest, HttpError> {
    let mut headers = [httparse::EMPTY_HEADER; ADMIN_HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    let parsed = request.parse(head);
    // The version first: a client that speaks another one is told so, whatever else it sends.
    match parsed {
        Ok(httparse::Status::Complete(_)) => {}
        Err(httparse::Error::Version) => return Err(HttpError::Version),
        Err(httparse::Error::TooManyHeaders) => return Err(HttpError::TooLarge),
        Ok(httparse::Status::Partial) | Err(_) => return Err(HttpError::Malformed),
    }
    let with_body = match request.method {
        Some("GET") => true,
        Some("HEAD") => false,
        _ => return Err(HttpError::Method),
    };
    let (authority, path) = split_target(request.path.unwrap_or_default());
    let host = authority.or(find_host(&request)?);
    let page = match path.split('?').next().unwrap_or_default() {
        "/" => Page::Home,
        "/healthz" => Page::Health,
        "/readyz" => Page::Ready,
        "/metrics" => Page::Metrics,
        "/status" => Page::Status,
        _ => return Err(HttpError::NotFound),
    };
    let tells_names = matches!(page, Page::Home | Page::Status);
    if tells_names && !is_encrypted && host.is_some_and(|host| !is_address(host)) {
        return Err(HttpError::Misdirected);
    }
    Ok(HttpRequest { page, with_body })
}

/// The name by which this server is called; HTTP/1.1 demands one.
fn find_host<'a>(request: &httparse::Request<'_, 'a>) -> Result<Option<&'a str>, HttpError> {
    let named = |header: &&httparse::Header<'a>| header.name.eq_ignore_ascii_case("host");
    let mut hosts = request.headers.iter().filter(named);
    let (first, second) = (hosts.next(), hosts.next());
    if second.is_some() || (first.is_none() && request.version == Some(1)) {
        return Err(HttpError::Malformed);
    }
    let text = first.map(|header| std::str::from_utf8(header.value));
    text.transpose().map_err(|_| HttpError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The result of reading a head in pieces of this size.
    fn asked(head: &[u8], at_a_time: usize) -> Option<Result<HttpRequest, HttpError>> {
        let mut reading = Head::default();
        let mut pieces = head.chunks(at_a_time.max(1));
        pieces.find_map(|piece| reading.push(piece, false))
    }

    fn get(page: Page) -> Option<Result<HttpRequest, HttpError>> {
        Some(Ok(HttpRequest { page, with_body: true }))
    }

    #[test]
    fn every_split_of_a_head_is_understood_alike() {
        let heads: [&[u8]; 5] = [
            b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:9155\r\nAccept: */*\r\n\r\n",
            b"\r\n\r\nGET /metrics?a=b HTTP/1.1\r\nHost: example.org\r\n\r\nGET /x HTTP/1.1",
            b"GET /metrics HTTP/1.0\r\n\r\n",
            b"GET /metrics HTTP/1.1\nHost: a\n\n",
            b"GET /metrics HTTP/1.1\r\nHost:\r\n\n",
        ];
        for head in heads {
            for first in 0..=head.len() {
                let mut reading = Head::default();
                let early = reading.push(&head[..first], false);
                let seen = early.or_else(|| reading.push(&head[first..], false));
                assert_eq!(seen, get(Page::Metrics), "{first} of {:?}", head.escape_ascii());
            }
            assert_eq!(asked(head, 1), get(Page::Metrics), "{:?}", head.escape_ascii());
        }
    }

    #[test]
    fn every_page_has_its_path() {
        for (path, page) in [
            ("/", Page::Home),
            ("/healthz", Page::Health),
            ("/readyz", Page::Ready),
            ("/status", Page::Status),
        ] {
            let ask = |method: &str| {
                asked(
                    format!("{method} {path} HTTP/1.1\r\nHost: localhost:1\r\n\r\n").as_bytes(),
                    7,
                )
            };
            assert_eq!(ask("GET"), get(page));
            assert_eq!(ask("HEAD"), Some(Ok(HttpRequest { page, with_body: false })));
        }
    }

    #[test]
    fn a_whole_address_is_a_path_and_the_host_it_names() {
        for (target, expected) in [
            ("http://127.0.0.1:9155/status?x", get(Page::Status)),
            ("HTTP://localhost", get(Page::Home)),
            ("http://localhost?a=/metrics", get(Page::Home)),
            ("http://example.org/metrics", get(Page::Metrics)),
            ("http://example.org/status", Some(Err(HttpError::Misdirected))),
            ("http:///status", Some(Err(HttpError::Misdirected))),
            ("http://127.0.0.1", get(Page::Home)),
            ("https://127.0.0.1/", Some(Err(HttpError::NotFound))),
            ("http:/metrics", Some(Err(HttpError::NotFound))),
        ] {
            let head = format!("GET {target} HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n");
            assert_eq!(asked(head.as_bytes(), 11), expected, "{target}");
        }
    }

    #[test]
    fn hostile_heads_are_refused() {
        let long = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}", "x".repeat(ADMIN_HEAD_BYTES_MAX));
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(ADMIN_HEADERS_MAX + 1));
        for (head, refusal) in [
            ("POST /metrics HTTP/1.1\r\nHost: a\r\n\r\n", HttpError::Method),
            ("get /metrics HTTP/1.1\r\nHost: a\r\n\r\n", HttpError::Method),
            ("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", HttpError::NotFound),
            ("GET /../metrics HTTP/1.1\r\nHost: a\r\n\r\n", HttpError::NotFound),
            ("GET /metrics HTTP/1.1\r\n\r\n", HttpError::Malformed),
            ("GET /metrics HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n", HttpError::Malformed),
            ("GET /metrics HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", HttpError::Malformed),
            ("GET /metrics HTTP/1.1\r\nHost : a\r\n\r\n", HttpError::Malformed),
            ("GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", HttpError::Malformed),
            ("GET  /metrics HTTP/1.1\r\nHost: a\r\n\r\n", HttpError::Malformed),
            ("GET /metrics HTTP/2.0\r\nHost: a\r\n\r\n", HttpError::Version),
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", HttpError::Version),
            ("\x16\x03\x01\x02", HttpError::Malformed),
            ("\0", HttpError::Malformed),
            (&long, HttpError::TooLarge),
            (&many, HttpError::TooLarge),
        ] {
            for at_a_time in [1, 5, head.len()] {
                let seen = asked(head.as_bytes(), at_a_time);
                assert_eq!(seen, Some(Err(refusal)), "{at_a_time} of {head:?}");
            }
        }
        assert_eq!(asked(b"GET /metrics HTTP/1.1\r\nHost: a\r\n", 1), None, "not whole");
        assert_eq!(asked(&[b'\n'; ADMIN_HEAD_BYTES_MAX], 1), None, "nothing yet");
        let newlines = [b'\n'; ADMIN_HEAD_BYTES_MAX + 1];
        assert_eq!(asked(&newlines, 1), Some(Err(HttpError::TooLarge)));
    }

    #[test]
    fn names_are_told_only_to_who_calls_us_by_an_address() {
        for (host, misdirected) in [
            ("127.0.0.1:9155", false),
            ("127.0.0.1", false),
            ("[::1]:9155", false),
            ("[::1]", false),
            ("localhost", false),
            ("LOCALHOST:80", false),
            ("rebound.example:9155", true),
            ("127.0.0.1.example", true),
            ("localhost.example:9155", true),
            ("", true),
        ] {
            for (path, page) in [("/", Page::Home), ("/status", Page::Status)] {
                let head = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
                let expected =
                    if misdirected { Some(Err(HttpError::Misdirected)) } else { get(page) };
                assert_eq!(asked(head.as_bytes(), 9), expected, "{host:?}");
            }
        }
    }
}

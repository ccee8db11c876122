//! The head of a request, taken apart. What can be understood in two ways is refused: nobody needs
//! to know which way somebody before us has understood it.

use super::body::Framing;
use super::error::HttpError;
use crate::limits::{HTTP_BODY_BYTES_MAX, HTTP_HEADERS_MAX};

/// The head of a request.
#[derive(Debug)]
pub(super) struct Head<'a> {
    pub(super) method: &'a str,
    pub(super) target: &'a str,
    /// HTTP/1.1, and not 1.0.
    pub(super) is_current: bool,
    headers: Vec<httparse::Header<'a>>,
}

impl<'a> Head<'a> {
    /// Takes apart a head with the empty line that ends it.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, HttpError> {
        let mut headers = [httparse::EMPTY_HEADER; HTTP_HEADERS_MAX];
        let mut request = httparse::Request::new(&mut headers);
        match request.parse(bytes) {
            Ok(httparse::Status::Complete(_)) => {}
            Err(httparse::Error::Version) => return Err(HttpError::Version),
            Err(httparse::Error::TooManyHeaders) => return Err(HttpError::HeadTooLarge),
            Ok(httparse::Status::Partial) | Err(_) => {
                return Err(HttpError::Malformed("this is no HTTP request"));
            }
        }
        let (Some(method), Some(target), Some(version)) =
            (request.method, request.path, request.version)
        else {
            return Err(HttpError::Malformed("this is no HTTP request"));
        };
        Ok(Self { method, target, is_current: version == 1, headers: request.headers.to_vec() })
    }

    /// All values of a header.
    pub(super) fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'a [u8]> + 's {
        let named = move |header: &&httparse::Header<'a>| header.name.eq_ignore_ascii_case(name);
        self.headers.iter().filter(named).map(|header| header.value)
    }

    /// The value of a header that may be there once.
    pub(super) fn one(&self, name: &'static str) -> Result<Option<&'a str>, HttpError> {
        let mut values = self.all(name);
        let (first, second) = (values.next(), values.next());
        if second.is_some() {
            return Err(HttpError::Malformed("a header is there twice that may be there once"));
        }
        let text = first.map(std::str::from_utf8).transpose();
        text.map_err(|_| HttpError::Malformed("a header is not UTF-8"))
    }

    /// Whether a header that is a list has this word in it, whatever its case.
    pub(super) fn lists(&self, name: &str, word: &str) -> bool {
        self.list(name).any(|listed| listed.eq_ignore_ascii_case(word))
    }

    /// The words of a header that is a list.
    pub(super) fn list<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'a str> + 's {
        let values = self.all(name).filter_map(|value| std::str::from_utf8(value).ok());
        values.flat_map(|value| value.split(',')).map(str::trim).filter(|word| !word.is_empty())
    }

    /// How the body is marked off, if there is one.
    pub(super) fn framing(&self) -> Result<Option<Framing>, HttpError> {
        let (mut codings, mut lengths) =
            (self.all("transfer-encoding"), self.all("content-length"));
        let (coding, length) = (codings.next(), lengths.next());
        if codings.next().is_some() || lengths.next().is_some() {
            return Err(HttpError::Malformed("the length of the body is told twice"));
        }
        match (coding, length) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) => {
                Err(HttpError::Malformed("the length of the body is told in two ways"))
            }
            (Some(_), None) if !self.is_current => {
                Err(HttpError::Malformed("HTTP/1.0 knows no Transfer-Encoding"))
            }
            (Some(coding), None) if coding.eq_ignore_ascii_case(b"chunked") => {
                Ok(Some(Framing::Chunked))
            }
            (Some(_), None) => {
                Err(HttpError::NotImplemented("the only Transfer-Encoding understood is chunked"))
            }
            (None, Some(length)) => length_of(length).map(Framing::Length).map(Some),
        }
    }
}

/// A length as it is written: digits alone.
fn length_of(written: &[u8]) -> Result<usize, HttpError> {
    if written.is_empty() || !written.iter().all(u8::is_ascii_digit) {
        return Err(HttpError::Malformed("Content-Length is no number"));
    }
    let digits = std::str::from_utf8(written).unwrap_or_default();
    // What is not a number now is too large for one.
    let length = digits.parse().unwrap_or(usize::MAX);
    if length > HTTP_BODY_BYTES_MAX { Err(HttpError::BodyTooLarge) } else { Ok(length) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framing(headers: &str) -> Result<Option<Framing>, HttpError> {
        let head = format!("POST / HTTP/1.1\r\nHost: a\r\n{headers}\r\n");
        Head::parse(head.as_bytes())?.framing()
    }

    #[test]
    fn what_may_be_understood_in_two_ways_is_refused() {
        for bad in [
            "Content-Length: 5\r\nContent-Length: 5\r\n",
            "Content-Length: 5\r\ncontent-length: 6\r\n",
            "Content-Length: 5, 5\r\n",
            "Content-Length: +5\r\n",
            "Content-Length: -5\r\n",
            "Content-Length: 0x5\r\n",
            "Content-Length: 5 5\r\n",
            "Content-Length:\r\n",
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
            "Content-Length : 5\r\n",
            "Content-Length: 5\r\n ,6\r\n",
            "X: a\r\n\tContent-Length: 5\r\n",
            "\0X: a\r\n",
            "X: a\0b\r\n",
            "no colon\r\n",
            ": no name\r\n",
        ] {
            let seen = framing(bad);
            assert!(matches!(seen, Err(HttpError::Malformed(_))), "{bad:?}: {seen:?}");
        }
        for coding in ["gzip, chunked", "gzip", "identity", "chunked;a", "chunked, chunked", "x"] {
            let seen = framing(&format!("Transfer-Encoding: {coding}\r\n"));
            assert!(matches!(seen, Err(HttpError::NotImplemented(_))), "{coding:?}: {seen:?}");
        }
        let old = b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n";
        let seen = Head::parse(old).unwrap().framing();
        assert!(matches!(seen, Err(HttpError::Malformed(_))), "{seen:?}");
    }

    #[test]
    fn bodies_are_marked_off_in_two_ways() {
        assert_eq!(framing(""), Ok(None));
        assert_eq!(framing("Content-Length: 0\r\n"), Ok(Some(Framing::Length(0))));
        assert_eq!(framing("content-length:  0012 \r\n"), Ok(Some(Framing::Length(12))));
        assert_eq!(framing("Transfer-Encoding: Chunked\r\n"), Ok(Some(Framing::Chunked)));
        assert_eq!(framing("Content-Length: 8193\r\n"), Err(HttpError::BodyTooLarge));
        let endless = format!("Content-Length: {}\r\n", "9".repeat(99));
        assert_eq!(framing(&endless), Err(HttpError::BodyTooLarge));
    }

    #[test]
    fn versions_and_numbers_of_headers_are_told_apart() {
        for (head, error) in [
            ("PRI * HTTP/2.0\r\n\r\n", HttpError::Version),
            ("GET / HTTP/1.2\r\n\r\n", HttpError::Version),
            ("GET / HTTP/3\r\n\r\n", HttpError::Version),
            ("FOO / HTTP/0.9\r\n\r\n", HttpError::Version),
            ("GET / http/1.1\r\n\r\n", HttpError::Version),
        ] {
            assert_eq!(Head::parse(head.as_bytes()).unwrap_err(), error, "{head:?}");
        }
        let many = |count| format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(count));
        assert!(Head::parse(many(HTTP_HEADERS_MAX).as_bytes()).is_ok());
        let more = many(HTTP_HEADERS_MAX + 1);
        assert_eq!(Head::parse(more.as_bytes()).unwrap_err(), HttpError::HeadTooLarge);
    }

    #[test]
    fn lists_are_words_in_all_their_headers() {
        let head = b"GET / HTTP/1.1\r\nConnection: keep-alive, Upgrade\r\n\
            connection: x,,y\r\nA: \xff\r\n\r\n";
        let head = Head::parse(head).unwrap();
        assert!(head.lists("Connection", "upgrade") && head.lists("Connection", "Y"));
        assert!(!head.lists("Connection", "keep") && !head.lists("Connection", ""));
        assert!(head.one("a").is_err() && head.one("connection").is_err());
        assert_eq!(head.one("nothing"), Ok(None));
    }
}

//! The text of the keyed protocol (MC1): one line, a verb and fields.
//!
//! ```text
//! MC1 JOIN id=0123456789abcdef q=duel n=2\n
//!     verb key=value           ...
//! ```
//!
//! Server and client parse lines here. They define the verbs and the fields that each needs, and
//! write lines themselves with `write!`; only the padding is written here.
//!
//! Invariant: a parsed line is UTF-8 without control characters.

use std::net::IpAddr;
use std::net::SocketAddr;

use crate::limits::QUEUE_NAME_BYTES_MAX;

/// How each datagram of the protocol begins.
pub const MAGIC: &[u8] = b"MC1 ";

/// One datagram, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// The verb: `JOIN`, `MATCH`.
    pub verb: &'a str,
    /// `key=value`, separated by spaces.
    text: &'a str,
    /// The bytes after the line, if there are any: only `DATA` has them.
    pub payload: Option<&'a [u8]>,
}

impl<'a> Line<'a> {
    /// Takes a datagram apart. Its last newline may be missing, and may be `\r\n`. `None`: that is
    /// no line of the protocol.
    pub fn parse(datagram: &'a [u8]) -> Option<Self> {
        let rest = datagram.strip_prefix(MAGIC)?;
        let end = memchr::memchr(b'\n', rest);
        let (line, payload) = end.map_or((rest, &[][..]), |end| {
            let (line, newline_and_more) = rest.split_at(end);
            (line, newline_and_more.get(1..).unwrap_or_default())
        });
        let line = str::from_utf8(line.strip_suffix(b"\r").unwrap_or(line)).ok()?;
        if line.bytes().any(|byte| byte.is_ascii_control()) {
            return None;
        }
        let (verb, text) = line.split_once(' ').unwrap_or((line, ""));
        Some(Self { verb, text, payload: (!payload.is_empty()).then_some(payload) })
    }

    /// The first field with this key.
    pub fn get(&self, key: &str) -> Option<&'a str> {
        self.all(key).next()
    }

    /// All fields with this key, in order.
    pub fn all(&self, key: &str) -> impl Iterator<Item = &'a str> {
        let of_key = move |field: &'a str| field.strip_prefix(key)?.strip_prefix('=');
        self.text.split(' ').filter_map(of_key)
    }

    /// All fields, in order.
    pub fn fields(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.text.split(' ').filter_map(|field| field.split_once('='))
    }

    /// The first field with this key, 16 hexadecimal digits.
    pub fn hex(&self, key: &str) -> Option<u64> {
        self.get(key).and_then(hex)
    }

    /// The first field with this key, a decimal number.
    pub fn number<T: TryFrom<u64>>(&self, key: &str) -> Option<T> {
        let text = self.get(key).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
        T::try_from(text.parse::<u64>().ok()?).ok()
    }
}

/// A number of exactly 16 lower-case hexadecimal digits.
pub fn hex(text: &str) -> Option<u64> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let well_formed = text.len() == 16 && text.bytes().all(is_digit);
    if well_formed { u64::from_str_radix(text, 16).ok() } else { None }
}

/// An address as it is written here, `203.0.113.5:4000` or `[2001:db8::1]:4000`: no name of a link,
/// and IPv4 only in its own form.
pub fn address(text: &str) -> Option<SocketAddr> {
    let address: SocketAddr = text.parse().ok()?;
    let plain = match address {
        SocketAddr::V4(_) => true,
        SocketAddr::V6(v6) => v6.scope_id() == 0 && v6.ip().to_ipv4_mapped().is_none(),
    };
    plain.then_some(address)
}

/// Fills a line up to a length at least, and ends it: a stranger is answered with no more bytes
/// than it has sent.
pub fn end_padded(line: &mut String, bytes: usize) {
    if line.len() < bytes {
        line.push_str(" pad=");
        let missing = bytes.saturating_sub(line.len() + 1);
        line.extend(std::iter::repeat_n('.', missing));
    }
    line.push('\n');
}

/// Whether an address means something inside one private network only (RFC 1918, RFC 4193).
pub fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_private(),
        IpAddr::V6(ip) => ip.is_unique_local(),
    }
}

/// Whether a queue may be called so.
pub fn is_queue_name(name: &str) -> bool {
    let length = 1..=QUEUE_NAME_BYTES_MAX;
    length.contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_verb_and_fields() {
        for end in ["", "\n", "\r\n"] {
            let text = format!("MC1 JOIN id=0123456789abcdef q=a=b n=12 x q=c odd{end}");
            let line = Line::parse(text.as_bytes()).unwrap();
            assert_eq!(line.verb, "JOIN");
            assert_eq!(line.hex("id"), Some(0x0123_4567_89ab_cdef));
            assert_eq!(line.get("q"), Some("a=b"), "the first counts");
            assert_eq!(line.all("q").collect::<Vec<_>>(), ["a=b", "c"]);
            assert_eq!(line.number::<u8>("n"), Some(12));
            assert_eq!((line.get("x"), line.get("odd"), line.payload), (None, None, None));
        }
        assert_eq!(Line::parse(b"MC1 LEAVE\n").unwrap().verb, "LEAVE");
    }

    #[test]
    fn what_follows_the_line_is_its_payload() {
        let line = Line::parse(b"MC1 DATA to=2\n\xff\n\0 n=1").unwrap();
        assert_eq!((line.get("to"), line.payload), (Some("2"), Some(&b"\xff\n\0 n=1"[..])));
        assert_eq!(line.get("n"), None);
    }

    #[test]
    fn what_is_no_line_is_refused() {
        for datagram in
            [&b"MC1"[..], b"MC2 JOIN", b"mc1 JOIN", b"MC1 JOIN q=\xff", b"MC1 JOIN q=\x1b[2J\n"]
        {
            assert_eq!(Line::parse(datagram), None, "{}", datagram.escape_ascii());
        }
    }

    #[test]
    fn numbers_have_one_form() {
        for wrong in ["", "123", "0123456789ABCDEF", "+123456789abcdef", "0123456789abcdef0"] {
            assert_eq!(hex(wrong), None, "{wrong:?}");
        }
        let line = Line::parse(b"MC1 X a=+1 b=-1 c=256 d= e=007").unwrap();
        let numbers = ["a", "b", "c", "e"].map(|key| line.number::<u8>(key));
        assert_eq!((numbers, line.number::<u8>("d")), ([None, None, None, Some(7)], None));
    }

    #[test]
    fn a_padded_line_is_as_long_as_it_must_be() {
        for (bytes, padded) in
            [(0, "MC1 X\n"), (5, "MC1 X\n"), (6, "MC1 X pad=\n"), (14, "MC1 X pad=...\n")]
        {
            let mut line = "MC1 X".to_owned();
            end_padded(&mut line, bytes);
            assert_eq!(line, padded);
            assert!(line.len() >= bytes);
        }
    }

    #[test]
    fn addresses_have_one_form() {
        for good in ["203.0.113.5:4000", "[2001:db8::1]:4000"] {
            assert_eq!(address(good).unwrap().to_string(), good);
        }
        for wrong in ["203.0.113.5", "[::ffff:1.2.3.4]:5", "[fe80::1%2]:5", "host:5", ""] {
            assert_eq!(address(wrong), None, "{wrong:?}");
        }
    }
}

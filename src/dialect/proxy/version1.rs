//! Version 1: a line of text, 107 bytes with its `\r\n` at most.
//!
//! ```text
//! PROXY TCP4 203.0.113.7 198.51.100.1 49153 55555
//! PROXY TCP6 2001:db8::7 2001:db8::1 49153 55555
//! PROXY UNKNOWN, and behind a space whatever the balancer likes to tell
//! ```
//!
//! The client's address and the balancer's, the client's port and the balancer's: a single space
//! between them, no signs and no zeros in front. Its length shows only at its end.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{NoHeader, Proxied};
use crate::limits::PROXY_LINE_BYTES_MAX;

const TCP4: &[u8] = b"PROXY TCP4 ";
const TCP6: &[u8] = b"PROXY TCP6 ";
const UNKNOWN: &[u8] = b"PROXY UNKNOWN";
const END: &[u8] = b"\r\n";
/// Bytes of the shortest header, `PROXY UNKNOWN`.
pub(super) const SHORTEST_BYTES: usize = UNKNOWN.len() + END.len();

/// The length of the header that begins so: its least length while its end is not there.
pub(super) fn header_bytes(start: &[u8]) -> Result<usize, NoHeader> {
    let line = start.windows(END.len()).position(|bytes| bytes == END);
    if !may_begin(&start[..line.unwrap_or(start.len())]) {
        return Err(NoHeader);
    }
    let missing = if start.ends_with(b"\r") { 1 } else { END.len() };
    let whole = match line {
        Some(line) => line + END.len(),
        None => SHORTEST_BYTES.max(start.len() + missing),
    };
    if (SHORTEST_BYTES..=PROXY_LINE_BYTES_MAX).contains(&whole) { Ok(whole) } else { Err(NoHeader) }
}

/// Whether a header may begin so, in front of its end, of which half may be there.
fn may_begin(line: &[u8]) -> bool {
    let line = match line.strip_suffix(b"\r") {
        Some(line) if line.len() >= UNKNOWN.len() => line,
        _ => line,
    };
    let agrees = |word: &[u8]| line.iter().zip(word).all(|(byte, expected)| byte == expected);
    if agrees(UNKNOWN) {
        let rest = line.get(UNKNOWN.len()..).unwrap_or_default();
        return rest.is_empty() || rest.starts_with(b" ");
    }
    let told = line.get(TCP4.len()..).unwrap_or_default();
    let in_place =
        told.iter().all(|byte| matches!(byte, b' ' | b'.' | b':') || byte.is_ascii_hexdigit());
    in_place && (agrees(TCP4) || agrees(TCP6))
}

/// Reads a whole header, and nothing else.
pub(super) fn read(header: &[u8]) -> Result<Proxied, NoHeader> {
    let line = header.strip_suffix(END).ok_or(NoHeader)?;
    if let Some(rest) = line.strip_prefix(UNKNOWN) {
        let told_apart = rest.first().is_none_or(|byte| *byte == b' ');
        return if told_apart { Ok(Proxied::Itself) } else { Err(NoHeader) };
    }
    let text = |bytes| str::from_utf8(bytes).map_err(|_| NoHeader);
    if let Some(rest) = line.strip_prefix(TCP4) {
        client::<Ipv4Addr>(text(rest)?).map(|(ip, port)| told(ip.into(), port))
    } else {
        let rest = line.strip_prefix(TCP6).ok_or(NoHeader)?;
        client::<Ipv6Addr>(text(rest)?).map(|(ip, port)| told(ip.to_canonical(), port))
    }
}

/// The client's address and port. The balancer's must be there, too.
fn client<A: std::str::FromStr>(told: &str) -> Result<(A, u16), NoHeader> {
    let mut words = told.split(' ');
    let mut word = || words.next().ok_or(NoHeader);
    let (source, target, port, target_port) = (word()?, word()?, word()?, word()?);
    let ip = |word: &str| word.parse::<A>().map_err(|_| NoHeader);
    let (source, _) = (ip(source)?, ip(target)?);
    let (port, _) = (read_port(port)?, read_port(target_port)?);
    if words.next().is_some() { Err(NoHeader) } else { Ok((source, port)) }
}

fn read_port(word: &str) -> Result<u16, NoHeader> {
    let plain = word == "0" || !word.starts_with(['0', '+']);
    word.parse().ok().filter(|_| plain).ok_or(NoHeader)
}

fn told(ip: IpAddr, port: u16) -> Proxied {
    Proxied::For(SocketAddr::new(ip, port))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::{proxy_header_bytes, read_proxy_header};

    const LONGEST: &str = "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff \
        ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535";

    fn read_line(line: &str) -> Result<Option<Proxied>, NoHeader> {
        read_proxy_header(format!("{line}\r\n").as_bytes())
    }

    #[test]
    fn the_true_address_is_read() {
        for (line, client) in [
            ("PROXY TCP4 203.0.113.7 198.51.100.1 49153 55555", "203.0.113.7:49153"),
            ("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535", "255.255.255.255:65535"),
            ("PROXY TCP4 0.0.0.0 0.0.0.0 0 0", "0.0.0.0:0"),
            ("PROXY TCP6 2001:db8::7 2001:DB8::1 1 55555", "[2001:db8::7]:1"),
            ("PROXY TCP6 ::1 :: 49153 1", "[::1]:49153"),
            ("PROXY TCP6 ::ffff:203.0.113.7 ::1 49153 55555", "203.0.113.7:49153"),
            ("PROXY TCP6 ::ffff:cb00:7107 ::1 49153 55555", "203.0.113.7:49153"),
        ] {
            let expected = Proxied::For(client.parse().unwrap());
            assert_eq!(read_line(line), Ok(Some(expected)), "{line}");
        }
    }

    #[test]
    fn a_balancer_may_not_know_for_whom_it_comes_and_say_what_it_likes() {
        let odd =
            ["PROXY UNKNOWN", "PROXY UNKNOWN ", "PROXY UNKNOWN TCP4 ?", "PROXY UNKNOWN \n\r\t\0é"];
        for line in odd.into_iter().chain([LONGEST]) {
            assert_eq!(read_line(line), Ok(Some(Proxied::Itself)), "{line:?}");
        }
        assert_eq!(LONGEST.len() + END.len(), PROXY_LINE_BYTES_MAX);
    }

    #[test]
    fn what_is_behind_the_end_is_the_client_s() {
        for line in ["PROXY TCP4 192.0.2.7 192.0.2.1 1 2", "PROXY UNKNOWN", LONGEST] {
            let followed = format!("{line}\r\nalice\r\nPROXY UNKNOWN\r\n");
            assert_eq!(proxy_header_bytes(followed.as_bytes()), Ok(line.len() + 2), "{line}");
        }
    }

    #[test]
    fn every_split_waits_for_the_rest_and_no_longer() {
        for line in ["PROXY TCP4 192.0.2.7 192.0.2.1 1 2", "PROXY TCP6 ::1 ::1 1 2", LONGEST] {
            let whole = format!("{line}\r\n").into_bytes();
            for end in 0..whole.len() {
                assert_eq!(read_proxy_header(&whole[..end]), Ok(None), "{end} bytes of {line}");
                let wanted = proxy_header_bytes(&whole[..end]).unwrap();
                assert!(wanted > end && wanted <= whole.len(), "{wanted} after {end} of {line}");
            }
        }
    }

    #[test]
    fn a_wrong_byte_is_waited_behind_for_nothing() {
        for (good, wrong) in [
            ("", "p"),
            ("PROXY", "\r"),
            ("PROXY ", " "),
            ("PROXY ", "t"),
            ("PROXY TCP", "5"),
            ("PROXY U", "D"),
            ("PROXY UNKNOWN", "S"),
            ("PROXY UNKNOWN", "\n"),
            ("PROXY UNKNOWN\r", "\r"),
            ("PROXY UNKNOWN\r", "x"),
            ("PROXY TCP4", "\t"),
            ("PROXY TCP4 ", "h"),
            ("PROXY TCP4 1.2.3.4 5.6.7.8 1 2", "\n"),
            ("PROXY TCP4 1.2.3.4\r", " "),
            (LONGEST, "9"),
        ] {
            assert!(proxy_header_bytes(good.as_bytes()).is_ok(), "{good:?}");
            let start = format!("{good}{wrong}");
            assert_eq!(proxy_header_bytes(start.as_bytes()), Err(NoHeader), "{start:?}");
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        for line in [
            "PROXY TCP4 ",
            "PROXY TCP4 1.2.3.4",
            "PROXY TCP4 1.2.3.4 5.6.7.8 1",
            "PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3",
            "PROXY TCP4 1.2.3.4 5.6.7.8 1 2 ",
            "PROXY TCP4  1.2.3.4 5.6.7.8 1 2",
            "PROXY TCP4 1.2.3.4  5.6.7.8 1 2",
            "PROXY TCP4 1.2.3.4 5.6.7.8 1 65536",
            "PROXY TCP4 1.2.3.4 5.6.7.8 99999 2",
            "PROXY TCP4 1.2.3.4 5.6.7.8 01 2",
            "PROXY TCP4 1.2.3.4 5.6.7.8 00 2",
            "PROXY TCP4 1.2.3.4 5.6.7.8 a 2",
            "PROXY TCP4 1.2.3.4 5.6.7.8 : 2",
            "PROXY TCP4 1.2.3.256 5.6.7.8 1 2",
            "PROXY TCP4 01.2.3.4 5.6.7.8 1 2",
            "PROXY TCP4 1.2.3 5.6.7.8 1 2",
            "PROXY TCP4 1.2.3.4 ::1 1 2",
            "PROXY TCP4 ::1 ::1 1 2",
            "PROXY TCP6 1.2.3.4 5.6.7.8 1 2",
            "PROXY TCP6 ::1 5.6.7.8 1 2",
            "PROXY TCP6 12345::1 ::1 1 2",
            "PROXY TCP6 ::1::1 ::1 1 2",
        ] {
            assert_eq!(read_line(line), Err(NoHeader), "{line:?}");
        }
    }
}

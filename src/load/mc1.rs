//! The lines of the keyed matchmaking protocol, MC1, as a client writes and reads them. Pure.
//!
//! This is written from the text of the protocol and shares nothing with the server, so that the
//! two find each other's faults. Matches of two are all that it asks for.
//!
//! Invariant: a line is either exactly as the protocol says, or it is rejected.

use std::net::SocketAddr;

/// Bytes of the answer to a first JOIN; one that is shorter gets none.
const JOIN_BYTES_MIN: usize = 50;
/// The queue in which all endpoints meet.
const QUEUE: &str = "load";

/// A line from the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ServerLine<'a> {
    /// Prove with this that you are where you say.
    Cookie(u64),
    /// The other one has not come yet.
    Wait,
    /// You two.
    Match(MatchLine),
    /// No, and why.
    Refusal(&'a str),
}

/// A match of two, as one of its players is told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MatchLine {
    /// Its number.
    pub(super) number: u64,
    /// The key that its players share with nobody else.
    pub(super) key: u128,
    /// Which of the two the player is: 1 or 2.
    pub(super) slot: u8,
    /// The player, as the server sees it.
    pub(super) you: SocketAddr,
    /// The other one.
    pub(super) partner: SocketAddr,
}

/// Asks for a partner; the first time without a cookie, and then as long as the answer will be.
pub(super) fn join(id: u64, cookie: Option<u64>) -> String {
    let line = format!("MC1 JOIN id={id:016x} q={QUEUE} n=2");
    match cookie {
        Some(cookie) => format!("{line} c={cookie:016x}\n"),
        None => {
            let line = line + " pad=";
            format!("{line:x<least$}\n", least = JOIN_BYTES_MIN - 1)
        }
    }
}

/// Confirms a match.
pub(super) fn ack(id: u64, number: u64) -> String {
    format!("MC1 ACK id={id:016x} m={number:016x}\n")
}

/// The line in a datagram, and the id that it is for.
pub(super) fn read(datagram: &[u8]) -> Option<(u64, ServerLine<'_>)> {
    let line = std::str::from_utf8(datagram).ok()?.strip_suffix('\n')?.strip_prefix("MC1 ")?;
    let (verb, fields) = line.split_once(' ')?;
    let id = hex(value(fields, "id")?, 16)? as u64;
    let line = match verb {
        "COOKIE" => ServerLine::Cookie(hex(value(fields, "c")?, 16)? as u64),
        "WAIT" => ServerLine::Wait,
        "MATCH" => ServerLine::Match(read_match(fields)?),
        "ERR" => ServerLine::Refusal(value(fields, "code")?),
        _ => return None,
    };
    Some((id, line))
}

fn read_match(fields: &str) -> Option<MatchLine> {
    let peers = fields.split(' ').filter(|field| field.starts_with("peer=")).count();
    let (slot, you) = player(value(fields, "you")?)?;
    let (other, partner) = player(value(fields, "peer")?)?;
    let number = hex(value(fields, "m")?, 16)? as u64;
    let key = hex(value(fields, "k")?, 32)?;
    let _: u32 = value(fields, "at")?.parse().ok()?;
    let are_two = peers == 1 && matches!((slot, other), (1, 2) | (2, 1));
    are_two.then_some(MatchLine { number, key, slot, you, partner })
}

/// The first field of that name counts.
fn value<'a>(fields: &'a str, name: &str) -> Option<&'a str> {
    fields.split(' ').find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
}

/// `1@127.0.0.1:4000`; the player's address in its own network does not matter here.
fn player(text: &str) -> Option<(u8, SocketAddr)> {
    let (slot, addresses) = text.split_once('@')?;
    let address = addresses.split('+').next()?;
    Some((slot.parse().ok()?, address.parse().ok()?))
}

/// Lower case and of fixed length.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let fits = text.len() == digits && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    fits.then(|| u128::from_str_radix(text, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    const MATCH: &str = "MC1 MATCH id=00000000000000ab m=0123456789abcdef \
        k=00000000000000000000000000000007 you=2@127.0.0.1:4000 peer=1@[::1]:5+10.0.0.1:6 at=50\n";

    #[test]
    fn a_first_request_is_as_long_as_its_answer() {
        let answer = "MC1 COOKIE id=00000000000000ab c=0123456789abcdef\n";
        assert_eq!(join(0xAB, None), "MC1 JOIN id=00000000000000ab q=load n=2 pad=xxxxx\n");
        assert!(join(0xAB, None).len() >= answer.len());
        assert_eq!(
            read(answer.as_bytes()),
            Some((0xAB, ServerLine::Cookie(0x0123_4567_89AB_CDEF)))
        );
        let again = "MC1 JOIN id=00000000000000ab q=load n=2 c=0000000000000007\n";
        assert_eq!(join(0xAB, Some(7)), again);
        assert_eq!(ack(1, 2), "MC1 ACK id=0000000000000001 m=0000000000000002\n");
    }

    #[test]
    fn a_match_names_two() {
        let expected = MatchLine {
            number: 0x0123_4567_89AB_CDEF,
            key: 7,
            slot: 2,
            you: "127.0.0.1:4000".parse().unwrap(),
            partner: "[::1]:5".parse().unwrap(),
        };
        assert_eq!(read(MATCH.as_bytes()), Some((0xAB, ServerLine::Match(expected))));
        let more = MATCH.replace(" at=", " new=1 relay=0123456789abcdef at=");
        assert_eq!(read(more.as_bytes()), Some((0xAB, ServerLine::Match(expected))));
        for (was, is) in [
            ("peer=1@", "peer=2@"),
            ("peer=1@[::1]:5+10.0.0.1:6", "peer=1"),
            ("at=50", "peer=3@10.0.0.1:6 at=50"),
            ("at=50", "at="),
            ("ab m=", "AB m="),
            ("k=0", "k="),
            ("at=50\n", "at=50"),
            ("MC1 ", "MC2 "),
        ] {
            let wrong = MATCH.replace(was, is);
            assert_ne!(wrong, MATCH);
            assert_eq!(read(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn what_else_a_server_says() {
        let wait = b"MC1 WAIT id=0000000000000001 have=1 need=2 ttl=30\n";
        assert_eq!(read(wait), Some((1, ServerLine::Wait)));
        let full = b"MC1 ERR id=0000000000000001 code=full retry=30\n";
        assert_eq!(read(full), Some((1, ServerLine::Refusal("full"))));
        for other in [&b"MC1 LEFT id=0000000000000001\n"[..], b"MC1 ", b"MC1 WAIT", b"\xff\n", b""]
        {
            assert_eq!(read(other), None);
        }
    }
}

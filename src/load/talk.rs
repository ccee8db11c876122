//! What a UDP endpoint says, and what an answer means to it. Pure: no sockets, no clock.
//!
//! ```text
//!     plain    "mio-chat load" ---------------------> an address
//!     match    JOIN --> COOKIE; JOIN c= (--> WAIT) --> MATCH; ACK
//!     binding  Binding request ---------------------> Binding success
//!     echo     Binding request ---------------------> the same
//! ```
//!
//! Datagrams get lost and come twice, so any question may be put again, and what answers an older
//! one changes nothing.

use std::net::SocketAddr;

use super::mc1::{Line, Match};
use super::settings::Scenario;
use super::{binding, mc1};

/// What an endpoint of plain pairing says; anything does that is no address.
const QUESTION: &[u8] = b"mio-chat load";

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// Anybody's address.
    Plain,
    /// A match by the keyed protocol.
    Match,
    /// One's own address, by STUN.
    Binding,
    /// One's own words.
    Echo,
}

impl Wish {
    /// What the endpoints of a scenario ask for; nothing: it has none.
    pub(super) fn of(scenario: Scenario) -> Option<Self> {
        match scenario {
            Scenario::Pairs => Some(Self::Plain),
            Scenario::Matches => Some(Self::Match),
            Scenario::Bindings => Some(Self::Binding),
            Scenario::Echoes => Some(Self::Echo),
            _ => None,
        }
    }

    /// Whether it takes two. A server remembers whom it has given a partner, so such an endpoint
    /// asks once.
    pub(super) fn is_for_two(self) -> bool {
        matches!(self, Self::Plain | Self::Match)
    }
}

/// What came of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard<'a> {
    /// Nothing: it waits on.
    Nothing,
    /// It has something to say.
    Word,
    /// What it wished for.
    Granted(Option<Match>),
    /// Something that should not be.
    Refused(&'a str),
}

/// One endpoint's part of a conversation.
#[derive(Clone, Debug)]
pub(super) struct Talk {
    wish: Wish,
    id: u64,
    own: SocketAddr,
    cookie: Option<u64>,
    matched: Option<u64>,
}

impl Talk {
    /// Nothing is said yet.
    pub(super) fn new(wish: Wish, id: u64, own: SocketAddr) -> Self {
        Self { wish, id, own, cookie: None, matched: None }
    }

    /// Where it comes from.
    pub(super) fn own(&self) -> SocketAddr {
        self.own
    }

    /// Whether there is something to say though its wish was granted.
    pub(super) fn has_last_word(&self) -> bool {
        self.matched.is_some()
    }

    /// What there is to say now.
    pub(super) fn say(&self, out: &mut Vec<u8>) {
        out.clear();
        match (self.wish, self.matched) {
            (Wish::Plain, _) => out.extend(QUESTION),
            (Wish::Binding | Wish::Echo, _) => out.extend(binding::request(self.id)),
            (Wish::Match, Some(number)) => out.extend(mc1::ack(self.id, number).bytes()),
            (Wish::Match, None) => out.extend(mc1::join(self.id, self.cookie).bytes()),
        }
    }

    /// What a datagram means.
    pub(super) fn hear<'a>(&mut self, datagram: &'a [u8]) -> Heard<'a> {
        match self.wish {
            Wish::Plain => self.hear_plain(datagram),
            Wish::Match => self.hear_line(datagram),
            Wish::Binding => self.hear_binding(datagram),
            Wish::Echo if datagram == binding::request(self.id) => Heard::Granted(None),
            Wish::Echo if datagram.starts_with(&binding::request(0)[..8]) => Heard::Nothing,
            Wish::Echo => Heard::Refused("an answer that is no echo"),
        }
    }

    fn hear_plain<'a>(&self, datagram: &[u8]) -> Heard<'a> {
        match address(datagram) {
            Some(partner) => {
                Heard::Granted(Some(Match { number: 0, key: 0, slot: 0, you: self.own, partner }))
            }
            None => Heard::Refused("an answer that is no address"),
        }
    }

    fn hear_binding<'a>(&self, datagram: &[u8]) -> Heard<'a> {
        match binding::read(datagram) {
            Some((id, _)) if id != self.id => Heard::Nothing,
            Some((_, own)) if own == self.own => Heard::Granted(None),
            Some(_) => Heard::Refused("an address that is not its own"),
            None => Heard::Refused("an answer that is no Binding success"),
        }
    }

    fn hear_line<'a>(&mut self, datagram: &'a [u8]) -> Heard<'a> {
        match mc1::read(datagram) {
            Some((id, _)) if id != self.id => Heard::Nothing,
            // What comes after that is a repeat.
            Some(_) if self.matched.is_some() => Heard::Nothing,
            Some((_, Line::Cookie(cookie))) => {
                self.cookie = Some(cookie);
                Heard::Word
            }
            Some((_, Line::Wait)) => Heard::Nothing,
            Some((_, Line::Match(told))) => {
                self.matched = Some(told.number);
                Heard::Granted(Some(told))
            }
            Some((_, Line::Refusal(code))) => Heard::Refused(code),
            None => Heard::Refused("an answer that is no MC1 line"),
        }
    }
}

/// `127.0.0.1:60274` or `[::1]:60274` and a newline.
fn address(datagram: &[u8]) -> Option<SocketAddr> {
    std::str::from_utf8(datagram).ok()?.strip_suffix('\n')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "127.0.0.1:4000";

    fn talk(wish: Wish) -> Talk {
        Talk::new(wish, 1, OWN.parse().unwrap())
    }

    fn said(talk: &Talk) -> Vec<u8> {
        let mut out = b"before".to_vec();
        talk.say(&mut out);
        out
    }

    #[test]
    fn a_plain_answer_is_an_address_and_a_newline() {
        for answer in ["127.0.0.1:60274\n", "[fd00::2]:39979\n"] {
            assert!(address(answer.as_bytes()).is_some());
        }
        for other in ["", "\n", "127.0.0.1:60274", "127.0.0.1\n", "mio-chat load"] {
            assert_eq!(address(other.as_bytes()), None, "{other:?}");
        }
        assert_eq!(address(b"\xff\n"), None);
        assert_eq!(said(&talk(Wish::Plain)), QUESTION);
        assert!(matches!(talk(Wish::Plain).hear(QUESTION), Heard::Refused(_)));
    }

    #[test]
    fn a_match_takes_a_cookie_and_is_confirmed() {
        let mut talk = talk(Wish::Match);
        assert_eq!(said(&talk), mc1::join(1, None).as_bytes());
        let other = b"MC1 COOKIE id=0000000000000002 c=0000000000000009\n";
        assert_eq!(talk.hear(other), Heard::Nothing, "said to somebody else");
        assert_eq!(talk.hear(b"MC1 COOKIE id=0000000000000001 c=0000000000000007\n"), Heard::Word);
        assert_eq!(said(&talk), mc1::join(1, Some(7)).as_bytes());
        let full = b"MC1 ERR id=0000000000000001 code=full retry=30\n";
        assert_eq!(talk.hear(full), Heard::Refused("full"));
        let wait = b"MC1 WAIT id=0000000000000001 have=1 need=2 ttl=30\n";
        assert_eq!(talk.hear(wait), Heard::Nothing);
        let matched = b"MC1 MATCH id=0000000000000001 m=0000000000000005 \
            k=00000000000000000000000000000006 you=1@127.0.0.1:4000 peer=2@127.0.0.1:5000 at=0\n";
        assert!(matches!(talk.hear(matched), Heard::Granted(Some(told)) if told.number == 5));
        assert!(talk.has_last_word());
        assert_eq!(said(&talk), mc1::ack(1, 5).as_bytes());
        assert_eq!(talk.hear(matched), Heard::Nothing, "a repeat");
    }

    #[test]
    fn a_binding_tells_the_own_address() {
        let answer = |port: u16| {
            let mut answer = binding::request(1).to_vec();
            answer[..4].copy_from_slice(b"\x01\x01\0\x0c");
            answer.extend(b"\0\x20\0\x08\0\x01");
            answer.extend((port ^ 0x2112).to_be_bytes());
            answer.extend((0x7F00_0001_u32 ^ 0x2112_A442).to_be_bytes());
            answer
        };
        let mut talk = talk(Wish::Binding);
        assert_eq!(talk.hear(&answer(4_000)), Heard::Granted(None));
        assert_eq!(talk.hear(&answer(4_001)), Heard::Refused("an address that is not its own"));
        let mut earlier = answer(4_000);
        earlier[19] = 0;
        assert_eq!(talk.hear(&earlier), Heard::Nothing);
        assert!(matches!(talk.hear(&binding::request(1)), Heard::Refused(_)));
    }

    #[test]
    fn an_echo_is_the_same_again() {
        let mut talk = talk(Wish::Echo);
        assert_eq!(talk.hear(&said(&talk.clone())), Heard::Granted(None));
        assert_eq!(talk.hear(&binding::request(0)), Heard::Nothing, "an earlier one");
        assert!(matches!(talk.hear(b"127.0.0.1:60274\n"), Heard::Refused(_)));
    }
}

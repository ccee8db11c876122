//! One UDP endpoint's exchange with the server. Pure: no sockets, no clock.
//!
//! ```text
//!     plain    "mio-chat load" ---------------------> an address
//!     match    JOIN --> COOKIE; JOIN c= (--> WAIT) --> MATCH; ACK
//!     binding  Binding request ---------------------> Binding success
//!     echo     Binding request ---------------------> the same
//! ```
//!
//! Datagrams get lost and come twice, so any question may be sent again, and an answer to an older
//! one changes nothing.

use std::net::SocketAddr;

use super::mc1::{MatchLine, ServerLine};
use super::settings::Scenario;
use super::{binding, mc1};

/// The question of plain pairing; any text does that is not an address.
const QUESTION: &[u8] = b"mio-chat load";

/// The kinds of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UdpRequest {
    /// Anybody's address.
    Plain,
    /// A match by the keyed protocol.
    Match,
    /// One's own address, by STUN.
    Binding,
    /// One's own words.
    Echo,
}

impl UdpRequest {
    /// The request of a scenario's endpoints; nothing if it has none.
    pub(super) fn of(scenario: Scenario) -> Option<Self> {
        match scenario {
            Scenario::Pairs => Some(Self::Plain),
            Scenario::Matches => Some(Self::Match),
            Scenario::Bindings => Some(Self::Binding),
            Scenario::Echoes => Some(Self::Echo),
            _ => None,
        }
    }

    /// Whether it takes two endpoints. A server remembers the endpoints that it has paired, so such
    /// an endpoint asks once.
    pub(super) fn is_for_two(self) -> bool {
        matches!(self, Self::Plain | Self::Match)
    }
}

/// The effect of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UdpEvent<'a> {
    /// Nothing: it waits on.
    Nothing,
    /// It has something to say.
    Word,
    /// The answer that it asked for.
    Granted(Option<MatchLine>),
    /// Something that should not be.
    Refused(&'a str),
}

/// One endpoint's part of a conversation.
#[derive(Clone, Debug)]
pub(super) struct UdpSession {
    request: UdpRequest,
    id: u64,
    own: SocketAddr,
    cookie: Option<u64>,
    matched: Option<u64>,
}

impl UdpSession {
    /// Nothing is said yet.
    pub(super) fn new(request: UdpRequest, id: u64, own: SocketAddr) -> Self {
        Self { request, id, own, cookie: None, matched: None }
    }

    /// Where it comes from.
    pub(super) fn own(&self) -> SocketAddr {
        self.own
    }

    /// Whether there is something to say though its wish was granted.
    pub(super) fn has_last_word(&self) -> bool {
        self.matched.is_some()
    }

    /// Writes the datagram to send now.
    pub(super) fn say(&self, out: &mut Vec<u8>) {
        out.clear();
        match (self.request, self.matched) {
            (UdpRequest::Plain, _) => out.extend(QUESTION),
            (UdpRequest::Binding | UdpRequest::Echo, _) => out.extend(binding::request(self.id)),
            (UdpRequest::Match, Some(number)) => out.extend(mc1::ack(self.id, number).bytes()),
            (UdpRequest::Match, None) => out.extend(mc1::join(self.id, self.cookie).bytes()),
        }
    }

    /// Reads a datagram.
    pub(super) fn hear<'a>(&mut self, datagram: &'a [u8]) -> UdpEvent<'a> {
        match self.request {
            UdpRequest::Plain => self.hear_plain(datagram),
            UdpRequest::Match => self.hear_line(datagram),
            UdpRequest::Binding => self.hear_binding(datagram),
            UdpRequest::Echo if datagram == binding::request(self.id) => UdpEvent::Granted(None),
            UdpRequest::Echo if datagram.starts_with(&binding::request(0)[..8]) => {
                UdpEvent::Nothing
            }
            UdpRequest::Echo => UdpEvent::Refused("an answer that is not an echo"),
        }
    }

    fn hear_plain<'a>(&self, datagram: &[u8]) -> UdpEvent<'a> {
        match address(datagram) {
            Some(partner) => UdpEvent::Granted(Some(MatchLine {
                number: 0,
                key: 0,
                slot: 0,
                you: self.own,
                partner,
            })),
            None => UdpEvent::Refused("an answer that is not an address"),
        }
    }

    fn hear_binding<'a>(&self, datagram: &[u8]) -> UdpEvent<'a> {
        match binding::read(datagram) {
            Some((id, _)) if id != self.id => UdpEvent::Nothing,
            Some((_, own)) if own == self.own => UdpEvent::Granted(None),
            Some(_) => UdpEvent::Refused("an address that is not its own"),
            None => UdpEvent::Refused("an answer that is not a Binding success"),
        }
    }

    fn hear_line<'a>(&mut self, datagram: &'a [u8]) -> UdpEvent<'a> {
        match mc1::read(datagram) {
            Some((id, _)) if id != self.id => UdpEvent::Nothing,
            // Later lines are repeats.
            Some(_) if self.matched.is_some() => UdpEvent::Nothing,
            Some((_, ServerLine::Cookie(cookie))) => {
                self.cookie = Some(cookie);
                UdpEvent::Word
            }
            Some((_, ServerLine::Wait)) => UdpEvent::Nothing,
            Some((_, ServerLine::Match(told))) => {
                self.matched = Some(told.number);
                UdpEvent::Granted(Some(told))
            }
            Some((_, ServerLine::Refusal(code))) => UdpEvent::Refused(code),
            None => UdpEvent::Refused("an answer that is not an MC1 line"),
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

    fn session(request: UdpRequest) -> UdpSession {
        UdpSession::new(request, 1, OWN.parse().unwrap())
    }

    fn said(session: &UdpSession) -> Vec<u8> {
        let mut out = b"before".to_vec();
        session.say(&mut out);
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
        assert_eq!(said(&session(UdpRequest::Plain)), QUESTION);
        assert!(matches!(session(UdpRequest::Plain).hear(QUESTION), UdpEvent::Refused(_)));
    }

    #[test]
    fn a_match_takes_a_cookie_and_is_confirmed() {
        let mut session = session(UdpRequest::Match);
        assert_eq!(said(&session), mc1::join(1, None).as_bytes());
        let other = b"MC1 COOKIE id=0000000000000002 c=0000000000000009\n";
        assert_eq!(session.hear(other), UdpEvent::Nothing, "said to somebody else");
        assert_eq!(
            session.hear(b"MC1 COOKIE id=0000000000000001 c=0000000000000007\n"),
            UdpEvent::Word
        );
        assert_eq!(said(&session), mc1::join(1, Some(7)).as_bytes());
        let full = b"MC1 ERR id=0000000000000001 code=full retry=30\n";
        assert_eq!(session.hear(full), UdpEvent::Refused("full"));
        let wait = b"MC1 WAIT id=0000000000000001 have=1 need=2 ttl=30\n";
        assert_eq!(session.hear(wait), UdpEvent::Nothing);
        let matched = b"MC1 MATCH id=0000000000000001 m=0000000000000005 \
            k=00000000000000000000000000000006 you=1@127.0.0.1:4000 peer=2@127.0.0.1:5000 at=0\n";
        assert!(matches!(session.hear(matched), UdpEvent::Granted(Some(told)) if told.number == 5));
        assert!(session.has_last_word());
        assert_eq!(said(&session), mc1::ack(1, 5).as_bytes());
        assert_eq!(session.hear(matched), UdpEvent::Nothing, "a repeat");
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
        let mut session = session(UdpRequest::Binding);
        assert_eq!(session.hear(&answer(4_000)), UdpEvent::Granted(None));
        assert_eq!(
            session.hear(&answer(4_001)),
            UdpEvent::Refused("an address that is not its own")
        );
        let mut earlier = answer(4_000);
        earlier[19] = 0;
        assert_eq!(session.hear(&earlier), UdpEvent::Nothing);
        assert!(matches!(session.hear(&binding::request(1)), UdpEvent::Refused(_)));
    }

    #[test]
    fn an_echo_is_the_same_again() {
        let mut session = session(UdpRequest::Echo);
        assert_eq!(session.hear(&said(&session.clone())), UdpEvent::Granted(None));
        assert_eq!(session.hear(&binding::request(0)), UdpEvent::Nothing, "an earlier one");
        assert!(matches!(session.hear(b"127.0.0.1:60274\n"), UdpEvent::Refused(_)));
    }
}

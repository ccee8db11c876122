//! The meaning of a poll token.
//!
//! A client's token is its id, generation included, so that an event that was fetched before the
//! client was freed finds nobody. The bit above the generation is set for everything else.

use mio::Token;

use crate::id::ClientId;

const NO_CLIENT: u64 = 1 << (32 + ClientId::GENERATION_BITS);
const KIND_SHIFT: u32 = 32;

/// A source of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A client's stream.
    Client(ClientId),
    /// The TCP listener of this index.
    Listener(u16),
    /// The UDP socket of this index.
    Datagram(u16),
    /// Signals.
    Signals,
    /// The descriptor that the log goes to.
    Log,
    /// The admin listener.
    AdminListener,
    /// The admin listener's client of this number.
    Admin(u16),
    /// The connection of this index that waits for the header of a balancer.
    Proxied(u16),
    /// The process that is to take over.
    Successor,
}

impl From<Source> for Token {
    fn from(source: Source) -> Self {
        let special = |kind: u64, index: u16| NO_CLIENT | (kind << KIND_SHIFT) | u64::from(index);
        let bits = match source {
            Source::Client(id) => id.to_bits(),
            Source::Listener(index) => special(0, index),
            Source::Datagram(index) => special(1, index),
            Source::Signals => special(2, 0),
            Source::Log => special(3, 0),
            Source::AdminListener => special(4, 0),
            Source::Admin(number) => special(5, number),
            Source::Proxied(index) => special(6, index),
            Source::Successor => special(7, 0),
        };
        Self(bits as usize)
    }
}

impl From<Token> for Source {
    fn from(token: Token) -> Self {
        let bits = token.0 as u64;
        if bits & NO_CLIENT == 0 {
            return Self::Client(ClientId::from_bits(bits));
        }
        let index = bits as u16;
        match (bits & !NO_CLIENT) >> KIND_SHIFT {
            0 => Self::Listener(index),
            1 => Self::Datagram(index),
            2 => Self::Signals,
            3 => Self::Log,
            4 => Self::AdminListener,
            5 => Self::Admin(index),
            6 => Self::Proxied(index),
            _ => Self::Successor,
        }
    }
}

const _: () = assert!(usize::BITS == 64, "a poll token holds a generation and a slot");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_comes_back_from_its_token() {
        let last = ClientId::from_bits(NO_CLIENT - 1);
        for source in [
            Source::Client(ClientId::from_bits(0)),
            Source::Client(last),
            Source::Listener(0),
            Source::Listener(7),
            Source::Datagram(0),
            Source::Datagram(u16::MAX),
            Source::Signals,
            Source::Log,
            Source::AdminListener,
            Source::Admin(0),
            Source::Admin(u16::MAX),
            Source::Proxied(1_023),
            Source::Successor,
        ] {
            assert_eq!(Source::from(Token::from(source)), source);
        }
    }
}

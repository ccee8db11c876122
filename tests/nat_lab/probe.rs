//! Sockets that find out what a NAT does: how they look from outside, and who gets through to them.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use super::host::Endpoint;
use super::support::{PATIENCE, receive};

/// What a STUN message begins with, behind kind and length; and the transaction that is asked for.
const MAGIC: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];
const TRANSACTION: &[u8; 12] = b"transaction!";
/// Fences that are sent: the last of them has overtaken nothing.
const FENCES: usize = 3;

/// The address under which a socket is seen by a server.
pub(crate) fn outside_address(socket: &Endpoint, server: SocketAddr) -> SocketAddr {
    let question = [&[0, 1, 0, 0][..], &MAGIC, TRANSACTION].concat();
    socket.send_to(&question, server).unwrap();
    let (answer, from) = receive(socket, PATIENCE).expect("an answer");
    assert_eq!(from, server);
    mapped_address(&answer).unwrap_or_else(|| panic!("{}", answer.escape_ascii()))
}

/// The address that a Binding success tells in its only attribute, XOR-MAPPED-ADDRESS.
fn mapped_address(answer: &[u8]) -> Option<SocketAddr> {
    let [0, 0x20, 0, _, 0, family, port @ ..] = answer.strip_prefix(&[1, 1][..])?.get(18..)? else {
        return None;
    };
    let (port, ip) = port.split_at_checked(2)?;
    let port = u16::from_be_bytes([port[0] ^ MAGIC[0], port[1] ^ MAGIC[1]]);
    let mask = MAGIC.iter().chain(TRANSACTION);
    let ip: Vec<u8> = ip.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect();
    let ip: IpAddr = match family {
        1 => <[u8; 4]>::try_from(ip).ok()?.into(),
        _ => Ipv6Addr::from(<[u8; 16]>::try_from(ip).ok()?).into(),
    };
    Some((ip, port).into())
}

/// Who gets through to a socket that is seen at `outside`: some of the strangers, who write first,
/// or none. The friend does: the socket has written to it.
pub(crate) fn let_in(
    socket: &Endpoint,
    outside: SocketAddr,
    friend: &Endpoint,
    strangers: &[&Endpoint],
) -> BTreeSet<SocketAddr> {
    for stranger in strangers {
        stranger.send_to(b"stranger", outside).unwrap();
    }
    let mut heard = BTreeSet::new();
    for _ in 0..FENCES {
        friend.send_to(b"friend", outside).unwrap();
        while let (said, from) = receive(socket, PATIENCE).expect("the friend at least")
            && said != b"friend"
        {
            heard.insert(from);
        }
    }
    heard
}

/// The one who gets through to a socket must be this sender; under what address it is seen.
pub(crate) fn seen_from(socket: &Endpoint, outside: SocketAddr, sender: &Endpoint) -> SocketAddr {
    sender.send_to(b"it is me", outside).unwrap();
    let (said, from) = receive(socket, PATIENCE).expect("the sender");
    assert_eq!(said, b"it is me");
    from
}

//! UDP with sources that are made up: of how little use the server is to whoever makes them up.
//!
//! Where a kernel has to be in it, two hosts are made for each test (`support::namespace`), and
//! nothing leaves them. `MIO_CHAT_SIZE=long` takes the sizes for a night; `MIO_CHAT_MINUTES`
//! sets how long what is measured in time then lasts.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod flood;
mod gain;
mod keyed;
mod loops;
mod multihomed;
mod noise;
mod silence;
mod told;
mod verbs;

#[path = "../common/matched.rs"]
mod matched;
#[path = "../common/random.rs"]
mod random;
#[path = "../support/mod.rs"]
mod support;
#[path = "../common/watched.rs"]
mod watched;

use std::net::{SocketAddr, SocketAddrV4, UdpSocket};
use std::time::Duration;

use support::namespace::{Forger, Namespace};
use support::{PATIENCE, Server, receive};

/// The server's address, and that of its only neighbour, through whom it reaches everybody else.
const SERVER: &str = "10.77.0.1";
const NEIGHBOUR: &str = "10.77.0.2";
/// What a STUN message begins with, behind kind and length.
const MAGIC: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];

/// A server on a host of its own, and its neighbour.
struct Lab {
    server: Server,
    host: Namespace,
    neighbour: Namespace,
}

impl Lab {
    /// None where no namespaces can be made, which is said.
    fn new(flags: &[&str]) -> Option<Self> {
        Self::at(&format!("{SERVER}:0"), flags)
    }

    /// The same with UDP at another place.
    fn at(udp: &str, flags: &[&str]) -> Option<Self> {
        let addresses = [SERVER, NEIGHBOUR].map(|ip| format!("{ip}/24"));
        let [host, neighbour] = Namespace::pair(addresses.each_ref().map(String::as_str))?;
        host.route_all_to(NEIGHBOUR);
        let tcp = format!("{SERVER}:0");
        let places = ["--tcp", &tcp, "--udp", udp];
        let server = host.within(|| Server::start(&[&places[..], flags].concat()));
        Some(Self { server, host, neighbour })
    }

    /// Where the neighbour reaches the server's UDP socket.
    fn udp(&self) -> SocketAddrV4 {
        SocketAddrV4::new(SERVER.parse().unwrap(), self.server.udp().port())
    }

    /// Somebody honest on the neighbour's machine.
    fn honest(&self) -> Honest {
        Honest::on(&self.neighbour, NEIGHBOUR)
    }

    /// Somebody who makes up sources there.
    fn forger(&self) -> Forger {
        Forger::on(&self.neighbour)
    }
}

/// One who asks under its own address.
struct Honest(UdpSocket);

impl Honest {
    /// One on another host than this thread.
    fn on(host: &Namespace, ip: &str) -> Self {
        host.within(|| Self::at(ip))
    }

    fn at(ip: &str) -> Self {
        Self(UdpSocket::bind((ip, 0)).unwrap())
    }

    fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }

    fn says(&self, to: SocketAddrV4, datagram: &[u8]) {
        self.0.send_to(datagram, to).unwrap();
    }

    /// What comes next, and from whom.
    fn hears(&self) -> (Vec<u8>, SocketAddr) {
        self.hears_within(PATIENCE).expect("an answer")
    }

    fn hears_within(&self, patience: Duration) -> Option<(Vec<u8>, SocketAddr)> {
        receive(&self.0, patience)
    }

    /// Asks for its own address and waits for the answer: by then everything that was sent before
    /// from the same machine has been looked at.
    fn asks(&self, server: SocketAddrV4) {
        self.says(server, &binding_request(&[]));
        let (answer, from) = self.hears();
        assert_eq!(mapped_address(&answer), Some(self.address()));
        assert_eq!(from, SocketAddr::V4(server));
    }
}

/// A Binding request with these attributes.
fn binding_request(attributes: &[u8]) -> Vec<u8> {
    stun(0x0001, attributes)
}

fn stun(kind: u16, attributes: &[u8]) -> Vec<u8> {
    let mut message = kind.to_be_bytes().to_vec();
    message.extend((attributes.len() as u16).to_be_bytes());
    message.extend(MAGIC);
    message.extend(b"transaction!");
    message.extend(attributes);
    message
}

/// The IPv4 address that a Binding success tells.
fn mapped_address(answer: &[u8]) -> Option<SocketAddr> {
    let value = answer.strip_prefix(&[1, 1][..])?.get(18..)?;
    let [0, 0x20, 0, 8, 0, 1, rest @ ..] = value else { return None };
    let port = u16::from_be_bytes([rest[0] ^ MAGIC[0], rest[1] ^ MAGIC[1]]);
    let ip: [u8; 4] = std::array::from_fn(|at| rest[2 + at] ^ MAGIC[at]);
    Some((ip, port).into())
}

//! Sockets of another process, and which of them are wanted here.
//!
//! A socket is wanted if the flags name its address. Where a flag leaves the port to the system, a
//! socket is wanted for the flag at the same index. Unwanted sockets are closed, missing ones are
//! bound. Activated sockets, of systemd or the like, are wanted whatever the flags say.

use std::io;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};
use socket2::Socket;

use super::error::NetError;
use super::listen_at::ListenAt;

/// A socket that is bound.
#[derive(Debug)]
pub(super) struct InheritedSocket {
    pub(super) at: BoundAt,
    pub(super) socket: Socket,
}

/// Where, and for which of the places that were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct BoundAt {
    pub(super) place: usize,
    pub(super) address: SocketAddr,
}

/// The sockets of one protocol.
#[derive(Debug, Default)]
pub(super) struct Inherited(pub(super) Vec<InheritedSocket>);

impl Inherited {
    /// Sockets that were bound by the program that started the server, not by an old server.
    pub(super) fn activated(sockets: Vec<Socket>) -> Result<Self, NetError> {
        let fail = |source| NetError::SetUp { what: "a socket that was passed to us", source };
        let mut all = Self::default();
        for socket in sockets {
            let address = socket.local_addr().map_err(fail)?.as_socket();
            let address = address.ok_or_else(|| fail(io::ErrorKind::AddrNotAvailable.into()))?;
            all.0.push(InheritedSocket {
                at: BoundAt { place: BoundAt::ACTIVATED, address },
                socket,
            });
        }
        Ok(all)
    }

    /// Takes out the activated sockets, whether they came now or through an earlier process.
    pub(super) fn take_activated(&mut self) -> Vec<Socket> {
        let is_activated = |passed: &mut InheritedSocket| passed.at.place == BoundAt::ACTIVATED;
        self.0.extract_if(.., is_activated).map(|passed| passed.socket).collect()
    }

    /// Takes out the sockets that are wanted for one of the requested places.
    pub(super) fn take(&mut self, place: usize, wanted: ListenAt) -> Vec<Socket> {
        let is_wanted = |passed: &mut InheritedSocket| passed.at.serves(place, wanted);
        self.0.extract_if(.., is_wanted).map(|passed| passed.socket).collect()
    }
}

impl BoundAt {
    /// The place of an activated socket, which is served wherever it is bound.
    pub(super) const ACTIVATED: usize = u32::MAX as usize;

    fn serves(&self, place: usize, wanted: ListenAt) -> bool {
        let address = self.address;
        let (same_host, port) = match wanted {
            ListenAt::Everywhere(port) => (address.ip().is_unspecified(), port),
            ListenAt::Address(wanted) => (address.ip() == wanted.ip(), wanted.port()),
        };
        same_host && if port == 0 { self.place == place } else { address.port() == port }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(place: usize, address: &str) -> BoundAt {
        BoundAt { place, address: address.parse().unwrap() }
    }

    #[test]
    fn an_address_is_wanted_wherever_it_is_named() {
        let named = |address: &str| ListenAt::Address(address.parse().unwrap());
        assert!(at(0, "127.0.0.1:5000").serves(3, named("127.0.0.1:5000")));
        assert!(!at(0, "127.0.0.1:5000").serves(0, named("127.0.0.2:5000")));
        assert!(!at(0, "127.0.0.1:5000").serves(0, named("127.0.0.1:5001")));
        assert!(!at(0, "127.0.0.1:5000").serves(0, ListenAt::Everywhere(5000)));
        for everywhere in ["0.0.0.0:5000", "[::]:5000"] {
            assert!(at(0, everywhere).serves(1, ListenAt::Everywhere(5000)));
            assert!(!at(0, everywhere).serves(1, ListenAt::Everywhere(5001)));
        }
    }

    #[test]
    fn a_port_of_the_systems_choice_belongs_to_its_flag() {
        let any = ListenAt::Address("127.0.0.1:0".parse().unwrap());
        assert!(at(1, "127.0.0.1:41234").serves(1, any));
        assert!(!at(0, "127.0.0.1:41234").serves(1, any));
        assert!(at(2, "[::]:41234").serves(2, ListenAt::Everywhere(0)));
    }
}

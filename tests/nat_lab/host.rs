//! Hosts and their sockets. Each keeps the way to the internet open for as long as it is there.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::ops::Deref;
use std::sync::Arc;

use super::router::{ABOVE, Prefix, Router};
use super::support::namespace::{CABLE, Namespace};

/// Where programs run. It is a namespace, and can all that one can.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    namespace: Arc<Namespace>,
    pub(crate) v4: Ipv4Addr,
    pub(crate) v6: Ipv6Addr,
    #[expect(dead_code, reason = "keeps the way to the internet open")]
    behind: Arc<Router>,
}

impl Deref for Host {
    type Target = Namespace;

    fn deref(&self) -> &Namespace {
        &self.namespace
    }
}

impl Host {
    /// A customer of this router, with the first address of its part of IPv6.
    pub(crate) fn of(router: &Arc<Router>, v4: Ipv4Addr, prefix: &Prefix) -> Self {
        let (namespace, v6) = (router.connect(CABLE, v4, prefix), prefix.address(1));
        namespace.configure_all(&format!("address add {v6}/128 dev {CABLE} nodad"));
        Self { namespace: namespace.into(), v4, v6, behind: router.clone() }
    }

    /// One in the network of a home's router, which has a bridge for that.
    pub(crate) fn at_home(router: &Arc<Router>) -> Self {
        let number = router.next();
        let (v4, v6) = (router.v4(number), router.prefix.address(number));
        let namespace = Namespace::new().expect("as for the others");
        let port = format!("port{number}");
        let cable = namespace.cable_from(&port, CABLE);
        router.namespace.configure_all(&format!("{cable}\nlink set {port} master inside up"));
        namespace.configure_all(&format!(
            "link set {CABLE} up\n\
            address add {v4}/24 dev {CABLE}\n\
            address add {v6}/64 dev {CABLE} nodad\n\
            route add default via {}\n\
            route add default via {ABOVE} dev {CABLE}",
            router.gateway()
        ));
        router.namespace.wait_for(&[&port]);
        Self { namespace: namespace.into(), v4, v6, behind: router.clone() }
    }

    /// A UDP socket for IPv4 at this port, or at any free one for port 0.
    pub(crate) fn socket(&self, port: u16) -> Endpoint {
        self.bind((self.v4, port).into())
    }

    /// A UDP socket for IPv6 at this port.
    pub(crate) fn socket6(&self, port: u16) -> Endpoint {
        self.bind((self.v6, port).into())
    }

    fn bind(&self, address: SocketAddr) -> Endpoint {
        let socket = self.within(|| UdpSocket::bind(address).unwrap());
        let address = socket.local_addr().unwrap();
        Endpoint { socket, address, host: self.clone() }
    }
}

/// A UDP socket on a host, which stays there with it.
#[derive(Debug)]
pub(crate) struct Endpoint {
    socket: UdpSocket,
    /// As its host knows it.
    pub(crate) address: SocketAddr,
    #[expect(dead_code, reason = "keeps the way to the internet open")]
    host: Host,
}

impl Deref for Endpoint {
    type Target = UdpSocket;

    fn deref(&self) -> &UdpSocket {
        &self.socket
    }
}

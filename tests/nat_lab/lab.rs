//! The laboratory: an internet with a server, and sites that are connected to it. What NATs do is
//! told by `nat`; what is sent through all this is up to the tests.
//!
//! ```text
//! server 198.51.100.1, .2 ──┐
//! host 203.0.113.1 ─────────┤ internet ├── home 203.0.113.2 ──┬── host 192.168.1.1
//!                           │          │                      └── host 192.168.1.2
//!                           │          └── carrier 203.0.113.3 ─┬─ home 100.64.0.1 ── 192.168.1.1
//!                           │                                   └─ home 100.64.0.2 ── 192.168.1.1
//! ```
//!
//! Every home uses the same private addresses, as real ones do. The last byte of a router's inside
//! address is 254, and of its customers' the order in which they came. With IPv6 a site has
//! `2001:db8:SITE::/48`, and the home that came to a carrier as number N `2001:db8:SITE:N00::/56`
//! of that; nothing is translated, but homes have a firewall. Cables use link-local addresses.
//!
//! Hosts, homes and carriers own all that is between them and the internet, and that too; so each
//! part is gone with the last value that needs it, and none before.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use super::host::Host;
use super::nat::{Ipv6, Nat};
use super::router::{ABOVE, CUSTOMERS_MAX, Prefix, Router};
use super::support::namespace::{CABLE, Namespace};
use super::support::program::program;
use super::support::{Launch, Server, skip};

const INTERNET: [u8; 3] = [203, 0, 113];
const CARRIER: [u8; 3] = [100, 64, 0];
const HOME: [u8; 3] = [192, 168, 1];
/// The number of the server among the sites, for IPv6.
const SERVER_SITE: u8 = CUSTOMERS_MAX + 1;
/// The server's addresses.
const SERVER: [Ipv4Addr; 2] = [Ipv4Addr::new(198, 51, 100, 1), Ipv4Addr::new(198, 51, 100, 2)];
/// The server's UDP ports. The second is there at its first address only.
const PORTS: [u16; 2] = [50_000, 50_001];
const TCP_PORT: u16 = 55_555;
/// Switches that must be off where a bridge is only a bridge.
const BRIDGE_FILTERS: [&str; 2] =
    ["bridge/bridge-nf-call-iptables", "bridge/bridge-nf-call-ip6tables"];

/// The internet.
#[derive(Debug)]
pub(crate) struct Lab(Arc<Router>);

impl Lab {
    /// An internet with nothing connected. Says that the test is skipped where none can be made.
    pub(crate) fn new() -> Option<Self> {
        program("nft")?;
        if !Path::new("/proc/sys/net/ipv6").exists() {
            skip("this kernel has no IPv6");
            return None;
        }
        let namespace = Namespace::new()?;
        let example = Nat::FULL_CONE.with_hairpin().rules(SERVER[0], Ipv6::Firewall);
        if let Err(complaint) = namespace.nft(&["--check", "-f", "-"], &example) {
            assert!(complaint.contains("Could not process rule"), "our own mistake: {complaint}");
            skip(&format!("this kernel has no NAT: {complaint}"));
            return None;
        }
        let prefix = Prefix { segments: [0x2001, 0xdb8, 0, 0], length: 32 };
        let lab = Self(Arc::new(Router::new(namespace, INTERNET, prefix, None)));
        lab.lose(0);
        Some(lab)
    }

    /// So many of 100 packets that cross the internet are lost from now on, whatever they are and
    /// each by its own chance; so a question that needs an answer is lost twice as often. What two
    /// customers of one carrier or home say to each other does not cross it.
    pub(crate) fn lose(&self, percent: u8) {
        let chance = if percent == 0 {
            String::new()
        } else {
            format!("numgen random mod 100 < {percent} counter name lost drop")
        };
        let rules = format!(
            "table inet internet
            delete table inet internet
            table inet internet {{
                counter crossed {{ }}
                counter lost {{ }}
                chain forward {{
                    type filter hook forward priority filter
                    counter name crossed
                    {chance}
                }}
            }}"
        );
        self.0.namespace.nft(&["-f", "-"], &rules).unwrap();
    }

    /// How many packets have come to the internet since [`Self::lose`], and how many it has lost.
    pub(crate) fn crossed_and_lost(&self) -> [u64; 2] {
        ["crossed", "lost"].map(|name| {
            let words = ["list", "counter", "inet", "internet", name];
            let told = self.0.namespace.nft(&words, "").unwrap();
            let (_, number) = told.split_once("packets ").expect("a counter");
            number.split(' ').next().unwrap().parse().unwrap()
        })
    }

    /// The server, with these flags besides its places. There is one in a lab.
    pub(crate) fn server(&self, flags: &[&str]) -> LabServer {
        let prefix = self.0.prefix.part(SERVER_SITE);
        let host = Host::of(&self.0, SERVER[0], &prefix);
        host.configure_all(&format!("address add {}/32 dev {CABLE}", SERVER[1]));
        self.0.route(SERVER[1], SERVER[0]);
        let v4 = [(SERVER[0], PORTS[0]), (SERVER[0], PORTS[1]), (SERVER[1], PORTS[0])];
        let (v4, v6) = (v4.map(SocketAddr::from), PORTS.map(|port| (host.v6, port).into()));
        let mut words = vec!["--tcp".to_owned(), format!("{}:{TCP_PORT}", SERVER[0])];
        for place in v4.iter().chain(&v6) {
            words.extend(["--udp".to_owned(), place.to_string()]);
        }
        let announced = words.len() / 2;
        let words: Vec<&str> =
            words.iter().map(String::as_str).chain(flags.iter().copied()).collect();
        let server = host.within(|| Launch::new(&words).announcing(announced).start());
        LabServer { server, host, v4, v6 }
    }

    /// A host with a public address and no firewall.
    pub(crate) fn public(&self) -> Host {
        let number = self.0.next();
        Host::of(&self.0, self.0.v4(number), &self.0.prefix.part(number))
    }

    /// A host, alone in a new home with this NAT.
    pub(crate) fn behind(&self, nat: Nat) -> Host {
        self.home(nat).host()
    }

    /// A new home with nobody in it.
    pub(crate) fn home(&self, nat: Nat) -> Home {
        Home::of(&self.0, nat)
    }

    /// A new carrier without customers.
    pub(crate) fn carrier(&self, nat: Nat) -> Carrier {
        let (namespace, outside, prefix) = self.0.router();
        namespace.nft(&["-f", "-"], &nat.rules(outside, Ipv6::Open)).unwrap();
        let router = Router::new(namespace, CARRIER, prefix, Some(&self.0));
        Carrier { router: Arc::new(router), outside }
    }
}

/// A carrier whose customers have no public IPv4 address.
#[derive(Debug)]
pub(crate) struct Carrier {
    router: Arc<Router>,
    /// The public address of all its customers.
    pub(crate) outside: Ipv4Addr,
}

impl Carrier {
    /// A new home with nobody in it, whose own NAT is this.
    pub(crate) fn home(&self, nat: Nat) -> Home {
        Home::of(&self.router, nat)
    }

    /// A host, alone in a new home with this NAT.
    pub(crate) fn behind(&self, nat: Nat) -> Host {
        self.home(nat).host()
    }
}

/// A home with a router and one network.
#[derive(Debug)]
pub(crate) struct Home {
    router: Arc<Router>,
    /// Its address on the other side of its router.
    pub(crate) outside: Ipv4Addr,
}

impl Home {
    fn of(provider: &Arc<Router>, nat: Nat) -> Self {
        let (namespace, outside, prefix) = provider.router();
        let router = Router::new(namespace, HOME, prefix, Some(provider));
        let (gateway, network) = (router.gateway(), router.prefix.address(0));
        // Where a kernel can filter bridges as if they were routers, it does unless it is told not
        // to; a packet that has been through the bridge's NAT then goes round the router's.
        router.namespace.set(&BRIDGE_FILTERS, "0");
        router.namespace.configure_all(&format!(
            "link add inside type bridge\n\
            link set inside up\n\
            address add {gateway}/24 dev inside\n\
            address add {ABOVE}/64 dev inside nodad\n\
            route add {network}/64 dev inside"
        ));
        router.namespace.nft(&["-f", "-"], &nat.rules(outside, Ipv6::Firewall)).unwrap();
        Self { router: Arc::new(router), outside }
    }

    /// One more host in it.
    pub(crate) fn host(&self) -> Host {
        Host::at_home(&self.router)
    }
}

/// A running server, and the host that it runs on.
#[derive(Debug)]
pub(crate) struct LabServer {
    pub(crate) server: Server,
    pub(crate) host: Host,
    /// Its UDP places for IPv4: two ports at one address, and one at another.
    pub(crate) v4: [SocketAddr; 3],
    /// Those for IPv6: two ports at one address.
    pub(crate) v6: [SocketAddr; 2],
}

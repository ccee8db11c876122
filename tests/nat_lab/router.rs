//! What others are connected to, be it the internet, a carrier or a home: numbers, addresses and
//! cables. Whom it translates is told by `nat`; who is connected to what, by `lab`.
//!
//! IPv4 addresses of the two ends of a cable are told to each other and need no network in common.
//! IPv6 uses link-local ones there, and each customer is routed a part of the router's prefix.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use super::support::namespace::Namespace;

/// The link-local address of the end of a cable that is nearer to the internet.
pub(crate) const ABOVE: &str = "fe80::1";
/// That of the other end.
const BELOW: &str = "fe80::2";
/// How many customers a router can have in its life.
pub(crate) const CUSTOMERS_MAX: u8 = 250;
/// The last byte of a router's inside address.
pub(crate) const GATEWAY: u8 = 254;

/// The first bits of the IPv6 addresses of a network.
#[derive(Clone, Debug)]
pub(crate) struct Prefix {
    pub(crate) segments: [u16; 4],
    pub(crate) length: u8,
}

impl Prefix {
    /// The part of it that a customer of this number has.
    pub(crate) fn part(&self, number: u8) -> Self {
        let mut segments = self.segments;
        match self.length {
            32 => segments[2] = number.into(),
            _ => segments[3] = u16::from(number) << 8,
        }
        let length = if self.length == 32 { 48 } else { 56 };
        Self { segments, length }
    }

    /// The address of one of its hosts.
    pub(crate) fn address(&self, host: u8) -> Ipv6Addr {
        let [a, b, c, d] = self.segments;
        Ipv6Addr::new(a, b, c, d, 0, 0, 0, host.into())
    }
}

/// What others are connected to: the internet, a carrier, or a home's router.
#[derive(Debug)]
pub(crate) struct Router {
    pub(crate) namespace: Namespace,
    /// What its customers' addresses begin with.
    network: [u8; 3],
    pub(crate) prefix: Prefix,
    /// How many numbers have been given out.
    customers: AtomicU8,
    #[expect(dead_code, reason = "keeps the way to the internet open")]
    above: Option<Arc<Self>>,
}

impl Router {
    pub(crate) fn new(
        namespace: Namespace,
        network: [u8; 3],
        prefix: Prefix,
        above: Option<&Arc<Self>>,
    ) -> Self {
        namespace.set(&["ipv4/ip_forward", "ipv6/conf/all/forwarding"], "1");
        let customers = AtomicU8::new(0);
        Self { namespace, network, prefix, customers, above: above.cloned() }
    }

    /// The number of the next customer, from 1.
    pub(crate) fn next(&self) -> u8 {
        let number = 1 + self.customers.fetch_add(1, Ordering::Relaxed);
        assert!(number <= CUSTOMERS_MAX, "make another lab");
        number
    }

    /// The address of the customer of this number.
    pub(crate) fn v4(&self, number: u8) -> Ipv4Addr {
        let [a, b, c] = self.network;
        Ipv4Addr::new(a, b, c, number)
    }

    /// Its own address, as customers know it.
    pub(crate) fn gateway(&self) -> Ipv4Addr {
        self.v4(GATEWAY)
    }

    /// A customer that is a router itself, with its outside address and its own part of IPv6.
    pub(crate) fn router(&self) -> (Namespace, Ipv4Addr, Prefix) {
        let number = self.next();
        let (v4, prefix) = (self.v4(number), self.prefix.part(number));
        (self.connect("wan", v4, &prefix), v4, prefix)
    }

    /// A new host at the other end of a new cable, which it calls so.
    pub(crate) fn connect(&self, cable: &str, v4: Ipv4Addr, prefix: &Prefix) -> Namespace {
        let customer = Namespace::new().expect("as for the others");
        let (gateway, inside) = (self.gateway(), inside(v4));
        self.namespace.configure_all(&format!(
            "{}\n\
            link set {inside} up\n\
            address add {gateway} peer {v4} dev {inside}\n\
            address add {ABOVE}/64 dev {inside} nodad\n\
            route add {}/{} via {BELOW} dev {inside}",
            customer.cable_from(&inside, cable),
            prefix.address(0),
            prefix.length
        ));
        customer.configure_all(&format!(
            "link set {cable} up\n\
            address add {v4} peer {gateway} dev {cable}\n\
            address add {BELOW}/64 dev {cable} nodad\n\
            route add default via {gateway}\n\
            route add default via {ABOVE} dev {cable}"
        ));
        self.namespace.wait_for(&[&inside]);
        customer
    }

    /// One more address of the customer who has that one.
    pub(crate) fn route(&self, more: Ipv4Addr, customer: Ipv4Addr) {
        self.namespace.configure_all(&format!("route add {more} dev {}", inside(customer)));
    }
}

/// What a router calls its end of the cable to a customer; names have 15 bytes at most.
fn inside(customer: Ipv4Addr) -> String {
    let [.., network, number] = customer.octets();
    format!("inside{network}.{number}")
}

//! Kinds of NAT, and how nftables makes each of them. Knows no topology: a router that translates
//! has one interface `wan`, and customers behind interfaces whose names begin with `inside`.
//!
//! What Linux does of its own, and what is added here (words as in RFC 4787):
//!
//! * `snat` keeps the port of whoever is translated if it can. So one socket has the same outside
//!   port whomever it writes to: endpoint-independent mapping. Only when two hosts behind one
//!   router use the same port does the second get another one, and then one for each receiver.
//! * What comes in must answer something that has left, address and port: *port-restricted*.
//! * `fully-random` takes another port for each receiver: *symmetric*.
//! * *Full cone*: outside ports are noted in a map as they are given out (`learn`), and whatever
//!   comes to one of them is passed on. Linux has no such thing of its own.
//! * *Hairpin* needs the same map: what a customer sends to the router's own outside address is
//!   passed on to whom that port belongs, and comes from the sender's outside port. It is not
//!   filtered by who was written to before. Without hairpin it ends in the router.
//! * An unsolicited datagram that the router takes for itself, be it to refuse it, leaves a trace
//!   in conntrack: it holds the port, and a customer who then writes to that sender is given
//!   another. A home router drops such datagrams, which leaves no trace; a *careless* one does not.

use std::net::Ipv4Addr;

/// What a router does to IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Nat {
    pub(crate) name: &'static str,
    /// Another outside port for each receiver.
    is_symmetric: bool,
    /// Lets in whatever comes to a port that was given out.
    lets_all_in: bool,
    is_careless: bool,
    /// Customers reach each other by their outside addresses.
    pub(crate) has_hairpin: bool,
}

impl Nat {
    /// Keeps ports; lets in only those who were written to.
    pub(crate) const PORT_RESTRICTED: Self = Self {
        name: "port-restricted",
        is_symmetric: false,
        lets_all_in: false,
        is_careless: false,
        has_hairpin: false,
    };
    /// Keeps ports; lets in everybody.
    pub(crate) const FULL_CONE: Self =
        Self { name: "full-cone", lets_all_in: true, ..Self::PORT_RESTRICTED };
    /// Another port for each receiver; lets in only those who were written to.
    pub(crate) const SYMMETRIC: Self =
        Self { name: "symmetric", is_symmetric: true, ..Self::PORT_RESTRICTED };
    /// Port-restricted, but loses the port towards whoever wrote first.
    pub(crate) const CARELESS: Self =
        Self { name: "careless", is_careless: true, ..Self::PORT_RESTRICTED };
    /// Every kind, without hairpin.
    pub(crate) const KINDS: [Self; 4] =
        [Self::FULL_CONE, Self::PORT_RESTRICTED, Self::CARELESS, Self::SYMMETRIC];

    /// The same with hairpin.
    pub(crate) const fn with_hairpin(self) -> Self {
        Self { has_hairpin: true, ..self }
    }

    /// Whether a socket has one outside port, whomever it writes to.
    pub(crate) fn keeps_port(self) -> bool {
        !self.is_symmetric
    }

    /// Whether strangers come in.
    pub(crate) fn lets_strangers_in(self) -> bool {
        self.lets_all_in
    }

    /// What nftables is told where this is done at this outside address.
    pub(crate) fn rules(self, outside: Ipv4Addr, ipv6: Ipv6) -> String {
        let Self { is_symmetric, lets_all_in, is_careless, has_hairpin, .. } = self;
        let if_set = |is_set: bool, text: &'static str| if is_set { text } else { "" };
        let random = if_set(is_symmetric, "fully-random");
        let cone =
            if_set(lets_all_in, "iifname wan meta nfproto ipv4 dnat ip to udp dport map @given");
        let passed_on = if_set(lets_all_in, "iifname wan ct status dnat accept");
        let hairpin = if has_hairpin {
            format!("iifname inside* ip daddr {outside} dnat ip to udp dport map @given")
        } else {
            String::new()
        };
        let unsolicited = if is_careless { "accept" } else { "drop" };
        let ipv6 = ipv6.rule();
        format!(
            "table inet nat {{
                map given {{
                    type inet_service : ipv4_addr . inet_service
                    flags dynamic,timeout
                    timeout 2m
                    size 65535
                }}
                chain before {{
                    type nat hook prerouting priority dstnat
                    {cone}
                    {hairpin}
                }}
                chain after {{
                    type nat hook postrouting priority srcnat
                    oifname wan meta nfproto ipv4 snat ip to {outside} {random}
                    iifname inside* oifname inside* ct status dnat snat ip to {outside} {random}
                }}
                chain learn {{
                    type filter hook postrouting priority srcnat + 10
                    oifname wan ct direction original meta nfproto ipv4 update @given {{ \
                        udp sport : ct original ip saddr . ct original proto-src }}
                }}
                chain forward {{
                    type filter hook forward priority filter; policy drop
                    ct state established,related accept
                    iifname inside* accept
                    {passed_on}
                    {ipv6}
                }}
                chain input {{
                    type filter hook input priority filter; policy {unsolicited}
                    meta l4proto {{ icmp, ipv6-icmp }} accept
                }}
            }}"
        )
    }
}

/// What a router does to IPv6, which is not translated.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ipv6 {
    /// Lets in only answers, as home routers do.
    Firewall,
    /// Lets in everything, as carriers do.
    Open,
}

impl Ipv6 {
    fn rule(self) -> &'static str {
        match self {
            Self::Firewall => "",
            Self::Open => "meta nfproto ipv6 accept",
        }
    }
}

//! Gateways: programs at known addresses that may say for whom they come. How one proves to be one
//! is in `accounts`, beside other passwords.

use crate::chat::Network;
use crate::password::SlowHash;
use crate::subnet::Subnet;

/// A gateway that may say for whom it comes.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// Where it comes from. Of IPv6 a /64 is the smallest, and loopback is one.
    pub from: Subnet,
    /// What is known of its password.
    pub password: SlowHash,
}

impl Gateway {
    /// Whether it comes from there; `None` is loopback.
    pub(super) fn is_at(&self, network: Option<Network>) -> bool {
        match network {
            Some(network) => self.from.widened(Network::IPV6_BITS).contains(network.address()),
            None => self.from.is_loopback(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "pbkdf2-sha256:1000:73616c74:\
                        c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a";

    #[test]
    fn a_gateway_is_where_it_was_said_to_be() {
        for (from, inside, outside) in [
            ("10.0.0.5", &["10.0.0.5", "::ffff:10.0.0.5"][..], &["10.0.0.6", "127.0.0.1"][..]),
            ("10.0.0.0/24", &["10.0.0.5", "10.0.0.200"], &["10.0.1.5"]),
            ("2001:db8::5", &["2001:db8::5", "2001:db8::6"], &["2001:db8:0:1::5", "::1"]),
            ("127.0.0.1", &["127.0.0.1", "::1", "127.9.9.9"], &["10.0.0.5"]),
            ("::1", &["127.0.0.1"], &["10.0.0.5"]),
            ("0.0.0.0/0", &["10.0.0.5"], &["127.0.0.1", "2001:db8::5"]),
        ] {
            let password = SlowHash::parse(HASH).unwrap();
            let gateway = Gateway { from: from.parse().unwrap(), password };
            let is_at = |address: &&str| gateway.is_at(Network::of(address.parse().unwrap()));
            assert!(inside.iter().all(is_at) && !outside.iter().any(is_at), "{from}");
        }
    }
}

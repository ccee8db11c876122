//! How many accounts were registered from where, so that nobody takes thousands of names.
//!
//! Counted by network and by the prefix around it. Loopback is exempt. When too many networks are
//! known, the one whose span began first is forgotten.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::chat::Network;
use crate::limits::{
    REGISTRATION_NETWORKS_MAX, REGISTRATIONS_PER_NETWORK, REGISTRATIONS_PER_PREFIX,
    REGISTRATIONS_SPAN,
};
use crate::time::Time;

/// The registrations of the last hour.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Registrations {
    networks: Vec<(Network, Span)>,
    prefixes: Vec<(Network, Span)>,
}

/// How many there were since when.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Span {
    since: Time,
    count: u32,
}

impl Registrations {
    /// Counts one from this network.
    ///
    /// # Errors
    /// There were too many. Returns the time until one more may be.
    pub(super) fn count(&mut self, now: Time, network: Option<Network>) -> Result<(), Duration> {
        let Some(network) = network else { return Ok(()) };
        let one = span(&mut self.networks, now, network);
        let around = span(&mut self.prefixes, now, network.prefix());
        for (span, most) in
            [(&*one, REGISTRATIONS_PER_NETWORK), (&*around, REGISTRATIONS_PER_PREFIX)]
        {
            if span.count >= most {
                return Err(REGISTRATIONS_SPAN.saturating_sub(now.since(span.since)));
            }
        }
        one.count += 1;
        around.count += 1;
        Ok(())
    }
}

/// The span of a network, begun now if there is none.
fn span(spans: &mut Vec<(Network, Span)>, now: Time, network: Network) -> &mut Span {
    spans.retain(|(_, span)| now.since(span.since) < REGISTRATIONS_SPAN);
    let place = spans.iter().position(|(known, _)| *known == network);
    let place = place.unwrap_or_else(|| {
        if spans.len() >= REGISTRATION_NETWORKS_MAX {
            spans.remove(0);
        }
        spans.push((network, Span { since: now, count: 0 }));
        spans.len() - 1
    });
    &mut spans[place].1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(address: &str) -> Option<Network> {
        Network::of(address.parse().unwrap())
    }

    #[test]
    fn three_an_hour_from_one_network_and_thirty_from_around_it() {
        let mut registrations = Registrations::default();
        let (start, home) = (Time::ZERO, network("192.0.2.7"));
        for _ in 0..REGISTRATIONS_PER_NETWORK {
            assert_eq!(registrations.count(start, home), Ok(()));
        }
        let later = start + Duration::from_secs(600);
        assert_eq!(registrations.count(later, home), Err(Duration::from_secs(3_000)));
        let mut count = REGISTRATIONS_PER_NETWORK;
        for host in 10..100 {
            count +=
                u32::from(registrations.count(later, network(&format!("192.0.2.{host}"))).is_ok());
        }
        assert_eq!(count, REGISTRATIONS_PER_PREFIX);
        assert_eq!(registrations.count(later, network("198.51.100.1")), Ok(()));
        assert_eq!(registrations.count(start + REGISTRATIONS_SPAN, home), Ok(()));
        for _ in 0..100 {
            assert_eq!(registrations.count(later, network("127.0.0.1")), Ok(()), "loopback");
        }
    }

    #[test]
    fn no_more_networks_are_known_than_may_be() {
        let mut registrations = Registrations::default();
        for number in 0..REGISTRATION_NETWORKS_MAX + 9 {
            let _ = registrations.count(Time::ZERO, network(&format!("2001:db8:{number:x}::1")));
        }
        assert_eq!(registrations.networks.len(), REGISTRATION_NETWORKS_MAX);
        assert_eq!(registrations.prefixes.len(), REGISTRATION_NETWORKS_MAX);
    }
}

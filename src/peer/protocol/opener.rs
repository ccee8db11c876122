//! Openers: datagrams to a peer's public address that leave our own NAT and die on their way.
//!
//! ```text
//! MATCH, opener .. 50 ms .. opener ........ at: PINGs of both sides
//! ```
//!
//! Some routers take a peer's first datagram for one of their own and note it, when we have not
//! written to that peer before; our later datagrams then leave by another port, which nobody knows.
//! So we write first. The peer's router must not get it, or the same would happen there.
//!
//! Invariant: none is sent from `at` on.

use std::net::IpAddr;
use std::net::SocketAddr;

use super::out::OutQueue;
use crate::limits::OPENER_AGAIN;
use crate::limits::OPENERS;
use crate::mc1::is_private;
use crate::time::Time;

/// Opens our NAT to one peer.
#[derive(Clone, Debug)]
pub(super) struct Opener {
    to: Option<SocketAddr>,
    left: u8,
    next: Time,
}

impl Opener {
    /// For a peer at this observed address; both sides begin to send at `start`.
    pub(super) fn new(now: Time, start: Time, observed: Option<SocketAddr>) -> Self {
        let to = observed.filter(|address| is_behind_routers(address.ip()) && now < start);
        Self { to, left: OPENERS, next: if to.is_some() { now } else { Time::NEVER } }
    }

    /// When something is due.
    pub(super) fn due(&self) -> Time {
        self.next
    }

    /// Sends what is due, unless it is too late.
    pub(super) fn expire(&mut self, now: Time, start: Time, out: &mut OutQueue) {
        let Some(to) = self.to.filter(|_| now >= self.next) else { return };
        if now < start && self.left > 0 {
            out.open(to);
            self.left -= 1;
        }
        let goes_on = self.left > 0 && now + OPENER_AGAIN < start;
        self.next = if goes_on { now + OPENER_AGAIN } else { Time::NEVER };
    }
}

/// Whether there may be a NAT between us and that address.
fn is_behind_routers(ip: IpAddr) -> bool {
    !is_private(ip) && !ip.is_loopback()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// When openers go to this address, in milliseconds from the news of a match that begins then.
    fn sent(observed: Option<&str>, start: u64) -> Vec<u64> {
        let server = SocketAddr::from(([198, 51, 100, 1], 1));
        let start = Time::at(Duration::from_millis(start));
        let (mut out, mut moments) = (OutQueue::new(server, 1), vec![]);
        let observed = observed.map(|text| text.parse().unwrap());
        let mut opener = Opener::new(Time::ZERO, start, observed);
        while opener.due() != Time::NEVER {
            let now = opener.due();
            opener.expire(now, start, &mut out);
            moments.extend(out.datagrams.pop_front().map(|datagram| {
                assert_eq!((Some(datagram.to), datagram.hops), (observed, Some(2)));
                assert!(datagram.bytes.starts_with(b"MC1 "), "no game takes it for its own");
                now.since(Time::ZERO).as_millis() as u64
            }));
        }
        moments
    }

    #[test]
    fn two_go_to_a_public_address_before_all_begins() {
        for public in ["203.0.113.5:4000", "100.64.0.7:1", "[2001:db8::1]:4000"] {
            assert_eq!(sent(Some(public), 200), [0, 50], "{public}");
        }
        assert_eq!(sent(Some("203.0.113.5:4000"), 30), [0], "there is time for one");
        assert_eq!(sent(Some("203.0.113.5:4000"), 0), [0; 0], "it is too late");
    }

    #[test]
    fn none_goes_where_no_nat_is_on_the_way() {
        for near in ["192.168.1.2:4000", "10.0.0.1:1", "127.0.0.1:9", "[::1]:9", "[fd00::1]:9"] {
            assert_eq!(sent(Some(near), 200), [0; 0], "{near}");
        }
        assert_eq!(sent(None, 200), [0; 0], "its address is hidden");
    }
}

//! The standing of a room, which decides whether it makes way when there are too many: its founder,
//! its age, and the day on which it was used last.
//!
//! Rooms are counted by the network around their founder's address, so that whoever makes thousands
//! of them pushes out their own: the network with most rooms loses its youngest. Rooms that were
//! founded before a flood outlive it.

use std::net::{IpAddr, Ipv4Addr};

use serde::{Deserialize, Serialize};

use super::network::Network;
use super::room_settings::RoomSettings;
use crate::limits::{ROOM_CONFIGURED_UNUSED_DAYS, ROOM_UNUSED_DAYS};
use crate::subnet::Subnet;

/// The founder of a room, and when it was used last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The network around its founder's address; `None`: not known any more.
    pub founder: Option<Subnet>,
    /// Higher for rooms that were founded later: about a date, in milliseconds.
    pub founded: u64,
    /// The day on which somebody was there last, from the beginning of 1970; 0: it is not known.
    pub used: u32,
}

impl Standing {
    /// Whether nobody has used a room with these settings for so long that it is taken for left.
    pub(super) fn is_left(&self, settings: &RoomSettings, today: u32) -> bool {
        let days =
            if settings.is_configured() { ROOM_CONFIGURED_UNUSED_DAYS } else { ROOM_UNUSED_DAYS };
        self.used > 0 && today.saturating_sub(self.used) > days
    }
}

/// The network for which a room founded from here counts: an IPv4 /24 or an IPv6 /48. Founders who
/// come through loopback are one network, too.
pub(super) fn founder(network: Option<Network>) -> Subnet {
    match network.map(Network::address) {
        None => Subnet::around(IpAddr::V4(Ipv4Addr::LOCALHOST), 8),
        Some(address @ IpAddr::V4(_)) => Subnet::around(address, 24),
        Some(address @ IpAddr::V6(_)) => Subnet::around(address, 48),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn founder_at(address: &str) -> String {
        founder(Network::of(address.parse().unwrap())).to_string()
    }

    #[test]
    fn founders_count_with_their_neighbours() {
        assert_eq!(founder_at("203.0.113.77"), "203.0.113.0/24");
        assert_eq!(founder_at("::ffff:203.0.113.1"), "203.0.113.0/24");
        assert_eq!(founder_at("2001:db8:7:9::1"), "2001:db8:7::/48");
        for loopback in ["127.0.0.1", "127.9.9.9", "::1"] {
            assert_eq!(founder_at(loopback), "127.0.0.0/8");
        }
    }

    #[test]
    fn a_room_is_left_after_a_while_and_much_later_if_something_was_configured() {
        let bare = RoomSettings::default();
        let configured =
            RoomSettings { password: Some(super::super::SecretHash::default()), ..bare.clone() };
        let standing = Standing { used: 20_000, ..Standing::default() };
        let after = |days, settings| standing.is_left(settings, 20_000 + days);
        assert!(!after(ROOM_UNUSED_DAYS, &bare) && after(ROOM_UNUSED_DAYS + 1, &bare));
        let days = ROOM_CONFIGURED_UNUSED_DAYS;
        assert!(!after(days, &configured) && after(days + 1, &configured));
        assert!(!Standing::default().is_left(&bare, 20_000), "it is not known");
    }
}

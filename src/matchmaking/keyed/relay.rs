//! How much is relayed: for each player a rate and a total, and a rate for each network and for all
//! together.
//!
//! A rate is kept as the time at which it will have been used up to nothing again (known as GCRA),
//! and may be used a second ahead. Datagrams beyond it are dropped, as on a busy line.

use std::net::IpAddr;
use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;

use crate::limits::RELAY_CELLS;
use crate::limits::RELAY_NETWORK_SHARE;
use crate::limits::RELAY_QUOTA_BYTES;
use crate::limits::RELAY_RATE_BYTES;
use crate::limits::RELAY_TOTAL_BYTES;
use crate::matchmaking::network::NetworkHash;
use crate::time::Time;

/// Whether and how much the server relays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelaySettings {
    /// When players may use it.
    pub mode: RelayMode,
    /// Bytes a second for one player.
    pub rate: usize,
    /// Bytes for one player in one match.
    pub quota: usize,
    /// Bytes a second for all players together.
    pub total_rate: usize,
}

/// When players may have their datagrams relayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelayMode {
    /// Never: players that cannot reach each other directly cannot play.
    Off,
    /// When they cannot reach each other directly.
    Fallback,
    /// Always: they are not told each other's addresses.
    Only,
}

impl Default for RelaySettings {
    /// As the flags of the server have it.
    fn default() -> Self {
        Self {
            mode: RelayMode::Fallback,
            rate: RELAY_RATE_BYTES,
            quota: RELAY_QUOTA_BYTES,
            total_rate: RELAY_TOTAL_BYTES,
        }
    }
}

/// How far ahead of its rate anybody may be.
const BURST: Duration = Duration::from_secs(1);

/// How long after its last datagram a player is taken to need the relay still: games send more
/// often than that.
const IN_USE: Duration = Duration::from_secs(20);

/// The relay's use by all players together.
#[derive(Debug)]
pub(super) struct Relay {
    settings: RelaySettings,
    used_until: Time,
    /// The same for networks, each in its cell.
    networks: Vec<Time>,
    hash: NetworkHash,
}

/// The relay's use by one player.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(super) struct RelayShare {
    used_until: Time,
    used: usize,
}

impl RelayShare {
    /// Whether anything was relayed a moment ago.
    pub(super) fn is_in_use(&self, now: Time) -> bool {
        self.used > 0 && now.since(self.used_until) < IN_USE
    }
}

impl Relay {
    pub(super) fn new(settings: RelaySettings, secret: &[u8; 16]) -> Self {
        let networks = vec![Time::ZERO; RELAY_CELLS];
        let hash = NetworkHash::new(secret);
        Self { settings, used_until: Time::ZERO, networks, hash }
    }

    /// Changes the settings.
    pub(super) fn set(&mut self, settings: RelaySettings) {
        self.settings = settings;
    }

    pub(super) fn mode(&self) -> RelayMode {
        self.settings.mode
    }

    /// Whether this many bytes more may be relayed for this player; if so, they are charged.
    pub(super) fn admits(
        &mut self,
        now: Time,
        ip: IpAddr,
        share: &mut RelayShare,
        bytes: usize,
    ) -> bool {
        let RelaySettings { mode, rate, quota, total_rate } = self.settings;
        let cell = self.hash.household(ip, self.networks.len());
        let used = share.used.saturating_add(bytes);
        // A player may have all there is, if that is less than a network's share.
        let network_rate = (total_rate / RELAY_NETWORK_SHARE).max(rate).min(total_rate);
        let until = [
            (share.used_until, rate),
            (self.networks[cell], network_rate),
            (self.used_until, total_rate),
        ]
        .map(|(until, rate)| until.max(now) + time_for(bytes, rate));
        let is_over = until.iter().any(|until| *until > now + BURST);
        if mode == RelayMode::Off || used > quota || is_over {
            return false;
        }
        share.used = used;
        [share.used_until, self.networks[cell], self.used_until] = until;
        true
    }
}

/// How long this many bytes take at this rate; for ever at rate 0.
fn time_for(bytes: usize, rate: usize) -> Duration {
    let nanos = (bytes as u128 * 1_000_000_000).checked_div(rate as u128);
    Duration::from_nanos(nanos.and_then(|nanos| u64::try_from(nanos).ok()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn relay(rate: usize, quota: usize, total_rate: usize) -> Relay {
        let settings = RelaySettings { mode: RelayMode::Fallback, rate, quota, total_rate };
        Relay::new(settings, &[7; 16])
    }

    const HOME: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

    /// How many of `tries` datagrams of 100 bytes pass at one moment.
    fn passed(relay: &mut Relay, share: &mut RelayShare, second: u64, tries: usize) -> usize {
        passed_from(HOME, relay, share, second, tries)
    }

    fn passed_from(
        ip: IpAddr,
        relay: &mut Relay,
        share: &mut RelayShare,
        second: u64,
        tries: usize,
    ) -> usize {
        let now = Time::at(Duration::from_secs(second));
        (0..tries).filter(|_| relay.admits(now, ip, share, 100)).count()
    }

    #[test]
    fn one_player_has_a_rate_and_a_total() {
        let (mut relay, mut share) = (relay(1_000, 2_500, 1_000_000), RelayShare::default());
        assert_eq!(passed(&mut relay, &mut share, 0, 100), 10, "a second ahead");
        assert_eq!(passed(&mut relay, &mut share, 0, 100), 0);
        assert_eq!(passed(&mut relay, &mut share, 1, 100), 10);
        assert_eq!(passed(&mut relay, &mut share, 100, 100), 5, "then the total is used up");
        assert_eq!(passed(&mut relay, &mut share, 1_000, 100), 0);
    }

    #[test]
    fn a_network_and_all_together_have_rates() {
        let mut relay = relay(1_000, 10_000, 16_000);
        let mut players = [(); 30].map(|()| RelayShare::default());
        let mut all = |relay: &mut Relay, ip: &dyn Fn(usize) -> IpAddr, second| -> usize {
            let each = players.iter_mut().enumerate();
            each.map(|(n, share)| passed_from(ip(n), relay, share, second, 100)).sum()
        };
        assert_eq!(all(&mut relay, &|_| HOME, 0), 20, "an eighth");
        let own = |n| IpAddr::from([198, 51, 100, n as u8]);
        assert_eq!(all(&mut relay, &own, 10), 160, "all there is");
        assert_eq!(all(&mut relay, &own, 11), 160, "again a second later");
    }

    #[test]
    fn switched_off_or_without_a_rate_nothing_passes() {
        let mut off = relay(1_000, 1_000, 1_000);
        off.settings.mode = RelayMode::Off;
        for mut relay in
            [off, relay(0, 1_000, 1_000), relay(1_000, 0, 1_000), relay(1_000, 1_000, 0)]
        {
            assert_eq!(passed(&mut relay, &mut RelayShare::default(), 5, 10), 0);
        }
    }
}

//! The flags of matchmaking over UDP.

use clap::Args;
use mio_chat::limits;
use mio_chat::matchmaking::{MatchmakerSettings, RelayMode, RelaySettings};

use super::values::{RelayChoice, Size, Switch, whole};

#[derive(Debug, Args)]
#[command(next_help_heading = "Matchmaking over UDP")]
pub(super) struct UdpArgs {
    /// Whether any two datagrams make a pair (STUN is always answered)
    #[arg(long, value_name = "ON|OFF", default_value = "on", env = "MIO_CHAT_PLAIN_PAIRING")]
    plain_pairing: Switch,
    /// Datagrams a second served per IPv4 address or IPv6 /64; loopback is exempt; 0 for no limit
    #[arg(long, value_name = "N", default_value_t = limits::UDP_RATE_PER_SECOND)]
    #[arg(env = "MIO_CHAT_UDP_RATE", value_parser = whole(0..=u32::MAX))]
    udp_rate: u32,
    /// When the server relays players' datagrams: never, for players that cannot reach each other
    /// directly, or for all, who then see no addresses
    #[arg(long, value_name = "WHEN", default_value = "fallback", env = "MIO_CHAT_RELAY")]
    relay: RelayChoice,
    /// Bytes a second relayed for one player
    #[arg(long, value_name = "SIZE", default_value_t = Size(limits::RELAY_RATE_BYTES))]
    #[arg(env = "MIO_CHAT_RELAY_RATE")]
    relay_rate: Size,
    /// Bytes relayed for one player in one match
    #[arg(long, value_name = "SIZE", default_value_t = Size(limits::RELAY_QUOTA_BYTES))]
    #[arg(env = "MIO_CHAT_RELAY_QUOTA")]
    relay_quota: Size,
    /// Bytes a second relayed for all players together
    #[arg(long, value_name = "SIZE", default_value_t = Size(limits::RELAY_TOTAL_BYTES))]
    #[arg(env = "MIO_CHAT_RELAY_TOTAL")]
    relay_total: Size,
}

impl UdpArgs {
    /// The settings of the matchmaker. Its own addresses are known when its ports are bound.
    pub(super) fn settings(&self) -> MatchmakerSettings {
        MatchmakerSettings {
            plain_pairing: self.plain_pairing == Switch::On,
            answers_per_second: self.udp_rate,
            relay: RelaySettings {
                mode: match self.relay {
                    RelayChoice::Off => RelayMode::Off,
                    RelayChoice::Fallback => RelayMode::Fallback,
                    RelayChoice::Only => RelayMode::Only,
                },
                rate: self.relay_rate.0,
                quota: self.relay_quota.0,
                total_rate: self.relay_total.0,
            },
            own_addresses: Vec::new(),
        }
    }
}

//! The flags of the server, and the settings that they make.

use std::io::IsTerminal;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{ArgAction, Args};
use log::LevelFilter;
use mio_chat::chat::{Alphabet, LobbySettings, Motd};
use mio_chat::delivery::OutboxLimits;
use mio_chat::dialect::Spoken;
use mio_chat::net::{self, LogSettings};
use mio_chat::server::{Bot, Gateway, Operator};
use mio_chat::subnet::Subnet;
use mio_chat::tls::Acceptor;
use mio_chat::{limits, server};

use super::accounts::AccountArgs;
use super::irc::IrcArgs;
use super::matching::UdpArgs;
use super::tls::TlsArgs;
use super::values::{
    Flood, ListenAddress, NameLetters, Size, listen_at, parse_ban, parse_host, parse_level,
    parse_network, parse_reserved, whole,
};
use super::web::WebArgs;

/// Seconds that the system takes for TCP's own timers (Linux: 32,767 at most).
const TCP_TIMES: std::ops::RangeInclusive<u64> = 1..=9 * 60 * 60;

/// Longer than anybody waits for anything.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Everything about the server.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    listen: ListenArgs,
    #[command(flatten)]
    clients: ClientArgs,
    #[command(flatten)]
    rooms: RoomArgs,
    #[command(flatten)]
    accounts: AccountArgs,
    #[command(flatten)]
    web: WebArgs,
    #[command(flatten)]
    irc: IrcArgs,
    #[command(flatten)]
    tls: TlsArgs,
    #[command(flatten)]
    slow: OutboxArgs,
    #[command(flatten)]
    udp: UdpArgs,
    #[command(flatten)]
    log: LogArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Configuration")]
struct ConfigArgs {
    /// Configuration file in TOML: its keys are the flags below; flags and variables override it,
    /// and SIGHUP reads it again
    #[arg(short, long, value_name = "FILE", env = "MIO_CHAT_CONFIG")]
    config: Option<PathBuf>,
    /// Check the settings, and the files and folders they name, then exit; exit code 2 if a flag or
    /// a variable is wrong, 78 for anything else
    #[arg(long)]
    check_config: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Addresses")]
struct ListenArgs {
    /// TCP port for chat, or ADDR:PORT; 0 picks a free port, and [::]:PORT means both IPv4 and
    /// IPv6. May be given more than once
    #[arg(long, value_name = "PORT", default_value = "55555", env = "MIO_CHAT_TCP")]
    #[arg(value_delimiter = ',')]
    tcp: Vec<ListenAddress>,
    /// UDP port for matchmaking, or ADDR:PORT; 0 picks a free port, and [::]:PORT means both IPv4
    /// and IPv6. May be given more than once
    #[arg(long, value_name = "PORT", default_value = "50000", env = "MIO_CHAT_UDP")]
    #[arg(value_delimiter = ',')]
    udp: Vec<ListenAddress>,
    /// Address for ports given without one [default: every address, IPv4 and IPv6]
    #[arg(long, value_name = "ADDR", env = "MIO_CHAT_BIND", value_parser = parse_host)]
    bind: Option<IpAddr>,
    /// Port on loopback, or ADDR:PORT, for metrics, health checks and a live page over HTTP; anyone
    /// who can connect may read them [default: none]
    #[arg(long, value_name = "PORT", env = "MIO_CHAT_ADMIN")]
    admin: Option<ListenAddress>,
    /// Connections that the kernel queues until they are accepted
    #[arg(long, value_name = "N", default_value_t = limits::BACKLOG, env = "MIO_CHAT_BACKLOG")]
    #[arg(value_parser = whole(1..=i32::MAX))]
    backlog: i32,
    /// Trusted balancers, as addresses or networks: their connections must begin with a PROXY
    /// protocol header (version 1 or 2) that names the client's true address
    #[arg(long, value_name = "CIDR", env = "MIO_CHAT_PROXY_PROTOCOL", value_delimiter = ',')]
    #[arg(value_parser = parse_network)]
    proxy_protocol: Vec<Subnet>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Clients")]
struct ClientArgs {
    /// Maximum number of clients [default: what the descriptor limit allows, less 64]
    #[arg(long, value_name = "N", env = "MIO_CHAT_MAX_CLIENTS")]
    #[arg(value_parser = whole(1..=u32::MAX))]
    max_clients: Option<u32>,
    /// Maximum number of clients from one IPv4 address or IPv6 /64; loopback is exempt
    #[arg(long, value_name = "N", default_value_t = limits::CONNECTIONS_PER_ADDRESS_MAX)]
    #[arg(env = "MIO_CHAT_MAX_PER_ADDRESS", value_parser = whole(1..=u32::MAX))]
    max_per_address: u32,
    /// Banned addresses, or networks such as 203.0.113.0/24; in IPv6 a /64 is the smallest
    #[arg(long, value_name = "NETWORKS", value_delimiter = ',', env = "MIO_CHAT_BAN")]
    #[arg(value_parser = parse_ban)]
    ban: Vec<Subnet>,
    /// Maximum number of rooms
    #[arg(long, value_name = "N", default_value_t = limits::ROOMS_MAX as u32)]
    #[arg(env = "MIO_CHAT_MAX_ROOMS", value_parser = whole(0..=u32::MAX))]
    max_rooms: u32,
    /// How long a silent client waits for the nickname prompt; 0s prompts at once
    #[arg(long, value_name = "TIME", default_value_t = limits::GREET_AFTER.into())]
    #[arg(env = "MIO_CHAT_GREET_AFTER")]
    greet_after: humantime::Duration,
    /// How long a client may take to choose a nickname
    #[arg(long, value_name = "TIME", default_value_t = limits::REGISTER_TIMEOUT.into())]
    #[arg(env = "MIO_CHAT_REGISTER_TIMEOUT")]
    register_timeout: humantime::Duration,
    /// How long a line may stay unfinished
    #[arg(long, value_name = "TIME", default_value_t = limits::LINE_TIMEOUT.into())]
    #[arg(env = "MIO_CHAT_LINE_TIMEOUT")]
    line_timeout: humantime::Duration,
    /// Flood control: lines a client may send at once, and lines a second after that; or "off" for
    /// load tests
    #[arg(long, value_name = "BURST:RATE", default_value_t = Flood::default())]
    #[arg(env = "MIO_CHAT_FLOOD")]
    flood: Flood,
    /// Flood control for all clients of one IPv4 address or IPv6 /64: lines at once, besides 3 for
    /// each nickname, and lines a second after that; never less than --flood, and off if that is
    /// off; loopback is exempt
    #[arg(long, value_name = "BURST:RATE", default_value_t = Flood::of_address())]
    #[arg(env = "MIO_CHAT_FLOOD_ADDRESS")]
    flood_address: Flood,
    /// Letters allowed in nicknames and room names: ASCII, or any one script
    #[arg(long, value_name = "SET", default_value = "ascii", env = "MIO_CHAT_NAMES")]
    names: NameLetters,
    /// Idle time after which TCP probes a client's machine, spread down to half of it so that not
    /// all are probed at once; at least 3s below --user-timeout; 0s never probes
    #[arg(long, value_name = "TIME", default_value_t = limits::KEEPALIVE_IDLE.into())]
    #[arg(env = "MIO_CHAT_KEEPALIVE")]
    keepalive: humantime::Duration,
    /// How long sent data may stay unacknowledged before the client counts as lost; 0s leaves that
    /// to the system
    #[arg(long, value_name = "TIME", default_value_t = limits::USER_TIMEOUT.into())]
    #[arg(env = "MIO_CHAT_USER_TIMEOUT")]
    user_timeout: humantime::Duration,
    /// How long clients may take to read the goodbye when the server stops
    #[arg(long, value_name = "TIME", default_value_t = limits::DRAIN_TIMEOUT.into())]
    #[arg(env = "MIO_CHAT_DRAIN")]
    drain: humantime::Duration,
    /// Time over which SIGUSR2 sends everybody away, one by one
    #[arg(long, value_name = "TIME", default_value_t = limits::LAME_DUCK.into())]
    #[arg(env = "MIO_CHAT_LAME_DUCK")]
    lame_duck: humantime::Duration,
    /// Time over which clients that are sent away are asked to come back, each at another moment;
    /// 0s names no time
    #[arg(long, value_name = "TIME", default_value_t = limits::COME_BACK.into())]
    #[arg(env = "MIO_CHAT_COME_BACK")]
    come_back: humantime::Duration,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Rooms and history")]
struct RoomArgs {
    /// Messages that each room remembers and shows to newcomers; 0 for none
    #[arg(long, value_name = "N", default_value_t = limits::HISTORY_MESSAGES as u32)]
    #[arg(value_parser = whole(0..=limits::HISTORY_MESSAGES_MAX as u32))]
    #[arg(env = "MIO_CHAT_HISTORY")]
    history: u32,
    /// Message of the day: lines shown to everyone who connects
    #[arg(long, value_name = "TEXT", env = "MIO_CHAT_MOTD")]
    motd: Option<Motd>,
    /// Folder for accounts, history, topics, owners, bans and mutes, to survive a restart [default:
    /// nothing is saved]
    #[arg(long, value_name = "DIR", env = "MIO_CHAT_STATE")]
    state: Option<PathBuf>,
    /// Room size above which a room hears once a second how many came and went, instead of who
    #[arg(long, value_name = "N", default_value_t = limits::DIGEST_ABOVE as u32)]
    #[arg(env = "MIO_CHAT_DIGEST_ABOVE", value_parser = whole(0..=u32::MAX))]
    digest_above: u32,
    /// File of server operators: on each line a name, and a hash made by "mio-chat hash-password"
    /// or the word account
    #[arg(long, value_name = "FILE", env = "MIO_CHAT_OPERATORS")]
    operators: Option<PathBuf>,
    /// File of tokens, by which bots may speak over HTTP: written by "mio-chat token"
    #[arg(long, value_name = "FILE", env = "MIO_CHAT_TOKENS")]
    tokens: Option<PathBuf>,
    /// Nicknames that nobody may take, besides those of operators and bots
    #[arg(long, value_name = "NAMES", value_delimiter = ',', env = "MIO_CHAT_RESERVE")]
    #[arg(value_parser = parse_reserved)]
    reserve: Vec<String>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Slow readers")]
struct OutboxArgs {
    /// Unread bytes above which a client no longer hears who joins and leaves
    #[arg(long, value_name = "SIZE", default_value_t = Size(limits::OUTBOX_SOFT_BYTES))]
    #[arg(env = "MIO_CHAT_OUTBOX_SOFT")]
    outbox_soft: Size,
    /// Unread bytes above which a client is disconnected
    #[arg(long, value_name = "SIZE", default_value_t = Size(limits::OUTBOX_HARD_BYTES))]
    #[arg(env = "MIO_CHAT_OUTBOX_HARD")]
    outbox_hard: Size,
    /// Age of the oldest unread byte at which a client is disconnected
    #[arg(long, value_name = "TIME", default_value_t = limits::OUTBOX_AGE.into())]
    #[arg(env = "MIO_CHAT_OUTBOX_AGE")]
    outbox_age: humantime::Duration,
    /// Memory for unread bytes above which the slowest clients are disconnected; shared bytes count
    /// once
    #[arg(long, value_name = "SIZE", default_value_t = Size(limits::OUTBOX_TOTAL_BYTES))]
    #[arg(env = "MIO_CHAT_OUTBOX_TOTAL")]
    outbox_total: Size,
    /// How long messages of a busy room may be gathered to be written together; 0s writes at once
    #[arg(long, value_name = "TIME", default_value_t = limits::FLUSH_DELAY_MAX.into())]
    #[arg(env = "MIO_CHAT_MAX_DELAY")]
    max_delay: humantime::Duration,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Log")]
struct LogArgs {
    /// Log more: -v logs connections, -vv every read and write
    #[arg(short, long, action = ArgAction::Count, conflicts_with = "quiet")]
    verbose: u8,
    /// Log less: -q only warnings and errors, -qq only errors
    #[arg(short, long, action = ArgAction::Count)]
    quiet: u8,
    /// Least important level to log: error, warn, info, debug, trace or off
    #[arg(long, value_name = "LEVEL", env = "MIO_CHAT_LOG", value_parser = parse_level)]
    log_level: Option<LevelFilter>,
    /// File to append the log to, instead of stderr; SIGHUP reopens it
    #[arg(long, value_name = "FILE", env = "MIO_CHAT_LOG_FILE")]
    log_file: Option<PathBuf>,
}

impl ServeArgs {
    pub(crate) fn log_settings(&self) -> LogSettings {
        let level = match (self.log.verbose, self.log.quiet) {
            (0, 0) => self.log.log_level.unwrap_or(LevelFilter::Info),
            (1, _) => LevelFilter::Debug,
            (2.., _) => LevelFilter::Trace,
            (0, 1) => LevelFilter::Warn,
            (0, 2..) => LevelFilter::Error,
        };
        LogSettings { level, file: self.log.log_file.clone(), colour: colour_is_welcome() }
    }

    /// The file of settings.
    pub(super) fn config_file(&self) -> Option<&Path> {
        self.config.config.as_deref()
    }

    /// Whether the settings are only to be looked at.
    pub(crate) fn only_check(&self) -> bool {
        self.config.check_config
    }

    /// The flags of TLS.
    pub(super) fn tls(&self) -> &TlsArgs {
        &self.tls
    }

    /// The folder that outlives the server.
    pub(super) fn state_folder(&self) -> Option<&Path> {
        self.rooms.state.as_deref()
    }

    /// Checks that involve several flags.
    pub(super) fn check(&self) -> Result<(), String> {
        let OutboxArgs { outbox_soft, outbox_hard, outbox_total, .. } = &self.slow;
        if outbox_soft.0 >= outbox_hard.0 || outbox_hard.0 >= outbox_total.0 {
            return Err(format!(
                "--outbox-soft ({outbox_soft}), --outbox-hard ({outbox_hard}) and --outbox-total \
                 ({outbox_total}) must grow in this order"
            ));
        }
        let ClientArgs { register_timeout, line_timeout, keepalive, user_timeout, .. } =
            &self.clients;
        let patience = [
            ("--register-timeout", register_timeout),
            ("--line-timeout", line_timeout),
            ("--outbox-age", &self.slow.outbox_age),
        ];
        for (flag, value) in patience {
            if value.is_zero() {
                return Err(format!("{flag} must be more than 0s, or nobody could stay"));
            }
        }
        let ClientArgs { greet_after, drain, lame_duck, come_back, .. } = &self.clients;
        let times = [
            ("--max-delay", &self.slow.max_delay),
            ("--greet-after", greet_after),
            ("--drain", drain),
            ("--lame-duck", lame_duck),
            ("--come-back", come_back),
        ];
        for (flag, value) in patience.into_iter().chain(times) {
            if **value > LONGEST {
                return Err(format!("{flag} must be at most 365days"));
            }
        }
        for (flag, value) in [("--keepalive", keepalive), ("--user-timeout", user_timeout)] {
            if !value.is_zero() && !TCP_TIMES.contains(&value.as_secs()) {
                return Err(format!("{flag} must be 0s, or from 1s to 9h, which TCP can count"));
            }
        }
        let last_question = keepalive.as_secs() + u64::from(limits::KEEPALIVE_PROBES);
        if !user_timeout.is_zero() && last_question > user_timeout.as_secs() {
            return Err(format!(
                "--keepalive ({keepalive}) must be at least {}s below --user-timeout \
                 ({user_timeout}), or one lost packet would end an idle connection",
                limits::KEEPALIVE_PROBES
            ));
        }
        self.tls.check()
    }

    /// `clients_max` is used when the operator names no number.
    pub(crate) fn net_settings(
        &self,
        clients_max: usize,
        tls: Option<Acceptor>,
    ) -> net::NetSettings {
        net::NetSettings {
            tcp: listen_at(&self.listen.tcp, self.listen.bind),
            udp: listen_at(&self.listen.udp, self.listen.bind),
            backlog: self.listen.backlog,
            proxies: self.listen.proxy_protocol.clone(),
            clients_max: self.clients.max_clients.map_or(clients_max, |count| count as usize),
            keepalive: self.clients.keepalive.into(),
            user_timeout: self.clients.user_timeout.into(),
            drain: self.clients.drain.into(),
            lame_duck: self.clients.lame_duck.into(),
            max_delay: self.slow.max_delay.into(),
            state: self.rooms.state.clone(),
            admin: self.listen.admin.map(ListenAddress::on_loopback),
            tls,
            stops_at_hangup: self.ends_with_its_terminal(),
        }
    }

    /// Whether somebody has typed the command to try it, without a supervisor: closing the terminal
    /// is to end it then, not to leave it behind.
    fn ends_with_its_terminal(&self) -> bool {
        std::io::stdin().is_terminal() && self.config_file().is_none() && !net::is_supervised()
    }

    fn spoken(&self) -> Spoken {
        let (encryption, strict_transport) = (self.tls.encryption(), self.tls.strict_transport());
        let spoken = Spoken { encryption, strict_transport, ..self.web.spoken() };
        self.accounts.offered(self.rooms.state.is_some(), self.irc.named(spoken))
    }

    fn lobby_settings(&self, operators: &[Operator], bots: &[Bot]) -> LobbySettings {
        let RoomArgs { history, digest_above, reserve, .. } = &self.rooms;
        let of_operators = operators.iter().map(|operator| operator.name.clone());
        LobbySettings {
            alphabet: match self.clients.names {
                NameLetters::Ascii => Alphabet::Ascii,
                NameLetters::Unicode => Alphabet::Unicode,
            },
            rooms_max: self.clients.max_rooms as usize,
            history: *history as usize,
            digest_above: *digest_above as usize,
            motd: self.rooms.motd.clone().unwrap_or_default(),
            reserved: reserve.iter().cloned().chain(of_operators).collect(),
            bots: bots.iter().map(|bot| bot.name.clone()).collect(),
        }
    }

    /// The operators' file.
    pub(crate) fn operators_file(&self) -> Option<&Path> {
        self.rooms.operators.as_deref()
    }

    /// The file of gateways.
    pub(crate) fn gateways_file(&self) -> Option<&Path> {
        self.irc.gateways_file()
    }

    /// The file of bots' tokens.
    pub(crate) fn tokens_file(&self) -> Option<&Path> {
        self.rooms.tokens.as_deref()
    }

    pub(crate) fn server_settings(
        &self,
        operators: Vec<Operator>,
        gateways: Vec<Gateway>,
        bots: Vec<Bot>,
    ) -> server::Settings {
        let (clients, slow) = (&self.clients, &self.slow);
        server::Settings {
            lobby: self.lobby_settings(&operators, &bots),
            greet_after: clients.greet_after.into(),
            register_timeout: clients.register_timeout.into(),
            line_timeout: clients.line_timeout.into(),
            flood: clients.flood.0,
            flood_address: self.clients.flood_address.0,
            outbox: OutboxLimits {
                soft: slow.outbox_soft.0,
                hard: slow.outbox_hard.0,
                age: slow.outbox_age.into(),
                total: slow.outbox_total.0,
            },
            per_address: clients.max_per_address,
            banned: clients.ban.clone(),
            spoken: self.spoken(),
            come_back: clients.come_back.into(),
            operators,
            gateways,
            bots,
            account_rounds: self.accounts.rounds(),
            matchmaking: self.udp.settings(),
        }
    }
}

/// <https://no-color.org>: any value but none forbids colour. Whether the log goes to a terminal is
/// for the log to find out.
fn colour_is_welcome() -> bool {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    set("NO_COLOR").is_none() && set("TERM").is_none_or(|term| term != "dumb")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::Cli;

    fn parsed(flags: &[&str]) -> ServeArgs {
        Cli::parse_from(flags).serve
    }

    #[test]
    fn the_log_level_follows_the_flags() {
        for (flags, level) in [
            (&["mio-chat"][..], LevelFilter::Info),
            (&["mio-chat", "-v"], LevelFilter::Debug),
            (&["mio-chat", "-vv"], LevelFilter::Trace),
            (&["mio-chat", "-q"], LevelFilter::Warn),
            (&["mio-chat", "-qq"], LevelFilter::Error),
            (&["mio-chat", "--log-level", "off"], LevelFilter::Off),
        ] {
            assert_eq!(parsed(flags).log_settings().level, level, "{flags:?}");
        }
        assert!(Cli::try_parse_from(["mio-chat", "-v", "-q"]).is_err());
    }

    #[test]
    fn limits_must_be_in_order() {
        let check = |flags: &[&str]| parsed(flags).check();
        assert_eq!(check(&["mio-chat"]), Ok(()));
        assert!(check(&["mio-chat", "--outbox-soft", "256KiB"]).is_err());
        assert!(check(&["mio-chat", "--outbox-total", "1KiB"]).is_err());
        for (flag, good, bad) in [
            ("--keepalive", "0s", "500ms"),
            ("--user-timeout", "9h", "60days"),
            ("--register-timeout", "1s", "0s"),
            ("--line-timeout", "1s", "0s"),
            ("--outbox-age", "1s", "0s"),
            ("--drain", "365days", "500000000000years"),
            ("--lame-duck", "0s", "366days"),
        ] {
            assert_eq!(check(&["mio-chat", flag, good]), Ok(()));
            assert!(check(&["mio-chat", flag, bad]).unwrap_err().starts_with(flag));
        }
        for keepalive in ["28s", "30s"] {
            assert!(check(&["mio-chat", "--keepalive", keepalive]).is_err());
        }
        assert_eq!(check(&["mio-chat", "--keepalive", "27s"]), Ok(()));
        assert_eq!(check(&["mio-chat", "--keepalive", "30s", "--user-timeout", "0s"]), Ok(()));
    }
}

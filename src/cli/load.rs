//! The flags of the load generator, and the settings that they make.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use mio_chat::address::{NoServer, ServerAddress};
use mio_chat::limits;
use mio_chat::load::{self, Dialect, LoadSettings, LoadTls, Scenario};

use super::trust::TrustArgs;
use super::values::{HostPort, whole};

/// Everything about a load test.
#[derive(Debug, Args)]
#[command(after_help = "Try it:
  mio-chat --tcp 55555 --flood off &
  mio-chat load 127.0.0.1:55555 fan-out --clients 1000 --in-flight 64 --server-pid $!
  mio-chat load 127.0.0.1:55555 chatter --clients 1000 --rate 0.5")]
pub(crate) struct LoadArgs {
    /// The server: HOST, HOST:PORT or, with TLS, tls://HOST:PORT [default port: 55555, over UDP
    /// 50000]
    #[arg(value_name = "SERVER")]
    server: LoadServer,
    /// What the clients do
    #[arg(value_enum, value_name = "SCENARIO", default_value = "fan-out")]
    scenario: Scenario,
    /// Encrypt all connections, as with tls://
    #[arg(long)]
    tls: bool,
    #[command(flatten)]
    trust: TrustArgs,
    #[command(flatten)]
    clients: LoadClientArgs,
    #[command(flatten)]
    talk: TalkArgs,
    #[command(flatten)]
    measure: MeasureArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Clients")]
struct LoadClientArgs {
    /// Clients in the room; in a storm, clients that come and go altogether
    #[arg(long, value_name = "N", default_value_t = limits::LOAD_CLIENTS)]
    #[arg(value_parser = whole(1..=limits::LOAD_CLIENTS_MAX))]
    clients: u32,
    /// Language of the server
    #[arg(long, value_enum, value_name = "NAME", default_value = "lines")]
    dialect: Dialect,
    /// Room, channel or subject where the clients meet [default: main in lines, else mio-chat-load]
    #[arg(long, value_name = "NAME")]
    room: Option<String>,
    /// irc: capabilities that each client asks for, such as server-time,message-tags
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    capabilities: Vec<String>,
    /// storm, pairs, matches, bindings, echoes: clients at a time
    #[arg(long, value_name = "N", default_value_t = limits::LOAD_AT_ONCE)]
    #[arg(value_parser = whole(1..=16_384_u32))]
    at_once: u32,
    /// bindings, echoes: send each question from a new endpoint, as in pairs and matches
    #[arg(long)]
    newcomers: bool,
    /// slow: share of clients that never read, from 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.1, value_parser = parse_share)]
    stalled: f64,
    /// churn: clients that leave and are replaced each second
    #[arg(long, value_name = "RATE", default_value_t = 10.0, value_parser = parse_rate)]
    churn: f64,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Messages")]
struct TalkArgs {
    /// fan-out: clients that speak
    #[arg(long, value_name = "N", default_value_t = 1)]
    #[arg(value_parser = whole(1..=limits::LOAD_CLIENTS_MAX))]
    senders: u32,
    /// fan-out: messages that each sender keeps in flight
    #[arg(long, value_name = "N", default_value_t = 1)]
    #[arg(value_parser = whole(1..=limits::LOAD_IN_FLIGHT_MAX))]
    in_flight: u32,
    /// chatter, slow, churn: messages a second from each client
    #[arg(long, value_name = "RATE", default_value_t = 1.0, value_parser = parse_rate)]
    rate: f64,
    /// Size of a message in bytes as lines, raw and raw-others deliver it, name and newline
    /// included
    #[arg(long, value_name = "BYTES", default_value_t = limits::LOAD_MESSAGE_BYTES)]
    #[arg(value_parser = whole(1..=limits::LOAD_MESSAGE_BYTES_MAX))]
    size: u32,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Measuring")]
struct MeasureArgs {
    /// How long to measure
    #[arg(long, value_name = "TIME", default_value_t = limits::LOAD_DURATION.into())]
    duration: humantime::Duration,
    /// How long to warm up before measuring
    #[arg(long, value_name = "TIME", default_value_t = limits::LOAD_WARM_UP.into())]
    warm_up: humantime::Duration,
    /// Processes to spread the clients over [default: as many as their descriptors need]
    #[arg(long, value_name = "N")]
    #[arg(value_parser = whole(1..=limits::LOAD_PROCESSES_MAX))]
    processes: Option<u32>,
    /// Server process whose CPU and memory to watch. May be given more than once
    #[arg(long, value_name = "PID")]
    server_pid: Vec<u32>,
    /// Write the report to this file as JSON; - means stdout, and then nothing else is printed
    /// there
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Show no progress bar
    #[arg(short, long)]
    quiet: bool,
    /// Allow a server that is not on this machine
    #[arg(long)]
    server_is_mine: bool,
}

/// The server, and whether it is talked to by TLS.
#[derive(Clone, Debug)]
struct LoadServer {
    /// As certificates name it.
    name: String,
    place: HostPort,
    has_tls: bool,
}

impl FromStr for LoadServer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let place = text.strip_prefix("tls://");
        let typed = place.unwrap_or(text);
        let address: ServerAddress =
            typed.parse().map_err(|problem: NoServer| problem.to_string())?;
        let name = address.host().to_owned();
        Ok(Self { name, place: typed.parse()?, has_tls: place.is_some() })
    }
}

impl LoadArgs {
    /// Checks that involve several flags.
    pub(super) fn check(&self) -> Result<(), String> {
        let address = self.address();
        if !address.ip().is_loopback() && !self.measure.server_is_mine {
            return Err(format!(
                "{address} is not on this machine; add --server-is-mine if you may load it"
            ));
        }
        if let Some(flag) = self.trust.given().filter(|_| self.tls().is_none()) {
            return Err(format!("{flag} is for TLS; add --tls"));
        }
        for (flag, time) in
            [("--duration", &self.measure.duration), ("--warm-up", &self.measure.warm_up)]
        {
            if Duration::from(*time) > limits::LOAD_TIME_MAX {
                return Err(format!("{flag} must be at most 12h"));
            }
        }
        load::check(&self.settings())
    }

    /// Where the report is to go as JSON.
    pub(crate) fn json(&self) -> Option<&PathBuf> {
        self.measure.json.as_ref()
    }

    /// The server's address; the default port depends on the scenario.
    fn address(&self) -> SocketAddr {
        let is_chat = self.scenario.has_room();
        self.server.place.at(if is_chat { limits::TCP_PORT } else { limits::UDP_PORT })
    }

    /// How connections are secured.
    fn tls(&self) -> Option<LoadTls> {
        (self.tls || self.server.has_tls).then(|| LoadTls {
            name: self.server.name.clone(),
            ca: self.trust.ca.as_ref().map(|ca| ca.0.clone()),
            pin: self.trust.pin.map(|pin| pin.to_string()),
        })
    }

    pub(crate) fn settings(&self) -> LoadSettings {
        let Self { clients, talk, measure, .. } = self;
        LoadSettings {
            address: self.address(),
            tls: self.tls(),
            scenario: self.scenario,
            dialect: clients.dialect,
            room: clients.room.clone(),
            capabilities: clients.capabilities.clone(),
            clients: clients.clients as usize,
            senders: talk.senders as usize,
            in_flight: talk.in_flight as usize,
            rate: talk.rate,
            stalled: clients.stalled,
            churn: clients.churn,
            at_once: clients.at_once as usize,
            newcomers: clients.newcomers,
            size: talk.size as usize,
            duration: measure.duration.into(),
            warm_up: measure.warm_up.into(),
            processes: measure.processes.map(|processes| processes as usize),
            server_pids: measure.server_pid.clone(),
            quiet: measure.quiet,
        }
    }
}

fn parse_rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate| (0.0..=limits::LOAD_RATE_MAX).contains(rate));
    rate.filter(|rate| *rate > 0.0)
        .ok_or_else(|| format!("not a rate a second, above 0 and up to {}", limits::LOAD_RATE_MAX))
}

fn parse_share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "not a share from 0 to 1 (such as 0.1)".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, CliCommand};

    fn parsed(flags: &[&str]) -> Result<LoadArgs, clap::Error> {
        let words = ["mio-chat", "load"].iter().chain(flags);
        let command = Cli::try_parse_from(words)?.into_command();
        let CliCommand::Load(load) = command else { panic!("{flags:?} is no load test") };
        Ok(load)
    }

    #[test]
    fn little_has_to_be_said() {
        let load = parsed(&["localhost:7"]).unwrap();
        assert_eq!(load.check(), Ok(()));
        let settings = load.settings();
        assert_eq!(settings.address, "127.0.0.1:7".parse().unwrap());
        assert_eq!((settings.scenario, settings.clients), (Scenario::FanOut, 1_000));
    }

    #[test]
    fn the_default_port_is_that_of_what_the_clients_do() {
        for (flags, address) in [
            (&["127.0.0.1"][..], "127.0.0.1:55555"),
            (&["::1", "chatter"], "[::1]:55555"),
            (&["127.0.0.1", "pairs"], "127.0.0.1:50000"),
            (&["[::1]", "echoes"], "[::1]:50000"),
            (&["127.0.0.1:7", "matches"], "127.0.0.1:7"),
            (&["7", "bindings"], "127.0.0.1:7"),
        ] {
            let settings = parsed(flags).unwrap().settings();
            assert_eq!(settings.address.to_string(), address, "{flags:?}");
        }
    }

    #[test]
    #[cfg(feature = "tls")]
    fn connections_are_secured_by_a_flag_or_by_the_name_of_the_server() {
        let pin = "AB:".repeat(31) + "CD";
        for flags in [&["tls://localhost"][..], &["localhost", "--tls"], &["tls://[::1]:7"]] {
            let load = parsed(&[flags, &["--pin", &pin]].concat()).unwrap();
            assert_eq!(load.check(), Ok(()), "{flags:?}");
            let tls = load.settings().tls.unwrap();
            assert!(["localhost", "::1"].contains(&&*tls.name), "{}", tls.name);
            assert_eq!((tls.pin, tls.ca), (Some(pin.clone()), None));
        }
        assert!(parsed(&["localhost"]).unwrap().settings().tls.is_none());
        for (flags, problem) in [
            (&["localhost", "--pin", &pin][..], "--pin is for TLS; add --tls"),
            (&["tls://localhost", "pairs", "--pin", &pin], "pairs has no TLS: it goes over UDP"),
        ] {
            let said = parsed(flags).unwrap().check().unwrap_err();
            assert!(said.starts_with(problem), "{flags:?}: {said}");
        }
        for flags in [
            &["tls://localhost", "--pin", "AB"][..],
            &["tls://localhost", "--ca", "/nowhere"],
            &["tls://localhost", "--ca", "Cargo.toml"],
            &["tls://localhost", "--ca", "Cargo.toml", "--pin", &pin],
            &["tls://"],
            &["wss://localhost"],
        ] {
            assert!(parsed(flags).is_err(), "{flags:?}");
        }
    }

    #[test]
    #[cfg(not(feature = "tls"))]
    fn without_tls_nothing_is_secured() {
        let said = parsed(&["tls://localhost"]).unwrap().check().unwrap_err();
        assert_eq!(said, "cannot use TLS: this mio-chat was built without the feature `tls`");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for flags in [
            &["127.0.0.1:0"][..],
            &["http://127.0.0.1"],
            &["127.0.0.1:7", "noise"],
            &["127.0.0.1:7", "--rate", "0"],
            &["127.0.0.1:7", "--rate", "NaN"],
            &["127.0.0.1:7", "--stalled", "1.5"],
            &["127.0.0.1:7", "--clients", "0"],
        ] {
            assert!(parsed(flags).is_err(), "{flags:?}");
        }
        for (flags, problem) in [
            (&["192.0.2.1:7"][..], "192.0.2.1:7 is not on this machine"),
            (&["127.0.0.1:7", "--size", "20"], "--size must be from 30 to 1035 bytes in lines"),
            (&["127.0.0.1:7", "--clients", "5", "--senders", "6"], "--senders must not be more"),
            (
                &["127.0.0.1:7", "--dialect", "raw-others", "--clients", "1"],
                "--clients must be 2 or more in raw-others: nobody hears itself",
            ),
            (&["127.0.0.1:7", "--duration", "13h"], "--duration must be at most 12h"),
            (&["127.0.0.1:7", "slow", "--stalled", "1"], "--stalled must leave somebody"),
        ] {
            let said = parsed(flags).unwrap().check().unwrap_err();
            assert!(said.starts_with(problem), "{flags:?}: {said}");
        }
        assert_eq!(parsed(&["192.0.2.1:7", "--server-is-mine"]).unwrap().check(), Ok(()));
    }
}

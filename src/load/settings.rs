//! The settings of a load test, checked once.

use std::net::SocketAddr;
use std::time::Duration;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::dialect::Dialect;
use crate::tls::client::{Connector, Target, Trust};

/// The scenarios.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scenario {
    /// A few senders keep messages in flight in a room full of listeners
    FanOut,
    /// All clients speak at a steady rate; latency counts from when a message was due
    Chatter,
    /// All clients register and stay silent
    Idle,
    /// Clients connect, register and leave, as fast as possible
    Storm,
    /// As chatter, but some clients never read
    Slow,
    /// As chatter, while clients leave and others come
    Churn,
    /// UDP endpoints ask for a partner, as fast as answers come
    Pairs,
    /// As pairs, but by the keyed protocol MC1, with cookie and confirmation
    Matches,
    /// UDP endpoints ask for their own address by STUN
    Bindings,
    /// As bindings, against a server that echoes every datagram
    Echoes,
}

impl Scenario {
    /// Its name on the command line and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::FanOut => "fan-out",
            Self::Chatter => "chatter",
            Self::Idle => "idle",
            Self::Storm => "storm",
            Self::Slow => "slow",
            Self::Churn => "churn",
            Self::Pairs => "pairs",
            Self::Matches => "matches",
            Self::Bindings => "bindings",
            Self::Echoes => "echoes",
        }
    }

    /// Whether messages are said that others are to hear, or answers awaited.
    pub fn talks(self) -> bool {
        !matches!(self, Self::Idle | Self::Storm)
    }

    /// Whether the clients meet in a room, over TCP.
    pub fn has_room(self) -> bool {
        !matches!(self, Self::Pairs | Self::Matches | Self::Bindings | Self::Echoes)
    }

    /// Whether messages are said at a steady rate, whatever the server does.
    pub fn is_open_loop(self) -> bool {
        matches!(self, Self::Chatter | Self::Slow | Self::Churn)
    }
}

/// How connections are secured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LoadTls {
    /// The server's name or address, as its certificate has it.
    pub name: String,
    /// Certificates to trust, in PEM; none: those that the system trusts.
    pub ca: Option<String>,
    /// The fingerprint of the only certificate to trust.
    pub pin: Option<String>,
}

/// A load test.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LoadSettings {
    /// The server.
    pub address: SocketAddr,
    /// How connections to it are secured, if they are.
    pub tls: Option<LoadTls>,
    /// The scenario.
    pub scenario: Scenario,
    /// The language they speak.
    pub dialect: Dialect,
    /// The room they meet in; each dialect has its own usual one.
    pub room: Option<String>,
    /// What IRC clients ask for before they enter.
    pub capabilities: Vec<String>,
    /// The number of clients; in a storm, of all that come and go.
    pub clients: usize,
    /// The number of senders in a closed loop.
    pub senders: usize,
    /// The number of messages that each sender keeps in flight.
    pub in_flight: usize,
    /// Messages a second that each client says in an open loop.
    pub rate: f64,
    /// Share of the clients that does not read.
    pub stalled: f64,
    /// Clients a second that leave and are replaced.
    pub churn: f64,
    /// Connections of a storm, or asking endpoints, open at a time.
    pub at_once: usize,
    /// Whether endpoints that could ask again are replaced, too.
    pub newcomers: bool,
    /// Bytes of a message as it is delivered in lines.
    pub size: usize,
    /// Measured time.
    pub duration: Duration,
    /// Time before it in which the same is done.
    pub warm_up: Duration,
    /// Processes to be used; none: as many as the descriptors make necessary.
    pub processes: Option<usize>,
    /// Processes of the server whose CPU and memory are watched.
    pub server_pids: Vec<u32>,
    /// Whether to show no progress.
    pub quiet: bool,
}

impl LoadSettings {
    /// The number of clients that a process needs: where clients do not hear themselves, another
    /// one must listen.
    pub(super) fn least_together(&self) -> usize {
        let watched = self.scenario == Scenario::FanOut && !self.dialect.echoes();
        if watched { 2 } else { 1 }
    }

    /// What secures connections. Nobody comes by ticket: every client is a newcomer, which costs
    /// the server most.
    pub(super) fn connector(&self) -> Result<Option<Connector>, String> {
        let Some(tls) = &self.tls else { return Ok(None) };
        let trust = match (&tls.ca, &tls.pin) {
            (_, Some(pin)) => Trust::Pin(pin.parse().map_err(|why| format!("--pin: {why}"))?),
            (Some(ca), None) => Trust::Authorities(ca.clone().into_bytes()),
            (None, None) => Trust::System,
        };
        let protocol = self.dialect.tls_protocol();
        let connector =
            Connector::new(&Target { name: &tls.name, protocol, resumes: false }, trust);
        connector.map(Some).map_err(|why| format!("cannot use TLS: {why}"))
    }

    /// Checks that involve several settings.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.senders > self.clients {
            return Err("--senders must not be more than --clients".to_owned());
        }
        if self.least_together() > self.clients {
            let dialect = self.dialect.name();
            return Err(format!("--clients must be 2 or more in {dialect}: nobody hears itself"));
        }
        if self.scenario == Scenario::Churn && self.clients < 2 {
            return Err("--clients must be 2 or more where some leave".to_owned());
        }
        if self.scenario == Scenario::Slow && (self.clients as f64 * (1.0 - self.stalled)) < 1.0 {
            return Err("--stalled must leave somebody who reads".to_owned());
        }
        if self.tls.is_some() && !self.scenario.has_room() {
            return Err(format!("{} has no TLS: it goes over UDP", self.scenario.name()));
        }
        if self.duration.is_zero() {
            return Err("--duration must be more than 0s".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
impl LoadSettings {
    /// Settings for a test about something else.
    pub(super) fn example(scenario: Scenario) -> Self {
        Self {
            address: "127.0.0.1:55555".parse().unwrap(),
            tls: None,
            scenario,
            dialect: Dialect::Lines,
            room: None,
            capabilities: Vec::new(),
            clients: 1_000,
            senders: 1,
            in_flight: 64,
            rate: 0.5,
            stalled: 0.1,
            churn: 10.0,
            at_once: 256,
            newcomers: false,
            size: 64,
            duration: Duration::from_secs(5),
            warm_up: Duration::from_secs(1),
            processes: None,
            server_pids: vec![1],
            quiet: true,
        }
    }
}

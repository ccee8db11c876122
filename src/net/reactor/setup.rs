//! Everything that the server needs from the system before the first turn.

use mio::{Events, Poll};

use super::sockets::Sockets;
use super::upgrade::Upgrade;
use super::{Lifecycle, NetSettings, Operations, Reactor, upkeep};
use crate::id::Registry;
use crate::limits::{EVENTS_PER_POLL, READ_BYTES_PER_TURN};
use crate::net::activated::Activated;
use crate::net::admin::Admin;
use crate::net::audit::AuditLog;
use crate::net::certificates::CertificateWatch;
use crate::net::clock::Clock;
use crate::net::datagram::Datagrams;
use crate::net::encryption::Encryption;
use crate::net::error::NetError;
use crate::net::gauges::LoopGauges;
use crate::net::inherited::Inherited;
use crate::net::listener::Listeners;
use crate::net::log_writer::LogSink;
use crate::net::persistence::Persistence;
use crate::net::process::ProcessGauge;
use crate::net::proxy_protocol::ProxyConnections;
use crate::net::signals::SignalSource;
use crate::net::stream_options::StreamOptions;
use crate::net::supervisor::Supervisor;
use crate::net::turn_gauge::TurnGauge;
use crate::server::{self, Server, Turn};
use crate::time::Time;

/// Sockets that were bound for this process.
#[derive(Debug, Default)]
pub(super) struct Ports {
    pub(super) tcp: Inherited,
    pub(super) udp: Inherited,
    pub(super) admin: Inherited,
}

impl Reactor {
    /// Binds every port and sets everything up.
    ///
    /// # Errors
    /// What could not be had of the system, in one sentence.
    pub fn new(
        settings: &NetSettings,
        server_settings: server::Settings,
        log: LogSink,
    ) -> Result<Self, NetError> {
        let Activated { tcp, udp } = Activated::take()?;
        let (tcp, udp) = (Inherited::activated(tcp)?, Inherited::activated(udp)?);
        let ports = Ports { tcp, udp, admin: Inherited::default() };
        let mut reactor = Self::assemble(settings, server_settings, log, ports)?;
        let (folder, server) = (reactor.operations.folder.as_deref(), &mut reactor.turn.server);
        reactor.operations.persistence =
            folder.map(|folder| Persistence::open(folder, server)).transpose()?;
        Ok(reactor)
    }

    /// Everything but the state on disk.
    pub(super) fn assemble(
        settings: &NetSettings,
        mut server_settings: server::Settings,
        log: LogSink,
        mut ports: Ports,
    ) -> Result<Self, NetError> {
        let poll = Poll::new().map_err(|source| NetError::SetUp { what: "poll", source })?;
        let options = StreamOptions {
            backlog: settings.backlog,
            keepalive: settings.keepalive,
            user_timeout: settings.user_timeout,
        };
        let listeners = Listeners::bind(&settings.tcp, &mut ports.tcp, options, poll.registry())?;
        let datagrams = Datagrams::bind(&settings.udp, &mut ports.udp, poll.registry())?;
        let admin = |place| Admin::bind(place, &mut ports.admin, poll.registry());
        let admin = settings.admin.map(admin).transpose()?;
        let signals = SignalSource::register(poll.registry(), settings.stops_at_hangup)?;
        upkeep::watch_log(&poll, &log)
            .map_err(|source| NetError::SetUp { what: "the log", source })?;
        server_settings.matchmaking.own_addresses = datagrams.addresses().collect();
        listeners.note_places(&mut server_settings.spoken);
        let mut secret = [0; 16];
        getrandom::fill(&mut secret).map_err(NetError::Secret)?;
        let started_at = Clock::calendar().millis() as f64 / 1_000.0;
        let sockets = Sockets {
            events: Events::with_capacity(EVENTS_PER_POLL),
            connections: Registry::expecting(settings.clients_max),
            listeners,
            proxies: ProxyConnections::new(settings.proxies.clone()),
            encryption: Encryption::new(settings.tls.clone()),
            datagrams,
            scratch: vec![0; READ_BYTES_PER_TURN].into_boxed_slice(),
            clients_max: settings.clients_max,
            clients_peak: 0,
            full_logged: false,
            poll,
        };
        let operations = Operations {
            persistence: None,
            folder: settings.state.clone(),
            calendar_read: Time::ZERO,
            supervisor: Supervisor::of_environment(),
            log,
            admin,
            audit: AuditLog::new(),
            certificates: CertificateWatch::new(),
            gauges: LoopGauges::new(),
            process: ProcessGauge::new(started_at),
            turns: TurnGauge::new()?,
        };
        let turn = Turn::new(Server::new(server_settings, secret), settings.max_delay);
        let lifecycle = Lifecycle::new(settings, signals);
        let (clock, now) = (Clock::start(), Time::ZERO);
        Ok(Self { clock, now, turn, sockets, operations, lifecycle })
    }
}

impl Lifecycle {
    /// A server that is to go on.
    fn new(settings: &NetSettings, signals: SignalSource) -> Self {
        Self {
            signals,
            drain: settings.drain,
            lame_duck: settings.lame_duck,
            leaving: false,
            stopping: false,
            stopped_by: None,
            reload_asked: false,
            upgrade: Upgrade::new(),
        }
    }
}

//! The poll loop: everything around a turn of the server.
//!
//! ```text
//! wait      poll; events only set flags and put clients on the ready list
//! accept    new clients, within a budget
//! receive   datagrams
//! turn      hear, expire, write and reap clients: `server`
//! keep      save what outlives the server, once in a while
//! watch     answer who asks the admin listener, once in a while
//! ```
//!
//! Events are edge-triggered and registered once: a client that was not read to the end stays on
//! the ready list, because no event will repeat, and poll does not sleep while the list holds
//! anyone.

mod admission;
mod proxy_admission;
mod reload;
mod setup;
mod sockets;
mod status;
mod takeover;
mod upgrade;
mod upkeep;
mod waiting;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use mio::event::Event;

pub use reload::Config;
use sockets::{Serving, Sockets};
use upgrade::Upgrade;

use super::admin::Admin;
use super::audit::AuditLog;
use super::certificates::CertificateWatch;
use super::clock::Clock;
use super::error::NetError;
use super::gauges::LoopGauges;
use super::listen_at::ListenAt;
use super::log_writer::LogSink;
use super::persistence::Persistence;
use super::process::ProcessGauge;
use super::signals::SignalSource;
use super::supervisor::Supervisor;
use super::token::Source;
use super::turn_gauge::TurnGauge;
use crate::id::ClientId;
use crate::server::Turn;
use crate::subnet::Subnet;
use crate::time::Time;
use crate::tls::{Acceptor, Certificate};

/// The operator's choices about the network. Defaults are in `limits`.
#[derive(Clone, Debug)]
pub struct NetSettings {
    /// Where to accept clients.
    pub tcp: Vec<ListenAt>,
    /// Where to receive datagrams.
    pub udp: Vec<ListenAt>,
    /// Connections the kernel holds for us.
    pub backlog: i32,
    /// Clients at once.
    pub clients_max: usize,
    /// Balancers, whose connections must begin with a PROXY header.
    pub proxies: Vec<Subnet>,
    /// Idle time after which TCP probes a peer; zero never does.
    pub keepalive: Duration,
    /// How long sent data may stay unacknowledged; zero leaves that to the system.
    pub user_timeout: Duration,
    /// How long clients may take to read the goodbye.
    pub drain: Duration,
    /// The time over which SIGUSR2 sends everybody away.
    pub lame_duck: Duration,
    /// How long a message in a busy room may wait to be written together with the next ones.
    pub max_delay: Duration,
    /// The folder of the persistent state, if any.
    pub state: Option<PathBuf>,
    /// Where to show how the server is, if anywhere.
    pub admin: Option<SocketAddr>,
    /// With what encrypted connections are accepted, if any are.
    pub tls: Option<Acceptor>,
    /// Whether SIGHUP means that the terminal is gone, and not that something is to be read again.
    pub stops_at_hangup: bool,
}

/// The end of the loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Every client was told goodbye, and has read it or had the time to.
    Drained,
    /// A second signal, this one, did not want to wait.
    AtOnce(i32),
    /// Another process goes on.
    HandedOver,
}

/// The poll loop and everything that is registered with it.
pub struct Reactor {
    clock: Clock,
    /// The present of this turn.
    now: Time,
    turn: Turn,
    sockets: Sockets,
    operations: Operations,
    lifecycle: Lifecycle,
}

/// Everything operators use: the state on disk, the log, numbers.
struct Operations {
    persistence: Option<Persistence>,
    /// Where that keeps.
    folder: Option<PathBuf>,
    /// When the calendar was read.
    calendar_read: Time,
    supervisor: Supervisor,
    log: LogSink,
    /// Taken out while it looks at the rest.
    admin: Option<Admin>,
    audit: AuditLog,
    certificates: CertificateWatch,
    gauges: LoopGauges,
    process: ProcessGauge,
    /// Durations of turns since the last report.
    turns: TurnGauge,
}

/// The server's end or replacement.
struct Lifecycle {
    signals: SignalSource,
    drain: Duration,
    lame_duck: Duration,
    /// No new clients are accepted; everybody is sent away, at once or over a while.
    leaving: bool,
    /// Everybody was told goodbye.
    stopping: bool,
    stopped_by: Option<Exit>,
    /// A signal asks to read the settings again.
    reload_asked: bool,
    upgrade: Upgrade,
}

impl Reactor {
    /// Where the server listens: `tcp`, `udp` or `admin`, and the address.
    pub fn addresses(&self) -> impl Iterator<Item = (&'static str, SocketAddr)> {
        let tcp = self.sockets.listeners.addresses().map(|address| ("tcp", address));
        let admin = self
            .operations
            .admin
            .iter()
            .filter_map(Admin::address)
            .map(|address| ("admin", address));
        tcp.chain(self.sockets.datagrams.addresses().map(|address| ("udp", address))).chain(admin)
    }

    /// The certificates that clients are shown.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        self.sockets.encryption.acceptor().into_iter().flat_map(Acceptor::certificates)
    }

    /// Serves until a signal says stop. When a signal asks for it, `reload` returns the settings as
    /// they are now, or nothing if they make no sense.
    ///
    /// # Errors
    /// Waiting for events failed, which no client can bring about.
    pub fn run(&mut self, reload: &mut dyn FnMut() -> Option<Config>) -> Result<Exit, NetError> {
        self.now = self.clock.now();
        self.read_calendar();
        self.operations.supervisor.ready(self.now);
        let exit = loop {
            self.turn()?;
            if std::mem::take(&mut self.lifecycle.reload_asked) {
                self.reload(reload());
            }
            if let Some(exit) = self.lifecycle.stopped_by {
                break exit;
            }
        };
        self.operations.turns.record(self.clock.now().since(self.now));
        self.log_report();
        Ok(exit)
    }

    /// Writes out the rest of the log, for at most `patience`.
    pub fn finish_log(&mut self, patience: Duration) {
        self.operations.log.finish(patience);
    }

    fn turn(&mut self) -> Result<(), NetError> {
        self.wait()?;
        self.accept();
        self.serve_datagrams();
        self.serve_clients();
        self.expire_proxy_headers(self.turn.heard_until());
        self.note_seats();
        self.save();
        self.serve_admin();
        self.continue_upgrade();
        Ok(())
    }

    fn note(&mut self, event: &Event) {
        match Source::from(event.token()) {
            Source::Client(id) => self.note_client(id, event),
            Source::Listener(index) => self.sockets.listeners.note_pending(index),
            Source::Datagram(index) => self.sockets.datagrams.note_readable(index),
            Source::Signals => self.handle_signals(),
            // Drained at the start of each turn.
            Source::Log => {}
            Source::AdminListener => self.operations.admin.iter_mut().for_each(Admin::note_pending),
            Source::Admin(number) => {
                self.operations.admin.iter_mut().for_each(|admin| admin.note_ready(number));
            }
            Source::Proxied(index) => self.read_proxy_header(usize::from(index)),
            Source::Successor => self.lifecycle.upgrade.note_readable(),
        }
    }

    fn note_client(&mut self, id: ClientId, event: &Event) {
        let Some(connection) = self.sockets.connections.get_mut(id) else { return };
        if connection.note(event) {
            self.turn.note_readable(id);
        }
        if event.is_writable() {
            if connection.encrypted {
                self.sockets.encryption.flush(id, connection);
            }
            self.turn.note_writable(id);
        }
    }

    /// Serves the datagrams that wait.
    fn serve_datagrams(&mut self) {
        if !self.sockets.datagrams.is_readable() {
            return;
        }
        let (server, now) = (&mut self.turn.server, self.now);
        self.sockets.datagrams.serve(|via, source, datagram, send| {
            log::trace!("udp {source}: {} bytes", datagram.len());
            server.datagram(now, via, source, datagram, &mut |transmit| {
                log::trace!("udp {}: told {} bytes", transmit.to, transmit.payload.len());
                send(transmit);
            });
        });
    }

    /// Reads from, writes to and closes clients, and does whatever is due.
    fn serve_clients(&mut self) {
        let (sockets, audit) = (&mut self.sockets, &mut self.operations.audit);
        let mut serving = Serving { now: self.now, clock: self.clock, sockets, audit };
        serving.sockets.encryption.begin_turn();
        self.turn.run(self.now, &mut serving);
    }

    /// Follows up on clients that were closed.
    fn note_seats(&mut self) {
        // Some way below the limit, so that a crowd at the door does not fill the log.
        if self.sockets.full_logged && self.seats_taken() * 10 < self.sockets.clients_max * 9 {
            self.sockets.full_logged = false;
            log::info!("there is room again for new clients");
        }
        if self.lifecycle.leaving && self.sockets.connections.is_empty() {
            self.lifecycle.stopped_by.get_or_insert(Exit::Drained);
        }
    }

    /// When the next turn must begin at the latest.
    fn next_due(&mut self) -> Option<Time> {
        let due = self.turn.due();
        if due == Some(Time::ZERO) || self.sockets.datagrams.is_readable() {
            return Some(Time::ZERO);
        }
        let accept = self.sockets.listeners.poll_timeout();
        let save = self
            .operations
            .persistence
            .as_ref()
            .and_then(|persistence| persistence.due(&self.turn.server));
        let admin = self.operations.admin.as_ref().and_then(Admin::due);
        let others = [
            self.operations.supervisor.due(),
            self.sockets.proxies.due(),
            self.lifecycle.upgrade.due(),
        ];
        let certificates =
            self.sockets.encryption.acceptor().map(|_| self.operations.certificates.due());
        let others = [accept, save, admin, certificates].into_iter().chain(others);
        due.into_iter().chain(others.flatten()).min()
    }
}

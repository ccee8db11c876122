//! The poll loop: eight steps a turn.
//!
//! ```text
//! wait      poll; events only set flags and put clients on the ready list
//! accept    new clients, within a budget
//! receive   datagrams, then one read for each ready client
//! expire    what was due
//! flush     one write for each client that has something to be sent
//! reap      close sockets and free ids
//! keep      save what outlives the server, once in a while
//! watch     answer who asks the admin listener, once in a while
//! ```
//!
//! Events are edge-triggered and registered once: a client that was not read to the end stays on
//! the ready list, because nobody will remind us, and poll does not sleep while the list holds
//! anyone.

mod balanced;
mod door;
mod flush;
mod reload;
mod setup;
mod succession;
mod upgrade;
mod upkeep;
mod waiting;
mod watch;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use mio::event::Event;
use mio::{Events, Poll};

use flush::Flush;
pub use reload::Chosen;
use upgrade::Upgrade;

use super::admin::Admin;
use super::audit::AuditLog;
use super::clock::Clock;
use super::connection::{Connection, Input};
use super::datagram::Datagrams;
use super::error::NetError;
use super::gauges::Gauges;
use super::heard::Heard;
use super::keeper::Keeper;
use super::listen_at::ListenAt;
use super::listener::Listeners;
use super::log_writer::LogSink;
use super::pacer::Pacer;
use super::process::ProcessGauge;
use super::proxied::Proxies;
use super::signals::SignalSource;
use super::supervisor::Supervisor;
use super::token::Source;
use super::turn_gauge::TurnGauge;
use crate::id::{ClientId, Registry};
use crate::limits::{CLOSES_PER_TURN, READS_PER_TURN};
use crate::server::Server;
use crate::subnet::Subnet;
use crate::time::Time;

/// What an operator may choose about the network. The defaults are in `limits`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to accept clients.
    pub tcp: Vec<ListenAt>,
    /// Where to receive datagrams.
    pub udp: Vec<ListenAt>,
    /// Connections the kernel holds for us.
    pub backlog: i32,
    /// Clients at once.
    pub clients_max: usize,
    /// Balancers, which must tell for whom they connect.
    pub proxies: Vec<Subnet>,
    /// Idle time after which TCP probes a peer; zero never does.
    pub keepalive: Duration,
    /// How long sent data may stay unacknowledged; zero leaves that to the system.
    pub user_timeout: Duration,
    /// How long clients may take to read the goodbye.
    pub drain: Duration,
    /// Over which time SIGUSR2 sends everybody away.
    pub lame_duck: Duration,
    /// How long what was said in a busy room may wait to be written with what comes next.
    pub max_delay: Duration,
    /// The folder that keeps what outlives the server, if any.
    pub state: Option<PathBuf>,
    /// Where to show how the server is, if anywhere.
    pub admin: Option<SocketAddr>,
    /// Whether SIGHUP means that the terminal is gone, and not that something is to be read again.
    pub stops_at_hangup: bool,
}

/// How the loop has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everyone was told, and has read it or had the time to.
    Drained,
    /// A second signal, this one, did not want to wait.
    AtOnce(i32),
    /// Another process goes on.
    HandedOver,
}

/// The poll loop and everything that is registered with it.
pub struct Reactor {
    poll: Poll,
    events: Events,
    clock: Clock,
    /// The present of this turn.
    now: Time,
    server: Server,
    keeper: Option<Keeper>,
    /// Where that keeps.
    folder: Option<PathBuf>,
    /// When the calendar was read.
    calendar_read: Time,
    connections: Registry<Connection>,
    listeners: Listeners,
    proxies: Proxies,
    datagrams: Datagrams,
    signals: SignalSource,
    supervisor: Supervisor,
    log: LogSink,
    /// Taken out while it looks at the rest.
    admin: Option<Admin>,
    audit: AuditLog,
    gauges: Gauges,
    process: ProcessGauge,
    /// Clients to be heard, each in its turn.
    ready: VecDeque<ClientId>,
    heard: Heard,
    pacer: Pacer,
    /// How long turns took since the last report.
    turns: TurnGauge,
    /// Messages published that the pacer was told of.
    published: u64,
    flush: Flush,
    scratch: Box<[u8]>,
    clients_max: usize,
    /// The most clients since memory was last given back.
    crowd: usize,
    drain: Duration,
    lame_duck: Duration,
    /// Nobody else is let in; everybody is sent away, at once or over a while.
    leaving: bool,
    /// Everybody was told goodbye.
    stopping: bool,
    stopped_by: Option<Exit>,
    /// A signal asks to read the settings again.
    reload_asked: bool,
    /// Told that the server is full, and not yet that it is not.
    full_told: bool,
    upgrade: Upgrade,
}

impl Reactor {
    /// Where the server listens: `tcp`, `udp` or `admin`, and the address.
    pub fn addresses(&self) -> impl Iterator<Item = (&'static str, SocketAddr)> {
        let tcp = self.listeners.addresses().map(|address| ("tcp", address));
        let admin = self.admin.iter().filter_map(Admin::address).map(|address| ("admin", address));
        tcp.chain(self.datagrams.addresses().map(|address| ("udp", address))).chain(admin)
    }

    /// Serves until a signal says stop. When one asks for it, `reread` says what is chosen now,
    /// or nothing where that makes no sense.
    ///
    /// # Errors
    /// Waiting for events failed, which no client can bring about.
    pub fn run(&mut self, reread: &mut dyn FnMut() -> Option<Chosen>) -> Result<Exit, NetError> {
        self.now = self.clock.now();
        self.read_calendar();
        self.supervisor.ready(self.now);
        let exit = loop {
            self.turn()?;
            if std::mem::take(&mut self.reload_asked) {
                self.reload(reread());
            }
            if let Some(exit) = self.stopped_by {
                break exit;
            }
        };
        self.turns.record(self.clock.now().since(self.now));
        self.log_report();
        Ok(exit)
    }

    /// Writes out what is left of the log; at most for `patience`.
    pub fn finish_log(&mut self, patience: Duration) {
        self.log.finish(patience);
    }

    fn turn(&mut self) -> Result<(), NetError> {
        self.wait()?;
        self.accept();
        self.receive();
        self.expire();
        self.log_audit();
        if self.may_flush() {
            self.flush();
        }
        self.reap();
        self.keep();
        self.serve_admin();
        self.go_on_upgrading();
        Ok(())
    }

    fn note(&mut self, event: &Event) {
        match Source::from(event.token()) {
            Source::Client(id) => self.note_client(id, event),
            Source::Listener(index) => self.listeners.note_pending(index),
            Source::Datagram(index) => self.datagrams.note_readable(index),
            Source::Signals => self.obey_signals(),
            // Drained at the start of each turn.
            Source::Log => {}
            Source::AdminListener => self.admin.iter_mut().for_each(Admin::note_pending),
            Source::Admin(number) => {
                self.admin.iter_mut().for_each(|admin| admin.note_stirred(number));
            }
            Source::Proxied(index) => self.read_proxy_header(usize::from(index)),
            Source::Successor => self.upgrade.note_readable(),
        }
    }

    fn note_client(&mut self, id: ClientId, event: &Event) {
        let Some(connection) = self.connections.get_mut(id) else { return };
        let more_behind = event.is_read_closed() || event.is_priority();
        if event.is_readable() || more_behind || event.is_error() {
            connection.readable = true;
            connection.drain |= more_behind;
            connection.finished |= event.is_read_closed() && !event.is_error();
            self.queue(id);
        }
        if event.is_writable() {
            self.server.unblock(id);
        }
    }

    fn receive(&mut self) {
        if self.datagrams.is_readable() {
            let (server, now) = (&mut self.server, self.now);
            self.datagrams.serve(|via, source, datagram, send| {
                log::trace!("udp {source}: {} bytes", datagram.len());
                server.datagram(now, via, source, datagram, &mut |transmit| {
                    log::trace!("udp {}: told {} bytes", transmit.to, transmit.payload.len());
                    send(transmit);
                });
            });
        }
        self.gauges.cut.reads += u64::from(self.ready.len() > READS_PER_TURN);
        for _ in 0..self.ready.len().min(READS_PER_TURN) {
            // So much is queued already that it must be written before more is added.
            if self.server.wants_flush() {
                self.gauges.cut.reads_for_writes += 1;
                break;
            }
            let Some(id) = self.ready.pop_front() else { break };
            self.hear(id);
            self.heard.note_one();
        }
    }

    /// Hears one client: what it said before and there was no time for, or what one read brings.
    fn hear(&mut self, id: ClientId) {
        let Some(connection) = self.connections.get_mut(id) else { return };
        connection.queued = false;
        if !self.server.resume(self.now, id) {
            // None: not now, and the server will say when.
            let appetite = self.server.appetite(id);
            if appetite == 0 || !connection.readable {
                return;
            }
            match connection.read(&mut self.scratch[..appetite]) {
                Input::Bytes(count) => {
                    log::trace!("client {id}: read {count} of {appetite} bytes");
                    self.server.receive(self.now, id, &self.scratch[..count]);
                }
                Input::Nothing => {}
                Input::End => self.server.half_closed(self.now, id),
                Input::Broken => self.server.read_failed(self.now, id),
            }
            if connection.readable {
                self.queue(id);
            }
        }
        self.queue_woken();
        self.log_name(id);
    }

    /// Tells the log once who a client is.
    fn log_name(&mut self, id: ClientId) {
        if log::log_enabled!(log::Level::Debug)
            && let Some(connection) = self.connections.get_mut(id).filter(|known| !known.named)
            && let Some(nickname) = self.server.lobby().nickname(id)
        {
            connection.named = true;
            log::debug!("client {id}: is {}", nickname.as_str());
        }
    }

    /// Does what was due before the moment up to which everybody has been heard.
    fn expire(&mut self) {
        let now = self.heard.until();
        self.expire_proxy_headers(now);
        self.check_passwords();
        self.server.handle_timeout(now);
        self.server.handle_match_timeout(now, &mut |transmit| self.datagrams.send(transmit));
        self.queue_woken();
    }

    /// Does some rounds of a password check, if they are due, and sees how long they take.
    fn check_passwords(&mut self) {
        if self.server.is_check_due(self.now) {
            let began = self.clock.now();
            self.server.go_on_checking(self.now);
            let ended = self.clock.now();
            self.server.pause_checks(ended, ended.since(began));
        }
    }

    /// Whether it is time to write. While more is said than is good to write one by one, what
    /// waits may grow, unless it has grown enough.
    fn may_flush(&mut self) -> bool {
        let published = self.server.delivery_counters().published;
        self.pacer.note_published(self.now, published - self.published);
        if published > self.published {
            self.gauges.note_said(self.now);
        }
        self.published = published;
        // A flush that is wanted takes place even if all sockets are full: it begins a new count.
        self.flush.is_under_way()
            || self.server.wants_flush()
            || self.server.is_dirty() && (self.now >= self.pacer.due() || self.stopping)
    }

    fn reap(&mut self) {
        for _ in 0..CLOSES_PER_TURN {
            let Some((id, reason)) = self.server.poll_reap() else { break };
            let Some(connection) = self.connections.remove(id) else { continue };
            log::debug!("client {id}: closed, {}", reason.name());
            connection.close(&mut self.scratch);
            self.listeners.note_freed(self.now);
        }
        // Some way below the limit, so that a crowd at the door does not fill the log.
        if self.full_told && self.seats_taken() * 10 < self.clients_max * 9 {
            self.full_told = false;
            log::info!("there is room again for new clients");
        }
        if self.leaving && self.connections.is_empty() {
            self.stopped_by.get_or_insert(Exit::Drained);
        }
    }

    /// Puts a client on the ready list.
    fn queue(&mut self, id: ClientId) {
        if let Some(connection) = self.connections.get_mut(id)
            && !connection.queued
        {
            connection.queued = true;
            self.ready.push_back(id);
        }
    }

    fn queue_woken(&mut self) {
        while let Some(id) = self.server.poll_woken() {
            self.queue(id);
        }
    }

    /// When the next turn must begin at the latest.
    fn next_due(&mut self) -> Option<Time> {
        let unfinished =
            self.flush.is_under_way() || self.server.wants_flush() || self.datagrams.is_readable();
        if unfinished || !self.ready.is_empty() {
            return Some(Time::ZERO);
        }
        let due = self.server.poll_timeout();
        let accept = self.listeners.poll_timeout();
        let flush = self.server.is_dirty().then(|| self.pacer.due());
        let keep = self.keeper.as_ref().and_then(|keeper| keeper.due(&self.server));
        let admin = self.admin.as_ref().and_then(Admin::due);
        let others = [self.supervisor.due(), self.proxies.due(), self.upgrade.due()];
        let others = [accept, flush, keep, admin].into_iter().chain(others);
        due.into_iter().chain(others.flatten()).min()
    }
}

//! The poll loop's other duties: signals, the log, and giving memory back.

use std::io;

use mio::unix::SourceFd;
use mio::{Interest, Poll};
use signal_hook::consts::SIGHUP;

use super::{Exit, Reactor};
use crate::limits::CROWD;
use crate::net::clock::Clock;
use crate::net::log_writer::LogSink;
use crate::net::signals::SignalRequest;
use crate::net::token::Source;
use crate::server::CloseReason;

impl Reactor {
    /// Gives back memory that a crowd has needed, when most of it has left and there is nothing to
    /// do.
    pub(super) fn trim(&mut self) {
        let here = self.sockets.connections.len();
        if here <= self.sockets.clients_peak / 4 && here + CROWD <= self.sockets.clients_peak {
            self.sockets.clients_peak = here;
            self.turn.trim();
            self.sockets.proxies.trim();
            self.sockets.encryption.trim();
            self.sockets.connections.trim();
        }
    }

    /// Saves what outlives the server, if that is due.
    pub(super) fn save(&mut self) {
        if let Some(persistence) = &mut self.operations.persistence {
            persistence.save(self.now, &mut self.turn.server, self.clock);
        }
    }

    /// Moves the store's log into its database, if it is time for that.
    pub(super) fn checkpoint_state(&mut self, is_idle: bool) {
        if let Some(persistence) = &mut self.operations.persistence {
            persistence.checkpoint_if_due(is_idle, self.clock);
        }
    }

    /// Saves everything that is unsaved, and closes the state.
    pub fn finish_state(&mut self) {
        if let Some(persistence) = self.operations.persistence.take() {
            persistence.finish(&mut self.turn.server, self.clock);
        }
    }

    /// Sets the server's dates by the calendar as it is now: it may have been changed.
    pub(super) fn read_calendar(&mut self) {
        self.operations.calendar_read = self.now;
        self.turn.server.set_calendar(self.now, Clock::calendar());
    }

    /// Tells the supervisor that the loop turns, if that is due.
    pub(super) fn heartbeat(&mut self) {
        self.operations.supervisor.heartbeat(self.now, || {
            let clients = self.sockets.connections.len();
            let rooms = self.turn.server.status().lobby().rooms();
            let doing = if self.lifecycle.leaving { "Stopping" } else { "Serving" };
            format!("{doing}: {clients} clients in {rooms} rooms")
        });
    }

    /// Carries out the requests of signals.
    pub(super) fn handle_signals(&mut self) {
        let requests: Vec<SignalRequest> = self.lifecycle.signals.requests().collect();
        for request in requests {
            match request {
                SignalRequest::Reload => {
                    self.operations.supervisor.reloading();
                    self.reopen_log();
                    self.log_report();
                    self.lifecycle.reload_asked = true;
                }
                SignalRequest::LameDuck => self.send_away(),
                SignalRequest::Upgrade => self.begin_upgrade(),
                SignalRequest::Stop(signal) if self.lifecycle.stopping => {
                    log::warn!("stopping at once: signal={signal}");
                    self.lifecycle.stopped_by = Some(Exit::AtOnce(signal));
                }
                SignalRequest::Stop(signal) => self.stop(signal),
                SignalRequest::HangUp if self.lifecycle.stopping => {}
                SignalRequest::HangUp => {
                    log::info!(
                        "the terminal is gone, or SIGHUP was sent: without -c it means stop"
                    );
                    self.stop(SIGHUP);
                }
            }
        }
    }

    fn reopen_log(&mut self) {
        match self.operations.log.reopen() {
            Ok(false) => log::info!("nothing to reopen: the log goes to stderr"),
            Ok(true) => match watch_log(&self.sockets.poll, &self.operations.log) {
                Ok(()) => log::info!("log reopened"),
                Err(error) => log::warn!("log reopened, but it cannot be watched: {error}"),
            },
            Err(error) => log::warn!("log not reopened, the old one is kept: {error}"),
        }
    }

    fn stop(&mut self, signal: i32) {
        log::info!("stopping: signal={signal} clients={}", self.sockets.connections.len());
        (self.lifecycle.leaving, self.lifecycle.stopping) = (true, true);
        self.operations.supervisor.stopping(self.lifecycle.drain);
        self.abandon_upgrade("the server is stopping");
        self.sockets.listeners.close();
        self.sockets.proxies.close();
        self.sockets.datagrams.close();
        self.turn.server.shutdown(self.now, self.lifecycle.drain);
    }

    /// Accepts no more clients, and sends everybody away over a while. Datagrams are served
    /// meanwhile.
    fn send_away(&mut self) {
        if self.lifecycle.leaving {
            return log::info!("everybody is being sent away already");
        }
        log::info!(
            "sending away: clients={} within={:?}",
            self.sockets.connections.len(),
            self.lifecycle.lame_duck
        );
        self.lifecycle.leaving = true;
        self.operations
            .supervisor
            .stopping(self.lifecycle.lame_duck.saturating_add(self.lifecycle.drain));
        self.abandon_upgrade("everybody is being sent away");
        self.sockets.listeners.close();
        // Their clients would be admitted later, and stay.
        self.sockets.proxies.close();
        self.turn.server.send_away_within(self.now, self.lifecycle.lame_duck);
    }

    /// Logs the number of clients, the totals since the start, and the turns since the last report.
    pub(super) fn log_report(&mut self) {
        let status = self.turn.server.status();
        log::info!(
            "here: clients={} members={} rooms={} waiting_bytes={} remembered_bytes={}",
            self.sockets.connections.len(),
            status.lobby().members(),
            status.lobby().rooms(),
            status.held(),
            status.lobby().remembered()
        );
        self.log_served();
        self.operations.audit.tell_left_out();
        self.log_proxied();
        self.log_matched();
        if let Some(persistence) = &self.operations.persistence {
            log::info!("state: {persistence}");
        }
        log::info!("turns: {}", self.operations.turns);
        self.operations.turns.reset();
    }

    fn log_served(&self) {
        let status = self.turn.server.status();
        let (counters, delivery) = (status.counters(), status.delivery_counters());
        log::info!(
            "served: lines={} deliveries={} sent_bytes={} passwords_refused={}",
            counters.lines,
            delivery.deliveries,
            delivery.sent_bytes,
            counters.passwords_refused
        );
        let closed = CloseReason::NAMES.iter().zip(counters.closed);
        for (reason, count) in closed.filter(|(_, count)| *count > 0) {
            log::info!("closed: reason={reason} count={count}");
        }
    }

    fn log_matched(&self) {
        let matchmaker = self.turn.server.status().matchmaker();
        let (all, keyed) = (matchmaker.counters(), matchmaker.keyed_counters());
        log::info!(
            "udp: received={} dropped={} stun={} pairs={} players={} matched={} relayed_bytes={}",
            all.received,
            all.dropped.total(),
            all.stun_answered,
            all.paired,
            matchmaker.players(),
            keyed.matched,
            keyed.relayed_bytes
        );
        if keyed.reports > 0 {
            log::info!(
                "players reached: lan={} direct={} relay={} failed={}",
                keyed.lan,
                keyed.direct,
                keyed.relay,
                keyed.failed
            );
        }
    }
}

/// Has poll say when a descriptor that the log waits for takes bytes again. A file always does.
pub(super) fn watch_log(poll: &Poll, log: &LogSink) -> io::Result<()> {
    let Some(descriptor) = log.pollable_fd() else { return Ok(()) };
    match poll.registry().register(
        &mut SourceFd(&descriptor),
        Source::Log.into(),
        Interest::WRITABLE,
    ) {
        // Reopening has left the same descriptor in place.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        // `/dev/null` and the like are always writable and refuse to be watched.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        registered => registered,
    }
}

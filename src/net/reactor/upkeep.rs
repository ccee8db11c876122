//! What the poll loop does besides serving: signals, the log, and giving memory back.

use std::io;

use mio::unix::SourceFd;
use mio::{Interest, Poll};
use signal_hook::consts::SIGHUP;

use super::{Exit, Reactor};
use crate::limits::CROWD;
use crate::net::clock::Clock;
use crate::net::log_writer::LogSink;
use crate::net::signals::Request;
use crate::net::token::Source;
use crate::server::CloseReason;

impl Reactor {
    /// Gives back what a crowd has needed, when most of it has left and there is nothing to do.
    pub(super) fn trim(&mut self) {
        let here = self.connections.len();
        if here <= self.crowd / 4 && here + CROWD <= self.crowd {
            self.crowd = here;
            self.turn.trim();
            self.proxies.trim();
            self.connections.trim();
        }
    }

    /// Saves what outlives the server, if that is due.
    pub(super) fn keep(&mut self) {
        if let Some(keeper) = &mut self.keeper {
            keeper.keep(self.now, &mut self.turn.server, self.clock);
        }
    }

    /// Does for the state on disk what can wait, if this is the time for it.
    pub(super) fn tidy_up_state(&mut self, is_idle: bool) {
        if let Some(keeper) = &mut self.keeper {
            keeper.tidy_up(is_idle, self.clock);
        }
    }

    /// Saves what is still to be saved, and closes the state.
    pub fn finish_state(&mut self) {
        if let Some(keeper) = self.keeper.take() {
            keeper.finish(&mut self.turn.server, self.clock);
        }
    }

    /// Dates are told by the calendar as it is now: it may have been set.
    pub(super) fn read_calendar(&mut self) {
        self.calendar_read = self.now;
        self.turn.server.set_calendar(self.now, Clock::calendar());
    }

    /// Tells whoever supervises the server that the loop turns, if that is due.
    pub(super) fn beat(&mut self) {
        self.supervisor.beat(self.now, || {
            let clients = self.connections.len();
            let rooms = self.turn.server.lobby().rooms();
            let doing = if self.leaving { "Stopping" } else { "Serving" };
            format!("{doing}: {clients} clients in {rooms} rooms")
        });
    }

    /// Does what signals ask for.
    pub(super) fn obey_signals(&mut self) {
        let requests: Vec<Request> = self.signals.requests().collect();
        for request in requests {
            match request {
                Request::Reload => {
                    self.supervisor.reloading();
                    self.reopen_log();
                    self.log_report();
                    self.reload_asked = true;
                }
                Request::LameDuck => self.send_away(),
                Request::Upgrade => self.begin_upgrade(),
                Request::Stop(signal) if self.stopping => {
                    log::warn!("stopping at once: signal={signal}");
                    self.stopped_by = Some(Exit::AtOnce(signal));
                }
                Request::Stop(signal) => self.stop(signal),
                Request::HangUp if self.stopping => {}
                Request::HangUp => {
                    log::info!(
                        "the terminal is gone, or SIGHUP was sent: without -c it means stop"
                    );
                    self.stop(SIGHUP);
                }
            }
        }
    }

    fn reopen_log(&mut self) {
        match self.log.reopen() {
            Ok(false) => log::info!("nothing to reopen: the log goes to stderr"),
            Ok(true) => match watch_log(&self.poll, &self.log) {
                Ok(()) => log::info!("log reopened"),
                Err(error) => log::warn!("log reopened, but it cannot be watched: {error}"),
            },
            Err(error) => log::warn!("log not reopened, the old one is kept: {error}"),
        }
    }

    fn stop(&mut self, signal: i32) {
        log::info!("stopping: signal={signal} clients={}", self.connections.len());
        (self.leaving, self.stopping) = (true, true);
        self.supervisor.stopping(self.drain);
        self.abandon_upgrade("the server is stopping");
        self.listeners.close();
        self.proxies.close();
        self.datagrams.close();
        self.turn.server.shutdown(self.now, self.drain);
    }

    /// Lets nobody else in, and sends everybody away over a while. Datagrams are served meanwhile.
    fn send_away(&mut self) {
        if self.leaving {
            return log::info!("everybody is being sent away already");
        }
        log::info!("sending away: clients={} within={:?}", self.connections.len(), self.lame_duck);
        self.leaving = true;
        self.supervisor.stopping(self.lame_duck.saturating_add(self.drain));
        self.abandon_upgrade("everybody is being sent away");
        self.listeners.close();
        // Whoever they come for would be let in later, and stay.
        self.proxies.close();
        self.turn.server.send_away_within(self.now, self.lame_duck);
    }

    /// Logs who is here and what was served since the start, and the turns since the last report.
    pub(super) fn log_report(&mut self) {
        log::info!(
            "here: clients={} members={} rooms={} waiting_bytes={} remembered_bytes={}",
            self.connections.len(),
            self.turn.server.lobby().members(),
            self.turn.server.lobby().rooms(),
            self.turn.server.held(),
            self.turn.server.lobby().remembered()
        );
        self.log_served();
        self.audit.tell_left_out();
        self.log_proxied();
        self.log_matched();
        if let Some(keeper) = &self.keeper {
            log::info!("state: {keeper}");
        }
        log::info!("turns: {}", self.turns);
        self.turns.reset();
    }

    fn log_served(&self) {
        let (counters, delivery) =
            (self.turn.server.counters(), self.turn.server.delivery_counters());
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
        let matchmaker = self.turn.server.matchmaker();
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

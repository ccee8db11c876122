//! The old side of a hand-over: starts a new process, and makes way for it.
//!
//! While the new process starts everybody is served. Then serving pauses for as long as it takes to
//! write the document, send it and hear that it was understood. If anything goes wrong until then,
//! the new process is ended and this one goes on as if nothing had happened.
//!
//! Invariant: from the moment at which the document is made no client is read or written, unless
//! the new process is known to be dead.

use std::os::fd::{AsRawFd, BorrowedFd};
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::Duration;

use mio::Interest;
use mio::unix::SourceFd;
use rustix::process::{Pid, Signal, kill_process};

use super::sockets::Sockets;
use super::{Exit, Reactor};
use crate::limits::{
    HANDOVER_BYTES_PER_SECOND, HANDOVER_PATIENCE, HANDOVER_PATIENCE_MAX,
    HANDOVER_WAITING_BYTES_MAX, SUCCESSOR_PATIENCE,
};
use crate::net::admin::Admin;
use crate::net::handover::{HandoverChannel, HandoverError, HandoverSignal, SUCCEEDS};
use crate::net::handover_state::HandoverState;
use crate::net::persistence::Persistence;
use crate::net::signals::SignalRequest;
use crate::net::token::Source;
use crate::time::Time;

/// The state of an upgrade.
#[derive(Debug)]
pub(super) struct Upgrade {
    /// The program to start. Its path is looked up when the server starts: by now the file may be a
    /// newer one, and that is the point.
    program: Option<PathBuf>,
    successor: Option<Successor>,
}

/// A process that is to take over.
#[derive(Debug)]
struct Successor {
    process: Child,
    channel: HandoverChannel,
    /// When it must be ready.
    deadline: Time,
    /// It has replied, or has ended.
    has_replied: bool,
}

impl Upgrade {
    /// None is under way.
    pub(super) fn new() -> Self {
        Self { program: own_program(), successor: None }
    }

    /// When the new process must be ready at the latest.
    pub(super) fn due(&self) -> Option<Time> {
        let successor = self.successor.as_ref()?;
        Some(if successor.has_replied { Time::ZERO } else { successor.deadline })
    }

    /// The new process has said something, or has ended.
    pub(super) fn note_readable(&mut self) {
        if let Some(successor) = &mut self.successor {
            successor.has_replied = true;
        }
    }
}

/// The path by which this program was started, as long as that names a file: a link may lead to
/// another version later. Otherwise the system's path of the executable.
fn own_program() -> Option<PathBuf> {
    let called = std::env::args_os().next().map(PathBuf::from);
    let by_path = called.filter(|path| path.components().count() > 1);
    let named = by_path.and_then(|path| std::path::absolute(path).ok());
    named.filter(|path| path.is_file()).or_else(|| std::env::current_exe().ok())
}

impl Reactor {
    /// Starts a new process, which will say when it is ready.
    pub(super) fn begin_upgrade(&mut self) {
        if self.lifecycle.leaving {
            return log::warn!("upgrade: not while the server is stopping");
        }
        if self.lifecycle.upgrade.successor.is_some() {
            return log::warn!("upgrade: one is under way");
        }
        match self.start_successor() {
            Ok(successor) => {
                log::info!("upgrade: started pid={}", successor.process.id());
                self.lifecycle.upgrade.successor = Some(successor);
            }
            Err(error) => log::error!("upgrade: {error}; this process goes on"),
        }
    }

    fn start_successor(&self) -> Result<Successor, HandoverError> {
        let failed = |what| move |source| HandoverError::Io { what, source };
        let unknown = || HandoverError::Refused("this program does not know its own path".into());
        let program = self.lifecycle.upgrade.program.as_ref().ok_or_else(unknown)?;
        let (channel, theirs) = HandoverChannel::pair().map_err(failed("a pair of sockets"))?;
        let token = Source::Successor.into();
        let descriptor = channel.descriptor().as_raw_fd();
        let registry = self.sockets.poll.registry();
        let registered = registry.register(&mut SourceFd(&descriptor), token, Interest::READABLE);
        registered.map_err(failed("polling"))?;
        let mut command = Command::new(program);
        command.args(std::env::args_os().skip(1));
        command.env(SUCCEEDS, std::process::id().to_string()).stdin(theirs);
        // They name this process, and would mislead the new one.
        for name in ["WATCHDOG_PID", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] {
            command.env_remove(name);
        }
        let process = command.spawn().map_err(failed("the new process cannot be started"))?;
        let deadline = self.now + SUCCESSOR_PATIENCE;
        Ok(Successor { process, channel, deadline, has_replied: false })
    }

    /// Hands over if the new process is ready, or gives it up if it is not in time.
    pub(super) fn continue_upgrade(&mut self) {
        let now = self.now;
        let is_due = |successor: &mut Successor| successor.has_replied || now >= successor.deadline;
        let Some(mut successor) = self.lifecycle.upgrade.successor.take_if(is_due) else { return };
        if !successor.has_replied {
            return give_up(successor, "it was not ready in time");
        }
        successor.channel.set_deadline(HANDOVER_PATIENCE);
        let begun = self.clock.now();
        let clients = self.sockets.connections.len();
        match successor
            .channel
            .expect(HandoverSignal::Ready)
            .and_then(|()| self.hand_over(&mut successor))
        {
            Ok(()) => {
                let pause_ms = self.clock.now().since(begun).as_millis();
                let pid = successor.process.id();
                self.operations.supervisor.hand_over(pid);
                log::info!("upgrade: handed over pid={pid} clients={clients} pause_ms={pause_ms}");
                self.lifecycle.stopped_by = Some(Exit::HandedOver);
                self.pass_on_signals(&successor.process);
            }
            Err(error) => {
                give_up(successor, &error.to_string());
                self.resume_saving();
            }
        }
    }

    /// Ends the new process, because this one has something else to do.
    pub(super) fn abandon_upgrade(&mut self, why: &str) {
        if let Some(successor) = self.lifecycle.upgrade.successor.take() {
            give_up(successor, why);
        }
    }

    fn hand_over(&mut self, successor: &mut Successor) -> Result<(), HandoverError> {
        let Sockets { encryption, connections, .. } = &self.sockets;
        let bytes = self.turn.server.handover().bytes() + encryption.handover_bytes(connections);
        if bytes > HANDOVER_WAITING_BYTES_MAX {
            return Err(HandoverError::TooMuch { bytes });
        }
        // The state cannot be open twice.
        if let Some(persistence) = self.operations.persistence.take() {
            persistence.finish(&mut self.turn.server, self.clock);
        }
        let server = self.turn.server.handover().state(self.clock.now());
        let mut state = HandoverState::new(
            self.clock.now(),
            self.sockets.datagrams.endpoints().clone(),
            server,
        );
        state.folder.clone_from(&self.operations.folder);
        state.encryption = self.sockets.encryption.handed_over(&self.sockets.connections);
        state.generations = self.sockets.connections.generations().to_vec();
        let mut sockets: Vec<BorrowedFd<'_>> = Vec::new();
        for (at, socket) in self.sockets.listeners.handed_over() {
            state.tcp.push(at);
            sockets.push(socket);
        }
        for (at, socket) in self.sockets.datagrams.handed_over() {
            state.udp.push(at);
            sockets.push(socket);
        }
        for (at, socket) in self.operations.admin.iter().filter_map(Admin::handed_over) {
            state.admin.push(at);
            sockets.push(socket);
        }
        for id in self.sockets.connections.ids() {
            let Some(connection) = self.sockets.connections.get(id) else { continue };
            state.clients.push(id);
            sockets.push(connection.descriptor());
        }
        let Successor { channel, .. } = successor;
        let document = state.write()?;
        let more = document.0.len() as f64 / HANDOVER_BYTES_PER_SECOND as f64;
        let patience = HANDOVER_PATIENCE + Duration::from_secs_f64(more);
        channel.set_deadline(patience.min(HANDOVER_PATIENCE_MAX));
        channel.send(&document.0, &sockets)?;
        channel.expect(HandoverSignal::Taken)?;
        // If the new process reads this it has everything; if it does not, it is dead, and this
        // process goes on.
        channel.send_signal(HandoverSignal::Go)
    }

    /// Passes on signals that arrived during the hand-over: their senders did not know of the new
    /// process.
    fn pass_on_signals(&mut self, process: &Child) {
        for request in self.lifecycle.signals.requests() {
            let meant = match request {
                SignalRequest::Stop(signal) => Signal::from_named_raw(signal),
                SignalRequest::LameDuck => Some(Signal::USR2),
                // The new process has another stdin: it takes this one for a wish to reload.
                SignalRequest::HangUp => Some(Signal::TERM),
                SignalRequest::Reload => Some(Signal::HUP),
                // That has just been done.
                SignalRequest::Upgrade => None,
            };
            if let Some(signal) = meant {
                log::info!("upgrade: passed on signal={}", signal.as_raw());
                let _ = kill_process(Pid::from_child(process), signal);
            }
        }
    }

    /// Opens the state again that was closed for the new process.
    fn resume_saving(&mut self) {
        let Some(folder) =
            self.operations.folder.as_deref().filter(|_| self.operations.persistence.is_none())
        else {
            return;
        };
        match Persistence::resume(folder, &mut self.turn.server) {
            Ok(mut persistence) => {
                persistence.begin(&mut self.turn.server);
                self.operations.persistence = Some(persistence);
            }
            Err(error) => log::error!("state: nothing is kept from now on: {error}"),
        }
    }
}

/// Ends a process that is not to take over. It has touched no client yet.
fn give_up(mut successor: Successor, why: &str) {
    // One that has ended already cannot be.
    let _ = successor.process.kill();
    let status = successor.process.wait().map(|status| status.to_string());
    let status = status.unwrap_or_else(|error| error.to_string());
    log::error!("upgrade: not done: {why} ({status}); this process goes on");
}

//! The new side of a hand-over: takes everything from the process that started this one, and
//! touches no client before it gets GO.

use std::panic::{AssertUnwindSafe, catch_unwind};

use mio::net::TcpStream;

use super::setup::Ports;
use super::sockets::Sockets;
use super::{NetSettings, Reactor};
use crate::id::Registry;
use crate::limits::PREDECESSOR_PATIENCE;
use crate::net::clock::Clock;
use crate::net::connection::Connection;
use crate::net::error::NetError;
use crate::net::handover::{HandoverError, HandoverSignal, Predecessor};
use crate::net::handover_state::{Document, HandoverState};
use crate::net::log_writer::LogSink;
use crate::net::persistence::Persistence;
use crate::server::{self, Server};

impl Reactor {
    /// Takes over from a server that runs.
    ///
    /// # Errors
    /// Why not, in one sentence. That server goes on.
    pub fn take_over_from(
        settings: &NetSettings,
        server_settings: server::Settings,
        log: LogSink,
        mut predecessor: Predecessor,
    ) -> Result<Self, NetError> {
        let channel = &mut predecessor.channel;
        // The other one may be in the middle of something.
        channel.set_deadline(PREDECESSOR_PATIENCE);
        channel.send_signal(HandoverSignal::Ready)?;
        let (document, descriptors) = channel.receive()?;
        let document = Document(document);
        let taken = HandoverState::read(&document.0).map_err(NetError::from).and_then(|state| {
            let sockets = state.assign(descriptors)?;
            let (tcp, udp, admin) = (sockets.tcp, sockets.udp, sockets.admin);
            let ports = Ports { tcp, udp, admin };
            let mut settings = settings.clone();
            if let Some(before) = state.encryption.acceptor() {
                settings.tls = settings.tls.map(|acceptor| acceptor.going_on(before));
            }
            let mut reactor = Self::assemble(&settings, server_settings.clone(), log, ports)?;
            reactor.take_over(server_settings, state, sockets.clients)?;
            Ok(reactor)
        });
        drop(document);
        match &taken {
            Ok(_) => channel
                .send_signal(HandoverSignal::Taken)
                .and_then(|()| channel.expect(HandoverSignal::Go))?,
            Err(error) => channel.refuse(&reason(error)),
        }
        let mut reactor = taken?;
        // The old process cannot go on any more, so it need not understand what is written from now
        // on.
        if let Some(persistence) = &mut reactor.operations.persistence {
            persistence.begin(&mut reactor.turn.server);
        }
        let clients = reactor.sockets.connections.len();
        log::info!("upgrade: taken over from pid={} clients={clients}", predecessor.process);
        Ok(reactor)
    }

    fn take_over(
        &mut self,
        mut settings: server::Settings,
        state: HandoverState,
        clients: Vec<std::os::fd::OwnedFd>,
    ) -> Result<(), NetError> {
        if state.folder != self.operations.folder {
            return Err(HandoverError::Folder.into());
        }
        settings.matchmaking.own_addresses = self.sockets.datagrams.addresses().collect();
        self.sockets.listeners.note_places(&mut settings.spoken);
        let same_sockets = state.has_sockets(self.sockets.datagrams.addresses());
        if same_sockets {
            self.sockets.datagrams.take_over(state.endpoints);
        }
        let ids = state.clients.iter().copied();
        let streams = clients.into_iter().map(|client| TcpStream::from_std(client.into()));
        let connections = ids.zip(streams).map(|(id, stream)| (id, Connection::new(stream)));
        self.sockets.connections = Registry::taken_over(connections, state.generations);
        let Sockets { encryption, connections, .. } = &mut self.sockets;
        let unread = encryption.take_over(state.encryption, connections);
        let unread = unread.map_err(HandoverError::from)?;
        let server = Server::taken_over(settings.clone(), state.server, same_sockets);
        self.turn.take_over(server);
        for id in unread {
            self.turn.note_readable(id);
        }
        self.clock = Clock::resuming(state.now);
        self.now = state.now;
        // The settings may differ from the old process's.
        self.turn.reconfigure(self.now, settings);
        self.sockets.clients_peak = self.sockets.connections.len();
        self.operations.process.came_with(self.sockets.connections.len() as u64);
        let closed: u64 = self.turn.server.status().counters().closed.iter().sum();
        self.operations.gauges.admitted = closed + self.sockets.connections.len() as u64;
        for id in state.clients {
            self.register_client(id);
        }
        let folder = self.operations.folder.as_deref();
        self.operations.persistence =
            folder.map(|folder| Persistence::resume(folder, &mut self.turn.server)).transpose()?;
        self.turn.server.handover().limit_history();
        self.check_invariants()
    }

    /// The taken-over state must be consistent as long as the old process can still go on: a
    /// document may be misunderstood, or written by a version with a fault.
    fn check_invariants(&self) -> Result<(), NetError> {
        let checked = catch_unwind(AssertUnwindSafe(|| {
            assert_eq!(
                self.turn.server.status().clients(),
                self.sockets.connections.len(),
                "a connection for each client"
            );
            self.turn.server.status().check_invariants();
        }));
        checked.map_err(|panic| {
            let text = panic.downcast::<String>().map(|text| *text);
            let text =
                text.or_else(|panic| panic.downcast::<&str>().map(|text| (*text).to_owned()));
            HandoverError::Inconsistent(text.unwrap_or_default()).into()
        })
    }
}

/// The reason for a refusal, for a reader who knows that it is about taking over.
fn reason(error: &NetError) -> String {
    match error {
        NetError::TakeOver(error) => error.to_string(),
        NetError::Listen { address, .. } => format!(
            "{error}; to move a port from one address to all of them, or back, takes a restart \
             ({address} is held by the old process)"
        ),
        error => error.to_string(),
    }
}

//! Simulated clients: their connections, their input and their unsent bytes.
//!
//! ```text
//!     open --> Connecting --> (Securing) --> Greeting --> Seated --> (left, or lost)
//!                  |              |             |
//!                  '--> failed <--'-------------'
//! ```
//!
//! By itself the pool sends only greetings and answers to the server's pings;
//! [`traffic`](super::traffic) decides who speaks when. All clients share one read buffer. Most
//! listeners only count messages; *probes* read them, to take latencies and to tell a sender of the
//! closed loop that its message has been around.

use std::net::SocketAddr;

use slab::Slab;

use super::admission::AdmissionState;
use super::client::{ClientRef, ClientRole, ConnectionStage, LatencyProbe, SimulatedClient};
use super::clock::Clock;
use super::connection::{Arrived, Connection};
use super::dialect::Codec;
use super::error::LoadError;
use super::event_loop::{EventLoop, ReadySocket};
use super::payload::{self, MarkerScanner};
use super::recorder::Recorder;
use super::socket;
use super::tally::{Tally, reason};
use crate::limits::{LOAD_OUTBOX_BYTES_MAX, LOAD_READ_BYTES, LOAD_READS_PER_LOOK};
use crate::time::Time;
use crate::tls::client::Connector;

/// All clients of this process.
pub(super) struct ClientPool {
    /// The events of the pool.
    pub(super) events: EventLoop,
    /// The run's clock.
    pub(super) clock: Clock,
    /// Counters of the run.
    pub(super) tally: Tally,
    /// Latencies of messages that probes have heard.
    pub(super) latency: Recorder,
    /// How long admission took, for clients that began to connect in its span.
    pub(super) admission: Recorder,
    server: SocketAddr,
    /// How connections are secured, if they are.
    connector: Option<Connector>,
    codec: Codec,
    clients: Slab<SimulatedClient>,
    /// The number of clients that are not seated yet.
    opening: usize,
    /// Clients seated since the last call of `take_seated`.
    seated: Vec<ClientRef>,
    /// For each sender of a closed loop, how many of its messages have been around.
    credits: Vec<usize>,
    /// Whether any witness has heard anything.
    witnessed: bool,
    /// Whether all clients leave as soon as they come, where the server does not confirm admission.
    passes: bool,
    window: (Time, Time),
    /// Read buffer of all, and write buffer of all.
    scratch: Vec<u8>,
    outgoing: Vec<u8>,
}

impl ClientPool {
    /// An empty pool.
    pub(super) fn new(
        server: SocketAddr,
        connector: Option<Connector>,
        codec: Codec,
        clock: Clock,
    ) -> Result<Self, LoadError> {
        Ok(Self {
            events: EventLoop::new(clock)?,
            clock,
            tally: Tally::default(),
            latency: Recorder::new()?,
            admission: Recorder::new()?,
            server,
            connector,
            codec,
            clients: Slab::new(),
            opening: 0,
            seated: Vec::new(),
            credits: Vec::new(),
            witnessed: false,
            passes: false,
            window: (Time::NEVER, Time::NEVER),
            scratch: vec![0; LOAD_READ_BYTES],
            outgoing: Vec::new(),
        })
    }

    /// The span in which messages count when they are due.
    pub(super) fn measure(&mut self, from: Time, until: Time) {
        self.window = (from, until);
        self.latency.open(from, until);
    }

    /// Begins to connect a client.
    pub(super) fn open(&mut self, number: u32, role: ClientRole) {
        let opened = self.clock.now();
        let greets = self.codec.greets_in_plain();
        let entry = self.clients.vacant_entry();
        let connection = Connection::open(self.connector.as_ref(), greets, || {
            let mut stream = socket::connect(self.server, number)?;
            self.events.watch(&mut stream, entry.key())?;
            Ok(stream)
        });
        match connection {
            Ok(connection) => {
                entry.insert(SimulatedClient::new(connection, number, role, opened));
                self.opening += 1;
            }
            Err(error) => self.note_failure(&reason(&error)),
        }
    }

    /// Waits until something happens or the moment has come.
    pub(super) fn wait(&mut self, until: Time) -> Result<(), LoadError> {
        self.events.wait(until)
    }

    /// Serves a few of the clients whose sockets are ready. Returns whether there are more.
    pub(super) fn serve_some(&mut self) -> bool {
        for _ in 0..LOAD_READS_PER_LOOK {
            let Some(ready) = self.events.take_ready() else { break };
            self.serve(ready);
        }
        self.events.has_ready()
    }

    /// Serves all clients whose sockets are ready, for as long as no message is due.
    pub(super) fn serve_all(&mut self) {
        while self.serve_some() {}
    }

    fn serve(&mut self, ready: ReadySocket) {
        let Some(client) = self.clients.get(ready.key) else { return };
        let is_deaf = client.deaf;
        if client.stage == ConnectionStage::Connecting && (ready.writable || ready.closed) {
            self.begin(ready.key);
        } else if ready.writable && client.has_unsent() {
            self.flush(ready.key);
        }
        if is_deaf && ready.closed {
            self.lose(ready.key, "cut off by the server while it did not read");
        } else if !is_deaf && (ready.readable || ready.closed) {
            self.read(ready.key, ready.closed);
        }
    }

    /// The system has connected a client, or could not.
    fn begin(&mut self, key: usize) {
        let Some(client) = self.clients.get_mut(key) else { return };
        let failure = client.connection.stream.take_error().unwrap_or_else(Some);
        if let Some(error) = failure {
            return self.lose(key, &reason(&error));
        }
        if client.connection.is_secure() {
            client.stage = ConnectionStage::Securing;
            // Whoever connects speaks first.
            return self.read(key, false);
        }
        self.greet(key);
    }

    /// Greets the server once a client is connected.
    fn greet(&mut self, key: usize) {
        let Some(client) = self.clients.get_mut(key) else { return };
        client.stage = ConnectionStage::Greeting;
        if self.passes {
            if let Err(error) = client.connection.finish() {
                self.lose(key, &reason(&error));
            }
            return;
        }
        if client.role == ClientRole::Voice || !self.codec.registers() {
            return self.seat(key);
        }
        let greeting = self.codec.greeting(client.number);
        self.send(key, &greeting);
    }

    fn seat(&mut self, key: usize) {
        let client = &mut self.clients[key];
        client.stage = ConnectionStage::Seated;
        client.begun = Vec::new();
        self.seated.push(ClientRef { key, number: client.number });
        self.opening -= 1;
        self.tally.admitted += 1;
        self.admission.record(client.opened, self.clock.now(), 1);
    }

    fn read(&mut self, key: usize, to_the_end: bool) {
        loop {
            let Some(client) = self.clients.get_mut(key) else { return };
            if client.stage == ConnectionStage::Connecting {
                return;
            }
            match client.connection.read(&mut self.scratch) {
                // It has read our goodbye.
                Ok(Arrived::End) if self.passes && client.stage == ConnectionStage::Greeting => {
                    return self.seat(key);
                }
                Ok(Arrived::End) => return self.lose(key, "connection closed by the server"),
                Ok(Arrived::Secured) => self.greet(key),
                Ok(Arrived::Bytes { count, emptied }) => {
                    self.hear(key, count);
                    // The end may be behind it.
                    if emptied && !to_the_end {
                        return;
                    }
                }
                Ok(Arrived::Nothing) => return,
                Err(error) => return self.lose(key, &reason(&error)),
            }
        }
    }

    /// A client has heard the first `count` bytes of the read buffer.
    fn hear(&mut self, key: usize, count: usize) {
        self.tally.bytes += count as u64;
        let client = &mut self.clients[key];
        client.spoken_to = true;
        match client.stage {
            ConnectionStage::Greeting if self.passes => return,
            ConnectionStage::Greeting => return self.hear_answer(key, count),
            _ => {}
        }
        let bytes = &self.scratch[..count];
        let heard = match &mut client.probe {
            None => payload::count(bytes),
            Some(probe) => {
                let now = self.clock.now();
                let (latency, credits) = (&mut self.latency, &mut self.credits);
                let witnessed = &mut self.witnessed;
                let witness_of = probe.witness_of;
                probe.scanner.hear(bytes, |sender, due, count| {
                    latency.record(due, now, count);
                    match witness_of {
                        Some((number, place)) if number == sender => {
                            credits[place] += count as usize;
                            *witnessed = true;
                        }
                        _ => {}
                    }
                })
            }
        };
        // A sender of a closed loop reads its messages; others are told by a line of their own.
        if (heard == 0 || client.probe.is_some()) && self.codec.hears_brakes(bytes) {
            self.tally.slowed_down += 1;
        }
        match client.role {
            ClientRole::Listener => self.tally.heard_by_listeners += heard as u64,
            _ => self.tally.heard_by_others += heard as u64,
        }
        self.outgoing.clear();
        self.codec.hear_member(bytes, &mut client.begun, &mut self.outgoing);
        self.send_outgoing(key);
    }

    fn hear_answer(&mut self, key: usize, count: usize) {
        let client = &mut self.clients[key];
        client.begun.extend_from_slice(&self.scratch[..count]);
        self.outgoing.clear();
        let answer = self.codec.hear_answer(client.number, &mut client.begun, &mut self.outgoing);
        self.send_outgoing(key);
        match answer {
            AdmissionState::Waiting => {}
            AdmissionState::Refused(words) => self.lose(key, &format!("turned away: {words}")),
            // Sending the reply may have failed.
            AdmissionState::Admitted if self.clients.contains(key) => self.seat(key),
            AdmissionState::Admitted => {}
        }
    }

    /// Says `count` messages that are due at one moment, with one write. Returns whether it could.
    pub(super) fn say(&mut self, seat: ClientRef, sender: u32, due: Time, count: usize) -> bool {
        let there = self.is_seated(seat);
        if !there || self.clients[seat.key].unsent.len() > LOAD_OUTBOX_BYTES_MAX {
            self.tally.held_back += count as u64;
            return false;
        }
        self.outgoing.clear();
        for _ in 0..count {
            self.codec.say(&mut self.outgoing, sender, due);
        }
        self.send_outgoing(seat.key);
        self.tally.said += count as u64;
        if (self.window.0..self.window.1).contains(&due) {
            self.tally.said_in_window += count as u64;
        }
        true
    }

    /// Sends bytes that are no message.
    pub(super) fn send_as_it_is(&mut self, seat: ClientRef, bytes: &[u8]) {
        if self.is_seated(seat) {
            self.send(seat.key, bytes);
        }
    }

    fn send_outgoing(&mut self, key: usize) {
        if !self.outgoing.is_empty() {
            let outgoing = std::mem::take(&mut self.outgoing);
            self.send(key, &outgoing);
            self.outgoing = outgoing;
        }
    }

    fn send(&mut self, key: usize, bytes: &[u8]) {
        let Some(client) = self.clients.get_mut(key) else { return };
        if let Err(error) = client.send(bytes) {
            self.lose(key, &reason(&error));
        }
    }

    fn flush(&mut self, key: usize) {
        let Some(client) = self.clients.get_mut(key) else { return };
        if let Err(error) = client.flush() {
            self.lose(key, &reason(&error));
        }
    }

    /// A client is gone against its will.
    fn lose(&mut self, key: usize, why: &str) {
        let Some(client) = self.clients.try_remove(key) else { return };
        if client.stage == ConnectionStage::Seated {
            self.tally.lost += 1;
            self.tally.failures.note(why);
        } else {
            self.opening -= 1;
            self.note_failure(why);
        }
    }

    fn note_failure(&mut self, why: &str) {
        self.tally.failed += 1;
        self.tally.failures.note(why);
    }

    /// Gives up all clients that were not admitted.
    pub(super) fn give_up_opening(&mut self) {
        let opening =
            |(_, client): &(usize, &SimulatedClient)| client.stage != ConnectionStage::Seated;
        let keys: Vec<usize> = self.clients.iter().filter(opening).map(|(key, _)| key).collect();
        for key in keys {
            self.lose(key, "no answer from the server");
        }
    }

    /// A client leaves.
    pub(super) fn leave(&mut self, seat: ClientRef) {
        if self.is_seated(seat) {
            self.clients.remove(seat.key).connection.say_farewell();
        }
    }

    /// All clients leave.
    pub(super) fn leave_all(&mut self) {
        self.clients = Slab::new();
        self.opening = 0;
    }

    /// Clients admitted since the last call.
    pub(super) fn take_seated(&mut self) -> Vec<ClientRef> {
        std::mem::take(&mut self.seated)
    }

    /// Has a client read the messages it hears.
    pub(super) fn make_probe(&mut self, seat: ClientRef) {
        let text_bytes = self.codec.text_bytes();
        if self.is_seated(seat) {
            let probe = || {
                Box::new(LatencyProbe { scanner: MarkerScanner::new(text_bytes), witness_of: None })
            };
            self.clients[seat.key].probe.get_or_insert_with(probe);
        }
    }

    /// Has a client count each message of a sender that it hears, in the returned entry of
    /// [`Self::credits`].
    pub(super) fn make_witness(&mut self, seat: ClientRef, sender: u32) -> usize {
        self.make_probe(seat);
        let place = self.credits.len();
        self.credits.push(0);
        let probe = self.clients.get_mut(seat.key).and_then(|client| client.probe.as_mut());
        if let Some(probe) = probe {
            probe.witness_of = Some((sender, place));
        }
        place
    }

    /// Whether some clients were to hear a sender's messages and none has heard any.
    pub(super) fn is_unheard(&self) -> bool {
        !self.witnessed && !self.credits.is_empty()
    }

    /// From now on all clients leave as soon as they come. Where the server does not confirm
    /// admission, they say goodbye, and the server's goodbye is the sign that it has met them: so
    /// none of them is still in its queue when the next one comes.
    pub(super) fn pass_through(&mut self) {
        self.passes = !self.codec.registers();
    }

    /// Has a client stop reading.
    pub(super) fn stall(&mut self, seat: ClientRef) {
        if self.is_seated(seat) {
            self.clients[seat.key].deaf = true;
        }
    }

    /// For each witness how many messages it has heard that were not taken from here.
    pub(super) fn credits(&mut self) -> &mut [usize] {
        &mut self.credits
    }

    /// Whether this client is in the room.
    pub(super) fn is_seated(&self, seat: ClientRef) -> bool {
        let client = self.clients.get(seat.key);
        client.is_some_and(|client| {
            client.number == seat.number && client.stage == ConnectionStage::Seated
        })
    }

    /// The role of a seated client.
    pub(super) fn role(&self, seat: ClientRef) -> Option<ClientRole> {
        self.is_seated(seat).then(|| self.clients[seat.key].role)
    }

    /// The number of clients that are being admitted.
    pub(super) fn opening(&self) -> usize {
        self.opening
    }

    /// The number of connections.
    pub(super) fn len(&self) -> usize {
        self.clients.len()
    }

    /// The number of clients that have heard nothing so far.
    pub(super) fn not_spoken_to(&self) -> usize {
        let waits =
            |client: &SimulatedClient| !client.spoken_to && client.role != ClientRole::Voice;
        self.clients.iter().filter(|(_, client)| waits(client)).count()
    }

    /// Whether a seated client has heard nothing so far.
    pub(super) fn is_not_spoken_to(&self, seat: ClientRef) -> bool {
        self.is_seated(seat) && !self.clients[seat.key].spoken_to
    }

    /// The language that all speak.
    pub(super) fn codec(&self) -> &Codec {
        &self.codec
    }
}

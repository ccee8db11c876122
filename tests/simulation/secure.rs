//! Some come encrypted: rustls on their side, the server's own channel on the other, and between
//! them the same network as everybody's. The model knows what is said in the end; of encryption it
//! knows when it begins and ends, and what is encrypted and cannot be taken back.

use std::collections::BTreeMap;
use std::io::{self, IoSlice, Read, Write};
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use mio_chat::dialect::Foreign;
use mio_chat::id::ClientId;
use mio_chat::limits;
use mio_chat::server::{self, CloseReason, Secured, Written};
use mio_chat::time::UnixTime;
use mio_chat::tls::{Acceptor, Channel, Received, SelfSigned, Sent};
use rustls::ClientConnection;
use rustls::pki_types::ServerName;
use rustls::version::{TLS12, TLS13};

use crate::client::{Client, Phase};
use crate::crowd::Crowd;
use crate::expected::Expected;
use crate::model::{Model, Nanos, nanos};
use crate::random::Random;
use crate::trusting;
use crate::wire::{Input, Wire};

/// Both ends of an encrypted connection.
#[derive(Debug)]
pub(crate) struct Secure {
    client: ClientConnection,
    /// Since the first bytes came.
    channel: Option<Box<Channel>>,
    /// Its network's own, so that all others have the luck that they would have without it.
    random: Random,
    /// The end of its side is told, and not just the end of its stream.
    tells_end: bool,
}

/// The server's end of the connection: a network that delays and refuses.
struct Pipe<'a> {
    wire: &'a mut Wire,
    random: &'a mut Random,
    /// How many bytes it takes still.
    window: usize,
    sent: Vec<u8>,
}

impl Secure {
    /// Of the client with this number.
    pub(crate) fn new(number: usize) -> Self {
        let version = if number.is_multiple_of(2) { &TLS12 } else { &TLS13 };
        let protocols = ["mio-chat"];
        let offered = &protocols[..usize::from(number.is_multiple_of(3))];
        let config = Arc::new(trusting::client(version, offered));
        let mut client =
            ClientConnection::new(config, ServerName::try_from("chat.example").unwrap()).unwrap();
        client.set_buffer_limit(None);
        let random = Random::new(number as u64);
        Self { client, channel: None, random, tells_end: number.is_multiple_of(4) }
    }

    /// What both have agreed on.
    fn acceptor() -> &'static Acceptor {
        static ACCEPTOR: OnceLock<Acceptor> = OnceLock::new();
        ACCEPTOR.get_or_init(|| {
            let hosts = ["chat.example".to_owned()];
            let pair = SelfSigned::make(&hosts, UnixTime::from_millis(1_763_820_125_123));
            Acceptor::unkept(pair.unwrap()).unwrap()
        })
    }

    fn is_secured(&self) -> bool {
        self.channel.as_ref().is_some_and(|channel| channel.is_secured())
    }

    /// Sends what the client has to send, be it for the handshake, if its stream goes on.
    fn client_sends(&mut self, now: Nanos, wire: &mut Wire) {
        let mut flight = Vec::new();
        while self.client.wants_write() {
            self.client.write_tls(&mut flight).unwrap();
        }
        if wire.is_open() {
            wire.send_raw(now, &mut self.random, &flight);
        }
    }

    /// The client reads at once what the network has taken. Returns what that says.
    fn client_reads(&mut self, mut sent: &[u8], is_open: bool) -> Vec<u8> {
        let mut heard = Vec::new();
        while !sent.is_empty() {
            self.client.read_tls(&mut sent).unwrap();
            let understood = self.client.process_new_packets();
            assert!(understood.is_ok() || !is_open, "{understood:?}");
            let _ = self.client.reader().read_to_end(&mut heard);
        }
        heard
    }
}

impl Wire {
    /// Comes encrypted.
    pub(crate) fn secure(&mut self, now: Nanos, number: usize) {
        let mut secure = Secure::new(number);
        secure.client_sends(now, self);
        self.secure = Some(Box::new(secure));
    }

    /// Says something as it is said on this wire. Whether that is done.
    pub(crate) fn send_secure(&mut self, now: Nanos, bytes: &[u8]) -> bool {
        let Some(mut secure) = self.secure.take() else { return false };
        secure.client.writer().write_all(bytes).unwrap();
        secure.client_sends(now, self);
        self.secure = Some(secure);
        true
    }

    /// Tells the end, if it is one that does.
    pub(crate) fn finish_secure(&mut self, now: Nanos) {
        let Some(mut secure) = self.secure.take() else { return };
        if secure.tells_end {
            secure.client.send_close_notify();
            secure.client_sends(now, self);
        }
        self.secure = Some(secure);
    }
}

impl Read for Pipe<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if !self.wire.readable {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        match self.wire.read(self.random, room.len()) {
            Input::Bytes(bytes) => {
                room[..bytes.len()].copy_from_slice(&bytes);
                Ok(bytes.len())
            }
            Input::Nothing => Err(io::ErrorKind::WouldBlock.into()),
            Input::End => Ok(0),
            Input::Broken => Err(io::ErrorKind::ConnectionReset.into()),
        }
    }
}

impl Write for Pipe<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = bytes.len().min(self.window);
        if count == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.sent.extend_from_slice(&bytes[..count]);
        self.window -= count;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a read has brought, for the model.
#[derive(Debug)]
pub(crate) enum Heard {
    Plain(Input),
    Securing,
    /// Whether a language was agreed on.
    Secured(bool),
    Noise(usize),
    Insecure,
}

impl Crowd {
    /// The wire of somebody who comes encrypted, and both its ends; to be put back.
    pub(crate) fn take_secure(&mut self, id: ClientId) -> Option<(Wire, Box<Secure>)> {
        self.wires.get(&id).filter(|wire| wire.secure.is_some())?;
        let mut wire = self.wires.remove(&id)?;
        let secure = wire.secure.take()?;
        Some((wire, secure))
    }

    /// See there.
    pub(crate) fn put_back(&mut self, id: ClientId, mut wire: Wire, secure: Box<Secure>) {
        wire.secure = Some(secure);
        self.wires.insert(id, wire);
    }

    /// Reads from somebody who comes encrypted.
    pub(crate) fn read_secure(
        &mut self,
        wire: &mut Wire,
        secure: &mut Secure,
        room: &mut [u8],
    ) -> (Heard, server::Read) {
        let mut random = secure.random.clone();
        // What waits after the handshake does so for a socket that is full.
        let window = if secure.is_secured() { 0 } else { usize::MAX };
        let mut pipe = Pipe { wire, random: &mut random, window, sent: Vec::new() };
        if secure.channel.is_none() {
            let begun = match pipe.read(room) {
                Ok(0) => return (Heard::Plain(Input::End), server::Read::End),
                Ok(count) => &room[..count],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return (Heard::Plain(Input::Nothing), server::Read::Nothing);
                }
                Err(_) => return (Heard::Plain(Input::Broken), server::Read::Broken),
            };
            let channel = Channel::accept(Secure::acceptor(), begun).unwrap();
            secure.channel = Some(Box::new(channel));
        }
        let channel = secure.channel.as_mut().unwrap();
        let received = channel.read(&mut pipe, room, &mut self.scratch);
        let sent = std::mem::take(&mut pipe.sent);
        secure.random = random;
        let told = secure.client_reads(&sent, wire.is_open());
        assert_eq!(told, b"", "a read says nothing to anybody");
        secure.client_sends(self.now, wire);
        match received {
            Received::Securing => (Heard::Securing, server::Read::Securing),
            Received::Secured { protocol, .. } => {
                self.seen.secured += 1;
                let secured = Secured { protocol, is_public: false };
                (Heard::Secured(protocol.is_some()), server::Read::Secured(secured))
            }
            Received::Bytes { count, .. } => {
                let read = Input::Bytes(room[..count].to_vec());
                (Heard::Plain(read), server::Read::Bytes { count, more: true })
            }
            Received::Noise(count) => (Heard::Noise(count), server::Read::Noise(count)),
            Received::Nothing => (Heard::Plain(Input::Nothing), server::Read::Nothing),
            Received::End => (Heard::Plain(Input::End), server::Read::End),
            Received::Broken => (Heard::Plain(Input::Broken), server::Read::Broken),
            Received::Failed(_) => (Heard::Insecure, server::Read::Insecure),
        }
    }

    /// Writes to somebody who comes encrypted, for whom `plain` waits at the least. What was taken,
    /// and what is behind it and encrypted.
    pub(crate) fn write_secure(
        &mut self,
        wire: &mut Wire,
        secure: &mut Secure,
        slices: &[IoSlice<'_>],
        plain: &[u8],
    ) -> (usize, usize) {
        let offered = slices.iter().map(|slice| slice.len()).sum();
        let was_secured = secure.is_secured();
        let Some(channel) = secure.channel.as_mut() else {
            // A prompt that crosses the hello, which such clients pass over.
            return (offered, 0);
        };
        let mut random = secure.random.clone();
        let most = if was_secured { wire.take(self.now, &mut random, offered) } else { offered };
        let window = if most < offered { most } else { usize::MAX };
        let mut pipe = Pipe { wire, random: &mut random, window, sent: Vec::new() };
        let sent = channel.write(&mut pipe, slices, &mut self.scratch);
        let Sent::Taken { taken, sealed } = sent else { panic!("a pipe cannot break") };
        let bytes = std::mem::take(&mut pipe.sent);
        secure.random = random;
        let told = secure.client_reads(&bytes, wire.is_open());
        if was_secured {
            assert_eq!(told, plain[..taken], "what the client reads is what the server has sent");
        }
        (taken, sealed)
    }

    /// Ends the connection of somebody who comes encrypted.
    pub(crate) fn close_secure(mut wire: Wire) {
        let Some(mut secure) = wire.secure.take() else { return };
        let Some(channel) = secure.channel.take() else { return };
        let mut random = secure.random.clone();
        let mut pipe =
            Pipe { wire: &mut wire, random: &mut random, window: usize::MAX, sent: Vec::new() };
        channel.close(&mut pipe);
        let sent = std::mem::take(&mut pipe.sent);
        secure.client_reads(&sent, wire.is_open());
    }
}

/// What a write has achieved, for the server.
pub(crate) fn written(taken: usize, sealed: usize) -> Written {
    if sealed == 0 { Written::Taken(taken) } else { Written::Sealed { taken, sealed } }
}

/// From where somebody came encrypted, and when it was last: nobody there is prompted soon.
pub(crate) type Browsers = BTreeMap<Option<IpAddr>, Nanos>;

impl Client {
    /// When its connection must be encrypted.
    pub(crate) fn secure_due(&self) -> Option<Nanos> {
        let due = self.connected + nanos(limits::TLS_HANDSHAKE_PATIENCE);
        (self.phase == Phase::Securing).then_some(due)
    }
}

impl Model {
    /// A part of a handshake came.
    pub(crate) fn securing(&mut self, now: Nanos, id: ClientId) {
        self.set_now(now);
        let client = self.client(id);
        if matches!(client.phase, Phase::Silent | Phase::Choosing) {
            (client.phase, client.connected) = (Phase::Securing, now);
        }
    }

    /// A connection is encrypted: the conversation begins anew. Who has said how it will speak is
    /// not prompted.
    pub(crate) fn secured(&mut self, now: Nanos, id: ClientId, has_agreed: bool) {
        self.set_now(now);
        let client = self.client(id);
        if matches!(client.phase, Phase::Silent | Phase::Choosing | Phase::Securing) {
            (client.phase, client.connected, client.prompted) = (Phase::Silent, now, false);
            client.has_agreed = has_agreed;
            let address = client.address;
            self.browsers.insert(address, now);
        }
    }

    /// A connection cannot be encrypted.
    pub(crate) fn insecure(&mut self, now: Nanos, id: ClientId) {
        self.set_now(now);
        self.client(id).expected = Expected::new();
        self.close(id, CloseReason::Foreign(Foreign::Tls), "");
    }

    /// This is offered to somebody's socket. A socket that has refused bytes is offered fewer than
    /// may be encrypted, and takes those all the same: then these are what waits.
    pub(crate) fn note_offered(&mut self, id: ClientId, offered: &mut Vec<u8>) {
        let sealed = &self.client(id).sealed;
        let both = offered.len().min(sealed.len());
        assert_eq!(offered[..both], sealed[..both], "what is encrypted is offered first");
        if offered.len() < sealed.len() {
            offered.clone_from(sealed);
        }
    }

    /// Bytes came that are less than a record.
    pub(crate) fn noise(&mut self, now: Nanos, id: ClientId, bytes: usize) {
        self.set_now(now);
        let flood = self.rules.flood;
        let client = self.client(id);
        if client.phase != Phase::Chatting {
            client.bytes += bytes;
        } else if let Some(pace) = flood {
            let lines = (bytes / limits::FLOOD_BYTES_PER_LINE) as u64;
            if lines > 0 {
                client.paid_until = client.paid_until.max(now) + pace.interval * lines;
            }
        }
    }

    /// Whether somebody silent is given more time. Asked when the prompt is due.
    pub(crate) fn may_be_browser(&mut self, id: ClientId) -> bool {
        let now = self.now;
        let browsers = &self.browsers;
        let client = self.clients.get_mut(&id).expect("somebody is due");
        let last = browsers.get(&client.address);
        let is_there = last.is_some_and(|last| now < last + nanos(limits::BROWSER_MEMORY));
        let is_early = now - client.connected < nanos(limits::GREET_BROWSER_AFTER);
        client.may_be_browser = is_there && is_early;
        client.may_be_browser
    }
}

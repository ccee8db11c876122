//! Everybody of a run and their network, as the turns of the server use it; the model is told of
//! each read and write on the way.

use std::collections::BTreeMap;
use std::io::IoSlice;
use std::time::Duration;

use mio_chat::id::{ClientId, Registry};
use mio_chat::limits::LINES_PER_TURN;
use mio_chat::matchmaking::Transmit;
use mio_chat::server::{CloseReason, Driver, Read, Server, Transport, Written};
use mio_chat::time::Time;
use mio_chat::tls::Scratch;

use crate::model::{Model, Nanos};
use crate::random::Random;
use crate::rules::Rules;
use crate::secure::{Heard, written};
use crate::seen::Seen;
use crate::slow::was_cut_off;
use crate::wire::{Input, Wire};
use crate::world::SECOND;

/// Everybody, their network and the model.
#[derive(Debug)]
pub(crate) struct Crowd {
    pub(crate) random: Random,
    pub(crate) now: Nanos,
    pub(crate) model: Model,
    pub(crate) ids: Registry<()>,
    pub(crate) wires: BTreeMap<ClientId, Wire>,
    pub(crate) stopping: bool,
    /// What the read of the client that is being heard has brought; `None`: it was not read.
    read: Option<Heard>,
    /// Lines that were carried out before that.
    pub(crate) lines: u64,
    /// No line was carried out when something was due last.
    pub(crate) nobody_heard: bool,
    /// Bytes that sockets took.
    pub(crate) taken: u64,
    pub(crate) hash: u64,
    pub(crate) seen: Seen,
    /// Where records are taken apart.
    pub(crate) scratch: Scratch,
    trace: bool,
}

impl Crowd {
    /// Nobody yet. `trace` prints what happens.
    pub(crate) fn new(random: Random, rules: Rules, trace: bool) -> Self {
        Self {
            random,
            now: 0,
            model: Model::new(rules),
            ids: Registry::default(),
            wires: BTreeMap::new(),
            stopping: false,
            read: None,
            lines: 0,
            nobody_heard: false,
            taken: 0,
            hash: 0xcbf2_9ce4_8422_2325,
            seen: Seen::default(),
            scratch: Scratch::default(),
            trace,
        }
    }

    pub(crate) fn time(&self) -> Time {
        Time::at(Duration::from_nanos(self.now))
    }

    /// Tells the model who was cut off as slow at `now`. `is_all`: nothing else can be why a member
    /// is none any more.
    pub(crate) fn note_cut_off(
        &mut self,
        server: &Server,
        now: Nanos,
        over_total: bool,
        is_all: bool,
    ) {
        if self.stopping {
            return;
        }
        let mut gone = self.model.missing(server, over_total);
        let model = &self.model;
        gone.retain(|&id| {
            let slow = model.may_cut_off(now, id, over_total);
            let waits = model.clients[&id].expected.most_weight();
            assert!(slow || !is_all, "{id} was cut off without a reason: {waits} bytes wait");
            // Before anything is due only those are cut off who are too old.
            let heard = model.is_due(now, id) && !self.nobody_heard;
            let first = model.is_too_old(now, id) && !heard;
            slow && (is_all || (first && was_cut_off(server, id)))
        });
        if !gone.is_empty() {
            self.note(format_args!("cut off: {gone:?}"));
            self.seen.cut_off += gone.len() as u64;
            let sealed = |id: &&ClientId| !self.model.clients[*id].sealed.is_empty();
            self.seen.cut_off_sealed += gone.iter().filter(sealed).count() as u64;
            self.seen.over_total += u64::from(over_total);
            self.model.cut_off(now, &gone);
        }
    }

    pub(crate) fn mix(&mut self, bytes: &[u8]) {
        // FNV-1a, in words: the same on every machine.
        for chunk in bytes.chunks(8).chain([&self.now.to_le_bytes()[..]]) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.hash = (self.hash ^ u64::from_le_bytes(word)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    pub(crate) fn note(&self, what: std::fmt::Arguments<'_>) {
        if self.trace {
            eprintln!("{:>15.9} {what}", self.now as f64 / SECOND as f64);
        }
    }
}

impl Transport for Crowd {
    fn read(&mut self, id: ClientId, room: &mut [u8]) -> Read {
        if let Some((mut wire, mut secure)) = self.take_secure(id) {
            let (heard, read) = self.read_secure(&mut wire, &mut secure, room);
            self.put_back(id, wire, secure);
            self.read = Some(heard);
            return read;
        }
        let wire = self.wires.get_mut(&id).filter(|wire| wire.readable);
        let input = wire.map_or(Input::Nothing, |wire| wire.read(&mut self.random, room.len()));
        let read = match &input {
            Input::Bytes(bytes) => {
                room[..bytes.len()].copy_from_slice(bytes);
                Read::Bytes { count: bytes.len(), more: true }
            }
            Input::Nothing => Read::Nothing,
            Input::End => Read::End,
            Input::Broken => Read::Broken,
        };
        self.read = Some(Heard::Plain(input));
        read
    }

    fn write(&mut self, id: ClientId, slices: &[IoSlice<'_>]) -> Written {
        let wire = self.wires.get_mut(&id).expect("nobody is written to who has left");
        if wire.broken {
            wire.readable = true;
            self.model.write_failed(id);
            return Written::Broken;
        }
        let mut bytes: Vec<u8> = slices.iter().flat_map(|slice| slice.to_vec()).collect();
        let offered = bytes.len();
        let (taken, sealed) = match self.take_secure(id) {
            Some((mut wire, mut secure)) => {
                self.model.note_offered(id, &mut bytes);
                let written = self.write_secure(&mut wire, &mut secure, slices, &bytes);
                self.put_back(id, wire, secure);
                written
            }
            None => {
                let wire = self.wires.get_mut(&id).expect("just seen");
                (wire.take(self.now, &mut self.random, offered), 0)
            }
        };
        self.model.client(id).sealed = bytes[taken..taken + sealed].to_vec();
        bytes.truncate(taken);
        self.taken += bytes.len() as u64;
        self.mix(&bytes);
        self.note(format_args!("{id} <- {:?}", bytes.escape_ascii().to_string()));
        self.model.sent(self.now, id, &bytes, bytes.len() < offered);
        written(taken, sealed)
    }

    fn close(&mut self, id: ClientId, reason: CloseReason) {
        self.note(format_args!("{id} is freed: {}", reason.name()));
        self.model.reaped(self.now, id, reason);
        assert!(self.ids.remove(id).is_some(), "{id} was freed twice");
        if let Some(wire) = self.wires.remove(&id) {
            Self::close_secure(wire);
        }
        self.seen.note_close(reason);
    }
}

impl Driver for Crowd {
    fn now(&self) -> Time {
        self.time()
    }

    fn send(&mut self, transmit: Transmit<'_>) {
        panic!("nobody has asked for what {} is sent", transmit.to);
    }

    fn heard(&mut self, server: &Server, id: ClientId) {
        let (now, lines) = (self.now, server.status().counters().lines - self.lines);
        self.lines += lines;
        self.model.client(id).is_paused_now = server.status().appetite(id) == 0;
        let mut bytes = None;
        self.note(format_args!("{id} is heard: {:?}, {lines} lines", self.read));
        match self.read.take() {
            None => self.model.resume(now, id, lines),
            Some(Heard::Plain(Input::Bytes(read))) => {
                self.model.receive(now, id, &read, lines);
                bytes = Some(read.escape_ascii().to_string());
            }
            Some(Heard::Plain(Input::Nothing)) => {}
            Some(Heard::Plain(Input::End)) => self.model.half_closed(now, id, lines),
            Some(Heard::Plain(Input::Broken)) => self.model.read_failed(now, id, lines),
            Some(Heard::Securing) => self.model.securing(now, id),
            Some(Heard::Secured(agreed)) => self.model.secured(now, id, agreed),
            Some(Heard::Noise(bytes)) => self.model.noise(now, id, bytes),
            Some(Heard::Insecure) => self.model.insecure(now, id),
        }
        self.note(format_args!("{id} is read: {bytes:?}, {lines} lines"));
        let has_reason = server.status().wants_flush() || lines >= LINES_PER_TURN as u64 / 2;
        self.note_cut_off(server, now, false, true);
        self.model.note_appetite(id, server.status().appetite(id), has_reason);
        self.seen.paused += u64::from(server.status().wants_flush());
    }

    fn written(&mut self, server: &Server, _id: ClientId) {
        self.note_cut_off(server, self.now, false, true);
    }
}

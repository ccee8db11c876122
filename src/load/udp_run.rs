//! UDP endpoints that ask a server for something, as fast as answers come.
//!
//! A closed loop of a fixed number of endpoints. An endpoint that asks for a partner is a socket of
//! its own that asks once; after its answer another takes its place, because the server remembers a
//! pair and would not give it another partner. Two that wait at the same time are partners, so an
//! even number never runs dry. An endpoint that asks for something else asks again from the same
//! socket, unless newcomers are to do that, too. Datagrams get lost where a buffer is full; an
//! endpoint without an answer asks again.
//!
//! All ready datagrams are read before anything is sent, and then all endpoints speak at once: so
//! the server has a queue to work off, and how often it wakes up depends less on the speed of the
//! generator. `udp_session` writes and reads datagrams, `partners` checks pairs.

use std::collections::VecDeque;
use std::io::ErrorKind;

use mio::net::UdpSocket;
use slab::Slab;

use super::clock::own_cpu;
use super::error::LoadError;
use super::event_loop::EventLoop;
use super::partners::{PairCount, Partners};
use super::performance::{Performance, RunSample};
use super::progress::{ProgressReporter, RunPhase};
use super::recorder::Recorder;
use super::settings::LoadSettings;
use super::socket;
use super::tally::{Tally, reason};
use super::udp_session::{UdpEvent, UdpRequest, UdpSession};
use super::usage::{Watch, farewell};
use crate::limits::{LOAD_ASK_AGAIN, LOAD_DATAGRAM_BYTES_MAX, LOAD_DRAIN};
use crate::time::Time;

struct UdpEndpoint {
    socket: UdpSocket,
    session: UdpSession,
    /// Its question, of all that were asked.
    number: u64,
    /// When it asked first; never: not yet.
    asked: Time,
}

/// All endpoints.
pub(super) struct UdpRun<'a> {
    settings: &'a LoadSettings,
    request: UdpRequest,
    events: EventLoop,
    watch: Watch,
    progress: ProgressReporter,
    endpoints: Slab<UdpEndpoint>,
    /// Endpoints with something to send: key and number. Some may have been answered meanwhile.
    to_say: Vec<(usize, u64)>,
    /// Endpoints that were answered and have a last datagram to send.
    leaving: Vec<UdpEndpoint>,
    /// When endpoints asked, the earliest first; those that are gone included.
    waiting: VecDeque<(Time, usize, u64)>,
    next_number: u64,
    is_draining: bool,
    window: (Time, Time),
    opened: u64,
    asked: u64,
    asked_in_window: u64,
    partners: Partners,
    latency: Recorder,
    /// Its heard messages are answers.
    tally: Tally,
}

impl<'a> UdpRun<'a> {
    /// A run in which no endpoint has asked yet.
    pub(super) fn new(
        settings: &'a LoadSettings,
        request: UdpRequest,
        events: EventLoop,
        progress: ProgressReporter,
    ) -> Result<Self, LoadError> {
        Ok(Self {
            settings,
            request,
            events,
            watch: Watch::new(&settings.server_pids)?,
            progress,
            endpoints: Slab::new(),
            to_say: Vec::new(),
            leaving: Vec::new(),
            waiting: VecDeque::new(),
            // Different from the numbers that an earlier run may have used from the same address.
            next_number: u64::from(std::process::id()) << 40,
            is_draining: false,
            window: (Time::NEVER, Time::NEVER),
            opened: 0,
            asked: 0,
            asked_in_window: 0,
            partners: Partners::default(),
            latency: Recorder::new()?,
            tally: Tally::default(),
        })
    }

    /// Carries it out.
    pub(super) fn perform(mut self) -> Result<Performance, LoadError> {
        let before = self.watch.sample();
        let start = self.events.clock().now();
        let begin = start + self.settings.warm_up;
        self.window = (begin, begin + self.settings.duration);
        self.latency.open(self.window.0, self.window.1);
        self.ask_until(begin, RunPhase::WarmingUp)?;
        let from = self.take_sample();
        self.ask_until(self.window.1, RunPhase::Measuring)?;
        let until = self.take_sample();
        self.drain()?;
        self.check_not_deserted()?;
        let pairs = self.request.is_for_two().then(|| self.pairs());
        self.endpoints = Slab::new();
        if let Some(signal) = self.events.stop_at_once() {
            return Err(LoadError::AtOnce { signal });
        }
        let mut performance = Performance {
            messages: self.asked_in_window,
            deliveries: until.heard - from.heard,
            hearers: 1,
            heard: self.tally.heard(),
            // The last endpoint may have found no partner, which is not an error.
            to_be_heard: self.asked - self.odd_one_out(),
            connections: self.opened,
            gathering_seconds: until.at.since(start).as_secs_f64(),
            failed: self.tally.failed,
            failures: self.tally.failures,
            pairs,
            latency: self.latency.cells(),
            interrupted: self.events.is_stopped(),
            ..Performance::between(&from, &until)
        };
        performance.server.before = before;
        performance.server.after = farewell(&mut self.events, &mut self.watch)?;
        Ok(performance)
    }

    fn check_not_deserted(&self) -> Result<(), LoadError> {
        if self.tally.heard() > 0 || self.events.is_stopped() {
            return Ok(());
        }
        let silence = match self.request {
            UdpRequest::Plain => "no answer (is plain pairing on?)",
            _ => "no answer",
        };
        let why = self.tally.failures.most_frequent().unwrap_or(silence).to_owned();
        Err(LoadError::Nobody { address: self.settings.address, why })
    }

    /// Of an odd number of endpoints that look for partners one finds none.
    fn odd_one_out(&self) -> u64 {
        if self.request.is_for_two() { self.asked % 2 } else { 0 }
    }

    fn pairs(&self) -> PairCount {
        let asked = |endpoint: &&UdpEndpoint| endpoint.asked != Time::NEVER;
        let waiting = self.endpoints.iter().map(|(_, endpoint)| endpoint).filter(asked);
        self.partners.count(&waiting.map(|endpoint| endpoint.session.own()).collect())
    }

    /// Keeps them asking.
    fn ask_until(&mut self, end: Time, phase: RunPhase) -> Result<(), LoadError> {
        let at_once = self.settings.clients.min(self.settings.at_once);
        // An odd one would wait for ever.
        let at_once = (at_once + at_once % 2).max(2);
        while !self.events.is_stopped() {
            // Sockets that cannot be opened are tried again in the next turn.
            for _ in self.endpoints.len()..at_once {
                self.open();
            }
            let now = self.events.clock().now();
            if now >= end {
                break;
            }
            self.turn(end.min(now + LOAD_ASK_AGAIN), phase)?;
        }
        Ok(())
    }

    fn drain(&mut self) -> Result<(), LoadError> {
        self.is_draining = true;
        let end = self.events.clock().now() + LOAD_DRAIN;
        let is_asking = |endpoint: &UdpEndpoint| endpoint.asked != Time::NEVER;
        self.endpoints.retain(|_, endpoint| is_asking(endpoint));
        let alone = self.odd_one_out() as usize;
        while self.endpoints.len() > alone && self.events.clock().now() < end {
            if self.events.stop_at_once().is_some() {
                break;
            }
            self.turn(end.min(self.events.clock().now() + LOAD_ASK_AGAIN), RunPhase::Draining)?;
        }
        self.speak();
        Ok(())
    }

    fn turn(&mut self, until: Time, phase: RunPhase) -> Result<(), LoadError> {
        self.speak();
        self.events.wait(until)?;
        while let Some(ready) = self.events.take_ready() {
            self.receive(ready.key);
        }
        let now = self.events.clock().now();
        self.ask_again(now);
        self.progress.show(phase, self.tally.progressed(), now);
        Ok(())
    }

    fn open(&mut self) {
        let number = self.take_number();
        let entry = self.endpoints.vacant_entry();
        let key = entry.key();
        let socket =
            socket::endpoint(self.settings.address, number as u32).and_then(|mut socket| {
                self.events.watch_readable(&mut socket, key)?;
                let own = socket.local_addr()?;
                Ok((socket, own))
            });
        match socket {
            Ok((socket, own)) => {
                let session = UdpSession::new(self.request, number, own);
                entry.insert(UdpEndpoint { socket, session, number, asked: Time::NEVER });
                self.to_say.push((key, number));
                self.opened += 1;
            }
            Err(error) => self.note_failure(&reason(&error)),
        }
    }

    fn take_number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number - 1
    }

    /// Sends everything that endpoints have to send.
    fn speak(&mut self) {
        let mut words = Vec::new();
        for endpoint in self.leaving.drain(..) {
            endpoint.session.say(&mut words);
            // A server that misses it repeats its answer, to no one.
            let _ = endpoint.socket.send(&words);
        }
        for (key, number) in std::mem::take(&mut self.to_say) {
            let endpoint = self.endpoints.get_mut(key);
            let Some(endpoint) = endpoint.filter(|it| it.number == number) else { continue };
            if endpoint.asked == Time::NEVER {
                let now = self.events.clock().now();
                endpoint.asked = now;
                self.waiting.push_back((now, key, number));
                self.asked += 1;
                self.asked_in_window += u64::from((self.window.0..self.window.1).contains(&now));
            }
            endpoint.session.say(&mut words);
            if let Err(error) = endpoint.socket.send(&words) {
                // It asks again before long.
                self.note_failure(&reason(&error));
            }
        }
    }

    /// Reads until there is nothing more, or something to say.
    fn receive(&mut self, key: usize) {
        let mut datagram = [0; LOAD_DATAGRAM_BYTES_MAX];
        while let Some(endpoint) = self.endpoints.get_mut(key) {
            let heard = match endpoint.socket.recv(&mut datagram) {
                Ok(count) => endpoint.session.hear(&datagram[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                // Nothing listens there; the system reports that for each datagram.
                Err(error) => {
                    self.note_failure(&reason(&error));
                    break;
                }
            };
            match heard {
                UdpEvent::Nothing => {}
                UdpEvent::Word => {
                    self.to_say.push((key, endpoint.number));
                    break;
                }
                UdpEvent::Granted(told) => {
                    if let Some(told) = told {
                        self.partners.note(endpoint.session.own(), told);
                    }
                    self.latency.record(endpoint.asked, self.events.clock().now(), 1);
                    self.tally.heard_by_listeners += 1;
                    self.go_on(key);
                    break;
                }
                UdpEvent::Refused(why) => self.note_failure(why),
            }
        }
    }

    /// The next step of an endpoint that was answered.
    fn go_on(&mut self, key: usize) {
        if self.request.is_for_two() || self.settings.newcomers || self.is_draining {
            let endpoint = self.endpoints.remove(key);
            if endpoint.session.has_last_word() {
                self.leaving.push(endpoint);
            }
            return;
        }
        let number = self.take_number();
        let endpoint = &mut self.endpoints[key];
        endpoint.session = UdpSession::new(self.request, number, endpoint.session.own());
        (endpoint.number, endpoint.asked) = (number, Time::NEVER);
        self.to_say.push((key, number));
    }

    /// Endpoints that have waited long ask again; their latency still counts from the first time.
    fn ask_again(&mut self, now: Time) {
        while let Some((asked, key, number)) = self.waiting.front().copied() {
            if now < asked + LOAD_ASK_AGAIN {
                break;
            }
            self.waiting.pop_front();
            if self.endpoints.get(key).is_some_and(|endpoint| endpoint.number == number) {
                self.to_say.push((key, number));
                self.waiting.push_back((now, key, number));
            }
        }
    }

    fn note_failure(&mut self, why: &str) {
        self.tally.failed += 1;
        self.tally.failures.note(why);
    }

    fn take_sample(&mut self) -> RunSample {
        RunSample {
            at: self.events.clock().now(),
            heard: self.tally.heard(),
            cpu: own_cpu(),
            server: self.watch.sample(),
        }
    }
}

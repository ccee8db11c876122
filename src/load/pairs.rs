//! UDP endpoints that ask a server for a partner, as fast as answers come.
//!
//! Every endpoint is a socket of its own that asks once. When it is answered another takes its
//! place, because the server remembers a pair and would not give it another partner. Two that wait
//! at the same time are partners, so a closed loop of an even number never runs dry. Datagrams get
//! lost where a buffer is full; who is not answered asks again.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::net::SocketAddr;

use mio::net::UdpSocket;
use slab::Slab;

use super::clock::own_cpu;
use super::error::LoadError;
use super::event_loop::EventLoop;
use super::performance::{Mark, Performance};
use super::progress::{Phase, Progress};
use super::recorder::Recorder;
use super::settings::Settings;
use super::socket;
use super::tally::{Tally, reason};
use super::usage::{Watch, farewell};
use crate::limits::{DATAGRAM_BYTES_MAX, LOAD_ASK_AGAIN, LOAD_DRAIN, LOAD_READS_PER_LOOK};
use crate::time::Time;

/// What an endpoint says; anything does that is no address.
const QUESTION: &[u8] = b"mio-chat load";

struct Endpoint {
    socket: UdpSocket,
    number: u32,
    asked: Time,
}

/// All endpoints.
pub(super) struct Pairs<'a> {
    settings: &'a Settings,
    events: EventLoop,
    watch: Watch,
    progress: Progress,
    endpoints: Slab<Endpoint>,
    /// Who asked when, the earliest first; those who are gone included.
    waiting: VecDeque<(Time, usize, u32)>,
    next_number: u32,
    window: (Time, Time),
    asked: u64,
    asked_in_window: u64,
    latency: Recorder,
    /// Answers are what is heard.
    tally: Tally,
}

impl<'a> Pairs<'a> {
    /// Nobody has asked yet.
    pub(super) fn new(
        settings: &'a Settings,
        events: EventLoop,
        progress: Progress,
    ) -> Result<Self, LoadError> {
        Ok(Self {
            settings,
            events,
            watch: Watch::new(&settings.server_pids)?,
            progress,
            endpoints: Slab::new(),
            waiting: VecDeque::new(),
            next_number: 0,
            window: (Time::NEVER, Time::NEVER),
            asked: 0,
            asked_in_window: 0,
            latency: Recorder::new()?,
            tally: Tally::default(),
        })
    }

    /// Carries it out.
    pub(super) fn perform(mut self) -> Result<Performance, LoadError> {
        let before = self.watch.look();
        let start = self.events.clock().now();
        let begin = start + self.settings.warm_up;
        self.window = (begin, begin + self.settings.duration);
        self.latency.open(self.window.0, self.window.1);
        let at_once = self.settings.clients.min(self.settings.at_once);
        // An odd one would wait for ever.
        let at_once = (at_once + at_once % 2).max(2);
        self.ask_until(begin, at_once, Phase::WarmingUp)?;
        let from = self.mark();
        self.ask_until(self.window.1, at_once, Phase::Measuring)?;
        let until = self.mark();
        self.drain()?;
        if self.tally.heard() == 0 && !self.events.is_stopped() {
            let told = self.tally.failures.by_count();
            let why = told.first().map_or("no answer (is plain pairing on?)", |(why, _)| why);
            let why = why.to_owned();
            return Err(LoadError::Nobody { address: self.settings.address, why });
        }
        self.endpoints = Slab::new();
        if let Some(signal) = self.events.stop_at_once() {
            return Err(LoadError::AtOnce { signal });
        }
        let mut performance = Performance {
            messages: self.asked_in_window,
            deliveries: until.heard - from.heard,
            hearers: 1,
            heard: self.tally.heard(),
            // The last may have found nobody, which is nobody's fault.
            to_be_heard: self.asked - self.asked % 2,
            connections: self.asked,
            gathering_seconds: until.at.since(start).as_secs_f64(),
            failed: self.tally.failed,
            failures: self.tally.failures,
            latency: self.latency.cells(),
            interrupted: self.events.is_stopped(),
            ..Performance::between(&from, &until)
        };
        performance.server.before = before;
        performance.server.after = farewell(&mut self.events, &mut self.watch)?;
        Ok(performance)
    }

    /// Keeps so many asking.
    fn ask_until(&mut self, end: Time, at_once: usize, phase: Phase) -> Result<(), LoadError> {
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
        let end = self.events.clock().now() + LOAD_DRAIN;
        // Of an odd number one finds nobody.
        let alone = (self.asked % 2) as usize;
        while self.endpoints.len() > alone && self.events.clock().now() < end {
            if self.events.stop_at_once().is_some() {
                break;
            }
            self.turn(end.min(self.events.clock().now() + LOAD_ASK_AGAIN), Phase::Draining)?;
        }
        Ok(())
    }

    fn turn(&mut self, until: Time, phase: Phase) -> Result<(), LoadError> {
        self.events.wait(until)?;
        for _ in 0..LOAD_READS_PER_LOOK * LOAD_READS_PER_LOOK {
            let Some(ready) = self.events.take_ready() else { break };
            self.receive(ready.key);
        }
        let now = self.events.clock().now();
        self.ask_again(now);
        self.progress.show(phase, self.tally.progressed(), now);
        Ok(())
    }

    fn open(&mut self) {
        let number = self.next_number;
        self.next_number = self.next_number.wrapping_add(1);
        let asked = self.events.clock().now();
        let entry = self.endpoints.vacant_entry();
        let key = entry.key();
        let socket = socket::endpoint(self.settings.address, number).and_then(|mut socket| {
            self.events.watch_readable(&mut socket, key)?;
            socket.send(QUESTION)?;
            Ok(socket)
        });
        match socket {
            Ok(socket) => {
                entry.insert(Endpoint { socket, number, asked });
                self.waiting.push_back((asked, key, number));
                self.asked += 1;
                if (self.window.0..self.window.1).contains(&asked) {
                    self.asked_in_window += 1;
                }
            }
            Err(error) => self.note_failure(&reason(&error)),
        }
    }

    fn receive(&mut self, key: usize) {
        let mut datagram = [0; DATAGRAM_BYTES_MAX];
        let Some(endpoint) = self.endpoints.get(key) else { return };
        match endpoint.socket.recv(&mut datagram) {
            Ok(count) if is_address(&datagram[..count]) => {
                self.latency.record(endpoint.asked, self.events.clock().now(), 1);
                self.tally.heard_by_listeners += 1;
                self.endpoints.remove(key);
            }
            Ok(_) => self.note_failure("an answer that is no address"),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            // Nobody listens there; that is told for each datagram.
            Err(error) => self.note_failure(&reason(&error)),
        }
    }

    /// Who has waited long asks again; its latency still counts from the first time.
    fn ask_again(&mut self, now: Time) {
        while let Some((asked, key, number)) = self.waiting.front().copied() {
            if now < asked + LOAD_ASK_AGAIN {
                break;
            }
            self.waiting.pop_front();
            let endpoint = self.endpoints.get(key).filter(|endpoint| endpoint.number == number);
            if let Some(endpoint) = endpoint {
                // If that fails it is asked yet again.
                let _ = endpoint.socket.send(QUESTION);
                self.waiting.push_back((now, key, number));
            }
        }
    }

    fn note_failure(&mut self, why: &str) {
        self.tally.failed += 1;
        self.tally.failures.note(why);
    }

    fn mark(&mut self) -> Mark {
        Mark {
            at: self.events.clock().now(),
            heard: self.tally.heard(),
            cpu: own_cpu(),
            server: self.watch.look(),
        }
    }
}

/// Whether a datagram is `127.0.0.1:60274` or `[::1]:60274` and a newline.
fn is_address(datagram: &[u8]) -> bool {
    let text = std::str::from_utf8(datagram).ok().and_then(|text| text.strip_suffix('\n'));
    text.is_some_and(|text| text.parse::<SocketAddr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::is_address;

    #[test]
    fn an_answer_is_an_address_and_a_newline() {
        for answer in ["127.0.0.1:60274\n", "[fd00::2]:39979\n"] {
            assert!(is_address(answer.as_bytes()));
        }
        for other in ["", "\n", "127.0.0.1:60274", "127.0.0.1\n", "mio-chat load"] {
            assert!(!is_address(other.as_bytes()), "{other:?}");
        }
        assert!(!is_address(b"\xff\n"));
        assert!(!is_address(super::QUESTION));
    }
}

//! `mio-chat match`: two or more terminals (or pipes) that find each other and exchange lines.
//!
//! stdout has what the others say and nothing else; all that happens is told on stderr.

use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::error::MatchError;
use super::group::{Group, Peer};
use super::lines::{Heard, Lines};
use super::matching::{Match, reason};
use super::partner::Partner;
use crate::chat::clean;
use crate::limits::{FAREWELLS, SIGNAL_LOOK, SPEECH_LINE_BYTES_MAX, SPEECH_QUIET};
use crate::matchmaking::client::{Event, Path};
use crate::time::Time;

/// What the command is to do.
#[derive(Clone, Debug)]
pub struct Talk {
    /// The search.
    pub search: Match,
    /// Where the players meet; none where there is a token.
    pub queue: Option<String>,
    /// How we want to be called.
    pub name: Option<String>,
    /// Whether to go on listening after stdin has ended, until all others have left.
    pub stay: bool,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All that was said has arrived.
    Well,
    /// By this signal.
    Signal(i32),
}

impl Talk {
    /// Finds the others, and carries lines until one side has nothing more to say.
    pub fn run(&self) -> Result<Ended, MatchError> {
        let signal = catch_signals()?;
        let caught = || signal.load(Ordering::Relaxed);
        let tell = |server, event: &Event| {
            if let Some(step) = progress(server, event) {
                note(&step);
            }
        };
        let found = self.search.join_telling(self.queue.as_deref(), tell, || caught() != 0);
        let group = match found {
            Err(MatchError::Interrupted) => return Ok(Ended::Signal(caught() as i32)),
            found => found?,
        };
        let mut session = Session::new(group, self);
        let ended = session.run(&caught);
        session.say_farewell();
        session.group.leave();
        ended
    }
}

/// A conversation.
struct Session {
    group: Group,
    own_name: String,
    partners: Vec<Partner>,
    /// What was read and is no whole line yet.
    typed: Vec<u8>,
    input_ended: bool,
    stay: bool,
    with_names: bool,
    /// When anything last came from a partner.
    heard: Time,
}

impl Session {
    fn new(group: Group, talk: &Talk) -> Self {
        let with_names = group.peers().len() > 1 || io::stdout().is_terminal();
        let mut session = Self {
            heard: group.clock.now(),
            group,
            own_name: talk.name.clone().unwrap_or_default(),
            partners: Vec::new(),
            typed: Vec::new(),
            input_ended: false,
            stay: talk.stay,
            with_names,
        };
        for peer in session.group.peers() {
            session.greet(peer);
        }
        session
    }

    /// Somebody is reached, perhaps later than the others: what is said from now on is for them,
    /// too.
    fn greet(&mut self, peer: Peer) {
        let Some((path, rtt)) = peer.path else { return };
        let lines = Lines::new(self.group.clock.now(), rtt, &self.own_name);
        let mut partner = Partner::new(peer.slot, peer.nickname, lines);
        note(&format!("{}, {}", way(path, partner.name()), there_and_back(rtt)));
        if self.input_ended {
            partner.lines.end(self.group.clock.now());
        }
        self.partners.push(partner);
    }

    fn run(&mut self, caught: &impl Fn() -> usize) -> Result<Ended, MatchError> {
        loop {
            let now = self.group.clock.now();
            self.send(now);
            if let Some(ended) = self.ended(now) {
                return ended;
            }
            if caught() != 0 {
                return Ok(Ended::Signal(caught() as i32));
            }
            let reads = !self.input_ended && self.present().all(|partner| partner.lines.has_room());
            let due = self.present().map(|partner| partner.lines.due());
            let until = due.min().unwrap_or(Time::NEVER).min(now + SIGNAL_LOOK);
            let stdin = io::stdin();
            if self.group.wait(reads.then(|| stdin.as_fd()), until)? {
                self.read(now);
            }
            self.hear()?;
        }
    }

    fn present(&self) -> impl Iterator<Item = &Partner> {
        self.partners.iter().filter(|partner| !partner.is_gone)
    }

    fn present_mut(&mut self) -> impl Iterator<Item = &mut Partner> {
        self.partners.iter_mut().filter(|partner| !partner.is_gone)
    }

    /// Whether it is over, and how. Nobody waits for who is gone.
    fn ended(&self, now: Time) -> Option<Result<Ended, MatchError>> {
        let all_gone = self.present().next().is_none();
        let quiet = now.since(self.heard) >= SPEECH_QUIET;
        let is_done = |partner: &Partner| {
            partner.lines.is_delivered() && (partner.has_ended || (quiet && !self.stay))
        };
        let all_said = self.input_ended && self.present().all(is_done);
        if !all_gone && !all_said {
            return None;
        }
        if self.present().any(|partner| !partner.has_ended) {
            let seconds = SPEECH_QUIET.as_secs();
            note(&format!("nothing heard for {seconds} s: leaving (--stay listens on)"));
        }
        let left_out = self.left_out();
        Some(match left_out.is_empty() {
            true => Ok(Ended::Well),
            false => Err(MatchError::Undelivered(left_out.join(", "))),
        })
    }

    /// Those who did not get all that was said.
    fn left_out(&self) -> Vec<String> {
        let lost = self.partners.iter().filter(|partner| partner.is_lost);
        let lost = lost.map(|partner| partner.name().to_owned());
        let peers = self.group.peers().into_iter();
        let never_reached = peers.filter(|peer| self.partner(peer.slot).is_none());
        lost.chain(never_reached.map(|peer| format!("player {}", peer.slot))).collect()
    }

    fn partner(&self, slot: u8) -> Option<&Partner> {
        self.partners.iter().find(|partner| partner.slot == slot)
    }

    fn read(&mut self, now: Time) {
        let mut room = [0; 4_096];
        let length = match rustix::io::read(io::stdin(), &mut room) {
            Ok(length) => length,
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => return,
            Err(_) => 0,
        };
        self.typed.extend_from_slice(room.get(..length).unwrap_or_default());
        while let Some(end) = memchr::memchr(b'\n', &self.typed) {
            let line: Vec<u8> = self.typed.drain(..=end).collect();
            self.say(now, line.strip_suffix(b"\n").unwrap_or(&line));
        }
        let is_long = self.typed.len() >= SPEECH_LINE_BYTES_MAX;
        if (length == 0 && !self.typed.is_empty()) || is_long {
            let line = std::mem::take(&mut self.typed);
            self.say(now, &line);
        }
        if length == 0 {
            self.input_ended = true;
            self.heard = now;
            self.present_mut().for_each(|partner| partner.lines.end(now));
        }
    }

    fn say(&mut self, now: Time, line: &[u8]) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        self.present_mut().for_each(|partner| partner.lines.say(now, line));
    }

    fn send(&mut self, now: Time) {
        for partner in self.partners.iter_mut().filter(|partner| !partner.is_gone) {
            partner.lines.expire(now);
            while let Some(bytes) = partner.lines.transmit() {
                let _ = self.group.send_to(partner.slot, &bytes);
            }
            if partner.lines.is_hopeless(now) {
                (partner.is_gone, partner.is_lost) = (true, true);
                note(&format!("{} does not answer any more", partner.name()));
            }
        }
    }

    /// Takes what the others have said.
    fn hear(&mut self) -> Result<(), MatchError> {
        let now = self.group.clock.now();
        while let Some((slot, data)) = self.group.take() {
            let Some(at) = self.partners.iter().position(|partner| partner.slot == slot) else {
                continue;
            };
            let Some(partner) = self.partners.get_mut(at) else { continue };
            self.heard = now;
            partner.lines.receive(now, &data);
            while let Some(heard) = self.partners.get_mut(at).and_then(|p| p.lines.hear()) {
                self.take(at, heard)?;
            }
        }
        while let Some(event) = self.group.next_event() {
            self.news(&event);
        }
        Ok(())
    }

    fn take(&mut self, at: usize, heard: Heard) -> Result<(), MatchError> {
        let others = self.partners.iter().enumerate().filter(|(other, _)| *other != at);
        let taken: Vec<String> = others.map(|(_, other)| other.name().to_owned()).collect();
        let Some(partner) = self.partners.get_mut(at) else { return Ok(()) };
        match heard {
            Heard::Name(name) => {
                if let Some(told) = partner.call(&name, &taken) {
                    note(&told);
                }
            }
            Heard::Line(text) => {
                let text = String::from_utf8_lossy(&text);
                let name = self.with_names.then_some(partner.name());
                print(name, &clean(&text)).map_err(MatchError::Output)?;
            }
            Heard::End => partner.has_ended = true,
            Heard::Gone if !partner.is_gone => {
                (partner.is_gone, partner.is_lost) = (true, partner.lines.owes_text());
                note(&format!("{} has left", partner.name()));
            }
            Heard::Gone => {}
        }
        Ok(())
    }

    fn news(&mut self, event: &Event) {
        match event {
            Event::PeerSilent { slot } => {
                let partner = self.partners.iter_mut().find(|partner| partner.slot == *slot);
                if let Some(partner) = partner.filter(|partner| !partner.is_gone) {
                    (partner.is_gone, partner.is_lost) = (true, partner.lines.owes_text());
                    note(&format!("{} is silent and taken to have left", partner.name()));
                }
            }
            Event::PeerReached { slot, path, .. } => match self.partner(*slot) {
                Some(partner) => note(&format!("now {}", way(*path, partner.name()))),
                None => {
                    let peers = self.group.peers().into_iter();
                    peers.filter(|peer| peer.slot == *slot).for_each(|peer| self.greet(peer));
                }
            },
            _ => {}
        }
    }

    /// Says that we are gone. Nobody confirms that; who does not hear it finds out.
    fn say_farewell(&mut self) {
        for partner in self.partners.iter().filter(|partner| !partner.is_gone) {
            for _ in 0..FAREWELLS {
                let _ = self.group.send_to(partner.slot, &partner.lines.farewell());
            }
        }
    }
}

/// Hands a line to whoever reads our output.
fn print(name: Option<&str>, text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match name {
        Some(name) => writeln!(stdout, "{name}: {text}")?,
        None => writeln!(stdout, "{text}")?,
    }
    stdout.flush()
}

fn way(path: Path, name: &str) -> String {
    match path {
        Path::Lan(address) => format!("in the own network to {name} at {address}"),
        Path::Direct(address) => format!("direct to {name} at {address}"),
        Path::Relay => format!("through the relay to {name}"),
    }
}

fn there_and_back(rtt: Duration) -> String {
    match rtt.as_millis() {
        0 => "in less than 1 ms".to_owned(),
        millis => format!("in {millis} ms"),
    }
}

fn progress(server: std::net::SocketAddr, event: &Event) -> Option<String> {
    Some(match event {
        Event::Asking => format!("asking {server}"),
        Event::Waiting { have, need } => format!("waiting for others ({have} of {need})"),
        Event::Refused { code, retry: Some(retry) } => {
            format!("not now: {}; asking again in {} s", reason(*code), retry.as_secs())
        }
        Event::Matched { peers, .. } => match peers.len() {
            1 => "player found".to_owned(),
            others => format!("{others} players found"),
        },
        Event::Punching => "looking for the best way".to_owned(),
        Event::PeerFailed { slot } => format!("no way leads to player {slot}"),
        _ => return None,
    })
}

/// Tells the user something, unless there is nobody to read it.
fn note(text: &str) {
    let _ = writeln!(io::stderr(), "* {text}");
}

/// The number of the signal that asks to stop will be here; 0: none yet. A second one ends the
/// program at once, whatever it waits for: a reader of its output, or an answer about a name.
fn catch_signals() -> Result<Arc<AtomicUsize>, MatchError> {
    let caught = Arc::new(AtomicUsize::new(0));
    let again = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        let number = usize::try_from(signal).unwrap_or_default();
        let (first, second) = (Arc::clone(&again), Arc::clone(&again));
        // In this order: the first signal finds that there was none before.
        flag::register_conditional_shutdown(signal, 128 + signal, second)
            .and_then(|_| flag::register(signal, first))
            .and_then(|_| flag::register_usize(signal, Arc::clone(&caught), number))
            .map_err(|source| MatchError::Socket { what: "catch signals", source })?;
    }
    Ok(caught)
}

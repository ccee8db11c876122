//! What the server must do, written as simply as it can be: all that a client has sent is kept in
//! one place, deadlines are looked for among everybody, and what each must hear is written down at
//! once.
//!
//! The model is told what the network did and when, in the order in which the server is, and which
//! clients were cut off as slow: that depends on how the server counts, so here it is only checked
//! whether the server was allowed to.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use mio_chat::chat::Farewell;
use mio_chat::id::ClientId;
use mio_chat::limits;
use mio_chat::server::CloseReason;

use crate::client::{Client, Phase};
use crate::expected::{Kind, Secret};
use crate::offices::Guesser;
use crate::origins::Origins;
use crate::rooms::{Effect, Ending, Rooms};
use crate::rules::Rules;
use crate::secure::Browsers;

/// Nanoseconds since the start.
pub(crate) type Nanos = u64;

pub(crate) fn nanos(duration: Duration) -> Nanos {
    duration.as_nanos() as Nanos
}

/// Turns within which a client with too much waiting is cut off: a flush is put off for less.
const OVERFULL_TURNS: u64 = 6;

/// Everybody, and what they must hear.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) rules: Rules,
    pub(crate) clients: BTreeMap<ClientId, Client>,
    pub(crate) rooms: Rooms,
    pub(crate) now: Nanos,
    /// Lines carried out or refused, and room events handed to one member each.
    pub(crate) lines: u64,
    pub(crate) deliveries: u64,
    /// When rooms are told who came and went.
    pub(crate) digest_at: Option<Nanos>,
    /// Who says to look after the server, and does or not; and when that is found out.
    pub(crate) checks: VecDeque<(ClientId, bool)>,
    pub(crate) check_at: Option<Nanos>,
    /// Wrong passwords by whom they came from, and from where right ones came.
    pub(crate) guessed: BTreeMap<Guesser, u64>,
    pub(crate) proved: BTreeSet<IpAddr>,
    pub(crate) groups: u64,
    pub(crate) origins: Origins,
    pub(crate) browsers: Browsers,
    /// Lines that waited for others from the same address.
    pub(crate) turns_given: u64,
    flush: u64,
    turn: u64,
}

impl Model {
    pub(crate) fn new(rules: Rules) -> Self {
        Self {
            rules,
            clients: BTreeMap::new(),
            rooms: Rooms::new(rules.rooms, rules.calendar),
            now: 0,
            lines: 0,
            deliveries: 0,
            digest_at: None,
            checks: VecDeque::new(),
            check_at: None,
            guessed: BTreeMap::new(),
            proved: BTreeSet::new(),
            groups: 0,
            origins: Origins::default(),
            browsers: Browsers::default(),
            turns_given: 0,
            flush: 0,
            turn: 0,
        }
    }

    // ---- What happened ----

    pub(crate) fn connect(&mut self, now: Nanos, id: ClientId, address: IpAddr) {
        self.set_now(now);
        self.rooms.connect(id, address);
        let known = self.clients.insert(id, Client::new(now, address));
        assert!(known.is_none(), "{id} is somebody else's");
    }

    /// The server has read this. `heard`: how many lines it says to have carried out.
    pub(crate) fn receive(&mut self, now: Nanos, id: ClientId, bytes: &[u8], heard: u64) {
        self.set_now(now);
        self.client(id).take_in(now, bytes);
        self.converse(id, Some(heard));
    }

    /// The server goes on with a client that had more to say than it had time for.
    pub(crate) fn resume(&mut self, now: Nanos, id: ClientId, heard: u64) {
        self.set_now(now);
        self.client(id).paused = false;
        self.converse(id, Some(heard));
    }

    pub(crate) fn half_closed(&mut self, now: Nanos, id: ClientId, heard: u64) {
        self.set_now(now);
        self.client(id).end_input(false);
        self.converse(id, Some(heard));
    }

    /// Nothing can be written to it.
    pub(crate) fn write_failed(&mut self, id: ClientId) {
        self.client(id).break_off();
    }

    /// Nothing more can be read from it, nor written.
    pub(crate) fn read_failed(&mut self, now: Nanos, id: ClientId, heard: u64) {
        self.set_now(now);
        self.client(id).break_off();
        self.client(id).end_input(true);
        self.converse(id, Some(heard));
    }

    /// Does what was due. Returns for whom.
    pub(crate) fn timeout(&mut self, now: Nanos) -> Vec<ClientId> {
        self.set_now(now);
        let mut served = Vec::new();
        while let Some((_, id)) = self.next_due().filter(|(due, _)| *due <= now) {
            self.expire(id);
            served.push(id);
        }
        served
    }

    pub(crate) fn shutdown(&mut self, now: Nanos, drain: Nanos) {
        self.set_now(now);
        self.rooms.clear();
        let ids: Vec<ClientId> = self.clients.keys().copied().collect();
        let count = ids.len();
        for (place, id) in ids.into_iter().enumerate() {
            let client = self.client(id);
            let until = now + drain;
            let closing = client.phase == Phase::Closing;
            let close_by = if closing { client.close_by.min(until) } else { until };
            let seconds = 1 + place * 10 / count;
            let text = format!("* the server is shutting down; come back in {seconds} s\n");
            self.close(id, CloseReason::Told(Farewell::Shutdown { back_in: 0 }), &text);
            self.client(id).close_by = close_by;
        }
    }

    /// After a client was heard: `appetite` is how much of it the server wants to read, and
    /// `has_reason` whether there is one to let it wait.
    pub(crate) fn note_appetite(&mut self, id: ClientId, appetite: usize, has_reason: bool) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        if client.phase == Phase::Closing {
            return;
        }
        let paused = std::mem::take(&mut client.must_be_paused);
        let paused = paused || (client.may_be_read() && appetite == 0);
        assert!(!paused || has_reason, "{id} is made to wait without a reason");
        client.paused = paused;
    }

    // ---- What the network took ----

    pub(crate) fn begin_flush(&mut self) {
        self.flush += 1;
        let flush = self.flush;
        for client in self.clients.values_mut() {
            client.expected.note_flush(flush);
        }
    }

    /// A client's socket took these bytes; `full`: it takes no more.
    pub(crate) fn sent(&mut self, now: Nanos, id: ClientId, bytes: &[u8], full: bool) {
        let rules = self.rules;
        let turn = self.turn;
        let client = self.client(id);
        if let Err(complaint) = client.expected.receive(bytes) {
            panic!("{id} {complaint}");
        }
        let told = std::mem::take(&mut client.expected.told);
        if !told.is_empty() {
            self.learn(told);
        }
        let client = self.client(id);
        if !bytes.is_empty() {
            client.blocked = false;
            client.stuck_since = None;
        }
        if full {
            client.blocked = true;
            client.stuck_since.get_or_insert(now);
            client.expected.note_full(rules.soft);
            client.note_weight(rules.hard, turn);
        }
        let much = bytes.len() >= limits::CLOSE_PROGRESS_BYTES;
        if much && client.can_be_given_time() && !client.expected.is_complete() {
            client.close_by = client.close_by.max(now + nanos(limits::CLOSE_TIMEOUT));
        }
    }

    // ---- What must hold ----

    /// When somebody is due next.
    pub(crate) fn next_due(&self) -> Option<(Nanos, ClientId)> {
        let all =
            self.clients.iter().filter_map(|(id, client)| Some((client.due(&self.rules)?, *id)));
        all.min()
    }

    /// Whether a client has something due by then.
    pub(crate) fn is_due(&self, time: Nanos, id: ClientId) -> bool {
        self.clients[&id].due(&self.rules).is_some_and(|due| due <= time)
    }

    /// A turn is over: what should have been done by now?
    pub(crate) fn end_turn(&mut self, now: Nanos) {
        self.turn += 1;
        for (id, client) in &mut self.clients {
            if client.phase == Phase::Closing {
                assert!(now <= client.close_by, "{id} is closing for too long");
                continue;
            }
            let stuck = client.stuck_since.is_some_and(|since| now > since + self.rules.age);
            assert!(!client.blocked || !stuck, "{id} has taken nothing for too long");
            if client.expected.most_weight() <= self.rules.hard {
                client.overfull = None;
            }
            if !client.blocked || client.expected.least() <= self.rules.hard {
                client.surely_overfull = None;
            }
            let since = client.surely_overfull.unwrap_or(self.turn);
            let late = since + OVERFULL_TURNS < self.turn;
            assert!(!late, "{id} has too much waiting and is not cut off");
        }
    }

    /// A client was freed for this reason.
    pub(crate) fn reaped(&mut self, now: Nanos, id: ClientId, reason: CloseReason) {
        let client = self.clients.remove(&id).unwrap_or_else(|| panic!("{id} was freed twice"));
        let Some(expected) = client.reason else { panic!("{id} was freed and never closed") };
        let late = now >= client.close_by;
        assert!(
            late || client.lost || client.expected.is_complete(),
            "{id} was freed before it heard {}",
            client.expected.rest()
        );
        let reasons = (reason.name(), expected.name());
        let gave_up = late && reasons == ("lost", "ended");
        assert!(reasons.0 == reasons.1 || gave_up, "{id}: {reasons:?}");
    }

    // ---- How people are heard ----

    pub(crate) fn client(&mut self, id: ClientId) -> &mut Client {
        self.clients.get_mut(&id).unwrap_or_else(|| panic!("{id} is nobody"))
    }

    /// `heard`: how many lines the server carried out; `None`: as many as it may.
    fn converse(&mut self, id: ClientId, heard: Option<u64>) {
        if self.client(id).phase == Phase::Closing {
            return;
        }
        self.detect_irc(id);
        let has_web = self.rules.has_web();
        if let Some((reason, refusal)) = self.client(id).foreign(has_web) {
            return self.close(id, reason, refusal);
        }
        if self.client(id).is_undecided() {
            return self.after_hearing(id);
        }
        let (mut done, mut line_ended) = (0, false);
        loop {
            let (now, rules) = (self.now, self.rules);
            let client = self.client(id);
            if client.irc && !client.has_line() {
                break;
            }
            if !client.may_be_heard(now, &rules) {
                break;
            }
            if rules.flood.is_some() && self.waits_its_turn(id) {
                break;
            }
            let client = self.client(id);
            let is_over = heard == Some(done) && (client.next_counts() || client.is_paused_now);
            if is_over && client.has_line() {
                client.must_be_paused = true;
                break;
            }
            let Some(line) = client.next_line() else { break };
            done += self.hear(id, &line);
            line_ended |= !self.client(id).skipping;
        }
        self.lines += done;
        assert!(heard.is_none_or(|heard| heard == done), "{id}: {heard:?} lines heard, not {done}");
        let now = self.now;
        self.client(id).settle(now, line_ended);
        self.after_hearing(id);
    }

    fn after_hearing(&mut self, id: ClientId) {
        let now = self.now;
        let client = self.client(id);
        if client.phase == Phase::Closing {
            return;
        }
        let is_member = client.phase == Phase::Chatting;
        if client.held && client.has_begun() && is_member && !client.told_to_wait {
            client.told_to_wait = true;
            let why = match client.turn {
                None => "too fast",
                Some(_) => "too much comes from your address at once",
            };
            let text =
                format!("* {why}: what you say waits its turn now, and none of it is lost\n");
            let text = self.rooms.as_told(id, text);
            self.client(id).tell(now, text.as_bytes());
        }
        let client = self.client(id);
        if client.ended && client.inbox.is_empty() {
            let broken = client.broken;
            self.close(id, if broken { CloseReason::Lost } else { CloseReason::Ended }, "");
        } else if client.phase != Phase::Chatting && client.bytes >= client.bytes_max() {
            self.close_as_a_stranger(id);
        }
    }

    pub(crate) fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Tell(to, text) => {
                let text = self.rooms.as_told(to, text);
                self.tell(to, &text);
            }
            Effect::TellSecret(to, text, key) => {
                let (now, secret) = (self.now, key.map_or(Secret::Epoch, Secret::Key));
                let (rules, turn) = (self.rules, self.turn);
                let text = self.rooms.as_told(to, text);
                let client = self.client(to);
                client.expected.push_secret(now, text.as_bytes(), secret);
                client.note_weight(rules.hard, turn);
            }
            Effect::Form(id, language) => self.client(id).expected.language = language,
            Effect::Lines(to, text) | Effect::Aside(to, text) => self.tell_lines(to, &text, None),
            Effect::Room(to, text) => {
                self.deliveries += 1;
                self.tell_lines(to, &text, None);
            }
            Effect::Guessed(_) => {}
            Effect::Publish(members, text) => {
                self.deliveries += members.len() as u64;
                for member in members {
                    self.tell(member, &text);
                }
            }
            Effect::Presence(members, text) => {
                self.deliveries += members.len() as u64;
                self.tell_presence(&members, &text, None);
            }
            Effect::Check(id, right) => self.check(id, right),
            Effect::Close(id, ending) => {
                let farewell = match ending {
                    Ending::Quit => Farewell::Quit,
                    Ending::Kicked => Farewell::Kicked,
                    Ending::Banned => Farewell::Banned,
                };
                self.close(id, CloseReason::Told(farewell), "* goodbye\n");
            }
        }
    }

    pub(crate) fn set_now(&mut self, now: Nanos) {
        self.now = now;
        self.rooms.wall = self.rules.calendar + now / 1_000_000;
    }

    pub(crate) fn tell(&mut self, to: ClientId, text: &str) {
        let (now, rules, turn) = (self.now, self.rules, self.turn);
        let client = self.client(to);
        client.tell(now, text.as_bytes());
        client.note_weight(rules.hard, turn);
    }

    /// Tells a reader of IRC some lines.
    pub(crate) fn tell_lines(&mut self, to: ClientId, text: &str, group: Option<u64>) {
        let now = self.now;
        let client = self.client(to);
        if !client.broken {
            for line in text.split_inclusive('\n') {
                client.expected.push_line(now, line.as_bytes(), Kind::Must, group);
            }
        }
    }

    pub(crate) fn tell_presence(&mut self, members: &[ClientId], text: &str, group: Option<u64>) {
        let (now, rules, turn) = (self.now, self.rules, self.turn);
        for &member in members {
            let client = self.client(member);
            if client.broken {
                continue;
            }
            let may_wait = client.blocked || client.is_small();
            let spared = may_wait && client.expected.most_weight() > rules.soft;
            let kind = Kind::Presence { spared };
            client.expected.push_line(now, text.as_bytes(), kind, group);
            client.note_weight(rules.hard, turn);
        }
    }

    // ---- How they go ----

    fn expire(&mut self, id: ClientId) {
        let now = self.now;
        let client = self.client(id);
        if client.phase == Phase::Closing {
            unreachable!("closing clients are not due here");
        } else if client.secure_due().is_some_and(|due| due <= now) {
            self.insecure(now, id);
        } else if client.register_due().is_some_and(|due| due <= now) {
            let reason = CloseReason::Told(Farewell::RegisterTimeout);
            self.close(id, reason, "* no nickname came in time; connect again and type one\n");
        } else if client.greet_due().is_some_and(|due| due <= now) {
            if !self.may_be_browser(id) {
                let client = self.client(id);
                (client.phase, client.prompted) = (Phase::Choosing, true);
                client.tell(now, b"NICK");
            }
        } else if client.line_due().is_some_and(|due| due <= now) {
            let reason = CloseReason::Told(Farewell::LineTimeout);
            let text = "* your line was begun and not ended in time; end each with Enter\n";
            self.close(id, reason, text);
        } else {
            client.end_here |= client.quiet_due().is_some_and(|due| due <= now);
            client.held = false;
            self.converse(id, None);
        }
    }

    pub(crate) fn close(&mut self, id: ClientId, reason: CloseReason, text: &str) {
        let now = self.now;
        let client = self.client(id);
        if client.phase == Phase::Closing {
            client.lost |= reason == CloseReason::Lost;
            return;
        }
        let unanswered = client.awaits_answer();
        if client.turn.take().is_some() {
            self.refund(id);
        }
        let client = self.client(id);
        client.close(now, reason);
        let text = self.rooms.farewell(id, text);
        for left in self.rooms.remove(id, why(reason)) {
            self.carry_out(left);
        }
        self.note_untold();
        let client = self.client(id);
        let foreign = matches!(reason, CloseReason::Foreign(_));
        if unanswered && !text.is_empty() && !foreign {
            client.tell(now, b"\n");
        }
        client.tell(now, text.as_bytes());
    }
}

/// What readers of IRC are told of why somebody is gone.
fn why(reason: CloseReason) -> &'static str {
    match reason {
        CloseReason::Told(Farewell::Quit) => "",
        CloseReason::Told(Farewell::Banned) => "banned",
        CloseReason::Told(Farewell::Kicked) => "put out of the server",
        CloseReason::Lost => "connection lost",
        _ => "connection closed",
    }
}

//! One connection to the engine, without its socket: greeting, questions and answers in their
//! order, what is published, silence, and coming back.
//!
//! Whoever holds the socket looks at [`Link::stage`] after each call: it connects when that says
//! so, and drops the socket when that says [`Stage::Waiting`]. Bytes that have come are to be
//! handed in before time is, so that who was stopped for a while does not take its own silence for
//! the engine's. What the answers mean to rooms and leases is left to `node`.
//!
//! Invariants:
//! - Answers belong to questions first in, first out; an answer that nobody waits for ends the
//!   connection, as does one of another form than was asked for.
//! - Each question that was taken is answered once: by the engine, or by [`Failure::Gone`].
//! - What waits to be written is bounded ([`LINK_BYTES_MAX`]), and so is what is unanswered.

mod fault;
mod greeting;

use std::collections::VecDeque;
use std::mem;

pub use fault::{Failure, Gone, Unfit};
use fault::{Fault, classify};
use greeting::Greeting;

use super::answer::Answer;
use super::engine::{Asked, Question};
use super::entry::Term;
use super::resp::{Command, Value, decode};
use crate::limits::{
    ENGINE_PING_EVERY, ENGINE_SILENCE_MAX, LINK_BYTES_MAX, LINK_QUESTIONS_MAX, RECONNECT_PAUSE_MAX,
    RECONNECT_PAUSE_MIN,
};
use crate::time::Time;

/// Where the engine is, and how a node greets it.
#[derive(Clone, Debug)]
pub struct LinkSettings {
    /// How many addresses there are. They are tried in turn.
    pub addresses: usize,
    /// As whom to log in; `default` if nobody is named.
    pub user: Option<String>,
    /// The password, if the engine wants one.
    pub password: Option<String>,
    /// What the connection is called in the engine's list of clients.
    pub name: String,
    /// What all keys and channels begin with; no braces, which mean something to Redis.
    pub prefix: String,
}

/// What the socket has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// There must be none.
    Waiting,
    /// It is to be connected to the address of this number.
    Connecting(usize),
    /// It is connected.
    Connected,
}

/// What has happened on a link. `T` is what the asker calls its question.
#[derive(Debug, PartialEq)]
pub enum LinkEvent<T> {
    /// The engine is there, or its term has been renewed.
    Up {
        /// Its term.
        term: Term,
        /// Whether it is the same run of the engine as before, whose positions can be trusted.
        is_same_run: bool,
    },
    /// The connection is gone, or none came about. It will be tried again.
    Down(Gone),
    /// The engine cannot be used, and waiting will not change that. It will be tried again.
    Unfit(Unfit),
    /// A question is answered.
    Answer(T, Result<Answer, Failure>),
    /// Something was published: the channel without the prefix, and what.
    Published(Box<[u8]>, Box<[u8]>),
}

/// Why a question was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unasked {
    /// The engine is not there.
    Down,
    /// Too much waits already.
    Full,
}

#[derive(Debug)]
enum State {
    /// Until then.
    Waiting(Time),
    /// Since then.
    Connecting(Time),
    /// Since then, and how far the greeting has come.
    Greeting(Time, Greeting),
    Up,
}

/// What an answer is for.
#[derive(Debug)]
enum Pending<T> {
    Greeting,
    Term,
    Ping,
    Subscribe,
    Question(T, Asked),
}

/// One connection.
#[derive(Debug)]
pub struct Link<T> {
    settings: LinkSettings,
    state: State,
    address: usize,
    /// The pause before the next try, its random part left out.
    pause: std::time::Duration,
    random: u64,
    input: Vec<u8>,
    output: Vec<u8>,
    /// Bytes of the output that are written.
    written: usize,
    pending: VecDeque<Pending<T>>,
    heard: Time,
    pinged: Time,
    /// The run of the engine that this was connected to last.
    engine_run: String,
    /// Whether that was another one than before, which nobody was told yet.
    is_new_run: bool,
    /// The term that the engine has said last.
    term: Term,
    /// The least that it must say next.
    least: Term,
    is_renewing: bool,
    events: VecDeque<LinkEvent<T>>,
}

impl<T> Link<T> {
    /// A link that connects at once. `random` spreads its pauses; `term` is the highest known.
    pub fn new(now: Time, settings: LinkSettings, random: u64, term: Term) -> Self {
        Self {
            settings,
            state: State::Waiting(now),
            address: 0,
            pause: RECONNECT_PAUSE_MIN,
            random,
            input: Vec::new(),
            output: Vec::new(),
            written: 0,
            pending: VecDeque::new(),
            heard: now,
            pinged: now,
            engine_run: String::new(),
            is_new_run: true,
            term,
            least: term,
            is_renewing: false,
            events: VecDeque::new(),
        }
    }

    /// What the socket has to do.
    pub fn stage(&self) -> Stage {
        match self.state {
            State::Waiting(_) => Stage::Waiting,
            State::Connecting(_) => Stage::Connecting(self.address),
            State::Greeting(..) | State::Up => Stage::Connected,
        }
    }

    /// When time must be handed in next.
    pub fn poll_timeout(&self) -> Time {
        match self.state {
            State::Waiting(until) => until,
            State::Connecting(since) | State::Greeting(since, _) => since + ENGINE_SILENCE_MAX,
            State::Up => (self.heard + ENGINE_SILENCE_MAX).min(self.pinged + ENGINE_PING_EVERY),
        }
    }

    /// The next thing that has happened.
    pub fn event(&mut self) -> Option<LinkEvent<T>> {
        self.events.pop_front()
    }

    /// Whether questions are answered.
    pub fn is_up(&self) -> bool {
        matches!(self.state, State::Up)
    }

    /// What is to be written.
    pub fn output(&self) -> &[u8] {
        &self.output[self.written..]
    }

    /// So many bytes of the output were written.
    pub fn wrote(&mut self, bytes: usize) {
        self.written = (self.written + bytes).min(self.output.len());
        // Moved once as much is written as is left, so each byte is moved once at most.
        if self.written * 2 >= self.output.len() {
            self.output.drain(..self.written);
            self.written = 0;
        }
    }

    /// Does what is due.
    pub fn expire(&mut self, now: Time) {
        match self.state {
            State::Waiting(until) if until <= now => self.state = State::Connecting(now),
            State::Connecting(since) | State::Greeting(since, _)
                if since + ENGINE_SILENCE_MAX <= now =>
            {
                self.gone(now, Gone::Slow);
            }
            State::Up if self.heard + ENGINE_SILENCE_MAX <= now => self.gone(now, Gone::Silent),
            State::Up if self.pinged + ENGINE_PING_EVERY <= now => {
                self.pinged = now;
                Command::new(&mut self.output, 1).bytes(b"PING");
                self.pending.push_back(Pending::Ping);
            }
            _ => {}
        }
    }

    /// The socket is connected.
    pub fn connected(&mut self, now: Time) {
        if let State::Connecting(since) = self.state {
            self.heard = now;
            self.state = State::Greeting(since, Greeting::hello(&self.settings, &mut self.output));
            self.pending.push_back(Pending::Greeting);
        }
    }

    /// The socket could not be connected, or was closed by the other end or an error.
    pub fn closed(&mut self, now: Time) {
        if !matches!(self.state, State::Waiting(_)) {
            self.gone(now, Gone::Closed);
        }
    }

    /// Asks. Refused when too much waits, but for what is `urgent`.
    ///
    /// # Errors
    /// The engine is not there, or has too much to do.
    pub fn ask(&mut self, question: &Question<'_>, tag: T, urgent: bool) -> Result<(), Unasked> {
        if !self.is_up() {
            return Err(Unasked::Down);
        }
        let is_full = self.output().len() >= LINK_BYTES_MAX;
        if !urgent && (is_full || self.pending.len() >= LINK_QUESTIONS_MAX) {
            return Err(Unasked::Full);
        }
        question.encode(&self.settings.prefix, &mut self.output);
        self.pending.push_back(Pending::Question(tag, question.asked()));
        Ok(())
    }

    /// Hears what is published on a channel, whose name the prefix is put before, or does no more.
    pub fn subscribe(&mut self, channel: &str, hears: bool) {
        if self.is_up() {
            let verb: &[u8] = if hears { b"SUBSCRIBE" } else { b"UNSUBSCRIBE" };
            let prefix = self.settings.prefix.as_bytes();
            let command = Command::new(&mut self.output, 2).bytes(verb);
            command.parts(&[prefix, channel.as_bytes()]);
            self.pending.push_back(Pending::Subscribe);
        }
    }

    /// The engine's term, as it has said last.
    pub fn term(&self) -> Term {
        self.term
    }

    /// Asks for the term again, which must be at least this one.
    pub fn renew(&mut self, least: Term) {
        self.least = self.least.max(least);
        if self.is_up() && !self.is_renewing {
            self.is_renewing = true;
            self.ask_term();
        }
    }

    fn ask_term(&mut self) {
        let question = Question::Term { engine_run: &self.engine_run, least: self.least };
        question.encode(&self.settings.prefix, &mut self.output);
        self.pending.push_back(Pending::Term);
    }

    /// Bytes have come.
    pub fn receive(&mut self, now: Time, bytes: &[u8]) {
        if self.stage() != Stage::Connected {
            return;
        }
        self.heard = now;
        let mut input = mem::take(&mut self.input);
        input.extend_from_slice(bytes);
        let mut at = 0;
        while self.stage() == Stage::Connected {
            match decode(&input[at..]) {
                Ok(None) => break,
                Ok(Some((value, used))) => {
                    at += used;
                    if let Err(fault) = self.hear(now, &value) {
                        self.fail(now, fault);
                    }
                }
                Err(_) if matches!(&self.state, State::Greeting(_, step) if step.is_first()) => {
                    self.fail(now, Fault::Unfit(Unfit::NotRedis));
                }
                Err(error) => self.gone(now, Gone::Nonsense(error.to_string())),
            }
        }
        if self.stage() == Stage::Connected {
            input.drain(..at);
            self.input = input;
        }
    }

    fn hear(&mut self, now: Time, value: &Value<'_>) -> Result<(), Fault> {
        if let Value::Push(parts) = value {
            return self.hear_push(parts);
        }
        let pending = self.pending.pop_front().ok_or_else(Fault::unasked)?;
        match (pending, value) {
            (Pending::Question(tag, _), Value::Error(error)) => match classify(error) {
                Fault::Refused(text) => {
                    self.events.push_back(LinkEvent::Answer(tag, Err(Failure::Refused(text))));
                }
                fault => {
                    self.events.push_back(LinkEvent::Answer(tag, Err(Failure::Gone)));
                    return Err(fault);
                }
            },
            (Pending::Question(tag, asked), value) => {
                let answer = Answer::decode(asked, value);
                let told = answer.clone().map_err(|_| Failure::Gone);
                self.events.push_back(LinkEvent::Answer(tag, told));
                answer.map_err(|error| Fault::Gone(Gone::Nonsense(error.to_string())))?;
            }
            (Pending::Greeting, value) => return self.greet(value),
            (Pending::Term, Value::Error(error)) => return Err(self.no_term(error)),
            (_, Value::Error(error)) => return Err(classify(error)),
            (Pending::Term, value) => return self.begin(now, value),
            (Pending::Ping, Value::Simple(b"PONG")) => {}
            (Pending::Ping | Pending::Subscribe, _) => return Err(Fault::unasked()),
        }
        Ok(())
    }

    fn hear_push(&mut self, parts: &[Value<'_>]) -> Result<(), Fault> {
        match parts {
            [Value::Bulk(b"message"), Value::Bulk(channel), Value::Bulk(text)] => {
                let prefix = self.settings.prefix.as_bytes();
                if let Some(channel) = channel.strip_prefix(prefix) {
                    let (channel, text) = ((*channel).into(), (*text).into());
                    self.events.push_back(LinkEvent::Published(channel, text));
                }
            }
            [Value::Bulk(b"subscribe" | b"unsubscribe"), ..]
                if !matches!(self.pending.pop_front(), Some(Pending::Subscribe)) =>
            {
                return Err(Fault::unasked());
            }
            // Of other kinds none was asked for, and none does harm.
            _ => {}
        }
        Ok(())
    }

    fn greet(&mut self, value: &Value<'_>) -> Result<(), Fault> {
        let State::Greeting(_, greeting) = &mut self.state else { return Err(Fault::unasked()) };
        let before = greeting.asked();
        greeting.answered(value, &mut self.output)?;
        let more = greeting.asked() - before;
        (0..more).for_each(|_| self.pending.push_back(Pending::Greeting));
        if let Some(run) = greeting.finished() {
            self.is_new_run |= *run != self.engine_run;
            run.clone_into(&mut self.engine_run);
            self.ask_term();
        }
        Ok(())
    }

    /// What it means that the engine does not say its term.
    fn no_term(&self, error: &[u8]) -> Fault {
        match &self.state {
            State::Greeting(_, greeting) if error.starts_with(b"ERR Function not found") => {
                greeting.without_functions()
            }
            _ => classify(error),
        }
    }

    /// The engine has said its term: questions may be asked.
    fn begin(&mut self, now: Time, value: &Value<'_>) -> Result<(), Fault> {
        let Ok(Answer::Term(term)) = Answer::decode(Asked::Term, value) else {
            return Err(Fault::unasked());
        };
        if term < self.least {
            // More has become known since it was asked.
            self.ask_term();
            return Ok(());
        }
        (self.term, self.least, self.is_renewing) = (term, term, false);
        if !self.is_up() {
            (self.state, self.pause, self.pinged) = (State::Up, RECONNECT_PAUSE_MIN, now);
        }
        let is_same_run = !mem::take(&mut self.is_new_run);
        self.events.push_back(LinkEvent::Up { term, is_same_run });
        Ok(())
    }

    fn fail(&mut self, now: Time, fault: Fault) {
        match fault {
            Fault::Gone(gone) => self.gone(now, gone),
            Fault::Refused(text) => self.gone(now, Gone::Refused(text)),
            Fault::Unfit(unfit) => {
                self.events.push_back(LinkEvent::Unfit(unfit));
                self.pause = RECONNECT_PAUSE_MAX;
                self.gone(now, Gone::Closed);
            }
        }
    }

    /// Ends the connection, and says when there will be another.
    fn gone(&mut self, now: Time, why: Gone) {
        self.events.push_back(LinkEvent::Down(why));
        for pending in mem::take(&mut self.pending) {
            if let Pending::Question(tag, _) = pending {
                self.events.push_back(LinkEvent::Answer(tag, Err(Failure::Gone)));
            }
        }
        (self.input, self.output, self.written) = (Vec::new(), Vec::new(), 0);
        self.is_renewing = false;
        // Half of the pause to one and a half, so that not all nodes come at once.
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let share = 500 + u32::try_from((self.random >> 33) % 1_000).unwrap_or(0);
        self.state = State::Waiting(now + self.pause * share / 1_000);
        self.pause = (self.pause * 2).min(RECONNECT_PAUSE_MAX);
        self.address = (self.address + 1) % self.settings.addresses.max(1);
    }
}

#[cfg(test)]
mod tests;

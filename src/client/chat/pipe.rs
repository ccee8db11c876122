//! The client in a pipe: lines in, lines out, and an exit code that tells how it ended.
//!
//! All that is decided is decided by `console::Script`. Input is read only when it can be sent.
//!
//! Invariants: one thread; nothing blocks but the poll and whoever reads the output; nothing is
//! read before we are in the room, or while much waits to be sent.

use std::io::{self, Write};
use std::time::Duration;

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook_mio::v1_0::Signals;

use super::error::ChatError;
use super::wire::{Progress, Wire};
use super::{CAUGHT, Chat, KEYBOARD, SERVER, has_input, wait};
use crate::client::command::Ended;
use crate::console::{Ending, Script, ScriptStep};
use crate::limits::{ANSWER_PATIENCE, INPUT_LINE_BYTES_MAX};
use crate::peer::clock::Clock;
use crate::time::Time;

/// Everything that the loop holds.
pub(super) struct Pipe<'a> {
    chat: &'a Chat,
    poll: Poll,
    signals: Signals,
    clock: Clock,
    script: Script,
    wire: Wire,
    /// What was read and not said yet.
    input: Vec<u8>,
    has_ended: bool,
    /// When the server must have let us in.
    answer_by: Option<Time>,
    /// When it must have answered a command, unless it delivers more than so much meanwhile.
    waits: Option<(usize, Time)>,
    ending: Option<Ending>,
}

impl<'a> Pipe<'a> {
    /// A conversation that has not begun.
    pub(super) fn new(chat: &'a Chat, wire: Wire, poll: Poll) -> Result<Self, ChatError> {
        let nickname = chat.nickname.clone().ok_or(ChatError::NoNickname)?;
        let fail = ChatError::system("catch signals");
        let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP]).map_err(&fail)?;
        poll.registry().register(&mut signals, CAUGHT, Interest::READABLE).map_err(&fail)?;
        // A file is always ready, and cannot be registered.
        let _ = poll.registry().register(&mut SourceFd(&0), KEYBOARD, Interest::READABLE);
        let script = Script::new(&nickname, chat.room.as_deref(), chat.format, chat.is_literal)
            .with_account(chat.account.clone());
        let clock = Clock::start();
        let (input, has_ended, answer_by, waits, ending) = (Vec::new(), false, None, None, None);
        Ok(Self {
            chat,
            poll,
            signals,
            clock,
            script,
            wire,
            input,
            has_ended,
            answer_by,
            waits,
            ending,
        })
    }

    /// Runs until the input has ended and all of it was delivered, or until it cannot be.
    pub(super) fn run(mut self) -> Result<Ended, ChatError> {
        let mut events = Events::with_capacity(16);
        let progress = self.wire.connect(self.clock.now(), self.poll.registry());
        self.progress(progress)?;
        loop {
            if let Some(ending) = self.ending.take() {
                return self.judge(ending);
            }
            self.wait(&mut events)?;
            for event in &events {
                if event.token() == SERVER {
                    let registry = self.poll.registry();
                    let progress = self.wire.ready(self.clock.now(), registry, event);
                    self.progress(progress)?;
                }
            }
            if let Some(signal) = self.signals.pending().next() {
                return Ok(Ended::Signal(signal));
            }
            self.hear()?;
            self.read()?;
            let now = self.clock.now();
            let progress = self.wire.expire(now, self.poll.registry());
            self.progress(progress)?;
            if self.waits.is_some_and(|(_, by)| now >= by) {
                let steps = self.script.wait_no_longer();
                self.carry_out(steps)?;
            }
            if self.answer_by.is_some_and(|by| now >= by) {
                let why = "it does not answer as a mio-chat server does".to_owned();
                return Err(ChatError::Connect { server: self.chat.server.clone(), why });
            }
        }
    }

    fn wait(&mut self, events: &mut Events) -> Result<(), ChatError> {
        let by = self.clock.now() + ANSWER_PATIENCE;
        let waits = self.script.waiting().map(|delivered| (delivered, by));
        self.waits = waits.map(|new| self.waits.filter(|old| old.0 == new.0).unwrap_or(new));
        let waits = self.waits.map(|(_, by)| by);
        let due = self.wire.due().into_iter().chain(self.answer_by).chain(waits).min();
        let due = due.map(|due| due.since(self.clock.now()));
        let has_more = self.wire.has_input() || (self.may_read() && has_input());
        let timeout = if has_more { Some(Duration::ZERO) } else { due };
        wait(&mut self.poll, events, timeout)
    }

    fn may_read(&self) -> bool {
        self.script.is_ready() && !self.has_ended && !self.wire.is_full()
    }

    fn hear(&mut self) -> Result<(), ChatError> {
        let (script, mut steps) = (&mut self.script, Vec::new());
        let progress = self.wire.read(|line| steps.extend(script.hear(line)));
        self.carry_out(steps)?;
        self.progress(progress)
    }

    fn read(&mut self) -> Result<(), ChatError> {
        self.say()?;
        if !self.may_read() || !has_input() {
            return Ok(());
        }
        let mut room = [0; 16 * 1_024];
        match rustix::io::read(io::stdin(), &mut room) {
            Ok(0) => self.has_ended = true,
            Ok(length) => self.input.extend_from_slice(room.get(..length).unwrap_or_default()),
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
            Err(error) => return Err(ChatError::Input(error.into())),
        }
        self.say()
    }

    /// Says what was read, as long as it is known where, and finishes when that was all.
    fn say(&mut self) -> Result<(), ChatError> {
        if self.script.is_ready() {
            self.answer_by = None;
        }
        while self.script.is_ready() && !self.wire.is_full() {
            let line: Vec<u8> = match memchr::memchr(b'\n', &self.input) {
                Some(end) => self.input.drain(..=end).collect(),
                None if self.has_ended && !self.input.is_empty() => std::mem::take(&mut self.input),
                None if self.has_ended && !self.chat.stays => {
                    let steps = self.script.finish();
                    return self.carry_out(steps);
                }
                None => {
                    // The rest of what is too long is not needed to refuse it.
                    self.input.truncate(INPUT_LINE_BYTES_MAX + 1);
                    return Ok(());
                }
            };
            let steps = self.script.say(line.strip_suffix(b"\n").unwrap_or(&line));
            self.carry_out(steps)?;
        }
        Ok(())
    }

    fn carry_out(&mut self, steps: Vec<ScriptStep>) -> Result<(), ChatError> {
        let mut stdout = io::stdout().lock();
        for step in steps {
            match step {
                ScriptStep::Send(text) => drop(self.wire.send(&text)),
                ScriptStep::Print(line) => writeln!(stdout, "{line}").map_err(ChatError::Output)?,
                // Nobody may be there to read it.
                ScriptStep::Note(text) => drop(writeln!(io::stderr(), "* {text}")),
                ScriptStep::Finish => self.wire.finish(),
            }
        }
        stdout.flush().map_err(ChatError::Output)
    }

    fn progress(&mut self, progress: Progress) -> Result<(), ChatError> {
        if let Some(news) = self.wire.take_news() {
            // Nobody may be there to read it.
            let _ = writeln!(io::stderr(), "* {news}");
        }
        match progress {
            Progress::Nothing => {}
            Progress::Distrusted(why) => {
                return Err(ChatError::Distrusted { server: self.chat.server.clone(), why });
            }
            Progress::Connected => {
                self.answer_by = Some(self.clock.now() + ANSWER_PATIENCE);
                self.wire.send(&self.script.greeting());
            }
            Progress::Hopeless(why) => {
                return Err(ChatError::Foreign { server: self.chat.server.clone(), why });
            }
            Progress::Closed(why) if self.script.has_begun() => {
                self.ending = Some(self.script.end(&why));
            }
            Progress::Closed(why) => {
                let why = if why.is_empty() { "it has closed the connection".into() } else { why };
                let server = self.chat.server.clone();
                return Err(ChatError::Connect { server, why });
            }
        }
        Ok(())
    }

    fn judge(&self, ending: Ending) -> Result<Ended, ChatError> {
        let server = self.chat.server.clone();
        match ending {
            Ending::Delivered => Ok(Ended::Well),
            Ending::Refused(why) => Err(ChatError::Refused { server, why }),
            Ending::Foreign(why) => Err(ChatError::Foreign { server, why }),
            Ending::Lost(why) => Err(ChatError::Lost { server, why }),
            Ending::Undelivered(missing, all) => Err(ChatError::Undelivered { missing, all }),
        }
    }
}

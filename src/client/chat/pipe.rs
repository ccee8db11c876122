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
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook_mio::v1_0::Signals;

use super::error::ChatError;
use super::wire::{Progress, Wire};
use super::{CAUGHT, Chat, KEYBOARD, SERVER};
use crate::client::clock::Clock;
use crate::client::command::Ended;
use crate::console::{Ending, Script, Step};
use crate::limits::COMPOSED_BYTES_MAX;

/// Everything that the loop holds.
pub(super) struct Pipe<'a> {
    chat: &'a Chat,
    poll: Poll,
    signals: Signals,
    clock: Clock,
    script: Script,
    wire: Wire,
    /// The beginning of a line of the input, and whether the rest of it is dropped.
    begun: Vec<u8>,
    has_ended: bool,
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
        let script = Script::new(&nickname, chat.room.as_deref(), chat.format, chat.is_literal);
        let clock = Clock::start();
        let (begun, has_ended, ending) = (Vec::new(), false, None);
        Ok(Self { chat, poll, signals, clock, script, wire, begun, has_ended, ending })
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
            let progress = self.wire.expire(self.clock.now(), self.poll.registry());
            self.progress(progress)?;
        }
    }

    fn wait(&mut self, events: &mut Events) -> Result<(), ChatError> {
        let due = self.wire.due().map(|due| due.since(self.clock.now()));
        let has_more = self.wire.has_input() || (self.may_read() && is_readable());
        let timeout = if has_more { Some(Duration::ZERO) } else { due };
        match self.poll.poll(events, timeout) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                Err(ChatError::System { what: "wait", source: error })
            }
            _ => Ok(()),
        }
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
        if !self.may_read() || !is_readable() {
            return Ok(());
        }
        let mut room = [0; 16 * 1_024];
        let length = match rustix::io::read(io::stdin(), &mut room) {
            Ok(length) => length,
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => return Ok(()),
            Err(_) => 0,
        };
        for &byte in room.get(..length).unwrap_or_default() {
            if byte == b'\n' {
                let line = std::mem::take(&mut self.begun);
                let steps = self.script.say(&line);
                self.carry_out(steps)?;
            } else if self.begun.len() <= 2 * COMPOSED_BYTES_MAX {
                // What is longer is refused for what is kept of it.
                self.begun.push(byte);
            }
        }
        if length == 0 {
            self.has_ended = true;
            let rest = std::mem::take(&mut self.begun);
            let mut steps = self.script.say(&rest);
            if !self.chat.stays {
                steps.extend(self.script.finish());
            }
            self.carry_out(steps)?;
        }
        Ok(())
    }

    fn carry_out(&mut self, steps: Vec<Step>) -> Result<(), ChatError> {
        let mut stdout = io::stdout().lock();
        for step in steps {
            match step {
                Step::Send(text) => drop(self.wire.send(&text)),
                Step::Print(line) => writeln!(stdout, "{line}").map_err(ChatError::Output)?,
                // Nobody may be there to read it.
                Step::Note(text) => drop(writeln!(io::stderr(), "* {text}")),
                Step::Finish => self.wire.finish(),
            }
        }
        stdout.flush().map_err(ChatError::Output)
    }

    fn progress(&mut self, progress: Progress) -> Result<(), ChatError> {
        match progress {
            Progress::Nothing => {}
            Progress::Connected => drop(self.wire.send(&self.script.greeting())),
            Progress::Closed(why) if self.script.has_begun() => {
                self.ending = Some(self.script.end(&why));
            }
            Progress::Closed(why) => {
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
            Ending::Lost(why) => Err(ChatError::Lost { server, why }),
            Ending::Undelivered(missing, all) => Err(ChatError::Undelivered { missing, all }),
        }
    }
}

/// Whether there is input, or its end.
fn is_readable() -> bool {
    let stdin = io::stdin();
    let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
    matches!(poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })), Ok(1..))
}

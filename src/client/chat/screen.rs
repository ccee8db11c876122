//! The client in a terminal: one poll loop for the keyboard, the server, signals and players.
//!
//! All that is decided is decided by `console`. A turn: wait, read keys, hear, let players talk, do
//! what is due, draw if anything has changed and the last frame is not too young.
//!
//! Invariants: one thread; nothing blocks but the poll and the terminal itself; nothing happens
//! and nothing is drawn while nothing happens.

use std::time::Duration;

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll};
use rustix::process::{Signal, getpid, kill_process};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGWINCH};
use signal_hook_mio::v1_0::Signals;

use super::error::ChatError;
use super::players::Players;
use super::terminal::{Screen, read_keys};
use super::wire::{Progress, Wire};
use super::{CAUGHT, Chat, KEYBOARD, SERVER, wait};
use crate::client::clock::wall;
use crate::client::command::Ended;
use crate::console::{Console, ConsoleSettings, Effect, Input, Keys, Moment};
use crate::limits::{FRAME_MIN, LEAVE_PATIENCE};
use crate::peer::clock::Clock;
use crate::time::Time;

/// Everything that the loop holds.
pub(super) struct Loop {
    poll: Poll,
    signals: Signals,
    clock: Clock,
    console: Console,
    screen: Screen,
    keys: Keys,
    wire: Wire,
    players: Players,
    /// When the frame was drawn that is to be seen, and whether it is out of date.
    drawn: Option<Time>,
    is_stale: bool,
    is_resized: bool,
    /// The keyboard or the server have more than one turn takes.
    has_keys: bool,
    key_due: Option<Time>,
    ended: Option<Ended>,
}

impl Loop {
    /// Takes the terminal. The connection is made when it runs.
    pub(super) fn new(chat: &Chat, wire: Wire, poll: Poll) -> Result<Self, ChatError> {
        let fail = ChatError::system("watch the keyboard");
        poll.registry().register(&mut SourceFd(&0), KEYBOARD, Interest::READABLE).map_err(&fail)?;
        let mut signals =
            Signals::new([SIGWINCH, SIGCONT, SIGTERM, SIGINT, SIGHUP]).map_err(&fail)?;
        poll.registry().register(&mut signals, CAUGHT, Interest::READABLE).map_err(&fail)?;
        let clock = Clock::start();
        let settings = ConsoleSettings {
            nickname: chat.nickname.clone().unwrap_or_default(),
            account: chat.account.clone(),
            room: chat.room.clone(),
            theme: chat.theme,
            server: chat.server.clone(),
            random: super::random()?,
        };
        Ok(Self {
            poll,
            signals,
            clock,
            console: Console::new(settings, moment(clock)),
            screen: Screen::enter()?,
            keys: Keys::default(),
            wire,
            players: Players::default(),
            drawn: None,
            is_stale: true,
            is_resized: true,
            has_keys: false,
            key_due: None,
            ended: None,
        })
    }

    /// Runs until the user leaves, and gives the terminal back.
    pub(super) fn run(mut self) -> Result<Ended, ChatError> {
        let outcome = self.turns();
        self.screen.leave();
        self.players.leave();
        let ended = outcome?;
        self.say_farewell();
        Ok(ended)
    }

    fn turns(&mut self) -> Result<Ended, ChatError> {
        let mut events = Events::with_capacity(64);
        self.happen(Input::Start)?;
        loop {
            self.draw()?;
            self.wait(&mut events)?;
            for event in &events {
                match event.token() {
                    KEYBOARD => self.has_keys = true,
                    SERVER => {
                        let (now, registry) = (self.clock.now(), self.poll.registry());
                        let progress = self.wire.ready(now, registry, event);
                        self.progress(progress)?;
                    }
                    CAUGHT => self.take_signals()?,
                    player => self.players.note_ready(player),
                }
            }
            // Keys first: whoever has looked away has not seen what comes next.
            self.read_keys()?;
            self.hear()?;
            self.hear_players()?;
            self.expire()?;
            if let Some(ended) = self.ended.take() {
                return Ok(ended);
            }
        }
    }

    fn wait(&mut self, events: &mut Events) -> Result<(), ChatError> {
        let now = self.clock.now();
        let frame = self.drawn.filter(|_| self.is_stale).map(|drawn| drawn + FRAME_MIN);
        let dues = [self.console.due(), self.wire.due(), self.key_due, frame];
        let due = dues.into_iter().flatten().min().map(|due| due.since(now));
        let at_once = (self.wire.has_input() || self.has_keys).then_some(Duration::ZERO);
        let timeout = [at_once, due, self.players.due()].into_iter().flatten().min();
        wait(&mut self.poll, events, timeout)
    }

    fn draw(&mut self) -> Result<(), ChatError> {
        if std::mem::take(&mut self.is_resized) {
            let (columns, rows) = self.screen.size()?;
            self.happen(Input::Resized(columns, rows))?;
        }
        let now = self.clock.now();
        let is_due = self.drawn.is_none_or(|drawn| now.since(drawn) >= FRAME_MIN);
        if self.is_stale && is_due {
            self.screen.draw(&self.console)?;
            (self.drawn, self.is_stale) = (Some(now), false);
            #[cfg(debug_assertions)]
            assert!(std::env::var_os("MIO_CHAT_PANIC").is_none(), "a test has asked for a panic");
        }
        Ok(())
    }

    // ---- What happens ----

    fn happen(&mut self, input: Input<'_>) -> Result<(), ChatError> {
        self.is_stale = true;
        let effects = self.console.handle(moment(self.clock), input);
        effects.into_iter().try_for_each(|effect| self.act(effect))
    }

    fn progress(&mut self, progress: Progress) -> Result<(), ChatError> {
        if let Some(news) = self.wire.take_news() {
            self.is_stale = true;
            self.console.note(&news);
        }
        match progress {
            Progress::Distrusted(why) => self.happen(Input::Distrusted(&why)),
            Progress::Hopeless(why) => self.happen(Input::Hopeless(&why)),
            Progress::Nothing => Ok(()),
            Progress::Connected => self.happen(Input::Connected),
            Progress::Closed(why) => {
                let why = if why.is_empty() { "the server has closed it" } else { &why };
                self.happen(Input::Closed(why))
            }
        }
    }

    fn hear(&mut self) -> Result<(), ChatError> {
        let mut effects = Vec::new();
        let (console, now) = (&mut self.console, moment(self.clock));
        let mut count = 0;
        let progress = self.wire.read(|line| {
            count += 1;
            effects.extend(console.handle(now, Input::Line(line)));
        });
        self.is_stale |= count > 0;
        effects.into_iter().try_for_each(|effect| self.act(effect))?;
        self.progress(progress)
    }

    fn read_keys(&mut self) -> Result<(), ChatError> {
        let mut typed = Vec::new();
        let is_due = self.key_due.is_some_and(|due| self.clock.now() >= due);
        if std::mem::take(&mut self.has_keys) {
            let is_open = read_keys(|bytes| self.keys.feed(bytes, &mut typed));
            if !is_open {
                self.ended = Some(Ended::Well);
            }
        } else if is_due {
            self.keys.give_up(&mut typed);
        }
        self.key_due = self.keys.patience().map(|patience| self.clock.now() + patience);
        typed.into_iter().try_for_each(|key| self.happen(Input::Key(key)))
    }

    fn hear_players(&mut self) -> Result<(), ChatError> {
        for (talk, news) in self.players.turn(self.poll.registry()) {
            self.happen(Input::Talk(talk, news))?;
        }
        Ok(())
    }

    fn expire(&mut self) -> Result<(), ChatError> {
        let now = self.clock.now();
        let progress = self.wire.expire(now, self.poll.registry());
        self.progress(progress)?;
        if self.console.due().is_some_and(|due| now >= due) {
            self.happen(Input::Timeout)?;
        }
        Ok(())
    }

    fn take_signals(&mut self) -> Result<(), ChatError> {
        let caught: Vec<i32> = self.signals.pending().collect();
        for signal in caught {
            match signal {
                SIGWINCH => self.is_resized = true,
                SIGCONT => {
                    self.screen.enter_again()?;
                    self.is_resized = true;
                }
                // The one who has closed the terminal does not want to be told of an error.
                other => self.ended = Some(Ended::Signal(other)),
            }
        }
        Ok(())
    }

    // ---- What is done ----

    fn act(&mut self, effect: Effect) -> Result<(), ChatError> {
        match effect {
            Effect::Connect => {
                let progress = self.wire.connect(self.clock.now(), self.poll.registry());
                self.progress(progress)?;
            }
            Effect::Disconnect => {
                self.wire.close();
                self.happen(Input::Closed(""))?;
            }
            Effect::Send(_) if self.wire.is_full() => {
                self.console.note("the server takes nothing at present; that was not sent");
            }
            Effect::Send(text) => {
                let progress = self.wire.send(&text);
                self.progress(progress)?;
            }
            Effect::Play { talk, token, port } => {
                let server = self.wire.peer();
                let name = self.console.nickname().to_owned();
                if let Some(news) =
                    self.players.begin(self.poll.registry(), talk, (server, port, token), &name)
                {
                    self.happen(Input::Talk(talk, news))?;
                }
            }
            Effect::Say { talk, text } => {
                if !self.players.say(talk, &text) {
                    self.console.note("too much is under way there; that was not sent");
                }
            }
            Effect::HangUp { talk } => self.players.hang_up(self.poll.registry(), talk),
            Effect::Redraw => self.screen.forget(),
            Effect::Suspend => self.suspend()?,
            Effect::Leave => self.ended = Some(Ended::Well),
        }
        Ok(())
    }

    /// Lets the shell have the terminal until it lets us have it again.
    fn suspend(&mut self) -> Result<(), ChatError> {
        self.screen.leave();
        // We stand still in here.
        let stopped = kill_process(getpid(), Signal::TSTP);
        stopped.map_err(|error| ChatError::System { what: "stop", source: error.into() })?;
        self.screen.enter_again()?;
        self.is_resized = true;
        Ok(())
    }

    /// What was said last is still to arrive; then the server closes. The terminal is the user's
    /// again already.
    fn say_farewell(&mut self) {
        if !self.wire.is_there() || self.wire.due().is_some() {
            return;
        }
        self.wire.finish();
        let (end, mut events) = (self.clock.now() + LEAVE_PATIENCE, Events::with_capacity(8));
        while self.wire.is_there() && self.clock.now() < end {
            let wait = (!self.wire.has_input()).then(|| end.since(self.clock.now()));
            if self.poll.poll(&mut events, wait.or(Some(Duration::ZERO))).is_err() {
                return;
            }
            for event in events.iter().filter(|event| event.token() == SERVER) {
                self.wire.ready(self.clock.now(), self.poll.registry(), event);
            }
            // A second signal says that nobody wants to wait.
            if events.iter().any(|event| event.token() == CAUGHT) {
                return;
            }
            self.wire.read(|_| {});
        }
    }
}

fn moment(clock: Clock) -> Moment {
    let (wall, offset) = wall();
    Moment { time: clock.now(), wall, offset }
}

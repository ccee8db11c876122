//! A client without a terminal: what happens to it, what it asks for, and what is to be seen of it.

use std::fmt::Write;
use std::time::Duration;

use mio_chat::console::{Console, ConsoleSettings, Effect, Input, Keys, Moment, Theme};
use mio_chat::time::Time;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::told;

/// 14:02 on some day.
pub(crate) const WALL: u64 = 1_763_820_120;

/// A client, and what it has asked for.
pub(crate) struct Play {
    console: Console,
    pub(crate) seconds: u64,
    pub(crate) effects: Vec<Effect>,
    pub(crate) size: (u16, u16),
}

impl Play {
    pub(crate) fn new(nickname: &str, theme: Theme) -> Self {
        let settings = ConsoleSettings {
            nickname: nickname.into(),
            server: "chat.example:55555".into(),
            random: 7,
            theme,
            ..ConsoleSettings::default()
        };
        let console = Console::new(settings, Self::moment(0));
        let mut play = Self { console, seconds: 0, effects: Vec::new(), size: (80, 24) };
        play.happen(Input::Start);
        play
    }

    /// Somebody who has come into `main`, with two who are there already.
    pub(crate) fn begun() -> Self {
        let mut play = Self::new("alice", Theme::Plain);
        play.happen(Input::Connected);
        play.hear(&[&format!("NICK{}", told::format(9)), &told::welcome("alice")]);
        play.hear(&[told::joined("alice"), told::room("main", 3)]);
        play.hear(&[told::history(0), told::end("main", 9)]);
        play.hear(&[told::names("main", &["alice", "bob", "Zoë"])]);
        play.effects.clear();
        play
    }

    pub(crate) fn moment(seconds: u64) -> Moment {
        let time = Time::at(Duration::from_secs(seconds));
        Moment { time, wall: WALL + seconds, offset: 0 }
    }

    pub(crate) fn happen(&mut self, input: Input<'_>) {
        let effects = self.console.handle(Self::moment(self.seconds), input);
        self.effects.extend(effects);
    }

    pub(crate) fn hear<T: AsRef<str>>(&mut self, lines: &[T]) {
        lines.iter().for_each(|line| self.happen(Input::Line(line.as_ref().as_bytes())));
    }

    /// Types what a terminal would send.
    pub(crate) fn press(&mut self, bytes: &str) {
        let (mut keys, mut typed) = (Keys::default(), Vec::new());
        keys.feed(bytes.as_bytes(), &mut typed);
        keys.give_up(&mut typed);
        typed.into_iter().for_each(|key| self.happen(Input::Key(key)));
    }

    /// What was sent to the server since it was last asked.
    pub(crate) fn sent(&mut self) -> String {
        let sent = self.effects.drain(..).filter_map(|effect| match effect {
            Effect::Send(text) => Some(text),
            _ => None,
        });
        sent.collect()
    }

    pub(crate) fn buffer(&mut self, (width, height): (u16, u16)) -> (Buffer, (u16, u16)) {
        if self.size != (width, height) {
            self.size = (width, height);
            self.happen(Input::Resized(width, height));
        }
        let mut buffer = Buffer::empty(Rect { x: 0, y: 0, width, height });
        let cursor = self.console.draw(&mut buffer);
        assert!(cursor.x < width.max(1) && cursor.y < height.max(1), "{cursor}");
        (buffer, (cursor.x, cursor.y))
    }

    /// What is seen, row by row.
    pub(crate) fn screen(&mut self, size: (u16, u16)) -> String {
        let (buffer, _) = self.buffer(size);
        let mut rows = String::new();
        for y in 0..size.1 {
            let (mut row, mut skip) = (String::new(), 0);
            for x in 0..size.0 {
                let symbol = buffer[(x, y)].symbol();
                if skip == 0 {
                    row.push_str(symbol);
                    skip = unicode_width::UnicodeWidthStr::width(symbol).max(1);
                }
                skip -= 1;
            }
            writeln!(rows, "{}", row.trim_end()).unwrap();
        }
        rows
    }

    #[track_caller]
    pub(crate) fn sees(&mut self, part: &str) {
        let screen = self.screen(self.size);
        assert!(screen.contains(part), "{part:?} is not to be seen:\n{screen}");
    }

    #[track_caller]
    pub(crate) fn sees_not(&mut self, part: &str) {
        let screen = self.screen(self.size);
        assert!(!screen.contains(part), "{part:?} is to be seen:\n{screen}");
    }
}

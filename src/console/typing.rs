//! What is typed, and what comes of it.

use super::completion::{self, Known};
use super::composer::{Composer, Typed};
use super::keys::Key;
use super::link::LinkPhase;
use super::pane::Kind;
use super::{Console, Effect, Mode, commands, effects};
use crate::dialect::CommandSpec;
use crate::limits::{PASTE_LINES_MAX, ROOMS_ASKED_AGAIN};

/// What the keys do, told with the server's own help.
const KEYS: [&str; 2] = [
    "Tab completes, PageUp and PageDown scroll, Ctrl-F searches, Esc goes to the newest",
    "Ctrl-T goes to direct conversations and back, Ctrl-D or twice Ctrl-C leaves",
];

impl Console {
    /// Takes a key.
    pub(super) fn press(&mut self, key: Key) -> Vec<Effect> {
        if key == Key::Unreadable {
            if !std::mem::replace(&mut self.told_of_bytes, true) {
                let told = "some of what your terminal sends is not UTF-8, and is left out";
                self.tell(Kind::Alarm, told);
            }
            return Vec::new();
        }
        if let Key::Focus(has_focus) = key {
            self.has_focus = has_focus;
            if !has_focus {
                self.pane_mut().forget_mark();
            }
            return Vec::new();
        }
        // Whoever types looks, whatever the terminal tells.
        self.has_focus = true;
        self.hint.clear();
        let asked_to_leave = std::mem::take(&mut self.asked_to_leave);
        match key {
            Key::Control('l') => return vec![Effect::Redraw],
            Key::Control('z') => return vec![Effect::Suspend],
            Key::Control('c') => return self.interrupt(asked_to_leave),
            _ if self.scroll(&key) => return Vec::new(),
            _ => {}
        }
        match &mut self.mode {
            Mode::Talking => self.press_talking(key),
            Mode::Searching(_) => self.press_searching(key),
            Mode::Confirming(_) => self.press_confirming(&key),
        }
    }

    /// Ctrl-C: gives up what is being done, and then the program.
    fn interrupt(&mut self, again: bool) -> Vec<Effect> {
        if !matches!(self.mode, Mode::Talking) {
            self.stop_searching();
        } else if !self.composer.text().is_empty() {
            self.composer.take();
        } else if again {
            return self.leave();
        } else {
            self.asked_to_leave = true;
            self.hint = "press Ctrl-C again to leave".into();
        }
        Vec::new()
    }

    fn leave(&mut self) -> Vec<Effect> {
        self.link.leave();
        vec![Effect::Leave]
    }

    fn press_talking(&mut self, key: Key) -> Vec<Effect> {
        match key {
            Key::Control('d') if self.composer.text().is_empty() => return self.leave(),
            Key::Control('f') => {
                self.mode = Mode::Searching(Composer::default());
                return Vec::new();
            }
            Key::Escape => self.pane_mut().scroll_to_end(),
            Key::Tab | Key::BackTab => self.complete(key == Key::BackTab),
            Key::Alt(digit @ '1'..='9') => self.talks.show(digit as usize - '1' as usize),
            Key::Control('t') => {
                let next = self.talks.shown_number() + 1;
                self.talks.show(if next > self.talks.open().count() { 0 } else { next });
            }
            Key::Enter if self.composer.text().trim().is_empty() => {
                return effects(self.link.try_again());
            }
            key => return self.compose(key),
        }
        Vec::new()
    }

    fn compose(&mut self, key: Key) -> Vec<Effect> {
        match self.composer.press(key) {
            Typed::Line(line) => {
                if commands::is_secret(&line) {
                    self.composer.forget_last();
                }
                return self.enter_line(line);
            }
            Typed::Lines(lines, is_cut) if is_cut || lines.len() > PASTE_LINES_MAX => {
                self.hint = format!("too long to be pasted: at most {PASTE_LINES_MAX} lines");
            }
            Typed::Lines(lines, _) if lines.len() < 2 => {
                return lines
                    .into_iter()
                    .flat_map(|line| self.compose(Key::Paste(line, false)))
                    .collect();
            }
            Typed::Lines(lines, _) => self.mode = Mode::Confirming(lines),
            Typed::Full => self.hint = "that is as long as a line can be".into(),
            Typed::Edited => return self.ask_for_rooms(),
            Typed::Nothing => {}
        }
        Vec::new()
    }

    /// Whoever is about to name a room may want to complete its name.
    fn ask_for_rooms(&mut self) -> Vec<Effect> {
        let is_due =
            self.rooms_asked.is_none_or(|asked| self.now.time.since(asked) >= ROOMS_ASKED_AGAIN);
        let is_wanted = matches!(self.composer.text(), "/join " | "/who ");
        if !is_due || !is_wanted || self.link.phase() != LinkPhase::Here {
            return Vec::new();
        }
        self.rooms_asked = Some(self.now.time);
        self.roster.note_rooms_asked();
        vec![Effect::Send("/rooms\n".into())]
    }

    fn complete(&mut self, backwards: bool) {
        let mut people: Vec<&str> = Vec::new();
        let own = self.link.nickname();
        for name in self.room().speakers().chain(self.roster.known()) {
            if name != own && !people.contains(&name) {
                people.push(name);
            }
        }
        let known = Known { people, rooms: self.roster.rooms(), queues: &self.invitations };
        let offered = completion::choices(self.composer.before_cursor(), &known);
        self.composer.complete(backwards, offered);
    }

    /// A line was ended.
    fn enter_line(&mut self, line: String) -> Vec<Effect> {
        self.pane_mut().scroll_to_end();
        self.pane_mut().note_seen();
        self.pane_mut().forget_mark();
        let is_command = commands::is_command(&line);
        if commands::named(line.trim()).is_some_and(|it| it.name == "help") {
            KEYS.iter().for_each(|keys| self.tell(Kind::Own, keys));
        }
        if let Some(effects) = self.own_command(&line).filter(|_| is_command) {
            return effects;
        }
        if self.link.phase() == LinkPhase::Naming {
            if is_command {
                self.hint = "type a nickname first: /nick NAME (/quit leaves)".into();
                return Vec::new();
            }
            return effects(self.link.choose_name(line.trim()));
        }
        if self.talks.shown().is_some() && !is_command {
            return self.say_in_talk(line.strip_prefix('/').unwrap_or(&line).to_owned());
        }
        if self.link.phase() != LinkPhase::Here {
            // What was typed is not lost.
            self.composer.set(&line);
            self.hint = "not connected: press Enter again when you are".into();
            return effects(self.link.try_again());
        }
        let mut words = line.split_whitespace();
        let (command, room, word) = (words.next(), words.next(), words.next());
        let is_join = command.and_then(commands::named).is_some_and(|it| it.name == "join");
        if let (true, Some(room), Some(word)) = (is_join, room, word) {
            self.link.note_typed_word(room, word);
        }
        // What begins with a brace would be a request of a program.
        let line = if line.starts_with('{') { commands::literal(&line) } else { line };
        vec![Effect::Send(format!("{line}\n"))]
    }

    /// Commands that are none of the server's, or not of the server's alone.
    fn own_command(&mut self, line: &str) -> Option<Vec<Effect>> {
        let (command, argument) = line.split_once(' ').unwrap_or((line, ""));
        let argument = argument.trim();
        Some(match commands::named(command)?.name {
            "quit" => self.leave(),
            "close" => self.close_talk(),
            "find" => {
                let mut composer = Composer::default();
                composer.set(argument);
                self.mode = Mode::Searching(composer);
                if !argument.is_empty() {
                    self.search(true);
                }
                Vec::new()
            }
            "nick" if self.link.phase() != LinkPhase::Here && !argument.is_empty() => {
                effects(self.link.choose_name(argument))
            }
            "me" if self.talks.shown().is_some() => {
                self.composer.set(line);
                self.hint = "/me is for rooms: Alt-1 goes there".into();
                Vec::new()
            }
            "format" | "numbers" => {
                self.hint = "this program needs the format that it has asked for".into();
                Vec::new()
            }
            "match" if argument == "off" => {
                let mut effects = self.stop_looking();
                if self.link.phase() == LinkPhase::Here {
                    effects.push(Effect::Send(format!("{line}\n")));
                }
                effects
            }
            _ => return None,
        })
    }

    // ---- Several lines at once ----

    fn press_confirming(&mut self, key: &Key) -> Vec<Effect> {
        let confirmed = *key == Key::Enter;
        if !confirmed && *key != Key::Escape {
            return Vec::new();
        }
        if confirmed && self.talks.shown().is_none() && self.link.phase() != LinkPhase::Here {
            self.hint = "not connected: press Enter again when you are".into();
            return effects(self.link.try_again());
        }
        let Mode::Confirming(lines) = std::mem::replace(&mut self.mode, Mode::Talking) else {
            return Vec::new();
        };
        if !confirmed {
            self.hint = "nothing was sent".into();
            return Vec::new();
        }
        if self.talks.shown().is_some() {
            return lines.into_iter().flat_map(|line| self.say_in_talk(line)).collect();
        }
        // What is pasted is said, whatever it begins with.
        let said = lines.iter().map(|line| format!("{}\n", commands::literal(line)));
        vec![Effect::Send(said.collect())]
    }

    // ---- Looking back ----

    fn press_searching(&mut self, key: Key) -> Vec<Effect> {
        match key {
            Key::Escape => self.stop_searching(),
            Key::Enter | Key::Up(_) | Key::Control('f' | 'r' | 'p') => self.search(true),
            Key::Down(_) | Key::Control('n' | 's') => self.search(false),
            key => {
                if let Mode::Searching(composer) = &mut self.mode {
                    composer.press(key);
                    self.pane_mut().found = None;
                    self.search(true);
                }
            }
        }
        Vec::new()
    }

    fn search(&mut self, backwards: bool) {
        let Mode::Searching(composer) = &self.mode else { return };
        let wanted = composer.text().to_owned();
        if wanted.is_empty() {
            return;
        }
        if self.pane_mut().find(&wanted, backwards) {
            // With what came after it.
            let (half, rows) = (self.layout().messages.height / 2, self.row_counter());
            self.pane_mut().scroll_on(usize::from(half), rows);
        } else {
            self.hint = if backwards { "nothing earlier" } else { "nothing later" }.into();
        }
    }

    fn stop_searching(&mut self) {
        self.mode = Mode::Talking;
        self.pane_mut().found = None;
        self.pane_mut().scroll_to_end();
    }

    /// Whether the key moves the view.
    fn scroll(&mut self, key: &Key) -> bool {
        let layout = self.layout();
        let height = usize::from(layout.messages.height);
        let page = height.saturating_sub(1).max(1);
        let rows = self.row_counter();
        let pane = self.pane_mut();
        match key {
            Key::PageUp => pane.scroll_back(page, height, rows),
            Key::PageDown => pane.scroll_on(page, rows),
            Key::Up(true) => pane.scroll_back(1, height, rows),
            Key::Down(true) => pane.scroll_on(1, rows),
            Key::Home(true) => pane.scroll_to_start(height, rows),
            Key::End(true) => pane.scroll_to_end(),
            _ => return false,
        }
        true
    }

    /// What the line being typed may become, as help.
    pub(super) fn command_help(&self) -> Vec<&'static CommandSpec> {
        match self.mode {
            Mode::Talking => commands::help(self.composer.text()),
            _ => Vec::new(),
        }
    }

    /// Says that something could not be done, where one looks.
    pub fn note(&mut self, text: &str) {
        self.tell(Kind::Alarm, text);
    }
}

//! The client where there is no terminal: lines in, lines out, for scripts and bots.
//!
//! What is said counts as delivered when the server has sent it back, as it does to everybody in
//! the room. So a line that was refused (too long, muted) is known to be missing in the end.
//!
//! Neither sockets nor files: what happens is handed in, and what is to be done is handed out.
//!
//! Invariants: nothing is said before we are in the room where it is to be said, nor while a
//! password is being checked that what follows may depend on; what is not sent, and what is sent
//! otherwise than it came, is told.

use super::account::{Account, greeting};
use super::link::{MAIN, Refused, error_of};
use super::object::{self, View};
use super::reading::{Heard, Reading};
use super::{commands, wording};
use crate::dialect::json::{Error, Object, Private};
use crate::limits::{COMPOSED_BYTES_MAX, INPUT_LINE_BYTES_MAX};
use crate::text::clean;

/// How what is heard is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScriptFormat {
    /// What others say, as people read it; all else is told beside it.
    #[default]
    Text,
    /// Everything, one JSON object a line.
    Json,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScriptStep {
    /// Send these lines.
    Send(String),
    /// Write this line to the output.
    Print(String),
    /// Tell this to whoever looks after the script.
    Note(String),
    /// Nothing more will be sent: the server is to close when all is carried out.
    Finish,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The input ended, and everything was delivered.
    Delivered,
    /// The nickname was refused: why.
    Refused(String),
    /// The server and this program do not understand each other: why.
    Foreign(String),
    /// The connection ended before the input did: why.
    Lost(String),
    /// So many of so many lines were not delivered.
    Undelivered(usize, usize),
}

/// An answer without which nothing more is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaited {
    /// Where we are.
    Room,
    /// Whether we look after the server: a password takes time to be checked.
    Login,
}

/// A conversation of a script.
#[derive(Debug)]
pub struct Script {
    nickname: String,
    account: Option<Account>,
    /// Where to talk.
    wanted: String,
    format: ScriptFormat,
    /// Lines that begin with `/` are said, not carried out.
    is_literal: bool,
    room: String,
    reading: Reading,
    has_name: bool,
    /// What the server has not answered yet.
    awaited: Option<Awaited>,
    /// Commands that were said.
    commands: usize,
    /// We have been where we are to talk.
    was_ready: bool,
    has_finished: bool,
    refusal: Option<String>,
    /// Why the server and this program do not understand each other.
    foreign: Option<&'static str>,
    last_words: String,
    /// It was told that some characters are not passed on.
    told_of_characters: bool,
    said: usize,
    echoed: usize,
}

/// Whether that is the end of a log-in that led nowhere.
fn is_about_login(code: &str) -> bool {
    let of_accounts = ["login-", "account", "register-", "not-stored", "password-bad"];
    matches!(code, "oper-wrong" | "oper-busy") || of_accounts.iter().any(|it| code.starts_with(it))
}

impl Script {
    /// A conversation that has not begun. `room`: where to talk, if not where everybody starts.
    pub fn new(nickname: &str, room: Option<&str>, format: ScriptFormat, is_literal: bool) -> Self {
        let wanted = room.unwrap_or(MAIN).trim_start_matches('#');
        Self {
            nickname: nickname.to_owned(),
            account: None,
            wanted: wanted.to_owned(),
            format,
            is_literal,
            room: String::new(),
            reading: Reading::default(),
            has_name: false,
            awaited: Some(Awaited::Room),
            commands: 0,
            was_ready: false,
            has_finished: false,
            refusal: None,
            foreign: None,
            last_words: String::new(),
            told_of_characters: false,
            said: 0,
            echoed: 0,
        }
    }

    /// The same, logged in to an account.
    #[must_use]
    pub fn with_account(self, account: Option<Account>) -> Self {
        Self { account, ..self }
    }

    /// What is sent first, in one write.
    pub fn greeting(&self) -> String {
        greeting(&self.nickname, self.account.as_ref())
    }

    /// Whether the server has said anything yet.
    pub fn has_begun(&self) -> bool {
        self.reading.has_begun()
    }

    /// Whether lines may be said now.
    pub fn is_ready(&self) -> bool {
        self.awaited.is_none() && !self.has_finished
    }

    /// How much was delivered and asked for, while an answer is waited for: where that grows, the
    /// server is still busy with what came before.
    pub fn waiting(&self) -> Option<usize> {
        let is_waiting = self.was_ready && !self.has_finished && self.awaited.is_some();
        is_waiting.then_some(self.echoed + self.commands)
    }

    /// The answer does not come, or is one that is not known here.
    pub fn wait_no_longer(&mut self) -> Vec<ScriptStep> {
        self.awaited = None;
        vec![ScriptStep::Note("no answer to that is understood; going on".into())]
    }

    /// A line of the input, without its newline.
    pub fn say(&mut self, line: &[u8]) -> Vec<ScriptStep> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.trim_ascii().is_empty() {
            return Vec::new();
        }
        if line.len() > INPUT_LINE_BYTES_MAX {
            return self.keep_back("it is too long", &String::from_utf8_lossy(line));
        }
        let Ok(text) = std::str::from_utf8(line) else {
            return self.keep_back("it is not UTF-8", &String::from_utf8_lossy(line));
        };
        let cleaned = clean(text);
        if cleaned.trim().is_empty() {
            return self.keep_back("nothing of it can be seen", text);
        }
        let line = if self.is_literal || cleaned.starts_with('{') {
            commands::literal(&cleaned)
        } else {
            cleaned.to_string()
        };
        if line.len() > COMPOSED_BYTES_MAX {
            let why = format!("it has more than {COMPOSED_BYTES_MAX} bytes");
            return self.keep_back(&why, &line);
        }
        let mut steps = Vec::new();
        if cleaned != text && !std::mem::replace(&mut self.told_of_characters, true) {
            let told = "not all characters are passed on: a tab becomes a space, and what steers a \
                        terminal is left out";
            steps.push(ScriptStep::Note(told.into()));
        }
        if commands::name_in(&line) == Some("format") {
            return self.keep_back("this program needs the format that it has asked for", &line);
        }
        if commands::is_command(&line) {
            // What follows is not said before it is known where, and by whom.
            self.awaited = awaited_after(&line);
            self.commands += 1;
        } else {
            self.said += 1;
        }
        steps.push(ScriptStep::Send(format!("{line}\n")));
        steps
    }

    /// A line is not sent: that is told, and known in the end.
    fn keep_back(&mut self, why: &str, line: &str) -> Vec<ScriptStep> {
        self.said += 1;
        vec![ScriptStep::Note(format!("not sent, {why}: {:.40}", clean(line)))]
    }

    /// The input has ended.
    pub fn finish(&mut self) -> Vec<ScriptStep> {
        self.has_finished = true;
        vec![ScriptStep::Finish]
    }

    /// A line of the server, without its newline.
    pub fn hear(&mut self, line: &[u8]) -> Vec<ScriptStep> {
        match self.reading.read(line) {
            Heard::Object(object) => self.hear_object(&object),
            Heard::AtTheDoor(why) => {
                self.last_words = why;
                Vec::new()
            }
            Heard::Foreign(why) => {
                self.foreign = Some(why);
                self.refused(why)
            }
        }
    }

    fn hear_object(&mut self, object: &Object<'_>) -> Vec<ScriptStep> {
        // What the server answers to what we have asked by ourselves is nobody's business.
        let is_answer = self.was_ready;
        let mut steps = self.go_on(object);
        match self.format {
            ScriptFormat::Text => steps.extend(self.as_text(object, is_answer)),
            ScriptFormat::Json => {
                let view = View { own: &self.nickname, is_answer };
                steps.extend(object::lines(object, view).into_iter().map(ScriptStep::Print));
            }
        }
        steps
    }

    fn go_on(&mut self, object: &Object<'_>) -> Vec<ScriptStep> {
        match object {
            Object::Welcome(greeting) => {
                self.has_name = true;
                if let Some(nick) = &greeting.nick {
                    self.nickname = nick.to_string();
                }
            }
            Object::Message(message)
                if message.nick == self.nickname && !message.old && !message.me =>
            {
                self.echoed += 1;
            }
            Object::Renamed { nick, new, .. } if *nick == self.nickname => {
                self.nickname = new.to_string();
            }
            Object::Room { room, .. } => {
                let is_first = self.room.is_empty();
                self.room = room.to_string();
                if is_first && !room.eq_ignore_ascii_case(&self.wanted) {
                    return vec![ScriptStep::Send(format!("/join {}\n", self.wanted))];
                }
                self.is_here();
            }
            // Asked for.
            Object::Bye(bye) if bye.code == "quit" && self.has_name => self.has_finished = true,
            Object::Bye(bye) if !self.has_name => return self.refused(&bye.text),
            // What led to it was told.
            Object::Bye(bye) if matches!(&*bye.code, "banned" | "kicked") => {
                self.has_finished = true;
            }
            Object::Bye(bye) => self.last_words = bye.text.to_string(),
            Object::Error(error) => return self.hear_error(error),
            Object::ServerOperator { .. } | Object::Account { .. } => self.answer(Awaited::Login),
            _ => {}
        }
        Vec::new()
    }

    fn hear_error(&mut self, error: &Error<'_>) -> Vec<ScriptStep> {
        if !self.has_name {
            return self.refused(&error.text);
        }
        match (error_of(error), &*error.code) {
            (Refused::Again, _) => self.is_here(),
            (Refused::Entry | Refused::Name, _) if self.awaited == Some(Awaited::Room) => {
                return self.refused(&error.text);
            }
            (_, "usage") if self.was_ready => self.awaited = None,
            (_, "rooms-many" | "room-not-in" | "room-none") => self.answer(Awaited::Room),
            (_, code) if is_about_login(code) => self.answer(Awaited::Login),
            _ => {}
        }
        Vec::new()
    }

    /// What a command was to lead to is known, though it led nowhere else.
    fn answer(&mut self, awaited: Awaited) {
        if self.was_ready && self.awaited == Some(awaited) {
            self.awaited = None;
        }
    }

    /// It is known where we are.
    fn is_here(&mut self) {
        self.awaited = self.awaited.filter(|awaited| *awaited != Awaited::Room);
        self.was_ready = true;
    }

    /// There is nobody to be asked for another name or password.
    fn refused(&mut self, why: &str) -> Vec<ScriptStep> {
        self.refusal.get_or_insert_with(|| why.to_owned());
        self.has_finished = true;
        vec![ScriptStep::Finish]
    }

    /// What others say is printed; what the server says is told beside it, but for comings and
    /// goings, and for what it answers to this program.
    fn as_text(&self, object: &Object<'_>, is_answer: bool) -> Vec<ScriptStep> {
        let text = match object {
            Object::Message(message) => {
                let is_told = self.was_ready && (message.nick != self.nickname || message.old);
                let (who, text) = (&message.nick, &message.text);
                match message.me {
                    _ if !is_told => return Vec::new(),
                    false => format!("{who}: {text}"),
                    true => format!("* {who} {text}"),
                }
            }
            Object::Private(Private { from: Some(from), text, .. }) if self.was_ready => {
                format!("[{from}] {text}")
            }
            Object::Private(Private { to: Some(to), text, old: true, .. }) => {
                format!("[to {to}] {text}")
            }
            Object::Private(_) | Object::Presence { .. } | Object::Bye(_) => return Vec::new(),
            Object::Renamed { new, .. } if *new != self.nickname => return Vec::new(),
            Object::Room { .. } | Object::Setting { .. } | Object::Format(_) if !is_answer => {
                return Vec::new();
            }
            Object::Error(error) if !is_answer && is_granted(error) => return Vec::new(),
            // It is told at the end.
            _ if self.refusal.is_some() => return Vec::new(),
            other => return wording::lines(other).into_iter().map(ScriptStep::Note).collect(),
        };
        vec![ScriptStep::Print(text)]
    }

    /// The connection is no more; `why`: what the system says, if it was not the server's will.
    pub fn end(&self, why: &str) -> Ending {
        if let Some(why) = self.foreign {
            return Ending::Foreign(why.to_owned());
        }
        if let Some(refusal) = &self.refusal {
            return Ending::Refused(refusal.clone());
        }
        if !self.has_name && !self.last_words.is_empty() {
            return Ending::Refused(self.last_words.clone());
        }
        if !self.has_finished || !why.is_empty() {
            let told = [self.last_words.as_str(), why, "the server has closed it"];
            let why = told.into_iter().find(|why| !why.is_empty()).unwrap_or_default();
            return Ending::Lost(why.to_owned());
        }
        match self.said.saturating_sub(self.echoed) {
            0 => Ending::Delivered,
            missing => Ending::Undelivered(missing, self.said),
        }
    }
}

/// Whether this answers what this program asks before it is known where we are.
fn is_granted(error: &Error<'_>) -> bool {
    error.code == "history-off" || error_of(error) == Refused::Again
}

/// What must be answered before what follows a command is said.
fn awaited_after(line: &str) -> Option<Awaited> {
    match commands::name_in(line)? {
        "join" | "leave" => Some(Awaited::Room),
        "oper" | "login" | "register" => Some(Awaited::Login),
        _ => None,
    }
}

#[cfg(test)]
mod tests;

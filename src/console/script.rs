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

use super::commands;
use super::heard::{Heard, decode};
use super::link::MAIN;
use super::object::{List, Object, View};
use crate::limits::{COMPOSED_BYTES_MAX, INPUT_LINE_BYTES_MAX};
use crate::text::clean;

/// How what is heard is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// What others say, as people read it; all else is told beside it.
    #[default]
    Text,
    /// Everything, one JSON object a line.
    Json,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
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
    /// Where to talk.
    wanted: String,
    format: Format,
    /// Lines that begin with `/` are said, not carried out.
    is_literal: bool,
    room: String,
    is_first_line: bool,
    has_name: bool,
    /// The next who comes is we ourselves, as the server writes our name.
    is_welcome: bool,
    /// What the server has not answered yet.
    awaited: Option<Awaited>,
    /// We have been where we are to talk.
    was_ready: bool,
    /// What is heard was said before.
    is_past: bool,
    has_finished: bool,
    refusal: Option<String>,
    last_words: String,
    /// What a line that says `and` goes on with.
    list: List,
    /// It was told that some characters are not passed on.
    told_of_characters: bool,
    said: usize,
    echoed: usize,
}

impl Script {
    /// A conversation that has not begun. `room`: where to talk, if not where everybody starts.
    pub fn new(nickname: &str, room: Option<&str>, format: Format, is_literal: bool) -> Self {
        let wanted = room.unwrap_or(MAIN).trim_start_matches('#');
        Self {
            nickname: nickname.to_owned(),
            wanted: wanted.to_owned(),
            format,
            is_literal,
            room: String::new(),
            is_first_line: true,
            has_name: false,
            is_welcome: false,
            awaited: Some(Awaited::Room),
            was_ready: false,
            is_past: false,
            has_finished: false,
            refusal: None,
            last_words: String::new(),
            list: List::Nothing,
            told_of_characters: false,
            said: 0,
            echoed: 0,
        }
    }

    /// What is sent first, in one write.
    pub fn greeting(&self) -> String {
        format!("/numbers on\n/history off\n{}\n", self.nickname)
    }

    /// Whether the server has said anything yet.
    pub fn has_begun(&self) -> bool {
        !self.is_first_line
    }

    /// Whether lines may be said now.
    pub fn is_ready(&self) -> bool {
        self.awaited.is_none() && !self.has_finished
    }

    /// How much was delivered, while an answer is waited for that a command has asked for: it shows
    /// whether the server is still busy with what came before.
    pub fn waiting(&self) -> Option<usize> {
        self.awaited.filter(|_| self.was_ready && !self.has_finished).map(|_| self.echoed)
    }

    /// The answer does not come, or is worded in a way that is not known here.
    pub fn wait_no_longer(&mut self) -> Vec<Step> {
        self.awaited = None;
        vec![Step::Note("no answer to that is understood; going on".into())]
    }

    /// A line of the input, without its newline.
    pub fn say(&mut self, line: &[u8]) -> Vec<Step> {
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
        let line = if self.is_literal { commands::literal(&cleaned) } else { cleaned.to_string() };
        if line.len() > COMPOSED_BYTES_MAX {
            let why = format!("it has more than {COMPOSED_BYTES_MAX} bytes");
            return self.keep_back(&why, &line);
        }
        let mut steps = Vec::new();
        if cleaned != text && !std::mem::replace(&mut self.told_of_characters, true) {
            let told = "not all characters are passed on: a tab becomes a space, and what steers a \
                        terminal is left out";
            steps.push(Step::Note(told.into()));
        }
        if commands::is_command(&line) {
            // What follows is not said before it is known where, and by whom.
            self.awaited = awaited_after(&line);
        } else {
            self.said += 1;
        }
        steps.push(Step::Send(format!("{line}\n")));
        steps
    }

    /// A line is not sent: that is told, and known in the end.
    fn keep_back(&mut self, why: &str, line: &str) -> Vec<Step> {
        self.said += 1;
        vec![Step::Note(format!("not sent, {why}: {:.40}", clean(line)))]
    }

    /// The input has ended.
    pub fn finish(&mut self) -> Vec<Step> {
        self.has_finished = true;
        vec![Step::Finish]
    }

    /// A line of the server, without its newline.
    pub fn hear(&mut self, line: &[u8]) -> Vec<Step> {
        let line = decode(line, std::mem::take(&mut self.is_first_line));
        let heard = Heard::parse(&line);
        // What the server answers to what we have asked by ourselves is nobody's business.
        let is_answer = self.was_ready;
        let mut steps = self.go_on(&heard);
        self.list = self.list.after(&heard);
        let notice = line.strip_prefix("* ").unwrap_or(&line);
        steps.extend(match self.format {
            Format::Text => self.as_text(&heard, notice, is_answer),
            Format::Json => self.as_json(&heard, notice, is_answer),
        });
        steps
    }

    fn go_on(&mut self, heard: &Heard<'_>) -> Vec<Step> {
        match heard {
            Heard::Welcome => (self.has_name, self.is_welcome) = (true, true),
            Heard::Joined(name) if std::mem::take(&mut self.is_welcome) => {
                self.nickname = (*name).into();
            }
            Heard::PastBegins(_) => self.is_past = true,
            Heard::PastEnds(_) => self.is_past = false,
            Heard::Said { who, .. } if *who == self.nickname && !self.is_past => self.echoed += 1,
            Heard::Renamed { old, new } if *old == self.nickname => self.nickname = (*new).into(),
            Heard::Entered { room, .. } => {
                let is_first = self.room.is_empty();
                (*room).clone_into(&mut self.room);
                if is_first && !room.eq_ignore_ascii_case(&self.wanted) {
                    return vec![Step::Send(format!("/join {}\n", self.wanted))];
                }
                self.is_here();
            }
            Heard::HereAlready(_) => self.is_here(),
            // Asked for.
            Heard::Farewell("goodbye") if self.has_name => self.has_finished = true,
            Heard::NoEntry(text) | Heard::BadName(text) if self.awaited == Some(Awaited::Room) => {
                return self.refused(text);
            }
            Heard::Farewell(text) | Heard::Notice(text) if !self.has_name => {
                return self.refused(text);
            }
            Heard::Farewell(text) => (*text).clone_into(&mut self.last_words),
            Heard::Notice(text) if self.was_ready && self.is_awaited(text) => self.awaited = None,
            _ => {}
        }
        Vec::new()
    }

    /// It is known where we are.
    fn is_here(&mut self) {
        self.awaited = self.awaited.filter(|awaited| *awaited != Awaited::Room);
        self.was_ready = true;
    }

    /// There is nobody to be asked for another name or password.
    fn refused(&mut self, why: &str) -> Vec<Step> {
        self.refusal.get_or_insert_with(|| why.to_owned());
        self.has_finished = true;
        vec![Step::Finish]
    }

    /// Whether this answers the command that was given last, though it leads nowhere else.
    fn is_awaited(&self, notice: &str) -> bool {
        let answers: &[&str] = match self.awaited {
            None => return false,
            Some(Awaited::Room) => &ROOM_ANSWERS,
            Some(Awaited::Login) => &LOGIN_ANSWERS,
        };
        notice.starts_with("usage: ") || answers.iter().any(|answer| notice.starts_with(answer))
    }

    /// What others say is printed; what the server says is told beside it, but for comings and
    /// goings, and for what it answers to this program.
    fn as_text(&self, heard: &Heard<'_>, notice: &str, is_answer: bool) -> Vec<Step> {
        let is_told = |who: &str| self.was_ready && (who != self.nickname || self.is_past);
        let text = match *heard {
            Heard::Said { who, text, .. } if is_told(who) => format!("{who}: {text}"),
            Heard::Acted { who, text, .. } if is_told(who) => format!("* {who} {text}"),
            Heard::Whispered { from, text } if self.was_ready => format!("[{from}] {text}"),
            Heard::Said { .. }
            | Heard::Acted { .. }
            | Heard::Whispered { .. }
            | Heard::WhisperSent { .. }
            | Heard::Welcome
            | Heard::Joined(_)
            | Heard::Left(_)
            | Heard::Digest { .. }
            | Heard::Farewell(_) => return Vec::new(),
            Heard::Renamed { new, .. } if new != self.nickname => return Vec::new(),
            Heard::Entered { .. }
            | Heard::HereAlready(_)
            | Heard::Granted
            | Heard::NoPast
            | Heard::Numbers(_)
            | Heard::Other(_)
                if !is_answer =>
            {
                return Vec::new();
            }
            // It is told at the end.
            _ if self.refusal.is_some() => return Vec::new(),
            _ => return vec![Step::Note(notice.to_owned())],
        };
        vec![Step::Print(text)]
    }

    fn as_json(&self, heard: &Heard<'_>, notice: &str, is_answer: bool) -> Vec<Step> {
        // Before the first room is entered, it is the one where everybody starts.
        let room = if self.room.is_empty() { MAIN } else { &self.room };
        let (own, is_past, list) = (&*self.nickname, self.is_past, self.list);
        let view = View { own, room, is_past, is_answer, list };
        let object = Object::of(heard, notice, view);
        let line = object.and_then(|object| serde_json::to_string(&object).ok());
        line.into_iter().map(Step::Print).collect()
    }

    /// The connection is no more; `why`: what the system says, if it was not the server's will.
    pub fn end(&self, why: &str) -> Ending {
        if let Some(refusal) = &self.refusal {
            return Ending::Refused(refusal.clone());
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

/// How it is said that a command has led to no other room, and to no closed one.
const ROOM_ANSWERS: [&str; 3] =
    ["you are in as many rooms", "you are not in ", "there is no room "];

/// How it is said that a password was right, was wrong, or is not checked at all.
const LOGIN_ANSWERS: [&str; 3] = [
    "you look after the server now",
    "no one who looks after the server has this name and password",
    "too many passwords are being checked",
];

/// What must be answered before what follows a command is said.
fn awaited_after(line: &str) -> Option<Awaited> {
    match commands::name_in(line)? {
        "join" | "leave" => Some(Awaited::Room),
        "oper" => Some(Awaited::Login),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hear(script: &mut Script, lines: &[&str]) -> Vec<Step> {
        lines.iter().flat_map(|line| script.hear(line.as_bytes())).collect()
    }

    const ALONE: &str = "* you are alone in main (/help tells what you can do)";

    #[test]
    fn a_line_counts_when_it_has_come_back() {
        let mut script = Script::new("bot", None, Format::Text, false);
        assert_eq!(script.greeting(), "/numbers on\n/history off\nbot\n");
        assert!(hear(&mut script, &["NICKConnected to server!", "bot joined!", ALONE]).is_empty());
        assert!(script.is_ready());
        assert_eq!(script.say(b"deploy done\r"), [Step::Send("deploy done\n".into())]);
        assert_eq!(script.say(b"  "), []);
        assert_eq!(script.finish(), [Step::Finish]);
        assert_eq!(script.end(""), Ending::Undelivered(1, 1));
        assert_eq!(hear(&mut script, &["@5 7 bot: deploy done"]), []);
        assert_eq!(script.end(""), Ending::Delivered);
        assert_eq!(script.end("the connection broke"), Ending::Lost("the connection broke".into()));
    }

    #[test]
    fn what_others_say_is_printed_and_the_rest_told_beside_it() {
        let mut script = Script::new("bot", Some("#tea"), Format::Text, true);
        let joins = hear(&mut script, &["Connected to server!", ALONE]);
        assert_eq!(joins, [Step::Send("/join tea\n".into())]);
        assert!(!script.is_ready());
        hear(&mut script, &["* you are in Tea with 1 other (/help, /who)"]);
        assert!(script.is_ready());
        let lines = ["@5 7 al: hi", "@6 7 * al waves", "[al] psst", "al left!", "* too fast: wait"];
        let print = |text: &str| Step::Print(text.into());
        let heard = [print("al: hi"), print("* al waves"), print("[al] psst")];
        let steps = hear(&mut script, &lines);
        assert_eq!(steps[..3], heard);
        assert_eq!(steps[3..], [Step::Note("too fast: wait".into())]);
        assert_eq!(script.say(b"/etc is full"), [Step::Send("//etc is full\n".into())]);
    }

    #[test]
    fn a_refused_name_ends_it() {
        let mut script = Script::new("admin", None, Format::Json, false);
        let steps =
            hear(&mut script, &["* the nickname admin is kept for the server; try /nick NAME"]);
        assert_eq!(steps[0], Step::Finish);
        assert!(matches!(script.end(""), Ending::Refused(why) if why.contains("is kept")));
    }

    #[test]
    fn a_room_that_is_closed_ends_it_and_another_name_of_main_does_not() {
        let mut script = Script::new("bot", Some("tea"), Format::Text, false);
        let refusal = "* the room tea needs a password: /join tea PASSWORD";
        let moderated = "* the room main: bob was muted by al";
        hear(&mut script, &["Connected to server!", "bot joined!", ALONE, moderated]);
        assert!(!script.is_ready() && script.refusal.is_none());
        assert_eq!(hear(&mut script, &[refusal]), [Step::Finish]);
        assert!(matches!(script.end(""), Ending::Refused(why) if why.contains("password")));
        let mut script = Script::new("bot", Some("ma1n"), Format::Text, false);
        hear(&mut script, &["Connected to server!", "Bot joined!", ALONE]);
        hear(&mut script, &["* you are in main already (/rooms lists others)"]);
        assert!(script.is_ready());
        script.say(b"hi");
        script.finish();
        hear(&mut script, &["@5 7 Bot: hi"]);
        assert_eq!(script.end(""), Ending::Delivered);
    }

    #[test]
    fn nothing_is_said_in_another_room_than_was_meant() {
        let mut script = Script::new("bot", None, Format::Text, false);
        hear(&mut script, &["Connected to server!", "bot joined!", ALONE]);
        script.say(b"/join secret");
        assert!(!script.is_ready());
        assert_eq!(hear(&mut script, &["* that is not the password of secret"]), [Step::Finish]);
        assert!(matches!(script.end(""), Ending::Refused(_)));
    }

    #[test]
    fn what_was_said_before_is_no_echo() {
        let mut script = Script::new("bot", None, Format::Text, false);
        hear(&mut script, &["Connected to server!", "bot joined!", ALONE]);
        script.say(b"hi");
        script.finish();
        let past = ["* -- last message in main (UTC) --", "@3 5 bot: hi", "* -- end of history --"];
        hear(&mut script, &past);
        assert_eq!(script.end(""), Ending::Undelivered(1, 1));
    }

    #[test]
    fn json_tells_everything() {
        let mut script = Script::new("bot", None, Format::Json, false);
        let lines =
            ["Connected to server!", ALONE, "@5 7 al: say \"hi\"", "@6 8 bot: hi", "al left!"];
        let printed = hear(&mut script, &lines).into_iter().map(|step| match step {
            Step::Print(line) => line,
            other => panic!("{other:?}"),
        });
        let said = |rest| format!(r#"{{"kind":"message","number":{rest}}}"#);
        let expected = [
            r#"{"kind":"entered","room":"main"}"#.to_owned(),
            said(r#"5,"time":7,"room":"main","from":"al","text":"say \"hi\"""#),
            said(r#"6,"time":8,"room":"main","from":"bot","text":"hi","own":true"#),
            r#"{"kind":"left","room":"main","from":"al"}"#.to_owned(),
        ];
        assert_eq!(printed.collect::<Vec<_>>(), expected);
    }
}

//! The client where there is no terminal: lines in, lines out, for scripts and bots.
//!
//! What is said counts as delivered when the server has sent it back, as it does to everybody in
//! the room. So a line that was refused (too long, muted) is known to be missing in the end.
//!
//! Neither sockets nor files: what happens is handed in, and what is to be done is handed out.
//!
//! Invariant: nothing is said before we are in the room where it is to be said.

use serde::Serialize;

use super::commands;
use super::heard::{Heard, Stamp, decode};
use super::link::MAIN;
use crate::limits::{COMPOSED_BYTES_MAX, INPUT_LINE_BYTES_MAX};

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

/// One thing that was heard, as JSON. What does not apply is left out.
#[derive(Debug, Default, Serialize)]
struct Object<'a> {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    own: bool,
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
    is_ready: bool,
    /// We have been where we are to talk.
    was_ready: bool,
    /// What is heard was said before.
    is_past: bool,
    has_finished: bool,
    refusal: Option<String>,
    last_words: String,
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
            is_ready: false,
            was_ready: false,
            is_past: false,
            has_finished: false,
            refusal: None,
            last_words: String::new(),
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
        self.is_ready && !self.has_finished
    }

    /// A line of the input, without its newline.
    pub fn say(&mut self, line: &[u8]) -> Vec<Step> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let is_long = line.len() > INPUT_LINE_BYTES_MAX;
        let line = decode(line, false);
        if line.trim().is_empty() {
            return Vec::new();
        }
        let line = if self.is_literal { commands::literal(&line) } else { line };
        let is_command = commands::is_command(&line);
        self.said += usize::from(!is_command);
        if is_long || line.len() > COMPOSED_BYTES_MAX {
            let most = COMPOSED_BYTES_MAX;
            return vec![Step::Note(format!("not sent, longer than {most} bytes: {line:.40}"))];
        }
        if is_command && leads_elsewhere(&line) {
            // What follows is not said before it is known where.
            self.is_ready = false;
        }
        vec![Step::Send(format!("{line}\n"))]
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
        let mut steps = self.go_on(&heard);
        steps.extend(match self.format {
            Format::Text => self.as_text(&heard),
            Format::Json => self.as_json(&heard),
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
                (self.is_ready, self.was_ready) = (true, true);
            }
            Heard::HereAlready(_) => (self.is_ready, self.was_ready) = (true, true),
            // Asked for.
            Heard::Farewell("goodbye") if self.has_name => self.has_finished = true,
            Heard::NoEntry(text) if !self.is_ready => return self.refused(text),
            Heard::BadName(text) if !self.is_ready => return self.refused(text),
            Heard::Farewell(text) | Heard::Notice(text) if !self.has_name => {
                return self.refused(text);
            }
            Heard::Farewell(text) => (*text).clone_into(&mut self.last_words),
            _ => {}
        }
        Vec::new()
    }

    /// There is nobody to be asked for another name or password.
    fn refused(&mut self, why: &str) -> Vec<Step> {
        self.refusal.get_or_insert_with(|| why.to_owned());
        self.has_finished = true;
        vec![Step::Finish]
    }

    fn as_text(&self, heard: &Heard<'_>) -> Vec<Step> {
        if !self.was_ready {
            // Said where we do not want to be.
            return Vec::new();
        }
        let text = match *heard {
            Heard::Said { who, text, .. } if who != self.nickname => format!("{who}: {text}"),
            Heard::Acted { who, text, .. } if who != self.nickname => format!("* {who} {text}"),
            Heard::Whispered { from, text } => format!("[{from}] {text}"),
            Heard::Farewell(_) => return Vec::new(),
            Heard::Notice(text)
            | Heard::NoEntry(text)
            | Heard::BadName(text)
            | Heard::PutOut { text, .. }
                if self.refusal.is_none() =>
            {
                return vec![Step::Note(text.to_owned())];
            }
            Heard::Who { room, count, names, .. } => {
                return vec![Step::Note(format!("{count} in {room}: {names}"))];
            }
            Heard::Rooms { rooms, .. } => return vec![Step::Note(format!("rooms: {rooms}"))],
            Heard::And(more) => return vec![Step::Note(format!("and {more}"))],
            _ => return Vec::new(),
        };
        vec![Step::Print(text)]
    }

    fn as_json(&self, heard: &Heard<'_>) -> Vec<Step> {
        let object = self.object(heard);
        let line = object.and_then(|object| serde_json::to_string(&object).ok());
        line.into_iter().map(Step::Print).collect()
    }

    fn object<'a>(&'a self, heard: &Heard<'a>) -> Option<Object<'a>> {
        let told = |kind| Object { kind, ..Object::default() };
        // Before the first room is entered, it is the one where everybody starts.
        let room = Some(self.room.as_str()).filter(|room| !room.is_empty()).or(Some(MAIN));
        let number = |stamp: Option<Stamp>| stamp.map(|stamp| stamp.number);
        let time = |stamp: Option<Stamp>| stamp.map(|stamp| stamp.at);
        let said = |kind, stamp, who, text| Object {
            number: number(stamp),
            time: time(stamp),
            room,
            from: Some(who),
            text: Some(text),
            own: who == self.nickname,
            ..told(kind)
        };
        Some(match *heard {
            Heard::Welcome | Heard::Numbers(_) | Heard::Granted | Heard::Other("") => return None,
            Heard::Said { stamp, who, text } => said("message", stamp, who, text),
            Heard::Acted { stamp, who, text } => said("action", Some(stamp), who, text),
            Heard::Whispered { from, text } => {
                Object { from: Some(from), text: Some(text), ..told("private") }
            }
            Heard::WhisperSent { to, text } => {
                Object { to: Some(to), text: Some(text), own: true, ..told("private") }
            }
            Heard::Joined(who) => Object { room, from: Some(who), ..told("joined") },
            Heard::Left(who) => Object { room, from: Some(who), ..told("left") },
            Heard::Renamed { old, new } => {
                Object { from: Some(old), to: Some(new), ..told("renamed") }
            }
            Heard::Entered { room, .. } => Object { room: Some(room), ..told("entered") },
            Heard::Topic { text, .. } => Object { room, text, ..told("topic") },
            Heard::Who { room, names, .. } => {
                Object { room: Some(room), text: Some(names), ..told("who") }
            }
            Heard::Rooms { rooms, .. } => Object { text: Some(rooms), ..told("rooms") },
            Heard::And(more) => Object { text: Some(more), ..told("and") },
            Heard::Notice(text)
            | Heard::NoEntry(text)
            | Heard::BadName(text)
            | Heard::PutOut { text, .. }
            | Heard::HereAlready(text)
            | Heard::Farewell(text)
            | Heard::Other(text) => Object { text: Some(text), ..told("notice") },
            Heard::Token { queue, .. } => Object { text: Some(queue), ..told("token") },
            Heard::Invited { from, queue } => {
                Object { from: Some(from), text: Some(queue), ..told("invited") }
            }
            Heard::Owns { room, key } => {
                Object { room: Some(room), text: Some(key), ..told("owns") }
            }
            Heard::Digest { .. } | Heard::PastBegins(_) | Heard::PastEnds(_) | Heard::NoPast => {
                return None;
            }
        })
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

/// Whether a command changes the room.
fn leads_elsewhere(line: &str) -> bool {
    let command = line.split_whitespace().next().unwrap_or_default().to_lowercase();
    commands::JOIN.contains(&command.as_str()) || ["/leave", "/part"].contains(&command.as_str())
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

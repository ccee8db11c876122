//! Holds every line that a client of IRC is told against what it has taken: no capability that it
//! did not ask for, no line longer than it may be. Written apart from the server's own tables,
//! which it judges.

use std::collections::{BTreeSet, HashMap};

/// Bytes of a line with its end, and without its tags (RFC 2812, 2.3).
const LINE_BYTES_MAX: usize = 512;
/// Bytes of all tags, with the `@` and the space behind them (IRCv3 `message-tags`).
const TAGS_BYTES_MAX: usize = 8_191;

/// What a client is told, line by line.
#[derive(Debug, Default)]
pub(crate) struct ExactReader {
    who: String,
    unread: Vec<u8>,
    nickname: String,
    taken: BTreeSet<String>,
    /// Batches that have begun and not ended, with their types.
    batches: HashMap<String, String>,
    /// The lines that were read.
    pub(crate) lines: usize,
}

/// A line, taken apart.
#[derive(Debug)]
struct Line<'a> {
    tags: Vec<(&'a str, &'a str)>,
    source: &'a str,
    verb: &'a str,
    parameters: Vec<&'a str>,
}

impl ExactReader {
    pub(crate) fn new(who: &str) -> Self {
        Self { who: who.to_owned(), ..Self::default() }
    }

    /// Reads what has come; panics at the first line that may not be.
    pub(crate) fn read(&mut self, heard: &[u8]) {
        self.unread.extend_from_slice(heard);
        while let Some(end) = self.unread.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.unread.drain(..=end).collect();
            self.lines += 1;
            if let Err(why) = self.judge(&line) {
                panic!(
                    "{} ({}), which has taken {:?}, was told {}: {why}",
                    self.who,
                    self.nickname,
                    self.taken,
                    line.escape_ascii()
                );
            }
        }
    }

    fn judge(&mut self, bytes: &[u8]) -> Result<(), String> {
        // The prompt of plain lines may have come before the client began to speak IRC; its end is
        // sent when it does.
        if bytes == b"NICK\r\n" || bytes == b"\r\n" {
            return Ok(());
        }
        let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
        let text = text.strip_suffix("\r\n").ok_or("it has no end")?;
        if text.contains(['\0', '\r']) {
            return Err("it holds a NUL or a CR".into());
        }
        let (tags, body) = match text.strip_prefix('@') {
            Some(tagged) => tagged.split_once(' ').ok_or("there is nothing behind the tags")?,
            None => ("", text),
        };
        if body.len() + 2 > LINE_BYTES_MAX {
            return Err(format!("{} bytes without tags", body.len() + 2));
        }
        if !tags.is_empty() && tags.len() + 2 > TAGS_BYTES_MAX {
            return Err(format!("{} bytes of tags", tags.len() + 2));
        }
        let line = Line::of(tags, body)?;
        self.judge_tags(&line)?;
        self.judge_verb(&line)?;
        self.follow(&line)
    }

    fn needs(&self, capability: &str) -> Result<(), String> {
        if self.taken.contains(capability) {
            return Ok(());
        }
        Err(format!("{capability} was not taken"))
    }

    fn judge_tags(&self, line: &Line<'_>) -> Result<(), String> {
        for (key, value) in &line.tags {
            match *key {
                "time" => self.needs("server-time")?,
                "msgid" | "bot" => self.needs("message-tags")?,
                "account" => self.needs("account-tag")?,
                "label" => {
                    self.needs("labeled-response")?;
                    self.needs("batch")?;
                }
                "draft/multiline-concat" => self.needs("draft/multiline")?,
                "batch" => {
                    self.needs("batch")?;
                    if !self.batches.contains_key(*value) {
                        return Err(format!("no batch {value} has begun"));
                    }
                }
                key if key.starts_with('+') => self.needs("message-tags")?,
                key => return Err(format!("nobody knows the tag {key}")),
            }
        }
        let mut keys: Vec<&str> = line.tags.iter().map(|(key, _)| *key).collect();
        keys.sort_unstable();
        if keys.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err("a tag comes twice".into());
        }
        Ok(())
    }

    fn judge_verb(&self, line: &Line<'_>) -> Result<(), String> {
        let nick = line.source.split('!').next().unwrap_or_default();
        let is_own = nick == self.nickname;
        let first = line.parameters.first().copied().unwrap_or_default();
        match line.verb {
            "TAGMSG" => self.needs("message-tags")?,
            "BATCH" => self.needs("batch")?,
            "ACK" => self.needs("labeled-response")?,
            "REDACT" => self.needs("draft/message-redaction")?,
            "RENAME" => self.needs("draft/channel-rename")?,
            "MARKREAD" => self.needs("draft/read-marker")?,
            "METADATA" => self.needs("draft/metadata-3")?,
            "AWAY" => self.needs("away-notify")?,
            "ACCOUNT" => self.needs("account-notify")?,
            "SETNAME" => self.needs("setname")?,
            "CHGHOST" => self.needs("chghost")?,
            "INVITE" if first != self.nickname => self.needs("invite-notify")?,
            "JOIN" if line.parameters.len() != 1 => self.needs("extended-join")?,
            "JOIN" if self.taken.contains("extended-join") => {
                return Err("extended-join was taken".into());
            }
            "CAP" if matches!(line.parameters.get(1), Some(&("NEW" | "DEL"))) => {
                self.needs("cap-notify")?;
            }
            "353" => self.judge_names(line.parameters.last().copied().unwrap_or_default())?,
            // What was said before, or to oneself, is no echo. History names people as it does
            // those who speak plain lines.
            "PRIVMSG" | "NOTICE"
                if is_own && first != self.nickname && !line.source.contains("!~plain@") =>
            {
                self.needs("echo-message")?;
            }
            _ => {}
        }
        Ok(())
    }

    fn judge_names(&self, names: &str) -> Result<(), String> {
        for name in names.split(' ').filter(|name| !name.is_empty()) {
            if name.contains('!') {
                self.needs("userhost-in-names")?;
            }
            if name.starts_with("@+") {
                self.needs("multi-prefix")?;
            }
        }
        Ok(())
    }

    /// Notes what changes how the next lines must be.
    fn follow(&mut self, line: &Line<'_>) -> Result<(), String> {
        let parameter = |index: usize| line.parameters.get(index).copied().unwrap_or_default();
        match line.verb {
            "001" => self.nickname = parameter(0).to_owned(),
            "NICK" if line.source.split('!').next() == Some(&self.nickname) => {
                self.nickname = parameter(0).to_owned();
            }
            "CAP" if parameter(1) == "ACK" => {
                for word in parameter(2).split(' ').filter(|word| !word.is_empty()) {
                    match word.strip_prefix('-') {
                        Some(name) => self.taken.remove(name),
                        None => self.taken.insert(word.to_owned()),
                    };
                }
            }
            // Version 302 brings it along.
            "CAP" if parameter(1) == "LS" && line.parameters.len() > 2 => {
                self.taken.insert("cap-notify".to_owned());
            }
            "BATCH" => match parameter(0).split_at_checked(1) {
                Some(("+", name)) => {
                    let kind = parameter(1).to_owned();
                    if self.batches.insert(name.to_owned(), kind).is_some() {
                        return Err("this batch has begun before".into());
                    }
                }
                Some(("-", name)) => {
                    self.batches.remove(name).ok_or("this batch has not begun")?;
                }
                _ => return Err("a batch neither begins nor ends".into()),
            },
            _ => {}
        }
        Ok(())
    }

    /// Panics if something was begun and not ended.
    pub(crate) fn expect_whole(&self) {
        assert!(self.batches.is_empty(), "{}: {:?} have no end", self.who, self.batches);
        let left = self.unread.escape_ascii();
        assert!(self.unread.is_empty() || self.unread == b"NICK", "{}: {left}", self.who);
    }
}

impl<'a> Line<'a> {
    fn of(tags: &'a str, body: &'a str) -> Result<Self, String> {
        let tags = tags.split(';').filter(|tag| !tag.is_empty());
        let tags = tags.map(|tag| tag.split_once('=').unwrap_or((tag, ""))).collect();
        let (source, rest) = match body.strip_prefix(':') {
            Some(body) => body.split_once(' ').ok_or("there is nothing behind the source")?,
            None => ("", body),
        };
        let (head, last) = match rest.split_once(" :") {
            Some((head, last)) => (head, Some(last)),
            None => (rest, None),
        };
        let mut words = head.split(' ');
        let verb = words.next().unwrap_or_default();
        let mut parameters: Vec<&str> = words.collect();
        if verb.is_empty() || parameters.iter().any(|word| word.is_empty()) {
            return Err("a word is empty".into());
        }
        parameters.extend(last);
        Ok(Self { tags, source, verb, parameters })
    }
}

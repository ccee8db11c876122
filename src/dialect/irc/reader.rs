//! One client's end: what is needed to tell it something and is not the same for all who read so.
//!
//! A numeric names its reader, and what a labelled line brings is put together: nothing is an
//! acknowledgement, one line bears the label, several are a batch (IRCv3 `labeled-response`).
//!
//! Invariant: an answer that is put together takes no more than [`IRC_ANSWER_BYTES_MAX`]; what is
//! longer is begun as a batch, and its lines are told as they come.

use std::io::Write;

use memchr::memchr;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::addressee::Addressee;
use super::capability::Capabilities;
use super::events;
use super::frames;
use super::message::{Message, write_value};
use super::note::Note;
use super::numeric::{END, Line};
use super::source::channel;
use super::{replies, told};
use crate::chat::{
    ConversationReply, MetadataAnswer, News, PeopleReply, Reply, RoomAnswer, RoomEvent, RoomName,
    RuleChange,
};
use crate::dialect::websocket::farewell;
use crate::limits::IRC_ANSWER_BYTES_MAX;

/// One client that reads IRC.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Reader {
    to: Addressee,
    /// The batch of messages that are told again.
    #[serde(default)]
    history: Option<u32>,
    answer: Option<Box<Answer>>,
    /// Batches that it was told.
    batches: u32,
}

/// The answer to a line with a label, as far as it is known.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Answer {
    label: SmolStr,
    #[serde(with = "crate::hex")]
    lines: Vec<u8>,
    /// It is a batch of this number.
    batch: Option<u32>,
    /// It comes later: what is told until then is no part of it.
    is_put_off: bool,
}

/// How a client is told what it has done itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnEvent {
    /// Like everybody else.
    Shared,
    /// In bytes of its own.
    Alone,
    /// Not at all.
    Untold,
}

impl Reader {
    /// Takes a note of its client's decoder.
    pub fn note(&mut self, note: &Note<'_>, out: &mut Vec<u8>) {
        self.in_frames(out, |reader, out| reader.take_note(note, out));
    }

    fn take_note(&mut self, note: &Note<'_>, out: &mut Vec<u8>) {
        match *note {
            Note::Begin { server, accounts } => {
                (self.to.server, self.to.accounts) = (server.into(), accounts);
            }
            Note::Label(label) => {
                self.answer = Some(Box::new(Answer {
                    label: label.into(),
                    lines: Vec::new(),
                    batch: None,
                    is_put_off: false,
                }));
            }
            Note::Asks { verb, about, subcommand } => {
                self.to.note_asked(verb, about, subcommand);
            }
            Note::End => self.end(out),
            Note::Takes(capabilities) => self.to.capabilities = capabilities,
            Note::Tell(ref told) => {
                self.write(out, |reader, out| told::write(&reader.to, told, out));
            }
        }
    }

    /// Appends what its client is told.
    pub fn reply(&mut self, reply: &Reply<'_>, out: &mut Vec<u8>) {
        self.note_nickname(reply);
        self.in_frames(out, |reader, out| reader.write_reply(reply, out));
        if let Reply::Farewell(why) = reply
            && self.to.capabilities.form().is_in_frames()
        {
            farewell(*why, out);
        }
    }

    fn write_reply(&mut self, reply: &Reply<'_>, out: &mut Vec<u8>) {
        if let Reply::Whispered(_)
        | Reply::SentToRank { .. }
        | Reply::YouWere(_)
        | Reply::Room(RoomAnswer::YouAreInvited { .. }) = reply
        {
            // Others say this whenever they like: it answers nothing.
            return replies::write(&self.to, reply, out);
        }
        if let Reply::People(PeopleReply::TakenBack { from, .. }) = reply {
            if from.as_str() != self.to.nickname() {
                return replies::write(&self.to, reply, out);
            }
            if !self.to.capabilities.has(Capabilities::ECHO_MESSAGE) {
                return;
            }
        }
        let is_asked = self.to.verb() == "CHATHISTORY";
        match reply {
            Reply::RecallBegins { room, .. } if is_asked => {
                self.begin_history(&["chathistory", &channel(room)], out);
            }
            // By the name that was asked for, whatever its capitals.
            Reply::Conversation(ConversationReply::Begins { .. }) if is_asked => {
                let about = self.to.about().to_owned();
                self.begin_history(&["chathistory", &about], out);
            }
            Reply::Conversation(ConversationReply::List { .. }) if is_asked => {
                self.begin_history(&["draft/chathistory-targets"], out);
                self.write_in_history(reply, out);
                self.end_history(out);
            }
            Reply::Metadata(answer) => self.write_metadata(answer, out),
            Reply::RecallEnds { .. } => self.end_history(out),
            Reply::Conversation(ConversationReply::Ends { .. }) if is_asked => {
                self.end_history(out);
            }
            Reply::Remembered { .. }
            | Reply::Happened { .. }
            | Reply::Conversation(ConversationReply::Message { .. }) => {
                self.write_in_history(reply, out);
            }
            _ => self.write(out, |reader, out| replies::write(&reader.to, reply, out)),
        }
    }

    /// Appends a part of what is told again, in the batch that was begun for it.
    fn write_in_history(&mut self, reply: &Reply<'_>, out: &mut Vec<u8>) {
        let batch = self.history;
        self.write(out, |reader, out| {
            let start = out.len();
            replies::write(&reader.to, reply, out);
            if let Some(batch) = batch {
                let lines = out.split_off(start);
                write_in_batch(&lines, batch, out);
            }
        });
    }

    /// Begins a batch of what is told again: its type, and what it is about.
    fn begin_history(&mut self, of: &[&str], out: &mut Vec<u8>) {
        if !self.to.capabilities.has(Capabilities::BATCH) {
            return;
        }
        self.batches += 1;
        let batch = self.batches;
        self.history = Some(batch);
        self.write(out, |reader, out| {
            let line = Line::begin(out, &reader.to.server).word("BATCH").word(&format!("+{batch}"));
            line.words(of.iter().copied()).end();
        });
    }

    fn end_history(&mut self, out: &mut Vec<u8>) {
        let Some(batch) = self.history.take() else { return };
        self.write(out, |reader, out| {
            Line::begin(out, &reader.to.server).word("BATCH").word(&format!("-{batch}")).end();
        });
    }

    /// Appends metadata, which comes in a batch where there may be several keys or none.
    fn write_metadata(&mut self, answer: &MetadataAnswer<'_>, out: &mut Vec<u8>) {
        if !self.to.capabilities.has(Capabilities::METADATA) {
            return;
        }
        let found = replies::metadata::batch(&self.to, answer);
        let Some((kind, about)) = found.filter(|_| self.to.capabilities.has(Capabilities::BATCH))
        else {
            return self
                .write(out, |reader, out| replies::metadata::write(&reader.to, answer, out));
        };
        self.batches += 1;
        let batch = self.batches;
        self.write(out, |reader, out| {
            let line = reader.to.line(out).word("BATCH").word(&format!("+{batch}")).word(kind);
            line.words(about.as_deref()).end();
            let start = out.len();
            replies::metadata::write(&reader.to, answer, out);
            let lines = out.split_off(start);
            write_in_batch(&lines, batch, out);
            reader.to.line(out).word("BATCH").word(&format!("-{batch}")).end();
        });
    }

    /// How its client is told what it has done itself in a room.
    pub fn own_event(&self, event: &RoomEvent<'_>) -> OwnEvent {
        // A reply says it already.
        let is_answered = match event.bare() {
            RoomEvent::News { news, .. } => *news != News::Account,
            RoomEvent::Ruled(change) => matches!(change, RuleChange::Invited { .. }),
            RoomEvent::Left { .. } => true,
            _ => false,
        };
        if is_answered || event.is_sent() && !self.to.capabilities.has(Capabilities::ECHO_MESSAGE) {
            OwnEvent::Untold
        } else if self.answer.is_some() || matches!(event.bare(), RoomEvent::Renamed { .. }) {
            // Its own nickname is the one thing that it is told and that is kept here.
            OwnEvent::Alone
        } else {
            OwnEvent::Shared
        }
    }

    /// Appends what its client has done itself in a room.
    pub fn room_event(&mut self, room: &RoomName, event: &RoomEvent<'_>, out: &mut Vec<u8>) {
        let form = self.to.capabilities.form();
        self.in_frames(out, |reader, out| {
            reader.write(out, |_, out| events::write(form, room, event, out));
        });
        if let RoomEvent::Renamed { new, .. } = event.bare() {
            self.to.nickname = new.as_str().into();
        }
    }

    /// The answer that is put together comes later.
    pub fn put_off(&mut self) {
        if let Some(answer) = &mut self.answer {
            answer.is_put_off = true;
        }
    }

    /// The answer that was put off comes now.
    pub fn resume(&mut self) {
        if let Some(answer) = &mut self.answer {
            answer.is_put_off = false;
        }
    }

    /// Has lines written, and puts each in a frame of its own where the client reads frames.
    fn in_frames(&mut self, out: &mut Vec<u8>, write: impl FnOnce(&mut Self, &mut Vec<u8>)) {
        match self.to.capabilities.form().opcode() {
            Some(opcode) => {
                let mut lines = Vec::new();
                write(self, &mut lines);
                frames::write_lines(opcode, &lines, out);
            }
            None => write(self, out),
        }
    }

    fn note_nickname(&mut self, reply: &Reply<'_>) {
        match reply {
            Reply::Welcome { nickname, .. } => self.to.nickname = nickname.as_str().into(),
            Reply::Renamed { new, .. } => self.to.nickname = new.as_str().into(),
            _ => {}
        }
    }

    /// Appends lines, as a part of the answer that is put together if there is one.
    fn write(&mut self, out: &mut Vec<u8>, write: impl FnOnce(&Self, &mut Vec<u8>)) {
        let start = out.len();
        write(self, out);
        let Some(answer) = self.answer.as_deref_mut().filter(|answer| !answer.is_put_off) else {
            return;
        };
        answer.lines.extend(out.drain(start..));
        if answer.batch.is_none() && answer.lines.len() > IRC_ANSWER_BYTES_MAX {
            self.batches += 1;
            answer.batch = Some(self.batches);
            begin_batch(&self.to.server, &answer.label, self.batches, out);
        }
        if let Some(batch) = answer.batch {
            write_in_batch(&answer.lines, batch, out);
            answer.lines.clear();
        }
    }

    /// Ends the answer to a line with a label.
    fn end(&mut self, out: &mut Vec<u8>) {
        let Some(answer) = self.answer.take() else { return };
        let Answer { label, lines, mut batch, .. } = *answer;
        if lines.is_empty() && batch.is_none() {
            write_label(&label, out);
            out.push(b' ');
            Line::begin(out, &self.to.server).word("ACK").end();
            return;
        }
        let is_one = memchr(b'\n', &lines).is_some_and(|end| end + 1 == lines.len());
        if batch.is_none() && (is_one || is_one_batch(&lines)) {
            write_label(&label, out);
            write_behind_tags(&lines, out);
            return;
        }
        if batch.is_none() {
            self.batches += 1;
            batch = Some(self.batches);
            begin_batch(&self.to.server, &label, self.batches, out);
            write_in_batch(&lines, self.batches, out);
        }
        if let Some(batch) = batch {
            Line::begin(out, &self.to.server).word("BATCH").word(&format!("-{batch}")).end();
        }
    }
}

/// Whether lines are one batch, which bears the label itself.
fn is_one_batch(lines: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(lines) else { return false };
    let named = |line: &'_ str| {
        let message = Message::parse(line)?;
        let reference = message.get(0).filter(|_| message.verb == "BATCH")?;
        Some(reference.to_owned()).filter(|_| message.tags.get("batch").is_none())
    };
    let mut all = text.lines();
    let begins = all.next().and_then(named).filter(|reference| reference.starts_with('+'));
    let ends = all.next_back().and_then(named).filter(|reference| reference.starts_with('-'));
    matches!((begins, ends), (Some(begins), Some(ends)) if begins[1..] == ends[1..])
}

fn write_label(label: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"@label=");
    write_value(label, out);
}

fn begin_batch(server: &str, label: &str, batch: u32, out: &mut Vec<u8>) {
    write_label(label, out);
    out.push(b' ');
    let line = Line::begin(out, server).word("BATCH").word(&format!("+{batch}"));
    line.word("labeled-response").end();
}

/// Appends lines as parts of a batch, but for those that are parts of another.
fn write_in_batch(lines: &[u8], batch: u32, out: &mut Vec<u8>) {
    for line in lines.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b"@batch=") {
            out.extend_from_slice(line);
            continue;
        }
        // Writing to memory does not fail.
        let _ = write!(out, "@batch={batch}");
        write_behind_tags(line, out);
    }
}

/// Appends a line behind tags that were written for it.
fn write_behind_tags(line: &[u8], out: &mut Vec<u8>) {
    match line.strip_prefix(b"@") {
        Some(tagged) => {
            out.push(b';');
            out.extend_from_slice(tagged);
        }
        None => {
            out.push(b' ');
            out.extend_from_slice(line);
        }
    }
    debug_assert!(line.ends_with(END), "a line has its end");
}

#[cfg(test)]
mod tests {
    use super::Reader;
    use crate::dialect::irc::decoder::IrcDecoder;

    #[test]
    fn a_silent_client_is_small() {
        let (reader, decoder) = (size_of::<Reader>(), size_of::<IrcDecoder>());
        assert!(reader <= 104, "a reader takes {reader} bytes");
        assert!(decoder <= 112, "a decoder takes {decoder} bytes");
    }
}

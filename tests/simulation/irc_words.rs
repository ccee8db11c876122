//! What readers of IRC are told of what happens, line by line. Written apart from the server's
//! encoder: one function that knows what each capability adds.

use mio_chat::id::ClientId;
use mio_chat::limits::{CLOAK_DIGITS, IRC_LINE_BYTES_MAX};

use crate::memory::{EPOCH, How, Message};
use crate::rooms::{Effect, Rooms};
use crate::texts::stamp;

pub(crate) const SERVER: &str = "irc.mio-chat";
/// Stands between two of these for an address whose cloak is told.
pub(crate) const CLOAK: char = '\u{e000}';
/// Stands for the id of a message that is not numbered.
pub(crate) const UNNUMBERED: char = '\u{e001}';

/// Capabilities that change what is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) time: bool,
    pub(crate) tags: bool,
    pub(crate) account_tag: bool,
    pub(crate) extended_join: bool,
    pub(crate) away: bool,
    pub(crate) echo: bool,
    pub(crate) label: bool,
    pub(crate) batch: bool,
    pub(crate) invite: bool,
    pub(crate) rename: bool,
}

/// The same by name.
pub(crate) fn taken(names: &str) -> Taken {
    let has = |name: &str| names.split(' ').any(|other| other == name);
    Taken {
        time: has("server-time"),
        tags: has("message-tags"),
        account_tag: has("account-tag"),
        extended_join: has("extended-join"),
        away: has("away-notify"),
        echo: has("echo-message"),
        label: has("labeled-response"),
        batch: has("batch"),
        invite: has("invite-notify"),
        rename: has("draft/channel-rename"),
    }
}

/// Somebody as others are told of it, at some moment.
#[derive(Clone, Debug)]
pub(crate) struct Whom {
    pub(crate) name: String,
    pub(crate) source: String,
    pub(crate) account: Option<String>,
    pub(crate) real: String,
    pub(crate) away: Option<String>,
}

/// Something that happens in a room.
#[derive(Clone, Debug)]
pub(crate) enum News {
    Joined(Whom),
    Parted(Whom, String),
    Quit(Whom, String),
    Kicked {
        by: Whom,
        whom: String,
        reason: String,
    },
    Renamed(Whom, String),
    Said(Whom, Message),
    Topic(Whom, String),
    Mode(Whom, String),
    Invited(Whom, String),
    /// By whom, the old name, and why.
    RoomRenamed(Whom, String, String),
    Away(Whom),
    /// Programs need not know.
    Nothing,
}

impl Rooms {
    /// Somebody as it is now.
    pub(crate) fn whom(&self, id: ClientId) -> Whom {
        let person = self.me(id);
        let irc = person.irc.unwrap_or_default();
        let user = if irc.user.is_empty() { "plain" } else { &irc.user };
        let cloak = match self.clients.get(&id).and_then(|client| client.address) {
            Some(address) => format!("{CLOAK}{address}{CLOAK}"),
            None => "local".to_owned(),
        };
        let source = format!("{}!~{user}@{cloak}", person.name);
        let (account, real, away) = (person.account, irc.real, person.away);
        Whom { name: person.name, source, account, real, away }
    }

    /// Who has said something, as it is told later: nothing more is remembered of it.
    pub(crate) fn former(&self, name: &str) -> Whom {
        let (account, real, away) = (None, String::new(), None);
        Whom { name: name.to_owned(), source: format!("{name}!~plain@local"), account, real, away }
    }

    /// Who reads IRC, and with which capabilities.
    pub(crate) fn reads_irc(&self, id: ClientId) -> Option<Taken> {
        self.clients.get(&id).and_then(|client| client.irc.as_ref()).map(|irc| irc.taken)
    }

    /// What all in a room are told, in the words of each.
    pub(crate) fn tell_room(&self, room: &str, text: String, news: &News) -> Vec<Effect> {
        let (irc, plain) = self.by_language(&self.members(room));
        let mut told =
            vec![Effect::Publish(if text.is_empty() { Vec::new() } else { plain }, text)];
        told.extend(self.tell_irc(&irc, room, news));
        told
    }

    /// The same of who came or went.
    pub(crate) fn tell_presence(
        &self,
        members: &[ClientId],
        text: String,
        room: &str,
        news: &News,
    ) -> Vec<Effect> {
        let (irc, plain) = self.by_language(members);
        let mut told = vec![Effect::Presence(plain, text)];
        told.extend(self.tell_irc(&irc, room, news));
        told
    }

    /// Those who read IRC, and the others.
    pub(crate) fn by_language(&self, members: &[ClientId]) -> (Vec<ClientId>, Vec<ClientId>) {
        members.iter().partition(|id| self.reads_irc(**id).is_some())
    }

    /// What some readers of IRC are told.
    pub(crate) fn tell_irc(&self, members: &[ClientId], room: &str, news: &News) -> Vec<Effect> {
        let told = members.iter().filter_map(|id| {
            let lines = written(self.reads_irc(*id)?, &channel(room), news);
            (!lines.is_empty()).then_some(Effect::Room(*id, lines))
        });
        told.collect()
    }
}

/// A room as IRC calls it.
pub(crate) fn channel(room: &str) -> String {
    if room.starts_with('#') { room.to_owned() } else { format!("#{room}") }
}

/// The lines for a reader with these capabilities.
pub(crate) fn written(taken: Taken, target: &str, news: &News) -> String {
    let or = |text: &str, other: &str| {
        if text.is_empty() { other.to_owned() } else { text.to_owned() }
    };
    match news {
        News::Joined(who) => {
            let mut line = format!(":{} JOIN {target}", who.source);
            if taken.extended_join {
                let account = who.account.as_deref().unwrap_or("*");
                line += &format!(" {account} :{}", who.real);
            }
            line += "\r\n";
            if who.away.is_some() {
                line += &written(taken, target, &News::Away(who.clone()));
            }
            line
        }
        News::Parted(who, reason) if reason.is_empty() => {
            format!(":{} PART {target}\r\n", who.source)
        }
        News::Parted(who, reason) => format!(":{} PART {target} :{reason}\r\n", who.source),
        News::Quit(who, reason) => {
            format!(":{} QUIT :{}\r\n", who.source, or(reason, "Connection closed"))
        }
        News::Kicked { by, whom, reason } => {
            format!(":{} KICK {target} {whom} :{}\r\n", by.source, or(reason, &by.name))
        }
        News::Renamed(who, new) => format!(":{} NICK {new}\r\n", who.source),
        News::Said(who, message) => said(taken, target, who, message),
        News::Topic(who, text) => format!(":{} TOPIC {target} :{text}\r\n", who.source),
        News::Mode(who, change) => format!(":{} MODE {target} {change}\r\n", who.source),
        News::Away(who) if taken.away => match &who.away {
            None => format!(":{} AWAY\r\n", who.source),
            Some(text) => format!(":{} AWAY :{}\r\n", who.source, or(text, "away")),
        },
        News::Invited(who, name) if taken.invite => {
            format!(":{} INVITE {name} {target}\r\n", who.source)
        }
        News::RoomRenamed(by, old, reason) if taken.rename => {
            format!(":{} RENAME {} {target} :{reason}\r\n", by.source, channel(old))
        }
        News::Invited(..) | News::Away(_) | News::RoomRenamed(..) | News::Nothing => String::new(),
    }
}

/// A message, in as many lines as it takes.
fn said(taken: Taken, target: &str, who: &Whom, message: &Message) -> String {
    let (verb, before, behind) = match message.how {
        How::Said => ("PRIVMSG", "", ""),
        How::Noticed => ("NOTICE", "", ""),
        How::Acted => ("PRIVMSG", "\x01ACTION ", "\x01"),
    };
    let start = format!(":{} {verb} {target} :{before}", who.source);
    let room = IRC_LINE_BYTES_MAX - length(&start) - behind.len() - 2;
    let (mut lines, mut rest) = (String::new(), message.text.as_str());
    while lines.is_empty() || !rest.is_empty() {
        let mut tags = Vec::new();
        if taken.time {
            tags.push(format!("time={}", stamp(message.at)));
        }
        tags.extend(
            who.account.iter().filter(|_| taken.account_tag).map(|it| format!("account={it}")),
        );
        if taken.tags && lines.is_empty() {
            tags.push(match message.number {
                0 => format!("msgid={UNNUMBERED}"),
                number => format!("msgid={EPOCH}-{number}"),
            });
        }
        if !tags.is_empty() {
            lines += &format!("@{} ", tags.join(";"));
        }
        let (part, left) = cut(rest, room);
        lines += &format!("{start}{part}{behind}\r\n");
        rest = left;
    }
    lines
}

/// How long a line is when it is sent.
fn length(line: &str) -> usize {
    let parts = line.split(CLOAK).enumerate();
    parts.map(|(at, part)| if at % 2 == 1 { CLOAK_DIGITS + ".ip".len() } else { part.len() }).sum()
}

/// As much as fits, and the rest; cut at a space, if one is in the second half.
fn cut(text: &str, most: usize) -> (&str, &str) {
    if text.len() <= most {
        return (text, "");
    }
    let end = (0..=most).rev().find(|end| text.is_char_boundary(*end)).unwrap();
    match text[..end].rfind(' ') {
        Some(space) if space > end / 2 => (&text[..space], &text[space + 1..]),
        _ => text.split_at(end),
    }
}

//! Answers about people.

use crate::chat::{
    Census, Found, Gone, Motd, News, PeopleReply, Person, Portrait, Rank, UserMode, UserModes,
};
use crate::dialect::irc::addressee::Addressee;
use crate::dialect::irc::capability::Capabilities;
use crate::dialect::irc::events;
use crate::dialect::irc::numeric::{Line, pack};
use crate::dialect::irc::redaction;
use crate::dialect::irc::source::{Source, by, channel};
use crate::limits::{IRC_LIST_BYTES, WATCHED_MAX};
use crate::time::UnixTime;

/// Appends an answer about people.
pub(super) fn write(reader: &Addressee, reply: &PeopleReply<'_>, out: &mut Vec<u8>) {
    match *reply {
        PeopleReply::YouAreAway(true) => {
            reader.numeric(306, out).text("You have been marked as being away");
        }
        PeopleReply::YouAreAway(false) => {
            reader.numeric(305, out).text("You are no longer marked as being away");
        }
        PeopleReply::IsAway(who, text) => away(reader, who, text, out),
        PeopleReply::Modes(modes) => reader.numeric(221, out).word(&letters(modes)).end(),
        PeopleReply::NotYourModes => {
            reader.numeric(502, out).text("Cannot change mode for other users");
        }
        PeopleReply::ModeChanged(mode, on) => mode_changed(reader, mode, on, out),
        PeopleReply::News(who, news) => news_of(reader, who, news, out),
        PeopleReply::WhoIs(ref portrait) => who_is(reader, portrait, out),
        PeopleReply::WhoWas(name, list) => who_was(reader, name, list, out),
        PeopleReply::Found(list) => found(reader, list, out),
        PeopleReply::Located(list) => located(reader, list, out),
        PeopleReply::Present(list) => {
            let names: Vec<&str> = list.iter().map(|who| who.as_str()).collect();
            reader.numeric(303, out).text(&names.join(" "));
        }
        PeopleReply::Online(list) => {
            in_lines(reader, 730, list.iter().map(|who| Source(*who).to_string()), out);
        }
        PeopleReply::Offline(list) => in_lines(reader, 731, list.iter(), out),
        PeopleReply::Watched(list) => {
            in_lines(reader, 732, list.iter(), out);
            reader.numeric(733, out).text("End of MONITOR list");
        }
        PeopleReply::WatchesFull(list) => {
            let line = reader.numeric(734, out).number(WATCHED_MAX as u64);
            line.word(&list.join(",")).text("Monitor list is full");
        }
        PeopleReply::ToldAll(from, text) => by(from, out).word("WALLOPS").text(text),
        PeopleReply::TakenBack { from, to, id, reason } => {
            redaction::write(reader.capabilities.form(), from, (to.as_str(), id, reason), out);
        }
        PeopleReply::Killed { by: who, reason } => {
            let line = by(who, out).word("KILL").word(reader.nickname());
            line.text(if reason.is_empty() { who.as_str() } else { reason });
        }
        PeopleReply::Motd(motd) => message_of_the_day(reader, motd, out),
        PeopleReply::Time(now) => time(reader, now, out),
        PeopleReply::Census(census) => count(reader, census, out),
    }
}

fn away(reader: &Addressee, who: Person<'_>, text: &str, out: &mut Vec<u8>) {
    reader.numeric(301, out).word(who.as_str()).text(if text.is_empty() { "away" } else { text });
}

fn letters(modes: UserModes) -> String {
    let all = [
        (modes.is_bot, 'B'),
        (modes.is_hidden, 'i'),
        (modes.is_operator, 'o'),
        (modes.hears_operators, 'w'),
    ];
    let set = all.into_iter().filter(|(is_set, _)| *is_set).map(|(_, letter)| letter);
    std::iter::once('+').chain(set).collect()
}

fn mode_changed(reader: &Addressee, mode: UserMode, on: bool, out: &mut Vec<u8>) {
    let change = match (mode, on) {
        (UserMode::Hidden, true) => "+i",
        (UserMode::Hidden, false) => "-i",
        (UserMode::HearsOperators, true) => "+w",
        (UserMode::HearsOperators, false) => "-w",
        (UserMode::Bot, true) => "+B",
        (UserMode::Bot, false) => "-B",
        (UserMode::Operator, true) => "+o",
        (UserMode::Operator, false) => "-o",
    };
    let nickname = reader.nickname();
    Line::begin(out, nickname).word("MODE").word(nickname).word(change).end();
}

/// Something new about the reader, or about somebody whom it watches.
fn news_of(reader: &Addressee, who: Person<'_>, news: News<'_>, out: &mut Vec<u8>) {
    let is_own = who.as_str() == reader.nickname();
    if is_own || reader.capabilities.has(Capabilities::EXTENDED_MONITOR) {
        events::news(reader.capabilities.form(), who, news, out);
    }
}

fn who_is(reader: &Addressee, portrait: &Portrait<'_>, out: &mut Vec<u8>) {
    let &Portrait { who, rooms, is_operator, now, .. } = portrait;
    let nick = who.as_str();
    let line = reader.numeric(311, out).word(nick).word(who.user()).word(who.cloak().as_str());
    line.word("*").text(real(who));
    let rooms: Vec<String> =
        rooms.iter().map(|(room, rank)| format!("{}{}", mark(*rank), channel(room))).collect();
    pack(rooms.iter(), ' ', IRC_LIST_BYTES, |names| {
        reader.numeric(319, out).word(nick).text(names);
    });
    reader.numeric(312, out).word(nick).word(reader.server()).text(SERVER);
    if let Some(text) = who.away() {
        away(reader, who, text, out);
    }
    if is_operator {
        reader.numeric(313, out).word(nick).text("is an IRC operator");
    }
    if who.is_bot() {
        reader.numeric(335, out).word(nick).text("is a bot");
    }
    if let Some(account) = who.account() {
        reader.numeric(330, out).word(nick).word(account.as_str()).text("is logged in as");
    }
    if reader.capabilities.has(Capabilities::METADATA) {
        for (key, value) in portrait.metadata.iter() {
            reader.numeric(760, out).word(nick).word(key).word("*").text(value);
        }
    }
    if let Some((signed_on, spoke)) = who.seen() {
        let line = reader.numeric(317, out).word(nick).number(now.since(spoke).as_secs());
        line.number(signed_on.millis() / 1_000).text("seconds idle, signon time");
    }
}

/// What the server is said to be.
const SERVER: &str = "mio-chat";

/// The real name, of those who have none the nickname.
fn real(who: Person<'_>) -> &str {
    if who.real().is_empty() { who.as_str() } else { who.real() }
}

/// What stands before the name of somebody of this rank, or of a room where it has that.
fn mark(rank: Rank) -> &'static str {
    if rank >= Rank::Operator { "@" } else { "" }
}

fn who_was(reader: &Addressee, name: &str, list: &[&Gone], out: &mut Vec<u8>) {
    if list.is_empty() {
        reader.numeric(406, out).word(name).text("There was no such nickname");
    }
    for gone in list {
        let nick = gone.nickname.as_str();
        let line = reader.numeric(314, out).word(nick).word(&gone.user).word(&gone.cloak);
        line.word("*").text(if gone.real.is_empty() { nick } else { &gone.real });
        let at = events::Stamp(gone.at.millis()).to_string();
        reader.numeric(312, out).word(nick).word(reader.server()).text(&at);
    }
}

/// WHO, in the fields that the line has asked for.
fn found(reader: &Addressee, list: &[Found<'_>], out: &mut Vec<u8>) {
    let asked = reader.about().split(' ').skip(1).find_map(|word| word.split_once('%'));
    for found in list {
        match asked {
            Some((_, fields)) => fields_of(reader, found, fields, out),
            None => who(reader, found, out),
        }
    }
}

fn who(reader: &Addressee, found: &Found<'_>, out: &mut Vec<u8>) {
    let who = found.who;
    let room = found.room.map_or_else(|| "*".to_owned(), channel);
    let line = reader.numeric(352, out).word(&room).word(who.user()).word(who.cloak().as_str());
    let line = line.word(reader.server()).word(who.as_str()).word(&flags(reader, found));
    line.text(&format!("0 {}", real(who)));
}

/// Here or gone, an operator of the server, a bot, and the rank in the room.
fn flags(reader: &Addressee, found: &Found<'_>) -> String {
    let mut flags = String::from(if found.who.away().is_some() { "G" } else { "H" });
    if found.is_operator {
        flags.push('*');
    }
    if found.who.is_bot() {
        flags.push('B');
    }
    let mark = if found.room.is_some() { mark(found.rank) } else { "" };
    flags.push_str(mark);
    let shows_all = reader.capabilities.has(Capabilities::MULTI_PREFIX);
    if found.has_voice && (mark.is_empty() || shows_all) {
        flags.push('+');
    }
    flags
}

/// WHOX: the fields come in an order of their own, whatever was asked.
fn fields_of(reader: &Addressee, found: &Found<'_>, asked: &str, out: &mut Vec<u8>) {
    let (fields, token) = asked.split_once(',').unwrap_or((asked, ""));
    let who = found.who;
    let mut line = reader.numeric(354, out);
    for field in "tcuihsnfdlao".chars().filter(|field| fields.contains(*field)) {
        line = match field {
            't' => line.word(token),
            'c' => line.word(&found.room.map_or_else(|| "*".to_owned(), channel)),
            'u' => line.word(who.user()),
            // Addresses are shown to nobody.
            'i' => line.word("255.255.255.255"),
            'h' => line.word(who.cloak().as_str()),
            's' => line.word(reader.server()),
            'n' => line.word(who.as_str()),
            'f' => line.word(&flags(reader, found)),
            'l' => line.number(found.silent.map_or(0, |silent| silent.as_secs())),
            'a' => line.word(who.account().map_or("0", |account| account.as_str())),
            'o' => line.word("n/a"),
            _ => line.word("0"),
        };
    }
    if fields.contains('r') { line.text(real(who)) } else { line.end() }
}

fn located(reader: &Addressee, list: &[Found<'_>], out: &mut Vec<u8>) {
    let one = |found: &Found<'_>| {
        let who = found.who;
        let star = if found.is_operator { "*" } else { "" };
        let sign = if who.away().is_some() { '-' } else { '+' };
        format!("{}{star}={sign}{}@{}", who.as_str(), who.user(), who.cloak())
    };
    let all: Vec<String> = list.iter().map(one).collect();
    reader.numeric(302, out).text(&all.join(" "));
}

/// Appends a list in as many lines as it takes.
fn in_lines(
    reader: &Addressee,
    code: u16,
    list: impl Iterator<Item = impl AsRef<str>>,
    out: &mut Vec<u8>,
) {
    pack(list, ',', IRC_LIST_BYTES, |names| reader.numeric(code, out).text(names));
}

fn message_of_the_day(reader: &Addressee, motd: &Motd, out: &mut Vec<u8>) {
    let mut lines = motd.lines().peekable();
    if lines.peek().is_none() {
        return reader.numeric(422, out).text("MOTD File is missing");
    }
    let heading = format!("- {} Message of the day - ", reader.server());
    reader.numeric(375, out).text(&heading);
    for line in lines {
        reader.numeric(372, out).text(&format!("- {line}"));
    }
    reader.numeric(376, out).text("End of MOTD command");
}

fn time(reader: &Addressee, now: UnixTime, out: &mut Vec<u8>) {
    let stamp = events::Stamp(now.millis()).to_string();
    reader.numeric(391, out).word(reader.server()).text(&stamp);
}

fn count(reader: &Addressee, census: Census, out: &mut Vec<u8>) {
    let Census { members, most, hidden, operators, strangers, rooms } = census;
    let visible = members.saturating_sub(hidden);
    let all = format!("There are {visible} users and {hidden} invisible on 1 servers");
    reader.numeric(251, out).text(&all);
    reader.numeric(252, out).number(operators as u64).text("operator(s) online");
    reader.numeric(253, out).number(strangers as u64).text("unknown connection(s)");
    reader.numeric(254, out).number(rooms as u64).text("channels formed");
    reader.numeric(255, out).text(&format!("I have {members} clients and 0 servers"));
    for (code, which) in [(265, "local"), (266, "global")] {
        let line = reader.numeric(code, out).number(members as u64).number(most as u64);
        line.text(&format!("Current {which} users {members}, max {most}"));
    }
}

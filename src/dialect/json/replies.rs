//! What one client is told, as objects.

use super::accounts;
use super::conversations;
use super::errors::{bye, error};
use super::events::{moderated, seconds, write};
use super::marks;
use super::object::{
    Greeting, Limits, Message, Object, PeerEntry, RoomEntry, RoomInvitation, Rules, SanctionEntry,
    Text, VERSION,
};
use super::people;
use super::private::Private;
use super::said::said;
use crate::chat::{
    HistoryCursor, MessageKind, Nickname, Peer, Recalled, Reply, RoomAnswer, RoomName, Sanction,
    SanctionKind, Sent, SentKind, Ticket, Whisper,
};
use crate::dialect::format::{Acknowledgement, Situation};
use crate::dialect::line::wording;
use crate::dialect::line::writing::{sentence, unmarked};
use crate::limits::{LINE_BYTES_MAX, TEXT_BYTES_MAX, WEBSOCKET_MESSAGE_BYTES_MAX};
use crate::time::UnixTime;

/// Appends what one client is told; `re` is the number of its request.
pub(in super::super) fn reply(reply: &Reply<'_>, re: Option<u64>, out: &mut Vec<u8>) {
    let mut object = object(reply);
    if let Object::Error(error) = &mut object {
        error.re = re;
    }
    write(&object, out);
}

/// Appends that a request was carried out.
pub(in super::super) fn acknowledge(what: Acknowledgement, out: &mut Vec<u8>) {
    let object = match what {
        Acknowledgement::Done { request, message } => Object::Ok { re: request, n: message },
        Acknowledgement::Pong => Object::Pong,
    };
    write(&object, out);
}

/// Appends that what follows is JSON, and what a program should know of the server.
pub(in super::super) fn format(situation: &Situation<'_>, out: &mut Vec<u8>) {
    let object = Object::Format(Greeting {
        nick: situation.nickname.map(|name| name.as_str().into()),
        room: situation.room.map(|room| room.as_str().into()),
        ..greeting(situation.cursor, situation.now, situation.udp)
    });
    write(&object, out);
}

fn greeting(cursor: HistoryCursor, now: UnixTime, udp: Option<u16>) -> Greeting<'static> {
    let features = if udp.is_some() { vec!["match".into()] } else { Vec::new() };
    Greeting {
        v: VERSION,
        epoch: format!("{:08x}", cursor.epoch).into(),
        n: cursor.number,
        now: now.millis() / 1_000,
        limits: Limits {
            line: LINE_BYTES_MAX,
            text: TEXT_BYTES_MAX,
            frame: WEBSOCKET_MESSAGE_BYTES_MAX,
        },
        features: Some(features),
        udp,
        ..Greeting::default()
    }
}

fn object<'a>(reply: &Reply<'a>) -> Object<'a> {
    let in_english = || Text::from(sentence(|out| wording::reply(reply, false, out)));
    match *reply {
        Reply::Prompt => Object::Prompt,
        Reply::Welcome { nickname, room, cursor, now, players } => Object::Welcome(Greeting {
            nick: Some(nickname.as_str().into()),
            room: room.map(named),
            ..greeting(cursor, now, players)
        }),
        Reply::MessageOfTheDay { line } => Object::Motd { text: line.into() },
        Reply::Entered { room, others } => Object::Room { room: named(room), total: others + 1 },
        Reply::Joined { room, who } => {
            Object::Joined { room: named(room), nick: who.as_str().into() }
        }
        Reply::Renamed { old, new } => {
            let (nick, new) = (old.as_str().into(), new.as_str().into());
            Object::Renamed { room: None, nick, new }
        }
        Reply::Whispered(Whisper { sent, .. }) | Reply::SentToRank { sent, .. } => {
            private(Some(sent.who.as_str()), None, &sent)
        }
        Reply::WhisperSent(Whisper { to, sent }) => private(None, Some(to.as_str()), &sent),
        Reply::SentToRankByYou { room, sent, .. } => private(None, Some(room.as_str()), &sent),
        Reply::ReadUpTo { conversation, at } => marks::object(conversation, at),
        Reply::HearsHistory(on) => {
            Object::Setting { name: "history".into(), on, text: in_english() }
        }
        Reply::IgnoreChanged { name, ignored: on } => {
            Object::Ignoring { nick: name.into(), on, text: in_english() }
        }
        Reply::IsServerOperator => Object::ServerOperator { text: in_english() },
        Reply::Account(answer) => accounts::object(&answer, in_english()),
        Reply::Checking => Object::Checking { text: in_english() },
        Reply::TicketGiven(ticket) => token(&ticket),
        Reply::TicketReturned => Object::MatchOff { text: in_english() },
        Reply::Invited { from, queue } => {
            Object::Invited { from: Some(from.as_str().into()), to: None, queue: queue.into() }
        }
        Reply::InvitationSent { to, queue } => {
            Object::Invited { from: None, to: Some(to.as_str().into()), queue: queue.into() }
        }
        Reply::TooFast => Object::Held { by: "you".into(), text: in_english() },
        Reply::TooFastTogether => Object::Held { by: "address".into(), text: in_english() },
        Reply::TooFastForSome => Object::Held { by: "room".into(), text: in_english() },
        Reply::Refused(refusal) => error(refusal),
        Reply::Farewell(farewell) => bye(farewell),
        _ => about_a_room(reply, in_english),
    }
}

/// A message that is not for everybody.
fn private<'a>(from: Option<&'a str>, to: Option<&'a str>, sent: &Sent<'a>) -> Object<'a> {
    let (text, lines) = said(sent.text);
    Object::Private(Private {
        from: from.map(Text::from),
        to: to.map(Text::from),
        text,
        lines,
        me: sent.kind == SentKind::Acted,
        at: sent.id.at().millis() / 1_000,
        old: false,
    })
}

/// Lists, histories and what a room is like.
fn about_a_room<'a>(reply: &Reply<'a>, in_english: impl FnOnce() -> Text<'static>) -> Object<'a> {
    match *reply {
        Reply::RecallBegins { room, count, which } => {
            let (gap, after, before, more) = match which {
                Recalled::Last => (false, None, None, false),
                Recalled::Since(after) => (false, Some(after), None, false),
                Recalled::Gap(after) => (true, Some(after), None, false),
                Recalled::Before { number, more } => (false, None, Some(number), more),
            };
            Object::History { room: named(room), gap, count, after, before, more }
        }
        Reply::Remembered { room, message, .. } => {
            let (text, lines) = said(&message.text);
            Object::Message(Message {
                n: message.id.number,
                at: message.id.at.millis() / 1_000,
                room: named(room),
                nick: message.who.as_str().into(),
                text,
                lines,
                me: message.kind == MessageKind::Acted,
                old: true,
            })
        }
        Reply::RecallEnds { room, cursor: HistoryCursor { epoch, number } } => {
            Object::End { room: named(room), at: format!("{epoch:08x}:{number}").into() }
        }
        Reply::Topic { room, topic } => Object::Topic {
            room: named(room),
            text: topic.map_or(Text::default(), |topic| topic.text.as_str().into()),
            by: topic.map(|topic| topic.by.as_str().into()),
            changed: false,
        },
        Reply::Owns { room, key } => {
            Object::Owner { room: named(room), key: format!("{key:016x}").into() }
        }
        Reply::PasswordSet { room, needed } => {
            Object::Password { room: named(room), needed, text: in_english() }
        }
        Reply::YouWere(moderation) => moderated(&moderation, true),
        Reply::Sanctions { room, list, page, now } => {
            let list = list.iter().map(|sanction| listed(sanction, now)).collect();
            Object::Sanctions { room: named(room), list, next: next(page) }
        }
        Reply::Room(ref answer) => about_its_rules(answer, in_english),
        Reply::Ignores(names) => Object::Ignored { names: texts(names) },
        Reply::Rooms { rooms, more } => {
            let entry = |(room, total): &(&'a RoomName, usize)| RoomEntry {
                room: named(room),
                total: *total,
            };
            Object::Rooms { rooms: rooms.iter().map(entry).collect(), more }
        }
        Reply::Who { room, names, count, page } => {
            Object::Names { room: named(room), names: texts(names), total: count, next: next(page) }
        }
        Reply::Matched { peers } => Object::Matched { peers: peers.iter().map(peer).collect() },
        Reply::People(ref about) => people::object(about),
        Reply::Conversation(ref about) => conversations::object(about),
        Reply::Help(_) => Object::Help { lines: help(reply) },
        // Has an object of its own above.
        _ => Object::Notice { room: None, text: in_english() },
    }
}

/// Its rules, and who is invited.
fn about_its_rules<'a>(
    answer: &RoomAnswer<'a>,
    in_english: impl FnOnce() -> Text<'static>,
) -> Object<'a> {
    match *answer {
        RoomAnswer::YouAreInvited { by, room } => {
            let (by, nick) = (Some(by.as_str().into()), None);
            Object::RoomInvitation(RoomInvitation {
                room: named(room),
                by,
                nick,
                text: in_english(),
            })
        }
        RoomAnswer::InvitationSent { to, room } => {
            let (by, nick) = (None, Some(to.as_str().into()));
            Object::RoomInvitation(RoomInvitation {
                room: named(room),
                by,
                nick,
                text: in_english(),
            })
        }
        RoomAnswer::Rules { room, modes, limit, has_password: password, .. } => {
            let modes = modes.to_string().into();
            Object::Rules(Rules { room: named(room), modes, limit, password, text: in_english() })
        }
        _ => Object::Notice { room: None, text: in_english() },
    }
}

fn named(room: &RoomName) -> Text<'_> {
    room.as_str().into()
}

fn texts<'a>(names: &[&'a str]) -> Vec<Text<'a>> {
    names.iter().map(|name| Text::from(*name)).collect()
}

/// The page after this one, if there is one.
fn next((page, pages): (usize, usize)) -> Option<usize> {
    (page < pages).then_some(page + 1)
}

fn listed(sanction: &Sanction, now: UnixTime) -> SanctionEntry<'_> {
    SanctionEntry {
        number: sanction.number,
        kind: match sanction.kind {
            SanctionKind::Ban => "ban".into(),
            SanctionKind::Mute => "mute".into(),
            SanctionKind::BanException => "ban-exception".into(),
            SanctionKind::InviteException => "invite-exception".into(),
        },
        nick: sanction.name.as_ref().map(|name| name.as_str().into()),
        address: sanction.network.is_some(),
        mask: sanction.mask.as_ref().map(|mask| mask.as_str().into()),
        by: sanction.by.as_str().into(),
        lasts: sanction.until.map(|until| seconds(until.since(now))),
        reason: Some(Text::from(sanction.reason.as_str())).filter(|reason| !reason.is_empty()),
    }
}

fn token<'a>(ticket: &Ticket<'a>) -> Object<'a> {
    let &Ticket { queue, players, token, port } = ticket;
    let token = format!("{token:016x}").into();
    Object::Token { queue: queue.into(), n: players, token, udp: port }
}

fn peer<'a>(peer: &Peer<'a>) -> PeerEntry<'a> {
    PeerEntry {
        nick: peer.nickname.map(Nickname::as_str).map(Text::from),
        address: peer.address.map(|address| address.to_string().into()),
    }
}

/// The lines of plain help, each without its mark.
fn help(reply: &Reply<'_>) -> Vec<Text<'static>> {
    let lines = sentence(|out| wording::reply(reply, false, out));
    lines.lines().map(|line| unmarked(line).to_owned().into()).collect()
}

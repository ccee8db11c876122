//! The wording of plain lines.
//!
//! The strings marked fixed are the classroom server's; programs compare them. Every other notice
//! begins with `* `, which no nickname can begin with. Notices are ASCII, because a classroom
//! client stops at the first byte that is not. Refusals are left to `refusals`, notices about
//! history and order to `notices`.

use std::io::Write;

use super::writing::{Listing, line, notice, number};
use super::{commands, conversations, notices, people, redaction, refusals, renaming, ruling};
use crate::chat::{
    Farewell, Nickname, Peer, Person, Reply, RoomEvent, RoomName, Sent, SentId, SentKind, Ticket,
};
use crate::text::lines::shown_lines;
use crate::text::without_formatting;

/// Appends what happened in a room as one plain line. `numbered`: messages begin with their
/// numbers; everything else is told to everybody alike.
pub(in crate::dialect) fn room_event(event: &RoomEvent<'_>, numbered: bool, out: &mut Vec<u8>) {
    match *event {
        RoomEvent::Said { who, text, id, .. } => {
            number(out, numbered, id);
            line(out, &[who.as_str(), ": ", &without_formatting(text)]);
        }
        RoomEvent::Acted { who, text, id, .. } => {
            number(out, numbered, id);
            line(out, &["* ", who.as_str(), " ", &without_formatting(text)]);
        }
        RoomEvent::Sent(sent) => sent_to_room(out, &sent, numbered),
        RoomEvent::Joined { who } => joined(out, who),
        RoomEvent::Left { who, .. } => line(out, &[who.as_str(), " left!"]),
        RoomEvent::Renamed { old, new } => renamed(out, old, new),
        RoomEvent::PresenceSummary { joined, left, here } => {
            notices::presence_summary(out, joined, left, here);
        }
        // People who type ask for that if they want to know.
        RoomEvent::News { .. } => {}
        RoomEvent::TopicChanged { by, text } => notices::topic_changed(out, by, text),
        RoomEvent::RoomRenamed(ref renamed) => renaming::told(out, renamed),
        RoomEvent::Moderated(moderation) => notices::moderated(out, &moderation, false),
        RoomEvent::Redacted(ref redacted) => redaction::told(out, redacted, numbered),
        RoomEvent::Ruled(change) => ruling::changed(out, &change),
        RoomEvent::Kept { event, .. } => room_event(event, numbered, out),
    }
}

/// Appends what one client is told as plain lines, each with its newline. Only the prompt has none
/// (fixed).
pub(in crate::dialect) fn reply(reply: &Reply<'_>, numbered: bool, out: &mut Vec<u8>) {
    match *reply {
        Reply::Joined { who, .. } => joined(out, who),
        Reply::Renamed { old, new } => renamed(out, old, new),
        Reply::Whispered(whisper) => {
            private(out, &["[", whisper.sent.who.as_str(), "] "], &whisper.sent);
        }
        Reply::WhisperSent(whisper) => {
            private(out, &["[to ", whisper.to.as_str(), "] "], &whisper.sent);
        }
        Reply::SentToRank { room, sent, .. } => {
            private(
                out,
                &["[", sent.who.as_str(), " to operators of ", room.as_str(), "] "],
                &sent,
            );
        }
        Reply::SentToRankByYou { room, sent, .. } => {
            private(out, &["[to operators of ", room.as_str(), "] "], &sent);
        }
        Reply::Prompt => out.extend_from_slice(b"NICK"),
        Reply::MessageOfTheDay { line: text } => line(out, &["* motd: ", text]),
        Reply::Welcome { .. } => out.extend_from_slice(b"Connected to server!\n"),
        Reply::Entered { room, others } => entered(out, room, others),
        Reply::Rooms { rooms, more } => list_rooms(out, rooms, more),
        Reply::Who { room, names, count, page } => list_people(out, room, names, count, page),
        Reply::People(ref about) => people::write(about, out),
        Reply::Conversation(ref about) => conversations::write(about, out),
        Reply::TicketGiven(ticket) => ticket_given(out, &ticket),
        Reply::TicketReturned => line(out, &["* you are in no queue any more"]),
        Reply::Invited { from, queue } => {
            line(out, &["* you are invited to a game by ", from.as_str(), ": type /match ", queue]);
        }
        Reply::InvitationSent { to, queue } => {
            line(out, &["* you have invited ", to.as_str(), " to the queue ", queue]);
        }
        Reply::Matched { peers } => matched(out, peers),
        Reply::Help(guide) => commands::write_help(guide, out),
        Reply::TooFast => {
            line(out, &["* too fast: what you say waits its turn now, and none of it is lost"]);
        }
        Reply::TooFastTogether => line(
            out,
            &["* too much comes from your address at once: what you say waits its turn now, and \
                 none of it is lost"],
        ),
        Reply::TooFastForSome => line(
            out,
            &["* too much is said here for some to keep up: what you say waits its turn now, \
                 and none of it is lost"],
        ),
        Reply::Room(answer) => ruling::answer(out, &answer),
        Reply::Refused(refusal) => refusals::write(refusal, out),
        Reply::Farewell(farewell) => farewell_line(out, farewell),
        Reply::Remembered { message, now, .. } => notices::remembered(out, numbered, message, now),
        // For programs that keep it.
        Reply::ReadUpTo { .. } => {}
        _ => notices::write(reply, numbered, out),
    }
}

/// A message with tags, or one that was noticed: people read it like any other.
fn sent_to_room(out: &mut Vec<u8>, sent: &Sent<'_>, numbered: bool) {
    let (who, text) = (sent.who.as_str(), without_formatting(sent.text));
    for text in shown_lines(&text) {
        if let SentId::Numbered(id, _) = sent.id {
            number(out, numbered, id);
        }
        match sent.kind {
            SentKind::Acted => line(out, &["* ", who, " ", &text]),
            _ => line(out, &[who, ": ", &text]),
        }
    }
}

/// A message to some, behind its heading.
fn private(out: &mut Vec<u8>, heading: &[&str], sent: &Sent<'_>) {
    let text = without_formatting(sent.text);
    if !sent.kind.is_message() {
        return line(out, &[heading, &[&text]].concat());
    }
    for text in shown_lines(&text) {
        let said = match sent.kind {
            SentKind::Acted => [heading, &["* ", sent.who.as_str(), " ", &text]].concat(),
            _ => [heading, &[&text]].concat(),
        };
        line(out, &said);
    }
}

fn renamed(out: &mut Vec<u8>, old: Person<'_>, new: &Nickname) {
    line(out, &["* the nickname ", old.as_str(), " is now ", new.as_str()]);
}

fn joined(out: &mut Vec<u8>, who: Person<'_>) {
    line(out, &[who.as_str(), " joined!"]);
}

fn entered(out: &mut Vec<u8>, room: &RoomName, others: usize) {
    let room = room.as_str();
    match others {
        0 => notice(out, format_args!("you are alone in {room} (/help tells what you can do)")),
        1 => notice(out, format_args!("you are in {room} with 1 other (/help, /who)")),
        _ => notice(out, format_args!("you are in {room} with {others} others (/help, /who)")),
    }
}

fn list_rooms(out: &mut Vec<u8>, rooms: &[(&RoomName, usize)], more: usize) {
    let mut listing = match rooms.len() + more {
        1 => Listing::begin(out, format_args!("there is 1 room: ")),
        total => Listing::begin(out, format_args!("there are {total} rooms: ")),
    };
    for (room, members) in rooms {
        listing.add(format_args!("{} ({members})", room.as_str()));
    }
    listing.end(more);
}

fn list_people(
    out: &mut Vec<u8>,
    room: &RoomName,
    names: &[&str],
    count: usize,
    (page, pages): (usize, usize),
) {
    let room = room.as_str();
    let mut listing = match count {
        0 => return line(out, &["* there is nobody in ", room]),
        1 => Listing::begin(out, format_args!("there is 1 in {room}: ")),
        _ if pages == 1 => Listing::begin(out, format_args!("there are {count} in {room}: ")),
        _ => {
            let heading = format_args!("there are {count} in {room}, page {page} of {pages}: ");
            Listing::begin(out, heading)
        }
    };
    for name in names {
        listing.add(format_args!("{name}"));
    }
    listing.end(0);
    if page < pages {
        notice(out, format_args!("there are more: /who {room} {}", page + 1));
    }
}

fn ticket_given(out: &mut Vec<u8>, ticket: &Ticket<'_>) {
    let Ticket { queue, players, token, port } = ticket;
    let _ = write!(
        out,
        "* your token for {queue} ({players} players) is {token:016x}: \
         run mio-chat match HOST:"
    );
    let _ = match port {
        Some(port) => write!(out, "{port}"),
        None => write!(out, "PORT"),
    };
    let _ = writeln!(out, " --token {token:016x}");
}

fn matched(out: &mut Vec<u8>, peers: &[Peer<'_>]) {
    let mut listing = Listing::begin(out, format_args!("matched with "));
    for Peer { nickname, address } in peers {
        let name = nickname.map_or("somebody", Nickname::as_str);
        match address {
            Some(address) => listing.add(format_args!("{name} ({address})")),
            None => listing.add(format_args!("{name}")),
        }
    }
    listing.end(0);
}

fn farewell_line(out: &mut Vec<u8>, farewell: Farewell) {
    match farewell {
        Farewell::Quit => line(out, &["* goodbye"]),
        Farewell::RegisterTimeout => {
            line(out, &["* no nickname came in time; connect again and type one"]);
        }
        Farewell::TooManyTries => {
            line(out, &["* too much came without a good nickname; connect again and type one"]);
        }
        Farewell::TooManyPasswords => {
            line(out, &["* too many wrong passwords; connect again when you know it"]);
        }
        Farewell::LineTimeout => {
            line(out, &["* your line was begun and not ended in time; end each with Enter"]);
        }
        Farewell::SlowReader { backlog } => notice(
            out,
            format_args!("you were cut off: {backlog} bytes waited and you did not read them"),
        ),
        Farewell::Banned | Farewell::Kicked => line(out, &["* goodbye"]),
        Farewell::Shutdown { back_in: 0 } => {
            line(out, &["* the server is shutting down; come back later"]);
        }
        Farewell::Shutdown { back_in: seconds } => {
            notice(out, format_args!("the server is shutting down; come back in {seconds} s"));
        }
        Farewell::TlsOnly => line(
            out,
            &["* the server takes encrypted connections only: use \"mio-chat chat \
                 tls://HOST:PORT\", \
                 a browser at https://HOST:PORT, or \"openssl s_client -quiet -connect \
                 HOST:PORT\""],
        ),
        Farewell::AddressBanned => line(out, &["* nobody from your address is served here"]),
        Farewell::ServerFull => line(out, &["* the server is full; try again in a minute"]),
        Farewell::NetworkFull => {
            line(out, &["* too many connections from around your address; try again later"]);
        }
        Farewell::MadeWay => line(
            out,
            &["* the server is full, and more are here from around your address than from \
                 elsewhere; who was silent longest made way"],
        ),
        Farewell::AddressFull => {
            line(out, &["* too many connections from your address; close one first"]);
        }
    }
}

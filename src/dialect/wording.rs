//! What plain-line clients read.
//!
//! The strings marked fixed are the classroom server's; programs compare them. Every other notice
//! begins with `* `, which no nickname can begin with. Notices are ASCII, because a classroom
//! client stops at the first byte that is not. Refusals are left to `refusals`.

use std::io::Write;

use super::refusals;
use crate::chat::{Event, Farewell, Nickname, Peer, RoomName, Ticket};
use crate::limits::LISTING_LINE_BYTES;

const HELP: &[u8] = b"\
* Type a line and press Enter: everyone in the room reads it. Commands:\n\
* /nick NAME       be called something else\n\
* /who             who is in the room\n\
* /msg NAME TEXT   say something to one person\n\
* /me TEXT         say what you do: * alice waves\n\
* /rooms           which rooms there are\n\
* /join ROOM       go to another room, or make a new one\n\
* /leave           go back to main\n\
* /match QUEUE     a token to find another player (/match QUEUE 4: three others)\n\
* /invite NAME     the same with one friend, in a queue of your own\n\
* /quit            leave the chat\n\
* //TEXT           a line that begins with /\n";

/// Appends an event as plain lines, each with its newline. Only the prompt has none (fixed).
pub fn encode(event: Event<'_>, out: &mut Vec<u8>) {
    match event {
        Event::Said { who, text } => line(out, &[who.as_str(), ": ", text]),
        Event::Acted { who, text } => line(out, &["* ", who.as_str(), " ", text]),
        Event::Joined { who } => line(out, &[who.as_str(), " joined!"]),
        Event::Left { who } => line(out, &[who.as_str(), " left!"]),
        Event::Whispered { from, text } => line(out, &["[", from.as_str(), "] ", text]),
        Event::WhisperSent { to, text } => line(out, &["[to ", to.as_str(), "] ", text]),
        Event::Prompt => out.extend_from_slice(b"NICK"),
        Event::Welcome => out.extend_from_slice(b"Connected to server!\n"),
        Event::Renamed { old, new } => {
            line(out, &["* a new nickname: ", old.as_str(), " is now ", new.as_str()]);
        }
        Event::Entered { room, others } => entered(out, room, others),
        Event::Rooms { rooms, more } => list_rooms(out, rooms, more),
        Event::Who { room, names, more } => list_people(out, room, names, more),
        Event::TicketGiven(ticket) => ticket_given(out, &ticket),
        Event::TicketReturned => line(out, &["* you are in no queue any more"]),
        Event::Invited { from, queue } => {
            line(out, &["* you are invited to a game by ", from.as_str(), ": type /match ", queue]);
        }
        Event::InvitationSent { to, queue } => {
            line(out, &["* you have invited ", to.as_str(), " to the queue ", queue]);
        }
        Event::Matched { peers } => matched(out, peers),
        Event::Help => out.extend_from_slice(HELP),
        Event::TooFast => {
            line(out, &["* too fast: what you say waits its turn now, and none of it is lost"]);
        }
        Event::Refused(refusal) => refusals::write(refusal, out),
        Event::Farewell(farewell) => farewell_line(out, farewell),
    }
}

pub(super) fn line(out: &mut Vec<u8>, parts: &[&str]) {
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
    out.push(b'\n');
}

pub(super) fn notice(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing to a vector cannot fail.
    let _ = writeln!(out, "* {text}");
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

fn list_people(out: &mut Vec<u8>, room: &RoomName, names: &[&str], more: usize) {
    let room = room.as_str();
    let mut listing = match names.len() + more {
        0 => return line(out, &["* there is nobody in ", room]),
        1 => Listing::begin(out, format_args!("there is 1 in {room}: ")),
        total => Listing::begin(out, format_args!("there are {total} in {room}: ")),
    };
    for name in names {
        listing.add(format_args!("{name}"));
    }
    listing.end(more);
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

/// Names separated by commas, in lines of a readable length.
struct Listing<'a> {
    out: &'a mut Vec<u8>,
    line_start: usize,
    first: bool,
}

impl<'a> Listing<'a> {
    fn begin(out: &'a mut Vec<u8>, heading: std::fmt::Arguments<'_>) -> Self {
        let line_start = out.len();
        let _ = write!(out, "* {heading}");
        Self { out, line_start, first: true }
    }

    fn add(&mut self, name: std::fmt::Arguments<'_>) {
        if self.out.len() - self.line_start > LISTING_LINE_BYTES {
            self.out.extend_from_slice(b"\n* and ");
            self.line_start = self.out.len();
        } else if !self.first {
            self.out.extend_from_slice(b", ");
        }
        self.first = false;
        let _ = self.out.write_fmt(name);
    }

    fn end(self, more: usize) {
        if more > 0 {
            let _ = write!(self.out, " and {more} more");
        }
        self.out.push(b'\n');
    }
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
        Farewell::LineTimeout => {
            line(out, &["* your line was begun and not ended in time; end each with Enter"]);
        }
        Farewell::SlowReader { backlog } => notice(
            out,
            format_args!("you were cut off: {backlog} bytes waited and you did not read them"),
        ),
        Farewell::Shutdown => line(out, &["* the server is shutting down; come back later"]),
        Farewell::ServerFull => line(out, &["* the server is full; try again in a minute"]),
        Farewell::AddressFull => {
            line(out, &["* too many connections from your address; close one first"]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{Alphabet, Refusal, Verb};
    use crate::limits::{NAME_COLUMNS_MAX, REGISTER_REPLY_BYTES_MAX};

    fn encoded(event: Event<'_>) -> String {
        let mut out = Vec::new();
        encode(event, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn alice() -> Nickname {
        Nickname::parse("alice", Alphabet::Ascii).unwrap()
    }

    fn longest_name() -> Nickname {
        Nickname::parse(&"x".repeat(NAME_COLUMNS_MAX), Alphabet::Ascii).unwrap()
    }

    #[test]
    fn the_classroom_strings_are_fixed() {
        let who = &alice();
        assert_eq!(encoded(Event::Prompt), "NICK");
        assert_eq!(encoded(Event::Welcome), "Connected to server!\n");
        assert_eq!(encoded(Event::Joined { who }), "alice joined!\n");
        assert_eq!(encoded(Event::Left { who }), "alice left!\n");
        assert_eq!(encoded(Event::Said { who, text: "hello" }), "alice: hello\n");
        assert_eq!(encoded(Event::Acted { who, text: "waves" }), "* alice waves\n");
        assert_eq!(encoded(Event::Whispered { from: who, text: "hi" }), "[alice] hi\n");
        assert_eq!(encoded(Event::WhisperSent { to: who, text: "hi" }), "[to alice] hi\n");
    }

    #[test]
    fn every_refusal_is_one_short_ascii_notice() {
        let (name, room) = (longest_name(), RoomName::parse("games", Alphabet::Ascii).unwrap());
        let mut refusals = vec![
            Refusal::NicknameFirst,
            Refusal::NameEmpty,
            Refusal::NameTooLong,
            Refusal::NameCharacter,
            Refusal::NameMixesScripts,
            Refusal::NicknameReserved(name.clone()),
            Refusal::NicknameTaken(name.clone()),
            Refusal::AlreadyCalled(name.clone()),
            Refusal::NobodyNamed(name.as_str().into()),
            Refusal::NoRoomNamed(room.clone()),
            Refusal::NotInRoom(room.clone()),
            Refusal::AlreadyInRoom(room),
            Refusal::NowhereToLeaveTo,
            Refusal::TooManyRooms,
            Refusal::InTooManyRooms,
            Refusal::ToYourself,
            Refusal::InvitesSelf,
            Refusal::QueueName,
            Refusal::MatchPlayers,
            Refusal::NotSeeking,
            Refusal::UnknownCommand("x".repeat(16)),
            Refusal::LineTooLong,
            Refusal::NotUtf8,
        ];
        refusals.extend(
            [Verb::Nick, Verb::Join, Verb::Msg, Verb::Me, Verb::Match, Verb::Invite]
                .map(Refusal::Incomplete),
        );
        for refusal in &refusals {
            let text = encoded(Event::Refused(refusal));
            assert!(text.starts_with("* ") && text.ends_with('\n') && text.is_ascii(), "{text:?}");
            assert_eq!(text.lines().count(), 1, "{text:?}");
            assert!(text.len() <= REGISTER_REPLY_BYTES_MAX, "{text:?}");
            assert_cannot_be_forged(&text);
        }
    }

    #[test]
    fn every_farewell_is_one_ascii_notice_that_nobody_can_forge() {
        for farewell in [
            Farewell::Quit,
            Farewell::RegisterTimeout,
            Farewell::TooManyTries,
            Farewell::LineTimeout,
            Farewell::SlowReader { backlog: 7 },
            Farewell::Shutdown,
            Farewell::ServerFull,
            Farewell::AddressFull,
        ] {
            let text = encoded(Event::Farewell(farewell));
            assert!(text.starts_with("* ") && text.ends_with('\n') && text.is_ascii(), "{text:?}");
            assert_cannot_be_forged(&text);
        }
    }

    /// An action is `* nickname ...`: nobody may be called by the first word of a notice.
    fn assert_cannot_be_forged(notice: &str) {
        for line in notice.lines() {
            let word = line[2..].split([' ', ':']).next().unwrap();
            let name = Nickname::parse(word, Alphabet::Unicode);
            assert!(name.is_err(), "somebody may be called {word:?}: {line:?}");
        }
    }

    #[test]
    fn other_notices_cannot_be_forged_either() {
        let (old, new) = (&alice(), &longest_name());
        let room = &RoomName::parse("games", Alphabet::Ascii).unwrap();
        let names = vec!["somebody"; 200];
        let rooms = vec![(room, 3); 200];
        let queue = "duel";
        let ticket = Ticket { queue, players: 2, token: 1, port: Some(50_000) };
        let peer = Peer { nickname: Some(old), address: None };
        for event in [
            Event::TooFast,
            Event::TicketGiven(ticket),
            Event::TicketReturned,
            Event::Invited { from: old, queue },
            Event::InvitationSent { to: old, queue },
            Event::Matched { peers: &[peer; 15] },
            Event::Renamed { old, new },
            Event::Entered { room, others: 0 },
            Event::Entered { room, others: 1 },
            Event::Entered { room, others: 2 },
            Event::Who { room, names: &names, more: 0 },
            Event::Who { room, names: &names[..1], more: 0 },
            Event::Rooms { rooms: &rooms, more: 0 },
            Event::Rooms { rooms: &rooms[..1], more: 0 },
        ] {
            assert_cannot_be_forged(&encoded(event));
        }
    }

    #[test]
    fn a_long_listing_is_told_in_readable_lines() {
        let names = vec!["somebody"; 200];
        let room = RoomName::parse("main", Alphabet::Ascii).unwrap();
        let text = encoded(Event::Who { room: &room, names: &names, more: 34 });
        assert!(text.starts_with("* there are 234 in main: somebody, somebody"));
        assert!(text.ends_with(", somebody and 34 more\n"), "{text:?}");
        assert!(text.lines().all(|line| line.starts_with("* ") && line.len() < 450));
        assert_eq!(text.matches("somebody").count(), 200);
        let nobody = encoded(Event::Who { room: &room, names: &[], more: 0 });
        assert_eq!(nobody, "* there is nobody in main\n");
    }
}

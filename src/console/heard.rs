//! What a line of the server means.
//!
//! A line is looked at once and told apart into what a program must know (who said what, where one
//! is, what is missing) and what is only to be shown. What is unknown is a notice: a server that
//! says something new confuses nobody.
//!
//! Source: `docs/PROTOCOL.md`, "Plain lines: what the server sends".
//!
//! Invariants: a line is copied once, where it is cleaned; no line whatever is refused. Text is
//! cleaned by [`decode`], before it is looked at.

use crate::text::clean;

/// What numbered messages begin with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Grows over the whole server.
    pub(super) number: u64,
    /// Seconds since the beginning of 1970.
    pub(super) at: u64,
}

/// How far somebody has read: the epoch of the numbers, and the last of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Eight hexadecimal digits.
    pub(super) epoch: String,
    /// The last message.
    pub(super) number: u64,
}

/// What a history is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Past {
    /// So many of the last messages.
    Last(usize),
    /// All so many messages since a place.
    Missed(usize),
    /// Some since a place, and others are lost.
    Gap(usize),
}

/// A line of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard<'a> {
    /// The nickname is good.
    Welcome,
    /// Somebody said something.
    Said { stamp: Option<Stamp>, who: &'a str, text: &'a str },
    /// Somebody did something; told only where numbers are on, a notice elsewhere.
    Acted { stamp: Stamp, who: &'a str, text: &'a str },
    /// Somebody said something to us alone.
    Whispered { from: &'a str, text: &'a str },
    /// What we said to one person was passed on.
    WhisperSent { to: &'a str, text: &'a str },
    /// Somebody came.
    Joined(&'a str),
    /// Somebody went.
    Left(&'a str),
    /// Somebody has another name.
    Renamed { old: &'a str, new: &'a str },
    /// So many are here after comings and goings that were only counted.
    Digest { here: usize },
    /// We are in this room, with so many others.
    Entered { room: &'a str, others: usize },
    /// So many are in a room, and the first of them by name. `pages`: not all of them.
    Who { room: &'a str, count: usize, pages: bool, names: &'a str },
    /// So many rooms there are, and the first of them, each with how many are in it.
    Rooms { count: usize, rooms: &'a str },
    /// A list goes on.
    And(&'a str),
    /// The topic of a room; `None`: it has none.
    Topic { room: Option<&'a str>, text: Option<&'a str> },
    /// Messages begin with numbers, and the last was this.
    Numbers(Place),
    /// Messages follow that were said before.
    PastBegins(Past),
    /// They end. With numbers on: in this room, here.
    PastEnds(Option<(&'a str, Place)>),
    /// We may not come in, neither into a room nor, before we have a nickname, at all: why.
    NoEntry(&'a str),
    /// No nickname and no room can be called so.
    BadName(&'a str),
    /// We were put out of a room, or banned from it.
    PutOut { room: &'a str, text: &'a str },
    /// We are in that room already.
    HereAlready(&'a str),
    /// Why the server closes the connection, which is next.
    Farewell(&'a str),
    /// A wish of this program was granted: which form messages have, what is told at the door.
    Granted,
    /// Nothing is remembered on this server.
    NoPast,
    /// A room is ours, and the key to it.
    Owns { room: &'a str, key: &'a str },
    /// A token to find players, and the UDP port where.
    Token { queue: &'a str, token: u64, port: Option<u16> },
    /// Somebody asks us to play.
    Invited { from: &'a str, queue: &'a str },
    /// Anything else the server says, without `* `.
    Notice(&'a str),
    /// Nothing that a server says.
    Other(&'a str),
}

impl<'a> Heard<'a> {
    /// Tells a line, without its newline.
    pub(super) fn parse(line: &'a str) -> Self {
        if let Some(numbered) = line.strip_prefix('@').and_then(numbered) {
            return numbered;
        }
        if let Some(notice) = line.strip_prefix("* ") {
            return parse_notice(notice);
        }
        if line == "Connected to server!" {
            return Self::Welcome;
        }
        if let Some((who, text)) = said(line) {
            return Self::Said { stamp: None, who, text };
        }
        let is_name = |name: &&str| !name.is_empty() && !name.contains(' ');
        if let Some((name, text)) = line.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
            return match name.strip_prefix("to ") {
                Some(to) => Self::WhisperSent { to, text },
                None => Self::Whispered { from: name, text },
            };
        }
        if let Some(who) = line.strip_suffix(" joined!").filter(is_name) {
            return Self::Joined(who);
        }
        match line.strip_suffix(" left!").filter(is_name) {
            Some(who) => Self::Left(who),
            None => Self::Other(line),
        }
    }
}

/// A line as it came, cleaned. The first of a connection may begin with the prompt, which has no
/// newline of its own.
pub(super) fn decode(line: &[u8], is_first: bool) -> String {
    let line = String::from_utf8_lossy(line);
    let line = clean(&line);
    let line = if is_first { line.strip_prefix("NICK").unwrap_or(&line) } else { &line };
    line.to_owned()
}

/// `alice: hello`
fn said(line: &str) -> Option<(&str, &str)> {
    let (who, text) = line.split_once(": ").or_else(|| Some((line.strip_suffix(':')?, "")))?;
    (!who.is_empty() && !who.contains([' ', '*', '['])).then_some((who, text))
}

/// `1234 1763820125 alice: hello`
fn numbered(rest: &str) -> Option<Heard<'_>> {
    let (number, rest) = rest.split_once(' ')?;
    let (at, rest) = rest.split_once(' ')?;
    let stamp = Stamp { number: number.parse().ok()?, at: at.parse().ok()? };
    if let Some(acted) = rest.strip_prefix("* ") {
        let (who, text) = acted.split_once(' ').unwrap_or((acted, ""));
        return Some(Heard::Acted { stamp, who, text });
    }
    said(rest).map(|(who, text)| Heard::Said { stamp: Some(stamp), who, text })
}

/// How last words begin.
const FAREWELLS: [&str; 9] = [
    "goodbye",
    "the server is shutting down",
    "the server is full",
    "you were cut off: ",
    "no nickname came in time",
    "too much came without a good nickname",
    "nobody from your address is served here",
    "too many connections from your address",
    "your line was begun and not ended",
];

/// How it is said that a room, or the server, is closed to us.
const CLOSED: [&str; 4] = [
    "you are banned from ",
    "that is not the password of ",
    "that is not the key of ",
    "no more rooms can be ",
];

fn parse_notice(notice: &str) -> Heard<'_> {
    let begins = |beginning: &&str| notice.starts_with(beginning);
    if FAREWELLS.iter().any(begins) {
        return Heard::Farewell(notice);
    }
    let needs_password = begins(&"the room ") && notice.contains(" needs a password: /join ");
    if needs_password || CLOSED.iter().any(begins) {
        return Heard::NoEntry(notice);
    }
    if ["that name ", "that is no name: "].iter().any(begins) {
        return Heard::BadName(notice);
    }
    let is_there = [" already (/rooms", ", where everyone starts"];
    if begins(&"you are in ") && is_there.iter().any(|it| notice.contains(it)) {
        return Heard::HereAlready(notice);
    }
    let is_wish = notice.starts_with("you will ") && notice.ends_with(" what was said before");
    if is_wish || notice == "no numbers any more" {
        return Heard::Granted;
    }
    let known = match notice.split(' ').next().unwrap_or_default() {
        "--" => past(notice),
        "you" => you(notice),
        "your" => token(notice),
        "there" => there(notice),
        "the" if notice.starts_with("the history is off here") => Some(Heard::NoPast),
        "the" => topic(notice).or_else(|| renamed(notice)),
        "and" => notice.strip_prefix("and ").map(Heard::And),
        word if word.starts_with(['+', '-']) => digest(notice),
        _ => None,
    };
    known.unwrap_or(Heard::Notice(notice))
}

fn renamed(notice: &str) -> Option<Heard<'_>> {
    let (old, new) = notice.strip_prefix("the nickname ")?.split_once(" is now ")?;
    let are_names = !old.contains(' ') && !new.contains(' ');
    are_names.then_some(Heard::Renamed { old, new })
}

fn past(notice: &str) -> Option<Heard<'_>> {
    let text = notice.strip_prefix("-- ")?.strip_suffix(" --")?;
    if let Some((_, place)) = text.split_once("; now at ") {
        return Some(Heard::Numbers(parse_place(place)?));
    }
    if let Some(rest) = text.strip_prefix("end of history") {
        let place = rest.strip_prefix(": ").and_then(|rest| rest.split_once(" is at "));
        let place = place.and_then(|(room, place)| Some((room, parse_place(place)?)));
        return Some(Heard::PastEnds(place));
    }
    let past = if text.starts_with("no messages in ") {
        Past::Last(0)
    } else if text.starts_with("last message in ") {
        Past::Last(1)
    } else if let Some(rest) = text.strip_prefix("last ") {
        Past::Last(first_number(rest)?)
    } else if text.starts_with("gap: ") {
        Past::Gap(first_number(text.split_once("; ")?.1)?)
    } else {
        Past::Missed(first_number(text)?)
    };
    Some(Heard::PastBegins(past))
}

/// `c77143c7:1200`
fn parse_place(text: &str) -> Option<Place> {
    let (epoch, number) = text.split_once(':')?;
    let is_epoch = epoch.len() == 8 && epoch.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_epoch.then_some(())?;
    Some(Place { epoch: epoch.to_owned(), number: number.parse().ok()? })
}

fn first_number(text: &str) -> Option<usize> {
    text.split([' ', ':']).next()?.replace(',', "").parse().ok()
}

fn you(notice: &str) -> Option<Heard<'_>> {
    let put_out = notice.strip_prefix("you were put out of ");
    if let Some(rest) = put_out.or_else(|| notice.strip_prefix("you were banned from ")) {
        let (room, _) = rest.split_once(" by ")?;
        return Some(Heard::PutOut { room, text: notice });
    }
    if let Some(rest) = notice.strip_prefix("you are alone in ") {
        let room = rest.strip_suffix(" (/help tells what you can do)")?;
        return Some(Heard::Entered { room, others: 0 });
    }
    if let Some(rest) =
        notice.strip_prefix("you are in ").and_then(|rest| rest.split_once(" with "))
    {
        return Some(Heard::Entered { room: rest.0, others: first_number(rest.1)? });
    }
    if let Some(rest) = notice.strip_prefix("you are invited to a game by ") {
        let (from, queue) = rest.split_once(": type /match ")?;
        return Some(Heard::Invited { from, queue });
    }
    let (room, rest) = notice.strip_prefix("you own ")?.split_once(' ')?;
    // `/join tea KEY`; older servers said `/own KEY`.
    let key = rest.rsplit_once(": /")?.1.rsplit_once(' ')?.1;
    Some(Heard::Owns { room, key })
}

fn token(notice: &str) -> Option<Heard<'_>> {
    let (queue, rest) = notice.strip_prefix("your token for ")?.split_once(" (")?;
    let (_, rest) = rest.split_once(" players) is ")?;
    let (token, rest) = rest.split_once(": run mio-chat match HOST:")?;
    let port = rest.split(' ').next()?.parse().ok();
    Some(Heard::Token { queue, token: u64::from_str_radix(token, 16).ok()?, port })
}

fn there(notice: &str) -> Option<Heard<'_>> {
    if let Some(room) = notice.strip_prefix("there is no topic in ") {
        return Some(Heard::Topic { room: Some(room), text: None });
    }
    if notice.starts_with("there is no topic any more, by ") {
        return Some(Heard::Topic { room: None, text: None });
    }
    let rest = notice.strip_prefix("there is ").or_else(|| notice.strip_prefix("there are "))?;
    let (heading, names) = rest.split_once(": ")?;
    let count = first_number(heading)?;
    if matches!(heading.split_once(' '), Some((_, "room" | "rooms"))) {
        return Some(Heard::Rooms { count, rooms: names });
    }
    let (_, room) = heading.split_once(" in ")?;
    let (room, pages) = room.split_once(", page ").map_or((room, false), |(room, _)| (room, true));
    Some(Heard::Who { room, count, pages, names })
}

fn topic(notice: &str) -> Option<Heard<'_>> {
    let told = |text: &'_ str| text.rsplit_once(" (by ").map(|(topic, _)| topic.len());
    if let Some(rest) = notice.strip_prefix("the topic is now: ") {
        let text = rest.get(..told(rest)?)?;
        return Some(Heard::Topic { room: None, text: Some(text) });
    }
    if let Some((room, rest)) = notice.strip_prefix("the topic of ")?.split_once(": ") {
        let text = rest.get(..told(rest)?)?;
        return Some(Heard::Topic { room: Some(room), text: Some(text) });
    }
    None
}

/// `+37 -12, 1,204 here`
fn digest(notice: &str) -> Option<Heard<'_>> {
    let (_, here) = notice.strip_suffix(" here")?.split_once(", ")?;
    Some(Heard::Digest { here: here.replace(',', "").parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lines: &[(&str, Heard<'_>)]) {
        for (line, heard) in lines {
            assert_eq!(Heard::parse(line), *heard, "{line}");
        }
    }

    #[test]
    fn what_people_say_is_told_from_what_the_server_says() {
        let stamp = Stamp { number: 1_234, at: 1_763_820_125 };
        check(&[
            ("Connected to server!", Heard::Welcome),
            ("alice joined!", Heard::Joined("alice")),
            ("alice left!", Heard::Left("alice")),
            ("alice: hi: there", Heard::Said { stamp: None, who: "alice", text: "hi: there" }),
            ("alice: bob joined!", Heard::Said { stamp: None, who: "alice", text: "bob joined!" }),
            (
                "@1234 1763820125 alice: hello",
                Heard::Said { stamp: Some(stamp), who: "alice", text: "hello" },
            ),
            ("@1234 1763820125 * alice waves", Heard::Acted { stamp, who: "alice", text: "waves" }),
            ("@home bob: hello", Heard::Other("@home bob: hello")),
            ("[alice] hi", Heard::Whispered { from: "alice", text: "hi" }),
            ("[to bob] hi", Heard::WhisperSent { to: "bob", text: "hi" }),
            ("", Heard::Other("")),
            ("two words", Heard::Other("two words")),
        ]);
    }

    #[test]
    fn places_are_told() {
        let place = Place { epoch: "c77143c7".into(), number: 9 };
        let numbers = "* -- numbers are on: each message begins with @NUMBER SECONDS; now at";
        assert_eq!(Heard::parse(&format!("{numbers} c77143c7:9 --")), Heard::Numbers(place));
    }

    #[test]
    fn closed_doors_and_last_words_are_told_from_other_notices() {
        check(&[
            ("* you will not be read what was said before", Heard::Granted),
            ("* goodbye", Heard::Farewell("goodbye")),
            ("* the server is shutting down", Heard::Farewell("the server is shutting down")),
            ("* you are banned from tea for 2h", Heard::NoEntry("you are banned from tea for 2h")),
            (
                "* the room tea needs a password: /join tea PASSWORD",
                Heard::NoEntry("the room tea needs a password: /join tea PASSWORD"),
            ),
            (
                "* you are in tea already (/rooms lists others)",
                Heard::HereAlready("you are in tea already (/rooms lists others)"),
            ),
            ("* a notice", Heard::Notice("a notice")),
            (
                "* that name needs a letter or digit; try another",
                Heard::BadName("that name needs a letter or digit; try another"),
            ),
            (
                "* you were put out of tea by al: rude",
                Heard::PutOut { room: "tea", text: "you were put out of tea by al: rude" },
            ),
            (
                "* you were banned from tea by al",
                Heard::PutOut { room: "tea", text: "you were banned from tea by al" },
            ),
        ]);
    }

    #[test]
    fn notices_that_a_program_must_understand_are_understood() {
        let place = |number| Place { epoch: "c77143c7".into(), number };
        check(&[
            ("* the nickname al is now bo", Heard::Renamed { old: "al", new: "bo" }),
            ("* +37 -12, 1,204 here", Heard::Digest { here: 1_204 }),
            ("* -3, 201 here", Heard::Digest { here: 201 }),
            (
                "* you are alone in main (/help tells what you can do)",
                Heard::Entered { room: "main", others: 0 },
            ),
            (
                "* you are in tea with 12 others (/help, /who)",
                Heard::Entered { room: "tea", others: 12 },
            ),
            (
                "* there are 2 in main: alice, bob",
                Heard::Who { room: "main", count: 2, pages: false, names: "alice, bob" },
            ),
            (
                "* there are 1204 in main, page 1 of 7: alice, bob",
                Heard::Who { room: "main", count: 1_204, pages: true, names: "alice, bob" },
            ),
            (
                "* there are 2 rooms: games (1), main (1)",
                Heard::Rooms { count: 2, rooms: "games (1), main (1)" },
            ),
            (
                "* there are 2 in rooms: al, bob",
                Heard::Who { room: "rooms", count: 2, pages: false, names: "al, bob" },
            ),
            ("* there is 1 room: main (1)", Heard::Rooms { count: 1, rooms: "main (1)" }),
            ("* and carol, dave", Heard::And("carol, dave")),
            (
                "* the topic of tea: cups (all) (by al)",
                Heard::Topic { room: Some("tea"), text: Some("cups (all)") },
            ),
            ("* the topic is now: x (by al)", Heard::Topic { room: None, text: Some("x") }),
            ("* there is no topic in tea", Heard::Topic { room: Some("tea"), text: None }),
            ("* there is no topic any more, by al", Heard::Topic { room: None, text: None }),
            ("* -- no messages in main yet --", Heard::PastBegins(Past::Last(0))),
            ("* -- last message in main (UTC) --", Heard::PastBegins(Past::Last(1))),
            ("* -- last 20 messages in main (UTC) --", Heard::PastBegins(Past::Last(20))),
            ("* -- 17 messages in main since 1204 --", Heard::PastBegins(Past::Missed(17))),
            (
                "* -- gap: not all since 1204 is remembered; 100 messages in main --",
                Heard::PastBegins(Past::Gap(100)),
            ),
            (
                "* -- end of history: main is at c77143c7:1200 --",
                Heard::PastEnds(Some(("main", place(1_200)))),
            ),
            ("* -- end of history --", Heard::PastEnds(None)),
            (
                "* you own tea (/help rooms); keep this, it makes you its owner again when you \
                 come back: /join tea 4a04639a5f3e51ae",
                Heard::Owns { room: "tea", key: "4a04639a5f3e51ae" },
            ),
            (
                "* your token for duel (2 players) is d9090e436e0f64c1: run mio-chat match \
                 HOST:50000 --token d9090e436e0f64c1",
                Heard::Token { queue: "duel", token: 0xd909_0e43_6e0f_64c1, port: Some(50_000) },
            ),
            (
                "* you are invited to a game by al: type /match ~6d1f02b57f3b0c44",
                Heard::Invited { from: "al", queue: "~6d1f02b57f3b0c44" },
            ),
        ]);
    }

    #[test]
    fn no_line_whatever_is_refused() {
        let lines = [
            "* -- last  messages --",
            "* your token for  (",
            "* there are x in",
            "@1 2 ",
            "@1 2 *",
            "* -- gap: --",
            "* +, here",
            "[",
            "[] ",
            "* you own",
            ": ",
            ":",
            "* the topic of",
            "* -- end of history: --",
            "* there is 1 in ",
            "* the topic is now: ",
        ];
        for line in lines {
            Heard::parse(line);
            for (at, _) in line.char_indices() {
                Heard::parse(&line[..at]);
            }
        }
    }
}

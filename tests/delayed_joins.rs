//! Big rooms over IRC: who came while a room was big is shown when it first has a part in what is
//! told there. Beside people with plain lines, who read how many came and went.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use common::{World, settings};
use mio_chat::chat::LobbySettings;
use mio_chat::dialect::Spoken;
use mio_chat::limits::DIGEST_INTERVAL;
use mio_chat::server::{Server, Settings};

fn big_from(digest_above: usize) -> Settings {
    let spoken = Spoken { server_name: "irc.test".into(), ..settings().spoken };
    let lobby = LobbySettings { digest_above, ..LobbySettings::default() };
    Settings { spoken, lobby, flood: None, ..settings() }
}

/// Somebody comes by IRC, into these rooms.
fn comes(world: &mut World, name: &str, rooms: &str) -> String {
    world.connect(name);
    let lines = format!(
        "CAP REQ :away-notify account-notify echo-message\r\nNICK {name}\r\n\
         USER {name} 0 * :Real {name}\r\nCAP END\r\n"
    );
    world.sends(name, lines.as_bytes());
    world.hears(name);
    told(world, name, &format!("JOIN {rooms}"))
}

/// What somebody hears of a line.
fn told(world: &mut World, name: &str, line: &str) -> String {
    world.hears(name);
    world.sends(name, format!("{line}\r\n").as_bytes());
    hears(world, name)
}

fn hears(world: &mut World, name: &str) -> String {
    world.hears(name).replace("\r\n", "\n")
}

fn names(world: &mut World, name: &str) -> String {
    let heard = told(world, name, "NAMES #den");
    let line = heard.lines().find(|line| line.contains(" 353 ")).unwrap().to_owned();
    let mut names: Vec<&str> = line.split(" :").nth(1).unwrap().split(' ').collect();
    names.sort_unstable();
    names.join(" ")
}

/// Irene has made a room, which is big from three on: bob and carol are there, who read plain
/// lines, then come dave by plain lines, and erin and fred by IRC.
fn big_room() -> World {
    let mut world = World::new(big_from(3));
    comes(&mut world, "irene", "#den");
    for name in ["bob", "carol", "dave"] {
        world.join(name);
        world.types(name, "/join den");
    }
    let heard = comes(&mut world, "erin", "#den");
    assert_eq!(
        heard,
        ":erin!~erin@local JOIN #den\n\
         :irc.test 353 erin = #den :@irene bob carol erin\n\
         :irc.test 366 erin #den :End of /NAMES list\n"
    );
    comes(&mut world, "fred", "#den");
    world.wait(DIGEST_INTERVAL);
    for name in world.names() {
        world.hears(&name);
    }
    world
}

#[test]
fn who_comes_is_shown_when_it_speaks_and_others_are_not() {
    let mut world = big_room();
    assert_eq!(names(&mut world, "irene"), "@irene bob carol");
    assert_eq!(names(&mut world, "fred"), "@irene bob carol fred");
    world.types("dave", "hello");
    let shown = ":dave!~plain@local JOIN #den\n:dave!~plain@local PRIVMSG #den :hello\n";
    assert_eq!(hears(&mut world, "irene"), shown);
    assert_eq!(hears(&mut world, "erin"), shown);
    assert_eq!(hears(&mut world, "bob"), "dave: hello\n");
    world.types("dave", "again");
    assert_eq!(hears(&mut world, "irene"), ":dave!~plain@local PRIVMSG #den :again\n");
    // It knows itself, and hears itself as always.
    let own = told(&mut world, "erin", "PRIVMSG #den :hi");
    assert_eq!(own, ":erin!~erin@local PRIVMSG #den :hi\n");
    assert_eq!(
        hears(&mut world, "fred").lines().skip(3).collect::<Vec<_>>(),
        [":erin!~erin@local JOIN #den", ":erin!~erin@local PRIVMSG #den :hi"]
    );
    assert_eq!(names(&mut world, "irene"), "@irene bob carol dave erin");
    assert_eq!(told(&mut world, "irene", "WHO #den").matches(" 352 ").count(), 6);
}

#[test]
fn who_was_not_shown_leaves_untold() {
    let mut world = big_room();
    world.types("dave", "/quit");
    let left = told(&mut world, "erin", "PART #den :bye");
    assert_eq!(left, ":erin!~erin@local PART #den :bye\n");
    assert_eq!(hears(&mut world, "irene"), "");
    world.wait(DIGEST_INTERVAL);
    assert_eq!(world.hears("bob"), "* -2, 4 here\n");
    // Who is known goes for all, though the others read how many.
    world.types("carol", "/leave");
    assert_eq!(hears(&mut world, "irene"), ":carol!~plain@local PART #den\n");
    assert_eq!(world.hears("bob"), "");
    world.wait(DIGEST_INTERVAL);
    assert_eq!(world.hears("bob"), "* -1, 3 here\n");
    // The room is small again, and fred was not shown.
    world.sends("fred", b"QUIT :bye\r\n");
    assert_eq!(world.hears("bob"), "fred left!\n");
    assert_eq!(hears(&mut world, "irene"), "");
}

#[test]
fn who_was_not_shown_and_speaks_in_a_room_that_is_small_again_is_shown() {
    let mut world = big_room();
    for name in ["bob", "carol", "dave"] {
        world.types(name, "/quit");
    }
    for name in world.names() {
        world.hears(&name);
    }
    world.join("gina");
    world.types("gina", "/join den");
    world.sends("fred", b"PRIVMSG #den :still here\r\n");
    let heard = hears(&mut world, "irene");
    let shown = ":fred!~fred@local JOIN #den\n:fred!~fred@local PRIVMSG #den :still here\n";
    assert!(heard.ends_with(shown), "{heard}");
    assert!(world.hears("gina").ends_with("fred: still here\n"));
}

#[test]
fn a_mode_or_a_kick_shows_whom_it_is_on_and_who_did_it() {
    let mut world = big_room();
    told(&mut world, "irene", "MODE #den +o erin");
    assert_eq!(
        hears(&mut world, "fred"),
        ":erin!~erin@local JOIN #den\n:irene!~irene@local MODE #den +o erin\n"
    );
    assert_eq!(hears(&mut world, "erin"), ":irene!~irene@local MODE #den +o erin\n");
    told(&mut world, "erin", "KICK #den dave :out");
    assert_eq!(
        hears(&mut world, "irene"),
        ":dave!~plain@local JOIN #den\n:erin!~erin@local KICK #den dave :out\n"
    );
    assert_eq!(
        world.hears("bob").lines().last(),
        Some("* the room den: dave was put out by erin: out")
    );
    told(&mut world, "irene", "MODE #den -t");
    told(&mut world, "fred", "TOPIC #den :late");
    let heard = hears(&mut world, "irene");
    let shown = ":fred!~fred@local JOIN #den\n:fred!~fred@local TOPIC #den :late\n";
    assert!(heard.ends_with(shown), "{heard}");
    // A note of the typing kind is a part, too.
    let mut world = big_room();
    told(&mut world, "irene", "CAP REQ message-tags");
    told(&mut world, "fred", "CAP REQ message-tags");
    told(&mut world, "fred", "@+typing=active TAGMSG #den");
    let heard = hears(&mut world, "irene");
    assert!(heard.starts_with(":fred!~fred@local JOIN #den\n@"), "{heard}");
}

#[test]
fn what_is_new_about_somebody_is_told_where_it_is_shown() {
    let mut world = big_room();
    told(&mut world, "fred", "JOIN #small");
    world.join("gina");
    world.types("gina", "/join small");
    comes(&mut world, "hugo", "#small,#den");
    world.hears("fred");
    assert_eq!(told(&mut world, "fred", "NICK frida"), ":fred!~fred@local NICK frida\n");
    // Once each, whichever rooms they are in.
    assert_eq!(hears(&mut world, "hugo"), ":fred!~fred@local NICK frida\n");
    assert_eq!(hears(&mut world, "irene"), "");
    assert!(world.hears("gina").ends_with("* the nickname fred is now frida\n"));
    assert_eq!(world.hears("bob").lines().last(), Some("* the nickname fred is now frida"));
    assert!(told(&mut world, "fred", "AWAY :soon").contains(" 306 frida "));
    assert_eq!(hears(&mut world, "hugo"), ":frida!~fred@local AWAY :soon\n");
    assert_eq!(hears(&mut world, "irene"), "");
}

#[test]
fn an_upgrade_shows_nobody() {
    let mut world = big_room();
    let document = serde_json::to_string(&world.turn.server.handover().state(world.now)).unwrap();
    let state = serde_json::from_str(&document).unwrap();
    world.turn.server = Server::taken_over(big_from(3), state, true);
    assert_eq!(names(&mut world, "fred"), "@irene bob carol fred");
    world.types("dave", "hello");
    assert!(hears(&mut world, "irene").starts_with(":dave!~plain@local JOIN #den\n"));
}

/// Bytes that so many people on IRC are sent who come into one room.
fn bytes_of(people: usize) -> u64 {
    let mut world = World::new(big_from(20));
    for number in 0..people {
        let name = format!("p{number:04}");
        world.connect(&name);
        let lines = format!("NICK {name}\r\nUSER u 0 * :R\r\nJOIN #den\r\n");
        world.person(&name).says(&lines);
        world.turn();
        world.hears(&name);
    }
    world.run();
    world.turn.server.status().delivery_counters().sent_bytes
}

#[test]
fn what_a_crowd_is_sent_that_comes_grows_with_the_crowd() {
    let (few, many) = (bytes_of(100), bytes_of(400));
    assert!(many < 9 * few / 2, "{few} bytes for 100 people, {many} for 400");
}

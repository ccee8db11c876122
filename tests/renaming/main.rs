//! Rooms that get another name, as people with plain lines, with JSON, on IRC and on streams see
//! it, and what is kept of that. Told on the whole server in memory.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

#[path = "../common/mod.rs"]
mod common;
mod kept;

use std::time::Duration;

use common::{World, governed, settings};
use mio_chat::chat::LobbySettings;
use mio_chat::server::Settings;

const RENAME: &str = "draft/channel-rename";

/// Somebody comes by IRC, with these capabilities, into the room den.
fn comes_by_irc(world: &mut World, name: &str, capabilities: &str) {
    world.connect(name);
    world.sends(name, format!("CAP REQ :{capabilities}\r\n").as_bytes());
    world.sends(name, format!("NICK {name}\r\nUSER irc 0 * :Somebody\r\n").as_bytes());
    world.sends(name, b"CAP END\r\nJOIN #den\r\n");
    assert!(world.hears(name).contains(" JOIN #den"), "{name}");
}

/// What somebody is told for a line, and since the last one.
fn told(world: &mut World, name: &str, line: &str) -> String {
    world.sends(name, format!("{line}\r\n").as_bytes());
    heard(world, name)
}

fn heard(world: &mut World, name: &str) -> String {
    world.hears(name).replace("\r\n", "\n")
}

fn forget(world: &mut World) {
    for name in world.names() {
        world.hears(&name);
    }
}

/// The word behind the last of these in what somebody has heard.
fn word_behind(heard: &str, before: &str) -> String {
    let behind = heard.rsplit_once(before).unwrap_or_else(|| panic!("{before:?} in {heard:?}")).1;
    behind.split_whitespace().next().unwrap().to_owned()
}

/// Alice owns the room den, bob and nora (with numbers) are there; jo with JSON; irene with the
/// capability, ivan without, and ida, who asks for names herself.
fn mixed_room() -> World {
    let mut world = World::new(settings());
    for name in ["alice", "bob", "nora", "jo"] {
        world.join(name);
        world.types(name, "/join den");
    }
    world.types("nora", "/numbers on");
    world.types("jo", "/format json");
    comes_by_irc(&mut world, "irene", RENAME);
    comes_by_irc(&mut world, "ivan", "message-tags");
    comes_by_irc(&mut world, "ida", "no-implicit-names extended-join draft/read-marker");
    world.types("alice", "/topic tea");
    forget(&mut world);
    world
}

#[test]
fn everybody_is_told_in_the_own_words_and_goes_on_talking() {
    let mut world = mixed_room();
    world.types("alice", "/rename-room Cave too bright");
    let sentence = "* the room den is called Cave now, by alice: too bright\n";
    for name in ["alice", "bob", "nora"] {
        assert_eq!(world.hears(name), sentence, "{name}");
    }
    let text = sentence.trim_start_matches("* ").trim_end();
    let named = r#""room":"den","new":"Cave","by":"alice","reason":"too bright""#;
    let object = format!(r#"{{"t":"room_renamed",{named},"text":"{text}"}}"#);
    assert_eq!(world.hears("jo").trim_end(), object);
    let line = ":alice!~plain@local RENAME #den #Cave :too bright\n";
    assert_eq!(heard(&mut world, "irene"), line);
    let ivan = heard(&mut world, "ivan");
    let lines: Vec<&str> = ivan.lines().collect();
    assert_eq!(lines[0], ":ivan!~irc@local PART #den :too bright");
    assert_eq!(lines[1], ":ivan!~irc@local JOIN #Cave");
    assert_eq!(lines[2], ":irc.mio-chat 332 ivan #Cave :tea");
    assert!(lines[3].starts_with(":irc.mio-chat 333 ivan #Cave alice "), "{ivan}");
    let names = ":irc.mio-chat 353 ivan = #Cave :@alice bob nora jo irene ivan ida";
    assert_eq!(lines[4..], [names, ":irc.mio-chat 366 ivan #Cave :End of /NAMES list"]);
    let ida = heard(&mut world, "ida");
    assert!(ida.contains(":ida!~irc@local JOIN #Cave * :Somebody\n"), "{ida}");
    assert!(ida.contains(" MARKREAD #Cave *\n") && !ida.contains(" 353 "), "{ida}");
    world.types("bob", "hello");
    assert_eq!(heard(&mut world, "irene"), ":bob!~plain@local PRIVMSG #Cave :hello\n");
    assert!(heard(&mut world, "ivan").ends_with("PRIVMSG #Cave :hello\n"));
    assert!(world.hears("jo").contains(r#""room":"Cave","nick":"bob","text":"hello""#));
    assert_eq!(told(&mut world, "ivan", "PRIVMSG #cave :hi"), "");
    assert_eq!(world.hears("bob"), "bob: hello\nivan: hi\n");
    // The name is free.
    world.join("carl");
    world.types("carl", "/join den");
    assert!(world.hears("carl").contains("* you own den "));
    world.types("carl", "/rooms");
    let list = world.hears("carl");
    assert!(list.contains("Cave (7)") && list.contains("den (1)"), "{list}");
}

#[test]
fn programs_ask_in_their_own_ways() {
    let mut world = mixed_room();
    world.types("alice", "/give jo");
    forget(&mut world);
    world.types("jo", r#"{"t":"rename_room","id":3,"new":"cave"}"#);
    let answer = world.hears("jo");
    assert!(answer.contains(r#"{"t":"room_renamed","room":"den","new":"cave","by":"jo","text":"#));
    assert!(answer.ends_with("{\"t\":\"ok\",\"re\":3}\n"), "{answer}");
    // There is no reason: RENAME has an empty one, and PART none.
    assert_eq!(heard(&mut world, "irene"), ":jo!~plain@local RENAME #den #cave :\n");
    assert!(heard(&mut world, "ivan").starts_with(":ivan!~irc@local PART #den\n"));
    world.types("jo", r#"{"t":"rename_room","id":4,"room":"cave","new":"MAIN"}"#);
    let answer = world.hears("jo");
    let expected = r#"{"t":"error","re":4,"code":"room-taken","#;
    assert!(answer.starts_with(expected) && answer.contains(r#""room":"MAIN""#), "{answer}");
    world.types("jo", r#"{"t":"rename_room","new":"cave"}"#);
    assert!(world.hears("jo").contains(r#""code":"already-so""#));
}

#[test]
fn an_operator_renames_a_room_that_was_made_by_irc_and_its_answer_bears_the_label() {
    let mut world = World::new(settings());
    let labels = "labeled-response batch echo-message";
    comes_by_irc(&mut world, "ivan", labels);
    comes_by_irc(&mut world, "irene", &format!("{labels} {RENAME}"));
    forget(&mut world);
    let refused = told(&mut world, "irene", "RENAME #den #cave");
    assert_eq!(refused, ":irc.mio-chat 482 irene #den :You're not channel operator\n");
    let answer = told(&mut world, "ivan", "@label=7 RENAME #den #cave :dark");
    assert!(answer.starts_with("@label=7 :irc.mio-chat BATCH +"), "{answer}");
    for part in [":ivan!~irc@local PART #den :dark\n", "JOIN #cave\n", " 366 ivan #cave :"] {
        let line = answer.lines().find(|line| format!("{line}\n").contains(part));
        assert!(line.is_some_and(|line| line.starts_with("@batch=")), "{part}: {answer}");
    }
    assert_eq!(heard(&mut world, "irene"), ":ivan!~irc@local RENAME #den #cave :dark\n");
    assert_eq!(told(&mut world, "ivan", "MODE #cave +o irene").lines().count(), 1);
    forget(&mut world);
    let answer = told(&mut world, "irene", "@label=8 RENAME #cave #den");
    assert_eq!(answer, "@label=8 :irene!~irc@local RENAME #cave #den :\n");
}

#[test]
fn only_capitals_are_the_same_room_to_everybody() {
    let mut world = mixed_room();
    world.types("alice", "/rename-room DEN");
    assert_eq!(world.hears("bob"), "* the room den is called DEN now, by alice\n");
    assert_eq!(heard(&mut world, "irene"), ":alice!~plain@local RENAME #den #DEN :\n");
    assert_eq!(heard(&mut world, "ivan"), "");
    world.types("bob", "hello");
    assert!(heard(&mut world, "ivan").ends_with(" :bob!~plain@local PRIVMSG #DEN :hello\n"));
    // What looks alike here is another name to a program.
    world.types("alice", "/rename-room d3n");
    forget(&mut world);
    world.types("alice", "/rename-room D3N|");
    forget(&mut world);
    world.types("alice", "/rename-room d3nl");
    assert!(heard(&mut world, "ivan").contains(" JOIN #d3nl\n"));
    assert!(heard(&mut world, "irene").ends_with("RENAME #D3N| #d3nl :\n"));
}

#[test]
fn what_cannot_be_is_said_why() {
    let mut world = World::new(governed());
    for name in ["alice", "bob"] {
        world.join(name);
        world.types(name, "/join den");
    }
    world.join("carl");
    world.types("carl", "/join hall");
    world.types("alice", "/op bob");
    forget(&mut world);
    let long = "x".repeat(60);
    let taken =
        |name: &str| format!("* there is a room {name} already, or one that looks like it\n");
    for (who, line, answer) in [
        (
            "bob",
            "/rename-room cave",
            "* you would have to own den to do that (/help rooms)\n".to_owned(),
        ),
        ("carl", "/rename-room main", taken("main")),
        ("alice", "/rename-room HALL", taken("HALL")),
        ("alice", "/rename-room ha11", taken("ha11")),
        ("alice", "/rename-room rnain", taken("rnain")),
        ("alice", "/rename-room den", "* this room is called den already\n".to_owned()),
        ("alice", "/rename-room a:b", "* that is no name: ".to_owned()),
        ("alice", &format!("/rename-room {long}"), "* that name is too long".to_owned()),
        (
            "alice",
            "/rename-room",
            "* usage: /rename-room NAME, with a reason if you like\n".to_owned(),
        ),
    ] {
        world.types(who, line);
        let told = world.hears(who);
        assert!(told.starts_with(&answer), "{line}: {told}");
    }
    world.join("olga");
    world.types("olga", "/rename-room lobby");
    assert!(
        world
            .hears("olga")
            .ends_with("* that is not for main, which belongs to everybody; /join ROOM\n")
    );
    world.types("olga", "/oper root_7 password");
    world.wait(Duration::from_secs(1));
    world.types("olga", "/rename-room lobby");
    assert!(
        world
            .hears("olga")
            .ends_with("* that is not for main, which belongs to everybody; /join ROOM\n")
    );
    world.types("olga", "/join den");
    forget(&mut world);
    world.types("olga", "/rename-room cave");
    assert_eq!(world.hears("bob"), "* the room den is called cave now, by olga\n");
}

#[test]
fn irc_says_why_not_in_numerics_and_standard_replies() {
    let mut world = World::new(settings());
    comes_by_irc(&mut world, "ivan", RENAME);
    world.join("carl");
    world.types("carl", "/join hall");
    forget(&mut world);
    let reason = "x".repeat(200);
    for (line, answer) in [
        ("RENAME".to_owned(), "461 ivan RENAME :"),
        ("RENAME #den".to_owned(), "461 ivan RENAME :"),
        ("RENAME den #cave".to_owned(), "403 ivan den :"),
        ("RENAME #none #cave".to_owned(), "403 ivan #none :"),
        ("RENAME #hall #cave".to_owned(), "442 ivan #hall :"),
        ("RENAME #den cave".to_owned(), "FAIL RENAME CANNOT_RENAME #den cave :"),
        ("RENAME #den #b:d".to_owned(), "FAIL RENAME CANNOT_RENAME #den #b:d :"),
        ("RENAME #den #den".to_owned(), "FAIL RENAME CANNOT_RENAME #den #den :"),
        ("RENAME #den #HA11".to_owned(), "FAIL RENAME CHANNEL_NAME_IN_USE #den #HA11 :"),
        ("RENAME #den #main".to_owned(), "FAIL RENAME CHANNEL_NAME_IN_USE #den #main :"),
        (format!("RENAME #den #cave :{reason}"), "FAIL RENAME CANNOT_RENAME #den #cave :"),
    ] {
        let answered = told(&mut world, "ivan", &line);
        assert!(answered.starts_with(&format!(":irc.mio-chat {answer}")), "{line}: {answered}");
    }
    told(&mut world, "ivan", "JOIN #main");
    let answered = told(&mut world, "ivan", "RENAME #main #cave");
    assert!(answered.starts_with(":irc.mio-chat FAIL RENAME CANNOT_RENAME #main #cave :"));
}

#[test]
fn what_was_said_before_is_read_under_the_new_name() {
    let mut world = mixed_room();
    world.types("alice", "hello");
    for (room, name) in [("den", "kim"), ("cave", "lee")] {
        world.join(name);
        world.types(name, "/format json");
        world.hears(name);
        world.types(name, &format!("/join {room}"));
        let heard = world.hears(name);
        let old = format!(r#""room":"{room}","nick":"alice","text":"hello","old":true"#);
        assert!(heard.contains(&old), "{heard}");
        world.types("alice", "/rename-room cave");
    }
}

#[test]
fn a_crowd_is_not_told_all_its_names() {
    let lobby = LobbySettings { digest_above: 2, ..LobbySettings::default() };
    let mut world = World::new(Settings { lobby, ..settings() });
    for name in ["ivan", "ian", "ida"] {
        comes_by_irc(&mut world, name, "message-tags");
    }
    forget(&mut world);
    told(&mut world, "ivan", "RENAME #den #cave");
    let heard = heard(&mut world, "ian");
    assert!(heard.contains(" JOIN #cave\n") && heard.contains(" 366 ian #cave :"), "{heard}");
    assert!(!heard.contains(" 353 "), "{heard}");
    assert!(told(&mut world, "ian", "NAMES #cave").contains(" 353 ian = #cave :"));
}

#[test]
fn an_invitation_is_into_a_room_and_not_into_a_name() {
    let mut world = World::new(settings());
    comes_by_irc(&mut world, "ivan", "message-tags");
    world.join("bob");
    told(&mut world, "ivan", "INVITE bob #den");
    told(&mut world, "ivan", "RENAME #den #cave");
    comes_by_irc(&mut world, "ian", "message-tags");
    told(&mut world, "ian", "MODE #den +i");
    // Bob is invited to the cave, and no more to what is called den now.
    world.types("bob", "/join den");
    assert!(world.hears("bob").ends_with("by invitation only; ask somebody who looks after it\n"));
    told(&mut world, "ivan", "MODE #cave +i");
    told(&mut world, "ian", "RENAME #den #attic");
    told(&mut world, "ivan", "RENAME #cave #den");
    world.types("bob", "/join den");
    assert!(world.hears("bob").contains("* you are in den "));
}

#[test]
fn a_listener_is_told_and_hears_on() {
    let mut world = mixed_room();
    world.connect("ear");
    world.sends("ear", b"GET /rooms/den/events HTTP/1.1\r\nHost: chat\r\n\r\n");
    world.hears("ear");
    world.types("alice", "/rename-room cave");
    let heard = world.hears("ear");
    assert!(
        heard.starts_with("data: {\"t\":\"room_renamed\",\"room\":\"den\",\"new\":\"cave\""),
        "{heard}"
    );
    world.types("bob", "hello");
    assert!(world.hears("ear").contains(r#""room":"cave","nick":"bob","text":"hello""#));
}

//! The tutorial's clients and their wild copies, in memory: what they are read, how they are
//! written to, and what is taken for a name.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::{World, settings};
use mio_chat::chat::Alphabet;
use mio_chat::limits;

/// Joins as the tutorial's client does: it waits for the prompt and sends no newline.
fn join(world: &mut World, name: &str) -> String {
    world.connect(name);
    world.wait(limits::GREET_AFTER);
    assert_eq!(world.hears(name), "NICK");
    pauses(world, name, name);
    world.hears(name)
}

/// Sends a message and nothing for a while.
fn pauses(world: &mut World, name: &str, text: &str) {
    world.sends(name, text.as_bytes());
    world.wait(limits::CHUNK_QUIET + 2 * limits::SMALL_WRITE_INTERVAL);
}

#[test]
fn nothing_of_before_is_read_unasked() {
    let mut world = World::default();
    world.join("teacher");
    for line in ["see you at the caf\u{e9}", "/me sips caf\u{e9}"] {
        world.types("teacher", line);
    }
    let greeting = join(&mut world, "pupil");
    let entered = "Connected to server!\npupil joined!\n* you are in main with 1 other";
    assert!(greeting.starts_with(entered) && greeting.is_ascii(), "{greeting}");
    pauses(&mut world, "pupil", "pupil: /join games");
    assert!(world.hears("pupil").starts_with("pupil joined!\n"));
    pauses(&mut world, "pupil", "pupil: /history on");
    assert_eq!(world.hears("pupil"), "* you will be read what was said before\n");
    pauses(&mut world, "pupil", "pupil: /leave");
    assert!(world.hears("pupil").contains("] teacher: see you at the caf\u{e9}\n"));
}

#[test]
fn who_sends_newlines_after_all_is_read_what_was_said_before() {
    let mut world = World::default();
    world.join("teacher");
    world.types("teacher", "hello");
    assert!(!join(&mut world, "typist").contains("hello"));
    world.types("typist", "/join games");
    world.types("typist", "/leave");
    assert!(world.hears("typist").contains("] teacher: hello\n"));
}

#[test]
fn the_servers_own_words_are_ascii_until_a_client_is_known_to_read_more() {
    let mut settings = settings();
    settings.lobby.alphabet = Alphabet::Unicode;
    settings.lobby.motd = "bienvenue au caf\u{e9}".parse().unwrap();
    let mut world = World::new(settings);
    world.join("teacher");
    world.types("teacher", "/join games");
    world.types("teacher", "/topic th\u{e9} \u{2013} \u{8336}");
    world.types("teacher", "/leave");
    let greeting = join(&mut world, "pupil");
    assert!(greeting.contains("* motd: bienvenue au cafe\n"), "{greeting}");
    pauses(&mut world, "pupil", "pupil: /join games");
    assert!(world.hears("pupil").contains("* the topic of games: the - ? (by teacher)\n"));
    pauses(&mut world, "pupil", "pupil: /leave");
    world.hears("pupil");
    world.hears("teacher");
    world.connect("Zo\u{eb}");
    world.types("Zo\u{eb}", "Zo\u{eb}");
    assert_eq!(world.hears("pupil"), "Zoe joined!\n");
    assert_eq!(world.hears("teacher"), "Zo\u{eb} joined!\n");
    world.types("Zo\u{eb}", "d\u{e9}j\u{e0} vu");
    assert_eq!(world.hears("pupil"), "Zo\u{eb}: d\u{e9}j\u{e0} vu\n", "people's words stay");
    pauses(&mut world, "pupil", "pupil: \u{e7}a va");
    assert_eq!(world.hears("pupil"), "pupil: \u{e7}a va\n");
    world.types("Zo\u{eb}", "/quit");
    assert_eq!(world.hears("pupil"), "Zo\u{eb} left!\n");
}

#[test]
fn a_crowd_is_told_of_a_name_beyond_ascii_alike() {
    let mut settings = settings();
    settings.lobby.alphabet = Alphabet::Unicode;
    let mut world = World::new(settings);
    // More than those whom one batch can leave out.
    let pupils: Vec<String> = (0..40).map(|number| format!("pupil{number}")).collect();
    for pupil in &pupils {
        join(&mut world, pupil);
    }
    world.join("teacher");
    pupils.iter().for_each(|pupil| drop(world.hears(pupil)));
    world.connect("zoe");
    world.types("zoe", "Zo\u{eb}");
    world.types("teacher", "hello");
    for pupil in &pupils {
        assert_eq!(world.hears(pupil), "Zoe joined!\nteacher: hello\n");
    }
    assert_eq!(world.hears("teacher"), "Zo\u{eb} joined!\nteacher: hello\n");
}

#[test]
fn what_waits_for_one_read_is_whole_lines_and_fits_it() {
    let mut world = World::default();
    join(&mut world, "pupil");
    world.join("teacher");
    world.person("pupil").writes.clear();
    world.hears("pupil");
    let mut said = String::new();
    for number in 0..60 {
        let line = format!("{number} {}", "\u{4eca}\u{5929}".repeat(number % 50));
        said.push_str(&format!("teacher: {line}\n"));
        world.person("teacher").says(&format!("{line}\n"));
    }
    world.run();
    world.wait(limits::SMALL_WRITE_INTERVAL * 30);
    assert_eq!(world.hears("pupil"), said);
    let writes = std::mem::take(&mut world.person("pupil").writes);
    assert!(writes.len() > 5, "{writes:?}");
    for (at, bytes) in &writes {
        assert_eq!(bytes.last(), Some(&b'\n'), "{at:?}");
        let unread = writes
            .iter()
            .filter(|(other, _)| *other <= *at && at.since(*other) < limits::SMALL_WRITE_INTERVAL);
        let unread: usize = unread.map(|(_, bytes)| bytes.len()).sum();
        assert!(unread <= limits::SMALL_WRITE_BYTES, "{unread} bytes wait at {at:?}");
    }
}

#[test]
fn little_talk_is_not_kept_waiting() {
    let mut world = World::default();
    join(&mut world, "pupil");
    world.join("teacher");
    for number in 0..10 {
        world.types("teacher", &format!("caf\u{e9} {number}"));
        assert!(world.hears("pupil").ends_with(&format!("caf\u{e9} {number}\n")));
    }
}

#[test]
fn a_line_longer_than_a_read_is_cut_between_characters() {
    let mut world = World::default();
    join(&mut world, "pupil");
    world.join("teacher-of-maths");
    world.hears("pupil");
    world.person("pupil").writes.clear();
    let text = "\u{4eca}".repeat(340);
    world.types("teacher-of-maths", &text);
    world.wait(limits::SMALL_WRITE_INTERVAL * 2);
    let writes = std::mem::take(&mut world.person("pupil").writes);
    assert_eq!(writes.len(), 2);
    for (_, bytes) in writes {
        assert!(bytes.len() <= limits::SMALL_WRITE_BYTES);
        assert!(std::str::from_utf8(&bytes).is_ok(), "a read ends inside a character");
    }
    assert_eq!(world.hears("pupil"), format!("teacher-of-maths: {text}\n"));
}

#[test]
fn a_pupil_that_does_not_read_is_cut_off_like_everybody() {
    let mut world = World::default();
    join(&mut world, "pupil");
    world.join("teacher");
    world.reads_only("pupil", 0);
    for _ in 0..400 {
        world.types("teacher", &"x".repeat(1_000));
    }
    world.wait(limits::CLOSE_TIMEOUT);
    assert_eq!(world.person("pupil").closed.unwrap().name(), "slow-consumer");
}

#[test]
fn names_with_spaces_get_a_refusal_and_another_try() {
    for name in ["Nick Smith", "User 1", "nick cave", "Pass Go", "Cap Tain", "user a b c d"] {
        let mut world = World::default();
        world.connect("pupil");
        world.wait(limits::GREET_AFTER);
        pauses(&mut world, "pupil", name);
        let refusal = "NICK* that is no name: use letters, digits and _-^|{} without spaces";
        assert!(world.hears("pupil").starts_with(refusal), "{name}");
        pauses(&mut world, "pupil", &format!("{name}: max_7"));
        assert!(world.hears("pupil").contains("max_7 joined!"), "{name}");
        pauses(&mut world, "pupil", &format!("{name}: hello"));
        assert_eq!(world.hears("pupil"), "max_7: hello\n");
    }
}

#[test]
fn a_message_under_a_refused_name_is_no_other_name() {
    for refused in ["admin", "alice", "ping"] {
        let mut world = World::default();
        world.join("alice");
        world.connect("pupil");
        world.wait(limits::GREET_AFTER);
        pauses(&mut world, "pupil", refused);
        world.hears("pupil");
        for message in [": hello", " > hello", ":hello"] {
            pauses(&mut world, "pupil", &format!("{refused}{message}"));
            let first = "* type a nickname first: /nick NAME (/quit leaves)\n";
            assert_eq!(world.hears("pupil"), first, "{refused}{message}");
        }
        pauses(&mut world, "pupil", &format!("{refused}: /nick max_7"));
        assert!(world.hears("pupil").contains("max_7 joined!"), "{refused}");
    }
}

#[test]
fn somebody_may_be_called_a_and_still_forges_no_notice() {
    let mut world = World::default();
    world.join("alice");
    world.join("a");
    world.hears("alice");
    world.types("a", "/me nickname: alice is now evil");
    assert_eq!(world.hears("alice"), "* a nickname: alice is now evil\n");
    world.types("alice", "/nick alicia");
    assert_eq!(world.hears("a").lines().last(), Some("* the nickname alice is now alicia"));
}

#[test]
fn probes_of_other_services_are_no_members() {
    for probe in ["PING", "QUIT", "*1\r\n$4\r\nPING", "EHLO", "stats", "ruok", "HELP"] {
        let mut world = World::default();
        world.join("alice");
        world.connect("probe");
        world.sends("probe", format!("{probe}\r\n").as_bytes());
        assert_eq!(world.hears("alice"), "", "{probe}");
    }
}

#[test]
fn an_erased_letter_is_heard_by_nobody() {
    let mut world = World::default();
    world.join("alice");
    world.connect("mike");
    world.sends("mike", b"mix\x08ke\r\n");
    assert_eq!(world.hears("alice"), "mike joined!\n");
    for (typed, read) in [
        (&b"bax\x7fb\r\n"[..], "mike: bab\n"),
        (b"bax\xff\xf7b\r\n", "mike: bab\n"),
        (b"wrong\xff\xf8right\r\0", "mike: right\n"),
        (b"/mx\x08e waves\r\n", "* mike waves\n"),
        (b"gone\x08\x08\x08\x08\r\n", ""),
    ] {
        world.sends("mike", typed);
        assert_eq!(world.hears("alice"), read, "{}", typed.escape_ascii());
    }
}

#[test]
fn who_presses_ctrl_c_in_telnet_is_answered() {
    let mut world = World::default();
    world.join("alice");
    world.sends("alice", b"\xff\xf4\xff\xfd\x06");
    assert_eq!(world.hears_bytes("alice"), b"\xff\xfc\x06");
    world.sends("alice", b"\xff\xfd\x01hello\r\n");
    assert_eq!(world.hears("alice"), "alice: hello\n");
}

#[test]
fn a_byte_order_mark_alone_is_no_line_that_was_begun() {
    let mut world = World::default();
    world.join("net");
    world.sends("net", b"\xef\xbb\xbf");
    world.wait(limits::LINE_TIMEOUT * 2);
    world.sends("net", b"hello\n");
    assert_eq!(world.hears("net"), "net: hello\n");
}

#[test]
fn a_byte_order_mark_is_part_of_no_line() {
    let mut world = World::default();
    world.join("alice");
    world.connect("net");
    world.sends("net", b"\xef\xbb");
    world.wait(limits::CHUNK_QUIET * 4);
    assert_eq!(world.hears("net"), "NICK", "a mark alone says nothing");
    world.sends("net", b"\xbf");
    world.wait(limits::CHUNK_QUIET * 4);
    world.sends("net", b"net\r\n");
    assert_eq!(world.hears("alice"), "net joined!\n");
    for (sent, read) in
        [("\u{feff}hello\n", "net: hello\n"), ("\u{feff}/me waves\n", "* net waves\n")]
    {
        world.sends("net", sent.as_bytes());
        assert_eq!(world.hears("alice"), read);
    }
    world.sends("net", "\u{feff}\n".as_bytes());
    assert_eq!(world.hears("alice"), "");
}

#[test]
fn a_web_request_is_none_of_ours_whatever_its_method_and_length() {
    for method in ["FOO", "get", "NICK", "x"] {
        for length in [1, 900, 1_100, 1_600] {
            let mut world = World::default();
            world.join("alice");
            world.connect("web");
            let path = "p".repeat(length);
            let request = format!("{method} /{path} HTTP/1.1\r\n\r\nmallory\nhello\n");
            for byte in request.bytes() {
                world.person("web").says(&char::from(byte).to_string());
            }
            world.run();
            assert_eq!(world.person("web").closed.unwrap().name(), "finished", "{method} {length}");
            assert_eq!(world.hears("alice"), "", "{method} {length}");
        }
    }
}

#[test]
fn what_was_said_before_a_connection_broke_is_carried_out_at_its_pace() {
    let mut world =
        World::new(mio_chat::server::Settings { flood: common::flood_control(), ..settings() });
    world.join("alice");
    world.connect("hook");
    world.person("hook").says("hook\n");
    (0..30).for_each(|number| world.person("hook").says(&format!("event {number}\n")));
    world.person("hook").says("cut off in the");
    world.breaks("hook");
    let mut heard = String::new();
    for _ in 0..30 {
        heard += &world.hears("alice");
        world.wait(std::time::Duration::from_secs(1));
    }
    let lines: String = (0..30).map(|number| format!("hook: event {number}\n")).collect();
    assert_eq!(heard, format!("hook joined!\n{lines}hook left!\n"));
    assert_eq!(world.person("hook").closed.unwrap().name(), "lost");
}

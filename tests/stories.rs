//! Stories about people in the chat, told on the whole server in memory.

mod common;

use std::net::IpAddr;
use std::time::Duration;

use common::{World, flood_control, settings};
use mio_chat::chat::Farewell;
use mio_chat::delivery::OutboxLimits;
use mio_chat::limits;
use mio_chat::server::{CloseReason, Settings};
use mio_chat::time::Time;

const MS: Duration = Duration::from_millis(1);

#[test]
fn alice_says_and_bob_hears() {
    let mut world = World::default();
    world.join("alice");
    world.join("bob");
    world.types("alice", "hello");
    assert_eq!(world.hears("bob"), "alice: hello\n");
    assert_eq!(world.hears("alice"), "alice: hello\n");
}

#[test]
fn a_silent_client_is_prompted_and_an_eager_one_is_not() {
    let mut world = World::default();
    world.connect("alice");
    world.wait(limits::GREET_AFTER - MS);
    assert_eq!(world.hears("alice"), "");
    world.wait(MS);
    assert_eq!(world.hears("alice"), "NICK");
    world.connect("bob");
    world.types("bob", "bob");
    world.wait(limits::GREET_AFTER * 2);
    let heard = world.hears("bob");
    assert!(heard.starts_with("Connected to server!\nbob joined!\n"), "{heard}");
    assert!(!heard.contains("NICK"));
}

#[test]
fn telnet_negotiation_alone_is_not_speaking() {
    let mut world = World::default();
    world.connect("alice");
    world.sends("alice", b"\xff\xfb\x1f\xff\xfd\x03");
    world.wait(limits::GREET_AFTER);
    assert_eq!(world.hears("alice"), "NICK");
}

#[test]
fn everyone_hears_who_comes_and_goes() {
    let mut world = World::default();
    world.join("alice");
    world.connect("bob");
    world.types("bob", "bob");
    assert_eq!(world.hears("alice"), "bob joined!\n");
    world.types("bob", "/quit");
    assert_eq!(world.hears("alice"), "bob left!\n");
    assert_eq!(world.person("bob").closed, Some(CloseReason::Told(Farewell::Quit)));
    world.join("carol");
    world.vanishes("carol");
    assert_eq!(world.hears("alice"), "carol left!\n");
    assert_eq!(world.turn.server.status().clients(), 1);
}

#[test]
fn a_taken_nickname_gets_a_refusal_and_another_chance() {
    let mut world = World::default();
    world.join("alice");
    world.connect("mallory");
    for look_alike in ["alice", "ALICE", "AIice", "a1ice", "al|ce"] {
        world.types("mallory", look_alike);
        let heard = world.hears("mallory");
        assert!(heard.contains("is taken"), "{look_alike}: {heard}");
    }
    world.types("mallory", "mallory");
    assert!(world.hears("mallory").starts_with("Connected"));
}

#[test]
fn rooms_keep_their_talk_to_themselves() {
    let mut world = World::default();
    for name in ["alice", "bob", "carol"] {
        world.join(name);
    }
    world.types("bob", "/join games");
    assert_eq!(world.hears("alice"), "bob left!\n");
    let heard = world.hears("bob");
    let entered = "bob joined!\n* you are alone in games (/help tells what you can do)\n";
    assert!(heard.starts_with(entered) && heard.contains("* you own games"), "{heard}");
    world.types("carol", "/join #Games");
    assert_eq!(world.hears("bob"), "carol joined!\n");
    world.hears("alice");
    world.hears("carol");
    world.types("carol", "anyone?");
    assert_eq!(world.hears("bob"), "carol: anyone?\n");
    assert_eq!(world.hears("alice"), "");
    world.types("bob", "/leave");
    assert!(world.hears("bob").contains("you are in main with 1 other"));
    assert_eq!(world.hears("alice"), "bob joined!\n");
    world.types("bob", "/leave");
    assert!(world.hears("bob").contains("you are in main, where everyone starts"));
}

#[test]
fn a_private_message_is_private() {
    let mut world = World::default();
    for name in ["alice", "bob", "carol"] {
        world.join(name);
    }
    world.types("alice", "/join elsewhere");
    world.hears("alice");
    world.types("alice", "/msg BOB psst");
    assert_eq!(world.hears("alice"), "[to bob] psst\n");
    assert!(world.hears("bob").ends_with("[alice] psst\n"));
    assert!(!world.hears("carol").contains("psst"));
    world.types("alice", "/msg dave hi");
    assert_eq!(world.hears("alice"), "* nobody is called dave (/who lists this room)\n");
    world.types("alice", "/msg alice hi");
    assert_eq!(world.hears("alice"), "* that is you; /msg is for somebody else\n");
}

#[test]
fn a_new_nickname_is_told_and_frees_the_old_one() {
    let mut world = World::default();
    world.join("alice");
    world.join("bob");
    world.types("alice", "/nick alicia");
    assert_eq!(world.hears("bob"), "* the nickname alice is now alicia\n");
    world.types("bob", "/nick alice");
    assert!(world.hears("bob").contains("* the nickname bob is now alice\n"));
    world.types("bob", "/nick Alice");
    assert!(world.hears("bob").contains("* the nickname alice is now Alice\n"));
    world.types("bob", "/nick Alice");
    assert_eq!(world.hears("bob"), "* you are called Alice already\n");
}

#[test]
fn nobody_can_forge_anothers_line() {
    let mut world = World::default();
    world.join("alice");
    world.join("bob");
    world.types("bob", "\x1b[2K\x07alice: I owe \u{202e}bob\x07 ten");
    assert_eq!(world.hears("alice"), "bob: [2Kalice: I owe bob ten\n");
    world.sends("bob", b"one\rtwo\n");
    assert_eq!(world.hears("alice"), "bob: onetwo\n");
    world.sends("bob", b"caf\xe9\n");
    assert_eq!(world.hears("alice"), "");
    assert!(world.hears("bob").ends_with("set your terminal to UTF-8\n"));
}

#[test]
fn a_line_too_long_is_refused_and_the_connection_kept() {
    let mut world = World::default();
    world.join("alice");
    world.types("alice", &"x".repeat(limits::LINE_BYTES_MAX));
    let refusal = "* that line was too long; send at most 1022 bytes\n";
    assert_eq!(world.hears("alice"), refusal);
    world.types("alice", &"y".repeat(100_000));
    assert_eq!(world.hears("alice"), refusal);
    let longest = "z".repeat(limits::LINE_BYTES_MAX - 1);
    world.types("alice", &longest);
    assert_eq!(world.hears("alice"), format!("alice: {longest}\n"));
}

#[test]
fn a_half_close_is_answered_and_what_was_said_last_is_heard() {
    let mut world = World::default();
    world.join("alice");
    world.join("bob");
    world.sends("bob", b"first\nlast words without newline");
    world.ends("bob");
    assert_eq!(world.hears("alice"), "bob: first\nbob: last words without newline\nbob left!\n");
    assert!(world.hears("bob").ends_with("bob: last words without newline\n"));
    assert_eq!(world.person("bob").closed, Some(CloseReason::Ended));
}

#[test]
fn a_pipe_may_say_everything_at_once() {
    let mut world = World::default();
    world.join("alice");
    world.connect("bot");
    world.sends("bot", b"bot\ndeploy done\n/quit\nnever heard\n");
    assert_eq!(world.hears("alice"), "bot joined!\nbot: deploy done\nbot left!\n");
    assert!(world.hears("bot").ends_with("bot: deploy done\n* goodbye\n"));
}

#[test]
fn strangers_are_cut_at_their_deadline_and_told_why() {
    let mut world = World::default();
    world.connect("silent");
    world.connect("dribbler");
    world.sends("dribbler", b"d");
    for _ in 1..limits::REGISTER_TIMEOUT.as_secs() {
        world.wait(Duration::from_secs(1));
        world.sends("dribbler", b"b");
    }
    world.wait(Duration::from_secs(1) - MS);
    assert_eq!(world.turn.server.status().clients(), 2);
    world.wait(MS);
    for name in ["silent", "dribbler"] {
        assert!(world.hears(name).ends_with("connect again and type one\n"), "{name}");
        let reason = CloseReason::Told(Farewell::RegisterTimeout);
        assert_eq!(world.person(name).closed, Some(reason), "{name}");
    }
}

#[test]
fn a_stranger_earns_only_so_many_refusals() {
    let mut world = World::default();
    world.connect("mallory");
    world.sends("mallory", "a b\n".repeat(400).as_bytes());
    let heard = world.hears("mallory");
    assert!(heard.ends_with("connect again and type one\n"), "{heard}");
    assert!(heard.len() < limits::REGISTER_OUTPUT_BYTES_MAX, "{}", heard.len());
    world.connect("oscar");
    world.sends("oscar", &[b'x'; 10_000]);
    assert!(world.person("oscar").closed.is_some());
}

#[test]
fn flood_control_delays_and_loses_nothing() {
    let mut world = World::new(Settings { flood: flood_control(), ..settings() });
    world.join("alice");
    world.join("bob");
    let lines: String = (0..30).map(|number| format!("{number}\n")).collect();
    world.sends("bob", lines.as_bytes());
    assert_eq!(world.hears("alice").lines().count(), limits::FLOOD_BURST_LINES as usize);
    assert!(world.hears("bob").contains("* too fast: what you say waits its turn now"));
    world.wait(Duration::from_secs(5));
    assert_eq!(world.hears("alice").lines().count(), 10);
    assert!(!world.hears("bob").contains("* too fast"), "told once");
    world.wait(Duration::from_secs(60));
    assert!(world.hears("alice").ends_with("bob: 29\n"));
    assert!(world.turn.due().is_none(), "an idle server sleeps");
}

#[test]
fn a_flooder_that_hangs_up_is_heard_to_the_end() {
    let mut world = World::new(Settings { flood: flood_control(), ..settings() });
    world.join("alice");
    world.join("bob");
    let lines: String = (0..20).map(|number| format!("{number}\n")).collect();
    world.sends("bob", lines.as_bytes());
    world.ends("bob");
    world.wait(Duration::from_secs(30));
    let heard = world.hears("alice");
    assert!(heard.ends_with("bob: 19\nbob left!\n"), "{heard}");
    assert_eq!(world.person("bob").closed, Some(CloseReason::Ended));
}

#[test]
fn the_classroom_client_is_understood_by_its_pauses() {
    let mut world = World::default();
    world.join("alice");
    world.connect("pupil");
    world.wait(limits::GREET_AFTER);
    assert_eq!(world.hears("pupil"), "NICK");
    world.sends("pupil", b"pupil");
    assert_eq!(world.hears("pupil"), "", "the answer may go on");
    world.wait(limits::CHUNK_QUIET);
    assert!(world.hears("pupil").starts_with("Connected to server!\npupil joined!\n"));
    world.sends("pupil", b"pupil: hello");
    world.wait(limits::CHUNK_QUIET);
    assert_eq!(world.hears("pupil"), "pupil: hello\n");
    world.sends("pupil", b"pupil: /nick scholar");
    world.wait(limits::CHUNK_QUIET);
    world.sends("pupil", b"pupil: alice: is here");
    world.wait(limits::CHUNK_QUIET);
    assert!(world.hears("alice").ends_with("scholar: alice: is here\n"));
    world.sends("pupil", b"pupil: ");
    world.wait(limits::CHUNK_QUIET);
    assert_eq!(world.hears("alice"), "", "an empty line says nothing");
}

#[test]
fn a_classroom_client_with_a_taken_nickname_types_another() {
    let mut world = World::default();
    world.join("alice");
    world.connect("pupil");
    world.wait(limits::GREET_AFTER);
    world.sends("pupil", b"alice");
    world.wait(limits::CHUNK_QUIET);
    assert!(world.hears("pupil").ends_with("try /nick NAME\n"));
    world.sends("pupil", b"alice: hello");
    world.wait(limits::CHUNK_QUIET);
    assert_eq!(world.hears("pupil"), "* type a nickname first: /nick NAME (/quit leaves)\n");
    world.sends("pupil", b"alice: /nick bob");
    world.wait(limits::CHUNK_QUIET);
    assert!(world.hears("pupil").starts_with("Connected to server!\nbob joined!\n"));
    world.sends("pupil", b"alice: hi");
    world.wait(limits::CHUNK_QUIET);
    assert!(world.hears("alice").ends_with("bob: hi\n"));
}

#[test]
fn a_typist_on_a_character_terminal_is_given_time() {
    let mut world = World::default();
    world.join("alice");
    world.connect("typist");
    world.wait(limits::GREET_AFTER);
    world.hears("typist");
    for letter in ["t", "i", "p", "p", "i"] {
        world.sends("typist", letter.as_bytes());
        world.wait(Duration::from_millis(700));
    }
    world.sends("typist", b"\r\0");
    assert!(world.hears("typist").starts_with("Connected to server!\ntippi joined!\n"));
    for letter in ["h", "i", "\r\n"] {
        world.sends("typist", letter.as_bytes());
        world.wait(Duration::from_secs(5));
    }
    assert!(world.hears("alice").ends_with("tippi: hi\n"));
}

#[test]
fn a_line_must_end_in_time() {
    let mut world = World::default();
    world.join("alice");
    world.sends("alice", b"never ended");
    world.wait(limits::LINE_TIMEOUT - MS);
    assert_eq!(world.hears("alice"), "");
    world.wait(MS);
    assert!(world.hears("alice").ends_with("end each with Enter\n"));
    assert_eq!(world.person("alice").closed, Some(CloseReason::Told(Farewell::LineTimeout)));
}

#[test]
fn a_line_too_long_must_end_in_time_too() {
    let mut world = World::default();
    world.join("alice");
    world.sends("alice", &[b'x'; 5_000]);
    for _ in 1..limits::LINE_TIMEOUT.as_secs() {
        world.wait(Duration::from_secs(1));
        world.sends("alice", b"x");
    }
    assert!(world.person("alice").closed.is_none());
    world.wait(Duration::from_secs(1));
    assert_eq!(world.person("alice").closed, Some(CloseReason::Told(Farewell::LineTimeout)));
}

#[test]
fn bytes_that_say_nothing_are_charged_for_like_others() {
    for noise in [&b"x"[..], b"\0", b"\xff\xf1"] {
        let mut world = World::new(Settings { flood: flood_control(), ..settings() });
        let id = world.join("alice");
        world.sends("alice", &noise.repeat(1_000_000));
        assert_eq!(
            world.turn.server.status().appetite(id),
            0,
            "{} is read on",
            noise.escape_ascii()
        );
        world.wait(Duration::from_secs(1));
        assert_eq!(
            world.turn.server.status().appetite(id),
            0,
            "{} is read on",
            noise.escape_ascii()
        );
    }
}

#[test]
fn an_empty_whisper_is_not_passed_on() {
    let mut world = World::default();
    world.join("alice");
    world.join("bob");
    world.types("alice", "/msg bob \x07");
    assert_eq!(world.hears("bob"), "");
    assert_eq!(world.hears("alice"), "* usage: /msg NAME TEXT\n");
}

#[test]
fn other_languages_are_refused_in_their_own_and_nothing_is_executed() {
    for (first, answer, reason) in [
        (&b"REGISTER sip:x SIP/2.0\r\n\r\nmallory\r\nspam\r\n"[..], "HTTP/1.1 400", "http"),
        (b"x rtsp/2.0\r\n\r\nmallory\r\n", "HTTP/1.1 400", "http"),
        (b"\x16\x03\x01\x02\x00\x01\x00", "", "tls"),
    ] {
        for cut in 0..first.len().min(24) {
            let mut world = World::default();
            world.join("alice");
            world.connect("mallory");
            world.sends("mallory", &first[..cut]);
            world.sends("mallory", &first[cut..]);
            assert!(world.hears("mallory").starts_with(answer), "{reason} cut at {cut}");
            assert_eq!(world.person("mallory").closed.unwrap().name(), reason);
            assert_eq!(world.hears("alice"), "", "{reason} cut at {cut}");
        }
    }
}

#[test]
fn a_web_request_is_never_executed_however_long_its_first_line() {
    let path = "a".repeat(1_500);
    let request = format!("POST /{path} HTTP/1.1\r\nHost: x\r\n\r\nmallory\nspam\n");
    let hello = [&b"\x16\x03\x01\x07\x00\x01"[..], &[0xAA; 1_800]].concat();
    let late = format!("\r\n\r\n{request}");
    for (first, reason) in
        [(request.as_bytes(), "finished"), (late.as_bytes(), "finished"), (&hello[..], "tls")]
    {
        for cut in [0, 1, 3, 6, 8, 500, 1_023, 1_024, 1_025, 1_530] {
            let mut world = World::default();
            world.join("alice");
            world.connect("mallory");
            world.sends("mallory", &first[..cut]);
            world.sends("mallory", &first[cut..]);
            assert_eq!(world.person("mallory").closed.unwrap().name(), reason, "cut at {cut}");
            assert_eq!(world.hears("alice"), "", "cut at {cut}");
        }
    }
}

#[test]
fn a_busy_room_does_not_keep_deadlines_waiting() {
    let outbox = OutboxLimits { soft: 100, ..settings().outbox };
    let mut world = World::new(Settings { outbox, ..settings() });
    for number in 0..8 {
        world.join(&format!("p{number}"));
    }
    world.connect("newcomer");
    world.now = world.now + limits::GREET_AFTER;
    // Everyone has more to say than a turn allows, so that each turn wants a flush.
    let lines = "x\n".repeat(10_000);
    for number in 0..8 {
        world.person(&format!("p{number}")).says(&lines);
    }
    // What is due is done when each of them was heard once.
    for _ in 0..8 {
        world.turn();
    }
    assert!(world.turn.server.status().wants_flush() || world.turn.due() == Some(Time::ZERO));
    assert_eq!(world.hears("newcomer"), "NICK", "prompted while the others talk on");
    world.run();
}

#[test]
fn nobody_takes_all_the_seats() {
    let mut world = World::default();
    let greedy = IpAddr::from([192, 0, 2, 1]);
    for number in 0..limits::CONNECTIONS_PER_ADDRESS_MAX {
        assert!(world.try_connect(&format!("p{number}"), greedy).is_some());
    }
    assert!(world.try_connect("one too many", greedy).is_none());
    assert!(world.try_connect("somebody else", IpAddr::from([192, 0, 2, 2])).is_some());
    world.ends("p0");
    assert!(world.try_connect("next", greedy).is_some());
}

#[test]
fn the_server_says_goodbye_to_everyone() {
    let mut world = World::default();
    world.join("alice");
    world.join("deaf");
    world.connect("stranger");
    world.reads_only("deaf", 0);
    world.turn.server.shutdown(world.now, limits::DRAIN_TIMEOUT);
    world.run();
    assert_eq!(world.hears("alice"), "* the server is shutting down; come back in 1 s\n");
    assert!(world.hears("stranger").ends_with("come back in 7 s\n"));
    assert_eq!(world.turn.server.status().clients(), 1);
    world.wait(limits::DRAIN_TIMEOUT);
    assert_eq!(world.turn.server.status().clients(), 0);
}

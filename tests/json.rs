//! Stories of programs that read JSON beside people who read plain lines, told on the whole server
//! in memory. Its bytes are in `tests/golden/json.txt`, its objects in docs/PROTOCOL.md.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use std::time::Duration;

use common::{World, governed, settings};
use mio_chat::chat::{Alphabet, FloodRate, LobbySettings};
use mio_chat::delivery::OutboxLimits;
use mio_chat::dialect::json::Object;
use mio_chat::limits;
use mio_chat::server::{Server, Settings};

/// What somebody was sent, object by object.
fn objects(world: &mut World, name: &str) -> Vec<Object<'static>> {
    let heard = world.hears(name);
    assert!(heard.is_empty() || heard.ends_with('\n'), "{heard}");
    let object = |line: &str| match serde_json::from_str(line) {
        Ok(Object::Unknown) | Err(_) => panic!("{line}"),
        Ok(object) => object,
    };
    heard.lines().map(object).collect()
}

/// Joins as somebody who reads JSON.
fn join(world: &mut World, name: &str) {
    world.connect(name);
    world.sends(name, format!("/format json\n{name}\n").as_bytes());
    let told = objects(world, name);
    assert!(matches!(&told[..], [Object::Format(_), Object::Welcome(_), ..]), "{told:?}");
}

/// The texts of all messages among these.
fn texts(told: &[Object<'_>]) -> Vec<String> {
    let text = |object: &Object<'_>| match object {
        Object::Message(message) => Some(message.text.to_string()),
        _ => None,
    };
    told.iter().filter_map(text).collect()
}

#[test]
fn what_does_not_fit_ends_with_a_whole_object_and_a_goodbye() {
    let outbox = OutboxLimits { soft: 500, hard: 2_000, total: 6_000, ..settings().outbox };
    let mut world = World::new(Settings { outbox, ..settings() });
    world.join("alice");
    join(&mut world, "deaf");
    world.reads_only("deaf", 25);
    for number in 0..100 {
        world.types("alice", &format!("line \"{number}\""));
    }
    world.reads_only("deaf", usize::MAX);
    let told = objects(&mut world, "deaf");
    let (last, before) = told.split_last().unwrap();
    assert!(matches!(last, Object::Bye(bye) if bye.code == "slow"), "{last:?}");
    assert_eq!(texts(before), ["line \"0\""]);
}

#[test]
fn who_pauses_reads_json_as_it_is() {
    let lobby = LobbySettings { alphabet: Alphabet::Unicode, ..settings().lobby };
    let mut world = World::new(Settings { lobby, ..settings() });
    for (name, line) in [("pupil", "/format json"), ("pupil", "pupil"), ("other", "other")] {
        if world.names().iter().all(|known| known != name) {
            world.connect(name);
            world.wait(limits::GREET_AFTER);
        }
        world.sends(name, line.as_bytes());
        world.wait(limits::CHUNK_QUIET);
    }
    assert!(world.hears("pupil").starts_with("NICK{\"t\":\"format\","));
    world.hears("other");
    world.connect("zoe");
    world.types("zoe", "Zo\u{eb}");
    assert_eq!(
        world.hears("pupil"),
        "{\"t\":\"joined\",\"room\":\"main\",\"nick\":\"Zo\u{eb}\"}\n"
    );
    assert_eq!(world.hears("other"), "Zoe joined!\n");
}

#[test]
fn a_page_of_a_crowd_comes_in_pieces_that_a_pausing_client_can_read() {
    let mut world = World::default();
    for number in 0..90 {
        world.join(&format!("somebody{number}"));
    }
    world.connect("pupil");
    for line in ["/format json", "pupil", "/who"] {
        world.sends("pupil", line.as_bytes());
        world.wait(limits::CHUNK_QUIET);
    }
    world.wait(20 * limits::SMALL_WRITE_INTERVAL);
    let told = objects(&mut world, "pupil");
    let names = told.iter().find_map(|object| match object {
        Object::Names { names, total, .. } => Some((names.len(), *total)),
        _ => None,
    });
    assert_eq!(names, Some((91, 91)));
    let writes = &world.person("pupil").writes;
    assert!(writes.iter().all(|(_, bytes)| bytes.len() <= limits::SMALL_WRITE_BYTES));
}

#[test]
fn all_read_the_same_in_the_same_order_whatever_the_form() {
    let mut world = World::default();
    world.join("alice");
    join(&mut world, "bot");
    for number in 0..20 {
        let (alice, bot) = (world.person("alice"), ["/format text\n", "/format json\n"]);
        alice.says(&format!("{number}\n"));
        world.person("bot").says(&format!("b{number}\n{}", bot[number % 2]));
        world.run();
    }
    let plain = world.hears("alice");
    let plain: Vec<&str> =
        plain.lines().filter_map(|line| Some(line.split_once(": ")?.1)).collect();
    let heard = world.hears("bot");
    let read = heard.lines().filter_map(|line| match serde_json::from_str(line) {
        Ok(object) => texts(&[object]).pop(),
        Err(_) => line.split_once(": ").map(|(_, text)| text.to_owned()),
    });
    // What tells of the form has a colon too.
    let read: Vec<String> = read.filter(|text| !text.contains("JSON")).collect();
    assert_eq!(read, plain);
}

#[test]
fn who_reads_json_does_so_after_an_upgrade() {
    let mut world = World::default();
    world.join("alice");
    join(&mut world, "bot");
    world.connect("stranger");
    world.types("stranger", "/format json");
    world.hears("stranger");
    let document = serde_json::to_string(&world.turn.server.handover().state(world.now)).unwrap();
    let state = serde_json::from_str(&document).unwrap();
    world.turn.take_over(Server::taken_over(settings(), state, true));
    world.types("alice", "hello");
    world.types("stranger", "alice");
    assert_eq!(texts(&objects(&mut world, "bot")), ["hello"]);
    let told = objects(&mut world, "stranger");
    assert!(matches!(&told[..], [Object::Error(error)] if error.code == "nick-taken"), "{told:?}");
}

#[test]
fn a_newline_that_somebody_makes_up_is_no_end_of_an_object() {
    let mut world = World::default();
    world.join("alice");
    join(&mut world, "bot");
    for line in
        ["a\\n{\\\"t\\\":\\\"bye\\\"}", "\"}", "\u{85}\u{2028}tab\there\u{0}", "{\"t\":\"bye\"}"]
    {
        world.types("alice", line);
    }
    let told = objects(&mut world, "bot");
    assert_eq!(texts(&told).len(), told.len());
    let said = ["a\\n{\\\"t\\\":\\\"bye\\\"}", "\"}", "tab here", "{\"t\":\"bye\"}"];
    assert_eq!(texts(&told), said);
}

#[test]
fn each_request_is_answered_with_its_number_though_it_had_to_wait() {
    let flood = FloodRate::new(3, 2);
    let mut world = World::new(Settings { flood, flood_address: None, ..settings() });
    world.join("alice");
    join(&mut world, "bot");
    let say = |id: usize| format!("{{\"t\":\"say\",\"id\":{id},\"text\":\"b{id}\"}}\n");
    world.sends("bot", (0..8).map(say).collect::<String>().as_bytes());
    for number in 0..20 {
        world.types("alice", &format!("a{number}"));
        world.wait(Duration::from_millis(700));
    }
    let (mut said, mut answered) = (Vec::new(), Vec::new());
    for object in objects(&mut world, "bot") {
        match object {
            Object::Message(message) if message.nick == "bot" => said.push(message.n),
            Object::Ok { re, n } => {
                answered.push(n.unwrap());
                assert_eq!(said.len() as u64, re + 1, "answered after it was said, in order");
            }
            _ => {}
        }
    }
    assert_eq!((said.len(), said), (8, answered));
}

#[test]
fn a_request_for_plain_lines_is_the_last() {
    let mut world = World::default();
    world.join("alice");
    join(&mut world, "bot");
    world.types("bot", r#"{"t":"command","id":1,"text":"/format text"}"#);
    world.types("bot", r#"{"t":"say","text":"hi"}"#);
    let heard = world.hears("bot");
    let (told, said) = heard.split_once('\n').unwrap();
    assert!(told.starts_with("* you read plain lines from now on"), "{heard}");
    assert_eq!(said, "bot: {\"t\":\"say\",\"text\":\"hi\"}\n");
}

#[test]
fn a_request_for_a_password_check_ends_with_its_answer() {
    let mut world = World::new(governed());
    world.join("alice");
    world.types("alice", "/format json");
    for (password, last) in [
        ("wrong", r#"{"t":"error","re":7,"code":"oper-wrong","#),
        ("password", "{\"t\":\"ok\",\"re\":7}\n"),
    ] {
        world.hears("alice");
        let text = format!("/oper root_7 {password}");
        world.types("alice", &format!(r#"{{"t":"command","id":7,"text":"{text}"}}"#));
        let heard = world.hears("alice");
        assert!(heard.starts_with(r#"{"t":"checking""#) && heard.lines().count() == 1, "{heard}");
        world.types("alice", r#"{"t":"ping"}"#);
        world.wait(3 * limits::PASSWORD_PAUSE);
        let heard = world.hears("alice");
        assert!(heard.contains(last) && !heard.contains("checking"), "{heard}");
        world.wait(Duration::from_secs(9));
        assert!((heard + &world.hears("alice")).ends_with("{\"t\":\"pong\"}\n"));
    }
}

#[test]
fn whoever_makes_another_yield_ends_no_request_but_its_own() {
    let mut world = World::new(governed());
    for name in ["alice", "bob"] {
        world.join_from(name, "192.0.2.7");
        world.types(name, "/format json");
    }
    let oper = |id: u32, password: &str| {
        format!(r#"{{"t":"command","id":{id},"text":"/oper root_7 {password}"}}"#)
    };
    world.types("alice", &oper(1, "wrong"));
    world.wait(Duration::from_secs(9));
    world.hears("alice");
    world.hears("bob");
    // She has guessed wrong before, and he has not.
    world.types("alice", &oper(2, "password"));
    world.hears("alice");
    world.types("bob", &oper(3, "password"));
    let refused = world.hears("alice");
    assert!(refused.starts_with(r#"{"t":"error","re":2,"code":"oper-busy","#), "{refused}");
    let checking = world.hears("bob");
    assert!(checking.starts_with(r#"{"t":"checking""#), "{checking}");
    assert_eq!(checking.lines().count(), 1, "{checking}");
    world.wait(3 * limits::PASSWORD_PAUSE);
    assert!(world.hears("bob").ends_with("{\"t\":\"ok\",\"re\":3}\n"));
}

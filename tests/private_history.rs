//! Private history: messages are remembered for accounts, in every dialect, over restarts and
//! hand-overs, and for nobody who was not there.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use std::time::Duration;

use common::shelf::SharedShelf;
use common::{World, settings};
use mio_chat::dialect::{AccountOffer, Spoken};
use mio_chat::limits;
use mio_chat::server::{Server, Settings};

fn quick() -> Settings {
    let accounts = AccountOffer { is_there: true, ..AccountOffer::default() };
    let spoken = Spoken { server_name: "irc.test".into(), accounts, ..settings().spoken };
    Settings { account_rounds: 10, spoken, ..settings() }
}

/// What somebody hears of some lines, when all is done and stored.
fn told(world: &mut World, shelf: &SharedShelf, name: &str, lines: &str) -> String {
    world.hears(name);
    world.sends(name, lines.as_bytes());
    world.wait(Duration::from_secs(1));
    world.save(&mut shelf.get_mut(), 100);
    world.wait(Duration::from_secs(1));
    world.hears(name)
}

/// Somebody on plain lines, registered.
fn registers(world: &mut World, shelf: &SharedShelf, name: &str) {
    world.join(name);
    let heard = told(world, shelf, name, "/register sesame\n");
    assert!(heard.contains("is yours from now on"), "{heard}");
}

/// Somebody on IRC with all that a client of today takes.
fn comes(world: &mut World, shelf: &SharedShelf, name: &str, capabilities: &str) {
    world.connect(name);
    let lines =
        format!("CAP REQ :{capabilities}\r\nNICK {name}\r\nUSER {name} 0 * :{name}\r\nCAP END\r\n");
    let heard = told(world, shelf, name, &lines);
    assert!(heard.contains(" 001 "), "{heard}");
}

const MODERN: &str = "batch server-time message-tags draft/chathistory";

/// The text of each message in an answer of IRC, with its target.
fn said(heard: &str) -> Vec<String> {
    let messages = heard.lines().filter(|line| line.contains(" PRIVMSG "));
    messages.map(|line| line.split(" PRIVMSG ").nth(1).unwrap().trim_end().to_owned()).collect()
}

/// Another process goes on.
fn hand_over(world: &mut World, shelf: &SharedShelf) {
    let document = serde_json::to_string(&world.turn.server.handover().state(world.now)).unwrap();
    let state = serde_json::from_str(&document).unwrap();
    world.turn.server = Server::taken_over(quick(), state, true);
    world.turn.server.storage().set_archive(shelf.archive());
    world.turn.server.status().check_invariants();
    world.run();
}

#[test]
fn both_read_again_what_they_said_in_their_own_words() {
    let shelf = SharedShelf::default();
    let mut world = World::kept(quick(), &shelf);
    registers(&mut world, &shelf, "alice");
    comes(&mut world, &shelf, "bob", MODERN);
    told(&mut world, &shelf, "bob", "REGISTER * * sesame\r\n");
    told(&mut world, &shelf, "alice", "/msg bob hello?\n");
    told(&mut world, &shelf, "bob", "PRIVMSG alice :\x02hi\x02\r\n");
    told(&mut world, &shelf, "bob", "PRIVMSG alice :\x01ACTION waves\x01\r\n");
    told(&mut world, &shelf, "bob", "PRIVMSG alice :\x01VERSION\x01\r\nTAGMSG alice\r\n");
    let heard = told(&mut world, &shelf, "alice", "/history @BOB\n");
    let lines: Vec<&str> = heard.lines().collect();
    assert_eq!(lines[0], "* -- last 3 messages with bob (UTC) --");
    assert!(lines[1].starts_with("* [") && lines[1].ends_with("] [to bob] hello?"), "{heard}");
    assert!(lines[2].ends_with("] [bob] hi") && lines[3].ends_with("] [bob] * bob waves"));
    assert_eq!(lines[4..], ["* -- end of history --"]);
    let heard = told(&mut world, &shelf, "alice", "/history @bob 1\n/history @dora\n/history @\n");
    assert!(heard.starts_with("* -- last message with bob (UTC) --\n"), "{heard}");
    assert!(heard.contains("* -- no messages with dora are remembered --\n"), "{heard}");
    assert!(heard.contains("* you have talked with (/history @NAME, UTC): bob ("), "{heard}");
    let heard = told(&mut world, &shelf, "bob", "CHATHISTORY LATEST Alice * 10\r\n");
    assert!(heard.starts_with(":irc.test BATCH +1 chathistory Alice\r\n@batch=1;time="), "{heard}");
    assert!(heard.ends_with("\r\n:irc.test BATCH -1\r\n"), "{heard}");
    let expected = ["bob :hello?", "alice :\x02hi\x02", "alice :\x01ACTION waves\x01"];
    assert_eq!(said(&heard), expected);
    let id = heard.split("msgid=").nth(2).unwrap().split([' ', ';']).next().unwrap();
    let asked = format!("CHATHISTORY BEFORE alice msgid={id} 10\r\n");
    assert_eq!(said(&told(&mut world, &shelf, "bob", &asked)), expected[..1]);
    let heard = told(&mut world, &shelf, "bob", "HISTORY @alice 1\r\n");
    assert!(heard.contains("NOTICE bob :-- last message with alice (UTC) --\r\n"), "{heard}");
    let heard = told(
        &mut world,
        &shelf,
        "alice",
        "/format json\n{\"t\":\"history\",\"to\":\"bob\",\"limit\":2,\"id\":1}\n\
         {\"t\":\"conversations\"}\n{\"t\":\"forget\",\"to\":\"bob\"}\n\
         {\"t\":\"history\",\"to\":\"bob\"}\n",
    );
    let lines: Vec<&str> = heard.lines().skip(1).collect();
    assert_eq!(lines[0], r#"{"t":"conversation","nick":"bob","count":2}"#);
    assert!(lines[1].starts_with(r#"{"t":"private","from":"bob","text":"hi","at":"#), "{heard}");
    assert!(lines[2].ends_with(r#","old":true}"#), "{heard}");
    assert_eq!(lines[3..5], [r#"{"t":"conversation_end","nick":"bob"}"#, r#"{"t":"ok","re":1}"#]);
    assert!(lines[5].starts_with(r#"{"t":"conversations","list":[{"nick":"bob","at":"#));
    assert!(lines[6].starts_with(r#"{"t":"forgotten","nick":"bob","count":3,"#), "{heard}");
    assert_eq!(lines[7], r#"{"t":"conversation","nick":"bob","count":0}"#);
    // The other forgets nothing.
    let heard = told(&mut world, &shelf, "bob", "CHATHISTORY LATEST alice * 10\r\n");
    assert_eq!(said(&heard), expected);
}

#[test]
fn who_has_no_account_has_no_history_and_gets_none_later() {
    let shelf = SharedShelf::default();
    let mut world = World::kept(quick(), &shelf);
    registers(&mut world, &shelf, "alice");
    world.join("carol");
    comes(&mut world, &shelf, "dora", MODERN);
    told(&mut world, &shelf, "carol", "/msg alice a secret\n");
    told(&mut world, &shelf, "alice", "/msg carol an answer\n");
    let refused = "* private messages are remembered for registered nicknames only (/register \
                   PASSWORD, or /login NAME PASSWORD)\n";
    for line in ["/history @alice\n", "/history @\n", "/history forget @\n"] {
        assert_eq!(told(&mut world, &shelf, "carol", line), refused);
    }
    let heard = told(&mut world, &shelf, "dora", "CHATHISTORY LATEST alice * 9\r\n");
    assert_eq!(
        heard,
        ":irc.test FAIL CHATHISTORY INVALID_TARGET LATEST alice :Private messages are remembered \
         for accounts only\r\n"
    );
    told(&mut world, &shelf, "carol", "/register sesame\n");
    let heard = told(&mut world, &shelf, "carol", "/history @alice\n");
    assert!(heard.starts_with("* -- no messages with alice are remembered --\n"), "{heard}");
    let heard = told(&mut world, &shelf, "alice", "/history @carol\n");
    assert!(heard.contains("[carol] a secret\n") && heard.contains("[to carol] an answer\n"));
    // Who is logged out reads nothing, and what is said then is not kept for it.
    told(&mut world, &shelf, "alice", "/logout\n");
    assert_eq!(told(&mut world, &shelf, "alice", "/history @carol\n"), refused);
    told(&mut world, &shelf, "carol", "/msg alice once more\n");
    told(&mut world, &shelf, "alice", "/login alice sesame\n");
    assert!(!told(&mut world, &shelf, "alice", "/history @carol\n").contains("once more"));
    assert!(told(&mut world, &shelf, "carol", "/history @alice\n").contains("once more"));
}

#[test]
fn a_message_to_oneself_is_kept_once() {
    let shelf = SharedShelf::default();
    let mut world = World::kept(quick(), &shelf);
    comes(&mut world, &shelf, "bob", MODERN);
    told(&mut world, &shelf, "bob", "REGISTER * * sesame\r\n");
    told(&mut world, &shelf, "bob", "PRIVMSG bob :buy milk\r\n");
    let heard = told(&mut world, &shelf, "bob", "CHATHISTORY LATEST bob * 10\r\n");
    assert_eq!(said(&heard), ["bob :buy milk"]);
}

#[test]
fn targets_are_those_whose_last_message_is_between_two_dates() {
    let shelf = SharedShelf::default();
    let mut world = World::kept(quick(), &shelf);
    comes(&mut world, &shelf, "bob", MODERN);
    told(&mut world, &shelf, "bob", "REGISTER * * sesame\r\nJOIN #den\r\n");
    world.join("alice");
    world.join("carol");
    told(&mut world, &shelf, "alice", "/msg bob one\n");
    told(&mut world, &shelf, "bob", "PRIVMSG #den :two\r\n");
    told(&mut world, &shelf, "bob", "PRIVMSG carol :three\r\n");
    told(&mut world, &shelf, "bob", "PRIVMSG alice :four\r\n");
    let mut targets = |asked: &str| -> Vec<String> {
        let heard = told(&mut world, &shelf, "bob", &format!("CHATHISTORY TARGETS {asked}\r\n"));
        let lines: Vec<&str> = heard.lines().collect();
        assert!(lines[0].ends_with(" draft/chathistory-targets"), "{heard}");
        assert!(lines[lines.len() - 1].contains(" BATCH -"), "{heard}");
        let names = lines[1..lines.len() - 1].iter();
        names.map(|line| line.split(' ').nth(4).unwrap().to_owned()).collect()
    };
    let (from, to) = ("timestamp=1970-01-01T00:00:00.000Z", "timestamp=2262-01-01T00:00:00.000Z");
    assert_eq!(targets(&format!("{from} {to} 100")), ["#den", "carol", "alice"]);
    assert_eq!(targets(&format!("{to} {from} 100")), ["#den", "carol", "alice"]);
    assert_eq!(targets(&format!("{from} {to} 2")), ["#den", "carol"]);
    assert_eq!(targets(&format!("{to} {from} 2")), ["carol", "alice"]);
    assert!(targets(&format!("{from} {from} 2")).is_empty());
    for wrong in ["", " * * 5", &format!(" {from} {to}"), &format!(" {from} {to} many")] {
        let heard = told(&mut world, &shelf, "bob", &format!("CHATHISTORY TARGETS{wrong}\r\n"));
        assert!(heard.contains("FAIL CHATHISTORY "), "{wrong}: {heard}");
    }
    // Who has no account is told of rooms.
    comes(&mut world, &shelf, "eve", MODERN);
    told(&mut world, &shelf, "eve", "JOIN #den\r\n");
    let asked = format!("CHATHISTORY TARGETS {from} {to} 9\r\n");
    let heard = told(&mut world, &shelf, "eve", &asked);
    assert_eq!(heard.lines().count(), 3, "{heard}");
}

#[test]
fn history_outlives_a_restart_and_a_hand_over() {
    let shelf = SharedShelf::default();
    let mut world = World::kept(quick(), &shelf);
    registers(&mut world, &shelf, "alice");
    registers(&mut world, &shelf, "bob");
    for number in 0..limits::MAILBOX_MESSAGES_MAX + 2 {
        world.types("bob", &format!("/msg alice number {number}"));
        world.wait(Duration::from_secs(1));
    }
    hand_over(&mut world, &shelf);
    let all = told(&mut world, &shelf, "alice", "/history @bob\n");
    assert!(all.starts_with("* -- last 128 messages with bob (UTC) --\n"), "{all}");
    assert!(!all.contains("number 1\n") && all.contains("number 2\n"), "{all}");
    while world.turn.server.status().has_unsaved() {
        world.save(&mut shelf.get_mut(), 100);
    }
    assert_eq!(shelf.get().0.private.len(), 2 * limits::MAILBOX_MESSAGES_MAX);
    let mut world = World::kept(quick(), &shelf);
    world.connect("alice");
    told(&mut world, &shelf, "alice", "/login alice sesame\n");
    assert_eq!(told(&mut world, &shelf, "alice", "/history @bob\n"), all);
    told(&mut world, &shelf, "alice", "/history forget @bob\n");
    assert_eq!(shelf.get().0.private.len(), limits::MAILBOX_MESSAGES_MAX, "bob's own");
    // Where nothing is remembered, nothing of it is.
    let silent = Settings { lobby: with_history(0), ..quick() };
    let mut world = World::kept(silent, &shelf);
    world.connect("bob");
    told(&mut world, &shelf, "bob", "/login bob sesame\n");
    let heard = told(&mut world, &shelf, "bob", "/history @alice\n");
    assert_eq!(heard, "* the history is off here: nothing that is said is remembered\n");
    while world.turn.server.status().has_unsaved() {
        world.save(&mut shelf.get_mut(), 100);
    }
    assert!(shelf.get().0.private.is_empty());
}

fn with_history(history: usize) -> mio_chat::chat::LobbySettings {
    mio_chat::chat::LobbySettings { history, ..settings().lobby }
}

#[test]
fn without_a_store_there_is_no_mailbox() {
    let mut world = World::new(quick());
    world.join("alice");
    world.hears("alice");
    world.types("alice", "/history @bob");
    let refused =
        "* that is not possible here: this server stores nothing, so it has no accounts\n";
    assert_eq!(world.hears("alice"), refused);
}

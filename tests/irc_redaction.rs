//! Messages that are taken back, as people on IRC, with plain lines and with JSON see it. Told on
//! the whole server in memory.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use std::time::Duration;

use common::shelf::SharedShelf;
use common::{World, settings};
use mio_chat::server::Settings;

const CAPABILITIES: &str =
    "message-tags batch echo-message draft/chathistory draft/message-redaction";

/// Somebody comes by IRC, with these capabilities, into the room den.
fn comes_by_irc(world: &mut World, name: &str, capabilities: &str) {
    world.connect(name);
    world.sends(name, format!("CAP REQ :{capabilities}\r\n").as_bytes());
    world.sends(name, format!("NICK {name}\r\nUSER irc 0 * :Somebody\r\n").as_bytes());
    world.sends(name, b"CAP END\r\nJOIN #den\r\n");
    assert!(world.hears(name).contains(&format!(" 366 {name} #den ")));
}

/// What somebody is told for a line, and since the last one.
fn told(world: &mut World, name: &str, line: &str) -> String {
    world.sends(name, format!("{line}\r\n").as_bytes());
    world.hears(name).replace("\r\n", "\n")
}

fn forget(world: &mut World) {
    for name in world.names() {
        world.hears(&name);
    }
}

/// Irene, who has made the room, and ian with the capability, ivan without; bob and nora with plain
/// lines, without numbers and with them; jo with JSON.
fn mixed_room() -> World {
    let mut world = World::new(settings());
    comes_by_irc(&mut world, "irene", CAPABILITIES);
    comes_by_irc(&mut world, "ian", CAPABILITIES);
    comes_by_irc(&mut world, "ivan", "message-tags");
    for name in ["bob", "nora", "jo"] {
        world.join(name);
        world.types(name, "/join den");
    }
    world.types("nora", "/numbers on");
    world.types("jo", "/format json");
    forget(&mut world);
    world
}

/// What somebody says is said, and known by this id.
fn said(world: &mut World, name: &str, text: &str) -> String {
    world.sends(name, format!("PRIVMSG #den :{text}\r\n").as_bytes());
    let echo = world.hears(name);
    let id = echo.split("msgid=").nth(1).unwrap().split([' ', ';']).next().unwrap().to_owned();
    forget(world);
    id
}

#[test]
fn everybody_is_told_in_the_own_words_and_nobody_reads_it_again() {
    let mut world = mixed_room();
    let id = said(&mut world, "ian", "a secret");
    let number = id.split('-').nth(1).unwrap();
    let back = told(&mut world, "ian", &format!("REDACT #den {id} :not for here"));
    assert_eq!(back, format!(":ian!~irc@local REDACT #den {id} :not for here\n"));
    assert_eq!(world.hears("irene").replace("\r\n", "\n"), back);
    assert_eq!(world.hears("ivan"), "");
    let plain = world.hears("bob");
    assert!(plain.starts_with("* the message of "), "{plain}");
    assert!(plain.ends_with(" UTC from ian was taken back: not for here\n"), "{plain}");
    let numbered = format!("* the message {number} from ian was taken back: not for here\n");
    assert_eq!(world.hears("nora"), numbered);
    let object = world.hears("jo");
    let expected = format!(r#"{{"t":"redacted","room":"den","n":{number},"nick":"ian","by":"ian""#);
    assert!(object.starts_with(&expected), "{object}");
    // It is in nobody's history.
    world.types("bob", "/history");
    assert!(!world.hears("bob").contains("secret"));
    let history = told(&mut world, "irene", "CHATHISTORY LATEST #den * 10");
    assert!(history.contains("BATCH") && !history.contains("secret"), "{history}");
    world.join("late");
    world.types("late", "/join den");
    assert!(!world.hears("late").contains("secret"));
    // And only once.
    let again = told(&mut world, "ian", &format!("REDACT #den {id}"));
    assert!(again.contains(&format!("FAIL REDACT UNKNOWN_MSGID #den {id} :")), "{again}");
}

#[test]
fn a_nickname_proves_nothing_and_who_keeps_order_may() {
    let mut world = mixed_room();
    let id = said(&mut world, "ian", "hello");
    let refused = format!("FAIL REDACT REDACT_FORBIDDEN #den {id} :");
    // Ivan takes the name that ian had.
    world.sends("ian", b"NICK ian2\r\n");
    world.sends("ivan", b"NICK ian\r\n");
    forget(&mut world);
    let answer = told(&mut world, "ivan", &format!("REDACT #den {id}"));
    assert!(answer.contains(&refused), "{answer}");
    assert_eq!(world.hears("irene"), "");
    let number = id.split('-').nth(1).unwrap().to_owned();
    world.types("bob", &format!("/redact {number}"));
    let sorry = "* that is not your message; those who look after the room can remove it\n";
    assert_eq!(world.hears("bob"), sorry);
    // The connection is still the author's, whatever it is called.
    let answer = told(&mut world, "ian", &format!("REDACT #den {id}"));
    assert_eq!(answer, format!(":ian2!~irc@local REDACT #den {id}\n"));
    let id = said(&mut world, "ian", "spam");
    let answer = told(&mut world, "irene", &format!("REDACT #den {id} :spam"));
    assert_eq!(answer, format!(":irene!~irc@local REDACT #den {id} :spam\n"));
    let numbered = world.hears("nora");
    assert!(numbered.ends_with("from ian2 was removed by irene: spam\n"), "{numbered}");
}

#[test]
fn plain_lines_and_json_take_back_by_number() {
    let mut world = mixed_room();
    world.types("nora", "oops");
    let shown = world.hears("nora");
    let number = shown.split(['@', ' ']).nth(1).unwrap().to_owned();
    forget(&mut world);
    world.types("nora", &format!("/redact {number} typo"));
    let answer = world.hears("nora");
    assert_eq!(answer, format!("* the message {number} from nora was taken back: typo\n"));
    world.types("jo", r#"{"t":"say","text":"hm"}"#);
    let object = world.hears("jo");
    let (_, behind) = object.split_once(r#"{"t":"message","n":"#).unwrap();
    let number = behind.split(',').next().unwrap().to_owned();
    world.types("jo", &format!(r#"{{"t":"redact","id":7,"n":{number}}}"#));
    let answer = world.hears("jo");
    assert!(answer.contains(&format!(r#"{{"t":"redacted","room":"den","n":{number},"#)));
    assert!(answer.ends_with("{\"t\":\"ok\",\"re\":7}\n"), "{answer}");
    world.types("jo", &format!(r#"{{"t":"redact","id":8,"n":{number}}}"#));
    let answer = world.hears("jo");
    assert!(answer.contains(r#""code":"message-none""#), "{answer}");
}

#[test]
fn a_private_message_is_taken_back_by_its_author_alone() {
    let mut world = mixed_room();
    world.sends("ian", b"PRIVMSG irene :psst\r\n");
    let echo = world.hears("ian");
    let id = echo.split("msgid=").nth(1).unwrap().split([' ', ';']).next().unwrap().to_owned();
    forget(&mut world);
    let answer = told(&mut world, "irene", &format!("REDACT ian {id}"));
    assert!(answer.contains(&format!("FAIL REDACT UNKNOWN_MSGID ian {id} :")), "{answer}");
    let answer = told(&mut world, "ivan", &format!("REDACT irene {id}"));
    assert!(answer.contains(&format!("FAIL REDACT REDACT_FORBIDDEN irene {id} :")), "{answer}");
    let answer = told(&mut world, "ian", &format!("REDACT irene {id}"));
    assert_eq!(answer, format!(":ian!~irc@local REDACT irene {id}\n"));
    assert_eq!(world.hears("irene").replace("\r\n", "\n"), answer);
    let answer = told(&mut world, "ian", &format!("REDACT nobody {id}"));
    assert!(answer.contains("FAIL REDACT INVALID_TARGET nobody :"), "{answer}");
    assert_eq!(world.hears("bob"), "");
}

#[test]
fn what_cannot_be_taken_back_is_said_why() {
    let mut world = mixed_room();
    for (line, answer) in [
        ("REDACT", "FAIL REDACT NEED_MORE_PARAMS :"),
        ("REDACT #den", "FAIL REDACT NEED_MORE_PARAMS :"),
        ("REDACT #den nonsense", "FAIL REDACT UNKNOWN_MSGID #den nonsense :"),
        ("REDACT #den 00000000-1", "FAIL REDACT UNKNOWN_MSGID #den 00000000-1 :"),
        ("REDACT #none nonsense", "FAIL REDACT INVALID_TARGET #none :"),
        ("REDACT #bad:name x", "FAIL REDACT INVALID_TARGET #bad:name :"),
    ] {
        let told = told(&mut world, "ian", line);
        assert!(told.contains(answer), "{line}: {told}");
    }
}

#[test]
fn an_account_takes_back_over_a_restart_and_the_disk_forgets_it() {
    let quick = || Settings { account_rounds: 10, ..settings() };
    let shelf = SharedShelf::default();
    let mut world = World::kept(quick(), &shelf);
    world.join("alice");
    world.types("alice", "/register open sesame");
    world.save(&mut shelf.get_mut(), 100);
    world.wait(Duration::from_secs(1));
    world.join("bob");
    for text in ["first", "a secret", "last"] {
        world.types("alice", text);
    }
    world.save(&mut shelf.get_mut(), 100);
    let stored = |shelf: &SharedShelf| -> Vec<(u64, String)> {
        let shelf = shelf.get();
        let messages = shelf.0.rooms.iter().flat_map(|room| &room.messages);
        messages.map(|message| (message.id.number, message.text.to_string())).collect()
    };
    let (number, text) = stored(&shelf).swap_remove(1);
    assert_eq!(text, "a secret");
    let mut world = World::kept(quick(), &shelf);
    world.join("bob");
    world.types("bob", &format!("/redact {number}"));
    assert!(world.hears("bob").contains("* that is not your message"));
    world.connect("alice");
    world.types("alice", "/login alice open sesame");
    world.wait(Duration::from_secs(1));
    world.hears("alice");
    world.types("alice", &format!("/redact {number}"));
    let answer = world.hears("alice");
    assert!(answer.contains(" from alice was taken back\n"), "{answer}");
    world.save(&mut shelf.get_mut(), 100);
    let left: Vec<String> = stored(&shelf).into_iter().map(|(_, text)| text).collect();
    assert_eq!(left, ["first", "last"]);
    // One that is taken back before it was saved is never stored.
    world.types("alice", "oops");
    world.types("alice", &format!("/redact {}", number + 1_000));
    world.types("alice", "/numbers on");
    world.types("alice", "again");
    let heard = world.hears("alice");
    let last = heard.rsplit('@').next().unwrap().split(' ').next().unwrap().to_owned();
    world.types("alice", &format!("/redact {last}"));
    world.save(&mut shelf.get_mut(), 100);
    assert!(stored(&shelf).iter().all(|(_, text)| text != "again"));
}

#[test]
fn a_private_message_leaves_both_mailboxes() {
    let shelf = SharedShelf::default();
    let mut world = World::kept(Settings { account_rounds: 10, ..settings() }, &shelf);
    for name in ["ann", "ben"] {
        comes_by_irc(&mut world, name, CAPABILITIES);
        world.sends(name, b"REGISTER * * sesame\r\n");
        world.save(&mut shelf.get_mut(), 100);
        world.wait(Duration::from_secs(1));
        world.save(&mut shelf.get_mut(), 100);
    }
    forget(&mut world);
    world.sends("ann", b"PRIVMSG ben :a secret\r\n");
    let echo = world.hears("ann");
    let id = echo.split("msgid=").nth(1).unwrap().split([' ', ';']).next().unwrap().to_owned();
    let asks = |world: &mut World, who: &str, with: &str| {
        told(world, who, &format!("CHATHISTORY LATEST {with} * 10"))
    };
    assert!(asks(&mut world, "ann", "ben").contains("secret"));
    assert!(asks(&mut world, "ben", "ann").contains("secret"));
    let refused = told(&mut world, "ben", &format!("REDACT ann {id}"));
    assert!(refused.contains(&format!("FAIL REDACT REDACT_FORBIDDEN ann {id} :")), "{refused}");
    world.save(&mut shelf.get_mut(), 100);
    assert!(format!("{:?}", shelf.get().0).contains("a secret"), "both mailboxes are stored");
    // The author takes it back when the other is gone.
    world.sends("ben", b"QUIT\r\n");
    forget(&mut world);
    let answer = told(&mut world, "ann", &format!("REDACT ben {id}"));
    assert_eq!(answer, format!(":ann!~irc@local REDACT ben {id}\n"));
    assert!(!asks(&mut world, "ann", "ben").contains("secret"));
    world.save(&mut shelf.get_mut(), 100);
    let kept = format!("{:?}", shelf.get().0);
    assert!(!kept.contains("a secret"), "{kept}");
}

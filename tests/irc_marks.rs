//! Read marks over IRC: up to when a conversation was read, for the other devices of an account.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use std::time::Duration;

use common::shelf::SharedShelf;
use common::{World, settings};
use mio_chat::dialect::{AccountOffer, Spoken};
use mio_chat::limits::READ_MARKS_MAX;
use mio_chat::server::{Server, Settings};

fn quick() -> Settings {
    let accounts = AccountOffer { is_there: true, ..AccountOffer::default() };
    let spoken = Spoken { server_name: "irc.test".into(), accounts, ..settings().spoken };
    Settings { account_rounds: 10, spoken, flood: None, ..settings() }
}

/// What somebody hears of some lines, when all is done and stored.
fn told(world: &mut World, shelf: &SharedShelf, name: &str, lines: &str) -> String {
    world.hears(name);
    world.sends(name, lines.replace('\n', "\r\n").as_bytes());
    world.wait(Duration::from_secs(1));
    world.save(&mut shelf.get_mut(), 100);
    world.wait(Duration::from_secs(1));
    world.hears(name).replace("\r\n", "\n")
}

/// Base64 of `\0alice\0sesame`.
const LOG_IN: &str = "AUTHENTICATE PLAIN\nAUTHENTICATE AGFsaWNlAHNlc2FtZQ==\n";

/// Somebody who speaks IRC, reads marks, and is a member then.
fn comes(world: &mut World, shelf: &SharedShelf, name: &str, lines: &str) -> String {
    world.connect(name);
    let before = "CAP REQ :sasl draft/read-marker\n";
    let lines = format!("{before}NICK {name}\nUSER {name} 0 * :{name}\n{lines}CAP END\n");
    told(world, shelf, name, &lines)
}

/// A date soon after the beginning of time, where the clock of these tests starts.
fn mark(target: &str, millis: u32) -> String {
    format!("MARKREAD {target} timestamp=1970-01-01T00:00:00.{millis:03}Z\n")
}

fn is(target: &str, millis: u32) -> String {
    format!(":irc.test {}", mark(target, millis))
}

#[test]
fn a_mark_only_moves_forward_and_is_told_when_one_comes_in() {
    let shelf = SharedShelf::default();
    let mut world = World::kept(quick(), &shelf);
    comes(&mut world, &shelf, "alice", "");
    let heard = told(&mut world, &shelf, "alice", "JOIN #den\n");
    let before = |one: &str, other: &str| heard.find(one).unwrap() < heard.find(other).unwrap();
    assert!(heard.contains("\n:irc.test MARKREAD #den *\n"), "{heard}");
    assert!(before(" JOIN ", " MARKREAD ") && before(" MARKREAD ", " 366 "), "{heard}");
    let lines = [mark("#DEN", 5), mark("#den", 4), mark("Bob", 1)].concat();
    let heard = told(&mut world, &shelf, "alice", &(lines + "MARKREAD bob\nMARKREAD nobody\n"));
    let expected = [is("#den", 5), is("#den", 5), is("Bob", 1), is("bob", 1)].concat();
    assert_eq!(heard, expected + ":irc.test MARKREAD nobody *\n");
    let heard = told(&mut world, &shelf, "alice", "PART #den\nJOIN #den\n");
    assert!(heard.contains(&is("#den", 5)), "{heard}");
    // How a secret room is written is told to nobody who may not know of it.
    told(&mut world, &shelf, "alice", "MODE #den +s\n");
    comes(&mut world, &shelf, "bob", "");
    assert_eq!(told(&mut world, &shelf, "bob", "MARKREAD #DEN\n"), ":irc.test MARKREAD #DEN *\n");
    // Nothing is read before it is said.
    let heard = told(&mut world, &shelf, "alice", "MARKREAD bob timestamp=2999-01-01T00:00:00Z\n");
    assert!(heard.starts_with(":irc.test MARKREAD bob timestamp=") && !heard.contains("2999"));
}

#[test]
fn what_is_no_mark_is_refused_and_who_has_not_asked_hears_nothing() {
    let shelf = SharedShelf::default();
    let mut world = World::kept(quick(), &shelf);
    comes(&mut world, &shelf, "alice", "");
    let lines = "MARKREAD\nMARKREAD #den *\nMARKREAD #den timestamp=soon\nMARKREAD #! \n\
                 MARKREAD a!b\n";
    let heard = told(&mut world, &shelf, "alice", lines);
    let codes: Vec<&str> = heard.lines().map(|line| line.split(" :").next().unwrap()).collect();
    let expected = [
        ":irc.test FAIL MARKREAD NEED_MORE_PARAMS",
        ":irc.test FAIL MARKREAD INVALID_PARAMS #den",
        ":irc.test FAIL MARKREAD INVALID_PARAMS #den",
        ":irc.test FAIL MARKREAD INVALID_PARAMS #!",
        ":irc.test FAIL MARKREAD INVALID_PARAMS a!b",
    ];
    assert_eq!(codes, expected, "{heard}");
    let heard = told(&mut world, &shelf, "alice", "CAP REQ :-draft/read-marker\nJOIN #den\n");
    assert!(!heard.contains("MARKREAD"), "{heard}");
    let heard = told(&mut world, &shelf, "alice", "MARKREAD #den\n");
    assert_eq!(heard, ":irc.test 421 alice MARKREAD :Unknown command\n");
}

#[test]
fn an_account_has_its_marks_on_each_device_and_after_a_restart() {
    let shelf = SharedShelf::default();
    let mut world = World::kept(quick(), &shelf);
    comes(&mut world, &shelf, "alice", "");
    told(&mut world, &shelf, "alice", &mark("#old", 1));
    told(&mut world, &shelf, "alice", "PRIVMSG NickServ :REGISTER sesame\n");
    comes(&mut world, &shelf, "phone", LOG_IN);
    comes(&mut world, &shelf, "bob", "");
    // What was marked before is the account's, too.
    assert_eq!(told(&mut world, &shelf, "phone", "MARKREAD #old\n"), is("#old", 1));
    assert_eq!(told(&mut world, &shelf, "alice", &mark("#den", 2)), is("#den", 2));
    assert_eq!(world.hears("phone").replace("\r\n", "\n"), is("#den", 2));
    assert_eq!(told(&mut world, &shelf, "alice", &mark("#den", 1)), is("#den", 2));
    assert_eq!([world.hears("phone"), world.hears("bob")], ["", ""], "nothing new, or not theirs");
    told(&mut world, &shelf, "alice", "QUIT\n");
    told(&mut world, &shelf, "phone", "NS LOGOUT\n");
    assert_eq!(told(&mut world, &shelf, "phone", "MARKREAD #den\n"), ":irc.test MARKREAD #den *\n");
    world.turn.server.status().check_invariants();
    let mut world = World::kept(quick(), &shelf);
    comes(&mut world, &shelf, "tablet", LOG_IN);
    let heard = told(&mut world, &shelf, "tablet", "JOIN #den\nMARKREAD #old\n");
    assert!(heard.contains(&is("#den", 2)) && heard.ends_with(&is("#old", 1)), "{heard}");
    world.turn.server.status().check_invariants();
}

#[test]
fn an_upgrade_loses_no_mark() {
    let shelf = SharedShelf::default();
    let mut world = World::kept(quick(), &shelf);
    comes(&mut world, &shelf, "alice", "");
    comes(&mut world, &shelf, "bob", "");
    told(&mut world, &shelf, "alice", "PRIVMSG NickServ :REGISTER sesame\n");
    told(&mut world, &shelf, "bob", &mark("#den", 3));
    world.sends("alice", mark("#den", 2).replace('\n', "\r\n").as_bytes());
    let document = serde_json::to_string(&world.turn.server.handover().state(world.now)).unwrap();
    let state = serde_json::from_str(&document).unwrap();
    world.turn.server = Server::taken_over(quick(), state, true);
    world.turn.server.storage().set_archive(shelf.archive());
    world.turn.server.status().check_invariants();
    world.run();
    assert_eq!(told(&mut world, &shelf, "bob", "MARKREAD #den\n"), is("#den", 3));
    // Saved here, for it was not there.
    let mut world = World::kept(quick(), &shelf);
    comes(&mut world, &shelf, "phone", LOG_IN);
    assert_eq!(told(&mut world, &shelf, "phone", "MARKREAD #den\n"), is("#den", 2));
}

#[test]
fn a_disk_that_cannot_be_read_loses_nothing() {
    let shelf = SharedShelf::default();
    let mut world = World::kept(quick(), &shelf);
    comes(&mut world, &shelf, "alice", "");
    told(&mut world, &shelf, "alice", "PRIVMSG NickServ :REGISTER sesame\n");
    told(&mut world, &shelf, "alice", &(mark("#den", 2) + "QUIT\n"));
    *shelf.is_broken.borrow_mut() = true;
    comes(&mut world, &shelf, "phone", LOG_IN);
    let heard = told(&mut world, &shelf, "phone", &mark("#den", 1));
    let failed = ":irc.test FAIL MARKREAD INTERNAL_ERROR #den :";
    assert!(heard.starts_with(failed), "{heard}");
    *shelf.is_broken.borrow_mut() = false;
    assert_eq!(told(&mut world, &shelf, "phone", &mark("#den", 1)), is("#den", 2));
}

#[test]
fn there_is_a_bound_and_what_was_read_longest_ago_makes_way() {
    let shelf = SharedShelf::default();
    let mut world = World::kept(quick(), &shelf);
    comes(&mut world, &shelf, "alice", "");
    told(&mut world, &shelf, "alice", "PRIVMSG NickServ :REGISTER sesame\n");
    told(&mut world, &shelf, "alice", &mark("#oldest", 1));
    for number in 0..READ_MARKS_MAX {
        told(&mut world, &shelf, "alice", &mark(&format!("#r{number}"), 2));
    }
    let mut world = World::kept(quick(), &shelf);
    comes(&mut world, &shelf, "phone", LOG_IN);
    let last = format!("#r{}", READ_MARKS_MAX - 1);
    let heard = told(&mut world, &shelf, "phone", &format!("MARKREAD #oldest\nMARKREAD {last}\n"));
    assert_eq!(heard, ":irc.test MARKREAD #oldest *\n".to_owned() + &is(&last, 2));
}

#[test]
fn a_program_that_reads_json_has_the_same_marks_and_people_hear_nothing_of_them() {
    let shelf = SharedShelf::default();
    let mut world = World::kept(quick(), &shelf);
    comes(&mut world, &shelf, "alice", "");
    told(&mut world, &shelf, "alice", "PRIVMSG NickServ :REGISTER sesame\n");
    world.join("paul");
    let heard = told(&mut world, &shelf, "paul", "/login alice sesame\n");
    assert!(heard.ends_with("* you are logged in as alice\n"), "{heard}");
    world.connect("app");
    let hello = "/format json\n{\"t\":\"login\",\"account\":\"alice\",\"password\":\"sesame\"}\n\
                 {\"t\":\"hello\",\"nick\":\"app\",\"room\":\"den\"}\n";
    told(&mut world, &shelf, "app", hello);
    told(&mut world, &shelf, "alice", &mark("#den", 5));
    assert_eq!(world.hears("app"), "{\"t\":\"read\",\"room\":\"den\",\"at\":0}\n");
    world.hears("alice");
    let lines = "{\"t\":\"read\",\"room\":\"den\",\"at\":1}\n{\"t\":\"read\",\"nick\":\"bob\"}\n";
    let heard = told(&mut world, &shelf, "app", lines);
    let expected =
        "{\"t\":\"read\",\"room\":\"den\",\"at\":1}\n{\"t\":\"read\",\"nick\":\"bob\"}\n";
    assert_eq!(heard, expected);
    let heard = world.hears("alice");
    assert_eq!(heard, ":irc.test MARKREAD #den timestamp=1970-01-01T00:00:01.999Z\r\n");
    assert_eq!(world.hears("paul"), "", "plain lines have no marks");
}

//! Accounts over IRC, beside people on plain lines: SASL, REGISTER, PASS, NickServ, and what others
//! in the room are told.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use std::time::Duration;

use common::shelf::SharedShelf;
use common::{World, settings};
use mio_chat::dialect::{AccountOffer, Spoken};
use mio_chat::server::{CloseReason, Settings};

fn world(shelf: &SharedShelf, offer: AccountOffer) -> World {
    let spoken = Spoken { server_name: "irc.test".into(), accounts: offer, ..settings().spoken };
    World::kept(Settings { account_rounds: 10, spoken, ..settings() }, shelf)
}

fn offered() -> AccountOffer {
    AccountOffer { is_there: true, ..AccountOffer::default() }
}

/// What somebody hears of some lines, when all is done and stored.
fn told(world: &mut World, shelf: &SharedShelf, name: &str, lines: &str) -> String {
    world.hears(name);
    world.sends(name, lines.replace('\n', "\r\n").as_bytes());
    world.wait(Duration::from_secs(1));
    world.save(&mut shelf.get_mut(), 100);
    world.wait(Duration::from_secs(1));
    world.hears(name)
}

/// Somebody who speaks IRC and is a member then.
fn comes(world: &mut World, shelf: &SharedShelf, name: &str, capabilities: &str) {
    world.connect(name);
    let lines = format!(
        "CAP REQ :{capabilities}\nNICK {name}\nUSER {name} 0 * :Real {name}\nCAP END\nJOIN #den\n"
    );
    let heard = told(world, shelf, name, &lines);
    assert!(heard.contains(" 001 ") && heard.contains("#den"), "{heard}");
}

/// Base64 of `\0alice\0sesame`.
const ALICE: &str = "AGFsaWNlAHNlc2FtZQ==";

#[test]
fn an_account_is_registered_and_logged_in_to_by_sasl() {
    let shelf = SharedShelf::default();
    let mut world = world(&shelf, offered());
    comes(&mut world, &shelf, "alice", "sasl draft/account-registration");
    let heard = told(&mut world, &shelf, "alice", "REGISTER * * sesame\n");
    assert_eq!(
        heard,
        ":irc.test REGISTER SUCCESS alice :Account registered, and you are logged in to it\r\n\
         :irc.test 900 alice alice!~alice@local alice :You are now logged in as alice\r\n"
    );
    let heard = told(&mut world, &shelf, "alice", "REGISTER * * again\nQUIT\n");
    assert!(heard.contains("FAIL REGISTER ALREADY_AUTHENTICATED alice :"), "{heard}");
    world.connect("bob");
    let heard = told(&mut world, &shelf, "bob", "CAP LS 302\nNICK alice\nUSER a 0 * :a\nCAP END\n");
    assert!(heard.contains("sasl=PLAIN,SCRAM-SHA-256"), "{heard}");
    assert!(heard.contains("draft/account-registration=custom-account-name"), "{heard}");
    assert!(heard.contains(" 433 * alice :Nickname is registered"), "{heard}");
    let lines = format!("AUTHENTICATE PLAIN\nAUTHENTICATE {ALICE}\nNICK alice\n");
    let heard = told(&mut world, &shelf, "bob", &lines);
    let begins = ":irc.test AUTHENTICATE +\r\n\
                  :irc.test 900 * *!*@* alice :You are now logged in as alice\r\n\
                  :irc.test 903 * :SASL authentication successful\r\n\
                  :irc.test 001 alice ";
    assert!(heard.starts_with(begins), "{heard}");
    // And again, which changes nothing.
    let lines = format!("AUTHENTICATE PLAIN\nAUTHENTICATE {ALICE}\n");
    let heard = told(&mut world, &shelf, "bob", &lines);
    assert!(heard.contains(" 900 alice alice!~a@local alice ") && heard.contains(" 903 alice "));
    let lines = "AUTHENTICATE PLAIN\nAUTHENTICATE AGFsaWNlAHg=\nAUTHENTICATE FOO\nAUTHENTICATE *\n";
    let heard = told(&mut world, &shelf, "bob", lines);
    let codes: Vec<&str> = heard.lines().filter_map(|line| line.split(' ').nth(1)).collect();
    assert_eq!(codes, ["AUTHENTICATE", "904", "908", "904", "906"], "{heard}");
}

#[test]
fn neighbours_are_told_in_the_form_that_they_read() {
    let shelf = SharedShelf::default();
    let mut world = world(&shelf, offered());
    world.join("paul");
    world.types("paul", "/join den");
    world.types("paul", "/numbers off");
    comes(&mut world, &shelf, "old", "multi-prefix");
    comes(&mut world, &shelf, "new", "account-notify account-tag extended-join");
    comes(&mut world, &shelf, "alice", "multi-prefix");
    for name in ["paul", "old"] {
        world.hears(name);
    }
    let heard = world.hears("new");
    assert!(heard.ends_with(":alice!~alice@local JOIN #den * :Real alice\r\n"), "{heard}");
    told(&mut world, &shelf, "alice", "REGISTER * * sesame\n");
    assert_eq!(["paul", "old"].map(|name| world.hears(name)), ["", ""]);
    assert_eq!(world.hears("new"), ":alice!~alice@local ACCOUNT alice\r\n");
    told(
        &mut world,
        &shelf,
        "alice",
        "PRIVMSG #den :hi\nPART #den\nJOIN #den\nPRIVMSG new :psst\n",
    );
    let heard = world.hears("new");
    for line in [
        "@account=alice :alice!~alice@local PRIVMSG #den :hi\r\n",
        ":alice!~alice@local JOIN #den alice :Real alice\r\n",
        "@account=alice :alice!~alice@local PRIVMSG new :psst\r\n",
    ] {
        assert!(heard.contains(line), "{line}: {heard}");
    }
    assert!(world.hears("old").contains("\r\n:alice!~alice@local JOIN #den\r\n"));
    let heard = world.hears("paul");
    assert!(heard.contains("alice: hi\nalice left!\nalice joined!\n"), "{heard}");
    let heard = told(&mut world, &shelf, "alice", "NS LOGOUT\n");
    assert!(heard.contains(" 901 alice alice!~alice@local :"), "{heard}");
    assert_eq!(world.hears("new"), ":alice!~alice@local ACCOUNT *\r\n");
}

#[test]
fn old_clients_and_bouncers_log_in_their_way() {
    let shelf = SharedShelf::default();
    let mut world = world(&shelf, offered());
    comes(&mut world, &shelf, "alice", "multi-prefix");
    let heard = told(&mut world, &shelf, "alice", "PRIVMSG NickServ :REGISTER sesame a@b.org\n");
    let notice = ":NickServ!NickServ@services NOTICE alice :";
    assert!(heard.starts_with(&format!("{notice}alice is yours from now on\r\n")), "{heard}");
    let heard = told(&mut world, &shelf, "alice", "NS LOGOUT\nNS IDENTIFY sesame\nNS\n");
    assert!(heard.contains(" 901 ") && heard.contains(" 900 "), "{heard}");
    assert!(heard.contains(&format!("{notice}I know REGISTER")), "{heard}");
    told(&mut world, &shelf, "alice", "QUIT\n");
    world.connect("znc");
    let lines = "PASS alice:sesame\nNICK alice\nUSER a 0 * :a\n";
    let heard = told(&mut world, &shelf, "znc", lines);
    assert!(heard.starts_with(":irc.test 900 * ") && heard.contains(" 001 alice "), "{heard}");
    world.connect("wrong");
    let heard = told(&mut world, &shelf, "wrong", &lines.replace("sesame", "simsim"));
    assert!(heard.starts_with(":irc.test 464 * :Password incorrect\r\nERROR "), "{heard}");
    assert!(matches!(world.person("wrong").closed, Some(CloseReason::Told(_))));
}

#[test]
fn who_may_register_is_a_setting() {
    let shelf = SharedShelf::default();
    let mut first = world(&shelf, offered());
    first.connect("alice");
    let heard = told(&mut first, &shelf, "alice", "NICK alice\nREGISTER * * sesame\nREGISTER x\n");
    assert_eq!(
        heard,
        ":irc.test FAIL REGISTER COMPLETE_CONNECTION_REQUIRED * :choose a nickname before you \
         register an account\r\n:irc.test FAIL REGISTER NEED_MORE_PARAMS :An account needs a name, \
         an address or *, and a password\r\n"
    );
    let offer = AccountOffer { is_there: true, before_connect: true, email_required: true };
    let mut second = world(&shelf, offer);
    second.connect("alice");
    let heard = told(&mut second, &shelf, "alice", "CAP LS 302\nNICK alice\nREGISTER * * sesame\n");
    assert!(heard.contains("=before-connect,custom-account-name,email-required"), "{heard}");
    assert!(heard.contains("FAIL REGISTER INVALID_EMAIL * :"), "{heard}");
    let lines = "REGISTER * a@b.org sesame\nVERIFY alice 1\n";
    let heard = told(&mut second, &shelf, "alice", lines);
    assert!(heard.contains("REGISTER SUCCESS alice "), "{heard}");
    assert!(heard.contains("FAIL VERIFY INVALID_CODE alice :"), "{heard}");
    // Where nothing is stored, nothing is offered.
    let mut third = world(&shelf, AccountOffer::default());
    third.turn.server.storage().set_archive(None);
    third.connect("bob");
    let lines = "CAP LS 302\nCAP REQ sasl\nAUTHENTICATE PLAIN\nAUTHENTICATE AGFsaWNlAHNlc2FtZQ==\n";
    let heard = told(&mut third, &shelf, "bob", lines);
    assert!(!heard.contains("sasl=") && heard.contains("NAK :sasl"), "{heard}");
    assert!(heard.contains(" 904 "), "{heard}");
}

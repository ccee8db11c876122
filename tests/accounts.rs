//! Accounts: registering, logging in, nicknames and rooms that belong to somebody, over restarts
//! and hand-overs.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use std::time::Duration;

use common::shelf::SharedShelf;
use common::{World, settings};
use mio_chat::limits;
use mio_chat::server::{CloseReason, Operator, Server, Settings};

/// As usual, with passwords that are hashed in a moment.
fn quick() -> Settings {
    Settings { account_rounds: 10, ..settings() }
}

/// What somebody hears of a line, when all is done that takes a while.
fn told(world: &mut World, name: &str, line: &str) -> String {
    world.hears(name);
    world.types(name, line);
    world.wait(Duration::from_secs(1));
    world.hears(name)
}

/// Registers a member, and has that stored.
fn registers(world: &mut World, shelf: &SharedShelf, name: &str, password: &str) -> String {
    let mut heard = told(world, name, &format!("/register {password}"));
    world.save(&mut shelf.get_mut(), 100);
    world.wait(Duration::from_secs(1));
    heard.push_str(&world.hears(name));
    heard
}

/// Another process goes on.
fn hand_over(world: &mut World, shelf: &SharedShelf) {
    let document = serde_json::to_string(&world.turn.server.handover().state(world.now)).unwrap();
    let state = serde_json::from_str(&document).unwrap();
    world.turn.server = Server::taken_over(
        // Whoever logs in now is checked for some turns.
        Settings { account_rounds: 10_000, ..quick() },
        state,
        true,
    );
    world.turn.server.storage().set_archive(shelf.archive());
    world.turn.server.status().check_invariants();
    world.run();
}

const YOURS: &str = "* the nickname alice is yours from now on; when you come back: /login alice \
                     PASSWORD\n";

#[test]
fn a_registered_nickname_is_its_owners_over_a_restart() {
    let shelf = SharedShelf::default();
    let mut world = World::kept(quick(), &shelf);
    world.join("alice");
    let heard = told(&mut world, "alice", "/register open sesame");
    assert_eq!(heard, "* your password is being checked\n", "nothing is done before it is stored");
    world.save(&mut shelf.get_mut(), 100);
    world.wait(Duration::from_secs(1));
    assert_eq!(world.hears("alice"), YOURS);
    let mut world = World::kept(quick(), &shelf);
    world.connect("alice");
    let owned = "* the nickname Alice is registered: if it is yours, type /login Alice PASSWORD; \
                 or else /nick NAME\n";
    assert_eq!(told(&mut world, "alice", "Alice"), owned);
    let heard = told(&mut world, "alice", "/login alice open sesame");
    assert!(
        heard.starts_with(
            "* your password is being checked\n* you are logged in as alice\nConnected to server!"
        ),
        "{heard}"
    );
    // Who is logged in may be called something else, and comes back to the name.
    assert!(told(&mut world, "alice", "/nick rob").contains("is now rob"));
    world.join("bob");
    assert!(told(&mut world, "bob", "/nick alice").contains("alice is registered"));
    assert!(told(&mut world, "alice", "/nick alice").contains("is now alice"));
    assert_eq!(told(&mut world, "alice", "/logout"), "* you are not logged in any more\n");
    assert!(told(&mut world, "alice", "/logout").contains("you are not logged in"));
}

#[test]
fn an_operator_may_be_an_account() {
    let shelf = SharedShelf::default();
    let operators = vec![Operator { name: "alice".into(), password: None }];
    let mut world = World::kept(Settings { operators, ..quick() }, &shelf);
    world.join("alice");
    world.join("bob");
    registers(&mut world, &shelf, "alice", "open sesame");
    let usage = told(&mut world, "bob", "/oper alice");
    assert_eq!(usage, "* usage: /oper NAME PASSWORD\n");
    let heard = told(&mut world, "bob", "/oper alice open sesame");
    assert!(!heard.contains("you look after the server"), "the password is no operator's: {heard}");
    let heard = told(&mut world, "alice", "/oper alice");
    assert!(heard.contains("you look after the server"), "{heard}");
    // From anywhere, by whatever nickname.
    world.types("alice", "/quit");
    assert!(told(&mut world, "bob", "/login alice open sesame").contains("logged in as alice"));
    assert!(told(&mut world, "bob", "/oper Alice").contains("you look after the server"));
}

#[test]
fn without_a_store_there_are_no_accounts() {
    let mut world = World::new(quick());
    world.join("alice");
    for line in ["/register sesame", "/login alice sesame", "/password-change a b"] {
        let heard = told(&mut world, "alice", line);
        assert_eq!(
            heard,
            "* that is not possible here: this server stores nothing, so it has no accounts\n"
        );
    }
}

#[test]
fn what_cannot_be_stored_is_not_done() {
    let shelf = SharedShelf::default();
    let mut world = World::kept(quick(), &shelf);
    world.join("alice");
    told(&mut world, "alice", "/register sesame");
    let failed: Result<(), ()> = world.turn.server.storage().save(100, |_| Err(()));
    assert_eq!(failed, Err(()));
    world.wait(Duration::from_secs(1));
    assert!(world.hears("alice").contains("cannot be stored now"));
    assert!(registers(&mut world, &shelf, "alice", "sesame").ends_with(YOURS));
    // A new password, too.
    told(&mut world, "alice", "/password-change sesame simsim");
    let failed: Result<(), ()> = world.turn.server.storage().save(100, |_| Err(()));
    assert_eq!(failed, Err(()));
    world.wait(Duration::from_secs(1));
    assert!(world.hears("alice").contains("cannot be stored now"));
    world.save(&mut shelf.get_mut(), 100);
    told(&mut world, "alice", "/logout");
    assert!(told(&mut world, "alice", "/login alice simsim").contains("not the password"));
    assert!(told(&mut world, "alice", "/login alice sesame").contains("logged in as alice"));
}

#[test]
fn a_changed_password_counts_and_the_old_one_does_not() {
    let shelf = SharedShelf::default();
    let mut world = World::kept(quick(), &shelf);
    world.join("alice");
    registers(&mut world, &shelf, "alice", "sesame");
    assert!(told(&mut world, "alice", "/password-change wrong new").contains("not the password"));
    told(&mut world, "alice", "/password-change sesame caf\u{65}\u{301} 7");
    world.save(&mut shelf.get_mut(), 100);
    world.wait(Duration::from_secs(1));
    assert_eq!(world.hears("alice"), "* your password is changed\n");
    told(&mut world, "alice", "/logout");
    assert!(told(&mut world, "alice", "/login alice sesame").contains("not the password"));
    // However the accent is typed.
    let heard = told(&mut world, "alice", "/login alice caf\u{e9} 7");
    assert_eq!(heard, "* you are logged in as alice\n", "it was proved, and is not hashed again");
}

#[test]
fn three_wrong_passwords_close_the_connection() {
    let shelf = SharedShelf::default();
    let mut world = World::kept(quick(), &shelf);
    world.join("alice");
    registers(&mut world, &shelf, "alice", "sesame");
    world.types("alice", "/quit");
    world.join("bob");
    for name in ["alice", "nobody"] {
        let heard = told(&mut world, "bob", &format!("/login {name} guess"));
        assert_eq!(
            heard,
            "* your password is being checked\n* that is not the password of that account; try \
             again: /login NAME PASSWORD\n"
        );
    }
    let heard = told(&mut world, "bob", "/login alice again");
    assert!(heard.ends_with("* too many wrong passwords; connect again when you know it\n"));
    assert!(matches!(world.person("bob").closed, Some(CloseReason::Told(_))));
    // Without a nickname, too.
    world.connect("carol");
    for _ in 0..limits::WRONG_LOGINS_MAX {
        told(&mut world, "carol", "/login alice guess");
    }
    assert!(matches!(world.person("carol").closed, Some(CloseReason::Told(_))));
}

#[test]
fn who_is_checked_is_not_heard_and_others_are() {
    let shelf = SharedShelf::default();
    let mut world = World::kept(Settings { account_rounds: 10_000, ..quick() }, &shelf);
    world.join("alice");
    world.join("bob");
    world.types("alice", "/register sesame\nhello");
    world.types("bob", "hi");
    assert_eq!(world.hears("alice"), "* your password is being checked\nbob: hi\n");
    world.wait(Duration::from_secs(1));
    assert_eq!(world.hears("bob"), "bob: hi\n");
    world.save(&mut shelf.get_mut(), 100);
    world.wait(Duration::from_secs(1));
    assert_eq!(world.hears("bob"), "alice: hello\n");
    // Who leaves meanwhile keeps nobody waiting.
    world.types("bob", "/login alice x");
    world.vanishes("bob");
    world.wait(Duration::from_secs(1));
}

#[test]
fn names_are_registered_by_who_may_have_them_and_not_many() {
    let shelf = SharedShelf::default();
    let mut world = World::kept(quick(), &shelf);
    world.join_from("alice", "192.0.2.7");
    world.join_from("bob", "192.0.2.7");
    registers(&mut world, &shelf, "alice", "sesame");
    let heard = told(&mut world, "alice", "/register again");
    assert_eq!(heard, "* you are logged in as alice already (/logout)\n");
    told(&mut world, "alice", "/logout");
    let heard = told(&mut world, "alice", "/register again");
    assert_eq!(heard, "* the nickname alice is registered already (/login alice PASSWORD)\n");
    world.types("bob", "/format json");
    world.hears("bob");
    for (request, code) in [
        (r#"{"t":"register","account":"alice","password":"x"}"#, "account-exists"),
        (r#"{"t":"register","account":"help","password":"x"}"#, "nick-reserved"),
        (r#"{"t":"register","password":""}"#, "password-bad"),
        (r#"{"t":"register","password":"x","email":"nowhere"}"#, "email-bad"),
        (r#"{"t":"register"}"#, "bad-json"),
    ] {
        let heard = told(&mut world, "bob", request);
        assert!(heard.contains(&format!("\"code\":\"{code}\"")), "{request}: {heard}");
    }
    world.types("bob", r#"{"t":"register","id":7,"password":"x","email":"bob@example.org"}"#);
    world.wait(Duration::from_secs(1));
    assert!(world.hears("bob").starts_with("{\"t\":\"checking\""));
    world.save(&mut shelf.get_mut(), 100);
    world.wait(Duration::from_secs(1));
    let heard = world.hears("bob");
    assert!(
        heard.starts_with("{\"t\":\"account\",\"account\":\"bob\",\"registered\":true,"),
        "{heard}"
    );
    assert!(heard.contains("{\"t\":\"ok\",\"re\":7"), "{heard}");
    let stored = shelf.get().0.accounts.clone();
    let emails: Vec<_> = stored.iter().filter_map(|account| account.email.as_deref()).collect();
    assert_eq!(emails, ["bob@example.org"]);
    world.join_from("carol", "192.0.2.7");
    registers(&mut world, &shelf, "carol", "x");
    world.join_from("dave", "192.0.2.7");
    let heard = registers(&mut world, &shelf, "dave", "x");
    assert!(heard.contains("too many accounts were registered from your address"), "{heard}");
    world.join_from("erin", "198.51.100.1");
    assert!(registers(&mut world, &shelf, "erin", "x").contains("is yours"));
}

#[test]
fn a_room_belongs_to_the_account_of_its_founder() {
    let shelf = SharedShelf::default();
    let mut world = World::kept(quick(), &shelf);
    world.join("alice");
    registers(&mut world, &shelf, "alice", "sesame");
    told(&mut world, "alice", "/join den");
    told(&mut world, "alice", "/password simsim");
    world.save(&mut shelf.get_mut(), 100);
    let mut world = World::kept(quick(), &shelf);
    world.connect("alice");
    told(&mut world, "alice", "/login alice sesame");
    // Without the password and without a key.
    let heard = told(&mut world, "alice", "/join den");
    assert!(heard.contains("* the room den: alice was made the owner by alice"), "{heard}");
    assert!(told(&mut world, "alice", "/password off").contains("needs no password any more"));
    // Who logs in while there owns it, too.
    world.join("bob");
    told(&mut world, "bob", "/join den");
    told(&mut world, "alice", "/logout");
    told(&mut world, "alice", "/leave");
    told(&mut world, "alice", "/join den");
    assert!(told(&mut world, "alice", "/op bob").contains("would have to own"));
    assert!(told(&mut world, "alice", "/login alice sesame").contains("made the owner"));
    // It is given away with its account.
    told(&mut world, "alice", "/give bob");
    told(&mut world, "alice", "/leave");
    told(&mut world, "alice", "/join den");
    assert!(told(&mut world, "alice", "/op bob").contains("would have to own"));
}

#[test]
fn a_program_logs_in_before_its_nickname() {
    let shelf = SharedShelf::default();
    let mut world = World::kept(quick(), &shelf);
    world.join("alice");
    registers(&mut world, &shelf, "alice", "sesame");
    world.types("alice", "/quit");
    world.connect("program");
    world.types("program", "/format json");
    world.types("program", r#"{"t":"login","id":1,"account":"alice","password":"sesame"}"#);
    world.types("program", r#"{"t":"hello","id":2,"nick":"alice","room":"den"}"#);
    world.wait(Duration::from_secs(1));
    let heard = world.hears("program");
    let places = ["\"account\":\"alice\"", "\"re\":1", "\"t\":\"welcome\"", "\"re\":2"]
        .map(|part| heard.find(part).unwrap_or_else(|| panic!("{part}: {heard}")));
    assert!(places.is_sorted(), "{heard}");
    world.turn.server.status().check_invariants();
}

#[test]
fn log_ins_and_proved_passwords_are_handed_over() {
    let shelf = SharedShelf::default();
    let mut world = World::kept(quick(), &shelf);
    ["alice", "bob", "carol"].iter().for_each(|name| {
        world.join(name);
    });
    registers(&mut world, &shelf, "alice", "sesame");
    registers(&mut world, &shelf, "bob", "simsim");
    told(&mut world, "bob", "/logout");
    hand_over(&mut world, &shelf);
    let heard = told(&mut world, "bob", "/login bob simsim");
    assert_eq!(heard, "* you are logged in as bob\n", "remembered");
    assert!(told(&mut world, "alice", "/register x").contains("logged in as alice already"));
    assert!(told(&mut world, "carol", "/nick bob").contains("is taken"));
    // Who is being checked is asked to try again.
    world.types("carol", "/login nobody guess");
    hand_over(&mut world, &shelf);
    let heard = world.hears("carol");
    assert!(heard.ends_with("* too many passwords are being checked; try again in a minute\n"));
}

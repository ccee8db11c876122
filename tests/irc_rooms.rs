//! Rooms as people on IRC have them, beside people with plain lines: modes, masks, invitations,
//! owners without a key. Told on the whole server in memory.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use common::{World, settings};

/// Somebody comes by IRC.
fn comes_by_irc(world: &mut World, name: &str) {
    world.connect(name);
    world.sends(name, format!("NICK {name}\r\nUSER irc 0 * :Somebody\r\n").as_bytes());
    assert!(world.hears(name).contains(&format!(" 001 {name} ")));
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

/// Irene has made a room over IRC; bob has come into it with plain lines.
fn shared_room() -> World {
    let mut world = World::new(settings());
    comes_by_irc(&mut world, "irene");
    world.join("bob");
    world.sends("irene", b"JOIN #den\r\n");
    world.types("bob", "/join den");
    forget(&mut world);
    world
}

#[test]
fn every_change_is_told_to_both() {
    let mut world = shared_room();
    for (line, by_irc, plain) in [
        (
            "MODE #den +ms",
            ":irene!~irc@local MODE #den +ms\n",
            "* from now on, by irene: only who has a voice may speak (m); the room is not listed \
             (s)\n",
        ),
        (
            "MODE #den -s+l 20",
            ":irene!~irc@local MODE #den -s\n:irene!~irc@local MODE #den +l 20\n",
            "* no longer, by irene: the room is not listed (s)\n\
             * at most 20 may be here now, by irene\n",
        ),
        (
            "MODE #den +v bob",
            ":irene!~irc@local MODE #den +v bob\n",
            "* bob has a voice now, by irene\n",
        ),
        ("MODE #den +v bob", "", ""),
        (
            "MODE #den +b carol",
            ":irene!~irc@local MODE #den +b carol!*@*\n",
            "* the room den: carol was banned by irene\n",
        ),
        (
            "MODE #den +b *!~bad@*",
            ":irene!~irc@local MODE #den +b *!~bad@*\n",
            "* the room den: *!~bad@* was banned by irene\n",
        ),
        (
            "MODE #den +b m:dave",
            ":irene!~irc@local MODE #den +b m:dave!*@*\n",
            "* the room den: dave was muted by irene\n",
        ),
        (
            "MODE #den +eI a:carol c*!*@*",
            ":irene!~irc@local MODE #den +e a:carol\n:irene!~irc@local MODE #den +I c*!*@*\n",
            "* exception for a:carol, whom no ban or mute is on, by irene\n\
             * exception for c*!*@*, who need no invitation, by irene\n",
        ),
        ("MODE #den +k sesame", ":irene!~irc@local MODE #den +k *\n", ""),
        ("MODE #den -k x", ":irene!~irc@local MODE #den -k *\n", ""),
    ] {
        assert_eq!(told(&mut world, "irene", line), by_irc, "{line}");
        assert_eq!(world.hears("bob"), plain, "{line}");
    }
}

#[test]
fn lists_and_rules_are_told() {
    let mut world = shared_room();
    told(&mut world, "irene", "MODE #den +bl dave 3");
    let rules = told(&mut world, "irene", "MODE #den");
    assert!(
        rules.starts_with(":localhost 324 irene #den +ntl 3\n")
            || rules.contains(" 324 irene #den +ntl 3\n"),
        "{rules}"
    );
    assert!(rules.contains(" 329 irene #den "), "{rules}");
    let bans = told(&mut world, "irene", "MODE #den b");
    assert!(bans.contains(" 367 irene #den dave!*@* irene ") && bans.contains(" 368 irene #den :"));
    forget(&mut world);
    world.types("bob", "/bans");
    assert_eq!(world.hears("bob"), "* the ban 1 in den: dave, by irene\n");
    let names = told(&mut world, "irene", "NAMES #den");
    assert!(names.contains(" 353 irene = #den :@irene bob\n"), "{names}");
    let list = told(&mut world, "irene", "LIST >1");
    assert!(list.contains(" 322 irene #den 2 :\n") && list.contains(" 323 "), "{list}");
    assert!(!told(&mut world, "irene", "LIST >2").contains(" 322 "));
    assert!(!told(&mut world, "irene", "LIST !d?n").contains("#den"));
}

#[test]
fn a_plain_invitation_opens_a_room_to_irc_and_the_other_way_round() {
    let mut world = shared_room();
    comes_by_irc(&mut world, "ivan");
    world.join("carol");
    told(&mut world, "irene", "MODE #den +i");
    forget(&mut world);
    assert!(told(&mut world, "ivan", "JOIN #den").contains(" 473 ivan #den :"));
    assert!(told(&mut world, "irene", "INVITE carol #den").contains(" 341 irene carol #den\n"));
    assert_eq!(world.hears("carol"), "* you are invited to the room den by irene: /join den\n");
    world.types("carol", "/join den");
    assert!(world.hears("carol").contains("you are in den"));
    told(&mut world, "irene", "MODE #den +o carol");
    world.types("carol", "/invite ivan den");
    assert_eq!(world.hears("ivan"), ":carol!~plain@local INVITE ivan #den\r\n");
    assert!(told(&mut world, "ivan", "INVITE").contains(" 336 ivan #den\n"));
    assert!(told(&mut world, "ivan", "JOIN #den").contains(":ivan!~irc@local JOIN #den\n"));
}

#[test]
fn a_room_that_irc_has_made_is_forgotten_when_the_last_has_left() {
    let mut world = shared_room();
    world.types("bob", "the secret");
    told(&mut world, "irene", "MODE #den +ik sesame");
    told(&mut world, "irene", "TOPIC #den :hush");
    told(&mut world, "irene", "PART #den");
    world.types("bob", "/leave");
    forget(&mut world);
    comes_by_irc(&mut world, "ivan");
    let came = told(&mut world, "ivan", "JOIN #den");
    assert!(came.contains(":@ivan\n"), "{came}");
    assert!(told(&mut world, "ivan", "MODE #den").contains(" 324 ivan #den +nt\n"));
    told(&mut world, "ivan", "PART #den");
    world.types("bob", "/join den");
    let came = world.hears("bob");
    assert!(came.contains("you own den") && !came.contains("secret"), "{came}");
    world.types("bob", "/leave");
    let came = told(&mut world, "ivan", "JOIN #den");
    assert!(came.contains(":ivan\n"), "a room with a key stays its owner's: {came}");
}

#[test]
fn operators_of_a_room_without_a_key_are_equals_but_for_its_owner() {
    let mut world = shared_room();
    comes_by_irc(&mut world, "ivan");
    told(&mut world, "ivan", "JOIN #den");
    told(&mut world, "irene", "MODE #den +oo ivan bob");
    forget(&mut world);
    assert!(told(&mut world, "ivan", "MODE #den -o irene").contains(" 482 ivan "));
    assert_eq!(told(&mut world, "ivan", "MODE #den -o bob"), ":ivan!~irc@local MODE #den -o bob\n");
    assert_eq!(
        told(&mut world, "ivan", "MODE #den -o ivan"),
        ":ivan!~irc@local MODE #den -o ivan\n"
    );
    assert!(told(&mut world, "ivan", "MODE #den +m").contains(" 482 ivan #den "));
}

#[test]
fn what_a_mode_lacks_is_said() {
    let mut world = shared_room();
    for (line, code) in [
        ("MODE #den +l 0", " 696 irene #den l 0 "),
        ("MODE #den +k", " 696 irene #den k * "),
        ("MODE #den +x", " 472 irene x "),
        ("MODE #den +o nobody", " 401 irene nobody "),
        ("MODE #nowhere +i", " 403 irene #nowhere "),
        ("MODE #main +m", " 442 irene #main "),
        ("INVITE bob", " 461 irene INVITE "),
        ("INVITE bob #den", " 443 irene bob #den "),
        ("JOIN #a,b", " 403 irene b "),
    ] {
        let answer = told(&mut world, "irene", line);
        assert!(answer.contains(code), "{line}: {answer}");
    }
}

#[test]
fn rooms_of_irc_may_have_names_that_begin_with_two_signs() {
    let mut world = shared_room();
    assert!(told(&mut world, "irene", "JOIN ##c++").contains(":irene!~irc@local JOIN ##c++\n"));
    world.types("bob", "/join ##c++");
    assert!(world.hears("bob").contains("you are in ##c++ with 1 other"));
    world.types("bob", "hello");
    assert!(world.hears("irene").contains("PRIVMSG ##c++ :hello\r\n"));
}

#[test]
fn a_message_to_the_voiced_reaches_them_and_whoever_looks_after_the_room_once() {
    let mut world = shared_room();
    comes_by_irc(&mut world, "carol");
    comes_by_irc(&mut world, "dave");
    told(&mut world, "carol", "JOIN #den");
    told(&mut world, "dave", "JOIN #den");
    told(&mut world, "irene", "MODE #den +vv irene carol");
    forget(&mut world);
    told(&mut world, "dave", "PRIVMSG +#den :who may speak?");
    let heard = world.hears("irene");
    assert_eq!(heard, ":dave!~irc@local PRIVMSG +#den :who may speak?\r\n", "once");
    assert_eq!(world.hears("carol"), heard);
    told(&mut world, "dave", "PRIVMSG @#den :who rules?");
    assert_eq!(world.hears("irene"), ":dave!~irc@local PRIVMSG @#den :who rules?\r\n");
    assert_eq!(world.hears("carol"), "");
    assert_eq!(world.hears("bob"), "");
}

#[test]
fn marks_and_names_are_told_as_the_client_has_asked() {
    let mut world = shared_room();
    told(&mut world, "irene", "MODE #den +v irene");
    assert!(told(&mut world, "irene", "WHO #den").contains(" irene H@ :0 Somebody\n"));
    told(&mut world, "irene", "CAP REQ :multi-prefix");
    assert!(told(&mut world, "irene", "WHO #den").contains(" irene H@+ :0 Somebody\n"));
    comes_by_irc(&mut world, "carol");
    told(&mut world, "carol", "CAP REQ :no-implicit-names");
    assert_eq!(told(&mut world, "carol", "JOIN #den"), ":carol!~irc@local JOIN #den\n");
    let heard = told(&mut world, "carol", "NAMES #den");
    assert!(heard.contains(" 353 carol = #den :") && heard.contains(" 366 carol #den "), "{heard}");
}

#[test]
fn an_invitation_is_forgotten_with_its_room() {
    let mut world = World::new(settings());
    for name in ["irene", "ann", "guest"] {
        comes_by_irc(&mut world, name);
    }
    told(&mut world, "irene", "JOIN #den\r\nINVITE guest #den\r\nPART #den");
    told(&mut world, "ann", "JOIN #den\r\nMODE #den +i");
    world.hears("guest");
    let heard = told(&mut world, "guest", "JOIN #den");
    assert!(heard.contains(" 473 guest #den :"), "{heard}");
}

#[test]
fn join_0_leaves_all_rooms() {
    let mut world = World::new(settings());
    world.join("bob");
    world.types("bob", "/join den");
    comes_by_irc(&mut world, "irene");
    told(&mut world, "irene", "JOIN #den,#tea");
    forget(&mut world);
    let heard = told(&mut world, "irene", "JOIN 0");
    let told_of = |room: &str| heard.contains(&format!(":irene!~irc@local PART #{room}\n"));
    assert!(told_of("den") && told_of("tea"), "{heard}");
    assert_eq!(heard.lines().count(), 2, "{heard}");
    assert_eq!(world.hears("bob"), "irene left!\n");
    assert_eq!(told(&mut world, "irene", "JOIN 0"), "", "it is in none");
    let heard = told(&mut world, "irene", "JOIN #tea,0,#den");
    assert!(heard.contains("PART #tea") && heard.contains("JOIN #den"), "{heard}");
}

//! Rooms that somebody owns, and order in them: who may do what to whom, and what comes of it.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use std::time::Duration;

use common::shelf::Shelf;
use common::{World, governed, settings};
use mio_chat::limits;

/// Alice, who owns `games`, and bob and carol, who are there; dave is in `main`.
fn games() -> World {
    let mut world = World::new(settings());
    seat(&mut world);
    world
}

fn seat(world: &mut World) {
    for name in ["alice", "bob", "carol", "dave"] {
        world.join(name);
    }
    for name in ["alice", "bob", "carol"] {
        world.types(name, "/join games");
    }
    forget(world);
}

fn forget(world: &mut World) {
    for name in world.names() {
        world.hears(&name);
    }
}

/// Somebody proves to look after the server.
fn opers(world: &mut World, name: &str) {
    world.types(name, "/oper root_7 password");
    world.wait(Duration::from_secs(1));
    let heard = world.hears(name);
    assert!(heard.contains("* you look after the server now"), "{heard}");
    forget(world);
}

/// What somebody is told alone.
fn told(world: &mut World, name: &str, line: &str) -> String {
    world.hears(name);
    world.types(name, line);
    world.hears(name)
}

#[test]
fn who_makes_a_room_owns_it_and_can_prove_it_later() {
    let mut world = World::default();
    world.join("alice");
    world.join("bob");
    let heard = told(&mut world, "alice", "/join games");
    let key = heard.trim().rsplit(' ').next().unwrap().to_owned();
    assert!(heard.contains("* you own games") && key.len() == 16, "{heard}");
    world.types("bob", "/join games");
    let refused = told(&mut world, "bob", "/topic mine");
    assert_eq!(refused, "* you would have to be an operator of games to do that (/help rooms)\n");
    world.vanishes("alice");
    // A nickname proves nothing.
    world.types("bob", "/nick alice");
    assert!(told(&mut world, "bob", "/op bob").contains("* you would have to own games"));
    assert!(told(&mut world, "bob", "/own 0123456789abcdef").contains("not the key of games"));
    world.connect("alice again");
    world.types("alice again", "alice2");
    world.types("alice again", "/join games");
    forget(&mut world);
    world.types("alice again", &format!("/own {key}"));
    let public = "* the room games: alice2 was made the owner by alice2\n";
    assert_eq!(world.hears("bob"), public);
    assert!(told(&mut world, "alice again", "/topic chess").contains("* the topic is now: chess"));
}

#[test]
fn the_command_that_the_owner_is_told_works_wherever_the_owner_is() {
    let mut world = World::default();
    world.join("alice");
    world.join("bob");
    let heard = told(&mut world, "alice", "/join games");
    let command = heard.trim().rsplit_once(": ").unwrap().1.to_owned();
    assert!(command.starts_with("/join games "), "{heard}");
    world.types("bob", "/join games");
    forget(&mut world);
    // From main, from the room itself as bob's, and once more in vain.
    world.types("alice", "/leave");
    forget(&mut world);
    let public = "* the room games: alice was made the owner by alice\n";
    assert!(told(&mut world, "alice", &command).ends_with(public));
    forget(&mut world);
    let public = "* the room games: bob was made the owner by bob\n";
    assert_eq!(told(&mut world, "bob", &command), public);
    let already = "* you are in games already (/rooms lists others)\n";
    assert_eq!(told(&mut world, "bob", &command), already);
    assert_eq!(told(&mut world, "alice", "/join games 0123456789abcdef"), already);
}

#[test]
fn a_room_that_was_given_away_is_the_others_alone() {
    let mut world = World::default();
    world.join("alice");
    world.join("bob");
    let heard = told(&mut world, "alice", "/join games");
    let old = heard.trim().rsplit(' ').next().unwrap().to_owned();
    world.types("bob", "/join games");
    forget(&mut world);
    world.types("alice", "/give bob");
    assert_eq!(world.hears("alice"), "* the room games: bob was made the owner by alice\n");
    assert!(world.hears("bob").contains("* you own games"));
    assert!(told(&mut world, "alice", "/op alice").contains("* you would have to own games"));
    assert!(told(&mut world, "alice", &format!("/own {old}")).contains("not the key"));
    assert!(told(&mut world, "bob", "/op alice").contains("alice was made an operator by bob"));
}

#[test]
fn operators_keep_order_among_members_only() {
    let mut world = games();
    world.types("alice", "/op bob");
    assert_eq!(world.hears("carol"), "* the room games: bob was made an operator by alice\n");
    let refused = told(&mut world, "bob", "/kick alice");
    assert_eq!(refused, "* you cannot do that to alice, who may do as much as you\n");
    assert!(told(&mut world, "bob", "/kick bob").starts_with("* that is you"));
    assert!(told(&mut world, "bob", "/kick dave").starts_with("* nobody called dave is in games"));
    forget(&mut world);
    world.types("bob", "/kick carol too loud");
    let carol = world.hears("carol");
    assert!(carol.starts_with("* you were put out of games by bob: too loud\n"), "{carol}");
    assert!(carol.contains("carol joined!\n* you are in main with 1 other"), "{carol}");
    let public = "carol left!\n* the room games: carol was put out by bob: too loud\n";
    assert_eq!(world.hears("alice"), public);
    world.types("carol", "/join games");
    assert!(world.hears("carol").contains("* you are in games with 2 others"), "no ban");
    world.types("alice", "/deop bob");
    assert!(told(&mut world, "bob", "/kick carol").contains("be an operator of games"));
    assert!(told(&mut world, "alice", "/deop bob").contains("that is so already for bob"));
}

#[test]
fn a_ban_holds_for_the_name_and_what_looks_like_it_until_it_ends() {
    let mut world = games();
    world.types("alice", "/ban bob 10m spam");
    let bob = world.hears("bob");
    assert!(bob.starts_with("* you were banned from games by alice for 10m: spam\n"), "{bob}");
    assert!(world.hears("carol").ends_with("bob was banned by alice for 10m: spam\n"));
    let refused = told(&mut world, "bob", "/join games");
    assert_eq!(refused, "* you are banned from games for 10m more: spam\n");
    world.types("bob", "/nick B0B");
    assert!(told(&mut world, "bob", "/join games").starts_with("* you are banned from games"));
    let listed = told(&mut world, "carol", "/bans");
    assert_eq!(listed, "* the ban 1 in games: bob for 10m, by alice: spam\n");
    world.wait(Duration::from_secs(601));
    world.types("bob", "/join games");
    assert!(world.hears("bob").contains("* you are in games with 2 others"));
    let none = "* nobody is banned from games or muted there\n";
    assert_eq!(told(&mut world, "carol", "/bans"), none);
}

#[test]
fn a_ban_can_be_lifted_by_name_or_number() {
    let mut world = games();
    for (ban, lift) in [("/ban bob", "/unban BOB"), ("/ban bob", "/unban 1")] {
        world.types("alice", ban);
        assert!(told(&mut world, "bob", "/join games").starts_with("* you are banned from games"));
        let heard = told(&mut world, "alice", lift);
        assert_eq!(heard, "* the room games: bob was allowed back by alice\n");
        assert!(told(&mut world, "alice", lift).starts_with("* there is no ban on "));
        world.types("bob", "/join games");
        assert!(world.hears("bob").contains("* you are in games with"));
    }
}

#[test]
fn a_ban_by_address_is_on_everybody_from_there_and_shows_the_address_to_nobody() {
    let mut world = games();
    for (name, address) in [
        ("mallory", "192.0.2.7"),
        ("mallet", "::ffff:192.0.2.7"),
        ("eve", "2001:db8::7"),
        ("eva", "2001:db8::8"),
        ("olga", "192.0.2.9"),
    ] {
        world.join_from(name, address);
        world.types(name, "/join games");
    }
    forget(&mut world);
    world.types("alice", "/ban-ip mallory 1h");
    world.types("alice", "/ban-ip eve flood");
    let mut everything = String::new();
    for (name, put_out) in
        [("mallory", true), ("mallet", true), ("eve", true), ("eva", true), ("olga", false)]
    {
        let heard = world.hears(name);
        assert_eq!(heard.contains("* you were banned from games"), put_out, "{name}: {heard}");
        let refused = told(&mut world, name, "/join games");
        assert_eq!(refused.starts_with("* you are banned from games"), put_out, "{name}");
        everything += &heard;
    }
    everything += &told(&mut world, "alice", "/bans");
    assert!(everything.contains("the ban 1 in games: mallory and the address for 1h, by alice\n"));
    assert!(!everything.contains("192.0.2") && !everything.contains("db8"), "{everything}");
    let refused = told(&mut world, "alice", "/ban-ip bob");
    assert!(refused.starts_with("* the connection of bob shares an address"), "{refused}");
    let refused = told(&mut world, "alice", "/ban-ip 192.0.2.9");
    assert!(refused.contains("look after the server to name an address"), "{refused}");
}

#[test]
fn who_is_muted_reads_on_and_keeps_that_name() {
    let mut world = games();
    world.types("alice", "/mute bob 90s calm down");
    assert_eq!(
        world.hears("bob"),
        "* the room games: bob was muted by alice for 1m30s: calm down\n"
    );
    let refused = told(&mut world, "bob", "hello?");
    assert_eq!(refused, "* you are muted in games for 1m30s more: calm down\n");
    assert!(told(&mut world, "bob", "/me waves").starts_with("* you are muted in games"));
    assert!(told(&mut world, "bob", "/nick rob").starts_with("* you are muted in games, so"));
    world.types("carol", "hello bob");
    assert!(world.hears("bob").ends_with("carol: hello bob\n"));
    world.types("alice", "/unmute bob");
    assert!(world.hears("bob").contains("bob was allowed to speak again by alice"));
    world.types("bob", "thanks");
    assert!(world.hears("carol").ends_with("bob: thanks\n"));
    world.types("alice", "/mute bob 90s");
    world.wait(Duration::from_secs(90));
    world.types("bob", "thanks again");
    assert!(world.hears("carol").ends_with("bob: thanks again\n"));
}

#[test]
fn who_is_ignored_is_not_heard_under_any_name() {
    let mut world = games();
    world.types("bob", "/ignore carol");
    assert_eq!(world.hears("bob"), "* you hear nothing of carol any more (/unignore carol)\n");
    // In one turn, so that all of it is one run.
    world.person("alice").says("one\n");
    world.person("carol").says("two\n/me waves\n/nick karen\nthree\n");
    world.run();
    world.types("alice", "four");
    let renamed = "* the nickname carol is now karen\n";
    assert_eq!(world.hears("bob"), format!("alice: one\n{renamed}alice: four\n"));
    let all =
        format!("alice: one\ncarol: two\n* carol waves\n{renamed}karen: three\nalice: four\n");
    assert_eq!(world.hears("alice"), all);
    let refused = told(&mut world, "carol", "/msg bob psst");
    assert_eq!(refused, "* that was not passed on: you are ignored by bob\n");
    assert_eq!(told(&mut world, "bob", "/ignore"), "* you ignore carol, karen\n");
    for name in ["carol", "karen"] {
        world.types("bob", &format!("/unignore {name}"));
    }
    forget(&mut world);
    world.types("carol", "five");
    assert_eq!(world.hears("bob"), "karen: five\n");
    assert!(told(&mut world, "bob", "/ignore bob").starts_with("* that is you"));
    for number in 0..limits::IGNORED_MAX {
        world.types("bob", &format!("/ignore d{number}"));
    }
    assert!(told(&mut world, "bob", "/ignore last").starts_with("* you ignore as many as you can"));
}

#[test]
fn a_password_keeps_strangers_out() {
    let mut world = games();
    let heard = told(&mut world, "alice", "/password open sesame");
    assert_eq!(heard, "* the room games needs a password now: /join games PASSWORD\n");
    assert!(told(&mut world, "dave", "/join games").contains("games needs a password"));
    assert!(told(&mut world, "dave", "/join games sesame").contains("not the password of games"));
    assert!(told(&mut world, "dave", "/join games open sesame").contains("* you are in games"));
    world.types("alice", "/password off");
    world.types("dave", "/leave");
    assert!(told(&mut world, "dave", "/join games").contains("* you are in games"));
    assert!(told(&mut world, "bob", "/password x").contains("* you would have to own games"));
    assert!(told(&mut world, "dave", "/join new secret").starts_with("* that is no name: "));
}

#[test]
fn the_topic_is_told_to_who_comes() {
    let mut world = games();
    assert_eq!(told(&mut world, "bob", "/topic"), "* there is no topic in games\n");
    world.types("alice", "/topic chess \x1b[31mand\ttea");
    assert_eq!(world.hears("bob"), "* the topic is now: chess [31mand tea (by alice)\n");
    world.types("dave", "/join games");
    let heard = world.hears("dave");
    assert!(heard.ends_with("* the topic of games: chess [31mand tea (by alice)\n"), "{heard}");
    world.types("alice", "/topic -");
    assert_eq!(told(&mut world, "bob", "/topic"), "* there is no topic in games\n");
    let long = "x".repeat(limits::TOPIC_BYTES_MAX + 1);
    assert!(told(&mut world, "alice", &format!("/topic {long}")).contains("at most 256 bytes"));
}

#[test]
fn main_belongs_to_those_who_look_after_the_server() {
    let mut world = World::new(governed());
    seat(&mut world);
    let refused = told(&mut world, "dave", "/topic mine");
    assert_eq!(refused, "* you cannot do that in main: only those who look after the server may\n");
    assert!(told(&mut world, "dave", "/own 123").starts_with("* that is not for main"));
    world.types("dave", "/oper root_7 passw0rd");
    world.types("dave", "/oper somebody password");
    world.wait(Duration::from_secs(1));
    let heard = world.hears("dave");
    assert_eq!(
        heard.matches("no one who looks after the server").count(),
        2,
        "one by one: {heard}"
    );
    assert!(told(&mut world, "dave", "/nick root_7").contains("is kept for the server"));
    opers(&mut world, "dave");
    assert!(told(&mut world, "dave", "/nick root_7").contains("dave is now root_7"));
    world.join("eve");
    forget(&mut world);
    world.types("dave", "/kick eve");
    assert_eq!(world.hears("eve"), "* you were put out of main by root_7\n* goodbye\n");
    assert_eq!(world.person("eve").closed.map(|reason| reason.name()), Some("kicked"));
    world.types("dave", "/join games");
    assert!(told(&mut world, "dave", "/kick alice").contains("alice was put out by root_7"));
}

#[test]
fn who_is_banned_from_main_is_banned_from_the_server() {
    let mut world = World::new(governed());
    seat(&mut world);
    opers(&mut world, "dave");
    world.types("dave", "/ban bob 1d cheating");
    let heard = world.hears("bob");
    assert_eq!(heard, "* you were banned from main by dave for 1d: cheating\n* goodbye\n");
    assert_eq!(world.hears("alice"), "bob left!\n", "wherever he was");
    world.types("dave", "/kick carol");
    assert!(world.hears("carol").ends_with("* you were put out of main by dave\n* goodbye\n"));
    world.connect("bob again");
    world.types("bob again", "bob");
    let told_why = "* you are banned from main for 1d more: cheating\n* goodbye\n";
    assert_eq!(world.hears("bob again"), told_why);
    assert_eq!(world.person("bob again").closed.map(|reason| reason.name()), Some("banned"));
    world.types("dave", "/ban-ip 192.0.2.7");
    world.join_from("mallory", "::ffff:192.0.2.7");
    assert!(world.hears("mallory").starts_with("* you are banned from main until"));
    assert_eq!(
        told(&mut world, "dave", "/bans"),
        "* the ban 1 in main: bob for 1d, by dave: cheating\n\
         * the ban 2 in main: an address, by dave\n"
    );
    world.types("dave", "/unban 2");
    world.join_from("mallory", "192.0.2.7");
    assert!(world.hears("mallory").starts_with("Connected"));
}

#[test]
fn a_password_is_checked_while_others_talk() {
    let mut world = World::new(governed());
    seat(&mut world);
    world.types("dave", "/oper root_7 password");
    assert_eq!(world.hears("dave"), "* your password is being checked\n");
    world.types("alice", "hello");
    assert_eq!(world.hears("bob"), "alice: hello\n");
    assert_eq!(world.hears("dave"), "", "4,096 rounds are three turns");
    world.wait(3 * limits::PASSWORD_PAUSE);
    assert!(world.hears("dave").starts_with("* you look after the server now"));
    forget(&mut world);
    world.types("alice", "/oper root_7 password\nI am back");
    assert_eq!(world.hears("alice"), "* your password is being checked\n");
    assert_eq!(world.hears("bob"), "", "what follows waits for the answer");
    world.wait(3 * limits::PASSWORD_PAUSE);
    let (told, said) = (world.hears("alice"), world.hears("bob"));
    assert!(told.contains("you look after the server now") && told.ends_with("alice: I am back\n"));
    assert_eq!(said, "alice: I am back\n");
    world.types("alice", "/oper root_7 password");
    world.vanishes("alice");
    world.wait(Duration::from_secs(1));
}

#[test]
fn order_survives_a_restart() {
    let mut world = games();
    let mut shelf = Shelf::default();
    for line in ["/ban bob 1h spam", "/mute carol", "/password sesame", "/topic chess"] {
        world.types("alice", line);
    }
    world.save(&mut shelf, 100);
    world.types("alice", "/unmute carol");
    world.save(&mut shelf, 100);
    let mut world = World::restored(settings(), &shelf);
    world.join("bob");
    world.join("carol");
    assert!(told(&mut world, "bob", "/join games sesame").starts_with("* you are banned from"));
    assert!(told(&mut world, "carol", "/join games").contains("needs a password"));
    let heard = told(&mut world, "carol", "/join games sesame");
    assert!(heard.contains("* the topic of games: chess") && !heard.contains("you own"), "{heard}");
    assert!(told(&mut world, "carol", "hello").contains("carol: hello"));
}

#[test]
fn who_may_do_more_binds_those_who_keep_order() {
    let mut world = World::new(governed());
    seat(&mut world);
    opers(&mut world, "dave");
    for line in ["/op bob", "/mute bob"] {
        world.types("alice", line);
    }
    assert!(told(&mut world, "bob", "hello").starts_with("* you are muted in games"));
    for himself in ["/unmute BOB", "/unmute 1"] {
        assert!(told(&mut world, "bob", himself).starts_with("* that is you"), "{himself}");
    }
    world.types("dave", "/join games");
    world.types("dave", "/ban alice");
    assert!(world.hears("alice").contains("* you were banned from games by dave\n"));
    assert!(told(&mut world, "alice", "/join games").starts_with("* you are banned from games"));
}

#[test]
fn who_reads_numbers_from_now_on_keeps_the_offices_it_has() {
    let mut world = World::new(governed());
    seat(&mut world);
    world.types("alice", "/op alice");
    opers(&mut world, "alice");
    for line in ["/numbers on", "/numbers off", "/numbers on"] {
        world.types("alice", line);
    }
    let already = "* that is so already for alice; nothing has changed\n";
    assert_eq!(told(&mut world, "alice", "/op alice"), already);
    assert_eq!(told(&mut world, "alice", "/give alice"), already);
}

#[test]
fn nobody_can_keep_the_owner_out() {
    let mut world = World::default();
    world.join("alice");
    world.join("bob");
    let heard = told(&mut world, "alice", "/join games");
    let key = heard.trim().rsplit(' ').next().unwrap().to_owned();
    world.types("bob", "/join games");
    for line in ["/op bob", "/password sesame", "/leave"] {
        world.types("alice", line);
    }
    world.types("bob", "/ban alice mine now");
    assert!(told(&mut world, "alice", "/join games sesame").starts_with("* you are banned"));
    let heard = told(&mut world, "alice", &format!("/join games {key}"));
    assert!(heard.ends_with("* the room games: alice was made the owner by alice\n"), "{heard}");
    assert!(told(&mut world, "alice", "/kick bob").contains("bob was put out by alice"));
}

#[test]
fn a_long_list_of_bans_has_pages() {
    let mut world = games();
    for number in 0..limits::SANCTIONS_LISTED_MAX + 5 {
        world.types("alice", &format!("/ban d{number}"));
    }
    let heard = told(&mut world, "alice", "/bans");
    assert_eq!(heard.lines().count(), limits::SANCTIONS_LISTED_MAX + 1);
    assert!(heard.ends_with("* there are more: /bans 2\n"), "{heard}");
    assert_eq!(told(&mut world, "alice", "/bans 2").lines().count(), 5);
}

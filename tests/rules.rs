//! The rules of rooms: who may come in, who may speak, what is listed, who is excepted; told on the
//! whole server in memory, in plain lines and JSON.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use std::time::Duration;

use common::{World, settings};

/// What somebody is told alone.
fn told(world: &mut World, name: &str, line: &str) -> String {
    world.hears(name);
    world.types(name, line);
    world.hears(name)
}

/// Alice has a room; bob and carol are in `main`.
fn world_with_room() -> World {
    let mut world = World::new(settings());
    for name in ["alice", "bob", "carol"] {
        world.join(name);
    }
    world.types("alice", "/join den");
    forget(&mut world);
    world
}

fn forget(world: &mut World) {
    for name in world.names() {
        world.hears(&name);
    }
}

#[test]
fn only_who_is_invited_comes_into_a_room_that_is_shut() {
    let mut world = world_with_room();
    let shut = "* from now on, by alice: only who is invited may come in (i)\n";
    assert_eq!(told(&mut world, "alice", "/mode +i"), shut);
    let refused = "* the room den is entered by invitation only; ask somebody who looks after it\n";
    assert_eq!(told(&mut world, "bob", "/join den"), refused);
    let sent = "* you have invited bob to the room den\n";
    assert_eq!(told(&mut world, "alice", "/invite bob den"), sent);
    let invited = "* you are invited to the room den by alice: /join den\n";
    assert_eq!(world.hears("bob"), invited);
    assert!(told(&mut world, "bob", "/join den").contains("you are in den with 1 other"));
    let already = "* bob is in den already\n";
    assert_eq!(told(&mut world, "alice", "/invite bob den"), already);
    world.types("bob", "/leave");
    assert_eq!(told(&mut world, "bob", "/join den"), refused, "an invitation is good once");
    assert_eq!(
        told(&mut world, "bob", "/invite carol den"),
        "* you are not in den (/join goes there)\n"
    );
}

#[test]
fn an_invitation_by_a_member_opens_nothing() {
    let mut world = world_with_room();
    world.types("bob", "/join den");
    world.types("alice", "/ban carol");
    world.types("bob", "/invite carol den");
    forget(&mut world);
    let banned = "* you are banned from den until an operator lifts it\n";
    assert_eq!(told(&mut world, "carol", "/join den"), banned);
    world.types("alice", "/invite carol den");
    assert!(told(&mut world, "carol", "/join den").contains("you are in den"));
    world.types("alice", "/mode +i");
    let needs = "* you would have to be an operator of den to do that (/help rooms)\n";
    assert_eq!(told(&mut world, "bob", "/invite carol den"), "* carol is in den already\n");
    world.types("carol", "/leave");
    assert_eq!(told(&mut world, "bob", "/invite carol den"), needs);
}

#[test]
fn an_invitation_lasts_a_day() {
    let mut world = world_with_room();
    world.types("alice", "/mode +i");
    world.types("alice", "/invite bob den");
    world.wait(Duration::from_secs(24 * 3_600));
    assert!(told(&mut world, "bob", "/join den").contains("by invitation only"));
}

#[test]
fn only_who_has_a_voice_speaks_in_a_moderated_room() {
    let mut world = world_with_room();
    world.types("bob", "/join den");
    world.types("alice", "/mode +m");
    let refused = "* only who has a voice may speak in den now; an operator can give you one\n";
    assert_eq!(told(&mut world, "bob", "hello"), refused);
    assert_eq!(
        told(&mut world, "bob", "/voice bob"),
        "* you would have to be an operator of den to do that (/help rooms)\n"
    );
    assert_eq!(told(&mut world, "alice", "/voice bob"), "* bob has a voice now, by alice\n");
    assert_eq!(
        told(&mut world, "alice", "/voice bob"),
        "* that is so already for bob; nothing has changed\n"
    );
    forget(&mut world);
    world.types("bob", "hello");
    assert_eq!(world.hears("alice"), "bob: hello\n");
    world.types("bob", "/nick rob");
    world.types("bob", "still me");
    assert!(world.hears("alice").ends_with("rob: still me\n"), "a voice goes with its owner");
    assert_eq!(
        told(&mut world, "alice", "/unvoice rob"),
        "* rob has no voice any more, by alice\n"
    );
    assert_eq!(told(&mut world, "bob", "hello"), refused);
    world.types("alice", "/mode -m");
    assert_eq!(told(&mut world, "bob", "hello"), "rob: hello\n");
}

#[test]
fn a_room_may_be_full_secret_or_have_a_topic_for_everybody() {
    let mut world = world_with_room();
    world.types("bob", "/join den");
    let most = "* at most 2 may be here now, by alice\n";
    assert_eq!(told(&mut world, "alice", "/mode +l 2"), most);
    let full = "* the room den is full; try again later, or ask for an invitation\n";
    assert_eq!(told(&mut world, "carol", "/join den"), full);
    world.types("alice", "/mode +s");
    assert!(!told(&mut world, "carol", "/rooms").contains("den"));
    let none = "* there is no room den (/rooms lists them)\n";
    assert_eq!(told(&mut world, "carol", "/who den"), none);
    assert!(told(&mut world, "bob", "/rooms").contains("den"));
    let rules = "* the rules of den: only who is in the room may speak (n); the room is not listed \
                 (s); only operators may set the topic (t); at most 2 may be here (l)\n";
    assert_eq!(told(&mut world, "bob", "/mode"), rules);
    assert!(told(&mut world, "bob", "/topic tea").contains("operator of den"));
    world.types("alice", "/mode -t");
    assert_eq!(told(&mut world, "bob", "/topic tea"), "* the topic is now: tea (by bob)\n");
    assert_eq!(
        told(&mut world, "alice", "/mode +nst"),
        "* from now on, by alice: only operators may set the topic (t)\n",
        "two held already"
    );
    assert_eq!(told(&mut world, "alice", "/mode +t"), "", "nothing has changed");
    assert!(told(&mut world, "bob", "/mode +m").contains("operator of den"));
    assert!(told(&mut world, "alice", "/mode +x").contains("there is no rule x"));
}

#[test]
fn programs_are_told_of_rules_in_objects() {
    let mut world = world_with_room();
    world.types("bob", "/join den");
    world.types("bob", "/format json");
    forget(&mut world);
    world.types("bob", r#"{"t":"command","text":"/mode"}"#);
    let rules = world.hears("bob");
    assert!(rules.starts_with(r#"{"t":"rules","room":"den","modes":"nt","text":"#), "{rules}");
    world.types("alice", "/mode +m");
    let told = world.hears("bob");
    assert!(
        told.starts_with(r#"{"t":"notice","room":"den","text":"from now on, by alice"#),
        "{told}"
    );
    world.types("bob", r#"{"t":"say","text":"hi"}"#);
    assert!(world.hears("bob").contains(r#""code":"moderated""#));
    world.types("alice", "/password sesame");
    assert_eq!(world.hears("bob"), "", "a password is told to nobody else");
}

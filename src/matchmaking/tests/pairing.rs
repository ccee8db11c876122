//! Plain pairs: their meeting, and how long they last.

use std::time::Duration;

use crate::limits::PAIRING_ANSWER_INTERVAL;
use crate::limits::PAIRING_TIMEOUT;
use crate::matchmaking::tests::ALICE;
use crate::matchmaking::tests::BOB;
use crate::matchmaking::tests::CAROL;
use crate::matchmaking::tests::MOMENT;
use crate::matchmaking::tests::Story;
use crate::matchmaking::tests::silence;
use crate::matchmaking::tests::told;

#[test]
fn two_strangers_are_told_of_each_other() {
    let mut story = Story::new();
    assert_eq!(story.says(ALICE, b"hello"), silence());
    assert_eq!(
        story.says(BOB, b"what is said does not matter"),
        [told(ALICE, BOB), told(BOB, ALICE)]
    );
    assert_eq!(story.says(CAROL, b"hello"), silence(), "carol waits for the next one");
    let counters = story.matchmaker.counters();
    assert_eq!((counters.received, counters.waiting, counters.paired), (3, 2, 1));
}

#[test]
fn an_empty_datagram_is_as_good_as_any() {
    let mut story = Story::new();
    assert_eq!(story.says(ALICE, b""), silence());
    assert_eq!(story.says(BOB, b""), [told(ALICE, BOB), told(BOB, ALICE)]);
}

#[test]
fn ipv6_addresses_are_told_in_brackets_and_without_zone() {
    let mut story = Story::new();
    let (alice, bob) = ("[2001:db8::1]:4001", "[fe80::2%3]:4002");
    assert_eq!(story.says(alice, b""), silence());
    assert_eq!(story.says(bob, b""), [told(alice, "[fe80::2]:4002"), told(bob, alice)]);

    let longest = |host| format!("[1111:2222:3333:4444:5555:6666:7777:{host}]:65535");
    assert_eq!(story.says(&longest(8888), b""), silence());
    let told_whole = story.says(&longest(9999), b"");
    assert_eq!(told_whole[0], told(&longest(8888), &longest(9999)));
}

#[test]
fn nobody_meets_someone_out_of_reach() {
    let mut story = Story::new();
    let two_of_each = [
        (ALICE, BOB),
        ("[2001:db8::1]:4001", "[2001:db8::2]:4002"),
        ("127.0.0.1:4001", "127.0.0.1:4002"),
        ("[::1]:4001", "[::1]:4002"),
    ];
    for (one, _) in two_of_each {
        assert_eq!(story.says(one, b""), silence(), "{one}");
    }
    for (one, other) in two_of_each {
        assert_eq!(story.says(other, b""), [told(one, other), told(other, one)]);
    }
}

#[test]
fn a_mapped_address_is_the_same_as_the_plain_one() {
    let mut story = Story::new();
    assert_eq!(story.says("[::ffff:192.0.2.1]:4001", b""), silence());
    assert_eq!(story.says(ALICE, b""), silence(), "that is alice again");
    assert_eq!(
        story.says("[::ffff:198.51.100.2]:4002", b""),
        [told(ALICE, BOB), told("[::ffff:198.51.100.2]:4002", ALICE),]
    );
}

#[test]
fn alice_does_not_meet_herself_but_her_neighbour() {
    let mut story = Story::new();
    assert_eq!(story.says(ALICE, b"1"), silence());
    assert_eq!(story.says(ALICE, b"2"), silence());
    let neighbour = "192.0.2.1:4009";
    assert_eq!(story.says(neighbour, b""), [told(ALICE, neighbour), told(neighbour, ALICE)]);
}

#[test]
fn whoever_waits_is_forgotten_without_a_repeat() {
    let mut story = Story::new();
    story.says(ALICE, b"");
    story.wait(PAIRING_TIMEOUT);
    assert_eq!(story.says(BOB, b""), silence(), "alice is gone, bob waits");
    story.wait(PAIRING_TIMEOUT - MOMENT);
    assert_eq!(story.says(BOB, b""), silence());
    story.wait(PAIRING_TIMEOUT - MOMENT);
    assert_eq!(story.says(CAROL, b""), [told(BOB, CAROL), told(CAROL, BOB)]);
}

#[test]
fn a_repeat_gets_the_same_answer_now_and_then() {
    let mut story = Story::new();
    story.says(ALICE, b"");
    story.says(BOB, b"");
    assert_eq!(story.says(ALICE, b""), silence(), "she has just been told");
    story.wait(PAIRING_ANSWER_INTERVAL - MOMENT);
    assert_eq!(story.says(ALICE, b""), silence());
    story.wait(MOMENT);
    assert_eq!(story.says(ALICE, b""), [told(ALICE, BOB)]);
    assert_eq!(story.says(ALICE, b""), silence());
    story.wait(MOMENT);
    assert_eq!(story.says(BOB, b""), [told(BOB, ALICE)], "bob's answers are counted apart");
    let counters = story.matchmaker.counters();
    assert_eq!((counters.repeated_answers, counters.dropped.too_soon), (2, 3));
}

#[test]
fn whose_only_answer_was_lost_need_not_wait_for_long() {
    let mut story = Story::new();
    story.says(ALICE, b"hello");
    story.says(BOB, b"hello");
    for pause in [500, 1_000, 2_000] {
        story.wait(Duration::from_millis(pause));
        assert_eq!(story.says(ALICE, b"hello"), [told(ALICE, BOB)], "after {pause} ms more");
        assert_eq!(story.says(BOB, b"hello"), [told(BOB, ALICE)], "after {pause} ms more");
    }
}

#[test]
fn a_pair_lasts_thirty_seconds_whatever_it_says() {
    let mut story = Story::new();
    story.says(ALICE, b"");
    story.says(BOB, b"");
    story.wait(PAIRING_TIMEOUT - MOMENT);
    assert_eq!(story.says(ALICE, b""), [told(ALICE, BOB)]);
    story.wait(MOMENT);
    assert_eq!(story.says(ALICE, b""), silence(), "she starts anew, and waits");
    assert_eq!(story.says(CAROL, b""), [told(ALICE, CAROL), told(CAROL, ALICE)]);
}

#[test]
fn answers_leave_by_the_socket_their_receiver_spoke_to() {
    let mut story = Story::new();
    let mut sockets = |via, who| -> Vec<(u16, String)> {
        let answers = story.receives(via, who, b"");
        story.wait(PAIRING_ANSWER_INTERVAL);
        answers.iter().map(|answer| (answer.via.0, answer.to.to_string())).collect()
    };
    assert_eq!(sockets(3, ALICE), []);
    assert_eq!(sockets(5, BOB), [(3, ALICE.to_owned()), (5, BOB.to_owned())]);
    assert_eq!(sockets(4, ALICE), [(4, ALICE.to_owned())], "she speaks to another now");
}

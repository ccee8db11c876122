//! Limits: players of a network, players in all, questions of strangers, the relay.

use super::PAD;
use super::both;
use super::field;
use crate::limits::PLAYER_ANSWER_INTERVAL;
use crate::limits::PLAYERS_MAX;
use crate::limits::PLAYERS_PER_ADDRESS_MAX;
use crate::limits::RELAY_CONSENT;
use crate::limits::RELAY_OVERHEAD_BYTES;
use crate::limits::RELAY_PAYLOAD_BYTES_MAX;
use crate::limits::RELAY_RATE_BYTES;
use crate::limits::UDP_RATE_BURST;
use crate::matchmaking::tests::ALICE;
use crate::matchmaking::tests::BOB;
use crate::matchmaking::tests::CAROL;
use crate::matchmaking::tests::Story;
use std::time::Duration;

#[test]
fn a_network_has_only_so_many_players() {
    let mut story = Story::new();
    let who = |n: u16| format!("192.0.2.1:{}", 4_000 + n);
    for n in 0..PLAYERS_PER_ADDRESS_MAX {
        story.joins(&who(n), n.into(), &format!("q=q{n} n=2"));
    }
    let told = story.joins(&who(9_999), 9_999, "q=duel n=2");
    assert_eq!(told[0].1, "MC1 ERR id=000000000000270f code=many retry=30\n");
    story.line(&who(0), "LEAVE id=0000000000000000");
    let told = story.joins(&who(9_999), 9_999, "q=q1 n=2");
    assert!(told[0].1.contains("MATCH"), "a place is free again: {told:?}");
    assert!(story.joins(&who(9_998), 9_998, "q=duel n=2")[0].1.contains("code=many"));
    let m = field(&told[0].1, "m");
    story.line(&who(9_999), &format!("ACK id=000000000000270f m={m}"));
    let told = story.joins(&who(9_998), 9_998, "q=duel n=2");
    assert!(told[0].1.contains("WAIT"), "who knows of its match is not counted: {told:?}");
}

#[test]
fn strangers_have_a_rate_and_players_do_not() {
    let mut story = Story::with(true, 1, &[]);
    let cookie = story.cookie(ALICE, 1);
    let join = format!("JOIN id=0000000000000001 q=duel n=2 c={cookie}");
    let padded = format!("JOIN id=0000000000000009 {PAD}");
    let answered = (0..1_000).filter(|_| !story.line(ALICE, &padded).is_empty()).count();
    assert_eq!(answered, UDP_RATE_BURST as usize - 1, "alice's own first question was charged");
    assert!(story.answer(ALICE, &join).contains("WAIT"));
    for _ in 0..100 {
        assert_eq!(story.line(ALICE, &join), []);
        story.wait(PLAYER_ANSWER_INTERVAL);
        assert!(story.answer(ALICE, &join).contains("WAIT"));
    }
    let [to_alice, _] = both(&story.joins(BOB, 2, "q=duel n=2"));
    let data = format!("DATA t={} to=2\nhi", field(&to_alice, "relay"));
    assert!((0..100).all(|_| story.line(ALICE, &data).len() == 1));
}

#[test]
fn a_full_table_forgets_matches_that_are_done_and_nobody_who_waits() {
    let mut story = Story::new();
    let who = |n: usize| format!("127.0.{}.1:{}", n / 1_024, 1_024 + n % 1_024);
    story.joins(&who(0), 0, "q=lonely n=2");
    let mut news = Vec::new();
    for n in 1..PLAYERS_MAX - 1 {
        news = story.joins(&who(n), n as u64, "q=duel n=2");
    }
    story.joins(&who(PLAYERS_MAX), PLAYERS_MAX as u64, "q=last n=2");
    assert_eq!(story.matchmaker.players(), PLAYERS_MAX);
    let late = PLAYERS_MAX + 1;
    let full = format!("MC1 ERR id={late:016x} code=full retry=10\n");
    assert_eq!(story.joins(&who(late), late as u64, "q=raid n=3")[0].1, full, "all may be needed");
    // The last but one to meet use the relay all the time; the others were told often enough.
    let (relaying, line) = (&news[0].0, &news[0].1);
    let data = format!("DATA t={} to=2\nhi", field(line, "relay"));
    for _ in 0..40 {
        story.after(Duration::from_millis(500));
        let lonely = story.joins(&who(0), 0, "q=lonely n=2");
        assert!(lonely[0].1.contains("have=1"), "{lonely:?}");
        assert_eq!(story.line(relaying, &data).len(), 1);
    }
    for n in 0..PLAYERS_MAX / 2 {
        let told = story.joins(&who(late + n), (late + n) as u64, "q=raid n=3");
        assert!(!told[0].1.contains("code=full"), "{n}: {told:?}");
    }
    assert!(story.matchmaker.keyed_counters().evicted > 1_000);
    assert_eq!(story.line(relaying, &data).len(), 1, "their match is not forgotten");
    let told = story.joins(BOB, u64::MAX, "q=lonely n=2");
    assert!(told[0].1.contains("have=1"), "loopback is another family: {told:?}");
    assert!(story.joins("127.9.9.9:9", u64::MAX - 1, "q=lonely n=2")[0].1.contains("MATCH"));
}

#[test]
fn nothing_is_relayed_to_who_is_silent_itself() {
    let mut story = Story::new();
    let [to_alice, to_bob] = story.duel();
    let m = field(&to_alice, "m");
    let to_him = format!("DATA t={} to=2\nhi", field(&to_alice, "relay"));
    let to_her = format!("DATA t={} to=1\nhi", field(&to_bob, "relay"));
    let cookie = story.cookie(BOB, 2);
    for sign in [
        format!("ACK id=0000000000000002 m={m}"),
        format!("RESULT id=0000000000000002 m={m} peer=1 how=relay"),
        format!("JOIN id=0000000000000002 q=duel n=2 c={cookie}"),
        to_her.clone(),
        // Also one that is itself for nobody.
        to_her.replace("to=1", "to=9"),
    ] {
        story.after(RELAY_CONSENT - Duration::from_secs(1));
        assert_eq!(story.line(ALICE, &to_him).len(), 1, "before {sign}");
        story.after(Duration::from_secs(1));
        let gone = story.matchmaker.counters().dropped.gone;
        assert_eq!(story.line(ALICE, &to_him), [], "before {sign}");
        assert_eq!(story.matchmaker.counters().dropped.gone, gone + 1);
        story.line(BOB, &sign);
        assert_eq!(story.line(ALICE, &to_him).len(), 1, "after {sign}");
    }
    // Lines of others in his name, or about him, are no sign of him.
    story.after(RELAY_CONSENT);
    for (who, line) in [
        (CAROL, format!("ACK id=0000000000000002 m={m}")),
        (ALICE, format!("RESULT id=0000000000000001 m={m} peer=2 how=relay")),
        (BOB, format!("ACK id=0000000000000009 m={m}")),
    ] {
        story.line(who, &line);
        assert_eq!(story.line(ALICE, &to_him), [], "{who}: {line}");
    }
    // Both were silent for long: who speaks first is not heard, but may hear again.
    story.after(RELAY_CONSENT);
    assert_eq!(story.line(BOB, &to_her), []);
    assert_eq!(story.line(ALICE, &to_him).len(), 1);
    assert_eq!(story.line(BOB, &to_her).len(), 1);
}

#[test]
fn the_relay_passes_on_what_its_ticket_allows() {
    let mut story = Story::new();
    let [to_alice, to_bob] = story.duel();
    let (ticket, m) = (field(&to_alice, "relay"), field(&to_alice, "m"));
    let said = format!("DATA t={ticket} to=2\n\0\u{1}hello");
    let told = story.line(ALICE, &said);
    assert_eq!(told, [(BOB.to_owned(), format!("MC1 DATA m={m} by=1\n\0\u{1}hello\n"))]);
    let bobs = field(&to_bob, "relay");
    for (who, wrong) in [
        (ALICE, format!("DATA t={bobs} to=2\nx")),
        (CAROL, said.clone()),
        (ALICE, format!("DATA t={ticket} to=1\nx")),
        (ALICE, format!("DATA t={ticket} to=0\nx")),
        (ALICE, format!("DATA t={ticket} to=3\nx")),
    ] {
        assert_eq!(story.line(who, &wrong), [], "{who}: {wrong}");
    }
    let payload = "x".repeat(RELAY_PAYLOAD_BYTES_MAX - 1);
    let full = format!("DATA t={ticket} to=2\n{payload}");
    assert_eq!(story.line(ALICE, &format!("{full}x")), [], "a byte too much, with the newline");
    let passed = (0..1_000).filter(|_| !story.line(ALICE, &full).is_empty()).count();
    assert!((1..=RELAY_RATE_BYTES / RELAY_PAYLOAD_BYTES_MAX + 1).contains(&passed), "{passed}");
    story.wait(Duration::from_secs(5));
    let empty = format!("DATA t={ticket} to=2");
    let passed = (0..20_000).filter(|_| !story.line(ALICE, &empty).is_empty()).count();
    assert!((1..=RELAY_RATE_BYTES / RELAY_OVERHEAD_BYTES).contains(&passed), "{passed}");
    story.line(BOB, "LEAVE id=0000000000000002");
    story.wait(Duration::from_secs(5));
    assert_eq!(story.line(ALICE, &said), [], "bob has left");
}

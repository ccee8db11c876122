//! Somebody fills the table, with as many addresses as it can get; alice, bob and carol want to
//! play.

use std::time::Duration;

use super::field;
use crate::limits::CROWDED_SEATS;
use crate::limits::PLAYER_ANSWER_INTERVAL;
use crate::limits::PLAYERS_MAX;
use crate::limits::PLAYERS_PER_ADDRESS_MAX;
use crate::limits::RELAY_CONSENT;
use crate::matchmaking::tests::ALICE;
use crate::matchmaking::tests::BOB;
use crate::matchmaking::tests::CAROL;
use crate::matchmaking::tests::Story;

/// The n-th of those who take 16 addresses in each of 18 networks, in turn.
fn crowd(n: usize) -> String {
    let (network, address) = (n % 18, n / 18 % 16);
    format!("10.7.{network}.{}:{}", 1 + address, 4_000 + n / 288)
}

/// An honest player of a network of its own.
fn honest(n: usize) -> String {
    format!("100.{}.{}.9:4000", 64 + n / 200, n % 200)
}

/// The answer to a player; nothing if it asks again too soon.
fn join(story: &mut Story, who: &str, n: usize, queue: &str) -> String {
    let told = story.joins(who, n as u64, queue);
    let answer = told.into_iter().rfind(|(to, _)| to == who);
    answer.map(|(_, line)| line).unwrap_or_default()
}

/// A table full of those who wait, each in a queue of its own. Some of their addresses share a
/// counter, so that not all are let in.
fn full() -> Story {
    let mut story = Story::new();
    for n in (0..).take_while(|n| *n < 20_000) {
        join(&mut story, &crowd(n), n, &format!("q=crowd{n} n=2"));
        if story.matchmaker.players() == PLAYERS_MAX {
            return story;
        }
    }
    panic!("{} of them", story.matchmaker.players());
}

#[test]
fn honest_players_find_a_place_in_a_table_filled_from_a_few_networks() {
    let mut story = full();
    for n in 0..400 {
        let queue = format!("q=duel{} n=2", n / 2);
        let told = join(&mut story, &honest(n), 2 * PLAYERS_MAX + n, &queue);
        assert!(told.contains(if n % 2 == 0 { "WAIT" } else { "MATCH" }), "{n}: {told}");
        // Those who were put out try to come back, and put out no honest ones.
        for again in (0..5).map(|k| PLAYERS_MAX - 1 - 5 * n - k) {
            join(&mut story, &crowd(again), again, &format!("q=crowd{again} n=2"));
        }
        assert_eq!(story.matchmaker.players(), PLAYERS_MAX);
    }
    assert!(story.matchmaker.keyed_counters().displaced >= 400);
    story.wait(PLAYER_ANSWER_INTERVAL);
    let oldest = join(&mut story, &crowd(0), 0, "q=crowd0 n=2");
    assert!(oldest.contains("have=1"), "the youngest went, not the oldest: {oldest}");
    let lonely = join(&mut story, &crowd(500), 500, "q=crowd500 n=2");
    assert!(lonely.contains("have=1"), "{lonely}");
}

#[test]
fn nobody_makes_room_for_a_network_that_has_as_many() {
    let mut story = full();
    for (n, who) in [ALICE, BOB, CAROL].into_iter().enumerate() {
        assert!(join(&mut story, who, 2 * PLAYERS_MAX + n, "q=trio n=9").contains("WAIT"));
    }
    // Another network takes from the most crowded until it has nearly as many itself.
    let mut taken = 0;
    for n in 0..PLAYERS_MAX {
        let who = format!("10.8.0.{}:{}", 1 + n % 200, 4_000 + n / 200);
        let told = join(&mut story, &who, 3 * PLAYERS_MAX + n, &format!("q=late{n} n=2"));
        if !told.contains("WAIT") {
            break;
        }
        taken += 1;
    }
    assert!((PLAYERS_MAX / 19 - 20..PLAYERS_MAX / 19 + 20).contains(&taken), "{taken} of it");
    story.wait(PLAYER_ANSWER_INTERVAL);
    assert!(join(&mut story, ALICE, 2 * PLAYERS_MAX, "q=trio n=9").contains("have=3"));
    assert_eq!(story.matchmaker.players(), PLAYERS_MAX);
}

#[test]
fn whose_network_has_as_many_as_it_may_puts_nobody_out() {
    let mut story = full();
    let who = |n: usize| format!("{}:{}", "192.0.2.77", 4_000 + n);
    let most = usize::from(PLAYERS_PER_ADDRESS_MAX);
    for n in 0..most {
        assert!(
            join(&mut story, &who(n), 2 * PLAYERS_MAX + n, &format!("q=a{n} n=2")).contains("WAIT")
        );
    }
    let told = join(&mut story, &who(most), 2 * PLAYERS_MAX + most, "q=one-more n=2");
    assert!(told.contains("code=many"), "{told}");
    assert_eq!(story.matchmaker.keyed_counters().displaced, most as u64);
}

/// One who was matched, its id, and what it relays.
type MatchedPlayer = (String, u64, String);

/// A table full of pairs who have met. If they play they have confirmed that and use the relay.
fn pairs(do_play: bool) -> (Story, Vec<MatchedPlayer>) {
    const { assert!(PLAYERS_MAX / 18 > CROWDED_SEATS as usize) };
    let mut story = Story::new();
    let mut matched = Vec::new();
    for n in (0..40_000).step_by(2) {
        for n in [n, n + 1] {
            let told = story.joins(&crowd(n), n as u64, &format!("q=crowd{} n=2", n / 2));
            for (to, line) in told.iter().filter(|(_, line)| line.contains("MATCH")) {
                let (id, m) = (field(line, "id"), field(line, "m"));
                if do_play {
                    story.line(to, &format!("ACK id={id} m={m}"));
                }
                let other = if field(line, "you").starts_with("1@") { 2 } else { 1 };
                let data = format!("DATA t={} to={other}\nhi", field(line, "relay"));
                matched.push((to.clone(), u64::from_str_radix(&id, 16).unwrap(), data));
            }
        }
        if story.matchmaker.players() == PLAYERS_MAX {
            break;
        }
    }
    for (to, _, data) in matched.iter().filter(|_| do_play) {
        story.line(to, data);
    }
    assert_eq!(story.matchmaker.players(), PLAYERS_MAX);
    (story, matched)
}

#[test]
fn nobody_who_plays_makes_room_and_who_is_silent_does() {
    let (mut story, matched) = pairs(true);
    for (n, who) in [ALICE, BOB, CAROL].into_iter().enumerate() {
        let told = join(&mut story, who, 2 * PLAYERS_MAX + n, "q=duel n=2");
        assert!(told.contains("code=full"), "{told}");
    }
    // One of each two goes on, and the other has lost its network: some of each /24.
    let stays = |(n, _): &(usize, &MatchedPlayer)| n % 2 == n / 18 % 2;
    let stay = || matched.iter().enumerate().filter(stays).map(|(_, one)| one);
    story.wait(RELAY_CONSENT - Duration::from_secs(1));
    for (who, _, data) in stay() {
        assert_eq!(story.line(who, data).len(), 1);
    }
    let told = join(&mut story, ALICE, 2 * PLAYERS_MAX, "q=duel n=2");
    assert!(told.contains("code=full"), "{told}");
    story.wait(Duration::from_secs(1));
    assert!(join(&mut story, ALICE, 2 * PLAYERS_MAX, "q=duel n=2").contains("WAIT"));
    assert!(join(&mut story, BOB, 2 * PLAYERS_MAX + 1, "q=duel n=2").contains("MATCH"));
    assert_eq!(story.matchmaker.keyed_counters().displaced, 2);
    for (who, id, _) in stay().take(1_000) {
        assert!(story.joins(who, *id, "q=any n=2")[0].1.contains("MATCH"), "{who} goes on");
    }
}

#[test]
fn who_has_not_confirmed_its_match_makes_room() {
    let (mut story, _) = pairs(false);
    assert!(join(&mut story, ALICE, 2 * PLAYERS_MAX, "q=duel n=2").contains("WAIT"));
    assert!(join(&mut story, BOB, 2 * PLAYERS_MAX + 1, "q=duel n=2").contains("MATCH"));
    assert_eq!(story.matchmaker.keyed_counters().displaced, 2);
}

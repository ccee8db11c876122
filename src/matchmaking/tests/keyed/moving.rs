//! Alice's address changes, at every moment of her life; nobody but she can have her move.

use std::time::Duration;

use super::PAD;
use super::field;
use crate::limits::MATCH_REPEATS;
use crate::limits::MOVE_INTERVAL;
use crate::limits::MOVES_AT_ONCE;
use crate::limits::PLAYER_ANSWER_INTERVAL;
use crate::limits::PLAYER_WAIT;
use crate::limits::PLAYERS_PER_ADDRESS_MAX;
use crate::limits::RELAY_CONSENT;
use crate::matchmaking::Input;
use crate::matchmaking::RelayMode;
use crate::matchmaking::tests::ALICE;
use crate::matchmaking::tests::BOB;
use crate::matchmaking::tests::CAROL;
use crate::matchmaking::tests::Story;
use crate::matchmaking::tests::sent;

/// Where alice is later.
const ABROAD: &str = "203.0.113.99:4099";

fn ack(id: u64, m: &str) -> String {
    format!("ACK id={id:016x} m={m}")
}

#[test]
fn who_waits_elsewhere_is_the_same_player() {
    let mut story = Story::new();
    let wait = "MC1 WAIT id=0000000000000001 have=1 need=2 ttl=30\n";
    assert_eq!(story.joins(ALICE, 1, "q=duel n=2"), [(ALICE.to_owned(), wait.to_owned())]);
    assert_eq!(story.joins(ABROAD, 1, "q=duel n=2"), [(ABROAD.to_owned(), wait.to_owned())]);
    assert_eq!(story.matchmaker.players(), 1);
    assert_eq!(story.line(ALICE, "LEAVE id=0000000000000001"), [], "she is not there any more");
    let told = story.joins(BOB, 2, "q=duel n=2");
    let [(to, to_alice), (_, to_bob)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((to.as_str(), field(to_alice, "you")), (ABROAD, format!("1@{ABROAD}")));
    assert_eq!(field(to_bob, "peer"), format!("1@{ABROAD}"));
    assert_eq!(story.matchmaker.keyed_counters().moved, 1);
}

#[test]
fn who_moves_counts_once_and_keeps_its_place() {
    let mut story = Story::new();
    story.joins(ALICE, 1, "q=trio n=3");
    story.joins(BOB, 2, "q=trio n=3");
    for (n, place) in [ABROAD, ALICE, "192.0.2.1:4999", ABROAD].into_iter().enumerate() {
        let told = story.joins(place, 1, "q=trio n=3");
        assert!(told.len() == 1 && told[0].1.contains("have=2 need=3"), "move {n}: {told:?}");
    }
    let told = story.joins(CAROL, 3, "q=trio n=3");
    let slots: Vec<String> = told.iter().map(|(_, line)| field(line, "you")).collect();
    assert_eq!(slots, [format!("1@{ABROAD}"), format!("2@{BOB}"), format!("3@{CAROL}")]);
}

#[test]
fn whose_partner_moves_is_told_again_until_it_confirms_that() {
    for confirmed in [false, true] {
        let mut story = Story::new();
        let [to_alice, to_bob] = story.duel();
        let m = field(&to_alice, "m");
        for (who, id) in [(ALICE, 1), (BOB, 2)].into_iter().filter(|_| confirmed) {
            assert_eq!(story.line(who, &ack(id, &m)), []);
        }
        let told = story.joins(ABROAD, 1, "q=duel n=2");
        let [(to, to_alice), (bob, again)] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!((to.as_str(), bob.as_str()), (ABROAD, BOB));
        assert_eq!((field(to_alice, "m"), field(again, "m")), (m.clone(), m.clone()));
        assert_eq!(field(to_alice, "you"), format!("1@{ABROAD}"));
        assert_eq!(field(again, "peer"), format!("1@{ABROAD}"));
        assert_eq!(field(again, "k"), field(&to_bob, "k"));
        story.line(ABROAD, &ack(1, &m));
        for pause in MATCH_REPEATS.iter().take(3) {
            let told = story.after(*pause);
            let [(to, line)] = told.as_slice() else { panic!("{told:?}") };
            assert_eq!((to.as_str(), field(line, "peer")), (BOB, format!("1@{ABROAD}")));
        }
        assert_eq!(story.line(BOB, &ack(2, &m)), []);
        assert_eq!(story.after(Duration::from_secs(10)), []);
        assert_eq!(story.line(ALICE, &ack(1, &m)), [], "nobody is there");
        assert_eq!(story.matchmaker.counters().dropped.no_player, 1);
    }
}

#[test]
fn the_ticket_for_the_relay_moves_along() {
    let mut story = Story::new();
    let [to_alice, to_bob] = story.duel();
    let (m, ticket) = (field(&to_alice, "m"), field(&to_alice, "relay"));
    let [to_peer, to_her] = [(&ticket, 2), (&field(&to_bob, "relay"), 1)]
        .map(|(ticket, to)| format!("DATA t={ticket} to={to}\nhi"));
    assert_eq!(story.line(ALICE, &to_peer).len(), 1);
    assert_eq!(field(&story.joins(ABROAD, 1, "q=duel n=2")[0].1, "relay"), ticket);
    assert_eq!(story.line(ALICE, &to_peer), [], "the old address has no ticket");
    let relayed = |by| format!("MC1 DATA m={m} by={by}\nhi\n");
    assert_eq!(story.line(ABROAD, &to_peer), [(BOB.to_owned(), relayed(1))]);
    assert_eq!(story.line(BOB, &to_her), [(ABROAD.to_owned(), relayed(2))]);
    let report = format!("RESULT id=0000000000000001 m={m} peer=2 how=relay");
    story.line(ABROAD, &report);
    assert_eq!(story.matchmaker.keyed_counters().relay, 1);
    assert_eq!(story.answer(ABROAD, "LEAVE id=0000000000000001").get(..8), Some("MC1 LEFT"));
}

#[test]
fn who_was_removed_is_new_wherever_it_comes_from() {
    let mut story = Story::new();
    story.joins(ALICE, 1, "q=duel n=2");
    story.line(ALICE, "LEAVE id=0000000000000001");
    assert!(story.joins(ABROAD, 1, "q=duel n=2")[0].1.contains("have=1"));
    story.after(PLAYER_WAIT);
    assert_eq!(story.matchmaker.players(), 0);
    story.joins(ALICE, 1, "q=duel n=2");
    let told = story.joins(BOB, 2, "q=duel n=2");
    story.line(BOB, "LEAVE id=0000000000000002");
    // All others have left: she waits again, from where she is now.
    let again = story.joins(ABROAD, 1, "q=duel n=2");
    assert!(again.len() == 1 && again[0].1.contains("have=1"), "{again:?}");
    assert!(story.joins(BOB, 3, "q=duel n=2")[0].1.contains("MATCH"), "not {told:?}");
}

#[test]
fn nobody_is_moved_by_somebody_else() {
    let mut story = Story::new();
    let [to_alice, _] = story.duel();
    let (m, ticket) = (field(&to_alice, "m"), field(&to_alice, "relay"));
    let cookie = story.cookie(CAROL, 3);
    for line in [
        // Her id with a cookie for another id, with none, with a made-up one.
        &format!("JOIN id=0000000000000001 q=duel n=2 c={cookie}"),
        &format!("JOIN id=0000000000000001 q=duel n=2 {PAD}"),
        "JOIN id=0000000000000001 q=duel n=2 c=0123456789abcdef",
        // Requests that need no cookie, from an address that is not hers.
        &ack(1, &m),
        &format!("RESULT id=0000000000000001 m={m} peer=2 how=direct"),
        &format!("DATA t={ticket} to=2\nhi"),
        "LEAVE id=0000000000000001",
    ] {
        let told = story.line(CAROL, line);
        assert!(told.iter().all(|(_, told)| told.starts_with("MC1 COOKIE")), "{line}: {told:?}");
    }
    assert_eq!(story.matchmaker.keyed_counters().moved, 0);
    assert_eq!(story.line(ALICE, &format!("DATA t={ticket} to=2\nhi")).len(), 1);
}

#[test]
fn whoever_had_the_new_address_makes_way() {
    let mut story = Story::new();
    story.joins(CAROL, 3, "q=other n=2");
    let [to_alice, _] = story.duel();
    assert_eq!(story.joins(CAROL, 1, "q=duel n=2").len(), 2);
    assert_eq!(story.matchmaker.players(), 2, "carol's was another try");
    // Her own partner's: then she is alone, and waits again.
    let told = story.joins(BOB, 1, "q=duel n=2");
    assert!(told.len() == 1 && told[0].1.contains("have=1"), "{told:?}");
    let late = format!("DATA t={} to=2\nhi", field(&to_alice, "relay"));
    assert_eq!(story.line(BOB, &late), []);
    assert_eq!(story.matchmaker.players(), 1);
}

#[test]
fn a_network_that_is_full_takes_nobody_who_moves_there() {
    let mut story = Story::new();
    let who = |n: u16| format!("192.0.2.1:{}", 4_000 + n);
    for n in 0..PLAYERS_PER_ADDRESS_MAX {
        story.joins(&who(n), 100 + u64::from(n), &format!("q=q{n} n=2"));
    }
    story.joins(BOB, 1, "q=duel n=2");
    let told = story.joins(&who(9_999), 1, "q=duel n=2");
    assert_eq!(told[0].1, "MC1 ERR id=0000000000000001 code=many retry=30\n");
    let told = story.joins(CAROL, 3, "q=duel n=2");
    assert_eq!(told[0].0, BOB, "she is where she was");
    // Within a full network one may move, and make room by moving out.
    assert!(story.joins(&who(9_998), 100, "q=q0 n=2")[0].1.contains("WAIT"));
    assert!(story.joins(ABROAD, 100, "q=q0 n=2")[0].1.contains("WAIT"));
    assert!(story.joins(&who(0), 7, "q=duel n=2")[0].1.contains("WAIT"));
}

#[test]
fn who_moves_to_another_family_meets_others() {
    let mut story = Story::new();
    let (alice6, bob6) = ("[2001:db8::1]:4001", "[2001:db8::2]:4002");
    story.joins(bob6, 2, "q=duel n=2");
    story.joins(ALICE, 1, "q=duel n=2");
    let told = story.joins(alice6, 1, "q=duel n=2");
    let to: Vec<&str> = told.iter().map(|(to, _)| to.as_str()).collect();
    assert_eq!(to, [bob6, alice6], "the older first");
    assert!(story.joins(CAROL, 3, "q=duel n=2")[0].1.contains("have=1"), "nobody waits here");
    // In a match the relay still carries.
    let moved = story.joins(ABROAD, 1, "q=duel n=2");
    assert_eq!(field(&moved[1].1, "peer"), format!("2@{ABROAD}"));
}

#[test]
fn private_addresses_are_those_of_where_one_is() {
    let mut story = Story::new();
    story.joins(ALICE, 1, "q=duel n=2 lan=192.168.1.1:4001");
    story.joins("198.51.100.2:4001", 1, "q=duel n=2 lan=10.0.0.1:4001");
    let told = story.joins(BOB, 2, "q=duel n=2");
    assert_eq!(field(&told[1].1, "peer"), "1@198.51.100.2:4001+10.0.0.1:4001");
}

#[test]
fn where_all_is_relayed_nobody_is_told_of_a_move() {
    let mut story = Story::relaying(RelayMode::Only);
    story.duel();
    let told = story.joins(ABROAD, 1, "q=duel n=2");
    assert_eq!(
        (told.len(), told[0].0.as_str(), field(&told[0].1, "peer")),
        (1, ABROAD, "2".into())
    );
}

#[test]
fn whoever_moves_to_and_fro_makes_no_storm() {
    let mut story = Story::new();
    let [to_alice, _] = story.duel();
    let m = field(&to_alice, "m");
    let places = [ABROAD, ALICE];
    let joins = places.map(|place| {
        let cookie = story.cookie(place, 1);
        (place, format!("JOIN id=0000000000000001 q=duel n=2 c={cookie}"))
    });
    let mut told = 0;
    for n in 0..1_000 {
        story.wait(Duration::from_millis(10));
        let (place, join) = &joins[n % 2];
        told += story.line(place, join).iter().filter(|(to, _)| to == BOB).count();
        story.line(BOB, &ack(2, &m));
    }
    let most = MOVES_AT_ONCE as usize + Duration::from_secs(10).as_secs() as usize;
    assert!((5..=most).contains(&told), "{told} times in ten seconds");
    story.after(MOVE_INTERVAL);
    let moved = joins.iter().map(|(place, join)| story.line(place, join).len()).max();
    assert_eq!(moved, Some(2), "and she still can");
}

/// Alice and fifteen others have met; these confirm that and fall silent. How often they are told
/// where she is while she moves to and fro once a second.
fn moves_past_silence(story: &mut Story, seconds: u64) -> usize {
    let who = |n: u64| format!("198.51.100.{n}:4000");
    let joins = [ABROAD, ALICE].map(|place| {
        let cookie = story.cookie(place, 1);
        (place, format!("JOIN id=0000000000000001 q=raid n=16 c={cookie}"))
    });
    story.joins(ALICE, 1, "q=raid n=16");
    for n in 2..16 {
        story.joins(&who(n), n, "q=raid n=16");
    }
    let m = field(&story.joins(&who(16), 16, "q=raid n=16")[0].1, "m");
    for n in 2..=16 {
        story.line(&who(n), &ack(n, &m));
    }
    let mut told = 0;
    for n in 0..seconds {
        let mut all = story.after(Duration::from_secs(1));
        let (place, join) = &joins[n as usize % 2];
        all.extend(story.line(place, join));
        told += all.iter().filter(|(to, _)| to != ALICE && to != ABROAD).count();
    }
    told
}

#[test]
fn silent_players_are_told_of_moves_six_times_and_not_for_ever() {
    let mut story = Story::new();
    let told = moves_past_silence(&mut story, 100);
    assert_eq!(told, 15 * (1 + MATCH_REPEATS.len()));
    // Whoever asks is told where she is, and of her next move.
    let bob = "198.51.100.2:4000";
    let asked = story.joins(bob, 2, "q=raid n=16");
    assert!(asked.len() == 1 && asked[0].1.contains(" peer=1@"), "{asked:?}");
    story.after(MOVE_INTERVAL);
    let place = if asked[0].1.contains(ABROAD) { ALICE } else { ABROAD };
    let told = story.joins(place, 1, "q=raid n=16");
    let to: Vec<&str> = told.iter().map(|(to, _)| to.as_str()).collect();
    assert_eq!(to, [place, bob]);
    assert!(told[1].1.contains(&format!(" peer=1@{place}")), "{told:?}");
}

#[test]
fn nobody_who_is_gone_is_told_of_a_move() {
    let mut story = Story::new();
    let [to_alice, _] = story.duel();
    let m = field(&to_alice, "m");
    story.line(ALICE, &ack(1, &m));
    story.line(BOB, &ack(2, &m));
    story.after(RELAY_CONSENT - Duration::from_secs(1));
    assert_eq!(story.joins(ABROAD, 1, "q=duel n=2").len(), 2);
    assert_eq!(story.after(Duration::from_secs(1)), [], "nor is what he was told before repeated");
    assert_eq!(story.after(Duration::from_secs(10)), []);
    assert_eq!(story.joins(ALICE, 1, "q=duel n=2").len(), 1);
    assert_eq!(story.after(Duration::from_secs(5)), []);
    let asked = story.joins(BOB, 2, "q=duel n=2");
    assert_eq!(field(&asked[0].1, "peer"), format!("1@{ALICE}"));
}

#[test]
fn who_asks_at_another_of_our_sockets_is_answered_from_there() {
    let mut story = Story::with(true, 0, &["198.51.100.9:50000", "198.51.100.9:50001"]);
    let [alice, bob] = [(ALICE, 1), (BOB, 2)].map(|(who, id)| {
        let cookie = story.cookie(who, id);
        format!("MC1 JOIN id={id:016x} q=duel n=2 c={cookie}\n").into_bytes()
    });
    let mut asks = |via: u16, who: &str, line: &[u8]| {
        story.wait(PLAYER_ANSWER_INTERVAL);
        let told = story.receives(via, who, line);
        told.iter().map(|sent| (sent.to.to_string(), sent.via.0)).collect::<Vec<_>>()
    };
    let (to_alice, to_bob) = (ALICE.to_owned(), BOB.to_owned());
    assert_eq!(asks(0, ALICE, &alice), [(to_alice.clone(), 0)]);
    assert_eq!(asks(1, ALICE, &alice), [(to_alice.clone(), 1)], "while she waits");
    assert_eq!(asks(0, BOB, &bob), [(to_alice.clone(), 1), (to_bob.clone(), 0)]);
    assert_eq!(asks(1, BOB, &bob), [(to_bob, 1)], "once he is matched");
    assert_eq!(asks(0, ALICE, &alice), [(to_alice, 0)]);
    let doors: Vec<u16> = {
        story.wait(Duration::from_secs(1));
        let repeats = sent(&mut story.matchmaker, story.now, Input::Timeout);
        repeats.iter().map(|sent| sent.via.0).collect()
    };
    assert_eq!(doors, [0, 1], "news is sent from there, too");
    assert_eq!((story.matchmaker.players(), story.matchmaker.keyed_counters().moved), (2, 0));
}

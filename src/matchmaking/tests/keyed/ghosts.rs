//! Bob's program was killed while he waited; alice is matched with his ghost, and then with carol.

use std::time::Duration;

use super::Replies;
use super::both;
use super::field;
use crate::id::ClientId;
use crate::limits::GHOST_AFTER;
use crate::limits::PLACE_KEPT;
use crate::matchmaking::Matchmaker;
use crate::matchmaking::MatchmakerSettings;
use crate::matchmaking::tests::ALICE;
use crate::matchmaking::tests::BOB;
use crate::matchmaking::tests::CAROL;
use crate::matchmaking::tests::MOMENT;
use crate::matchmaking::tests::Story;

const DAVE: &str = "192.0.2.4:4004";

/// Whom a story is about, with their ids.
const PEOPLE: [(&str, u64); 4] = [(ALICE, 1), (BOB, 2), (CAROL, 3), (DAVE, 4)];

impl Story {
    /// So many of them meet, and these confirm it. The number of their match.
    fn meet(&mut self, players: usize, who: &[usize]) -> String {
        let mut told = Vec::new();
        for (place, id) in PEOPLE.into_iter().take(players) {
            told = self.joins(place, id, &format!("q=duel n={players}"));
        }
        let m = field(&told[0].1, "m");
        who.iter().for_each(|at| self.acks(*at, &m));
        m
    }

    fn acks(&mut self, at: usize, m: &str) {
        let (place, id) = PEOPLE[at];
        self.line(place, &format!("ACK id={id:016x} m={m}"));
    }

    fn again(&mut self, at: usize, fields: &str) -> Replies {
        let (place, id) = PEOPLE[at];
        self.joins(place, id, fields)
    }

    fn dissolved(&self) -> u64 {
        self.matchmaker.keyed_counters().dissolved
    }
}

fn wait(id: u64, have: usize, need: usize, ttl: u8) -> String {
    format!("MC1 WAIT id={id:016x} have={have} need={need} ttl={ttl}\n")
}

/// Nobody is told anything but of the match.
fn only_matches(told: &Replies) -> bool {
    told.iter().all(|(_, line)| line.starts_with("MC1 MATCH "))
}

#[test]
fn who_was_matched_with_a_ghost_has_its_place_back() {
    let mut story = Story::new();
    story.meet(2, &[0]);
    assert!(only_matches(&story.after(GHOST_AFTER - MOMENT)));
    let told = story.after(MOMENT);
    assert_eq!(told, [(ALICE.to_owned(), wait(1, 1, 2, 3))]);
    assert_eq!((story.matchmaker.players(), story.dissolved()), (1, 1));
    for pause in [250, 250, 500, 1_000] {
        let told = story.after(Duration::from_millis(pause));
        assert_eq!(told, [(ALICE.to_owned(), wait(1, 1, 2, 3))], "like MATCH, {pause} ms later");
    }
    assert!(story.joins(CAROL, 3, "q=duel n=2")[0].1.contains("have=1"));
    let told = story.again(0, "q=duel n=2");
    let slots: Vec<(&str, String)> =
        told.iter().map(|(to, line)| (to.as_str(), field(line, "you"))).collect();
    let before = [(ALICE, format!("1@{ALICE}")), (CAROL, format!("2@{CAROL}"))];
    assert_eq!(slots, before, "she is the older one");
    let m = field(&told[0].1, "m");
    story.acks(0, &m);
    story.acks(2, &m);
    assert_eq!(story.after(Duration::from_secs(20)), []);
}

#[test]
fn who_answers_waits_on_at_the_front() {
    let mut story = Story::new();
    story.meet(2, &[0]);
    story.after(GHOST_AFTER);
    assert_eq!(story.again(0, "q=duel n=2"), [(ALICE.to_owned(), wait(1, 1, 2, 30))]);
    assert_eq!(story.after(Duration::from_secs(10)), [], "and is not told again");
    both(&story.joins(BOB, 22, "q=duel n=2"));
    assert_eq!(story.dissolved(), 1);
}

#[test]
fn nobody_is_a_ghost_before_all_others_have_confirmed() {
    let mut story = Story::new();
    let m = story.meet(3, &[0]);
    // Bob is there, but does not know of the match yet, as far as the server knows.
    story.line(BOB, &format!("RESULT id=0000000000000002 m={m} peer=1 how=direct"));
    assert!(only_matches(&story.after(Duration::from_secs(6))));
    let (place, id) = PEOPLE[1];
    let told = story.line(place, &format!("ACK id={id:016x} m={m}"));
    let to: Vec<&str> = told.iter().map(|(to, _)| to.as_str()).collect();
    assert_eq!((to, &told[0].1), (vec![ALICE, BOB], &wait(1, 2, 3, 3)));
    let mut nobody = Story::new();
    nobody.meet(2, &[]);
    assert!(only_matches(&nobody.after(Duration::from_secs(30))));
    assert_eq!(nobody.dissolved(), 0);
}

#[test]
fn every_sign_of_life_counts() {
    let id = "id=0000000000000002";
    for (who, sign, is_sign) in [
        (BOB, format!("ACK {id} m=M"), true),
        (BOB, format!("RESULT {id} m=M peer=1 how=failed"), true),
        (BOB, "DATA t=TICKET to=1\nhi".to_owned(), true),
        (BOB, format!("JOIN {id} q=duel n=2 c=COOKIE"), true),
        (ALICE, "RESULT id=0000000000000001 m=M peer=2 how=direct".to_owned(), true),
        (ALICE, "RESULT id=0000000000000001 m=M peer=2 how=lan".to_owned(), true),
        (ALICE, "RESULT id=0000000000000001 m=M peer=2 how=relay".to_owned(), true),
        (ALICE, "RESULT id=0000000000000001 m=M peer=2 how=failed".to_owned(), false),
        (ALICE, "RESULT id=0000000000000001 m=M peer=1 how=direct".to_owned(), false),
        (CAROL, format!("ACK {id} m=M"), false),
        (BOB, format!("CHECK {id} pad=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"), false),
        (BOB, "hello".to_owned(), false),
    ] {
        let mut story = Story::new();
        let cookie = story.cookie(BOB, 2);
        let [to_alice, to_bob] = story.duel();
        let m = field(&to_alice, "m");
        story.acks(0, &m);
        story.wait(Duration::from_secs(1));
        let line = sign.replace("=M", &format!("={m}")).replace("COOKIE", &cookie);
        story.line(who, &line.replace("TICKET", &field(&to_bob, "relay")));
        let told = story.after(Duration::from_secs(20));
        assert_eq!(only_matches(&told), is_sign, "{who}: {sign}");
        assert_eq!(story.dissolved(), u64::from(!is_sign), "{who}: {sign}");
    }
}

#[test]
fn one_ghost_of_three_or_two_are_told_from_those_who_are_there() {
    for (confirming, back) in [(&[0, 2][..], 2), (&[1], 1), (&[1, 2], 2)] {
        let mut story = Story::new();
        story.meet(3, confirming);
        let told = story.after(GHOST_AFTER);
        let told: Vec<_> = told.into_iter().filter(|(_, line)| line.contains("WAIT")).collect();
        let news = |at: &usize| {
            let (place, id) = PEOPLE[*at];
            (place.to_owned(), wait(id, back, 3, 3))
        };
        assert_eq!(told, confirming.iter().map(news).collect::<Vec<_>>());
        assert_eq!((story.matchmaker.players(), story.dissolved()), (back, 1));
        // Others have come meanwhile, and one of them would have been enough.
        story.joins(DAVE, 4, "q=duel n=3");
        let mut told = Vec::new();
        for at in confirming.iter().rev() {
            told = story.again(*at, "q=duel n=3");
        }
        if back == 1 {
            assert!(told[0].1.contains("have=2"), "{told:?}");
            told = story.joins("192.0.2.5:4005", 5, "q=duel n=3");
        }
        let slots: Vec<&str> = told.iter().map(|(to, _)| to.as_str()).collect();
        let places: Vec<&str> = confirming.iter().map(|at| PEOPLE[*at].0).collect();
        assert_eq!(slots[..back], places, "in their old order, however they came back");
    }
}

#[test]
fn who_does_not_know_that_a_match_can_end_goes_on_with_it() {
    let mut story = Story::new();
    let m = story.meet(3, &[0, 2]);
    story.after(GHOST_AFTER);
    story.after(PLACE_KEPT);
    assert_eq!(story.after(Duration::from_secs(20)), [], "she is told no more");
    let told = story.again(0, "q=duel n=3");
    assert_eq!((told.len(), field(&told[0].1, "m")), (1, m), "and stays in her match");
    assert_eq!(field(&told[0].1, "peer"), format!("3@{CAROL}"), "without bob");
    let data = format!("DATA t={} to=3\nhi", field(&told[0].1, "relay"));
    assert_eq!(story.line(ALICE, &data)[0].0, CAROL);
    let mut duel = Story::new();
    duel.meet(2, &[0]);
    duel.after(GHOST_AFTER);
    duel.after(PLACE_KEPT);
    duel.joins(CAROL, 3, "q=other n=2");
    assert_eq!(duel.again(0, "q=duel n=2"), [(ALICE.to_owned(), wait(1, 1, 2, 30))], "too late");
}

#[test]
fn a_late_confirmation_does_not_mean_the_end_of_the_match() {
    let mut story = Story::new();
    let m = story.meet(2, &[0]);
    story.after(GHOST_AFTER);
    story.acks(0, &m);
    assert_eq!(story.after(Duration::from_millis(250)), [(ALICE.to_owned(), wait(1, 1, 2, 3))]);
}

#[test]
fn a_ghost_that_was_only_slow_comes_last() {
    let mut story = Story::new();
    story.meet(2, &[1]);
    story.after(GHOST_AFTER);
    assert!(story.joins(CAROL, 3, "q=duel n=2")[0].1.contains("have=1"));
    let told = story.again(0, "q=duel n=2");
    let to: Vec<&str> = told.iter().map(|(to, _)| to.as_str()).collect();
    assert_eq!(to, [CAROL, ALICE], "she has lost her place");
    assert_eq!(story.again(1, "q=duel n=2"), [(BOB.to_owned(), wait(2, 1, 2, 30))]);
}

#[test]
fn whose_address_changed_meanwhile_has_its_place_back_there() {
    let mut story = Story::new();
    story.meet(2, &[0]);
    story.after(GHOST_AFTER);
    assert_eq!(story.joins(DAVE, 1, "q=duel n=2"), [(DAVE.to_owned(), wait(1, 1, 2, 30))]);
    assert_eq!(story.after(Duration::from_secs(3)), []);
    assert_eq!(story.joins(CAROL, 3, "q=duel n=2")[0].0, DAVE);
}

#[test]
fn another_process_goes_on_looking_for_ghosts() {
    let mut story = Story::new();
    story.meet(2, &[0]);
    let hand_over = |story: &mut Story| {
        let document = serde_json::to_string(&story.matchmaker.handed_over(story.now)).unwrap();
        let settings =
            MatchmakerSettings { answers_per_second: 0, ..MatchmakerSettings::default() };
        story.matchmaker = Matchmaker::new(settings, [7; 16]);
        story.matchmaker.take_over(serde_json::from_str(&document).unwrap());
        story.matchmaker.check_invariants();
    };
    hand_over(&mut story);
    let told = story.after(GHOST_AFTER);
    assert_eq!(told.last(), Some(&(ALICE.to_owned(), wait(1, 1, 2, 3))));
    hand_over(&mut story);
    assert_eq!(story.again(0, "q=duel n=2"), [(ALICE.to_owned(), wait(1, 1, 2, 30))]);
    assert_eq!(story.joins(CAROL, 3, "q=duel n=2")[0].0, ALICE);
}

#[test]
fn a_token_that_was_spent_on_a_ghost_is_good_again() {
    for gives_back in [false, true] {
        let mut story = Story::new();
        let anna = ClientId::from_bits(1);
        let token = story.matchmaker.reserve(story.now, (anna, "anna"), "duel", 2).unwrap();
        let join = format!("token={token:016x}");
        story.joins(BOB, 2, "q=duel n=2");
        let m = field(&story.joins(ALICE, 1, &join)[0].1, "m");
        assert!(story.joins(DAVE, 4, &join)[0].1.contains("code=token"), "one match, one seat");
        story.acks(0, &m);
        story.after(GHOST_AFTER);
        if gives_back {
            assert!(!story.matchmaker.release(anna), "she waits in no queue yet");
            assert!(story.again(0, &join)[0].1.contains("code=token"));
            assert_eq!(story.matchmaker.players(), 0);
            continue;
        }
        assert_eq!(story.again(0, &join), [(ALICE.to_owned(), wait(1, 1, 2, 30))]);
        let told = story.joins(DAVE, 4, &join);
        assert_eq!(told, [(DAVE.to_owned(), wait(4, 1, 2, 30))], "one seat for one token");
        let told = story.joins(CAROL, 3, "q=duel n=2");
        assert_eq!(field(&told[1].1, "nick"), "1@anna");
        assert!(story.joins(ALICE, 7, &join)[0].1.contains("code=token"));
    }
}

#[test]
fn whose_partner_left_before_has_its_token_back_too() {
    let mut story = Story::new();
    let anna = ClientId::from_bits(1);
    let token = story.matchmaker.reserve(story.now, (anna, "anna"), "duel", 2).unwrap();
    let join = format!("token={token:016x}");
    story.joins(ALICE, 1, &join);
    story.joins(BOB, 2, "q=duel n=2");
    story.line(BOB, "LEAVE id=0000000000000002");
    assert_eq!(story.again(0, &join), [(ALICE.to_owned(), wait(1, 1, 2, 30))]);
    assert!(story.matchmaker.release(anna));
    assert_eq!(story.matchmaker.players(), 0);
}

//! Alice, bob and carol name a queue, prove their addresses, and are told of each other.

mod crowded;
mod ghosts;
mod limits;
mod moving;
mod people;

use std::time::Duration;

use super::ALICE;
use super::BOB;
use super::CAROL;
use super::Story;
use super::sent;
use crate::limits::COOKIE_SLOT;
use crate::limits::MATCH_IDLE;
use crate::limits::PLAYER_ANSWER_INTERVAL;
use crate::limits::PLAYER_WAIT;
use crate::matchmaking::Input;
use crate::matchmaking::Matchmaker;
use crate::matchmaking::MatchmakerSettings;
use crate::matchmaking::RelayMode;
use crate::matchmaking::RelaySettings;
use crate::matchmaking::SocketIndex;
use crate::mc1::Line;
use crate::time::Time;

const PAD: &str = "pad=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

/// Receiver and what it is told.
type Replies = Vec<(String, String)>;

impl Story {
    fn relaying(mode: RelayMode) -> Self {
        let relay = RelaySettings { mode, ..RelaySettings::default() };
        let settings =
            MatchmakerSettings { answers_per_second: 0, relay, ..MatchmakerSettings::default() };
        Self { matchmaker: Matchmaker::new(settings, [7; 16]), now: Time::ZERO }
    }

    fn line(&mut self, who: &str, line: &str) -> Replies {
        self.says(who, format!("MC1 {line}\n").as_bytes())
    }

    /// The one line that `who` is answered, and nobody else anything.
    fn answer(&mut self, who: &str, line: &str) -> String {
        let told = self.line(who, line);
        let [(to, answer)] = told.as_slice() else { panic!("{line}: {told:?}") };
        assert_eq!(to, who);
        answer.clone()
    }

    /// Proves the address and asks to be let in: what everyone is told then.
    fn joins(&mut self, who: &str, id: u64, fields: &str) -> Replies {
        let cookie = self.cookie(who, id);
        self.line(who, &format!("JOIN id={id:016x} {fields} c={cookie}"))
    }

    fn cookie(&mut self, who: &str, id: u64) -> String {
        let answer = self.answer(who, &format!("JOIN id={id:016x} {PAD}"));
        field(&answer, "c")
    }

    /// Alice and bob meet; what each is told.
    fn duel(&mut self) -> [String; 2] {
        self.joins(ALICE, 1, "q=duel n=2");
        both(&self.joins(BOB, 2, "q=duel n=2"))
    }

    /// The datagrams that are sent after this much time.
    fn after(&mut self, duration: Duration) -> Replies {
        self.wait(duration);
        let mut all = Vec::new();
        while self.matchmaker.poll_timeout().is_some_and(|due| due <= self.now) {
            all.extend(sent(&mut self.matchmaker, self.now, Input::Timeout));
        }
        let text = |payload: &[u8]| String::from_utf8(payload.to_vec()).unwrap();
        all.iter().map(|sent| (sent.to.to_string(), text(&sent.payload))).collect()
    }
}

/// The field of a line.
fn field(line: &str, key: &str) -> String {
    let found = Line::parse(line.as_bytes()).unwrap().get(key);
    found.unwrap_or_else(|| panic!("no {key} in {line}")).to_owned()
}

/// The lines to alice and bob, in this order; there must be no others.
fn both(told: &Replies) -> [String; 2] {
    let [(alice, to_alice), (bob, to_bob)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((alice.as_str(), bob.as_str()), (ALICE, BOB));
    [to_alice.clone(), to_bob.clone()]
}

#[test]
fn two_who_name_the_same_queue_meet() {
    let mut story = Story::new();
    let cookie = story.cookie(ALICE, 1);
    let join = format!("JOIN id=0000000000000001 q=duel n=2 c={cookie}");
    let wait = "MC1 WAIT id=0000000000000001 have=1 need=2 ttl=30\n";
    assert_eq!(story.answer(ALICE, &join), wait);
    assert_eq!(story.line(ALICE, &join), [], "so soon it is an echo");
    story.wait(PLAYER_ANSWER_INTERVAL);
    assert_eq!(story.answer(ALICE, &join), wait, "a repeat is answered the same");
    let [to_alice, to_bob] = both(&story.joins(BOB, 2, "n=2 q=duel"));
    assert!(to_alice.starts_with("MC1 MATCH id=0000000000000001 m="), "{to_alice}");
    assert!(to_bob.starts_with("MC1 MATCH id=0000000000000002 m="), "{to_bob}");
    for (line, you, peer) in [(&to_alice, ALICE, BOB), (&to_bob, BOB, ALICE)] {
        let (mine, theirs) = if you == ALICE { (1, 2) } else { (2, 1) };
        assert_eq!(field(line, "you"), format!("{mine}@{you}"));
        assert_eq!(field(line, "peer"), format!("{theirs}@{peer}"));
        assert_eq!(field(line, "at"), "200");
    }
    for common in ["m", "k"] {
        assert_eq!(field(&to_alice, common), field(&to_bob, common));
    }
    assert_eq!(field(&to_alice, "k").len(), 32);
    assert_ne!(field(&to_alice, "relay"), field(&to_bob, "relay"));
}

#[test]
fn other_queues_sizes_and_families_do_not_meet() {
    let mut story = Story::new();
    for (id, (who, fields)) in [
        (ALICE, "q=duel n=2"),
        (BOB, "q=duel n=3"),
        (CAROL, "q=Duel n=2"),
        ("[2001:db8::1]:4000", "q=duel n=2"),
        ("127.0.0.1:4000", "q=duel n=2"),
        ("[::1]:4000", "q=duel n=2"),
    ]
    .into_iter()
    .enumerate()
    {
        let told = story.joins(who, id as u64, fields);
        assert!(told[0].1.contains("WAIT") && told.len() == 1, "{who}: {told:?}");
    }
    let told = story.joins("[::ffff:198.51.100.9]:4000", 9, "q=duel n=2");
    assert_eq!(told.len(), 2, "IPv4 is IPv4 however it is reported");
    assert!(told[0].1.contains("peer=2@198.51.100.9:4000"), "{told:?}");
}

#[test]
fn sixteen_meet_oldest_first_and_know_each_other() {
    let mut story = Story::new();
    let who = |n: u64| format!("[2001:db8:ffff:ffff:ffff:ffff:ffff:{:x}]:65535", 0xff00 + n);
    let mut told = Vec::new();
    for n in 0..16 {
        let lan = "lan=[fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535";
        told = story.joins(&who(n), n, &format!("q=raid n=16 {lan}"));
        let waits = told.len() == 1 && told[0].1.contains(&format!("have={} need=16", n + 1));
        assert!(waits || n == 15, "{told:?}");
    }
    for (n, (to, line)) in told.iter().enumerate() {
        assert_eq!(*to, who(n as u64));
        assert!(line.len() <= 1_200, "{} bytes", line.len());
        let line = Line::parse(line.as_bytes()).unwrap();
        assert_eq!(line.get("you").unwrap(), format!("{}@{to}", n + 1));
        let others = (0..16).filter(|other| *other != n);
        let others: Vec<_> = others.map(|n| format!("{}@{}", n + 1, who(n as u64))).collect();
        assert_eq!(line.all("peer").collect::<Vec<_>>(), others);
    }
}

#[test]
fn nothing_is_kept_or_told_before_an_address_is_proved() {
    let mut story = Story::new();
    let short = "JOIN id=0000000000000001 q=duel n=2";
    assert_eq!(story.line(ALICE, short), [], "shorter than its answer");
    let padded = format!("{short} pad=xxxxx");
    let answer = story.answer(ALICE, &padded);
    assert_eq!(answer.len(), 50);
    assert!(answer.len() <= format!("MC1 {padded}\n").len());
    let cookie = field(&answer, "c");
    // Somebody else's, somebody else's id, a made-up one: a new cookie, and no trace.
    for (who, id) in [(BOB, 1), (ALICE, 2)] {
        let wrong = format!("JOIN id={id:016x} q=duel n=2 c={cookie}");
        assert!(story.answer(who, &wrong).starts_with("MC1 COOKIE"), "{who} {id}");
    }
    for wrong in ["c=0000000000000000", "c=nonsense", "c="] {
        let join = format!("JOIN id=0000000000000001 {PAD} {wrong}");
        assert!(story.answer(ALICE, &join).starts_with("MC1 COOKIE"), "{wrong}");
    }
    assert_eq!(story.matchmaker.players(), 0);
    story.wait(2 * COOKIE_SLOT);
    let stale = format!("JOIN id=0000000000000001 q=duel n=2 c={cookie}");
    assert!(story.answer(ALICE, &stale).starts_with("MC1 COOKIE"));
    for stranger in [
        "ACK id=0000000000000001 m=0000000000000001",
        "RESULT id=0000000000000001 m=0000000000000001 peer=2 how=direct",
        "LEAVE id=0000000000000001",
        "DATA t=0000000000000001 to=2\nhello",
    ] {
        assert_eq!(story.line(ALICE, stranger), [], "{stranger}");
    }
    assert_eq!(story.matchmaker.counters().dropped.no_player, 4);
}

#[test]
fn a_request_that_cannot_be_met_is_told_why() {
    let mut story = Story::new();
    for (fields, code, retry) in [
        ("n=2", "queue", 0),
        ("q=duel", "players", 0),
        ("q=duel n=1", "players", 0),
        ("q=duel n=17", "players", 0),
        ("token=0123456789abcdef", "token", 0),
        ("token=nonsense q=duel n=2", "token", 0),
    ] {
        let [(_, answer)] = &story.joins(ALICE, 1, fields)[..] else { panic!("{fields}") };
        assert_eq!(*answer, format!("MC1 ERR id=0000000000000001 code={code} retry={retry}\n"));
    }
    assert_eq!(story.matchmaker.players(), 0);
}

#[test]
fn a_match_is_told_again_until_it_is_confirmed() {
    let mut story = Story::new();
    let [to_alice, to_bob] = story.duel();
    let m = field(&to_alice, "m");
    assert_eq!(story.line(BOB, &format!("ACK id=0000000000000002 m={m}")), []);
    // He has reached her, so she is there.
    story.line(BOB, &format!("RESULT id=0000000000000002 m={m} peer=1 how=direct"));
    assert_eq!(story.after(Duration::from_millis(249)), []);
    let mut told = 1;
    for pause in [1, 250, 500, 1_000, 2_000] {
        assert_eq!(story.after(Duration::from_millis(pause - 1)), [], "after {told}");
        let [(to, line)] = &story.after(Duration::from_millis(1))[..] else { panic!("{told}") };
        assert_eq!((to.as_str(), field(line, "m")), (ALICE, m.clone()));
        told += 1;
        assert_eq!(field(line, "at"), "0");
    }
    assert_eq!(told, 6);
    assert_eq!(story.after(Duration::from_secs(20)), [], "then she must ask");
    assert_eq!(story.matchmaker.keyed_counters().repeats, 5);
    let again = story.joins(ALICE, 1, "q=duel n=2");
    assert_eq!(field(&again[0].1, "k"), field(&to_bob, "k"), "asked again: the same match");
}

#[test]
fn who_does_not_ask_again_is_forgotten_and_who_does_is_not() {
    let mut story = Story::new();
    let cookie = story.cookie(ALICE, 1);
    let join = format!("JOIN id=0000000000000001 q=duel n=2 c={cookie}");
    story.line(ALICE, &join);
    for _ in 0..4 {
        story.after(PLAYER_WAIT - Duration::from_secs(1));
        assert!(story.answer(ALICE, &join).contains("WAIT"));
    }
    story.after(PLAYER_WAIT);
    assert_eq!((story.matchmaker.players(), story.matchmaker.keyed_counters().expired), (0, 1));
    let told = story.joins(BOB, 2, "q=duel n=2");
    assert!(told[0].1.contains("have=1"), "bob does not meet a ghost: {told:?}");
}

#[test]
fn whose_peers_left_before_it_heard_of_them_waits_again() {
    let mut story = Story::new();
    story.duel();
    story.line(BOB, "LEAVE id=0000000000000002");
    let told = story.joins(ALICE, 1, "q=duel n=2");
    assert!(told[0].1.contains("WAIT") && told.len() == 1, "{told:?}");
    both(&story.joins(BOB, 3, "q=duel n=2"));
}

#[test]
fn who_leaves_is_met_by_nobody() {
    let mut story = Story::new();
    story.joins(ALICE, 1, "q=duel n=2");
    assert_eq!(story.line(ALICE, "LEAVE id=0000000000000002"), [], "another id");
    assert_eq!(story.line(BOB, "LEAVE id=0000000000000001"), [], "another's id");
    let left = story.answer(ALICE, "LEAVE id=0000000000000001");
    assert_eq!(left, "MC1 LEFT id=0000000000000001\n");
    assert_eq!(story.line(ALICE, "LEAVE id=0000000000000001"), []);
    assert!(story.joins(BOB, 2, "q=duel n=2")[0].1.contains("have=1"));
}

#[test]
fn a_new_try_of_the_same_address_replaces_the_old_one() {
    let mut story = Story::new();
    story.joins(ALICE, 1, "q=duel n=2");
    let told = story.joins(ALICE, 2, "q=duel n=2");
    assert!(told.len() == 1 && told[0].1.contains("have=1"), "she does not meet herself: {told:?}");
    let told = both(&story.joins(BOB, 3, "q=duel n=2"));
    assert_eq!(field(&told[0], "id"), "0000000000000002");
}

#[test]
fn private_addresses_are_told_behind_one_public_address_only() {
    let mut story = Story::new();
    let lan = |n: u8| format!("q=lan n=3 lan=192.168.1.{n}:4000,10.0.0.{n}:4000,8.8.8.8:53");
    story.joins("192.0.2.1:4001", 1, &lan(1));
    story.joins("192.0.2.1:4002", 2, &lan(2));
    let told = story.joins(BOB, 3, &lan(3));
    let peers = |line: &str| {
        let line = Line::parse(line.as_bytes()).unwrap();
        line.all("peer").map(str::to_owned).collect::<Vec<_>>()
    };
    let second = "2@192.0.2.1:4002+192.168.1.2:4000+10.0.0.2:4000".to_owned();
    assert_eq!(peers(&told[0].1), [second, format!("3@{BOB}")]);
    assert_eq!(peers(&told[2].1), ["1@192.0.2.1:4001", "2@192.0.2.1:4002"]);
}

#[test]
fn the_relay_may_be_off_or_all_there_is() {
    let mut off = Story::relaying(RelayMode::Off);
    let [to_alice, _] = off.duel();
    assert!(!to_alice.contains("relay="));
    let mut only = Story::relaying(RelayMode::Only);
    let [to_alice, to_bob] = only.duel();
    assert_eq!((field(&to_alice, "peer"), field(&to_bob, "peer")), ("2".into(), "1".into()));
    assert!(!to_alice.contains(BOB) && !to_bob.contains(ALICE));
    let said = format!("DATA t={} to=1\nhi", field(&to_bob, "relay"));
    assert_eq!(only.line(BOB, &said).len(), 1);
}

#[test]
fn results_are_counted_once() {
    let mut story = Story::new();
    let [to_alice, _] = story.duel();
    let m = field(&to_alice, "m");
    let report = |id: u8, peer: u8, how: &str| {
        format!("RESULT id={id:016x} m={m} peer={peer} how={how} rtt=23")
    };
    for (who, line) in [
        (ALICE, report(1, 2, "direct")),
        (ALICE, report(1, 2, "direct")),
        (BOB, report(2, 1, "relay")),
        (BOB, report(2, 2, "lan")),
        (BOB, report(2, 3, "lan")),
        (BOB, report(2, 0, "lan")),
        (BOB, report(2, 1, "luck")),
        (CAROL, report(1, 2, "failed")),
    ] {
        assert_eq!(story.line(who, &line), []);
    }
    let counters = story.matchmaker.keyed_counters();
    assert_eq!((counters.direct, counters.relay, counters.lan, counters.failed), (1, 1, 0, 0));
}

#[test]
fn a_match_is_forgotten_when_nobody_is_heard_any_more() {
    let mut story = Story::new();
    let [to_alice, to_bob] = story.duel();
    for (who, id, line) in [(ALICE, 1, &to_alice), (BOB, 2, &to_bob)] {
        story.line(who, &format!("ACK id={id:016x} m={}", field(line, "m")));
    }
    let data = format!("DATA t={} to=2\nhi", field(&to_alice, "relay"));
    for _ in 0..3 {
        assert_eq!(story.after(MATCH_IDLE - Duration::from_secs(1)), []);
        assert_eq!(story.line(ALICE, &data), [], "bob has said nothing for long");
        assert_eq!(story.matchmaker.players(), 2, "but one of two keeps it alive");
    }
    assert_eq!(story.after(MATCH_IDLE), []);
    assert_eq!(story.after(MATCH_IDLE), []);
    assert_eq!(story.matchmaker.players(), 0);
    assert_eq!(story.line(ALICE, &data), []);
    assert_eq!(story.matchmaker.poll_timeout(), None, "and nothing is left to be done");
}

#[test]
fn an_address_is_told_to_who_checks_it_and_the_other_ports_too() {
    let mut story = Story::with(true, 0, &["198.51.100.9:50000", "198.51.100.9:50001"]);
    let check = format!("CHECK id=0000000000000001 {PAD}");
    let seen = format!("MC1 SEEN id=0000000000000001 you={ALICE} also=50000,50001\n");
    assert_eq!(story.answer(ALICE, &check), seen);
    let told = story.receives(0, ALICE, format!("MC1 {check} from=50001\n").as_bytes());
    assert_eq!((told.len(), told[0].via), (1, SocketIndex(1)));
    assert_eq!(story.line(ALICE, &format!("{check} from=50002")), [], "no port of ours");
    assert_eq!(story.line(ALICE, "CHECK id=0000000000000001"), [], "shorter than its answer");
    for pad in 0..64 {
        let check = format!("CHECK id=0000000000000001 pad={}", "x".repeat(pad));
        for (_, told) in story.line(ALICE, &check) {
            assert!(told.len() <= check.len() + 5, "{told}");
        }
    }
    assert_eq!(story.matchmaker.players(), 0);
}

//! Metadata over IRC: what people say of themselves and of rooms for programs, who hears of it, and
//! for how long it is kept.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use std::time::Duration;

use common::shelf::SharedShelf;
use common::{World, settings};
use mio_chat::dialect::{AccountOffer, Spoken};
use mio_chat::limits::{
    METADATA_KEYS_MAX, METADATA_MEMBERS_MAX, METADATA_SUBSCRIPTIONS_MAX, METADATA_TOLD_MAX,
    OUTBOX_HARD_BYTES,
};
use mio_chat::password::SlowHash;
use mio_chat::server::{Operator, Server, Settings};

fn quick() -> Settings {
    let accounts = AccountOffer { is_there: true, ..AccountOffer::default() };
    let spoken = Spoken { server_name: "irc.test".into(), accounts, ..settings().spoken };
    Settings { account_rounds: 10, spoken, flood: None, ..settings() }
}

fn world(shelf: &SharedShelf) -> World {
    World::kept(quick(), shelf)
}

/// What somebody hears of some lines, when all is done and stored.
fn told(world: &mut World, shelf: &SharedShelf, name: &str, lines: &str) -> String {
    world.hears(name);
    world.sends(name, lines.replace('\n', "\r\n").as_bytes());
    world.wait(Duration::from_secs(1));
    world.save(&mut shelf.get_mut(), 100);
    world.wait(Duration::from_secs(1));
    hears(world, name)
}

fn hears(world: &mut World, name: &str) -> String {
    world.hears(name).replace("\r\n", "\n").replace(":irc.test ", "")
}

/// What somebody hears of some lines, without the batches around it and its own nickname.
fn values(world: &mut World, shelf: &SharedShelf, name: &str, lines: &str) -> Vec<String> {
    let heard = told(world, shelf, name, lines);
    let in_batch = |line: &str| match line.strip_prefix("@batch=") {
        Some(line) => line.split_once(' ').unwrap().1.to_owned(),
        None => line.to_owned(),
    };
    let lines = heard.lines().filter(|line| !line.starts_with("BATCH ")).map(in_batch);
    lines.map(|line| line.replacen(&format!(" {name}"), "", 1)).collect()
}

/// Base64 of `\0alice\0sesame`.
const LOG_IN: &str = "AUTHENTICATE PLAIN\nAUTHENTICATE AGFsaWNlAHNlc2FtZQ==\n";

/// Somebody who speaks IRC, reads metadata, and is a member then.
fn comes(world: &mut World, shelf: &SharedShelf, name: &str, lines: &str) -> String {
    world.connect(name);
    let before = "CAP REQ :sasl batch draft/metadata-3\n";
    let lines = format!("{before}{lines}NICK {name}\nUSER {name} 0 * :{name}\nCAP END\n");
    told(world, shelf, name, &lines)
}

/// The hash of `pw`, of a thousand rounds: tests need not wait.
const PASSWORD: &str = "pbkdf2-sha256:1000:73616c74:\
                        0a38253555ce37f5c72a6b703f996814ebf241f203af146e93dcdeb031c5567e";

const COLOR: &str = "METADATA * SET color :#c90076\n";

#[test]
fn who_shares_a_room_or_watches_and_wants_to_hear_is_told() {
    let shelf = SharedShelf::default();
    let mut world = world(&shelf);
    world.join("paul");
    world.types("paul", "/join den");
    for name in ["alice", "bob", "carol", "dave", "eve"] {
        comes(&mut world, &shelf, name, "");
    }
    for name in ["bob", "carol", "eve"] {
        let heard = told(&mut world, &shelf, name, "METADATA * SUB color avatar\n");
        assert_eq!(
            heard,
            format!("770 {name} color avatar\n774 {name} *ALL 0 :Ask for it by METADATA SYNC\n")
        );
    }
    for name in ["alice", "bob", "dave"] {
        told(&mut world, &shelf, name, "JOIN #den\n");
    }
    told(&mut world, &shelf, "carol", "MONITOR + alice\n");
    ["paul", "bob", "carol", "dave", "eve"].iter().for_each(|name| drop(world.hears(name)));
    assert_eq!(told(&mut world, &shelf, "alice", COLOR), "761 alice alice color * :#c90076\n");
    for name in ["bob", "carol"] {
        assert_eq!(hears(&mut world, name), format!("761 {name} alice color * :#c90076\n"));
    }
    assert_eq!(["dave", "eve", "paul"].map(|name| world.hears(name)), ["", "", ""]);
    told(&mut world, &shelf, "alice", "METADATA * SET color :#c90076\n");
    assert_eq!(world.hears("bob"), "", "nothing new");
    let heard = told(&mut world, &shelf, "alice", "METADATA alice SET color\n");
    assert_eq!(heard, "766 alice alice color :Key not set\n");
    assert_eq!(hears(&mut world, "bob"), "766 bob alice color :Key not set\n");
    // Rooms, too, by who keeps order there: here paul, who made it.
    let heard = told(&mut world, &shelf, "alice", "METADATA #den SET avatar :x\n");
    assert!(heard.starts_with("FAIL METADATA KEY_NO_PERMISSION #den avatar :"), "{heard}");
    world.types("paul", "/op alice");
    ["bob", "eve"].iter().for_each(|name| drop(world.hears(name)));
    told(&mut world, &shelf, "alice", "METADATA #den SET avatar :https://x.org/a.png\n");
    assert_eq!(hears(&mut world, "bob"), "761 bob #den avatar * :https://x.org/a.png\n");
    assert_eq!(world.hears("eve"), "");
    assert!(!world.hears("paul").contains("avatar"), "plain lines know no metadata");
}

#[test]
fn what_is_there_is_told_to_who_comes_and_who_asks() {
    let shelf = SharedShelf::default();
    let mut world = world(&shelf);
    comes(&mut world, &shelf, "alice", "");
    told(&mut world, &shelf, "alice", &format!("{COLOR}JOIN #den\nMETADATA #den SET color :red\n"));
    let heard = comes(&mut world, &shelf, "bob", "METADATA * SUB color\nMETADATA * SET color :b\n");
    assert!(heard.contains("770 * color\n761 * * color * :b\n001 "), "{heard}");
    let burst = "BATCH +1 metadata bob\n@batch=1 761 bob bob color * :b\nBATCH -1\n422 ";
    assert!(heard.contains(burst), "{heard}");
    let heard = told(&mut world, &shelf, "bob", "JOIN #den\n");
    let batch = "BATCH +2 metadata #den\n@batch=2 761 bob #den color * :red\n\
                 @batch=2 761 bob alice color * :#c90076\n@batch=2 761 bob bob color * :b\n\
                 BATCH -2\n";
    assert!(heard.ends_with(batch), "{heard}");
    // Who is there and wants to hear is told of a newcomer.
    comes(&mut world, &shelf, "carol", "METADATA * SET color :c\n");
    world.hears("bob");
    told(&mut world, &shelf, "carol", "JOIN #den\n");
    assert!(hears(&mut world, "bob").ends_with("761 bob carol color * :c\n"));
    let heard = values(&mut world, &shelf, "bob", "METADATA *ALL SYNC\nMETADATA carol SYNC\n");
    let color = |of: &str, value: &str| format!("761 {of} color * :{value}");
    let all = ["#den", "alice", "bob", "carol", "carol"];
    let all = all.iter().zip(["red", "#c90076", "b", "c", "c"]).map(|(of, it)| color(of, it));
    let expected: Vec<String> = all.collect();
    assert_eq!(heard.len(), expected.len(), "{heard:?}");
    assert!(expected.iter().filter(|it| !it.contains("bob")).all(|it| heard.contains(it)));
    let heard = told(&mut world, &shelf, "bob", "WHOIS carol\n");
    assert!(heard.contains("760 bob carol color * :c\n"), "{heard}");
    world.join("paul");
    let heard =
        told(&mut world, &shelf, "paul", "/format json\n{\"t\":\"whois\",\"nick\":\"carol\"}\n");
    assert!(heard.contains(r#""metadata":{"color":"c"},"text":"carol "#), "{heard}");
    let heard = told(&mut world, &shelf, "bob", "MONITOR + carol\nPART #den\nMETADATA *ALL SYNC\n");
    assert_eq!(heard.matches("761 bob carol color * :c\n").count(), 2, "{heard}");
    // Hidden rooms are nobody's else.
    told(&mut world, &shelf, "alice", "MODE #den +s\n");
    let heard = told(&mut world, &shelf, "bob", "METADATA #den LIST\nMETADATA nobody LIST\n");
    let codes = heard.matches("FAIL METADATA INVALID_TARGET ").count();
    assert_eq!((codes, heard.contains("red")), (2, false), "{heard}");
}

#[test]
fn who_gives_the_capability_back_hears_no_more() {
    let shelf = SharedShelf::default();
    let mut world = world(&shelf);
    for name in ["alice", "bob"] {
        comes(&mut world, &shelf, name, "");
        told(&mut world, &shelf, name, "JOIN #den\nMETADATA * SUB color avatar\n");
    }
    let heard = told(&mut world, &shelf, "bob", "METADATA * UNSUB avatar $x\nMETADATA * SUBS\n");
    let expected = "771 bob avatar\nWARN METADATA INVALID_KEY $x :That can be no key\n\
                    BATCH +3 metadata-subs\n@batch=3 772 bob color\nBATCH -3\n";
    assert_eq!(heard, expected);
    told(&mut world, &shelf, "bob", "CAP REQ :-batch\n");
    told(&mut world, &shelf, "alice", COLOR);
    assert_eq!(world.hears("bob"), "");
    let heard = told(&mut world, &shelf, "bob", "METADATA * SUBS\nMETADATA alice LIST\n");
    assert_eq!(heard, "761 bob alice color * :#c90076\n", "and no batches");
    let lines =
        "CAP REQ :-draft/metadata-3\nMETADATA alice LIST\nWHOIS alice\nPART #den\nJOIN #den\n";
    let heard = told(&mut world, &shelf, "bob", lines);
    assert!(heard.contains("421 bob METADATA :") && !heard.contains("#c90076"), "{heard}");
}

#[test]
fn what_is_malformed_or_too_much_is_refused() {
    let shelf = SharedShelf::default();
    let mut world = world(&shelf);
    comes(&mut world, &shelf, "alice", "");
    let lines = "METADATA\nMETADATA * GET\nMETADATA * FROB\nMETADATA * SET A :x\n\
                 METADATA * LIST x\nMETADATA nobody CLEAR\nMETADATA #den SUB a\n\
                 METADATA *ALL GET a\n";
    let heard = told(&mut world, &shelf, "alice", lines);
    let codes: Vec<&str> = heard.lines().map(|line| line.split(" :").next().unwrap()).collect();
    let expected = [
        "FAIL METADATA INVALID_PARAMS *",
        "FAIL METADATA INVALID_PARAMS GET",
        "FAIL METADATA INVALID_PARAMS *",
        "FAIL METADATA INVALID_KEY A",
        "FAIL METADATA INVALID_PARAMS LIST",
        "FAIL METADATA INVALID_TARGET nobody",
        "FAIL METADATA INVALID_TARGET #den",
        "FAIL METADATA INVALID_TARGET *ALL",
    ];
    assert_eq!(codes, expected, "{heard}");
    let heard = values(&mut world, &shelf, "alice", "METADATA * GET a $b :c d\n");
    let expected =
        ["766 alice a :", "WARN METADATA INVALID_KEY $b :", "766 alice c :", "766 alice d :"];
    assert!(heard.iter().zip(expected).all(|(line, it)| line.starts_with(it)), "{heard:?}");
    let set = |n: usize| format!("METADATA * SET k{n} :x\n");
    let lines: String = (0..=METADATA_KEYS_MAX).map(set).collect();
    let heard = told(&mut world, &shelf, "alice", &lines);
    let full = format!("FAIL METADATA LIMIT_REACHED SET * {METADATA_KEYS_MAX} :");
    assert!(heard.lines().last().unwrap().starts_with(&full), "{heard}");
    let heard = told(&mut world, &shelf, "alice", "METADATA * SET k0 :a\x07b \u{202e}\u{1f49c}\n");
    assert_eq!(heard, "761 alice alice k0 * :ab \u{1f49c}\n");
    let heard = values(&mut world, &shelf, "alice", "METADATA * CLEAR\nMETADATA * LIST\n");
    assert_eq!(heard.len(), METADATA_KEYS_MAX);
    let sub = |n: usize| format!("METADATA * SUB k{n} j{n}\n");
    let lines: String = (0..METADATA_SUBSCRIPTIONS_MAX / 2).map(sub).collect();
    told(&mut world, &shelf, "alice", &lines);
    let heard = told(&mut world, &shelf, "alice", "METADATA * SUB a b\n");
    let full = format!("FAIL METADATA LIMIT_REACHED SUB a {METADATA_SUBSCRIPTIONS_MAX} :");
    assert!(heard.starts_with(&full), "{heard}");
    world.turn.server.status().check_invariants();
}

#[test]
fn what_belongs_to_an_account_or_a_room_outlives_a_restart() {
    let shelf = SharedShelf::default();
    let mut first = world(&shelf);
    comes(&mut first, &shelf, "alice", "");
    comes(&mut first, &shelf, "bob", "METADATA * SUB color\n");
    told(&mut first, &shelf, "alice", "METADATA * SET mine :1\n");
    told(&mut first, &shelf, "alice", "PRIVMSG NickServ :REGISTER sesame\n");
    told(&mut first, &shelf, "alice", "JOIN #den\nMETADATA #den SET color :red\n");
    told(&mut first, &shelf, "bob", "JOIN #den\n");
    comes(&mut first, &shelf, "phone", LOG_IN);
    first.hears("bob");
    // Said once, of each device.
    told(&mut first, &shelf, "phone", COLOR);
    assert_eq!(hears(&mut first, "bob"), "761 bob alice color * :#c90076\n");
    told(&mut first, &shelf, "phone", "QUIT\n");
    told(&mut first, &shelf, "alice", "NS LOGOUT\n");
    assert_eq!(hears(&mut first, "bob"), "766 bob alice color :Key not set\n");
    assert_eq!(values(&mut first, &shelf, "alice", "METADATA * LIST\n").len(), 0);
    first.turn.server.status().check_invariants();
    let mut second = world(&shelf);
    let heard = comes(&mut second, &shelf, "tablet", &format!("METADATA * SET new :2\n{LOG_IN}"));
    for line in ["color * :#c90076\n", "mine * :1\n", "new * :2\n"] {
        assert!(heard.contains(&format!("761 tablet tablet {line}")), "{line}: {heard}");
    }
    told(&mut second, &shelf, "tablet", "JOIN #den\n");
    let heard = values(&mut second, &shelf, "tablet", "METADATA #den LIST\n");
    assert_eq!(heard, ["761 #den color * :red"]);
    let heard = values(&mut second, &shelf, "tablet", "METADATA #den CLEAR\nMETADATA * CLEAR\n");
    assert_eq!(heard.len(), 4, "{heard:?}");
    let mut third = world(&shelf);
    comes(&mut third, &shelf, "phone", LOG_IN);
    let lines = "JOIN #den\nMETADATA #den LIST\nMETADATA * LIST\n";
    assert!(!told(&mut third, &shelf, "phone", lines).contains(" 761 "));
}

#[test]
fn an_upgrade_is_not_noticed() {
    let shelf = SharedShelf::default();
    let mut world = world(&shelf);
    comes(&mut world, &shelf, "alice", "");
    comes(&mut world, &shelf, "bob", "METADATA * SUB color\n");
    told(&mut world, &shelf, "alice", &format!("{COLOR}JOIN #den\nMETADATA #den SET a :1\n"));
    told(&mut world, &shelf, "bob", "JOIN #den\n");
    let document = serde_json::to_string(&world.turn.server.handover().state(world.now)).unwrap();
    let state = serde_json::from_str(&document).unwrap();
    world.turn.server = Server::taken_over(quick(), state, true);
    world.turn.server.storage().set_archive(shelf.archive());
    world.turn.server.status().check_invariants();
    world.run();
    let heard = values(&mut world, &shelf, "bob", "METADATA #den LIST\nMETADATA alice LIST\n");
    assert_eq!(heard, ["761 #den a * :1", "761 alice color * :#c90076"]);
    told(&mut world, &shelf, "alice", "METADATA * SET color :red\n");
    assert_eq!(hears(&mut world, "bob"), "761 bob alice color * :red\n");
}

#[test]
fn a_crowd_is_told_of_when_it_is_asked_for_and_up_to_a_bound() {
    let shelf = SharedShelf::default();
    let mut world = world(&shelf);
    let count = METADATA_TOLD_MAX + 10;
    let value = "v".repeat(300);
    for number in 0..count {
        let name = format!("p{number}");
        world.connect(&name);
        let lines = format!(
            "CAP REQ draft/metadata-3\nMETADATA * SET color :{value}\nNICK {name}\nUSER u 0 * :r\n\
             CAP END\nJOIN #den\n"
        );
        world.sends(&name, lines.replace('\n', "\r\n").as_bytes());
    }
    assert!(count > METADATA_MEMBERS_MAX);
    comes(&mut world, &shelf, "alice", "METADATA * SUB color\n");
    let heard = told(&mut world, &shelf, "alice", "JOIN #den\n");
    let later = "774 alice #den 4 :Ask for it by METADATA SYNC\n";
    assert!(heard.ends_with(later) && !heard.contains(" 761 "), "{heard}");
    for asked in ["METADATA #den SYNC\n", "METADATA *ALL SYNC\n"] {
        let heard = told(&mut world, &shelf, "alice", asked);
        assert_eq!(heard.matches(" 761 alice ").count(), METADATA_TOLD_MAX);
        assert!(heard.contains(" WARN METADATA LIMIT_REACHED SYNC "), "it says that there is more");
        assert!(heard.len() < OUTBOX_HARD_BYTES, "{}", heard.len());
    }
    world.turn.server.status().check_invariants();
}

#[test]
fn an_answer_that_is_one_batch_bears_its_label() {
    let shelf = SharedShelf::default();
    let mut world = world(&shelf);
    comes(&mut world, &shelf, "alice", "");
    told(&mut world, &shelf, "alice", COLOR);
    told(&mut world, &shelf, "alice", "CAP REQ :labeled-response\n");
    let heard = told(&mut world, &shelf, "alice", "@label=a METADATA * LIST\n");
    let expected = "@label=a BATCH +2 metadata alice\n\
                    @batch=2 761 alice alice color * :#c90076\nBATCH -2\n";
    assert_eq!(heard, expected);
    let heard = told(&mut world, &shelf, "alice", "@label=b METADATA * SET color\n");
    assert_eq!(heard, "@label=b 766 alice alice color :Key not set\n");
}

#[test]
fn who_looks_after_the_server_may_take_away_what_others_say_of_themselves() {
    let shelf = SharedShelf::default();
    let password = SlowHash::parse(PASSWORD).unwrap();
    let operators = vec![Operator { name: "root".into(), password: Some(password) }];
    let mut world = World::kept(Settings { operators, ..quick() }, &shelf);
    for name in ["alice", "olga"] {
        comes(&mut world, &shelf, name, "METADATA * SUB color\n");
        told(&mut world, &shelf, name, "JOIN #den\n");
    }
    told(&mut world, &shelf, "alice", COLOR);
    let take = "METADATA alice SET color\nMETADATA alice CLEAR\n";
    let heard = told(&mut world, &shelf, "olga", take);
    assert_eq!(heard.matches("FAIL METADATA KEY_NO_PERMISSION alice ").count(), 2, "{heard}");
    told(&mut world, &shelf, "olga", "OPER root pw\n");
    world.hears("alice");
    let heard = told(&mut world, &shelf, "olga", "METADATA alice SET color :red\n");
    assert!(heard.contains("KEY_NO_PERMISSION"), "nobody speaks for others: {heard}");
    let heard = values(&mut world, &shelf, "olga", "METADATA alice CLEAR\n");
    assert!(heard.contains(&"766 alice color :Key not set".to_owned()), "{heard:?}");
    assert_eq!(hears(&mut world, "alice"), "766 alice alice color :Key not set\n");
}

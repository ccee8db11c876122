//! Lists that are told in parts: WHO, NAMES and LIST of more than fits one part. All of it comes,
//! nothing is lost of what is said meanwhile, and little waits at any time.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{World, settings};
use mio_chat::dialect::Spoken;
use mio_chat::limits::{
    ANSWER_BACKLOG_MAX, IRC_LINE_BYTES_MAX, NAMES_PER_PART, OUTBOX_SOFT_BYTES, ROWS_PER_PART,
};
use mio_chat::server::{CloseReason, Server, Settings};

/// More than two parts of either kind.
const MEMBERS: usize = 2 * NAMES_PER_PART + 50;

fn irc_settings() -> Settings {
    let spoken = Spoken { server_name: "irc.test".into(), ..settings().spoken };
    Settings { spoken, flood: None, ..settings() }
}

/// A room with so many people who read plain lines, and alice, who has come to it by IRC.
fn crowd(members: usize, capabilities: &str) -> World {
    let mut world = World::new(irc_settings());
    for number in 0..members {
        let name = format!("p{number}");
        world.connect(&name);
        world.person(&name).says(&format!("{name}\n/join den\n"));
    }
    world.run();
    world.connect("alice");
    let lines = format!(
        "CAP REQ :{capabilities}\r\nNICK alice\r\nUSER a 0 * :Alice\r\nCAP END\r\nJOIN #den\r\n"
    );
    world.sends("alice", lines.as_bytes());
    world
}

/// What somebody hears of a line, in lines.
fn told(world: &mut World, name: &str, line: &str) -> Vec<String> {
    world.hears(name);
    world.sends(name, format!("{line}\r\n").as_bytes());
    lines(&world.hears(name))
}

fn lines(heard: &str) -> Vec<String> {
    heard.lines().map(str::to_owned).collect()
}

/// Who is named by the rows of this numeric, at that word.
fn named(lines: &[String], code: &str, word: usize) -> Vec<String> {
    let rows = lines.iter().filter(|line| line.split(' ').any(|word| word == code));
    rows.map(|line| line.split(' ').nth(word).unwrap().to_owned()).collect()
}

/// Those who are named by NAMES.
fn in_names(lines: &[String]) -> Vec<String> {
    let rows = lines.iter().filter(|line| line.contains(" 353 "));
    rows.flat_map(|line| line.split(" :").nth(1).unwrap().split(' '))
        .map(|name| name.trim_start_matches('@').to_owned())
        .collect()
}

fn everybody() -> BTreeSet<String> {
    (0..MEMBERS).map(|number| format!("p{number}")).chain(["alice".to_owned()]).collect()
}

/// Lets somebody who reads slowly read so much at a time, until nothing comes. The most that
/// waited, and what it has heard.
fn reads_slowly(world: &mut World, name: &str, each: usize) -> (usize, String) {
    let (mut most, mut heard) = (0, String::new());
    loop {
        world.reads_only(name, each);
        most = most.max(waiting(world));
        let more = world.hears(name);
        if more.is_empty() {
            return (most, heard);
        }
        heard += &more;
    }
}

fn waiting(world: &World) -> usize {
    world.turn.server.status().slowest_readers(1).first().map_or(0, |slow| slow.bytes)
}

#[test]
fn who_tells_of_everybody_once_and_what_is_said_meanwhile_is_answered_next() {
    let mut world = crowd(MEMBERS, "setname");
    let heard = told(&mut world, "alice", "WHO #den\r\nPING after");
    let rows = named(&heard, "352", 7);
    assert_eq!(rows.len(), MEMBERS + 1);
    assert_eq!(rows.into_iter().collect::<BTreeSet<_>>(), everybody());
    let end = [":irc.test 315 alice #den :End of WHO list", ":irc.test PONG irc.test :after"];
    assert_eq!(heard[MEMBERS + 1..], end);
    let heard = told(&mut world, "alice", "WHO p*9 %n");
    assert_eq!(
        named(&heard, "354", 3).len(),
        everybody().iter().filter(|it| it.ends_with('9')).count()
    );
    assert!(heard.last().unwrap().contains(" 315 alice p*9 :"), "{heard:?}");
}

#[test]
fn names_and_join_tell_of_everybody_once() {
    let mut world = crowd(MEMBERS, "userhost-in-names");
    // Whoever speaks is shown in a big room.
    for number in 0..MEMBERS {
        world.person(&format!("p{number}")).says("hello\n");
    }
    world.run();
    for lines in ["NAMES #den,#main,#den", "PART #den\r\nJOIN #empty,#den,#other"] {
        let heard = told(&mut world, "alice", lines);
        let names = in_names(&heard);
        let mut times = BTreeMap::new();
        for name in &names {
            *times.entry(name.split('!').next().unwrap()).or_insert(0) += 1;
        }
        // Alice is in the others too, once she has joined them.
        let (each, own) = if lines.starts_with("NAMES") { (2, 2) } else { (1, 3) };
        for name in everybody() {
            let expected = if name == "alice" { own } else { each };
            assert_eq!(times.get(name.as_str()), Some(&expected), "{name}");
        }
        let ends = heard.iter().filter(|line| line.contains(" 366 ")).count();
        assert_eq!(ends, if lines.starts_with("NAMES") { 1 } else { 3 }, "{heard:?}");
        assert!(heard.last().unwrap().contains(" 366 "), "{:?}", heard.last());
        assert!(heard.iter().all(|line| line.len() <= IRC_LINE_BYTES_MAX - 2));
    }
}

#[test]
fn list_tells_of_every_room_once_the_fullest_first() {
    let mut world = World::new(irc_settings());
    let rooms = 3 * ROWS_PER_PART + 7;
    for number in 0..rooms {
        let name = format!("p{number}");
        world.connect(&name);
        world.types(&name, &format!("{name}\n/join r{number}"));
    }
    for number in 0..3 {
        world.types(&format!("p{number}"), "/join r200");
    }
    world.connect("alice");
    world.sends("alice", b"NICK alice\r\nUSER a 0 * :Alice\r\n");
    let heard = told(&mut world, "alice", "LIST");
    assert!(heard[0].contains(" 321 "), "{heard:?}");
    assert_eq!(heard[1], ":irc.test 322 alice #r200 4 :");
    assert_eq!(heard.last().unwrap(), ":irc.test 323 alice :End of /LIST");
    let listed = named(&heard, "322", 3);
    let unique: BTreeSet<_> = listed.iter().collect();
    assert_eq!((listed.len(), unique.len()), (rooms - 3, rooms - 3));
    let heard = told(&mut world, "alice", "LIST r1*");
    assert_eq!(named(&heard, "322", 3).len(), 10 + 100);
    assert!(heard.last().unwrap().contains(" 323 "));
}

#[test]
fn whoever_reads_slowly_is_told_all_of_it_and_little_waits() {
    let mut world = crowd(MEMBERS, "batch labeled-response");
    world.hears("alice");
    world.reads_only("alice", 0);
    world.sends("alice", b"@label=w WHO #den\r\nPING one\r\n@label=n NAMES #den\r\nPING two\r\n");
    // The longest part, and what else had to be there for it to be told.
    let bound = ANSWER_BACKLOG_MAX + (ROWS_PER_PART + 1) * 100;
    assert!(waiting(&world) < bound && bound < OUTBOX_SOFT_BYTES, "{}", waiting(&world));
    let (most, heard) = reads_slowly(&mut world, "alice", 3_000);
    assert!(most < bound, "{most} bytes waited");
    let heard = lines(&heard);
    let rows = heard.iter().filter(|line| line.contains(" 352 "));
    assert_eq!(rows.clone().count(), MEMBERS + 1);
    assert!(rows.clone().all(|line| line.starts_with("@batch=1 :")), "all are in the batch");
    assert_eq!(heard[0], "@label=w :irc.test BATCH +1 labeled-response");
    let order = ["BATCH -1", "PONG irc.test :one", "@label=n", "BATCH -2", "PONG irc.test :two"];
    let places = order.map(|part| heard.iter().position(|line| line.contains(part)));
    assert!(places.is_sorted() && places[0].is_some(), "{places:?}");
}

#[test]
fn what_others_tell_meanwhile_is_no_part_of_the_answer() {
    let mut world = crowd(MEMBERS, "batch labeled-response");
    world.sends("alice", b"MONITOR + bob\r\n");
    world.hears("alice");
    world.reads_only("alice", 0);
    world.sends("alice", b"@label=w WHO #den\r\n");
    world.join("bob");
    world.types("bob", "/msg alice psst");
    world.types("p3", "hello");
    let (_, heard) = reads_slowly(&mut world, "alice", 5_000);
    for (part, start) in [
        (" 730 alice :bob!", ":irc.test 730"),
        ("PRIVMSG alice :psst", ":bob!"),
        ("PRIVMSG #den :hello", ":p3!"),
    ] {
        let line = heard.lines().find(|line| line.contains(part)).expect(part);
        assert!(line.starts_with(start), "{line}");
    }
    assert!(heard.ends_with(":irc.test BATCH -1\r\n"));
}

#[test]
fn however_the_bytes_are_cut_the_same_is_told() {
    let stream = b"@label=a JOIN #big,#den\r\nWHO #den %tn,7\r\nPING x\r\nNAMES #den,#big\r\n";
    let played = |pieces: &mut dyn Iterator<Item = &[u8]>| {
        let mut world = crowd(ROWS_PER_PART + 20, "batch labeled-response");
        world.sends("alice", b"PART #den\r\n");
        world.hears("alice");
        for piece in pieces {
            world.person("alice").says(std::str::from_utf8(piece).unwrap());
            world.turn();
        }
        world.run();
        world.hears("alice")
    };
    let whole = played(&mut [&stream[..]].into_iter());
    assert_eq!(whole.matches(" 354 alice 7 ").count(), ROWS_PER_PART + 21);
    for cut in (1..stream.len()).step_by(3) {
        let (front, back) = stream.split_at(cut);
        assert_eq!(played(&mut [front, back].into_iter()), whole, "cut at {cut}");
    }
    assert_eq!(played(&mut stream.chunks(1)), whole);
}

#[test]
fn who_stays_is_told_of_though_others_come_and_go() {
    let mut world = crowd(MEMBERS, "setname");
    world.hears("alice");
    world.reads_only("alice", 0);
    world.sends("alice", b"WHO #den\r\n");
    let mut heard = String::new();
    let mut gone = BTreeSet::new();
    for number in (0..MEMBERS).step_by(97) {
        world.reads_only("alice", 4_000);
        heard += &world.hears("alice");
        let name = format!("p{number}");
        world.types(&name, if number % 2 == 0 { "/quit" } else { "/join elsewhere" });
        gone.insert(name);
        world.join(&format!("new{number}"));
        world.types(&format!("new{number}"), "/join den");
    }
    heard += &reads_slowly(&mut world, "alice", 9_000).1;
    let rows: BTreeSet<String> = named(&lines(&heard), "352", 7).into_iter().collect();
    let stayed: BTreeSet<String> = everybody().difference(&gone).cloned().collect();
    assert!(stayed.is_subset(&rows), "{:?}", stayed.difference(&rows));
    assert!(heard.contains(" 315 alice #den :"));
}

#[test]
fn a_room_that_is_hidden_or_gone_is_told_of_no_more() {
    for ends in [&b"MODE #den +s\r\n"[..], b"QUIT\r\n"] {
        let mut world = World::new(irc_settings());
        world.connect("olga");
        world.sends("olga", b"NICK olga\r\nUSER o 0 * :O\r\nJOIN #den\r\n");
        for number in 0..8 * ROWS_PER_PART {
            let name = format!("p{number}");
            world.connect(&name);
            world.person(&name).says(&format!("{name}\n/join den\n"));
        }
        world.run();
        world.connect("alice");
        world.sends("alice", b"NICK alice\r\nUSER a 0 * :A\r\n");
        world.hears("alice");
        world.reads_only("alice", 0);
        world.sends("alice", b"WHO #den\r\nPING on\r\n");
        world.sends("olga", ends);
        if ends == b"QUIT\r\n" {
            for number in 0..8 * ROWS_PER_PART {
                world.person(&format!("p{number}")).says("/quit\n");
            }
            world.run();
        }
        let (_, heard) = reads_slowly(&mut world, "alice", 100_000);
        let rows = heard.matches(" 352 alice ").count();
        assert!(rows < 8 * ROWS_PER_PART, "no more than what fits an outbox: {rows}");
        assert!(heard.contains(" 315 alice #den :") && heard.ends_with("PONG irc.test :on\r\n"));
    }
}

#[test]
fn whoever_leaves_or_breaks_off_in_the_middle_leaves_nothing_behind() {
    for way in 0..4 {
        let mut world = crowd(3 * ROWS_PER_PART, "setname");
        world.hears("alice");
        world.reads_only("alice", 0);
        world.sends("alice", b"WHO #den\r\nPRIVMSG #den :good bye\r\n");
        world.hears("p0");
        match way {
            0 => world.ends("alice"),
            1 => world.breaks("alice"),
            2 => world.vanishes("alice"),
            _ => {
                world.wait(Settings::default().outbox.age * 2);
                let reason = world.person("alice").closed.unwrap();
                assert!(matches!(reason, CloseReason::Told(_)), "{reason:?}");
            }
        }
        world.reads_only("alice", usize::MAX);
        world.run();
        let heard = world.hears("p0");
        let was_heard = heard.contains("alice: good bye\n");
        assert_eq!(was_heard, way < 2, "{way}: {heard}");
        assert!(world.person("alice").closed.is_some(), "{way}");
        if way == 0 {
            let rows = world.hears("alice").matches(" 352 alice ").count();
            assert_eq!(rows, 3 * ROWS_PER_PART + 1, "all that was asked for");
        }
    }
}

#[test]
fn an_upgrade_in_the_middle_is_not_noticed() {
    let mut world = crowd(MEMBERS, "batch labeled-response");
    world.hears("alice");
    world.reads_only("alice", 0);
    world.sends("alice", b"@label=w WHO #den\r\nPING on\r\n");
    world.reads_only("alice", 20_000);
    let document = serde_json::to_string(&world.turn.server.handover().state(world.now)).unwrap();
    let state = serde_json::from_str(&document).unwrap();
    world.turn.server = Server::taken_over(irc_settings(), state, true);
    let (_, heard) = reads_slowly(&mut world, "alice", 10_000);
    let rows = heard.lines().filter(|line| line.contains(" 352 "));
    assert_eq!(rows.clone().count(), MEMBERS + 1);
    assert!(
        heard
            .lines()
            .filter(|line| line.contains(" 352 "))
            .skip(1)
            .all(|it| it.starts_with("@batch=1 "))
    );
    assert!(heard.ends_with("BATCH -1\r\n:irc.test PONG irc.test :on\r\n"));
}

#[test]
fn a_line_that_asks_for_much_waits_for_who_reads_it() {
    let mut world = World::new(irc_settings());
    let rooms: Vec<String> = (0..30).map(|number| format!("#r{number}")).collect();
    for number in 0..150 {
        let name = format!("somebody{number}");
        world.connect(&name);
        let user = format!("NICK {name}\r\nUSER somebody{number} 0 * :S\r\n");
        let join = format!("JOIN {}\r\n", rooms.join(","));
        world.sends(&name, (user + &join).as_bytes());
        world.hears(&name);
    }
    world.connect("alice");
    world
        .sends("alice", b"CAP REQ userhost-in-names\r\nNICK alice\r\nUSER a 0 * :A\r\nCAP END\r\n");
    world.hears("alice");
    world.reads_only("alice", 0);
    world.sends("alice", format!("JOIN {}\r\nPING on\r\n", rooms.join(",")).as_bytes());
    let (most, heard) = reads_slowly(&mut world, "alice", 4_000);
    assert!(most < 2 * ANSWER_BACKLOG_MAX, "{most}");
    assert!(heard.len() > 100_000 && heard.ends_with(" PONG irc.test :on\r\n"), "{}", heard.len());
    assert_eq!(in_names(&lines(&heard)).len(), 30 * 151);
}

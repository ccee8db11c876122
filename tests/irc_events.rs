//! What happened in a room, read again between what was said (IRCv3 `draft/event-playback`), and
//! what those see who have not asked for it. Told on the whole server in memory.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use std::time::Duration;

use common::shelf::SharedShelf;
use common::{World, settings};
use mio_chat::chat::LobbySettings;
use mio_chat::limits::{EVENTS_KEPT_MAX, IRC_HISTORY_MAX};
use mio_chat::server::{Server, Settings};

const PLAIN: &str = "message-tags server-time batch echo-message draft/chathistory";
const WITH_EVENTS: &str = "message-tags server-time batch echo-message draft/chathistory \
                           draft/message-redaction draft/event-playback";

/// Somebody comes by IRC, with these capabilities.
fn comes(world: &mut World, name: &str, capabilities: &str) {
    world.connect(name);
    world.sends(name, format!("CAP REQ :{capabilities}\r\n").as_bytes());
    world.sends(name, format!("NICK {name}\r\nUSER irc 0 * :Somebody\r\nCAP END\r\n").as_bytes());
    assert!(world.hears(name).contains(" 001 "));
}

/// Somebody comes by IRC into the room den.
fn comes_to_den(world: &mut World, name: &str, capabilities: &str) {
    comes(world, name, capabilities);
    world.sends(name, b"JOIN #den\r\n");
    assert!(world.hears(name).contains(&format!(" 366 {name} #den ")));
}

/// What somebody is told for a line.
fn told(world: &mut World, name: &str, line: &str) -> String {
    world.hears(name);
    world.sends(name, format!("{line}\r\n").as_bytes());
    world.hears(name).replace("\r\n", "\n")
}

/// The lines in an answer to CHATHISTORY, without the batch; each with its tags and without.
fn history(world: &mut World, name: &str, asked: &str) -> Vec<(String, String)> {
    let answer = told(world, name, &format!("CHATHISTORY {asked}"));
    assert!(answer.contains(" BATCH +"), "{answer}");
    let inner = answer.lines().filter_map(|line| line.strip_prefix("@batch="));
    let split = |line: &str| {
        let (tags, line) = line.split_once(' ').unwrap();
        (tags.split_once(';').map_or("", |(_, tags)| tags).to_owned(), line.to_owned())
    };
    inner.map(split).collect()
}

/// The same without tags.
fn replayed(world: &mut World, name: &str, asked: &str) -> Vec<String> {
    history(world, name, asked).into_iter().map(|(_, line)| line).collect()
}

fn forget(world: &mut World) {
    for name in world.names() {
        world.hears(&name);
    }
}

/// The value of a tag in lines of IRC.
fn tag(lines: &str, key: &str) -> String {
    let found = lines.split_once(&format!("{key}=")).unwrap_or_else(|| panic!("{key}: {lines}"));
    found.1.split([' ', ';']).next().unwrap().to_owned()
}

#[test]
fn what_happened_is_read_again_with_the_date_and_the_id_that_were_heard() {
    let mut world = World::new(settings());
    comes_to_den(&mut world, "eve", WITH_EVENTS);
    let mut heard = String::new();
    comes_to_den(&mut world, "ian", PLAIN);
    heard += &world.hears("eve");
    for (who, line) in [
        ("ian", "PRIVMSG #den :one"),
        ("eve", "TOPIC #den :tea"),
        ("eve", "MODE #den +m"),
        ("eve", "MODE #den +v ian"),
        ("eve", "MODE #den +b m:spam!*@*"),
        ("eve", "MODE #den +l 9"),
        ("ian", "NICK ivan"),
        ("eve", "PRIVMSG #den :two"),
        ("ivan", "PART #den :bye"),
        ("ivan", "JOIN #den"),
        ("eve", "KICK #den ivan :out"),
        ("ivan", "JOIN #den"),
        ("ivan", "QUIT :gone"),
    ] {
        world.wait(Duration::from_millis(2));
        // A nickname is a name in the world, too.
        let client = if who == "ivan" { "ian" } else { who };
        world.sends(client, format!("{line}\r\n").as_bytes());
        heard += &world.hears("eve");
    }
    let again = history(&mut world, "eve", "LATEST #den * 100");
    let lines: Vec<&str> = again.iter().map(|(_, line)| line.split_once(' ').unwrap().1).collect();
    let expected = [
        "JOIN #den",
        "JOIN #den",
        "PRIVMSG #den :one",
        "TOPIC #den :tea",
        "MODE #den +m",
        "MODE #den +v ian",
        "MODE #den +b m:spam!*@*",
        "MODE #den +l 9",
        "NICK ivan",
        "PRIVMSG #den :two",
        "PART #den :bye",
        "JOIN #den",
        "KICK #den ivan :out",
        "JOIN #den",
        "QUIT :gone",
    ];
    assert_eq!(lines, expected);
    // Her own coming was told before she could be asked; all else is known by what was heard.
    for (tags, line) in &again[1..] {
        let (id, at) = (tag(tags, "msgid"), tag(tags, "time"));
        let live = heard.lines().find(|live| live.contains(&format!("msgid={id}")));
        let live = live.unwrap_or_else(|| panic!("{id} {line}: {heard}"));
        assert_eq!(tag(live, "time"), at, "{live}");
        assert!(live.trim_end().ends_with(line.split_once(' ').unwrap().1), "{live}: {line}");
    }
}

#[test]
fn who_has_not_asked_reads_messages_alone_and_hears_what_was_always_heard() {
    let mut world = World::new(settings());
    comes_to_den(&mut world, "ian", PLAIN);
    world.join("bob");
    world.types("bob", "/join den");
    let before = told(&mut world, "ian", "TOPIC #den :tea");
    assert_eq!(before, ":ian!~irc@local TOPIC #den :tea\n", "nobody has asked for events yet");
    comes_to_den(&mut world, "eve", WITH_EVENTS);
    world.hears("bob");
    let topic = told(&mut world, "ian", "TOPIC #den :coffee");
    assert!(topic.starts_with("@time=") && topic.contains(";msgid="), "{topic}");
    assert!(topic.ends_with(" :ian!~irc@local TOPIC #den :coffee\n"), "{topic}");
    assert_eq!(world.hears("bob"), "* the topic is now: coffee (by ian)\n");
    world.types("bob", "hello");
    for who in ["ian", "eve"] {
        world.sends(who, b"PRIVMSG #den :hi\r\n");
    }
    let plain = replayed(&mut world, "ian", "LATEST #den * 100");
    assert!(plain.iter().all(|line| line.contains(" PRIVMSG #den ")), "{plain:?}");
    assert_eq!(plain.len(), 3);
    let all = replayed(&mut world, "eve", "LATEST #den * 100");
    assert_eq!(all.len(), 5, "{all:?}");
    forget(&mut world);
    world.types("bob", "/history");
    let heard = world.hears("bob");
    assert!(heard.contains("bob: hello") && !heard.contains("joined"), "{heard}");
    world.types("bob", "/format json");
    world.types("bob", r#"{"t":"history","id":1}"#);
    let heard = world.hears("bob");
    assert!(!heard.contains(r#""t":"joined""#) && !heard.contains("coffee"), "{heard}");
}

#[test]
fn places_lie_between_messages_and_events_alike() {
    let mut world = World::new(settings());
    comes_to_den(&mut world, "eve", WITH_EVENTS);
    let mut ids = Vec::new();
    for number in 0..4 {
        for line in [format!("TOPIC #den :t{number}"), format!("PRIVMSG #den :m{number}")] {
            world.wait(Duration::from_millis(2));
            ids.push(tag(&told(&mut world, "eve", &line), "msgid"));
        }
    }
    let words = |world: &mut World, asked: String| {
        let lines = replayed(world, "eve", &asked);
        let words = lines.iter().filter_map(|line| Some(line.rsplit_once(':')?.1.to_owned()));
        words.filter(|word| word.len() == 2).collect::<Vec<_>>().join(" ")
    };
    for (asked, expected) in [
        (format!("AFTER #den msgid={} 3", ids[2]), "m1 t2 m2"),
        (format!("AFTER #den msgid={} 3", ids[3]), "t2 m2 t3"),
        (format!("BEFORE #den msgid={} 2", ids[4]), "t1 m1"),
        (format!("AROUND #den msgid={} 3", ids[4]), "m1 t2 m2"),
        (format!("LATEST #den msgid={} 9", ids[5]), "t3 m3"),
        (format!("BETWEEN #den msgid={} msgid={} 9", ids[0], ids[5]), "m0 t1 m1 t2"),
        (format!("BETWEEN #den msgid={} msgid={} 9", ids[5], ids[0]), "m0 t1 m1 t2"),
        (format!("BETWEEN #den msgid={} msgid={} 2", ids[0], ids[5]), "m0 t1"),
        (format!("BETWEEN #den msgid={} msgid={} 2", ids[5], ids[0]), "m1 t2"),
    ] {
        assert_eq!(words(&mut world, asked.clone()), expected, "{asked}");
    }
    // The id of an event is a place for those, too, who read none.
    comes_to_den(&mut world, "ian", PLAIN);
    let after = replayed(&mut world, "ian", &format!("AFTER #den msgid={} 9", ids[4]));
    assert_eq!(after.len(), 2, "{after:?}");
}

#[test]
fn tags_are_kept_where_a_client_says_so() {
    let mut world = World::new(settings());
    comes_to_den(&mut world, "eve", WITH_EVENTS);
    comes_to_den(&mut world, "ian", PLAIN);
    let id = tag(&told(&mut world, "ian", "PRIVMSG #den :hello"), "msgid");
    told(&mut world, "ian", "@+typing=active TAGMSG #den");
    let reaction = format!("@+draft/reply={id};+draft/react=hm TAGMSG #den");
    let echo = told(&mut world, "ian", &reaction);
    let kept = told(&mut world, "ian", "@+x=y;+draft/persist TAGMSG #den");
    told(&mut world, "ian", "TAGMSG #den");
    let again = history(&mut world, "eve", "LATEST #den * 100");
    let tagged: Vec<&String> =
        again.iter().filter(|(_, line)| line.contains("TAGMSG")).map(|(tags, _)| tags).collect();
    assert_eq!(tagged.len(), 2, "{again:?}");
    assert!(tagged[0].contains(&format!("msgid={}", tag(&echo, "msgid"))));
    assert!(tagged[0].contains(&format!("+draft/reply={id};+draft/react=hm")));
    assert!(tagged[1].contains(&format!("msgid={}", tag(&kept, "msgid"))));
    let plain = replayed(&mut world, "ian", "LATEST #den * 100");
    assert_eq!(plain.len(), 1, "{plain:?}");
}

#[test]
fn a_message_that_was_taken_back_is_told_so() {
    let mut world = World::new(settings());
    comes_to_den(&mut world, "eve", WITH_EVENTS);
    let id = tag(&told(&mut world, "eve", "PRIVMSG #den :oops"), "msgid");
    let live = told(&mut world, "eve", &format!("REDACT #den {id} :typo"));
    let again = history(&mut world, "eve", "LATEST #den * 100");
    assert!(again.iter().all(|(_, line)| !line.contains("oops")), "{again:?}");
    let (tags, line) = again.last().unwrap();
    assert!(line.ends_with(&format!(" REDACT #den {id} :typo")), "{line}");
    assert_eq!(tag(tags, "msgid"), tag(&live, "msgid"));
}

#[test]
fn the_oldest_events_make_way_and_no_message_does() {
    let mut world = World::new(settings());
    comes_to_den(&mut world, "eve", WITH_EVENTS);
    world.wait(Duration::from_secs(1));
    world.sends("eve", b"PRIVMSG #den :first\r\n");
    for number in 0..EVENTS_KEPT_MAX + 20 {
        world.wait(Duration::from_secs(1));
        world.sends("eve", format!("TOPIC #den :{number}\r\n").as_bytes());
    }
    world.wait(Duration::from_secs(60));
    let oldest = replayed(&mut world, "eve", "AFTER #den timestamp=1970-01-01T00:00:00.000Z 100");
    assert_eq!(oldest.len(), IRC_HISTORY_MAX);
    assert!(oldest[0].ends_with(" :first"), "{}", oldest[0]);
    assert!(oldest[1].ends_with(" TOPIC #den :20"), "{}", oldest[1]);
    let newest = replayed(&mut world, "eve", "LATEST #den * 100");
    assert!(newest[99].ends_with(&format!(" :{}", EVENTS_KEPT_MAX + 19)), "{}", newest[99]);
    world.turn.server.status().check_invariants();
}

#[test]
fn what_is_told_in_numbers_is_not_kept() {
    let lobby = LobbySettings { digest_above: 2, ..LobbySettings::default() };
    let mut world = World::new(Settings { lobby, ..settings() });
    comes_to_den(&mut world, "eve", WITH_EVENTS);
    for name in ["ann", "ben", "cat"] {
        comes_to_den(&mut world, name, PLAIN);
    }
    world.sends("cat", b"PART #den\r\n");
    let again = replayed(&mut world, "eve", "LATEST #den * 100");
    let names: Vec<&str> = again.iter().map(|line| line.split('!').next().unwrap()).collect();
    assert_eq!(names, [":eve", ":ann"], "{again:?}");
}

#[test]
fn where_nothing_is_remembered_no_event_is() {
    let lobby = LobbySettings { history: 0, ..LobbySettings::default() };
    let mut world = World::new(Settings { lobby, ..settings() });
    comes_to_den(&mut world, "eve", WITH_EVENTS);
    let topic = told(&mut world, "eve", "TOPIC #den :tea");
    assert!(!topic.contains("msgid="), "{topic}");
    let answer = told(&mut world, "eve", "CHATHISTORY LATEST #den * 9");
    assert!(!answer.contains("TOPIC"), "{answer}");
}

#[test]
fn a_hand_over_keeps_events() {
    let mut world = World::new(settings());
    comes_to_den(&mut world, "eve", WITH_EVENTS);
    world.sends("eve", b"TOPIC #den :tea\r\nPRIVMSG #den :hello\r\n");
    let before = history(&mut world, "eve", "LATEST #den * 100");
    assert_eq!(before.len(), 3);
    let document = serde_json::to_string(&world.turn.server.handover().state(world.now)).unwrap();
    let state = serde_json::from_str(&document).unwrap();
    world.turn.server = Server::taken_over(settings(), state, true);
    assert_eq!(history(&mut world, "eve", "LATEST #den * 100"), before);
    // And goes on.
    let topic = told(&mut world, "eve", "TOPIC #den :coffee");
    assert!(topic.contains("msgid="), "{topic}");
    assert_eq!(history(&mut world, "eve", "LATEST #den * 100").len(), 4);
    world.turn.server.status().check_invariants();
}

#[test]
fn tags_to_one_person_are_kept_in_mailboxes_for_programs_alone() {
    let shelf = SharedShelf::default();
    let mut world = World::kept(Settings { account_rounds: 10, ..settings() }, &shelf);
    for (name, capabilities) in [("ann", WITH_EVENTS), ("ben", PLAIN)] {
        comes(&mut world, name, capabilities);
        world.sends(name, b"REGISTER * * sesame\r\n");
        world.save(&mut shelf.get_mut(), 100);
        world.wait(Duration::from_secs(1));
        world.save(&mut shelf.get_mut(), 100);
    }
    forget(&mut world);
    let echo = told(&mut world, "ann", "@+x=y;+draft/persist TAGMSG ben");
    told(&mut world, "ann", "@+typing=active TAGMSG ben");
    let again = history(&mut world, "ann", "LATEST ben * 9");
    assert_eq!(again.len(), 1, "{again:?}");
    assert_eq!(tag(&again[0].0, "msgid"), tag(&echo, "msgid"));
    assert_eq!(replayed(&mut world, "ben", "LATEST ann * 9"), [""; 0]);
    // Nobody is said to have written because of them.
    let asked =
        "CHATHISTORY TARGETS timestamp=1970-01-01T00:00:00Z timestamp=2970-01-01T00:00:00Z 9";
    assert!(!told(&mut world, "ben", asked).contains("TARGETS ann"));
    world.types("ben", "HISTORY @ann");
    assert!(!world.hears("ben").contains("x=y"));
}

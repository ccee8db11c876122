//! Stories of people who speak IRC, beside those who do not, told on the whole server in memory.
//! Whole conversations are in `tests/golden/irc.txt`.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use common::World;
use common::random::Random;

/// What a client registers with, in these capabilities.
fn registration(name: &str, capabilities: &str) -> String {
    match capabilities {
        "" => format!("NICK {name}\r\nUSER {name} 0 * :{name}\r\n"),
        _ => format!(
            "CAP REQ :{capabilities}\r\nNICK {name}\r\nUSER {name} 0 * :{name}\r\nCAP END\r\n"
        ),
    }
}

/// Somebody who speaks IRC and has heard all that a newcomer is told.
fn irc(world: &mut World, name: &str, capabilities: &str) {
    world.connect(name);
    world.sends(name, registration(name, capabilities).as_bytes());
    let heard = world.hears(name);
    assert!(heard.contains(&format!(" 001 {name} :")), "{heard}");
}

/// The lines of a client without their tags.
fn bare(heard: &str) -> Vec<&str> {
    let behind =
        |line: &'_ str| line.starts_with('@').then(|| line.find(' ').map_or(0, |it| it + 1));
    heard.lines().map(|line| &line[behind(line).unwrap_or(0)..]).collect()
}

#[test]
fn the_same_is_told_to_everybody_each_in_its_own_words() {
    let mut world = World::default();
    world.join("bob");
    irc(&mut world, "bare", "");
    irc(&mut world, "modern", "message-tags server-time");
    for name in ["bare", "modern"] {
        world.sends(name, b"JOIN #main\r\n");
    }
    for name in ["bob", "bare", "modern"] {
        world.hears(name);
    }
    world.types("bob", "hello");
    assert_eq!(world.hears("bare"), ":bob!~plain@local PRIVMSG #main :hello\r\n");
    let tagged = world.hears("modern");
    assert!(tagged.starts_with("@time=") && tagged.contains(";msgid="), "{tagged}");
    assert_eq!(bare(&tagged), [":bob!~plain@local PRIVMSG #main :hello"]);
    assert_eq!(world.hears("bob"), "bob: hello\n");
    world.sends("modern", b"PRIVMSG #main :\x01ACTION waves\x01\r\n");
    assert_eq!(world.hears("bob"), "* modern waves\n");
    assert_eq!(
        world.hears("bare"),
        ":modern!~modern@local PRIVMSG #main :\x01ACTION waves\x01\r\n"
    );
    assert_eq!(world.hears("modern"), "", "no echo was asked for");
}

#[test]
fn what_no_capability_allows_is_not_told() {
    let mut world = World::default();
    irc(&mut world, "bare", "");
    irc(&mut world, "tags", "message-tags");
    irc(&mut world, "time", "server-time");
    for name in ["bare", "tags", "time"] {
        world.sends(name, b"JOIN #a\r\n");
    }
    for name in ["bare", "tags", "time"] {
        world.hears(name);
    }
    world.sends("tags", b"@+typing=active;secret=1 TAGMSG #a\r\n");
    world.sends("tags", b"@+draft/react=x PRIVMSG #a :hi\r\n");
    assert_eq!(world.hears("bare"), ":tags!~tags@local PRIVMSG #a :hi\r\n");
    let timed = world.hears("time");
    assert!(timed.starts_with("@time=") && !timed.contains("msgid") && !timed.contains("react"));
    world.sends("time", b"PRIVMSG #a :back\r\n");
    let tagged = world.hears("tags");
    assert!(tagged.starts_with("@msgid=") && !tagged.contains("time="), "{tagged}");
}

#[test]
fn an_answer_bears_its_label_and_no_one_else_hears_of_that() {
    let mut world = World::default();
    irc(&mut world, "alice", "labeled-response batch echo-message message-tags");
    irc(&mut world, "bob", "message-tags");
    world.sends("bob", b"JOIN #a\r\n");
    world.hears("bob");
    world.sends("alice", b"@label=one JOIN #a\r\n");
    let joined = world.hears("alice");
    assert!(
        joined.starts_with("@label=one :irc.mio-chat BATCH +1 labeled-response\r\n"),
        "{joined}"
    );
    assert!(joined.contains("@batch=1 :alice!~alice@local JOIN #a\r\n"), "{joined}");
    assert!(joined.ends_with(":irc.mio-chat BATCH -1\r\n"), "{joined}");
    world.sends("alice", b"@label=two PONG x\r\n@label=three PRIVMSG #a :hi\r\n");
    let heard = world.hears("alice");
    assert!(heard.starts_with("@label=two :irc.mio-chat ACK\r\n@label=three;msgid="), "{heard}");
    let heard = world.hears("bob");
    assert!(!heard.contains("label") && heard.contains("PRIVMSG #a :hi"), "{heard}");
}

#[test]
fn a_labelled_part_is_answered_once() {
    let mut world = World::default();
    irc(&mut world, "alice", "labeled-response batch");
    world.sends("alice", b"JOIN #a\r\n");
    world.hears("alice");
    world.sends("alice", b"@label=one PART #a :enough\r\n");
    assert_eq!(world.hears("alice"), "@label=one :alice!~alice@local PART #a :enough\r\n");
}

#[test]
fn who_speaks_from_outside_is_told_its_own_words() {
    let mut world = World::default();
    irc(&mut world, "alice", "");
    irc(&mut world, "bob", "echo-message labeled-response batch");
    world.sends("alice", b"JOIN #a\r\nMODE #a -n\r\n");
    world.hears("alice");
    world.sends("bob", b"PRIVMSG #a :hi\r\n@label=x PRIVMSG #a :again\r\n");
    let told = ":bob!~bob@local PRIVMSG #a :hi\r\n";
    assert_eq!(world.hears("alice"), format!("{told}{}", told.replace("hi", "again")));
    let again = told.replace("hi", "again");
    assert_eq!(world.hears("bob"), format!("{told}@label=x {again}"));
}

#[test]
fn programs_are_told_that_something_is_done_to_one_person_and_not_said() {
    let mut world = World::default();
    irc(&mut world, "alice", "");
    world.connect("bot");
    world.sends("bot", b"/format json\nbot\n");
    world.hears("bot");
    world.sends("alice", b"PRIVMSG bot :\x01ACTION waves\x01\r\nPRIVMSG bot :hello\r\n");
    let heard = world.hears("bot");
    let told: Vec<&str> = heard.lines().collect();
    assert!(told[0].contains(r#""text":"waves","me":true,"#), "{heard}");
    assert!(told[1].contains(r#""text":"hello","at":"#), "{heard}");
}

#[test]
fn long_text_of_others_comes_in_lines_that_fit_and_own_text_must() {
    let mut world = World::default();
    world.join("bob");
    irc(&mut world, "alice", "message-tags");
    world.sends("alice", b"JOIN #main\r\n");
    world.hears("alice");
    let words = "word ".repeat(190);
    world.types("bob", words.trim());
    let heard = world.hears("alice");
    assert!(heard.lines().count() > 1);
    assert!(bare(&heard).iter().all(|line| line.len() + 2 <= 512), "{heard}");
    assert_eq!(heard.matches("msgid=").count(), 1);
    let said: Vec<&str> =
        bare(&heard).iter().filter_map(|line| line.split_once(" :")).map(|it| it.1).collect();
    assert_eq!(said.join(" "), words.trim());
    world.sends("alice", format!("PRIVMSG #main :{}\r\n", "x".repeat(490)).as_bytes());
    assert!(world.hears("alice").contains(" 417 alice :"));
    assert!(!world.hears("bob").contains("xxx"));
}

#[test]
fn history_is_told_to_who_asks() {
    let mut world = World::default();
    world.join("bob");
    for number in 1..=5 {
        world.types("bob", &format!("message {number}"));
    }
    irc(&mut world, "alice", "batch draft/chathistory message-tags server-time");
    world.sends("alice", b"JOIN #main\r\n");
    assert!(!world.hears("alice").contains("message"), "nobody has asked");
    world.sends("alice", b"CHATHISTORY LATEST #main * 2\r\n");
    let heard = world.hears("alice");
    assert_eq!(heard.matches("@batch=1;time=").count(), 2, "{heard}");
    assert!(heard.contains("message 4") && heard.contains("message 5"), "{heard}");
    let id = heard.split_once("msgid=").unwrap().1.split([' ', ';']).next().unwrap().to_owned();
    world.sends("alice", format!("CHATHISTORY BEFORE #main msgid={id} 2\r\n").as_bytes());
    let heard = world.hears("alice");
    assert!(heard.contains("message 2") && heard.contains("message 3"), "{heard}");
    assert!(!heard.contains("message 4"), "{heard}");
    world.sends("alice", b"HISTORY 1\r\nCHATHISTORY LATEST #elsewhere * 2\r\n");
    let heard = world.hears("alice");
    assert!(heard.contains("NOTICE alice :[") && heard.contains("] bob: message 5"), "{heard}");
    assert!(heard.contains("FAIL CHATHISTORY INVALID_TARGET LATEST #elsewhere :"), "{heard}");
}

#[test]
fn bytes_that_are_no_text_are_heard_by_nobody() {
    let mut world = World::default();
    irc(&mut world, "alice", "");
    world.sends("alice", b"JOIN #a\r\n");
    world.hears("alice");
    world.sends("alice", b"PRIVMSG #a :caf\xe9\r\nPING x\r\n");
    let heard = world.hears("alice");
    assert!(heard.starts_with(":irc.mio-chat FAIL PRIVMSG INVALID_UTF8 :"), "{heard}");
    assert!(heard.ends_with(" PONG irc.mio-chat :x\r\n"), "{heard}");
}

#[test]
fn however_a_conversation_is_cut_it_goes_the_same_way() {
    let said = registration("alice", "message-tags labeled-response batch")
        + "JOIN #a,#b\r\n@label=x;+y=z PRIVMSG #a,#b :hi\nWHO #a\r\n \r\n@label=l PART #b :bye\r\n";
    let whole = heard_in_pieces(&said, said.len());
    assert!(whole.contains("@label=l :alice!~alice@local PART #b :bye\r\n"), "{whole}");
    for size in [1, 2, 3, 7, 64] {
        assert_eq!(heard_in_pieces(&said, size), whole, "pieces of {size}");
    }
}

fn heard_in_pieces(said: &str, size: usize) -> String {
    let mut world = World::default();
    world.connect("alice");
    for piece in said.as_bytes().chunks(size) {
        world.sends("alice", piece);
    }
    world.hears("alice")
}

#[test]
fn who_says_too_much_before_registering_is_let_go() {
    let mut world = World::default();
    world.connect("alice");
    world.sends("alice", "PING x\r\n".repeat(41).as_bytes());
    let heard = world.hears("alice");
    assert_eq!(heard.matches("PONG").count(), 40, "{heard}");
    assert!(heard.ends_with("ERROR :Closing link: too much came before NICK and USER\r\n"));
    assert!(world.person("alice").closed.is_some());
}

/// What clients say in the next test.
const VERBS: [&str; 26] = [
    "METADATA",
    "MARKREAD",
    "PRIVMSG",
    "NOTICE",
    "TAGMSG",
    "JOIN",
    "PART",
    "TOPIC",
    "MODE",
    "KICK",
    "INVITE",
    "NAMES",
    "LIST",
    "WHO",
    "WHOIS",
    "AWAY",
    "SETNAME",
    "NICK",
    "CHATHISTORY",
    "MONITOR",
    "PING",
    "CAP",
    "HELP",
    "WHOWAS",
    "ISON",
    "FROB",
];
const WORDS: [&str; 32] = [
    "* SET k",
    "#a SET k.2",
    "* SUB k k.2 $x",
    "SYNC",
    "LIST",
    "timestamp=1970-01-01T00:00:00.001Z",
    "#a",
    "#b",
    "#main",
    "#a,#b",
    "plain",
    "bare",
    "tags",
    "all",
    "*",
    "+m",
    "-m+v",
    "+b",
    "x!*@*",
    "+o",
    "LATEST",
    "10",
    "+",
    "C",
    "REQ",
    ":-message-tags",
    ":\x01VERSION\x01",
    ":\x01ACTION waves\x01",
    ":\x02bold\x034,5 colour",
    ":caf\u{e9} \u{202e}x",
    ":",
    "%tcuihsnfdlaor,42",
];

fn said(random: &mut Random) -> String {
    let mut line = String::new();
    if random.below(8) == 0 {
        return several_lines(["#a", "#main", "plain", "tags"][random.below(4)]);
    }
    if random.below(3) == 0 {
        line.push_str(["@label=x ", "@+a=b;label=y;c ", "@+typing=active "][random.below(3)]);
    }
    line.push_str(VERBS[random.below(VERBS.len())]);
    for _ in 0..random.below(4) {
        line.push(' ');
        line.push_str(WORDS[random.below(WORDS.len())]);
    }
    if random.below(6) == 0 {
        line.push_str(" :");
        line.push_str(&"long \u{1F600}".repeat(random.below(120)));
    }
    line + "\r\n"
}

/// Checks every line that a client hears who has taken these capabilities.
fn check_lines(name: &str, heard: &[u8], allowed: &[&str]) {
    let text = std::str::from_utf8(heard).unwrap();
    assert!(text.is_empty() || text.ends_with("\r\n"), "{name}: {text:?}");
    for line in text.split_terminator("\r\n") {
        let body = match line.strip_prefix('@') {
            Some(tagged) => {
                let (tags, body) = tagged.split_once(' ').unwrap();
                for tag in tags.split(';') {
                    let key = tag.split('=').next().unwrap();
                    let is_client = key.starts_with('+') && allowed.contains(&"msgid");
                    assert!(allowed.contains(&key) || is_client, "{name}: {line:?}");
                }
                assert!(tags.len() <= 8_191, "{name}: {line:?}");
                body
            }
            None => line,
        };
        assert!(body.len() <= 510, "{name}: {} bytes: {body:?}", body.len());
        assert!(!body.contains(['\r', '\n', '\0', '\x1b']), "{name}: {body:?}");
        let verb = body.split(' ').nth(1).unwrap_or_default();
        assert!(verb != "TAGMSG" || allowed.contains(&"msgid"), "{name}: {body:?}");
        assert!(verb != "MARKREAD" || allowed.contains(&"time"), "{name}: {body:?}");
        let is_metadata = verb.starts_with("76") || verb.starts_with("77");
        assert!(!is_metadata || allowed.contains(&"batch"), "{name}: {body:?}");
        assert!(verb != "BATCH" || allowed.contains(&"batch"), "{name}: {body:?}");
    }
}

#[test]
fn whatever_is_said_every_line_fits_its_reader() {
    const ALL: &str = "message-tags server-time account-tag batch labeled-response echo-message \
                       draft/chathistory draft/read-marker draft/metadata-3 away-notify setname \
                       extended-join invite-notify draft/multiline";
    const ALL_TAGS: [&str; 7] =
        ["msgid", "bot", "time", "account", "label", "batch", "draft/multiline-concat"];
    let readers = [
        ("bare", "", &[][..]),
        ("tags", "message-tags", &["msgid", "bot"][..]),
        ("all", ALL, &ALL_TAGS[..]),
    ];
    for seed in 1..=40 {
        let mut random = Random::new(seed);
        let mut world = World::default();
        world.join("plain");
        for (name, capabilities, _) in readers {
            irc(&mut world, name, capabilities);
            world.sends(name, b"JOIN #main,#a\r\n");
        }
        for _ in 0..120 {
            let (name, _, _) = readers[random.below(readers.len())];
            if random.below(5) == 0 {
                world.types("plain", &"w \u{e4}".repeat(random.below(250)));
            } else {
                // A client that drops a capability on the way may still be told what it had.
                let line = said(&mut random).replace("CAP REQ :-message-tags", "PING x");
                world.sends(name, line.as_bytes());
            }
            for (name, _, allowed) in readers {
                check_lines(name, &world.hears_bytes(name), allowed);
            }
            let heard = world.hears("plain");
            let is_told = |it: char| !it.is_control() || it == '\n';
            assert!(heard.chars().all(is_told), "seed {seed}: {heard:?}");
        }
    }
}

const MULTILINE: &str = "batch message-tags draft/multiline echo-message labeled-response";

/// A message of several lines to a room, in the words of a client.
fn several_lines(room: &str) -> String {
    format!(
        "@label=l;+a=b BATCH +1 draft/multiline {room}\r\n@batch=1 PRIVMSG {room} hello\r\n\
         @batch=1 PRIVMSG {room} :\r\n@batch=1 PRIVMSG {room} :how is \r\n\
         @batch=1;draft/multiline-concat PRIVMSG {room} :everyone?\r\nBATCH -1\r\n"
    )
}

#[test]
fn a_message_of_several_lines_is_one_to_who_knows_such_and_lines_to_others() {
    let mut world = World::default();
    world.join("plain");
    world.join("numbered");
    world.types("numbered", "/numbers on");
    for (name, capabilities) in
        [("alice", MULTILINE), ("modern", MULTILINE), ("tags", "message-tags"), ("bare", "")]
    {
        irc(&mut world, name, capabilities);
        world.sends(name, b"JOIN #main\r\n");
    }
    for name in world.names() {
        world.hears(&name);
    }
    world.sends("alice", several_lines("#main").as_bytes());
    let lines = [
        ":alice!~alice@local BATCH +m1 draft/multiline #main",
        ":alice!~alice@local PRIVMSG #main :hello",
        ":alice!~alice@local PRIVMSG #main :",
        ":alice!~alice@local PRIVMSG #main :how is ",
        ":alice!~alice@local PRIVMSG #main :everyone?",
        ":alice!~alice@local BATCH -m1",
    ];
    let (heard, echo) = (world.hears("modern"), world.hears("alice"));
    assert_eq!(bare(&heard), lines);
    assert_eq!(heard.matches("msgid=").count(), 1, "{heard}");
    assert!(heard.starts_with("@msgid=") && heard.contains(";+a=b :alice!"), "{heard}");
    assert!(heard.contains("@batch=m1;draft/multiline-concat :alice!"), "{heard}");
    assert_eq!(echo, heard.replacen('@', "@label=l;", 1));
    let tagged = world.hears("tags");
    assert_eq!(tagged.matches("msgid=").count(), 1, "{tagged}");
    assert_eq!(tagged.matches("+a=b").count(), 3, "{tagged}");
    assert_eq!(
        world.hears("bare").replace("\r\n", "\n"),
        [lines[1], lines[3], lines[4], ""].join("\n")
    );
    assert_eq!(world.hears("plain"), "alice: hello\nalice: how is everyone?\n");
    let heard = world.hears("numbered");
    assert!(heard.starts_with("@1 ") && heard.contains("\n@1 "), "{heard}");
    world.sends("modern", b"CAP REQ draft/chathistory\r\nCHATHISTORY LATEST #main * 1\r\n");
    let again = world.hears("modern");
    assert!(again.contains("@batch=1;msgid="), "{again}");
    assert!(again.contains("@batch=m1;draft/multiline-concat :alice!"), "{again}");
    world.sends("bare", b"HISTORY 5\r\n");
    assert_eq!(world.hears("bare").matches("] alice: ").count(), 2);
}

#[test]
fn what_is_wrong_with_a_message_of_several_lines_is_said_once() {
    let mut world = World::default();
    irc(&mut world, "alice", MULTILINE);
    world.sends("alice", b"JOIN #a\r\n");
    let begin = "BATCH +1 draft/multiline #a\r\n";
    let part = "@batch=1 PRIVMSG #a :x\r\n";
    for (lines, told) in [
        (format!("{begin}@batch=2 PRIVMSG #a :x\r\n{part}BATCH -1\r\n"), "MULTILINE_INVALID :"),
        (format!("{begin}{}BATCH -1\r\n", part.repeat(30)), "MULTILINE_MAX_LINES 24 :"),
        (
            format!(
                "{begin}{}BATCH -1\r\n",
                format!("@batch=1 PRIVMSG #a {}\r\n", "x".repeat(430)).repeat(12)
            ),
            "MULTILINE_MAX_BYTES 4096 :",
        ),
        (
            format!("{begin}@batch=1 PRIVMSG #b :x\r\n{part}BATCH -1\r\n"),
            "MULTILINE_INVALID_TARGET #a #b :",
        ),
        (
            format!("{begin}{part}@batch=1;draft/multiline-concat PRIVMSG #a :\r\nBATCH -1\r\n"),
            "MULTILINE_INVALID :",
        ),
        (format!("{begin}@batch=1 NOTICE #a :x\r\nBATCH -1\r\n"), "MULTILINE_INVALID :"),
        (format!("{begin}@batch=1 PRIVMSG #a :\r\nBATCH -1\r\n"), "MULTILINE_INVALID :"),
        ("BATCH +1 other #a\r\nBATCH -1\r\n".to_owned(), "MULTILINE_INVALID :"),
        (part.to_owned(), "MULTILINE_INVALID :"),
    ] {
        world.hears("alice");
        world.sends("alice", lines.as_bytes());
        world.wait(std::time::Duration::from_secs(60));
        let heard = world.hears("alice");
        assert_eq!(heard.lines().count(), 1, "{lines}: {heard}");
        assert!(heard.contains(&format!("FAIL BATCH {told}")), "{lines}: {heard}");
        world.sends("alice", b"BATCH -1\r\n");
    }
    world.hears("alice");
    world.sends("alice", begin.as_bytes());
    world.wait(std::time::Duration::from_secs(6));
    world.sends("alice", b"@batch=1 PRIVMSG #a :late\r\nBATCH -1\r\n");
    assert!(world.hears("alice").contains("did not end in time"));
}

#[test]
fn however_a_message_of_several_lines_is_cut_it_is_the_same() {
    let said = registration("alice", MULTILINE) + "JOIN #a\r\n" + &several_lines("#a");
    let whole = heard_in_pieces(&said, said.len());
    assert!(whole.contains("BATCH -m1"), "{whole}");
    for size in 1..=64 {
        assert_eq!(heard_in_pieces(&said, size), whole, "pieces of {size}");
    }
}

//! Every command in every state, against a table that people can read and hold against
//! `docs/PROTOCOL.md`: `tests/states.txt`. `MIO_CHAT_UPDATE=1 cargo test --test states` writes it
//! anew.
//!
//! Bob is in the state that is looked at, alice in `main` and dave, who owns it, in `games`. There
//! are two empty rooms: `locked` needs a password, and from `shut` bob is banned. Commands that are
//! answered alike are listed together.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use common::{World, flood_control, settings};
use mio_chat::delivery::OutboxLimits;
use mio_chat::limits;
use mio_chat::password::SlowHash;
use mio_chat::server::{Operator, Settings};

/// Where bob stands, and how what he says gets there.
struct State {
    name: &'static str,
    /// The state in which he is answered nearly alike; only the rest is written down.
    like: Option<&'static str>,
    begin: fn() -> World,
    /// Says it and lets happen what comes of it.
    say: fn(&mut World, &[u8]),
}

const STATES: [State; 22] = [
    State { name: "silent", like: None, begin: silent, say: line },
    State { name: "prompted", like: Some("silent"), begin: prompted, say: line },
    State { name: "refused once", like: Some("silent"), begin: refused, say: line },
    State { name: "in main", like: None, begin: in_main, say: line },
    State { name: "in games", like: Some("in main"), begin: in_games, say: line },
    State { name: "in main, classroom client", like: Some("in main"), begin: class, say: paused },
    State { name: "in games, classroom client", like: Some("in games"), begin: games, say: paused },
    State { name: "in games, operator", like: Some("in games"), begin: operator, say: line },
    State { name: "in games, owner", like: Some("in games"), begin: owner, say: line },
    State { name: "in games, muted", like: Some("in games"), begin: muted, say: line },
    State { name: "in games, ignored", like: Some("in games"), begin: ignored, say: line },
    State { name: "in games, server operator", like: Some("in games"), begin: root, say: line },
    State {
        name: "in main, server operator",
        like: Some("in main"),
        begin: root_of_main,
        say: line,
    },
    State { name: "held by flood control", like: Some("in main"), begin: held, say: later },
    State { name: "over the soft limit", like: Some("in main"), begin: deaf, say: then_reads },
    State { name: "half-closed behind it, silent", like: None, begin: silent, say: last_words },
    State { name: "half-closed behind it, in main", like: None, begin: in_main, say: last_words },
    State { name: "cut off, not closed yet", like: None, begin: cut_off, say: then_reads },
    State { name: "after /quit, not closed yet", like: None, begin: quitting, say: then_reads },
    State { name: "shutting down", like: None, begin: shutting_down, say: then_reads },
    State { name: "silent, in JSON", like: None, begin: silent_in_json, say: line },
    State { name: "in games, owner, in JSON", like: None, begin: owner_in_json, say: line },
];

const LINES: [&[u8]; 113] = [
    b"/help",
    b"/h",
    b"/?",
    b"/HELP me",
    b"/nick rob",
    b"/nick",
    b"/nick bad name",
    b"/nick ALICE",
    b"/nick admin",
    b"/nick bob",
    b"/join chess",
    b"/j chess",
    b"/join",
    b"/join bad name",
    b"/join main",
    b"/join #Games",
    b"/leave",
    b"/part",
    b"/rooms",
    b"/list",
    b"/who",
    b"/names",
    b"/who games",
    b"/who nowhere",
    b"/msg alice psst",
    b"/w alice psst",
    b"/msg alice",
    b"/msg",
    b"/msg nobody hi",
    b"/msg bob hi",
    b"/me waves",
    b"/me",
    b"/match duel",
    b"/match duel 17",
    b"/match",
    b"/match off",
    b"/invite alice",
    b"/invite bob",
    b"/invite",
    b"/quit",
    b"/exit now",
    b"/help rooms",
    b"/history",
    b"/history 1",
    b"/history off",
    b"/history after 0:0",
    b"/history x",
    b"/numbers on",
    b"/numbers",
    b"/topic",
    b"/topic chess",
    b"/topic -",
    b"/password sesame",
    b"/password off",
    b"/password",
    b"/own 0123456789abcdef",
    b"/own",
    b"/give dave",
    b"/give alice",
    b"/give",
    b"/rename-room chess too loud",
    b"/rename-room main",
    b"/rename-room",
    b"/redact 7",
    b"/redact",
    b"/op dave",
    b"/op alice",
    b"/deop dave",
    b"/kick dave why",
    b"/kick alice",
    b"/kick bob",
    b"/kick",
    b"/ban dave 1h why",
    b"/ban mallory",
    b"/ban",
    b"/ban-ip dave",
    b"/ban-ip 192.0.2.7",
    b"/ban-ip mallory",
    b"/unban mallory",
    b"/unban 1",
    b"/mute dave",
    b"/mute mallory 1m",
    b"/mute mallory 1 m",
    b"/mute",
    b"/unmute dave",
    b"/bans",
    b"/ignore dave",
    b"/ignore",
    b"/unignore dave",
    b"/oper root_7 password",
    b"/oper root_7",
    b"/join locked",
    b"/join locked wrong",
    b"/join locked sesame",
    b"/join shut",
    b"/who main 2",
    b"/frobnicate",
    b"/",
    b"//slash",
    b"// ",
    b" /who",
    b"hello",
    b"hello there",
    b"alice",
    b"",
    b"   ",
    b"caf\xe9",
    b"\x07\x1b",
    b"GET / HTTP/1.1",
    b"POST /chat HTTP/1.1",
    b"NICK carol",
    b"CAP LS 302",
    b"\x16\x03\x01",
];
/// The password is `password`, hashed in 4,096 rounds.
const HASH: &str = "pbkdf2-sha256:4096:73616c74:\
                    c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a";
/// Listed by this name, since it is too long to be.
const LONG_LINE: (&str, usize) = ("a line of 1,100 bytes", 1_100);
/// What is told in more lines than this is told by its first one.
const LINES_TOLD: usize = 6;
const COLUMNS: usize = 100;

#[test]
fn every_command_in_every_state_is_answered_as_the_table_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/states.txt");
    let mut sections: Vec<(&str, Vec<Cell>)> = Vec::new();
    let mut table = String::new();
    for state in &STATES {
        let cells = cells(state);
        let model = sections.iter().find(|(name, _)| Some(*name) == state.like);
        table += &section(state, &cells, model.map_or(&[], |(_, cells)| cells));
        sections.push((state.name, cells));
    }
    if std::env::var_os("MIO_CHAT_UPDATE").is_some() {
        std::fs::write(&path, &table).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();
    for (now, before) in table.lines().zip(written.lines()) {
        assert_eq!(now, before, "what is answered now, and in {}", path.display());
    }
    assert_eq!(table.lines().count(), written.lines().count());
}

/// What was said, and what came of it.
#[derive(Clone, PartialEq)]
struct Cell {
    said: String,
    answer: String,
}

/// Every line said in a state, each in a world of its own.
fn cells(state: &State) -> Vec<Cell> {
    let long = [b'x'; LONG_LINE.1];
    let named = LINES.map(|line| (format!("`{}`", line.escape_ascii()), line));
    let lines = named.into_iter().chain([(LONG_LINE.0.to_owned(), &long[..])]);
    let cells = lines.map(|(said, line)| {
        let mut world = (state.begin)();
        (state.say)(&mut world, line);
        Cell { said, answer: told(&mut world) }
    });
    cells.collect()
}

/// A state as it is written down: every answer, below the lines that get it.
fn section(state: &State, cells: &[Cell], model: &[Cell]) -> String {
    let mut answers: Vec<(&str, Vec<&str>)> = Vec::new();
    for Cell { said, answer } in cells.iter().filter(|cell| !model.contains(cell)) {
        match answers.iter_mut().find(|(known, _)| known == answer) {
            Some((_, lines)) => lines.push(said),
            None => answers.push((answer, vec![said])),
        }
    }
    let mut section = format!("== {}\n", state.name);
    match (state.like, answers.len()) {
        (Some(like), 0) => writeln!(section, "All as `{like}`.\n").unwrap(),
        (Some(like), _) => writeln!(section, "All as `{like}`, but").unwrap(),
        (None, _) => {}
    }
    for (answer, lines) in answers {
        writeln!(section, "{}\n{answer}", filled(&lines)).unwrap();
    }
    section
}

/// Words with two spaces between them, broken where a line would be too long.
fn filled(words: &[&str]) -> String {
    let (mut text, mut columns) = (String::new(), 0);
    for word in words {
        columns += word.len() + 2;
        text += match columns {
            _ if text.is_empty() => "",
            ..COLUMNS => "  ",
            _ => {
                columns = word.len();
                "\n"
            }
        };
        text += word;
    }
    text
}

/// What everybody was told, and how bob's connection ended.
fn told(world: &mut World) -> String {
    let mut told = String::new();
    for name in ["bob", "alice", "dave"] {
        let heard = world.hears(name);
        let lines: Vec<&str> = heard.lines().filter(|line| !is_noise(line)).collect();
        let shown = if lines.len() > LINES_TOLD { 1 } else { lines.len() };
        for line in &lines[..shown] {
            writeln!(told, "    {name} < {line}").unwrap();
        }
        if shown < lines.len() {
            writeln!(told, "    {name} < … {} lines in all", lines.len()).unwrap();
        }
    }
    if let Some(reason) = world.person("bob").closed {
        writeln!(told, "    bob closed: {}", reason.name()).unwrap();
    }
    if told.is_empty() { "    nothing\n".to_owned() } else { told }
}

/// What was said to bring about a state.
fn is_noise(line: &str) -> bool {
    line.starts_with("alice: noise") || line.starts_with("bob: noise")
}

/// Alice and dave, and bob who has connected just now.
fn company(settings: Settings) -> World {
    let password = SlowHash::parse(HASH).unwrap();
    let operators = vec![Operator { name: "root_7".into(), password: Some(password) }];
    let mut world = World::new(Settings { operators, ..settings });
    world.join("alice");
    world.join("dave");
    for line in ["/join locked", "/password sesame", "/join shut", "/ban bob", "/join games"] {
        world.types("dave", line);
    }
    world.connect("bob");
    forgotten(world)
}

/// The same world after everybody has read all that was said.
fn forgotten(mut world: World) -> World {
    for name in ["alice", "bob", "dave"] {
        world.hears(name);
    }
    world
}

fn silent() -> World {
    company(settings())
}

fn prompted() -> World {
    let mut world = silent();
    world.wait(limits::GREET_AFTER);
    assert_eq!(world.hears("bob"), "NICK");
    world
}

fn refused() -> World {
    let mut world = silent();
    world.types("bob", "bad name");
    assert!(world.hears("bob").starts_with("* that is no name: "));
    world
}

fn in_main() -> World {
    registered(settings())
}

fn registered(settings: Settings) -> World {
    let mut world = company(settings);
    world.types("bob", "bob");
    assert!(world.hears("bob").starts_with("Connected"));
    forgotten(world)
}

fn in_games() -> World {
    let mut world = in_main();
    world.types("bob", "/join games");
    forgotten(world)
}

fn class() -> World {
    let mut world = prompted();
    world.sends("bob", b"bob");
    world.wait(limits::CHUNK_QUIET);
    assert!(world.hears("bob").starts_with("Connected"));
    forgotten(world)
}

fn games() -> World {
    let mut world = class();
    world.sends("bob", b"bob: /join games");
    world.wait(limits::CHUNK_QUIET);
    forgotten(world)
}

/// Bob is in games, and dave has done something to him.
fn governed(line: &str) -> World {
    let mut world = in_games();
    world.types("dave", line);
    forgotten(world)
}

fn operator() -> World {
    governed("/op bob")
}

fn owner() -> World {
    governed("/give bob")
}

fn muted() -> World {
    governed("/mute bob 1h too loud")
}

fn ignored() -> World {
    governed("/ignore bob")
}

fn root() -> World {
    promoted(in_games())
}

fn root_of_main() -> World {
    promoted(in_main())
}

/// Bob has proved that he looks after the server.
fn promoted(mut world: World) -> World {
    world.types("bob", "/oper root_7 password");
    world.wait(Duration::from_secs(1));
    assert!(world.hears("bob").contains("* you look after the server now"));
    forgotten(world)
}

fn held() -> World {
    let mut world = registered(Settings { flood: flood_control(), ..settings() });
    world.sends("bob", "noise\n".repeat(limits::FLOOD_BURST_LINES as usize + 1).as_bytes());
    assert!(world.hears("bob").contains("* too fast"));
    forgotten(world)
}

/// Bob does not read while alice talks: so many lines of 100 bytes.
fn not_reading(lines: usize) -> World {
    let outbox = OutboxLimits { soft: 1_000, hard: 3_000, ..settings().outbox };
    let mut world = registered(Settings { outbox, ..settings() });
    world.reads_only("bob", 0);
    for _ in 0..lines {
        world.types("alice", &format!("noise {}", "x".repeat(87)));
    }
    forgotten(world)
}

fn deaf() -> World {
    let world = not_reading(15);
    assert_eq!(world.turn.server.status().lobby().members(), 3);
    world
}

fn cut_off() -> World {
    let world = not_reading(40);
    assert_eq!(
        (world.turn.server.status().lobby().members(), world.turn.server.status().clients()),
        (2, 3)
    );
    world
}

fn quitting() -> World {
    let mut world = in_main();
    world.reads_only("bob", 0);
    world.types("bob", "/quit");
    forgotten(world)
}

fn shutting_down() -> World {
    let mut world = in_main();
    world.reads_only("bob", 0);
    world.turn.server.shutdown(world.now, limits::DRAIN_TIMEOUT);
    world.run();
    forgotten(world)
}

fn silent_in_json() -> World {
    let mut world = silent();
    world.types("bob", "/format json");
    forgotten(world)
}

fn owner_in_json() -> World {
    let mut world = owner();
    world.types("bob", "/format json");
    forgotten(world)
}

fn line(world: &mut World, text: &[u8]) {
    world.sends("bob", &[text, b"\n"].concat());
}

/// As the classroom client sends it: with the nickname, and nothing but a pause behind it.
fn paused(world: &mut World, text: &[u8]) {
    world.sends("bob", &[b"bob: ", text].concat());
    world.wait(limits::CHUNK_QUIET);
}

fn later(world: &mut World, text: &[u8]) {
    line(world, text);
    assert_eq!(world.hears("bob"), "", "nobody who is held is heard at once");
    world.wait(Duration::from_secs(60));
}

fn last_words(world: &mut World, text: &[u8]) {
    world.sends("bob", text);
    world.ends("bob");
}

fn then_reads(world: &mut World, text: &[u8]) {
    line(world, text);
    world.reads_only("bob", usize::MAX);
}

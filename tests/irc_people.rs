//! People over IRC, beside people on plain lines and programs: who is away, who is here, who
//! watches whom, and what operators may do. Told on the whole server in memory.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use common::{World, settings};
use mio_chat::dialect::Spoken;
use mio_chat::server::{Server, Settings};

fn world() -> World {
    let spoken = Spoken { server_name: "irc.test".into(), ..settings().spoken };
    World::new(Settings { spoken, flood: None, ..settings() })
}

/// What somebody hears of some lines.
fn told(world: &mut World, name: &str, lines: &str) -> String {
    world.hears(name);
    world.sends(name, lines.replace('\n', "\r\n").as_bytes());
    world.hears(name).replace("\r\n", "\n")
}

/// Somebody who speaks IRC, and is in a room then.
fn comes(world: &mut World, name: &str, capabilities: &str) -> String {
    world.connect(name);
    let lines = format!(
        "CAP REQ :{capabilities}\nNICK {name}\nUSER {name} 0 * :Real {name}\nCAP END\nJOIN #den\n"
    );
    told(world, name, &lines)
}

/// Somebody who types plain lines, in the same room.
fn types(world: &mut World, name: &str) {
    world.join(name);
    world.types(name, "/join den");
    world.hears(name);
}

#[test]
fn who_comes_is_told_how_many_are_here_and_the_message_of_the_day() {
    let mut world = world();
    types(&mut world, "paul");
    let heard = comes(&mut world, "alice", "setname");
    let mut codes: Vec<&str> = heard.lines().filter_map(|line| line.split(' ').nth(1)).collect();
    codes.dedup();
    let told = [
        "CAP", "001", "002", "003", "004", "005", "251", "252", "253", "254", "255", "265", "266",
        "422", "JOIN",
    ];
    assert_eq!(codes[..told.len()], told, "{heard}");
    assert!(heard.contains(" 251 alice :There are 2 users and 0 invisible on 1 servers\n"));
    assert!(heard.contains(" 265 alice 2 2 :Current local users 2, max 2\n"), "{heard}");
}

#[test]
fn who_is_away_is_told_to_those_who_asked_for_it() {
    let mut world = world();
    types(&mut world, "paul");
    comes(&mut world, "alice", "away-notify");
    comes(&mut world, "bare", "echo-message");
    world.hears("alice");
    world.hears("paul");
    world.types("paul", "/away lunch");
    assert_eq!(world.hears("paul"), "* you are away (/back ends that)\n");
    assert_eq!(world.hears("alice"), ":paul!~plain@local AWAY :lunch\r\n");
    assert_eq!(world.hears("bare"), "");
    let heard = told(&mut world, "bare", "WHOIS paul\nWHO #den %naf\nUSERHOST paul\n");
    assert!(heard.contains(" 301 bare paul :lunch\n"), "{heard}");
    assert!(heard.contains(" 354 bare paul G@ 0\n"), "{heard}");
    assert!(heard.contains(" 302 bare :paul=-~plain@local\n"), "{heard}");
    assert_eq!(told(&mut world, "alice", "AWAY :gone\n").lines().count(), 1);
    assert_eq!(world.hears("paul"), "", "plain lines do not hear it");
    world.types("paul", "/msg alice hi");
    assert!(world.hears("paul").ends_with("* away now: alice: gone\n"));
    world.types("paul", "/back");
    assert!(world.hears("alice").ends_with(":paul!~plain@local AWAY\r\n"));
}

#[test]
fn those_who_watch_are_told_in_as_many_lines_as_it_takes() {
    let mut world = world();
    comes(&mut world, "alice", "extended-monitor setname");
    let names: Vec<String> = (0..90).map(|n| format!("somebody{n}")).collect();
    let heard = told(&mut world, "alice", &format!("MONITOR + {}\n", names[..40].join(",")));
    assert!(heard.lines().all(|line| line.contains(" 731 alice :") && line.len() <= 510));
    told(&mut world, "alice", &format!("MONITOR + {}\n", names[40..].join(",")));
    let heard = told(&mut world, "alice", "MONITOR L\n");
    assert!(heard.lines().count() > 2 && heard.lines().all(|line| line.len() <= 510), "{heard}");
    assert!(heard.ends_with(":irc.test 733 alice :End of MONITOR list\n"), "{heard}");
    world.connect("somebody7");
    told(&mut world, "somebody7", "NICK somebody7\nUSER s 0 * :s\n");
    assert_eq!(world.hears("alice"), ":irc.test 730 alice :somebody7!~s@local\r\n");
    told(&mut world, "somebody7", "SETNAME :Some Body\nQUIT\n");
    let heard = world.hears("alice");
    assert!(heard.starts_with(":somebody7!~s@local SETNAME :Some Body\r\n"), "{heard}");
    assert!(heard.ends_with(":irc.test 731 alice :somebody7\r\n"), "{heard}");
}

#[test]
fn modes_are_ones_own() {
    let mut world = world();
    comes(&mut world, "alice", "setname");
    types(&mut world, "paul");
    let heard = told(&mut world, "alice", "MODE alice +iBo\nMODE alice\nMODE paul +i\n");
    assert_eq!(
        heard,
        ":alice MODE alice +i\n:alice MODE alice +B\n:irc.test 221 alice +Bi\n\
         :irc.test 502 alice :Cannot change mode for other users\n"
    );
    let heard = told(&mut world, "alice", "MODE alice -i+x\nMODE nobody +i\nWALLOPS :hear\n");
    assert_eq!(
        heard,
        ":alice MODE alice -i\n:irc.test 501 alice x :Unknown MODE flag\n\
         :irc.test 401 alice nobody :No such nick/channel\n\
         :irc.test 481 alice :Permission Denied- You're not an IRC operator\n"
    );
}

#[test]
fn the_server_answers_for_itself() {
    let mut world = world();
    comes(&mut world, "alice", "setname");
    let heard = told(&mut world, "alice", "HELP who\nHELP nonsense\nLINKS\nADMIN\nSTATS u\n");
    let codes: Vec<&str> = heard.lines().filter_map(|line| line.split(' ').nth(1)).collect();
    let expected = ["704", "705", "706", "524", "365", "256", "257", "258", "259", "219"];
    assert_eq!(codes, expected, "{heard}");
    let heard = told(&mut world, "alice", "WHO\nWHO nobody\nWHOWAS nobody\nISON :alice bob\n");
    assert!(heard.contains(" 315 alice * :") && heard.contains(" 315 alice nobody :"), "{heard}");
    assert!(heard.contains(" 406 alice nobody :") && heard.contains(" 369 alice nobody :"));
    assert!(heard.ends_with(" 303 alice :alice\n"), "{heard}");
}

#[test]
fn an_upgrade_is_not_noticed() {
    let mut world = world();
    comes(&mut world, "alice", "away-notify");
    comes(&mut world, "bob", "away-notify");
    told(&mut world, "alice", "MONITOR + carol\nAWAY :soon\nMODE alice +i\n");
    let document = serde_json::to_string(&world.turn.server.handover().state(world.now)).unwrap();
    let spoken = Spoken { server_name: "irc.test".into(), ..settings().spoken };
    let settings = Settings { spoken, flood: None, ..settings() };
    let state = serde_json::from_str(&document).unwrap();
    world.turn.server = Server::taken_over(settings, state, true);
    world.turn.server.status().check_invariants();
    world.run();
    let heard = told(&mut world, "bob", "WHOIS alice\n");
    assert!(heard.contains(" 311 bob alice ~alice local * :Real alice\n"), "{heard}");
    assert!(heard.contains(" 301 bob alice :soon\n"), "{heard}");
    assert_eq!(told(&mut world, "alice", "MODE alice\n"), ":irc.test 221 alice +i\n");
    comes(&mut world, "carol", "away-notify");
    assert!(world.hears("alice").contains(" 730 alice :carol!~carol@local\r\n"));
}

#[test]
fn before_there_is_a_nickname_as_many_are_tried_as_irc_allows() {
    let mut world = World::default();
    world.join("alice");
    world.connect("irc");
    world.sends("irc", b"USER i 0 * :I\r\n");
    for _ in 1..mio_chat::limits::IRC_REGISTER_LINES_MAX {
        world.sends("irc", b"NICK alice\r\n");
        assert!(world.hears("irc").contains(" 433 * alice "));
    }
    world.sends("irc", b"NICK alice\r\n");
    let heard = world.hears("irc");
    assert!(heard.contains("ERROR :"), "{heard}");
}

//! Bots that speak over HTTP, and streams of events: in memory.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../common/mod.rs"]
mod common;
mod streams;

use std::time::Duration;

use common::{World, flood_control, settings};
use mio_chat::chat::{Alphabet, LobbySettings, Nickname, RoomName};
use mio_chat::limits::{LISTENER_SILENCE, TEXT_BYTES_MAX};
use mio_chat::server::{Bot, BotKind, Server, Settings, TokenHash};

const TOKEN: &str = "0123456789abcdef0123456789abcdef01234567";
const HOOK: &str = "fedcba9876543210fedcba9876543210fedcba98";

impl World {
    /// Another process goes on, with these settings.
    fn hand_over(&mut self, settings: Settings) {
        let document = serde_json::to_string(&self.turn.server.handover().state(self.now)).unwrap();
        let state = serde_json::from_str(&document).unwrap();
        self.turn.take_over(Server::taken_over(settings, state, true));
        self.turn.server.status().check_invariants();
        self.run();
    }
}

fn bots() -> Vec<Bot> {
    let name = Nickname::parse("deploy-bot", Alphabet::Ascii).unwrap();
    let room = RoomName::parse("ops", Alphabet::Ascii).unwrap();
    let of = |secret, kind| Bot {
        name: name.clone(),
        room: room.clone(),
        kind,
        hash: TokenHash::of(secret),
    };
    vec![of(TOKEN, BotKind::Token), of(HOOK, BotKind::Hook)]
}

fn with_bots() -> Settings {
    let bots = bots();
    let names = bots.iter().map(|bot| bot.name.clone()).collect();
    let lobby = LobbySettings { bots: names, ..LobbySettings::default() };
    Settings { lobby, bots, ..settings() }
}

/// `alice` is in the room of the bot.
fn world(settings: Settings) -> World {
    let mut world = World::new(settings);
    world.join("alice");
    world.types("alice", "/join ops");
    world.hears("alice");
    world
}

/// One request on a connection of its own, and what is answered.
fn asks(world: &mut World, request: &str) -> String {
    world.connect("http");
    world.sends("http", request.as_bytes());
    let answer = world.hears("http");
    assert!(world.person("http").closed.is_some(), "one answer, and the end: {answer}");
    answer
}

fn post(token: &str, kind: &str, body: &str) -> String {
    format!(
        "POST /rooms/ops/messages HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn hook(secret: &str, kind: &str, body: &str) -> String {
    format!(
        "POST /hooks/{secret} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Somebody listens to the room of the bot.
fn listens(world: &mut World, name: &str, more: &str) -> String {
    listens_from(world, name, ("", more))
}

/// Somebody listens from a place, which the query or a header has.
fn listens_from(world: &mut World, name: &str, (query, more): (&str, &str)) -> String {
    world.connect(name);
    let path = format!("/rooms/ops/events{query}");
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n");
    world.sends(name, request.as_bytes());
    world.hears(name)
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").unwrap().1
}

/// The last place that a stream has told.
fn place(stream: &str) -> String {
    let (_, rest) = stream.rsplit_once("id: ").unwrap();
    rest.split('\n').next().unwrap().to_owned()
}

#[test]
fn a_bot_speaks_by_its_token_in_its_room() {
    let mut world = world(with_bots());
    let answer = asks(&mut world, &post(TOKEN, "text/plain", "build 7 is out\n"));
    assert_eq!(status(&answer), "200", "{answer}");
    assert!(body(&answer).starts_with("{\"n\":1,\"at\":"), "{answer}");
    assert_eq!(world.hears("alice"), "deploy-bot: build 7 is out\n");
    let slack = post(TOKEN, "application/json", r#"{"text":"one\ntwo\u001b[2J\n* bob joined"}"#);
    assert!(body(&asks(&mut world, &slack)).starts_with("{\"n\":2,"));
    assert_eq!(world.hears("alice"), "deploy-bot: one two [2J * bob joined\n");
    let discord = r#"{"content":"pushed","username":"git\nhub"}"#;
    asks(&mut world, &post(TOKEN, "application/json", discord));
    assert_eq!(world.hears("alice"), "deploy-bot: git hub: pushed\n");
    world.types("alice", "/who");
    assert!(!world.hears("alice").contains("deploy-bot"), "it is no member");
    world.types("alice", "/history");
    assert!(world.hears("alice").contains("deploy-bot: git hub: pushed"), "but it is remembered");
    world.turn.server.status().check_invariants();
}

#[test]
fn a_hook_is_answered_as_its_program_expects() {
    let mut world = world(with_bots());
    let json = "application/json";
    for (kind, sent, code, said) in [
        ("text/plain", "plain", "200", "plain"),
        (json, r#"{"text":"slack"}"#, "200", "slack"),
        (json, r#"{"content":"discord","username":"x","embeds":[]}"#, "204", "x: discord"),
        ("application/x-www-form-urlencoded", "payload=%7B%22text%22%3A%22old%22%7D", "200", "old"),
    ] {
        let answer = asks(&mut world, &hook(HOOK, kind, sent));
        assert_eq!(status(&answer), code, "{answer}");
        assert_eq!(body(&answer), if code == "200" { "ok" } else { "" });
        assert_eq!(world.hears("alice"), format!("deploy-bot: {said}\n"));
    }
}

#[test]
fn what_a_bot_may_not_is_refused_by_its_code() {
    let mut world = world(with_bots());
    let long = "x".repeat(TEXT_BYTES_MAX + 1);
    let huge = "x".repeat(9_000);
    let plain = |token: &str| post(token, "text/plain", "hi");
    let elsewhere = plain(TOKEN).replace("/ops/", "/main/");
    let nowhere =
        "POST /rooms/ops/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi";
    for (request, code) in [
        (plain(&TOKEN.to_uppercase()), "401"),
        (plain(&TOKEN[..39]), "401"),
        (plain(&format!("{TOKEN}0")), "401"),
        (plain(HOOK), "401"),
        (nowhere.to_owned(), "401"),
        (elsewhere, "403"),
        (post(TOKEN, "text/plain", &long), "413"),
        (post(TOKEN, "text/plain", &huge), "413"),
        (post(TOKEN, "image/png", "hi"), "415"),
        (post(TOKEN, "text/plain", " \u{200b}\n"), "400"),
        (post(TOKEN, "application/json", "{}"), "400"),
        (hook(TOKEN, "text/plain", "hi"), "404"),
        (hook(&HOOK[1..], "text/plain", "hi"), "404"),
        (hook("..%2Fops", "text/plain", "hi"), "404"),
        (hook("", "text/plain", "hi"), "404"),
    ] {
        let answer = asks(&mut world, &request);
        assert_eq!(status(&answer), code, "{request}\n{answer}");
        assert_eq!(answer.contains("WWW-Authenticate: Bearer\r\n"), code == "401", "{answer}");
        assert!(!answer.contains(HOOK) && !answer.contains(TOKEN), "{answer}");
    }
    // Whatever is wrong with a secret, the answer is the same.
    let same = |world: &mut World, request: String| asks(world, &request);
    let first = same(&mut world, plain("x"));
    for wrong in [&TOKEN[1..], &TOKEN.to_uppercase(), HOOK] {
        assert_eq!(same(&mut world, plain(wrong)), first);
    }
    assert_eq!(world.hears("alice"), "", "nothing was said");
    world.types("alice", "/mute deploy-bot");
    assert_eq!(status(&asks(&mut world, &plain(TOKEN))), "403");
}

#[test]
fn a_bot_whose_room_nobody_has_made_is_told_so() {
    let mut world = World::new(with_bots());
    let answer = asks(&mut world, &post(TOKEN, "text/plain", "hi"));
    assert_eq!(status(&answer), "404", "{answer}");
}

#[test]
fn a_bot_that_says_too_much_waits_and_others_do_not() {
    let mut world = world(Settings { flood: flood_control(), ..with_bots() });
    let mut codes = Vec::new();
    for _ in 0..12 {
        let answer = asks(&mut world, &post(TOKEN, "text/plain", "hi"));
        codes.push(status(&answer).to_owned());
        assert_eq!(answer.contains("Retry-After: 1\r\n"), status(&answer) == "429", "{answer}");
    }
    assert_eq!(codes.iter().filter(|code| *code == "429").count(), 2, "{codes:?}");
    assert_eq!(status(&asks(&mut world, &hook(HOOK, "text/plain", "hi"))), "200");
    // A reload changes nothing about that, and neither does another process.
    world.turn.reconfigure(world.now, Settings { flood: flood_control(), ..with_bots() });
    assert_eq!(status(&asks(&mut world, &post(TOKEN, "text/plain", "hi"))), "429");
    world.hand_over(Settings { flood: flood_control(), ..with_bots() });
    assert_eq!(status(&asks(&mut world, &post(TOKEN, "text/plain", "hi"))), "429");
    world.wait(Duration::from_secs(1));
    assert_eq!(status(&asks(&mut world, &post(TOKEN, "text/plain", "hi"))), "200");
}

#[test]
fn a_listener_is_told_event_by_event() {
    let mut world = world(with_bots());
    let head = listens(&mut world, "curl", "");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains("Content-Type: text/event-stream\r\n"), "{head}");
    assert!(!head.contains("Content-Length") && head.contains("Connection: close\r\n"), "{head}");
    assert!(body(&head).starts_with("retry: 2000\n\nid: "), "{head}");
    world.types("alice", "hello");
    let heard = world.hears("curl");
    let event = format!("id: {}\ndata: {{\"t\":\"message\",\"n\":1,", place(&heard));
    assert!(heard.starts_with(&event) && heard.ends_with("\"text\":\"hello\"}\n\n"), "{heard}");
    asks(&mut world, &post(TOKEN, "text/plain", "up"));
    assert!(world.hears("curl").contains("\"nick\":\"deploy-bot\",\"text\":\"up\"}\n\n"));
    world.types("alice", "/topic tea");
    assert!(world.hears("curl").starts_with("data: {\"t\":\"topic\",\"room\":\"ops\""));
    world.join("bob");
    world.types("bob", "/join ops");
    assert_eq!(world.hears("curl"), "", "who comes and goes is not told");
    world.sends("curl", b"NICK mallory\r\nhello\r\nGET / HTTP/1.1\r\n\r\n");
    assert_eq!(world.hears("curl"), "", "what it sends is dropped");
    world.hears("alice");
    world.ends("curl");
    assert!(world.person("curl").closed.is_some(), "its end is its end");
    assert_eq!(world.hears("alice"), "", "nobody hears of it");
    world.turn.server.status().check_invariants();
}

#[test]
fn nothing_is_lost_or_doubled_for_a_listener_that_comes_back() {
    let lobby = LobbySettings { history: 5, ..with_bots().lobby };
    let mut world = world(Settings { lobby, ..with_bots() });
    listens(&mut world, "curl", "");
    world.types("alice", "one");
    let last = place(&world.hears("curl"));
    world.vanishes("curl");
    for text in ["two", "three"] {
        world.types("alice", text);
    }
    let (query, header) = (format!("?after={last}"), format!("Last-Event-ID: {last}\r\n"));
    let old = "?after=00000001:0";
    for from in [("", header.as_str()), (&query, ""), (old, &header)] {
        let heard = listens_from(&mut world, "again", from);
        let texts: Vec<&str> = heard
            .split("\"text\":\"")
            .skip(1)
            .map(|text| text.split('"').next().unwrap())
            .collect();
        assert_eq!(texts, ["two", "three"], "{heard}");
        assert!(!heard.contains("event: gap"), "{heard}");
        world.vanishes("again");
    }
    for number in 4..12 {
        world.types("alice", &format!("message {number}"));
    }
    let heard = listens(&mut world, "late", &format!("Last-Event-ID: {last}\r\n"));
    assert!(heard.contains("event: gap\ndata: {\"t\":\"history\",\"room\":\"ops\",\"gap\":true"));
    assert_eq!(heard.matches("\"old\":true}\n\n").count(), 5, "{heard}");
    let elsewhere = listens(&mut world, "elsewhere", "Last-Event-ID: 00000001:3\r\n");
    assert!(elsewhere.contains("event: gap"), "{elsewhere}");
}

#[test]
fn a_silent_stream_shows_that_it_is_alive() {
    let mut world = world(with_bots());
    listens(&mut world, "curl", "");
    let second = Duration::from_secs(1);
    world.wait(LISTENER_SILENCE - second);
    assert_eq!(world.hears("curl"), "");
    world.types("alice", "hello");
    world.hears("curl");
    world.wait(LISTENER_SILENCE - second);
    assert_eq!(world.hears("curl"), "", "something was said meanwhile");
    world.wait(2 * second);
    assert_eq!(world.hears("curl"), ":\n\n");
    world.wait(2 * LISTENER_SILENCE + second);
    assert_eq!(world.hears("curl"), ":\n\n:\n\n");
}

#[test]
fn another_process_goes_on_with_the_stream() {
    let mut world = world(with_bots());
    listens(&mut world, "curl", "");
    world.types("alice", "before");
    world.reads_only("curl", 0);
    world.types("alice", "meanwhile");
    world.hand_over(with_bots());
    world.reads_only("curl", usize::MAX);
    world.types("alice", "after");
    let heard = world.hears("curl");
    for text in ["before", "meanwhile", "after"] {
        assert_eq!(heard.matches(&format!("\"text\":\"{text}\"")).count(), 1, "{heard}");
    }
    world.wait(LISTENER_SILENCE + Duration::from_secs(1));
    assert_eq!(world.hears("curl"), ":\n\n");
    world.turn.server.status().check_invariants();
}

#[test]
fn who_may_listen_no_longer_is_told_and_closed() {
    let mut world = world(with_bots());
    listens(&mut world, "curl", "");
    world.types("alice", "/password sesame");
    let heard = world.hears("curl");
    assert!(
        heard.contains("data: {\"t\":\"password\",\"room\":\"ops\",\"needed\":true"),
        "{heard}"
    );
    assert!(heard.contains("event: bye\ndata: {\"t\":\"bye\",\"code\":\"kicked\""), "{heard}");
    assert!(world.person("curl").closed.is_some());
    let refused = listens(&mut world, "again", "");
    assert_eq!(status(&refused), "404", "{refused}");
    world.types("alice", "/password off");
    listens(&mut world, "more", "");
    world.turn.server.shutdown(world.now, Duration::from_secs(1));
    world.run();
    assert!(world.hears("more").contains("event: bye\ndata: {\"t\":\"bye\",\"code\":\"going\""));
}

#[test]
fn a_slow_listener_is_cut_off_with_a_whole_event() {
    let mut settings = with_bots();
    (settings.outbox.soft, settings.outbox.hard) = (2_000, 10_000);
    let mut world = world(settings);
    listens(&mut world, "slow", "");
    world.reads_only("slow", 30);
    for _ in 0..50 {
        world.types("alice", &"x".repeat(900));
    }
    world.reads_only("slow", usize::MAX);
    let heard = world.hears("slow");
    let (events, bye) = heard.rsplit_once("event: bye\n").unwrap();
    assert!(events.is_empty() || events.ends_with("}\n\n"), "{heard}");
    assert!(bye.starts_with("data: {\"t\":\"bye\",\"code\":\"slow\""), "{bye}");
}

#[test]
fn listeners_share_the_bytes_of_their_room() {
    let mut settings = with_bots();
    settings.outbox.hard = 1 << 20;
    let mut world = world(settings);
    let listeners = 500;
    for number in 0..listeners {
        listens(&mut world, &format!("l{number}"), "");
        world.reads_only(&format!("l{number}"), 0);
    }
    let before = world.turn.server.status().held();
    let said = 100;
    for _ in 0..said {
        world.types("alice", &"x".repeat(900));
    }
    let held = world.turn.server.status().held() - before;
    println!("{listeners} listeners that do not read {said} messages of 900 bytes: {held} bytes");
    assert!(held < said * 1_100 + listeners * 600, "{held}");
}

/// What somebody hears of a line, when all is done that takes a while.
fn told(world: &mut World, name: &str, line: &str) -> String {
    world.hears(name);
    world.types(name, line);
    world.wait(Duration::from_secs(1));
    world.hears(name)
}

#[test]
fn a_token_is_the_password_of_an_account_with_the_bots_name() {
    let mut world = world(with_bots());
    world.join("carol");
    let log_in = |token: &str| format!("/login deploy-bot {token}");
    let denied = "* that is not possible here: this server stores nothing, so it has no accounts\n";
    assert_eq!(told(&mut world, "carol", "/login carol x"), denied, "nobody else has one");
    for wrong in [HOOK, "x"] {
        let heard = told(&mut world, "carol", &log_in(wrong));
        assert!(heard.contains("* that is not the password of that account"), "{heard}");
    }
    assert!(told(&mut world, "carol", "/nick deploy-bot").contains("is kept for"));
    let heard = told(&mut world, "carol", &log_in(TOKEN));
    assert!(heard.contains("logged in as deploy-bot"), "{heard}");
    told(&mut world, "carol", "/join ops");
    world.hears("alice");
    let heard = told(&mut world, "carol", "/nick deploy-bot");
    assert_eq!(heard, "* the nickname carol is now deploy-bot\n");
    world.types("carol", "by hand");
    asks(&mut world, &post(TOKEN, "text/plain", "by HTTP"));
    let heard = world.hears("alice");
    assert!(heard.ends_with("deploy-bot: by hand\ndeploy-bot: by HTTP\n"), "{heard}");
    assert!(told(&mut world, "alice", "/whois deploy-bot").contains("bot"));
    world.hand_over(with_bots());
    assert!(told(&mut world, "carol", "/logout").contains("logged in"));
    told(&mut world, "carol", &log_in(TOKEN));
    // Its private messages are remembered for as long, without a store, too.
    told(&mut world, "alice", "/msg deploy-bot well done");
    assert!(told(&mut world, "carol", "/history @alice").contains("[alice] well done\n"));
    world.hand_over(with_bots());
    assert!(told(&mut world, "carol", "/history @alice").contains("[alice] well done\n"));
    assert_ne!(world.turn.server.status().lobby().remembered_privately(), 0);
    world.turn.reconfigure(world.now, settings());
    world.run();
    let heard = world.hears("carol");
    assert!(heard.contains("not logged in any more"), "{heard}");
    world.turn.server.status().check_invariants();
}

#[test]
fn a_bot_that_speaks_irc_logs_in_by_pass() {
    let mut world = world(with_bots());
    world.connect("irc");
    let lines = format!(
        "PASS deploy-bot:{TOKEN}\r\nNICK deploy-bot\r\nUSER d 0 * :Deploys\r\nJOIN #ops\r\n"
    );
    world.sends("irc", lines.as_bytes());
    world.wait(Duration::from_secs(1));
    let heard = world.hears("irc");
    assert!(heard.contains(" 900 ") && heard.contains(" 001 deploy-bot "), "{heard}");
    assert_eq!(world.hears("alice"), "deploy-bot joined!\n");
    world.sends("irc", b"WHO #ops\r\n");
    assert!(world.hears("irc").contains(" deploy-bot HB :"), "it is marked");
}

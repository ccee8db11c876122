//! The page, rooms and what was said in them.

use mio_chat::server::Settings;
use mio_chat::time::UnixTime;
use serde_json::Value;

use super::common::{World, settings};
use super::{asked, body, code, got};

#[test]
fn the_page_is_served_with_a_policy_and_once() {
    let mut world = World::default();
    let page = got(&mut world, "/");
    assert_eq!(code(&page), "200");
    assert!(body(&page).starts_with("<!doctype html>"), "{page}");
    let (head, _) = page.split_once("\r\n\r\n").unwrap();
    for header in [
        "Content-Security-Policy: default-src 'none'; style-src 'sha256-",
        "; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'\r\n",
        "Referrer-Policy: no-referrer\r\n",
        "X-Content-Type-Options: nosniff\r\n",
        "Cross-Origin-Opener-Policy: same-origin\r\n",
        "Content-Type: text/html; charset=utf-8\r\n",
        "Connection: close",
    ] {
        assert!(head.contains(header), "{header}: {head}");
    }
    let tag = head.lines().find_map(|line| line.strip_prefix("ETag: ")).unwrap();
    for kept in [tag.to_owned(), format!("\"other\", W/{tag}"), "*".to_owned()] {
        let request = format!("GET / HTTP/1.1\r\nHost: chat.test\r\nIf-None-Match: {kept}\r\n\r\n");
        let answer = asked(&mut world, "again", &request);
        assert!(answer.starts_with("HTTP/1.1 304 Not Modified\r\n"), "{answer}");
        assert!(answer.ends_with("\r\n\r\n"), "{answer}");
    }
    let request = "GET / HTTP/1.1\r\nHost: chat.test\r\nIf-None-Match: \"other\"\r\n\r\n";
    assert_eq!(code(&asked(&mut world, "again", request)), "200");
    let head_only = asked(&mut world, "again", "HEAD / HTTP/1.1\r\nHost: chat.test\r\n\r\n");
    assert_eq!(head_only, format!("{head}\r\n\r\n"));
}

#[test]
fn rooms_that_anybody_may_enter_are_listed() {
    let mut world = World::default();
    world.join("alice");
    world.join("bob");
    for line in ["/join chess", "/topic \"tea\" & more"] {
        world.types("alice", line);
    }
    let rooms = got(&mut world, "/rooms");
    let listed = "{\"rooms\":[{\"room\":\"chess\",\"total\":1,\"topic\":\"\\\"tea\\\" & more\"},\
         {\"room\":\"main\",\"total\":1}]}";
    assert_eq!(body(&rooms), listed);
    assert!(rooms.contains("\r\nContent-Type: application/json\r\n"), "{rooms}");
    world.types("alice", "/password sesame");
    assert_eq!(body(&got(&mut world, "/rooms")), r#"{"rooms":[{"room":"main","total":1}]}"#);
    assert_eq!(code(&got(&mut world, "/rooms/chess/messages")), "404", "nobody is told of it");
    assert_eq!(code(&got(&mut world, "/rooms/nowhere/messages")), "404");
    assert_eq!(code(&got(&mut world, "/rooms/bad%20name/messages")), "404");
}

#[test]
fn what_was_said_is_told_piece_by_piece() {
    let mut world = World::default();
    world.join("alice");
    (1..=5).for_each(|number| world.types("alice", &format!("line \"{number}\"")));
    let told = |world: &mut World, query: &str| -> Value {
        let answer = got(world, &format!("/rooms/main/messages{query}"));
        serde_json::from_str(body(&answer)).unwrap()
    };
    let all = told(&mut world, "");
    let (place, epoch) = (all["at"].as_str().unwrap(), &all["at"].as_str().unwrap()[..8]);
    assert_eq!(all["messages"].as_array().unwrap().len(), 5);
    assert_eq!((&all["gap"], all.get("more"), place.ends_with(":5")), (&false.into(), None, true));
    let first = &all["messages"][0];
    for (field, value) in
        [("t", "message"), ("room", "main"), ("nick", "alice"), ("text", "line \"1\"")]
    {
        assert_eq!(first[field], value, "{first}");
    }
    assert_eq!((&first["n"], &first["old"]), (&1.into(), &true.into()));
    let numbers = |told: &Value| -> Vec<u64> {
        let messages = told["messages"].as_array().unwrap().iter();
        messages.map(|message| message["n"].as_u64().unwrap()).collect()
    };
    assert_eq!(numbers(&told(&mut world, "?limit=2")), [4, 5]);
    let (mut place, mut seen) = (format!("{epoch}:0"), Vec::new());
    loop {
        let some = told(&mut world, &format!("?after={place}&limit=2"));
        assert_eq!(some["gap"], false);
        seen.extend(numbers(&some));
        place = some["at"].as_str().unwrap().to_owned();
        if some.get("more").is_none() {
            break;
        }
    }
    assert_eq!((seen, place), (vec![1, 2, 3, 4, 5], format!("{epoch}:5")));
    let of_another = told(&mut world, "?after=00000000:3");
    assert_eq!((&of_another["gap"], numbers(&of_another).len()), (&true.into(), 5));
    assert_eq!(code(&got(&mut world, "/rooms/main/messages?after=tomorrow")), "400");
}

#[test]
fn who_is_kept_out_by_address_may_not_listen() {
    let mut world = World::new(Settings { per_address: 9, ..settings() });
    world.join_from("alice", "192.0.2.1");
    world.types("alice", "/join chess");
    world.join_from("mallory", "203.0.113.5");
    world.types("mallory", "/join chess");
    world.types("alice", "/ban-ip mallory 1h");
    let mut asked_from = |address: &str| {
        world.try_connect("visitor", address.parse().unwrap()).unwrap();
        world.sends("visitor", b"GET /rooms/chess/messages HTTP/1.1\r\nHost: a\r\n\r\n");
        code(&world.hears("visitor")).to_owned()
    };
    assert_eq!(asked_from("203.0.113.5"), "404");
    assert_eq!(asked_from("203.0.113.6"), "200");
}

#[test]
fn pages_of_other_origins_may_ask_if_they_are_listed() {
    let mut settings = settings();
    settings.spoken.origins = vec!["https://games.example".parse().unwrap()];
    let mut world = World::new(settings);
    let mut from = |method: &str, origin: &str| {
        let request =
            format!("{method} /rooms HTTP/1.1\r\nHost: chat.test\r\nOrigin: {origin}\r\n\r\n");
        asked(&mut world, "visitor", &request)
    };
    let listed = from("GET", "https://games.example");
    assert!(listed.contains("\r\nAccess-Control-Allow-Origin: https://games.example\r\n"));
    let allowed = from("OPTIONS", "https://games.example");
    assert!(allowed.starts_with("HTTP/1.1 204 No Content\r\n"), "{allowed}");
    for header in [
        "Access-Control-Allow-Origin: https://games.example\r\n",
        "Access-Control-Allow-Headers: authorization, content-type, last-event-id\r\n",
        "Access-Control-Allow-Methods: GET, POST\r\n",
    ] {
        assert!(allowed.contains(header), "{allowed}");
    }
    assert!(!from("GET", "http://chat.test").contains("Access-Control"), "it is our own");
    for origin in ["https://evil.example", "null"] {
        let refused = from("OPTIONS", origin);
        assert_eq!(code(&refused), "403");
        assert!(!refused.contains("Access-Control"), "{refused}");
    }
}

/// The examples of the chapter on HTTP, each a request and the body of its answer.
#[test]
fn the_examples_of_the_protocol_are_true() {
    let text = include_str!("../../docs/PROTOCOL.md");
    let chapter = text.split("\n## HTTP\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let mut world = World::default();
    world.turn.server.set_calendar(world.now, UnixTime::from_millis(1_763_820_131_000));
    world.join("alice");
    world.join("bob");
    world.join("carol");
    world.types("alice", "hi");
    world.types("bob", "/join chess");
    world.types("bob", "/topic openings");
    let mut examples = 0;
    for example in chapter.split("-> GET ").skip(1) {
        let (request, rest) = example.split_once('\n').unwrap();
        let body_told = rest.lines().next().unwrap().strip_prefix("<- ").unwrap();
        let request = format!("GET {request}").replace("\\r\\n", "\r\n");
        assert_eq!(body(&asked(&mut world, "visitor", &request)), body_told, "{request}");
        examples += 1;
    }
    assert!(examples >= 2, "only {examples} examples found");
}

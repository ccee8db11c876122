//! From a request to frames of WebSocket, by hand.

use super::common::World;
use super::{asked, code};

const HANDSHAKE: &str = "GET /ws HTTP/1.1\r\nHost: chat.test\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const ANSWER: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// A text frame as a client sends it, masked by zeros.
fn frame(text: &str) -> Vec<u8> {
    let mut frame = vec![0x81, 0x80 | u8::try_from(text.len()).unwrap(), 0, 0, 0, 0];
    frame.extend_from_slice(text.as_bytes());
    frame
}

#[test]
fn a_page_talks_with_people_on_plain_lines() {
    let mut world = World::default();
    world.join("alice");
    world.connect("page");
    let hello = frame("{\"t\":\"hello\",\"v\":1,\"nick\":\"bob\",\"room\":\"main\"}");
    world.sends("page", &[HANDSHAKE.as_bytes(), b"\r\n", &hello].concat());
    let heard = world.hears_bytes("page");
    let heard = String::from_utf8_lossy(&heard);
    assert!(heard.starts_with(ANSWER), "{heard}");
    assert!(heard.contains("{\"t\":\"welcome\""), "{heard}");
    assert_eq!(world.hears("alice"), "bob joined!\n");
    world.sends("page", &frame("{\"t\":\"say\",\"room\":\"main\",\"text\":\"hi\"}"));
    assert_eq!(world.hears("alice"), "bob: hi\n");
    world.types("alice", "hello");
    let heard = world.hears_bytes("page");
    assert!(String::from_utf8_lossy(&heard).contains("\"text\":\"hello\""));
}

#[test]
fn handshakes_of_foreign_pages_and_other_protocols_are_refused() {
    let mut world = World::default();
    let with = |headers: &str| format!("{HANDSHAKE}{headers}\r\n");
    for (request, expected) in [
        (with("Origin: http://evil.example\r\n"), "403"),
        (with("Origin: null\r\n"), "403"),
        (with("Sec-WebSocket-Protocol: chat.unknown\r\n"), "400"),
        (with("").replace("/ws", "/room?next=2"), "404"),
        (with("").replace("Version: 13", "Version: 12"), "426"),
        (with("").replace("GET", "POST"), "405"),
        (with("").replace("HTTP/1.1", "HTTP/1.0"), "400"),
    ] {
        let answer = asked(&mut world, "visitor", &request);
        assert_eq!(code(&answer), expected, "{request}: {answer}");
    }
    let old = asked(&mut world, "visitor", &with("").replace("Version: 13", "Version: 8"));
    assert!(old.contains("\r\nSec-WebSocket-Version: 13\r\n"), "{old}");
    for allowed in ["Origin: http://chat.test\r\n", "Sec-WebSocket-Protocol: x, mio-chat.1\r\n"] {
        world.connect("page");
        world.sends("page", with(allowed).as_bytes());
        assert_eq!(code(&world.hears("page")), "101", "{allowed}");
        assert_eq!(world.person("page").closed, None);
    }
}

#[test]
fn an_upgraded_client_has_no_place_among_requests_and_needs_a_nickname() {
    let mut world = World::default();
    let all = mio_chat::limits::HTTP_REQUESTS_MAX + 1;
    for number in 0..all {
        let name = format!("{number}");
        world.connect(&name);
        world.sends(&name, format!("{HANDSHAKE}\r\n").as_bytes());
        assert_eq!(code(&world.hears(&name)), "101");
    }
    assert_eq!(world.person("0").closed, None);
    world.wait(mio_chat::limits::REGISTER_TIMEOUT);
    assert_eq!(world.person("0").closed.unwrap().name(), "register-timeout");
    let last = world.hears_bytes("0");
    assert!(String::from_utf8_lossy(&last).contains("{\"t\":\"bye\""), "{}", last.escape_ascii());
}

//! A web page, or anybody, may put lines of every language anywhere into a request: none of them is
//! ever carried out.

use std::time::Duration;

use super::common::World;
use super::{asked, code};

/// Lines that would do something if they were carried out, of every language of the port.
const LINES: [&str; 6] = [
    "mallory\r\nspam\r\n/join chess\r\n",
    "/nick mallory\n/me spams\n",
    "NICK mallory\r\nUSER m 0 * :m\r\nPRIVMSG #main :spam\r\n",
    "{\"t\":\"hello\",\"nick\":\"mallory\",\"room\":\"main\"}\n{\"t\":\"say\",\"text\":\"spam\"}\n",
    "/format json\nmallory\n{\"t\":\"say\",\"text\":\"spam\"}\n",
    "\u{1}\u{7e}\u{16}\u{3}\u{1}mallory\n",
];

/// Plays a request in front of somebody who would hear of it, whole, cut, and byte by byte, with a
/// pause and without.
fn changes_nothing(request: &str) {
    let bytes = request.as_bytes();
    let middle = bytes.len() / 2;
    let pieces: [&[&[u8]]; 3] =
        [&[bytes], &[&bytes[..middle], &bytes[middle..]], &bytes.chunks(1).collect::<Vec<_>>()];
    for pieces in pieces {
        for pause in [Duration::ZERO, Duration::from_millis(200)] {
            // A pause within the first word makes it a nickname: that is how classrooms speak.
            let pieces = if pause.is_zero() { pieces } else { &[bytes][..] };
            let mut world = World::default();
            world.join("alice");
            world.connect("mallory");
            for piece in pieces {
                world.sends("mallory", piece);
                world.wait(pause);
            }
            let answer = world.hears("mallory");
            assert!(answer.starts_with("HTTP/1.1 ") || answer.is_empty(), "{request:?}: {answer}");
            assert!(!answer.contains("Connected"), "{request:?}: {answer}");
            world.ends("mallory");
            world.wait(Duration::from_secs(60));
            assert!(world.person("mallory").closed.is_some(), "{request:?}");
            assert_eq!(world.hears("alice"), "", "{request:?}");
            world.types("alice", "/rooms");
            assert_eq!(world.hears("alice"), "* there is 1 room: main (1)\n", "{request:?}");
        }
    }
}

#[test]
fn lines_in_bodies_paths_and_headers_and_behind_are_never_carried_out() {
    for lines in LINES {
        let length = lines.len();
        for request in [
            format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{lines}"),
            format!("POST /hooks/x HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{lines}"),
            format!(
                "POST /rooms/main/messages HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\n\
                 Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{lines}\r\n0\r\n\r\n{lines}"
            ),
            format!("FOO /x HTTP/1.1\r\nHost: a\r\n\r\n{lines}"),
            format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n{lines}", lines.replace(['\r', '\n'], "")),
            format!("GET / HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r\n{lines}"),
            format!(
                "GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n{lines}",
                lines.replace(['\r', '\n', '\u{1}', '\u{16}', '\u{3}', '\u{7e}'], " ")
            ),
            format!("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello{lines}"),
            format!("GET\t/ HTTP/1.1\n{lines}"),
            format!("NICK x HTTP/1.1\r\n{lines}"),
            format!("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{lines}"),
            format!("GET {lines}"),
            format!("OPTIONS sip:x SIP/2.0\r\n\r\n{lines}"),
        ] {
            changes_nothing(&request);
        }
    }
}

#[test]
fn a_second_request_is_never_looked_at() {
    let mut world = World::default();
    for first in [
        "GET /health HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost: a\r\nContent-Length: 44\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ] {
        let second = "GET /rooms HTTP/1.1\r\nHost: a\r\n\r\n";
        let answer = asked(&mut world, "visitor", &format!("{first}{second}"));
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
        assert!(answer.ends_with("\r\n\r\nok\n"), "{answer}");
        assert!(answer.contains("\r\nConnection: close\r\n"), "{answer}");
    }
}

#[test]
fn what_two_servers_may_understand_in_two_ways_is_refused() {
    let smuggled = "GET /rooms HTTP/1.1\r\nHost: a\r\n\r\n";
    let mut world = World::default();
    for framing in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 5\r\nContent-Length: 5",
        "Content-Length: 5\r\nContent-Length: 50",
        "Content-Length: 5, 50",
        "Content-Length : 5",
        "Content-Length: +5",
        "Transfer-Encoding: chunked\r\n x",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
        "Host: b",
    ] {
        let request =
            format!("POST /hooks/x HTTP/1.1\r\nHost: a\r\n{framing}\r\n\r\n0\r\n\r\n{smuggled}");
        let answer = asked(&mut world, "visitor", &request);
        assert_eq!(code(&answer), "400", "{framing:?}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
    }
    for coding in ["xchunked", "chunked, identity", "gzip", "chunked\u{b}"] {
        let request = format!(
            "POST /hooks/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: {coding}\r\n\r\n0\r\n\r\n"
        );
        let answer = asked(&mut world, "visitor", &request);
        assert!(["400", "501"].contains(&code(&answer)), "{coding:?}: {answer}");
    }
}

#[test]
fn names_and_messages_cannot_break_out_of_json_or_headers() {
    let mut world = World::default();
    world.join("alice");
    world.types("alice", "/topic </script><script>\"\\ \u{2028}");
    world.types("alice", "\"}],\"at\":\"0:0\"} </script>\\u0000");
    let answer = asked(&mut world, "v", "GET /rooms/main/messages HTTP/1.1\r\nHost: a\r\n\r\n");
    let told: serde_json::Value = serde_json::from_str(super::body(&answer)).unwrap();
    assert_eq!(told["messages"].as_array().unwrap().len(), 1);
    assert!(answer.contains("X-Content-Type-Options: nosniff\r\n"));
    let answer = asked(&mut world, "v", "GET /%0d%0aX:%20y HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(!answer.contains("X: y"), "{answer}");
}

#[test]
fn a_line_of_blanks_before_a_request_makes_no_chat_of_it() {
    let request = "GET /rooms HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nalice\nhello\n";
    for blanks in ["   \n", "\t\r\n \n", "\u{a0}\n\n"] {
        let bytes = format!("{blanks}{request}");
        for cut in 0..=bytes.len() {
            let mut world = World::default();
            world.connect("page");
            world.sends("page", &bytes.as_bytes()[..cut]);
            world.sends("page", &bytes.as_bytes()[cut..]);
            let heard = world.hears("page");
            assert!(heard.contains("HTTP/1.1 200 OK\r\n"), "{blanks:?} cut at {cut}: {heard}");
            assert_eq!(world.turn.server.status().lobby().members(), 0);
        }
    }
}

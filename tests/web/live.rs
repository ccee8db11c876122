//! The same over real sockets, as a process with its flags and its file of settings.

use std::fs;

use rustix::process::Signal;

use super::support::http::{get, send};
use super::support::{Client, Server, eventually};

#[test]
fn the_port_serves_the_page_and_the_chat() {
    let server = Server::start(&["--greet-after", "1h"]);
    let mut alice = Client::join(server.tcp(), "alice");
    let page = get(server.tcp(), "/");
    assert_eq!((page.code, page.body.as_str()), (200, include_str!("../../src/web/chat.html")));
    assert_eq!(get(server.tcp(), "/rooms").body, r#"{"rooms":[{"room":"main","total":1}]}"#);
    alice.say("hello");
    alice.expect("alice: hello");
    let told = get(server.tcp(), "/rooms/main/messages");
    assert!(told.body.contains(r#""nick":"alice","text":"hello""#), "{}", told.body);
    server.stop();
}

#[test]
fn a_server_on_loopback_is_called_by_an_address_or_a_listed_name() {
    let server = Server::start(&["--web-origin", "https://chat.example,http://games.example:81"]);
    for (host, code) in [
        ("localhost", 200),
        ("127.0.0.1:1", 200),
        ("chat.example", 200),
        ("games.example:81", 200),
        ("rebound.example", 421),
    ] {
        let request = format!("GET /health HTTP/1.1\r\nHost: {host}\r\n\r\n");
        assert_eq!(send(server.tcp(), request.as_bytes()).code, code, "{host}");
    }
    server.stop();
}

#[test]
fn a_body_that_is_too_large_is_refused_before_it_has_come() {
    let server = Server::start(&[]);
    let head = "POST /hooks/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50000\r\n\r\n";
    let request = [head.as_bytes(), &[b'x'; 50_000]].concat();
    let answer = send(server.tcp(), &request);
    assert_eq!((answer.code, answer.head.contains("Connection: close")), (413, true));
    server.stop();
}

#[test]
fn the_web_is_switched_off_and_on_while_the_server_runs() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let server = Server::start(&["--config", file.path().to_str().unwrap()]);
    let code = || get(server.tcp(), "/health").code;
    assert_eq!(code(), 200);
    for (text, expected) in [("web = \"off\"\n", 400), ("", 200)] {
        fs::write(file.path(), text).unwrap();
        server.signal(Signal::HUP);
        eventually("the settings are in force", || code() == expected);
    }
    assert!(get(server.tcp(), "/").body.starts_with("<!doctype html>"));
    server.stop();
}

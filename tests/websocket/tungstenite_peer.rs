//! tungstenite, Rust's usual library, in the chat, and how a conversation may end.

use std::net::{SocketAddr, TcpStream};

use tungstenite::client::IntoClientRequest;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::{Bytes, Message, WebSocket};

use crate::support::{Client, PATIENCE, Server};

type Peer = WebSocket<TcpStream>;

fn connect(to: SocketAddr, nick: &str) -> Peer {
    let stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut request = format!("ws://{to}/ws").into_client_request().unwrap();
    request.headers_mut().insert("Sec-WebSocket-Protocol", "mio-chat.1".parse().unwrap());
    let (mut peer, answer) = tungstenite::client(request, stream).unwrap();
    assert_eq!(answer.headers()["Sec-WebSocket-Protocol"], "mio-chat.1");
    say(&mut peer, &format!(r#"{{"t":"hello","v":1,"nick":"{nick}","room":"main"}}"#));
    hear(&mut peer, r#"{"t":"room","room":"main""#);
    peer
}

fn say(peer: &mut Peer, text: &str) {
    peer.send(Message::text(text)).unwrap();
}

/// Reads on to an object that begins so.
fn hear(peer: &mut Peer, start: &str) -> String {
    loop {
        let text = peer.read().unwrap().into_text().unwrap();
        if text.starts_with(start) {
            return text.to_string();
        }
    }
}

/// The code and the reason of the close that comes next.
fn closed(peer: &mut Peer) -> (CloseCode, String) {
    loop {
        if let Message::Close(close) = peer.read().unwrap() {
            let close = close.unwrap();
            return (close.code, close.reason.to_string());
        }
    }
}

#[test]
fn tungstenite_talks_and_is_told_goodbye() {
    let server = Server::start(&[]);
    let mut alice = Client::join(server.tcp(), "alice");
    let mut peer = connect(server.tcp(), "bob");
    say(&mut peer, r#"{"t":"say","text":"hi"}"#);
    alice.hear("bob: hi");
    let own = hear(&mut peer, r#"{"t":"message""#);
    assert!(own.ends_with(r#""room":"main","nick":"bob","text":"hi"}"#), "{own}");
    peer.send(Message::Ping(Bytes::from_static(b"there?"))).unwrap();
    while peer.read().unwrap() != Message::Pong(Bytes::from_static(b"there?")) {}
    say(&mut peer, r#"{"t":"quit"}"#);
    assert_eq!(hear(&mut peer, "{\"t\":\"bye\""), r#"{"t":"bye","code":"quit","text":"goodbye"}"#);
    assert_eq!(closed(&mut peer), (CloseCode::Normal, "goodbye".to_owned()));
    alice.hear("bob left!");
    server.stop();
}

#[test]
fn a_close_is_answered_behind_all_that_was_said_before_it() {
    let server = Server::start(&["--flood", "off"]);
    let mut alice = Client::join(server.tcp(), "alice");
    let mut peer = connect(server.tcp(), "bob");
    for number in 0..100 {
        say(&mut peer, &format!(r#"{{"t":"say","text":"{number}"}}"#));
    }
    peer.close(None).unwrap();
    for number in 0..100 {
        alice.hear(&format!("bob: {number}"));
    }
    alice.hear("bob left!");
    while peer.read().is_ok() {}
    server.stop();
}

#[test]
fn who_breaks_a_rule_is_told_which() {
    let server = Server::start(&[]);
    let too_long = "x".repeat(5_000);
    for (message, code, reason) in [
        (Message::text(too_long), CloseCode::Size, "the message is too long"),
        (Message::binary(vec![1, 2, 3]), CloseCode::Unsupported, "only text is understood here"),
    ] {
        let mut peer = connect(server.tcp(), "bob");
        peer.send(message).unwrap();
        assert_eq!(closed(&mut peer), (code, reason.to_owned()));
    }
    let log = server.stop();
    assert!(!log.contains("panicked"), "{log}");
}

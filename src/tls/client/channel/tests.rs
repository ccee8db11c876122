//! Bytes through a connection, however they are cut, against a server in memory.

use rustls::version::{TLS12, TLS13};

use super::*;
use crate::limits::TLS_ROOM_BYTES;
use crate::tls::Fingerprint;
use crate::tls::client::connector::{Target, Trust};
use crate::tls::client::test_server::{TestIdentity, TestServer, TestSocket, config, hear, meet};
use crate::tls::client::verifier::Known;

fn target(protocol: Option<&str>) -> Target<'_> {
    Target { name: "chat.example", protocol, resumes: true }
}

fn any() -> Connector {
    Connector::new(&target(Some("mio-chat")), Trust::FirstUse(None)).unwrap()
}

fn text(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| (at % 251) as u8).collect()
}

#[test]
fn bytes_pass_both_ways_however_they_are_cut() {
    let identity = TestIdentity::self_signed("chat.example");
    for version in [&TLS12, &TLS13] {
        let config = config(&identity, &[version], &[]);
        for step in [1, 2, 3, 7, 100, 1_000, 16_389, 1 << 20] {
            let mut channel = ClientChannel::new(&any()).unwrap();
            let mut server = TestServer::new(&config);
            let mut socket = TestSocket::new(step);
            meet(&mut channel, &mut server, &mut socket).unwrap();
            for length in [1, 100, 16_384, 16_385, 40_000, 200_000] {
                let text = text(length);
                let mut sent = 0;
                while sent < length {
                    sent += channel.write(&mut socket, &text[sent..]).unwrap();
                    server.serve(&mut socket);
                }
                let case = format!("{length} bytes by {step} in {version:?}");
                assert!(server.heard == text, "{case} to the server");
                server.heard.clear();
                let mut heard = Vec::new();
                for piece in text.chunks(60_000) {
                    server.say(piece);
                    server.serve(&mut socket);
                    let (piece, has_ended) = hear(&mut channel, &mut socket).unwrap();
                    heard.extend(piece);
                    assert!(!has_ended);
                }
                assert!(heard == text, "{case} to the client");
            }
        }
    }
}

#[test]
fn what_a_full_socket_does_not_take_waits_and_comes_in_order() {
    let config = config(&TestIdentity::self_signed("chat.example"), &[&TLS13], &[]);
    let mut channel = ClientChannel::new(&any()).unwrap();
    let (mut server, mut socket) = (TestServer::new(&config), TestSocket::new(1 << 20));
    meet(&mut channel, &mut server, &mut socket).unwrap();
    socket.space = 10;
    assert_eq!(channel.write(&mut socket, b"first").unwrap(), 5);
    assert!(channel.has_unsent());
    assert_eq!(channel.write(&mut socket, b"second").unwrap(), 0, "the first is not sent");
    socket.space = usize::MAX;
    channel.flush(&mut socket).unwrap();
    assert!(!channel.has_unsent());
    assert_eq!(channel.write(&mut socket, b"second").unwrap(), 6);
    let long = text(3 * TLS_SEALED_AT_ONCE);
    assert_eq!(channel.write(&mut socket, &long).unwrap(), TLS_SEALED_AT_ONCE);
    server.serve(&mut socket);
    assert!(server.heard.starts_with(b"firstsecond\x00\x01"));
    assert_eq!(server.heard.len(), 11 + TLS_SEALED_AT_ONCE);
}

#[test]
fn the_end_is_told_apart_from_a_cut() {
    let config = config(&TestIdentity::self_signed("chat.example"), &[&TLS13], &[]);
    let connected = || {
        let mut channel = ClientChannel::new(&any()).unwrap();
        let (mut server, mut socket) = (TestServer::new(&config), TestSocket::new(1 << 20));
        meet(&mut channel, &mut server, &mut socket).unwrap();
        (channel, server, socket)
    };
    let (mut channel, mut server, mut socket) = connected();
    server.say(b"bye\n");
    server.connection.send_close_notify();
    server.serve(&mut socket);
    assert_eq!(hear(&mut channel, &mut socket).unwrap(), (b"bye\n".to_vec(), true));
    // What was begun may be said to the end.
    assert_eq!(channel.write(&mut socket, b"bye\n").unwrap(), 4);
    channel.finish(&mut socket).unwrap();
    server.serve(&mut socket);
    assert_eq!(server.heard, b"bye\n");
    let (mut channel, mut server, mut socket) = connected();
    server.say(b"bye\n");
    server.serve(&mut socket);
    socket.has_ended = true;
    let mut room = vec![0; TLS_ROOM_BYTES];
    let bytes = Heard::Bytes { count: 4, emptied: true };
    assert_eq!(channel.read(&mut socket, &mut room).unwrap(), bytes);
    let error = channel.read(&mut socket, &mut room).unwrap_err();
    assert!(matches!(error, ClientError::Cut), "{error}");
}

#[test]
fn a_ticket_spares_the_second_connection_the_certificate() {
    let identity = TestIdentity::self_signed("chat.example");
    let found = Fingerprint::of(&identity.certificate);
    for version in [&TLS12, &TLS13] {
        let config = config(&identity, &[version], &["mio-chat"]);
        let connector = any();
        let mut verdicts = Vec::new();
        for round in 0..3 {
            let mut channel = ClientChannel::new(&connector).unwrap();
            let (mut server, mut socket) = (TestServer::new(&config), TestSocket::new(1 << 20));
            verdicts.push(meet(&mut channel, &mut server, &mut socket).unwrap());
            connector.remember(Known::Certificate(found));
            assert_eq!(channel.is_resumed(), round > 0, "{version:?}, round {round}");
            // The tickets come behind the handshake.
            server.serve(&mut socket);
            assert_eq!(hear(&mut channel, &mut socket).unwrap(), (Vec::new(), false));
        }
        assert_eq!(verdicts, [Verdict::New(found), Verdict::Known, Verdict::Known]);
    }
}

#[test]
fn a_server_that_speaks_no_tls_is_reported_in_a_sentence() {
    let mut room = vec![0; TLS_ROOM_BYTES];
    let mut told = |said: &[u8]| {
        let mut channel = ClientChannel::new(&any()).unwrap();
        let mut socket = TestSocket::new(1 << 20);
        socket.to_client.extend(said);
        channel.read(&mut socket, &mut room).unwrap_err().to_string()
    };
    for said in [&b"NICNICK"[..], b"welcome\n", b"NO WAY\r\n", b"*welcome\n"] {
        assert_eq!(told(said), "it does not speak TLS");
    }
    assert_eq!(told(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "it does not speak TLS");
    for said in [b"\x15\x03\x03\0\x02\x02\x70", b"\x15\x03\x03\0\x02\x02\x31"] {
        assert_eq!(told(said), "it refuses TLS: it has no certificate for that name");
    }
    assert_eq!(
        told(b"\x15\x03\x03\0\x02\x02\x78"),
        "it refuses TLS: it speaks none of the protocols that were offered"
    );
    assert!(told(b"\x16\x03\x03\xff\xff").starts_with("TLS failed: "));
}

#[test]
fn a_line_by_which_a_server_turns_everybody_away_is_shown() {
    let mut room = vec![0; TLS_ROOM_BYTES];
    let mut told = |said: &[u8], step: usize| {
        let mut channel = ClientChannel::new(&any()).unwrap();
        let mut socket = TestSocket::new(step);
        let (first, rest) = said.split_at(1);
        // It may come in parts.
        socket.to_client.extend(first);
        assert_eq!(channel.read(&mut socket, &mut room).unwrap(), Heard::Nothing);
        socket.to_client.extend(rest);
        socket.has_ended = true;
        channel.read(&mut socket, &mut room).unwrap_err().to_string()
    };
    for step in [1, 7, 1 << 20] {
        for said in [&b"* the server is full\n"[..], b"NICK* the server is full\r\nNICK"] {
            assert_eq!(told(said, step), "it answers without TLS: \"the server is full\"");
        }
        // No line is shown that would steer a terminal, is not text, is empty or too long.
        let long = [b"* ".as_slice(), &[b'a'; 600], b"\n"].concat();
        for said in [&b"* \x1b[2Jwelcome\n"[..], b"* \xff\xff\xff\n", b"* \r\n   ", &long] {
            assert_eq!(told(said, step), "it does not speak TLS", "{said:?}");
        }
    }
    let declined = "it has closed the connection instead of agreeing on TLS, or it speaks no TLS: \
                    try without tls://";
    assert_eq!(told(b"* the server is fu", 7), declined);
}

#[test]
fn a_prompt_that_crosses_a_late_hello_is_passed_over() {
    let config = config(&TestIdentity::self_signed("chat.example"), &[&TLS13], &[]);
    for step in [1, 3, 1 << 20] {
        let mut channel = ClientChannel::new(&any()).unwrap();
        let (mut server, mut socket) = (TestServer::new(&config), TestSocket::new(step));
        socket.to_client.extend(b"NICK");
        meet(&mut channel, &mut server, &mut socket).unwrap();
        server.say(b"NICK");
        server.serve(&mut socket);
        assert_eq!(hear(&mut channel, &mut socket).unwrap(), (b"NICK".to_vec(), false));
    }
}

#[test]
fn a_server_that_speaks_first_is_heard() {
    let identity = TestIdentity::self_signed("chat.example");
    for version in [&TLS12, &TLS13] {
        let config = config(&identity, &[version], &[]);
        for step in [1, 1 << 20] {
            let mut channel = ClientChannel::new(&any()).unwrap();
            let (mut server, mut socket) = (TestServer::new(&config), TestSocket::new(step));
            server.say(b"welcome\n");
            meet(&mut channel, &mut server, &mut socket).unwrap();
            assert_eq!(channel.write(&mut socket, b"hello\n").unwrap(), 6);
            server.serve(&mut socket);
            let heard = hear(&mut channel, &mut socket).unwrap();
            assert_eq!(heard, (b"welcome\n".to_vec(), false), "{version:?} by {step}");
            assert_eq!(server.heard, b"hello\n");
        }
    }
}

#[test]
fn a_server_that_speaks_first_and_leaves_is_heard_behind_the_handshake() {
    let identity = TestIdentity::self_signed("chat.example");
    for version in [&TLS12, &TLS13] {
        let config = config(&identity, &[version], &[]);
        for step in [1, 100, 1 << 20] {
            let mut channel = ClientChannel::new(&any()).unwrap();
            let (mut server, mut socket) = (TestServer::new(&config), TestSocket::new(step));
            // In TLS 1.2 the end of the handshake, a line and the end come at once.
            server.say(b"* goodbye\n");
            server.leaves = true;
            meet(&mut channel, &mut server, &mut socket).unwrap();
            let heard = hear(&mut channel, &mut socket).unwrap();
            assert_eq!(heard, (b"* goodbye\n".to_vec(), true), "{version:?} by {step}");
        }
    }
}

#[test]
fn only_what_was_asked_for_is_spoken() {
    let identity = TestIdentity::self_signed("chat.example");
    for (offered, spoken, agreed) in [
        (Some("http/1.1"), &["http/1.1", "mio-chat"][..], Some(&b"http/1.1"[..])),
        (Some("mio-chat"), &["http/1.1", "mio-chat"], Some(b"mio-chat")),
        (Some("mio-chat"), &[], None),
        (None, &["mio-chat"], None),
    ] {
        let config = config(&identity, &[&TLS13], spoken);
        let connector = Connector::new(&target(offered), Trust::FirstUse(None)).unwrap();
        let mut channel = ClientChannel::new(&connector).unwrap();
        let (mut server, mut socket) = (TestServer::new(&config), TestSocket::new(1 << 20));
        meet(&mut channel, &mut server, &mut socket).unwrap();
        assert_eq!(server.connection.server_name(), Some("chat.example"));
        assert_eq!(server.connection.alpn_protocol(), agreed);
    }
    let config = config(&identity, &[&TLS13], &["irc"]);
    let mut channel = ClientChannel::new(&any()).unwrap();
    let (mut server, mut socket) = (TestServer::new(&config), TestSocket::new(1 << 20));
    let error = meet(&mut channel, &mut server, &mut socket).unwrap_err().to_string();
    assert_eq!(error, "it refuses TLS: it speaks none of the protocols that were offered");
}

#[test]
fn a_flipped_bit_ends_the_connection() {
    let config = config(&TestIdentity::self_signed("chat.example"), &[&TLS13], &[]);
    for flipped in 0..40 {
        let mut channel = ClientChannel::new(&any()).unwrap();
        let (mut server, mut socket) = (TestServer::new(&config), TestSocket::new(1 << 20));
        meet(&mut channel, &mut server, &mut socket).unwrap();
        server.serve(&mut socket);
        hear(&mut channel, &mut socket).unwrap();
        server.say(b"hello from the server\n");
        server.serve(&mut socket);
        let place = flipped % socket.to_client.len();
        socket.to_client[place] ^= 1;
        socket.has_ended = true;
        assert!(hear(&mut channel, &mut socket).is_err(), "byte {flipped}");
        server.serve(&mut socket);
    }
}

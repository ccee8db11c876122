//! Bytes that are no TLS, or not what was agreed on: nobody but the sender notices.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use rustls::version::{TLS12, TLS13};

use crate::files::SELF_SIGNED;
use crate::peer::{End, Peer};
use crate::support::{Client, PATIENCE, Server, sized, timed};
use crate::trusting;

/// What a client says first.
fn hello() -> Vec<u8> {
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let config = trusting::client(&TLS13, &[]);
    let mut peer = Peer::connect(server.local_addr().unwrap(), config);
    let mut hello = Vec::new();
    peer.tls.write_tls(&mut hello).unwrap();
    hello
}

/// All that a server says to these bytes, to its end or reset.
fn answer(server: &Server, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(server.tcp()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let mut heard = Vec::new();
    if let Err(error) = stream.read_to_end(&mut heard) {
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{error}");
    }
    heard
}

/// Whether this is records, whole ones, with nothing said in plain between them.
fn is_records(mut bytes: &[u8]) -> bool {
    while let [20..=23, 3, 1..=3, high, low, rest @ ..] = bytes {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        if rest.len() < length {
            return false;
        }
        bytes = &rest[length..];
    }
    bytes.is_empty()
}

#[test]
fn what_begins_like_a_handshake_and_is_none_is_refused_without_a_prompt() {
    let server = Server::start(&SELF_SIGNED);
    let mut alice = Client::join(server.tcp(), "alice");
    let hello = hello();
    let with = |at: usize, byte: u8| {
        let mut spoiled = hello.clone();
        spoiled[at] = byte;
        spoiled
    };
    let record = |kind: u8, body: &[u8]| {
        [&[kind, 3, 3][..], &(body.len() as u16).to_be_bytes(), body].concat()
    };
    for (name, bytes) in [
        ("its first byte alone", vec![0x16]),
        ("noise", [&[0x16][..], &[0xA5; 600]].concat()),
        ("lines", b"\x16\nalice\nhello\n".to_vec()),
        ("SSL 3", with(2, 0)),
        ("a version that is none", with(1, 7)),
        ("a record that is too long", [&[0x16, 3, 1, 0xFF, 0xFF][..], &[1; 30_000]].concat()),
        ("an empty record", [&[0x16, 3, 1, 0, 0][..], &hello].concat()),
        ("half a hello", hello[..hello.len() / 2].to_vec()),
        ("another handshake message", with(5, 2)),
        (
            "a hello of 16 MiB",
            [&[0x16, 3, 1, 0x40, 0, 1, 0xFF, 0xFF, 0xFF][..], &[0; 40_000]].concat(),
        ),
        ("a hello twice", [&hello[..], &hello].concat()),
        ("noise behind a hello", [&hello[..], &[0x5A; 5_000]].concat()),
        ("plain lines behind a hello", [&hello[..], b"alice\nhello\n"].concat()),
        ("an alert behind a hello", [&hello[..], &record(21, &[2, 40])].concat()),
        ("an end behind a hello", [&hello[..], &record(21, &[1, 0])].concat()),
        ("what is said before it is secured", [&hello[..], &record(23, b"alice\n")].concat()),
        ("changes of ciphers", [&hello[..], &record(20, &[1]).repeat(200)].concat()),
        ("a heartbeat", [&hello[..], &record(24, &[1, 0xFF, 0xFF])].concat()),
    ] {
        let heard = answer(&server, &bytes);
        assert!(is_records(&heard), "{name}: {}", heard.escape_ascii());
    }
    alice.say("still here?");
    alice.hear("alice: still here?");
    let log = server.stop();
    assert!(log.contains("closed: reason=tls count="), "{log}");
}

#[test]
fn what_is_forged_after_a_handshake_ends_the_connection() {
    let server = Server::start(&SELF_SIGNED);
    let mut alice = Client::join(server.tcp(), "alice");
    for version in [&TLS12, &TLS13] {
        let join = || {
            let config = trusting::client(version, &["mio-chat"]);
            Peer::connect(server.tcp(), config).register("mallory")
        };
        type Forge = fn(&mut Peer) -> Vec<u8>;
        let forgeries: [(&str, Forge); 7] = [
            ("noise", |_| vec![0xA5; 300]),
            ("plain lines", |_| b"hello\nhello\n".to_vec()),
            ("a record of nobody", |_| [&[23, 3, 3, 0, 40][..], &[7; 40]].concat()),
            ("a record that is too long", |_| [&[23, 3, 3, 0xFF, 0xFF][..], &[7; 30_000]].concat()),
            ("a flipped bit", |peer| {
                let mut record = peer.sealed(b"hello\n");
                *record.last_mut().unwrap() ^= 1;
                record
            }),
            ("a record twice", |peer| peer.sealed(b"hello\n").repeat(2)),
            ("another handshake", |_| hello()),
        ];
        for (name, forge) in forgeries {
            let mut mallory = join();
            let bytes = forge(&mut mallory);
            let _ = mallory.tcp.write_all(&bytes);
            let (_, end) = mallory.rest();
            assert_eq!(end, End::Broken, "{name}: an alert");
            alice.hear("mallory joined!");
            let mut line = alice.line();
            // The first of them is good, and may have been read alone.
            if name == "a record twice" && line == "mallory: hello" {
                line = alice.line();
            }
            assert_eq!(line, "mallory left!", "{name}");
        }
    }
    server.stop();
}

#[test]
fn nobody_is_served_who_wraps_tls_once_more_or_speaks_another_language_than_agreed() {
    let server = Server::start(&SELF_SIGNED);
    let mut alice = Client::join(server.tcp(), "alice");
    for (protocols, said) in [
        (&[][..], hello()),
        (&[], b"PROXY TCP4 192.0.2.1 192.0.2.2 5000 55555\r\nmallory\nhello\n".to_vec()),
        (&["mio-chat"], hello()),
        (&["mio-chat"], b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec()),
        (&["irc"], b"mallory\nhello\n".to_vec()),
    ] {
        let mut mallory = Peer::connect(server.tcp(), trusting::client(&TLS13, protocols));
        mallory.shake_hands().unwrap();
        mallory.send(&said);
        let (text, end) = mallory.rest();
        assert_eq!((text.as_str(), end), ("", End::Told), "{}", said.escape_ascii());
    }
    // Chat on a connection for the web is a bad request and no chat.
    let mut mallory = Peer::connect(server.tcp(), trusting::client(&TLS13, &["http/1.1"]));
    mallory.shake_hands().unwrap();
    mallory.send(b"mallory\nhello\n\n");
    let (text, _) = mallory.rest();
    assert!(text.starts_with("HTTP/1.1 400 "), "{text}");
    alice.say("alone?");
    assert_eq!(alice.line(), "alice: alone?");
    server.stop();
}

#[test]
fn who_goes_within_a_handshake_leaves_nothing_behind() {
    let server = Server::start(&SELF_SIGNED);
    let hello = hello();
    let before = crate::support::process::descriptors(server.pid());
    for number in 0..60 {
        let mut stream = TcpStream::connect(server.tcp()).unwrap();
        stream.write_all(&hello[..hello.len() * (number % 3 + 1) / 3]).unwrap();
        if number % 2 == 0 {
            socket2::SockRef::from(&stream).set_linger(Some(std::time::Duration::ZERO)).unwrap();
        }
    }
    crate::support::eventually("all are gone", || {
        crate::support::process::descriptors(server.pid()) == before
    });
    server.stop();
}

/// By the server's own clock this is told in `tests/encrypted.rs`, so it is only waited for by
/// night.
#[test]
fn a_handshake_that_takes_too_long_in_all_is_cut_off() {
    if !sized(false, true) {
        return;
    }
    let server = Server::start(&SELF_SIGNED);
    let hello = hello();
    let (heard, time) = timed(|| {
        let mut stream = TcpStream::connect(server.tcp()).unwrap();
        // Never silent for long.
        for byte in hello.iter().take(40) {
            let sent = stream.write_all(&[*byte]);
            std::thread::sleep(std::time::Duration::from_millis(300));
            if sent.is_err() {
                break;
            }
        }
        let mut heard = Vec::new();
        let _ = stream.read_to_end(&mut heard);
        heard
    });
    assert!(is_records(&heard), "{}", heard.escape_ascii());
    assert!(time.as_secs() >= 9, "{time:?}");
    let log = server.stop();
    assert!(log.contains("closed: reason=tls count=1"), "{log}");
}

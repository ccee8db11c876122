//! Servers that take encrypted clients only, off this machine.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::peer::Peer;
use crate::support::{Client, Server};

const REFUSED: &str = "* the server takes encrypted connections only: ";

#[test]
fn who_comes_plain_from_elsewhere_is_told_how_to_come() {
    let flags = ["--tls", "self-signed,only", "--proxy-protocol", "127.0.0.1"];
    let server = Server::start(&flags);
    let through = |first: &str| {
        let mut client = Client::connect(server.tcp());
        client.send(first.as_bytes());
        client
    };
    let header = "PROXY TCP4 203.0.113.7 192.0.2.1 32768 55555\r\n";
    let told = through(&format!("{header}mallory\nhello\n")).rest();
    assert!(told.starts_with(REFUSED) && told.contains("openssl s_client"), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
    // A balancer says who comes; what is behind its header may be encrypted.
    let mut stream = TcpStream::connect(server.tcp()).unwrap();
    stream.write_all(header.as_bytes()).unwrap();
    let mut carol =
        Peer::over(stream, crate::trusting::client(&rustls::version::TLS13, &[])).register("carol");
    // On this machine nobody listens in: a balancer's check, say.
    let mut alice = through("PROXY UNKNOWN\r\nalice\n");
    alice.hear("alice joined!");
    alice.say("hello");
    carol.hear("alice: hello");
    server.stop();
}

#[test]
fn browsers_are_sent_to_the_same_place_encrypted() {
    let server = Server::start(&["--tls", "self-signed,only"]);
    let ask = |request: &str| {
        let mut stream = TcpStream::connect(server.tcp()).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let port = server.tcp().port();
    for request in ["GET /?x=1 HTTP/1.1\r\n", "POST /?x=1 HTTP/1.1\r\nContent-Length: 0\r\n"] {
        let answer = ask(&format!("{request}Host: 127.0.0.1:{port}\r\n\r\n"));
        assert!(answer.starts_with("HTTP/1.1 308 "), "{answer}");
        let location = format!("\r\nLocation: https://127.0.0.1:{port}/?x=1\r\n");
        assert!(answer.contains(&location), "{answer}");
    }
    let health = ask("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert!(health.starts_with("HTTP/1.1 200 "), "{health}");
    server.stop();
}

#[test]
fn a_server_without_a_certificate_takes_nobody_for_an_encrypted_client() {
    let server = Server::start(&[]);
    let mut client = Client::connect(server.tcp());
    client.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03");
    assert_eq!(client.rest_or_reset().0, "");
    server.stop();
}

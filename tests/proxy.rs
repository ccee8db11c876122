//! Behind a balancer: the header of the PROXY protocol tells the true address, so that bans and
//! limits are the client's and not the balancer's. The headers are written by hand here; at the end
//! a real HAProxy writes them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::io::Write;
use std::net::{IpAddr, Ipv6Addr, Shutdown, SocketAddr, TcpStream};

use socket2::{Domain, Socket, Type};
use support::program::{Program, program};
use support::{Client, Launch, Lines, Server, eventually, free_port};

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
const TRUSTED: [&str; 2] = ["--proxy-protocol", "127.0.0.1"];

fn header(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
    [SIGNATURE, &[command, family], &(rest.len() as u16).to_be_bytes(), rest].concat()
}

/// The header for a client with this address.
fn for_client(ip: &str) -> Vec<u8> {
    let ports = [0x80, 0, 0xD9, 0x03];
    match ip.parse().unwrap() {
        IpAddr::V4(v4) => header(0x21, 0x11, &[&v4.octets()[..], &[192, 0, 2, 1], &ports].concat()),
        IpAddr::V6(v6) => {
            let addresses = [v6.octets(), Ipv6Addr::LOCALHOST.octets()].concat();
            header(0x21, 0x21, &[&addresses[..], &ports].concat())
        }
    }
}

/// What a balancer hands through: the header, and then the client.
fn through(server: &Server, header: &[u8]) -> Client {
    let mut stream = TcpStream::connect(server.tcp()).unwrap();
    stream.write_all(header).unwrap();
    Lines::new(stream)
}

fn join(server: &Server, header: &[u8], nickname: &str) -> Client {
    let mut client = through(server, header);
    client.say(nickname);
    client.hear_where("the room", |line| line.starts_with("* you are "));
    client
}

/// A connection from another address of this machine.
fn connect_from(ip: &str, to: SocketAddr) -> Client {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::new(ip.parse().unwrap(), 0).into()).unwrap();
    socket.connect(&to.into()).unwrap();
    Lines::new(socket.into())
}

#[test]
fn people_come_from_where_the_header_says() {
    let server = Server::start(&[&TRUSTED[..], &["-v"]].concat());
    let mut alice = join(&server, &for_client("203.0.113.7"), "alice");
    let mut bob = join(&server, &for_client("2001:db8::7"), "bob");
    alice.hear("bob joined!");
    bob.say("hello");
    alice.expect("bob: hello");
    for itself in [header(0x20, 0, b""), header(0x21, 0, b"unknown")] {
        let mut balancer = through(&server, &itself);
        balancer.finish();
        assert_eq!(balancer.rest_or_reset().0, "");
    }
    server.wait_for_log("connected from 203.0.113.7:32768");
    server.wait_for_log("connected from [2001:db8::7]:32768");
    let log = server.stop();
    assert!(log.contains("balancers: clients=2 themselves=2 bad=0 late=0 crowded=0"), "{log}");
}

#[test]
fn a_header_may_come_byte_by_byte_and_with_the_first_line() {
    let server = Server::start(&TRUSTED);
    let mut alice = through(&server, b"");
    alice.source.set_nodelay(true).unwrap();
    let bytes = [&for_client("203.0.113.7")[..], b"alice\nhello\n"].concat();
    bytes.iter().for_each(|byte| alice.send(&[*byte]));
    alice.hear("alice: hello");
    let with_line = [&for_client("203.0.113.8")[..], b"bob\nhello at once\n"].concat();
    let _bob = through(&server, &with_line);
    alice.hear("bob: hello at once");
    server.stop();
}

#[test]
fn who_is_not_trusted_needs_no_header_and_gains_nothing_by_one() {
    let server = Server::start(&TRUSTED);
    let mut alice = connect_from("127.0.0.2", server.tcp());
    alice.say("alice");
    alice.hear("alice joined!");
    let mut mallory = connect_from("127.0.0.2", server.tcp());
    mallory.try_send(&for_client("203.0.113.7"));
    mallory.try_send(b"mallory\n");
    mallory.finish();
    let answer = mallory.rest_or_reset().0;
    assert!(!answer.contains("mallory joined!"), "{answer:?}");
    alice.say("still here");
    alice.hear("alice: still here");
    let log = server.stop();
    assert!(!log.contains("balancers:"), "{log}");
}

#[test]
fn a_trusted_balancer_that_sends_no_header_is_closed_without_a_word() {
    let server = Server::start(&TRUSTED);
    for (count, bytes) in [&b"alice\n"[..], &header(0x21, 0x13, b"")[..], b""].iter().enumerate() {
        let mut balancer = through(&server, bytes);
        let _ = balancer.source.shutdown(Shutdown::Write);
        assert_eq!(balancer.rest_or_reset().0, "", "number {count}");
    }
    let log = server.stop();
    assert!(log.contains("bad=3"), "{log}");
}

#[test]
fn the_limit_of_an_address_is_the_client_s_and_not_the_balancer_s() {
    let server = Server::start(&[&TRUSTED[..], &["--max-per-address", "2"]].concat());
    let crowd: Vec<Client> = (1..=6)
        .map(|number| {
            let header = for_client(&format!("203.0.113.{}", number / 2));
            join(&server, &header, &format!("guest{number}"))
        })
        .collect();
    let mut third = through(&server, &for_client("203.0.113.1"));
    let refused = third.rest_or_reset().0;
    assert!(refused.starts_with("* too many connections from your address"), "{refused:?}");
    // The balancer itself may come as often as it likes.
    let checks: Vec<Client> = (0..5)
        .map(|number| join(&server, &header(0x20, 0, b""), &format!("check{number}")))
        .collect();
    drop((crowd, checks));
    server.stop();
}

#[test]
fn a_ban_is_on_the_true_address() {
    let server = Server::start(&TRUSTED);
    let mut alice = join(&server, &for_client("192.0.2.1"), "alice");
    alice.say("/join den");
    let mut bob = join(&server, &for_client("203.0.113.7"), "bob");
    bob.say("/join den");
    alice.hear("bob joined!");
    alice.say("/ban-ip bob 1h spam");
    bob.hear_where("the ban", |line| line.starts_with("* you were banned from den"));
    let mut twin = join(&server, &for_client("203.0.113.7"), "carol");
    twin.say("/join den");
    twin.hear_where("the ban", |line| line.starts_with("* you are banned from den"));
    let mut neighbour = join(&server, &for_client("203.0.113.8"), "dave");
    neighbour.say("/join den");
    alice.hear("dave joined!");
    server.stop();
}

#[test]
fn those_that_wait_for_their_header_count_as_clients_of_a_full_server() {
    let server = Server::start(&[&TRUSTED[..], &["--max-clients", "2"]].concat());
    let _silent = through(&server, b"");
    let alice = join(&server, &for_client("203.0.113.7"), "alice");
    let mut third = connect_from("127.0.0.2", server.tcp());
    let refused = third.rest_or_reset().0;
    assert!(refused.contains("full"), "{refused:?}");
    drop(alice);
    server.stop();
}

#[test]
fn haproxy_s_headers_are_understood() {
    let Some(haproxy) = program("haproxy") else { return };
    let server = Launch::new(&[&TRUSTED[..], &["-v"]].concat()).start();
    let (place, folder) = (free_port(), tempfile::TempDir::new().unwrap());
    let configuration = folder.path().join("haproxy.cfg");
    let text = format!(
        "defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 1m\n  timeout server 1m\n\
         frontend chat\n  bind {place}\n  default_backend servers\n\
         backend servers\n  server one {} send-proxy-v2 check inter 100ms\n",
        server.tcp()
    );
    std::fs::write(&configuration, text).unwrap();
    let _haproxy = Program::start(haproxy, ["-db", "-q", "-f", configuration.to_str().unwrap()]);
    eventually("haproxy listens", || TcpStream::connect(place).is_ok());
    let mut alice = connect_from("127.0.0.5", place);
    alice.say("alice");
    alice.hear("alice joined!");
    let mut bob = connect_from("127.0.0.6", place);
    bob.say("bob");
    alice.hear("bob joined!");
    bob.say("hello through haproxy");
    alice.hear("bob: hello through haproxy");
    server.wait_for_log("connected from 127.0.0.5:");
    server.wait_for_log("connected from 127.0.0.6:");
    // Its health checks.
    server.wait_for_log("comes for itself");
    server.stop();
}

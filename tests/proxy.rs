//! Behind a balancer: the header of the PROXY protocol tells the true address, so that bans and
//! limits are the client's and not the balancer's. The headers are written by hand here, in both
//! versions; at the end a real HAProxy and a real nginx write them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::io::Write;
use std::net::{IpAddr, Ipv6Addr, Shutdown, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;

use socket2::{Domain, Socket, Type};
use support::program::{Program, program};
use support::{Client, Launch, Lines, Server, eventually, free_port};

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
const TRUSTED: [&str; 2] = ["--proxy-protocol", "127.0.0.1"];
/// What behind a balancer is encrypted, the balancer passes on as it is.
#[cfg(feature = "tls")]
const ENCRYPTED: [&str; 3] = ["-v", "--tls", "self-signed"];
#[cfg(not(feature = "tls"))]
const ENCRYPTED: [&str; 1] = ["-v"];

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

/// The same of version 1, a line of text.
fn line_for_client(ip: &str) -> Vec<u8> {
    let (family, balancer) = if ip.contains(':') { (6, "2001:db8::1") } else { (4, "192.0.2.1") };
    format!("PROXY TCP{family} {ip} {balancer} 32768 55555\r\n").into_bytes()
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
    let texts = [("carol", "203.0.113.8"), ("dave", "2001:db8::8"), ("erin", "::ffff:203.0.113.9")];
    let guests = texts.map(|(name, ip)| join(&server, &line_for_client(ip), name));
    let unknown = [&b"PROXY UNKNOWN\r\n"[..], b"PROXY UNKNOWN f:f f:f 1 2\r\n"].map(<[u8]>::to_vec);
    let binary = [header(0x20, 0, b""), header(0x21, 0, b"unknown")];
    for itself in binary.into_iter().chain(unknown) {
        let mut balancer = through(&server, &itself);
        balancer.finish();
        assert_eq!(balancer.rest_or_reset().0, "");
    }
    for from in ["203.0.113.7", "[2001:db8::7]", "203.0.113.8", "[2001:db8::8]", "203.0.113.9"] {
        server.wait_for_log(&format!("connected from {from}:32768"));
    }
    drop(guests);
    let log = server.stop();
    assert!(log.contains("balancers: clients=5 themselves=4 bad=0 late=0 crowded=0"), "{log}");
}

#[test]
fn a_header_may_come_in_any_two_parts_and_with_the_first_line() {
    let server =
        Server::start(&[&TRUSTED[..], &["--history", "0", "--greet-after", "1h"]].concat());
    for header in [for_client("203.0.113.7"), line_for_client("203.0.113.7")] {
        let mut alice = through(&server, b"");
        alice.source.set_nodelay(true).unwrap();
        let bytes = [&header[..], b"alice\nhello\n"].concat();
        bytes.iter().for_each(|byte| alice.send(&[*byte]));
        alice.hear("alice: hello");
        for end in 0..header.len() + 3 {
            let bytes = [&header[..], b"bob\nhello at once\n/quit\n"].concat();
            let mut bob = through(&server, &bytes[..end]);
            bob.send(&bytes[end..]);
            alice.hear("bob: hello at once");
            alice.hear("bob left!");
        }
        alice.say("/quit");
        alice.rest_or_reset();
    }
    server.stop();
}

#[test]
fn who_is_not_trusted_needs_no_header_and_gains_nothing_by_one() {
    let server = Server::start(&[&TRUSTED[..], &["-v"]].concat());
    let mut alice = connect_from("127.0.0.2", server.tcp());
    alice.say("alice");
    alice.hear("alice joined!");
    for header in [for_client("203.0.113.7"), line_for_client("203.0.113.7")] {
        let mut mallory = connect_from("127.0.0.2", server.tcp());
        mallory.try_send(&header);
        mallory.finish();
        mallory.rest_or_reset();
    }
    alice.say("still here");
    alice.hear("alice: still here");
    let log = server.stop();
    assert_eq!(log.matches("connected from 127.0.0.2:").count(), 3, "{log}");
    assert!(!log.contains("balancer") && !log.contains("203.0.113.7"), "{log}");
}

#[test]
fn a_trusted_balancer_that_sends_no_header_is_closed_without_a_word_and_told_of_once() {
    let server = Server::start(&TRUSTED);
    let long = [&b"PROXY UNKNOWN "[..], &[b'x'; 200], b"\r\n"].concat();
    // The first is a health check that only looks whether somebody listens.
    let rubbish = [
        &b""[..],
        b"alice\n",
        &header(0x21, 0x13, b""),
        b"PROXY TCP4 1.2.3.4\r\nalice\n",
        b"PROXY TCP9 1.2.3.4 1.2.3.4 1 1\r\nalice\n",
        b"PROXY TCP4 1.2.3.4 1.2.3.4 1 1\nalice\n",
        b"PROXY TCP4 1.2.3.4 1.2.3.4 1 1 1\r\nalice\n",
        &long,
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\n\r\n",
    ];
    for (count, bytes) in rubbish.iter().enumerate() {
        let mut balancer = through(&server, bytes);
        let _ = balancer.source.shutdown(Shutdown::Write);
        assert_eq!(balancer.rest_or_reset().0, "", "number {count}");
    }
    let log = server.stop();
    assert!(log.contains(&format!("bad={}", rubbish.len())), "{log}");
    let told = "it sent something other than a PROXY header";
    assert_eq!(log.matches(told).count(), 1, "{log}");
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
    let spellings = [
        ("erin", "203.0.113.7"),
        ("frank", "::ffff:203.0.113.7"),
        ("grace", "0:0::FFFF:cb00:7107"),
    ];
    let others = spellings.map(|(name, ip)| {
        let mut other = join(&server, &line_for_client(ip), name);
        other.say("/join den");
        other.hear_where("the ban", |line| line.starts_with("* you are banned from den"));
        other
    });
    drop(others);
    let mut neighbour = join(&server, &line_for_client("203.0.113.8"), "dave");
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

/// Two people talk through the balancer that listens at `place`; the server knows their addresses.
fn two_people_talk(server: &Server, place: SocketAddr) {
    let mut alice = connect_from("127.0.0.5", place);
    alice.say("alice");
    alice.hear("alice joined!");
    let mut bob = connect_from("127.0.0.6", place);
    bob.say("bob");
    alice.hear("bob joined!");
    bob.say("hello through a balancer");
    alice.hear("bob: hello through a balancer");
    server.wait_for_log("connected from 127.0.0.5:");
    server.wait_for_log("connected from 127.0.0.6:");
    one_comes_encrypted(server, place, &mut alice);
}

/// The header is in front of the handshake.
#[cfg(feature = "tls")]
fn one_comes_encrypted(server: &Server, place: SocketAddr, alice: &mut Client) {
    let log = server.wait_for_log(" sha256=");
    let pin = log.split_once(" sha256=").unwrap().1.lines().next().unwrap().parse().unwrap();
    let trust = mio_chat::tls::client::Trust::Pin(pin);
    let protocol = Some("mio-chat");
    let mut dave =
        support::secure::Secure::connect(place, "chat.example", trust, protocol).unwrap();
    dave.say("dave\n");
    alice.hear("dave joined!");
    alice.say("hello, dave");
    dave.hear("alice: hello, dave\n");
    server.wait_for_log("connected from 127.0.0.1:");
}

#[cfg(not(feature = "tls"))]
fn one_comes_encrypted(_: &Server, _: SocketAddr, _: &mut Client) {}

#[test]
fn haproxy_s_headers_are_understood() {
    let Some(haproxy) = program("haproxy") else { return };
    for (header, checks) in [("send-proxy-v2", "comes for itself"), ("send-proxy", "comes for ")] {
        let server = Launch::new(&[&TRUSTED[..], &ENCRYPTED].concat()).start();
        let (place, folder) = (free_port(), tempfile::TempDir::new().unwrap());
        let configuration = folder.path().join("haproxy.cfg");
        let text = format!(
            "defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 1m\n  timeout server 1m\n\
             frontend chat\n  bind {place}\n  default_backend servers\n\
             backend servers\n  server one {} {header} check inter 100ms\n",
            server.tcp()
        );
        std::fs::write(&configuration, text).unwrap();
        let arguments = ["-db", "-q", "-f", configuration.to_str().unwrap()];
        let _haproxy = Program::start(&haproxy, arguments);
        eventually("haproxy listens", || TcpStream::connect(place).is_ok());
        two_people_talk(&server, place);
        // Its health checks.
        server.wait_for_log(checks);
        let log = server.stop();
        assert!(log.contains(" bad=0 late=0 "), "{log}");
    }
}

/// The module of nginx for streams, where it is a file of its own; none where it is built in.
fn nginx_module(nginx: &Path) -> Option<PathBuf> {
    let told = Command::new(nginx).arg("-V").output().unwrap().stderr;
    let told = String::from_utf8(told).unwrap();
    let folder = told.split(' ').find_map(|word| word.strip_prefix("--modules-path="))?;
    Some(Path::new(folder).join("ngx_stream_module.so")).filter(|module| module.is_file())
}

#[test]
fn nginx_s_headers_are_understood() {
    let Some(nginx) = program("nginx") else { return };
    let server = Launch::new(&[&TRUSTED[..], &ENCRYPTED].concat()).start();
    let folder = tempfile::TempDir::new().unwrap();
    // It listens at the second for both families, so that it names clients of IPv4 as IPv6 does.
    let (place, mapped) = (free_port(), free_port());
    let module = nginx_module(&nginx).map(|path| format!("load_module {};\n", path.display()));
    let text = format!(
        "{}daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log stderr;\nevents {{}}\n\
         stream {{\n  server {{\n    listen {place};\n    listen [::]:{} ipv6only=off;\n    \
         proxy_pass {};\n    proxy_protocol on;\n  }}\n}}\n",
        module.unwrap_or_default(),
        mapped.port(),
        server.tcp()
    );
    let configuration = folder.path().join("nginx.conf");
    std::fs::write(&configuration, text).unwrap();
    let folder_name = format!("{}/", folder.path().display());
    let arguments = ["-p", &folder_name, "-e", "stderr", "-c", configuration.to_str().unwrap()];
    let _nginx = Program::start(nginx, arguments);
    eventually("nginx listens", || TcpStream::connect(place).is_ok());
    two_people_talk(&server, place);
    let mut carol = connect_from("127.0.0.7", mapped);
    carol.say("carol");
    carol.hear("carol joined!");
    server.wait_for_log("connected from 127.0.0.7:");
    server.stop();
}

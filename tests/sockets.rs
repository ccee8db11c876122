//! The wiring: the real binary, real sockets, one short story for each way through the poll loop.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::net::{Shutdown, SocketAddr, UdpSocket};
use std::time::Duration;

use mio_chat::mc1::Line;
use rustix::process::Signal;
use support::{Client, Launch, PATIENCE, Server, free_port, has_ipv6, receive, timed};

const GOODBYE: &str = "* the server is shutting down; come back in";
const STUN_REQUEST: &[u8] = b"\x00\x01\x00\x00\x21\x12\xa4\x42mio-chat-doc";
const SIGPIPE_BIT: u64 = 1 << (13 - 1);

fn alice_and_bob_talk(to_alice: SocketAddr, to_bob: SocketAddr) {
    let mut alice = Client::join(to_alice, "alice");
    let mut bob = Client::join(to_bob, "bob");
    alice.expect("bob joined!");
    alice.say("hello");
    bob.expect("alice: hello");
    bob.say("hello yourself");
    alice.expect("alice: hello");
    alice.expect("bob: hello yourself");
    bob.source.shutdown(Shutdown::Both).unwrap();
    alice.expect("bob left!");
}

#[test]
fn people_join_talk_and_leave() {
    let server = Server::start(&[]);
    alice_and_bob_talk(server.tcp(), server.tcp());
    server.stop();
}

#[test]
fn people_talk_over_ipv6() {
    if has_ipv6() {
        let server = Server::start(&["--tcp", "[::1]:0"]);
        assert!(server.tcp().is_ipv6());
        alice_and_bob_talk(server.tcp(), server.tcp());
        server.stop();
    }
}

#[test]
fn two_tcp_ports_lead_to_one_room() {
    let places = Launch::new(&["--tcp", "127.0.0.1:0", "--tcp", "127.0.0.1:0"]).announcing(3);
    let server = places.start();
    let [one, other] = server.all("tcp")[..] else { panic!("two ports: {server:?}") };
    assert!(one.port() != 0 && other.port() != 0 && one != other);
    alice_and_bob_talk(one, other);
    server.stop();
}

#[test]
fn lines_of_somebody_who_hangs_up_at_once_are_all_heard() {
    let server = Server::start(&["--flood", "10:200"]);
    let mut witness = Client::join(server.tcp(), "witness");
    type HangUp = fn(Client);
    let ways: [(&str, HangUp); 3] =
        [("closes", drop), ("resets", Client::reset), ("finishes", |client| client.finish())];
    for (name, hang_up) in ways {
        let mut hook = Client::connect(server.tcp());
        let events: String = (0..30).map(|number| format!("event {number}\n")).collect();
        let last = if name == "resets" { "" } else { "last words" };
        hook.send(format!("{name}\n{events}{last}").as_bytes());
        hang_up(hook);
        witness.expect(&format!("{name} joined!"));
        for number in 0..30 {
            witness.expect(&format!("{name}: event {number}"));
        }
        if !last.is_empty() {
            witness.expect(&format!("{name}: {last}"));
        }
        witness.expect(&format!("{name} left!"));
    }
    server.stop();
}

#[test]
fn a_bare_port_serves_ipv4_and_ipv6_alike() {
    if !has_ipv6() {
        return;
    }
    let server = Launch::new(&["--tcp", "0", "--udp", "0"]).announcing(4).start();
    let addresses = server.all("tcp");
    assert_eq!(addresses[0].port(), addresses[1].port());
    assert_eq!(server.all("udp")[0].port(), server.all("udp")[1].port());
    let port = addresses[0].port();
    let loopback = |ip: &str| SocketAddr::new(ip.parse().unwrap(), port);
    alice_and_bob_talk(loopback("127.0.0.1"), loopback("::1"));
    server.stop();
}

#[test]
fn every_address_of_ipv6_is_every_address() {
    if !has_ipv6() {
        return;
    }
    for flags in
        [&["--tcp", "[::]:0", "--udp", "[::]:0"][..], &["--bind", "::", "--tcp", "0", "--udp", "0"]]
    {
        let server = Launch::new(flags).announcing(4).start();
        let (tcp, udp) = (server.tcp().port(), server.udp().port());
        let loopback = |ip: &str, port| SocketAddr::new(ip.parse().unwrap(), port);
        alice_and_bob_talk(loopback("127.0.0.1", tcp), loopback("::1", tcp));
        for ip in ["127.0.0.1", "::1"] {
            let asker = UdpSocket::bind((ip, 0)).unwrap();
            asker.send_to(STUN_REQUEST, (ip, udp)).unwrap();
            let (_, from) = receive(&asker, PATIENCE).expect("an answer");
            assert_eq!(from, loopback(ip, udp));
        }
        server.stop();
    }
    // Whoever names an address of IPv4 with the same port means IPv6 alone by the other.
    let port = free_port().port();
    let both = ["--tcp", &format!("[::]:{port}"), "--tcp", &format!("127.0.0.1:{port}")];
    let server = Launch::new(&both).announcing(3).start();
    let places = server.all("tcp").iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(places, [format!("[::]:{port}"), format!("127.0.0.1:{port}")]);
    server.stop();
}

#[test]
fn a_silent_client_gets_the_four_bytes_of_the_prompt_alone() {
    let server = Server::start(&["--greet-after", "400ms"]);
    let (mut client, waited) = timed(|| {
        let mut silent = Client::connect(server.tcp());
        assert_eq!(silent.chunk(), b"NICK");
        silent
    });
    // Far less than the flag says: a clock that is read a little earlier must not matter.
    assert!(waited > Duration::from_millis(200), "prompted after {waited:?}");
    client.say("alice");
    client.expect("Connected to server!");
    server.stop();
}

#[test]
fn who_speaks_first_is_not_prompted() {
    let server = Server::start(&["--greet-after", "0s"]);
    assert_eq!(Client::connect(server.tcp()).chunk(), b"NICK");
    server.stop();
    let server = Server::start(&["--greet-after", "1h"]);
    Client::join(server.tcp(), "alice");
    server.stop();
}

#[test]
fn a_half_close_is_answered_with_everything_owed_and_then_the_end() {
    let server = Server::start(&["--greet-after", "1h"]);
    let mut alice = Client::connect(server.tcp());
    alice.send(b"alice\nhello\nno newline at the end");
    alice.finish();
    alice.expect("Connected to server!");
    alice.expect("alice joined!");
    alice.hear("alice: hello");
    alice.expect("alice: no newline at the end");
    assert_eq!(alice.rest(), "");
    server.stop();
}

#[test]
fn other_languages_are_refused_and_nothing_of_them_is_executed() {
    let server = Server::start(&["--greet-after", "1h"]);
    let mut alice = Client::join(server.tcp(), "alice");
    for (first_bytes, refusal) in [
        (
            &b"REGISTER sip:x SIP/2.0\r\nX: y\r\n\r\nmallory\nevil\n"[..],
            "HTTP/1.1 400 Bad Request\r\n",
        ),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\nmallory\nevil\n", "HTTP/1.1 405 "),
        (b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03mallory\nevil\n", ""),
    ] {
        let mut stranger = Client::connect(server.tcp());
        stranger.send(first_bytes);
        let answer = stranger.rest();
        assert!(answer.starts_with(refusal), "{answer:?}");
        assert_eq!(answer.is_empty(), refusal.is_empty(), "{answer:?}");
    }
    alice.say("quiet here");
    alice.expect("alice: quiet here");
    server.stop();
}

#[test]
fn a_long_line_is_refused_and_the_next_one_heard() {
    let server = Server::start(&[]);
    let mut alice = Client::join(server.tcp(), "alice");
    alice.say(&"x".repeat(2_000));
    let refusal = alice.line();
    assert!(refusal.starts_with("* ") && refusal.contains("long"), "{refusal:?}");
    alice.say("short");
    alice.expect("alice: short");
    server.stop();
}

#[test]
fn who_quits_is_told_goodbye_and_the_others_that_he_left() {
    let server = Server::start(&[]);
    let mut alice = Client::join(server.tcp(), "alice");
    let mut bob = Client::join(server.tcp(), "bob");
    bob.say("/quit");
    assert_eq!(bob.rest(), "* goodbye\n");
    alice.expect("bob joined!");
    alice.expect("bob left!");
    server.stop();
}

#[test]
fn lines_may_come_byte_by_byte() {
    let server = Server::start(&["--flood", "off"]);
    let mut alice = Client::join(server.tcp(), "alice");
    alice.source.set_nodelay(true).unwrap();
    for byte in "one by one\r\nzwölf\n".as_bytes() {
        alice.send(&[*byte]);
    }
    alice.expect("alice: one by one");
    alice.expect("alice: zwölf");
    server.stop();
}

#[test]
fn pipelined_lines_arrive_all_and_in_order() {
    let server = Server::start(&["--flood", "off"]);
    let mut alice = Client::join(server.tcp(), "alice");
    let mut bob = Client::join(server.tcp(), "bob");
    let lines: Vec<String> = (0..4_096).map(|number| format!("line no. {number:06}")).collect();
    let pipelined = lines.join("\n") + "\n";
    assert!(pipelined.len() >= 64 * 1_024);
    alice.send(pipelined.as_bytes());
    for line in &lines {
        bob.expect(&format!("alice: {line}"));
    }
    server.stop();
}

#[test]
fn flood_control_delays_and_loses_nothing() {
    let server = Server::start(&["--flood", "3:50"]);
    let mut alice = Client::join(server.tcp(), "alice");
    let mut bob = Client::join(server.tcp(), "bob");
    let lines: String = (0..30).map(|number| format!("{number}\n")).collect();
    let ((), took) = timed(|| {
        alice.send(lines.as_bytes());
        for number in 0..30 {
            bob.expect(&format!("alice: {number}"));
        }
    });
    // 27 lines at 50 a second; what was earned before is less than a burst.
    assert!(took > Duration::from_millis(400), "{took:?}");
    server.stop();
}

#[test]
fn lines_held_back_by_flood_control_outlive_a_half_close() {
    let server = Server::start(&["--flood", "3:50", "--greet-after", "1h"]);
    let mut alice = Client::connect(server.tcp());
    let lines: String = (0..20).map(|number| format!("{number}\n")).collect();
    alice.send(format!("alice\n{lines}").as_bytes());
    alice.finish();
    alice.hear_where("the room", |line| line.starts_with("* you are "));
    for number in 0..20 {
        if number == 3 {
            alice.expect("* too fast: what you say waits its turn now, and none of it is lost");
        }
        alice.expect(&format!("alice: {number}"));
    }
    assert_eq!(alice.rest(), "");
    server.stop();
}

#[test]
fn urgent_data_hides_nothing_of_what_is_behind_it() {
    let server = Server::start(&[]);
    let mut alice = Client::join(server.tcp(), "alice");
    // The server finds all of it at once, and its read stops at the urgent byte.
    server.signal(Signal::STOP);
    alice.say("one");
    alice.send_urgent(b"!");
    alice.say("two");
    server.signal(Signal::CONT);
    alice.expect("alice: one");
    alice.expect("alice: two");
    server.stop();
}

#[test]
fn sigterm_says_goodbye_to_everyone_and_ends_well() {
    let server = Server::start(&[]);
    let mut alice = Client::join(server.tcp(), "alice");
    let mut bob = Client::join(server.tcp(), "bob");
    let mut stranger = Client::connect(server.tcp());
    assert_eq!(stranger.chunk(), b"NICK");
    alice.expect("bob joined!");
    let log = server.stop();
    for (client, seconds) in [(&mut alice, 1), (&mut bob, 4)] {
        assert_eq!(client.rest(), format!("{GOODBYE} {seconds} s\n"));
    }
    let rest = stranger.rest();
    assert_eq!(rest, format!("\n{GOODBYE} 7 s\n"), "not in the line of the prompt");
    assert!(log.contains("stopping: signal=15 clients=3"), "{log}");
}

#[test]
fn a_second_sigterm_does_not_wait_for_a_client_that_does_not_read() {
    let mut server = Server::start(&["--flood", "off", "--drain", "1h", "--outbox-age", "1h"]);
    let mut alice = Client::join(server.tcp(), "alice");
    let _stalled = Client::join_with_small_window(server.tcp(), "stalled");
    alice.expect("stalled joined!");
    let long = "x".repeat(1_000);
    for _ in 0..200 {
        alice.say(&long);
        alice.expect(&format!("alice: {long}"));
    }
    server.check_threads();
    server.signal(Signal::TERM);
    alice.expect(&format!("{GOODBYE} 1 s"));
    server.wait_for_log("stopping: signal=15 clients=2");
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(128 + 15));
}

#[test]
fn sigpipe_is_ignored() {
    let server = Server::start(&[]);
    let ignored = u64::from_str_radix(&server.status_field("SigIgn"), 16).unwrap();
    assert_ne!(ignored & SIGPIPE_BIT, 0, "SigIgn: {ignored:x}");
    server.stop();
}

#[test]
fn a_storm_of_sighup_disturbs_nobody() {
    let server = Server::start(&["--flood", "off"]);
    let mut alice = Client::join(server.tcp(), "alice");
    let mut bob = Client::join(server.tcp(), "bob");
    for number in 0..300 {
        server.signal(Signal::HUP);
        alice.say(&format!("{number}"));
        server.signal(Signal::HUP);
        bob.expect(&format!("alice: {number}"));
    }
    server.stop();
}

#[test]
fn sighup_tells_the_log_who_is_here_and_how_long_turns_took() {
    let server = Server::start(&[]);
    let mut alice = Client::join(server.tcp(), "alice");
    alice.say("hello");
    alice.expect("alice: hello");
    let turns = server.turns();
    assert!(turns.count >= 3 && turns.p50 <= turns.p999 && turns.p999 <= turns.max, "{turns}");
    assert!(!turns.p50.is_zero(), "{turns}");
    let log = server.log();
    assert!(log.contains("here: clients=1 members=1 rooms=1 waiting_bytes="), "{log}");
    assert!(log.contains("served: lines=2 "), "{log}");
    assert_eq!(server.stop().matches(" turns: ").count(), 2, "and once more at the end");
}

#[test]
fn who_comes_when_the_server_is_full_is_told_so() {
    let server = Server::start(&["--max-clients", "2"]);
    let mut alice = Client::join(server.tcp(), "alice");
    let bob = Client::join(server.tcp(), "bob");
    let mut carol = Client::connect(server.tcp());
    assert_eq!(carol.rest(), "* the server is full; try again in a minute\n");
    drop(bob);
    alice.expect("bob joined!");
    alice.expect("bob left!");
    Client::join(server.tcp(), "carol");
    server.stop();
}

#[test]
fn a_client_that_never_chooses_a_nickname_is_told_why_it_is_cut() {
    let server = Server::start(&["--register-timeout", "300ms"]);
    let mut silent = Client::connect(server.tcp());
    let all = silent.rest();
    assert!(all.starts_with("NICK"), "{all:?}");
    assert!(all.ends_with("* no nickname came in time; connect again and type one\n"), "{all:?}");
    server.stop();
}

fn udp_client() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

fn answer_to(socket: &UdpSocket, server: SocketAddr) -> Vec<u8> {
    let mut room = [0; 2_048];
    let (count, from) = socket.recv_from(&mut room).unwrap();
    assert_eq!(from, server);
    room[..count].to_vec()
}

#[test]
fn two_datagrams_make_a_pair_that_can_talk() {
    let server = Server::start(&[]);
    let (one, other) = (udp_client(), udp_client());
    one.send_to(b"hello", server.udp()).unwrap();
    other.send_to(b"anything", server.udp()).unwrap();
    for (asker, peer) in [(&one, &other), (&other, &one)] {
        let told = String::from_utf8(answer_to(asker, server.udp())).unwrap();
        assert_eq!(told, format!("{}\n", peer.local_addr().unwrap()));
    }
    server.stop();
}

/// One line of the keyed protocol, and the answer to it.
fn asks(socket: &UdpSocket, server: SocketAddr, line: &str) -> String {
    socket.send_to(line.as_bytes(), server).unwrap();
    String::from_utf8(answer_to(socket, server)).unwrap()
}

fn field(line: &str, key: &str) -> String {
    let found = Line::parse(line.as_bytes()).and_then(|line| line.get(key).map(str::to_owned));
    found.unwrap_or_else(|| panic!("no {key} in {line}"))
}

#[test]
fn the_relay_carries_the_longest_datagrams_of_games() {
    let server = Server::start(&[]);
    let players = [udp_client(), udp_client()];
    for (id, player) in players.iter().enumerate() {
        let join = format!("MC1 JOIN id={id:016x} q=duel n=2");
        let pad = "x".repeat(40);
        let told = asks(player, server.udp(), &format!("{join} pad={pad}\n"));
        asks(player, server.udp(), &format!("{join} c={}\n", field(&told, "c")));
    }
    let [one, other] = players;
    let told = String::from_utf8(answer_to(&one, server.udp())).unwrap();
    let ticket = field(&told, "relay");
    for length in [1_200, 1_392, 1_400] {
        let payload = "x".repeat(length);
        let data = format!("MC1 DATA t={ticket} to=2\n{payload}");
        one.send_to(data.as_bytes(), server.udp()).unwrap();
        // What was told before, and told again, does not count.
        let relayed = std::iter::repeat_with(|| answer_to(&other, server.udp()));
        let relayed = relayed.take(9).find(|told| told.starts_with(b"MC1 DATA ")).unwrap();
        assert!(relayed.ends_with(payload.as_bytes()), "{length} bytes");
    }
    server.stop();
}

#[test]
fn a_stun_request_is_answered_with_the_address_it_came_from() {
    let server = Server::start(&["--plain-pairing", "off"]);
    let socket = udp_client();
    let cookie = 0x2112_A442_u32;
    let mut request = vec![0x00, 0x01, 0x00, 0x00];
    request.extend(cookie.to_be_bytes());
    request.extend(b"twelve bytes");
    socket.send_to(&request, server.udp()).unwrap();
    let response = answer_to(&socket, server.udp());
    assert_eq!(response[..4], [0x01, 0x01, 0x00, 0x0c]);
    assert_eq!(response[4..20], request[4..20]);
    assert_eq!(response[20..26], [0x00, 0x20, 0x00, 0x08, 0x00, 0x01]);
    let port = u16::from_be_bytes([response[26], response[27]]) ^ (cookie >> 16) as u16;
    let ip = u32::from_be_bytes(response[28..].try_into().unwrap()) ^ cookie;
    assert_eq!(SocketAddr::new(ip.to_be_bytes().into(), port), socket.local_addr().unwrap());
    server.stop();
}

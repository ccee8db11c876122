//! Visitors who are slow, many, or no visitors at all: they get their answer or their end, and the
//! chat goes on as if they were not there.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

use rustix::process::{Resource, Rlimit, getrlimit, prlimit};

use crate::pair::Pair;
use crate::support::http::{get, rest, send, visit};
use crate::support::{Client, eventually, process, report, timed};
use crate::watched;

/// More than are let in at once.
const CROWD: usize = 100;

#[test]
fn every_kind_of_request_gets_its_answer() {
    let (server, admin) = watched(&[]);
    let long = format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(5_000));
    for (head, code) in [
        ("GET /healthz HTTP/1.0\r\n\r\n", 200),
        ("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /metrics HTTP/1.1\r\n\r\n junk \0\r\n", 200),
        ("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", 404),
        ("POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", 405),
        ("DELETE / HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        ("GET /status HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
        ("GET /healthz HTTP/1.1\r\n\r\n", 400),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        ("\x16\x03\x01\x02\x00\x01\x00\x01", 400),
        ("\0\0\0\0", 400),
        (&long, 431),
    ] {
        let answer = send(admin, head.as_bytes());
        assert_eq!(answer.code, code, "{head:?}: {}", answer.head);
    }
    let (full, head) = (get(admin, "/"), send(admin, b"HEAD / HTTP/1.1\r\nHost: [::1]:1\r\n\r\n"));
    assert_eq!((head.code, head.body.as_str()), (200, ""));
    assert_eq!(full.head, head.head);
    assert!(full.head.contains(&format!("Content-Length: {}", full.body.len())), "{}", full.head);
    server.stop();
}

#[test]
fn byte_by_byte_and_half_closed_visitors_are_answered() {
    let (server, admin) = watched(&[]);
    let mut stream = visit(admin);
    stream.set_nodelay(true).unwrap();
    for byte in b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n" {
        stream.write_all(&[*byte]).unwrap();
    }
    stream.shutdown(Shutdown::Write).unwrap();
    assert!(rest(&mut stream).ends_with("\r\n\r\nok\n"));
    let mut silent = visit(admin);
    silent.shutdown(Shutdown::Write).unwrap();
    assert_eq!(rest(&mut silent), "", "who asks nothing is told nothing");
    server.stop();
}

/// Sends one more byte of an endless head. Whether it is still wanted.
fn dribble(stream: &mut TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    let went = stream.write(b"x").is_ok();
    let ended = match stream.read(&mut [0; 512]) {
        Ok(0) => true,
        Ok(_) => false,
        Err(error) => error.kind() != ErrorKind::WouldBlock,
    };
    went && !ended
}

#[test]
fn a_crowd_that_never_finishes_asking_keeps_nobody_from_anything() {
    let (server, admin) = watched(&["--flood", "off"]);
    let mut pair = Pair::aside(server.tcp());
    let quiet = pair.talk_in_quiet();
    let descriptors = process::descriptors(server.pid());
    let mut crowd: Vec<TcpStream> = (0..CROWD).map(|_| visit(admin)).collect();
    for stream in &mut crowd {
        stream.write_all(b"GET /metrics HTTP/1.1\r\nX: ").unwrap();
    }
    let before = process::cpu_ticks(server.pid());
    let (answers, took) = pair.talk_while(|| {
        timed(|| {
            for _ in 0..10 {
                crowd.retain_mut(dribble);
                assert_eq!(get(admin, "/healthz").code, 200);
            }
            crowd.len()
        })
    });
    let ticks = process::cpu_ticks(server.pid()) - before;
    let trips = pair.trips();
    report(&format!(
        "{CROWD} slow visitors: {answers} left after ten looks in {took:.1?}, {ticks} ticks; \
         {trips}, p99 {:.1} times as in quiet",
        trips.ratio_to(&quiet)
    ));
    assert!(process::descriptors(server.pid()) <= descriptors + 16);
    eventually("all of them are gone", || {
        crowd.retain_mut(dribble);
        crowd.is_empty()
    });
    assert_eq!(process::descriptors(server.pid()), descriptors);
    server.stop();
}

#[test]
fn who_asks_as_fast_as_can_be_gets_a_share_and_no_more() {
    let (server, admin) = watched(&["--flood", "off"]);
    let mut pair = Pair::aside(server.tcp());
    let quiet = pair.talk_in_quiet();
    let before = process::cpu_ticks(server.pid());
    let (asked, took) = pair.talk_while(|| {
        timed(|| {
            let ask = |_| (0..50).filter(|_| get(admin, "/status").code == 200).count();
            (0..4).map(ask).sum::<usize>()
        })
    });
    let ticks = process::cpu_ticks(server.pid()) - before;
    let trips = pair.trips();
    report(&format!(
        "{asked} times /status in {took:.1?}, {ticks} ticks with the chat's; {trips}, p99 {:.1} \
         times as in quiet",
        trips.ratio_to(&quiet)
    ));
    assert_eq!(asked, 200);
    server.stop();
}

#[test]
fn who_does_not_read_the_answer_is_let_go() {
    let (server, admin) = watched(&[]);
    let descriptors = process::descriptors(server.pid());
    let mut visitors: Vec<TcpStream> = (0..8).map(|_| visit(admin)).collect();
    for stream in &mut visitors {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n").unwrap();
    }
    eventually("they are let in", || process::descriptors(server.pid()) > descriptors);
    eventually("they are let go", || process::descriptors(server.pid()) == descriptors);
    server.stop();
}

/// Leaves the server one descriptor more than it has.
fn starve(pid: rustix::process::Pid) {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let current = process::descriptor_limit_for(pid, 1);
    prlimit(Some(pid), Resource::Nofile, Rlimit { current: Some(current), maximum }).unwrap();
}

fn ready(admin: SocketAddr) -> (u16, String) {
    let answer = get(admin, "/readyz");
    (answer.code, answer.body)
}

#[test]
fn without_descriptors_visitors_are_answered_one_by_one_and_clients_come_first() {
    let (server, admin) = watched(&[]);
    let mut alice = Client::join(server.tcp(), "alice");
    let mut bob = Client::join(server.tcp(), "bob");
    alice.hear("bob joined!");
    starve(server.pid());
    let _last = Client::join(server.tcp(), "last");
    let mut waiting = Client::connect(server.tcp());
    waiting.say("carol");
    server.wait_for_log("out of descriptors");
    assert_eq!(ready(admin), (503, "descriptors\n".to_owned()));
    // Many who say nothing, and one who asks behind them.
    let crowd: Vec<TcpStream> = (0..CROWD / 4).map(|_| visit(admin)).collect();
    bob.say("/quit");
    bob.rest();
    alice.hear("bob left!");
    // The descriptor that he leaves is for her who waits, unless she was turned away by then.
    let first = waiting.line();
    let first = first.strip_prefix("NICK").unwrap_or(&first);
    assert!(
        ["Connected to server!", "* the server is full; try again in a minute"].contains(&first)
    );
    drop(crowd);
    eventually("visitors are answered", || get(admin, "/healthz").code == 200);
    alice.say("still here");
    server.stop();
}

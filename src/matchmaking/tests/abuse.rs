//! Datagrams that get no answer, claims that are not believed, and tables that do not grow.

use std::net::SocketAddr;
use std::time::Duration;

use crate::limits::DATAGRAM_BYTES_MAX;
use crate::limits::PAIRED_ENDPOINTS_MAX;
use crate::limits::PAIRING_ANSWER_INTERVAL;
use crate::limits::PAIRING_TIMEOUT;
use crate::limits::UDP_RATE_BURST;
use crate::limits::UDP_RATE_CELLS;
use crate::limits::UDP_RATE_PER_SECOND;
use crate::matchmaking::SocketIndex;
use crate::matchmaking::stun::tests::request;
use crate::matchmaking::stun::tests::sample_request;
use crate::matchmaking::tests::ALICE;
use crate::matchmaking::tests::BOB;
use crate::matchmaking::tests::CAROL;
use crate::matchmaking::tests::Story;
use crate::matchmaking::tests::answers;
use crate::matchmaking::tests::silence;
use crate::matchmaking::tests::told;

#[test]
fn addresses_that_cannot_be_clients_get_silence() {
    let mut story = Story::with(true, 0, &["0.0.0.0:50000", "[2001:db8::9]:50000"]);
    story.says(ALICE, b"");
    story.says("[2001:db8::1]:4001", b"");
    story.says("127.0.0.1:4001", b"");
    story.says("[::1]:4001", b"");
    let sources = [
        "198.51.100.2:0",
        "0.0.0.0:4002",
        "[::]:4002",
        "224.0.0.1:4002",
        "[ff02::1]:4002",
        "255.255.255.255:4002",
        "[::ffff:239.1.2.3]:4002",
        "127.0.0.1:50000",
        "[::ffff:127.0.0.1]:50000",
        "[::1]:50000",
        "[2001:db8::9]:50000",
    ];
    for source in sources {
        assert_eq!(story.says(source, b"hello"), silence(), "{source}");
        assert_eq!(story.says(source, &sample_request()), silence(), "{source}");
    }
    assert_eq!(story.matchmaker.counters().dropped.bad_source, 2 * sources.len() as u64);
}

#[test]
fn long_datagrams_are_not_looked_at() {
    let mut story = Story::new();
    story.says(ALICE, b"");
    assert_eq!(story.says(BOB, &[b'x'; DATAGRAM_BYTES_MAX + 1]), silence());
    let padding = "80220000".repeat(DATAGRAM_BYTES_MAX / 4 - 5);
    assert_eq!(story.says(BOB, &request(&padding, false)).len(), 1);
    assert_eq!(story.says(BOB, &request(&format!("{padding}80220000"), false)), silence());
    assert_eq!(story.matchmaker.counters().dropped.too_long, 2);
    assert_eq!(story.says(BOB, &[b'x'; DATAGRAM_BYTES_MAX]).len(), 2);
}

#[test]
fn stun_is_answered_and_never_pairs() {
    let mut story = Story::with(true, 0, &[]);
    for who in [ALICE, BOB, "[2001:db8::1]:4001"] {
        let answers = story.receives(2, who, &sample_request());
        let [answer] = answers.as_slice() else { panic!("{} answers", answers.len()) };
        assert_eq!((answer.via.0, answer.to.to_string().as_str()), (2, who));
    }
    for len in 8..sample_request().len() {
        assert_eq!(story.says(ALICE, &sample_request()[..len]), silence(), "{len} bytes");
        assert_eq!(story.says(BOB, &sample_request()[..len]), silence(), "{len} bytes");
    }
    assert_eq!(story.says(CAROL, b""), silence(), "nobody was made to wait");
    assert_eq!(story.says(ALICE, &request("00030004 00000006", false)).len(), 1);
    let counters = story.matchmaker.counters();
    assert_eq!((counters.stun_answered, counters.stun_refused), (3, 1));
    assert_eq!(counters.dropped.stun_malformed, 200);
}

#[test]
fn old_stun_clients_are_not_introduced_to_anybody() {
    let mut story = Story::new();
    let classic = |kind: u16, attributes: &[u8]| {
        let head = [kind, attributes.len() as u16].map(u16::to_be_bytes).concat();
        [&head[..], b"sixteen bytes it", attributes].concat()
    };
    assert_eq!(story.says(CAROL, b"hello"), silence(), "a game waits");
    for who in [ALICE, BOB] {
        for attributes in [&b""[..], b"\0\x03\0\x04\0\0\0\0", b"\0\x03\0\x04\0\0\0\x06"] {
            let request = classic(1, attributes);
            let answers = story.receives(2, who, &request);
            let [answer] = answers.as_slice() else { panic!("{} answers", answers.len()) };
            assert_eq!((answer.via.0, answer.to.to_string().as_str()), (2, who));
            assert_eq!(answer.payload[4..20], request[4..20]);
            for len in (4..request.len()).filter(|len| *len != 12 || attributes.is_empty()) {
                assert_eq!(story.says(who, &request[..len]), silence(), "{len} bytes of it");
            }
            for kind in [0x0002, 0x0011, 0x0101, 0x0102, 0x0111, 0x0112] {
                assert_eq!(story.says(who, &classic(kind, attributes)), silence(), "{kind:04x}");
            }
        }
    }
    let counters = story.matchmaker.counters();
    assert_eq!((counters.stun_answered, counters.stun_refused, counters.paired), (4, 2, 0));
    let game = [&classic(1, b"")[..], b"and more"].concat();
    assert_eq!(story.says(ALICE, &game), [told(CAROL, ALICE), told(ALICE, CAROL)]);
}

#[test]
fn the_keyed_protocol_is_never_plain_pairing() {
    let mut story = Story::new();
    story.says(ALICE, b"");
    assert_eq!(story.says(BOB, b"MC1 JOIN q=duel n=2\n"), silence());
    assert_eq!(story.says(BOB, b"MC1 "), silence());
    assert_eq!(story.matchmaker.counters().dropped.keyed_malformed, 2);
    assert_eq!(story.says(BOB, b"MC1").len(), 2, "that is something else");
}

#[test]
fn plain_pairing_can_be_switched_off() {
    let mut story = Story::with(false, 0, &[]);
    assert_eq!(story.says(ALICE, b""), silence());
    assert_eq!(story.says(BOB, b""), silence());
    assert_eq!(story.says(BOB, &sample_request()).len(), 1, "stun still works");
    assert_eq!(story.matchmaker.counters().dropped.plain_off, 2);
}

#[test]
fn what_another_server_tells_is_not_answered() {
    let mut story = Story::new();
    story.says(ALICE, b"");
    for text in ["192.0.2.1:4001\n", "0.0.0.0:0\n", "[2001:db8::1]:65535\n", "[fe80::1%2]:7\n"] {
        assert_eq!(story.says(BOB, text.as_bytes()), silence(), "{text:?}");
    }
    assert_eq!(story.matchmaker.counters().dropped.server_answer, 4);
    assert_eq!(story.says(BOB, b"192.0.2.1\n").len(), 2, "not an answer of ours");
}

#[test]
fn two_servers_have_nothing_to_say_to_each_other() {
    let names = ["192.0.2.8:50000", "192.0.2.9:50000"];
    let classic = b"\0\x01\0\0sixteen bytes it";
    let refused = b"\0\x01\0\x08sixteen bytes it\0\x03\0\x04\0\0\0\x06";
    let [modern, unknown] = [sample_request(), request("00030000", false)];
    let starters: [&[u8]; 7] =
        [b"", b"hello", b"192.0.2.8:50000\n", &modern, &unknown, classic, refused];
    for starter in starters {
        let mut servers = names.map(|name| Story::with(true, 0, &[name]));
        // Someone speaks to each of them in the other's name, after a waiting third party.
        let mut in_flight = Vec::new();
        for at in [0, 1] {
            servers[at].receives(0, CAROL, b"");
            let answers = servers[at].receives(0, names[1 - at], starter);
            in_flight.extend(answers.into_iter().map(|answer| (names[at], answer)));
        }
        for _ in 0..10 {
            for (from, answer) in std::mem::take(&mut in_flight) {
                let to = answer.to.to_string();
                let Some(at) = names.iter().position(|name| *name == to) else {
                    continue;
                };
                servers[at].wait(PAIRING_ANSWER_INTERVAL);
                let answers = servers[at].receives(0, from, &answer.payload);
                in_flight.extend(answers.into_iter().map(|answer| (names[at], answer)));
            }
        }
        assert_eq!(in_flight, [], "after {starter:?}");
        for server in servers {
            assert!(server.matchmaker.counters().received <= 3, "after {starter:?}");
        }
    }
}

#[test]
fn a_network_has_a_rate_and_only_work_costs() {
    let mut story = Story::with(true, UDP_RATE_PER_SECOND, &[]);
    for _ in 0..1_000 {
        story.says(ALICE, b"MC1 JOIN");
        story.says(ALICE, b"192.0.2.1:4001\n");
        story.says(ALICE, &sample_request()[..50]);
    }
    let answered = (0..1_000).filter(|_| !story.says(ALICE, &sample_request()).is_empty()).count();
    assert_eq!(answered, UDP_RATE_BURST as usize);
    assert_eq!(story.says("192.0.2.1:4999", b""), silence(), "another port is the same network");
    assert_eq!(story.matchmaker.counters().dropped.over_rate, 1_000 - 60 + 1);
    assert_eq!(story.says(BOB, &sample_request()).len(), 1, "bob is not affected");
    story.wait(Duration::from_secs(1));
    let answered = (0..1_000).filter(|_| !story.says(ALICE, &sample_request()).is_empty()).count();
    assert_eq!(answered, UDP_RATE_PER_SECOND as usize);
}

#[test]
fn loopback_has_no_rate() {
    let mut story = Story::with(true, 1, &[]);
    for _ in 0..1_000 {
        assert_eq!(story.says("127.0.0.1:4001", &sample_request()).len(), 1);
    }
}

#[test]
fn a_flood_of_strangers_does_not_grow_the_tables() {
    let mut story = Story::with(true, UDP_RATE_PER_SECOND, &[]);
    let flood = |story: &mut Story, n: u32| {
        let [_, b, c, d] = n.to_be_bytes();
        let v4 = SocketAddr::from(([10, b, c, d], 4_000));
        let v6 = SocketAddr::from(([0x2001, 0xdb8, u16::from(b), 0, 0, 0, 0, n as u16], 4_000));
        for source in [v4, v6] {
            let (matchmaker, now) = (&mut story.matchmaker, story.now);
            assert!(answers(matchmaker, now, SocketIndex(0), source, b"").len() <= 2);
        }
        story.wait(Duration::from_micros(100));
    };
    let room = story.matchmaker.pairing.room();
    (0..100_000).for_each(|n| flood(&mut story, n));
    story.matchmaker.check_invariants();
    assert_eq!(story.matchmaker.pairing.endpoints(), PAIRED_ENDPOINTS_MAX);
    assert!(story.matchmaker.pairing.room() <= room, "nothing was allocated on the way");
    assert_eq!(story.matchmaker.rate.cells(), UDP_RATE_CELLS);
    assert!(story.matchmaker.counters().evicted > 40_000);
    story.wait(PAIRING_TIMEOUT);
    story.says(ALICE, b"");
    assert_eq!(story.matchmaker.pairing.endpoints(), 0, "and it is all forgotten in the end");
}

#[test]
fn the_oldest_pair_makes_room() {
    let mut story = Story::new();
    story.says(ALICE, b"");
    story.says(BOB, b"");
    story.wait(PAIRING_ANSWER_INTERVAL);
    let crowd = PAIRED_ENDPOINTS_MAX as u32 - 2;
    let member = |n: u32| SocketAddr::from((n.to_be_bytes(), 4_000)).to_string();
    for n in 0..crowd {
        story.says(&member(0x0a00_0000 + n), b"");
    }
    assert_eq!(story.says(ALICE, b""), [told(ALICE, BOB)], "there was just room enough");
    story.wait(PAIRING_ANSWER_INTERVAL);
    story.says(&member(0x0b00_0000), b"");
    story.says(&member(0x0b00_0001), b"");
    assert_eq!(story.matchmaker.counters().evicted, 1);
    assert_eq!(story.says(ALICE, b""), silence(), "forgotten: she waits");
    assert_eq!(story.says(BOB, b""), [told(ALICE, BOB), told(BOB, ALICE)], "and meets him again");
}

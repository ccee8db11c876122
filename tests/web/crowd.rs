//! Many requests at once, cut anywhere and mixed with each other: each is answered as if it had
//! come alone, and people on plain lines hear nothing of it.

use std::time::Duration;

use super::common::World;
use super::common::random::Random;

/// Requests, good and bad, whose answers depend on nothing but the rooms.
const REQUESTS: [&[u8]; 16] = [
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"HEAD / HTTP/1.0\n\n",
    b"GET /rooms HTTP/1.1\r\nHost: a\r\n\r\nmallory\r\nspam\r\n",
    b"GET /rooms/main/messages HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /rooms/main/messages?limit=0 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: a\r\nOrigin: http://b\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: a\r\nOrigin: http://a\r\n\r\n",
    b"POST /hooks/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nh\xffllo",
    b"POST /hooks/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;x\r\n",
    b"POST /hooks/x HTTP/1.1\r\nHost: a\r\n\r\n/nick mallory\nspam\n",
    b"POST /hooks/x HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\n",
    b"DELETE /rooms HTTP/1.1\r\nHost: a\r\n\r\n",
    b"FOO / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n",
    b"GET /\xf0 HTTP/1.1\r\n\r\n",
];
const VISITORS: usize = 24;
const ADDRESSES: [&str; 3] = ["127.0.0.1", "192.0.2.7", "2001:db8::7"];

fn inhabited() -> World {
    let mut world = World::default();
    world.join("alice");
    world.types("alice", "hello");
    world.hears("alice");
    world
}

/// What is answered to a request that comes alone and at once.
fn alone(request: &[u8]) -> Vec<u8> {
    let mut world = inhabited();
    world.connect("visitor");
    world.sends("visitor", request);
    world.hears_bytes("visitor")
}

#[test]
fn every_request_of_a_crowd_is_answered_as_if_it_came_alone() {
    let answers: Vec<Vec<u8>> = REQUESTS.iter().map(|request| alone(request)).collect();
    for (request, answer) in REQUESTS.iter().zip(&answers) {
        assert!(answer.starts_with(b"HTTP/1.1 "), "{}", request.escape_ascii());
    }
    for seed in 0..64 {
        let (mut random, mut world) = (Random::new(seed), inhabited());
        let mut open: Vec<(String, usize, usize)> = Vec::new();
        for number in 0..VISITORS {
            let name = format!("visitor {number}");
            let address = random.pick(&ADDRESSES).parse().unwrap();
            world.try_connect(&name, address).unwrap();
            let asked = random.below(REQUESTS.len());
            // Enough to be known for what it is: a pause in a first word makes it a nickname.
            let begun = REQUESTS[asked].iter().position(|byte| *byte == b' ').unwrap() + 1;
            let begun = if REQUESTS[asked].starts_with(b"FOO") { 16 } else { begun };
            world.sends(&name, &REQUESTS[asked][..begun]);
            open.push((name, asked, begun));
        }
        while !open.is_empty() {
            let at = random.below(open.len());
            let (name, asked, sent) = &mut open[at];
            let rest = &REQUESTS[*asked][*sent..];
            let count = (1 + random.below(9)).min(rest.len());
            world.sends(name, &rest[..count]);
            *sent += count;
            if *sent == REQUESTS[*asked].len() {
                let (name, asked, _) = open.swap_remove(at);
                let heard = world.hears_bytes(&name);
                assert!(heard == answers[asked], "{seed}: {name}: {}", heard.escape_ascii());
                assert_eq!(world.person(&name).closed.unwrap().name(), "finished", "{seed}");
            }
            if random.below(8) == 0 {
                world.wait(Duration::from_millis(random.below(20) as u64));
            }
        }
        assert_eq!(world.hears("alice"), "", "{seed}: nobody came");
    }
}

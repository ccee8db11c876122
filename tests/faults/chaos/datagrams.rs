//! Programs that ask over UDP for a partner or for their address, and ask again until they know.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::thread;
use std::time::Duration;

use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token};

use crate::proxy::{Endpoints, Proxy, UdpFault};
use crate::support::{Server, now, report, sized};

/// Programs ask again after so long.
const ASK_AGAIN: Duration = Duration::from_millis(250);
/// How long they go on. The server forgets pairs after 30 s.
const PATIENCE: Duration = Duration::from_secs(20);
const STUN_COOKIE: u32 = 0x2112_a442;

/// Some programs and what each was told first.
struct Askers {
    poll: Poll,
    sockets: Vec<UdpSocket>,
    /// What was told, and after which time.
    told: Vec<Option<(SocketAddr, Duration)>>,
}

/// What they ask, and how an answer is read; it is for the asker with this number.
struct Question {
    ask: fn(usize) -> Vec<u8>,
    read: fn(usize, &[u8]) -> Option<SocketAddr>,
}

const PARTNER: Question = Question {
    ask: |_| b"hello".to_vec(),
    read: |_, answer| std::str::from_utf8(answer).ok()?.trim_end().parse().ok(),
};

const ADDRESS: Question = Question { ask: stun_request, read: stun_address };

fn stun_request(number: usize) -> Vec<u8> {
    let start = [0, 1, 0, 0].into_iter().chain(STUN_COOKIE.to_be_bytes());
    start.chain([0; 4]).chain((number as u64).to_be_bytes()).collect()
}

/// The address in a response to this asker's request, which holds nothing else.
fn stun_address(number: usize, answer: &[u8]) -> Option<SocketAddr> {
    let request = stun_request(number);
    let expected = [&[1, 1, 0, 12], &request[4..], &[0, 0x20, 0, 8, 0, 1]].concat();
    let rest = answer.strip_prefix(&expected[..])?;
    let port = u16::from_be_bytes(rest[..2].try_into().unwrap()) ^ (STUN_COOKIE >> 16) as u16;
    let address = u32::from_be_bytes(rest[2..6].try_into().unwrap()) ^ STUN_COOKIE;
    Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::from(address)), port))
}

impl Askers {
    fn new(count: usize) -> Self {
        let poll = Poll::new().unwrap();
        let socket = |number| {
            let mut socket = UdpSocket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
            poll.registry().register(&mut socket, Token(number), Interest::READABLE).unwrap();
            socket
        };
        let sockets = (0..count).map(socket).collect();
        Self { poll, sockets, told: vec![None; count] }
    }

    /// All of them ask until each has an answer, or chance has taken too many from somebody.
    fn ask(&mut self, to: SocketAddr, question: &Question) {
        let (start, mut events) = (now(), Events::with_capacity(256));
        while self.told.contains(&None) && start.elapsed() < PATIENCE {
            for (number, socket) in self.sockets.iter().enumerate() {
                if self.told[number].is_none() {
                    let _ = socket.send_to(&(question.ask)(number), to);
                }
            }
            let again = now() + ASK_AGAIN;
            while let Some(left) =
                again.checked_duration_since(now()).filter(|left| !left.is_zero())
            {
                self.poll.poll(&mut events, Some(left)).unwrap();
                for event in &events {
                    self.listen(event.token().0, question, start.elapsed());
                }
            }
        }
    }

    fn listen(&mut self, number: usize, question: &Question, after: Duration) {
        let mut room = [0; 512];
        while let Ok((count, _)) = self.sockets[number].recv_from(&mut room) {
            let answer =
                (question.read)(number, &room[..count]).expect("an answer to the question");
            self.told[number].get_or_insert((answer, after));
        }
    }

    /// Under which address the server knows this one.
    fn seen_as(&self, number: usize, endpoints: &Endpoints) -> SocketAddr {
        endpoints[&self.sockets[number].local_addr().unwrap()]
    }

    /// Everybody who was told anything was told its own address.
    fn check_addresses(&self, endpoints: &Endpoints) {
        for (number, told) in self.told.iter().enumerate() {
            let right = told.is_none_or(|(address, _)| address == self.seen_as(number, endpoints));
            assert!(right, "{number}: {told:?}");
        }
    }

    /// Everybody who was told anything was told somebody who was told nothing else.
    fn check_pairs(&self, endpoints: &Endpoints) {
        let seen = |number| self.seen_as(number, endpoints);
        let seen: Vec<SocketAddr> = (0..self.told.len()).map(seen).collect();
        for (number, told) in self.told.iter().enumerate() {
            let Some((partner, _)) = told else { continue };
            let partner = seen.iter().position(|seen| seen == partner).expect("one of us");
            assert_ne!(partner, number);
            let right = self.told[partner].is_none_or(|(other, _)| other == seen[number]);
            assert!(right, "{number} was told {partner}, who was told somebody else");
        }
    }
}

/// One kind of question in one kind of network, whose answers should take no longer than `bound`.
fn ask_through(what: &str, lost_percent: u64, bound: Duration, seed: u64) {
    let delay_max = Duration::from_millis(200);
    let fault = UdpFault { lost_percent, doubled_percent: 10, delay_max };
    let server = Server::start(&[]);
    let proxy = Proxy::udp(server.udp(), fault, seed);
    let count = sized(100, 400);
    let mut askers = Askers::new(count);
    askers.ask(proxy.address, if what == "partner" { &PARTNER } else { &ADDRESS });
    let endpoints = proxy.stop();
    match what {
        "partner" => askers.check_pairs(&endpoints),
        _ => askers.check_addresses(&endpoints),
    }
    let times = || askers.told.iter().flatten().map(|(_, after)| *after);
    let in_time = times().filter(|after| *after < bound).count();
    report(&format!(
        "bad network, seed {seed}: {lost_percent} % of datagrams lost, 10 % doubled, up to \
         {delay_max:?} late: {in_time} of {count} knew their {what} within {bound:?}, {} in the \
         end, the last after {:.1?}; {}",
        times().count(),
        times().max().unwrap(),
        server.turns()
    ));
    // Chance alone makes it more than 99 of 100.
    assert!(times().count() * 10 > count * 9);
    server.stop();
}

#[test]
fn whatever_the_network_does_to_datagrams_pairs_are_right() {
    for seed in 1..=sized(1, 20) {
        thread::scope(|scope| {
            for (lost_percent, seconds) in [(0, 1), (10, 5), (30, 15)] {
                let bound = Duration::from_secs(seconds);
                for what in ["partner", "address"] {
                    scope.spawn(move || ask_through(what, lost_percent, bound, seed));
                }
            }
        });
    }
}

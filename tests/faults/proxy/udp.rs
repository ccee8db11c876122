//! What a bad network does to datagrams.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token};

use super::{Dice, Proxy, STOP};
use crate::support::now;

/// Each client and the address under which the server knows it.
pub(crate) type Endpoints = HashMap<SocketAddr, SocketAddr>;

/// What happens to datagrams, in either direction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UdpFault {
    pub(crate) lost_percent: u64,
    pub(crate) doubled_percent: u64,
    /// Each takes up to so long, so that they overtake each other.
    pub(crate) delay_max: Duration,
}

impl Proxy<Endpoints> {
    /// Carries datagrams to a server, which sees an address of its own for each client.
    pub(crate) fn udp(to: SocketAddr, fault: UdpFault, seed: u64) -> Self {
        let mut front = UdpSocket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = front.local_addr().unwrap();
        let poll = Poll::new().unwrap();
        poll.registry().register(&mut front, Token(0), Interest::READABLE).unwrap();
        let (clients, waiting, dice) = (Vec::new(), Vec::new(), Dice::new(seed));
        let mut carrier = Carrier { front, to, fault, clients, waiting, dice };
        Self::start(address, poll, move |poll| {
            carrier.carry(poll);
            let known =
                |(client, back): &(SocketAddr, UdpSocket)| (*client, back.local_addr().unwrap());
            carrier.clients.iter().map(known).collect()
        })
    }
}

struct Carrier {
    /// Where all clients send to.
    front: UdpSocket,
    to: SocketAddr,
    fault: UdpFault,
    /// Each client, and the socket that stands for it.
    clients: Vec<(SocketAddr, UdpSocket)>,
    /// In no order: they are few.
    waiting: Vec<Waiting>,
    dice: Dice,
}

/// A datagram on its way from a client, or to it.
struct Waiting {
    due: Instant,
    client: usize,
    to_server: bool,
    bytes: Vec<u8>,
}

impl Carrier {
    /// Carries until the test is over.
    fn carry(&mut self, mut poll: Poll) {
        let mut events = Events::with_capacity(256);
        loop {
            let due = self.waiting.iter().map(|waiting| waiting.due).min();
            poll.poll(&mut events, due.map(|due| due.saturating_duration_since(now()))).unwrap();
            for event in &events {
                match event.token() {
                    STOP => return,
                    Token(0) => self.receive_from_clients(&poll),
                    Token(number) => self.receive_from_server(number - 1),
                }
            }
            self.deliver();
        }
    }

    fn receive_from_clients(&mut self, poll: &Poll) {
        let mut room = [0; 2_048];
        while let Ok((count, source)) = self.front.recv_from(&mut room) {
            let known = self.clients.iter().position(|(client, _)| *client == source);
            let client = known.unwrap_or_else(|| {
                let mut back = UdpSocket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
                let token = Token(1 + self.clients.len());
                poll.registry().register(&mut back, token, Interest::READABLE).unwrap();
                self.clients.push((source, back));
                self.clients.len() - 1
            });
            self.decide(client, true, &room[..count]);
        }
    }

    fn receive_from_server(&mut self, client: usize) {
        let mut room = [0; 2_048];
        while let Ok((count, _)) = self.clients[client].1.recv_from(&mut room) {
            self.decide(client, false, &room[..count]);
        }
    }

    fn decide(&mut self, client: usize, to_server: bool, bytes: &[u8]) {
        let lost = self.dice.happens(self.fault.lost_percent);
        let doubled = self.dice.happens(self.fault.doubled_percent);
        let copies = if lost { 0 } else { 1 + usize::from(doubled) };
        for _ in 0..copies {
            let due = now() + self.dice.delay(self.fault.delay_max);
            self.waiting.push(Waiting { due, client, to_server, bytes: bytes.to_vec() });
        }
    }

    fn deliver(&mut self) {
        let now = now();
        for Waiting { client, to_server, bytes, .. } in
            self.waiting.extract_if(.., |waiting| waiting.due <= now)
        {
            let (client, back) = &self.clients[client];
            // A socket that is full loses it, as networks do.
            let _ = match to_server {
                true => back.send_to(&bytes, self.to),
                false => self.front.send_to(&bytes, *client),
            };
        }
    }
}

//! Clients, a server and the network between them, stepped from one event to the next.

use std::net::SocketAddr;
use std::time::Duration;

use mio_chat::peer::protocol::{Client, Event, Input, JoinRequest, Path};
use mio_chat::time::Time;

use crate::model::Server;
use crate::network::{Nat, Network, SERVER, Weather};
use crate::random::Random;

pub(crate) struct Player {
    pub(crate) client: Client,
    pub(crate) events: Vec<(Time, Event)>,
    /// Game data that came, by slot.
    pub(crate) data: Vec<(u8, Vec<u8>)>,
    pub(crate) begins: Time,
    pub(crate) is_dead: bool,
}

pub(crate) struct World {
    pub(crate) now: Time,
    pub(crate) network: Network,
    pub(crate) server: Server,
    pub(crate) players: Vec<Player>,
    nats: Vec<Nat>,
    seed: u64,
    /// Whether openers are sent.
    pub(crate) opens: bool,
    /// Everything that arrived, as one number.
    pub(crate) trace: u64,
}

impl World {
    pub(crate) fn new(nats: &[Nat], weather: Weather, seed: u64) -> Self {
        Self::with_server(nats, weather, seed, Server::new(true, false))
    }

    pub(crate) fn with_server(nats: &[Nat], weather: Weather, seed: u64, server: Server) -> Self {
        Self::with_groups_of(nats.len(), nats, weather, seed, server)
    }

    /// Players of whom so many meet.
    pub(crate) fn with_groups_of(
        players: usize,
        nats: &[Nat],
        weather: Weather,
        seed: u64,
        server: Server,
    ) -> Self {
        let need = players as u8;
        let network = Network::new(nats, weather, seed);
        let mut random = Random::new(seed ^ 0x5EED);
        let players = (0..nats.len()).map(|number| {
            let begins = Time::at(Duration::from_millis(random.below(300) as u64));
            let lan = network.inside(number);
            let request = JoinRequest {
                queue: Some("duel".to_owned()),
                players: Some(need),
                token: None,
                lan: if nats[number] == Nat::Open { vec![] } else { vec![lan] },
                patience: Duration::from_secs(30),
            };
            let secret = u128::from(random.next()) << 64 | u128::from(random.next());
            let client = Client::new(begins, SERVER, request, secret);
            Player { client, events: vec![], data: vec![], begins, is_dead: false }
        });
        let players = players.collect();
        let (now, nats) = (Time::ZERO, nats.to_vec());
        Self { now, network, server, players, nats, seed, opens: true, trace: 0 }
    }

    /// Lets everything happen up to a moment.
    pub(crate) fn run_until(&mut self, millis: u64) {
        let end = Time::at(Duration::from_millis(millis));
        loop {
            let alive = self.players.iter().filter(|player| !player.is_dead);
            let clients = alive.map(|player| player.client.poll_timeout().max(player.begins));
            let next = clients.chain([self.network.due(), self.server.due()]).min().unwrap();
            if next > end {
                break;
            }
            self.now = self.now.max(next);
            self.step();
        }
        self.now = end;
    }

    pub(crate) fn run_for(&mut self, millis: u64) {
        self.run_until(self.now.since(Time::ZERO).as_millis() as u64 + millis);
    }

    /// Until everybody has heard of the match; in a storm, that alone may take a while.
    pub(crate) fn run_until_matched(&mut self) {
        while self.players.iter().any(|player| player.client.you().is_none()) {
            self.run_for(50);
            assert!(self.now < Time::at(Duration::from_secs(60)), "{}", self.says("no match"));
        }
    }

    fn step(&mut self) {
        if self.network.due() <= self.now {
            match self.network.arrive() {
                None => {}
                Some((None, arrival)) => {
                    self.note(&arrival.bytes);
                    let sent = self.server.receive(self.now, arrival.from, &arrival.bytes);
                    self.answer(sent);
                }
                Some((Some(to), arrival)) => {
                    self.note(&arrival.bytes);
                    self.deliver(to, arrival.from, &arrival.bytes);
                }
            }
        }
        let sent = self.server.expire(self.now);
        self.answer(sent);
        for number in 0..self.players.len() {
            let player = &mut self.players[number];
            let due = player.client.poll_timeout().max(player.begins);
            if due <= self.now && !player.is_dead {
                player.client.handle(self.now, Input::Timeout);
                assert!(player.client.poll_timeout() > self.now, "it would not come to rest");
                self.collect(number);
            }
        }
    }

    /// Hands a datagram to a player, as if it had just come.
    pub(crate) fn deliver(&mut self, to: usize, from: SocketAddr, bytes: &[u8]) {
        let player = &mut self.players[to];
        if self.now >= player.begins && !player.is_dead {
            player.client.handle(self.now, Input::Datagram { from, bytes });
            if let Some((slot, data)) = player.client.unwrap(from, bytes) {
                player.data.push((slot, data.to_vec()));
            }
            self.collect(to);
        }
    }

    pub(crate) fn leave(&mut self, number: usize) {
        self.tell(number, Input::Leave);
    }

    /// Something happens to a player.
    pub(crate) fn tell(&mut self, number: usize, input: Input<'_>) {
        self.players[number].client.handle(self.now, input);
        self.collect(number);
    }

    /// A player gives up its match and looks for another. Whether it may.
    pub(crate) fn search_again(&mut self, number: usize) -> bool {
        let may = self.players[number].client.search_again(self.now);
        self.collect(number);
        may
    }

    /// A player sends data of the game.
    pub(crate) fn say(&mut self, by: usize, slot: u8, data: &[u8]) {
        let (to, bytes) = self.players[by].client.wrap(slot, data).expect("a path");
        self.network.send(self.now, by, to, &bytes);
    }

    fn answer(&mut self, sent: Vec<(SocketAddr, Vec<u8>)>) {
        for (to, bytes) in sent {
            self.network.carry(self.now, SERVER, to, &bytes);
        }
    }

    fn collect(&mut self, number: usize) {
        let player = &mut self.players[number];
        while let Some(event) = player.client.poll_event() {
            player.events.push((self.now, event));
        }
        let mut count = 0;
        while let Some(transmit) = player.client.poll_transmit() {
            match transmit.hops {
                None => self.network.send(self.now, number, transmit.to, &transmit.bytes),
                Some(_) if self.opens => self.network.send_near(number, transmit.to),
                Some(_) => {}
            }
            count += 1;
        }
        let most = 10 * self.players.len();
        assert!(count <= most, "{}", self.says(&format!("{count} datagrams at once")));
    }

    fn note(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.trace = (self.trace ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3);
        }
    }

    /// The player with a slot.
    pub(crate) fn at(&self, slot: u8) -> usize {
        self.players.iter().position(|player| player.client.you() == Some(slot)).unwrap()
    }

    /// How one player reaches another.
    pub(crate) fn how(&self, by: usize, to: usize) -> Option<&'static str> {
        let slot = self.players[to].client.you()?;
        let peer = self.players[by].client.peers().find(|peer| peer.slot == slot)?;
        peer.path.map(|(path, _)| match path {
            Path::Lan(_) => "lan",
            Path::Direct(_) => "direct",
            Path::Relay => "relay",
        })
    }

    /// Everybody reaches everybody in the best way, and says so.
    pub(crate) fn check_all_reached(&self) {
        for by in 0..self.players.len() {
            for to in 0..self.players.len() {
                if by == to {
                    continue;
                }
                let expected = self.nats[by].expected(self.nats[to]);
                let how = self.how(by, to);
                assert_eq!(how, Some(expected), "{}", self.says(&format!("{by} to {to}")));
            }
            let done = self.players[by].events.iter().any(|(_, event)| *event == Event::Done);
            assert!(done, "{}", self.says("not done"));
        }
    }

    pub(crate) fn says(&self, what: &str) -> String {
        let mut text = format!("{what}: seed {}, {:?} at {:?}\n", self.seed, self.nats, self.now);
        for (number, player) in self.players.iter().enumerate() {
            for (at, event) in &player.events {
                text +=
                    &format!("  {number} {:>6} ms {event:?}\n", at.since(Time::ZERO).as_millis());
            }
        }
        text
    }
}

//! What a delivery costs when people speak in several rooms at once, and what a reply costs in a
//! room that was just spoken to.
//!
//! The server in memory; every client takes all it is offered. In a round 1,024 messages of 64
//! bytes are said, each in another room than the one before, and everyone is flushed once.
//! `cargo bench --bench rooms`

#![allow(clippy::unwrap_used, reason = "a bench that cannot go on may stop")]

mod support;
#[path = "../tests/common/wires.rs"]
mod wires;

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use mio_chat::id::{ClientId, Registry};
use mio_chat::server::{Server, Settings, Turn};
use mio_chat::time::Time;
use wires::{Clients, Wires};

/// Rooms, and members of each.
const CROWDS: [(usize, usize); 4] = [(1, 2_000), (2, 2_000), (8, 1_000), (32, 200)];
const MESSAGES: usize = 1_024;
/// Rounds whose instructions are counted.
const COUNTED_ROUNDS: usize = 3;
/// Bytes of a message as it is delivered, `p0: ` and newline included.
const MESSAGE_BYTES: usize = 64;
/// Members of the rooms in which somebody is told something alone.
const ROOMS: [usize; 3] = [100, 10_000, 19_000];
/// Members who ask for something after a message; fewer in a smaller room.
const ASKING: usize = 1_000;

fn main() {
    if let Some((work, rounds)) = support::counted_work() {
        let (count, members) = work.split_once('x').unwrap();
        let mut crowd = Crowd::fill(count.parse().unwrap(), members.parse().unwrap());
        (0..rounds).for_each(|_| crowd.speak_and_settle(MESSAGES));
        return;
    }
    println!("rooms  members  ns per delivery  instructions per delivery");
    for (rooms, members) in CROWDS {
        let mut crowd = Crowd::fill(rooms, members);
        let deliveries = (members * MESSAGES) as f64;
        let each = support::median_nanoseconds(|| crowd.speak_and_settle(MESSAGES)) / deliveries;
        let counted = support::instructions(&format!("{rooms}x{members}"), COUNTED_ROUNDS);
        let instructions = support::shown(counted.map(|counted| counted / deliveries));
        println!("{rooms:5}  {members:7}  {each:15.2}  {instructions:>25}");
    }
    println!("members  ns per reply: silent  just spoken to");
    for members in ROOMS {
        let mut crowd = Crowd::fill(1, members);
        let asked = support::median_nanoseconds(|| crowd.ask(0));
        let spoken = support::median_nanoseconds(|| crowd.speak_and_settle(1));
        let both = support::median_nanoseconds(|| crowd.ask(1));
        let asking = ASKING.min(members) as f64;
        let [silent, busy] = [asked, both - spoken].map(|time| time / asking);
        println!("{members:7}  {silent:20.0}  {busy:14.0}");
    }
}

struct Crowd {
    turn: Turn,
    wires: Wires<Typed>,
    /// By room.
    members: Vec<Vec<ClientId>>,
    line: String,
}

/// What clients are about to say.
#[derive(Default)]
struct Typed(HashMap<ClientId, Vec<u8>>);

impl Clients for Typed {
    fn say(&mut self, id: ClientId, room: &mut [u8]) -> usize {
        let bytes = self.0.remove(&id).unwrap_or_default();
        room[..bytes.len()].copy_from_slice(&bytes);
        bytes.len()
    }
}

impl Crowd {
    fn fill(rooms: usize, members: usize) -> Self {
        let mut ids = Registry::default();
        let line = "x".repeat(MESSAGE_BYTES - "p0: \n".len()) + "\n";
        let (turn, wires) =
            (Turn::new(Server::new(settings(), [7; 16]), Duration::ZERO), Wires(Typed::default()));
        let mut crowd = Self { turn, wires, members: vec![Vec::new(); rooms], line };
        for number in 0..rooms * members {
            let id = ids.insert_with(|_| ());
            crowd.turn.server.connect(Time::ZERO, id, IpAddr::from([127, 0, 0, 1])).unwrap();
            crowd.types(id, format!("p{number}\n/join r{}\n", number % rooms));
            crowd.members[number % rooms].push(id);
        }
        crowd.settle();
        crowd
    }

    fn types(&mut self, id: ClientId, lines: String) {
        self.wires.0.0.insert(id, lines.into_bytes());
        self.turn.note_readable(id);
    }

    /// Each message is another member's, in another room than the one before.
    fn speak(&mut self, messages: usize) {
        let rooms = self.members.len();
        for message in 0..messages {
            self.types(self.members[message % rooms][message / rooms], self.line.clone());
        }
    }

    fn speak_and_settle(&mut self, messages: usize) {
        self.speak(messages);
        self.settle();
    }

    /// Some messages, and then as many questions of members who came last.
    fn ask(&mut self, messages: usize) {
        self.speak(messages);
        let asking: Vec<ClientId> = self.members[0].iter().rev().take(ASKING).copied().collect();
        asking.into_iter().for_each(|id| self.types(id, "/topic\n".into()));
        self.settle();
    }

    /// Turns until everybody has everything.
    fn settle(&mut self) {
        while self.turn.due() == Some(Time::ZERO) {
            self.turn.run(Time::ZERO, &mut self.wires);
        }
    }
}

fn settings() -> Settings {
    Settings { greet_after: Duration::from_secs(1), flood: None, ..Settings::default() }
}

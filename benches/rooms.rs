//! What a delivery costs when people speak in several rooms at once, and what a reply costs in a
//! room that was just spoken to.
//!
//! The server in memory; every client takes all it is offered. In a round 1,024 messages of 64
//! bytes are said, each in another room than the one before, and everyone is flushed once.
//! `cargo bench --bench rooms`

#![allow(clippy::unwrap_used, reason = "a bench that cannot go on may stop")]

mod support;

use std::hint::black_box;
use std::io::IoSlice;
use std::net::IpAddr;
use std::time::Duration;

use mio_chat::id::{ClientId, Registry};
use mio_chat::limits;
use mio_chat::server::{Server, Settings};
use mio_chat::time::Time;

/// Rooms, and members of each.
const CROWDS: [(usize, usize); 4] = [(1, 2_000), (2, 2_000), (8, 1_000), (32, 200)];
const MESSAGES: usize = 1_024;
/// Bytes of a message as it is delivered, `p0: ` and newline included.
const MESSAGE_BYTES: usize = 64;
/// Members of the rooms in which somebody is told something alone.
const ROOMS: [usize; 3] = [100, 10_000, 19_000];
/// Members who ask for something after a message; fewer in a smaller room.
const ASKING: usize = 1_000;

fn main() {
    println!("rooms  members  ns per delivery");
    for (rooms, members) in CROWDS {
        let mut crowd = Crowd::fill(rooms, members);
        let deliveries = (members * MESSAGES) as f64;
        let each = support::median_nanoseconds(|| crowd.speak()) / deliveries;
        println!("{rooms:5}  {members:7}  {each:15.2}");
    }
    println!("members  ns per reply: silent  just spoken to");
    for members in ROOMS {
        let mut crowd = Crowd::fill(1, members);
        let asked = support::median_nanoseconds(|| crowd.ask(0));
        let spoken = support::median_nanoseconds(|| crowd.say_and_flush());
        let both = support::median_nanoseconds(|| crowd.ask(1));
        let asking = ASKING.min(members) as f64;
        let [silent, busy] = [asked, both - spoken].map(|time| time / asking);
        println!("{members:7}  {silent:20.0}  {busy:14.0}");
    }
}

struct Crowd {
    server: Server,
    /// By room.
    members: Vec<Vec<ClientId>>,
    line: String,
    dirty: Vec<ClientId>,
}

impl Crowd {
    fn fill(rooms: usize, members: usize) -> Self {
        let (mut ids, mut server) = (Registry::default(), Server::new(settings(), [7; 16]));
        let mut enter = |room: usize, number: usize| {
            let id = ids.insert_with(|_| ());
            server.connect(Time::ZERO, id, IpAddr::from([127, 0, 0, 1])).unwrap();
            let lines = format!("p{}\n/join r{room}\n", room * members + number);
            server.receive(Time::ZERO, id, lines.as_bytes());
            id
        };
        let members =
            (0..rooms).map(|room| (0..members).map(|number| enter(room, number)).collect());
        let line = "x".repeat(MESSAGE_BYTES - "p0: \n".len()) + "\n";
        let mut crowd = Self { members: members.collect(), server, line, dirty: Vec::new() };
        crowd.flush();
        crowd
    }

    fn say(&mut self, room: usize) {
        self.server.receive(Time::ZERO, self.members[room][0], self.line.as_bytes());
    }

    fn speak(&mut self) {
        let rooms = self.members.len();
        (0..MESSAGES).for_each(|message| self.say(message % rooms));
        self.flush();
    }

    fn say_and_flush(&mut self) {
        self.say(0);
        self.flush();
    }

    /// Some messages, and then as many questions of members who came last.
    fn ask(&mut self, messages: usize) {
        (0..messages).for_each(|_| self.say(0));
        let asking = self.members[0].iter().rev().take(ASKING).copied();
        for id in asking.collect::<Vec<_>>() {
            self.server.receive(Time::ZERO, id, b"/topic\n");
        }
        self.flush();
    }

    fn flush(&mut self) {
        let mut dirty = std::mem::take(&mut self.dirty);
        self.server.take_dirty(&mut dirty);
        for &id in &dirty {
            let mut slices = [IoSlice::new(&[]); limits::WRITE_SLICES];
            let count = self.server.gather(id, &mut slices);
            let offered: usize = slices[..count].iter().map(|slice| slice.len()).sum();
            black_box(&slices);
            self.server.sent(Time::ZERO, id, offered, false);
        }
        self.dirty = dirty;
    }
}

fn settings() -> Settings {
    Settings { greet_after: Duration::from_secs(1), flood: None, ..Settings::default() }
}

//! What one delivery costs without sockets: everything between a line that was read and the bytes
//! that are handed to `send`.
//!
//! A room of clients on the server in memory, each of whom takes all it is offered. In a round one
//! of them says a number of 64-byte messages in one read, and everyone is flushed.
//! `cargo bench --bench fanout`

#![allow(clippy::unwrap_used, reason = "a bench that cannot go on may stop")]

mod support;
#[path = "../tests/common/wires.rs"]
mod wires;

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

use mio_chat::id::{ClientId, Registry};
use mio_chat::server::{Server, Settings, Turn};
use mio_chat::time::Time;
use wires::{Clients, Wires};

const MEMBERS: [usize; 4] = [100, 1_000, 10_000, 19_000];
const BATCHES: [usize; 4] = [1, 8, 64, 512];
/// Bytes of a message as it is delivered, `p0: ` and newline included.
const MESSAGE_BYTES: usize = 64;

fn main() {
    if let Some((work, rounds)) = support::counted_work() {
        let (members, batch) = work.split_once('x').unwrap();
        let mut room = Room::fill(members.parse().unwrap(), batch.parse().unwrap());
        (0..rounds).for_each(|_| room.round());
        return;
    }
    println!("members  messages a flush  ns per delivery  instructions per delivery");
    for members in MEMBERS {
        for batch in BATCHES {
            let mut room = Room::fill(members, batch);
            let deliveries = (members * batch) as f64;
            let nanoseconds = support::median_nanoseconds(|| room.round()) / deliveries;
            let counted = if members <= 1_000 { counted(members, batch) } else { None };
            let instructions = support::shown(counted);
            println!("{members:7}  {batch:16}  {nanoseconds:15.2}  {instructions:>25}");
        }
    }
}

/// Instructions per delivery. In the larger rooms they are the same, and take long to count.
fn counted(members: usize, batch: usize) -> Option<f64> {
    let rounds = (20_000 / members).max(10);
    let each = support::instructions(&format!("{members}x{batch}"), rounds)?;
    Some(each / (members * batch) as f64)
}

struct Room {
    turn: Turn,
    wires: Wires<Crowd>,
    speaker: ClientId,
}

/// Clients who bring nicknames, and then what one of them says.
struct Crowd {
    nicknames: VecDeque<String>,
    said: Vec<u8>,
    speaks: bool,
}

impl Clients for Crowd {
    fn say(&mut self, _id: ClientId, room: &mut [u8]) -> usize {
        let nickname = self.nicknames.pop_front();
        let bytes = match &nickname {
            Some(nickname) => nickname.as_bytes(),
            None if std::mem::take(&mut self.speaks) => &self.said,
            None => &[],
        };
        room[..bytes.len()].copy_from_slice(bytes);
        bytes.len()
    }
}

impl Room {
    fn fill(members: usize, batch: usize) -> Self {
        let mut ids = Registry::default();
        let mut turn = Turn::new(Server::new(settings(), [7; 16]), Duration::ZERO);
        let line = "x".repeat(MESSAGE_BYTES - "p0: \n".len()) + "\n";
        let everyone: Vec<ClientId> = (0..members)
            .map(|_| {
                let id = ids.insert_with(|_| ());
                turn.server.connect(Time::ZERO, id, IpAddr::from([127, 0, 0, 1])).unwrap();
                turn.note_readable(id);
                id
            })
            .collect();
        let nicknames = (0..members).map(|number| format!("p{number}\n")).collect();
        let crowd = Crowd { nicknames, said: line.repeat(batch).into_bytes(), speaks: false };
        let mut room = Self { turn, wires: Wires(crowd), speaker: everyone[0] };
        room.settle();
        assert_eq!(room.turn.server.status().lobby().members(), members);
        room
    }

    fn round(&mut self) {
        self.wires.0.speaks = true;
        self.turn.note_readable(self.speaker);
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

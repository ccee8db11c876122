//! What one delivery costs without sockets: everything between a line that was read and the bytes
//! that are handed to `send`.
//!
//! A room of clients on the server in memory, each of whom takes all it is offered. In a round one
//! of them says a number of 64-byte messages in one read, and everyone is flushed.
//! `cargo bench --bench fanout`

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
    server: Server,
    speaker: ClientId,
    said: Vec<u8>,
    dirty: Vec<ClientId>,
}

impl Room {
    fn fill(members: usize, batch: usize) -> Self {
        let mut ids = Registry::default();
        let mut server = Server::new(settings(), [7; 16]);
        let line = "x".repeat(MESSAGE_BYTES - "p0: \n".len()) + "\n";
        let everyone: Vec<ClientId> = (0..members)
            .map(|number| {
                let id = ids.insert_with(|_| ());
                server.connect(Time::ZERO, id, IpAddr::from([127, 0, 0, 1])).unwrap();
                server.receive(Time::ZERO, id, format!("p{number}\n").as_bytes());
                id
            })
            .collect();
        let said = line.repeat(batch).into_bytes();
        let mut room = Self { server, speaker: everyone[0], said, dirty: Vec::new() };
        room.flush();
        room
    }

    fn round(&mut self) {
        self.server.receive(Time::ZERO, self.speaker, &self.said);
        self.flush();
        while let Some(id) = self.server.poll_woken() {
            self.server.resume(Time::ZERO, id);
            self.flush();
        }
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

//! A language that nothing but `dialect` knows, spoken beside plain lines.

use std::collections::BTreeMap;
use std::io::IoSlice;
use std::net::Ipv4Addr;
use std::time::Duration;

use super::{CloseReason, Driver, Read, Server, Settings, Transport, Turn, Written};
use crate::id::{ClientId, Registry};
use crate::matchmaking::Transmit;
use crate::time::Time;

/// What each client says next, and what it was sent.
#[derive(Default)]
struct Pipes(BTreeMap<ClientId, (Vec<u8>, Vec<u8>)>);

impl Transport for Pipes {
    fn read(&mut self, id: ClientId, room: &mut [u8]) -> Read {
        let said = std::mem::take(&mut self.0.entry(id).or_default().0);
        room[..said.len()].copy_from_slice(&said);
        match said.len() {
            0 => Read::Nothing,
            count => Read::Bytes { count, more: false },
        }
    }

    fn write(&mut self, id: ClientId, slices: &[IoSlice<'_>]) -> Written {
        let bytes: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
        self.0.entry(id).or_default().1.extend_from_slice(&bytes);
        Written::Taken(bytes.len())
    }

    fn close(&mut self, id: ClientId, reason: CloseReason) {
        panic!("{id} is closed: {}", reason.name());
    }
}

impl Driver for Pipes {
    fn now(&self) -> Time {
        Time::ZERO
    }

    fn send(&mut self, _: Transmit<'_>) {}
}

fn say(turn: &mut Turn, pipes: &mut Pipes, id: ClientId, said: &[u8]) {
    pipes.0.entry(id).or_default().0 = said.to_vec();
    turn.note_readable(id);
    turn.run(Time::ZERO, pipes);
}

#[test]
fn another_language_costs_a_file_and_its_name() {
    let mut turn = Turn::new(Server::new(Settings::default(), [7; 16]), Duration::ZERO);
    let (mut ids, mut pipes) = (Registry::default(), Pipes::default());
    let [plain, toy] = [(); 2].map(|()| {
        let id = ids.insert_with(|_| ());
        turn.server.connect(Time::ZERO, id, Ipv4Addr::LOCALHOST.into()).unwrap();
        id
    });
    say(&mut turn, &mut pipes, plain, b"alice\n");
    for piece in [&b"\x02"[..], b"bo", b"b\0hel", b"lo\0"] {
        say(&mut turn, &mut pipes, toy, piece);
    }
    say(&mut turn, &mut pipes, plain, b"hi bob\n/me waves\n");
    let told = String::from_utf8(std::mem::take(&mut pipes.0.get_mut(&plain).unwrap().1)).unwrap();
    assert!(told.ends_with("bob joined!\nbob: hello\nalice: hi bob\n* alice waves\n"), "{told}");
    assert_eq!(pipes.0[&toy].1, b"bob says hello\0alice says hi bob\0");
    turn.server.status().check_invariants();
}

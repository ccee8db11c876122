//! Connections without sockets: they bring what their clients say, and take all they are offered.
//! Benches use them too.

use std::hint::black_box;
use std::io::IoSlice;

use mio_chat::id::ClientId;
use mio_chat::matchmaking::Transmit;
use mio_chat::server::{CloseReason, Driver, Read, Transport, Written};
use mio_chat::time::Time;

/// Those who say something.
pub(crate) trait Clients {
    /// Writes what a client says next into `room`. Returns how many bytes that is, which may be
    /// none.
    fn say(&mut self, id: ClientId, room: &mut [u8]) -> usize;
}

/// The connections of clients.
pub(crate) struct Wires<C>(pub(crate) C);

impl<C: Clients> Transport for Wires<C> {
    fn read(&mut self, id: ClientId, room: &mut [u8]) -> Read {
        match self.0.say(id, room) {
            0 => Read::Nothing,
            count => Read::Bytes { count, more: false },
        }
    }

    fn write(&mut self, _id: ClientId, slices: &[IoSlice<'_>]) -> Written {
        Written::Taken(black_box(slices).iter().map(|slice| slice.len()).sum())
    }

    fn close(&mut self, id: ClientId, reason: CloseReason) {
        panic!("{id} is closed: {}", reason.name());
    }
}

impl<C: Clients> Driver for Wires<C> {
    fn now(&self) -> Time {
        Time::ZERO
    }

    fn send(&mut self, _transmit: Transmit<'_>) {}
}

//! The waiting bytes of all clients, as one process hands them over to another.
//!
//! Each outbox is handed over as the bytes that are still to be sent, though others may wait for
//! the same: each process chooses how it keeps them.

use serde::{Deserialize, Serialize};

use super::fanout::{DeliveryCounters, Fanout};
use super::outbox::OutboxState;
use crate::dialect::Reader;
use crate::id::ClientId;
use crate::time::Time;

/// The state of a fan-out, without its limits.
#[derive(Debug, Serialize, Deserialize)]
pub struct FanoutState {
    outboxes: Vec<(ClientId, OutboxState)>,
    counters: DeliveryCounters,
    swept: Time,
    /// In the order of their clients' ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    readers: Vec<(ClientId, Reader)>,
}

impl Fanout {
    /// Bytes that wait for all clients together, each counted for itself.
    pub fn backlogs(&mut self) -> usize {
        self.hand_out();
        self.backlog.bytes
    }

    /// The state that another process needs to go on. Nothing changes here.
    pub fn handed_over(&mut self) -> FanoutState {
        self.hand_out();
        let transcripts = &self.transcripts;
        let outboxes = self.outboxes.iter();
        let readers = self.readers.iter();
        let mut readers: Vec<_> = readers.map(|(id, reader)| (*id, (**reader).clone())).collect();
        readers.sort_by_key(|(id, _)| *id);
        FanoutState {
            outboxes: outboxes.map(|(id, outbox)| (id, outbox.handed_over(transcripts))).collect(),
            counters: self.counters(),
            swept: self.swept,
            readers,
        }
    }

    /// Goes on where another process has stopped, before anybody comes here.
    pub fn take_over(&mut self, state: FanoutState) {
        (self.counters, self.swept) = (state.counters, state.swept);
        self.backlog.presence_dropped = state.counters.presence_dropped;
        let readers = state.readers.into_iter();
        self.readers = readers.map(|(id, reader)| (id, Box::new(reader))).collect();
        for (id, outbox) in state.outboxes {
            self.open(id);
            if let Some(place) = self.outboxes.get_mut(id) {
                self.ascii_readers += outbox.ascii_readers();
                self.backlog.take_over(id, place, &outbox, &self.limits);
            }
        }
    }
}

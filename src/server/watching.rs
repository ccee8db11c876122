//! What is to be seen of the server, and nothing that changes it.

use super::session::Phase;
use super::{Server, ServerCounters};
use crate::chat::{Lobby, Nickname};
use crate::delivery::{DeliveryCounters, Slices};
use crate::dialect::Encoding;
use crate::id::ClientId;
use crate::matchmaking::Matchmaker;
use crate::time::Time;

/// Somebody whose socket does not take all that waits.
#[derive(Clone, Copy, Debug)]
pub struct SlowReader<'a> {
    /// The nickname, if there is one.
    pub nickname: Option<&'a Nickname>,
    /// Bytes that wait.
    pub bytes: usize,
    /// Since when the oldest of them do.
    pub since: Time,
}

/// The server as it is now, to be looked at: for the admin pages, the log, and tests.
#[derive(Clone, Copy, Debug)]
pub struct Status<'s>(&'s Server);

impl<'s> Status<'s> {
    /// Names, rooms and who is where.
    pub fn lobby(self) -> &'s Lobby {
        &self.0.lobby
    }

    /// The UDP side.
    pub fn matchmaker(self) -> &'s Matchmaker {
        &self.0.matchmaker
    }

    /// How many clients are connected, those being closed included.
    pub fn clients(self) -> usize {
        self.0.sessions.len()
    }

    /// How many read in each encoding, by its name. Counted when asked.
    pub fn readers(self) -> impl Iterator<Item = (&'static str, u64)> {
        let names = Encoding::ALL.iter().map(|encoding| encoding.name());
        names.zip(self.0.fanout.readers())
    }

    /// Bytes of memory for all that waits for clients.
    pub fn held(self) -> usize {
        self.0.fanout.held()
    }

    /// What was said and closed so far.
    pub fn counters(self) -> &'s ServerCounters {
        &self.0.counters
    }

    /// What was delivered so far.
    pub fn delivery_counters(self) -> DeliveryCounters {
        self.0.fanout.counters()
    }

    /// Whether there is anything new to be kept.
    pub fn has_unsaved(self) -> bool {
        self.0.lobby.has_unsaved()
    }

    /// Whether somebody may have to make way, whoever comes.
    pub fn has_crowd(self) -> bool {
        self.0.admission.origins.has_crowd()
    }

    /// Those for whom most waits, most first. Looked for when asked; nothing is kept up to date for
    /// it. What is published and not handed out yet is not counted, which is less than a turn's
    /// worth.
    pub fn slowest_readers(self, most: usize) -> Vec<SlowReader<'s>> {
        if most == 0 {
            return Vec::new();
        }
        let server = self.0;
        let outboxes =
            server.sessions.iter().filter_map(|(id, _)| Some((id, server.fanout.outbox(id)?)));
        let mut waiting: Vec<_> = outboxes
            .filter_map(|(id, outbox)| Some((outbox.backlog(), outbox.waiting_since()?, id)))
            .collect();
        waiting.sort_unstable_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(&other.1)));
        waiting.truncate(most);
        let reader = |(bytes, since, id)| {
            let nickname = server.lobby.nickname(id);
            SlowReader { nickname, bytes, since }
        };
        waiting.into_iter().map(reader).collect()
    }

    /// Whether so much is queued that a flush should come before more is read.
    pub fn wants_flush(self) -> bool {
        self.0.wants_flush()
    }

    /// How many bytes may be read from this client now.
    pub fn appetite(self, id: ClientId) -> usize {
        self.0.appetite(id)
    }

    /// The bytes that would be written to this client now.
    pub fn waiting(self, id: ClientId) -> Vec<u8> {
        let mut slices = Slices::new();
        self.0.fanout.gather(id, &mut slices);
        slices.iter().flat_map(|slice| slice.to_vec()).collect()
    }

    /// Panics where the parts disagree with each other. For tests; to be called between turns.
    pub fn check_invariants(self) {
        let server = self.0;
        server.lobby.check_invariants();
        server.fanout.check_invariants();
        server.matchmaker.check_invariants();
        server.admission.origins.check_invariants();
        for (id, session) in server.sessions.iter() {
            let Some(outbox) = server.fanout.outbox(id) else {
                panic!("{id}: a session without an outbox");
            };
            let chatting = session.phase == Phase::Chatting;
            assert_eq!(server.lobby.is_member(id), chatting, "{id}: {:?}", session.phase);
            let listening = session.phase == Phase::Listening;
            assert_eq!(server.lobby.is_listening(id), listening, "{id}: {:?}", session.phase);
            if session.phase == Phase::Closing {
                let waits = outbox.backlog() > 0 || server.closed.contains(&id);
                assert!(waits, "{id}: closing and forgotten");
            }
        }
    }
}

impl Server {
    /// What is to be seen of it.
    pub fn status(&self) -> Status<'_> {
        Status(self)
    }
}

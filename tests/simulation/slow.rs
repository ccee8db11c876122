//! Who is cut off because it does not read: the server says who, the model whether it may.

use mio_chat::chat::Farewell;
use mio_chat::id::ClientId;
use mio_chat::limits;
use mio_chat::server::{CloseReason, Server};

use crate::client::{Client, Phase};
use crate::expected::Kind;
use crate::model::{Model, Nanos};
use crate::rooms::Effect;

/// Whether the last thing that waits for a client says so: it may have been put out instead.
pub(crate) fn was_cut_off(server: &Server, id: ClientId) -> bool {
    server.status().waiting(id).ends_with(b" bytes waited and you did not read them\n")
}

impl Model {
    /// These were cut off as slow in one call of the server.
    pub(crate) fn cut_off(&mut self, now: Nanos, slow: &[ClientId]) {
        self.set_now(now);
        self.groups += 1;
        let group = Some(self.groups);
        // What the others' leaving adds to what waits, or not: it is not known who went first.
        let more = slow.len() * (limits::NAME_BYTES_MAX + 7);
        let mixed = self.rooms.mixed(slow);
        for &id in slow {
            let maybe = self.rooms.left_maybe(id, &mixed);
            let left = self.rooms.remove(id, "too slow to read");
            let client = self.client(id);
            let expected = &mut client.expected;
            let least = expected.least().saturating_sub(more);
            let kind = Kind::CutOff { least, most: expected.most() + more };
            expected.cut(&client.sealed);
            if client.awaits_answer() {
                client.tell(now, b"\n");
            }
            client.blocked = false;
            if client.turn.take().is_some() {
                self.refund(id);
            }
            let client = self.client(id);
            client.close(now, CloseReason::Told(Farewell::SlowReader { backlog: 0 }));
            client.expected.push_line(now, b"cut off\n", kind, None);
            for effect in left {
                let (members, text) = match effect {
                    Effect::Room(to, text) => {
                        self.deliveries += 1;
                        self.tell_lines(to, &text, group);
                        continue;
                    }
                    Effect::Presence(members, text) => (members, text),
                    _ => unreachable!("it left"),
                };
                self.deliveries += members.len() as u64;
                if maybe.is_none() {
                    self.tell_presence(&members, &text, group);
                }
            }
            if let Some((members, text)) = maybe {
                for member in members {
                    let kind = Kind::Presence { spared: true };
                    let expected = &mut self.client(member).expected;
                    expected.push_line(now, text.as_bytes(), kind, group);
                }
            }
        }
        self.note_untold();
    }

    /// Clients whom the server has given up though nothing here says so: members that are none any
    /// more and, where memory is short, strangers that are not read any more.
    pub(crate) fn missing(&self, server: &Server, over_total: bool) -> Vec<ClientId> {
        let is_gone = |id: ClientId, client: &Client| match client.phase {
            Phase::Closing => false,
            Phase::Chatting => !server.status().lobby().is_member(id),
            _ => {
                over_total
                    && (client.blocked || client.is_small())
                    && ((client.may_be_read() && server.status().appetite(id) == 0)
                        // One that is held is not read anyway.
                        || was_cut_off(server, id))
            }
        };
        let gone = self.clients.iter().filter(|(id, client)| is_gone(**id, client));
        gone.map(|(id, _)| *id).collect()
    }

    /// Whether a client may be cut off as slow. `over_total`: more memory is held than may be.
    pub(crate) fn may_cut_off(&self, now: Nanos, id: ClientId, over_total: bool) -> bool {
        let client = &self.clients[&id];
        let too_much = client.overfull.is_some();
        too_much
            || self.is_too_old(now, id)
            || (over_total && (client.blocked || client.is_small()))
    }

    /// Whether what waits for a client may be too old.
    pub(crate) fn is_too_old(&self, now: Nanos, id: ClientId) -> bool {
        let oldest = self.clients[&id].expected.oldest();
        oldest.is_some_and(|since| now.saturating_sub(since) >= self.rules.age)
    }

    /// Whether somebody's socket takes no more, and could be cut off for it.
    pub(crate) fn is_anybody_stuck(&self) -> bool {
        self.clients.values().any(|client| client.blocked && client.phase != Phase::Closing)
    }
}

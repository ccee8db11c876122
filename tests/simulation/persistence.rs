//! How a run ends: what is kept of it, and what comes of that after a restart.

use std::time::Duration;

use mio_chat::server::Server;
use mio_chat::time::{Time, UnixTime};

use crate::common::shelf::SharedShelf;
use crate::endpoints::Endpoints;
use crate::replica::Replica;
use crate::rules::Rules;
use crate::wire::Habit;
use crate::world::{SECOND, TURNS_MAX, World};

/// A server with these rules, whose rooms are kept on the shelf if they say so.
pub(crate) fn new_server(rules: &Rules, secret: u8, shelf: &SharedShelf) -> Server {
    let mut server = Server::new(rules.settings(), [secret; 16]);
    server.set_calendar(Time::ZERO, UnixTime::from_millis(rules.calendar));
    server.storage().set_archive(shelf.archive().filter(|_| rules.rooms.kept));
    server
}

impl World {
    /// Everybody reads, everything arrives, and nothing is owed to anybody in the end.
    pub(crate) fn come_to_rest(&mut self) {
        for wire in self.crowd.wires.values_mut().filter(|wire| wire.habit != Habit::Prompt) {
            wire.habit = Habit::Prompt;
            wire.writable_at = Some(self.crowd.now);
        }
        for wire in self.crowd.wires.values_mut().filter(|wire| wire.is_open()) {
            wire.send(self.crowd.now, &mut self.crowd.random, b"a line that is never ended");
        }
        self.run_until(self.crowd.now + 200 * SECOND);
        self.replica.follow_closely(&mut self.turn.server);
        for (id, client) in &self.crowd.model.clients {
            assert!(client.expected.is_complete(), "{id} never heard {}", client.expected.rest());
            let wire = &self.crowd.wires[id];
            assert!(!wire.has_input() || client.ended, "{id} was never heard out");
        }
        self.save_all();
    }

    /// The server says goodbye, and is alone soon.
    pub(crate) fn shut_down(&mut self) {
        let drain = 5 * SECOND;
        self.crowd.stopping = true;
        self.turn.server.shutdown(self.crowd.time(), Duration::from_nanos(drain));
        self.crowd.model.shutdown(self.crowd.now, drain);
        self.run_until(self.crowd.now + drain + 1);
        assert_eq!(self.turn.server.status().clients(), 0, "somebody is still there");
        assert_eq!(self.turn.server.status().held(), 0, "memory is held for nobody");
        self.save_all();
    }

    /// Another server goes on with what was kept of this one.
    pub(crate) fn restart(&mut self) {
        // Or it was killed when all was kept, which nobody can know.
        self.shelf.get_mut().0.complete &= self.crowd.random.below(2) == 0;
        let secret = self.crowd.random.next() as u8;
        self.turn.take_over(new_server(&self.crowd.model.rules, secret, &self.shelf));
        let kept = self.shelf.get().0.clone();
        self.turn.server.storage().restore(kept.clone());
        let (rules, server) = (&self.crowd.model.rules, &mut self.turn.server);
        self.replica = Replica::beginning(rules, secret, Some(kept), server);
        self.crowd.model.restart(&self.shelf.get().0);
        self.endpoints = Endpoints::default();
        (self.crowd.stopping, self.crowd.taken) = (false, 0);
    }

    /// Another process goes on, and nobody notices. Whose password is being checked would be told
    /// to try again, so it is left out then.
    pub(crate) fn hand_over(&mut self) {
        if !self.crowd.model.checks.is_empty() {
            return;
        }
        let document =
            serde_json::to_string(&self.turn.server.handover().state(self.crowd.time())).unwrap();
        let state = serde_json::from_str(&document).unwrap();
        let server = Server::taken_over(self.crowd.model.rules.settings(), state, true);
        // Who was still to be written to is on the list of the new one.
        self.replica.follow_closely(&mut self.turn.server);
        self.turn.take_over(server);
        self.turn.server.storage().keep_journal();
        self.turn
            .server
            .storage()
            .set_archive(self.shelf.archive().filter(|_| self.crowd.model.rules.rooms.kept));
        self.turn.server.status().check_invariants();
        // Who guessed operators' passwords is not told.
        (self.crowd.model.guessed, self.crowd.model.proved) = Default::default();
        self.crowd.seen.handed_over += 1;
        self.crowd.note(format_args!("handed over in {} bytes", document.len()));
    }

    /// Some of what is new is kept, or the disk is full.
    pub(crate) fn save(&mut self) {
        let (most, fails) =
            ([1, 3, 100][self.crowd.random.below(3)], self.crowd.random.below(3) == 0);
        if !self.crowd.model.rules.rooms.kept {
            return;
        }
        let shelf = &self.shelf;
        let saved = self.turn.server.storage().save(most, |batch| {
            // A room that gets another name is moved as a whole.
            let moved = batch.renamed.iter().map(|rename| rename.rows).max().unwrap_or(0);
            let most = batch.gone.len().max(most + 1) + moved;
            assert!(batch.rows() <= most, "{} rows", batch.rows());
            if fails {
                return Err("the disk is full");
            }
            shelf.get_mut().keep(batch);
            shelf.get_mut().0.complete = true;
            Ok(())
        });
        assert_eq!(saved.is_err(), fails);
        if !self.turn.server.status().has_unsaved() {
            self.crowd.model.rooms.compare_with_shelf(&self.shelf.get().0);
        }
        self.crowd.note(format_args!("saved {saved:?}, {most} rows"));
    }

    pub(crate) fn save_all(&mut self) {
        if !self.crowd.model.rules.rooms.kept {
            return;
        }
        for _ in 0..TURNS_MAX {
            if !self.turn.server.status().has_unsaved() {
                return self.crowd.model.rooms.compare_with_shelf(&self.shelf.get().0);
            }
            self.save();
        }
        panic!("there is always more to be saved");
    }
}

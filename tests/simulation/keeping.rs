//! How a run ends: what is kept of it, and what comes of that after a restart.

use std::time::Duration;

use mio_chat::server::Server;
use mio_chat::time::{Time, Wall};

use crate::common::shelf::SharedShelf;
use crate::endpoints::Endpoints;
use crate::rules::Rules;
use crate::wire::Habit;
use crate::world::{SECOND, TURNS_MAX, World};

/// A server with these rules, whose rooms are kept on the shelf if they say so.
pub(crate) fn new_server(rules: &Rules, secret: u8, shelf: &SharedShelf) -> Server {
    let mut server = Server::new(rules.settings(), [secret; 16]);
    server.set_calendar(Time::ZERO, Wall::from_millis(rules.calendar));
    server.set_archive(shelf.archive().filter(|_| rules.rooms.kept));
    server
}

impl World {
    /// Everybody reads, everything arrives, and nothing is owed to anybody in the end.
    pub(crate) fn come_to_rest(&mut self) {
        for wire in self.wires.values_mut().filter(|wire| wire.habit != Habit::Prompt) {
            wire.habit = Habit::Prompt;
            wire.writable_at = Some(self.now);
        }
        for wire in self.wires.values_mut().filter(|wire| wire.is_open()) {
            wire.send(self.now, &mut self.random, b"a line that is never ended");
        }
        self.run_until(self.now + 200 * SECOND);
        for (id, client) in &self.model.clients {
            assert!(client.expected.is_complete(), "{id} never heard {}", client.expected.rest());
            let wire = &self.wires[id];
            assert!(!wire.has_input() || client.ended, "{id} was never heard out");
        }
        self.save_all();
    }

    /// The server says goodbye, and is alone soon.
    pub(crate) fn shut_down(&mut self) {
        let drain = 5 * SECOND;
        self.stopping = true;
        self.server.shutdown(self.time(), Duration::from_nanos(drain));
        self.model.shutdown(self.now, drain);
        self.run_until(self.now + drain + 1);
        assert_eq!(self.server.clients(), 0, "somebody is still there");
        assert_eq!(self.server.held(), 0, "memory is held for nobody");
        self.save_all();
    }

    /// Another server goes on with what was kept of this one.
    pub(crate) fn restart(&mut self) {
        // Or it was killed when all was kept, which nobody can know.
        self.shelf.get_mut().0.complete &= self.random.below(2) == 0;
        let secret = self.random.next() as u8;
        self.server = new_server(&self.model.rules, secret, &self.shelf);
        self.server.restore(self.shelf.get().0.clone());
        self.model.restart(&self.shelf.get().0);
        self.endpoints = Endpoints::default();
        (self.stopping, self.taken) = (false, 0);
    }

    /// Another process goes on, and nobody notices. Whose password is being checked would be told
    /// to try again, so it is left out then.
    pub(crate) fn hand_over(&mut self) {
        if !self.model.checks.is_empty() {
            return;
        }
        let document = serde_json::to_string(&self.server.handed_over(self.time())).unwrap();
        let state = serde_json::from_str(&document).unwrap();
        self.server = Server::taken_over(self.model.rules.settings(), state, true);
        self.server.set_archive(self.shelf.archive().filter(|_| self.model.rules.rooms.kept));
        self.server.check_invariants();
        // Who guessed operators' passwords is not told.
        (self.model.guessed, self.model.proved) = Default::default();
        // Who was still to be written to is on the list of the new one.
        self.flushing.clear();
        self.seen.handed_over += 1;
        self.note(format_args!("handed over in {} bytes", document.len()));
    }

    /// Some of what is new is kept, or the disk is full.
    pub(crate) fn save(&mut self) {
        let (most, fails) = ([1, 3, 100][self.random.below(3)], self.random.below(3) == 0);
        if !self.model.rules.rooms.kept {
            return;
        }
        let shelf = &self.shelf;
        let saved = self.server.save(most, |batch| {
            assert!(batch.rows() <= batch.gone.len().max(most + 1), "{} rows", batch.rows());
            if fails {
                return Err("the disk is full");
            }
            shelf.get_mut().keep(batch);
            shelf.get_mut().0.complete = true;
            Ok(())
        });
        assert_eq!(saved.is_err(), fails);
        if !self.server.has_unsaved() {
            self.model.rooms.compare_with_shelf(&self.shelf.get().0);
        }
        self.note(format_args!("saved {saved:?}, {most} rows"));
    }

    pub(crate) fn save_all(&mut self) {
        if !self.model.rules.rooms.kept {
            return;
        }
        for _ in 0..TURNS_MAX {
            if !self.server.has_unsaved() {
                return self.model.rooms.compare_with_shelf(&self.shelf.get().0);
            }
            self.save();
        }
        panic!("there is always more to be saved");
    }
}

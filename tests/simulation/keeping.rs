//! What is kept of a run while it goes on, and what comes of it after a restart.

use mio_chat::server::Server;
use mio_chat::time::{Time, Wall};

use crate::endpoints::Endpoints;
use crate::world::{TURNS_MAX, World};

impl World {
    /// Another server goes on with what was kept of this one.
    pub(crate) fn restart(&mut self) {
        self.shelf.0.complete = self.random.below(2) == 0;
        self.server = Server::new(self.model.rules.settings(), [8; 16]);
        self.server.restore(self.shelf.0.clone());
        let calendar = Wall::from_millis(self.model.rules.calendar);
        self.server.set_calendar(Time::ZERO, calendar);
        self.model.restart(&self.shelf.0);
        self.shelf.0.complete = true;
        self.endpoints = Endpoints::default();
        (self.stopping, self.taken) = (false, 0);
    }

    /// Some of what is new is kept, or the disk is full.
    pub(crate) fn save(&mut self) {
        let (most, fails) = ([1, 3, 100][self.random.below(3)], self.random.below(3) == 0);
        let shelf = &mut self.shelf;
        let saved = self.server.save(most, |batch| {
            assert!(batch.rows() <= batch.gone.len().max(most + 1), "{} rows", batch.rows());
            if fails {
                return Err("the disk is full");
            }
            shelf.keep(batch);
            Ok(())
        });
        assert_eq!(saved.is_err(), fails);
        if !self.server.has_unsaved() {
            self.model.rooms.compare_with_shelf(&self.shelf.0);
        }
        self.note(format_args!("saved {saved:?}, {most} rows"));
    }

    pub(crate) fn save_all(&mut self) {
        for _ in 0..TURNS_MAX {
            if !self.server.has_unsaved() {
                return self.model.rooms.compare_with_shelf(&self.shelf.0);
            }
            self.save();
        }
        panic!("there is always more to be saved");
    }
}

//! A store in memory, as simple as it can be: what a disk would hold after each batch.

use mio_chat::chat::{Batch, KeptRoom, Snapshot};

/// All that was kept.
#[derive(Clone, Debug)]
pub(crate) struct Shelf(pub(crate) Snapshot);

impl Default for Shelf {
    fn default() -> Self {
        Self(Snapshot { epoch: 0, last: 0, torn: 0, complete: true, rooms: Vec::new() })
    }
}

impl Shelf {
    pub(crate) fn keep(&mut self, batch: &Batch<'_>) {
        let kept = &mut self.0;
        (kept.epoch, kept.last, kept.torn) = (batch.epoch, batch.last, batch.torn);
        for gone in batch.gone {
            kept.rooms.retain(|room| room.name.key() != gone.key());
        }
        for changes in &batch.rooms {
            let same = |room: &&mut KeptRoom| room.name.key() == changes.name.key();
            if kept.rooms.iter_mut().find(same).is_none() {
                kept.rooms.push(KeptRoom {
                    name: changes.name.clone(),
                    charter: Default::default(),
                    messages: Vec::new(),
                    forgotten: 0,
                });
            }
            let room = kept.rooms.iter_mut().find(same).expect("it was put there");
            if let Some(charter) = changes.charter {
                room.charter = charter.clone();
            }
            room.messages.extend(changes.said.iter().map(|message| (*message).clone()));
            room.messages.retain(|message| message.stamp.number > changes.forgotten);
            room.forgotten = changes.forgotten;
        }
    }
}

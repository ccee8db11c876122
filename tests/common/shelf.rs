//! A store in memory, as simple as it can be: what a disk would hold after each batch.

#![allow(clippy::disallowed_types, reason = "a test looks at what the server keeps")]

use std::cell::{Ref, RefCell, RefMut};
use std::collections::BTreeMap;
use std::rc::Rc;

use mio_chat::chat::{
    Archive, ConversationRef, MailboxChanges, Metadata, NameKey, ReadMark, RoomName, RoomRename,
    SaveBatch, StoredBelongings, StoredLobby, StoredPrivateMessage, StoredRoom, Unreadable,
};

/// All that was kept: rooms and accounts, and what belongs to accounts.
#[derive(Clone, Debug)]
pub(crate) struct Shelf(pub(crate) StoredLobby, BTreeMap<NameKey, Belongings>);

/// What belongs to an account; each mark at its place.
#[derive(Clone, Debug, Default)]
struct Belongings {
    marks: BTreeMap<usize, ReadMark>,
    metadata: Metadata,
}

/// A shelf that a server looks at while others put things on it.
#[derive(Clone, Debug, Default)]
pub(crate) struct SharedShelf {
    shelf: Rc<RefCell<Shelf>>,
    /// Nothing can be read.
    pub(crate) is_broken: Rc<RefCell<bool>>,
}

impl SharedShelf {
    pub(crate) fn get(&self) -> Ref<'_, Shelf> {
        self.shelf.borrow()
    }

    pub(crate) fn get_mut(&self) -> RefMut<'_, Shelf> {
        self.shelf.borrow_mut()
    }

    /// For a server.
    pub(crate) fn archive(&self) -> Option<Box<dyn Archive>> {
        Some(Box::new(self.clone()))
    }
}

impl Archive for SharedShelf {
    fn room(&self, name: &RoomName) -> Result<Option<StoredRoom>, Unreadable> {
        if *self.is_broken.borrow() {
            return Err(Unreadable);
        }
        let shelf = self.shelf.borrow();
        let mut rooms = shelf.0.rooms.iter();
        Ok(rooms.find(|room| room.name.key() == name.key()).cloned())
    }

    fn belongings(&self, account: &NameKey) -> Result<StoredBelongings, Unreadable> {
        if *self.is_broken.borrow() {
            return Err(Unreadable);
        }
        let kept = self.shelf.borrow().1.get(account).cloned().unwrap_or_default();
        let (marks, metadata) = (kept.marks.into_values().collect(), kept.metadata);
        Ok(StoredBelongings { marks, metadata })
    }
}

impl Default for Shelf {
    fn default() -> Self {
        let lobby = StoredLobby {
            epoch: 0,
            last: 0,
            gap_before: 0,
            complete: true,
            ..StoredLobby::default()
        };
        Self(lobby, BTreeMap::new())
    }
}

impl Shelf {
    fn rename(&mut self, RoomRename { old, new, .. }: &RoomRename) {
        let (old_key, new_key) = (old.key(), new.key());
        self.0.rooms.retain(|room| room.name.key() != new_key);
        for room in self.0.rooms.iter_mut().filter(|room| room.name.key() == old_key) {
            room.name = new.clone();
            let salt = room.settings.salt.take().unwrap_or_else(|| old_key.clone());
            room.settings.salt = Some(salt).filter(|salt| *salt != new_key);
        }
        let [old, new] = [old, new].map(|name| ConversationRef::Room(name).key());
        for mark in self.1.values_mut().flat_map(|kept| kept.marks.values_mut()) {
            if mark.conversation == old {
                mark.conversation = new.clone();
            } else if mark.conversation == new {
                mark.conversation = old.clone();
            }
        }
    }

    pub(crate) fn keep(&mut self, batch: &SaveBatch<'_>) {
        let kept = &mut self.0;
        kept.cloaks = batch.cloaks;
        (kept.epoch, kept.last, kept.gap_before) = (batch.epoch, batch.last, batch.gap_before);
        for gone in batch.gone {
            kept.rooms.retain(|room| room.name.key() != gone.key());
        }
        batch.renamed.iter().for_each(|rename| self.rename(rename));
        let kept = &mut self.0;
        for room in &mut kept.rooms {
            room.messages.retain(|message| !batch.redacted.contains(&message.id.number));
        }
        for account in &batch.accounts {
            kept.accounts.retain(|kept| kept.key() != account.key());
            kept.accounts.push((*account).clone());
        }
        for changes in &batch.belongings {
            let kept = self.1.entry(changes.account.clone()).or_default();
            if let Some(metadata) = changes.metadata {
                kept.metadata = metadata.clone();
            }
            kept.marks.extend(changes.marks.iter().map(|(place, mark)| (*place, (*mark).clone())));
        }
        for MailboxChanges { account, forgotten, gone, new } in &batch.mailboxes {
            kept.private.retain(|it| {
                it.account != **account || (it.place > *forgotten && !gone.contains(&it.place))
            });
            kept.private.extend(new.iter().map(|(place, message)| StoredPrivateMessage {
                account: (*account).clone(),
                place: *place,
                message: (*message).clone(),
            }));
        }
        for changes in &batch.rooms {
            let same = |room: &&mut StoredRoom| room.name.key() == changes.name.key();
            if kept.rooms.iter_mut().find(same).is_none() {
                kept.rooms.push(StoredRoom {
                    name: changes.name.clone(),
                    settings: Default::default(),
                    messages: Vec::new(),
                    forgotten: 0,
                    standing: changes.standing,
                });
            }
            let room = kept.rooms.iter_mut().find(same).expect("it was put there");
            if let Some(settings) = changes.settings {
                (room.name, room.settings) = (changes.name.clone(), settings.clone());
            }
            room.messages.extend(changes.said.iter().map(|message| (*message).clone()));
            room.messages.retain(|message| message.id.number > changes.forgotten);
            (room.forgotten, room.standing) = (changes.forgotten, changes.standing);
        }
    }
}

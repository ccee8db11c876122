//! Read marks: a client says up to when a conversation was read, and its other devices are told.

use super::Lobby;
use crate::chat::name::{Nickname, RoomName};
use crate::chat::outlet::Outlet;
use crate::chat::read_marks::{Conversation, ConversationRef};
use crate::chat::refusal::{Refusal, quoted};
use crate::chat::reply::Reply;
use crate::id::ClientId;
use crate::time::UnixTime;

impl Lobby {
    /// Moves the mark of a conversation forward, if it is before `read`, and tells the client where
    /// it is. There need be no such room and nobody who is called so.
    pub(super) fn mark_read(
        &mut self,
        id: ClientId,
        conversation: Conversation<'_>,
        read: Option<UnixTime>,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        match conversation {
            Conversation::Room(typed) => {
                let name = RoomName::parse(typed, self.settings.alphabet)?;
                let found = self.rooms.find(&name);
                let open = found.and_then(|room| Some((room, self.rooms.get(room)?)));
                // As it is written there, if that is for the client to know.
                let open = open.filter(|(room, open)| self.may_see(id, *room, open));
                let name = open.map_or(name, |(_, open)| open.name.clone());
                self.mark(id, ConversationRef::Room(&name), read, outlet)
            }
            Conversation::Person(typed) => {
                let named = || Refusal::NobodyNamed(quoted(typed));
                let name = Nickname::restored(typed).ok_or_else(named)?;
                self.mark(id, ConversationRef::Person(&name), read, outlet)
            }
        }
    }

    fn mark(
        &mut self,
        id: ClientId,
        conversation: ConversationRef<'_>,
        read: Option<UnixTime>,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        let holder = self.holder_in_memory(id)?;
        let key = conversation.key();
        let marked = |lobby: &Self| lobby.belongings.of(&holder).and_then(|it| it.marks.get(&key));
        let before = marked(self);
        // Nothing was read that is still to be said.
        let read = read.map(|read| read.min(self.now)).filter(|read| Some(*read) > before);
        if let Some(read) = read {
            self.belongings.change(&holder).marks.advance(&key, read);
        }
        let at = read.or(before);
        outlet.reply(id, &Reply::ReadUpTo { conversation, at });
        let account = self.accounts.stored_key_of(id).filter(|_| read.is_some());
        for other in account.into_iter().flat_map(|account| self.accounts.clients_of(account)) {
            if *other != id {
                outlet.reply(*other, &Reply::ReadUpTo { conversation, at });
            }
        }
        Ok(())
    }

    /// Tells a member that comes into a room up to when it has read there.
    pub(super) fn tell_read_mark(
        &mut self,
        id: ClientId,
        room: &RoomName,
        outlet: &mut impl Outlet,
    ) {
        let Ok(holder) = self.holder_in_memory(id) else { return };
        let conversation = ConversationRef::Room(room);
        let own = self.belongings.of(&holder);
        let at = own.and_then(|own| own.marks.get(&conversation.key()));
        outlet.reply(id, &Reply::ReadUpTo { conversation, at });
    }
}

//! Listeners: clients without a nickname that hear a room and are not in it.
//!
//! A listener is nobody to the members: it is not named, not counted as one of them, and says
//! nothing. A room with listeners stays in memory as one with members does. Bans on an address are
//! on listeners, too; those on a name and mutes cannot be. A room that needs a password has none.

use super::talking::active;
use super::{Context, Lobby};
use crate::chat::command::Recall;
use crate::chat::message::HistoryCursor;
use crate::chat::name::RoomName;
use crate::chat::network::Network;
use crate::chat::outlet::Outlet;
use crate::chat::refusal::Refusal;
use crate::chat::reply::{Farewell, Recalled, Reply};
use crate::chat::room::RoomId;
use crate::chat::room_refusal::RoomRefusal;
use crate::id::ClientId;
use crate::time::UnixTime;

impl Lobby {
    /// Finds a room that somebody from this network wants to listen to, in memory or in the
    /// archive.
    ///
    /// # Errors
    /// There is no such room, or it may not be listened to from there; which of these is not to be
    /// told to somebody who has no nickname.
    pub fn room_to_hear(
        &mut self,
        typed: &str,
        network: Option<Network>,
        now: UnixTime,
        outlet: &mut impl Outlet,
    ) -> Result<RoomId, Refusal> {
        self.now = now;
        let name = RoomName::parse(typed, self.settings.alphabet)?;
        self.check_address(RoomId::MAIN, network, now)?;
        let found = self.find_or_recall(&name, outlet)?;
        let room = found.ok_or(Refusal::NoRoomNamed(name))?;
        self.check_address(room, network, now)?;
        match self.rooms.get(room) {
            Some(open) if open.settings.password.is_some() => {
                Err(Refusal::PasswordNeeded(open.name.clone()))
            }
            Some(open) if !open.settings.is_open() => {
                Err(RoomRefusal::InvitedOnly(open.name.clone()).into())
            }
            _ => Ok(room),
        }
    }

    /// Tells a client what happens in a room from now on, after what was said since it was there
    /// last, if it knows when that was. The room was found by [`Lobby::room_to_hear`] just now.
    pub fn listen(
        &mut self,
        id: ClientId,
        room: RoomId,
        since: Option<HistoryCursor>,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        if self.is_member(id) || self.listeners.contains_key(&id) {
            return;
        }
        let Some(open) = self.rooms.get(room) else { return };
        let (replay, which) = match since {
            Some(cursor) => self.replay_of(open, Recall::After(cursor)),
            None => (open.history.last(0), Recalled::Last),
        };
        outlet.replay(id, &self.recollection(room, open, replay, which, context.now));
        self.rooms.add_listener(room);
        self.listeners.insert(id, room);
        outlet.subscribe(room, id);
    }

    /// Tells a listener nothing more.
    pub(super) fn stop_listening(&mut self, id: ClientId, outlet: &mut impl Outlet) {
        if let Some(room) = self.listeners.remove(&id) {
            outlet.unsubscribe(room, id);
            self.rooms.remove_listener(room);
        }
    }

    /// When something was said in the room that a client listens to, if that is remembered.
    pub fn heard_last(&self, id: ClientId) -> Option<UnixTime> {
        let room = self.rooms.get(*self.listeners.get(&id)?)?;
        room.history.last(1).iter().next().map(|message| message.id.at)
    }

    /// Whether a client listens to a room.
    pub fn is_listening(&self, id: ClientId) -> bool {
        self.listeners.contains_key(&id)
    }

    /// The number of listeners.
    pub fn listeners(&self) -> usize {
        self.listeners.len()
    }

    /// Sends the listeners of a room away, which not everybody may enter any more.
    pub(super) fn put_out_listeners(&mut self, room: RoomId, outlet: &mut impl Outlet) {
        for id in self.listeners_to(|_, heard| heard == room) {
            if let Some(open) = self.rooms.get(room).filter(|it| it.settings.password.is_some()) {
                outlet.reply(id, &Reply::PasswordSet { room: &open.name, needed: true });
            }
            self.expel_listener(id, Farewell::Kicked, outlet);
        }
    }

    /// Sends the listeners away who are banned from a room by their network; from all, if they are
    /// banned from the server.
    pub(super) fn ban_listeners(
        &mut self,
        room: RoomId,
        network: Network,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let is_meant = |id, heard| {
            (room == RoomId::MAIN || heard == room) && (context.network_of)(id) == Some(network)
        };
        for id in self.listeners_to(is_meant) {
            if let Err(banned) = self.check_address(room, Some(network), context.now) {
                outlet.reply(id, &Reply::Refused(&banned));
            }
            self.expel_listener(id, Farewell::Banned, outlet);
        }
    }

    fn listeners_to(&self, is_meant: impl Fn(ClientId, RoomId) -> bool) -> Vec<ClientId> {
        let meant = self.listeners.iter().filter(|(id, room)| is_meant(**id, **room));
        meant.map(|(id, _)| *id).collect()
    }

    fn expel_listener(&mut self, id: ClientId, farewell: Farewell, outlet: &mut impl Outlet) {
        self.stop_listening(id, outlet);
        self.expelled.push((id, farewell));
    }

    /// Checks that no ban keeps out everybody from a network.
    fn check_address(
        &self,
        room: RoomId,
        network: Option<Network>,
        now: UnixTime,
    ) -> Result<(), Refusal> {
        let Some(open) = self.rooms.get(room) else { return Ok(()) };
        let sanctions = &open.settings.sanctions;
        match network.and_then(|network| sanctions.ban_from(network, now)) {
            Some(ban) => Err(Refusal::Banned(active(open, ban, now))),
            None => Ok(()),
        }
    }

    /// Panics where a room and its listeners disagree. For tests.
    pub(super) fn check_listeners(&self) {
        for (id, room) in self.rooms.iter() {
            let listeners = self.listeners.values().filter(|heard| **heard == id).count();
            assert_eq!(room.listeners(), listeners, "listeners of {}", room.name.as_str());
        }
        for (id, room) in &self.listeners {
            assert!(self.rooms.get(*room).is_some(), "{id} hears a room that has closed");
            assert!(!self.is_member(*id), "{id}: a listener with a nickname");
        }
    }
}

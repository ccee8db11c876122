//! Coming into rooms and leaving them, and how those who are there hear of it.
//!
//! In a big room, comings and goings would be most of what anybody is sent: 10,000 people who come
//! one after the other are 50 million lines. Above a threshold they are counted, and told once in a
//! while as a digest; who comes is told its own coming at once.

use super::{Context, Lobby};
use crate::chat::command::Landing;
use crate::chat::digest::Digest;
use crate::chat::event::RoomEvent;
use crate::chat::name::RoomName;
use crate::chat::outlet::{Outlet, Recollection};
use crate::chat::refusal::Refusal;
use crate::chat::reply::{Recalled, Reply};
use crate::chat::room::{RoomId, Seat};
use crate::chat::standing::founder;
use crate::id::ClientId;
use crate::limits::{REPLAYED_MESSAGES, ROOMS_PER_MEMBER_MAX};

impl Lobby {
    pub(super) fn join(
        &mut self,
        id: ClientId,
        (typed, password): (&str, Option<&str>),
        stay: bool,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        let name = RoomName::parse(typed, self.settings.alphabet)?;
        let found = self.find_or_recall(&name, outlet)?;
        let Some(member) = self.members.get(id) else { return Ok(()) };
        if found.is_some_and(|room| member.seat_in(room).is_some()) {
            return self.join_again(id, found, name, password, outlet);
        }
        if stay && member.seats.len() >= ROOMS_PER_MEMBER_MAX {
            return Err(Refusal::InTooManyRooms);
        }
        let owns = found.is_some_and(|room| self.is_key_of(room, password));
        let room = match found {
            // Nobody can keep the owner out.
            Some(room) if owns => room,
            Some(room) => {
                self.check_ban(id, &member.nickname, room, context)?;
                self.check_password(id, room, password, context)?;
                room
            }
            // Most likely a name with a space in it.
            None if password.is_some() => return Err(Refusal::NameCharacter),
            None => self.make_room(id, name, context, outlet)?,
        };
        if !stay {
            while let Some(left) = self.members.get(id).and_then(|member| member.active_room()) {
                self.exit(id, left, outlet);
            }
        }
        self.enter(id, room, context, outlet);
        if found.is_none() {
            self.endow(id, room, outlet);
        } else if owns {
            self.recognize(id, room, outlet);
        }
        Ok(())
    }

    /// Somebody who is in a room joins it: refused, but not to its owner who brings the key.
    fn join_again(
        &mut self,
        id: ClientId,
        found: Option<RoomId>,
        name: RoomName,
        key: Option<&str>,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        // By the room's own name, which may be written otherwise.
        let Some(room) = found else { return Err(Refusal::AlreadyInRoom(name)) };
        let is_owner = self.rooms.get(room).is_some_and(|open| open.owner == Some(id));
        if is_owner || !self.is_key_of(room, key) {
            return Err(Refusal::AlreadyInRoom(self.room_name(room)));
        }
        self.recognize(id, room, outlet);
        Ok(())
    }

    /// Who may keep order everywhere needs no password, and for a room without one none is right.
    fn check_password(
        &mut self,
        id: ClientId,
        room: RoomId,
        password: Option<&str>,
        context: &Context<'_>,
    ) -> Result<(), Refusal> {
        let keeps_order = self.keeps_order(id, room);
        let Some(open) = self.rooms.get_mut(room) else { return Ok(()) };
        let (digest, typed) = match (open.charter.password, password) {
            (None, None) => return Ok(()),
            (None, Some(_)) => return Err(Refusal::NameCharacter),
            (Some(_), _) if keeps_order => return Ok(()),
            (Some(_), None) => return Err(Refusal::PasswordNeeded(open.name.clone())),
            (Some(digest), Some(typed)) => (digest, typed),
        };
        let network = (context.network_of)(id);
        let pause = network.and_then(|network| open.guesses.pause(context.now, network));
        if let Some(lasts) = pause {
            return Err(Refusal::PasswordPaused { room: open.name.clone(), lasts });
        }
        let is_right = Digest::of(&open.name.key(), typed) == digest;
        match network {
            Some(network) if is_right => open.guesses.note_right(network),
            Some(network) => open.guesses.note_wrong(context.now, network),
            None => {}
        }
        if is_right { Ok(()) } else { Err(Refusal::PasswordWrong(open.name.clone())) }
    }

    fn make_room(
        &mut self,
        id: ClientId,
        name: RoomName,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> Result<RoomId, Refusal> {
        let founder = founder((context.network_of)(id));
        self.make_way(Some(founder), outlet)?;
        Ok(self.rooms.open(name, self.numbers.last, founder, context.now))
    }

    pub(super) fn leave_room(
        &mut self,
        id: ClientId,
        typed: Option<&str>,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        let Some(member) = self.members.get(id) else { return Ok(()) };
        let room = self.own_room(member, typed)?;
        let lands_here = room == RoomId::MAIN && member.wishes.landing == Landing::Main;
        if member.seats.len() == 1 && lands_here {
            return Err(Refusal::NowhereToLeaveTo);
        }
        self.move_out(id, room, context, outlet);
        Ok(())
    }

    /// Takes a member out of a room. Who is nowhere else then is where it landed at first.
    pub(super) fn move_out(
        &mut self,
        id: ClientId,
        room: RoomId,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        self.exit(id, room, outlet);
        self.land(id, context, outlet);
    }

    /// Has a member that is in no room be in `main`, unless it wants to be nowhere.
    pub(super) fn land(&mut self, id: ClientId, context: &Context<'_>, outlet: &mut impl Outlet) {
        let Some(member) = self.members.get(id) else { return };
        if member.seats.is_empty() && member.wishes.landing == Landing::Main {
            self.enter(id, RoomId::MAIN, context, outlet);
        }
    }

    /// Seats a member in one more room and tells everyone there, the newcomer included.
    pub(super) fn enter(
        &mut self,
        id: ClientId,
        room: RoomId,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        self.note_used(room);
        self.read_history_to(id, room, context, outlet);
        let Some(member) = self.members.get_mut(id) else { return };
        member.seats.push(self.rooms.seat(room, id));
        outlet.subscribe(room, id);
        let (Some(member), Some(open)) = (self.members.get(id), self.rooms.get_mut(room)) else {
            return;
        };
        let here = open.len();
        let who = &member.nickname;
        if here > self.settings.digest_above {
            open.arrivals += 1;
            outlet.reply(id, &Reply::Joined { room: &open.name, who });
            self.note_untold(room);
        } else {
            self.publish(room, id, &RoomEvent::Joined { who }, outlet);
        }
        if let Some(open) = self.rooms.get(room) {
            outlet.reply(id, &Reply::Entered { room: &open.name, others: here - 1 });
            if open.charter.topic.is_some() {
                self.tell_topic(id, room, outlet);
            }
        }
    }

    /// What was said there before.
    fn read_history_to(
        &self,
        id: ClientId,
        room: RoomId,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let (Some(member), Some(open)) = (self.members.get(id), self.rooms.get(room)) else {
            return;
        };
        let replay = open.history.screenful(REPLAYED_MESSAGES);
        if member.wishes.reads_history() {
            let recollection = self.recollection(room, open, replay, Recalled::Last, context.now);
            outlet.replay(id, &Recollection { asked: false, ..recollection });
        }
    }

    /// Takes a member out of one room and tells those who stay.
    fn exit(&mut self, id: ClientId, room: RoomId, outlet: &mut impl Outlet) {
        let Some(member) = self.members.get_mut(id) else { return };
        let Some(index) = member.seats.iter().position(|seat| seat.room == room) else { return };
        let seat = member.seats.remove(index);
        self.vacate(seat, id, outlet);
        if !self.count_departure(room)
            && let Some(who) = self.nickname(id)
        {
            self.publish(room, id, &RoomEvent::Left { who }, outlet);
        }
    }

    /// Counts somebody who has left a room, if those who are there are told in numbers. Whether
    /// they are.
    pub(super) fn count_departure(&mut self, room: RoomId) -> bool {
        let most = self.settings.digest_above.max(1);
        let Some(open) = self.rooms.get_mut(room).filter(|open| open.len() >= most) else {
            return false;
        };
        open.departures += 1;
        self.note_untold(room);
        true
    }

    /// Empties a member's seat; whoever moved into the gap learns its new place.
    pub(super) fn vacate(&mut self, seat: Seat, id: ClientId, outlet: &mut impl Outlet) {
        self.note_used(seat.room);
        outlet.unsubscribe(seat.room, id);
        let Some(moved) = self.rooms.unseat(seat) else { return };
        let Some(member) = self.members.get_mut(moved) else { return };
        if let Some(moved) = member.seats.iter_mut().find(|other| other.room == seat.room) {
            moved.place = seat.place;
        }
    }

    fn note_untold(&mut self, room: RoomId) {
        if !self.digests.contains(&room) {
            self.digests.push(room);
        }
    }

    /// Whether some room waits for a digest.
    pub fn has_digests(&self) -> bool {
        !self.digests.is_empty()
    }

    /// Tells every room that waits for it who has come and gone.
    pub fn tell_digests(&mut self, outlet: &mut impl Outlet) {
        for room in std::mem::take(&mut self.digests) {
            let Some(open) = self.rooms.get_mut(room) else { continue };
            let joined = std::mem::take(&mut open.arrivals);
            let left = std::mem::take(&mut open.departures);
            let here = open.len();
            let Some(anybody) = open.members().next() else { continue };
            if joined + left > 0 {
                self.publish(room, anybody, &RoomEvent::Digest { joined, left, here }, outlet);
            }
        }
    }
}

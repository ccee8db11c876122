//! Every member and every room: where commands are carried out.
//!
//! The lobby decides; telling people is left to the [`Outlet`]. A refused command changes nothing.
//!
//! Invariants, held by [`Lobby::check_invariants`]:
//! - the name index holds the key of every member's nickname and nothing else;
//! - a member's seat names a room whose member at that place is this member, and every place in a
//!   room is somebody's seat;
//! - every member sits somewhere, and no room but `main` is empty.

use super::command::{Command, Outcome};
use super::event::{Audience, Event, Outlet};
use super::member::Member;
use super::name::{Alphabet, NameKey, Nickname, RoomName};
use super::names::Names;
use super::refusal::{Refusal, Verb, quoted};
use super::room::{Room, RoomId, Rooms, Seat, Vacancy};
use super::text::clean;
use crate::id::{ClientId, SideTable};
use crate::limits::{LISTED_MAX, ROOMS_PER_MEMBER_MAX};

/// What an operator may choose.
#[derive(Clone, Copy, Debug)]
pub struct LobbySettings {
    /// Letters for names.
    pub alphabet: Alphabet,
    /// Rooms open at once.
    pub rooms_max: usize,
}

/// Everyone with a nickname, and where they sit.
#[derive(Debug)]
pub struct Lobby {
    members: SideTable<Member>,
    names: Names,
    rooms: Rooms,
    alphabet: Alphabet,
}

impl Lobby {
    /// A lobby with an empty `main`.
    pub fn new(settings: LobbySettings) -> Self {
        Self {
            members: SideTable::default(),
            names: Names::default(),
            rooms: Rooms::new(settings.rooms_max),
            alphabet: settings.alphabet,
        }
    }

    /// Carries out one command; a refusal is told to the client that asked.
    pub fn execute<'a>(
        &mut self,
        id: ClientId,
        command: Command<'a>,
        outlet: &mut impl Outlet,
    ) -> Outcome<'a> {
        let answer = if self.is_member(id) {
            self.obey_member(id, command, outlet)
        } else {
            self.obey_stranger(id, command, outlet)
        };
        answer.unwrap_or_else(|refusal| {
            outlet.tell(id, Event::Refused(&refusal));
            Outcome::Stays
        })
    }

    /// Takes a client out of every room, and tells those who stay. A stranger just goes.
    pub fn leave(&mut self, id: ClientId, outlet: &mut impl Outlet) {
        let Some(mut member) = self.members.remove(id) else { return };
        self.names.remove(id, member.name_hash);
        while let Some(seat) = member.seats.pop() {
            self.vacate(seat, outlet);
            self.publish(seat.room, id, Event::Left { who: &member.nickname }, outlet);
        }
    }

    /// Gives back memory that a crowd has needed and the present does not.
    pub fn trim(&mut self) {
        self.names.trim(&self.members);
        self.rooms.trim();
    }

    /// Whether this client has a nickname.
    pub fn is_member(&self, id: ClientId) -> bool {
        self.members.contains(id)
    }

    /// The nickname of a client that has one.
    pub fn nickname(&self, id: ClientId) -> Option<&Nickname> {
        self.members.get(id).map(|member| &member.nickname)
    }

    /// How many clients have a nickname.
    pub fn members(&self) -> usize {
        self.members.len()
    }

    /// How many rooms are open.
    pub fn rooms(&self) -> usize {
        self.rooms.len()
    }

    /// Panics where the tables disagree with each other. For tests; takes as long as it takes.
    pub fn check_invariants(&self) {
        assert_eq!(self.names.len(), self.members.len(), "one name per member");
        let mut seats = 0;
        for (id, member) in self.members.iter() {
            let found = self.names.find(&member.nickname.key(), &self.members);
            assert_eq!(found, Some(id), "{id}: name not indexed");
            assert!(!member.seats.is_empty(), "{id}: sits nowhere");
            for seat in &member.seats {
                let room = self.rooms.get(seat.room).expect("a seat is in an open room");
                assert_eq!(room.members.get(seat.place as usize), Some(&id), "{id}: wrong place");
            }
            seats += member.seats.len();
        }
        let places: usize = self.rooms.iter().map(|(_, room)| room.members.len()).sum();
        assert_eq!(places, seats, "a place without its member");
        for (id, room) in self.rooms.iter() {
            assert!(id == RoomId::MAIN || !room.members.is_empty(), "an empty room is open");
            assert_eq!(self.rooms.find(&room.name), Some(id), "a room is not indexed");
        }
    }

    fn obey_stranger(
        &mut self,
        id: ClientId,
        command: Command<'_>,
        outlet: &mut impl Outlet,
    ) -> Result<Outcome<'static>, Refusal> {
        match command {
            Command::Nick(typed) => self.register(id, typed, outlet)?,
            Command::Quit => return Ok(Outcome::Quits),
            _ => return Err(Refusal::NicknameFirst),
        }
        Ok(Outcome::Stays)
    }

    fn obey_member<'a>(
        &mut self,
        id: ClientId,
        command: Command<'a>,
        outlet: &mut impl Outlet,
    ) -> Result<Outcome<'a>, Refusal> {
        match command {
            Command::Say { room, text } => {
                self.speak(id, room, text, outlet, |who, text| Event::Said { who, text })?;
            }
            Command::Act { room, text } => {
                self.speak(id, room, text, outlet, |who, text| Event::Acted { who, text })?;
            }
            Command::Whisper { to, text } => self.whisper(id, to, text, outlet)?,
            Command::Nick(typed) => {
                self.rename(id, typed, outlet)?;
                return Ok(Outcome::Renamed);
            }
            Command::Join { room, stay } => self.join(id, room, stay, outlet)?,
            Command::Leave { room } => self.leave_room(id, room, outlet)?,
            Command::Rooms => self.list_rooms(id, outlet),
            Command::Who { room } => self.list_people(id, room, outlet)?,
            Command::Match { queue, players } => return Ok(Outcome::SeeksMatch { queue, players }),
            Command::MatchOff => return Ok(Outcome::StopsSeeking),
            Command::Invite { to } => return self.find_friend(id, to).map(Outcome::Invites),
            Command::Help => outlet.tell(id, Event::Help),
            Command::Quit => return Ok(Outcome::Quits),
        }
        Ok(Outcome::Stays)
    }

    fn register(
        &mut self,
        id: ClientId,
        typed: &str,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        let nickname = self.free_nickname(id, typed)?;
        let hash = self.names.hash(&nickname.key());
        self.members.insert(id, Member::new(nickname, hash));
        self.names.insert(id, &self.members);
        outlet.tell(id, Event::Welcome);
        self.enter(id, RoomId::MAIN, outlet);
        Ok(())
    }

    fn rename(
        &mut self,
        id: ClientId,
        typed: &str,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        let nickname = self.free_nickname(id, typed)?;
        let Some(member) = self.members.get_mut(id) else { return Ok(()) };
        if member.nickname == nickname {
            return Err(Refusal::AlreadyCalled(nickname));
        }
        let new_hash = self.names.hash(&nickname.key());
        let old = std::mem::replace(&mut member.nickname, nickname);
        let old_hash = std::mem::replace(&mut member.name_hash, new_hash);
        self.names.remove(id, old_hash);
        self.names.insert(id, &self.members);
        let Some(member) = self.members.get(id) else { return Ok(()) };
        let event = Event::Renamed { old: &old, new: &member.nickname };
        for seat in &member.seats {
            self.publish(seat.room, id, event, outlet);
        }
        Ok(())
    }

    /// The nickname that `typed` stands for, unless somebody else has it or one like it.
    fn free_nickname(&self, id: ClientId, typed: &str) -> Result<Nickname, Refusal> {
        let nickname = Nickname::parse(typed, self.alphabet)?;
        match self.names.find(&nickname.key(), &self.members) {
            Some(holder) if holder != id => Err(Refusal::NicknameTaken(nickname)),
            _ => Ok(nickname),
        }
    }

    fn speak(
        &self,
        id: ClientId,
        room: Option<&str>,
        text: &str,
        outlet: &mut impl Outlet,
        event: impl for<'e> FnOnce(&'e Nickname, &'e str) -> Event<'e>,
    ) -> Result<(), Refusal> {
        let Some(member) = self.members.get(id) else { return Ok(()) };
        let room = self.own_room(member, room)?;
        let text = clean(text);
        if !text.trim().is_empty() {
            self.publish(room, id, event(&member.nickname, &text), outlet);
        }
        Ok(())
    }

    fn whisper(
        &self,
        id: ClientId,
        to: &str,
        text: &str,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        let receiver = self.find_member(to)?;
        if receiver == id {
            return Err(Refusal::ToYourself);
        }
        let text = clean(text);
        if text.trim().is_empty() {
            return Err(Refusal::Incomplete(Verb::Msg));
        }
        if let (Some(from), Some(to)) = (self.nickname(id), self.nickname(receiver)) {
            outlet.tell(receiver, Event::Whispered { from, text: &text });
            outlet.tell(id, Event::WhisperSent { to, text: &text });
        }
        Ok(())
    }

    fn find_friend(&self, id: ClientId, typed: &str) -> Result<ClientId, Refusal> {
        let friend = self.find_member(typed)?;
        if friend == id { Err(Refusal::InvitesSelf) } else { Ok(friend) }
    }

    fn find_member(&self, typed: &str) -> Result<ClientId, Refusal> {
        let found = self.names.find(&NameKey::of(typed), &self.members);
        found.ok_or_else(|| Refusal::NobodyNamed(quoted(typed)))
    }

    fn join(
        &mut self,
        id: ClientId,
        typed: &str,
        stay: bool,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        let name = RoomName::parse(typed, self.alphabet)?;
        let Some(member) = self.members.get(id) else { return Ok(()) };
        if let Some(room) = self.rooms.find(&name)
            && member.seat_in(room).is_some()
        {
            // By the room's own name, which may be written otherwise.
            let own = self.rooms.get(room).map(|room| room.name.clone());
            return Err(Refusal::AlreadyInRoom(own.unwrap_or(name)));
        }
        if stay && member.seats.len() >= ROOMS_PER_MEMBER_MAX {
            return Err(Refusal::InTooManyRooms);
        }
        let room = self.rooms.find_or_open(name)?;
        if !stay {
            while let Some(left) = self.active_room(id) {
                self.exit(id, left, outlet);
            }
        }
        self.enter(id, room, outlet);
        Ok(())
    }

    fn leave_room(
        &mut self,
        id: ClientId,
        typed: Option<&str>,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        let Some(member) = self.members.get(id) else { return Ok(()) };
        let room = self.own_room(member, typed)?;
        let last = member.seats.len() == 1;
        if last && room == RoomId::MAIN {
            return Err(Refusal::NowhereToLeaveTo);
        }
        self.exit(id, room, outlet);
        if last {
            self.enter(id, RoomId::MAIN, outlet);
        }
        Ok(())
    }

    /// Lists the fullest rooms first: those are what a newcomer looks for.
    fn list_rooms(&self, id: ClientId, outlet: &mut impl Outlet) {
        let mut rooms: Vec<(&RoomName, usize)> =
            self.rooms.iter().map(|(_, room)| (&room.name, room.members.len())).collect();
        rooms.sort_by(|(name, members), (other, others)| {
            others.cmp(members).then_with(|| name.as_str().cmp(other.as_str()))
        });
        let more = rooms.len().saturating_sub(LISTED_MAX);
        rooms.truncate(LISTED_MAX);
        outlet.tell(id, Event::Rooms { rooms: &rooms, more });
    }

    fn list_people(
        &self,
        id: ClientId,
        typed: Option<&str>,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        let Some(member) = self.members.get(id) else { return Ok(()) };
        let room = match typed {
            None => self.own_room(member, None)?,
            Some(typed) => self.room_named(typed)?,
        };
        let Some(Room { name, members, .. }) = self.rooms.get(room) else { return Ok(()) };
        let listed = members.iter().take(LISTED_MAX);
        let mut names: Vec<&str> =
            listed.filter_map(|&id| self.nickname(id)).map(Nickname::as_str).collect();
        names.sort_unstable();
        let more = members.len() - names.len();
        outlet.tell(id, Event::Who { room: name, names: &names, more });
        Ok(())
    }

    /// Seats a member in one more room and tells everyone there, the newcomer included.
    fn enter(&mut self, id: ClientId, room: RoomId, outlet: &mut impl Outlet) {
        let seat = self.rooms.seat(room, id);
        let Some(member) = self.members.get_mut(id) else { return };
        member.seats.push(seat);
        let Some(member) = self.members.get(id) else { return };
        self.publish(room, id, Event::Joined { who: &member.nickname }, outlet);
        if let Some(Room { name, members, .. }) = self.rooms.get(room) {
            outlet.tell(id, Event::Entered { room: name, others: members.len() - 1 });
        }
    }

    /// Takes a member out of one room and tells those who stay.
    fn exit(&mut self, id: ClientId, room: RoomId, outlet: &mut impl Outlet) {
        let Some(member) = self.members.get_mut(id) else { return };
        let Some(index) = member.seats.iter().position(|seat| seat.room == room) else { return };
        let seat = member.seats.remove(index);
        self.vacate(seat, outlet);
        let Some(member) = self.members.get(id) else { return };
        self.publish(room, id, Event::Left { who: &member.nickname }, outlet);
    }

    /// Empties a seat; whoever moved into the gap learns its new place.
    fn vacate(&mut self, seat: Seat, outlet: &mut impl Outlet) {
        match self.rooms.unseat(seat) {
            Vacancy::Gap => {}
            Vacancy::Closed => outlet.close_room(seat.room),
            Vacancy::Filled(moved) => {
                let Some(member) = self.members.get_mut(moved) else { return };
                if let Some(moved) = member.seats.iter_mut().find(|other| other.room == seat.room) {
                    moved.place = seat.place;
                }
            }
        }
    }

    fn publish(&self, room: RoomId, source: ClientId, event: Event<'_>, outlet: &mut impl Outlet) {
        if let Some(Room { members, version, .. }) = self.rooms.get(room) {
            outlet.publish(Audience { room, members, version: *version }, source, event);
        }
    }

    fn active_room(&self, id: ClientId) -> Option<RoomId> {
        self.members.get(id).and_then(Member::active_room)
    }

    /// A room that the member is in: the one named, or the one joined last.
    fn own_room(&self, member: &Member, typed: Option<&str>) -> Result<RoomId, Refusal> {
        let Some(typed) = typed else {
            return member.active_room().ok_or(Refusal::NowhereToLeaveTo);
        };
        let room = self.room_named(typed)?;
        match member.seat_in(room) {
            Some(_) => Ok(room),
            None => Err(Refusal::NotInRoom(RoomName::parse(typed, self.alphabet)?)),
        }
    }

    fn room_named(&self, typed: &str) -> Result<RoomId, Refusal> {
        let name = RoomName::parse(typed, self.alphabet)?;
        self.rooms.find(&name).ok_or(Refusal::NoRoomNamed(name))
    }
}

//! Joining and leaving rooms, and how the members hear of it.
//!
//! In a big room, comings and goings would be most of what anybody is sent: 10,000 people who come
//! one after the other are 50 million lines. Above a threshold they are counted, and told once in a
//! while as a summary; newcomers are told of their own coming at once. What that means for programs
//! that keep a list of members is left to `showing`.

use super::deciding::Decision;
use super::keeping::publish_in;
use super::owning::changed;
use super::{Context, Lobby};
use crate::chat::audience::Audience;
use crate::chat::author::Author;
use crate::chat::command::Landing;
use crate::chat::event::{Departure, RoomEvent};
use crate::chat::fact::{Change, Fact};
use crate::chat::kept_events::Happening;
use crate::chat::member::Member;
use crate::chat::name::{Nickname, RoomName};
use crate::chat::outlet::{Outlet, Recollection};
use crate::chat::person::Person;
use crate::chat::refusal::Refusal;
use crate::chat::reply::{Recalled, Reply};
use crate::chat::room::{Membership, RoomId, RoomRef};
use crate::chat::secret_hash::SecretHash;
use crate::id::ClientId;
use crate::limits::REPLAYED_MESSAGES;

/// How somebody leaves a room; whoever puts it out is named only.
#[derive(Clone, Copy)]
pub(super) enum Exit<'a> {
    /// It leaves the room.
    Parts(&'a str),
    /// It leaves the server.
    Quits(&'a str),
    /// It is put out.
    PutOut { by: &'a Nickname, reason: &'a str },
}

impl Exit<'_> {
    /// That somebody has left so, as it is kept.
    pub(super) fn kept(self, who: &Nickname) -> Happening {
        let who = who.clone();
        match self {
            Self::Parts(reason) => Happening::Parted { who, reason: reason.into() },
            Self::Quits(reason) => Happening::Quit { who, reason: reason.into() },
            Self::PutOut { by, reason } => {
                Happening::PutOut { who, by: by.clone(), reason: reason.into() }
            }
        }
    }
}

impl Lobby {
    /// How somebody leaves, as others are told.
    pub(super) fn departure<'a>(
        &'a self,
        how: Exit<'a>,
        context: &'a Context<'_>,
    ) -> Departure<'a> {
        match how {
            Exit::Parts(reason) => Departure::Parted { reason },
            Exit::Quits(reason) => Departure::Quit { reason },
            Exit::PutOut { by, reason } => {
                Departure::PutOut { by: self.person_named(by, context), reason }
            }
        }
    }

    /// Decides on joining a room that the member is in: refused, but for its owner with the key.
    pub(super) fn decide_to_join_again(
        &self,
        room: RoomId,
        who: &Nickname,
        key: Option<&str>,
    ) -> Result<Decision<'static>, Refusal> {
        if self.is_owner(room, who) || !self.is_key_of(room, key) {
            // Refused by the room's own name, which may be written otherwise.
            return Err(Refusal::AlreadyInRoom(self.room_name(room)));
        }
        Ok(changed(room, who, Change::Claimed))
    }

    /// Checks the password that a room needs; `false`: it needs none. Server operators need no
    /// password, and for a room without one none is right.
    pub(super) fn check_password(
        &self,
        id: ClientId,
        room: RoomId,
        password: Option<&str>,
        context: &Context<'_>,
    ) -> Result<bool, Refusal> {
        let Some(open) = self.rooms.get(room) else { return Ok(false) };
        let (hash, typed) = match (open.settings.password, password) {
            (None, None) => return Ok(false),
            (None, Some(_)) => return Err(Refusal::NameCharacter),
            (Some(_), _) if self.keeps_order(id, room) => return Ok(false),
            (Some(_), None) => return Err(Refusal::PasswordNeeded(open.name.clone())),
            (Some(hash), Some(typed)) => (hash, typed),
        };
        let network = (context.network_of)(id);
        let pause = network.and_then(|network| open.guesses.pause(context.now, network));
        if let Some(lasts) = pause {
            return Err(Refusal::PasswordPaused { room: open.name.clone(), lasts });
        }
        if SecretHash::of(&open.salt(), typed) == hash {
            Ok(true)
        } else {
            Err(Refusal::PasswordWrong(open.name.clone()))
        }
    }

    /// Notes a right password: its network need not wait any more.
    pub(super) fn note_right_password(&mut self, id: ClientId, room: RoomId, cx: &Context<'_>) {
        let network = (cx.network_of)(id);
        if let (Some(network), Some(open)) = (network, self.rooms.get_mut(room)) {
            open.guesses.note_right(network);
        }
    }

    /// Notes a wrong password.
    pub(super) fn note_wrong_password(&mut self, id: ClientId, room: &RoomName, cx: &Context<'_>) {
        let room = self.rooms.find(room).and_then(|room| self.rooms.get_mut(room));
        if let (Some(network), Some(open)) = ((cx.network_of)(id), room) {
            open.guesses.note_wrong(cx.now, network);
        }
    }

    /// Takes a member out of a room. If that was its last, it lands where it began.
    pub(super) fn move_out(
        &mut self,
        id: ClientId,
        room: RoomId,
        how: Exit<'_>,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        self.exit(id, room, how, context, outlet);
        self.land(id, context, outlet);
    }

    /// Moves a member that is in no room to `main`, unless it wants to be nowhere.
    pub(super) fn land(&mut self, id: ClientId, context: &Context<'_>, outlet: &mut impl Outlet) {
        let Some(member) = self.members.get(id) else { return };
        if member.memberships.is_empty() && member.preferences.landing == Landing::Main {
            let came = Fact::Came { who: member.nickname.clone() };
            self.read_history_to(id, RoomId::MAIN, context, outlet);
            self.happen(RoomId::MAIN, Author::Here(id), came, context, outlet);
        }
    }

    /// Takes a member into one more room and tells everyone there, the newcomer included.
    pub(super) fn enter(
        &mut self,
        id: ClientId,
        room: RoomId,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        self.note_used(room);
        let Some(member) = self.members.get_mut(id) else { return };
        member.memberships.push(self.rooms.add_member(room, id));
        outlet.subscribe(room, id);
        let newcomer = member.nickname.clone();
        let is_told = self.rooms.get(room).is_some_and(|it| it.len() <= self.settings.digest_above);
        let joined = || Happening::Joined { who: newcomer };
        let kept = if is_told { self.keep(room, context.now, joined) } else { None };
        let (Some(member), Some(open)) = (self.members.get(id), self.rooms.get_mut(room)) else {
            return;
        };
        let here = open.len();
        let who =
            Person::of(&self.profiles, Author::Here(id), &member.nickname, context.network_of);
        if here > self.settings.digest_above {
            open.arrivals += 1;
            let is_known = !open.officers.is_empty() && open.officers.has(&member.nickname.key());
            if let Some(seat) = member.membership_in(room).filter(|_| !is_known) {
                open.set_unseen(seat, true);
            }
            outlet.reply(id, &Reply::Joined { room: &open.name, who });
            self.note_untold(room);
            if is_known {
                self.tell_shown(id, room, context, outlet);
            }
        } else {
            let joined = RoomEvent::Joined { who };
            self.publish_kept(room, Author::Here(id), (kept, &joined), outlet);
        }
        if let Some(open) = self.rooms.get(room) {
            outlet.reply(id, &Reply::Entered { room: &open.name, others: here - 1 });
            if open.settings.topic.is_some() {
                self.tell_topic(id, room, outlet);
            }
        }
        self.introduce(id, room, outlet);
    }

    /// Sends the history of the room to somebody who is about to come in, if that is what the
    /// client has chosen.
    pub(super) fn read_history_to(
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
        if member.preferences.reads_history() {
            let recollection = self.recollection(room, open, replay, Recalled::Last, context.now);
            outlet.replay(id, &Recollection { asked: false, ..recollection });
        }
    }

    /// Takes a member out of all its rooms.
    pub(super) fn exit_all(
        &mut self,
        id: ClientId,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        while let Some(left) = self.members.get(id).and_then(Member::active_room) {
            self.exit(id, left, Exit::Parts(""), context, outlet);
        }
    }

    /// Takes a member out of one room and tells those who stay.
    pub(super) fn exit(
        &mut self,
        id: ClientId,
        room: RoomId,
        how: Exit<'_>,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let Some(who) = self.nickname(id).cloned() else { return };
        // Why somebody left is told here, and changes no room: the fact does not hold it.
        let stamp = self.sequence.behind_all(context.now);
        self.note_in_journal(room, stamp, || Fact::Went { who: who.clone() });
        self.remove(room, Author::Here(id), (&who, how), context, outlet);
    }

    /// Removes the membership of somebody who has left a room.
    pub(super) fn remove(
        &mut self,
        room: RoomId,
        author: Author,
        (who, how): (&Nickname, Exit<'_>),
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let Author::Here(id) = author else { return self.forget_officer(room, who) };
        let Some(member) = self.members.get_mut(id) else { return };
        let Some(index) = member.memberships.iter().position(|membership| membership.room == room)
        else {
            return;
        };
        let membership = member.memberships.remove(index);
        let is_unseen = self.rooms.get(room).is_some_and(|open| open.is_unseen(membership));
        self.remove_membership(membership, id, who, outlet);
        if let (Exit::Parts(reason), Some(open)) = (how, self.rooms.get(room)) {
            let who = self.person_by(author, who, context);
            let how = Departure::Parted { reason };
            outlet.reply(id, &Reply::Left { room: &open.name, who, how });
        }
        if let Some(to) = Audience::of_departure(self.count_departure(room), is_unseen) {
            let is_kept = to == Audience::Everybody;
            let kept = if is_kept { self.keep(room, context.now, || how.kept(who)) } else { None };
            let who = self.person_by(author, who, context);
            let how = self.departure(how, context);
            if let Some(open) = self.rooms.get(room) {
                let room = RoomRef { to, ..open.named(room) };
                publish_in(room, author, (kept, &RoomEvent::Left { who, how }), outlet);
            }
        }
        self.forget_if_forsaken(room, who, context, outlet);
    }

    /// Notes that a member has left: the room was used today, and the member no longer looks
    /// after it.
    fn forget_officer(&mut self, room: RoomId, who: &Nickname) {
        self.note_used(room);
        if let Some(open) = self.rooms.get_mut(room).filter(|open| !open.officers.is_empty()) {
            open.officers.forget(&who.key());
        }
    }

    /// Counts somebody who has left a room, if the room is so big that departures are told in
    /// numbers. Whether it is.
    pub(super) fn count_departure(&mut self, room: RoomId) -> bool {
        let most = self.settings.digest_above.max(1);
        let Some(open) = self.rooms.get_mut(room).filter(|open| open.len() >= most) else {
            return false;
        };
        open.departures += 1;
        self.note_untold(room);
        true
    }

    /// Takes a member off the list of a room; whoever moved into the gap learns its new index.
    pub(super) fn remove_membership(
        &mut self,
        membership: Membership,
        id: ClientId,
        who: &Nickname,
        outlet: &mut impl Outlet,
    ) {
        self.forget_officer(membership.room, who);
        outlet.unsubscribe(membership.room, id);
        let Some(moved) = self.rooms.remove_member(membership) else { return };
        let Some(member) = self.members.get_mut(moved) else { return };
        if let Some(moved) =
            member.memberships.iter_mut().find(|other| other.room == membership.room)
        {
            moved.index = membership.index;
        }
    }

    fn note_untold(&mut self, room: RoomId) {
        if !self.summaries.contains(&room) {
            self.summaries.push(room);
        }
    }

    /// Whether some room waits for a summary of comings and goings.
    pub fn has_summaries(&self) -> bool {
        !self.summaries.is_empty()
    }

    /// Tells every room that waits for one its summary of comings and goings.
    pub fn tell_summaries(&mut self, outlet: &mut impl Outlet) {
        for room in std::mem::take(&mut self.summaries) {
            let Some(open) = self.rooms.get_mut(room) else { continue };
            let joined = std::mem::take(&mut open.arrivals);
            let left = std::mem::take(&mut open.departures);
            let here = open.len();
            if here > 0 && joined + left > 0 {
                let summary = RoomEvent::PresenceSummary { joined, left, here };
                self.publish(room, Author::There, &summary, outlet);
            }
        }
    }
}

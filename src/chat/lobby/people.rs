//! Nicknames, registering and leaving, and what each client prefers to be told.

use smallvec::SmallVec;

use super::keeping::tell_kept;
use super::membership::Exit;
use super::talking::active;
use super::{Context, Lobby};
use crate::chat::account_refusal::AccountRefusal;
use crate::chat::audience::Audience;
use crate::chat::author::Author;
use crate::chat::command::Landing;
use crate::chat::event::RoomEvent;
use crate::chat::fact::Fact;
use crate::chat::kept_events::Happening;
use crate::chat::member::{Member, Preferences};
use crate::chat::name::{NameError, NameKey, Nickname, RoomName};
use crate::chat::outlet::Outlet;
use crate::chat::people::Gone;
use crate::chat::profile::{About, Profile};
use crate::chat::record::Record;
use crate::chat::refusal::Refusal;
use crate::chat::reply::{Farewell, Reply};
use crate::chat::room::{RoomId, RoomRef};
use crate::id::ClientId;

impl Lobby {
    /// Gives a client its first nickname.
    pub(super) fn register(
        &mut self,
        id: ClientId,
        nickname: Nickname,
        (landing, about): (Landing, Option<About<'_>>),
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        self.stop_listening(id, outlet);
        let hash = self.nicknames.hash(&nickname.key());
        let preferences =
            Preferences { landing, ..self.preferences.remove(&id).unwrap_or_default() };
        self.members.insert(id, Member::new(nickname, hash, preferences));
        self.nicknames.insert(id, &self.members);
        self.most_members = self.most_members.max(self.members.len());
        if let Some(about) = about {
            *self.profiles.entry(id) = Profile::new(about, context.now);
        }
        self.note_account(id);
        if let Some(nickname) = self.nickname(id) {
            let (main, cursor, now) = (RoomName::main(), self.cursor(), context.now);
            let room = Some(&main).filter(|_| landing == Landing::Main);
            let players = context.players;
            outlet.reply(id, &Reply::Welcome { nickname, room, cursor, now, players });
        }
        for line in self.settings.motd.lines() {
            outlet.reply(id, &Reply::MessageOfTheDay { line });
        }
        self.note_arrival(id, context, outlet);
        self.land(id, context, outlet);
    }

    /// Takes a client out of every room, and tells those who stay, with a reason that may be empty.
    /// A stranger just goes.
    pub fn leave(
        &mut self,
        id: ClientId,
        reason: &str,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        self.take_out(id, Exit::Quits(reason), context, outlet);
    }

    /// Takes a client off every list.
    pub(super) fn take_out(
        &mut self,
        id: ClientId,
        how: Exit<'_>,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        self.stop_listening(id, outlet);
        self.preferences.remove(&id);
        self.ignores.remove_all(id);
        self.tell_no_more(id);
        self.end_log_in(id);
        self.belongings.remove_client(id);
        self.subscriptions.remove_all(id);
        self.watches.remove_all(id);
        self.remember_person(id, context);
        self.invitations.remove_all(id);
        let Some(mut member) = self.members.remove(id) else { return };
        self.nicknames.remove(id, member.name_hash);
        let mut told = SmallVec::<[(RoomId, Audience); 2]>::new();
        let mut left = SmallVec::<[RoomId; 2]>::new();
        while let Some(membership) = member.memberships.pop() {
            let stamp = self.sequence.behind_all(self.now);
            let went = || Fact::Went { who: member.nickname.clone() };
            self.note_in_journal(membership.room, stamp, went);
            let room = membership.room;
            let is_unseen = self.rooms.get(room).is_some_and(|open| open.is_unseen(membership));
            self.remove_membership(membership, id, &member.nickname, outlet);
            left.push(room);
            let to = Audience::of_departure(self.count_departure(room), is_unseen);
            told.extend(to.map(|to| (room, to)));
        }
        let everywhere =
            |(room, to): &(RoomId, Audience)| Some(*room).filter(|_| *to == Audience::Everybody);
        let keeping: SmallVec<[RoomId; 2]> = told.iter().filter_map(everywhere).collect();
        let kept = self.keep_everywhere(&keeping, context.now, || how.kept(&member.nickname));
        let rooms = told
            .into_iter()
            .filter_map(|(room, to)| Some(RoomRef { to, ..self.rooms.get(room)?.named(room) }));
        let rooms: SmallVec<[RoomRef<'_>; 2]> = rooms.collect();
        let who = self.person_of(id, &member.nickname, context);
        let how = self.departure(how, context);
        tell_kept(&rooms, id, (kept, &RoomEvent::Left { who, how }), outlet);
        drop(rooms);
        self.profiles.remove(id);
        self.note_absence(&member.nickname, outlet);
        for room in left {
            self.forget_if_forsaken(room, &member.nickname, context, outlet);
        }
    }

    /// Remembers who somebody was that leaves, or has another nickname soon.
    fn remember_person(&mut self, id: ClientId, context: &Context<'_>) {
        let Some(who) = self.person(id, context) else { return };
        let gone = Gone {
            nickname: who.nickname().clone(),
            user: who.user().into(),
            cloak: who.cloak().as_str().into(),
            real: who.real().into(),
            at: context.now,
        };
        self.note_gone(gone);
    }

    /// Takes everybody out, and tells nobody.
    pub fn dismiss_everyone(&mut self) {
        self.members = crate::id::SideTable::default();
        (self.nicknames, self.ignores) = Default::default();
        self.profiles.clear();
        self.accounts.dismiss_everyone();
        self.belongings.dismiss_everyone();
        self.subscriptions = Default::default();
        self.watches = Default::default();
        self.invitations.clear();
        self.long_lists.clear();
        (self.preferences, self.summaries, self.listeners) = Default::default();
        self.expelled = Vec::new();
        self.rooms.clear();
    }

    /// A client that was put out of the server, and why: its connection is to be closed.
    pub fn poll_expelled(&mut self) -> Option<(ClientId, Farewell)> {
        self.expelled.pop()
    }

    /// The record of the last command, if it kept order.
    pub fn take_record(&mut self) -> Option<Record> {
        self.record.take()
    }

    /// Makes a member a server operator, which has given the right password.
    pub fn promote(&mut self, id: ClientId, outlet: &mut impl Outlet) {
        if let Some(member) = self.members.get_mut(id) {
            member.is_server_operator = true;
            outlet.reply(id, &Reply::IsServerOperator);
        }
    }

    /// The nickname that a member asks for, if it may be called so.
    pub(super) fn new_nickname(
        &self,
        id: ClientId,
        typed: &str,
        context: &Context<'_>,
    ) -> Result<Nickname, Refusal> {
        let nickname = self.free_nickname(id, typed)?;
        if let Some(member) = self.members.get(id) {
            if member.nickname == nickname {
                return Err(Refusal::AlreadyCalled(nickname));
            }
            self.check_new_name(id, member, &nickname, context)?;
        }
        Ok(nickname)
    }

    /// Gives a member another nickname.
    pub(super) fn rename(
        &mut self,
        id: ClientId,
        new: Nickname,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        self.remember_person(id, context);
        let Some(member) = self.members.get_mut(id) else { return };
        let new_hash = self.nicknames.hash(&new.key());
        let old = std::mem::replace(&mut member.nickname, new.clone());
        let old_hash = std::mem::replace(&mut member.name_hash, new_hash);
        let rooms: SmallVec<[RoomId; 2]> =
            member.memberships.iter().map(|membership| membership.room).collect();
        if !self.ignores.is_empty() {
            self.ignores.follow(&old.key(), new.as_str());
        }
        self.nicknames.remove(id, old_hash);
        self.nicknames.insert(id, &self.members);
        for &room in &rooms {
            let renamed = Fact::Renamed { old: old.clone(), new: new.clone() };
            self.happen(room, Author::Here(id), renamed, context, outlet);
        }
        let renamed = || Happening::Renamed { old: old.clone(), new: new.clone() };
        let shown: SmallVec<[RoomId; 2]> =
            rooms.iter().copied().filter(|room| !self.is_unseen(id, *room)).collect();
        let kept = self.keep_everywhere(&shown, context.now, renamed);
        let was = &old;
        let (old, new) = (self.person_of(id, &old, context), &new);
        if rooms.is_empty() {
            outlet.reply(id, &Reply::Renamed { old, new });
        }
        let rooms = self.rooms_shown_in(id);
        tell_kept(&rooms, id, (kept, &RoomEvent::Renamed { old, new }), outlet);
        if !self.watches.is_empty() && was.key() != new.key() {
            self.note_absence(was, outlet);
            self.note_arrival(id, context, outlet);
        }
    }

    /// Refuses a name that would escape a mute, or that is banned.
    fn check_new_name(
        &self,
        id: ClientId,
        member: &Member,
        new: &Nickname,
        context: &Context<'_>,
    ) -> Result<(), Refusal> {
        for membership in &member.memberships {
            let Some(room) = self.rooms.get(membership.room) else { continue };
            let person = self.person_of(id, &member.nickname, context);
            let mute = room.settings.sanctions.mute_on(person, context.now);
            if mute.is_some() && !self.is_server_operator(id) {
                return Err(Refusal::MutedName(room.name.clone()));
            }
            self.check_ban(id, new, membership.room, context)?;
        }
        self.check_ban(id, new, RoomId::MAIN, context)
    }

    /// Whether somebody could be called this if nobody had the name and it were not kept for the
    /// server.
    pub fn could_be_nickname(&self, typed: &str) -> bool {
        let parsed = Nickname::parse(typed, self.settings.alphabet);
        matches!(parsed, Ok(_) | Err(NameError::Reserved(_)))
    }

    /// The nickname that `typed` stands for, unless somebody else has it or one like it.
    pub(super) fn free_nickname(&self, id: ClientId, typed: &str) -> Result<Nickname, Refusal> {
        let nickname = Nickname::parse(typed, self.settings.alphabet)?;
        let key = nickname.key();
        match self.nicknames.find(&key, &self.members) {
            Some(holder) if holder != id => Err(Refusal::NicknameTaken(nickname)),
            _ if self.accounts.is_anothers(id, &key) => {
                Err(AccountRefusal::NicknameOwned(nickname).into())
            }
            _ if self.accounts.is_logged_in_to(id, &key) => Ok(nickname),
            _ if self.is_bot(&key) => Err(Refusal::NicknameReserved(nickname)),
            _ if self.is_reserved(&key) && !self.is_server_operator(id) => {
                Err(Refusal::NicknameReserved(nickname))
            }
            _ => Ok(nickname),
        }
    }

    fn is_reserved(&self, key: &NameKey) -> bool {
        !self.reserved.is_empty() && self.reserved.contains(key)
    }

    pub(super) fn is_bot(&self, key: &NameKey) -> bool {
        !self.bots.is_empty() && self.bots.contains(key)
    }

    /// Whether this client is a server operator.
    pub fn is_server_operator(&self, id: ClientId) -> bool {
        self.members.get(id).is_some_and(|member| member.is_server_operator)
    }

    /// Checks that no ban keeps this name out of a room. Server operators are bound by no ban.
    pub(super) fn check_ban(
        &self,
        id: ClientId,
        nickname: &Nickname,
        room: RoomId,
        context: &Context<'_>,
    ) -> Result<(), Refusal> {
        let Some(open) = self.rooms.get(room) else { return Ok(()) };
        let Context { now, network_of, .. } = *context;
        let person = self.person_of(id, nickname, context);
        match open.settings.sanctions.ban_on(person, network_of(id), now) {
            Some(ban) if !self.is_server_operator(id) => {
                Err(Refusal::Banned(active(open, ban, now)))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn want_history(&mut self, id: ClientId, wanted: bool, outlet: &mut impl Outlet) {
        match self.members.get_mut(id) {
            Some(member) => member.preferences.history = Some(wanted),
            None => self.preferences.entry(id).or_default().history = Some(wanted),
        }
        outlet.reply(id, &Reply::HearsHistory(wanted));
    }

    /// Sets whether history is sent to a client that has not said whether it wants it.
    pub fn read_history_unasked(&mut self, id: ClientId, unasked: bool) {
        match self.members.get_mut(id) {
            Some(member) => member.preferences.unasked_history_off = !unasked,
            None => self.preferences.entry(id).or_default().unasked_history_off = !unasked,
        }
    }
}

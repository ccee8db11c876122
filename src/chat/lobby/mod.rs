//! The lobby, which carries out commands: every member and every room.
//!
//! The lobby decides; telling people is left to the [`Outlet`]. A refused command changes nothing.
//! This file knows who is who; what people do is in the modules below.
//!
//! Invariants, held by [`Lobby::check_invariants`]:
//! - the name index holds the key of every member's nickname and nothing else;
//! - a membership names a room whose member at that index is this member, and every member of a
//!   room has its membership;
//! - every member is in a room, unless it wants to land nowhere; the owner and the operators of a
//!   room are in it;
//! - a listener has no nickname, and its room counts it.

mod accounts;
mod applying;
mod belongings;
mod deciding;
mod finding;
mod forsaking;
mod handover;
mod ignores;
mod inviting;
mod journal;
mod keeping;
mod listening;
mod listing;
mod long_lists;
mod mailboxes;
mod marking;
mod membership;
mod metadata;
mod metadata_news;
mod moderation;
mod naming;
mod owning;
mod people;
mod persistence;
mod presence;
mod public;
mod recalling;
mod redacting;
mod renames;
mod room_lists;
mod ruling;
mod sending;
mod sequence;
mod shelving;
mod showing;
mod speech;
mod talking;
mod watches;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use smol_str::SmolStr;

use super::accounts::Accounts;
use super::author::Author;
use super::belongings::AllBelongings;
use super::command::{Command, Landing, Outcome};
use super::event::RoomEvent;
use super::long_list::LongList;
use super::mailboxes::Mailboxes;
use super::member::{Member, Preferences};
use super::message::HistoryCursor;
use super::motd::Motd;
use super::name::{Alphabet, NameKey, Nickname, RoomName};
use super::network::Network;
use super::nickname_index::NicknameIndex;
use super::outlet::Outlet;
use super::people::Gone;
use super::profile::Profiles;
use super::record::{Done, Record};
use super::refusal::{Rank, Refusal, quoted};
use super::reply::{Farewell, Reply};
use super::room::{Room, RoomId};
use super::rooms::Rooms;
use super::stored::Archive;
use super::subscriptions::KeySubscriptions;
use crate::id::{ClientId, SideTable};
use crate::limits::{DIGEST_ABOVE, HISTORY_MESSAGES, ROOMS_MAX};
use crate::time::UnixTime;
pub use deciding::{Decision, Joining};
pub use handover::LobbyState;
pub use public::{Excerpt, OpenRoom};

use ignores::Ignores;
use inviting::Invitations;
use journal::Journal;
use persistence::Unsaved;
use redacting::Whispers;
use sequence::{RoomKeys, Sequence};
use watches::Watches;

/// The settings that the server's administrator chooses.
#[derive(Clone, Debug)]
pub struct LobbySettings {
    /// Letters for names.
    pub alphabet: Alphabet,
    /// Rooms at once, those that are empty and remember something included.
    pub rooms_max: usize,
    /// Messages that each room remembers.
    pub history: usize,
    /// Members above which a room is told of comings and goings in summaries.
    pub digest_above: usize,
    /// Nicknames that nobody may take, but a server operator who is called so.
    pub reserved: Vec<String>,
    /// Names of bots, which nobody else may take. Who has one when it is given to a bot keeps it;
    /// until that member has another name or is gone, the bot cannot speak.
    pub bots: Vec<Nickname>,
    /// The message of the day.
    pub motd: Motd,
}

impl Default for LobbySettings {
    fn default() -> Self {
        Self {
            alphabet: Alphabet::Ascii,
            rooms_max: ROOMS_MAX,
            history: HISTORY_MESSAGES,
            digest_above: DIGEST_ABOVE,
            reserved: Vec::new(),
            bots: Vec::new(),
            motd: Motd::default(),
        }
    }
}

impl LobbySettings {
    fn reserved_keys(&self) -> HashSet<NameKey> {
        self.reserved.iter().map(|name| NameKey::of(name)).collect()
    }

    fn bot_keys(&self) -> HashSet<NameKey> {
        self.bots.iter().map(Nickname::key).collect()
    }
}

/// The context of a command: the time, and where clients come from.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The present.
    pub now: UnixTime,
    /// The network of a client; `None`: one that everybody may come from.
    pub network_of: &'a dyn Fn(ClientId) -> Option<Network>,
    /// The server's UDP port, where players meet.
    pub players: Option<u16>,
}

/// Everyone with a nickname, and the rooms.
#[derive(Debug)]
pub struct Lobby {
    members: SideTable<Member>,
    nicknames: NicknameIndex,
    rooms: Rooms,
    settings: LobbySettings,
    reserved: HashSet<NameKey>,
    bots: HashSet<NameKey>,
    /// The preferences of clients without a nickname, where they are not the default.
    preferences: HashMap<ClientId, Preferences>,
    profiles: Profiles,
    accounts: Accounts,
    belongings: AllBelongings,
    subscriptions: KeySubscriptions,
    mailboxes: Mailboxes,
    watches: Watches,
    /// Those who were here, the last at the end.
    gone: VecDeque<Gone>,
    /// Messages without a number, so far.
    sent: u32,
    whispers: Whispers,
    /// The most members there were at once.
    most_members: usize,
    ignores: Ignores,
    /// What is left of long lists, by who has asked for them.
    long_lists: HashMap<ClientId, Box<LongList>>,
    invitations: Invitations,
    sequence: Sequence,
    keys: RoomKeys,
    /// The archive of rooms that are not in memory.
    archive: Option<Box<dyn Archive>>,
    /// The number of look-ups in the archive.
    recalled: u64,
    /// The time of the last command, or of the last look at the calendar.
    now: UnixTime,
    /// The weight of all histories, in bytes.
    remembered: usize,
    /// Rooms with comings and goings that were not told yet.
    summaries: Vec<RoomId>,
    unsaved: Unsaved,
    /// The room of each client that listens.
    listeners: BTreeMap<ClientId, RoomId>,
    /// Clients that were put out of the server and whose connection is still there.
    expelled: Vec<(ClientId, Farewell)>,
    /// The record of the last command, if it kept order.
    record: Option<Record>,
    journal: Journal,
}

impl Lobby {
    /// A lobby with an empty `main`. `secret` is what keys of rooms are drawn from.
    pub fn new(settings: LobbySettings, secret: [u8; 16]) -> Self {
        let keys = RoomKeys::new(secret);
        let mut lobby = Self {
            members: SideTable::default(),
            nicknames: NicknameIndex::default(),
            rooms: Rooms::new(settings.rooms_max),
            reserved: settings.reserved_keys(),
            bots: settings.bot_keys(),
            preferences: HashMap::new(),
            profiles: Profiles::new(secret),
            accounts: Accounts::default(),
            belongings: AllBelongings::default(),
            subscriptions: KeySubscriptions::default(),
            mailboxes: Mailboxes::default(),
            watches: Watches::default(),
            gone: VecDeque::new(),
            sent: 0,
            whispers: Whispers::default(),
            most_members: 0,
            ignores: Ignores::default(),
            long_lists: HashMap::new(),
            invitations: Invitations::default(),
            sequence: Sequence::beginning(keys.epoch()),
            keys,
            archive: None,
            recalled: 0,
            now: UnixTime::default(),
            journal: Journal::default(),
            remembered: 0,
            summaries: Vec::new(),
            unsaved: Unsaved::default(),
            listeners: BTreeMap::new(),
            expelled: Vec::new(),
            record: None,
            settings,
        };
        lobby.give_bots_accounts();
        lobby
    }

    /// Takes over what was chosen anew. Names, rooms and members stay what they are; of what rooms
    /// remember, what is too much now is forgotten.
    pub fn reconfigure(&mut self, settings: LobbySettings) {
        self.reserved = settings.reserved_keys();
        self.bots = settings.bot_keys();
        self.rooms.set_max(settings.rooms_max);
        self.settings = settings;
        self.give_bots_accounts();
        self.forget_surplus();
    }

    /// Carries out one command; a refusal is told to the client that asked.
    pub fn execute<'a>(
        &mut self,
        id: ClientId,
        command: Command<'a>,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> Outcome<'a> {
        self.now = context.now;
        self.try_execute(id, command, context, outlet).unwrap_or_else(|refusal| {
            outlet.reply(id, &Reply::Refused(&refusal));
            match refusal {
                Refusal::Banned(_) if !self.is_member(id) => Outcome::KeptOut,
                Refusal::PasswordWrong(room) => {
                    self.note_wrong_password(id, &room, context);
                    Outcome::Guessed
                }
                Refusal::KeyWrong(_) => Outcome::Guessed,
                _ => Outcome::Stays,
            }
        })
    }

    fn try_execute<'a>(
        &mut self,
        id: ClientId,
        command: Command<'a>,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> Result<Outcome<'a>, Refusal> {
        if let Command::Join { room, .. } = command
            && self.is_member(id)
        {
            self.find_or_recall(&RoomName::parse(room, self.settings.alphabet)?, outlet)?;
        }
        let decision = self.decide(id, command, context)?;
        self.free_name(&decision, outlet)?;
        self.carry_out(id, decision, context, outlet)
    }

    /// Gives back memory that a crowd has needed and the present does not.
    pub fn trim(&mut self) {
        self.nicknames.trim(&self.members);
        self.rooms.trim();
        self.preferences.shrink_to_fit();
        self.profiles.trim();
        self.summaries.shrink_to_fit();
    }

    /// The last message so far.
    pub fn cursor(&self) -> HistoryCursor {
        self.sequence.cursor()
    }

    /// Whether this client has a nickname.
    pub fn is_member(&self, id: ClientId) -> bool {
        self.members.contains(id)
    }

    /// The nickname of a client that has one.
    pub fn nickname(&self, id: ClientId) -> Option<&Nickname> {
        self.members.get(id).map(|member| &member.nickname)
    }

    /// The name of the room that a member joined last, if it is in any.
    pub fn room_name_of(&self, id: ClientId) -> Option<&RoomName> {
        let room = self.members.get(id).and_then(Member::active_room)?;
        self.rooms.get(room).map(|room| &room.name)
    }

    /// The room in which a member speaks.
    pub fn room_of(&self, id: ClientId) -> RoomId {
        self.active_room(id)
    }

    /// The number of clients with a nickname.
    pub fn members(&self) -> usize {
        self.members.len()
    }

    /// The number of rooms that somebody is in; `main` always counts.
    pub fn rooms(&self) -> usize {
        let open = |(id, room): &(RoomId, &Room)| *id == RoomId::MAIN || !room.is_empty();
        self.rooms.iter().filter(open).count()
    }

    /// The weight of all histories, in bytes.
    pub fn remembered(&self) -> usize {
        self.remembered
    }

    /// Panics where the tables disagree with each other. For tests; takes as long as it takes.
    pub fn check_invariants(&self) {
        assert_eq!(self.nicknames.len(), self.members.len(), "one name per member");
        let mut memberships = 0;
        for (id, member) in self.members.iter() {
            let found = self.nicknames.find(&member.nickname.key(), &self.members);
            assert_eq!(found, Some(id), "{id}: name not indexed");
            let may_be_nowhere = member.preferences.landing == Landing::Nowhere;
            assert!(!member.memberships.is_empty() || may_be_nowhere, "{id}: is in no room");
            for &membership in &member.memberships {
                let room = self.rooms.get(membership.room).expect("a membership is in a room");
                assert!(room.is_member(membership, id), "{id}: wrong index");
            }
            memberships += member.memberships.len();
        }
        let members: usize = self.rooms.iter().map(|(_, room)| room.len()).sum();
        assert_eq!(members, memberships, "a member without its membership");
        let mut remembered = 0;
        for (id, room) in self.rooms.iter() {
            assert_eq!(self.rooms.find(&room.name), Some(id), "a room is not indexed");
            room.history.check_invariants();
            remembered += room.history.weight();
            let sits = |name: &NameKey| {
                let member = self.nicknames.find(name, &self.members);
                member.is_some_and(|member| self.is_in(member, id))
            };
            assert!(room.officers.names().all(sits), "keeps order elsewhere");
            room.settings.sanctions.check_invariants();
            let untold = room.arrivals + room.departures > 0;
            assert!(!untold || self.summaries.contains(&id), "comings and goings are forgotten");
        }
        self.rooms.check_invariants();
        self.check_listeners();
        assert_eq!(self.remembered, remembered, "what all rooms remember");
        self.ignores.check_invariants(|id| self.is_member(id));
        assert!(self.long_lists.keys().all(|id| self.is_member(*id)), "a list for nobody");
        self.watches.check_invariants(|id| self.is_member(id));
        self.invitations.check_invariants(|id| self.is_member(id));
        assert!(self.profiles.iter().all(|(id, _)| self.is_member(id)), "a profile of nobody");
        self.accounts.check_invariants();
        let is_in_use = |account: &NameKey| !self.accounts.clients_of(account).is_empty();
        self.belongings.check_invariants(is_in_use);
        self.subscriptions.check_invariants();
        self.mailboxes.check_invariants(|account| self.accounts.get(account).is_some());
        assert!(self.preferences.keys().all(|id| !self.is_member(*id)), "a member is no stranger");
    }

    fn find_friend(&self, id: ClientId, typed: &str) -> Result<ClientId, Refusal> {
        let friend = self.find_member(typed)?;
        if friend == id {
            return Err(Refusal::InvitesSelf);
        }
        self.check_not_ignored(id, friend)?;
        Ok(friend)
    }

    fn find_member(&self, typed: &str) -> Result<ClientId, Refusal> {
        let found = self.nicknames.find(&NameKey::of(typed), &self.members);
        found.ok_or_else(|| Refusal::NobodyNamed(quoted(typed)))
    }

    /// Tells everyone in a room.
    fn publish(
        &self,
        room: RoomId,
        author: Author,
        event: &RoomEvent<'_>,
        outlet: &mut impl Outlet,
    ) {
        let Some(open) = self.rooms.get(room) else { return };
        outlet.publish(open.named(room), author.client(), event, &[]);
    }

    /// Whether somebody is a member of a room.
    fn is_in(&self, id: ClientId, room: RoomId) -> bool {
        self.members.get(id).is_some_and(|member| member.membership_in(room).is_some())
    }

    /// The room that a member joined last, where its commands hold.
    fn active_room(&self, id: ClientId) -> RoomId {
        self.members.get(id).and_then(Member::active_room).unwrap_or(RoomId::MAIN)
    }

    fn room_name(&self, room: RoomId) -> RoomName {
        self.rooms.get(room).map_or_else(RoomName::main, |room| room.name.clone())
    }

    /// A room that the member is in: the one named, or the one joined last.
    fn own_room(&self, member: &Member, typed: Option<&str>) -> Result<RoomId, Refusal> {
        let Some(typed) = typed else {
            return member.active_room().ok_or(Refusal::InNoRoom);
        };
        let room = self.room_named(typed)?;
        match member.membership_in(room) {
            Some(_) => Ok(room),
            None => Err(Refusal::NotInRoom(RoomName::parse(typed, self.settings.alphabet)?)),
        }
    }

    /// A room that somebody is in.
    fn room_named(&self, typed: &str) -> Result<RoomId, Refusal> {
        let name = RoomName::parse(typed, self.settings.alphabet)?;
        let found = self.rooms.find(&name).filter(|room| {
            *room == RoomId::MAIN || self.rooms.get(*room).is_some_and(|room| !room.is_empty())
        });
        found.ok_or(Refusal::NoRoomNamed(name))
    }

    /// The rank of a client in a room.
    fn rank(&self, id: ClientId, room: RoomId) -> Rank {
        let (Some(open), Some(member)) = (self.rooms.get(room), self.members.get(id)) else {
            return Rank::Member;
        };
        match member {
            _ if member.is_server_operator => Rank::ServerOperator,
            _ if open.officers.is_empty() => Rank::Member,
            _ => open.officers.rank(&member.nickname.key()),
        }
    }

    /// Records what a member here does in a room, for the server's audit log.
    fn note_done(
        &mut self,
        author: Author,
        room: RoomId,
        done: Done,
        complete: impl FnOnce(Record) -> Record,
    ) {
        let Author::Here(id) = author else { return };
        let Some(by) = self.nickname(id).cloned() else { return };
        self.record = Some(complete(Record {
            done,
            id,
            by,
            rank: self.rank(id, room),
            room: self.room_name(room),
            whom: None,
            network: None,
            lasts: None,
            reason: SmolStr::default(),
        }));
    }

    /// Whether a member may do in a room what takes this rank. `main` belongs to nobody, so only
    /// server operators may do anything there.
    fn check_rank(&self, id: ClientId, room: RoomId, needs: Rank) -> Result<(), Refusal> {
        let needs = if room == RoomId::MAIN { Rank::ServerOperator } else { needs };
        if self.rank(id, room) < needs {
            return Err(Refusal::NotAllowed { room: self.room_name(room), needs });
        }
        Ok(())
    }
}

//! Metadata of people and rooms: who may read and change it. What a person says of itself belongs
//! to its account, or else to the client; what is said of a room is kept with the room.

use smol_str::SmolStr;

use super::deciding::Decision;
use super::owning::changed;
use super::{Context, Lobby};
use crate::chat::author::Author;
use crate::chat::command::Outcome;
use crate::chat::fact::Change;
use crate::chat::metadata::{Metadata, fit, is_key};
use crate::chat::metadata_request::{
    MetadataAnswer, MetadataCommand, MetadataEntry, MetadataOwner, MetadataRefusal,
    MetadataSubject, MetadataValue,
};
use crate::chat::outlet::Outlet;
use crate::chat::read_marks::Conversation;
use crate::chat::record::Done;
use crate::chat::refusal::{Rank, Refusal, quoted};
use crate::chat::reply::Reply;
use crate::chat::room::RoomId;
use crate::id::ClientId;
use crate::limits::METADATA_SUBSCRIPTIONS_MAX;

/// Whose metadata a request is about, which was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    Own,
    Person(ClientId),
    Room(RoomId),
    All,
}

impl Whose {
    /// The client whose person it is, if it is one's; `id` has asked.
    fn person(self, id: ClientId) -> Option<ClientId> {
        match self {
            Self::Own => Some(id),
            Self::Person(other) => Some(other),
            Self::Room(_) | Self::All => None,
        }
    }
}

/// The keys in a list, no more than are heard.
fn keys(list: &str) -> impl Iterator<Item = &str> {
    list.split([' ', ':']).filter(|key| !key.is_empty()).take(METADATA_SUBSCRIPTIONS_MAX)
}

impl Lobby {
    /// Carries out a request about metadata.
    pub(super) fn look_after_metadata<'a>(
        &mut self,
        id: ClientId,
        (subject, command): (MetadataSubject<'_>, MetadataCommand<'_>),
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> Result<Outcome<'a>, Refusal> {
        let whose = self.find_whose(id, subject)?;
        let told = match (command, whose) {
            (MetadataCommand::Sync, _) => self.sync_metadata(id, whose, outlet),
            (_, Whose::All) => return Err(MetadataRefusal::NobodyThere.into()),
            (MetadataCommand::Get(list), _) => self.tell_values(id, whose, list, outlet),
            (MetadataCommand::List, _) => self.list_metadata(id, whose, outlet),
            (MetadataCommand::Set { key, value }, _) => {
                self.set_metadata(id, whose, (key, value), context, outlet)?
            }
            (MetadataCommand::Clear, _) => self.clear_metadata(id, whose, context, outlet)?,
            (_, Whose::Person(_) | Whose::Room(_)) => {
                return Err(MetadataRefusal::NobodyThere.into());
            }
            (MetadataCommand::Subscribe(list), _) => self.subscribe_to_keys(id, list, outlet),
            (MetadataCommand::Unsubscribe(list), _) => self.unsubscribe_from_keys(id, list, outlet),
            (MetadataCommand::UnsubscribeAll, _) => {
                self.subscriptions.remove_all(id);
                0
            }
            (MetadataCommand::ListSubscribed, _) => {
                let keys: Vec<&str> = self.subscriptions.of(id).iter().map(|it| &**it).collect();
                let answer = MetadataAnswer::ListSubscribed(&keys);
                outlet.reply(id, &Reply::Metadata(answer));
                0
            }
        };
        Ok(Outcome::Listed(told))
    }

    fn find_whose(&self, id: ClientId, subject: MetadataSubject<'_>) -> Result<Whose, Refusal> {
        let nobody = |_| Refusal::from(MetadataRefusal::NobodyThere);
        Ok(match subject {
            MetadataSubject::Own => Whose::Own,
            MetadataSubject::All => Whose::All,
            MetadataSubject::Of(Conversation::Person(typed)) => {
                let found = self.find_member(typed).map_err(nobody)?;
                if found == id { Whose::Own } else { Whose::Person(found) }
            }
            MetadataSubject::Of(Conversation::Room(typed)) => {
                let room = self.room_named(typed).map_err(nobody)?;
                let open = self.rooms.get(room);
                let may_read = self.is_in(id, room)
                    || self.is_server_operator(id)
                    || open.is_some_and(|open| open.settings.is_open());
                if !may_read {
                    return Err(MetadataRefusal::NobodyThere.into());
                }
                Whose::Room(room)
            }
        })
    }

    /// The metadata of a client's person, as far as it is in memory.
    pub(super) fn metadata_of(&self, id: ClientId) -> &Metadata {
        self.belongings.metadata_of(self.accounts.stored_key_of(id), id)
    }

    fn metadata(&self, id: ClientId, whose: Whose) -> &Metadata {
        match whose {
            Whose::Own => self.metadata_of(id),
            Whose::Person(other) => self.metadata_of(other),
            Whose::Room(room) => {
                self.rooms.get(room).map_or(Metadata::NONE, |open| &open.settings.metadata)
            }
            Whose::All => Metadata::NONE,
        }
    }

    pub(super) fn owner_of_metadata(&self, whose: Whose) -> MetadataOwner<'_> {
        match whose {
            Whose::Own => MetadataOwner::You,
            Whose::Person(id) => {
                self.nickname(id).map_or(MetadataOwner::You, MetadataOwner::Person)
            }
            Whose::Room(room) => {
                let open = self.rooms.get(room);
                open.map_or(MetadataOwner::All, |open| MetadataOwner::Room(&open.name))
            }
            Whose::All => MetadataOwner::All,
        }
    }

    fn tell_values(
        &self,
        id: ClientId,
        whose: Whose,
        list: &str,
        outlet: &mut impl Outlet,
    ) -> usize {
        let (of, metadata) = (self.owner_of_metadata(whose), self.metadata(id, whose));
        let value = |key| match metadata.get(key) {
            Some(value) => MetadataValue::Text(value),
            None if is_key(key) => MetadataValue::Unset,
            None => MetadataValue::NoKey,
        };
        let entries = keys(list).map(|key| MetadataEntry { of, key, value: value(key) });
        let entries: Vec<MetadataEntry<'_>> = entries.collect();
        let answer = MetadataAnswer::Listed { of, entries: &entries, more: false };
        outlet.reply(id, &Reply::Metadata(answer));
        entries.len()
    }

    fn list_metadata(&self, id: ClientId, whose: Whose, outlet: &mut impl Outlet) -> usize {
        let of = self.owner_of_metadata(whose);
        let all = self.metadata(id, whose).iter();
        let entry = |(key, value)| MetadataEntry { of, key, value: MetadataValue::Text(value) };
        let entries: Vec<MetadataEntry<'_>> = all.map(entry).collect();
        let answer = MetadataAnswer::Listed { of, entries: &entries, more: false };
        outlet.reply(id, &Reply::Metadata(answer));
        entries.len()
    }

    /// Gives a key a value, or takes it away. How many are told.
    fn set_metadata(
        &mut self,
        id: ClientId,
        whose: Whose,
        (key, value): (&str, &str),
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> Result<usize, Refusal> {
        if !is_key(key) {
            return Err(MetadataRefusal::NoKey(quoted(key)).into());
        }
        let value = fit(value).ok_or_else(|| MetadataRefusal::TooLong(key.into()))?;
        self.check_may_describe(id, whose, (Some(key), value.is_empty()))?;
        if let Some(person) = whose.person(id) {
            // What is stored of it counts, too.
            self.holder_in_memory(person)?;
        }
        let metadata = self.metadata(id, whose);
        if !value.is_empty() && !metadata.has_place(key) {
            return Err(MetadataRefusal::Full.into());
        }
        let told = self.change_metadata(id, whose, (key, &value), context, outlet);
        let of = self.owner_of_metadata(whose);
        let entry = MetadataEntry { of, key, value: MetadataValue::of(&value) };
        outlet.reply(id, &Reply::Metadata(MetadataAnswer::Set(entry)));
        Ok(told)
    }

    /// Takes all values away. How many are told.
    fn clear_metadata(
        &mut self,
        id: ClientId,
        whose: Whose,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> Result<usize, Refusal> {
        self.check_may_describe(id, whose, (None, true))?;
        if let Some(person) = whose.person(id) {
            self.holder_in_memory(person)?;
        }
        let keys: Vec<SmolStr> =
            self.metadata(id, whose).iter().map(|(key, _)| SmolStr::from(key)).collect();
        let mut told = 0;
        for key in &keys {
            told += self.change_metadata(id, whose, (key, ""), context, outlet);
        }
        let of = self.owner_of_metadata(whose);
        let entry = |key| MetadataEntry { of, key, value: MetadataValue::Unset };
        let entries: Vec<MetadataEntry<'_>> = keys.iter().map(|key| entry(key)).collect();
        let answer = MetadataAnswer::Listed { of, entries: &entries, more: false };
        outlet.reply(id, &Reply::Metadata(answer));
        Ok(told)
    }

    /// Checks that this is for somebody to say: of itself, or of a room as who keeps order there.
    /// Who looks after the server may take away what others say of themselves.
    fn check_may_describe(
        &self,
        id: ClientId,
        whose: Whose,
        (key, is_removal): (Option<&str>, bool),
    ) -> Result<(), Refusal> {
        let may = match whose {
            Whose::Own => true,
            Whose::Room(room) => self.check_rank(id, room, Rank::Operator).is_ok(),
            Whose::Person(_) => is_removal && self.is_server_operator(id),
            Whose::All => false,
        };
        if may {
            return Ok(());
        }
        Err(MetadataRefusal::NotYours(key.map(str::to_owned)).into())
    }

    /// Changes one value, and tells those who want to hear it, but for whoever changes it. How
    /// many.
    fn change_metadata(
        &mut self,
        id: ClientId,
        whose: Whose,
        (key, value): (&str, &str),
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> usize {
        if self.metadata(id, whose).get(key).unwrap_or_default() == value {
            return 0;
        }
        match (whose, self.nickname(id)) {
            (Whose::Room(room), Some(by)) => {
                let change = Change::Metadata { key: key.into(), value: value.into() };
                if let Decision::Fact(room, fact) = changed(room, by, change) {
                    self.happen(room, Author::Here(id), fact, context, outlet);
                }
                self.hearers_in(room, key).count()
            }
            _ => {
                let Some(person) = whose.person(id) else { return 0 };
                let holder = self.holder(person);
                self.belongings.change(&holder).set_metadata(key, value);
                if person != id {
                    self.note_metadata_taken(id, person);
                }
                self.tell_metadata_of_person(person, id, (key, value), outlet)
            }
        }
    }

    /// Records that somebody who looks after the server has taken away what another says of itself.
    fn note_metadata_taken(&mut self, id: ClientId, person: ClientId) {
        let Some(whom) = self.nickname(person).cloned() else { return };
        let author = Author::Here(id);
        self.note_done(author, RoomId::MAIN, Done::Metadata, |record| record.to(&whom));
    }

    /// A key of a room has another value; empty: none.
    pub(super) fn change_metadata_of_room(
        &mut self,
        room: RoomId,
        author: Author,
        (key, value): (&str, &str),
        outlet: &mut impl Outlet,
    ) {
        let Some(open) = self.rooms.get_mut(room) else { return };
        if open.settings.metadata.set(key, value) {
            self.note_settings_changed(room);
            self.tell_metadata_of_room(room, author, (key, value), outlet);
            self.note_done(author, room, Done::Metadata, |record| record);
        }
    }

    fn subscribe_to_keys(&mut self, id: ClientId, list: &str, outlet: &mut impl Outlet) -> usize {
        let (mut heard, mut no_keys, mut refused) = (Vec::new(), Vec::new(), None);
        let mut is_new = false;
        for key in keys(list) {
            if !is_key(key) {
                no_keys.push(key);
                continue;
            }
            match self.subscriptions.add(id, key) {
                Some(added) => {
                    is_new |= added;
                    heard.push(key);
                }
                None => {
                    refused = Some(key);
                    break;
                }
            }
        }
        let (keys, no_keys) = (heard.as_slice(), no_keys.as_slice());
        let answer = MetadataAnswer::Subscribed { keys, no_keys, refused };
        outlet.reply(id, &Reply::Metadata(answer));
        if is_new && self.is_member(id) {
            let answer = MetadataAnswer::AskLater(MetadataOwner::All);
            outlet.reply(id, &Reply::Metadata(answer));
        }
        0
    }

    fn unsubscribe_from_keys(
        &mut self,
        id: ClientId,
        list: &str,
        outlet: &mut impl Outlet,
    ) -> usize {
        let (gone, no_keys): (Vec<&str>, Vec<&str>) = keys(list).partition(|key| is_key(key));
        gone.iter().for_each(|key| self.subscriptions.remove(id, key));
        let answer = MetadataAnswer::Unsubscribed { keys: &gone, no_keys: &no_keys };
        outlet.reply(id, &Reply::Metadata(answer));
        0
    }
}

impl From<MetadataRefusal> for Refusal {
    fn from(refusal: MetadataRefusal) -> Self {
        Self::Metadata(refusal)
    }
}

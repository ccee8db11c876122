//! The lobby as one process hands it over to another: everyone, every room, and what is still to be
//! told and saved.
//!
//! Unlike the state that is stored over a restart, this holds the members. Ids stay the same.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::Lobby;
use super::inviting::Invitation;
use super::persistence::Unsaved;
use super::redacting::Whispers;
use super::sequence::{RoomKeys, Sequence};
use crate::chat::accounts::AccountsState;
use crate::chat::belongings::BelongingsState;
use crate::chat::long_list::LongList;
use crate::chat::mailboxes::MailboxesState;
use crate::chat::member::{Member, Preferences};
use crate::chat::outlet::Outlet;
use crate::chat::people::Gone;
use crate::chat::profile::Profile;
use crate::chat::room::RoomId;
use crate::chat::rooms::RoomsState;
use crate::id::ClientId;

/// The state of a lobby, without its settings.
#[derive(Debug, Serialize, Deserialize)]
pub struct LobbyState {
    members: Vec<(ClientId, Member)>,
    rooms: RoomsState,
    preferences: Vec<(ClientId, Preferences)>,
    #[serde(default)]
    listeners: Vec<(ClientId, RoomId)>,
    #[serde(default)]
    profiles: Vec<(ClientId, Profile)>,
    #[serde(default)]
    watches: Vec<(ClientId, Vec<SmolStr>)>,
    #[serde(default)]
    gone: Vec<Gone>,
    #[serde(default)]
    whispers: Whispers,
    #[serde(default)]
    most_members: usize,
    #[serde(default)]
    cloaks: Option<[u8; 16]>,
    ignores: Vec<(ClientId, Vec<SmolStr>)>,
    #[serde(default)]
    accounts: AccountsState,
    #[serde(default)]
    belongings: BelongingsState,
    #[serde(default)]
    subscriptions: Vec<(ClientId, Vec<SmolStr>)>,
    #[serde(default)]
    mailboxes: MailboxesState,
    /// Messages without a number, so far.
    #[serde(default)]
    sent: u32,
    #[serde(default)]
    long_lists: Vec<(ClientId, Box<LongList>)>,
    #[serde(default)]
    invitations: Vec<(ClientId, Vec<Invitation>)>,
    sequence: Sequence,
    keys: RoomKeys,
    summaries: Vec<RoomId>,
    unsaved: Unsaved,
}

impl Lobby {
    /// The state that another process needs to go on. Nothing changes here.
    pub fn handed_over(&self) -> LobbyState {
        LobbyState {
            members: self.members.iter().map(|(id, member)| (id, member.clone())).collect(),
            rooms: self.rooms.handed_over(),
            preferences: self
                .preferences
                .iter()
                .map(|(id, preferences)| (*id, *preferences))
                .collect(),
            listeners: self.listeners.iter().map(|(id, room)| (*id, *room)).collect(),
            profiles: self.profiles.iter().map(|(id, profile)| (id, profile.clone())).collect(),
            watches: self.watches.handed_over(),
            gone: self.gone.iter().cloned().collect(),
            whispers: self.whispers.clone(),
            most_members: self.most_members,
            cloaks: Some(self.profiles.cloaks().secret()),
            ignores: self.ignores.handed_over(),
            accounts: self.accounts.handed_over(),
            belongings: self.belongings.handed_over(),
            subscriptions: self.subscriptions.handed_over(),
            mailboxes: self.mailboxes.handed_over(),
            sent: self.sent,
            long_lists: self.long_lists.iter().map(|(id, list)| (*id, list.clone())).collect(),
            invitations: self.invitations.handed_over(),
            sequence: self.sequence.clone(),
            keys: self.keys.clone(),
            summaries: self.summaries.clone(),
            unsaved: self.unsaved.clone(),
        }
    }

    /// Subscribes everybody to the rooms that they are in, in the order in which they came there,
    /// and listeners to theirs.
    pub fn subscribe_everyone(&self, outlet: &mut impl Outlet) {
        for (id, member) in self.members.iter() {
            member.memberships.iter().for_each(|membership| outlet.subscribe(membership.room, id));
        }
        self.listeners.iter().for_each(|(id, room)| outlet.subscribe(*room, *id));
    }

    /// Goes on where another process has stopped, before anybody comes here. What rooms remember is
    /// as much as there; see [`Lobby::limit_history`].
    pub fn take_over(&mut self, state: LobbyState) {
        debug_assert!(self.members.is_empty(), "somebody is here already");
        (self.sequence, self.keys) = (state.sequence, state.keys);
        (self.summaries, self.unsaved) = (state.summaries, state.unsaved.taken_over());
        self.preferences = state.preferences.into_iter().collect();
        self.listeners = state.listeners.into_iter().collect();
        // A server that knew of no cloaks has shown none.
        self.profiles.take_over(state.cloaks, state.profiles);
        self.rooms.take_over(state.rooms);
        self.invitations.take_over(state.invitations);
        for (id, mut member) in state.members {
            member.name_hash = self.nicknames.hash(&member.nickname.key());
            self.members.insert(id, member);
            self.nicknames.insert(id, &self.members);
        }
        self.accounts.take_over(state.accounts);
        self.belongings.take_over(state.belongings);
        for (id, keys) in state.subscriptions {
            // Of fewer may be heard than before.
            for key in keys {
                let _ = self.subscriptions.add(id, &key);
            }
        }
        // Somebody may be logged in as a bot that is none here.
        let everyone: Vec<ClientId> = self.profiles.iter().map(|(id, _)| id).collect();
        everyone.into_iter().for_each(|id| self.note_account(id));
        self.mailboxes.take_over(state.mailboxes);
        self.forget_mailboxes_of_nobody();
        self.sent = state.sent;
        self.gone = state.gone.into();
        self.long_lists = state.long_lists.into_iter().collect();
        self.whispers = state.whispers;
        self.most_members = state.most_members.max(self.members.len());
        for (id, names) in state.watches {
            for name in names {
                self.watches.add(id, &name);
            }
        }
        for (id, names) in state.ignores {
            for name in names {
                // Fewer may be ignored than before.
                let _ = self.ignores.add(id, &name);
            }
        }
        // Less may be remembered here.
        self.remembered = self.rooms.iter().map(|(_, room)| room.history.weight()).sum();
        self.forget_surplus();
    }
}

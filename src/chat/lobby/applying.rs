//! Carries out decisions: keys are drawn and times measured here, and then facts are applied.
//!
//! Applying a fact draws nothing and measures nothing: two lobbies that are told the same facts in
//! the same order have the same rooms (topic, password, owner, sanctions, who looks after them, and
//! what was said), if they began alike and have the same settings. Members, and what they are told,
//! are each lobby's own. So is memory: a lobby that may not remember more forgets without a fact.

use super::deciding::{Decision, Joining};
use super::membership::Exit;
use super::{Context, Lobby};
use crate::chat::account::Account;
use crate::chat::author::Author;
use crate::chat::authorship::Authorship;
use crate::chat::command::{Command, Outcome};
use crate::chat::fact::{Change, Fact, JournalEntry};
use crate::chat::message::{Message, MessageId};
use crate::chat::name::{NameKey, Nickname, RoomName};
use crate::chat::outlet::Outlet;
use crate::chat::refusal::Refusal;
use crate::chat::reply::Reply;
use crate::chat::room::{Room, RoomId};
use crate::chat::room_settings::Owner;
use crate::chat::secret_hash::SecretHash;
use crate::chat::standing::founder;
use crate::id::ClientId;

impl Lobby {
    /// Carries out a decision on a client's command.
    pub(super) fn carry_out<'a>(
        &mut self,
        id: ClientId,
        decision: Decision<'a>,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> Result<Outcome<'a>, Refusal> {
        match decision {
            Decision::Nothing => {}
            Decision::Fact(room, fact) => {
                self.happen(room, Author::Here(id), fact, context, outlet);
            }
            Decision::Give(room, heir) => self.give(id, room, heir, context, outlet),
            Decision::Register(nickname, landing, about) => {
                self.register(id, nickname, (landing, about), context, outlet);
            }
            Decision::Rename(nickname) => {
                self.rename(id, nickname, context, outlet);
                return Ok(Outcome::Renamed);
            }
            Decision::Leave(room, reason) => {
                self.move_out(id, room, Exit::Parts(reason), context, outlet);
            }
            Decision::LeaveAll => {
                self.exit_all(id, context, outlet);
                self.land(id, context, outlet);
            }
            Decision::Join(joining) => self.join(id, joining, context, outlet)?,
            Decision::Answer(command) => self.answer(id, command, context, outlet)?,
            Decision::TellTopic(room) => self.tell_topic(id, room, outlet),
            Decision::TellRules(room, request) => {
                self.tell_rules(id, room, request, context.now, outlet);
            }
            Decision::Invite(room, whom) => self.invite(id, room, whom, context, outlet),
            Decision::Recall(room, which) => self.recall(id, room, which, context, outlet)?,
            Decision::ListSanctions(room, page) => {
                self.list_sanctions(id, room, page, context, outlet);
            }
            Decision::People(command) => {
                return self.look_after_people(id, command, context, outlet);
            }
            Decision::Metadata(subject, command) => {
                return self.look_after_metadata(id, (subject, command), context, outlet);
            }
            Decision::Beyond(outcome) => return Ok(outcome),
        }
        Ok(Outcome::Stays)
    }

    /// Answers a client. That may change what this client is told, but nothing for anybody else.
    fn answer(
        &mut self,
        id: ClientId,
        command: Command<'_>,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        match command {
            Command::Whisper { to, text } => self.whisper(id, to, text, context, outlet)?,
            Command::Send(sending) => self.send(id, sending, context, outlet)?,
            Command::Conversation(command) => {
                self.look_after_conversations(id, command, context, outlet)?;
            }
            Command::Rooms => self.list_rooms(id, outlet),
            Command::Who { room, page } => self.list_people(id, room, page, outlet)?,
            Command::About(question) => self.answer_about_rooms(id, &question, context, outlet),
            Command::MarkRead { conversation, read } => {
                self.mark_read(id, conversation, read, outlet)?;
            }
            Command::HearHistory(wanted) => self.want_history(id, wanted, outlet),
            Command::Ignore(whom) => self.ignore(id, whom, outlet)?,
            Command::Unignore(whom) => self.unignore(id, whom, outlet)?,
            Command::Help(guide) => outlet.reply(id, &Reply::Help(guide)),
            // All other commands are decided in `deciding`.
            _ => {}
        }
        Ok(())
    }

    fn join(
        &mut self,
        id: ClientId,
        joining: Joining,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        let Joining { name, room, stays, owns, knows_password, recall, list, keyless } = joining;
        let (room, key) = match room {
            Some(room) if !self.is_forsaken(room) => (room, None),
            forsaken => self.found(id, (name, forsaken), keyless, context, outlet)?,
        };
        if knows_password {
            self.note_right_password(id, room, context);
        }
        if !stays {
            self.exit_all(id, context, outlet);
        }
        let Some(who) = self.nickname(id).cloned() else { return Ok(()) };
        match recall {
            // Where nothing is remembered, coming in is worth no refusal.
            Some(which) => drop(self.recall(id, room, which, context, outlet)),
            None => self.read_history_to(id, room, context, outlet),
        }
        self.happen(room, Author::Here(id), Fact::Came { who: who.clone() }, context, outlet);
        self.note_invitation_used(id, room);
        if let (Some(key), Some(open)) = (key, self.rooms.get(room)) {
            outlet.reply(id, &Reply::Owns { room: &open.name, key });
        } else if owns {
            let claimed = Fact::Changed { by: who, change: Change::Claimed };
            self.happen(room, Author::Here(id), claimed, context, outlet);
        }
        if list && keyless {
            let name = self.room_name(room);
            self.tell_read_mark(id, &name, outlet);
            self.tell_names(id, name.as_str(), context, outlet);
            self.tell_metadata_there(id, room, outlet);
        } else if list {
            self.list_people(id, Some(self.room_name(room).as_str()), 1, outlet)?;
        }
        Ok(())
    }

    /// Makes a room, or one anew that everybody has left, which its founder owns. Returns the room,
    /// and the key that proves ownership, if there is to be one.
    fn found(
        &mut self,
        id: ClientId,
        (name, forsaken): (RoomName, Option<RoomId>),
        keyless: bool,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> Result<(RoomId, Option<u64>), Refusal> {
        let founder = founder((context.network_of)(id));
        if forsaken.is_none() {
            self.make_way(Some(founder), outlet)?;
        }
        let Some(by) = self.nickname(id).cloned() else { return Err(Refusal::NicknameFirst) };
        let account = self.accounts.of(id).map(Account::key);
        // Who comes back by an account needs no key.
        let belongs = !keyless || account.is_some();
        let (drawn, key) = if belongs { Some(self.draw_key(&name.key())) } else { None }.unzip();
        let stamp = self.sequence.behind_all(context.now);
        self.journal.note(&name, stamp, || Fact::Founded {
            by: by.clone(),
            founder,
            key,
            account: account.clone(),
        });
        let room = match forsaken {
            Some(room) => {
                self.rooms.open_again(room, name, stamp, founder);
                room
            }
            None => self.rooms.open(name, stamp, founder),
        };
        self.hand_to_founder(room, by, key, account);
        Ok((room, drawn.filter(|_| !keyless)))
    }

    /// Gives a new room to its founder.
    fn hand_to_founder(
        &mut self,
        room: RoomId,
        by: Nickname,
        key: Option<SecretHash>,
        account: Option<NameKey>,
    ) {
        match key {
            Some(key) => self.give_to(room, Owner { name: by, key, account }),
            None => {
                self.set_owner(room, &by);
                self.note_settings_changed(room);
            }
        }
    }

    /// Draws a key that proves ownership of a room with this salt. Returns the hash, too.
    fn draw_key(&mut self, salt: &NameKey) -> (u64, SecretHash) {
        let drawn = self.keys.draw();
        (drawn, SecretHash::of(salt, &written(drawn)))
    }

    /// Gives a room to another, who is told the key that proves ownership from now on.
    fn give(
        &mut self,
        id: ClientId,
        room: RoomId,
        heir: Nickname,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let Some(by) = self.nickname(id).cloned() else { return };
        let Some(salt) = self.rooms.get(room).map(Room::salt) else { return };
        let (drawn, key) = self.draw_key(&salt);
        let receiver = self.nicknames.find(&heir.key(), &self.members);
        let account = receiver.and_then(|receiver| self.accounts.of(receiver)).map(Account::key);
        let given = Fact::Changed { by, change: Change::Given { to: heir, key, account } };
        self.happen(room, Author::Here(id), given, context, outlet);
        if let (Some(receiver), Some(open)) = (receiver, self.rooms.get(room)) {
            outlet.reply(receiver, &Reply::Owns { room: &open.name, key: drawn });
        }
    }

    /// Stamps what somebody here does, and applies it.
    pub(super) fn happen(
        &mut self,
        room: RoomId,
        author: Author,
        fact: Fact,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let stamp = self.sequence.stamp(&fact, context.now);
        self.note_in_journal(room, stamp, || fact.clone());
        self.apply_in(room, stamp, author, fact, context, outlet);
    }

    /// Applies a fact from another lobby to the room of that name.
    pub fn apply(&mut self, entry: JournalEntry, context: &Context<'_>, outlet: &mut impl Outlet) {
        let JournalEntry { room, stamp, fact } = entry;
        self.now = stamp.at;
        match (fact, self.rooms.find(&room)) {
            (Fact::Founded { by, founder, key, account }, None) => {
                let room = self.rooms.open(room, stamp, founder);
                self.hand_to_founder(room, by, key, account);
            }
            (Fact::Founded { by, founder, key, account }, Some(id)) if self.is_ownerless(id) => {
                self.rooms.open_again(id, room, stamp, founder);
                self.hand_to_founder(id, by, key, account);
            }
            (Fact::Opened(stored), None) => {
                self.take_in(*stored, outlet);
            }
            (Fact::Closed, Some(id)) if self.may_close(id) => self.close(&room, outlet),
            (fact, Some(room)) => {
                self.apply_in(room, stamp, Author::There, fact, context, outlet);
            }
            (_, None) => {}
        }
    }

    fn apply_in(
        &mut self,
        room: RoomId,
        stamp: MessageId,
        author: Author,
        fact: Fact,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let context = &Context { now: stamp.at, ..*context };
        self.show_those_in(&fact, room, author, context, outlet);
        match fact {
            // There is such a room already, or no longer.
            Fact::Founded { .. } | Fact::Opened(_) | Fact::Closed => {}
            Fact::Came { .. } => match author {
                Author::Here(id) => self.enter(id, room, context, outlet),
                Author::There => self.note_used(room),
            },
            Fact::Went { who } => {
                self.remove(room, author, (&who, Exit::Parts("")), context, outlet);
            }
            Fact::Said { who, kind, text, tags, account } => {
                let known = Authorship::of(author.client(), account);
                let message = Message { id: stamp, kind, who, text, author: known };
                self.hear(room, author, (message, &tags), context, outlet);
            }
            Fact::TakenBack { by, number, reason } => {
                self.take_back(room, author, (&by, number, reason), context, outlet);
            }
            Fact::Renamed { old, new } => {
                if let Some(open) = self.rooms.get_mut(room).filter(|it| !it.officers.is_empty()) {
                    open.officers.rename(&old.key(), &new.key());
                }
            }
            Fact::PutOut { whom, by, reason } => {
                self.put_out_by_name(room, author, (whom, by, reason), context, outlet);
            }
            Fact::Changed { by, change } => {
                self.apply_change(room, author, by, change, context, outlet);
            }
        }
    }
}

/// A key as people type it.
fn written(key: u64) -> String {
    format!("{key:016x}")
}

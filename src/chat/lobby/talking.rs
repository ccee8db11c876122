//! Messages to a room and to one person, and ignoring people.

use super::deciding::Decision;
use super::speech::Speech;
use std::borrow::Cow;

use super::{Context, Lobby};
use crate::chat::author::Author;
use crate::chat::event::RoomEvent;
use crate::chat::fact::Fact;
use crate::chat::member::Member;
use crate::chat::message::{Message, MessageId, MessageKind};
use crate::chat::name::{Nickname, RoomName};
use crate::chat::outlet::Outlet;
use crate::chat::person::Person;
use crate::chat::refusal::{ActiveSanction, Rank, Refusal, Verb, quoted};
use crate::chat::reply::Reply;
use crate::chat::room::{Room, RoomId};
use crate::chat::room_refusal::RoomRefusal;
use crate::chat::room_rules::RoomRule;
use crate::chat::sanctions::Sanction;
use crate::chat::sending::{Sent, SentId, SentKind};
use crate::id::ClientId;
use crate::text::lines::has_lines;
use crate::text::{clean, is_blank, without_formatting};
use crate::time::UnixTime;

impl Lobby {
    pub(super) fn decide_to_speak(
        &self,
        id: ClientId,
        room: Option<&str>,
        speech: Speech<'_>,
        context: &Context<'_>,
    ) -> Result<Decision<'static>, Refusal> {
        let Some(member) = self.members.get(id) else { return Ok(Decision::Nothing) };
        let room = self.room_to_address(member, room)?;
        self.check_may_speak(id, room, &member.nickname, context)?;
        let Speech { kind, text, tags } = speech;
        if is_blank(&without_formatting(&text)) {
            return Ok(Decision::Nothing);
        }
        let (who, text) = (member.nickname.clone(), text.as_ref().into());
        let account = self.account_key_of(id);
        Ok(Decision::Fact(room, Fact::Said { who, kind, text, tags: tags.into(), account }))
    }

    /// Says something in a room for a bot, which is no member. Returns the number and the date of
    /// the message; `None`: the text says nothing.
    ///
    /// # Errors
    /// There is no such room, or the bot may not speak in it: because of a ban or a mute on its
    /// name, or because a member has that name.
    pub fn say_as(
        &mut self,
        bot: &Nickname,
        room: &RoomName,
        text: &str,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> Result<Option<MessageId>, Refusal> {
        self.now = context.now;
        // The same bot may be here as a client.
        let holder = self.nicknames.find(&bot.key(), &self.members);
        if holder.is_some_and(|holder| !self.accounts.is_logged_in_to(holder, &bot.key())) {
            return Err(Refusal::NicknameTaken(bot.clone()));
        }
        let found = self.find_or_recall(room, outlet)?;
        let room = found.ok_or_else(|| Refusal::NoRoomNamed(room.clone()))?;
        for room in [RoomId::MAIN, room] {
            let Some(open) = self.rooms.get(room) else { continue };
            let sanctions = &open.settings.sanctions;
            if let Some(ban) = sanctions.ban_on(Person::bot(bot), None, context.now) {
                return Err(Refusal::Banned(active(open, ban, context.now)));
            }
        }
        let rank = if self.is_silent(room) { Rank::Member } else { Rank::ServerOperator };
        self.check_not_silenced(room, Person::bot(bot), rank, context.now)?;
        let text = one_line(text);
        let text = clean(&text);
        if is_blank(&text) {
            return Ok(None);
        }
        let (who, text) = (bot.clone(), text.as_ref().into());
        let (kind, tags) = (MessageKind::Said, Default::default());
        let said = Fact::Said { who, kind, text, tags, account: None };
        let stamp = self.sequence.stamp(&said, context.now);
        self.happen(room, Author::There, said, context, outlet);
        Ok(Some(stamp))
    }

    /// Tells a room what somebody says, and remembers it.
    pub(super) fn hear(
        &mut self,
        room: RoomId,
        author: Author,
        (message, tags): (Message, &str),
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        self.sequence.follow(message.id);
        if let Author::Here(id) = author {
            self.profiles.note_speech(id, context.now);
        }
        let who = match author {
            Author::There if self.is_bot(&message.who.key()) => Person::bot(&message.who),
            _ => self.person_by(author, &message.who, context),
        };
        let event = spoken(&message, who, tags, self.sequence.epoch);
        if self.ignores.is_empty() {
            self.publish(room, author, &event, outlet);
        } else {
            self.publish_to_the_willing(room, author, &message.who, &event, outlet);
        }
        // A room without a history still notes that a message was forgotten.
        self.remember(room, message, outlet);
    }

    /// Tells all members of a room that do not ignore this speaker.
    fn publish_to_the_willing(
        &self,
        room: RoomId,
        author: Author,
        speaker: &Nickname,
        event: &RoomEvent<'_>,
        outlet: &mut impl Outlet,
    ) {
        let Some(open) = self.rooms.get(room) else { return };
        let deaf = self.those_who_ignore(room, speaker);
        outlet.publish(open.named(room), author.client(), event, &deaf);
    }

    /// The members of a room that ignore this speaker.
    pub(super) fn those_who_ignore(&self, room: RoomId, speaker: &Nickname) -> Vec<ClientId> {
        if self.ignores.is_empty() {
            return Vec::new();
        }
        let hears_here = |id: &ClientId| self.is_in(*id, room);
        let ignoring = self.ignores.listeners(&speaker.key());
        ignoring.iter().copied().filter(hears_here).collect()
    }

    /// Whether not everybody may speak in a room: one look, for each message.
    fn is_silent(&self, room: RoomId) -> bool {
        self.rooms.get(room).is_some_and(|open| {
            let settings = &open.settings;
            settings.sanctions.silence_somebody() || settings.modes.has(RoomRule::Moderated)
        })
    }

    /// Checks that a member may speak in a room.
    pub(super) fn check_may_speak(
        &self,
        id: ClientId,
        room: RoomId,
        nickname: &Nickname,
        context: &Context<'_>,
    ) -> Result<(), Refusal> {
        if !self.is_silent(room) {
            return Ok(());
        }
        let person = self.person_of(id, nickname, context);
        self.check_not_silenced(room, person, self.rank(id, room), context.now)
    }

    /// Server operators are bound by nothing, who has a voice by no mute, and who keeps order only
    /// by mutes on its nickname.
    fn check_not_silenced(
        &self,
        room: RoomId,
        person: Person<'_>,
        rank: Rank,
        now: UnixTime,
    ) -> Result<(), Refusal> {
        let Some(open) = self.rooms.get(room).filter(|_| rank < Rank::ServerOperator) else {
            return Ok(());
        };
        if open.officers.voiced() > 0 && open.officers.has_voice(&person.nickname().key()) {
            return Ok(());
        }
        let binds =
            |mute: &&Sanction| rank < Rank::Operator || (mute.mask.is_none() && !mute.is_quiet);
        if let Some(mute) = open.settings.sanctions.mute_on(person, now).filter(binds) {
            return Err(Refusal::Muted(active(open, mute, now)));
        }
        if rank < Rank::Operator && open.settings.modes.has(RoomRule::Moderated) {
            return Err(RoomRefusal::Moderated(open.name.clone()).into());
        }
        Ok(())
    }

    /// The room in which somebody wants to speak. One need not be in it where not only members may.
    pub(super) fn room_to_address(
        &self,
        member: &Member,
        named: Option<&str>,
    ) -> Result<RoomId, Refusal> {
        let found = self.own_room(member, named);
        match (found, named) {
            (Err(Refusal::NotInRoom(name)), Some(named)) => {
                let room = self.room_named(named)?;
                let modes = self.rooms.get(room).map(|open| open.settings.modes);
                let is_open = modes.is_some_and(|modes| !modes.has(RoomRule::MembersOnly));
                if is_open { Ok(room) } else { Err(Refusal::NotInRoom(name)) }
            }
            (found, _) => found,
        }
    }

    pub(super) fn whisper(
        &mut self,
        id: ClientId,
        to: &str,
        text: &str,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        let receiver = self.find_member(to)?;
        if receiver == id {
            return Err(Refusal::ToYourself);
        }
        let text = clean(text);
        if is_blank(&text) {
            return Err(Refusal::Incomplete(Verb::Msg));
        }
        self.check_not_ignored(id, receiver)?;
        self.tell_privately(id, receiver, (SentKind::Said, &text, ""), context, outlet);
        Ok(())
    }

    /// Checks that a member does not ignore another.
    pub(super) fn check_not_ignored(&self, id: ClientId, other: ClientId) -> Result<(), Refusal> {
        if self.ignores.is_empty() {
            return Ok(());
        }
        match (self.nickname(id), self.nickname(other)) {
            (Some(own), Some(name)) if self.ignores.listeners(&own.key()).contains(&other) => {
                Err(Refusal::Ignored(name.clone()))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn ignore(
        &mut self,
        id: ClientId,
        whom: Option<&str>,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        let Some(typed) = whom else {
            let names: Vec<&str> = self.ignores.of(id).collect();
            outlet.reply(id, &Reply::Ignores(&names));
            return Ok(());
        };
        // Somebody who is not here now may be ignored as well.
        let nickname = Nickname::parse(typed, self.settings.alphabet)?;
        if self.nickname(id).is_some_and(|own| own.key() == nickname.key()) {
            return Err(Refusal::ThatIsYou);
        }
        if !self.ignores.add(id, nickname.as_str())? {
            return Err(Refusal::AlreadySo(nickname));
        }
        outlet.reply(id, &Reply::IgnoreChanged { name: nickname.as_str(), ignored: true });
        Ok(())
    }

    pub(super) fn unignore(
        &mut self,
        id: ClientId,
        whom: &str,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        let found = self.ignores.remove(id, whom);
        let name = found.ok_or_else(|| Refusal::NotIgnored(quoted(whom)))?;
        outlet.reply(id, &Reply::IgnoreChanged { name: &name, ignored: false });
        Ok(())
    }
}

/// The event of a message.
fn spoken<'a>(message: &'a Message, who: Person<'a>, tags: &'a str, epoch: u32) -> RoomEvent<'a> {
    let Message { id, kind, ref text, .. } = *message;
    let sent = |kind| {
        let id = SentId::Numbered(id, epoch);
        RoomEvent::Sent(Sent { who, kind, text, tags, id })
    };
    match kind {
        MessageKind::Noticed => sent(SentKind::Noticed),
        MessageKind::Said if !tags.is_empty() || has_lines(text) => sent(SentKind::Said),
        MessageKind::Acted if !tags.is_empty() => sent(SentKind::Acted),
        MessageKind::Said => RoomEvent::Said { who, text, id, epoch },
        MessageKind::Acted => RoomEvent::Acted { who, text, id, epoch },
    }
}

/// Text with a space where it has line ends or other controls.
fn one_line(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return text.into();
    }
    let lines = text.split(char::is_control).map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ").into()
}

/// A ban or mute, as whoever it is on is told.
pub(super) fn active(room: &Room, sanction: &Sanction, now: UnixTime) -> ActiveSanction {
    let (room, reason) = (room.name.clone(), sanction.reason.clone());
    ActiveSanction { room, lasts: time_left(sanction, now), reason }
}

/// The time left of a ban or mute; `None`: for ever.
pub(super) fn time_left(sanction: &Sanction, now: UnixTime) -> Option<std::time::Duration> {
    sanction.until.map(|until| until.since(now))
}

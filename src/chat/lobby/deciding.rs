//! Decides what a command leads to. Deciding changes nothing and draws nothing: the same question
//! has the same answer twice.
//!
//! Decisions about messages, ownership and moderation are with the rest of these, in `talking`,
//! `owning` and `moderation`.

use super::speech::Speech;
use super::{Context, Lobby};
use crate::chat::command::{Command, Landing, Outcome, Recall, RoomCommand};
use crate::chat::fact::Fact;
use crate::chat::message::MessageKind;
use crate::chat::metadata_request::{MetadataCommand, MetadataSubject};
use crate::chat::name::{Nickname, RoomName};
use crate::chat::people::PeopleCommand;
use crate::chat::profile::About;
use crate::chat::refusal::Refusal;
use crate::chat::room::RoomId;
use crate::chat::room_modes::ModeRequest;
use crate::id::ClientId;
use crate::limits::ROOMS_PER_MEMBER_MAX;

/// The decision on a command that is allowed.
#[derive(Debug)]
pub enum Decision<'a> {
    /// Nothing happens.
    Nothing,
    /// Something happens in a room.
    Fact(RoomId, Fact),
    /// A room is given to somebody, with a key that is to be drawn.
    Give(RoomId, Nickname),
    /// The client has its first nickname.
    Register(Nickname, Landing, Option<About<'a>>),
    /// The member has another nickname.
    Rename(Nickname),
    /// The member leaves a room for this reason, and may land in another.
    Leave(RoomId, &'a str),
    /// The member leaves all its rooms, and may land in another.
    LeaveAll,
    /// The member comes into a room.
    Join(Joining),
    /// The client is answered, and no room is changed.
    Answer(Command<'a>),
    /// The client is told the topic of a room.
    TellTopic(RoomId),
    /// The client is answered a question about the rules of a room.
    TellRules(RoomId, ModeRequest<'a>),
    /// Somebody is invited into a room.
    Invite(RoomId, ClientId),
    /// The client is told what was said in a room.
    Recall(RoomId, Recall),
    /// The client is told a page of the bans and mutes of a room.
    ListSanctions(RoomId, usize),
    /// The client asks about people, or tells of itself; no room is changed.
    People(PeopleCommand<'a>),
    /// The client asks about metadata, or changes some.
    Metadata(MetadataSubject<'a>, MetadataCommand<'a>),
    /// The outcome is left to be carried out outside of the lobby.
    Beyond(Outcome<'a>),
}

/// The decision to join a room.
#[derive(Debug)]
pub struct Joining {
    /// The room's name, as it was typed.
    pub(super) name: RoomName,
    /// The room; `None`: one of that name is to be made.
    pub(super) room: Option<RoomId>,
    /// The member stays in the rooms in which it is.
    pub(super) stays: bool,
    /// The member has brought the owner's key.
    pub(super) owns: bool,
    /// The member has brought the password that the room needs.
    pub(super) knows_password: bool,
    /// Which messages the member asks for; `None`: as it has chosen before.
    pub(super) recall: Option<Recall>,
    /// The member wants to be told who is there.
    pub(super) list: bool,
    /// A room that is made by this has no key.
    pub(super) keyless: bool,
}

impl Lobby {
    /// Decides on a command of a client.
    ///
    /// # Errors
    /// The command is refused.
    pub fn decide<'a>(
        &self,
        id: ClientId,
        command: Command<'a>,
        context: &Context<'_>,
    ) -> Result<Decision<'a>, Refusal> {
        if !self.is_member(id) {
            return self.decide_for_stranger(id, command, context);
        }
        Ok(match command {
            Command::Say { room, text } => {
                let speech = Speech::plain(MessageKind::Said, text);
                return self.decide_to_speak(id, room, speech, context);
            }
            Command::Act { room, text } => {
                let speech = Speech::plain(MessageKind::Acted, text);
                return self.decide_to_speak(id, room, speech, context);
            }
            Command::Send(sending) => return self.decide_to_send(id, sending, context),
            Command::Nick(typed) | Command::Register { nickname: typed, .. } => {
                Decision::Rename(self.new_nickname(id, typed, context)?)
            }
            Command::Join { room, password, stay, recall, list, keyless } => {
                let joining =
                    self.decide_to_join(id, (room, password), (stay, keyless), context)?;
                return Ok(match joining {
                    Decision::Join(joining) => Decision::Join(Joining { recall, list, ..joining }),
                    other => other,
                });
            }
            Command::Leave { room, reason } => {
                Decision::Leave(self.room_to_leave(id, room)?, reason)
            }
            Command::LeaveAll => Decision::LeaveAll,
            Command::InRoom { room, command } => {
                return self.decide_in_room(id, room, command, context);
            }
            Command::Invite { to } => Decision::Beyond(Outcome::Invites(self.find_friend(id, to)?)),
            Command::Match { queue, players } => {
                Decision::Beyond(Outcome::SeeksMatch { queue, players })
            }
            Command::MatchOff => Decision::Beyond(Outcome::StopsSeeking),
            Command::Oper { name, password } => {
                Decision::Beyond(Outcome::Authenticates { name, password })
            }
            Command::People(command) => Decision::People(command),
            Command::Metadata { of, command } => Decision::Metadata(of, command),
            Command::Quit(reason) => Decision::Beyond(Outcome::Quits(reason)),
            Command::Account(request) => return self.decide_on_account(request),
            command => Decision::Answer(command),
        })
    }

    fn decide_for_stranger<'a>(
        &self,
        id: ClientId,
        command: Command<'a>,
        context: &Context<'_>,
    ) -> Result<Decision<'a>, Refusal> {
        let (typed, landing, about) = match command {
            Command::Nick(typed) => (typed, Landing::Main, None),
            Command::Register { nickname, landing, about } => (nickname, landing, about),
            Command::Quit(reason) => return Ok(Decision::Beyond(Outcome::Quits(reason))),
            Command::Account(request) => return self.decide_on_account(request),
            Command::HearHistory(_) => return Ok(Decision::Answer(command)),
            Command::Metadata { of: MetadataSubject::Own, command } => {
                return Ok(Decision::Metadata(MetadataSubject::Own, command));
            }
            _ => return Err(Refusal::NicknameFirst),
        };
        let nickname = self.free_nickname(id, typed)?;
        self.check_ban(id, &nickname, RoomId::MAIN, context)?;
        Ok(Decision::Register(nickname, landing, about))
    }

    /// Decides on a command about a room itself, or about order in it.
    fn decide_in_room<'a>(
        &self,
        id: ClientId,
        named: Option<&str>,
        command: RoomCommand<'a>,
        context: &Context<'_>,
    ) -> Result<Decision<'a>, Refusal> {
        let Some(member) = self.members.get(id) else { return Ok(Decision::Nothing) };
        if let RoomCommand::Mode(request) = command {
            return self.decide_mode(id, named, request, context);
        }
        let room = self.own_room(member, named)?;
        let by = &member.nickname;
        match command {
            // Decided above: some may be asked from outside.
            RoomCommand::Mode(_) => Ok(Decision::Nothing),
            RoomCommand::SetTopic(text) => self.decide_topic(id, room, by, text),
            RoomCommand::Rename { name, reason } => {
                self.decide_to_rename_room(id, room, by, (name, reason))
            }
            RoomCommand::SetPassword(word) => self.decide_password(id, room, by, word),
            RoomCommand::Own { key } => self.decide_to_own(room, by, key),
            RoomCommand::Give { to } => self.decide_to_give(id, room, to),
            RoomCommand::Op { whom, may } => self.decide_operator(id, room, by, (whom, may)),
            RoomCommand::Kick { whom, reason } => self.decide_to_kick(id, room, by, (whom, reason)),
            RoomCommand::Sanction(asked) => self.decide_sanction(id, room, by, asked, context),
            RoomCommand::Revoke { kind, whom } => {
                self.decide_to_revoke(id, room, by, (kind, whom), context)
            }
            RoomCommand::Redact { message, reason } => {
                self.decide_to_redact(id, room, by, (message, reason))
            }
            RoomCommand::AskTopic => Ok(Decision::TellTopic(room)),
            RoomCommand::Recall(which) => Ok(Decision::Recall(room, which)),
            RoomCommand::Sanctions { page } => Ok(Decision::ListSanctions(room, page)),
        }
    }

    fn decide_to_join(
        &self,
        id: ClientId,
        (typed, password): (&str, Option<&str>),
        (stays, keyless): (bool, bool),
        context: &Context<'_>,
    ) -> Result<Decision<'static>, Refusal> {
        let name = RoomName::parse(typed, self.settings.alphabet)?;
        let Some(member) = self.members.get(id) else { return Ok(Decision::Nothing) };
        let found = self.rooms.find(&name);
        if let Some(room) = found.filter(|room| member.membership_in(*room).is_some()) {
            return self.decide_to_join_again(room, &member.nickname, password);
        }
        if stays && member.memberships.len() >= ROOMS_PER_MEMBER_MAX {
            return Err(Refusal::InTooManyRooms);
        }
        let owns = found.is_some_and(|room| {
            self.is_key_of(room, password) || self.is_room_of_account(id, room)
        });
        let password = password.filter(|_| !keyless || self.needs_password(found));
        let knows_password = match found {
            // Nobody can keep the owner out.
            Some(_) if owns => false,
            Some(room) => {
                if !self.is_let_in(id, room, context.now) {
                    self.check_ban(id, &member.nickname, room, context)?;
                }
                self.check_rules(id, &member.nickname, room, context)?;
                self.check_password(id, room, password, context)?
            }
            // Most likely a name with a space in it.
            None if password.is_some() => return Err(Refusal::NameCharacter),
            None => false,
        };
        Ok(Decision::Join(Joining {
            name,
            room: found,
            stays,
            owns,
            knows_password,
            recall: None,
            list: false,
            keyless,
        }))
    }

    /// Whether a room is open to those alone who know its password.
    fn needs_password(&self, room: Option<RoomId>) -> bool {
        let open = room.and_then(|room| self.rooms.get(room));
        open.is_some_and(|open| open.settings.password.is_some())
    }

    fn room_to_leave(&self, id: ClientId, typed: Option<&str>) -> Result<RoomId, Refusal> {
        let Some(member) = self.members.get(id) else { return Err(Refusal::InNoRoom) };
        let room = self.own_room(member, typed)?;
        let lands_here = room == RoomId::MAIN && member.preferences.landing == Landing::Main;
        if member.memberships.len() == 1 && lands_here {
            return Err(Refusal::NowhereToLeaveTo);
        }
        Ok(room)
    }
}

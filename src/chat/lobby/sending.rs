//! Sending what plain lines cannot say.

use std::collections::BTreeSet;

use super::deciding::Decision;
use super::speech::Speech;
use super::{Context, Lobby};
use crate::chat::command::Command;
use crate::chat::event::RoomEvent;
use crate::chat::kept_events::Happening;
use crate::chat::message::{MessageKind, PrivateId};
use crate::chat::name::NameKey;
use crate::chat::outlet::Outlet;
use crate::chat::people::PeopleReply;
use crate::chat::refusal::{Rank, Refusal, Verb};
use crate::chat::reply::{Reply, Whisper};
use crate::chat::room::Room;
use crate::chat::room_refusal::RoomRefusal;
use crate::chat::room_rules::RoomRule;
use crate::chat::sending::{Circle, Recipient, Sending, Sent, SentId, SentKind};
use crate::id::ClientId;
use crate::text::lines::clean_lines;
use crate::text::{is_blank, without_formatting};
use crate::time::UnixTime;

impl Lobby {
    /// What is said to a whole room is a fact, like any message.
    pub(super) fn decide_to_send<'a>(
        &self,
        id: ClientId,
        sending: Sending<'a>,
        context: &Context<'_>,
    ) -> Result<Decision<'a>, Refusal> {
        let Recipient::Room { room, circle: Circle::Everybody } = sending.to else {
            return Ok(Decision::Answer(Command::Send(sending)));
        };
        let kind = match sending.kind {
            SentKind::Said => MessageKind::Said,
            SentKind::Acted => MessageKind::Acted,
            SentKind::Noticed => MessageKind::Noticed,
            _ => return Ok(Decision::Answer(Command::Send(sending))),
        };
        let text = clean_lines(sending.text);
        let speech = Speech { kind, text, tags: sending.tags };
        self.decide_to_speak(id, Some(room), speech, context)
    }

    /// Sends what changes no room.
    pub(super) fn send(
        &mut self,
        id: ClientId,
        sending: Sending<'_>,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        match sending.to {
            Recipient::Room { room, circle } => {
                self.send_to_room(id, (room, circle), sending, context, outlet)
            }
            Recipient::Person(to) => self.send_to_person(id, to, sending, context, outlet),
        }
    }

    fn send_to_room(
        &mut self,
        id: ClientId,
        (room, circle): (&str, Circle),
        sending: Sending<'_>,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        let private_id = self.next_private_id(context.now);
        let sent_id = SentId::Unnumbered(private_id);
        let text = clean_lines(sending.text);
        let (Some(member), Sending { kind, tags, .. }) = (self.members.get(id), sending) else {
            return Ok(());
        };
        let room = self.room_to_address(member, Some(room))?;
        self.check_may_speak(id, room, &member.nickname, context)?;
        let is_request = matches!(kind, SentKind::Control | SentKind::ControlAnswer);
        if is_request && self.has_rule(room, RoomRule::NoRequests) {
            return Err(RoomRefusal::NoRequests(self.room_name(room)).into());
        }
        if circle == Circle::Everybody {
            self.show(id, room, context, outlet);
        }
        let Some(member) = self.members.get(id) else { return Ok(()) };
        let who = self.person_of(id, &member.nickname, context);
        let sent = Sent { who, kind, text: &text, tags, id: sent_id };
        let Some(open) = self.rooms.get(room) else { return Ok(()) };
        let deaf = self.those_who_ignore(room, &member.nickname);
        if circle == Circle::Everybody {
            let event = RoomEvent::Sent(sent);
            outlet.publish(open.named(room), Some(id), &event, &deaf);
            if kind == SentKind::Tagged && self.keeps_events(room) {
                let (who, tags) = (member.nickname.clone(), tags.into());
                self.keep_as(room, private_id, Happening::Tagged { who, tags });
            }
            return Ok(());
        }
        for told in self.those_in_circle(open, circle) {
            if told != id && !deaf.contains(&told) {
                outlet.reply(told, &Reply::SentToRank { room: &open.name, circle, sent });
            }
        }
        outlet.reply(id, &Reply::SentToRankByYou { room: &open.name, circle, sent });
        Ok(())
    }

    /// Those who look after a room, and those who have a voice there if they are meant, each once.
    fn those_in_circle(&self, open: &Room, circle: Circle) -> BTreeSet<ClientId> {
        let is_meant = |name: &&NameKey| {
            circle != Circle::Operators || open.officers.rank(name) >= Rank::Operator
        };
        let names = open.officers.names().filter(is_meant);
        names.filter_map(|name| self.nicknames.find(name, &self.members)).collect()
    }

    fn send_to_person(
        &mut self,
        id: ClientId,
        to: &str,
        sending: Sending<'_>,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        let receiver = self.find_member(to)?;
        let text = clean_lines(sending.text);
        if sending.kind.is_message() && is_blank(&without_formatting(&text)) {
            return Err(Refusal::Incomplete(Verb::Msg));
        }
        self.check_not_ignored(id, receiver)?;
        let Sending { kind, tags, .. } = sending;
        self.tell_privately(id, receiver, (kind, &text, tags), context, outlet);
        Ok(())
    }

    /// Tells one person what another says to it, and the other that it was told.
    pub(super) fn tell_privately(
        &mut self,
        id: ClientId,
        receiver: ClientId,
        (kind, text, tags): (SentKind, &str, &str),
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let private_id = self.next_private_id(context.now);
        let sent_id = SentId::Unnumbered(private_id);
        self.note_whisper(id, receiver, private_id);
        let (from, to) = (self.person(id, context), self.person(receiver, context));
        let (Some(from), Some(to)) = (from, to) else { return };
        let whisper = Whisper { to, sent: Sent { who: from, kind, text, tags, id: sent_id } };
        outlet.reply(receiver, &Reply::Whispered(whisper));
        outlet.reply(id, &Reply::WhisperSent(whisper));
        if let Some(away) = to.away().filter(|_| matches!(kind, SentKind::Said | SentKind::Acted)) {
            outlet.reply(id, &Reply::People(PeopleReply::IsAway(to, away)));
        }
        self.remember_privately((id, receiver), private_id, (kind, text, tags));
    }

    pub(super) fn next_private_id(&mut self, now: UnixTime) -> PrivateId {
        self.sent = self.sent.wrapping_add(1);
        PrivateId { at: now, count: self.sent }
    }
}

//! Taking messages back, out of a room's history or out of a conversation of two.
//!
//! What was said in a room is gone from its history, in memory and on disk; what was said to one
//! person, from their mailboxes. Who has no account has none: of the last private messages it is
//! known who wrote them and to whom, so that the receiver can be told.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::deciding::Decision;
use super::owning::checked;
use super::{Context, Lobby};
use crate::chat::account::Account;
use crate::chat::author::Author;
use crate::chat::authorship::Authorship;
use crate::chat::event::RoomEvent;
use crate::chat::fact::Fact;
use crate::chat::kept_events::Happening;
use crate::chat::message::PrivateId;
use crate::chat::name::{NameKey, Nickname};
use crate::chat::outlet::Outlet;
use crate::chat::people::PeopleReply;
use crate::chat::record::{Done, Record};
use crate::chat::redaction::{MessageRef, Redacted};
use crate::chat::refusal::{Field, Rank, Refusal};
use crate::chat::reply::Reply;
use crate::chat::room::RoomId;
use crate::chat::room_refusal::RedactionRefusal;
use crate::chat::sending::SentId;
use crate::id::ClientId;
use crate::limits::{REASON_BYTES_MAX, REDACTIONS_UNSAVED_MAX, WHISPERS_KNOWN_MAX};

/// The last private messages, the oldest first: by what they are known, who wrote them and to whom.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Whispers(VecDeque<KnownWhisper>);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct KnownWhisper {
    id: PrivateId,
    author: Authorship,
    to: ClientId,
    /// The receiver's account, whose mailbox has the message.
    account: Option<Box<NameKey>>,
}

impl Whispers {
    /// Notes one more. Of those that are too many the oldest cannot be taken back any more, if it
    /// is in no mailbox.
    fn note(&mut self, whisper: KnownWhisper) {
        if self.0.len() >= WHISPERS_KNOWN_MAX {
            self.0.pop_front();
        }
        self.0.push_back(whisper);
    }

    fn get(&self, id: PrivateId, to: ClientId) -> Option<&KnownWhisper> {
        self.0.iter().rfind(|it| it.id == id && it.to == to)
    }
}

impl Lobby {
    /// The account that a client is logged in to.
    pub(super) fn account_key_of(&self, id: ClientId) -> Option<NameKey> {
        self.accounts.of(id).map(Account::key)
    }

    /// Decides whether a member may take back a message: its author may, and who keeps order.
    pub(super) fn decide_to_redact(
        &self,
        id: ClientId,
        room: RoomId,
        by: &Nickname,
        (message, reason): (MessageRef, &str),
    ) -> Result<Decision<'static>, Refusal> {
        let number = message.number(self.sequence.epoch);
        let found = self.rooms.get(room).zip(number);
        let found = found.and_then(|(open, number)| open.history.find(number));
        let message = found.ok_or(RedactionRefusal::NoSuchMessage)?;
        if !message.author.is_of(id, self.account_key_of(id).as_ref()) {
            let refused = RedactionRefusal::NotYours;
            self.check_rank(id, room, Rank::Operator).map_err(|_| refused)?;
        }
        if self.unsaved.redactions() >= REDACTIONS_UNSAVED_MAX {
            return Err(RedactionRefusal::TooMany.into());
        }
        let reason = checked(reason, REASON_BYTES_MAX, Field::Reason)?;
        let (by, number) = (by.clone(), message.id.number);
        Ok(Decision::Fact(room, Fact::TakenBack { by, number, reason }))
    }

    /// Takes a message out of a room's history, and tells those who are there.
    pub(super) fn take_back(
        &mut self,
        room: RoomId,
        author: Author,
        (by, number, reason): (&Nickname, u64, SmolStr),
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let Some(open) = self.rooms.get_mut(room) else { return };
        let before = open.history.weight();
        let Some(message) = open.history.take_back(number) else { return };
        self.remembered = self.remembered + open.history.weight() - before;
        if self.archive.is_some() {
            self.unsaved.note_redacted(number);
        }
        let epoch = self.sequence.epoch;
        let account = author.client().and_then(|id| self.account_key_of(id));
        let is_own = match author.client() {
            Some(id) => message.author.is_of(id, account.as_ref()),
            None => *by == message.who,
        };
        let kept = self.keep(room, context.now, || Happening::TakenBack {
            by: by.clone(),
            author: message.who.clone(),
            id: message.id,
            epoch,
            reason: reason.clone(),
        });
        let redacted = Redacted {
            by: self.person_by(author, by, context),
            author: &message.who,
            is_own,
            id: SentId::Numbered(message.id, epoch),
            reason: &reason,
        };
        self.publish_kept(room, author, (kept, &RoomEvent::Redacted(redacted)), outlet);
        if !is_own {
            self.note_done(author, room, Done::Redacted, |record| {
                let record = record.to(&message.who);
                Record { reason: reason.clone(), ..record }
            });
        }
    }

    /// Notes a private message, which its author may want to take back.
    pub(super) fn note_whisper(&mut self, from: ClientId, to: ClientId, id: PrivateId) {
        let author = Authorship::of(Some(from), self.account_key_of(from));
        let account = self.account_key_of(to).map(Box::new);
        self.whispers.note(KnownWhisper { id, author, to, account });
    }

    /// Takes back what somebody has said to another: out of their mailboxes, and the other is told
    /// if it is here.
    pub(super) fn redact_whisper(
        &mut self,
        id: ClientId,
        to: &str,
        (message, reason): (MessageRef, &str),
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        let reason = checked(reason, REASON_BYTES_MAX, Field::Reason)?;
        let own = self.account_key_of(id);
        let receiver = self.find_member(to);
        let MessageRef::Private(private) = message else {
            return Err(receiver.err().unwrap_or(RedactionRefusal::NoSuchMessage.into()));
        };
        let mailbox = own.as_ref().and_then(|own| self.mailboxes.of(own));
        let kept = mailbox.and_then(|mailbox| mailbox.get(private));
        let kept = kept.filter(|message| message.partner.key() == NameKey::of(to)).cloned();
        let known = receiver.as_ref().ok().and_then(|to| self.whispers.get(private, *to)).cloned();
        let (is_own, name) = match (&known, &kept) {
            (Some(known), _) => (known.author.is_of(id, own.as_ref()), self.nickname(known.to)),
            (None, Some(kept)) => (kept.is_own, Some(&kept.partner)),
            (None, None) => {
                return Err(receiver.err().unwrap_or(RedactionRefusal::NoSuchMessage.into()));
            }
        };
        if !is_own {
            return Err(RedactionRefusal::NotYours.into());
        }
        // Somebody else may be called now as the receiver was then.
        let account = kept.as_ref().and_then(|kept| kept.partner_account.clone());
        let is_there = |to: &ClientId| account.is_some() && self.account_key_of(*to) == account;
        let told = known.as_ref().map(|known| known.to).or(receiver.ok().filter(is_there));
        let (Some(from), Some(to)) = (self.person(id, context), name) else { return Ok(()) };
        let sent_id = SentId::Unnumbered(private);
        let taken_back = PeopleReply::TakenBack { from, to, id: sent_id, reason: &reason };
        if let Some(told) = told.filter(|told| *told != id) {
            outlet.reply(told, &Reply::People(taken_back));
        }
        outlet.reply(id, &Reply::People(taken_back));
        self.whispers.0.retain(|whisper| whisper.id != private);
        let others = known.and_then(|known| known.account);
        for account in own.into_iter().chain(others.map(|account| *account)) {
            self.redact_privately(&account, private);
        }
        Ok(())
    }
}

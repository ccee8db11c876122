//! Private messages are remembered for those who are logged in to an account, and read to them
//! again.

use std::collections::HashMap;

use smol_str::SmolStr;

use super::{Context, Lobby};
use crate::chat::account::Account;
use crate::chat::account_refusal::AccountRefusal;
use crate::chat::conversation::{
    ConversationCommand, ConversationReply, Listed, ListedConversation,
};
use crate::chat::mailbox::{self, PrivateMessage};
use crate::chat::message::PrivateId;
use crate::chat::name::{NameKey, Nickname};
use crate::chat::outlet::Outlet;
use crate::chat::read_marks::ConversationRef;
use crate::chat::refusal::Refusal;
use crate::chat::reply::Reply;
use crate::chat::sending::SentKind;
use crate::chat::window::Window;
use crate::id::ClientId;

impl Lobby {
    /// Remembers a private message for those of the two who have an account. One to oneself is kept
    /// once.
    pub(super) fn remember_privately(
        &mut self,
        (from, to): (ClientId, ClientId),
        id: PrivateId,
        (kind, text, tags): (SentKind, &str, &str),
    ) {
        if !kind.is_kept() || self.settings.history == 0 {
            return;
        }
        let owners = [(from, to, true), (to, from, false)];
        for (owner, other, is_own) in owners.into_iter().take(if from == to { 1 } else { 2 }) {
            let Some(account) = self.accounts.of(owner).map(Account::key) else { continue };
            let Some(partner) = self.nickname(other).cloned() else { continue };
            let partner_account = self.accounts.of(other).map(Account::key);
            let (tags, text) = (SmolStr::from(tags), SmolStr::from(text));
            let message = PrivateMessage { id, partner, partner_account, is_own, kind, tags, text };
            self.mailboxes.push(&account, message);
        }
    }

    /// The account whose mailbox a client reads.
    fn own_mailbox(&self, id: ClientId) -> Result<NameKey, Refusal> {
        if self.settings.history == 0 {
            return Err(Refusal::HistoryOff);
        }
        match self.accounts.of(id) {
            Some(account) => Ok(account.key()),
            None if self.archive.is_none() => Err(AccountRefusal::NotHere.into()),
            None => Err(AccountRefusal::NoMailbox.into()),
        }
    }

    /// Carries out a command about one's own conversations.
    pub(super) fn look_after_conversations(
        &mut self,
        id: ClientId,
        command: ConversationCommand<'_>,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        match command {
            ConversationCommand::Recall { with, window } => {
                self.recall_conversation(id, with, window, context, outlet)
            }
            ConversationCommand::List(listed) => {
                self.list_conversations(id, listed, context, outlet)
            }
            ConversationCommand::Forget(with) => self.forget_conversation(id, with, outlet),
        }
    }

    fn recall_conversation(
        &self,
        id: ClientId,
        typed: &str,
        window: Window,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        let account = self.own_mailbox(id)?;
        let Some(you) = self.nickname(id) else { return Ok(()) };
        let mailbox = self.mailboxes.of(&account);
        let messages =
            mailbox.map_or_else(Vec::new, |it| it.with(&NameKey::of(typed), window.with_events));
        let with = match messages.last() {
            Some(message) => message.partner.clone(),
            None => Nickname::parse(typed, self.settings.alphabet)?,
        };
        let messages = &messages[mailbox::part(&messages, window)];
        let mut tell = |reply| outlet.reply(id, &Reply::Conversation(reply));
        tell(ConversationReply::Begins { with: with.as_str(), count: messages.len() });
        for message in messages {
            tell(ConversationReply::Message { message, you, now: context.now });
        }
        tell(ConversationReply::Ends { with: with.as_str() });
        Ok(())
    }

    fn list_conversations(
        &self,
        id: ClientId,
        listed: Listed,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        let mailbox = match self.own_mailbox(id) {
            Ok(account) => self.mailboxes.of(&account),
            // There are still the rooms.
            Err(_) if listed.rooms => None,
            Err(refusal) => return Err(refusal),
        };
        let mut latest: HashMap<NameKey, ListedConversation<'_>> = HashMap::new();
        let all = mailbox.iter().flat_map(|mailbox| mailbox.iter());
        for message in all.filter(|message| message.kind.is_message()) {
            let with = ConversationRef::Person(&message.partner);
            latest.insert(message.partner.key(), ListedConversation { with, last: message.id.at });
        }
        let mut list: Vec<ListedConversation<'_>> = latest.into_values().collect();
        let memberships = self.members.get(id).filter(|_| listed.rooms);
        for membership in memberships.iter().flat_map(|member| &member.memberships) {
            let Some(room) = self.rooms.get(membership.room) else { continue };
            if let Some(message) = room.history.last(1).iter().next() {
                list.push(ListedConversation {
                    with: ConversationRef::Room(&room.name),
                    last: message.id.at,
                });
            }
        }
        list.retain(|it| {
            listed.after.is_none_or(|after| it.last > after)
                && listed.before.is_none_or(|before| it.last < before)
        });
        list.sort_by(|one, other| (one.last, one.name()).cmp(&(other.last, other.name())));
        let surplus = list.len().saturating_sub(listed.most);
        let list = if listed.newest { &list[surplus..] } else { &list[..list.len() - surplus] };
        let now = context.now;
        outlet.reply(id, &Reply::Conversation(ConversationReply::List { list, now }));
        Ok(())
    }

    fn forget_conversation(
        &mut self,
        id: ClientId,
        with: Option<&str>,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        let account = self.own_mailbox(id)?;
        let name = with.map(|with| Nickname::parse(with, self.settings.alphabet)).transpose()?;
        let partner = name.as_ref().map(Nickname::key);
        let count = self.mailboxes.forget(&account, partner.as_ref());
        let with = name.as_ref().map(Nickname::as_str);
        let forgotten = ConversationReply::Forgotten { with, count };
        outlet.reply(id, &Reply::Conversation(forgotten));
        Ok(())
    }

    /// Forgets the private messages of bots that are none any more.
    pub(super) fn forget_mailboxes_of_nobody(&mut self) {
        let accounts = &self.accounts;
        self.mailboxes.forget_those(|account| accounts.get(account).is_none());
    }

    /// Takes a private message out of the mailbox of an account, and out of that of the other
    /// person in it, if that has one. Returns what it was; `None`: it is not there. Whether it may
    /// be taken back is for the caller to say.
    pub fn redact_privately(&mut self, account: &NameKey, id: PrivateId) -> Option<PrivateMessage> {
        self.mailboxes.redact(account, id)
    }

    /// The weight of all mailboxes, in bytes.
    pub fn remembered_privately(&self) -> usize {
        self.mailboxes.weight()
    }
}

//! Conversations that were before: the messages as they were told then, in a batch; and with whom
//! there are such. Who has typed HISTORY reads them as notices.

use crate::chat::{
    ConversationRef, ConversationReply, ListedConversation, Nickname, PrivateMessage,
};
use crate::chat::{Sent, SentId};
use crate::dialect::irc::addressee::Addressee;
use crate::dialect::irc::events::{self, Stamp};
use crate::dialect::irc::source::channel;
use crate::dialect::line::conversations;

/// Appends an answer.
pub(super) fn write(reader: &Addressee, reply: &ConversationReply<'_>, out: &mut Vec<u8>) {
    if reader.verb() != "CHATHISTORY" {
        return reader.as_notices(out, |out| conversations::write(reply, out));
    }
    match *reply {
        ConversationReply::Message { message, you, .. } => remembered(reader, message, you, out),
        ConversationReply::List { list, .. } => {
            list.iter().for_each(|conversation| listed(reader, conversation, out));
        }
        // Batches say that, and nobody can have things forgotten by this verb.
        ConversationReply::Begins { .. }
        | ConversationReply::Ends { .. }
        | ConversationReply::Forgotten { .. } => {}
    }
}

fn remembered(reader: &Addressee, message: &PrivateMessage, you: &Nickname, out: &mut Vec<u8>) {
    let PrivateMessage { id, partner, is_own, kind, tags, text, .. } = message;
    let (who, to) = if *is_own { (you, partner) } else { (partner, you) };
    let sent = Sent { who: who.into(), kind: *kind, text, tags, id: SentId::Unnumbered(*id) };
    events::sent(reader.capabilities.form(), &sent, to.as_str(), out);
}

fn listed(reader: &Addressee, conversation: &ListedConversation<'_>, out: &mut Vec<u8>) {
    let name = match conversation.with {
        ConversationRef::Room(room) => channel(room),
        ConversationRef::Person(nickname) => nickname.as_str().to_owned(),
    };
    let date = Stamp(conversation.last.millis()).to_string();
    reader.line(out).word("CHATHISTORY").word("TARGETS").word(&name).word(&date).end();
}

//! Conversations between two people that were before: what a program asks of them, and the answers
//! as objects.

use super::object::{Object, Text};
use super::private::{ConversationEntry, Conversations, Forgotten, Private, Remembered};
use super::said::said;
use crate::chat::{
    ConversationCommand, ConversationRef, ConversationReply, Listed, ListedConversation, SentKind,
    Window,
};
use crate::dialect::line::conversations;
use crate::dialect::line::writing::sentence;
use crate::limits::LISTED_MAX;

/// What `conversations` asks for, or `forget`, or `history` of one person.
pub(super) fn asked<'a>(
    request: &str,
    with: Option<&'a str>,
    limit: Option<usize>,
) -> ConversationCommand<'a> {
    match (request, with) {
        ("forget", with) => ConversationCommand::Forget(with),
        ("history", Some(with)) => {
            let window = Window::last(limit.unwrap_or(usize::MAX));
            ConversationCommand::Recall { with, window }
        }
        _ => ConversationCommand::List(Listed {
            after: None,
            before: None,
            newest: true,
            most: limit.unwrap_or(LISTED_MAX).min(LISTED_MAX),
            rooms: true,
        }),
    }
}

/// An answer.
pub(super) fn object<'a>(reply: &ConversationReply<'a>) -> Object<'a> {
    match *reply {
        ConversationReply::Begins { with, count } => {
            Object::Conversation(Remembered { nick: with.into(), count })
        }
        ConversationReply::Message { message, .. } => {
            let partner = Some(Text::from(message.partner.as_str()));
            let (from, to) = if message.is_own { (None, partner) } else { (partner, None) };
            let ((text, lines), at) = (said(&message.text), message.id.at.millis() / 1_000);
            let me = message.kind == SentKind::Acted;
            Object::Private(Private { from, to, text, me, lines, at, old: true })
        }
        ConversationReply::Ends { with } => Object::ConversationEnd { nick: with.into() },
        ConversationReply::List { list, .. } => {
            Object::Conversations(Conversations { list: list.iter().map(entry).collect() })
        }
        ConversationReply::Forgotten { with, count } => {
            let text = sentence(|out| conversations::write(reply, out)).into();
            Object::Forgotten(Forgotten { nick: with.map(Text::from), count, text })
        }
    }
}

fn entry<'a>(it: &ListedConversation<'a>) -> ConversationEntry<'a> {
    let name = Some(Text::from(it.name()));
    let (room, nick) = match it.with {
        ConversationRef::Room(_) => (name, None),
        ConversationRef::Person(_) => (None, name),
    };
    ConversationEntry { room, nick, at: it.last.millis() / 1_000 }
}

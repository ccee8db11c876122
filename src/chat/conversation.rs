//! Conversations between two people that were before: what somebody asks of its own, and how it is
//! answered.

use super::mailbox::PrivateMessage;
use super::name::Nickname;
use super::read_marks::ConversationRef;
use super::window::Window;
use crate::time::UnixTime;

/// A command about one's own conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConversationCommand<'a> {
    /// Be told what was said between oneself and somebody.
    Recall {
        /// The nickname.
        with: &'a str,
        /// Which of the messages.
        window: Window,
    },
    /// Be told where there is something to be read again.
    List(Listed),
    /// Forget what was said between oneself and somebody; `None`: and everybody.
    Forget(Option<&'a str>),
}

/// Which conversations are listed: those whose last messages are from the time between two dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// After this date only.
    pub after: Option<UnixTime>,
    /// Before this date only.
    pub before: Option<UnixTime>,
    /// Of more than may be, those with the newest messages.
    pub newest: bool,
    /// How many, at most.
    pub most: usize,
    /// The rooms that one is in as well.
    pub rooms: bool,
}

/// An answer about one's own conversations. "You" is the reader.
#[derive(Clone, Copy, Debug)]
pub enum ConversationReply<'a> {
    /// So many messages follow.
    Begins {
        /// With whom.
        with: &'a str,
        /// The number of messages.
        count: usize,
    },
    /// One message.
    Message {
        /// The message.
        message: &'a PrivateMessage,
        /// You.
        you: &'a Nickname,
        /// The present, so that the day is told where it is another.
        now: UnixTime,
    },
    /// That was all of them.
    Ends {
        /// With whom.
        with: &'a str,
    },
    /// Where there is something to be read again, the oldest first.
    List {
        /// Each conversation.
        list: &'a [ListedConversation<'a>],
        /// The present.
        now: UnixTime,
    },
    /// Something is forgotten.
    Forgotten {
        /// What was said between you and this person; `None`: and everybody.
        with: Option<&'a str>,
        /// The number of messages.
        count: usize,
    },
}

/// A conversation of which something is remembered.
#[derive(Clone, Copy, Debug)]
pub struct ListedConversation<'a> {
    /// With whom.
    pub with: ConversationRef<'a>,
    /// The date of its last message.
    pub last: UnixTime,
}

impl<'a> ListedConversation<'a> {
    /// The name of the room or the person.
    pub fn name(self) -> &'a str {
        match self.with {
            ConversationRef::Room(room) => room.as_str(),
            ConversationRef::Person(nickname) => nickname.as_str(),
        }
    }
}

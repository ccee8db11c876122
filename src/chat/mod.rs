//! The domain: people with nicknames, rooms they are in, and the rules between them.
//!
//! Knows no byte of any wire format, no socket and no clock: a [`Command`] comes in, the
//! [`Outlet`] is told [`RoomEvent`]s and [`Reply`]s, and time is handed in where a rule needs it.
//! How commands and events look on the wire is left to `dialect`, and how events reach people to
//! `delivery`.

mod account;
mod account_refusal;
mod account_request;
mod accounts;
mod allowance;
mod audience;
mod author;
mod authorship;
mod belongings;
mod cloak;
mod command;
mod conversation;
mod event;
mod fact;
mod guesses;
mod history;
mod kept_events;
mod lobby;
mod long_list;
mod mailbox;
mod mailboxes;
mod mask;
mod member;
mod message;
mod metadata;
mod metadata_request;
mod motd;
mod name;
mod network;
mod nickname_index;
mod officers;
mod outlet;
mod people;
mod person;
mod profile;
mod read_marks;
mod record;
mod redaction;
mod refusal;
mod reply;
mod room;
mod room_modes;
mod room_refusal;
mod room_renaming;
mod room_rules;
mod room_settings;
mod rooms;
mod sanctions;
mod seat_set;
mod secret_hash;
mod sending;
mod standing;
mod stored;
mod subscriptions;
mod wildcard;
mod window;

pub use account::{Account, LogInWay};
pub use account_refusal::AccountRefusal;
pub use account_request::{AccountAnswer, AccountRequest};
pub use allowance::{Allowance, FloodRate};
pub use audience::Audience;
pub use author::Author;
pub use authorship::Authorship;
pub use cloak::Cloak;
pub use command::{Command, Guide, Landing, Outcome, Recall, RoomCommand, SanctionRequest};
pub use conversation::{ConversationCommand, ConversationReply, Listed, ListedConversation};
pub use event::{Departure, Moderation, ModerationAction, RoomEvent};
pub use fact::{Change, Fact, JournalEntry};
pub use history::{Entry, History, Replay};
pub use kept_events::KeptEvent;
pub use lobby::{Context, Decision, Excerpt, Joining, Lobby, LobbySettings, LobbyState, OpenRoom};
pub use mailbox::{MailboxChanges, PrivateMessage};
pub use mailboxes::StoredPrivateMessage;
pub use mask::Mask;
pub use message::{HistoryCursor, Message, MessageId, MessageKind, PrivateId};
pub use metadata::Metadata;
pub use metadata_request::{
    MetadataAnswer, MetadataCommand, MetadataEntry, MetadataOwner, MetadataRefusal,
    MetadataSubject, MetadataValue,
};
pub use motd::{Motd, TooLong};
pub use name::{Alphabet, NameError, NameKey, Nickname, RoomName};
pub use network::Network;
pub use outlet::{Outlet, Recollection};
pub use people::{
    Census, Found, Gone, News, PeopleCommand, PeopleReply, Portrait, Search, UserMode, UserModes,
};
pub use person::Person;
pub use profile::{About, Profile};
pub use read_marks::{Conversation, ConversationRef, ReadMark};
pub use record::{Done, Record};
pub use redaction::{MessageRef, Redacted};
pub use refusal::{ActiveSanction, Field, Rank, Refusal, Verb, quoted};
pub use reply::{Farewell, Peer, Recalled, Reply, Ticket, Whisper};
pub use room::{RoomId, RoomRef};
pub use room_modes::{
    Bounds, ListedMask, ModeRequest, RoomAnswer, RoomFilter, RoomsQuestion, RuleChange, Seat,
};
pub use room_refusal::{RedactionRefusal, RenameRefusal, RoomRefusal};
pub use room_renaming::{RenamedAround, RoomRename, RoomRenamed};
pub use room_rules::{RoomModes, RoomRule, UnknownRule};
pub use room_settings::{Owner, RoomSettings, Topic};
pub use sanctions::{Sanction, SanctionKind, Sanctions};
pub use secret_hash::SecretHash;
pub use sending::{Circle, Recipient, Sending, Sent, SentId, SentKind};
pub use standing::Standing;
pub use stored::{
    Archive, BelongingsChanges, RoomChanges, SaveBatch, StoredBelongings, StoredLobby, StoredRoom,
    Unreadable,
};
pub use window::{HistoryEnd, HistoryPlace, Window};

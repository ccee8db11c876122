//! People: what somebody asks of others or tells of itself, and how it is answered.
//!
//! Every dialect says these in its own words. What needs no lobby (the version, help) is each
//! dialect's own.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::metadata::Metadata;
use super::motd::Motd;
use super::name::{Nickname, RoomName};
use super::person::Person;
use super::redaction::MessageRef;
use super::refusal::Rank;
use super::sending::SentId;
use crate::limits::FLOOD_LINES_PER_ANNOUNCEMENT;
use crate::time::UnixTime;

/// A command about people. Several names are separated by commas or spaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeopleCommand<'a> {
    /// Be away; others are told this, if it is not empty.
    Away(&'a str),
    /// Be away no more.
    Back,
    /// Have another real name.
    SetRealName(&'a str),
    /// Change a mode of the one who is called so: oneself.
    SetMode(&'a str, UserMode, bool),
    /// Ask for the modes of the one who is called so: oneself.
    AskModes(&'a str),
    /// Ask about one person.
    WhoIs(&'a str),
    /// Ask about somebody who was here, and for at most so many answers; zero: all.
    WhoWas(&'a str, usize),
    /// Look for people.
    Find(Search<'a>),
    /// Ask who of some is here, and from where.
    Locate(&'a str),
    /// Ask who of some is here.
    ArePresent(&'a str),
    /// Be told when some come and go.
    Watch(&'a str),
    /// Be told that no more.
    Unwatch(&'a str),
    /// Be told that of nobody any more.
    UnwatchAll,
    /// List those whom one watches.
    ListWatched,
    /// Ask who of those whom one watches is here.
    AskWatched,
    /// Put somebody out of the server.
    Kill {
        /// The nickname.
        whom: &'a str,
        /// The reason; may be empty.
        reason: &'a str,
    },
    /// Take back what one said to somebody alone.
    Redact {
        /// That person's nickname.
        to: &'a str,
        /// The message.
        message: MessageRef,
        /// The reason; may be empty.
        reason: &'a str,
    },
    /// Tell all who want to hear it from those who look after the server.
    TellAll(&'a str),
    /// Ask for the message of the day.
    AskMotd,
    /// Ask for the time.
    AskTime,
    /// Ask how many are here.
    CountPeople,
}

impl PeopleCommand<'_> {
    /// The charge for flood control, in lines, besides what long lists cost.
    pub(super) fn cost(&self) -> u32 {
        match self {
            Self::Away(_)
            | Self::Back
            | Self::SetRealName(_)
            | Self::Kill { .. }
            | Self::Redact { .. }
            | Self::TellAll(_)
            | Self::AskMotd => FLOOD_LINES_PER_ANNOUNCEMENT,
            _ => 1,
        }
    }
}

/// Whom to look for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search<'a> {
    /// The members of a room.
    InRoom(&'a str),
    /// Those whom a mask matches; it may be a nickname.
    Matching {
        /// The mask: `*` stands for any text, `?` for any character.
        mask: &'a str,
        /// Only those who look after the server.
        operators: bool,
    },
}

/// A mode of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserMode {
    /// Is found by its name alone, not by masks.
    Hidden,
    /// Hears what those who look after the server tell all.
    HearsOperators,
    /// Is a program.
    Bot,
    /// Looks after the server; this can only be given up.
    Operator,
}

/// The modes of a member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UserModes {
    /// Is found by its name alone, not by masks.
    pub is_hidden: bool,
    /// Hears what those who look after the server tell all.
    pub hears_operators: bool,
    /// Is a program.
    pub is_bot: bool,
    /// Looks after the server.
    pub is_operator: bool,
}

/// Something new about a person, for those who share a room with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News<'a> {
    /// It is away, and others are told this, or it is back.
    Away(Option<&'a str>),
    /// It has another real name.
    RealName(&'a str),
    /// It has logged in to an account, or out of it.
    Account,
}

/// Somebody, as a search shows it.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// Who.
    pub who: Person<'a>,
    /// A room that it is in, which the asker may know of.
    pub room: Option<&'a RoomName>,
    /// Its rank in that room.
    pub rank: Rank,
    /// Whether it has a voice there.
    pub has_voice: bool,
    /// Whether it looks after the server.
    pub is_operator: bool,
    /// For how long it has said nothing, if that is known.
    pub silent: Option<Duration>,
}

/// One person, as one is shown who asks about it.
#[derive(Clone, Copy, Debug)]
pub struct Portrait<'a> {
    /// Who.
    pub who: Person<'a>,
    /// The rooms that it is in and the asker may know of, with its ranks.
    pub rooms: &'a [(&'a RoomName, Rank)],
    /// Whether it looks after the server.
    pub is_operator: bool,
    /// What it says of itself for programs.
    pub metadata: &'a Metadata,
    /// The asker is that person.
    pub is_asker: bool,
    /// The present.
    pub now: UnixTime,
}

/// Somebody who has left the server, or has another nickname.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gone {
    /// Its nickname.
    pub nickname: Nickname,
    /// Its user name.
    pub user: SmolStr,
    /// Its cloak.
    pub cloak: SmolStr,
    /// Its real name; may be empty.
    pub real: SmolStr,
    /// When.
    pub at: UnixTime,
}

/// How many are here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Members.
    pub members: usize,
    /// The most members there were at once.
    pub most: usize,
    /// Those of them who are found by their names alone.
    pub hidden: usize,
    /// Those of them who look after the server.
    pub operators: usize,
    /// Connections without a nickname.
    pub strangers: usize,
    /// Rooms that somebody is in.
    pub rooms: usize,
}

/// An answer about people. "You" is who asked.
#[derive(Clone, Copy, Debug)]
pub enum PeopleReply<'a> {
    /// You are away, or back.
    YouAreAway(bool),
    /// The one to whom you have written is away, and says this.
    IsAway(Person<'a>, &'a str),
    /// Your modes.
    Modes(UserModes),
    /// Those are not your modes.
    NotYourModes,
    /// One of your modes has changed.
    ModeChanged(UserMode, bool),
    /// Something new about you, or about somebody whom you watch.
    News(Person<'a>, News<'a>),
    /// One person.
    WhoIs(Portrait<'a>),
    /// Those who had a name, the last first; maybe nobody.
    WhoWas(&'a str, &'a [&'a Gone]),
    /// People who were looked for, or some of them.
    Found(&'a [Found<'a>]),
    /// People who are here, and from where.
    Located(&'a [Found<'a>]),
    /// Who of those that were asked for is here.
    Present(&'a [Person<'a>]),
    /// Of those whom you watch, these are here.
    Online(&'a [Person<'a>]),
    /// Of those whom you watch, these are not.
    Offline(&'a [&'a str]),
    /// Those whom you watch.
    Watched(&'a [&'a str]),
    /// You watch as many as you may: these were not added.
    WatchesFull(&'a [&'a str]),
    /// Somebody who looks after the server tells all.
    ToldAll(Person<'a>, &'a str),
    /// You were put out of the server.
    Killed {
        /// By whom.
        by: Person<'a>,
        /// The reason; may be empty.
        reason: &'a str,
    },
    /// What one of you said to the other was taken back.
    TakenBack {
        /// By whom: whoever said it.
        from: Person<'a>,
        /// To whom it was said.
        to: &'a Nickname,
        /// The message.
        id: SentId,
        /// The reason; may be empty.
        reason: &'a str,
    },
    /// The message of the day.
    Motd(&'a Motd),
    /// The time.
    Time(UnixTime),
    /// How many are here.
    Census(Census),
}

//! What happened in a room besides messages, kept for those who read it again between these.
//!
//! Who came and went is told and forgotten, unless somebody who wants to read it again has come
//! into the room. What is kept holds nicknames and nothing else about people, like messages do. It
//! is this process's own and handed over to the next, but never stored.
//!
//! Invariants: ids differ; events are in the order in which they happened; all happened after the
//! last message that was forgotten, or with it; [`EVENTS_KEPT_MAX`] and [`EVENTS_KEPT_BYTES`] bind.

use std::collections::VecDeque;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::event::{Departure, Moderation, ModerationAction, RoomEvent};
use super::message::{MessageId, PrivateId};
use super::name::{Nickname, RoomName};
use super::redaction::Redacted;
use super::room_modes::RuleChange;
use super::room_rules::RoomModes;
use super::sanctions::SanctionKind;
use super::sending::{Sent, SentId, SentKind};
use crate::limits::{EVENT_WEIGHT, EVENTS_KEPT_BYTES, EVENTS_KEPT_MAX};

/// The last events of one room, the oldest first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct KeptEvents {
    events: VecDeque<KeptEvent>,
    /// The sum of their weights.
    #[serde(skip)]
    weight: usize,
}

/// Something that happened in a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptEvent {
    /// By what it is known. What happened in several rooms at once has one id.
    pub id: PrivateId,
    /// The number of the last message anywhere before it.
    pub(super) after: u64,
    pub(super) what: Happening,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Happening {
    /// Somebody came in.
    Joined { who: Nickname },
    /// Somebody left the room.
    Parted { who: Nickname, reason: SmolStr },
    /// Somebody left the server.
    Quit { who: Nickname, reason: SmolStr },
    /// Somebody was put out.
    PutOut { who: Nickname, by: Nickname, reason: SmolStr },
    /// Somebody has another nickname.
    Renamed { old: Nickname, new: Nickname },
    /// The topic was changed; empty: there is none.
    Topic { by: Nickname, text: SmolStr },
    /// Somebody who looks after the room took action; see [`Moderation`].
    Moderated { by: Nickname, action: ModerationAction, whom: Option<SmolStr>, mask: SmolStr },
    /// Somebody changed a rule of the room.
    Ruled { by: Nickname, rule: KeptRule },
    /// A message was taken back.
    TakenBack { by: Nickname, author: Nickname, id: MessageId, epoch: u32, reason: SmolStr },
    /// A program told others something of a message, such as a reaction.
    Tagged { who: Nickname, tags: SmolStr },
}

/// A rule that was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum KeptRule {
    /// Rules were switched.
    Rules { set: RoomModes, unset: RoomModes },
    /// Another number may be in the room; `None`: any.
    Limit(Option<u32>),
    /// A password is needed from now on, or none.
    Password { needed: bool },
    /// Somebody has a voice, or no longer.
    Voice { whom: Nickname, may: bool },
    /// A mask is on a list of exceptions, or no longer.
    Exception { kind: SanctionKind, mask: SmolStr, added: bool },
}

impl KeptRule {
    fn change<'a>(&'a self, by: &'a Nickname) -> RuleChange<'a> {
        let by = by.into();
        match self {
            Self::Rules { set, unset } => RuleChange::Rules { by, set: *set, unset: *unset },
            Self::Limit(limit) => RuleChange::Limit { by, limit: *limit },
            Self::Password { needed } => RuleChange::Password { by, needed: *needed },
            Self::Voice { whom, may } => RuleChange::Voice { by, whom, may: *may },
            Self::Exception { kind, mask, added } => {
                RuleChange::Exception { by, kind: *kind, mask, added: *added }
            }
        }
    }
}

impl Happening {
    /// The bytes of its texts but names.
    fn text(&self) -> usize {
        match self {
            Self::Parted { reason, .. }
            | Self::Quit { reason, .. }
            | Self::PutOut { reason, .. }
            | Self::TakenBack { reason, .. } => reason.len(),
            Self::Topic { text, .. } => text.len(),
            Self::Moderated { mask, whom, .. } => {
                mask.len() + whom.as_ref().map_or(0, SmolStr::len)
            }
            Self::Ruled { rule: KeptRule::Exception { mask, .. }, .. } => mask.len(),
            Self::Tagged { tags, .. } => tags.len(),
            Self::Joined { .. } | Self::Renamed { .. } | Self::Ruled { .. } => 0,
        }
    }
}

impl KeptEvent {
    /// The bytes that it counts for in a history.
    fn weight(&self) -> usize {
        EVENT_WEIGHT + self.what.text()
    }

    /// The event as the room was told it, but for what only those who were there could know.
    pub fn event<'a>(&'a self, room: &'a RoomName) -> RoomEvent<'a> {
        let left = |who: &'a Nickname, how| RoomEvent::Left { who: who.into(), how };
        match &self.what {
            Happening::Joined { who } => RoomEvent::Joined { who: who.into() },
            Happening::Parted { who, reason } => left(who, Departure::Parted { reason }),
            Happening::Quit { who, reason } => left(who, Departure::Quit { reason }),
            Happening::PutOut { who, by, reason } => {
                left(who, Departure::PutOut { by: by.into(), reason })
            }
            Happening::Renamed { old, new } => RoomEvent::Renamed { old: old.into(), new },
            Happening::Topic { by, text } => RoomEvent::TopicChanged { by: by.into(), text },
            Happening::Moderated { by, action, whom, mask } => RoomEvent::Moderated(Moderation {
                action: *action,
                room,
                whom: whom.as_deref(),
                mask,
                by: by.into(),
                lasts: None,
                reason: "",
            }),
            Happening::TakenBack { by, author, id, epoch, reason } => {
                let (is_own, id) = (by == author, SentId::Numbered(*id, *epoch));
                RoomEvent::Redacted(Redacted { by: by.into(), author, is_own, id, reason })
            }
            Happening::Tagged { who, tags } => {
                let (kind, id) = (SentKind::Tagged, SentId::Unnumbered(self.id));
                RoomEvent::Sent(Sent { who: who.into(), kind, text: "", tags, id })
            }
            Happening::Ruled { by, rule } => RoomEvent::Ruled(rule.change(by)),
        }
    }
}

impl KeptEvents {
    /// Keeps one more event. The oldest make way.
    pub(super) fn push(&mut self, event: KeptEvent) {
        self.weight += event.weight();
        self.events.push_back(event);
        while self.events.len() > EVENTS_KEPT_MAX || self.weight > EVENTS_KEPT_BYTES {
            self.forget_oldest();
        }
    }

    /// Forgets what happened before the message of this number.
    pub(super) fn forget_before(&mut self, number: u64) {
        while self.events.front().is_some_and(|event| event.after < number) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some(event) = self.events.pop_front() {
            self.weight -= event.weight();
        }
    }

    /// The event of this id.
    pub(super) fn find(&self, id: PrivateId) -> Option<&KeptEvent> {
        self.events.iter().find(|event| event.id == id)
    }

    /// Some of the events, by their places.
    pub(super) fn range(&self, places: Range<usize>) -> impl Iterator<Item = &KeptEvent> {
        self.events.range(places)
    }

    /// The number of events.
    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    /// The weight of all events, in bytes.
    pub(super) fn weight(&self) -> usize {
        self.weight
    }

    /// Weighs events that came from another process, and forgets those that are too many here.
    pub(super) fn weigh(&mut self) {
        self.weight = self.events.iter().map(KeptEvent::weight).sum();
        while self.events.len() > EVENTS_KEPT_MAX || self.weight > EVENTS_KEPT_BYTES {
            self.forget_oldest();
        }
    }

    /// Panics where the invariants do not hold. For tests.
    pub(super) fn check_invariants(&self, forgotten: u64) {
        let weight: usize = self.events.iter().map(KeptEvent::weight).sum();
        assert_eq!(self.weight, weight, "the weight of the events");
        assert!(self.events.len() <= EVENTS_KEPT_MAX && weight <= EVENTS_KEPT_BYTES);
        let after = || self.events.iter().map(|event| event.after);
        assert!(after().is_sorted(), "events are in order");
        assert!(after().all(|after| after >= forgotten), "an event before all messages");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::name::Alphabet;
    use crate::time::UnixTime;

    fn event(count: u32, after: u64, what: Happening) -> KeptEvent {
        let at = UnixTime::from_millis(count.into());
        KeptEvent { id: PrivateId { at, count }, after, what }
    }

    fn joined(count: u32, after: u64) -> KeptEvent {
        let who = Nickname::parse("alice", Alphabet::Ascii).unwrap();
        event(count, after, Happening::Joined { who })
    }

    #[test]
    fn an_event_takes_no_more_than_it_is_weighed_with() {
        assert!(size_of::<KeptEvent>() <= EVENT_WEIGHT, "{} bytes", size_of::<KeptEvent>());
    }

    #[test]
    fn the_oldest_make_way_by_number_and_by_bytes() {
        let mut events = KeptEvents::default();
        for count in 0..EVENTS_KEPT_MAX as u32 + 10 {
            events.push(joined(count, count.into()));
            events.check_invariants(0);
        }
        assert_eq!(events.len(), EVENTS_KEPT_MAX);
        let id = |count| PrivateId { at: UnixTime::from_millis(u64::from(count)), count };
        assert!(events.find(id(9)).is_none() && events.find(id(10)).is_some());
        events.forget_before(100);
        events.check_invariants(100);
        assert!(events.find(id(99)).is_none() && events.find(id(100)).is_some());
        let who = Nickname::parse("alice", Alphabet::Ascii).unwrap();
        for count in 200..210 {
            let (who, tags) = (who.clone(), "x".repeat(4_000).into());
            events.push(event(count, 200, Happening::Tagged { who, tags }));
            events.check_invariants(100);
        }
        assert_eq!(events.len(), EVENTS_KEPT_BYTES / (4_000 + EVENT_WEIGHT));
    }

    #[test]
    fn events_are_handed_over_and_weighed_again() {
        let mut events = KeptEvents::default();
        events.push(joined(1, 7));
        let json = serde_json::to_string(&events).unwrap();
        let mut taken: KeptEvents = serde_json::from_str(&json).unwrap();
        taken.weigh();
        taken.check_invariants(7);
        assert_eq!((taken.events, taken.weight), (events.events, events.weight));
    }
}

//! The private messages of one account, as it keeps them.
//!
//! What the account was sent and what it sent are in one mailbox, oldest first. A partner is
//! known by the nickname that it had: so whoever reads this reads what it has read before, and
//! nothing else.
//!
//! Invariants: places grow and are never given twice; [`MAILBOX_MESSAGES_MAX`] and
//! [`MAILBOX_BYTES_MAX`] bind.

use std::collections::VecDeque;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::message::PrivateId;
use super::name::{NameKey, Nickname};
use super::sending::SentKind;
use super::window::{HistoryPlace, Window};
use crate::limits::{
    MAILBOX_BYTES_MAX, MAILBOX_MESSAGES_MAX, MAILBOX_WEIGHT, PRIVATE_MESSAGE_WEIGHT,
};

/// One private message in the mailbox of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivateMessage {
    /// By what it is known to everybody.
    pub id: PrivateId,
    /// The other person, as it was called then.
    pub partner: Nickname,
    /// The other person's account, if it had one: its mailbox has the message, too.
    pub partner_account: Option<NameKey>,
    /// Whether the mailbox's owner has sent it.
    pub is_own: bool,
    /// Its kind.
    pub kind: SentKind,
    /// Tags of its author's client.
    pub tags: SmolStr,
    /// Clean text, formatting codes included.
    pub text: SmolStr,
}

impl PrivateMessage {
    /// The bytes that it counts for in a mailbox.
    fn weight(&self) -> usize {
        PRIVATE_MESSAGE_WEIGHT + self.text.len() + self.tags.len()
    }
}

/// A message with its place in the mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Placed {
    pub(super) place: u64,
    pub(super) message: PrivateMessage,
}

/// The mailbox of one account.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Mailbox {
    messages: VecDeque<Placed>,
    /// The sum of their weights.
    #[serde(skip)]
    weight: usize,
    /// The last place that was given.
    last: u64,
    /// The last place that was saved.
    saved: u64,
    /// Places that were saved, and whose messages were taken out from among others.
    gone: Vec<u64>,
    pub(super) is_unsaved: bool,
}

/// The changes in one mailbox since it was saved.
#[derive(Debug)]
pub struct MailboxChanges<'a> {
    /// The account.
    pub account: &'a NameKey,
    /// Messages up to this place are forgotten …
    pub forgotten: u64,
    /// … and those at these places.
    pub gone: &'a [u64],
    /// New messages, oldest first, with their places.
    pub new: Vec<(u64, &'a PrivateMessage)>,
}

impl MailboxChanges<'_> {
    /// The number of rows to write.
    pub fn rows(&self) -> usize {
        1 + self.gone.len() + self.new.len()
    }

    /// The place of the newest message.
    pub(super) fn last(&self) -> u64 {
        self.new.last().map_or(0, |(place, _)| *place)
    }
}

impl Mailbox {
    /// Whether no message is in it.
    pub(super) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// The bytes that it counts for.
    pub(super) fn weight(&self) -> usize {
        MAILBOX_WEIGHT + self.weight
    }

    /// The messages, oldest first.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &PrivateMessage> {
        self.messages.iter().map(|placed| &placed.message)
    }

    /// The messages that were exchanged with somebody, oldest first; those for programs alone where
    /// they are wanted.
    pub(super) fn with<'a>(
        &'a self,
        partner: &NameKey,
        for_programs: bool,
    ) -> Vec<&'a PrivateMessage> {
        let is_wanted = |message: &&PrivateMessage| for_programs || message.kind.is_message();
        let with = |message: &&PrivateMessage| message.partner.key() == *partner;
        self.iter().filter(with).filter(is_wanted).collect()
    }

    /// The message of this id.
    pub(super) fn get(&self, id: PrivateId) -> Option<&PrivateMessage> {
        self.iter().rfind(|message| message.id == id)
    }

    /// Adds a message. The oldest make way.
    pub(super) fn push(&mut self, message: PrivateMessage) {
        self.put(Placed { place: self.last + 1, message });
    }

    /// Takes in a message that is stored; one that is behind another is passed over.
    pub(super) fn restore(&mut self, placed: Placed) {
        if placed.place > self.last {
            self.saved = placed.place;
            self.put(placed);
        }
    }

    fn put(&mut self, placed: Placed) {
        self.last = placed.place;
        self.weight += placed.message.weight();
        self.messages.push_back(placed);
        while self.messages.len() > MAILBOX_MESSAGES_MAX || self.weight > MAILBOX_BYTES_MAX {
            self.forget_oldest();
        }
    }

    /// Forgets the oldest message.
    pub(super) fn forget_oldest(&mut self) {
        if let Some(placed) = self.messages.pop_front() {
            self.weight -= placed.message.weight();
        }
    }

    /// Takes out the message of this id.
    pub(super) fn take(&mut self, id: PrivateId) -> Option<PrivateMessage> {
        let at = self.messages.iter().rposition(|placed| placed.message.id == id)?;
        let Placed { place, message } = self.messages.remove(at)?;
        self.weight -= message.weight();
        if place <= self.saved {
            self.gone.push(place);
        }
        Some(message)
    }

    /// Forgets what was exchanged with somebody, or everything. Returns how many messages that
    /// were.
    pub(super) fn forget(&mut self, partner: Option<&NameKey>) -> usize {
        let before = self.messages.len();
        let (gone, saved, weight) = (&mut self.gone, self.saved, &mut self.weight);
        self.messages.retain(|Placed { place, message }| {
            let stays = partner.is_some_and(|partner| message.partner.key() != *partner);
            if !stays {
                *weight -= message.weight();
                if *place <= saved {
                    gone.push(*place);
                }
            }
            stays
        });
        before - self.messages.len()
    }

    /// Weighs a mailbox that came from another process.
    pub(super) fn weigh(&mut self) {
        self.weight = self.iter().map(PrivateMessage::weight).sum();
    }

    /// The changes since it was saved; of new messages, at most so many.
    pub(super) fn changes<'a>(&'a self, account: &'a NameKey, most: usize) -> MailboxChanges<'a> {
        let forgotten = self.messages.front().map_or(self.last, |oldest| oldest.place - 1);
        let new = self.messages.iter().filter(|placed| placed.place > self.saved).take(most);
        let new = new.map(|placed| (placed.place, &placed.message)).collect();
        MailboxChanges { account, forgotten, gone: &self.gone, new }
    }

    /// All up to this place was saved. Whether nothing is left to be.
    pub(super) fn note_saved(&mut self, last: u64) -> bool {
        self.saved = self.saved.max(last);
        self.gone = Vec::new();
        let is_saved = self.messages.back().is_none_or(|newest| newest.place <= self.saved);
        self.is_unsaved = !is_saved;
        is_saved
    }

    /// Panics where the invariants do not hold. For tests.
    pub(super) fn check_invariants(&self) {
        let weight: usize = self.iter().map(PrivateMessage::weight).sum();
        assert_eq!(self.weight, weight, "the weight of a mailbox");
        assert!(self.messages.len() <= MAILBOX_MESSAGES_MAX && weight <= MAILBOX_BYTES_MAX);
        let places = || self.messages.iter().map(|placed| placed.place);
        assert!(places().is_sorted_by(|one, next| one < next), "places grow");
        assert!(places().all(|place| place <= self.last), "a place was given");
        assert!(self.gone.iter().all(|place| *place <= self.saved), "it is not stored");
    }
}

/// Which messages of a conversation are in a window.
pub(super) fn part(messages: &[&PrivateMessage], window: Window) -> Range<usize> {
    window.part(messages.len(), |place| at(messages, place))
}

/// The messages at a place: none, or those that were sent at that moment. A message that is
/// remembered no more is at its date.
fn at(messages: &[&PrivateMessage], place: HistoryPlace) -> Range<usize> {
    let sent_at = |date| {
        let start = messages.iter().position(|message| message.id.at >= date);
        let start = start.unwrap_or(messages.len());
        let last = messages.iter().rposition(|message| message.id.at <= date);
        start..last.map_or(0, |last| last + 1).max(start)
    };
    match place {
        // Those of rooms lie before all.
        HistoryPlace::Message(_) => 0..0,
        HistoryPlace::At(date) => sent_at(date),
        HistoryPlace::Private(id) => match messages.iter().rposition(|message| message.id == id) {
            Some(found) => found..found + 1,
            None => sent_at(id.at),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::window::HistoryEnd;
    use crate::time::UnixTime;

    pub(in crate::chat) fn message(at: u64, partner: &str, text: &str) -> PrivateMessage {
        PrivateMessage {
            id: PrivateId { at: UnixTime::from_millis(at), count: at as u32 },
            partner: Nickname::restored(partner).unwrap(),
            partner_account: None,
            is_own: false,
            kind: SentKind::Said,
            tags: "".into(),
            text: text.into(),
        }
    }

    fn texts(mailbox: &Mailbox, partner: &str, window: Window) -> String {
        let messages = mailbox.with(&NameKey::of(partner), false);
        let chosen = &messages[part(&messages, window)];
        chosen.iter().map(|message| message.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    fn window(after: Option<u64>, before: Option<u64>, end: HistoryEnd, most: u32) -> Window {
        let place = |at: u64| HistoryPlace::At(UnixTime::from_millis(at));
        let (after, before) = (after.map(place), before.map(place));
        Window { after, before, end, most, with_events: false }
    }

    #[test]
    fn a_conversation_is_read_by_windows() {
        let mut mailbox = Mailbox::default();
        for (at, partner, text) in
            [(1, "bob", "a"), (2, "carol", "x"), (3, "Bob", "b"), (5, "bob", "c"), (5, "bob", "d")]
        {
            mailbox.push(message(at, partner, text));
        }
        mailbox.check_invariants();
        let (newest, oldest) = (HistoryEnd::Newest, HistoryEnd::Oldest);
        let around = |at| HistoryEnd::Around(HistoryPlace::At(UnixTime::from_millis(at)));
        for (asked, told) in [
            (window(None, None, newest, 9), "a b c d"),
            (window(None, None, newest, 3), "b c d"),
            (window(None, None, oldest, 3), "a b c"),
            (window(Some(1), None, newest, 9), "b c d"),
            (window(Some(2), None, oldest, 1), "b"),
            (window(Some(5), None, newest, 9), ""),
            (window(None, Some(5), newest, 9), "a b"),
            (window(None, Some(0), newest, 9), ""),
            (window(Some(1), Some(5), oldest, 9), "b"),
            (window(Some(5), Some(1), oldest, 9), ""),
            (window(None, None, around(3), 3), "a b c"),
            (window(None, None, around(9), 4), "c d"),
            (window(None, None, around(0), 0), ""),
        ] {
            assert_eq!(texts(&mailbox, "BOB", asked), told, "{asked:?}");
        }
        let id = |at: u64, count| PrivateId { at: UnixTime::from_millis(at), count };
        let before = |id| Window {
            before: Some(HistoryPlace::Private(id)),
            ..window(None, None, newest, 9)
        };
        assert_eq!(texts(&mailbox, "bob", before(id(3, 3))), "a");
        assert_eq!(texts(&mailbox, "bob", before(id(4, 7))), "a b", "by its date");
        assert_eq!(texts(&mailbox, "nobody", window(None, None, newest, 9)), "");
    }

    #[test]
    fn the_oldest_make_way_and_what_is_stored_follows() {
        let (mut mailbox, owner) = (Mailbox::default(), NameKey::of("alice"));
        for at in 1..=130 {
            mailbox.push(message(at, "bob", "hello"));
        }
        assert_eq!(mailbox.iter().count(), MAILBOX_MESSAGES_MAX);
        let changes = mailbox.changes(&owner, 100);
        assert_eq!((changes.forgotten, changes.new.len(), changes.rows()), (2, 100, 101));
        assert!(!mailbox.note_saved(102) && mailbox.note_saved(130));
        let gone = PrivateId { at: UnixTime::from_millis(50), count: 50 };
        assert!(mailbox.take(gone).is_some() && mailbox.take(gone).is_none());
        mailbox.push(message(131, "carol", "hi"));
        let changes = mailbox.changes(&owner, 100);
        assert_eq!((changes.forgotten, changes.gone, changes.new.len()), (2, &[50][..], 1));
        assert_eq!(mailbox.forget(Some(&NameKey::of("bob"))), 127);
        assert_eq!(mailbox.changes(&owner, 100).forgotten, 130);
        assert_eq!((mailbox.forget(None), mailbox.is_empty()), (1, true));
        assert_eq!(mailbox.changes(&owner, 100).forgotten, 131);
        mailbox.check_invariants();
        assert!(mailbox.note_saved(0));
        let long = "x".repeat(1_000);
        (0..100).for_each(|at| mailbox.push(message(at, "bob", &long)));
        mailbox.check_invariants();
        assert_eq!(mailbox.iter().count(), MAILBOX_BYTES_MAX / (1_000 + PRIVATE_MESSAGE_WEIGHT));
    }
}

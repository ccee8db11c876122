//! The mailboxes of all accounts: private messages are remembered for who has an account.
//!
//! A message between two accounts is in both mailboxes, so that either may forget it and neither
//! sees what was before its account was. Who has no account has no mailbox, and costs nothing. A
//! bot has one for as long as it has its account.
//!
//! Bounded over all: of more than [`MAILBOXES_TOTAL_BYTES`], the largest mailbox forgets its
//! oldest message, and then the one that is the largest now, until a sixteenth is free. Of equals
//! it is the one that was silent longest. So nobody who writes much, or to many, makes others
//! forget who keep little.
//!
//! Invariant: the list of changes names each mailbox once.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::mailbox::{Mailbox, MailboxChanges, Placed, PrivateMessage};
use super::message::PrivateId;
use super::name::NameKey;
use crate::limits::MAILBOXES_TOTAL_BYTES;
use crate::time::UnixTime;

/// Every mailbox in which there is something, or was before the last save.
#[derive(Debug, Default)]
pub(super) struct Mailboxes {
    boxes: HashMap<NameKey, Mailbox>,
    /// The sum of their weights.
    weight: usize,
    /// Those that have changed since the last save.
    unsaved: VecDeque<NameKey>,
}

/// All of it, for another process.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct MailboxesState(Vec<(NameKey, Mailbox)>);

/// A message that is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPrivateMessage {
    /// The account in whose mailbox it is.
    pub account: NameKey,
    /// Its place there.
    pub place: u64,
    /// The message.
    pub message: PrivateMessage,
}

impl Mailboxes {
    /// The bytes that all count for.
    pub(super) fn weight(&self) -> usize {
        self.weight
    }

    /// The mailbox of an account.
    pub(super) fn of(&self, account: &NameKey) -> Option<&Mailbox> {
        self.boxes.get(account)
    }

    /// Puts a message into the mailbox of an account.
    pub(super) fn push(&mut self, account: &NameKey, message: PrivateMessage) {
        self.in_box(account, |mailbox| mailbox.push(message));
        self.note_changed(account);
        if self.weight > MAILBOXES_TOTAL_BYTES {
            self.make_way(MAILBOXES_TOTAL_BYTES / 16 * 15);
        }
    }

    /// Takes a message out of the mailbox of an account, and out of that of the other person in it.
    /// Returns what it was; `None`: it is not in the first.
    pub(super) fn redact(&mut self, account: &NameKey, id: PrivateId) -> Option<PrivateMessage> {
        let message = self.take(account, id)?;
        if let Some(other) = &message.partner_account {
            self.take(other, id);
        }
        Some(message)
    }

    fn take(&mut self, account: &NameKey, id: PrivateId) -> Option<PrivateMessage> {
        self.boxes.get(account)?.get(id)?;
        let taken = self.in_box(account, |mailbox| mailbox.take(id));
        self.note_changed(account);
        taken
    }

    /// Has an account forget what it has exchanged with somebody, or everything. Returns how many
    /// messages that were.
    pub(super) fn forget(&mut self, account: &NameKey, partner: Option<&NameKey>) -> usize {
        if !self.boxes.contains_key(account) {
            return 0;
        }
        let forgotten = self.in_box(account, |mailbox| mailbox.forget(partner));
        if forgotten > 0 {
            self.note_changed(account);
        }
        forgotten
    }

    /// Has those accounts forget everything for which this is true.
    pub(super) fn forget_those(&mut self, forgets: impl Fn(&NameKey) -> bool) {
        let those: Vec<NameKey> = self.boxes.keys().filter(|it| forgets(it)).cloned().collect();
        for account in &those {
            self.forget(account, None);
        }
    }

    /// Has everybody forget everything.
    pub(super) fn forget_all(&mut self) {
        self.make_way(0);
    }

    /// Removes the mailbox of an account that is no more.
    pub(super) fn remove(&mut self, account: &NameKey) {
        if let Some(mailbox) = self.boxes.remove(account) {
            self.weight -= mailbox.weight();
            self.unsaved.retain(|unsaved| unsaved != account);
        }
    }

    /// Takes in messages that are stored, those of an account in the order of their places.
    pub(super) fn restore(&mut self, stored: impl IntoIterator<Item = StoredPrivateMessage>) {
        for StoredPrivateMessage { account, place, message } in stored {
            self.in_box(&account, |mailbox| mailbox.restore(Placed { place, message }));
        }
        self.limit();
    }

    /// Sees to it that no more is remembered than may be.
    fn limit(&mut self) {
        if self.weight > MAILBOXES_TOTAL_BYTES {
            self.make_way(MAILBOXES_TOTAL_BYTES);
        }
    }

    /// Has the largest forget their oldest messages, until all have no more than so many bytes.
    fn make_way(&mut self, most: usize) {
        let mut heap: BinaryHeap<(usize, Reverse<UnixTime>, NameKey)> = self
            .boxes
            .iter()
            .filter_map(|(account, mailbox)| {
                let newest = mailbox.iter().next_back()?;
                Some((mailbox.weight(), Reverse(newest.id.at), account.clone()))
            })
            .collect();
        while self.weight > most
            && let Some((_, newest, account)) = heap.pop()
        {
            let weight = self.in_box(&account, |mailbox| {
                mailbox.forget_oldest();
                (!mailbox.is_empty()).then(|| mailbox.weight())
            });
            self.note_changed(&account);
            if let Some(weight) = weight {
                heap.push((weight, newest, account));
            }
        }
    }

    /// Changes a mailbox, which there is then.
    fn in_box<T>(&mut self, account: &NameKey, change: impl FnOnce(&mut Mailbox) -> T) -> T {
        let weight = &mut self.weight;
        let mailbox = self.boxes.entry(account.clone()).or_insert_with(|| {
            let mailbox = Mailbox::default();
            *weight += mailbox.weight();
            mailbox
        });
        *weight -= mailbox.weight();
        let changed = change(mailbox);
        *weight += mailbox.weight();
        changed
    }

    fn note_changed(&mut self, account: &NameKey) {
        if let Some(mailbox) = self.boxes.get_mut(account)
            && !std::mem::replace(&mut mailbox.is_unsaved, true)
        {
            self.unsaved.push_back(account.clone());
        }
    }

    /// Whether something is to be saved.
    pub(super) fn has_unsaved(&self) -> bool {
        !self.unsaved.is_empty()
    }

    /// Mailboxes that have changed, in about so many rows.
    pub(super) fn unsaved(&self, most: usize) -> Vec<MailboxChanges<'_>> {
        let (mut rows, mut changed) = (0, Vec::new());
        for account in &self.unsaved {
            if rows >= most {
                break;
            }
            let Some(mailbox) = self.boxes.get(account) else { continue };
            let changes = mailbox.changes(account, most - rows);
            rows += changes.rows();
            changed.push(changes);
        }
        changed
    }

    /// The first of those that were to be saved are, each up to this place.
    pub(super) fn note_saved(&mut self, saved: &[u64]) {
        for last in saved {
            let Some(account) = self.unsaved.pop_front() else { return };
            let Some(mailbox) = self.boxes.get_mut(&account) else { continue };
            if !mailbox.note_saved(*last) {
                self.unsaved.push_back(account);
            } else if mailbox.is_empty() {
                self.remove(&account);
            }
        }
    }

    /// All of it, for another process.
    pub(super) fn handed_over(&self) -> MailboxesState {
        let boxes = self.boxes.iter().map(|(account, mailbox)| (account.clone(), mailbox.clone()));
        MailboxesState(boxes.collect())
    }

    /// Goes on where another process has stopped.
    pub(super) fn take_over(&mut self, state: MailboxesState) {
        for (account, mut mailbox) in state.0 {
            mailbox.weigh();
            self.weight += mailbox.weight();
            if mailbox.is_unsaved {
                self.unsaved.push_back(account.clone());
            }
            self.boxes.insert(account, mailbox);
        }
        self.limit();
    }

    /// Panics where the tables disagree. `is_account`: whether there is such an account. For tests.
    pub(super) fn check_invariants(&self, is_account: impl Fn(&NameKey) -> bool) {
        for (account, mailbox) in &self.boxes {
            mailbox.check_invariants();
            assert!(is_account(account) || mailbox.is_empty(), "a mailbox of nobody");
            let listed = self.unsaved.iter().filter(|unsaved| *unsaved == account).count();
            assert_eq!(listed, usize::from(mailbox.is_unsaved), "a change is listed once");
            assert!(mailbox.is_unsaved || !mailbox.is_empty(), "an empty mailbox is kept");
        }
        assert!(self.unsaved.iter().all(|account| self.boxes.contains_key(account)));
        let weight: usize = self.boxes.values().map(Mailbox::weight).sum();
        assert_eq!(self.weight, weight, "the weight of all mailboxes");
        assert!(self.weight <= MAILBOXES_TOTAL_BYTES || self.boxes.values().all(Mailbox::is_empty));
    }
}

#[cfg(test)]
mod tests;

//! Which client wants to hear of which keys of metadata.
//!
//! Invariant: each wish is kept both ways; a client has [`METADATA_SUBSCRIPTIONS_MAX`] at most.

use std::collections::HashMap;

use smol_str::SmolStr;

use crate::id::ClientId;
use crate::limits::METADATA_SUBSCRIPTIONS_MAX;

/// All of them.
#[derive(Debug, Default)]
pub(super) struct KeySubscriptions {
    of: HashMap<ClientId, Vec<SmolStr>>,
    hearers: HashMap<SmolStr, Vec<ClientId>>,
}

impl KeySubscriptions {
    /// Whether nobody wants to hear of anything.
    pub(super) fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    /// Has a client hear of a key. `Some`: whether it did not before; `None`: there is no room.
    pub(super) fn add(&mut self, id: ClientId, key: &str) -> Option<bool> {
        let keys = self.of.entry(id).or_default();
        if keys.len() >= METADATA_SUBSCRIPTIONS_MAX {
            return None;
        }
        if keys.iter().any(|known| known == key) {
            return Some(false);
        }
        keys.push(key.into());
        self.hearers.entry(key.into()).or_default().push(id);
        Some(true)
    }

    /// Has a client hear of a key no more.
    pub(super) fn remove(&mut self, id: ClientId, key: &str) {
        let Some(keys) = self.of.get_mut(&id) else { return };
        keys.retain(|known| known != key);
        if keys.is_empty() {
            self.of.remove(&id);
        }
        self.forget(id, key);
    }

    /// Has a client hear of nothing any more.
    pub(super) fn remove_all(&mut self, id: ClientId) {
        if self.is_empty() {
            return;
        }
        for key in self.of.remove(&id).unwrap_or_default() {
            self.forget(id, &key);
        }
    }

    fn forget(&mut self, id: ClientId, key: &str) {
        let Some(hearers) = self.hearers.get_mut(key) else { return };
        hearers.retain(|hearer| *hearer != id);
        if hearers.is_empty() {
            self.hearers.remove(key);
        }
    }

    /// Those who want to hear of a key.
    pub(super) fn hearers(&self, key: &str) -> &[ClientId] {
        if self.is_empty() {
            return &[];
        }
        self.hearers.get(key).map_or(&[], Vec::as_slice)
    }

    /// The keys of which a client wants to hear.
    pub(super) fn of(&self, id: ClientId) -> &[SmolStr] {
        if self.is_empty() {
            return &[];
        }
        self.of.get(&id).map_or(&[], Vec::as_slice)
    }

    /// All of them, to be taken over by another process.
    pub(super) fn handed_over(&self) -> Vec<(ClientId, Vec<SmolStr>)> {
        let mut all: Vec<_> = self.of.iter().map(|(id, keys)| (*id, keys.clone())).collect();
        // In the same order each time, so that a run can be repeated.
        all.sort_unstable_by_key(|(id, _)| *id);
        all
    }

    /// Panics where the invariant does not hold. For tests.
    pub(super) fn check_invariants(&self) {
        let wishes: usize = self.of.values().map(Vec::len).sum();
        let hearers: usize = self.hearers.values().map(Vec::len).sum();
        assert_eq!(wishes, hearers, "each wish is kept both ways");
        assert!(self.of.values().all(|it| (1..=METADATA_SUBSCRIPTIONS_MAX).contains(&it.len())));
    }
}

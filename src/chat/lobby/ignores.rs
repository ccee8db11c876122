//! Ignoring people: who hears nothing of whom.
//!
//! A nickname is ignored with all that look like it, so that reconnecting does not help. Somebody
//! who is renamed is ignored under both names.
//!
//! Invariant: only members are in here, each at most [`IGNORED_MAX`] times.

use std::collections::HashMap;

use smol_str::SmolStr;

use crate::chat::name::NameKey;
use crate::chat::refusal::Refusal;
use crate::id::ClientId;
use crate::limits::IGNORED_MAX;

/// An ignored name as it was typed, and its key.
type Ignored = (SmolStr, NameKey);

/// All ignored names.
#[derive(Debug, Default)]
pub(super) struct Ignores {
    by_listener: HashMap<ClientId, Vec<Ignored>>,
    /// The clients that ignore a name: looked up with each message.
    by_speaker: HashMap<NameKey, Vec<ClientId>>,
}

impl Ignores {
    /// Whether nobody ignores anybody, as nearly always.
    pub(super) fn is_empty(&self) -> bool {
        self.by_speaker.is_empty()
    }

    /// Has a client ignore a name. Whether that is new.
    pub(super) fn add(&mut self, who: ClientId, name: &str) -> Result<bool, Refusal> {
        self.add_key(who, name, NameKey::of(name))
    }

    fn add_key(&mut self, who: ClientId, name: &str, key: NameKey) -> Result<bool, Refusal> {
        let list = self.by_listener.entry(who).or_default();
        if list.iter().any(|(_, known)| *known == key) {
            return Ok(false);
        }
        if list.len() >= IGNORED_MAX {
            return Err(Refusal::TooManyIgnored);
        }
        list.push((name.into(), key.clone()));
        self.by_speaker.entry(key).or_default().push(who);
        Ok(true)
    }

    /// Has a client stop ignoring a name. Returns how it was written; `None`: it was not ignored.
    pub(super) fn remove(&mut self, who: ClientId, name: &str) -> Option<SmolStr> {
        let key = NameKey::of(name);
        let list = self.by_listener.get_mut(&who)?;
        let at = list.iter().position(|(_, known)| *known == key)?;
        let (name, _) = list.swap_remove(at);
        if list.is_empty() {
            self.by_listener.remove(&who);
        }
        self.forget_listener(&key, who);
        Some(name)
    }

    /// Forgets what a client ignores.
    pub(super) fn remove_all(&mut self, who: ClientId) {
        for (_, key) in self.by_listener.remove(&who).unwrap_or_default() {
            self.forget_listener(&key, who);
        }
    }

    /// All ignored names, to be taken over by another process.
    pub(super) fn handed_over(&self) -> Vec<(ClientId, Vec<SmolStr>)> {
        let names = |list: &[Ignored]| list.iter().map(|(name, _)| name.clone()).collect();
        let mut all: Vec<_> =
            self.by_listener.iter().map(|(id, list)| (*id, names(list))).collect();
        // In the same order each time, so that a run can be repeated.
        all.sort_unstable_by_key(|(id, _)| *id);
        all
    }

    /// The names that a client ignores.
    pub(super) fn of(&self, who: ClientId) -> impl Iterator<Item = &str> {
        self.by_listener.get(&who).into_iter().flatten().map(|(name, _)| name.as_str())
    }

    /// The clients that ignore this name.
    pub(super) fn listeners(&self, speaker: &NameKey) -> &[ClientId] {
        self.by_speaker.get(speaker).map_or(&[], Vec::as_slice)
    }

    /// Has clients that ignore the one name ignore the other as well, as far as there is room.
    pub(super) fn follow(&mut self, old: &NameKey, new: &str) {
        let key = NameKey::of(new);
        for listener in self.listeners(old).to_vec() {
            // A client that ignores as many as it may hears this one again.
            let _ = self.add_key(listener, new, key.clone());
        }
    }

    fn forget_listener(&mut self, key: &NameKey, who: ClientId) {
        let Some(listeners) = self.by_speaker.get_mut(key) else { return };
        listeners.retain(|listener| *listener != who);
        if listeners.is_empty() {
            self.by_speaker.remove(key);
        }
    }

    /// Panics where the invariants do not hold. For tests.
    pub(super) fn check_invariants(&self, is_member: impl Fn(ClientId) -> bool) {
        let listed: usize = self.by_listener.values().map(Vec::len).sum();
        let listening: usize = self.by_speaker.values().map(Vec::len).sum();
        assert_eq!(listed, listening, "each wish is kept both ways");
        for (who, list) in &self.by_listener {
            assert!(is_member(*who), "{who}: ignores people and is none");
            assert!((1..=IGNORED_MAX).contains(&list.len()), "{who}: ignores {}", list.len());
        }
    }
}

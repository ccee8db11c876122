//! One id, four views.
//!
//! A [`ClientId`] names the connection in `net`, the session in `server`, the member in `chat` and
//! the outbox in `delivery`. `net` hands ids out with a [`Registry`] (a slab with generations); the
//! other three keep their data in a [`SideTable`] under the same id.
//!
//! Invariants:
//! - a slot is reused only with a higher generation, so a stale id finds nothing, ever;
//! - a side table never answers for another generation than the one it was given.

use serde::{Deserialize, Serialize};
use slab::Slab;

/// Names one client for as long as it is connected; never reused for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "u64", into = "u64")]
pub struct ClientId {
    generation: u32,
    slot: u32,
}

impl ClientId {
    /// Generations stay below this bit, so that poll tokens with it set can name other things.
    pub const GENERATION_BITS: u32 = 31;

    /// The id as one word: generation above, slot below.
    pub fn to_bits(self) -> u64 {
        (u64::from(self.generation) << 32) | u64::from(self.slot)
    }

    /// The id that [`ClientId::to_bits`] wrote.
    pub fn from_bits(bits: u64) -> Self {
        Self { generation: (bits >> 32) as u32, slot: bits as u32 }
    }

    /// The slot, which another client may have had before.
    pub(crate) fn index(self) -> usize {
        self.slot as usize
    }
}

impl From<u64> for ClientId {
    fn from(bits: u64) -> Self {
        Self::from_bits(bits)
    }
}

impl From<ClientId> for u64 {
    fn from(id: ClientId) -> Self {
        id.to_bits()
    }
}

impl std::fmt::Display for ClientId {
    /// `slot.generation`, as the log shows it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.slot, self.generation)
    }
}

/// The primary table: gives each new entry an id and frees it.
#[derive(Debug)]
pub struct Registry<T> {
    entries: Slab<T>,
    /// Per slot, the generation of its present or next entry.
    generations: Vec<u32>,
}

impl<T> Default for Registry<T> {
    fn default() -> Self {
        Self { entries: Slab::new(), generations: Vec::new() }
    }
}

impl<T> Registry<T> {
    /// A registry for about this many entries. Memory is taken as they come; only the generations,
    /// which stay for ever, get their place from the beginning, so that they do not end up among
    /// memory that is freed.
    pub fn expecting(entries: usize) -> Self {
        let expected = entries.min(CHUNKS_EXPECTED * CHUNK);
        Self { entries: Slab::new(), generations: Vec::with_capacity(expected) }
    }

    /// The entries of another process under the ids that they had there. `generations` come from
    /// [`Registry::generations`] there, so that no id is ever used twice.
    pub fn taken_over(entries: impl Iterator<Item = (ClientId, T)>, generations: Vec<u32>) -> Self {
        Self { entries: entries.map(|(id, entry)| (id.index(), entry)).collect(), generations }
    }

    /// Per slot, the generation of its present or next entry.
    pub fn generations(&self) -> &[u32] {
        &self.generations
    }

    /// Every id.
    pub fn ids(&self) -> impl Iterator<Item = ClientId> {
        let generation = |slot: usize| self.generations.get(slot).copied().unwrap_or_default();
        let id = move |slot| ClientId { generation: generation(slot), slot: slot as u32 };
        self.entries.iter().map(move |(slot, _)| id(slot))
    }

    /// Adds an entry that is built knowing its own id.
    pub fn insert_with(&mut self, build: impl FnOnce(ClientId) -> T) -> ClientId {
        let vacant = self.entries.vacant_entry();
        let slot = vacant.key();
        if slot == self.generations.len() {
            self.generations.push(0);
        }
        let id = ClientId { generation: self.generations[slot], slot: slot as u32 };
        vacant.insert(build(id));
        id
    }

    /// Frees an id; a stale one is nothing.
    pub fn remove(&mut self, id: ClientId) -> Option<T> {
        self.get(id)?;
        let generation = &mut self.generations[id.index()];
        *generation = (*generation + 1) & (u32::MAX >> (32 - ClientId::GENERATION_BITS));
        self.entries.try_remove(id.index())
    }

    /// The entry, unless the id is stale.
    pub fn get_mut(&mut self, id: ClientId) -> Option<&mut T> {
        if self.generations.get(id.index()) != Some(&id.generation) {
            return None;
        }
        self.entries.get_mut(id.index())
    }

    /// The entry, unless the id is stale.
    pub fn get(&self, id: ClientId) -> Option<&T> {
        if self.generations.get(id.index()) != Some(&id.generation) {
            return None;
        }
        self.entries.get(id.index())
    }

    /// Gives back memory that a crowd has needed. The generations stay: they make ids unique.
    pub fn trim(&mut self) {
        self.entries.shrink_to_fit();
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// One layer's data of each client, under ids handed out elsewhere.
///
/// Entries lie in chunks that never move: growing costs neither a copy of everything nor, for a
/// while, the memory of two tables, and an empty chunk is freed.
#[derive(Debug)]
pub struct SideTable<T> {
    chunks: Vec<Chunk<T>>,
    len: usize,
}

/// Slots per chunk.
const CHUNK: usize = 128;
/// Chunks before the list of them must move: 20,000 clients, the most that a process may usually
/// have.
const CHUNKS_EXPECTED: usize = 160;

/// Some neighbouring slots.
#[derive(Debug)]
struct Chunk<T> {
    /// The generation and value of each slot in use; no slots while none is.
    slots: Box<[Option<(u32, T)>]>,
    used: usize,
}

impl<T> Default for Chunk<T> {
    fn default() -> Self {
        Self { slots: Box::default(), used: 0 }
    }
}

impl<T> Default for SideTable<T> {
    fn default() -> Self {
        Self { chunks: Vec::with_capacity(CHUNKS_EXPECTED), len: 0 }
    }
}

impl<T> SideTable<T> {
    /// Notes `value` under `id`. The id must be new to this table.
    pub fn insert(&mut self, id: ClientId, value: T) {
        while id.index() >= self.chunks.len() * CHUNK {
            self.chunks.push(Chunk::default());
        }
        let chunk = &mut self.chunks[id.index() / CHUNK];
        if chunk.slots.is_empty() {
            chunk.slots = (0..CHUNK).map(|_| None).collect();
        }
        let slot = &mut chunk.slots[id.index() % CHUNK];
        debug_assert!(slot.is_none(), "client {id}: the slot was not freed first");
        let added = usize::from(slot.is_none());
        *slot = Some((id.generation, value));
        chunk.used += added;
        self.len += added;
    }

    /// Takes the value back, if the id is not stale.
    pub fn remove(&mut self, id: ClientId) -> Option<T> {
        self.get(id)?;
        let number = id.index() / CHUNK;
        let chunk = &mut self.chunks[number];
        let removed = chunk.slots[id.index() % CHUNK].take();
        self.len -= 1;
        chunk.used -= 1;
        // The first is kept: it would come and go with every lone client.
        if chunk.used == 0 && number > 0 {
            *chunk = Chunk::default();
        }
        removed.map(|(_, value)| value)
    }

    /// The value, if the id is not stale.
    pub fn get_mut(&mut self, id: ClientId) -> Option<&mut T> {
        match self.chunks.get_mut(id.index() / CHUNK)?.slots.get_mut(id.index() % CHUNK)? {
            Some((generation, value)) if *generation == id.generation => Some(value),
            _ => None,
        }
    }

    /// The value, if the id is not stale.
    pub fn get(&self, id: ClientId) -> Option<&T> {
        match self.chunks.get(id.index() / CHUNK)?.slots.get(id.index() % CHUNK)? {
            Some((generation, value)) if *generation == id.generation => Some(value),
            _ => None,
        }
    }

    /// Whether the id is known here.
    pub fn contains(&self, id: ClientId) -> bool {
        self.get(id).is_some()
    }

    /// Every value with its id, in slot order.
    pub fn iter(&self) -> impl Iterator<Item = (ClientId, &T)> {
        self.iter_from(0)
    }

    /// Every value with its id from this slot on, in slot order.
    pub fn iter_from(&self, slot: usize) -> impl Iterator<Item = (ClientId, &T)> {
        let (first, within) = (slot / CHUNK, slot % CHUNK);
        self.chunks.iter().enumerate().skip(first).flat_map(move |(number, chunk)| {
            let skipped = if number == first { within } else { 0 };
            chunk.slots.iter().enumerate().skip(skipped).filter_map(move |(place, entry)| {
                let (generation, value) = entry.as_ref()?;
                let slot = (number * CHUNK + place) as u32;
                Some((ClientId { generation: *generation, slot }, value))
            })
        })
    }

    /// Every value, in slot order.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        let slots = self.chunks.iter_mut().flat_map(|chunk| chunk.slots.iter_mut());
        slots.filter_map(|entry| entry.as_mut().map(|(_, value)| value))
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_freed_slot_comes_back_under_another_id() {
        let mut registry = Registry::default();
        let alice = registry.insert_with(|_| "alice");
        assert_eq!(registry.remove(alice), Some("alice"));
        let bob = registry.insert_with(|_| "bob");
        assert_ne!(alice, bob);
        assert_eq!(alice.index(), bob.index());
        assert_eq!(registry.get(alice), None);
        assert_eq!(registry.remove(alice), None);
        assert_eq!(registry.get(bob), Some(&"bob"));
        assert_eq!(ClientId::from_bits(bob.to_bits()), bob);
    }

    #[test]
    fn a_side_table_does_not_answer_for_a_stale_id() {
        let mut registry = Registry::default();
        let alice = registry.insert_with(|_| ());
        registry.remove(alice);
        let bob = registry.insert_with(|_| ());
        let mut table = SideTable::default();
        table.insert(bob, 7);
        assert_eq!(table.get(alice), None);
        assert_eq!(table.remove(alice), None);
        assert_eq!(table.iter().collect::<Vec<_>>(), [(bob, &7)]);
        assert_eq!(table.remove(bob), Some(7));
        assert!(table.is_empty());
    }

    #[test]
    fn chunks_come_and_go() {
        let mut registry = Registry::default();
        let ids: Vec<ClientId> = (0..3 * CHUNK).map(|_| registry.insert_with(|_| ())).collect();
        let mut table = SideTable::default();
        for &id in &ids {
            table.insert(id, id);
        }
        for &id in &ids[CHUNK..2 * CHUNK] {
            assert_eq!(table.remove(id), Some(id));
        }
        assert!(table.chunks[1].slots.is_empty());
        assert_eq!(table.get(ids[CHUNK]), None);
        let left: Vec<ClientId> = table.iter().map(|(id, _)| id).collect();
        assert_eq!(left, [&ids[..CHUNK], &ids[2 * CHUNK..]].concat());
        table.insert(ids[CHUNK + 7], ids[0]);
        assert_eq!(table.get(ids[CHUNK + 7]), Some(&ids[0]));
        assert_eq!(table.len(), 2 * CHUNK + 1);
    }
}

//! What the nodes of a simulated cluster have shown, and what must hold of it.

use std::collections::{BTreeMap, BTreeSet};

use mio_chat::cluster::entry::{Author, EntryId, Term};
use mio_chat::cluster::node::Logged;

/// One node's view of one room.
#[derive(Debug, Default)]
pub(crate) struct View {
    pub(crate) bodies: BTreeSet<Vec<u8>>,
    last: BTreeMap<Author, u64>,
    last_of_term: BTreeMap<Term, u64>,
    pub(crate) gaps: u64,
}

/// What all nodes together have shown.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// What each id means, by room.
    meaning: BTreeMap<(usize, EntryId), Vec<u8>>,
    /// What each node has shown of each room; a node that was started again is another one.
    pub(crate) views: BTreeMap<(usize, usize), View>,
    pub(crate) shown: u64,
}

impl Record {
    /// A node applies an entry of a room.
    pub(crate) fn show(&mut self, node: usize, room: usize, entry: &Logged) {
        let at = || format!("node {node}, room {room}, {entry:?}");
        let body = entry.body.to_vec();
        let meaning = self.meaning.entry((room, entry.id)).or_insert_with(|| body.clone());
        assert_eq!(*meaning, body, "two entries of one id: {}", at());
        let view = self.views.entry((node, room)).or_default();
        assert!(view.bodies.insert(body), "shown twice: {}", at());
        let last = view.last.insert(entry.author.clone(), entry.number);
        assert!(last.is_none_or(|last| last < entry.number), "an author's order: {}", at());
        // In the order of its term; but what was resent after a failover has an id of its own.
        let last = view.last_of_term.insert(entry.id.term, entry.id.number);
        assert!(last.is_none_or(|last| last < entry.id.number), "the order of a term: {}", at());
        self.shown += 1;
    }

    pub(crate) fn gap(&mut self, node: usize, room: usize) {
        self.views.entry((node, room)).or_default().gaps += 1;
    }

    /// Everything that was said in a room must have been shown by a node.
    pub(crate) fn missing(&self, node: usize, room: usize, said: &[Vec<u8>]) -> Vec<String> {
        let none = View::default();
        let view = self.views.get(&(node, room)).unwrap_or(&none);
        let missing = said.iter().filter(|body| !view.bodies.contains(*body));
        missing.map(|body| String::from_utf8_lossy(body).into_owned()).collect()
    }
}

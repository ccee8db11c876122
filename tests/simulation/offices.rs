//! What the server does for rooms by itself: digests, passwords that are checked, digits that it
//! draws, and a restart.

use std::cmp::Reverse;
use std::net::IpAddr;

use mio_chat::chat::StoredLobby;
use mio_chat::id::ClientId;
use mio_chat::limits;

use crate::client::Phase;
use crate::expected::Secret;
use crate::model::{Model, Nanos, nanos};
use crate::people::Lore;

/// For whom wrong passwords are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Guesser {
    Client(ClientId),
    Address(Option<IpAddr>),
    Around,
}

impl Model {
    /// Does what is due for rooms and passwords, which is before anything else.
    pub(crate) fn tick(&mut self, now: Nanos) {
        self.set_now(now);
        let mut effects = Vec::new();
        if self.digest_at.is_some_and(|due| due <= now) {
            self.digest_at = None;
            effects = self.rooms.tell_summaries();
        }
        if self.check_at.is_some_and(|due| due <= now) {
            if let Some((id, right)) = self.next_check() {
                self.note_checked(id, right);
                effects.extend(self.rooms.conclude(id, right));
                self.client(id).go_on_after_answer();
            }
            self.check_at =
                (!self.checks.is_empty()).then_some(now + nanos(limits::PASSWORD_PAUSE));
        }
        for effect in effects {
            self.carry_out(effect);
        }
    }

    /// When that is.
    pub(crate) fn tick_due(&self) -> Option<Nanos> {
        self.digest_at.into_iter().chain(self.check_at).min()
    }

    /// What people have heard of by now.
    pub(crate) fn lore(&self, id: ClientId) -> Lore {
        let rooms = &self.rooms;
        let own = rooms.people.iter().find(|person| person.id == id);
        let irc = own.and_then(|person| person.irc.as_ref());
        // Who speaks IRC is in several rooms: it thinks of that which it has joined last.
        let room = match irc {
            Some(about) => about.rooms.last(),
            None => own.map(|person| &person.room),
        };
        let here = room.map(|room| rooms.members(room)).unwrap_or_default();
        let here = rooms.people.iter().filter(|it| here.contains(&it.id) && it.id != id);
        let sentences = room.map(|room| &rooms.room(room).sentences);
        let sentenced = sentences.into_iter().flatten().filter_map(|it| it.name.clone());
        let operators = room.into_iter().flat_map(|room| &rooms.room(room).operators);
        let endowed = room.and_then(|room| rooms.room(room).endowed.as_ref());
        let key = endowed.and_then(|(key, _)| rooms.keys.get(key));
        let ignored = rooms.people.iter().find(|it| it.id == id).map(|it| it.ignored.clone());
        Lore {
            has_web: self.rules.has_web(),
            governs: room.is_some_and(|room| rooms.keeps_order(id, room)),
            names: here.map(|person| person.name.clone()).collect(),
            sentenced: sentenced.collect(),
            operators: operators.map(|id| rooms.me(*id).name).collect(),
            ignored: ignored.unwrap_or_default(),
            addresses: rooms.clients.values().filter_map(|client| client.address).collect(),
            keys: key.into_iter().chain(rooms.keys.values().rev().take(2)).cloned().collect(),
            epoch: rooms.epoch.clone().unwrap_or_default(),
            last: rooms.last,
            own_name: own.map(|person| person.name.clone()),
            rooms: irc.map(|about| about.rooms.clone()).unwrap_or_default(),
        }
    }

    /// Goes on with another server that begins with what was kept, without anybody.
    pub(crate) fn restart(&mut self, kept: &StoredLobby) {
        assert!(self.clients.is_empty(), "somebody is still here");
        self.rooms.restart(kept);
        (self.lines, self.deliveries) = (0, 0);
        (self.digest_at, self.check_at, self.checks) = Default::default();
        (self.origins, self.turns_given) = Default::default();
        self.browsers.clear();
        (self.guessed, self.proved) = Default::default();
    }

    /// One password of each address is checked at a time.
    pub(crate) fn check(&mut self, id: ClientId, right: bool) {
        self.forget_checks_of_gone();
        let address = self.clients[&id].address;
        let same = |other: ClientId| {
            other == id || (address.is_some() && self.clients[&other].address == address)
        };
        if let Some(place) = self.checks.iter().position(|(other, _)| same(*other)) {
            let busy = "* too many passwords are being checked; try again in a while\n";
            let (rival, _) = self.checks[place];
            if self.rank(rival) <= self.rank(id) {
                return self.tell(id, busy);
            }
            self.checks.remove(place);
            self.tell(rival, busy);
            self.client(rival).go_on_after_answer();
        }
        assert!(self.checks.len() < limits::PASSWORD_CHECKS_MAX, "a crowd is smaller");
        self.checks.push_back((id, right));
        self.check_at.get_or_insert(self.now);
        self.tell(id, "* your password is being checked\n");
        self.client(id).awaits_answer = true;
    }

    /// Who has guessed least comes first.
    fn next_check(&mut self) -> Option<(ClientId, bool)> {
        self.forget_checks_of_gone();
        let places = 0..self.checks.len();
        let first =
            places.min_by_key(|place| (self.rank(self.checks[*place].0), Reverse(*place)))?;
        self.checks.remove(first)
    }

    fn forget_checks_of_gone(&mut self) {
        let clients = &self.clients;
        let is_here = |id: &ClientId| clients.get(id).is_some_and(|it| it.phase == Phase::Chatting);
        self.checks.retain(|(id, _)| is_here(id));
    }

    fn note_checked(&mut self, id: ClientId, right: bool) {
        let address = self.clients[&id].address;
        if right {
            self.guessed.remove(&Guesser::Client(id));
            self.guessed.remove(&Guesser::Address(address));
            self.proved.extend(address);
            return;
        }
        *self.guessed.entry(Guesser::Client(id)).or_default() += 1;
        if address.is_some() {
            *self.guessed.entry(Guesser::Address(address)).or_default() += 1;
            *self.guessed.entry(Guesser::Around).or_default() += 1;
        }
        let more = u64::from(limits::FLOOD_PER_WRONG_PASSWORD - 3);
        self.charge(id, more);
    }

    fn rank(&self, id: ClientId) -> (bool, u64, u64, u64) {
        let times = |who| self.guessed.get(&who).copied().unwrap_or_default();
        let own = times(Guesser::Client(id));
        match self.clients[&id].address {
            None => (true, own, 0, own),
            Some(address) => {
                let by_address = times(Guesser::Address(Some(address)));
                (!self.proved.contains(&address), by_address, times(Guesser::Around), own)
            }
        }
    }

    /// Digits that the server draws were told to somebody.
    pub(crate) fn learn(&mut self, told: Vec<(Secret, String)>) {
        for (secret, digits) in told {
            let known = match secret {
                Secret::Epoch => self.rooms.epoch.get_or_insert_with(|| digits.clone()),
                Secret::Key(number) => {
                    self.rooms.keys.entry(number).or_insert_with(|| digits.clone())
                }
                Secret::Cloak(address) => {
                    self.rooms.cloaks.entry(address).or_insert_with(|| digits.clone())
                }
            };
            assert_eq!(*known, digits, "{secret:?} was another before");
        }
    }

    /// Who came and went is told a second after the first who was only counted.
    pub(crate) fn note_untold(&mut self) {
        if self.rooms.untold && self.digest_at.is_none() {
            self.digest_at = Some(self.now + nanos(limits::DIGEST_INTERVAL));
        }
    }
}

//! A naive model of what is kept, and the random changes that it plays.

use std::collections::BTreeMap;

use crate::chat::{
    Account, Alphabet, Authorship, Mask, Message, MessageKind, Metadata, RoomChanges, RoomModes,
    RoomRename, RoomSettings, SanctionKind, SaveBatch, SecretHash, StoredRoom,
};
use crate::chat::{
    MessageId, NameKey, Nickname, Owner, RoomName, Sanction, Sanctions, Standing, StoredLobby,
    Topic,
};
use crate::scram::Verifier;
use crate::time::UnixTime;

/// Names with and without capitals, and in another script.
const ROOMS: [&str; 6] = ["main", "Games", "modem", "\u{418}\u{432}\u{430}\u{43d}", "{x}", "a1"];
const PEOPLE: [&str; 4] = ["alice", "BOB", "Jos\u{e9}", "x_7"];
const TEXTS: [&str; 5] = ["", "hello", "it's \"quoted\"; --", "\u{1F600} na\u{ef}ve", "%s ?1 'x"];

/// Numbers that look random and are the same each time (xorshift).
pub(super) struct ModelRandom(u64);

impl ModelRandom {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }

    fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.below(2) == 0).then(|| make(self))
    }

    fn person(&mut self) -> Nickname {
        Nickname::restored(self.one_of(&PEOPLE)).unwrap()
    }

    fn hash(&mut self) -> SecretHash {
        SecretHash::parse(&format!("{:x}", self.below(1 << 40))).unwrap()
    }
}

pub(super) fn room_name(name: &str) -> RoomName {
    RoomName::parse(name, Alphabet::Unicode).unwrap()
}

pub(super) fn message(number: u64, text: &str) -> Message {
    Message {
        id: MessageId { number, at: UnixTime::from_millis(1_000 + number) },
        kind: if number.is_multiple_of(3) { MessageKind::Acted } else { MessageKind::Said },
        who: Nickname::restored("alice").unwrap(),
        text: text.into(),
        author: match number % 4 {
            0 => Authorship::Account(Box::new(NameKey::of("alice"))),
            _ => Authorship::Unknown,
        },
    }
}

/// The state that should be on disk.
pub(super) struct StoreModel {
    rooms: BTreeMap<&'static str, StoredRoom>,
    accounts: BTreeMap<&'static str, Account>,
    epoch: u32,
    last: u64,
    /// How often a room got another name.
    renames: u64,
}

/// A batch of the model's changes.
pub(super) struct RoomUpdate {
    gone: Vec<RoomName>,
    renamed: Vec<RoomRename>,
    redacted: Vec<u64>,
    /// Each room, whether its settings is told, and the number before the first message told.
    rooms: Vec<(&'static str, bool, u64)>,
    accounts: Vec<&'static str>,
}

impl RoomUpdate {
    pub(super) fn batch<'a>(&'a self, model: &'a StoreModel) -> SaveBatch<'a> {
        let rooms = self.rooms.iter().map(|(name, settings, from)| {
            let room = &model.rooms[name];
            RoomChanges {
                name: &room.name,
                settings: settings.then_some(&room.settings),
                said: room.messages.iter().filter(|said| said.id.number > *from).collect(),
                forgotten: room.forgotten,
                standing: room.standing,
            }
        });
        SaveBatch {
            epoch: model.epoch,
            last: model.last,
            gap_before: model.last / 2,
            gone: &self.gone,
            renamed: &self.renamed,
            redacted: &self.redacted,
            rooms: rooms.collect(),
            cloaks: Some([7; 16]),
            accounts: self.accounts.iter().map(|name| &model.accounts[name]).collect(),
            must_last: !self.accounts.is_empty(),
            ..SaveBatch::default()
        }
    }
}

impl StoreModel {
    pub(super) fn new() -> Self {
        Self { rooms: BTreeMap::new(), accounts: BTreeMap::new(), epoch: 99, last: 0, renames: 0 }
    }

    /// Changes something.
    pub(super) fn play(&mut self, random: &mut ModelRandom) -> RoomUpdate {
        self.epoch = 7;
        let mut change = RoomUpdate {
            gone: Vec::new(),
            renamed: Vec::new(),
            redacted: Vec::new(),
            rooms: Vec::new(),
            accounts: Vec::new(),
        };
        for name in ROOMS {
            if random.below(6) == 0 && self.rooms.remove(name).is_some() {
                change.gone.push(room_name(name));
            }
        }
        for _ in 0..random.below(3) {
            change.renamed.extend(self.rename_room(random));
        }
        for name in ROOMS {
            let said = self.rooms.get_mut(name).map(|room| &mut room.messages);
            if let Some(said) = said.filter(|said| !said.is_empty() && random.below(4) == 0) {
                let place = random.below(said.len() as u64) as usize;
                change.redacted.push(said.remove(place).id.number);
            }
            if random.below(3) == 0 {
                change.rooms.push(self.change_room(name, random));
            }
        }
        if random.below(4) == 0 {
            let name = random.one_of(&PEOPLE);
            self.accounts.insert(name, account(name, random));
            change.accounts.push(name);
        }
        change
    }

    /// Gives a room a name that no room has.
    fn rename_room(&mut self, random: &mut ModelRandom) -> Option<RoomRename> {
        let [old, new] = [(); 2].map(|()| random.one_of(&ROOMS[1..]));
        if self.rooms.contains_key(new) {
            return None;
        }
        let mut room = self.rooms.remove(old)?;
        let [before, after] = [old, new].map(NameKey::of);
        room.name = room_name(new);
        room.settings.salt = Some(room.settings.salt.unwrap_or(before)).filter(|it| *it != after);
        self.rooms.insert(new, room);
        self.renames += 1;
        let (old, new) = (room_name(old), room_name(new));
        Some(RoomRename { id: self.renames, old, new, rows: 1 })
    }

    fn change_room(
        &mut self,
        name: &'static str,
        random: &mut ModelRandom,
    ) -> (&'static str, bool, u64) {
        let from = self.last;
        let is_new = !self.rooms.contains_key(name);
        let room = self.rooms.entry(name).or_insert_with(|| StoredRoom {
            name: room_name(name),
            settings: RoomSettings::default(),
            messages: Vec::new(),
            forgotten: from,
            standing: Standing::default(),
        });
        for _ in 0..random.below(5) {
            self.last += 1 + random.below(3);
            let text = random.one_of(&TEXTS);
            room.messages.push(Message { who: random.person(), ..message(self.last, text) });
        }
        for _ in 0..random.below(5).min(room.messages.len() as u64) {
            room.forgotten = room.messages.remove(0).id.number;
        }
        let settles = is_new || random.below(3) == 0;
        if settles {
            room.settings = settings(random);
            room.standing.founder = random.maybe(|_| "203.0.113.0/24".parse().unwrap());
            room.standing.founded = random.below(1 << 50);
        }
        room.standing.used = random.below(1 << 20) as u32;
        (name, settles, from)
    }

    /// Holds what was read against it.
    pub(super) fn check(&self, found: &mut StoredLobby, complete: bool, seed: u64) {
        found.rooms.sort_by(|one, other| one.name.as_str().cmp(other.name.as_str()));
        let mut rooms: Vec<StoredRoom> = self.rooms.values().cloned().collect();
        rooms.sort_by(|one, other| one.name.as_str().cmp(other.name.as_str()));
        let expected = StoredLobby {
            epoch: self.epoch,
            last: self.last,
            gap_before: self.last / 2,
            complete,
            rooms,
            accounts: self.accounts.values().cloned().collect(),
            cloaks: (self.epoch == 7).then_some([7; 16]),
            private: Vec::new(),
        };
        found.accounts.sort_by(|one, other| one.name.as_str().cmp(other.name.as_str()));
        assert_eq!(*found, expected, "seed {seed}");
    }
}

/// Somebody is banned.
pub(super) fn settings_with_a_ban() -> RoomSettings {
    let ban = Sanction { name: Nickname::restored("bob"), ..sanction(1, &mut ModelRandom::new(1)) };
    RoomSettings { sanctions: Sanctions::restored(vec![ban]), ..RoomSettings::default() }
}

fn settings(random: &mut ModelRandom) -> RoomSettings {
    let sanctions = (1..=random.below(4) as u32).map(|number| sanction(number * 3, random));
    let sanctions = Sanctions::restored(sanctions.collect());
    let pairs = [("avatar", "https://x.org"), ("color", "red")];
    let metadata = random.maybe(|random| {
        let count = random.below(3) as usize;
        Metadata::restored(pairs.into_iter().take(count))
    });
    RoomSettings {
        metadata: metadata.unwrap_or_default(),
        topic: random.maybe(|random| Topic {
            text: "of, this".into(),
            by: random.person(),
            at: UnixTime::from_millis(random.below(1 << 40)),
        }),
        owner: random.maybe(|random| {
            let account = random.maybe(|random| random.person().key());
            Owner { name: random.person(), key: random.hash(), account }
        }),
        password: random.maybe(ModelRandom::hash),
        sanctions,
        modes: RoomModes::parse(random.one_of(&["nt", "", "CRimnst", "is"])).unwrap(),
        limit: random.maybe(|random| random.below(1 << 32) as u32),
        salt: random.maybe(|random| random.person().key()),
    }
}

fn account(name: &str, random: &mut ModelRandom) -> Account {
    let salt = (u128::from(random.below(1 << 50)) << 64).to_be_bytes();
    let verifier = Verifier::of_nobody(salt, 4_096 + random.below(9) as u32, name.as_bytes());
    Account {
        name: Nickname::restored(name).unwrap(),
        verifier,
        email: random.maybe(|_| "it's@example.org".into()),
        made: UnixTime::from_millis(random.below(1 << 50)),
        seen: UnixTime::from_millis(random.below(1 << 50)),
    }
}

fn sanction(number: u32, random: &mut ModelRandom) -> Sanction {
    let name = random.maybe(ModelRandom::person);
    let address = random.one_of(&["192.0.2.7", "2001:db8:0:1::77"]).parse().unwrap();
    let kind = random.one_of(&[
        SanctionKind::Ban,
        SanctionKind::Mute,
        SanctionKind::BanException,
        SanctionKind::InviteException,
    ]);
    let mask = random.one_of(&["*!*@8k2m.ip", "b?b!~irc@*", "a:bob"]);
    let mask = Mask::parse(mask).filter(|_| name.is_none() && random.below(2) == 0);
    let network = crate::chat::Network::of(address).filter(|_| name.is_none() && mask.is_none());
    Sanction {
        number,
        kind,
        name,
        network,
        mask,
        is_quiet: random.below(4) == 0,
        at: UnixTime::from_millis(random.below(1 << 40)),
        until: random.maybe(|random| UnixTime::from_millis(random.below(1 << 50))),
        by: random.person(),
        reason: random.one_of(&TEXTS).into(),
    }
}

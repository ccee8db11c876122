//! Spans held against the simplest thing that could work: every client has its own copy.
//!
//! A lobby full of people does whatever a seed says, and tells it both to the [`Fanout`] and to a
//! model that keeps plain bytes per client. Whatever is written, in whatever pieces, must be the
//! same bytes. A failure names its seed.

use std::collections::BTreeMap;
use std::time::Duration;

mod model;

use model::OwnBytes;

use super::backlog::OutboxLimits;
use super::fanout::{Fanout, SendStatus};
use super::outbox::Slices;
use crate::chat::{
    Alphabet, Command, Context, Guide, HistoryCursor, Landing, Lobby, LobbySettings, Nickname,
    Outlet, Recall, Recollection, Reply, RoomCommand, RoomEvent, RoomId, RoomName, RoomRef,
};
use crate::dialect::Encoding;
use crate::id::{ClientId, Registry};
use crate::limits::{WRITE_BYTES_PER_TURN, WRITE_SLICES};
use crate::time::{Time, UnixTime};

/// The fan-out and the model, told the same.
struct Both {
    fanout: Fanout,
    model: BTreeMap<ClientId, OwnBytes>,
}

impl Both {
    /// Tells the model of one client only.
    fn tell_own(&mut self, to: ClientId, reply: &Reply<'_>) {
        if let Some(own) = self.model.get_mut(&to) {
            own.tell(|encoding, out| encoding.reply(reply, None, None, out));
        }
    }

    fn set_encoding(&mut self, id: ClientId, encoding: Encoding) {
        self.fanout.set_encoding(id, encoding);
        self.model.get_mut(&id).expect("somebody who is here").set_encoding(encoding);
    }
}

impl Outlet for Both {
    fn reply(&mut self, to: ClientId, reply: &Reply<'_>) {
        self.fanout.reply(to, reply);
        self.tell_own(to, reply);
    }

    fn publish(
        &mut self,
        room: RoomRef<'_>,
        source: Option<ClientId>,
        event: &RoomEvent<'_>,
        deaf: &[ClientId],
    ) {
        self.fanout.publish(room, source, event, deaf);
        assert!(deaf.iter().all(|id| self.model[id].rooms.contains(&room.id)), "deaf elsewhere");
        for (id, own) in &mut self.model {
            let is_told = room.to.includes(own.encoding.lists_members());
            if is_told && own.rooms.contains(&room.id) && !deaf.contains(id) {
                own.tell(|encoding, out| encoding.room_event(room.name, event, out));
            }
        }
    }

    fn tell_neighbours(
        &mut self,
        rooms: &[RoomRef<'_>],
        source: Option<ClientId>,
        event: &RoomEvent<'_>,
    ) {
        self.fanout.tell_neighbours(rooms, source, event);
        for own in self.model.values_mut() {
            let keeps_list = own.encoding.lists_members();
            let is_told =
                |room: &&RoomRef<'_>| room.to.includes(keeps_list) && own.rooms.contains(&room.id);
            if let Some(room) = rooms.iter().find(is_told) {
                own.tell(|encoding, out| encoding.room_event(room.name, event, out));
            }
        }
    }

    fn subscribe(&mut self, room: RoomId, client: ClientId) {
        self.fanout.subscribe(room, client);
        let own = self.model.get_mut(&client).expect("somebody who is here");
        assert!(own.rooms.insert(room), "{client} hears this room already");
    }

    fn unsubscribe(&mut self, room: RoomId, client: ClientId) {
        self.fanout.unsubscribe(room, client);
        let own = self.model.get_mut(&client).expect("somebody who is here");
        assert!(own.rooms.remove(&room), "{client} does not hear this room");
    }

    fn replay(&mut self, to: ClientId, recollection: &Recollection<'_>) {
        self.fanout.replay(to, recollection);
        let Recollection { room, messages, which, cursor, asked, now } = *recollection;
        let announces = self.model[&to].encoding.announces_empty_history();
        if messages.is_empty() && !asked && !announces {
            return;
        }
        let (room, count) = (room.name, messages.len());
        self.tell_own(to, &Reply::RecallBegins { room, count, which });
        for message in messages.iter() {
            let epoch = cursor.epoch;
            self.tell_own(to, &Reply::Remembered { room, message, epoch, now });
        }
        self.tell_own(to, &Reply::RecallEnds { room, cursor });
    }

    fn close_room(&mut self, room: RoomId) {
        self.fanout.close_room(room);
    }
}

/// Small and fast, and the same everywhere (xorshift).
pub(super) struct TestRandom(u64);

impl TestRandom {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

struct Crowd {
    random: TestRandom,
    ids: Registry<()>,
    here: Vec<ClientId>,
    named: usize,
    lobby: Lobby,
    both: Both,
    now: Time,
}

fn unlimited() -> OutboxLimits {
    let total = usize::MAX;
    OutboxLimits { soft: total, hard: total, age: Duration::from_secs(10), total }
}

/// Rooms that close, histories that forget and summaries, by seed.
fn settings(seed: u64) -> LobbySettings {
    let (history, digest_above) = ([0, 3, 30][seed as usize % 3], [4, 100][seed as usize % 2]);
    LobbySettings { rooms_max: 5, history, digest_above, ..LobbySettings::default() }
}

fn join(room: &str, stay: bool) -> Command<'_> {
    Command::Join { room, password: None, stay, recall: None, list: false, keyless: false }
}

impl Crowd {
    fn execute(&mut self, id: ClientId, command: Command<'_>) {
        let context = self.context();
        self.lobby.execute(id, command, &context, &mut self.both);
    }

    fn new(seed: u64) -> Self {
        Self {
            random: TestRandom::new(seed),
            ids: Registry::default(),
            here: Vec::new(),
            named: 0,
            lobby: Lobby::new(settings(seed), [3; 16]),
            both: Both { fanout: Fanout::new(unlimited()), model: BTreeMap::new() },
            now: Time::ZERO,
        }
    }

    fn enter(&mut self) {
        self.enter_and_be(Landing::Main);
    }

    fn enter_and_be(&mut self, landing: Landing) {
        let id = self.ids.insert_with(|_| ());
        self.both.fanout.open(id);
        self.both.model.insert(id, OwnBytes::default());
        self.here.push(id);
        self.named += 1;
        let name = format!("p{}", self.named);
        self.execute(id, Command::Register { nickname: &name, landing, about: None });
    }

    fn leave(&mut self) {
        let id = self.here.swap_remove(self.random.below(self.here.len()));
        let context = self.context();
        self.lobby.leave(id, "", &context, &mut self.both);
        self.both.fanout.close(id);
        self.both.model.remove(&id);
        self.ids.remove(id);
    }

    fn context(&self) -> Context<'static> {
        let now = UnixTime::from_millis(self.now.since(Time::ZERO).as_millis() as u64);
        Context { now, network_of: &|_| None, players: None }
    }

    /// Somebody without a nickname hears a room, if there is one of that name.
    fn listen(&mut self) {
        let id = self.ids.insert_with(|_| ());
        self.both.fanout.open(id);
        self.both.model.insert(id, OwnBytes::default());
        self.here.push(id);
        let encoding = Encoding::ALL[self.random.below(Encoding::ALL.len())];
        self.both.set_encoding(id, encoding);
        let (room, context) = (format!("r{}", self.random.below(8)), self.context());
        let cursor = HistoryCursor { number: self.random.below(50) as u64, ..self.lobby.cursor() };
        let since = [None, Some(cursor)][self.random.below(2)];
        if let Ok(room) = self.lobby.room_to_hear(&room, None, context.now, &mut self.both) {
            self.lobby.listen(id, room, since, &context, &mut self.both);
        }
    }

    /// A bot says something, if there is such a room.
    fn say_as_bot(&mut self) {
        let room = RoomName::parse(&format!("r{}", self.random.below(8)), Alphabet::Ascii);
        let bot = Nickname::parse("bot", Alphabet::Ascii);
        let (context, said) = (self.context(), self.lobby.cursor().number);
        let done = self.lobby.say_as(&bot.unwrap(), &room.unwrap(), "hi", &context, &mut self.both);
        let expected = said + u64::from(done.is_ok());
        assert_eq!(self.lobby.cursor().number, expected);
    }

    fn say(&mut self) {
        let id = self.someone();
        let text = "x".repeat(1 + self.random.below(400));
        for _ in 0..=self.random.below(8) {
            self.execute(id, Command::Say { room: None, text: &text });
        }
    }

    fn do_something_else(&mut self) {
        let id = self.someone();
        let room = format!("r{}", self.random.below(8));
        let somebody = self.someone();
        let name = self.lobby.nickname(somebody).map_or(String::new(), |n| n.as_str().to_owned());
        let command = match self.random.below(15) {
            0..3 => join(&room, false),
            3..5 => join(&room, true),
            5 => Command::Leave { room: None, reason: "" },
            6 => Command::Nick(&room),
            7 => Command::Who { room: None, page: 1 },
            8 => {
                let encoding = Encoding::ALL[self.random.below(Encoding::ALL.len())];
                return self.both.set_encoding(id, encoding);
            }
            9 => Command::Ignore(Some(&name)),
            10 => Command::Unignore(&name),
            11 => RoomCommand::Recall(Recall::Last(self.random.below(9))).in_last_room(),
            12 => RoomCommand::Kick { whom: &name, reason: "" }.in_last_room(),
            13 => {
                let word = [Some("open sesame"), None][self.random.below(2)];
                RoomCommand::SetPassword(word).in_last_room()
            }
            _ => Command::Help(Guide::Talking),
        };
        self.execute(id, command);
    }

    fn tell_summaries(&mut self) {
        self.lobby.tell_summaries(&mut self.both);
    }

    fn cut(&mut self) {
        let id = self.someone();
        self.both.fanout.cut(id);
        self.both.model.get_mut(&id).unwrap().cut();
    }

    fn someone(&mut self) -> ClientId {
        self.here[self.random.below(self.here.len())]
    }

    /// One flush, in which sockets take all, nothing or something. Whether anybody was flushed.
    fn flush(&mut self, all: bool) -> bool {
        let mut dirty = Vec::new();
        self.both.fanout.take_dirty(&mut dirty);
        for &id in &dirty {
            let mut slices = Slices::new();
            let count = self.both.fanout.gather(id, &mut slices);
            let offered: Vec<u8> = slices.iter().flat_map(|slice| slice.to_vec()).collect();
            assert_eq!(offered.len(), count);
            let all_slices = slices.len() == WRITE_SLICES;
            drop(slices);
            // A client that is gone may still be listed.
            let Some(own) = self.both.model.get_mut(&id) else { continue };
            assert!(
                own.waiting.starts_with(&offered),
                "{id} ({:?}) is offered {} instead of {}",
                own.encoding,
                offered.escape_ascii(),
                own.waiting.escape_ascii()
            );
            let complete = all_slices || offered.len() >= own.waiting.len();
            assert!(complete || offered.len() <= WRITE_BYTES_PER_TURN, "{id} is offered less");
            let taken = match self.random.below(4) {
                0 if !all => 0,
                1 if !all => self.random.below(offered.len() + 1),
                _ => offered.len(),
            };
            own.sent(taken);
            let status = self.both.fanout.sent(self.now, id, taken, taken < offered.len());
            assert_eq!(status == SendStatus::AllSent, own.waiting.is_empty(), "{id}");
        }
        !dirty.is_empty()
    }

    fn step(&mut self) {
        match self.random.below(18) {
            0 if self.here.len() < 12 => {
                let landing = [Landing::Main, Landing::Nowhere][self.random.below(2)];
                self.enter_and_be(landing);
            }
            1 if self.here.len() > 2 => self.leave(),
            2..=7 => self.say(),
            8 | 9 => self.do_something_else(),
            10 if self.random.below(4) == 0 => self.cut(),
            11..=13 => {
                self.flush(false);
            }
            14 if self.here.len() < 12 => self.listen(),
            15 => self.say_as_bot(),
            16 => {
                let id = self.someone();
                self.both.fanout.unblock(id);
            }
            _ => {
                self.now = self.now + Duration::from_millis(300);
                assert!(self.both.fanout.over_total(self.now).is_empty());
                self.tell_summaries();
            }
        }
    }

    /// Compares the waiting bytes of each client in both.
    fn check(&mut self) {
        self.lobby.check_invariants();
        for &id in &self.here {
            let waiting = self.both.model[&id].waiting.len();
            assert_eq!(self.both.fanout.backlog(id), waiting, "{id}: bytes waiting");
        }
        self.both.fanout.check_invariants();
    }

    fn drain(&mut self) {
        for &id in &self.here {
            self.both.fanout.unblock(id);
        }
        while self.flush(true) {}
        assert!(self.both.model.values().all(|own| own.waiting.is_empty()));
    }
}

#[test]
fn spans_give_everyone_the_bytes_that_own_copies_would() {
    for seed in 1..=300 {
        let seen = std::panic::catch_unwind(|| {
            let mut crowd = Crowd::new(seed);
            crowd.enter();
            crowd.enter();
            for step in 0..400 {
                crowd.step();
                // Seldom, because looking hands out what is pending.
                if step % 8 == 0 {
                    crowd.check();
                }
            }
            crowd.drain();
            crowd.check();
            crowd.both.fanout.held()
        });
        let held = seen.unwrap_or_else(|_| panic!("seed {seed}"));
        assert_eq!(held, 0, "seed {seed}: memory is kept for nobody");
    }
}

#[test]
fn a_crowd_that_does_not_read_costs_what_was_said_once() {
    let mut crowd = Crowd::new(1);
    for _ in 0..100 {
        crowd.enter();
    }
    crowd.drain();
    let said = 200;
    for _ in 0..said {
        let id = crowd.here[0];
        let text = "x".repeat(1_000);
        crowd.execute(id, Command::Say { room: None, text: &text });
        let mut dirty = Vec::new();
        crowd.both.fanout.take_dirty(&mut dirty);
        for &id in &dirty {
            crowd.both.fanout.sent(crowd.now, id, 0, true);
        }
    }
    let each = crowd.both.fanout.backlog(crowd.here[99]);
    assert!(each > said * 1_000);
    let held = crowd.both.fanout.held();
    assert!(held < 2 * each, "{held} bytes are kept for a hundred times {each}");
    crowd.drain();
    assert_eq!(crowd.both.fanout.held(), 0);
}

/// Who hears several rooms of somebody is told once what concerns all of them.
#[test]
fn renaming_and_leaving_reach_each_neighbour_once() {
    let mut crowd = Crowd::new(1);
    for _ in 0..3 {
        crowd.enter_and_be(Landing::Nowhere);
    }
    let [alice, bob, carol] = crowd.here[..] else { panic!("three are here") };
    for (id, room) in [(alice, "r1"), (bob, "r1"), (alice, "r2"), (bob, "r2"), (carol, "r2")] {
        crowd.execute(id, join(room, true));
    }
    crowd.drain();
    crowd.execute(alice, Command::Nick("alice"));
    for id in [alice, bob, carol] {
        let told = String::from_utf8(crowd.both.model[&id].waiting.clone()).unwrap();
        assert_eq!(told, "* the nickname p1 is now alice\n");
    }
    crowd.drain();
    let context = crowd.context();
    crowd.lobby.leave(alice, "", &context, &mut crowd.both);
    for id in [bob, carol] {
        assert_eq!(crowd.both.model[&id].waiting, b"alice left!\n");
    }
    crowd.drain();
}

#[test]
fn who_is_in_no_room_is_told_so_and_hears_of_its_own_new_name() {
    let mut crowd = Crowd::new(1);
    crowd.enter_and_be(Landing::Nowhere);
    let id = crowd.here[0];
    crowd.drain();
    crowd.execute(id, Command::Nick("alice"));
    crowd.execute(id, Command::Say { room: None, text: "hello" });
    crowd.execute(id, RoomCommand::AskTopic.in_last_room());
    crowd.execute(id, join("games", false));
    crowd.execute(id, Command::Leave { room: None, reason: "" });
    crowd.execute(id, Command::Leave { room: None, reason: "" });
    let told = String::from_utf8(crowd.both.model[&id].waiting.clone()).unwrap();
    let nowhere = "* you are in no room; /join ROOM first\n";
    let begins = format!("* the nickname p1 is now alice\n{nowhere}{nowhere}alice joined!\n");
    assert!(told.starts_with(&begins) && told.ends_with(nowhere), "{told}");
    crowd.lobby.check_invariants();
    crowd.drain();
}

#[test]
fn a_room_that_reopens_under_the_same_id_is_another() {
    let mut crowd = Crowd::new(1);
    crowd.lobby = Lobby::new(LobbySettings { rooms_max: 2, ..settings(0) }, [3; 16]);
    crowd.enter();
    crowd.enter();
    crowd.drain();
    let (slow, quick) = (crowd.here[0], crowd.here[1]);
    let mut does = |id, command: Command<'_>| crowd.execute(id, command);
    for id in [slow, quick] {
        does(id, join("first", false));
    }
    does(slow, Command::Say { room: None, text: "in the first" });
    for id in [slow, quick] {
        does(id, Command::Leave { room: None, reason: "" });
    }
    does(quick, join("second", false));
    does(quick, Command::Say { room: None, text: "in the second" });
    crowd.check();
    crowd.drain();
}

//! Clients that hear a room without being in it, and bots that speak in one: the lobby alone, whose
//! outlet writes down what each client is told.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "common/shelf.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod shelf;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use mio_chat::chat::{
    Alphabet, Command, Context, Farewell, Guide, HistoryCursor, Landing, Lobby, LobbySettings,
    MessageId, Network, Nickname, Outlet, Recollection, Refusal, Reply, RoomCommand, RoomEvent,
    RoomId, RoomName, RoomRef, SanctionKind, SanctionRequest,
};
use mio_chat::dialect::Encoding;
use mio_chat::id::ClientId;
use mio_chat::time::UnixTime;
use shelf::SharedShelf;

const NOW: UnixTime = UnixTime::from_millis(1_763_820_131_000);
const LISTENER: u64 = 90;

fn id(number: u64) -> ClientId {
    ClientId::from_bits(number)
}

fn name(text: &str) -> Nickname {
    Nickname::parse(text, Alphabet::Ascii).unwrap()
}

fn room(text: &str) -> RoomName {
    RoomName::parse(text, Alphabet::Ascii).unwrap()
}

/// Clients with the same number in tens come from one network.
fn network_of(id: ClientId) -> Option<Network> {
    let last = (id.to_bits() / 10) as u8;
    Network::of(IpAddr::from([192, 0, 2, last]))
}

fn context() -> Context<'static> {
    Context { now: NOW, network_of: &network_of, players: None }
}

/// Writes down, in JSON, what each is told.
#[derive(Default)]
struct Told {
    subscribed: BTreeMap<RoomId, BTreeSet<ClientId>>,
    heard: BTreeMap<ClientId, String>,
}

impl Told {
    fn add(&mut self, to: ClientId, write: impl FnOnce(&mut Vec<u8>)) {
        let mut written = Vec::new();
        write(&mut written);
        self.heard.entry(to).or_default().push_str(std::str::from_utf8(&written).unwrap());
    }
}

impl Outlet for Told {
    fn reply(&mut self, to: ClientId, reply: &Reply<'_>) {
        self.add(to, |out| Encoding::JsonLine.reply(reply, None, None, out));
    }

    fn publish(
        &mut self,
        room: RoomRef<'_>,
        _: Option<ClientId>,
        event: &RoomEvent<'_>,
        deaf: &[ClientId],
    ) {
        for id in self.subscribed.get(&room.id).cloned().unwrap_or_default() {
            if !deaf.contains(&id) {
                self.add(id, |out| Encoding::JsonLine.room_event(room.name, event, out));
            }
        }
    }

    fn tell_neighbours(
        &mut self,
        rooms: &[RoomRef<'_>],
        source: Option<ClientId>,
        event: &RoomEvent<'_>,
    ) {
        rooms.iter().for_each(|room| self.publish(*room, source, event, &[]));
    }

    fn subscribe(&mut self, room: RoomId, client: ClientId) {
        assert!(self.subscribed.entry(room).or_default().insert(client));
    }

    fn unsubscribe(&mut self, room: RoomId, client: ClientId) {
        assert!(self.subscribed.get_mut(&room).unwrap().remove(&client));
    }

    fn replay(&mut self, to: ClientId, recollection: &Recollection<'_>) {
        let Recollection { room, messages, which, cursor, now, .. } = *recollection;
        let (room, count, epoch) = (room.name, messages.len(), cursor.epoch);
        self.reply(to, &Reply::RecallBegins { room, count, which });
        for message in messages.iter() {
            self.reply(to, &Reply::Remembered { room, message, epoch, now });
        }
        self.reply(to, &Reply::RecallEnds { room, cursor });
    }

    fn close_room(&mut self, room: RoomId) {
        let heard = self.subscribed.remove(&room).unwrap_or_default();
        assert!(heard.is_empty(), "somebody hears a room that has closed");
    }
}

struct World {
    lobby: Lobby,
    told: Told,
}

impl World {
    fn new(settings: LobbySettings) -> Self {
        Self { lobby: Lobby::new(settings, [7; 16]), told: Told::default() }
    }

    fn does(&mut self, who: u64, command: Command<'_>) {
        self.lobby.execute(id(who), command, &context(), &mut self.told);
        self.lobby.check_invariants();
    }

    /// Somebody comes and is in a room.
    fn joins(&mut self, who: u64, nickname: &str, room: &str) {
        self.does(who, Command::Register { nickname, landing: Landing::Nowhere, about: None });
        self.does(who, join(room));
        self.told.heard.clear();
    }

    fn listens(&mut self, who: u64, to: &str, since: Option<HistoryCursor>) -> Result<(), Refusal> {
        let room = self.lobby.room_to_hear(to, network_of(id(who)), NOW, &mut self.told)?;
        self.lobby.listen(id(who), room, since, &context(), &mut self.told);
        self.lobby.check_invariants();
        Ok(())
    }

    fn bot_says(&mut self, to: &str, text: &str) -> Result<Option<MessageId>, Refusal> {
        let said = self.lobby.say_as(&name("bot"), &room(to), text, &context(), &mut self.told);
        self.lobby.check_invariants();
        said
    }

    fn heard(&mut self, who: u64) -> String {
        self.told.heard.remove(&id(who)).unwrap_or_default()
    }

    fn in_room(&mut self, who: u64, command: RoomCommand<'_>) {
        self.does(who, command.in_last_room());
    }
}

fn join(room: &str) -> Command<'_> {
    Command::Join { room, password: None, stay: false, recall: None, list: false, keyless: false }
}

fn ban<'a>(whom: &'a str, by_address: bool) -> RoomCommand<'a> {
    let kind = SanctionKind::Ban;
    RoomCommand::Sanction(SanctionRequest { kind, whom, by_address, lasts: None, reason: "spam" })
}

#[test]
fn a_listener_hears_a_room_and_is_nobody_there() {
    let mut world = World::new(LobbySettings::default());
    world.joins(1, "alice", "den");
    world.does(1, Command::Say { room: None, text: "one" });
    world.heard(1);
    world.listens(LISTENER, "#Den", None).unwrap();
    assert_eq!((world.lobby.listeners(), world.lobby.members()), (1, 1));
    let heard = world.heard(LISTENER);
    assert!(heard.contains(r#""count":0"#) && heard.contains(r#"{"t":"end","room":"den""#));
    world.does(1, Command::Say { room: None, text: "two" });
    assert!(world.heard(LISTENER).contains(r#""text":"two""#));
    world.does(1, Command::Who { room: None, page: 1 });
    world.does(1, Command::Rooms);
    let heard = world.heard(1);
    assert!(heard.contains(r#""names":["alice"],"total":1"#), "{heard}");
    assert!(heard.contains(r#"{"room":"den","total":1}"#), "{heard}");
    // It can say nothing.
    world.does(LISTENER, Command::Say { room: Some("den"), text: "three" });
    world.does(LISTENER, Command::Help(Guide::Talking));
    assert_eq!(world.heard(LISTENER).matches("nick-needed").count(), 2);
    assert_eq!(world.heard(1), "");
    world.lobby.leave(id(LISTENER), "", &context(), &mut world.told);
    assert_eq!(world.heard(1), "", "nobody hears that it goes");
    assert_eq!(world.lobby.listeners(), 0);
    world.lobby.check_invariants();
}

#[test]
fn what_was_missed_is_told_again_or_that_it_is_not_all() {
    let mut world = World::new(LobbySettings { history: 3, ..LobbySettings::default() });
    world.joins(1, "alice", "den");
    for text in ["one", "two", "three", "four", "five"] {
        world.does(1, Command::Say { room: None, text });
    }
    let at = |number| Some(HistoryCursor { number, ..world.lobby.cursor() });
    let elsewhere = HistoryCursor { epoch: 1, number: 5 };
    for (since, gap, count) in
        [(at(3), false, 2), (at(2), false, 3), (at(1), true, 3), (Some(elsewhere), true, 3)]
    {
        world.listens(LISTENER, "den", since).unwrap();
        let heard = world.heard(LISTENER);
        assert!(heard.contains(&format!(r#""gap":{gap},"count":{count}"#)), "{heard}");
        assert_eq!(heard.matches(r#""old":true"#).count(), count);
        world.lobby.leave(id(LISTENER), "", &context(), &mut world.told);
    }
}

#[test]
fn who_may_not_listen_is_told_why_and_who_may_no_longer_is_sent_away() {
    let mut world = World::new(LobbySettings::default());
    world.joins(1, "alice", "den");
    world.joins(11, "bob", "den");
    assert!(matches!(world.listens(LISTENER, "nowhere", None), Err(Refusal::NoRoomNamed(_))));
    assert!(world.listens(LISTENER, "no such name", None).is_err());
    for number in [LISTENER, LISTENER + 1, 12] {
        world.listens(number, "den", None).unwrap();
        world.heard(number);
    }
    world.in_room(1, ban("bob", false));
    assert!(world.heard(12).contains(r#""action":"banned","nick":"bob""#), "the name alone");
    assert_eq!(world.lobby.poll_expelled(), None);
    world.joins(21, "carol", "den");
    world.listens(22, "den", None).unwrap();
    world.in_room(1, ban("carol", true));
    let heard = world.heard(22);
    assert!(heard.contains(r#"{"t":"error","code":"banned""#), "{heard}");
    assert_eq!(world.lobby.poll_expelled(), Some((id(22), Farewell::Banned)));
    assert!(matches!(world.listens(23, "den", None), Err(Refusal::Banned(_))));
    world.listens(23, "main", None).unwrap();

    world.in_room(1, RoomCommand::SetPassword(Some("sesame")));
    let mut gone: Vec<_> = std::iter::from_fn(|| world.lobby.poll_expelled()).collect();
    gone.sort_by_key(|(id, _)| *id);
    let expected = [12, LISTENER, LISTENER + 1].map(|number| (id(number), Farewell::Kicked));
    assert_eq!(gone, expected);
    assert!(world.heard(LISTENER).contains(r#"{"t":"password","room":"den","needed":true"#));
    assert!(matches!(world.listens(LISTENER, "den", None), Err(Refusal::PasswordNeeded(_))));
    world.in_room(1, RoomCommand::SetPassword(None));
    world.listens(LISTENER, "den", None).unwrap();
    assert_eq!(world.lobby.listeners(), 2);
}

#[test]
fn a_room_with_listeners_stays_and_makes_way_when_they_have_gone() {
    let mut world = World::new(LobbySettings { rooms_max: 3, ..LobbySettings::default() });
    world.joins(1, "alice", "den");
    world.listens(LISTENER, "den", None).unwrap();
    world.does(1, join("attic"));
    world.does(1, join("cellar"));
    // There is no place for another, and the den does not make way.
    assert!(world.heard(1).contains("rooms-full"));
    world.bot_says("den", "still here").unwrap();
    assert!(world.heard(LISTENER).contains("still here"));
    world.lobby.leave(id(LISTENER), "", &context(), &mut world.told);
    world.does(1, join("cellar"));
    assert!(!world.heard(1).contains("rooms-full"));
    assert!(matches!(world.bot_says("den", "gone"), Err(Refusal::NoRoomNamed(_))));
}

#[test]
fn a_room_comes_back_from_the_disk_for_a_bot_and_for_a_listener() {
    let shelf = SharedShelf::default();
    let mut world = World::new(LobbySettings { rooms_max: 2, ..LobbySettings::default() });
    world.lobby.set_archive(shelf.archive());
    let save = |world: &mut World| {
        let keep = |batch: &mio_chat::chat::SaveBatch<'_>| {
            shelf.get_mut().keep(batch);
            Ok::<(), ()>(())
        };
        world.lobby.save(100, keep).unwrap();
    };
    world.joins(1, "alice", "den");
    world.does(1, Command::Say { room: None, text: "one" });
    save(&mut world);
    let only = |world: &mut World, room| {
        world.does(1, Command::Leave { room: None, reason: "" });
        world.does(1, join(room));
        world.does(1, Command::Leave { room: None, reason: "" });
        world.heard(1);
    };
    only(&mut world, "attic");
    save(&mut world);
    let said = world.bot_says("den", "two").unwrap().unwrap();
    assert_eq!((said.number, said.at), (2, NOW));
    save(&mut world);
    only(&mut world, "attic");
    save(&mut world);
    world
        .listens(LISTENER, "den", Some(HistoryCursor { number: 0, ..world.lobby.cursor() }))
        .unwrap();
    let heard = world.heard(LISTENER);
    assert!(heard.contains("one") && heard.contains("two"), "{heard}");
    *shelf.is_broken.borrow_mut() = true;
    assert!(matches!(world.bot_says("cave", "x"), Err(Refusal::RoomUnreadable)));
}

#[test]
fn a_bot_is_heard_like_anybody_and_obeys_bans_and_mutes_of_its_name() {
    let mut world = World::new(LobbySettings { bots: vec![name("bot")], ..Default::default() });
    world.joins(1, "alice", "den");
    world.joins(2, "bob", "den");
    let said = world.bot_says("den", "up\n\x1b[2J* alice joined\r\n").unwrap().unwrap();
    assert_eq!(said.number, 1);
    let heard = world.heard(1);
    assert!(heard.contains(r#""nick":"bot","text":"up [2J* alice joined"}"#), "{heard}");
    assert_eq!(world.bot_says("den", " \n\t").unwrap(), None);
    world.does(2, Command::Ignore(Some("bot")));
    world.heard(2);
    world.bot_says("den", "again").unwrap();
    assert_eq!(world.heard(2), "", "it is ignored");
    world.in_room(1, ban("b0t", false));
    assert!(matches!(world.bot_says("den", "x"), Err(Refusal::Banned(_))));
    world.in_room(1, RoomCommand::Revoke { kind: SanctionKind::Ban, whom: "bot" });
    let mute = SanctionRequest {
        kind: SanctionKind::Mute,
        whom: "bot",
        by_address: false,
        lasts: None,
        reason: "",
    };
    world.in_room(1, RoomCommand::Sanction(mute));
    assert!(matches!(world.bot_says("den", "x"), Err(Refusal::Muted(_))));
    world.in_room(1, RoomCommand::Revoke { kind: SanctionKind::Mute, whom: "bot" });
    assert_eq!(world.bot_says("den", "three").unwrap().unwrap().number, 3);
    for taken in ["bot", "B0T"] {
        world.does(2, Command::Nick(taken));
        assert!(world.heard(2).contains("nick-reserved"), "{taken}");
    }
}

#[test]
fn a_bot_waits_for_whoever_has_its_name_already() {
    let mut world = World::new(LobbySettings::default());
    world.joins(1, "b0t", "den");
    assert!(matches!(world.bot_says("den", "x"), Err(Refusal::NicknameTaken(_))));
    world.does(1, Command::Nick("alice"));
    assert!(world.bot_says("den", "x").is_ok());
}

#[test]
fn another_process_has_the_same_listeners() {
    let mut world = World::new(LobbySettings::default());
    world.joins(1, "alice", "den");
    world.listens(LISTENER, "den", None).unwrap();
    let state = serde_json::to_string(&world.lobby.handed_over()).unwrap();
    let mut after = World::new(LobbySettings::default());
    after.lobby.take_over(serde_json::from_str(&state).unwrap());
    after.lobby.subscribe_everyone(&mut after.told);
    after.lobby.check_invariants();
    after.does(1, Command::Say { room: None, text: "moved" });
    assert!(after.heard(LISTENER).contains("moved"));
    after.lobby.leave(id(LISTENER), "", &context(), &mut after.told);
    after.does(1, Command::Leave { room: None, reason: "" });
    assert_eq!(after.lobby.listeners(), 0);
}

#[test]
fn a_replica_has_what_bots_say_and_the_rooms_that_listeners_keep_open() {
    let settings = LobbySettings { rooms_max: 3, ..LobbySettings::default() };
    let mut world = World::new(settings.clone());
    let mut replica = World::new(settings);
    world.lobby.keep_journal();
    world.joins(1, "alice", "den");
    world.listens(LISTENER, "den", None).unwrap();
    world.bot_says("den", "one").unwrap();
    world.does(1, join("attic"));
    world.bot_says("den", "two").unwrap();
    world.lobby.leave(id(LISTENER), "", &context(), &mut world.told);
    world.does(1, join("cellar"));
    for entry in world.lobby.take_journal() {
        replica.lobby.apply(entry, &context(), &mut replica.told);
    }
    replica.lobby.compare_rooms(&world.lobby).unwrap();
    assert_eq!(replica.lobby.cursor().number, 2);
}

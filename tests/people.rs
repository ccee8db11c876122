//! People: how events name them, and what is known of them besides their nicknames. The lobby
//! alone, whose outlet writes down what it is told.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use mio_chat::chat::{
    About, Command, Context, Departure, Landing, Lobby, LobbySettings, Moderation, Network, Outlet,
    Person, Recollection, Reply, RoomCommand, RoomEvent, RoomId, RoomRef,
};
use mio_chat::id::ClientId;
use mio_chat::time::UnixTime;

const NOW: UnixTime = UnixTime::from_millis(1_763_820_131_000);

fn id(number: u64) -> ClientId {
    ClientId::from_bits(number)
}

/// Clients with the same number in tens come from one network; the first nine from this machine.
fn network_of(id: ClientId) -> Option<Network> {
    let last = (id.to_bits() / 10) as u8;
    Some(IpAddr::from([192, 0, 2, last])).filter(|_| last > 0).and_then(Network::of)
}

fn context() -> Context<'static> {
    Context { now: NOW, network_of: &network_of, players: None }
}

/// Somebody, as masks name people.
fn mask(who: Person<'_>) -> String {
    format!("{}!{}@{}", who.as_str(), who.user(), who.cloak())
}

/// What a room is told, in words.
fn told(event: &RoomEvent<'_>) -> String {
    match *event {
        RoomEvent::Joined { who } => format!("{} joined", mask(who)),
        RoomEvent::Left { who, how: Departure::Parted { reason } } => {
            format!("{} parted ({reason})", mask(who))
        }
        RoomEvent::Left { who, how: Departure::Quit { reason } } => {
            format!("{} quit ({reason})", mask(who))
        }
        RoomEvent::Left { who, how: Departure::PutOut { by, reason } } => {
            format!("{} put out by {} ({reason})", mask(who), mask(by))
        }
        RoomEvent::Renamed { old, new } => format!("{} is {}", mask(old), new.as_str()),
        RoomEvent::Said { who, text, .. } => format!("{} said {text}", mask(who)),
        RoomEvent::TopicChanged { by, text } => format!("{} set the topic {text}", mask(by)),
        RoomEvent::Moderated(Moderation { action, by, .. }) => {
            format!("{} {action:?}", mask(by))
        }
        _ => format!("{event:?}"),
    }
}

/// Writes down what each is told in rooms.
#[derive(Default)]
struct Told {
    subscribed: BTreeMap<RoomId, BTreeSet<ClientId>>,
    heard: BTreeMap<ClientId, Vec<String>>,
}

impl Outlet for Told {
    fn reply(&mut self, _: ClientId, _: &Reply<'_>) {}

    fn publish(
        &mut self,
        room: RoomRef<'_>,
        _: Option<ClientId>,
        event: &RoomEvent<'_>,
        deaf: &[ClientId],
    ) {
        for id in self.subscribed.get(&room.id).cloned().unwrap_or_default() {
            if !deaf.contains(&id) {
                self.heard.entry(id).or_default().push(told(event));
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

    fn replay(&mut self, _: ClientId, _: &Recollection<'_>) {}

    fn close_room(&mut self, room: RoomId) {
        self.subscribed.remove(&room);
    }
}

struct World {
    lobby: Lobby,
    told: Told,
}

impl World {
    fn new() -> Self {
        Self { lobby: Lobby::new(LobbySettings::default(), [7; 16]), told: Told::default() }
    }

    fn does(&mut self, who: u64, command: Command<'_>) {
        self.lobby.execute(id(who), command, &context(), &mut self.told);
        self.lobby.check_invariants();
    }

    fn joins(&mut self, who: u64, nickname: &str, user: Option<&str>, room: &str) {
        let about = user.map(|user| About { user, real: "Somebody" });
        self.does(who, Command::Register { nickname, landing: Landing::Nowhere, about });
        let (password, recall) = (None, None);
        self.does(who, Command::Join { room, password, stay: true, recall, list: false });
    }

    /// What somebody was told since this was last asked.
    fn heard(&mut self, who: u64) -> Vec<String> {
        self.told.heard.remove(&id(who)).unwrap_or_default()
    }
}

#[test]
fn events_name_people_with_user_name_and_cloak() {
    let mut world = World::new();
    world.joins(1, "alice", None, "games");
    world.joins(20, "bob", Some("bobby"), "games");
    world.joins(21, "carol", Some("c"), "games");
    let heard = world.heard(1);
    assert_eq!(heard[0], "alice!~plain@local joined");
    let cloak = heard[1].strip_prefix("bob!~bobby@").and_then(|rest| rest.strip_suffix(" joined"));
    let cloak = cloak.unwrap();
    assert!(cloak.ends_with(".ip"), "{cloak}");
    assert_eq!(heard[2], format!("carol!~c@{cloak} joined"), "one network has one cloak");
    world.does(20, Command::Say { room: None, text: "hi" });
    world.does(20, Command::Nick("rob"));
    world.does(1, RoomCommand::SetTopic("tea").in_last_room());
    let rename = [
        format!("bob!~bobby@{cloak} said hi"),
        format!("bob!~bobby@{cloak} is rob"),
        "alice!~plain@local set the topic tea".to_owned(),
    ];
    assert_eq!(
        world.heard(21),
        [vec![format!("carol!~c@{cloak} joined")], rename.to_vec()].concat()
    );
}

#[test]
fn who_leaves_may_say_why() {
    let mut world = World::new();
    for (who, nickname) in [(1, "alice"), (20, "bob"), (30, "carol"), (40, "dave")] {
        world.joins(who, nickname, None, "games");
    }
    world.heard(1);
    world.does(20, Command::Leave { room: Some("games"), reason: "tired" });
    world.lobby.leave(id(30), "connection lost", &context(), &mut world.told);
    let kick = RoomCommand::Kick { whom: "dave", reason: "spam" };
    world.does(1, Command::InRoom { room: Some("games"), command: kick });
    let heard = world.heard(1);
    let shown: Vec<&str> = heard
        .iter()
        .map(|line| line.split_once(".ip ").map_or(&**line, |(_, rest)| rest))
        .collect();
    assert_eq!(
        shown,
        [
            "parted (tired)",
            "quit (connection lost)",
            "put out by alice!~plain@local (spam)",
            "alice!~plain@local Kicked",
        ]
    );
}

//! People: how events name them, and what is known of them besides their nicknames. The lobby
//! alone, whose outlet writes down what it is told.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use mio_chat::chat::{
    About, Command, Context, Departure, Landing, Lobby, LobbySettings, Moderation, Network, News,
    Outlet, PeopleCommand, Person, Recollection, Reply, RoomCommand, RoomEvent, RoomId, RoomRef,
    SaveBatch, Search, StoredLobby, UserMode,
};
use mio_chat::dialect::Encoding;
use mio_chat::id::ClientId;
use mio_chat::limits::WATCHED_MAX;
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
        RoomEvent::News { who, news: News::Away(text) } => format!("{} away {text:?}", mask(who)),
        RoomEvent::News { who, news: News::Account } => format!("{} account", mask(who)),
        RoomEvent::News { who, news: News::RealName(real) } => format!("{} real {real}", mask(who)),
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
    fn reply(&mut self, to: ClientId, reply: &Reply<'_>) {
        if let Reply::People(_) | Reply::Refused(_) = reply {
            let mut written = Vec::new();
            Encoding::Line.reply(reply, None, None, &mut written);
            let said = String::from_utf8(written).unwrap();
            self.heard.entry(to).or_default().extend(said.lines().map(str::to_owned));
        }
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
        Self::with_secret([7; 16])
    }

    fn with_secret(secret: [u8; 16]) -> Self {
        Self { lobby: Lobby::new(LobbySettings::default(), secret), told: Told::default() }
    }

    fn does(&mut self, who: u64, command: Command<'_>) {
        self.lobby.execute(id(who), command, &context(), &mut self.told);
        self.lobby.check_invariants();
    }

    fn joins(&mut self, who: u64, nickname: &str, user: Option<&str>, room: &str) {
        let about = user.map(|user| About { user, real: "Somebody" });
        self.does(who, Command::Register { nickname, landing: Landing::Nowhere, about });
        let (password, recall) = (None, None);
        self.does(
            who,
            Command::Join { room, password, stay: true, recall, list: false, keyless: false },
        );
    }

    /// What somebody is told alone, or in its rooms.
    fn asks(&mut self, who: u64, command: PeopleCommand<'_>) -> Vec<String> {
        self.heard(who);
        self.does(who, Command::People(command));
        self.heard(who)
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

const EVERYBODY: PeopleCommand<'_> =
    PeopleCommand::Find(Search::Matching { mask: "*", operators: false });

#[test]
fn who_is_away_says_so() {
    let mut world = World::new();
    world.joins(1, "alice", None, "games");
    world.joins(2, "bob", None, "games");
    world.heard(2);
    let told = world.asks(1, PeopleCommand::Away("lunch"));
    assert_eq!(
        told,
        ["* you are away (/back ends that)", "alice!~plain@local away Some(\"lunch\")"]
    );
    assert_eq!(world.heard(2), ["alice!~plain@local away Some(\"lunch\")"]);
    world.does(2, Command::Whisper { to: "alice", text: "hi" });
    assert_eq!(world.heard(2), ["* away now: alice: lunch"]);
    world.does(1, Command::People(PeopleCommand::Away("lunch")));
    assert_eq!(world.heard(2), [""; 0], "nothing is new");
    assert!(
        world.asks(2, PeopleCommand::WhoIs("alice"))[0].ends_with("in games (owner), away: lunch")
    );
    world.does(1, Command::People(PeopleCommand::Back));
    assert_eq!(world.heard(2), ["alice!~plain@local away None"]);
}

#[test]
fn who_hides_is_found_by_name_and_by_those_in_a_room_with_it() {
    let mut world = World::new();
    world.joins(1, "alice", Some("al"), "games");
    world.joins(2, "bob", None, "games");
    world.joins(3, "carol", None, "chess");
    world.asks(1, PeopleCommand::SetMode("alice", UserMode::Hidden, true));
    assert_eq!(world.asks(2, EVERYBODY), ["* found: alice, bob, carol"]);
    assert_eq!(world.asks(3, EVERYBODY), ["* found: bob, carol"]);
    let alice = PeopleCommand::Find(Search::Matching { mask: "Alice", operators: false });
    assert_eq!(world.asks(3, alice), ["* found: alice"]);
    let games = PeopleCommand::Find(Search::InRoom("games"));
    assert_eq!(world.asks(3, games), ["* found: bob"]);
    let mask = PeopleCommand::Find(Search::Matching { mask: "~A?", operators: false });
    assert_eq!(world.asks(2, mask), ["* found: alice"], "user names count");
    let whois = world.asks(3, PeopleCommand::WhoIs("alice"));
    assert_eq!(whois, ["* alice is ~al@local (Somebody), silent for 0s"]);
    let nobody = world.asks(3, PeopleCommand::WhoIs("dave"));
    assert_eq!(nobody, ["* nobody is called dave (/who lists this room)"]);
}

#[test]
fn those_who_watch_hear_of_coming_and_going() {
    let mut world = World::new();
    world.joins(1, "alice", None, "games");
    let status = world.asks(1, PeopleCommand::Watch("bob,Alice,no:name"));
    assert_eq!(status, ["* here now: alice", "* not here: bob"]);
    world.joins(2, "bob", None, "chess");
    assert_eq!(world.heard(1), ["* here now: bob"]);
    world.does(2, Command::People(PeopleCommand::Away("")));
    assert_eq!(world.heard(1), ["* away now: bob"], "who shares no room hears it alone");
    world.does(2, Command::Nick("rob"));
    assert_eq!(world.heard(1), ["* not here: bob"]);
    world.does(2, Command::Nick("BOB"));
    assert_eq!(world.heard(1), ["* here now: BOB"]);
    world.does(2, Command::Nick("bob"));
    assert_eq!(world.heard(1), [""; 0]);
    let list = world.asks(1, PeopleCommand::ListWatched);
    assert_eq!(list, ["* you watch: bob, Alice"]);
    world.lobby.leave(id(2), "", &context(), &mut world.told);
    assert_eq!(world.heard(1), ["* not here: bob"]);
    assert_eq!(world.asks(1, PeopleCommand::Unwatch("BOB")), [""; 0]);
    world.joins(2, "bob", None, "chess");
    assert_eq!(world.heard(1), [""; 0]);
    let many: Vec<String> = (0..WATCHED_MAX).map(|n| format!("n{n}")).collect();
    let told = world.asks(1, PeopleCommand::Watch(&many.join(",")));
    let last = format!("* you watch as many as you can, so not these: n{}", WATCHED_MAX - 1);
    assert_eq!(told.last(), Some(&last));
    world.lobby.leave(id(1), "", &context(), &mut world.told);
    world.lobby.check_invariants();
}

#[test]
fn who_was_here_is_remembered_for_a_while() {
    let mut world = World::new();
    world.joins(1, "alice", None, "games");
    world.joins(2, "bob", Some("bobby"), "games");
    world.does(2, Command::Nick("rob"));
    world.lobby.leave(id(2), "", &context(), &mut world.told);
    assert_eq!(world.asks(1, PeopleCommand::WhoWas("bob", 0)), ["* bob was ~bobby@local"]);
    assert_eq!(world.asks(1, PeopleCommand::WhoWas("rob", 0)), ["* rob was ~bobby@local"]);
    let nobody = world.asks(1, PeopleCommand::WhoWas("carol", 0));
    assert_eq!(nobody, ["* nobody called carol is remembered"]);
}

#[test]
fn those_who_look_after_the_server_may_put_out_and_tell_all() {
    let mut world = World::new();
    for (who, nickname) in [(1, "alice"), (2, "bob"), (3, "carol")] {
        world.joins(who, nickname, None, "games");
    }
    let kill = PeopleCommand::Kill { whom: "bob", reason: "spam" };
    let refused = "* you cannot do that in main: only those who look after the server may";
    assert_eq!(world.asks(1, kill), [refused]);
    assert_eq!(world.asks(1, PeopleCommand::TellAll("hear")), [refused]);
    world.lobby.promote(id(1), &mut world.told);
    world.asks(2, PeopleCommand::SetMode("bob", UserMode::HearsOperators, true));
    world.does(1, Command::People(PeopleCommand::TellAll("hear")));
    assert_eq!(world.heard(2), ["* to everybody, from alice: hear"]);
    assert_eq!(world.heard(3).len(), 1, "carol has only heard that she came");
    world.does(1, Command::People(kill));
    assert_eq!(world.heard(2), ["* you were put out of the server by alice: spam"]);
    assert_eq!(world.heard(3), ["bob!~plain@local quit (Killed by alice: spam)"]);
    assert_eq!(world.lobby.poll_expelled().map(|(who, _)| who), Some(id(2)));
    assert_eq!(world.lobby.census().operators, 1);
    world.asks(1, PeopleCommand::SetMode("alice", UserMode::Operator, false));
    assert_eq!(world.lobby.census().operators, 0);
    world.asks(1, PeopleCommand::SetMode("alice", UserMode::Operator, true));
    assert_eq!(world.lobby.census().operators, 0, "that takes the password");
}

#[test]
fn cloaks_are_the_same_after_a_restart_and_an_upgrade() {
    let cloak = |world: &mut World| {
        world.joins(20, "bob", None, "games");
        world.asks(20, PeopleCommand::WhoIs("bob"))[0].clone()
    };
    let mut before = World::new();
    let shown = cloak(&mut before);
    let mut kept = StoredLobby::default();
    let commit = |batch: &SaveBatch<'_>| {
        kept.cloaks = batch.cloaks;
        Ok::<(), ()>(())
    };
    before.lobby.save(usize::MAX, commit).unwrap();
    let mut after = World::with_secret([8; 16]);
    assert_ne!(cloak(&mut after), shown);
    let mut after = World::with_secret([8; 16]);
    after.lobby.restore(kept);
    assert_eq!(cloak(&mut after), shown, "after a restart");
    let document = serde_json::to_string(&before.lobby.handed_over()).unwrap();
    let mut next = World::with_secret([9; 16]);
    next.lobby.take_over(serde_json::from_str(&document).unwrap());
    let told = next.asks(20, PeopleCommand::WhoIs("bob"));
    assert_eq!(told, [shown], "after an upgrade");
}

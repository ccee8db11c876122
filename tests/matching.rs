//! Stories about people in the chat who find players for a game, told on the whole server in
//! memory: what they type, what their endpoints send, and who is told what.

mod common;

use std::time::Duration;

use common::{World, settings};
use mio_chat::chat::Farewell;
use mio_chat::limits;
use mio_chat::matchmaking::RelayMode;
use mio_chat::mc1::Line;
use mio_chat::server::CloseReason;

const PAD: &str = "pad=xxxxxxxxxxxxxxxxxxxxxxxx";
const ALICES: &str = "192.0.2.1:4001";
const BOBS: &str = "198.51.100.2:4002";
const STRANGERS: &str = "203.0.113.3:4003";

impl World {
    /// An endpoint proves its address and asks to be let in.
    fn plays(&mut self, endpoint: &str, fields: &str) -> String {
        let port: u64 =
            endpoint.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
        let id = format!("id={port:016x}");
        self.datagram(endpoint, &format!("MC1 JOIN {id} {PAD}\n"));
        let cookie = field(&self.told(endpoint), "c");
        self.datagram(endpoint, &format!("MC1 JOIN {id} {fields} c={cookie}\n"));
        self.told(endpoint)
    }

    /// The last datagram that went to an endpoint.
    fn told(&mut self, endpoint: &str) -> String {
        let told = self.datagrams();
        let last = told.iter().rfind(|(to, _)| to.to_string() == endpoint);
        last.unwrap_or_else(|| panic!("{endpoint} is told nothing: {told:?}")).1.clone()
    }

    /// The token that somebody gets for this queue.
    fn token(&mut self, name: &str, queue: &str) -> String {
        self.types(name, &format!("/match {queue}"));
        token_in(&self.hears(name))
    }
}

fn token_in(heard: &str) -> String {
    let (_, rest) = heard.split_once(" is ").unwrap_or_else(|| panic!("no token: {heard}"));
    rest.split_once(':').expect("a token and what to do").0.to_owned()
}

fn field(line: &str, key: &str) -> String {
    let found = Line::parse(line.as_bytes()).and_then(|line| line.get(key).map(str::to_owned));
    found.unwrap_or_else(|| panic!("no {key} in {line}"))
}

#[test]
fn two_in_the_chat_meet_and_both_are_told_whom() {
    let mut world = World::default();
    world.join("alice");
    world.join("bob");
    world.types("alice", "/match duel");
    let heard = world.hears("alice");
    let token = token_in(&heard);
    assert_eq!(
        heard,
        format!(
            "* your token for duel (2 players) is {token}: \
             run mio-chat match HOST:PORT --token {token}\n"
        )
    );
    assert!(world.plays(ALICES, &format!("token={token}")).contains("have=1 need=2"));
    let token = world.token("bob", "duel 2");
    let line = world.plays(BOBS, &format!("token={token} q=duel n=2"));
    assert_eq!(
        (field(&line, "nick"), field(&line, "peer")),
        ("1@alice".into(), format!("1@{ALICES}"))
    );
    assert_eq!(world.hears("alice"), format!("* matched with bob ({BOBS})\n"));
    assert_eq!(world.hears("bob"), format!("* matched with alice ({ALICES})\n"));
}

#[test]
fn who_is_not_in_the_chat_is_somebody_and_the_room_is_told_nothing() {
    let mut world = World::default();
    for name in ["alice", "carol"] {
        world.join(name);
    }
    let token = world.token("alice", "raid 3");
    world.plays(STRANGERS, "q=raid n=3");
    world.plays(BOBS, "q=raid n=3");
    let line = world.plays(ALICES, &format!("token={token}"));
    assert_eq!(field(&line, "you"), format!("3@{ALICES}"));
    let heard = world.hears("alice");
    assert_eq!(heard, format!("* matched with somebody ({STRANGERS}), somebody ({BOBS})\n"));
    assert_eq!(world.hears("carol"), "", "addresses are for those who met");
}

#[test]
fn friends_meet_in_a_queue_of_their_own() {
    let mut world = World::default();
    world.join("alice");
    world.join("bob");
    world.types("alice", "/invite bob");
    let heard = world.hears("bob");
    let queue = heard.trim_end().strip_prefix("* you are invited to a game by alice: type /match ");
    let queue = queue.unwrap_or_else(|| panic!("{heard}")).to_owned();
    assert!(queue.len() == 17 && queue.starts_with('~'), "{queue}");
    let heard = world.hears("alice");
    let (told, ticket) = heard.split_once('\n').expect("two lines");
    assert_eq!(told, format!("* you have invited bob to the queue {queue}"));
    let (alices, bobs) = (token_in(ticket), world.token("bob", &queue));
    world.plays(STRANGERS, "q=duel n=2");
    world.plays(ALICES, &format!("token={alices}"));
    world.plays(BOBS, &format!("token={bobs}"));
    assert_eq!(world.hears("alice"), format!("* matched with bob ({BOBS})\n"));
    world.types("alice", "/invite bob");
    assert!(!world.hears("bob").contains(&queue), "another queue each time");
}

#[test]
fn a_relay_alone_shows_no_addresses_in_the_chat_either() {
    let mut settings = settings();
    settings.matchmaking.relay.mode = RelayMode::Only;
    let mut world = World::new(settings);
    world.join("alice");
    let token = world.token("alice", "duel");
    world.plays(BOBS, "q=duel n=2");
    let line = world.plays(ALICES, &format!("token={token}"));
    assert_eq!(field(&line, "peer"), "1");
    assert_eq!(world.hears("alice"), "* matched with somebody\n");
}

#[test]
fn match_off_and_leaving_the_chat_leave_the_queue() {
    let mut world = World::default();
    world.join("alice");
    world.join("bob");
    world.types("alice", "/match off");
    let nothing = "* you are in no queue; /match QUEUE gives you a token for one\n";
    assert_eq!(world.hears("alice"), nothing);
    let token = world.token("alice", "duel");
    world.plays(ALICES, &format!("token={token}"));
    world.types("alice", "/match off");
    assert_eq!(world.hears("alice"), "* you are in no queue any more\n");
    assert!(world.plays(ALICES, &format!("token={token}")).contains("code=token"));
    let token = world.token("bob", "duel");
    world.plays(BOBS, &format!("token={token}"));
    world.vanishes("bob");
    assert!(world.plays(STRANGERS, "q=duel n=2").contains("have=1"), "bob is gone");
}

#[test]
fn a_new_nickname_is_the_one_that_is_told() {
    let mut world = World::default();
    world.join("alice");
    let token = world.token("alice", "duel");
    world.types("alice", "/nick alicia");
    world.plays(ALICES, &format!("token={token}"));
    let line = world.plays(BOBS, "q=duel n=2");
    assert_eq!(field(&line, "nick"), "1@alicia");
}

#[test]
fn what_cannot_be_is_refused_with_advice() {
    let mut world = World::default();
    world.join("alice");
    let usage = "* usage: /match QUEUE, /match QUEUE PLAYERS or /match off\n";
    let nobody = "* nobody is called dave (/who lists this room)\n";
    for (typed, refusal) in [
        ("/match", usage),
        ("/match duel many", usage),
        ("/match duel 1", "* no fewer than 2 players and no more than 16 can meet\n"),
        ("/match duel 17", "* no fewer than 2 players and no more than 16 can meet\n"),
        ("/match caf\u{e9}", "* that is no queue: use 1 to 64 ASCII letters, digits and signs\n"),
        ("/invite", "* usage: /invite NAME, or /invite NAME ROOM\n"),
        ("/invite dave", nobody),
        ("/invite alice", "* that is you; /invite is for somebody else\n"),
    ] {
        world.types("alice", typed);
        assert_eq!(world.hears("alice"), refusal, "{typed}");
    }
}

#[test]
fn news_of_a_match_are_repeated_while_the_chat_goes_on() {
    let mut world = World::default();
    world.join("alice");
    world.plays(ALICES, "q=duel n=2");
    world.plays(BOBS, "q=duel n=2");
    world.wait(Duration::from_secs(5));
    let repeats = world.datagrams();
    assert_eq!(repeats.len(), 2 * limits::MATCH_REPEATS.len());
    assert!(repeats.iter().all(|(_, line)| line.starts_with("MC1 MATCH ")));
    world.wait(2 * limits::MATCH_IDLE);
    assert_eq!(world.turn.due(), None, "nothing is left to be done");
    world.types("alice", "/quit");
    assert_eq!(world.person("alice").closed, Some(CloseReason::Told(Farewell::Quit)));
}

//! Servers that are killed while people talk: what was told shortly before may be lost, and nothing
//! else.

use std::thread;
use std::time::Duration;

use super::folder::{Folder, Message, history, join};
use super::ledger::{Death, Ledger};
use super::talkers::{ROOMS, Talkers};
use crate::random::Random;
use crate::support::{Client, Server, now, report, sized, timed};

/// How many servers die; without it 10, or 200 by night.
const KILLS: &str = "MIO_CHAT_KILLS";
/// How long each lives while people talk, at most: the shortest see no commit at all.
const LIFE_MAX_MS: usize = 500;
/// Whoever waits for a server that is to be back within a second, on a machine that builds at the
/// same time.
const BACK_WITHIN: Duration = Duration::from_secs(3);

/// The owner of a room, who settles something in each server's life.
struct Owner {
    client: Client,
    topic: String,
}

impl Owner {
    /// Takes possession with the key of the room, and finds what was settled before.
    fn come_back(server: &Server, key: &str, topics: &[String]) -> Self {
        let mut client = join(server, "owner", "games");
        client.say(&format!("/own {key}"));
        client.hear_where("ownership", |line| line.contains("was made the owner by owner"));
        client.say("/topic");
        let topic = client.hear_where("the topic", |line| line.starts_with("* the topic of games"));
        let known = topics.iter().find(|known| topic.contains(&format!(": {known} (by owner)")));
        let topic = known.unwrap_or_else(|| panic!("{topic:?} is none of {topics:?}")).clone();
        client.say("/bans");
        client.hear_where("the ban", |line| {
            line.starts_with("* the ban 1 in games: mallory") && line.ends_with("for good")
        });
        Self { client, topic }
    }

    fn settle(&mut self, topic: &str) {
        self.client.say(&format!("/topic {topic}"));
        self.client.hear(&format!("* the topic is now: {topic} (by owner)"));
    }
}

/// Makes the room `games`, bans somebody for good and returns the key of its owner.
fn found(server: &Server) -> String {
    let mut owner = Client::join(server.tcp(), "owner");
    owner.say("/join games");
    let line = owner.hear_where("a key", |line| line.starts_with("* you own games"));
    let key = line.rsplit(' ').next().unwrap().to_owned();
    owner.say("/topic number 0");
    owner.hear("* the topic is now: number 0 (by owner)");
    owner.say("/ban mallory for good");
    owner.hear_where("a ban", |line| line.contains("mallory was banned by owner"));
    key
}

fn remembered(server: &Server) -> [Vec<Message>; ROOMS.len()] {
    ROOMS.map(|room| history(&mut join(server, "reader", room)))
}

fn kills() -> usize {
    let chosen = std::env::var(KILLS).ok();
    chosen.map_or(sized(10, 200), |text| text.parse().expect("a number of kills"))
}

#[test]
fn a_kill_loses_only_what_was_told_in_the_last_moments() {
    let folder = Folder::on_one_port();
    let (mut random, mut ledger) = (Random::new(8), Ledger::default());
    let server = folder.serve();
    let key = found(&server);
    server.stop();
    let mut server = folder.serve();
    let mut topics = vec!["number 0".to_owned()];
    let (mut back, kills) = (Vec::new(), kills());
    for run in 1..=kills {
        let mut owner = Owner::come_back(&server, &key, &topics);
        let topic = format!("number {run}");
        owner.settle(&topic);
        let settled = now();
        let life = Duration::from_millis(random.below(LIFE_MAX_MS) as u64);
        let (told, death) = Talkers::join(&server).talk(run, || {
            thread::sleep(life);
            // Whatever is committed after this is younger than what may be lost.
            let slowest = Duration::from_micros(server.kept("slowest_us"));
            let death = Death { at: now(), slowest };
            drop(server);
            death
        });
        // What was settled shortly before may be lost as well.
        topics = if death.spares(settled) { vec![topic] } else { vec![owner.topic, topic] };
        let took;
        (server, took) = timed(|| folder.serve());
        back.push(took);
        server.wait_for_log("complete=false");
        ledger.check(told, death, &remembered(&server));
    }
    let mut mallory = join(&server, "mallory", "main");
    mallory.say("/join games");
    mallory.hear("* you are banned from games until an operator lifts it: for good");
    server.stop();
    assert_eq!(folder.meta("complete"), 0, "sound, and nothing was said after the last kill");
    back.sort_unstable();
    let (p50, max) = (back[kills / 2], back[kills - 1]);
    report(&format!(
        "kill -9: {kills} times under load: {ledger}; back p50 {p50:.1?}, max {max:.1?}"
    ));
    assert!(max < BACK_WITHIN, "{max:?}");
}

/// Says something and has the server killed as soon as it was told. Returns the number.
fn last_word(server: Server) -> u64 {
    let mut alice = join(&server, "alice", "main");
    alice.say("my last word");
    let line = alice.hear_where("it", |line| line.ends_with("alice: my last word"));
    drop(server);
    Message::read(&line).expect("a message with a number").number
}

#[test]
fn a_number_is_not_given_again_where_nothing_was_committed_before_the_kill() {
    let folder = Folder::new();
    let mut server = folder.serve();
    let mut last = 0;
    for _ in 0..5 {
        let number = last_word(server);
        assert!(number > last, "{number} after {last}");
        last = number;
        server = folder.serve();
        // Whoever was told the last word must not be told that nothing is missing.
        server.wait_for_log("complete=false");
    }
    server.stop();
}

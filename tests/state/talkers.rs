//! People who talk at a steady rate, each word with a serial, until the server is gone; and what
//! each of them was told, and when.

use std::thread;
use std::time::{Duration, Instant};

use super::folder::{Message, join};
use crate::support::{Client, Server, now};

/// Where they talk.
pub(crate) const ROOMS: [&str; 3] = ["main", "games", "chess"];
/// How many talk in each room.
const TALKERS: usize = 2;
/// Time between two words of one.
const PAUSE: Duration = Duration::from_millis(10);

/// A message that somebody was told.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) room: usize,
    pub(crate) message: Message,
    pub(crate) at: Instant,
}

/// Everybody who talks.
pub(crate) struct Talkers(Vec<(usize, String, Client)>);

impl Talkers {
    pub(crate) fn join(server: &Server) -> Self {
        let seats = ROOMS.iter().enumerate().flat_map(|(room, name)| {
            (0..TALKERS).map(move |number| (room, *name, format!("{name}{number}")))
        });
        let seated = seats.map(|(room, name, who)| {
            let client = join(server, &who, name);
            (room, who, client)
        });
        Self(seated.collect())
    }

    /// Has them talk until their server is gone, which is what `act` is to bring about. Returns
    /// what all were told, each message with the moment when the first of them was.
    pub(crate) fn talk<T>(self, run: usize, act: impl FnOnce() -> T) -> (Vec<Told>, T) {
        thread::scope(|scope| {
            let talking = self
                .0
                .into_iter()
                .map(|(room, who, client)| scope.spawn(move || talk(client, room, &who, run)));
            let talking: Vec<_> = talking.collect();
            let acted = act();
            let told = talking.into_iter().flat_map(|talker| talker.join().expect("a talker"));
            (each_once(told.collect()), acted)
        })
    }
}

/// One who talks, hears itself, and talks on.
fn talk(mut client: Client, room: usize, who: &str, run: usize) -> Vec<Told> {
    let mut told = Vec::new();
    for serial in 0.. {
        let text = format!("{run}.{serial}");
        let is_sent = client.try_send(format!("{text}\n").as_bytes());
        loop {
            let Some(line) = client.line_or_end() else { return told };
            let Some(message) = Message::read(&line) else { continue };
            let is_mine = is_sent && message.who == who && message.text == text;
            told.push(Told { room, message, at: now() });
            if is_mine {
                break;
            }
        }
        thread::sleep(PAUSE);
    }
    told
}

/// By number. What several were told was told when the first of them was, and was the same.
fn each_once(mut told: Vec<Told>) -> Vec<Told> {
    told.sort_by_key(|told| (told.message.number, told.at));
    told.dedup_by(|later, first| {
        let same = later.message.number == first.message.number;
        assert!(!same || later.message == first.message, "one number: {later:?}, {first:?}");
        same
    });
    told
}

//! Two honest people who chat while something goes wrong, and how long their words take.

#![allow(dead_code, reason = "each test target uses what it needs")]

use std::fmt;
use std::net::SocketAddr;
use std::panic::resume_unwind;
use std::thread;
use std::time::Duration;

use crate::support::{Client, timed};

/// Time between two words: people do not talk without a pause, and machines have few cores.
const PAUSE: Duration = Duration::from_millis(2);

/// One who speaks and one who listens. Whatever is lost between them fails the test.
pub(crate) struct Pair {
    speaker: Client,
    listener: Client,
    name: &'static str,
    said: usize,
    pause: Duration,
    trips: Vec<Duration>,
}

impl Pair {
    /// In the room where everyone begins.
    pub(crate) fn join(to: SocketAddr) -> Self {
        let [speaker, listener] = ["honest", "listener"].map(|name| Client::join(to, name));
        let (said, pause, trips) = (0, PAUSE, Vec::new());
        Self { speaker, listener, name: "honest", said, pause, trips }
    }

    /// In a room of their own, where nobody disturbs them.
    pub(crate) fn aside(to: SocketAddr) -> Self {
        let mut pair = Self::join(to);
        for client in [&mut pair.speaker, &mut pair.listener] {
            client.say("/join aside");
            client.hear_where("the room", |line| {
                line.starts_with("* you are ") && line.contains("aside")
            });
        }
        pair
    }

    /// The same with another pause.
    pub(crate) fn pausing(self, pause: Duration) -> Self {
        Self { pause, ..self }
    }

    /// How long words take before anything disturbs them.
    pub(crate) fn talk_in_quiet(&mut self) -> Trips {
        self.talk(100);
        self.trips()
    }

    /// One word, until both have heard it.
    pub(crate) fn talk_once(&mut self) {
        self.said += 1;
        let word = format!("word {}", self.said);
        let heard = format!("{}: {word}", self.name);
        let ((), trip) = timed(|| {
            self.speaker.say(&word);
            self.listener.hear(&heard);
        });
        self.speaker.hear(&heard);
        self.trips.push(trip);
        thread::sleep(self.pause);
    }

    /// So many words.
    pub(crate) fn talk(&mut self, words: usize) {
        (0..words).for_each(|_| self.talk_once());
    }

    /// Goes on talking while something goes wrong, and returns what that returned.
    pub(crate) fn talk_while<T: Send>(&mut self, fault: impl FnOnce() -> T + Send) -> T {
        thread::scope(|scope| {
            let fault = scope.spawn(fault);
            while !fault.is_finished() {
                self.talk_once();
            }
            self.talk_once();
            fault.join().unwrap_or_else(|panic| resume_unwind(panic))
        })
    }

    /// All that was said, in its order.
    pub(crate) fn said(&self) -> Vec<String> {
        (1..=self.said).map(|word| format!("word {word}")).collect()
    }

    /// What one of the two hears at last, when the server ends.
    pub(crate) fn last_words(mut self) -> [String; 2] {
        [&mut self.speaker, &mut self.listener].map(Client::rest)
    }

    /// How long the words took since the last call.
    pub(crate) fn trips(&mut self) -> Trips {
        Trips::of(std::mem::take(&mut self.trips))
    }
}

/// How long it took from saying a word to hearing it elsewhere.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trips {
    count: usize,
    p50: Duration,
    pub(crate) p99: Duration,
    pub(crate) max: Duration,
}

impl Trips {
    fn of(mut trips: Vec<Duration>) -> Self {
        trips.sort_unstable();
        let at = |share: usize| trips[(trips.len() - 1) * share / 100];
        Self { count: trips.len(), p50: at(50), p99: at(99), max: at(100) }
    }

    /// How many times as long as in quiet the slowest words took.
    pub(crate) fn ratio_to(&self, quiet: &Self) -> f64 {
        self.p99.as_secs_f64() / quiet.p99.as_secs_f64()
    }
}

impl fmt::Display for Trips {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { count, p50, p99, max } = self;
        write!(formatter, "{count} words of others, p50 {p50:.1?}, p99 {p99:.1?}, max {max:.1?}")
    }
}

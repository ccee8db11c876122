//! Streams held against what was said: whatever happens to a listener and to the server, it hears
//! each message of its room once, in order, if it comes back with the last place that it has read.

use common::random::Random;
use common::shelf::SharedShelf;

use super::{HOOK, TOKEN, World, asks, common, hook, listens, post, with_bots};

const LISTENERS: usize = 4;
const STEPS: usize = 150;

/// What one listener has read.
#[derive(Default)]
struct Reader {
    name: String,
    is_connected: bool,
    /// Read, and no whole event yet.
    begun: String,
    /// The last place that it has read.
    place: Option<String>,
    /// The numbers of the messages that it has read.
    numbers: Vec<u64>,
}

impl Reader {
    /// Reads all that has come, head included.
    fn read(&mut self, heard: &str) {
        self.begun.push_str(heard);
        while let Some((event, rest)) = self.begun.split_once("\n\n") {
            let event = event.rsplit_once("\r\n\r\n").map_or(event, |(_, event)| event);
            assert!(!event.contains("event: gap"), "{}: nothing is missing", self.name);
            let place = event.lines().find_map(|line| line.strip_prefix("id: "));
            if event.contains("data: {\"t\":\"message\"") {
                let (_, number) = place.unwrap().split_once(':').unwrap();
                self.numbers.push(number.parse().unwrap());
            }
            if let Some(place) = place {
                self.place = Some(place.to_owned());
            }
            self.begun = rest.to_owned();
        }
    }

    fn come(&mut self, world: &mut World, again: usize) {
        self.name = format!("{} {again}", self.name.split(' ').next().unwrap());
        let header = |place: &String| format!("Last-Event-ID: {place}\r\n");
        let header = self.place.as_ref().map_or(String::new(), header);
        (self.is_connected, self.begun) = (true, String::new());
        let heard = listens(world, &self.name, &header);
        self.read(&heard);
    }

    fn go(&mut self, world: &mut World) {
        let heard = world.hears(&self.name);
        self.read(&heard);
        world.vanishes(&self.name);
        self.is_connected = false;
    }
}

/// What happens, by a seed.
struct Play {
    random: Random,
    shelf: SharedShelf,
    world: World,
    readers: Vec<Reader>,
    /// The numbers of what was said in the room.
    said: Vec<u64>,
    last: u64,
}

impl Play {
    fn new(seed: u64) -> Self {
        let shelf = SharedShelf::default();
        let world = World::kept(with_bots(), &shelf);
        let reader = |number| Reader { name: format!("reader-{number}"), ..Reader::default() };
        let readers = (0..LISTENERS).map(reader).collect();
        let random = Random::new(seed);
        let mut play = Self { random, shelf, world, readers, said: Vec::new(), last: 0 };
        play.people_come();
        for (number, reader) in play.readers.iter_mut().enumerate() {
            reader.come(&mut play.world, number);
        }
        play
    }

    fn people_come(&mut self) {
        self.world.join("alice");
        self.world.types("alice", "/join ops");
        self.world.join("bob");
    }

    fn step(&mut self, number: usize) {
        let chosen = self.random.below(self.readers.len());
        let reader = &mut self.readers[chosen];
        match self.random.below(16) {
            0..5 => {
                self.world.types("alice", "hello");
                self.note_said(true);
            }
            5 => {
                self.world.types("bob", "elsewhere");
                self.note_said(false);
            }
            6 | 7 => {
                asks(&mut self.world, &post(TOKEN, "text/plain", "posted"));
                self.note_said(true);
            }
            8 => {
                asks(&mut self.world, &hook(HOOK, "application/json", r#"{"text":"hooked"}"#));
                self.note_said(true);
            }
            9 | 10 if reader.is_connected => reader.go(&mut self.world),
            9..12 if !reader.is_connected => reader.come(&mut self.world, LISTENERS + number),
            12 if reader.is_connected => {
                let window = self.random.below(300);
                self.world.reads_only(&reader.name, window);
            }
            13 if reader.is_connected => {
                let heard = self.world.hears(&reader.name);
                reader.read(&heard);
            }
            14 if self.random.below(4) == 0 => self.world.hand_over(with_bots()),
            15 if self.random.below(4) == 0 => self.restart(),
            _ => {}
        }
    }

    fn note_said(&mut self, is_here: bool) {
        self.last += 1;
        self.said.extend(is_here.then_some(self.last));
    }

    /// The server goes, and another begins with what was saved.
    fn restart(&mut self) {
        self.world.save(&mut self.shelf.get_mut(), 100);
        for reader in &mut self.readers {
            if reader.is_connected {
                reader.go(&mut self.world);
            }
        }
        self.world = World::kept(with_bots(), &self.shelf);
        self.people_come();
    }

    fn end(&mut self) {
        for reader in &mut self.readers {
            if reader.is_connected {
                self.world.reads_only(&reader.name, usize::MAX);
                reader.go(&mut self.world);
            }
            reader.come(&mut self.world, usize::MAX);
            assert_eq!(reader.numbers, self.said, "{}", reader.name);
        }
        self.world.turn.server.status().check_invariants();
    }
}

#[test]
fn whatever_happens_a_listener_hears_everything_once_and_in_order() {
    for seed in 0..40 {
        let played = std::panic::catch_unwind(|| {
            let mut play = Play::new(seed);
            (0..STEPS).for_each(|number| play.step(number));
            play.end();
        });
        played.unwrap_or_else(|_| panic!("seed {seed}"));
    }
}

//! What must be in the history after a crash: all that was told long enough before, once and in
//! order; and how much younger is what was lost.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::time::{Duration, Instant};

use mio_chat::limits::{COMMIT_INTERVAL, COMMIT_PAUSE};

use super::folder::Message;
use super::talkers::{ROOMS, Told};

/// What a machine that is busy with other tests may add.
const SLACK: Duration = Duration::from_millis(150);

/// How a server died.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Death {
    /// When.
    pub(crate) at: Instant,
    /// The slowest of its commits.
    pub(crate) slowest: Duration,
}

impl Death {
    /// Between two commits what is said is on no disk: for 50 ms, or 32 times as long as the first
    /// of them took.
    fn interval(self) -> Duration {
        self.slowest.saturating_mul(COMMIT_PAUSE).max(COMMIT_INTERVAL)
    }

    /// Whether what was told then must have outlived it.
    pub(crate) fn spares(self, told: Instant) -> bool {
        self.at.saturating_duration_since(told) > self.interval() + SLACK
    }
}

/// All that was ever told, room by room, and what has become of it.
#[derive(Default)]
pub(crate) struct Ledger {
    told: [BTreeMap<u64, Message>; ROOMS.len()],
    last: u64,
    count: usize,
    /// How old each lost message was when the server died.
    lost: Vec<Duration>,
    /// How many of them were older than the interval between two commits of their server.
    late: usize,
    /// The longest of these intervals.
    interval_max: Duration,
}

impl Ledger {
    /// One server has said this and was killed then; its successor remembers that.
    pub(crate) fn check(
        &mut self,
        told: Vec<Told>,
        death: Death,
        remembered: &[Vec<Message>; ROOMS.len()],
    ) {
        self.check_numbers(&told);
        for (room, messages) in remembered.iter().enumerate() {
            check_order(messages);
            let told: Vec<&Told> = told.iter().filter(|told| told.room == room).collect();
            self.check_room(room, &told, death, messages);
        }
        self.count += told.len();
        self.interval_max = self.interval_max.max(death.interval());
    }

    /// Numbers grow over restarts, and none is given again.
    fn check_numbers(&mut self, told: &[Told]) {
        let (Some(first), Some(last)) = (told.first(), told.last()) else { return };
        assert!(first.message.number > self.last, "{first:?} after {}", self.last);
        self.last = last.message.number;
    }

    fn check_room(&mut self, room: usize, told: &[&Told], death: Death, found: &[Message]) {
        let by_number: HashMap<u64, &Message> =
            found.iter().map(|message| (message.number, message)).collect();
        // What is older was forgotten.
        let oldest = found.first().map_or(0, |message| message.number);
        for (number, message) in self.told[room].range(oldest..) {
            assert_eq!(by_number.get(number), Some(&message), "kept, and lost later");
        }
        let mut lost = false;
        for told in told {
            let number = told.message.number;
            let Some(found) = by_number.get(&number) else {
                assert!(number > oldest, "the room has forgotten what was just said: {told:?}");
                let age = death.at.saturating_duration_since(told.at);
                assert!(!death.spares(told.at), "told {age:?} before {death:?}, lost: {told:?}");
                lost = true;
                self.lost.push(age);
                self.late += usize::from(age > death.interval());
                continue;
            };
            assert_eq!(**found, told.message);
            assert!(!lost, "kept, although an older one of the room was lost: {told:?}");
            self.told[room].insert(number, told.message.clone());
        }
        // Kept, and told to nobody before the end: it counts from now on.
        let unheard = found.iter().filter(|message| message.number > self.last);
        let new: Vec<_> = unheard.map(|message| (message.number, message.clone())).collect();
        self.told[room].extend(new);
    }
}

/// Numbers grow, nothing is there twice, and nobody's words are in another order.
fn check_order(messages: &[Message]) {
    assert!(messages.is_sorted_by(|one, next| one.number < next.number), "{messages:?}");
    let words: BTreeSet<_> = messages.iter().map(|said| (&said.who, &said.text)).collect();
    assert_eq!(words.len(), messages.len(), "doubled");
    let mut last: HashMap<&str, (u64, u64)> = HashMap::new();
    for message in messages {
        let (run, serial) = message.text.split_once('.').expect("a serial");
        let place = (run.parse().unwrap(), serial.parse().unwrap());
        let before = last.insert(&message.who, place);
        assert!(before.is_none_or(|before| before < place), "{message:?} after {before:?}");
    }
}

impl fmt::Display for Ledger {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { count, lost, late, interval_max, .. } = self;
        write!(formatter, "{count} messages told, {} lost", lost.len())?;
        if let (Some(youngest), Some(oldest)) = (lost.iter().min(), lost.iter().max()) {
            let older = lost.iter().filter(|age| **age > COMMIT_INTERVAL).count();
            write!(
                formatter,
                ", which were told {youngest:.1?} to {oldest:.1?} before; lost older than \
                 {COMMIT_INTERVAL:?}: {older}, than the commit interval of that server (at most \
                 {interval_max:.1?}): {late}"
            )?;
        }
        Ok(())
    }
}

//! What a history remembers, in which order, and up to which limits.

use super::*;
use crate::chat::authorship::Authorship;
use crate::chat::kept_events::Happening;
use crate::chat::message::{MessageId, MessageKind};
use crate::chat::name::{Alphabet, Nickname};
use crate::chat::window::HistoryEnd;
use crate::time::UnixTime;

fn message(number: u64, text: &str) -> Message {
    Message {
        id: MessageId { number, at: UnixTime::from_millis(number) },
        kind: MessageKind::Said,
        who: Nickname::parse("alice", Alphabet::Ascii).unwrap(),
        text: text.into(),
        author: Authorship::Unknown,
    }
}

fn numbers(replay: Replay<'_>) -> Vec<u64> {
    replay.iter().map(|message| message.id.number).collect()
}

#[test]
fn the_oldest_is_forgotten_and_that_is_known() {
    let mut history = History::beginning_after(5);
    assert_eq!((history.forgotten(), history.last_number()), (5, 5));
    for number in [7, 8, 11, 12] {
        history.push(message(number, "hello"), 3);
        history.check_invariants();
    }
    assert_eq!(numbers(history.last(9)), [8, 11, 12]);
    assert_eq!(numbers(history.last(2)), [11, 12]);
    assert_eq!(numbers(history.after(8)), [11, 12]);
    assert_eq!(numbers(history.after(9)), [11, 12]);
    assert_eq!(numbers(history.before(12, 1)), [11]);
    assert_eq!(numbers(history.before(11, 5)), [8]);
    assert!(history.before(12, 1).has_older() && !history.before(12, 2).has_older());
    assert_eq!(history.before(12, 1).last_number(), 11);
    assert!(history.before(8, 9).is_empty());
    assert!(history.after(12).is_empty());
    assert_eq!((history.forgotten(), history.last_number()), (7, 12));
    history.clear();
    assert_eq!((history.forgotten(), history.last_number(), history.weight()), (12, 12, 0));
}

#[test]
fn what_was_taken_back_is_gone_and_nothing_else() {
    let mut history = History::beginning_after(0);
    for number in 1..=4 {
        history.push(message(number, "hello"), 4);
    }
    assert!(history.take_back(9).is_none() && history.find(3).is_some());
    assert_eq!(history.take_back(3).unwrap().id.number, 3);
    assert!(history.take_back(3).is_none() && history.find(3).is_none());
    assert_eq!(numbers(history.last(9)), [1, 2, 4]);
    assert_eq!(history.last(2).first_number(), 2);
    history.take_back(4);
    history.check_invariants();
    assert_eq!((history.last_number(), history.forgotten()), (2, 0));
    assert!([1, 2].into_iter().all(|number| history.take_back(number).is_some()));
    history.check_invariants();
    assert_eq!((history.last_number(), history.last(9).first_number()), (0, 0));
}

fn joined(count: u32, after: u64) -> KeptEvent {
    let id = PrivateId { at: UnixTime::from_millis(after), count };
    let who = Nickname::parse("alice", Alphabet::Ascii).unwrap();
    KeptEvent { id, after, what: Happening::Joined { who } }
}

/// Messages by their numbers, events by their counts.
fn shown(replay: Replay<'_>) -> String {
    let entry = |entry| match entry {
        Entry::Message(message) => message.id.number.to_string(),
        Entry::Event(event) => format!("e{}", event.id.count),
    };
    replay.entries().map(entry).collect::<Vec<_>>().join(" ")
}

#[test]
fn events_lie_between_messages() {
    let mut history = History::beginning_after(0);
    history.keep(joined(0, 0));
    assert_eq!(history.weight(), 0, "nobody has asked for events yet");
    history.begin_to_keep_events();
    for (number, counts) in [(0, 1..3), (2, 3..5), (4, 5..6), (6, 6..6)] {
        if number > 0 {
            history.push(message(number, "hello"), 9);
        }
        counts.for_each(|count| history.keep(joined(count, number)));
        history.check_invariants();
    }
    let event =
        |count, after| HistoryPlace::Private(PrivateId { at: UnixTime::from_millis(after), count });
    let number = |number| HistoryPlace::Message(HistoryCursor { epoch: 7, number });
    let other = HistoryPlace::Message(HistoryCursor { epoch: 8, number: 2 });
    let date = |at| HistoryPlace::At(UnixTime::from_millis(at));
    let all = Window { with_events: true, ..Window::last(99) };
    let around = |place| Window { end: HistoryEnd::Around(place), most: 3, ..all };
    for (window, expected) in [
        (all, "e1 e2 2 e3 e4 4 e5 6"),
        (Window { with_events: false, ..all }, "2 4 6"),
        (Window { most: 3, ..all }, "4 e5 6"),
        (Window { after: Some(number(2)), ..all }, "e3 e4 4 e5 6"),
        (Window { after: Some(number(3)), ..all }, "4 e5 6"),
        (Window { after: Some(event(3, 2)), ..all }, "e4 4 e5 6"),
        (Window { before: Some(event(3, 2)), ..all }, "e1 e2 2"),
        (Window { before: Some(number(4)), most: 2, ..all }, "e3 e4"),
        (Window { after: Some(other), ..all }, "e1 e2 2 e3 e4 4 e5 6"),
        (Window { before: Some(other), ..all }, ""),
        (Window { after: Some(date(2)), ..all }, "4 e5 6"),
        (Window { after: Some(event(99, 3)), ..all }, "4 e5 6"),
        (Window { after: Some(event(3, 2)), with_events: false, ..all }, "4 6"),
        (Window { before: Some(event(5, 4)), with_events: false, ..all }, "2 4"),
        (around(event(4, 2)), "e3 e4 4"),
        (around(number(4)), "e4 4 e5"),
    ] {
        assert_eq!(shown(history.window(window, 7)), expected, "{window:?}");
    }
    assert_eq!(shown(history.last(99)), "2 4 6");
    // What was before the messages goes with them.
    history.limit(2);
    assert_eq!(shown(history.window(all, 7)), "e3 e4 4 e5 6");
    history.check_invariants();
    history.clear();
    assert_eq!((shown(history.window(all, 7)), history.weight()), (String::new(), 0));
    assert!(history.keeps_events());
    history.limit(0);
    assert!(!history.keeps_events(), "where nothing is remembered");
}

#[test]
fn bytes_bind_as_well() {
    let mut history = History::beginning_after(0);
    let long = "x".repeat(1_000);
    for number in 1..200 {
        history.push(message(number, &long), 1_000);
        history.check_invariants();
    }
    assert_eq!(history.len(), HISTORY_ROOM_BYTES / message(0, &long).weight());
    assert_eq!(history.screenful(20).len(), REPLAYED_BYTES / 1_000);
    assert_eq!(history.screenful(2).len(), 2);
}

#[test]
fn what_was_saved_is_not_saved_again() {
    let mut history = History::beginning_after(0);
    for number in 1..=5 {
        history.push(message(number, "hello"), 3);
    }
    assert_eq!(history.unsaved(2).len(), 2);
    history.saved = 4;
    assert_eq!(history.unsaved(9).len(), 1);
    let restored = History::restored(vec![message(4, "four"), message(5, "five")], 3);
    restored.check_invariants();
    assert!(restored.unsaved(9).is_empty());
    assert_eq!(restored.forgotten(), 3);
}

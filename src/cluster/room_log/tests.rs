//! One room's log by hand: holes, other terms, resending, what was trimmed.

use std::time::Duration;

use super::*;

const NOW: Time = Time::ZERO;

fn run(name: &str) -> NodeRun {
    NodeRun::new(name, 1).unwrap()
}

/// An entry as text: its term and number, author and the author's number.
fn text(term: u64, number: u64, author: &str, own: u64) -> Box<[u8]> {
    format!("{term}-{number} 1 {author}.1 {own} 5 body").into_bytes().into()
}

/// The answer to an `open`: the room's number, the own mark, and entries.
fn open(number: u64, mark: u64, entries: &[(u64, u64, &str, u64)]) -> OpenRoom {
    let entries = entries.iter().map(|(term, at, author, own)| text(*term, *at, author, *own));
    OpenRoom { number, mark, entries: entries.collect(), ..OpenRoom::default() }
}

/// Opens a room; what is shown, and whether something is missing and that is all.
fn opened(log: &mut RoomLog, term: u64, open: &OpenRoom) -> (Vec<u64>, bool, bool) {
    log.ask(Term(term));
    let mut shown = Vec::new();
    let (gap, is_all) =
        log.opened(NOW, Term(term), open, |entry| shown.push(entry.id.number)).unwrap();
    (shown, gap, is_all)
}

fn published(log: &mut RoomLog, term: u64, number: u64, author: &str, own: u64) -> Seen {
    log.published(NOW, &Entry::parse(&text(term, number, author, own)).unwrap())
}

fn unsent(log: &mut RoomLog) -> Vec<u64> {
    let mut numbers = Vec::new();
    while let Some(held) = log.next_to_send() {
        numbers.push(held.number);
        log.sent();
    }
    numbers
}

fn append(log: &mut RoomLog) {
    log.append(1, b"body".as_slice().into(), [].into());
}

#[test]
fn what_follows_is_new_and_what_does_not_is_a_hole() {
    let mut log = RoomLog::new(run("a"));
    assert_eq!(published(&mut log, 9, 1, "b", 1), Seen::Known, "it is not open");
    let room = open(2, 0, &[(9, 1, "b", 1), (9, 2, "b", 2)]);
    assert_eq!(opened(&mut log, 9, &room), (vec![1, 2], false, true));
    assert_eq!(published(&mut log, 9, 2, "b", 2), Seen::Known);
    assert_eq!(published(&mut log, 9, 3, "b", 3), Seen::New);
    assert_eq!(published(&mut log, 9, 5, "b", 5), Seen::Hole);
    assert_eq!(published(&mut log, 10, 4, "b", 4), Seen::Hole, "another term");
    // Opened again, it is read from there.
    log.close(true);
    let after = EntryId { term: Term(9), number: 3 };
    assert_eq!(log.ask(Term(9)), Opening { first: 1, first_change: 1, after });
}

#[test]
fn own_entries_are_sent_again_above_the_mark() {
    let mut log = RoomLog::new(run("a"));
    (0..3).for_each(|_| append(&mut log));
    assert!(log.next_to_send().is_none(), "it is not open");
    opened(&mut log, 9, &open(0, 0, &[]));
    assert_eq!(unsent(&mut log), [1, 2, 3]);
    published(&mut log, 9, 1, "a", 1);
    published(&mut log, 9, 2, "a", 2);
    assert_eq!(log.take_back(), [1, 2]);
    let bytes = log.bytes();
    assert_eq!(bytes.1, 2 * bytes.0);
    // The engine has lost its end: the second is not in it any more.
    log.close(false);
    let first = log.ask(Term(10));
    assert_eq!(first, Opening { first: 1, first_change: 1, after: EntryId::default() });
    let lost = OpenRoom { before: Term(9), base: 1, ..open(1, 1, &[(9, 1, "a", 1)]) };
    assert_eq!(opened(&mut log, 10, &lost), (vec![], false, true));
    assert_eq!(unsent(&mut log), [2, 3]);
    assert_eq!(log.bytes(), (bytes.1, bytes.0));
    assert_eq!(published(&mut log, 10, 2, "a", 2), Seen::Known, "it was shown");
    assert_eq!(published(&mut log, 10, 3, "a", 3), Seen::New);
    // What has come back for long enough is not held any more.
    assert!(log.release(3, NOW));
    assert_eq!(log.bytes(), (0, 0));
    append(&mut log);
    assert_eq!(unsent(&mut log), [4]);
}

#[test]
fn another_term_is_read_from_the_start_and_skips_what_was_shown() {
    let mut log = RoomLog::new(run("a"));
    opened(&mut log, 9, &open(2, 0, &[(9, 1, "b", 1), (9, 2, "c", 1)]));
    log.close(true);
    // The second was lost, and its author has added it again, after another one.
    let entries = [(9, 1, "b", 1), (10, 2, "b", 2), (10, 3, "c", 1)];
    let room = OpenRoom { before: Term(9), base: 1, ..open(3, 0, &entries) };
    assert_eq!(opened(&mut log, 10, &room), (vec![2], false, true));
    assert_eq!(log.position(), Some(EntryId { term: Term(10), number: 3 }));
    // Everything was lost, and numbers begin anew.
    log.close(true);
    let room = open(2, 0, &[(11, 1, "c", 1), (11, 2, "c", 2)]);
    assert_eq!(opened(&mut log, 11, &room), (vec![2], false, true));
}

#[test]
fn what_was_trimmed_is_a_gap() {
    let mut log = RoomLog::new(run("a"));
    let begun = open(5, 0, &[(9, 4, "b", 4), (9, 5, "b", 5)]);
    assert_eq!(opened(&mut log, 9, &begun), (vec![4, 5], false, true), "none at the start");
    log.close(true);
    let later = open(9, 0, &[(9, 8, "b", 8), (9, 9, "b", 9)]);
    assert_eq!(opened(&mut log, 9, &later), (vec![8, 9], true, true));
    log.close(true);
    assert_eq!(opened(&mut log, 9, &open(12, 0, &[])), (vec![], true, true));
    // In another term as well; and where that began is known.
    log.close(true);
    let room = OpenRoom { before: Term(9), base: 12, ..open(14, 0, &[(10, 14, "b", 14)]) };
    assert_eq!(opened(&mut log, 10, &room), (vec![14], true, true));
    log.close(true);
    let room = OpenRoom { before: Term(10), base: 14, ..open(15, 0, &[(11, 15, "b", 15)]) };
    assert_eq!(opened(&mut log, 11, &room), (vec![15], false, true));
    // An own entry that is in the log, and can no longer be read.
    append(&mut log);
    unsent(&mut log);
    log.close(true);
    assert_eq!(opened(&mut log, 11, &open(17, 1, &[(11, 17, "b", 17)])), (vec![17], true, true));
    assert_eq!((log.take_back(), unsent(&mut log)), (vec![1], vec![]));
}

#[test]
fn a_long_log_is_read_in_parts() {
    let mut log = RoomLog::new(run("a"));
    assert_eq!(opened(&mut log, 9, &open(3, 0, &[(9, 1, "b", 1)])), (vec![1], false, false));
    assert_eq!(log.state(), RoomState::Opening);
    let after = EntryId { term: Term(9), number: 1 };
    assert_eq!(log.ask(Term(9)).after, after);
    let rest = open(4, 0, &[(9, 2, "b", 2), (9, 3, "b", 3), (9, 4, "b", 4)]);
    assert_eq!(opened(&mut log, 9, &rest), (vec![2, 3, 4], false, true));
    assert_eq!(log.state(), RoomState::Open);
}

#[test]
fn an_engine_that_lies_about_a_log_is_refused() {
    for (number, entries) in [
        (2, vec![(9, 2, "b", 2), (9, 1, "b", 1)]),
        (1, vec![(9, 2, "b", 2)]),
        (1, vec![(10, 1, "b", 1)]),
    ] {
        let mut log = RoomLog::new(run("a"));
        log.ask(Term(9));
        let room = open(number, 0, &entries);
        assert!(log.opened(NOW, Term(9), &room, |_| {}).is_err(), "{entries:?}");
    }
    let mut log = RoomLog::new(run("a"));
    let room = OpenRoom { entries: vec![b"nonsense".as_slice().into()], ..open(1, 0, &[]) };
    assert!(log.opened(NOW, Term(9), &room, |_| {}).is_err());
}

#[test]
fn what_only_changes_who_is_here_is_back_when_it_is_answered() {
    let mut log = RoomLog::new(run("a"));
    log.append(0, [].into(), [Move::In("bob".into())].into());
    append(&mut log);
    opened(&mut log, 9, &open(0, 0, &[]));
    assert_eq!(unsent(&mut log), [1, 2]);
    log.added(NOW, 1);
    log.added(NOW, 2);
    assert_eq!(log.take_back(), [1], "the second comes back by itself");
    let later = NOW + Duration::from_secs(1);
    assert!(log.release(1, later) && !log.release(2, later));
}

#[test]
fn authors_that_were_not_heard_for_longest_are_forgotten() {
    let mut log = RoomLog::new(run("a"));
    opened(&mut log, 9, &open(0, 0, &[]));
    let most = LOG_AUTHORS_MAX as u64;
    for number in 1..=most + 1 {
        let author = format!("n{number}");
        assert_eq!(published(&mut log, 9, number, &author, 1), Seen::New);
    }
    assert_eq!(log.shown.len(), LOG_AUTHORS_MAX);
    assert!(log.shown.keys().all(|author| author.run.node() != "n1"));
}
